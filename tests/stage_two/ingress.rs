//! Ingresses: the front, its rules and what they lead to.
//!
//! The statuses of the front are those that Traefik 3.6.12 gave on a kind cluster: 404 for
//! a host or path without a rule, for a backend that does not exist and for one without
//! ready endpoints.

use serde_json::{Value, json};

use crate::support::{Behind, Fault, Lab, Plan, Report};

const INGRESSES: &str = "/apis/networking.k8s.io/v1/namespaces/web/ingresses";
const CLASSES: &str = "/apis/networking.k8s.io/v1/ingressclasses";
/// In front of the real path of the application.
const DIRECT: &str = "/api/v1/namespaces/web/services/web:80/proxy/";

/// Service `web` of type ClusterIP behind Ingress `front`, which Traefik serves: its own
/// Service has the published node port 30080.
struct Front {
    ingress: Value,
    classes: Vec<Value>,
    /// Type of the controller's Service.
    entry: &'static str,
    /// Whether its Pod is ready.
    ready: bool,
    /// The port of the node that its Pod takes.
    host_port: Option<u16>,
    behind: Behind,
}

impl Default for Front {
    fn default() -> Self {
        let backend = json!({ "service": { "name": "web", "port": { "number": 80 } } });
        let paths = json!([{ "path": "/", "pathType": "Prefix", "backend": backend }]);
        Self {
            ingress: json!({
                "kind": "Ingress", "apiVersion": "networking.k8s.io/v1",
                "metadata": { "name": "front", "namespace": "web" },
                "spec": {
                    "ingressClassName": "traefik",
                    "rules": [{ "host": "web.localhost", "http": { "paths": paths } }],
                },
                "status": { "loadBalancer": {} },
            }),
            classes: vec![
                json!({ "metadata": { "name": "traefik" }, "spec": { "controller": "traefik.io/ingress-controller" } }),
            ],
            entry: "NodePort",
            ready: true,
            host_port: None,
            behind: Behind::Hello,
        }
    }
}

impl Front {
    fn lab(self) -> Lab {
        let mut controller = Value::Null;
        let lab = Lab::behind(self.behind, |plan| {
            controller = of_controller(plan, &self);
            internal(plan);
        });
        self.serve(&lab, &controller);
        lab
    }

    /// Serves the Ingress, its class and its controller.
    fn serve(self, lab: &Lab, controller: &Value) {
        let [service, slice, pod] = [&controller["service"], &controller["slice"], &controller["pod"]];
        let web = lab.service();
        lab.server.list("/api/v1/services", "ServiceList", [web, service.clone()]);
        lab.server.list("/api/v1/namespaces/front/pods", "PodList", [pod.clone()]);
        let slices = "/apis/discovery.k8s.io/v1/namespaces/front/endpointslices";
        lab.server.list(slices, "EndpointSliceList", [slice.clone()]);
        lab.server.list(INGRESSES, "IngressList", [self.ingress.clone()]);
        lab.server.object(&format!("{INGRESSES}/front"), self.ingress);
        lab.server.list(CLASSES, "IngressClassList", self.classes);
        lab.server.raw("/api/v1/namespaces/front/services/traefik:80/proxy/", 404, "text/plain", "404");
    }

    fn explain(self) -> Report {
        self.lab().explain(&["ing/front"])
    }

    fn backend(&mut self) -> &mut Value {
        &mut self.ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    }
}

fn internal(plan: &mut Plan) {
    plan.cluster.service["spec"]["type"] = json!("ClusterIP");
    plan.cluster.service["spec"]["ports"][0].as_object_mut().expect("a port").remove("nodePort");
}

/// Traefik's Service, slice and Pod, made like those of `web`.
fn of_controller(plan: &Plan, front: &Front) -> Value {
    let mut service = plan.cluster.service.clone();
    service["metadata"] =
        json!({ "name": "traefik", "namespace": "front", "labels": { "app.kubernetes.io/name": "traefik" } });
    service["spec"]["type"] = json!(front.entry);
    service["spec"]["selector"] = json!({ "app": "traefik" });
    service["spec"]["ports"][0]["name"] = json!("web");
    if front.entry == "ClusterIP" {
        service["spec"]["ports"][0].as_object_mut().expect("a port").remove("nodePort");
    }
    let mut pod = plan.cluster.pod.clone();
    pod["metadata"] = json!({ "name": "traefik-0", "namespace": "front", "labels": { "app": "traefik" } });
    if let Some(port) = front.host_port {
        pod["spec"]["containers"][0]["ports"][0]["hostPort"] = json!(port);
    }
    let mut slice = plan.cluster.slice.clone();
    slice["metadata"]["namespace"] = json!("front");
    slice["metadata"]["labels"]["kubernetes.io/service-name"] = json!("traefik");
    slice["ports"][0]["name"] = json!("web");
    slice["endpoints"][0]["targetRef"] = json!({ "kind": "Pod", "namespace": "front", "name": "traefik-0" });
    if !front.ready {
        slice["endpoints"][0]["conditions"] = json!({ "ready": false, "serving": false });
        pod["status"]["containerStatuses"][0]["ready"] = json!(false);
        pod["status"]["conditions"] = json!([{ "type": "Ready", "status": "False" }]);
    }
    json!({ "service": service, "slice": slice, "pod": pod })
}

#[track_caller]
fn is(report: &Report, verdict: &str, root: Option<&str>) {
    assert_eq!((report.verdict(), report.root()), (verdict, root), "{report}");
    let roots = report.0["findings"].as_array().expect("findings").iter().filter(|found| found["root"] == true);
    assert_eq!(roots.count(), usize::from(root.is_some()), "{report}");
    if let Some(root) = root {
        let carried = ["controller", "route", "way-in", "host-name", "endpoints", "pods", "selector", "app"];
        assert!(carried.iter().flat_map(|id| report.hops(id)).any(|hop| hop["finding"] == root), "{report}");
    }
}

#[test]
fn an_ingress_that_works_is_reachable_by_its_host_name() {
    let lab = Front::default().lab();
    for target in ["ing/front", "svc/web"] {
        let report = lab.explain(&[target]);
        is(&report, "reachable", None);
        let url = format!("http://web.localhost:{}/", lab.door.port());
        assert_eq!(report.0["ports"][0]["urls"], json!([url]), "{report}");
    }
}

/// The false alarm: the annotation is older than IngressClass objects and needs none.
#[test]
fn a_class_by_annotation_needs_no_class_object() {
    let mut front = Front { classes: Vec::new(), ..Front::default() };
    front.ingress["spec"].as_object_mut().expect("a spec").remove("ingressClassName");
    front.ingress["metadata"]["annotations"] = json!({ "kubernetes.io/ingress.class": "traefik" });
    is(&front.explain(), "reachable", None);
}

/// The false alarm: Traefik serves an Ingress without a class, and its status stays empty
/// (seen with Traefik 3.6.12, default arguments).
#[test]
fn an_ingress_without_a_class_that_answers_is_reachable() {
    let mut front = Front::default();
    front.ingress["spec"].as_object_mut().expect("a spec").remove("ingressClassName");
    is(&front.explain(), "reachable", None);
}

#[test]
fn k301_without_any_class_and_controller_nothing_serves_it() {
    let mut front = Front { classes: Vec::new(), ..Front::default() };
    front.ingress["spec"].as_object_mut().expect("a spec").remove("ingressClassName");
    let lab = front.lab();
    lab.server.list("/api/v1/services", "ServiceList", []);
    is(&lab.explain(&["ing/front"]), "unreachable", Some("K301"));
    // Nobody may say so who could not look.
    lab.server.status(CLASSES, 403, "ingressclasses is forbidden");
    let report = lab.explain(&["ing/front"]);
    is(&report, "undetermined", None);
    let asks = report
        .unobserved()
        .iter()
        .any(|(_, _, settle)| settle.iter().any(|line| line.contains("auth can-i list ingressclasses")));
    assert!(asks, "{report}");
}

#[test]
fn k302_a_class_that_does_not_exist_is_named() {
    let mut front = Front { behind: Behind::Status(404), ..Front::default() };
    front.ingress["spec"]["ingressClassName"] = json!("nginx");
    let report = front.explain();
    is(&report, "unreachable", Some("K302"));
    assert!(report.commands("K302")[0].contains(r#"{"spec":{"ingressClassName":"traefik"}}"#), "{report}");
}

#[test]
fn k303_an_ingress_without_a_class_that_the_controller_does_not_know() {
    let mut front = Front { behind: Behind::Status(404), ..Front::default() };
    front.ingress["spec"].as_object_mut().expect("a spec").remove("ingressClassName");
    is(&front.explain(), "unreachable", Some("K303"));
}

#[test]
fn k304_the_controller_itself_is_down() {
    let report = Front { ready: false, ..Front::default() }.explain();
    is(&report, "unreachable", Some("K304"));
    assert_eq!(report.finding("K304")["params"]["service"], "front/traefik", "{report}");
    assert!(report.commands("K304").iter().all(|command| command.contains("-n front")), "{report}");
}

#[test]
fn k305_a_controller_inside_the_cluster_only() {
    let report = Front { entry: "ClusterIP", ..Front::default() }.explain();
    is(&report, "unreachable", Some("K305"));
    assert_eq!(report.finding("K305")["owner"], "kubernetes");
}

#[test]
fn v106_the_port_that_the_controller_takes_on_the_node_is_not_published() {
    let report = Front { entry: "ClusterIP", host_port: Some(80), ..Front::default() }.explain();
    is(&report, "unreachable", Some("V106"));
    assert_eq!(report.finding("V106")["owner"], "virtualization-layer");
    // Published, it is the way in.
    let lab = Front { entry: "ClusterIP", host_port: Some(30080), ..Front::default() }.lab();
    is(&lab.explain(&["ing/front"]), "reachable", None);
}

#[test]
fn k306_a_front_that_answers_itself_leaves_it_open_who_is_at_fault() {
    let lab = Front { behind: Behind::Status(404), ..Front::default() }.lab();
    is(&lab.explain(&["ing/front"]), "undetermined", Some("K306"));
}

/// A status that both give is the application's only where the front says another one for
/// a host that nobody has.
#[test]
fn k306_a_status_that_both_give_is_the_applications_if_the_front_has_another() {
    let lab = Front { behind: Behind::Status(404), ..Front::default() }.lab();
    lab.server.raw(DIRECT, 404, "text/plain", "not here");
    is(&lab.explain(&["ing/front"]), "undetermined", Some("K306"));
    let lab = Front { behind: Behind::Passes(Some(503)), ..Front::default() }.lab();
    lab.server.raw(DIRECT, 503, "text/plain", "not now");
    is(&lab.explain(&["ing/front"]), "reachable", None);
    assert_eq!(lab.door.knocks(), 2, "one request and one control");
}

/// A controller that sends every request to HTTPS, wants a login, or has a page for every
/// name, says so whether or not the application lives.
#[test]
fn what_a_front_says_to_everybody_is_not_the_applications() {
    let refused = "error trying to reach service: dial tcp 10.244.0.5:8080: connect: connection refused";
    for status in [200, 308, 401] {
        for target in ["ing/front", "svc/web"] {
            let lab = Front { behind: Behind::Status(status), ..Front::default() }.lab();
            lab.server.status(DIRECT, 503, refused);
            let report = lab.explain(&[target]);
            assert_eq!(report.verdict(), "undetermined", "{status} {target}: {report}");
        }
    }
    // The application answers the API server: a login is let through to it, and a redirect
    // or a page may be either's.
    for (status, verdict) in [(401, "reachable"), (308, "undetermined"), (200, "undetermined")] {
        let lab = Front { behind: Behind::Status(status), ..Front::default() }.lab();
        is(&lab.explain(&["ing/front"]), verdict, None);
    }
    // Its own redirect.
    let lab = Front { behind: Behind::Passes(Some(302)), ..Front::default() }.lab();
    lab.server.raw(DIRECT, 302, "text/plain", "elsewhere");
    is(&lab.explain(&["ing/front"]), "reachable", None);
}

/// The same host and path twice: which of the two answers, the controller decides.
#[test]
fn an_answer_that_another_rule_may_have_given_is_nobodys() {
    let stranger = json!({ "service": { "name": "other", "port": { "number": 80 } } });
    let twice = |backend: &Value| {
        let mut front = Front::default();
        let path = json!({ "path": "/", "pathType": "Prefix", "backend": backend });
        front.ingress["spec"]["rules"][0]["http"]["paths"].as_array_mut().expect("paths").push(path);
        front.lab().explain(&["svc/web"])
    };
    is(&twice(&stranger), "undetermined", None);
    let web = json!({ "service": { "name": "web", "port": { "number": 80 } } });
    is(&twice(&web), "reachable", None);
}

#[test]
fn an_answer_that_another_ingress_may_have_given_is_nobodys() {
    let front = Front::default();
    let mut other = front.ingress.clone();
    other["metadata"]["name"] = json!("other");
    other["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] = json!("stranger");
    let own = front.ingress.clone();
    let lab = front.lab();
    lab.server.list(INGRESSES, "IngressList", [own.clone(), other.clone()]);
    for target in ["ing/front", "svc/web"] {
        let report = lab.explain(&[target]);
        is(&report, "undetermined", None);
        assert!(report.hops("app").iter().all(|hop| hop["state"] != "present"), "{report}");
        assert!(report.to_string().contains("takes the same requests"), "{report}");
    }
    // One that takes less, or belongs to another controller, is none.
    let mut less = other.clone();
    less["spec"]["rules"][0].as_object_mut().expect("a rule").remove("host");
    let mut elsewhere = other;
    elsewhere["spec"]["ingressClassName"] = json!("nginx");
    lab.server.list(INGRESSES, "IngressList", [own, less, elsewhere]);
    is(&lab.explain(&["ing/front"]), "reachable", None);
}

/// The front is not to be searched where the application is slow.
#[test]
fn a103_behind_a_front_that_answers_for_other_hosts() {
    let lab = Front { behind: Behind::Passes(None), ..Front::default() }.lab();
    lab.server.fault(DIRECT, Fault::Hang);
    let report = lab.explain(&["ing/front"]);
    is(&report, "undetermined", Some("A103"));
    assert!(report.unobserved().iter().all(|(what, ..)| !what.contains("side of the node")), "{report}");
    assert!(report.hops("app").iter().any(|hop| hop["finding"] == "A103"), "{report}");
    // It answers the API server: then it is the way from the controller, or the host.
    let lab = Front { behind: Behind::Passes(None), ..Front::default() }.lab();
    is(&lab.explain(&["ing/front"]), "undetermined", Some("K306"));
    // The front itself says nothing: on which side of the node it stops is open.
    let lab = Front { behind: Behind::Silent, ..Front::default() }.lab();
    let report = lab.explain(&["ing/front"]);
    is(&report, "undetermined", None);
    assert!(report.unobserved().iter().any(|(what, ..)| what.contains("side of the node")), "{report}");
}

#[test]
fn what_the_application_does_is_said_at_its_own_hop_behind_a_front() {
    let lab = Front { behind: Behind::Status(502), ..Front::default() }.lab();
    lab.server.status(DIRECT, 503, "error trying to reach service: EOF");
    let report = lab.explain(&["ing/front"]);
    is(&report, "unreachable", Some("A102"));
    assert_eq!(report.hops("app")[0]["state"], "missing", "{report}");
}

#[test]
fn a_front_that_passes_on_nothing_leaves_the_application_to_its_own_rules() {
    let lab = Front { behind: Behind::Status(502), ..Front::default() }.lab();
    lab.server.status(
        DIRECT,
        503,
        "error trying to reach service: dial tcp 10.244.0.5:8080: connect: connection refused",
    );
    let report = lab.explain(&["ing/front"]);
    is(&report, "undetermined", Some("K306"));
}

#[test]
fn k307_an_ingress_without_rules() {
    let mut front = Front::default();
    front.ingress["spec"]["rules"] = json!([]);
    is(&front.explain(), "unreachable", Some("K307"));
}

#[test]
fn k308_a_certificate_that_does_not_exist() {
    let mut front = Front::default();
    front.ingress["spec"]["tls"] = json!([{ "hosts": ["web.localhost"], "secretName": "cert" }]);
    let report = front.explain();
    is(&report, "degraded", Some("K308"));
    // It is there: the same door, which speaks no TLS, is judged by HTTP alone.
    let mut front = Front::default();
    front.ingress["spec"]["tls"] = json!([{ "hosts": ["web.localhost"], "secretName": "cert" }]);
    let lab = front.lab();
    let secret =
        json!({ "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": { "name": "cert" } });
    lab.server.object("/api/v1/namespaces/web/secrets/cert", secret);
    assert!(!lab.explain(&["ing/front"]).codes().contains(&"K308"));
}

#[test]
fn k310_a_rule_that_leads_to_no_service() {
    let mut front = Front { behind: Behind::Status(404), ..Front::default() };
    front.backend()["name"] = json!("wbe");
    let report = front.explain();
    is(&report, "unreachable", Some("K310"));
    assert!(
        report.commands("K310")[0]
            .contains(r#""path":"/spec/rules/0/http/paths/0/backend/service/name","value":"web""#)
    );
    // Another rule may have taken the request: its answer proves nothing.
    let mut front = Front::default();
    front.backend()["name"] = json!("wbe");
    is(&front.explain(), "unreachable", Some("K310"));
}

#[test]
fn k311_a_rule_that_leads_to_no_port() {
    let mut front = Front { behind: Behind::Status(404), ..Front::default() };
    front.backend()["port"] = json!({ "number": 81 });
    is(&front.explain(), "unreachable", Some("K311"));
    // By name, where the port has that name.
    let mut front = Front::default();
    front.backend()["port"] = json!({ "name": "http" });
    is(&front.explain(), "reachable", None);
}

/// Near C112, which the scenario kind-ingress-host-name shows: any name below localhost is
/// this computer, and the front answers there.
#[test]
fn a_name_below_localhost_needs_no_lookup() {
    let mut front = Front::default();
    front.ingress["spec"]["rules"][0]["host"] = json!("localhost");
    let report = front.explain();
    is(&report, "reachable", None);
    assert!(!report.codes().contains(&"C112"), "{report}");
}

/// An Ingress that leads elsewhere opens nothing; one that nobody could look for leaves
/// the question open.
#[test]
fn an_internal_service_stays_internal_unless_an_ingress_leads_to_it() {
    let mut front = Front::default();
    front.backend()["name"] = json!("other");
    let lab = front.lab();
    is(&lab.explain(&["svc/web"]), "unreachable", Some("K104"));
    lab.server.status(INGRESSES, 403, "ingresses is forbidden");
    is(&lab.explain(&["svc/web"]), "undetermined", None);
}

/// A name for something outside has neither selector nor endpoints, and lacks nothing.
#[test]
fn an_external_name_behind_a_front_is_judged_by_the_answer_alone() {
    let explain = |behind, ports: Value| {
        let lab = Front { behind, ..Front::default() }.lab();
        let mut service = lab.service();
        service["spec"] = json!({ "type": "ExternalName", "externalName": "web.example", "ports": ports });
        lab.server.object("/api/v1/namespaces/web/services/web", service);
        lab.explain(&["ing/front"])
    };
    let ports = json!([{ "port": 80 }]);
    let report = explain(Behind::Hello, ports.clone());
    is(&report, "reachable", None);
    assert!(report.hops("service").iter().all(|hop| hop["state"] == "not-needed"), "{report}");
    let report = explain(Behind::Status(404), ports);
    is(&report, "undetermined", None);
    assert!(report.codes().is_empty(), "{report}");
    // Whether a front needs the port, it decides for itself.
    is(&explain(Behind::Status(404), json!([])), "undetermined", None);
}

#[test]
fn a_port_that_is_asked_for_is_compared_with_the_rules_own() {
    let mut front = Front { behind: Behind::Status(404), ..Front::default() };
    front.backend()["name"] = json!("wbe");
    let lab = front.lab();
    is(&lab.explain(&["ing/front", "--port", "80"]), "unreachable", Some("K310"));
    let report = lab.explain(&["ing/front", "--port", "81"]);
    is(&report, "unreachable", Some("K103"));
    assert_eq!(report.finding("K103")["params"]["ports"], json!(["80"]), "{report}");
    let lab = Front::default().lab();
    is(&lab.explain(&["ing/front", "--port", "80"]), "reachable", None);
    is(&lab.explain(&["ing/front", "--port", "81"]), "unreachable", Some("K103"));
}

/// Only a few ways are walked: those that somebody serves come first, and what closes some
/// is no cause as long as others were not looked at.
#[test]
fn of_many_ingresses_those_that_are_served_count() {
    let many = |last: &str| {
        let own = Front::default().ingress;
        let named = |(row, class): (usize, &str)| {
            let mut ingress = own.clone();
            ingress["metadata"]["name"] = json!(format!("front-{row}"));
            ingress["spec"]["ingressClassName"] = json!(class);
            ingress
        };
        let all: Vec<_> = ["gone", "gone", "gone", last].into_iter().enumerate().map(named).collect();
        let behind = if last == "gone" { Behind::Status(404) } else { Behind::Hello };
        let lab = Front { behind, ..Front::default() }.lab();
        lab.server.list(INGRESSES, "IngressList", all);
        lab.explain(&["svc/web"])
    };
    is(&many("traefik"), "reachable", None);
    is(&many("gone"), "undetermined", None);
}

/// The overview does not follow an Ingress, so it may not say more than `explain` would.
#[test]
fn an_overview_leaves_a_service_open_that_an_ingress_leads_to() {
    let lab = Front::default().lab();
    let mut service = lab.service();
    service["spec"]["type"] = json!("LoadBalancer");
    service["spec"]["ports"][0]["nodePort"] = json!(31111);
    lab.server.list("/api/v1/namespaces/web/services", "ServiceList", [service.clone()]);
    lab.server.object("/api/v1/namespaces/web/services/web", service);
    is(&lab.explain(&["svc/web"]), "reachable", None);
    let line = |lab: &Lab| {
        let output = lab.run(&["explain", "-o", "json"]);
        let overview: Value =
            serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
        overview["items"][0].clone()
    };
    let item = line(&lab);
    assert_eq!((item["verdict"].as_str(), item["root"].as_str()), (Some("undetermined"), None), "{item}");
    // Without the Ingress, the address is what it lacks.
    lab.server.list(INGRESSES, "IngressList", []);
    assert_eq!(line(&lab)["verdict"], "unreachable");
}

/// Whose node port it is, the words say.
#[test]
fn v101_on_the_way_to_the_controller_names_the_controller() {
    let lab = Lab::behind(Behind::Hello, Plan::unpublish);
    let own = lab.explain(&["svc/web"]);
    assert_eq!(own.finding("V101")["params"].get("service"), None, "{own}");
    let mut controller = Value::Null;
    let lab = Lab::behind(Behind::Hello, |plan| {
        controller = of_controller(plan, &Front::default());
        internal(plan);
        plan.unpublish();
    });
    Front::default().serve(&lab, &controller);
    let report = lab.explain(&["ing/front"]);
    is(&report, "unreachable", Some("V101"));
    assert_eq!(report.finding("V101")["params"]["service"], "front/traefik", "{report}");
    assert!(report.finding("V101")["title"].as_str().is_some_and(|title| title.contains("front/traefik")), "{report}");
}

/// Which of two controllers serves a class, no label tells: one that is broken is no cause
/// as long as the other was not tried, and of two that are, neither is.
#[test]
fn of_several_controllers_the_one_that_answers_counts() {
    let mut controller = Value::Null;
    let lab = Lab::behind(Behind::Hello, |plan| {
        controller = of_controller(plan, &Front::default());
        internal(plan);
    });
    Front::default().serve(&lab, &controller);
    let mut first = controller["service"].clone();
    first["metadata"]["namespace"] = json!("a-stranger");
    first["spec"]["ports"][0]["nodePort"] = json!(31111);
    lab.server.list("/api/v1/services", "ServiceList", [first.clone(), controller["service"].clone()]);
    lab.server.list("/api/v1/namespaces/a-stranger/pods", "PodList", []);
    let slices = "/apis/discovery.k8s.io/v1/namespaces/a-stranger/endpointslices";
    lab.server.list(slices, "EndpointSliceList", []);
    is(&lab.explain(&["ing/front"]), "reachable", None);
    let mut second = first.clone();
    second["metadata"]["namespace"] = json!("b-stranger");
    lab.server.list("/api/v1/namespaces/b-stranger/pods", "PodList", []);
    let slices = "/apis/discovery.k8s.io/v1/namespaces/b-stranger/endpointslices";
    lab.server.list(slices, "EndpointSliceList", []);
    lab.server.list("/api/v1/services", "ServiceList", [first, second]);
    is(&lab.explain(&["ing/front"]), "undetermined", None);
}

/// Chance decides which endpoint a front meets: each is asked.
#[test]
fn a105_behind_a_front() {
    for (behind, verdict) in [(Behind::Hello, "degraded"), (Behind::Status(502), "undetermined")] {
        let mut controller = Value::Null;
        let lab = Lab::behind(behind, |plan| {
            controller = of_controller(plan, &Front::default());
            internal(plan);
            let mut second = plan.cluster.slice["endpoints"][0].clone();
            second["addresses"] = json!(["10.244.0.6"]);
            second["targetRef"]["name"] = json!("web-2");
            plan.cluster.slice["endpoints"].as_array_mut().expect("endpoints").push(second);
        });
        Front::default().serve(&lab, &controller);
        let refused = "error trying to reach service: dial tcp 10.244.0.6:8080: connect: connection refused";
        lab.server.status("/api/v1/namespaces/web/pods/web-2:8080/proxy/", 503, refused);
        let first = format!("/api/v1/namespaces/web/pods/{}:8080/proxy/", crate::POD);
        lab.server.raw(&first, 200, "text/plain", "hello");
        is(&lab.explain(&["ing/front"]), verdict, Some("A105"));
    }
}

//! Targets that are not Services: workloads, Pods, and a name alone.
//!
//! Composed by hand from the healthy cluster of the tests; nothing here was recorded.

use serde_json::{Value, json};

use crate::support::{Lab, Plan, Report};
use crate::{Case, DEPLOYMENTS, POD, PODS, SLICES, container, is_not, is_root};

const SERVICES: &str = "/api/v1/namespaces/web/services";
const APPS: &str = "/apis/apps/v1/namespaces/web";
const INGRESSES: &str = "/apis/networking.k8s.io/v1/namespaces/web/ingresses";
const GATEWAYS: &str = "/apis/gateway.networking.k8s.io/v1/namespaces/web/gateways";

fn workload(kind: &str, name: &str, labels: &Value, pod_spec: &Value) -> Value {
    let mut container =
        json!({ "name": "web", "image": "web", "ports": [{ "containerPort": 8080, "protocol": "TCP" }] });
    if let Some(port) = pod_spec.get("hostPort") {
        container["ports"][0]["hostPort"] = port.clone();
    }
    json!({
        "kind": kind, "apiVersion": "apps/v1", "metadata": { "name": name, "namespace": "web" },
        "spec": { "replicas": 1, "template": {
            "metadata": { "labels": labels },
            "spec": { "hostNetwork": pod_spec["hostNetwork"].as_bool().unwrap_or(false), "containers": [container] },
        } },
        "status": {},
    })
}

/// Serves one more object by its name.
fn serve(lab: &Lab, plural: &str, object: Value) {
    let name = object["metadata"]["name"].as_str().expect("a name").to_owned();
    lab.server.object(&format!("{APPS}/{plural}/{name}"), object);
}

fn service(name: &str, selector: Value) -> Value {
    let mut service = crate::support::Cluster::healthy().service;
    service["metadata"]["name"] = json!(name);
    service["spec"]["selector"] = selector;
    service
}

fn pod(name: &str, labels: Value) -> Value {
    let mut pod = crate::support::Cluster::healthy().pod;
    pod["metadata"]["name"] = json!(name);
    pod["metadata"]["labels"] = labels;
    pod
}

/// `api` of some kind, with a ready Pod and no Service.
fn lonely(lab: &Lab, kind: &str, plural: &str, pod_spec: &Value) {
    serve(lab, plural, workload(kind, "api", &json!({ "app": "api", "tier": "back" }), pod_spec));
    let healthy = crate::support::Cluster::healthy().pod;
    lab.server.list(PODS, "PodList", [healthy, pod("api-0", json!({ "app": "api", "tier": "back" }))]);
}

fn text(lab: &Lab, arguments: &[&str]) -> String {
    let output = lab.run(&[&["explain"], arguments].concat());
    assert_eq!(output.code, 0, "{output:?}");
    output.stdout
}

#[test]
fn every_kind_leads_through_its_service() {
    let pod = format!("pod/{POD}");
    for target in ["deploy/web", "sts/web", "ds/web", "rs/web", "job/web", pod.as_str()] {
        let lab = Lab::healthy();
        let labels = json!({ "app": "web" });
        for (kind, plural) in
            [("StatefulSet", "statefulsets"), ("DaemonSet", "daemonsets"), ("ReplicaSet", "replicasets")]
        {
            serve(&lab, plural, workload(kind, "web", &labels, &json!({})));
        }
        let job = workload("Job", "web", &labels, &json!({}));
        lab.server.object("/apis/batch/v1/namespaces/web/jobs/web", job);
        let report = lab.explain(&[target]);
        assert_eq!(report.verdict(), "reachable", "{target}: {report}");
        let of = &report.0["target"];
        assert_eq!((&of["service"], &report.0["services"]), (&json!("web"), &json!([])), "{target}");
        assert_eq!(format!("{}/{}", short(&of["kind"]), of["name"].as_str().expect("a name")), target);
        let text = text(&lab, &[target]);
        assert!(text.contains(target) && text.contains("through svc/web"), "{text}");
    }
}

fn short(kind: &Value) -> &'static str {
    match kind.as_str().expect("a kind") {
        "Deployment" => "deploy",
        "StatefulSet" => "sts",
        "DaemonSet" => "ds",
        "ReplicaSet" => "rs",
        "Job" => "job",
        "Pod" => "pod",
        other => panic!("{other}"),
    }
}

#[test]
fn no_service_is_a_fact_and_kubectl_can_do_what_is_offered() {
    let plain = json!({});
    for (kind, plural, target, wanted) in [
        (
            "Deployment",
            "deployments",
            "deploy/api",
            "expose deployment api --type=NodePort --port=80 --target-port=8080",
        ),
        ("ReplicaSet", "replicasets", "rs/api", "expose replicaset api --type=NodePort"),
        // kubectl exposes neither: one of their Pods, by the labels of all of them.
        ("StatefulSet", "statefulsets", "sts/api", "expose pod api-0 --selector=app=api,tier=back --name=api"),
        ("DaemonSet", "daemonsets", "ds/api", "expose pod api-0 --selector=app=api,tier=back --name=api"),
    ] {
        let lab = Lab::healthy();
        lonely(&lab, kind, plural, &plain);
        let report = lab.explain(&[target]);
        assert_eq!((report.verdict(), report.root()), ("unreachable", Some("K120")), "{target}: {report}");
        let commands = report.commands("K120");
        assert!(commands.iter().any(|command| command.contains(wanted)), "{commands:?}");
        assert!(
            commands.iter().any(|command| command.contains(&format!("port-forward {target} 8080:8080"))),
            "{commands:?}"
        );
        assert_eq!(report.finding("K120")["owner"], "kubernetes");
        assert_eq!(report.finding("K120")["params"]["workload"], target);
        assert_eq!(report.hops("pods")[0]["state"], "present");
    }
}

/// `kubectl create service` selects app=NAME, and can choose the published node port.
#[test]
fn a_free_published_port_is_used_where_the_selector_fits() {
    let lab = Lab::with(|plan| {
        plan.node().publish("30081/tcp", "127.0.0.1", 8181);
    });
    serve(&lab, "deployments", workload("Deployment", "api", &json!({ "app": "api" }), &json!({})));
    lab.server.list(PODS, "PodList", [pod("api-0", json!({ "app": "api" }))]);
    let report = lab.explain(&["deploy/api"]);
    let wanted = "create service nodeport api --tcp=80:8080 --node-port=30081";
    assert!(report.commands("K120")[0].contains(wanted), "{:?}", report.commands("K120"));
    assert!(text(&lab, &["deploy/api"]).contains("then open:  http://127.0.0.1:8181/"));
}

#[test]
fn a_pod_alone_is_exposed_by_what_lasts_of_its_labels() {
    let lab = Lab::healthy();
    for (name, labels) in [
        ("lonely", json!({})),
        ("made", json!({ "app": "api", "tier": "back", "pod-template-hash": "7c5d" })),
        ("run", json!({ "run": "run", "tier": "back" })),
    ] {
        lab.server.object(&format!("{PODS}/{name}"), pod(name, labels));
    }
    for (target, wanted) in [
        ("pod/made", &["expose pod made --selector=app=api,tier=back --type=NodePort"][..]),
        ("pod/run", &["expose pod run --type=NodePort"]),
        ("pod/lonely", &["label pod lonely app=lonely", "expose pod lonely --selector=app=lonely"]),
    ] {
        let report = lab.explain(&[target]);
        assert_eq!((report.verdict(), report.root()), ("unreachable", Some("K120")), "{target}: {report}");
        let commands = report.commands("K120").join("\n");
        assert!(wanted.iter().all(|wanted| commands.contains(wanted)), "{target}: {commands}");
    }
}

#[test]
fn the_service_that_was_meant_is_named() {
    let lab = Lab::healthy();
    lonely(&lab, "Deployment", "deployments", &json!({}));
    let all = || [service("web", json!({ "app": "web" })), service("api", json!({ "app": "aip" }))];
    lab.server.list(SERVICES, "ServiceList", all());
    let report = lab.explain(&["deploy/api"]);
    assert_eq!(report.root(), Some("K120"), "{report}");
    let params = &report.finding("K120")["params"];
    assert_eq!((&params["service"], &params["pair"]), (&json!("api"), &json!("app=aip")), "{params}");
    assert!(report.commands("K120")[0].contains("set selector service api app=api"), "{:?}", report.commands("K120"));

    // Near-miss: the Service with the similar selector has Pods of its own.
    let api = pod("api-0", json!({ "app": "api", "tier": "back" }));
    lab.server.list(PODS, "PodList", [api, pod("aip-0", json!({ "app": "aip" }))]);
    let report = lab.explain(&["deploy/api"]);
    assert_eq!(report.finding("K120")["params"]["service"], Value::Null);
    // The name of the Service is taken.
    assert!(report.commands("K120")[0].contains("--name=api-nodeport"), "{:?}", report.commands("K120"));
}

#[test]
fn ports_of_the_node_are_a_way_without_a_service() {
    for (spec, ports) in [(json!({ "hostPort": 80 }), json!([80])), (json!({ "hostNetwork": true }), json!([]))] {
        let lab = Lab::healthy();
        lonely(&lab, "DaemonSet", "daemonsets", &spec);
        let report = lab.explain(&["ds/api"]);
        assert_eq!((report.verdict(), report.root()), ("undetermined", Some("K120")), "{report}");
        assert_eq!(report.finding("K120")["params"]["hostPorts"], ports);
        assert!(report.unobserved().iter().any(|(what, ..)| what.contains("node's own ports")), "{report}");
    }
}

#[test]
fn broken_pods_stand_beside_the_missing_service() {
    let lab = Lab::healthy();
    let mut sick = pod("api-0", json!({ "app": "api", "tier": "back" }));
    sick["status"] = json!({ "phase": "Pending", "conditions": [{ "type": "Ready", "status": "False" }],
        "containerStatuses": [{ "name": "web", "ready": false, "state": { "waiting": { "reason": "ErrImagePull" } } }] });
    lonely(&lab, "Deployment", "deployments", &json!({}));
    lab.server.list(PODS, "PodList", [sick]);
    let report = lab.explain(&["deploy/api"]);
    assert_eq!((report.root(), report.codes()), (Some("K120"), vec!["K120", "K212"]), "{report}");
    assert!(!report.commands("K212").is_empty());
    // Nothing to forward to.
    assert!(!report.commands("K120").iter().any(|command| command.contains("port-forward")));

    let mut none = workload("Deployment", "api", &json!({ "app": "api" }), &json!({}));
    none["spec"]["replicas"] = json!(0);
    serve(&lab, "deployments", none);
    lab.server.list(PODS, "PodList", []);
    assert_eq!(lab.explain(&["deploy/api"]).codes(), ["K120", "K202"]);
}

/// Serves a second Service of the same Pods, first by name and without a way in.
fn second_service(lab: &Lab) {
    let mut inside = service("a-inside", json!({ "app": "web" }));
    inside["spec"]["type"] = json!("ClusterIP");
    inside["spec"]["ports"][0]["nodePort"] = json!(0);
    let healthy = service("web", json!({ "app": "web" }));
    lab.server.list(SERVICES, "ServiceList", [inside, service("database", json!({ "app": "database" })), healthy]);
    let slice = crate::support::Cluster::healthy().slice;
    let mut copy = slice.clone();
    copy["metadata"]["name"] = json!("a-inside-x");
    copy["metadata"]["labels"]["kubernetes.io/service-name"] = json!("a-inside");
    lab.server.list(SLICES, "EndpointSliceList", [slice, copy]);
}

/// What has ended takes no traffic: no Service and no port-forward would help.
#[test]
fn a_job_that_is_over_is_not_offered_a_service() {
    let lab = Lab::healthy();
    let labels = json!({ "app": "api", "batch.kubernetes.io/job-name": "api", "job-name": "api" });
    let job = workload("Job", "api", &labels, &json!({}));
    lab.server.object("/apis/batch/v1/namespaces/web/jobs/api", job);
    let mut ended = pod("api-x", labels);
    ended["status"] = json!({ "phase": "Succeeded", "conditions": [{ "type": "Ready", "status": "False" }] });
    lab.server.list(PODS, "PodList", [ended]);
    let report = lab.explain(&["job/api"]);
    assert_eq!((report.verdict(), report.codes()), ("unreachable", vec!["K120", "K219"]), "{report}");
    let commands = report.commands("K120");
    assert!(commands.len() == 1 && commands[0].contains("describe job api"), "{commands:?}");
}

#[test]
fn several_services_are_all_explained_and_the_best_one_leads() {
    let lab = Lab::healthy();
    second_service(&lab);
    let report = lab.explain(&["deploy/web"]);
    assert_eq!((report.verdict(), &report.0["target"]["service"]), ("reachable", &json!("web")), "{report}");
    let others = json!([{ "name": "a-inside", "verdict": "unreachable", "root": "K104" }]);
    assert_eq!(report.0["services"], others);
    let said = text(&lab, &["deploy/web"]);
    assert!(said.contains("other Services:  - svc/a-inside  internal by design"), "{said}");
    let markdown = text(&lab, &["deploy/web", "-o", "markdown"]);
    assert!(markdown.contains("through svc/web") && markdown.contains("- svc/a-inside: internal by design (K104)"));
    assert!(text(&lab, &["deploy/web", "-q"]).contains("REACHABLE  deploy/web"));
    // The port belongs to the Services.
    assert_eq!(lab.explain(&["deploy/web", "--port", "80"]).verdict(), "reachable");
    assert_eq!(lab.explain(&["deploy/web", "--port", "81"]).root(), Some("K103"));
}

#[test]
fn among_equals_the_service_with_a_road_from_outside_leads() {
    let lab = Lab::with(Plan::unpublish);
    second_service(&lab);
    let report = lab.explain(&["deploy/web"]);
    assert_eq!((report.verdict(), report.root()), ("unreachable", Some("V101")), "{report}");
    assert_eq!(report.0["target"]["service"], "web");
    assert_eq!(report.0["services"][0]["name"], "a-inside");
}

#[test]
fn a_pod_that_takes_no_traffic_is_told_apart_from_its_service() {
    let lab = Lab::healthy();
    let mut sick = pod("web-sick", json!({ "app": "web" }));
    sick["status"]["conditions"] = json!([{ "type": "Ready", "status": "False" }]);
    sick["status"]["containerStatuses"][0]["ready"] = json!(false);
    lab.server.object(&format!("{PODS}/web-sick"), sick.clone());
    lab.server.list(PODS, "PodList", [crate::support::Cluster::healthy().pod, sick]);
    let report = lab.explain(&["pod/web-sick"]);
    assert_eq!((report.verdict(), report.codes()), ("reachable", vec!["K215"]), "{report}");
    assert_eq!(report.finding("K215")["root"], false);
    let text = text(&lab, &["pod/web-sick"]);
    assert!(text.contains("this Pod:  K215"), "{text}");
    // Near-miss: the other Pod is fine.
    assert!(lab.explain(&[&format!("pod/{POD}")]).codes().is_empty());
    // The Pod is the Service's own trouble: said once.
    let lab = Lab::with(|plan: &mut Plan| container(plan, json!({ "waiting": { "reason": "CrashLoopBackOff" } })));
    assert_eq!(lab.explain(&[&format!("pod/{POD}")]).codes(), ["K213"]);
}

#[test]
fn what_is_not_there_has_a_name_like_it() {
    is_root(
        &[
            Case::new("K121", |_| (), "kubectl netpath explain deploy/web").asked(&["deploy/wbe"]),
            Case::new("K121", |_| (), "kubectl netpath explain svc/web").asked(&["sts/web"]),
            Case::new("K121", |_| (), "kubectl netpath explain pod/web-7c5ddbdf54-x2x9q")
                .asked(&["pod/web-7c5ddbdf54"]),
            Case::new("K121", |_| (), "kubectl get daemonsets").asked(&["ds/database"]),
            Case::new("K102", |_| (), "get namespaces").asked(&["deploy/web", "-n", "wbe"]),
        ],
        "unreachable",
    );
    // Forbidden is not missing.
    let forbidden = |lab: &Lab| lab.server.status(&format!("{DEPLOYMENTS}/web"), 403, "no");
    let cases = [Case::new("K121", |_| (), "").asked(&["deploy/web"]).then(forbidden)];
    is_not(&cases, "undetermined");
    assert_eq!(cases[0].run().root(), Some("C105"));
}

#[test]
fn services_that_may_not_be_listed_are_unknown() {
    let lab = Lab::healthy();
    lab.server.status(SERVICES, 403, "services is forbidden");
    let report = lab.explain(&["deploy/web"]);
    assert_eq!((report.verdict(), report.root()), ("undetermined", None), "{report}");
    let unobserved = report.unobserved();
    let (_, _, settle) = unobserved.iter().find(|(what, ..)| what == "services").expect("services");
    assert!(settle[0].contains("auth can-i list services"), "{settle:?}");
}

#[test]
fn a_name_alone_is_a_service_first_and_then_what_has_the_name() {
    let lab = Lab::healthy();
    lonely(&lab, "Deployment", "deployments", &json!({}));
    serve(&lab, "statefulsets", workload("StatefulSet", "web", &json!({ "app": "web" }), &json!({})));
    // A Service of the name: nothing else is looked at.
    let report = lab.explain(&["web"]);
    assert_eq!((report.verdict(), &report.0["target"]["kind"]), ("reachable", &json!("Service")));
    assert_eq!(lab.server.count(|path| path.contains("/statefulsets/")), 0);
    // One thing: the same as asking for it.
    let report = lab.explain(&["api"]);
    assert_eq!((report.root(), &report.0["target"]["kind"]), (Some("K120"), &json!("Deployment")), "{report}");
    let said = |report: Report| (report.0["ports"].clone(), report.0["findings"].clone());
    assert_eq!(said(report), said(lab.explain(&["deploy/api"])));
    // Nothing.
    assert_eq!(lab.explain(&["nothing"]).root(), Some("K101"));
}

#[test]
fn several_things_of_one_name_are_not_guessed() {
    let ingress: fn(&Lab) = |lab| {
        lonely(lab, "Deployment", "deployments", &json!({}));
        let ingress = json!({ "kind": "Ingress", "apiVersion": "networking.k8s.io/v1", "metadata": { "name": "api" } });
        lab.server.object(&format!("{INGRESSES}/api"), ingress);
    };
    let case = || Case::new("C111", |_| (), "kubectl netpath explain deploy/api").asked(&["api"]);
    is_root(&[case().then(ingress)], "undetermined");
    let lab = Lab::healthy();
    ingress(&lab);
    let text = text(&lab, &["api"]);
    assert!(text.contains("? UNDETERMINED  api ") && text.contains("explain ing/api"), "{text}");
    // Near-miss: one thing of the name.
    is_not(&[case().then(|lab| lonely(lab, "Deployment", "deployments", &json!({})))], "unreachable");
}

#[test]
fn a_kind_that_may_not_be_read_is_not_taken_for_missing() {
    let lab = Lab::healthy();
    lab.server.status(&format!("{INGRESSES}/nothing"), 403, "forbidden");
    // Without the Gateway API a server answers a bare 404.
    lab.server.raw(&format!("{GATEWAYS}/nothing"), 404, "text/plain", "404 page not found\n");
    let report = lab.explain(&["nothing"]);
    assert_eq!((report.verdict(), report.root()), ("undetermined", Some("K101")), "{report}");
    let unobserved = report.unobserved();
    assert_eq!(unobserved.len(), 1, "{unobserved:?}");
    assert!(unobserved[0].2[0].contains("auth can-i get ingresses.networking.k8s.io"), "{unobserved:?}");
}

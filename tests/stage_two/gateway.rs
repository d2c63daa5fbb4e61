//! Gateways and HTTPRoutes: class, Gateway, listener, route, backend.
//!
//! Composed after what Traefik v3.6.12 wrote into conditions and answered on a kind cluster
//! (Kubernetes 1.34, Gateway API v1.4.0): 404 for a route that is not attached, 500 for a
//! backend that cannot be used, 503 for a backend without ready endpoints. What was not
//! seen there is marked.

use serde_json::{Value, json};

use crate::support::{Behind, Cluster, Lab, Report};

const API: &str = "/apis/gateway.networking.k8s.io/v1";
const CONTROLLER: &str = "traefik.io/gateway-controller";
/// In front of the real path of the application.
const DIRECT: &str = "/api/v1/namespaces/web/services/web:80/proxy/";

/// Service `web` of type ClusterIP behind HTTPRoute `web` at Gateway `main`, which Traefik
/// serves: its own Service has the published node port 30080.
struct Front {
    class: Option<Value>,
    gateway: Option<Value>,
    route: Value,
    grants: Vec<Value>,
    behind: Behind,
    /// What the label of the controller's Service is.
    label: (&'static str, &'static str),
    installed: bool,
}

fn condition(kind: &str, status: &str, reason: &str, message: &str, generation: u32) -> Value {
    json!({ "type": kind, "status": status, "reason": reason, "message": message, "observedGeneration": generation })
}

/// What the CRD fills in: no controller has ever written there.
fn waiting(kind: &str) -> Value {
    json!({ "type": kind, "status": "Unknown", "reason": "Pending", "message": "Waiting for controller",
            "lastTransitionTime": "1970-01-01T00:00:00Z" })
}

fn listener_status(name: &str, conditions: Value, routes: u32) -> Value {
    json!({ "name": name, "attachedRoutes": routes, "supportedKinds": [], "conditions": conditions })
}

fn good(generation: u32) -> Value {
    json!(["Accepted", "ResolvedRefs", "Programmed"].map(|kind| condition(
        kind,
        "True",
        kind,
        "No error found",
        generation
    )))
}

fn port_unavailable() -> Value {
    json!([condition("Accepted", "False", "PortUnavailable", "Cannot find entryPoint for Gateway", 1)])
}

impl Default for Front {
    fn default() -> Self {
        let message = "Gateway successfully scheduled";
        Self {
            class: Some(json!({
                "metadata": { "name": "traefik", "generation": 1 }, "spec": { "controllerName": CONTROLLER },
                "status": { "conditions": [condition("Accepted", "True", "Handled", "Handled by Traefik controller", 1)] },
            })),
            gateway: Some(json!({
                "kind": "Gateway", "metadata": { "name": "main", "namespace": "web", "generation": 1 },
                "spec": { "gatewayClassName": "traefik", "listeners": [
                    { "name": "http", "port": 8080, "protocol": "HTTP",
                      "allowedRoutes": { "namespaces": { "from": "Same" } } },
                ] },
                "status": {
                    "conditions": [condition("Accepted", "True", "Accepted", message, 1),
                                   condition("Programmed", "True", "Programmed", message, 1)],
                    "listeners": [listener_status("http", good(1), 1)],
                },
            })),
            route: json!({
                "kind": "HTTPRoute", "metadata": { "name": "web", "namespace": "web", "generation": 1 },
                "spec": {
                    "parentRefs": [{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "main" }],
                    "hostnames": ["web.localhost"],
                    "rules": [{ "matches": [{ "path": { "type": "PathPrefix", "value": "/" } }],
                                "backendRefs": [{ "group": "", "kind": "Service", "name": "web", "port": 80, "weight": 1 }] }],
                },
                "status": { "parents": [{
                    "controllerName": CONTROLLER,
                    "parentRef": { "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "main" },
                    "conditions": [condition("Accepted", "True", "Accepted", "", 1),
                                   condition("ResolvedRefs", "True", "ResolvedRefs", "", 1)],
                }] },
            }),
            grants: Vec::new(),
            behind: Behind::Hello,
            label: ("app.kubernetes.io/name", "traefik"),
            installed: true,
        }
    }
}

impl Front {
    fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut front = Self::default();
        change(&mut front);
        front
    }

    /// With a controller that answers by itself.
    fn answering(status: u16, change: impl FnOnce(&mut Self)) -> Self {
        Self::with(|front| {
            front.behind = Behind::Status(status);
            change(front);
        })
    }

    fn gateway(&mut self) -> &mut Value {
        self.gateway.as_mut().expect("a Gateway")
    }

    fn listener(&mut self) -> &mut Value {
        &mut self.gateway()["spec"]["listeners"][0]
    }

    /// The condition of a route at its parent.
    fn says(&mut self, row: usize, said: Value) {
        self.route["status"]["parents"][0]["conditions"][row] = said;
    }

    fn lab(self) -> Lab {
        let mut own = Vec::new();
        let lab = Lab::behind(self.behind, |plan| {
            let mut service = plan.cluster.service.clone();
            service["metadata"] = json!({ "name": "traefik", "namespace": "web", "labels": {} });
            service["metadata"]["labels"][self.label.0] = json!(self.label.1);
            service["spec"]["selector"] = json!({ "app": "traefik" });
            // As in the chart: the listener's number is the target, not the Service's port.
            service["spec"]["ports"][0]["name"] = json!("web");
            service["spec"]["ports"][0]["targetPort"] = json!("http");
            let mut pod = plan.cluster.pod.clone();
            pod["metadata"] = json!({ "name": "traefik-0", "namespace": "web", "labels": { "app": "traefik" } });
            let mut slice = plan.cluster.slice.clone();
            slice["metadata"]["name"] = json!("traefik-0");
            slice["metadata"]["labels"]["kubernetes.io/service-name"] = json!("traefik");
            slice["ports"][0]["name"] = json!("web");
            slice["endpoints"][0]["targetRef"] = json!({ "kind": "Pod", "namespace": "web", "name": "traefik-0" });
            let spec = &mut plan.cluster.service["spec"];
            spec["type"] = json!("ClusterIP");
            spec["ports"][0].as_object_mut().expect("a port").remove("nodePort");
            own = vec![
                ("/api/v1", "services", "ServiceList", plan.cluster.service.clone(), service),
                ("/api/v1", "pods", "PodList", plan.cluster.pod.clone(), pod),
                ("/apis/discovery.k8s.io/v1", "endpointslices", "EndpointSliceList", plan.cluster.slice.clone(), slice),
            ];
        });
        for (group, plural, kind, web, own) in own {
            lab.server.list(&format!("{group}/{plural}"), kind, [web.clone(), own.clone()]);
            lab.server.list(&format!("{group}/namespaces/web/{plural}"), kind, [web, own]);
        }
        if !self.installed {
            // Seen with Kubernetes 1.34: no Status object.
            lab.server.raw(&format!("{API}/"), 404, "text/plain", "404 page not found\n");
            for path in ["gatewayclasses", "namespaces/web/gateways", "namespaces/web/httproutes"] {
                for path in [format!("{API}/{path}"), format!("{API}/{path}/web"), format!("{API}/{path}/main")] {
                    lab.server.raw(&path, 404, "text/plain", "404 page not found\n");
                }
            }
            return lab;
        }
        lab.server.list(&format!("{API}/gatewayclasses"), "GatewayClassList", self.class);
        lab.server.list(&format!("{API}/namespaces/web/gateways"), "GatewayList", self.gateway.clone());
        if let Some(gateway) = self.gateway {
            lab.server.object(&format!("{API}/namespaces/web/gateways/main"), gateway);
        }
        lab.server.list(&format!("{API}/namespaces/web/httproutes"), "HTTPRouteList", [self.route.clone()]);
        lab.server.object(&format!("{API}/namespaces/web/httproutes/web"), self.route);
        let grants = "/apis/gateway.networking.k8s.io/v1beta1/namespaces/far/referencegrants";
        lab.server.list(grants, "ReferenceGrantList", self.grants);
        lab
    }

    #[track_caller]
    fn explain(self, target: &str) -> Report {
        self.lab().explain(&[target])
    }
}

#[track_caller]
fn is(report: &Report, verdict: &str, root: Option<&str>) {
    assert_eq!((report.verdict(), report.root()), (verdict, root), "{report}");
}

#[track_caller]
fn offers(report: &Report, code: &str, command: &str) {
    let commands = report.commands(code);
    assert!(commands.iter().any(|offered| offered.contains(command)), "{command}: {commands:?}");
}

#[test]
fn a_good_route_is_followed_to_the_pod() {
    for target in ["httproute/web", "gateway/main", "svc/web"] {
        let report = Front::default().explain(target);
        is(&report, "reachable", None);
        assert!(report.codes().is_empty(), "{target}: {report}");
        assert_eq!(report.0["ports"][0]["roads"][0]["id"], "gateway", "{target}: {report}");
        let url = report.0["ports"][0]["urls"][0].as_str().expect("a URL");
        assert!(url.starts_with("http://web.localhost:"), "{target}: {url}");
    }
}

/// GEP-1762: a Service of the Gateway's own goes before the controller's. Not seen with
/// Traefik, which makes none.
#[test]
fn the_service_of_the_gateway_itself_is_found_by_its_label() {
    let report = Front::with(|front| {
        front.label = ("gateway.networking.k8s.io/gateway-name", "main");
        // Its Service has the listener's number, whatever the target.
        front.listener()["port"] = json!(80);
        front.class.as_mut().expect("a class")["spec"]["controllerName"] = json!("example.com/gateway");
        front.route["status"]["parents"][0]["controllerName"] = json!("example.com/gateway");
    })
    .explain("httproute/web");
    is(&report, "reachable", None);
}

#[test]
fn the_api_is_not_installed() {
    for target in ["gateway/main", "httproute/web"] {
        let report = Front::with(|front| front.installed = false).explain(target);
        is(&report, "unreachable", Some("K320"));
        offers(&report, "K320", "kubectl apply --server-side -f https://github.com/kubernetes-sigs/gateway-api/");
    }
    // Nobody who asks about a Service wants to hear about it.
    let report = Front::with(|front| front.installed = false).explain("svc/web");
    is(&report, "unreachable", Some("K104"));
    assert!(!report.unobserved().iter().any(|(what, ..)| what.contains("gateway")), "{report}");
    // May not read is not the same.
    let lab = Front::default().lab();
    lab.server.status(&format!("{API}/namespaces/web/gateways/main"), 403, "forbidden");
    let report = lab.explain(&["gateway/main"]);
    assert!(!report.codes().contains(&"K320"), "{report}");
    assert_eq!(report.verdict(), "undetermined", "{report}");
}

#[test]
fn classes() {
    let report = Front::answering(404, |front| {
        front.gateway()["spec"]["gatewayClassName"] = json!("traefk");
        front.gateway()["status"] = json!({ "conditions": [waiting("Accepted"), waiting("Programmed")] });
        front.route["status"] = Value::Null;
    })
    .explain("httproute/web");
    is(&report, "unreachable", Some("K321"));
    offers(&report, "K321", r#"patch gateway main --type=merge -p {"spec":{"gatewayClassName":"traefik"}}"#);

    let report = Front::with(|front| {
        let class = front.class.as_mut().expect("a class");
        class["spec"]["controllerName"] = json!("example.com/nobody");
        class["status"]["conditions"] = json!([waiting("Accepted")]);
        front.gateway()["status"] = json!({ "conditions": [waiting("Accepted"), waiting("Programmed")] });
        front.route["status"] = Value::Null;
    })
    .explain("gateway/main");
    is(&report, "unreachable", Some("K322"));
    assert_eq!(report.finding("K322")["params"]["controller"], "example.com/nobody");
    offers(&report, "K322", "kubectl get gatewayclasses");

    // Composed after gatewayclass_types.go: a controller that looked, and refuses.
    let report = Front::answering(404, |front| {
        let refuses = condition("Accepted", "False", "InvalidParameters", "no such ConfigMap", 1);
        front.class.as_mut().expect("a class")["status"]["conditions"][0] = refuses;
    })
    .explain("httproute/web");
    is(&report, "unreachable", Some("K322"));

    // A class that may not be read is unknown, and the answer decides.
    let lab = Front::default().lab();
    lab.server.status(&format!("{API}/gatewayclasses"), 403, "forbidden");
    let report = lab.explain(&["httproute/web"]);
    assert!(!report.codes().iter().any(|code| ["K321", "K322"].contains(code)), "{report}");
    assert!(report.unobserved().iter().any(|(what, ..)| what.contains("gatewayclasses")), "{report}");
}

#[test]
fn gateways() {
    let pending = |front: &mut Front| {
        front.gateway()["status"] = json!({ "conditions": [waiting("Accepted"), waiting("Programmed")] });
        front.route["status"] = Value::Null;
    };
    let report = Front::answering(404, pending).explain("httproute/web");
    is(&report, "unreachable", Some("K323"));
    offers(&report, "K323", "kubectl describe gateway main");
    // An answer of the application wins over every condition.
    is(&Front::with(pending).explain("httproute/web"), "reachable", None);

    // Composed after gateway_types.go: no address, and nothing answers.
    let unprogrammed = |front: &mut Front| {
        let said = condition("Programmed", "False", "AddressNotAssigned", "No addresses have been assigned", 1);
        front.gateway()["status"]["conditions"][1] = said;
    };
    let report = Front::answering(404, unprogrammed).explain("httproute/web");
    is(&report, "unreachable", Some("K324"));
    assert_eq!(report.finding("K324")["params"]["reason"], "AddressNotAssigned");

    let report = Front::with(|front| front.gateway = None).explain("httproute/web");
    is(&report, "unreachable", Some("K328"));
    offers(&report, "K328", "kubectl get gateways -A");
    // Another one exists, and is near.
    let report =
        Front::with(|front| front.route["spec"]["parentRefs"][0]["name"] = json!("mian")).explain("httproute/web");
    is(&report, "unreachable", Some("K328"));
    offers(&report, "K328", r#"[{"op":"replace","path":"/spec/parentRefs/0/name","value":"main"}]"#);
}

#[test]
fn listeners() {
    // The route's own reason misleads: seen with Traefik.
    let bad_port = |front: &mut Front| {
        front.listener()["port"] = json!(8088);
        front.gateway()["status"] = json!({
            "conditions": [condition("Accepted", "False", "ListenersNotValid", "All Listeners must be valid", 1)],
            "listeners": [listener_status("http", port_unavailable(), 0)],
        });
        front.says(0, condition("Accepted", "False", "NotAllowedByListeners", "", 1));
    };
    let report = Front::answering(404, bad_port).explain("httproute/web");
    is(&report, "unreachable", Some("K325"));
    assert_eq!(report.finding("K325")["params"]["reason"], "PortUnavailable");
    offers(&report, "K325", r#"[{"op":"replace","path":"/spec/listeners/0/port","value":8080}]"#);

    let report = Front::answering(404, |front| {
        front.listener()["protocol"] = json!("HTTPS");
        let reference = "secret \"no-such-secret\" not found";
        let broken = json!([
            condition("ResolvedRefs", "False", "InvalidCertificateRef", reference, 1),
            condition("Programmed", "False", "Invalid", reference, 1),
        ]);
        front.gateway()["status"] = json!({
            "conditions": [condition("Accepted", "False", "ListenersNotValid", "All Listeners must be valid", 1)],
            "listeners": [listener_status("http", broken, 1)],
        });
        front.says(0, condition("Accepted", "False", "NoMatchingParent", "", 1));
    })
    .explain("httproute/web");
    is(&report, "unreachable", Some("K325"));
    assert_eq!(report.finding("K325")["params"]["reason"], "InvalidCertificateRef");
    offers(&report, "K325", "get secrets --field-selector=type=kubernetes.io/tls");

    // One good listener beside a bad one: the Gateway says Accepted=False, and it answers.
    let two = |front: &mut Front| {
        let bad = json!({ "name": "bad", "port": 8088, "protocol": "HTTP" });
        front.gateway()["spec"]["listeners"].as_array_mut().expect("listeners").insert(0, bad);
        front.gateway()["status"] = json!({
            "conditions": [condition("Accepted", "False", "ListenersNotValid", "All Listeners must be valid", 1)],
            "listeners": [listener_status("http", good(1), 1), listener_status("bad", port_unavailable(), 0)],
        });
    };
    let report = Front::with(two).explain("httproute/web");
    is(&report, "reachable", None);
    assert!(!report.codes().contains(&"K323"), "{report}");
    // Who asks about the Gateway hears of the bad one, which closes nothing.
    let report = Front::with(two).explain("gateway/main");
    is(&report, "reachable", None);
    assert_eq!(report.finding("K325")["root"], false);
}

#[test]
fn a_gateway_may_refuse_a_route() {
    let refused = |reason: &str| {
        let reason = reason.to_owned();
        move |front: &mut Front| front.says(0, condition("Accepted", "False", &reason, "", 1))
    };
    let report = Front::answering(404, |front| {
        refused("NoMatchingListenerHostname")(front);
        front.listener()["hostname"] = json!("foo.localhost");
    })
    .explain("httproute/web");
    is(&report, "unreachable", Some("K326"));
    offers(&report, "K326", r#""path":"/spec/hostnames","value":["foo.localhost"]"#);

    let report = Front::answering(404, |front| {
        refused("NoMatchingParent")(front);
        front.route["spec"]["parentRefs"][0]["sectionName"] = json!("htpp");
        front.route["status"]["parents"][0]["parentRef"]["sectionName"] = json!("htpp");
    })
    .explain("httproute/web");
    is(&report, "unreachable", Some("K326"));
    offers(&report, "K326", r#""path":"/spec/parentRefs/0/sectionName","value":"http""#);

    // The Gateway of another namespace takes its own routes only; then those of namespaces
    // with a label, which the Namespace has and the route need not have.
    let far = |front: &mut Front, from: Value| {
        front.route["spec"]["parentRefs"][0]["namespace"] = json!("infra");
        front.route["status"]["parents"][0]["parentRef"]["namespace"] = json!("infra");
        front.gateway()["metadata"]["namespace"] = json!("infra");
        front.listener()["allowedRoutes"]["namespaces"] = from;
    };
    let explain = |front: Front| {
        let gateway = front.gateway.clone().expect("a Gateway");
        let lab = front.lab();
        lab.server.object(&format!("{API}/namespaces/infra/gateways/main"), gateway);
        lab.server.list("/api/v1/namespaces/infra/services", "ServiceList", []);
        lab.explain(&["httproute/web"])
    };
    let selector = || json!({ "from": "Selector", "selector": { "matchLabels": { "gateway": "open" } } });
    for (from, command) in [
        (json!({ "from": "Same" }), r#"-n infra patch gateway main --type=json"#),
        (selector(), "label namespace web gateway=open"),
    ] {
        let report = explain(Front::answering(404, |front| {
            far(front, from);
            refused("NotAllowedByListeners")(front);
        }));
        is(&report, "unreachable", Some("K326"));
        offers(&report, "K326", command);
    }
    let report = explain(Front::with(|front| far(front, selector())));
    is(&report, "reachable", None);
    assert!(!report.codes().contains(&"K326"), "{report}");
}

/// Nobody wrote anything: too new, or not watched. One look cannot tell.
#[test]
fn a_route_without_a_status_is_undetermined() {
    for parents in [json!(null), json!([])] {
        let change = |front: &mut Front| front.route["status"] = json!({ "parents": parents });
        let report = Front::answering(404, change).explain("httproute/web");
        is(&report, "undetermined", Some("K326"));
        assert_eq!(report.finding("K326")["params"]["reason"], Value::Null);
        is(&Front::with(change).explain("httproute/web"), "reachable", None);
    }
    // Of the parent that the route had before: seen with Traefik.
    let report = Front::answering(404, |front| {
        front.route["status"]["parents"][0]["parentRef"]["name"] = json!("old");
        front.route["metadata"]["generation"] = json!(2);
    })
    .explain("httproute/web");
    is(&report, "undetermined", Some("K326"));
}

/// A status of an older version is no verdict, whatever it says.
#[test]
fn a_stale_status_proves_nothing() {
    // Seen with Traefik: a Gateway that was moved to a class of nobody.
    let moved = |front: &mut Front| front.gateway()["metadata"]["generation"] = json!(2);
    let changed = |front: &mut Front| front.route["metadata"]["generation"] = json!(2);
    let changes: [&dyn Fn(&mut Front); 3] = [&moved, &changed, &|front| {
        changed(front);
        front.says(0, condition("Accepted", "False", "NotAllowedByListeners", "", 1));
    }];
    for change in changes {
        let report = Front::answering(404, change).explain("httproute/web");
        assert_eq!(report.verdict(), "undetermined", "{report}");
        assert!(!report.codes().iter().any(|code| code.starts_with("K32")), "{report}");
        assert!(report.unobserved().iter().any(|(_, why, _)| why.contains("older version")), "{report}");
        is(&Front::with(change).explain("httproute/web"), "reachable", None);
    }
}

#[test]
fn backends() {
    let unresolved = |front: &mut Front, reason: &str, message: &str| {
        front.says(1, condition("ResolvedRefs", "False", reason, message, 1));
    };
    let backend = |front: &mut Front, key: &str, value: Value| {
        front.route["spec"]["rules"][0]["backendRefs"][0][key] = value;
    };
    let report = Front::answering(500, |front| {
        backend(front, "name", json!("wbe"));
        unresolved(front, "BackendNotFound", "getting service: service \"wbe\" not found");
    })
    .explain("httproute/web");
    is(&report, "unreachable", Some("K327"));
    offers(&report, "K327", r#""path":"/spec/rules/0/backendRefs/0/name","value":"web""#);

    // The Service is not there, whether or not a controller has noticed.
    let report = Front::answering(500, |front| backend(front, "name", json!("database"))).explain("httproute/web");
    is(&report, "unreachable", Some("K327"));

    let report = Front::answering(500, |front| {
        backend(front, "port", json!(81));
        unresolved(front, "BackendNotFound", "service port 81 not found");
    })
    .explain("httproute/web");
    is(&report, "unreachable", Some("K327"));
    offers(&report, "K327", r#""path":"/spec/rules/0/backendRefs/0/port","value":80"#);

    let far = |front: Front| {
        let lab = front.lab();
        let mut service = Cluster::healthy().service;
        service["metadata"] = json!({ "name": "web", "namespace": "far" });
        lab.server.object("/api/v1/namespaces/far/services/web", service);
        lab.explain(&["httproute/web"])
    };
    let elsewhere = |front: &mut Front| {
        backend(front, "namespace", json!("far"));
        unresolved(front, "RefNotPermitted", "Cannot load HTTPBackendRef: missing ReferenceGrant");
    };
    let report = far(Front::answering(500, elsewhere));
    is(&report, "unreachable", Some("K327"));
    assert_eq!(report.finding("K327")["params"]["reason"], "RefNotPermitted");
    offers(&report, "K327", "-n far get referencegrants");
    // A grant that is there now: the status is behind.
    let report = far(Front::answering(500, |front| {
        elsewhere(front);
        front.grants = vec![json!({ "metadata": { "name": "web", "namespace": "far" }, "spec": {
            "from": [{ "group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "web" }],
            "to": [{ "group": "", "kind": "Service" }],
        } })];
    }));
    assert!(!report.codes().contains(&"K327"), "{report}");

    // The condition is for the whole route: a rule whose own backend is there is not judged.
    let report = Front::with(|front| {
        let broken = json!({ "matches": [{ "path": { "type": "PathPrefix", "value": "/old" } }],
                             "backendRefs": [{ "name": "gone", "port": 80 }] });
        front.route["spec"]["rules"].as_array_mut().expect("rules").push(broken);
        unresolved(front, "BackendNotFound", "service \"gone\" not found");
    })
    .explain("httproute/web");
    assert_eq!(report.verdict(), "degraded", "{report}");
    let ports = report.0["ports"].as_array().expect("ports");
    let seen: Vec<_> = ports.iter().map(|port| (port["verdict"].clone(), port["root"].clone())).collect();
    assert_eq!(seen, [(json!("reachable"), Value::Null), (json!("unreachable"), json!("K327"))], "{report}");
}

/// What gets no traffic is not walked, and a rule that no address line can ask for is not
/// probed.
#[test]
fn rules_that_a_browser_does_not_come_by() {
    let report = Front::with(|front| {
        let idle = json!({ "name": "gone", "port": 80, "weight": 0 });
        front.route["spec"]["rules"][0]["backendRefs"].as_array_mut().expect("backends").push(idle);
    })
    .explain("httproute/web");
    is(&report, "reachable", None);
    assert_eq!(report.0["ports"].as_array().map(Vec::len), Some(1), "{report}");

    let lab = Front::with(|front| {
        let by_header = json!([{ "headers": [{ "name": "x-user", "value": "me" }] }]);
        front.route["spec"]["rules"][0]["matches"] = by_header;
    })
    .lab();
    let report = lab.explain(&["httproute/web"]);
    is(&report, "undetermined", None);
    assert_eq!(lab.door.knocks(), 0);
    assert!(report.unobserved().iter().any(|(_, why, _)| why.contains("by header")), "{report}");
}

/// The front answers by itself although all is well by the book: the reason is not known.
#[test]
fn a_front_that_answers_by_itself() {
    let lab = Front::answering(404, |_| ()).lab();
    lab.server.raw(DIRECT, 200, "text/plain", "hello\n");
    is(&lab.explain(&["httproute/web"]), "undetermined", Some("K306"));
}

#[test]
fn a_gateway_without_routes() {
    let bare = |front: &mut Front, routes: u32| {
        front.route["spec"]["parentRefs"][0]["name"] = json!("other");
        front.gateway()["status"]["listeners"][0]["attachedRoutes"] = json!(routes);
    };
    let report = Front::answering(404, |front| bare(front, 0)).explain("gateway/main");
    is(&report, "unreachable", Some("K329"));
    offers(&report, "K329", "kubectl get httproutes -A");
    // The controller counts one, so it is in another namespace.
    let report = Front::answering(404, |front| bare(front, 1)).explain("gateway/main");
    assert_eq!(report.verdict(), "undetermined", "{report}");
    assert!(!report.codes().contains(&"K329"), "{report}");
    // A second listener without a route is no fault of the first.
    let report = Front::with(|front| {
        let second = json!({ "name": "spare", "port": 8080, "protocol": "HTTP", "hostname": "spare.localhost" });
        front.gateway()["spec"]["listeners"].as_array_mut().expect("listeners").push(second);
        let status = listener_status("spare", good(1), 0);
        front.gateway()["status"]["listeners"].as_array_mut().expect("listeners").push(status);
        front.route["spec"]["parentRefs"][0]["sectionName"] = json!("http");
        front.route["status"]["parents"][0]["parentRef"]["sectionName"] = json!("http");
    })
    .explain("gateway/main");
    is(&report, "reachable", None);
    assert_eq!(report.finding("K329")["root"], false);
}

/// A controller that does not run leaves every condition as it was: seen with Traefik.
#[test]
fn good_conditions_of_a_controller_that_is_gone() {
    let lab = Front::with(|front| front.behind = Behind::Closes).lab();
    let healthy = Cluster::healthy();
    let slices = "/apis/discovery.k8s.io/v1/namespaces/web/endpointslices";
    let mut empty = healthy.slice.clone();
    empty["metadata"]["labels"]["kubernetes.io/service-name"] = json!("traefik");
    (empty["endpoints"], empty["ports"]) = (json!([]), json!([]));
    lab.server.list(slices, "EndpointSliceList", [healthy.slice, empty]);
    lab.server.list("/api/v1/namespaces/web/pods", "PodList", [healthy.pod]);
    is(&lab.explain(&["httproute/web"]), "unreachable", Some("K304"));
}

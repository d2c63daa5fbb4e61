//! Every finding of the registry, triggered in a composed kind cluster, each with a
//! near-miss where one is close.
//!
//! Composed by hand from the healthy cluster of the tests; nothing here was recorded.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests look at the world")]

mod gateway;
mod pods;
mod policy;
mod services;
#[path = "../support/mod.rs"]
mod support;
mod targets;

mod ingress;

use serde_json::{Value, json};
use support::{Behind, Container, Lab, Plan, Report};

const POD: &str = "web-7c5ddbdf54-x2x9q";
const SERVICE_PROXY: &str = "/api/v1/namespaces/web/services/web:80/proxy/";
const SLICES: &str = "/apis/discovery.k8s.io/v1/namespaces/web/endpointslices";
const PODS: &str = "/api/v1/namespaces/web/pods";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/web/deployments";

/// What is broken before the run: the objects and containers, then the server.
type Change = fn(&mut Plan);
type Then = fn(&Lab);

/// One finding: its trigger, and what the report must say.
struct Case {
    code: &'static str,
    change: Change,
    then: Then,
    behind: Behind,
    arguments: &'static [&'static str],
    /// Words of one of the commands; empty where there is nothing to do.
    command: &'static str,
}

impl Case {
    fn new(code: &'static str, change: Change, command: &'static str) -> Self {
        Self { code, change, then: |_| (), behind: Behind::Hello, arguments: &["svc/web"], command }
    }

    fn then(self, then: Then) -> Self {
        Self { then, ..self }
    }

    fn behind(self, behind: Behind) -> Self {
        Self { behind, ..self }
    }

    fn asked(self, arguments: &'static [&'static str]) -> Self {
        Self { arguments, ..self }
    }

    fn run(&self) -> Report {
        let lab = Lab::behind(self.behind, self.change);
        (self.then)(&lab);
        lab.explain(self.arguments)
    }
}

/// Runs cases side by side and hands each report to the check.
fn each(cases: &[Case], check: impl Fn(&Case, &Report) + Sync) {
    std::thread::scope(|scope| {
        for part in cases.chunks(cases.len().div_ceil(6)) {
            scope.spawn(|| part.iter().for_each(|case| check(case, &case.run())));
        }
    });
}

#[track_caller]
fn is_root(cases: &[Case], verdict: &str) {
    each(cases, |case, report| {
        let code = case.code;
        assert_eq!((report.root(), report.verdict()), (Some(code), verdict), "{code}: {report}");
        let commands = report.commands(code);
        let wanted = case.command;
        assert!(wanted.is_empty() || commands.iter().any(|command| command.contains(wanted)), "{code}: {commands:?}");
        let owner = match code.as_bytes()[0] {
            b'V' => "virtualization-layer",
            b'K' => "kubernetes",
            b'A' => "application",
            _ => "client",
        };
        assert_eq!(report.finding(code)["owner"], owner);
        // One root, and a hop that carries it.
        let roots = report.0["findings"].as_array().expect("findings").iter().filter(|found| found["root"] == true);
        assert_eq!(roots.count(), 1, "{code}: {report}");
        let hops = report.0["ports"].as_array().expect("ports").iter().flat_map(|port| port["roads"].as_array());
        let mut hops = hops.flatten().filter_map(|road| road["hops"].as_array()).flatten();
        assert!(hops.any(|hop| hop["finding"] == code), "{code} at no hop: {report}");
    });
}

/// Near-misses: the code is not said.
fn is_not(cases: &[Case], verdict: &str) {
    each(cases, |case, report| {
        assert!(!report.codes().contains(&case.code), "{}: {report}", case.code);
        assert_eq!(report.verdict(), verdict, "{}: {report}", case.code);
    });
}

/// The Pod's container in another state, and so the endpoint not ready.
fn container(plan: &mut Plan, state: Value) {
    let status = &mut plan.cluster.pod["status"]["containerStatuses"][0];
    status["ready"] = json!(false);
    status["state"] = state;
    plan.cluster.pod["status"]["conditions"] = json!([
        { "type": "PodScheduled", "status": "True" }, { "type": "Ready", "status": "False" },
    ]);
    not_ready(plan);
}

fn not_ready(plan: &mut Plan) {
    plan.cluster.slice["endpoints"][0]["conditions"] = json!({ "ready": false, "serving": false });
}

fn waiting(plan: &mut Plan, reason: &str) {
    container(plan, json!({ "waiting": { "reason": reason, "message": "because" } }));
}

/// The Service selects no Pod: an empty slice, as the controller leaves it.
fn nobody(plan: &mut Plan) {
    plan.cluster.slice["endpoints"] = json!([]);
}

/// No Pods in the namespace, and a Deployment that says why.
fn deployment(lab: &Lab, replicas: u32, conditions: Value) {
    lab.server.list(PODS, "PodList", []);
    let deployment = json!({
        "kind": "Deployment", "apiVersion": "apps/v1", "metadata": { "name": "web", "namespace": "web" },
        "spec": { "replicas": replicas, "template": {
            "metadata": { "labels": { "app": "web" } },
            "spec": { "containers": [{ "name": "web", "image": "web", "ports": [{ "containerPort": 8080 }] }] },
        } },
        "status": { "conditions": conditions },
    });
    lab.server.list(DEPLOYMENTS, "DeploymentList", [deployment]);
}

/// What the API server says when its proxy finds nothing.
fn proxy_says(lab: &Lab, path: &str, message: &str) {
    lab.server.status(path, 503, message);
}

fn spec(plan: &mut Plan) -> &mut Value {
    &mut plan.cluster.service["spec"]
}

#[test]
fn ways_in() {
    is_root(
        &[
            Case::new("V101", Plan::unpublish, "kind delete cluster --name dev"),
            Case::new(
                "V102",
                |plan| {
                    plan.unpublish();
                    let door = plan.door;
                    plan.node().publish("80/tcp", "127.0.0.1", door);
                },
                "port-forward",
            ),
            Case::new(
                "V103",
                |plan| {
                    plan.unpublish();
                    let door = plan.door;
                    plan.node().publish("30080/udp", "127.0.0.1", door);
                },
                "kind delete cluster",
            ),
            Case::new("V104", |_| (), "kind create cluster").asked(&["svc/web", "--viewer", "lan"]),
            Case::new("V105", |_| (), "docker restart dev-control-plane").behind(Behind::Nobody),
        ],
        "unreachable",
    );
    is_not(
        &[
            // A second mapping beside the right one changes nothing.
            Case::new("V102", |plan| plan.node().0["NetworkSettings"]["Ports"]["80/tcp"] = json!(null), ""),
            Case::new(
                "V103",
                |plan| {
                    plan.node().0["NetworkSettings"]["Ports"]["30080/udp"] =
                        json!([{ "HostIp": "127.0.0.1", "HostPort": "1" }]);
                },
                "",
            ),
            Case::new("V104", |_| (), ""),
            Case::new("V105", |_| (), ""),
        ],
        "reachable",
    );
    // Published for everybody: nobody can say from here whether the browser gets through.
    let open: Change = |plan| {
        let door = plan.door;
        plan.node().publish("30080/tcp", "0.0.0.0", door);
    };
    is_not(&[Case::new("V104", open, "").asked(&["svc/web", "--viewer", "lan"])], "undetermined");
}

/// A free published port is offered before anything that costs more.
#[test]
fn a_free_published_port_is_the_cheapest_way() {
    let lab = Lab::with(|plan| spec(plan)["ports"][0]["nodePort"] = json!(31000));
    let report = lab.explain(&["svc/web"]);
    assert_eq!(report.root(), Some("V101"), "{report}");
    assert!(report.commands("V101")[0].contains(r#""nodePort":30080"#), "{:?}", report.commands("V101"));
    // Another Service has it.
    let mut other = support::Cluster::healthy().service;
    other["metadata"]["name"] = json!("other");
    lab.server.list("/api/v1/services", "ServiceList", [other]);
    let report = lab.explain(&["svc/web"]);
    assert!(!report.commands("V101")[0].contains("30080"), "{:?}", report.commands("V101"));
}

#[test]
fn load_balancers() {
    let pending: Change = |plan| {
        spec(plan)["type"] = json!("LoadBalancer");
        plan.unpublish();
    };
    // TEST-NET-2: no interface of this computer is attached to it, and nothing is sent there.
    let addressed: Change = |plan| {
        spec(plan)["type"] = json!("LoadBalancer");
        plan.unpublish();
        plan.cluster.service["status"]["loadBalancer"] = json!({ "ingress": [{ "ip": "198.51.100.7" }] });
    };
    let served: Change = |plan| {
        spec(plan)["type"] = json!("LoadBalancer");
        plan.unpublish();
        plan.cluster.service["status"]["loadBalancer"] = json!({ "ingress": [{ "ip": "198.51.100.7" }] });
        plan.containers.push(Container::load_balancer("dev", "dev/web/web"));
    };
    is_root(
        &[Case::new("V201", pending, "cloud-provider-kind"), Case::new("V203", served, "cloud-provider-kind")],
        "unreachable",
    );
    // The provider's container publishes the port on this computer: that is the road.
    let published: Change = |plan| {
        let door = plan.door;
        let mut balancer = Container::load_balancer("dev", "dev/web/web");
        balancer.publish("80/tcp", "127.0.0.1", door);
        spec(plan)["type"] = json!("LoadBalancer");
        plan.unpublish();
        plan.cluster.service["status"]["loadBalancer"] = json!({ "ingress": [{ "ip": "198.51.100.7" }] });
        plan.containers.push(balancer);
    };
    is_not(&[Case::new("V203", published, ""), Case::new("V202", published, "")], "reachable");
    // An address without a container of its own: MetalLB's, if that runs, else nobody's.
    let metallb: Then = |lab| {
        let controller = json!({ "kind": "Deployment", "apiVersion": "apps/v1", "metadata": { "name": "controller" } });
        lab.server.object("/apis/apps/v1/namespaces/metallb-system/deployments/controller", controller);
    };
    is_root(&[Case::new("V202", addressed, "cloud-provider-kind")], "unreachable");
    is_not(
        &[Case::new("V202", addressed, "").then(metallb), Case::new("V201", addressed, "").then(metallb)],
        "undetermined",
    );
    // Whoever answers at the address of a provider that is gone is a stranger.
    let stale: Change = |plan| {
        let door = plan.door;
        spec(plan)["type"] = json!("LoadBalancer");
        spec(plan)["ports"][0]["port"] = json!(door);
        spec(plan)["ports"][0]["nodePort"] = json!(0);
        plan.cluster.service["status"]["loadBalancer"] = json!({ "ingress": [{ "ip": "127.0.0.1" }] });
    };
    is_root(
        &[
            Case::new("V202", stale, "cloud-provider-kind").behind(Behind::Nobody),
            Case::new("V202", stale, "cloud-provider-kind"),
        ],
        "unreachable",
    );
}

#[test]
fn the_target_itself() {
    is_root(
        &[
            // A Deployment of that name, without a Service.
            Case::new("K101", |_| (), "expose deployment/api").asked(&["svc/api"]).then(|lab| {
                let deployment = json!({
                    "metadata": { "name": "api", "namespace": "web" },
                    "spec": { "template": { "spec": { "containers": [{ "ports": [{ "containerPort": 9000 }] }] } } },
                });
                lab.server.list(DEPLOYMENTS, "DeploymentList", [deployment]);
            }),
            Case::new("K101", |_| (), "kubectl netpath explain svc/web").asked(&["svc/wbe"]),
            Case::new("K101", |_| (), "kubectl get services").asked(&["svc/database"]),
            Case::new("K102", |_| (), "kubectl get namespaces").asked(&["svc/web", "-n", "wbe"]),
            Case::new("K103", |_| (), "").asked(&["svc/web", "--port", "8080"]),
            Case::new("K103", |_| (), "").asked(&["svc/web", "--port", "https"]),
            Case::new(
                "K104",
                |plan| {
                    spec(plan)["type"] = json!("ClusterIP");
                    spec(plan)["ports"][0]["nodePort"] = json!(null);
                    spec(plan)["ports"][0].as_object_mut().expect("a port").remove("nodePort");
                },
                "port-forward service/web",
            ),
            Case::new(
                "K105",
                |plan| {
                    *spec(plan) = json!({ "type": "ExternalName", "externalName": "db.example.com" });
                },
                "",
            ),
            Case::new(
                "K106",
                |plan| {
                    spec(plan)["type"] = json!("ClusterIP");
                    spec(plan)["clusterIP"] = json!("None");
                    spec(plan)["ports"][0]["targetPort"] = json!(80);
                    spec(plan)["ports"][0].as_object_mut().expect("a port").remove("nodePort");
                },
                "port-forward",
            ),
            Case::new("K107", |plan| spec(plan)["ports"][0]["nodePort"] = json!(0), "port-forward"),
        ],
        "unreachable",
    );
    is_not(
        &[
            Case::new("K103", |_| (), "").asked(&["svc/web", "--port", "80"]),
            Case::new("K103", |_| (), "").asked(&["svc/web", "--port", "http"]),
            Case::new("K104", |_| (), ""),
        ],
        "reachable",
    );
    let lab = Lab::healthy();
    assert_eq!(lab.explain(&["svc/wbe"]).finding("K101")["params"]["similar"], json!(["web"]));
    assert_eq!(lab.explain(&["svc/web", "-n", "wbe"]).finding("K102")["params"]["similar"], json!(["web"]));
}

/// Broken behind a type that offers no road: what is broken comes first.
#[test]
fn a_service_without_a_road_may_be_broken_as_well() {
    let lab = Lab::with(|plan| {
        spec(plan)["type"] = json!("ClusterIP");
        spec(plan)["ports"][0].as_object_mut().expect("a port").remove("nodePort");
        waiting(plan, "CrashLoopBackOff");
    });
    assert_eq!(lab.explain(&["svc/web"]).root(), Some("K213"));
}

#[test]
fn from_selector_to_endpoints() {
    is_root(
        &[
            Case::new(
                "K201",
                |plan| {
                    spec(plan)["selector"] = json!({ "app": "wbe" });
                    nobody(plan);
                },
                "kubectl set selector service web app=web",
            ),
            Case::new("K202", nobody, "kubectl scale deployment/web --replicas=1")
                .then(|lab| deployment(lab, 0, json!([]))),
            Case::new("K203", nobody, "kubectl describe replicasets").then(|lab| {
                let quota = json!([{ "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
                    "message": "pods \"web-1\" is forbidden: exceeded quota" }]);
                deployment(lab, 1, quota);
            }),
            Case::new("K205", |plan| spec(plan)["selector"] = json!(null), "kubernetes.io/service-name=web")
                .then(|lab| lab.server.list(SLICES, "EndpointSliceList", [])),
            Case::new(
                "K206",
                |plan| {
                    spec(plan)["ports"][0]["targetPort"] = json!("htpt");
                    plan.cluster.slice["ports"] = json!([]);
                },
                r#""targetPort":"http""#,
            ),
            Case::new(
                "K208",
                |plan| {
                    spec(plan)["selector"] = json!(null);
                    plan.cluster.slice["ports"][0]["name"] = json!("web");
                },
                "get endpointslices",
            ),
        ],
        "unreachable",
    );
    is_not(
        &[
            Case::new("K201", |_| (), ""),
            Case::new("K205", |plan| spec(plan)["selector"] = json!(null), ""),
            Case::new("K206", |plan| spec(plan)["ports"][0]["targetPort"] = json!("http"), ""),
            Case::new("K208", |plan| spec(plan)["selector"] = json!(null), ""),
        ],
        "reachable",
    );
    // The controller leaves an empty slice when nothing matches: it runs.
    let placeholder: Change = |plan| {
        spec(plan)["selector"] = json!({ "app": "nobody" });
        plan.cluster.slice["endpoints"] = json!(null);
        plan.cluster.slice["ports"] = json!(null);
    };
    is_not(&[Case::new("K204", placeholder, "")], "unreachable");
    // A Service that was made this moment has none either: not for certain.
    let no_slices: Then = |lab| lab.server.list(SLICES, "EndpointSliceList", []);
    is_root(&[Case::new("K204", |_| (), "component=kube-controller-manager").then(no_slices)], "undetermined");
    // Pods that are about to come are no quota's fault.
    let coming: Then = |lab| deployment(lab, 1, json!([{ "type": "ReplicaFailure", "status": "False" }]));
    let report = Case::new("K203", nobody, "").then(coming).run();
    assert!(!report.codes().contains(&"K203") && !report.codes().contains(&"K201"), "{report}");
}

#[test]
fn some_endpoints_do_not_take_traffic() {
    let partly: Change = |plan| {
        let mut second = plan.cluster.slice["endpoints"][0].clone();
        second["conditions"] = json!({ "ready": false, "serving": false });
        second["targetRef"]["name"] = json!("web-2");
        plan.cluster.slice["endpoints"].as_array_mut().expect("endpoints").push(second);
    };
    is_root(&[Case::new("K209", partly, "kubectl describe pod web-2")], "degraded");
    let both: Change = |plan| {
        let second = plan.cluster.slice["endpoints"][0].clone();
        plan.cluster.slice["endpoints"].as_array_mut().expect("endpoints").push(second);
    };
    is_not(&[Case::new("K209", both, "")], "reachable");
}

#[test]
fn pods_that_are_not_ready() {
    let unschedulable: Change = |plan| {
        plan.cluster.pod["spec"].as_object_mut().expect("a spec").remove("nodeName");
        plan.cluster.pod["status"] = json!({ "phase": "Pending", "conditions": [{ "type": "PodScheduled",
            "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available" }] });
        nobody(plan);
    };
    let init: Change = |plan| {
        waiting(plan, "PodInitializing");
        plan.cluster.pod["status"]["conditions"] = json!([
            { "type": "Initialized", "status": "False" }, { "type": "Ready", "status": "False" },
        ]);
        plan.cluster.pod["status"]["initContainerStatuses"] = json!([{ "name": "migrate", "ready": false,
            "restartCount": 4, "state": { "waiting": { "reason": "CrashLoopBackOff" } } }]);
    };
    let ended: Change = |plan| {
        container(plan, json!({ "terminated": { "exitCode": 0, "reason": "Completed" } }));
        plan.cluster.pod["status"]["phase"] = json!("Failed");
        plan.cluster.pod["status"]["reason"] = json!("Evicted");
        nobody(plan);
    };
    let leaving: Change = |plan| {
        plan.cluster.pod["metadata"]["deletionTimestamp"] = json!("2026-11-20T10:00:00Z");
        not_ready(plan);
    };
    is_root(
        &[
            Case::new("K211", unschedulable, "kubectl describe pod"),
            Case::new(
                "K212",
                |plan| waiting(plan, "ImagePullBackOff"),
                "kind load docker-image docker.io/example/web:1 --name dev",
            ),
            Case::new("K227", |plan| waiting(plan, "ErrImageNeverPull"), "kind load docker-image"),
            Case::new("K213", |plan| waiting(plan, "CrashLoopBackOff"), "logs web-7c5ddbdf54-x2x9q -c web --previous"),
            Case::new("K214", |plan| waiting(plan, "CreateContainerConfigError"), "kubectl describe pod"),
            Case::new("K215", |plan| container(plan, json!({ "running": {} })), "kubectl describe pod"),
            Case::new("K216", |plan| waiting(plan, "ContainerCreating"), "kubectl describe pod"),
            Case::new("K217", leaving, "kubectl describe pod"),
            Case::new("K218", init, "logs web-7c5ddbdf54-x2x9q -c migrate"),
            Case::new("K219", ended, "kubectl describe pod"),
            Case::new(
                "K502",
                |plan| {
                    plan.cluster.node["status"]["conditions"] = json!([{ "type": "Ready", "status": "Unknown",
                        "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status." }]);
                    not_ready(plan);
                },
                "docker exec dev-control-plane systemctl restart kubelet",
            ),
        ],
        "unreachable",
    );
    // Terminating, and still serving: it works, for as long as that takes.
    let serving_out: Change = |plan| {
        plan.cluster.pod["metadata"]["deletionTimestamp"] = json!("2026-11-20T10:00:00Z");
        plan.cluster.slice["endpoints"][0]["conditions"] =
            json!({ "ready": false, "serving": true, "terminating": true });
    };
    is_root(&[Case::new("K210", serving_out, "kubectl get pods -l app=web")], "degraded");
    is_not(&[Case::new("K217", serving_out, "")], "degraded");
    is_not(
        &[
            // A restart long ago, an init container that is done, another Node that is sick.
            Case::new("K213", |plan| plan.cluster.pod["status"]["containerStatuses"][0]["restartCount"] = json!(7), ""),
            Case::new(
                "K218",
                |plan| {
                    plan.cluster.pod["status"]["initContainerStatuses"] = json!([{ "name": "migrate", "ready": true,
                        "state": { "terminated": { "exitCode": 0, "reason": "Completed" } } }]);
                },
                "",
            ),
            Case::new("K210", |_| (), ""),
        ],
        "reachable",
    );
    let starting: Change = |plan| {
        container(plan, json!({ "running": {} }));
        plan.cluster.pod["status"]["containerStatuses"][0]["started"] = json!(false);
    };
    is_not(&[Case::new("K215", starting, "")], "unreachable");
    assert_eq!(Case::new("K225", starting, "").run().root(), Some("K225"));
    let report = Case::new("K213", |plan| waiting(plan, "CrashLoopBackOff"), "").run();
    assert_eq!(report.finding("K213")["params"]["pod"], POD);
}

/// The Pods that a Service sends traffic to although they are not ready.
#[test]
fn addresses_that_are_published_not_ready_are_probed() {
    let lab = Lab::with(|plan| {
        spec(plan)["publishNotReadyAddresses"] = json!(true);
        container(plan, json!({ "running": {} }));
        plan.cluster.slice["endpoints"][0]["conditions"] = json!({ "ready": true, "serving": true });
    });
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.verdict(), report.root()), ("reachable", None), "{report}");
}

/// The node is at an address of this computer, so that the road to the node port at the
/// node's own address can be probed without leaving it.
fn node_on_loopback(plan: &mut Plan) {
    plan.unpublish();
    let door = plan.door;
    spec(plan)["ports"][0]["nodePort"] = json!(door);
    plan.node().0["NetworkSettings"]["Networks"]["kind"] = json!({ "IPAddress": "127.0.0.1", "Gateway": "127.0.0.1" });
}

#[test]
fn what_the_node_does_with_the_node_port() {
    let local: Change = |plan| {
        node_on_loopback(plan);
        spec(plan)["externalTrafficPolicy"] = json!("Local");
        plan.cluster.slice["endpoints"][0]["nodeName"] = json!("dev-worker");
    };
    is_root(&[Case::new("K504", local, r#""externalTrafficPolicy":"Cluster""#)], "unreachable");
    // kube-proxy is well: it may be a second late.
    let late = Case::new("K501", node_on_loopback, "rollout restart daemonset/kube-proxy").behind(Behind::Nobody);
    is_root(&[late], "undetermined");
    is_not(&[Case::new("K501", node_on_loopback, "")], "reachable");
    // Silent with an endpoint on that very node: the policy is not to blame.
    let at_home: Change = |plan| {
        node_on_loopback(plan);
        spec(plan)["externalTrafficPolicy"] = json!("Local");
    };
    is_not(&[Case::new("K504", at_home, "").behind(Behind::Silent)], "undetermined");
    // kube-proxy was told to stay away.
    let evicted: Then = |lab| {
        let daemon_set = json!({
            "kind": "DaemonSet", "apiVersion": "apps/v1", "metadata": { "name": "kube-proxy" },
            "spec": { "template": { "spec": { "nodeSelector": { "off": "true", "kubernetes.io/os": "linux" } } } },
            "status": { "desiredNumberScheduled": 0, "numberReady": 0 },
        });
        lab.server.object("/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy", daemon_set);
    };
    let case = Case::new("K501", node_on_loopback, r#"{"off":null}"#).behind(Behind::Nobody).then(evicted);
    is_root(&[case], "unreachable");
}

#[test]
fn the_application() {
    let refused = "error trying to reach service: dial tcp 10.244.0.5:8080: connect: connection refused";
    let closes: Then = |lab| proxy_says(lab, SERVICE_PROXY, "error trying to reach service: EOF");
    is_root(&[Case::new("A102", |_| (), "logs").behind(Behind::Closes).then(closes)], "unreachable");
    // A port that does not say HTTP may well be spoken to in another way.
    let database: Change = |plan| {
        spec(plan)["ports"][0]["name"] = json!("db");
        spec(plan)["ports"][0]["port"] = json!(5432);
        plan.cluster.slice["ports"][0]["name"] = json!("db");
    };
    let closes_too: Then = |lab| {
        proxy_says(lab, "/api/v1/namespaces/web/services/web:5432/proxy/", "error trying to reach service: EOF");
    };
    let report = Case::new("A102", database, "").behind(Behind::Closes).then(closes_too).run();
    assert_eq!(report.verdict(), "undetermined", "{report}");

    // Nothing on the target port, which no container declares, and the one declared answers.
    let lab = Lab::behind(Behind::Closes, |plan| {
        spec(plan)["ports"][0]["targetPort"] = json!(9999);
        plan.cluster.slice["ports"][0]["port"] = json!(9999);
    });
    proxy_says(&lab, SERVICE_PROXY, refused);
    proxy_says(&lab, &format!("{PODS}/{POD}:9999/proxy/"), refused);
    lab.server.raw(&format!("{PODS}/{POD}:8080/proxy/"), 200, "text/plain", "hello\n");
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.root(), report.verdict()), (Some("K207"), "unreachable"), "{report}");
    assert!(report.commands("K207")[0].contains(r#""targetPort":8080"#), "{:?}", report.commands("K207"));
    // A target port that is declared was meant, whatever else answers (an exporter, say).
    let lab = Lab::behind(Behind::Closes, |plan| {
        let ports = &mut plan.cluster.pod["spec"]["containers"][0]["ports"];
        ports.as_array_mut().expect("ports").push(json!({ "containerPort": 9090, "protocol": "TCP" }));
    });
    proxy_says(&lab, SERVICE_PROXY, refused);
    proxy_says(&lab, &format!("{PODS}/{POD}:8080/proxy/"), refused);
    lab.server.raw(&format!("{PODS}/{POD}:9090/proxy/"), 200, "text/plain", "metrics\n");
    let report = lab.explain(&["svc/web"]);
    assert!(!report.codes().contains(&"K207"), "{report}");

    // Without a stream into the Pod, a listener on loopback and none look the same: neither
    // A101 nor A104 is said.
    let lab = Lab::behind(Behind::Closes, |_| ());
    proxy_says(&lab, SERVICE_PROXY, refused);
    proxy_says(&lab, &format!("{PODS}/{POD}:8080/proxy/"), refused);
    let report = lab.explain(&["svc/web"]);
    assert!(!report.codes().iter().any(|code| ["A101", "A104", "K207"].contains(code)), "{report}");
    assert_eq!(report.verdict(), "undetermined", "{report}");
}

/// `kubectl auth can-i get services/proxy` would ask about a Service named "proxy".
#[test]
fn a_right_that_lacks_is_asked_for_as_a_subresource() {
    let lab = Lab::behind(Behind::Closes, |_| ());
    lab.server.status(SERVICE_PROXY, 403, "services/proxy is forbidden");
    let report = lab.explain(&["svc/web"]);
    let settle: Vec<String> = report.unobserved().into_iter().flat_map(|(_, _, settle)| settle).collect();
    assert!(settle.iter().any(|line| line.contains("can-i get services --subresource=proxy")), "{settle:?}");
}

/// A silent application at the node's own address: nothing stands in between.
#[test]
fn a_silent_application_is_not_a_fault_that_can_be_proven() {
    let lab = Lab::behind(Behind::Silent, node_on_loopback);
    proxy_says(&lab, SERVICE_PROXY, "error trying to reach service: dial tcp 10.244.0.5:8080: i/o timeout");
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.root(), report.verdict()), (Some("A103"), "undetermined"), "{report}");
    assert!(report.commands("A103")[0].contains(POD), "{:?}", report.commands("A103"));
}

/// UDP cannot be probed with a request; nothing is claimed about it.
#[test]
fn udp_is_not_probed() {
    let lab = Lab::with(|plan| {
        spec(plan)["ports"][0]["protocol"] = json!("UDP");
        plan.cluster.slice["ports"][0]["protocol"] = json!("UDP");
        let door = plan.door;
        plan.unpublish();
        plan.node().publish("30080/udp", "127.0.0.1", door);
    });
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.verdict(), report.root()), ("undetermined", None), "{report}");
    assert_eq!(lab.door.knocks(), 0);
}

/// One port works, another does not: each has its own root.
#[test]
fn ports_are_judged_one_by_one() {
    let lab = Lab::with(|plan| {
        let ports = spec(plan)["ports"].as_array_mut().expect("ports");
        ports.push(json!({ "name": "admin", "port": 81, "targetPort": 8080, "nodePort": 30081, "protocol": "TCP" }));
        let carried = plan.cluster.slice["ports"].as_array_mut().expect("ports");
        carried.push(json!({ "name": "admin", "port": 8080, "protocol": "TCP" }));
    });
    let report = lab.explain(&["svc/web"]);
    assert_eq!(report.verdict(), "degraded", "{report}");
    let ports = report.0["ports"].as_array().expect("ports");
    let roots: Vec<_> = ports.iter().map(|port| (&port["port"], &port["verdict"], &port["root"])).collect();
    assert_eq!(roots[0], (&json!(80), &json!("reachable"), &json!(null)), "{report}");
    assert_eq!(roots[1], (&json!(81), &json!("unreachable"), &json!("V101")), "{report}");
    assert_eq!(lab.explain(&["svc/web", "--port", "http"]).verdict(), "reachable");
    assert_eq!(lab.explain(&["svc/web", "--port", "admin"]).verdict(), "unreachable");
}

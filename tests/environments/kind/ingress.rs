//! Controllers that take a port of their node (H1 and H2), and cloud-provider-kind as one
//! (H4). H3 and H5 are the Ingress's own matter (`tests/stage_two/ingress.rs`).

use netpath::ask::Engine;
use netpath::fact::live::Outcome;
use netpath::report::Verdict;
use serde_json::json;

use super::machine::behind_a_wall;
use crate::machine::{Container, Machine, http_200, report};
use crate::said::{remedies, says_of};

const PODS: &str = "/api/v1/namespaces/ingress-nginx/pods";
const SLICES: &str = "/apis/discovery.k8s.io/v1/namespaces/ingress-nginx/endpointslices";

/// Two nodes, the worker's port 80 published, and a controller with hostPort 80 on `node`.
fn with_controller_on(node: &str) -> Machine {
    let mut machine = behind_a_wall("macos", Engine::Docker, &[]);
    machine.worker(Engine::Docker, "running", &[("80/tcp", "127.0.0.1", 80)]);
    machine.ingress_nginx(node);
    // Its Service is of type LoadBalancer in the manifest for kind, and stays pending.
    for path in ["/api/v1/services", "/api/v1/namespaces/ingress-nginx/services"] {
        machine.object(path, |list| {
            for service in list["items"].as_array_mut().expect("a list") {
                if service["metadata"]["name"] == "ingress-nginx-controller" {
                    service["spec"]["type"] = json!("LoadBalancer");
                }
            }
        });
    }
    machine.object(PODS, |pods| {
        pods["items"][0]["metadata"]["ownerReferences"] =
            json!([{ "kind": "ReplicaSet", "name": "ingress-nginx-controller-9cc49f96f", "controller": true }]);
        pods["items"][0]["metadata"]["labels"]["pod-template-hash"] = json!("9cc49f96f");
    });
    machine.ingress("app.test", None);
    machine.names.push(("app.test", "127.0.0.1"));
    machine.doors.push(("127.0.0.1:80", http_200()));
    machine
}

/// H1: the controller is at a node whose port is not published. Near-miss: it is where the
/// port is published.
#[test]
fn h1_the_controller_has_to_run_where_its_port_is_published() {
    let machine = with_controller_on("dev-control-plane");
    let said = says_of("h1-wrong-node", &machine, "web");
    assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("K309"));
    let patch = r#"{"spec":{"template":{"spec":{"nodeSelector":{"kubernetes.io/hostname":"dev-worker"}}}}}"#;
    assert_eq!(
        remedies(&said),
        [format!("kubectl -n ingress-nginx patch deployment ingress-nginx-controller -p {patch}")]
    );
    let said = says_of("h1-right-node", &with_controller_on("dev-worker"), "web");
    assert_ne!(said.root().map(|found| found.finding.code().as_str()), Some("K309"));
}

/// H1: a control plane has a taint, which the controller must tolerate there.
#[test]
fn h1_a_control_plane_has_to_be_tolerated() {
    let mut machine = behind_a_wall("macos", Engine::Docker, &[("80/tcp", "127.0.0.1", 80)]);
    machine.worker(Engine::Docker, "running", &[]);
    machine.ingress_nginx("dev-worker").ingress("app.test", None);
    machine.object("/api/v1/nodes", |nodes| {
        nodes["items"][0]["metadata"]["labels"] = json!({ "node-role.kubernetes.io/control-plane": "" });
    });
    machine.object(PODS, |pods| {
        pods["items"][0]["metadata"]["ownerReferences"] =
            json!([{ "kind": "DaemonSet", "name": "nginx", "controller": true }]);
    });
    machine.names.push(("app.test", "127.0.0.1"));
    let said = remedies(report(&machine.explain_ingress("web")));
    assert!(said[0].contains("patch daemonset nginx") && said[0].contains("tolerations"), "{said:?}");
}

/// H2: the Pod waits for a node with a label that none has; the node whose port is published
/// gets it. Near-miss: a node has the label, and the Pod waits for something else.
#[test]
fn h2_the_label_ingress_ready_is_missing() {
    let mut machine = with_controller_on("dev-worker");
    machine.object(PODS, |pods| {
        let pod = &mut pods["items"][0];
        pod["spec"]["nodeSelector"] = json!({ "ingress-ready": "true", "kubernetes.io/os": "linux" });
        pod["spec"].as_object_mut().expect("a spec").remove("nodeName");
        pod["status"] = json!({ "phase": "Pending", "conditions": [{ "type": "PodScheduled", "status": "False",
            "reason": "Unschedulable",
            "message": "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector." }] });
    });
    machine.object(SLICES, |slices| slices["items"][0]["endpoints"] = json!([]));
    machine.doors.clear();
    machine.doors.push(("127.0.0.1:80", Outcome::Eof));
    let said = says_of("h2-no-label", &machine, "web");
    assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("K304"));
    assert_eq!(remedies(&said)[0], "kubectl label node dev-worker ingress-ready=true");
    machine
        .object("/api/v1/nodes", |nodes| nodes["items"][1]["metadata"]["labels"] = json!({ "ingress-ready": "true" }));
    let said = remedies(report(&machine.explain_ingress("web")));
    assert!(said.iter().all(|line| !line.contains("label node")), "{said:?}");
}

const CONTROLLER: &str = "kind.sigs.k8s.io/ingress-controller";

/// An Ingress of a class that is named like cloud-provider-kind's own.
fn of_class(controller: &str, address: Option<&str>) -> Machine {
    let mut machine = behind_a_wall("macos", Engine::Docker, &[]);
    machine.service("ClusterIP", "10.96.7.7", None);
    machine.ingress("app.test", address);
    for path in [
        "/apis/networking.k8s.io/v1/namespaces/default/ingresses/web",
        "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
    ] {
        machine.object(path, |object| {
            let ingress = if object["items"].is_array() { &mut object["items"][0] } else { object };
            ingress["spec"]["ingressClassName"] = json!("cloud-provider-kind");
        });
    }
    let class = json!({ "metadata": { "name": "cloud-provider-kind" }, "spec": { "controller": controller } });
    let classes = json!({ "kind": "IngressClassList", "items": [class] });
    machine.api.insert("/apis/networking.k8s.io/v1/ingressclasses".into(), classes);
    machine.names.push(("app.test", "127.0.0.1"));
    machine.doors.push(("127.0.0.1:32787", http_200()));
    machine
}

/// The container that serves it.
fn with_provider(mut machine: Machine) -> Machine {
    let labels = [
        ("io.x-k8s.cloud-provider-kind.cluster", "dev"),
        ("io.x-k8s.cloud-provider-kind.gateway.name", "dev/default/kind-ingress-gateway"),
    ];
    let container = Container {
        name: "kindccm-gw-2fbbc1fe8b89",
        labels: &labels,
        state: "running",
        published: &[("80/tcp", "0.0.0.0", 32787)],
        network: ("kind", "172.18.0.13", "172.18.0.1"),
    };
    machine.add_container(Engine::Docker, &container);
    machine
}

/// H4 (seen: v0.11.1): cloud-provider-kind serves its class by a container without a Service,
/// which is known by the address that it wrote into the Ingress's status. Near-miss: no
/// container has that address any more.
#[test]
fn h4_the_container_of_an_ingress_is_known_by_its_address() {
    let machine = of_class(CONTROLLER, Some("172.18.0.13"));
    let said = says_of("h4-ingress", &with_provider(machine.clone()), "web");
    assert_eq!(
        (said.verdict, said.ports[0].urls.clone()),
        (Verdict::Reachable, vec!["http://app.test:32787/".to_owned()])
    );
    let said = says_of("h4-ingress-gone", &machine, "web");
    assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("V202"));
}

/// H4 (seen: v0.11.1, and the scenarios kind-provider-*-waits): an Ingress of its class that
/// nobody took waits for the program, whatever runs in the cluster. Near-miss: who serves a
/// class of another controller is not known.
#[test]
fn h4_an_ingress_that_nobody_took_waits_for_the_program() {
    let said = says_of("h4-ingress-waits", &of_class(CONTROLLER, None), "web");
    assert_eq!(
        (said.verdict, said.root().map(|found| found.finding.code().as_str())),
        (Verdict::Unreachable, Some("V213"))
    );
    assert_eq!(remedies(&said), ["sudo cloud-provider-kind [blocks, privileged]"]);
    let other = of_class("example.com/ingress-controller", None);
    let said = report(&other.explain_ingress("web")).clone();
    assert_eq!((said.verdict, said.root()), (Verdict::Undetermined, None));
}

/// Seen without a name server: the front answers at its address, and whether a browser finds
/// it by its name, nobody could look. Near-miss: a name that leads nowhere is C112.
#[test]
fn a_host_name_that_could_not_be_looked_up_proves_nothing() {
    let mut machine = with_provider(of_class(CONTROLLER, Some("172.18.0.13")));
    machine.lookup_fails = true;
    let said = says_of("h4-no-lookup", &machine, "web");
    assert_eq!((said.verdict, said.root()), (Verdict::Undetermined, None));
    assert!(said.ports[0].urls.is_empty(), "{:?}", said.ports[0].urls);
    machine.lookup_fails = false;
    machine.names.clear();
    let said = report(&machine.explain_ingress("web")).clone();
    assert_eq!(said.root().map(|found| found.finding.code().as_str()), Some("C112"));
}

//! The roads to a port of a node that is this computer (2.5, 7, and the last block of
//! section 10).

use netpath::fact::live::Outcome;
use netpath::report::{Certainty, HopId, Report, RoadId, State, Verdict};
use netpath::request::Viewer;
use serde_json::json;

use crate::host::machine::{Machine, URL, all, http_200, k0s, k3s, kubeadm, microk8s, report};
use crate::said::{reachable, remedies, shut, unsure};

const KUBE_PROXY: &str = "kubectl -n kube-system rollout restart daemonset/kube-proxy";

/// 7: kube-proxy serves node ports at 127.0.0.1 in one of its modes only, and whoever listens
/// there may be a stranger: the entry is the node's own address, whatever answers on loopback.
#[test]
fn a_node_port_is_entered_at_the_nodes_own_address() {
    for (name, mut machine) in all() {
        machine.doors = vec![("127.0.0.1:30080", http_200())];
        let outcomes = machine.explain();
        assert_ne!(report(&outcomes).verdict, Verdict::Reachable, "{name}");
        assert!(report(&outcomes).ports[0].urls.is_empty(), "{name}");
    }
}

/// Near-miss of the healthy one: the address refuses, and the Pod answers. That is the node's,
/// and the node is Kubernetes'. k3s and MicroK8s have no DaemonSet of kube-proxy to restart.
#[test]
fn a_node_port_that_refuses_is_kubernetes_own() {
    for (name, mut machine, opened_by) in [
        ("k3s-refused", k3s(), &[][..]),
        ("microk8s-refused", microk8s(), &[]),
        ("k0s-refused", k0s(), &[KUBE_PROXY]),
        ("kubeadm-refused", kubeadm(), &[KUBE_PROXY]),
    ] {
        machine.doors.clear();
        let report = unsure(name, &machine, Some("K501"), opened_by);
        assert_eq!(report.ports[0].roads[0].hops[1].state, State::NotNeeded, "{name}");
    }
}

/// Nothing comes back from an address of this computer itself: no virtualization layer can be
/// blamed for that.
#[test]
fn a_node_port_that_is_silent_is_no_layers() {
    let mut machine = kubeadm();
    machine.doors[0].1 = Outcome::TimedOut;
    let report = unsure("kubeadm-silent", &machine, None, &[]);
    let said = report.ports[0].roads[0].hops.iter().find(|hop| hop.id == HopId::NodePort).expect("the hop");
    assert_eq!(said.state, State::Unknown);
}

/// Stage 2 is what is looked at: nothing is behind the Service.
#[test]
fn an_empty_service_is_kubernetes_own() {
    let mut machine = k3s();
    machine.without_pods();
    machine.doors.clear();
    let said = machine.explain();
    let report = report(&said);
    assert_eq!(report.root().map(|found| found.finding.code().as_str()), Some("K201"));
    assert_eq!(report.verdict, Verdict::Unreachable);
    shut("k3s-no-pods", &machine, "K201", &remedies(report).iter().map(String::as_str).collect::<Vec<_>>());
}

/// A cluster address is served on the node, which is this computer; without kube-proxy the
/// packet would leave it, so it is named and not tried.
#[test]
fn a_cluster_address_is_named_and_not_tried() {
    let mut machine = k3s();
    machine.service("ClusterIP", "10.43.12.7", None);
    let report = unsure("k3s-cluster-ip", &machine, None, &[]);
    let road = &report.ports[0].roads[0];
    assert_eq!((road.id, road.state), (RoadId::ClusterAddress, State::Unknown));
    assert_eq!(road.url.as_deref(), Some("http://10.43.12.7:80/"));
}

fn way_in(report: &Report) -> Vec<State> {
    let roads = report.ports[0].roads.iter().flat_map(|road| &road.hops);
    roads.filter(|hop| hop.id == HopId::WayIn).map(|hop| hop.state).collect()
}

/// A browser elsewhere finds this computer at its address, if no firewall is in the way: that
/// is not seen from here, and not missing.
#[test]
fn another_computer_may_find_the_node_port() {
    for (viewer, name) in [(Viewer::Lan, "k3s-lan"), (Viewer::Windows, "k3s-windows")] {
        let mut machine = k3s();
        machine.viewer = viewer;
        let report = unsure(name, &machine, None, &[]);
        assert_eq!((way_in(&report), report.ports[0].urls.len()), (vec![State::Unknown], 0), "{name}");
    }
    // Near-miss: here.
    assert_eq!(way_in(&reachable("k3s", &k3s(), URL)), [State::NotNeeded]);
}

/// externalTrafficPolicy Local: only the other computer of the cluster has an endpoint, so it
/// is entered there. Whether it runs, the cluster says.
#[test]
fn a_policy_that_wants_another_node_is_entered_there() {
    let elsewhere = |ready: bool| {
        let mut machine = k3s();
        machine.second_node(ready);
        machine.service_spec(|spec| spec["externalTrafficPolicy"] = json!("Local"));
        machine.object("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", |slices| {
            slices["items"][0]["endpoints"][0]["nodeName"] = json!("desktop");
        });
        machine.object("/api/v1/namespaces/default/pods", |pods| {
            pods["items"][0]["spec"]["nodeName"] = json!("desktop");
        });
        machine.doors = vec![("192.168.1.30:30080", http_200())];
        machine
    };
    let report = reachable("k3s-other-node", &elsewhere(true), "http://192.168.1.30:30080/");
    assert_eq!(report.ports[0].roads[0].hops[0].state, State::Present);
    // Near-miss: the cluster has lost sight of it.
    let outcomes = elsewhere(false).explain();
    let road = |report: &Report| report.ports[0].roads[0].hops[0].state;
    assert_eq!(road(crate::machine::report(&outcomes)), State::Unknown);
    // Near-miss: every node takes the traffic.
    let mut machine = elsewhere(true);
    machine.service_spec(|spec| spec["externalTrafficPolicy"] = json!("Cluster"));
    machine.doors = vec![("192.168.1.20:30080", http_200())];
    reachable("k3s-two-nodes", &machine, URL);
}

/// The Nodes cannot be read: nothing proves where the node is, so nothing is probed. Names
/// count only where the tool is seen to be installed.
#[test]
fn nodes_that_cannot_be_read_prove_nothing() {
    for (installed, certainty) in [(true, Certainty::Likely), (false, Certainty::Guess)] {
        let mut machine = k3s();
        machine.api.remove("/api/v1/nodes");
        machine.files.extend(installed.then(|| ("/etc/systemd/system/k3s.service".into(), String::new())));
        let outcomes = machine.explain();
        let report = report(&outcomes);
        assert_eq!(report.environment.certainty, certainty);
        assert_eq!((report.verdict, report.took.probes), (Verdict::Undetermined, 0));
    }
}

/// A Pod whose image is only in docker: it is copied into the cluster's own store, by the
/// command of each tool. kubeadm leaves the container runtime to others.
#[test]
fn a_local_image_is_imported() {
    let without_image = |mut machine: Machine| {
        machine.doors.clear();
        machine.object("/api/v1/namespaces/default/pods", |pods| {
            let pod = &mut pods["items"][0];
            let waiting = json!({ "waiting": { "reason": "ErrImageNeverPull", "message": "Container image \"app:1\" is not present with pull policy of Never" } });
            pod["status"]["phase"] = json!("Pending");
            pod["status"]["conditions"][0]["status"] = json!("False");
            pod["status"]["containerStatuses"][0]["ready"] = json!(false);
            pod["status"]["containerStatuses"][0]["state"] = waiting;
        });
        machine.object("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", |slices| {
            slices["items"][0]["endpoints"][0]["conditions"] =
                json!({ "ready": false, "serving": false, "terminating": false });
        });
        machine
    };
    let save = "docker save -o image.tar app:1 && ";
    for (name, machine, import) in [
        ("k3s-image", k3s(), "sudo k3s ctr images import image.tar [privileged]"),
        ("microk8s-image", microk8s(), "microk8s images import image.tar"),
        ("k0s-image", k0s(), "sudo k0s ctr images import image.tar [privileged]"),
        ("kubeadm-image", kubeadm(), "sudo ctr -n k8s.io images import image.tar [privileged]"),
    ] {
        let machine = without_image(machine);
        let outcomes = machine.explain();
        let said = remedies(report(&outcomes));
        assert!(said.contains(&format!("{save}{import}")), "{name}: {said:?}");
        shut(name, &machine, "K227", &said.iter().map(String::as_str).collect::<Vec<_>>());
    }
    // Near-miss: CRI-O, and a second node, whose store is on another computer.
    let mut machine = without_image(kubeadm());
    machine.node(|node| {
        node["metadata"]["annotations"]["kubeadm.alpha.kubernetes.io/cri-socket"] =
            json!("unix:///var/run/crio/crio.sock");
    });
    let saves = |machine: &Machine| remedies(report(&machine.explain())).iter().any(|said| said.starts_with(save));
    assert!(!saves(&machine));
    let mut machine = without_image(k3s());
    machine.second_node(true);
    assert!(!saves(&machine));
}

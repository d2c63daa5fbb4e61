//! Is the node this computer, and which tool made it one (2.5, D3)? A fingerprint proves
//! nothing about where the node is: only its address does.

use netpath::report::{Certainty, EnvironmentId, HopId, Report, Stage, State};
use serde_json::json;

use crate::host::machine::{Machine, URL, all, k0s, k3s, kubeadm, microk8s, report};
use crate::said::{reachable, unsure};

fn who(machine: &Machine) -> (EnvironmentId, Certainty) {
    let outcomes = machine.explain();
    let info = &report(&outcomes).environment;
    (info.id, info.certainty)
}

fn first(report: &Report) -> Vec<(HopId, State)> {
    let hops = report.ports[0].roads[0].hops.iter().filter(|hop| hop.stage == Stage::One);
    hops.map(|hop| (hop.id, hop.state)).collect()
}

const UNKNOWN: (EnvironmentId, Certainty) = (EnvironmentId::Unknown, Certainty::Guess);

/// 2.5, "MicroK8s / k0s / bare k3s": the Node's address is an interface's, so there is no
/// stage 1, and the node port is open at that address.
#[test]
fn a_node_that_is_this_computer_needs_no_stage_one() {
    let ids = [EnvironmentId::K3s, EnvironmentId::Microk8s, EnvironmentId::K0s, EnvironmentId::Kubeadm];
    for ((name, machine), id) in all().into_iter().zip(ids) {
        let report = reachable(name, &machine, URL);
        assert_eq!((report.environment.id, report.environment.certainty), (id, Certainty::Certain), "{name}");
        assert!(report.environment.boundaries.is_empty(), "{name}: nothing is between here and the node");
        assert_eq!(first(&report), [(HopId::NodeHost, State::NotNeeded), (HopId::WayIn, State::NotNeeded)], "{name}");
    }
}

/// 2.5, near-miss: the same answers of a VM behind a port of loopback (Lima, a tunnel). The
/// fingerprint fits, the address is nobody's here: nothing is said of this computer, and
/// nothing is probed.
#[test]
fn the_same_cluster_in_a_vm_is_not_this_computer() {
    for (name, mut machine) in all() {
        machine.server = "https://127.0.0.1:6443".into();
        machine.node_at("192.168.105.3");
        assert_eq!(who(&machine), UNKNOWN, "{name}");
        let report = unsure(&format!("{name}-behind-a-forward"), &machine, None, &[]);
        assert_eq!(report.took.probes, 0, "{name}");
    }
}

/// 2.5, near-miss: a VM whose network this computer is attached to. It has an address of its
/// own there.
#[test]
fn a_vm_in_an_attached_network_is_not_this_computer() {
    let mut machine = k3s();
    machine.node_at("192.168.1.77");
    assert_eq!(who(&machine), UNKNOWN);
}

/// 2.5: on macOS and Windows these tools are in a VM, whatever address it has.
#[test]
fn a_computer_that_is_not_linux_is_no_node() {
    for os in ["macos", "windows"] {
        for (name, mut machine) in all() {
            machine.os = os;
            assert_eq!(who(&machine), UNKNOWN, "{name} on {os}");
        }
    }
}

/// The address that every VM in a user-mode network has is this computer's, and any other
/// VM's. Only the kernel's own run tells them apart.
#[test]
fn an_address_of_everybody_needs_the_same_boot() {
    const BOOT: &str = "8b3a2f0e-5a5b-4f5e-9a55-0d6c1c0b7d11";
    for ip in ["10.0.2.15", "192.168.5.15", "192.168.127.2"] {
        let mut machine = k3s();
        machine.interfaces.push(("enp0s3", ip, 24));
        machine.node_at(ip);
        machine.node(|node| node["status"]["nodeInfo"]["bootID"] = json!(BOOT));
        assert_eq!(who(&machine), UNKNOWN, "{ip}: this computer's own run is not known");
        machine.files.insert("/proc/sys/kernel/random/boot_id".into(), format!("{BOOT}\n"));
        assert_eq!(who(&machine), (EnvironmentId::K3s, Certainty::Certain), "{ip}");
        machine.node(|node| node["status"]["nodeInfo"]["bootID"] = json!("0d6c1c0b-5a5b-4f5e-9a55-8b3a2f0e7d11"));
        assert_eq!(who(&machine), UNKNOWN, "{ip}: another VM with the same address");
    }
}

/// A private address of this computer's may be another's behind a VPN or a tunnel.
#[test]
fn another_run_of_the_kernel_is_another_computer() {
    let mut machine = k3s();
    machine.files.insert("/proc/sys/kernel/random/boot_id".into(), "8b3a2f0e-5a5b-4f5e-9a55-0d6c1c0b7d11\n".into());
    machine.node(|node| node["status"]["nodeInfo"]["bootID"] = json!("0d6c1c0b-5a5b-4f5e-9a55-8b3a2f0e7d11"));
    assert_eq!(who(&machine), UNKNOWN);
    // Near-miss: a Node that does not say.
    machine.node(|node| node["status"]["nodeInfo"]["bootID"] = json!(""));
    assert_eq!(who(&machine).0, EnvironmentId::K3s);
}

/// 2.5: the providerID is not there with `--disable-cloud-controller`; then the version tells.
#[test]
fn k3s_by_its_version_alone() {
    let mut machine = k3s();
    machine.node(|node| node["spec"] = json!({}));
    assert_eq!(who(&machine), (EnvironmentId::K3s, Certainty::Certain));
    // Near-miss: another cloud controller's providerID, and a version of nobody.
    machine.node(|node| node["spec"]["providerID"] = json!("aws:///eu-central-1a/i-0abc"));
    assert_eq!(who(&machine), UNKNOWN);
    machine.node(|node| node["spec"] = json!({}));
    machine.node(|node| node["status"]["nodeInfo"]["kubeletVersion"] = json!("v1.34.1+rke2r1"));
    assert_eq!(who(&machine), UNKNOWN);
}

/// 2.5, D3: `k3s://` is what k3d, colima, Rancher Desktop and OrbStack report as well, also to
/// whoever asks from inside of their VM.
#[test]
fn k3s_of_another_tool_is_not_bare_k3s() {
    for node in ["k3d-dev-server-0", "colima", "colima-work", "lima-rancher-desktop", "orbstack"] {
        for id in [format!("k3s://{node}"), String::new()] {
            let mut machine = k3s();
            machine.name_node(node);
            machine.node(|own| own["spec"]["providerID"] = json!(id));
            // k3d has a file of its own.
            assert_ne!(who(&machine).0, EnvironmentId::K3s, "{node} {id}");
        }
    }
    // Near-miss: a computer that is called so in its own words.
    let mut machine = k3s();
    machine.name_node("colimar");
    machine.node(|own| own["spec"]["providerID"] = json!("k3s://colimar"));
    assert_eq!(who(&machine).0, EnvironmentId::K3s);
}

/// 2.5: each sign alone makes the difference.
#[test]
fn without_its_sign_a_node_is_nobodys() {
    let mut machine = microk8s();
    machine.node(|node| node["metadata"]["labels"] = json!({}));
    assert_eq!(who(&machine), UNKNOWN);
    let mut machine = k0s();
    machine.node(|node| node["status"]["nodeInfo"]["kubeletVersion"] = json!("v1.34.1"));
    assert_eq!(who(&machine), UNKNOWN);
    let mut machine = kubeadm();
    machine.node(|node| node["metadata"]["annotations"] = json!({}));
    assert_eq!(who(&machine), UNKNOWN);
}

/// KEP-3930: the annotation is to go away. The ConfigMap is left.
#[test]
fn kubeadm_by_its_configmap() {
    let mut machine = kubeadm();
    machine.node(|node| node["metadata"]["annotations"] = json!({}));
    let path = "/api/v1/namespaces/kube-system/configmaps/kubeadm-config";
    let metadata = json!({ "name": "kubeadm-config", "namespace": "kube-system" });
    machine.api.insert(path.into(), json!({ "kind": "PartialObjectMetadata", "metadata": metadata }));
    assert_eq!(who(&machine), (EnvironmentId::Kubeadm, Certainty::Certain));
    // Near-miss: a Node of a cloud provider; kubeadm made it, and somebody else runs it.
    machine.node(|node| node["spec"]["providerID"] = json!("openstack:///0abc"));
    assert_eq!(who(&machine), UNKNOWN);
}

/// Whoever asks from a worker of the cluster is on a node as well; the API server is elsewhere.
#[test]
fn a_worker_is_a_node_of_its_own() {
    let mut machine = k3s();
    machine.server = "https://192.168.1.30:6443".into();
    machine.second_node(true);
    machine.object("/api/v1/nodes", |nodes| nodes["items"].as_array_mut().expect("a list").reverse());
    let report = reachable("k3s-worker", &machine, URL);
    assert_eq!(report.ports[0].roads[0].hops[0].state, State::NotNeeded);
}

//! Profiles of VMs: only minikube can tell what those do.

use netpath::ask::Why;
use serde_json::json;

use super::{CONTEXTS, RENEW, START, unreachable};
use crate::minikube::machine::{linux_kvm2, macos_vfkit, qemu_builtin, vm};
use crate::said::{shut, unsure};

/// Trap 13, QEMU's own network: what is missing is an ssh, whether or not minikube can say so.
#[test]
fn trap_13_qemu_is_started_again_without_minikubes_word() {
    let mut machine = qemu_builtin("linux");
    machine.api_down = Some(Why::Refused);
    unsure("trap-13-no-minikube-qemu", &machine, Some("C101"), &[START, CONTEXTS]);
}

/// minikube#4029: Hyper-V's Default Switch gave the VM another address.
#[test]
fn i5_a_vm_with_another_address_is_renewed() {
    let switch = ("vEthernet (Default Switch)", "172.27.240.1", 20);
    let mut machine = vm("windows", "hyperv", "", switch, "172.27.247.19", "172.27.247.19:30080");
    machine.api_down = Some(Why::TimedOut);
    machine.says_status("Running", "Running", "Running", "Misconfigured");
    unsure("i5-vm-moved", &machine, Some("C109"), &[RENEW]);
}

/// I5: the ssh that carries the API server of QEMU's own network died.
#[test]
fn i5_the_api_servers_ssh_of_qemu_is_started_again() {
    let mut machine = qemu_builtin("linux");
    machine.api_down = Some(Why::Refused);
    machine.says_status("Running", "Running", "Stopped", "Configured");
    unsure("i5-qemu-ssh-gone", &machine, Some("V307"), &[START]);
    // Near-miss: the VM itself is stopped.
    machine.says_status("Stopped", "Stopped", "Stopped", "Stopped");
    shut("i5-qemu-stopped", &machine, "V306", &[START]);
}

/// I5: a VM that is stopped, by minikube's own word.
#[test]
fn i5_a_stopped_vm_is_started() {
    for (name, mut machine, api) in
        [("i5-vm-stopped", linux_kvm2(), unreachable()), ("i5-vm-stopped-macos", macos_vfkit(), Why::TimedOut)]
    {
        machine.api_down = Some(api);
        machine.says_status("Stopped", "Stopped", "Stopped", "Stopped");
        shut(name, &machine, "V306", &[START]);
    }
    // Near-miss: another node's VM may still run and serve.
    let mut machine = linux_kvm2();
    machine.add_node("m02", "192.168.39.48");
    machine.api_down = Some(unreachable());
    machine.says_status("Stopped", "Stopped", "Stopped", "Stopped");
    unsure("i5-vm-of-several-stopped", &machine, Some("V306"), &[START]);
}

/// I5, M4, fact 0.10: macOS keeps this terminal from the VM's network, while minikube may
/// have the right (minikube#23691).
#[test]
fn m4_macos_without_the_right_to_local_networks() {
    let mut machine = macos_vfkit();
    machine.api_down = Some(unreachable());
    machine.says_status("Running", "Running", "Running", "Configured");
    let settings = "open x-apple.systempreferences:com.apple.preference.security";
    unsure("m4-local-network", &machine, Some("V308"), &[settings]);
    // Near-miss: the same on Linux, where nobody asks for such a right; and minikube has just
    // reached the API server.
    let mut machine = linux_kvm2();
    machine.api_down = Some(unreachable());
    machine.says_status("Running", "Running", "Running", "Configured");
    unsure("m4-not-macos", &machine, Some("C108"), &[CONTEXTS]);
    // Near-miss: minikube does not reach it either.
    machine.says_status("Running", "Stopped", "Stopped", "Configured");
    unsure("m4-api-stopped", &machine, Some("K503"), &[START]);
}

/// CloudEvents lines with exit 85 beside a profile that is there: minikube looks in another
/// directory (MINIKUBE_HOME), and nothing is gone.
#[test]
fn i5_a_vm_that_minikube_does_not_know_is_not_called_deleted() {
    let mut machine = linux_kvm2();
    machine.api_down = Some(unreachable());
    let event = json!({ "specversion": "1.0", "type": "io.k8s.sigs.minikube.error",
        "data": { "exitcode": "85", "message": "Profile \"minikube\" not found." } });
    machine.status = Some(format!("{event}\n"));
    unsure("i5-vm-unknown", &machine, Some("C108"), &[CONTEXTS]);
}

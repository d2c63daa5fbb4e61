//! The thirteen drivers, and what each means for the way from this computer to the node.

use crate::answers::{Asking, Seen};
use crate::ask::Engine;
use crate::fact::engine::{endpoint, info};
use crate::fact::host::variable;

/// What a driver makes a node of (`pkg/minikube/driver/driver_{linux,darwin,windows}.go`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// A container of an engine: docker, podman.
    Container(Engine),
    /// A VM with a network that this computer is attached to: kvm2, hyperv, vfkit, krunkit,
    /// virtualbox, vmware, parallels, hyperkit, and qemu2 with socket_vmnet.
    Vm,
    /// A VM in QEMU's user-mode network, which nothing outside can enter.
    IsolatedVm,
    /// Nothing: the node is this computer (none).
    Host,
    /// Another computer (ssh).
    Remote,
    /// A driver that netpath does not know, or cannot see.
    Unknown,
}

impl Made {
    /// What a driver makes. `network` is what the profile says (`--network`); socket_vmnet
    /// exists on macOS only, so everywhere else QEMU's own network is left (`doc:qemu`).
    pub(super) fn by(driver: &str, network: &str, os: &str) -> Self {
        match driver {
            "docker" => Self::Container(Engine::Docker),
            "podman" => Self::Container(Engine::Podman),
            "qemu2" if network == "socket_vmnet" => Self::Vm,
            "qemu2" if matches!(network, "builtin" | "user") || os != "macos" => Self::IsolatedVm,
            "kvm2" | "hyperv" | "vfkit" | "krunkit" | "virtualbox" | "vmware" | "parallels" | "hyperkit" => Self::Vm,
            "none" => Self::Host,
            "ssh" => Self::Remote,
            _ => Self::Unknown,
        }
    }

    /// The engine, if it is one.
    pub(super) fn engine(self) -> Option<Engine> {
        match self {
            Self::Container(engine) => Some(engine),
            _ => None,
        }
    }

    /// Whether a node of this kind is inside a VM.
    pub(super) fn is_vm(self) -> bool {
        matches!(self, Self::Vm | Self::IsolatedVm)
    }
}

/// How minikube itself would open a Service: what decides what its commands do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// By the node's address: `minikube service` prints it and ends, `minikube tunnel` sets
    /// a route.
    NodeIp,
    /// By ssh forwards at 127.0.0.1: `minikube service` and `minikube tunnel` stay.
    Loopback,
    /// Not at all: both commands refuse (`cmd/minikube/cmd/service.go:92`, `tunnel.go:66`).
    Isolated,
    /// It is not known.
    Unknown,
}

/// The mode in which minikube works with a driver here: `NeedsPortForward` in its exact
/// order (`pkg/minikube/driver/driver.go:239-261`), whether or not minikube is right.
/// `attached` is whether this computer is seen to be in the node's network, which spares
/// the engine a question: neither Docker Desktop nor a rootless engine has that.
pub(super) fn mode(asking: &Asking, made: Made, os: &str, attached: bool) -> Seen<Mode> {
    let engine = match made {
        Made::IsolatedVm => return Seen::Known(Mode::Isolated),
        Made::Unknown => return Seen::Known(Mode::Unknown),
        Made::Vm | Made::Host | Made::Remote => return Seen::Known(Mode::NodeIp),
        Made::Container(engine) => engine,
    };
    // 2. An engine elsewhere, or only reached by TCP.
    match endpoint(asking, engine) {
        Seen::Pending => return Seen::Pending,
        Seen::Known(endpoint) if endpoint.host.is_some() => return Seen::Known(Mode::Loopback),
        _ => {}
    }
    // 3. The operating system.
    if matches!(os, "macos" | "windows") {
        return Seen::Known(Mode::Loopback);
    }
    // 4. WSL, by its environment variables (`pkg/minikube/detect/detect.go:49`).
    match is_wsl(asking) {
        Seen::Pending => return Seen::Pending,
        Seen::Known(true) => return Seen::Known(Mode::Loopback),
        _ => {}
    }
    if attached {
        return Seen::Known(Mode::NodeIp);
    }
    // 5. and 6. Docker Desktop on Linux, and engines without root.
    match info(asking, engine) {
        Seen::Pending => Seen::Pending,
        Seen::Known(info) if info.rootless || info.is_desktop() => Seen::Known(Mode::Loopback),
        Seen::Known(_) | Seen::Absent => Seen::Known(Mode::NodeIp),
        Seen::Unavailable(_) => Seen::Known(Mode::Unknown),
    }
}

/// Whether minikube takes this for WSL.
pub(super) fn is_wsl(asking: &Asking) -> Seen<bool> {
    let variables = [variable(asking, "WSL_DISTRO_NAME"), variable(asking, "WSLPATH")];
    if variables.iter().any(|variable| variable.known().is_some()) {
        return Seen::Known(true);
    }
    if variables.iter().any(Seen::is_pending) { Seen::Pending } else { Seen::Known(false) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::Answers;
    use crate::ask::{Ask, Observation, Why};
    use serde_json::json;

    const DOCKER: Made = Made::Container(Engine::Docker);

    /// Every driver of `minikube start --driver`, on the systems that offer it (2).
    #[test]
    fn every_driver_is_known() {
        for (driver, network, os, wanted) in [
            ("docker", "", "linux", DOCKER),
            ("podman", "", "linux", Made::Container(Engine::Podman)),
            ("kvm2", "", "linux", Made::Vm),
            ("hyperv", "", "windows", Made::Vm),
            ("vfkit", "nat", "macos", Made::Vm),
            ("krunkit", "", "macos", Made::Vm),
            ("virtualbox", "", "windows", Made::Vm),
            ("vmware", "", "macos", Made::Vm),
            ("parallels", "", "macos", Made::Vm),
            ("hyperkit", "", "macos", Made::Vm),
            ("qemu2", "socket_vmnet", "macos", Made::Vm),
            ("qemu2", "builtin", "macos", Made::IsolatedVm),
            ("qemu2", "user", "macos", Made::IsolatedVm),
            ("qemu2", "", "linux", Made::IsolatedVm),
            ("qemu2", "", "windows", Made::IsolatedVm),
            ("qemu2", "", "macos", Made::Unknown),
            ("none", "", "linux", Made::Host),
            ("ssh", "", "windows", Made::Remote),
            ("", "", "linux", Made::Unknown),
            ("new-driver", "", "linux", Made::Unknown),
        ] {
            assert_eq!(Made::by(driver, network, os), wanted, "{driver} {network} {os}");
        }
    }

    struct Machine<'a> {
        os: &'a str,
        host: Option<&'a str>,
        wsl: bool,
        info: Option<(&'a str, bool)>,
        attached: bool,
    }

    fn told(machine: &Machine) -> Mode {
        let mut answers = Answers::default();
        answers.insert(Ask::EngineEndpoint(Engine::Docker), Observation::Known(json!({ "host": machine.host }).into()));
        let wsl = if machine.wsl { Observation::Known(json!("Debian").into()) } else { Observation::Absent };
        answers.insert(Ask::Variable("WSL_DISTRO_NAME".into()), wsl);
        answers.insert(Ask::Variable("WSLPATH".into()), Observation::Absent);
        let info = match machine.info {
            Some((system, rootless)) => {
                Observation::Known(json!({ "operatingSystem": system, "rootless": rootless }).into())
            }
            None => Observation::Unavailable(Why::TimedOut),
        };
        answers.insert(Ask::EngineInfo(Engine::Docker), info);
        mode(&Asking::new(&answers), DOCKER, machine.os, machine.attached).known().copied().unwrap()
    }

    /// The order of 3.1, each step with what comes after it saying the contrary.
    #[test]
    fn port_forwards_are_needed_in_minikubes_own_order() {
        let plain = || Machine { os: "linux", host: None, wsl: false, info: Some(("Debian", false)), attached: false };
        for (step, machine, wanted) in [
            ("2 external", Machine { host: Some("10.0.0.7:2376"), ..plain() }, Mode::Loopback),
            ("2 by TCP", Machine { host: Some("127.0.0.1:2375"), attached: true, ..plain() }, Mode::Loopback),
            ("3 macOS", Machine { os: "macos", ..plain() }, Mode::Loopback),
            ("3 Windows", Machine { os: "windows", attached: true, ..plain() }, Mode::Loopback),
            ("4 WSL", Machine { wsl: true, attached: true, ..plain() }, Mode::Loopback),
            ("5 Docker Desktop", Machine { info: Some(("Docker Desktop", false)), ..plain() }, Mode::Loopback),
            ("6 rootless", Machine { info: Some(("Debian", true)), ..plain() }, Mode::Loopback),
            ("6 else", plain(), Mode::NodeIp),
            ("attached", Machine { info: None, attached: true, ..plain() }, Mode::NodeIp),
            ("nobody says", Machine { info: None, ..plain() }, Mode::Unknown),
        ] {
            assert_eq!(told(&machine), wanted, "{step}");
        }
    }

    #[test]
    fn only_containers_ever_need_port_forwards() {
        let answers = Answers::default();
        let asking = Asking::new(&answers);
        for (made, wanted) in [
            (Made::Vm, Mode::NodeIp),
            (Made::Host, Mode::NodeIp),
            (Made::Remote, Mode::NodeIp),
            (Made::IsolatedVm, Mode::Isolated),
        ] {
            assert_eq!(mode(&asking, made, "macos", false).known(), Some(&wanted));
        }
        assert!(asking.into_wants().is_empty(), "and nothing is asked for them");
    }
}

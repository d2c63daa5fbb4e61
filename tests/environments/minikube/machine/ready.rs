//! Machines that many scenarios start from.

use netpath::ask::Engine;
use serde_json::json;

use super::{Machine, http_200};

/// What minikube publishes for itself of a node's container (seen; 1.5).
const OWN: [(&str, &str, u16); 5] = [
    ("22/tcp", "127.0.0.1", 51001),
    ("2376/tcp", "127.0.0.1", 51002),
    ("5000/tcp", "127.0.0.1", 51003),
    ("8443/tcp", "127.0.0.1", 51000),
    ("32443/tcp", "127.0.0.1", 51004),
];

/// docker, rootful, on this Linux: the node's address leads in (3.2 row 1; seen).
pub fn linux_docker() -> Machine {
    linux_docker_with(&[])
}

/// The same with ports published by `--ports` as well.
pub fn linux_docker_with(ports: &[(&str, &str, u16)]) -> Machine {
    let mut machine = Machine::new("linux", "docker", "", "192.168.49.2", "https://192.168.49.2:8443");
    machine.interfaces.push(("br-49", "192.168.49.1", 24));
    machine.container(Engine::Docker, "running", &[&OWN, ports].concat(), "192.168.49.2", "192.168.49.1");
    machine.doors.push(("192.168.49.2:30080", http_200()));
    machine
}

/// docker in a VM of macOS: ports published on loopback are all that leads in (3.2).
pub fn macos_docker() -> Machine {
    behind_a_wall("macos", "docker", Engine::Docker, &[])
}

/// The same on Windows.
pub fn windows_docker() -> Machine {
    behind_a_wall("windows", "docker", Engine::Docker, &[])
}

/// An engine whose networks this computer is not in: a VM, or a namespace of a user.
pub fn behind_a_wall(os: &'static str, driver: &str, engine: Engine, ports: &[(&str, &str, u16)]) -> Machine {
    let mut machine = Machine::new(os, driver, "", "192.168.49.2", "https://127.0.0.1:51000");
    machine.container(engine, "running", &[&OWN, ports].concat(), "192.168.49.2", "192.168.49.1");
    machine
}

/// A VM with its node in a network of this computer; the node port answers.
pub fn vm(
    os: &'static str,
    driver: &str,
    network: &str,
    interface: (&'static str, &'static str, u8),
    node: &'static str,
    door: &'static str,
) -> Machine {
    let mut machine = Machine::new(os, driver, network, node, &format!("https://{node}:8443"));
    machine.interfaces.push(interface);
    machine.doors.push((door, http_200()));
    machine.buildroot();
    machine
}

/// vfkit with its nat network on macOS (3.2).
pub fn macos_vfkit() -> Machine {
    vm("macos", "vfkit", "nat", ("bridge100", "192.168.64.1", 24), "192.168.64.3", "192.168.64.3:30080")
}

/// kvm2 on Linux (3.2).
pub fn linux_kvm2() -> Machine {
    vm("linux", "kvm2", "", ("virbr1", "192.168.39.1", 24), "192.168.39.47", "192.168.39.47:30080")
}

/// qemu2 in its own user-mode network (3.2): the API server by an ssh of minikube's.
pub fn qemu_builtin(os: &'static str) -> Machine {
    let mut machine = Machine::new(os, "qemu2", "builtin", "10.0.2.15", "https://localhost:52341");
    machine.config(|config| config["Nodes"][0]["Port"] = json!(52341)).buildroot();
    machine
}

/// docker inside the WSL distribution that netpath runs in: minikube takes it for a wall,
/// and the node's address leads in all the same (3.1 b).
pub fn wsl_native_docker() -> Machine {
    let mut machine = behind_a_wall("linux", "docker", Engine::Docker, &[]);
    machine.variables.insert("WSL_DISTRO_NAME", "Debian".into());
    machine.interfaces.push(("br-49", "192.168.49.1", 24));
    machine.doors.push(("192.168.49.2:30080", http_200()));
    machine
}

/// Docker Desktop, used from a WSL distribution (3.2, minikube#16188).
pub fn wsl_docker_desktop() -> Machine {
    let mut machine = behind_a_wall("linux", "docker", Engine::Docker, &[]);
    machine.variables.insert("WSL_DISTRO_NAME", "Debian".into());
    machine.engine_info["OperatingSystem"] = json!("Docker Desktop");
    machine
}

impl Machine {
    /// The node runs minikube's VM image (1.2).
    pub fn buildroot(&mut self) -> &mut Self {
        self.object("/api/v1/nodes", |nodes| {
            nodes["items"][0]["status"]["nodeInfo"]["osImage"] = json!("Buildroot 2025.02.9");
        })
    }
}

//! netpath in a WSL2 distribution, and the browser on Windows: rules W1 to W18 of
//! `wsl2-docker-desktop.md` (8) and rows of its truth table (3.1). All composed, from the
//! source of WSL.

mod modes;
mod sides;
mod truth;

use netpath::ask::Engine;
use netpath::fact::wsl::Traces;

use crate::machine::{Machine, http_200};
use crate::{host, kind};

/// The distribution's own address.
pub const OWN: &str = "172.25.1.5";
pub const FORWARD: &str = "kubectl port-forward service/web 8080:80 [blocks]";
pub const WHO: &str = "powershell.exe -NoProfile -Command 'Get-NetTCPConnection -State Listen -LocalPort 30080' \
                       && netsh.exe interface ipv4 show excludedportrange protocol=tcp";
pub const SHUTDOWN: &str = "wsl.exe --shutdown";

/// What curl of Windows says to an answer.
pub const ANSWER: (i32, &str) = (0, "200 0.001 0.012");

/// Puts a Linux computer into a distribution in a mode. Nobody says where the browser is.
pub fn in_wsl(mut machine: Machine, mode: &'static str) -> Machine {
    machine.tool = "wsl";
    machine.wsl = Some(Traces {
        kernel: "6.6.87.2-microsoft-standard-WSL2".into(),
        run: true,
        container: false,
        distro: Some("Ubuntu".into()),
        loopback: mode == "mirrored",
    });
    machine.wsl_mode = Some(mode);
    machine.viewer_unsaid = true;
    machine.windows = Some(Vec::new());
    machine
}

/// kind with the distribution's own docker: node port 30080 is published at 30080.
pub fn published(mode: &'static str) -> Machine {
    let mut machine = kind::machine::linux(Engine::Docker, &[("30080/tcp", "0.0.0.0", 30080)]);
    machine.doors.push(("127.0.0.1:30080", http_200()));
    machine.sockets = vec!["0.0.0.0:30080", "[::]:30080"];
    in_wsl(machine, mode)
}

/// k3s in the distribution: its node port is a rule of the kernel.
pub fn k3s(mode: &'static str) -> Machine {
    let mut machine = host::machine::k3s();
    machine.interfaces = vec![("lo", "127.0.0.1", 8), ("eth0", OWN, 20)];
    machine.node_at(OWN);
    machine.doors = vec![("172.25.1.5:30080", http_200())];
    in_wsl(machine, mode)
}

/// Lets something answer on Windows.
pub fn windows(mut machine: Machine, at: &'static str, (code, out): (i32, &'static str)) -> Machine {
    machine.windows.get_or_insert_default().push((at, code, out));
    machine
}

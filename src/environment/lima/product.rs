//! What the three products of the family do each in their own way: where their VMs are
//! listed, what they call one, and with which command it is started and entered.

use std::net::{IpAddr, Ipv4Addr};

use crate::answers::{Asking, Seen};
use crate::fact::host::variable;
use crate::fact::lima::colima_config;
use crate::remedy::argv;
use crate::report::Argv;

/// Who made the VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Lima itself.
    Lima,
    /// colima.
    Colima,
    /// Rancher Desktop on macOS or Linux.
    RancherDesktop,
}

impl Product {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lima => "Lima",
            Self::Colima => "colima",
            Self::RancherDesktop => "Rancher Desktop",
        }
    }

    /// The name of the VM in Lima's list, by that of the Node or the context: Rancher
    /// Desktop's is called `0` (rancher-desktop @d048437 `pkg/rancher-desktop/backend/lima.ts:244`).
    pub fn instance(self, name: &str) -> &str {
        match self {
            Self::Lima => name.strip_prefix("lima-").unwrap_or(name),
            Self::Colima => name,
            Self::RancherDesktop => "0",
        }
    }

    /// The name of the VM as its user knows it.
    pub fn shown(self, instance: &str) -> &str {
        if self == Self::RancherDesktop { "rancher-desktop" } else { instance }
    }

    /// Where its rules bring what listens everywhere in the VM: colima and Rancher Desktop to
    /// all addresses (abiosoft/colima @490420d `environment/vm/lima/yaml.go:285-325`;
    /// rancher-desktop @d048437 `pkg/rancher-desktop/assets/lima-config.yaml:236-240`).
    pub fn usual_address(self) -> IpAddr {
        match self {
            Self::Lima => Ipv4Addr::LOCALHOST.into(),
            Self::Colima | Self::RancherDesktop => Ipv4Addr::UNSPECIFIED.into(),
        }
    }

    /// A command of the product about one of its VMs.
    pub fn command(self, verb: &[&str], instance: &str, rest: &[&str]) -> Argv {
        let profile = instance.strip_prefix("colima-");
        let mut command = match self {
            Self::Lima => argv(&["limactl"]),
            Self::Colima => argv(&["colima"]),
            Self::RancherDesktop => argv(&["rdctl"]),
        };
        command.extend(argv(verb));
        match self {
            Self::Lima => command.push(instance.to_owned()),
            Self::Colima => command.extend(profile.into_iter().flat_map(|profile| argv(&["-p", profile]))),
            Self::RancherDesktop => {}
        }
        command.extend(argv(rest));
        command
    }

    /// Starts the VM.
    pub fn start(self, instance: &str) -> Argv {
        self.command(&["start"], instance, &[])
    }

    /// Ends the VM.
    pub fn stop(self, instance: &str) -> Argv {
        let verb = if self == Self::RancherDesktop { "shutdown" } else { "stop" };
        self.command(&[verb], instance, &[])
    }

    /// Runs a command inside the VM.
    pub fn shell(self, instance: &str, words: &[&str]) -> Argv {
        let verb = if self == Self::Colima { "ssh" } else { "shell" };
        let mut rest = if self == Self::Colima { vec!["--"] } else { Vec::new() };
        rest.extend(words);
        self.command(&[verb], instance, &rest)
    }
}

/// The Lima home that holds a product's VM; `None` for limactl's own (`LIMA_HOME`, else
/// `~/.lima`). colima's is below its own directory, unless `LIMA_HOME` is set
/// (abiosoft/colima @490420d `config/files.go:50-145`); Rancher Desktop's below its data
/// (rancher-desktop @d048437 `src/go/rdctl/pkg/paths/`).
pub(super) fn home(asking: &Asking, product: Product, instance: &str, os: &str) -> Seen<Option<String>> {
    match product {
        Product::Lima => Seen::Known(None),
        Product::Colima => colimas_home(asking, instance),
        Product::RancherDesktop if os == "macos" => {
            Seen::Known(Some("~/Library/Application Support/rancher-desktop/lima".into()))
        }
        Product::RancherDesktop => match variable(asking, "XDG_DATA_HOME") {
            Seen::Pending => Seen::Pending,
            Seen::Known(data) => Seen::Known(Some(format!("{data}/rancher-desktop/lima"))),
            _ => Seen::Known(Some("~/.local/share/rancher-desktop/lima".into())),
        },
    }
}

fn colimas_home(asking: &Asking, instance: &str) -> Seen<Option<String>> {
    let lima = variable(asking, "LIMA_HOME");
    let (own, config) = (variable(asking, "COLIMA_HOME"), variable(asking, "XDG_CONFIG_HOME"));
    if lima.is_pending() || own.is_pending() || config.is_pending() {
        return Seen::Pending;
    }
    if lima.known().is_some() {
        return Seen::Known(None);
    }
    let config = config.known().map(|config| format!("{config}/colima"));
    let homes = own.known().map(|own| own.to_string()).into_iter().chain([String::from("~/.colima")]).chain(config);
    // The first that holds the VM: which directory is there at all, no question tells.
    for home in homes.chain([String::from("~/.config/colima")]) {
        match colima_config(asking, &config_file(Some(&format!("{home}/_lima")), instance)) {
            Seen::Pending => return Seen::Pending,
            Seen::Absent => {}
            Seen::Known(_) | Seen::Unavailable(_) => return Seen::Known(Some(format!("{home}/_lima"))),
        }
    }
    Seen::Known(Some("~/.colima/_lima".into()))
}

/// Where colima wrote down what it applied to a VM.
pub(super) fn config_file(home: Option<&str>, instance: &str) -> String {
    format!("{}/{instance}/colima.yaml", home.unwrap_or("~/.lima"))
}

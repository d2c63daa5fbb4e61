//! A profile's `config.json`: the only place that names the driver.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::answers::{Asking, Seen};
use crate::ask::{Ask, Distilled, Question, Raw, Why};
use crate::fact::read::nullable;

/// minikube's own directory, as [`Ask::File`] writes paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home(pub String);

impl Home {
    /// Where minikube is unless told otherwise.
    pub const DEFAULT: &'static str = "~/.minikube";

    /// The directory and the profile that a client certificate belongs to:
    /// `HOME/profiles/PROFILE/client.crt` (`pkg/minikube/localpath/localpath.go:63-148`).
    /// This outlives a renamed context and an environment that lost its `MINIKUBE_HOME`.
    pub fn of_certificate(path: &str) -> Option<(Self, String)> {
        let (rest, profile) = path.strip_suffix("/client.crt")?.rsplit_once('/')?;
        let home = rest.strip_suffix("/profiles")?;
        (!home.is_empty() && !profile.is_empty()).then(|| (Self(home.to_owned()), profile.to_owned()))
    }

    /// The directory that `MINIKUBE_HOME` means (`localpath.go:44-53`).
    pub fn of_variable(value: &str) -> Self {
        let value = value.trim_end_matches('/');
        let last = value.rsplit('/').next().unwrap_or(value);
        Self(if last == ".minikube" { value.to_owned() } else { format!("{value}/.minikube") })
    }

    fn file(&self, path: &str) -> Ask {
        Ask::File(format!("{}/{path}", self.0))
    }

    /// The registry of tunnels in route mode.
    pub(super) fn tunnels(&self) -> Ask {
        self.file("tunnels.json")
    }
}

/// What rules use of `profiles/NAME/config.json`. Unknown and missing keys are normal
/// across versions; fields of drivers that are not used hold defaults and are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Canonical name of the driver.
    pub driver: String,
    /// What `--network` said: its meaning depends on the driver.
    pub network: String,
    /// Certificates are in the kubeconfig, not in files.
    pub embed_certs: bool,
    /// What was asked of `--ports`: a wish, not a fact (a later `start --ports` writes it
    /// too, and docker never hears of it).
    pub exposed_ports: Vec<String>,
    /// The nodes, the first control plane first.
    pub nodes: Vec<Node>,
    /// Addons that are switched on.
    pub addons: Vec<String>,
}

/// One node, as the profile has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Name; empty for the first, `m02` and so on for the others.
    pub name: String,
    /// Its address: a container's or a VM's.
    pub ip: Option<IpAddr>,
    /// The API server's port.
    pub port: u16,
}

impl Profile {
    /// The name of a node's container or VM, which is also the Node's name.
    pub fn machine(profile: &str, node: &Node) -> String {
        if node.name.is_empty() { profile.to_owned() } else { format!("{profile}-{}", node.name) }
    }

    /// Whether an addon is switched on.
    pub fn has_addon(&self, name: &str) -> bool {
        self.addons.iter().any(|addon| addon == name)
    }
}

/// Asked by its file.
struct Config(Ask);

impl Question for Config {
    type Answer = Profile;

    fn ask(&self) -> Ask {
        self.0.clone()
    }

    fn distil(&self, raw: Raw) -> Distilled<Profile> {
        let Raw::Text(text) = raw else { return Err(Why::Unreadable { detail: "not a file".into() }) };
        read(&text).map(Some)
    }
}

/// The profile's configuration. Absent: there is no such profile in this directory.
pub fn profile(asking: &Asking, home: &Home, name: &str) -> Seen<Rc<Profile>> {
    // A name from a kubeconfig must not lead out of the directory.
    if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') {
        return Seen::Absent;
    }
    asking.ask(Config(home.file(&format!("profiles/{name}/config.json"))))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Written {
    #[serde(default, deserialize_with = "nullable")]
    driver: String,
    // Before 1.7.
    #[serde(default, rename = "VMDriver", deserialize_with = "nullable")]
    vm_driver: String,
    #[serde(default, deserialize_with = "nullable")]
    network: String,
    #[serde(default, deserialize_with = "nullable")]
    embed_certs: bool,
    #[serde(default, deserialize_with = "nullable")]
    exposed_ports: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    nodes: Vec<WrittenNode>,
    #[serde(default, deserialize_with = "nullable")]
    addons: BTreeMap<String, bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WrittenNode {
    #[serde(rename = "Name", deserialize_with = "nullable")]
    name: String,
    #[serde(rename = "IP", deserialize_with = "nullable")]
    ip: String,
    #[serde(rename = "Port", deserialize_with = "nullable")]
    port: u16,
}

/// Reads `config.json`. A leftover without driver or nodes (a `--dry-run` makes the
/// directory) is no profile: its fields stay empty.
fn read(text: &str) -> Result<Profile, Why> {
    let written: Written = serde_json::from_str(text).map_err(|error| Why::Unreadable {
        detail: format!("config.json: line {}, column {}", error.line(), error.column()),
    })?;
    let driver = if written.driver.is_empty() { written.vm_driver } else { written.driver };
    // Aliases that old files may have (`pkg/minikube/driver/driver.go`).
    let driver = match driver.to_ascii_lowercase().as_str() {
        "qemu" => "qemu2".to_owned(),
        "kvm" => "kvm2".to_owned(),
        "generic" => "ssh".to_owned(),
        "native" => "none".to_owned(),
        other => other.to_owned(),
    };
    let node = |node: WrittenNode| Node { name: node.name, ip: node.ip.parse().ok(), port: node.port };
    Ok(Profile {
        driver,
        network: written.network,
        embed_certs: written.embed_certs,
        exposed_ports: written.exposed_ports,
        nodes: written.nodes.into_iter().map(node).collect(),
        addons: written.addons.into_iter().filter(|(_, on)| *on).map(|(name, _)| name).collect(),
    })
}

struct Active(Ask);

impl Question for Active {
    type Answer = String;

    fn ask(&self) -> Ask {
        self.0.clone()
    }

    fn distil(&self, raw: Raw) -> Distilled<String> {
        #[derive(Deserialize)]
        struct Defaults {
            #[serde(default)]
            profile: Option<String>,
        }
        let Raw::Text(text) = raw else { return Err(Why::Unreadable { detail: "not a file".into() }) };
        let defaults: Defaults = serde_json::from_str(&text)
            .map_err(|error| Why::Unreadable { detail: format!("config.json: line {}", error.line()) })?;
        Ok(defaults.profile.filter(|name| !name.is_empty()))
    }
}

/// minikube's active profile (`minikube profile NAME`), which need not be the kube
/// context's. Absent: none was chosen, so it is "minikube".
pub fn active(asking: &Asking, home: &Home) -> Seen<Rc<String>> {
    asking.ask(Active(home.file("config/config.json")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_names_home_and_profile() {
        let of = |path| Home::of_certificate(path).map(|(home, profile)| (home.0, profile));
        let found = |home: &str, profile: &str| Some((home.to_owned(), profile.to_owned()));
        assert_eq!(of("~/.minikube/profiles/dev/client.crt"), found("~/.minikube", "dev"));
        assert_eq!(of("/srv/mk/profiles/minikube/client.crt"), found("/srv/mk", "minikube"));
        assert_eq!(of("~/.minikube/client.crt"), None, "minikube up to 1.5");
        assert_eq!(of("~/k3d/client.crt"), None);
        assert_eq!(of("/profiles/x/client.crt"), None);
    }

    #[test]
    fn minikube_home_is_completed() {
        for (value, wanted) in
            [("/srv/mk", "/srv/mk/.minikube"), ("/srv/.minikube", "/srv/.minikube"), ("/srv/mk/", "/srv/mk/.minikube")]
        {
            assert_eq!(Home::of_variable(value).0, wanted);
        }
    }

    #[test]
    fn files_of_every_age_are_read() {
        let new = read(
            r#"{"Name":"dev","Driver":"qemu2","Network":"builtin","HostOnlyCIDR":"192.168.59.1/24","New":{"a":1},
               "KubernetesConfig":{"ServiceCIDR":"10.96.0.0/12"},"ExposedPorts":null,
               "Nodes":[{"Name":"","IP":"10.0.2.15","Port":52341},{"Name":"m02","IP":"","Port":0}],
               "Addons":{"ingress":true,"metallb":false}}"#,
        )
        .unwrap();
        assert_eq!((new.driver.as_str(), new.network.as_str()), ("qemu2", "builtin"));
        assert_eq!(new.nodes[0].ip, Some("10.0.2.15".parse().unwrap()));
        assert_eq!(Profile::machine("dev", &new.nodes[0]), "dev");
        assert_eq!(Profile::machine("dev", &new.nodes[1]), "dev-m02");
        assert!(new.has_addon("ingress") && !new.has_addon("metallb"));
        let old = read(r#"{"VMDriver":"kvm","KubernetesConfig":{"NodeIP":"192.168.39.2"},"Addons":null}"#).unwrap();
        assert_eq!((old.driver.as_str(), old.nodes.len()), ("kvm2", 0));
        assert!(read("{").is_err());
    }

    #[test]
    fn a_name_never_leads_out_of_the_directory() {
        let answers = crate::answers::Answers::default();
        for name in ["../../etc", "a/b", "", "..", "a\\b"] {
            let asking = Asking::new(&answers);
            assert!(profile(&asking, &Home(Home::DEFAULT.into()), name).is_absent());
            assert!(asking.into_wants().is_empty(), "{name}");
        }
    }
}

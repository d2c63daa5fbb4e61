//! Which profile is this? The kubeconfig says it in three places, the Nodes in a fourth;
//! the driver stands in the profile's own file and nowhere else (I1 to I3).

use std::net::IpAddr;
use std::rc::Rc;

use super::driver::{Made, Mode, mode};
use super::nodes::{CREATED_LABEL, QEMU_ADDRESS, heuristics, machines, own};
use super::{Cluster, Minikube};
use crate::answers::{Asking, Seen};
use crate::ask::{Engine, Why};
use crate::environment::containers::{NodeContainers, shares_networks, walls_of};
use crate::environment::{Environment, Recognition, Situation};
use crate::fact::cluster::Node;
use crate::fact::engine::{endpoint, labelled};
use crate::fact::host::variable;
use crate::fact::minikube::{Home, Profile, active, profile};
use crate::fact::read::Shared;
use crate::remedy::argv;
use crate::report::{Certainty, Evidence, Fact, Source, State, Subject, Unobserved};

/// What minikube's extensions say of themselves (`pkg/minikube/kubeconfig/extension.go:31-45`).
const PROVIDER: &str = "minikube.sigs.k8s.io";
/// Ports that minikube publishes for itself: ssh, docker, registry, API server, auto-pause
/// (`pkg/drivers/kic/kic.go:77-160`).
const OWN_PORTS: &[u16] = &[22, 2376, 5000, 8443, 32443];

impl Environment for Minikube {
    fn recognise(&self, asking: &Asking, situation: &Situation) -> Recognition {
        // The Nodes are somebody else's: an entry that minikube wrote once, and another
        // cluster at its address by now.
        let nodes = situation.nodes.known().map_or(&[][..], Vec::as_slice);
        if nodes.iter().any(|node| !node.spec.provider_id.is_empty() && node.minikube_profile().is_none()) {
            return Recognition::No;
        }
        let certificate = situation.certificate.as_deref().and_then(Home::of_certificate);
        let label = nodes.iter().find_map(|node| node.minikube_profile());
        let written = situation.providers.iter().any(|provider| provider == PROVIDER);
        if !written && certificate.is_none() && label.is_none() {
            return if situation.nodes.is_pending() { Recognition::Pending } else { Recognition::No };
        }
        let mut because = Vec::new();
        if written {
            because.push(Evidence::new(Source::Kubeconfig, Fact::WrittenBy { tool: PROVIDER.into() }));
        }
        let variable = variable(asking, "MINIKUBE_HOME");
        let elsewhere = certificate.as_ref().is_some_and(|(home, _)| home.0 != Home::DEFAULT);
        if variable.is_pending() && (elsewhere || certificate.is_none()) {
            return Recognition::Pending;
        }
        let by_variable = || by_variable(&variable);
        let (home, named) = match certificate {
            Some((home, name)) => {
                let fact = Fact::CertificateOf { home: home.0.clone(), profile: name.clone() };
                because.push(Evidence::new(Source::Kubeconfig, fact));
                (home, Some(name))
            }
            None => (by_variable(), None),
        };
        let is_minikubes = home == by_variable();
        let home = in_wsl(home, situation);
        because.extend(label.map(|name| {
            let fact = Fact::NodeLabel { label: "minikube.k8s.io/name", value: name.into() };
            Evidence::new(Source::Api("Node"), fact)
        }));
        // The certificate before the label, the label before a name (I1). The cluster's entry
        // keeps the profile's name where the context was renamed (`pkg/minikube/kubeconfig/settings.go:78-136`).
        let has_directory = named.is_some();
        let is_named = written || has_directory;
        let by_entry = || if written { &situation.cluster } else { &situation.context }.clone();
        let name = named.or(label.map(str::to_owned)).unwrap_or_else(by_entry);
        let config = profile(asking, &home, &name);
        if config.is_pending() || situation.host.is_pending() {
            return Recognition::Claimed;
        }
        // A directory without driver or nodes is what a dry run leaves.
        let config = match config {
            Seen::Known(config) if config.driver.is_empty() => Seen::Absent,
            // Another computer's cluster, whose profile has the name of one of this computer's.
            Seen::Known(config) if !is_of(&config, nodes) => Seen::Unavailable(Why::Ambiguous),
            config => config,
        };
        let identity = Identity { name, home, is_minikubes, config, is_named, has_directory, because };
        place(asking, situation, identity)
    }
}

/// A profile that has no context: `minikube stop` takes it away (I4). It is the one that is
/// asked for, else minikube's active one, in the directory that minikube looks in here.
pub fn stopped_profile(asking: &Asking, wanted: Option<&str>, contexts: &[String]) -> Option<String> {
    let home = by_variable(&variable(asking, "MINIKUBE_HOME"));
    let name = match wanted {
        Some(name) => name.to_owned(),
        None => active(asking, &home).known().map_or_else(|| "minikube".to_owned(), |name| (**name).clone()),
    };
    // A name that a shell would read is none that minikube takes.
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    let there = profile(asking, &home, &name).known().is_some_and(|config| !config.driver.is_empty());
    (there && plain && !contexts.contains(&name)).then_some(name)
}

/// The directory that minikube looks in here, by its variable.
fn by_variable(variable: &Seen<Rc<String>>) -> Home {
    variable.known().map_or(Home(Home::DEFAULT.into()), |value| Home::of_variable(value))
}

/// Who it is, before it is known what it is made of.
struct Identity {
    name: String,
    home: Home,
    is_minikubes: bool,
    config: Seen<Rc<Profile>>,
    is_named: bool,
    has_directory: bool,
    because: Vec<Evidence>,
}

/// Whether a profile may be the cluster that the Nodes are of: one of them has one of its
/// addresses (`pkg/minikube/bootstrapper/kubeadm`: the kubelet's node-ip is the profile's).
fn is_of(config: &Profile, nodes: &[Shared<Node>]) -> bool {
    let known: Vec<IpAddr> = config.nodes.iter().filter_map(|node| node.ip).collect();
    let seen: Vec<IpAddr> = nodes.iter().filter_map(|node| node.internal_ip()).collect();
    // The address by which ssh reaches another computer need not be one that it has itself.
    let unknown = known.is_empty() || seen.is_empty() || config.driver == "ssh";
    unknown || seen.iter().any(|ip| known.contains(ip))
}

/// A kubeconfig that minikube.exe wrote, read from WSL: `C:` is below `/mnt/c` there.
fn in_wsl(home: Home, situation: &Situation) -> Home {
    let linux = situation.host.known().is_some_and(|host| host.os == "linux");
    match home.0.split_once(":/").filter(|(drive, _)| linux && drive.len() == 1) {
        Some((drive, rest)) => Home(format!("/mnt/{}/{rest}", drive.to_ascii_lowercase())),
        None => home,
    }
}

fn place(asking: &Asking, situation: &Situation, identity: Identity) -> Recognition {
    let Identity { name, home, is_minikubes, config, is_named, has_directory, mut because } = identity;
    let host = situation.host.known().cloned();
    let os = situation.os();
    let mut unobserved = Vec::new();
    let (driver, made) = match &config {
        Seen::Known(config) => {
            let fact = Fact::ProfileDriver { profile: name.clone(), driver: config.driver.clone() };
            because.push(Evidence::new(Source::MinikubeProfile, fact));
            (config.driver.clone(), made(config, &os))
        }
        other => {
            match other.unavailable().cloned() {
                Some(why) => unobserved.push(Unobserved {
                    what: Subject::MinikubeProfile,
                    why,
                    settle: vec![argv(&["minikube", "profile", "list"])],
                }),
                None => {
                    let fact = Fact::NoProfile { profile: name.clone(), home: home.0.clone() };
                    because.push(Evidence::new(Source::MinikubeProfile, fact));
                }
            }
            let Some(guess) = heuristics(asking, situation, &name) else { return Recognition::Claimed };
            guess
        }
    };
    let machines = machines(situation, &config, &name);
    let answered = situation.server.address().filter(|ip| situation.api_answers() && !ip.is_loopback());
    let network = config.known().map(|config| config.network.clone()).filter(|network| !network.is_empty());
    let containers = match made.engine().map(|engine| containers(asking, situation, engine, &machines, answered)) {
        Some(Seen::Known(containers)) => Some(NodeContainers {
            cluster: name.clone(),
            first: name.clone(),
            network: network.unwrap_or_else(|| name.clone()),
            ..containers
        }),
        Some(_) => return Recognition::Claimed,
        None => None,
    };
    let attached =
        machines.iter().any(|(node, ip)| ip.is_some_and(|ip| is_attached(node, ip, answered, containers.as_ref())));
    let mode = match mode(asking, made, &os, attached) {
        Seen::Known(mode) => mode,
        Seen::Pending => return Recognition::Claimed,
        _ => Mode::Unknown,
    };
    let engine_elsewhere = made.engine().is_some_and(|engine| is_elsewhere(asking, engine));
    // An engine that was asked and does not hold a cluster whose API server answers: the
    // cluster is at the other end of a tunnel, where nobody agreed to probes.
    let held = containers.as_ref().is_none_or(|containers| {
        !matches!(containers.nodes, Seen::Unavailable(Why::OtherEngine { .. } | Why::EngineElsewhere { .. }))
    });
    let near = situation.is_near()
        || answered.is_some_and(|ip| machines.iter().any(|(_, own)| *own == Some(ip)) && made != Made::Remote);
    let certainty = match &config {
        Seen::Known(_) => Certainty::Certain,
        _ if is_named => Certainty::Likely,
        _ => Certainty::Guess,
    };
    let renamed = Some(situation.context.clone()).filter(|context| *context != name);
    Recognition::Yes(Box::new(Cluster {
        profile: name,
        renamed,
        home,
        is_minikubes,
        config,
        has_directory,
        driver,
        made,
        mode,
        certainty,
        because,
        containers,
        engine_elsewhere,
        machines,
        server: situation.server.clone(),
        answered,
        api: situation.api_answers(),
        os,
        host,
        local: held && near,
        unobserved,
    }))
}

/// What the profile's driver makes. Where it names no network, the address that it gave tells.
fn made(config: &Profile, os: &str) -> Made {
    let address = config.nodes.iter().find_map(|node| node.ip).map(|ip| ip.to_string());
    match (Made::by(&config.driver, &config.network, os), config.driver.as_str(), address.as_deref()) {
        (Made::Unknown, "qemu2", Some(QEMU_ADDRESS)) => Made::IsolatedVm,
        (Made::Unknown, "qemu2", Some(_)) => Made::Vm,
        (made, ..) => made,
    }
}

/// The nodes as an engine has them, without the names that the profile gives them.
fn containers(
    asking: &Asking,
    situation: &Situation,
    engine: Engine,
    machines: &[(String, Option<IpAddr>)],
    answered: Option<IpAddr>,
) -> Seen<NodeContainers> {
    let all = labelled(asking, engine, CREATED_LABEL);
    if all.is_pending() {
        return Seen::Pending;
    }
    let host = situation.host.known().cloned();
    // Where the API server answers at a node's address, this computer is in its network.
    let reaches = |ip: IpAddr| host.as_ref().is_some_and(|host| host.reaches(ip));
    let addresses = || machines.iter().filter_map(|(_, ip)| *ip);
    let in_doubt = !addresses().any(|ip| answered == Some(ip)) && addresses().any(reaches);
    let shared = match in_doubt.then(|| shares_networks(asking, engine)) {
        Some(Seen::Pending) => return Seen::Pending,
        Some(Seen::Known(shared)) => shared,
        _ => None,
    };
    let os = host.as_ref().map(|host| host.os.clone()).unwrap_or_default();
    let walls = match walls_of(asking, engine, &os) {
        Seen::Known(walls) => walls,
        _ => return Seen::Pending,
    };
    let containers = NodeContainers {
        engine,
        cluster: String::new(),
        nodes: own(all.map(|all| (*all).clone()), engine, machines, situation),
        first: String::new(),
        network: String::new(),
        reserved: OWN_PORTS,
        host,
        shared,
        walls: Vec::new(),
        proxy: None,
    };
    Seen::Known(containers.behind(walls))
}

/// Whether this computer is in a node's network: its API server answered at that address, or
/// the network's gateway is one of this computer's own.
fn is_attached(node: &str, ip: IpAddr, answered: Option<IpAddr>, containers: Option<&NodeContainers>) -> bool {
    if answered == Some(ip) {
        return true;
    }
    let Some(containers) = containers else { return false };
    let Some(node) = containers.known().iter().find(|container| container.name == node) else { return false };
    matches!(containers.address_fact(node), Some((State::Present, _)))
}

fn is_elsewhere(asking: &Asking, engine: Engine) -> bool {
    let local = |host: &str| ["127.", "localhost", "[::1]"].iter().any(|loopback| host.starts_with(loopback));
    endpoint(asking, engine).known().and_then(|endpoint| endpoint.host.clone()).is_some_and(|host| !local(&host))
}

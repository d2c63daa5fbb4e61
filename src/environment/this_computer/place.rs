//! A cluster with a node that is this computer, as a place.

use std::net::IpAddr;
use std::rc::Rc;

use super::{Tool, node_host, own_address};
use crate::answers::{Asking, Seen};
use crate::ask::Why;
use crate::diagnose::finding::Finding;
use crate::environment::{Blocked, Place, Plan, Server, Standstill, Wanted};
use crate::fact::host::Host;
use crate::remedy::argv;
use crate::report::{
    Action, Argv, Certainty, EnvironmentInfo, Evidence, Fact, Hop, Owner, Remedy, Source, State, Unobserved,
};

/// A cluster with a node that is this computer.
pub(super) struct Cluster {
    /// Who made it one.
    pub(super) tool: &'static dyn Tool,
    pub(super) certainty: Certainty,
    pub(super) because: Vec<Evidence>,
    /// Its nodes, this computer first.
    pub(super) members: Seen<Vec<Member>>,
    /// The API server.
    pub(super) server: Server,
    pub(super) host: Option<Rc<Host>>,
}

/// A node of it.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) ip: Option<IpAddr>,
    /// It is this computer.
    pub(super) own: bool,
    /// The cluster says that it is Ready.
    pub(super) ready: bool,
    /// The socket of its container runtime, where kubeadm noted it.
    pub(super) runtime: Option<String>,
}

impl Cluster {
    /// Its nodes, as far as they are known.
    pub(super) fn members(&self) -> &[Member] {
        self.members.known().map_or(&[], Vec::as_slice)
    }

    /// This computer as a node.
    pub(super) fn own(&self) -> Option<&Member> {
        self.members().iter().find(|member| member.own)
    }

    fn log(&self) -> Remedy {
        remedy(Action::ReadServiceLog { tool: self.tool.service() }, vec![self.tool.log()])
    }
}

fn remedy(action: Action, commands: Vec<Argv>) -> Remedy {
    let privileged = commands.iter().flatten().any(|word| word == "sudo");
    Remedy { commands, privileged, ..Remedy::new(action, Argv::new()) }
}

impl Place for Cluster {
    fn info(&self) -> EnvironmentInfo {
        EnvironmentInfo {
            id: self.tool.id(),
            name: None,
            driver: None,
            engine: None,
            certainty: self.certainty,
            because: self.because.clone(),
            boundaries: Vec::new(),
        }
    }

    fn is_local(&self) -> bool {
        self.own().is_some()
    }

    /// The service of the tool does not run, or its API server hangs. That is Kubernetes' own:
    /// nothing else is on this computer that could stand still.
    fn standstill(&self, _asking: &Asking, api: Option<&Why>) -> Option<Standstill> {
        // An API server that was seen to answer is no standstill.
        let why = api.filter(|why| why.is_silence() && self.members.known().is_none())?;
        let tool = self.tool.service();
        let mend = match why {
            Why::Refused => remedy(Action::StartService { tool }, self.tool.start()),
            _ => remedy(Action::RestartService { tool }, self.tool.restart()),
        };
        let remedies = if *why == Why::Refused { vec![mend, self.log()] } else { vec![self.log(), mend] };
        let finding = Finding::ApiServerNotAnswering { container: String::new(), tool: Some(tool), why: why.clone() };
        Some(Blocked { finding, remedies }.into())
    }

    fn node_host(&self, node: Option<&str>) -> Hop {
        let named = node.and_then(|node| self.members().iter().find(|member| member.name == node));
        match named.or(self.own()) {
            Some(member) if member.own => node_host(Source::Interfaces),
            // Another computer: no layer of this one is between.
            Some(member) => {
                let state = if member.ready { State::Present } else { State::Unknown };
                let fact = Fact::Machine { name: member.name.clone(), driver: "ssh".into(), ip: member.ip };
                Hop { owner: Owner::Kubernetes, ..Hop::node_host(state, Evidence::new(Source::Api("Node"), fact)) }
            }
            None => {
                let fact = Fact::InstalledHere { tool: self.tool.name(), file: self.tool.trace() };
                let evidence = Evidence::new(Source::Files, fact);
                Hop { owner: Owner::Kubernetes, ..Hop::node_host(State::Unknown, evidence) }
            }
        }
    }

    fn roads(&self, asking: &Asking, wanted: &Wanted) -> Vec<Plan> {
        self.all_roads(asking, wanted)
    }

    fn start_kubelet(&self, node: &str) -> Option<Remedy> {
        self.own().filter(|own| own.name == node)?;
        Some(remedy(Action::StartKubelet { node: node.into() }, self.tool.restart()))
    }

    fn renew_kubeconfig(&self) -> Option<Remedy> {
        let action = Action::PrintKubeconfig { tool: self.tool.name() };
        Some(remedy(action, vec![self.tool.kubeconfig()]))
    }

    fn load_image(&self, image: &str) -> Option<Remedy> {
        // The other nodes have stores of their own, on other computers.
        let own = self.own().filter(|_| self.members().len() == 1)?;
        let import = self.tool.import(own.runtime.as_deref(), "image.tar")?;
        let save = argv(&["docker", "save", "-o", "image.tar", image]);
        let action = Action::ImportImage { image: image.into() };
        Some(remedy(action, vec![save, import]))
    }

    /// The same question as from outside: there is no inside.
    fn look_inside(&self, _node: Option<&str>, _node_port: u16) -> Option<Argv> {
        None
    }

    fn host_ports(&self) -> Vec<u16> {
        vec![self.server.port]
    }

    fn unobserved(&self) -> Vec<Unobserved> {
        Vec::new()
    }

    fn doors(&self) -> Vec<Hop> {
        self.own().and_then(|own| own.ip).map(own_address).into_iter().collect()
    }
}

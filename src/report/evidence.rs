//! What a statement rests on: who said it, and what was seen.

use super::Fact;
use crate::ask::Engine;

/// One observation that a statement rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Who said it.
    pub source: Source,
    /// What was seen.
    pub fact: Fact,
}

impl Evidence {
    /// Puts a fact and its source together.
    pub fn new(source: Source, fact: Fact) -> Self {
        Self { source, fact }
    }

    /// Whether traffic was sent to learn it, as opposed to reading what is configured.
    pub fn is_live(&self) -> bool {
        matches!(
            self.source,
            Source::Probe | Source::Windows | Source::ServiceProxy | Source::PodProxy | Source::PortForward
        )
    }
}

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The kubeconfig.
    Kubeconfig,
    /// This computer's network interfaces.
    Interfaces,
    /// `container inspect` of an engine.
    Engine(Engine),
    /// An API object, by kind.
    Api(&'static str),
    /// The connection to the API server itself.
    ApiServer,
    /// A probe from this computer.
    Probe,
    /// The API server's service proxy.
    ServiceProxy,
    /// The API server's pod proxy.
    PodProxy,
    /// A port-forward stream.
    PortForward,
    /// This computer's own lookup of a name.
    Resolver,
    /// minikube's file about the profile.
    MinikubeProfile,
    /// `minikube status`.
    MinikubeStatus,
    /// `limactl list`.
    Lima,
    /// The log of a VM's host agent.
    LimaLog,
    /// The files of this computer.
    Files,
    /// The processes of this computer.
    Processes,
    /// The routes of this computer.
    Routes,
    /// WSL and its settings, and the sockets of its distribution.
    Wsl,
    /// A program of Windows, asked from WSL.
    Windows,
    /// What other hops imply.
    Inference,
    /// The request's own flags.
    Request,
}

/// Why no probe was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotProbed {
    /// `--no-probe`.
    Forbidden,
    /// The cluster is not recognised as local; `--probe` would allow it.
    NotLocal,
    /// The address is not proven to stay on this computer.
    NotProvenLocal,
    /// Whoever answers there need not be this Service.
    MaybeStranger,
    /// UDP and SCTP cannot be probed.
    NotTcp,
    /// The browser is elsewhere.
    OtherViewer,
    /// The browser is on Windows, and no program there could be asked.
    WindowsNotAsked,
}

/// What could not be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// An API resource, by plural name.
    Resource(&'static str),
    /// The containers of an engine.
    Engine(Engine),
    /// minikube's file about the profile.
    MinikubeProfile,
    /// The processes of this computer.
    Processes,
    /// The VMs of Lima.
    LimaInstances,
    /// The service proxy.
    ServiceProxy,
    /// The pod proxy.
    PodProxy,
    /// The port-forward stream.
    PortForward,
    /// What a program of Windows gets.
    Windows,
    /// The road through an Ingress.
    Ingress,
    /// The road through a Gateway.
    Gateway,
    /// Whether a controller answers by itself or passes on what the application says.
    Answerer,
    /// Where a controller takes traffic.
    Controller,
    /// The addresses of a host name.
    HostName,
    /// The road through the node's own ports.
    HostPort,
    /// Which hop of a road lets nothing through.
    Road,
    /// To which nodes the proxy in front of them passes a connection on.
    ProxyTargets,
    /// Which network plugin enforces NetworkPolicy.
    Enforcement,
    /// The policies of a network plugin's own kinds, by its name.
    OwnPolicies(&'static str),
}

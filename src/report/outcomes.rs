//! What a run produces, and what it cost.

use serde::Serialize;

use super::{ContextInfo, EnvironmentInfo, Found, Hop, Report, Unobserved};

/// What a run cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Took {
    /// Milliseconds of wall time.
    pub ms: u64,
    /// Reads of the API server.
    pub reads: usize,
    /// Probes, from this computer and through the API server.
    pub probes: usize,
}

/// All Services of a namespace in one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// What the kubeconfig says. Its namespace is empty where it is all of them.
    pub context: ContextInfo,
    /// Where the context points.
    pub environment: EnvironmentInfo,
    /// One report per Service, by namespace and name.
    pub items: Vec<Report>,
    /// A finding that hits every Service, for example a stopped node.
    pub blocked: Option<Found>,
    /// What could not be observed.
    pub unobserved: Vec<Unobserved>,
    /// What it cost.
    pub took: Took,
}

/// What the context points at.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvironmentReport {
    /// What the kubeconfig says.
    pub context: ContextInfo,
    /// Where the context points.
    pub environment: EnvironmentInfo,
    /// Ways from this host to the node, whatever the Service.
    pub doors: Vec<Hop>,
    /// A finding about the environment as a whole.
    pub blocked: Option<Found>,
    /// What could not be observed.
    pub unobserved: Vec<Unobserved>,
    /// What it cost.
    pub took: Took,
}

/// What a run produces.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcomes {
    /// `explain svc/NAME`.
    Path(Box<Report>),
    /// `explain`.
    Overview(Box<Overview>),
    /// `env`.
    Environment(Box<EnvironmentReport>),
}

//! A front: what takes HTTP for several Services and passes each request on by its host
//! and path. An Ingress controller is one, a Gateway is another.
//!
//! The way to the front is the way to its own Service, walked by the same rules as any
//! other, with the request of the browser as its probe. What comes back is the front's
//! answer or the application's; `judge` tells the two apart.

mod behind;
mod entry;
pub mod gateway;
pub mod ingress;
mod judge;
mod name;
mod placed;
mod roads;
pub mod route;
pub mod walk;
pub mod ways;

use std::net::IpAddr;

use crate::ask::Page;
use crate::diagnose::Objects;
use crate::environment::Blocked;
use crate::fact::cluster::Service;
use crate::fact::read::Shared;
use crate::report::{Hop, RoadId, Unobserved};

/// One way through a front, to one port of one Service.
pub struct Front {
    /// Ingress or Gateway.
    pub road: RoadId,
    /// Host and path, for a reader.
    pub route: String,
    /// What a browser asks for.
    pub page: Page,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// The port that its controller listens on, where it names one: a Gateway's listener does.
    pub listener: Option<u16>,
    /// Where it takes traffic.
    pub entry: Entry,
    /// Services of others that may be it, where the first does not bring an answer.
    pub others: Vec<Shared<Service>>,
    /// The hops of the front itself: controller, and the rule that leads on.
    pub hops: Vec<Hop>,
    /// The first of them that is missing, and a cause.
    pub blocked: Option<Blocked>,
    /// What is wrong beside that, and closes nothing.
    pub also: Option<Blocked>,
    /// Another rule may take the same requests: then nobody can say whose an answer is.
    pub contested: Option<Unobserved>,
    /// What could not be observed.
    pub unobserved: Vec<Unobserved>,
}

/// Where a front takes traffic.
pub enum Entry {
    /// Not known: too early, or nothing tells.
    Unknown,
    /// At its own Service, which has these objects behind it.
    Service(Box<Objects>),
    /// At an address that it wrote into its status.
    Address(IpAddr),
    /// Nowhere: it waits for a program outside of the cluster. With the hop that is missing.
    Nowhere(Box<Hop>),
}

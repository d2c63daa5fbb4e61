//! minikube, each driver of it.

mod claims;
mod environment;
mod facts;
mod facts_computer;
mod facts_engine;
mod facts_forward;
mod facts_objects;
mod facts_read;
mod facts_route;
mod facts_service;
mod facts_states;
mod identify;
mod ingress;
pub mod machine;
mod modes;
mod roads;
mod states;
mod truth;
mod tunnels;
mod wsl;

use netpath::report::Outcomes;

/// Compares what is said with what is expected of minikube.
#[track_caller]
pub fn says(name: &str, outcomes: &Outcomes) {
    crate::says(&format!("minikube/{name}"), outcomes);
}

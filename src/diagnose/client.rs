//! The API server could not be read: whose fault is that?
//!
//! Never "missing" for anything in the cluster: without the API server nothing is known
//! about the Service, and the report says so.

use super::Scene;
use super::finding::Finding;
use crate::ask::Why;
use crate::environment::Blocked;
use crate::report::{Action, Remedy};

/// Turns the reason why a read failed into a finding about this client or the server.
/// `what` is the resource that was read.
pub fn blocked(scene: &Scene, server: &str, what: &'static str, why: &Why) -> Option<Blocked> {
    let server = server.to_owned();
    let contexts = || vec![Remedy::new(Action::UseContext, scene.kubectl.cluster(&["config", "get-contexts"]))];
    let (finding, remedies) = match why.last() {
        Why::Refused => (Finding::ApiServerRefused { server }, [renewed(scene), contexts()].concat()),
        Why::TimedOut | Why::Deadline => (Finding::ApiServerTimeout { server }, contexts()),
        Why::Unreachable { detail } | Why::ConnectionClosed { detail } => {
            (Finding::ApiServerUnreachable { server, detail: detail.clone() }, contexts())
        }
        Why::NameNotResolved { host } => (Finding::ApiServerUnreachable { server, detail: host.clone() }, contexts()),
        Why::Proxy { url, .. } => (Finding::ApiServerUnreachable { server, detail: url.clone() }, contexts()),
        Why::Certificate { detail } => {
            (Finding::ApiServerCertMismatch { server, detail: detail.clone() }, renewed(scene))
        }
        Why::Unauthorized => (Finding::Unauthorized { server }, renewed(scene)),
        Why::Forbidden { detail } => {
            let ask = scene.kubectl.call(&["auth", "can-i", "get", what]);
            let finding = Finding::Forbidden { what: what.into(), message: detail.clone() };
            (finding, vec![Remedy::new(Action::CanI, ask)])
        }
        Why::ServerError { status, detail } => {
            let detail = format!("HTTP {status} {detail}").trim_end().to_owned();
            (Finding::ApiServerError { server, detail }, Vec::new())
        }
        Why::Unreadable { detail } => (Finding::ApiServerError { server, detail: detail.clone() }, Vec::new()),
        Why::Credentials { detail } => (Finding::CredentialsFailed { detail: detail.clone() }, contexts()),
        Why::EngineElsewhere { .. }
        | Why::OtherEngine { .. }
        | Why::NotFollowed { .. }
        | Why::OutOfDate { .. }
        | Why::Ambiguous
        | Why::NotRecognised
        | Why::NotEvaluated
        | Why::NotRecorded
        | Why::Partly { .. }
        | Why::TooMany
        | Why::ToolNotFound { .. }
        | Why::PermissionDenied { .. }
        | Why::ToolFailed { .. }
        | Why::NotStarted { .. } => {
            return None;
        }
    };
    Some(Blocked { finding, remedies })
}

/// A cluster that was made again has another CA and other users; the kubeconfig entry is
/// from before.
fn renewed(scene: &Scene) -> Vec<Remedy> {
    scene.place.and_then(|place| place.renew_kubeconfig()).into_iter().collect()
}

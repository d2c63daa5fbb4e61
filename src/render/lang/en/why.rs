//! Why something could not be looked at.

use super::quote;
use crate::ask::Why;
use crate::report::Subject;

pub(super) fn subject(subject: Subject) -> String {
    match subject {
        Subject::Resource(plural) => plural.into(),
        Subject::Engine(engine) => format!("{engine} containers"),
        Subject::MinikubeProfile => "the minikube profile".into(),
        Subject::LimaInstances => "the VMs of Lima".into(),
        Subject::Processes => "the processes of this computer".into(),
        Subject::ServiceProxy => "the service proxy".into(),
        Subject::PodProxy => "the pod proxy".into(),
        Subject::PortForward => "port-forward".into(),
        Subject::Windows => "what a browser on Windows gets".into(),
        Subject::Ingress => "the way through an Ingress".into(),
        Subject::Gateway => "the way through a Gateway".into(),
        Subject::Answerer => "who answers there, the controller or the application".into(),
        Subject::Controller => "where the controller takes traffic".into(),
        Subject::HostName => "the addresses of the host name".into(),
        Subject::Enforcement => "who enforces NetworkPolicy".into(),
        Subject::OwnPolicies(plugin) => format!("policies of {plugin}'s own kinds"),
        Subject::HostPort => "the way through the node's own ports".into(),
        Subject::ProxyTargets => {
            "to which nodes the cluster's proxy passes it on (to none for 10 seconds after a failure)".into()
        }
        Subject::Road => "on which side of the node it stops".into(),
    }
}

pub(super) fn text(why: &Why) -> String {
    match why {
        Why::TimedOut => "no answer in time".into(),
        Why::Deadline => "the time for the whole run was over".into(),
        Why::NotRecorded => "not in the recording".into(),
        Why::ToolNotFound { tool } => format!("{tool} is not installed or not on PATH"),
        // docker begins with the same words.
        Why::PermissionDenied { detail } if detail.to_lowercase().starts_with("permission denied") => quote(detail),
        Why::PermissionDenied { detail } => with("permission denied", detail),
        Why::ToolFailed { tool, detail } => with(&format!("{tool} failed"), detail),
        Why::NotStarted { what, detail } => with(&format!("netpath could not start {what}"), detail),
        Why::Unreadable { detail } => with("the answer made no sense", detail),
        Why::Refused => "connection refused".into(),
        Why::Unreachable { detail } => with("not reachable", detail),
        Why::NameNotResolved { host } => format!("the name {host} does not resolve"),
        Why::ConnectionClosed { detail } => with("the connection ended before an answer", detail),
        Why::Certificate { detail } => with("the TLS handshake failed", detail),
        Why::EngineElsewhere { host } => format!("the containers run on another computer, {host}"),
        Why::OtherEngine { engine } => {
            format!("{engine} does not hold this cluster, whose API server answers: another engine or computer does")
        }
        Why::NotFollowed { detail } => format!("{} leads to it, and netpath does not follow that yet", quote(detail)),
        Why::OutOfDate { detail } => format!("the status of {} is about an older version of it", quote(detail)),
        Why::Ambiguous => "what was seen has more than one explanation".into(),
        Why::NotRecognised => "no network plugin that netpath knows".into(),
        Why::NotEvaluated => "not evaluated".into(),
        Why::Partly { read, why } => format!("only the first {read} could be read, then {}", text(why)),
        Why::TooMany => "not asked for each of so many Services: explain svc/NAME does".into(),
        Why::Unauthorized => "the API server does not know you, HTTP 401".into(),
        Why::Forbidden { .. } => "you may not read this, HTTP 403".into(),
        Why::ServerError { status, detail } => with(&format!("the API server answered {status}"), detail),
        Why::Credentials { detail } => with("the credentials could not be loaded", detail),
        Why::Proxy { url, detail } => with(&format!("the proxy {url} did not let netpath through"), detail),
    }
}

fn with(text: &str, detail: &str) -> String {
    if detail.is_empty() { text.to_owned() } else { format!("{text}: {}", quote(detail)) }
}

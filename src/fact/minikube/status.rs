//! `minikube status -o json`: what only minikube itself can tell, asked only when the API
//! server does not answer.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::answers::{Asking, Seen};
use crate::ask::{Ask, Distilled, Question, Raw, Why};

/// One node's status, in minikube's words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Name of the node's container or VM.
    pub name: String,
    /// Running, Stopped, Paused, Nonexistent ...
    pub host: String,
    /// Running or Stopped.
    pub kubelet: String,
    /// Running, Stopped or Paused; Irrelevant on a worker.
    pub api_server: String,
    /// Configured, or Misconfigured where the kubeconfig has another address.
    pub kubeconfig: String,
}

struct OfProfile(String);

impl Question for OfProfile {
    type Answer = Vec<Status>;

    fn ask(&self) -> Ask {
        Ask::MinikubeStatus { profile: self.0.clone() }
    }

    fn distil(&self, raw: Raw) -> Distilled<Vec<Status>> {
        let Raw::Text(text) = raw else { return Err(Why::Unreadable { detail: "not a command's output".into() }) };
        read(&text)
    }
}

/// The nodes' status, control plane first. Absent: minikube knows no such profile.
pub fn status(asking: &Asking, profile: &str) -> Seen<Rc<Vec<Status>>> {
    asking.ask(OfProfile(profile.to_owned()))
}

/// Reads the output, which is one object, an array of them (several nodes), `null` (the
/// container or its engine is gone) or lines of CloudEvents (no such profile).
fn read(text: &str) -> Distilled<Vec<Status>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Written {
        name: String,
        host: String,
        kubelet: String,
        #[serde(rename = "APIServer")]
        api_server: String,
        kubeconfig: String,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Output {
        One(Written),
        Many(Vec<Written>),
        None(()),
    }
    #[derive(Deserialize)]
    struct Event {
        specversion: String,
        #[serde(default)]
        data: serde_json::Value,
    }
    let unreadable = || Why::Unreadable { detail: "minikube status: no status".into() };
    let slim = |written: Written| Status {
        name: written.name,
        host: written.host,
        kubelet: written.kubelet,
        api_server: written.api_server,
        kubeconfig: written.kubeconfig,
    };
    match serde_json::from_str(text) {
        Ok(Output::One(one)) => return Ok(Some(vec![slim(one)])),
        Ok(Output::Many(many)) if !many.is_empty() => return Ok(Some(many.into_iter().map(slim).collect())),
        Ok(Output::Many(_) | Output::None(())) => return Err(unreadable()),
        Err(_) => {}
    }
    let events = text.lines().filter_map(|line| serde_json::from_str::<Event>(line).ok());
    // Exit code 85 of a profile that does not exist (`pkg/minikube/reason/exitcodes.go`).
    let gone = |event: Event| {
        !event.specversion.is_empty()
            && (event.data["exitcode"] == "85"
                || event.data["message"].as_str().is_some_and(|said| said.contains("not found")))
    };
    if events.into_iter().any(gone) { Ok(None) } else { Err(unreadable()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_output_is_told_apart() {
        let one = r#"{"Name":"ports","Host":"Running","Kubelet":"Stopped","APIServer":"Paused","Kubeconfig":"Configured","Worker":false}"#;
        let status = read(one).unwrap().unwrap();
        assert_eq!((status[0].api_server.as_str(), status[0].host.as_str()), ("Paused", "Running"));
        let in_use = one.replace("\"Worker\"", "\"DockerEnv\":\"in-use\",\"Worker\"");
        assert_eq!(read(&in_use).unwrap().unwrap(), status);
        assert_eq!(read(&format!("[{one},{one}]")).unwrap().unwrap().len(), 2);
        assert!(read("null").is_err(), "the container is gone, or its engine could not be asked");
        assert!(read("").is_err() && read("Error").is_err());
    }
}

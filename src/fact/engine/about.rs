//! What an engine says of itself, and where its command connects.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::answers::{Asking, Seen};
use crate::ask::{Ask, Distilled, Engine, Question, Raw, Why};
use crate::fact::live::decode;
use crate::fact::read::nullable;

/// What an engine says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Info {
    /// The operating system that it runs on, in its own words; empty where it does not say.
    pub operating_system: String,
    /// Whether it runs without root: its networks are in a namespace of their own then.
    pub rootless: bool,
}

impl Info {
    /// Whether it is in the VM of Docker Desktop.
    pub fn is_desktop(&self) -> bool {
        self.operating_system == "Docker Desktop"
    }
}

struct OfEngine(Engine);

impl Question for OfEngine {
    type Answer = Info;

    fn ask(&self) -> Ask {
        Ask::EngineInfo(self.0)
    }

    fn distil(&self, raw: Raw) -> Distilled<Info> {
        let Raw::Text(text) = raw else {
            return Err(Why::Unreadable { detail: "not the output of a command".into() });
        };
        info_of(&text).map(Some)
    }
}

/// What an engine says of itself.
pub fn info(asking: &Asking, engine: Engine) -> Seen<Rc<Info>> {
    asking.ask(OfEngine(engine))
}

/// Reads `docker system info` or `podman info`, in JSON.
fn info_of(text: &str) -> Result<Info, Why> {
    #[derive(Deserialize)]
    struct Said {
        // docker: an entry is `name=rootless`, or `name=rootless,...`.
        #[serde(default, rename = "OperatingSystem", deserialize_with = "nullable")]
        operating_system: String,
        #[serde(default, rename = "SecurityOptions", deserialize_with = "nullable")]
        security_options: Vec<String>,
        // podman.
        #[serde(default)]
        host: PodmanHost,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct PodmanHost {
        security: PodmanSecurity,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct PodmanSecurity {
        rootless: bool,
    }
    let said: Said = serde_json::from_str(text).map_err(|error| Why::Unreadable {
        detail: format!("info: line {}, column {}", error.line(), error.column()),
    })?;
    let rootless = said.security_options.iter().any(|option| option.split(',').any(|part| part == "name=rootless"));
    Ok(Info { operating_system: said.operating_system, rootless: rootless || said.host.security.rootless })
}

/// Where an engine's command connects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// The host part of the address; `None` for a socket or a pipe of this computer.
    pub host: Option<String>,
    /// Whether it is the socket of Docker Engine as the whole system has it: not a user's own
    /// engine, and not one in a VM.
    #[serde(default)]
    pub system: bool,
    /// The socket's path, links followed, as [`crate::ask::Ask::File`] writes paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socket: Option<String>,
}

struct EndpointOf(Engine);

impl Question for EndpointOf {
    type Answer = Endpoint;

    fn ask(&self) -> Ask {
        Ask::EngineEndpoint(self.0)
    }

    fn distil(&self, raw: Raw) -> Distilled<Endpoint> {
        decode(raw)
    }
}

/// Where an engine's command connects, `minikube docker-env` undone.
pub fn endpoint(asking: &Asking, engine: Engine) -> Seen<Rc<Endpoint>> {
    asking.ask(EndpointOf(engine))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_says_whether_it_is_rootless() {
        let of = |text| info_of(text).map(|info| (info.operating_system, info.rootless)).unwrap();
        let docker = r#"{"OperatingSystem":"Docker Desktop","SecurityOptions":["name=seccomp,profile=unconfined"]}"#;
        assert_eq!(of(docker), ("Docker Desktop".into(), false));
        assert_eq!(of(r#"{"OperatingSystem":"Debian","SecurityOptions":["name=rootless"]}"#), ("Debian".into(), true));
        assert_eq!(of(r#"{"host":{"security":{"rootless":true}}}"#), (String::new(), true));
        assert_eq!(of(r#"{"SecurityOptions":null}"#), (String::new(), false));
    }
}

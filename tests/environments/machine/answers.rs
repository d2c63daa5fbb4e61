//! What a machine answers to the core's questions.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use netpath::ask::{Ask, Engine, Observed, Raw, Why};
use netpath::fact::host::{Host, Interface};
use netpath::fact::kubeconfig::{Cluster, Context, Kubeconfig};
use netpath::fact::live::Outcome;
use serde_json::{Value, json};

use super::{Machine, address, failure, http, value};

impl Machine {
    pub fn observe(&self, ask: &Ask) -> Observed {
        match ask {
            Ask::Host => value(&self.host()),
            Ask::Kubeconfig => value(&self.kubeconfig()),
            Ask::Variable(name) => Ok(self.variables.get(name.as_str()).cloned().map(Raw::Text)),
            Ask::File(path) if self.unreadable.contains(path) => Err(Why::PermissionDenied { detail: path.clone() }),
            Ask::File(path) => Ok(self.files.get(path).cloned().map(Raw::Text)),
            Ask::Containers { engine, .. } | Ask::EngineInfo(engine) if self.silence_of(*engine).is_some() => {
                Err(self.silence_of(*engine).expect("just seen"))
            }
            Ask::Containers { engine, .. } if self.engine_host.is_some_and(|host| !host.starts_with("127.")) => {
                let host = self.engine_host.unwrap_or_default();
                assert_eq!(engine.command(), "docker", "only docker is composed elsewhere");
                Err(Why::EngineElsewhere { host: host.into() })
            }
            Ask::Containers { engine, label } => {
                let Some((_, all)) = self.containers.iter().find(|(own, _)| own == engine) else {
                    return Err(Why::ToolNotFound { tool: engine.command().into() });
                };
                let has = |container: &&Value| container["Config"]["Labels"].get(label.as_str()).is_some();
                let found: Vec<&Value> = all.iter().filter(has).collect();
                Ok(Some(Raw::Text(json!(found).to_string())))
            }
            Ask::EngineEndpoint(_) => value(&json!({ "host": self.engine_host, "socket": self.engine_socket })),
            Ask::EngineInfo(engine) if self.containers.iter().all(|(own, _)| own != engine) => {
                Err(Why::ToolNotFound { tool: engine.command().into() })
            }
            Ask::EngineInfo(_) => Ok(Some(Raw::Text(self.engine_info.to_string()))),
            Ask::LimaInstances { home } => match self.limas.iter().find(|(own, _)| own.map(str::to_owned) == *home) {
                Some((_, Ok(list))) => Ok(Some(Raw::Text(list.clone()))),
                Some((_, Err(why))) => Err(why.clone()),
                None => Err(Why::ToolNotFound { tool: "limactl".into() }),
            },
            Ask::LimaLog { instance, .. } => match self.lima_logs.iter().find(|(own, ..)| own == instance) {
                Some((_, text, whole)) => value(&json!({ "text": text, "whole": whole })),
                None => Ok(None),
            },
            Ask::MinikubeStatus { .. } => match &self.status {
                Some(status) => Ok(Some(Raw::Text(status.clone()))),
                None => Err(Why::ToolNotFound { tool: "minikube".into() }),
            },
            Ask::MinikubeProcesses if self.processes_hidden => {
                Err(Why::PermissionDenied { detail: "processes".into() })
            }
            Ask::MinikubeProcesses => value(&self.parsed().collect::<Vec<_>>()),
            Ask::Listeners(port) => value(&self.sockets(*port)),
            Ask::Route(to) => {
                let own = self.routes.iter().find(|(destination, ..)| address(destination) == *to);
                let (source, gateway) = own.map_or((None, None), |(_, source, gateway)| (*source, *gateway));
                value(&json!({ "source": source, "gateway": gateway }))
            }
            Ask::Wsl => self.wsl.as_ref().map_or(Ok(None), value),
            Ask::WslMode => match self.wsl_mode {
                Some(mode) => Ok(Some(Raw::Text(mode.into()))),
                None => Err(Why::ToolNotFound { tool: "wslinfo".into() }),
            },
            Ask::WslSettings => match self.wsl_settings {
                Some(text) => Ok(Some(Raw::Text(text.into()))),
                None => Err(Why::Unreadable { detail: "its place is not known".into() }),
            },
            Ask::Sockets(_) => Ok(Some(Raw::Text(self.table()))),
            Ask::FromWindows(probe) => {
                let to = probe.to.at();
                let own = self.host().owns(to.ip()) && !to.ip().is_loopback();
                assert!(own || to.ip() == Ipv4Addr::LOCALHOST || to.ip() == Ipv6Addr::LOCALHOST, "Windows asks {to}");
                let Some(doors) = &self.windows else {
                    return Err(Why::ToolNotFound { tool: "curl.exe".into() });
                };
                let own = doors.iter().find(|(at, ..)| at.parse::<SocketAddr>().expect("an address") == to);
                let (code, out) = own.map_or((7, "000 0.0 2.03"), |(_, code, out)| (*code, *out));
                value(&json!({ "code": code, "out": out }))
            }
            Ask::WindowsReserved => match self.reserved {
                Some(text) => Ok(Some(Raw::Text(text.into()))),
                None => Err(Why::ToolNotFound { tool: "netsh.exe".into() }),
            },
            Ask::Probe(probe) => {
                let outcome = self.door(probe.to);
                let host = probe.page.as_ref().and_then(|page| page.host.as_deref());
                let nobodys = host.is_some_and(|host| host.starts_with("no-such-host."));
                match outcome {
                    // What a controller says for a host that nobody has.
                    Outcome::Response { tls, ms, .. } if nobodys => {
                        value(&Outcome::Response { status: Some(404), tls, ms })
                    }
                    outcome => value(&outcome),
                }
            }
            Ask::Resolve(name) if self.lookup_fails => Err(Why::NameNotResolved { host: name.clone() }),
            Ask::Resolve(name) => {
                let found: Vec<_> = self.names.iter().filter(|(own, _)| own == name).map(|(_, ip)| *ip).collect();
                if found.is_empty() { Ok(None) } else { value(&found) }
            }
            Ask::Api(_) | Ask::Metadata(_) | Ask::Proxy(_) | Ask::Forward { .. } if self.api_down.is_some() => {
                Err(self.api_down.clone().expect("a reason"))
            }
            Ask::Api(path) | Ask::Metadata(path) => Ok(Some(self.read(path))),
            Ask::Proxy(_) if self.app_answers => Ok(Some(http(200, "hello"))),
            Ask::Proxy(_) => {
                let refused = "error trying to reach service: dial tcp 10.244.0.4:8080: connect: connection refused";
                Ok(Some(failure(503, "ServiceUnavailable", refused)))
            }
            Ask::Forward { .. } => value(&json!("refused")),
        }
    }

    fn silence_of(&self, engine: Engine) -> Option<Why> {
        self.silent_engines.iter().find(|(own, _)| *own == engine).map(|(_, why)| why.clone())
    }

    fn host(&self) -> Host {
        let interface = |(name, ip, prefix): &(&str, &str, u8)| Interface {
            name: (*name).into(),
            ip: address(ip),
            prefix: *prefix,
        };
        Host { os: self.os.into(), interfaces: self.interfaces.iter().map(interface).collect() }
    }

    /// What answers at an address, which has to be one that a packet reaches without leaving
    /// this computer and the networks that it is attached to: everything else would be a
    /// probe of a stranger.
    fn door(&self, to: SocketAddr) -> Outcome {
        let host = self.host();
        let routed = || {
            let own = self.routes.iter().find(|(destination, ..)| address(destination) == to.ip());
            let by = |&(_, source, gateway): &(_, Option<&str>, Option<&str>)| {
                gateway.or(source).is_some_and(|next| host.reaches(address(next)))
            };
            own.is_some_and(by)
        };
        let is_api = self.server.contains(&format!("//{}:", to.ip()));
        assert!(host.reaches(to.ip()) || routed() || is_api, "a probe of {to}, which is not proven to be near");
        let own = self.doors.iter().find(|(at, _)| at.parse::<SocketAddr>().expect("an address") == to);
        own.map_or(Outcome::Refused, |(_, outcome)| outcome.clone())
    }

    fn kubeconfig(&self) -> Kubeconfig {
        let provider = |written: bool| written.then(|| "minikube.sigs.k8s.io".to_owned());
        let (name, (cluster, user)) = (self.context.clone(), self.entries.clone());
        Kubeconfig {
            current_context: Some(name.clone()),
            contexts: vec![Context {
                name,
                cluster: cluster.clone(),
                user: user.clone(),
                namespace: Some("default".into()),
                provider: provider(self.extensions.1),
            }],
            clusters: vec![Cluster {
                name: cluster,
                server: self.server.clone(),
                proxy: None,
                provider: provider(self.extensions.0),
                origin: self.origin,
            }],
            users: vec![user.clone()],
            certificates: self.certificate.iter().map(|path| (user.clone(), path.clone())).collect(),
        }
    }

    fn read(&self, path: &str) -> Raw {
        let (bare, query) = path.split_once('?').unwrap_or((path, ""));
        let Some(object) = self.api.get(bare) else { return failure(404, "NotFound", "not found") };
        let wanted = query.split('&').find_map(|part| part.strip_prefix("labelSelector="));
        let (Some(items), Some(terms)) = (object["items"].as_array(), wanted) else {
            return http(200, &object.to_string());
        };
        let terms = terms.replace("%3D", "=").replace("%2C", ",").replace("%2F", "/");
        let has = |item: &&Value| {
            terms.split(',').all(|term| match term.split_once('=') {
                Some((key, value)) => item["metadata"]["labels"][key] == value,
                None => item["metadata"]["labels"].get(term).is_some(),
            })
        };
        let items: Vec<&Value> = items.iter().filter(has).collect();
        http(200, &json!({ "kind": object["kind"], "items": items }).to_string())
    }
}

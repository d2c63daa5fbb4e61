//! A world that answers whatever the core asks, and the loop that asks it.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use netpath::answers::Answers;
use netpath::ask::{Ask, Observed, Raw, Want, Why};
use netpath::fact::host::{Host, Interface};
use netpath::fact::kubeconfig::{Cluster, Context, Kubeconfig};
use netpath::fact::live::{Forwarded, Outcome};
use netpath::report::{Outcomes, Report};
use netpath::request::Request;
use serde::Serialize;
use serde_json::{Value, json};

use super::minikube::Minikube;
use super::wsl;

/// The port of this computer at which the API server is published.
pub const API_SERVER: u16 = 41483;
/// More answers than any run needs. A bound, so that a circle is a failure and no endless
/// run.
const ROUNDS: usize = 200;

/// What the API server serves: group and version, plural, kind.
const RESOURCES: [(&str, &str, &str); 21] = [
    ("/api/v1", "services", "Service"),
    ("/api/v1", "pods", "Pod"),
    ("/api/v1", "nodes", "Node"),
    ("/api/v1", "namespaces", "Namespace"),
    ("/api/v1", "events", "Event"),
    ("/api/v1", "secrets", "Secret"),
    ("/api/v1", "configmaps", "ConfigMap"),
    ("/apis/discovery.k8s.io/v1", "endpointslices", "EndpointSlice"),
    ("/apis/apps/v1", "deployments", "Deployment"),
    ("/apis/apps/v1", "statefulsets", "StatefulSet"),
    ("/apis/apps/v1", "daemonsets", "DaemonSet"),
    ("/apis/apps/v1", "replicasets", "ReplicaSet"),
    ("/apis/batch/v1", "jobs", "Job"),
    ("/apis/networking.k8s.io/v1", "ingresses", "Ingress"),
    ("/apis/networking.k8s.io/v1", "ingressclasses", "IngressClass"),
    ("/apis/networking.k8s.io/v1", "networkpolicies", "NetworkPolicy"),
    ("/apis/rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole"),
    ("/apis/gateway.networking.k8s.io/v1", "gateways", "Gateway"),
    ("/apis/gateway.networking.k8s.io/v1", "gatewayclasses", "GatewayClass"),
    ("/apis/gateway.networking.k8s.io/v1", "httproutes", "HTTPRoute"),
    ("/apis/gateway.networking.k8s.io/v1beta1", "referencegrants", "ReferenceGrant"),
];

/// One world. Objects are listed in the order in which they stand here.
#[derive(Clone)]
pub struct Oracle {
    /// Objects of the API server, each with its `kind`.
    pub objects: Vec<Value>,
    /// Containers of docker, as it inspects them.
    pub containers: Vec<Value>,
    /// Addresses of this computer.
    pub interfaces: Vec<Interface>,
    /// Numbers from which each live question draws its answer, by a hash of itself: the
    /// same question has the same answer in every world with the same numbers.
    pub dice: Vec<u8>,
    /// Questions that are not answered, and why not.
    pub refused: Vec<(Ask, Why)>,
    /// The kinds whose reads are all forbidden; `Containers` for the engine's.
    pub blind: Vec<&'static str>,
    /// minikube, in place of kind.
    pub minikube: Option<Minikube>,
    /// All of it is in a distribution of WSL2.
    pub wsl: bool,
}

// A failed case is read by its objects.
impl std::fmt::Debug for Oracle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for value in self.objects.iter().chain(&self.containers) {
            writeln!(f, "{value}")?;
        }
        let gateways: Vec<_> = self.interfaces.iter().map(|interface| interface.ip).collect();
        write!(f, "dice {:?}, interfaces {gateways:?}, refused {:?}, blind {:?}", self.dice, self.refused, self.blind)
    }
}

/// One run: all answers and what the core concludes.
pub struct Run {
    pub asked: Vec<Ask>,
    pub outcomes: Outcomes,
}

impl Run {
    pub fn report(&self) -> &Report {
        match &self.outcomes {
            Outcomes::Path(report) => report,
            other => panic!("not a path: {other:?}"),
        }
    }
}

impl Oracle {
    /// Asks until the core wants nothing more. Every answer that is wanted comes at once.
    pub fn run(&self, request: &Request) -> Run {
        self.run_by(request, <[Want]>::len)
    }

    /// The same with as many answers per round as `take` says: at least one, the last ones
    /// first, so that every question is once the slow one.
    pub fn run_by(&self, request: &Request, take: impl Fn(&[Want]) -> usize) -> Run {
        let mut answers = Answers::default();
        let mut asked = BTreeSet::new();
        for round in 0.. {
            let wanted = netpath::core::wants(request, &answers);
            if wanted.is_empty() {
                break;
            }
            assert!(round < ROUNDS, "does not end: still wants {:?}", wanted[0].ask);
            let some = take(&wanted).clamp(1, wanted.len());
            for want in wanted.iter().rev().take(some) {
                assert!(asked.insert(want.ask.clone()), "asked twice: {:?}", want.ask);
                answers.insert(want.ask.clone(), want.distil(self.observe(&want.ask)));
            }
        }
        let outcomes = netpath::core::report(request, &answers).expect("a kubeconfig that is in order");
        Run { asked: asked.into_iter().collect(), outcomes }
    }

    fn observe(&self, ask: &Ask) -> Observed {
        if let Some((_, why)) = self.refused.iter().find(|(refused, _)| refused == ask) {
            return Err(why.clone());
        }
        if let Some(observed) = self.wsl.then(|| wsl::observe(self.dice(ask), &self.interfaces, ask)).flatten() {
            return observed;
        }
        let hidden = matches!(ask, Ask::Containers { .. }) && self.blind.contains(&"Containers");
        let minikube = self.minikube.as_ref().filter(|_| !hidden);
        if let Some(observed) = minikube.and_then(|own| own.observe(self.dice(ask), &self.containers, ask)) {
            return observed;
        }
        let os = self.minikube.as_ref().map_or("linux", Minikube::os);
        match ask {
            Ask::Host => value(&Host { os: os.into(), interfaces: self.interfaces.clone() }),
            Ask::Kubeconfig => value(&kubeconfig()),
            Ask::Variable(_) => Ok(None),
            Ask::Containers { .. } if self.blind.contains(&"Containers") => {
                Err(Why::PermissionDenied { detail: "permission denied".into() })
            }
            Ask::Containers { label, .. } => {
                let has = |container: &&Value| container["Config"]["Labels"].get(label.as_str()).is_some();
                let found: Vec<&Value> = self.containers.iter().filter(has).collect();
                Ok(Some(Raw::Text(json!(found).to_string())))
            }
            Ask::Api(path) => self.api(path, false),
            Ask::Metadata(path) => self.api(path, true),
            Ask::Proxy(_) => Ok(Some(self.proxied(ask))),
            Ask::Forward { .. } => value(&self.forwarded(ask)),
            Ask::Probe(_) => value(&self.outcome(ask)),
            Ask::Resolve(_) => match self.dice(ask) % 3 {
                0 => Ok(None),
                1 => value(&["127.0.0.1"]),
                _ => value(&["198.51.100.7"]),
            },
            Ask::File(_) | Ask::LimaLog { .. } => Ok(None),
            Ask::EngineEndpoint(_) => value(&json!({ "host": null })),
            Ask::EngineInfo(_) => Ok(Some(Raw::Text("{}".into()))),
            Ask::LimaInstances { .. } => Err(Why::ToolNotFound { tool: "limactl".into() }),
            Ask::MinikubeStatus { .. } => Err(Why::ToolNotFound { tool: "minikube".into() }),
            Ask::MinikubeProcesses | Ask::Listeners(_) => value(&json!([])),
            Ask::Route(_) => value(&json!({})),
            Ask::Wsl | Ask::WslSettings => Ok(None),
            Ask::WslMode => Err(Why::ToolNotFound { tool: "wslinfo".into() }),
            Ask::Sockets(_) => Ok(Some(Raw::Text(String::new()))),
            Ask::FromWindows(_) => Err(Why::ToolNotFound { tool: "curl.exe".into() }),
            Ask::WindowsReserved => Err(Why::ToolNotFound { tool: "netsh.exe".into() }),
        }
    }

    fn dice(&self, ask: &Ask) -> u8 {
        let mut hasher = DefaultHasher::new();
        ask.hash(&mut hasher);
        let at = usize::try_from(hasher.finish() % self.dice.len() as u64).expect("a small number");
        self.dice[at]
    }

    fn outcome(&self, ask: &Ask) -> Outcome {
        match self.dice(ask) % 8 {
            0 => Outcome::Response { status: Some(200), tls: false, ms: 3 },
            1 => Outcome::Response { status: Some(404), tls: false, ms: 3 },
            2 => Outcome::Eof,
            3 => Outcome::Reset,
            4 => Outcome::Silent,
            5 => Outcome::Refused,
            6 => Outcome::TimedOut,
            _ => Outcome::Unreachable { detail: "no route to host".into() },
        }
    }

    fn proxied(&self, ask: &Ask) -> Raw {
        let message = match self.dice(ask) % 10 {
            0 | 1 => return http(200, "hello"),
            2 => return http(404, "not here"),
            3 => "no endpoints available for service \"web\"",
            4 | 5 => "error trying to reach service: dial tcp 10.244.0.5:8080: connect: connection refused",
            6 => "error trying to reach service: EOF",
            7 => "error trying to reach service: dial tcp 10.244.0.5:8080: i/o timeout",
            8 => "error trying to reach service: malformed HTTP response \"x\"",
            _ => return failure(403, "Forbidden", "no right"),
        };
        failure(503, "ServiceUnavailable", message)
    }

    fn forwarded(&self, ask: &Ask) -> Forwarded {
        match self.dice(ask) % 5 {
            0 => Forwarded::Response,
            1 => Forwarded::Silent,
            2 => Forwarded::Closed,
            3 => Forwarded::Refused,
            _ => Forwarded::Error { detail: "error dialing backend".into() },
        }
    }

    fn api(&self, path: &str, metadata: bool) -> Observed {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let served = RESOURCES.iter().find_map(|(group, plural, kind)| {
            let rest = path.strip_prefix(group)?.strip_prefix('/')?;
            let (namespace, rest) = match rest.strip_prefix("namespaces/").and_then(|rest| rest.split_once('/')) {
                Some((namespace, rest)) => (Some(namespace), rest),
                None => (None, rest),
            };
            let name = rest.strip_prefix(plural)?;
            Some((*kind, namespace, name.strip_prefix('/')))
        });
        let Some((kind, namespace, name)) = served else { return Ok(Some(http(404, "404 page not found\n"))) };
        if self.blind.contains(&kind) {
            return Ok(Some(failure(403, "Forbidden", "no right")));
        }
        let is = |object: &&Value| {
            let meta = &object["metadata"];
            object["kind"] == kind && namespace.is_none_or(|namespace| meta["namespace"] == namespace)
        };
        let mut found = self.objects.iter().filter(is);
        if let Some(name) = name {
            let Some(object) = found.find(|object| object["metadata"]["name"] == name) else {
                return Ok(Some(failure(404, "NotFound", &format!("{name} not found"))));
            };
            let mut object = object.clone();
            if metadata {
                object["kind"] = json!("PartialObjectMetadata");
            }
            return Ok(Some(http(200, &object.to_string())));
        }
        let items: Vec<&Value> = found.filter(|object| selected(object, query)).collect();
        Ok(Some(http(200, &json!({ "kind": format!("{kind}List"), "items": items }).to_string())))
    }
}

/// Equality in `labelSelector` and `fieldSelector`, as netpath asks for it.
fn selected(object: &Value, query: &str) -> bool {
    let query = query.replace("%3D", "=").replace("%2C", ",").replace("%2F", "/");
    query.split('&').all(|part| match part.split_once('=') {
        Some(("labelSelector", terms)) => terms.split(',').all(|term| match term.split_once('=') {
            Some((key, value)) => object["metadata"]["labels"][key] == value,
            None => object["metadata"]["labels"].get(term).is_some(),
        }),
        Some(("fieldSelector", terms)) => terms.split(',').all(|term| {
            let (key, wanted) = term.split_once('=').expect("key and value");
            key.split('.').try_fold(object, |value, part| value.get(part)).is_some_and(|value| value == wanted)
        }),
        _ => true,
    })
}

fn kubeconfig() -> Kubeconfig {
    let name = "kind-dev".to_owned();
    let context = Context {
        name: name.clone(),
        cluster: name.clone(),
        user: name.clone(),
        namespace: Some("web".into()),
        provider: None,
    };
    let server = format!("https://127.0.0.1:{API_SERVER}");
    Kubeconfig {
        current_context: Some(name.clone()),
        contexts: vec![context],
        clusters: vec![Cluster { name: name.clone(), server, ..Cluster::default() }],
        users: vec![name],
        ..Kubeconfig::default()
    }
}

pub fn value(value: &(impl Serialize + ?Sized)) -> Observed {
    Ok(Some(Raw::Value(serde_json::to_value(value).expect("a value"))))
}

fn http(status: u16, body: &str) -> Raw {
    Raw::Http { status, body: body.into() }
}

fn failure(status: u16, reason: &str, message: &str) -> Raw {
    let status_object = json!({ "kind": "Status", "apiVersion": "v1", "reason": reason, "message": message });
    http(status, &status_object.to_string())
}

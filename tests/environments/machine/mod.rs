//! A computer with a local cluster on it, as the shell would find it: raw files, raw output
//! of docker, command lines, routes, and what answers where. What it says goes through the
//! same distilling as in a real run.
//!
//! [`parts`] and [`cluster`] build machines, [`answers`] lets one answer the core's
//! questions. What only one tool has stands beside that tool's scenarios.

mod answers;
mod cluster;
mod ingress;
mod parts;
mod sockets;
mod traefik;

use std::collections::BTreeMap;
use std::net::IpAddr;

pub use self::parts::Container;
use netpath::answers::Answers;
use netpath::ask::{Engine, Observed, Raw, Why};
use netpath::fact::kubeconfig::Origin;
use netpath::fact::live::Outcome;
use netpath::fact::wsl::Traces;
use netpath::observe::recording::Recording;
use netpath::report::{Outcomes, Refusal, Report};
use netpath::request::{Goal, Kind, Named, ProbePolicy, Request, Viewer};
use serde_json::{Value, json};

/// More answers than any run needs.
const ROUNDS: usize = 200;

/// One computer. Everything that is not said is not there.
#[derive(Clone)]
pub struct Machine {
    /// The tool that made the cluster: the folder of what is expected.
    pub tool: &'static str,
    /// Name of the cluster, in its tool's words.
    pub cluster: String,
    /// Names of the entries of the context's cluster and user in the kubeconfig.
    pub entries: (String, String),
    /// linux, macos or windows.
    pub os: &'static str,
    /// Name, address and prefix of each interface.
    pub interfaces: Vec<(&'static str, &'static str, u8)>,
    /// Environment variables.
    pub variables: BTreeMap<&'static str, String>,
    /// Files by their portable path (`~/.minikube/...`).
    pub files: BTreeMap<String, String>,
    /// Files that could not be read, by their path.
    pub unreadable: Vec<String>,
    /// Name of the context; the profile's, unless it was renamed.
    pub context: String,
    /// URL of the API server, as the kubeconfig has it.
    pub server: String,
    /// Whether the cluster's and the context's entry say that minikube wrote them.
    pub extensions: (bool, bool),
    /// The path of the client certificate; `None` for an embedded one.
    pub certificate: Option<String>,
    /// Containers by engine, as the engine inspects them; an engine without an entry is not
    /// installed.
    pub containers: Vec<(Engine, Vec<Value>)>,
    /// Engines that are installed and do not answer.
    pub silent_engines: Vec<(Engine, Why)>,
    /// The host part of the engine's address (`DOCKER_HOST=tcp://...`).
    pub engine_host: Option<&'static str>,
    /// The socket that docker connects to.
    pub engine_socket: Option<&'static str>,
    /// What `docker system info` or `podman info` prints.
    pub engine_info: Value,
    /// Process ids and command lines.
    pub processes: Vec<(u32, Vec<String>)>,
    /// The processes could not be listed.
    pub processes_hidden: bool,
    /// Processes of root's, whose sockets nobody else is shown.
    pub roots: Vec<u32>,
    /// Who listens where: address, process id, command. At a port that nobody is named for,
    /// every ssh listens that forwards it, as seen where nothing is in its way.
    pub listeners: Vec<(&'static str, u32, &'static str)>,
    /// Routes to single addresses: destination, own address, gateway.
    pub routes: Vec<(&'static str, Option<&'static str>, Option<&'static str>)>,
    /// What the system's lookup finds for a host name.
    pub names: Vec<(&'static str, &'static str)>,
    /// The system's lookup does not work, as without a network.
    pub lookup_fails: bool,
    /// What `minikube status -o json` prints; `None` where minikube is not on PATH.
    pub status: Option<String>,
    /// What `limactl list --json` prints for a Lima home; `None` for its own.
    pub limas: Vec<(Option<&'static str>, Result<String, Why>)>,
    /// The log of a VM's host agent, and whether that is all of it.
    pub lima_logs: Vec<(&'static str, String, bool)>,
    /// Objects of the API server by path (without query).
    pub api: BTreeMap<String, Value>,
    /// Why the API server does not answer, if it does not.
    pub api_down: Option<Why>,
    /// What answers where; everything else refuses.
    pub doors: Vec<(&'static str, Outcome)>,
    /// Whether the application answers through the API server.
    pub app_answers: bool,
    /// Where the browser is.
    pub viewer: Viewer,
    /// Nobody said so.
    pub viewer_unsaid: bool,
    /// What netsh of Windows prints about reserved ports; `None` where it cannot be started.
    pub reserved: Option<&'static str>,
    /// The side of WSL that the kubeconfig is from, if not this one.
    pub origin: Option<Origin>,
    /// What WSL left here; `None` for any other Linux.
    pub wsl: Option<Traces>,
    /// What `wslinfo --networking-mode` prints; `None` where there is no wslinfo.
    pub wsl_mode: Option<&'static str>,
    /// The user's `.wslconfig`; `None` where its place is not known.
    pub wsl_settings: Option<&'static str>,
    /// What listens in the distribution's own network namespace, for sure.
    pub sockets: Vec<&'static str>,
    /// What curl of Windows ends with at an address of Windows' loopback; everything else is
    /// refused. `None` where no program of Windows can be started.
    pub windows: Option<Vec<(&'static str, i32, &'static str)>>,
    /// The namespace that is asked for, unless it is the context's own.
    pub namespace: Option<String>,
}

/// Something that answers HTTP.
pub fn http_200() -> Outcome {
    Outcome::Response { status: Some(200), tls: false, ms: 3 }
}

impl Machine {
    /// What netpath says about svc/web.
    pub fn explain(&self) -> Outcomes {
        self.run(Goal::Explain { target: Named { kind: Some(Kind::Service), name: "web".into() } })
    }

    /// What netpath says about an Ingress.
    pub fn explain_ingress(&self, name: &str) -> Outcomes {
        self.run(Goal::Explain { target: Named { kind: Some(Kind::Ingress), name: name.into() } })
    }

    /// What netpath says to a request.
    pub fn run(&self, goal: Goal) -> Outcomes {
        self.ask(goal, None).expect("a kubeconfig that is in order")
    }

    /// Why netpath refuses to look at a context, where the kubeconfig has another one only.
    pub fn refused(&self, wanted: &str, existing: &str) -> Refusal {
        let machine = Self { context: existing.into(), ..self.clone() };
        machine.ask(Goal::Environment, Some(wanted.into())).expect_err("no such context")
    }

    /// A run about svc/web, as it would be recorded.
    pub fn recording(&self) -> Recording {
        let target = Named { kind: Some(Kind::Service), name: "web".into() };
        let (request, answers) = self.answers(Goal::Explain { target }, None);
        Recording::new(request, &answers, 0)
    }

    fn ask(&self, goal: Goal, context: Option<String>) -> Result<Outcomes, Refusal> {
        let (request, answers) = self.answers(goal, context);
        netpath::core::report(&request, &answers)
    }

    fn answers(&self, goal: Goal, context: Option<String>) -> (Request, Answers) {
        let request = Request {
            goal,
            context,
            flags: Vec::new(),
            namespace: self.namespace.clone(),
            port: None,
            viewer: (!self.viewer_unsaid).then_some(self.viewer),
            probe: ProbePolicy::Auto,
        };
        let mut answers = Answers::default();
        for round in 0.. {
            let wanted = netpath::core::wants(&request, &answers);
            if wanted.is_empty() {
                break;
            }
            assert!(round < ROUNDS, "does not end: still wants {:?}", wanted[0].ask);
            for want in wanted {
                let observed = self.observe(&want.ask);
                answers.insert(want.ask.clone(), want.distil(observed));
            }
        }
        (request, answers)
    }
}

/// The report of a run about one target.
pub fn report(outcomes: &Outcomes) -> &Report {
    match outcomes {
        Outcomes::Path(report) => report,
        other => panic!("not a path: {other:?}"),
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap_or_else(|_| panic!("{text} is no address"))
}

fn value(value: &impl serde::Serialize) -> Observed {
    Ok(Some(Raw::Value(serde_json::to_value(value).expect("a value"))))
}

fn http(status: u16, body: &str) -> Raw {
    Raw::Http { status, body: body.into() }
}

fn failure(status: u16, reason: &str, message: &str) -> Raw {
    let object = json!({ "kind": "Status", "apiVersion": "v1", "reason": reason, "message": message });
    http(status, &object.to_string())
}

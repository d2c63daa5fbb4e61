//! Questions and answers: everything that netpath can learn about the world.
//!
//! The core never looks at the world. It holds [`Question`]s; each says what the shell
//! has to do ([`Ask`]) and how the raw result becomes a slim, secret-free answer
//! ([`Question::distil`], pure). What is kept, recorded and replayed is the distilled
//! answer only; raw bytes never outlive the call that produced them.

mod json;
mod windows;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::json::Json;
pub use self::windows::{FromWindows, OwnAddress};

/// One thing the shell can do. This enum is the allow-list of the whole program:
/// whatever is not here cannot be observed, and nothing here changes anything.
///
/// Two equal asks are one want: they are carried out once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Ask {
    /// Operating system, clock and network interfaces of this computer.
    Host,
    /// The merged kubeconfig, without any credential.
    Kubeconfig,
    /// One environment variable.
    Variable(String),
    /// The containers of an engine that carry a label, inspected.
    Containers {
        /// The engine to ask.
        engine: Engine,
        /// Label key that a container must have to be listed.
        label: String,
    },
    /// One `GET` of the API server: path and query.
    Api(String),
    /// The same, for the object's metadata only: whether a Secret exists.
    Metadata(String),
    /// One `GET` that the API server passes on to an application (service or pod proxy).
    Proxy(String),
    /// A port-forward stream to a port inside a Pod's network namespace.
    Forward {
        /// Namespace of the Pod.
        namespace: String,
        /// Name of the Pod.
        pod: String,
        /// Port inside the Pod.
        port: u16,
    },
    /// A connection from this computer, with one request sent over it.
    Probe(Probe),
    /// The addresses that this computer finds for a host name.
    Resolve(String),
    /// One file, by its path: `/` between the parts whatever the system, `~` for the home
    /// directory, so that a recording does not name its author.
    File(String),
    /// Where an engine's command would connect.
    EngineEndpoint(Engine),
    /// What an engine says of itself.
    EngineInfo(Engine),
    /// `minikube status` of a profile.
    MinikubeStatus {
        /// The profile.
        profile: String,
    },
    /// `limactl list` of a Lima home.
    LimaInstances {
        /// The home; `None` for the one that limactl itself would take.
        home: Option<String>,
    },
    /// The end of the log of a VM's host agent, for what it says about one port.
    LimaLog {
        /// The Lima home; `None` for the one that limactl itself would take.
        home: Option<String>,
        /// The VM.
        instance: String,
        /// The port inside.
        guest: u16,
        /// The port of this computer.
        port: u16,
    },
    /// The processes of minikube that forward ports: its own, and their ssh.
    MinikubeProcesses,
    /// The processes that listen on a TCP port of this computer's loopback.
    Listeners(u16),
    /// Where the system would send a packet to an address. None is sent.
    Route(IpAddr),
    /// Traces that WSL leaves in a distribution.
    Wsl,
    /// The networking mode that WSL says it is in.
    WslMode,
    /// The user's settings of WSL, a file of Windows', where its place is known.
    WslSettings,
    /// The addresses at which a TCP port is listened on in this network namespace.
    Sockets(u16),
    /// A request that a program of Windows sends to Windows' own loopback, or to this
    /// distribution.
    FromWindows(FromWindows),
    /// The ranges of TCP ports that Windows reserves for itself, in which no program of it may
    /// listen.
    WindowsReserved,
}

/// Where a host probe goes and what it says there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// Address and port to connect to.
    pub to: SocketAddr,
    /// What is sent after the connect.
    pub speak: Speak,
    /// What a browser would ask for, where that decides who answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
}

/// Host and path of a request, as a browser sends them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Page {
    /// The `Host` header; `None` for the address that is connected to.
    pub host: Option<String>,
    /// The path, with its leading slash.
    pub path: String,
}

/// The first words of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Speak {
    /// `GET / HTTP/1.1`.
    Http,
    /// A TLS ClientHello, for ports that say they are https.
    Tls,
    /// `GET` over TLS, where the answer's status matters. No certificate is verified: a
    /// controller without one of its own answers with a made-up one.
    Https,
}

/// A container engine that netpath knows how to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// Docker Engine, through whatever context or `DOCKER_HOST` the docker CLI uses.
    Docker,
    /// podman.
    Podman,
    /// containerd through nerdctl.
    Nerdctl,
    /// containerd through finch, which is nerdctl under another name.
    Finch,
}

impl Engine {
    /// The engine's command, and the name that kind gives it in a providerID.
    pub fn command(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Nerdctl => "nerdctl",
            Self::Finch => "finch",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.command())
    }
}

/// Why something could not be observed. Never a statement about the thing itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Why {
    /// The observer's own time limit passed.
    TimedOut,
    /// The whole run's time limit passed.
    Deadline,
    /// A replayed recording does not hold this answer.
    NotRecorded,
    /// The command is not installed or not on PATH.
    ToolNotFound {
        /// The command's name.
        tool: String,
    },
    /// The command or the socket said no.
    PermissionDenied {
        /// What said so, in its own words.
        detail: String,
    },
    /// The command ran and failed.
    ToolFailed {
        /// The command's name.
        tool: String,
        /// The first line of what it said.
        detail: String,
    },
    /// The system gave this process no file, no thread or no other process more: nothing was
    /// asked, and nobody is to blame whom it would have asked.
    NotStarted {
        /// What could not be started.
        what: String,
        /// The operating system's words.
        detail: String,
    },
    /// An answer came and made no sense.
    Unreadable {
        /// What did not fit; never the content itself.
        detail: String,
    },
    /// The TCP connection to the API server was refused.
    Refused,
    /// No route to the API server's address.
    Unreachable {
        /// The operating system's words.
        detail: String,
    },
    /// The API server's name did not resolve.
    NameNotResolved {
        /// The host name.
        host: String,
    },
    /// The connection to the API server ended before an answer.
    ConnectionClosed {
        /// How it ended.
        detail: String,
    },
    /// The TLS handshake with the API server failed.
    Certificate {
        /// The TLS library's words.
        detail: String,
    },
    /// The engine runs on another computer: what it publishes is published there.
    EngineElsewhere {
        /// That computer, or how it is reached.
        host: String,
    },
    /// The engine that was asked does not hold this cluster, whose API server answers.
    OtherEngine {
        /// The engine that was asked.
        engine: Engine,
    },
    /// Something leads there that netpath does not follow yet.
    NotFollowed {
        /// What leads there.
        detail: String,
    },
    /// What is said there is about an older version of the object.
    OutOfDate {
        /// The object.
        detail: String,
    },
    /// What was seen has more than one explanation.
    Ambiguous,
    /// Nothing that is recognised says so.
    NotRecognised,
    /// It is there, and netpath does not evaluate it.
    NotEvaluated,
    /// The first pages of a list were read, and the next one was not.
    Partly {
        /// How many objects were read.
        read: usize,
        /// Why no more.
        why: Box<Why>,
    },
    /// It was not asked: among many Services it would be asked for each.
    TooMany,
    /// HTTP 401 of the API server.
    Unauthorized,
    /// HTTP 403 of the API server.
    Forbidden {
        /// The API server's message.
        detail: String,
    },
    /// Any other error status of the API server.
    ServerError {
        /// The HTTP status.
        status: u16,
        /// The API server's message, if it sent one.
        detail: String,
    },
    /// Credentials could not be loaded or a credential plugin failed.
    Credentials {
        /// What failed, without any credential.
        detail: String,
    },
    /// The proxy that the kubeconfig or the environment names did not let us through.
    Proxy {
        /// The proxy's address, without user name and password.
        url: String,
        /// What went wrong.
        detail: String,
    },
}

impl Why {
    /// Whether it is something that the API server itself said, though not the answer.
    pub fn is_from_api(&self) -> bool {
        matches!(
            self.last(),
            Self::Unauthorized
                | Self::Forbidden { .. }
                | Self::ServerError { .. }
                | Self::Unreadable { .. }
                | Self::Certificate { .. }
        )
    }

    /// Whether it says something about the connection to the API server, as opposed to
    /// rights or content: the server may then be down.
    pub fn is_transport(&self) -> bool {
        matches!(
            self.last(),
            Self::TimedOut
                | Self::Deadline
                | Self::Refused
                | Self::Unreachable { .. }
                | Self::NameNotResolved { .. }
                | Self::ConnectionClosed { .. }
        )
    }

    /// Whether the API server itself was tried and did not answer, so that its node may stand
    /// still. Our own deadline and a name that does not resolve say nothing about it.
    pub fn is_silence(&self) -> bool {
        self.is_transport() && !matches!(self.last(), Self::Deadline | Self::NameNotResolved { .. })
    }

    /// What the last request met, where there were several.
    pub fn last(&self) -> &Self {
        match self {
            Self::Partly { why, .. } => why.last(),
            why => why,
        }
    }
}

/// What the shell brings back before it is distilled.
#[derive(Debug)]
pub enum Raw {
    /// The shell observed and slimmed it itself (host facts, probe outcomes).
    Value(Value),
    /// A command's standard output or a variable's value.
    Text(String),
    /// An HTTP answer.
    Http {
        /// The status.
        status: u16,
        /// The body, bounded by the shell.
        body: Vec<u8>,
    },
}

/// Raw result of one ask: `Ok(None)` is a positive "it is not there".
pub type Observed = Result<Option<Raw>, Why>;

/// Distilled result of one ask.
pub type Distilled<T> = Result<Option<T>, Why>;

/// One typed question of the core.
pub trait Question: 'static {
    /// The slim answer. Its fields are the allow-list of what is ever kept.
    type Answer: Serialize + DeserializeOwned + 'static;

    /// What the shell has to do.
    fn ask(&self) -> Ask;

    /// Turns the raw result into the answer. Pure; drops everything no rule uses.
    fn distil(&self, raw: Raw) -> Distilled<Self::Answer>;
}

/// A question on its way to the shell, its type erased.
#[derive(Clone)]
pub struct Want {
    /// What to do.
    pub ask: Ask,
    distil: Rc<dyn Fn(Raw) -> Distilled<Json>>,
}

impl Want {
    /// Erases a question's type.
    pub fn new<Q: Question>(question: Q) -> Self {
        let ask = question.ask();
        let distil = move |raw| {
            let answer = question.distil(raw)?;
            answer
                .map(|answer| Json::of(&answer).map_err(|error| Why::Unreadable { detail: error.to_string() }))
                .transpose()
        };
        Self { ask, distil: Rc::new(distil) }
    }

    /// Distils what the shell brought back.
    pub fn distil(&self, observed: Observed) -> Observation {
        let distilled = match observed {
            Ok(Some(raw)) => (self.distil)(raw),
            Ok(None) => Ok(None),
            Err(why) => Err(why),
        };
        match distilled {
            Ok(Some(answer)) => Observation::Known(answer),
            Ok(None) => Observation::Absent,
            Err(why) => Observation::Unavailable(why),
        }
    }
}

/// An answer as it is kept and recorded. Its source is the [`Ask`] it is filed under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observation {
    /// Observed.
    Known(Json),
    /// Looked, and it is not there.
    Absent,
    /// Could not look.
    Unavailable(Why),
}

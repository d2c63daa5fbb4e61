//! Everything in netpath that reads foreign bytes, by target.
//!
//! A target is a family of readers that meet the same kind of bytes; each input goes to all
//! of them. `fuzz_targets/` gives them to libFuzzer, `tests/fuzz_corpus.rs` to a bounded
//! stand-in on a stable compiler, which also knows when a reader is missing here.
//!
//! What a question distils is reached by asking it of nothing: the question becomes a want,
//! and the want distils. So no reader of `fact/` is public for this.

mod report;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use netpath::answers::{Answers, Asking, Seen};
use netpath::ask::{Engine, Observation, OwnAddress, Raw, Speak, Want};
use netpath::fact::cluster::*;
use netpath::fact::minikube::{self, Home, Process};
use netpath::fact::read::{Exists, Get, list};
use netpath::fact::{engine, host, installed, kubeconfig, lima, live, reserved, wsl};
use netpath::observe::recording::Recording;
use netpath::observe::{kubeconfig as files, readers};

/// A family of readers.
pub struct Target {
    /// Its name, and that of its corpus.
    pub name: &'static str,
    /// Its questions.
    pub questions: &'static [Asked],
    /// Files of the shell whose readers it tries, see [`readers::READERS`].
    pub files: &'static [&'static str],
    /// What else reads an input, and what of it made sense of this one.
    pub also: Also,
}

/// The names of those that made sense of an input.
type Also = fn(&[u8]) -> Vec<&'static str>;

/// A question of the core's.
pub struct Asked {
    /// The type that is the question, and for objects of the cluster what it reads.
    pub question: &'static str,
    /// What the shell would bring.
    pub feed: Feed,
    /// Asks it.
    pub ask: fn(&Asking) -> Seen<()>,
}

/// The form in which the shell brings what it found.
#[derive(Clone, Copy)]
pub enum Feed {
    /// A file, a variable or a command's output.
    Text,
    /// The body of an answer with status 200.
    Http,
    /// A body, with every status that is told apart.
    Statuses,
    /// A value that the shell made itself.
    Value,
}

const AT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 30080);

macro_rules! asked {
    ($feed:ident: $($question:literal => $ask:expr),* $(,)?) => {
        &[$(Asked { question: $question, feed: Feed::$feed, ask: |asking| ($ask)(asking).map(|_| ()) }),*]
    };
}

/// Each kind alone and as a page of a list.
macro_rules! objects {
    ($($kind:ident)*) => { &[$(
        Asked {
            question: concat!("Get<", stringify!($kind), ">"), feed: Feed::Http,
            ask: |asking| asking.ask(Get::<$kind>::new("x".into())).map(|_| ()),
        },
        Asked {
            question: concat!("Page<", stringify!($kind), ">"), feed: Feed::Http,
            ask: |asking| list::<$kind>(asking, "x", "").map(|_| ()),
        },
    )*] };
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "kubeconfig", questions: &[], files: &["observe/kubeconfig/plugin.rs"], also: read_kubeconfig },
    Target { name: "recording", questions: &[], files: &[], also: read_recording },
    Target {
        name: "engine",
        questions: asked! { Text:
            "Labelled" => |asking| engine::labelled(asking, Engine::Docker, "io.x-k8s.kind.cluster"),
            "OfEngine" => |asking| engine::info(asking, Engine::Podman),
        },
        files: &["observe/docker_socket.rs", "observe/command.rs"],
        also: |_| vec![],
    },
    Target {
        name: "minikube",
        questions: asked! { Text:
            "Config" => |asking| minikube::profile(asking, &Home(Home::DEFAULT.into()), "dev"),
            "Active" => |asking| minikube::active(asking, &Home(Home::DEFAULT.into())),
            "Registry" => |asking| minikube::tunnels(asking, &Home(Home::DEFAULT.into())),
            "OfProfile" => |asking| minikube::status(asking, "dev"),
        },
        files: &[],
        also: |bytes| {
            let text = String::from_utf8_lossy(bytes);
            let words: Vec<String> = text.split('\n').map(str::to_owned).collect();
            let _ = Home::of_variable(&text);
            let process = Process::parse(1, &words).map(|_| "Process");
            let certificate = Home::of_certificate(&text).map(|_| "Home");
            process.into_iter().chain(certificate).collect()
        },
    },
    Target {
        name: "lima",
        questions: asked! { Text:
            "OfHome" => |asking| lima::lima_instances(asking, None),
            "OfColima" => |asking| lima::colima_config(asking, "~/.colima/default/colima.yaml"),
        },
        files: &[],
        also: |bytes| {
            let tail = serde_json::json!({ "text": String::from_utf8_lossy(bytes), "whole": false });
            let told = |asking: &Asking| match lima::forwarding_log(asking, None, "k3s", 30080, 8080) {
                // A text that says nothing about the port is read as well.
                Seen::Known(log) if !log.told => Seen::Absent,
                seen => seen.map(|_| ()),
            };
            let log = Asked { question: "OfPort", feed: Feed::Value, ask: told };
            try_question(&log, || Some(Raw::Value(tail.clone()))).then_some("OfPort").into_iter().collect()
        },
    },
    Target {
        name: "wsl",
        questions: asked! { Text:
            "ModeOf" => |asking| wsl::mode(asking, &wsl::Traces::default()),
            // The mode is asked as well, and most settings are no mode.
            "SettingsOf" => |asking: &Asking| {
                match wsl::look(asking, &wsl::Traces::default(), None).settings {
                    Some(settings) if settings != wsl::Settings::default() => Seen::Known(()),
                    _ => Seen::Absent,
                }
            },
            "Reserved" => reserved::reserved,
        },
        files: &["observe/wsl.rs"],
        also: |_| vec![],
    },
    Target {
        name: "proc",
        questions: asked! { Text:
            "SocketsOf" => |asking| wsl::sockets(asking, 8080),
            "FirstPort" => lima::first_free_port,
            "BootId" => installed::boot_id,
            "Trace" => |asking| installed::installed(asking, "/etc/rancher/k3s/k3s.yaml"),
            "Variable" => |asking| host::variable(asking, "LIMA_HOME"),
        },
        files: &["observe/network.rs", "observe/diag.rs", "observe/holders.rs"],
        also: |_| vec![],
    },
    Target {
        name: "cluster",
        questions: objects! {
            ClusterRole DaemonSet Deployment EndpointSlice Event Gateway GatewayClass HttpRoute Ingress
            IngressClass Job KubeProxyConfigMap Namespace NetworkPolicy Node Pod ReferenceGrant ReplicaSet
            Service StatefulSet
        },
        files: &[],
        also: |bytes| {
            let exists = Asked {
                question: "Exists",
                feed: Feed::Statuses,
                ask: |asking| asking.ask(Exists("x".into())).map(|_| ()),
            };
            try_asked(&exists, bytes).then_some("Exists").into_iter().collect()
        },
    },
    Target {
        name: "answers",
        questions: asked! { Statuses:
            "ThroughProxy" => |asking| live::through_service(asking, "default", "web", 80, Speak::Http),
        },
        files: &["probe/mod.rs", "observe/api/forward.rs", "observe/api/tls.rs"],
        also: |_| vec![],
    },
    Target {
        name: "values",
        questions: asked! { Value:
            "Merged" => kubeconfig::kubeconfig,
            "ThisHost" => host::host,
            "Lookup" => |asking| host::resolve(asking, "web.localhost"),
            "RouteTo" => |asking| host::route(asking, AT.ip()),
            "ListenersOn" => |asking| host::listeners(asking, 8080),
            "EndpointOf" => |asking| engine::endpoint(asking, Engine::Docker),
            "Processes" => minikube::processes,
            "TracesOf" => wsl::traces,
            "HostProbe" => |asking| live::probe(asking, AT, Speak::Http, None),
            "Stream" => |asking| live::forward(asking, "default", "web-0", 8080),
            "WindowsProbe" => |asking: &Asking| OwnAddress::loopback(AT)
                .map_or(Seen::Absent, |at| wsl::from_windows(asking, at, false, None)),
        },
        files: &[],
        also: |_| vec![],
    },
];

/// Gives an input to every reader of a target. Says which of them made sense of it.
pub fn run(name: &str, bytes: &[u8]) -> Vec<&'static str> {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of the table");
    for (_, read) in readers::READERS.iter().filter(|(file, _)| target.files.contains(file)) {
        read(bytes);
    }
    let mut made_sense = (target.also)(bytes);
    made_sense.extend(target.questions.iter().filter(|asked| try_asked(asked, bytes)).map(|asked| asked.question));
    made_sense
}

fn try_asked(asked: &Asked, bytes: &[u8]) -> bool {
    match asked.feed {
        Feed::Text => try_question(asked, || Some(Raw::Text(String::from_utf8_lossy(bytes).into_owned()))),
        Feed::Value => try_question(asked, || Some(Raw::Value(serde_json::from_slice(bytes).ok()?))),
        Feed::Http => try_question(asked, || Some(Raw::Http { status: 200, body: bytes.to_vec() })),
        Feed::Statuses => [401, 403, 404, 503, 200]
            .map(|status| try_question(asked, || Some(Raw::Http { status, body: bytes.to_vec() })))
            .contains(&true),
    }
}

/// Distils the same raw answer to all that a question wants, and says whether it is known
/// then. What was kept can be read back: a recording says the same as the run that made it.
fn try_question(asked: &Asked, raw: impl Fn() -> Option<Raw>) -> bool {
    let nothing = Answers::default();
    let asking = Asking::new(&nothing);
    let _ = (asked.ask)(&asking);
    let wants: Vec<Want> = asking.into_wants();
    assert!(!wants.is_empty(), "{} wants nothing", asked.question);
    let mut answers = Answers::default();
    let mut all_known = true;
    for want in wants {
        let Some(raw) = raw() else { return false };
        let observation = want.distil(Ok(Some(raw)));
        all_known &= matches!(observation, Observation::Known(_));
        answers.insert(want.ask, observation);
    }
    let again = (asked.ask)(&Asking::new(&answers));
    assert!(!all_known || !matches!(again, Seen::Unavailable(_)), "{}: {again:?} of what was kept", asked.question);
    // Of a list, the next page may be wanted.
    matches!(again, Seen::Known(()) | Seen::Pending)
}

/// As kubectl's file, as credentials of every context, and as what rules see of it.
fn read_kubeconfig(bytes: &[u8]) -> Vec<&'static str> {
    let path = scratch();
    std::fs::write(&path, bytes).expect("a file for the kubeconfig");
    let options = files::Options { kubeconfig: Some(path.clone()), ..files::Options::default() };
    let proxies = |name: &str| (name == "HTTPS_PROXY").then(|| "http://proxy.invalid:3128".into());
    let loaded = files::load(&options, &proxies);
    let _ = std::fs::remove_file(path);
    let Ok(loaded) = loaded else { return vec![] };
    let view = loaded.view();
    let mut made_sense = vec!["Loaded"];
    for context in view.contexts.iter().take(8) {
        // It reads the files that the entries name, and starts nothing.
        made_sense.extend(loaded.connection(&context.name).is_ok().then_some("Config"));
        let _ = view.clone().only(&context.name);
    }
    let value = serde_json::to_value(&view).expect("a value");
    let merged =
        Asked { question: "Merged", feed: Feed::Value, ask: |asking| kubeconfig::kubeconfig(asking).map(|_| ()) };
    assert!(try_question(&merged, || Some(Raw::Value(value.clone()))));
    made_sense
}

/// Replays a recording, if the bytes are one, and prints what it says.
fn read_recording(bytes: &[u8]) -> Vec<&'static str> {
    let Ok(text) = std::str::from_utf8(bytes) else { return vec![] };
    let Ok(recording) = Recording::parse(text, "fuzz.yaml") else { return vec![] };
    let answers = netpath::drive::replay(&recording);
    let Ok(outcomes) = netpath::core::report(&recording.request, &answers) else { return vec!["Recording"] };
    report::hold(&outcomes);
    vec!["Recording", "Outcomes"]
}

/// One file per thread, in memory where the system has such a place.
fn scratch() -> PathBuf {
    let shared = PathBuf::from("/dev/shm");
    let folder = if shared.is_dir() { shared } else { std::env::temp_dir() };
    folder.join(format!("netpath-fuzz-{}-{:?}", std::process::id(), std::thread::current().id()))
}

//! The application, asked through the API server when no road answered.
//!
//! Reading table: design 8 and what was seen on Kubernetes 1.34 with kind. The service
//! proxy goes from the API server straight to the Pod: it knows nothing of kube-proxy and
//! node ports, so its success moves the fault in front of the Pod, and its failure names
//! what is wrong with the listener. Only a port-forward stream, which works inside the
//! Pod's network namespace, tells a listener on loopback from none.

use std::rc::Rc;

use super::endpoints::{Backend, undeclared};
use super::finding::Finding;
use super::pod::remedy::{listen_everywhere, read_logs};
use super::stage_two::set_target_port;
use super::{Objects, Scene};
use crate::answers::Seen;
use crate::ask::{Speak, Why};
use crate::environment::Blocked;
use crate::fact::cluster::{Pod, ServicePort};
use crate::fact::live::{Forwarded, Outcome, Proxied, forward, through_pod, through_service};
use crate::report::{Evidence, Fact, NotProbed, Remedy, Source, State, Subject, Unobserved};

/// How long a silent application is waited for, in seconds; the shell's own limit.
const PATIENCE: u32 = 2;
/// Containers that take all connections of their Pod. With strict mutual TLS they close
/// what is not theirs, and the application never sees it.
const MESH_SIDECARS: [&str; 2] = ["istio-proxy", "linkerd-proxy"];
/// Other declared ports that are tried when nothing listens on the target port.
const MAX_OTHER_PORTS: usize = 5;

/// What is known about the application.
pub struct App {
    /// Whether it answers.
    pub state: State,
    /// What is wrong with it or with the port that leads to it.
    pub blocked: Option<Blocked>,
    /// The roads were turned away by one endpoint of several, and others answer.
    pub by_chance: bool,
    /// How that is known.
    pub evidence: Vec<Evidence>,
    /// What could not be observed.
    pub unobserved: Vec<Unobserved>,
}

impl App {
    /// Nothing was asked, or the answer is still to come: nothing is known.
    pub fn unasked() -> Self {
        Self::of(State::Unknown, Vec::new())
    }

    /// Not asked, for a reason.
    pub fn not_probed(why: NotProbed) -> Self {
        Self::of(State::Unknown, vec![Evidence::new(Source::Request, Fact::NotProbed { why })])
    }

    /// Whether the service proxy brought a word from an endpoint, good or bad.
    pub fn is_asked(&self) -> bool {
        self.evidence.iter().any(|seen| {
            let fact = (seen.source == Source::ServiceProxy).then_some(&seen.fact);
            matches!(fact, Some(Fact::Proxied { outcome, .. })
                if outcome.is_answer() || matches!(outcome, Proxied::Refused | Proxied::Closed))
        })
    }

    fn of(state: State, evidence: Vec<Evidence>) -> Self {
        Self { state, blocked: None, by_chance: false, evidence, unobserved: Vec::new() }
    }
}

/// One port of one Service, with the endpoints that take its traffic.
struct Question<'a> {
    scene: &'a Scene<'a>,
    objects: &'a Objects,
    port: &'a ServicePort,
    backend: Option<&'a Backend>,
    speak: Speak,
}

/// Asks the application behind a port through the API server. `direct` is what a probe at
/// the node's own address saw, if one was sent: nothing stands between it and the Pod but
/// the kernel, so what it saw is the application's own doing. `silent` says that some
/// probe was accepted and got nothing.
pub fn ask(
    scene: &Scene,
    objects: &Objects,
    port: &ServicePort,
    ready: &[Backend],
    direct: Option<&Outcome>,
    silent: bool,
) -> App {
    let speak = port.speak();
    let backend = ready.iter().find(|backend| backend.pod.is_some());
    let question = Question { scene, objects, port, backend, speak };
    let name = &objects.service.metadata.name;
    let service = through_service(scene.asking, scene.namespace, name, port.port, speak);
    // Where something accepted and stayed silent, the proxy will as well: the stream that
    // tells more is opened beside it, not after it.
    if silent {
        question.stream();
    }
    if service.is_pending() {
        return App::unasked();
    }
    let mut app = match service.known().map(|outcome| (**outcome).clone()) {
        Some(outcome) => {
            let target = format!("svc/{name}:{}", port.port);
            let evidence = Evidence::new(Source::ServiceProxy, Fact::Proxied { target, outcome: outcome.clone() });
            let mut app = match outcome {
                Proxied::Response { .. } | Proxied::NotHttp => App::of(State::Present, Vec::new()),
                Proxied::Refused => question.refused(),
                Proxied::Closed => question.closes(),
                Proxied::TimedOut => question.waits(direct),
                Proxied::NoEndpoints | Proxied::Error { .. } => question.by(direct),
            };
            // A port-forward, where it decided, stands first.
            let decided = app.evidence.first().is_some_and(|first| first.source == Source::PortForward);
            let at = usize::from(decided && app.state == State::Missing);
            app.evidence.insert(at, evidence);
            app
        }
        None => question.by(direct),
    };
    if let Seen::Unavailable(why) = service {
        app.unobserved.push(question.unobserved(Subject::ServiceProxy, why));
    }
    app
}

impl Question<'_> {
    fn target(&self) -> (String, u16) {
        let pod = self.backend.and_then(|backend| backend.pod.clone()).unwrap_or_default();
        (pod, self.backend.map_or(0, |backend| backend.port))
    }

    fn unobserved(&self, what: Subject, why: Why) -> Unobserved {
        // `can-i get pods/proxy` would ask about a Pod of the name "proxy" (kubectl 1.34).
        let [resource, part] = match what {
            Subject::PortForward => ["pods", "--subresource=portforward"],
            Subject::PodProxy => ["pods", "--subresource=proxy"],
            _ => ["services", "--subresource=proxy"],
        };
        let settle = match why {
            Why::Forbidden { .. } => vec![self.scene.kubectl.call(&["auth", "can-i", "get", resource, part])],
            _ => Vec::new(),
        };
        Unobserved { what, why, settle }
    }

    /// The port-forward stream to the endpoint that stands for all.
    fn stream(&self) -> Seen<Rc<Forwarded>> {
        let (pod, port) = self.target();
        forward(self.scene.asking, self.scene.namespace, &pod, port)
    }

    /// The Pod of that endpoint.
    fn pod(&self) -> Option<&Pod> {
        let name = self.backend?.pod.as_deref()?;
        Some(&**self.objects.pods.known()?.iter().find(|pod| pod.metadata.name == name)?)
    }

    /// Whether what a stream into the Pod meets is not the Pod's own loopback listener
    /// alone: the node's loopback (hostNetwork), IPv4 where the Pod's address is IPv6, or a
    /// mesh's sidecar, which takes every connection first.
    fn is_muddied(&self) -> bool {
        let sidecar = |pod: &Pod| pod.port_owners().any(|owner| MESH_SIDECARS.contains(&owner.name.as_str()));
        self.pod().is_some_and(|pod| pod.spec.host_network || sidecar(pod))
            || self.backend.and_then(|backend| backend.ip).is_some_and(|ip| ip.is_ipv6())
    }

    /// Nobody listens on the Pod's address at the target port.
    fn refused(&self) -> App {
        let Some(backend) = self.backend else { return App::of(State::Missing, Vec::new()) };
        let (pod, port) = self.target();
        let (asking, namespace) = (self.scene.asking, self.scene.namespace);
        let proxied = through_pod(asking, namespace, &pod, port, self.speak);
        let stream = self.stream();
        let others = self.other_ports(&pod, backend.port);
        if proxied.is_pending() || stream.is_pending() || others.iter().any(|(_, seen)| seen.is_pending()) {
            return App::unasked();
        }
        let mut app = App::of(State::Missing, Vec::new());
        if let Some(outcome) = proxied.known() {
            let fact = Fact::Proxied { target: format!("pod/{pod}:{port}"), outcome: (**outcome).clone() };
            app.evidence.push(Evidence::new(Source::PodProxy, fact));
        }
        if let Some(outcome) = stream.known() {
            // First: it is what tells a listener on loopback from none.
            let fact = Fact::Forwarded { pod: pod.clone(), port, outcome: (**outcome).clone() };
            app.evidence.insert(0, Evidence::new(Source::PortForward, fact));
        }
        app.evidence.extend(self.pod().and_then(|pod| undeclared(pod, backend.port)));
        let answers = |seen: &Seen<Rc<Proxied>>| seen.known().is_some_and(|outcome| outcome.is_answer());
        // The service proxy picked another endpoint than the one asked now, or what refuses
        // is not the application alone.
        if answers(&proxied) || self.is_muddied() {
            app.state = State::Unknown;
            return app;
        }
        // One that answers was meant; of two, nobody knows which.
        let mut answering = others.iter().filter(|(_, seen)| answers(seen));
        let answering = answering.next().filter(|_| answering.next().is_none());
        app.blocked = match (stream.known().map(|outcome| &**outcome), answering) {
            (Some(Forwarded::Response | Forwarded::Silent | Forwarded::Closed), _) => {
                Some(self.loopback_only(pod, port))
            }
            (_, Some((answers, outcome))) => {
                if let Some(outcome) = outcome.known() {
                    let fact = Fact::Proxied { target: format!("pod/{pod}:{answers}"), outcome: (**outcome).clone() };
                    app.evidence.insert(0, Evidence::new(Source::PodProxy, fact));
                }
                Some(self.wrong_target(port, *answers))
            }
            (Some(Forwarded::Refused), None) => Some(self.not_listening(pod, port)),
            // Nothing listens, or it listens on loopback: without the stream the two
            // cannot be told apart.
            _ => None,
        };
        if app.blocked.is_none() {
            app.state = State::Unknown;
            if let Seen::Unavailable(why) = stream {
                app.unobserved.push(self.unobserved(Subject::PortForward, why));
            }
        }
        app
    }

    /// The other TCP ports that the Pod declares, asked through the pod proxy.
    fn other_ports(&self, pod: &str, except: u16) -> Vec<(u16, Seen<Rc<Proxied>>)> {
        let declared = self.pod().into_iter().flat_map(|pod| &pod.spec.containers).flat_map(|owner| &owner.ports);
        let tcp: Vec<u16> = declared
            .filter(|port| port.protocol.is_empty() || port.protocol == "TCP")
            .map(|port| port.container_port)
            .collect();
        // A target port that is declared was meant: then it is the listener that is missing.
        if tcp.contains(&except) {
            return Vec::new();
        }
        let (asking, namespace) = (self.scene.asking, self.scene.namespace);
        tcp.into_iter()
            .take(MAX_OTHER_PORTS)
            .map(|port| (port, through_pod(asking, namespace, pod, port, Speak::Http)))
            .collect()
    }

    fn closes(&self) -> App {
        let (pod, port) = self.target();
        if self.is_muddied() {
            return App::of(State::Unknown, Vec::new());
        }
        let mut app = App::of(State::Missing, Vec::new());
        let remedies = vec![self.logs(&pod)];
        app.blocked = Some(Blocked { finding: Finding::AppClosesConnection { pod, port }, remedies });
        app
    }

    /// No answer in time: the application accepted and is silent, or packets are lost.
    fn waits(&self, direct: Option<&Outcome>) -> App {
        if self.backend.is_none() {
            return self.by(direct);
        }
        let (pod, port) = self.target();
        let stream = self.stream();
        if stream.is_pending() {
            return App::unasked();
        }
        let seen = stream.known().map(|outcome| (**outcome).clone());
        let mut app = match seen {
            Some(Forwarded::Silent) => self.silent(),
            Some(Forwarded::Closed) => self.closes(),
            _ => self.by(direct),
        };
        if let Some(outcome) = seen {
            app.evidence.push(Evidence::new(Source::PortForward, Fact::Forwarded { pod, port, outcome }));
        }
        app
    }

    /// What the probe at the node's own address says about the application.
    fn by(&self, direct: Option<&Outcome>) -> App {
        match direct {
            Some(outcome) if outcome.is_closed() => self.closes(),
            Some(Outcome::Silent) => self.silent(),
            _ => App::of(State::Unknown, Vec::new()),
        }
    }

    /// Slow, frozen, or not HTTP: nobody can tell from outside, so the hop stays unknown.
    fn silent(&self) -> App {
        let (pod, port) = self.target();
        let mut app = App::of(State::Unknown, Vec::new());
        let remedies = vec![self.logs(&pod)];
        app.blocked = Some(Blocked { finding: Finding::AppSilent { pod, port, seconds: PATIENCE }, remedies });
        app
    }

    fn loopback_only(&self, pod: String, port: u16) -> Blocked {
        let remedies = vec![listen_everywhere(self.scene, self.objects, &pod)];
        Blocked { finding: Finding::ListenerLoopbackOnly { pod, port }, remedies }
    }

    fn wrong_target(&self, target: u16, answers: u16) -> Blocked {
        let remedies = vec![set_target_port(self.scene, self.objects, self.port, &answers.to_string())];
        Blocked { finding: Finding::WrongTargetPort { port: self.port.port, target, answers }, remedies }
    }

    fn not_listening(&self, pod: String, port: u16) -> Blocked {
        let remedies = vec![self.logs(&pod)];
        Blocked { finding: Finding::TargetPortNotListening { pod, port }, remedies }
    }

    fn logs(&self, pod: &str) -> Remedy {
        read_logs(self.scene, self.objects, pod, self.target().1)
    }
}

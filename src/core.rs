//! The core: answers in, wants and conclusions out. Pure.
//!
//! There is one pass, `pass`. Reading an answer that is not there yet asks for it, so
//! the same code says what it wants to know and what it concludes. The shell runs the
//! pass again whenever an answer arrives, until nothing is wanted and nothing in flight.

mod overview;
mod target;

use std::rc::Rc;

use crate::answers::{Answers, Asking, Seen};
use crate::ask::{Ask, Want, Why};
use crate::diagnose::sides::{self, Sides};
use crate::environment::walls::Wall;
use crate::environment::walls::wsl::Wsl as WslWall;
use crate::environment::{Place, Server, Situation, minikube, recognise};
use crate::fact::cluster::nodes;
use crate::fact::host::host;
use crate::fact::kubeconfig::{Context, Kubeconfig, Origin, kubeconfig};
use crate::fact::wsl::{self, Traces};
use crate::remedy::Kubectl;
use crate::report::{
    Boundary, BoundaryKind, ContextInfo, EnvironmentReport, NotProbed, Outcomes, Refusal, Took, Verdict,
};
use crate::request::{Goal, ProbePolicy, Request, Viewer};

/// What the core wants to know, given the answers so far, in the order of importance.
pub fn wants(request: &Request, answers: &Answers) -> Vec<Want> {
    step(request, answers).0
}

/// What the core concludes from the answers.
///
/// # Errors
///
/// [`Refusal`] when the kubeconfig does not say what to look at.
pub fn report(request: &Request, answers: &Answers) -> Result<Outcomes, Refusal> {
    step(request, answers).1
}

/// Both at once: when nothing is wanted any more, what it concludes is the report.
pub fn step(request: &Request, answers: &Answers) -> (Vec<Want>, Result<Outcomes, Refusal>) {
    let asking = Asking::new(answers);
    let concluded = pass(request, &asking).map_err(|stop| match stop {
        Stop::Refusal(refusal) => refusal,
        Stop::Pending => Refusal::Kubeconfig { detail: "the run ended before the kubeconfig was read".into() },
    });
    (asking.into_wants(), concluded)
}

enum Stop {
    Pending,
    Refusal(Refusal),
}

/// What every goal starts from.
struct Frame<'a> {
    asking: &'a Asking<'a>,
    request: &'a Request,
    context: ContextInfo,
    kubectl: Kubectl,
    situation: Situation,
    place: Option<Box<dyn Place>>,
    /// The wall between this computer and the browser, where that is WSL2's.
    wsl: Option<Rc<WslWall>>,
    /// The side of WSL that the kubeconfig's entry is from, if not this one, and what WSL left.
    sides: (Option<Origin>, Option<Rc<Traces>>),
}

fn pass(request: &Request, asking: &Asking) -> Result<Outcomes, Stop> {
    let config = match kubeconfig(asking) {
        Seen::Known(config) => config,
        Seen::Pending => return Err(Stop::Pending),
        Seen::Absent => return Err(Stop::Refusal(Refusal::NoKubeconfig { looked_for: Vec::new() })),
        // The shell reads it before it starts the loop: only a recording can lack it.
        Seen::Unavailable(_) => {
            return Err(Stop::Refusal(Refusal::Kubeconfig { detail: "the recording holds no kubeconfig".into() }));
        }
    };
    let context = choose(asking, request, &config)?;
    let server = config.cluster(&context.cluster).map(|cluster| cluster.server.clone()).unwrap_or_default();
    let namespace = request.namespace.clone().or_else(|| context.namespace.clone()).unwrap_or_else(|| "default".into());
    // The first read opens the connection that all others share; it had better be the one
    // that matters most.
    target::first_read(asking, request, &namespace);
    let this_host = host(asking);
    let info = ContextInfo {
        name: context.name.clone(),
        cluster: context.cluster.clone(),
        namespace: namespace.clone(),
        server: server.clone(),
        os: this_host.known().map(|host| host.os.clone()).unwrap_or_default(),
    };
    let kubectl = Kubectl {
        flags: request.flags.clone(),
        context: (config.current_context.as_ref() != Some(&context.name)).then(|| context.name.clone()),
        namespace: (context.namespace.as_deref().unwrap_or("default") != namespace).then_some(namespace),
        taken: Vec::new(),
    };
    let traces = wsl::traces(asking);
    let version = traces.known().and_then(|traces| traces.version());
    let viewer = match (request.viewer, version) {
        (None, Some(2)) => Viewer::Windows,
        (None, _) => Viewer::Here,
        // WSL 1 has the network of Windows itself.
        (Some(Viewer::Windows), Some(1)) => Viewer::Here,
        (Some(Viewer::Windows), _) if info.os == "windows" => Viewer::Here,
        (Some(viewer), _) => viewer,
    };
    let beyond = traces.known().filter(|_| version == Some(2) && viewer != Viewer::Here);
    let wsl = beyond.map(|traces| Rc::new(WslWall(wsl::look(asking, traces, this_host.known().map(Rc::as_ref)))));
    let origin = config.cluster(&context.cluster).and_then(|cluster| cluster.origin);
    let sides = (origin, traces.known().cloned());
    let situation = Situation {
        context: context.name.clone(),
        cluster: context.cluster.clone(),
        server: Server::parse(&server),
        providers: config
            .cluster(&context.cluster)
            .and_then(|cluster| cluster.provider.clone())
            .into_iter()
            .chain(context.provider.clone())
            .collect(),
        certificate: config.certificates.get(&context.user).cloned(),
        host: this_host,
        nodes: nodes(asking),
        spoken: asking.api_spoke(),
        viewer,
    };
    // Where the browser is decides what is worth asking; the rest need not wait for it.
    let place = recognise(asking, &situation).filter(|_| request.viewer.is_some() || !traces.is_pending());
    let mut frame = Frame { asking, request, context: info, kubectl, situation, place, wsl, sides };
    frame.kubectl.taken = frame.place.as_deref().map(Place::host_ports).unwrap_or_default();
    Ok(match &request.goal {
        Goal::Explain { target } => Outcomes::Path(Box::new(target::explain(&frame, target))),
        Goal::Overview { all_namespaces, selector } => {
            Outcomes::Overview(Box::new(overview::all(&frame, *all_namespaces, selector.as_deref())))
        }
        Goal::Environment => Outcomes::Environment(Box::new(environment(&frame))),
    })
}

fn choose(asking: &Asking, request: &Request, config: &Rc<Kubeconfig>) -> Result<Context, Stop> {
    let known: Vec<String> = config.contexts.iter().map(|context| context.name.clone()).collect();
    let refuse = |refusal| Err(Stop::Refusal(refusal));
    let Some(name) = request.context.clone().or_else(|| config.current_context.clone()) else {
        let minikube = minikube::stopped_profile(asking, None, &known);
        return refuse(Refusal::NoCurrentContext { known, minikube });
    };
    let Some(context) = config.context(&name) else {
        let minikube = minikube::stopped_profile(asking, Some(&name), &known);
        return refuse(Refusal::NoSuchContext { name, known, minikube });
    };
    if config.cluster(&context.cluster).is_none() {
        return refuse(Refusal::Dangling { context: name, what: "cluster", name: context.cluster.clone() });
    }
    if !context.user.is_empty() && !config.users.contains(&context.user) {
        return refuse(Refusal::Dangling { context: name, what: "user", name: context.user.clone() });
    }
    Ok(context.clone())
}

impl Frame<'_> {
    fn environment(&self) -> crate::report::EnvironmentInfo {
        let place = self.place.as_deref();
        let mut info = place.map_or_else(|| crate::environment::elsewhere::place(&self.situation).info(), Place::info);
        // On the way to a cluster on another computer it is no wall.
        let wall = self.wsl.as_deref().filter(|_| place.is_some_and(Place::is_local));
        info.boundaries.splice(0..0, wall.map(Wall::boundary));
        info
    }

    fn probing(&self) -> Result<(), NotProbed> {
        match (self.request.probe, self.place.as_deref().is_some_and(Place::is_local)) {
            (ProbePolicy::Never, _) => Err(NotProbed::Forbidden),
            (ProbePolicy::Always, _) | (ProbePolicy::Auto, true) => Ok(()),
            (ProbePolicy::Auto, false) => Err(NotProbed::NotLocal),
        }
    }

    /// Whether the kubeconfig's entry is of no use on this side of WSL.
    fn wrong_side(&self, why: &Why) -> Option<Sides> {
        let (origin, traces) = &self.sides;
        let may_ask = self.request.probe != ProbePolicy::Never;
        let entry = (*origin, traces.as_deref());
        let found = sides::blocked(self.asking, &self.situation.server, entry, why, may_ask, &self.kubectl)?;
        // Unless its node is seen on this side, what is not found here stands on the other one.
        let here =
            |wall: &Boundary| wall.kind == BoundaryKind::Container && !["absent", "unknown"].contains(&&*wall.state);
        let seen = self.place.as_deref().is_some_and(|place| place.info().boundaries.iter().any(here));
        (found.certain || !seen).then_some(found)
    }

    fn is_thorough(&self) -> bool {
        matches!(self.request.goal, Goal::Explain { .. })
    }

    fn took(&self) -> Took {
        let reads = self.asking.answered(|ask| matches!(ask, Ask::Api(_) | Ask::Metadata(_)));
        let probes = self.asking.answered(|ask| matches!(ask, Ask::Probe(_) | Ask::Proxy(_) | Ask::Forward { .. }));
        Took { ms: 0, reads, probes }
    }
}

fn environment(frame: &Frame) -> EnvironmentReport {
    let api = frame.situation.nodes.unavailable();
    let standstill = || frame.place.as_deref()?.standstill(frame.asking, api).map(|standstill| standstill.blocked);
    let side = api.and_then(|why| frame.wrong_side(why)).map(|side| side.blocked);
    let blocked = side.or_else(standstill);
    let mut unobserved = frame.place.as_deref().map(Place::unobserved).unwrap_or_default();
    unobserved.extend(frame.situation.nodes.unavailable().map(|why| crate::report::Unobserved {
        what: crate::report::Subject::Resource("nodes"),
        why: why.clone(),
        settle: vec![frame.kubectl.cluster(&["get", "nodes"])],
    }));
    EnvironmentReport {
        context: frame.context.clone(),
        environment: frame.environment(),
        doors: frame.place.as_deref().map(Place::doors).unwrap_or_default(),
        blocked: blocked.map(|blocked| blocked.found(true, None)),
        unobserved,
        took: frame.took(),
    }
}

/// The verdict over all ports. One that works makes the whole at least degraded; ports
/// that cannot be probed (UDP, SCTP) do not spoil it.
fn overall(ports: &[crate::report::PortReport]) -> Verdict {
    let tcp: Vec<Verdict> = ports.iter().filter(|port| port.protocol == "TCP").map(|port| port.verdict).collect();
    let all: Vec<Verdict> = ports.iter().map(|port| port.verdict).collect();
    let verdicts = if tcp.is_empty() { &all } else { &tcp };
    let works = |verdict: &Verdict| matches!(verdict, Verdict::Reachable | Verdict::Degraded);
    let worst = verdicts.iter().copied().max_by_key(|verdict| verdict.rank());
    match worst {
        Some(worst) if !works(&worst) && verdicts.iter().any(works) => Verdict::Degraded,
        Some(worst) => worst,
        None => Verdict::Undetermined,
    }
}

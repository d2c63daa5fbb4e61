//! Sample reports for the tests of the renderer. Invented data.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::{IpAddr, SocketAddr};

use netpath::ask::{Engine, Why};
use netpath::diagnose::finding::Finding;
use netpath::diagnose::pod::PullCause;
use netpath::diagnose::registry::{Code, code};
use netpath::fact::live::{Forwarded, Outcome, Proxied};
use netpath::report::*;
use netpath::request::{Kind, Viewer};

const NODE: &str = "kind-control-plane";

pub fn argv(words: &str) -> Argv {
    words.split(' ').map(String::from).collect()
}

fn ip() -> IpAddr {
    "172.18.0.2".parse().unwrap()
}

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn docker() -> Source {
    Source::Engine(Engine::Docker)
}

fn context() -> ContextInfo {
    ContextInfo {
        name: "kind-kind".into(),
        cluster: "kind-kind".into(),
        namespace: "default".into(),
        server: "https://127.0.0.1:34567".into(),
        os: "linux".into(),
    }
}

fn environment() -> EnvironmentInfo {
    EnvironmentInfo {
        id: EnvironmentId::Kind,
        name: Some("kind".into()),
        driver: None,
        engine: Some(Engine::Docker),
        certainty: Certainty::Certain,
        because: vec![Evidence::new(
            docker(),
            Fact::PublishesApiServer { container: NODE.into(), port: 34567, label: "io.x-k8s.kind.cluster" },
        )],
        boundaries: vec![Boundary { kind: BoundaryKind::Container, name: NODE.into(), state: "running".into() }],
    }
}

fn hop(id: HopId, state: State, evidence: Vec<(Source, Fact)>) -> Hop {
    let (stage, owner) = match id {
        HopId::ApiServer => (Stage::One, Owner::Client),
        HopId::NodeHost | HopId::WayIn => (Stage::One, Owner::VirtualizationLayer),
        HopId::App => (Stage::Two, Owner::Application),
        _ => (Stage::Two, Owner::Kubernetes),
    };
    let evidence = evidence.into_iter().map(|(source, fact)| Evidence::new(source, fact)).collect();
    Hop { id, stage, owner, state, evidence, finding: None }
}

fn probed(to: &str, outcome: Outcome) -> (Source, Fact) {
    (Source::Probe, Fact::Probed { to: at(to), outcome })
}

fn behind(hop: HopId) -> (Source, Fact) {
    (Source::Inference, Fact::Behind { hop })
}

/// The hops of a healthy road over a published port.
fn healthy_hops() -> Vec<Hop> {
    use State::Present;
    let service = Fact::ServicePort {
        kind: "NodePort".into(),
        port: 8080,
        node_port: 30080,
        target: "8080".into(),
        protocol: "TCP".into(),
    };
    vec![
        hop(HopId::ApiServer, Present, vec![(Source::ApiServer, Fact::Skipped)]),
        hop(
            HopId::NodeHost,
            Present,
            vec![(docker(), Fact::Container { name: NODE.into(), state: "running".into(), ip: Some(ip()) })],
        ),
        hop(
            HopId::WayIn,
            Present,
            vec![(
                docker(),
                Fact::Published { container: NODE.into(), at: "127.0.0.1:8080".into(), container_port: 30080 },
            )],
        ),
        hop(HopId::NodePort, Present, vec![(Source::Api("Service"), service)]),
        hop(
            HopId::Selector,
            Present,
            vec![(Source::Api("Pod"), Fact::Selects { selector: "app=hello-minikube".into(), pods: 2 })],
        ),
        hop(
            HopId::Endpoints,
            Present,
            vec![(
                Source::Api("EndpointSlice"),
                Fact::Endpoints { ready: 2, total: 2, first: Some("10.244.0.5:8080".into()) },
            )],
        ),
        hop(
            HopId::Pods,
            Present,
            vec![(Source::Api("Pod"), Fact::PodsReady { ready: 2, total: 2, name: "hello-7d4f8c-x2x4p".into() })],
        ),
        hop(
            HopId::App,
            Present,
            vec![probed("127.0.0.1:8080", Outcome::Response { status: Some(200), tls: false, ms: 3 })],
        ),
    ]
}

fn set(hops: &mut [Hop], id: HopId, state: State, finding: Option<Code>, evidence: Vec<(Source, Fact)>) {
    let place = hops.iter_mut().find(|hop| hop.id == id).unwrap();
    *place = hop(id, state, evidence);
    place.finding = finding;
}

fn road(id: RoadId, url: Option<&str>, state: State, hops: Vec<Hop>) -> Road {
    Road { id, url: url.map(String::from), state, hops }
}

fn port(verdict: Verdict, root: Option<Code>, roads: Vec<Road>) -> PortReport {
    let urls = roads.iter().filter(|road| road.state == State::Present).filter_map(|road| road.url.clone()).collect();
    PortReport {
        port: Some(8080),
        name: String::new(),
        protocol: "TCP".into(),
        route: None,
        service: None,
        verdict,
        root,
        urls,
        roads,
    }
}

fn found(finding: Finding, remedies: Vec<Remedy>) -> Found {
    Found { finding, root: true, because: None, port: Some(8080), at: Some(0), remedies }
}

fn report(verdict: Verdict, ports: Vec<PortReport>, findings: Vec<Found>) -> Report {
    Report {
        verdict,
        target: Target {
            kind: Kind::Service,
            namespace: "default".into(),
            name: "hello-minikube".into(),
            service: Some("hello-minikube".into()),
            service_type: Some("NodePort".into()),
            port: None,
        },
        viewer: Viewer::Here,
        context: context(),
        environment: environment(),
        ports,
        services: vec![],
        findings,
        unobserved: vec![],
        took: Took { ms: 41, reads: 4, probes: 2 },
    }
}

fn port_forward() -> Remedy {
    let command = "kubectl port-forward --context kind-kind -n default service/hello-minikube 8080:8080";
    Remedy::new(Action::PortForward, argv(command)).blocking()
}

pub fn reachable() -> Report {
    let road = road(RoadId::PublishedPort, Some("http://127.0.0.1:8080/"), State::Present, healthy_hops());
    report(Verdict::Reachable, vec![port(Verdict::Reachable, None, vec![road])], vec![])
}

/// Stage 1: kind does not publish the node port.
pub fn v101() -> Report {
    let mut hops = healthy_hops();
    set(
        &mut hops,
        HopId::WayIn,
        State::Missing,
        Some(code::V101),
        vec![
            (docker(), Fact::NotPublished { node_port: 30080, published: vec![(8080, 30090)], more: 0 }),
            (Source::Interfaces, Fact::NodeNotRoutable { ip: ip() }),
        ],
    );
    set(&mut hops, HopId::App, State::NotNeeded, None, vec![behind(HopId::WayIn)]);
    let way_in = hop(HopId::WayIn, State::Missing, vec![(Source::Interfaces, Fact::NodeNotRoutable { ip: ip() })]);
    let roads = vec![
        road(RoadId::PublishedPort, None, State::Missing, hops),
        road(RoadId::NodeAddress, Some("http://172.18.0.2:30080/"), State::Missing, vec![way_in]),
    ];
    let finding = Finding::NodePortNotPublished {
        node_port: 30080,
        service: None,
        container: NODE.into(),
        engine: Engine::Docker,
        published: vec![30090],
    };
    let mut patch = argv("kubectl patch --context kind-kind -n default service hello-minikube --type=json -p");
    patch.push(r#"[{"op":"replace","path":"/spec/ports/0/nodePort","value":30090}]"#.into());
    let mut recreate =
        Remedy::new(Action::RecreateWithMapping { node_port: 30080 }, argv("kind delete cluster --name kind"))
            .destructive();
    recreate.commands.push(argv("kind create cluster --name kind --config kind.yaml"));
    let remedies =
        vec![port_forward(), Remedy::new(Action::MoveNodePort { node_port: 30090, host_port: 8080 }, patch), recreate];
    report(
        Verdict::Unreachable,
        vec![port(Verdict::Unreachable, Some(code::V101), roads)],
        vec![found(finding, remedies)],
    )
}

/// Stage 2: the selector misses by one label.
pub fn k201() -> Report {
    let mut hops = healthy_hops();
    set(
        &mut hops,
        HopId::Selector,
        State::Missing,
        Some(code::K201),
        vec![
            (Source::Api("Pod"), Fact::Selects { selector: "app=hello".into(), pods: 0 }),
            (
                Source::Api("Pod"),
                Fact::NearMiss { pair: "app=hello".into(), closest: "app=hello-minikube".into(), pods: 1, more: false },
            ),
        ],
    );
    let none = Fact::Endpoints { ready: 0, total: 0, first: None };
    set(
        &mut hops,
        HopId::Endpoints,
        State::Missing,
        None,
        vec![(Source::Api("EndpointSlice"), none), behind(HopId::Selector)],
    );
    set(&mut hops, HopId::Pods, State::NotNeeded, None, vec![behind(HopId::Selector)]);
    set(
        &mut hops,
        HopId::App,
        State::NotNeeded,
        None,
        vec![probed("127.0.0.1:8080", Outcome::Reset), behind(HopId::Selector)],
    );
    let finding = Finding::SelectorMatchesNoPods {
        selector: "app=hello".into(),
        pair: Some("app=hello".into()),
        closest: Some("app=hello-minikube".into()),
        closest_pods: 1,
        pods: 3,
    };
    let remedies = vec![Remedy::new(
        Action::SetSelector,
        argv("kubectl set selector --context kind-kind -n default service hello-minikube app=hello-minikube"),
    )];
    let road = road(RoadId::PublishedPort, Some("http://127.0.0.1:8080/"), State::Missing, hops);
    report(
        Verdict::Unreachable,
        vec![port(Verdict::Unreachable, Some(code::K201), vec![road])],
        vec![found(finding, remedies)],
    )
}

/// The Pods may not be listed.
pub fn undetermined() -> Report {
    let mut hops = healthy_hops();
    let why = || Why::Forbidden { detail: "pods is forbidden: User \"dev\" cannot list resource \"pods\"".into() };
    for id in [HopId::Selector, HopId::Pods] {
        let fact = Fact::CouldNotLook { what: Subject::Resource("pods"), why: why() };
        set(&mut hops, id, State::Unknown, None, vec![(Source::ApiServer, fact)]);
    }
    set(&mut hops, HopId::App, State::Unknown, None, vec![probed("127.0.0.1:8080", Outcome::Silent)]);
    let road = road(RoadId::PublishedPort, Some("http://127.0.0.1:8080/"), State::Unknown, hops);
    let mut report = report(Verdict::Undetermined, vec![port(Verdict::Undetermined, None, vec![road])], vec![]);
    report.unobserved = vec![Unobserved {
        what: Subject::Resource("pods"),
        why: why(),
        settle: vec![argv("kubectl auth can-i list pods --context kind-kind -n default")],
    }];
    report
}

/// All that could be read is there; no probe was wanted.
pub fn expected() -> Report {
    let mut hops = healthy_hops();
    let fact = Fact::NotProbed { why: NotProbed::Forbidden };
    set(&mut hops, HopId::App, State::Unknown, None, vec![(Source::Request, fact)]);
    let road = road(RoadId::PublishedPort, Some("http://127.0.0.1:8080/"), State::Unknown, hops);
    report(Verdict::Undetermined, vec![port(Verdict::Undetermined, None, vec![road])], vec![])
}

/// The application listens on its own loopback.
pub fn a104() -> Report {
    let mut hops = healthy_hops();
    let target = || "hello-7d4f8c-x2x4p:8080".to_owned();
    set(
        &mut hops,
        HopId::App,
        State::Missing,
        Some(code::A104),
        vec![
            (Source::PodProxy, Fact::Proxied { target: target(), outcome: Proxied::Refused }),
            (Source::PortForward, Fact::Forwarded { pod: target(), port: 8080, outcome: Forwarded::Response }),
            probed("127.0.0.1:8080", Outcome::Eof),
        ],
    );
    let finding = Finding::ListenerLoopbackOnly { pod: "hello-7d4f8c-x2x4p".into(), port: 8080 };
    let remedies = vec![
        Remedy { commands: vec![], ..Remedy::new(Action::ListenOnAllAddresses, vec![]) },
        Remedy::new(
            Action::ListenOnAllAddresses,
            argv("kubectl edit --context kind-kind -n default deployment hello-minikube"),
        ),
        port_forward(),
    ];
    let road = road(RoadId::PublishedPort, Some("http://127.0.0.1:8080/"), State::Missing, hops);
    report(
        Verdict::Unreachable,
        vec![port(Verdict::Unreachable, Some(code::A104), vec![road])],
        vec![found(finding, remedies)],
    )
}

/// The node is paused, so that nothing behind it can be read.
pub fn v302() -> Report {
    let mut hops = healthy_hops();
    let down = || Fact::CouldNotLook { what: Subject::Resource("services"), why: Why::TimedOut };
    set(&mut hops, HopId::ApiServer, State::Unknown, None, vec![(Source::ApiServer, down())]);
    set(
        &mut hops,
        HopId::NodeHost,
        State::Missing,
        Some(code::V302),
        vec![(docker(), Fact::Container { name: NODE.into(), state: "paused".into(), ip: Some(ip()) })],
    );
    for id in [HopId::WayIn, HopId::NodePort, HopId::Selector, HopId::Endpoints, HopId::Pods, HopId::App] {
        set(&mut hops, id, State::Unknown, None, vec![behind(HopId::NodeHost)]);
    }
    let finding = Finding::NodePaused { container: NODE.into(), engine: Engine::Docker };
    let remedies = vec![Remedy::new(Action::UnpauseNode, argv("docker unpause kind-control-plane"))];
    let road = road(RoadId::None, None, State::Missing, hops);
    let mut only = port(Verdict::Unreachable, Some(code::V302), vec![road]);
    only.port = None;
    let mut found = found(finding, remedies);
    found.port = None;
    let mut report = report(Verdict::Unreachable, vec![only], vec![found]);
    report.environment.boundaries[0].state = "paused".into();
    report.target.service_type = None;
    report.unobserved = vec![Unobserved {
        what: Subject::Resource("services"),
        why: Why::TimedOut,
        settle: vec![argv("kubectl version")],
    }];
    report
}

/// Type ClusterIP: a choice.
pub fn internal() -> Report {
    let mut hops = healthy_hops();
    set(&mut hops, HopId::WayIn, State::NotNeeded, Some(code::K104), vec![]);
    let service = Fact::ServicePort {
        kind: "ClusterIP".into(),
        port: 5432,
        node_port: 0,
        target: "5432".into(),
        protocol: "TCP".into(),
    };
    set(&mut hops, HopId::NodePort, State::NotNeeded, None, vec![(Source::Api("Service"), service)]);
    set(&mut hops, HopId::App, State::NotNeeded, None, vec![(Source::Inference, Fact::Skipped)]);
    let mut only = port(Verdict::Unreachable, Some(code::K104), vec![road(RoadId::None, None, State::Missing, hops)]);
    only.port = Some(5432);
    let remedies = vec![
        port_forward(),
        Remedy::new(
            Action::ExposeAsNodePort { host_port: None },
            argv("kubectl expose --context kind-kind -n default service db --type=NodePort --name=db-outside"),
        ),
    ];
    let mut found = found(Finding::InternalOnly { name: "db".into() }, remedies);
    found.port = Some(5432);
    let mut report = report(Verdict::Unreachable, vec![only], vec![found]);
    report.target.name = "db".into();
    report.target.service_type = Some("ClusterIP".into());
    report
}

/// Two ports; the second has a node port that is not published.
pub fn several_ports() -> Report {
    let mut report = v101();
    report.ports[0].name = "metrics".into();
    report.ports[0].port = Some(9090);
    report.findings[0].port = Some(9090);
    let mut web = reachable().ports.remove(0);
    web.name = "http".into();
    report.ports.insert(0, web);
    report.ports[1].urls.clear();
    report
}

/// One of two Pods is not ready.
pub fn k209() -> Report {
    let mut report = reachable();
    let finding =
        Finding::EndpointsPartiallyReady { ready: 1, total: 2, pods: vec!["hello-7d4f8c-q9q9q".into()], reason: None };
    set(
        &mut report.ports[0].roads[0].hops,
        HopId::Endpoints,
        State::Missing,
        Some(code::K209),
        vec![(
            Source::Api("EndpointSlice"),
            Fact::Endpoints { ready: 1, total: 2, first: Some("10.244.0.5:8080".into()) },
        )],
    );
    report.verdict = Verdict::Degraded;
    report.ports[0].verdict = Verdict::Degraded;
    report.ports[0].root = Some(code::K209);
    let describe = argv("kubectl describe pod --context kind-kind -n default hello-7d4f8c-q9q9q");
    report.findings.push(found(finding, vec![Remedy::new(Action::DescribePod, describe)]));
    report
}

/// Client: the API server does not know the user.
pub fn c104() -> Report {
    let server = "https://127.0.0.1:34567".to_owned();
    let mut hops = healthy_hops();
    let refused = || Fact::CouldNotLook { what: Subject::Resource("services"), why: Why::Unauthorized };
    set(&mut hops, HopId::ApiServer, State::Missing, Some(code::C104), vec![(Source::ApiServer, refused())]);
    for id in [HopId::NodePort, HopId::Selector, HopId::Endpoints, HopId::Pods, HopId::App] {
        set(&mut hops, id, State::Unknown, None, vec![behind(HopId::ApiServer)]);
    }
    let remedies = vec![Remedy::new(Action::ExportKubeconfig, argv("kind export kubeconfig --name kind"))];
    let road = road(RoadId::None, None, State::Unknown, hops);
    report(
        Verdict::Undetermined,
        vec![port(Verdict::Undetermined, Some(code::C104), vec![road])],
        vec![found(Finding::Unauthorized { server }, remedies)],
    )
}

/// As much of everything as a report may hold.
pub fn heavy() -> Report {
    let mut report = v101();
    let long = "0/3 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }, 2 \
                Insufficient memory. preemption: 0/3 nodes are available.";
    for hop in &mut report.ports[0].roads[0].hops {
        for _ in 0..3 {
            hop.evidence.push(Evidence::new(
                Source::Api("Pod"),
                Fact::PodState { pod: "web".into(), reason: "Failed".into(), message: long.into() },
            ));
        }
    }
    for number in 0..6 {
        let mut port = report.ports[0].clone();
        port.port = Some(9000 + number);
        port.name = format!("port-{number}");
        report.ports.push(port);
    }
    for _ in 0..4 {
        let road = report.ports[0].roads[1].clone();
        report.ports[0].roads.push(road);
    }
    report
}

/// Every string holds an escape sequence, a line break and a bidi control.
pub fn hostile() -> Report {
    let evil = || "evil\u{1b}[2J\u{9b}31m\r\nnext\u{202e}\u{7}".to_owned();
    let facts = vec![
        Fact::Container { name: evil(), state: evil(), ip: None },
        Fact::NoContainer { cluster: evil() },
        Fact::PublishesApiServer { container: evil(), port: 1, label: "evil\u{1b}[2J" },
        Fact::ProviderId { id: evil() },
        Fact::ContextName { name: evil() },
        Fact::ServerAddress { address: evil(), local: true },
        Fact::Published { container: evil(), at: evil(), container_port: 1 },
        Fact::PublishedOtherProtocol { node_port: 1, protocol: evil() },
        Fact::NodeRoutable { ip: ip(), interface: evil() },
        Fact::LoadBalancerAddress { address: evil() },
        Fact::ProviderRunning { container: evil() },
        Fact::Probed { to: at("127.0.0.1:1"), outcome: Outcome::Unreachable { detail: evil() } },
        Fact::ServicePort { kind: evil(), port: 1, node_port: 0, target: evil(), protocol: evil() },
        Fact::ServiceAbsent { name: evil() },
        Fact::PortsAre { ports: vec![evil()] },
        Fact::ExternalName { name: evil() },
        Fact::Selects { selector: evil(), pods: 1 },
        Fact::NearMiss { pair: evil(), closest: evil(), pods: 1, more: false },
        Fact::Workload { name: evil(), replicas: 1 },
        Fact::Endpoints { ready: 1, total: 1, first: Some(evil()) },
        Fact::PortNotInSlices { target: evil(), declared: vec![(evil(), 1)] },
        Fact::PodsReady { ready: 1, total: 1, name: evil() },
        Fact::PodState { pod: evil(), reason: evil(), message: evil() },
        Fact::NodeState { node: evil(), reason: evil(), ready: false },
        Fact::PodState { pod: "web".into(), reason: "Failed".into(), message: evil() },
        Fact::Proxied { target: evil(), outcome: Proxied::Error { detail: evil() } },
        Fact::Forwarded { pod: evil(), port: 1, outcome: Forwarded::Error { detail: evil() } },
        Fact::NoLocalEndpoint { node: evil() },
        Fact::CouldNotLook { what: Subject::Road, why: Why::ToolFailed { tool: evil(), detail: evil() } },
        Fact::TargetAbsent { kind: Kind::Deployment, name: evil() },
        Fact::SameName { candidates: vec![evil()] },
        Fact::NoServiceSelects { services: 1, labels: evil() },
        Fact::SelectorNear { service: evil(), selector: evil() },
    ];
    let mut report = v101();
    report.services = vec![OtherService { name: evil(), verdict: Verdict::Unreachable, root: None }];
    report.target = Target {
        kind: Kind::Deployment,
        namespace: evil(),
        name: evil(),
        service: Some(evil()),
        service_type: Some(evil()),
        port: Some(evil()),
    };
    report.context = ContextInfo { name: evil(), cluster: evil(), namespace: evil(), server: evil(), os: evil() };
    report.environment.name = Some(evil());
    report.environment.driver = Some(evil());
    report.environment.boundaries[0].name = evil();
    report.environment.boundaries[0].state = evil();
    let evidence: Vec<_> = facts.into_iter().map(|fact| Evidence::new(Source::Probe, fact)).collect();
    report.environment.because = evidence.clone();
    let port = &mut report.ports[0];
    (port.name, port.protocol) = (evil(), evil());
    port.urls = vec![evil()];
    port.roads[0].url = Some(evil());
    port.roads[0].hops[3].evidence = evidence;
    report.findings[0].finding = Finding::ImagePullFailed {
        pod: evil(),
        container: evil(),
        image: evil(),
        reason: evil(),
        cause: PullCause::NotFound,
        registry: evil(),
        message: evil(),
    };
    report.ports[0].root = Some(code::K212);
    report.findings[0].remedies[0].commands = vec![vec!["kubectl".into(), evil()]];
    report.findings[0].remedies[1].action = Action::LoadImage { image: evil() };
    report.unobserved = vec![Unobserved {
        what: Subject::Resource("services"),
        why: Why::Proxy { url: evil(), detail: evil() },
        settle: vec![vec![evil()]],
    }];
    report
}

/// All of them, by name.
pub fn all() -> Vec<(&'static str, Report)> {
    vec![
        ("reachable", reachable()),
        ("v101", v101()),
        ("k201", k201()),
        ("undetermined", undetermined()),
        ("expected", expected()),
        ("a104", a104()),
        ("v302", v302()),
        ("internal", internal()),
        ("several-ports", several_ports()),
        ("c104", c104()),
        ("k209", k209()),
    ]
}

/// All of them in one table.
pub fn overview() -> Overview {
    let mut items: Vec<_> = all().into_iter().map(|(name, report)| (name.to_owned(), report)).collect();
    for (name, report) in &mut items {
        report.target.name = name.clone();
    }
    Overview {
        context: context(),
        environment: environment(),
        items: items.into_iter().map(|(_, report)| report).collect(),
        blocked: None,
        unobserved: undetermined().unobserved,
        took: Took { ms: 60, reads: 5, probes: 9 },
    }
}

/// A table in which one finding hits every Service.
pub fn blocked_overview() -> Overview {
    Overview { blocked: v302().findings.pop(), items: vec![], ..overview() }
}

/// What the context points at.
pub fn environment_report() -> EnvironmentReport {
    let mut door = healthy_hops().remove(2);
    let routable = Fact::NodeRoutable { ip: ip(), interface: "br-1f0e5b8c".into() };
    door.evidence.push(Evidence::new(Source::Interfaces, routable));
    EnvironmentReport {
        context: context(),
        environment: environment(),
        doors: vec![door],
        blocked: None,
        unobserved: vec![],
        took: Took { ms: 30, reads: 1, probes: 0 },
    }
}

//! English. Short sentences and the field's own words: many readers learn Kubernetes and
//! English at the same time.

mod action;
mod cause;
mod fact;
mod pods;
mod title;
mod why;

use super::{Counts, Label, Language, Numbers, Summary};
use crate::ask::Why;
use crate::diagnose::finding::Finding;
use crate::diagnose::registry::Code;
use crate::report::{
    BoundaryKind, Certainty, ContextInfo, EnvironmentId, EnvironmentInfo, Fact, HopId, Owner, Remedy, RoadId, Source,
    Stage, State, Subject, Took, Verdict,
};
use crate::request::Viewer;

/// English.
pub(super) struct English;

impl Language for English {
    fn verdict(&self, verdict: Verdict, internal: bool) -> &'static str {
        match verdict {
            _ if internal => "INTERNAL BY DESIGN",
            Verdict::Reachable => "REACHABLE",
            Verdict::Degraded => "DEGRADED",
            Verdict::Unreachable => "NOT REACHABLE",
            Verdict::Undetermined => "UNDETERMINED",
        }
    }

    fn from(&self, viewer: Viewer, os: &str) -> String {
        match (viewer, os) {
            (Viewer::Here, "macos") => "from this Mac",
            (Viewer::Here, "windows") => "from this Windows PC",
            (Viewer::Here, _) => "from this computer",
            (Viewer::Windows, _) => "from Windows",
            (Viewer::Lan, _) => "from another computer in the LAN",
        }
        .into()
    }

    fn state(&self, state: State) -> &'static str {
        match state {
            State::Present => "ok",
            State::Missing => "missing",
            State::Unknown => "unknown",
            State::NotNeeded => "-",
        }
    }

    fn owner(&self, owner: Owner) -> &'static str {
        match owner {
            Owner::VirtualizationLayer => "virtualization layer",
            Owner::Kubernetes => "Kubernetes",
            Owner::Application => "application",
            Owner::Client => "this client",
        }
    }

    fn stage(&self, stage: Stage) -> &'static str {
        match stage {
            Stage::One => "stage 1  host to node",
            Stage::Two => "stage 2  Service to Pod",
        }
    }

    fn stage_name(&self, stage: Stage) -> &'static str {
        match stage {
            Stage::One => "stage 1",
            Stage::Two => "stage 2",
        }
    }

    fn hop(&self, hop: HopId) -> &'static str {
        match hop {
            HopId::HostName => "host name",
            HopId::ApiServer => "API server",
            HopId::NodeHost => "node",
            HopId::WayIn => "way in",
            HopId::NodePort => "node port",
            HopId::Controller => "controller",
            HopId::Route => "rule",
            HopId::Service => "Service",
            HopId::Selector => "selector",
            HopId::Endpoints => "endpoints",
            HopId::Pods => "Pods",
            HopId::Policy => "policy",
            HopId::App => "answer",
        }
    }

    fn road(&self, road: RoadId) -> &'static str {
        match road {
            RoadId::PublishedPort => "published port",
            RoadId::ForwardedPort => "forwarded port",
            RoadId::NodeAddress => "node address",
            RoadId::WslAddress => "WSL's own address",
            RoadId::LoadBalancer => "load balancer",
            RoadId::SshForward => "ssh forward",
            RoadId::ClusterAddress => "cluster address",
            RoadId::Ingress => "Ingress",
            RoadId::Gateway => "Gateway",
            RoadId::PortForward => "port-forward",
            RoadId::None => "no road",
        }
    }

    fn source(&self, source: Source) -> String {
        match source {
            Source::Kubeconfig => "kubeconfig".into(),
            Source::Interfaces => "interfaces".into(),
            Source::Engine(engine) => format!("{engine} inspect"),
            Source::Api(kind) => kind.into(),
            Source::ApiServer => "API server".into(),
            Source::Probe => "probe".into(),
            Source::ServiceProxy => "via API server".into(),
            Source::PodProxy => "via API server".into(),
            Source::PortForward => "port-forward".into(),
            Source::Resolver => "name lookup".into(),
            Source::MinikubeProfile => "config.json".into(),
            Source::MinikubeStatus => "minikube".into(),
            Source::Lima => "limactl list".into(),
            Source::LimaLog => "ha.stderr.log".into(),
            Source::Files => "files".into(),
            Source::Processes => "processes".into(),
            Source::Routes => "routes".into(),
            Source::Wsl => "WSL".into(),
            Source::Windows => "from Windows".into(),
            Source::Inference => "inferred".into(),
            Source::Request => "flags".into(),
        }
    }

    fn because(&self, fact: &Fact, numbers: &Numbers) -> String {
        fact::because(fact, numbers)
    }

    fn fact(&self, fact: &Fact, numbers: &Numbers) -> String {
        fact::text(fact, numbers)
    }

    fn finding(&self, finding: &Finding) -> String {
        title::title(finding)
    }

    fn code(&self, code: Code) -> String {
        code.entry().slug.replace('-', " ")
    }

    fn summary(&self, summary: &Summary<'_>, environment: &EnvironmentInfo) -> String {
        match summary {
            Summary::Works => String::new(),
            Summary::WorksWithError(status) => {
                format!("The path is complete. The application itself answers with an error, HTTP {status}.")
            }
            Summary::WorksUnclear => "The application answers, but netpath could not see every hop on the way.".into(),
            Summary::WorksPartly(None) => "The application answers, but not every endpoint does.".into(),
            Summary::WorksPartly(Some(finding @ Finding::IngressTlsSecretMissing { .. })) => {
                format!("The application answers by HTTP, and not by HTTPS: {}.", cause::cause(finding))
            }
            Summary::WorksPartly(Some(finding)) => {
                format!("The application answers, but not every endpoint does: {}.", cause::cause(finding))
            }
            Summary::Missing(finding) => format!("{} {}.", belongs(finding, environment), cause::cause(finding)),
            Summary::Internal(finding) => format!("This is a choice, not a fault: {}.", cause::cause(finding)),
            Summary::Unreadable(finding) => format!(
                "netpath could not read the cluster: {}. This says nothing about the application.",
                cause::cause(finding)
            ),
            Summary::Unexplained => "It does not answer, and nothing that netpath can see explains why.".into(),
            Summary::Expected => {
                "Every hop that could be read is there. It is expected to work, but no probe was sent to prove it."
                    .into()
            }
            Summary::Between if environment.is_this_computer() => {
                "The Pod answers the API server, and nothing answers at the node's address, which is this computer's \
                 own: kube-proxy, a NetworkPolicy or a firewall of this computer lets nothing through."
                    .into()
            }
            Summary::Between => "The Pod answers the API server, and nothing answers this computer. It cannot be \
                                 told from here whether the node (Kubernetes) or the way to it (virtualization \
                                 layer) lets nothing through."
                .into(),
            Summary::Silent(finding) => format!(
                "The connection gets through to the APPLICATION: {}. Slow, frozen or not speaking HTTP: from \
                 outside nobody can tell.",
                cause::cause(finding)
            ),
            Summary::Unsure(finding) => {
                format!("Not proven. The most likely cause: {}.", cause::cause(finding))
            }
            Summary::Ambiguous(finding) => format!("Say which one you mean: {}.", cause::cause(finding)),
            Summary::Either(status) => format!(
                "HTTP {status} came back. The controller may say that by itself: whether the application is behind it, \
                 netpath could not tell. A browser shows it."
            ),
            Summary::Elsewhere => {
                "It is not known whether the path is complete: netpath cannot look from where the browser is. Try it \
                 there."
                    .into()
            }
            Summary::Unknown => {
                "It is not known whether the path is complete: netpath could not look at every hop.".into()
            }
        }
    }

    fn remedy(&self, remedy: &Remedy) -> String {
        action::text(remedy)
    }

    fn alternative(&self, remedy: &str) -> String {
        format!("or {remedy}")
    }

    fn subject(&self, subject: Subject) -> String {
        why::subject(subject)
    }

    fn why(&self, why: &Why) -> String {
        why::text(why)
    }

    fn environment(&self, environment: &EnvironmentInfo) -> String {
        let id = match environment.id {
            EnvironmentId::Kind => "kind",
            EnvironmentId::Minikube => "minikube",
            EnvironmentId::K3d => "k3d",
            EnvironmentId::K3s => "k3s",
            EnvironmentId::Microk8s => "MicroK8s",
            EnvironmentId::K0s => "k0s",
            EnvironmentId::Kubeadm => "kubeadm",
            EnvironmentId::DockerDesktop => "Docker Desktop",
            EnvironmentId::Orbstack => "OrbStack",
            EnvironmentId::Lima => "Lima",
            EnvironmentId::Colima => "colima",
            EnvironmentId::RancherDesktop => "Rancher Desktop",
            EnvironmentId::Remote => "a remote cluster",
            EnvironmentId::Unknown => return "environment not recognised".into(),
        };
        let sure = match environment.certainty {
            Certainty::Certain => "",
            Certainty::Likely => "probably ",
            Certainty::Guess => "perhaps ",
        };
        let mut out = format!("{sure}{id}");
        if environment.is_this_computer() && environment.driver.is_none() {
            out.push_str(" on this computer");
        }
        if let Some(driver) = &environment.driver {
            out.push_str(&format!(", {driver} driver"));
        } else if let Some(engine) = environment.engine {
            out.push_str(&format!(", {engine}"));
        }
        out
    }

    fn boundary(&self, kind: BoundaryKind) -> &'static str {
        match kind {
            BoundaryKind::Container => "container",
            BoundaryKind::Vm => "VM",
            BoundaryKind::Wsl => "WSL2",
        }
    }

    fn context(&self, context: &ContextInfo, environment: &EnvironmentInfo) -> String {
        let os = match context.os.as_str() {
            "linux" => "Linux",
            "macos" => "macOS",
            "windows" => "Windows",
            other => other,
        };
        let namespace = match context.namespace.as_str() {
            "" => "all namespaces".into(),
            name => format!("namespace {name}"),
        };
        format!("context {} ({}) on {os}, {namespace}", context.name, self.environment(environment))
    }

    fn through(&self, service: &str) -> String {
        format!("through svc/{service}")
    }

    fn port(&self, port: Option<u16>, name: &str, protocol: &str) -> String {
        let mut out = port.map_or_else(|| "port".to_owned(), |port| format!("port {port}"));
        if !name.is_empty() {
            out.push_str(&format!(" {name}"));
        }
        if !matches!(protocol, "" | "TCP") {
            out.push_str(&format!(" {protocol}"));
        }
        out
    }

    fn counts(&self, counts: &Counts) -> String {
        let words = [
            (counts.reachable, "reachable"),
            (counts.degraded, "degraded"),
            (counts.unreachable, "not reachable"),
            (counts.undetermined, "undetermined"),
            (counts.internal, "internal by design"),
        ];
        let said: Vec<_> =
            words.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        said.join(", ")
    }

    fn not_listed(&self, fine: usize, others: usize) -> String {
        let fine = (fine > 0).then(|| format!("{fine} that work or are internal by design"));
        let others = (others > 0).then(|| format!("{others} more that need a look"));
        let said: Vec<String> = [fine, others].into_iter().flatten().collect();
        format!("Not listed: {}; -v lists all of them.", said.join(", and "))
    }

    fn more(&self, count: usize) -> String {
        format!("and {count} more: -v")
    }

    fn took(&self, took: &Took) -> String {
        format!("took {} ms, {}, {}", took.ms, plural(took.reads, "API read"), plural(took.probes, "probe"))
    }

    fn to_find_out(&self, what: Subject) -> &'static str {
        match what {
            Subject::Road => "to find out (an answer: likely virtualization layer; none: Kubernetes):",
            _ => "to find out:",
        }
    }

    fn same_behind(&self, url: &str) -> String {
        format!("{url} leads to the same node, not tried")
    }

    fn answers(&self, url: &str) -> String {
        format!("{url} answers")
    }

    fn label(&self, label: Label) -> &'static str {
        match label {
            Label::Open => "open:",
            Label::ThenOpen => "then open:",
            Label::WhyThisHappens => "why this happens:",
            Label::MoreAboutOne => "more about one:",
            Label::OtherRoads => "also looked at:",
            Label::OtherPorts => "other ports:",
            Label::OtherServices => "other Services:",
            Label::NotObserved => "not known:",
            Label::Owner => "owner:",
            Label::ApiServer => "beside the path  API server",
            Label::Capitals => "Replace the words in CAPITALS with your own names.",
            Label::OnThisComputer => "on this computer",
            Label::InThePod => "inside the Pod",
            Label::Browser => "browser",
            Label::Node => "node",
            Label::NoRoad => "no road",
            Label::NotNeeded => "not needed",
            Label::NoLayer => "no virtualization layer here",
            Label::Environment => "environment",
            Label::Boundaries => "between this host and the node",
            Label::Doors => "ways in",
            Label::NoDoors => "none was found",
            Label::Because => "how this is known",
            Label::Target => "TARGET",
            Label::Type => "TYPE",
            Label::StageOne => "STAGE-1",
            Label::StageTwo => "STAGE-2",
            Label::OpenOrMissing => "OPEN / FIRST MISSING HOP",
            Label::NoServices => "no Service found",
            Label::Hop => "hop",
            Label::State => "state",
            Label::Evidence => "evidence",
            Label::Source => "source",
            Label::Code => "CODE",
            Label::Title => "TITLE",
            Label::HowToOpen => "How to open it",
            Label::OpensWithFile => "to open it for good (it begins with a file):",
            Label::OpensForGood => "to open it for good, which costs the cluster's data:",
            Label::Everything => "more detail:",
            Label::Also => "also:",
            Label::ThisPod => "this Pod:",
        }
    }
}

/// Whose the missing hop is. The one sentence this tool exists for.
fn belongs(finding: &Finding, environment: &EnvironmentInfo) -> String {
    match finding.owner() {
        Owner::VirtualizationLayer => {
            let engine = match (&environment.driver, environment.engine) {
                (Some(driver), _) => format!(", {driver} driver"),
                (None, Some(engine)) => format!(", {engine}"),
                (None, None) => String::new(),
            };
            let place = match environment.id {
                EnvironmentId::Kind => format!(" (kind{engine})"),
                EnvironmentId::Minikube => format!(" (minikube{engine})"),
                EnvironmentId::K3d => format!(" (k3d{engine})"),
                EnvironmentId::DockerDesktop => " (Docker Desktop)".into(),
                EnvironmentId::Orbstack => " (OrbStack)".into(),
                EnvironmentId::Lima => " (Lima)".into(),
                EnvironmentId::Colima => " (colima)".into(),
                EnvironmentId::RancherDesktop => " (Rancher Desktop)".into(),
                EnvironmentId::K3s | EnvironmentId::Microk8s | EnvironmentId::K0s | EnvironmentId::Kubeadm => {
                    String::new()
                }
                EnvironmentId::Remote | EnvironmentId::Unknown => String::new(),
            };
            format!("The missing hop belongs to the VIRTUALIZATION LAYER{place}, not to Kubernetes:")
        }
        Owner::Kubernetes if environment.is_this_computer() => {
            "The missing hop belongs to KUBERNETES (this computer is itself a node):".into()
        }
        Owner::Kubernetes => "The missing hop belongs to KUBERNETES, not to the virtualization layer:".into(),
        Owner::Application => "Both stages of the path are there. The fault is in the APPLICATION:".into(),
        Owner::Client => "The missing hop belongs to THIS COMPUTER, not to the cluster:".into(),
    }
}

/// `1 Pod`, `2 Pods`.
fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// A message of somebody else inside a sentence: one line, no full stop, not too long.
fn quote(message: &str) -> String {
    const MOST: usize = 120;
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let message = message.trim_end_matches('.');
    match message.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} ...", &message[..end]),
        None => message.to_owned(),
    }
}

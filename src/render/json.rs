//! The report for programs. Keys are always there, null or empty where nothing is known;
//! they are only ever added, never renamed. `docs/schema/` holds the schema.
//!
//! The views are apart from the report's types, so that a refactoring of the core cannot
//! change what programs read.

use serde::Serialize;
use serde_json::Value;

use super::clean::{clean, clean_argument, clean_value};
use super::lang::{Lang, Language, Numbers};
use super::view;
use crate::ask::Engine;
use crate::diagnose::registry::Code;
use crate::report::{
    self, BoundaryKind, Certainty, EnvironmentId, HopId, Outcomes, Owner, RoadId, State, Took, Verdict,
};
use crate::request::{Kind, Viewer};

/// Version of the shape.
const API_VERSION: &str = "netpath/v1alpha1";

/// Renders as JSON.
pub(super) fn render(outcomes: &Outcomes, lang: Lang) -> String {
    let mut out = serde_json::to_string_pretty(&document(outcomes, lang)).expect("views have string keys only");
    out.push('\n');
    out
}

/// A string that has been cleaned: the one way from untrusted text into a document.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(super) struct Text(String);

impl Text {
    fn new(text: &str) -> Self {
        Self(clean(text).into_owned())
    }

    /// A text whose lines stay apart.
    fn lines(text: &str) -> Self {
        Self(text.lines().map(|line| format!("{}\n", clean(line))).collect())
    }

    fn argv(argv: &[String]) -> Vec<Self> {
        argv.iter().map(|word| Self(clean_argument(word).into_owned())).collect()
    }

    fn option(text: Option<&String>) -> Option<Self> {
        text.map(|text| Self::new(text))
    }
}

/// One document.
#[derive(Debug, Serialize)]
#[serde(tag = "kind")]
pub(super) enum Document {
    PathReport(Box<PathReport>),
    PathOverview(Box<PathOverview>),
    EnvironmentReport(Box<EnvironmentReport>),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PathReport {
    api_version: &'static str,
    verdict: Verdict,
    target: Target,
    viewer: Viewer,
    context: Context,
    environment: Environment,
    ports: Vec<Port>,
    services: Vec<Service>,
    findings: Vec<Finding>,
    unobserved: Vec<Unobserved>,
    took: Took,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PathOverview {
    api_version: &'static str,
    context: Context,
    environment: Environment,
    items: Vec<Item>,
    findings: Vec<Finding>,
    unobserved: Vec<Unobserved>,
    took: Took,
}

#[derive(Debug, Serialize)]
struct Item {
    target: Target,
    r#type: Option<Text>,
    verdict: Verdict,
    root: Option<Code>,
    urls: Vec<Text>,
    stage1: State,
    stage2: State,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnvironmentReport {
    api_version: &'static str,
    context: Context,
    environment: Environment,
    doors: Vec<Hop>,
    findings: Vec<Finding>,
    unobserved: Vec<Unobserved>,
    took: Took,
}

#[derive(Debug, Serialize)]
struct Target {
    kind: Kind,
    namespace: Text,
    name: Text,
    service: Option<Text>,
    port: Option<Text>,
}

#[derive(Debug, Serialize)]
struct Context {
    name: Text,
    cluster: Text,
    namespace: Text,
    server: Text,
}

#[derive(Debug, Serialize)]
struct Environment {
    id: EnvironmentId,
    name: Option<Text>,
    driver: Option<Text>,
    engine: Option<Engine>,
    certainty: Certainty,
    because: Vec<Evidence>,
    boundaries: Vec<Boundary>,
}

#[derive(Debug, Serialize)]
struct Boundary {
    kind: BoundaryKind,
    name: Text,
    state: Text,
    owner: Owner,
}

#[derive(Debug, Serialize)]
struct Port {
    port: Option<u16>,
    name: Text,
    protocol: Text,
    route: Option<Text>,
    service: Option<Text>,
    verdict: Verdict,
    root: Option<Code>,
    urls: Vec<Text>,
    roads: Vec<Road>,
}

#[derive(Debug, Serialize)]
struct Service {
    name: Text,
    verdict: Verdict,
    root: Option<Code>,
}

#[derive(Debug, Serialize)]
struct Road {
    id: RoadId,
    url: Option<Text>,
    state: State,
    hops: Vec<Hop>,
}

#[derive(Debug, Serialize)]
struct Hop {
    id: HopId,
    stage: u8,
    owner: Owner,
    state: State,
    title: Text,
    evidence: Vec<Evidence>,
    finding: Option<Code>,
}

#[derive(Debug, Serialize)]
struct Evidence {
    source: Text,
    text: Text,
    live: bool,
}

#[derive(Debug, Serialize)]
struct Finding {
    code: Code,
    slug: &'static str,
    owner: Owner,
    root: bool,
    because: Option<Code>,
    port: Option<u16>,
    title: Text,
    params: Value,
    remedies: Vec<Remedy>,
}

#[derive(Debug, Serialize)]
struct Remedy {
    title: Text,
    commands: Vec<Vec<Text>>,
    blocks: bool,
    privileged: bool,
    destructive: bool,
    reversible: bool,
    files: Vec<TextFile>,
}

#[derive(Debug, Serialize)]
struct TextFile {
    name: Text,
    text: Text,
}

#[derive(Debug, Serialize)]
struct Unobserved {
    what: Text,
    why: Text,
    settle: Vec<Vec<Text>>,
}

/// The document of a run.
pub(super) fn document(outcomes: &Outcomes, lang: Lang) -> Document {
    let views = Views { words: lang.words() };
    match outcomes {
        Outcomes::Path(report) => Document::PathReport(Box::new(views.path(report))),
        Outcomes::Overview(overview) => Document::PathOverview(Box::new(views.overview(overview))),
        Outcomes::Environment(report) => Document::EnvironmentReport(Box::new(views.environment_report(report))),
    }
}

struct Views {
    words: &'static dyn Language,
}

impl Views {
    fn path(&self, report: &report::Report) -> PathReport {
        PathReport {
            api_version: API_VERSION,
            verdict: report.verdict,
            target: target(&report.target),
            viewer: report.viewer,
            context: context(&report.context),
            environment: self.environment(&report.environment),
            ports: report.ports.iter().map(|port| self.port(port)).collect(),
            services: report.services.iter().map(service).collect(),
            findings: report.findings.iter().map(|found| self.finding(found)).collect(),
            unobserved: self.unobserved(&report.unobserved),
            took: report.took,
        }
    }

    fn overview(&self, overview: &report::Overview) -> PathOverview {
        PathOverview {
            api_version: API_VERSION,
            context: context(&overview.context),
            environment: self.environment(&overview.environment),
            items: overview.items.iter().map(item).collect(),
            findings: overview.blocked.iter().map(|found| self.finding(found)).collect(),
            unobserved: self.unobserved(&overview.unobserved),
            took: overview.took,
        }
    }

    fn environment_report(&self, report: &report::EnvironmentReport) -> EnvironmentReport {
        EnvironmentReport {
            api_version: API_VERSION,
            context: context(&report.context),
            environment: self.environment(&report.environment),
            doors: report.doors.iter().map(|hop| self.hop(hop)).collect(),
            findings: report.blocked.iter().map(|found| self.finding(found)).collect(),
            unobserved: self.unobserved(&report.unobserved),
            took: report.took,
        }
    }

    fn environment(&self, environment: &report::EnvironmentInfo) -> Environment {
        let boundary = |wall: &report::Boundary| Boundary {
            kind: wall.kind,
            name: Text::new(&wall.name),
            state: Text::new(&wall.state),
            owner: Owner::VirtualizationLayer,
        };
        Environment {
            id: environment.id,
            name: Text::option(environment.name.as_ref()),
            driver: Text::option(environment.driver.as_ref()),
            engine: environment.engine,
            certainty: environment.certainty,
            because: self.evidence(&environment.because),
            boundaries: environment.boundaries.iter().map(boundary).collect(),
        }
    }

    fn port(&self, port: &report::PortReport) -> Port {
        Port {
            port: port.port,
            name: Text::new(&port.name),
            protocol: Text::new(&port.protocol),
            route: Text::option(port.route.as_ref()),
            service: Text::option(port.service.as_ref()),
            verdict: port.verdict,
            root: port.root,
            urls: port.urls.iter().map(|url| Text::new(url)).collect(),
            roads: port.roads.iter().map(|road| self.road(road)).collect(),
        }
    }

    fn road(&self, road: &report::Road) -> Road {
        Road {
            id: road.id,
            url: Text::option(road.url.as_ref()),
            state: road.state,
            hops: road.hops.iter().map(|hop| self.hop(hop)).collect(),
        }
    }

    fn hop(&self, hop: &report::Hop) -> Hop {
        Hop {
            id: hop.id,
            stage: match hop.stage {
                report::Stage::One => 1,
                report::Stage::Two => 2,
            },
            owner: hop.owner,
            state: hop.state,
            title: Text::new(self.words.hop(hop.id)),
            evidence: self.evidence(&hop.evidence),
            finding: hop.finding,
        }
    }

    fn evidence(&self, evidence: &[report::Evidence]) -> Vec<Evidence> {
        let view = |seen: &report::Evidence| Evidence {
            source: Text::new(&self.words.source(seen.source)),
            text: Text::new(&self.words.fact(&seen.fact, &Numbers::default())),
            live: seen.is_live(),
        };
        evidence.iter().map(view).collect()
    }

    fn finding(&self, found: &report::Found) -> Finding {
        let code = found.finding.code();
        let mut params = serde_json::to_value(&found.finding).expect("findings have string keys only");
        clean_value(&mut params);
        Finding {
            code,
            slug: code.entry().slug,
            owner: code.owner(),
            root: found.root,
            because: found.because,
            port: found.port,
            title: Text::new(&self.words.finding(&found.finding)),
            params,
            remedies: found.remedies.iter().map(|remedy| self.remedy(remedy)).collect(),
        }
    }

    fn remedy(&self, remedy: &report::Remedy) -> Remedy {
        Remedy {
            title: Text::new(&self.words.remedy(remedy)),
            commands: remedy.commands.iter().map(|argv| Text::argv(argv)).collect(),
            blocks: remedy.blocks,
            privileged: remedy.privileged,
            destructive: remedy.destructive,
            reversible: remedy.reversible,
            files: remedy
                .files
                .iter()
                .map(|file| TextFile { name: Text::new(&file.name), text: Text::lines(&file.text) })
                .collect(),
        }
    }

    fn unobserved(&self, unobserved: &[report::Unobserved]) -> Vec<Unobserved> {
        let view = |missing: &report::Unobserved| Unobserved {
            what: Text::new(&self.words.subject(missing.what)),
            why: Text::new(&self.words.why(&missing.why)),
            settle: missing.settle.iter().map(|argv| Text::argv(argv)).collect(),
        };
        unobserved.iter().map(view).collect()
    }
}

fn target(target: &report::Target) -> Target {
    Target {
        kind: target.kind,
        namespace: Text::new(&target.namespace),
        name: Text::new(&target.name),
        service: Text::option(target.service.as_ref()),
        port: Text::option(target.port.as_ref()),
    }
}

fn service(other: &report::OtherService) -> Service {
    Service { name: Text::new(&other.name), verdict: other.verdict, root: other.root }
}

fn context(context: &report::ContextInfo) -> Context {
    Context {
        name: Text::new(&context.name),
        cluster: Text::new(&context.cluster),
        namespace: Text::new(&context.namespace),
        server: Text::new(&context.server),
    }
}

fn item(report: &report::Report) -> Item {
    Item {
        target: target(&report.target),
        r#type: Text::option(report.target.service_type.as_ref()),
        verdict: report.verdict,
        root: view::root(report).map(|found| found.finding.code()),
        urls: view::urls(report).map(|url| Text::new(url)).collect(),
        stage1: view::stage(report, report::Stage::One),
        stage2: view::stage(report, report::Stage::Two),
    }
}

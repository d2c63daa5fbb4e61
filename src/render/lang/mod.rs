//! The words, one file per language.
//!
//! To add a language: write `ja.rs` beside `en.rs` with `impl Language for Japanese`, add
//! it to [`Lang`]. Every method takes typed values and matches all of them, so that a new
//! finding without words does not compile. Codes, commands, resource words and the names
//! of Kubernetes stay as they are.

mod en;

use crate::ask::Why;
use crate::diagnose::finding::Finding;
use crate::diagnose::registry::Code;
use crate::report::{
    BoundaryKind, ContextInfo, EnvironmentInfo, Fact, HopId, Owner, Remedy, RoadId, Source, Stage, State, Subject,
    Took, Verdict,
};
use crate::request::Viewer;

/// The languages there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
}

impl Lang {
    /// Its words.
    pub fn words(self) -> &'static dyn Language {
        match self {
            Self::En => &en::English,
        }
    }
}

/// What the first sentence of a report says.
#[derive(Debug, Clone, Copy)]
pub enum Summary<'a> {
    /// It works. Nothing to add.
    Works,
    /// It works, and what the application answers is an error of its own.
    WorksWithError(u16),
    /// It works, and some hop could not be seen or looks missing.
    WorksUnclear,
    /// It works, and not everything behind it does.
    WorksPartly(Option<&'a Finding>),
    /// A hop is missing.
    Missing(&'a Finding),
    /// The Service offers no road from outside, by choice.
    Internal(&'a Finding),
    /// The Pod answers the API server, and nothing from here; whose fault it is stays open.
    Between,
    /// The application lets a connection in and says nothing.
    Silent(&'a Finding),
    /// netpath itself could not read what it needs.
    Unreadable(&'a Finding),
    /// Unreachable, and no finding explains it.
    Unexplained,
    /// Nothing is missing, and nothing was probed.
    Expected,
    /// Not known, with what points to a cause.
    Unsure(&'a Finding),
    /// The request can mean several things.
    Ambiguous(&'a Finding),
    /// Something answers with this status, be it the application or what stands in front of it.
    Either(u16),
    /// Not known, since nobody looks from where the browser is.
    Elsewhere,
    /// Not known.
    Unknown,
}

/// Numbers of the hops as they are printed. Empty where hops have no numbers.
#[derive(Debug, Clone, Default)]
pub struct Numbers(pub Vec<(HopId, usize)>);

impl Numbers {
    /// The number of a hop, if it is printed.
    pub fn of(&self, hop: HopId) -> Option<usize> {
        self.0.iter().find(|(id, _)| *id == hop).map(|(_, number)| *number)
    }
}

/// How many Services of an overview have which verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Reachable.
    pub reachable: usize,
    /// Degraded.
    pub degraded: usize,
    /// Unreachable, without those that are internal by design.
    pub unreachable: usize,
    /// Undetermined.
    pub undetermined: usize,
    /// Internal by design.
    pub internal: usize,
}

/// Fixed words that need no parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// Before the URL of a reachable target.
    Open,
    /// Before the URL that works once the hop is there.
    ThenOpen,
    /// Before the command that prints a code's page.
    WhyThisHappens,
    /// Before the command that prints more about one Service.
    MoreAboutOne,
    /// Before the other roads.
    OtherRoads,
    /// Before the other ports.
    OtherPorts,
    /// Before other Services of the same target.
    OtherServices,
    /// Before what could not be observed.
    NotObserved,
    /// Before an owner.
    Owner,
    /// Heading of the group of the API server.
    ApiServer,
    /// Below a page: words in capitals stand for the reader's own names.
    Capitals,
    /// Heading of what this computer itself has to know.
    OnThisComputer,
    /// Heading of the group inside the Pod.
    InThePod,
    /// In the diagram: the left end.
    Browser,
    /// In the diagram: the node.
    Node,
    /// In the diagram, in place of an arrow: there is no road.
    NoRoad,
    /// In the diagram, in place of an owner: nothing is between here and the node.
    NotNeeded,
    /// In place of the owner of stage 1: nothing is between here and the node.
    NoLayer,
    /// Where the context points.
    Environment,
    /// Walls between here and the node.
    Boundaries,
    /// Ways from here to the node.
    Doors,
    /// There are none.
    NoDoors,
    /// How the environment was recognised.
    Because,
    /// Column: the Service.
    Target,
    /// Column: its type.
    Type,
    /// Column: stage 1.
    StageOne,
    /// Column: stage 2.
    StageTwo,
    /// Column: URL or first missing hop.
    OpenOrMissing,
    /// No Service was found.
    NoServices,
    /// Column: hop.
    Hop,
    /// Column: state.
    State,
    /// Column: evidence.
    Evidence,
    /// Column: source.
    Source,
    /// Column: code.
    Code,
    /// Column: title.
    Title,
    /// Heading of the commands.
    HowToOpen,
    /// Everything that opens the path is left out, because it loses data.
    OpensForGood,
    /// The same, because it begins with a file.
    OpensWithFile,
    /// More text was left out: how to see it.
    Everything,
    /// Before what else was found.
    Also,
    /// Before what was found about the very Pod that was asked about.
    ThisPod,
}

/// The words of one language.
pub trait Language: Sync {
    /// The verdict; internal by design is apart.
    fn verdict(&self, verdict: Verdict, internal: bool) -> &'static str;
    /// From where the verdict holds.
    fn from(&self, viewer: Viewer, os: &str) -> String;
    /// A state, as it stands in a table.
    fn state(&self, state: State) -> &'static str;
    /// An owner.
    fn owner(&self, owner: Owner) -> &'static str;
    /// A stage, without its number's owner.
    fn stage(&self, stage: Stage) -> &'static str;
    /// A stage's name alone.
    fn stage_name(&self, stage: Stage) -> &'static str;
    /// A hop, at most fourteen columns.
    fn hop(&self, hop: HopId) -> &'static str;
    /// A road.
    fn road(&self, road: RoadId) -> &'static str;
    /// A source, at most fifteen columns.
    fn source(&self, source: Source) -> String;
    /// Which hop something follows from, behind what was seen there.
    fn because(&self, fact: &Fact, numbers: &Numbers) -> String;
    /// What was seen.
    fn fact(&self, fact: &Fact, numbers: &Numbers) -> String;
    /// A finding in one short line.
    fn finding(&self, finding: &Finding) -> String;
    /// A code in one short line, without parameters.
    fn code(&self, code: Code) -> String;
    /// The first sentences of a report; empty if there is nothing to say.
    fn summary(&self, summary: &Summary<'_>, environment: &EnvironmentInfo) -> String;
    /// What a remedy does, side effects included.
    fn remedy(&self, remedy: &Remedy) -> String;
    /// The same as an alternative to the one before.
    fn alternative(&self, remedy: &str) -> String;
    /// What could not be looked at.
    fn subject(&self, subject: Subject) -> String;
    /// Why it could not be looked at.
    fn why(&self, why: &Why) -> String;
    /// The environment in a few words.
    fn environment(&self, environment: &EnvironmentInfo) -> String;
    /// The kind of a boundary.
    fn boundary(&self, kind: BoundaryKind) -> &'static str;
    /// The context line: what was recognised.
    fn context(&self, context: &ContextInfo, environment: &EnvironmentInfo) -> String;
    /// Through which Service the path to a target of another kind leads.
    fn through(&self, service: &str) -> String;
    /// A port, by number, name and protocol.
    fn port(&self, port: Option<u16>, name: &str, protocol: &str) -> String;
    /// What an overview counts.
    fn counts(&self, counts: &Counts) -> String;
    /// What a long overview leaves out: so many that are fine, and so many others.
    fn not_listed(&self, fine: usize, others: usize) -> String;
    /// That more lines exist.
    fn more(&self, count: usize) -> String;
    /// What a run cost.
    fn took(&self, took: &Took) -> String;
    /// What introduces the commands that would settle something.
    fn to_find_out(&self, what: Subject) -> &'static str;

    /// A road that leads to the node, behind which it is like the others.
    fn same_behind(&self, url: &str) -> String;

    /// That a URL answered.
    fn answers(&self, url: &str) -> String;
    /// Fixed words.
    fn label(&self, label: Label) -> &'static str;
}

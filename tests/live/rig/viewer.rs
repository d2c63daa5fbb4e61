//! Who asks: where netpath runs, with whose kubeconfig, about what.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::panicking;
use std::time::Instant;

use super::cluster::{Cluster, Done, NAMESPACE, finish};
use super::laptop::{Laptop, Walls, laptop};
use super::said::Said;

const NETPATH: &str = env!("CARGO_BIN_EXE_kubectl-netpath");

/// One test at a time: they share their clusters.
static TURN: Mutex<()> = Mutex::new(());

/// Somebody who asks netpath, by default about Service `web` from this computer, which has
/// a route to the node.
#[derive(Clone)]
pub struct Viewer {
    turn: Rc<Turn>,
    laptop: Option<Rc<Laptop>>,
    kubeconfig: PathBuf,
    target: &'static str,
    flags: Vec<&'static str>,
}

/// A test's time with a cluster: it ends with the last viewer.
struct Turn {
    cluster: &'static Cluster,
    broken: Cell<bool>,
    began: Instant,
    _one_at_a_time: MutexGuard<'static, ()>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.broken.get() {
            // A second panic while a test fails would take the whole run with it.
            let mended = catch_unwind(AssertUnwindSafe(|| self.cluster.mend()));
            assert!(mended.is_ok() || panicking(), "the cluster was not mended");
        }
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        println!("{name} took {:.1} s", self.began.elapsed().as_secs_f32());
    }
}

impl Viewer {
    /// Waits for its turn with a cluster.
    pub(super) fn new(cluster: fn() -> &'static Cluster) -> Self {
        let one_at_a_time = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let cluster = cluster();
        let turn = Turn { cluster, broken: Cell::new(false), began: Instant::now(), _one_at_a_time: one_at_a_time };
        let kubeconfig = cluster.kubeconfig().to_owned();
        Self { turn: Rc::new(turn), laptop: None, kubeconfig, target: "svc/web", flags: Vec::new() }
    }

    pub fn cluster(&self) -> &'static Cluster {
        self.turn.cluster
    }

    /// Breaks something below the Service. It is mended when the test ends, however that is.
    #[must_use]
    pub fn broken(self, breaks: impl FnOnce(&Cluster)) -> Self {
        self.turn.broken.set(true);
        breaks(self.cluster());
        self
    }

    /// Changes something after everything has been applied.
    #[must_use]
    pub fn changed(self, changes: impl FnOnce(&Cluster)) -> Self {
        changes(self.cluster());
        self
    }

    /// Somebody without a route to the node. `None` where that is not wanted.
    pub fn laptop(&self) -> Option<Self> {
        self.behind(Walls::default())
    }

    /// Somebody without a route to the node, behind these forwarders.
    pub fn behind(&self, walls: Walls) -> Option<Self> {
        Some(Self { laptop: Some(Rc::new(laptop(self.cluster(), walls)?)), ..self.clone() })
    }

    /// The same, where nothing brings this port onto it, though the engine publishes it.
    pub fn laptop_without(&self, port: u16) -> Option<Self> {
        self.behind(Walls { without: Some(port), ..Walls::default() })
    }

    /// Brings a port that was published meanwhile onto the laptop.
    pub fn relay(&self, port: u16) {
        self.laptop.iter().for_each(|laptop| laptop.relay(port));
    }

    /// Somebody else's rights.
    pub(super) fn with_kubeconfig(&self, kubeconfig: PathBuf) -> Self {
        Self { kubeconfig, ..self.clone() }
    }

    /// Another target.
    #[must_use]
    pub fn about(&self, target: &'static str) -> Self {
        Self { target, ..self.clone() }
    }

    /// More flags.
    #[must_use]
    pub fn flags(&self, more: &[&'static str]) -> Self {
        Self { flags: [&self.flags, more].concat(), ..self.clone() }
    }

    /// Runs a command as a reader of the report would, who has the plugin on `PATH`.
    pub fn run(&self, argv: &[String]) -> Done {
        let plugin = Path::new(NETPATH).parent().map(|folder| folder.to_string_lossy());
        let path = format!("{}:{}", plugin.unwrap_or_default(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new(&argv[0]);
        finish(command.args(&argv[1..]).env("KUBECONFIG", &self.kubeconfig).env("PATH", path), None)
    }

    fn netpath(&self, format: &[&str]) -> String {
        let new = || Command::new(NETPATH);
        let mut command = self.laptop.as_ref().map_or_else(new, |laptop| laptop.command(NETPATH));
        command.args(["explain", self.target, "-n", NAMESPACE]).args(format).args(&self.flags);
        command.env("KUBECONFIG", &self.kubeconfig).env_remove("NO_COLOR");
        for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"] {
            command.env_remove(proxy);
        }
        finish(&mut command, None).must()
    }

    /// Asks netpath for JSON, and shows the same run as text: a Pod that fails again and again
    /// is in another state a moment later.
    #[track_caller]
    pub fn ask(&self) -> Said {
        let recording = tempfile::NamedTempFile::new().expect("a file");
        let file = recording.path().to_str().expect("a path in UTF-8");
        let json = self.netpath(&["-o", "json", "--record", file]);
        let text = finish(Command::new(NETPATH).args(["explain", "--replay", file]).env_remove("NO_COLOR"), None);
        Said::new(self.clone(), &json, text.must())
    }

    /// Asks for text alone.
    pub(super) fn text(&self) -> String {
        self.netpath(&[])
    }

    /// Asks, and holds the report to a verdict, and to one root and its owner.
    #[track_caller]
    pub fn says(&self, verdict: &str, code: &str, owner: &str) -> Said {
        let said = self.ask();
        said.is(verdict, code, owner);
        said
    }

    /// Asks, and holds the report to "undetermined" and no root.
    #[track_caller]
    pub fn does_not_know(&self) -> Said {
        let said = self.ask();
        assert_eq!((said.verdict(), said.roots()), ("undetermined", Vec::new()), "{}", said.shown());
        said
    }

    /// Asks, and holds the report to "reachable" by this URL and no fault.
    #[track_caller]
    pub fn reaches(&self, url: &str) -> Said {
        let said = self.ask();
        said.is_reachable_at(url);
        said
    }
}

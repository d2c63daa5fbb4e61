//! The shell: carries out what the core asks. Together with `probe/` the only code that
//! touches the world, and read-only without exception.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

mod apart;
pub mod api;
mod command;
#[cfg(target_os = "linux")]
mod diag;
mod docker_socket;
pub mod engine;
mod file;
mod group;
#[cfg(target_os = "linux")]
mod holders;
pub mod host;
pub mod interrupt;
pub mod kubeconfig;
pub(crate) mod lack;
mod lima;
mod minikube;
mod network;
#[doc(hidden)]
pub mod readers;
pub mod recording;
mod resolve;
mod wsl;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout_at};

use self::apart::apart;
use self::api::{Api, tls};
use self::kubeconfig::Loaded;
use crate::ask::{Ask, Observed, Raw, Why};
use crate::probe;

/// Time limit of one read of the API server, at least. Who gives the run more than the
/// usual ten seconds gives it to a slow server: then it is the same share of that.
const READ: Duration = Duration::from_secs(3);
/// Time limit of one answer through the API server's proxies. They wait for a silent
/// application for ever.
const PROXY: Duration = Duration::from_secs(2);
/// Time limit of a port-forward: its silence is an answer, and has to last.
const FORWARD: Duration = Duration::from_secs(4);

/// Time limit of loading credentials, a plugin's prompt included.
const CREDENTIALS: Duration = Duration::from_secs(5);

/// How much of an engine's output is read, in bytes.
const MAX_OUTPUT: u64 = 16 * 1024 * 1024;

/// The real world.
pub struct World {
    kubeconfig: Arc<Loaded>,
    context: String,
    api: OnceCell<Result<Api, Why>>,
    read: Duration,
    limit: Duration,
}

impl World {
    /// A world seen through a kubeconfig and one of its contexts, by a run that takes
    /// `limit` at most.
    pub fn new(kubeconfig: Loaded, context: String, limit: Duration) -> Self {
        let read = READ.max(limit / 10 * 3);
        Self { kubeconfig: Arc::new(kubeconfig), context, api: OnceCell::new(), read, limit }
    }

    /// Carries out one ask, within its own time limit.
    ///
    /// # Errors
    ///
    /// [`Why`] it could not be observed, which says nothing about the thing itself.
    pub async fn observe(&self, ask: &Ask) -> Observed {
        match ask {
            Ask::Host => {
                // What is sent goes first: it can be under way meanwhile.
                yield_now().await;
                host::observe()
            }
            Ask::Kubeconfig => value(&self.kubeconfig.view().only(&self.context)),
            Ask::Variable(name) => {
                let value = std::env::var(name).ok().filter(|value| !value.is_empty());
                Ok(value.map(|value| Raw::Text(file::portable(&value))))
            }
            Ask::Containers { engine, label } => engine::containers(*engine, label).await,
            Ask::Api(path) => self.api().await?.get(path, self.read).await,
            Ask::Metadata(path) => self.api().await?.metadata(path, self.read).await,
            Ask::Proxy(path) => self.api().await?.passed_on(path, PROXY).await,
            Ask::Forward { namespace, pod, port } => self.api().await?.forward(namespace, pod, *port, FORWARD).await,
            Ask::Probe(probe) => value(&probe::send(probe).await?),
            Ask::Resolve(name) => resolve::addresses(name).await,
            Ask::File(path) => file::read(path).await,
            Ask::EngineEndpoint(engine) => engine::endpoint(*engine).await,
            Ask::EngineInfo(engine) => engine::info(*engine).await,
            Ask::MinikubeStatus { profile } => minikube::status(profile).await,
            Ask::LimaInstances { home } => lima::instances(home.as_deref()).await,
            Ask::LimaLog { home, instance, .. } => lima::log(home.as_deref(), instance).await,
            Ask::MinikubeProcesses => minikube::processes().await,
            Ask::Listeners(port) => network::listeners(*port).await,
            Ask::Route(to) => network::route(*to),
            Ask::Wsl => wsl::traces(),
            Ask::WslMode => wsl::mode().await,
            Ask::WslSettings => wsl::settings().await,
            Ask::Sockets(_) => wsl::sockets().await,
            Ask::FromWindows(probe) => wsl::from_windows(probe).await,
            Ask::WindowsReserved => wsl::reserved().await,
        }
    }

    /// The API client, built on first use: credential plugins are slow and may prompt.
    async fn api(&self) -> Result<&Api, Why> {
        let api = self.api.get_or_init(|| self.connect()).await;
        api.as_ref().map_err(Clone::clone)
    }

    async fn connect(&self) -> Result<Api, Why> {
        connect(self.kubeconfig.clone(), self.context.clone(), true, self.limit).await
    }
}

/// A client of a context's API server, for a run that takes `limit` at most. Unattended, no
/// credential plugin asks anybody anything.
///
/// # Errors
///
/// As [`Loaded::connection`], and [`Why::Credentials`] for what became of a plugin.
pub async fn connect(kubeconfig: Arc<Loaded>, context: String, attended: bool, limit: Duration) -> Result<Api, Why> {
    // At the end of the run all that is open is the API server that did not answer: a plugin
    // that hangs, or a proxy, is told from it only before.
    let share = limit / 5 * 4;
    let deadline = Instant::now() + CREDENTIALS.min(share);
    let reads = kubeconfig.reads_files(&context);
    let mut config = in_time(deadline, reads, move || kubeconfig.connection(&context)).await?;
    config.connect_timeout = config.connect_timeout.map(|usual| usual.min(share));
    let late = |_| Why::Credentials { detail: "the credential plugin did not finish in time".into() };
    timeout_at(deadline, kubeconfig::plugin::run(&mut config, attended)).await.map_err(late)??;
    let read = move || tls::config(&config).map(|trust| (config, trust));
    let (config, trust) = in_time(deadline, reads, read).await?;
    Api::trusting(config, trust)
}

/// On a thread of its own where a file is read: a certificate, a key or a token may come out of
/// a pipe, and that may never end.
async fn in_time<T: Send + 'static>(
    deadline: Instant,
    is_file: bool,
    read: impl FnOnce() -> Result<T, Why> + Send + 'static,
) -> Result<T, Why> {
    if !is_file {
        return read();
    }
    let detail = "a file with a certificate, a key or a token did not end in time";
    timeout_at(deadline, apart(read)).await.map_err(|_| Why::Credentials { detail: detail.into() })??
}

/// A value that the shell observed and slimmed by itself.
fn value<T: serde::Serialize>(value: &T) -> Observed {
    serde_json::to_value(value)
        .map(|value| Some(Raw::Value(value)))
        .map_err(|error| Why::Unreadable { detail: error.to_string() })
}

//! A private little computer to run the binary on.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::AsyncReadExt;

use super::server::ApiServer;

/// A home directory, an empty PATH and a kubeconfig, gone when dropped.
pub struct World {
    dir: TempDir,
    env: BTreeMap<OsString, OsString>,
    limit: Duration,
}

/// What one run left behind.
#[derive(Debug)]
pub struct Output {
    /// The exit code; -1 if a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// From the start to the end of the process and of its output.
    pub elapsed: Duration,
}

impl World {
    /// A world without kubeconfig: `KUBECONFIG` names a file that is not there.
    pub fn new() -> Self {
        let dir = TempDir::with_prefix("netpath-test-").expect("a temporary directory");
        let world = Self { dir, env: BTreeMap::new(), limit: Duration::from_secs(30) };
        for path in [world.home(), world.bin(), world.dir.path().join("calls")] {
            fs::create_dir(path).expect("a directory in the temporary directory");
        }
        world
    }

    /// A world whose kubeconfig leads to a server.
    pub fn with(server: &ApiServer) -> Self {
        let world = Self::new();
        world.kubeconfig(&server.kubeconfig());
        world
    }

    /// `HOME`.
    pub fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// `PATH`: holds the stubs and nothing else.
    pub fn bin(&self) -> PathBuf {
        self.dir.path().join("bin")
    }

    /// The file that `KUBECONFIG` names.
    pub fn kubeconfig_path(&self) -> PathBuf {
        self.dir.path().join("kubeconfig")
    }

    /// Writes the kubeconfig.
    pub fn kubeconfig(&self, text: &str) {
        fs::write(self.kubeconfig_path(), text).expect("a kubeconfig");
    }

    /// Writes a file under `HOME`, such as `.minikube/profiles/minikube/config.json`.
    pub fn file(&self, relative: &str, text: &str) -> PathBuf {
        let path = self.home().join(relative);
        fs::create_dir_all(path.parent().expect("a file in HOME")).expect("its directory");
        fs::write(&path, text).expect("a file in HOME");
        path
    }

    /// Sets one more environment variable, or another value for one.
    pub fn set(&mut self, variable: &str, value: impl Into<OsString>) -> &mut Self {
        self.env.insert(variable.into(), value.into());
        self
    }

    /// Kills runs after another time than 30 s.
    pub fn limit(&mut self, limit: Duration) -> &mut Self {
        self.limit = limit;
        self
    }

    /// Puts an executable shell script on PATH. Nothing else is on PATH, so scripts use
    /// what the shell has built in, or absolute paths. Each call is filed, see
    /// [`calls`](Self::calls).
    #[cfg(unix)]
    pub fn stub(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;

        let text = format!("#!/bin/sh\nprintf '%s\\n' \"$*\" >> '{}'\n{script}\n", self.calls_of(name).display());
        let path = self.bin().join(name);
        let _lock = spawning();
        fs::write(&path, text).expect("a stub");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("an executable stub");
    }

    /// The arguments of each call of a stub, in order.
    pub fn calls(&self, name: &str) -> Vec<String> {
        let calls = fs::read_to_string(self.calls_of(name)).unwrap_or_default();
        calls.lines().map(String::from).collect()
    }

    /// Runs the binary as a user would, with this world's environment and no other.
    ///
    /// # Panics
    /// If it does not end in 30 s; the message has what it said so far.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.run_program(Path::new(env!("CARGO_BIN_EXE_kubectl-netpath")), arguments)
    }

    /// Runs any program in the same way.
    #[track_caller]
    pub fn run_program(&self, program: &Path, arguments: &[&str]) -> Output {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let begin = Instant::now();
        let code = runtime.block_on(async {
            let mut child = self.spawn(program, arguments);
            let mut out = child.stdout.take().expect("a pipe");
            let mut err = child.stderr.take().expect("a pipe");
            let end = async {
                let (out, err, status) =
                    tokio::join!(out.read_to_end(&mut stdout), err.read_to_end(&mut stderr), child.wait());
                out.expect("standard output");
                err.expect("standard error");
                status.expect("an exit status")
            };
            let status = tokio::time::timeout(self.limit, end).await.ok();
            if status.is_none() {
                let _ = child.kill().await;
            }
            status.map(|status| status.code().unwrap_or(-1))
        });
        let elapsed = begin.elapsed();
        let (stdout, stderr) =
            (String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr).into_owned());
        let Some(code) = code else {
            panic!(
                "{} {arguments:?} did not end in {:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}",
                program.display(),
                self.limit
            );
        };
        Output { code, stdout, stderr, elapsed }
    }

    /// Runs the binary with a standard output that nobody reads any more, as `| head`
    /// leaves it behind. What it printed is lost.
    #[track_caller]
    pub fn run_unread(&self, arguments: &[&str]) -> Output {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        self.run_into(arguments, writer.into())
    }

    /// Runs the binary with this standard output.
    #[track_caller]
    pub fn run_into(&self, arguments: &[&str], stdout: Stdio) -> Output {
        let begin = Instant::now();
        let program = Path::new(env!("CARGO_BIN_EXE_kubectl-netpath"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let end = runtime.block_on(async {
            let child = self.spawn_to(program, arguments, stdout);
            tokio::time::timeout(self.limit, child.wait_with_output()).await
        });
        let output = end.expect("an end in time").expect("its output");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let code = output.status.code().unwrap_or(-1);
        Output { code, stdout: String::new(), stderr, elapsed: begin.elapsed() }
    }

    fn spawn(&self, program: &Path, arguments: &[&str]) -> tokio::process::Child {
        self.spawn_to(program, arguments, Stdio::piped())
    }

    fn spawn_to(&self, program: &Path, arguments: &[&str], stdout: Stdio) -> tokio::process::Child {
        let mut command = tokio::process::Command::new(program);
        command
            .args(arguments)
            .current_dir(self.home())
            .env_clear()
            .env("PATH", self.bin())
            .env("HOME", self.home())
            // A context of one's own: docker is asked through its command, which is a stub
            // here, and never through the socket of whoever runs the tests.
            .env("DOCKER_CONTEXT", "stub")
            .env("KUBECONFIG", self.kubeconfig_path());
        if cfg!(windows) {
            command.env("USERPROFILE", self.home());
            // Without it no socket opens.
            command.env("SystemRoot", std::env::var_os("SystemRoot").unwrap_or_default());
        }
        command.envs(&self.env).stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).kill_on_drop(true);
        let _lock = spawning();
        command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()))
    }

    fn calls_of(&self, name: &str) -> PathBuf {
        self.dir.path().join("calls").join(name)
    }
}

/// A process that is forked while another thread writes a stub holds the stub open until
/// it execs, and a file that is open for writing cannot be run ("text file busy"). So
/// stubs are not written while processes start.
fn spawning() -> MutexGuard<'static, ()> {
    static SPAWNING: Mutex<()> = Mutex::new(());
    SPAWNING.lock().unwrap_or_else(PoisonError::into_inner)
}

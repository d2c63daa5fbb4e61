//! A terminal, for what programs do only there.
#![allow(clippy::print_stdout, reason = "says what is skipped")]

use std::env;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::World;

/// Where a tool is.
pub fn on_path(tool: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(tool)).find(|path| path.is_file())
}

/// A shell at a terminal. `script` (util-linux) makes the terminal.
pub struct Terminal {
    child: std::process::Child,
    shown: Arc<Mutex<String>>,
}

impl Terminal {
    /// Starts a command line; `extra` is one more directory of PATH.
    pub fn open(world: &World, shell: &str, extra: &Path, env: &[(&str, &str)]) -> Self {
        let path = format!("{}:{}:/usr/bin:/bin", world.bin().display(), extra.display());
        let mut child = Command::new("script")
            .args(["-qefc", shell, "/dev/null"])
            .env_clear()
            .env("PATH", path)
            .env("HOME", world.home())
            .env("KUBECONFIG", world.kubeconfig_path())
            .env("TERM", "dumb")
            .env("PS1", "> ")
            .env("LC_ALL", "C.UTF-8")
            .env("DOCKER_CONTEXT", "stub")
            .envs(env.iter().copied())
            .current_dir(world.home())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("script");
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut output, log) = (child.stdout.take().expect("a pipe"), shown.clone());
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count) = output.read(&mut bytes) {
                if count == 0 {
                    break;
                }
                log.lock().expect("no panic").push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Self { child, shown }
    }

    /// Presses keys.
    pub fn keys(&mut self, keys: &str) {
        let stdin = self.child.stdin.as_mut().expect("a pipe");
        stdin.write_all(keys.as_bytes()).and_then(|()| stdin.flush()).expect("a terminal");
    }

    /// Waits until a line begins with a mark, and gives the rest of it.
    pub fn line(&self, mark: &str) -> String {
        let end = Instant::now() + Duration::from_secs(40);
        loop {
            let shown = self.shown();
            let found = shown.split(['\r', '\n']).find_map(|line| line.strip_prefix(mark));
            if let Some(found) = found {
                return found.trim_end().to_owned();
            }
            assert!(Instant::now() < end, "no {mark:?} in:\n{shown}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Terminal {
    /// Waits for the end; the exit code and all that was shown.
    pub fn end(mut self) -> (i32, String) {
        let end = Instant::now() + Duration::from_secs(40);
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(Instant::now() < end, "no end: {}", self.shown());
            thread::sleep(Duration::from_millis(20));
        };
        // The reader may be a moment behind.
        thread::sleep(Duration::from_millis(100));
        (status.code().unwrap_or(-1), self.shown())
    }

    /// What is on it by now.
    pub fn shown(&self) -> String {
        self.shown.lock().expect("no panic").clone()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether all of them are there; says which is not.
pub fn have(tools: &[&str]) -> bool {
    let missing: Vec<&&str> = tools.iter().filter(|tool| on_path(tool).is_none()).collect();
    if !missing.is_empty() {
        println!("skipped: not on PATH: {missing:?}");
    }
    missing.is_empty()
}

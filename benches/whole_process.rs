//! Whole processes against a real cluster: netpath and kubectl in turn.
//!
//! `cargo bench --bench whole_process -- NAMESPACE SERVICE [RUNS]` uses the current
//! context and the kubectl on PATH. Interleaved, so that both see the same machine; quote
//! the median of the ratios.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "starts processes, reads the clock, prints figures"
)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [namespace, service, rest @ ..] = arguments.as_slice() else {
        println!("whole_process: give a namespace and a Service of a real cluster; nothing was measured");
        return;
    };
    let runs = rest.first().and_then(|runs| runs.parse().ok()).unwrap_or(21);
    let netpath = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-netpath"));
        command.args(["explain", &format!("svc/{service}"), "-n", namespace]);
        command
    };
    let kubectl = || {
        let mut command = Command::new("kubectl");
        command.args(["get", "svc", service, "-n", namespace, "-o", "json"]);
        command
    };
    let (_, _) = (time(netpath()), time(kubectl()));
    let pairs: Vec<(Duration, Duration)> = (0..runs).map(|_| (time(netpath()), time(kubectl()))).collect();
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    println!("netpath explain  median {:7.1} ms", median(pairs.iter().map(|pair| millis(pair.0))));
    println!("kubectl get      median {:7.1} ms", median(pairs.iter().map(|pair| millis(pair.1))));
    println!("ratio            median {:7.3}", median(pairs.iter().map(|pair| millis(pair.0) / millis(pair.1))));
}

fn time(mut command: Command) -> Duration {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program starts");
    assert!(status.success(), "{command:?} failed");
    start.elapsed()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

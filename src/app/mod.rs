//! What the program does: the only place where shell and core meet.
#![allow(clippy::disallowed_methods, reason = "the shell: reads the environment and the clock, writes to stdout")]

mod bug;
mod complete;
mod demo;
mod output;
mod progress;
mod target;
mod usage;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;

use self::target::Wanted;
use crate::answers::Answers;
use crate::ask::Ask;
use crate::cli::{Cli, Command, EnvArgs, ExplainArgs, PrintArgs, RunArgs};
use crate::drive::Learned;
use crate::observe::World;
use crate::observe::kubeconfig::load;
use crate::observe::recording::{self, Recording};
use crate::report::{Outcomes, Refusal, Verdict};
use crate::request::{Goal, ProbePolicy, Request};
use crate::{core, drive};

/// Why no report could be produced.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// The command line asks for something that does not exist.
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Refusal(#[from] Refusal),
    #[error(transparent)]
    Recording(#[from] recording::Error),
    #[error("could not start: {0}")]
    Start(io::Error),
    #[error("could not write to standard output: {0}")]
    Output(#[from] io::Error),
}

/// Runs the program with the process's own arguments.
///
/// Exit code 0: a report was produced; 1: none could be; 2: usage. With `--exit-code`:
/// 0 reachable, 3 unreachable, 4 undetermined, 5 degraded.
pub fn run() -> ExitCode {
    bug::ends_with_an_error();
    if let Some(words) = complete::asked(&std::env::args_os().collect::<Vec<_>>()) {
        complete::run(&words);
        return ExitCode::SUCCESS;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            match usage::worded(&error) {
                Some(text) => output::error(&text),
                // Help and version go to stdout, and help that nobody asked for to stderr.
                None => {
                    let printed = error.print().and_then(|()| io::stdout().flush());
                    if let Err(error) = output::unless_nobody_reads(printed) {
                        return failed(&Error::Output(error), 1);
                    }
                }
            }
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let done = match &cli.command {
        Command::Explain(arguments) => explain(arguments),
        Command::Env(arguments) => environment(arguments),
        Command::Demo(arguments) => demo::run(arguments),
        Command::Completion { shell } => complete::script(*shell).map(|()| ExitCode::SUCCESS).map_err(Error::Output),
    };
    done.unwrap_or_else(|error| match error {
        Error::Usage(_) => failed(&error, 2),
        _ => failed(&error, 1),
    })
}

fn failed(error: &Error, code: u8) -> ExitCode {
    output::error(&error.to_string());
    ExitCode::from(code)
}

fn explain(arguments: &ExplainArgs) -> Result<ExitCode, Error> {
    let style = output::style(&arguments.run.print);
    if arguments.list {
        output::write(&crate::render::page::list(&style))?;
        return Ok(ExitCode::SUCCESS);
    }
    let goal = match target::wanted(&arguments.target).map_err(Error::Usage)? {
        Wanted::Page(page) => {
            output::write(&page.render(&style))?;
            return Ok(ExitCode::SUCCESS);
        }
        Wanted::Target(target) => {
            let flag = if arguments.all_namespaces { Some("-A") } else { arguments.selector.as_ref().map(|_| "-l") };
            if let Some(flag) = flag {
                return Err(Error::Usage(format!("{flag} goes with the overview, not with one target")));
            }
            Goal::Explain { target }
        }
        Wanted::Overview => {
            Goal::Overview { all_namespaces: arguments.all_namespaces, selector: arguments.selector.clone() }
        }
    };
    produce(goal, arguments.port.clone(), &arguments.run)
}

fn environment(arguments: &EnvArgs) -> Result<ExitCode, Error> {
    produce(Goal::Environment, None, &arguments.run)
}

/// Runs the loop on the world or on a recording and prints what comes out of it.
fn produce(goal: Goal, port: Option<String>, run: &RunArgs) -> Result<ExitCode, Error> {
    if let Some(path) = &run.replay {
        let recording = Recording::read(path)?;
        let outcomes = replayed(&recording)?;
        output::report(&outcomes, &run.print)?;
        return Ok(status(&outcomes, run.exit_code));
    }
    if let Some(path) = &run.record {
        Recording::fits(path)?;
    }
    let probe = match (run.probe, run.no_probe) {
        (true, _) => ProbePolicy::Always,
        (_, true) => ProbePolicy::Never,
        _ => ProbePolicy::Auto,
    };
    let connect = &run.connect;
    let context = connect.context.clone().filter(|context| !context.is_empty());
    let request = Request {
        goal,
        context: context.clone(),
        flags: connect.chosen(),
        namespace: connect.namespace.clone().filter(|namespace| !namespace.is_empty()),
        port,
        viewer: run.viewer.map(Into::into),
        probe,
    };
    let start = Instant::now();
    let kubeconfig = load(&connect.options(), &|name| std::env::var_os(name))?;
    let context = context.or_else(|| kubeconfig.view().current_context).unwrap_or_default();
    let limit = connect.request_timeout.filter(|limit| !limit.is_zero()).unwrap_or(run.timeout);
    let world = Arc::new(World::new(kubeconfig, context, limit));
    let runtime = runtime().map_err(Error::Start)?;
    let progress = progress::Progress::new(&run.print);
    let Learned { answers, concluded } = runtime.block_on(async {
        let asked = |answers: &Answers, open: Option<&Ask>| progress.waiting_for(answers, open);
        let learned = drive::live(&request, world, limit, asked);
        progress.beside(learned).await
    });
    // What is still under way ends, tools too. On Windows tokio reads their output on threads,
    // and those may have no end.
    runtime.shutdown_background();
    let took_ms = millis(start.elapsed());
    let mut outcomes = concluded?;
    set_took(&mut outcomes, took_ms);
    let printed = output::report(&outcomes, &run.print);
    if let Some(path) = &run.record {
        Recording::new(request, &answers, took_ms).write(path)?;
    }
    printed?;
    Ok(status(&outcomes, run.exit_code))
}

/// What the loop runs in.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    // Where it cannot make the pair of sockets that tells of signals, tokio panics (1.54.1
    // `signal/unix.rs`, `OsExtraData`). As many files are opened first as it wants in all: a
    // selector, what wakes it, and its copy, the pair, and a copy of one of it.
    #[cfg(unix)]
    let room: Vec<_> = (0..3).map(|_| std::os::unix::net::UnixStream::pair()).collect::<io::Result<_>>()?;
    #[cfg(unix)]
    drop(room);
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// What a recording shows: the same core, with a map instead of the world.
fn replayed(recording: &Recording) -> Result<Outcomes, Error> {
    let answers = drive::replay(recording);
    let mut outcomes = core::report(&recording.request, &answers)?;
    set_took(&mut outcomes, recording.took_ms);
    Ok(outcomes)
}

fn print_replayed(recording: &Recording, print: &PrintArgs) -> Result<(), Error> {
    Ok(output::report(&replayed(recording)?, print)?)
}

/// The clock is the shell's: the core only counts reads and probes.
fn set_took(outcomes: &mut Outcomes, ms: u64) {
    match outcomes {
        Outcomes::Path(report) => report.took.ms = ms,
        Outcomes::Overview(overview) => overview.took.ms = ms,
        Outcomes::Environment(report) => report.took.ms = ms,
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn status(outcomes: &Outcomes, wanted: bool) -> ExitCode {
    let verdict = match outcomes {
        Outcomes::Path(report) => report.verdict,
        Outcomes::Overview(_) | Outcomes::Environment(_) => return ExitCode::SUCCESS,
    };
    ExitCode::from(match verdict {
        _ if !wanted => 0,
        Verdict::Reachable => 0,
        Verdict::Unreachable => 3,
        Verdict::Undetermined => 4,
        Verdict::Degraded => 5,
    })
}

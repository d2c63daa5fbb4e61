//! The command line, spelled as kubectl users expect it. Types only.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::observe::kubeconfig::{Options, Secret, shown};
use crate::request::{ChoosingFlag, Viewer};

/// Says which hop between the browser and the Pod is missing, and whose it is.
#[derive(Debug, Parser)]
#[command(name = "kubectl-netpath", bin_name = "kubectl netpath", version, max_term_width = 100)]
#[command(after_long_help = "\
Examples:
  # Why does the browser not reach this Service?
  kubectl netpath explain svc/web

  # What does the current context point at, and which ways lead in?
  kubectl netpath env

  # See a report without any cluster
  kubectl netpath demo

  # What does a code of a report mean?
  kubectl netpath explain V101

Exit codes: 0 a report was produced, 1 none could be, 2 wrong usage.")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Explain the path to a Service, workload or Pod, a code (V101) or a topic (two-stage);
    /// without TARGET, all Services of the namespace
    #[command(after_long_help = "\
Examples:
  # One Service of the current namespace
  kubectl netpath explain svc/web

  # One port of a Service elsewhere, for a browser on another computer
  kubectl netpath explain svc/web -n shop --port http --viewer lan

  # A workload or a Pod: through which Service it is reached
  kubectl netpath explain deploy/web

  # Every rule of an Ingress, with all evidence
  kubectl netpath explain ing/shop -v

  # All Services with a label, in all namespaces
  kubectl netpath explain -A -l app=web

  # For a script: the verdict as exit code, the report as JSON
  kubectl netpath explain svc/web --exit-code -o json

  # Write down what was seen, and look at it on another computer
  kubectl netpath explain svc/web --record seen.yaml
  kubectl netpath explain --replay seen.yaml

  # The page of a code, all codes, and the idea behind it all
  kubectl netpath explain V101
  kubectl netpath explain --list
  kubectl netpath explain two-stage")]
    Explain(ExplainArgs),
    /// Show what the context points at: boundaries, ways in, evidence
    #[command(after_long_help = "\
Examples:
  # What the current context points at, and how that is known
  kubectl netpath env -v

  # Another context, without a single probe
  kubectl netpath env --context kind-dev --no-probe")]
    Env(EnvArgs),
    /// Replay an embedded recording; needs no cluster at all
    #[command(after_long_help = "\
Examples:
  # The first recording, and a list of the others
  kubectl netpath demo

  # The same words, another cause
  kubectl netpath demo wrong-selector")]
    Demo(DemoArgs),
    /// Print a completion script for a shell
    #[command(after_long_help = "\
This is for the command kubectl-netpath itself. \"kubectl netpath\" is completed by kubectl,
which runs a program of the name kubectl_complete-netpath. krew installs only one name, so
make the other one yourself, once, in a directory of PATH:

  ln -s \"$(command -v kubectl-netpath)\" ~/.local/bin/kubectl_complete-netpath

Examples:
  # In ~/.bashrc:  source <(kubectl-netpath completion bash)
  kubectl netpath completion bash

  # In ~/.zshrc, after compinit:  source <(kubectl-netpath completion zsh)
  kubectl netpath completion zsh

  # In config.fish:  kubectl-netpath completion fish | source
  kubectl netpath completion fish

  # In $PROFILE:  kubectl-netpath completion powershell | Out-String | Invoke-Expression
  kubectl netpath completion powershell")]
    Completion {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// svc/NAME or NAME alone; deploy/ sts/ ds/ rs/ job/ pod/ ing/ gateway/ httproute/ NAME;
    /// a code such as V101, or a topic such as two-stage
    #[arg(value_name = "TARGET", num_args = 0..=2)]
    pub target: Vec<String>,
    /// List all codes
    #[arg(long, conflicts_with = "target")]
    pub list: bool,
    /// Look at all namespaces (without TARGET)
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Only Services with these labels (without TARGET)
    #[arg(short = 'l', long, value_name = "LABELS")]
    pub selector: Option<String>,
    /// Only this port of the Service, by number or name
    #[arg(long, value_name = "PORT")]
    pub port: Option<String>,
    /// What a run needs.
    #[command(flatten)]
    pub run: RunArgs,
}

/// `env`.
#[derive(Debug, Args)]
pub struct EnvArgs {
    /// What a run needs.
    #[command(flatten)]
    pub run: RunArgs,
}

/// `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Which recording; without it the first one is shown and all are listed
    pub name: Option<String>,
    /// How to print.
    #[command(flatten)]
    pub print: PrintArgs,
}

/// Flags of commands that look at a cluster.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// How to print.
    #[command(flatten)]
    pub print: PrintArgs,
    /// Where the browser is [default: here; in WSL2: windows]
    #[arg(long, value_enum)]
    pub viewer: Option<ViewerArg>,
    /// Probe even where the cluster is not recognised as local
    #[arg(long, conflicts_with = "no_probe")]
    pub probe: bool,
    /// Send no probe, from here or through the API server
    #[arg(long)]
    pub no_probe: bool,
    /// Time limit of the whole run, for example 10s or 1500ms
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub timeout: Duration,
    /// Write everything that was observed, without any secret, to a file
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    pub record: Option<PathBuf>,
    /// Replay a recording instead of looking at a cluster
    #[arg(long, value_name = "FILE")]
    pub replay: Option<PathBuf>,
    /// Exit with 3 when unreachable, 4 when undetermined, 5 when degraded
    #[arg(long)]
    pub exit_code: bool,
    /// How to connect. Last: its heading stands above all that follows.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// Flags about output.
#[derive(Debug, Args)]
pub struct PrintArgs {
    /// Output format
    #[arg(short = 'o', long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// Only the verdict and the first command
    #[arg(short = 'q', long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// All evidence, all remedies, what it cost
    #[arg(short = 'v', long)]
    pub verbose: bool,
    /// When to colour
    #[arg(long, value_enum, default_value_t = Colour::Auto)]
    pub color: Colour,
    /// Nothing but ASCII
    #[arg(long)]
    pub ascii: bool,
    /// Language of the report
    #[arg(long, value_enum, env = "NETPATH_LANG", hide_env = true, default_value_t = LangArg::En)]
    pub lang: LangArg,
}

/// Output formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For a reader at a terminal
    Text,
    /// For programs
    Json,
    /// For programs
    Yaml,
    /// For an issue
    Markdown,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    /// English
    En,
}

/// Where the browser is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ViewerArg {
    /// On this computer
    Here,
    /// On Windows, while netpath runs in WSL2
    Windows,
    /// On another computer of the same network
    Lan,
}

impl From<ViewerArg> for Viewer {
    fn from(argument: ViewerArg) -> Self {
        match argument {
            ViewerArg::Here => Self::Here,
            ViewerArg::Windows => Self::Windows,
            ViewerArg::Lan => Self::Lan,
        }
    }
}

/// kubectl's connection flags.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectArgs {
    /// Namespace
    #[arg(short = 'n', long)]
    pub namespace: Option<String>,
    /// Context of the kubeconfig
    #[arg(long)]
    pub context: Option<String>,
    /// Cluster of the kubeconfig
    #[arg(long)]
    pub cluster: Option<String>,
    /// User of the kubeconfig
    #[arg(long)]
    pub user: Option<String>,
    /// Only this kubeconfig file
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub kubeconfig: Option<PathBuf>,
    /// URL of the API server
    #[arg(short = 's', long, value_name = "URL")]
    pub server: Option<String>,
    /// Name that the API server's certificate must be for
    #[arg(long, value_name = "NAME")]
    pub tls_server_name: Option<String>,
    /// Certificate authority of the API server
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub certificate_authority: Option<PathBuf>,
    /// Client certificate
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub client_certificate: Option<PathBuf>,
    /// Client key
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub client_key: Option<PathBuf>,
    /// Bearer token
    #[arg(long, value_parser = |token: &str| Ok::<_, std::convert::Infallible>(Secret(token.into())))]
    pub token: Option<Secret>,
    /// Do not check the API server's certificate
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL", default_value_t = false, hide_default_value = true, hide_possible_values = true, action = ArgAction::Set)]
    pub insecure_skip_tls_verify: bool,
    /// User to impersonate
    #[arg(long = "as", value_name = "USER")]
    pub as_user: Option<String>,
    /// Group to impersonate; may be repeated
    #[arg(long = "as-group", value_name = "GROUP", action = ArgAction::Append)]
    pub as_groups: Vec<String>,
    /// UID to impersonate
    #[arg(long, value_name = "UID")]
    pub as_uid: Option<String>,
    /// Extra of the impersonated user, KEY=VALUE; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair, action = ArgAction::Append)]
    pub as_user_extra: Vec<(String, String)>,
    /// Time limit of the whole run, as kubectl calls it; 0 means the default
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub request_timeout: Option<Duration>,
}

impl ConnectArgs {
    /// The flags that choose a cluster and who asks it, for commands that are to mean the
    /// same. Credentials never get in here: a server's URL may hold a user and a password,
    /// and a query, which is never sent.
    pub fn chosen(&self) -> Vec<String> {
        let one = |value: Option<&String>| value.cloned().into_iter().collect();
        let values = |flag| -> Vec<String> {
            match flag {
                ChoosingFlag::Kubeconfig => self.kubeconfig.iter().map(|path| path.display().to_string()).collect(),
                ChoosingFlag::Cluster => one(self.cluster.as_ref()),
                ChoosingFlag::User => one(self.user.as_ref()),
                ChoosingFlag::Server => self.server.as_deref().map(shown).into_iter().collect(),
                ChoosingFlag::As => one(self.as_user.as_ref()),
                ChoosingFlag::AsGroup => self.as_groups.clone(),
                ChoosingFlag::AsUid => one(self.as_uid.as_ref()),
                ChoosingFlag::AsUserExtra => {
                    self.as_user_extra.iter().map(|(key, value)| format!("{key}={value}")).collect()
                }
            }
        };
        let given = |flag: ChoosingFlag| {
            let given = values(flag).into_iter().filter(|value| !value.is_empty());
            given.flat_map(move |value| [flag.as_str().to_owned(), value])
        };
        ChoosingFlag::ALL.into_iter().flat_map(given).collect()
    }

    /// The flags as the kubeconfig loader takes them.
    pub fn options(&self) -> Options {
        Options {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            cluster: self.cluster.clone(),
            user: self.user.clone(),
            server: self.server.clone(),
            tls_server_name: self.tls_server_name.clone(),
            certificate_authority: self.certificate_authority.clone(),
            client_certificate: self.client_certificate.clone(),
            client_key: self.client_key.clone(),
            token: self.token.clone(),
            as_user: self.as_user.clone(),
            as_groups: self.as_groups.clone(),
            as_uid: self.as_uid.clone(),
            as_user_extra: self.as_user_extra.clone(),
            insecure_skip_tls_verify: self.insecure_skip_tls_verify,
        }
    }
}

/// The longest time limit: a day is for ever, and the clock of every system goes so far.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// A path that may be empty, which means none; clap's own parser refuses it.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// Seconds as a bare number, or what Go takes for a time: `10s`, `1500ms`, `1h30m`, `2.5s`
/// (client-go `tools/clientcmd/helpers.go`, `ParseTimeout`; `time.ParseDuration`).
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("\"{text}\" is no time; write 10s or 1500ms");
    let too_long = || "24h is the longest".to_owned();
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let split = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(split);
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let split = after.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(split);
        seconds += number
            * match unit {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "\u{b5}s" | "\u{3bc}s" => 1e-6,
                "ns" => 1e-9,
                "" if rest == text => 1.0,
                _ => return Err(wrong()),
            };
        rest = after;
    }
    if text.is_empty() {
        return Err(wrong());
    }
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if time <= LONGEST => Ok(time),
        Ok(_) => Err(too_long()),
        Err(_) if seconds > 0.0 => Err(too_long()),
        Err(_) => Err(wrong()),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or_else(|| format!("\"{text}\" is not KEY=VALUE"))?;
    Ok((key.into(), value.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_flags_that_are_passed_on_hold_no_secret() {
        let chosen = |words: &[&str]| {
            let cli = Cli::try_parse_from([&["kubectl-netpath", "env"], words].concat()).expect("a command line");
            let Command::Env(env) = cli.command else { unreachable!("env is env") };
            env.run.connect.chosen()
        };
        for (server, wanted) in [
            ("https://127.0.0.1:6443", Some("https://127.0.0.1:6443")),
            ("https://h/k8s/clusters/c-1", Some("https://h/k8s/clusters/c-1")),
            ("https://me:CANARY@h:1?token=CANARY#CANARY", Some("https://h:1")),
            ("me:CANARY@h:1/x?token=CANARY", Some("h:1/x")),
            ("https://me:CAN/ARY@h", Some("https://h")),
            ("https://CANARY@[::1]:1/", Some("https://[::1]:1/")),
            ("?CANARY", None),
            ("", None),
        ] {
            let wanted: Vec<&str> = wanted.into_iter().flat_map(|server| ["--server", server]).collect();
            assert_eq!(chosen(&["--server", server]), wanted, "{server}");
        }
        let rest = ["--token", "CANARY", "--tls-server-name", "CANARY", "--client-key", "CANARY"];
        assert_eq!(chosen(&rest), [""; 0]);
        let all = ["--kubeconfig", "f", "--cluster", "c", "--user", "u", "--server", "http://h", "--as", "jane"];
        let groups = ["--as-group", "g", "--as-group", "h", "--as-uid", "1", "--as-user-extra", "k=v"];
        let all = [&all[..], &groups].concat();
        assert_eq!(chosen(&all), all);
    }

    #[test]
    fn times_are_read_as_kubectl_does() {
        for (text, millis) in [
            ("10s", Some(10_000)),
            ("1500ms", Some(1500)),
            ("7", Some(7000)),
            ("2m", Some(120_000)),
            ("1h30m", Some(5_400_000)),
            ("2.5s", Some(2500)),
            ("1m0.5s", Some(60_500)),
            ("100us", Some(0)),
            ("0", Some(0)),
            ("x", None),
            ("", None),
            ("s", None),
            ("3d", None),
            ("1m30", None),
            ("24h", Some(86_400_000)),
            ("24h1ms", None),
            ("9223372036854775807s", None),
            ("999999999999999999999999999999", None),
            ("-1s", None),
        ] {
            assert_eq!(duration(text).ok().map(|time| time.as_millis()), millis, "{text}");
        }
    }
}

//! `completion SHELL`: for the command `kubectl-netpath` itself. `kubectl netpath` is
//! completed by kubectl, through `kubectl_complete-netpath`.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::app::output;
use crate::cli::Cli;

/// Prints a script. Those of bash, zsh and fish ask `__complete`, so they know the cluster;
/// the others know subcommands and flags.
pub(in crate::app) fn print(shell: Shell) -> std::io::Result<()> {
    match shell {
        Shell::Bash => output::write(include_str!("completion.bash")),
        Shell::Zsh => output::write(include_str!("completion.zsh")),
        Shell::Fish => output::write(include_str!("completion.fish")),
        other => {
            let mut script = Vec::new();
            clap_complete::generate(other, &mut Cli::command(), "kubectl-netpath", &mut script);
            output::write(&String::from_utf8_lossy(&script))
        }
    }
}

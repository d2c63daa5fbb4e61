//! kubectl-netpath: see the library, `netpath`.

use std::process::ExitCode;

fn main() -> ExitCode {
    netpath::app::run()
}

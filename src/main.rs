//! kubectl-netpath: see the library, `netpath`.

use std::process::ExitCode;

/// For the static binary: musl's allocator is small, and slow (see docs/performance.md).
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    netpath::app::run()
}

//! What the system does not give to this process: nobody is to blame whom it would have asked.

use std::fmt::Display;
use std::io::{Error, ErrorKind};

use crate::ask::Why;

/// Whether there was no memory or no file more: `ENFILE`, `EMFILE` (the same numbers on Linux,
/// macOS and the BSDs) and `WSAEMFILE`.
pub(crate) fn is_own(error: &Error) -> bool {
    error.kind() == ErrorKind::OutOfMemory || matches!(error.raw_os_error(), Some(23 | 24 | 10024))
}

/// The same of a program that was to be started, as opposed to what is wrong with the program.
/// A process that cannot be had is `EAGAIN` (fork(2)).
pub(super) fn is_own_at_start(error: &Error) -> bool {
    error.kind() == ErrorKind::WouldBlock || is_own(error)
}

/// What was not asked for want of it.
pub(crate) fn not_started(what: &str, error: &dyn Display) -> Why {
    Why::NotStarted { what: what.into(), detail: error.to_string() }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// What is wrong with the tool is the tool's: no such file, no right, no program.
    #[test]
    fn the_lack_is_our_own_where_the_system_gives_nothing_more() {
        let own = |number| is_own_at_start(&Error::from_raw_os_error(number));
        const EAGAIN: i32 = 11;
        assert!([EAGAIN, 12, 23, 24].into_iter().all(own));
        assert!(![2, 8, 13].into_iter().any(own));
    }
}

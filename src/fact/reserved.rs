//! The ports that Windows keeps for itself: a program that wants to listen in such a range is
//! refused, though nobody listens there (docker/for-win#3171; WSAEACCES).

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::answers::{Asking, Seen};
use crate::ask::{Ask, Distilled, Question, Raw, Why};

/// A range of reserved ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The first of them.
    pub first: u16,
    /// The last of them.
    pub last: u16,
}

/// More ranges than any Windows has: each is reserved by a service.
const MAX: usize = 1000;

/// The rows of `netsh interface ipv4 show excludedportrange protocol=tcp`. Its words are
/// Windows' own language, so only rows of two ports count. A star behind them marks what an
/// administrator took out of what Windows hands out: there a program may listen.
pub fn ranges(text: &str) -> Vec<Range> {
    let row = |line: &str| {
        let mut cells = line.split_whitespace();
        let first = cells.next()?.parse().ok()?;
        let last = cells.next()?.parse().ok()?;
        (cells.next().is_none() && first > 0 && first <= last).then_some(Range { first, last })
    };
    text.lines().filter_map(row).take(MAX).collect()
}

struct Reserved;

impl Question for Reserved {
    type Answer = Vec<Range>;

    fn ask(&self) -> Ask {
        Ask::WindowsReserved
    }

    fn distil(&self, raw: Raw) -> Distilled<Vec<Range>> {
        match raw {
            Raw::Text(text) => Ok(Some(ranges(&text))),
            _ => Err(Why::Unreadable { detail: "not a text".into() }),
        }
    }
}

/// The ranges of TCP ports that Windows reserves.
pub fn reserved(asking: &Asking) -> Seen<Rc<Vec<Range>>> {
    asking.ask(Reserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Windows prints it, in English and in German.
    const ENGLISH: &str = "\r\nProtocol tcp Port Exclusion Ranges\r\n\r\nStart Port    End Port      \r\n----------    --------      \r\n      5357        5357      \r\n     30000       30099      \r\n     50000       50059     *\r\n\r\n* - Administered port exclusions.\r\n\r\n";
    const GERMAN: &str = "\r\nPortausschlussbereiche f\u{fffd}r das Protokoll \"tcp\"\r\n\r\nStartport    Endport      \r\n---------    -------      \r\n     30000       30099      \r\n\r\n* - Verwaltete Portausschl\u{fffd}sse.\r\n";

    #[test]
    fn rows_are_read_in_any_language() {
        let shown = |text: &str| ranges(text).iter().map(|range| (range.first, range.last)).collect::<Vec<_>>();
        assert_eq!(shown(ENGLISH), [(5357, 5357), (30000, 30099)]);
        assert_eq!(shown(GERMAN), [(30000, 30099)]);
    }

    #[test]
    fn what_is_no_row_is_passed_over() {
        for text in ["", "1", "80 70", "0 9", "1 99999", "1 2 3", "1 2 * x", "-1 5", "port 80 90", "80 90x", "80,90"] {
            assert!(ranges(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn many_rows_are_bounded() {
        assert_eq!(ranges(&"1 2\n".repeat(100_000)).len(), MAX);
    }
}

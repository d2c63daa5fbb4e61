//! The addresses that this computer finds for a name, by whatever it asks: its hosts
//! file, its name servers. A browser asks the same.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::timeout;

use super::value;
use crate::ask::{Observed, Why};

/// Time limit of one lookup.
const LIMIT: Duration = Duration::from_secs(2);

/// What operating systems say of a name that does not exist: glibc and musl, macOS,
/// Windows. Anything else is trouble with the lookup.
const NO_SUCH_NAME: [&str; 4] =
    ["Name or service not known", "Name does not resolve", "nodename nor servname", "No such host is known"];

/// Looks a name up.
pub async fn addresses(name: &str) -> Observed {
    match timeout(LIMIT, tokio::net::lookup_host((name, 0))).await {
        Err(_) => Err(Why::TimedOut),
        Ok(Ok(found)) => {
            let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
            addresses.sort();
            addresses.dedup();
            value(&addresses)
        }
        Ok(Err(error)) => {
            let said = error.to_string();
            if NO_SUCH_NAME.iter().any(|text| said.contains(text)) {
                return Ok(None);
            }
            Err(Why::NameNotResolved { host: name.into() })
        }
    }
}

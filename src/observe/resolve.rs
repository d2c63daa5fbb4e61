//! The addresses that this computer finds for a name, by whatever it asks: its hosts
//! file, its name servers. A browser asks the same.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::time::Duration;
use std::vec;

use tokio::time::timeout;

use super::apart::apart;
use super::{lack, value};
use crate::ask::{Observed, Why};

/// Time limit of one lookup.
const LIMIT: Duration = Duration::from_secs(2);

/// What operating systems say of a name that does not exist: glibc and musl, macOS,
/// Windows. Anything else is trouble with the lookup.
const NO_SUCH_NAME: [&str; 4] =
    ["Name or service not known", "Name does not resolve", "nodename nor servname", "No such host is known"];

/// Lets the operating system look a name up.
pub(super) async fn look_up(name: String) -> Result<io::Result<vec::IntoIter<SocketAddr>>, Why> {
    apart(move || (name, 0).to_socket_addrs()).await
}

/// Looks a name up.
pub(super) async fn addresses(name: &str) -> Observed {
    match timeout(LIMIT, look_up(name.to_owned())).await.map_err(|_| Why::TimedOut)?? {
        Ok(found) => {
            let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
            addresses.sort();
            addresses.dedup();
            value(&addresses)
        }
        Err(error) if lack::is_own(&error) => Err(lack::not_started("a lookup", &error)),
        Err(error) => {
            let said = error.to_string();
            if NO_SUCH_NAME.iter().any(|text| said.contains(text)) {
                return Ok(None);
            }
            Err(Why::NameNotResolved { host: name.into() })
        }
    }
}

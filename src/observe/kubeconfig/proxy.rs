//! Which proxy a request to the API server takes, by Go's rule.
//!
//! kube takes `HTTPS_PROXY` for every server, loopback included, and compares `NO_PROXY`
//! with the proxy's own host (kube-client 5.0.0 `config/file_loader.rs`). Go never proxies
//! loopback and knows domains, addresses, networks and ports in `NO_PROXY`
//! (golang.org/x/net `http/httpproxy/proxy.go`).

use std::ffi::OsString;
use std::net::IpAddr;

use http::Uri;

use super::entries::Named;
use crate::fact::said::owner;

/// The proxy variables of the environment.
#[derive(Default)]
pub(super) struct Proxies {
    http: Option<String>,
    https: Option<String>,
    no_proxy: String,
}

impl Proxies {
    pub fn from_env(env: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let text = |name: &str| env(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty());
        let either = |upper: &str, lower: &str| text(upper).or_else(|| text(lower));
        Self {
            http: either("HTTP_PROXY", "http_proxy"),
            https: either("HTTPS_PROXY", "https_proxy"),
            no_proxy: either("NO_PROXY", "no_proxy").unwrap_or_default(),
        }
    }

    /// The proxy for a cluster's server. What the cluster says is taken as it is, whatever
    /// the environment says (client-go `tools/clientcmd/client_config.go`).
    pub fn of(&self, cluster: &Named, server: &Uri) -> Option<String> {
        if let Some(url) = cluster.text("proxy-url") {
            return Some(url.to_owned());
        }
        let proxy = match server.scheme_str() {
            Some("http") => self.http.as_deref(),
            _ => self.https.as_deref(),
        }?;
        // Go takes a bare `host:port` for an http proxy.
        let url = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
        self.applies(server).then_some(url)
    }

    fn applies(&self, server: &Uri) -> bool {
        let host = server.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
        let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("http") { 80 } else { 443 });
        let address: Option<IpAddr> = host.parse().ok();
        if host == "localhost" || address.is_some_and(|address| address.to_canonical().is_loopback()) {
            return false;
        }
        let rules = self.no_proxy.split(',').map(|rule| rule.trim().to_ascii_lowercase());
        !rules.into_iter().any(|rule| excepts(&rule, &host, address, port))
    }
}

/// Whether one rule of `NO_PROXY` takes a host out.
fn excepts(rule: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    if rule == "*" {
        return true;
    }
    if let Some(network) = network(rule) {
        return address.is_some_and(|address| contains(network, address));
    }
    let (name, rule_port) = split_port(rule);
    if rule_port.is_some_and(|rule_port| rule_port != port.to_string()) {
        return false;
    }
    if let Ok(one) = name.parse::<IpAddr>() {
        return address.is_some_and(|address| address.to_canonical() == one.to_canonical());
    }
    match name.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(name) {
        "" => false,
        suffix if suffix.starts_with('.') => host.ends_with(suffix),
        name => host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')),
    }
}

/// `host`, `host:port`, `[v6]:port`, or a bare IPv6 address, which has no port.
fn split_port(rule: &str) -> (&str, Option<&str>) {
    if let Some(rest) = rule.strip_prefix('[') {
        // Without a port Go takes the brackets for a part of a name, which then matches none.
        return match rest.split_once("]:") {
            Some((host, port)) => (host, Some(port).filter(|port| !port.is_empty())),
            None => (rule, None),
        };
    }
    match rule.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port).filter(|port| !port.is_empty())),
        _ => (rule, None),
    }
}

fn network(rule: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = rule.split_once('/')?;
    let (address, bits) = (address.parse::<IpAddr>().ok()?, bits.parse().ok()?);
    (bits <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, bits))
}

fn contains((network, bits): (IpAddr, u32), address: IpAddr) -> bool {
    match (network, address.to_canonical()) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let shift = 32 - bits;
            network.to_bits().checked_shr(shift) == address.to_bits().checked_shr(shift)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let shift = 128 - bits;
            network.to_bits().checked_shr(shift) == address.to_bits().checked_shr(shift)
        }
        _ => false,
    }
}

/// A URL as it may be shown: without user name and password, and without its query, which is
/// never sent, and may be a token.
pub(crate) fn shown(url: &str) -> String {
    let mut url = without_userinfo(url);
    url.truncate(url.find(['?', '#']).unwrap_or(url.len()));
    url
}

fn without_userinfo(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    format!("{scheme}{}", &rest[owner(rest).unwrap_or_default()..])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn env(https: &str, no_proxy: &str) -> Proxies {
        Proxies { http: None, https: Some(https.into()), no_proxy: no_proxy.into() }
    }

    fn cluster(value: serde_json::Value) -> Named {
        Named { name: "c".into(), fields: value.as_object().cloned() }
    }

    #[test]
    fn the_environment_s_proxy_applies_as_in_go() {
        for (server, no_proxy, proxied) in [
            ("https://api.example.com", "", true),
            ("https://127.0.0.1:6443", "", false),
            ("https://127.8.8.8:6443", "", false),
            ("https://[::1]:6443", "", false),
            ("https://[::ffff:127.0.0.1]:6443", "", false),
            ("https://localhost:6443", "", false),
            ("https://LOCALHOST", "", false),
            // Only the bare name: Go does not know what resolves to loopback.
            ("https://app.localhost:6443", "", true),
            ("https://10.1.2.3:6443", "*", false),
            ("https://10.1.2.3:6443", " 10.0.0.0/8 ,", false),
            ("https://11.1.2.3:6443", "10.0.0.0/8", true),
            ("https://11.1.2.3:6443", "0.0.0.0/0", false),
            ("https://10.1.2.3:6443", "10.1.2.3", false),
            ("https://10.1.2.3:6443", "10.1.2.3:6443", false),
            ("https://10.1.2.3:6443", "10.1.2.3:443", true),
            ("https://[fd00::5]:6443", "fd00::/16", false),
            ("https://[fd00::5]:6443", "fd00::5", false),
            ("https://[fd00::5]:6443", "[fd00::5]:6443", false),
            ("https://[fd00::5]:6443", "[fd00::5]:1", true),
            ("https://[fd00::5]:6443", "[fd00::5]", true),
            ("https://api.example.com", "example.com", false),
            ("https://example.com", "example.com", false),
            ("https://example.com", ".example.com", true),
            ("https://api.example.com", ".example.com", false),
            ("https://api.example.com", "*.example.com", false),
            ("https://example.com", "*.example.com", true),
            ("https://badexample.com", "example.com", true),
            ("https://api.example.com", "EXAMPLE.com:443", false),
            ("https://api.example.com:6443", "example.com:443", true),
            ("https://api.example.com", ", ,:80,/8,x/y,", true),
        ] {
            let found = env("http://proxy:3128", no_proxy).of(&cluster(json!({})), &server.parse().unwrap());
            assert_eq!(found.is_some(), proxied, "{server} with NO_PROXY={no_proxy}");
        }
    }

    #[test]
    fn the_cluster_s_proxy_is_taken_as_it_is() {
        let said = cluster(json!({"proxy-url": "socks5://localhost:1080"}));
        let found = env("http://proxy:3128", "*").of(&said, &"https://127.0.0.1:6443".parse().unwrap());
        assert_eq!(found.as_deref(), Some("socks5://localhost:1080"));
    }

    #[test]
    fn the_scheme_of_the_server_chooses_the_variable() {
        let variables = |name: &str| match name {
            "HTTP_PROXY" => Some("plain:1".into()),
            "https_proxy" => Some("https://tls:2".into()),
            _ => None,
        };
        let proxies = Proxies::from_env(&variables);
        let of = |server: &str| proxies.of(&cluster(json!({})), &server.parse().unwrap());
        assert_eq!(of("http://api.example.com").as_deref(), Some("http://plain:1"));
        assert_eq!(of("https://api.example.com").as_deref(), Some("https://tls:2"));
    }

    #[test]
    fn user_and_password_are_taken_out() {
        for (url, wanted) in [
            ("http://me:secret@proxy:3128", "http://proxy:3128"),
            ("http://me:s@cret@proxy:3128/a@b", "http://proxy:3128/a@b"),
            ("http://proxy:3128", "http://proxy:3128"),
            ("http://me:se/cret@proxy:3128", "http://proxy:3128"),
            ("me:secret@proxy", "proxy"),
            ("http://proxy/?a=b@c", "http://proxy/?a=b@c"),
        ] {
            assert_eq!(without_userinfo(url), wanted);
        }
        assert_eq!(shown("http://me:secret@proxy/a?token=b#c"), "http://proxy/a");
    }
}

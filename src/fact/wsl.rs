//! WSL2, seen from inside a distribution.
//!
//! Facts are those of microsoft/WSL @3e27a6a50, by file.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::host::Host;
use super::live::{Outcome, decode};
use crate::answers::{Asking, Seen};
use crate::ask::{Ask, Distilled, FromWindows, OwnAddress, Page, Question, Raw, Why};

/// What WSL leaves in a distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Traces {
    /// The kernel's release, as `uname -r` prints it.
    pub kernel: String,
    /// `/run/WSL` is there (`src/linux/init/util.h:80`).
    pub run: bool,
    /// This is a container.
    pub container: bool,
    /// Name of the distribution; lost under sudo.
    pub distro: Option<String>,
    /// The interface loopback0 is there: in mirrored and consomme mode
    /// (`WslMirroredNetworking.cpp:25`, `ConsommeNetworking.cpp:15`).
    pub loopback: bool,
}

impl Traces {
    /// The version of WSL that this distribution runs in, if it is one. Containers have the
    /// kernel of their distribution, and another network.
    pub fn version(&self) -> Option<u8> {
        let named = self.kernel.to_ascii_lowercase().contains("microsoft");
        if !self.run && (!named || self.container) {
            return None;
        }
        // WSL itself tells the two apart by the capital (`src/linux/init/util.cpp:1573`).
        Some(if self.kernel.contains("Microsoft") { 1 } else { 2 })
    }
}

/// How WSL2 connects its VM with Windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The default: a network of its own behind Windows.
    Nat,
    /// The addresses of Windows.
    Mirrored,
    /// An address in the LAN.
    Bridged,
    /// A program on Windows opens its sockets. Called virtioproxy before WSL 2.9.3
    /// (microsoft/WSL#40873).
    Consomme,
    /// No network.
    None,
}

impl Mode {
    /// Reads a name of `wslinfo` (`wslinfo.cpp:89`) or of `.wslconfig`
    /// (`WslCoreConfig.h:121`). A name that is not known is no mode, least of all the default.
    pub fn parse(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "nat" => Some(Self::Nat),
            "mirrored" => Some(Self::Mirrored),
            "bridged" => Some(Self::Bridged),
            "consomme" | "virtioproxy" => Some(Self::Consomme),
            "none" => Some(Self::None),
            _ => None,
        }
    }

    /// WSL's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nat => "nat",
            Self::Mirrored => "mirrored",
            Self::Bridged => "bridged",
            Self::Consomme => "consomme",
            Self::None => "none",
        }
    }
}

/// What the user set in `.wslconfig`. It is not what counts: a policy, a missing feature of
/// Windows or a VM that was not restarted since may override it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// `networkingMode`, if it is a name that is known.
    pub mode: Option<Mode>,
    /// `localhostForwarding`.
    pub forwarding: Option<bool>,
}

impl Settings {
    /// Reads the file as WSL does (`src/shared/configfile/configfile.cpp:177`): section and
    /// key in any case, `#` starts a comment, the first of several counts. The mode may also
    /// stand in the old section `[experimental]` (`WslCoreConfig.cpp:115`).
    pub fn parse(text: &str) -> Self {
        let (mut section, mut found) = (String::new(), Self::default());
        let (mut mode, mut forwarding) = (None, None);
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name.trim().to_ascii_lowercase();
                continue;
            }
            let Some((key, value)) = line.split_once('=') else { continue };
            let value = value.trim().to_owned();
            match (section.as_str(), key.trim().to_ascii_lowercase().as_str()) {
                ("wsl2" | "experimental", "networkingmode") => mode = mode.or(Some(value)),
                ("wsl2", "localhostforwarding") => forwarding = forwarding.or(Some(value)),
                _ => {}
            }
        }
        found.mode = mode.as_deref().and_then(Mode::parse);
        found.forwarding = forwarding.and_then(|value| value.to_ascii_lowercase().parse().ok());
        found
    }
}

struct TracesOf;

impl Question for TracesOf {
    type Answer = Traces;

    fn ask(&self) -> Ask {
        Ask::Wsl
    }

    fn distil(&self, raw: Raw) -> Distilled<Traces> {
        decode(raw)
    }
}

/// What WSL left here.
pub fn traces(asking: &Asking) -> Seen<Rc<Traces>> {
    asking.ask(TracesOf)
}

fn text(raw: Raw) -> Result<String, Why> {
    match raw {
        Raw::Text(text) => Ok(text),
        _ => Err(Why::Unreadable { detail: "not a text".into() }),
    }
}

struct ModeOf;

impl Question for ModeOf {
    type Answer = Mode;

    fn ask(&self) -> Ask {
        Ask::WslMode
    }

    fn distil(&self, raw: Raw) -> Distilled<Mode> {
        let said = text(raw)?;
        let unknown = || Why::Unreadable { detail: "a networking mode that netpath does not know".into() };
        Mode::parse(&said).map(Some).ok_or_else(unknown)
    }
}

struct SettingsOf;

impl Question for SettingsOf {
    type Answer = Settings;

    fn ask(&self) -> Ask {
        Ask::WslSettings
    }

    fn distil(&self, raw: Raw) -> Distilled<Settings> {
        Ok(Some(Settings::parse(&text(raw)?)))
    }
}

/// The WSL2 distribution that this is.
#[derive(Debug, Clone)]
pub struct Wsl {
    /// Its name, where it is known.
    pub distro: Option<String>,
    /// The mode that counts.
    pub mode: Seen<Mode>,
    /// What the user set.
    pub settings: Option<Settings>,
    /// Its own address, which Windows has a route to unless the addresses are shared.
    pub address: Option<IpAddr>,
}

/// The mode that counts.
pub fn mode(asking: &Asking, traces: &Traces) -> Seen<Mode> {
    match asking.ask(ModeOf).map(|mode| *mode) {
        // Before WSL 2.0.4 there was no wslinfo, and no mode with that interface.
        Seen::Unavailable(Why::ToolNotFound { .. }) if !traces.loopback => Seen::Known(Mode::Nat),
        seen => seen,
    }
}

/// What there is to know about a WSL2 distribution.
pub fn look(asking: &Asking, traces: &Traces, host: Option<&Host>) -> Wsl {
    let mode = mode(asking, traces);
    let settings = asking.ask(SettingsOf).known().map(|settings| (**settings).clone());
    let eth0 = |host: &Host| {
        let own = host.interfaces.iter().find(|interface| interface.name == "eth0" && interface.ip.is_ipv4())?;
        Some(own.ip)
    };
    Wsl { distro: traces.distro.clone(), mode, settings, address: host.and_then(eth0) }
}

struct SocketsOf(u16);

impl Question for SocketsOf {
    type Answer = Vec<IpAddr>;

    fn ask(&self) -> Ask {
        Ask::Sockets(self.0)
    }

    fn distil(&self, raw: Raw) -> Distilled<Vec<IpAddr>> {
        Ok(Some(listening(&text(raw)?, self.0)))
    }
}

/// The addresses at which a port is listened on, in the network namespace of this process.
/// None of them is a proof: the kernel's table has the sockets of all users.
pub fn sockets(asking: &Asking, port: u16) -> Seen<Rc<Vec<IpAddr>>> {
    asking.ask(SocketsOf(port))
}

/// The rows of `/proc/net/tcp` and `/proc/net/tcp6` (proc(5)) in state 0A, LISTEN. WSL runs
/// on little-endian machines only.
fn listening(table: &str, port: u16) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = table
        .lines()
        .filter_map(|line| {
            let mut cells = line.split_whitespace().skip(1);
            let (local, state) = (cells.next()?, cells.nth(1)?);
            let (ip, own) = local.split_once(':')?;
            (state == "0A" && u16::from_str_radix(own, 16).ok()? == port).then(|| address(ip))?
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn address(hex: &str) -> Option<IpAddr> {
    let word = |text: &str| u32::from_str_radix(text, 16).ok().map(u32::to_le_bytes);
    match hex.len() {
        8 => Some(Ipv4Addr::from(word(hex)?).into()),
        32 => {
            let mut bytes = [0; 16];
            for (index, part) in bytes.chunks_exact_mut(4).enumerate() {
                part.copy_from_slice(&word(hex.get(index * 8..index * 8 + 8)?)?);
            }
            Some(Ipv6Addr::from(bytes).into())
        }
        _ => None,
    }
}

/// How curl of Windows ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Curl {
    /// Its exit code.
    pub code: i32,
    /// Status, seconds to the connect, seconds in all.
    pub out: String,
}

impl Curl {
    /// What it met, by its exit code (curl(1), "EXIT CODES"). `None`: it did not come to ask.
    fn outcome(&self, tls: bool) -> Option<Outcome> {
        let mut words = self.out.split_whitespace();
        let status = words.next().and_then(|word| word.parse().ok()).filter(|status| *status != 0);
        let mut seconds = words.map(|word| word.replace(',', ".").parse::<f64>().unwrap_or_default());
        let (connect, total) = (seconds.next().unwrap_or_default(), seconds.next().unwrap_or_default());
        let ms = (total.clamp(0.0, 60.0) * 1000.0) as u32;
        let response = |status| Outcome::Response { status, tls, ms };
        match self.code {
            // Cut off in the body: the status had come.
            0 | 18 | 23 if status.is_some() => Some(response(status)),
            28 | 56 if status.is_some() => Some(response(status)),
            // HTTP/0.9, or no HTTP at all: bytes came.
            1 | 8 if connect > 0.0 => Some(response(None)),
            7 => Some(Outcome::Refused),
            52 => Some(Outcome::Eof),
            56 => Some(Outcome::Reset),
            28 if connect > 0.0 => Some(Outcome::Silent),
            28 => Some(Outcome::TimedOut),
            _ => None,
        }
    }
}

struct WindowsProbe(FromWindows);

impl Question for WindowsProbe {
    type Answer = Outcome;

    fn ask(&self) -> Ask {
        Ask::FromWindows(self.0.clone())
    }

    fn distil(&self, raw: Raw) -> Distilled<Outcome> {
        let Some(curl) = decode::<Curl>(raw)? else { return Ok(None) };
        let failed = || Why::ToolFailed { tool: "curl.exe".into(), detail: format!("exit code {}", curl.code) };
        curl.outcome(self.0.tls).map(Some).ok_or_else(failed)
    }
}

/// What answers a program of Windows at an address of Windows' loopback, or of this machine.
pub fn from_windows(asking: &Asking, to: OwnAddress, tls: bool, page: Option<&Page>) -> Seen<Rc<Outcome>> {
    asking.ask(WindowsProbe(FromWindows { to, tls, page: page.cloned() }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngSeed};

    use super::*;

    #[test]
    fn a_distribution_is_told_from_what_has_its_kernel() {
        let traces =
            |kernel: &str, run, container| Traces { kernel: kernel.into(), run, container, ..Traces::default() };
        for (kernel, run, container, version) in [
            ("5.15.167.4-microsoft-standard-WSL2", true, false, Some(2)),
            ("6.6.87.2-microsoft-standard-WSL2+", false, false, Some(2)),
            ("6.6.87.2-microsoft-standard-WSL2", false, true, None),
            ("6.6.87.2-microsoft-standard-WSL2", true, true, Some(2)),
            ("4.4.0-19041-Microsoft", true, false, Some(1)),
            ("6.9.0-custom", true, false, Some(2)),
            ("6.1.0-18-amd64", false, false, None),
            ("6.10.14-linuxkit", false, true, None),
        ] {
            assert_eq!(traces(kernel, run, container).version(), version, "{kernel} {run} {container}");
        }
    }

    #[test]
    fn modes_have_their_names_and_nothing_else_is_nat() {
        for (name, mode) in [
            ("nat\n", Some(Mode::Nat)),
            ("mirrored", Some(Mode::Mirrored)),
            ("virtioproxy", Some(Mode::Consomme)),
            ("consomme", Some(Mode::Consomme)),
            ("Bridged", Some(Mode::Bridged)),
            ("none", Some(Mode::None)),
            ("wsl1", None),
            ("", None),
            ("nat2", None),
        ] {
            assert_eq!(Mode::parse(name), mode, "{name}");
        }
    }

    #[test]
    fn settings_are_read_as_wsl_reads_them() {
        let set = |mode, forwarding| Settings { mode, forwarding };
        for (text, wanted) in [
            ("[wsl2]\nnetworkingMode=mirrored\n", set(Some(Mode::Mirrored), None)),
            ("\u{feff}[WSL2]\r\nNETWORKINGMODE = Nat\r\n", set(Some(Mode::Nat), None)),
            ("[wsl2]\n# networkingMode=mirrored\n", set(None, None)),
            ("[wsl2]\nnetworkingMode=nat # was mirrored\n", set(Some(Mode::Nat), None)),
            ("[wsl2]\n; a section of its own\nlocalhostForwarding=false\n", set(None, Some(false))),
            ("[wsl2]\nlocalhostForwarding=false\nlocalhostForwarding=true\n", set(None, Some(false))),
            ("[experimental]\nnetworkingMode=mirrored\n", set(Some(Mode::Mirrored), None)),
            ("[experimental]\nlocalhostForwarding=false\n", set(None, None)),
            ("[wsl2]\nnetworkingMode=own\n[experimental]\nnetworkingMode=mirrored\n", set(None, None)),
            ("networkingMode=mirrored\n", set(None, None)),
            ("[wsl2]\nlocalhostForwarding=maybe\n", set(None, None)),
            ("", set(None, None)),
        ] {
            assert_eq!(Settings::parse(text), wanted, "{text}");
        }
    }

    #[test]
    fn only_what_listens_counts() {
        let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";
        let row = |local: &str, state: &str| format!("   0: {local} 00000000:0000 {state} 00000000:00000000 00:0 0\n");
        let table = [
            head.to_owned(),
            row("0100007F:7580", "0A"),
            row("00000000:7580", "0A"),
            row("0200007F:1F90", "0A"),
            row("0100007F:1F91", "01"),
            head.to_owned(),
            row("00000000000000000000000000000000:7580", "0A"),
            row("00000000000000000000000001000000:1F90", "0A"),
            "garbage".into(),
        ]
        .concat();
        let shown = |port| listening(&table, port).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(shown(0x7580), ["0.0.0.0", "127.0.0.1", "::"]);
        assert_eq!(shown(0x1F90), ["127.0.0.2", "::1"]);
        assert!(shown(0x1F91).is_empty() && shown(1).is_empty());
    }

    proptest! {
        #![proptest_config(Config { cases: 300, rng_seed: RngSeed::Fixed(4), failure_persistence: None, ..Config::default() })]

        /// Whatever it prints: no status is made up, and no time is endless.
        #[test]
        fn curl_never_says_more_than_it_printed(code in -1..140, tls: bool, out in "([0-9]{1,6}|[0-9.,eE+-]{0,12}|NaN|inf|\\PC{0,9}| ){0,7}") {
            let met = Curl { code, out: out.clone() }.outcome(tls);
            if let Some(Outcome::Response { status, ms, .. }) = met {
                prop_assert!(ms <= 60_000);
                let first = out.split_whitespace().next().unwrap_or_default();
                prop_assert!(status.is_none_or(|status| first.parse() == Ok(status)));
            }
        }

        /// A table that is none has no sockets, and a row of another port is none of this one.
        #[test]
        fn any_table_is_survived(table in "([0-9A-F]{0,33}:?[0-9A-F]{0,5}| |0A|\n|\\PC{0,4}){0,40}", port: u16) {
            let known: BTreeSet<IpAddr> = listening(&table, port).into_iter().collect();
            prop_assert!(known.len() <= table.lines().count());
        }
    }

    #[test]
    fn curl_says_how_it_ended() {
        let outcome = |code, out: &str| Curl { code, out: out.into() }.outcome(false);
        let answered = |status, ms| Some(Outcome::Response { status, tls: false, ms });
        assert_eq!(outcome(0, "200 0.001 0.012"), answered(Some(200), 12));
        assert_eq!(outcome(0, "404 0,001 0,012"), answered(Some(404), 12));
        assert_eq!(outcome(28, "200 0.001 3.0"), answered(Some(200), 3000));
        assert_eq!(outcome(1, "000 0.001 0.002"), answered(None, 2));
        assert_eq!(outcome(7, "000 0.0 2.03"), Some(Outcome::Refused));
        assert_eq!(outcome(52, "000 0.001 0.002"), Some(Outcome::Eof));
        assert_eq!(outcome(56, "000 0.001 0.002"), Some(Outcome::Reset));
        assert_eq!(outcome(28, "000 0.001 3.0"), Some(Outcome::Silent));
        assert_eq!(outcome(28, "000 0.000000 3.0"), Some(Outcome::TimedOut));
        for (code, out) in [(0, ""), (0, "garbage"), (1, ""), (127, "MZ: not found"), (2, ""), (35, "000 0.001 0.1")] {
            assert_eq!(outcome(code, out), None, "{code} {out}");
        }
    }
}

//! Traces that a tool leaves on the computer that it runs on.

use std::rc::Rc;

use crate::answers::{Asking, Seen};
use crate::ask::{Ask, Distilled, Question, Raw, Why};

/// A file, of which nothing but that it is there is kept: a unit file may name a token.
struct Trace(&'static str);

impl Question for Trace {
    type Answer = ();

    fn ask(&self) -> Ask {
        Ask::File(self.0.into())
    }

    fn distil(&self, _raw: Raw) -> Distilled<()> {
        Ok(Some(()))
    }
}

/// Whether a file of a tool's installer is there. A file that may not be read is there.
pub fn installed(asking: &Asking, file: &'static str) -> Seen<()> {
    match asking.ask(Trace(file)) {
        Seen::Unavailable(Why::PermissionDenied { .. }) => Seen::Known(()),
        seen => seen.map(|_| ()),
    }
}

struct BootId;

impl Question for BootId {
    type Answer = String;

    fn ask(&self) -> Ask {
        // Linux: one random number per boot, which the kubelet reports as `nodeInfo.bootID`
        // (google/cadvisor `machine/info.go`).
        Ask::File("/proc/sys/kernel/random/boot_id".into())
    }

    fn distil(&self, raw: Raw) -> Distilled<String> {
        match raw {
            Raw::Text(text) => Ok(Some(text.trim().to_owned())),
            _ => Err(Why::Unreadable { detail: "not a file".into() }),
        }
    }
}

/// What the kernel of this computer calls its present run.
pub fn boot_id(asking: &Asking) -> Seen<Rc<String>> {
    asking.ask(BootId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_holds_is_not_kept() {
        let kept = Trace("/etc/systemd/system/k3s.service").distil(Raw::Text("k3s server --token CANARY".into()));
        assert_eq!(serde_json::to_string(&kept.unwrap()).unwrap(), "null");
    }
}

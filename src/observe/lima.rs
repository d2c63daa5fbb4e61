//! Asks Lima which VMs there are, and reads what their host agents wrote down.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use super::{command, file};
use crate::ask::{Observed, Raw, Why};

/// Time limit of one command, which looks at a few files and processes.
const LIMIT: Duration = Duration::from_secs(3);

/// Rancher Desktop's own, which it puts on nobody's PATH (rancher-desktop @d048437
/// `pkg/rancher-desktop/backend/lima.ts`, limactl; the places of its packages).
const BUNDLED: [&str; 2] = [
    "/Applications/Rancher Desktop.app/Contents/Resources/resources/darwin/lima/bin/limactl",
    "/opt/rancher-desktop/resources/resources/linux/lima/bin/limactl",
];

/// The VMs of a Lima home. colima and Rancher Desktop have one of their own, which they
/// name to limactl in the same way (abiosoft/colima @490420d `config/files.go:128-145`).
pub(super) async fn instances(home: Option<&str>) -> Observed {
    let bundled = home.filter(|home| home.ends_with("/rancher-desktop/lima")).into_iter().flat_map(|_| BUNDLED);
    let found = command::find("limactl");
    let mut command = bundled.fold(found, |found, path| found.or_else(|why| command::find(path).map_err(|_| why)))?;
    command.args(["list", "--json"]);
    if let Some(home) = home {
        let real = file::real(home, std::env::home_dir().as_deref());
        let real = real.ok_or_else(|| Why::Unreadable { detail: "no home directory is known".into() })?;
        command.env("LIMA_HOME", real);
    }
    let finished = command::run("limactl", command, LIMIT).await?;
    finished.success("limactl").map(|text| Some(Raw::Text(text)))
}

/// How much of a log is read, in bytes: some thousand lines.
const LOG: u64 = 256 * 1024;

/// The end of a VM's `ha.stderr.log`, and whether that is all of it.
pub(super) async fn log(home: Option<&str>, instance: &str) -> Observed {
    let path = log_file(home, instance, std::env::var_os("LIMA_HOME"), std::env::home_dir().as_deref());
    let path = path.ok_or_else(|| Why::Unreadable { detail: "no place for the log is known".into() })?;
    let end = file::end(path, LOG).await?;
    Ok(end.map(|(text, whole)| Raw::Value(serde_json::json!({ "text": text, "whole": whole }))))
}

/// Without a home it is the one that limactl would take (lima-vm/lima @183a60d7
/// `pkg/limatype/dirnames`, `filenames`). A name that is no plain one is no VM's.
fn log_file(home: Option<&str>, instance: &str, own: Option<OsString>, user: Option<&Path>) -> Option<PathBuf> {
    let is_plain = matches!(Path::new(instance).components().collect::<Vec<_>>()[..], [Component::Normal(name)] if name == instance);
    let home = match (home, own.filter(|own| !own.is_empty())) {
        (Some(home), _) => file::real(home, user)?,
        (None, Some(own)) => PathBuf::from(own),
        (None, None) => user?.join(".lima"),
    };
    is_plain.then(|| home.join(instance).join("ha.stderr.log"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_in_its_home_and_nowhere_else() {
        let me = Path::new("/home/me");
        for (home, instance, own, wanted) in [
            (None, "k3s", None, Some("/home/me/.lima/k3s/ha.stderr.log")),
            (None, "k3s", Some("/srv/lima"), Some("/srv/lima/k3s/ha.stderr.log")),
            (None, "k3s", Some(""), Some("/home/me/.lima/k3s/ha.stderr.log")),
            (Some("~/.colima/_lima"), "colima", Some("/srv"), Some("/home/me/.colima/_lima/colima/ha.stderr.log")),
            (None, "..", None, None),
            (None, "../../etc", None, None),
            (None, "/etc", None, None),
            (None, "a/b", None, None),
            (None, "a/", None, None),
            (None, ".", None, None),
            (None, "", None, None),
        ] {
            let found = log_file(home, instance, own.map(OsString::from), Some(me));
            assert_eq!(found, wanted.map(PathBuf::from), "{home:?} {instance:?} {own:?}");
        }
        assert_eq!(log_file(None, "k3s", None, None), None);
    }
}

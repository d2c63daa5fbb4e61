//! Asks Lima which VMs there are.
#![allow(clippy::disallowed_methods, reason = "the shell: this is where the world is touched")]

use std::time::Duration;

use super::{command, file};
use crate::ask::{Observed, Raw, Why};

/// Time limit of one command, which looks at a few files and processes.
const LIMIT: Duration = Duration::from_secs(3);

/// The VMs of a Lima home. colima and Rancher Desktop have one of their own, which they
/// name to limactl in the same way (abiosoft/colima @490420d `config/files.go:128-145`).
pub(super) async fn instances(home: Option<&str>) -> Observed {
    let mut command = command::find("limactl")?;
    command.args(["list", "--json"]);
    if let Some(home) = home {
        let real = file::real(home, std::env::home_dir().as_deref());
        let real = real.ok_or_else(|| Why::Unreadable { detail: "no home directory is known".into() })?;
        command.env("LIMA_HOME", real);
    }
    let finished = command::run("limactl", command, LIMIT).await?;
    finished.success("limactl").map(|text| Some(Raw::Text(text)))
}

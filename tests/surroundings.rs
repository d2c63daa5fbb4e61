//! What stands around the program and is not its own: folders on PATH, and files that never
//! end or never begin.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests look at the world")]

mod support;

use std::fs;

use support::{Lab, TOKEN};

/// A plugin by its bare name, as `gke-gcloud-auth-plugin` and others are written.
const PLUGIN: &str = "exec: {apiVersion: client.authentication.k8s.io/v1, command: login, interactiveMode: Never}";

/// A repository that somebody cloned may hold a `docker`.
#[test]
fn no_program_of_the_current_folder_is_run() {
    let mut lab = Lab::healthy();
    let (bin, home) = (lab.world.bin(), lab.world.home());
    let kubeconfig = fs::read_to_string(lab.world.kubeconfig_path()).unwrap();
    lab.world.kubeconfig(&kubeconfig.replace(&format!("token: {TOKEN}"), PLUGIN));
    for tool in ["docker", "login"] {
        lab.world.stub(tool, "exit 1");
        // Beside it, where the program is started.
        fs::rename(bin.join(tool), home.join(tool)).unwrap();
    }
    for path in [".".to_owned(), String::new(), format!("{}:", bin.display()), ":/nowhere".into(), "../home".into()] {
        lab.world.set("PATH", &path);
        let output = lab.run(&["explain", "svc/web"]);
        for tool in ["docker", "login"] {
            assert!(lab.world.calls(tool).is_empty(), "{path:?} ran {tool}: {output:?}");
        }
    }
    // The same stubs, from a folder with a whole name.
    lab.world.set("PATH", home);
    lab.run(&["explain", "svc/web"]);
    for tool in ["docker", "login"] {
        assert!(!lab.world.calls(tool).is_empty(), "{tool} is a stub that works");
    }
}

//! All is well up to the application, and that does not answer.

use super::cluster::cluster;
use super::run::{At, Said, ask};
use super::scene::Scene;

fn of(arguments: &[&'static str]) -> Said {
    let cluster = cluster();
    Scene::app(arguments).stage(&cluster);
    ask(&cluster, At::Host)
}

/// The remedy reads the log of the Pod that the finding names.
#[track_caller]
fn reads_the_log(said: &Said, code: &str) {
    let pod = said.finding(code)["params"]["pod"].as_str().expect("a Pod");
    said.proposes(&["kubectl", "-n", "live", "logs", pod]);
    said.follow(&cluster());
}

#[test]
#[ignore = "needs kind and docker"]
fn a101_nothing_listens() {
    let said = of(&["-protocol=none"]);
    said.is("unreachable", "A101", "application");
    reads_the_log(&said, "A101");
}

#[test]
#[ignore = "needs kind and docker"]
fn a102_an_application_that_closes_or_resets() {
    for protocol in ["-protocol=eof", "-protocol=reset"] {
        let said = of(&[protocol]);
        said.is("unreachable", "A102", "application");
        reads_the_log(&said, "A102");
    }
}

#[test]
#[ignore = "needs kind and docker"]
fn a103_an_application_that_is_silent_may_be_slow() {
    let said = of(&["-protocol=silent"]);
    said.is("undetermined", "A103", "application");
    assert!(said.states("app").iter().all(|state| *state == "unknown"), "{}", said.shown());
    reads_the_log(&said, "A103");
}

#[test]
#[ignore = "needs kind and docker"]
fn a104_an_application_that_listens_on_loopback_only() {
    for listen in ["-listen=127.0.0.1", "-listen=[::1]"] {
        let said = of(&[listen]);
        said.is("unreachable", "A104", "application");
        said.proposes(&["kubectl", "-n", "live", "edit", "deployment/web"]);
    }
}

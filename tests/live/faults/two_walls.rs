//! Two forwarders in a row in front of docker's own: each accepts first and dials then, as
//! wslrelay in front of Lima does. What a probe sees through both has to be read as through
//! one, and a gap between them must not be blamed on Kubernetes.

use crate::rig::{Cluster, Removed, Scene, WORKER, Walls, tool};

const PORT: u16 = 28380;
const URL: &str = "http://127.0.0.1:28380/";
/// Closed or reset, as the forwarder's own reader was quicker or slower than its writer.
const CLOSED: &str = "accepted, then ";
const TWO: Walls = Walls { without: None, second: true, second_without: None };

fn iptables(what: &str) -> crate::rig::Done {
    let rule = ["-t", "mangle", what, "PREROUTING", "-p", "tcp", "--dport", "30080", "-j", "DROP"];
    tool("docker", &[&["exec", WORKER, "iptables"], &rule[..]].concat())
}

fn drop_packets(_: &Cluster) {
    iptables("-I").must();
}

/// What is said to a browser behind these walls: verdict, cause, and the whole report.
fn said(scene: Scene, breaks: fn(&Cluster), walls: Walls) -> Option<(String, Vec<String>, String)> {
    let browser = scene.stage().changed(breaks).behind(walls)?;
    let said = browser.ask();
    let roots = said.roots().into_iter().map(str::to_owned).collect();
    Some((said.verdict().to_owned(), roots, said.shown()))
}

#[test]
#[ignore = "needs kind and docker"]
fn two_walls() {
    let web = || Scene::web().with_worker();
    let dead = || web().app(&["-protocol=none"]);
    let intact: fn(&Cluster) = |_| ();
    let _undone = Removed::by(|| while iptables("-D").ok {});
    for (behind, scene, breaks, walls, verdict, root, shown) in [
        ("an application", web(), intact, TWO, "reachable", None, URL),
        // Nothing brings the port to the browser's side.
        (
            "nothing outside",
            web(),
            intact,
            Walls { without: Some(PORT), ..TWO },
            "unreachable",
            Some("V105"),
            "refused",
        ),
        // The first wall accepts, and the second has no such port. The application answers the
        // API server, so it is not to blame; nor is Kubernetes.
        (
            "a gap between the walls",
            web(),
            intact,
            Walls { second_without: Some(PORT), ..TWO },
            "undetermined",
            None,
            CLOSED,
        ),
        ("an application that is gone", dead(), intact, TWO, "unreachable", Some("A101"), CLOSED),
        ("a node that drops packets", web(), drop_packets, TWO, "undetermined", None, "accepted, then silent"),
    ] {
        let Some((said, roots, report)) = said(scene, breaks, walls) else { return };
        assert_eq!((said.as_str(), roots), (verdict, Vec::from_iter(root.map(str::to_owned))), "{behind}:\n{report}");
        assert!(report.contains(shown), "{behind}:\n{report}");
    }
}

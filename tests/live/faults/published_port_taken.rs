//! The engine's forwarder of the published port has died, and another program has the port.

use crate::rig::{Scene, Stranger, WORKER, end_forwarder};

const PUBLISHED: &str = "http://127.0.0.1:28380/";

#[test]
#[ignore = "needs kind and docker"]
fn published_port_taken() {
    let here = Scene::web().with_worker().stage().broken(|_| end_forwarder(28380));
    // This computer still has its route to the nodes: no port is needed.
    let by_address = format!("http://{}:30080/", here.cluster().address(&here.cluster().node()));

    let refused = here.reaches(&by_address);
    assert!(!refused.urls().contains(&PUBLISHED), "{}", refused.shown());
    assert!(refused.text.contains("127.0.0.1:28380 refused"), "{}", refused.shown());

    let stranger = Stranger::at("127.0.0.1:28380");
    let taken = here.reaches(&by_address);
    assert!(!taken.urls().contains(&PUBLISHED), "{}", taken.shown());
    let hops = taken.hops();
    let held = |hop: &&&serde_json::Value| hop["evidence"].to_string().contains("has port 28380");
    let hop = hops.iter().find(held).unwrap_or_else(|| panic!("{}", taken.shown()));
    assert!(hop["evidence"].to_string().contains(&std::process::id().to_string()), "{}", taken.shown());
    assert_eq!((&hop["id"], &hop["state"]), (&"way-in".into(), &"missing".into()), "{}", taken.shown());
    drop(stranger);

    // Nobody has it, and there is no other road.
    let Some(laptop) = here.laptop_without(28380) else { return };
    let said = laptop.says("unreachable", "V105", "virtualization-layer");
    said.proposes(&["docker", "restart", WORKER]);
    laptop.relay(28380);
    said.heals().is_reachable_at(PUBLISHED);
    here.reaches(PUBLISHED);
}

//! Another program has `[::1]` at the published port: browsers that are told "localhost" try
//! it first.

use crate::rig::{Scene, Stranger};

#[test]
#[ignore = "needs kind and docker"]
fn localhost_is_somebody_elses() {
    let here = Scene::web().with_worker().stage();
    let _stranger = Stranger::at("[::1]:28380");
    let said = here.reaches("http://127.0.0.1:28380/");
    assert!(said.text.contains("\"localhost:28380\" may lead to"), "{}", said.shown());
}

//! The API server is gone while the node and its Pods go on.

use crate::rig::{Cluster, Scene};

#[test]
#[ignore = "needs kind and docker"]
fn api_server_gone() {
    let here = Scene::web().stage().broken(Cluster::without_api_server);
    let said = here.says("undetermined", "K503", "kubernetes");
    said.misses_nothing();
    said.proposes(&["docker", "restart", &here.cluster().node()]);
    if let Some(laptop) = here.laptop() {
        laptop.says("undetermined", "K503", "kubernetes");
    }
}

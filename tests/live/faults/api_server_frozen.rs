//! The API server accepts connections and never answers.

use crate::rig::{Cluster, Scene};

#[test]
#[ignore = "needs kind and docker"]
fn api_server_frozen() {
    let here = Scene::web().stage().broken(Cluster::freeze_api_server);
    here.says("undetermined", "K503", "kubernetes").heals();
}

//! The image's registry does not answer.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn registry_down() {
    let here = Scene::web().container("{image: 'localhost:1/no-such:1'}").until("pods", "ErrImagePull").stage();
    let said = here.says("unreachable", "K212", "kubernetes");
    assert_eq!(said.finding("K212")["params"]["cause"], "registry-unreachable", "{}", said.shown());
    // Nobody knows whether this computer has the image: the command would say.
    said.proposes(&["kind", "load", "docker-image", "localhost:1/no-such:1", "--name", here.cluster().name]);
}

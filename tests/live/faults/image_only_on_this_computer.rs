//! The image is on this computer, but not in the node, and no registry has it.

use crate::rig::{Scene, app_image, tool};

#[test]
#[ignore = "needs kind and docker"]
fn image_only_on_this_computer() {
    // A registry that refuses at once, and a name that no earlier run has loaded.
    let image = format!("localhost:1/netpath-live:{}", std::process::id());
    tool("docker", &["tag", &app_image(), &image]).must();
    let here = Scene::web().container(&format!("{{image: '{image}'}}")).until("pods", "ErrImagePull").stage();
    let said = here.says("unreachable", "K212", "kubernetes");
    said.proposes(&["kind", "load", "docker-image", &image, "--name", here.cluster().name]).heals();
    tool("docker", &["rmi", &image]).must();
}

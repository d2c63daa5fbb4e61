//! The image is on this computer, but not in the node, and must never be pulled.

use crate::rig::{Scene, app_image, tool};

#[test]
#[ignore = "needs kind and docker"]
fn image_never_pulled() {
    let image = format!("netpath-live-never:{}", std::process::id());
    tool("docker", &["tag", &app_image(), &image]).must();
    let here = Scene::web()
        .container(&format!("{{image: '{image}', imagePullPolicy: Never}}"))
        .until("pods", "ErrImageNeverPull")
        .stage();
    here.says("unreachable", "K227", "kubernetes").heals();
    tool("docker", &["rmi", &image]).must();
}

//! The image's name has a capital letter, which no image may have.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn image_name_invalid() {
    Scene::web()
        .container("{image: My_App:1}")
        .until("pods", "InvalidImageName")
        .stage()
        .says("unreachable", "K212", "kubernetes")
        .shows("InvalidImageName");
}

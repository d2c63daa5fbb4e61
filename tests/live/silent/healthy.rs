//! Nothing is wrong.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn healthy() {
    let here = Scene::web().stage();
    here.reaches("http://127.0.0.1:28080/");
    let Some(laptop) = here.laptop() else { return };
    laptop.reaches("http://127.0.0.1:28080/");
}

//! The reader may not read Services: whether there is one is not known.

use crate::rig::Scene;

#[test]
#[ignore = "needs kind and docker"]
fn may_not_get_services() {
    let reader = Scene::web().stage().without_the_right_to(&["services"]);
    let said = reader.says("undetermined", "C105", "client");
    said.misses_nothing().asks_for_the_right_to("get", "services");
}

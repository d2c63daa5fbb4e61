//! Runs last, by its name.

/// The clusters stay for the next run unless they are told to go.
#[test]
#[ignore = "needs kind and docker"]
fn clusters_are_deleted_if_asked() {
    if std::env::var_os("NETPATH_LIVE_CLEAN").is_some_and(|value| value == "1") {
        super::rig::delete_all();
    }
}

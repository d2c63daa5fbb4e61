//! Whose cluster is it? (D2, D3, sections 2.4 and 2.5)

use netpath::ask::Why;
use netpath::report::{Certainty, EnvironmentId, Outcomes};
use netpath::request::Goal;
use serde_json::json;

use super::machine::{API, Machine, PROXY, SERVER, bare, behind_a_wall};

/// What `env` takes it for: which environment, its name, how certain, and the states of its
/// walls.
fn taken_for(machine: &Machine) -> (EnvironmentId, Option<String>, Certainty, Vec<String>) {
    let Outcomes::Environment(report) = machine.run(Goal::Environment) else { panic!("not an environment") };
    let environment = report.environment;
    let walls = environment.boundaries.iter().map(|wall| wall.state.clone()).collect();
    (environment.id, environment.name, environment.certainty, walls)
}

fn is_k3d(machine: &Machine) -> bool {
    taken_for(machine).0 == EnvironmentId::K3d
}

fn mac() -> Machine {
    behind_a_wall("macos", &[])
}

fn running() -> Vec<String> {
    vec!["running".into(); 3]
}

/// D3: a container of the Node's name, in a cluster whose proxy publishes the API server.
#[test]
fn d3_the_container_that_publishes_the_api_server_says_whose_it_is() {
    let sure = (EnvironmentId::K3d, Some("demo".to_owned()), Certainty::Certain, running());
    assert_eq!(taken_for(&mac()), sure);
    // A context may have any name.
    let mut renamed = mac();
    renamed.context = "prod".into();
    assert_eq!(taken_for(&renamed), sure);
    renamed.entries.0 = "prod".into();
    renamed.api_down = Some(Why::TimedOut);
    assert_eq!(taken_for(&renamed), sure);
}

/// D3: the Nodes say it, and no container here holds their API server: another engine, a
/// tunnel, or another computer.
#[test]
fn d3_a_cluster_of_the_same_name_elsewhere_is_not_the_one_here() {
    let elsewhere = (EnvironmentId::K3d, Some("demo".to_owned()), Certainty::Likely, vec!["unknown".to_owned()]);
    for server in ["https://127.0.0.1:42222", "https://devbox:41111", "https://192.168.7.9:41111"] {
        let mut machine = mac();
        machine.server = server.into();
        assert_eq!(taken_for(&machine), elsewhere, "{server}");
    }
    // Nodes of other names than the containers'.
    let mut machine = mac();
    machine.object("/api/v1/nodes", |nodes| {
        let node = &mut nodes["items"][0];
        node["metadata"]["name"] = json!("k3d-x-server-0");
        node["spec"]["providerID"] = json!("k3s://k3d-x-server-0");
        nodes["items"].as_array_mut().expect("a list").truncate(1);
    });
    assert_eq!(taken_for(&machine).1.as_deref(), Some("x"));
    // docker cannot be asked.
    let mut machine = mac();
    machine.containers.clear();
    assert_eq!(taken_for(&machine), elsewhere);
}

/// D3: what other k3s say of themselves, and a Node whose name only begins alike.
#[test]
fn d3_other_k3s_are_not_k3d() {
    for (name, id) in [
        ("colima", "k3s://colima"),
        ("lima-rancher-desktop", "k3s://lima-rancher-desktop"),
        ("orbstack", "k3s://orbstack"),
        ("laptop", "k3s://laptop"),
        ("k3d-demo-server-0", "kind://docker/k3d/k3d-demo-server-0"),
    ] {
        // Even under a context of k3d's, beside a cluster of k3d's that publishes the port.
        let mut machine = mac();
        machine.object("/api/v1/nodes", |nodes| {
            let all = nodes["items"].as_array_mut().expect("a list");
            all.truncate(1);
            all[0]["metadata"]["name"] = json!(name);
            all[0]["spec"]["providerID"] = json!(id);
        });
        assert!(!is_k3d(&machine), "{id}");
    }
    // k3s without its cloud controller gives no providerID; its name and version are left.
    let mut machine = mac();
    let clear = |version: &'static str| {
        move |nodes: &mut serde_json::Value| {
            for node in nodes["items"].as_array_mut().expect("a list") {
                node["spec"] = json!({});
                node["status"]["nodeInfo"]["kubeletVersion"] = json!(version);
            }
        }
    };
    machine.object("/api/v1/nodes", clear("v1.31.5+k3s1"));
    assert!(is_k3d(&machine));
    machine.object("/api/v1/nodes", clear("v1.31.5"));
    assert!(!is_k3d(&machine));
}

/// D2: nobody answers, and the names are all there is.
#[test]
fn d2_a_name_alone_makes_it_likely() {
    let mut machine = bare("linux");
    machine.api_down = Some(Why::Refused);
    machine.of_cluster("demo", SERVER.0, "server", "exited", &[], SERVER.1);
    machine.of_cluster("demo", PROXY.0, "loadbalancer", "exited", &[("6443", "0.0.0.0", 43333)], PROXY.1);
    let (id, name, certainty, _) = taken_for(&machine);
    assert_eq!((id, name.as_deref(), certainty), (EnvironmentId::K3d, Some("demo"), Certainty::Likely));
    // Near-misses: the entry of the cluster has another name; the label is not k3d's own.
    machine.entries.0 = "prod".into();
    assert!(!is_k3d(&machine));
    let mut machine = bare("linux");
    machine.api_down = Some(Why::Refused);
    machine.context = "prod".into();
    machine.entries.0 = "prod".into();
    machine.of_cluster("demo", PROXY.0, "loadbalancer", "exited", &[API], PROXY.1);
    assert!(is_k3d(&machine));
    machine.containers[0].1[0]["Config"]["Labels"]["app"] = json!("web");
    assert!(!is_k3d(&machine));
}

/// Docker Desktop's name for this computer is one of another computer where Linux answers it.
#[test]
fn docker_desktops_name_is_this_computers_on_mac_and_windows() {
    for (os, certainty) in
        [("macos", Certainty::Certain), ("windows", Certainty::Certain), ("linux", Certainty::Likely)]
    {
        let mut machine = behind_a_wall(os, &[]);
        machine.server = "https://host.docker.internal:41111".into();
        assert_eq!(taken_for(&machine).2, certainty, "{os}");
    }
}

/// While k3d replaces the proxy there are two of them (seen), and a container of its tools beside the nodes.
#[test]
fn a_proxy_that_is_being_replaced_and_tools_are_no_nodes() {
    let mut machine = mac();
    machine.of_cluster("demo", "k3d-demo-serverlb-QQiLa", "loadbalancer", "running", &[], "172.19.0.7");
    machine.of_cluster("demo", "k3d-demo-tools", "noRole", "running", &[], "172.19.0.8");
    assert_eq!(taken_for(&machine).3, running());
}

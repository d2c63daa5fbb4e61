//! The node port is not published, and the cluster is made again with it: the remedy that
//! destroys, run once, on a cluster of its own.

use std::fs;

use crate::rig::{MOUNTED, Removed, Scene, finish, tool};

#[test]
#[ignore = "needs kind and docker"]
fn cluster_recreated() {
    let _deleted = Removed::cluster("netpath-live-again");
    let scene = || Scene::web().port("{nodePort: 30083}").on_one_of_its_own();
    let here = scene().stage();
    let cluster = here.cluster();
    let seen = cluster.on_node(&["cat", &format!("{MOUNTED}/name")]).must();
    let Some(laptop) = here.laptop() else { return };
    let remedy = laptop.says("unreachable", "V101", "virtualization-layer").last_resort();
    drop((here, laptop));

    let folder = std::env::temp_dir().join(format!("netpath-live-again-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    for (name, text) in &remedy.files {
        fs::write(folder.join(name), text).expect("a file");
    }
    for argv in &remedy.commands {
        let mut command = std::process::Command::new(&argv[0]);
        command.args(&argv[1..]).current_dir(&folder).env("KUBECONFIG", cluster.kubeconfig());
        println!("$ {argv:?}\n{}", finish(&mut command, None).must());
    }
    fs::remove_dir_all(&folder).expect("a folder that goes");
    cluster.filled();

    let laptop = scene().stage().laptop().expect("a laptop");
    laptop.reaches("http://127.0.0.1:30083/");
    assert_eq!(cluster.on_node(&["cat", &format!("{MOUNTED}/name")]).must(), seen);
    let ports = tool("docker", &["port", &cluster.node()]).must();
    assert!(ports.contains("80/tcp -> 127.0.0.1:28480"), "{ports}");
    assert_eq!(cluster.nodes().len(), 2);
}

//! One kind cluster on one little computer: API server, engine, published port, binary.

use std::fmt;

use serde_json::Value;

use super::cluster::Cluster;
use super::door::{Behind, Door};
use super::engine::Container;
#[cfg(unix)]
use super::engine::engine;
use super::server::{ApiServer, Fault, Names};
use super::world::{Output, World};

/// The kind cluster `dev`, all well unless it was built otherwise: context `kind-dev`, a
/// node container in docker, and node port 30080 published at a door.
pub struct Lab {
    /// Its API server.
    pub server: ApiServer,
    /// The computer.
    pub world: World,
    /// What answers at the published port.
    pub door: Door,
    service: Value,
    node: Container,
}

/// What a lab is built from; change what is to be broken.
pub struct Plan {
    /// The objects that the API server serves.
    pub cluster: Cluster,
    /// The engine's containers, the control plane first.
    pub containers: Vec<Container>,
    /// The door's port, where node port 30080 is published.
    pub door: u16,
}

impl Plan {
    /// The node's container.
    pub fn node(&mut self) -> &mut Container {
        &mut self.containers[0]
    }

    /// Puts the node's container into another state.
    pub fn node_is(&mut self, state: &str) {
        self.node().state(state);
    }

    /// Publishes nothing but the API server's port.
    pub fn unpublish(&mut self) {
        for at in ["NetworkSettings/Ports", "HostConfig/PortBindings"] {
            let ports = self.node().0.pointer_mut(&format!("/{at}")).and_then(Value::as_object_mut).expect("ports");
            ports.retain(|port, _| port.starts_with("6443"));
        }
    }
}

#[cfg(unix)]
impl Lab {
    /// All well.
    pub fn healthy() -> Self {
        Self::build(Fault::None, Behind::Hello, |_| ())
    }

    /// With something changed.
    pub fn with(change: impl FnOnce(&mut Plan)) -> Self {
        Self::build(Fault::None, Behind::Hello, change)
    }

    /// With another thing behind the door and something changed.
    pub fn behind(behind: Behind, change: impl FnOnce(&mut Plan)) -> Self {
        Self::build(Fault::None, behind, change)
    }

    /// With a broken API server and something changed.
    pub fn broken(fault: Fault, change: impl FnOnce(&mut Plan)) -> Self {
        Self::build(fault, Behind::Hello, change)
    }

    fn build(fault: Fault, behind: Behind, change: impl FnOnce(&mut Plan)) -> Self {
        let (server, door, world) = (ApiServer::start(fault), Door::open(behind), World::new());
        let mut node = Container::control_plane("dev", server.address().port());
        node.publish("30080/tcp", "127.0.0.1", door.port());
        let mut plan = Plan { cluster: Cluster::healthy(), containers: vec![node.clone()], door: door.port() };
        change(&mut plan);
        plan.cluster.serve(&server);
        engine(&world, "docker", &plan.containers);
        world.kubeconfig(&server.kubeconfig_named(&Names::kind("dev")));
        Self { server, world, door, service: plan.cluster.service, node }
    }

    /// The Service `web`, as it is served.
    pub fn service(&self) -> Value {
        self.service.clone()
    }

    /// The node's container, as it is where nothing was changed.
    pub fn node(&self) -> &Container {
        &self.node
    }

    /// Runs the binary.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.world.run(arguments)
    }

    /// `explain` with these arguments, as JSON.
    #[track_caller]
    pub fn explain(&self, arguments: &[&str]) -> Report {
        Report::of(&self.world, arguments)
    }
}

/// A report as programs see it.
#[derive(Debug)]
pub struct Report(pub Value);

impl Report {
    /// Runs `explain ARGUMENTS -o json` and reads what it says.
    #[track_caller]
    pub fn of(world: &World, arguments: &[&str]) -> Self {
        let output = world.run(&[&["explain"], arguments, &["-o", "json"]].concat());
        Self::read(&output)
    }

    /// Reads a run's output, which must be a report and nothing else.
    #[track_caller]
    pub fn read(output: &Output) -> Self {
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output:?}");
        Self(serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}")))
    }

    /// The verdict.
    pub fn verdict(&self) -> &str {
        self.0["verdict"].as_str().expect("a verdict")
    }

    /// The code of the root finding; at most one per report is the first.
    pub fn root(&self) -> Option<&str> {
        self.findings().iter().find(|found| found["root"] == true).and_then(|found| found["code"].as_str())
    }

    /// Codes of all findings.
    pub fn codes(&self) -> Vec<&str> {
        self.findings().iter().filter_map(|found| found["code"].as_str()).collect()
    }

    /// One finding.
    #[track_caller]
    pub fn finding(&self, code: &str) -> &Value {
        let found = self.findings().iter().find(|found| found["code"] == code);
        found.unwrap_or_else(|| panic!("no {code} in {self}"))
    }

    /// The commands of all remedies of a finding, words joined by blanks.
    #[track_caller]
    pub fn commands(&self, code: &str) -> Vec<String> {
        let remedies = self.finding(code)["remedies"].as_array().expect("remedies");
        remedies.iter().flat_map(|remedy| remedy["commands"].as_array().expect("commands")).map(words).collect()
    }

    /// What could not be looked at: what, why, and the commands that would settle it.
    pub fn unobserved(&self) -> Vec<(String, String, Vec<String>)> {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let list = self.0["unobserved"].as_array().expect("a list");
        list.iter()
            .map(|entry| {
                let settle = entry["settle"].as_array().expect("commands").iter().map(words).collect();
                (text(&entry["what"]), text(&entry["why"]), settle)
            })
            .collect()
    }

    /// The whole environment.
    pub fn environment(&self) -> &Value {
        &self.0["environment"]
    }

    /// Every hop of every road, with this id.
    pub fn hops(&self, id: &str) -> Vec<&Value> {
        let roads = self.0["ports"].as_array().into_iter().flatten().flat_map(|port| port["roads"].as_array());
        let hops = roads.flatten().filter_map(|road| road["hops"].as_array()).flatten();
        hops.filter(|hop| hop["id"] == id).collect()
    }

    /// Ids of the hops of a stage that are missing, on whatever road.
    pub fn missing(&self, stage: u8) -> Vec<&str> {
        let roads = self.0["ports"].as_array().into_iter().flatten().flat_map(|port| port["roads"].as_array());
        let hops = roads.flatten().filter_map(|road| road["hops"].as_array()).flatten();
        hops.filter(|hop| hop["stage"] == stage && hop["state"] == "missing")
            .filter_map(|hop| hop["id"].as_str())
            .collect()
    }

    fn findings(&self) -> &[Value] {
        self.0["findings"].as_array().expect("findings")
    }
}

/// As much as a failed test needs: verdict, codes, hops and what was not seen.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {:?}, {}", self.0["verdict"], self.codes(), self.0["environment"]["id"])?;
        for road in self.0["ports"].as_array().into_iter().flatten().flat_map(|port| port["roads"].as_array()).flatten()
        {
            writeln!(f, "  {} {} {}", road["id"], road["state"], road["url"])?;
            for hop in road["hops"].as_array().into_iter().flatten() {
                let texts: Vec<_> =
                    hop["evidence"].as_array().into_iter().flatten().map(|seen| &seen["text"]).collect();
                writeln!(f, "    {} {} {} {texts:?}", hop["id"], hop["state"], hop["finding"])?;
            }
        }
        writeln!(f, "  unobserved {:?}", self.unobserved())
    }
}

fn words(argv: &Value) -> String {
    let words: Vec<&str> = argv.as_array().expect("words").iter().filter_map(Value::as_str).collect();
    words.join(" ")
}

//! Container engines that are shell scripts, and what the real ones would print.

#[cfg(unix)]
use std::io::{Read, Write};
#[cfg(unix)]
use std::os::unix::net::UnixListener;
#[cfg(unix)]
use std::path::Path;
#[cfg(unix)]
use std::thread;

use serde_json::{Map, Value, json};

use super::world::World;

/// One container, as `docker container inspect` describes it (Docker 20.10), with the
/// things in it that must never be kept.
#[derive(Debug, Clone)]
pub struct Container(pub Value);

impl Container {
    /// The control plane of a kind cluster that publishes the API server's port at
    /// `127.0.0.1`. Its address is the one of the healthy cluster's Node; no interface of
    /// this computer has its network's gateway.
    pub fn control_plane(cluster: &str, api_server: u16) -> Self {
        let name = format!("{cluster}-control-plane");
        let binding = json!([{ "HostIp": "127.0.0.1", "HostPort": api_server.to_string() }]);
        Self(json!({
            "Id": "4f1c0de4", "Name": format!("/{name}"), "Path": "/usr/local/bin/entrypoint",
            "State": { "Status": "running", "Running": true, "Error": "", "ExitCode": 0 },
            "HostConfig": { "NetworkMode": "kind", "PortBindings": { "6443/tcp": binding } },
            "Config": {
                "Hostname": name, "Image": "kindest/node:v1.34.4",
                "Env": ["container=docker", "GREETING=CANARY-ENV", "HTTP_PROXY=http://me:CANARY-SECRET@proxy"],
                "Labels": {
                    "io.x-k8s.kind.cluster": cluster, "io.x-k8s.kind.role": "control-plane",
                    "k3d.cluster.token": "CANARY-SECRET", "note": "CANARY-ANNOTATION",
                },
            },
            "NetworkSettings": {
                "Ports": { "6443/tcp": binding },
                "Networks": { "kind": { "IPAddress": "192.0.2.2", "Gateway": "192.0.2.1" } },
            },
        }))
    }

    /// A worker of the same cluster, which publishes nothing.
    pub fn worker(cluster: &str) -> Self {
        let mut worker = Self::control_plane(cluster, 0);
        worker.0["Name"] = json!(format!("/{cluster}-worker"));
        worker.0["Config"]["Labels"]["io.x-k8s.kind.role"] = json!("worker");
        worker.0["HostConfig"]["PortBindings"] = json!({});
        worker.0["NetworkSettings"]["Ports"] = json!({});
        worker.0["NetworkSettings"]["Networks"]["kind"]["IPAddress"] = json!("192.0.2.3");
        worker
    }

    /// The container of cloud-provider-kind that serves one Service.
    pub fn load_balancer(cluster: &str, service: &str) -> Self {
        let mut balancer = Self::worker(cluster);
        balancer.0["Name"] = json!("/kindccm-6a7c");
        balancer.0["Config"]["Labels"] = json!({
            "io.x-k8s.cloud-provider-kind.cluster": cluster,
            "io.x-k8s.cloud-provider-kind.loadbalancer.name": service,
        });
        balancer
    }

    /// Publishes a port (`30080/tcp`) at an address of this computer.
    pub fn publish(&mut self, port: &str, address: &str, host_port: u16) -> &mut Self {
        let binding = json!([{ "HostIp": address, "HostPort": host_port.to_string() }]);
        self.0["NetworkSettings"]["Ports"][port] = binding.clone();
        self.0["HostConfig"]["PortBindings"][port] = binding;
        self
    }

    /// `exited`, `paused` ...: a container that is not running has no address and
    /// publishes nothing; a paused one keeps both.
    pub fn state(&mut self, state: &str) -> &mut Self {
        self.0["State"]["Status"] = json!(state);
        if !matches!(state, "running" | "paused") {
            self.0["NetworkSettings"] = json!({
                "Ports": {}, "Networks": { "kind": { "IPAddress": "", "Gateway": "" } },
            });
        }
        self
    }

    fn labels(&self) -> &Map<String, Value> {
        self.0["Config"]["Labels"].as_object().expect("labels")
    }
}

/// Puts an engine on PATH that holds these containers and no others: `container ls` by
/// label prints their ids, `container inspect` describes them. Anything else fails.
#[cfg(unix)]
pub fn engine(world: &World, name: &str, containers: &[Container]) {
    let mut labels: Vec<&str> =
        containers.iter().flat_map(|container| container.labels().keys().map(String::as_str)).collect();
    labels.sort_unstable();
    labels.dedup();
    let mut lists = String::new();
    let mut inspects = String::new();
    for label in labels {
        let such = containers.iter().enumerate().filter(|(_, container)| container.labels().contains_key(label));
        let (ids, found): (Vec<String>, Vec<&Value>) =
            such.map(|(index, container)| (format!("id{index}"), &container.0)).unzip();
        lists += &format!("*\"--filter label={label}\") printf '%s\\n' {} ;;\n", ids.join(" "));
        inspects += &format!("\"container inspect {}\") printf '%s\\n' {} ;;\n", ids.join(" "), quoted(&json!(found)));
    }
    let script = format!(
        "case \"$*\" in\n{inspects}{lists}\"container ls\"*) ;;\n*) echo \"not understood: $*\" >&2; exit 125 ;;\nesac"
    );
    world.stub(name, &script);
}

/// An engine at a socket, as Docker has one: each request gets 200 and the body that is said
/// to it.
#[cfg(unix)]
pub fn engine_at(socket: &Path, says: impl Fn(&str) -> String + Send + 'static) {
    let listener = UnixListener::bind(socket).expect("a socket");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut request = [0; 1024];
            let read = stream.read(&mut request).unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..read]);
            assert!(request.starts_with("GET /") && !request.contains(".."), "{request}");
            let body = says(&request);
            let head = "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n";
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
}

/// What Docker says of one container: the list, and its inspection.
#[cfg(unix)]
pub fn only(container: &Container) -> impl Fn(&str) -> String + Send + use<> {
    let (listed, inspected) = (json!([{ "Id": container.0["Id"] }]).to_string(), container.0.to_string());
    move |request| if request.contains("/containers/json") { listed.clone() } else { inspected.clone() }
}

/// A JSON value as one word of the shell.
fn quoted(value: &Value) -> String {
    format!("'{}'", value.to_string().replace('\'', r"'\''"))
}

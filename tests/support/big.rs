//! A cluster of any size. Its objects are made while they are sent: neither the server nor
//! the test holds 50,000 Pods.

use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};

use super::cluster::Cluster;
use super::server::ApiServer;

/// How many of what there are beside the healthy path of [`Cluster::healthy`].
#[derive(Debug, Clone, Copy)]
pub struct Big {
    /// Services, dealt out to the namespaces in turn.
    pub services: usize,
    /// Pods of each Service that has any.
    pub pods: usize,
    /// Nodes.
    pub nodes: usize,
    /// Namespaces.
    pub namespaces: usize,
    /// Whether objects say who manages which of their fields, which is half of them and
    /// more, and nothing to a test that counts.
    pub managed: bool,
}

/// What a Service of a big cluster is like, by its number: of a hundred, one selects
/// nothing, two have Pods that are not ready, five have a node port, and the others are
/// healthy and internal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Like {
    /// A ClusterIP that works.
    Internal,
    /// A node port that nothing publishes.
    NodePort,
    /// Its selector matches no Pod.
    Nothing,
    /// Its Pods are not ready.
    NotReady,
}

impl Like {
    fn of(number: usize) -> Self {
        match number % 100 {
            7 => Self::Nothing,
            13 | 14 => Self::NotReady,
            20..25 => Self::NodePort,
            _ => Self::Internal,
        }
    }
}

impl Big {
    /// Ten Pods for each Service, a Node for five, a namespace for a hundred.
    pub fn of(services: usize) -> Self {
        Self { services, pods: 10, nodes: (services / 5).max(1), namespaces: (services / 100).max(1), managed: true }
    }

    /// How many of its Services are like this.
    pub fn count(&self, like: Like) -> usize {
        (0..self.services).filter(|number| Like::of(*number) == like).count()
    }

    /// Serves the healthy path and the big cluster around it: a list holds both, and a read
    /// that names `web` finds what it finds in a cluster that is small.
    pub fn serve(self, server: &ApiServer) {
        let mut web = Cluster::healthy();
        web.serve(server);
        discovery(server);
        for object in [&mut web.service, &mut web.slice, &mut web.pod, &mut web.node] {
            object["metadata"]
                .as_object_mut()
                .expect("metadata")
                .retain(|key, _| self.managed || key != "managedFields");
        }
        let slices = "/apis/discovery.k8s.io/v1";
        self.lists(server, "/api/v1/services", "ServiceList", &web.service, 1, services(&web));
        self.lists(server, &format!("{slices}/endpointslices"), "EndpointSliceList", &web.slice, 1, slices_of(&web));
        self.lists(server, "/api/v1/pods", "PodList", &web.pod, self.pods, pods(&web));
        for number in 0..self.namespaces {
            let path = format!("/apis/networking.k8s.io/v1/namespaces/{}/ingresses", self.space(number));
            server.list(&path, "IngressList", []);
        }
        let node = Template::new(&web.node, |node| node["metadata"]["name"] = json!("~name~"));
        let node: Make = Arc::new(move |_, number, _| node.fill(&[("name", &format!("node-{number:04}"))]));
        let nodes = Self { services: self.nodes, namespaces: 1, ..self };
        server.made("/api/v1/nodes", "NodeList", &web.node, Made { big: nodes, per: 1, namespace: None, make: node });
    }

    /// The list of all namespaces, and that of each.
    fn lists(self, server: &ApiServer, path: &str, kind: &str, web: &Value, per: usize, make: Make) {
        let (group, plural) = path.rsplit_once('/').expect("a path");
        for namespace in std::iter::once(None).chain((0..self.namespaces).map(Some)) {
            let scope = namespace.map_or_else(String::new, |number| format!("/namespaces/{}", self.space(number)));
            let many = Made { big: self, per, namespace, make: make.clone() };
            server.made(&format!("{group}{scope}/{plural}"), kind, web, many);
        }
    }

    fn space(&self, number: usize) -> String {
        format!("team-{:02}", number % self.namespaces)
    }
}

type Make = Arc<dyn Fn(Big, usize, usize) -> String + Send + Sync>;

/// A list whose objects are made when they are asked for: so many for each Service of a
/// namespace, or of all of them.
#[derive(Clone)]
pub struct Made {
    big: Big,
    per: usize,
    namespace: Option<usize>,
    make: Make,
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for each of {:?}", self.per, self.big)
    }
}

impl Made {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        let Big { services, namespaces, .. } = self.big;
        self.per * self.namespace.map_or(services, |own| (services + namespaces - 1 - own) / namespaces)
    }

    /// One of them, as JSON.
    pub(super) fn get(&self, index: usize) -> String {
        let number = index / self.per;
        let number = self.namespace.map_or(number, |own| number * self.big.namespaces + own);
        (self.make)(self.big, number, index % self.per)
    }
}

fn name(number: usize) -> String {
    format!("svc-{number:04}")
}

fn pod_name(number: usize, index: usize) -> String {
    format!("svc-{number:04}-7c5ddbdf54-x2x{index:02}")
}

fn address(number: usize, index: usize) -> String {
    format!("10.{}.{}.{}", 128 + number / 2560, number / 10 % 256, number % 10 * 25 + index % 25)
}

fn services(web: &Cluster) -> Make {
    let template = |kind: &str| {
        Template::new(&web.service, |service| {
            service["metadata"]["name"] = json!("~name~");
            service["metadata"]["namespace"] = json!("~space~");
            service["spec"]["selector"] = json!({ "app": "~app~", "part-of": "shop" });
            service["spec"]["type"] = json!(kind);
            service["spec"]["ports"][0]["nodePort"] = json!("~port~");
        })
    };
    let (internal, node_port) = (template("ClusterIP"), template("NodePort"));
    Arc::new(move |big, number, _| {
        let like = Like::of(number);
        let name = name(number);
        let app = if like == Like::Nothing { "nobody" } else { &name };
        let (template, port) = match like {
            Like::NodePort => (&node_port, (30_100 + number / 100 * 5 + number % 100 - 20).to_string()),
            _ => (&internal, "0".into()),
        };
        template.fill(&[("name", &name), ("space", &big.space(number)), ("app", app), ("port", &port)])
    })
}

fn slices_of(web: &Cluster) -> Make {
    let slice = Template::new(&web.slice, |slice| {
        slice["metadata"]["name"] = json!("~name~-5q8kz");
        slice["metadata"]["namespace"] = json!("~space~");
        slice["metadata"]["labels"]["kubernetes.io/service-name"] = json!("~name~");
        slice["endpoints"] = json!(["~endpoints~"]);
    });
    let endpoint = Template::new(&web.slice["endpoints"][0], |endpoint| {
        endpoint["addresses"] = json!(["~address~"]);
        endpoint["conditions"] = json!({ "ready": "~ready~", "serving": "~ready~", "terminating": false });
        endpoint["targetRef"]["name"] = json!("~pod~");
        endpoint["targetRef"]["namespace"] = json!("~space~");
        endpoint["nodeName"] = json!("~node~");
    });
    Arc::new(move |big, number, _| {
        let like = Like::of(number);
        let ready = if like == Like::NotReady { "false" } else { "true" };
        let endpoints = (0..big.pods).filter(|_| like != Like::Nothing).map(|index| {
            let node = format!("node-{:04}", (number + index) % big.nodes.max(1));
            let (address, pod) = (address(number, index), pod_name(number, index));
            let space = big.space(number);
            endpoint.fill(&[("address", &address), ("ready", ready), ("pod", &pod), ("space", &space), ("node", &node)])
        });
        let endpoints: Vec<String> = endpoints.collect();
        slice.fill(&[("name", &name(number)), ("space", &big.space(number)), ("endpoints", &endpoints.join(","))])
    })
}

fn pods(web: &Cluster) -> Make {
    let pod = Template::new(&web.pod, |pod| {
        pod["metadata"]["name"] = json!("~name~");
        pod["metadata"]["namespace"] = json!("~space~");
        pod["metadata"]["labels"] = json!({ "app": "~app~", "part-of": "shop", "pod-template-hash": "7c5ddbdf54" });
        pod["spec"]["nodeName"] = json!("~node~");
        pod["status"]["podIP"] = json!("~address~");
        for condition in pod["status"]["conditions"].as_array_mut().expect("conditions") {
            if ["Ready", "ContainersReady"].iter().any(|kind| condition["type"] == *kind) {
                condition["status"] = json!("~True~");
            }
        }
        pod["status"]["containerStatuses"][0]["ready"] = json!("~ready~");
    });
    Arc::new(move |big, number, index| {
        let ready = Like::of(number) != Like::NotReady;
        let node = format!("node-{:04}", (number + index) % big.nodes.max(1));
        pod.fill(&[
            ("name", &pod_name(number, index)),
            ("space", &big.space(number)),
            ("app", &name(number)),
            ("node", &node),
            ("address", &address(number, index)),
            ("True", if ready { "True" } else { "False" }),
            ("ready", if ready { "true" } else { "false" }),
        ])
    })
}

/// An object with places to fill in: `~name~` within a string; and in place of the whole
/// string where it is not to be one.
struct Template(Vec<(String, String)>);

impl Template {
    fn new(object: &Value, change: impl FnOnce(&mut Value)) -> Self {
        let mut object = object.clone();
        for key in ["kind", "apiVersion"] {
            object.as_object_mut().expect("an object").remove(key);
        }
        change(&mut object);
        let mut text = object.to_string();
        for bare in ["~port~", "~ready~", "~endpoints~"] {
            text = text.replace(&format!("\"{bare}\""), bare);
        }
        let mut parts: Vec<(String, String)> = Vec::new();
        // Pairs of what stands before a place and the place's name.
        let mut pieces = text.split('~').map(String::from);
        while let Some(before) = pieces.next() {
            parts.push((before, pieces.next().unwrap_or_default()));
        }
        Self(parts)
    }

    fn fill(&self, places: &[(&str, &str)]) -> String {
        let value = |place: &str| places.iter().find(|(name, _)| *name == place).map_or("", |(_, value)| value);
        self.0.iter().flat_map(|(before, place)| [before.as_str(), value(place)]).collect()
    }
}

/// What kubectl asks before it knows the names of resources.
fn discovery(server: &ApiServer) {
    let resource = |name: &str, singular: &str, kind: &str, short: &str| {
        json!({ "name": name, "singularName": singular, "namespaced": true, "kind": kind,
            "verbs": ["get", "list"], "shortNames": [short] })
    };
    server.object("/api", json!({ "kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [] }));
    let version = json!({ "groupVersion": "discovery.k8s.io/v1", "version": "v1" });
    server.object(
        "/apis",
        json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": [
            { "name": "discovery.k8s.io", "versions": [version], "preferredVersion": version }] }),
    );
    let core = [resource("services", "service", "Service", "svc"), resource("pods", "pod", "Pod", "po")];
    server.object("/api/v1", json!({ "kind": "APIResourceList", "groupVersion": "v1", "resources": core }));
    let slices = [resource("endpointslices", "endpointslice", "EndpointSlice", "eps")];
    let list = json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "discovery.k8s.io/v1",
        "resources": slices });
    server.object("/apis/discovery.k8s.io/v1", list);
}

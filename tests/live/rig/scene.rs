//! What runs in the cluster: one Deployment and one Service, all well but for what a test
//! changes about them.

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use super::cluster::{Cluster, NAMESPACE, app_image, one_node, to_be_made_again, two_nodes, until, with_worker};
use super::ingress::{self, Controller};
use super::viewer::Viewer;

/// All is well. The Service's port is not 80: this host publishes the node's port 80, and
/// that is the matter of one test only.
const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: app
          image: APP
          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{name: http, port: 8000, targetPort: 8080, nodePort: 30080}]
";

const SEPARATOR: &str = "\n---\n";

/// What a scene may leave behind.
const KINDS: &str = "deployments,statefulsets,daemonsets,jobs,replicasets,services,endpointslices,ingresses,\
                     networkpolicies,resourcequotas,pods,persistentvolumeclaims";

/// kube-proxy gathers changes for up to a second (`minSyncPeriod`, kubeadm's default).
const KUBE_PROXY: Duration = Duration::from_millis(1500);

/// What is applied, and until when to wait. Changes are merge patches in YAML: `null`
/// takes something away, a list is replaced. `image: APP` is the tests' application.
pub struct Scene {
    objects: Vec<Value>,
    /// Kinds, and the word that their status has in the end.
    settled: Vec<(&'static str, &'static str)>,
    cluster: fn() -> &'static Cluster,
    controller: Option<Controller>,
}

impl Scene {
    /// Deployment `web` with one Pod, and Service `web` with a published node port.
    pub fn web() -> Self {
        Self::of(WEB)
    }

    /// These objects and no others.
    pub fn of(manifest: &str) -> Self {
        Self { objects: Vec::new(), settled: Vec::new(), cluster: one_node, controller: None }.and(manifest)
    }

    /// More objects, made before the others.
    #[must_use]
    pub fn and(mut self, manifest: &str) -> Self {
        self.objects.splice(0..0, manifest.split(SEPARATOR).map(yaml));
        self
    }

    /// Without the objects of a kind.
    #[must_use]
    pub fn without(mut self, kind: &str) -> Self {
        self.objects.retain(|object| object["kind"] != kind);
        self
    }

    /// Changes the Service's spec.
    #[must_use]
    pub fn service(self, change: &str) -> Self {
        self.change("Service", "/spec", change)
    }

    /// Changes its one port.
    #[must_use]
    pub fn port(self, change: &str) -> Self {
        self.change("Service", "/spec/ports/0", change)
    }

    /// Changes the Deployment's spec.
    #[must_use]
    pub fn deployment(self, change: &str) -> Self {
        self.change("Deployment", "/spec", change)
    }

    /// Changes the Pods' spec.
    #[must_use]
    pub fn pod(self, change: &str) -> Self {
        self.change("Deployment", "/spec/template/spec", change)
    }

    /// Changes the Pods' one container.
    #[must_use]
    pub fn container(self, change: &str) -> Self {
        self.change("Deployment", "/spec/template/spec/containers/0", change)
    }

    /// Starts the application with other arguments. The Pods have no readiness probe then:
    /// what is wrong with it, only a caller notices.
    #[must_use]
    pub fn app(self, arguments: &[&str]) -> Self {
        self.container(&json!({ "args": arguments, "readinessProbe": null }).to_string())
    }

    /// One more Pod that the Service selects, of a Deployment of its own, with these
    /// changes to its container.
    #[must_use]
    pub fn another_pod(mut self, change: &str) -> Self {
        let labels = json!({ "app": "web", "part": "other" });
        let mut other = yaml(WEB.split(SEPARATOR).next().unwrap_or_default());
        other["metadata"]["name"] = "other".into();
        other["spec"]["selector"]["matchLabels"] = labels.clone();
        other["spec"]["template"]["metadata"]["labels"] = labels;
        merge(&mut other["spec"]["template"]["spec"]["containers"][0], &yaml(change));
        self.objects.push(other);
        self
    }

    /// Waits until the status of objects of these kinds has this word in it, instead of
    /// for Deployments to be ready.
    #[must_use]
    pub fn until(mut self, kinds: &'static str, word: &'static str) -> Self {
        self.settled.push((kinds, word));
        self
    }

    /// Plays on two nodes, of which only the control plane publishes the node port: 28180.
    #[must_use]
    pub fn on_two_nodes(mut self) -> Self {
        self.cluster = two_nodes;
        self
    }

    /// Plays on a control plane that publishes nothing and a worker that publishes the node
    /// port (28380), its port 80 (28381), and node port 30082 for UDP (28382).
    #[must_use]
    pub fn with_worker(mut self) -> Self {
        self.cluster = with_worker;
        self
    }

    /// Plays on a control plane with one published port and one mounted folder, and a worker.
    /// That cluster does not stay.
    #[must_use]
    pub fn on_one_of_its_own(mut self) -> Self {
        self.cluster = to_be_made_again;
        self
    }

    /// With a controller of Ingresses or Gateways beside it.
    #[must_use]
    pub(super) fn controlled_by(mut self, controller: Controller) -> Self {
        self.controller = Some(controller);
        self
    }

    /// Changes the Ingress's spec.
    #[must_use]
    pub fn ingress_spec(self, change: &str) -> Self {
        self.change("Ingress", "/spec", change)
    }

    /// Changes the Gateway's spec.
    #[must_use]
    pub fn gateway_spec(self, change: &str) -> Self {
        self.change("Gateway", "/spec", change)
    }

    /// Changes the HTTPRoute's spec.
    #[must_use]
    pub fn route_spec(self, change: &str) -> Self {
        self.change("HTTPRoute", "/spec", change)
    }

    fn change(mut self, kind: &str, at: &str, change: &str) -> Self {
        let object = self.objects.iter_mut().find(|object| object["kind"] == kind);
        let place = object.and_then(|object| object.pointer_mut(at)).unwrap_or_else(|| panic!("no {kind} with {at}"));
        merge(place, &yaml(change));
        self
    }

    /// Replaces whatever is there, waits until this is what is there, and asks about
    /// Service `web` from this computer.
    #[must_use]
    pub fn stage(mut self) -> Viewer {
        let viewer = Viewer::new(self.cluster);
        let cluster = viewer.cluster();
        self.objects.iter_mut().for_each(complete);
        wipe(cluster);
        match self.controller {
            Some(controller) => ingress::start(cluster, controller),
            None => ingress::stop(cluster),
        }
        cluster.kubectl_with(&["-n", NAMESPACE, "apply", "-f", "-"], Some(&list(&self.objects))).must();
        for (kinds, word) in &self.settled {
            until(word, 90, || {
                let status = cluster.live(&["get", kinds, "-o", "jsonpath={..status} {..conditions} {..reason}"]);
                status.ok && status.stdout.contains(word)
            });
        }
        if self.settled.is_empty() {
            for object in self.objects.iter().filter(|object| object["kind"] == "Deployment") {
                let name = format!("deployment/{}", object["metadata"]["name"].as_str().expect("a name"));
                cluster.live(&["rollout", "status", &name, "--timeout=60s"]).must();
            }
        }
        sleep(KUBE_PROXY);
        viewer
    }
}

/// Empties the namespace. That is faster than another one: deleting one takes a while.
fn wipe(cluster: &Cluster) {
    if !cluster.kubectl(&["get", "namespace", NAMESPACE]).ok {
        cluster.kubectl(&["create", "namespace", NAMESPACE]).must();
    }
    let delete = ["delete", KINDS, "--all", "--force", "--grace-period=0", "--timeout=60s"];
    cluster.live(&delete).must();
    // Each is an object: one by one they would take seconds.
    cluster.kubectl(&["delete", "--raw", &format!("/api/v1/namespaces/{NAMESPACE}/events")]).must();
    until("the namespace is empty", 60, || cluster.live(&["get", "pods,services", "-o", "name"]).must().is_empty());
}

/// Documents of YAML as one list for kubectl.
pub(super) fn documents(text: &str) -> String {
    list(&text.split(SEPARATOR).map(yaml).collect::<Vec<_>>())
}

fn list(objects: &[Value]) -> String {
    json!({ "apiVersion": "v1", "kind": "List", "items": objects }).to_string()
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A merge patch (RFC 7386).
fn merge(value: &mut Value, patch: &Value) {
    let Some(changes) = patch.as_object() else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    for (key, change) in changes {
        if change.is_null() {
            value.as_object_mut().expect("an object").remove(key);
        } else {
            merge(&mut value[key], change);
        }
    }
}

/// Fills in what every Pod of these tests has: the application's image, and no patience
/// when it is to go.
fn complete(value: &mut Value) {
    if let Some(object) = value.as_object_mut() {
        if object.contains_key("containers") {
            object.entry("terminationGracePeriodSeconds").or_insert(0.into());
        }
        if object.get("image").is_some_and(|image| image == "APP") {
            object.insert("image".into(), app_image().into());
            object.entry("imagePullPolicy").or_insert("IfNotPresent".into());
        }
        object.values_mut().for_each(complete);
    } else if let Some(array) = value.as_array_mut() {
        array.iter_mut().for_each(complete);
    }
}

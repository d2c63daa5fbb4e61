//! A real controller for Ingress and Gateway: Traefik, in a namespace of its own, whose
//! entry is the node port that this host publishes at 28443. It has the label that its
//! chart gives it, and netpath knows it by.

use std::env;

use super::cluster::{Cluster, tool, until};
use super::scene::{Scene, documents};

/// Traefik's image.
const IMAGE: &str = "NETPATH_LIVE_INGRESS_IMAGE";
/// The file with the custom resources of the Gateway API.
const GATEWAY: &str = "NETPATH_LIVE_GATEWAY_CRDS";

const NAMESPACE: &str = "live-ingress";

/// Its entry has HTTP at node port 30443. It takes up changes at once (by default within
/// two seconds): who asks sooner gets its 404 or 503.
const CONTROLLER: &str = "
apiVersion: v1
kind: ServiceAccount
metadata: {name: traefik, namespace: live-ingress}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: netpath-live-traefik}
rules:
  - apiGroups: ['']
    resources: [namespaces, nodes, services, secrets, configmaps]
    verbs: [get, list, watch]
  - {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [get, list, watch]}
  - {apiGroups: [networking.k8s.io, gateway.networking.k8s.io], resources: ['*'], verbs: [get, list, watch, update]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: netpath-live-traefik}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: netpath-live-traefik}
subjects: [{kind: ServiceAccount, name: traefik, namespace: live-ingress}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: traefik, namespace: live-ingress, labels: {app.kubernetes.io/name: traefik}}
spec:
  replicas: 1
  selector: {matchLabels: {app.kubernetes.io/name: traefik}}
  template:
    metadata: {labels: {app.kubernetes.io/name: traefik}}
    spec:
      serviceAccountName: traefik
      containers:
        - name: traefik
          image: INGRESS
          imagePullPolicy: IfNotPresent
          args:
            - --global.checknewversion=false
            - --global.sendanonymoususage=false
            - --entrypoints.web.address=:80
            - --entrypoints.traefik.address=:9000
            - --ping=true
            - --providers.providersthrottleduration=100ms
            - --providers.kubernetesingress=true
            - --providers.kubernetesgateway=GATEWAY
          ports: [{name: web, containerPort: 80}]
          readinessProbe: {httpGet: {path: /ping, port: 9000}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: traefik, namespace: live-ingress, labels: {app.kubernetes.io/name: traefik}}
spec:
  type: NodePort
  selector: {app.kubernetes.io/name: traefik}
  ports: [{name: web, port: 80, targetPort: web, nodePort: 30443}]
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: traefik}
spec: {controller: traefik.io/ingress-controller}
";

const GATEWAY_CLASS: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: traefik}
spec: {controllerName: traefik.io/gateway-controller}
";

/// Service `web` of type ClusterIP is served as http://web.localhost:28443/.
const INGRESS: &str = "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: traefik
  rules:
    - host: web.localhost
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: {service: {name: web, port: {number: 8000}}}
";

/// The same by the Gateway API. The listener's port is the entry's own, not the Service's.
const ROUTE: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web}
spec:
  gatewayClassName: traefik
  listeners: [{name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Same}}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{name: web}]
  hostnames: [web.localhost]
  rules:
    - matches: [{path: {type: PathPrefix, value: /}}]
      backendRefs: [{name: web, port: 8000}]
";

/// Nothing to delete, and no such kinds, where no test of Gateways has run.
const GATEWAYS: [&str; 3] = ["delete", "gateways,httproutes", "--all"];

/// Labels that no node has.
pub const UNLABELLED: &str = "{ingress-ready: 'true'}";

/// Which controllers a scene needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Controller {
    Ingress,
    Gateway,
    /// For Ingresses, at port 80 of the node that it selects by these labels; its Service
    /// waits for a load balancer.
    OwnPort(&'static str),
}

impl Scene {
    /// All is well behind Ingress `web`: http://web.localhost:28443/. `None` without the
    /// controller's image.
    pub fn ingress() -> Option<Self> {
        named(IMAGE)?;
        Some(internal().and(INGRESS).controlled_by(Controller::Ingress))
    }

    /// The same, where the controller takes port 80 of a node with these labels, on the
    /// cluster whose worker publishes its port 80: http://web.localhost:28381/.
    pub fn ingress_at_its_nodes_port(labels: &'static str) -> Option<Self> {
        Some(Self::ingress()?.controlled_by(Controller::OwnPort(labels)).with_worker())
    }

    /// All is well behind Gateway `web` and HTTPRoute `web`: http://web.localhost:28443/.
    /// `None` without the controller's image and the API's resources.
    pub fn gateway() -> Option<Self> {
        named(IMAGE)?;
        named(GATEWAY)?;
        Some(internal().and(ROUTE).controlled_by(Controller::Gateway))
    }
}

fn internal() -> Scene {
    Scene::web().service("{type: ClusterIP}").port("{nodePort: null}")
}

/// The value of a variable that a test can do without.
fn named(variable: &str) -> Option<String> {
    let value = env::var(variable).ok();
    if value.is_none() {
        println!("skipped: {variable} is not set");
    }
    value
}

/// Starts the controller, or waits until it is there.
pub fn start(cluster: &Cluster, controller: Controller) {
    let image = named(IMAGE).expect("an image");
    let gateway = controller == Controller::Gateway;
    if gateway {
        let file = named(GATEWAY).expect("a file");
        cluster.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", &file]).must();
    }
    let _ = cluster.live(&GATEWAYS);
    if !cluster.kubectl(&["get", "namespace", NAMESPACE]).ok {
        tool("kind", &["load", "docker-image", &image, "--name", cluster.name]).must();
        cluster.kubectl(&["create", "namespace", NAMESPACE]).must();
    }
    let mut text = CONTROLLER.replace("INGRESS", &image).replace("GATEWAY", &gateway.to_string());
    if gateway {
        text = format!("{text}\n---\n{GATEWAY_CLASS}");
    }
    if let Controller::OwnPort(labels) = controller {
        text = at_own_port(&text, labels);
        cluster.kubectl(&["label", "node", "--all", "ingress-ready-"]).must();
    }
    cluster.kubectl_with(&["apply", "-f", "-"], Some(&documents(&text))).must();
    if controller == Controller::OwnPort(UNLABELLED) {
        until("the controller waits for a node", 60, || {
            let reasons = ["-n", NAMESPACE, "get", "pods", "-o", "jsonpath={.items[*].status.conditions[*].reason}"];
            cluster.kubectl(&reasons).stdout == "Unschedulable"
        });
        return;
    }
    cluster.kubectl(&["-n", NAMESPACE, "rollout", "status", "deployment/traefik", "--timeout=90s"]).must();
}

/// As the manifests for kind have it: a port of the node, which they choose by its labels.
fn at_own_port(manifest: &str, labels: &str) -> String {
    let pod = format!("    spec:\n      nodeSelector: {labels}\n      tolerations: [{{operator: Exists}}]\n");
    let manifest = manifest.replace("    spec:\n      serviceAccountName", &format!("{pod}      serviceAccountName"));
    // Two Pods never have the same port of a node.
    let manifest = manifest.replace("  replicas: 1\n", "  replicas: 1\n  strategy: {type: Recreate}\n");
    manifest.replace("containerPort: 80}", "containerPort: 80, hostPort: 80}").replace("NodePort", "LoadBalancer")
}

/// Takes the controller away if it is there: other tests know of none.
pub fn stop(cluster: &Cluster) {
    if cluster.kubectl(&["-n", NAMESPACE, "get", "service", "traefik"]).ok {
        cluster.kubectl(&["-n", NAMESPACE, "delete", "service,deployment", "--all"]).must();
        cluster.kubectl(&["delete", "ingressclass", "traefik"]).must();
        let _ = cluster.kubectl(&["delete", "gatewayclass", "traefik"]);
        let _ = cluster.live(&GATEWAYS);
    }
}

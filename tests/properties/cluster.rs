//! Random clusters: type-correct objects, as far from sense as the API server lets them be.

use netpath::fact::host::Interface;
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::oracle::{API_SERVER, Oracle};

const NODES: [&str; 2] = ["dev-control-plane", "dev-worker"];
const NUMBERS: [u16; 3] = [8080, 9999, 80];

/// A cluster, its computer and all that answers there.
pub fn oracle() -> impl Strategy<Value = Oracle> {
    let interface = |ip: &str, prefix| Interface { name: "br0".into(), ip: ip.parse().expect("an address"), prefix };
    let interfaces = weighted(0.5, Just(interface("192.0.2.1", 24)));
    let dice = vec(any::<u8>(), 24);
    let objects = (service(), pods(), nodes(), others(), slices());
    (objects, containers(), interfaces, dice).prop_map(|(objects, containers, interfaces, dice)| {
        let (service, pods, nodes, others, slices) = objects;
        let slices = slices.into_iter().enumerate();
        let slices = slices.map(|(index, slice)| joined(slice, index, &service, pods.len())).collect();
        Oracle {
            objects: [vec![service], pods, nodes, others, slices].concat(),
            containers,
            interfaces: interfaces.into_iter().collect(),
            dice,
            refused: Vec::new(),
            blind: Vec::new(),
            minikube: None,
            wsl: false,
        }
    })
}

fn word(words: &[&'static str]) -> impl Strategy<Value = &'static str> + use<> {
    select(words.to_vec())
}

/// An object without the keys that are null: the API server leaves them out.
fn bare(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key, bare(value)));
            Value::Object(kept.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(bare).collect()),
        value => value,
    }
}

fn labels() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => Just(json!({ "app": "web" })),
        2 => Just(json!({ "app": "web", "tier": "front" })),
        1 => Just(json!({ "app": "Web" })),
        1 => Just(json!({ "run": "web" })),
    ]
}

fn deleted() -> impl Strategy<Value = Option<&'static str>> {
    weighted(0.1, Just("2026-11-20T10:00:00Z"))
}

fn service_port() -> impl Strategy<Value = Value> {
    let target = prop_oneof![3 => select(NUMBERS.to_vec()).prop_map(Value::from), 1 => word(&["http", "htpt"]).prop_map(Value::from)];
    let node_port = select(vec![30080_u16, 30080, 30081, 31000, 0]);
    let protocol = word(&["TCP", "TCP", "TCP", "TCP", "UDP", "SCTP"]);
    let app = weighted(0.2, word(&["http", "https", "kubernetes.io/h2c"]));
    (target, node_port, protocol, app).prop_map(|(target, node_port, protocol, app)| {
        let node_port = (node_port != 0).then_some(node_port);
        json!({ "targetPort": target, "nodePort": node_port, "protocol": protocol, "appProtocol": app })
    })
}

fn service() -> impl Strategy<Value = Value> {
    let kind = word(&["NodePort", "NodePort", "NodePort", "LoadBalancer", "LoadBalancer", "ClusterIP", "ExternalName"]);
    let selector = prop_oneof![6 => labels().prop_map(Some), 1 => Just(None), 1 => Just(Some(json!({ "app": "wbe" })))];
    let ports = vec(service_port(), 1..=3);
    let policy = (word(&["Cluster", "Cluster", "Local"]), word(&["Cluster", "Local"]), any::<bool>());
    let families =
        select(vec![json!(["IPv4"]), json!(["IPv4"]), json!(["IPv6"]), json!(["IPv4", "IPv6"]), json!(null)]);
    let status = prop_oneof![
        Just(json!(null)),
        Just(json!([{ "ip": "198.51.100.7" }])),
        Just(json!([{ "ip": "127.0.0.1", "ports": [{ "port": 80, "protocol": "TCP", "error": "Busy" }] }])),
        Just(json!([{ "hostname": "localhost" }])),
    ];
    let rest = (of(word(&["example.com/none"])), weighted(0.1, Just(json!(["203.0.113.0/24"]))), deleted());
    (kind, ports, selector, policy, families, status, rest, weighted(0.3, Just("None"))).prop_map(
        |(kind, ports, selector, (external, internal, unready), families, status, rest, headless)| {
            let (class, ranges, deleted) = rest;
            let lb = kind == "LoadBalancer";
            let outside = matches!(kind, "NodePort" | "LoadBalancer");
            let names = [("http", 80), ("https", 443), ("db", 5432)];
            let single = ports.len() == 1;
            let ports: Vec<Value> = ports
                .into_iter()
                .zip(names)
                .map(|(mut port, (name, number))| {
                    port["port"] = json!(number);
                    if !outside {
                        port["nodePort"] = Value::Null;
                    }
                    if !single {
                        port["name"] = json!(name);
                    }
                    port
                })
                .collect();
            let headless = headless.filter(|_| kind == "ClusterIP");
            bare(json!({
                "kind": "Service",
                "metadata": { "name": "web", "namespace": "web", "deletionTimestamp": deleted,
                              "creationTimestamp": "2026-11-20T09:30:00Z" },
                "spec": {
                    "type": kind, "clusterIP": headless.unwrap_or("10.96.0.7"), "selector": selector,
                    "ports": if kind == "ExternalName" { json!([]) } else { json!(ports) },
                    "externalName": (kind == "ExternalName").then_some("db.example.com"),
                    "externalTrafficPolicy": outside.then_some(external), "internalTrafficPolicy": internal,
                    "publishNotReadyAddresses": unready.then_some(true), "ipFamilies": families,
                    "loadBalancerClass": class.filter(|_| lb), "loadBalancerSourceRanges": ranges.filter(|_| lb),
                },
                "status": { "loadBalancer": { "ingress": if lb { status } else { json!(null) } } },
            }))
        },
    )
}

fn pod_name(index: usize) -> String {
    format!("web-{index}")
}

/// What a slice holds: the number and another name of each port, endpoints by Pod, the
/// type of the addresses.
type Carried = (Vec<(Option<u16>, Option<&'static str>)>, Vec<(usize, Value)>, &'static str);

fn slices() -> impl Strategy<Value = Vec<Carried>> {
    let flag = || of(any::<bool>());
    let conditions = prop_oneof![4 => Just((Some(true), Some(true), Some(false))), 3 => (flag(), flag(), flag())];
    let node = of(word(&["dev-control-plane", "dev-worker", "ghost"]));
    let endpoint = (0_usize..=4, conditions, node).prop_map(|(pod, (ready, serving, terminating), node)| {
        let conditions = json!({ "ready": ready, "serving": serving, "terminating": terminating });
        (pod, json!({ "addresses": [format!("10.244.0.{}", pod + 5)], "nodeName": node, "conditions": conditions }))
    });
    let ports = vec((weighted(0.9, select(NUMBERS.to_vec())), weighted(0.1, word(&["", "htpt"]))), 3);
    vec((ports, vec(endpoint, 0..=3), word(&["IPv4", "IPv4", "IPv4", "IPv4", "IPv6", "FQDN"])), 0..=3).prop_map(
        |mut slices| {
            slices.iter_mut().for_each(|(_, endpoints, _)| endpoints.dedup_by_key(|(pod, _)| *pod));
            slices
        },
    )
}

/// The slice as the controller, or somebody else, wrote it for the Service. An endpoint
/// beyond the last Pod is nobody's.
fn joined((carried, endpoints, kind): Carried, index: usize, service: &Value, pods: usize) -> Value {
    let ports = service["spec"]["ports"].as_array().map_or(&[][..], Vec::as_slice);
    let ports = ports.iter().zip(carried).filter_map(|(port, (number, other))| {
        let name = other.map_or(port["name"].clone(), Value::from);
        Some(json!({ "name": name, "port": number?, "protocol": port["protocol"] }))
    });
    let endpoints = endpoints.into_iter().map(|(pod, mut endpoint)| {
        if pod < pods {
            endpoint["targetRef"] = json!({ "kind": "Pod", "name": pod_name(pod), "namespace": "web" });
        }
        endpoint
    });
    let labels = json!({ "kubernetes.io/service-name": "web" });
    bare(json!({
        "kind": "EndpointSlice", "addressType": kind,
        "metadata": { "name": format!("web-slice{index}"), "namespace": "web", "labels": labels },
        "ports": ports.collect::<Vec<_>>(), "endpoints": endpoints.collect::<Vec<_>>(),
    }))
}

fn condition(kind: &'static str, reasons: &[&'static str]) -> impl Strategy<Value = Value> + use<> {
    (word(&["True", "False", "False", "Unknown"]), word(reasons)).prop_map(move |(status, reason)| {
        json!({ "type": kind, "status": status, "reason": reason, "message": "because of what the kubelet says" })
    })
}

fn container_state() -> impl Strategy<Value = Value> {
    let waiting = word(&[
        "ContainerCreating",
        "PodInitializing",
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "CreateContainerConfigError",
        "RunContainerError",
        "CrashLoopBackOff",
    ]);
    let ended = (select(vec![0, 1, 137, 143, 255]), word(&["Completed", "Error", "OOMKilled", "Unknown"]));
    prop_oneof![
        4 => Just(json!({ "running": { "startedAt": "2026-11-20T09:31:00Z" } })),
        3 => waiting.prop_map(|reason| json!({ "waiting": { "reason": reason, "message": "because" } })),
        2 => ended.prop_map(|(code, reason)| json!({ "terminated": { "exitCode": code, "reason": reason } })),
        1 => Just(json!({})),
    ]
}

fn container_status(name: &'static str) -> impl Strategy<Value = Value> {
    let restarts = select(vec![0, 0, 1, 7]);
    (any::<bool>(), of(any::<bool>()), container_state(), container_state(), restarts).prop_map(
        move |(ready, started, state, last, restarts)| {
            json!({ "name": name, "ready": ready, "started": started, "restartCount": restarts, "image": "web:1",
                    "state": state, "lastState": last })
        },
    )
}

fn container_ports() -> impl Strategy<Value = Value> {
    let port =
        (word(&["http", "web", ""]), select(NUMBERS.to_vec()), word(&["TCP", "TCP", "UDP"]), weighted(0.1, Just(80)));
    vec(port, 0..=2).prop_map(|ports| {
        let port = |(name, number, protocol, host)| json!({ "name": name, "containerPort": number, "protocol": protocol, "hostPort": host });
        ports.into_iter().map(port).collect()
    })
}

fn pod() -> impl Strategy<Value = Value> {
    let well = Just(json!({
        "phase": "Running", "podIP": "10.244.0.5",
        "conditions": [{ "type": "PodScheduled", "status": "True" }, { "type": "Ready", "status": "True" }],
        "containerStatuses": [{ "name": "app", "ready": true, "started": true, "restartCount": 0,
                                "state": { "running": {} } }],
    }));
    let conditions = (
        of(condition("Ready", &["ContainersNotReady", "ReadinessGatesNotReady", "PodCompleted"])),
        of(condition("PodScheduled", &["Unschedulable", "SchedulingGated"])),
        of(condition("Initialized", &["ContainersNotInitialized"])),
        of(condition("PodReadyToStartContainers", &[""])),
    );
    let statuses = (vec(container_status("app"), 0..=1), vec(container_status("istio-proxy"), 0..=1));
    let phase = word(&["Running", "Running", "Pending", "Succeeded", "Failed", "Unknown"]);
    let ill = (phase, conditions, statuses, vec(container_status("init"), 0..=1), of(Just("Evicted"))).prop_map(
        |(phase, (ready, scheduled, initialized, sandbox), (app, sidecar), init, reason)| {
            let conditions: Vec<Value> = [ready, scheduled, initialized, sandbox].into_iter().flatten().collect();
            let statuses = [app, sidecar].concat();
            json!({ "phase": phase, "reason": reason, "podIP": "10.244.0.6", "conditions": conditions,
                    "containerStatuses": statuses, "initContainerStatuses": init })
        },
    );
    let spec = (of(word(&["dev-control-plane", "dev-worker", "ghost"])), container_ports(), weighted(0.1, Just(true)));
    let gates = weighted(0.1, Just(json!([{ "conditionType": "example.com/ready" }])));
    (labels(), deleted(), prop_oneof![1 => well, 1 => ill], spec, any::<bool>(), gates).prop_map(
        |(labels, deleted, status, (node, ports, host), sidecar, gates)| {
            let mut containers = vec![json!({ "name": "app", "image": "web:1", "ports": ports })];
            if sidecar {
                containers.push(json!({ "name": "istio-proxy", "image": "proxy:1" }));
            }
            json!({
                "kind": "Pod",
                "metadata": { "namespace": "web", "labels": labels, "deletionTimestamp": deleted,
                              "creationTimestamp": "2026-11-20T09:30:00Z" },
                "spec": { "nodeName": node, "containers": containers, "hostNetwork": host, "readinessGates": gates,
                          "initContainers": [{ "name": "init", "image": "init:1" }] },
                "status": status,
            })
        },
    )
}

fn pods() -> impl Strategy<Value = Vec<Value>> {
    vec(pod(), 0..=4).prop_map(|pods| {
        let named = pods.into_iter().enumerate().map(|(index, mut pod)| {
            pod["metadata"]["name"] = json!(pod_name(index));
            bare(pod)
        });
        named.collect()
    })
}

fn nodes() -> impl Strategy<Value = Vec<Value>> {
    let ready = prop_oneof![
        5 => Just(json!({ "type": "Ready", "status": "True", "reason": "KubeletReady" })),
        1 => condition("Ready", &["NodeStatusUnknown", "KubeletNotReady"]),
    ];
    // Now and then a cluster that is not kind's.
    let provider = weighted(0.9, Just("kind://docker/dev"));
    (vec(ready, 1..=2), provider).prop_map(|(ready, provider)| {
        let node = |((ready, name), address): ((Value, &str), &str)| {
            let id = provider.map(|provider| format!("{provider}/{name}"));
            bare(json!({
                "kind": "Node", "metadata": { "name": name }, "spec": { "providerID": id },
                "status": { "conditions": [ready], "addresses": [{ "type": "InternalIP", "address": address }] },
            }))
        };
        ready.into_iter().zip(NODES).zip(["192.0.2.2", "192.0.2.3"]).map(node).collect()
    })
}

fn containers() -> impl Strategy<Value = Vec<Value>> {
    let state = word(&["running", "running", "running", "running", "running", "paused", "exited"]);
    let published = subsequence(vec!["30080/tcp", "30081/tcp", "30080/udp", "80/tcp"], 0..=4);
    let at = word(&["127.0.0.1", "0.0.0.0"]);
    let balancer = any::<bool>();
    (state, published, at, 0_usize..=2, balancer).prop_map(|(state, published, at, count, balancer)| {
        let mut ports = Map::new();
        ports.insert("6443/tcp".into(), json!([{ "HostIp": "127.0.0.1", "HostPort": API_SERVER.to_string() }]));
        for (port, host_port) in published.into_iter().zip(8080_u16..) {
            ports.insert(port.into(), json!([{ "HostIp": at, "HostPort": host_port.to_string() }]));
        }
        let node = |name: &str, role: &str, ports: Value, ip: &str| {
            json!({
                "Name": format!("/{name}"), "State": { "Status": state },
                "Config": { "Labels": { "io.x-k8s.kind.cluster": "dev", "io.x-k8s.kind.role": role } },
                "HostConfig": { "PortBindings": ports },
                "NetworkSettings": { "Ports": ports, "Networks": { "kind": { "IPAddress": ip, "Gateway": "192.0.2.1" } } },
            })
        };
        let nodes = [
            node(NODES[0], "control-plane", Value::Object(ports), "192.0.2.2"),
            node(NODES[1], "worker", json!({}), "192.0.2.3"),
        ];
        let mut all: Vec<Value> = nodes.into_iter().take(count).collect();
        if balancer {
            all.push(json!({
                "Name": "/kindccm-1", "State": { "Status": "running" },
                "Config": { "Labels": { "io.x-k8s.cloud-provider-kind.cluster": "dev",
                                        "io.x-k8s.cloud-provider-kind.loadbalancer.name": "dev/web/web" } },
                "NetworkSettings": { "Ports": { "80/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "32768" }] },
                                     "Networks": { "kind": { "IPAddress": "192.0.2.9", "Gateway": "192.0.2.1" } } },
            }));
        }
        all
    })
}

/// What stands around the path: workloads, policies, Ingresses, the cluster's own.
fn others() -> impl Strategy<Value = Vec<Value>> {
    let optional = vec![
        json!({ "kind": "Namespace", "metadata": { "name": "web", "labels": { "kubernetes.io/metadata.name": "web" } } }),
        json!({ "kind": "IngressClass", "metadata": { "name": "nginx" }, "spec": { "controller": "k8s.io/ingress-nginx" } }),
        json!({ "kind": "ClusterRole", "metadata": { "name": "kindnet" },
                "rules": [{ "apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": ["list"] }] }),
        json!({ "kind": "DaemonSet", "metadata": { "name": "kindnet", "namespace": "kube-system" },
                "spec": { "template": { "spec": { "containers": [{ "name": "kindnet-cni", "image": "kindnetd:v2026" }] } } },
                "status": { "desiredNumberScheduled": 1, "numberReady": 1 } }),
        json!({ "kind": "Event", "type": "Warning", "reason": "Unhealthy", "message": "Readiness probe failed",
                "metadata": { "name": "e", "namespace": "web" }, "involvedObject": { "kind": "Pod", "name": "web-0" } }),
    ];
    let optional = subsequence(optional, 0..=5);
    let proxy = weighted(0.7, (0_u32..=1, 0_u32..=1));
    (optional, proxy, vec(workload(), 0..=2), vec(policy(), 0..=2), weighted(0.3, ingress())).prop_map(
        |(optional, proxy, workloads, policies, ingress)| {
            let proxy = proxy.map(|(desired, ready)| {
                json!({ "kind": "DaemonSet", "metadata": { "name": "kube-proxy", "namespace": "kube-system" },
                        "spec": { "template": { "spec": { "nodeSelector": { "kubernetes.io/os": "linux" } } } },
                        "status": { "desiredNumberScheduled": desired, "numberReady": ready } })
            });
            let mut all = [optional, workloads, policies].concat();
            all.extend(proxy.into_iter().chain(ingress));
            for (index, object) in all.iter_mut().enumerate().filter(|(_, object)| object["metadata"]["name"].is_null())
            {
                object["metadata"]["name"] =
                    json!(if index % 2 == 0 { "web".to_owned() } else { format!("web{index}") });
            }
            all.into_iter().map(bare).collect()
        },
    )
}

fn workload() -> impl Strategy<Value = Value> {
    let kind = word(&["Deployment", "Deployment", "StatefulSet", "ReplicaSet"]);
    let failure = weighted(
        0.3,
        Just(json!([{ "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
        "message": "exceeded quota" }])),
    );
    (kind, of(0_u32..=2), labels(), failure, container_ports()).prop_map(|(kind, replicas, labels, failure, ports)| {
        json!({
            "kind": kind, "metadata": { "namespace": "web" },
            "spec": { "replicas": replicas, "selector": { "matchLabels": labels }, "template": {
                "metadata": { "labels": labels },
                "spec": { "containers": [{ "name": "app", "image": "web:1", "ports": ports }] } } },
            "status": { "conditions": failure },
        })
    })
}

fn policy() -> impl Strategy<Value = Value> {
    let selector = prop_oneof![Just(json!({})), labels().prop_map(|labels| json!({ "matchLabels": labels }))];
    let from = select(vec![
        json!(null),
        json!([{ "podSelector": {} }]),
        json!([{ "ipBlock": { "cidr": "192.0.2.0/24", "except": ["192.0.2.1/32"] } }]),
        json!([{ "namespaceSelector": { "matchLabels": { "team": "a" } }, "podSelector": { "matchLabels": { "app": "x" } } }]),
    ]);
    let ports = select(vec![
        json!(null),
        json!([{ "port": 8080 }]),
        json!([{ "port": "http" }]),
        json!([{ "port": 1, "endPort": 9000 }]),
    ]);
    let rules = vec((from, ports).prop_map(|(from, ports)| json!({ "from": from, "ports": ports })), 0..=2);
    let types = select(vec![json!(null), json!(["Ingress"]), json!(["Egress"]), json!(["Ingress", "Egress"])]);
    (selector, rules, types).prop_map(|(selector, rules, types)| {
        json!({ "kind": "NetworkPolicy", "metadata": { "namespace": "web" },
                "spec": { "podSelector": selector, "ingress": rules, "policyTypes": types } })
    })
}

fn ingress() -> impl Strategy<Value = Value> {
    let class = of(word(&["nginx", "none"]));
    let backend = select(vec![json!({ "number": 80 }), json!({ "number": 81 }), json!({ "name": "http" })]);
    let host = of(word(&["web.localhost", "web.example"]));
    let tls = weighted(0.3, Just(json!([{ "secretName": "web" }])));
    let status = of(Just(json!([{ "ip": "127.0.0.1" }])));
    (class, backend, host, tls, status).prop_map(|(class, port, host, tls, status)| {
        json!({
            "kind": "Ingress", "metadata": { "name": "web", "namespace": "web" },
            "spec": { "ingressClassName": class, "tls": tls, "rules": [{ "host": host, "http": { "paths": [
                { "path": "/", "pathType": "Prefix", "backend": { "service": { "name": "web", "port": port } } }] } }] },
            "status": { "loadBalancer": { "ingress": status } },
        })
    })
}

/// An object that has nothing to do with the Service `web`.
pub fn unrelated() -> impl Strategy<Value = Value> {
    let stranger = json!({ "matchLabels": { "app": "stranger" } });
    select(vec![
        json!({ "kind": "Pod", "metadata": { "name": "stranger", "namespace": "web", "labels": { "app": "stranger" } },
                "spec": { "containers": [{ "name": "app", "image": "x", "ports": [{ "containerPort": 8080 }] }] },
                "status": { "phase": "Failed" } }),
        json!({ "kind": "Service", "metadata": { "name": "stranger", "namespace": "web" },
                "spec": { "type": "ClusterIP", "clusterIP": "10.96.0.9", "selector": { "app": "stranger" },
                          "ports": [{ "port": 80, "targetPort": 8080, "protocol": "TCP" }] } }),
        json!({ "kind": "EndpointSlice", "addressType": "IPv4", "ports": [{ "port": 8080 }],
                "metadata": { "name": "stranger", "namespace": "web", "labels": { "kubernetes.io/service-name": "stranger" } },
                "endpoints": [{ "addresses": ["10.244.0.99"], "conditions": { "ready": false } }] }),
        json!({ "kind": "NetworkPolicy", "metadata": { "name": "stranger", "namespace": "web" },
                "spec": { "podSelector": stranger, "policyTypes": ["Ingress"] } }),
        json!({ "kind": "NetworkPolicy", "metadata": { "name": "stranger", "namespace": "elsewhere" },
                "spec": { "podSelector": {}, "policyTypes": ["Ingress"] } }),
        json!({ "kind": "Ingress", "metadata": { "name": "stranger", "namespace": "web" },
                "spec": { "ingressClassName": "none", "defaultBackend": { "service": { "name": "stranger", "port": { "number": 80 } } } } }),
        json!({ "kind": "Deployment", "metadata": { "name": "stranger", "namespace": "web" },
                "spec": { "replicas": 0, "selector": stranger, "template": { "metadata": { "labels": { "app": "stranger" } } } } }),
        json!({ "kind": "Pod", "metadata": { "name": "stranger", "namespace": "elsewhere", "labels": { "app": "web" } },
                "status": { "phase": "Failed" } }),
    ])
}

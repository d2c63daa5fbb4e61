//! Services of all types and their traps, kube-proxy, and the nodes that traffic enters.

use super::*;

const KUBE_PROXY: &str = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy";
const KUBE_PROXY_PODS: &str = "/api/v1/namespaces/kube-system/pods";
const KUBE_PROXY_CONFIG: &str = "/api/v1/namespaces/kube-system/configmaps/kube-proxy";
const NODES: &str = "/api/v1/nodes";

fn text_of(report: &Report, hop: &str) -> String {
    let evidence = report.hops(hop).into_iter().flat_map(|hop| hop["evidence"].as_array().expect("evidence").clone());
    evidence.map(|seen| seen["text"].as_str().expect("text").to_owned()).collect::<Vec<_>>().join("\n")
}

fn titles(report: &Report, code: &str) -> String {
    report.finding(code)["remedies"].to_string()
}

/// The Pod is on a worker, and outside traffic stays on the node that it enters.
fn local_on_a_worker(plan: &mut Plan) {
    spec(plan)["externalTrafficPolicy"] = json!("Local");
    plan.cluster.slice["endpoints"][0]["nodeName"] = json!("dev-worker");
}

#[test]
fn traffic_policy_local_closes_a_road_without_a_probe() {
    let lab = Lab::with(local_on_a_worker);
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.verdict(), report.root()), ("unreachable", Some("K504")), "{report}");
    assert_eq!(report.finding("K504")["params"]["endpointNodes"], json!(["dev-worker"]));
    assert!(report.commands("K504")[0].contains(r#""externalTrafficPolicy":"Cluster""#));
    assert!(report.hops("node-port").iter().any(|hop| hop["finding"] == "K504" && hop["state"] == "missing"));
    assert_eq!(lab.door.knocks(), 0);

    // Endpoints made by hand that name no node are no node's own.
    let nameless: Change = |plan| {
        spec(plan)["externalTrafficPolicy"] = json!("Local");
        spec(plan)["selector"] = json!(null);
        plan.cluster.slice["endpoints"][0].as_object_mut().expect("an endpoint").remove("nodeName");
    };
    is_root(&[Case::new("K504", nameless, "patch service web")], "unreachable");
}

#[test]
fn traffic_policy_local_with_an_endpoint_of_its_own_is_no_fault() {
    is_not(
        &[
            // A single node; an endpoint here and one there.
            Case::new("K504", |plan| spec(plan)["externalTrafficPolicy"] = json!("Local"), ""),
            Case::new(
                "K504",
                |plan| {
                    spec(plan)["externalTrafficPolicy"] = json!("Local");
                    let mut second = plan.cluster.slice["endpoints"][0].clone();
                    second["nodeName"] = json!("dev-worker");
                    plan.cluster.slice["endpoints"].as_array_mut().expect("endpoints").insert(0, second);
                },
                "",
            ),
            // The policy for clients inside the cluster is another one.
            Case::new(
                "K504",
                |plan| {
                    spec(plan)["internalTrafficPolicy"] = json!("Local");
                    plan.cluster.slice["endpoints"][0]["nodeName"] = json!("dev-worker");
                },
                "",
            ),
        ],
        "reachable",
    );
    // Without any endpoint something else is missing.
    let nobody_there: Change = |plan| {
        local_on_a_worker(plan);
        not_ready(plan);
        container(plan, json!({ "waiting": { "reason": "CrashLoopBackOff" } }));
    };
    is_not(&[Case::new("K504", nobody_there, "")], "unreachable");
    assert_eq!(Case::new("K504", nobody_there, "").run().root(), Some("K213"));
}

/// One road is shut at its node, another one enters at the node that has the Pod.
#[test]
fn a_road_that_is_shut_leaves_the_others_open() {
    let lab = Lab::with(|plan| {
        local_on_a_worker(plan);
        let door = plan.door;
        plan.unpublish();
        spec(plan)["ports"][0]["nodePort"] = json!(door);
        plan.node().publish(&format!("{door}/tcp"), "127.0.0.1", 1);
        let mut worker = Container::worker("dev");
        worker.0["NetworkSettings"]["Networks"]["kind"] = json!({ "IPAddress": "127.0.0.1", "Gateway": "127.0.0.1" });
        plan.containers.push(worker);
    });
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.verdict(), report.root()), ("reachable", None), "{report}");
    assert_eq!(lab.door.knocks(), 1, "{report}");
    assert!(text_of(&report, "node-port").contains("no endpoint on Node dev-control-plane"), "{report}");
    let text = lab.run(&["explain", "svc/web"]).stdout;
    assert!(text.contains("published port: no endpoint on Node dev-control-plane"), "{text}");
}

#[test]
fn internal_policy_local_concerns_an_ingress_only() {
    let internal: Change = |plan| {
        spec(plan)["type"] = json!("ClusterIP");
        spec(plan)["internalTrafficPolicy"] = json!("Local");
        spec(plan)["ports"][0].as_object_mut().expect("a port").remove("nodePort");
    };
    let two_nodes = |lab: &Lab| {
        let node = support::Cluster::healthy().node;
        let mut worker = node.clone();
        worker["metadata"]["name"] = json!("dev-worker");
        lab.server.list(NODES, "NodeList", [node, worker]);
    };
    let ingress = |lab: &Lab| {
        let path = json!({ "path": "/", "backend": { "service": { "name": "web", "port": { "number": 80 } } } });
        let front = json!({ "metadata": { "name": "front", "namespace": "web" },
            "spec": { "rules": [{ "http": { "paths": [path] } }] } });
        lab.server.list("/apis/networking.k8s.io/v1/namespaces/web/ingresses", "IngressList", [front]);
    };
    let lab = Lab::with(internal);
    two_nodes(&lab);
    ingress(&lab);
    let report = lab.explain(&["svc/web"]);
    assert_ne!(report.root(), Some("K505"), "{report}");
    assert_eq!(report.finding("K505")["params"]["nodes"], json!(["dev-worker"]), "{report}");
    assert!(report.commands("K505")[0].contains(r#""internalTrafficPolicy":"Cluster""#));
    // No other node; no Ingress.
    let lab = Lab::with(internal);
    ingress(&lab);
    assert!(!lab.explain(&["svc/web"]).codes().contains(&"K505"));
    let lab = Lab::with(internal);
    two_nodes(&lab);
    assert!(!lab.explain(&["svc/web"]).codes().contains(&"K505"));
}

fn daemon_set(lab: &Lab, desired: u32, ready: u32) {
    let status = json!({ "desiredNumberScheduled": desired, "numberReady": ready });
    let object = json!({ "kind": "DaemonSet", "apiVersion": "apps/v1", "metadata": { "name": "kube-proxy" },
        "spec": { "template": { "spec": {} } }, "status": status });
    lab.server.object(KUBE_PROXY, object);
}

fn kube_proxy_on(lab: &Lab, node: &str, ready: bool) {
    let condition = if ready { "True" } else { "False" };
    let state = if ready { json!({ "running": {} }) } else { json!({ "waiting": { "reason": "CrashLoopBackOff" } }) };
    let pod = json!({
        "metadata": { "name": "kube-proxy-x7", "namespace": "kube-system", "labels": { "k8s-app": "kube-proxy" } },
        "spec": { "nodeName": node, "containers": [{ "name": "kube-proxy", "image": "kube-proxy" }] },
        "status": { "phase": "Running", "conditions": [{ "type": "Ready", "status": condition }],
            "containerStatuses": [{ "name": "kube-proxy", "ready": ready, "state": state }] },
    });
    lab.server.list(KUBE_PROXY_PODS, "PodList", [pod]);
}

fn config(lab: &Lab, conf: &str) {
    let map = json!({ "kind": "ConfigMap", "apiVersion": "v1", "metadata": { "name": "kube-proxy" },
        "data": { "config.conf": conf, "kubeconfig.conf": "CANARY-SECRET" } });
    lab.server.object(KUBE_PROXY_CONFIG, map);
}

#[test]
fn kube_proxy_that_is_not_ready_on_the_entry_node() {
    let refused = |then: Then| Case::new("K506", node_on_loopback, "kube-system").behind(Behind::Nobody).then(then);
    is_root(
        &[
            refused(|lab| {
                daemon_set(lab, 2, 1);
                kube_proxy_on(lab, "dev-control-plane", false);
            }),
            // It has no Pod there.
            refused(|lab| {
                daemon_set(lab, 2, 1);
                kube_proxy_on(lab, "dev-worker", true);
            }),
            // The Pods cannot be listed, and none is ready.
            refused(|lab| {
                daemon_set(lab, 1, 0);
                lab.server.status(KUBE_PROXY_PODS, 403, "pods is forbidden");
            }),
        ],
        "unreachable",
    );
    is_not(
        &[
            // Another node's Pod is the one that is not ready.
            refused(|lab| {
                daemon_set(lab, 2, 1);
                kube_proxy_on(lab, "dev-control-plane", true);
            }),
            // One of two, and nobody can say which.
            refused(|lab| {
                daemon_set(lab, 2, 1);
                lab.server.status(KUBE_PROXY_PODS, 403, "pods is forbidden");
            }),
        ],
        "undetermined",
    );
    // Where it answers, nobody asks.
    let lab = Lab::with(node_on_loopback);
    daemon_set(&lab, 1, 0);
    assert_eq!(lab.explain(&["svc/web"]).verdict(), "reachable");
    assert_eq!(lab.server.count(|path| path.contains("kube-proxy")), 0);
}

/// Behind an engine in a VM nobody sees the node refuse: a closed connection and an object
/// that explains it decide together.
#[test]
fn kube_proxy_that_is_not_ready_behind_a_published_port() {
    let lab = Lab::behind(Behind::Closes, |_| ());
    daemon_set(&lab, 1, 0);
    kube_proxy_on(&lab, "dev-control-plane", false);
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.verdict(), report.root()), ("unreachable", Some("K506")), "{report}");
    // All well: it cannot be told.
    let report = Lab::behind(Behind::Closes, |_| ()).explain(&["svc/web"]);
    assert_eq!((report.verdict(), report.root()), ("undetermined", None), "{report}");
}

#[test]
fn node_ports_at_other_addresses_only() {
    let refused =
        |then: Then| Case::new("K507", node_on_loopback, "edit configmap kube-proxy").behind(Behind::Nobody).then(then);
    is_root(
        &[
            refused(|lab| config(lab, "mode: iptables\nnodePortAddresses: [10.0.0.0/8]\n")),
            // The node's primary address is 192.0.2.2, and the traffic comes to 127.0.0.1.
            refused(|lab| config(lab, "mode: nftables\nnodePortAddresses: null\n")),
        ],
        "unreachable",
    );
    is_not(
        &[
            refused(|lab| config(lab, "mode: \"\"\nnodePortAddresses: null\n")),
            refused(|lab| config(lab, "mode: \"\"\nnodePortAddresses: []\n")),
            refused(|lab| config(lab, "mode: ipvs\nnodePortAddresses: [127.0.0.0/8]\n")),
            refused(|lab| config(lab, "nodePortAddresses: {what: ever}\n")),
            refused(|lab| lab.server.status(KUBE_PROXY_CONFIG, 403, "configmaps is forbidden")),
        ],
        "undetermined",
    );
    let report = refused(|lab| lab.server.status(KUBE_PROXY_CONFIG, 403, "configmaps is forbidden")).run();
    let (_, _, settle) = report.unobserved().into_iter().find(|(what, ..)| what == "configmaps").expect("configmaps");
    assert!(settle[0].contains("-n kube-system auth can-i get configmaps"), "{settle:?}");
    // Nothing but two fields of it is kept.
    let lab = Lab::behind(Behind::Nobody, node_on_loopback);
    config(&lab, "mode: iptables\nnodePortAddresses: [10.0.0.0/8]\nclusterCIDR: CANARY-SECRET\n");
    let file = lab.world.home().join("run.yaml");
    lab.run(&["explain", "svc/web", "--record", file.to_str().expect("a path")]);
    let recorded = std::fs::read_to_string(&file).expect("a recording");
    assert!(recorded.contains("10.0.0.0/8"), "{recorded}");
    support::assert_no_canary(&recorded);
}

/// No DaemonSet is no fault: k3s, Cilium and others have none.
#[test]
fn without_a_daemonset_nothing_is_blamed() {
    let absent = |lab: &Lab| lab.server.status(KUBE_PROXY, 404, "daemonsets.apps \"kube-proxy\" not found");
    let lab = Lab::behind(Behind::Nobody, |plan| {
        node_on_loopback(plan);
        plan.cluster.node["status"]["nodeInfo"]["kubeletVersion"] = json!("v1.34.4+k3s1");
    });
    absent(&lab);
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.verdict(), report.root()), ("undetermined", Some("K501")), "{report}");
    assert!(report.commands("K501").is_empty(), "{:?}", report.commands("K501"));
    assert!(text_of(&report, "node-port").contains("k3s has it built in"), "{report}");

    let lab = Lab::behind(Behind::Nobody, node_on_loopback);
    lab.server.status(KUBE_PROXY, 403, "daemonsets.apps is forbidden");
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.verdict(), report.root()), ("undetermined", Some("K501")), "{report}");
    let (_, _, settle) =
        report.unobserved().into_iter().find(|(what, ..)| what == "daemonsets.apps").expect("daemonsets");
    assert!(settle[0].contains("-n kube-system auth can-i get daemonsets.apps"), "{settle:?}");
}

fn load_balancer(plan: &mut Plan) {
    spec(plan)["type"] = json!("LoadBalancer");
    plan.unpublish();
}

/// The provider's container publishes the Service's port at the door.
fn served(plan: &mut Plan) {
    load_balancer(plan);
    let door = plan.door;
    plan.cluster.service["status"]["loadBalancer"] = json!({ "ingress": [{ "ip": "198.51.100.7" }] });
    let mut balancer = Container::load_balancer("dev", "dev/web/web");
    balancer.publish("80/tcp", "127.0.0.1", door);
    plan.containers.push(balancer);
}

#[test]
fn what_a_load_balancer_says_of_itself() {
    let class: Change = |plan| {
        load_balancer(plan);
        spec(plan)["loadBalancerClass"] = json!("example.com/other");
    };
    let error: Change = |plan| {
        served(plan);
        plan.cluster.service["status"]["loadBalancer"]["ingress"][0]["ports"] =
            json!([{ "port": 80, "protocol": "TCP", "error": "example.com/PortInUse" }]);
    };
    is_root(
        &[Case::new("V204", class, "port-forward"), Case::new("V205", error, "port-forward").behind(Behind::Closes)],
        "unreachable",
    );
    let report = Case::new("V204", class, "").run();
    assert!(!report.commands("V204").iter().any(|command| command.contains("cloud-provider-kind")), "{report}");
    let with_class: Change = |plan| {
        served(plan);
        spec(plan)["loadBalancerClass"] = json!("example.com/other");
    };
    let no_node_port: Change = |plan| {
        served(plan);
        spec(plan)["allocateLoadBalancerNodePorts"] = json!(false);
        spec(plan)["ports"][0].as_object_mut().expect("a port").remove("nodePort");
    };
    is_not(
        &[
            Case::new("V204", with_class, ""),
            // It works, whatever the status says.
            Case::new("V205", error, ""),
            // An address needs no node port.
            Case::new("K107", no_node_port, ""),
        ],
        "reachable",
    );
    // Nobody resolves the name, so nobody knows what it leads to.
    let name: Change = |plan| {
        load_balancer(plan);
        spec(plan)["ports"][0].as_object_mut().expect("a port").remove("nodePort");
        plan.cluster.service["status"]["loadBalancer"] = json!({ "ingress": [{ "hostname": "lb.example.com" }] });
        plan.containers.push(Container::load_balancer("dev", "dev/web/web"));
    };
    is_not(&[Case::new("V203", name, ""), Case::new("V201", name, "")], "undetermined");
}

/// Nobody gives it an address, and it has no node port either: it says why.
#[test]
fn node_ports_that_were_not_wanted() {
    let lab = Lab::with(|plan| {
        load_balancer(plan);
        spec(plan)["allocateLoadBalancerNodePorts"] = json!(false);
        spec(plan)["ports"][0].as_object_mut().expect("a port").remove("nodePort");
    });
    let report = lab.explain(&["svc/web"]);
    assert_eq!(report.root(), Some("V201"), "{report}");
    assert_eq!(report.finding("K107")["params"]["turnedOff"], true, "{report}");
    let commands = report.commands("K107");
    assert!(commands[0].contains(r#""allocateLoadBalancerNodePorts":true"#), "{commands:?}");
}

#[test]
fn a_service_that_was_deleted_and_is_still_there() {
    let leaving: Change = |plan| {
        let metadata = &mut plan.cluster.service["metadata"];
        metadata["deletionTimestamp"] = json!("2026-11-20T10:00:00Z");
        metadata["finalizers"] = json!(["service.kubernetes.io/load-balancer-cleanup"]);
    };
    let report = Case::new("K109", leaving, "").run();
    assert_eq!((report.verdict(), report.root()), ("reachable", None), "{report}");
    assert!(report.commands("K109").iter().any(|command| command.contains(r#""finalizers":null"#)), "{report}");
    assert!(text_of(&report, "service").contains("it is being deleted"), "{report}");
    // A finalizer alone is what every load balancer's Service has.
    let held: Change = |plan| {
        plan.cluster.service["metadata"]["finalizers"] = json!(["service.kubernetes.io/load-balancer-cleanup"]);
    };
    is_not(&[Case::new("K109", held, "")], "reachable");
}

fn stands_for(plan: &mut Plan, name: &str) {
    *spec(plan) = json!({ "type": "ExternalName", "externalName": name });
}

fn external_name(lab: &Lab, namespace: &str, name: &str, stands_for: &str) {
    let spec = json!({ "type": "ExternalName", "externalName": stands_for });
    let metadata = json!({ "name": name, "namespace": namespace });
    let object = json!({ "kind": "Service", "apiVersion": "v1", "metadata": metadata, "spec": spec });
    lab.server.object(&format!("/api/v1/namespaces/{namespace}/services/{name}"), object);
}

#[test]
fn names_that_stand_for_something_else() {
    is_root(
        &[
            Case::new("K110", |plan| stands_for(plan, "192.0.2.7"), "edit service web"),
            Case::new("K111", |plan| stands_for(plan, "web.web.svc.cluster.local"), "edit service web"),
            Case::new("K111", |plan| stands_for(plan, "b.shop.svc.cluster.local."), "edit service web").then(|lab| {
                external_name(lab, "shop", "b", "web.web.svc.cluster.local");
            }),
            Case::new("K105", |plan| stands_for(plan, "api.shop.svc.cluster.local"), "explain svc/api -n shop").then(
                |lab| {
                    let mut api = support::Cluster::healthy().service;
                    api["metadata"]["name"] = json!("api");
                    lab.server.object("/api/v1/namespaces/shop/services/api", api);
                },
            ),
            Case::new("K105", |plan| stands_for(plan, "gone.shop.svc.cluster.local"), "edit service web"),
            // It may not be read: nothing is known about it.
            Case::new("K105", |plan| stands_for(plan, "api.shop.svc.cluster.local"), "").then(|lab| {
                lab.server.status("/api/v1/namespaces/shop/services/api", 403, "services is forbidden");
            }),
            // Another name on the way, and no circle.
            Case::new("K105", |plan| stands_for(plan, "b.shop.svc.cluster.local"), "").then(|lab| {
                external_name(lab, "shop", "b", "db.example.com");
            }),
            Case::new("K105", |plan| stands_for(plan, "4.example.com"), ""),
        ],
        "unreachable",
    );
    let gone = Case::new("K105", |plan| stands_for(plan, "gone.shop.svc.cluster.local"), "").run();
    assert_eq!(gone.finding("K105")["params"]["exists"], false, "{gone}");
    // A name of the world outside costs no read.
    let lab = Lab::with(|plan| stands_for(plan, "db.example.com"));
    let report = lab.explain(&["svc/web"]);
    assert_eq!(report.finding("K105")["params"]["exists"], json!(null), "{report}");
    assert_eq!(lab.server.count(|path| path.contains("/services/") && !path.ends_with("/web")), 0);
}

fn headless(plan: &mut Plan) {
    spec(plan)["type"] = json!("ClusterIP");
    spec(plan)["clusterIP"] = json!("None");
    spec(plan)["ports"][0].as_object_mut().expect("a port").remove("nodePort");
}

#[test]
fn a_headless_service_does_not_map_ports() {
    let report = Case::new("K106", headless, "").run();
    assert_eq!(report.finding("K106")["params"]["dial"], 8080, "{report}");
    let commands = report.commands("K106");
    assert!(
        commands[0].contains(&format!("port-forward pod/{POD} ")) && commands[0].ends_with(":8080"),
        "{commands:?}"
    );
    // The same port: nothing to say, and kubectl can do it by the Service.
    let same: Change = |plan| {
        headless(plan);
        spec(plan)["ports"][0]["targetPort"] = json!(80);
        plan.cluster.slice["ports"][0]["port"] = json!(80);
    };
    let report = Case::new("K106", same, "").run();
    assert_eq!(report.finding("K106")["params"]["dial"], json!(null), "{report}");
    assert!(report.commands("K106")[0].contains("port-forward service/web"), "{:?}", report.commands("K106"));
}

#[test]
fn slices_made_by_hand_that_do_not_fit() {
    let protocol: Change = |plan| {
        spec(plan)["selector"] = json!(null);
        plan.cluster.slice["ports"][0]["protocol"] = json!("UDP");
    };
    let names: Change = |plan| {
        spec(plan)["selector"] = json!(null);
        plan.cluster.slice["addressType"] = json!("FQDN");
        plan.cluster.slice["endpoints"][0]["addresses"] = json!(["db.example.com"]);
    };
    is_root(
        &[Case::new("K112", protocol, "get endpointslices"), Case::new("K113", names, "get endpointslices")],
        "unreachable",
    );
    let default: Change = |plan| {
        spec(plan)["selector"] = json!(null);
        plan.cluster.slice["ports"][0].as_object_mut().expect("a port").remove("protocol");
    };
    is_not(&[Case::new("K112", default, ""), Case::new("K113", default, "")], "reachable");
}

#[test]
fn information_is_no_finding() {
    let sticky: Change = |plan| {
        spec(plan)["sessionAffinity"] = json!("ClientIP");
        spec(plan)["externalIPs"] = json!(["203.0.113.9"]);
        let second = plan.cluster.slice["endpoints"][0].clone();
        plan.cluster.slice["endpoints"].as_array_mut().expect("endpoints").push(second);
    };
    let report = Case::new("", sticky, "").run();
    assert_eq!((report.verdict(), report.codes().len()), ("reachable", 0), "{report}");
    let said = text_of(&report, "service");
    assert!(said.contains("one client always gets the same Pod") && said.contains("203.0.113.9"), "{said}");
    // With one Pod there is nothing to stick to.
    let alone: Change = |plan| spec(plan)["sessionAffinity"] = json!("ClientIP");
    assert!(!text_of(&Case::new("", alone, "").run(), "service").contains("same Pod"));
}

/// One number for TCP and UDP: a report for each, and a patch that hits the right one.
#[test]
fn a_number_that_two_protocols_share() {
    let lab = Lab::with(|plan| {
        spec(plan)["ports"] = json!([
            { "name": "dns-udp", "port": 53, "targetPort": 53, "nodePort": 31053, "protocol": "UDP" },
            { "name": "dns-tcp", "port": 53, "targetPort": 53, "nodePort": 31053, "protocol": "TCP" },
        ]);
        plan.cluster.slice["ports"] = json!([
            { "name": "dns-udp", "port": 53, "protocol": "UDP" }, { "name": "dns-tcp", "port": 53, "protocol": "TCP" },
        ]);
    });
    let report = lab.explain(&["svc/web"]);
    let ports = report.0["ports"].as_array().expect("ports");
    let protocols: Vec<_> = ports.iter().map(|port| port["protocol"].as_str().expect("a protocol")).collect();
    assert_eq!(protocols, ["UDP", "TCP"], "{report}");
    let commands: Vec<String> = report.0["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .flat_map(|found| found["remedies"].as_array().expect("remedies").clone())
        .map(|remedy| remedy["commands"][0].as_array().expect("words").last().expect("a word").to_string())
        .filter(|command| command.contains("nodePort"))
        .collect();
    assert_eq!(commands.len(), 1, "{commands:?}");
    assert!(commands[0].contains("/spec/ports/1/nodePort"), "{commands:?}");
}

/// The verdict is that of the TCP port, and so is what stands below it.
#[test]
fn a_port_that_cannot_be_probed_stands_beside_the_one_that_answers() {
    let lab = Lab::with(|plan| {
        let ports = spec(plan)["ports"].as_array_mut().expect("ports");
        ports
            .insert(0, json!({ "name": "quic", "port": 80, "targetPort": 8080, "nodePort": 30080, "protocol": "UDP" }));
        let carried = plan.cluster.slice["ports"].as_array_mut().expect("ports");
        carried.push(json!({ "name": "quic", "port": 8080, "protocol": "UDP" }));
    });
    let text = lab.run(&["explain", "svc/web"]).stdout;
    assert!(text.contains("answered HTTP 200") && !text.contains("could not see every hop"), "{text}");
    assert!(text.contains("other ports:") && !text.contains("only TCP can be probed"), "{text}");
}

#[test]
fn a_protocol_that_the_container_declares_otherwise_is_a_hint() {
    let udp: Change = |plan| {
        plan.cluster.pod["spec"]["containers"][0]["ports"][0]["protocol"] = json!("UDP");
    };
    let report = Case::new("", udp, "").behind(Behind::Closes).run();
    assert!(text_of(&report, "service").contains("for UDP only"), "{report}");
    // It works: nothing to hint at.
    let report = Case::new("", udp, "").run();
    assert!(!text_of(&report, "service").contains("UDP") && report.verdict() == "reachable", "{report}");
}

/// Somebody else writes the Service: a patch does not last.
#[test]
fn a_remedy_that_a_tool_will_undo_says_so() {
    for (label, value, tool) in [
        ("app.kubernetes.io/managed-by", "Helm", Some("Helm")),
        ("argocd.argoproj.io/instance", "shop", Some("Argo CD")),
        ("kustomize.toolkit.fluxcd.io/name", "shop", Some("Flux")),
        ("app.kubernetes.io/managed-by", "me", None),
        ("app.kubernetes.io/instance", "shop", None),
    ] {
        let lab = Lab::with(|plan| {
            local_on_a_worker(plan);
            plan.cluster.service["metadata"]["labels"] = json!({ label: value });
        });
        let said = titles(&lab.explain(&["svc/web"]), "K504");
        let words = format!("{} will undo it", tool.unwrap_or("nobody"));
        assert_eq!(said.contains(&words), tool.is_some(), "{label}={value}: {said}");
        assert_eq!(said.contains("will undo it"), tool.is_some(), "{label}={value}: {said}");
    }
}

/// "ready" says nothing about a Pod whose address is published anyway.
#[test]
fn an_address_that_is_published_although_its_pod_crashes() {
    let crashing: Change = |plan| {
        spec(plan)["publishNotReadyAddresses"] = json!(true);
        waiting(plan, "CrashLoopBackOff");
        plan.cluster.slice["endpoints"][0]["conditions"] = json!({ "ready": true, "serving": false });
    };
    let refused: Then = |lab| {
        let message = "error trying to reach service: dial tcp 10.244.0.5:8080: connect: connection refused";
        proxy_says(lab, SERVICE_PROXY, message);
    };
    let case = Case::new("K213", crashing, "--previous").behind(Behind::Closes).then(refused);
    is_root(&[case], "unreachable");
    let report = Case::new("K213", crashing, "").behind(Behind::Closes).then(refused).run();
    assert!(text_of(&report, "service").contains("1 Pod without readiness"), "{report}");
    // It answers: that is what the Service was told to allow.
    is_not(&[Case::new("K213", crashing, "")], "reachable");
    // Not published: not ready is enough.
    let unpublished: Change = |plan| waiting(plan, "CrashLoopBackOff");
    assert_eq!(Case::new("K213", unpublished, "").run().root(), Some("K213"));
}

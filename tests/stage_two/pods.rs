//! Endpoints and Pods: why a Pod is not ready, and Services that work with some of theirs.

use serde_json::{Value, json};

use super::support::{Behind, Lab, Plan, Report};
use super::{
    Case, Change, POD, PODS, SERVICE_PROXY, SLICES, Then, container, deployment, is_not, is_root, nobody, not_ready,
    proxy_says, spec, waiting,
};

const EVENTS: &str = "/api/v1/namespaces/web/events";
const DAEMONSETS: &str = "/apis/apps/v1/namespaces/web/daemonsets";
const REPLICASETS: &str = "/apis/apps/v1/namespaces/web/replicasets";
const STATEFULSETS: &str = "/apis/apps/v1/namespaces/web/statefulsets";
const JOBS: &str = "/apis/batch/v1/namespaces/web/jobs";
const REFUSED: &str = "error trying to reach service: dial tcp 10.244.0.6:8080: connect: connection refused";

/// A Warning about the Pod, as the kubelet writes it.
fn event(reason: &str, message: &str, at: &str) -> Value {
    json!({ "type": "Warning", "reason": reason, "message": message, "lastTimestamp": at, "eventTime": null,
        "involvedObject": { "kind": "Pod", "name": POD, "namespace": "web", "uid": "the-pod" } })
}

fn events(lab: &Lab, events: impl IntoIterator<Item = Value>) {
    lab.server.list(EVENTS, "EventList", events);
}

/// The Pod's identity and conditions, and its endpoint not ready.
fn conditions(plan: &mut Plan, conditions: Value) {
    plan.cluster.pod["metadata"]["uid"] = json!("the-pod");
    plan.cluster.pod["status"]["conditions"] = conditions;
    not_ready(plan);
}

/// Waits for its sandbox.
fn creating(plan: &mut Plan) {
    waiting(plan, "ContainerCreating");
    conditions(
        plan,
        json!([{ "type": "PodReadyToStartContainers", "status": "False" }, { "type": "Ready", "status": "False" }]),
    );
}

fn running(plan: &mut Plan) {
    container(plan, json!({ "running": {} }));
    plan.cluster.pod["metadata"]["uid"] = json!("the-pod");
}

fn init(plan: &mut Plan, container: Value, status: Value) {
    waiting(plan, "PodInitializing");
    conditions(
        plan,
        json!([
            { "type": "PodReadyToStartContainers", "status": "True" }, { "type": "Initialized", "status": "False" },
            { "type": "Ready", "status": "False" },
        ]),
    );
    plan.cluster.pod["spec"]["initContainers"] = json!([container]);
    plan.cluster.pod["status"]["initContainerStatuses"] = json!([status]);
}

fn pending(plan: &mut Plan, conditions: Value) {
    plan.cluster.pod["spec"].as_object_mut().expect("a spec").remove("nodeName");
    plan.cluster.pod["status"] = json!({ "phase": "Pending", "conditions": conditions });
    nobody(plan);
}

#[test]
fn each_step_of_a_pods_life_has_its_own_finding() {
    let gated: Change = |plan| {
        pending(plan, json!([{ "type": "PodScheduled", "status": "False", "reason": "SchedulingGated" }]));
        plan.cluster.pod["spec"]["schedulingGates"] = json!([{ "name": "example.com/quota" }]);
    };
    let gate: Change = |plan| {
        plan.cluster.pod["spec"]["readinessGates"] = json!([{ "conditionType": "example.com/balanced" }]);
        conditions(
            plan,
            json!([{ "type": "ContainersReady", "status": "True" },
                { "type": "Ready", "status": "False", "reason": "ReadinessGatesNotReady" }]),
        );
    };
    let startup: Change = |plan| {
        running(plan);
        plan.cluster.pod["status"]["containerStatuses"][0]["started"] = json!(false);
    };
    let waits: Change =
        |plan| init(plan, json!({ "name": "wait" }), json!({ "name": "wait", "state": { "running": {} } }));
    let slow_sidecar: Change = |plan| {
        let proxy = json!({ "name": "proxy", "restartPolicy": "Always" });
        init(plan, proxy, json!({ "name": "proxy", "started": false, "state": { "running": {} } }));
    };
    let bad_sidecar: Change = |plan| {
        let proxy = json!({ "name": "proxy", "restartPolicy": "Always" });
        let ended = json!({ "terminated": { "exitCode": 2, "reason": "Error" } });
        let state = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
        init(
            plan,
            proxy,
            json!({ "name": "proxy", "started": false, "restartCount": 3, "state": state, "lastState": ended }),
        );
    };
    let sandbox: Then =
        |lab| events(lab, [event("FailedCreatePodSandBox", "no IP addresses available", "2026-11-20T10:00:00Z")]);
    let mount: Then = |lab| {
        let missing = "MountVolume.SetUp failed for volume \"conf\" : configmap \"conf\" not found";
        events(lab, [event("FailedMount", missing, "2026-11-20T10:00:00Z")]);
    };
    is_root(
        &[
            Case::new("K220", gated, "kubectl get pod"),
            Case::new("K222", creating, "kubectl describe pod").then(sandbox),
            Case::new("K223", creating, "kubectl describe pod").then(mount),
            Case::new("K224", waits, "logs web-7c5ddbdf54-x2x9q -c wait"),
            Case::new("K224", slow_sidecar, "-c proxy"),
            Case::new("K218", bad_sidecar, "-c proxy --previous"),
            Case::new("K225", startup, "kubectl describe pod"),
            Case::new("K226", gate, "kubectl describe pod"),
        ],
        "unreachable",
    );
    let report = Case::new("K223", creating, "").then(mount).run();
    assert!(
        report.finding("K223")["title"].is_string()
            && report.finding("K223")["params"]["message"].to_string().contains("configmap")
    );
    assert_eq!(Case::new("K220", gated, "").run().finding("K220")["params"]["gates"], json!(["example.com/quota"]));
    assert_eq!(Case::new("K226", gate, "").run().finding("K226")["params"]["gates"], json!(["example.com/balanced"]));

    // The sandbox is made: what was in its way is not any more.
    let made: Change = |plan| {
        creating(plan);
        plan.cluster.pod["status"]["conditions"][0]["status"] = json!("True");
    };
    // A sidecar that has started is done, however long it runs.
    let started: Change = |plan| {
        slow_proxy_started(plan);
    };
    is_not(
        &[
            Case::new("K222", made, "").then(sandbox),
            Case::new("K223", made, "").then(mount),
            Case::new("K224", started, ""),
            Case::new(
                "K220",
                |plan| pending(plan, json!([{ "type": "PodScheduled", "status": "False", "reason": "Unschedulable" }])),
                "",
            ),
        ],
        "unreachable",
    );
    let gate_open: Change =
        |plan| plan.cluster.pod["spec"]["readinessGates"] = json!([{ "conditionType": "example.com/balanced" }]);
    is_not(
        &[Case::new("K226", gate_open, ""), Case::new("K225", |_| (), ""), Case::new("K227", |_| (), "")],
        "reachable",
    );
}

fn slow_proxy_started(plan: &mut Plan) {
    let proxy = json!({ "name": "proxy", "restartPolicy": "Always" });
    init(plan, proxy, json!({ "name": "proxy", "ready": true, "started": true, "state": { "running": {} } }));
}

/// Nobody has said anything about the Pod: it may be a second old.
#[test]
fn a_silent_scheduler_is_not_a_missing_one() {
    let silent: Change = |plan| pending(plan, json!([]));
    is_root(&[Case::new("K221", silent, "component=kube-scheduler")], "undetermined");
    let spoken: Change =
        |plan| pending(plan, json!([{ "type": "PodScheduled", "status": "False", "reason": "Unschedulable" }]));
    is_not(&[Case::new("K221", spoken, "")], "unreachable");
}

/// The kubelet's last word about this very Pod is quoted: not an older one, and not one
/// about an earlier Pod of the same name.
#[test]
fn the_last_event_of_this_pod_is_quoted() {
    let lab = Lab::with(running);
    let mut earlier = event("Unhealthy", "Readiness probe failed: of an earlier Pod", "2026-11-20T10:00:09Z");
    earlier["involvedObject"]["uid"] = json!("another");
    events(
        &lab,
        [
            event("Unhealthy", "Readiness probe failed: newest", "2026-11-20T10:00:05Z"),
            earlier,
            event("Unhealthy", "Liveness probe failed: another probe", "2026-11-20T10:00:07Z"),
            event("Unhealthy", "Readiness probe failed: oldest", "2026-11-20T10:00:01Z"),
        ],
    );
    let report = lab.explain(&["svc/web"]);
    assert_eq!(report.finding("K215")["params"]["message"], "Readiness probe failed: newest", "{report}");
}

#[test]
fn events_that_may_not_be_read_are_said() {
    for (change, root) in [(creating as Change, "K216"), (running, "K215")] {
        let lab = Lab::with(change);
        lab.server.status(EVENTS, 403, "events is forbidden");
        let report = lab.explain(&["svc/web"]);
        assert_eq!(report.root(), Some(root), "{report}");
        let settle: Vec<String> = report.unobserved().into_iter().flat_map(|(_, _, settle)| settle).collect();
        assert!(settle.iter().any(|command| command.contains("auth can-i list events")), "{settle:?}");
    }
}

#[test]
fn a_crash_is_told_with_its_cause() {
    let crashed = |reason: &str, code: u8| {
        let (reason, state) = (reason.to_owned(), json!({ "waiting": { "reason": "CrashLoopBackOff" } }));
        move |plan: &mut Plan| {
            container(plan, state.clone());
            plan.cluster.pod["metadata"]["uid"] = json!("the-pod");
            let status = &mut plan.cluster.pod["status"]["containerStatuses"][0];
            status["restartCount"] = json!(4);
            status["lastState"] = json!({ "terminated": { "reason": reason, "exitCode": code } });
        }
    };
    let killed = |probe: &str| {
        [
            event("Killing", &format!("Container web failed {probe} probe, will be restarted"), "2026-11-20T10:00:01Z"),
            event("Unhealthy", "Liveness probe failed: refused", "2026-11-20T10:00:00Z"),
        ]
    };
    let lab = Lab::with(crashed("OOMKilled", 137));
    let report = lab.explain(&["svc/web"]);
    assert_eq!(report.finding("K213")["params"]["cause"], "out-of-memory", "{report}");
    assert!(lab.run(&["explain", "svc/web"]).stdout.contains("memory than its"), "{report}");
    let lab = Lab::with(crashed("Completed", 0));
    events(&lab, killed("liveness"));
    let params = lab.explain(&["svc/web"]).finding("K213")["params"].clone();
    assert_eq!(
        (&params["cause"], &params["message"]),
        (&json!("liveness-probe"), &json!("Liveness probe failed: refused"))
    );
    let lab = Lab::with(crashed("Error", 137));
    events(&lab, killed("startup"));
    assert_eq!(lab.explain(&["svc/web"]).finding("K213")["params"]["cause"], "startup-probe");
    // Killed by a signal is not out of memory.
    let lab = Lab::with(crashed("Error", 137));
    assert_eq!(lab.explain(&["svc/web"]).finding("K213")["params"]["cause"], "ended");
}

#[test]
fn the_schedulers_and_the_registrys_words_are_read() {
    let lab = Lab::with(|plan| {
        let message = "0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are available.";
        pending(
            plan,
            json!([{ "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message }]),
        );
    });
    let report = lab.explain(&["svc/web"]);
    assert_eq!(report.finding("K211")["params"]["reasons"], json!(["memory"]), "{report}");
    let lab = Lab::with(|plan| {
        let message = "pull access denied, repository does not exist or may require authorization";
        container(plan, json!({ "waiting": { "reason": "ErrImagePull", "message": message } }));
        plan.cluster.pod["spec"]["containers"][0]["image"] = json!("my-app:1");
    });
    let report = lab.explain(&["svc/web"]);
    let params = &report.finding("K212")["params"];
    assert_eq!((&params["cause"], &params["registry"]), (&json!("not-found"), &json!("docker.io")), "{report}");
    assert!(report.commands("K212")[0].contains("kind load docker-image my-app:1"), "{report}");
    // Nothing can be loaded under a name that is none.
    let lab = Lab::with(|plan| waiting(plan, "InvalidImageName"));
    assert!(!lab.explain(&["svc/web"]).commands("K212").iter().any(|command| command.contains("kind load")));
}

/// A probe of another port is no fault; one that is refused there is worth a word.
#[test]
fn a_readiness_probe_of_another_port_is_named_if_it_is_refused() {
    let asks = |port: u16, answer: &'static str| {
        let lab = Lab::with(|plan| {
            running(plan);
            let path = "/ready?token=CANARY-SECRET";
            plan.cluster.pod["spec"]["containers"][0]["readinessProbe"] =
                json!({ "httpGet": { "port": port, "path": path } });
        });
        events(&lab, [event("Unhealthy", &format!("Readiness probe failed: {answer}"), "2026-11-20T10:00:00Z")]);
        let report = lab.explain(&["svc/web"]);
        assert!(!report.0.to_string().contains("CANARY"), "{report}");
        report.finding("K215")["params"].clone()
    };
    let params = asks(9090, "dial tcp 10.244.0.5:9090: connect: connection refused");
    assert_eq!((&params["probePort"], &params["targetPort"]), (&json!(9090), &json!(8080)));
    assert_eq!(params["probePath"], "/ready");
    assert_eq!(asks(9090, "HTTP probe failed with statuscode: 503")["targetPort"], Value::Null);
    assert_eq!(asks(8080, "dial tcp 10.244.0.5:8080: connect: connection refused")["targetPort"], Value::Null);
}

/// The healthy Pod and a second one of the same Service, with its endpoint.
fn two(lab: &Lab, change: impl FnOnce(&mut Value, &mut Value)) {
    let cluster = super::support::Cluster::healthy();
    let (mut pod, mut slice) = (cluster.pod.clone(), cluster.slice);
    pod["metadata"]["name"] = json!("web-2");
    pod["status"]["podIP"] = json!("10.244.0.6");
    let mut endpoint = slice["endpoints"][0].clone();
    endpoint["addresses"] = json!(["10.244.0.6"]);
    endpoint["targetRef"]["name"] = json!("web-2");
    change(&mut pod, &mut endpoint);
    slice["endpoints"].as_array_mut().expect("endpoints").push(endpoint);
    lab.server.list(PODS, "PodList", [cluster.pod, pod]);
    lab.server.list(SLICES, "EndpointSliceList", [slice]);
}

/// The Pod crashes, and its endpoint takes no traffic.
fn crashing(pod: &mut Value, endpoint: &mut Value) {
    endpoint["conditions"] = json!({ "ready": false, "serving": false });
    pod["status"]["conditions"] = json!([{ "type": "Ready", "status": "False" }]);
    pod["status"]["containerStatuses"][0]["ready"] = json!(false);
    pod["status"]["containerStatuses"][0]["state"] = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
}

#[test]
fn a_partly_ready_service_says_which_pod_and_why() {
    let lab = Lab::healthy();
    two(&lab, crashing);
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.root(), report.verdict()), (Some("K209"), "degraded"), "{report}");
    let params = &report.finding("K209")["params"];
    assert_eq!((&params["pods"], &params["reason"]), (&json!(["web-2"]), &json!("K213")), "{report}");
    assert!(report.commands("K209")[0].contains("logs web-2"), "{report}");
}

/// The next version of a Deployment's Pod, which has not become ready yet.
fn next_version(pod: &mut Value, endpoint: &mut Value) {
    endpoint["conditions"] = json!({ "ready": false, "serving": false });
    pod["metadata"]["labels"]["pod-template-hash"] = json!("58d9f5c6b7");
    pod["metadata"]["ownerReferences"] =
        json!([{ "kind": "ReplicaSet", "name": "web-58d9f5c6b7", "controller": true }]);
    pod["metadata"]["creationTimestamp"] = json!("2099-01-01T00:00:00Z");
    pod["status"]["conditions"] = json!([{ "type": "Ready", "status": "False" }]);
    pod["status"]["containerStatuses"][0]["ready"] = json!(false);
    pod["status"]["containerStatuses"][0]["state"] = json!({ "running": {} });
}

#[test]
fn a_rollout_is_no_fault_while_the_old_pods_serve() {
    let lab = Lab::healthy();
    two(&lab, next_version);
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.root(), report.verdict()), (None, "reachable"), "{report}");
    assert_eq!(lab.server.count(|path| path.contains("/events")), 0, "a rollout costs no reads");
    // A new version that crashes will not become ready by waiting.
    let lab = Lab::healthy();
    two(&lab, |pod, endpoint| {
        next_version(pod, endpoint);
        crashing(pod, endpoint);
    });
    assert_eq!(lab.explain(&["svc/web"]).root(), Some("K209"));
    // Of the same version: it has stopped being ready.
    let lab = Lab::healthy();
    two(&lab, |pod, endpoint| {
        let (labels, owners) = (pod["metadata"]["labels"].clone(), pod["metadata"]["ownerReferences"].clone());
        next_version(pod, endpoint);
        pod["metadata"]["labels"] = labels;
        pod["metadata"]["ownerReferences"] = owners;
    });
    assert_eq!(lab.explain(&["svc/web"]).root(), Some("K209"));
}

/// One of the new Pods is ready already, and the next one starts.
#[test]
fn a_rollout_that_is_halfway_is_no_fault() {
    let halfway = |with_old: bool, change: fn(&mut Value, &mut Value)| {
        let lab = Lab::healthy();
        let cluster = super::support::Cluster::healthy();
        let (mut new, mut slice) = (cluster.pod.clone(), cluster.slice);
        let ready = slice["endpoints"][0].clone();
        let mut next = |name: &str| {
            let mut endpoint = ready.clone();
            endpoint["targetRef"]["name"] = json!(name);
            new["metadata"]["name"] = json!(name);
            let (was, conditions) = (new["status"].clone(), endpoint["conditions"].clone());
            next_version(&mut new, &mut endpoint);
            if name == "web-new-1" {
                new["status"] = was;
                endpoint["conditions"] = conditions;
            } else {
                change(&mut new, &mut endpoint);
            }
            (new.clone(), endpoint)
        };
        let ((first, at_first), (second, at_second)) = (next("web-new-1"), next("web-new-2"));
        let (mut pods, mut endpoints) = (vec![first, second], vec![at_first, at_second]);
        if with_old {
            pods.insert(0, cluster.pod);
            endpoints.insert(0, ready.clone());
        }
        slice["endpoints"] = json!(endpoints);
        lab.server.list(PODS, "PodList", pods);
        lab.server.list(SLICES, "EndpointSliceList", [slice]);
        for new in ["web-new-1", "web-new-2"] {
            lab.server.raw(&format!("{PODS}/{new}:8080/proxy/"), 200, "text/plain", "hello\n");
        }
        lab.explain(&["svc/web"])
    };
    is_healthy(&halfway(true, |_, _| ()));
    // It crashes; and without an old Pod there is nothing that it would replace.
    assert_eq!(halfway(true, crashing).root(), Some("K209"));
    assert_eq!(halfway(false, |_, _| ()).root(), Some("K209"));
}

/// What ended it before is not what is wrong now.
#[test]
fn a_probe_that_fails_now_comes_before_restarts_of_the_past() {
    let restarted: Change = |plan| {
        container(plan, json!({ "running": { "startedAt": "2026-11-20T10:00:00Z" } }));
        plan.cluster.pod["metadata"]["uid"] = json!("the-pod");
        let status = &mut plan.cluster.pod["status"]["containerStatuses"][0];
        status["restartCount"] = json!(2);
        status["lastState"] = json!({ "terminated": { "reason": "Error", "exitCode": 137 } });
    };
    let not_started: Change = |plan| {
        container(plan, json!({ "running": { "startedAt": "2026-11-20T10:00:00Z" } }));
        plan.cluster.pod["metadata"]["uid"] = json!("the-pod");
        let status = &mut plan.cluster.pod["status"]["containerStatuses"][0];
        status["restartCount"] = json!(2);
        status["started"] = json!(false);
        status["lastState"] = json!({ "terminated": { "reason": "Error", "exitCode": 137 } });
    };
    let now: Then = |lab| events(lab, [event("Unhealthy", "Readiness probe failed: 500", "2026-11-20T10:00:05Z")]);
    let starts: Then = |lab| events(lab, [event("Unhealthy", "Startup probe failed: 500", "2026-11-20T10:00:05Z")]);
    let before: Then = |lab| events(lab, [event("Unhealthy", "Readiness probe failed: 500", "2026-11-20T09:59:05Z")]);
    let ended_by_it: Then = |lab| {
        let killing = "Container web failed liveness probe, will be restarted";
        events(
            lab,
            [
                event("Killing", killing, "2026-11-20T09:59:59Z"),
                event("Unhealthy", "Liveness probe failed: 500", "2026-11-20T10:00:05Z"),
                event("Unhealthy", "Readiness probe failed: 500", "2026-11-20T10:00:05Z"),
            ],
        );
    };
    is_root(
        &[
            Case::new("K215", restarted, "describe pod").then(now),
            Case::new("K225", not_started, "describe pod").then(starts),
            // The run before had the same trouble, or nobody has said anything of this one.
            Case::new("K213", restarted, "--previous").then(before),
            Case::new("K213", restarted, "--previous"),
            // The kubelet will end this run as well.
            Case::new("K213", restarted, "--previous").then(ended_by_it),
        ],
        "unreachable",
    );
}

/// Nothing leads a beginner to another application.
#[test]
fn a_selector_is_not_corrected_to_a_stranger() {
    let lab = Lab::with(|plan| {
        nobody(plan);
        plan.cluster.pod["metadata"]["labels"] = json!({ "tier": "db" });
        spec(plan)["selector"] = json!({ "tier": "web" });
    });
    let report = lab.explain(&["svc/web"]);
    assert_eq!(report.root(), Some("K201"), "{report}");
    assert!(!report.commands("K201").concat().contains("set selector"), "{report}");
    assert!(report.commands("K201")[0].contains("--show-labels"), "{report}");
}

fn proxies(lab: &Lab, second: &str) {
    let path = format!("{PODS}/web-2:8080/proxy/");
    match second {
        "" => lab.server.raw(&path, 200, "text/plain", "hello\n"),
        message => proxy_says(lab, &path, message),
    }
}

#[test]
fn one_of_two_endpoints_that_refuses_is_found() {
    let lab = Lab::healthy();
    two(&lab, |_, _| ());
    proxies(&lab, REFUSED);
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.root(), report.verdict()), (Some("A105"), "degraded"), "{report}");
    assert_eq!(report.finding("A105")["params"]["pods"], json!(["web-2"]));
    assert!(report.commands("A105")[0].contains("logs web-2"), "{report}");
    assert!(lab.server.count(|path| !path.contains("/proxy/")) <= 6, "{:?}", lab.server.paths());
    // Not where nothing may be sent, and not for every line of an overview.
    for arguments in [&["explain", "svc/web", "--no-probe"][..], &["explain"]] {
        lab.server.reset_counters();
        lab.run(arguments);
        assert_eq!(lab.server.count(|path| path.contains("/pods/web-2")), 0, "{arguments:?}");
    }
    // Both answer; or it is the network that is silent.
    for said in ["", "error trying to reach service: dial tcp 10.244.0.6:8080: i/o timeout"] {
        let lab = Lab::healthy();
        two(&lab, |_, _| ());
        proxies(&lab, said);
        let report = lab.explain(&["svc/web"]);
        assert_eq!((report.root(), report.verdict()), (None, "reachable"), "{said}: {report}");
    }
}

/// The road met the bad one by chance, whatever the service proxy met: the next connection
/// may be lucky.
#[test]
fn the_road_may_meet_the_bad_one() {
    let met = |behind: Behind, service: &str, local: bool| {
        let lab = Lab::behind(behind, |plan| {
            if local {
                spec(plan)["externalTrafficPolicy"] = json!("Local");
            }
        });
        two(&lab, |_, _| ());
        proxies(&lab, REFUSED);
        if !service.is_empty() {
            proxy_says(&lab, SERVICE_PROXY, service);
        }
        lab.explain(&["svc/web"])
    };
    for service in ["", REFUSED] {
        let report = met(Behind::Closes, service, false);
        assert_eq!((report.root(), report.verdict()), (Some("A105"), "degraded"), "{report}");
        assert!(!report.codes().contains(&"A101"), "{report}");
        assert!(report.hops("app")[0].to_string().contains("this time the way led"), "{report}");
    }
    // Silence is not the bad one's refusal, and a node may have bad ones only.
    for report in [met(Behind::Silent, REFUSED, false), met(Behind::Closes, REFUSED, true)] {
        assert_eq!((report.root(), report.verdict()), (Some("A105"), "undetermined"), "{report}");
        assert!(!report.hops("app")[0].to_string().contains("this time the way led"), "{report}");
    }
    // What refuses at the published port is the published port.
    assert_ne!(met(Behind::Nobody, REFUSED, false).verdict(), "degraded");
}

#[test]
fn pods_of_another_workload_behind_the_same_selector_are_named() {
    let stranger = |pod: &mut Value, _: &mut Value| {
        pod["metadata"]["labels"].as_object_mut().expect("labels").remove("pod-template-hash");
        pod["metadata"]["ownerReferences"] = json!([{ "kind": "StatefulSet", "name": "db", "controller": true }]);
    };
    let lab = Lab::healthy();
    two(&lab, stranger);
    proxies(&lab, REFUSED);
    let report = lab.explain(&["svc/web"]);
    assert_eq!((report.root(), report.verdict()), (Some("K231"), "degraded"), "{report}");
    assert_eq!(report.finding("K231")["params"]["workload"], "statefulset/db");
    assert!(report.commands("K231")[0].contains("--show-labels"), "{report}");
    // A canary that answers is nobody's fault.
    let lab = Lab::healthy();
    two(&lab, stranger);
    proxies(&lab, "");
    assert_eq!(lab.explain(&["svc/web"]).codes(), Vec::<&str>::new());
}

#[test]
fn a_ready_pod_in_no_slice_is_not_understood() {
    is_root(&[Case::new("K228", nobody, "get endpointslices")], "undetermined");
    let gone: Change = |plan| {
        nobody(plan);
        plan.cluster.pod["spec"]["nodeName"] = json!("gone");
    };
    let report = Case::new("K228", gone, "").run();
    assert_eq!(report.finding("K228")["params"]["nodeMissing"], "gone", "{report}");
    // A family that the Service does not have is another matter.
    let other_family: Change = |plan| {
        nobody(plan);
        plan.cluster.pod["status"]["podIP"] = json!("fd00::5");
    };
    assert!(!Case::new("K228", other_family, "").run().codes().contains(&"K228"));
    is_not(&[Case::new("K228", |_| (), "")], "reachable");
}

#[test]
fn a_named_target_port_may_fit_some_pods_or_another_protocol() {
    let named: Change = |plan| spec(plan)["ports"][0]["targetPort"] = json!("http");
    let unnamed: Then = |lab| {
        let cluster = super::support::Cluster::healthy();
        let mut other = cluster.slice.clone();
        other["metadata"]["name"] = json!("web-other");
        other["ports"] = json!([]);
        other["endpoints"][0]["targetRef"]["name"] = json!("web-2");
        lab.server.list(SLICES, "EndpointSliceList", [cluster.slice, other]);
    };
    is_root(&[Case::new("K229", named, "custom-columns=").then(unnamed)], "degraded");
    is_not(&[Case::new("K229", named, ""), Case::new("K230", named, "")], "reachable");
    let udp: Change = |plan| {
        spec(plan)["ports"][0]["targetPort"] = json!("http");
        plan.cluster.pod["spec"]["containers"][0]["ports"] =
            json!([{ "name": "http", "containerPort": 8080, "protocol": "UDP" }]);
        plan.cluster.slice["ports"] = json!([]);
    };
    is_root(&[Case::new("K230", udp, r#""targetPort":8080"#)], "unreachable");
    is_not(&[Case::new("K206", udp, "")], "unreachable");
    // Declared by a sidecar, that is an init container.
    let sidecar: Change = |plan| {
        udp_declared_by_sidecar(plan);
    };
    is_root(&[Case::new("K230", sidecar, r#""targetPort":9000"#)], "unreachable");
}

fn udp_declared_by_sidecar(plan: &mut Plan) {
    spec(plan)["ports"][0]["targetPort"] = json!("side");
    plan.cluster.pod["spec"]["initContainers"] = json!([{ "name": "proxy", "restartPolicy": "Always",
        "ports": [{ "name": "side", "containerPort": 9000, "protocol": "UDP" }] }]);
    plan.cluster.slice["ports"] = json!([]);
}

/// No Pods, no Deployment, and this instead.
fn only(lab: &Lab, path: &str, kind: &str, mut object: Value) {
    deployment(lab, 1, json!([]));
    lab.server.list(super::DEPLOYMENTS, "DeploymentList", []);
    object["metadata"] = json!({ "name": "web", "namespace": "web", "ownerReferences": object["owners"] });
    object["spec"]["template"] = json!({ "metadata": { "labels": { "app": "web" } } });
    lab.server.list(path, kind, [object]);
}

#[test]
fn every_kind_of_workload_may_have_no_pods() {
    let failed: Then = |lab| {
        only(lab, STATEFULSETS, "StatefulSetList", json!({ "spec": { "replicas": 1 } }));
        let refused = json!({ "type": "Warning", "reason": "FailedCreate", "lastTimestamp": "2026-11-20T10:00:00Z",
            "message": "create Pod web-0 failed error: pods \"web-0\" is forbidden: serviceaccount \"web\" not found",
            "involvedObject": { "kind": "StatefulSet", "name": "web" } });
        lab.server.list(EVENTS, "EventList", [refused]);
    };
    let no_node: Then = |lab| {
        only(lab, DAEMONSETS, "DaemonSetList", json!({ "status": { "desiredNumberScheduled": 0 } }));
    };
    let suspended: Then = |lab| only(lab, JOBS, "JobList", json!({ "spec": { "suspend": true } }));
    let done: Then = |lab| {
        only(lab, JOBS, "JobList", json!({ "status": { "conditions": [{ "type": "Complete", "status": "True" }] } }))
    };
    let quota: Then = |lab| {
        let failure =
            json!([{ "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "quota" }]);
        only(
            lab,
            REPLICASETS,
            "ReplicaSetList",
            json!({ "spec": { "replicas": 2 }, "status": { "conditions": failure } }),
        );
    };
    let scaled: Then = |lab| only(lab, REPLICASETS, "ReplicaSetList", json!({ "spec": { "replicas": 0 } }));
    is_root(
        &[
            Case::new("K203", nobody, "describe statefulset/web").then(failed),
            Case::new("K203", nobody, "describe daemonset/web").then(no_node),
            Case::new("K203", nobody, r#"patch job/web -p {"spec":{"suspend":false}}"#).then(suspended),
            Case::new("K203", nobody, "describe job/web").then(done),
            Case::new("K203", nobody, "describe replicaset/web").then(quota),
            Case::new("K202", nobody, "scale replicaset/web --replicas=1").then(scaled),
        ],
        "unreachable",
    );
    // What a Deployment left behind wants no Pods by design: the labels are to blame.
    let old: Then = |lab| {
        let owners = json!([{ "kind": "Deployment", "name": "web", "controller": true }]);
        only(lab, REPLICASETS, "ReplicaSetList", json!({ "owners": owners, "spec": { "replicas": 0 } }));
    };
    is_not(&[Case::new("K202", nobody, "").then(old)], "unreachable");
    // A list that may not be read: nobody is blamed.
    let forbidden: Then = |lab| {
        only(lab, STATEFULSETS, "StatefulSetList", json!({ "spec": { "replicas": 1 } }));
        lab.server.list(STATEFULSETS, "StatefulSetList", []);
        lab.server.status(DAEMONSETS, 403, "daemonsets.apps is forbidden");
    };
    let report = Case::new("K201", nobody, "").then(forbidden).run();
    assert_eq!(report.codes(), Vec::<&str>::new(), "{report}");
    assert!(report.unobserved().iter().any(|(_, _, settle)| settle.concat().contains("can-i list daemonsets.apps")));
}

/// As many Pods as there may be, the number of reads stays.
#[test]
fn a_namespace_of_five_thousand_pods_costs_the_same_reads() {
    let pods = |selected: bool| {
        let mut pod = super::support::Cluster::healthy().pod;
        if !selected {
            pod["metadata"]["labels"] = json!({ "app": "wbe" });
        }
        (0..5000).map(move |number| {
            pod["metadata"]["name"] = json!(format!("web-{number}"));
            pod.clone()
        })
    };
    let reads = |lab: &Lab| {
        let report = lab.explain(&["svc/web"]);
        (lab.server.count(|path| !path.contains("/proxy/")), report)
    };
    let few = Lab::healthy();
    let many = Lab::healthy();
    many.server.list(PODS, "PodList", pods(true));
    let ((few, _), (many, report)) = (reads(&few), reads(&many));
    assert_eq!(few, many, "{report}");
    assert!(report.hops("selector")[0].to_string().contains("500 Pods or more"), "{report}");
    // The same where the labels are wrong, and every Pod is looked at for a near miss.
    let wrong: Change = |plan| {
        nobody(plan);
        plan.cluster.pod["metadata"]["labels"] = json!({ "app": "wbe" });
        spec(plan)["selector"] = json!({ "app": "web", "tier": "front" });
    };
    let few = Lab::with(wrong);
    let many = Lab::with(wrong);
    many.server.list(PODS, "PodList", pods(false));
    let ((few, _), (many, report)) = (reads(&few), reads(&many));
    assert_eq!(few, many, "{report}");
    assert_eq!(report.finding("K201")["params"]["pods"], 500, "{report}");
}

fn is_healthy(report: &Report) {
    assert_eq!((report.verdict(), report.codes()), ("reachable", Vec::<&str>::new()), "{report}");
}

#[test]
fn an_undeclared_container_port_is_no_fault() {
    is_healthy(&Lab::with(|plan| plan.cluster.pod["spec"]["containers"][0]["ports"] = json!([])).explain(&["svc/web"]));
}

#[test]
fn a_single_endpoint_is_no_fault() {
    let lab = Lab::healthy();
    is_healthy(&lab.explain(&["svc/web"]));
    assert_eq!(lab.server.count(|path| path.contains("/proxy/")), 0, "one endpoint is not asked twice");
}

#[test]
fn endpoints_of_a_service_without_a_selector_are_no_fault() {
    let by_hand = |plan: &mut Plan| {
        spec(plan)["selector"] = json!(null);
        plan.cluster.slice["endpoints"][0].as_object_mut().expect("an endpoint").remove("targetRef");
        let second = plan.cluster.slice["endpoints"][0].clone();
        plan.cluster.slice["endpoints"].as_array_mut().expect("endpoints").push(second);
    };
    is_healthy(&Lab::with(by_hand).explain(&["svc/web"]));
}

#[test]
fn endpoints_without_conditions_are_no_fault() {
    is_healthy(&Lab::with(|plan| plan.cluster.slice["endpoints"][0]["conditions"] = json!({})).explain(&["svc/web"]));
}

#[test]
fn completed_job_pods_behind_the_selector_are_no_fault() {
    let lab = Lab::healthy();
    // It stays in the slice, as seen on 1.34.4.
    two(&lab, |done, endpoint| {
        done["status"]["phase"] = json!("Succeeded");
        done["status"]["conditions"] = json!([{ "type": "Ready", "status": "False", "reason": "PodCompleted" }]);
        endpoint["conditions"] = json!({ "ready": false, "serving": false, "terminating": false });
    });
    let report = lab.explain(&["svc/web"]);
    is_healthy(&report);
    assert!(
        report.hops("pods")[0].to_string().contains("Ready") && !report.hops("pods")[0].to_string().contains("of 2")
    );
}

/// The slice says ready and the Pod says not: one of the two is late, and a request tells.
#[test]
fn a_pod_that_says_not_ready_behind_a_ready_endpoint_does_not_outweigh_an_answer() {
    let doubted = |plan: &mut Plan| {
        plan.cluster.pod["status"]["conditions"] = json!([{ "type": "Ready", "status": "False" }]);
        plan.cluster.pod["status"]["containerStatuses"][0]["ready"] = json!(false);
    };
    let report = Lab::behind(Behind::Hello, doubted).explain(&["svc/web"]);
    assert_eq!((report.verdict(), report.root()), ("reachable", None), "{report}");
    assert_eq!(report.hops("pods")[0]["state"], "unknown", "{report}");
    // Nobody asked: then it is one word against the other.
    let report = Lab::behind(Behind::Hello, doubted).explain(&["svc/web", "--no-probe"]);
    assert_eq!(report.verdict(), "undetermined", "{report}");
    // Its container has ended, and nothing answers: that is why.
    let crashed = |plan: &mut Plan| {
        doubted(plan);
        let status = &mut plan.cluster.pod["status"]["containerStatuses"][0];
        status["state"] = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
        status["restartCount"] = json!(3);
    };
    let lab = Lab::behind(Behind::Closes, crashed);
    lab.server.status(SERVICE_PROXY, 503, REFUSED);
    let report = lab.explain(&["svc/web"]);
    assert_eq!(report.verdict(), "unreachable", "{report}");
    assert!(report.root().is_some_and(|root| root.starts_with("K21")), "{report}");
    assert!(report.hops("pods").iter().any(|hop| hop["finding"].as_str() == report.root()), "{report}");
}

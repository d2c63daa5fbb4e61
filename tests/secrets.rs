//! Secrets: one canary in every place where one can live, all at once, and every output that
//! there is. None may show a single one of them.
//!
//! What netpath keeps is an allow-list of fields; this is what finds a field too many.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests look at the world")]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

use serde_json::{Value, json};
use support::{Behind, Fault, Lab, Output, Plan, World};

/// All of them begin like this; what follows says where it was.
const CANARY: &str = "CANARY-";
/// The same in base64, at each of the three places of a letter in a group.
const ENCODED: [&str; 3] = ["Q0FOQVJZ", "DQU5BUlkt", "NBTkFSWS"];

/// Every output, and the recording among them.
const OUTPUTS: [&[&str]; 7] = [
    &["explain", "svc/web"],
    &["explain", "svc/web", "-v"],
    &["explain", "svc/web", "-o", "json"],
    &["explain", "svc/web", "-o", "yaml"],
    &["explain", "svc/web", "-o", "markdown"],
    &["explain", "-A", "-v"],
    &["env", "-v"],
];

#[track_caller]
fn holds_none(what: &str, text: &str) {
    for sign in std::iter::once(CANARY).chain(ENCODED) {
        if let Some(at) = text.find(sign) {
            let from = text[..at].char_indices().rev().nth(200).map_or(0, |(at, _)| at);
            panic!("{what} shows {}", text[from..].chars().take(400).collect::<String>());
        }
    }
}

#[track_caller]
fn silent(what: &str, output: &Output) {
    holds_none(what, &output.stdout);
    holds_none(what, &output.stderr);
}

/// Answers every request with headers and a body that hold secrets.
fn talkative() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(
                b"HTTP/1.1 302 CANARY-REASON\r\nLocation: http://web/?token=CANARY-LOCATION\r\n\
                  Set-Cookie: session=CANARY-COOKIE\r\nServer: CANARY-SERVER\r\n\r\nCANARY-BODY",
            );
        }
    });
    address
}

/// Entries of every kind of credential, each under a context of its own.
const USERS: &str = "
- name: token-file
  user: {tokenFile: token}
- name: token-file-gone
  user: {tokenFile: gone}
- name: basic
  user: {username: CANARY-USER, password: CANARY-PASSWORD}
- name: certificate
  user: {client-certificate-data: Q0FOQVJZLUNFUlQ=, client-key-data: Q0FOQVJZLUtFWQ==}
- name: certificate-raw
  user: {client-certificate-data: 'CANARY-CERT!', client-key-data: 'CANARY-KEY!'}
- name: certificate-file
  user: {client-certificate: token, client-key: token}
- name: exec
  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: login, args: [--token=CANARY-ARGUMENT], env: [{name: S, value: CANARY-ENV}], interactiveMode: Never}}
- name: exec-fails
  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: refuse, args: [CANARY-ARGUMENT], interactiveMode: Never}}
- name: exec-strange
  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: babble, interactiveMode: Never}}
- name: oidc
  user: {auth-provider: {name: oidc, config: {id-token: CANARY-ID, refresh-token: CANARY-REFRESH, client-secret: CANARY-CLIENT}}}
- name: provider
  user: {auth-provider: {name: gcp, config: {access-token: CANARY-ACCESS}}}
- name: both
  user: {token: CANARY-TOKEN, username: CANARY-USER, password: CANARY-PASSWORD}
- name: types
  user: {token: [CANARY-TOKEN]}
- name: header
  user: {token: \"CANARY-TOKEN\\n\"}
- name: somebody
  user: {token: CANARY-TOKEN, as: me, as-user-extra: {scope: [x]}}
";

/// The kubeconfig of the lab with all of it.
fn kubeconfig(lab: &Lab) -> (String, Vec<String>) {
    let own = fs::read_to_string(lab.world.kubeconfig_path()).expect("a kubeconfig");
    let names: Vec<String> =
        USERS.lines().filter_map(|line| line.strip_prefix("- name: ")).map(str::to_owned).collect();
    let mut contexts: String = names
        .iter()
        .map(|name| format!("- name: {name}\n  context: {{cluster: kind-dev, user: {name}, namespace: web}}\n"))
        .collect();
    let mut all = names;
    let url = lab.server.url();
    let mut clusters = String::new();
    for (name, cluster) in [
        ("proxy", "server: 'https://cluster.invalid:6443', proxy-url: 'http://me:CANARY-PROXY@127.0.0.1:1'".to_owned()),
        (
            "proxy-odd",
            "server: 'https://cluster.invalid:6443', proxy-url: 'ftp://me:CANARY-PROXY@127.0.0.1:1'".to_owned(),
        ),
        ("proxy-broken", "server: 'https://cluster.invalid', proxy-url: 'me:CANARY-PROXY@ 127.0.0.1:1'".to_owned()),
        ("environment", "server: 'https://cluster.invalid:6443'".to_owned()),
        ("owner", format!("server: '{}'", url.replace("://", "://me:CANARY-OWNER@"))),
        ("query", format!("server: '{url}?token=CANARY-QUERY'")),
        ("no-url", "server: 'https://me:CANARY-OWNER@[broken'".to_owned()),
        ("authority", format!("server: '{url}', certificate-authority-data: 'CANARY-CA!'")),
        ("authority-pem", format!("server: '{url}', certificate-authority-data: Q0FOQVJZLUNB")),
    ] {
        clusters += &format!("- name: {name}\n  cluster: {{{cluster}}}\n");
        contexts += &format!("- name: {name}\n  context: {{cluster: {name}, user: kind-dev, namespace: web}}\n");
        all.push(name.to_owned());
    }
    all.push("kind-dev".into());
    let text = own
        .replace("clusters:\n", &format!("clusters:\n{clusters}"))
        .replace("contexts:\n", &format!("contexts:\n{contexts}"))
        .replace(
            "token: CANARY-TOKEN",
            "token: CANARY-TOKEN\n    extensions: [{name: x, extension: {secret: CANARY-EXTENSION}}]",
        );
    (format!("{text}{}", USERS.trim_start_matches('\n')), all)
}

/// A kind cluster, all well but for what makes rules read more, with a secret wherever the
/// API, the engine or a file could have one.
fn lab(change: impl FnOnce(&mut Plan)) -> Lab {
    let door = talkative();
    let mut lab = Lab::behind(Behind::Hello, |plan| {
        change(plan);
        plan.node().publish("30080/tcp", "127.0.0.1", door.port());
        let node = &mut plan.node().0;
        node["Args"] = json!(["--token=CANARY-CONTAINER-ARGS"]);
        node["Config"]["Cmd"] = json!(["server", "--token", "CANARY-CMD"]);
        node["Config"]["Entrypoint"] = json!(["/bin/sh", "-c", "CANARY-ENTRYPOINT"]);
        node["HostConfig"]["LogConfig"] = json!({ "Config": { "splunk-token": "CANARY-LOG" } });
        for object in
            [&mut plan.cluster.service, &mut plan.cluster.pod, &mut plan.cluster.slice, &mut plan.cluster.node]
        {
            object["metadata"]["managedFields"] = json!([{ "manager": "CANARY-MANAGER" }]);
            object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] =
                json!("{\"env\":\"CANARY-LAST-APPLIED\"}");
        }
        let pod = &mut plan.cluster.pod["spec"];
        pod["containers"][0]["command"] = json!(["app", "--password", "CANARY-COMMAND"]);
        pod["containers"][0]["lifecycle"] = json!({ "preStop": { "exec": { "command": ["CANARY-HOOK"] } } });
        pod["containers"][0]["livenessProbe"] = json!({ "exec": { "command": ["curl", "CANARY-LIVENESS"] } });
        pod["imagePullSecrets"] = json!([{ "name": "CANARY-PULL" }]);
    });
    lab.world.file(
        ".docker/config.json",
        r#"{"auths":{"r":{"auth":"CANARY-REGISTRY"}},"HttpHeaders":{"X":"CANARY-HEADER"}}"#,
    );
    fs::write(lab.world.kubeconfig_path().with_file_name("token"), "CANARY-TOKEN-FILE").expect("a token");
    lab.world.stub("login", r#"echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"CANARY-PLUGIN"}}'; echo CANARY-PLUGIN-ERROR >&2"#);
    lab.world.stub("refuse", "echo CANARY-PLUGIN; echo CANARY-PLUGIN-ERROR >&2; exit 1");
    lab.world.stub("babble", "echo 'token: CANARY-PLUGIN'; echo CANARY-PLUGIN-ERROR >&2");
    lab.world.set("HTTPS_PROXY", "http://me:CANARY-HTTPS-PROXY@127.0.0.1:1").set("NO_PROXY", "127.0.0.1");
    for variable in ["KUBE_TOKEN", "AWS_SECRET_ACCESS_KEY", "K3S_TOKEN", "MINIKUBE_TOKEN", "LIMA_SECRET"] {
        lab.world.set(variable, format!("CANARY-{variable}"));
    }
    serve(&lab);
    lab
}

/// Objects beside the path.
fn serve(lab: &Lab) {
    let server = &lab.server;
    let meta = |name: &str, namespace: &str| {
        json!({ "name": name, "namespace": namespace,
        "annotations": { "note": "CANARY-NOTE" }, "labels": {} })
    };
    let config = json!({ "kind": "ConfigMap", "apiVersion": "v1", "metadata": meta("kube-proxy", "kube-system"),
        "data": { "config.conf": "mode: iptables\nclientConnection: {kubeconfig: CANARY-CONF}\n", "kubeconfig.conf": "CANARY-KUBECONFIG-CONF" } });
    server.object("/api/v1/namespaces/kube-system/configmaps/kube-proxy", config);
    let core = json!({ "kind": "ConfigMap", "apiVersion": "v1", "metadata": meta("coredns", "kube-system"), "data": { "Corefile": "CANARY-COREFILE" } });
    server.object("/api/v1/namespaces/kube-system/configmaps/coredns", core);
    let ingress = json!({ "kind": "Ingress", "apiVersion": "networking.k8s.io/v1", "metadata": {
            "name": "web", "namespace": "web", "annotations": { "nginx.ingress.kubernetes.io/auth-secret": "CANARY-AUTH" } },
        "spec": { "ingressClassName": "nginx", "tls": [{ "hosts": ["web.localhost"], "secretName": "web" }],
            "rules": [{ "host": "web.localhost", "http": { "paths": [{ "path": "/", "pathType": "Prefix",
                "backend": { "service": { "name": "web", "port": { "number": 80 } } } }] } }] } });
    server.object("/apis/networking.k8s.io/v1/namespaces/web/ingresses/web", ingress.clone());
    server.list("/apis/networking.k8s.io/v1/namespaces/web/ingresses", "IngressList", [ingress]);
    let event = json!({ "metadata": meta("e", "web"), "reason": "Failed", "type": "Warning",
        "message": "Failed to pull image: Get \"https://me:CANARY-PULL-URL@registry.invalid/v2/\": denied",
        "involvedObject": { "kind": "Pod", "name": "web-6f7d9c5b8-x2x9z", "uid": "x" }, "lastTimestamp": "2026-11-20T10:00:00Z" });
    server.list("/api/v1/namespaces/web/events", "EventList", [event]);
}

/// Runs every output in a context, and its recording as well.
fn all_outputs(world: &World, context: &str) {
    let record = world.home().join("run.yaml");
    let record = record.to_str().expect("a path");
    for output in OUTPUTS {
        let _ = fs::remove_file(record);
        let arguments = [output, &["--context", context, "--record", record]].concat();
        let run = world.run(&arguments);
        let what = format!("{context}: {arguments:?}");
        silent(&what, &run);
        if run.code == 0 {
            let recorded = fs::read_to_string(record).expect("a recording");
            assert!(recorded.contains("kind: Recording"), "{what}");
            holds_none(&format!("the recording of {what}"), &recorded);
        } else {
            assert!(run.stderr.starts_with("error: "), "{what}: {run:?}");
        }
    }
}

#[test]
fn no_credential_of_a_kubeconfig_is_shown() {
    let lab = lab(|_| ());
    let (text, contexts) = kubeconfig(&lab);
    lab.world.kubeconfig(&text);
    for context in &contexts {
        all_outputs(&lab.world, context);
    }
    // All is there, and was used: the plugin ran, and the server was asked.
    assert!(text.matches(CANARY).count() > 20, "{text}");
    assert!(!lab.world.calls("login").is_empty(), "the plugin did not run");
    assert!(lab.server.count(|path| path.contains("/services/web")) > 20);
    for word in ["", "svc/", "web", "-n "] {
        let run = lab.world.run(&["__complete", "explain", word]);
        silent("completion", &run);
    }
}

#[test]
fn nothing_that_rules_read_more_for_is_shown() {
    let not_ready: fn(&mut Plan) = |plan| {
        plan.cluster.pod["status"]["conditions"] = json!([{ "type": "Ready", "status": "False" }]);
        plan.cluster.pod["status"]["containerStatuses"][0]["ready"] = json!(false);
        plan.cluster.slice["endpoints"][0]["conditions"] = json!({ "ready": false });
    };
    let no_image: fn(&mut Plan) = |plan| {
        plan.cluster.pod["status"] = json!({ "phase": "Pending", "conditions": [{ "type": "Ready", "status": "False",
                "message": "https://me:CANARY-CONDITION@registry.invalid" }],
            "containerStatuses": [{ "name": "app", "ready": false, "restartCount": 3, "state": { "waiting": { "reason": "ErrImagePull",
                "message": "Get \"https://me:CANARY-IMAGE@registry.invalid/v2/\": denied" } },
                "lastState": { "terminated": { "exitCode": 1, "reason": "Error", "message": "password=CANARY-TERMINATION" } } }] });
        plan.cluster.slice["endpoints"] = json!([]);
    };
    let exited: fn(&mut Plan) = |plan| plan.node_is("exited");
    let unpublished: fn(&mut Plan) = Plan::unpublish;
    for change in [not_ready, no_image, exited, unpublished] {
        all_outputs(&lab(change).world, "kind-dev");
    }
    let lab = lab(|_| ());
    silent("an Ingress", &lab.world.run(&["explain", "ing/web", "-v", "-o", "json"]));
    assert_eq!(lab.server.count(|path| path.contains("/secrets?")), 0, "Secrets are nobody's business");
}

/// An API server, or what stands in its place, that says back what it was sent.
#[test]
fn what_a_server_says_back_is_not_shown() {
    for code in [401, 403, 404, 500, 503] {
        let lab = lab(|_| ());
        let message = "invalid bearer token CANARY-TOKEN, see https://me:CANARY-STATUS@idp.invalid";
        for path in ["services/web", "services", "pods", "endpoints"] {
            lab.server.status(&format!("/api/v1/namespaces/web/{path}"), code, message);
        }
        lab.server.status("/api/v1/nodes", code, message);
        lab.server.raw("/api/v1/namespaces/web/services/web:80/proxy/", 302, "text/html", "CANARY-PROXIED");
        all_outputs(&lab.world, "kind-dev");
    }
    let lab = Lab::broken(Fault::LoginPage, |_| ());
    silent("a login page", &lab.run(&["explain", "svc/web", "-v"]));
}

/// Errors name a place and a reason, and nothing that stands there.
#[test]
fn a_broken_kubeconfig_is_not_quoted() {
    let world = World::new();
    for text in [
        "users:\n- name: u\n  user:\n    token: CANARY-A\n   password: CANARY-B\n",
        "users:\n- name: u\n  user: {token: \"CANARY-A\n",
        "token: &CANARY-A x\nuser: *CANARY-B\n",
        "users: CANARY-A\ncurrent-context: x\ncontexts: [CANARY-B]\n",
        "kind: CANARY-A\n",
        "apiVersion: CANARY-A\n",
        "\"CANARY-A\"\n",
        "? [CANARY-A]\n: b\n",
        "a: !!binary CANARY-A\n",
        "- CANARY-A\n- b: {\n",
        "CANARY-A: 1\nCANARY-A: 2\n\tCANARY-B: 3\n",
        "a: \"\\xZZ CANARY-A\"\n",
        "a: &a [CANARY-A, *a]\n",
    ] {
        world.kubeconfig(text);
        for arguments in [&["explain", "svc/web", "-v"][..], &["env", "-o", "json"], &["__complete", "explain", ""]] {
            let run = world.run(arguments);
            assert!(run.code != 0 || arguments[0] == "__complete", "{run:?}");
            silent(text, &run);
        }
    }
    fs::write(world.kubeconfig_path(), b"users:\n- CANARY-A\xff\n").expect("a kubeconfig");
    silent("no UTF-8", &world.run(&["env"]));
    silent("a recording", &world.run(&["explain", "--replay", world.kubeconfig_path().to_str().expect("a path")]));
    silent("a flag", &world.run(&["env", "--token=CANARY-FLAG", "--server=https://me:CANARY-SERVER@127.0.0.1:1"]));
    silent("a flag in vain", &world.run(&["env", "--token", "CANARY-FLAG", "--no-such-flag"]));
}

/// An engine that complains, in words that hold what its address holds (docker/cli prints
/// `Cannot connect to the Docker daemon at DOCKER_HOST`).
#[test]
fn what_an_engine_complains_about_is_not_shown() {
    for (address, words) in [
        (
            "tcp://me:CANARY-DOCKER@127.0.0.1:1",
            "Cannot connect to the Docker daemon at tcp://me:CANARY-DOCKER@127.0.0.1:1. Is it running?",
        ),
        (
            "tcp://me:CANARY-DOCKER@192.0.2.1:2376",
            "error during connect: Get \"https://me:CANARY-DOCKER@192.0.2.1:2376/v1\": EOF",
        ),
        ("ssh://me:CANARY-DOCKER@192.0.2.1", "error"),
    ] {
        let mut lab = lab(|_| ());
        lab.world.set("DOCKER_HOST", address).set("CONTAINER_HOST", address);
        for tool in ["docker", "podman", "nerdctl"] {
            lab.world.stub(tool, &format!("echo '{words}' >&2\nexit 1"));
        }
        all_outputs(&lab.world, "kind-dev");
    }
}

/// minikube's and Lima's files, and the command lines of others.
#[test]
fn what_tools_write_down_is_not_shown() {
    let mut lab = lab(|_| ());
    let own = fs::read_to_string(lab.world.kubeconfig_path()).expect("a kubeconfig");
    let home = lab.world.home();
    let config = json!({ "Name": "dev", "Driver": "docker", "EmbedCerts": true, "RegistryMirror": ["https://me:CANARY-MIRROR@r"],
        "DockerEnv": ["HTTP_PROXY=http://me:CANARY-DOCKER-ENV@p"], "SSHKey": "CANARY-SSH-KEY", "CustomAddonImages": { "a": "CANARY-IMAGE" },
        "KubernetesConfig": { "ClusterName": "dev", "ExtraOptions": [{ "Component": "apiserver", "Key": "token", "Value": "CANARY-OPTION" }] },
        "Nodes": [{ "Name": "", "IP": "192.168.49.2", "Port": 8443 }], "Addons": { "registry-creds": true } });
    lab.world.file(".minikube/profiles/dev/config.json", &config.to_string());
    lab.world.file(".minikube/config/config.json", r#"{"profile":"dev","secret":"CANARY-CONFIG"}"#);
    lab.world.file(".minikube/machines/dev/id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\nCANARY-PRIVATE\n");
    lab.world.file(
        ".minikube/tunnels.json",
        r#"[{"Route":{"Gateway":"192.168.49.2"},"MachineName":"dev","Pid":1,"Secret":"CANARY-TUNNEL"}]"#,
    );
    lab.world.file(
        ".colima/default/colima.yaml",
        "env:\n  portForwarder: CANARY-COLIMA\n  TOKEN: CANARY-COLIMA\nportForwarder: ssh\n",
    );
    let status = json!({ "Name": "dev", "Host": "Running", "Kubelet": "Running", "APIServer": "Running", "Kubeconfig": "Configured", "DockerEnv": "CANARY-STATUS" });
    lab.world.stub("minikube", &format!("echo '{status}'; echo CANARY-MINIKUBE >&2"));
    let vm = json!({ "name": "default", "hostname": "lima-default", "status": "Running", "sshLocalPort": 1, "IdentityFile": "CANARY-IDENTITY",
        "config": { "env": { "TOKEN": "CANARY-LIMA-ENV" }, "provision": [{ "script": "CANARY-PROVISION" }], "param": { "a": "CANARY-PARAM" }, "portForwards": [] } });
    lab.world.stub("limactl", &format!("echo '{vm}'; echo CANARY-LIMACTL >&2"));
    // The command line of somebody else, while all of this runs.
    let mut other = std::process::Command::new("/bin/sh")
        .args(["-c", "sleep 60; :", "minikube", "--token=CANARY-PROCESS"])
        .spawn()
        .expect("a process");
    for (context, certificate, provider) in [
        ("dev", format!("{}/.minikube/profiles/dev/client.crt", home.display()), "minikube.sigs.k8s.io"),
        ("colima", String::new(), ""),
        ("default", String::new(), ""),
    ] {
        let mut text = own.replace("kind-dev", context);
        if !certificate.is_empty() {
            text = text.replace(
                "token: CANARY-TOKEN",
                &format!("token: CANARY-TOKEN\n    client-certificate: {certificate}\n    client-key: {certificate}"),
            );
            text = text.replace("    server:", &format!("    extensions: [{{name: c, extension: {{provider: {provider}, secret: CANARY-EXT}}}}]\n    server:"));
        }
        lab.world.kubeconfig(&text);
        all_outputs(&lab.world, context);
    }
    let _ = other.kill();
    let _ = other.wait();
    // The API server is gone: minikube itself is asked.
    let Lab { server, world, .. } = &mut lab;
    drop(std::mem::replace(server, support::ApiServer::start(Fault::Refuse)));
    all_outputs(world, "default");
}

/// The test sees what it looks for.
#[test]
fn a_canary_that_is_shown_is_found() {
    let shown = |text: &'static str| std::panic::catch_unwind(|| holds_none("a text", text)).is_err();
    assert!(shown("a CANARY-X b"));
    for (at, text) in ["CANARY-X", "xCANARY-X", "xxCANARY-X"].into_iter().enumerate() {
        let encoded = base64(text.as_bytes());
        assert!(ENCODED.iter().any(|sign| encoded.contains(sign)), "{at}: {encoded}");
    }
    assert!(!shown("a b"));
    let _: Value = json!(null);
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let number = three.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        (0..4).map(|at| char::from(LETTERS[(number >> (18 - 6 * at) & 63) as usize])).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

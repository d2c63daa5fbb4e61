//! The test server and the test world keep their word.

#![allow(clippy::disallowed_methods, reason = "tests look at the world")]

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::{Method, Request, Version, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use k8s_openapi::List;
use k8s_openapi::api::core::v1::{Node, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use netpath::ask::Raw;
use netpath::observe::api::Api;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use support::{ApiServer, Big, CANARIES, Cluster, Fault, Names, TOKEN, World, healthy};

const SERVICE: &str = "/api/v1/namespaces/web/services/web";
const PODS: &str = "/api/v1/namespaces/web/pods";

/// What a client gets, or every cause of its error in one line.
type Got = Result<Reply, String>;

#[derive(Debug)]
struct Reply {
    status: u16,
    version: Version,
    retry_after: bool,
    body: Vec<u8>,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

struct Caller {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    url: String,
}

impl Caller {
    fn new(server: &ApiServer, http2: bool) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(server.ca_pem().as_bytes()).expect("PEM")).expect("a CA");
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new().with_tls_config(config).https_only();
        let connector = if http2 { connector.enable_http2().build() } else { connector.enable_http1().build() };
        let client = Client::builder(TokioExecutor::new()).http2_only(http2).build(connector);
        Self { client, url: server.url() }
    }

    async fn send(&self, method: Method, path: &str, token: &str) -> Got {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Empty::new())
            .expect("a request");
        let response = self.client.request(request).await.map_err(causes)?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(causes)?.to_bytes().to_vec();
        let retry_after = head.headers.contains_key(header::RETRY_AFTER);
        Ok(Reply { status: head.status.as_u16(), version: head.version, retry_after, body })
    }

    async fn get(&self, path: &str) -> Got {
        self.send(Method::GET, path, TOKEN).await
    }
}

fn causes(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let limit = Duration::from_secs(10);
    runtime.block_on(async { tokio::time::timeout(limit, work).await.expect("an end within 10 s") })
}

fn get(server: &ApiServer, path: &str) -> Got {
    let caller = Caller::new(server, true);
    wait(caller.get(path))
}

/// Whether there is still no answer after a while.
fn hangs(server: &ApiServer, path: &str) -> bool {
    let caller = Caller::new(server, true);
    wait(async { tokio::time::timeout(Duration::from_millis(300), caller.get(path)).await.is_err() })
}

#[test]
fn http2_is_negotiated_and_everything_is_counted() {
    let server = ApiServer::start(Fault::None);
    healthy(&server);
    server.delay(Duration::from_millis(100));
    let caller = Caller::new(&server, true);
    let begin = Instant::now();
    wait(async {
        let (service, pods) = tokio::join!(caller.get(SERVICE), caller.get(PODS));
        assert_eq!(service.unwrap().version, Version::HTTP_2);
        assert_eq!(pods.unwrap().status, 200);
        let (slices, nodes, nothing) = tokio::join!(
            caller.get("/apis/discovery.k8s.io/v1/endpointslices?limit=500"),
            caller.get("/api/v1/nodes"),
            caller.get("/api/v1/namespaces/web/services/nothing"),
        );
        assert_eq!([slices, nodes, nothing].map(|got| got.unwrap().status), [200, 200, 404]);
    });
    assert_eq!((server.tcp(), server.tls(), server.waves()), (1, 1, 2));
    let requests = server.requests();
    assert_eq!(requests.iter().map(|request| request.wave).collect::<Vec<_>>(), [1, 1, 2, 2, 2]);
    assert!(requests.iter().all(|request| request.version == Version::HTTP_2 && request.method == "GET"));
    assert!(requests[2].at - begin >= Duration::from_millis(100));
    assert!(server.paths().contains(&"/apis/discovery.k8s.io/v1/endpointslices?limit=500".to_string()));
    assert_eq!(server.count(|path| path == SERVICE), 1);
    assert!(server.body_bytes() > 10_000);

    server.reset_counters();
    wait(Caller::new(&server, true).get(SERVICE)).unwrap();
    assert_eq!((server.tcp(), server.tls(), server.waves(), server.paths().len()), (1, 1, 1, 1));
}

#[test]
fn a_chain_of_requests_is_as_many_waves() {
    let server = ApiServer::start(Fault::None);
    healthy(&server);
    let caller = Caller::new(&server, true);
    wait(async {
        for _ in 0..4 {
            caller.get(SERVICE).await.unwrap();
        }
    });
    assert_eq!((server.waves(), server.tcp()), (4, 1));
}

/// The keys of kubeadm; the others of these tests are those of k3s.
#[test]
fn certificates_can_be_of_rsa() {
    for (fault, long) in [(Fault::Rsa, true), (Fault::None, false)] {
        let server = ApiServer::start(fault);
        healthy(&server);
        let reply = wait(Caller::new(&server, true).get(SERVICE)).unwrap();
        assert_eq!((reply.status, reply.version), (200, Version::HTTP_2));
        // A key of 2048 bits and a signature of as many are in it.
        assert_eq!(CertificateDer::from_pem_slice(server.ca_pem().as_bytes()).expect("PEM").len() > 600, long);
    }
}

#[test]
fn a_big_cluster_is_paged_through() {
    let server = ApiServer::start(Fault::None);
    let big = Big { services: 25, pods: 2, nodes: 3, namespaces: 4, managed: false };
    big.serve(&server);
    let caller = Caller::new(&server, true);
    let names = |list: &str| {
        let (mut names, mut token) = (Vec::new(), String::new());
        loop {
            let page = wait(caller.get(&format!("{list}?limit=7&continue={token}"))).unwrap().json();
            let items = page["items"].as_array().expect("items").clone();
            assert!(items.len() <= 7);
            names.extend(items.iter().map(|item| item["metadata"]["name"].to_string()));
            match page["metadata"]["continue"].as_str() {
                Some(next) => token = next.replace('+', "%2B"),
                None => break names,
            }
        }
    };
    for (list, count) in [("/api/v1/services", 26), ("/api/v1/pods", 51), ("/api/v1/nodes", 4)] {
        let mut names = names(list);
        assert_eq!(names.len(), count, "{list}");
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "{list}");
    }
    let spaces: usize = (0..4).map(|at| names(&format!("/api/v1/namespaces/team-0{at}/pods")).len() - 1).sum();
    assert_eq!(spaces, 50);
    let web = wait(caller.get("/api/v1/namespaces/web/pods?limit=500&labelSelector=app%3Dweb")).unwrap().json();
    assert_eq!(web["items"].as_array().map(Vec::len), Some(1));
    serde_json::from_value::<List<Pod>>(wait(caller.get("/api/v1/pods")).unwrap().json()).expect("Pods");
    let slices = wait(caller.get("/apis/discovery.k8s.io/v1/endpointslices")).unwrap().json();
    serde_json::from_value::<List<EndpointSlice>>(slices).expect("slices");
    serde_json::from_value::<List<Service>>(wait(caller.get("/api/v1/services")).unwrap().json()).expect("Services");
}

#[test]
fn http1_is_spoken_too() {
    for fault in [Fault::None, Fault::NoHttp2] {
        let server = ApiServer::start(fault);
        healthy(&server);
        let reply = wait(Caller::new(&server, false).get(SERVICE)).unwrap();
        assert_eq!((reply.status, reply.version), (200, Version::HTTP_11));
        assert_eq!(reply.json()["kind"], "Service");
    }
    let error = get(&ApiServer::start(Fault::NoHttp2), SERVICE).unwrap_err();
    assert!(!error.is_empty());
}

#[test]
fn the_kubeconfig_leads_to_the_server() {
    let server = ApiServer::start(Fault::None);
    healthy(&server);
    let names = Names { namespace: "shop".into(), ..Names::kind("dev") };
    for (text, context, namespace) in
        [(server.kubeconfig(), "test", "web"), (server.kubeconfig_named(&names), "kind-dev", "shop")]
    {
        let kubeconfig = kube::config::Kubeconfig::from_yaml(&text).unwrap();
        assert_eq!(kubeconfig.current_context.as_deref(), Some(context));
        wait(async {
            let options = kube::config::KubeConfigOptions::default();
            let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
            assert_eq!(config.default_namespace, namespace);
            let api = Api::new(config).unwrap();
            let Ok(Some(Raw::Http { status: 200, body })) = api.get(PODS, Duration::from_secs(3)).await else {
                panic!("no list");
            };
            let list: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
        });
    }
}

#[test]
fn lists_select_and_page_like_the_real_ones() {
    let server = ApiServer::start(Fault::None);
    let pod = |name: String, app: &str| json!({ "kind": "Pod", "apiVersion": "v1", "metadata": { "name": name, "labels": { "app": app } } });
    let app = |index| if index % 2 == 0 { "even" } else { "odd" };
    server.list(PODS, "PodList", (0..5).map(|index| pod(format!("p{index}"), app(index))));
    let names = |query: &str| {
        let list = get(&server, &format!("{PODS}{query}")).unwrap().json();
        let items = list["items"].as_array().cloned().unwrap_or_default();
        assert!(items.iter().all(|item| item.get("kind").is_none()), "items carry no kind");
        let names: Vec<String> = items.iter().map(|item| item["metadata"]["name"].as_str().unwrap().into()).collect();
        (names.join(" "), list)
    };
    let (all, list) = names("");
    assert_eq!((all.as_str(), &list["kind"], &list["apiVersion"]), ("p0 p1 p2 p3 p4", &json!("PodList"), &json!("v1")));
    assert_eq!(names("?labelSelector=app%3Dodd").0, "p1 p3");
    assert_eq!(names("?labelSelector=app%3Dodd%2Cmissing").0, "");
    assert_eq!(names("?fieldSelector=metadata.name%3Dp4&limit=500").0, "p4");
    let (first, list) = names("?limit=2&labelSelector=app%3Deven");
    assert_eq!((first.as_str(), &list["metadata"]["continue"]), ("p0 p2", &json!("2/+=")));
    let (last, list) = names("?limit=2&labelSelector=app%3Deven&continue=2%2F%2B%3D");
    assert_eq!((last.as_str(), list["metadata"].get("continue")), ("p4", None));
    assert_eq!(get(&server, &format!("{PODS}?labelSelector=a%20notin%20%28b%29")).unwrap().status, 400);
    assert_eq!(names("?labelSelector=app%20in%20%28odd%2Cnone%29").0, "p1 p3");
    assert_eq!(get(&server, &format!("{PODS}?continue=2%2F")).unwrap().status, 400);
}

#[test]
fn errors_are_status_objects() {
    let server = ApiServer::start(Fault::None);
    healthy(&server);
    server.status(PODS, 403, "pods is forbidden: User \"test\" cannot list resource \"pods\"");
    server.status("/api/v1/nodes", 429, "slow down");
    let said = |path: &str| {
        let reply = get(&server, path).unwrap();
        let status = reply.json();
        assert_eq!((&status["kind"], &status["code"]), (&json!("Status"), &json!(reply.status)));
        (reply.status, status["reason"].as_str().unwrap().to_string(), reply.retry_after)
    };
    assert_eq!(said("/api/v1/namespaces/web/services/web2"), (404, "NotFound".into(), false));
    assert_eq!(said("/nowhere"), (404, "NotFound".into(), false));
    assert_eq!(said(PODS), (403, "Forbidden".into(), false));
    assert_eq!(said("/api/v1/nodes?limit=500"), (429, "TooManyRequests".into(), true));
    let message = get(&server, "/apis/apps/v1/namespaces/a/deployments/b").unwrap().json();
    assert_eq!(message["message"], "deployments.apps \"b\" not found");

    let caller = Caller::new(&server, true);
    assert_eq!(wait(caller.send(Method::GET, SERVICE, "another")).unwrap().status, 401);
    assert_eq!(wait(Caller::new(&server, true).send(Method::DELETE, SERVICE, TOKEN)).unwrap().status, 405);
}

#[test]
fn the_longest_path_answers() {
    let server = ApiServer::start(Fault::None);
    server.raw("/a", 200, "text/plain", "alone");
    server.raw("/a?x=1", 200, "text/plain", "with x");
    let body = |path: &str| String::from_utf8(get(&server, path).unwrap().body).unwrap();
    assert_eq!(body("/a?y=2"), "alone");
    assert_eq!(body("/a?x=1&y=2"), "with x");
    server.raw("/a", 200, "text/plain", "changed");
    assert_eq!(body("/a"), "changed");
    assert!(body("/a/b").contains("NotFound"));
}

#[test]
fn refuse_refuses_and_keeps_the_port() {
    let server = ApiServer::start(Fault::Refuse);
    for _ in 0..3 {
        assert_eq!(TcpStream::connect(server.address()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    }
    assert!(get(&server, SERVICE).unwrap_err().contains("onnect"));
    assert_eq!((server.tcp(), server.tls(), server.requests().len()), (0, 0, 0));
}

#[test]
fn hang_accepts_and_is_silent() {
    let server = ApiServer::start(Fault::Hang);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let kind = stream.read(&mut [0; 1]).unwrap_err().kind();
    assert!(matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{kind:?}");
    assert!(hangs(&server, SERVICE));
    assert_eq!((server.tcp(), server.tls(), server.requests().len()), (2, 0, 0));
}

#[test]
fn reset_resets() {
    let server = ApiServer::start(Fault::Reset);
    // A reset can be as early as the connect's return.
    let kind = TcpStream::connect(server.address()).and_then(|mut stream| stream.read(&mut [0; 1])).unwrap_err().kind();
    assert_eq!(kind, ErrorKind::ConnectionReset);
    get(&server, SERVICE).unwrap_err();
    assert_eq!((server.tcp() >= 2, server.tls(), server.requests().len()), (true, 0, 0));
}

#[test]
fn hang_after_tls_finishes_the_handshake() {
    let server = ApiServer::start(Fault::HangAfterTls);
    assert!(hangs(&server, SERVICE));
    assert_eq!((server.tcp(), server.tls(), server.requests().len()), (1, 1, 0));
}

#[test]
fn a_status_for_everything() {
    for (code, reason, retry_after) in [
        (401, "Unauthorized", false),
        (403, "Forbidden", false),
        (429, "TooManyRequests", true),
        (500, "InternalError", false),
        (503, "ServiceUnavailable", true),
    ] {
        let server = ApiServer::start(Fault::Status(code));
        healthy(&server);
        let reply = get(&server, SERVICE).unwrap();
        assert_eq!((reply.status, reply.retry_after), (code, retry_after));
        assert_eq!((&reply.json()["reason"], &reply.json()["code"]), (&json!(reason), &json!(code)));
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn a_cut_body_ends_in_an_error() {
    for http2 in [true, false] {
        let server = ApiServer::start(Fault::CutBody);
        healthy(&server);
        let caller = Caller::new(&server, http2);
        let error = wait(caller.get(SERVICE)).unwrap_err();
        assert!(error.contains("a body") && error.contains("peer closed connection"), "{error}");
        assert_eq!(server.paths(), [SERVICE]);
        assert!((100..2000).contains(&server.body_bytes()), "half of it was sent");
    }
}

#[test]
fn bad_json_is_none() {
    let server = ApiServer::start(Fault::BadJson);
    let reply = get(&server, SERVICE).unwrap();
    assert_eq!(reply.status, 200);
    assert!(serde_json::from_slice::<Value>(&reply.body).is_err());
}

#[test]
fn wrong_certificates_are_told_apart() {
    // Both CAs have the same name, as the CAs of two kind clusters have: the signature does not fit.
    for (fault, word) in [(Fault::WrongCertificate, "BadSignature"), (Fault::WrongName, "not valid for")] {
        let server = ApiServer::start(fault);
        let error = get(&server, SERVICE).unwrap_err();
        assert!(error.contains(word), "{error}");
        assert_eq!((server.tls() >= 1, server.requests().len()), (true, 0));
    }
}

#[test]
fn not_kubernetes_says_hello() {
    let server = ApiServer::start(Fault::NotKubernetes);
    let reply = wait(Caller::new(&server, true).send(Method::GET, "/any/where", "none")).unwrap();
    assert_eq!((reply.status, reply.body.as_slice()), (200, b"hello\n".as_slice()));
}

#[test]
fn one_path_may_be_broken_or_slow_alone() {
    let server = ApiServer::start(Fault::None);
    healthy(&server);
    server.fault(PODS, Fault::Hang);
    server.fault("/api/v1/nodes", Fault::Status(500));
    server.delay_of(SERVICE, Duration::from_millis(150));
    assert!(hangs(&server, &format!("{PODS}?limit=500")));
    assert_eq!(get(&server, "/api/v1/nodes").unwrap().status, 500);
    let begin = Instant::now();
    assert_eq!(get(&server, SERVICE).unwrap().status, 200);
    assert!(begin.elapsed() >= Duration::from_millis(150));
    server.fault(PODS, Fault::None);
    assert_eq!(get(&server, PODS).unwrap().status, 200);
}

#[test]
fn the_healthy_cluster_is_what_kubernetes_would_send() {
    let server = ApiServer::start(Fault::None);
    let mut cluster = Cluster::healthy();
    cluster.serve(&server);
    fn read<T: serde::de::DeserializeOwned>(object: &Value) -> T {
        T::deserialize(object).expect("the object decodes")
    }
    let (service, slice): (Service, EndpointSlice) = (read(&cluster.service), read(&cluster.slice));
    let (pod, node): (Pod, Node) = (read(&cluster.pod), read(&cluster.node));
    let endpoint = &slice.endpoints.as_ref().unwrap()[0];
    let port = &service.spec.as_ref().unwrap().ports.as_ref().unwrap()[0];
    assert_eq!((port.port, port.node_port), (80, Some(30080)));
    assert_eq!(endpoint.target_ref.as_ref().unwrap().name, pod.metadata.name);
    assert_eq!(endpoint.addresses, [pod.status.unwrap().pod_ip.unwrap()]);
    assert_eq!(endpoint.node_name, node.metadata.name);
    assert_eq!(service.spec.unwrap().selector.unwrap()["app"], pod.metadata.labels.unwrap()["app"]);
    for object in [&cluster.service, &cluster.slice, &cluster.pod, &cluster.node] {
        assert!(object["metadata"]["managedFields"].is_array());
    }

    let selector = "labelSelector=kubernetes.io%2Fservice-name%3Dweb";
    let slices = get(&server, &format!("/apis/discovery.k8s.io/v1/namespaces/web/endpointslices?{selector}")).unwrap();
    assert_eq!(slices.json()["items"].as_array().unwrap().len(), 1);
    let proxied = get(&server, "/api/v1/namespaces/web/services/web:80/proxy/").unwrap();
    assert_eq!((proxied.status, proxied.body.as_slice()), (200, b"hello\n".as_slice()));
    let all = [&cluster.service, &cluster.pod, &cluster.node].map(ToString::to_string).concat() + &server.kubeconfig();
    for canary in CANARIES {
        assert!(all.contains(canary), "{canary}");
    }

    cluster.service["spec"]["ports"][0]["nodePort"] = json!(31234);
    cluster.serve(&server);
    assert_eq!(get(&server, SERVICE).unwrap().json()["spec"]["ports"][0]["nodePort"], 31234);
}

#[test]
#[cfg(unix)]
fn a_world_holds_its_stubs_and_nothing_else() {
    let mut world = World::with(&ApiServer::start(Fault::Refuse));
    world.file(".kube/extra", "here");
    world.set("EXTRA", "1");
    world.stub(
        "docker",
        "[ -f \"$KUBECONFIG\" ] && [ -f .kube/extra ] || exit 1\n\
         echo \"$HOME $PATH ${TERM-no-term} ${USER-no-user} $EXTRA\"\necho oops >&2\nexit 3",
    );
    let output = world.run_program(&world.bin().join("docker"), &["container", "inspect", "x y"]);
    let (home, bin) = (world.home(), world.bin());
    assert_eq!(output.stdout, format!("{} {} no-term no-user 1\n", home.display(), bin.display()));
    assert_eq!((output.code, output.stderr.as_str()), (3, "oops\n"));
    assert!(output.elapsed < Duration::from_secs(10));
    assert_eq!(world.calls("docker"), ["container inspect x y"]);
    assert!(world.calls("podman").is_empty());
}

#[test]
#[cfg(unix)]
fn a_run_without_end_is_killed_and_shown() {
    let begin = Instant::now();
    let panic = std::panic::catch_unwind(|| {
        let mut world = World::new();
        world.limit(Duration::from_millis(300));
        world.stub("kind", "echo so far\nwhile :; do :; done");
        world.run_program(&world.bin().join("kind"), &[]);
    });
    let message = panic.unwrap_err();
    let message = message.downcast_ref::<String>().unwrap();
    assert!(message.contains("did not end in 300ms") && message.contains("so far"), "{message}");
    assert!(begin.elapsed() < Duration::from_secs(10));
}

#[test]
fn the_binary_runs() {
    let output = World::new().run(&["--version"]);
    assert_eq!(output.code, 0, "{output:?}");
}

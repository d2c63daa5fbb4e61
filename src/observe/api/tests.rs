//! Against real sockets on loopback.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as StdMutex};
use std::thread;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

const LIMIT: Duration = Duration::from_secs(3);

/// Serves each connection with `serve`, and counts them.
fn serve(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, count) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let (counter, serve) = (count.clone(), Arc::new(serve));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            counter.fetch_add(1, Ordering::SeqCst);
            let serve = serve.clone();
            thread::spawn(move || serve(stream));
        }
    });
    (address, count)
}

fn config(url: &str) -> kube::Config {
    let mut config = kube::Config::new(url.parse().unwrap());
    config.connect_timeout = Some(Duration::from_secs(1));
    config.default_retry = false;
    config
}

fn plain(answer: &'static [u8]) -> kube::Config {
    let (address, _) = serve(move |mut stream| {
        let mut request = [0; 4096];
        if stream.read(&mut request).is_ok() {
            let _gone = stream.write_all(answer);
        }
    });
    config(&format!("http://{address}"))
}

async fn get(config: kube::Config) -> Result<(u16, Vec<u8>), Why> {
    match Api::new(config)?.get("/version", LIMIT).await? {
        Some(Raw::Http { status, body }) => Ok((status, body)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn any_status_is_an_answer() {
    for (answer, wanted) in [
        (&b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"[..], 200),
        (b"HTTP/1.1 301 Moved\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\n{}", 301),
        (b"HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\n{}", 401),
        (b"HTTP/1.1 429 Slow\r\nRetry-After: 9\r\nContent-Length: 2\r\n\r\n{}", 429),
        (b"HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\n{}", 503),
    ] {
        assert_eq!(get(plain(answer)).await, Ok((wanted, b"{}".to_vec())));
    }
}

#[tokio::test]
async fn each_way_to_fail_has_its_own_name() {
    let cut = get(plain(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")).await;
    assert!(matches!(cut, Err(Why::ConnectionClosed { .. })), "{cut:?}");
    let closed = get(plain(b"")).await;
    assert!(matches!(closed, Err(Why::ConnectionClosed { .. })), "{closed:?}");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(get(config(&format!("http://{free}"))).await, Err(Why::Refused));
    // A label may have 63 letters: this one fails before any resolver is asked.
    let host = "n".repeat(64);
    let unknown = get(config(&format!("http://{host}:1"))).await;
    assert_eq!(unknown, Err(Why::NameNotResolved { host }));
    let no_tls = plain(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let no_tls = get(config(&no_tls.cluster_url.to_string().replace("http:", "https:"))).await;
    assert_eq!(no_tls, Err(Why::Certificate { detail: "the server does not speak TLS".into() }));
}

#[tokio::test]
async fn a_server_that_speaks_and_makes_no_sense_is_not_gone() {
    for junk in [&b"SSH-2.0-OpenSSH_9.9\r\n"[..], b"HTTP/1.1 two hundred\r\n\r\n", b"HTTP/1.1 200 OK\r\n: \r\n\r\n"] {
        assert_eq!(get(plain(junk)).await, Err(Why::Unreadable { detail: "not HTTP".into() }));
    }
    let authority = authority();
    let words = b"\x1b[31mc4n4ry";
    for (kind, reason, wanted) in [
        (3, 1, Some("unspecific protocol error detected")),
        (3, 13, Some("endpoint requires HTTP/1.1")),
        (7, 11, Some("detected excessive load generating behavior")),
        // A server that ends in good order.
        (7, 0, None),
    ] {
        let tls = authority.server("127.0.0.1", false);
        let (address, _) = serve(move |stream| {
            let mut stream = StreamOwned::new(ServerConnection::new(tls.clone()).unwrap(), stream);
            stream.read_exact(&mut [0; 24]).unwrap();
            // RST_STREAM is for the first stream; GOAWAY, for the connection, has words at its end.
            let last = [0; 4];
            let (id, payload) = match kind {
                3 => (1, u32::to_be_bytes(reason).to_vec()),
                _ => (0, [&last[..], &u32::to_be_bytes(reason), words].concat()),
            };
            stream.write_all(&frame(4, 0, 0, &[])).unwrap();
            // Not before the request is there: a stream that is idle cannot be reset.
            let mut seen = Vec::new();
            while !seen.windows(4).any(|window| window == b"\x00\x00\x00\x01") {
                let mut more = [0; 4096];
                let read = stream.read(&mut more).unwrap();
                seen.extend_from_slice(&more[..read]);
            }
            stream.write_all(&frame(kind, 0, id, &payload)).unwrap();
        });
        let why = get(authority.trusted_by(address)).await.unwrap_err();
        match wanted {
            Some(wanted) => assert_eq!(why, Why::Unreadable { detail: format!("HTTP/2: {wanted}") }),
            None => assert!(matches!(why, Why::ConnectionClosed { .. }), "{why:?}"),
        }
    }
}

#[tokio::test]
async fn a_proxy_that_fails_is_named_without_its_password() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut refused = config("https://127.0.0.1:1");
    refused.proxy_url = Some(format!("http://me:c4n4ry@{free}").parse().unwrap());
    let Err(Why::Proxy { url, .. }) = get(refused).await else { panic!("not the proxy") };
    assert_eq!(url, format!("http://{free}"));
    let mut denied = plain(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    denied.proxy_url = Some(denied.cluster_url);
    denied.cluster_url = "https://127.0.0.1:1".parse().unwrap();
    let Err(Why::Proxy { detail, .. }) = get(denied).await else { panic!("not the proxy") };
    assert!(detail.contains("proxy authorization required"), "{detail}");
}

#[tokio::test]
async fn silence_ends_at_the_limit() {
    let (address, _) = serve(|_stream| thread::sleep(Duration::from_secs(9)));
    let (plain, tls) = (format!("http://{address}"), format!("https://{address}"));
    let started = Instant::now();
    let api = Api::new(config(&plain)).unwrap();
    assert_eq!(api.get("/", Duration::from_millis(200)).await.unwrap_err(), Why::TimedOut);
    // A handshake without an answer ends with the connect's own limit.
    assert_eq!(get(config(&tls)).await, Err(Why::TimedOut));
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn all_fail_with_the_first_that_finds_no_server() {
    let (address, count) = serve(|_stream| thread::sleep(Duration::from_secs(9)));
    let api = Api::new(config(&format!("https://{address}"))).unwrap();
    let started = Instant::now();
    let (a, b, c) = tokio::join!(api.get("/a", LIMIT), api.get("/b", LIMIT), api.get("/c", LIMIT));
    for answer in [a, b, c, api.get("/d", LIMIT).await, api.forward("n", "p", 1, LIMIT).await] {
        assert_eq!(answer.unwrap_err(), Why::TimedOut);
    }
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_first_request_that_is_dropped_leaves_the_next_one_first() {
    let (address, _) = serve(|mut stream| {
        let mut request = [0; 4096];
        let read = stream.read(&mut request).unwrap();
        if request[..read].starts_with(b"GET /slow") {
            thread::sleep(Duration::from_secs(9));
        }
        let _gone = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    let api = Api::new(config(&format!("http://{address}"))).unwrap();
    assert!(time::timeout(Duration::from_millis(100), api.get("/slow", LIMIT)).await.is_err());
    assert!(api.get("/fast", LIMIT).await.is_ok());
}

struct Authority {
    cert: rcgen::Certificate,
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
}

fn authority() -> Authority {
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "minikubeCA");
    let key = rcgen::KeyPair::generate().unwrap();
    let cert = params.self_signed(&key).unwrap();
    Authority { cert, issuer: rcgen::Issuer::new(params, key) }
}

impl Authority {
    fn server(&self, name: &str, expired: bool) -> Arc<ServerConfig> {
        let mut params = rcgen::CertificateParams::new([name.to_owned()]).unwrap();
        if expired {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        let key = rcgen::KeyPair::generate().unwrap();
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let chain = vec![cert.der().clone()];
        let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Arc::new(config)
    }

    fn trusted_by(&self, address: SocketAddr) -> kube::Config {
        let mut config = config(&format!("https://{address}"));
        config.root_cert = Some(vec![self.cert.der().to_vec()]);
        config
    }
}

/// As much HTTP/2 as a `GET` needs: answers with status 200, and logs how many requests
/// were open at once.
fn http2(tls: &Arc<ServerConfig>, stream: TcpStream, log: &StdMutex<Vec<usize>>, delay: Duration) -> Option<()> {
    let mut stream = StreamOwned::new(ServerConnection::new(tls.clone()).ok()?, stream);
    stream.read_exact(&mut [0; 24]).ok()?;
    stream.write_all(&frame(4, 0, 0, &[])).ok()?;
    let mut open = Vec::new();
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).ok()?;
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        stream.read_exact(&mut vec![0; length]).ok()?;
        match head[3] {
            4 if head[4] & 1 == 0 => stream.write_all(&frame(4, 1, 0, &[])).ok()?,
            1 => open.push(u32::from_be_bytes(head[5..9].try_into().ok()?)),
            _ => {}
        }
        // The first one is answered at once; the others when all five of them are there.
        let first = log.lock().ok()?.is_empty();
        if (first && open.len() == 1) || open.len() == 5 {
            thread::sleep(delay);
            log.lock().ok()?.push(open.len());
            for id in open.drain(..) {
                stream.write_all(&frame(1, 4, id, &[0x88])).ok()?;
                stream.write_all(&frame(0, 1, id, b"{}")).ok()?;
            }
        }
    }
}

fn frame(kind: u8, flags: u8, id: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &id.to_be_bytes(), payload].concat()
}

#[tokio::test]
async fn six_requests_share_one_connection_and_five_fly_together() {
    let authority = authority();
    let tls = authority.server("127.0.0.1", false);
    let log = Arc::new(StdMutex::new(Vec::new()));
    let seen = log.clone();
    let (address, count) = serve(move |stream| {
        http2(&tls, stream, &seen, Duration::from_millis(50));
    });
    let api = Api::new(authority.trusted_by(address)).unwrap();
    let get = |path| api.get(path, LIMIT);
    let answers = tokio::join!(get("/1"), get("/2"), get("/3"), get("/4"), get("/5"), get("/6"));
    for answer in <[Observed; 6]>::from(answers) {
        assert!(matches!(answer, Ok(Some(Raw::Http { status: 200, .. }))), "{answer:?}");
    }
    assert_eq!(*log.lock().unwrap(), [1, 5]);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_name_of_the_certificate_may_be_given() {
    let authority = authority();
    let tls = authority.server("api.example.com", false);
    let (address, _) = serve(move |stream| {
        http2(&tls, stream, &StdMutex::default(), Duration::ZERO);
    });
    let mut named = authority.trusted_by(address);
    named.tls_server_name = Some("api.example.com".into());
    assert_eq!(get(named.clone()).await, Ok((200, b"{}".to_vec())));
    named.tls_server_name = Some("no name".into());
    assert!(matches!(get(named).await, Err(Why::Certificate { .. })));
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_said_in_words() {
    async fn said(server: &Authority, client: &Authority, name: &str, expired: bool) -> String {
        let tls = server.server(name, expired);
        let (address, _) = serve(move |stream| {
            http2(&tls, stream, &StdMutex::default(), Duration::ZERO);
        });
        match get(client.trusted_by(address)).await {
            Err(Why::Certificate { detail }) => detail,
            other => panic!("{other:?}"),
        }
    }
    let (ours, theirs) = (authority(), authority());
    assert!(said(&theirs, &ours, "127.0.0.1", false).await.contains("another authority of the same name"));
    assert_eq!(said(&ours, &ours, "127.0.0.1", true).await, "the certificate has expired");
    let other = said(&ours, &ours, "api.example.com", false).await;
    assert_eq!(other, "the certificate is not for 127.0.0.1, but for api.example.com");
    let mut unknown = rcgen::CertificateParams::new(Vec::new()).unwrap();
    unknown.distinguished_name.push(rcgen::DnType::CommonName, "another");
    let key = rcgen::KeyPair::generate().unwrap();
    let cert = unknown.self_signed(&key).unwrap();
    let unknown = Authority { cert, issuer: rcgen::Issuer::new(unknown, key) };
    let detail = said(&unknown, &ours, "127.0.0.1", false).await;
    assert_eq!(detail, "the certificate is signed by an unknown authority");
}

#[tokio::test]
async fn credentials_that_fail_are_named_and_not_shown() {
    let built = |user: serde_json::Value| {
        let mut config = config("https://127.0.0.1:1");
        config.auth_info = serde_json::from_value(user).unwrap();
        match Api::new(config).err() {
            Some(Why::Credentials { detail }) => detail,
            other => panic!("{other:?}"),
        }
    };
    for (user, wanted) in [
        (serde_json::json!({"client-certificate-data": "%c4n4ry", "client-key-data": "eA=="}), "not valid base64"),
        (serde_json::json!({"client-certificate": "/no/such/c.crt", "client-key-data": "eA=="}), "/no/such/c.crt"),
        (serde_json::json!({"client-certificate-data": "YzRuNHJ5", "client-key-data": "YzRuNHJ5"}), "not usable"),
        (serde_json::json!({"client-certificate": "/no/such/c.crt"}), "/no/such/c.crt"),
        (serde_json::json!({"token": "c4n4ry\n"}), "no HTTP header"),
    ] {
        let detail = built(user);
        assert!(detail.contains(wanted), "{detail}");
        assert!(!detail.contains("c4n4ry"), "{detail}");
    }
}

#[tokio::test]
async fn a_forward_without_a_server_says_so() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let api = Api::new(config(&format!("http://{free}"))).unwrap();
    let forward = api.forward("n", "p", 1, LIMIT);
    assert_eq!(forward.await.unwrap_err(), Why::Refused);
}

#[tokio::test]
async fn what_the_api_server_says_instead_of_a_stream_is_told_apart() {
    let answer = |code: u16, answer: &'static [u8]| async move {
        let forwarded = Api::new(plain(answer)).unwrap().forward("n", "p", 1, LIMIT).await;
        (code, format!("{forwarded:?}"))
    };
    for (answer, wanted) in [
        (answer(401, b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"), "Err(Unauthorized)"),
        (answer(403, b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"), "Err(Forbidden { detail: \"no\" })"),
        (
            answer(404, b"HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\ngone"),
            "{\"error\": Object {\"detail\": String(\"gone\")}",
        ),
        (answer(200, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "failed to switch protocol"),
    ]
    .map(|(answer, wanted)| (Box::pin(answer), wanted))
    {
        let (code, said) = answer.await;
        assert!(said.contains(wanted), "{code}: {said}");
    }
}

/// Quotes the credential that it was asked with, and one of its own.
fn echo(status: u16) -> kube::Config {
    let (address, _) = serve(move |mut stream| {
        let mut request = [0; 4096];
        let Ok(read) = stream.read(&mut request) else { return };
        let request = String::from_utf8_lossy(&request[..read]);
        let mut sent = request.lines().filter(|line| line.to_ascii_lowercase().starts_with("authorization:"));
        let body = format!("{} https://me:c4n4ry@r.invalid/ {}", sent.next().unwrap_or_default(), "x".repeat(5000));
        let _gone = write!(stream, "HTTP/1.1 {status} No\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    });
    config(&format!("http://{address}"))
}

#[tokio::test]
async fn a_credential_that_a_server_quotes_is_taken_out() {
    let password = "bWU6YzRuNHJ5LXdvcmQ=";
    for user in
        [serde_json::json!({"token": "c4n4ry-token"}), serde_json::json!({"username": "me", "password": "c4n4ry-word"})]
    {
        for status in [403, 429, 500] {
            let mut config = echo(status);
            config.auth_info = serde_json::from_value(user.clone()).unwrap();
            let api = Api::new(config.clone()).unwrap();
            let forwarded = format!("{:?}", api.forward("n", "p", 1, LIMIT).await);
            assert!(forwarded.contains("... https://r.invalid/ x"), "{forwarded}");
            assert!(!forwarded.contains("c4n4ry") && !forwarded.contains(password), "{forwarded}");
            assert!(forwarded.len() < 3000, "{}", forwarded.len());
            let (_, body) = get(config).await.unwrap();
            let body = String::from_utf8(body).unwrap();
            let quoted = ["c4n4ry-token", "c4n4ry-word", password].map(|secret| body.contains(secret));
            assert_eq!(quoted, [false; 3], "{body}");
        }
    }
}

#[tokio::test]
async fn a_credential_that_json_writes_otherwise_is_taken_out() {
    let body = br#"{"a":"c4n4ry\/\"word","b":"c4n4ry/\"word","c":"c4n4ry/"word"}"#;
    let head = format!("HTTP/1.1 500 No\r\nContent-Length: {}\r\n\r\n", body.len());
    let answer = [head.as_bytes(), body].concat();
    let mut config = plain(answer.leak());
    config.auth_info = serde_json::from_value(serde_json::json!({"token": r#"c4n4ry/"word"#})).unwrap();
    let (_, body) = get(config).await.unwrap();
    assert_eq!(String::from_utf8(body).unwrap(), r#"{"a":"...","b":"...","c":"..."}"#);
}

#[tokio::test]
async fn a_refusal_without_end_is_cut_short() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = sent.clone();
    let (address, _) = serve(move |mut stream| {
        let chunk = [&b"10000\r\n"[..], &[b' '; 0x10000], b"\r\n"].concat();
        let _read = stream.read(&mut [0; 4096]);
        let _gone = stream.write_all(b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n");
        while stream.write_all(&chunk).is_ok() {
            counter.fetch_add(chunk.len(), Ordering::SeqCst);
        }
    });
    let api = Api::new(config(&format!("http://{address}"))).unwrap();
    let started = Instant::now();
    let refused = api.forward("n", "p", 1, LIMIT).await;
    assert_eq!(refused.unwrap_err(), Why::Unreadable { detail: "it is too long".into() });
    assert!(started.elapsed() < LIMIT);
    // The rest is what the sockets hold.
    assert!(sent.load(Ordering::SeqCst) < 64 << 20, "{sent:?}");
}

/// What is parsed is not interrupted by any time limit, so its length is bounded: by what an
/// object can have, and by what a page of them has.
#[tokio::test]
async fn a_body_is_as_long_as_what_was_asked_for_can_be() {
    let length = Arc::new(AtomicUsize::new(0));
    let asked = length.clone();
    let (address, _) = serve(move |mut stream| {
        let _read = stream.read(&mut [0; 4096]);
        let length = asked.load(Ordering::SeqCst);
        let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        let _gone = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&vec![b' '; length]));
    });
    let api = Api::new(config(&format!("http://{address}"))).unwrap();
    let limit = Duration::from_secs(20);
    let too_long = |mib: usize| Err(Why::Unreadable { detail: format!("it is longer than {mib} MiB") });
    for (path, bytes, wanted) in [
        ("/api/v1/namespaces/a/pods/limit", OBJECT, Ok(OBJECT)),
        ("/api/v1/namespaces/a/pods/limit", OBJECT + 1, too_long(4)),
        ("/api/v1/pods?labelSelector=limit", OBJECT + 1, too_long(4)),
        ("/api/v1/pods?labelSelector=a&limit=500", LIST, Ok(LIST)),
        ("/api/v1/pods?limit=500", LIST + 1, too_long(32)),
    ] {
        length.store(bytes, Ordering::SeqCst);
        let read = |raw: Option<Raw>| if let Some(Raw::Http { body, .. }) = raw { body.len() } else { 0 };
        assert_eq!(api.get(path, limit).await.map(read), wanted, "{path} {bytes}");
    }
    // The status of an application is an answer, whatever comes with it.
    length.store(OBJECT + 1, Ordering::SeqCst);
    let passed_on = api.passed_on("/api/v1/namespaces/a/services/b:80/proxy/", limit).await;
    assert!(matches!(passed_on, Ok(Some(Raw::Http { status: 200, body })) if body.is_empty()));
}

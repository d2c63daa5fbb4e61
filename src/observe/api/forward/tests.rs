//! A stream frame by frame, and one over a real upgrade on loopback.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::*;

const PORT: u16 = 8080;
const REFUSED: &str = "error forwarding port 8080 to pod 4f1c, uid : failed to execute portforward in network \
    namespace \"/x\": failed to connect to localhost:8080 inside namespace \"4f1c\", IPv4: dial tcp4 \
    127.0.0.1:8080: connect: connection refused IPv6 dial tcp6: address localhost: no suitable address";

/// What happens on the wire, in order.
enum Step<'a> {
    /// Both headers, as a kubelet sends them.
    Named,
    Bytes(&'a [u8]),
    Says(u8, &'a [u8]),
    Waits(u64),
    Close,
    Cut,
}

use Step::{Bytes, Close, Cut, Named, Says, Waits};

fn framed(channel: u8, text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len() + 1).unwrap();
    [&[0x82, 126][..], &length.to_be_bytes(), &[channel], text].concat()
}

/// What is heard of it. Half of the time is what silence takes.
async fn heard(steps: Vec<Step<'static>>) -> Result<Forwarded, Why> {
    let (mut ours, mut theirs) = duplex(256 * 1024);
    let playing = tokio::spawn(async move {
        for step in steps {
            let bytes = match step {
                Named => [framed(0, &PORT.to_le_bytes()), framed(1, &PORT.to_le_bytes())].concat(),
                Bytes(bytes) => bytes.to_vec(),
                Says(channel, text) => framed(channel, text),
                Waits(millis) => {
                    time::sleep(Duration::from_millis(millis)).await;
                    continue;
                }
                Close => vec![0x88, 2, 3, 232],
                Cut => return,
            };
            let _gone = theirs.write_all(&bytes).await;
        }
        // Read, so that nothing blocks, and left open.
        let _ended = theirs.read_to_end(&mut Vec::new()).await;
    });
    let limit = Duration::from_millis(1000);
    let heard = listen(&mut ours, PORT, Instant::now() + limit, limit / 2).await;
    playing.abort();
    heard
}

/// All of them at once: most of the time is spent waiting.
async fn each_is(cases: Vec<(&'static str, Vec<Step<'static>>, Result<Forwarded, Why>)>) {
    let cases = cases.into_iter().map(|(what, steps, wanted)| (what, tokio::spawn(heard(steps)), wanted));
    for (what, heard, wanted) in cases.collect::<Vec<_>>() {
        assert_eq!(heard.await.unwrap(), wanted, "{what}");
    }
}

#[test]
fn only_a_listener_that_is_missing_refuses() {
    for (text, refused) in [
        (REFUSED, true),
        ("dial tcp4 127.0.0.1:8080: i/o timeout IPv6 dial tcp6 [::1]:8080: connect: connection refused", true),
        ("dial tcp: connect to localhost:8080: Connection refused", true),
        ("exit status 1: ... socat[9] E connect(5, AF=2 127.0.0.1:8080, 16): Connection refused", true),
        ("socat[9] E connect(5, AF=10 [0000:0000:0000:0000:0000:0000:0000:0001]:8080, 28): Connection refused", true),
        ("unable to do port forwarding: socat not found", false),
        ("failed to find sandbox \"4f1c\" in store: not found", false),
        ("error dialing backend: dial tcp 172.18.0.2:10250: connect: connection refused", false),
        ("error dialing backend: dial tcp 127.0.0.1:8080: connect: connection refused", false),
        (
            "error forwarding port 8080 to localhost:8080: rpc error: desc = \"transport: Error while dialing: \
             dial unix /run/containerd/containerd.sock: connect: connection refused\"",
            false,
        ),
        ("dial tcp4 127.0.0.1:10250: connect: connection refused", false),
        ("dial tcp4 127.0.0.1:80: connect: connection refused", false),
        ("dial tcp4 10.0.0.1:8080: connect: connection refused", false),
        ("cannot tell: the previous connection refused was last week", false),
        ("connection refused", false),
        ("", false),
    ] {
        assert_eq!(worded(text, PORT) == Forwarded::Refused, refused, "{text}");
    }
}

#[tokio::test]
async fn what_the_stream_says_is_told_apart() {
    let closed = b"network namespace for sandbox is closed\n";
    let error = Forwarded::Error { detail: "network namespace for sandbox is closed".into() };
    let ping = || Bytes(&[0x89, 1, 7]);
    let refused = || Says(1, REFUSED.as_bytes());
    each_is(vec![
        ("an answer", vec![Named, Says(0, b"HTTP/1.1 200 OK")], Ok(Forwarded::Response)),
        ("an answer and an error", vec![Named, Says(0, b"SSH-2.0"), Says(1, closed), Close], Ok(Forwarded::Response)),
        ("refused", vec![Named, refused(), Close], Ok(Forwarded::Refused)),
        ("refused late", vec![Named, Waits(600), refused(), Close], Ok(Forwarded::Refused)),
        ("another error", vec![Named, Says(1, closed), Close], Ok(error)),
        ("closed", vec![Named, Waits(20), Close], Ok(Forwarded::Closed)),
        ("silent", vec![Named], Ok(Forwarded::Silent)),
        ("silent, with pings", vec![ping(), Named, Waits(100), ping(), Bytes(&[0x8a, 0])], Ok(Forwarded::Silent)),
        ("nothing said", vec![Named, Says(0, b""), Says(1, b"")], Ok(Forwarded::Silent)),
    ])
    .await;
}

/// A balancer, a dying kubelet or a stranger: nothing of this tells of a listener.
#[tokio::test]
async fn a_stream_that_no_kubelet_opened_or_ended_says_nothing() {
    let half = || Says(0, &[0x90, 0x1f]);
    let ping = || Bytes(&[0x89, 0]);
    let endless = Bytes(&[0x82, 127, 64, 0, 0, 0, 0, 0, 0, 0]);
    each_is(vec![
        ("cut at once", vec![Cut], Err(cut())),
        ("closed at once", vec![Close], Err(cut())),
        ("cut after the headers", vec![Named, Waits(50), Cut], Err(cut())),
        ("cut within a frame", vec![Named, Bytes(&[0x82, 9, 0, b'H']), Cut], Err(cut())),
        ("closed with half the headers", vec![half(), Close], Err(cut())),
        ("cut with half the headers", vec![half(), Cut], Err(cut())),
        ("nothing", vec![], Err(Why::TimedOut)),
        ("half the headers", vec![half()], Err(Why::TimedOut)),
        ("only pings", vec![ping(), Waits(300), ping(), Waits(300), ping()], Err(Why::TimedOut)),
        ("headers that come late", vec![Waits(700), Named], Err(Why::TimedOut)),
        ("junk", vec![Bytes(b"\xc3\x28junk")], Err(odd())),
        ("another port", vec![Says(0, &[1, 1])], Err(odd())),
        ("no port", vec![Says(0, b"HTTP/1.1 200 OK")], Err(odd())),
        ("an answer before the second header", vec![half(), Says(0, b"HTTP/1.1 200 OK")], Err(odd())),
        ("a third channel", vec![Named, Says(2, b"x")], Err(odd())),
        ("no channel", vec![Named, Bytes(&[0x82, 0])], Err(odd())),
        ("an endless frame", vec![Named, endless], Err(odd())),
    ])
    .await;
}

/// SHA-1 of less than 56 bytes (RFC 3174), for the one header of a WebSocket's that needs it.
fn sha1(text: &[u8]) -> [u8; 20] {
    let mut block = [0; 128];
    block[..text.len()].copy_from_slice(text);
    block[text.len()] = 0x80;
    let used = if text.len() < 56 { 64 } else { 128 };
    block[used - 8..used].copy_from_slice(&(text.len() as u64 * 8).to_be_bytes());
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for chunk in block[..used].chunks_exact(64) {
        let mut words: Vec<u32> =
            chunk.chunks_exact(4).map(|four| u32::from_be_bytes(four.try_into().unwrap())).collect();
        for at in 16..80 {
            words.push((words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (at, word) in words.iter().enumerate() {
            let (mixed, constant) = match at {
                0..20 => ((b & c) | (!b & d), 0x5a82_7999),
                20..40 => (b ^ c ^ d, 0x6ed9_eba1),
                40..60 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc_u32),
                _ => (b ^ c ^ d, 0xca62_c1d6),
            };
            let next = a.rotate_left(5).wrapping_add(mixed).wrapping_add(e).wrapping_add(constant).wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (sum, part) in state.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(part);
        }
    }
    state.map(u32::to_be_bytes).concat().try_into().unwrap()
}

/// An API server that upgrades one request, and then says these bytes.
async fn upgraded(user: serde_json::Value, says: Vec<u8>) -> Observed {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        let request = String::from_utf8(request).unwrap();
        let path = "GET /api/v1/namespaces/n/pods/p/portforward?ports=8080 HTTP/1.1\r\n";
        assert!(request.starts_with(path), "{request}");
        let key = request.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.to_owned())
        });
        let accept = STANDARD.encode(sha1(format!("{}258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key.unwrap()).as_bytes()));
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n"
        );
        stream.write_all(&[head.as_bytes(), &says].concat()).await.unwrap();
        let _ended = stream.read_to_end(&mut Vec::new()).await;
    });
    let mut config = kube::Config::new(format!("http://{address}").parse().unwrap());
    config.auth_info = serde_json::from_value(user).unwrap();
    let forwarded = Api::new(config).unwrap().forward("n", "p", PORT, Duration::from_secs(4)).await;
    serving.abort();
    forwarded
}

#[tokio::test]
async fn a_stream_is_opened_as_a_kubelet_wants_it() {
    let named = || [framed(0, &PORT.to_le_bytes()), framed(1, &PORT.to_le_bytes())].concat();
    let said = |bytes: Vec<u8>| async { format!("{:?}", upgraded(serde_json::json!({}), bytes).await) };
    let answered = said([named(), framed(0, b"HTTP/1.1 200 OK")].concat()).await;
    assert!(answered.contains("\"response\""), "{answered}");
    let refused = said([named(), framed(1, REFUSED.as_bytes())].concat()).await;
    assert!(refused.contains("\"refused\""), "{refused}");
}

#[tokio::test]
async fn what_a_kubelet_says_is_short_and_quotes_no_credential() {
    let named = [framed(0, &PORT.to_le_bytes()), framed(1, &PORT.to_le_bytes())].concat();
    let text = format!("not for c4n4ry-token at https://me:c4n4ry@r.invalid/x {}", "x".repeat(5000));
    let said = upgraded(serde_json::json!({ "token": "c4n4ry-token" }), [named, framed(1, text.as_bytes())].concat());
    let said = format!("{:?}", said.await);
    assert!(said.contains("not for ... at https://r.invalid/x xxx") && !said.contains("c4n4ry"), "{said}");
    assert!(said.len() < 3000, "{}", said.len());
}

//! The frames of a WebSocket (RFC 6455, 5.2), as many of them as a port-forward needs.
//!
//! Not kube's `Portforwarder`: that one swallows the port headers, which alone show that a
//! kubelet answers, and ends a stream that was cut just like one that was closed
//! (kube-client 5.0.0 `api/portforward.rs`, `forwarder_loop`).

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// More than any that a kubelet sends: it copies 32 KiB at a time (Go `io/io.go`,
/// `copyBuffer`), and one message is one frame (golang.org/x/net `websocket/hybi.go`).
const LONGEST: u64 = 64 * 1024;

/// What a frame of control may hold at most; also what is written here.
const SHORT: usize = 125;

/// What a frame is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A channel's number and what was said on it.
    Binary(Vec<u8>),
    /// Wants to hear the same as a pong.
    Ping(Vec<u8>),
    Pong,
    /// The stream ends here, on purpose.
    Close,
}

/// Reads one frame of a server's.
///
/// # Errors
///
/// `InvalidData` for what is no whole frame of these, else those of the stream; its end is
/// one of them.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Frame> {
    let (kind, length) = (stream.read_u8().await?, stream.read_u8().await?);
    let length = match length {
        126 => u64::from(stream.read_u16().await?),
        127 => stream.read_u64().await?,
        // Above them the mask's bit is set, which a server never sets.
        length => u64::from(length),
    };
    let is_control = kind & 0x08 != 0;
    let most = if is_control { SHORT as u64 } else { LONGEST };
    // The first bit: the message ends with this frame. No extension was agreed on.
    if kind & 0xf0 != 0x80 || length > most {
        return Err(ErrorKind::InvalidData.into());
    }
    let mut payload = Vec::new();
    stream.take(length).read_to_end(&mut payload).await?;
    if (payload.len() as u64) < length {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    match kind & 0x0f {
        2 => Ok(Frame::Binary(payload)),
        8 => Ok(Frame::Close),
        9 => Ok(Frame::Ping(payload)),
        10 => Ok(Frame::Pong),
        _ => Err(ErrorKind::InvalidData.into()),
    }
}

/// Says something on a channel.
pub(super) async fn say(stream: &mut (impl AsyncWrite + Unpin), channel: u8, text: &[u8]) -> io::Result<()> {
    write(stream, 0x82, &[&[channel], text].concat()).await
}

/// Answers a ping.
pub(super) async fn pong(stream: &mut (impl AsyncWrite + Unpin), payload: &[u8]) -> io::Result<()> {
    write(stream, 0x8a, payload).await
}

/// A client masks what it says with a key of its own for each frame.
async fn write(stream: &mut (impl AsyncWrite + Unpin), kind: u8, payload: &[u8]) -> io::Result<()> {
    let length = u8::try_from(payload.len()).ok().filter(|length| usize::from(*length) <= SHORT);
    let length = length.ok_or(ErrorKind::InvalidInput)?;
    let [a, b, c, d, ..] = RandomState::new().build_hasher().finish().to_ne_bytes();
    let key = [a, b, c, d];
    let mut frame = vec![kind, 0x80 | length, a, b, c, d];
    frame.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    stream.write_all(&frame).await?;
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_all(bytes: &[u8]) -> io::Result<Frame> {
        read(&mut &*bytes).await
    }

    #[tokio::test]
    async fn only_whole_frames_of_a_server_are_read() {
        let long = |length: u16| [&[0x82, 126][..], &length.to_be_bytes(), &vec![7; usize::from(length)]].concat();
        let endless = [&[0x82, 127][..], &u64::MAX.to_be_bytes(), &[0; 9]].concat();
        for (bytes, wanted) in [
            (&[0x82, 2, 0, 80][..], Ok(Frame::Binary(vec![0, 80]))),
            (&[0x82, 0], Ok(Frame::Binary(vec![]))),
            (&long(300), Ok(Frame::Binary(vec![7; 300]))),
            (&[0x88, 2, 3, 232], Ok(Frame::Close)),
            (&[0x89, 1, 7], Ok(Frame::Ping(vec![7]))),
            (&[0x8a, 0], Ok(Frame::Pong)),
            (&endless, Err(ErrorKind::InvalidData)),
            (&[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 1], Err(ErrorKind::InvalidData)),
            // A part of a message, text, an extension, a mask, a control that is too long.
            (&[0x02, 1, 0], Err(ErrorKind::InvalidData)),
            (&[0x80, 1, 0], Err(ErrorKind::InvalidData)),
            (&[0x81, 1, 0], Err(ErrorKind::InvalidData)),
            (&[0xc2, 1, 0], Err(ErrorKind::InvalidData)),
            (&[0x89, 126, 0, 126], Err(ErrorKind::InvalidData)),
            (b"HTTP/1.1 200 OK", Err(ErrorKind::InvalidData)),
            (&[], Err(ErrorKind::UnexpectedEof)),
            (&[0x82], Err(ErrorKind::UnexpectedEof)),
            (&[0x82, 2, 0], Err(ErrorKind::UnexpectedEof)),
        ] {
            assert_eq!(read_all(bytes).await.map_err(|error| error.kind()), wanted, "{bytes:?}");
        }
        let masked = read_all(&[0x82, 0x81, 1, 2, 3, 4, 5]).await;
        assert!(masked.is_err(), "{masked:?}");
    }

    #[tokio::test]
    async fn what_is_said_is_masked() {
        let mut said = Vec::new();
        say(&mut said, 0, b"GET /").await.unwrap();
        assert_eq!(said[..2], [0x82, 0x86]);
        let (key, masked) = said[2..].split_at(4);
        let plain: Vec<u8> = masked.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        assert_eq!(plain, b"\0GET /");
        assert!(pong(&mut said, &[0; 126]).await.is_err());
    }
}

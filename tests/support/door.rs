//! What stands behind a published port of this computer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpSocket;

/// How a door treats who knocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// An application that answers `200 hello` over HTTP; or a controller in front of it, which
    /// has a 404 of its own for a host that nobody has.
    Hello,
    /// An Ingress controller that says the same to everybody: HTTP with this status.
    Status(u16),
    /// A controller that passes on: 404 for a host that nobody has, and for all others what
    /// the application says, a status or nothing at all.
    Passes(Option<u16>),
    /// Accepts and closes without a byte, as docker's proxy does with nothing behind it.
    Closes,
    /// Accepts and says nothing.
    Silent,
    /// Nobody listens.
    Nobody,
}

/// A port of 127.0.0.1, gone when dropped.
pub struct Door {
    address: SocketAddr,
    knocks: Arc<AtomicUsize>,
    closed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    // Bound and not listening: the port stays ours and refuses.
    _refusing: Option<TcpSocket>,
}

impl Door {
    /// Opens a door on a free port.
    pub fn open(behind: Behind) -> Self {
        let (knocks, closed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        if behind == Behind::Nobody {
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
            let address = socket.local_addr().expect("its address");
            return Self { address, knocks, closed, thread: None, _refusing: Some(socket) };
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let (counted, stop) = (knocks.clone(), closed.clone());
        let thread = std::thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                counted.fetch_add(1, Ordering::SeqCst);
                match behind {
                    Behind::Hello => {
                        let status = if is_control(&mut stream) { 404 } else { 200 };
                        answer(&mut stream, status);
                    }
                    Behind::Status(status) => {
                        is_control(&mut stream);
                        answer(&mut stream, status);
                    }
                    Behind::Passes(status) => match (is_control(&mut stream), status) {
                        (true, _) => answer(&mut stream, 404),
                        (false, Some(status)) => answer(&mut stream, status),
                        (false, None) => held.push(stream),
                    },
                    Behind::Silent => held.push(stream),
                    Behind::Closes | Behind::Nobody => drop(stream),
                }
            }
        });
        Self { address, knocks, closed, thread: Some(thread), _refusing: None }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many connections it accepted.
    pub fn knocks(&self) -> usize {
        self.knocks.load(Ordering::SeqCst)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            // One more knock lets the thread look up.
            let _ = TcpStream::connect(self.address);
            let _ = thread.join();
        }
    }
}

/// Reads a request: whether it is for a host that nobody has.
fn is_control(stream: &mut TcpStream) -> bool {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
    let mut request = [0; 1024];
    let length = stream.read(&mut request).unwrap_or_default();
    String::from_utf8_lossy(&request[..length]).contains("no-such-host.")
}

fn answer(stream: &mut TcpStream, status: u16) {
    let answer = format!("HTTP/1.1 {status} So\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n");
    let _ = stream.write_all(answer.as_bytes());
}

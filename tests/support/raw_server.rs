//! A server on 127.0.0.1 that knows as little of HTTP as possible: it keeps the bytes of every
//! request and sends back the bytes that a test gives it.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// One request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// When its last byte was there.
    pub(crate) at: Instant,
    /// Which connection it came over, from 0.
    pub(crate) connection: usize,
    /// The name in the TLS greeting.
    pub(crate) sni: Option<String>,
    /// Head and body.
    pub(crate) bytes: Vec<u8>,
    /// Requests of this server that were not answered yet, this one included.
    pub(crate) in_flight: usize,
}

impl Seen {
    /// The second word of the request line.
    pub(crate) fn target(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        text.split(' ').nth(1).unwrap_or_default().to_owned()
    }
}

/// What to do with a request.
pub(crate) enum Reply {
    /// Send bytes and keep the connection.
    Bytes(Vec<u8>),
    /// Send bytes and close the connection.
    Close(Vec<u8>),
    /// Send bytes and then nothing more, but keep the connection.
    Stall(Vec<u8>),
}

/// A whole answer with a length.
pub(crate) fn answer(status: &str, fields: &[&str], body: &str) -> Reply {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    let length = body.len();
    Reply::Bytes(
        format!("HTTP/1.1 {status}\r\n{fields}content-length: {length}\r\n\r\n{body}").into_bytes(),
    )
}

type Answers = dyn Fn(&Seen) -> Reply + Send + Sync;

/// A running server; it ends with the test's runtime.
pub(crate) struct RawServer {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl RawServer {
    /// Speaks plain HTTP.
    pub(crate) async fn start(answers: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::run(None, Arc::new(answers)).await
    }

    /// Speaks TLS.
    pub(crate) async fn start_tls(
        acceptor: TlsAcceptor,
        answers: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::run(Some(acceptor), Arc::new(answers)).await
    }

    async fn run(acceptor: Option<TlsAcceptor>, answers: Arc<Answers>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        tokio::spawn(async move {
            let in_flight = Arc::new(Mutex::new(0));
            let mut connection = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let served = Served {
                    connection,
                    sni: None,
                    in_flight: Arc::clone(&in_flight),
                    seen: Arc::clone(&log),
                    answers: Arc::clone(&answers),
                };
                connection += 1;
                match acceptor.clone() {
                    None => drop(tokio::spawn(served.serve(stream))),
                    Some(acceptor) => drop(tokio::spawn(async move {
                        // A failed greeting is the client's to report.
                        if let Ok(stream) = acceptor.accept(stream).await {
                            let sni = stream.get_ref().1.server_name().map(str::to_owned);
                            Served { sni, ..served }.serve(stream).await;
                        }
                    })),
                }
            }
        });
        Self { address, seen }
    }

    /// `http://127.0.0.1:port` and `path`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no panic").clone()
    }
}

struct Served {
    connection: usize,
    sni: Option<String>,
    in_flight: Arc<Mutex<usize>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    answers: Arc<Answers>,
}

impl Served {
    async fn serve(self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        while let Some(bytes) = read_request(&mut stream).await {
            let in_flight = {
                let mut count = self.in_flight.lock().expect("no panic");
                *count += 1;
                *count
            };
            let request = Seen {
                at: Instant::now(),
                connection: self.connection,
                sni: self.sni.clone(),
                bytes,
                in_flight,
            };
            self.seen.lock().expect("no panic").push(request.clone());
            // Time for a second request to come in, if the client is impolite.
            tokio::time::sleep(Duration::from_millis(20)).await;
            let reply = (self.answers)(&request);
            *self.in_flight.lock().expect("no panic") -= 1;
            let (bytes, goes_on) = match &reply {
                Reply::Bytes(bytes) => (bytes, true),
                Reply::Close(bytes) | Reply::Stall(bytes) => (bytes, false),
            };
            if stream.write_all(bytes).await.is_err() || stream.flush().await.is_err() {
                return;
            }
            if matches!(reply, Reply::Stall(_)) {
                std::future::pending::<()>().await;
            }
            if !goes_on {
                // The client may have gone already.
                let _ = stream.shutdown().await;
                return;
            }
        }
    }
}

/// Head and body of one request; none when the connection ends.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&bytes).to_lowercase();
    let length = head
        .split("\r\n")
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |value| value.parse().expect("a number"));
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    bytes.extend(body);
    Some(bytes)
}

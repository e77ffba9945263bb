//! A server on 127.0.0.1 that speaks TLS, well or badly, and remembers how it was greeted.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::Acceptor;
use tokio_rustls::server::TlsStream;

use crate::certificates::Shown;

/// How a client greeted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    pub name: Option<String>,
    pub alpn: Vec<String>,
}

/// A running server; it ends with the test's runtime.
pub struct Server {
    pub address: SocketAddr,
    hellos: Arc<Mutex<Vec<Hello>>>,
}

impl Server {
    /// Every connection goes to `serve` as it is.
    pub async fn raw<F, S>(serve: S) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
        S: Fn(TcpStream) -> F + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream));
            }
        });
        Self {
            address,
            hellos: Arc::default(),
        }
    }

    /// Waits for a greeting, sends these bytes and hangs up when the client does.
    pub async fn answers(bytes: Vec<u8>) -> Self {
        Self::raw(move |mut stream| {
            let bytes = bytes.clone();
            async move {
                greeting(&mut stream).await;
                // The client may have gone already.
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            }
        })
        .await
    }

    /// Waits for a greeting, sends these bytes and then nothing more.
    pub async fn stalls(bytes: Vec<u8>) -> Self {
        Self::raw(move |mut stream| {
            let bytes = bytes.clone();
            async move {
                greeting(&mut stream).await;
                let _ = stream.write_all(&bytes).await;
                std::future::pending::<()>().await;
            }
        })
        .await
    }

    /// A session with every client that accepts it; `serve` has the rest.
    pub async fn tls<F, S>(config: ServerConfig, serve: S) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
        S: Fn(TlsStream<TcpStream>) -> F + Clone + Send + 'static,
    {
        let config = Arc::new(config);
        let hellos: Arc<Mutex<Vec<Hello>>> = Arc::default();
        let heard = Arc::clone(&hellos);
        let server = Self::raw(move |stream| {
            let (config, heard, serve) = (Arc::clone(&config), Arc::clone(&heard), serve.clone());
            async move {
                let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await;
                let Ok(start) = start else { return };
                let hello = start.client_hello();
                let alpn = hello.alpn().into_iter().flatten();
                let hello = Hello {
                    name: hello.server_name().map(str::to_owned),
                    alpn: alpn
                        .map(|protocol| String::from_utf8_lossy(protocol).into_owned())
                        .collect(),
                };
                heard.lock().unwrap().push(hello);
                // A session that does not come about is the client's to report.
                if let Ok(session) = start.into_stream(config).await {
                    serve(session).await;
                }
            }
        })
        .await;
        Self { hellos, ..server }
    }

    /// A session behind which `ministry` answers.
    pub async fn before(ministry: SocketAddr, shown: Shown) -> Self {
        Self::tls(config(shown), move |session| forward(session, ministry)).await
    }

    pub fn hellos(&self) -> Vec<Hello> {
        self.hellos.lock().unwrap().clone()
    }
}

/// A server's side of TLS as it should be.
pub fn config(shown: Shown) -> ServerConfig {
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(shown.chain, shown.key)
        .unwrap()
}

pub async fn forward(mut session: TlsStream<TcpStream>, ministry: SocketAddr) {
    let mut behind = TcpStream::connect(ministry).await.unwrap();
    // Either side may go at any time.
    let _ = tokio::io::copy_bidirectional(&mut session, &mut behind).await;
}

/// Reads the first record whole, so that hanging up afterwards is no reset.
async fn greeting(stream: &mut TcpStream) {
    let mut head = [0; 5];
    if stream.read_exact(&mut head).await.is_ok() {
        let mut rest = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
        let _ = stream.read_exact(&mut rest).await;
    }
}

/// A record with a fatal alert of this number (RFC 8446, section 6).
pub fn alert(number: u8) -> Vec<u8> {
    vec![21, 3, 1, 0, 2, 2, number]
}

/// A ServerHello of TLS 1.0 with the suite TLS_RSA_WITH_AES_128_CBC_SHA (RFC 2246, section 7.4.1.3).
pub fn hello_of_tls_1_0() -> Vec<u8> {
    let mut hello = vec![2, 0, 0, 38, 3, 1];
    hello.extend([7; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    let mut record = vec![22, 3, 1, 0, 42];
    record.extend(hello);
    record
}

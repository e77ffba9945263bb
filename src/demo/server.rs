//! Start and stop of the demo ministry: a listener on loopback, one task a connection.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::control::Control;
use super::fault::Ended;
use super::log::AccessEntry;
use super::ministry::Ministry;
use super::site::Dress;
use super::wire;

/// Connections beyond so many are closed at once.
const MOST_CONNECTIONS: usize = 512;
/// Pause after the system refused to accept a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How a demo ministry is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoOptions {
    /// Generated articles; the two seed pages come on top. One in 25 is on both halves and makes
    /// two records.
    pub articles: usize,
    /// The same number gives the same ministry.
    pub seed: u64,
    /// Size of the Liferay half's article pages in bytes before packing, reached with menu entries;
    /// none for pages without filling.
    pub page_bytes: Option<Range<usize>>,
    /// Port on 127.0.0.1; none for a free one.
    pub port: Option<u16>,
    /// Text of robots.txt.
    pub robots: String,
    /// Liferay pages carry `ETag` and `Last-Modified` and answer 304.
    pub etag: bool,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self {
            articles: 300,
            seed: 1,
            page_bytes: None,
            port: None,
            robots: "User-agent: *\nDisallow: /admin/\n".to_owned(),
            etag: true,
        }
    }
}

/// Why a demo ministry can not start.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The port is taken or forbidden.
    #[error("the demo ministry can not listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
}

impl DemoError {
    /// What to do.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Listen { .. } => "leave the port out: then a free one is taken",
        }
    }
}

/// A running demo ministry. Dropping it stops it too, a moment later.
#[derive(Debug)]
pub struct DemoMinistry {
    address: SocketAddr,
    control: Control,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl DemoMinistry {
    /// Makes all articles and listens on 127.0.0.1.
    ///
    /// # Errors
    /// [`DemoError::Listen`].
    pub async fn start(options: DemoOptions) -> Result<Self, DemoError> {
        let wish = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port.unwrap_or(0)));
        let failed = |source| DemoError::Listen {
            address: wish,
            source,
        };
        let listener = TcpListener::bind(wish).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let dress = Dress {
            etag: options.etag,
            page_bytes: options.page_bytes,
        };
        let ministry = Ministry::new(options.seed, options.articles);
        let control = Control::new(ministry, options.robots, dress);
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, control.clone(), stopped));
        Ok(Self {
            address,
            control,
            stop,
            accepting,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The hand on it.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Every request so far; see [`Control::requests`].
    pub fn log(&self) -> Vec<AccessEntry> {
        self.control.requests()
    }

    /// Closes the listener and all connections, whatever they are at.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // The task ends with the signal; it has no result to lose.
        let _ = self.accepting.await;
    }
}

/// Accepts until told to stop, or until the ministry is dropped; then ends all connections.
async fn accept(listener: TcpListener, control: Control, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let mut number = 0;
    loop {
        let accepted = tokio::select! {
            _ = stopped.changed() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let Ok((mut stream, _)) = accepted else {
            // Out of file handles, mostly: wait for connections to end.
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        if connections.len() >= MOST_CONNECTIONS {
            continue;
        }
        // Small answers should not wait for more (Nagle's algorithm); a refusal does no harm.
        let _ = stream.set_nodelay(true);
        number += 1;
        let control = control.clone();
        connections.spawn(async move {
            let _open = control.open_connection();
            // A client that goes in the middle is the client's affair.
            if let Ok(Ended::Reset) = wire::serve(&mut stream, number, control.clone()).await {
                let _ = stream.set_zero_linger();
            }
        });
    }
    connections.shutdown().await;
}

//! The network below the guards: the only two things that a fetcher asks of the world outside, a
//! name's addresses and a connection. The guards of [`super::address`] decide before; what they
//! refuse is not asked here.
//!
//! It is a trait so that tests can put a network in its place that reaches 127.0.0.1 alone and
//! writes down what else was asked for: a guard that fails is then seen, and does no harm.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;

/// The addresses of a name, when they are there.
pub type LookUp = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Names and ways out.
pub trait Network: Debug + Send + Sync {
    /// Asks for the addresses of `host`.
    fn look_up(&self, host: &str) -> LookUp;

    /// Told before a connection to `target` may be opened, after every guard let it pass. Port 0
    /// stands for the port of the URL.
    ///
    /// # Errors
    /// If there is no way there; then nothing is connected to.
    fn way_to(&self, target: SocketAddr) -> io::Result<()>;

    /// True if sockets are to be bound to loopback, from where nothing else can be reached.
    fn is_loopback_only(&self) -> bool {
        false
    }
}

/// The network of the machine: its resolver, and a way to everywhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNetwork;

impl Network for SystemNetwork {
    fn look_up(&self, host: &str) -> LookUp {
        let host = host.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }

    fn way_to(&self, _: SocketAddr) -> io::Result<()> {
        Ok(())
    }
}

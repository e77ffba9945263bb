//! Handshake: a TLS session with an origin and nothing asked over it, so that `khotin doctor` can tell
//! protocol, cipher suite and chain. The HTTP client shows none but the protocol.
//!
//! It takes a [`Permit`] as a request does, and the same guards stand before the connection. Only rustls
//! shows its sessions: a site that is asked through the system's OpenSSL has no handshake here.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Url;

use super::gate::Permit;
use super::retry::Aftermath;
use super::{AddressError, Fetcher, failure, tls};
use crate::model::{Failure, FailureKind, Request};

/// What a session was like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// In the word of rustls: `TLSv1_3`.
    pub protocol: String,
    /// In the word of rustls: `TLS13_AES_256_GCM_SHA384`.
    pub suite: String,
    /// The certificates that the server sent, its own first.
    pub chain: Vec<ShownCertificate>,
    /// Where it was connected to.
    pub address: SocketAddr,
}

/// A certificate, as far as a person wants to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCertificate {
    /// Whose it is, in quotes.
    pub subject: String,
    /// Who signed it, in quotes.
    pub issuer: String,
    /// From when on it is not valid any more; none if that can not be read.
    pub ends: Option<DateTime<Utc>>,
}

impl Fetcher {
    /// The addresses that a request for `url` would be connected to, by the same rules: a `resolve`
    /// line, an address in the URL, or the DNS. Port 0 stands for the port of the URL.
    ///
    /// # Errors
    /// [`AddressError`] if there is none that may be connected to.
    pub async fn look_up(&self, url: &Url) -> Result<Vec<SocketAddr>, AddressError> {
        let addresses = self.addresses();
        if let Some(target) = addresses.target(url) {
            return Ok(vec![target]);
        }
        match addresses.check_literal(url)? {
            Some(address) => Ok(vec![SocketAddr::new(address, 0)]),
            None => addresses.look_up(url.host_str().unwrap_or_default()).await,
        }
    }

    /// True if a handshake with the origin of `request` would show something: https, straight, and by
    /// rustls.
    pub fn shows_handshake(&self, request: &Request) -> bool {
        let url = &request.url;
        let is_straight = self.proxy().is_none() || self.addresses().target(url).is_some();
        url.scheme() == "https" && is_straight && self.tls().is_rustls(&request.site)
    }

    /// Connects to the origin of the permitted request, speaks TLS with it, and hangs up: the request
    /// itself is not sent. The pace group has its next turn as after an answer.
    ///
    /// # Errors
    /// The failure that the request would have had.
    pub async fn shake_hands(&self, permit: Permit) -> Result<Handshake, Failure> {
        let Permit { ask, mut turn } = permit;
        let url = &ask.request.url;
        let limit = self.connect_timeout();
        let shaken = match timeout(limit, self.shake(url)).await {
            Ok(shaken) => shaken,
            Err(_) => Err(failure::failure(
                FailureKind::Timeout,
                &format!("no connection for {url} in time (`connect_timeout`: name, TCP and TLS)"),
            )),
        };
        turn.answered();
        match &shaken {
            // That TLS works says nothing of the server behind it.
            Ok(_) => drop(turn),
            Err(failure) if failure.kind == FailureKind::ForbiddenAddress => drop(turn),
            Err(_) => turn.finish(&Aftermath::Trouble { wish: None }),
        }
        shaken
    }

    async fn shake(&self, url: &Url) -> Result<Handshake, Failure> {
        let config = self
            .tls()
            .handshake_config()
            .map_err(|why| failure::failure(FailureKind::Tls, &failure::no_tls(url, &why)))?;
        let addresses = self.look_up(url).await.map_err(|error| {
            let kind = match error {
                AddressError::Unresolved { .. } => FailureKind::Dns,
                _ => FailureKind::ForbiddenAddress,
            };
            failure::failure(kind, &error.to_string())
        })?;
        let (stream, address) = self.connect(url, &addresses).await?;
        let name = ServerName::try_from(url.host_str().unwrap_or_default().to_owned())
            .map_err(|error| failure::failure(FailureKind::Tls, &error.to_string()))?;
        let session = TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
            .map_err(|error| no_session(url, &error))?;
        Ok(shown(&session, address))
    }

    /// To the first address that takes a connection.
    async fn connect(
        &self,
        url: &Url,
        addresses: &[SocketAddr],
    ) -> Result<(TcpStream, SocketAddr), Failure> {
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in addresses {
            let mut address = *address;
            if address.port() == 0 {
                address.set_port(url.port_or_known_default().unwrap_or(0));
            }
            match self.connect_to(address).await {
                Ok(stream) => return Ok((stream, address)),
                Err(error) => last = error,
            }
        }
        let message = format!("no connection for {url}: {last}");
        Err(failure::failure(FailureKind::Connect, &message))
    }

    async fn connect_to(&self, address: SocketAddr) -> io::Result<TcpStream> {
        self.addresses().way_to(address)?;
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        if self.addresses().is_bound_to_loopback() {
            let local = match address {
                SocketAddr::V4(_) => SocketAddr::from(([127, 0, 0, 1], 0)),
                SocketAddr::V6(_) => SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 0)),
            };
            socket.bind(local)?;
        }
        socket.connect(address).await
    }
}

fn shown(session: &TlsStream<TcpStream>, address: SocketAddr) -> Handshake {
    let (_, session) = session.get_ref();
    let words = |word: Option<String>| word.unwrap_or_else(|| "unknown".to_owned());
    let protocol = session.protocol_version();
    let suite = session.negotiated_cipher_suite();
    let chain = session.peer_certificates().unwrap_or_default();
    Handshake {
        protocol: words(protocol.and_then(|version| version.as_str().map(str::to_owned))),
        suite: words(suite.and_then(|suite| suite.suite().as_str().map(str::to_owned))),
        chain: chain.iter().map(certificate).collect(),
        address,
    }
}

fn certificate(certificate: &CertificateDer<'_>) -> ShownCertificate {
    let unreadable = || "a certificate that can not be read".to_owned();
    let names = tls::names(certificate);
    ShownCertificate {
        subject: names.as_ref().map_or_else(unreadable, tls::Names::subject),
        issuer: names.as_ref().map_or_else(unreadable, tls::Names::issuer),
        ends: tls::not_after(certificate),
    }
}

/// What the TLS library says, else how the connection ended.
fn no_session(url: &Url, error: &io::Error) -> Failure {
    let said = error.get_ref().and_then(|inner| {
        let inner: &(dyn Error + 'static) = inner;
        tls::of_cause(inner)
    });
    let why = said.unwrap_or_else(|| tls::of_end(error.kind()));
    failure::failure(FailureKind::Tls, &failure::no_tls(url, &why))
}

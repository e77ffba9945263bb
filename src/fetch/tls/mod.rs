//! TLS for one origin: which library speaks it, which certificates are believed, and what is known of
//! a session afterwards.
//!
//! Certificates are always checked; there is no switch. rustls speaks TLS unless the configuration
//! says `tls = "system"` for a site: then it is the system's OpenSSL, in a build with the feature
//! `system-tls` (docs/old-tls.md). Both believe the same certificates.

#[cfg(all(feature = "system-tls", any(windows, target_vendor = "apple")))]
compile_error!("the feature `system-tls` is for systems whose own TLS library is OpenSSL");

mod certificates;
mod chain;
#[cfg(feature = "system-tls")]
mod system;
mod verifier;
mod words;

use std::sync::Arc;

use reqwest::ClientBuilder;

use self::certificates::Certificates;
use self::verifier::Witness;
use super::{FetchError, FetchOptions};
use crate::model::{SiteId, TlsSession};

pub(super) use self::chain::{Names, names, not_after};
pub(super) use self::words::{of_cause, of_end};

/// What is asked for in the handshake: HTTP/1.1 and nothing else.
const ALPN: &str = "http/1.1";

/// Who speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Library {
    Rustls,
    System,
}

/// The TLS settings of a fetcher.
#[derive(Debug)]
pub(super) struct Tls {
    certificates: Certificates,
    by_system: std::collections::BTreeSet<SiteId>,
}

/// The TLS of one origin's client; tells what its sessions are like.
#[derive(Debug)]
pub(super) enum Speaker {
    Rustls(Arc<Witness>),
    #[cfg(feature = "system-tls")]
    System,
}

impl Tls {
    /// Reads the certificates of the options.
    ///
    /// # Errors
    /// [`FetchError::Option`] names the option that can not be used: a file that holds no
    /// certificate, a root among the intermediates, or a site that asks for the system's TLS in a
    /// build that has none.
    pub(super) fn new(options: &FetchOptions) -> Result<Self, FetchError> {
        #[cfg(not(feature = "system-tls"))]
        if let Some(site) = options.system_tls.first() {
            let why = format!("\"system\" for the site `{site}`: {}", words::NOT_BUILT);
            return Err(super::options::option("tls", why));
        }
        Ok(Self {
            certificates: Certificates::new(
                &options.extra_ca_pem,
                &options.extra_intermediates_pem,
            )?,
            by_system: options.system_tls.clone(),
        })
    }

    /// Who speaks TLS with the hosts of `site`.
    pub(super) fn library(&self, site: &SiteId) -> Library {
        if self.by_system.contains(site) {
            Library::System
        } else {
            Library::Rustls
        }
    }

    /// True if the hosts of `site` are asked through rustls.
    pub(super) fn is_rustls(&self, site: &SiteId) -> bool {
        self.library(site) == Library::Rustls
    }

    /// The set-up of an https origin, for a handshake alone.
    ///
    /// # Errors
    /// Why there is no TLS on this machine, in words.
    pub(super) fn handshake_config(&self) -> Result<rustls::ClientConfig, String> {
        verifier::https_config(&self.certificates).map(|(config, _)| config)
    }

    /// Gives the client of an origin its TLS. Reads the machine's certificates if `is_needed`, and
    /// no file else.
    ///
    /// # Errors
    /// Why there is no TLS on this machine, in words.
    pub(super) fn set_up(
        &self,
        builder: ClientBuilder,
        library: Library,
        is_needed: bool,
    ) -> Result<(ClientBuilder, Option<Speaker>), String> {
        if !is_needed {
            let config = verifier::http_config()?;
            return Ok((builder.tls_backend_preconfigured(config), None));
        }
        match library {
            Library::Rustls => {
                let (config, witness) = verifier::https_config(&self.certificates)?;
                let builder = builder.tls_backend_preconfigured(config);
                Ok((builder, Some(Speaker::Rustls(witness))))
            }
            #[cfg(feature = "system-tls")]
            Library::System => {
                let connector = system::connector(&self.certificates)?;
                let builder = builder.tls_backend_preconfigured(connector);
                Ok((builder, Some(Speaker::System)))
            }
            #[cfg(not(feature = "system-tls"))]
            Library::System => Err(words::NOT_BUILT.to_owned()),
        }
    }
}

impl Speaker {
    /// True if it tells a connection that was ended (`close_notify`) from one that was cut off.
    pub(super) fn shows_end(&self) -> bool {
        match self {
            Self::Rustls(_) => true,
            // Its reading side takes both for the end of the data.
            #[cfg(feature = "system-tls")]
            Self::System => false,
        }
    }

    /// What is known of the origin's sessions.
    pub(super) fn session(&self) -> TlsSession {
        match self {
            Self::Rustls(witness) => TlsSession {
                protocol: witness.protocol().map(str::to_owned),
                library: Some("rustls (ring)".to_owned()),
                not_known: Some("cipher suite: not shown to the HTTP client".to_owned()),
            },
            #[cfg(feature = "system-tls")]
            Self::System => TlsSession {
                protocol: None,
                library: Some(system::library()),
                not_known: Some("protocol, cipher suite: not shown by native-tls".to_owned()),
            },
        }
    }
}

/// A TLS set-up that believes nobody, for a client of plain http origins.
///
/// # Errors
/// Why there is no TLS on this machine, in words.
pub(super) fn http_config() -> Result<rustls::ClientConfig, String> {
    verifier::http_config()
}

//! The options of a fetcher, and what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use url::{Host, Url};

use super::{AddressPolicy, FetchError, Network, SystemNetwork};
use crate::model::SiteId;

/// How to fetch. [`Default`] has our limits and no name: a user agent must be given.
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// Name, version and where to read about the crawler: `khotin/0.1 (+https://…)`.
    pub user_agent: String,
    /// The operator's contact, an e-mail address, sent as `From`.
    pub from: Option<String>,
    /// Sent as `Accept-Language`, unless a request brings its own.
    pub accept_language: Option<String>,
    /// Until a connection stands: name, TCP and TLS together.
    pub connect_timeout: Duration,
    /// From the start until the answer's header is there. Longer than `connect_timeout`.
    pub header_timeout: Duration,
    /// From the start until the body's last byte. At least `header_timeout`.
    pub total_timeout: Duration,
    /// Bytes of an answer's header fields; more is a protocol failure.
    pub max_header_bytes: usize,
    /// Bytes of a body as sent, before any decoding; the rest is cut off and said.
    pub max_body_bytes: usize,
    /// The same of a file of an article. One that says itself to be longer is not read at all.
    pub max_asset_bytes: usize,
    /// `host:port` of an origin -> the address that is asked instead; URL, SNI and record keep the
    /// name.
    pub resolve: BTreeMap<String, SocketAddr>,
    /// PEM files of certificates that are believed beside the machine's own.
    pub extra_ca_pem: Vec<Vec<u8>>,
    /// PEM files of intermediate certificates that servers should send and do not. They are believed
    /// only when a root vouches for them.
    pub extra_intermediates_pem: Vec<Vec<u8>>,
    /// Sites that are asked through the system's TLS library (feature `system-tls`).
    pub system_tls: BTreeSet<SiteId>,
    /// Which addresses may be connected to.
    pub addresses: AddressPolicy,
    /// Addresses that the configuration names as hosts of a site: allowed whatever the policy says.
    pub named_addresses: BTreeSet<SocketAddr>,
    /// An http or https proxy. Names are then looked up by the proxy, out of our control.
    pub proxy: Option<Url>,
    /// What lies below the guards; the machine's own but in tests.
    pub network: Arc<dyn Network>,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            user_agent: String::new(),
            from: None,
            accept_language: None,
            connect_timeout: Duration::from_secs(15),
            header_timeout: Duration::from_secs(60),
            total_timeout: Duration::from_secs(180),
            max_header_bytes: 64 * 1024,
            max_body_bytes: 16 * 1024 * 1024,
            max_asset_bytes: 20 * 1024 * 1024,
            resolve: BTreeMap::new(),
            extra_ca_pem: Vec::new(),
            extra_intermediates_pem: Vec::new(),
            system_tls: BTreeSet::new(),
            addresses: AddressPolicy::default(),
            named_addresses: BTreeSet::new(),
            proxy: None,
            network: Arc::new(SystemNetwork),
        }
    }
}

impl FetchOptions {
    /// Says which option cannot be used.
    pub(super) fn check(&self) -> Result<(), FetchError> {
        if self.connect_timeout >= self.header_timeout || self.header_timeout > self.total_timeout {
            return Err(option(
                "header_timeout",
                format!(
                    "{} ms must be more than the connect timeout of {} ms and not more than the \
                     total timeout of {} ms",
                    self.header_timeout.as_millis(),
                    self.connect_timeout.as_millis(),
                    self.total_timeout.as_millis()
                ),
            ));
        }
        for (origin, target) in &self.resolve {
            let url = Url::parse(&format!("http://{origin}"));
            let name = url.as_ref().ok().and_then(Url::host);
            if !matches!(name, Some(Host::Domain(_))) || !origin.contains(':') {
                let why = format!("{origin:?} is not a host name with a port");
                return Err(option("resolve", why));
            }
            if self.addresses == AddressPolicy::LoopbackOnly && !target.ip().is_loopback() {
                let why =
                    format!("{target} for {origin} is not loopback, and only that is allowed");
                return Err(option("resolve", why));
            }
        }
        match &self.proxy {
            Some(_) if self.addresses == AddressPolicy::LoopbackOnly => Err(option(
                "proxy",
                "only loopback may be connected to".to_owned(),
            )),
            Some(proxy) if !(matches!(proxy.scheme(), "http" | "https") && proxy.has_host()) => {
                Err(option("proxy", "it is no http or https URL".to_owned()))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Host names as URLs have them.
pub(super) fn lower_case(resolve: &BTreeMap<String, SocketAddr>) -> BTreeMap<String, SocketAddr> {
    let lower = |(origin, target): (&String, &SocketAddr)| (origin.to_ascii_lowercase(), *target);
    resolve.iter().map(lower).collect()
}

pub(super) fn option(option: &'static str, why: String) -> FetchError {
    FetchError::Option { option, why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::{Fetcher, SystemClock};
    use crate::model::RunId;

    #[test]
    fn an_option_that_cannot_be_used_is_named() {
        let good = || FetchOptions {
            user_agent: "khotin/0".to_owned(),
            ..FetchOptions::default()
        };
        let resolve = |origin: &str, target: &str| {
            let target = target.parse().expect("an address");
            BTreeMap::from([(origin.to_owned(), target)])
        };
        let proxy = |url: &str| Some(Url::parse(url).expect("a test URL"));
        let table = [
            // what, options, the option named
            ("good", good(), None),
            ("no name", FetchOptions::default(), Some("user_agent")),
            (
                "name with a line break",
                FetchOptions {
                    user_agent: "a\r\nb: c".into(),
                    ..good()
                },
                Some("user_agent"),
            ),
            (
                "empty contact",
                FetchOptions {
                    from: Some(" ".into()),
                    ..good()
                },
                Some("from"),
            ),
            (
                "no time to connect",
                FetchOptions {
                    header_timeout: Duration::from_secs(15),
                    ..good()
                },
                Some("header_timeout"),
            ),
            (
                "no time for the body",
                FetchOptions {
                    total_timeout: Duration::from_secs(59),
                    ..good()
                },
                Some("header_timeout"),
            ),
            (
                "override",
                FetchOptions {
                    resolve: resolve("moh.gov.vn:443", "10.0.0.1:8443"),
                    ..good()
                },
                None,
            ),
            (
                "override without a port",
                FetchOptions {
                    resolve: resolve("moh.gov.vn", "10.0.0.1:8443"),
                    ..good()
                },
                Some("resolve"),
            ),
            (
                "override of an address",
                FetchOptions {
                    resolve: resolve("1.2.3.4:80", "10.0.0.1:8443"),
                    ..good()
                },
                Some("resolve"),
            ),
            (
                "override to elsewhere",
                FetchOptions {
                    resolve: resolve("a.vn:80", "10.0.0.1:8443"),
                    addresses: AddressPolicy::LoopbackOnly,
                    ..good()
                },
                Some("resolve"),
            ),
            (
                "a CA that is none",
                FetchOptions {
                    extra_ca_pem: vec![b"x".to_vec()],
                    ..good()
                },
                Some("extra_ca"),
            ),
            (
                "proxy",
                FetchOptions {
                    proxy: proxy("http://user:word@proxy.lan:3128"),
                    ..good()
                },
                None,
            ),
            (
                "proxy of another kind",
                FetchOptions {
                    proxy: proxy("socks5://proxy.lan"),
                    ..good()
                },
                Some("proxy"),
            ),
            (
                "proxy for loopback",
                FetchOptions {
                    proxy: proxy("http://proxy.lan"),
                    addresses: AddressPolicy::LoopbackOnly,
                    ..good()
                },
                Some("proxy"),
            ),
        ];
        for (what, options, named) in table {
            let made = Fetcher::new(options, RunId::new("test"), Arc::new(SystemClock));
            let found = match made {
                Ok(_) => None,
                Err(FetchError::Option { option, .. }) => Some(option),
                Err(error) => panic!("{what}: {error}"),
            };
            assert_eq!(found, named, "{what}");
        }
    }
}

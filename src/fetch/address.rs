//! Which addresses may be connected to.
//!
//! A page of the web must not make us ask the machines of the operator's own network. An address in
//! a URL is checked before connecting; a name is resolved by our own resolver, and only the answers
//! that passed are connected to, so that a name cannot change between check and connection. What
//! the configuration itself names (`resolve`, an address as seed) is always allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::Network;

/// How many refused names and addresses are kept for [`AddressRules::refused`].
const MAX_REFUSED: usize = 1000;

/// Where connections may go, beside the targets that the configuration names itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AddressPolicy {
    /// Addresses of the public internet.
    #[default]
    Public,
    /// Loopback addresses alone; the DNS is never asked. For the demo ministry and for tests.
    LoopbackOnly,
}

/// Why an address or a name is not connected to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The address itself is not allowed.
    #[error("{host} is {address}, {reason}, and may not be connected to")]
    Forbidden {
        /// The host of the URL.
        host: String,
        /// The address.
        address: IpAddr,
        /// What kind of address it is.
        reason: &'static str,
    },
    /// Only loopback is allowed, and no `resolve` line names this host.
    #[error("{host} is not looked up, because only loopback may be connected to")]
    NotLookedUp {
        /// The host of the URL.
        host: String,
    },
    /// The DNS has no address for it.
    #[error("{host} has no address: {why}")]
    Unresolved {
        /// The host of the URL.
        host: String,
        /// What the system said.
        why: String,
    },
}

/// What kind of address `address` is, if it is none of the public internet.
///
/// From the IANA registries of special-purpose addresses (RFC 6890). An IPv4 address inside an
/// IPv6 one (mapped, NAT64, 6to4) is judged as that IPv4 address.
///
/// # Examples
/// ```
/// # use khotin::fetch::forbidden;
/// assert_eq!(forbidden("10.0.0.1".parse().unwrap()), Some("private"));
/// assert_eq!(forbidden("2002:0a00:0001::".parse().unwrap()), Some("private"));
/// assert_eq!(forbidden("203.162.0.1".parse().unwrap()), None);
/// ```
pub fn forbidden(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => forbidden_v4(address),
        IpAddr::V6(address) => forbidden_v6(address),
    }
}

fn forbidden_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        [0, ..] => Some("unspecified"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("private"),
        [100, 64..=127, ..] => Some("shared by a carrier (RFC 6598)"),
        [127, ..] => Some("loopback"),
        [169, 254, ..] => Some("link-local"),
        [192, 0, 0, _] => Some("reserved for protocols"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Some("for documentation"),
        [192, 88, 99, _] => Some("a 6to4 relay"),
        [198, 18..=19, ..] => Some("for benchmarks"),
        [224..=239, ..] => Some("multicast"),
        [240..=255, ..] => Some("reserved"),
        _ => None,
    }
}

fn forbidden_v6(address: Ipv6Addr) -> Option<&'static str> {
    let inner = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        forbidden_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("unspecified"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("loopback"),
        [0, 0, 0, 0, 0, 0xffff, high, low] => inner(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inner(high, low),
        [0x64, 0xff9b, ..] => Some("a local NAT64 address"),
        [0x2002, high, low, ..] => inner(high, low),
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Some("for documentation"),
        [0x2001, 0..=0x01ff, ..] => Some("reserved for protocols"),
        [0xfc00..=0xfdff, ..] => Some("private"),
        [0xfe80..=0xfebf, ..] => Some("link-local"),
        [0xfec0..=0xfeff, ..] => Some("site-local"),
        [0xff00..=0xffff, ..] => Some("multicast"),
        // Only 2000::/3 has been given out for the public internet (RFC 4291).
        [0x2000..=0x3fff, ..] => None,
        _ => Some("reserved"),
    }
}

/// The policy with all that the configuration names.
#[derive(Debug)]
pub(super) struct AddressRules {
    policy: AddressPolicy,
    /// `host:port` of an origin -> where it is really asked.
    overrides: BTreeMap<String, SocketAddr>,
    /// Addresses with port that the configuration names as hosts of a site.
    literals: BTreeSet<SocketAddr>,
    /// What lies below the rules.
    network: Arc<dyn Network>,
    refused: Mutex<Vec<String>>,
}

impl AddressRules {
    pub(super) fn new(
        policy: AddressPolicy,
        overrides: BTreeMap<String, SocketAddr>,
        literals: BTreeSet<SocketAddr>,
        network: Arc<dyn Network>,
    ) -> Self {
        Self {
            policy,
            overrides,
            literals,
            network,
            refused: Mutex::default(),
        }
    }

    /// True if sockets are bound to loopback: a second wall, from there nothing else can be reached.
    pub(super) fn is_bound_to_loopback(&self) -> bool {
        self.policy == AddressPolicy::LoopbackOnly || self.network.is_loopback_only()
    }

    /// Asks the network for a way to an address that passed.
    pub(super) fn way_to(&self, target: SocketAddr) -> io::Result<()> {
        self.network.way_to(target)
    }

    /// Where the configuration sends the origin of `url`, if it does.
    pub(super) fn target(&self, url: &Url) -> Option<SocketAddr> {
        let host = url.host_str()?;
        let port = url.port_or_known_default()?;
        self.overrides.get(&format!("{host}:{port}")).copied()
    }

    /// The address in `url`, if its host is one and it may be connected to; none for a name.
    pub(super) fn check_literal(&self, url: &Url) -> Result<Option<IpAddr>, AddressError> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) | None => return Ok(None),
        };
        let port = url.port_or_known_default().unwrap_or(0);
        if self.literals.contains(&SocketAddr::new(address, port)) {
            return Ok(Some(address));
        }
        self.check(url.host_str().unwrap_or_default(), address)
            .map(Some)
    }

    /// Names and addresses that were refused, in order, the first thousand.
    pub(super) fn refused(&self) -> Vec<String> {
        self.refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn check(&self, host: &str, address: IpAddr) -> Result<IpAddr, AddressError> {
        let reason = match self.policy {
            AddressPolicy::Public => forbidden(address),
            AddressPolicy::LoopbackOnly if address.is_loopback() => None,
            AddressPolicy::LoopbackOnly => Some("not loopback"),
        };
        match reason {
            None => Ok(address),
            Some(reason) => {
                self.note(host);
                Err(AddressError::Forbidden {
                    host: host.to_owned(),
                    address,
                    reason,
                })
            }
        }
    }

    fn note(&self, host: &str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() < MAX_REFUSED {
            refused.push(host.to_owned());
        }
    }

    /// Looks `host` up and keeps the answers that may be connected to.
    pub(super) async fn look_up(&self, host: &str) -> Result<Vec<SocketAddr>, AddressError> {
        if self.policy == AddressPolicy::LoopbackOnly {
            self.note(host);
            return Err(AddressError::NotLookedUp {
                host: host.to_owned(),
            });
        }
        let answers = self.ask(host).await?;
        self.keep_allowed(host, answers)
    }

    /// The addresses of `host`, whatever they are. Port 0 stands for the port of the URL.
    async fn ask(&self, host: &str) -> Result<Vec<SocketAddr>, AddressError> {
        match self.network.look_up(host).await {
            Ok(found) => Ok(found.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect()),
            Err(error) => Err(AddressError::Unresolved {
                host: host.to_owned(),
                why: error.to_string(),
            }),
        }
    }

    /// The allowed ones of `answers`; an error if none is.
    fn keep_allowed(
        &self,
        host: &str,
        answers: Vec<SocketAddr>,
    ) -> Result<Vec<SocketAddr>, AddressError> {
        let mut refusal = None;
        let mut allowed = Vec::new();
        for answer in answers {
            match self.check(host, answer.ip()) {
                Ok(_) => allowed.push(answer),
                Err(error) => refusal = refusal.or(Some(error)),
            }
        }
        match (allowed.is_empty(), refusal) {
            (true, Some(refusal)) => Err(refusal),
            (true, None) => Err(AddressError::Unresolved {
                host: host.to_owned(),
                why: "no answer".to_owned(),
            }),
            (false, _) => Ok(allowed),
        }
    }
}

/// The resolver of one origin's client: what it answers is what is connected to.
#[derive(Debug)]
pub(super) struct OriginResolver {
    pub(super) rules: Arc<AddressRules>,
    /// Where the configuration sends this origin.
    pub(super) target: Option<SocketAddr>,
    /// Host of the configured proxy, which may stand in the operator's own network.
    pub(super) proxy_host: Option<String>,
}

impl Resolve for OriginResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = Arc::clone(&self.rules);
        let target = self.target;
        let is_proxy = self.proxy_host.as_deref() == Some(name.as_str());
        Box::pin(async move {
            let addresses = match target {
                Some(target) => vec![target],
                None if is_proxy => rules.ask(name.as_str()).await?,
                None => rules.look_up(name.as_str()).await?,
            };
            for address in &addresses {
                rules.way_to(*address)?;
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(policy: AddressPolicy, literals: &[&str]) -> AddressRules {
        let literals = literals
            .iter()
            .map(|text| text.parse().expect("an address"));
        let network = Arc::new(crate::fetch::SystemNetwork);
        AddressRules::new(policy, BTreeMap::new(), literals.collect(), network)
    }

    #[test]
    fn only_public_addresses_are_free() {
        let table = [
            // address, kind (none: public)
            ("203.162.10.1", None),
            ("172.15.255.255", None),
            ("172.32.0.1", None),
            ("100.63.255.255", None),
            ("100.128.0.1", None),
            ("2405:4800::1", None),
            ("::ffff:203.162.10.1", None),
            ("64:ff9b::203.162.10.1", None),
            ("2002:cba2:0a01::1", None),
            ("0.0.0.0", Some("unspecified")),
            ("10.1.2.3", Some("private")),
            ("172.16.0.1", Some("private")),
            ("172.31.255.255", Some("private")),
            ("192.168.1.1", Some("private")),
            ("100.64.0.1", Some("shared by a carrier (RFC 6598)")),
            ("127.0.0.1", Some("loopback")),
            ("127.255.0.1", Some("loopback")),
            ("169.254.169.254", Some("link-local")),
            ("192.0.2.1", Some("for documentation")),
            ("198.51.100.1", Some("for documentation")),
            ("203.0.113.1", Some("for documentation")),
            ("198.19.0.1", Some("for benchmarks")),
            ("224.0.0.1", Some("multicast")),
            ("255.255.255.255", Some("reserved")),
            ("::", Some("unspecified")),
            ("::1", Some("loopback")),
            ("::ffff:127.0.0.1", Some("loopback")),
            ("::ffff:10.0.0.1", Some("private")),
            ("::127.0.0.1", Some("reserved")),
            ("64:ff9b::10.0.0.1", Some("private")),
            ("64:ff9b:1::1", Some("a local NAT64 address")),
            ("2002:7f00:0001::1", Some("loopback")),
            ("2002:c0a8:0101::1", Some("private")),
            ("2001::1", Some("reserved for protocols")),
            ("2001:db8::1", Some("for documentation")),
            ("fd00::1", Some("private")),
            ("fe80::1", Some("link-local")),
            ("fec0::1", Some("site-local")),
            ("ff02::1", Some("multicast")),
            ("100::1", Some("reserved")),
        ];
        for (address, kind) in table {
            assert_eq!(
                forbidden(address.parse().expect(address)),
                kind,
                "{address}"
            );
        }
    }

    #[test]
    fn an_address_in_a_url_is_checked_however_it_is_spelled() {
        use AddressPolicy::{LoopbackOnly, Public};
        let named = ["127.0.0.1:8080", "10.0.0.7:80"];
        let table = [
            // what, policy, URL, allowed
            ("public", Public, "http://203.162.10.1/", true),
            ("private", Public, "http://10.0.0.1/", false),
            ("as one number", Public, "http://2130706433/", false),
            ("in hex", Public, "http://0x7f.1/", false),
            ("mapped", Public, "http://[::ffff:7f00:1]/", false),
            (
                "named in the configuration",
                Public,
                "http://127.0.0.1:8080/",
                true,
            ),
            ("named, default port", Public, "http://10.0.0.7/", true),
            (
                "named, but another port",
                Public,
                "http://127.0.0.1:8081/",
                false,
            ),
            (
                "a name is looked up later",
                Public,
                "http://localhost/",
                true,
            ),
            ("loopback", LoopbackOnly, "http://127.0.0.1:1/", true),
            ("loopback of IPv6", LoopbackOnly, "http://[::1]:1/", true),
            ("not loopback", LoopbackOnly, "http://203.162.10.1/", false),
        ];
        for (what, policy, url, allowed) in table {
            let rules = rules(policy, &named);
            let url = Url::parse(url).expect(what);
            assert_eq!(rules.check_literal(&url).is_ok(), allowed, "{what}");
            assert_eq!(rules.refused().is_empty(), allowed, "{what}");
        }
    }

    #[test]
    fn of_a_mixed_answer_only_the_public_part_is_used() {
        let rules = rules(AddressPolicy::Public, &[]);
        let at = |text: &str| text.parse().expect("an address");
        let kept = rules.keep_allowed("a.vn", vec![at("10.0.0.1:0"), at("203.162.10.1:0")]);
        assert_eq!(kept, Ok(vec![at("203.162.10.1:0")]));
        let refused = rules.keep_allowed("a.vn", vec![at("10.0.0.1:0"), at("127.0.0.1:0")]);
        assert_eq!(
            refused.expect_err("all are private").to_string(),
            "a.vn is 10.0.0.1, private, and may not be connected to"
        );
    }

    #[tokio::test]
    async fn with_loopback_only_no_name_is_looked_up() {
        let rules = rules(AddressPolicy::LoopbackOnly, &[]);
        let refused = rules.look_up("localhost").await;
        assert!(matches!(refused, Err(AddressError::NotLookedUp { .. })));
        assert_eq!(rules.refused(), ["localhost"]);
    }
}

//! Where a chain of certificates breaks off, in words for the operator.
//!
//! Certificates are taken apart here for messages, and to tell a root from an intermediate. Nothing
//! is believed because of what is read here: believing is the verifier's work.

use chrono::{DateTime, NaiveDateTime, Utc};
use rustls::pki_types::CertificateDer;

/// DER tags (X.690): a sequence, a set, an object identifier, version 3 of a certificate, two kinds of
/// time.
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The attribute types common name and organization (RFC 5280, appendix A.1), as DER.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];

/// Why a chain leads to no root that is believed. The message ends in what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum BrokenChain {
    /// The server's certificate vouches for itself.
    #[error(
        "the server's certificate is signed by itself, and no CA vouches for it: tell the site's \
         owner; only if you know by another way that it is theirs, name its file in `extra_ca`"
    )]
    SelfSigned,
    /// It ends at a root of somebody else.
    #[error(
        "the chain of certificates ends at {root}, a CA that this machine does not believe: if you \
         believe it, name its file in `extra_ca` of config.toml"
    )]
    UnknownRoot {
        /// The name of the root, in quotes.
        root: String,
    },
    /// The next certificate is missing.
    #[error(
        "the chain of certificates is not complete: the server did not send the certificate of \
         {issuer}, and this machine does not have it; get it from that CA and name its file in \
         `extra_intermediates` of config.toml (if it is a root that you believe: in `extra_ca`)"
    )]
    Incomplete {
        /// The name of the certificate that is missing, in quotes.
        issuer: String,
    },
}

impl BrokenChain {
    /// Follows the names from `end_entity` on through the certificates `at_hand`; none for a
    /// certificate that can not be read.
    pub(super) fn of(
        end_entity: &CertificateDer<'_>,
        at_hand: &[CertificateDer<'_>],
    ) -> Option<Self> {
        let mut last = names(end_entity)?;
        if last.is_root() {
            return Some(Self::SelfSigned);
        }
        let known: Vec<Names<'_>> = at_hand.iter().filter_map(|one| names(one)).collect();
        // Names may lead in a circle; a chain has no more links than there are certificates.
        for _ in 0..known.len() {
            let Some(next) = known.iter().find(|one| one.subject == last.issuer) else {
                break;
            };
            if next.is_root() {
                return Some(Self::UnknownRoot {
                    root: next.subject(),
                });
            }
            last = *next;
        }
        Some(Self::Incomplete {
            issuer: words(last.issuer),
        })
    }
}

/// The names in a certificate, as DER without the outer tag.
#[derive(Debug, Clone, Copy)]
pub(in crate::fetch) struct Names<'a> {
    issuer: &'a [u8],
    subject: &'a [u8],
}

impl Names<'_> {
    /// True if it vouches for itself.
    pub(in crate::fetch) fn is_root(&self) -> bool {
        self.issuer == self.subject
    }

    /// Whose certificate it is, in quotes.
    pub(in crate::fetch) fn subject(&self) -> String {
        words(self.subject)
    }

    /// Who signed it, in quotes.
    pub(in crate::fetch) fn issuer(&self) -> String {
        words(self.issuer)
    }
}

/// From when on a certificate is not valid any more: `notAfter` of its `Validity` (RFC 5280, section
/// 4.1.2.5), which is `UTCTime` up to 2049 and `GeneralizedTime` from then on, both in UTC with seconds.
pub(in crate::fetch) fn not_after(certificate: &CertificateDer<'_>) -> Option<DateTime<Utc>> {
    let (whole, _) = expect(SEQUENCE, certificate)?;
    let (fields, _) = expect(SEQUENCE, whole)?;
    let fields = expect(VERSION, fields).map_or(fields, |(_, rest)| rest);
    let (_, _, fields) = element(fields)?;
    let (_, fields) = expect(SEQUENCE, fields)?;
    let (_, fields) = expect(SEQUENCE, fields)?;
    let (validity, _) = expect(SEQUENCE, fields)?;
    let (_, _, after) = element(validity)?;
    let (tag, text, _) = element(after)?;
    let text = std::str::from_utf8(text).ok()?;
    let full = match (tag, text.get(..2)?.parse::<u8>().ok()?) {
        (GENERALIZED_TIME, _) => text.to_owned(),
        (UTC_TIME, 0..=49) => format!("20{text}"),
        (UTC_TIME, _) => format!("19{text}"),
        _ => return None,
    };
    let time = NaiveDateTime::parse_from_str(&full, "%Y%m%d%H%M%SZ").ok()?;
    Some(time.and_utc())
}

/// Reads `Certificate { TBSCertificate { version, serial, algorithm, issuer, validity, subject, .. }`
/// (RFC 5280, section 4.1); none if that is not what it is.
pub(in crate::fetch) fn names<'a>(certificate: &'a CertificateDer<'_>) -> Option<Names<'a>> {
    let (whole, _) = expect(SEQUENCE, certificate)?;
    let (fields, _) = expect(SEQUENCE, whole)?;
    let fields = expect(VERSION, fields).map_or(fields, |(_, rest)| rest);
    let (_, _, fields) = element(fields)?;
    let (_, fields) = expect(SEQUENCE, fields)?;
    let (issuer, fields) = expect(SEQUENCE, fields)?;
    let (_, fields) = expect(SEQUENCE, fields)?;
    let (subject, _) = expect(SEQUENCE, fields)?;
    Some(Names { issuer, subject })
}

/// A name as a person knows it, in quotes: the common name, else the organization.
fn words(name: &[u8]) -> String {
    let text = attribute(name, COMMON_NAME).or_else(|| attribute(name, ORGANIZATION));
    text.map_or_else(
        || "somebody without a name".to_owned(),
        |text| format!("{:?}", String::from_utf8_lossy(text)),
    )
}

/// The text of the first attribute of that type.
fn attribute<'a>(mut name: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    loop {
        let (mut set, rest) = expect(SET, name)?;
        while let Some((pair, others)) = expect(SEQUENCE, set) {
            let (kind, value) = expect(OBJECT_IDENTIFIER, pair)?;
            let (_, text, _) = element(value)?;
            if kind == wanted {
                return Some(text);
            }
            set = others;
        }
        name = rest;
    }
}

/// The content of the first element, which must have that tag, and what follows it.
fn expect(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = element(bytes)?;
    (found == tag).then_some((content, rest))
}

/// Tag, content and what follows, of the first element of DER. Lengths of up to two bytes, which are
/// all that a certificate has.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (length, rest) = match rest {
        [length @ 0..=0x7f, rest @ ..] => (usize::from(*length), rest),
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    use super::*;

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CountryName, "VN");
        params.distinguished_name.push(DnType::CommonName, name);
        params
    }

    /// Root, intermediate and leaf.
    fn three() -> [CertificateDer<'static>; 3] {
        let key = || KeyPair::generate().unwrap();
        let (root_key, middle_key) = (key(), key());
        let root = params("Gốc").self_signed(&root_key).unwrap();
        let by_root = Issuer::new(params("Gốc"), root_key);
        let middle = params("Giữa").signed_by(&middle_key, &by_root).unwrap();
        let by_middle = Issuer::new(params("Giữa"), middle_key);
        let leaf = params("moh.gov.vn").signed_by(&key(), &by_middle).unwrap();
        [root, middle, leaf].map(|one| one.der().clone())
    }

    #[test]
    fn the_place_where_a_chain_breaks_off_has_a_name() {
        let [root, middle, leaf] = three();
        let incomplete = |issuer: &str| {
            let issuer = format!("{issuer:?}");
            Some(BrokenChain::Incomplete { issuer })
        };
        let unknown = BrokenChain::UnknownRoot {
            root: "\"Gốc\"".to_owned(),
        };
        let table = [
            ("leaf alone", vec![], incomplete("Giữa")),
            ("root left out", vec![middle.clone()], incomplete("Gốc")),
            ("wrong one", vec![root.clone()], incomplete("Giữa")),
            (
                "whole, in any order",
                vec![root.clone(), middle],
                Some(unknown),
            ),
        ];
        for (what, at_hand, expected) in table {
            assert_eq!(BrokenChain::of(&leaf, &at_hand), expected, "{what}");
        }
        assert_eq!(BrokenChain::of(&root, &[]), Some(BrokenChain::SelfSigned));
    }

    #[test]
    fn the_end_of_a_certificate_is_read_in_both_shapes_of_a_time() {
        let table = [
            ("UTCTime", 2031, "2031-05-06T00:00:00Z"),
            ("the last year of it", 2049, "2049-05-06T00:00:00Z"),
            ("GeneralizedTime", 2050, "2050-05-06T00:00:00Z"),
        ];
        for (what, year, expected) in table {
            let mut params = params("x");
            params.not_after = rcgen::date_time_ymd(year, 5, 6);
            let key = KeyPair::generate().unwrap();
            let certificate = params.self_signed(&key).unwrap();
            let expected: DateTime<Utc> = expected.parse().unwrap();
            assert_eq!(not_after(certificate.der()), Some(expected), "{what}");
        }
        assert_eq!(not_after(&CertificateDer::from(b"hello".to_vec())), None);
    }

    #[test]
    fn bytes_that_are_no_certificate_have_no_names() {
        let [root, ..] = three();
        let table: [(&str, Vec<u8>); 4] = [
            ("empty", Vec::new()),
            ("text", b"hello".to_vec()),
            ("length beyond the end", vec![SEQUENCE, 0x82, 0xff, 0xff, 0]),
            ("length of four bytes", vec![SEQUENCE, 0x84, 0, 0, 0, 1, 0]),
        ];
        for (what, bytes) in table {
            assert!(names(&CertificateDer::from(bytes)).is_none(), "{what}");
        }
        for length in 0..root.len() {
            let cut: Vec<u8> = root.iter().take(length).copied().collect();
            let cut = CertificateDer::from(cut);
            assert!(names(&cut).is_none(), "the first {length} bytes");
        }
    }
}

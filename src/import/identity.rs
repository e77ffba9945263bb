//! Identity: what makes a foreign capture this one and no other, whatever file it stands in. A digest of
//! its record id, request, time and payload: the same capture in two files has one identity, and two
//! captures never share one.

use chrono::{DateTime, SecondsFormat, Utc};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::model::Request;

/// The identity of an imported capture: a SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity([u8; 32]);

impl Identity {
    /// The identity of a capture: `WARC-Record-ID` without angle brackets (empty if there is none), what
    /// was asked, when, and the SHA-256 of the payload (lower-case hex).
    ///
    /// Every part is preceded by its length, so that no two lists of parts make the same text.
    pub fn of(
        record_id: &str,
        request: &Request,
        captured_at: DateTime<Utc>,
        payload_sha256: &str,
    ) -> Self {
        let time = captured_at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let key = request.key();
        let mut digest = Sha256::new();
        for part in [record_id, key.as_str(), &time, payload_sha256] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        Self(digest.finalize().into())
    }

    /// The identity with these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Lower-case hex.
    pub fn hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// Its first eight bytes as a number.
    pub(super) fn leading(&self) -> u64 {
        self.0
            .iter()
            .take(8)
            .fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Method, Purpose, SiteId};
    use url::Url;

    fn request(url: &str, body: Option<&str>) -> Request {
        let url = Url::parse(url).unwrap();
        let mut request = Request::get(SiteId::new("moh"), url, Purpose::Article);
        if let Some(body) = body {
            request.method = Method::Post;
            request.body = Some(body.to_owned());
        }
        request
    }

    #[test]
    fn a_capture_is_told_from_another_by_each_part_and_by_nothing_else() {
        let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let at = time("2020-01-02T03:04:05Z");
        let plain = request("https://a.vn/x", None);
        let one = Identity::of("urn:uuid:1", &plain, at, "aa");
        let mut in_a_section = plain.clone();
        in_a_section.section = Some(crate::model::SectionId::new("tin"));
        in_a_section.purpose = Purpose::Listing;
        assert_eq!(
            Identity::of("urn:uuid:1", &in_a_section, at, "aa"),
            one,
            "what a profile says of it is none of its parts"
        );
        let posted = |body| request("https://a.vn/x", Some(body));
        let others = [
            ("record", Identity::of("urn:uuid:2", &plain, at, "aa")),
            ("no record", Identity::of("", &plain, at, "aa")),
            (
                "address",
                Identity::of("urn:uuid:1", &request("https://a.vn/y", None), at, "aa"),
            ),
            ("method", Identity::of("urn:uuid:1", &posted(""), at, "aa")),
            ("body", Identity::of("urn:uuid:1", &posted("{}"), at, "aa")),
            (
                "a microsecond",
                Identity::of(
                    "urn:uuid:1",
                    &plain,
                    time("2020-01-02T03:04:05.000001Z"),
                    "aa",
                ),
            ),
            ("payload", Identity::of("urn:uuid:1", &plain, at, "ab")),
        ];
        for (what, other) in others {
            assert_ne!(other, one, "{what}");
        }
        assert_ne!(
            Identity::of("ab", &plain, at, "aa"),
            Identity::of("a", &plain, at, "baa"),
            "no part runs over into another"
        );
    }
}

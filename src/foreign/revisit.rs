//! What a `revisit` record says of the record that it stands for (WARC 1.1, section 6.7).

use chrono::{DateTime, Utc};

use super::record::bare;
use super::{ForeignRecord, LabelledDigest, read_date};

/// Why it is a revisit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevisitProfile {
    /// The same payload was sent again; on the same URI or another one.
    IdenticalPayload,
    /// The server said that nothing changed.
    NotModified,
    /// A profile that is not in the standard, or none.
    Other(String),
}

impl RevisitProfile {
    /// Reads `WARC-Profile`: those of WARC 1.0, 1.1 and of the drafts before differ in the middle.
    fn read(text: &str) -> Self {
        match text.trim_end_matches('/').rsplit('/').next() {
            Some("identical-payload-digest" | "uri-agnostic-identical-payload-digest") => {
                Self::IdenticalPayload
            }
            Some("server-not-modified") => Self::NotModified,
            _ => Self::Other(text.to_owned()),
        }
    }
}

/// The facts; what the record does not say is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisitFacts {
    /// `WARC-Profile`.
    pub profile: RevisitProfile,
    /// `WARC-Refers-To` without angle brackets.
    pub refers_to: Option<String>,
    /// `WARC-Refers-To-Target-URI` without angle brackets.
    pub target_uri: Option<String>,
    /// `WARC-Refers-To-Date`, if it is a moment.
    pub target_date: Option<DateTime<Utc>>,
    /// `WARC-Payload-Digest`, if it can be read.
    pub payload_digest: Option<LabelledDigest>,
}

impl RevisitFacts {
    /// Those of a record, if it is a revisit.
    pub(super) fn of(record: &ForeignRecord) -> Option<Self> {
        if !record.kind().eq_ignore_ascii_case("revisit") {
            return None;
        }
        let bare_field = |name| {
            let value = record.field(name).map(bare);
            value.filter(|value| !value.is_empty()).map(str::to_owned)
        };
        Some(Self {
            profile: RevisitProfile::read(bare(record.field("WARC-Profile").unwrap_or_default())),
            refers_to: bare_field("WARC-Refers-To"),
            target_uri: bare_field("WARC-Refers-To-Target-URI"),
            target_date: record
                .field("WARC-Refers-To-Date")
                .and_then(|date| read_date(date).ok())
                .map(|(date, _)| date),
            payload_digest: record.payload_digest(),
        })
    }
}

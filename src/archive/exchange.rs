//! The archive's own words for exchanges: what a revisit refers to, and where the records of an
//! exchange went. Making records: [`super::encode`]; reading them: [`super::stored`]. Both follow the
//! same rules:
//!
//! * answered: `request`, `response` or `revisit`, `metadata`; failed: `request` if bytes were sent,
//!   `metadata`. Each record names the others in `WARC-Concurrent-To`, all have one `WARC-Date`.
//! * The same payload again is a `revisit` whose block is the HTTP header. A 304 is a `revisit` with
//!   an empty block, because replay tools show an empty page otherwise; its status line and headers
//!   stand in the metadata record. A 304 whose earlier capture is unknown is a plain `response`.
//! * An empty or truncated body is stored as it is, never as a revisit.
//! * The answer to a POST is stored whole each time, and no revisit refers to one: a revisit names its
//!   record by address and time, and of a POST that is not enough. pywb would give another answer of the
//!   same address.
//!
//! * The metadata record is the last: when it is whole, the exchange is.

use chrono::{DateTime, SubsecRound, Utc};
use url::Url;

use super::http;
use crate::model::{Capture, Exchange, Location, Sequence};

/// `WARC-Profile` of a revisit with the same payload (WARC 1.1, section 6.7.2).
pub(super) const IDENTICAL: &str =
    "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest";
/// `WARC-Profile` of a 304 (WARC 1.1, section 6.7.3).
pub(super) const NOT_MODIFIED: &str = "http://netpreserve.org/warc/1.1/revisit/server-not-modified";

/// The `response` record that a revisit refers to; never itself a revisit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisitTarget {
    /// Its `WARC-Target-URI`.
    pub uri: Url,
    /// Its `WARC-Date`.
    pub date: DateTime<Utc>,
    /// Its `WARC-Record-ID` without angle brackets.
    pub record_id: String,
    /// SHA-256 of its payload, lower-case hex. Only an equal payload is archived as a revisit, so a
    /// wrong target costs room and not the payload. Not compared for a 304.
    pub payload_sha256: String,
}

/// What the archive did with an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// File name without folder and without `.open`.
    pub file: String,
    /// First byte of the exchange's first record.
    pub start: u64,
    /// First byte behind its last record.
    pub end: u64,
    /// Of the `response` or `revisit` record; none if there was no answer.
    pub answer: Option<AppendedAnswer>,
}

/// Where an answer is archived, and its digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendedAnswer {
    /// Of the `response` or `revisit` record.
    pub location: Location,
    /// Base32.
    pub payload_sha1: String,
    /// Lower-case hex.
    pub payload_sha256: String,
    /// Set when it is archived as a revisit. Only an answer to a GET without this may be a
    /// [`RevisitTarget`], and only if its body is neither empty nor truncated.
    pub revisit: Option<RevisitKind>,
}

impl Appended {
    /// The capture that reading the archive again would give, without reading it; none for a
    /// failure. The body is moved, not copied.
    pub fn into_capture(self, sequence: Sequence, exchange: Exchange) -> Option<Capture> {
        let (appended, answer) = (self.answer?, exchange.result.ok()?);
        Some(Capture {
            sequence,
            request: exchange.request,
            captured_at: exchange.asked_at.trunc_subsecs(6),
            via: exchange.via,
            status: answer.status,
            headers: http::stored_headers(&answer),
            body: answer.body,
            truncated: answer.truncated,
            payload_sha1: appended.payload_sha1,
            payload_sha256: appended.payload_sha256,
            location: appended.location,
        })
    }
}

/// What a `revisit` record says of the record that it refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revisit {
    /// Why it is a revisit.
    pub kind: RevisitKind,
    /// `WARC-Refers-To-Target-URI`.
    pub target_uri: Url,
    /// `WARC-Refers-To-Date`.
    pub target_date: DateTime<Utc>,
    /// `WARC-Refers-To` without angle brackets, empty if it is missing.
    pub target_id: String,
}

/// The two kinds of revisit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisitKind {
    /// The same payload was sent again.
    IdenticalPayload,
    /// The server answered 304.
    NotModified,
}

impl RevisitKind {
    /// The value of `WARC-Profile`.
    pub(super) fn profile(self) -> &'static str {
        match self {
            Self::IdenticalPayload => IDENTICAL,
            Self::NotModified => NOT_MODIFIED,
        }
    }
}

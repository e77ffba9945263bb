//! Exchange and Capture: what was asked and answered, and where the archive keeps it.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Request, RunId, Sequence};

/// One request and its answer or failure. Archived as adjacent WARC records with one sequence
/// number; the number itself is given by the archive's writer, not here.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The run that asked.
    pub run: RunId,
    /// What was asked.
    pub request: Request,
    /// Request line and header lines as sent, each ended by CRLF, with the empty line at the end.
    /// Empty when nothing was sent (a name that did not resolve, a refused connection).
    pub sent_head: Vec<u8>,
    /// When the request was sent, UTC, microseconds.
    pub asked_at: DateTime<Utc>,
    /// From sending until the last byte or the failure.
    pub elapsed: Duration,
    /// The address really used, if there was a connection.
    pub address: Option<SocketAddr>,
    /// Directly, or sent elsewhere by a `resolve` line of the configuration.
    pub via: Via,
    /// The TLS session that the request was sent in, if there was one.
    pub tls: Option<TlsSession>,
    /// The answer, or why there is none.
    pub result: Result<Answer, Failure>,
}

/// What is known of a TLS session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsSession {
    /// Protocol and suite as far as they are known, in the words of OpenSSL: `TLSv1.3`.
    pub protocol: Option<String>,
    /// The library that spoke it: `rustls (ring)`, `OpenSSL 3.0.19 27 Jan 2026`.
    pub library: Option<String>,
    /// What of protocol and suite is not known, and why.
    pub not_known: Option<String>,
}

/// How an origin was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// By the address that its name resolves to.
    Direct,
    /// By an address of the configuration (`resolve`): a mirror or a test server.
    Override,
    /// Not by khotin: the capture was taken out of somebody else's web archive (`khotin import`).
    Import,
}

impl Via {
    /// The word in WARC metadata and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Override => "override",
            Self::Import => "import",
        }
    }
}

/// A response as received: transfer coding removed, content coding as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status code, 100-999.
    pub status: u16,
    /// Reason phrase as known, perhaps empty.
    pub reason: String,
    /// Version in the status line.
    pub version: HttpVersion,
    /// Header fields in the order received, names in lower case (rebuilt from the parser).
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, transfer-decoded, content-encoding as sent.
    pub body: Vec<u8>,
    /// Set when the body is not whole.
    pub truncated: Option<Truncation>,
}

impl Answer {
    /// The first value of a header as text, if it has that header and it is UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// The first value of header `name` (in lower case) as UTF-8 text.
fn header<'a>(headers: &'a [(String, Vec<u8>)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(known, _)| known == name)
        .and_then(|(_, value)| std::str::from_utf8(value).ok())
}

/// The HTTP version of a status line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    Http11,
}

impl HttpVersion {
    /// As in the status line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
        }
    }
}

/// Why a body is not whole: the values of `WARC-Truncated` (WARC 1.1, section 5.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truncation {
    /// Longer than the cap.
    Length,
    /// Took longer than the time limit.
    Time,
    /// The connection broke.
    Disconnect,
    /// Another or unknown reason.
    Unspecified,
}

impl Truncation {
    /// The value of the WARC field.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Time => "time",
            Self::Disconnect => "disconnect",
            Self::Unspecified => "unspecified",
        }
    }
}

/// Why a request has no answer at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure; it decides about a retry.
    pub kind: FailureKind,
    /// What happened, with the thing and the numbers, in lower case without a full stop.
    pub message: String,
}

impl Failure {
    /// An exchange of which the archive holds neither an answer nor a failure.
    pub fn no_answer() -> Self {
        Self {
            kind: FailureKind::Protocol,
            message: "the archive holds no answer".to_owned(),
        }
    }
}

/// The kinds of failure, as counted in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The name did not resolve.
    Dns,
    /// The name or literal leads to an address that may not be connected to.
    ForbiddenAddress,
    /// No connection.
    Connect,
    /// No TLS session.
    Tls,
    /// No answer in time.
    Timeout,
    /// The connection broke before a whole header came.
    Disconnect,
    /// What came is not HTTP, or its header is over the caps.
    Protocol,
}

impl FailureKind {
    /// The word in WARC metadata, logs and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::ForbiddenAddress => "forbidden_address",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Disconnect => "disconnect",
            Self::Protocol => "protocol",
        }
    }
}

/// Where a record stands in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Location {
    /// Final file name, without folder and without `.open`.
    pub file: String,
    /// First byte of the record's gzip member.
    pub offset: u64,
    /// Length of the gzip member in bytes.
    pub length: u64,
    /// `WARC-Record-ID`, without the angle brackets: `urn:uuid:…`.
    pub record_id: String,
}

/// An answered exchange as the archive holds it: all that reading may look at.
#[derive(Debug, Clone)]
pub struct Capture {
    /// Order of captures.
    pub sequence: Sequence,
    /// What was asked.
    pub request: Request,
    /// `WARC-Date`: when the request was sent, UTC.
    pub captured_at: DateTime<Utc>,
    /// How the origin was reached.
    pub via: Via,
    /// Status code.
    pub status: u16,
    /// Response header fields, names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Body as stored: content-encoding as sent. For a revisit of an identical payload, the body of
    /// the record that it refers to; for a 304, empty.
    pub body: Vec<u8>,
    /// Set when the body is not whole. Such a capture is never read as an article.
    pub truncated: Option<Truncation>,
    /// SHA-1 of the stored body, base32, as in `WARC-Payload-Digest` without the prefix.
    pub payload_sha1: String,
    /// SHA-256 of the stored body, lower-case hex.
    pub payload_sha256: String,
    /// Where the response or revisit record stands.
    pub location: Location,
}

impl Capture {
    /// The first value of a response header as text, if it has that header and it is UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

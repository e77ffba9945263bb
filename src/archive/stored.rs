//! Stored exchange: the adjacent records of one exchange in, what was asked and answered out, from the
//! WARC alone; the rules are in [`super::exchange`]. Not here: the payload of a revisit
//! ([`super::targets`]).

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;

use super::exchange::{IDENTICAL, NOT_MODIFIED, Revisit, RevisitKind};
use super::http::{self, Headers};
use super::metadata::{self, Fields};
use super::record::{bare, parse_date};
use super::{ArchiveError, Problem, Record, payload_sha1};
use crate::model::{
    Capture, Failure, HttpVersion, Location, Request, RunId, SectionId, Sequence, SiteId,
    TlsSession, Truncation, Via,
};

/// An exchange as the archive holds it.
#[derive(Debug, Clone)]
pub struct StoredExchange {
    /// Order of exchanges.
    pub sequence: Sequence,
    /// The run that asked.
    pub run: RunId,
    /// What was asked.
    pub request: Request,
    /// Request line and headers as sent; empty when nothing was sent.
    pub sent_head: Vec<u8>,
    /// `WARC-Date`: when it was asked, UTC, microseconds.
    pub asked_at: DateTime<Utc>,
    /// From sending until the last byte or the failure, whole microseconds.
    pub elapsed: Duration,
    /// How the origin was reached.
    pub via: Via,
    /// The address really used, if there was a connection.
    pub address: Option<SocketAddr>,
    /// The TLS session that the request was sent in, if there was one.
    pub tls: Option<TlsSession>,
    /// SHA-256 of the site's profile then, lower-case hex.
    pub profile_digest: String,
    /// The file that holds it.
    pub file: String,
    /// First byte of its first record.
    pub start: u64,
    /// First byte behind its last record: reading goes on here.
    pub end: u64,
    /// The answer, or why there is none.
    pub outcome: Outcome,
}

/// How an exchange ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// With an answer, whatever its status.
    Answered(Box<StoredAnswer>),
    /// Without.
    Failed(Failure),
}

/// An answer as the archive holds it.
#[derive(Debug, Clone)]
pub struct StoredAnswer {
    /// Status code.
    pub status: u16,
    /// Reason phrase, perhaps empty.
    pub reason: String,
    /// Version in the status line.
    pub version: HttpVersion,
    /// Header fields as archived, names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Body as stored. For a revisit of an identical payload it is the body of the record that it
    /// refers to, once that was looked up; [`super::Exchanges`] and [`super::Archive`] do so.
    pub body: Vec<u8>,
    /// Set when the body is not whole.
    pub truncated: Option<Truncation>,
    /// Set when it is archived as a revisit.
    pub revisit: Option<Revisit>,
    /// SHA-1 of the payload, base32.
    pub payload_sha1: String,
    /// SHA-256 of the payload, lower-case hex.
    pub payload_sha256: String,
    /// Of the `response` or `revisit` record.
    pub location: Location,
}

impl StoredExchange {
    /// Puts an exchange together from its adjacent records, the last of them its metadata record.
    ///
    /// The `request` record may be missing: then `sent_head` is empty and all else is the same.
    ///
    /// # Errors
    /// [`ArchiveError::Damaged`] with [`Problem::Exchange`] if something needed is not there.
    pub(super) fn of_records(file: &str, records: Vec<Record>) -> Result<Self, ArchiveError> {
        let start = records.first().map_or(0, |record| record.offset);
        Self::assemble(file, records).map_err(|missing| ArchiveError::Damaged {
            file: file.to_owned(),
            offset: start,
            problem: Problem::Exchange(missing.to_owned()),
        })
    }

    fn assemble(file: &str, records: Vec<Record>) -> Result<Self, &'static str> {
        let (mut request_record, mut answer_record, mut metadata_record) = (None, None, None);
        let start = records.first().map_or(0, |record| record.offset);
        for record in records {
            let place = match record.kind() {
                "request" => &mut request_record,
                "response" | "revisit" => &mut answer_record,
                "metadata" => &mut metadata_record,
                _ => return Err("a record of another kind stands in it"),
            };
            if place.replace(record).is_some() {
                return Err("two records of one kind");
            }
        }
        let metadata = metadata_record.ok_or("no metadata record")?;
        let fields = Fields::of_block(&metadata.block);
        let outcome = match fields.text("outcome") {
            Some("answered") => {
                let record = answer_record.ok_or("no response record")?;
                Outcome::Answered(Box::new(stored_answer(file, record, &fields)?))
            }
            Some("failed") if answer_record.is_none() => Outcome::Failed(Failure {
                kind: fields.word("failure-kind").ok_or("no failure-kind")?,
                message: fields
                    .text("failure-message")
                    .unwrap_or_default()
                    .to_owned(),
            }),
            _ => return Err("no outcome, or a response record beside a failure"),
        };
        Ok(Self {
            sequence: fields.sequence().ok_or("no sequence")?,
            run: RunId::new(fields.text("run").ok_or("no run")?),
            request: stored_request(&metadata, &fields)?,
            sent_head: request_record
                .as_ref()
                .and_then(|record| http::parse(&record.block))
                .map(|message| message.head.to_vec())
                .unwrap_or_default(),
            asked_at: metadata.date().ok_or("no WARC-Date")?,
            elapsed: fields.micros("elapsed-us").ok_or("no elapsed-us")?,
            via: fields.word("via").ok_or("no via")?,
            address: fields.parsed("address"),
            tls: fields.tls(),
            profile_digest: fields.text("profile-sha256").unwrap_or_default().to_owned(),
            file: file.to_owned(),
            start,
            end: metadata.offset + metadata.length,
            outcome,
        })
    }

    /// The capture, if there was an answer. The body is moved, not copied.
    pub fn into_capture(self) -> Option<Capture> {
        let Outcome::Answered(answer) = self.outcome else {
            return None;
        };
        Some(Capture {
            sequence: self.sequence,
            request: self.request,
            captured_at: self.asked_at,
            via: self.via,
            status: answer.status,
            headers: answer.headers,
            body: answer.body,
            truncated: answer.truncated,
            payload_sha1: answer.payload_sha1,
            payload_sha256: answer.payload_sha256,
            location: answer.location,
        })
    }
}

fn stored_request(metadata: &Record, fields: &Fields) -> Result<Request, &'static str> {
    let url = metadata.target_uri().and_then(|uri| Url::parse(uri).ok());
    let body = match fields.text("request-body") {
        None => None,
        Some(text) => {
            Some(serde_json::from_str(text).map_err(|_| "its request-body is no JSON string")?)
        }
    };
    Ok(Request {
        site: SiteId::new(fields.text("site").ok_or("no site")?),
        method: fields.word("method").ok_or("no method")?,
        url: url.ok_or("no WARC-Target-URI")?,
        headers: fields
            .all("request-header")
            .filter_map(|line| {
                let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
                Some((name.to_owned(), value.trim().to_owned()))
            })
            .collect(),
        body,
        purpose: fields.word("purpose").ok_or("no purpose")?,
        section: fields.text("section").map(SectionId::new),
    })
}

fn stored_answer(
    file: &str,
    record: Record,
    fields: &Fields,
) -> Result<StoredAnswer, &'static str> {
    let revisit = match record.kind() {
        "revisit" => Some(stored_revisit(&record)?),
        _ => None,
    };
    let truncated = record
        .field("WARC-Truncated")
        .map(|text| metadata::word(text).unwrap_or(Truncation::Unspecified));
    let (start_line, headers, head_length) = match http::parse(&record.block) {
        Some(message) => (
            message.start_line.to_vec(),
            message.headers,
            message.head.len(),
        ),
        None if record.block.is_empty() && revisit.is_some() => (
            fields
                .bytes("status-line")
                .ok_or("no status-line")?
                .to_vec(),
            not_modified_headers(fields),
            0,
        ),
        None => return Err("no HTTP header in the response record"),
    };
    let (version, status, reason) =
        http::parse_status_line(&start_line).ok_or("no HTTP status line")?;
    let location = Location {
        file: file.to_owned(),
        offset: record.offset,
        length: record.length,
        record_id: record.id().to_owned(),
    };
    let said_sha1 = record
        .field("WARC-Payload-Digest")
        .and_then(|digest| digest.strip_prefix("sha1:"))
        .map(str::to_owned);
    let mut body = record.block;
    body.drain(..head_length);
    Ok(StoredAnswer {
        status,
        reason,
        version,
        headers,
        payload_sha1: said_sha1.unwrap_or_else(|| payload_sha1(&body)),
        payload_sha256: fields
            .text("payload-sha256")
            .ok_or("no payload-sha256")?
            .to_owned(),
        body,
        truncated,
        revisit,
        location,
    })
}

fn not_modified_headers(fields: &Fields) -> Headers {
    fields
        .all("response-header")
        .filter_map(http::parse_header_line)
        .collect()
}

fn stored_revisit(record: &Record) -> Result<Revisit, &'static str> {
    let kind = match record.field("WARC-Profile") {
        Some(IDENTICAL) => RevisitKind::IdenticalPayload,
        Some(NOT_MODIFIED) => RevisitKind::NotModified,
        _ => return Err("a revisit of an unknown profile"),
    };
    Ok(Revisit {
        kind,
        target_uri: record
            .field("WARC-Refers-To-Target-URI")
            .and_then(|uri| Url::parse(bare(uri)).ok())
            .ok_or("a revisit without WARC-Refers-To-Target-URI")?,
        target_date: record
            .field("WARC-Refers-To-Date")
            .and_then(parse_date)
            .ok_or("a revisit without WARC-Refers-To-Date")?,
        target_id: bare(record.field("WARC-Refers-To").unwrap_or_default()).to_owned(),
    })
}

//! Encode: one exchange in, its adjacent packed records out; the rules are in [`super::exchange`]. Not
//! here: files and offsets ([`super::writer`]).

use std::io;

use chrono::{DateTime, Utc};
use url::Url;
use uuid::Uuid;

use super::exchange::{AppendedAnswer, RevisitKind, RevisitTarget};
use super::metadata::{self, DURABLE_TO, Fields, WARC_FIELDS};
use super::record::{Draft, Packer, Packing, warc_date};
use super::{ArchiveError, MAX_RECORD_BYTES, http, payload_sha1, payload_sha256};
use crate::model::{Answer, Exchange, Location, Method, Sequence};

/// The records of one exchange, packed. Offsets count from the first byte of `bytes`.
#[derive(Debug)]
pub(super) struct Encoded {
    /// Gzip members, one after the other.
    pub(super) bytes: Vec<u8>,
    /// Of the answer; its location has an empty file name and an offset within `bytes`.
    pub(super) answer: Option<AppendedAnswer>,
}

/// An exchange with what its records say of it beside.
#[derive(Debug, Clone, Copy)]
pub(super) struct ToArchive<'a> {
    /// Its number.
    pub(super) sequence: Sequence,
    /// What was asked and answered.
    pub(super) exchange: &'a Exchange,
    /// SHA-256 of the site's profile, lower-case hex.
    pub(super) profile_digest: &'a str,
    /// An earlier record of the same payload.
    pub(super) target: Option<&'a RevisitTarget>,
    /// The `warcinfo` record of its file.
    pub(super) warcinfo_id: &'a str,
    /// The length up to which its file was fsynced when it was appended.
    pub(super) durable_to: u64,
}

/// Makes the records of one exchange.
///
/// # Errors
/// [`ArchiveError::TooLong`] for a request or an answer over [`MAX_RECORD_BYTES`].
pub(super) fn encode(
    wanted: ToArchive<'_>,
    ids: &mut dyn FnMut() -> Uuid,
    packer: &mut Packer,
) -> Result<Encoded, ArchiveError> {
    let ToArchive {
        sequence,
        exchange,
        profile_digest,
        target,
        warcinfo_id,
        durable_to,
    } = wanted;
    let request = &exchange.request;
    let sent_body = request.body.as_deref().unwrap_or_default().as_bytes();
    check_length(
        "request",
        &request.url,
        exchange.sent_head.len() + sent_body.len(),
    )?;

    let mut new_id = || ids().urn().to_string();
    let request_id = (!exchange.sent_head.is_empty()).then(&mut new_id);
    let answer_id = exchange.result.is_ok().then(&mut new_id);
    let metadata_id = new_id();
    let ids = [
        request_id.as_deref(),
        answer_id.as_deref(),
        Some(metadata_id.as_str()),
    ];
    let fields = |id: &str| common_fields(exchange, warcinfo_id, ids, id);
    let date = exchange.asked_at;
    let mut out = Vec::new();
    let mut metadata = metadata::of_exchange(sequence, exchange, profile_digest);
    metadata.add(DURABLE_TO, durable_to.to_string());

    if let Some(id) = &request_id {
        let mut fields = fields(id);
        if !sent_body.is_empty() {
            fields.push((
                "WARC-Payload-Digest",
                format!("sha1:{}", payload_sha1(sent_body)),
            ));
        }
        let draft = Draft {
            kind: "request",
            id: id.clone(),
            date,
            content_type: "application/http; msgtype=request".to_owned(),
            fields,
            block: (&exchange.sent_head, sent_body),
            packing: Packing::Full,
        };
        packer
            .write_member(&draft, &mut out)
            .map_err(packing_failed)?;
    }
    let answer = match (&exchange.result, answer_id.clone()) {
        (Ok(answer), Some(id)) => {
            check_length("answer", &request.url, answer.body.len())?;
            let target = target.filter(|_| request.method == Method::Get);
            let (draft_fields, written) =
                (fields(&id), AnswerRecord::of(answer, target, &mut metadata));
            Some(written.write(id, date, draft_fields, packer, &mut out)?)
        }
        (Err(failure), _) => {
            metadata.add("outcome", "failed");
            metadata.add("failure-kind", failure.kind.as_str());
            metadata.add("failure-message", &failure.message);
            None
        }
        (Ok(_), None) => None,
    };
    let block = metadata.to_block();
    let draft = Draft {
        kind: "metadata",
        id: metadata_id.clone(),
        date,
        content_type: WARC_FIELDS.to_owned(),
        fields: fields(&metadata_id),
        block: (&block, b""),
        packing: Packing::Full,
    };
    packer
        .write_member(&draft, &mut out)
        .map_err(packing_failed)?;
    Ok(Encoded { bytes: out, answer })
}

/// Fields that all records of an exchange have.
fn common_fields(
    exchange: &Exchange,
    warcinfo_id: &str,
    ids: [Option<&str>; 3],
    own: &str,
) -> Vec<(&'static str, String)> {
    let mut fields = vec![("WARC-Target-URI", exchange.request.url.to_string())];
    if let Some(address) = exchange.address {
        fields.push(("WARC-IP-Address", address.ip().to_string()));
    }
    fields.push(("WARC-Warcinfo-ID", format!("<{warcinfo_id}>")));
    for id in ids.into_iter().flatten().filter(|id| *id != own) {
        fields.push(("WARC-Concurrent-To", format!("<{id}>")));
    }
    fields
}

/// A `response` or `revisit` record before it has an id.
struct AnswerRecord<'a> {
    answer: &'a Answer,
    revisit: Option<(RevisitKind, &'a RevisitTarget)>,
    head: Vec<u8>,
    sha1: String,
    sha256: String,
}

impl<'a> AnswerRecord<'a> {
    /// Decides between response and revisit, and adds the answer's lines to the metadata record.
    fn of(answer: &'a Answer, target: Option<&'a RevisitTarget>, metadata: &mut Fields) -> Self {
        let headers = http::stored_headers(answer);
        let status_line = http::status_line(answer);
        let whole = answer.truncated.is_none();
        let sha256 = payload_sha256(&answer.body);
        let revisit = target
            .filter(|_| whole)
            .and_then(|target| match answer.status {
                304 if answer.body.is_empty() => Some((RevisitKind::NotModified, target)),
                304 => None,
                _ if answer.body.is_empty() || target.payload_sha256 != sha256 => None,
                _ => Some((RevisitKind::IdenticalPayload, target)),
            });
        metadata.add("outcome", "answered");
        metadata.add("status", answer.status.to_string());
        metadata.add("payload-length", answer.body.len().to_string());
        metadata.add("payload-sha256", &sha256);
        let head = if matches!(revisit, Some((RevisitKind::NotModified, _))) {
            metadata.add("status-line", &status_line);
            for (name, value) in &headers {
                metadata.add("response-header", [name.as_bytes(), b": ", value].concat());
            }
            Vec::new()
        } else {
            http::head(&status_line, &headers)
        };
        Self {
            answer,
            revisit,
            head,
            sha1: payload_sha1(&answer.body),
            sha256,
        }
    }

    fn write(
        self,
        id: String,
        date: DateTime<Utc>,
        mut fields: Vec<(&'static str, String)>,
        packer: &mut Packer,
        out: &mut Vec<u8>,
    ) -> Result<AppendedAnswer, ArchiveError> {
        let kind = self.revisit.map(|(kind, _)| kind);
        // A 304 has no payload of its own to digest.
        if kind != Some(RevisitKind::NotModified) {
            fields.push(("WARC-Payload-Digest", format!("sha1:{}", self.sha1)));
        }
        if let Some((kind, target)) = self.revisit {
            fields.push(("WARC-Profile", kind.profile().to_owned()));
            fields.push(("WARC-Refers-To", format!("<{}>", target.record_id)));
            fields.push(("WARC-Refers-To-Target-URI", target.uri.to_string()));
            fields.push(("WARC-Refers-To-Date", warc_date(target.date)));
        }
        if let Some(truncation) = self.answer.truncated {
            fields.push(("WARC-Truncated", truncation.as_str().to_owned()));
        }
        let body = if kind.is_some() {
            &[][..]
        } else {
            self.answer.body.as_slice()
        };
        let draft = Draft {
            kind: if kind.is_some() {
                "revisit"
            } else {
                "response"
            },
            id: id.clone(),
            date,
            content_type: "application/http; msgtype=response".to_owned(),
            fields,
            block: (&self.head, body),
            packing: packing_for(self.answer),
        };
        let offset = out.len() as u64;
        let length = packer.write_member(&draft, out).map_err(packing_failed)?;
        Ok(AppendedAnswer {
            location: Location {
                file: String::new(),
                offset,
                length,
                record_id: id,
            },
            payload_sha1: self.sha1,
            payload_sha256: self.sha256,
            revisit: kind,
        })
    }
}

/// A body that came packed gains nothing from hard packing.
fn packing_for(answer: &Answer) -> Packing {
    match answer.header("content-encoding") {
        Some(coding) if !coding.eq_ignore_ascii_case("identity") => Packing::Cheap,
        _ => Packing::Full,
    }
}

fn check_length(what: &'static str, url: &Url, bytes: usize) -> Result<(), ArchiveError> {
    let bytes = bytes as u64;
    if bytes <= MAX_RECORD_BYTES {
        return Ok(());
    }
    Err(ArchiveError::TooLong {
        what,
        url: url.clone(),
        bytes,
    })
}

fn packing_failed(source: io::Error) -> ArchiveError {
    ArchiveError::io("pack a record for", "the archive")(source)
}

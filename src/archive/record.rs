//! A WARC record: its header fields, ids, dates and digests (WARC 1.1, ISO 28500:2017), in memory
//! and as one gzip member. A [`Draft`] goes out, a [`Record`] comes in. Where a record stands in a
//! file and what the records of an exchange mean together lives elsewhere.

use std::io;

use chrono::{DateTime, SecondsFormat, Utc};
use data_encoding::{BASE32, HEXLOWER};
use libdeflater::{CompressionLvl, Compressor};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::{Problem, http};

/// The longest WARC header that is read, in bytes (our choice; ours have under 2 KiB and a URL).
const MAX_HEADER_BYTES: usize = 256 * 1024;
/// Ends the header; stands again after the block.
const EMPTY_LINE: &[u8] = b"\r\n\r\n";

/// SHA-1 of a payload in base32, as in `WARC-Payload-Digest` without `sha1:`. SHA-1 because every
/// reader of WARC files knows it; proof rests on [`payload_sha256`].
pub fn payload_sha1(body: &[u8]) -> String {
    BASE32.encode(&Sha1::digest(body))
}

/// SHA-256 of a payload in lower-case hex.
pub fn payload_sha256(body: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(body))
}

/// A time as `WARC-Date` has it: UTC with microseconds.
pub(super) fn warc_date(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// How hard a record is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// Level 6: text.
    Full,
    /// Level 1: a body that the server packed already, where more work gains nothing.
    Cheap,
}

/// Packs records, each as a whole: it is in memory anyway, and that is more than twice as fast as packing
/// it piece by piece. What it needs for that is kept from record to record.
pub(super) struct Packer {
    full: Compressor,
    cheap: Compressor,
    /// The record at hand, not packed.
    record: Vec<u8>,
}

impl Default for Packer {
    fn default() -> Self {
        // Both levels are known; the library's own is 6 too.
        let of = |level| Compressor::new(CompressionLvl::new(level).unwrap_or_default());
        Self {
            full: of(6),
            cheap: of(1),
            record: Vec::new(),
        }
    }
}

/// More than this is not kept from one record to the next, in bytes (our choice: pages are shorter).
const KEPT_BYTES: usize = 1024 * 1024;

impl Packer {
    /// Appends a record to `out` as one gzip member and says how long the member is.
    ///
    /// # Errors
    /// If the member is longer than it can be, which is a fault of the library.
    pub(super) fn write_member(&mut self, draft: &Draft<'_>, out: &mut Vec<u8>) -> io::Result<u64> {
        let (head, body) = draft.block;
        self.record.clear();
        self.record.shrink_to(KEPT_BYTES);
        self.record.extend_from_slice(draft.header().as_bytes());
        self.record.extend_from_slice(head);
        self.record.extend_from_slice(body);
        self.record.extend_from_slice(EMPTY_LINE);
        let compressor = match draft.packing {
            Packing::Full => &mut self.full,
            Packing::Cheap => &mut self.cheap,
        };
        let start = out.len();
        out.resize(start + compressor.gzip_compress_bound(self.record.len()), 0);
        let room = out.get_mut(start..).unwrap_or_default();
        let length = compressor
            .gzip_compress(&self.record, room)
            .map_err(io::Error::other)?;
        out.truncate(start + length);
        Ok(length as u64)
    }
}

/// A record on its way out.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    /// `WARC-Type`.
    pub(super) kind: &'static str,
    /// `WARC-Record-ID` without angle brackets.
    pub(super) id: String,
    /// `WARC-Date`.
    pub(super) date: DateTime<Utc>,
    /// `Content-Type` of the block.
    pub(super) content_type: String,
    /// Other fields, in order.
    pub(super) fields: Vec<(&'static str, String)>,
    /// The block is these two, one after the other: a head and a body.
    pub(super) block: (&'a [u8], &'a [u8]),
    /// How hard to pack it.
    pub(super) packing: Packing,
}

impl Draft<'_> {
    fn header(&self) -> String {
        let (head, body) = self.block;
        let digest = Sha1::new().chain_update(head).chain_update(body).finalize();
        let mut lines = format!(
            "WARC/1.1\r\nWARC-Type: {}\r\nWARC-Record-ID: <{}>\r\nWARC-Date: {}\r\n",
            self.kind,
            self.id,
            warc_date(self.date)
        );
        for (name, value) in &self.fields {
            lines.push_str(&format!("{name}: {}\r\n", one_line(value)));
        }
        lines.push_str(&format!(
            "WARC-Block-Digest: sha1:{}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
            BASE32.encode(&digest),
            one_line(&self.content_type),
            head.len() + body.len()
        ));
        lines
    }
}

/// A value without what would end its line. Such characters cannot come from an HTTP parser; from
/// elsewhere they become spaces.
pub(super) fn one_line(value: &str) -> String {
    value.replace(['\r', '\n', '\0'], " ")
}

/// A record as read from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// First byte of its gzip member in the file.
    pub offset: u64,
    /// Length of its gzip member in bytes.
    pub length: u64,
    /// Header fields in order, names as written.
    pub fields: Vec<(String, String)>,
    /// The block.
    pub block: Vec<u8>,
}

impl Record {
    /// Reads an unpacked gzip member, which must hold one record and nothing else.
    pub(super) fn parse(mut bytes: Vec<u8>, offset: u64, length: u64) -> Result<Self, Problem> {
        let header_end = bytes
            .windows(EMPTY_LINE.len())
            .take(MAX_HEADER_BYTES)
            .position(|window| window == EMPTY_LINE)
            .ok_or_else(|| Problem::Header("it does not end in an empty line".to_owned()))?;
        let fields = parse_header(bytes.get(..header_end).unwrap_or_default())?;
        let mut record = Self {
            offset,
            length,
            fields,
            block: Vec::new(),
        };
        let said: u64 = record
            .field("Content-Length")
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Problem::Header("no Content-Length".to_owned()))?;
        bytes.drain(..header_end + EMPTY_LINE.len());
        let found = match bytes.strip_suffix(EMPTY_LINE) {
            Some(block) => block.len() as u64,
            None => return Err(Problem::Header("no empty lines after the block".to_owned())),
        };
        if said != found {
            return Err(Problem::Length { said, found });
        }
        bytes.truncate(bytes.len() - EMPTY_LINE.len());
        record.block = bytes;
        Ok(record)
    }

    /// The first value of a header field; case does not matter in `name`.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// `WARC-Type`, empty if it is missing.
    pub fn kind(&self) -> &str {
        self.field("WARC-Type").unwrap_or_default()
    }

    /// `WARC-Record-ID` without angle brackets, empty if it is missing.
    pub fn id(&self) -> &str {
        bare(self.field("WARC-Record-ID").unwrap_or_default())
    }

    /// `WARC-Target-URI`; the angle brackets that some writers put around it are taken off.
    pub fn target_uri(&self) -> Option<&str> {
        self.field("WARC-Target-URI").map(bare)
    }

    /// `WARC-Date`, if it is there and is a time.
    pub fn date(&self) -> Option<DateTime<Utc>> {
        self.field("WARC-Date").and_then(parse_date)
    }

    /// True when the block is an HTTP message, by `Content-Type`.
    pub fn is_http(&self) -> bool {
        self.field("Content-Type")
            .is_some_and(|kind| kind.starts_with("application/http"))
    }

    /// The stored body of an HTTP message, else the whole block (WARC 1.1, section 5.9).
    pub fn payload(&self) -> &[u8] {
        match self.is_http().then(|| http::parse(&self.block)).flatten() {
            Some(message) => message.body,
            None => &self.block,
        }
    }
}

/// A value of `WARC-Date` or `WARC-Refers-To-Date`.
pub(super) fn parse_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|date| date.with_timezone(&Utc))
}

/// An id or URI without the angle brackets around it.
pub(super) fn bare(text: &str) -> &str {
    text.strip_prefix('<')
        .and_then(|inner| inner.strip_suffix('>'))
        .unwrap_or(text)
}

fn parse_header(bytes: &[u8]) -> Result<Vec<(String, String)>, Problem> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| Problem::Header("it is not UTF-8".to_owned()))?;
    let mut lines = text.split("\r\n");
    match lines.next() {
        Some("WARC/1.0" | "WARC/1.1") => {}
        _ => return Err(Problem::Header("its first line is not WARC/1.1".to_owned())),
    }
    lines
        .map(|line| match line.split_once(':') {
            Some((name, value)) => Ok((name.to_owned(), value.trim().to_owned())),
            None => Err(Problem::Header("a line has no colon".to_owned())),
        })
        .collect()
}

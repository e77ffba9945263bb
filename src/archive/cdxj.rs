//! CDXJ: the sorted index beside each closed file, one line a capture, as pywb and other replay tools
//! read it: `com,example)/path 20261122010203 {"url": …, "offset": …}`. Lines are those of the
//! `cdxj-indexer` tool with `--post-append` (`response`, `revisit`, `resource`, and `metadata` unless it
//! is `application/warc-fields`), sorted bytewise; an answer to a POST stands under address and body
//! ([`super::asked`]). The index can always be made again from its WARC file.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::asked::Asked;
use super::close::cdxj_name;
use super::metadata::WARC_FIELDS;
use super::{Archive, ArchiveError, Record, RecordReader, http, payload_sha1, surt};

/// The index of a WARC file.
///
/// # Errors
/// [`ArchiveError::Damaged`] if a record cannot be read.
pub(super) fn index(path: &Path, file: &str) -> Result<String, ArchiveError> {
    let mut lines = Vec::new();
    each_line(path, file, &mut |line| {
        lines.push(line);
        Ok::<(), ArchiveError>(())
    })?;
    Ok(sorted(lines))
}

/// Hands on the lines of a WARC file, with their line ends, in the order of its records.
///
/// # Errors
/// As [`index`], and what `taken` gives.
pub(super) fn each_line<E: From<ArchiveError>>(
    path: &Path,
    file: &str,
    taken: &mut dyn FnMut(String) -> Result<(), E>,
) -> Result<(), E> {
    let mut asked = None;
    for record in RecordReader::open(path, file, 0)? {
        let record = record?;
        if let Some(line) = line(&record, asked.as_ref(), file) {
            taken(line)?;
        }
        asked = Asked::of(&record);
    }
    Ok(())
}

/// Lines in order, as one text.
pub(super) fn sorted(mut lines: Vec<String>) -> String {
    lines.sort();
    lines.concat()
}

/// The line of a record with its line end; none for a record that is not in the index. `asked` is what
/// the record before it asked with a body.
pub(super) fn line(record: &Record, asked: Option<&Asked>, file: &str) -> Option<String> {
    let is_message = match record.kind() {
        "response" | "revisit" => true,
        "resource" | "metadata" if record.field("Content-Type") != Some(WARC_FIELDS) => false,
        _ => return None,
    };
    let url = record.target_uri()?;
    let asked = asked.filter(|asked| asked.is_answered_by(record));
    let message = if is_message {
        http::parse(&record.block)
    } else {
        None
    };
    let status = message.as_ref().and_then(|message| {
        let line = http::text(message.start_line);
        line.split(' ').nth(1).map(str::to_owned)
    });
    let mime = match record.kind() {
        "revisit" => Some("warc/revisit".to_owned()),
        "response" => message.as_ref().and_then(|message| {
            let header = message
                .headers
                .iter()
                .find(|(name, _)| name == "content-type");
            header.map(|(_, value)| media_type(&http::text(value)))
        }),
        _ => record.field("Content-Type").map(media_type),
    };
    // A revisit has no payload whose digest could be made.
    let digest = match record.field("WARC-Payload-Digest") {
        Some(digest) => Some(digest.to_owned()),
        None if record.kind() == "revisit" => None,
        None => Some(format!("sha1:{}", payload_sha1(record.payload()))),
    };
    let (length, offset) = (record.length.to_string(), record.offset.to_string());
    let members: Vec<String> = [
        ("url", Some(url)),
        ("mime", mime.as_deref()),
        ("status", status.as_deref()),
        ("digest", digest.as_deref()),
        ("length", Some(length.as_str())),
        ("offset", Some(offset.as_str())),
        ("filename", Some(file)),
        ("requestBody", asked.map(|asked| asked.query.as_str())),
        ("method", asked.map(|asked| asked.method.as_str())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(format!("\"{name}\": {}", json_string(value?))))
    .collect();
    let timestamp = timestamp(record.field("WARC-Date").unwrap_or_default());
    let key = asked.map_or_else(|| surt(url), |asked| surt(&asked.url()));
    Some(format!("{key} {timestamp} {{{}}}\n", members.join(", ")))
}

/// `20261122010203` of a `WARC-Date`.
pub(super) fn timestamp(date: &str) -> String {
    date.chars().filter(char::is_ascii_digit).take(14).collect()
}

/// What comes before a `;` or white space.
fn media_type(value: &str) -> String {
    let mut parts = value.split(|c: char| c == ';' || c.is_whitespace());
    parts.next().unwrap_or_default().to_owned()
}

/// A JSON string in ASCII, as Python writes it.
fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
    out
}

/// What is needed of a line to find a `response` record.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// As in the record.
    pub(super) url: String,
    /// Fourteen digits.
    pub(super) timestamp: String,
    /// First byte of the record.
    pub(super) offset: u64,
}

/// The `response` records of a file: from its index, or if there is none, from the file itself as
/// far as it can be read.
pub(super) fn entries(archive: &Archive, file: &str) -> Result<Vec<Entry>, ArchiveError> {
    let path = archive.dir().join(cdxj_name(file));
    match fs::read(&path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes)
            .lines()
            .filter_map(entry)
            .collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(archive
            .records(file, 0)?
            .map_while(Result::ok)
            .filter(|record| record.kind() == "response")
            .filter_map(|record| {
                Some(Entry {
                    url: record.target_uri()?.to_owned(),
                    timestamp: timestamp(record.field("WARC-Date")?),
                    offset: record.offset,
                })
            })
            .collect()),
        Err(error) => Err(ArchiveError::io("read", path)(error)),
    }
}

fn entry(line: &str) -> Option<Entry> {
    let mut parts = line.splitn(3, ' ');
    let timestamp = parts.nth(1)?.to_owned();
    let members: Value = serde_json::from_str(parts.next()?).ok()?;
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    if text("mime") == Some("warc/revisit") {
        return None;
    }
    Some(Entry {
        url: text("url")?.to_owned(),
        timestamp,
        offset: text("offset")?.parse().ok()?,
    })
}

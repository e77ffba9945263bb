//! What one line says of a record, for people and for machines.

use serde::Serialize;

use crate::cli::report::one_line;
use crate::foreign::{ForeignRecord, ForeignResponse, Place, Trouble, Wholeness};

/// A record in short. A value that the record does not have is none.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a> {
    /// First byte of what holds the record in the file: a packed member, or the record itself.
    pub(super) offset: u64,
    /// Bytes that hold the record and nothing else; none if it shares its member.
    pub(super) length: Option<u64>,
    /// First byte in the unpacked member, if the record shares its member or that is damaged.
    pub(super) inside: Option<u64>,
    #[serde(rename = "type")]
    pub(super) kind: &'a str,
    pub(super) id: Option<&'a str>,
    /// As written.
    pub(super) date: Option<&'a str>,
    pub(super) url: Option<&'a str>,
    pub(super) status: Option<u16>,
    /// Of the answer, else of the block; without parameters, in lower case.
    pub(super) mime: Option<String>,
    /// As written.
    pub(super) block_digest: Option<&'a str>,
    /// As written.
    pub(super) payload_digest: Option<&'a str>,
    pub(super) block_bytes: Option<u64>,
    /// False if the block is not all that was archived.
    pub(super) is_whole: bool,
}

impl<'a> Line<'a> {
    /// Of a record, with the answer in it if it has one.
    pub(super) fn of(record: &'a ForeignRecord, answer: Option<&ForeignResponse<'_>>) -> Self {
        let (offset, length, inside) = match record.place {
            Place::Member { offset, length } => (offset, Some(length), None),
            Place::Unpacked { member, offset } => (member, None, Some(offset)),
        };
        let mime = match answer {
            Some(answer) => answer.header("content-type"),
            None => record.field("Content-Type").map(str::to_owned),
        };
        Self {
            offset,
            length,
            inside,
            kind: record.kind(),
            id: record.id(),
            date: record.field("WARC-Date"),
            url: record.target_uri(),
            status: answer.map(|answer| answer.status),
            mime: mime.map(|mime| bare_mime(&mime)),
            block_digest: record.field("WARC-Block-Digest"),
            payload_digest: record.field("WARC-Payload-Digest"),
            block_bytes: match record.wholeness {
                Wholeness::LeftOut => None,
                _ => Some(record.block.len() as u64),
            },
            is_whole: record.wholeness != Wholeness::Damaged,
        }
    }

    /// `553 1204 response 2016-11-22T01:02:03Z 200 text/html https://…`; `-` for what there is not.
    /// The first word is what `khotin warc cat` takes.
    pub(super) fn text(&self) -> String {
        let none = || "-".to_owned();
        let offset = place_text(self.offset, self.inside);
        let length = self.length.map_or_else(none, |length| length.to_string());
        let kind = if self.kind.is_empty() { "-" } else { self.kind };
        let status = self.status.map_or_else(none, |status| status.to_string());
        let text = format!(
            "{offset:>10} {length:>8} {kind:<8} {} {status:>3} {} {}",
            self.date.unwrap_or("-"),
            self.mime.as_deref().unwrap_or("-"),
            self.url.unwrap_or("-"),
        );
        one_line(&text)
    }
}

/// `553`, or `0/1204` for byte 1204 of the unpacked member at byte 0.
pub(super) fn place_text(offset: u64, inside: Option<u64>) -> String {
    match inside {
        None => offset.to_string(),
        Some(inside) => format!("{offset}/{inside}"),
    }
}

/// A place as [`place_text`] writes it.
pub(super) fn read_place(text: &str) -> Result<(u64, Option<u64>), String> {
    let wrong = |_| "an offset as `khotin warc ls` prints it: 553, or 0/1204".to_owned();
    match text.split_once('/') {
        None => Ok((text.parse().map_err(wrong)?, None)),
        Some((offset, inside)) => {
            let offset = offset.parse().map_err(wrong)?;
            Ok((offset, Some(inside.parse().map_err(wrong)?)))
        }
    }
}

/// The answer in a record that can have one, and what is odd about it.
pub(super) fn answer_of(record: &ForeignRecord) -> (Option<ForeignResponse<'_>>, Vec<Trouble>) {
    let has_answer = matches!(record.kind(), "response" | "revisit") && record.is_http();
    // A 304 may be archived without a block.
    if !has_answer || record.block.is_empty() {
        return (None, Vec::new());
    }
    match record.response() {
        Ok(answer) => {
            let troubles = answer.troubles.clone();
            (Some(answer), troubles)
        }
        Err(trouble) => (None, vec![trouble]),
    }
}

/// `Text/HTML; charset=utf-8` -> `text/html`.
pub(super) fn bare_mime(mime: &str) -> String {
    let bare = mime.split(';').next().unwrap_or_default();
    bare.trim().to_ascii_lowercase().replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        for place in [(0, None), (553, None), (0, Some(0)), (7, Some(1204))] {
            assert_eq!(read_place(&place_text(place.0, place.1)), Ok(place));
        }
        for wrong in ["", "/", "1/", "/1", "x", "-1", "1/2/3"] {
            assert!(read_place(wrong).is_err(), "{wrong}");
        }
    }
}

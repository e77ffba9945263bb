//! Mend: a record in, a sound gzip member out, with every change named. Pure; who writes it where is
//! the command's business.
//!
//! What always holds: the block is never changed, nor is an id or a moment; nothing is invented, so a
//! record that lacks what only its writer knew is left out; and what was mended is not changed by
//! mending it again, because then it is copied byte by byte.

use std::fmt::Write as _;

use chrono::SecondsFormat;
use libdeflater::{CompressionLvl, Compressor};
use serde::Serialize;

use super::header::{REPEATABLE, field};
use super::{
    Algorithm, ForeignRecord, Framing, LabelledDigest, Place, TroubleKind, Wholeness, read_date,
};

/// How hard a member is packed: gzip's usual level.
const LEVEL: i32 = 6;

/// One kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It got a gzip member of its own.
    Packed,
    /// Its version line says WARC/1.0 now.
    Version,
    /// Its header lines end in CR LF now, and it is UTF-8.
    Lines,
    /// Header lines that say nothing, or say it again, are gone.
    Dropped,
    /// `Content-Length` is the length of the block now.
    Length,
    /// Two empty lines follow the block now.
    Ending,
    /// `WARC-Date` is written in UTC with T and Z now; the moment is the same.
    Date,
    /// A digest was reckoned that was not there.
    DigestAdded,
    /// A digest was reckoned in the place of one that was wrong.
    DigestReplaced,
}

impl Change {
    /// Every change.
    pub const ALL: [Self; 9] = [
        Self::Packed,
        Self::Version,
        Self::Lines,
        Self::Dropped,
        Self::Length,
        Self::Ending,
        Self::Date,
        Self::DigestAdded,
        Self::DigestReplaced,
    ];

    /// The word in counts and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Packed => "packed",
            Self::Version => "version",
            Self::Lines => "lines",
            Self::Dropped => "dropped",
            Self::Length => "length",
            Self::Ending => "ending",
            Self::Date => "date",
            Self::DigestAdded => "digest_added",
            Self::DigestReplaced => "digest_replaced",
        }
    }
}

/// What is done with a record.
#[derive(Debug, PartialEq, Eq)]
pub enum Mended {
    /// It is sound: the bytes of its place are copied. A record that is too long to be held may be
    /// unpacked; then they are packed on the way.
    Copy,
    /// It is this member now.
    Rewritten {
        /// The gzip member.
        member: Vec<u8>,
        /// What is different, each kind once, in order.
        changes: Vec<Change>,
    },
    /// It can not be mended; why.
    LeftOut(String),
}

/// Mends one record. `replace_digests`: wrong digests are reckoned anew; else they stay, because they
/// are the only witness that the block is another one.
pub fn mend(record: &ForeignRecord, replace_digests: bool) -> Mended {
    if record.wholeness == Wholeness::Damaged {
        return Mended::LeftOut("its block is not whole".to_owned());
    }
    for name in ["WARC-Type", "WARC-Record-ID", "WARC-Date"] {
        if record.field(name).is_none_or(str::is_empty) {
            return Mended::LeftOut(format!("there is no {name}, and none is invented"));
        }
    }
    if record.wholeness == Wholeness::LeftOut {
        let is_sound = record.troubles == [TroubleKind::TooLong];
        return match (is_sound, record.place) {
            (true, Place::Member { .. }) => Mended::Copy,
            _ => Mended::LeftOut("it is too long to be mended".to_owned()),
        };
    }
    let (header, mut changes) = mended_header(record, replace_digests);
    if !record.is_gzip_member {
        changes.push(Change::Packed);
    }
    changes.sort();
    changes.dedup();
    if changes.is_empty() {
        return Mended::Copy;
    }
    let whole = [header.as_bytes(), &record.block, b"\r\n\r\n"].concat();
    match gzip(&whole) {
        Some(member) => Mended::Rewritten { member, changes },
        None => Mended::LeftOut("it can not be packed".to_owned()),
    }
}

fn mended_header(record: &ForeignRecord, replace_digests: bool) -> (String, Vec<Change>) {
    let mut changes = Vec::new();
    for kind in &record.troubles {
        match kind {
            TroubleKind::LineEnds | TroubleKind::HeaderText => changes.push(Change::Lines),
            TroubleKind::Header => changes.push(Change::Dropped),
            TroubleKind::Ending => changes.push(Change::Ending),
            TroubleKind::Length => changes.push(Change::Length),
            _ => {}
        }
    }
    let version = match record.version.as_str() {
        version @ ("1.0" | "1.1") => version,
        _ => {
            changes.push(Change::Version);
            "1.0"
        }
    };
    let mut fields: Vec<(String, String)> = Vec::with_capacity(record.fields.len() + 3);
    for (name, value) in &record.fields {
        if field(&fields, name).is_some() && !name.eq_ignore_ascii_case(REPEATABLE) {
            changes.push(Change::Dropped);
            continue;
        }
        fields.push((name.clone(), value.clone()));
    }
    let mut set = |name: &str, value: String, change| {
        let mut known = fields.iter_mut();
        match known.find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, old)) if *old == value => return,
            Some((_, old)) => *old = value,
            None => fields.push((name.to_owned(), value)),
        }
        changes.push(change);
    };
    if let Some(date) = odd_date(record) {
        set("WARC-Date", date, Change::Date);
    }
    for (name, digest, change) in digests(record, replace_digests) {
        set(name, digest.to_string(), change);
    }
    let length = record.block.len() as u64;
    let said = record.field("Content-Length").unwrap_or_default();
    if said.parse() != Ok(length) {
        set("Content-Length", length.to_string(), Change::Length);
    }
    let mut header = format!("WARC/{version}\r\n");
    for (name, value) in &fields {
        // Writing to a string never fails.
        let _ = write!(header, "{name}: {value}\r\n");
    }
    header.push_str("\r\n");
    (header, changes)
}

/// The date as it should be written, if it is not and its moment is known.
fn odd_date(record: &ForeignRecord) -> Option<String> {
    let (date, odd) = read_date(super::record::bare(record.field("WARC-Date")?)).ok()?;
    odd?;
    Some(date.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// The digests that are to be set. A payload in chunks gets none: programs disagree about what of it is
/// digested. Nor does a revisit, whose payload stands elsewhere.
fn digests(record: &ForeignRecord, replace: bool) -> Vec<(&'static str, LabelledDigest, Change)> {
    let mut set = Vec::new();
    let is_wrong = |name, kind| {
        let troubles = record.troubles.as_slice();
        let is_unread = record
            .field(name)
            .is_some_and(|text| LabelledDigest::read(text).is_err());
        replace && (troubles.contains(&kind) || is_unread)
    };
    let mut judge = |name, kind, bytes: &[u8]| {
        let digest = || LabelledDigest::of(Algorithm::Sha1, bytes);
        if record.field(name).is_none() {
            set.push((name, digest(), Change::DigestAdded));
        } else if is_wrong(name, kind) {
            set.push((name, digest(), Change::DigestReplaced));
        }
    };
    judge("WARC-Block-Digest", TroubleKind::BlockDigest, &record.block);
    let is_response = record.kind().eq_ignore_ascii_case("response") && record.is_http();
    if is_response
        && let Ok(answer) = record.response()
        && answer.framing != Framing::Chunked
        && answer.truncated.is_none()
    {
        judge(
            "WARC-Payload-Digest",
            TroubleKind::PayloadDigest,
            answer.stored,
        );
    }
    set
}

/// Packs bytes as one gzip member, the same at every run.
fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut compressor = Compressor::new(CompressionLvl::new(LEVEL).ok()?);
    let mut member = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let length = compressor.gzip_compress(bytes, &mut member).ok()?;
    member.truncate(length);
    Some(member)
}

#[cfg(test)]
mod tests;

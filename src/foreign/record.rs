//! A record as a foreign file holds it: its place, header and block, and the questions that readers
//! ask of it. Nothing is corrected here; what is odd was told before it came.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::header::field;
use super::{
    ForeignRequest, ForeignResponse, LabelledDigest, RevisitFacts, Trouble, TroubleKind, http,
    read_date,
};

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// These bytes of the file hold this record and nothing else: a packed member (or several), or the
    /// record itself where nothing is packed. They can be cut out and read alone.
    Member {
        /// First byte.
        offset: u64,
        /// Number of bytes.
        length: u64,
    },
    /// The record shares a packed member with others, or its member is damaged.
    Unpacked {
        /// The first byte of the member in the file.
        member: u64,
        /// The first byte of the record in the unpacked member.
        offset: u64,
    },
}

impl Place {
    /// The byte by which tools call the record: in the file, or else in the unpacked member.
    pub fn offset(self) -> u64 {
        match self {
            Self::Member { offset, .. } | Self::Unpacked { offset, .. } => offset,
        }
    }
}

/// Is the block all that was archived?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wholeness {
    /// Yes, as far as the file can tell.
    Whole,
    /// The file or its packed data ends before the block does, or where its end is can not be known; or
    /// its member was seen not to unpack, and no block digest proves the block. The block is what could
    /// be read; a part of it may be wrong.
    Damaged,
    /// The block is longer than [`super::MAX_RECORD_BYTES`] and was passed over: it is empty here.
    LeftOut,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignRecord {
    /// Where it stands.
    pub place: Place,
    /// `1.0`, `1.1`, or what else the version line says.
    pub version: String,
    /// Header fields in order: names as written, folded values joined.
    pub fields: Vec<(String, String)>,
    /// The header as it is, with version line and empty line.
    pub header: Vec<u8>,
    /// The block as it is.
    pub block: Vec<u8>,
    /// Is that all of it?
    pub wholeness: Wholeness,
    /// True if the bytes of its [`Place::Member`] are one gzip member.
    pub is_gzip_member: bool,
    /// The kinds of its troubles, which were told before it.
    pub troubles: Vec<TroubleKind>,
}

impl ForeignRecord {
    /// The first value of a header field; case does not matter in `name`.
    pub fn field(&self, name: &str) -> Option<&str> {
        field(&self.fields, name)
    }

    /// `WARC-Type`, empty if it is missing.
    pub fn kind(&self) -> &str {
        self.field("WARC-Type").unwrap_or_default()
    }

    /// `WARC-Record-ID` without angle brackets, if there is one.
    pub fn id(&self) -> Option<&str> {
        let id = self.field("WARC-Record-ID").map(bare);
        id.filter(|id| !id.is_empty())
    }

    /// `WARC-Target-URI` without the angle brackets that some writers put around it.
    pub fn target_uri(&self) -> Option<&str> {
        self.field("WARC-Target-URI").map(bare)
    }

    /// `WARC-Date`, if it names a moment.
    pub fn date(&self) -> Option<DateTime<Utc>> {
        let date = read_date(self.field("WARC-Date")?).ok()?;
        Some(date.0)
    }

    /// `WARC-Payload-Digest`, if it can be read.
    pub fn payload_digest(&self) -> Option<LabelledDigest> {
        let text = self.field("WARC-Payload-Digest")?;
        LabelledDigest::read(text).ok().flatten()
    }

    /// True when the block is an HTTP message: by `Content-Type`, or where that is missing by how it
    /// begins.
    pub fn is_http(&self) -> bool {
        match self.field("Content-Type") {
            Some(kind) => {
                let start = kind.get(..16).unwrap_or_default();
                start.eq_ignore_ascii_case("application/http")
            }
            None => self.block.starts_with(b"HTTP/"),
        }
    }

    /// The head of the HTTP message in the block, with its empty line; the whole block if it has none.
    pub fn http_head(&self) -> &[u8] {
        let end = super::header::header_end(&self.block).unwrap_or(self.block.len());
        self.block.get(..end).unwrap_or_default()
    }

    /// The HTTP answer of a `response` or `revisit` record.
    ///
    /// # Errors
    /// The trouble, if it can not be read as one.
    pub fn response(&self) -> Result<ForeignResponse<'_>, Trouble> {
        ForeignResponse::of(self).map_err(|words| self.trouble(TroubleKind::Http, words))
    }

    /// The HTTP request of a `request` record.
    ///
    /// # Errors
    /// The trouble, if it can not be read as one.
    pub fn request(&self) -> Result<ForeignRequest<'_>, Trouble> {
        ForeignRequest::of(self).map_err(|words| self.trouble(TroubleKind::Http, words))
    }

    /// What a `revisit` record says of the record that it stands for; none for other records.
    pub fn revisit(&self) -> Option<RevisitFacts> {
        RevisitFacts::of(self)
    }

    /// A trouble of this record.
    pub fn trouble(&self, kind: TroubleKind, words: String) -> Trouble {
        let (offset, inside) = match self.place {
            Place::Member { offset, .. } => (offset, None),
            Place::Unpacked { member, offset } => (member, (offset > 0).then_some(offset)),
        };
        Trouble {
            offset,
            inside,
            record_id: self.id().map(str::to_owned),
            kind,
            words,
        }
    }

    /// Compares the digests that the header names with block and payload. A payload may be digested
    /// with its chunks or without: writers do both. The digest of a revisit is that of another record.
    pub fn digest_troubles(&self) -> Vec<Trouble> {
        let mut troubles = Vec::new();
        if self.wholeness != Wholeness::Whole {
            return troubles;
        }
        let mut compare = |name, kind, matches: &dyn Fn(&LabelledDigest) -> bool| {
            let Some(text) = self.field(name) else {
                return;
            };
            match LabelledDigest::read(text) {
                Ok(Some(digest)) if !matches(&digest) => {
                    let words = format!("{name} is said to be {digest}, and is not");
                    troubles.push(self.trouble(kind, words));
                }
                Ok(_) => {}
                Err(words) => {
                    troubles
                        .push(self.trouble(TroubleKind::DigestForm, format!("{name}: {words}")));
                }
            }
        };
        compare("WARC-Block-Digest", TroubleKind::BlockDigest, &|digest| {
            digest.matches(&self.block)
        });
        if !self.kind().eq_ignore_ascii_case("revisit") {
            compare(
                "WARC-Payload-Digest",
                TroubleKind::PayloadDigest,
                &|digest| self.has_payload(digest),
            );
        }
        troubles
    }

    /// True if this is the digest of the payload in any of its shapes.
    fn has_payload(&self, digest: &LabelledDigest) -> bool {
        if !self.is_http() {
            return digest.matches(&self.block);
        }
        let (stored, unchunked) = http::payloads(&self.block);
        digest.matches(stored) || unchunked.is_some_and(|payload| digest.matches(&payload))
    }

    /// True if the block digest proves the block.
    pub(super) fn is_proven(&self) -> bool {
        let digest = self.field("WARC-Block-Digest").map(LabelledDigest::read);
        matches!(digest, Some(Ok(Some(digest))) if digest.matches(&self.block))
    }
}

/// An id or URI without the angle brackets around it.
pub(super) fn bare(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('<')
        .and_then(|inner| inner.strip_suffix('>'))
        .unwrap_or(text)
        .trim()
}

//! Archived: where the archive keeps a file of an article, or why it has none. No part of what makes a
//! version: a picture that arrives a week later changes no text.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Sequence;

/// Whether the archive has a file, in the form of evidence: a place, or a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Archived {
    /// It has the whole file.
    Kept(ArchivedFile),
    /// It has not.
    Missing {
        /// Why: `not asked for`, `status 404`, ….
        missing: String,
    },
}

impl Archived {
    /// That there is no file, and why.
    pub fn missing(why: &str) -> Self {
        Self::Missing {
            missing: why.to_owned(),
        }
    }

    /// The file, if the archive has it.
    pub fn file(&self) -> Option<&ArchivedFile> {
        match self {
            Self::Kept(file) => Some(file),
            Self::Missing { .. } => None,
        }
    }

    /// Why there is none, if there is none.
    pub fn why_missing(&self) -> Option<&str> {
        match self {
            Self::Kept(_) => None,
            Self::Missing { missing } => Some(missing),
        }
    }
}

/// The newest whole capture of a file, so that it can be found and proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArchivedFile {
    /// Order among captures.
    pub sequence: Sequence,
    /// The URL that gave it: the linked one, or where its redirects led.
    pub request_url: String,
    /// When it was asked, UTC, RFC 3339 with microseconds.
    pub time: String,
    /// Status code, 200 to 203.
    pub status: u16,
    /// `Content-Type` as sent; null when the answer has none.
    pub content_type: Option<String>,
    /// Bytes of the stored payload, content coding as sent.
    pub bytes: u64,
    /// SHA-1 of the stored payload, base32.
    pub payload_sha1: String,
    /// SHA-256 of the stored payload, lower-case hex.
    pub payload_sha256: String,
    /// WARC file name.
    pub warc_file: String,
    /// First byte of the record's gzip member.
    pub warc_offset: u64,
    /// `WARC-Record-ID`, without angle brackets.
    pub warc_record_id: String,
}

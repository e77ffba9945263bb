//! Trouble: one place of a foreign file that is not as ISO 28500 says, with its kind for counting
//! and words for people. What is done about it is the reader's choice.

use std::fmt;

use serde::Serialize;

/// What kind of trouble it is. The words of [`as_str`](Self::as_str) are those of JSON too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKind {
    /// The disk or the pipe gave an error; reading ends here.
    Unreadable,
    /// A gzip member or zstd frame that can not be unpacked, or whose check sum is wrong.
    Packing,
    /// The file ends inside a record or inside a packed member.
    Torn,
    /// Bytes that belong to no record.
    Garbage,
    /// Bytes of zero where a record should be.
    Padding,
    /// A packed member that holds more than one record: none of them can be read alone.
    Shared,
    /// A block of more than [`super::MAX_RECORD_BYTES`], which is passed over.
    TooLong,
    /// Neither WARC/1.0 nor WARC/1.1.
    Version,
    /// A header line that is none, or a header that is too long.
    Header,
    /// A header that is not UTF-8 and was read as Latin-1.
    HeaderText,
    /// Header lines that end in LF alone.
    LineEnds,
    /// A field that may stand once stands again.
    Duplicate,
    /// A mandatory field is missing.
    Missing,
    /// `Content-Length` is missing, no number, or not the length of the block.
    Length,
    /// The two empty lines behind the block are missing, or are others.
    Ending,
    /// `WARC-Date` is not written as it should be.
    Date,
    /// A digest field that can not be read.
    DigestForm,
    /// `WARC-Block-Digest` is not that of the block.
    BlockDigest,
    /// `WARC-Payload-Digest` is not that of the payload.
    PayloadDigest,
    /// An HTTP message that can not be read, or not to its end.
    Http,
    /// The header says that the body is chunked, and it is not.
    Chunks,
}

impl TroubleKind {
    /// Every kind, the weightiest first.
    pub const ALL: [Self; 21] = [
        Self::Unreadable,
        Self::Packing,
        Self::Torn,
        Self::Garbage,
        Self::Padding,
        Self::Shared,
        Self::TooLong,
        Self::Version,
        Self::Header,
        Self::HeaderText,
        Self::LineEnds,
        Self::Duplicate,
        Self::Missing,
        Self::Length,
        Self::Ending,
        Self::Date,
        Self::DigestForm,
        Self::BlockDigest,
        Self::PayloadDigest,
        Self::Http,
        Self::Chunks,
    ];

    /// The word in counts and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Packing => "packing",
            Self::Torn => "torn",
            Self::Garbage => "garbage",
            Self::Padding => "padding",
            Self::Shared => "shared",
            Self::TooLong => "too_long",
            Self::Version => "version",
            Self::Header => "header",
            Self::HeaderText => "header_text",
            Self::LineEnds => "line_ends",
            Self::Duplicate => "duplicate",
            Self::Missing => "missing",
            Self::Length => "length",
            Self::Ending => "ending",
            Self::Date => "date",
            Self::DigestForm => "digest_form",
            Self::BlockDigest => "block_digest",
            Self::PayloadDigest => "payload_digest",
            Self::Http => "http",
            Self::Chunks => "chunks",
        }
    }

    /// True when bytes that were archived are lost or not to be trusted; false when only the form
    /// is odd and everything could be read.
    pub fn is_loss(self) -> bool {
        match self {
            Self::Unreadable
            | Self::Packing
            | Self::Torn
            | Self::Garbage
            | Self::BlockDigest
            | Self::PayloadDigest => true,
            Self::Padding
            | Self::Shared
            | Self::TooLong
            | Self::Version
            | Self::Header
            | Self::HeaderText
            | Self::LineEnds
            | Self::Duplicate
            | Self::Missing
            | Self::Length
            | Self::Ending
            | Self::Date
            | Self::DigestForm
            | Self::Http
            | Self::Chunks => false,
        }
    }
}

/// One trouble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// Byte of the file: of the trouble itself in a plain file, else the first of the packed member.
    pub offset: u64,
    /// Byte in the unpacked member, where the trouble is not at its beginning.
    pub inside: Option<u64>,
    /// `WARC-Record-ID` of the record, without angle brackets, if it is known.
    pub record_id: Option<String>,
    /// For counting.
    pub kind: TroubleKind,
    /// What is wrong, in English, with the numbers. It may quote the file: escape it before printing.
    pub words: String,
}

/// `byte 553: 7 bytes belong to no record`.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}", self.offset)?;
        if let Some(inside) = self.inside {
            write!(f, ", unpacked byte {inside}")?;
        }
        write!(f, ": {}", self.words)
    }
}

/// What stands in a file, short enough for a message: at most 80 characters.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?} and more", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_kind_is_the_word_in_json() {
        for kind in TroubleKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }

    #[test]
    fn a_trouble_names_its_place() {
        let mut trouble = Trouble {
            offset: 7,
            inside: None,
            record_id: None,
            kind: TroubleKind::Torn,
            words: "the file ends".to_owned(),
        };
        assert_eq!(trouble.to_string(), "byte 7: the file ends");
        trouble.inside = Some(99);
        assert_eq!(
            trouble.to_string(),
            "byte 7, unpacked byte 99: the file ends"
        );
    }

    #[test]
    fn what_is_quoted_is_short_and_has_no_control_characters() {
        assert_eq!(quoted("a\u{1b}\n"), r#""a\u{1b}\n""#);
        let long = quoted(&"ố".repeat(1000));
        assert_eq!(long, format!("\"{}\" and more", "ố".repeat(80)));
    }
}

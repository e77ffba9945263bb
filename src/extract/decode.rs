//! Decode: stored body in, text and its kind out. First the content coding goes, under a cap; then
//! the kind is decided (HTML or JSON) by the declared type and by what the body begins with; then
//! the charset: byte order mark, `Content-Type`, `<meta>` in the first 1,024 bytes, and only then a
//! guess, as browsers do (WHATWG HTML, section 13.2.3.2).

use std::borrow::Cow;
use std::io::Read;
use std::sync::LazyLock;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use regex::bytes::Regex;

use crate::model::{Capture, Warning, plain};

/// The most bytes of a decoded HTML body (design, decision 9).
const MAX_HTML_BYTES: usize = 8 * 1024 * 1024;
/// The most bytes of a decoded JSON body (design, decision 9).
const MAX_JSON_BYTES: usize = 16 * 1024 * 1024;
/// Where browsers look for `<meta charset>` (WHATWG HTML, section 13.2.3.2).
const PRESCAN_BYTES: usize = 1_024;
/// The most content codings on top of each other. Our choice; one is what servers send.
const MAX_CODINGS: usize = 3;

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A page.
    Html,
    /// An answer of a JSON interface.
    Json,
}

/// A body as text.
#[derive(Debug)]
pub(super) struct Decoded {
    /// What it is.
    pub(super) kind: Kind,
    /// The text, without byte order mark.
    pub(super) text: String,
    /// `charset_guessed`, `charset_unknown`, `charset_doubtful`, `charset_replaced`.
    pub(super) warnings: Vec<Warning>,
}

/// Why a body is no text that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A content coding that we did not ask for.
    #[error("content-encoding `{coding}` is not known")]
    UnknownCoding {
        /// As sent.
        coding: String,
    },
    /// The packed body is damaged.
    #[error("content-encoding `{coding}` does not unpack: {reason}")]
    Damaged {
        /// As sent.
        coding: String,
        /// What the unpacker says.
        reason: String,
    },
    /// Too long when unpacked.
    #[error("decoded body is longer than {cap} bytes")]
    TooLong {
        /// The cap.
        cap: usize,
    },
    /// Neither HTML nor JSON.
    #[error("content-type `{content_type}` is neither HTML nor JSON")]
    OtherType {
        /// As sent, without parameters.
        content_type: String,
    },
    /// Nothing there.
    #[error("body is empty")]
    Empty,
}

impl DecodeError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::UnknownCoding { .. } => {
                "the server sent what was not asked for; the body stays archived as it came"
            }
            Self::Damaged { .. } | Self::Empty => "fetch the page again",
            Self::TooLong { .. } => "look at the archived body: a page of news is far shorter",
            Self::OtherType { .. } => "no page: if it is a file, no layout is needed for it",
        }
    }
}

/// Decodes the body of a capture.
///
/// # Errors
/// [`DecodeError`], see there.
pub(super) fn decode(capture: &Capture) -> Result<Decoded, DecodeError> {
    let coding = capture.header("content-encoding").unwrap_or_default();
    let body = unpack(&capture.body, coding)?;
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(DecodeError::Empty);
    }
    let content_type = capture.header("content-type").unwrap_or_default();
    let kind = kind_of(&body, content_type)?;
    let cap = match kind {
        Kind::Html => MAX_HTML_BYTES,
        Kind::Json => MAX_JSON_BYTES,
    };
    if body.len() > cap {
        return Err(DecodeError::TooLong { cap });
    }
    let (encoding, bom_length, guessed) = charset(&body, content_type, kind);
    let (text, replaced) =
        encoding.decode_without_bom_handling(body.get(bom_length..).unwrap_or_default());
    let mut warnings = Vec::new();
    if let Some(label) = unknown_label(content_type) {
        let detail = format!("content-type names the charset `{label}`, which is not known");
        warnings.push(Warning::new("charset_unknown", detail));
    }
    if is_doubtful(encoding, &body) {
        let detail = format!(
            "said to be {}, but the bytes would be UTF-8 throughout",
            encoding.name()
        );
        warnings.push(Warning::new("charset_doubtful", detail));
    }
    if guessed {
        let detail = format!("no charset is stated, read as {}", encoding.name());
        warnings.push(Warning::new("charset_guessed", detail));
    }
    if replaced {
        let detail = format!("some bytes are not {}", encoding.name());
        warnings.push(Warning::new("charset_replaced", detail));
    }
    Ok(Decoded {
        kind,
        text: text.into_owned(),
        warnings,
    })
}

/// Removes the content codings, last applied first (RFC 9110, section 8.4).
fn unpack<'a>(body: &'a [u8], codings: &str) -> Result<Cow<'a, [u8]>, DecodeError> {
    let names: Vec<String> = codings
        .split(',')
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty() && name != "identity")
        .collect();
    if names.len() > MAX_CODINGS {
        return Err(DecodeError::UnknownCoding {
            coding: codings.to_owned(),
        });
    }
    let mut unpacked = Cow::Borrowed(body);
    for name in names.iter().rev() {
        let bytes = match name.as_str() {
            "gzip" | "x-gzip" => read_capped(flate2::read::MultiGzDecoder::new(&*unpacked), name)?,
            // The name means zlib (RFC 9110, section 8.4.1.2), but some servers send bare deflate.
            "deflate" => {
                read_capped(flate2::read::ZlibDecoder::new(&*unpacked), name).or_else(|error| {
                    match error {
                        DecodeError::Damaged { .. } => {
                            read_capped(flate2::read::DeflateDecoder::new(&*unpacked), name)
                        }
                        other => Err(other),
                    }
                })?
            }
            _ => {
                return Err(DecodeError::UnknownCoding {
                    coding: name.clone(),
                });
            }
        };
        unpacked = Cow::Owned(bytes);
    }
    Ok(unpacked)
}

fn read_capped(reader: impl Read, coding: &str) -> Result<Vec<u8>, DecodeError> {
    let mut bytes = Vec::new();
    reader
        .take(MAX_JSON_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| DecodeError::Damaged {
            coding: coding.to_owned(),
            reason: error.to_string(),
        })?;
    if bytes.len() > MAX_JSON_BYTES {
        return Err(DecodeError::TooLong {
            cap: MAX_JSON_BYTES,
        });
    }
    Ok(bytes)
}

/// HTML or JSON. The first character counts more than the declared type: interfaces answer JSON as
/// `text/html`, and a block page comes as `application/json`.
fn kind_of(body: &[u8], content_type: &str) -> Result<Kind, DecodeError> {
    let declared = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let start = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
    let looks_like_json = matches!(first, Some(b'{' | b'['));
    let is_json_type = matches!(declared.as_str(), "application/json" | "text/json")
        || declared.ends_with("+json");
    let is_text_type = matches!(
        declared.as_str(),
        "" | "text/html" | "application/xhtml+xml" | "text/plain" | "application/octet-stream"
    );
    match first {
        _ if !is_json_type && !is_text_type => Err(DecodeError::OtherType {
            content_type: declared,
        }),
        Some(b'<') => Ok(Kind::Html),
        _ if looks_like_json || is_json_type => Ok(Kind::Json),
        _ => Ok(Kind::Html),
    }
}

/// The charset, the length of the byte order mark, and whether it is only guessed.
fn charset(body: &[u8], content_type: &str, kind: Kind) -> (&'static Encoding, usize, bool) {
    if let Some((encoding, length)) = Encoding::for_bom(body) {
        return (encoding, length, false);
    }
    if let Some(encoding) = declared_charset(content_type) {
        return (encoding, 0, false);
    }
    if kind == Kind::Json {
        // RFC 8259, section 8.1: JSON is UTF-8.
        return (UTF_8, 0, false);
    }
    if let Some(encoding) = meta_charset(body) {
        return (encoding, 0, false);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let has_other_than_ascii = detector.feed(body, true);
    let encoding = detector.guess(Some(b"vn"), Utf8Detection::Allow);
    (encoding, 0, has_other_than_ascii)
}

fn declared_charset(content_type: &str) -> Option<&'static Encoding> {
    labels(content_type).find_map(|label| Encoding::for_label(label.as_bytes()))
}

/// A charset that is declared and that browsers do not know (TCVN, VNI, a slip of the pen); its label
/// in plain words, for a message.
fn unknown_label(content_type: &str) -> Option<String> {
    let mut labels = labels(content_type).peekable();
    let first = *labels.peek()?;
    let is_known = labels.any(|label| Encoding::for_label(label.as_bytes()).is_some());
    (!is_known).then(|| plain(first))
}

/// The values of `charset` in a `Content-Type`.
fn labels(content_type: &str) -> impl Iterator<Item = &str> {
    content_type.split(';').skip(1).filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        let label = value.trim().trim_matches(['"', '\'']);
        (is_charset && !label.is_empty()).then_some(label)
    })
}

/// True if a text is to be read one byte a letter, but is UTF-8 with letters of several bytes: by
/// chance that comes in no text. It is read as declared, as browsers do; the flag is for people.
fn is_doubtful(encoding: &'static Encoding, body: &[u8]) -> bool {
    encoding.is_single_byte() && !body.is_ascii() && std::str::from_utf8(body).is_ok()
}

/// The charset of the first `<meta>` that names one, comments skipped.
fn meta_charset(body: &[u8]) -> Option<&'static Encoding> {
    static META: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?is-u)<!--.*?-->|<meta[\s/][^>]*?charset\s*=\s*["']?\s*([a-z0-9_:.-]+)"#)
            .ok()
    });
    let head = body.get(..PRESCAN_BYTES).unwrap_or(body);
    META.as_ref()?.captures_iter(head).find_map(|found| {
        let encoding = Encoding::for_label(found.get(1)?.as_bytes())?;
        // A page that can be read so far as ASCII is not UTF-16 (WHATWG HTML, section 13.2.3.2).
        let is_wide = encoding == UTF_16LE || encoding == UTF_16BE;
        Some(if is_wide { UTF_8 } else { encoding })
    })
}

#[cfg(test)]
mod tests;

//! HTTP messages in foreign records, read with patience: status lines from HTTP/0.9 to HTTP/3 with and
//! without a reason, lines that end in LF, folded headers, bodies in chunks or not.

use std::borrow::Cow;

use super::chunked::{Framing, Unchunked, unchunk};
use super::trouble::quoted;
use super::{ForeignRecord, MAX_HEADER_BYTES, Trouble, TroubleKind, Wholeness};
use crate::archive::{payload_sha1, payload_sha256};
use crate::model::Truncation;

/// Header fields in order, names in lower case, values as bytes.
type Headers = Vec<(String, Vec<u8>)>;

/// The answer in a `response` or `revisit` record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignResponse<'a> {
    /// As the status line has it: `HTTP/1.1`, `HTTP/2`.
    pub version: String,
    /// 100-999.
    pub status: u16,
    /// The reason phrase, perhaps empty.
    pub reason: String,
    /// Header fields in order, names in lower case, values as bytes, folded ones joined.
    pub headers: Headers,
    /// The body as it stands in the block.
    pub stored: &'a [u8],
    /// The body without chunks; its content coding is as sent.
    pub payload: Cow<'a, [u8]>,
    /// How the body stands in the block.
    pub framing: Framing,
    /// Set when the payload is not whole: by `WARC-Truncated`, because the record is damaged, or
    /// because the message says that it is longer.
    pub truncated: Option<Truncation>,
    /// What is odd about the message. Not told by the reader: they belong to who asks for the message.
    pub troubles: Vec<Trouble>,
}

impl<'a> ForeignResponse<'a> {
    pub(super) fn of(record: &'a ForeignRecord) -> Result<Self, String> {
        if record.wholeness == Wholeness::LeftOut {
            return Err("the block was too long to be read".to_owned());
        }
        let message = Message::parse(&record.block)?;
        let (version, status, reason) = status_line(message.start_line)
            .ok_or_else(|| format!("{} is no status line", quoted_bytes(message.start_line)))?;
        let mut troubles = Vec::new();
        let body = Body::read(&message, status);
        for (kind, words) in message.troubles.into_iter().chain(body.troubles) {
            troubles.push(record.trouble(kind, words));
        }
        let is_revisit = record.kind().eq_ignore_ascii_case("revisit");
        let said = record.field("WARC-Truncated").map(truncation);
        let is_cut = record.wholeness == Wholeness::Damaged || !body.is_whole && !is_revisit;
        Ok(Self {
            version,
            status,
            reason,
            headers: message.headers,
            stored: message.body,
            payload: body.payload,
            framing: body.framing,
            truncated: said.or(is_cut.then_some(Truncation::Unspecified)),
            troubles: if is_revisit { Vec::new() } else { troubles },
        })
    }

    /// The first value of a header as text: UTF-8 if it is, else Latin-1. `name` in lower case.
    pub fn header(&self, name: &str) -> Option<String> {
        header(&self.headers, name).map(text)
    }

    /// The payload without its content coding.
    ///
    /// # Errors
    /// Words, if a coding is not known, or the payload does not unpack, or to more than
    /// [`super::MAX_RECORD_BYTES`].
    pub fn decoded(&self) -> Result<Cow<'_, [u8]>, String> {
        let codings: Vec<String> = self
            .headers
            .iter()
            .filter(|(name, _)| name == "content-encoding")
            .map(|(_, value)| text(value))
            .collect();
        super::coding::decode(&self.payload, &codings.join(","))
    }

    /// SHA-1 of the payload in base32.
    pub fn payload_sha1(&self) -> String {
        payload_sha1(&self.payload)
    }

    /// SHA-256 of the payload in lower-case hex.
    pub fn payload_sha256(&self) -> String {
        payload_sha256(&self.payload)
    }
}

/// The request in a `request` record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignRequest<'a> {
    /// As the request line has it: `GET`.
    pub method: String,
    /// As the request line has it: mostly a path. The URL is the record's `target_uri`.
    pub target: String,
    /// Header fields in order, names in lower case, values as bytes, folded ones joined.
    pub headers: Headers,
    /// The body without chunks.
    pub body: Cow<'a, [u8]>,
    /// False if it is known not to be all.
    pub is_whole: bool,
}

impl<'a> ForeignRequest<'a> {
    pub(super) fn of(record: &'a ForeignRecord) -> Result<Self, String> {
        if record.wholeness == Wholeness::LeftOut {
            return Err("the block was too long to be read".to_owned());
        }
        let message = Message::parse(&record.block)?;
        let line = String::from_utf8_lossy(message.start_line);
        let mut words = line.split_ascii_whitespace();
        let is_method = |word: &&str| {
            word.bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'-')
        };
        let (Some(method), Some(target)) = (words.next().filter(is_method), words.next()) else {
            return Err(format!("{} is no request line", quoted(&line)));
        };
        // A request without a length has no body, so there is nothing to be short of.
        let body = Body::read(&message, 200);
        Ok(Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: message.headers,
            body: body.payload,
            is_whole: body.is_whole
                && record.wholeness == Wholeness::Whole
                && record.field("WARC-Truncated").is_none(),
        })
    }

    /// The first value of a header as text: UTF-8 if it is, else Latin-1. `name` in lower case.
    pub fn header(&self, name: &str) -> Option<String> {
        header(&self.headers, name).map(text)
    }
}

/// The body of a message as it stands in the block, and without chunks if it has some.
pub(super) fn payloads(block: &[u8]) -> (&[u8], Option<Vec<u8>>) {
    let (body, may_be_chunked) = match Message::parse(block) {
        Ok(message) => (message.body, message.says_chunked()),
        Err(_) => (split(block).map_or(&[][..], |(_, body)| body), true),
    };
    let unchunked = may_be_chunked.then(|| unchunk(body)).flatten();
    (body, unchunked.map(|unchunked| unchunked.payload))
}

/// Head with its empty line, and body.
fn split(block: &[u8]) -> Option<(&[u8], &[u8])> {
    block.split_at_checked(super::header::header_end(block)?)
}

/// The longest head that is read, in lines (our choice; the bytes are those of a record's header).
const MAX_HEAD_LINES: usize = 1_000;

/// A message, not yet known to be an answer or a request.
struct Message<'a> {
    start_line: &'a [u8],
    headers: Headers,
    body: &'a [u8],
    troubles: Vec<(TroubleKind, String)>,
}

impl<'a> Message<'a> {
    /// Reads a block. One without an empty line is all head. Words, if the head is too long to be read.
    fn parse(block: &'a [u8]) -> Result<Self, String> {
        let mut troubles = Vec::new();
        let (head, body) = match split(block) {
            Some(parts) => parts,
            None => {
                let words = "the head of the HTTP message has no end".to_owned();
                troubles.push((TroubleKind::Http, words));
                (block, &[][..])
            }
        };
        if head.len() > MAX_HEADER_BYTES {
            let bytes = head.len();
            return Err(format!(
                "the head of the HTTP message has {bytes} bytes, more than the {MAX_HEADER_BYTES} that are read"
            ));
        }
        let count = memchr::memchr_iter(b'\n', head).count();
        if count > MAX_HEAD_LINES {
            return Err(format!(
                "the head of the HTTP message has {count} lines, more than the {MAX_HEAD_LINES} that are read"
            ));
        }
        let mut lines = head
            .split(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let start_line = lines.next().unwrap_or_default();
        let mut headers = Headers::new();
        let mut bad: Vec<&[u8]> = Vec::new();
        for line in lines.filter(|line| !line.is_empty()) {
            if let ([b' ' | b'\t', ..], Some((_, value))) = (line, headers.last_mut()) {
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
                continue;
            }
            let colon = memchr::memchr(b':', line).and_then(|colon| line.split_at_checked(colon));
            match colon {
                Some((name, value)) if !name.trim_ascii().is_empty() => {
                    let name = text(name.trim_ascii()).to_ascii_lowercase();
                    let value = value.get(1..).unwrap_or_default().trim_ascii();
                    headers.push((name, value.to_vec()));
                }
                _ => bad.push(line),
            }
        }
        if let Some(first) = bad.first() {
            let first = quoted_bytes(first);
            let words = match bad.len() {
                1 => format!("{first} is no header line of HTTP"),
                count => format!("{count} lines are no header lines of HTTP; the first is {first}"),
            };
            troubles.push((TroubleKind::Http, words));
        }
        Ok(Self {
            start_line,
            headers,
            body,
            troubles,
        })
    }

    /// True if the last transfer coding is `chunked`.
    fn says_chunked(&self) -> bool {
        let codings = self.headers.iter().rev();
        let mut codings = codings.filter(|(name, _)| name == "transfer-encoding");
        codings.next().is_some_and(|(_, value)| {
            let last = value
                .rsplit(|byte| *byte == b',')
                .next()
                .unwrap_or_default();
            last.trim_ascii().eq_ignore_ascii_case(b"chunked")
        })
    }
}

/// A body with its transfer coding taken off.
struct Body<'a> {
    payload: Cow<'a, [u8]>,
    framing: Framing,
    is_whole: bool,
    troubles: Vec<(TroubleKind, String)>,
}

impl<'a> Body<'a> {
    fn read(message: &Message<'a>, status: u16) -> Self {
        let stored = Cow::Borrowed(message.body);
        if message.says_chunked() {
            return Self::chunked(message.body);
        }
        let mut body = Self {
            payload: stored,
            framing: Framing::Plain,
            is_whole: true,
            troubles: Vec::new(),
        };
        // These have no body, whatever length they name (RFC 9110, sections 8.6 and 15).
        let has_body = !matches!(status, 100..=199 | 204 | 304);
        let said = header(&message.headers, "content-length").map(text);
        let said = said.and_then(|said| said.parse::<u64>().ok());
        let found = message.body.len() as u64;
        if let Some(said) = said.filter(|said| has_body && *said > found) {
            body.is_whole = false;
            let words = format!("the body is said to have {said} bytes, and {found} are there");
            body.troubles.push((TroubleKind::Http, words));
        }
        body
    }

    fn chunked(stored: &'a [u8]) -> Self {
        match unchunk(stored) {
            Some(Unchunked {
                payload,
                trouble,
                is_whole,
            }) => Self {
                payload: Cow::Owned(payload),
                framing: Framing::Chunked,
                is_whole,
                troubles: trouble
                    .map(|words| (TroubleKind::Http, words))
                    .into_iter()
                    .collect(),
            },
            None => {
                let words = "the header says that the body is chunked, and it is not".to_owned();
                Self {
                    payload: Cow::Borrowed(stored),
                    framing: Framing::SaysChunked,
                    is_whole: true,
                    troubles: vec![(TroubleKind::Chunks, words)],
                }
            }
        }
    }
}

/// Version, status and reason. The version may be any, the reason may be missing.
fn status_line(line: &[u8]) -> Option<(String, u16, String)> {
    let line = text(line);
    let (version, rest) = line.split_once([' ', '\t'])?;
    let number = version.strip_prefix("HTTP/")?;
    let is_number = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    if number.is_empty() || !number.bytes().all(is_number) {
        return None;
    }
    let rest = rest.trim();
    let (status, reason) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
    let status: u16 = status.parse().ok()?;
    let reason = reason.trim().to_owned();
    (100..=999)
        .contains(&status)
        .then(|| (version.to_owned(), status, reason))
}

/// `WARC-Truncated` (WARC 1.1, section 5.13).
fn truncation(text: &str) -> Truncation {
    match text.to_ascii_lowercase().as_str() {
        "length" => Truncation::Length,
        "time" => Truncation::Time,
        "disconnect" => Truncation::Disconnect,
        _ => Truncation::Unspecified,
    }
}

fn header<'a>(headers: &'a Headers, name: &str) -> Option<&'a [u8]> {
    let mut headers = headers.iter();
    let found = headers.find(|(known, _)| known == name)?;
    Some(&found.1)
}

/// UTF-8 if it is, else Latin-1, where every byte is a character.
fn text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn quoted_bytes(bytes: &[u8]) -> String {
    quoted(&text(bytes.get(..bytes.len().min(400)).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foreign::Place;

    fn record(kind: &str, fields: &[(&str, &str)], block: &[u8]) -> ForeignRecord {
        let mut all = vec![("WARC-Type".to_owned(), kind.to_owned())];
        all.extend(
            fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        ForeignRecord {
            place: Place::Member {
                offset: 0,
                length: 0,
            },
            version: "1.0".to_owned(),
            fields: all,
            header: Vec::new(),
            block: block.to_vec(),
            wholeness: Wholeness::Whole,
            is_gzip_member: false,
            troubles: Vec::new(),
        }
    }

    #[test]
    fn a_status_line_is_read_as_it_is() {
        let table = [
            ("HTTP/1.1 200 OK", Some(("HTTP/1.1", 200, "OK"))),
            ("HTTP/1.1 200", Some(("HTTP/1.1", 200, ""))),
            ("HTTP/1.1 200 ", Some(("HTTP/1.1", 200, ""))),
            ("HTTP/2 200", Some(("HTTP/2", 200, ""))),
            (
                "HTTP/2.0 404 Not Found",
                Some(("HTTP/2.0", 404, "Not Found")),
            ),
            ("HTTP/0.9 200 OK", Some(("HTTP/0.9", 200, "OK"))),
            ("HTTP/3  503  Later ", Some(("HTTP/3", 503, "Later"))),
            ("HTTP/1.1 200 Đạt", Some(("HTTP/1.1", 200, "Đạt"))),
            ("HTTP/1.1", None),
            ("HTTP/1.1 OK", None),
            ("HTTP/1.1 20", None),
            ("HTTP/x 200 OK", None),
            ("ICY 200 OK", None),
            ("<html>", None),
            ("", None),
        ];
        for (line, expected) in table {
            let found = status_line(line.as_bytes());
            let found = found
                .as_ref()
                .map(|(version, status, reason)| (version.as_str(), *status, reason.as_str()));
            assert_eq!(found, expected, "{line}");
        }
    }

    #[test]
    fn an_answer_is_read_with_its_oddities_told() {
        use Framing::*;
        type Row<'a> = (
            &'a str,
            &'a [u8],
            &'a [u8],
            Framing,
            bool,
            &'a [TroubleKind],
        );
        let table: [Row<'_>; 10] = [
            // what, block, payload, framing, truncated, troubles
            ("plain", b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", b"abc", Plain, false, &[]),
            ("LF", b"HTTP/1.1 200 OK\nX: y\n\nabc", b"abc", Plain, false, &[]),
            ("longer than said", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd", b"abcd", Plain, false, &[]),
            (
                "shorter than said",
                b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
                b"abc",
                Plain,
                true,
                &[TroubleKind::Http],
            ),
            ("304 names a length", b"HTTP/1.1 304 \r\nContent-Length: 9\r\n\r\n", b"", Plain, false, &[]),
            (
                "chunked",
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\nContent-Length: 99\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                b"abc",
                Chunked,
                false,
                &[],
            ),
            (
                "chunked and cut",
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc",
                b"abc",
                Chunked,
                true,
                &[TroubleKind::Http],
            ),
            (
                "chunked by its header alone",
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n<html>",
                b"<html>",
                SaysChunked,
                false,
                &[TroubleKind::Chunks],
            ),
            ("no end", b"HTTP/1.1 200 OK\r\nX: y\r\n", b"", Plain, false, &[TroubleKind::Http]),
            ("no colon", b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\nabc", b"abc", Plain, false, &[TroubleKind::Http]),
        ];
        for (what, block, payload, framing, is_cut, kinds) in table {
            let record = record("response", &[], block);
            let answer = record.response().unwrap();
            assert_eq!(&*answer.payload, payload, "{what}");
            assert_eq!(
                (answer.framing, answer.truncated.is_some()),
                (framing, is_cut),
                "{what}"
            );
            let found: Vec<_> = answer.troubles.iter().map(|trouble| trouble.kind).collect();
            assert_eq!(found, kinds, "{what}");
        }
    }

    #[test]
    fn headers_are_lower_case_joined_and_kept_as_bytes() {
        let block = b"HTTP/1.1 200 OK\r\nX-Title : a\r\n\t b\r\nY:\xe9\r\n\r\n";
        let record = record("response", &[("WARC-Truncated", "Time")], block);
        let answer = record.response().unwrap();
        let expected = [
            ("x-title".to_owned(), b"a b".to_vec()),
            ("y".to_owned(), b"\xe9".to_vec()),
        ];
        assert_eq!(answer.headers, expected);
        assert_eq!(answer.header("y").as_deref(), Some("é"));
        assert_eq!(answer.truncated, Some(Truncation::Time));
    }

    #[test]
    fn a_head_is_read_up_to_1000_lines_and_256_kib() {
        let block = |lines: &str| format!("HTTP/1.1 200 OK\r\n{lines}\r\nabc");
        let long = |bytes: usize| format!("x: {}\r\n", "y".repeat(bytes));
        // Status line and empty line are two of them.
        let table = [
            ("998 fields", block(&"x: y\r\n".repeat(998)), true),
            ("999 fields", block(&"x: y\r\n".repeat(999)), false),
            ("a long field", block(&long(256 * 1024 - 100)), true),
            ("a longer field", block(&long(256 * 1024)), false),
            (
                "no end",
                format!("HTTP/1.1 200 OK\r\n{}", "x\r\n".repeat(2_000)),
                false,
            ),
        ];
        for (what, block, expected) in table {
            let record = record("response", &[], block.as_bytes());
            match record.response() {
                Ok(answer) => assert!(expected && &*answer.payload == b"abc", "{what}"),
                Err(trouble) => {
                    assert_eq!(
                        (expected, trouble.kind),
                        (false, TroubleKind::Http),
                        "{what}"
                    );
                }
            }
            assert_eq!(
                payloads(block.as_bytes()).0.ends_with(b"abc"),
                what != "no end",
                "{what}"
            );
        }
    }

    #[test]
    fn bad_lines_of_a_message_are_one_trouble() {
        let block = format!("HTTP/1.1 200 OK\r\n{}\r\n", "bad\r\n".repeat(500));
        let record = record("response", &[], block.as_bytes());
        let troubles = record.response().unwrap().troubles;
        let words: Vec<&str> = troubles.iter().map(|trouble| &*trouble.words).collect();
        let expected = "500 lines are no header lines of HTTP; the first is \"bad\"";
        assert_eq!(words, [expected]);
    }

    #[test]
    fn a_request_gives_method_target_and_body() {
        let block = b"POST /api?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na=b";
        let whole = record("request", &[], block);
        let request = whole.request().unwrap();
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("POST", "/api?x=1")
        );
        assert_eq!((&*request.body, request.is_whole), (&b"a=b"[..], true));
        let cut = record("request", &[], &block[..block.len() - 1]);
        assert!(!cut.request().unwrap().is_whole);
        let none = record("request", &[], b"<html>");
        assert_eq!(none.request().unwrap_err().kind, TroubleKind::Http);
    }

    #[test]
    fn a_payload_digest_may_be_that_of_the_chunks_or_without_them() {
        let block = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        let table = [
            // Of `abc`, of the chunks, of nothing: by sha1sum.
            ("sha1:a9993e364706816aba3e25717850c26c9cd0d89d", 0),
            ("sha1:265822614bc31d6bbd062aee59eed6f69f0ac60f", 0),
            ("sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709", 1),
        ];
        for (digest, expected) in table {
            let fields = [
                ("WARC-Payload-Digest", digest),
                ("Content-Type", "Application/HTTP; msgtype=response"),
            ];
            let troubles = record("response", &fields, block).digest_troubles();
            assert_eq!(troubles.len(), expected, "{digest}");
            let troubles = record("revisit", &fields, b"HTTP/1.1 200 OK\r\n\r\n").digest_troubles();
            assert_eq!(troubles, [], "that of a revisit is of another record");
        }
    }
}

//! What a request asks and what is answered, as HTTP/1.1 bytes. Pure; sockets are in
//! [`super::wire`].

use std::io::Write as _;

use chrono::{DateTime, NaiveDateTime, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha1::{Digest, Sha1};

use super::places::PICTURE_HOSTS;

/// Bodies shorter than this are never packed.
const LEAST_PACKED_BYTES: usize = 256;
/// Bytes of a chunk in chunked coding.
const CHUNK_BYTES: usize = 4096;
/// Dates in HTTP headers (RFC 9110, section 5.6.7).
const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// A whole request as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) target: String,
    /// Names in lower case, in the order sent.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Minor version: 1 for HTTP/1.1.
    pub(super) minor: u8,
    /// Every byte of head and body.
    pub(super) raw: Vec<u8>,
}

impl Asked {
    /// The first header of that lower-case name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the client wants to go on with this connection (RFC 9112, section 9.3).
    pub(super) fn keeps_open(&self) -> bool {
        let connection = self.header("connection").unwrap_or("").to_ascii_lowercase();
        if self.minor == 0 {
            connection.contains("keep-alive")
        } else {
            !connection.contains("close")
        }
    }

    /// The host that is asked for, without port.
    pub(super) fn host(&self) -> &str {
        let host = self.header("host").unwrap_or_default();
        host.rsplit_once(':').map_or(host, |(name, _)| name)
    }

    /// Whether a host of reprints' pictures is asked, not the ministry's own.
    pub(super) fn is_for_a_picture_host(&self) -> bool {
        PICTURE_HOSTS.contains(&self.host())
    }

    /// Whether gzip is among the accepted codings and not refused by `q=0`.
    fn takes_gzip(&self) -> bool {
        self.header("accept-encoding")
            .unwrap_or("")
            .split(',')
            .any(|coding| {
                let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
                let refused = matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
                name.trim().eq_ignore_ascii_case("gzip") && !refused
            })
    }
}

/// A well-formed answer before its framing is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers beside `Date`, `Connection`, `Content-Length` and the codings.
    pub headers: Vec<(String, String)>,
    /// Body, not packed.
    pub body: Vec<u8>,
    /// Sent in chunks where the client speaks HTTP/1.1, else with `Content-Length`.
    pub chunked: bool,
}

impl Answer {
    /// An answer with a body of that media type.
    pub fn new(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), media_type.to_owned())],
            body: body.into(),
            chunked: false,
        }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Adds `ETag` and `Last-Modified`, or makes it a 304 if that is what the client has
    /// (RFC 9110, section 13.2.2: `If-None-Match` wins over `If-Modified-Since`).
    #[must_use]
    pub(super) fn with_validators(self, asked: &Asked, changed: DateTime<Utc>) -> Self {
        let digest = data_encoding::HEXLOWER.encode(&Sha1::digest(&self.body));
        let tag = format!("W/\"{}\"", digest.get(..16).unwrap_or(&digest));
        let is_known = match asked.header("if-none-match") {
            Some(known) => known.split(',').any(|one| {
                let opaque = one.trim().trim_start_matches("W/");
                opaque == "*" || opaque == tag.trim_start_matches("W/")
            }),
            None => asked
                .header("if-modified-since")
                .and_then(|since| NaiveDateTime::parse_from_str(since, HTTP_DATE).ok())
                .is_some_and(|since| changed.timestamp() <= since.and_utc().timestamp()),
        };
        let mut answer = if is_known {
            Self {
                status: 304,
                headers: Vec::new(),
                body: Vec::new(),
                chunked: false,
            }
        } else {
            self
        };
        answer = answer.with("ETag", tag);
        answer.with("Last-Modified", changed.format(HTTP_DATE).to_string())
    }

    /// Head and body as they go over the wire.
    pub(super) fn framed(self, asked: &Asked, now: DateTime<Utc>) -> Framed {
        let Self {
            status,
            headers,
            mut body,
            chunked,
        } = self;
        let may_have_body = status >= 200 && status != 204 && status != 304;
        let mut head = format!("HTTP/1.1 {status} {}\r\n", reason_of(status));
        let mut line = |name: &str, value: &str| {
            head.push_str(name);
            head.push_str(": ");
            head.push_str(value);
            head.push_str("\r\n");
        };
        line("Date", &now.format(HTTP_DATE).to_string());
        line("Server", "khotin-demo");
        for (name, value) in &headers {
            line(name, value);
        }
        let is_text = !headers.iter().any(|(name, value)| {
            let is_packed = value.starts_with("image/") || value == "application/pdf";
            name == "Content-Type" && is_packed
        });
        if may_have_body && is_text && body.len() >= LEAST_PACKED_BYTES && asked.takes_gzip() {
            body = packed(&body);
            line("Content-Encoding", "gzip");
            line("Vary", "Accept-Encoding");
        }
        if may_have_body {
            if chunked && asked.minor > 0 {
                line("Transfer-Encoding", "chunked");
                body = in_chunks(&body);
            } else {
                line("Content-Length", &body.len().to_string());
            }
        }
        let keeps_open = asked.keeps_open();
        if !keeps_open {
            line("Connection", "close");
        }
        head.push_str("\r\n");
        if asked.method == "HEAD" || !may_have_body {
            body.clear();
        }
        Framed {
            status,
            head: head.into_bytes(),
            body,
            keeps_open,
        }
    }
}

/// An answer as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Framed {
    pub(super) status: u16,
    pub(super) head: Vec<u8>,
    pub(super) body: Vec<u8>,
    pub(super) keeps_open: bool,
}

fn packed(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to a Vec can not fail.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default()
}

fn in_chunks(body: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(body.len() + 64);
    for chunk in body.chunks(CHUNK_BYTES) {
        wire.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        wire.extend_from_slice(chunk);
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b"0\r\n\r\n");
    wire
}

fn reason_of(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        410 => "Gone",
        411 => "Length Required",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(&str, &str)]) -> Asked {
        Asked {
            method: "GET".to_owned(),
            target: "/".to_owned(),
            headers: headers
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
            body: Vec::new(),
            minor: 1,
            raw: Vec::new(),
        }
    }

    #[test]
    fn validators_decide_between_200_and_304() {
        let changed: DateTime<Utc> = "2026-11-20T09:00:00Z".parse().unwrap();
        let page = || Answer::new(200, "text/html", "abc");
        // SHA-1 of "abc" begins with a9993e364706816a.
        let table = [
            // what, header, expected
            ("nothing sent", ("x", ""), 200),
            ("same tag", ("if-none-match", "W/\"a9993e364706816a\""), 304),
            (
                "same tag, strong",
                ("if-none-match", "\"x\", \"a9993e364706816a\""),
                304,
            ),
            ("other tag", ("if-none-match", "\"x\""), 200),
            (
                "not changed",
                ("if-modified-since", "Fri, 20 Nov 2026 09:00:00 GMT"),
                304,
            ),
            (
                "changed",
                ("if-modified-since", "Fri, 20 Nov 2026 08:59:59 GMT"),
                200,
            ),
            ("no date", ("if-modified-since", "yesterday"), 200),
        ];
        for (what, header, status) in table {
            let answer = page().with_validators(&asked(&[header]), changed);
            assert_eq!(answer.status, status, "{what}");
            assert_eq!(answer.body.is_empty(), status == 304, "{what}");
        }
    }

    #[test]
    fn a_304_has_no_length_and_no_body() {
        let changed = DateTime::UNIX_EPOCH;
        let asked = asked(&[("if-none-match", "*")]);
        let answer = Answer::new(200, "text/html", "abc").with_validators(&asked, changed);
        let framed = answer.framed(&asked, changed);
        assert_eq!(
            String::from_utf8(framed.head).unwrap(),
            "HTTP/1.1 304 Not Modified\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\
             Server: khotin-demo\r\nETag: W/\"a9993e364706816a\"\r\n\
             Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n"
        );
        assert_eq!(framed.body, b"");
    }

    #[test]
    fn gzip_is_sent_only_when_asked_for() {
        let table = [
            // what, accept-encoding, packed
            ("nothing", "", false),
            ("gzip", "gzip", true),
            ("among others", "br, GZIP;q=0.5", true),
            ("refused", "gzip;q=0", false),
        ];
        for (what, accept, is_packed) in table {
            let asked = asked(&[("accept-encoding", accept)]);
            let framed =
                Answer::new(200, "text/html", "a".repeat(999)).framed(&asked, DateTime::UNIX_EPOCH);
            assert_eq!(framed.body.len() < 999, is_packed, "{what}");
        }
    }
}

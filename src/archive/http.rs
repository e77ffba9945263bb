//! HTTP messages inside records: header blocks are rebuilt from what the parser gave, and read
//! again. Values are bytes: eight-bit bytes stay as they are.

use crate::model::{Answer, HttpVersion};

/// Header lines in order, names in lower case.
pub(super) type Headers = Vec<(String, Vec<u8>)>;

/// The headers of an answer as they are archived, true of the stored body: `transfer-encoding` is
/// renamed to `x-archive-orig-transfer-encoding`, since the body has none any more, and a
/// `content-length` that is not the length of the stored body gives way to one that is, and keeps
/// its value as `x-archive-orig-content-length`.
pub(super) fn stored_headers(answer: &Answer) -> Headers {
    let length = answer.body.len().to_string().into_bytes();
    let mut has_length = false;
    let mut stored = Headers::with_capacity(answer.headers.len());
    for (name, value) in &answer.headers {
        let name = one_line(name.as_bytes());
        let name = String::from_utf8_lossy(&name).to_ascii_lowercase();
        match name.as_str() {
            "transfer-encoding" => {
                stored.push((format!("x-archive-orig-{name}"), one_line(value)));
            }
            "content-length" => {
                if !has_length {
                    stored.push((name.clone(), length.clone()));
                    has_length = true;
                }
                if *value != length {
                    stored.push((format!("x-archive-orig-{name}"), one_line(value)));
                }
            }
            _ => stored.push((name, one_line(value))),
        }
    }
    stored
}

/// `HTTP/1.1 200 OK`, without a line end.
pub(super) fn status_line(answer: &Answer) -> Vec<u8> {
    let reason = one_line(answer.reason.as_bytes());
    let mut line = format!("{} {} ", answer.version.as_str(), answer.status).into_bytes();
    line.extend_from_slice(&reason);
    line
}

/// Start line, headers and the empty line.
pub(super) fn head(start_line: &[u8], headers: &Headers) -> Vec<u8> {
    let mut head = Vec::with_capacity(1024);
    head.extend_from_slice(start_line);
    head.extend_from_slice(b"\r\n");
    for (name, value) in headers {
        head.extend_from_slice(&header_line(name, value));
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// `name: value` with its line end.
pub(super) fn header_line(name: &str, value: &[u8]) -> Vec<u8> {
    [name.as_bytes(), b": ", value, b"\r\n"].concat()
}

/// A message as read from a block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    /// Request line or status line.
    pub(super) start_line: &'a [u8],
    /// Header lines, names in lower case.
    pub(super) headers: Headers,
    /// Start line and headers with the empty line.
    pub(super) head: &'a [u8],
    /// What follows.
    pub(super) body: &'a [u8],
}

/// Reads a message; none if the block has no start line or no empty line.
pub(super) fn parse(block: &[u8]) -> Option<Message<'_>> {
    let end = block.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = block.split_at_checked(end + 4)?;
    let mut lines = lines(head.strip_suffix(b"\r\n")?);
    let start_line = lines.next().filter(|line| !line.is_empty())?;
    let headers = lines.filter_map(parse_header_line).collect();
    Some(Message {
        start_line,
        headers,
        head,
        body,
    })
}

/// Lines without their CRLF.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\n").unwrap_or(line))
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// `name: value`, the name in lower case, the value without spaces and tabs around it.
pub(super) fn parse_header_line(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    let name = std::str::from_utf8(name).ok()?.to_ascii_lowercase();
    Some((name, trim(value.get(1..)?).to_vec()))
}

/// Version, status and reason of a status line.
pub(super) fn parse_status_line(line: &[u8]) -> Option<(HttpVersion, u16, String)> {
    let text = String::from_utf8_lossy(line);
    let mut words = text.splitn(3, ' ');
    let version = match words.next()? {
        "HTTP/1.0" => HttpVersion::Http10,
        "HTTP/1.1" => HttpVersion::Http11,
        _ => return None,
    };
    let status = words.next()?.parse().ok()?;
    Some((version, status, words.next().unwrap_or_default().to_owned()))
}

/// Text of a header value: UTF-8 if it is, else Latin-1, where every byte is a character.
pub(super) fn text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// What would end a line becomes a space.
pub(super) fn one_line(value: &[u8]) -> Vec<u8> {
    value
        .iter()
        .map(|byte| match byte {
            b'\r' | b'\n' | 0 => b' ',
            other => *other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&str, &[u8])], body: &[u8]) -> Answer {
        Answer {
            status: 200,
            reason: "OK".to_owned(),
            version: HttpVersion::Http11,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.to_vec()))
                .collect(),
            body: body.to_vec(),
            truncated: None,
        }
    }

    #[test]
    fn archived_headers_are_true_of_the_stored_body() {
        type Lines<'a> = &'a [(&'a str, &'a [u8])];
        let table: [(&str, Lines<'_>, Lines<'_>); 7] = [
            (
                "a right length stays",
                &[("content-length", b"3")],
                &[("content-length", b"3")],
            ),
            (
                "a wrong length is kept under another name",
                &[("content-length", b"900")],
                &[
                    ("content-length", b"3"),
                    ("x-archive-orig-content-length", b"900"),
                ],
            ),
            (
                "two lengths become one",
                &[("content-length", b"3"), ("content-length", b"3")],
                &[("content-length", b"3")],
            ),
            (
                "the body is not chunked any more",
                &[("transfer-encoding", b"chunked")],
                &[("x-archive-orig-transfer-encoding", b"chunked")],
            ),
            (
                "the content coding stays, the body is stored packed",
                &[("content-encoding", b"gzip")],
                &[("content-encoding", b"gzip")],
            ),
            (
                "eight-bit bytes stay",
                &[("x-title", b"tin t\xe1\xbb\xa9c \xff")],
                &[("x-title", b"tin t\xe1\xbb\xa9c \xff")],
            ),
            (
                "a line end cannot smuggle a header in",
                &[("x", b"a\r\nset-cookie: b\0")],
                &[("x", b"a  set-cookie: b ")],
            ),
        ];
        for (what, given, expected) in table {
            let expected = answer(expected, b"").headers;
            assert_eq!(stored_headers(&answer(given, b"abc")), expected, "{what}");
        }
    }

    #[test]
    fn a_block_is_read_as_written() {
        let block = b"HTTP/1.1 200 \r\nx: \xff\r\nempty: \r\nspaced:\t a b \r\n\r\n\r\n\r\nbody";
        let message = parse(block).unwrap();
        assert_eq!(message.body, b"\r\n\r\nbody");
        assert_eq!(
            message.headers,
            answer(&[("x", b"\xff"), ("empty", b""), ("spaced", b"a b")], b"").headers
        );
        assert_eq!(
            parse_status_line(message.start_line),
            Some((HttpVersion::Http11, 200, String::new()))
        );
        assert_eq!(parse(b"HTTP/1.1 200 OK\r\n"), None);
    }
}

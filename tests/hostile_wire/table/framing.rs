//! Where a body ends: lengths and chunks.

use khotin::demo::{End, Fault, Part};

use super::{MOST_BODY_BYTES, Row, cut_short, protocol, sound, unframed};
use crate::bytes::{chunk, chunked, head, head_of, length_of, page, sized};

/// `Content-Length` and what it says wrong.
pub(super) fn lengths() -> Vec<Row> {
    let body = page("lengths");
    let said = |fields: &[&str]| [head(fields), body.clone()].concat();
    let length = length_of(&body);
    let coded = "transfer-encoding: chunked";
    vec![
        // Crawled after the next row, which has the same bytes: it may not refer to those.
        sound("lengths", |page| sized(&[], page)),
        cut_short(
            "length one too long",
            said(&[&format!("content-length: {}", body.len() + 1)]),
            &body,
        ),
        cut_short(
            "length of a petabyte",
            said(&["content-length: 1000000000000000"]),
            &body,
        ),
        sound("length too short, junk behind", |page| {
            [sized(&[], page), b"<p>junk".repeat(500)].concat()
        }),
        protocol("length negative", said(&["content-length: -5"])),
        protocol("length with a plus", said(&["content-length: +5"])),
        protocol("length garbage", said(&["content-length: many"])),
        protocol("length empty", said(&["content-length:"])),
        protocol(
            "length overflows",
            said(&["content-length: 99999999999999999999999"]),
        ),
        protocol("length in hex", said(&["content-length: 0x10"])),
        sound("length twice, equal", |page| {
            let length = length_of(page);
            [head(&[&length, &length]), page.to_vec()].concat()
        }),
        protocol(
            "length twice, different",
            said(&[&length, "content-length: 7"]),
        ),
        protocol("length list, different", said(&[&format!("{length}, 7")])),
        sound("length beside chunks, chunks win", |page| {
            let fields = ["content-length: 7", coded];
            [head(&fields), chunk("", page), b"0\r\n\r\n".to_vec()].concat()
        }),
        sound("no length, closed at the end", |page| {
            [&head(&[]), page].concat()
        }),
        sound("HTTP/1.0, closed at the end", |page| {
            [&head_of("HTTP/1.0 200 OK", &[]), page].concat()
        }),
        sound("HTTP/1.0 with a length", |page| {
            [&head_of("HTTP/1.0 200 OK", &[&length_of(page)]), page].concat()
        }),
        protocol("HTTP/1.0 with chunks", {
            [
                head_of("HTTP/1.0 200 OK", &[coded]),
                chunk("", &body),
                b"0\r\n\r\n".to_vec(),
            ]
            .concat()
        }),
        Row::new(
            "body without end",
            Fault::Script(
                vec![
                    Part::Send(head(&[])),
                    Part::Endless(b"khotin-- ".repeat(4096)),
                ],
                End::Close,
            ),
            "200 truncated length",
        )
        .because("truncated: length")
        .keeps(
            b"khotin-- "
                .iter()
                .copied()
                .cycle()
                .take(MOST_BODY_BYTES)
                .collect(),
        ),
    ]
}

/// Chunked coding.
pub(super) fn chunks() -> Vec<Row> {
    let body = page("chunks");
    let first = chunk("", &body);
    let then = |rest: &[u8]| [&first, rest].concat();
    let coded = |value: &str| {
        let field = format!("transfer-encoding: {value}");
        [head(&[&field]), first.clone(), b"0\r\n\r\n".to_vec()].concat()
    };
    let whole = |page: &[u8], extension: &str, end: &str| {
        chunked(&[chunk(extension, page), end.as_bytes().to_vec()].concat())
    };
    let long = format!(";x={}", "y".repeat(20_000));
    let trailers = format!("0\r\nx: {}\r\n\r\n", "y".repeat(20_000));
    vec![
        sound("chunk extension", |page| {
            whole(page, ";name=value", "0\r\n\r\n")
        }),
        sound("trailers", |page| {
            whole(page, "", "0\r\nx-sum: 1\r\nx-more: 2\r\n\r\n")
        }),
        sound("chunks of one byte", |page| {
            let bytes: Vec<u8> = page.iter().flat_map(|byte| chunk("", &[*byte])).collect();
            chunked(&[&bytes[..], b"0\r\n\r\n"].concat())
        }),
        sound("chunk size with leading zeros", |page| {
            let size = format!("{:08x}\r\n", page.len());
            chunked(&[size.as_bytes(), page, b"\r\n0\r\n\r\n"].concat())
        }),
        unframed(
            "chunk extension of 20,000 bytes",
            &whole_framing(&long, &body),
            b"",
        ),
        unframed("trailer of 20,000 bytes", &then(trailers.as_bytes()), &body),
        unframed(
            "300 trailers",
            &then(&[b"0\r\n".to_vec(), b"x: y\r\n".repeat(300), b"\r\n".to_vec()].concat()),
            &body,
        ),
        unframed(
            "chunk size garbage",
            &then(b"zz\r\n<p>\r\n0\r\n\r\n"),
            &body,
        ),
        unframed(
            "chunk size negative",
            &then(b"-3\r\n<p>\r\n0\r\n\r\n"),
            &body,
        ),
        unframed("chunk size empty", &then(b"\r\n<p>\r\n0\r\n\r\n"), &body),
        unframed(
            "chunk size with 0x",
            &then(b"0x3\r\n<p>\r\n0\r\n\r\n"),
            &body,
        ),
        unframed(
            "chunk size overflows",
            &then(b"fffffffffffffffff\r\n<p>\r\n0\r\n\r\n"),
            &body,
        ),
        unframed(
            "chunk longer than its size",
            &then(b"1\r\n<p>\r\n0\r\n\r\n"),
            &[&body[..], b"<"].concat(),
        ),
        Row {
            fault: Fault::Raw(chunked(&then(b"fffffffffffffff0\r\n<p>"))),
            ..cut_short("chunk size huge", Vec::new(), &[&body[..], b"<p>"].concat())
        },
        protocol("coding below the chunks", coded("gzip, chunked")),
        protocol("chunked twice", coded("chunked, chunked")),
        protocol("coding without chunks", coded("gzip")),
        protocol("coding unknown", coded("xchunked")),
    ]
}

/// A chunk with an extension, and the end.
fn whole_framing(extension: &str, body: &[u8]) -> Vec<u8> {
    [chunk(extension, body), b"0\r\n\r\n".to_vec()].concat()
}

//! Header fields, status lines and statuses.

use khotin::demo::{End, Fault, Part};

use super::{Row, broken, protocol, sound, status};
use crate::bytes::{head_of, length_of, page, sized};

/// Header fields.
pub(super) fn heads() -> Vec<Row> {
    let body = page("heads");
    let with = |field: &[u8]| {
        let length = length_of(&body);
        let start = format!("HTTP/1.1 200 OK\r\n{length}\r\n");
        [start.as_bytes(), field, b"\r\n\r\n", &body].concat()
    };
    let field = |name: &str, bytes: usize| format!("{name}: {}", "y".repeat(bytes)).into_bytes();
    vec![
        protocol("10,000 header fields", with(&b"x: y\r\n".repeat(10_000))),
        protocol("a header field of 1 MiB", with(&field("x", 1 << 20))),
        protocol(
            "a header field over the cap of 64 KiB",
            with(&field("x", 65 * 1024)),
        ),
        protocol(
            "a field name of 100,000 bytes",
            with(&[b"x".repeat(100_000), b": y".to_vec()].concat()),
        ),
        Row {
            fault: Fault::Script(
                vec![
                    Part::Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
                    Part::Endless(b"x: y\r\n".repeat(100)),
                ],
                End::Close,
            ),
            ..protocol("a header without end", [])
        },
        protocol("NUL in a field", with(b"x: a\0b")),
        protocol("NUL in a field name", with(b"x\0y: a")),
        protocol("escape codes in a field name", with(b"\x1b[2J: a")),
        protocol("8-bit bytes in a field name", with(b"x\xff: a")),
        protocol("a blank before the colon", with(b"x : a")),
        protocol("a field without a colon", with(b"hello")),
        protocol("a folded field", with(b"x: a\r\n b")),
        protocol("a carriage return in a field", with(b"x: a\rb")),
        sound("8-bit bytes in a field", |page| {
            let length = length_of(page);
            let start = format!("HTTP/1.1 200 OK\r\n{length}\r\nx: ti");
            [start.as_bytes(), b"n \xff\xfe\r\n\r\n", page].concat()
        }),
        sound("lines that end in LF alone", |page| {
            let length = length_of(page);
            [format!("HTTP/1.1 200 OK\n{length}\n\n").as_bytes(), page].concat()
        }),
        sound("no header field but the length", |page| {
            let length = length_of(page);
            [
                format!("HTTP/1.1 200 OK\r\n{length}\r\n\r\n").as_bytes(),
                page,
            ]
            .concat()
        }),
    ]
}

/// Status lines and statuses.
pub(super) fn statuses() -> Vec<Row> {
    let body = page("statuses");
    let line = |line: &str| [head_of(line, &[&length_of(&body)]), body.clone()].concat();
    let empty = |line: &str| head_of(line, &[]);
    let sound_line = |line: &'static str| {
        move |page: &[u8]| [&head_of(line, &[&length_of(page)]), page].concat()
    };
    let informed = |first: &'static [u8]| move |page: &[u8]| [first, &sized(&[], page)].concat();
    vec![
        protocol("HTTP/0.9: a page and no header", body.clone()),
        protocol("no HTTP at all", "220 ready for mail\r\n"),
        protocol("HTTP/2.0 in the status line", line("HTTP/2.0 200 OK")),
        protocol("HTTP/1.2 in the status line", line("HTTP/1.2 200 OK")),
        protocol("http in small letters", line("http/1.1 200 OK")),
        protocol("status 000", line("HTTP/1.1 000 None")),
        protocol("status 99", line("HTTP/1.1 99 Low")),
        protocol("status 099", line("HTTP/1.1 099 Low")),
        protocol("status 1000", line("HTTP/1.1 1000 High")),
        protocol("status a word", line("HTTP/1.1 OK 200")),
        protocol("status negative", line("HTTP/1.1 -20 OK")),
        sound("status line without reason", sound_line("HTTP/1.1 200")),
        sound("empty lines before the status line", |page| {
            [b"\r\n\r\n", &sized(&[], page)[..]].concat()
        }),
        sound(
            "100, then the answer",
            informed(b"HTTP/1.1 100 Continue\r\n\r\n"),
        ),
        sound(
            "103 with links, then the answer",
            informed(b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n"),
        ),
        broken(
            "100 and nothing else",
            Fault::Raw(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
        ),
        status(
            "101 unasked",
            empty("HTTP/1.1 101 Switching Protocols"),
            "101",
            "status 101",
        ),
        status("204", empty("HTTP/1.1 204 No Content"), "204", "status 204"),
        status(
            "204 with a body",
            line("HTTP/1.1 204 No Content"),
            "204",
            "status 204",
        ),
        status(
            "205",
            line("HTTP/1.1 205 Reset Content"),
            "205",
            "status 205",
        ),
        status(
            "206 unasked",
            line("HTTP/1.1 206 Partial Content"),
            "206",
            "status 206",
        ),
        status("226", line("HTTP/1.1 226 IM Used"), "226", "status 226"),
        status(
            "304 unasked",
            empty("HTTP/1.1 304 Not Modified"),
            "304",
            "status 304 without an earlier answer",
        ),
        status("402", line("HTTP/1.1 402 Pay"), "402", "status 402"),
        status("505", line("HTTP/1.1 505 No"), "505", "status 505"),
        status("status 600", line("HTTP/1.1 600 What"), "600", "status 600"),
        status(
            "status 999",
            line("HTTP/1.1 999 Request denied"),
            "999",
            "status 999",
        ),
    ]
}

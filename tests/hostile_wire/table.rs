//! The table: what is wrong, how it is played, and the one outcome that it must have.

use std::time::Duration;

use khotin::demo::{End, Fault, Part};

use crate::bytes::{
    BROTLI_HELLO, ZSTD_HELLO, chunk, chunked, gzip, gzip_bomb, head, head_of, length_of, moved,
    page, sized,
};
use crate::hosts::{HASTY, HASTY_TITLE, REFUSES};

/// The largest body that is kept: less than the default, because tests run without optimization.
pub(crate) const MOST_BODY_BYTES: usize = 2 * 1024 * 1024;
/// Patience for a header in the crawl of [`Pace::Slow`] rows.
pub(crate) const HEADER_TIMEOUT: Duration = Duration::from_millis(1500);
/// Patience for an answer in the crawl of [`Pace::Slow`] rows.
pub(crate) const TOTAL_TIMEOUT: Duration = Duration::from_millis(2500);

/// In which crawl a row is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// The outcome comes at once; patience is long, so that a slow machine changes nothing.
    Quick,
    /// The outcome comes when patience ends; patience is short.
    Slow,
}

/// Where the answer to look at comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// The article's own address.
    Itself,
    /// The same path of this host, where the article's own address redirects to.
    Host(&'static str),
    /// So many addresses, each of which redirects to the next and the last one to the first.
    Circle(usize),
}

/// One fault and its outcome.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) pace: Pace,
    pub(crate) fault: Fault,
    pub(crate) from: From,
    /// How the exchange stands in the archive: `200`, `200 truncated length`, `failed timeout`.
    pub(crate) stands: &'static str,
    /// Begins the cause that the store keeps; none for a sound answer, which is read as an article.
    pub(crate) cause: Option<&'static str>,
    /// The body as it stands in the archive, where that says something.
    pub(crate) kept: Option<Vec<u8>>,
    /// The title of the record of a sound answer.
    pub(crate) title: String,
}

impl Row {
    fn new(what: &'static str, fault: Fault, stands: &'static str) -> Self {
        Self {
            what,
            pace: Pace::Quick,
            fault,
            from: From::Itself,
            stands,
            cause: None,
            kept: None,
            title: what.to_owned(),
        }
    }

    /// It is kept, and not read.
    fn because(mut self, cause: &'static str) -> Self {
        self.cause = Some(cause);
        self
    }

    fn keeps(mut self, body: Vec<u8>) -> Self {
        self.kept = Some(body);
        self
    }

    fn slow(mut self) -> Self {
        self.pace = Pace::Slow;
        self
    }

    fn at(mut self, from: From) -> Self {
        self.from = from;
        self
    }
}

/// Odd, and allowed: the page called `what` is read as an article.
fn sound(what: &'static str, answer: impl FnOnce(&[u8]) -> Vec<u8>) -> Row {
    let page = page(what);
    Row::new(what, Fault::Raw(answer(&page)), "200").keeps(page)
}

/// No answer: what came is not HTTP, or too much.
fn protocol(what: &'static str, answer: impl Into<Vec<u8>>) -> Row {
    let row = Row::new(what, Fault::Raw(answer.into()), "failed protocol");
    row.because("protocol")
}

/// No answer: the connection broke.
fn broken(what: &'static str, fault: Fault) -> Row {
    Row::new(what, fault, "failed disconnect").because("disconnect")
}

/// A beginning of an answer, which is kept.
fn cut_short(what: &'static str, answer: Vec<u8>, kept: &[u8]) -> Row {
    let row = Row::new(what, Fault::Raw(answer), "200 truncated disconnect");
    row.because("truncated: disconnect").keeps(kept.to_vec())
}

/// A body whose framing is wrong; what came before is kept.
fn unframed(what: &'static str, framing: &[u8], kept: &[u8]) -> Row {
    let fault = Fault::Raw(chunked(framing));
    let row = Row::new(what, fault, "200 truncated unspecified");
    row.because("truncated: unspecified").keeps(kept.to_vec())
}

/// A whole answer that can not be read.
fn unread(what: &'static str, answer: Vec<u8>, cause: &'static str) -> Row {
    Row::new(what, Fault::Raw(answer), "200").because(cause)
}

/// A whole answer with a status that is no page.
fn status(what: &'static str, answer: Vec<u8>, stands: &'static str, cause: &'static str) -> Row {
    Row::new(what, Fault::Raw(answer), stands).because(cause)
}

/// A redirect that is not followed.
fn astray(what: &'static str, location: &str, cause: &'static str) -> Row {
    status(what, moved(location), "302", cause)
}

/// All rows. `trap` is a port of 127.0.0.1 that no configuration names and nobody may connect to.
pub(crate) fn rows(trap: u16) -> Vec<Row> {
    let mut rows = closed_early();
    rows.extend(lengths());
    rows.extend(chunks());
    rows.extend(heads());
    rows.extend(statuses());
    rows.extend(codings());
    rows.extend(redirects(trap));
    rows.extend(reused());
    rows.extend(slow());
    rows
}

/// Connections that are refused, reset or closed.
fn closed_early() -> Vec<Row> {
    let body = page("closed early");
    let half = &body[..body.len() / 2];
    let whole = sized(&[], &body);
    let raw = |bytes: &[u8]| Fault::Raw(bytes.to_vec());
    let reset = |bytes: &[u8]| Fault::Script(vec![Part::Send(bytes.to_vec())], End::Reset);
    let begun = [head(&["transfer-encoding: chunked"]), chunk("", half)].concat();
    let after = |framing: &[u8]| [&begun, framing].concat();
    let hop = |what, from| Row::new(what, Fault::Close, "").at(From::Host(from));
    vec![
        Row {
            stands: "failed connect",
            cause: Some("connect"),
            ..hop("connection refused", REFUSES)
        },
        Row {
            stands: "200",
            title: HASTY_TITLE.to_owned(),
            ..hop("answer before the request is read", HASTY)
        },
        broken("reset before a byte", Fault::Script(Vec::new(), End::Reset)),
        broken("reset in the header", reset(b"HTTP/1.1 200 OK\r\ndate: ")),
        Row {
            fault: reset(&whole[..whole.len() - half.len()]),
            ..cut_short(
                "reset in the body",
                Vec::new(),
                &body[..body.len() - half.len()],
            )
        },
        broken("closed before a byte", Fault::Close),
        broken("closed in the status line", raw(b"HTTP/1.1 20")),
        broken("closed after the status line", raw(b"HTTP/1.1 200 OK\r\n")),
        broken(
            "closed in the header",
            raw(b"HTTP/1.1 200 OK\r\ncontent-ty"),
        ),
        cut_short("closed after the header", head(&[&length_of(&body)]), b""),
        cut_short(
            "closed in the body",
            [head(&[&length_of(&body)]), half.to_vec()].concat(),
            half,
        ),
        cut_short(
            "closed before the last byte",
            whole[..whole.len() - 1].to_vec(),
            &body[..body.len() - 1],
        ),
        cut_short("closed in a chunk size", after(b"1"), half),
        cut_short("closed after a chunk size", after(b"100\r\n"), half),
        cut_short(
            "closed in a chunk",
            after(b"100\r\n<p>"),
            &[half, b"<p>"].concat(),
        ),
        cut_short(
            "closed behind a chunk",
            after(b"3\r\n<p>"),
            &[half, b"<p>"].concat(),
        ),
        cut_short("closed before the last chunk", begun.clone(), half),
        cut_short("closed after the last chunk's size", after(b"0\r\n"), half),
        cut_short("closed in the trailers", after(b"0\r\nx-sum: 1"), half),
    ]
}

/// `Content-Length` and what it says wrong.
fn lengths() -> Vec<Row> {
    let body = page("lengths");
    let said = |fields: &[&str]| [head(fields), body.clone()].concat();
    let length = length_of(&body);
    let coded = "transfer-encoding: chunked";
    vec![
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
fn chunks() -> Vec<Row> {
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

/// Header fields.
fn heads() -> Vec<Row> {
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
fn statuses() -> Vec<Row> {
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

/// Content codings.
fn codings() -> Vec<Row> {
    let body = page("codings");
    let said = |coding: &str, body: &[u8]| sized(&[&format!("content-encoding: {coding}")], body);
    let packed = gzip(&body);
    let too_long = "decoded body is longer than 16777216 bytes";
    let damaged = "content-encoding `gzip` does not unpack";
    let bomb = gzip_bomb();
    vec![
        unread("gzip bomb of 1 GiB", said("gzip", &bomb), too_long),
        unread(
            "gzip bomb in gzip",
            said("gzip, gzip", &gzip(&bomb)),
            too_long,
        ),
        unread(
            "four codings",
            said("gzip, gzip, gzip, gzip", &body),
            "content-encoding `gzip, gzip, gzip, gzip` is not known",
        ),
        unread(
            "gzip cut short",
            said("gzip", &packed[..packed.len() / 2]),
            damaged,
        ),
        unread(
            "gzip without its sum",
            said("gzip", &packed[..packed.len() - 8]),
            damaged,
        ),
        unread(
            "gzip with a wrong sum",
            said("gzip", &flipped(&packed, packed.len() - 8)),
            damaged,
        ),
        unread(
            "gzip with junk behind",
            said("gzip", &[&packed[..], b"<p>junk"].concat()),
            damaged,
        ),
        unread("gzip said, plain sent", said("gzip", &body), damaged),
        unread(
            "plain said, gzip sent",
            sized(&[], &packed),
            "no layout of `demo` fits this page",
        ),
        unread(
            "br unasked",
            said("br", BROTLI_HELLO),
            "content-encoding `br` is not known",
        ),
        unread(
            "zstd unasked",
            said("zstd", ZSTD_HELLO),
            "content-encoding `zstd` is not known",
        ),
        unread(
            "coding unknown to everybody",
            said("snow", &body),
            "content-encoding `snow` is not known",
        ),
        unread("empty body", sized(&[], b""), "body is empty"),
        packed_page("gzip", "gzip", gzip),
        packed_page("gzip in capitals", "GZIP", gzip),
        packed_page("gzip twice", "gzip, gzip", |page| gzip(&gzip(page))),
        packed_page("identity", "identity", <[u8]>::to_vec),
        packed_page("deflate unasked", "deflate", |page| {
            let mut reader = flate2::read::ZlibEncoder::new(page, flate2::Compression::fast());
            read_all(&mut reader)
        }),
        packed_page("deflate unasked, without its frame", "deflate", |page| {
            let mut reader = flate2::read::DeflateEncoder::new(page, flate2::Compression::fast());
            read_all(&mut reader)
        }),
    ]
}

/// A sound packed page: kept as sent.
fn packed_page(what: &'static str, coding: &str, pack: impl Fn(&[u8]) -> Vec<u8>) -> Row {
    let packed = pack(&page(what));
    let answer = sized(&[&format!("content-encoding: {coding}")], &packed);
    Row::new(what, Fault::Raw(answer), "200").keeps(packed)
}

fn read_all(reader: &mut impl std::io::Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).unwrap();
    bytes
}

/// The same bytes but for one bit.
fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes
}

/// Redirects. What they lead to is never asked for.
fn redirects(trap: u16) -> Vec<Row> {
    let out = "redirect to ";
    let nowhere = "status 302 leads to no http(s) URL";
    let trapped = |host: &str| format!("http://{host}:{trap}/");
    let found = "HTTP/1.1 302 Found";
    let long = format!(
        "location: http://demo.khotin.test/{}",
        "a".repeat(300 * 1024)
    );
    vec![
        Row::new("redirect to itself", Fault::Close, "302")
            .at(From::Circle(1))
            .because("redirect to "),
        Row::new("redirect there and back", Fault::Close, "302")
            .at(From::Circle(2))
            .because("redirect to "),
        Row::new("30 redirects", Fault::Close, "302")
            .at(From::Circle(30))
            .because("more than "),
        astray(
            "redirect to a cloud's metadata",
            "http://169.254.169.254/latest/meta-data/",
            out,
        ),
        astray("redirect to the loopback", "http://127.0.0.1:22/", out),
        astray("redirect to a trap", &trapped("127.0.0.1"), out),
        astray("redirect to a decimal address", &trapped("2130706433"), out),
        astray("redirect to an octal address", &trapped("0177.0.0.1"), out),
        astray("redirect to a hex address", &trapped("0x7f.0x1"), out),
        astray("redirect to a short address", &trapped("127.1"), out),
        astray(
            "redirect to a mapped address",
            &trapped("[::ffff:127.0.0.1]"),
            out,
        ),
        astray("redirect to the loopback of IPv6", &trapped("[::1]"), out),
        astray(
            "redirect to a NAT64 address",
            &trapped("[64:ff9b::7f00:1]"),
            out,
        ),
        astray("redirect to localhost", &trapped("localhost"), out),
        astray(
            "redirect to another port of the host",
            &trapped("demo.khotin.test"),
            out,
        ),
        astray(
            "redirect to another host",
            "http://elsewhere.khotin.test/",
            out,
        ),
        astray(
            "redirect to a host below",
            "http://a.demo.khotin.test/",
            out,
        ),
        astray(
            "redirect to a host that ends alike",
            "http://evil-demo.khotin.test/",
            out,
        ),
        astray("redirect to https", "https://demo.khotin.test/", out),
        astray(
            "redirect with a user name",
            "http://user:secret@demo.khotin.test/",
            out,
        ),
        astray(
            "redirect to a host before an at sign",
            "http://demo.khotin.test@elsewhere.test/",
            out,
        ),
        astray("redirect to a file", "file:///etc/passwd", nowhere),
        astray("redirect to ftp", "ftp://demo.khotin.test/a", nowhere),
        astray("redirect to a script", "javascript:alert(1)", nowhere),
        astray("redirect to data", "data:text/html,<p>a", nowhere),
        astray("redirect to no URL", "http://[::", nowhere),
        astray(
            "redirect to no port",
            "http://demo.khotin.test:99999/",
            nowhere,
        ),
        astray("redirect to an empty address", "", nowhere),
        astray("redirect to a fragment", "#top", nowhere),
        status(
            "redirect without location",
            head_of(found, &["content-length: 0"]),
            "302",
            "status 302 without location",
        ),
        status(
            "redirect with two locations, the first counts",
            {
                head_of(
                    found,
                    &[
                        "content-length: 0",
                        "location: http://elsewhere.test/",
                        "location: http://demo.khotin.test/",
                    ],
                )
            },
            "302",
            "redirect to http://elsewhere.test/ is out of scope",
        ),
        status(
            "300 without location",
            head_of("HTTP/1.1 300 Many", &["content-length: 0"]),
            "300",
            "status 300 without location",
        ),
        protocol(
            "redirect of 300 KiB",
            head_of(found, &["content-length: 0", &long]),
        ),
    ]
}

/// Bytes that the next request on the connection could take for its own answer. The next article
/// must have its own title.
fn reused() -> Vec<Row> {
    let forged = sized(&[], &page("A forged answer"));
    let open = |bytes: Vec<u8>| Fault::Script(vec![Part::Send(bytes)], End::KeepOpen);
    let late = |bytes: Vec<u8>| {
        let parts = vec![
            Part::Send(bytes),
            Part::Wait(Duration::from_millis(200)),
            Part::Send(forged.clone()),
        ];
        Fault::Script(parts, End::KeepOpen)
    };
    let coded = ["content-length: 5", "transfer-encoding: chunked"];
    let no_content = head_of("HTTP/1.1 204 No Content", &[&length_of(&forged)]);
    let twice = |page: &[u8]| [sized(&[], page), forged.clone()].concat();
    let both = |page: &[u8]| [&head(&coded), &chunk("", page)[..], b"0\r\n\r\n"].concat();
    let equal = |page: &[u8]| {
        let length = length_of(page);
        [&head(&[&length, &length]), page].concat()
    };
    let kept_open = |what, answer: &dyn Fn(&[u8]) -> Vec<u8>, fault: &dyn Fn(Vec<u8>) -> Fault| {
        let page = page(what);
        Row::new(what, fault(answer(&page)), "200").keeps(page)
    };
    vec![
        kept_open("an answer with another one behind", &twice, &open),
        kept_open("two framings, then another answer", &both, &late),
        kept_open("two equal lengths, then another answer", &equal, &late),
        Row::new(
            "204 whose body is an answer",
            open([no_content.clone(), forged.clone()].concat()),
            "204",
        )
        .because("status 204"),
        Row::new("204 whose body is a late answer", late(no_content), "204").because("status 204"),
    ]
}

/// What only patience ends.
fn slow() -> Vec<Row> {
    let body = page("slow");
    let half = &body[..body.len() / 2];
    let started = [&head(&[&length_of(&body)]), half].concat();
    let stall = |bytes: &[u8]| Fault::Script(vec![Part::Send(bytes.to_vec())], End::Stall);
    // Far more than patience takes, and slow enough for a program without optimization.
    let flood = |bytes: &[u8]| {
        let wave = [
            Part::Send(bytes.repeat(20)),
            Part::Wait(Duration::from_millis(5)),
        ];
        Fault::Script(vec![wave; 10_000].concat(), End::Close)
    };
    let second = Duration::from_secs(1);
    let timeout = |what, fault| {
        Row::new(what, fault, "failed timeout")
            .because("timeout")
            .slow()
    };
    let cut = |what, fault, kept: &[u8]| {
        let row = Row::new(what, fault, "200 truncated time").because("truncated: time");
        row.keeps(kept.to_vec()).slow()
    };
    let forged = sized(&[], &page("An answer that came too late"));
    vec![
        timeout(
            "stall before the header",
            Fault::Script(Vec::new(), End::Stall),
        ),
        timeout("stall in the status line", stall(b"HTTP/1.1 20")),
        timeout(
            "stall in the header",
            stall(b"HTTP/1.1 200 OK\r\ncontent-ty"),
        ),
        timeout(
            "drip in the header",
            Fault::Script(vec![Part::Drip(head(&[]), second)], End::Close),
        ),
        timeout("100 without end", flood(b"HTTP/1.1 100 Continue\r\n\r\n")),
        timeout(
            "103 without end",
            flood(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
        ),
        timeout(
            "an answer after patience ended",
            Fault::Script(
                vec![
                    Part::Wait(HEADER_TIMEOUT + Duration::from_millis(200)),
                    Part::Send(forged),
                ],
                End::KeepOpen,
            ),
        ),
        cut(
            "stall after the header",
            stall(&head(&[&length_of(&body)])),
            b"",
        ),
        cut("stall in the body", stall(&started), half),
        cut(
            "stall in a chunk",
            stall(&chunked(&[b"fff\r\n", half].concat())),
            half,
        ),
        cut(
            "stall before the last chunk",
            stall(&chunked(&chunk("", half))),
            half,
        ),
        Row {
            kept: None,
            ..cut(
                "drip in the body",
                Fault::Script(
                    vec![
                        Part::Send(head(&[&length_of(&body)])),
                        Part::Drip(body.clone(), second),
                    ],
                    End::Close,
                ),
                b"",
            )
        },
    ]
}

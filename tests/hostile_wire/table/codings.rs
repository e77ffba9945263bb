//! Content codings.

use khotin::demo::Fault;

use super::{Row, unread};
use crate::bytes::{BROTLI_HELLO, ZSTD_HELLO, gzip, gzip_bomb, page, sized};

/// Content codings.
pub(super) fn codings() -> Vec<Row> {
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

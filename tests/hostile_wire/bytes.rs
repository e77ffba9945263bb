//! Answers as bytes, right ones and wrong ones.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

/// An article page in the layout of the demo ministry, in ASCII.
pub(crate) fn page(title: &str) -> Vec<u8> {
    format!(
        "<!DOCTYPE html><html><head><title>{title}</title></head><body>\
         <div class=\"contentDetail\"><div><h3>{title}</h3></div>\
         <div><div><p>22/11/2026 | 09:00 AM</p></div></div>\
         <div class=\"journal-content-article\"><p>Made up for a test.</p></div></div>\
         </body></html>"
    )
    .into_bytes()
}

/// A head of an article page with more fields, and the empty line.
pub(crate) fn head(fields: &[&str]) -> Vec<u8> {
    head_of("HTTP/1.1 200 OK", fields)
}

/// As [`head`], with a status line.
pub(crate) fn head_of(status_line: &str, fields: &[&str]) -> Vec<u8> {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    let kind = "content-type: text/html; charset=utf-8";
    format!("{status_line}\r\n{kind}\r\n{fields}\r\n").into_bytes()
}

/// Head with the body's length, and body.
pub(crate) fn sized(fields: &[&str], body: &[u8]) -> Vec<u8> {
    let length = length_of(body);
    let fields = [fields, &[length.as_str()]].concat();
    [head(&fields), body.to_vec()].concat()
}

/// `content-length: N`.
pub(crate) fn length_of(body: &[u8]) -> String {
    format!("content-length: {}", body.len())
}

/// A chunked answer with these lines as the body's framing.
pub(crate) fn chunked(framing: &[u8]) -> Vec<u8> {
    [&head(&["transfer-encoding: chunked"]), framing].concat()
}

/// One chunk with a size line that may have an extension.
pub(crate) fn chunk(extension: &str, body: &[u8]) -> Vec<u8> {
    let size = format!("{:x}{extension}\r\n", body.len());
    [size.as_bytes(), body, b"\r\n"].concat()
}

/// A redirect.
pub(crate) fn moved(location: &str) -> Vec<u8> {
    let fields = ["content-length: 0", &format!("location: {location}")];
    head_of("HTTP/1.1 302 Found", &fields)
}

/// Packed by gzip.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One gibibyte of zeros, packed into about a megabyte: a member of a mebibyte, again and again.
pub(crate) fn gzip_bomb() -> Vec<u8> {
    gzip(&vec![0; 1 << 20]).repeat(1 << 10)
}

/// Five letters as a whole Brotli stream (RFC 7932): an uncompressed block and an empty last one.
pub(crate) const BROTLI_HELLO: &[u8] = b"\x0b\x02\x80hello\x03";

/// Five letters as a whole Zstandard frame (RFC 8878): a raw block without checksum.
pub(crate) const ZSTD_HELLO: &[u8] = b"\x28\xb5\x2f\xfd\x20\x05\x29\x00\x00hello";

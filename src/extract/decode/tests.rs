//! Charsets, kinds and content codings, as servers send them.

use super::*;
use crate::extract::testing::capture;
use std::io::Write;

fn decoded(headers: &[(&str, &str)], body: &[u8]) -> Result<Decoded, DecodeError> {
    let mut capture = capture("https://moh.gov.vn/a", body);
    capture.headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
        .collect();
    decode(&capture)
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn the_charset_is_found_as_browsers_find_it() {
    let windows_1258 = b"<meta charset=windows-1258><p>B\xf4\xf2";
    type Row<'a> = (&'a str, &'a str, &'a [u8], &'a str, &'a [&'a str]);
    let table: [Row<'_>; 10] = [
        (
            "header",
            "text/html; charset=UTF-8",
            "<p>Bộ".as_bytes(),
            "<p>Bộ",
            &[],
        ),
        (
            "header in quotes",
            "text/html;Charset=\"utf-8\"",
            "<p>Bộ".as_bytes(),
            "<p>Bộ",
            &[],
        ),
        (
            "mark wins over header",
            "text/html; charset=windows-1252",
            "\u{feff}<p>Bộ".as_bytes(),
            "<p>Bộ",
            &[],
        ),
        (
            "UTF-16 by its mark",
            "text/html",
            b"\xff\xfe<\0p\0>\0\xd9\x1e",
            "<p>ộ",
            &[],
        ),
        (
            "meta",
            "text/html",
            windows_1258,
            "<meta charset=windows-1258><p>Bô\u{323}",
            &[],
        ),
        (
            "meta with http-equiv",
            "",
            b"<meta http-equiv=content-type content='text/html; charset=windows-1252'>\xe9",
            "<meta http-equiv=content-type content='text/html; charset=windows-1252'>é",
            &[],
        ),
        (
            "meta in a comment does not count",
            "",
            "<!-- <meta charset=windows-1252> --><p>Bộ Y tế".as_bytes(),
            "<!-- <meta charset=windows-1252> --><p>Bộ Y tế",
            &["charset_guessed"],
        ),
        (
            "meta can not say UTF-16",
            "",
            "<meta charset=utf-16>Bộ".as_bytes(),
            "<meta charset=utf-16>Bộ",
            &[],
        ),
        ("nothing but ASCII is no guess", "", b"<p>a", "<p>a", &[]),
        (
            "broken bytes",
            "text/html; charset=utf-8",
            b"<p>B\xe1\xbb",
            "<p>B\u{fffd}",
            &["charset_replaced"],
        ),
    ];
    for (what, content_type, body, text, warnings) in table {
        let found = decoded(&[("content-type", content_type)], body).expect(what);
        assert_eq!(found.text, text, "{what}");
        let codes: Vec<_> = found.warnings.iter().map(|warning| &warning.code).collect();
        assert_eq!(codes, warnings, "{what}");
    }
}

#[test]
fn the_kind_is_what_the_body_is() {
    let table: [(&str, &str, &[u8], Option<Kind>); 9] = [
        ("HTML", "text/html; charset=utf-8", b"<p>", Some(Kind::Html)),
        (
            "text before the first tag",
            "text/html",
            b"x <p>",
            Some(Kind::Html),
        ),
        ("JSON", "application/json", b" {}", Some(Kind::Json)),
        (
            "JSON with a mark",
            "application/json",
            b"\xef\xbb\xbf[]",
            Some(Kind::Json),
        ),
        (
            "JSON said to be HTML",
            "text/html",
            b"[{}]",
            Some(Kind::Json),
        ),
        ("JSON without type", "", b"{}", Some(Kind::Json)),
        (
            "a block page said to be JSON",
            "application/json",
            b"<html>",
            Some(Kind::Html),
        ),
        ("a scalar", "application/json", b"null", Some(Kind::Json)),
        ("a file", "application/pdf", b"%PDF-1.4", None),
    ];
    for (what, content_type, body, kind) in table {
        let found = decoded(&[("content-type", content_type)], body);
        assert_eq!(found.ok().map(|found| found.kind), kind, "{what}");
    }
}

#[test]
fn content_codings_are_removed_under_the_cap() {
    let page = b"<p>a";
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(page).unwrap();
    let mut bare = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    bare.write_all(page).unwrap();
    let packed = gzip(page);
    let bomb = gzip(&vec![b'<'; MAX_JSON_BYTES + 1]);
    let long_page = gzip(&vec![b'<'; MAX_HTML_BYTES + 1]);
    type Row<'a> = (&'a str, &'a str, Vec<u8>, Result<&'a str, &'a str>);
    let table: [Row<'_>; 11] = [
        ("none", "", page.to_vec(), Ok("<p>a")),
        ("identity", "identity", page.to_vec(), Ok("<p>a")),
        ("gzip", "gzip", packed.clone(), Ok("<p>a")),
        ("old name", "X-GZIP", packed.clone(), Ok("<p>a")),
        (
            "deflate as zlib",
            "deflate",
            zlib.finish().unwrap(),
            Ok("<p>a"),
        ),
        (
            "deflate bare",
            "deflate",
            bare.finish().unwrap(),
            Ok("<p>a"),
        ),
        ("twice", "gzip, gzip", gzip(&packed), Ok("<p>a")),
        (
            "unknown",
            "br",
            packed.clone(),
            Err("content-encoding `br` is not known"),
        ),
        (
            "damaged",
            "gzip",
            page.to_vec(),
            Err("content-encoding `gzip` does not unpack: "),
        ),
        (
            "bomb",
            "gzip",
            bomb,
            Err("decoded body is longer than 16777216 bytes"),
        ),
        (
            "long page",
            "gzip",
            long_page,
            Err("decoded body is longer than 8388608 bytes"),
        ),
    ];
    for (what, coding, body, expected) in table {
        let found = decoded(&[("content-encoding", coding)], &body);
        match (found, expected) {
            (Ok(found), Ok(text)) => assert_eq!(found.text, text, "{what}"),
            (Err(error), Err(words)) => {
                assert!(error.to_string().starts_with(words), "{what}: {error}");
            }
            (found, _) => panic!("{what}: {found:?}"),
        }
    }
    assert_eq!(decoded(&[], b" \n").unwrap_err(), DecodeError::Empty);
}

//! The way of a capture: status, refusals, layouts, and bodies made to do harm.

use super::testing::{capture, profile, read_page};
use super::*;
use crate::model::Purpose;

const LAYOUTS: &str = r##"
[refusals]
blocked = { css = "title", match = "^Từ chối" }
soft_gone = [{ css = "title", match = "/404$" }, { json = "$.d", match = "^null$" }]
[[listing]]
id = "list"
platform = "one"
items = ".item"
title = "b"
[[article]]
id = "old"
platform = "one"
valid = { until = "2020-12-31" }
root = "#a"
title = "h1"
body.root = ".t"
[[article]]
id = "part"
platform = "one"
valid = { url = "/part/" }
root = "#a"
title = "h1"
body.root = ".t"
[[article]]
id = "new"
platform = "one"
valid = { from = "2021-01-01" }
root = "#a"
title = "h1"
body.root = ".t"
"##;
const ARTICLE: &str = "<div id=a><h1>T</h1><div class=t><p>x</p></div></div>";

/// The page's name in the words of its serialized form.
fn name(page: &Page) -> String {
    match serde_json::to_value(page).unwrap() {
        serde_json::Value::String(name) => name,
        value => value.as_object().unwrap().keys().next().unwrap().clone(),
    }
}

#[test]
fn the_status_decides_first() {
    let table = [
        (200, "", ARTICLE, "article"),
        (203, "", ARTICLE, "article"),
        (206, "", ARTICLE, "other"),
        (304, "", "", "not_modified"),
        (301, "/b", ARTICLE, "redirect"),
        (302, "javascript:x", "", "other"),
        (302, "/", "", "soft_gone"),
        (301, "http://A.vn", "", "soft_gone"),
        (302, "/?lang=vi", "", "redirect"),
        (302, "https://www.a.vn/", "", "redirect"),
        (307, "", "", "other"),
        (404, "", ARTICLE, "gone"),
        (410, "", "", "gone"),
        (500, "", ARTICLE, "other"),
        (503, "", "", "other"),
        (403, "", "<title>Từ chối</title>", "blocked"),
        (200, "", "<title>Từ chối</title>", "blocked"),
        (200, "", "<title>x/404</title>", "soft_gone"),
        (500, "", "<title>x/404</title>", "other"),
        (200, "", r#"{"d":null}"#, "soft_gone"),
        (200, "", "{", "other"),
        (200, "", "", "other"),
    ];
    for (status, location, body, expected) in table {
        let mut capture = capture("https://a.vn/x/1", body.as_bytes());
        capture.status = status;
        if !location.is_empty() {
            capture.headers = vec![("location".to_owned(), location.as_bytes().to_vec())];
        }
        let page = read(&profile(LAYOUTS), &capture).page;
        assert_eq!(
            name(&page),
            expected,
            "{status} {location} {body}: {page:?}"
        );
    }
}

#[test]
fn a_body_cut_short_is_never_an_article() {
    let mut capture = capture("https://a.vn/x/1", ARTICLE.as_bytes());
    capture.truncated = Some(Truncation::Disconnect);
    let page = read(&profile(LAYOUTS), &capture).page;
    let reason = "body is cut short (disconnect)".to_owned();
    assert_eq!(page, Page::Other { reason });
}

#[test]
fn a_layout_is_for_its_urls_and_dates() {
    let table = [
        ("by date", "https://a.vn/x/1", "2020-12-31T23:59:59Z", "old"),
        (
            "the day after",
            "https://a.vn/x/1",
            "2021-01-01T00:00:00Z",
            "new",
        ),
        (
            "by URL",
            "https://a.vn/part/1",
            "2021-01-01T00:00:00Z",
            "part",
        ),
    ];
    for (what, url, time, layout) in table {
        let mut capture = capture(url, ARTICLE.as_bytes());
        capture.captured_at = time.parse().unwrap();
        let read = read(&profile(LAYOUTS), &capture);
        assert_eq!(read.profile.layout.as_deref(), Some(layout), "{what}");
    }
}

#[test]
fn a_foreign_page_is_an_article_and_a_listing() {
    let page = format!("<div class=item><b>i</b></div>{ARTICLE}");
    let Page::Article { draft, listing } = read_page(&profile(LAYOUTS), &page).page else {
        panic!("not an article");
    };
    assert_eq!(draft.title.unwrap().text, "T");
    let items = listing.unwrap().items;
    assert_eq!(items[0].title.as_ref().unwrap().text, "i");
    let mut capture = capture("https://a.vn/l", page.as_bytes());
    capture.request.purpose = Purpose::Listing;
    let page = read(&profile(LAYOUTS), &capture).page;
    assert_eq!(
        name(&page),
        "listing",
        "a listing request never gives an article"
    );
}

#[test]
fn hostile_bodies_give_a_page_and_never_a_panic() {
    let all = |inner: &str| format!("<div id=a><h1>T</h1><div class=t>{inner}</div></div>");
    let table: Vec<(&str, Vec<u8>)> = vec![
        ("deep", "<div>".repeat(100_000).into_bytes()),
        ("deep inside", all(&"<ul><li>".repeat(200)).into_bytes()),
        ("deep tables", all(&"<table><tr><td>".repeat(120)).into_bytes()),
        ("deep figures", all(&"<figure>".repeat(450)).into_bytes()),
        ("deep quotations", all(&"<blockquote>x".repeat(450)).into_bytes()),
        ("many br", all(&"<br>".repeat(50_000)).into_bytes()),
        ("many lines", all(&"x<br>".repeat(20_000)).into_bytes()),
        ("many pictures in a table", all(&format!("<table>{}</table>", "<tr><td><img src=x><td>y".repeat(5_000))).into_bytes()),
        ("many captions", all(&"<figcaption>x</figcaption><img src=x>".repeat(5_000)).into_bytes()),
        ("unclosed", b"<div id=a><h1>T<div class=t><p><b><i><a href=x><table><tr><li><figure><img src='".to_vec()),
        ("crossed", all("<b><p><i></b></p></i><table><p>x<tr>y<td>z</table></table></div></p>").into_bytes()),
        ("NUL", all("<p>a\0b</p><img src=\"\0\">").into_bytes()),
        ("not UTF-8", [all("<p>").into_bytes(), vec![0xff, 0xfe, 0xc0, 0x80]].concat()),
        ("a huge attribute", all(&format!("<p style='{0}'>a<img alt='{0}' src='{0}'>", "x ".repeat(50_000))).into_bytes()),
        ("a huge address", all(&format!("<a href='/{}'>a</a>", "x".repeat(100_000))).into_bytes()),
        ("odd addresses", all("<a href='http://[::'>a</a><a href='//'>b</a><a href='\\\\x'>c</a><img src='http://a:99999/'>").into_bytes()),
        ("entities", all(&"&#x110000;&#xD800;&nosuch;&".repeat(1_000)).into_bytes()),
        ("only brackets", "<".repeat(100_000).into_bytes()),
        ("deep JSON", "[".repeat(100_000).into_bytes()),
        ("wide JSON", format!("[{}1]", "1,".repeat(100_000)).into_bytes()),
        ("UTF-16", "\u{feff}<p>".encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ];
    for (what, body) in table {
        for purpose in [Purpose::Article, Purpose::Listing] {
            let mut capture = capture("https://a.vn/x/1", &body);
            capture.request.purpose = purpose;
            let page = read(&profile(LAYOUTS), &capture).page;
            let is_known = ["article", "listing", "other"].contains(&name(&page).as_str());
            assert!(is_known, "{what}: {page:?}");
        }
    }
}

#[test]
fn the_same_bytes_give_the_same_page() {
    let profile = profile(LAYOUTS);
    assert_eq!(read_page(&profile, ARTICLE), read_page(&profile, ARTICLE));
}

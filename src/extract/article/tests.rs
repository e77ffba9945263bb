//! Where an article's fields are found, and what they leave for the body.

use crate::extract::testing::{blocks_of, profile, read_article, read_page};
use crate::model::{ArticleDraft, Field, Page};

const LAYOUT: &str = r##"
[[article]]
id = "html"
platform = "one"
root = ["#a", ".b"]
vars = { id = ":scope@data-id" }
title = ["h1", "h3"]
not_title = '^Portlet'
lead = [".lead"]
author = ".author"
categories = ".cat"
published = { select = [".date", "p"], formats = ["DD/MM/YYYY | HH:mm"] }
body.root = [".t", ".u"]
source.select = ".source"
related.items = ".rel li"
attachments.items = ".files li"
[[article]]
id = "json"
platform = "one"
root = ["$.d[0]", "$.d"]
title = "$.t"
body.root = "$.h"
related.items = ".rel"
"##;

fn read(html: &str) -> (ArticleDraft, Vec<String>) {
    read_article(&profile(LAYOUT), html)
}

fn text(field: &Option<Field>) -> Option<&str> {
    field.as_ref().map(|field| field.text.as_str())
}

#[test]
fn nothing_outside_the_container_enters_the_record() {
    let (draft, codes) = read(
        "<h1>Menu</h1><p class=date>01/01/2020 | 10:00</p><div class=lead>out</div>
         <div id=a data-id=7><h3>Portlet A</h3><h3>T</h3><p class=date>17/06/2023 | 21:00</p>
         <div class=lead>L</div><div class=author>A</div><div class=cat>C</div>
         <div class=t><p>a</p></div><div class=source>Theo: <a href=/s>X</a></div></div><p>out</p>
         <ul class=rel><li>- <a href=/r>R</a><li>- S</ul>",
    );
    assert_eq!(text(&draft.title), Some("T"));
    assert_eq!(text(&draft.published), Some("17/06/2023 | 21:00"));
    assert_eq!(text(&draft.lead), Some("L"));
    assert_eq!(text(&draft.author), Some("A"));
    assert_eq!(text(&draft.categories), Some("C"));
    assert_eq!(text(&draft.source), Some("Theo: X"));
    assert_eq!(
        draft.source_url.as_ref().map(url::Url::as_str),
        Some("https://a.vn/s")
    );
    assert_eq!(draft.vars["id"], "7");
    assert_eq!(blocks_of(&draft), ["p: a"]);
    let related: Vec<_> = draft
        .related
        .iter()
        .map(|line| line.title.as_str())
        .collect();
    assert_eq!(related, ["- R", "- S"]);
    assert_eq!(
        draft.related[0].url.as_ref().map(url::Url::as_str),
        Some("https://a.vn/r")
    );
    assert!(codes.is_empty(), "{codes:?}");
    let evidence = &draft.title.as_ref().unwrap().evidence;
    assert_eq!(
        (evidence.selector.as_str(), evidence.alternative),
        ("h3", 1)
    );
}

#[test]
fn what_became_a_field_is_no_text() {
    let (draft, _) = read(
        "<div id=a><div class=t><h1>T</h1><p class=date>17/06/2023 | 21:00</p><p class=lead>L</p><p>a</p>
         <p class=author>A</p><p class=source>Theo: X</p><ul class=files><li><a href=/x.pdf>F</a></ul>
         <ul class=rel><li>R</ul></div></div>",
    );
    assert_eq!(blocks_of(&draft), ["p: a"]);
    assert_eq!(
        draft.attachments[0].url.as_deref(),
        Some("https://a.vn/x.pdf")
    );
    let (draft, _) =
        read("<div id=a><h1>T</h1><div class=t><p>17/06/2023 | 21:00 tại Hà Nội</p></div></div>");
    assert_eq!(
        blocks_of(&draft),
        ["p: 17/06/2023 | 21:00 tại Hà Nội"],
        "more than a date"
    );
}

#[test]
fn a_date_is_at_its_place_or_begins_a_text() {
    let table = [
        (
            "its place",
            "<p class=date>17/06/2023 | 21:00</p>",
            Some("17/06/2023 | 21:00"),
        ),
        (
            "another place",
            "<p>x</p><p>17/06/2023 | 21:00</p>",
            Some("17/06/2023 | 21:00"),
        ),
        (
            "its place without a date",
            "<p class=date>hôm qua</p><p>x</p>",
            Some("hôm qua"),
        ),
        ("no place, no date", "<p>năm 2025</p>", None),
    ];
    for (what, html, expected) in table {
        let (draft, _) = read(&format!("<div id=a><h1>T</h1>{html}</div>"));
        assert_eq!(text(&draft.published), expected, "{what}");
    }
}

#[test]
fn the_first_container_with_something_is_the_article() {
    let table = [
        (
            "an empty one before",
            "<div id=a></div><div class=b><h1>T</h1></div>",
            Some("T"),
        ),
        (
            "a title is enough",
            "<div class=b><h1>T</h1></div>",
            Some("T"),
        ),
        (
            "a picture is enough",
            "<div class=b><div class=u><img src=/1.jpg></div></div>",
            None,
        ),
    ];
    for (what, html, title) in table {
        assert_eq!(text(&read(html).0.title), title, "{what}");
    }
    let page = read_page(&profile(LAYOUT), "<div id=a><p class=date>x</p></div>").page;
    assert!(matches!(page, Page::Other { .. }), "{page:?}");
    let (draft, codes) = read("<div id=a><h1>T</h1></div>");
    assert!(draft.blocks.is_empty());
    assert_eq!(codes, ["body_missing"]);
    let (draft, _) = read("<div id=a><h1>T</h1><div class=t> </div><div class=u>a</div></div>");
    assert_eq!(
        blocks_of(&draft),
        ["p: a"],
        "an empty body gives way to the next"
    );
}

#[test]
fn html_inside_json_is_a_body() {
    let table = [
        (
            "a fragment",
            r#"{"d":{"t":"T","h":"<p>a</p><p>b</p>"}}"#,
            vec!["p: a", "p: b"],
        ),
        (
            "a document",
            r#"{"d":[{"t":"T","h":"<html><head><title>x</title><body><p>a"}]}"#,
            vec!["p: a"],
        ),
        (
            "plain text",
            r#"{"d":{"t":"T","h":"a\nb\n\nc"}}"#,
            vec!["p: a/b", "p: c"],
        ),
        (
            "related boxes",
            r#"{"d":{"t":"T","h":"<p>a</p><p class=rel>r</p>"}}"#,
            vec!["p: a"],
        ),
        ("none", r#"{"d":{"t":"T","h":null}}"#, vec![]),
    ];
    for (what, json, expected) in table {
        let (draft, _) = read(json);
        assert_eq!(text(&draft.title), Some("T"), "{what}");
        assert_eq!(blocks_of(&draft), expected, "{what}");
    }
    let deep = format!(r#"{{"d":{{"t":"T","h":"{}"}}}}"#, "<div>".repeat(2_000));
    assert_eq!(read(&deep).1, ["body_missing", "body_unreadable"]);
}

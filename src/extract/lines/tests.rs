//! What the words of a line decide: source, related titles, promised files, links.

use crate::extract::testing::{blocks_of, profile, read_article};
use crate::model::ArticleDraft;

fn read(body: &str) -> (ArticleDraft, Vec<String>) {
    let profile = profile(
        r##"
[[article]]
id = "a"
platform = "one"
root = "#a"
title = "h1"
lead = ".lead"
body.root = ".t"
source.line = '^(?:Theo|Nguồn)\s*:\s*(?<name>\S+|.{0,30}[^.])$'
[article.related]
bullet = '^-\s*'
heading = '^Tin liên quan:?$'
[article.attachments]
link = '\.pdf$'
line = '^Link tải'
"##,
    );
    let page =
        format!("<div id=a><h1>T</h1><div class=lead>L.</div><div class=t>{body}</div></div>");
    read_article(&profile, &page)
}

#[test]
fn the_source_line_leaves_the_text() {
    type Row<'a> = (&'a str, &'a str, Option<&'a str>, Option<&'a str>, usize);
    let table: &[Row<'_>] = &[
        (
            "alone",
            "<p>a.</p><p>Theo: X.vn</p>",
            Some("Theo: X.vn"),
            None,
            1,
        ),
        ("glued", "<p>a.</p><p>Nguồn:X</p>", Some("Nguồn:X"), None, 1),
        (
            "bold with a link",
            "<p>a.</p><p><b>Nguồn:&nbsp;<a href=/x>X</a></b></p>",
            Some("Nguồn:\u{a0}X"),
            Some("https://a.vn/x"),
            1,
        ),
        (
            "last line of a paragraph",
            "<p>a.<br>Theo: X</p>",
            Some("Theo: X"),
            None,
            1,
        ),
        (
            "before others",
            "<p>a.</p><p>Theo: X</p><p>b.</p>",
            Some("Theo: X"),
            None,
            2,
        ),
        (
            "too far up",
            "<p>Nguồn: X</p><p>a.</p><p>b.</p><p>c.</p><p>d.</p><p>e.</p>",
            None,
            None,
            6,
        ),
        (
            "prose",
            "<p>Theo: thứ tự ưu tiên, người cao tuổi trước.</p>",
            None,
            None,
            1,
        ),
        (
            "two of them",
            "<p>Theo: X</p><p>a.</p><p>Nguồn: Y</p>",
            Some("Nguồn: Y"),
            None,
            2,
        ),
    ];
    for (what, body, source, url, blocks) in table {
        let (draft, _) = read(body);
        let text = draft.source.as_ref().map(|field| field.text.as_str());
        assert_eq!(text, *source, "{what}");
        assert_eq!(
            draft.source_url.as_ref().map(url::Url::as_str),
            *url,
            "{what}"
        );
        assert_eq!(
            (draft.blocks.len(), draft.links.len()),
            (*blocks, 0),
            "{what}"
        );
    }
}

#[test]
fn related_titles_in_the_text_leave_it() {
    type Row<'a> = (&'a str, &'a str, &'a [&'a str], &'a [&'a str]);
    let table: &[Row<'_>] = &[
        (
            "lines with a dash",
            "<p>a.</p><p><b>Tin liên quan</b></p><p>- x</p><p>- y</p><p>b.</p>",
            &["- x", "- y"],
            &["p: a.", "p: b."],
        ),
        (
            "in one paragraph",
            "<p>a.</p><p>Tin liên quan:<br>- x<br>- y</p>",
            &["- x", "- y"],
            &["p: a."],
        ),
        (
            "a list",
            "<p>Tin liên quan</p><ul><li>x<li>y</ul><p>b.",
            &["x", "y"],
            &["p: b."],
        ),
        (
            "dashes without the heading",
            "<p>a:</p><p>- x</p>",
            &[],
            &["p: a:", "p: - x"],
        ),
    ];
    for (what, body, titles, blocks) in table {
        let (draft, _) = read(body);
        let found: Vec<_> = draft
            .related
            .iter()
            .map(|line| line.title.as_str())
            .collect();
        assert_eq!(found, *titles, "{what}");
        assert_eq!(blocks_of(&draft), *blocks, "{what}");
    }
    let (draft, _) = read("<p>Tin liên quan</p><p>- <a href=/x>x</a></p>");
    assert_eq!(
        draft.related[0].url.as_ref().map(url::Url::as_str),
        Some("https://a.vn/x")
    );
    assert!(draft.links.is_empty());
}

#[test]
fn links_and_files_are_told_apart() {
    // links, then files as `label = url`, then warnings
    type Row<'a> = (
        &'a str,
        &'a str,
        &'a [&'a str],
        &'a [&'a str],
        &'a [&'a str],
    );
    let lost = "attachment_without_link";
    let table: &[Row<'_>] = &[
        (
            "a link",
            "<p>a <a href=/x>b</a>.</p>",
            &["b = https://a.vn/x"],
            &[],
            &[],
        ),
        (
            "a file",
            "<p><a href=/x.pdf>b</a></p>",
            &[],
            &["b = https://a.vn/x.pdf"],
            &[],
        ),
        (
            "a file behind a picture",
            "<p><a href=/x.pdf><img src=i.png></a></p>",
            &[],
            &["x.pdf = https://a.vn/x.pdf"],
            &[],
        ),
        (
            "a promise kept",
            "<p>Link tải B: <a href=/x>đây</a></p>",
            &[],
            &["đây = https://a.vn/x"],
            &[],
        ),
        (
            "a promise kept in the next line",
            "<p>Link tải B:</p><p><a href=/x>đây</a></p>",
            &[],
            &["đây = https://a.vn/x"],
            &[],
        ),
        (
            "a promise not kept",
            "<p>Link tải B:</p><p>c <a href=/x>d</a></p>",
            &["d = https://a.vn/x"],
            &["Link tải B: = -"],
            &[lost],
        ),
        (
            "a promise at the end",
            "<p>Link tải B:</p>",
            &[],
            &["Link tải B: = -"],
            &[lost],
        ),
        (
            "an address as text",
            "<p>Link video:</p><p>https://b.vn/s!A?e=g</p>",
            &["https://b.vn/s!A?e=g = https://b.vn/s!A?e=g"],
            &[],
            &[],
        ),
        (
            "links in a list, a table, a caption",
            "<ul><li><a href=/1>a</a></ul><table><tr><td><a href=/2>b</a><td>c</table><figure><img src=i.png><figcaption><a href=/3>d</a></figcaption></figure>",
            &[
                "a = https://a.vn/1",
                "b = https://a.vn/2",
                "d = https://a.vn/3",
            ],
            &[],
            &[],
        ),
        (
            "a link around a picture",
            "<p><a href=/big.jpg><img src=i.png></a></p>",
            &[],
            &[],
            &[],
        ),
    ];
    for (what, body, links, files, warnings) in table {
        let (draft, codes) = read(body);
        let found: Vec<_> = draft
            .links
            .iter()
            .map(|link| format!("{} = {}", link.text, link.url))
            .collect();
        assert_eq!(found, *links, "{what}");
        let found: Vec<_> = draft
            .attachments
            .iter()
            .map(|file| format!("{} = {}", file.label, file.url.as_deref().unwrap_or("-")))
            .collect();
        assert_eq!(found, *files, "{what}");
        assert_eq!(codes, *warnings, "{what}");
    }
}

#[test]
fn a_repeated_lead_is_no_paragraph() {
    assert_eq!(blocks_of(&read("<p> L. </p><p>a.</p>").0), ["p: a."]);
    assert_eq!(
        blocks_of(&read("<p>a.</p><p>b.</p><p>c.</p><p>L.</p>").0).len(),
        4
    );
}

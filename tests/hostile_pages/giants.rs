//! Pages that are too much: cut, refused as a whole, or read, and never paid for with memory.

use khotin::demo::{Fault, Platform};
use khotin::model::Article;

use crate::support::{Outcome, Row, crawl_rows, html, page, row};

const DEEP: Outcome = Outcome::Unread("page is nested deeper than 512 elements");
const WIDE: Outcome = Outcome::Unread("page has more than 500000 nodes");
const NOTHING: Outcome = Outcome::Unread("no layout of `demo` fits this page");

fn has_title(article: &Article) {
    assert_eq!(article.title.as_deref(), Some("Tin"));
}

/// A page that goes on and on; what is sent is twice what is kept.
fn endless(what: &'static str, filling: &str) -> Row {
    let head =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 200000000\r\n\r\n<p>";
    let body = filling.repeat(2 * 16 * 1024 * 1024 / filling.len());
    Row {
        what,
        fault: Fault::Raw([head, body.as_bytes()].concat()),
        outcome: Outcome::Unread("truncated: length"),
    }
}

#[test]
fn a_page_without_end_is_cut_and_kept_and_not_read() {
    let rows = vec![
        endless("200 MB of paragraphs", "<p>a</p>"),
        endless("100 MB of one text node", "a"),
    ];
    crawl_rows(Platform::Liferay, rows, 1);
}

#[test]
fn what_costs_more_than_it_looks_is_refused_or_read() {
    let whole = |body: &str| html(page("Tin", body));
    let mega = 1_000_000;
    let rows = vec![
        row("a million nested tags", whole(&"<div>".repeat(mega)), DEEP),
        row("8 MB of <br>", html("<br>".repeat(2 * mega)), WIDE),
        row(
            "3 MB of one text node",
            whole(&"a".repeat(3 * mega)),
            Outcome::Article(has_title),
        ),
        row(
            "more than 8 MiB of text",
            whole(&"a".repeat(9 * mega)),
            Outcome::Unread("decoded body is longer than 8388608 bytes"),
        ),
        row(
            "a million attributes",
            whole(&format!("<p{}>", " a".repeat(mega))),
            Outcome::Unread("a tag of the page has more than 1000 attributes"),
        ),
        row(
            "thousands of open <b>",
            whole(&"<b>a<p>".repeat(5_000)),
            Outcome::Article(has_title),
        ),
        row(
            "crossed formats",
            whole(&"<b><p></b><i></p></i>".repeat(2_000)),
            Outcome::Article(has_title),
        ),
        row(
            "100,000 nested tables",
            whole(&"<table><tr><td>".repeat(100_000)),
            DEEP,
        ),
        row(
            "260,000 options",
            whole(&format!("<select>{}", "<option>x".repeat(260_000))),
            WIDE,
        ),
        row(
            "a comment of 2 MB",
            whole(&format!("<!--{}-->", "a-- > ".repeat(350_000))),
            Outcome::Article(has_title),
        ),
        row(
            "an open comment",
            whole(&format!("<!--{}", "a".repeat(mega))),
            Outcome::Article(has_title),
        ),
        row(
            "an open <script>",
            whole(&format!("<script>{}", "if (a<b) c; ".repeat(80_000))),
            Outcome::Article(has_title),
        ),
        row(
            "an open <textarea>",
            whole(&format!("<textarea>{}", "<p>a ".repeat(50_000))),
            Outcome::Article(has_title),
        ),
        row(
            "an open <plaintext>",
            whole(&format!("<plaintext>{}", "<p>a ".repeat(50_000))),
            Outcome::Article(has_title),
        ),
        row(
            "an open <title>",
            html(page("Tin", "").replace("</title>", &"<p>a".repeat(50_000))),
            NOTHING,
        ),
        row(
            "many paragraphs",
            whole(&"<p>Bộ Y tế</p>".repeat(20_000)),
            Outcome::Article(|article| {
                assert_eq!(article.blocks.len(), 20_000);
            }),
        ),
    ];
    crawl_rows(Platform::Liferay, rows, 1);
}

//! The portal's JSON interface: an answer in any shape.

use khotin::demo::{Answer, Platform};
use serde_json::{Value, json};

use crate::support::{Outcome, crawl_rows, row};

const JSON: &str = "application/json; charset=utf-8";

fn right() -> Value {
    json!({
        "ma": 1, "tieuDe": "Tin", "moTa": "Tóm tắt", "noiDung": "<p>Một</p>",
        "thoiGianBatDauDang": "29/04/2025 09:07 AM", "tenDanhMuc": "Tin tổng hợp (Tin tức)",
    })
}

/// The right answer with one field changed.
fn with(name: &str, value: Value) -> String {
    let mut fields = right();
    fields[name] = value;
    json!({ "d": fields }).to_string()
}

fn is_right(article: &khotin::model::Article) {
    assert_eq!(article.title.as_deref(), Some("Tin"));
    assert_eq!(article.text.as_deref(), Some("Một"));
}

#[test]
fn every_shape_of_json_has_one_outcome() {
    let said = |body: String| Answer::new(200, JSON, body);
    let nothing = Outcome::Unread("no layout of `demo` fits this page");
    let without_title = right().to_string().replace("tieuDe", "x");
    let rows = vec![
        row(
            "as it should be",
            said(json!({"d": right()}).to_string()),
            Outcome::Article(is_right),
        ),
        row(
            "no JSON",
            said("{\"d\": {".to_owned()),
            Outcome::Unread("body is not JSON: EOF while parsing"),
        ),
        row(
            "a comma too many",
            said("{\"d\": [1,]}".to_owned()),
            Outcome::Unread("body is not JSON: trailing comma"),
        ),
        row(
            "HTML in its place",
            Answer::new(
                200,
                "text/html; charset=utf-8",
                "<html><head><title>Lỗi</title></head><body><h1>Lỗi</h1></body></html>",
            ),
            Outcome::Unread("no layout of `demo` fits this page"),
        ),
        row(
            "HTML said to be JSON",
            said("<html><head><title>Lỗi</title></head></html>".to_owned()),
            nothing,
        ),
        row(
            "no fields",
            said("{\"d\": {\"x\": 1}}".to_owned()),
            Outcome::Unread("no layout of `demo` fits this page"),
        ),
        row(
            "no title",
            said(format!("{{\"d\": {without_title}}}")),
            Outcome::Article(|article| {
                assert_eq!(
                    (article.title.as_deref(), article.text.as_deref()),
                    (None, Some("Một"))
                );
            }),
        ),
        row(
            "`d` is a list",
            said(json!({"d": [right()]}).to_string()),
            Outcome::Article(is_right),
        ),
        row(
            "`d` is a list of lists",
            said(json!({"d": [[right()]]}).to_string()),
            Outcome::Unread("no layout of `demo` fits this page"),
        ),
        row(
            "`d` is JSON in a string",
            said(json!({"d": right().to_string()}).to_string()),
            Outcome::Unread("no layout of `demo` fits this page"),
        ),
        row(
            "`d` is a number",
            said("{\"d\": 1}".to_owned()),
            Outcome::Unread("no layout of `demo` fits this page"),
        ),
        row(
            "`d` is null",
            said("{\"d\": null}".to_owned()),
            Outcome::SoftGone,
        ),
        row(
            "`d` is an empty list",
            said("{\"d\": []}".to_owned()),
            Outcome::SoftGone,
        ),
        row(
            "null",
            said("null".to_owned()),
            Outcome::Unread("no layout of `demo` fits this page"),
        ),
        row(
            "a number where a text was",
            said(with("tieuDe", json!(12))),
            Outcome::Article(|article| {
                assert_eq!(article.title.as_deref(), Some("12"));
            }),
        ),
        row(
            "a number as text",
            said(with("ma", json!("1"))),
            Outcome::Article(is_right),
        ),
        row(
            "a list where a text was",
            said(with("moTa", json!(["x"]))),
            Outcome::Article(|article| {
                is_right(article);
                assert_eq!(article.lead, None);
            }),
        ),
        row(
            "equal keys: the last, as in browsers",
            said(format!("{{\"d\": 1, \"d\": {}}}", right())),
            Outcome::Article(is_right),
        ),
        row(
            "half a character",
            said(with("moTa", json!("@")).replace('@', "Tóm \\ud83d")),
            Outcome::Article(|article| {
                is_right(article);
                assert_eq!(article.lead.as_deref(), Some("Tóm \u{fffd}"));
                assert_eq!(article.warnings[0].code, "charset_replaced");
            }),
        ),
        row(
            "NaN",
            said("{\"d\": NaN}".to_owned()),
            Outcome::Unread("body is not JSON: expected value"),
        ),
        row(
            "a number without end",
            said(format!("{{\"d\": {}}}", "9".repeat(100_000))),
            Outcome::Unread("body is not JSON: number out of range"),
        ),
        row(
            "nested 100,000 deep",
            said(format!("{{\"d\": {}", "[".repeat(100_000))),
            Outcome::Unread("body is not JSON: recursion limit exceeded"),
        ),
        row(
            "three million values",
            said(format!("{{\"d\": [{}1]}}", "1,".repeat(3_000_000))),
            Outcome::Unread("JSON has more than 500000 values"),
        ),
        row(
            "16 MiB and more",
            said(with("moTa", json!("a".repeat(17_000_000)))),
            Outcome::Unread("decoded body is longer than 16777216 bytes"),
        ),
        row(
            "a title of 1 MB",
            said(with("tieuDe", json!("Bộ".repeat(200_000)))),
            Outcome::Article(|article| {
                assert_eq!(article.title.as_ref().map(String::len), Some(65_536));
                assert_eq!(article.warnings[0].code, "field_cut");
            }),
        ),
        row(
            "HTML inside, nested without end",
            said(with("noiDung", json!("<div>".repeat(100_000)))),
            Outcome::Article(|article| {
                assert_eq!(article.title.as_deref(), Some("Tin"));
                assert!(
                    article
                        .warnings
                        .iter()
                        .any(|warning| warning.code == "body_unreadable")
                );
            }),
        ),
    ];
    crawl_rows(Platform::Portal, rows, 4);
}

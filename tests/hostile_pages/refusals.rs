//! Pages that are no articles: nothing there, refused, another kind of file.

use khotin::demo::{Answer, Fault, Platform};

use crate::support::{Outcome, Row, crawl_rows, html, page_with, row};

fn titled(title: &str, body: &str) -> String {
    format!("<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>")
}

#[test]
fn what_is_no_article_is_never_one() {
    let pdf = || b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj <</Type /Catalog>> endobj\n%%EOF".to_vec();
    let picture = || b"GIF89a\x01\x00\x01\x00\x80\x00\x00<p>".to_vec();
    let article = page_with("Tin", "<p>29/04/2025 | 09:07 AM</p>", "", "<p>Một</p>");
    let moved =
        |status, to: &str| Answer::new(status, "text/html", "<p>moved</p>").with("Location", to);
    let rows = vec![
        row(
            "a title that ends in /404",
            html(titled(
                "http://demo.khotin.test/404",
                "<h3>Không tìm thấy</h3>",
            )),
            Outcome::SoftGone,
        ),
        row(
            "the same around an article",
            html(article.replace("<title>Bộ", "<title>Bộ/404")),
            Outcome::SoftGone,
        ),
        row(
            "a redirect to the front page",
            moved(302, "/"),
            Outcome::SoftGone,
        ),
        row(
            "a lasting one, with the host",
            moved(301, "http://demo.khotin.test/"),
            Outcome::SoftGone,
        ),
        row(
            "an article without title and text",
            html(page_with(" ", "", "", " <p>\u{a0}</p>")),
            Outcome::Unread("no layout of `demo` fits this page"),
        ),
        row(
            "an article with a title alone",
            html(page_with("Tin", "", "", "")),
            Outcome::Article(|article| {
                assert_eq!(
                    (article.title.as_deref(), article.text.as_deref()),
                    (Some("Tin"), Some(""))
                );
            }),
        ),
        row("an empty body", html(""), Outcome::Unread("body is empty")),
        row(
            "white space",
            html(" \r\n\t ".repeat(100)),
            Outcome::Unread("body is empty"),
        ),
        row(
            "a PDF file",
            Answer::new(200, "application/pdf", pdf()),
            Outcome::Unread("content-type `application/pdf` is neither HTML nor JSON"),
        ),
        row(
            "a PDF file said to be a page",
            html(pdf()),
            Outcome::Unread("no layout of `demo` fits this page"),
        ),
        row(
            "a page said to be a PDF file",
            Answer::new(200, "application/pdf", article.clone()),
            Outcome::Unread("content-type `application/pdf` is neither HTML nor JSON"),
        ),
        row(
            "a picture",
            Answer::new(200, "image/gif", picture()),
            Outcome::Unread("content-type `image/gif` is neither HTML nor JSON"),
        ),
        row(
            "a picture said to be a page",
            html(picture()),
            Outcome::Unread("no layout of `demo` fits this page"),
        ),
        row(
            "JSON in its place",
            html("{\"title\": \"Tin\"}"),
            Outcome::Unread("no layout of `demo` fits this page"),
        ),
        Row {
            what: "no type at all",
            fault: Fault::Raw(
                format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{article}",
                    article.len()
                )
                .into_bytes(),
            ),
            outcome: Outcome::Article(|article| {
                assert_eq!(article.title.as_deref(), Some("Tin"));
            }),
        },
    ];
    crawl_rows(Platform::Liferay, rows, 4);
}

#[test]
fn a_refusal_is_kept_and_flagged_and_never_an_article() {
    let around = page_with("Tin", "", "", "<p>Một</p>");
    let named = |title: &str| around.replace("<title>Bộ", &format!("<title>{title}"));
    let rows = vec![
        row(
            "a block page",
            html(titled("Thông báo từ chối truy cập", "<h1>Từ chối</h1>")),
            Outcome::Blocked,
        ),
        row(
            "with status 403",
            Answer::new(
                403,
                "text/html; charset=utf-8",
                titled("Thông báo từ chối truy cập", ""),
            ),
            Outcome::Blocked,
        ),
        row(
            "around what looks like an article",
            html(named("Thông báo từ chối truy cập")),
            Outcome::Blocked,
        ),
        row(
            "a captcha",
            html(titled(
                "Just a moment...",
                "<form id=\"challenge-form\"></form>",
            )),
            Outcome::Blocked,
        ),
        row(
            "a captcha by its form",
            html(titled("Bộ", "<div id=\"px-captcha\"></div>")),
            Outcome::Blocked,
        ),
        row(
            "a login page",
            html(titled(
                "Đăng nhập - Bộ",
                "<form><input type=\"password\"></form>",
            )),
            Outcome::Blocked,
        ),
        row(
            "a firewall's page",
            html(titled(
                "Request Rejected",
                "The requested URL was rejected. Support ID: 1",
            )),
            Outcome::Blocked,
        ),
        row(
            "a block page as JSON type",
            Answer::new(200, "application/json", titled("Access Denied", "")),
            Outcome::Blocked,
        ),
    ];
    let crawled = crawl_rows(Platform::Liferay, rows, 5);
    let blocked = &crawled.ran.json()["sites"]["demo"]["blocked"];
    let pages: u64 = blocked
        .as_object()
        .unwrap()
        .values()
        .map(|pages| pages.as_u64().unwrap())
        .sum();
    assert_eq!(pages, 8);
}

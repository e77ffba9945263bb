//! Fields that no editor writes: dates that are none, titles without end or without letters, lists
//! without end.

use khotin::demo::Platform;
use khotin::model::{Article, EvidenceRef};

use crate::support::{Outcome, Row, crawl_rows, html, page, page_with, row};

fn dated(what: &'static str, stamp: &str) -> Row {
    let page = page_with("Tin", &format!("<p>{stamp}</p>"), "", "<p>Một</p>");
    row(what, html(page), Outcome::Article(has_no_date_of_its_own))
}

/// The date is the listing's then, and the record says why.
fn has_no_date_of_its_own(article: &Article) {
    let published = article.published.as_ref().expect("the listing's");
    assert_eq!(
        published.from,
        khotin::model::DateFrom::Listing,
        "{published:?}"
    );
    assert_eq!(article.text.as_deref(), Some("Một"));
}

fn has_no_title(article: &Article) {
    assert_eq!(
        (article.title.as_deref(), article.text.as_deref()),
        (None, Some("Một"))
    );
    assert!(matches!(
        article.evidence["title"],
        EvidenceRef::Missing { .. }
    ));
}

fn titled(what: &'static str, title: &str, look: fn(&Article)) -> Row {
    row(
        what,
        html(page(title, "<p>Một</p>")),
        Outcome::Article(look),
    )
}

#[test]
fn every_field_has_one_outcome() {
    let pictures: String = (0..10_000)
        .map(|n| format!("<img src=\"/documents/{n}.jpg\">"))
        .collect();
    let related: String = (0..10_000)
        .map(|n| format!("<li><a href=\"/tin-tong-hop/-/asset_publisher/DmTongHopTin/content/lien-quan-{n}\">- Tin {n}</a></li>"))
        .collect();
    let files = "<p><a href=\"../../etc/passwd.pdf\">../../etc/passwd</a></p>\
                 <p><a href=\"/documents/..%2f..%2fx.pdf\">x</a></p>\
                 <p><a href=\"file:///etc/passwd.pdf\">Tải</a></p>\
                 <p><a href=\"/documents/CON.pdf\">CON</a></p>";
    let rows = vec![
        dated("a day that is none", "31/02/2025 | 09:07 AM"),
        dated("year 0000", "01/01/0000 | 09:07 AM"),
        row(
            "year 9999: read as printed, and flagged",
            html(page_with(
                "Tin",
                "<p>01/01/9999 | 09:07 AM</p>",
                "",
                "<p>Một</p>",
            )),
            Outcome::Article(|article| {
                let at = article
                    .published
                    .as_ref()
                    .map(|published| published.at.as_str());
                assert_eq!(at, Some("9999-01-01T09:07:00+07:00"));
                assert!(article.flags.contains(&"listing_date_gap".to_owned()));
            }),
        ),
        dated("year 99999", "01/01/99999 | 09:07 AM"),
        dated("an hour that is none", "29/04/2025 | 25:61 AM"),
        dated("month 13", "29/13/2025 | 09:07 AM"),
        titled(
            "a title of 1 MB",
            &"Bộ Y tế ".repeat(100_000),
            |article| {
                let length = article.title.as_ref().map_or(0, String::len);
                assert!((65_000..=65_536).contains(&length), "{length}");
                assert_eq!(article.warnings[0].code, "field_cut");
            },
        ),
        titled("an empty title", "", has_no_title),
        titled("a title of blanks", " \u{a0}\n&nbsp; ", has_no_title),
        titled(
            "a title that prints nothing",
            "\u{200b}&#x200b;\u{feff}\u{202e}",
            has_no_title,
        ),
        titled(
            "a title of marks",
            &format!("e{}", "\u{301}".repeat(5_000)),
            |article| {
                assert!(
                    article
                        .title
                        .as_ref()
                        .is_some_and(|title| title.starts_with('é'))
                );
            },
        ),
        row(
            "10,000 pictures",
            html(page("Tin", &pictures)),
            Outcome::Article(|article| {
                assert_eq!(article.images.len(), 10_000);
            }),
        ),
        row(
            "10,000 related titles",
            html(page(
                "Tin",
                &format!(
                    "<p>Một</p></div><div class=\"taglib-asset-links\"><ul class=\"asset-links-list\">{related}</ul>"
                ),
            )),
            Outcome::Article(|article| {
                assert_eq!(
                    (article.related.len(), article.text.as_deref()),
                    (10_000, Some("Một"))
                );
                assert_eq!(
                    article.related[9_999].key.as_deref(),
                    Some("demo:liferay:lien-quan-9999")
                );
            }),
        ),
        row(
            "files with names like paths",
            html(page("Tin", files)),
            Outcome::Article(|article| {
                let urls: Vec<_> = article
                    .attachments
                    .iter()
                    .map(|file| file.url.as_deref())
                    .collect();
                let path = "http://demo.khotin.test/tin-tong-hop/-/asset_publisher/etc/passwd.pdf";
                assert_eq!(
                    urls,
                    [
                        Some(path),
                        Some("http://demo.khotin.test/documents/..%2f..%2fx.pdf"),
                        Some("http://demo.khotin.test/documents/CON.pdf"),
                    ]
                );
            }),
        ),
    ];
    let crawled = crawl_rows(Platform::Liferay, rows, 0);
    // What a page calls related is not asked for: it is a title in a record.
    assert!(
        crawled
            .world
            .log()
            .iter()
            .all(|entry| !entry.target.contains("lien-quan"))
    );
}

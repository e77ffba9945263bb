//! Citations: one line for a footnote, and items for reference managers.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may end a test"
)]

use std::collections::BTreeMap;
use std::fs;

use khotin::Lang;
use khotin::export::*;
use khotin::model::*;
use serde_json::{Value, json};

use super::support::*;

const ASKED: &str =
    "https://moh.gov.vn/tin-tong-hop/-/asset_publisher/k206Q9qkZOqn/content/dau-mua-khi?x=1";

fn names() -> Names {
    let moh = SiteNames {
        vi: "Bộ Y tế".to_owned(),
        en: "Ministry of Health".to_owned(),
        host: "moh.gov.vn".to_owned(),
    };
    Names {
        operator: Some("Thư viện Khoa học Sức khỏe".to_owned()),
        sites: BTreeMap::from([(SiteId::new("moh"), moh)]),
    }
}

/// The ministry's own article, asked under an alias, captured at 23:30 UTC: the next day in Vietnam.
fn own_article() -> Article {
    let mut article = Article {
        aliases: vec![ASKED.to_owned()],
        source: None,
        ..article()
    };
    let capture = &mut article.captures[2];
    capture.request_url = ASKED.to_owned();
    capture.time = "2026-11-22T23:30:00.000003Z".to_owned();
    article
}

fn item(article: &Article, names: &Names) -> Value {
    serde_json::to_value(Citation::of(article, names).csl(Lang::En)).unwrap()
}

#[test]
fn an_item_says_who_wrote_what_when_and_what_proves_it() {
    let expected = json!({
        "id": "moh:liferay:dau-mua-khi",
        "type": "webpage",
        "title": "Đậu mùa khỉ, bệnh \"mới\"",
        "author": [{"literal": "Bộ Y tế"}],
        "container-title": "moh.gov.vn",
        "issued": {"date-parts": [[2023, 6, 17]]},
        "accessed": {"date-parts": [[2026, 11, 23]]},
        "URL": ASKED,
        "archive": "Thư viện Khoa học Sức khỏe",
        "archive_location": "urn:uuid:00000000-0000-4000-8000-000000000003",
        "language": "vi",
        "note": "Captured: 2026-11-22T23:30:00.000003Z\n\
                 WARC-Record-ID: urn:uuid:00000000-0000-4000-8000-000000000003\n\
                 WARC: khotin-moh-20261122T010203Z-00001.warc.gz, offset 3000\n\
                 SHA-256: sha256 of 3",
    });
    assert_eq!(item(&own_article(), &names()), expected);
}

#[test]
fn a_reprint_has_its_source_in_the_note_and_no_author() {
    let reprint = Article {
        source: article().source,
        author: Some("Minh An".to_owned()),
        ..own_article()
    };
    let item = item(&reprint, &names());
    assert_eq!(item.get("author"), None);
    assert_eq!(item["publisher"], "Bộ Y tế");
    let note = item["note"].as_str().unwrap();
    let first_lines: Vec<_> = note.lines().take(2).collect();
    assert_eq!(
        first_lines,
        ["Theo: Suckhoedoisong.vn", "Author line: Minh An"]
    );
}

#[test]
fn a_source_line_that_names_the_site_itself_takes_no_author_away() {
    let source = Source {
        name: "Bộ Y tế".to_owned(),
        url: None,
        raw: "Nguồn: Bộ Y tế".to_owned(),
        is_reprint: false,
    };
    let own = Article {
        source: Some(source),
        ..own_article()
    };
    assert_eq!(
        item(&own, &names())["author"],
        json!([{"literal": "Bộ Y tế"}])
    );
    assert_eq!(
        item(&own, &names()).get("publisher"),
        None,
        "it would be printed twice"
    );
}

#[test]
fn what_nobody_said_is_left_out() {
    let bare = Article {
        title: None,
        published: None,
        language: None,
        ..own_article()
    };
    let item = item(&bare, &Names::default());
    let mut keys: Vec<_> = item.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(
        keys,
        ["URL", "accessed", "archive_location", "id", "note", "type"]
    );
}

#[test]
fn the_name_of_the_site_is_in_the_language_of_the_text() {
    let table = [
        ("Vietnamese", Some("vi"), "Bộ Y tế"),
        ("English", Some("en"), "Ministry of Health"),
        ("English of a country", Some("en-GB"), "Ministry of Health"),
        ("not English, but begins like it", Some("enf"), "Bộ Y tế"),
        ("unknown", None, "Bộ Y tế"),
    ];
    for (what, language, expected) in table {
        let article = Article {
            language: language.map(str::to_owned),
            ..own_article()
        };
        let author = json!([{ "literal": expected }]);
        assert_eq!(item(&article, &names())["author"], author, "{what}");
    }
}

#[test]
fn an_interface_that_answers_for_all_articles_is_no_address_of_one() {
    let mut of_portal = own_article();
    let bridge = "https://moh.gov.vn/bridge?url=/portal/api/layChiTietBaiViet";
    of_portal.captures[2].request_url = bridge.to_owned();
    let item = item(&of_portal, &names());
    assert_eq!(item["URL"], of_portal.url);
    let note = item["note"].as_str().unwrap();
    assert_eq!(
        note.lines().next(),
        Some(format!("Address asked: {bridge}").as_str())
    );
}

#[test]
fn what_only_a_listing_shows_was_never_accessed() {
    let listed = listed_article();
    let found = item(&listed, &names());
    assert_eq!(found.get("accessed"), None);
    assert_eq!(found["URL"], listed.url);
    assert_eq!(found["title"], "Đậu mùa khỉ");
    assert_eq!(
        found["archive_location"],
        "urn:uuid:00000000-0000-4000-8000-000000000002" // the newer listing
    );
    let note = found["note"].as_str().unwrap();
    assert_eq!(
        note.lines().next(),
        Some("Note: the page itself was not read, only a listing that shows it")
    );

    let never_seen = Article {
        listed: Vec::new(),
        state: State::Gone,
        ..listed_article()
    };
    let found = item(&never_seen, &names());
    assert_eq!(found.get("archive_location"), None);
    assert_eq!(found["note"], "Note: no capture shows its contents");
}

#[test]
fn what_is_made_up_says_so_in_title_and_note() {
    let made_up = Article {
        synthetic: true,
        ..own_article()
    };
    let item = item(&made_up, &names());
    assert_eq!(
        item["title"],
        "[DỮ LIỆU GIẢ LẬP / SYNTHETIC] Đậu mùa khỉ, bệnh \"mới\""
    );
    let note = item["note"].as_str().unwrap();
    assert_eq!(
        note.lines().next(),
        Some("[DỮ LIỆU GIẢ LẬP / SYNTHETIC] made up by the demo ministry, never news")
    );
    let untitled = Article {
        title: None,
        ..made_up
    };
    let names = names();
    let line = Citation::of(&untitled, &names).line(Lang::Vi);
    assert!(line.contains("“[DỮ LIỆU GIẢ LẬP / SYNTHETIC]”"), "{line}");
}

#[test]
fn a_footnote_reads_in_both_languages() {
    let proof =
        "WARC-Record-ID urn:uuid:00000000-0000-4000-8000-000000000003; SHA-256 sha256 of 3).";
    let reprint = Article {
        source: article().source,
        ..own_article()
    };
    let undated = Article {
        title: None,
        published: None,
        ..own_article()
    };
    let title = "“Đậu mùa khỉ, bệnh \"mới\"”";
    let english =
        "captured 23 November 2026, 06:30:00 +07:00; archive of Thư viện Khoa học Sức khỏe";
    let vietnamese =
        "lưu lúc 06:30:00 ngày 23/11/2026, giờ Việt Nam; kho lưu của Thư viện Khoa học Sức khỏe";
    let table = [
        (
            own_article(),
            Lang::En,
            format!(
                "Bộ Y tế [Ministry of Health]. {title}. moh.gov.vn, 17 June 2023. {ASKED} ({english}; {proof}"
            ),
        ),
        (
            own_article(),
            Lang::Vi,
            format!(
                "Bộ Y tế. {title}. moh.gov.vn, ngày 17/06/2023. {ASKED} ({vietnamese}; {proof}"
            ),
        ),
        (
            reprint.clone(),
            Lang::En,
            format!(
                "{title}. Source: Suckhoedoisong.vn; reprinted by Bộ Y tế [Ministry of Health], \
                 moh.gov.vn, 17 June 2023. {ASKED} ({english}; {proof}"
            ),
        ),
        (
            reprint,
            Lang::Vi,
            format!(
                "{title}. Theo: Suckhoedoisong.vn; Bộ Y tế đăng lại, moh.gov.vn, ngày 17/06/2023. \
                 {ASKED} ({vietnamese}; {proof}"
            ),
        ),
        (
            undated.clone(),
            Lang::En,
            format!(
                "Bộ Y tế [Ministry of Health]. “(no title)”. moh.gov.vn, day of publication unknown. \
                 {ASKED} ({english}; {proof}"
            ),
        ),
        (
            undated,
            Lang::Vi,
            format!(
                "Bộ Y tế. “(không có tiêu đề)”. moh.gov.vn, không rõ ngày đăng. \
                 {ASKED} ({vietnamese}; {proof}"
            ),
        ),
    ];
    let names = names();
    for (article, lang, expected) in table {
        assert_eq!(Citation::of(&article, &names).line(lang), expected);
    }
    let nameless = Names::default();
    assert_eq!(
        Citation::of(&listed_article(), &nameless).line(Lang::Vi),
        "“Đậu mùa khỉ”. ngày 17/06/2023. \
         https://moh.gov.vn/tin-tong-hop/-/asset_publisher/k206Q9qkZOqn/content/dau-mua-khi \
         (chưa đọc chính trang này, chỉ thấy trong danh sách; \
         lưu lúc 09:00:00 ngày 21/11/2026, giờ Việt Nam; \
         WARC-Record-ID urn:uuid:00000000-0000-4000-8000-000000000002; SHA-256 sha256 of 2)."
    );
}

#[test]
fn the_file_is_one_array_whatever_it_holds() {
    let exports = tempfile::tempdir().unwrap();
    let mut options = ExportOptions::new(exports.path(), "none");
    options.formats = [Format::CslJson].into();
    options.names = names();
    let second = Article {
        key: ArticleKey::new("moh:liferay:a\u{9b}2J"),
        ..listed_article()
    };
    let table: [(&str, Vec<Article>, Vec<&str>); 3] = [
        ("none", vec![], vec![]),
        ("one", vec![own_article()], vec!["moh:liferay:dau-mua-khi"]),
        (
            "two",
            vec![own_article(), second],
            vec!["moh:liferay:dau-mua-khi", "moh:liferay:a\u{9b}2J"],
        ),
    ];
    for (name, articles, expected) in table {
        options.name = name.to_owned();
        let articles = articles.into_iter().map(Ok::<_, String>);
        let report = export(articles, ExportQuery::default(), &options, now()).unwrap();
        let text = fs::read_to_string(report.folder.join("articles.csl.json")).unwrap();
        assert!(!text.contains('\u{9b}'), "a terminal would obey it: {text}");
        let items: Vec<Value> = serde_json::from_str(&text).unwrap();
        let ids: Vec<_> = items
            .iter()
            .map(|item| item["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, expected, "{name}");
        assert_eq!(report.manifest.files[0].rows, expected.len() as u64);
    }
}

//! From hand-made pages to observations. The pages stand in for what [`crate::extract`] reads.

mod article;
mod listing;

use chrono::{TimeZone, Utc};
use url::Url;

use super::*;
use crate::model::{
    DateFrom, Evidence, Field, Location, Method, Purpose, SectionId, Sequence, SiteId, Via,
};

const LINK: &str = "https://moh.gov.vn/en/tin/-/asset_publisher/k206Q9qkZOqn/content/a-b";

fn profile() -> SiteProfile {
    toml::from_str(
        r#"
        id = "moh"
        name = { vi = "Bộ Y tế", en = "Ministry of Health" }
        hosts = ["moh.gov.vn"]
        zone = "Asia/Ho_Chi_Minh"
        language = "vi"

        [[platform]]
        id = "liferay"
        key = "{slug}"
        url = "https://moh.gov.vn/{page}/-/asset_publisher/{instance}/content/{slug}"
        [[platform.link]]
        path = '(?:/en)?/(?<page>[a-z-]+)/-/asset_publisher/(?<instance>[A-Za-z0-9]{12})/content/(?<slug>[a-z0-9-]+)'

        [[platform]]
        id = "portal"
        key = "{aid}"
        url = "https://moh.gov.vn/index.jsp?pageId=5803&aid={aid}&cid={cid}"
        [platform.ask_article]
        method = "POST"
        url = "https://moh.gov.vn/bridge?url=/portal/api/layChiTietBaiViet"
        json = { maBaiViet = "{aid}", maDanhMuc = "{cid}" }

        [[listing]]
        id = "liferay-listing"
        platform = "liferay"
        items = "div.page-list-news"
        title = "h3 > a"
        summary = ["p", "div"]
        [listing.stamp]
        select = "p"
        formats = ["WEEKDAY, ngày DD/MM/YYYY HH:mm"]
        zone = "UTC"
        weekday_zone = "Asia/Ho_Chi_Minh"
        zone_is = "rule"

        [[article]]
        id = "liferay-article"
        platform = "liferay"
        root = "div.contentDetail"
        title = "h3"
        lead = ".sapo"
        categories = ".cat"
        categories_split = ';'
        [article.published]
        select = "p"
        formats = ["DD/MM/YYYY | HH:mm AM"]
        zone_is = "rule"
        [article.body]
        root = ".journal-content-article"
        [article.source]
        line = '^(?:Theo|Nguồn):\s*(?<name>.+)$'
        own = '(?i)moh\.gov\.vn'
        [article.related]
        bullet = '^[-–]\s*'

        [[article]]
        id = "portal-article"
        platform = "portal"
        root = "$.d"
        title = "$.tieuDe"
        [article.published]
        select = "$.thoiGianXuatBan"
        formats = ["DD/MM/YYYY HH:mm AM"]
        marker = "twelve_hour"
        [article.body]
        root = "$.noiDung"
        "#,
    )
    .unwrap()
}

fn capture(url: &str) -> Capture {
    Capture {
        sequence: Sequence(7),
        request: Request::get(
            SiteId::new("moh"),
            Url::parse(url).unwrap(),
            Purpose::Article,
        ),
        captured_at: Utc.with_ymd_and_hms(2025, 4, 29, 10, 0, 0).unwrap(),
        via: Via::Direct,
        status: 200,
        headers: Vec::new(),
        body: Vec::new(),
        truncated: None,
        payload_sha1: "SHA1".to_owned(),
        payload_sha256: "sha256".to_owned(),
        location: Location {
            file: "a.warc.gz".to_owned(),
            offset: 12,
            length: 34,
            record_id: "urn:uuid:1".to_owned(),
        },
    }
}

fn read(page: Page) -> PageRead {
    PageRead {
        page,
        profile: ProfileRef {
            site: "moh".to_owned(),
            layout: Some("liferay-article".to_owned()),
            digest: "d".to_owned(),
        },
        warnings: vec![Warning::new("caption_suspected", "line 3")],
    }
}

fn field(text: &str, selector: &str) -> Option<Field> {
    Some(Field {
        text: text.to_owned(),
        evidence: Evidence {
            raw: text.to_owned(),
            selector: selector.to_owned(),
            alternative: 0,
        },
    })
}

fn vars(pairs: &[(&str, &str)]) -> std::collections::BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn draft() -> ArticleDraft {
    ArticleDraft {
        platform: "liferay".to_owned(),
        title: field(" Hội\u{a0}nghị\n", "h3"),
        published: field("17/06/2023 | 21:00 PM ", "p"),
        ..ArticleDraft::default()
    }
}

fn item(position: usize, url: &str, stamp: &str) -> ListingItem {
    ListingItem {
        position,
        url: Some(Url::parse(url).unwrap()),
        link_alternative: Some(0),
        vars: vars(&[]),
        title: field("Tin", "h3 > a"),
        stamp: field(stamp, "p"),
        summary: None,
    }
}

fn listing(items: Vec<ListingItem>) -> Listing {
    Listing {
        layout: "liferay-listing".to_owned(),
        platform: "liferay".to_owned(),
        section: Some(SectionId::new("tin")),
        items,
        next: None,
        is_last: false,
    }
}

#[test]
fn a_page_shows_its_article_and_its_listing() {
    let other = LINK.replace("a-b", "c-d");
    let stamp = "Thứ Ba, ngày 29/04/2025 09:07";
    let page = Page::Article {
        draft: Box::new(draft()),
        listing: Some(listing(vec![
            item(1, &other, stamp),
            item(2, "https://moh.gov.vn/tin", stamp),
            item(3, LINK, stamp),
        ])),
    };
    let found = observations(&profile(), &capture(LINK), &read(page.clone()));
    let seen: Vec<_> = found
        .iter()
        .map(|o| {
            (
                o.position,
                o.key.as_str(),
                o.profile.layout.as_deref(),
                o.capture.used_as,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (
                0,
                "moh:liferay:a-b",
                Some("liferay-article"),
                CaptureUse::Article
            ),
            (
                1,
                "moh:liferay:c-d",
                Some("liferay-listing"),
                CaptureUse::Listing
            ),
            (
                3,
                "moh:liferay:a-b",
                Some("liferay-listing"),
                CaptureUse::Listing
            ),
        ]
    );
    assert_eq!(found[0].seen_url.as_deref(), Some(LINK));
    assert_eq!(found[0].public_url, LINK.replace("/en/", "/"));
    assert_eq!(found[0].capture.time, "2025-04-29T10:00:00.000000Z");
    assert_eq!(
        (found[0].capture.warc_offset, found[0].sequence),
        (12, Sequence(7))
    );
    let warnings = warnings(&profile(), &capture(LINK).request, &read(page));
    let codes: Vec<_> = warnings
        .iter()
        .map(|warning| warning.code.as_str())
        .collect();
    assert_eq!(codes, ["caption_suspected", "item_without_key"]);
    assert_eq!(
        warnings[1].detail,
        "item 2: no identity rule names https://moh.gov.vn/tin"
    );
}

#[test]
fn what_a_page_is_decides_what_is_seen() {
    let gone = Sighting::Gone { status: 404 };
    let soft = Sighting::SoftGone {
        rule: "title".to_owned(),
    };
    #[rustfmt::skip]
    let table = [
        ("gone", Page::Gone, LINK, Some(gone)),
        ("soft gone", Page::SoftGone { rule: "title".to_owned(), }, LINK, Some(soft)),
        ("not modified", Page::NotModified, LINK, Some(Sighting::Unchanged)),
        ("a listing that is gone", Page::Gone, "https://moh.gov.vn/tin", None),
        ("blocked", Page::Blocked { rule: "x".to_owned(), }, LINK, None),
        ("redirect", Page::Redirect { target: Url::parse(LINK).unwrap(), keeps_method: false }, LINK, None),
        ("other", Page::Other { reason: "x".to_owned(), }, LINK, None),
    ];
    for (what, page, url, expected) in table {
        let mut capture = capture(url);
        capture.status = 404;
        let found = observations(&profile(), &capture, &read(page));
        let sighting = found
            .first()
            .map(|observation| observation.sighting.clone());
        assert_eq!(sighting, expected, "{what}");
    }
}

#[test]
fn the_request_names_the_article_before_the_page_does() {
    let mut post = capture("https://moh.gov.vn/bridge?url=/portal/api/layChiTietBaiViet");
    post.request.method = Method::Post;
    post.request.body = Some(r#"{"maBaiViet":"1","maDanhMuc":"2"}"#.to_owned());
    let mut other = post.clone();
    other.request.body = Some(r#"{"maBaiViet":"1"}"#.to_owned());
    #[rustfmt::skip]
    let table = [
        ("by the body", post, Some("moh:portal:1")),
        ("by the page", other, Some("moh:portal:8")),
        ("by the link", capture(LINK), Some("moh:liferay:a-b")),
    ];
    for (what, capture, expected) in table {
        let draft = ArticleDraft {
            platform: "portal".to_owned(),
            vars: vars(&[("aid", "8"), ("cid", "9")]),
            published: field("05/06/2026 12:05 AM", "$.thoiGianXuatBan"),
            ..ArticleDraft::default()
        };
        let page = Page::Article {
            draft: Box::new(draft),
            listing: None,
        };
        let mut read = read(page);
        read.profile.layout = Some("portal-article".to_owned());
        let found = observations(&profile(), &capture, &read);
        assert_eq!(found.first().map(|o| o.key.as_str()), expected, "{what}");
        assert_eq!(
            found[0].seen_url.is_some(),
            capture.request.method == Method::Get,
            "{what}"
        );
        let Sighting::Article { content, .. } = &found[0].sighting else {
            panic!("{what}")
        };
        let published = content.published.as_ref().expect(what);
        assert_eq!(
            (published.at.as_str(), published.from),
            ("2026-06-05T00:05:00+07:00", DateFrom::Api)
        );
    }
    let page = read(Page::Article {
        draft: Box::new(draft()),
        listing: None,
    });
    let nameless = capture("https://moh.gov.vn/tin");
    assert_eq!(observations(&profile(), &nameless, &page), []);
    let warning = warnings(&profile(), &nameless.request, &page)
        .pop()
        .unwrap();
    assert_eq!(
        warning.detail,
        "no identity rule of moh names https://moh.gov.vn/tin"
    );
}

//! From hand-made pages to observations. The pages stand in for what [`crate::extract`] reads.

use chrono::{TimeZone, Utc};
use url::Url;

use super::*;
use crate::model::{
    Attachment, Block, Content, DateFrom, Evidence, Field, Image, Link, ListedItem, Location,
    Method, Purpose, RelatedDraft, SectionId, Sequence, SiteId, Via,
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

/// The content, categories, evidence and warnings of an article page read at [`LINK`].
fn article(draft: ArticleDraft) -> (Content, Vec<String>, evidence::EvidenceMap, Vec<Warning>) {
    let page = Page::Article {
        draft: Box::new(draft),
        listing: None,
    };
    let mut found = observations(&profile(), &capture(LINK), &read(page));
    assert_eq!(found.len(), 1);
    match found.remove(0).sighting {
        Sighting::Article {
            content,
            categories,
            evidence,
            warnings,
            ..
        } => (*content, categories, evidence, warnings),
        other => panic!("{other:?}"),
    }
}

fn line(item: ListingItem) -> ListedItem {
    let page = Page::Listing(listing(vec![item]));
    let mut found = observations(&profile(), &capture("https://moh.gov.vn/tin"), &read(page));
    match found.remove(0).sighting {
        Sighting::Listed(item) => *item,
        other => panic!("{other:?}"),
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
        ("redirect", Page::Redirect { target: Url::parse(LINK).unwrap(), }, LINK, None),
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

#[test]
fn fields_are_cleaned_and_every_null_has_its_reason() {
    let (content, _, evidence, warnings) = article(draft());
    assert_eq!(content.title.as_deref(), Some("Hội nghị"));
    let published = content.published.unwrap();
    assert_eq!(published.at, "2023-06-17T21:00:00+07:00");
    assert_eq!(
        (published.raw.as_str(), published.from),
        ("17/06/2023 | 21:00 PM", DateFrom::Article)
    );
    assert_eq!(
        evidence["title"],
        Ok(field(" Hội\u{a0}nghị\n", "h3").unwrap().evidence)
    );
    let reasons: Vec<_> = evidence
        .iter()
        .filter_map(|(name, found)| Some((name.as_str(), found.as_ref().err()?.as_str())))
        .collect();
    assert_eq!(
        reasons,
        [
            ("author", "the profile has no rule for it"),
            ("blocks", "the page has no text"),
            ("categories", "its selector found nothing"),
            ("lead", "its selector found nothing"),
            ("source", "no line of the text is a source line"),
        ]
    );
    assert_eq!(warnings.len(), 1, "the reader's");
    assert_eq!(content.language.as_deref(), Some("vi"));

    let (content, _, evidence, warnings) = article(ArticleDraft {
        title: field("\u{200b}", "h3"),
        published: field("năm 2025", "p"),
        ..draft()
    });
    assert_eq!((content.title, content.published), (None, None));
    assert_eq!(evidence["title"], Err("`h3` found no text".to_owned()));
    let reason = "`năm 2025` has none of the date shapes `DD/MM/YYYY | HH:mm AM`";
    assert_eq!(evidence["published"], Err(reason.to_owned()));
    assert_eq!(warnings[1], Warning::new("date_unread", reason));
}

#[test]
fn the_body_is_cleaned_block_by_block() {
    let text = || " a\u{a0} b \n c ".to_owned();
    let (content, ..) = article(ArticleDraft {
        blocks: vec![
            Block::Paragraph { text: text() },
            Block::Heading {
                text: text(),
                level: None,
            },
            Block::Quote { text: text() },
            Block::List {
                ordered: true,
                items: vec![text()],
            },
            Block::Table {
                rows: vec![vec![text(), String::new()]],
            },
            Block::Image { position: 1 },
        ],
        images: vec![Image {
            position: 1,
            alt: Some(" ".to_owned()),
            caption: Some(text()),
            credit: Some(" K.V".to_owned()),
            after_block: 5,
            ..Image::default()
        }],
        links: vec![Link {
            url: "https://a.vn/".to_owned(),
            text: text(),
        }],
        ..draft()
    });
    assert_eq!(
        content.blocks,
        [
            Block::Paragraph {
                text: "a b\nc".to_owned()
            },
            Block::Heading {
                text: "a b c".to_owned(),
                level: None
            },
            Block::Quote {
                text: "a b\nc".to_owned()
            },
            Block::List {
                ordered: true,
                items: vec!["a b c".to_owned()]
            },
            Block::Table {
                rows: vec![vec!["a b c".to_owned(), String::new()]]
            },
            Block::Image { position: 1 },
        ]
    );
    let image = &content.images[0];
    assert_eq!(
        (image.alt.as_deref(), image.caption.as_deref()),
        (None, Some("a b c"))
    );
    assert_eq!(
        (image.credit.as_deref(), image.after_block),
        (Some("K.V"), 5)
    );
    assert_eq!(content.links[0].text, "a b c");
}

#[test]
fn a_source_line_gives_a_name() {
    #[rustfmt::skip]
    let table = [
        // what, text, raw, name, is_reprint
        ("a line", "Theo: Suckhoedoisong.vn ", "Theo: Suckhoedoisong.vn", "Suckhoedoisong.vn", true),
        ("glued", "Nguồn:Suckhoedoisong.vn", "Nguồn:Suckhoedoisong.vn", "Suckhoedoisong.vn", true),
        ("the site itself", "Nguồn: MOH.gov.vn", "Nguồn: MOH.gov.vn", "MOH.gov.vn", false),
        ("a bare name", "Báo Mẫu", "Báo Mẫu", "Báo Mẫu", true),
    ];
    for (what, text, raw, name, is_reprint) in table {
        let (content, ..) = article(ArticleDraft {
            source: field(text, "p"),
            ..draft()
        });
        let source = content.source.expect(what);
        assert_eq!(
            (source.raw.as_str(), source.name.as_str()),
            (raw, name),
            "{what}"
        );
        assert_eq!(source.is_reprint, is_reprint, "{what}");
    }
    let mut cut = field("Báo Mẫu", "p a").unwrap();
    cut.evidence.raw = "Nguồn: Báo Mẫu".to_owned();
    let (content, ..) = article(ArticleDraft {
        source: Some(cut),
        ..draft()
    });
    let source = content.source.unwrap();
    assert_eq!(
        (source.raw.as_str(), source.name.as_str()),
        ("Nguồn: Báo Mẫu", "Báo Mẫu")
    );
}

#[test]
fn related_titles_lose_their_dash_and_get_their_key() {
    let line = |title: &str, url: Option<&str>| RelatedDraft {
        title: title.to_owned(),
        url: url.map(|url| Url::parse(url).unwrap()),
    };
    let (content, ..) = article(ArticleDraft {
        related: vec![
            line(" -\u{a0}Một - hai", Some(LINK)),
            line(" - ", None),
            line("Không gạch", Some("https://example.org/")),
        ],
        ..draft()
    });
    let found: Vec<_> = content
        .related
        .iter()
        .map(|r| {
            (
                r.position,
                r.title.as_str(),
                r.url.as_deref(),
                r.key.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (1, "Một - hai", Some(LINK), Some("moh:liferay:a-b")),
            (2, "Không gạch", Some("https://example.org/"), None),
        ]
    );
}

#[test]
fn a_file_has_the_media_type_of_its_ending() {
    #[rustfmt::skip]
    let table = [
        ("plain", Some("https://a.vn/x.pdf"), Some("application/pdf")),
        ("Liferay's id behind it", Some("https://a.vn/documents/1/0/Ke+hoach.PDF/0e1f-2a?t=1"), Some("application/pdf")),
        ("picture", Some("https://a.vn/x.JPEG"), Some("image/jpeg")),
        ("unknown", Some("https://a.vn/x.exe"), None),
        ("in the query only", Some("https://a.vn/x?f=y.pdf"), None),
        ("no ending", Some("https://1drv.ms/v/s"), None),
        ("lost", None, None),
    ];
    for (what, url, expected) in table {
        let (content, ..) = article(ArticleDraft {
            attachments: vec![Attachment {
                url: url.map(str::to_owned),
                label: " Tải ".to_owned(),
                media_type: None,
            }],
            ..draft()
        });
        let file = &content.attachments[0];
        assert_eq!(
            (file.media_type.as_deref(), file.label.as_str()),
            (expected, "Tải"),
            "{what}"
        );
    }
}

#[test]
fn categories_are_split_and_each_once() {
    let (_, categories, ..) = article(ArticleDraft {
        categories: field(
            "Tin nổi bật (Tin tức);  Hoạt động ; Tin nổi bật (Tin tức);",
            ".cat",
        ),
        ..draft()
    });
    assert_eq!(categories, ["Tin nổi bật (Tin tức)", "Hoạt động"]);
}

#[test]
fn a_listing_line_is_stamp_and_abstract() {
    let stamp = "Thứ Ba, ngày 29/04/2025 09:07";
    let glued = format!("{stamp}Sáng nay (29/4), tại...");
    #[rustfmt::skip]
    let table = [
        // what, stamp's text, summary's text, stamp, published, summary, cut
        ("glued", glued.as_str(), None, stamp, Some("2025-04-29T16:07:00+07:00"), Some("Sáng nay (29/4), tại..."), true),
        ("glued, the same element twice", &glued, Some(glued.as_str()), stamp, Some("2025-04-29T16:07:00+07:00"), Some("Sáng nay (29/4), tại..."), true),
        ("apart", stamp, Some("Sáng  nay…"), stamp, Some("2025-04-29T16:07:00+07:00"), Some("Sáng nay…"), true),
        ("the title again", stamp, Some("Tin Sáng nay."), stamp, Some("2025-04-29T16:07:00+07:00"), Some("Tin Sáng nay."), false),
        ("no abstract", stamp, None, stamp, Some("2025-04-29T16:07:00+07:00"), None, false),
        ("nothing but the stamp", stamp, Some(stamp), stamp, Some("2025-04-29T16:07:00+07:00"), None, false),
        ("no date", "hôm nay", None, "hôm nay", None, None, false),
    ];
    for (what, text, summary, raw, at, expected, cut) in table {
        let mut given = item(4, LINK, text);
        given.summary = summary.and_then(|summary| field(summary, "p"));
        let line = line(given);
        assert_eq!(line.stamp_raw.as_deref(), Some(raw), "{what}");
        assert_eq!(
            line.published
                .as_ref()
                .map(|published| published.at.as_str()),
            at,
            "{what}"
        );
        assert_eq!(
            (line.summary.as_deref(), line.summary_cut),
            (expected, cut),
            "{what}"
        );
        assert_eq!(
            line.evidence["summary"].is_ok(),
            expected.is_some(),
            "{what}"
        );
        assert_eq!(line.evidence["published"].is_ok(), at.is_some(), "{what}");
        assert_eq!(line.warnings.len(), usize::from(at.is_none()), "{what}");
        assert_eq!(
            (line.position, line.section.as_ref().map(SectionId::as_str)),
            (4, Some("tin"))
        );
    }
}

#[test]
fn a_line_without_link_is_named_by_its_variables() {
    let mut given = item(1, "https://moh.gov.vn/tin", "");
    given.url = None;
    given.vars = vars(&[("aid", "5"), ("cid", "6")]);
    let mut portal = listing(vec![given.clone()]);
    portal.platform = "portal".to_owned();
    let capture = capture("https://moh.gov.vn/tin");
    let found = observations(&profile(), &capture, &read(Page::Listing(portal)));
    assert_eq!(found[0].key.as_str(), "moh:portal:5");
    assert_eq!(
        found[0].public_url,
        "https://moh.gov.vn/index.jsp?pageId=5803&aid=5&cid=6"
    );
    assert_eq!(found[0].seen_url, None);
    let nameless = read(Page::Listing(listing(vec![given])));
    assert_eq!(observations(&profile(), &capture, &nameless), []);
    let warning = warnings(&profile(), &capture.request, &nameless)
        .pop()
        .unwrap();
    assert_eq!(
        warning.detail,
        "item 1: no identity rule names an item without link"
    );
}

//! Listings and articles print the truth, all of it and nothing else.

use std::collections::BTreeSet;

use khotin::demo::{
    BASE, CATEGORIES, DETAIL_ENDPOINT, DemoMinistry, DemoOptions, Expected, LISTING_ENDPOINT,
    PAGE_ITEMS, Platform, SECTIONS,
};
use khotin::model::Block;
use scraper::Selector;
use serde_json::{Value, json};

use crate::client::{ITEM_LINKS, WALKED, get, hrefs, of, page, post, start, target_of, texts};

const NEXT: &str = "ul.lfr-pagination-buttons.pager > li:nth-child(2):not(.disabled) > a";

#[tokio::test]
async fn following_the_pager_finds_every_article_once() {
    let ministry = start(200).await;
    let expected = of(ministry.control(), Platform::Liferay);
    for section in SECTIONS {
        let mut found = Vec::new();
        let mut next = Some(format!("{BASE}/{}", section.page));
        while let Some(url) = next {
            let html = page(ministry.address(), target_of(&url)).await;
            let links = hrefs(&html, ITEM_LINKS);
            next = hrefs(&html, NEXT).pop();
            assert!(next.is_none() || links.len() == PAGE_ITEMS, "{url}");
            let slugs = links.iter().map(|link| link.rsplit_once('/').unwrap().1);
            found.extend(slugs.map(str::to_owned));
        }
        let there: BTreeSet<_> = expected
            .iter()
            .filter(|one| one.sections.iter().any(|page| page == section.page))
            .map(|one| one.key.strip_prefix("demo:liferay:").unwrap().to_owned())
            .collect();
        assert_eq!(found.len(), there.len(), "{}", section.page);
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), there);
    }
}

#[tokio::test]
async fn a_page_beyond_the_end_is_empty() {
    let ministry = start(50).await;
    let target = "/tin-tong-hop?_101_INSTANCE_DmTongHopTin_cur=99";
    let html = page(ministry.address(), target).await;
    assert_eq!(hrefs(&html, ITEM_LINKS), [""; 0]);
    assert_eq!(hrefs(&html, "ul.pager > li.disabled > a"), ["javascript:;"]);
}

#[tokio::test]
async fn articles_print_their_truth_and_nothing_else() {
    let ministry = start(120).await;
    let images = Selector::parse(
        ".journal-content-article p > img, .journal-content-article [type=Photo] img",
    )
    .unwrap();
    for expected in of(ministry.control(), Platform::Liferay) {
        let html = page(ministry.address(), target_of(&expected.url)).await;
        let title = texts(&html, ".contentDetail > div:first-child > h3");
        assert_eq!(title, [&*expected.title]);
        let stamp = texts(&html, ".contentDetail > div:nth-child(2) > div > p");
        assert_eq!(stamp, [&*expected.published_raw]);
        let lead = texts(&html, ".sapo > strong");
        assert_eq!(lead.first(), expected.lead.as_ref());
        let related = expected.related.iter().map(|title| format!("- {title}"));
        let related: Vec<String> = related.collect();
        assert_eq!(texts(&html, "li.asset-links-list-item"), related);

        let mut found = texts(
            &html,
            ".journal-content-article p, .journal-content-article li, \
             .journal-content-article > h2, .journal-content-article > h3",
        );
        found.retain(|text| !text.is_empty());
        found.sort();
        assert_eq!(found, lines_of(&expected), "{}", expected.key);
        let found: Vec<_> = html
            .select(&images)
            .map(|image| image.attr("src").unwrap())
            .map(|src| {
                if src.starts_with('/') {
                    format!("{BASE}{src}")
                } else {
                    src.to_owned()
                }
            })
            .collect();
        let urls: Vec<_> = expected
            .images
            .iter()
            .map(|image| image.url.clone())
            .collect();
        assert_eq!(found, urls, "{}", expected.key);
    }
}

/// Every line that the body of an article must print, sorted.
fn lines_of(expected: &Expected) -> Vec<String> {
    let mut lines = Vec::new();
    for block in &expected.blocks {
        match block {
            Block::Paragraph { text } | Block::Heading { text, .. } | Block::Quote { text } => {
                lines.push(text.clone());
            }
            Block::List { items, .. } => lines.extend(items.iter().cloned()),
            Block::Table { rows } => lines.extend(rows.iter().flatten().cloned()),
            Block::Image { .. } | Block::Embed { .. } => {}
        }
    }
    lines.extend(
        expected
            .images
            .iter()
            .filter_map(|image| image.caption_raw.clone()),
    );
    lines.extend(expected.source.clone());
    lines.sort();
    lines
}

#[tokio::test]
async fn listing_items_print_stamp_and_abstract_without_a_blank() {
    let ministry = start(60).await;
    let expected = of(ministry.control(), Platform::Liferay);
    let html = page(ministry.address(), WALKED).await;
    let titles = texts(&html, ITEM_LINKS);
    let lines = texts(&html, "div.page-list-news > div:nth-child(2) > p");
    assert_eq!(titles.len(), lines.len());
    for (title, line) in titles.iter().zip(&lines) {
        let fits = |one: &Expected| {
            one.title == *title && format!("{}{}", one.listing_raw, one.summary) == *line
        };
        assert!(expected.iter().any(fits), "{title}: {line}");
    }
}

const SEED: &str = "tong-ket-chien-dich-truyen-thong-vi-mot-viet-nam-vung-vang-va-khoe-manh-";

#[tokio::test]
async fn a_foreign_instance_prints_the_listing_first() {
    let ministry = start(200).await;
    let name = "HOẠT ĐỘNG CỦA LÃNH ĐẠO BỘ";
    let table = [
        // what, locale, instance, items, portlet titles, stamps are English
        ("own", "", "DmLanhDaoBo1", 0, vec![name], false),
        (
            "foreign",
            "",
            "DmTongHopTin",
            20,
            vec![name, "Xuất bản thông tin"],
            false,
        ),
        (
            "unknown",
            "/vi_VN",
            "abcdefghij12",
            20,
            vec![name, "Xuất bản thông tin"],
            false,
        ),
        (
            "english",
            "/en/web/guest",
            "DmTongHopTin",
            20,
            vec![name, "Asset Publisher"],
            true,
        ),
    ];
    for (what, locale, instance, items, titles, is_english) in table {
        let target = format!(
            "{locale}/hoat-dong-cua-lanh-dao-bo/-/asset_publisher/{instance}/content/{SEED}"
        );
        let html = page(ministry.address(), &target).await;
        assert_eq!(texts(&html, "span.portlet-title-text"), titles, "{what}");
        assert_eq!(texts(&html, ".contentDetail h3").len(), 1, "{what}");
        let stamps = texts(&html, "div.page-list-news p");
        assert_eq!(stamps.len(), items, "{what}");
        for stamp in stamps {
            assert_eq!(stamp.contains("day 2026-"), is_english, "{what}: {stamp}");
        }
    }
}

#[tokio::test]
async fn listings_link_to_the_seeds_through_a_foreign_instance() {
    let ministry = start(0).await;
    let links = hrefs(
        &page(ministry.address(), "/hoat-dong-cua-lanh-dao-bo").await,
        ITEM_LINKS,
    );
    assert_eq!(links.len(), 2);
    let end = format!("/asset_publisher/DmTongHopTin/content/{SEED}");
    assert!(links[1].ends_with(&end), "{}", links[1]);
    let english = page(ministry.address(), "/en/hoat-dong-cua-lanh-dao-bo").await;
    let lines = texts(&english, "div.page-list-news p");
    assert!(
        lines[0].starts_with("Saturday 2023-06-17 14:00Ngày 16/6"),
        "{}",
        lines[0]
    );
}

#[tokio::test]
async fn the_bridge_lists_and_tells() {
    let ministry = start(200).await;
    let expected = of(ministry.control(), Platform::Portal);
    let mut seen = BTreeSet::new();
    for category in CATEGORIES {
        let asked = json!({
            "CHUYEN_TRANG": "BO_YTE", "NGON_NGU": "TIENG_VIET", "MA_DANH_MUC": category.id,
            "TYPE": 1, "PAGE_SIZE": 1000, "ISEXTEND": 1,
        });
        let answer = post(ministry.address(), LISTING_ENDPOINT, &asked)
            .await
            .json();
        assert_eq!(answer[0]["TEN_MUC"], category.name);
        for item in answer[0]["ITEMS"].as_array().unwrap() {
            let key = format!("demo:portal:{}", item["MA"]);
            let truth = expected.iter().find(|one| one.key == key).unwrap();
            assert_eq!(item["TIEU_DE"], *truth.title);
            assert_eq!(item["THOI_GIAN_XUAT_BAN"], *truth.listing_raw);
            assert_eq!(item["MO_TA"], *truth.summary);
            seen.insert(key);
        }
    }
    assert_eq!(seen.len(), expected.len());

    for truth in &expected {
        let aid = truth.key.strip_prefix("demo:portal:").unwrap();
        let asked = json!({ "maBaiViet": aid, "maDanhMuc": truth.sections[0] });
        let answer = post(ministry.address(), DETAIL_ENDPOINT, &asked)
            .await
            .json();
        let detail = &answer["d"];
        assert_eq!(detail["tieuDe"], *truth.title);
        assert_eq!(detail["thoiGianXuatBan"], *truth.published_raw);
        let body = scraper::Html::parse_document(detail["noiDung"].as_str().unwrap());
        let mut found = texts(&body, "p, li, h2, body > h3, figcaption");
        found.retain(|text| !text.is_empty());
        found.sort();
        assert_eq!(found, lines_of(truth), "{}", truth.key);
    }
}

#[tokio::test]
async fn the_bridge_is_strict() {
    let ministry = start(10).await;
    let address = ministry.address();
    let by_get = get(address, &format!("/bridge?url={LISTING_ENDPOINT}"), "").await;
    assert_eq!((by_get.status, by_get.header("allow")), (405, Some("POST")));
    assert_eq!(post(address, "/portal/api/x", &json!({})).await.status, 404);
    let unknown = post(address, DETAIL_ENDPOINT, &json!({ "maBaiViet": 1 })).await;
    assert_eq!(unknown.json()["d"], Value::Null);
    let shell = get(address, "/index.jsp?pageId=5803&aid=1&cid=8351", "").await;
    assert!(shell.text().contains("<div id=\"app\"></div>"));
}

#[tokio::test]
async fn some_articles_are_on_both_halves() {
    let ministry = start(50).await;
    let [liferay, portal] =
        [Platform::Liferay, Platform::Portal].map(|half| of(ministry.control(), half));
    let both = liferay.iter().filter(|one| {
        let same =
            |other: &&Expected| (&other.title, other.published) == (&one.title, one.published);
        portal.iter().any(|other| same(&other))
    });
    assert_eq!(both.count(), 2, "numbers 25 and 50");
}

/// Every page of a ministry of that seed.
async fn all_pages(seed: u64) -> Vec<Vec<u8>> {
    let options = DemoOptions {
        articles: 60,
        seed,
        ..DemoOptions::default()
    };
    let ministry = DemoMinistry::start(options).await.unwrap();
    let mut pages = Vec::new();
    for section in SECTIONS {
        pages.push(
            get(ministry.address(), &format!("/{}", section.page), "")
                .await
                .body,
        );
    }
    for expected in of(ministry.control(), Platform::Liferay) {
        pages.push(
            get(ministry.address(), target_of(&expected.url), "")
                .await
                .body,
        );
    }
    for category in CATEGORIES {
        let asked = json!({ "MA_DANH_MUC": category.id, "PAGE_SIZE": 1000 });
        pages.push(
            post(ministry.address(), LISTING_ENDPOINT, &asked)
                .await
                .body,
        );
    }
    pages
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes() {
    let first = all_pages(7).await;
    assert!(first == all_pages(7).await);
    assert!(first != all_pages(8).await);
}

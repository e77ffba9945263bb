//! The pages of the demo ministry, large ones too, read the same by the short way as by the tree of
//! the whole page, and much of a large page is passed over.

use std::path::Path;

use chrono::DateTime;
use khotin::config::{SiteProfile, read_site_file};
use khotin::demo::{BASE, DemoMinistry, DemoOptions, Platform};
use khotin::extract::{bytes_passed_over, read, read_whole};
use khotin::model::{Capture, Location, Page, Purpose, Request, SectionId, Sequence, SiteId, Via};
use url::Url;

use crate::client::{get, of, target_of};

/// Bytes of a large page; real ones have 94,000, which takes long in a test.
const LARGE: usize = 30_000;

fn profile(site: &str) -> SiteProfile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("sites/{site}.toml"));
    read_site_file(&path).unwrap().profile
}

fn capture(url: &str, purpose: Purpose, body: Vec<u8>) -> Capture {
    let mut request = Request::get(SiteId::new("demo"), Url::parse(url).unwrap(), purpose);
    request.section = (purpose == Purpose::Listing).then(|| SectionId::new("tin-tong-hop"));
    Capture {
        sequence: Sequence(1),
        request,
        captured_at: DateTime::from_timestamp(1_795_000_000, 0).unwrap(),
        via: Via::Direct,
        status: 200,
        headers: vec![(
            "content-type".to_owned(),
            b"text/html;charset=UTF-8".to_vec(),
        )],
        body,
        truncated: None,
        payload_sha1: String::new(),
        payload_sha256: String::new(),
        location: Location {
            file: "test.warc.gz".to_owned(),
            offset: 0,
            length: 0,
            record_id: "urn:uuid:0".to_owned(),
        },
    }
}

#[tokio::test]
async fn pages_read_the_same_and_much_of_a_large_one_is_passed_over() {
    let ministry = DemoMinistry::start(DemoOptions {
        articles: 60,
        page_bytes: Some(LARGE..LARGE + 1),
        ..DemoOptions::default()
    })
    .await
    .unwrap();
    let articles = of(ministry.control(), Platform::Liferay);
    let mut asked: Vec<_> = articles
        .iter()
        .map(|article| (article.url.clone(), Purpose::Article))
        .collect();
    // On a foreign instance a listing stands above the article.
    let foreign = |url: &str| url.replace("DmTongHopTin", "DmNoiBatTin1");
    let listed = articles.iter().take(3).map(|article| foreign(&article.url));
    asked.extend(listed.map(|url| (url, Purpose::Article)));
    for page in ["tin-tong-hop", "tin-noi-bat"] {
        asked.push((format!("{BASE}/{page}"), Purpose::Listing));
    }
    let profiles = [profile("demo"), profile("moh")];
    let mut large = 0;
    for (url, purpose) in asked {
        let body = get(ministry.address(), target_of(&url), "").await.body;
        let capture = capture(&url, purpose, body);
        for profile in &profiles {
            let short = read(profile, &capture);
            assert_eq!(
                short,
                read_whole(profile, &capture),
                "{url} by {}",
                profile.id
            );
            assert!(
                matches!(short.page, Page::Article { .. } | Page::Listing(_)),
                "{url}"
            );
        }
        let bytes = bytes_passed_over(&profiles[0], &capture);
        if capture.body.len() >= LARGE {
            large += 1;
            assert!(bytes > LARGE / 4, "{url}: {bytes} bytes");
        }
    }
    assert!(large > 20, "{large} large pages");
    ministry.stop().await;
}

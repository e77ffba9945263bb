//! Redirects are followed by our own hand, each hop archived; those that lead nowhere are counted.

use khotin::archive::Outcome;
use khotin::demo::{Answer, BASE, Fault};
use khotin::model::State;

use crate::support::{Desk, SECTION, an_article, demo, only};

fn to(location: &str) -> Fault {
    let answer = Answer::new(302, "text/html", "<p>moved</p>").with("Location", location);
    Fault::Instead(answer)
}

#[tokio::test]
async fn a_redirect_is_archived_hop_by_hop() {
    let desk = Desk::open(24).await;
    let (key, slug) = an_article(&desk);
    let section = desk.control().expected_of(&key).unwrap().sections[0].clone();
    let path =
        |prefix: &str| format!("{prefix}/{section}/-/asset_publisher/DmTongHopTin/content/{slug}");
    let own = desk.control().expected_of(&key).unwrap().url;
    let first = own.trim_start_matches(BASE).to_owned();
    desk.control().plan_fault(&first, 1, to(&path("/en")));
    desk.control()
        .plan_fault("/en/", 1, to(&format!("{BASE}{}", path("/vi"))));
    let report = desk.crawl().await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    let exchanges = desk.exchanges();
    let hops: Vec<(u16, String)> = exchanges
        .iter()
        .filter(|exchange| exchange.request.url.path().ends_with(&slug))
        .map(|exchange| match &exchange.outcome {
            Outcome::Answered(answer) => (answer.status, exchange.request.url.path().to_owned()),
            Outcome::Failed(failure) => panic!("{failure:?}"),
        })
        .collect();
    assert_eq!(hops, [(302, first), (302, path("/en")), (200, path("/vi"))]);
    let article = desk.article(&key);
    let expected = desk.control().expected_of(&key).unwrap();
    assert_eq!(article.title, Some(expected.title));
    assert_eq!(article.state, State::Live);
    assert_eq!(desk.articles().len(), desk.control().expected().len());
}

#[tokio::test]
async fn a_redirect_that_leads_nowhere_is_a_counted_failure() {
    let table = [
        // what, target, requests for the article, words
        (
            "elsewhere",
            "http://elsewhere.test/a".to_owned(),
            1,
            "out of scope",
        ),
        (
            "a denied path",
            format!("{BASE}/c/portal/login"),
            1,
            "out of scope",
        ),
        (
            "another scheme",
            "ftp://demo.khotin.test/a".to_owned(),
            1,
            "",
        ),
        (
            "the loopback",
            "http://127.0.0.1:1/a".to_owned(),
            1,
            "out of scope",
        ),
    ];
    for (what, target, times, words) in table {
        let desk = Desk::open(24).await;
        let (key, slug) = an_article(&desk);
        desk.control()
            .plan_fault(&format!("/content/{slug}"), 100, to(&target));
        let report = desk.crawl_with(only(SECTION)).await;
        assert_eq!(report.exit_code, 1, "{what}");
        let cause = demo(&report)
            .failed
            .keys()
            .next()
            .cloned()
            .unwrap_or_default();
        assert!(cause.contains(words), "{what}: {cause}");
        let asked = format!("article {key}");
        let asked = desk.asked().iter().filter(|one| **one == asked).count();
        assert_eq!(asked, times, "{what}");
        assert_eq!(desk.article(&key).state, State::Listed, "{what}");
    }
}

/// From and to: what stands before the article's path.
type Hop = (&'static str, &'static str);

#[tokio::test]
async fn redirects_without_end_are_counted_failures() {
    let table: [(&str, &[Hop], usize, &str); 4] = [
        // what, hops, requests, words
        ("to itself", &[("", "")], 1, "leads in a circle"),
        (
            "there and back",
            &[("", "/vi"), ("/vi", "")],
            2,
            "leads in a circle",
        ),
        (
            "round",
            &[("", "/vi"), ("/vi", "/en"), ("/en", "/vi")],
            3,
            "leads in a circle",
        ),
        (
            "too far",
            &[
                ("", "/vi"),
                ("/vi", "/en"),
                ("/en", "/vi_VN"),
                ("/vi_VN", "/en_US"),
                ("/en_US", "/web/guest"),
                ("/web/guest", "/vi/web/guest"),
            ],
            6,
            "more than 5 redirects",
        ),
    ];
    for (what, hops, times, words) in table {
        let desk = Desk::open(24).await;
        let (key, slug) = an_article(&desk);
        let own = desk.control().expected_of(&key).unwrap().url;
        let path = own.trim_start_matches(BASE).to_owned();
        // The longest first: a plan fits every target that contains its text.
        let mut plans: Vec<_> = hops.to_vec();
        plans.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        for (from, next) in plans {
            let fault = to(&format!("{next}{path}"));
            desk.control()
                .plan_fault(&format!("{from}{path}"), 100, fault);
        }
        let report = desk.crawl_with(only(SECTION)).await;
        assert_eq!(report.exit_code, 1, "{what}");
        let cause = demo(&report)
            .failed
            .keys()
            .next()
            .cloned()
            .unwrap_or_default();
        assert!(cause.contains(words), "{what}: {cause}");
        let log = desk.ministry.log();
        let asked = log.iter().filter(|entry| entry.target.ends_with(&slug));
        assert_eq!(asked.count(), times, "{what}");
        assert_eq!(desk.article(&key).state, State::Listed, "{what}");
    }
}

#[tokio::test]
async fn a_listing_that_moved_elsewhere_is_followed() {
    let desk = Desk::open(24).await;
    let path = format!("/{SECTION}?p_p_id=101_INSTANCE_DmTongHopTin");
    let moved = format!("/vi{path}&p_p_lifecycle=0&_101_INSTANCE_DmTongHopTin_cur=1");
    // The longer text first: the target of the redirect must not be redirected again.
    desk.control().plan_fault(&path, 1, to(&moved));
    let report = desk.crawl_with(only(SECTION)).await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    let mut expected = desk.control().expected();
    expected.retain(|one| one.sections.contains(&SECTION.to_owned()));
    assert_eq!(desk.articles().len(), expected.len());
    assert!(desk.asked().contains(&format!("listing vi/{SECTION} 1")));
}

/// RFC 9110, sections 15.4.8 and 15.4.9: 307 and 308 keep method and body, 302 makes a GET of it.
#[tokio::test]
async fn a_redirected_post_stays_one_where_the_status_says_so() {
    let elsewhere = format!("{BASE}/bridge/?url=/portal/api/layChiTietBaiViet");
    for (status, expected) in [(308, "POST"), (307, "POST"), (302, "GET")] {
        let desk = Desk::open(24).await;
        let moved =
            Answer::new(status, "text/html", "<p>moved</p>").with("Location", elsewhere.as_str());
        desk.control().plan_fault(
            "/bridge?url=/portal/api/layChiTietBaiViet",
            1,
            Fault::Instead(moved),
        );
        desk.crawl().await;
        let exchanges = desk.exchanges();
        let hop = exchanges
            .iter()
            .find(|exchange| exchange.request.url.as_str() == elsewhere)
            .expect("the hop is asked");
        assert_eq!(hop.request.method.as_str(), expected, "{status}");
        assert_eq!(hop.request.body.is_some(), expected == "POST", "{status}");
    }
}

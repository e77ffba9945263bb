//! What a user may ask less or more of: limits, sections, dates, whole listings.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use khotin::demo::Platform;
use khotin::model::State;
use khotin::pipeline::CrawlOptions;

use crate::support::{Desk, demo, keys, only};

#[tokio::test]
async fn a_limited_run_is_gone_on_with_by_the_next() {
    let desk = Desk::open(40).await;
    let limited = || CrawlOptions {
        max_requests: Some(15),
        ..CrawlOptions::default()
    };
    let mut asked = Vec::new();
    let mut runs = 0;
    loop {
        let report = desk.crawl_with(limited()).await;
        runs += 1;
        assert!(desk.asked().len() <= 15, "{:?}", desk.asked());
        assert_eq!(demo(&report).requests as usize, desk.asked().len());
        asked.extend(desk.asked());
        if report.exit_code == 0 {
            break;
        }
        assert_eq!(report.exit_code, 1);
        assert!(demo(&report).left > 0, "{:?}", report.causes);
        assert!(runs < 20, "it comes to an end");
    }
    assert!(runs > 3);
    // Each article once, robots.txt once, each listing at least once.
    asked.retain(|asked| !asked.starts_with("listing "));
    let each: BTreeSet<&String> = asked.iter().collect();
    assert_eq!(each.len(), asked.len());
    let expected = desk.control().expected();
    assert_eq!(asked.len(), 1 + expected.len());
    let articles = desk.articles();
    assert_eq!(articles.len(), expected.len());
    assert!(
        articles
            .values()
            .all(|article| article.state == State::Live)
    );
}

#[tokio::test]
async fn a_section_alone_asks_for_nothing_of_the_others() {
    let desk = Desk::open(40).await;
    let report = desk.crawl_with(only("danh-muc-8356")).await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    let expected = desk.control().expected();
    let in_section = expected
        .iter()
        .filter(|expected| expected.sections.contains(&"8356".to_owned()));
    let keys: BTreeSet<String> = in_section.map(|expected| expected.key.clone()).collect();
    let asked: BTreeSet<String> = desk
        .asked_for("article ")
        .iter()
        .map(|asked| asked.replace("article ", ""))
        .collect();
    assert_eq!(asked, keys);
    assert_eq!(desk.asked_for("listing "), ["listing 8356 100"]);
    assert_eq!(desk.articles().into_keys().collect::<BTreeSet<_>>(), keys);

    // The rest is for the next run.
    let report = desk.crawl().await;
    assert_eq!(demo(&report).new.len() + keys.len(), expected.len());
}

#[tokio::test]
async fn since_leaves_older_articles_for_another_run() {
    let desk = Desk::open(40).await;
    let since = "2026-11-17".parse().unwrap();
    let options = CrawlOptions {
        since: Some(since),
        ..CrawlOptions::default()
    };
    let report = desk.crawl_with(options).await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    let expected = desk.control().expected();
    let newer = expected
        .iter()
        .filter(|expected| expected.published.date() >= since);
    let newer: BTreeSet<String> = newer.map(|expected| expected.key.clone()).collect();
    assert!(newer.len() > 5 && newer.len() < expected.len());
    for (key, article) in desk.articles() {
        let state = match newer.contains(&key) {
            true => State::Live,
            false => State::Listed,
        };
        assert_eq!(article.state, state, "{key}");
    }
    desk.crawl().await;
    let live = desk.articles();
    assert_eq!(live.len(), expected.len());
    assert!(live.values().all(|article| article.state == State::Live));
    let again = desk.asked_for("article ");
    assert_eq!(
        again.len(),
        expected.len() - newer.len(),
        "only the older ones"
    );
}

#[tokio::test]
async fn full_reads_a_listing_to_its_end() {
    let desk = Desk::open(4).await;
    let control = desk.control();
    control
        .shift(Platform::Liferay, "tin-tong-hop", 42)
        .unwrap();
    desk.crawl_with(only("tin-tong-hop")).await;
    desk.crawl_with(only("tin-tong-hop")).await;
    assert_eq!(desk.asked(), ["listing tin-tong-hop 1"]);
    let full = CrawlOptions {
        full: true,
        ..only("tin-tong-hop")
    };
    let report = desk.crawl_with(full).await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    let pages: BTreeSet<String> = desk.asked().into_iter().collect();
    let expected = [1, 2, 3].map(|page| format!("listing tin-tong-hop {page}"));
    assert_eq!(pages, BTreeSet::from(expected));
}

#[tokio::test]
async fn an_interrupted_run_finishes_what_is_in_flight_and_the_next_goes_on() {
    let desk = Desk::open(24).await;
    let expected = desk.control().expected();
    let interrupt = desk.interrupt();
    desk.control().before_request("/content/", move |_, _| {
        interrupt.send_replace(true);
    });
    let report = desk.crawl().await;
    assert_eq!(desk.asked_for("article ").len(), 1, "nothing after it");
    assert_eq!(
        desk.exchanges().len(),
        desk.asked().len(),
        "and it was kept"
    );
    assert_eq!(report.exit_code, 1);
    assert_eq!(demo(&report).left as usize, expected.len() - 1);
    let report = desk.crawl().await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    assert_eq!(desk.asked_for("article ").len(), expected.len() - 1);
    assert!(desk.asked_for("robots").is_empty());
}

#[tokio::test]
async fn a_clock_that_was_set_back_stops_nothing() {
    let desk = Desk::open(24).await;
    desk.crawl().await;
    desk.later(TimeDelta::days(-400));
    let new = desk
        .control()
        .shift(Platform::Liferay, "tin-tong-hop", 1)
        .unwrap();
    let report = desk.crawl().await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    assert_eq!(keys(&demo(&report).new), new.into_iter().collect());
    assert_eq!(desk.asked_for("article ").len(), 1);
    let article = desk.articles().into_values().next().unwrap();
    assert_eq!(article.state, State::Live);
}

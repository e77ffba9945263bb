//! A host that fails again and again: longer gaps, then the circuit breaker; no request is lost, and none
//! is blamed for it.

use std::time::Duration;

use chrono::TimeDelta;
use khotin::demo::{AccessEntry, Fault};
use khotin::model::{Purpose, SiteId, State};
use khotin::pipeline::CrawlOptions;
use khotin::store::{RequestRow, Store};

use crate::support::{Desk, SECTION, demo, only};

/// Times from each request to the next one.
fn gaps(log: &[AccessEntry]) -> Vec<Duration> {
    let pairs = log.windows(2);
    pairs.map(|pair| pair[1].at - pair[0].at).collect()
}

#[tokio::test]
async fn a_host_that_works_again_is_seen_in_its_log_and_nothing_is_missing() {
    let mut desk = Desk::open(120).await;
    desk.keep_pace(5, 300);
    desk.control().plan_fault("/content/", 5, Fault::Close);
    let report = desk.crawl_with(only(SECTION)).await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    let log = desk.ministry.log();
    let first = log.iter().position(|one| one.target.contains("/content/"));
    let first = first.unwrap();
    let answered: Vec<bool> = log[first..]
        .iter()
        .map(|one| one.status.is_some())
        .collect();
    assert!(
        answered[..5].iter().all(|answered| !answered),
        "five failures in a row"
    );
    assert!(
        answered[5..].iter().all(|answered| *answered),
        "then the probe, and all goes on"
    );
    assert!(answered.len() > 10, "{}", answered.len());
    for gap in &gaps(&log)[first..first + 5] {
        assert!(*gap >= Duration::from_millis(300), "{gap:?}");
    }
    assert!(
        desk.store()
            .failures(&SiteId::new("demo"))
            .unwrap()
            .is_empty()
    );
    let articles = desk.articles();
    assert!(
        articles
            .values()
            .all(|article| article.state == State::Live)
    );
}

#[tokio::test]
async fn a_host_that_is_down_for_six_nights_costs_nothing() {
    let mut desk = Desk::open(40).await;
    desk.keep_pace(2, 60);
    let limited = CrawlOptions {
        max_requests: Some(14),
        ..CrawlOptions::default()
    };
    assert_eq!(desk.crawl_with(limited).await.exit_code, 1);
    // robots.txt, listings, articles: nothing is answered any more.
    desk.control().plan_fault("", usize::MAX, Fault::Close);
    let site = SiteId::new("demo");
    for night in 1..=6 {
        desk.later(TimeDelta::days(1));
        let report = desk.crawl().await;
        assert_eq!(report.exit_code, 1, "night {night}");
        let held = demo(&report).held.clone().unwrap();
        assert!(held.starts_with("the site does not answer: "), "{held}");
        assert!(
            held.contains(" failures in a row, next probe at 20"),
            "{held}"
        );
        assert!(report.causes.iter().any(|cause| cause.contains(&held)));
        // robots.txt alone is counted: it is asked for again each night.
        let failed: u64 = demo(&report).failed.values().sum();
        assert!(failed <= 1, "{:?}", demo(&report).failed);
        assert!(demo(&report).left > 0);
        assert_eq!(demo(&report).given_up, 0);
        // The first night until it is known, later ones a probe or two.
        let most = if night == 1 { 7 } else { 3 };
        assert!(
            desk.asked().len() <= most,
            "night {night}: {:?}",
            desk.asked()
        );
        let blamed = desk.store().failures(&site).unwrap();
        let is_robots = |row: &RequestRow| row.request.purpose == Purpose::Robots;
        assert!(blamed.iter().all(is_robots), "{blamed:?}");
    }
    desk.control().clear_faults();
    desk.later(TimeDelta::days(1));
    let report = desk.crawl().await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    let articles = desk.articles();
    assert_eq!(articles.len(), desk.control().expected().len());
    assert!(
        articles
            .values()
            .all(|article| article.state == State::Live)
    );
}

#[tokio::test]
async fn a_slow_host_gets_longer_gaps() {
    let mut desk = Desk::open(24).await;
    desk.keep_pace(20, 5000);
    let delay = Duration::from_millis(300);
    desk.control()
        .plan_fault("", usize::MAX, Fault::Slow { delay });
    let limited = CrawlOptions {
        max_requests: Some(4),
        ..CrawlOptions::default()
    };
    desk.crawl_with(limited).await;
    let log = desk.ministry.log();
    assert_eq!(log.len(), 4);
    for pair in log.windows(2) {
        let rest = pair[1].at - pair[0].answered_at.unwrap();
        assert!(rest >= delay * 2, "{rest:?}");
    }
}

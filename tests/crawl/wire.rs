//! What was sent is what is archived, byte for byte; and it is sent no faster than the pace.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use khotin::config::{Period, SiteSettings};
use khotin::demo::Fault;
use khotin::model::SiteId;
use khotin::pipeline::CrawlOptions;

use crate::support::Desk;

#[tokio::test]
async fn every_request_is_archived_as_the_server_received_it() {
    let mut desk = Desk::open(24).await;
    desk.config.operator.contact = "archive@example.org".to_owned();
    desk.control().plan_fault("/content/", 1, Fault::Close);
    desk.crawl().await;
    let mut received = desk.ministry.log();
    desk.later(TimeDelta::hours(25));
    desk.crawl().await;
    received.extend(desk.ministry.log());

    let exchanges = desk.exchanges();
    assert_eq!(exchanges.len(), received.len());
    let mut kinds = BTreeSet::new();
    for (exchange, entry) in exchanges.iter().zip(&received) {
        let mut archived = exchange.sent_head.clone();
        archived.extend(exchange.request.body.iter().flat_map(|body| body.bytes()));
        assert_eq!(
            String::from_utf8_lossy(&archived),
            String::from_utf8_lossy(&entry.raw_request),
            "{}",
            exchange.request.url
        );
        let is_conditional = archived.windows(14).any(|part| part == b"if-none-match:");
        kinds.insert((entry.method.clone(), is_conditional));
    }
    let expected = [("GET", false), ("GET", true), ("POST", false)];
    let expected = expected.map(|(method, conditional)| (method.to_owned(), conditional));
    assert_eq!(kinds, BTreeSet::from(expected));
    let first = String::from_utf8_lossy(&received[0].raw_request).into_owned();
    assert!(first.contains("\r\nhost: demo.khotin.test\r\n"), "{first}");
    assert!(first.contains("(+archive@example.org)\r\n"), "{first}");
    assert!(
        first.contains("\r\nfrom: archive@example.org\r\n"),
        "{first}"
    );
    assert!(first.contains("\r\naccept-encoding: gzip\r\n"), "{first}");
}

/// No two requests are closer than the gap, counted from the answer before.
fn assert_pace(desk: &Desk, gap: Duration) {
    let log = desk.ministry.log();
    assert!(log.len() > 10);
    for pair in log.windows(2) {
        let began = pair[0].answered_at.unwrap();
        let waited = pair[1].at.duration_since(began);
        assert!(waited >= gap, "{waited:?} before {}", pair[1].target);
    }
    assert!(log.iter().all(|entry| entry.in_flight == 1));
    assert!(log.iter().all(|entry| entry.open_connections == 1));
}

#[tokio::test]
async fn the_pace_is_kept_from_answer_to_request() {
    let gap = Duration::from_millis(50);
    let mut desk = Desk::open(24).await;
    let settings = SiteSettings {
        gap: Some(Period(gap)),
        ..SiteSettings::default()
    };
    desk.config.site.insert(SiteId::new("demo"), settings);
    let limited = CrawlOptions {
        max_requests: Some(16),
        ..CrawlOptions::default()
    };
    desk.crawl_with(limited).await;
    assert_pace(&desk, gap);
}

#[tokio::test]
async fn the_crawl_delay_of_robots_txt_wins_over_a_shorter_gap() {
    let mut desk = Desk::open(24).await;
    let robots = "User-agent: *\nCrawl-delay: 1\n";
    desk.config.fetch.longest_pause = Period(Duration::from_secs(2));
    desk.control().set_robots(robots);
    let limited = CrawlOptions {
        max_requests: Some(3),
        ..CrawlOptions::default()
    };
    desk.crawl_with(limited).await;
    let log = desk.ministry.log();
    let pair = &log[1..3];
    let waited = pair[1].at.duration_since(pair[0].answered_at.unwrap());
    assert!(waited >= Duration::from_secs(1), "{waited:?}");
}

#[tokio::test]
async fn two_connections_on_ones_own_machine_read_the_same() {
    let mut desk = Desk::open(24).await;
    let settings = SiteSettings {
        gap: Some(Period(Duration::ZERO)),
        connections: Some(2),
        ..SiteSettings::default()
    };
    desk.config.site.insert(SiteId::new("demo"), settings);
    let report = desk.crawl().await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    let log = desk.ministry.log();
    assert!(log.iter().all(|entry| entry.in_flight <= 2));
    assert_eq!(desk.exchanges().len(), log.len());
    let articles = desk.articles();
    let expected = desk.control().expected();
    assert_eq!(articles.len(), expected.len());
    for expected in expected {
        let article = &articles[&expected.key];
        assert_eq!(article.title, Some(expected.title));
        assert_eq!(article.versions.len(), 1);
    }
    assert_eq!(desk.asked_for("article ").len(), articles.len());
}

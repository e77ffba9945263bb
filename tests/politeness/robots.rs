//! robots.txt in a whole crawl: Crawl-delay, its freshness, its refusals.

use std::time::Duration;

use chrono::TimeDelta;
use khotin::demo::Fault;
use khotin::pipeline::CrawlOptions;

use crate::support::{Desk, SECTION, demo, only};

fn few(requests: u64) -> CrawlOptions {
    CrawlOptions {
        max_requests: Some(requests),
        ..only(SECTION)
    }
}

#[tokio::test]
async fn a_crawl_delay_lengthens_our_gap_and_never_shortens_it() {
    let table = [
        // what, Crawl-delay, least gap in milliseconds
        ("longer", "0.4", 400),
        ("shorter", "0.01", 150),
        ("none at all", "0", 150),
        ("no number", "fast", 150),
    ];
    for (what, delay, least) in table {
        let mut desk = Desk::open(24).await;
        desk.keep_pace(150, 2000);
        let text = format!("User-agent: *\nCrawl-delay: {delay}\n");
        desk.control().set_robots(&text);
        desk.crawl_with(few(5)).await;
        let log = desk.ministry.log();
        assert_eq!(log.len(), 5, "{what}");
        for pair in log.windows(2) {
            let gap = pair[1].at - pair[0].answered_at.unwrap();
            assert!(gap >= Duration::from_millis(least), "{what}: {gap:?}");
        }
    }
}

#[tokio::test]
async fn a_crawl_delay_of_a_day_stops_the_run_and_says_so() {
    let mut desk = Desk::open(24).await;
    desk.keep_pace(5, 1000);
    desk.control()
        .set_robots("User-agent: khotin/1.0\nCrawl-delay: 86400\n");
    let report = desk.crawl().await;
    assert_eq!((report.exit_code, desk.asked().len()), (1, 1));
    let held = demo(&report).held.clone().unwrap();
    assert!(held.contains("asks for a crawl delay of 86400 s"), "{held}");
    // The operator may wait so long: then the first page comes a day after robots.txt.
    desk.config.fetch.longest_pause = khotin::config::Period(Duration::from_secs(100_000));
    let stop = desk.interrupt();
    let asked = tokio::select! {
        _ = desk.crawl() => desk.asked().len(),
        () = tokio::time::sleep(Duration::from_millis(700)) => desk.asked().len(),
    };
    stop.send_replace(true);
    assert_eq!(asked, 0, "nothing before the day is over");
}

#[tokio::test]
async fn a_robots_txt_that_grows_old_in_mid_crawl_is_asked_for_again_and_nothing_is_refused() {
    let mut desk = Desk::open(24).await;
    desk.keep_pace(20, 1000);
    // Each time that a page is asked, the copy becomes too old while the next request waits.
    let (hand, days) = (desk.clock_hand(), TimeDelta::hours(25));
    desk.control()
        .before_request("/content/", move |_, _| hand(days));
    let report = desk.crawl_with(only(SECTION)).await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    assert!(demo(&report).refused.is_empty());
    assert!(desk.asked_for("robots").len() >= 2);
}

#[tokio::test]
async fn a_robots_txt_that_refuses_holds_the_group() {
    let mut desk = Desk::open(24).await;
    desk.keep_pace(20, 3000);
    let refusal = Fault::Status {
        code: 429,
        retry_after: Some("3600".to_owned()),
    };
    desk.control().plan_fault("/robots.txt", 1, refusal);
    let report = desk.crawl().await;
    assert_eq!((report.exit_code, desk.asked().len()), (1, 1));
    let report = desk.crawl().await;
    assert_eq!(
        (report.exit_code, desk.asked().len()),
        (1, 0),
        "held for an hour"
    );
}

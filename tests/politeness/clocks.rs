//! Clocks lie: one that is set in mid-crawl, or between two runs, makes no request early and starves none.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use khotin::demo::Fault;
use khotin::model::State;

use crate::support::{Desk, demo};

const GAP: u64 = 30;

#[tokio::test]
async fn a_clock_that_is_set_in_mid_crawl_makes_nothing_early_and_starves_nothing() {
    let table = [
        ("an hour back", TimeDelta::hours(-1)),
        ("a year forward", TimeDelta::days(365)),
        ("a year back", TimeDelta::days(-365)),
    ];
    for (what, lie) in table {
        let mut desk = Desk::open(24).await;
        desk.keep_pace(GAP, 200);
        // A failure that is tried again waits in the queue when the clock is set.
        desk.control()
            .plan_fault("/content/", 1, Fault::status(500));
        let (hand, is_set) = (desk.clock_hand(), AtomicBool::new(false));
        desk.control().before_request("/content/", move |_, _| {
            if !is_set.swap(true, Ordering::Relaxed) {
                hand(lie);
            }
        });
        let report = desk.crawl().await;
        assert_eq!(
            (report.exit_code, &report.causes),
            (0, &Vec::new()),
            "{what}"
        );
        let log = desk.ministry.log();
        for pair in log.windows(2) {
            let gap = pair[1].at - pair[0].at;
            assert!(gap >= Duration::from_millis(GAP), "{what}: {gap:?}");
        }
        let articles = desk.articles();
        assert_eq!(articles.len(), desk.control().expected().len(), "{what}");
        assert!(
            articles.values().all(|one| one.state == State::Live),
            "{what}"
        );
    }
}

#[tokio::test]
async fn a_pause_is_never_longer_after_a_restart_than_it_was() {
    let mut desk = Desk::open(24).await;
    desk.keep_pace(GAP, 2000);
    let refusal = Fault::Status {
        code: 503,
        retry_after: Some("3".to_owned()),
    };
    desk.control().plan_fault("/content/", 1, refusal);
    let report = desk.crawl().await;
    assert!(demo(&report).held.is_some(), "{:?}", report.causes);
    // An hour back: by the wall clock the pause would last for an hour and three seconds.
    desk.later(TimeDelta::hours(-1));
    desk.config.fetch.longest_pause = khotin::config::Period(Duration::from_secs(10));
    let report = desk.crawl().await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
}

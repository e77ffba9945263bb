//! Budgets: requests, bytes and minutes end a run with a plain sentence, and the same command goes on.

use std::time::Duration;

use khotin::demo::Fault;
use khotin::pipeline::{CrawlOptions, RunReport};

use crate::support::{Desk, demo};

fn sentence(report: &RunReport) -> String {
    report.causes.last().cloned().unwrap_or_default()
}

async fn goes_on(desk: &Desk, what: &str) {
    let report = desk.crawl().await;
    assert_eq!(
        (report.exit_code, &report.causes),
        (0, &Vec::new()),
        "{what}"
    );
    assert_eq!(
        desk.articles().len(),
        desk.control().expected().len(),
        "{what}"
    );
}

#[tokio::test]
async fn a_budget_ends_a_run_with_a_sentence_and_the_next_run_goes_on() {
    let none = CrawlOptions::default;
    let table = [
        (
            "requests",
            CrawlOptions {
                max_requests: Some(15),
                ..none()
            },
            "stopped after 15 requests as --max-requests says; ",
        ),
        (
            "bytes",
            CrawlOptions {
                max_bytes: Some(60_000),
                ..none()
            },
            " bytes, --max-bytes is ",
        ),
    ];
    for (what, options, words) in table {
        let desk = Desk::open(40).await;
        let report = desk.crawl_with(options).await;
        assert_eq!(report.exit_code, 1, "{what}");
        let (words, said) = (words.to_owned(), sentence(&report));
        assert!(said.contains(&words), "{what}: {said}");
        let left = format!("; {} left, go on with the same command", demo(&report).left);
        assert!(said.ends_with(&left), "{what}: {said}");
        // Drained: what was asked is kept.
        assert_eq!(desk.exchanges().len(), desk.asked().len(), "{what}");
        assert!(demo(&report).left > 0);
        if what == "bytes" {
            // The answer that reaches it is the last one.
            let bytes = demo(&report).bytes;
            assert!(bytes >= 60_000, "{bytes}");
        }
        goes_on(&desk, what).await;
    }
}

#[tokio::test]
async fn time_ends_a_run_in_the_middle_of_a_wait() {
    let mut desk = Desk::open(40).await;
    // The wait for the next turn would be longer than the test.
    desk.keep_pace(3_600_000, 7_200_000);
    let options = CrawlOptions {
        max_time: Some(Duration::from_millis(1500)),
        ..CrawlOptions::default()
    };
    let report = desk.crawl_with(options).await;
    assert_eq!((report.exit_code, desk.asked().len()), (1, 1));
    let said = sentence(&report);
    assert!(
        said.starts_with("stopped after 1s 500ms as --max-time says; "),
        "{said}"
    );
}

#[tokio::test]
async fn a_budget_that_is_not_reached_says_nothing() {
    let desk = Desk::open(24).await;
    desk.control()
        .plan_fault("/content/", 1, Fault::status(500));
    let options = CrawlOptions {
        max_requests: Some(100_000),
        max_bytes: Some(1 << 40),
        max_time: Some(Duration::from_secs(3600)),
        ..CrawlOptions::default()
    };
    let report = desk.crawl_with(options).await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    assert_eq!(report.stopped, None);
}

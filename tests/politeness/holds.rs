//! A refusal on one URL holds the whole group, for as long as the server wishes.

use std::time::Duration;

use chrono::TimeDelta;
use khotin::demo::{AccessEntry, Fault};

use crate::support::{Desk, SECTION, demo, only};

/// From the refusal to whatever was asked next.
fn pause_after_refusal(log: &[AccessEntry]) -> Option<Duration> {
    let at = log
        .iter()
        .position(|one| matches!(one.status, Some(429 | 503)))
        .unwrap();
    let next = log.get(at + 1)?;
    Some(next.at - log[at].answered_at.unwrap())
}

#[tokio::test]
async fn a_refusal_on_one_url_holds_the_group_as_the_server_wishes() {
    let ms = Duration::from_millis;
    let table: [(&str, u16, Option<&str>, Option<Duration>); 9] = [
        // what, status, Retry-After, the least pause (none: the run ends)
        ("seconds", 503, Some("1"), Some(ms(1000))),
        ("seconds, the other status", 429, Some("1"), Some(ms(1000))),
        (
            "a date",
            503,
            Some("Sun, 22 Nov 2026 08:00:01 GMT"),
            Some(ms(1000)),
        ),
        (
            "a date in the past",
            503,
            Some("Sun, 22 Nov 2026 07:00:00 GMT"),
            Some(ms(20)),
        ),
        ("zero", 429, Some("0"), Some(ms(20))),
        ("garbage: our own pause", 503, Some("soon"), Some(ms(1500))),
        ("no wish: our own pause", 429, None, Some(ms(1500))),
        ("more than the run waits", 503, Some("7"), None),
        ("ten years", 429, Some("315360000"), None),
    ];
    for (what, code, retry_after, least) in table {
        let mut desk = Desk::open(40).await;
        // Our own pause of 5 s is cut to the longest one.
        desk.keep_pace(20, 1500);
        // A date is counted from the server's own.
        let now = "2026-11-22T08:00:00Z".parse().unwrap();
        desk.control().set_now(Some(now));
        let retry_after = retry_after.map(str::to_owned);
        let refusal = Fault::Status { code, retry_after };
        desk.control().plan_fault("/content/", 1, refusal);
        let report = desk.crawl_with(only(SECTION)).await;
        let pause = pause_after_refusal(&desk.ministry.log());
        match least {
            Some(least) => {
                assert_eq!(
                    (report.exit_code, &report.causes),
                    (0, &Vec::new()),
                    "{what}"
                );
                assert!(pause.unwrap() >= least, "{what}: {pause:?}");
            }
            None => {
                assert_eq!((report.exit_code, pause), (1, None), "{what}");
                let held = demo(&report).held.clone().unwrap();
                assert!(
                    held.contains("pace group demo is held for "),
                    "{what}: {held}"
                );
                // A new run knows of it and asks nothing.
                let report = desk.crawl_with(only(SECTION)).await;
                assert_eq!((report.exit_code, desk.asked().len()), (1, 0), "{what}");
                // The wish over, or a day after ten years were wished for, all goes on.
                desk.later(TimeDelta::hours(25));
                let report = desk.crawl_with(only(SECTION)).await;
                assert_eq!(
                    (report.exit_code, &report.causes),
                    (0, &Vec::new()),
                    "{what}"
                );
            }
        }
    }
}

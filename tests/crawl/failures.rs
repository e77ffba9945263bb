//! What goes wrong on the way is tried again, counted and said; it never ends a run and never makes a
//! record wrong.

use std::time::Duration;

use chrono::TimeDelta;
use khotin::archive::Outcome;
use khotin::config::Period;
use khotin::demo::{Answer, Fault, Platform};
use khotin::model::{FailureKind, Purpose, State, Truncation};

use crate::support::{Desk, SECTION, an_article, demo, only};

/// How the exchanges of an article stand in the archive.
fn outcomes_of(desk: &Desk, slug: &str) -> Vec<String> {
    let exchanges = desk.exchanges();
    let of_article = exchanges
        .iter()
        .filter(|exchange| exchange.request.url.path().ends_with(slug));
    of_article
        .map(|exchange| match &exchange.outcome {
            Outcome::Failed(failure) => failure.kind.as_str().to_owned(),
            Outcome::Answered(answer) => match answer.truncated {
                Some(cut) => format!("{} {}", answer.status, cut.as_str()),
                None => answer.status.to_string(),
            },
        })
        .collect()
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let busy = Fault::Status {
        code: 503,
        retry_after: Some("0".to_owned()),
    };
    let table = [
        // what, fault, how it stands in the archive
        ("503 with Retry-After", busy, "503"),
        ("500", Fault::status(500), "500"),
        (
            "cut short",
            Fault::CutShort { bytes: 200 },
            "200 disconnect",
        ),
        ("closed without a byte", Fault::Close, "disconnect"),
    ];
    for (what, fault, stands) in table {
        let desk = Desk::open(24).await;
        let (key, slug) = an_article(&desk);
        desk.control()
            .plan_fault(&format!("/content/{slug}"), 2, fault);
        let report = desk.crawl_with(only(SECTION)).await;
        assert_eq!(report.exit_code, 0, "{what}: {:?}", report.causes);
        assert!(demo(&report).failed.is_empty(), "{what}");
        assert_eq!(desk.article(&key).state, State::Live, "{what}");
        let asked = format!("article {key}");
        let times = desk.asked().iter().filter(|one| **one == asked).count();
        assert_eq!(times, 3, "{what}");
        assert_eq!(
            demo(&report).requests as usize,
            desk.asked().len(),
            "{what}"
        );
        assert_eq!(outcomes_of(&desk, &slug), [stands, stands, "200"], "{what}");
        assert_eq!(desk.article(&key).versions.len(), 1, "{what}");
    }
}

#[tokio::test]
async fn a_retry_after_longer_than_a_run_waits_ends_the_run_with_words() {
    let desk = Desk::open(24).await;
    let busy = Fault::Status {
        code: 503,
        retry_after: Some("3600".to_owned()),
    };
    desk.control().plan_fault("/content/", 1, busy);
    let report = desk.crawl().await;
    assert_eq!(report.exit_code, 1);
    let held = demo(&report).held.clone().unwrap();
    assert!(
        held.contains("held for 3") && held.contains(" s, more than"),
        "{held}"
    );
    assert_eq!(
        desk.asked_for("article ").len(),
        1,
        "nothing after the wish"
    );

    // Another run right after does not come early either.
    let report = desk.crawl().await;
    assert_eq!(desk.asked(), Vec::<String>::new());
    assert_eq!(report.exit_code, 1);
    assert!(demo(&report).held.is_some());

    desk.later(TimeDelta::seconds(3601));
    let report = desk.crawl().await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    let expected = desk.control().expected();
    assert_eq!(desk.articles().len(), expected.len());
}

#[tokio::test]
async fn a_page_that_always_fails_is_given_up_and_retried_weekly() {
    let desk = Desk::open(24).await;
    let (key, slug) = an_article(&desk);
    let target = format!("/content/{slug}");
    desk.control().plan_fault(&target, 1000, Fault::status(500));
    let asked = format!("article {key}");
    for run in 1..=5 {
        let report = desk.crawl_with(only(SECTION)).await;
        assert_eq!(report.exit_code, 1, "run {run}: {:?}", report.causes);
        let site = demo(&report);
        assert_eq!(site.failures(), 1, "run {run}");
        assert_eq!(site.given_up, u64::from(run == 5), "run {run}");
        let times = desk.asked().iter().filter(|one| **one == asked).count();
        assert_eq!(times, 3, "run {run}");
    }
    assert_eq!(desk.article(&key).state, State::Listed);

    let report = desk.crawl_with(only(SECTION)).await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    assert_eq!(demo(&report).given_up, 1, "still in the report");
    assert!(!desk.asked().contains(&asked));

    desk.later(TimeDelta::days(8));
    let report = desk.crawl_with(only(SECTION)).await;
    assert!(desk.asked().contains(&asked), "retried after a week");
    assert_eq!(report.exit_code, 0, "{:?}", report.causes);
    assert_eq!(demo(&report).given_up, 1);
    desk.crawl_with(only(SECTION)).await;
    assert!(!desk.asked().contains(&asked), "and left alone for another");

    desk.control().clear_faults();
    desk.later(TimeDelta::days(8));
    let report = desk.crawl_with(only(SECTION)).await;
    assert_eq!(demo(&report).given_up, 0);
    assert_eq!(desk.article(&key).state, State::Live);
}

#[tokio::test]
async fn a_listing_that_fails_is_said_and_read_by_the_next_run() {
    let desk = Desk::open(24).await;
    let control = desk.control();
    control.plan_fault("/tin-tong-hop?", 3, Fault::status(502));
    let report = desk.crawl().await;
    assert_eq!(report.exit_code, 1);
    assert_eq!(demo(&report).failures(), 1);
    let report = desk.crawl().await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    assert_eq!(desk.articles().len(), desk.control().expected().len());
}

#[tokio::test]
async fn a_page_that_is_cut_short_every_time_is_no_article() {
    let desk = Desk::open(24).await;
    let (key, slug) = an_article(&desk);
    let cut = Fault::CutShort { bytes: 3000 };
    desk.control()
        .plan_fault(&format!("/content/{slug}"), 3, cut);
    let report = desk.crawl().await;
    assert_eq!(report.exit_code, 1);
    assert_eq!(
        demo(&report).failed.keys().collect::<Vec<_>>(),
        ["truncated: disconnect"]
    );
    let article = desk.article(&key);
    assert_eq!((article.state, article.versions.len()), (State::Listed, 0));
    let exchanges = desk.exchanges();
    let kept = exchanges
        .iter()
        .filter_map(|exchange| match &exchange.outcome {
            Outcome::Answered(answer) => {
                answer.truncated.map(|cut| (cut, answer.revisit.is_none()))
            }
            Outcome::Failed(_) => None,
        });
    let kept: Vec<_> = kept.collect();
    assert_eq!(
        kept,
        [(Truncation::Disconnect, true); 3],
        "kept, never a revisit"
    );
}

#[tokio::test]
async fn a_page_that_refuses_us_is_blocked_and_no_article() {
    let desk = Desk::open(24).await;
    let (key, slug) = an_article(&desk);
    let page = "<html><head><title>Access Denied</title></head><body>no</body></html>";
    let block = Fault::Instead(Answer::new(200, "text/html;charset=UTF-8", page));
    desk.control()
        .plan_fault(&format!("/content/{slug}"), 1, block);
    let report = desk.crawl().await;
    assert_eq!(report.exit_code, 5, "{:?}", report.causes);
    assert_eq!(demo(&report).blocked.values().sum::<u64>(), 1);
    assert_eq!(desk.article(&key).state, State::Listed);
    let report = desk.crawl().await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    assert_eq!(desk.article(&key).state, State::Live);
}

#[tokio::test]
async fn failures_stand_in_the_archive_too() {
    let desk = Desk::open(24).await;
    desk.control().plan_fault("/content/", 2, Fault::Close);
    desk.crawl().await;
    let exchanges = desk.exchanges();
    let kinds = exchanges
        .iter()
        .filter_map(|exchange| match &exchange.outcome {
            Outcome::Failed(failure) => Some((failure.kind, exchange.request.purpose)),
            Outcome::Answered(_) => None,
        });
    let kinds: Vec<_> = kinds.collect();
    assert_eq!(kinds, [(FailureKind::Disconnect, Purpose::Article); 2]);
}

#[tokio::test]
async fn an_empty_listing_is_incomplete_and_one_that_was_full_before_is_drift() {
    let desk = Desk::open(6).await;
    let section = || only("tin-noi-bat");
    let report = desk.crawl_with(section()).await;
    assert_eq!(report.exit_code, 1, "{:?}", report.causes);
    assert!(
        report.causes[0].contains("the first page has no items"),
        "{:?}",
        report.causes
    );

    desk.control()
        .shift(Platform::Liferay, "tin-noi-bat", 2)
        .unwrap();
    let report = desk.crawl_with(section()).await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));

    let keys: Vec<String> = desk.articles().into_keys().collect();
    for key in &keys {
        desk.control().delete(key).unwrap();
    }
    let report = desk.crawl_with(section()).await;
    assert_eq!(report.exit_code, 4, "{:?}", report.causes);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_a_timeout_and_tried_again() {
    let table = [
        // what, fault, how it stands in the archive
        (
            "no head",
            Fault::Slow {
                delay: Duration::from_secs(30),
            },
            "timeout",
        ),
        ("half a body", Fault::Stall, "200 time"),
    ];
    for (what, fault, stands) in table {
        let mut desk = Desk::open(24).await;
        desk.config.fetch.connect_timeout = Period(Duration::from_millis(900));
        desk.config.fetch.header_timeout = Period(Duration::from_secs(1));
        desk.config.fetch.total_timeout = Period(Duration::from_secs(1));
        let (key, slug) = an_article(&desk);
        desk.control()
            .plan_fault(&format!("/content/{slug}"), 1, fault);
        let report = desk.crawl_with(only(SECTION)).await;
        assert_eq!(report.exit_code, 0, "{what}: {:?}", report.causes);
        assert_eq!(outcomes_of(&desk, &slug), [stands, "200"], "{what}");
        assert_eq!(desk.article(&key).state, State::Live, "{what}");
    }
}

#[tokio::test]
async fn a_listing_page_that_fails_leaves_a_hole_that_the_next_run_fills() {
    let desk = Desk::open(6).await;
    let control = desk.control();
    control.shift(Platform::Liferay, SECTION, 42).unwrap();
    let tries = desk.config.crawl.tries as usize;
    control.plan_fault("DmTongHopTin_cur=2", tries, Fault::status(500));
    let report = desk.crawl_with(only(SECTION)).await;
    assert_eq!(report.exit_code, 1);
    let causes = report.causes.join("; ");
    assert!(
        causes.contains("1 pages failed and were left out"),
        "{causes}"
    );
    let report = desk.crawl_with(only(SECTION)).await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    let articles = desk.articles();
    for expected in control.expected() {
        let is_here = expected.sections.contains(&SECTION.to_owned());
        assert_eq!(articles.contains_key(&expected.key), is_here);
    }
}

#[tokio::test]
async fn a_page_of_another_kind_is_no_article() {
    let desk = Desk::open(24).await;
    let (key, slug) = an_article(&desk);
    let page = "<html><head><title>Giới thiệu</title></head><body><p>a</p></body></html>";
    let other = Fault::Instead(Answer::new(200, "text/html;charset=UTF-8", page));
    desk.control()
        .plan_fault(&format!("/content/{slug}"), 1, other);
    let report = desk.crawl_with(only(SECTION)).await;
    assert_eq!(report.exit_code, 1, "{:?}", report.causes);
    assert_eq!(demo(&report).unread.values().sum::<u64>(), 1);
    assert_eq!(desk.article(&key).state, State::Listed);
    let report = desk.crawl_with(only(SECTION)).await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    assert_eq!(desk.article(&key).state, State::Live);
}

#[tokio::test]
async fn give_up_after_is_the_operators_choice() {
    let mut desk = Desk::open(24).await;
    desk.config.crawl.give_up_after = 2;
    let (_, slug) = an_article(&desk);
    let target = format!("/content/{slug}");
    desk.control().plan_fault(&target, 1000, Fault::status(500));
    let first = desk.crawl_with(only(SECTION)).await;
    assert_eq!(demo(&first).given_up, 0);
    let second = desk.crawl_with(only(SECTION)).await;
    assert_eq!(demo(&second).given_up, 1);
}

//! robots.txt comes first and decides; without it nothing is asked.

use chrono::TimeDelta;
use khotin::demo::Fault;

use crate::support::{Desk, demo};

#[tokio::test]
async fn robots_txt_says_what_may_be_asked() {
    let desk = Desk::open(40).await;
    let control = desk.control();
    control.set_robots("User-agent: *\nDisallow: /\n");
    let report = desk.crawl().await;
    assert_eq!(desk.asked(), ["robots"]);
    assert_eq!(report.exit_code, 1);
    let refused: u64 = demo(&report).refused.values().sum();
    assert_eq!(refused, 8, "{:?}", demo(&report).refused);
    let words = demo(&report).refused.keys().next().unwrap();
    assert!(words.contains("disallowed by robots.txt"), "{words}");

    // Nothing but robots.txt is asked until the site changes its mind.
    control.set_robots("User-agent: *\nDisallow: /tin-noi-bat\n");
    desk.later(TimeDelta::hours(25));
    let report = desk.crawl().await;
    assert_eq!(desk.asked()[0], "robots");
    assert!(desk.asked_for("listing tin-noi-bat").is_empty());
    let refused = &demo(&report).refused;
    assert!(!refused.is_empty());
    let is_about_it = |rule: &String| rule.contains("/tin-noi-bat");
    assert!(refused.keys().all(is_about_it), "{refused:?}");
    for entry in desk.ministry.log() {
        assert!(
            !entry.target.starts_with("/tin-noi-bat"),
            "{}",
            entry.target
        );
    }
}

#[tokio::test]
async fn without_robots_txt_nothing_is_asked() {
    let table = [("503", Fault::status(503)), ("closed", Fault::Close)];
    for (what, fault) in table {
        let desk = Desk::open(8).await;
        desk.control().plan_fault("/robots.txt", 100, fault);
        let report = desk.crawl().await;
        assert!(!desk.asked().is_empty());
        assert!(
            desk.asked().iter().all(|asked| asked == "robots"),
            "{what}: {:?}",
            desk.asked()
        );
        assert_eq!(report.exit_code, 1, "{what}");
        desk.control().clear_faults();
        let report = desk.crawl().await;
        assert!(
            demo(&report).refused.is_empty(),
            "{what}: {:?}",
            report.causes
        );
        assert_eq!(desk.articles().len(), desk.control().expected().len());
    }
}

#[tokio::test]
async fn a_missing_robots_txt_allows_everything() {
    let desk = Desk::open(24).await;
    desk.control()
        .plan_fault("/robots.txt", 1, Fault::status(404));
    let report = desk.crawl().await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
}

#[tokio::test]
async fn the_last_good_copy_serves_while_robots_txt_fails() {
    let desk = Desk::open(40).await;
    let control = desk.control();
    control.set_robots("User-agent: *\nDisallow: /tin-noi-bat\n");
    desk.crawl().await;
    control.plan_fault("/robots.txt", 100, Fault::status(503));
    desk.later(TimeDelta::hours(25));
    let report = desk.crawl().await;
    assert_eq!(desk.asked()[0], "robots");
    assert_eq!(desk.asked_for("listing ").len(), 7, "{:?}", desk.asked());
    let refused = &demo(&report).refused;
    let is_about_it = |rule: &String| rule.contains("/tin-noi-bat");
    assert!(
        !refused.is_empty() && refused.keys().all(is_about_it),
        "{refused:?}"
    );

    desk.later(TimeDelta::days(31));
    desk.crawl().await;
    assert!(desk.asked().iter().all(|asked| asked == "robots"));
}

//! A crawl, a change overnight, a crawl: the second run names what changed.

use chrono::{DateTime, TimeDelta, Utc};
use khotin::archive::Outcome;
use khotin::demo::{Control, Platform};
use khotin::drift::{Change, Sign, Weight};
use khotin::model::{Purpose, SectionId};
use khotin::pipeline::RunReport;

use crate::desk::{Desk, demo};
use crate::restyling;

/// New articles of a night.
const NEW: usize = 8;

/// A ministry in the afternoon of its clock, crawled once. The section has more than a page.
async fn first_night() -> Desk {
    let desk = Desk::open(30).await;
    let control = desk.control();
    let afternoon: DateTime<Utc> = (Utc::now() - TimeDelta::days(1))
        .date_naive()
        .and_hms_opt(8, 30, 0)
        .unwrap()
        .and_utc();
    control.set_now(Some(afternoon));
    control
        .shift(Platform::Liferay, "tin-tong-hop", 25)
        .unwrap();
    let first = desk.crawl().await;
    assert_eq!((first.exit_code, &first.causes), (0, &Vec::new()));
    assert_eq!(demo(&first).drift, []);
    desk
}

/// Articles are added on both halves, the layout changes, and the second run goes.
async fn second_night(desk: &Desk, restyle: fn(&Control)) -> RunReport {
    let control = desk.control();
    control
        .shift(Platform::Liferay, "tin-tong-hop", NEW)
        .unwrap();
    control.shift(Platform::Portal, "8356", NEW).unwrap();
    restyle(control);
    desk.crawl().await
}

fn of(signs: &[Sign], change: Change) -> Vec<&Sign> {
    signs
        .iter()
        .filter(|sign| sign.subject.change == change)
        .collect()
}

/// Every answer of the run is in the archive, and every new article was asked for.
fn assert_nothing_lost(desk: &Desk, report: &RunReport) {
    let exchanges = desk.exchanges();
    let of_run = exchanges
        .iter()
        .filter(|exchange| exchange.run == report.run);
    let answered = of_run.filter(|exchange| matches!(exchange.outcome, Outcome::Answered(_)));
    assert_eq!(answered.count(), desk.asked().len());
    assert_eq!(demo(report).requests, desk.asked().len() as u64);
}

/// What a sign must say: subject, selector, numbers, pages of this run, the command.
fn assert_says(desk: &Desk, sign: &Sign, field: &str, selector: &str) {
    assert_eq!(sign.site.as_str(), "demo");
    assert_eq!(sign.subject.field, field, "{sign:?}");
    assert_eq!(sign.selector.as_deref(), Some(selector), "{sign:?}");
    assert!(
        sign.words.contains(selector) || sign.subject.change == Change::Lag,
        "{}",
        sign.words
    );
    assert!(sign.before.is_some(), "{sign:?}");
    assert!((1..=3).contains(&sign.examples.len()), "{sign:?}");
    let exchanges = desk.exchanges();
    for example in &sign.examples {
        let mut answered = exchanges
            .iter()
            .filter_map(|exchange| match &exchange.outcome {
                Outcome::Answered(answer) => Some((&answer.location.record_id, &exchange.request)),
                Outcome::Failed(_) => None,
            });
        let found = answered.find(|(id, _)| **id == example.record_id);
        let (_, request) = found.unwrap();
        let is_its_own = request.body.is_some() || request.url.as_str() == example.url;
        assert!(is_its_own, "{example:?}");
    }
    let expected = format!(
        "khotin sites try {} --site demo",
        sign.examples[0].record_id
    );
    assert_eq!(sign.try_it, expected);
}

#[tokio::test]
async fn a_new_layout_is_told_in_the_next_run() {
    type Restyle = fn(&Control);
    #[rustfmt::skip]
    let table: [(&str, Restyle, &str, &str); 3] = [
        ("all classes", restyling::other_classes, "root", "div.contentDetail"),
        ("the body alone", restyling::other_body, "body.root", ".journal-content-article"),
        ("the date alone", restyling::other_date, "published.select", ":scope > div:nth-of-type(2) > div > p"),
    ];
    for (what, restyle, field, selector) in table {
        let desk = first_night().await;
        let second = second_night(&desk, restyle).await;
        assert_eq!(second.exit_code, 4, "{what}: {:?}", second.causes);
        let signs = &demo(&second).drift;
        assert_eq!(signs.len(), 1, "{what}: {signs:?}");
        let sign = &signs[0];
        assert_eq!(
            (sign.weight, sign.subject.change),
            (Weight::Drift, Change::Found),
            "{what}"
        );
        assert_eq!(
            sign.subject.layout.as_deref(),
            Some("liferay-article"),
            "{what}"
        );
        assert_eq!((sign.now.value, sign.now.of), (0.0, NEW as u64), "{what}");
        assert_eq!(sign.before.unwrap().value, 1.0, "{what}");
        assert_says(&desk, sign, field, selector);
        assert_nothing_lost(&desk, &second);
        assert!(
            second.causes.iter().any(|cause| cause.contains(selector)),
            "{what}"
        );
    }
}

#[tokio::test]
async fn reports_that_were_kept_as_files_serve_when_the_database_was_made_again() {
    let desk = first_night().await;
    desk.rebuild();
    let second = second_night(&desk, restyling::other_date).await;
    let signs = of(&demo(&second).drift, Change::Found);
    assert_eq!(signs.len(), 1, "{:?}", demo(&second).drift);
    assert_eq!(signs[0].before.unwrap().value, 1.0);
    // The database knows one run now, which gave the alarm itself; the files know more.
    let third = second_night(&desk, |_| {}).await;
    assert_eq!(of(&demo(&third).drift, Change::Found).len(), 1);
}

#[tokio::test]
async fn a_fallback_that_begins_to_carry_is_a_warning() {
    let desk = first_night().await;
    let second = second_night(&desk, restyling::other_container).await;
    let signs = &demo(&second).drift;
    let roots: Vec<&Sign> = signs
        .iter()
        .filter(|sign| sign.subject.field == "root")
        .collect();
    assert_eq!(roots.len(), 1, "{signs:?}");
    assert_eq!(
        (roots[0].weight, roots[0].subject.change),
        (Weight::Warning, Change::Fallback)
    );
    assert_says(&desk, roots[0], "root", "div.contentDetail");
    assert_eq!(
        (second.exit_code, &second.causes),
        (0, &Vec::new()),
        "{signs:?}"
    );
}

#[tokio::test]
async fn a_listing_without_items_is_told_for_every_section() {
    let desk = first_night().await;
    let second = second_night(&desk, restyling::other_items).await;
    assert_eq!(second.exit_code, 4, "{:?}", second.causes);
    let signs = of(&demo(&second).drift, Change::Items);
    assert_eq!(signs.len(), 4, "the four sections of the half: {signs:?}");
    for sign in signs {
        assert_eq!(sign.weight, Weight::Drift);
        assert_says(
            &desk,
            sign,
            "items",
            "div.page-list-news | div.asset-abstract",
        );
    }
    assert_nothing_lost(&desk, &second);
}

#[tokio::test]
async fn a_listing_that_shows_half_is_told() {
    let desk = first_night().await;
    let second = second_night(&desk, restyling::half_of_the_items).await;
    assert_eq!(second.exit_code, 4, "{:?}", second.causes);
    let signs = of(&demo(&second).drift, Change::Items);
    let section = SectionId::new("tin-tong-hop");
    let sign = signs
        .iter()
        .find(|sign| sign.subject.section.as_ref() == Some(&section));
    let sign = sign.unwrap();
    assert_eq!((sign.now.value, sign.before.unwrap().value), (10.0, 20.0));
    assert!(
        sign.words
            .contains("shows 10 items on its first page, before 20"),
        "{sign}"
    );
}

#[tokio::test]
async fn dates_that_jump_are_told_by_their_listings() {
    let desk = first_night().await;
    let second = second_night(&desk, restyling::lost_pm).await;
    assert_eq!(second.exit_code, 4, "{:?}", second.causes);
    let signs = &demo(&second).drift;
    assert_eq!(signs.len(), 1, "{signs:?}");
    let sign = &signs[0];
    assert_eq!(
        (sign.weight, sign.subject.change),
        (Weight::Drift, Change::Lag)
    );
    assert_eq!(sign.subject.layout.as_deref(), Some("portal-article"));
    assert_says(&desk, sign, "published.select", "$.thoiGianBatDauDang");
    assert!(
        sign.words.contains("the others lie -12.0 h from it"),
        "{sign}"
    );
    let asked = desk.exchanges().into_iter().filter(|exchange| {
        exchange.run == second.run && exchange.request.purpose == Purpose::Article
    });
    assert_eq!(asked.count(), 2 * NEW);
}

#[tokio::test]
async fn the_alarm_lasts_until_the_profile_is_mended_and_no_longer() {
    let mut desk = first_night().await;
    let second = second_night(&desk, restyling::other_classes).await;
    assert_eq!(second.exit_code, 4);
    for night in 0..3 {
        desk.control()
            .shift(Platform::Liferay, "tin-tong-hop", 1)
            .unwrap();
        let again = desk.crawl().await;
        assert_eq!(again.exit_code, 4, "night {night}: {:?}", again.causes);
    }
    let folder = tempfile::tempdir().unwrap();
    crate::mending::mend(folder.path());
    desk.sites = khotin::config::Sites::load(Some(folder.path())).unwrap();
    desk.control()
        .shift(Platform::Liferay, "tin-tong-hop", 2)
        .unwrap();
    let mended = desk.crawl().await;
    assert_eq!(
        (mended.exit_code, &mended.causes),
        (0, &Vec::new()),
        "{:?}",
        demo(&mended).drift
    );
}

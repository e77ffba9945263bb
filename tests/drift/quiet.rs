//! No false alarm: quiet nights, nights without anything new, silence by a section's rhythm.

use chrono::TimeDelta;
use khotin::demo::Platform;
use khotin::drift::{Change, Weight};

use crate::desk::{Desk, demo};

#[tokio::test]
async fn nights_without_a_change_are_quiet() {
    let desk = Desk::open(30).await;
    let first = desk.crawl().await;
    assert_eq!(demo(&first).drift, []);
    for night in 0..6 {
        desk.later(TimeDelta::hours(3));
        if night % 2 == 0 {
            let platform = [Platform::Liferay, Platform::Portal][night / 2 % 2];
            let section = ["tin-tong-hop", "8356"][night / 2 % 2];
            desk.control().shift(platform, section, 1 + night).unwrap();
        }
        let again = desk.crawl().await;
        assert_eq!(demo(&again).drift, [], "night {night}");
        assert_eq!(
            (again.exit_code, &again.causes),
            (0, &Vec::new()),
            "night {night}"
        );
    }
}

#[tokio::test]
async fn a_section_without_anything_new_is_a_warning_and_then_drift() {
    let desk = Desk::open(160).await;
    desk.crawl().await;
    // Sections of few days of publication have no rhythm.
    let rhythms = ["tin-tong-hop", "danh-muc-8356"];
    let table = [
        // what, days since the last new article, weight
        ("two days", 2, None),
        ("a year", 363, Some(Weight::Drift)),
    ];
    for (what, days, expected) in table {
        desk.later(TimeDelta::days(days));
        let report = desk.crawl().await;
        for section in rhythms {
            let mut signs = demo(&report).drift.iter();
            let sign = signs.find(|sign| {
                sign.subject
                    .section
                    .as_ref()
                    .is_some_and(|id| id.as_str() == section)
            });
            assert_eq!(sign.map(|sign| sign.weight), expected, "{what}, {section}");
            if let Some(sign) = sign {
                assert_eq!(sign.subject.change, Change::Silence);
                assert_eq!(report.exit_code, 4);
                assert!(
                    sign.words.contains("shows nothing new for 365 days"),
                    "{sign}"
                );
            }
        }
    }
    // Something new ends it.
    desk.control()
        .shift(Platform::Liferay, "tin-tong-hop", 1)
        .unwrap();
    let report = desk.crawl().await;
    let is_silent = |section: &str| {
        demo(&report).drift.iter().any(|sign| {
            sign.subject
                .section
                .as_ref()
                .is_some_and(|id| id.as_str() == section)
        })
    };
    assert!(!is_silent("tin-tong-hop"));
    assert!(is_silent("danh-muc-8356"));
}

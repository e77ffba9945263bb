//! A second crawl asks for the first page of each section, for what is due, and for nothing else.

use chrono::TimeDelta;
use khotin::archive::{Outcome, RevisitKind};
use khotin::demo::{NewArticle, Platform};
use khotin::frontier::revisit::due_after;
use khotin::model::{Method, Purpose};

use crate::support::{Desk, demo, keys};

/// What a run asks of the sections when nothing is new.
const SECTIONS: [&str; 8] = [
    "listing hoat-dong-cua-lanh-dao-bo 1",
    "listing tin-tong-hop 1",
    "listing tin-noi-bat 1",
    "listing hoat-dong-cua-dia-phuong 1",
    "listing 8358 100",
    "listing 8351 100",
    "listing 8356 100",
    "listing 8355 100",
];

#[tokio::test]
async fn a_second_crawl_right_after_asks_for_the_sections_only() {
    // Three pages in one section, so that the first crawl walks and the second must not.
    let desk = Desk::open(24).await;
    desk.control()
        .shift(Platform::Liferay, "tin-tong-hop", 40)
        .unwrap();
    let first = desk.crawl().await;
    assert_eq!((first.exit_code, &first.causes), (0, &Vec::new()));
    assert!(desk.asked().contains(&"listing tin-tong-hop 3".to_owned()));

    let second = desk.crawl().await;
    assert_eq!(desk.asked(), SECTIONS);
    let report = demo(&second);
    assert_eq!((second.exit_code, report.requests), (0, 8));
    assert!(report.new.is_empty() && report.changed.is_empty() && report.gone.is_empty());
    assert_eq!(report.unchanged, 0, "no article was looked at");
}

#[tokio::test]
async fn robots_txt_is_asked_for_again_after_a_day() {
    let mut desk = Desk::open(8).await;
    desk.revisit_after(&[]);
    desk.crawl().await;
    desk.later(TimeDelta::hours(23));
    desk.crawl().await;
    assert_eq!(desk.asked(), SECTIONS);
    desk.later(TimeDelta::hours(2));
    desk.crawl().await;
    assert_eq!(desk.asked()[0], "robots");
    assert_eq!(desk.asked()[1..], SECTIONS);
}

#[tokio::test]
async fn a_night_without_news_asks_for_the_sections_what_is_due_and_robots_txt_once_a_day() {
    // Both platforms have articles; nothing changes for a month.
    let desk = Desk::open(6).await;
    let all = keys(&demo(&desk.crawl().await).new);
    for platform in ["demo:liferay:", "demo:portal:"] {
        assert!(
            all.iter().any(|key| key.starts_with(platform)),
            "{platform}"
        );
    }
    let mut articles: Vec<String> = all.iter().map(|key| format!("article {key}")).collect();
    articles.sort();
    let none = Vec::new();
    let table = [
        // nights after the first, articles that are due
        (1, &articles),
        (2, &none),
        (3, &articles),
        (4, &none),
        (7, &articles),
        (29, &none),
        (30, &articles),
        (31, &none),
    ];
    let mut last = 0;
    for (night, due) in table {
        // A minute later each night: what is due after a day is due then.
        desk.later(TimeDelta::days(night - last) + TimeDelta::minutes(1));
        last = night;
        let report = desk.crawl().await;
        let mut asked = desk.asked();
        assert_eq!(asked.remove(0), "robots", "night {night}");
        assert_eq!(asked[..SECTIONS.len()], SECTIONS, "night {night}");
        let mut looked_at = asked.split_off(SECTIONS.len());
        looked_at.sort();
        assert_eq!(looked_at, *due, "night {night}");
        let report = demo(&report);
        let expected = 1 + SECTIONS.len() + due.len();
        assert_eq!(report.requests, expected as u64, "night {night}");
        assert_eq!(report.unchanged, due.len() as u64, "night {night}");

        desk.crawl().await;
        assert_eq!(desk.asked(), SECTIONS, "again in night {night}");
    }
}

#[tokio::test]
async fn after_a_day_exactly_the_articles_of_yesterday_are_due() {
    let desk = Desk::open(30).await;
    let old = keys(&demo(&desk.crawl().await).new);
    desk.later(TimeDelta::hours(12));
    let new = ["tin-tong-hop", "8356"].map(|section| {
        let platform = match section {
            "8356" => Platform::Portal,
            _ => Platform::Liferay,
        };
        let title = format!("Tin mới ở {section} (giả lập)");
        let new = NewArticle::plain(platform, section, &title, &["Một đoạn."]);
        desk.control().add(new).unwrap()
    });
    let report = desk.crawl().await;
    assert_eq!(keys(&demo(&report).new), new.iter().cloned().collect());
    assert_eq!(desk.asked().len(), SECTIONS.len() + new.len());

    desk.later(TimeDelta::hours(13));
    let report = desk.crawl().await;
    let mut asked = desk.asked_for("article ");
    asked.sort();
    let due: Vec<String> = old.iter().map(|key| format!("article {key}")).collect();
    assert_eq!(asked, due);
    assert_eq!(desk.asked().len(), 1 + SECTIONS.len() + due.len());
    let report = demo(&report);
    assert_eq!(report.unchanged, old.len() as u64);
    assert!(report.changed.is_empty(), "{:?}", report.changed);

    desk.later(TimeDelta::hours(12));
    desk.crawl().await;
    let mut asked = desk.asked_for("article ");
    asked.sort();
    let mut due = new.map(|key| format!("article {key}"));
    due.sort();
    assert_eq!(asked, due);
}

#[tokio::test]
async fn an_unchanged_page_is_archived_as_a_revisit() {
    let desk = Desk::open(30).await;
    desk.crawl().await;
    let first = desk.exchanges().len();
    desk.later(TimeDelta::hours(25));
    desk.crawl().await;
    let (mut not_modified, mut identical, mut whole) = (0, 0, 0);
    for exchange in &desk.exchanges()[first..] {
        let Outcome::Answered(answer) = &exchange.outcome else {
            panic!("{} has no answer", exchange.request.url);
        };
        if exchange.request.method == Method::Post {
            // A revisit of it could not be replayed.
            assert_eq!(answer.revisit, None, "{}", exchange.request.url);
            whole += 1;
            continue;
        }
        let revisit = answer.revisit.as_ref();
        let revisit = revisit.unwrap_or_else(|| panic!("{} is no revisit", exchange.request.url));
        let head = String::from_utf8_lossy(&exchange.sent_head);
        let is_liferay_article =
            exchange.request.purpose == Purpose::Article && exchange.request.body.is_none();
        match revisit.kind {
            RevisitKind::NotModified => {
                not_modified += 1;
                assert_eq!(answer.status, 304);
                assert!(is_liferay_article);
                assert!(head.contains("\r\nif-none-match: W/\""), "{head}");
                assert!(head.contains("\r\nif-modified-since: "), "{head}");
            }
            RevisitKind::IdenticalPayload => {
                identical += 1;
                assert_eq!(answer.status, 200);
                assert!(!answer.body.is_empty(), "the payload of the first is found");
                assert!(!head.contains("if-none-match"), "{head}");
                assert!(!is_liferay_article, "{}", exchange.request.url);
            }
        }
    }
    // 15 odd ones and both seeds on Liferay; robots.txt and the 4 sections of Liferay; 4 sections, 15 even
    // ones and the 25th of the portal.
    assert_eq!((not_modified, identical, whole), (17, 1 + 4, 4 + 16));
    for article in desk.articles().values() {
        assert_eq!(article.versions.len(), 1, "{}", article.key);
        let versions = &article.versions[0];
        assert!(versions.last_seen > versions.first_seen, "{}", article.key);
    }
}

#[tokio::test]
async fn an_article_is_looked_at_four_times_and_then_left_alone() {
    let desk = Desk::open(4).await;
    let days = [1, 3, 7, 30];
    let schedule: Vec<_> = desk.config.crawl.revisit.iter().map(|one| one.0).collect();
    let now = chrono::Utc::now();
    assert_eq!(
        due_after(&schedule, 1, now, now),
        Some(now + TimeDelta::days(1))
    );
    let all = keys(&demo(&desk.crawl().await).new).len();
    let mut last = 0;
    for day in days {
        desk.later(TimeDelta::days(day - last) - TimeDelta::hours(2));
        desk.crawl().await;
        assert!(desk.asked_for("article ").is_empty(), "before day {day}");
        desk.later(TimeDelta::hours(3));
        desk.crawl().await;
        assert_eq!(desk.asked_for("article ").len(), all, "after day {day}");
        desk.later(-TimeDelta::hours(1));
        last = day;
    }
    desk.later(TimeDelta::days(400));
    desk.crawl().await;
    assert!(desk.asked_for("article ").is_empty());
}

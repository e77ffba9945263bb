//! A listing that moves while it is walked loses no item.

use khotin::demo::{Control, Expected, Ministry, NewArticle, Platform};

use khotin::model::SectionId;
use khotin::pipeline::CrawlOptions;

use crate::support::{Desk, demo, only};

/// The truth of the section.
fn in_section(control: &Control) -> Vec<Expected> {
    let mut all = control.expected();
    all.retain(|one| one.sections.contains(&"tin-tong-hop".to_owned()));
    all
}

type Edit = fn(&mut Ministry, chrono::DateTime<chrono::Utc>);

/// The newest article of the section that is still there.
fn newest(ministry: &Ministry) -> String {
    let mut all = ministry.expected();
    all.retain(|one| one.sections.contains(&"tin-tong-hop".to_owned()));
    all.sort_by_key(|one| one.published);
    all.pop().unwrap().key
}

fn add(ministry: &mut Ministry, now: chrono::DateTime<chrono::Utc>) {
    let title = format!("Chen vào giữa {} (giả lập)", ministry.expected().len());
    let new = NewArticle::plain(Platform::Liferay, "tin-tong-hop", &title, &["Một đoạn."]);
    ministry.add(new, now).unwrap();
}

fn delete(ministry: &mut Ministry, now: chrono::DateTime<chrono::Utc>) {
    let key = newest(ministry);
    ministry
        .delete(&key, khotin::demo::Gone::NotFound, now)
        .unwrap();
}

/// Reads the section's listing, which comes before all articles; says whether that was whole, and how
/// it ended.
async fn walk(desk: &Desk) -> (bool, Option<String>) {
    let options = CrawlOptions {
        max_requests: Some(11),
        ..only("tin-tong-hop")
    };
    let report = desk.crawl_with(options).await;
    let section = &demo(&report).sections[&SectionId::new("tin-tong-hop")];
    (section.complete, section.end.clone())
}

#[tokio::test]
async fn no_item_slips_past_between_two_pages() {
    let table: [(&str, &[(&str, Edit)]); 6] = [
        ("one in before page 2", &[("_cur=2", add)]),
        ("one out before page 2", &[("_cur=2", delete)]),
        ("one out before page 3", &[("_cur=3", delete)]),
        (
            "three out before page 2",
            &[("_cur=2", delete), ("_cur=2", delete), ("_cur=2", delete)],
        ),
        ("one out and one in", &[("_cur=2", delete), ("_cur=3", add)]),
        ("one in and one out", &[("_cur=2", add), ("_cur=3", delete)]),
    ];
    for (what, edits) in table {
        let desk = Desk::open(6).await;
        let control = desk.control();
        control
            .shift(Platform::Liferay, "tin-tong-hop", 42)
            .unwrap();
        for (page, edit) in edits {
            control.before_request(&format!("DmTongHopTin{page}"), *edit);
        }
        let first = in_section(control).len();
        let end = walk(&desk).await;
        assert_eq!(end, (true, Some("the last page".to_owned())), "{what}");
        let articles = desk.articles();
        assert!(articles.len() >= first);
        for expected in in_section(control) {
            assert!(
                articles.contains_key(&expected.key),
                "{what}: {}",
                expected.key
            );
        }
    }
}

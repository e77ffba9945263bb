//! The database is made again from the archive alone, and the exports are the same bytes.

use chrono::TimeDelta;
use khotin::demo::Fault;
use khotin::pipeline::{CrawlOptions, compare};

use crate::support::Desk;

/// Exports, throws the database away, makes it again and compares.
fn assert_rebuild_is_equal(desk: &Desk, name: &str) {
    let before = desk.export(&format!("{name}-before"));
    let exchanges = desk.exchanges().len() as u64;
    assert_eq!(desk.rebuild(), exchanges);
    let after = desk.export(&format!("{name}-after"));
    assert_eq!(before.len(), 8, "{:?}", before.keys());
    for (file, bytes) in &before {
        assert!(*bytes == after[file], "{name}: {file} differs");
    }
    assert_eq!(before.len(), after.len());
    let comparison = compare(&desk.store(), &desk.archive()).unwrap();
    assert!(comparison.is_equal(), "{comparison}");
}

#[tokio::test]
async fn after_one_crawl() {
    let desk = Desk::open(24).await;
    desk.crawl().await;
    assert_rebuild_is_equal(&desk, "one");
    // And the crawl goes on as if nothing had been: robots.txt is not rebuilt.
    let report = desk.crawl().await;
    assert_eq!(report.exit_code, 0, "{:?}", report.causes);
    assert_eq!(desk.asked().len(), 9, "{:?}", desk.asked());
}

#[tokio::test]
async fn after_edits_faults_and_several_runs() {
    let desk = Desk::open(24).await;
    let control = desk.control();
    let keys: Vec<String> = control.expected().into_iter().map(|one| one.key).collect();
    let limited = CrawlOptions {
        max_requests: Some(20),
        ..CrawlOptions::default()
    };
    control.plan_fault("/content/", 2, Fault::Close);
    control.plan_fault("/content/", 2, Fault::status(500));
    control.plan_fault("/bridge", 1, Fault::CutShort { bytes: 100 });
    desk.crawl_with(limited).await;
    desk.crawl().await;
    control
        .edit(&keys[1], |article| article.title.push_str(" (sửa)"))
        .unwrap();
    control.delete(&keys[2]).unwrap();
    control.rename(&keys[3], "Đổi tên (giả lập)").unwrap();
    control.touch_noise();
    desk.later(TimeDelta::hours(30));
    desk.crawl().await;
    control.restore(&keys[2]).unwrap();
    control
        .edit(&keys[1], |article| article.lead = None)
        .unwrap();
    control.set_robots("User-agent: *\nDisallow: /tin-noi-bat\n");
    desk.later(TimeDelta::hours(60));
    desk.crawl().await;
    let versions = |key: &str| desk.article(key).versions.len();
    assert_eq!((versions(&keys[1]), versions(&keys[0])), (3, 1));
    assert_rebuild_is_equal(&desk, "many");
}

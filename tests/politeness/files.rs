//! Files of articles: the hosts that they come from are asked as politely as the site itself, each by its
//! own robots.txt and at its own pace, and a host that no profile names is never asked.

use std::collections::BTreeSet;
use std::time::Duration;

use khotin::config::Assets;
use khotin::demo::{AccessEntry, Fault, HOST, PICTURE_HOSTS};

use crate::support::{Desk, demo};

async fn desk() -> Desk {
    let mut desk = Desk::open(24).await;
    desk.config.crawl.assets = Assets::Images;
    desk
}

fn of_host(desk: &Desk, host: &str) -> Vec<AccessEntry> {
    let mut log = desk.ministry.log();
    log.retain(|entry| entry.host == host);
    log
}

#[tokio::test]
async fn the_robots_txt_of_a_host_of_files_is_asked_first_and_obeyed() {
    let desk = desk().await;
    let host = PICTURE_HOSTS[0];
    let control = desk.control();
    control.set_robots_of(host, "User-agent: *\nDisallow: /thumb_w/\n");
    let report = desk.crawl().await;
    let asked: Vec<String> = of_host(&desk, host)
        .into_iter()
        .map(|entry| entry.target)
        .collect();
    assert_eq!(asked[0], "/robots.txt");
    assert!(asked.len() > 1, "originals are allowed");
    assert!(
        asked.iter().all(|target| !target.contains("/thumb_w/")),
        "{asked:?}"
    );
    let files = &demo(&report).assets;
    let refused: u64 = files.refused.values().sum();
    assert_eq!(
        refused,
        asked.len() as u64 - 1,
        "a thumbnail for each original"
    );
    let rule = files.refused.keys().next().unwrap();
    assert!(rule.starts_with("disallowed by robots.txt"), "{rule}");
    // The host's own wish is no fault of the night.
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
}

#[tokio::test]
async fn each_host_has_a_pace_of_its_own() {
    let mut desk = desk().await;
    desk.keep_pace(100, 2000);
    let host = PICTURE_HOSTS[0];
    let slow = "User-agent: *\nCrawl-delay: 0.3\n";
    desk.control().set_robots_of(host, slow);
    let options = khotin::pipeline::CrawlOptions {
        sections: vec![khotin::model::SectionId::new("hoat-dong-cua-lanh-dao-bo")],
        ..Default::default()
    };
    desk.crawl_with(options).await;
    for (host, least) in [(HOST, 100), (host, 300)] {
        let log = of_host(&desk, host);
        assert!(log.len() > 2, "{host}: {}", log.len());
        for pair in log.windows(2) {
            let gap = pair[1].at - pair[0].answered_at.unwrap();
            assert!(gap >= Duration::from_millis(least), "{host}: {gap:?}");
        }
    }
}

#[tokio::test]
async fn a_host_that_is_not_named_is_not_even_asked_for_its_robots_txt() {
    let mut desk = desk().await;
    let text = include_str!("../../sites/demo.toml");
    let named = text
        .lines()
        .find(|line| line.starts_with("asset_hosts"))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let other = format!("asset_hosts = [\"{}\"]", PICTURE_HOSTS[1]);
    std::fs::write(folder.path().join("demo.toml"), text.replace(named, &other)).unwrap();
    desk.sites = khotin::config::Sites::load(Some(folder.path())).unwrap();
    let report = desk.crawl().await;
    assert_eq!(report.exit_code, 0);
    // Pictures stand at the first host, and every request of a run reaches the one server: its log is all
    // that was wished for.
    let hosts: BTreeSet<String> = desk
        .ministry
        .log()
        .into_iter()
        .map(|one| one.host)
        .collect();
    assert_eq!(hosts, BTreeSet::from([HOST.to_owned()]));
    assert_eq!(
        demo(&report).assets.refused.len(),
        0,
        "it was never planned"
    );
}

#[tokio::test]
async fn a_host_of_files_that_is_down_holds_up_no_page_and_is_left_alone_for_the_run() {
    let mut desk = desk().await;
    desk.keep_pace(2, 60);
    // Thumbnails are at the host that does not answer, the ministry's own pictures are not.
    desk.control()
        .plan_fault("/thumb_w/640/", 1000, Fault::Close);
    desk.control()
        .plan_fault("/123456789012345678/", 1000, Fault::Close);
    let report = desk.crawl().await;
    let site = demo(&report);
    assert_eq!(site.held, None, "the site is asked on");
    assert_eq!((site.left, site.assets.left), (0, 0));
    let own = desk.ministry.log();
    let own = own
        .iter()
        .filter(|one| one.host == HOST && one.target.contains(".jpg"));
    assert_eq!(
        site.assets.archived,
        own.count() as u64,
        "own pictures are there"
    );
    let refused: Vec<&String> = site.assets.refused.keys().collect();
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(
        refused[0].starts_with("anh1.khotin.test does not answer"),
        "{refused:?}"
    );
    let asked = of_host(&desk, PICTURE_HOSTS[0]).len();
    assert_eq!(asked, 1 + 5, "robots.txt, and five failures in a row");
    // The next night begins with a probe, and finds all of them.
    desk.control().clear_faults();
    desk.later(chrono::TimeDelta::days(1));
    let report = desk.crawl().await;
    assert_eq!(report.exit_code, 0, "{:?}", report.causes);
    assert!(of_host(&desk, PICTURE_HOSTS[0]).len() > asked);
}

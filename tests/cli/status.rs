//! `khotin status`: one screen, in both languages, beside a crawl and after a rebuild.

use std::fs;

use khotin::demo::{Answer, Fault, Platform};

use crate::program::{World, wait_until};

const ONE_SECTION: &str = "sections = [\"tin-tong-hop\"]\ntries = 1";

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[test]
fn one_screen_shows_runs_disk_sections_and_what_is_due() {
    let world = World::new(40);
    world.configure("");
    world.run(&["crawl"]).expect("first", 0);
    world.run(&["crawl"]).expect("second", 0);
    let status = world.run(&["status"]).expect("status", 0).stdout;
    assert!(lines(&status).len() <= 24, "{status}");
    let widest = status.lines().map(|line| line.chars().count()).max();
    assert!(widest.unwrap() <= 80, "{status}");
    for words in [
        "run (UTC)",
        "archive  ",
        " in 2 files, database ",
        " free, 500.0 MB stay free\nfull     not foretold: answers on fewer than 3 days\n",
        "demo  articles: 43 live; due now: 0 requests, next 2",
        "section",
        "tin-tong-hop",
    ] {
        assert!(status.contains(words), "no {words:?} in {status}");
    }
    let json = world.run(&["status", "--json"]).expect("json", 0).json();
    let runs = json["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0]["run"], json["last_run"]["run"]);
    let new: Vec<_> = runs.iter().map(|run| run["new"].as_u64()).collect();
    assert_eq!(new, [Some(0), Some(43)], "the newest comes first");
    assert!(runs.iter().all(|run| run["exit_code"] == 0));
    assert_eq!(json["archive"]["files"], 2);
    assert_eq!(json["disk"]["days_left"], serde_json::Value::Null);
    assert_eq!(json["disk"]["unknown"], "too_few_days");
    assert_eq!(json["disk"]["min_free_bytes"], 500_000_000);
    let site = &json["sites"]["demo"];
    assert_eq!(site["due"], 0);
    assert!(site["next_due"].as_str().unwrap().starts_with("20"));
    assert!(site["sections"]["tin-tong-hop"]["newest"].is_string());
    assert_eq!(site["failures"], serde_json::json!([]));
}

#[test]
fn the_screen_speaks_vietnamese_and_keeps_the_names_of_machines() {
    let world = World::new(40);
    world.configure(ONE_SECTION);
    world.run(&["crawl", "--lang", "vi"]).expect("crawl", 0);
    let status = world
        .run(&["status", "--lang", "vi"])
        .expect("vi", 0)
        .stdout;
    for words in [
        "lượt chạy (UTC)",
        "chuyên mục",
        "còn trống",
        "demo  bài: ",
        "đến hạn: 0 yêu cầu",
    ] {
        assert!(status.contains(words), "no {words:?} in {status}");
    }
    for english in ["archive", "articles:", "free", "due now"] {
        assert!(!status.contains(english), "{english} in {status}");
    }
    let keys = |lang: &str| {
        let answer = world.run(&["status", "--json", "--lang", lang]).json();
        let keys = answer["sites"]["demo"].as_object().unwrap().keys();
        keys.cloned().collect::<Vec<_>>()
    };
    assert_eq!(keys("vi"), keys("en"));
}

#[test]
fn after_a_rebuild_without_a_database_the_runs_are_known_from_the_archive() {
    let world = World::new(40);
    world.configure(ONE_SECTION);
    world.run(&["crawl"]).expect("crawl", 0);
    let before = world.run(&["status", "--json"]).json();
    fs::remove_file(world.path("output/khotin.db")).unwrap();
    world.run(&["rebuild"]).expect("rebuild", 0);
    let after = world.run(&["status", "--json"]).expect("json", 0).json();
    assert_eq!(after["last_run"], serde_json::Value::Null);
    let (run, old) = (&after["runs"][0], &before["runs"][0]);
    assert_eq!(run["run"], old["run"]);
    assert_eq!(run["known_from"], "archive");
    assert_eq!(run["exchanges"], old["requests"]);
    assert_eq!(run["exit_code"], serde_json::Value::Null, "not invented");
    let status = world.run(&["status"]).expect("status", 0).stdout;
    assert!(status.contains("known from the archive alone"), "{status}");
}

#[test]
fn it_reads_beside_a_crawl_and_says_that_the_run_has_not_ended() {
    let world = World::new(40);
    world.configure(ONE_SECTION);
    world.control().plan_fault("/content/", 1, Fault::Stall);
    let crawl = world.start(&["crawl"]);
    wait_until("an article is asked for", || {
        let is_article = |target: &str| target.contains("/content/");
        world.log().iter().any(|entry| is_article(&entry.target))
    });
    let status = world.run(&["status"]).expect("beside", 0).stdout;
    assert!(status.contains("has not ended: it runs"), "{status}");
    assert!(crawl.kill());
}

#[test]
fn failures_and_refusals_are_named_with_what_comes_of_them() {
    let world = World::new(40);
    world.configure(ONE_SECTION);
    world.run(&["crawl"]).expect("first", 0);
    world
        .control()
        .shift(Platform::Liferay, "tin-tong-hop", 7)
        .unwrap();
    // A closed connection would make the pace wait for the host; this is the request's own fault.
    let no = Fault::Instead(Answer::new(400, "text/plain", "no"));
    world.control().plan_fault("/content/", 7, no);
    world.run(&["crawl"]).expect("failed", 1);
    let status = world.run(&["status"]).expect("status", 0).stdout;
    let named = status
        .lines()
        .filter(|line| line.starts_with("  failed: http"));
    assert_eq!(named.count(), 5, "{status}");
    for words in ["failed in 1 run)", "2 more failed", "7 requests failed"] {
        assert!(status.contains(words), "no {words:?} in {status}");
    }
    let json = world.run(&["status", "--json"]).json();
    let failures = json["sites"]["demo"]["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 7);
    assert!(failures.iter().all(|row| row["state"] == "failed"));
    let vietnamese = world.run(&["status", "--lang", "vi"]).stdout;
    assert!(vietnamese.contains("còn 2 yêu cầu lỗi nữa"), "{vietnamese}");
}

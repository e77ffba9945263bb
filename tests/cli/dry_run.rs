//! `khotin crawl --dry-run` asks nothing and changes nothing.

use std::path::PathBuf;

use crate::program::{World, files_below};

/// The folder's files and bytes, without the two helpers that SQLite keeps beside a database for
/// whoever reads it.
fn files(world: &World) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = files_below(world.folder());
    files.retain(|(path, _)| {
        let name = path.to_string_lossy();
        !name.ends_with(".db-wal") && !name.ends_with(".db-shm")
    });
    files
}

#[test]
fn before_the_first_crawl_it_names_the_listings() {
    let world = World::new(5);
    let before = files(&world);
    let ran = world.run(&["crawl", "--dry-run"]).expect("text", 0);
    assert!(
        ran.stdout
            .starts_with("demo: one request every 1ms, after robots.txt\n")
    );
    assert!(
        ran.stdout
            .contains("listing GET http://demo.khotin.test/tin-tong-hop?"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout
            .ends_with("  8 requests are known now; listings may add more\n")
    );
    let plan = world
        .run(&["crawl", "--dry-run", "--json"])
        .expect("JSON", 0)
        .json();
    assert_eq!(plan[0]["site"], "demo");
    assert_eq!(plan[0]["requests"].as_array().unwrap().len(), 8);
    let one = world.run(&["crawl", "--dry-run", "--json", "--section", "danh-muc-8356"]);
    let one = one.expect("a section", 0).json();
    let requests = one[0]["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0]["method"], "POST");
    assert!(requests[0]["body"].as_str().unwrap().contains("8356"));
    assert_eq!(files(&world), before);
    assert_eq!(world.log().len(), 0);
}

#[test]
fn in_the_middle_it_names_what_is_left() {
    let world = World::new(40);
    let ran = world
        .run(&["crawl", "--max-requests", "6", "--json"])
        .expect("part", 1);
    let left = ran.json()["sites"]["demo"]["left"].as_u64().unwrap();
    assert!(left > 0);
    world.control().clear_log();
    let before = files(&world);
    let plan = world
        .run(&["crawl", "--dry-run", "--json"])
        .expect("JSON", 0)
        .json();
    let requests = plan[0]["requests"].as_array().unwrap();
    assert!(
        requests.len() as u64 >= left,
        "{} of {left}",
        requests.len()
    );
    assert!(
        requests
            .iter()
            .any(|request| request["purpose"] == "article")
    );
    world.run(&["crawl", "--dry-run"]).expect("text", 0);
    assert_eq!(files(&world), before);
    assert_eq!(world.log().len(), 0);
}

#[test]
fn files_are_counted_before_they_are_asked_and_no_size_is_invented() {
    let world = World::new(24);
    world.run(&["crawl"]).expect("pages", 0);
    let before = files(&world);
    let asked = world.log().len();
    let plan = |which: &str| {
        let ran = world.run(&["crawl", "--dry-run", "--assets", which, "--json"]);
        ran.expect("JSON", 0).json()[0]["files"].clone()
    };
    assert_eq!(plan("none"), serde_json::Value::Null);
    let (images, all) = (plan("images"), plan("all"));
    let number = |plan: &serde_json::Value, name: &str| plan[name].as_u64().unwrap();
    assert_eq!(number(&images, "attachments"), 0);
    assert_eq!(number(&images, "images"), number(&all, "images"));
    assert!(number(&all, "images") > 10);
    let files_of_all = number(&all, "images") + number(&all, "attachments");
    assert_eq!(number(&all, "known_sizes"), 0, "nobody said a size");
    assert_eq!(number(&all, "unknown_sizes"), files_of_all);
    // 1 GB of a run and the file that reaches it, or 20 MiB a file.
    let bound = (files_of_all * 20_971_520).min(1_000_000_000 + 20_971_520);
    assert_eq!(number(&all, "at_most_bytes"), bound);
    let text = world.run(&["crawl", "--dry-run", "--assets", "images"]);
    let text = text.expect("text", 0).stdout;
    let line = format!(
        "  files (assets = images): {} images and 0 attachments of known articles; new articles add more\n",
        number(&images, "images")
    );
    assert!(text.contains(&line), "{text}");
    let words = format!("not known of {}", number(&images, "unknown_sizes"));
    assert!(text.contains(&words), "{text}");
    assert_eq!(files(&world), before);
    assert_eq!(world.log().len(), asked, "nothing was asked");
    // What was counted is what is asked.
    let report = world.run(&["crawl", "--assets", "images", "--json"]);
    let report = report.expect("files", 0).json();
    let archived = &report["sites"]["demo"]["assets"]["archived"];
    assert_eq!(archived.as_u64(), Some(number(&images, "images")));
    assert_eq!(number(&plan("images"), "images"), 0, "nothing is left");
}

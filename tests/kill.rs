//! A crawl that is killed (SIGKILL) again and again ends with the same records as one that was left
//! alone, asks for nothing twice that it has, and its archive is sound.
//!
//! The instants are drawn by a seeded generator: so many requests after the start, as the ministry's
//! own log counts them, and a few more milliseconds, so that sending, archiving, fsync, reading, commit
//! and recovery are all hit.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is test code: a panic is a failed test"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use khotin::archive::{Archive, Outcome};
use khotin::demo::AccessEntry;
use khotin::model::Purpose;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

#[path = "support/program.rs"]
mod program;

use program::{Running, World, khotin, wait_until};

const KILLS: usize = 20;
/// Articles of the ministry: enough that twenty killed runs do not come to the end.
const ARTICLES: usize = 180;

/// What differs between two crawls of one ministry, whatever happens to them: times and sequence
/// numbers (`capture`). Of the captures, with run, file, offset and record id, [`captures`] compares
/// what does not.
const NOT_COMPARED: [&str; 5] = ["first_seen", "last_seen", "since", "capture", "captures"];

/// The record without what is not compared.
fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for name in NOT_COMPARED {
                fields.remove(name);
            }
            fields.values_mut().for_each(strip);
        }
        Value::Array(values) => values.iter_mut().for_each(strip),
        _ => {}
    }
}

/// What was captured of the article itself: address, status, bytes. A listing is left out, because
/// every run reads it again.
fn captures(record: &Value) -> Vec<[String; 3]> {
    let captures = record["captures"].as_array().unwrap().iter();
    let own = captures.filter(|capture| capture["used_as"] == "article");
    own.map(|capture| {
        ["request_url", "status", "payload_sha256"].map(|name| capture[name].to_string())
    })
    .collect()
}

/// All records of a folder by key: what is compared, and the captures.
fn records(folder: &Path) -> BTreeMap<String, (Value, Vec<[String; 3]>)> {
    let ran = program::run(folder, &["export", "--json"]).expect("export", 0);
    let exported = folder.join(ran.json()["folder"].as_str().unwrap());
    let lines = fs::read_to_string(exported.join("articles.jsonl")).unwrap();
    let records = lines.lines().map(|line| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        let captures = captures(&record);
        strip(&mut record);
        (
            record["key"].as_str().unwrap().to_owned(),
            (record, captures),
        )
    });
    records.collect()
}

/// The request that asks for an article, however often: target and body.
fn article_of(entry: &AccessEntry) -> Option<String> {
    let is_article =
        entry.target.contains("/content/") || entry.target.contains("layChiTietBaiViet");
    let text = String::from_utf8_lossy(&entry.raw_request);
    let body = text.split("\r\n\r\n").nth(1).unwrap_or_default();
    is_article.then(|| format!("{} {body}", entry.target))
}

/// Kills crawls; gives how many articles each platform had been asked for when it happened.
fn kill_crawls(world: &World, random: &mut StdRng) -> BTreeMap<&'static str, usize> {
    let mut struck = BTreeMap::new();
    for kill in 0..KILLS {
        let before = world.log().len();
        let requests = random.random_range(0..7);
        let more = Duration::from_micros(random.random_range(0..20_000));
        let mut crawl = world.start(&["crawl"]);
        wait_until("requests", || {
            world.log().len() >= before + requests || !crawl.is_running()
        });
        std::thread::sleep(more);
        assert!(
            crawl.kill(),
            "run {kill} ended by itself: the ministry is too small"
        );
        let log = world.log();
        if let Some(last) = log[before..].last() {
            let is_portal = last.target.starts_with("/bridge");
            let platform = if is_portal { "portal" } else { "liferay" };
            *struck.entry(platform).or_default() += 1;
        }
    }
    struck
}

/// Every article of the archive has one exchange, and the archive is sound.
fn check_archive(world: &World) {
    let verified = world.run(&["verify", "--json"]).expect("verify", 0).json();
    assert_eq!(verified["sound"], true);
    let archive = Archive::new(world.path("output/archive"));
    let mut exchanges: BTreeMap<String, usize> = BTreeMap::new();
    for exchange in archive.exchanges(&BTreeMap::new()).unwrap() {
        let exchange = exchange.unwrap();
        assert!(matches!(exchange.outcome, Outcome::Answered(_)));
        if exchange.request.purpose == Purpose::Article {
            *exchanges
                .entry(exchange.request.key().to_string())
                .or_default() += 1;
        }
    }
    let twice: Vec<_> = exchanges
        .iter()
        .filter(|(_, number)| **number > 1)
        .collect();
    assert!(twice.is_empty(), "kept twice: {twice:?}");
}

/// A request for an article that came again was not kept the first time: it was the last of its
/// connection, of which every run has one.
fn check_requests(log: &[AccessEntry]) {
    let mut last_of: BTreeMap<u64, u64> = BTreeMap::new();
    let mut asked: BTreeMap<String, Vec<&AccessEntry>> = BTreeMap::new();
    for entry in log {
        last_of.insert(entry.connection, entry.number);
        if let Some(article) = article_of(entry) {
            asked.entry(article).or_default().push(entry);
        }
    }
    assert!(last_of.len() <= KILLS + 1, "{} connections", last_of.len());
    for (article, entries) in asked {
        for entry in &entries[..entries.len() - 1] {
            assert_eq!(
                entry.number, last_of[&entry.connection],
                "{article} was kept and asked again"
            );
        }
    }
}

fn killed_crawls_end_like_one_left_alone(sections: &str, platform: &str, seed: u64) {
    let world = World::new(ARTICLES);
    world.configure(sections);
    let mut random = StdRng::seed_from_u64(seed);
    let struck = kill_crawls(&world, &mut random);
    assert!(struck[platform] > KILLS / 2, "{struck:?}");
    world.run(&["crawl"]).expect("the last run", 0);
    check_archive(&world);

    check_requests(&world.log());

    let killed = records(world.folder());
    let alone = tempfile::tempdir().unwrap();
    fs::copy(world.path("config.toml"), alone.path().join("config.toml")).unwrap();
    let crawl = Running::start(khotin(alone.path(), &["crawl"]));
    crawl.end().expect("the crawl that is left alone", 0);
    let undisturbed = records(alone.path());
    assert_eq!(
        killed.keys().collect::<Vec<_>>(),
        undisturbed.keys().collect::<Vec<_>>()
    );
    for (key, record) in &undisturbed {
        assert_eq!(&killed[key], record, "{key}");
    }
}

#[test]
fn twenty_kills_on_the_liferay_half() {
    let sections = "sections = [\"tin-tong-hop\", \"hoat-dong-cua-lanh-dao-bo\"]";
    killed_crawls_end_like_one_left_alone(sections, "liferay", 1);
}

#[test]
fn twenty_kills_on_the_portal_half() {
    let sections = "sections = [\"danh-muc-8351\", \"danh-muc-8356\", \"danh-muc-8355\"]";
    killed_crawls_end_like_one_left_alone(sections, "portal", 2);
}

//! A capture that ends the process which reads it is put aside at the next start, the crawl goes on,
//! and `rebuild --retry` reads it again. One that was only being read when the process was killed is
//! read as if nothing had been.
//!
//! The program is told by `KHOTIN_TEST_READING` (debug builds only) at which requests reading the
//! answer aborts, hangs or fills the stack.
#![cfg(debug_assertions)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is test code: a panic is a failed test"
)]

use std::fs;
use std::path::Path;

use khotin::demo::Platform;
use serde_json::Value;

#[path = "support/program.rs"]
mod program;

use program::{Ran, Running, World, khotin, wait_until};

const SWITCH: &str = "KHOTIN_TEST_READING";

/// A ministry, and the key of an article that was listed and not asked for yet: it gets the poison.
struct Poisoned {
    world: World,
    key: String,
}

impl Poisoned {
    fn new(platform: Platform) -> Self {
        let world = World::new(30);
        let (half, section) = match platform {
            Platform::Liferay => ("demo:liferay:", "tin-tong-hop"),
            Platform::Portal => ("demo:portal:", "danh-muc-8356"),
        };
        world.configure(&format!("sections = [\"{section}\"]"));
        world.run(&["crawl", "--max-requests", "2"]);
        let known = world.run(&["export", "--json"]).expect("export", 0).json();
        let keys = keys(&world, &known);
        let key = keys.iter().rev().find(|key| key.starts_with(half)).unwrap();
        world.control().clear_log();
        let key = key.clone();
        Self { world, key }
    }

    /// The part of the key that stands in the request.
    fn name(&self) -> &str {
        self.key.rsplit(':').next().unwrap()
    }

    fn start(&self, how: &str, args: &[&str]) -> Running {
        let mut command = khotin(self.world.folder(), args);
        command.env(SWITCH, format!("{how} {}", self.name()));
        if how == "hang" {
            command.env("KHOTIN_TEST_LONGEST_READING_MS", "500");
        }
        Running::start(command)
    }

    fn run(&self, how: &str, args: &[&str]) -> Ran {
        self.start(how, args).end()
    }

    /// How often the article with the poison was asked for.
    fn asked(&self) -> usize {
        let name = self.name();
        let log = self.world.log();
        let is_it = |raw: &[u8]| String::from_utf8_lossy(raw).contains(name);
        log.iter().filter(|entry| is_it(&entry.raw_request)).count()
    }

    /// Waits until the article with the poison is marked: what was asked for before is committed.
    fn wait_until_read(&self) {
        wait_until("the poison is asked for", || self.asked() > 0);
        wait_until("it is being read", || suspects(&self.world) > 0);
    }

    fn unreadable(&self) -> u64 {
        let status = self.world.run(&["status", "--json"]).json();
        status["sites"]["demo"]["unreadable"].as_u64().unwrap()
    }

    fn record(&self) -> Value {
        self.world.run(&["show", &self.key, "--json"]).json()
    }
}

/// Keys of an export, in its order.
fn keys(world: &World, export: &Value) -> Vec<String> {
    let folder = world.path(export["folder"].as_str().unwrap());
    let lines = fs::read_to_string(folder.join("articles.jsonl")).unwrap();
    let records = lines.lines().map(serde_json::from_str::<Value>);
    records
        .map(|record| record.unwrap()["key"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_capture_that_aborts_is_put_aside_after_one_restart_and_read_again_when_asked_for() {
    for (platform, how) in [(Platform::Liferay, "abort"), (Platform::Portal, "overflow")] {
        let poisoned = Poisoned::new(platform);
        let world = &poisoned.world;
        let first = poisoned.run(how, &["crawl"]);
        assert_eq!(first.code, None, "{how}: it died: {first:?}");
        assert_eq!(poisoned.unreadable(), 0, "{how}: nobody knows yet");

        let second = poisoned.run(how, &["crawl", "--json"]).expect(how, 1);
        let why = "unreadable: reading it ended the process by signal 6";
        let words = "is kept and not read: reading it ended the process by signal 6";
        let report = second.says(how, &[words]).json();
        let site = &report["sites"]["demo"];
        assert_eq!(site["failed"][why], 1, "{how}: {report}");
        assert_eq!(site["left"], 0, "{how}: all others were asked for");
        assert_eq!(poisoned.asked(), 2, "{how}: once a run");
        assert_eq!(poisoned.unreadable(), 2, "{how}: both times");
        assert_eq!(poisoned.record()["state"], "listed", "{how}");
        let status = world.run(&["status"]).expect("status", 0).stdout;
        assert!(status.contains("2 captures kept and not read"), "{status}");
        assert!(status.contains(why), "{how}: {status}");
        world.run(&["verify"]).expect("verify", 0);

        let rebuilt = poisoned.run(how, &["rebuild"]).expect("rebuild", 1);
        let told = "2 of them are kept and not read";
        assert!(rebuilt.stdout.contains(told), "{how}: {rebuilt:?}");

        world.run(&["rebuild", "--retry"]).expect("the cure", 0);
        assert_eq!(poisoned.unreadable(), 0, "{how}");
        assert_eq!(poisoned.record()["state"], "live", "{how}");
        world.run(&["crawl"]).expect("healthy", 0);
        assert_eq!(poisoned.asked(), 2, "{how}: what was kept is not asked for");
    }
}

#[test]
fn a_rebuild_that_meets_a_new_poison_is_gone_on_with() {
    let poisoned = Poisoned::new(Platform::Liferay);
    poisoned.world.run(&["crawl"]).expect("healthy", 0);
    let died = poisoned.run("abort", &["rebuild"]);
    assert_eq!(died.code, None, "{died:?}");
    let again = poisoned.run("abort", &["rebuild"]).expect("goes on", 1);
    let told = "1 of them is kept and not read";
    assert!(again.stdout.contains(told), "{again:?}");
    assert_eq!(poisoned.unreadable(), 1);
    poisoned.world.run(&["verify"]).expect("verify", 0);
    let cured = poisoned.world.run(&["rebuild", "--retry"]);
    cured.expect("the cure", 0);
    assert_eq!(poisoned.record()["state"], "live");
}

#[test]
fn a_capture_that_hangs_is_put_aside_too() {
    let poisoned = Poisoned::new(Platform::Liferay);
    let hanging = poisoned.start("hang", &["crawl"]);
    poisoned.wait_until_read();
    assert!(hanging.kill(), "it had ended by itself");
    let report = poisoned
        .run("hang", &["crawl", "--json"])
        .expect("goes on", 1)
        .json();
    let why = "unreadable: reading it took more than 500ms";
    assert_eq!(report["sites"]["demo"]["failed"][why], 1, "{report}");
}

#[test]
fn a_capture_that_was_only_being_read_when_the_process_was_killed_is_innocent() {
    let poisoned = Poisoned::new(Platform::Liferay);
    let reading = poisoned.start("hang", &["crawl"]);
    poisoned.wait_until_read();
    assert!(reading.kill(), "it had ended by itself");
    poisoned.world.run(&["crawl"]).expect("goes on", 0);
    assert_eq!(suspects(&poisoned.world), 0);
    assert_eq!(poisoned.unreadable(), 0);
    assert_eq!(poisoned.asked(), 1, "it is not asked for again");
    assert_eq!(poisoned.record()["state"], "live");
}

#[test]
fn an_interrupt_ends_a_trial_and_nothing_is_left_of_it() {
    let poisoned = Poisoned::new(Platform::Liferay);
    let reading = poisoned.start("hang", &["crawl"]);
    poisoned.wait_until_read();
    assert!(reading.kill(), "it had ended by itself");
    for (command, how) in [
        ("crawl", "interrupt"),
        ("crawl", "kill"),
        ("rebuild", "interrupt"),
    ] {
        let mut command = khotin(poisoned.world.folder(), &[command]);
        command.env(SWITCH, format!("hang {}", poisoned.name()));
        let trying = Running::start(command);
        wait_until("a trial", || trials(poisoned.world.folder()) == 1);
        if how == "kill" {
            assert!(trying.kill(), "it had ended by itself");
        } else {
            trying.interrupt();
            trying.end().expect("interrupted", 130).says(
                "interrupted",
                &["interrupted after", "run the same command again"],
            );
        }
        wait_until(how, || trials(poisoned.world.folder()) == 0);
    }
    poisoned.world.run(&["crawl"]).expect("goes on", 0);
    assert_eq!(poisoned.unreadable(), 0, "no trial came to its end");
}

/// Captures that are marked as being read.
fn suspects(world: &World) -> u64 {
    let database = rusqlite::Connection::open(world.path("output/khotin.db")).unwrap();
    let sql = "SELECT count(*) FROM attempting";
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Processes of trials that were started in this folder.
fn trials(folder: &Path) -> usize {
    let folder = folder.canonicalize().unwrap();
    let processes = fs::read_dir("/proc")
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let is_trial = |process: &std::path::PathBuf| {
        // A process may end while it is looked at.
        let line = fs::read(process.join("cmdline")).unwrap_or_default();
        let place = fs::read_link(process.join("cwd")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains("read-alone") && place == folder
    };
    processes.filter(is_trial).count()
}

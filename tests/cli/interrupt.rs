//! Ctrl-C and SIGTERM, once and twice, wherever the program is.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use khotin::demo::Fault;

use crate::program::{Running, World, wait_until};

const ARTICLE: &str = "/content/";
const DRAINING: &str = "finishing what is in flight, interrupt again to stop";

/// How often each article of the Liferay half was answered whole.
fn asked(world: &World) -> BTreeMap<String, usize> {
    let mut asked = BTreeMap::new();
    for entry in world.log() {
        if entry.target.contains(ARTICLE) {
            *asked.entry(entry.target).or_default() += 1;
        }
    }
    asked
}

#[test]
fn one_interrupt_drains_and_the_next_run_goes_on() {
    type Signal = fn(&Running);
    let table: [(&str, Signal); 2] = [
        ("Ctrl-C", Running::interrupt),
        ("systemctl stop", Running::terminate),
    ];
    for (what, signal) in table {
        let world = World::new(60);
        let delay = Duration::from_millis(1_000);
        let control = world.control();
        control.plan_fault(ARTICLE, 1, Fault::Slow { delay });
        let crawl = world.start(&["crawl", "--section", "tin-tong-hop", "--json"]);
        wait_until("an article", || !asked(&world).is_empty());
        signal(&crawl);
        crawl.wait_for_words(DRAINING);
        let report = crawl.end().expect(what, 1).json();
        let causes = report["causes"].to_string();
        assert!(causes.contains("stopped after an interrupt; "), "{causes}");
        let first = &report["sites"]["demo"];
        assert!(first["left"].as_u64().unwrap() > 0, "{what}");
        assert_eq!(first["failed"].as_object().unwrap().len(), 0, "{what}");
        assert_eq!(first["new"].as_array().unwrap().len(), 1, "{what}: kept");
        assert_eq!(asked(&world).len(), 1, "{what}: nothing new was asked");
        world.run(&["verify"]).expect("verify", 0);

        let next = world.run(&["crawl", "--section", "tin-tong-hop", "--json"]);
        next.expect("next", 0);
        let twice: Vec<_> = asked(&world)
            .into_iter()
            .filter(|(_, times)| *times > 1)
            .collect();
        assert_eq!(twice, [], "{what}: asked twice");
        assert!(asked(&world).len() > 5, "{what}");
    }
}

#[test]
fn an_interrupt_does_not_wait_out_a_pause() {
    let hold = Fault::Status {
        code: 429,
        retry_after: Some("540".to_owned()),
    };
    let (short, long) = ("gap = \"1ms\"", "gap = \"9m\"");
    let table = [
        ("a pause that the site wishes", short, Some(hold), ARTICLE),
        ("a gap of nine minutes", long, None, "robots.txt"),
    ];
    for (what, gap, fault, last) in table {
        let world = World::new(30);
        let config = world.config("").replace(short, gap);
        fs::write(world.path("config.toml"), config).unwrap();
        if let Some(fault) = fault {
            world.control().plan_fault(last, 1, fault);
        }
        let crawl = world.start(&["crawl", "--section", "tin-tong-hop", "--json"]);
        wait_until(what, || {
            let log = world.log();
            log.iter().any(|entry| entry.target.contains(last))
        });
        wait_until("it is kept", || exchanges(&world) >= world.log().len());
        crawl.interrupt();
        crawl.wait_for_words(DRAINING);
        let report = crawl.end().expect(what, 1).json();
        assert!(report["sites"]["demo"]["left"].as_u64() > Some(0), "{what}");
        world.run(&["verify"]).expect("verify", 0);
    }
}

#[test]
fn an_interrupt_does_not_wait_for_an_answer_that_does_not_come() {
    let world = World::new(30);
    world.control().plan_fault(ARTICLE, 1, Fault::Stall);
    let crawl = world.start(&["crawl", "--section", "tin-tong-hop", "--json"]);
    wait_until("an article", || !asked(&world).is_empty());
    crawl.interrupt();
    crawl.wait_for_words(DRAINING);
    let report = crawl.end().expect("drained", 1).json();
    // Had its time run out, it would have failed.
    assert_eq!(report["sites"]["demo"]["failed"], serde_json::json!({}));
    world
        .run(&["crawl", "--section", "tin-tong-hop"])
        .expect("next", 0);
    let again: Vec<usize> = asked(&world)
        .into_values()
        .filter(|times| *times > 1)
        .collect();
    assert_eq!(again, [2], "only what had no answer was asked again");
    world.run(&["verify"]).expect("verify", 0);
}

#[test]
fn an_interrupted_export_leaves_nothing() {
    let world = World::new(30);
    world
        .run(&["crawl", "--section", "tin-tong-hop"])
        .expect("crawl", 0);
    // An export waits for whoever has the database for itself.
    let database = rusqlite::Connection::open(world.path("output/khotin.db")).unwrap();
    let lock = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE";
    database.execute_batch(lock).unwrap();
    let export = world.start(&["export"]);
    wait_until("it listens", || catches_interrupts(&export));
    export.interrupt();
    wait_until("it has heard", || !has_pending_signal(&export));
    drop(database);
    let ran = export.end().expect("interrupted", 130);
    ran.says(
        "interrupted",
        &[
            "nothing of what was being written is left",
            "run the same command again",
        ],
    );
    let left = fs::read_dir(world.path("output/exports")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "not even a hidden folder");
    world.run(&["export"]).expect("the next", 0);
}

#[test]
fn a_demo_that_only_serves_ends_in_order_by_either_signal() {
    for signal in [Running::interrupt, Running::terminate] {
        let world = World::new(1);
        let serve = world.start(&["demo", "--serve", "--articles", "30", "--json"]);
        let settings = world.path("khotin-demo/config.toml");
        wait_until("it serves", || {
            settings.exists() && catches_interrupts(&serve)
        });
        signal(&serve);
        serve.end().expect("ended", 0);
    }
}

/// How many exchanges the store holds; none while there is no store.
fn exchanges(world: &World) -> usize {
    let path = world.path("output/khotin.db");
    let count = rusqlite::Connection::open(path).and_then(|database| {
        let sql = "SELECT count(*) FROM exchanges";
        database.query_row(sql, [], |row| row.get(0))
    });
    count.unwrap_or_default()
}

/// Signal numbers whose bit is set in a line of /proc/PID/status.
fn has_interrupt(running: &Running, line: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", running.pid())).unwrap();
    let mask = status.lines().find_map(|found| found.strip_prefix(line));
    let mask = u64::from_str_radix(mask.unwrap().trim(), 16).unwrap();
    mask & 0b10 != 0
}

fn catches_interrupts(running: &Running) -> bool {
    has_interrupt(running, "SigCgt:")
}

fn has_pending_signal(running: &Running) -> bool {
    has_interrupt(running, "ShdPnd:")
}

#[test]
fn the_second_interrupt_stops_at_once_and_what_was_kept_stays() {
    let world = World::new(30);
    let crawl = world.start(&["crawl", "--section", "tin-tong-hop", "--max-requests", "6"]);
    crawl.end().expect("the beginning", 1);
    let kept = asked(&world);
    assert!(!kept.is_empty());
    world.control().plan_fault(ARTICLE, 1, Fault::Stall);
    let crawl = world.start(&["crawl", "--section", "tin-tong-hop"]);
    wait_until("the article that gets no whole answer", || {
        asked(&world).len() > kept.len()
    });
    crawl.interrupt();
    crawl.wait_for_words(DRAINING);
    crawl.interrupt();
    crawl.end().expect("stopped", 130);

    world
        .run(&["crawl", "--section", "tin-tong-hop"])
        .expect("next", 0);
    let all = asked(&world);
    for target in kept.keys() {
        assert_eq!(all[target], 1, "{target} was kept and asked again");
    }
    // Only the one without an answer was asked again.
    assert_eq!(all.values().filter(|times| **times == 2).count(), 1);
    world.run(&["verify"]).expect("verify", 0);
}

//! Two commands on one output folder: one writes, any number reads, and a lock outlives no process.

use std::fs;

use khotin::demo::Fault;

use crate::program::{Running, World, wait_until};

const ARTICLE: &str = "/content/";

/// A crawl that waits for an answer that does not come, with something kept before.
fn stalled() -> (World, Running) {
    let world = World::new(30);
    world.configure("sections = [\"tin-tong-hop\"]");
    world
        .run(&["crawl", "--max-requests", "4"])
        .expect("the beginning", 1);
    world.control().clear_log();
    world.control().plan_fault(ARTICLE, 1, Fault::Stall);
    let crawl = world.start(&["crawl"]);
    wait_until("a request that gets no whole answer", || {
        let log = world.log();
        log.iter().any(|entry| entry.target.contains(ARTICLE))
    });
    (world, crawl)
}

#[test]
fn a_crawl_lets_readers_read_and_no_other_write() {
    let (world, crawl) = stalled();
    let holder = format!("in use by process {} since 2", crawl.pid());
    for command in ["crawl", "rebuild"] {
        let ran = world.run(&[command]).expect(command, 75);
        ran.says(command, &[&holder, "UTC", "wait until it is done"]);
    }
    for command in [
        vec!["status"],
        vec!["export"],
        vec!["crawl", "--dry-run"],
        vec!["sites", "list"],
    ] {
        world.run(&command).expect(command[0], 0);
    }
    assert!(crawl.kill(), "the first had ended by itself");
}

#[cfg(debug_assertions)]
#[test]
fn a_crawl_beside_a_rebuild_is_told_so() {
    let world = World::new(30);
    world.configure("sections = [\"tin-tong-hop\"]");
    world.run(&["crawl"]).expect("crawl", 0);
    let mut rebuild = crate::program::khotin(world.folder(), &["rebuild"]);
    rebuild.env("KHOTIN_TEST_READING", format!("hang {ARTICLE}"));
    let rebuild = Running::start(rebuild);
    let (lock, pid) = (world.path("output/khotin.lock"), rebuild.pid().to_string());
    wait_until("it has the lock", || {
        fs::read_to_string(&lock).unwrap().starts_with(&pid)
    });
    let holder = format!("in use by process {pid} since 2");
    let crawl = world.run(&["crawl"]).expect("crawl", 75);
    crawl.says("crawl", &[&holder, "UTC"]);
    assert!(rebuild.kill(), "it had ended by itself");
    world.run(&["crawl"]).expect("the lock went with it", 0);
    world.run(&["verify"]).expect("verify", 0);
}

#[test]
fn a_lock_outlives_no_process_whatever_its_file_says() {
    let (world, crawl) = stalled();
    assert!(crawl.kill(), "it had ended by itself");
    let lock = world.path("output/khotin.lock");
    assert!(lock.exists(), "a kill leaves the file");
    let living = std::process::id();
    for text in [
        format!("{living} 2026-11-22T01:02:03Z\n"), // another process got its number
        "1 2026-11-22T01:02:03Z\n".to_owned(),
        "no lock of ours".to_owned(),
        String::new(),
    ] {
        fs::write(&lock, &text).unwrap();
        world.run(&["crawl"]).expect(&format!("beside {text:?}"), 0);
    }
}

//! Two at once, and a process that is killed: an entry stands whole or not at all, and none is lost.

use std::fs;
use std::time::Duration;

use khotin::restrict::Restrictions;

use crate::program::{Running, World, khotin};
use crate::told::{export, records};

const FILE: &str = "output/restrictions.toml";

fn args(key: &str) -> [&str; 6] {
    ["restrict", key, "--reason", "r", "--authority", "a"]
}

#[test]
fn two_at_once_both_stand() {
    let world = World::new(30);
    let keys: Vec<String> = (1..=12)
        .map(|number| format!("demo:portal:{number}"))
        .collect();
    let running: Vec<Running> = keys
        .iter()
        .map(|key| Running::start(khotin(world.folder(), &args(key))))
        .collect();
    for running in running {
        running.end().expect("restrict", 0);
    }
    let text = fs::read_to_string(world.path(FILE)).unwrap();
    let read = Restrictions::parse("r.toml", &text).unwrap();
    let mut found: Vec<String> = read
        .entries()
        .iter()
        .map(|one| one.key.to_string())
        .collect();
    found.sort();
    let mut expected = keys;
    expected.sort();
    assert_eq!(found, expected);
    let list = fs::read_to_string(world.path("output/pywb-access.aclj")).unwrap();
    assert_eq!(list, "", "keys alone have no address");
}

#[test]
fn a_kill_leaves_an_entry_whole_or_none() {
    let world = World::new(30);
    let mut known = 0;
    let mut was_killed = 0;
    for number in 0..40 {
        let key = format!("demo:portal:{number}");
        let running = Running::start(khotin(world.folder(), &args(&key)));
        std::thread::sleep(Duration::from_micros(number * 700));
        was_killed += usize::from(running.kill());
        let text = fs::read_to_string(world.path(FILE)).unwrap_or_default();
        let read = Restrictions::parse("r.toml", &text).unwrap();
        let count = read.entries().len();
        assert!((known..=known + 1).contains(&count), "{known} then {count}");
        known = count;
    }
    assert!(was_killed > 0, "none was killed in time");
    world
        .run(&args("demo:portal:99"))
        .expect("after all kills", 0);
    let names = fs::read_dir(world.path("output")).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

/// A kill between the two files: restrictions.toml stands first, and it alone decides.
#[test]
fn what_stands_in_the_file_holds_before_the_access_list_is_made() {
    let world = World::new(30);
    world.run(&["crawl"]).expect("crawl", 0);
    let before = records(&export(&world));
    let key = before[0]["key"].as_str().unwrap();
    let now = "2026-11-28T04:00:00Z".parse().unwrap();
    let key = khotin::model::ArticleKey::new(key);
    let entry =
        khotin::restrict::Entry::new(khotin::restrict::Action::Restrict, key, "r", "a", now);
    khotin::restrict::keep::append(&world.path("output"), &entry).unwrap();
    assert!(!world.path("output/pywb-access.aclj").exists());
    let after = records(&export(&world));
    assert_eq!(after.last().unwrap()["state"], "withheld");
    let list = fs::read_to_string(world.path("output/pywb-access.aclj")).unwrap();
    let addresses: Vec<&str> = ["images", "attachments"]
        .iter()
        .flat_map(|name| before[0][name].as_array().unwrap())
        .flat_map(|file| [&file["url"], &file["original_url"]])
        .filter_map(serde_json::Value::as_str)
        .chain(before[0]["url"].as_str())
        .collect();
    assert_eq!(list.lines().count(), addresses.len(), "{list}");
    for address in addresses {
        assert!(list.contains(&format!("\"url\":\"{address}\"")), "{list}");
    }
}

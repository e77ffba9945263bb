//! A rebuild that does not end changes nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::press::Press;
use crate::program::{Running, khotin, wait_until};

/// How long the database that is being made is, with its log.
fn new_bytes(press: &Press) -> Option<u64> {
    let length = |name: &str| {
        let about = fs::metadata(press.path("output").join(name)).ok()?;
        Some(about.len())
    };
    let log = length("khotin.db.new-wal").unwrap_or(0);
    length("khotin.db.new").map(|database| database + log)
}

#[test]
fn a_rebuild_that_is_killed_leaves_the_old_database() {
    let numbers: Vec<u32> = (1..=60).collect();
    let press = Press::crawled(&numbers);
    let before = press.articles();
    let mut kills = 0;
    // At several places of the way: the new database has so many bytes.
    for bytes in [0, 100_000, 400_000, 1_000_000, 2_000_000] {
        let mut rebuild = Running::start(khotin(press.folder(), &["rebuild"]));
        wait_until("the new database", || {
            new_bytes(&press).is_some_and(|found| found >= bytes) || !rebuild.is_running()
        });
        kills += u32::from(rebuild.kill());
        assert!(press.articles() == before);
    }
    assert!(kills >= 2, "only {kills} rebuilds could be killed");
    press
        .run(&["crawl"])
        .expect("a crawl goes on beside what is left", 0);
    let after = press.articles();
    // Whatever the last of them came to, this one was cut off.
    fs::write(press.path("output/khotin.db.new"), "half").unwrap();
    let ran = press.run(&["rebuild"]).expect("rebuild", 0);
    assert!(
        ran.stdout.contains("an earlier rebuild did not end"),
        "{ran:?}"
    );
    assert!(press.articles() == after);
    let names = fs::read_dir(press.path("output")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = names.filter(|name| name.contains(".new")).collect();
    assert!(left.is_empty(), "{left:?} are left");
}

#[test]
fn a_rebuild_that_fails_says_that_nothing_changed() {
    let press = Press::crawled(&[1, 2]);
    let before = press.articles();
    let file = press
        .path("output/archive")
        .join(&press.archive().files().unwrap()[0]);
    let file_before = fs::read(&file).unwrap();
    // A folder of the file's name can not be read as a file, whoever asks.
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o700)).unwrap();
    let ran = press.run(&["rebuild"]);
    assert_ne!(ran.code, Some(0), "{ran:?}");
    assert!(press.articles() == before);
    fs::remove_dir(&file).unwrap();
    fs::write(&file, file_before).unwrap();
    press.run(&["rebuild"]).expect("put back", 0);
    assert!(press.articles() == before);
}

#[test]
fn a_database_that_can_not_be_put_in_place_is_told() {
    let press = Press::crawled(&[1, 2]);
    press.remove_database();
    // A folder can not be replaced by a file.
    fs::create_dir_all(press.path("output/khotin.db/x")).unwrap();
    let ran = press.run(&["rebuild"]);
    assert_ne!(ran.code, Some(0), "{ran:?}");
    let words = "the rebuild did not end, and the database is as it was before";
    ran.says("rebuild", &[words]);
    assert!(!press.path("output/khotin.db.new").exists());
}

#[test]
fn a_database_that_is_being_read_is_not_replaced() {
    let press = Press::crawled(&[1, 2]);
    let reader = press.store();
    let before = press.articles();
    let ran = press.run(&["rebuild"]).expect("rebuild", 75);
    ran.says(
        "rebuild",
        &[
            "the database is as it was before",
            "khotin.db is being read by another process",
            "wait until that export or status is done",
        ],
    );
    assert!(press.articles() == before);
    drop(reader);
    press.run(&["rebuild"]).expect("after it", 0);
}

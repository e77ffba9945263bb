//! Too little room: a run ends before the disk is full, as after an interrupt.

use std::fs;

use serde_json::Value;

use crate::layer::layered;
use crate::program::{Running, World};
use crate::records::check_archive;

/// A ministry, a threshold of 10 MB, and a disk with so many bytes free when the program starts.
fn crawl(world: &World, min_free: &str, free: u64) -> crate::program::Ran {
    let config = world.config("") + &format!("[archive]\nmin_free_bytes = {min_free}\n");
    let config = config.replace("[fetch]\n", "[fetch]\njitter = \"0s\"\n");
    fs::write(world.path("config.toml"), config).unwrap();
    let mut command = layered(world.folder(), &["crawl"]);
    command.env("KHOTIN_DISK_FREE", free.to_string());
    Running::start(command).end()
}

fn requests(world: &World) -> usize {
    world.log().len()
}

#[test]
fn a_run_begins_with_room_only() {
    let world = World::new(30);
    crawl(&world, "10000000", 9_999_000)
        .expect("too little", 1)
        .says(
            "too little",
            &[
                "9 MB are free on the disk of output, and `min_free_bytes` keeps 10 MB free",
                "make room",
            ],
        );
    assert_eq!(requests(&world), 0);
    assert!(!world.path("output").exists());
    crawl(&world, "0", 0).expect("switched off", 0);
}

#[test]
fn a_run_that_meets_too_little_room_drains_and_the_next_goes_on() {
    let world = World::new(30);
    let ran = crawl(&world, "10000000", 11_000_000).expect("half way", 1);
    assert!(
        ran.stdout.contains("`min_free_bytes` keeps 10 MB free"),
        "{ran:#?}"
    );
    let asked = requests(&world);
    assert!((2..40).contains(&asked), "{asked} requests");
    let reports = fs::read_dir(world.path("output/reports")).unwrap();
    let report = reports.map(|entry| entry.unwrap().path()).next().unwrap();
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    assert_eq!(report["exit_code"], 1);
    let cause = report["causes"][0].as_str().unwrap();
    assert!(
        cause.contains("MB are free on the disk of output"),
        "{cause}"
    );
    check_archive("drained", world.folder());
    crawl(&world, "10000000", u64::from(u32::MAX)).expect("with room", 0);
    check_archive("with room", world.folder());
}

//! A night that is killed (SIGKILL) in any of its phases goes on by the same command: one report, one dump
//! that is whole, nothing asked twice that it has.

use std::fs;
use std::time::Duration;

use crate::process::{ARTICLE, check_dump, dumps, reports, settings, world};
use crate::program::{World, wait_until};

/// Earlier nights, so that there is something to remove: a report and a dump each.
fn earlier_nights(world: &World, days: &[&str]) {
    world.run(&["nightly"]).expect("the first", 0);
    let report = reports(world).remove(0);
    let night = report["night"].as_str().unwrap().to_owned();
    let journal = world.path("output/reports/nightly");
    let dumps = world.path("output/dumps");
    for (number, day) in (1..).zip(days) {
        let mut report = report.clone();
        report["number"] = number.into();
        report["night"] = (*day).into();
        report["dump"]["name"] = (*day).into();
        report["started"] = format!("{day}T01:00:00Z").into();
        let path = journal.join(format!("{number:05}-{day}.json"));
        fs::write(path, report.to_string()).unwrap();
        copy(&dumps.join(&night), &dumps.join(day));
    }
    // What was made by the first is one of them.
    fs::remove_file(journal.join(format!("00001-{night}.json"))).unwrap();
    fs::remove_dir_all(dumps.join(&night)).unwrap();
    fs::remove_file(dumps.join("latest")).unwrap();
    std::os::unix::fs::symlink(days[days.len() - 1], dumps.join("latest")).unwrap();
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// What holds of every dump, whenever it is looked at.
fn check_dumps(world: &World) {
    for name in dumps(world) {
        let is_dump = name.starts_with('2');
        if is_dump {
            check_dump(&world.path("output/dumps").join(&name));
        }
    }
    if world.path("output/dumps/latest").symlink_metadata().is_ok() {
        check_dump(&world.path("output/dumps/latest"));
    }
}

#[test]
fn a_night_killed_in_any_phase_goes_on_by_the_same_command() {
    // So many microseconds after the phase was noted it is killed.
    let table = [
        ("crawl", 0),
        ("crawl", 30_000),
        ("dump", 0),
        ("dump", 2_000),
        ("dump", 8_000),
        ("rotate", 0),
        ("rotate", 1_000),
        ("rotate", 4_000),
        ("tell", 0),
        ("tell", 5_000),
    ];
    let mut killed = 0;
    for (phase, micros) in table {
        let what = format!("{phase} after {micros} µs");
        let world = world("");
        let more = "[nightly]\nkeep_daily = 1\nkeep_monthly = 0\non_failure = [\"/bin/cat\"]\nmetrics = \"k.prom\"\n\
                    [alert]\nfailed_share = 0\n";
        settings(&world, "", more);
        earlier_nights(&world, &["2026-01-01", "2026-01-02", "2026-01-03"]);
        world.control().clear_log();
        let mut night = world.start(&["nightly"]);
        wait_until(&what, || {
            let reports = reports(&world);
            let last = reports.last().unwrap();
            let is_there = last["number"] == 4 && last["phase"] == phase;
            is_there || !night.is_running()
        });
        std::thread::sleep(Duration::from_micros(micros));
        killed += usize::from(night.kill());
        check_dumps(&world);

        world.run(&["nightly"]).expect(&what, 0);
        let reports = reports(&world);
        assert_eq!(reports.len(), 4, "{what}: one report a night");
        let last = &reports[3];
        assert_eq!(
            (&last["phase"], &last["exit_code"]),
            (&"over".into(), &0.into()),
            "{what}"
        );
        let night = last["dump"]["name"].as_str().unwrap();
        assert_eq!(night, last["night"], "{what}: one dump a night");
        assert_eq!(dumps(&world), [night, "latest", "removed"], "{what}");
        let latest = fs::read_link(world.path("output/dumps/latest")).unwrap();
        assert_eq!(latest.to_str(), Some(night), "{what}");
        check_dumps(&world);
        for day in ["2026-01-01", "2026-01-02", "2026-01-03"] {
            let removed = world.path("output/dumps/removed").join(day);
            assert!(removed.join("SHA256SUMS").is_file(), "{what}: {day}");
        }
        let asked = world.log();
        let articles = asked.iter().filter(|entry| entry.target.contains(ARTICLE));
        assert_eq!(articles.count(), 0, "{what}: all articles were known");
        world.run(&["verify"]).expect(&what, 0);
    }
    assert!(killed >= 5, "only {killed} were killed before their end");
}

/// The dump stands and `latest` does not lead to it yet: the two are not one step.
#[test]
fn a_dump_that_stands_is_not_written_again_and_latest_leads_to_it() {
    let world = world("");
    world.run(&["nightly"]).expect("the night", 0);
    let mut report = reports(&world).remove(0);
    let night = report["night"].as_str().unwrap().to_owned();
    report["phase"] = "dump".into();
    report["ended"] = serde_json::Value::Null;
    report["dump"]["articles"] = serde_json::Value::Null;
    let path = world.path(&format!("output/reports/nightly/00001-{night}.json"));
    fs::write(path, report.to_string()).unwrap();
    fs::remove_file(world.path("output/dumps/latest")).unwrap();
    let manifest = world
        .path("output/dumps")
        .join(&night)
        .join("manifest.json");
    let before = fs::metadata(&manifest).unwrap().modified().unwrap();
    world.control().clear_log();

    let ran = world.run(&["nightly"]).expect("goes on", 0);
    assert!(
        ran.stdout.contains("was cut off and went on"),
        "{}",
        ran.stdout
    );
    assert_eq!(world.log().len(), 0, "the crawl was done");
    assert_eq!(dumps(&world), [night.as_str(), "latest"]);
    assert_eq!(fs::metadata(&manifest).unwrap().modified().unwrap(), before);
    assert!(reports(&world)[0]["dump"]["articles"].is_u64());
}

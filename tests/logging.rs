//! Promise: docs/logging.md names every event and every field that khotin logs, with level and form, and no
//! other; without a terminal every line of a crawl is JSON of that shape.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is test code: a panic is a failed test"
)]

#[path = "support/program.rs"]
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use khotin::demo::Fault;
use program::{World, khotin};
use serde_json::Value;

const GUIDE: &str = include_str!("../docs/logging.md");

/// The cells of the table rows below a heading.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let (_, part) = GUIDE.split_once(&format!("## {heading}\n")).unwrap();
    let part = part.split("\n## ").next().unwrap();
    let rows = part.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let cells = line.trim_matches('|').split(" | ");
        cells
            .map(|cell| cell.trim().trim_end_matches('|').trim().to_owned())
            .collect()
    })
    .collect()
}

/// The words in back quotes.
fn quoted(cell: &str) -> BTreeSet<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// Levels and fields of an event.
type Told = (BTreeSet<String>, BTreeSet<String>);

fn events() -> BTreeMap<String, Told> {
    let rows = rows("Events").into_iter();
    rows.map(|row| {
        let name = quoted(&row[0]).pop_first().unwrap();
        let levels = row[1].split(", ").map(str::to_owned).collect();
        (
            name,
            (levels, quoted(row.get(3).map_or("", String::as_str))),
        )
    })
    .collect()
}

fn fields(heading: &str) -> BTreeSet<String> {
    let names = rows(heading).into_iter();
    names.flat_map(|row| quoted(&row[0])).collect()
}

/// Every line of standard error is one object of a told shape; gives the names of the events.
fn check(stderr: &str) -> BTreeSet<String> {
    let (events, every) = (events(), fields("Every line"));
    let mut seen = BTreeSet::new();
    for line in stderr.lines() {
        let read: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        let read = read.as_object().unwrap();
        let word = |name: &str| {
            read[name]
                .as_str()
                .unwrap_or_else(|| panic!("no {name}: {line}"))
        };
        let (levels, told) = events
            .get(word("event"))
            .unwrap_or_else(|| panic!("docs/logging.md has no such event: {line}"));
        assert!(levels.contains(word("level")), "{line}");
        assert!(!word("message").is_empty(), "{line}");
        assert!(
            word("time")
                .parse::<chrono::DateTime<chrono::Utc>>()
                .is_ok(),
            "{line}"
        );
        for name in read.keys() {
            assert!(
                told.contains(name) || every.contains(name),
                "docs/logging.md does not name `{name}`: {line}"
            );
        }
        seen.insert(word("event").to_owned());
    }
    seen
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn every_line_of_a_crawl_is_json_as_told() {
    let world = World::new(40);
    world.configure("sections = [\"tin-tong-hop\", \"danh-muc-8351\"]\ntries = 1");
    let broken = |code| Fault::Status {
        code,
        retry_after: (code == 503).then(|| "soon\u{9b}31m".to_owned()),
    };
    world.control().plan_fault("/content/", 1, broken(500));
    world.control().plan_fault("/content/", 1, broken(503));
    let crawl = world.run(&["crawl", "-vv"]);
    let seen = check(&crawl.stderr);
    assert!(seen.is_superset(&set(&["page", "fetched"])), "{seen:?}");
    let pages = crawl
        .stderr
        .lines()
        .filter(|line| line.contains(r#""event":"page""#));
    assert_eq!(pages.count(), world.log().len(), "one line a request");
}

#[test]
fn a_night_logs_a_line_a_page_and_its_phases_without_being_asked() {
    let world = World::new(40);
    let config = world.config("sections = [\"tin-tong-hop\"]");
    let hook = "[nightly]\non_failure = [\"/bin/false\"]\n[alert]\nfailed_share = 0\n";
    fs::write(world.path("config.toml"), config.clone() + hook).unwrap();
    let broken = Fault::Status {
        code: 500,
        retry_after: None,
    };
    world.control().plan_fault("/content/", 100, broken);
    let night = world.run(&["nightly"]).expect("a bad night", 1);
    let expected = [
        "page",
        "crawl_ended",
        "dump_written",
        "night_ended",
        "on_failure_failed",
    ];
    let seen = check(&night.stderr);
    assert!(seen.is_superset(&set(&expected)), "{seen:?}");

    // A crawl by hand says only what goes wrong, unless the settings wish otherwise.
    world.control().clear_faults();
    let quiet = world.run(&["crawl"]);
    assert!(!check(&quiet.stderr).contains("page"), "{}", quiet.stderr);
    fs::write(
        world.path("config.toml"),
        config.clone() + "[log]\nlevel = \"info\"\n",
    )
    .unwrap();
    let info = world.run(&["crawl"]);
    assert!(check(&info.stderr).contains("page"), "{}", info.stderr);
    fs::write(
        world.path("config.toml"),
        config + "[log]\nlevel = \"error\"\n",
    )
    .unwrap();
    let quiet = world.run(&["nightly", "--again"]);
    assert!(!check(&quiet.stderr).contains("page"), "{}", quiet.stderr);
}

#[test]
fn the_variable_wins_over_everything() {
    let world = World::new(30);
    world.configure("sections = [\"tin-tong-hop\"]");
    let mut command = khotin(world.folder(), &["crawl", "-vv"]);
    let output = command.env("KHOTIN_LOG", "off").output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn the_tables_name_every_event_of_the_source_and_every_field_of_the_events() {
    let mut in_source = BTreeSet::new();
    collect(Path::new("src"), &mut in_source);
    assert_eq!(events().into_keys().collect::<BTreeSet<_>>(), in_source);
    let used: BTreeSet<String> = events()
        .into_values()
        .flat_map(|(_, fields)| fields)
        .collect();
    assert_eq!(fields("Fields"), used);
}

/// The names in `event = "..."`; each line of the log has one.
fn collect(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let events: Vec<&str> = text.split("event = \"").skip(1).collect();
        found.extend(
            events
                .iter()
                .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())),
        );
        let lines: usize = ["error", "warn", "info", "debug", "trace"]
            .map(|level| text.matches(&format!("tracing::{level}!(")).count())
            .iter()
            .sum();
        assert_eq!(
            lines,
            events.len(),
            "a line without event in {}",
            path.display()
        );
    }
}

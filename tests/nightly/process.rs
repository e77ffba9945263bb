//! The program as a scheduler starts it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use khotin::archive::payload_sha256;
use khotin::demo::Fault;
use serde_json::Value;

use crate::program::{Ran, Running, World, wait_until};

pub(crate) const ARTICLE: &str = "/content/";

/// A ministry whose nights are short; `more` are further lines of config.toml.
pub(crate) fn world(more: &str) -> World {
    let world = World::new(40);
    settings(&world, "", more);
    world
}

/// Writes config.toml: one section, and further lines of [crawl] and at the end.
pub(crate) fn settings(world: &World, crawl: &str, more: &str) {
    let crawl = format!("sections = [\"tin-tong-hop\"]\n{crawl}");
    let config = world.config(&crawl) + more;
    fs::write(world.path("config.toml"), config).unwrap();
}

/// The reports of nights, oldest first.
pub(crate) fn reports(world: &World) -> Vec<Value> {
    let Ok(entries) = fs::read_dir(world.path("output/reports/nightly")) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    let read = |path: &PathBuf| serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    paths.iter().map(read).collect()
}

/// Names in output/dumps.
pub(crate) fn dumps(world: &World) -> Vec<String> {
    let Ok(entries) = fs::read_dir(world.path("output/dumps")) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Every file of a dump is as its manifest says.
pub(crate) fn check_dump(folder: &Path) {
    let manifest = fs::read(folder.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let files = manifest["files"].as_array().unwrap();
    assert!(!files.is_empty());
    for file in files {
        let bytes = fs::read(folder.join(file["name"].as_str().unwrap())).unwrap();
        assert_eq!(payload_sha256(&bytes), file["sha256"], "{file}");
    }
}

/// A program for `on_failure` that keeps what it gets in `told`.
fn teller(world: &World) -> String {
    let path = world.path("teller");
    let told = world.path("told");
    let text = format!(
        "#!/bin/sh\ncat > '{0}'\necho \"$KHOTIN_EXIT_CODE $1\" > '{0}.args'\n",
        told.display()
    );
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    format!(
        "[nightly]\non_failure = [\"{}\", \"root\"]\n",
        path.display()
    )
}

#[track_caller]
fn told(world: &World) -> (Value, String) {
    let report = fs::read(world.path("told")).unwrap();
    let args = fs::read_to_string(world.path("told.args")).unwrap();
    (serde_json::from_slice(&report).unwrap(), args)
}

fn nightly(world: &World) -> Ran {
    world.run(&["nightly"])
}

#[test]
fn a_night_crawls_dumps_and_tells_and_a_second_start_does_nothing() {
    let world = world("[nightly]\nmetrics = \"khotin.prom\"\n");
    let first = nightly(&world).expect("first", 0);
    let reports = reports(&world);
    assert_eq!(reports.len(), 1);
    let report = &reports[0];
    assert_eq!(report["number"], 1);
    assert_eq!(report["phase"], "over");
    assert_eq!(report["exit_code"], 0);
    assert_eq!(report["ended"], report["last_success"]);
    let night = report["night"].as_str().unwrap().to_owned();
    assert_eq!(dumps(&world), [night.as_str(), "latest"]);
    check_dump(&world.path("output/dumps/latest"));
    let articles = report["dump"]["articles"].as_u64().unwrap();
    assert!(articles > 5, "{articles}");
    for words in [
        format!("night {night}: complete"),
        format!("{articles} new"),
        format!("{articles} articles"),
    ] {
        assert!(first.stdout.contains(&words), "{words}: {}", first.stdout);
    }
    let metrics = fs::metadata(world.path("khotin.prom")).unwrap();
    assert_eq!(metrics.permissions().mode() & 0o777, 0o644);
    let asked = world.log().len();

    let second = nightly(&world).expect("second", 0);
    assert!(
        second.stdout.contains("this night is done already"),
        "{}",
        second.stdout
    );
    assert_eq!(world.log().len(), asked, "nothing is asked");
    assert_eq!(dumps(&world), [night.as_str(), "latest"]);

    world.run(&["nightly", "--again"]).expect("again", 0);
    let again = format!("{night}-2");
    assert_eq!(dumps(&world), [night.as_str(), &again, "latest"]);
    let latest = fs::read_link(world.path("output/dumps/latest")).unwrap();
    assert_eq!(latest.to_str(), Some(again.as_str()));
    assert!(world.log().len() > asked);
}

#[test]
fn the_summary_speaks_both_languages() {
    let world = world("");
    let ran = world.run(&["nightly", "--lang", "vi"]).expect("vi", 0);
    for words in [": hoàn tất", " mới, ", "bản kết xuất: ", "báo cáo: "] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
    let again = world.run(&["nightly", "--lang", "vi"]).expect("again", 0);
    assert!(
        again.stdout.contains("đêm này đã làm xong"),
        "{}",
        again.stdout
    );
}

#[test]
fn a_planned_end_is_complete_and_goes_on_in_the_next_night() {
    let world = world("");
    settings(&world, "max_requests = 5", &teller(&world));
    let ran = nightly(&world).expect("planned end", 0);
    let left = &reports(&world)[0]["crawl"]["sites"]["demo"]["left"];
    assert!(left.as_u64() > Some(0));
    let words =
        format!("stopped after 5 requests as --max-requests says; goes on tomorrow, {left} left");
    assert!(ran.stdout.contains(&words), "{}", ran.stdout);
    assert!(!world.path("told").exists(), "nothing is wrong");
    world
        .run(&["crawl"])
        .expect("by hand the same is incomplete", 1);
}

#[test]
fn the_operator_is_told_of_what_is_wrong_and_the_report_has_it() {
    let world = world("");
    settings(&world, "tries = 1", &teller(&world));
    let broken = Fault::Status {
        code: 500,
        retry_after: None,
    };
    world.control().plan_fault(ARTICLE, 1000, broken);
    let ran = nightly(&world).expect("all articles fail", 1);
    assert!(ran.stdout.contains("2 % is an alarm"), "{}", ran.stdout);
    let (report, args) = told(&world);
    assert_eq!(args, "1 root\n");
    assert_eq!(report["exit_code"], 1);
    assert!(
        report["causes"][0]
            .as_str()
            .unwrap()
            .contains("requests failed"),
        "{report}"
    );
    let kept = &reports(&world)[0];
    assert_eq!(kept["on_failure"], "done");
    assert_eq!(kept["phase"], "over");
    assert!(
        kept["dump"]["articles"].is_u64(),
        "there is a dump all the same"
    );
}

#[test]
fn a_program_that_fails_or_hangs_changes_no_exit_code() {
    let table = [
        (
            "no program",
            "on_failure = [\"/no/such/program\"]",
            "can not be started",
        ),
        (
            "it fails",
            "on_failure = [\"/bin/false\"]",
            "ended with exit status: 1",
        ),
        (
            "it hangs",
            "on_failure = [\"/bin/sleep\", \"600\"]\non_failure_time = \"200ms\"",
            "did not end within 200ms",
        ),
    ];
    for (what, lines, words) in table {
        let world = world(&format!("[nightly]\n{lines}\n[alert]\nfailed_share = 0\n"));
        // A listing that fails.
        let broken = Fault::Status {
            code: 500,
            retry_after: None,
        };
        world.control().plan_fault("_cur=", 1000, broken);
        let ran = nightly(&world).expect(what, 1);
        let report = &reports(&world)[0];
        assert!(
            report["on_failure"].as_str().unwrap().contains(words),
            "{what}: {report}"
        );
        assert!(ran.stdout.contains(words), "{what}: {}", ran.stdout);
    }
}

#[test]
fn a_night_whose_metrics_can_not_be_written_is_no_success() {
    let world = world("[nightly]\nmetrics = \"nowhere/khotin.prom\"\n");
    nightly(&world).expect("nightly", 1);
    let reports = reports(&world);
    assert_eq!(reports[0]["exit_code"], 1);
    assert_eq!(reports[0]["last_success"], Value::Null);
}

#[test]
fn a_night_beside_another_is_told_who_was_first() {
    let world = world("");
    settings(
        &world,
        "",
        &(teller(&world) + "metrics = \"khotin.prom\"\n"),
    );
    nightly(&world).expect("the night before", 0);
    let success = metric(&world, "khotin_nightly_last_success_timestamp_seconds");
    world.control().plan_fault("_cur=", 1, Fault::Stall);
    let first = world.start(&["nightly", "--again"]);
    wait_until("a request that gets no whole answer", || {
        reports(&world).len() == 2
            && world.path("output/khotin.lock").exists()
            && reports(&world)[1]["phase"] == "crawl"
    });
    let holder = format!("in use by process {} since 2", first.pid());
    let second = nightly(&world).expect("second", 75);
    assert!(second.stdout.contains(&holder), "{}", second.stdout);
    let (report, args) = told(&world);
    assert_eq!(args, "75 root\n");
    assert_eq!(
        (&report["number"], &report["exit_code"]),
        (&0.into(), &75.into())
    );
    assert_eq!(metric(&world, "khotin_nightly_exit_code"), "75");
    assert_eq!(
        metric(&world, "khotin_nightly_last_success_timestamp_seconds"),
        success
    );
    assert_eq!(reports(&world).len(), 2, "it was no night");
    assert!(first.kill(), "the first had ended by itself");
}

#[test]
fn a_crawl_by_hand_is_waited_for_too() {
    let world = world("");
    world.control().plan_fault(ARTICLE, 1, Fault::Stall);
    let crawl = world.start(&["crawl"]);
    wait_until("a request that gets no whole answer", || {
        world
            .log()
            .iter()
            .any(|entry| entry.target.contains(ARTICLE))
    });
    let night = nightly(&world).expect("beside it", 75);
    let holder = format!("in use by process {} since 2", crawl.pid());
    assert!(night.stdout.contains(&holder), "{}", night.stdout);
    assert!(crawl.kill(), "the crawl had ended by itself");
    nightly(&world).expect("the night is done later", 0);
    let reports = reports(&world);
    assert_eq!(reports.len(), 2);
    assert_eq!(reports[1]["phase"], "over");
}

fn metric(world: &World, name: &str) -> String {
    let text = fs::read_to_string(world.path("khotin.prom")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {text}"))
        .trim()
        .to_owned()
}

#[test]
fn damage_and_wrong_settings_keep_their_codes_and_are_told() {
    let world = world("");
    let more = teller(&world) + "metrics = \"khotin.prom\"\n";
    settings(&world, "", &more);
    nightly(&world).expect("a good night", 0);
    let success = metric(&world, "khotin_nightly_last_success_timestamp_seconds");

    fs::create_dir(world.path("sites")).unwrap();
    fs::write(world.path("sites/broken.toml"), "x = 1\n").unwrap();
    let ran = world
        .run(&["nightly", "--again"])
        .expect("a profile with a mistake", 2);
    assert!(ran.stdout.contains("broken.toml"), "{}", ran.stdout);
    assert_eq!(told(&world).1, "2 root\n");
    assert_eq!(metric(&world, "khotin_nightly_exit_code"), "2");
    fs::remove_dir_all(world.path("sites")).unwrap();

    for file in ["output/khotin.db-wal", "output/khotin.db-shm"] {
        let _ = fs::remove_file(world.path(file));
    }
    fs::write(world.path("output/khotin.db"), [b'x'; 8192]).unwrap();
    let ran = nightly(&world).expect("the day's night was done", 0);
    assert!(ran.stdout.contains("done already"), "{}", ran.stdout);
    let dumps_before = dumps(&world);
    let ran = world.run(&["nightly", "--again"]).expect("damaged", 3);
    assert!(ran.stdout.contains("khotin rebuild"), "{}", ran.stdout);
    assert_eq!(told(&world).1, "3 root\n");
    assert_eq!(metric(&world, "khotin_nightly_exit_code"), "3");
    assert_eq!(
        metric(&world, "khotin_nightly_last_success_timestamp_seconds"),
        success
    );
    assert_eq!(dumps(&world), dumps_before, "no dump of a damaged store");
}

#[test]
fn without_settings_nothing_is_begun() {
    let folder = tempfile::tempdir().unwrap();
    crate::program::run(folder.path(), &["nightly"])
        .expect("no settings", 2)
        .says("no settings", &["no config.toml", "khotin init"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_interrupted_night_is_no_alarm_and_goes_on() {
    let world = world("");
    settings(&world, "", &teller(&world));
    world.control().plan_fault(ARTICLE, 1, Fault::Stall);
    let night: Running = world.start(&["nightly"]);
    wait_until("an article", || {
        world
            .log()
            .iter()
            .any(|entry| entry.target.contains(ARTICLE))
    });
    night.terminate();
    let ran = night.end().expect("stopped by the system", 130);
    assert!(ran.stdout.contains("interrupted"), "{}", ran.stdout);
    assert!(!world.path("told").exists());
    assert_eq!(dumps(&world), [""; 0]);
    let ran = nightly(&world).expect("goes on", 0);
    assert!(
        ran.stdout.contains("was cut off and went on"),
        "{}",
        ran.stdout
    );
    let reports = reports(&world);
    assert_eq!((reports.len(), &reports[0]["phase"]), (1, &"over".into()));
    check_dump(&world.path("output/dumps/latest"));
}

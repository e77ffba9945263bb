//! `khotin doctor`: each line as it should be, and each made to warn or fail. Nothing leaves 127.0.0.1; what
//! a site's TLS and clock may do stands in `tests/hostile_tls/doctor.rs`.

use std::fs;
use std::time::Duration;

use chrono::Utc;
use khotin::demo::{Answer, Fault};
use khotin::fetch::PaceNote;
use khotin::store::{SqliteStore, Store};
use serde_json::Value;

use crate::program::{Ran, World, files_below, run, wait_until};

const ONE_SECTION: &str = "sections = [\"tin-tong-hop\"]\ntries = 1";

fn crawled() -> World {
    let world = World::new(40);
    world.configure(ONE_SECTION);
    world.run(&["crawl"]).expect("crawl", 0);
    world.control().clear_log();
    world
}

/// Level and message of the first line of a check that is not ok, else of its first.
fn line(answer: &Value, check: &str) -> (String, String) {
    let all = answer["findings"].as_array().unwrap().iter();
    let of_check: Vec<&Value> = all.filter(|one| one["check"] == check).collect();
    let bad = of_check.iter().find(|one| one["level"] != "ok");
    let found = bad.or(of_check.first());
    let found = found.unwrap_or_else(|| panic!("no line of {check} in {answer}"));
    if found["level"] != "ok" {
        assert!(!found["advice"].as_str().unwrap().is_empty(), "{found}");
    }
    let text = |key: &str| found[key].as_str().unwrap().to_owned();
    (text("level"), text("message"))
}

#[track_caller]
fn expect(ran: &Ran, what: &str, check: &str, level: &str, words: &str) {
    let (found, message) = line(&ran.json(), check);
    assert_eq!(found, level, "{what}: {message}");
    assert!(message.contains(words), "{what}: no {words:?} in {message}");
}

/// The paths of all requests that the ministry saw.
fn asked(world: &World) -> Vec<String> {
    let log = world.log();
    log.into_iter().map(|entry| entry.target).collect()
}

#[test]
fn a_sound_folder_is_ok_in_every_line_and_asks_one_robots_txt() {
    let world = crawled();
    let ran = world.run(&["doctor"]).expect("doctor", 0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let checks = [
        "config: read; sites to crawl: demo",
        "profiles: ",
        "operator: no contact, and none is needed",
        "rights: may write ",
        "store: sound, ",
        "archive: 1 closed files; the newest is as SHA256SUMS says",
        "restrictions: 0 entries",
        "disk: ",
        "DNS demo: demo.khotin.test is at 127.0.0.1:",
        "TLS demo: plain http",
        "robots.txt demo: ",
        "clock demo: ",
    ];
    for (line, words) in lines.iter().zip(checks) {
        assert!(
            line.starts_with(&format!("ok    {words}")),
            "{words}: {line}"
        );
    }
    assert_eq!(lines[checks.len()..], ["", "all is well"]);
    assert_eq!(asked(&world), ["/robots.txt"]);
}

#[test]
fn offline_asks_nothing_and_changes_nothing() {
    let world = crawled();
    // A reader of SQLite makes its own two files beside the database.
    let kept = || {
        let mut files = files_below(&world.path("output"));
        files.retain(|(path, _)| !path.to_string_lossy().contains("khotin.db-"));
        files
    };
    let before = kept();
    let ran = world
        .run(&["doctor", "--offline", "--json"])
        .expect("offline", 0);
    let answer = ran.json();
    for check in ["dns", "tls", "robots"] {
        let all = answer["findings"].as_array().unwrap();
        assert!(all.iter().all(|one| one["check"] != check), "{check}");
    }
    assert_eq!(asked(&world), [""; 0]);
    assert!(kept() == before, "a file changed");
}

#[test]
fn before_the_first_crawl_it_makes_no_file() {
    let world = World::new(40);
    world.configure(ONE_SECTION);
    let ran = world.run(&["doctor", "--json"]).expect("doctor", 0);
    expect(&ran, "store", "store", "ok", "none yet");
    expect(&ran, "archive", "archive", "ok", "none yet");
    expect(
        &ran,
        "robots",
        "robots",
        "ok",
        "the first listing may be asked",
    );
    assert_eq!(asked(&world), ["/robots.txt"]);
    assert!(!world.path("output").exists());
}

#[test]
fn a_mistake_in_settings_or_profiles_is_a_fail_with_exit_code_2() {
    let world = World::new(1);
    let good = world.config("");
    let contact = "[operator]\ncontact = \"a@example.org\"\n";
    let table = [
        (
            "misspelt key",
            "[crawl]\nrevisits = []\n".to_owned(),
            "config",
            "did you mean `revisit`?",
        ),
        (
            "unknown site",
            good.replace("[\"demo\"]", "[\"demoo\"]"),
            "config",
            "no site `demoo`",
        ),
        (
            "no site",
            good.replace("[\"demo\"]", "[]"),
            "config",
            "names none",
        ),
        (
            "unknown section",
            world.config("sections = [\"nowhere\"]"),
            "config",
            "no section `nowhere`",
        ),
        (
            "too fast for a site of others",
            format!("{contact}[crawl]\nsites = [\"moh\"]\n[site.moh]\ngap = \"1ms\"\n"),
            "config",
            "pace group with 1 ms",
        ),
        (
            "no contact for a site of others",
            "[crawl]\nsites = [\"moh\"]\n".to_owned(),
            "operator",
            "no contact is set",
        ),
    ];
    for (what, config, check, words) in table {
        fs::write(world.path("config.toml"), config).unwrap();
        // Nothing but 127.0.0.1 may be asked by a test.
        let ran = world
            .run(&["doctor", "--offline", "--json"])
            .expect(what, 2);
        expect(&ran, what, check, "fail", words);
    }
    fs::remove_file(world.path("config.toml")).unwrap();
    let ran = world.run(&["doctor", "--json"]).expect("no file", 2);
    expect(&ran, "no file", "config", "fail", "no config.toml in ");
    fs::write(world.path("config.toml"), good).unwrap();
    fs::create_dir(world.path("sites")).unwrap();
    fs::write(world.path("sites/x.toml"), "id = 1").unwrap();
    let ran = world.run(&["doctor", "--json"]).expect("profile", 2);
    expect(&ran, "profile", "profiles", "fail", "x.toml:1");
    assert_eq!(asked(&world), [""; 0]);
}

#[test]
fn without_a_contact_nothing_but_this_machine_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["init"]).expect("init", 0);
    // Were it asked, the look-up alone would be a line.
    let ran = run(folder.path(), &["doctor", "--json"]).expect("doctor", 2);
    expect(
        &ran,
        "operator",
        "operator",
        "fail",
        "nothing but this machine is asked",
    );
    let answer = ran.json();
    let all = answer["findings"].as_array().unwrap();
    assert!(all.iter().all(|one| one["site"] != "moh"), "{answer}");
}

#[test]
fn a_contact_or_name_that_helps_nobody_is_a_warning() {
    let world = World::new(1);
    let table = [
        (
            "no address",
            "contact = \"me\"\nname = \"X\"",
            "neither an e-mail address nor a URL",
        ),
        ("no name", "contact = \"a@example.org\"", "but no name"),
    ];
    for (what, operator, words) in table {
        let config = format!("[operator]\n{operator}\n{}", world.config(""));
        fs::write(world.path("config.toml"), config).unwrap();
        let ran = world
            .run(&["doctor", "--offline", "--json"])
            .expect(what, 0);
        expect(&ran, what, "operator", "warn", words);
    }
}

#[test]
fn what_robots_txt_answers_is_a_line() {
    let instead = |status, body: &str| Fault::Instead(Answer::new(status, "text/plain", body));
    let table = [
        (
            "rules",
            instead(200, "User-agent: *\nDisallow: /x"),
            "ok",
            "26 bytes of rules",
            0,
        ),
        (
            "none",
            instead(404, "no"),
            "ok",
            "status 404: there is none",
            0,
        ),
        (
            "all is disallowed",
            instead(200, "User-agent: *\nDisallow: /"),
            "fail",
            "disallowed by robots.txt",
            1,
        ),
        (
            "a broken server",
            instead(500, "no"),
            "fail",
            "can not be reached (status 500)",
            1,
        ),
        (
            "a delay that no run waits",
            instead(200, "User-agent: *\nCrawl-delay: 9999"),
            "fail",
            "crawl delay of 9999 s",
            1,
        ),
        ("no answer", Fault::Close, "fail", "broke", 1),
    ];
    for (what, fault, level, words, code) in table {
        let world = World::new(40);
        world.configure(ONE_SECTION);
        world.control().plan_fault("/robots.txt", 1, fault);
        let ran = world.run(&["doctor", "--json"]).expect(what, code);
        expect(&ran, what, "robots", level, words);
        assert_eq!(asked(&world).len(), 1, "{what}");
    }
}

#[test]
fn a_redirect_of_robots_txt_is_not_followed() {
    let world = World::new(40);
    world.configure(ONE_SECTION);
    let mut answer = Answer::new(302, "text/plain", "");
    answer
        .headers
        .push(("location".into(), "/elsewhere.txt".into()));
    world
        .control()
        .plan_fault("/robots.txt", 1, Fault::Instead(answer));
    let ran = world.run(&["doctor", "--json"]).expect("redirect", 0);
    expect(
        &ran,
        "redirect",
        "robots",
        "warn",
        "leads on to /elsewhere.txt",
    );
    assert_eq!(asked(&world), ["/robots.txt"]);
}

#[test]
fn the_pace_in_the_store_is_kept_and_noted() {
    let world = crawled();
    let path = world.path("output/khotin.db");
    let note = |seconds| PaceNote {
        noted_at: Utc::now(),
        wait: Duration::from_secs(seconds),
        failures: 0,
    };
    let mut store = SqliteStore::open_held(&path).unwrap();
    store.set_pace("demo", note(3600)).unwrap();
    store.close().unwrap();
    let ran = world.run(&["doctor", "--json"]).expect("rests", 0);
    expect(&ran, "rests", "robots", "warn", "rests until 20");
    assert_eq!(asked(&world), [""; 0], "a site that rests is left alone");

    let mut store = SqliteStore::open_held(&path).unwrap();
    store.set_pace("demo", note(0)).unwrap();
    store.close().unwrap();
    let before = Utc::now();
    world.run(&["doctor"]).expect("asks", 0);
    let store = SqliteStore::open_reader(&path).unwrap();
    let noted = store.pace("demo").unwrap().unwrap().noted_at;
    assert!(noted >= before, "what it asked counts for the next crawl");
}

#[test]
fn beside_a_crawl_it_reads_and_asks_nothing() {
    let world = World::new(40);
    world.configure(ONE_SECTION);
    world.control().plan_fault("/content/", 1, Fault::Stall);
    let crawl = world.start(&["crawl"]);
    wait_until("an article is asked for", || {
        asked(&world)
            .iter()
            .any(|target| target.contains("/content/"))
    });
    world.control().clear_log();
    let ran = world.run(&["doctor", "--json"]).expect("beside", 0);
    let pid = format!("process {}", crawl.pid());
    expect(&ran, "lock", "robots", "warn", &pid);
    expect(&ran, "lock", "store", "ok", &pid);
    expect(&ran, "an open file is its own", "archive", "ok", "");
    assert_eq!(asked(&world), [""; 0]);
    assert!(crawl.kill());
    let ran = world
        .run(&["doctor", "--offline", "--json"])
        .expect("after", 0);
    expect(&ran, "after", "archive", "warn", "was left open");
}

#[test]
fn a_disk_that_fills_and_a_folder_that_can_not_be_written_are_told() {
    let world = crawled();
    let config = world.config(ONE_SECTION);
    let more = [
        (
            "[archive]\nmin_free_bytes = 9000000000000000000\n",
            "disk",
            "fail",
            "free, `min_free_bytes` keeps",
        ),
        (
            "[paths]\noutput = \"config.toml/x\"\n",
            "rights",
            "fail",
            "can not write",
        ),
    ];
    for (lines, check, level, words) in more {
        fs::write(world.path("config.toml"), format!("{config}{lines}")).unwrap();
        let ran = world
            .run(&["doctor", "--offline", "--json"])
            .expect(check, 1);
        expect(&ran, lines, check, level, words);
    }
}

#[test]
fn damage_of_store_and_archive_has_exit_code_3() {
    let doctor = |world: &World, what: &str, code| {
        world
            .run(&["doctor", "--offline", "--json"])
            .expect(what, code)
    };
    let world = crawled();
    let database = world.path("output/khotin.db");
    let sound = fs::read(&database).unwrap();
    fs::write(&database, [b'x'; 8192]).unwrap();
    let ran = doctor(&world, "no database", 3);
    expect(&ran, "no database", "store", "fail", "the store is damaged");
    let mut torn = sound.clone();
    torn.truncate(sound.len() / 2);
    fs::write(&database, torn).unwrap();
    let ran = doctor(&world, "half a database", 3);
    expect(
        &ran,
        "half a database",
        "store",
        "fail",
        "the store is damaged",
    );
    fs::remove_file(&database).unwrap();
    let ran = doctor(&world, "none", 0);
    expect(
        &ran,
        "none",
        "store",
        "warn",
        "there is none, and 1 WARC files are there",
    );
    fs::write(&database, &sound).unwrap();
    doctor(&world, "as before", 0);

    let file = world.warc_files().remove(0);
    let bytes = fs::read(&file).unwrap();
    let mut flipped = bytes.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    fs::write(&file, flipped).unwrap();
    let ran = doctor(&world, "flipped", 3);
    expect(
        &ran,
        "flipped",
        "archive",
        "fail",
        "is not as SHA256SUMS says",
    );
    fs::write(&file, &bytes[..100]).unwrap();
    let ran = doctor(&world, "cut", 3);
    let answer = ran.json();
    assert!(
        answer
            .to_string()
            .contains("has 100 bytes, and the store knows"),
        "{answer}"
    );
    fs::remove_file(&file).unwrap();
    let ran = doctor(&world, "gone", 3);
    expect(&ran, "gone", "archive", "fail", "and it is not there");
}

#[test]
fn a_file_of_restrictions_that_can_not_be_read_is_a_fail() {
    let world = crawled();
    let ran = world.run(&["doctor", "--offline"]).expect("sound", 0);
    assert!(
        ran.stdout.contains("restrictions: 0 entries"),
        "{}",
        ran.stdout
    );
    fs::write(world.path("output/restrictions.toml"), "garbage").unwrap();
    let ran = world
        .run(&["doctor", "--offline", "--json"])
        .expect("garbage", 2);
    expect(
        &ran,
        "garbage",
        "restrictions",
        "fail",
        "restrictions.toml:1",
    );
}

#[test]
fn a_stored_time_of_tomorrow_is_a_warning() {
    let world = crawled();
    let mut store = SqliteStore::open_held(&world.path("output/khotin.db")).unwrap();
    let note = PaceNote {
        noted_at: Utc::now() + chrono::TimeDelta::days(1),
        wait: Duration::ZERO,
        failures: 0,
    };
    store.set_pace("demo", note).unwrap();
    store.close().unwrap();
    let ran = world
        .run(&["doctor", "--offline", "--json"])
        .expect("tomorrow", 0);
    expect(
        &ran,
        "tomorrow",
        "clock",
        "warn",
        "the store holds a time of 20",
    );
}

#[test]
fn people_read_it_in_vietnamese_and_machines_in_english() {
    let world = crawled();
    let ran = world
        .run(&["doctor", "--lang", "vi"])
        .expect("vi", 0)
        .stdout;
    for words in [
        "cấu hình: đọc được",
        "kho lưu trữ: 1 tệp đã đóng",
        "mọi thứ đều ổn",
    ] {
        assert!(ran.contains(words), "no {words:?} in {ran}");
    }
    assert!(!ran.contains('{'), "{ran}");
    let ran = world
        .run(&["doctor", "--lang", "vi", "--json"])
        .expect("json", 0);
    expect(&ran, "json", "config", "ok", "read; sites to crawl: demo");
    assert_eq!(ran.json()["failures"], 0);
}

#[test]
fn the_page_about_the_doctor_has_a_row_for_every_line() {
    let page = fs::read_to_string("docs/doctor.md").unwrap();
    let world = crawled();
    let ran = world.run(&["doctor"]).expect("doctor", 0).stdout;
    let lines = ran.lines().filter_map(|line| line.strip_prefix("ok    "));
    let mut told: Vec<&str> = lines
        .map(|line| line.split([' ', ':']).next().unwrap())
        .collect();
    told.sort();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| "));
    let names = rows.map(|row| row.split(' ').next().unwrap());
    let mut listed: Vec<&str> = names.filter(|name| *name != "line").collect();
    listed.sort();
    assert_eq!(listed, told);
}

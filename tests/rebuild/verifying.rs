//! `khotin verify`: pass, fail, or nothing to check; store against archive both ways.

use std::fs;
use std::process::Command;

use khotin::demo::Fault;
use rusqlite::Connection;
use serde_json::Value;

use crate::press::Press;
use crate::program::{World, wait_until};

/// The answer of every check, by name.
fn answers(report: &Value) -> Vec<(String, String)> {
    let checks = report["checks"].as_object().unwrap().iter();
    checks
        .map(|(name, check)| (name.clone(), check["answer"].as_str().unwrap().to_owned()))
        .collect()
}

/// The checks that failed.
fn failed(report: &Value) -> Vec<String> {
    let answers = answers(report).into_iter();
    answers
        .filter(|(_, answer)| answer == "fail")
        .map(|(name, _)| name)
        .collect()
}

const CHECKS: [&str; 10] = [
    "record",
    "block_digest",
    "payload_digest",
    "exchange",
    "sequence",
    "sha256_sums",
    "cdxj",
    "store_in_archive",
    "archive_in_store",
    "positions",
];

#[test]
fn a_sound_archive_passes_every_check() {
    let press = Press::crawled(&[1, 2]);
    let report = press.run(&["verify", "--json"]).expect("verify", 0).json();
    let expected: Vec<_> = CHECKS
        .map(|name| (name.to_owned(), "pass".to_owned()))
        .into();
    assert_eq!(answers(&report), expected);
    assert_eq!(report["sound"], true);
    // robots.txt, listing, two articles.
    assert_eq!(report["checks"]["store_in_archive"]["passed"], 4);
    assert_eq!(report["checks"]["archive_in_store"]["passed"], 4);
    let ran = press
        .run(&["verify", "--lang", "vi"])
        .expect("in Vietnamese", 0);
    for words in [
        "lượt hỏi đáp: đạt (4 đạt)\n",
        "cơ sở dữ liệu có trong kho lưu trữ: đạt (4 đạt)\n",
        "cơ sở dữ liệu so với kho lưu trữ: 4 lượt hỏi đáp giống nhau\n",
        "\ntoàn vẹn\n",
    ] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
    for word in ["pass", "record", "store", "sound"] {
        assert!(!ran.stdout.contains(word), "{word}: {}", ran.stdout);
    }
}

#[test]
fn what_is_not_there_is_nothing_to_check() {
    let press = Press::open();
    fs::create_dir_all(press.path("output/archive")).unwrap();
    let report = press.run(&["verify", "--json"]).expect("empty", 0).json();
    let expected: Vec<_> = CHECKS
        .map(|name| (name.to_owned(), "nothing_to_check".to_owned()))
        .into();
    assert_eq!(answers(&report), expected);
    let text = press.run(&["verify"]).expect("empty", 0).stdout;
    for words in [
        "record: nothing to check\n",
        "nothing to check: no file is closed\n",
        "store: nothing to check, there is no ",
    ] {
        assert!(text.contains(words), "no {words:?} in {text}");
    }

    let press = Press::crawled(&[1]);
    press.remove_database();
    fs::remove_file(press.path("output/archive/SHA256SUMS")).unwrap();
    let report = press
        .run(&["verify", "--json"])
        .expect("no store", 0)
        .json();
    assert_eq!(report["store_answer"], "nothing_to_check");
    assert_eq!(
        report["checks"]["sha256_sums"]["answer"],
        "nothing_to_check"
    );
    assert_eq!(report["checks"]["record"]["answer"], "pass");
}

#[test]
fn nothing_is_no_archive_to_rebuild_from() {
    let press = Press::open();
    let check = |what: &str| {
        let ran = press.run(&["rebuild"]).expect(what, 2);
        ran.says(
            what,
            &["nothing to rebuild from", "output/archive", "khotin crawl"],
        );
        assert!(!press.path("output/khotin.db").exists(), "{what}");
    };
    check("no folder at all");
    fs::create_dir_all(press.path("output/archive")).unwrap();
    check("an empty folder");
}

#[test]
fn every_lie_of_the_store_is_found() {
    // what, the change to the database, the checks that fail, words
    let table: [(&str, &str, &[&str], &str); 9] = [
        (
            "an exchange that the archive does not give",
            "INSERT INTO exchanges SELECT 99, run, site, purpose, section, request, asked_at,
                 elapsed_us, via, profile_digest, page, layout, failure, message, status, bytes,
                 truncated, file, file_offset, file_length, record_id, payload_sha1,
                 payload_sha256, is_revisit, etag, last_modified FROM exchanges WHERE sequence = 3",
            &["store_in_archive"],
            "exchange 99: store in archive failed: the archive does not give it",
        ),
        (
            "an exchange that is not in the store",
            "DELETE FROM exchanges WHERE sequence = 3",
            &["archive_in_store"],
            "exchange 3: archive in store failed: it is not in the store",
        ),
        (
            "another offset",
            "UPDATE exchanges SET file_offset = file_offset + 1 WHERE sequence = 3",
            &["store_in_archive"],
            "the store says offset ",
        ),
        (
            "another file",
            "UPDATE exchanges SET file = 'x.warc.gz' WHERE sequence = 3",
            &["store_in_archive"],
            "the store says file x.warc.gz, the archive khotin-one-",
        ),
        (
            "another record",
            "UPDATE exchanges SET record_id = 'urn:uuid:0' WHERE sequence = 3",
            &["store_in_archive"],
            "the store says record urn:uuid:0, the archive urn:uuid:",
        ),
        (
            "another digest",
            "UPDATE exchanges SET payload_sha256 = 'ab' WHERE sequence = 3",
            &["store_in_archive"],
            "the store says SHA-256 ab, the archive ",
        ),
        (
            "another status",
            "UPDATE exchanges SET status = 404 WHERE sequence = 3",
            &["store_in_archive"],
            "the store says status 404, the archive 200",
        ),
        (
            "another time",
            "UPDATE exchanges SET asked_at = '2020-01-01T00:00:00.000000Z' WHERE sequence = 3",
            &["store_in_archive"],
            "the store says time 2020-01-01 00:00:00 UTC, the archive ",
        ),
        (
            "a file is known further than it goes",
            "UPDATE positions SET end_offset = 99999999",
            &["positions"],
            "the store knows 99999999 bytes, and ",
        ),
    ];
    for (what, sql, checks, words) in table {
        let press = Press::crawled(&[1, 2]);
        let database = Connection::open(press.path("output/khotin.db")).unwrap();
        assert_eq!(database.execute(sql, []).unwrap(), 1, "{what}");
        drop(database);
        let report = press.run(&["verify", "--json"]).expect(what, 3).json();
        assert_eq!(failed(&report), checks, "{what}");
        let text = press.run(&["verify"]).expect(what, 3).stdout;
        assert!(text.contains(words), "{what}: no {words:?} in {text}");
        assert!(text.ends_with("DAMAGED\n"), "{what}");
    }
}

#[test]
fn a_database_that_can_not_be_read_has_failed_and_the_archive_is_checked_all_the_same() {
    let press = Press::crawled(&[1]);
    press.remove_database();
    fs::write(press.path("output/khotin.db"), [b'x'; 8192]).unwrap();
    let report = press.run(&["verify", "--json"]).expect("verify", 3).json();
    assert_eq!(report["store_answer"], "fail");
    assert_eq!(report["checks"]["record"]["answer"], "pass");
    let text = press.run(&["verify"]).expect("verify", 3).stdout;
    assert!(text.contains("store: FAIL (the store is damaged"), "{text}");
    assert!(text.contains("khotin rebuild"), "{text}");
}

#[test]
fn a_file_that_is_still_open_is_compared_as_far_as_it_goes() {
    let press = Press::crawled(&[1, 2]);
    let archive = press.path("output/archive");
    let file = archive.join(&press.archive().files().unwrap()[0]);
    let open = file.with_extension("gz.open");
    fs::rename(&file, &open).unwrap();
    fs::remove_file(archive.join("SHA256SUMS")).unwrap();
    // The last exchange is torn, and the store had not taken it.
    let bytes = fs::read(&open).unwrap();
    fs::write(&open, &bytes[..bytes.len() - 10]).unwrap();
    let database = Connection::open(press.path("output/khotin.db")).unwrap();
    database
        .execute("DELETE FROM exchanges WHERE sequence = 4", [])
        .unwrap();
    database
        .execute("UPDATE positions SET end_offset = 1, sequence = 3", [])
        .unwrap();
    drop(database);
    let report = press.run(&["verify", "--json"]).expect("torn", 0).json();
    assert_eq!(report["checks"]["store_in_archive"]["passed"], 3);
    fs::write(&open, &bytes).unwrap();
    let report = press
        .run(&["verify", "--json"])
        .expect("not taken yet", 0)
        .json();
    assert_eq!(report["store"]["waiting"], 1);
    fs::write(&open, &bytes[..bytes.len() / 3]).unwrap();
    let report = press.run(&["verify", "--json"]).expect("lost", 3).json();
    assert_eq!(failed(&report), ["store_in_archive"]);
}

#[test]
fn a_crawl_may_run_beside_it_and_may_be_killed() {
    let world = World::new(40);
    world.configure("sections = [\"tin-tong-hop\"]");
    world.control().plan_fault("/content/", 1, Fault::Stall);
    let crawl = world.start(&["crawl"]);
    wait_until("a request that gets no whole answer", || {
        let log = world.log();
        log.iter().any(|entry| entry.target.contains("/content/"))
    });
    let report = world
        .run(&["verify", "--json"])
        .expect("beside a crawl", 0)
        .json();
    assert!(report["store"]["equal"].as_u64().unwrap() >= 2, "{report}");
    assert_eq!(report["checks"]["record"]["answer"], "nothing_to_check");
    assert!(crawl.kill(), "the crawl had ended by itself");
    world.run(&["verify"]).expect("after the kill", 0);
    world.run(&["crawl"]).expect("the crawl goes on", 0);
    world.run(&["verify"]).expect("after the crawl", 0);
}

#[test]
fn sha256sum_agrees() {
    let press = Press::crawled(&[1, 2]);
    let check = || {
        Command::new("sha256sum")
            .args(["--check", "--strict", "--quiet", "SHA256SUMS"])
            .current_dir(press.path("output/archive"))
            .output()
    };
    let Ok(output) = check() else {
        // This machine has no sha256sum; `khotin verify` is tested above.
        return;
    };
    assert!(output.status.success(), "{output:?}");
    press.damage("/a/2");
    assert!(!check().unwrap().status.success());
    press.run(&["verify"]).expect("and so says verify", 3);
}

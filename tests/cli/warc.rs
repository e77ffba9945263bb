//! `khotin warc ls|cat|extract|mend` on files of the museum: what is printed, what is written, and what is
//! never touched.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use khotin::foreign::{ForeignReader, ForeignRecord, Found};
use serde_json::Value;
use tempfile::tempdir;

use crate::program::{khotin, run};

fn museum(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/warc/foreign")
        .join(folder);
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn fixture(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("fixtures/warc/foreign").join(name);
    path.to_str().unwrap().to_owned()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn records(path: &Path) -> Vec<ForeignRecord> {
    let found = ForeignReader::open(path).unwrap();
    let records = found.filter_map(|found| match found {
        Found::Record(record) => Some(record),
        Found::Trouble(_) => None,
    });
    records.collect()
}

#[test]
fn ls_prints_a_line_a_record_and_a_trouble_before_its_record() {
    let folder = tempdir().unwrap();
    let run = |args: &[&str]| run(folder.path(), &[&["warc", "ls"], args].concat());
    let file = fixture("sound/length-small.warc");
    let text = run(&[&file]).expect("ls", 0).stdout;
    let text: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(
        text,
        [
            "! 0 length: Content-Length is 2, but the block has 6 bytes (urn:x:1)",
            "0      161 resource 2016-11-22T01:02:03Z   - - https://moh.gov.vn/a",
            "161      159 resource 2016-11-22T01:02:03Z   - - https://moh.gov.vn/a",
            "2 records, 1 trouble: 1 length",
        ]
    );
    let text = run(&["--lang", "vi", &file]).expect("ls", 0).stdout;
    assert!(
        text.ends_with("2 bản ghi, 1 trục trặc: 1 length\n"),
        "{text}"
    );
    let damaged = fixture("damaged/garbage-inside.warc.gz");
    let text = run(&[&damaged]).expect("damage is exit code 3", 3).stdout;
    assert!(
        text.contains("! 0/158 garbage: 19 bytes belong to no record\n"),
        "{text}"
    );
    assert!(text.contains("     0/177        - resource"), "{text}");
    let none = run(&["none.warc"]).expect("no file", 1);
    assert!(none.stderr.contains("cannot open none.warc"), "{none:#?}");
}

#[test]
fn ls_in_json_has_every_field_and_filters_choose_records_and_not_troubles() {
    let folder = tempdir().unwrap();
    let run = |args: &[&str]| run(folder.path(), &[&["warc", "ls", "--json"], args].concat());
    let file = fixture("sound/http.warc");
    let all = lines(&run(&[&file]).expect("ls", 0).stdout);
    // Ten records, a trouble for each of: not chunked, cut in a chunk, shorter than said, no status.
    assert_eq!(all.len(), 10 + 4 + 1);
    assert_eq!(all.last().unwrap()["summary"]["records"], 10);
    let troubles = &all.last().unwrap()["summary"]["troubles"];
    assert_eq!(troubles, &serde_json::json!({ "http": 3, "chunks": 1 }));
    let first = &all[0];
    assert_eq!(first["offset"], 0);
    assert_eq!(first["type"], "response");
    assert_eq!(first["id"], "urn:x:1");
    assert_eq!(first["date"], "2016-11-22T01:02:03Z");
    assert_eq!(first["url"], "https://moh.gov.vn/a");
    assert_eq!(first["status"], 200);
    assert_eq!(first["inside"], Value::Null);
    let chosen = |args: &[&str]| -> Vec<String> {
        let args = [args, &[file.as_str()]].concat();
        let lines = lines(&run(&args).expect("ls", 0).stdout);
        assert_eq!(
            lines
                .iter()
                .filter(|line| line["trouble"].is_string())
                .count(),
            4
        );
        let ids = lines.iter().filter(|line| line["type"].is_string());
        ids.map(|line| line["id"].as_str().unwrap().replace("urn:x:", ""))
            .collect()
    };
    assert_eq!(chosen(&["--status", "404"]), ["5"]);
    assert_eq!(chosen(&["--status", "3xx", "--status", "4xx"]), ["5", "9"]);
    assert_eq!(chosen(&["--status", "4xx", "--url", "moh.gov.vn/a"]), ["5"]);
    assert_eq!(
        chosen(&["--status", "4xx", "--url", "moh.gov.vn/b"]),
        [] as [&str; 0]
    );
    assert_eq!(chosen(&["--type", "request"]), [] as [&str; 0]);
    run(&["--status", "4x", &file]).expect("no status", 2);
}

#[test]
fn cat_prints_a_record_byte_by_byte_its_headers_or_its_payload() {
    let folder = tempdir().unwrap();
    let cat = |args: &[&str]| {
        let output = khotin(folder.path(), &[&["warc", "cat"], args].concat())
            .output()
            .unwrap();
        (output.status.code(), output.stdout)
    };
    let plain = fixture("sound/plain.warc");
    let bytes = fs::read(&plain).unwrap();
    assert_eq!(cat(&[&plain, "158"]), (Some(0), bytes[158..].to_vec()));
    let shared = fixture("sound/one-gzip.warc.gz");
    assert_eq!(cat(&[&shared, "0/158"]), (Some(0), bytes[158..].to_vec()));
    assert_eq!(cat(&[&shared, "0"]), (Some(0), bytes[..158].to_vec()));
    let http = fixture("sound/http.warc");
    assert_eq!(cat(&["--payload", &http, "0"]), (Some(0), b"abcd".to_vec()));
    let (code, headers) = cat(&["--headers", &http, "0"]);
    let headers = String::from_utf8(headers).unwrap();
    assert_eq!(code, Some(0));
    assert!(headers.starts_with("WARC/1.0\r\nWARC-Type: response\r\n"));
    assert!(headers.ends_with("\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
    let json = run(folder.path(), &["warc", "cat", "--json", &http, "0"]);
    let json = json.expect("cat --json", 0).json();
    assert_eq!(json["http"]["headers"][0][0], "transfer-encoding");
    assert_eq!(json["http"]["payload_bytes"], 4);
    assert_eq!(json["record"]["id"], "urn:x:1");
    for (what, args, code) in [
        ("no record begins there", [plain.as_str(), "157"], 2),
        ("behind the end", [&plain, "99999"], 2),
        ("no offset", [&plain, "x"], 2),
        ("another one of the member", [&shared, "0/157"], 2),
    ] {
        assert_eq!(cat(&args).0, Some(code), "{what}");
    }
    let torn = fixture("damaged/torn-end.warc");
    assert_eq!(
        cat(&["--payload", &torn, "158"]),
        (Some(3), vec![b'x'; 204])
    );
}

#[test]
fn extract_writes_payloads_under_names_of_ours_with_an_index() {
    let folder = tempdir().unwrap();
    let file = fixture("sound/http.warc");
    let out = folder.path().join("out");
    let args = ["warc", "extract", &file, "out"];
    let ran = run(folder.path(), &args).expect("a record has no payload", 1);
    assert!(
        ran.stdout.contains("9 files in out, 1 without a payload"),
        "{}",
        ran.stdout
    );
    let index = lines(&fs::read_to_string(out.join("index.jsonl")).unwrap());
    assert_eq!(index.len(), 10);
    assert_eq!(index[0]["file"], "000001.bin");
    assert_eq!(fs::read(out.join("000001.bin")).unwrap(), b"abcd");
    // By sha256sum.
    let sum = "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589";
    assert_eq!(index[0]["sha256"], sum);
    assert_eq!(index[2]["why"], "the payload is not whole (unspecified)");
    assert_eq!(index[3]["file"], "000004.html");
    assert_eq!(index[3]["url"], "https://moh.gov.vn/a");
    assert_eq!(index[9]["file"], Value::Null);
    assert_eq!(index[9]["why"], "the block is no answer of HTTP");
    let again = run(folder.path(), &args).expect("it is there", 2);
    assert!(again.stderr.contains("out is there already"), "{again:#?}");
    let args = ["warc", "extract", "--status", "404", &file, "one"];
    run(folder.path(), &args).expect("one", 0);
    assert_eq!(fs::read_dir(folder.path().join("one")).unwrap().count(), 2);
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 2, "nothing hidden is left: {names:?}");
}

#[test]
fn mend_makes_a_sound_file_of_every_file_of_the_museum_and_does_nothing_twice() {
    let folder = tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for original in [museum("sound"), museum("damaged")].concat() {
        let name = original.file_name().unwrap().to_str().unwrap();
        let before = fs::read(&original).unwrap();
        let path = original.to_str().unwrap();
        let ran = run(
            folder.path(),
            &["warc", "mend", path, "a.warc.gz", "--json"],
        );
        assert_eq!(fs::read(&original).unwrap(), before, "{name} is only read");
        if name.starts_with("page.") {
            assert_eq!(ran.code, Some(1), "{name} holds no record");
            assert!(!at("a.warc.gz").exists());
            continue;
        }
        let told = lines(&ran.stdout);
        let summary = &told.last().unwrap()["summary"];
        let left_out = summary["left_out"].as_u64().unwrap();
        // Every record that is whole and has what only its writer knew is there, with its block.
        let wanted: BTreeMap<String, Vec<u8>> = records(&original)
            .into_iter()
            .filter(|record| record.wholeness == khotin::foreign::Wholeness::Whole)
            .filter(|record| record.date().is_some() || record.field("WARC-Date").is_some())
            .filter(|record| !record.kind().is_empty())
            .map(|record| (record.id().unwrap().to_owned(), record.block))
            .collect();
        let mended = records(&at("a.warc.gz"));
        let found = mended.iter();
        let found: BTreeMap<String, Vec<u8>> = found
            .map(|record| (record.id().unwrap().to_owned(), record.block.clone()))
            .collect();
        assert_eq!(found, wanted, "{name}");
        assert_eq!(
            records(&original).len() as u64 - left_out,
            mended.len() as u64,
            "{name}"
        );
        for record in &mended {
            assert!(record.is_gzip_member, "{name}");
            let odd: Vec<_> = record.troubles.iter().map(|kind| kind.as_str()).collect();
            let stays = ["date", "digest_form", "block_digest", "payload_digest"];
            assert!(
                odd.iter().all(|kind| stays.contains(kind)),
                "{name}: {odd:?}"
            );
        }
        run(folder.path(), &["warc", "mend", "a.warc.gz", "b.warc.gz"]);
        assert_eq!(
            fs::read(at("a.warc.gz")).unwrap(),
            fs::read(at("b.warc.gz")).unwrap(),
            "{name}"
        );
        fs::remove_file(at("a.warc.gz")).unwrap();
        fs::remove_file(at("b.warc.gz")).unwrap();
    }
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        0,
        "nothing hidden is left"
    );
}

#[test]
fn mend_tells_every_change_and_what_is_left_out() {
    let folder = tempdir().unwrap();
    let mend = |args: &[&str], code| {
        run(folder.path(), &[&["warc", "mend"], args].concat())
            .expect("mend", code)
            .stdout
    };
    let text = mend(&[&fixture("sound/length-small.warc"), "a.warc.gz"], 0);
    let expected = "! 0 length: Content-Length is 2, but the block has 6 bytes (urn:x:1)\n\
        0 mended: packed, length, digest_added (urn:x:1)\n\
        161 mended: packed, digest_added (urn:x:9)\n\
        2 records in a.warc.gz: 0 as they were, 2 mended; 0 left out\n\
        changes: 2 packed, 1 length, 2 digest_added\n\
        2 records, 1 trouble: 1 length\n";
    assert_eq!(text, expected);
    let mut mended = String::new();
    let packed = fs::read(folder.path().join("a.warc.gz")).unwrap();
    GzDecoder::new(packed.as_slice())
        .read_to_string(&mut mended)
        .unwrap();
    // The digest of `abcdef` by sha1sum and base32.
    let expected = "WARC/1.0\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:x:1>\r\nWARC-Date: 2016-11-22T01:02:03Z\r\n\
        WARC-Target-URI: https://moh.gov.vn/a\r\nContent-Length: 6\r\n\
        WARC-Block-Digest: sha1:D6FMCDZDYW23YELHXWUEXAZ6LQCXU56S\r\n\r\nabcdef\r\n\r\n";
    assert_eq!(mended, expected);
    let text = mend(&[&fixture("sound/no-date.warc"), "b.warc.gz"], 1);
    assert!(
        text.contains("0 left out: there is no WARC-Date, and none is invented (urn:x:1)\n"),
        "{text}"
    );
    let text = mend(
        &[
            "--lang",
            "vi",
            &fixture("damaged/torn-end.warc"),
            "c.warc.gz",
        ],
        3,
    );
    assert!(
        text.contains("158 left out: its block is not whole (urn:x:2)\n"),
        "{text}"
    );
    let said = "1 bản ghi trong c.warc.gz: 0 giữ nguyên, 1 được sửa; 1 bị bỏ lại\n";
    assert!(text.contains(said), "{text}");
    for (what, out) in [("it is there", "a.warc.gz"), ("another ending", "d.warc")] {
        let args = ["warc", "mend", &fixture("sound/plain.warc"), out];
        run(folder.path(), &args).expect(what, 2);
    }
    assert_eq!(fs::read(folder.path().join("a.warc.gz")).unwrap(), packed);
}

#[test]
fn no_control_character_of_a_file_reaches_the_terminal() {
    let folder = tempdir().unwrap();
    let block = "HTTP/1.1 200 \u{1b}[2J\r\nContent-Type: text/\u{1b}[2J\r\nx\u{1b}[2J\r\n\r\nabc";
    let record = format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:\u{1b}[2J>\r\nWARC-Date: \u{1b}[2J\r\n\
         WARC-Target-URI: https://a/\u{9b}2J\r\nContent-Type: application/http\r\nno\u{1b}[2Jcolon\r\n\
         Content-Length: {}\r\n\r\n{block}\r\n\r\n",
        block.len()
    );
    fs::write(folder.path().join("a.warc"), record).unwrap();
    // Every run is searched for them.
    for args in [
        &["ls", "a.warc"][..],
        &["ls", "--json", "a.warc"],
        &["cat", "--json", "a.warc", "0"],
        &["extract", "a.warc", "out"],
        &["extract", "--json", "a.warc", "out-too"],
        &["mend", "a.warc", "b.warc.gz"],
        &["mend", "--json", "a.warc", "c.warc.gz"],
    ] {
        let ran = run(folder.path(), &[&["warc"], args].concat());
        assert_eq!(ran.code, Some(0), "{args:?}: {ran:#?}");
    }
    let names: Vec<_> = fs::read_dir(folder.path().join("out")).unwrap().collect();
    assert_eq!(names.len(), 2);
}

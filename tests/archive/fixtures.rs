//! The WARC files of `fixtures/warc`, made by `make.py` and not by khotin.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use khotin::archive::{Archive, Outcome, Report, RevisitKind, verify};
use khotin::model::FailureKind;
use serde::Deserialize;
use tempfile::{TempDir, tempdir};

use crate::support::*;

#[derive(Debug, Deserialize)]
struct Expected {
    sound: BTreeMap<String, Case>,
    damaged: BTreeMap<String, Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    note: String,
    check: Option<String>,
    offset: Option<u64>,
    record_id: Option<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/warc")
}

fn expected() -> Expected {
    toml::from_str(&fs::read_to_string(root().join("expected.toml")).unwrap()).unwrap()
}

fn archive_of(folder: &str, name: &str) -> TempDir {
    let dir = tempdir().unwrap();
    let file = format!("{name}.warc.gz");
    fs::copy(root().join(folder).join(&file), dir.path().join(&file)).unwrap();
    dir
}

fn report_of(folder: &str, name: &str) -> Report {
    verify(&Archive::new(archive_of(folder, name).path())).unwrap()
}

#[test]
fn sound_files_pass() {
    for (name, case) in expected().sound {
        let report = report_of("sound", &name);
        assert!(report.is_sound(), "{name} ({}): {report}", case.note);
    }
}

#[test]
fn damaged_files_fail_at_the_damaged_place() {
    for (name, case) in expected().damaged {
        let report = report_of("damaged", &name);
        let finding = report.findings().next();
        let finding = finding.unwrap_or_else(|| panic!("{name} ({}) passes", case.note));
        let check = serde_json::to_value(finding.check).unwrap();
        assert_eq!(check.as_str(), case.check.as_deref(), "{name}: {report}");
        assert_eq!(finding.offset, case.offset, "{name}: {report}");
        assert_eq!(finding.record_id, case.record_id, "{name}: {report}");
    }
}

#[test]
fn every_fixture_is_expected() {
    let expected = expected();
    for (folder, cases) in [("sound", &expected.sound), ("damaged", &expected.damaged)] {
        for file in fs::read_dir(root().join(folder)).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            let case = name.strip_suffix(".warc.gz").unwrap();
            assert!(cases.contains_key(case), "{folder}/{name}");
        }
    }
}

#[test]
fn a_file_of_another_writer_is_read() {
    let dir = archive_of("sound", "every-kind");
    let stored = stored(dir.path());
    let [first, again, unchanged, failed] = stored.as_slice() else {
        panic!("four exchanges, not {}", stored.len());
    };
    let url = url("https://moh.gov.vn/tin-noi-bat/-/a-b");
    let body = "<html><body><p>Bộ Y tế</p></body></html>".as_bytes();
    for (stored, kind) in [(first, None), (again, Some(RevisitKind::IdenticalPayload))] {
        let Outcome::Answered(answer) = &stored.outcome else {
            panic!("answered");
        };
        assert_eq!(stored.request.url, url);
        assert_eq!(answer.body, body);
        assert_eq!(
            answer.headers[1],
            ("x-8bit".to_owned(), b"\xe1\xff".to_vec())
        );
        assert_eq!(answer.revisit.as_ref().map(|revisit| revisit.kind), kind);
    }
    let Outcome::Answered(answer) = &unchanged.outcome else {
        panic!("answered");
    };
    assert_eq!(
        (answer.status, answer.reason.as_str()),
        (304, "Not Modified")
    );
    assert_eq!(answer.headers, [("etag".to_owned(), b"\"1\"".to_vec())]);
    let Outcome::Failed(failure) = &failed.outcome else {
        panic!("failed");
    };
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert_eq!(failure.message, "no answer from moh.gov.vn in 30 s");
}

//! Verify finds every changed byte and says where.

use std::fs;

use khotin::archive::{Archive, Check, Report, verify};
use tempfile::tempdir;

use crate::support::*;

fn failed(report: &Report) -> Vec<Check> {
    report.findings().map(|finding| finding.check).collect()
}

#[test]
fn a_sound_archive_passes_every_check() {
    let dir = tempdir().unwrap();
    small_archive(dir.path());
    let report = verify(&Archive::new(dir.path())).unwrap();
    assert_eq!(
        report.to_string(),
        "record: 10 passed, 0 failed, 0 with nothing to check\n\
         block digest: 10 passed, 0 failed, 0 with nothing to check\n\
         payload digest: 2 passed, 0 failed, 8 with nothing to check\n\
         exchange: 3 passed, 0 failed, 0 with nothing to check\n\
         sequence: 3 passed, 0 failed, 0 with nothing to check\n\
         SHA256SUMS: 1 passed, 0 failed, 0 with nothing to check\n\
         cdxj: 1 passed, 0 failed, 0 with nothing to check\n\
         sound: 10 records in 1 files\n"
    );
}

#[test]
fn a_flipped_bit_is_found_wherever_it_is() {
    let dir = tempdir().unwrap();
    let file = small_archive(dir.path());
    let path = dir.path().join(&file);
    let sound = fs::read(&path).unwrap();
    let archive = Archive::new(dir.path());
    for place in (0..sound.len()).step_by(11) {
        let mut bytes = sound.clone();
        bytes[place] ^= 4;
        fs::write(&path, bytes).unwrap();
        let report = verify(&archive).unwrap();
        let last = report.findings().last().unwrap();
        assert_eq!(last.file, file, "byte {place}");
        assert!(
            failed(&report).contains(&Check::Sha256Sums),
            "byte {place}: {report}"
        );
    }
}

#[test]
fn a_flipped_bit_is_named_by_file_offset_and_record() {
    let dir = tempdir().unwrap();
    let file = small_archive(dir.path());
    let offset = stored(dir.path())
        .remove(0)
        .into_capture()
        .unwrap()
        .location
        .offset;
    let path = dir.path().join(&file);
    let mut bytes = fs::read(&path).unwrap();
    bytes[offset as usize + 80] ^= 1;
    fs::write(&path, bytes).unwrap();
    let report = verify(&Archive::new(dir.path())).unwrap();
    assert!(!report.is_sound());
    let first = report.findings().next().unwrap();
    assert_eq!((first.offset, first.check), (Some(offset), Check::Record));
    let line = first.to_string();
    assert!(
        line.starts_with(&format!("{file} byte {offset}: record failed: ")),
        "{line}"
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["files"][0]["findings"][0]["offset"], offset);
    assert_eq!(json["files"][0]["checks"]["record"]["failed"], 1);
}

#[test]
fn what_stands_beside_the_warc_file_is_checked_too() {
    type Spoil = fn(&std::path::Path);
    let table: [(&str, Spoil, &[Check]); 6] = [
        ("nothing spoiled", |_| {}, &[]),
        (
            "no index is nothing to check",
            |dir| fs::remove_file(cdxj(dir)).unwrap(),
            &[],
        ),
        (
            "no sums are nothing to check",
            |dir| fs::remove_file(dir.join("SHA256SUMS")).unwrap(),
            &[],
        ),
        (
            "a line of the index is gone",
            |dir| {
                let text = fs::read_to_string(cdxj(dir)).unwrap();
                fs::write(cdxj(dir), text.split_once('\n').unwrap().1).unwrap();
            },
            &[Check::Cdxj],
        ),
        (
            "the file is gone",
            |dir| fs::remove_file(dir.join("khotin-moh-20261122T010203Z-00001.warc.gz")).unwrap(),
            &[Check::Sha256Sums],
        ),
        (
            "another file under the name",
            |dir| {
                let path = dir.join("khotin-moh-20261122T010203Z-00001.warc.gz");
                fs::write(path, b"").unwrap();
            },
            &[Check::Sha256Sums, Check::Cdxj],
        ),
    ];
    for (what, spoil, expected) in table {
        let dir = tempdir().unwrap();
        small_archive(dir.path());
        spoil(dir.path());
        let report = verify(&Archive::new(dir.path())).unwrap();
        assert_eq!(failed(&report), expected, "{what}: {report}");
    }
}

fn cdxj(dir: &std::path::Path) -> std::path::PathBuf {
    dir.join("khotin-moh-20261122T010203Z-00001.cdxj")
}

#[test]
fn an_open_file_is_named_and_not_checked() {
    let dir = tempdir().unwrap();
    let writer = writer(dir.path());
    let report = verify(&Archive::new(dir.path())).unwrap();
    assert_eq!(report.open_files, [writer.file()]);
    assert!(report.is_sound());
    assert!(report.to_string().contains("not checked, it is not closed"));
}

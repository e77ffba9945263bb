//! Verify finds every changed byte and says where.

use std::fs;

use khotin::archive::{Archive, Check, RecordReader, Report, verify};
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

/// Flips every byte of a file of a small archive, one at a time, and gives each report.
fn flip_each_byte(of: &str, mut look: impl FnMut(usize, &Report)) {
    let dir = folder();
    small_archive(dir.path());
    let path = dir.path().join(of);
    let sound = fs::read(&path).unwrap();
    let archive = Archive::new(dir.path());
    for place in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[place] ^= 4;
        fs::write(&path, bytes).unwrap();
        let report = verify(&archive).unwrap();
        assert!(!report.is_sound(), "{of} byte {place}");
        look(place, &report);
    }
}

const WARC: &str = "khotin-moh-20261122T010203Z-00001.warc.gz";

/// The check sum of a gzip member covers neither all of its head nor what stands in no digest; SHA256SUMS
/// covers everything. Whatever else is found is found at the member that the byte is in.
#[test]
fn any_flipped_byte_of_a_closed_file_is_found_and_placed() {
    let dir = folder();
    small_archive(dir.path());
    let members: Vec<(u64, u64)> = RecordReader::open(&dir.path().join(WARC), WARC, 0)
        .unwrap()
        .map(Result::unwrap)
        .map(|record| (record.offset, record.offset + record.length))
        .collect();
    let (mut named, mut all) = (0, 0);
    flip_each_byte(WARC, |place, report| {
        let byte = place as u64;
        let member = members
            .iter()
            .find(|(start, end)| (*start..*end).contains(&byte))
            .unwrap();
        assert!(
            failed(report).contains(&Check::Sha256Sums),
            "byte {place}: {report}"
        );
        for finding in report.findings() {
            assert_eq!(finding.file, WARC, "byte {place}");
        }
        let record = report
            .findings()
            .find(|finding| finding.check == Check::Record);
        if let Some(record) = record {
            assert_eq!(record.offset, Some(member.0), "byte {place}: {report}");
            named += 1;
        }
        all += 1;
    });
    // Ten bytes of head a member: flags, time and system are in no check sum.
    assert!(named * 10 > all * 9, "{named} of {all} were placed");
}

#[test]
fn any_flipped_byte_of_an_index_is_found_and_placed() {
    let cdxj = WARC.replace(".warc.gz", ".cdxj");
    flip_each_byte(&cdxj, |place, report| {
        let findings: Vec<_> = report.findings().collect();
        let [finding] = findings.as_slice() else {
            panic!("byte {place}: {report}");
        };
        assert_eq!((finding.check, finding.file.as_str()), (Check::Cdxj, WARC));
        let expected = format!("{cdxj} byte {place} (line ");
        assert!(
            finding.problem.starts_with(&expected),
            "{}",
            finding.problem
        );
    });
}

#[test]
fn any_flipped_byte_of_the_sums_is_found_and_placed() {
    flip_each_byte("SHA256SUMS", |place, report| {
        let failed = failed(report);
        assert!(
            failed.iter().all(|check| *check == Check::Sha256Sums),
            "{report}"
        );
        let text = report.to_string();
        // A digest that is another one, a line that is none, a name of no file.
        let expected = [
            format!("{WARC}: SHA256SUMS failed: SHA-256 is said to be "),
            "SHA256SUMS byte 0: SHA256SUMS failed: no digest, ".to_owned(),
            ": SHA256SUMS failed: SHA256SUMS names it, but it is not there".to_owned(),
        ];
        let is_placed = expected.iter().any(|words| text.contains(words));
        assert!(is_placed, "byte {place}: {text}");
    });
}

#[test]
fn a_second_line_for_one_file_does_not_hide_the_first() {
    let dir = folder();
    small_archive(dir.path());
    let path = dir.path().join("SHA256SUMS");
    let line = fs::read_to_string(&path).unwrap();
    let other = format!("{}  {WARC}\n", "0".repeat(64));
    fs::write(&path, other + &line).unwrap();
    let report = verify(&Archive::new(dir.path())).unwrap();
    assert!(!report.is_sound(), "{report}");
}

/// A closed file that was cut: the place is the member that the cut is in, or, between two members of an
/// exchange, the exchange that has no end.
#[test]
fn a_torn_file_is_placed_wherever_it_is_cut() {
    let dir = folder();
    let file = small_archive(dir.path());
    let path = dir.path().join(&file);
    let whole = fs::read(&path).unwrap();
    let records: Vec<_> = RecordReader::open(&path, &file, 0)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let archive = Archive::new(dir.path());
    // The last exchange has two members, the one before three.
    let first = records[records.len() - 5].offset as usize;
    for cut in first..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let report = verify(&archive).unwrap();
        assert!(
            failed(&report).contains(&Check::Sha256Sums),
            "cut at {cut}: {report}"
        );
        let torn = records
            .iter()
            .rfind(|record| record.offset <= cut as u64)
            .unwrap();
        let is_inside = torn.offset < cut as u64;
        let found = report.findings().next().unwrap();
        if is_inside {
            assert_eq!(
                (found.check, found.offset),
                (Check::Record, Some(torn.offset)),
                "cut at {cut}"
            );
        } else if torn.kind() != "request" {
            assert_eq!(found.check, Check::Exchange, "cut at {cut}: {report}");
            assert!(
                found.offset < Some(cut as u64) && found.record_id.is_some(),
                "cut at {cut}"
            );
        }
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

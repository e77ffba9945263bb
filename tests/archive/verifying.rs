//! Verify finds every changed byte and says where.

use std::fs;

use khotin::archive::{Answer, Archive, Check, RecordReader, Report, verify};
use tempfile::tempdir;

use crate::support::*;

/// The checks that failed, in the order of their first failure.
fn failed(report: &Report) -> Vec<Check> {
    let mut checks: Vec<Check> = report.findings().map(|finding| finding.check).collect();
    checks.dedup();
    checks
}

#[test]
fn a_sound_archive_passes_every_check() {
    let dir = tempdir().unwrap();
    small_archive(dir.path());
    let report = verify(&Archive::new(dir.path())).unwrap();
    assert_eq!(
        report.to_string(),
        "record: pass (10 passed)\n\
         block digest: pass (10 passed)\n\
         payload digest: pass (3 passed, 7 with nothing to check)\n\
         exchange: pass (3 passed)\n\
         sequence: pass (3 passed)\n\
         SHA256SUMS: pass (1 passed)\n\
         cdxj: pass (3 passed)\n\
         sound: 10 records in 1 files\n"
    );
}

/// Flips every byte of a file of a small archive, one at a time, and gives each report.
fn flip_each_byte(of: &str, mut look: impl FnMut(usize, &[u8], &Report)) {
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
        look(place, &sound, &report);
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
    flip_each_byte(WARC, |place, _, report| {
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
    flip_each_byte(&cdxj, |place, index, report| {
        assert!(report.findings().next().is_some(), "byte {place}: {report}");
        for finding in report.findings() {
            assert_eq!((finding.check, finding.file.as_str()), (Check::Cdxj, WARC));
        }
        let line = 1 + index[..place].iter().filter(|byte| **byte == b'\n').count();
        let expected = format!("{cdxj} line {line} is given by no record");
        let text = report.to_string();
        assert!(text.contains(&expected), "byte {place}: {text}");
    });
}

#[test]
fn any_flipped_byte_of_the_sums_is_found_and_placed() {
    flip_each_byte("SHA256SUMS", |place, _, report| {
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
    let table: [(&str, Spoil, &[Check]); 13] = [
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
            "a line of the index that no record gives",
            |dir| append(&cdxj(dir), "zz)/ 20260101000000 {}\n"),
            &[Check::Cdxj],
        ),
        (
            "the lines of the index in another order",
            |dir| {
                let text = fs::read_to_string(cdxj(dir)).unwrap();
                let (first, rest) = text.split_once('\n').unwrap();
                fs::write(cdxj(dir), format!("{rest}{first}\n")).unwrap();
            },
            &[Check::Cdxj],
        ),
        (
            "an index of no file",
            |dir| fs::write(dir.join("khotin-x.cdxj"), "").unwrap(),
            &[Check::Cdxj],
        ),
        (
            "a line of the sums that can not be read",
            |dir| append(&dir.join("SHA256SUMS"), "garbage\n"),
            &[Check::Sha256Sums],
        ),
        (
            "a line of the sums that leads out of the folder",
            |dir| append(&dir.join("SHA256SUMS"), "00  ../x.warc.gz\n"),
            &[Check::Sha256Sums],
        ),
        (
            "a line of the sums twice",
            |dir| {
                let text = fs::read_to_string(dir.join("SHA256SUMS")).unwrap();
                append(&dir.join("SHA256SUMS"), &text);
            },
            &[Check::Sha256Sums],
        ),
        (
            "a file that can not be opened",
            |dir| {
                fs::remove_file(warc(dir)).unwrap();
                fs::create_dir(warc(dir)).unwrap();
            },
            &[Check::Record],
        ),
        (
            "the file is gone",
            |dir| fs::remove_file(dir.join("khotin-moh-20261122T010203Z-00001.warc.gz")).unwrap(),
            &[Check::Cdxj, Check::Sha256Sums],
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

fn append(path: &std::path::Path, text: &str) {
    let old = fs::read_to_string(path).unwrap();
    fs::write(path, old + text).unwrap();
}

fn warc(dir: &std::path::Path) -> std::path::PathBuf {
    dir.join("khotin-moh-20261122T010203Z-00001.warc.gz")
}

fn cdxj(dir: &std::path::Path) -> std::path::PathBuf {
    dir.join("khotin-moh-20261122T010203Z-00001.cdxj")
}

#[test]
fn an_index_is_compared_line_by_line_both_ways() {
    let dir = tempdir().unwrap();
    small_archive(dir.path());
    let text = fs::read_to_string(cdxj(dir.path())).unwrap();
    let changed = text.replacen("\"offset\": \"", "\"offset\": \"9", 1);
    fs::write(cdxj(dir.path()), changed).unwrap();
    let report = verify(&Archive::new(dir.path())).unwrap();
    let counts = report.totals()[&Check::Cdxj];
    assert_eq!((counts.passed, counts.failed), (2, 2), "{report}");
    let text = report.to_string();
    for words in ["lacks the line of a record: ", " is given by no record: "] {
        assert!(text.contains(words), "no {words:?} in {text}");
    }
}

#[test]
fn a_sequence_that_stands_in_two_files_is_found() {
    let dir = tempdir().unwrap();
    let file = small_archive(dir.path());
    let copy = "khotin-moh-20261122T010203Z-00002.warc.gz";
    fs::copy(dir.path().join(&file), dir.path().join(copy)).unwrap();
    let report = verify(&Archive::new(dir.path())).unwrap();
    assert_eq!(failed(&report), [Check::Sequence]);
    assert_eq!(report.totals()[&Check::Sequence].failed, 3);
    let text = report.to_string();
    assert!(
        text.contains(&format!("sequence 1 stands in {file} too")),
        "{text}"
    );
}

#[test]
fn an_archive_without_a_closed_file_has_nothing_to_check() {
    let dir = tempdir().unwrap();
    let report = verify(&Archive::new(dir.path())).unwrap();
    assert_eq!(report.answer(), Answer::NothingToCheck);
    assert!(report.is_sound());
    assert_eq!(report.totals().len(), Check::ALL.len());
    let text = report.to_string();
    assert!(text.starts_with("record: nothing to check\n"), "{text}");
    assert!(
        text.ends_with("nothing to check: no file is closed\n"),
        "{text}"
    );
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

//! A crash costs at most what was in flight, wherever it cuts.

use std::fs;

use khotin::archive::{Archive, ArchiveError, Recovered, RecoveredAs, recover, verify};
use khotin::model::Sequence;
use tempfile::tempdir;

use crate::support::*;

const OPEN: &str = "khotin-moh-20261122T010203Z-00001.warc.gz.open";
const CLOSED: &str = "khotin-moh-20261122T010203Z-00001.warc.gz";

/// The bytes of an open file with two exchanges, and where each ends.
fn open_file() -> (Vec<u8>, [usize; 3]) {
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    let first = append(&mut writer, 1, &page("a", 1, "x"));
    let second = append(&mut writer, 2, &page("b", 2, "y"));
    drop(writer);
    let bytes = fs::read(dir.path().join(OPEN)).unwrap();
    let ends = [first.start, first.end, second.end].map(|end| end as usize);
    (bytes, ends)
}

fn recovered(bytes: &[u8]) -> (tempfile::TempDir, Result<Vec<Recovered>, ArchiveError>) {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join(OPEN), bytes).unwrap();
    let result = recover(dir.path());
    (dir, result)
}

#[test]
fn a_file_cut_at_any_byte_of_its_last_exchange_keeps_the_one_before() {
    let (bytes, [_, first, second]) = open_file();
    assert_eq!(second, bytes.len());
    for end in first..second {
        let (dir, result) = recovered(&bytes[..end]);
        assert_eq!(
            result.unwrap(),
            [Recovered {
                file: CLOSED.to_owned(),
                done: RecoveredAs::Closed,
                exchanges: 1,
                last: Some(Sequence(1)),
                kept_bytes: first as u64,
                cut_bytes: (end - first) as u64,
            }],
            "cut at byte {end}"
        );
        let before = snapshot(dir.path());
        assert_eq!(before[CLOSED], bytes[..first], "cut at byte {end}");
        assert_eq!(before.len(), 3, "WARC file, index, sums; cut at byte {end}");
    }
    let (dir, result) = recovered(&bytes);
    assert_eq!(result.unwrap()[0].exchanges, 2);
    assert_eq!(sequences(dir.path()), [1, 2]);
}

#[test]
fn what_is_recovered_is_sound_and_recovering_again_changes_nothing() {
    let (bytes, [_, first, second]) = open_file();
    for end in [first, first + 1, second - 1, second] {
        let (dir, result) = recovered(&bytes[..end]);
        result.unwrap();
        let report = verify(&Archive::new(dir.path())).unwrap();
        assert!(report.is_sound(), "cut at byte {end}: {report}");
        let before = snapshot(dir.path());
        assert_eq!(recover(dir.path()).unwrap(), []);
        assert_eq!(snapshot(dir.path()), before, "cut at byte {end}");
    }
}

#[test]
fn a_file_without_a_whole_exchange_is_removed() {
    let (bytes, [head, first, _]) = open_file();
    for end in [0, 1, head / 2, head, head + 1, first - 1] {
        let (dir, result) = recovered(&bytes[..end]);
        let recovered = result.unwrap();
        assert_eq!(recovered[0].done, RecoveredAs::Removed, "cut at byte {end}");
        assert_eq!(recovered[0].cut_bytes, end as u64);
        assert!(snapshot(dir.path()).is_empty(), "cut at byte {end}");
    }
}

#[test]
fn an_end_of_zeros_is_cut_as_a_power_failure_leaves_it() {
    let (mut bytes, [_, first, second]) = open_file();
    bytes[first + 100..second].fill(0);
    let (dir, result) = recovered(&bytes);
    assert_eq!(result.unwrap()[0].kept_bytes, first as u64);
    assert_eq!(sequences(dir.path()), [1]);
}

#[test]
fn damage_before_whole_exchanges_is_never_cut() {
    let (mut bytes, [head, first, _]) = open_file();
    bytes[head + 50] ^= 1;
    let (dir, result) = recovered(&bytes);
    let error = result.unwrap_err();
    assert!(
        matches!(&error, ArchiveError::DamagedInside { offset, follows, .. }
            if *offset == head as u64 && *follows < first as u64),
        "{error}"
    );
    assert!(error.is_damage());
    assert_eq!(fs::read(dir.path().join(OPEN)).unwrap(), bytes);
}

#[test]
fn a_crash_while_closing_is_finished() {
    let whole = tempdir().unwrap();
    small_archive(whole.path());
    let expected = snapshot(whole.path());
    let cdxj = CLOSED.replace(".warc.gz", ".cdxj");
    type Spoil = fn(&std::path::Path, &str);
    let table: [(&str, Spoil); 4] = [
        ("before the rename", |dir, cdxj| {
            fs::rename(dir.join(CLOSED), dir.join(OPEN)).unwrap();
            fs::remove_file(dir.join(cdxj)).unwrap();
            fs::remove_file(dir.join("SHA256SUMS")).unwrap();
        }),
        ("before the index", |dir, cdxj| {
            fs::rename(dir.join(cdxj), dir.join(format!("{cdxj}.tmp"))).unwrap();
            fs::remove_file(dir.join("SHA256SUMS")).unwrap();
        }),
        ("before the sums", |dir, _| {
            fs::remove_file(dir.join("SHA256SUMS")).unwrap()
        }),
        ("within the sums", |dir, _| {
            fs::rename(dir.join("SHA256SUMS"), dir.join("SHA256SUMS.tmp")).unwrap();
        }),
    ];
    for (what, spoil) in table {
        let dir = tempdir().unwrap();
        small_archive(dir.path());
        spoil(dir.path(), &cdxj);
        assert_eq!(recover(dir.path()).unwrap().len(), 1, "{what}");
        assert_eq!(snapshot(dir.path()), expected, "{what}");
    }
}

#[test]
fn a_file_that_is_being_written_is_left_alone() {
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    append(&mut writer, 1, &page("a", 1, "x"));
    let before = snapshot(dir.path());
    assert!(matches!(
        recover(dir.path()),
        Err(ArchiveError::InUse { .. })
    ));
    assert_eq!(snapshot(dir.path()), before);
    writer.close().unwrap();
}

#[test]
fn no_folder_is_nothing_to_recover() {
    let dir = tempdir().unwrap();
    assert_eq!(recover(&dir.path().join("archive")).unwrap(), []);
}

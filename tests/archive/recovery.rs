//! A crash costs at most what was in flight, wherever it cuts.

use std::collections::BTreeMap;
use std::fs;

use khotin::archive::{
    Archive, ArchiveError, Recovered, RecoveredAs, recover, recover_behind, verify,
};
use khotin::model::Sequence;
use tempfile::tempdir;

use crate::support::*;

const OPEN: &str = "khotin-moh-20261122T010203Z-00001.warc.gz.open";
const CLOSED: &str = "khotin-moh-20261122T010203Z-00001.warc.gz";

/// The bytes of an open file with two exchanges, each fsynced, and where each ends.
fn open_file() -> (Vec<u8>, [usize; 3]) {
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    let first = append(&mut writer, 1, &page("a", 1, "x"));
    writer.sync().unwrap();
    let second = append(&mut writer, 2, &page("b", 2, "y"));
    drop(writer);
    let bytes = fs::read(dir.path().join(OPEN)).unwrap();
    let ends = [first.start, first.end, second.end].map(|end| end as usize);
    (bytes, ends)
}

fn recovered(bytes: &[u8]) -> (tempfile::TempDir, Result<Vec<Recovered>, ArchiveError>) {
    let dir = folder();
    fs::write(dir.path().join(OPEN), bytes).unwrap();
    let result = recover(dir.path());
    (dir, result)
}

/// The bytes of an open file whose last exchanges are of the three shapes that there are, and where each
/// exchange ends: one record (nothing was sent), two (no answer), three. The last two members are in it
/// whichever way they are counted.
fn open_file_of_all_shapes() -> (Vec<u8>, Vec<usize>) {
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    let mut unsent = failure("b", 2);
    unsent.sent_head.clear();
    let exchanges = [
        page("a", 1, "x"),
        unsent,
        failure("c", 3),
        page("d", 4, "y"),
    ];
    let mut ends = Vec::new();
    for (sequence, exchange) in (1..).zip(&exchanges) {
        ends.push(append(&mut writer, sequence, exchange).end as usize);
        writer.sync().unwrap();
    }
    drop(writer);
    (fs::read(dir.path().join(OPEN)).unwrap(), ends)
}

#[test]
fn a_file_cut_at_any_byte_behind_its_first_exchange_keeps_every_whole_one() {
    let (bytes, ends) = open_file_of_all_shapes();
    assert_eq!(ends[3], bytes.len());
    for cut in ends[0]..=bytes.len() {
        let (dir, result) = recovered(&bytes[..cut]);
        let whole = ends.iter().filter(|end| **end <= cut).count();
        let kept = ends[whole - 1];
        assert_eq!(
            result.unwrap(),
            [Recovered {
                file: CLOSED.to_owned(),
                done: RecoveredAs::Closed,
                exchanges: whole as u64,
                last: Some(Sequence(whole as u64)),
                kept_bytes: kept as u64,
                cut_bytes: (cut - kept) as u64,
            }],
            "cut at byte {cut}"
        );
        let before = snapshot(dir.path());
        assert_eq!(before[CLOSED], bytes[..kept], "cut at byte {cut}");
        assert_eq!(before.len(), 3, "WARC file, index, sums; cut at byte {cut}");
        assert_eq!(recover(dir.path()).unwrap(), [], "cut at byte {cut}, again");
        assert_eq!(snapshot(dir.path()), before, "cut at byte {cut}, again");
    }
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
fn damage_where_the_file_was_fsynced_is_never_cut() {
    let (mut bytes, [head, first, _]) = open_file();
    bytes[head + 50] ^= 1;
    let (dir, result) = recovered(&bytes);
    let error = result.unwrap_err();
    assert!(
        matches!(&error, ArchiveError::DamagedInside { offset, follows, .. }
            if *offset == head as u64 && *follows > first as u64),
        "{error}"
    );
    assert!(error.is_damage());
    assert_eq!(fs::read(dir.path().join(OPEN)).unwrap(), bytes);
}

#[test]
fn a_damaged_file_does_not_keep_the_others_open() {
    let (sound, [head, ..]) = open_file();
    let mut damaged = sound.clone();
    damaged[head + 50] ^= 1;
    let dir = folder();
    let before = "khotin-a-20261122T010203Z-00001.warc.gz.open";
    fs::write(dir.path().join(before), &damaged).unwrap();
    fs::write(dir.path().join(OPEN), &sound).unwrap();
    let error = recover(dir.path()).unwrap_err();
    assert!(
        matches!(error, ArchiveError::DamagedInside { .. }),
        "{error}"
    );
    assert!(dir.path().join(CLOSED).exists(), "the sound one is closed");
    assert_eq!(fs::read(dir.path().join(before)).unwrap(), damaged);
}

/// A power cut keeps the blocks of an un-fsynced end in any order.
#[test]
fn a_hole_where_nothing_was_fsynced_is_cut_with_the_whole_records_behind_it() {
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    let mut ends = Vec::new();
    for (sequence, path) in (1..).zip(["a", "b", "c"]) {
        ends.push(append(&mut writer, sequence, &page(path, 1, path)).end as usize);
        if sequence == 1 {
            writer.sync().unwrap();
        }
    }
    drop(writer);
    let bytes = fs::read(dir.path().join(OPEN)).unwrap();
    for start in (ends[0]..ends[2]).step_by(7) {
        let mut holed = bytes.clone();
        let end = (start + 40).min(bytes.len());
        holed[start..end].fill(0);
        let Some(hole) = (start..end).find(|at| holed[*at] != bytes[*at]) else {
            continue;
        };
        let (dir, result) = recovered(&holed);
        let whole = ends.iter().filter(|end| **end <= hole).count();
        assert_eq!(
            result.unwrap()[0].exchanges,
            whole as u64,
            "a hole at {hole}"
        );
        let report = verify(&Archive::new(dir.path())).unwrap();
        assert!(report.is_sound(), "a hole at {hole}: {report}");
    }
}

#[test]
fn what_the_store_has_read_is_never_cut() {
    let (bytes, [_, first, second]) = open_file();
    let table = [
        (
            "only the first is known, the second is torn",
            first,
            second - 10,
            true,
        ),
        ("the first is known and torn", first, first - 1, false),
        (
            "both are known, the second is torn",
            second,
            second - 10,
            false,
        ),
    ];
    for (what, known, length, is_cut) in table {
        let dir = folder();
        fs::write(dir.path().join(OPEN), &bytes[..length]).unwrap();
        let known = BTreeMap::from([(CLOSED.to_owned(), known as u64)]);
        match recover_behind(dir.path(), &known) {
            Ok(recovered) => {
                assert!(is_cut, "{what}");
                assert_eq!(recovered[0].kept_bytes, first as u64, "{what}");
            }
            Err(error) => {
                assert!(!is_cut, "{what}: {error}");
                assert!(error.is_damage(), "{what}: {error}");
                assert!(matches!(error, ArchiveError::Damaged { .. }), "{what}");
                assert_eq!(snapshot(dir.path())[OPEN], bytes[..length], "{what}");
            }
        }
    }
}

#[test]
fn a_damaged_sums_file_is_no_reason_to_write_it_anew() {
    let dir = folder();
    small_archive(dir.path());
    let path = dir.path().join("SHA256SUMS");
    let text = fs::read_to_string(&path).unwrap().replace("  ", " ");
    fs::write(&path, &text).unwrap();
    let error = recover(dir.path()).unwrap_err();
    assert!(error.is_damage(), "{error}");
    assert!(
        error
            .to_string()
            .starts_with("SHA256SUMS is damaged at byte 0"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
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

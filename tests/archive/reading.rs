//! Reading over all files: order, place, revisits, damage.

use std::collections::BTreeMap;

use khotin::archive::{Archive, ArchiveError, ArchiveWriter, Outcome, Problem};
use tempfile::tempdir;

use crate::support::*;

#[test]
fn files_written_at_the_same_time_are_read_in_sequence_order() {
    let dir = tempdir().unwrap();
    let open = |prefix: &str, serial| {
        let mut context = context(dir.path());
        context.prefix = prefix.to_owned();
        context.max_bytes = 3000;
        ArchiveWriter::create(context, ids(u128::from(serial) << 32), time(0), serial).unwrap()
    };
    let mut writers = [
        open("khotin-z", 1),
        open("khotin-a", 2),
        open("khotin-m", 3),
    ];
    for sequence in 1..=30 {
        let writer = &mut writers[(sequence * sequence % 7 % 3) as usize];
        append(writer, sequence, &page("a", 1, "x"));
    }
    for writer in writers {
        writer.close().unwrap();
    }
    assert!(Archive::new(dir.path()).files().unwrap().len() > 6);
    assert_eq!(sequences(dir.path()), (1..=30).collect::<Vec<_>>());
}

#[test]
fn reading_goes_on_where_the_store_is() {
    let dir = tempdir().unwrap();
    let file = small_archive(dir.path());
    let all = stored(dir.path());
    let archive = Archive::new(dir.path());
    let after = |end: u64| -> Vec<u64> {
        let known = BTreeMap::from([(file.clone(), end)]);
        let rest = archive.exchanges(&known).unwrap();
        rest.map(|exchange| exchange.unwrap().sequence.0).collect()
    };
    assert_eq!(
        after(all[0].end),
        [2, 3],
        "the second is a revisit of the first"
    );
    assert_eq!(after(all[1].end), [3]);
    assert_eq!(after(all[2].end), [0; 0]);

    let known = BTreeMap::from([(file.clone(), all[2].end + 1)]);
    let error = archive.exchanges(&known).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{file} is damaged at byte {}: the file ends inside a record",
            all[2].end
        ),
        "a store that knows more than the archive has"
    );
}

#[test]
fn a_revisit_has_the_payload_that_it_refers_to() {
    let with_index = tempdir().unwrap();
    let without_index = tempdir().unwrap();
    for dir in [&with_index, &without_index] {
        small_archive(dir.path());
    }
    let cdxj = "khotin-moh-20261122T010203Z-00001.cdxj";
    std::fs::remove_file(without_index.path().join(cdxj)).unwrap();
    for dir in [&with_index, &without_index] {
        let revisit = stored(dir.path()).swap_remove(1);
        let location = revisit.into_capture().unwrap().location;
        let archive = Archive::new(dir.path());
        let alone = archive
            .read_exchange(&location.file, location.offset)
            .unwrap();
        assert_eq!(alone.into_capture().unwrap().body, "<p>một</p>".as_bytes());
    }
}

#[test]
fn a_revisit_of_nothing_is_an_error_that_names_it() {
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    let page = page("a", 1, "x");
    let mut nowhere = target(&page, &append(&mut writer, 1, &page));
    nowhere.record_id = "urn:uuid:00000000-0000-4000-8000-00000000dead".to_owned();
    nowhere.date = time(-5);
    let offset = append_revisit(&mut writer, 2, &page, Some(&nowhere))
        .answer
        .unwrap()
        .location
        .offset;
    let file = writer.close().unwrap().unwrap().file;
    let result: Vec<_> = Archive::new(dir.path())
        .exchanges(&BTreeMap::new())
        .unwrap()
        .collect();
    assert!(result[0].is_ok());
    let error = result[1].as_ref().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{file} is damaged at byte {offset}: the payload of a revisit cannot be found \
             (no record urn:uuid:00000000-0000-4000-8000-00000000dead)"
        )
    );
    assert!(error.is_damage());
}

#[test]
fn a_revisit_whose_target_has_another_payload_is_an_error() {
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    let first = page("a", 1, "x");
    let mut target = target(&first, &append(&mut writer, 1, &first));
    // printf y | sha256sum
    "a1fce4363854ff888cff4b8e7875d600c2682390412a8cf79b37d0b11148b0fa"
        .clone_into(&mut target.payload_sha256);
    append_revisit(&mut writer, 2, &page("a", 2, "y"), Some(&target));
    writer.close().unwrap();
    let result: Vec<_> = Archive::new(dir.path())
        .exchanges(&BTreeMap::new())
        .unwrap()
        .collect();
    assert!(matches!(
        result[1],
        Err(ArchiveError::Damaged {
            problem: Problem::Revisit(_),
            ..
        })
    ));
}

#[test]
fn damage_is_told_and_reading_goes_on_behind_it() {
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    let mut places = Vec::new();
    for sequence in 1..=3 {
        places.push(append(&mut writer, sequence, &page("a", 1, "x")));
    }
    let file = writer.close().unwrap().unwrap().file;
    let path = dir.path().join(&file);
    let mut bytes = std::fs::read(&path).unwrap();
    let response = places[1].answer.as_ref().unwrap().location.offset;
    bytes[response as usize + 60] ^= 1;
    std::fs::write(&path, bytes).unwrap();

    let results: Vec<_> = Archive::new(dir.path())
        .exchanges(&BTreeMap::new())
        .unwrap()
        .collect();
    let found: Vec<u64> = results
        .iter()
        .flatten()
        .map(|found| found.sequence.0)
        .collect();
    assert_eq!(found, [1, 3]);
    let first_error = results
        .iter()
        .find_map(|result| result.as_ref().err())
        .unwrap();
    assert!(
        matches!(first_error, ArchiveError::Damaged { offset, .. } if *offset == response),
        "{first_error}"
    );
}

#[test]
fn an_exchange_is_found_by_its_location_also_while_its_file_is_open() {
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    let asked = page("a", 1, "x");
    let appended = append(&mut writer, 1, &asked);
    let archive = Archive::new(dir.path());
    let by_location = archive
        .read_exchange(
            &appended.file,
            appended.answer.as_ref().unwrap().location.offset,
        )
        .unwrap();
    assert_eq!(by_location.request, asked.request);
    assert_eq!(by_location.sent_head, b"");
    let whole = archive
        .read_exchange(&appended.file, appended.start)
        .unwrap();
    assert_eq!(whole.sent_head, asked.sent_head);
    let Outcome::Answered(answer) = whole.outcome else {
        panic!("answered");
    };
    assert_eq!((answer.status, answer.reason.as_str()), (200, "OK"));
    let wrong = archive
        .read_record(&appended.file, appended.start + 1)
        .unwrap_err();
    assert!(wrong.is_damage(), "{wrong}");
}

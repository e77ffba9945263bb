//! Imported captures: the store is a function of the set of them, and what is told of our own crawls does
//! not change by them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use khotin::frontier::Follow;
use khotin::import::identity::Identity;
use khotin::import::number::{SLOTS, second_of, sequence_of};
use khotin::model::{
    Article, ForeignFile, Location, Observation, Purpose, SectionId, Sequence, Sighting, Via,
};
use khotin::store::{
    ArticleFilter, Batch, ImportedCapture, ImportedRow, Imports, PageKind, Settle, SqliteStore,
    Store, WaitingRevisit,
};
use tempfile::TempDir;

use crate::world::*;

fn open() -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("khotin.db"), holder()).unwrap();
    (folder, store)
}

fn source(sha256: &str) -> ForeignFile {
    ForeignFile {
        sha256: sha256.to_owned(),
        member: None,
    }
}

/// A capture of article `slug` with this title, in record `record` of file `file`.
fn capture(
    record: &str,
    file: &str,
    slug: &str,
    title: &str,
    captured_at: DateTime<Utc>,
) -> ImportedCapture {
    let request = get(Purpose::Article, &link(slug));
    let mut seen = observation(0, 0, &link(slug), article(title, day("2026-11-20")));
    seen.capture.time = captured_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    seen.capture.via = Via::Import;
    seen.capture.foreign = Some(source(file));
    ImportedCapture {
        row: ImportedRow {
            sequence: Sequence(0),
            identity: Identity::of(record, &request, captured_at, title),
            source: source(file),
            location: Location {
                file: "foreign.warc.gz".to_owned(),
                offset: 7,
                length: 10,
                record_id: record.to_owned(),
            },
            request,
            captured_at,
            status: 200,
            bytes: 5,
            truncated: None,
            payload_sha1: "A".to_owned(),
            payload_sha256: title.to_owned(),
            said_digest: Some(format!("sha1:{title}")),
            is_revisit: false,
            profile_digest: "d".to_owned(),
            page: PageKind::Article,
            layout: None,
        },
        observations: vec![seen],
    }
}

/// Everything that can be asked of the imports, and every article.
fn all(store: &SqliteStore) -> (Vec<Article>, Vec<ImportedRow>, Vec<Observation>) {
    let articles: Vec<Article> = store
        .articles(&ArticleFilter::default())
        .map(Result::unwrap)
        .collect();
    let identities = store.import_identities(None, 10_000).unwrap();
    let mut rows = Vec::new();
    for article in &articles {
        for capture in &article.captures {
            rows.extend(store.imported(capture.sequence).unwrap());
        }
    }
    assert_eq!(rows.len(), identities.len());
    let observations = articles
        .iter()
        .flat_map(|article| store.observations(&article.key).unwrap())
        .collect();
    (articles, rows, observations)
}

fn home(identity: &Identity) -> u64 {
    let leading: [u8; 8] = identity.as_bytes()[..8].try_into().unwrap();
    u64::from_be_bytes(leading) % SLOTS
}

/// Three captures of one second, of which two meet in a slot.
fn colliding() -> Vec<ImportedCapture> {
    let mut slots = BTreeMap::new();
    for number in 0.. {
        let one = capture(&format!("urn:x:{number}"), "f", "a-1", "Một", at(0));
        let slot = home(&one.row.identity);
        if let Some(other) = slots.insert(slot, one.clone()) {
            let third = capture("urn:x:third", "f", "a-2", "Ba", at(0));
            return vec![one, other, third];
        }
    }
    unreachable!("there are more numbers than slots")
}

#[test]
fn the_order_of_imports_and_how_they_are_split_never_matters() {
    let mut captures = colliding();
    let moved = captures[..2].iter().map(|one| one.row.identity).max();
    captures.push(capture("urn:x:4", "f", "a-1", "Bốn", at(-5_000)));
    captures.push(capture("urn:x:5", "f", "a-1", "Năm", at(5_000)));
    // The same capture in another file, and again with a smaller digest.
    captures.push(capture("urn:x:5", "e", "a-1", "Năm", at(5_000)));
    captures.push(capture("urn:x:5", "g", "a-1", "Năm", at(5_000)));
    let mut expected = None;
    for turn in 0..captures.len() {
        for size in [1, 3, captures.len()] {
            let mut order = captures.clone();
            order.rotate_left(turn);
            if size == 3 {
                order.reverse();
            }
            let (_folder, mut store) = open();
            for batch in order.chunks(size) {
                store.commit_imported(batch).unwrap();
            }
            let found = all(&store);
            let expected = expected.get_or_insert_with(|| found.clone());
            assert_eq!(&found, expected, "from {turn} on, {size} at once");
        }
    }
    let (articles, rows, _) = expected.unwrap();
    let titles: Vec<_> = articles[0]
        .versions
        .iter()
        .map(|version| version.title.as_deref().unwrap())
        .collect();
    assert_eq!(titles, ["Bốn", "Một", "Năm"], "in the order of their times");
    let five = rows
        .iter()
        .find(|row| row.location.record_id == "urn:x:5")
        .unwrap();
    assert_eq!(five.source, source("e"), "the smaller place is kept");
    let second = second_of(at(0)).unwrap();
    let moved = rows.iter().find(|row| Some(row.identity) == moved).unwrap();
    assert_eq!(
        moved.sequence,
        sequence_of(second, (home(&moved.identity) + 1) % SLOTS),
        "the greater of two that meet moved on"
    );
}

#[test]
fn importing_twice_changes_nothing_and_is_told_as_known() {
    let (_folder, mut store) = open();
    let captures = colliding();
    let first = store.commit_imported(&captures).unwrap();
    assert_eq!((first.new, first.known), (3, 0));
    assert_eq!(first.changes.new, [key("a-1"), key("a-2")]);
    let before = all(&store);
    let again = store.commit_imported(&captures).unwrap();
    assert_eq!((again.new, again.known), (0, 3));
    assert_eq!(again.changes.new, []);
    assert_eq!(all(&store), before);
    let row = &captures[0].row;
    let knows = |sha256, offset| {
        let location = Location {
            offset,
            ..row.location.clone()
        };
        store
            .knows_import(&row.identity, Some((&source(sha256), &location)))
            .unwrap()
    };
    assert!(knows("f", 7) && knows("f", 8) && knows("g", 0));
    assert!(!knows("f", 6) && !knows("e", 9), "a smaller place is news");
}

#[test]
fn an_import_is_no_crawl() {
    let (_folder, mut store) = open();
    let request = get(Purpose::Article, &link("a-1"));
    let own = |sequence, title| {
        let row = exchange(
            sequence,
            "r1",
            &request,
            at(sequence as i64),
            PageKind::Article,
            200,
        );
        let mut seen = observation(sequence, 0, &link("a-1"), article(title, day("2026-11-20")));
        seen.capture.time =
            at(sequence as i64).to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let follow = Follow {
            article: Some(key("a-1")),
            plan: Vec::new(),
            settle: Settle::Looked {
                schedule: Vec::new(),
            },
            walk: None,
        };
        Batch {
            entries: vec![entry(row, follow, vec![seen])],
            positions: Vec::new(),
        }
    };
    store.commit(&own(1, "Của ta")).unwrap();
    let told = |store: &SqliteStore| {
        (
            store.last_sequence().unwrap(),
            store.positions().unwrap(),
            store.exchanges(None, 10).unwrap(),
            store.captures(&key("a-1")).unwrap().len(),
            store.growth(at(-1_000_000)).unwrap(),
            store.via().unwrap(),
            store.newest_time().unwrap(),
            store.counts(&site()).unwrap().exchanges,
            store.request(&get(Purpose::Article, &link("a-9"))).unwrap(),
        )
    };
    let before = told(&store);
    let old = capture("urn:x:1", "f", "a-1", "Cũ", at(-5_000));
    let other = capture("urn:x:2", "f", "a-9", "Khác", at(9_000));
    store.commit_imported(&[old, other]).unwrap();
    let mut listing = capture("urn:x:3", "f", "a-1", "", at(-9_000));
    listing.observations = vec![observation(
        0,
        1,
        &link("a-1"),
        listed("tin", 1, day("2026-11-20")),
    )];
    store.commit_imported(&[listing]).unwrap();
    assert_eq!(told(&store), before, "nothing of it is told of a crawl");
    let section = SectionId::new("tin");
    assert!(store.sightings(&section, &[key("a-1")]).unwrap().is_empty());
    assert!(matches!(
        store.observations(&key("a-1")).unwrap()[1].sighting,
        Sighting::Listed(_)
    ));

    // A crawl goes on behind it, and both stand in the record.
    store.commit(&own(2, "Của ta, sửa")).unwrap();
    let article = store.article("moh:liferay:a-1").unwrap().unwrap();
    let titles: Vec<_> = article
        .versions
        .iter()
        .map(|version| version.title.as_deref().unwrap())
        .collect();
    assert_eq!(titles, ["Cũ", "Của ta", "Của ta, sửa"]);
}

#[test]
fn a_revisit_waits_for_its_original_and_finds_it_by_digest_record_or_time() {
    let (_folder, mut store) = open();
    let original = capture("urn:x:1", "f", "a-1", "Gốc", at(0));
    let revisit = |number: &str| WaitingRevisit {
        source: source("f"),
        location: Location {
            file: "foreign.warc.gz".to_owned(),
            offset: 100,
            length: 10,
            record_id: format!("urn:x:r{number}"),
        },
        request: get(Purpose::Article, &link("a-1")),
        captured_at: at(100),
        head: Some((
            200,
            vec![("content-type".to_owned(), "text/html".to_owned())],
        )),
        digest: None,
        record_id: None,
        uri: None,
        date: None,
        is_not_modified: false,
    };
    let by_digest = WaitingRevisit {
        digest: Some("sha1:Gốc".to_owned()),
        ..revisit("1")
    };
    let by_record = WaitingRevisit {
        record_id: Some("urn:x:1".to_owned()),
        ..revisit("2")
    };
    let by_time = WaitingRevisit {
        uri: Some(link("a-1")),
        date: Some(at(0)),
        ..revisit("3")
    };
    let nowhere = WaitingRevisit {
        digest: Some("sha1:other".to_owned()),
        uri: Some(link("a-1")),
        date: Some(at(0) + TimeDelta::seconds(1)),
        ..revisit("4")
    };
    let waiting = [by_digest, by_record, by_time, nowhere];
    store.keep_waiting(&waiting).unwrap();
    let elsewhere = WaitingRevisit {
        source: source("e"),
        ..waiting[0].clone()
    };
    store
        .keep_waiting(&[elsewhere.clone(), waiting[1].clone()])
        .unwrap();
    assert_eq!(store.waiting_count().unwrap(), 4, "each once");
    for one in &waiting {
        assert_eq!(
            store.original_of(one).unwrap(),
            None,
            "nothing is known yet"
        );
    }
    store
        .commit_imported(std::slice::from_ref(&original))
        .unwrap();
    let found: Vec<bool> = waiting
        .iter()
        .map(|one| store.original_of(one).unwrap().is_some())
        .collect();
    assert_eq!(found, [true, true, true, false]);
    let first = store.waiting(None, 1).unwrap();
    let rest = store.waiting(Some(&first[0].0), 10).unwrap();
    assert_eq!((first.len(), rest.len()), (1, 3));
    let kept = first.iter().chain(&rest).map(|(_, one)| one);
    assert!(
        kept.clone().any(|one| *one == elsewhere) && !kept.clone().any(|one| *one == waiting[0]),
        "the smaller place is kept"
    );
    store.end_waiting(&[first[0].0]).unwrap();
    assert_eq!(store.waiting_count().unwrap(), 3);
}

#[test]
fn a_revisit_never_takes_a_payload_that_its_digest_denies_in_any_order() {
    let mut a = capture("urn:aaaa", "f1", "a-1", "P1", at(0));
    a.row.payload_sha1 = "P1".to_owned();
    let mut b = capture("urn:bbbb", "f2", "a-1", "P2", at(50));
    b.row.payload_sha1 = "P2".to_owned();
    let revisit = WaitingRevisit {
        source: source("f1"),
        location: Location {
            file: "foreign.warc.gz".to_owned(),
            offset: 100,
            length: 10,
            record_id: "urn:rrrr".to_owned(),
        },
        request: get(Purpose::Article, &link("a-1")),
        captured_at: at(100),
        head: None,
        digest: Some("sha1:P2".to_owned()),
        record_id: Some("urn:aaaa".to_owned()),
        uri: Some(link("a-1")),
        date: Some(at(0)),
        is_not_modified: false,
    };
    for (first, second, expected) in [(&a, &b, [None, Some("P2")]), (&b, &a, [Some("P2"); 2])] {
        let (_folder, mut store) = open();
        let found = [first, second].map(|one| {
            store.commit_imported(std::slice::from_ref(one)).unwrap();
            let found = store.original_of(&revisit).unwrap();
            found.map(|row| row.payload_sha256)
        });
        assert_eq!(found, expected.map(|one| one.map(str::to_owned)));
    }
    let (_folder, mut store) = open();
    store.commit_imported(&[a, b]).unwrap();
    let silent = WaitingRevisit {
        digest: None,
        ..revisit.clone()
    };
    let found = store.original_of(&silent).unwrap().unwrap();
    assert_eq!(found.payload_sha256, "P1", "without a digest by its id");
    let other = capture("urn:aaaa", "f3", "a-1", "P3", at(0));
    store.commit_imported(&[other]).unwrap();
    assert_eq!(
        store.original_of(&silent).unwrap(),
        None,
        "two have that id"
    );
    let by_time = WaitingRevisit {
        record_id: None,
        ..silent
    };
    assert_eq!(store.original_of(&by_time).unwrap(), None, "and that time");
}

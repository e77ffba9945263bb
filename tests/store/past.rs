//! The past: runs with and without a note of their own, growth, and what is due next.

use std::time::Duration;

use khotin::fetch::PaceNote;
use khotin::frontier::Follow;
use khotin::model::{Purpose, RunId};
use khotin::store::{
    Batch, Committed, Growth, PageKind, PastRun, Priority, Settle, SqliteStore, Store,
};
use serde_json::json;
use tempfile::TempDir;

use crate::world::*;

fn open() -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("khotin.db"), holder()).unwrap();
    (folder, store)
}

/// Exchange `sequence` of `run`, asked so many seconds after the beginning; 100 bytes packed.
fn asked(sequence: u64, run: &str, seconds: i64) -> Committed {
    let request = get(Purpose::Article, &link(&format!("a-{sequence}")));
    let row = exchange(sequence, run, &request, at(seconds), PageKind::Other, 200);
    let follow = Follow {
        article: None,
        plan: Vec::new(),
        settle: Settle::Done,
        walk: None,
    };
    entry(row, follow, Vec::new())
}

fn commit(store: &mut SqliteStore, entries: Vec<Committed>) {
    let batch = Batch {
        entries,
        positions: Vec::new(),
    };
    store.commit(&batch).unwrap();
}

#[test]
fn runs_come_newest_first_and_one_without_a_note_is_known_from_its_exchanges() {
    let (_folder, mut store) = open();
    assert_eq!(store.runs(5).unwrap(), []);
    commit(
        &mut store,
        vec![
            asked(1, "old-1", 0),
            asked(2, "old-1", 60),
            asked(3, "old-2", 1000),
        ],
    );
    let seen = |run: &str, first, last, exchanges| PastRun::Seen {
        run: RunId::new(run),
        first: at(first),
        last: at(last),
        exchanges,
    };
    let old = [seen("old-2", 1000, 1000, 1), seen("old-1", 0, 60, 2)];
    assert_eq!(store.runs(5).unwrap(), old);

    for (run, started) in [("new-1", 2000), ("new-2", 3000)] {
        store.start_run(&run_row(run, at(started))).unwrap();
    }
    store
        .finish_run(&RunId::new("new-1"), at(2500), &json!({ "exit_code": 1 }))
        .unwrap();
    commit(&mut store, vec![asked(4, "new-1", 2001)]);
    let names = |most| {
        let runs = store.runs(most).unwrap();
        runs.iter()
            .map(|run| run.run().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(5), ["new-2", "new-1", "old-2", "old-1"]);
    assert_eq!(names(3), ["new-2", "new-1", "old-2"]);
    assert_eq!(names(1), ["new-2"]);
    let PastRun::Noted(ended) = &store.runs(2).unwrap()[1] else {
        panic!("a run that noted itself");
    };
    assert_eq!(ended.finished_at, Some(at(2500)));
    assert_eq!(ended.report, Some(json!({ "exit_code": 1 })));
    assert_eq!(store.runs(2).unwrap()[0].started_at(), at(3000));
}

#[test]
fn growth_counts_what_was_kept_since_a_time() {
    let (_folder, mut store) = open();
    assert_eq!(store.growth(at(0)).unwrap(), None);
    let day = 86_400;
    commit(
        &mut store,
        vec![
            asked(1, "r", 0),
            asked(2, "r", day),
            asked(3, "r", day + 60),
            asked(4, "r", 2 * day),
        ],
    );
    let window = Growth {
        since: at(day),
        days: 2,
        exchanges: 3,
        bytes: 300,
        all_bytes: 400,
    };
    assert_eq!(store.growth(at(day)).unwrap(), Some(window));
    let all = Growth {
        since: at(0),
        days: 3,
        exchanges: 4,
        bytes: 400,
        all_bytes: 400,
    };
    let before = at(-10 * day);
    assert_eq!(
        store.growth(before).unwrap(),
        Some(all),
        "an archive younger than the window"
    );
}

#[test]
fn what_is_due_next_is_the_first_time_after_now() {
    let (_folder, mut store) = open();
    assert_eq!(store.next_due(&site(), at(0)).unwrap(), None);
    let request = get(Purpose::Article, &link("a-1"));
    store.plan(&[planned_article("a-1", &link("a-1"))]).unwrap();
    assert_eq!(
        store.next_due(&site(), at(0)).unwrap(),
        None,
        "what waits is due already"
    );
    let row = exchange(1, "r", &request, at(0), PageKind::Article, 200);
    let follow = Follow {
        article: Some(key("a-1")),
        plan: vec![planned(
            Priority::Listing,
            get(Purpose::Listing, "https://moh.gov.vn/tin?cur=1"),
        )],
        settle: Settle::Looked {
            schedule: vec![Duration::from_secs(3600)],
        },
        walk: None,
    };
    commit(&mut store, vec![entry(row, follow, Vec::new())]);
    assert_eq!(store.next_due(&site(), at(0)).unwrap(), Some(at(3600)));
    assert_eq!(store.next_due(&site(), at(3600)).unwrap(), None, "due now");
}

#[test]
fn the_newest_time_is_that_of_exchanges_runs_and_pace_together() {
    let (_folder, mut store) = open();
    assert_eq!(store.newest_time().unwrap(), None);
    commit(&mut store, vec![asked(1, "r", 10)]);
    assert_eq!(store.newest_time().unwrap(), Some(at(10)));
    store.start_run(&run_row("r", at(20))).unwrap();
    assert_eq!(store.newest_time().unwrap(), Some(at(20)));
    let note = PaceNote {
        noted_at: at(30),
        wait: Duration::from_secs(2),
        failures: 0,
    };
    store.set_pace("moh", note).unwrap();
    assert_eq!(store.newest_time().unwrap(), Some(at(30)));
    store
        .finish_run(&RunId::new("r"), at(40), &json!({}))
        .unwrap();
    assert_eq!(store.newest_time().unwrap(), Some(at(40)));
}

//! The records: payloads, marks, articles by key and filter, numbers, readers, damaged files.

use std::time::Duration;

use khotin::fetch::PaceNote;
use khotin::frontier::Follow;
use khotin::model::{
    FailureKind, Observation, Purpose, RunId, SectionId, Sequence, Sighting, SiteId, State,
    Truncation, Via,
};
use khotin::store::{
    ArticleFilter, Batch, Carried, Committed, Outcome, PageKind, Position, RequestState, RunRow,
    Settle, SqliteStore, Store, StoreError,
};
use tempfile::TempDir;

use crate::world::*;

fn open() -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("khotin.db"), holder()).unwrap();
    (folder, store)
}

/// Exchange `sequence` of an article page.
fn page(sequence: u64, slug: &str, observations: Vec<Observation>) -> Committed {
    let request = get(Purpose::Article, &link(slug));
    let row = exchange(sequence, "r1", &request, at(0), PageKind::Article, 200);
    let follow = Follow {
        article: Some(key(slug)),
        plan: Vec::new(),
        settle: Settle::Looked {
            schedule: Vec::new(),
        },
        walk: None,
    };
    entry(row, follow, observations)
}

fn answer(entry: &mut Committed) -> &mut khotin::store::StoredAnswer {
    match &mut entry.exchange.outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Failed { .. } => panic!("an answer"),
    }
}

/// The count is always that of the articles.
fn keys(store: &SqliteStore, filter: &ArticleFilter) -> Vec<String> {
    let articles = store.articles(filter);
    let keys: Vec<String> = articles
        .map(|article| article.unwrap().key.to_string())
        .collect();
    let count = store.article_count(filter).unwrap();
    assert!(
        count.is_none_or(|count| count == keys.len() as u64),
        "{count:?}"
    );
    assert_eq!(count.is_none(), filter.query.is_some());
    keys
}

#[test]
fn a_revisit_record_refers_to_a_whole_first_record() {
    let (_folder, mut store) = open();
    let mut entries: Vec<Committed> = (1..=8)
        .map(|n| page(n, &format!("a-{n}"), vec![]))
        .collect();
    let payloads = [
        "cut",
        "cut",
        "again",
        "again",
        "empty",
        "revisit",
        "other site",
        "post",
    ];
    for (entry, payload) in entries.iter_mut().zip(payloads) {
        answer(entry).payload_sha256 = payload.to_owned();
    }
    answer(&mut entries[0]).truncated = Some(Truncation::Disconnect);
    answer(&mut entries[1]).truncated = Some(Truncation::Length);
    answer(&mut entries[4]).bytes = 0;
    answer(&mut entries[5]).is_revisit = true;
    entries[6].exchange.request.site = SiteId::new("ncov");
    entries[7].exchange.request.method = khotin::model::Method::Post;
    store.commit(&batch(entries)).unwrap();
    let table = [
        ("never to a body that is not whole", "cut", None),
        ("to the first record", "again", Some("urn:uuid:3")),
        ("never for an empty body", "empty", None),
        ("never to a revisit", "revisit", None),
        ("of the same site", "other site", None),
        ("never to the answer to a POST", "post", None),
        ("unknown", "unknown", None),
    ];
    for (what, payload, expected) in table {
        let found = store.find_payload(&site(), payload).unwrap();
        let record_id = found.as_ref().map(|found| found.record_id.as_str());
        assert_eq!(record_id, expected, "{what}");
        if let Some(found) = found {
            assert_eq!(
                (found.url.as_str(), found.asked_at),
                (link("a-3").as_str(), at(0))
            );
        }
    }
}

#[test]
fn an_exchange_comes_back_as_it_was_committed() {
    let (_folder, mut store) = open();
    let mut whole = page(1, "a", vec![]);
    whole.exchange.layout = Some("article-2022".to_owned());
    whole.exchange.via = Via::Override;
    *answer(&mut whole) = khotin::store::StoredAnswer {
        truncated: Some(Truncation::Time),
        is_revisit: true,
        etag: Some("\"x\"".to_owned()),
        last_modified: Some("Sun, 22 Nov 2026 01:00:00 GMT".to_owned()),
        ..answer(&mut whole).clone()
    };
    let mut failed = page(2, "b", vec![]);
    failed.exchange.elapsed = Duration::from_micros(1_234_567);
    failed.exchange.asked_at = at(0) + chrono::TimeDelta::microseconds(7);
    failed.exchange.page = PageKind::Nothing;
    failed.exchange.outcome = Outcome::Failed {
        kind: FailureKind::ForbiddenAddress,
        message: "moh.gov.vn leads to 10.0.0.1".to_owned(),
    };
    let mut post = page(3, "c", vec![]);
    post.exchange.request.method = khotin::model::Method::Post;
    post.exchange.request.body = Some("{}".to_owned());
    post.exchange.request.headers = vec![("accept".to_owned(), "*/*".to_owned())];
    let entries = vec![whole, failed, post];
    let rows: Vec<_> = entries.iter().map(|entry| entry.exchange.clone()).collect();
    assert_eq!(store.via().unwrap(), None);
    store.commit(&batch(entries)).unwrap();
    assert_eq!(store.exchanges(None, 9).unwrap(), rows);
    assert_eq!(store.exchanges(Some(Sequence(1)), 1).unwrap(), rows[1..2]);
    assert_eq!(store.via().unwrap(), Some(Via::Override));
}

#[test]
fn a_capture_at_whose_reading_a_process_ended_is_a_suspect_until_it_is_committed() {
    let (folder, mut store) = open();
    store.attempting(&[Sequence(1), Sequence(2)]).unwrap();
    store.commit(&batch(vec![page(1, "a", vec![])])).unwrap();
    drop(store); // the process ended while it read capture 2
    let mut store = SqliteStore::open(&folder.path().join("khotin.db"), holder()).unwrap();
    assert_eq!(store.suspects().unwrap(), [Sequence(2)]);
    store.attempting(&[Sequence(2)]).unwrap();
    store.commit(&batch(vec![page(2, "b", vec![])])).unwrap();
    assert_eq!(store.suspects().unwrap(), [], "it was read to the end");
    store.attempting(&[Sequence(3)]).unwrap();
    store.spare(&[Sequence(3)]).unwrap();
    assert_eq!(
        store.suspects().unwrap(),
        [],
        "something else kept it out of the store"
    );
}

#[test]
fn what_can_not_be_read_is_known_by_request_and_payload_until_a_rebuild_with_retry() {
    let (folder, mut store) = open();
    let unreadable = page(1, "a", vec![]);
    let (request, other) = (
        unreadable.exchange.request.key(),
        get(Purpose::Article, &link("b")).key(),
    );
    store.attempting(&[Sequence(1)]).unwrap();
    let cause = "reading it ended the process by signal 6";
    store.set_unreadable(&request, "5ha", "never mind").unwrap();
    store.set_unreadable(&request, "5ha", cause).unwrap();
    let mut unreadable = unreadable;
    unreadable.exchange.page = PageKind::Unreadable;
    store.commit(&batch(vec![unreadable])).unwrap();
    assert_eq!(store.counts(&site()).unwrap().unreadable, 1);
    assert_eq!(store.suspects().unwrap(), [], "committed as it is");
    let known = |store: &SqliteStore, payload| store.unreadable(&request, payload).unwrap();
    assert_eq!(known(&store, "5ha").as_deref(), Some(cause));
    assert_eq!(known(&store, "other"), None, "another payload may be read");
    assert_eq!(store.unreadable(&other, "5ha").unwrap(), None);
    let path = folder.path().join("khotin.db.new");
    let mut new = SqliteStore::create(&path).unwrap();
    new.carry(&store, Carried::Records).unwrap();
    assert_eq!(known(&new, "5ha"), None, "a rebuild may leave the marks");
    new.carry(&store, Carried::Marks).unwrap();
    assert_eq!(
        known(&new, "5ha").as_deref(),
        Some(cause),
        "or take them over"
    );
    new.into_one_file().unwrap();
    assert!(!folder.path().join("khotin.db.new-wal").exists());
}

#[test]
fn a_commit_says_what_changed() {
    let (_folder, mut store) = open();
    let on = day("2026-11-20");
    let read = |sequence, slug: &str, title: &str| {
        observation(sequence, 0, &link(slug), article(title, on))
    };
    let gone = Sighting::Gone { status: 404 };
    let soft_gone = Sighting::SoftGone {
        rule: "p.empty".to_owned(),
    };
    let line = |sequence, slug: &str| observation(sequence, 1, &link(slug), listed("tin", 1, on));
    let table = [
        ("a new line of a listing", vec![line(1, "a")], "listed"),
        ("once more", vec![line(2, "a")], ""),
        ("read for the first time", vec![read(3, "a", "A")], "new"),
        ("read again", vec![read(4, "a", "A")], "unchanged"),
        ("edited", vec![read(5, "a", "B")], "changed"),
        (
            "304",
            vec![observation(6, 0, &link("a"), Sighting::Unchanged)],
            "unchanged",
        ),
        (
            "gone",
            vec![observation(7, 0, &link("a"), gone.clone())],
            "gone",
        ),
        (
            "still gone",
            vec![observation(8, 0, &link("a"), gone.clone())],
            "",
        ),
        ("back", vec![read(9, "a", "B")], "back"),
        (
            "nothing there",
            vec![observation(10, 0, &link("a"), soft_gone)],
            "gone",
        ),
        (
            "never seen",
            vec![observation(11, 0, &link("b"), gone)],
            "gone",
        ),
        (
            "with its listing",
            vec![read(12, "c", "C"), line(12, "c")],
            "new",
        ),
    ];
    for (sequence, (what, observations, expected)) in (1..).zip(table) {
        let entry = page(sequence, "x", observations);
        let report = store.commit(&batch(vec![entry])).unwrap();
        let lists = [
            ("new", report.new.len()),
            ("changed", report.changed.len()),
            ("unchanged", report.unchanged.len()),
            ("gone", report.gone.len()),
            ("back", report.back.len()),
            ("listed", report.listed.len()),
        ];
        for (name, count) in lists {
            assert_eq!(count, usize::from(name == expected), "{what}: {name}");
        }
    }
    let captures = store.captures(&key("c")).unwrap();
    assert_eq!(captures.len(), 1);
    assert_eq!(captures[0].sequence, Sequence(12));
}

#[test]
fn articles_come_in_order_and_by_filter() {
    let (_folder, mut store) = open();
    let mut entries = Vec::new();
    for sequence in 1..=150 {
        let slug = format!("a-{sequence:03}");
        let on = day(if sequence % 2 == 0 {
            "2026-11-20"
        } else {
            "2026-11-10"
        });
        let sighting = match sequence {
            1..=100 => article("Tin", on),
            101..=120 => Sighting::Gone { status: 410 },
            _ => listed("tin", 1, on),
        };
        let position = usize::from(sequence > 120);
        entries.push(page(
            sequence,
            &slug,
            vec![observation(sequence, position, &link(&slug), sighting)],
        ));
    }
    store.commit(&batch(entries)).unwrap();
    let all = keys(&store, &ArticleFilter::default());
    assert_eq!(all.len(), 150);
    assert!(all.is_sorted());
    let filter = ArticleFilter::default;
    let table = [
        (
            "site",
            ArticleFilter {
                site: Some(site()),
                ..filter()
            },
            150,
        ),
        (
            "another site",
            ArticleFilter {
                site: Some(SiteId::new("ncov")),
                ..filter()
            },
            0,
        ),
        (
            "state",
            ArticleFilter {
                state: Some(State::Gone),
                ..filter()
            },
            20,
        ),
        (
            "section",
            ArticleFilter {
                section: Some(SectionId::new("tin")),
                ..filter()
            },
            30,
        ),
        (
            "since",
            ArticleFilter {
                since: Some(day("2026-11-20")),
                ..filter()
            },
            65,
        ),
        (
            "until",
            ArticleFilter {
                until: Some(day("2026-11-19")),
                ..filter()
            },
            65,
        ),
        (
            "both",
            ArticleFilter {
                since: Some(day("2026-11-11")),
                until: Some(day("2026-11-20")),
                state: Some(State::Listed),
                ..filter()
            },
            15,
        ),
    ];
    for (what, filter, expected) in table {
        assert_eq!(keys(&store, &filter).len(), expected, "{what}");
    }
    let counts = store.counts(&site()).unwrap();
    assert_eq!((counts.exchanges, counts.bytes), (150, 750));
    assert_eq!(counts.articles[&State::Live], 100);
    assert_eq!(counts.articles[&State::Listed], 30);
    assert_eq!(counts.requests[&RequestState::Done], 150);
    let article = store.article("moh:liferay:a-001").unwrap().unwrap();
    assert_eq!(article.state, State::Live);
    assert_eq!(store.article("moh:liferay:none").unwrap(), None);
}

#[test]
fn small_things_are_remembered() {
    let (folder, mut store) = open();
    let run = run_row("r1", at(0));
    store.start_run(&run).unwrap();
    store.start_run(&run_row("r2", at(-9))).unwrap();
    let last = store.last_run().unwrap().unwrap();
    assert_eq!(
        (last.run.as_str(), last.finished_at),
        ("r2", None),
        "by start, not by clock"
    );
    let report = serde_json::json!({ "new": 3 });
    store.finish_run(&RunId::new("r2"), at(5), &report).unwrap();
    assert_eq!(store.pace("moh").unwrap(), None);
    let note = |seconds, failures| PaceNote {
        noted_at: at(seconds),
        wait: Duration::from_millis(1999),
        failures,
    };
    store.set_pace("moh", note(2, 0)).unwrap();
    store.set_pace("moh", note(4, 7)).unwrap();
    let mut entry = page(1, "a", vec![]);
    let origin = "https://moh.gov.vn";
    let copy = serde_json::json!({ "body": "User-agent: *" });
    entry.robots = Some((origin.to_owned(), copy.clone()));
    let position = |end_offset, sequence| Position {
        file: "a.warc.gz".to_owned(),
        end_offset,
        sequence: Sequence(sequence),
    };
    let first = Batch {
        entries: vec![entry],
        positions: vec![position(500, 1)],
    };
    store.commit(&first).unwrap();
    let second = Batch {
        entries: vec![page(2, "b", vec![])],
        positions: vec![position(900, 2)],
    };
    store.commit(&second).unwrap();
    drop(store);
    let store = SqliteStore::open_reader(&folder.path().join("khotin.db")).unwrap();
    let finished = RunRow {
        finished_at: Some(at(5)),
        report: Some(report),
        ..run_row("r2", at(-9))
    };
    assert_eq!(store.last_run().unwrap(), Some(finished));
    // Rounded up to the next millisecond.
    let wait = Duration::from_secs(2);
    let kept = PaceNote { wait, ..note(4, 7) };
    assert_eq!(store.pace("moh").unwrap(), Some(kept));
    assert_eq!(store.robots(origin).unwrap(), Some(copy));
    assert_eq!(store.robots("https://ncov.vn").unwrap(), None);
    assert_eq!(store.positions().unwrap(), [position(900, 2)]);
}

#[test]
fn a_reader_sees_one_moment_while_another_writes() {
    let (folder, mut store) = open();
    let path = folder.path().join("khotin.db");
    let on = day("2026-11-20");
    let read = |n, slug: &str| {
        page(
            n,
            slug,
            vec![observation(n, 0, &link(slug), article("T", on))],
        )
    };
    store.commit(&batch(vec![read(1, "a")])).unwrap();
    let reader = SqliteStore::open_reader(&path).unwrap();
    assert_eq!(keys(&reader, &ArticleFilter::default()).len(), 1);
    store.commit(&batch(vec![read(2, "b")])).unwrap();
    assert_eq!(
        keys(&reader, &ArticleFilter::default()).len(),
        1,
        "the same moment"
    );
    let later = SqliteStore::open_reader(&path).unwrap();
    assert_eq!(keys(&later, &ArticleFilter::default()).len(), 2);
    let error = SqliteStore::open(&path, holder()).unwrap_err();
    assert!(error.is_locked(), "{error}");
}

#[test]
fn a_store_that_can_not_be_opened_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).join("khotin.db");
    for name in ["none", "garbage", "newer", "empty"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    let missing = SqliteStore::open_reader(&path("none")).unwrap_err();
    assert!(matches!(missing, StoreError::Missing { .. }));
    std::fs::write(
        path("garbage"),
        "this is no database, and long enough to be sure".repeat(9),
    )
    .unwrap();
    let damaged = SqliteStore::open(&path("garbage"), holder()).unwrap_err();
    assert!(damaged.is_damage(), "{damaged}");
    assert!(damaged.advice().contains("khotin rebuild"));
    std::fs::write(path("empty"), "").unwrap();
    let older = SqliteStore::open_reader(&path("empty")).unwrap_err();
    assert!(
        matches!(older, StoreError::Older { found: 0, .. }),
        "{older}"
    );
    drop(SqliteStore::open(&path("newer"), holder()).unwrap());
    let database = rusqlite::Connection::open(path("newer")).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let newer = SqliteStore::open(&path("newer"), holder()).unwrap_err();
    assert!(
        matches!(newer, StoreError::Newer { found: 99, .. }),
        "{newer}"
    );
    let newer = SqliteStore::open_reader(&path("newer")).unwrap_err();
    assert!(
        matches!(newer, StoreError::Newer { found: 99, .. }),
        "{newer}"
    );
}

#[test]
fn the_end_of_a_run_and_the_first_exchange_of_a_time_are_places_in_the_sequence() {
    let (_folder, mut store) = open();
    let exchange_of = |sequence: u64, run: &str, seconds: i64| {
        let mut entry = page(sequence, &format!("a-{sequence}"), vec![]);
        entry.exchange.run = RunId::new(run);
        entry.exchange.asked_at = at(seconds);
        entry
    };
    store.start_run(&run_row("r0", at(0))).unwrap();
    assert_eq!(
        store.end_of_run(&RunId::new("r0")).unwrap(),
        Some(Sequence(0))
    );
    store.start_run(&run_row("r1", at(0))).unwrap();
    let of_r1 = [exchange_of(1, "r1", 10), exchange_of(2, "r1", 20)];
    store.commit(&batch(of_r1.into())).unwrap();
    store.start_run(&run_row("r2", at(0))).unwrap();
    store.start_run(&run_row("r3", at(0))).unwrap();
    // The clock was set back between 3 and 4; the run of 5 lost its row.
    let later = [
        exchange_of(3, "r3", 90),
        exchange_of(4, "r3", 15),
        exchange_of(5, "r4", 30),
    ];
    store.commit(&batch(later.into())).unwrap();

    let ends = [
        ("asked nothing, nothing before", "r0", Some(0)),
        ("two exchanges", "r1", Some(2)),
        ("asked nothing: the end of those before", "r2", Some(2)),
        ("the newest by number, not by clock", "r3", Some(4)),
        ("known by its exchanges alone", "r4", Some(5)),
        ("not known", "r5", None),
    ];
    for (what, run, expected) in ends {
        let end = store.end_of_run(&RunId::new(run)).unwrap();
        assert_eq!(end, expected.map(Sequence), "{what}");
    }
    let firsts = [
        ("before all", 0, Some(1)),
        ("the very moment", 20, Some(2)),
        ("a clock that was ahead takes more, not less", 25, Some(3)),
        ("after all", 91, None),
    ];
    for (what, seconds, expected) in firsts {
        let first = store.first_asked_from(at(seconds)).unwrap();
        assert_eq!(first, expected.map(Sequence), "{what}");
    }
    assert_eq!(store.run_names(2).unwrap(), ["r3", "r2"].map(RunId::new));
}

//! The queue: order, attempts, failures, revisits, death of the process.

use chrono::TimeDelta;
use khotin::frontier::Follow;
use khotin::model::{FailureKind, Purpose, Request, SectionId};
use khotin::store::{
    Claim, Committed, Outcome, PageKind, Planned, Priority, RequestState, Settle, SqliteStore,
    Store, StoreError, Work,
};
use tempfile::TempDir;

use crate::world::*;

fn open() -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("khotin.db"), holder()).unwrap();
    (folder, store)
}

fn claim(store: &mut SqliteStore, run: &str, now: i64) -> Work {
    match store.claim(&want(run), at(now)).unwrap() {
        Claim::Work(work) => *work,
        other => panic!("{other:?}"),
    }
}

/// Commits the next exchange for `work`.
fn settle(store: &mut SqliteStore, run: &str, work: &Work, now: i64, settle: Settle) {
    let sequence = store.last_sequence().unwrap().map_or(1, |last| last.0 + 1);
    let mut row = exchange(
        sequence,
        run,
        &work.request,
        at(now),
        PageKind::Article,
        200,
    );
    if let Outcome::Answered(answer) = &mut row.outcome {
        answer.etag = Some(format!("\"{sequence}\""));
    }
    if !matches!(settle, Settle::Done | Settle::Looked { .. }) {
        row.page = PageKind::Nothing;
        row.outcome = Outcome::Failed {
            kind: FailureKind::Timeout,
            message: "no answer in 30 s".to_owned(),
        };
    }
    let follow = Follow {
        article: work.article.clone(),
        plan: Vec::new(),
        settle,
        walk: None,
    };
    store
        .commit(&batch(vec![entry(row, follow, Vec::new())]))
        .unwrap();
}

fn state(store: &SqliteStore, request: &Request) -> RequestState {
    store.request(request).unwrap().unwrap().state
}

fn looked() -> Settle {
    Settle::Looked {
        schedule: options().revisit,
    }
}

fn failed() -> Settle {
    Settle::Failed {
        cause: "timeout".to_owned(),
        give_up_after: options().give_up_after,
    }
}

#[test]
fn claims_come_in_their_order() {
    let (_folder, mut store) = open();
    let asks = [
        (
            Priority::NewArticle,
            Purpose::Article,
            "https://moh.gov.vn/new-1",
        ),
        (
            Priority::Listing,
            Purpose::Listing,
            "https://moh.gov.vn/tin",
        ),
        (
            Priority::NewArticle,
            Purpose::Article,
            "https://moh.gov.vn/new-2",
        ),
        (Priority::Hop, Purpose::Article, "https://moh.gov.vn/hop"),
        (
            Priority::Robots,
            Purpose::Robots,
            "https://moh.gov.vn/robots.txt",
        ),
    ];
    let mut plan: Vec<Planned> = vec![planned_article("old", &link("old"))];
    store.start_run(&run_row("r0", at(0))).unwrap();
    store.plan(&plan).unwrap();
    let work = claim(&mut store, "r0", 0);
    settle(&mut store, "r0", &work, 0, looked());
    plan = asks
        .iter()
        .map(|(priority, purpose, text)| planned(*priority, get(*purpose, text)))
        .collect();
    plan[3].hops = 1;
    assert_eq!(store.plan(&plan).unwrap(), 5);
    store.start_run(&run_row("r1", at(86_400))).unwrap();
    let expected = [
        "https://moh.gov.vn/robots.txt",
        "https://moh.gov.vn/hop",
        "https://moh.gov.vn/tin",
        "https://moh.gov.vn/new-1",
        "https://moh.gov.vn/new-2",
        &link("old"),
    ];
    let peeked = store.queue(&want("r1"), at(86_400), 100).unwrap();
    let peeked: Vec<&str> = peeked
        .iter()
        .map(|work| work.request.url.as_str())
        .collect();
    assert_eq!(peeked, expected, "what would be asked");
    for text in expected {
        let work = claim(&mut store, "r1", 86_400);
        assert_eq!(work.request.url.as_str(), text);
        assert_eq!(work.hops, u8::from(text.ends_with("/hop")));
    }
    assert_eq!(store.claim(&want("r1"), at(86_400)).unwrap(), Claim::Busy);
}

#[test]
fn another_site_or_section_is_not_claimed() {
    let (_folder, mut store) = open();
    let mut in_section = planned_article("a", &link("a"));
    in_section.request.section = Some(SectionId::new("tin"));
    let robots = planned(
        Priority::Robots,
        get(Purpose::Robots, "https://moh.gov.vn/robots.txt"),
    );
    store.plan(&[in_section]).unwrap();
    let mut other = want("r1");
    other.site = khotin::model::SiteId::new("ncov");
    assert_eq!(store.claim(&other, at(0)).unwrap(), Claim::Finished);
    let mut other = want("r1");
    other.sections = vec![SectionId::new("dia-phuong")];
    assert_eq!(store.claim(&other, at(0)).unwrap(), Claim::Finished);
    store.plan(&[robots]).unwrap();
    let Claim::Work(work) = store.claim(&other, at(0)).unwrap() else {
        panic!("robots.txt is for every section");
    };
    assert_eq!(work.request.purpose, Purpose::Robots);
    other.sections.push(SectionId::new("tin"));
    let Claim::Work(work) = store.claim(&other, at(0)).unwrap() else {
        panic!("its section");
    };
    assert_eq!(work.article, Some(key("a")));
}

#[test]
fn a_failure_is_tried_again_in_the_run_then_in_five_runs_then_weekly() {
    let (_folder, mut store) = open();
    let plan = planned_article("a", &link("a"));
    let request = plan.request.clone();
    store.plan(&[plan]).unwrap();
    let mut now = 0;
    for number in 1..=5 {
        let run = format!("r{number}");
        now += 86_400;
        store.start_run(&run_row(&run, at(now))).unwrap();
        let work = claim(&mut store, &run, now);
        assert_eq!(work.attempt, 1, "attempts are counted in each run");
        settle(
            &mut store,
            &run,
            &work,
            now,
            Settle::Retry { at: at(now + 5) },
        );
        assert_eq!(
            store.claim(&want(&run), at(now + 4)).unwrap(),
            Claim::WaitUntil(at(now + 5))
        );
        let work = claim(&mut store, &run, now + 5);
        assert_eq!(work.attempt, 2);
        settle(&mut store, &run, &work, now + 5, failed());
        assert_eq!(
            store.claim(&want(&run), at(now + 9)).unwrap(),
            Claim::Finished
        );
        let row = store.request(&request).unwrap().unwrap();
        assert_eq!(
            (row.failed_runs, row.cause.as_deref()),
            (number, Some("timeout"))
        );
        let expected = if number < 5 {
            RequestState::Failed
        } else {
            RequestState::GivenUp
        };
        assert_eq!(row.state, expected, "after {number} runs");
        assert_eq!(store.failures(&site()).unwrap(), [row]);
    }
    let given_up_at = now + 5;
    store.start_run(&run_row("r6", at(now + 86_400))).unwrap();
    assert_eq!(
        store.claim(&want("r6"), at(now + 86_400)).unwrap(),
        Claim::Finished
    );
    let week = TimeDelta::days(7).num_seconds();
    store
        .start_run(&run_row("r7", at(given_up_at + week)))
        .unwrap();
    let work = claim(&mut store, "r7", given_up_at + week);
    settle(&mut store, "r7", &work, given_up_at + week, failed());
    assert_eq!(state(&store, &request), RequestState::GivenUp);
    assert_eq!(
        store.request(&request).unwrap().unwrap().due,
        Some(at(given_up_at + 2 * week))
    );
    store
        .start_run(&run_row("r8", at(given_up_at + 2 * week)))
        .unwrap();
    let work = claim(&mut store, "r8", given_up_at + 2 * week);
    settle(&mut store, "r8", &work, given_up_at + 2 * week, looked());
    let row = store.request(&request).unwrap().unwrap();
    assert_eq!(
        (row.state, row.failed_runs, row.cause),
        (RequestState::Done, 0, None)
    );
    assert!(store.failures(&site()).unwrap().is_empty());
}

#[test]
fn two_failures_in_one_run_are_one() {
    let (_folder, mut store) = open();
    let listing = planned(
        Priority::Listing,
        get(Purpose::Listing, "https://moh.gov.vn/tin"),
    );
    store.start_run(&run_row("r1", at(0))).unwrap();
    for _ in 0..2 {
        store.plan(std::slice::from_ref(&listing)).unwrap();
        let work = claim(&mut store, "r1", 0);
        settle(&mut store, "r1", &work, 0, failed());
    }
    let row = store.request(&listing.request).unwrap().unwrap();
    assert_eq!(row.failed_runs, 1);
    store.start_run(&run_row("r2", at(0))).unwrap();
    assert_eq!(
        state(&store, &listing.request),
        RequestState::Failed,
        "waits for its walk"
    );
}

#[test]
fn a_revisit_is_due_by_its_schedule_and_conditional() {
    let (_folder, mut store) = open();
    store.plan(&[planned_article("a", &link("a"))]).unwrap();
    let day = 86_400;
    let table = [
        // what, day, due
        ("the first time", 0, true),
        ("the same day", 0, false),
        ("after a day", 1, true),
        ("the day after", 2, false),
        ("after three days", 3, true),
        ("the schedule is over", 400, false),
    ];
    for (number, (what, after, due)) in table.into_iter().enumerate() {
        let run = format!("r{number}");
        store.start_run(&run_row(&run, at(after * day))).unwrap();
        let claimed = store.claim(&want(&run), at(after * day)).unwrap();
        match claimed {
            Claim::Work(work) if due => {
                let sequence = store.last_sequence().unwrap();
                let etag = work
                    .validators
                    .as_ref()
                    .and_then(|known| known.etag.clone());
                assert_eq!(etag, sequence.map(|last| format!("\"{last}\"")), "{what}");
                assert_eq!(work.is_revisit, after > 0, "{what}");
                settle(&mut store, &run, &work, after * day, looked());
            }
            Claim::Finished if !due => {}
            other => panic!("{what}: {other:?}"),
        }
    }
}

#[test]
fn a_revisit_at_once_is_for_the_next_run() {
    let (_folder, mut store) = open();
    store.plan(&[planned_article("a", &link("a"))]).unwrap();
    let at_once = Settle::Looked {
        schedule: vec![std::time::Duration::ZERO],
    };
    for run in ["r1", "r2"] {
        store.start_run(&run_row(run, at(0))).unwrap();
        let work = claim(&mut store, run, 0);
        settle(&mut store, run, &work, 0, at_once.clone());
        assert_eq!(
            store.claim(&want(run), at(9)).unwrap(),
            Claim::Finished,
            "{run}"
        );
    }
    store.start_run(&run_row("r3", at(0))).unwrap();
    assert_eq!(store.claim(&want("r3"), at(9)).unwrap(), Claim::Finished);
}

#[test]
fn an_article_has_one_request_whatever_its_spelling() {
    let (_folder, mut store) = open();
    let spellings = [
        link("a"),
        "https://www.moh.gov.vn/tin/-/asset_publisher/3Yst7YhbkA5j/content/a".to_owned(),
        "https://moh.gov.vn/en/tin/-/asset_publisher/k206Q9qkZOqn/content/a".to_owned(),
    ];
    for (number, spelling) in spellings.iter().enumerate() {
        let new = store.plan(&[planned_article("a", spelling)]).unwrap();
        assert_eq!(new, u64::from(number == 0), "{spelling}");
    }
    store.start_run(&run_row("r1", at(0))).unwrap();
    let work = claim(&mut store, "r1", 0);
    assert_eq!(work.request.url.as_str(), link("a"));
    settle(&mut store, "r1", &work, 0, looked());
    store.plan(&[planned_article("a", &spellings[1])]).unwrap();
    assert_eq!(store.claim(&want("r1"), at(1)).unwrap(), Claim::Finished);
}

#[test]
fn a_claim_ends_with_its_process_and_the_next_run_finds_the_request_as_it_was() {
    let (folder, mut store) = open();
    let day = 86_400;
    store.plan(&[planned_article("old", &link("old"))]).unwrap();
    store.start_run(&run_row("r0", at(-day))).unwrap();
    let work = claim(&mut store, "r0", -day);
    settle(&mut store, "r0", &work, -day, looked());
    store.plan(&[planned_article("new", &link("new"))]).unwrap();
    store.start_run(&run_row("r1", at(0))).unwrap();
    let lost: Vec<Work> = (0..2).map(|_| claim(&mut store, "r1", 0)).collect();
    assert_eq!(store.claim(&want("r1"), at(0)).unwrap(), Claim::Busy);
    drop(store); // killed between claim and commit
    let mut store = SqliteStore::open(&folder.path().join("khotin.db"), holder()).unwrap();
    let states: Vec<RequestState> = lost
        .iter()
        .map(|work| state(&store, &work.request))
        .collect();
    assert_eq!(states, [RequestState::Pending, RequestState::Done]);
    store.start_run(&run_row("r2", at(9))).unwrap();
    for lost in &lost {
        assert_eq!(claim(&mut store, "r2", 9).request, lost.request);
    }
    assert_eq!(store.claim(&want("r2"), at(9)).unwrap(), Claim::Busy);
    let again = store.start_run(&run_row("r2", at(9)));
    assert!(matches!(again, Err(StoreError::RunKnown { .. })));
}

#[test]
fn a_claimed_request_is_nobody_elses_until_it_is_settled_or_put_back() {
    let (_folder, mut store) = open();
    let slugs = ["a", "b", "c"];
    let plan: Vec<Planned> = slugs
        .map(|slug| planned_article(slug, &link(slug)))
        .to_vec();
    store.plan(&plan).unwrap();
    store.start_run(&run_row("r1", at(0))).unwrap();
    let claimed: Vec<Work> = slugs.map(|_| claim(&mut store, "r1", 0)).to_vec();
    let articles: Vec<_> = claimed.iter().map(|work| work.article.clone()).collect();
    assert_eq!(articles, slugs.map(|slug| Some(key(slug))));
    assert_eq!(store.claim(&want("r1"), at(0)).unwrap(), Claim::Busy);
    assert_eq!(store.due(&want("r1"), at(0)).unwrap(), 0, "none is left");
    assert!(store.queue(&want("r1"), at(0), 9).unwrap().is_empty());
    store.release(&claimed[1].request).unwrap();
    assert_eq!(store.due(&want("r1"), at(0)).unwrap(), 1);
    assert_eq!(claim(&mut store, "r1", 0).article, Some(key("b")));
    for work in &claimed {
        settle(&mut store, "r1", work, 0, looked());
    }
    assert_eq!(store.claim(&want("r1"), at(0)).unwrap(), Claim::Finished);
}

#[test]
fn another_look_that_failed_or_was_refused_comes_after_new_articles() {
    type End = fn(&mut SqliteStore, &Work);
    let table: [(&str, End); 2] = [
        ("failed", |store, work| {
            settle(store, "r1", work, 86_400, failed());
        }),
        ("refused", |store, work| {
            store.refuse(&work.request, "robots.txt: /", None).unwrap();
        }),
    ];
    for (what, end) in table {
        let (_folder, mut store) = open();
        store.plan(&[planned_article("old", &link("old"))]).unwrap();
        store.start_run(&run_row("r0", at(0))).unwrap();
        let work = claim(&mut store, "r0", 0);
        settle(&mut store, "r0", &work, 0, looked());
        store.start_run(&run_row("r1", at(86_400))).unwrap();
        let work = claim(&mut store, "r1", 86_400);
        end(&mut store, &work);
        store.plan(&[planned_article("new", &link("new"))]).unwrap();
        store.start_run(&run_row("r2", at(90_000))).unwrap();
        for slug in ["new", "old"] {
            assert_eq!(
                claim(&mut store, "r2", 90_000).article,
                Some(key(slug)),
                "{what}"
            );
        }
    }
}

#[test]
fn what_was_not_sent_can_be_put_back_or_refused() {
    let (_folder, mut store) = open();
    store.plan(&[planned_article("a", &link("a"))]).unwrap();
    store.start_run(&run_row("r1", at(0))).unwrap();
    let work = claim(&mut store, "r1", 0);
    store.release(&work.request).unwrap();
    let work = claim(&mut store, "r1", 0);
    assert_eq!(work.attempt, 1, "it was never tried");
    store
        .refuse(&work.request, "robots.txt: /tin", None)
        .unwrap();
    assert_eq!(store.claim(&want("r1"), at(9)).unwrap(), Claim::Finished);
    let failures = store.failures(&site()).unwrap();
    assert_eq!(failures[0].state, RequestState::Refused);
    assert_eq!(failures[0].cause.as_deref(), Some("robots.txt: /tin"));
    store.start_run(&run_row("r2", at(10))).unwrap();
    claim(&mut store, "r2", 10); // robots.txt may say something else now
}

#[test]
fn since_leaves_older_articles_for_another_run() {
    let (_folder, mut store) = open();
    let dated = |slug: &str, on: Option<&str>| Planned {
        listed_on: on.map(day),
        ..planned_article(slug, &link(slug))
    };
    let plan = [
        dated("old", Some("2026-11-01")),
        dated("new", Some("2026-11-10")),
        dated("unknown", None),
    ];
    store.plan(&plan).unwrap();
    let mut since = want("r1");
    since.since = Some(day("2026-11-10"));
    let slugs = |works: Vec<Work>| -> Vec<String> {
        let keys = works.into_iter().filter_map(|work| work.article);
        keys.map(|key| key.to_string()).collect()
    };
    assert_eq!(
        slugs(store.queue(&since, at(0), 9).unwrap()),
        ["moh:liferay:new", "moh:liferay:unknown"]
    );
    assert_eq!(slugs(store.queue(&want("r2"), at(0), 9).unwrap()).len(), 3);
}

#[test]
fn a_retry_that_turns_out_to_be_too_old_is_not_waited_for() {
    let (_folder, mut store) = open();
    let dated = |on: &str| Planned {
        listed_on: Some(day(on)),
        ..planned_article("a", &link("a"))
    };
    store.plan(&[dated("2026-11-20")]).unwrap();
    store.start_run(&run_row("r1", at(0))).unwrap();
    let mut since = want("r1");
    since.since = Some(day("2026-11-10"));
    let work = claim(&mut store, "r1", 0);
    settle(&mut store, "r1", &work, 0, Settle::Retry { at: at(5) });
    // Another listing dates it otherwise.
    store.plan(&[dated("2020-01-01")]).unwrap();
    assert_eq!(store.claim(&since, at(9)).unwrap(), Claim::Finished);
}

#[test]
fn what_waits_for_a_later_try_is_left_when_a_run_ends() {
    let (_folder, mut store) = open();
    store.plan(&[planned_article("a", &link("a"))]).unwrap();
    store.start_run(&run_row("r1", at(0))).unwrap();
    let work = claim(&mut store, "r1", 0);
    settle(&mut store, "r1", &work, 0, Settle::Retry { at: at(5) });
    for (what, now) in [("it waits", 1), ("it is due", 6)] {
        assert_eq!(store.due(&want("r1"), at(now)).unwrap(), 1, "{what}");
    }
}

#[test]
fn exchanges_are_committed_in_order_and_whole() {
    let (_folder, mut store) = open();
    let request = get(Purpose::Listing, "https://moh.gov.vn/tin");
    let make = |sequence: u64| -> Committed {
        let row = exchange(sequence, "r1", &request, at(0), PageKind::Listing, 200);
        let follow = Follow {
            article: None,
            plan: Vec::new(),
            settle: Settle::Done,
            walk: None,
        };
        entry(row, follow, Vec::new())
    };
    let table = [
        (
            "does not begin at 1",
            vec![2],
            Some("exchange 2 came where 1 was expected"),
        ),
        (
            "whole or not at all",
            vec![1, 3],
            Some("exchange 3 came where 2 was expected"),
        ),
        ("in order", vec![1, 2], None),
        (
            "twice",
            vec![2],
            Some("exchange 2 came where 3 was expected"),
        ),
        (
            "a gap",
            vec![4],
            Some("exchange 4 came where 3 was expected"),
        ),
        ("goes on", vec![3], None),
    ];
    for (what, sequences, expected) in table {
        let entries = sequences.into_iter().map(make).collect();
        let result = store.commit(&batch(entries));
        match (result, expected) {
            (Ok(_), None) => {}
            (Err(error), Some(expected)) => {
                assert_eq!(error.to_string(), expected, "{what}");
                assert!(error.is_damage(), "{what}");
            }
            (result, _) => panic!("{what}: {result:?}"),
        }
    }
    assert_eq!(store.last_sequence().unwrap().map(|last| last.0), Some(3));
}

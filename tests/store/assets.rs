//! Files of articles in the store: planned once, behind all pages, and found again by their names.

use khotin::config::Assets;
use khotin::frontier::Follow;
use khotin::model::Sequence;
use khotin::model::{Purpose, Truncation};
use khotin::store::{
    AssetFound, AssetsPlanned, Claim, Committed, Outcome, PageKind, Planned, Priority,
    RequestState, Settle, SqliteStore, Store, Want,
};

use crate::world::*;

fn open() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("khotin.db"), holder()).unwrap();
    (folder, store)
}

fn file(url: &str, priority: Priority) -> Planned {
    planned(priority, get(Purpose::Asset, url))
}

fn wanting(run: &str, assets: Assets) -> Want {
    Want {
        assets,
        ..want(run)
    }
}

/// The addresses that a run is given, one after the other.
fn claimed(store: &mut impl Store, want: &Want) -> Vec<String> {
    let mut urls = Vec::new();
    while let Claim::Work(work) = store.claim(want, at(0)).unwrap() {
        urls.push(work.request.url.to_string());
    }
    urls
}

/// Exchange `sequence`, which found this of a file.
fn answered(sequence: u64, url: &str, status: u16, found: AssetFound) -> Committed {
    let request = get(Purpose::Asset, url);
    let row = exchange(sequence, "r1", &request, at(0), PageKind::Asset, status);
    let follow = Follow {
        article: None,
        plan: Vec::new(),
        settle: Settle::Done,
        walk: None,
    };
    Committed {
        asset: Some(found),
        ..entry(row, follow, Vec::new())
    }
}

fn whole() -> AssetFound {
    AssetFound::Whole {
        content_type: Some("image/png".to_owned()),
    }
}

#[test]
fn files_come_behind_pages_and_only_as_many_as_are_wanted() {
    let plan = [
        file("https://moh.gov.vn/a.pdf", Priority::Attachment),
        file("https://moh.gov.vn/1.jpg?t=1", Priority::Image),
        file("https://moh.gov.vn/1.jpg?t=2", Priority::Image),
        planned_article("a", &link("a")),
        planned(
            Priority::Listing,
            get(Purpose::Listing, "https://moh.gov.vn/tin"),
        ),
    ];
    let pages = ["https://moh.gov.vn/tin".to_owned(), link("a")];
    let table: [(Assets, &[&str]); 3] = [
        (Assets::None, &[]),
        (Assets::Images, &["https://moh.gov.vn/1.jpg?t=1"]),
        (
            Assets::All,
            &["https://moh.gov.vn/1.jpg?t=1", "https://moh.gov.vn/a.pdf"],
        ),
    ];
    for (assets, files) in table {
        let (_folder, mut store) = open();
        store.start_run(&run_row("r1", at(0))).unwrap();
        assert_eq!(
            store.plan(&plan).unwrap(),
            4,
            "a time stamp makes no other file"
        );
        assert_eq!(store.plan(&plan[..3]).unwrap(), 0, "planned once");
        let want = wanting("r1", assets);
        let count = pages.len() + files.len();
        assert_eq!(store.due(&want, at(0)).unwrap(), count as u64);
        let files = files.iter().map(|url| (*url).to_owned());
        let expected: Vec<String> = pages.iter().cloned().chain(files).collect();
        assert_eq!(claimed(&mut store, &want), expected, "{assets:?}");
    }
}

#[test]
fn an_answered_file_is_never_asked_again_and_one_over_the_cap_when_the_cap_is_raised() {
    let (_folder, mut store) = open();
    store.start_run(&run_row("r1", at(0))).unwrap();
    let url = "https://moh.gov.vn/1.jpg?t=1";
    let plan = [file(url, Priority::Image)];
    store.plan(&plan).unwrap();
    let mut cut = answered(
        1,
        url,
        200,
        AssetFound::Missing {
            why: "body is cut short (length)".to_owned(),
            size: Some(5_000),
        },
    );
    if let Outcome::Answered(answer) = &mut cut.exchange.outcome {
        answer.truncated = Some(Truncation::Length);
        answer.bytes = 0;
    }
    store.commit(&batch(vec![cut])).unwrap();
    let request = &plan[0].request;
    assert_eq!(store.said_size(request).unwrap(), Some(5_000));
    let state = |store: &SqliteStore| store.request(request).unwrap().unwrap().state;
    assert_eq!(store.reopen_assets(&site(), 4_999).unwrap(), 0);
    assert_eq!(state(&store), RequestState::Done);
    assert_eq!(store.reopen_assets(&site(), 5_000).unwrap(), 1);
    assert_eq!(state(&store), RequestState::Pending);
    store
        .commit(&batch(vec![answered(2, url, 200, whole())]))
        .unwrap();
    assert_eq!(store.reopen_assets(&site(), u64::MAX).unwrap(), 0);
    let counts = store.counts(&site()).unwrap();
    assert_eq!(
        (
            counts.assets.kept,
            counts.assets.missing,
            counts.assets.waiting
        ),
        (1, 0, 0)
    );
    assert!(counts.requests.is_empty(), "files are not counted as pages");
}

#[test]
fn how_far_files_were_planned_is_kept() {
    let (_folder, mut store) = open();
    assert_eq!(store.assets_planned(&site()).unwrap(), None);
    let planned = AssetsPlanned {
        wanted: "all".to_owned(),
        profile_digest: "d".to_owned(),
        through: Sequence(7),
    };
    store.set_assets_planned(&site(), &planned).unwrap();
    assert_eq!(store.assets_planned(&site()).unwrap(), Some(planned));
}

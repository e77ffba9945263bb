//! The index keeps up with the articles: what changes, what is filtered, what an older khotin made.

use std::path::Path;

use khotin::model::{Article, ArticleKey, SiteId, State};
use khotin::same::Features;
use khotin::store::{ArticleFilter, SqliteStore, Store, StoreError};
use rusqlite::Connection;

use crate::library::{article, asking, commit, demo, found, open};

fn keys(store: &SqliteStore, filter: &ArticleFilter) -> Vec<String> {
    let articles = store.articles(filter);
    articles
        .map(|article| article.unwrap().key.to_string())
        .collect()
}

fn portal(name: &str) -> String {
    format!("demo:portal:{name}")
}

#[test]
fn an_article_is_found_by_what_it_says_now() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    commit(
        &mut store,
        &[article("1", "2025-01-01", "Bệnh sởi", &["Tiêm chủng."])],
    );
    commit(
        &mut store,
        &[article("1", "2025-01-01", "Bệnh cúm", &["Tiêm chủng."])],
    );
    let table = [
        ("sởi", vec![]),
        ("soi", vec![]),
        ("cúm", vec![portal("1")]),
        ("cum", vec![portal("1")]),
        ("tiêm", vec![portal("1")]),
    ];
    for (query, expected) in table {
        assert_eq!(found(&store, query), expected, "{query}");
    }
}

#[test]
fn an_article_that_says_the_same_is_not_indexed_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let same = [article("1", "2025-01-01", "Bệnh sởi", &["Tiêm chủng."])];
    commit(&mut store, &same);
    let rows = |path: &Path| -> Vec<(i64, Vec<u8>)> {
        let database = Connection::open(path.join("khotin.db")).unwrap();
        let mut rows = database
            .prepare("SELECT id, block FROM search_written_data ORDER BY id")
            .unwrap();
        rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    };
    let before = rows(folder.path());
    commit(&mut store, &same);
    assert_eq!(rows(folder.path()), before);
    commit(
        &mut store,
        &[article("1", "2025-01-01", "Bệnh cúm", &["Tiêm chủng."])],
    );
    assert_ne!(rows(folder.path()), before);
}

#[test]
fn a_search_and_a_list_keep_to_the_filter() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let days = ["2025-01-01", "2025-02-01", "2025-03-01"];
    let articles = days.map(|day| article(day, day, "Bệnh sởi", &[]));
    commit(&mut store, &articles);
    commit(
        &mut store,
        &[article("other", "2025-02-01", "Bệnh cúm", &[])],
    );
    let all = || asking("benh soi");
    let [january, february, march] = days.map(portal);
    let table = [
        ("all", all(), vec![&january, &february, &march]),
        (
            "since",
            ArticleFilter {
                since: "2025-02-01".parse().ok(),
                ..all()
            },
            vec![&february, &march],
        ),
        (
            "until",
            ArticleFilter {
                until: "2025-02-01".parse().ok(),
                ..all()
            },
            vec![&january, &february],
        ),
        (
            "site",
            ArticleFilter {
                site: Some(SiteId::new("demo")),
                ..all()
            },
            vec![&january, &february, &march],
        ),
        (
            "another site",
            ArticleFilter {
                site: Some(SiteId::new("moh")),
                ..all()
            },
            vec![],
        ),
        (
            "state",
            ArticleFilter {
                state: Some(State::Gone),
                ..all()
            },
            vec![],
        ),
        (
            "without",
            ArticleFilter {
                without: [ArticleKey::new(february.as_str())].into(),
                ..all()
            },
            vec![&january, &march],
        ),
    ];
    for (what, filter, expected) in table {
        let found = store.search(&filter, 10).unwrap();
        let newest_first: Vec<String> = found.keys.iter().map(ToString::to_string).collect();
        let expected: Vec<String> = expected.into_iter().cloned().collect();
        assert_eq!(keys(&store, &filter), expected, "{what}, a list by key");
        let reversed: Vec<String> = expected.into_iter().rev().collect();
        assert_eq!(newest_first, reversed, "{what}, equals are newest first");
        assert_eq!(found.number, reversed.len() as u64, "{what}");
    }
    let found = store.search(&all(), 2).unwrap();
    assert_eq!(
        (found.number, found.keys.len()),
        (3, 2),
        "the number is of all"
    );
    let without = ArticleFilter {
        without: [ArticleKey::new(january)].into(),
        ..ArticleFilter::default()
    };
    assert_eq!(keys(&store, &without).len(), 3, "without a query too");
    assert_eq!(
        store.search(&ArticleFilter::default(), 9).unwrap().number,
        0
    );
}

#[test]
fn two_readers_of_one_connection_and_more_than_a_piece_of_articles() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    commit(&mut store, &demo(200));
    store.close().unwrap();
    let reader = SqliteStore::open_reader(&folder.path().join("khotin.db")).unwrap();
    let (tin, sở) = (asking("giả lập"), asking("truyen thong"));
    let all = keys(&reader, &tin);
    assert!(all.len() > 150 && all.is_sorted(), "{}", all.len());
    let pairs = reader.articles(&tin).zip(reader.articles(&sở));
    let pairs: Vec<(Article, Article)> = pairs
        .map(|(one, other)| (one.unwrap(), other.unwrap()))
        .collect();
    let firsts: Vec<String> = pairs.iter().map(|(one, _)| one.key.to_string()).collect();
    let seconds: Vec<String> = pairs
        .iter()
        .map(|(_, other)| other.key.to_string())
        .collect();
    assert_eq!(seconds, keys(&reader, &sở));
    assert_eq!(firsts, all[..seconds.len()]);
}

/// What `khotin.db` was before there was an index: the same tables without it.
fn make_schema_2(path: &Path) {
    let database = Connection::open(path).unwrap();
    database
        .execute_batch(
            "DROP TABLE search_written; DROP TABLE search_unmarked; DROP TABLE search_articles;
             DROP TABLE imported; DROP TABLE waiting_revisits; DROP TABLE features;
             DROP INDEX requests_failing; DROP TABLE assets; DROP TABLE assets_planned;
             PRAGMA user_version = 2; PRAGMA wal_checkpoint(TRUNCATE);",
        )
        .unwrap();
}

#[test]
fn a_database_of_schema_2_is_brought_up_to_date_and_found_through() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("khotin.db");
    let mut store = open(folder.path());
    commit(&mut store, &demo(30));
    let queries = ["truyền thông", "suc khoe", "\"giả lập\" -tinh", "t*"];
    let before = queries.map(|query| found(&store, query));
    assert!(before.iter().all(|keys| !keys.is_empty()));
    let features = |store: &SqliteStore| -> Vec<Features> {
        let all = keys(store, &ArticleFilter::default()).into_iter();
        let of = |key: String| store.features(&ArticleKey::new(key)).unwrap();
        all.map(of).collect()
    };
    let compared_by = features(&store);
    assert!(compared_by.iter().any(|one| one.text.is_some()));
    store.close().unwrap();
    make_schema_2(&path);

    let error = SqliteStore::open_reader(&path).unwrap_err();
    assert!(
        matches!(error, StoreError::Older { found: 2, .. }),
        "{error}"
    );
    assert!(
        error.advice().contains("khotin rebuild"),
        "{}",
        error.advice()
    );

    let store = open(folder.path());
    assert_eq!(queries.map(|query| found(&store, query)), before);
    assert_eq!(features(&store), compared_by);
    store.close().unwrap();
    let reader = SqliteStore::open_reader(&path).unwrap();
    assert_eq!(queries.map(|query| found(&reader, query)), before);
}

#[test]
fn a_record_that_can_not_be_read_leaves_the_old_schema_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("khotin.db");
    let mut store = open(folder.path());
    commit(&mut store, &demo(3));
    store.close().unwrap();
    make_schema_2(&path);
    let database = Connection::open(&path).unwrap();
    database
        .execute("UPDATE articles SET body = '{' WHERE rowid = 2", [])
        .unwrap();
    let held = SqliteStore::open_held(&path).unwrap_err();
    assert!(held.is_damage(), "{held}");
    let (version, tables): (u32, u32) = database
        .query_row(
            "SELECT (SELECT user_version FROM pragma_user_version),
                    (SELECT count(*) FROM sqlite_schema WHERE name LIKE 'search%')",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!((version, tables), (2, 0), "all or nothing");
}

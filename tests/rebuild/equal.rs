//! The database is made again from the archive alone, and the exports are the same bytes; with one reader
//! or several, and whatever is one transaction, the tables are the same too.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use chrono::TimeDelta;
use khotin::demo::Fault;
use khotin::model::State;
use khotin::pipeline::{CrawlOptions, RebuildOptions, compare};
use rusqlite::Connection;

use crate::press::Press;
use crate::support::Desk;

/// Exports, throws the database away, makes it again and compares.
fn assert_rebuild_is_equal(desk: &Desk, name: &str) {
    let before = desk.export(&format!("{name}-before"));
    let exchanges = desk.exchanges().len() as u64;
    assert_eq!(desk.rebuild(), exchanges);
    let after = desk.export(&format!("{name}-after"));
    assert_eq!(before.len(), 13, "{:?}", before.keys());
    for (file, bytes) in &before {
        assert!(*bytes == after[file], "{name}: {file} differs");
    }
    assert_eq!(before.len(), after.len());
    let comparison = compare(&desk.store(), &desk.archive()).unwrap();
    assert!(comparison.is_equal(), "{comparison}");
}

/// Every row of every table, sorted, as text; of the search index every word and its place.
fn tables(desk: &Desk) -> BTreeMap<String, Vec<String>> {
    let database = Connection::open(desk.output().join("khotin.db")).unwrap();
    database
        .execute_batch(
            "CREATE VIRTUAL TABLE temp.written USING fts5vocab(main, search_written, instance);
             CREATE VIRTUAL TABLE temp.unmarked USING fts5vocab(main, search_unmarked, instance);",
        )
        .unwrap();
    let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search_%'";
    let mut statement = database.prepare(names).unwrap();
    let names = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    let mut queries: Vec<(String, String)> = names
        .map(|name| name.unwrap())
        .map(|name| (name.clone(), format!("SELECT * FROM {name}")))
        .collect();
    for index in ["written", "unmarked"] {
        // The number of an article in the index is nobody's business.
        let words = format!(
            "SELECT key, term, col, offset FROM temp.{index} JOIN search_articles ON doc = id"
        );
        queries.push((index.to_owned(), words));
    }
    queries.push((
        "search_articles".to_owned(),
        "SELECT key, digest FROM search_articles".to_owned(),
    ));
    let rows = |sql: &str| -> Vec<String> {
        let mut statement = database.prepare(sql).unwrap();
        let columns = statement.column_count();
        let mut rows: Vec<String> = statement
            .query_map([], |row| {
                let values =
                    (0..columns).map(|column| row.get::<_, rusqlite::types::Value>(column));
                Ok(format!("{:?}", values.collect::<Result<Vec<_>, _>>()?))
            })
            .unwrap()
            .map(|row| row.unwrap())
            .collect();
        rows.sort();
        rows
    };
    let queries = queries.into_iter();
    queries.map(|(name, sql)| (name, rows(&sql))).collect()
}

/// Rebuilds with one and with several readers and with small and large transactions, and compares.
fn assert_ways_are_equal(desk: &Desk) {
    let number = |number| NonZeroUsize::new(number);
    let rebuilt = |jobs, batch| {
        let mut config = desk.config.clone();
        config.reading.jobs = number(jobs);
        let options = RebuildOptions {
            batch: number(batch),
            ..RebuildOptions::default()
        };
        desk.rebuild_by(&config, options);
        tables(desk)
    };
    let expected = rebuilt(1, 1);
    for name in [
        "exchanges",
        "observations",
        "articles",
        "requests",
        "walks",
        "written",
    ] {
        assert!(expected[name].len() > 1, "{name} is compared");
    }
    for (jobs, batch) in [(3, 7), (2, 64)] {
        let found = rebuilt(jobs, batch);
        for (name, rows) in &expected {
            let differs = rows
                .iter()
                .zip(&found[name])
                .find(|(one, other)| one != other);
            assert_eq!(differs, None, "{jobs} readers, {batch} a batch: {name}");
            assert_eq!(rows.len(), found[name].len(), "{name}");
        }
    }
}

#[tokio::test]
async fn after_one_crawl() {
    let desk = Desk::open(24).await;
    desk.crawl().await;
    assert_rebuild_is_equal(&desk, "one");
    // And the crawl goes on as if nothing had been: robots.txt is not rebuilt.
    let report = desk.crawl().await;
    assert_eq!(report.exit_code, 0, "{:?}", report.causes);
    assert_eq!(desk.asked().len(), 9, "{:?}", desk.asked());
}

#[tokio::test]
async fn after_edits_faults_and_several_runs() {
    let desk = Desk::open(24).await;
    let control = desk.control();
    let keys: Vec<String> = control.expected().into_iter().map(|one| one.key).collect();
    let limited = CrawlOptions {
        max_requests: Some(20),
        ..CrawlOptions::default()
    };
    control.plan_fault("/content/", 2, Fault::Close);
    control.plan_fault("/content/", 2, Fault::status(500));
    control.plan_fault("/bridge", 1, Fault::CutShort { bytes: 100 });
    desk.crawl_with(limited).await;
    desk.crawl().await;
    control
        .edit(&keys[1], |article| article.title.push_str(" (sửa)"))
        .unwrap();
    control.delete(&keys[2]).unwrap();
    control.rename(&keys[3], "Đổi tên (giả lập)").unwrap();
    control.touch_noise();
    desk.later(TimeDelta::hours(30));
    desk.crawl().await;
    control.restore(&keys[2]).unwrap();
    control
        .edit(&keys[1], |article| article.lead = None)
        .unwrap();
    control.set_robots("User-agent: *\nDisallow: /tin-noi-bat\n");
    desk.later(TimeDelta::hours(60));
    desk.crawl().await;
    let versions = |key: &str| desk.article(key).versions.len();
    assert_eq!((versions(&keys[1]), versions(&keys[0])), (3, 1));
    let portal = keys.iter().find(|key| key.contains(":portal:")).unwrap();
    control.delete(portal).unwrap();
    desk.later(TimeDelta::hours(200));
    desk.crawl().await;
    control.restore(portal).unwrap();
    control
        .edit(portal, |article| article.title.push_str(" (sửa)"))
        .unwrap();
    desk.later(TimeDelta::hours(2000));
    desk.crawl().await;
    let states: Vec<_> = desk.article(portal).states;
    let states: Vec<_> = states.iter().map(|span| span.state).collect();
    assert_eq!(states.last(), Some(&State::Back), "{states:?}");
    assert_eq!(versions(portal), 2);
    assert_rebuild_is_equal(&desk, "many");
    assert_ways_are_equal(&desk);
}

#[test]
fn after_two_pages_took_turns_under_one_key() {
    let press = Press::open();
    press.list(&[1, 2]);
    press.article(1, "Direct", "");
    press.article(2, "Other", "");
    press.html(
        "/en/a/1",
        "<main><h1>Elsewhere</h1><div><p>x</p></div></main>",
    );
    press.run(&["crawl"]).expect("A", 0);
    for turn in ["B", "A", "B"] {
        if turn == "B" {
            press.redirect("/a/1", "http://one.test/en/a/1");
        } else {
            press.article(1, "Direct", "");
        }
        press.make_due();
        press.run(&["crawl"]).expect(turn, 0);
    }
    let before = press.articles();
    assert_eq!(before[0].key.as_str(), "one:web:1");
    assert_eq!(
        before[0].versions.len(),
        2,
        "one for each page, not in turns"
    );
    assert_eq!(before[0].flags, ["key_collision"]);
    press.remove_database();
    let ran = press.run(&["rebuild"]).expect("rebuild", 0);
    assert!(ran.stdout.contains("nothing to compare with"), "{ran:?}");
    assert!(press.articles() == before);
    let again = press.run(&["rebuild", "--json"]).expect("again", 0).json();
    assert_eq!(again["old"]["state"], "compared");
    assert_eq!(again["differences"]["same"], 2);
    assert_eq!(again["differences"]["fields"], serde_json::json!({}));
    assert_eq!(again["replaces"], true);
}

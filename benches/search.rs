//! The search index: what it costs to keep, how large it is, how long a question takes.
//!
//! `cargo bench --bench search -- --articles 100000` puts articles of the demo ministry into a new store,
//! without a crawl, and prints a table; docs/performance.md tells what the figures mean.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints, and stops at the first thing that is wrong"
)]

#[path = "../tests/search/library.rs"]
mod library;

use std::path::Path;
use std::time::Instant;

use khotin::store::{SqliteStore, Store};
use rusqlite::Connection;

/// Articles of one transaction.
const BATCH: usize = 100;

/// What is asked: rare and common words, with marks and without, phrases and beginnings.
const QUERIES: [&str; 8] = [
    "sức khỏe",
    "suc khoe",
    "\"sức khỏe người cao tuổi\"",
    "y te",
    "truyen*",
    "khoẻ -giả",
    "flashmob",
    "hội nghị triển khai chuyển đổi số y tế tại tỉnh Giả Định",
];

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let after = |flag: &str| args.iter().skip_while(|arg| *arg != flag).nth(1);
    let wanted = after("--articles").map_or(2_000, |number| number.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let articles = library::demo(wanted);
    let mut store = library::open(folder.path());
    let start = Instant::now();
    for batch in articles.chunks(BATCH) {
        library::commit(&mut store, batch);
    }
    let commit = start.elapsed();
    store.close().unwrap();
    let path = folder.path().join("khotin.db");
    let count = articles.len();
    println!("{count} articles");
    println!(
        "commit   {:>9.3} ms an article",
        commit.as_secs_f64() * 1e3 / count as f64
    );
    sizes(&path, count);
    let migrate = migrate(&path);
    println!(
        "index    {:>9.3} ms an article",
        migrate * 1e3 / count as f64
    );
    questions(&path);
}

/// Bytes an article, by table.
fn sizes(path: &Path, count: usize) {
    let database = Connection::open(path).unwrap();
    let of = |what: &str| -> f64 {
        let sql = format!("SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE {what}");
        let bytes: i64 = database.query_row(&sql, [], |row| row.get(0)).unwrap();
        bytes as f64 / count as f64
    };
    for (name, what) in [
        ("all", "1"),
        ("written", "name LIKE 'search_written%'"),
        ("unmarked", "name LIKE 'search_unmarked%'"),
        ("keys", "name LIKE '%search_articles%'"),
        ("articles", "name = 'articles'"),
    ] {
        println!("{name:<9}{:>9.0} bytes an article", of(what));
    }
}

/// Seconds to make the whole index again, as the migration from schema 2 does.
fn migrate(path: &Path) -> f64 {
    let database = Connection::open(path).unwrap();
    database
        .execute_batch(
            "DROP TABLE search_written; DROP TABLE search_unmarked; DROP TABLE search_articles;
             PRAGMA user_version = 2; PRAGMA wal_checkpoint(TRUNCATE);",
        )
        .unwrap();
    drop(database);
    let start = Instant::now();
    SqliteStore::open_held(path).unwrap().close().unwrap();
    start.elapsed().as_secs_f64()
}

/// The fastest of five, each on a reader that was just opened.
fn questions(path: &Path) {
    for typed in QUERIES {
        let filter = library::asking(typed);
        let times = (0..5).map(|_| {
            let reader = SqliteStore::open_reader(path).unwrap();
            let start = Instant::now();
            let found = reader.search(&filter, 20).unwrap().number;
            (start.elapsed(), found)
        });
        let (time, found) = times.min().unwrap();
        println!(
            "{:>9.1} ms {found:>7} found  {typed}",
            time.as_secs_f64() * 1e3
        );
    }
}

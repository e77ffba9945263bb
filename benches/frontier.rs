//! The queue with millions of known URLs: how long the next URL takes, and how much memory the asker needs.
//!
//! `cargo bench --bench frontier -- --urls 1000000 --urls 10000000 [--dir DIR]` fills a store for each number
//! (800 bytes a URL in DIR or the system's folder for such things, removed at the end) and prints a table
//! for docs/performance.md. Filling and asking are processes of their own, so that the memory is the
//! asker's alone. What is asked is what a crawl asks: claim, then commit, over all sites in turn.
#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints, and stops at the first thing that is wrong"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use khotin::config::Assets;
use khotin::frontier::walk::Walk;
use khotin::model::{
    ArticleKey, Location, Purpose, Request, RunId, SectionId, Sequence, SiteId, Via,
};
use khotin::store::{
    Batch, Claim, Committed, ExchangeRow, Holder, Outcome, PageKind, RunRow, Settle, SqliteStore,
    Store, StoredAnswer, Want, Work,
};
use rusqlite::{Connection, named_params};

/// Sites, and sections of each: so many as the largest ministries have.
const SITES: u64 = 4;
const SECTIONS: u64 = 20;
/// Claims that are timed.
const CYCLES: u64 = 20_000;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let all_after = |flag: &'static str| {
        let pairs = args.windows(2).filter(move |pair| pair[0] == flag);
        pairs.map(|pair| pair[1].clone())
    };
    if let Some(path) = all_after("--fill").next() {
        return fill(
            Path::new(&path),
            all_after("--urls").next().unwrap().parse().unwrap(),
        );
    }
    if let Some(path) = all_after("--ask").next() {
        return ask(Path::new(&path));
    }
    println!(
        "| known URLs | claim, median | p99 | claim and commit, median | start of a run | one section of many | count what is left | when is the next due | failures | numbers of `status` | peak MiB | GB |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut sizes: Vec<String> = all_after("--urls").collect();
    if sizes.is_empty() {
        sizes.push("10000".to_owned());
    }
    for size in sizes {
        let folder = match all_after("--dir").next() {
            Some(dir) => tempfile::tempdir_in(PathBuf::from(dir)),
            None => tempfile::tempdir(),
        };
        let folder = folder.unwrap();
        let path = folder.path().join("khotin.db");
        run("--fill", &path, &size);
        let bytes = std::fs::metadata(&path).unwrap().len();
        let told = run("--ask", &path, &size);
        println!("| {size} | {} | {:.1} |", told.trim(), bytes as f64 / 1e9);
    }
}

/// One half of the work in a process of its own: what it prints.
fn run(half: &str, path: &Path, size: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(program);
    command.arg(half).arg(path).args(["--urls", size]);
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{half} {size}");
    String::from_utf8(output.stdout).unwrap()
}

/// When the run begins.
fn now() -> DateTime<Utc> {
    "2026-11-28T19:00:00Z".parse().unwrap()
}

fn site(number: u64) -> SiteId {
    SiteId::new(format!("site-{number}"))
}

fn request(of_site: u64, number: u64) -> Request {
    let url = format!(
        "https://site-{of_site}.gov.vn/tin/-/asset_publisher/3Yst7YhbkA5j/content/bai-viet-so-{number:08}"
    );
    let section = SectionId::new(format!("section-{}", number % SECTIONS));
    Request {
        section: Some(section),
        ..Request::get(site(of_site), url.parse().unwrap(), Purpose::Article)
    }
}

/// What became of a URL: of a thousand, 955 are looked at again within a year, a 365th of them now; 20 never;
/// the others wait, failed, were given up or refused.
fn fate(number: u64) -> (&'static str, Option<DateTime<Utc>>) {
    // Knuth's multiplicative hash spreads what has the same fate.
    let chance = number.wrapping_mul(2_654_435_761) % (1 << 32);
    let seconds = i64::try_from(chance % (365 * 86_400)).unwrap();
    let later = now() + TimeDelta::seconds(seconds - 86_400);
    match chance / 7 % 1000 {
        0..955 => ("done", Some(later)),
        955..975 => ("done", None),
        975..980 => ("pending", None),
        980..990 => ("failed", None),
        990..995 => ("given_up", Some(later)),
        _ => ("refused", None),
    }
}

/// Fills a store with `urls` requests, as a crawl of some years leaves them. Not by the store's own road,
/// which is made for one page after the other: the tables are its own, the rows are written in the order of
/// their keys, and the indexes are made at the end.
fn fill(path: &Path, urls: u64) {
    let holder = Holder {
        pid: 1,
        since: now(),
    };
    SqliteStore::open(path, holder).unwrap().close().unwrap();
    let mut database = Connection::open(path).unwrap();
    database
        .execute_batch(
            "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA temp_store = FILE;",
        )
        .unwrap();
    let indexes: Vec<(String, String)> = database
        .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'requests' AND sql IS NOT NULL")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for (name, _) in &indexes {
        database
            .execute_batch(&format!("DROP INDEX {name}"))
            .unwrap();
    }
    for of_site in 0..SITES {
        let numbers: Vec<u64> = (0..urls / SITES).collect();
        for numbers in numbers.chunks(100_000) {
            let transaction = database.transaction().unwrap();
            for number in numbers {
                insert(&transaction, of_site, *number);
            }
            transaction.commit().unwrap();
            database
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
                .unwrap();
        }
    }
    for (_, sql) in &indexes {
        database.execute_batch(sql).unwrap();
    }
    database
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
}

fn insert(database: &Connection, of_site: u64, number: u64) {
    let request = request(of_site, number);
    let (state, due) = fate(number);
    let was_asked = state != "pending";
    let failed_runs = match state {
        "failed" => 1 + number % 4,
        "given_up" => 5,
        _ => 0,
    };
    database
        .prepare_cached(
            "INSERT INTO requests (key, site, purpose, section, request, article, is_primary, hops,
                 priority, listed_on, state, due_at, run, attempts, failed_run, failed_runs, cause, looks,
                 first_look_at, etag)
             VALUES (:key, :site, 'article', :section, :request, :article, 1, 0, 3, '2025-11-28', :state,
                 :due_at, :run, :attempts, :failed_run, :failed_runs, :cause, :looks, :first_look_at, :etag)",
        )
        .unwrap()
        .execute(named_params! {
            ":key": format!("article {}", request.key()),
            ":site": request.site.as_str(),
            ":section": request.section.as_ref().map(SectionId::as_str),
            ":request": serde_json::to_string(&request).unwrap(),
            ":article": format!("{}:liferay:bai-viet-so-{number:08}", request.site),
            ":state": state,
            ":due_at": due.map(text),
            ":run": was_asked.then_some("20261127T190000Z-0001"),
            ":attempts": u64::from(was_asked),
            ":failed_run": (failed_runs > 0).then_some("20261127T190000Z-0001"),
            ":failed_runs": failed_runs,
            ":cause": (failed_runs > 0).then_some("timeout"),
            ":looks": u64::from(state == "done"),
            ":first_look_at": (state == "done").then(|| text(now() - TimeDelta::days(30))),
            ":etag": (state == "done").then(|| format!("\"{number:016x}\"")),
        })
        .unwrap();
}

/// As the store writes times.
fn text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

/// Asks a filled store as a run does, and prints the row's cells.
fn ask(path: &Path) {
    let holder = Holder {
        pid: 1,
        since: now(),
    };
    let mut store = SqliteStore::open(path, holder).unwrap();
    let run = RunId::new("20261128T190000Z-0002");
    let start = timed(|| {
        store.start_run(&RunRow {
            run: run.clone(),
            started_at: now(),
            options: serde_json::json!({}),
            finished_at: None,
            report: None,
        })
    });
    let wants: Vec<Want> = (0..SITES)
        .map(|number| Want {
            run: run.clone(),
            site: site(number),
            sections: Vec::new(),
            since: None,
            assets: Assets::None,
        })
        .collect();
    let (mut claims, mut cycles) = (Vec::new(), Vec::new());
    for (sequence, want) in (1..=CYCLES).zip(wants.iter().cycle()) {
        let begun = Instant::now();
        let Claim::Work(work) = store.claim(want, now()).unwrap() else {
            break;
        };
        claims.push(begun.elapsed());
        store.commit(&answered(sequence, &run, *work)).unwrap();
        cycles.push(begun.elapsed());
    }
    claims.sort_unstable();
    cycles.sort_unstable();
    // The section that is asked for is the last one in the queue's order.
    let one_section = Want {
        sections: vec![SectionId::new("section-19")],
        ..wants[0].clone()
    };
    let section = timed(|| store.claim(&one_section, now()));
    let due = timed(|| store.due(&wants[0], now()));
    let next = timed(|| store.next_due(&wants[0].site, now()));
    let failures = timed(|| store.failures(&wants[0].site));
    let counts = timed(|| store.counts(&wants[0].site));
    println!(
        "{} ({}) | {} | {} | {} | {} | {} | {} | {} | {} | {:.1}",
        micros(claims[claims.len() / 2]),
        claims.len(),
        micros(claims[claims.len() * 99 / 100]),
        micros(cycles[cycles.len() / 2]),
        millis(start),
        micros(section),
        millis(due),
        micros(next),
        millis(failures),
        millis(counts),
        peak_kib() as f64 / 1024.0,
    );
}

fn timed<T, E: std::fmt::Debug>(work: impl FnOnce() -> Result<T, E>) -> Duration {
    let begun = Instant::now();
    work().unwrap();
    begun.elapsed()
}

fn micros(time: Duration) -> String {
    format!("{} µs", time.as_micros())
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// The exchange that answers a claim: an article as it was before.
fn answered(sequence: u64, run: &RunId, work: Work) -> Batch {
    let exchange = ExchangeRow {
        sequence: Sequence(sequence),
        run: run.clone(),
        request: work.request,
        asked_at: now(),
        elapsed: Duration::from_millis(40),
        via: Via::Direct,
        outcome: Outcome::Answered(StoredAnswer {
            status: 200,
            bytes: 16_000,
            truncated: None,
            location: Location {
                file: "site-20261128190000-00001.warc.gz".to_owned(),
                offset: sequence * 20_000,
                length: 20_000,
                record_id: format!("urn:uuid:00000000-0000-4000-8000-{sequence:012}"),
            },
            payload_sha1: format!("{sequence:032}"),
            payload_sha256: format!("{sequence:064x}"),
            is_revisit: false,
            etag: None,
            last_modified: None,
        }),
        profile_digest: "0".repeat(64),
        page: PageKind::Article,
        layout: Some("2022".to_owned()),
    };
    let article: Option<ArticleKey> = work.article;
    let walk: Option<Walk> = None;
    Batch {
        entries: vec![Committed {
            exchange,
            article,
            observations: Vec::new(),
            plan: Vec::new(),
            settle: Settle::Looked {
                schedule: [1, 3, 7, 30]
                    .map(|days| Duration::from_secs(days * 86_400))
                    .to_vec(),
            },
            walk,
            asset: None,
            robots: None,
        }],
        positions: Vec::new(),
    }
}

/// The most memory that this process ever held, in KiB (VmHWM of /proc/self/status).
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

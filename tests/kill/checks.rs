//! What holds after every restart, and after every pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::PathBuf;
use std::process::Command;

use flate2::read::MultiGzDecoder;
use khotin::archive::{Archive, Outcome, RecordReader};
use khotin::demo::AccessEntry;
use serde_json::Value;

use crate::program::World;

/// Every closed file can be unpacked to its end, no file is open, and `verify` finds nothing.
pub(crate) fn check_restart(world: &World) {
    let files = world.warc_files();
    let is_open = |file: &&PathBuf| file.extension().is_some_and(|end| end == "open");
    assert_eq!(files.iter().find(is_open), None, "closed by recovery");
    let closed: Vec<&PathBuf> = files
        .iter()
        .filter(|file| file.extension().is_some_and(|end| end == "gz"))
        .collect();
    if !closed.is_empty() {
        unpack(&closed);
    }
    let verified = world.run(&["verify", "--json"]).expect("verify", 0).json();
    assert_eq!(verified["sound"], true, "{verified}");
}

/// By `gzip -t`, or by ourselves where there is no gzip.
fn unpack(files: &[&PathBuf]) {
    match Command::new("gzip").arg("-t").args(files).output() {
        Ok(ran) => assert!(ran.status.success(), "gzip -t: {ran:?}"),
        Err(_) => {
            for file in files {
                let mut whole = MultiGzDecoder::new(File::open(file).unwrap());
                std::io::copy(&mut whole, &mut std::io::sink()).unwrap();
            }
        }
    }
}

/// How many requests a run left for the next.
pub(crate) fn left(report: &Value) -> u64 {
    report["sites"]["demo"]["left"].as_u64().unwrap()
}

/// Where an answer stands: file, offset, length, record id, payload.
type Place = (String, u64, u64, String, String);

/// The rows of the store and the exchanges of the archive are the same, both without a hole and
/// without a double, and no record id stands twice. Returns how many exchanges there are.
pub(crate) fn check_store_against_archive(world: &World) -> usize {
    let archive = Archive::new(world.path("output/archive"));
    let mut archived: Vec<(u64, Option<Place>)> = Vec::new();
    for exchange in archive.exchanges(&BTreeMap::new()).unwrap() {
        let exchange = exchange.unwrap();
        let place = match &exchange.outcome {
            Outcome::Answered(answer) => Some((
                answer.location.file.clone(),
                answer.location.offset,
                answer.location.length,
                answer.location.record_id.clone(),
                answer.payload_sha256.clone(),
            )),
            Outcome::Failed(_) => None,
        };
        archived.push((exchange.sequence.0, place));
    }
    let numbers: Vec<u64> = archived.iter().map(|(sequence, _)| *sequence).collect();
    let expected: Vec<u64> = (1..=archived.len() as u64).collect();
    assert_eq!(numbers, expected, "a hole or a double in the archive");
    assert_eq!(stored(world), archived, "store and archive differ");

    let mut ids = BTreeSet::new();
    for file in archive.files().unwrap() {
        let path = archive.dir().join(&file);
        for record in RecordReader::open(&path, &file, 0).unwrap() {
            let id = record.unwrap().id().to_owned();
            assert!(ids.insert(id.clone()), "two records {id}");
        }
    }
    archived.len()
}

/// The rows of the store.
fn stored(world: &World) -> Vec<(u64, Option<Place>)> {
    let database = rusqlite::Connection::open(world.path("output/khotin.db")).unwrap();
    let sql = "SELECT sequence, file, file_offset, file_length, record_id, payload_sha256
               FROM exchanges ORDER BY sequence";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        let place = match row.get::<_, Option<String>>(1)? {
            Some(file) => Some((file, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
            None => None,
        };
        Ok((row.get(0)?, place))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// The request that asks for an article, however often: target and body.
fn article_of(entry: &AccessEntry) -> Option<String> {
    let is_article =
        entry.target.contains("/content/") || entry.target.contains("layChiTietBaiViet");
    let text = String::from_utf8_lossy(&entry.raw_request);
    let body = text.split("\r\n\r\n").nth(1).unwrap_or_default();
    is_article.then(|| format!("{} {body}", entry.target))
}

/// A request for an article that came again within one pass was not kept the first time: it was the
/// last of its connection, of which every run has one.
pub(crate) fn check_requests(log: &[AccessEntry]) {
    let mut last_of: BTreeMap<u64, u64> = BTreeMap::new();
    let mut asked: BTreeMap<String, Vec<&AccessEntry>> = BTreeMap::new();
    for entry in log {
        last_of.insert(entry.connection, entry.number);
        if let Some(article) = article_of(entry) {
            asked.entry(article).or_default().push(entry);
        }
    }
    for (article, entries) in asked {
        for entry in &entries[..entries.len() - 1] {
            assert_eq!(
                entry.number, last_of[&entry.connection],
                "{article} was kept and asked again"
            );
        }
    }
}

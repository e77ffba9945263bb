//! What an archive says, without what differs between two crawls of one ministry, whatever happens to them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use khotin::archive::{Archive, Outcome};
use khotin::model::Purpose;
use serde_json::Value;

use crate::program;

/// Not compared, as in tests/kill.rs: times and sequence numbers (`capture`). Of the captures, with run,
/// file, offset and record id, [`captures`] compares what does not differ.
const NOT_COMPARED: [&str; 5] = ["first_seen", "last_seen", "since", "capture", "captures"];

/// A record without what is not compared, and its captures.
pub(crate) type Compared = (Value, Vec<[String; 3]>);

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for name in NOT_COMPARED {
                fields.remove(name);
            }
            fields.values_mut().for_each(strip);
        }
        Value::Array(values) => values.iter_mut().for_each(strip),
        _ => {}
    }
}

/// What was captured of the article itself: address, status, bytes.
fn captures(record: &Value) -> Vec<[String; 3]> {
    let captures = record["captures"].as_array().unwrap().iter();
    let own = captures.filter(|capture| capture["used_as"] == "article");
    own.map(|capture| {
        ["request_url", "status", "payload_sha256"].map(|name| capture[name].to_string())
    })
    .collect()
}

/// Exports a folder; gives all records by key.
pub(crate) fn records(folder: &Path) -> BTreeMap<String, Compared> {
    let ran = program::run(folder, &["export", "--json"]).expect("export", 0);
    records_of(&folder.join(ran.json()["folder"].as_str().unwrap()))
}

/// The records of an export.
pub(crate) fn records_of(export: &Path) -> BTreeMap<String, Compared> {
    let lines = fs::read_to_string(export.join("articles.jsonl")).unwrap();
    let records = lines.lines().map(|line| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        let captures = captures(&record);
        strip(&mut record);
        let key = record["key"].as_str().unwrap().to_owned();
        (key, (record, captures))
    });
    records.collect()
}

/// Fails unless both hold the same records.
#[track_caller]
pub(crate) fn assert_equal(
    what: &str,
    found: &BTreeMap<String, Compared>,
    expected: &BTreeMap<String, Compared>,
) {
    let keys = |records: &BTreeMap<String, Compared>| records.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(found), keys(expected), "{what}");
    for (key, record) in expected {
        assert_eq!(&found[key], record, "{what}: {key}");
    }
}

/// The archive is sound, the store agrees, and no article was kept twice.
#[track_caller]
pub(crate) fn check_archive(what: &str, folder: &Path) {
    let verified = program::run(folder, &["verify", "--json"]).expect(what, 0);
    assert_eq!(verified.json()["sound"], true, "{what}");
    let archive = Archive::new(folder.join("output/archive"));
    assert_eq!(archive.open_files().unwrap(), [""; 0], "{what}");
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for exchange in archive.exchanges(&BTreeMap::new()).unwrap() {
        let exchange = exchange.unwrap();
        assert!(matches!(exchange.outcome, Outcome::Answered(_)), "{what}");
        if exchange.request.purpose == Purpose::Article {
            *times.entry(exchange.request.key().to_string()).or_default() += 1;
        }
    }
    times.retain(|_, times| *times > 1);
    assert!(times.is_empty(), "{what}: kept twice: {times:?}");
}

/// The export is whole: every file has the length and the digest that the manifest says.
#[track_caller]
pub(crate) fn check_export(what: &str, export: &Path) {
    use data_encoding::HEXLOWER;
    use sha2::{Digest, Sha256};
    let manifest = fs::read_to_string(export.join("manifest.json"))
        .unwrap_or_else(|error| panic!("{what}: {}: {error}", export.display()));
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    for file in manifest["files"].as_array().unwrap() {
        let bytes = fs::read(export.join(file["name"].as_str().unwrap())).unwrap();
        let found = HEXLOWER.encode(&Sha256::digest(&bytes));
        assert_eq!(file["sha256"], found.as_str(), "{what}");
    }
}

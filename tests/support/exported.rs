//! The records of an export, without what differs between two crawls of one ministry, whatever happens to
//! them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// Not compared: times, and what names a capture (sequence number, run, file, offset, record id). Of the
/// captures [`own_captures`] compares what does not differ.
const FIELDS_NOT_COMPARED: [&str; 5] = ["first_seen", "last_seen", "since", "capture", "captures"];

/// A record without what is not compared, and the captures of the article itself.
pub(crate) type Record = (Value, Vec<[String; 3]>);

/// The records of an export, by key.
pub(crate) fn records_of(export: &Path) -> BTreeMap<String, Record> {
    let lines = fs::read_to_string(export.join("articles.jsonl")).unwrap();
    let records = lines.lines().map(|line| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        let captures = own_captures(&record);
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
    found: &BTreeMap<String, Record>,
    expected: &BTreeMap<String, Record>,
) {
    let keys = |records: &BTreeMap<String, Record>| records.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(found), keys(expected), "{what}");
    for (key, record) in expected {
        assert_eq!(&found[key], record, "{what}: {key}");
    }
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for name in FIELDS_NOT_COMPARED {
                fields.remove(name);
            }
            fields.values_mut().for_each(strip);
        }
        Value::Array(values) => values.iter_mut().for_each(strip),
        _ => {}
    }
}

/// What was captured of the article itself, each once a pass: address, status, bytes. A listing is left
/// out, because every run reads it again.
fn own_captures(record: &Value) -> Vec<[String; 3]> {
    let captures = record["captures"].as_array().unwrap().iter();
    let own = captures.filter(|capture| capture["used_as"] == "article");
    own.map(|capture| {
        ["request_url", "status", "payload_sha256"].map(|name| capture[name].to_string())
    })
    .collect()
}

//! Exports: whole after a kill, and the same as those of a crawl that nobody killed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use khotin::archive::payload_sha256;
use serde_json::Value;

use crate::program::World;

/// What differs between the records of two crawls of one ministry, whatever happens to them: times, and
/// what names a capture. Of the captures [`own_captures`] compares what does not.
const FIELDS_NOT_COMPARED: [&str; 5] = ["first_seen", "last_seen", "since", "capture", "captures"];

/// The same in the tables: times, record ids, file, offset, sequence number.
const COLUMNS_NOT_COMPARED: [&str; 7] = [
    "first_seen_utc",
    "last_seen_utc",
    "captured_utc",
    "warc_file",
    "warc_offset",
    "warc_record_id",
    "capture",
];

/// Both exports say the same.
pub(crate) fn compare(world: &World, alone: &World) {
    let (killed, undisturbed) = (export(world), export(alone));
    for table in ["articles", "images", "related", "attachments", "listings"] {
        let name = format!("{table}.csv");
        let (killed, undisturbed) = (rows(&killed.join(&name)), rows(&undisturbed.join(&name)));
        assert_eq!(killed, undisturbed, "{name}");
    }
    let (killed, undisturbed) = (records(&killed), records(&undisturbed));
    let keys = |records: &BTreeMap<String, Record>| records.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&killed), keys(&undisturbed));
    for (key, record) in &undisturbed {
        assert_eq!(&killed[key], record, "{key}");
    }
}

fn export(world: &World) -> PathBuf {
    let ran = world.run(&["export", "--json"]).expect("export", 0);
    world.path(ran.json()["folder"].as_str().unwrap())
}

/// Every export that stands has all that its manifest names, and `latest` leads to one of them.
pub(crate) fn whole_exports(world: &World) {
    let exports = world.path("output/exports");
    let Ok(entries) = fs::read_dir(&exports) else {
        return; // killed before it had made the folder
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue; // goes with the next export
        }
        let manifest = fs::read_to_string(path.join("manifest.json")).unwrap();
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        for file in manifest["files"].as_array().unwrap() {
            let bytes = fs::read(path.join(file["name"].as_str().unwrap())).unwrap();
            assert_eq!(payload_sha256(&bytes), file["sha256"], "{name}: {file}");
        }
    }
}

/// The rows of a table without what is not compared. Their order is that of the keys.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut table = csv::Reader::from_path(path).unwrap();
    let rows = table.deserialize::<BTreeMap<String, String>>();
    rows.map(|row| {
        let mut row = row.unwrap();
        row.retain(|column, _| !COLUMNS_NOT_COMPARED.contains(&column.as_str()));
        row
    })
    .collect()
}

/// A record without what is not compared, and the captures of the article itself.
type Record = (Value, Vec<[String; 3]>);

fn records(export: &Path) -> BTreeMap<String, Record> {
    let lines = fs::read_to_string(export.join("articles.jsonl")).unwrap();
    let records = lines.lines().map(|line| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        let captures = own_captures(&record);
        strip(&mut record);
        (
            record["key"].as_str().unwrap().to_owned(),
            (record, captures),
        )
    });
    records.collect()
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

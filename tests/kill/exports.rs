//! Exports: whole after a kill, and the same as those of a crawl that nobody killed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use khotin::archive::payload_sha256;
use serde_json::Value;

use crate::exported::{assert_equal, records_of};
use crate::program::World;

/// Not compared in the tables, as in the records: times, record ids, file, offset, sequence number.
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
    assert_equal("records", &records_of(&killed), &records_of(&undisturbed));
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

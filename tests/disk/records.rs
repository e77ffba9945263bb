//! What a folder holds: its records, and whether its archive and its exports are whole.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use khotin::archive::{Archive, Outcome};
use khotin::model::Purpose;
use serde_json::Value;

use crate::exported::{Record, records_of};
use crate::program;

/// Exports a folder; gives all records by key.
pub(crate) fn records(folder: &Path) -> BTreeMap<String, Record> {
    let ran = program::run(folder, &["export", "--json"]).expect("export", 0);
    records_of(&folder.join(ran.json()["folder"].as_str().unwrap()))
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

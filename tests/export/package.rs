//! What tells a program of the files: datapackage.json and SHA256SUMS.
#![expect(clippy::unwrap_used, reason = "helpers of tests may end a test")]

use std::collections::BTreeSet;
use std::fs;

use khotin::export::*;
use serde_json::{Value, json};

use super::support::*;

fn package_of(report: &ExportReport) -> Value {
    let text = fs::read(report.folder.join("datapackage.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn resource<'a>(package: &'a Value, name: &str) -> &'a Value {
    let mut resources = package["resources"].as_array().unwrap().iter();
    resources.find(|one| one["name"] == name).unwrap()
}

#[test]
fn a_data_package_tells_of_every_table_and_column() {
    let exports = tempfile::tempdir().unwrap();
    let report = export_all(exports.path(), "one", [article(), listed_article()]);
    let package = package_of(&report);
    assert_eq!(package["profile"], "tabular-data-package");
    let resources = package["resources"].as_array().unwrap();
    let names: Vec<&str> = resources
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, Table::ALL.map(Table::as_str));
    for table in Table::ALL {
        let resource = resource(&package, table.as_str());
        let path = resource["path"].as_str().unwrap();
        let bytes = fs::read(report.folder.join(path)).unwrap();
        assert_eq!(resource["bytes"], bytes.len(), "{path}");
        assert_eq!(
            resource["hash"],
            format!("sha256:{}", sha256(&bytes)),
            "{path}"
        );
        let fields = resource["schema"]["fields"].as_array().unwrap();
        for (field, column) in fields.iter().zip(table.columns()) {
            let words = ["name", "title", "title_vi", "description", "description_vi"];
            let expected = [
                column.name,
                column.label.en,
                column.label.vi,
                column.about.en,
                column.about.vi,
            ];
            assert_eq!(
                words.map(|word| field[word].as_str().unwrap()),
                expected,
                "{path}"
            );
        }
        assert_eq!(fields.len(), table.columns().len(), "{path}");
        assert_eq!(resource["schema"]["missingValues"], json!([""]), "{path}");
    }
    let types = |table: &str, column: &str| {
        let fields = resource(&package, table)["schema"]["fields"]
            .as_array()
            .unwrap();
        let field = fields.iter().find(|field| field["name"] == column).unwrap();
        field["type"].as_str().unwrap().to_owned()
    };
    for (table, column, expected) in [
        ("articles", "title", "string"),
        ("articles", "words", "integer"),
        ("articles", "synthetic", "boolean"),
        ("articles", "published_at", "datetime"),
        ("articles", "published_utc", "datetime"),
        ("articles", "published_date", "date"),
        ("articles", "published_time", "time"),
        ("changes", "sequence", "integer"),
    ] {
        assert_eq!(types(table, column), expected, "{table}.{column}");
    }
}

#[test]
fn keys_of_the_package_hold_in_its_tables() {
    let (_exports, report) = export_known(
        ArticleWithEdits {
            article: article(),
            edits: vec![vec!["text"]],
        },
        ExportQuery::default(),
    );
    let package = package_of(&report);
    let cells = |file: &str, columns: &Value| -> Vec<Vec<String>> {
        let rows = read_csv(&report.folder.join(file), b',');
        let columns: Vec<&str> = match columns {
            Value::String(one) => vec![one],
            many => many
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one.as_str().unwrap())
                .collect(),
        };
        let place = |name: &str| rows[0].iter().position(|known| known == name).unwrap();
        let row = |row: &Vec<String>| {
            columns
                .iter()
                .map(|name| row[place(name)].clone())
                .collect()
        };
        rows[1..].iter().map(row).collect()
    };
    for resource in package["resources"].as_array().unwrap() {
        let path = resource["path"].as_str().unwrap();
        let schema = &resource["schema"];
        let keys = cells(path, &schema["primaryKey"]);
        assert!(!keys.is_empty(), "{path}: nothing to look at");
        assert!(
            keys.iter().flatten().all(|cell| !cell.is_empty()),
            "{path}: {keys:?}"
        );
        let once: BTreeSet<_> = keys.iter().collect();
        assert_eq!(once.len(), keys.len(), "{path}: {keys:?}");
        if path == "articles.csv" {
            assert!(schema.get("foreignKeys").is_none());
            continue;
        }
        let foreign = &schema["foreignKeys"][0];
        assert_eq!(foreign["reference"]["resource"], "articles");
        let known = cells("articles.csv", &foreign["reference"]["fields"]);
        for key in cells(path, &foreign["fields"]) {
            assert!(known.contains(&key), "{path}: {key:?}");
        }
    }
}

#[test]
fn a_data_package_claims_no_licence_and_says_what_is_made_up() {
    let exports = tempfile::tempdir().unwrap();
    let report = export_all(exports.path(), "one", [article()]);
    let text = fs::read_to_string(report.folder.join("datapackage.json")).unwrap();
    assert!(
        !text.contains("\"licenses\"") && !text.contains("SYNTHETIC"),
        "{text}"
    );
    let package = package_of(&report);
    let about = |language: &str, package: &Value| package[language].as_str().unwrap().to_owned();
    assert!(about("description", &package).contains("The source states no licence"));
    assert!(about("description_vi", &package).contains("Trang nguồn không nêu giấy phép"));

    let mut generated = article();
    generated.synthetic = true;
    let report = export_all(exports.path(), "two", [generated]);
    let package = package_of(&report);
    assert!(about("description", &package).starts_with("SYNTHETIC"));
    assert!(about("description_vi", &package).starts_with("DỮ LIỆU GIẢ LẬP"));
}

#[test]
fn every_file_but_the_sums_has_its_sum() {
    let exports = tempfile::tempdir().unwrap();
    let mut options = ExportOptions::new(exports.path(), "one");
    options.formats = Format::ALL.into();
    let report = export_of([article()], ExportQuery::default(), &options).unwrap();
    let sums = fs::read_to_string(report.folder.join("SHA256SUMS")).unwrap();
    let mut named = Vec::new();
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").unwrap();
        let bytes = fs::read(report.folder.join(name)).unwrap();
        assert_eq!(sum, sha256(&bytes), "{name}");
        named.push(name.to_owned());
    }
    assert!(named.contains(&"manifest.json".to_owned()), "{named:?}");
    named.push("SHA256SUMS".to_owned());
    named.sort();
    assert_eq!(named, names_in(&report.folder));
}

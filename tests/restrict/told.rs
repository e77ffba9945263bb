//! What an export tells of an article: its own texts, looked for in every byte of every file.

use std::fs::{self, File};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use khotin::export::Format;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::Value;

use crate::program::{World, files_below};

/// Texts shorter than this stand in other articles by chance.
const TELLING: usize = 24;

/// All formats, as on the command line.
pub fn all_formats() -> String {
    Format::ALL.map(Format::as_str).join(",")
}

/// Exports everything in every format; the export's folder.
#[track_caller]
pub fn export(world: &World) -> PathBuf {
    export_with(world, &[])
}

#[track_caller]
pub fn export_with(world: &World, more: &[&str]) -> PathBuf {
    let formats = all_formats();
    let args = [&["export", "--format", &formats, "--json"], more].concat();
    let ran = world.run(&args).expect("export", 0);
    world.path(ran.json()["folder"].as_str().unwrap())
}

/// The records of an export, in the order of the file.
pub fn records(export: &Path) -> Vec<Value> {
    let lines = fs::read_to_string(export.join("articles.jsonl")).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The record of a key.
#[track_caller]
pub fn record(export: &Path, key: &str) -> Value {
    let records = records(export).into_iter();
    let mut found = records.filter(|record| record["key"] == key);
    found
        .next()
        .unwrap_or_else(|| panic!("no {key} in {}", export.display()))
}

/// What an article says that no other one says of itself: its name and title whatever others say, every
/// other text that is long enough and in no other record.
pub fn texts(records: &[Value], key: &str) -> Vec<String> {
    let own = records.iter().find(|record| record["key"] == key).unwrap();
    let others: Vec<String> = records
        .iter()
        .filter(|record| record["key"] != key)
        .map(|record| record.to_string())
        .collect();
    let name = key.rsplit(':').next().unwrap();
    let title = own["title"].as_str().unwrap();
    let mut texts = vec![title.to_owned(), own["url"].as_str().unwrap().to_owned()];
    if !name.bytes().all(|byte| byte.is_ascii_digit()) {
        texts.push(name.to_owned());
    }
    let mut all = Vec::new();
    collect(own, &mut all);
    all.retain(|text| text.chars().count() >= TELLING);
    all.retain(|text| !others.iter().any(|other| other.contains(&escaped(text))));
    texts.extend(all);
    texts
}

/// Every line of every text of a record, but for what names its captures and the rules that read it.
fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.extend(text.lines().map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| {
                !["profile", "captures", "since", "first_seen", "last_seen"]
                    .contains(&name.as_str())
            });
            members.for_each(|(_, value)| collect(value, texts));
        }
        _ => {}
    }
}

/// As it stands in JSON.
fn escaped(text: &str) -> String {
    let json = Value::from(text).to_string();
    json.strip_prefix('"')
        .unwrap()
        .strip_suffix('"')
        .unwrap()
        .to_owned()
}

/// The files of an export that hold one of the texts, in any spelling of a format.
pub fn telling(export: &Path, texts: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, bytes) in files_below(export) {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        for content in readable(&path, bytes) {
            for text in texts {
                let spellings = [text.clone(), escaped(text), text.replace('"', "\"\"")];
                if spellings.iter().any(|spelling| content.contains(spelling)) {
                    found.push(format!("{file}: {text}"));
                }
            }
        }
    }
    found
}

/// The contents of a file as a reader sees them, and as it stands. A new kind of file has to be taught
/// here.
fn readable(path: &Path, bytes: Vec<u8>) -> Vec<String> {
    let kind = path.extension().or(path.file_name()).unwrap();
    match kind.to_str().unwrap() {
        "csv" | "json" | "jsonl" | "atom" | "xml" | "SHA256SUMS" => {
            vec![String::from_utf8(bytes).unwrap()]
        }
        "xlsx" => unzipped(bytes),
        "parquet" => {
            let mut contents = vec![String::from_utf8_lossy(&bytes).into_owned()];
            let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
            let rows = reader.get_row_iter(None).unwrap();
            contents.extend(rows.map(|row| row.unwrap().to_string()));
            contents
        }
        other => panic!("how is a .{other} file read?"),
    }
}

/// The parts of a workbook, without the escapes of XML.
fn unzipped(bytes: Vec<u8>) -> Vec<String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let parts = 0..archive.len();
    parts
        .map(|number| {
            let mut text = String::new();
            let mut part = archive.by_index(number).unwrap();
            part.read_to_string(&mut text).unwrap();
            text.replace("&quot;", "\"").replace("&amp;", "&")
        })
        .collect()
}

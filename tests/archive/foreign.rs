//! The museum of foreign WARC files, `fixtures/warc/foreign`, made by its `make.py` and not by khotin.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use khotin::foreign::mend::Change;
use khotin::foreign::{
    ForeignReader, ForeignRecord, Found, Framing, Place, TroubleKind, Wholeness,
};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Museum {
    sound: BTreeMap<String, Case>,
    damaged: BTreeMap<String, Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    note: String,
    found: Vec<String>,
    #[serde(default)]
    http: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/warc/foreign")
}

fn museum() -> Museum {
    toml::from_str(&fs::read_to_string(root().join("expected.toml")).unwrap()).unwrap()
}

fn found(path: &Path) -> Vec<Found> {
    ForeignReader::open(path).unwrap().collect()
}

/// Control characters as expected.toml writes them.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.replace('\r', "\\r").replace('\n', "\\n")
}

/// As the head of `make.py` tells.
fn line(found: &Found) -> String {
    match found {
        Found::Trouble(trouble) => {
            let inside = trouble.inside.map(|inside| format!("/{inside}"));
            let (kind, offset) = (trouble.kind.as_str(), trouble.offset);
            format!("! {kind} {offset}{}", inside.unwrap_or_default())
        }
        Found::Record(record) => {
            let whole = match record.wholeness {
                Wholeness::Whole => "whole",
                Wholeness::Damaged => "damaged",
                Wholeness::LeftOut => "left out",
            };
            let place = match record.place {
                Place::Member { offset, length } => format!("{offset}+{length}"),
                Place::Unpacked { member, offset } => format!("{member}/{offset}"),
            };
            let id = record.id().unwrap().trim_start_matches("urn:x:");
            format!("{id} {whole} {place} {}", shown(&record.block))
        }
    }
}

fn http(record: &ForeignRecord) -> Option<String> {
    if !record.is_http() {
        return None;
    }
    let Ok(answer) = record.response() else {
        return Some("none".to_owned());
    };
    let framing = match answer.framing {
        Framing::Plain => "plain",
        Framing::Chunked => "chunked",
        Framing::SaysChunked => "says_chunked",
    };
    let cut = if answer.truncated.is_some() {
        " cut"
    } else {
        ""
    };
    let payload = shown(&answer.payload);
    Some(format!("{} {framing} {payload}{cut}", answer.status))
}

#[test]
fn every_oddity_is_told_in_its_place_and_the_rest_is_read() {
    let museum = museum();
    let mut wrong = Vec::new();
    for (folder, cases) in [("sound", museum.sound), ("damaged", museum.damaged)] {
        for (name, case) in cases {
            let found = found(&root().join(folder).join(&name));
            let lines: Vec<String> = found.iter().map(line).collect();
            let records = found.iter().filter_map(|found| match found {
                Found::Record(record) => Some(record),
                Found::Trouble(_) => None,
            });
            let answers: Vec<String> = records.filter_map(http).collect();
            if (&lines, &answers) != (&case.found, &case.http) {
                wrong.push(format!(
                    "{folder}/{name} ({}): {lines:#?} {answers:#?}",
                    case.note
                ));
            }
            let is_loss = found.iter().any(|found| match found {
                Found::Record(_) => false,
                Found::Trouble(trouble) => trouble.kind.is_loss(),
            });
            assert_eq!(is_loss, folder == "damaged", "{folder}/{name}: {lines:?}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_of_the_museum_has_its_note() {
    let museum = museum();
    let mut files = 0;
    for (folder, cases) in [("sound", &museum.sound), ("damaged", &museum.damaged)] {
        for file in fs::read_dir(root().join(folder)).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            assert!(cases.contains_key(&name), "{folder}/{name}");
            files += 1;
        }
        files -= cases.len();
    }
    assert_eq!(files, 0);
}

#[test]
fn a_record_is_read_again_from_its_place_alone() {
    let museum = museum();
    let mut read = 0;
    for name in museum.sound.keys() {
        let path = root().join("sound").join(name);
        for one in found(&path) {
            let Found::Record(record) = one else {
                continue;
            };
            let Place::Member { offset, .. } = record.place else {
                continue;
            };
            let mut again = ForeignReader::open_at(&path, offset).unwrap();
            let first = again.find_map(|found| match found {
                Found::Record(record) => Some(record),
                Found::Trouble(_) => None,
            });
            assert_eq!(first.unwrap(), record, "{name}");
            read += 1;
        }
    }
    assert!(read > 80, "{read}");
}

/// First and last cells of the rows of `docs/warc-tools.md` whose first cell is one word of code.
fn guide() -> Vec<(String, String)> {
    let guide = include_str!("../../docs/warc-tools.md");
    let rows = guide.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let word = cells.first()?.strip_prefix('`')?.strip_suffix('`')?;
        let is_word = word
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        is_word.then(|| (word.to_owned(), cells.last().unwrap().to_string()))
    });
    rows.collect()
}

#[test]
fn the_guide_names_every_trouble_every_change_and_what_is_lost() {
    let rows = guide();
    let (troubles, changes) = rows.split_at(TroubleKind::ALL.len());
    let mut expected: Vec<(String, String)> = TroubleKind::ALL
        .iter()
        .map(|kind| (kind.as_str(), if kind.is_loss() { "yes" } else { "no" }))
        .map(|(word, loss)| (word.to_owned(), loss.to_owned()))
        .collect();
    let mut troubles = troubles.to_vec();
    troubles.sort();
    expected.sort();
    assert_eq!(troubles, expected);
    let changes: Vec<&str> = changes.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(changes, Change::ALL.map(Change::as_str));
}

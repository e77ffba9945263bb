//! `khotin export`: what the flags and `[export]` of config.toml ask for is what is written.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use khotin::demo::{DemoArticle, NewArticle, Piece, Platform, Run};
use serde_json::Value;

use crate::program::{Ran, World};

/// A small ministry whose articles are looked at again in every run.
fn world() -> World {
    let world = World::new(30);
    world.configure("revisit = [\"0s\"]");
    world
}

/// The name of the run.
fn crawl(world: &World) -> String {
    let report = world.run(&["crawl", "--json"]).expect("crawl", 0).json();
    report["run"].as_str().unwrap().to_owned()
}

fn export(world: &World, args: &[&str]) -> Value {
    let args = [&["export", "--json"], args].concat();
    world.run(&args).expect("export", 0).json()
}

fn folder(answer: &Value, world: &World) -> PathBuf {
    world.path(answer["folder"].as_str().unwrap())
}

/// The rows of a table without header, the cells of these columns.
fn rows<const N: usize>(file: &Path, columns: [&str; N]) -> Vec<[String; N]> {
    let mut reader = csv::Reader::from_path(file).unwrap();
    let header = reader.headers().unwrap().clone();
    let places = columns.map(|column| header.iter().position(|name| name == column).unwrap());
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        places.map(|place| row[place].to_owned())
    });
    rows.collect()
}

fn paragraph(article: &mut DemoArticle) {
    let text = "Một câu thêm vào sau khi đăng.".to_owned();
    article.pieces.push(Piece::Paragraph(vec![Run::Text(text)]));
}

#[test]
fn what_an_editor_did_since_a_run_is_what_changed_since_it() {
    let world = world();
    let first = crawl(&world);
    let control = world.control();
    let expected = control.expected().into_iter();
    let liferay = expected.filter(|expected| expected.key.starts_with("demo:liferay:"));
    let keys: Vec<String> = liferay.skip(3).map(|expected| expected.key).collect();
    control.edit(&keys[0], paragraph).unwrap();
    control
        .edit(&keys[1], |article| article.title.push_str(" (sửa)"))
        .unwrap();
    control.delete(&keys[2]).unwrap();
    let added = NewArticle::plain(
        Platform::Liferay,
        "tin-tong-hop",
        "Thêm một (giả lập)",
        &["Mới."],
    );
    let added = control.add(added).unwrap();
    let second = crawl(&world);

    let since_first = export(&world, &["--changed-since", &first, "--format", "csv,json"]);
    let since = &since_first["manifest"]["query"]["changed_since"];
    assert_eq!(
        (&since["asked"], &since["run"]),
        (&Value::from(first.clone()), &Value::from(first))
    );
    let columns = ["key", "change", "fields", "version"];
    let found: BTreeSet<_> = rows(&folder(&since_first, &world).join("changes.csv"), columns)
        .into_iter()
        .collect();
    let row = |key: &str, change: &str, fields: &str, version: &str| {
        [key, change, fields, version].map(str::to_owned)
    };
    let expected = BTreeSet::from([
        row(&keys[0], "changed", "text", "2"),
        row(&keys[1], "changed", "title", "2"),
        row(&keys[2], "gone", "", ""),
        row(&added, "new", "", "1"),
    ]);
    assert_eq!(found, expected);
    let articles = fs::read(folder(&since_first, &world).join("articles.json")).unwrap();
    let articles: Vec<Value> = serde_json::from_slice(&articles).unwrap();
    let exported: BTreeSet<&str> = articles
        .iter()
        .map(|one| one["key"].as_str().unwrap())
        .collect();
    let touched: BTreeSet<&str> = expected.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(exported, touched, "only articles that changed");

    let since_second = export(&world, &["--changed-since", &second]);
    assert_eq!(since_second["manifest"]["articles"], 0);
    let day = export(&world, &["--changed-since", "2026-01-01"]);
    let all = export(&world, &[]);
    assert_eq!(day["manifest"]["articles"], all["manifest"]["articles"]);
    assert_eq!(
        day["manifest"]["query"]["changed_since"]["after_sequence"],
        0
    );
    let future = export(&world, &["--changed-since", "2999-01-01T00:00:00Z"]);
    assert_eq!(future["manifest"]["articles"], 0);
    let text = world
        .run(&["export", "--changed-since", &second])
        .expect("text", 0);
    assert!(
        text.stdout
            .contains("0 changes, seen by captures after number "),
        "{text:?}"
    );

    let wrong = second.replace('Z', "X");
    let ran = world
        .run(&["export", "--changed-since", &wrong])
        .expect("unknown run", 2);
    let did_you_mean = format!("did you mean `{second}`? the last runs are {second}, ");
    ran.says(
        "unknown run",
        &[&format!("no run `{wrong}`"), &did_you_mean],
    );
}

#[test]
fn the_settings_say_what_no_flag_says() {
    let world = world();
    crawl(&world);
    let configure = |export: &str| {
        let config = format!("{}[export]\n{export}\n", world.config(""));
        fs::write(world.path("config.toml"), config).unwrap();
    };
    let names = |answer: &Value| -> Vec<String> {
        let files = answer["manifest"]["files"].as_array().unwrap().iter();
        files
            .map(|file| file["name"].as_str().unwrap().to_owned())
            .collect()
    };
    configure(
        "formats = [\"jsonl\", \"json\"]\nsite = \"demo\"\nsince = \"2999-01-01\"\nout = \"dumps\"",
    );
    let by_settings = export(&world, &[]);
    assert_eq!(names(&by_settings), ["articles.jsonl", "articles.json"]);
    assert_eq!(by_settings["manifest"]["articles"], 0);
    assert_eq!(by_settings["manifest"]["query"]["site"], "demo");
    assert!(world.path("dumps/latest/articles.json").is_file());
    let by_flags = export(
        &world,
        &[
            "--format",
            "excel-comma",
            "--since",
            "2000-01-01",
            "--out",
            "mine",
            "--latest",
        ],
    );
    assert_eq!(names(&by_flags), ["articles-excel-comma.csv"]);
    assert!(by_flags["manifest"]["articles"].as_u64().unwrap() > 0);
    assert!(world.path("mine/latest/articles-excel-comma.csv").is_file());

    let fails = |what: &str, export: &str, args: &[&str], words: &[&str]| -> Ran {
        configure(export);
        let args = [&["export"], args].concat();
        world.run(&args).expect(what, 2).says(what, words)
    };
    let unknown = [
        "config.toml:",
        "unknown value `exel-comma`; did you mean `excel-comma`?",
    ];
    fails(
        "a format that there is not",
        "formats = [\"exel-comma\"]",
        &[],
        &unknown,
    );
    fails(
        "a site that there is not",
        "site = \"dem\"",
        &[],
        &["no site `dem`", "did you mean `demo`?"],
    );
    fails(
        "days the wrong way round, one of them in the settings",
        "since = \"2026-02-02\"",
        &["--until", "2026-02-01"],
        &[
            "--until 2026-02-01 is before --since 2026-02-02",
            "[export] of config.toml",
        ],
    );
}

#[test]
fn a_spreadsheet_file_is_read_back_and_a_changed_one_is_told() {
    let world = World::new(30);
    world.configure("sections = [\"tin-tong-hop\"]");
    crawl(&world);
    let made = folder(
        &export(&world, &["--format", "csv,excel-comma,jsonl"]),
        &world,
    );
    let file = made.join("articles-excel-comma.csv");
    let name = file.to_str().unwrap();
    let articles = rows(&file, ["key"]).len();
    let ran = world
        .run(&["export", "--read-back", name, "--json"])
        .expect("sound", 0)
        .json();
    assert_eq!(
        (&ran["rows"], &ran["differences"]),
        (&Value::from(articles), &Value::from(0))
    );
    assert_eq!(ran["cells"], articles * 38);

    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen(",demo,", ",moh,", 1)).unwrap();
    let ran = world
        .run(&["export", "--read-back", name])
        .expect("changed", 1);
    for words in [
        "1 difference; the first:",
        "row 1, site: it is not the same",
        "found     moh",
        "should be demo",
    ] {
        assert!(ran.stdout.contains(words), "{words}: {ran:?}");
    }
    let ran = world
        .run(&["export", "--read-back", "none.csv"])
        .expect("not there", 2);
    ran.says(
        "not there",
        &[
            "cannot read none.csv: No such file",
            "name a CSV file of an export",
        ],
    );
    world
        .run(&["export", "--read-back", "articles.xlsx"])
        .expect("a workbook", 2)
        .says(
            "a workbook",
            &["articles.xlsx is no CSV file", "sha256sum -c SHA256SUMS"],
        );
    world
        .run(&["export", "--read-back", name, "--site", "moh"])
        .expect("both", 2);
}

#[test]
fn latest_stays_where_it_was_when_flags_want_a_part() {
    let world = World::new(30);
    world.configure("");
    crawl(&world);
    let latest = || fs::read_link(world.path("output/exports/latest")).ok();
    let part = world.run(&["export", "--site", "demo", "--format", "csv"]);
    let words = "a part of the articles: `latest` stays where it was (--latest moves it)\n";
    assert!(part.expect("the first is a part", 0).stdout.contains(words));
    assert_eq!(latest(), None, "it leads to no part");
    let whole = export(&world, &["--format", "csv"]);
    assert_eq!(whole["is_latest"], true);
    let name = |answer: &Value| folder(answer, &world).file_name().unwrap().to_owned();
    let led = latest().unwrap();
    assert_eq!(led, PathBuf::from(name(&whole)));
    #[rustfmt::skip]
    let parts: [&[&str]; 7] = [
        &["--site", "demo"], &["--section", "tin-tong-hop"], &["--since", "2020-01-01"], &["--until", "2030-01-01"],
        &["--state", "live"], &["--query", "y te"], &["--changed-since", "2020-01-01"],
    ];
    for flags in parts {
        let part = export(&world, &[flags, &["--format", "csv"]].concat());
        assert_eq!(part["is_latest"], false, "{flags:?}");
        assert_eq!(latest().unwrap(), led, "{flags:?}");
    }
    let asked = export(&world, &["--state", "live", "--latest", "--format", "csv"]);
    assert_eq!(latest().unwrap(), PathBuf::from(name(&asked)));

    // What the settings ask for is the usual export, not a part.
    let settings = world.config("") + "[export]\nstate = \"live\"\n";
    fs::write(world.path("config.toml"), settings).unwrap();
    let usual = export(&world, &["--format", "csv"]);
    assert_eq!(latest().unwrap(), PathBuf::from(name(&usual)));
}

#[test]
fn an_export_speaks_vietnamese_and_goes_into_no_folder_of_khotins_own() {
    let world = World::new(30);
    world.configure("");
    crawl(&world);
    for place in [
        "output/archive",
        "output/archive/x",
        "output/dumps",
        "output",
    ] {
        let before = world.warc_files();
        world
            .run(&["export", "--out", place])
            .expect(place, 2)
            .says(place, &["is a folder of khotin's own", "leave --out"]);
        assert_eq!(world.warc_files(), before, "{place}");
        assert!(!world.path(place).join("latest").exists(), "{place}");
    }
    let formats = ["--format", "csv,excel-semicolon,jsonl", "--lang", "vi"];
    let said = world.run(&[&["export"], &formats[..]].concat());
    let said = said.expect("in Vietnamese", 0).stdout;
    assert!(said.starts_with("33 bài trong output/exports/"), "{said}");
    assert!(
        said.contains(" dòng ") && said.contains(" byte\n"),
        "{said}"
    );
    let file = "output/exports/latest/articles-excel-semicolon.csv";
    let read = world.run(&["export", "--read-back", file, "--lang", "vi"]);
    let read = read.expect("read back", 0).stdout;
    assert!(
        read.contains(" so với ") && read.contains("  mọi ô đều khớp\n"),
        "{read}"
    );
    let english = world.run(&["export", "--read-back", file]);
    let english = english.expect("read back", 0).stdout;
    assert!(
        english.contains("  every cell says the same\n"),
        "{english}"
    );
}

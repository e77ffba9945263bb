//! Promise: docs/new-site.md works as printed. Its snippets, one after the other, are a profile; it
//! names every key that a profile may have; and a profile written by it, put into `sites/`, is one
//! that `khotin sites` knows.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests: a failure is a failed test"
)]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use khotin::config::{SiteProfile, read_site_file};
use serde_json::Value;
use tempfile::TempDir;

const GUIDE: &str = include_str!("../docs/new-site.md");
const BOMAU: &str = "fixtures/sites/bomau";

/// The TOML snippets of the guide, one after the other.
fn snippets() -> String {
    let blocks = GUIDE.split("```toml\n").skip(1);
    let texts: Vec<&str> = blocks
        .map(|block| block.split("```").next().unwrap())
        .collect();
    assert!(texts.len() >= 5, "a snippet a step");
    texts.join("\n")
}

fn run(folder: &Path, args: &[&str]) -> (i32, String) {
    let mut command = Command::cargo_bin("khotin").unwrap();
    let output = command.current_dir(folder).args(args).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(text).unwrap(),
    )
}

fn json(folder: &Path, args: &[&str]) -> Value {
    let (_, text) = run(folder, &[args, &["--json"]].concat());
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}

/// A folder with one profile in `sites/`.
fn folder(name: &str, profile: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sites")).unwrap();
    fs::write(folder.path().join("sites").join(name), profile).unwrap();
    folder
}

#[test]
fn the_snippets_of_the_guide_are_a_profile_that_reads_pages() {
    let folder = folder("abc.toml", &snippets());
    let site = read_site_file(&folder.path().join("sites/abc.toml"));
    let profile = site.unwrap_or_else(|error| panic!("{error}")).profile;
    let parts = [
        profile.platforms.len(),
        profile.sections.len(),
        profile.listings.len(),
        profile.articles.len(),
    ];
    assert_eq!(parts, [1, 1, 1, 1]);

    let listing =
        "<ul class=news><li><h3><a href='/tin/su-kien.aspx?ItemID=7&amp;Source=x'>Bài mẫu</a></h3>
        <span class=date>20-11-2026, 09:15 (GMT+7)</span><p>Tóm tắt.</ul>";
    let article =
        "<div class=article><h1>Bài mẫu</h1><span class=date>20-11-2026, 09:15 (GMT+7)</span>
        <div class=content><p>Một đoạn.<p>Nguồn: Báo Mẫu</div></div>";
    fs::write(folder.path().join("listing.html"), listing).unwrap();
    fs::write(folder.path().join("article.html"), article).unwrap();
    let url = "https://abc.gov.vn/tin/su-kien.aspx?Page=1";
    let args = ["read", "listing.html", "--site", "abc", "--url", url];
    let listed = &json(folder.path(), &args)["listed"][0];
    assert_eq!(listed["key"], "abc:web:7");
    let published = &listed["sighting"]["published"];
    assert_eq!(published["at"], "2026-11-20T09:15:00+07:00");
    let url = "https://abc.gov.vn/tin/su-kien.aspx?ItemID=7&Source=x";
    let args = ["read", "article.html", "--site", "abc", "--url", url];
    let record = &json(folder.path(), &args)["record"];
    assert_eq!(
        record["url"],
        "https://abc.gov.vn/tin/su-kien.aspx?ItemID=7"
    );
    assert_eq!(record["text"], "Một đoạn.");
    assert_eq!(record["source"]["name"], "Báo Mẫu");
    assert_eq!(record["published"]["zone"], "stated");
}

/// Every table of a profile with the name that the guide has for it, and a profile whose only fault
/// is an unknown key in that table, at `KEY`.
const TABLES: [(&str, &str); 21] = [
    ("file", "KEY"),
    ("name", "name = { KEY }"),
    ("pace", "pace = { KEY }"),
    ("refusals", "refusals = { KEY }"),
    ("drift", "drift = { KEY }"),
    ("platform", "[[platform]]\nKEY"),
    ("link", "[[platform]]\nlink = [{ KEY }]"),
    ("ask_listing", "[[platform]]\nask_listing = { KEY }"),
    ("ask_listing", "[[platform]]\nask_article = { KEY }"),
    ("pager", "[[platform]]\npager = { KEY }"),
    ("section", "[[section]]\nKEY"),
    ("listing", "[[listing]]\nKEY"),
    ("valid", "[[listing]]\nvalid = { KEY }"),
    ("stamp", "[[listing]]\nstamp = { KEY }"),
    ("article", "[[article]]\nKEY"),
    ("body", "[[article]]\nbody = { KEY }"),
    ("captions", "[[article]]\ncaptions = { KEY }"),
    (
        "original",
        "[[article]]\ncaptions = { original = [{ KEY }] }",
    ),
    ("source", "[[article]]\nsource = { KEY }"),
    ("related", "[[article]]\nrelated = { KEY }"),
    ("attachments", "[[article]]\nattachments = { KEY }"),
];

/// What may stand where something unknown stood: the names in "expected one of `a`, `b`".
fn known_names(profile: &str) -> Vec<String> {
    let error = toml::from_str::<SiteProfile>(profile).unwrap_err();
    let message = error.message();
    let (_, expected) = message
        .split_once("expected ")
        .unwrap_or_else(|| panic!("{profile}: {message}"));
    let names = expected.split('`').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

#[test]
fn the_guide_names_every_key_of_a_profile_and_no_other() {
    let mut known: Vec<String> = Vec::new();
    let rule = ("rule", "[[listing]]\nitems = { KEY }");
    for (place, profile) in TABLES.into_iter().chain([rule]) {
        let names = known_names(&profile.replace("KEY", "unheard_of = 1"));
        let rows = names.iter().map(|name| format!("| `{place}` | `{name}` |"));
        known.extend(rows);
    }
    known.sort();
    known.dedup();
    let (_, table) = GUIDE.split_once("## All keys").unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let mut told: Vec<String> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split('|').take(3).collect();
            format!("{}|", cells.join("|"))
        })
        .collect();
    told.sort();
    assert_eq!(told, known);
}

#[test]
fn the_guide_names_every_word_that_a_key_takes() {
    let table = [
        ("pager", "kind", "[[platform]]\npager = { kind = \"?\" }"),
        ("stamp", "marker", "[[listing]]\nstamp = { marker = \"?\" }"),
        (
            "stamp",
            "zone_is",
            "[[listing]]\nstamp = { zone_is = \"?\" }",
        ),
        (
            "rule",
            "within",
            "[[listing]]\nitems = { css = \"a\", within = \"?\" }",
        ),
        (
            "ask_listing",
            "method",
            "[[platform]]\nask_listing = { method = \"?\" }",
        ),
    ];
    for (place, key, profile) in table {
        let row = format!("| `{place}` | `{key}` |");
        let row = GUIDE.lines().find(|line| line.starts_with(&row)).unwrap();
        for word in known_names(profile) {
            assert!(row.contains(&format!("`{word}`")), "{word} in {row}");
        }
    }
}

#[test]
fn a_profile_in_the_sites_folder_is_checked_against_its_pages() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let profile = fs::read_to_string(root.join(BOMAU).join("bomau.toml")).unwrap();
    let folder = folder("bomau.toml", &profile);
    let pages = folder.path().join(BOMAU);
    fs::create_dir_all(&pages).unwrap();
    for entry in fs::read_dir(root.join(BOMAU)).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, pages.join(path.file_name().unwrap())).unwrap();
    }
    let (code, text) = run(folder.path(), &["sites", "check", "bomau"]);
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("3 of 3 pages are read as what they are"),
        "{text}"
    );
    for field in [
        "article.title",
        "article.published",
        "listing.key",
        "listing.stamp",
    ] {
        let line = text.lines().find(|line| line.starts_with(field)).unwrap();
        assert!(line.ends_with("100 %"), "{line}");
    }
    let wrong = profile.replacen("#news-title", "#new-title", 1);
    fs::write(folder.path().join("sites/bomau.toml"), wrong).unwrap();
    let (_, text) = run(folder.path(), &["sites", "check", "bomau"]);
    let line = text.lines().find(|line| line.starts_with("article.title"));
    assert!(line.is_some_and(|line| line.ends_with(" 0 %")), "{text}");

    let page = format!("{BOMAU}/listing-onclick.html");
    let (code, text) = run(folder.path(), &["sites", "try", &page, "--site", "bomau"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("add --url"), "{text}");
}

#[test]
fn the_operators_page_tells_every_exit_code_in_both_languages() {
    let pages = [
        include_str!("../docs/operating.md"),
        include_str!("../docs/operating.vi.md"),
    ];
    for outcome in khotin::Outcome::ALL {
        let row = format!("| {} | {} |", outcome.code(), outcome.meaning());
        assert!(pages[0].contains(&row), "{row}");
        let row = format!("| {} | ", outcome.code());
        assert!(pages[1].contains(&row), "{row}");
    }
}

#[test]
fn the_example_of_the_operators_page_is_an_entry() {
    let page = include_str!("../docs/operating.md");
    let (_, rest) = page.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let read = khotin::restrict::Restrictions::parse("restrictions.toml", example);
    let read = read.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read.entries().len(), 1);
    let keys = read.withheld("2027-03-12T16:59:59Z".parse().unwrap());
    assert_eq!(keys.keys().count(), 1);
}

#[test]
fn the_table_of_validators_is_the_one_that_its_script_makes() {
    let page = include_str!("../docs/archive.md");
    let script = include_str!("interop/validators.py");
    let (_, rest) = page.split_once("<!-- validators: begin -->\n").unwrap();
    let (table, _) = rest.split_once("<!-- validators: end -->\n").unwrap();
    let cells = |line: &str| -> Vec<String> {
        let line = line.strip_prefix("| ").unwrap().strip_suffix(" |").unwrap();
        line.split(" | ").map(str::to_owned).collect()
    };
    let mut rows = table.lines().map(cells);
    let quoted = regex::Regex::new("\"([^\"]+)\"").unwrap();
    let words = |line: &str| -> Vec<String> {
        quoted
            .captures_iter(line)
            .map(|word| word[1].to_owned())
            .collect()
    };
    let header = script
        .lines()
        .find(|line| line.starts_with("HEADER = "))
        .unwrap();
    assert_eq!(rows.next().unwrap(), words(header));
    rows.next();
    let (_, programs) = script.split_once("PROGRAMS = [\n").unwrap();
    let programs = programs.lines().take_while(|line| *line != "]").map(words);
    // Program and what it was asked stand in the script; version, answer and counts are a run's.
    let of_page: Vec<[String; 2]> = rows
        .map(|row| {
            assert!(
                row.len() == 5 && row.iter().all(|cell| !cell.is_empty()),
                "{row:?}"
            );
            [row[0].clone(), row[2].clone()]
        })
        .collect();
    let of_script: Vec<[String; 2]> = programs
        .map(|words| [words[0].clone(), words[1].clone()])
        .collect();
    assert_eq!(of_page, of_script);
    assert_eq!(of_page.len(), 10);
}

//! `khotin demo`, and every command in the folder that it makes.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::run;

/// The smallest ministry is enough for every command.
fn demo(folder: &Path) -> Value {
    let ran = run(folder, &["demo", "--articles", "30", "--json"]);
    ran.expect("demo", 0).json()
}

#[test]
fn an_empty_folder_is_enough_and_the_second_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), &["demo", "--articles", "30"]).expect("first", 0);
    for words in [
        "the demo ministry listens on http://127.0.0.1:",
        "all of them made up",
        "double-click   khotin-demo/output/exports/",
        "look around    cd khotin-demo && /",
    ] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
    // The line can be copied as it stands: the program was called by its path.
    let line = ran.stdout.lines().last().unwrap();
    let line = line.strip_prefix("look around").unwrap().trim();
    let shell = std::process::Command::new("sh")
        .args(["-c", line])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(shell.status.success(), "{shell:?}");
    let named = ran
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("double-click   "));
    let sheet = fs::read(folder.path().join(named.unwrap())).unwrap();
    assert!(named.unwrap().ends_with("/articles.xlsx"));
    assert!(sheet.starts_with(b"PK\x03\x04"), "no spreadsheet");

    let second = demo(folder.path());
    let site = &second["report"]["sites"]["demo"];
    assert_eq!(site["new"], Value::Array(Vec::new()));
    // One listing a section; robots.txt is still fresh.
    assert_eq!(site["requests"], 8);
    assert!(second["export"]["manifest"]["articles"].as_u64().unwrap() >= 32);
    let made: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(
        made.len(),
        1,
        "demo makes its own folder and nothing beside it"
    );
}

#[test]
fn every_command_works_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = demo(folder.path());
    let here = folder.path().join("khotin-demo");
    let key = first["report"]["sites"]["demo"]["new"][0].as_str().unwrap();
    let record = run(&here, &["show", key, "--json"])
        .expect("show", 0)
        .json();
    assert_eq!(record["key"], key);
    assert_eq!(record["synthetic"], true);
    let url = record["url"].as_str().unwrap();
    let by_url = run(&here, &["show", url, "--json"])
        .expect("show URL", 0)
        .json();
    assert_eq!(by_url, record);
    let page = run(&here, &["show", key])
        .expect("show as a page", 0)
        .stdout;
    let title = record["title"].as_str().unwrap();
    assert!(
        page.starts_with("SYNTHETIC") && page.contains(title),
        "{page}"
    );

    let footnote = run(&here, &["show", key, "--cite", "vi"])
        .expect("a footnote", 0)
        .stdout;
    assert_eq!(footnote.lines().count(), 1, "{footnote}");
    let proof = [
        "DỮ LIỆU GIẢ LẬP",
        title,
        "WARC-Record-ID urn:uuid:",
        "giờ Việt Nam",
    ];
    for words in proof {
        assert!(footnote.contains(words), "{words}: {footnote}");
    }
    let item = run(&here, &["show", key, "--cite", "en", "--json"])
        .expect("an item", 0)
        .json();
    assert_eq!(
        (&item["id"], &item["type"]),
        (&record["key"], &"webpage".into())
    );

    let status = run(&here, &["status", "--json"]).expect("status", 0).json();
    let articles = status["sites"]["demo"]["articles"]["live"]
        .as_u64()
        .unwrap();
    assert_eq!(status["last_run"]["run"], first["report"]["run"]);
    let export = run(&here, &["export", "--json"]).expect("export", 0).json();
    assert_eq!(export["manifest"]["articles"], articles);
    let exported = here.join(export["folder"].as_str().unwrap());
    assert!(exported.join("articles.csv").is_file());
    let verified = run(&here, &["verify", "--json"]).expect("verify", 0).json();
    assert_eq!(verified["sound"], true);
    let rebuilt = run(&here, &["rebuild", "--json"])
        .expect("rebuild", 0)
        .json();
    assert_eq!(rebuilt["exchanges"], status["sites"]["demo"]["exchanges"]);
    let after = run(&here, &["show", key, "--json"])
        .expect("after", 0)
        .json();
    assert_eq!(after, record, "the archive alone gives the same record");
    for args in [
        vec!["status"],
        vec!["export"],
        vec!["verify"],
        vec!["rebuild"],
    ] {
        let ran = run(&here, &args).expect(args[0], 0);
        assert!(!ran.stdout.is_empty(), "{} said nothing", args[0]);
    }
}

#[test]
fn a_ministry_too_small_to_fill_its_sections_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for number in ["29", "0", "many"] {
        run(folder.path(), &["demo", "--articles", number])
            .expect(number, 2)
            .says(number, &["a number from 30 to 100000"]);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_folder_for_real_sites_is_no_place_for_made_up_news() {
    let folder = tempfile::tempdir().unwrap();
    let contact = ["init", "real", "--contact", "a@example.org", "--yes"];
    run(folder.path(), &contact).expect("init", 0);
    run(folder.path(), &["demo", "real"])
        .expect("demo", 2)
        .says(
            "demo",
            &["real holds an archive of real sites", "name another folder"],
        );
    assert!(!folder.path().join("real/output").exists());
}

#[test]
fn an_unknown_article_is_named() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path());
    let here = folder.path().join("khotin-demo");
    run(&here, &["show", "demo:portal:1"])
        .expect("show", 2)
        .says(
            "show",
            &["no article `demo:portal:1`", "column `key` of articles.csv"],
        );
}

#[test]
fn an_edit_between_two_crawls_shows_what_is_new_changed_and_gone() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["demo", "d", "--articles", "30", "--edit"];
    let ran = run(folder.path(), &args).expect("edit", 0).stdout;
    let (first, second) = ran.split_once("the editor changes one article").unwrap();
    for words in ["\n  changed: ", "\n  gone: "] {
        assert!(
            !first.contains(words) && second.contains(words),
            "{words}: {ran}"
        );
    }
    let status = run(&folder.path().join("d"), &["status", "--json"]).json();
    let newest = &status["runs"][0];
    let numbers = ["new", "changed", "gone"].map(|key| newest[key].as_u64().unwrap());
    assert_eq!(numbers, [2, 1, 1]);
    run(folder.path(), &args).expect("again", 2).says(
        "again",
        &["d was crawled before", "name a new folder for --edit"],
    );
}

#[test]
fn files_of_articles_are_archived_where_they_are_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["demo", "--articles", "30", "--assets", "all", "--json"];
    let told = run(folder.path(), &args).expect("demo", 0).json();
    let files = &told["report"]["sites"]["demo"]["assets"];
    assert_eq!(
        (&files["wanted"], &files["left"]),
        (&"all".into(), &0.into())
    );
    let archived = files["archived"].as_u64().unwrap();
    assert!(archived > 20, "{files}");
    let here = folder.path().join("khotin-demo");
    let status = run(&here, &["status", "--json"]).expect("status", 0).json();
    assert_eq!(status["sites"]["demo"]["files"]["kept"], files["archived"]);
    let text = run(&here, &["status"]).expect("status", 0).stdout;
    let line = format!("  files of articles: {archived} archived, ");
    assert!(text.contains(&line), "{text}");
    run(&here, &["verify"]).expect("verify", 0);
}

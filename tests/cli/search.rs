//! `khotin search` and `export --query`: what a reader finds, and what a machine gets.

use rusqlite::Connection;
use serde_json::Value;

use crate::program::World;

/// A crawl of the section in which both seeds stand.
fn crawled() -> World {
    let world = World::new(12);
    world.configure("sections = [\"hoat-dong-cua-lanh-dao-bo\"]");
    world.run(&["crawl"]).expect("crawl", 0);
    world
}

fn keys(answer: &Value) -> Vec<&str> {
    let articles = answer["articles"].as_array().unwrap();
    articles
        .iter()
        .map(|one| one["key"].as_str().unwrap())
        .collect()
}

/// The letters of a text between two places, as Python would cut them.
fn letters(text: &Value, mark: &Value) -> String {
    let [from, to] = [0, 1].map(|end| usize::try_from(mark[end].as_u64().unwrap()).unwrap());
    text.as_str()
        .unwrap()
        .chars()
        .skip(from)
        .take(to - from)
        .collect()
}

#[test]
fn an_article_is_found_with_marks_and_without_and_shown_where_it_says_so() {
    let world = crawled();
    let ran = world
        .run(&["search", "\"phát ngôn\""])
        .expect("as written", 0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(
        lines[0].starts_with(" 1. Hội nghị hướng dẫn công tác truyền thông"),
        "{ran:#?}"
    );
    assert!(lines[0].contains("«phát ngôn»"), "{ran:#?}");
    assert!(
        lines[1].starts_with("    Saturday 17 June 2023, 21:00 · on the site"),
        "{ran:#?}"
    );
    assert_eq!(lines.last(), Some(&"articles found: 1"));
    let vietnamese = world
        .run(&["search", "phat", "ngon", "--limit", "1", "--lang", "vi"])
        .expect("two words, in Vietnamese", 0);
    assert!(
        vietnamese
            .stdout
            .contains("    Thứ Bảy, 17/06/2023, 21:00 · đang có trên trang"),
        "{vietnamese:#?}"
    );
    assert!(
        vietnamese.stdout.contains("đang hiện 1 bài phù hợp nhất"),
        "{vietnamese:#?}"
    );

    let answer = world
        .run(&["search", "\"suc khoe\"", "--json"])
        .expect("JSON", 0)
        .json();
    assert_eq!(
        (&answer["reading"], &answer["query"]),
        (&"unmarked".into(), &"\"suc khoe\"".into())
    );
    assert_eq!(
        answer["found"].as_u64().unwrap(),
        keys(&answer).len() as u64
    );
    for article in answer["articles"].as_array().unwrap() {
        let snippet = &article["snippet"];
        let title = article["title_marks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|mark| letters(&article["title"], mark));
        let text = snippet["marks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|mark| letters(&snippet["text"], mark));
        let marked: Vec<String> = title
            .chain(text)
            .map(|words| words.to_lowercase())
            .collect();
        assert!(!marked.is_empty(), "{article}");
        assert!(marked.iter().all(|words| words == "sức khỏe"), "{marked:?}");
    }
}

#[test]
fn flags_narrow_a_search_and_a_query_narrows_an_export() {
    let world = crawled();
    let all = world
        .run(&["search", "y te", "--json"])
        .expect("all", 0)
        .json();
    assert!(all["found"].as_u64().unwrap() > 2, "{all}");
    let of = |flags: &[&str]| {
        let args = [&["search", "y te", "--json"], flags].concat();
        let answer = world.run(&args).expect("search", 0).json();
        let keys: Vec<String> = keys(&answer).into_iter().map(str::to_owned).collect();
        keys
    };
    let one = of(&["--since", "2023-06-17", "--until", "2023-06-17"]);
    assert_eq!(one.len(), 1);
    assert!(one[0].contains("hoi-nghi-huong-dan"), "{one:?}");
    assert_eq!(of(&["--state", "gone"]).len(), 0);
    assert_eq!(of(&["--site", "demo", "--limit", "2"]), keys(&all)[..2]);
    let mut of_section = of(&["--section", "hoat-dong-cua-lanh-dao-bo"]);

    let export = world
        .run(&["export", "--query", "y te", "--format", "jsonl", "--json"])
        .expect("export", 0)
        .json();
    assert_eq!(export["manifest"]["query"]["query"], "y te");
    let folder = export["folder"].as_str().unwrap();
    let lines = std::fs::read_to_string(world.path(folder).join("articles.jsonl")).unwrap();
    let record = |line| {
        serde_json::from_str::<Value>(line).unwrap()["key"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let exported: Vec<String> = lines.lines().map(record).collect();
    of_section.sort();
    assert_eq!(exported, of_section);
    let nothing = world
        .run(&["export", "--query", "không-có-từ-này", "--json"])
        .expect("an empty export", 0)
        .json();
    assert_eq!(nothing["manifest"]["articles"], 0);
}

#[test]
fn nothing_found_is_an_answer_and_no_query_is_wrong_usage() {
    let world = crawled();
    let ran = world
        .run(&["search", "\"phat ngôn\""])
        .expect("half without marks", 0);
    assert_eq!(
        ran.stdout,
        "no article says: \"phat ngôn\"\n  without marks 1 do: khotin search '\"phat ngon\"'\n"
    );
    let answer = world
        .run(&["search", "phat ngôn", "--json"])
        .expect("JSON", 0)
        .json();
    assert_eq!(answer["found"], 0);
    assert_eq!(answer["without_marks"]["query"], "phat ngon");
    let ran = world.run(&["search", "xyzzy"]).expect("nothing", 0);
    assert!(ran.stdout.contains("try fewer words"), "{ran:#?}");
    let table: [(&str, &[&str], &str); 7] = [
        ("nothing typed", &["search"], "required"),
        (
            "no word",
            &["search", "\"()\""],
            "there is no word in `\"()\"`",
        ),
        (
            "only not",
            &["search", "--", "-covid"],
            "only says what is not wanted",
        ),
        (
            "a site that there is not",
            &["search", "a", "--site", "dem"],
            "did you mean `demo`?",
        ),
        (
            "a section that there is not",
            &["search", "a", "--section", "tin-tong-hp"],
            "did you mean `tin-tong-hop`?",
        ),
        (
            "no article shown",
            &["search", "a", "--limit", "0"],
            "give at least 1",
        ),
        (
            "an export of no word",
            &["export", "--query", " "],
            "there is no word in ``",
        ),
    ];
    for (what, args, words) in table {
        world.run(args).expect(what, 2).says(what, &[words]);
    }
}

#[test]
fn an_older_database_is_told_and_a_rebuild_makes_it_searchable() {
    let world = crawled();
    let found = |world: &World| {
        world
            .run(&["search", "y te", "--json"])
            .expect("search", 0)
            .json()
    };
    let before = found(&world);
    let database = Connection::open(world.path("output/khotin.db")).unwrap();
    database
        .execute_batch(
            "DROP TABLE search_written; DROP TABLE search_unmarked; DROP TABLE search_articles;
             DROP TABLE imported; DROP TABLE waiting_revisits; DROP TABLE features;
             DROP INDEX requests_failing; DROP TABLE assets; DROP TABLE assets_planned;
             PRAGMA user_version = 2; PRAGMA wal_checkpoint(TRUNCATE);",
        )
        .unwrap();
    drop(database);
    for args in [
        vec!["search", "y te"],
        vec!["show", "demo:portal:1"],
        vec!["export"],
        vec!["verify"],
    ] {
        let ran = world.run(&args);
        assert_eq!(ran.code, Some(1), "{args:?}: {ran:#?}");
        ran.says(
            args[0],
            &["has schema 2, this khotin needs ", "khotin rebuild"],
        );
    }
    world.run(&["rebuild"]).expect("rebuild", 0);
    assert_eq!(found(&world), before, "marks, order and all");
    world.run(&["verify"]).expect("verify", 0);
}

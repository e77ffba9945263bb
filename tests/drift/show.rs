//! `khotin show --versions` and `--diff`: what a ministry edited after it was published.

use chrono::TimeDelta;
use khotin::demo::{NewArticle, Piece, Platform, Run};
use serde_json::Value;

use crate::desk::Desk;
use crate::program::{World, run};

const FIRST: &str = "Hội nghị có 63 điểm cầu trong cả nước, kéo dài một ngày.";
const SECOND: &str = "Hội nghị có 64 điểm cầu trong cả nước, kéo dài một ngày.";

/// A desk with an article of three versions: a word of its second paragraph, then its title and a
/// paragraph that was cut off. Gives its key.
async fn edited() -> (Desk, String) {
    let mut desk = Desk::open(4).await;
    desk.revisit_after(&[0, 86_400]);
    std::fs::write(desk.output().with_file_name("config.toml"), "").unwrap();
    let control = desk.control();
    let texts = ["Đoạn đầu không đổi.", FIRST, "Đoạn cuối sẽ bị bỏ."];
    let title = "Hội nghị trực tuyến (giả lập)";
    let new = NewArticle::plain(Platform::Liferay, "tin-tong-hop", title, &texts);
    let key = control.add(new).unwrap();
    desk.crawl().await;
    let second = Piece::Paragraph(vec![Run::Text(SECOND.to_owned())]);
    control
        .edit(&key, |article| article.pieces[1] = second)
        .unwrap();
    desk.crawl().await;
    let edit = |article: &mut khotin::demo::DemoArticle| {
        article.title = "Hội nghị trực tiếp (giả lập)".to_owned();
        article.pieces.pop();
    };
    control.edit(&key, edit).unwrap();
    desk.later(TimeDelta::hours(25));
    desk.crawl().await;
    (desk, key)
}

#[tokio::test]
async fn versions_are_listed_and_compared_word_by_word() {
    let (desk, key) = edited().await;
    let output = desk.output();
    let folder = output.parent().unwrap();
    let table = run(folder, &["show", &key, "--versions"])
        .expect("versions", 0)
        .stdout;
    let rows: Vec<&str> = table.lines().skip(3).collect();
    assert_eq!(rows.len(), 3, "{table}");
    for (row, (number, what)) in
        rows.iter()
            .zip([("1", "first seen so"), ("2", "text"), ("3", "title, text")])
    {
        assert!(
            row.trim_start().starts_with(number) && row.ends_with(what),
            "{table}"
        );
    }

    let last = run(folder, &["show", &key, "--diff"])
        .expect("the last two", 0)
        .stdout;
    for words in [
        "title\n  Hội nghị trực [-tuyến-]{+tiếp+} (giả lập)\n",
        "text\n  … 2 paragraphs unchanged\n  [-Đoạn cuối sẽ bị bỏ.-]\n",
    ] {
        assert!(last.contains(words), "no {words:?} in {last}");
    }
    let first = run(folder, &["show", &key, "--diff", "1..2"])
        .expect("the first two", 0)
        .stdout;
    let words = "text\n  … 1 paragraph unchanged\n  Hội nghị có [-63-]{+64+} điểm cầu trong cả nước, kéo dài một \
                 ngày.\n  … 1 paragraph unchanged\n";
    assert!(first.contains(words), "{first}");
    let back = run(folder, &["show", &key, "--diff", "2..1"])
        .expect("backwards", 0)
        .stdout;
    assert!(back.contains("[-64-]{+63+}"), "{back}");
    let same = run(folder, &["show", &key, "--diff", "2..2"])
        .expect("the same", 0)
        .stdout;
    assert!(same.contains("both say the same"), "{same}");

    let json = run(folder, &["show", &key, "--versions", "--json"])
        .expect("JSON", 0)
        .json();
    assert_eq!(json["key"], key.as_str());
    assert_eq!(
        json["versions"][2]["changed"],
        serde_json::json!(["title", "text"])
    );
    assert_eq!(json["versions"][2]["version"]["number"], 3);
    let json = run(folder, &["show", &key, "--diff", "1..2", "--json"])
        .expect("JSON", 0)
        .json();
    assert_eq!(json["from"]["number"], 1);
    let paragraphs = &json["fields"][0]["paragraphs"];
    assert_eq!(json["fields"][0]["field"], "text");
    assert_eq!(paragraphs[0], serde_json::json!({ "unchanged": 1 }));
    let words = paragraphs[1]["words"].as_array().unwrap();
    let removed: Vec<&Value> = words.iter().filter(|one| one["is"] == "removed").collect();
    assert_eq!(
        removed,
        [&serde_json::json!({ "is": "removed", "text": "63" })]
    );

    let table: [(&str, &[&str], &str); 4] = [
        ("no pair", &["--diff", "2"], "`2` is no pair of versions"),
        (
            "no such version",
            &["--diff", "1..9"],
            "there is no version 9",
        ),
        (
            "both",
            &["--diff", "1..2", "--versions"],
            "cannot be used with",
        ),
        (
            "the KEY is taken for the pair",
            &["--diff", "key"],
            "`key` is no pair of versions",
        ),
    ];
    for (what, args, words) in table {
        let args = [&["show", key.as_str()], args].concat();
        run(folder, &args).expect(what, 2).says(what, &[words]);
    }
}

#[test]
fn an_article_that_never_changed_or_was_never_read_says_so() {
    let world = World::new(24);
    world
        .run(&["crawl", "--max-requests", "12"])
        .expect("listings alone", 1);
    let keys: Vec<String> = world
        .control()
        .expected()
        .into_iter()
        .map(|one| one.key)
        .collect();
    let said: Vec<String> = keys
        .iter()
        .map(|key| world.run(&["show", key, "--versions"]).stderr)
        .collect();
    let never_read = "has no version: only listings showed it";
    assert!(
        said.iter().any(|said| said.contains(never_read)),
        "{said:?}"
    );
    world.run(&["crawl"]).expect("all", 0);
    let args = ["show", keys[0].as_str(), "--diff"];
    let words = ["the article has one version, so nothing changed"];
    world
        .run(&args)
        .expect("one version", 2)
        .says("one version", &words);
}

//! With a changed profile, the report says exactly which keys and which fields differ.

use serde_json::{Value, json};

use crate::press::{PROFILE, Press};

/// A better profile: it knows the lead, and the articles below /b/; and a worse rule, which knows the
/// numbers of one digit only.
fn better() -> String {
    PROFILE
        .replace("title = \"h1\"", "title = \"h1\"\nlead = [\".lead\"]")
        .replace(r"(?:/en)?/a/(?<id>\d+)", r"/[ab]/(?<id>\d)")
}

/// Four articles: 1 and 2 have a lead, 3 has none, 30 has a number of two digits; and one below /b/.
fn press() -> Press {
    let press = Press::open();
    press.article(1, "One", "<p class=\"lead\">First lead</p>");
    press.article(2, "Two", "<p class=\"lead\">Second lead</p>");
    press.article(3, "Three", "");
    press.article(30, "Thirty", "");
    let targets = ["/a/1", "/a/2", "/a/3", "/a/30", "/b/4"].map(str::to_owned);
    press.list_of(&targets);
    press.run(&["crawl"]).expect("crawl", 0);
    assert_eq!(
        press.keys(),
        ["one:web:1", "one:web:2", "one:web:3", "one:web:30"]
    );
    press
}

#[test]
fn the_report_is_exactly_what_differs() {
    let press = press();
    press.profile(&better());
    let dry = press
        .run(&["rebuild", "--dry-run", "--json"])
        .expect("dry run", 0)
        .json();
    assert_eq!(dry["replaces"], false);
    assert_eq!(press.keys().len(), 4, "a dry run replaces nothing");
    assert_eq!(press.articles()[0].lead, None);

    let rebuilt = press
        .run(&["rebuild", "--json"])
        .expect("rebuild", 0)
        .json();
    let both = json!(["one:web:1", "one:web:2"]);
    let all = json!(["one:web:1", "one:web:2", "one:web:3"]);
    let expected = json!({
        "old_articles": 4,
        "new_articles": 4,
        // The third was read again by other rules, which found nothing else.
        "same": 0,
        "appeared": { "number": 1, "examples": ["one:web:4"] },
        "vanished": { "number": 1, "examples": ["one:web:30"] },
        "changed": { "number": 3, "examples": all },
        "fields": {
            "content_digest": { "number": 2, "examples": both },
            // Where the lead comes from; and of the third, why there is none.
            "evidence": { "number": 3, "examples": all },
            "lead": { "number": 2, "examples": both },
            "profile": { "number": 3, "examples": all },
        },
    });
    assert_eq!(rebuilt["differences"], expected);
    assert_eq!(dry["differences"], expected);
    assert_eq!(rebuilt["replaces"], true);
    assert_eq!(
        press.keys(),
        ["one:web:1", "one:web:2", "one:web:3", "one:web:4"]
    );
    assert_eq!(press.articles()[0].lead.as_deref(), Some("First lead"));

    let kept = press.kept_reports();
    assert_eq!(kept.last().unwrap(), &rebuilt, "the report is kept");
}

#[test]
fn the_table_says_the_same() {
    let press = press();
    press.profile(&better());
    let ran = press.run(&["rebuild", "--dry-run"]).expect("rebuild", 0);
    let expected = "\
records: 4 before, 4 now, 0 the same

records   number  for example
appeared       1  one:web:4
vanished       1  one:web:30
changed        3  one:web:1 one:web:2 one:web:3

field           differs in  for example
content_digest           2  one:web:1 one:web:2
evidence                 3  one:web:1 one:web:2 one:web:3
lead                     2  one:web:1 one:web:2
profile                  3  one:web:1 one:web:2 one:web:3
";
    assert!(ran.stdout.contains(expected), "{}", ran.stdout);
    assert!(ran.stdout.contains("not rebuilt: "), "{}", ran.stdout);
    let end = "nothing was replaced: this was a dry run\n";
    assert!(ran.stdout.ends_with(end), "{}", ran.stdout);

    let args = ["rebuild", "--dry-run", "--lang", "vi"];
    let ran = press.run(&args).expect("in Vietnamese", 0);
    let expected = "\
bản ghi: trước 4, nay 4, giống nhau 0

bản ghi    số lượng  ví dụ
mới có            1  one:web:4
không còn         1  one:web:30
thay đổi          3  one:web:1 one:web:2 one:web:3
";
    assert!(ran.stdout.contains(expected), "{}", ran.stdout);
    for words in [
        " lượt hỏi đáp\n",
        "lấy lại từ cơ sở dữ liệu cũ: các lượt chạy và báo cáo; ",
        "không tạo lại được: thời điểm hỏi lại ",
        "không thay thế gì: đây chỉ là chạy thử\n",
    ] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
    let english = ["rebuilt", "database", "exchanges", "records"];
    for word in english {
        assert!(!ran.stdout.contains(word), "{word}: {}", ran.stdout);
    }
}

#[test]
fn a_profile_whose_comment_changed_differs_in_nothing() {
    let press = press();
    press.profile(&format!("# the same rules\n{PROFILE}"));
    let rebuilt = press
        .run(&["rebuild", "--json"])
        .expect("rebuild", 0)
        .json();
    let differences = &rebuilt["differences"];
    assert_eq!(differences["same"], 4);
    assert_eq!(differences["changed"]["number"], 0);
    let fields: Vec<&String> = differences["fields"].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["profile"]);
}

#[test]
fn a_section_that_was_removed_stops_neither_rebuild_nor_crawl() {
    let press = press();
    let before = press.keys();
    press.profile(&PROFILE.replace("id = \"news\"", "id = \"news-2\""));
    let rebuilt = press
        .run(&["rebuild", "--json"])
        .expect("rebuild", 0)
        .json();
    assert_eq!(rebuilt["differences"]["vanished"]["number"], Value::from(0));
    assert_eq!(press.keys(), before);
    press.run(&["crawl"]).expect("crawl", 0);
}

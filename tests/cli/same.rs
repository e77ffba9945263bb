//! Which articles of two platforms are one work: in exports, in `show`, behind what is withheld, after a
//! rebuild, whatever came first. The cases are those that the demo ministry has by hand.

use std::collections::BTreeMap;

use khotin::demo::{NewArticle, Platform};
use serde_json::Value;

use crate::program::World;

const OLD: &str = "demo:liferay:";
const NEW: &str = "demo:portal:";

/// A small ministry with the articles that its portal took over.
fn ministry() -> World {
    let world = World::new(30);
    world.control().take_over();
    world
}

/// The records of a new export, by key.
#[track_caller]
fn exported(world: &World, more: &[&str]) -> BTreeMap<String, Value> {
    let args = [&["export", "--json", "--format", "jsonl"], more].concat();
    let folder = world.run(&args).expect("export", 0).json()["folder"].clone();
    let file = world.path(folder.as_str().unwrap()).join("articles.jsonl");
    let lines = std::fs::read_to_string(file).unwrap();
    let records = lines.lines().map(|line| {
        let record: Value = serde_json::from_str(line).unwrap();
        (record["key"].as_str().unwrap().to_owned(), record)
    });
    records.collect()
}

/// Key, work, and strength where there is a partner.
fn works(records: &BTreeMap<String, Value>) -> Vec<(String, String, String)> {
    let work = |(key, record): (&String, &Value)| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let partner = &record["same_as"];
        (
            key.clone(),
            text(&record["work"]),
            text(&partner["strength"]),
        )
    };
    records.iter().map(work).collect()
}

#[test]
fn what_the_portal_took_over_is_one_work_and_what_only_looks_alike_is_not() {
    let world = ministry();
    world.run(&["crawl"]).expect("crawl", 0);
    let records = exported(&world, &[]);
    let pairs = [
        // why, the old one, the new one, what is equal
        (
            "taken over as it was",
            "khanh-thanh-tram-y-te",
            "100001",
            "both",
        ),
        (
            "the title in another spelling",
            "hoa-giai-vuong-mac",
            "100002",
            "both",
        ),
        ("another title", "tiem-chung-cho-tre-em", "100003", "text"),
        (
            "a slip of the text was mended",
            "tap-huan-cap-cuu",
            "100004",
            "title_date",
        ),
    ];
    let alone = [
        ("the same title a month before", "liferay:lich-truc-cap-cuu"),
        ("and a month later", "portal:100005"),
        ("one of two of that title and day", "liferay:moi-chao-gia"),
        ("the other of the two", "liferay:moi-chao-gia-1"),
        ("one of the two, nobody knows which", "portal:100006"),
        (
            "the same short form as another",
            "liferay:cong-khai-du-toan",
        ),
    ];
    for (why, slug, aid, strength) in pairs {
        let keys = [format!("{OLD}{slug}"), format!("{NEW}{aid}")];
        for (key, other) in [(&keys[0], &keys[1]), (&keys[1], &keys[0])] {
            let record = &records[key];
            assert_eq!(record["work"], keys[0], "{why}: {key}");
            assert_eq!(record["same_as"]["key"], *other, "{why}: {key}");
            assert_eq!(record["same_as"]["strength"], strength, "{why}: {key}");
        }
        let [one, other] = keys.map(|key| records[&key]["same_as"]["evidence"].clone());
        assert_eq!(one["text"], other["text"], "{why}");
        assert_eq!(
            one["title_date"]["date"], other["title_date"]["date"],
            "{why}"
        );
    }
    for (why, key) in alone {
        let record = &records[&format!("demo:{key}")];
        assert_eq!(record["work"], record["key"], "{why}");
        assert_eq!(record["same_as"], Value::Null, "{why}");
    }
    let evidence = &records["demo:portal:100004"]["same_as"]["evidence"];
    assert_eq!(evidence["text"], Value::Null);
    assert_eq!(evidence["title_date"]["date"], "2015-07-08");
    let evidence = &records["demo:portal:100003"]["same_as"]["evidence"];
    assert_eq!(evidence["title_date"], Value::Null);
    assert!(evidence["text"]["words"].as_u64().unwrap() > 100);

    // Of the generated ones the 25th is on both halves, and no other.
    let works = works(&records);
    let with_partner = works.iter().filter(|(_, _, strength)| !strength.is_empty());
    assert_eq!(with_partner.count(), 2 * (4 + 1));
    assert_eq!(records["demo:portal:160025"]["same_as"]["strength"], "both");
    let names: std::collections::BTreeSet<&String> =
        works.iter().map(|(_, work, _)| work).collect();
    assert_eq!(names.len(), works.len() - 5, "COUNT(DISTINCT work)");

    world.run(&["rebuild"]).expect("rebuild", 0);
    assert_eq!(
        exported(&world, &[]),
        records,
        "the archive alone gives the same"
    );
    // The partner is named although the export does not hold it.
    let some = exported(&world, &["--section", "danh-muc-8356"]);
    assert_eq!(some["demo:portal:100001"], records["demo:portal:100001"]);
    assert!(!some.contains_key("demo:liferay:khanh-thanh-tram-y-te"));

    let other = ministry();
    let args = ["crawl", "--section", "danh-muc-8356"];
    other.run(&args).expect("the portal first", 0);
    other.run(&["crawl"]).expect("then the rest", 0);
    assert_eq!(self::works(&exported(&other, &[])), works);
}

/// In both languages.
fn show_tells_the_partner_and_why(world: &World) {
    let of = |args: &[&str]| world.run(args).expect("show", 0).stdout;
    let page = of(&["show", "demo:portal:100004"]);
    let lines = [
        "Same work     demo:liferay:tap-huan-cap-cuu\n",
        "(a proposal: title and day are equal, the text is not or was not compared)\n",
        "title and day: 2015-07-08, giả lập tập huấn cấp cứu tại tỉnh mẫu thử\n",
    ];
    for line in lines {
        assert!(page.contains(line), "{line}: {page}");
    }
    let page = of(&["show", "demo:liferay:tiem-chung-cho-tre-em", "--lang", "vi"]);
    let lines = [
        "Trùng với bài demo:portal:100003\n",
        "(đề xuất: trùng nội dung, khác tiêu đề hoặc ngày đăng)\n",
        " từ, sha256:",
    ];
    for line in lines {
        assert!(page.contains(line), "{line}: {page}");
    }
    let alone = of(&["show", "demo:portal:100005"]);
    assert!(!alone.contains("Same work"), "{alone}");
}

#[test]
fn a_partner_is_shown_and_one_that_is_withheld_is_told_by_nothing() {
    let world = ministry();
    world.run(&["crawl"]).expect("crawl", 0);
    show_tells_the_partner_and_why(&world);
    let before = exported(&world, &[]);
    for key in [
        "demo:portal:100001",
        "demo:liferay:hoa-giai-vuong-mac",
        "demo:liferay:moi-chao-gia-1",
    ] {
        let args = ["restrict", key, "--reason", "r", "--authority", "a"];
        world.run(&args).expect("restrict", 0);
    }
    let after = exported(&world, &[]);
    for key in ["demo:liferay:khanh-thanh-tram-y-te", "demo:portal:100002"] {
        let record = &after[key];
        assert_eq!(record["work"], key);
        assert_eq!(record["same_as"], Value::Null, "{key}");
        assert_eq!(record["flags"], before[key]["flags"], "{key}: no flag");
    }
    let tombstone = &after["demo:portal:100001"];
    assert_eq!(tombstone["state"], "withheld");
    assert_eq!(
        (&tombstone["work"], &tombstone["same_as"]),
        (&tombstone["key"], &Value::Null)
    );
    let text = serde_json::to_string(&after).unwrap();
    assert!(
        !text.contains("hoa-giai-vuong-mac"),
        "a slug is the headline"
    );
    // Where one of the two is withheld, the other is as if it were the only one of that title and day.
    let partner = &after["demo:portal:100006"]["same_as"];
    assert_eq!(partner["key"], "demo:liferay:moi-chao-gia");
    assert_eq!(partner["strength"], "title_date");

    let page = |args: &[&str]| world.run(args).expect("show", 0).stdout;
    let shown = page(&["show", "demo:liferay:khanh-thanh-tram-y-te"]);
    assert!(!shown.contains("Same work"), "{shown}");
    let own = page(&["show", "demo:portal:100001", "--restricted"]);
    assert!(
        own.contains("Same work     demo:liferay:khanh-thanh-tram-y-te\n"),
        "for the operator: {own}"
    );
}

#[test]
fn a_partner_that_comes_later_is_no_change_of_the_other() {
    let world = World::new(30);
    let paragraph =
        "Bản tin giả lập này do máy tạo ra để thử phần mềm, không phải tin thật. ".repeat(7);
    let add = |platform, section: &str| {
        let article = NewArticle::plain(
            platform,
            section,
            "Giả lập: bài được chuyển sang",
            &[&paragraph],
        );
        world.control().add(article).unwrap()
    };
    let old = add(Platform::Liferay, "tin-tong-hop");
    let run = world.run(&["crawl", "--json"]).expect("crawl", 0).json()["run"].clone();
    assert_eq!(exported(&world, &[])[&old]["same_as"], Value::Null);
    let new = add(Platform::Portal, "8356");
    world.run(&["crawl"]).expect("again", 0);

    let changed = exported(&world, &["--changed-since", run.as_str().unwrap()]);
    assert_eq!(changed.keys().collect::<Vec<_>>(), [&new]);
    assert_eq!(changed[&new]["work"], old);
    let all = exported(&world, &[]);
    assert_eq!(all[&old]["same_as"]["key"], new, "a whole export has both");
}

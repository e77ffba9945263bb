//! One article is withheld and shown again; between the two nothing tells of it.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{World, files_below};
use crate::told::{export, export_with, record, records, telling, texts};

/// A key of the first platform that another article's list names, and one of the second.
fn chosen(records: &[Value]) -> [String; 2] {
    let named = records
        .iter()
        .flat_map(|record| record["related"].as_array().unwrap());
    let keys: Vec<&str> = named
        .filter_map(|related| related["key"].as_str())
        .collect();
    let mut all = records.iter().map(|record| record["key"].as_str().unwrap());
    let liferay = all.clone().find(|key| keys.contains(key)).unwrap();
    let portal = all.find(|key| key.contains(":portal:")).unwrap();
    [liferay.to_owned(), portal.to_owned()]
}

fn restrict(world: &World, key: &str, more: &[&str]) -> crate::program::Ran {
    let said = [
        "restrict",
        key,
        "--reason",
        "riêng tư",
        "--authority",
        "Công văn 12",
    ];
    world.run(&[&said, more].concat())
}

/// The files of an export that do not hold its time.
fn tables(export: &Path) -> Vec<(String, Vec<u8>)> {
    let files = files_below(export).into_iter();
    let files = files.filter(|(path, _)| {
        let name = path.file_name().unwrap().to_string_lossy();
        ["csv", "jsonl", "articles.json", "csl.json"]
            .iter()
            .any(|end| name.ends_with(end))
    });
    files
        .map(|(path, bytes)| {
            let name = path.file_name().unwrap();
            (name.to_string_lossy().into_owned(), bytes)
        })
        .collect()
}

#[test]
fn nothing_tells_of_it_until_it_is_lifted_and_then_all_is_as_before() {
    let world = World::new(30);
    world.run(&["crawl"]).expect("crawl", 0);
    let before = export(&world);
    let known = records(&before);
    for key in chosen(&known) {
        let texts = texts(&known, &key);
        assert!(texts.len() > 5, "{texts:?}");
        assert!(
            !telling(&before, &texts).is_empty(),
            "the search finds what is there"
        );

        let done = restrict(&world, &key, &["--json"])
            .expect("restrict", 0)
            .json();
        let shown_key = done["shown_key"].as_str().unwrap();
        assert_eq!(done["in_store"], true);
        let hidden = export(&world);
        assert_eq!(telling(&hidden, &texts), Vec::<String>::new(), "{key}");
        let tombstone = record(&hidden, shown_key);
        assert_eq!(tombstone["state"], "withheld");
        assert_eq!(tombstone["states"][0]["since"], done["entry"]["since"]);
        assert_eq!(
            records(&hidden).len(),
            known.len(),
            "a row for every article"
        );
        let manifest = fs::read(hidden.join("manifest.json")).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        assert_eq!(manifest["states"]["withheld"], 1);
        assert!(
            !fs::read_to_string(hidden.join("articles.csl.json"))
                .unwrap()
                .contains(shown_key)
        );
        for word in ["riêng tư", "Công văn 12"] {
            assert_eq!(telling(&hidden, &[word.to_owned()]), Vec::<String>::new());
        }

        world.run(&["rebuild"]).expect("rebuild", 0);
        fs::remove_file(world.path("output/khotin.db")).unwrap();
        world
            .run(&["rebuild"])
            .expect("rebuild from the archive alone", 0);
        let rebuilt = export(&world);
        assert!(
            tables(&rebuilt) == tables(&hidden),
            "{key}: rebuild changes nothing"
        );

        restrict(&world, &key, &["--lift"]).expect("lift", 0);
        let after = export(&world);
        assert!(tables(&after) == tables(&before), "{key}: lifted");
    }
}

#[test]
fn the_place_of_a_tombstone_tells_nothing_of_its_key() {
    let world = World::new(30);
    world.run(&["crawl"]).expect("crawl", 0);
    let known = records(&export(&world));
    let keys: Vec<&str> = known
        .iter()
        .filter_map(|record| record["key"].as_str())
        .filter(|key| key.contains(":liferay:"))
        .collect();
    let shown_keys = [keys[5], keys[1], keys[9]].map(|key| {
        let done = restrict(&world, key, &["--json"]).expect(key, 0).json();
        done["shown_key"].as_str().unwrap().to_owned()
    });
    let hidden = records(&export(&world));
    let last: Vec<&str> = hidden[hidden.len() - 3..]
        .iter()
        .map(|record| record["key"].as_str().unwrap())
        .collect();
    let mut expected: Vec<&str> = shown_keys.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(last, expected);
}

#[test]
fn exports_and_dumps_that_stood_before_are_counted_for_the_operator() {
    let world = World::new(30);
    for folder in [
        "exports/20261101T010203Z",
        "dumps/2026-11-01",
        "dumps/2026-11-02",
        "dumps/removed/2026-10-01",
    ] {
        let folder = world.path("output").join(folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("manifest.json"), "{}").unwrap();
    }
    let done = restrict(&world, "demo:portal:7", &["--json"])
        .expect("restrict", 0)
        .json();
    assert_eq!(
        (&done["earlier_exports"], &done["earlier_dumps"]),
        (&Value::from(1), &Value::from(2))
    );
    let told = restrict(&world, "demo:portal:8", &[]).expect("in words", 0);
    let words = "exports/ 1, dumps/ 2: earlier ones are as they were";
    assert!(told.stdout.contains(words), "{}", told.stdout);
}

#[test]
fn a_query_does_not_tell_what_a_tombstone_hides() {
    let world = World::new(30);
    world.run(&["crawl"]).expect("crawl", 0);
    let known = records(&export(&world));
    let [key, _] = chosen(&known);
    let own = known
        .iter()
        .find(|record| record["key"] == key.as_str())
        .unwrap();
    let (day, _) = own["published"]["at"]
        .as_str()
        .unwrap()
        .split_once('T')
        .unwrap();
    let section = own["sections"][0].as_str().unwrap();
    let done = restrict(&world, &key, &["--json"])
        .expect("restrict", 0)
        .json();
    let shown_key = done["shown_key"].as_str().unwrap();
    let title = own["title"].as_str().unwrap();
    let title = &title.replace(|c: char| !c.is_alphanumeric(), " ");
    let table: [(&str, &[&str], u64, bool); 7] = [
        ("everything", &[], 0, true),
        ("its site", &["--site", "demo"], 0, true),
        ("its state now", &["--state", "withheld"], 0, true),
        ("its state before", &["--state", "live"], 0, false),
        ("its day", &["--since", day, "--until", day], 1, false),
        ("its section", &["--section", section], 0, false),
        ("its words", &["--query", title], 0, false),
    ];
    for (what, query, left_out, is_there) in table {
        let export = export_with(&world, query);
        let manifest = fs::read(export.join("manifest.json")).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        assert_eq!(manifest["withheld_left_out"], left_out, "{what}");
        let keys: Vec<Value> = records(&export)
            .iter()
            .map(|one| one["key"].clone())
            .collect();
        assert_eq!(keys.contains(&shown_key.into()), is_there, "{what}");
    }
}

#[test]
fn show_tells_the_operator_why_and_the_article_only_when_asked() {
    let world = World::new(30);
    world.run(&["crawl"]).expect("crawl", 0);
    let known = records(&export(&world));
    let [key, _] = chosen(&known);
    let texts = texts(&known, &key);
    let url = known.iter().find(|one| one["key"] == key.as_str()).unwrap()["url"].clone();
    restrict(&world, &key, &["--until", "2999-12-31"]).expect("restrict", 0);
    for name in [key.as_str(), url.as_str().unwrap()] {
        let page = world.run(&["show", name]).expect("show", 0).stdout;
        for word in ["(withheld)", "riêng tư", "Công văn 12", "2999-12-31"] {
            assert!(page.contains(word), "{word} in {page}");
        }
        assert!(!texts.iter().any(|text| page.contains(text)), "{page}");
    }
    let json = world
        .run(&["show", &key, "--json"])
        .expect("show", 0)
        .json();
    assert_eq!(
        (&json["state"], &json["text"]),
        (&"withheld".into(), &Value::Null)
    );
    for more in [["--versions", "--json"], ["--cite", "vi"]] {
        let args = [&["show", key.as_str()], &more[..]].concat();
        let refused = world.run(&args).expect("it would tell", 2);
        let refused = refused.says("why", &["is withheld (Công văn 12)", "--restricted"]);
        assert!(!texts[..1].iter().any(|text| refused.stdout.contains(text)));
    }
    let all = world
        .run(&["show", &key, "--restricted"])
        .expect("show all", 0);
    assert!(all.stdout.starts_with("WITHHELD"), "{}", all.stdout);
    assert!(all.stdout.contains(&texts[0]), "{}", all.stdout);
}

#[test]
fn the_list_tells_all_that_is_and_was_withheld() {
    let world = World::new(30);
    let empty = world
        .run(&["restrict", "--list", "--json"])
        .expect("nothing", 0)
        .json();
    assert_eq!(empty["entries"], Value::Array(Vec::new()));
    world.configure("");
    restrict(&world, "demo:portal:7", &[]).expect("restrict", 0);
    restrict(&world, "demo:portal:7", &["--lift"]).expect("lift", 0);
    restrict(&world, "demo:portal:7", &["--until", "2999-12-31"]).expect("again", 0);
    let list = world
        .run(&["restrict", "--list", "--json"])
        .expect("list", 0)
        .json();
    let entries = list["entries"].as_array().unwrap().iter();
    let standing: Vec<_> = entries
        .map(|one| one["standing"].as_str().unwrap())
        .collect();
    assert_eq!(standing, ["lifted", "lift", "in_force"]);
    let table = world.run(&["restrict", "--list"]).expect("list", 0).stdout;
    let line = table.lines().last().unwrap();
    for word in [
        "demo:portal:7",
        "in_force",
        "2999-12-31",
        "Công văn 12",
        "riêng tư",
    ] {
        assert!(line.contains(word), "{word} in {table}");
    }
    let args = ["restrict", "--list", "--lang", "vi"];
    let table = world.run(&args).expect("list", 0).stdout;
    for words in ["mã bài", "căn cứ", "đang hiệu lực", "đã được gỡ bỏ"] {
        assert!(table.contains(words), "{words} in {table}");
    }
    assert!(!table.contains("in_force"), "{table}");
}

#[test]
fn to_withhold_it_again_for_the_same_reason_adds_nothing() {
    let world = World::new(30);
    world.configure("");
    let file = || fs::read_to_string(world.path("output/restrictions.toml")).unwrap();
    let first = restrict(&world, "demo:portal:7", &["--json"])
        .expect("first", 0)
        .json();
    assert_eq!(first["already_withheld"], false);
    let before = file();
    let again = restrict(&world, "demo:portal:7", &["--json"])
        .expect("again", 0)
        .json();
    assert_eq!(again["already_withheld"], true);
    assert_eq!(again["entry"], first["entry"], "the entry that stands");
    assert_eq!(file(), before);
    let said = restrict(&world, "demo:portal:7", &[])
        .expect("in words", 0)
        .stdout;
    assert!(said.contains("is withheld already"), "{said}");
    // Another last day is another word, and so is the same one after a lift.
    restrict(&world, "demo:portal:7", &["--until", "2999-12-31"]).expect("a day", 0);
    assert_eq!(file().matches("[[entry]]").count(), 2);
    restrict(&world, "demo:portal:7", &["--lift"]).expect("lift", 0);
    restrict(&world, "demo:portal:7", &[]).expect("anew", 0);
    assert_eq!(file().matches("[[entry]]").count(), 4);
}

#[test]
fn the_key_of_a_tombstone_leads_to_it_and_a_partner_is_named() {
    let world = World::new(30);
    world.control().take_over();
    world.run(&["crawl"]).expect("crawl", 0);
    let key = "demo:liferay:khanh-thanh-tram-y-te";
    let done = restrict(&world, key, &["--json"])
        .expect("restrict", 0)
        .json();
    assert_eq!(done["same_as"]["key"], "demo:portal:100001");
    let shown_key = done["shown_key"].as_str().unwrap();
    let by_shown_key = world.run(&["show", shown_key]).expect("show", 0).stdout;
    assert_eq!(
        by_shown_key,
        world.run(&["show", key]).expect("show", 0).stdout
    );
    assert!(by_shown_key.contains("Công văn 12"), "{by_shown_key}");
    let said = restrict(&world, "demo:portal:100001", &[])
        .expect("the other", 0)
        .stdout;
    assert!(
        said.contains("by its own key: demo:liferay:khanh-thanh-tram-y-te (both)\n"),
        "{said}"
    );
    restrict(&world, key, &["--lift"]).expect("lift", 0);
    world
        .run(&["show", shown_key])
        .expect("no tombstone any more", 2);
}

#[test]
fn a_slip_of_the_pen_is_refused_with_advice() {
    let world = World::new(30);
    #[rustfmt::skip]
    let table: [(&str, &[&str], &str); 9] = [
        ("no key", &["moh"], "neither a key nor a URL"),
        ("no site", &["mho:portal:1"], "did you mean `moh`"),
        ("no platform", &["moh:partal:1"], "its platforms are liferay, portal"),
        ("an address of no article", &["https://moh.gov.vn/"], "no site knows"),
        ("an address of no site", &["https://example.org/a"], "no site knows"),
        ("a day that is over", &["demo:portal:1", "--until", "2020-01-01"], "the day of --until is over"),
        ("not withheld", &["demo:portal:1", "--lift"], "is not withheld"),
        ("a line break in the reason", &["demo:portal:1", "--reason", "a\nb"], "--reason is empty or has a line break"),
        ("no authority", &["demo:portal:1", "--authority", " "], "--authority is empty"),
    ];
    for (what, args, expected) in table {
        let mut all = vec!["restrict"];
        all.extend(args);
        for (flag, text) in [("--reason", "r"), ("--authority", "a")] {
            if !args.contains(&flag) {
                all.extend([flag, text]);
            }
        }
        world.run(&all).expect(what, 2).says(what, &[expected]);
    }
    assert!(!world.path("output/restrictions.toml").exists());
}

#[test]
fn search_finds_it_no_more_and_counts_it_neither() {
    let world = World::new(30);
    world.run(&["crawl"]).expect("crawl", 0);
    let known = records(&export(&world));
    let [key, _] = chosen(&known);
    let own = known
        .iter()
        .find(|record| record["key"] == key.as_str())
        .unwrap();
    let title = own["title"].as_str().unwrap();
    let words = title.replace(|c: char| !c.is_alphanumeric(), " ");
    let found = |words: &str| {
        let ran = world.run(&["search", words, "--json"]).expect("search", 0);
        (ran.json()["found"].as_u64().unwrap(), ran.stdout)
    };
    let (before, told) = found(&words);
    assert!(told.contains(&key), "{told}");
    restrict(&world, &key, &[]).expect("restrict", 0);
    let (after, told) = found(&words);
    assert_eq!(after, before - 1);
    assert!(!told.contains(&key), "{told}");
    restrict(&world, &key, &["--lift"]).expect("lift", 0);
    assert_eq!(found(&words).0, before);
}

#[test]
fn a_replay_hides_the_files_that_only_a_withheld_article_names() {
    let world = World::new(30);
    let own = |article: &khotin::demo::DemoArticle| {
        let is_own = |photo: &khotin::demo::Photo| photo.style == khotin::demo::PhotoStyle::Own;
        article.pieces.iter().find_map(|piece| match piece {
            khotin::demo::Piece::Photo(photo) if is_own(photo) => Some(photo.clone()),
            _ => None,
        })
    };
    let expected = world.control().expected();
    let keys: Vec<String> = expected
        .into_iter()
        .map(|one| one.key)
        .filter(|key| key.starts_with("demo:liferay:"))
        .filter(|key| {
            world
                .control()
                .read(|all| own(all.article(key).unwrap()).is_some())
        })
        .take(2)
        .collect();
    let [first, second] = keys.as_slice() else {
        panic!("two articles with pictures of the ministry's own")
    };
    // The second article shows the first one's picture too.
    let shared = world
        .control()
        .read(|all| own(all.article(first).unwrap()))
        .unwrap();
    let piece = khotin::demo::Piece::Photo(shared.clone());
    let edit = |article: &mut khotin::demo::DemoArticle| article.pieces.push(piece);
    world.control().edit(second, edit).unwrap();
    world.run(&["crawl", "--assets", "all"]).expect("crawl", 0);
    let hidden = || {
        let list = fs::read_to_string(world.path("output/pywb-access.aclj")).unwrap();
        let urls = list.lines().map(|line| {
            let rule = line.split_once(" - ").unwrap().1;
            let rule: Value = serde_json::from_str(rule).unwrap();
            rule["url"].as_str().unwrap().to_owned()
        });
        urls.collect::<Vec<String>>()
    };
    let known = records(&export(&world));
    let pictures = |key: &str| -> Vec<String> {
        let record = known.iter().find(|record| record["key"] == key).unwrap();
        let images = record["images"].as_array().unwrap().iter();
        let urls = images.map(|image| {
            let archived = &image["archived"];
            assert_eq!(archived["status"], 200, "{archived}");
            archived["request_url"].as_str().unwrap().to_owned()
        });
        urls.collect()
    };
    restrict(&world, second, &[]).expect("restrict", 0);
    let of_second = pictures(second);
    let is_shared = |url: &&String| url.contains(&shared.uuid);
    assert!(of_second.iter().any(|url| is_shared(&url)));
    for url in &of_second {
        let expected = !is_shared(&url);
        assert_eq!(
            hidden().contains(url),
            expected,
            "{url}: the first article shows it"
        );
    }
    restrict(&world, first, &[]).expect("restrict", 0);
    for url in of_second.iter().chain(&pictures(first)) {
        assert!(hidden().contains(url), "{url}: nobody shows it any more");
    }
    let after = fs::read_to_string(export(&world).join("images.csv")).unwrap();
    assert!(!after.contains(&shared.uuid), "no export tells of it");
}

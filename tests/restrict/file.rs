//! restrictions.toml: damaged, lost, expired, written by hand; and a takedown before the first capture.

use std::fs;

use serde_json::Value;

use crate::program::World;
use crate::told::{export, record, records, telling, texts};

const FILE: &str = "output/restrictions.toml";

fn crawled() -> (World, String) {
    let world = World::new(30);
    world.run(&["crawl"]).expect("crawl", 0);
    let records = records(&export(&world));
    let keys = records.iter().map(|record| record["key"].as_str().unwrap());
    let key = keys.clone().find(|key| key.contains(":portal:")).unwrap();
    (world, key.to_owned())
}

fn restrict(world: &World, key: &str) {
    let args = ["restrict", key, "--reason", "r", "--authority", "a"];
    world.run(&args).expect("restrict", 0);
}

/// The text of a file with one entry.
fn by_hand(key: &str, more: &str) -> String {
    format!(
        "# chị Lan gọi\n[[entry]]\naction = \"restrict\"\nkey = \"{key}\"\nreason = \"r\"\n\
         authority = \"a\"\nsince = \"2026-01-02T03:04:05Z\"\n{more}"
    )
}

fn state(world: &World, key: &str) -> Value {
    record(&export(world), key)["state"].clone()
}

#[test]
fn a_file_that_can_not_be_read_lets_nothing_out() {
    let (world, key) = crawled();
    restrict(&world, &key);
    let whole = fs::read(world.path(FILE)).unwrap();
    let half = &whole[..whole.len() - 10];
    let table: [(&str, Option<&[u8]>, &str); 4] = [
        ("half of it", Some(half), "restrictions.toml:"),
        ("no text", Some(b"\xff\xfe\x00"), "restrictions.toml"),
        (
            "an unknown key",
            Some(b"[[entry]]\nkay = 1\n"),
            "did you mean `key`",
        ),
        ("gone", None, "restrictions.toml is missing"),
    ];
    let exports = fs::read_dir(world.path("output/exports")).unwrap().count();
    for (what, bytes, expected) in table {
        match bytes {
            Some(bytes) => fs::write(world.path(FILE), bytes).unwrap(),
            None => fs::remove_file(world.path(FILE)).unwrap(),
        }
        let before = fs::read(world.path(FILE)).ok();
        #[rustfmt::skip]
        let commands: [&[&str]; 6] = [
            &["export"],
            &["show", &key],
            &["show", &key, "--restricted"],
            &["restrict", "--list"],
            &["restrict", &key, "--reason", "r", "--authority", "a"],
            &["restrict", &key, "--lift", "--reason", "r", "--authority", "a"],
        ];
        for args in commands {
            let ran = world.run(args).expect(what, 2);
            let ran = ran.says(
                what,
                &[expected, "what to do:", "copy of restrictions.toml"],
            );
            assert_eq!(ran.stdout, "", "{what}");
        }
        assert_eq!(fs::read(world.path(FILE)).ok(), before, "{what}: as it was");
    }
    let after = fs::read_dir(world.path("output/exports")).unwrap().count();
    assert_eq!(after, exports);
    fs::write(world.path(FILE), whole).unwrap();
    assert_eq!(state(&world, &key), "withheld");
}

#[test]
fn what_was_written_by_hand_holds_and_its_comments_stay() {
    let (world, key) = crawled();
    let table = [
        ("its last day is over", "until = \"2026-01-31\"\n", "live"),
        (
            "its last day is far",
            "until = \"2999-01-31\"\n",
            "withheld",
        ),
        ("no last day", "", "withheld"),
    ];
    for (what, more, expected) in table {
        fs::write(world.path(FILE), by_hand(&key, more)).unwrap();
        assert_eq!(state(&world, &key), expected, "{what}");
    }
    restrict(&world, "demo:portal:999");
    let text = fs::read_to_string(world.path(FILE)).unwrap();
    assert!(text.starts_with(&by_hand(&key, "")), "{text}");
    assert_eq!(state(&world, &key), "withheld");
}

#[test]
fn the_access_list_follows_what_is_in_force_at_every_export() {
    let (world, key) = crawled();
    restrict(&world, &key);
    let list = || fs::read_to_string(world.path("output/pywb-access.aclj")).unwrap();
    let id = key.rsplit(':').next().unwrap();
    assert!(list().contains(&format!("aid={id}")), "{}", list());
    assert!(
        list().contains("/portal/api/laychitietbaiviet### - "),
        "{}",
        list()
    );
    fs::write(world.path(FILE), by_hand(&key, "until = \"2026-01-31\"\n")).unwrap();
    export(&world);
    assert_eq!(list(), "");
}

#[test]
fn an_article_is_withheld_before_it_is_captured_by_key_or_by_address() {
    let twin = World::new(30);
    twin.run(&["crawl"]).expect("crawl", 0);
    let known = records(&export(&twin));
    let names = |record: &Value| {
        let text = |name: &str| record[name].as_str().unwrap().to_owned();
        [text("key"), text("url"), text("state")]
    };
    // The same ministry again, so the same articles.
    for is_url in [false, true] {
        let world = World::new(30);
        for platform in [":liferay:", ":portal:"] {
            let of_platform = |record: &&Value| {
                let key = record["key"].as_str().unwrap();
                key.contains(platform) && record["title"].is_string()
            };
            let [key, url, _] = names(known.iter().find(of_platform).unwrap());
            let args = [if is_url { &url } else { &key }, "--json"];
            let said = [
                "restrict",
                args[0],
                "--reason",
                "r",
                "--authority",
                "a",
                args[1],
            ];
            let done = world.run(&said).expect("restrict", 0).json();
            assert_eq!(done["entry"]["key"], key.as_str());
            assert_eq!(done["in_store"], false);
        }
        world.run(&["crawl"]).expect("crawl", 0);
        let export = export(&world);
        for platform in [":liferay:", ":portal:"] {
            let mut of_platform = known.iter().filter(|record| {
                let key = record["key"].as_str().unwrap();
                key.contains(platform) && record["title"].is_string()
            });
            let [key, ..] = names(of_platform.next().unwrap());
            let texts = texts(&known, &key);
            assert_eq!(telling(&export, &texts), Vec::<String>::new(), "{key}");
        }
        let withheld = records(&export).into_iter();
        assert_eq!(withheld.filter(|one| one["state"] == "withheld").count(), 2);
    }
}

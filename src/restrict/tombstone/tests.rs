use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{Action, Restrictions};
use super::*;
use crate::model::SiteId;

/// Words of machines, which are no text of the web: they stay as they are in the test below.
const MACHINE: [&str; 10] = [
    "type",
    "precision",
    "zone",
    "from",
    "flags",
    "state",
    "used_as",
    "via",
    "section",
    "strength",
];

/// What a tombstone keeps.
const KEPT: [&str; 6] = [
    "key",
    "site",
    "platform",
    "first_seen",
    "last_seen",
    "profile",
];

/// A record in which every field, and every kind of every part, holds something.
fn record() -> Value {
    let date = json!({ "at": "x", "utc": "x", "raw": "x", "precision": "minute", "zone": "rule",
                       "from": "article", "flags": ["marker_redundant"] });
    let found = json!({ "raw": "x", "selector": "x", "alternative": 0, "capture": 2 });
    let of_line = json!({ "raw": "x", "selector": "x", "alternative": 0 });
    json!({
        "key": "moh:liferay:x", "site": "moh", "platform": "liferay", "work": "x",
        "same_as": { "key": "x", "strength": "both", "evidence": {
            "title_date": { "title": "x", "date": "x" }, "text": { "sha256": "x", "words": 100 } } },
        "url": "https://moh.gov.vn/x",
        "aliases": ["x"], "sections": ["x"], "title": "x", "lead": "x", "published": date,
        "listed": [{ "section": "s", "position": 1, "title": "x", "published": date, "stamp_raw": "x",
                     "summary": "x", "summary_cut": true, "evidence": { "title": of_line },
                     "warnings": [{ "code": "x", "detail": "x" }], "capture": 1 }],
        "blocks": [{ "type": "paragraph", "text": "x" }, { "type": "heading", "text": "x", "level": 2 },
                   { "type": "list", "ordered": true, "items": ["x"] },
                   { "type": "table", "rows": [["x"]] }, { "type": "quote", "text": "x" },
                   { "type": "image", "position": 1 }, { "type": "embed", "position": 1 }],
        "text": "x",
        "images": [{ "position": 1, "url": "x", "original_url": "x", "alt": "x", "caption": "x",
                     "credit": "x", "caption_raw": "x", "after_block": 1, "inferred": false }],
        "related": [{ "position": 1, "title": "x", "url": "x", "key": "x" }],
        "attachments": [{ "url": "x", "label": "x", "media_type": "x" }],
        "links": [{ "url": "x", "text": "x" }],
        "embeds": [{ "position": 1, "kind": "x", "url": "x" }],
        "source": { "name": "x", "url": "x", "raw": "x", "is_reprint": true },
        "author": "x", "language": "x", "content_digest": "x",
        "versions": [{ "number": 1, "content_digest": "x", "title": "x", "first_seen": "x",
                       "last_seen": "x", "capture": 2 }],
        "state": "live", "states": [{ "state": "live", "since": "x", "capture": 2 }],
        "first_seen": "2026-11-01T00:00:00Z", "last_seen": "2026-11-02T00:00:00Z",
        "captures": [{ "sequence": 2, "used_as": "article", "request_url": "x", "time": "x",
                       "status": 200, "via": "direct", "payload_sha1": "x", "payload_sha256": "x",
                       "warc_file": "x", "warc_offset": 1, "warc_record_id": "x" }],
        "profile": { "site": "moh", "layout": "liferay-article", "digest": "0f" },
        "evidence": { "title": found, "author": { "missing": "x", "capture": 2 } },
        "flags": ["x"], "warnings": [{ "code": "x", "detail": "x" }], "synthetic": true,
    })
}

/// Puts a word of its own in the place of every text; returns the words.
fn fill(value: &mut Value, words: &[String], used: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let word = &words[used.len() % words.len()];
            *text = format!("{word}-{}", used.len());
            used.push(text.clone());
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, words, used)),
        Value::Object(members) => {
            for (name, value) in members {
                let is_flag_of_record = name == "flags" && value[0] == "x";
                if !MACHINE.contains(&name.as_str()) || is_flag_of_record {
                    fill(value, words, used);
                }
            }
        }
        _ => {}
    }
}

fn entry(key: &str) -> Entry {
    let now = "2026-11-28T04:00:00Z".parse().unwrap();
    Entry::new(Action::Restrict, ArticleKey::new(key), "r", "a", now)
}

fn withheld(entries: &[Entry]) -> Withheld {
    let mut text = String::new();
    for entry in entries {
        text = Restrictions::append("r.toml", &text, entry).unwrap();
    }
    let read = Restrictions::parse("r.toml", &text).unwrap();
    read.withheld("2026-11-28T05:00:00Z".parse().unwrap())
}

fn article(record: Value) -> Article {
    serde_json::from_value(record).unwrap()
}

proptest! {
    #[test]
    fn a_tombstone_holds_no_text_of_its_article(
        words in prop::collection::vec("[a-zà-ỹđ=\"'<]{5,12}", 3..40),
        slug in "[a-z]{3,9}-[a-z]{3,9}",
    ) {
        let mut record = record();
        let mut used = vec![slug.clone()];
        let members = record.as_object_mut().unwrap();
        for (name, value) in members {
            if !KEPT.contains(&name.as_str()) && !MACHINE.contains(&name.as_str()) || name == "flags" {
                fill(value, &words, &mut used);
            }
        }
        record["key"] = json!(format!("moh:liferay:{slug}"));
        let article = article(record);
        let shown = withheld(&[entry(article.key.as_str())]).shown(article.clone());
        prop_assert_eq!(shown.state, State::Withheld);
        let told = serde_json::to_string(&shown).unwrap();
        for word in &used {
            let written = serde_json::to_string(word).unwrap();
            prop_assert!(!told.contains(written.trim_matches('"')), "{} in {}", word, told);
        }
        // The test sees every text: 60 of them, and the slug.
        prop_assert!(used.len() > 60, "{}", used.len());
    }
}

#[test]
fn a_tombstone_says_what_it_is_and_since_when() {
    let article = article(record());
    let mut later = entry("moh:liferay:x");
    later.since = "2026-11-29T00:00:00Z".parse().unwrap();
    let shown = withheld(&[entry("moh:liferay:x"), later]).shown(article.clone());
    let told = serde_json::to_value(&shown).unwrap();
    // printf %s moh:liferay:x | sha256sum
    assert_eq!(told["key"], "moh:liferay:withheld-ea03dca56ca806fc");
    assert_eq!(
        (shown.site, shown.platform),
        (SiteId::new("moh"), "liferay".to_owned())
    );
    assert_eq!(
        told["states"],
        json!([{ "state": "withheld", "since": "2026-11-28T04:00:00Z", "capture": null }])
    );
    assert_eq!(told["flags"], json!(["synthetic", "withheld"]));
    assert_eq!(
        told["evidence"],
        json!({ "title": { "missing": "withheld", "capture": 2 },
                "author": { "missing": "withheld", "capture": 2 } })
    );
    assert_eq!(told["first_seen"], "2026-11-01T00:00:00Z");
    assert_eq!(
        (shown.text, shown.content_digest, shown.versions.len()),
        (None, None, 0)
    );
}

#[test]
fn a_key_of_digits_stays_and_one_of_words_does_not() {
    let table = [
        ("a number", "moh:portal:167411", "moh:portal:167411"),
        // printf %s moh:portal:16-a | sha256sum
        (
            "letters too",
            "moh:portal:16-a",
            "moh:portal:withheld-71108b3d456526dc",
        ),
        // printf %s moh:x:1:2 | sha256sum
        (
            "a colon in the name",
            "moh:x:1:2",
            "moh:x:withheld-558995f3b371cb50",
        ),
    ];
    for (what, key, expected) in table {
        assert_eq!(
            shown_key(&ArticleKey::new(key)).as_str(),
            expected,
            "{what}"
        );
    }
}

/// A neighbour whose parts name the article `moh:liferay:x` at https://moh.gov.vn/x, each beside one that
/// names another.
fn neighbour() -> Article {
    let mut record = record();
    let url = |name: &str| format!("https://moh.gov.vn/{name}");
    record["key"] = json!("moh:liferay:y");
    record["url"] = json!(url("y"));
    record["aliases"] = json!([]);
    record["title"] = json!("Bài kia");
    let related = [
        ("by key", "Tên mới", Some("z"), Some("moh:liferay:x")),
        ("by address", "Tên cũ", Some("x#a"), None),
        ("by headline", "Hội nghị", None, None),
        (
            "another of the same headline",
            "Hội nghị",
            Some("z"),
            Some("moh:liferay:z"),
        ),
        ("another", "Khác", Some("z"), None),
    ];
    let related = (1..).zip(related).map(|(position, (_, title, name, key))| {
        json!({ "position": position, "title": title, "url": name.map(url), "key": key })
    });
    record["related"] = related.collect();
    record["links"] = json!([{ "url": url("x"), "text": "a" }, { "url": url("z"), "text": "b" }]);
    record["attachments"] = json!([{ "url": url("x"), "label": "a", "media_type": null },
                                   { "url": url("z"), "label": "b", "media_type": null }]);
    record["captures"][0]["request_url"] = json!(url("x"));
    record["warnings"] = json!([{ "code": "c", "detail": format!("no rule for {}", url("x")) }]);
    record["text"] = json!("Như bài Hội nghị đã nói.");
    article(record)
}

#[test]
fn other_records_name_it_no_more_and_keep_the_rest() {
    let mut hidden = record();
    hidden["title"] = json!("Hội nghị");
    hidden["aliases"] = json!([]);
    let mut withheld = withheld(&[entry("moh:liferay:x")]);
    withheld.learn(&article(hidden));
    let shown = serde_json::to_value(withheld.shown(neighbour())).unwrap();
    let titles = shown["related"].as_array().unwrap().iter();
    let titles: Vec<_> = titles
        .map(|related| related["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["", "", "", "Hội nghị", "Khác"]);
    let gone = json!({ "position": 2, "title": "", "url": null, "key": null });
    assert_eq!(shown["related"][1], gone);
    assert_eq!(
        shown["links"],
        json!([{ "url": "https://moh.gov.vn/z", "text": "b" }])
    );
    assert_eq!(
        shown["attachments"][0],
        json!({ "url": null, "label": "", "media_type": null })
    );
    assert_eq!(shown["attachments"][1]["label"], "b");
    assert_eq!(shown["captures"][0]["request_url"], "");
    assert_eq!(
        shown["warnings"],
        json!([{ "code": "c", "detail": "withheld" }])
    );
    assert_eq!(shown["flags"], json!(["names_withheld", "x"]));
    // Its own words are its own.
    assert_eq!(shown["text"], "Như bài Hội nghị đã nói.");
    assert!(!shown.to_string().contains("gov.vn/x"), "{shown}");
}

#[test]
fn a_record_that_names_nothing_withheld_is_the_same() {
    let mut other = neighbour();
    other.key = ArticleKey::new("moh:liferay:x-1");
    let nothing = Withheld::default().shown(other.clone());
    assert_eq!(nothing, other);
    let elsewhere = withheld(&[entry("moh:liferay:w")]).shown(other.clone());
    assert_eq!(elsewhere, other);
}

#[test]
fn an_article_whose_partner_is_withheld_is_as_if_it_had_none() {
    let mut record = record();
    record["key"] = json!("moh:portal:7");
    record["work"] = json!("moh:liferay:a-b");
    record["same_as"]["key"] = json!("moh:liferay:a-b");
    let article = article(record);
    let shown = withheld(&[entry("moh:liferay:a-b")]).shown(article.clone());
    assert_eq!(shown.same_as, None);
    assert_eq!(shown.work, Some(ArticleKey::new("moh:portal:7")));
    assert_eq!(
        shown.flags, article.flags,
        "a flag would tell that there is one"
    );
    let other = withheld(&[entry("moh:liferay:c-d")]).shown(article.clone());
    assert_eq!(other.same_as, article.same_as);
    let tombstone = withheld(&[entry("moh:portal:7")]).shown(article);
    assert_eq!(
        (tombstone.same_as, tombstone.work),
        (None, Some(ArticleKey::new("moh:portal:7")))
    );
}

#[test]
fn an_article_is_known_by_an_address_when_its_key_is_another_one() {
    let mut by_url = entry("moh:old-rule:77");
    by_url.urls = vec!["https://moh.gov.vn/x".to_owned()];
    let withheld = withheld(&[by_url]);
    assert!(withheld.hides(&article(record())));
    let mut other = record();
    other["url"] = json!("https://moh.gov.vn/x-1");
    assert!(!withheld.hides(&article(other)));
}

#[test]
fn a_spelling_that_was_never_seen_is_known_by_the_sites_rules() {
    let spelling =
        "https://moh.gov.vn/en_US/tin-tong-hop/-/asset_publisher/k206Q9qkZOqn/content/a-b?x=1";
    let other = spelling.replace("a-b", "a-b-1");
    let mut record = record();
    record["aliases"] = json!([spelling, other]);
    record["links"] = json!([{ "url": spelling, "text": "a" }, { "url": other, "text": "b" }]);
    record["source"]["url"] = json!(spelling);
    record["embeds"][0]["url"] = json!(spelling);
    record["images"][0]["url"] = json!(spelling);
    let mut withheld = withheld(&[entry("moh:liferay:a-b")]);
    withheld.know_sites(&crate::config::Sites::load(None).unwrap());
    let shown = withheld.shown(article(record));
    let told = serde_json::to_string(&shown).unwrap();
    assert!(!told.contains(spelling), "{told}");
    assert_eq!((shown.aliases, shown.links.len()), (vec![other], 1));
}

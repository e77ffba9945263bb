use serde_json::json;

use super::*;

/// A record with every field set; tests change one.
fn record(key: &str) -> Value {
    json!({
        "key": key, "site": "one", "platform": "web", "url": "http://one.test/a/1",
        "aliases": [], "sections": ["news"], "title": "T", "lead": null,
        "published": null, "listed": [],
        "blocks": [{ "type": "paragraph", "text": "Text" }], "text": "Text",
        "images": [{
            "position": 1, "url": "http://one.test/1.jpg", "original_url": null, "alt": null,
            "caption": "C", "credit": null, "caption_raw": "C", "after_block": 0, "inferred": false,
        }],
        "related": [], "attachments": [], "links": [], "embeds": [], "source": null,
        "author": null, "language": "vi", "content_digest": "d1",
        "versions": [{
            "number": 1, "content_digest": "d1", "title": "T", "first_seen": "2026-01-01T00:00:00Z",
            "last_seen": "2026-01-02T00:00:00Z", "capture": 3,
        }],
        "state": "live",
        "states": [{ "state": "live", "since": "2026-01-01T00:00:00Z", "capture": 3 }],
        "first_seen": "2026-01-01T00:00:00Z", "last_seen": "2026-01-02T00:00:00Z",
        "captures": [], "profile": { "site": "one", "layout": "a", "digest": "p1" },
        "evidence": {}, "flags": [], "warnings": [], "synthetic": false,
    })
}

fn article(value: Value) -> Result<Article, StoreError> {
    Ok(serde_json::from_value(value).unwrap())
}

fn compared(old: Vec<Value>, new: Vec<Value>) -> Differences {
    let (old, new) = (old.into_iter().map(article), new.into_iter().map(article));
    differences(old, new).unwrap()
}

fn keys(names: &[&str]) -> Keys {
    Keys {
        number: names.len() as u64,
        examples: names.iter().map(|name| ArticleKey::new(*name)).collect(),
    }
}

#[test]
fn every_change_has_the_name_of_its_field() {
    type Change = fn(&mut Value);
    let table: [(&str, Change, &[&str]); 13] = [
        ("nothing", |_| {}, &[]),
        ("title", |new| new["title"] = json!("U"), &["title"]),
        ("lead", |new| new["lead"] = json!("L"), &["lead"]),
        (
            "blocks, and the text made of them",
            |new| {
                new["blocks"] = json!([]);
                new["text"] = json!("");
            },
            &["blocks", "text"],
        ),
        (
            "a caption is no change of the picture",
            |new| new["images"][0]["caption"] = json!("D"),
            &["captions"],
        ),
        (
            "an address is no change of the caption",
            |new| new["images"][0]["url"] = json!(null),
            &["images"],
        ),
        (
            "no picture, no caption",
            |new| new["images"] = json!([]),
            &["captions", "images"],
        ),
        (
            "another digest is no other version",
            |new| {
                new["content_digest"] = json!("d2");
                new["versions"][0]["content_digest"] = json!("d2");
                new["versions"][0]["title"] = json!("U");
            },
            &["content_digest"],
        ),
        (
            "the digest of an older version",
            |new| new["versions"][0]["content_digest"] = json!("d2"),
            &["content_digest"],
        ),
        (
            "a version more, with its digest",
            |new| {
                let mut version = new["versions"][0].clone();
                version["number"] = json!(2);
                new["versions"].as_array_mut().unwrap().push(version);
            },
            &["content_digest", "versions"],
        ),
        (
            "a state",
            |new| new["states"][0]["state"] = json!("gone"),
            &["states"],
        ),
        (
            "times",
            |new| {
                new["first_seen"] = json!("2025-01-01T00:00:00Z");
                new["last_seen"] = json!("2027-01-01T00:00:00Z");
            },
            &["first_seen", "last_seen"],
        ),
        (
            "a file",
            |new| new["attachments"] = json!([{ "url": null, "label": "f", "media_type": null }]),
            &["attachments"],
        ),
    ];
    for (what, change, expected) in table {
        let mut new = record("k");
        change(&mut new);
        let found = compared(vec![record("k")], vec![new]);
        let fields: Vec<&str> = found.fields.keys().map(String::as_str).collect();
        assert_eq!(fields, expected, "{what}");
        let is_same = expected.is_empty();
        assert_eq!(found.is_empty(), is_same, "{what}");
        assert_eq!(
            (found.same, found.changed.number),
            (is_same.into(), (!is_same).into()),
            "{what}"
        );
    }
}

#[test]
fn a_record_that_only_another_profile_read_is_the_same() {
    let mut new = record("k");
    new["profile"]["digest"] = json!("p2");
    let found = compared(vec![record("k")], vec![new]);
    assert!(found.is_empty());
    assert_eq!((found.same, found.changed.number), (1, 0));
    assert_eq!(found.fields[PROFILE], keys(&["k"]));
}

#[test]
fn keys_that_only_one_store_has_are_named_wherever_they_stand() {
    type Names = &'static [&'static str];
    let table: [(&str, Names, Names, Names, Names); 6] = [
        // what, old, new, appeared, vanished
        ("both empty", &[], &[], &[], &[]),
        ("all new", &[], &["a", "b"], &["a", "b"], &[]),
        ("all gone", &["a", "b"], &[], &[], &["a", "b"]),
        ("at the ends", &["b", "c"], &["a", "b"], &["a"], &["c"]),
        (
            "between",
            &["a", "c", "e"],
            &["a", "b", "e"],
            &["b"],
            &["c"],
        ),
        (
            "none in common",
            &["a", "c"],
            &["b", "d"],
            &["b", "d"],
            &["a", "c"],
        ),
    ];
    for (what, old, new, appeared, vanished) in table {
        let records = |keys: &[&str]| keys.iter().map(|key| record(key)).collect::<Vec<_>>();
        let found = compared(records(old), records(new));
        assert_eq!(found.appeared, keys(appeared), "{what}");
        assert_eq!(found.vanished, keys(vanished), "{what}");
        let sizes = (found.old_articles, found.new_articles);
        assert_eq!(sizes, (old.len() as u64, new.len() as u64), "{what}");
    }
}

#[test]
fn all_are_counted_and_the_first_five_are_named() {
    let records: Vec<_> = (1..=9)
        .map(|number| record(&format!("k{number}")))
        .collect();
    let found = compared(Vec::new(), records).appeared;
    assert_eq!(found.number, 9);
    assert_eq!(found.examples.len(), NAMED_KEYS);
    assert_eq!(found.to_string(), "9 (k1, k2, k3, k4, k5, …)");
    assert_eq!(keys(&["a"]).to_string(), "1 (a)");
    assert_eq!(Keys::default().to_string(), "0");
}

#[test]
fn a_store_that_fails_is_an_error() {
    let broken = || std::iter::once(Err(StoreError::Full));
    let error = differences(broken(), std::iter::empty()).unwrap_err();
    assert!(matches!(error, CrawlError::Store(StoreError::Full)));
    let error = differences(std::iter::empty(), broken()).unwrap_err();
    assert!(matches!(error, CrawlError::Store(StoreError::Full)));
}

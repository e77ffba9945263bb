//! The promise of docs/: the JSON Schema and docs/fields.md tell every field of an exported record,
//! and none that is not there. After a change of the record's type write the schema again with
//! `KHOTIN_WRITE_SCHEMA=1 cargo test --test fields`, then docs/fields.md by hand.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use khotin::model::{
    Article, ArticleKey, Observation, SameAs, SameEvidence, Strength, TextDigest, TitleDate,
};
use khotin::same::with_partner;
use khotin::store::fold::fold;
use schemars::generate::SchemaSettings;
use serde_json::Value;

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(name)
}

/// The schema of what is written, not of what can be read: every field is required.
fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    generator.into_root_schema_for::<Article>().to_value()
}

/// Paths of all fields that a schema allows: `title`, `images[].caption`, `evidence.*.raw`.
fn schema_paths(root: &Value, schema: &Value, path: &str, paths: &mut BTreeSet<String>) {
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|r| r.strip_prefix("#/$defs/"))
    {
        schema_paths_of_parts(
            root,
            &root["$defs"].get(name).cloned().unwrap_or_default(),
            path,
            paths,
        );
    }
    for ways in ["anyOf", "oneOf", "allOf"] {
        for way in schema[ways].as_array().into_iter().flatten() {
            schema_paths(root, way, path, paths);
        }
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = join(path, name);
        schema_paths(root, field, &path, paths);
        paths.insert(path);
    }
    schema_paths_of_parts(root, &schema["items"], &format!("{path}[]"), paths);
    schema_paths_of_parts(
        root,
        &schema["additionalProperties"],
        &format!("{path}.*"),
        paths,
    );
}

fn schema_paths_of_parts(root: &Value, part: &Value, path: &str, paths: &mut BTreeSet<String>) {
    if part.is_object() {
        schema_paths(root, part, path, paths);
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// Paths of all fields of a value, in the words of [`schema_paths`].
fn value_paths(value: &Value, path: &str, known: &BTreeSet<String>, paths: &mut BTreeSet<String>) {
    let is_map = known
        .iter()
        .any(|known| known.starts_with(&format!("{path}.*")));
    for item in value.as_array().into_iter().flatten() {
        value_paths(item, &format!("{path}[]"), known, paths);
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        if is_map {
            value_paths(field, &format!("{path}.*"), known, paths);
        } else {
            let path = join(path, name);
            value_paths(field, &path, known, paths);
            paths.insert(path);
        }
    }
}

fn known_paths() -> BTreeSet<String> {
    let root = schema();
    let mut paths = BTreeSet::new();
    schema_paths(&root, &root, "", &mut paths);
    paths
}

#[test]
fn the_schema_file_is_the_types() {
    let mut text = serde_json::to_string_pretty(&schema()).unwrap();
    text.push('\n');
    let file = docs("article.schema.json");
    if std::env::var_os("KHOTIN_WRITE_SCHEMA").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == text,
        "docs/article.schema.json is old; see the head of tests/fields.rs"
    );
}

#[test]
fn the_page_tells_every_field_and_no_other() {
    let page = fs::read_to_string(docs("fields.md")).unwrap();
    let mut told = BTreeSet::new();
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        // A `\|` is a bar inside a cell.
        let row = row.replace(r"\|", "/");
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [field, kind, example, meaning] = cells[..] else {
            panic!("not four cells: {row}")
        };
        let is_container = kind.contains("object");
        assert!(!kind.is_empty() && !meaning.is_empty(), "{row}");
        assert!(is_container || !example.is_empty(), "no example: {row}");
        assert!(
            told.insert(field.trim_matches('`').to_owned()),
            "twice: {field}"
        );
    }
    let known = known_paths();
    let untold: Vec<_> = known.difference(&told).collect();
    assert!(untold.is_empty(), "docs/fields.md misses {untold:?}");
    let unknown: Vec<_> = told.difference(&known).collect();
    assert!(
        unknown.is_empty(),
        "docs/fields.md tells of {unknown:?}, which no record has"
    );
}

#[test]
fn a_full_record_has_every_field_and_no_other() {
    let observations: Vec<Observation> = serde_json::from_str(OBSERVATIONS).unwrap();
    let partner = SameAs {
        key: ArticleKey::new("demo:portal:1"),
        strength: Strength::Both,
        evidence: SameEvidence {
            title_date: Some(TitleDate {
                title: "tên".to_owned(),
                date: "2025-04-29".to_owned(),
            }),
            text: Some(TextDigest {
                sha256: "e3b0".to_owned(),
                words: 100,
            }),
        },
    };
    let article = with_partner(fold(&observations).unwrap(), Some(partner));
    let json = serde_json::to_value(&article).unwrap();
    let known = known_paths();
    let mut paths = BTreeSet::new();
    value_paths(&json, "", &known, &mut paths);
    assert_eq!(paths, known);
    let again: Article = serde_json::from_value(json).unwrap();
    assert_eq!(again, article);
}

#[test]
fn a_bare_record_has_the_same_fields() {
    let observations: Vec<Observation> = serde_json::from_str(OBSERVATIONS).unwrap();
    let listed = fold(&observations[1..]).unwrap();
    let json = serde_json::to_value(&listed).unwrap();
    let names: BTreeSet<&str> = json
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let schema = schema();
    let required = schema["required"].as_array().unwrap().iter();
    assert_eq!(names, required.map(|name| name.as_str().unwrap()).collect());
    assert_eq!(
        (&json["text"], &json["source"], &json["lead"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
}

/// An article page with everything in it, the places of files as in a record that is given out, and a line
/// of a listing.
const OBSERVATIONS: &str = r#"[
{
  "key": "demo:liferay:a-b", "site": "demo", "platform": "liferay", "sequence": 2, "position": 0,
  "public_url": "http://demo.khotin.test/tin/-/asset_publisher/3Yst7YhbkA5j/content/a-b",
  "seen_url": "http://demo.khotin.test/en/tin/-/asset_publisher/3Yst7YhbkA5j/content/a-b",
  "capture": {
    "sequence": 2, "used_as": "article", "request_url": "http://demo.khotin.test/en/tin/-/asset_publisher/3Yst7YhbkA5j/content/a-b",
    "time": "2025-04-29T10:00:02.000000Z", "status": 200, "via": "override", "payload_sha1": "A", "payload_sha256": "a",
    "warc_file": "a.warc.gz", "warc_offset": 200, "warc_record_id": "urn:uuid:2",
    "foreign": { "sha256": "b", "member": "archive/a.warc.gz" }
  },
  "sighting": {
    "kind": "article",
    "content": {
      "title": "Tên", "lead": "Sapo",
      "published": {
        "at": "2025-04-29T16:07:00+07:00", "utc": "2025-04-29T09:07:00Z", "raw": "29/04/2025 | 16:07 PM",
        "precision": "minute", "zone": "rule", "from": "article", "flags": ["marker_redundant"]
      },
      "blocks": [
        { "type": "paragraph", "text": "Một" }, { "type": "heading", "text": "Mục", "level": 2 },
        { "type": "list", "ordered": true, "items": ["a"] }, { "type": "table", "rows": [["1", "2"]] },
        { "type": "quote", "text": "Lời" }, { "type": "image", "position": 1 }, { "type": "embed", "position": 1 }
      ],
      "images": [{
        "position": 1, "url": "https://a.vn/thumb_w/640/1.jpg", "original_url": "https://a.vn/1.jpg", "alt": "Tên - Ảnh 1.",
        "caption": "Chú thích.", "credit": "K.V", "caption_raw": "Chú thích. Ảnh: K.V", "after_block": 5, "inferred": false,
        "archived": { "sequence": 3, "request_url": "https://a.vn/thumb_w/640/1.jpg", "time": "2025-04-29T10:00:03.000000Z", "status": 200, "content_type": "x/y",
          "bytes": 5, "payload_sha1": "C", "payload_sha256": "c", "warc_file": "a.warc.gz", "warc_offset": 300, "warc_record_id": "urn:uuid:3" },
        "original_archived": { "sequence": 3, "request_url": "https://a.vn/1.jpg", "time": "2025-04-29T10:00:03.000000Z", "status": 200, "content_type": "x/y",
          "bytes": 5, "payload_sha1": "C", "payload_sha256": "c", "warc_file": "a.warc.gz", "warc_offset": 300, "warc_record_id": "urn:uuid:3" }
      }, {
        "position": 2, "url": null, "original_url": null, "alt": null, "caption": null, "credit": null, "caption_raw": null,
        "after_block": 5, "inferred": true, "archived": { "missing": "z" }, "original_archived": { "missing": "z" }
      }],
      "related": [{ "position": 1, "title": "Khác", "url": "https://a.vn/c-d", "key": "demo:liferay:c-d" }],
      "attachments": [
        { "url": "https://a.vn/x.pdf", "label": "Tải", "media_type": "application/pdf", "archived": { "sequence": 3, "request_url": "https://a.vn/x.pdf", "time": "2025-04-29T10:00:03.000000Z", "status": 200, "content_type": "x/y",
          "bytes": 5, "payload_sha1": "C", "payload_sha256": "c", "warc_file": "a.warc.gz", "warc_offset": 300, "warc_record_id": "urn:uuid:3" } },
        { "url": null, "label": "Tải", "media_type": null, "archived": { "missing": "z" } }
      ],
      "links": [{ "url": "https://a.vn/y", "text": "đây" }],
      "embeds": [{ "position": 1, "kind": "iframe", "url": "https://a.vn/z" }],
      "source": { "name": "Báo Mẫu", "url": "https://a.vn/", "raw": "Nguồn: Báo Mẫu", "is_reprint": true },
      "author": "Minh An", "language": "vi"
    },
    "content_digest": "d1", "categories": ["Hoạt động"],
    "evidence": { "title": { "raw": " Tên ", "selector": "h3", "alternative": 1 }, "lead": { "missing": "its selector found nothing" } },
    "warnings": [{ "code": "caption_suspected", "detail": "x" }]
  },
  "profile": { "site": "demo", "layout": "liferay-article", "digest": "p" }, "synthetic": true
},
{
  "key": "demo:liferay:a-b", "site": "demo", "platform": "liferay", "sequence": 1, "position": 3,
  "public_url": "http://demo.khotin.test/tin/-/asset_publisher/3Yst7YhbkA5j/content/a-b", "seen_url": null,
  "capture": {
    "sequence": 1, "used_as": "listing", "request_url": "http://demo.khotin.test/tin", "time": "2025-04-29T10:00:00.000000Z",
    "status": 200, "via": "override", "payload_sha1": "B", "payload_sha256": "b",
    "warc_file": "a.warc.gz", "warc_offset": 100, "warc_record_id": "urn:uuid:1"
  },
  "sighting": {
    "kind": "listed", "section": "tin", "position": 3, "title": "Tên",
    "published": {
      "at": "2025-04-29T16:07:00+07:00", "utc": "2025-04-29T09:07:00Z", "raw": "Thứ Ba, ngày 29/04/2025 09:07",
      "precision": "minute", "zone": "rule", "from": "listing", "flags": []
    },
    "stamp_raw": "Thứ Ba, ngày 29/04/2025 09:07", "summary": "Sáng nay...", "summary_cut": true,
    "evidence": { "title": { "raw": "Tên", "selector": "h3 > a", "alternative": 0 }, "summary": { "missing": "no rule" } },
    "warnings": [{ "code": "odd", "detail": "y" }]
  },
  "profile": { "site": "demo", "layout": "liferay-listing", "digest": "p" }, "synthetic": true
}]"#;

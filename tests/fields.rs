//! The promise of docs: the JSON Schema and docs/fields.md tell every field of an exported record,
//! and no field that is not there. After a change of the record's type write the schema again with
//! `KHOTIN_WRITE_SCHEMA=1 cargo test --test fields`, then docs/fields.md by hand.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use khotin::model::Article;
use khotin::store::fold::fold;
use serde_json::{Map, Value};

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(name)
}

fn schema() -> Value {
    let mut schema = schemars::schema_for!(Article).to_value();
    schema["$id"] = Value::from("https://khotin.invalid/article.schema.json");
    schema
}

/// Paths of all fields below a schema: `title`, `images[].caption`, `evidence.*.raw`.
fn schema_paths(root: &Value, schema: &Value, path: &str, paths: &mut BTreeSet<String>) {
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|r| r.strip_prefix("#/$defs/"))
    {
        schema_paths(root, &root["$defs"][name], path, paths);
    }
    for way in ["anyOf", "oneOf", "allOf"] {
        for schema in schema[way].as_array().into_iter().flatten() {
            schema_paths(root, schema, path, paths);
        }
    }
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let path = join(path, name);
        schema_paths(root, schema, &path, paths);
        paths.insert(path);
    }
    if schema["items"].is_object() {
        schema_paths(root, &schema["items"], &format!("{path}[]"), paths);
    }
    if schema["additionalProperties"].is_object() {
        schema_paths(
            root,
            &schema["additionalProperties"],
            &format!("{path}.*"),
            paths,
        );
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// Paths of all fields below a value; `is_map` tells which objects have names of their own.
fn value_paths(value: &Value, path: &str, known: &BTreeSet<String>, paths: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => {
            for item in items {
                value_paths(item, &format!("{path}[]"), known, paths);
            }
        }
        Value::Object(fields) => {
            let is_map = known
                .iter()
                .any(|known| known.starts_with(&format!("{path}.*")));
            for (name, field) in fields {
                let inner = if is_map {
                    format!("{path}.*")
                } else {
                    join(path, name)
                };
                value_paths(field, &inner, known, paths);
                if !is_map {
                    paths.insert(inner);
                }
            }
        }
        _ => {}
    }
}

fn paths() -> BTreeSet<String> {
    let root = schema();
    let mut paths = BTreeSet::new();
    schema_paths(&root, &root, "", &mut paths);
    paths
}

#[test]
fn print_paths() {
    for p in paths() {
        println!("{p}");
    }
}

//! Data package: datapackage.json, by which programs know what each CSV table is (Frictionless Data
//! Package 1, profile `tabular-data-package`). In: the tables' files; out: path, length, digest, dialect,
//! and for each column its type and what it holds, in English and, under names of our own ending in
//! `_vi`, in Vietnamese.
//!
//! There are no `licenses`: the ministry states none, and a program must not think otherwise. Nothing
//! in it tells the time, so the same tables give the same bytes.

use std::path::Path;

use serde_json::{Value, json};

use super::ExportError;
use super::columns::{Column, Kind};
use super::json::write_pretty;
use super::manifest::{ExportedFile, Manifest};
use super::names::RIGHTS;
use super::row::Table;
use super::sink::{Sink, Tally};
use crate::lang::{Lang, Words, words};

const FILE: &str = "datapackage.json";

const TITLE: Words = words(
    "News of ministries, archived",
    "Tin tức của các bộ, đã lưu trữ",
);
const ABOUT: Words = words(
    "Articles that khotin archived, as tables joined by `key`. `licenses` is left out, which is no \
     permission. ",
    "Các bài do khotin lưu trữ, thành các bảng nối với nhau bằng `key`. Không có `licenses` không có nghĩa \
     là được phép. ",
);
const SYNTHETIC: Words = words(
    "SYNTHETIC: rows of the site `demo` are made up and never news. ",
    "DỮ LIỆU GIẢ LẬP: các dòng của trang `demo` là bịa ra, không bao giờ là tin thật. ",
);

/// Writes it beside the files of the tables, and tells of it; its rows are the tables.
pub(super) fn write(
    folder: &Path,
    tables: &[(Table, ExportedFile)],
    manifest: &Manifest,
) -> Result<ExportedFile, ExportError> {
    let path = folder.join(FILE);
    let mut sink = Sink::create(&path)?;
    let package = package(tables, manifest);
    write_pretty(&mut sink, &package).map_err(ExportError::io("write", &path))?;
    let rows = u64::try_from(tables.len()).unwrap_or(u64::MAX);
    sink.seal(Tally::of_rows(rows))
}

fn package(tables: &[(Table, ExportedFile)], manifest: &Manifest) -> Value {
    let made_up = (manifest.synthetic_articles > 0).then_some(SYNTHETIC);
    let about = |lang: Lang| {
        let parts = made_up.into_iter().chain([ABOUT, RIGHTS]);
        parts.map(|part| lang.of(part)).collect::<String>()
    };
    let resources = tables.iter().map(|(table, file)| resource(*table, file));
    json!({
        "profile": "tabular-data-package",
        "name": "khotin-export",
        "title": TITLE.en,
        "title_vi": TITLE.vi,
        "description": about(Lang::En),
        "description_vi": about(Lang::Vi),
        "khotin": manifest.khotin,
        "resources": resources.collect::<Vec<_>>(),
    })
}

fn resource(table: Table, file: &ExportedFile) -> Value {
    let (title, about) = (table.label(), table.about());
    let columns = table.columns().iter();
    let key = primary_key(table);
    let fields = columns.map(|column| field(column, key.contains(&column.name)));
    let mut schema = json!({
        "fields": fields.collect::<Vec<_>>(),
        "missingValues": [""],
        "primaryKey": key,
    });
    if table != Table::Articles
        && let Some(schema) = schema.as_object_mut()
    {
        let reference = json!({ "resource": Table::Articles.as_str(), "fields": "key" });
        let to_articles = json!([{ "fields": "key", "reference": reference }]);
        schema.insert("foreignKeys".to_owned(), to_articles);
    }
    json!({
        "profile": "tabular-data-resource",
        "name": table.as_str(),
        "title": title.en,
        "title_vi": title.vi,
        "description": about.en,
        "description_vi": about.vi,
        "path": file.name,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": file.bytes,
        "hash": format!("sha256:{}", file.sha256),
        "dialect": {
            "delimiter": ",",
            "lineTerminator": "\r\n",
            "quoteChar": "\"",
            "doubleQuote": true,
            "skipInitialSpace": false,
            "header": true,
        },
        "schema": schema,
    })
}

fn field(column: &Column, is_key: bool) -> Value {
    let kind = match column.kind {
        Kind::Text => "string",
        Kind::Number => "integer",
        Kind::Boolean => "boolean",
        Kind::TimeUtc | Kind::TimeVietnam => "datetime",
        Kind::Date => "date",
        Kind::TimeOfDay => "time",
    };
    let mut field = json!({
        "name": column.name,
        "type": kind,
        "title": column.label.en,
        "title_vi": column.label.vi,
        "description": column.about.en,
        "description_vi": column.about.vi,
    });
    if is_key && let Some(field) = field.as_object_mut() {
        field.insert("constraints".to_owned(), json!({ "required": true }));
    }
    field
}

/// The columns that no two rows of a table have alike, none of them ever empty.
fn primary_key(table: Table) -> &'static [&'static str] {
    match table {
        Table::Articles => &["key"],
        Table::Images | Table::Related | Table::Attachments => &["key", "position"],
        // Not the section, which may be empty; a capture is of one section at most.
        Table::Listings => &["key", "capture"],
        Table::Versions => &["key", "number"],
        Table::Changes => &["key", "sequence", "change"],
    }
}

//! Schema: which columns the table has, and what a file says of itself.
//!
//! The columns are those of articles.csv with the types that their [`Kind`] promises, except that what CSV
//! joins or counts is a list here: `flags` and `sections` of texts, `images`, `related`, `attachments`
//! and `listings` of structs with the columns of those tables. In partitioned files `site` stands in the
//! path alone, because readers add it from there.

use std::io;
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnPath, TypePtr};
use serde_json::{Map, Value, json};

use super::super::ExportQuery;
use super::super::columns::{ARTICLE_COLUMNS, Column, Kind};
use super::super::row::Table;
use super::Partition;
use crate::lang::{Words, words};
use crate::model::Article;

/// Level 3, the usual one of zstd: half of a level 1 file's surplus for little time. Our choice.
const ZSTD_LEVEL: i32 = 3;

/// One column of the table.
pub(super) enum Field {
    /// A value: the cell of articles.csv at this place.
    Plain { cell: usize, column: Column },
    /// A list of texts.
    Texts {
        name: &'static str,
        label: Words,
        about: Words,
        of: fn(&Article) -> &[String],
    },
    /// A list of structs: the rows of a table, without `key`.
    Rows {
        table: Table,
        label: Words,
        about: Words,
        /// The list is null where this cell of articles.csv is empty.
        null_as: Option<usize>,
    },
}

/// The columns, and how files are written.
pub(super) struct Schema {
    pub(super) fields: Vec<Field>,
    pub(super) message: TypePtr,
    pub(super) properties: WriterPropertiesPtr,
}

impl Schema {
    pub(super) fn new(partition: Partition, query: &ExportQuery) -> io::Result<Self> {
        let fields = fields(partition);
        let message = parse_message_type(&message_text(&fields)).map_err(io::Error::other)?;
        let level = ZstdLevel::try_new(ZSTD_LEVEL).map_err(io::Error::other)?;
        let properties = WriterProperties::builder()
            .set_created_by(format!("khotin version {}", env!("CARGO_PKG_VERSION")))
            .set_compression(Compression::ZSTD(level))
            // Hardly two texts are alike.
            .set_column_dictionary_enabled(ColumnPath::from("text"), false)
            // Statistics of pages would be held in memory to the end.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .set_key_value_metadata(Some(said_of_itself(&fields, query)?))
            .build();
        Ok(Self {
            fields,
            message: Arc::new(message),
            properties: Arc::new(properties),
        })
    }
}

fn fields(partition: Partition) -> Vec<Field> {
    let is_in_the_path =
        |column: &Column| partition == Partition::SiteYear && column.name == "site";
    let mut fields: Vec<Field> = ARTICLE_COLUMNS
        .into_iter()
        .enumerate()
        .filter(|(_, column)| !is_in_the_path(column))
        .map(|(cell, column)| field(cell, column))
        .collect();
    fields.push(Field::Rows {
        table: Table::Listings,
        label: words("Listings", "Danh sách"),
        about: words(
            "what the newest listing of each section said",
            "những gì danh sách mới nhất của mỗi mục ghi về bài",
        ),
        null_as: None,
    });
    fields
}

fn field(cell: usize, column: Column) -> Field {
    let texts = |about, of| Field::Texts {
        name: column.name,
        label: column.label,
        about,
        of,
    };
    let rows = |table, about| Field::Rows {
        table,
        label: column.label,
        about,
        null_as: Some(cell),
    };
    match column.name {
        "flags" => texts(
            words(
                "what is odd, as stable words",
                "những điều bất thường, bằng từ cố định",
            ),
            |article| &article.flags,
        ),
        "sections" => texts(
            words(
                "sections and categories that showed it",
                "các mục và chuyên mục có bài này",
            ),
            |article| &article.sections,
        ),
        "images" => rows(
            Table::Images,
            words(
                "pictures and captions in page order; null while only a listing is known",
                "ảnh và chú thích theo thứ tự trong trang; null khi mới thấy trong danh sách",
            ),
        ),
        "attachments" => rows(
            Table::Attachments,
            words(
                "files that it offers; null while only a listing is known",
                "tệp đính kèm; null khi mới thấy trong danh sách",
            ),
        ),
        "related" => rows(
            Table::Related,
            words(
                "titles under \"Tin liên quan\"; null while only a listing is known",
                "các tiêu đề dưới \"Tin liên quan\"; null khi mới thấy trong danh sách",
            ),
        ),
        _ => Field::Plain { cell, column },
    }
}

impl Field {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Plain { column, .. } => column.name,
            Self::Texts { name, .. } => name,
            Self::Rows { table, .. } => table.as_str(),
        }
    }

    /// The columns of a struct: those of the table without `key`, each with its place in a row.
    pub(super) fn parts(table: Table) -> impl Iterator<Item = (usize, &'static Column)> {
        let columns = table.columns().iter().enumerate();
        columns.filter(|(_, column)| column.name != "key")
    }
}

/// The schema in the language of the Parquet format's own tools.
fn message_text(fields: &[Field]) -> String {
    let mut message = "message articles {\n".to_owned();
    for field in fields {
        let name = field.name();
        let element = match field {
            Field::Plain { column, .. } => {
                message.push_str(&leaf(column));
                continue;
            }
            Field::Texts { .. } => "required binary element (STRING);\n".to_owned(),
            Field::Rows { table, .. } => {
                let parts = Field::parts(*table).map(|(_, column)| leaf(column));
                format!(
                    "required group element {{\n{}}}\n",
                    parts.collect::<String>()
                )
            }
        };
        message.push_str(&format!(
            "optional group {name} (LIST) {{ repeated group list {{ {element} }} }}\n"
        ));
    }
    message.push('}');
    message
}

fn leaf(column: &Column) -> String {
    let kind = match column.kind {
        Kind::Text => ("binary", " (STRING)"),
        Kind::Number => ("int64", ""),
        Kind::Boolean => ("boolean", ""),
        Kind::TimeUtc | Kind::TimeVietnam => ("int64", " (TIMESTAMP(MICROS,true))"),
        Kind::Date => ("int32", " (DATE)"),
        Kind::TimeOfDay => ("int64", " (TIME(MICROS,false))"),
    };
    format!("optional {} {}{};\n", kind.0, column.name, kind.1)
}

/// What stands in every file beside the rows: who wrote it, what was asked for, what columns are.
fn said_of_itself(fields: &[Field], query: &ExportQuery) -> io::Result<Vec<KeyValue>> {
    let columns: Map<String, Value> = fields.iter().flat_map(described).collect();
    let said = [
        ("khotin.version", env!("CARGO_PKG_VERSION").to_owned()),
        ("khotin.query", serde_json::to_string(query)?),
        ("khotin.columns", serde_json::to_string(&columns)?),
    ];
    let said = said.map(|(key, value)| KeyValue::new(key.to_owned(), value));
    Ok(said.into())
}

/// A column by its path, `images.caption`, in both languages.
fn described(field: &Field) -> Vec<(String, Value)> {
    let said = |label: Words, about: Words| {
        json!({
            "en": { "label": label.en, "about": about.en },
            "vi": { "label": label.vi, "about": about.vi },
        })
    };
    let name = field.name().to_owned();
    match field {
        Field::Plain { column, .. } => vec![(name, said(column.label, column.about))],
        Field::Texts { label, about, .. } => vec![(name, said(*label, *about))],
        Field::Rows {
            table,
            label,
            about,
            ..
        } => {
            let parts = Field::parts(*table).map(|(_, column)| {
                let path = format!("{name}.{}", column.name);
                (path, said(column.label, column.about))
            });
            std::iter::once((name.clone(), said(*label, *about)))
                .chain(parts)
                .collect()
        }
    }
}

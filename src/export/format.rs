//! Format: in what an export is written, and the seam for one more.
//!
//! To add a format: a word in [`Format`], a writer in a file of its own that implements
//! [`FormatWriter`], a line in [`open`].

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::atom::AtomFeed;
use super::changes::ArticleWithEdits;
use super::csl::CslJson;
use super::csv::{Delimiter, SpreadsheetCsv, Tables};
use super::json::{JsonArray, JsonLines};
use super::manifest::{ExportedFile, Manifest};
use super::parquet::ParquetFiles;
use super::row::{Row, Table};
use super::xlsx::Xlsx;
use super::{ChangedSince, ExportError, ExportOptions, ExportQuery};
use crate::model::Article;

/// In what an export is written. The order is that in which files are finished: what tells of the other
/// files comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// All tables as CSV for programs.
    Csv,
    /// The articles as CSV for a double click, where the PC separates lists by commas.
    ExcelComma,
    /// The same, where the PC separates lists by semicolons, as with Vietnamese settings.
    ExcelSemicolon,
    /// The whole records, one a line.
    Jsonl,
    /// The whole records as one array.
    Json,
    /// The articles as Parquet, typed, with lists inside.
    Parquet,
    /// A feed of the newest articles.
    Atom,
    /// One item an article for reference managers.
    CslJson,
    /// All tables as one workbook, for people. It tells of the other files, so it comes last.
    Xlsx,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 9] = [
        Self::Csv,
        Self::ExcelComma,
        Self::ExcelSemicolon,
        Self::Jsonl,
        Self::Json,
        Self::Parquet,
        Self::Atom,
        Self::CslJson,
        Self::Xlsx,
    ];

    /// What an export holds unless something else is asked for.
    pub const DEFAULT: [Self; 4] = [Self::Csv, Self::ExcelSemicolon, Self::Jsonl, Self::Xlsx];

    /// The word on the command line and in config.toml.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::ExcelComma => "excel-comma",
            Self::ExcelSemicolon => "excel-semicolon",
            Self::Jsonl => "jsonl",
            Self::Json => "json",
            Self::Parquet => "parquet",
            Self::Atom => "atom",
            Self::CslJson => "csl-json",
            Self::Xlsx => "xlsx",
        }
    }
    /// True for a view for people, in which a tombstone would be a line about nothing. Articles that are
    /// withheld are left out of it.
    pub fn is_view(self) -> bool {
        matches!(self, Self::Atom | Self::CslJson)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        all.find(|format| format.as_str() == text)
            .ok_or_else(|| format!("it is one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

/// The rows of one article, by table.
pub(super) struct ArticleRows<'a>(Vec<(Table, Vec<Row<'a>>)>);

impl<'a> ArticleRows<'a> {
    /// `since`: only what captures since then showed is a change.
    pub(super) fn of(known: &'a ArticleWithEdits, since: Option<&ChangedSince>) -> Self {
        let rows = |table: Table| (table, table.rows(known, since));
        Self(Table::ALL.map(rows).into())
    }

    /// Every table with its rows, in the order of [`Table::ALL`].
    pub(super) fn tables(&self) -> impl Iterator<Item = (Table, &[Row<'a>])> {
        self.0.iter().map(|(table, rows)| (*table, rows.as_slice()))
    }

    /// The rows of one table.
    pub(super) fn table(&self, wanted: Table) -> &[Row<'a>] {
        let mut tables = self.tables();
        tables
            .find_map(|(table, rows)| (table == wanted).then_some(rows))
            .unwrap_or_default()
    }
}

/// The seam for one more format: articles in, one after the other, files out.
pub(super) trait FormatWriter {
    /// Writes one article; `rows` is the same article in rows.
    fn article(&mut self, article: &Article, rows: &ArticleRows<'_>) -> Result<(), ExportError>;

    /// Writes what is still in memory and tells of the files, which are then on the disk. `manifest`
    /// says what all of the export holds, and of the files that were finished before.
    fn finish(self: Box<Self>, manifest: &Manifest) -> Result<Vec<ExportedFile>, ExportError>;
}

/// Opens the files of a format in `folder`.
pub(super) fn open(
    format: Format,
    folder: &Path,
    options: &ExportOptions,
    query: &ExportQuery,
) -> Result<Box<dyn FormatWriter>, ExportError> {
    let spreadsheet = |delimiter| SpreadsheetCsv::create(folder, delimiter, options.cell_limit);
    Ok(match format {
        Format::Csv => Box::new(Tables::create(folder)?),
        Format::ExcelComma => Box::new(spreadsheet(Delimiter::Comma)?),
        Format::ExcelSemicolon => Box::new(spreadsheet(Delimiter::Semicolon)?),
        Format::Jsonl => Box::new(JsonLines::create(folder)?),
        Format::Json => Box::new(JsonArray::create(folder)?),
        Format::Parquet => Box::new(ParquetFiles::create(folder, options, query)?),
        Format::Atom => Box::new(AtomFeed::create(folder, options)?),
        Format::CslJson => Box::new(CslJson::create(folder, options)?),
        Format::Xlsx => Box::new(Xlsx::create(folder, options)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_read_from_its_word_and_no_other() {
        for format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
            let word = serde_json::to_value(format).unwrap();
            assert_eq!(word, format.as_str(), "in config.toml");
        }
        let error = "excel".parse::<Format>().unwrap_err();
        assert!(error.contains("excel-semicolon"), "{error}");
    }
}

//! Export: articles in, one at a time; a folder with CSV tables, JSON lines and a manifest out.
//!
//! ```text
//! exports/20261122T010203Z/  articles.csv images.csv related.csv attachments.csv listings.csv
//!                            articles-excel.csv  articles.jsonl  manifest.json
//! exports/latest             -> the newest of them
//! ```
//!
//! Always holds: an export is written whole, synced and only then renamed into place; it is never
//! replaced; an error leaves nothing behind. Articles are streamed: memory holds one of them. The
//! same articles in the same order give the same bytes, apart from the manifest's time.
//! `docs/exports.md` is the data dictionary. Not here: which articles there are and in which order
//! ([`crate::model::Article`] is the fold that the store makes).

mod columns;
mod csv;
mod error;
mod folder;
mod guard;
mod json;
mod manifest;
mod query;
mod row;
mod sink;

use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};

pub use columns::{
    ARTICLE_COLUMNS, ATTACHMENT_COLUMNS, CUT_CELLS_COLUMN, Column, IMAGE_COLUMNS, Kind,
    LISTING_COLUMNS, RELATED_COLUMNS,
};
pub use error::ExportError;
pub use guard::{EXCEL_CELL_LIMIT, GUARD, clean, cut, guard, unguard};
pub(crate) use json::Harmless;
pub use manifest::{ExportedFile, Manifest};
pub use query::{ExportQuery, Verdict};
pub use row::{Cell, Row, Table, profile_name, word_count};

use csv::{Canonical, Spreadsheet, TableWriter, Tally};
use folder::PartialFolder;
use json::JsonLines;
use sink::Sink;

const SPREADSHEET_FILE: &str = "articles-excel.csv";
const JSON_FILE: &str = "articles.jsonl";
const MANIFEST_FILE: &str = "manifest.json";

/// In what an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// All tables as CSV for programs.
    Csv,
    /// The articles as CSV for a double click.
    Excel,
    /// The whole records, one a line.
    Jsonl,
}

impl Format {
    /// All formats: what an export holds unless less is asked for.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Excel, Self::Jsonl];

    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Excel => "excel",
            Self::Jsonl => "jsonl",
        }
    }
}

/// Where and how an export is written.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// The folder of all exports: `output/exports`. Made if missing.
    pub dir: PathBuf,
    /// The export's own name in it: `20261122T010203Z`.
    pub name: String,
    /// In what it is written, at least one.
    pub formats: Vec<Format>,
    /// Longest cell of articles-excel.csv in UTF-16 code units, at most [`EXCEL_CELL_LIMIT`].
    pub cell_limit: usize,
}

impl ExportOptions {
    /// Every format, cells as long as Excel holds them.
    pub fn new(dir: impl Into<PathBuf>, name: impl Into<String>) -> Self {
        Self {
            dir: dir.into(),
            name: name.into(),
            formats: Format::ALL.to_vec(),
            cell_limit: EXCEL_CELL_LIMIT,
        }
    }

    fn check(&self) -> Result<(), ExportError> {
        if self.formats.is_empty() {
            return Err(ExportError::NoFormat);
        }
        if !(2..=EXCEL_CELL_LIMIT).contains(&self.cell_limit) {
            return Err(ExportError::CellLimit {
                limit: self.cell_limit,
            });
        }
        Ok(())
    }
}

/// An export that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportReport {
    /// Its folder.
    pub folder: PathBuf,
    /// What manifest.json says.
    pub manifest: Manifest,
}

impl ExportReport {
    /// The file to double-click, if it was asked for.
    pub fn spreadsheet(&self) -> Option<PathBuf> {
        let mut files = self.manifest.files.iter();
        let file = files.find(|file| file.name == SPREADSHEET_FILE)?;
        Some(self.folder.join(&file.name))
    }
}

/// Writes the articles that `query` wants into a new folder and lets `latest` lead to it.
///
/// Rows come in the order of `articles`. `now` is the manifest's time.
///
/// # Errors
/// [`ExportError`]; the first error of `articles` ends the export. Nothing is left behind, except
/// after [`ExportError::Latest`], where the export stands.
pub fn export<E>(
    articles: impl IntoIterator<Item = Result<crate::model::Article, E>>,
    query: ExportQuery,
    options: &ExportOptions,
    now: DateTime<Utc>,
) -> Result<ExportReport, ExportError>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    options.check()?;
    query.check()?;
    let folder = PartialFolder::create(&options.dir, &options.name)?;
    let mut files = Files::create(folder.path(), options)?;
    let mut manifest = Manifest::new(query, now.to_rfc3339_opts(SecondsFormat::Secs, true));
    let mut read = 0_u64;
    for article in articles {
        let article = article.map_err(|error| ExportError::Article {
            articles: read,
            source: error.into(),
        })?;
        read = read.saturating_add(1);
        match manifest.query.verdict(&article) {
            Verdict::In => files.write(&article, &mut manifest)?,
            Verdict::Out => {}
            Verdict::Undated => manifest.count_undated(),
        }
    }
    manifest.files = files.finish()?;
    write_manifest(&folder.path().join(MANIFEST_FILE), &manifest)?;
    Ok(ExportReport {
        folder: folder.publish()?,
        manifest,
    })
}

fn write_manifest(path: &Path, manifest: &Manifest) -> Result<(), ExportError> {
    let mut sink = Sink::create(path)?;
    json::write_pretty(&mut sink, manifest).map_err(ExportError::io("write", path))?;
    sink.seal()?;
    Ok(())
}

/// The open files of an export.
struct Files {
    tables: Vec<TableFile>,
    json: Option<(PathBuf, JsonLines)>,
}

/// A table's open file.
struct TableFile {
    table: Table,
    path: PathBuf,
    writer: Box<dyn TableWriter>,
}

impl Files {
    fn create(folder: &Path, options: &ExportOptions) -> Result<Self, ExportError> {
        let wants = |format| options.formats.contains(&format);
        let mut tables = Vec::new();
        if wants(Format::Csv) {
            for table in Table::ALL {
                let path = folder.join(format!("{}.csv", table.as_str()));
                let writer = Canonical::new(Sink::create(&path)?, table.columns());
                tables.push(TableFile::new(table, path, writer)?);
            }
        }
        if wants(Format::Excel) {
            let (table, path) = (Table::Articles, folder.join(SPREADSHEET_FILE));
            let sink = Sink::create(&path)?;
            let writer = Spreadsheet::new(sink, table.columns(), options.cell_limit);
            tables.push(TableFile::new(table, path, writer)?);
        }
        let json = match wants(Format::Jsonl) {
            false => None,
            true => {
                let path = folder.join(JSON_FILE);
                let lines = JsonLines::new(Sink::create(&path)?);
                Some((path, lines))
            }
        };
        Ok(Self { tables, json })
    }

    fn write(
        &mut self,
        article: &crate::model::Article,
        manifest: &mut Manifest,
    ) -> Result<(), ExportError> {
        manifest.count_article(article);
        for table in Table::ALL {
            let rows = table.rows(article);
            manifest.count_rows(table, &rows);
            for file in self.tables.iter_mut().filter(|file| file.table == table) {
                for row in &rows {
                    let written = file.writer.row(row);
                    written.map_err(ExportError::io("write", &file.path))?;
                }
            }
        }
        if let Some((path, lines)) = &mut self.json {
            let written = lines.article(article);
            written.map_err(ExportError::io("write", path))?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<ExportedFile>, ExportError> {
        let mut files = Vec::new();
        for TableFile { path, writer, .. } in self.tables {
            let (sink, tally) = writer.finish().map_err(ExportError::io("write", &path))?;
            files.push(exported_file(&path, sink, tally)?);
        }
        if let Some((path, lines)) = self.json {
            let (sink, rows) = lines.finish().map_err(ExportError::io("write", &path))?;
            let tally = Tally {
                rows,
                ..Tally::default()
            };
            files.push(exported_file(&path, sink, tally)?);
        }
        Ok(files)
    }
}

impl TableFile {
    fn new(
        table: Table,
        path: PathBuf,
        writer: io::Result<impl TableWriter + 'static>,
    ) -> Result<Self, ExportError> {
        let writer = writer.map_err(ExportError::io("write", &path))?;
        Ok(Self {
            table,
            path,
            writer: Box::new(writer),
        })
    }
}

fn exported_file(path: &Path, sink: Sink, tally: Tally) -> Result<ExportedFile, ExportError> {
    let sealed = sink.seal()?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(ExportedFile {
        name: name.into_owned(),
        rows: tally.rows,
        bytes: sealed.bytes,
        sha256: sealed.sha256,
        cells_cleaned: tally.cells_cleaned,
        cells_cut: tally.cells_cut,
    })
}

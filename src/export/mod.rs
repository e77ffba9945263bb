//! Export: articles in, one at a time; a folder with tables, JSON lines and a manifest out.
//!
//! ```text
//! exports/20261122T010203Z/  articles.csv images.csv related.csv attachments.csv listings.csv
//!                            versions.csv changes.csv datapackage.json
//!                            articles-excel-semicolon.csv articles.jsonl articles.xlsx
//!                            manifest.json SHA256SUMS
//! exports/latest             -> the newest of them that was to be it
//! ```
//!
//! Always holds: an export is written whole, synced and only then renamed into place; it is never
//! replaced; an error leaves nothing behind. Articles are streamed: memory holds one of them. The
//! same articles in the same order give the same bytes, apart from the manifest's time.
//! `docs/exports.md` is the data dictionary. Not here: which articles there are and in which order
//! ([`crate::model::Article`] is the fold that the store makes).

mod atom;
mod changes;
mod cite;
mod columns;
mod csl;
mod csv;
mod datapackage;
mod error;
mod fill;
mod folder;
mod format;
mod guard;
mod history;
mod json;
mod manifest;
mod names;
mod parquet;
mod query;
mod read_back;
mod row;
mod sink;
mod table_words;
mod xlsx;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};

pub use atom::{FEED_ENTRIES, MOST_FEED_ENTRIES};
pub use changes::{ArticleWithEdits, Change, ChangeKind, changes};
pub use cite::Citation;
pub use columns::{
    ARTICLE_COLUMNS, ATTACHMENT_COLUMNS, CHANGE_COLUMNS, CUT_CELLS_COLUMN, Column, Headers,
    IMAGE_COLUMNS, Kind, LISTING_COLUMNS, RELATED_COLUMNS, VERSION_COLUMNS,
};
pub use csl::CslItem;
pub use error::ExportError;
pub use fill::{profile_name, word_count};
pub(crate) use folder::lead_latest_to;
pub use format::Format;
pub use guard::{EXCEL_CELL_LIMIT, GUARD, clean, cut, guard, unguard};
pub(crate) use json::Harmless;
pub use manifest::{ExportedFile, Manifest};
pub use names::{Names, SiteNames};
pub use parquet::Partition;
pub use query::{ChangedSince, ExportQuery, Verdict};
pub use read_back::{Difference, ReadBack, ReadBackError, read_back};
pub use row::{Cell, Row, Table};
pub(crate) use xlsx::panic_is_caught;
pub use xlsx::{MOST_LINKS, MOST_ROWS, SheetLimits};

use csv::Delimiter;
use folder::PartialFolder;
use format::{ArticleRows, FormatWriter};
use sink::{Sink, Tally};

use crate::Lang;
use crate::model::State;
use crate::restrict::Withheld;

const MANIFEST_FILE: &str = "manifest.json";
const SUMS_FILE: &str = "SHA256SUMS";

/// Where and how an export is written.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// The folder of all exports: `output/exports`. Made if missing.
    pub dir: PathBuf,
    /// The export's own name in it: `20261122T010203Z`.
    pub name: String,
    /// In what it is written, at least one.
    pub formats: BTreeSet<Format>,
    /// The language of labels; names of columns in CSV and JSON are the same in every language.
    pub lang: Lang,
    /// Who runs the archive, and what the sites are called: for feeds and citations.
    pub names: Names,
    /// Entries of a feed, 1 to [`MOST_FEED_ENTRIES`].
    pub feed_entries: usize,
    /// How columns are named where people read them.
    pub headers: Headers,
    /// Into which files a Parquet table is parted.
    pub partition: Partition,
    /// Whether `latest` leads to it; false for a part of the articles that somebody wants once.
    pub leads_latest: bool,
    /// What is withheld: of these articles an export holds tombstones.
    pub withheld: Withheld,
    /// Longest cell of a spreadsheet in UTF-16 code units, at most [`EXCEL_CELL_LIMIT`].
    pub cell_limit: usize,
    /// How much goes into one sheet of a workbook.
    pub sheet_limits: SheetLimits,
}

impl ExportOptions {
    /// The usual formats, English labels, nothing withheld, cells as long as Excel holds them.
    pub fn new(dir: impl Into<PathBuf>, name: impl Into<String>) -> Self {
        Self {
            dir: dir.into(),
            name: name.into(),
            formats: BTreeSet::from(Format::DEFAULT),
            lang: Lang::default(),
            names: Names::default(),
            feed_entries: FEED_ENTRIES,
            headers: Headers::default(),
            partition: Partition::default(),
            leads_latest: true,
            withheld: Withheld::default(),
            cell_limit: EXCEL_CELL_LIMIT,
            sheet_limits: SheetLimits::default(),
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
        if !(1..=MOST_FEED_ENTRIES).contains(&self.feed_entries) {
            return Err(ExportError::FeedEntries {
                entries: self.feed_entries,
            });
        }
        if !self.sheet_limits.is_sound() {
            return Err(ExportError::SheetLimits {
                rows: self.sheet_limits.rows,
                links: self.sheet_limits.links,
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
        let csv = [Delimiter::Semicolon, Delimiter::Comma].map(Delimiter::file_name);
        let files = &self.manifest.files;
        let mut there = [xlsx::FILE.to_owned()]
            .into_iter()
            .chain(csv)
            .filter(|name| files.iter().any(|file| file.name == *name));
        Some(self.folder.join(there.next()?))
    }
}

/// Writes the articles that `query` wants into a new folder and, if the options say so, lets `latest` lead to
/// it.
///
/// Rows come in the order of `articles`, but tombstones come last, in the order of the keys that they
/// show: their place among the others would tell the words of the real key. `now` is the manifest's time.
///
/// # Errors
/// [`ExportError`]; the first error of `articles` ends the export. Nothing is left behind, except
/// after [`ExportError::Latest`], where the export stands.
pub fn export<A, E>(
    articles: impl IntoIterator<Item = Result<A, E>>,
    query: ExportQuery,
    options: &ExportOptions,
    now: DateTime<Utc>,
) -> Result<ExportReport, ExportError>
where
    A: Into<ArticleWithEdits>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    options.check()?;
    query.check()?;
    let folder = PartialFolder::create(&options.dir, &options.name)?;
    let mut writers = Vec::new();
    for format in &options.formats {
        let writer = format::open(*format, folder.path(), options, &query)?;
        writers.push((*format, writer));
    }
    let mut manifest = Manifest::new(query, now.to_rfc3339_opts(SecondsFormat::Secs, true));
    let mut read = 0_u64;
    let mut tombstones = Vec::new();
    for article in articles {
        let article = article.map_err(|error| ExportError::Article {
            articles: read,
            source: error.into(),
        })?;
        let mut known = article.into();
        read = read.saturating_add(1);
        // Before anything looks at it: neither a format nor a query sees what is withheld.
        known.article = options.withheld.shown(known.article);
        match manifest.query.verdict(&known.article) {
            Verdict::In if known.article.state == State::Withheld => tombstones.push(known),
            Verdict::In => write_article(&mut writers, &known, &mut manifest)?,
            Verdict::Out => {}
            Verdict::Undated => manifest.count_undated(),
            Verdict::Withheld => manifest.count_withheld(),
        }
    }
    tombstones.sort_by(|one, other| one.article.key.cmp(&other.article.key));
    for tombstone in &tombstones {
        write_article(&mut writers, tombstone, &mut manifest)?;
    }
    for (_, writer) in writers {
        let files = writer.finish(&manifest)?;
        manifest.files.extend(files);
    }
    let itself = write_manifest(&folder.path().join(MANIFEST_FILE), &manifest)?;
    let files = manifest.files.iter().chain([&itself]);
    write_sums(&folder.path().join(SUMS_FILE), files)?;
    Ok(ExportReport {
        folder: folder.publish(options.leads_latest)?,
        manifest,
    })
}

fn write_article(
    writers: &mut [(Format, Box<dyn FormatWriter>)],
    known: &ArticleWithEdits,
    manifest: &mut Manifest,
) -> Result<(), ExportError> {
    let rows = ArticleRows::of(known, manifest.query.changed_since.as_ref());
    manifest.count_article(&known.article);
    for (table, rows) in rows.tables() {
        manifest.count_rows(table, rows);
    }
    let is_tombstone = known.article.state == State::Withheld;
    for (_, writer) in writers
        .iter_mut()
        .filter(|(format, _)| !(is_tombstone && format.is_view()))
    {
        writer.article(&known.article, &rows)?;
    }
    Ok(())
}

fn write_manifest(path: &Path, manifest: &Manifest) -> Result<ExportedFile, ExportError> {
    let mut sink = Sink::create(path)?;
    json::write_pretty(&mut sink, manifest).map_err(ExportError::io("write", path))?;
    sink.seal(Tally::default())
}

/// A line a file, as `sha256sum -c` reads them. Names are ours, so none has a line break.
fn write_sums<'a>(
    path: &Path,
    files: impl Iterator<Item = &'a ExportedFile>,
) -> Result<(), ExportError> {
    let mut sink = Sink::create(path)?;
    for file in files {
        writeln!(sink, "{}  {}", file.sha256, file.name).map_err(ExportError::io("write", path))?;
    }
    sink.seal(Tally::default())?;
    Ok(())
}

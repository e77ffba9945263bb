//! XLSX: articles.xlsx, the file for people. Articles in; out comes one workbook with a first sheet
//! that says what it is ([`about`]), one sheet a table ([`sheets`]) and a dictionary of the columns
//! ([`dictionary`]).
//!
//! Always holds: text of the web is only ever written as a string, so nothing in the file is a
//! formula; numbers, times and truth values are typed ([`cells`]); a cell longer than a spreadsheet
//! holds is cut and named. Memory holds one row a table and the addresses of the links, at most
//! [`MOST_LINKS`] a sheet: rows wait in nameless files inside the folder of the export, which the
//! system drops with the process. The same articles and the same time give the same bytes.

mod about;
mod cells;
mod dictionary;
mod guarded;
mod look;
mod page;
mod sheets;

use std::collections::BTreeSet;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, Timelike};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use super::columns::Column;
use super::format::{ArticleRows, FormatWriter};
use super::manifest::{ExportedFile, Manifest};
use super::names::Names;
use super::row::Table;
use super::sink::{Sink, Tally};
use super::{ExportError, ExportOptions, Headers};
use crate::Lang;
use crate::lang::{Words, words};
use crate::model::Article;
use about::About;
use guarded::guarded;
pub(crate) use guarded::panic_is_caught;
use sheets::TableSheets;

pub(super) const FILE: &str = "articles.xlsx";

/// The most rows of a sheet below its header (Microsoft, "Excel specifications and limits":
/// 1,048,576 rows).
pub const MOST_ROWS: u32 = 1_048_575;
/// The most links of a sheet (the same: 65,530 hyperlinks in a worksheet).
pub const MOST_LINKS: u32 = 65_530;
/// Sheets that may be longer than this are packed with ZIP64, which not every old program reads. Half
/// of what a ZIP holds without, because [`sheets`] only estimates its bytes.
const LARGE_BYTES: u64 = 2 << 30;

/// How much goes into one sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SheetLimits {
    /// Rows below the header, at most [`MOST_ROWS`]; those beyond go into a second sheet.
    pub rows: u32,
    /// Links, at most [`MOST_LINKS`]; addresses beyond are plain text, and counted.
    pub links: u32,
}

impl Default for SheetLimits {
    /// As much as Excel holds.
    fn default() -> Self {
        Self {
            rows: MOST_ROWS,
            links: MOST_LINKS,
        }
    }
}

impl SheetLimits {
    /// Whether Excel holds as much, and there is room for a row.
    pub(super) fn is_sound(self) -> bool {
        (1..=MOST_ROWS).contains(&self.rows) && self.links <= MOST_LINKS
    }
}

/// In whose words the workbook speaks.
#[derive(Debug, Clone, Copy)]
struct Voice {
    lang: Lang,
    headers: Headers,
}

impl Voice {
    fn say(self, words: Words) -> &'static str {
        self.lang.of(words)
    }

    /// What stands above a column.
    fn header(self, column: &Column) -> &'static str {
        match self.headers {
            Headers::Label => self.say(column.label),
            Headers::Code => column.name,
        }
    }

    /// The name of a table's first sheet.
    fn sheet(self, table: Table) -> &'static str {
        match self.headers {
            Headers::Label => self.say(table.label()),
            Headers::Code => table.as_str(),
        }
    }
}

/// The workbook being written.
pub(super) struct Xlsx {
    path: PathBuf,
    workbook: Workbook,
    tables: Vec<TableSheets>,
    voice: Voice,
    names: Names,
    /// Site and host of the articles so far.
    sources: BTreeSet<(String, String)>,
}

impl Xlsx {
    pub(super) fn create(folder: &Path, options: &ExportOptions) -> Result<Self, ExportError> {
        let path = folder.join(FILE);
        let voice = Voice {
            lang: options.lang,
            headers: options.headers,
        };
        let (workbook, tables) = guarded(&path, || {
            let mut workbook = Workbook::new();
            workbook.set_tempdir(folder)?;
            let mut tables = Vec::new();
            for table in Table::ALL {
                tables.push(TableSheets::create(&mut workbook, table, voice, options)?);
            }
            Ok((workbook, tables))
        })?;
        Ok(Self {
            path,
            workbook,
            tables,
            voice,
            names: options.names.clone(),
            sources: BTreeSet::new(),
        })
    }

    /// Puts the sheets in order and writes the file.
    fn save(
        mut self,
        out: &mut (impl Write + Send),
        manifest: &Manifest,
        tally: Tally,
    ) -> Result<(), XlsxError> {
        let about = About {
            voice: self.voice,
            manifest,
            names: &self.names,
            sources: &self.sources,
            tally,
        };
        let about = about.sheet(&mut self.workbook, &self.tables)?;
        let dictionary = dictionary::sheet(&mut self.workbook, self.voice)?;
        self.workbook.push_worksheet(about);
        let bytes = self.tables.iter().map(TableSheets::bytes);
        let bytes = bytes.fold(0_u64, u64::saturating_add);
        self.workbook.use_zip_large_file(bytes > LARGE_BYTES);
        for table in self.tables {
            for sheet in table.into_sheets()? {
                self.workbook.push_worksheet(sheet);
            }
        }
        self.workbook.push_worksheet(dictionary);
        let properties = DocProperties::new()
            .set_title(self.voice.say(words(
                "News of Vietnamese ministries, archived by khotin",
                "Tin của các bộ, do khotin lưu trữ",
            )))
            .set_creation_datetime(&moment(&manifest.created)?);
        self.workbook.set_properties(&properties);
        self.workbook.save_to_writer(out)
    }
}

impl FormatWriter for Xlsx {
    fn article(&mut self, article: &Article, rows: &ArticleRows<'_>) -> Result<(), ExportError> {
        if let Some(host) = cells::host(&article.url) {
            self.sources
                .insert((article.site.as_str().to_owned(), host));
        }
        let (workbook, tables) = (&mut self.workbook, &mut self.tables);
        guarded(&self.path, || {
            for sheets in tables {
                for row in rows.table(sheets.table()) {
                    sheets.write(workbook, row, article.synthetic)?;
                }
            }
            Ok(())
        })
    }

    fn finish(self: Box<Self>, manifest: &Manifest) -> Result<Vec<ExportedFile>, ExportError> {
        let mut tally = Tally::default();
        for sheets in &self.tables {
            tally.add(sheets.tally());
        }
        let path = self.path.clone();
        let mut out = BufWriter::new(Sink::create(&path)?);
        guarded(&path, || self.save(&mut out, manifest, tally))?;
        let sink = out
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .map_err(ExportError::io("write", &path))?;
        Ok(vec![sink.seal(tally)?])
    }
}

/// A time of the manifest for the properties of the workbook.
fn moment(created: &str) -> Result<ExcelDateTime, XlsxError> {
    let wrong = |_| XlsxError::DateTimeParseError(created.to_owned());
    let time = DateTime::parse_from_rfc3339(created)
        .map_err(wrong)?
        .naive_utc();
    let year = u16::try_from(time.year()).unwrap_or_default();
    let part = |number: u32| u8::try_from(number).unwrap_or_default();
    ExcelDateTime::from_ymd(year, part(time.month()), part(time.day()))?.and_hms(
        u16::from(part(time.hour())),
        part(time.minute()),
        f64::from(time.second()),
    )
}

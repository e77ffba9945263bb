//! Tables as CSV: [`Tables`] for programs, with datapackage.json; [`SpreadsheetCsv`] for a double click.
//!
//! Both hold the same rows. Canonical is RFC 4180: UTF-8 without byte order mark, commas, CRLF after
//! each row, LF inside cells. Spreadsheet is what Excel opens right by a double click: byte order
//! mark, the separator of the PC (never a line `sep=`, which Excel takes for the mark's replacement),
//! cells guarded and cut ([`super::guard`]), and a last column `cut_cells`.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ::csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use super::columns::{CUT_CELLS_COLUMN, Column};
use super::datapackage;
use super::format::{ArticleRows, FormatWriter};
use super::guard::{clean, cut, guard};
use super::manifest::{ExportedFile, Manifest};
use super::row::{Row, Table};
use super::sink::{Sink, Tally};
use super::{ExportError, Format};
use crate::model::Article;

/// UTF-8's byte order mark, by which Excel knows UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// What separates the cells of a spreadsheet CSV: the list separator of the PC that opens it, which
/// follows its region, not the language of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delimiter {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
}

impl Delimiter {
    fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
        }
    }

    /// The file of the articles.
    pub(super) fn file_name(self) -> String {
        let format = match self {
            Self::Comma => Format::ExcelComma,
            Self::Semicolon => Format::ExcelSemicolon,
        };
        format!("articles-{format}.csv")
    }
}

/// All tables as CSV for programs.
pub(super) struct Tables {
    folder: PathBuf,
    writers: Vec<(Table, PathBuf, Canonical<Sink>)>,
}

impl Tables {
    pub(super) fn create(folder: &Path) -> Result<Self, ExportError> {
        let mut writers = Vec::new();
        for table in Table::ALL {
            let path = folder.join(format!("{}.csv", table.as_str()));
            let writer = Canonical::new(Sink::create(&path)?, table.columns());
            let writer = writer.map_err(ExportError::io("write", &path))?;
            writers.push((table, path, writer));
        }
        Ok(Self {
            folder: folder.to_owned(),
            writers,
        })
    }
}

impl FormatWriter for Tables {
    fn article(&mut self, _: &Article, rows: &ArticleRows<'_>) -> Result<(), ExportError> {
        for (table, path, writer) in &mut self.writers {
            for row in rows.table(*table) {
                writer.write(row).map_err(ExportError::io("write", path))?;
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>, manifest: &Manifest) -> Result<Vec<ExportedFile>, ExportError> {
        let mut tables = Vec::new();
        for (table, path, writer) in self.writers {
            let sink = close(writer.writer).map_err(ExportError::io("write", &path))?;
            tables.push((table, sink.seal(writer.tally)?));
        }
        let package = datapackage::write(&self.folder, &tables, manifest)?;
        let tables = tables.into_iter().map(|(_, file)| file);
        Ok(tables.chain([package]).collect())
    }
}

/// The articles as CSV for a double click.
pub(super) struct SpreadsheetCsv {
    path: PathBuf,
    writer: Spreadsheet<Sink>,
}

impl SpreadsheetCsv {
    pub(super) fn create(
        folder: &Path,
        delimiter: Delimiter,
        cell_limit: usize,
    ) -> Result<Self, ExportError> {
        let path = folder.join(delimiter.file_name());
        let sink = Sink::create(&path)?;
        let writer = Spreadsheet::new(sink, delimiter, Table::Articles.columns(), cell_limit);
        let writer = writer.map_err(ExportError::io("write", &path))?;
        Ok(Self { path, writer })
    }
}

impl FormatWriter for SpreadsheetCsv {
    fn article(&mut self, _: &Article, rows: &ArticleRows<'_>) -> Result<(), ExportError> {
        for row in rows.table(Table::Articles) {
            let written = self.writer.write(row);
            written.map_err(ExportError::io("write", &self.path))?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>, _: &Manifest) -> Result<Vec<ExportedFile>, ExportError> {
        let sink = close(self.writer.writer).map_err(ExportError::io("write", &self.path))?;
        Ok(vec![sink.seal(self.writer.tally)?])
    }
}

/// One table as CSV for programs.
struct Canonical<W: Write> {
    writer: Writer<W>,
    tally: Tally,
}

impl<W: Write> Canonical<W> {
    /// Writes the header.
    fn new(out: W, columns: &[Column]) -> io::Result<Self> {
        let mut writer = writer(b',', out);
        writer.write_record(columns.iter().map(|column| column.name))?;
        let tally = Tally::default();
        Ok(Self { writer, tally })
    }

    fn write(&mut self, row: &Row<'_>) -> io::Result<()> {
        for cell in &row.cells {
            let text = cell.text();
            self.writer
                .write_field(cleaned(&text, &mut self.tally).as_bytes())?;
        }
        end_of_row(&mut self.writer)?;
        self.tally.rows = self.tally.rows.saturating_add(1);
        Ok(())
    }
}

/// One table as CSV for a double click.
struct Spreadsheet<W: Write> {
    writer: Writer<W>,
    columns: &'static [Column],
    cell_limit: usize,
    tally: Tally,
}

impl<W: Write> Spreadsheet<W> {
    /// Writes byte order mark and header. `cell_limit` is in UTF-16 code units, guard included.
    fn new(
        mut out: W,
        delimiter: Delimiter,
        columns: &'static [Column],
        cell_limit: usize,
    ) -> io::Result<Self> {
        out.write_all(BYTE_ORDER_MARK)?;
        let mut writer = writer(delimiter.byte(), out);
        for column in columns.iter().chain([&CUT_CELLS_COLUMN]) {
            writer.write_field(guard(column.name).as_bytes())?;
        }
        end_of_row(&mut writer)?;
        Ok(Self {
            writer,
            columns,
            cell_limit,
            tally: Tally::default(),
        })
    }

    fn write(&mut self, row: &Row<'_>) -> io::Result<()> {
        let mut cut_cells = Vec::new();
        for (column, cell) in self.columns.iter().zip(&row.cells) {
            let text = cell.text();
            let cleaned = cleaned(&text, &mut self.tally);
            let guarded = guard(&cleaned);
            let fits = cut(&guarded, self.cell_limit);
            if fits.len() < guarded.len() {
                cut_cells.push(column.name);
                self.tally.cells_cut = self.tally.cells_cut.saturating_add(1);
            }
            self.writer.write_field(fits.as_bytes())?;
        }
        self.writer.write_field(cut_cells.join("; ").as_bytes())?;
        end_of_row(&mut self.writer)?;
        self.tally.rows = self.tally.rows.saturating_add(1);
        Ok(())
    }
}

fn writer<W: Write>(delimiter: u8, out: W) -> Writer<W> {
    WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(Terminator::CRLF)
        .quote_style(QuoteStyle::Necessary)
        .from_writer(out)
}

fn end_of_row<W: Write>(writer: &mut Writer<W>) -> io::Result<()> {
    writer.write_record(None::<&[u8]>)?;
    Ok(())
}

fn cleaned<'a>(text: &'a str, tally: &mut Tally) -> Cow<'a, str> {
    let cleaned = clean(text);
    if matches!(cleaned, Cow::Owned(_)) {
        tally.cells_cleaned = tally.cells_cleaned.saturating_add(1);
    }
    cleaned
}

fn close<W: Write>(writer: Writer<W>) -> io::Result<W> {
    writer
        .into_inner()
        .map_err(::csv::IntoInnerError::into_error)
}

#[cfg(test)]
mod tests {
    use ::csv::ReaderBuilder;
    use proptest::prelude::*;

    use super::super::columns::RELATED_COLUMNS;
    use super::super::guard::unguard;
    use super::super::row::Cell;
    use super::*;

    const WIDTH: usize = RELATED_COLUMNS.len();

    fn read(bytes: &[u8], delimiter: u8) -> Vec<Vec<String>> {
        let mut reader = ReaderBuilder::new().delimiter(delimiter).from_reader(bytes);
        let rows = reader.records();
        rows.map(|row| row.unwrap().iter().map(str::to_owned).collect())
            .collect()
    }

    fn any_cell() -> impl Strategy<Value = String> {
        prop_oneof![
            "(?s)[=+@'\"\t\r\n,; -]{0,4}.{0,6}",
            "(?s).{0,12}",
            Just(String::new()),
        ]
    }

    #[test]
    fn a_column_name_is_guarded_like_a_cell() {
        const COLUMNS: [Column; 1] = [Column {
            name: "=1+1",
            ..CUT_CELLS_COLUMN
        }];
        let spreadsheet =
            Spreadsheet::new(Vec::new(), Delimiter::Semicolon, &COLUMNS, 32_767).unwrap();
        let bytes = close(spreadsheet.writer).unwrap();
        assert_eq!(bytes, "\u{FEFF}'=1+1;cut_cells\r\n".as_bytes());
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(
            given in prop::collection::vec(prop::collection::vec(any_cell(), WIDTH), 0..4),
        ) {
            let rows = given.iter().map(|cells| Row {
                cells: cells.iter().map(Cell::from).collect(),
            });
            let mut canonical = Canonical::new(Vec::new(), &RELATED_COLUMNS).unwrap();
            let mut spreadsheet = Spreadsheet::new(Vec::new(), Delimiter::Semicolon, &RELATED_COLUMNS, 32_767).unwrap();
            for row in rows {
                canonical.write(&row).unwrap();
                spreadsheet.write(&row).unwrap();
            }
            prop_assert_eq!(canonical.tally.rows, given.len() as u64);
            let canonical = close(canonical.writer).unwrap();
            let spreadsheet = close(spreadsheet.writer).unwrap();

            let expected: Vec<Vec<_>> = given
                .iter()
                .map(|cells| cells.iter().map(|cell| clean(cell).into_owned()).collect())
                .collect();
            prop_assert_eq!(&read(&canonical, b','), &expected);
            let unguarded: Vec<Vec<_>> = read(&spreadsheet, b';')
                .iter()
                .map(|cells| cells[..WIDTH].iter().map(|cell| unguard(cell).to_owned()).collect())
                .collect();
            prop_assert_eq!(&unguarded, &expected);
        }
    }
}

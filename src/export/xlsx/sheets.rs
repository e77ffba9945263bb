//! The sheets of one table: rows in, one sheet out, or several where the rows are more than one
//! holds. Each is ready to read: header frozen, filter set, columns as wide as they need.

use rust_xlsxwriter::{Format, Url, Workbook, Worksheet, XlsxError};

use super::cells::{self, SheetCell};
use super::{SheetLimits, Voice, look, page};
use crate::export::ExportOptions;
use crate::export::columns::{CUT_CELLS_COLUMN, Column};
use crate::export::row::{Cell, Row, Table};
use crate::export::sink::Tally;

/// Between the parts of a cell that holds several.
const JOINT: &str = "; ";
/// What the XML around a value takes at most.
const BYTES_A_CELL: u64 = 100;
/// What an escaped character takes more than its byte.
const BYTES_AN_ESCAPE: u64 = 4;

/// The sheets of one table.
pub(super) struct TableSheets {
    table: Table,
    voice: Voice,
    limits: SheetLimits,
    cell_limit: usize,
    columns: Vec<SheetColumn>,
    /// Those that are full, then the one being written.
    sheets: Vec<Sheet>,
    tally: Tally,
    bytes: u64,
}

/// A column with its number and its looks.
struct SheetColumn {
    number: u16,
    column: &'static Column,
    normal: Looks,
    synthetic: Looks,
}

struct Looks {
    cell: Format,
    link: Format,
}

impl SheetColumn {
    fn new(number: u16, column: &'static Column) -> Self {
        let looks = |synthetic| Looks {
            cell: look::cell(column, synthetic),
            link: look::link(column, synthetic),
        };
        Self {
            number,
            column,
            normal: looks(false),
            synthetic: looks(true),
        }
    }
}

struct Sheet {
    worksheet: Worksheet,
    /// Rows below the header.
    rows: u32,
    links: u32,
}

impl TableSheets {
    /// The first sheet of a table, with its header.
    pub(super) fn create(
        workbook: &mut Workbook,
        table: Table,
        voice: Voice,
        options: &ExportOptions,
    ) -> Result<Self, XlsxError> {
        let columns = table.columns().iter().chain([&CUT_CELLS_COLUMN]);
        let columns = (0_u16..)
            .zip(columns)
            .map(|(number, column)| SheetColumn::new(number, column));
        let mut sheets = Self {
            table,
            voice,
            limits: options.sheet_limits,
            cell_limit: options.cell_limit,
            columns: columns.collect(),
            sheets: Vec::new(),
            tally: Tally::default(),
            bytes: 0,
        };
        sheets.begin_sheet(workbook)?;
        Ok(sheets)
    }

    /// The table.
    pub(super) fn table(&self) -> Table {
        self.table
    }

    /// What was written so far.
    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    /// About how long the sheets are together, in bytes of XML, rather more than less.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The names of the sheets, with the rows of each.
    pub(super) fn names(&self) -> impl Iterator<Item = (String, u32)> {
        let sheets = self.sheets.iter();
        sheets.map(|sheet| (sheet.worksheet.name(), sheet.rows))
    }

    /// Writes one row; `synthetic` marks it as no news.
    pub(super) fn write(
        &mut self,
        workbook: &mut Workbook,
        row: &Row<'_>,
        synthetic: bool,
    ) -> Result<(), XlsxError> {
        let is_full = |sheet: &Sheet| sheet.rows >= self.limits.rows;
        if self.sheets.last().is_none_or(is_full) {
            self.begin_sheet(workbook)?;
        }
        let Some(sheet) = self.sheets.last_mut() else {
            return Ok(());
        };
        sheet.rows = sheet.rows.saturating_add(1);
        self.tally.rows = self.tally.rows.saturating_add(1);
        let mut cut_cells = Vec::new();
        for (column, cell) in self.columns.iter().zip(&row.cells) {
            let kind = column.column.kind;
            let (cell, is_cut) = cells::sheet_cell(cell, kind, self.cell_limit, &mut self.tally);
            if is_cut {
                cut_cells.push(self.voice.header(column.column));
            }
            self.bytes = self.bytes.saturating_add(bytes(&cell));
            let most_links = self.limits.links;
            sheet.write_cell(column, &cell, synthetic, most_links, &mut self.tally)?;
        }
        // The last column is ours: no row has a cell for it.
        if let Some(column) = self.columns.last() {
            let cell = match cut_cells.is_empty() {
                true => Cell::Empty,
                false => Cell::from(cut_cells.join(JOINT)),
            };
            let limit = self.cell_limit;
            let (cell, _) = cells::sheet_cell(&cell, column.column.kind, limit, &mut self.tally);
            sheet.write_cell(column, &cell, synthetic, 0, &mut self.tally)?;
        }
        Ok(())
    }

    /// All sheets, each with its filter.
    pub(super) fn into_sheets(self) -> Result<Vec<Worksheet>, XlsxError> {
        let last = self.columns.last().map_or(0, |column| column.number);
        let sheets = self.sheets.into_iter().map(|sheet| {
            let mut worksheet = sheet.worksheet;
            worksheet.autofilter(0, 0, sheet.rows, last)?;
            Ok(worksheet)
        });
        sheets.collect()
    }

    fn begin_sheet(&mut self, workbook: &mut Workbook) -> Result<(), XlsxError> {
        let mut worksheet = workbook.new_worksheet_with_constant_memory()?;
        let name = self.voice.sheet(self.table);
        match self.sheets.len() {
            0 => worksheet.set_name(name)?,
            before => worksheet.set_name(format!("{name} ({})", before.saturating_add(1)))?,
        };
        if self
            .columns
            .iter()
            .any(|column| look::is_wrapped(column.column))
        {
            worksheet.set_default_row_height(look::WRAPPED_HEIGHT);
        }
        page::landscape(&mut worksheet)?;
        worksheet.set_freeze_panes(1, 0)?;
        worksheet.set_row_height(0, look::HEADER_HEIGHT)?;
        for column in &self.columns {
            worksheet.set_column_width(column.number, look::width(column.column))?;
            worksheet.set_column_format(column.number, &column.normal.cell)?;
        }
        for column in &self.columns {
            let header = self.voice.header(column.column);
            worksheet.write_string_with_format(0, column.number, header, &look::header())?;
        }
        self.sheets.push(Sheet {
            worksheet,
            rows: 0,
            links: 0,
        });
        Ok(())
    }
}

impl Sheet {
    /// Writes a cell of the last row. Rows that are news take the format of their column.
    fn write_cell(
        &mut self,
        column: &SheetColumn,
        cell: &SheetCell<'_>,
        synthetic: bool,
        most_links: u32,
        tally: &mut Tally,
    ) -> Result<(), XlsxError> {
        let (row, number) = (self.rows, column.number);
        let looks = match synthetic {
            true => &column.synthetic,
            false => &column.normal,
        };
        let sheet = &mut self.worksheet;
        match (cell, synthetic) {
            (SheetCell::Text(text), _) if look::is_link(column.column.name) => {
                let link = cells::link(text).filter(|_| self.links < most_links);
                if let Some(link) = link {
                    self.links = self.links.saturating_add(1);
                    let link = Url::new(link).set_text(text.as_ref());
                    sheet.write_url_with_format(row, number, link, &looks.link)?;
                } else {
                    tally.links_left_out = tally.links_left_out.saturating_add(1);
                    sheet.write_string_with_format(row, number, text.as_ref(), &looks.cell)?;
                }
            }
            (SheetCell::Blank, false) => {}
            (SheetCell::Blank, true) => {
                sheet.write_blank(row, number, &looks.cell)?;
            }
            (SheetCell::Text(text), false) => {
                sheet.write_string(row, number, text.as_ref())?;
            }
            (SheetCell::Text(text), true) => {
                sheet.write_string_with_format(row, number, text.as_ref(), &looks.cell)?;
            }
            (SheetCell::Number(value), false) => {
                sheet.write_number(row, number, *value)?;
            }
            (SheetCell::Number(value), true) => {
                sheet.write_number_with_format(row, number, *value, &looks.cell)?;
            }
            (SheetCell::Boolean(value), false) => {
                sheet.write_boolean(row, number, *value)?;
            }
            (SheetCell::Boolean(value), true) => {
                sheet.write_boolean_with_format(row, number, *value, &looks.cell)?;
            }
        }
        Ok(())
    }
}

/// The most bytes that a cell takes in XML.
fn bytes(cell: &SheetCell<'_>) -> u64 {
    let SheetCell::Text(text) = cell else {
        return BYTES_A_CELL;
    };
    let is_escaped = |byte: &u8| matches!(byte, b'&' | b'<' | b'>');
    let escapes = text.bytes().filter(|byte| is_escaped(byte)).count();
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
    let escapes = u64::try_from(escapes).unwrap_or(u64::MAX);
    length
        .saturating_add(escapes.saturating_mul(BYTES_AN_ESCAPE))
        .saturating_add(BYTES_A_CELL)
}

//! Batch: rows that wait in memory, column by column, to become one row group.
//!
//! Lists are written as the format defines them (Parquet, "Nested Encoding"): a definition level says how
//! much of a value's path is there, a repetition level whether a list goes on. Both are at most 3 here:
//!
//! ```text
//! a value         0 null         1 there
//! a list          0 null         1 empty        2 an element (of texts: 2 is the text)
//! a field in it                                 2 null         3 there
//! ```

use std::io;

use chrono::{DateTime, NaiveDate, NaiveTime, Timelike};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::Result as ParquetResult;
use parquet::file::writer::{SerializedColumnWriter, SerializedRowGroupWriter};

use super::super::columns::Kind;
use super::super::format::ArticleRows;
use super::super::row::{Cell, Row, Table};
use super::schema::{Field, Schema};
use crate::model::Article;

/// What an empty column takes, roughly: counted, so that many small batches do not add up unseen.
const EMPTY_COLUMN_BYTES: usize = 160;

/// Rows as columns.
pub(super) struct Batch {
    columns: Vec<Buffer>,
    rows: usize,
    synthetic: u64,
    bytes: usize,
}

/// One leaf of the schema.
struct Buffer {
    kind: Kind,
    values: Values,
    definitions: Vec<i16>,
    /// Empty for what is in no list.
    repetitions: Vec<i16>,
    is_in_list: bool,
}

enum Values {
    /// All texts one after the other, and where each ends.
    Texts {
        bytes: Vec<u8>,
        ends: Vec<usize>,
    },
    Numbers(Vec<i64>),
    Days(Vec<i32>),
    Booleans(Vec<bool>),
}

impl Batch {
    pub(super) fn new(schema: &Schema) -> Self {
        let mut columns = Vec::new();
        for field in &schema.fields {
            match field {
                Field::Plain { column, .. } => columns.push(Buffer::new(column.kind, false)),
                Field::Texts { .. } => columns.push(Buffer::new(Kind::Text, true)),
                Field::Rows { table, .. } => {
                    let parts = Field::parts(*table);
                    columns.extend(parts.map(|(_, column)| Buffer::new(column.kind, true)));
                }
            }
        }
        Self {
            columns,
            rows: 0,
            synthetic: 0,
            bytes: 0,
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// How many of its rows the demo ministry made up.
    pub(super) fn synthetic(&self) -> u64 {
        self.synthetic
    }

    /// What it holds in memory, roughly; 0 before the first row.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds one article.
    ///
    /// # Errors
    /// A cell that is not of its column's kind. The batch is then of no use.
    pub(super) fn append(
        &mut self,
        schema: &Schema,
        article: &Article,
        rows: &ArticleRows<'_>,
    ) -> io::Result<()> {
        let cells = rows.table(Table::Articles).first();
        let cell = |place: usize| {
            cells
                .and_then(|row| row.cells.get(place))
                .unwrap_or(&Cell::Empty)
        };
        let mut columns = self.columns.as_mut_slice();
        for field in &schema.fields {
            let width = match field {
                Field::Rows { table, .. } => Field::parts(*table).count(),
                Field::Plain { .. } | Field::Texts { .. } => 1,
            };
            let (of_field, rest) = columns.split_at_mut_checked(width).unwrap_or_default();
            columns = rest;
            match field {
                Field::Plain { cell: place, .. } => {
                    for buffer in of_field {
                        buffer.push_cell(cell(*place), 0, 0)?;
                    }
                }
                Field::Texts { of, .. } => {
                    for buffer in of_field {
                        buffer.push_texts(of(article));
                    }
                }
                Field::Rows { table, null_as, .. } => {
                    let is_null = null_as.is_some_and(|place| *cell(place) == Cell::Empty);
                    push_rows(of_field, *table, rows.table(*table), is_null)?;
                }
            }
        }
        self.bytes = self.columns.iter().map(Buffer::bytes).sum();
        self.rows = self.rows.saturating_add(1);
        self.synthetic = self.synthetic.saturating_add(u64::from(article.synthetic));
        Ok(())
    }

    /// Writes all columns of the row group.
    pub(super) fn write<W: io::Write + Send>(
        self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> ParquetResult<()> {
        for buffer in self.columns {
            if let Some(mut column) = group.next_column()? {
                buffer.write(&mut column)?;
                column.close()?;
            }
        }
        Ok(())
    }
}

fn push_rows(
    columns: &mut [Buffer],
    table: Table,
    rows: &[Row<'_>],
    is_null: bool,
) -> io::Result<()> {
    for (buffer, (place, _)) in columns.iter_mut().zip(Field::parts(table)) {
        if is_null || rows.is_empty() {
            buffer.push_level(i16::from(!is_null), 0);
            continue;
        }
        for (number, row) in rows.iter().enumerate() {
            let cell = row.cells.get(place).unwrap_or(&Cell::Empty);
            buffer.push_cell(cell, 2, i16::from(number > 0))?;
        }
    }
    Ok(())
}

impl Buffer {
    fn new(kind: Kind, is_in_list: bool) -> Self {
        Self {
            kind,
            values: match kind {
                Kind::Text => Values::Texts {
                    bytes: Vec::new(),
                    ends: Vec::new(),
                },
                Kind::Number | Kind::TimeUtc | Kind::TimeVietnam | Kind::TimeOfDay => {
                    Values::Numbers(Vec::new())
                }
                Kind::Date => Values::Days(Vec::new()),
                Kind::Boolean => Values::Booleans(Vec::new()),
            },
            definitions: Vec::new(),
            repetitions: Vec::new(),
            is_in_list,
        }
    }

    fn bytes(&self) -> usize {
        let values = match &self.values {
            Values::Texts { bytes, ends } => {
                bytes.len().saturating_add(ends.len().saturating_mul(8))
            }
            Values::Numbers(numbers) => numbers.len().saturating_mul(8),
            Values::Days(days) => days.len().saturating_mul(4),
            Values::Booleans(booleans) => booleans.len(),
        };
        let levels = self
            .definitions
            .len()
            .saturating_add(self.repetitions.len());
        EMPTY_COLUMN_BYTES
            .saturating_add(values)
            .saturating_add(levels.saturating_mul(2))
    }

    fn push_level(&mut self, definition: i16, repetition: i16) {
        self.definitions.push(definition);
        if self.is_in_list {
            self.repetitions.push(repetition);
        }
    }

    /// A cell; `null` is the definition level of an empty one.
    fn push_cell(&mut self, cell: &Cell<'_>, null: i16, repetition: i16) -> io::Result<()> {
        if *cell == Cell::Empty {
            self.push_level(null, repetition);
            return Ok(());
        }
        if self.push_value(cell).is_none() {
            let message = format!("{cell:?} is no {}", self.kind.as_str());
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        self.push_level(null.saturating_add(1), repetition);
        Ok(())
    }

    fn push_texts(&mut self, texts: &[String]) {
        if texts.is_empty() {
            self.push_level(1, 0);
        }
        for (number, text) in texts.iter().enumerate() {
            if let Values::Texts { bytes, ends } = &mut self.values {
                bytes.extend_from_slice(text.as_bytes());
                ends.push(bytes.len());
            }
            self.push_level(2, i16::from(number > 0));
        }
    }

    /// None if the cell is not of the column's kind.
    fn push_value(&mut self, cell: &Cell<'_>) -> Option<()> {
        match (&mut self.values, cell) {
            (Values::Texts { bytes, ends }, Cell::Text(text)) => {
                bytes.extend_from_slice(text.as_bytes());
                ends.push(bytes.len());
            }
            (Values::Numbers(numbers), cell) => numbers.push(number(cell, self.kind)?),
            (Values::Days(days), Cell::Text(text)) => days.push(day(text)?),
            (Values::Booleans(booleans), Cell::Boolean(value)) => booleans.push(*value),
            _ => return None,
        }
        Some(())
    }

    fn write(self, column: &mut SerializedColumnWriter<'_>) -> ParquetResult<()> {
        let levels = Levels {
            definitions: &self.definitions,
            repetitions: self.is_in_list.then_some(self.repetitions.as_slice()),
        };
        match self.values {
            Values::Texts { bytes, ends } => {
                let texts = parted(bytes, &ends);
                levels.write::<ByteArrayType>(column, &texts)
            }
            Values::Numbers(numbers) => levels.write::<Int64Type>(column, &numbers),
            Values::Days(days) => levels.write::<Int32Type>(column, &days),
            Values::Booleans(booleans) => levels.write::<BoolType>(column, &booleans),
        }
    }
}

struct Levels<'l> {
    definitions: &'l [i16],
    repetitions: Option<&'l [i16]>,
}

impl Levels<'_> {
    fn write<T: DataType>(
        &self,
        column: &mut SerializedColumnWriter<'_>,
        values: &[T::T],
    ) -> ParquetResult<()> {
        let typed = column.typed::<T>();
        typed.write_batch(values, Some(self.definitions), self.repetitions)?;
        Ok(())
    }
}

/// The texts that end at `ends`, all in one piece of memory.
fn parted(bytes: Vec<u8>, ends: &[usize]) -> Vec<ByteArray> {
    let all = ByteArray::from(bytes);
    let mut start = 0;
    let texts = ends.iter().map(|end| {
        let text = all.slice(start, end.saturating_sub(start));
        start = *end;
        text
    });
    texts.collect()
}

fn number(cell: &Cell<'_>, kind: Kind) -> Option<i64> {
    match (cell, kind) {
        (Cell::Number(number), Kind::Number) => i64::try_from(*number).ok(),
        (Cell::Text(text), Kind::TimeUtc | Kind::TimeVietnam) => {
            let time = DateTime::parse_from_rfc3339(text).ok()?;
            Some(time.timestamp_micros())
        }
        (Cell::Text(text), Kind::TimeOfDay) => {
            let time = NaiveTime::parse_from_str(text, "%H:%M:%S").ok()?;
            let seconds = i64::from(time.num_seconds_from_midnight());
            Some(seconds.saturating_mul(1_000_000))
        }
        _ => None,
    }
}

/// Days since 1970-01-01.
fn day(text: &str) -> Option<i32> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    let days = day.signed_duration_since(NaiveDate::default()).num_days();
    i32::try_from(days).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_of_its_columns_kind_is_an_error_and_no_null() {
        let table = [
            ("no day", Kind::Date, Cell::from("2023-02-30")),
            ("a day with more", Kind::Date, Cell::from("2023-02-03T")),
            ("no time", Kind::TimeUtc, Cell::from("=now()")),
            ("a time of day", Kind::TimeOfDay, Cell::from("24:00:00")),
            ("a number beyond", Kind::Number, Cell::Number(u64::MAX)),
            ("a number as text", Kind::Number, Cell::from("1")),
            ("a number for a text", Kind::Text, Cell::Number(1)),
            ("a text for a yes", Kind::Boolean, Cell::from("true")),
        ];
        for (what, kind, cell) in table {
            let error = Buffer::new(kind, false).push_cell(&cell, 0, 0).unwrap_err();
            assert!(error.to_string().contains(kind.as_str()), "{what}: {error}");
        }
    }

    #[test]
    fn days_and_times_are_counted_from_where_the_format_counts() {
        let table = [
            ("the first day", day("1970-01-01").map(i64::from), 0),
            ("before it", day("1969-12-31").map(i64::from), -1),
            ("a leap year later", day("1973-01-01").map(i64::from), 1_096),
            (
                "an instant, microseconds",
                number(
                    &Cell::from("1970-01-01T07:00:00.000001+07:00"),
                    Kind::TimeUtc,
                ),
                1,
            ),
            (
                "a time of day, microseconds",
                number(&Cell::from("00:01:01"), Kind::TimeOfDay),
                61_000_000,
            ),
        ];
        for (what, found, expected) in table {
            assert_eq!(found, Some(expected), "{what}");
        }
    }
}

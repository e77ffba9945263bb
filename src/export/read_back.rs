//! Read back: a CSV file of an export in, whether it says what the export says out.
//!
//! A spreadsheet CSV is undone by the rules of docs/exports.md (one leading guard off each cell; a cell
//! named in `cut_cells` is a beginning) and compared, cell by cell, with articles.csv in the same folder.
//! A canonical table is compared with the rows that the records in articles.jsonl give. Which it is, and
//! what separates its cells, is told by the header. Both files are read side by side, a row at a time.
//! Nothing is written.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use ::csv::{Reader, ReaderBuilder, StringRecord};
use serde::Serialize;

use super::changes::ArticleWithEdits;
use super::columns::CUT_CELLS_COLUMN;
use super::guard::{clean, cut, guard, unguard};
use super::row::Table;
use crate::model::Article;

/// So many differences are told one by one; the others are counted (our choice).
const DIFFERENCES_TOLD: usize = 10;
/// So much of a cell is told, in UTF-16 code units (our choice).
const CELL_TOLD: usize = 80;

/// What came of reading a file back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReadBack {
    /// The file.
    pub file: PathBuf,
    /// What separates its cells.
    pub separator: char,
    /// The file that it was compared with.
    pub compared_with: PathBuf,
    /// Rows that both have, without the header.
    pub rows: u64,
    /// Cells compared.
    pub cells: u64,
    /// Cells from which a guard was taken.
    pub guards_undone: u64,
    /// Cells that are beginnings, as `cut_cells` says.
    pub cut: u64,
    /// How many cells and rows are not as they should be.
    pub differences: u64,
    /// The first of them.
    pub first: Vec<Difference>,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The row, 1 for the first below the header.
    pub row: u64,
    /// The column; none where a whole row is missing or has too many or too few cells.
    pub column: Option<&'static str>,
    /// What is wrong.
    pub what: &'static str,
    /// The beginning of what was read, guards undone.
    pub found: String,
    /// The beginning of what should be there.
    pub expected: String,
}

/// Why a file can not be read back. What it says otherwise than it should is no error.
#[derive(Debug, thiserror::Error)]
pub enum ReadBackError {
    /// A file can not be opened or read.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The header is of no table.
    #[error("the header of {} is of no table of an export", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// The table says more than records do.
    #[error("{}.csv says more than the records do, so it cannot be made from them again", table.as_str())]
    NotInRecords {
        /// The table.
        table: Table,
    },
    /// What it must be compared with is not there.
    #[error("there is no {} to compare with", path.display())]
    NoCounterpart {
        /// The file that is missing.
        path: PathBuf,
    },
    /// A file is not CSV in UTF-8, or holds no records.
    #[error("{} is broken: {what}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Where and how.
        what: String,
    },
}

impl ReadBackError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Io { .. } => {
                "name a CSV file of an export, such as output/exports/latest/articles-excel-semicolon.csv"
            }
            Self::NotOurs { .. } => {
                "columns may have been moved or renamed since: read back the file as it was exported"
            }
            Self::NotInRecords { .. } => {
                "check it by `sha256sum -c SHA256SUMS` in its folder; `khotin export` makes it again"
            }
            Self::NoCounterpart { .. } => {
                "export both: `khotin export --format csv,excel-semicolon,jsonl`, and leave the files together"
            }
            Self::Broken { .. } => "check it by `sha256sum -c SHA256SUMS` in its folder",
        }
    }

    /// True if the wrong file was named, false if the right one is damaged.
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::Broken { .. })
    }
}

/// Reads a file back. Whether it is sound is [`ReadBack::differences`].
///
/// # Errors
/// [`ReadBackError`] if it can not be compared at all.
pub fn read_back(path: &Path) -> Result<ReadBack, ReadBackError> {
    let (kind, separator, mut reader) = open(path)?;
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let counterpart = match kind {
        Kind::Spreadsheet => folder.join("articles.csv"),
        Kind::Canonical(_) => folder.join("articles.jsonl"),
    };
    if !counterpart.is_file() {
        return Err(ReadBackError::NoCounterpart { path: counterpart });
    }
    let mut comparison = Comparison {
        kind,
        report: ReadBack {
            file: path.to_owned(),
            separator: char::from(separator),
            compared_with: counterpart.clone(),
            rows: 0,
            cells: 0,
            guards_undone: 0,
            cut: 0,
            differences: 0,
            first: Vec::new(),
        },
    };
    let found = reader.records().map(|row| row.map_err(broken(path)));
    match kind {
        Kind::Spreadsheet => {
            let (_, _, mut canonical) = open(&counterpart)?;
            let expected = canonical.records().map(|row| {
                let row = row.map_err(broken(&counterpart))?;
                Ok(row.iter().map(str::to_owned).collect())
            });
            comparison.rows(found, expected)?;
        }
        Kind::Canonical(table) => comparison.rows(found, rows_of(&counterpart, table)?)?,
    }
    Ok(comparison.report)
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The articles for a double click.
    Spreadsheet,
    /// A table for programs.
    Canonical(Table),
}

/// Opens a file by what its header says. A byte order mark is passed over.
fn open(path: &Path) -> Result<(Kind, u8, Reader<File>), ReadBackError> {
    for separator in [b',', b';'] {
        let file = File::open(path).map_err(|source| ReadBackError::Io {
            path: path.to_owned(),
            source,
        })?;
        let mut reader = ReaderBuilder::new()
            .delimiter(separator)
            .flexible(true)
            .from_reader(file);
        let header = reader.headers().map_err(broken(path))?;
        let names: Vec<&str> = header.iter().map(unguard).collect();
        let is = |table: Table| table.columns().iter().map(|column| column.name);
        let spreadsheet = is(Table::Articles).chain([CUT_CELLS_COLUMN.name]);
        if spreadsheet.eq(names.iter().copied()) {
            return Ok((Kind::Spreadsheet, separator, reader));
        }
        let mut tables = Table::ALL.into_iter();
        if let Some(table) = tables.find(|table| is(*table).eq(names.iter().copied()))
            && separator == b','
        {
            return Ok((Kind::Canonical(table), separator, reader));
        }
    }
    Err(ReadBackError::NotOurs {
        path: path.to_owned(),
    })
}

fn broken(path: &Path) -> impl Fn(::csv::Error) -> ReadBackError {
    let path = path.to_owned();
    move |error| match error.into_kind() {
        ::csv::ErrorKind::Io(source) => ReadBackError::Io {
            path: path.clone(),
            source,
        },
        ::csv::ErrorKind::Utf8 { .. } => ReadBackError::Broken {
            path: path.clone(),
            what: "it is not UTF-8".to_owned(),
        },
        kind => ReadBackError::Broken {
            path: path.clone(),
            what: format!("{kind:?}"),
        },
    }
}

/// The rows that the records of articles.jsonl give a table, one record at a time.
fn rows_of(
    path: &Path,
    table: Table,
) -> Result<impl Iterator<Item = Result<Vec<String>, ReadBackError>>, ReadBackError> {
    if matches!(table, Table::Versions | Table::Changes) {
        return Err(ReadBackError::NotInRecords { table });
    }
    let failed = {
        let path = path.to_owned();
        move |source| ReadBackError::Io {
            path: path.clone(),
            source,
        }
    };
    let file = File::open(path).map_err(&failed)?;
    let path = path.to_owned();
    let rows = (1_u64..)
        .zip(BufReader::new(file).lines())
        .flat_map(move |(number, line)| {
            let article = line.map_err(&failed).and_then(|line| {
                serde_json::from_str::<Article>(&line).map_err(|error| ReadBackError::Broken {
                    path: path.clone(),
                    what: format!("line {number} is no record: {error}"),
                })
            });
            match article {
                Err(error) => vec![Err(error)],
                Ok(article) => {
                    let known = ArticleWithEdits::from(article);
                    let rows = table.rows(&known, None).into_iter();
                    let texts = rows.map(|row| {
                        let cells = row.cells.iter();
                        Ok(cells.map(|cell| clean(&cell.text()).into_owned()).collect())
                    });
                    texts.collect()
                }
            }
        });
    Ok(rows)
}

/// Two files side by side.
struct Comparison {
    kind: Kind,
    report: ReadBack,
}

impl Comparison {
    fn rows(
        &mut self,
        mut found: impl Iterator<Item = Result<StringRecord, ReadBackError>>,
        mut expected: impl Iterator<Item = Result<Vec<String>, ReadBackError>>,
    ) -> Result<(), ReadBackError> {
        for number in 1.. {
            match (found.next().transpose()?, expected.next().transpose()?) {
                (None, None) => break,
                (Some(found), None) => {
                    let first = found.get(0).unwrap_or_default();
                    self.differs(number, None, "a row too many", first, "");
                }
                (None, Some(expected)) => {
                    let first = expected.first().map_or("", String::as_str);
                    self.differs(number, None, "a row is missing", "", first);
                }
                (Some(found), Some(expected)) => self.row(number, &found, &expected),
            }
        }
        Ok(())
    }

    fn row(&mut self, number: u64, found: &StringRecord, expected: &[String]) {
        add(&mut self.report.rows);
        let (columns, more) = match self.kind {
            Kind::Spreadsheet => (Table::Articles.columns(), 1),
            Kind::Canonical(table) => (table.columns(), 0),
        };
        if found.len() != columns.len().saturating_add(more) || expected.len() != columns.len() {
            let first = expected.first().map_or("", String::as_str);
            let what = "another number of cells than the header";
            self.differs(number, None, what, found.get(0).unwrap_or_default(), first);
            return;
        }
        let cut_cells: Vec<&str> = match self.kind {
            Kind::Spreadsheet => {
                let names = found.get(columns.len()).unwrap_or_default().split("; ");
                names.filter(|name| !name.is_empty()).collect()
            }
            Kind::Canonical(_) => Vec::new(),
        };
        for name in &cut_cells {
            if !columns.iter().any(|column| column.name == *name) {
                let column = Some(CUT_CELLS_COLUMN.name);
                self.differs(number, column, "it names no column", name, "");
            }
        }
        for ((column, found), expected) in columns.iter().zip(found).zip(expected) {
            add(&mut self.report.cells);
            let is_cut = cut_cells.contains(&column.name);
            let undone = match self.kind {
                Kind::Spreadsheet => unguard(found),
                Kind::Canonical(_) => found,
            };
            if undone.len() < found.len() {
                add(&mut self.report.guards_undone);
            }
            if is_cut {
                add(&mut self.report.cut);
            }
            let what = if is_cut && !(expected.starts_with(undone) && undone.len() < expected.len())
            {
                "it is said to be cut, and is not the beginning"
            } else if !is_cut && undone != expected {
                "it is not the same"
            } else if self.kind == Kind::Spreadsheet && guard(undone) != found {
                "it is the same, but a spreadsheet could run it: the guard is missing"
            } else {
                continue;
            };
            self.differs(number, Some(column.name), what, undone, expected);
        }
    }

    fn differs(
        &mut self,
        row: u64,
        column: Option<&'static str>,
        what: &'static str,
        found: &str,
        expected: &str,
    ) {
        add(&mut self.report.differences);
        if self.report.first.len() < DIFFERENCES_TOLD {
            self.report.first.push(Difference {
                row,
                column,
                what,
                found: cut(found, CELL_TOLD).to_owned(),
                expected: cut(expected, CELL_TOLD).to_owned(),
            });
        }
    }
}

fn add(count: &mut u64) {
    *count = count.saturating_add(1);
}

//! The columns of every table, defined once: writers, tests and `docs/exports.md` all take them
//! from here. What a cell holds is [`super::row`]'s work.

mod articles;
mod history;
mod parts;

pub use articles::ARTICLE_COLUMNS;
pub use history::{CHANGE_COLUMNS, VERSION_COLUMNS};
pub use parts::{ATTACHMENT_COLUMNS, IMAGE_COLUMNS, LISTING_COLUMNS, RELATED_COLUMNS};

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::lang::{Words, words};

/// What the cells of a column are. An empty cell is always allowed and means "unknown".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// A whole number from 0.
    Number,
    /// `true` or `false`.
    Boolean,
    /// RFC 3339 in UTC, ended by `Z`.
    TimeUtc,
    /// RFC 3339 in Vietnam's time, ended by `+07:00`.
    TimeVietnam,
    /// `YYYY-MM-DD` in Vietnam's time.
    Date,
    /// `HH:MM:SS` in Vietnam's time.
    TimeOfDay,
}

impl Kind {
    /// The word in the data dictionary.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "true or false",
            Self::TimeUtc => "time UTC",
            Self::TimeVietnam => "time +07:00",
            Self::Date => "date",
            Self::TimeOfDay => "time of day",
        }
    }
}

/// How columns are named in a format that people read. CSV and JSON always have the names for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Headers {
    /// Labels in the language of the export.
    #[default]
    Label,
    /// The names for machines: [`Column::name`].
    Code,
}

impl FromStr for Headers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "label" => Ok(Self::Label),
            "code" => Ok(Self::Code),
            _ => Err("it is one of label, code".to_owned()),
        }
    }
}

/// One column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name in the header row of a CSV file, and for machines everywhere.
    pub name: &'static str,
    /// What its cells are.
    pub kind: Kind,
    /// What people call it.
    pub label: Words,
    /// What its cells hold, for the data dictionary.
    pub about: Words,
}

const fn column(name: &'static str, kind: Kind, label: Words, about: Words) -> Column {
    Column {
        name,
        kind,
        label,
        about,
    }
}

/// The column that only files for spreadsheets have, after all of [`ARTICLE_COLUMNS`].
pub const CUT_CELLS_COLUMN: Column = column(
    "cut_cells",
    Kind::Text,
    words("Cut cells", "Ô bị cắt"),
    words(
        "names of the columns whose cell of this row was cut to what a spreadsheet holds, joined by `; `; only in files for spreadsheets",
        "tên các cột bị cắt ở dòng này, cách nhau bởi `; `; chỉ có trong các tệp cho bảng tính",
    ),
);

//! One row type for all tables and formats: an article in, the rows of each [`Table`] out.
//!
//! A cell is typed, so that a format with types of its own need not guess. Not here: what the cells of
//! a record hold ([`super::fill`], [`super::history`]), names and descriptions ([`super::columns`]),
//! how a cell looks in a file.

use std::borrow::Cow;

use super::changes::ArticleWithEdits;
use super::columns::{
    ARTICLE_COLUMNS, ATTACHMENT_COLUMNS, CHANGE_COLUMNS, Column, IMAGE_COLUMNS, LISTING_COLUMNS,
    RELATED_COLUMNS, VERSION_COLUMNS,
};
use super::{ChangedSince, fill, history};

/// Between the parts of a cell that holds several.
const JOINT: &str = "; ";

/// The tables of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// One row an article.
    Articles,
    /// One row a picture.
    Images,
    /// One row a title under "Tin liên quan".
    Related,
    /// One row a file.
    Attachments,
    /// One row an article and section that listed it.
    Listings,
    /// One row a version.
    Versions,
    /// One row a thing that happened to an article.
    Changes,
}

impl Table {
    /// All tables, in the order of the data dictionary.
    pub const ALL: [Self; 7] = [
        Self::Articles,
        Self::Images,
        Self::Related,
        Self::Attachments,
        Self::Listings,
        Self::Versions,
        Self::Changes,
    ];

    /// The stem of its file and its name in the manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Articles => "articles",
            Self::Images => "images",
            Self::Related => "related",
            Self::Attachments => "attachments",
            Self::Listings => "listings",
            Self::Versions => "versions",
            Self::Changes => "changes",
        }
    }

    /// Its columns, in order.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Articles => &ARTICLE_COLUMNS,
            Self::Images => &IMAGE_COLUMNS,
            Self::Related => &RELATED_COLUMNS,
            Self::Attachments => &ATTACHMENT_COLUMNS,
            Self::Listings => &LISTING_COLUMNS,
            Self::Versions => &VERSION_COLUMNS,
            Self::Changes => &CHANGE_COLUMNS,
        }
    }

    /// The rows that one article has in this table, each with one cell a column. `since`: only what
    /// captures since then showed is a change.
    pub fn rows<'a>(
        self,
        known: &'a ArticleWithEdits,
        since: Option<&ChangedSince>,
    ) -> Vec<Row<'a>> {
        let article = &known.article;
        match self {
            Self::Articles => fill::article_rows(article),
            Self::Images => fill::image_rows(article),
            Self::Related => fill::related_rows(article),
            Self::Attachments => fill::attachment_rows(article),
            Self::Listings => fill::listing_rows(article),
            Self::Versions => history::version_rows(known),
            Self::Changes => history::change_rows(known, since),
        }
    }
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Unknown, or not there.
    Empty,
    /// Words, times and dates.
    Text(Cow<'a, str>),
    /// A whole number.
    Number(u64),
    /// Yes or no.
    Boolean(bool),
}

impl<'a> Cell<'a> {
    /// The value as text: empty, the words, decimal digits, `true` or `false`.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Boolean(true) => Cow::Borrowed("true"),
            Self::Boolean(false) => Cow::Borrowed("false"),
        }
    }

    /// Several words in one cell, joined by `; `; empty if there are none.
    pub(super) fn joined<S: AsRef<str>>(parts: &[S]) -> Self {
        if parts.is_empty() {
            return Self::Empty;
        }
        let parts: Vec<&str> = parts.iter().map(S::as_ref).collect();
        Self::Text(Cow::Owned(parts.join(JOINT)))
    }

    pub(super) fn count(count: usize) -> Self {
        Self::Number(u64::try_from(count).unwrap_or(u64::MAX))
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<&'a String> for Cell<'a> {
    fn from(text: &'a String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<bool> for Cell<'_> {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

/// One row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'a> {
    /// One cell a column, in order.
    pub cells: Vec<Cell<'a>>,
}

impl<'a> Row<'a> {
    pub(super) fn new<const N: usize>(cells: [Cell<'a>; N]) -> Self {
        Self {
            cells: Vec::from(cells),
        }
    }
}

//! Search: what a user types -> which articles are meant, and where they say it. In: a query in the small
//! language of [`TextQuery`], and articles. Out: whether an article is meant, the words that say so, and
//! a [`Snippet`] of the text as written.
//!
//! Pure: the same rules that `store/search.rs` puts into its index and its question are applied here to
//! one article, so the two can be compared (tests/search) and an export needs no database to know what
//! its query means. Words and their forms are [`crate::normalize::fold`]'s.

mod query;
mod snippet;

pub use query::{MOST_WORDS, QueryError, Term, TextQuery};
pub use snippet::{Marks, SNIPPET_WORDS, Snippet};

use serde::Serialize;

use crate::model::Article;
use crate::normalize::fold::{unmarked, words, written};

/// A part of an article in which is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The headline.
    Title,
    /// The lead paragraph (sapo).
    Lead,
    /// The body.
    Text,
    /// The captions of pictures, with their credits.
    Captions,
}

impl Field {
    /// Every field, in the order in which an article shows them.
    pub const ALL: [Self; 4] = [Self::Title, Self::Lead, Self::Text, Self::Captions];

    /// What an article says there, in pieces: blocks of the body, captions. No phrase goes from one
    /// piece into the next.
    pub fn pieces(self, article: &Article) -> Vec<&str> {
        match self {
            Self::Title => article.title.as_deref().into_iter().collect(),
            Self::Lead => article.lead.as_deref().into_iter().collect(),
            Self::Text => {
                let text = article.text.as_deref().unwrap_or_default();
                text.split("\n\n")
                    .filter(|piece| !piece.is_empty())
                    .collect()
            }
            Self::Captions => {
                let images = article.images.iter();
                images
                    .filter_map(|image| image.caption_raw.as_deref().or(image.caption.as_deref()))
                    .collect()
            }
        }
    }
}

/// In which form words are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// As written, marks and all ([`written`]).
    Written,
    /// Without marks ([`unmarked`]).
    Unmarked,
}

impl Reading {
    /// The form of a word.
    pub fn form(self, word: &str) -> String {
        match self {
            Self::Written => written(word),
            Self::Unmarked => unmarked(word),
        }
    }

    /// The forms of a piece's words.
    fn forms(self, piece: &str) -> Vec<String> {
        words(piece).map(|word| self.form(word.text)).collect()
    }
}

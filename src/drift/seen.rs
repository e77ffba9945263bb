//! Seen: what one run saw of one site, counted: plain data, a part of the run's report.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::SectionId;

/// Values that a sample keeps (our choice): enough for a median, little enough for a report.
const MOST_VALUES: usize = 200;
/// Pages that are named for one finding (our choice): enough to look at, few enough to read.
const MOST_EXAMPLES: usize = 3;

/// What one run saw of one site.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Seen {
    /// SHA-256 of the profile that read it, lower-case hex.
    pub profile: String,
    /// By id of the listing layout.
    pub listings: BTreeMap<String, LayoutSeen>,
    /// By id of the article layout.
    pub articles: BTreeMap<String, LayoutSeen>,
    /// One a section whose listing was asked for from its beginning.
    pub sections: BTreeMap<SectionId, SectionSeen>,
}

/// What one layout found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LayoutSeen {
    /// By key of the profile (`title`, `published.select`, `body.root`), as `khotin sites try` has it.
    pub fields: BTreeMap<String, FieldSeen>,
    /// Characters of text, one value an article that has any.
    pub characters: Sample,
    /// Blocks of text, likewise.
    pub paragraphs: Sample,
    /// Minutes from the listing's date to the article's own, one value a new or changed article.
    pub lag_minutes: Sample,
    /// The last pages that were read with it.
    pub examples: Vec<Example>,
}

/// How often a value was found, and by which selector.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FieldSeen {
    /// The alternatives, best first.
    pub selectors: Vec<SelectorSeen>,
    /// Not found at all.
    pub misses: u64,
    /// Pages where it was not found.
    pub missed_in: Vec<Example>,
    /// Pages where a later alternative found it.
    pub fallback_in: Vec<Example>,
}

/// One alternative of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SelectorSeen {
    /// As written in the profile.
    pub selector: String,
    /// How often its find was taken.
    pub taken: u64,
}

/// One section's listing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SectionSeen {
    /// The layout that read its first page; the platform's first where none did.
    pub layout: String,
    /// The layout's `items`, all alternatives.
    pub selector: String,
    /// Items on its first page.
    pub items: u64,
    /// The newest date on its first page, RFC 3339, UTC.
    pub newest: Option<String>,
    /// Its first page.
    pub example: Option<Example>,
}

/// A page to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// Its address for people.
    pub url: String,
    /// `WARC-Record-ID` of its answer, without angle brackets.
    pub record_id: String,
}

/// The first values of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sample(Vec<i64>);

impl Sample {
    /// Takes a value, unless the sample is full.
    pub fn take(&mut self, value: i64) {
        if self.0.len() < MOST_VALUES {
            self.0.push(value);
        }
    }

    /// The values, in the order in which they came.
    pub fn values(&self) -> &[i64] {
        &self.0
    }
}

impl FieldSeen {
    /// Found by the first alternative.
    pub fn hits(&self) -> u64 {
        self.selectors.first().map_or(0, |first| first.taken)
    }

    /// Found by a later one.
    pub fn fallbacks(&self) -> u64 {
        self.selectors.iter().skip(1).map(|rule| rule.taken).sum()
    }

    /// Found.
    pub fn finds(&self) -> u64 {
        self.hits() + self.fallbacks()
    }

    /// Looked for.
    pub fn looks(&self) -> u64 {
        self.finds() + self.misses
    }

    /// How often an alternative's find was taken.
    pub fn taken(&self, selector: &str) -> u64 {
        let same = self
            .selectors
            .iter()
            .filter(|rule| rule.selector == selector);
        same.map(|rule| rule.taken).sum()
    }
}

/// Keeps an example, unless there are enough.
pub(super) fn keep(examples: &mut Vec<Example>, example: &Example) {
    if examples.len() < MOST_EXAMPLES && !examples.contains(example) {
        examples.push(example.clone());
    }
}

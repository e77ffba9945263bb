//! Sign: one thing that says that a site changed, with its numbers, pages to look at, and the command
//! that tries a new selector on one of them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::seen::Example;
use crate::model::{SectionId, SiteId, plain};

/// How much a sign weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Worth a look; the run's exit code stays.
    Warning,
    /// The site changed: exit code 4.
    Drift,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A value is found less often. Numbers: shares.
    Found,
    /// Another selector than the first finds it. Numbers: shares.
    Fallback,
    /// Texts are shorter. Numbers: characters or blocks, medians.
    Length,
    /// Articles' dates left their listings'. Numbers: shares of dates that lie where they usually do.
    Lag,
    /// A section's first page shows fewer items. Numbers: items.
    Items,
    /// A section's newest date makes no sense. Numbers: days since 1970.
    Newest,
    /// A section shows nothing new. Numbers: days without anything new, usual days between.
    Silence,
}

/// Which rule of a profile a sign is about: two signs of the same subject are the same trouble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// What changed.
    pub change: Change,
    /// The layout whose rule it is.
    pub layout: Option<String>,
    /// The section whose listing it is.
    pub section: Option<SectionId>,
    /// The key in the profile: `title`, `published.select`, `items`.
    pub field: String,
}

/// A number now and before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The number.
    pub value: f64,
    /// Over how many pages, articles or items.
    pub of: u64,
}

/// One thing that says that a site changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sign {
    /// How much it weighs.
    pub weight: Weight,
    /// The site.
    pub site: SiteId,
    /// The rule that it is about.
    #[serde(flatten)]
    pub subject: Subject,
    /// The selector that found most before, as written in the profile.
    pub selector: Option<String>,
    /// In this run, together with earlier ones if it saw too little.
    pub now: Figure,
    /// In the runs before; none if there is nothing to compare with.
    pub before: Option<Figure>,
    /// All of it in words.
    pub words: String,
    /// Pages to look at.
    pub examples: Vec<Example>,
    /// Tries the profile's selectors on the first of them; empty without one.
    pub try_it: String,
}

impl Sign {
    /// The command that shows what each selector finds in a page: it reads the archive.
    pub(super) fn command(site: &SiteId, examples: &[Example]) -> String {
        let command = |example: &Example| {
            let record = plain(&example.record_id);
            format!("khotin sites try {record} --site {site}")
        };
        examples.first().map(command).unwrap_or_default()
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

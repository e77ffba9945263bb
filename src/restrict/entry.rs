//! Entry: one word of the operator about one article, and [`Restrictions`], all of them in the order of
//! restrictions.toml. In: the file's text and a clock. Out: which entries are in force.
//!
//! The file is a history: an entry is added and none is changed, so comments stay, and lifting is an
//! entry too. The order of the file decides, not the clock: clocks lie. Strict like every file of ours:
//! an unknown key, a missing value or a word that means nothing is an error with its line.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, FixedOffset, NaiveDate, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use super::Withheld;
use crate::config::{FileError, parse_toml};
use crate::model::ArticleKey;

/// What a new file begins with.
const HEADER: &str = "\
# What this archive withholds, and by whose authority. khotin adds entries at the end and changes none;
# you may edit the file by hand. The last word on a key holds: `restrict` hides the article, `lift` shows
# it again. Keep a copy of this file: it can not be made again from the archive. docs/operating.md
";

/// Vietnam's offset from UTC, by which a day begins and ends; as in exports.
const VIETNAM_SECONDS_EAST: i32 = 7 * 3600;

/// What an entry does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Hides the article.
    Restrict,
    /// Ends every restriction of the article that stands above it in the file.
    Lift,
}

/// One word of the operator about one article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What it does.
    pub action: Action,
    /// The article.
    pub key: ArticleKey,
    /// Every spelling of its address that was known then; an article that has one of them is meant too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// Why, in the operator's words.
    pub reason: String,
    /// Who decided or demanded it: an office, a court, the number of a letter.
    pub authority: String,
    /// When it was written, UTC. For people: it is never compared.
    pub since: DateTime<Utc>,
    /// The last day (Vietnam's time) on which it hides; none: until it is lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// Who wrote it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
}

/// What has become of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It hides the article.
    InForce,
    /// Its last day is over.
    Expired,
    /// An entry below it lifted it.
    Lifted,
    /// It lifts.
    Lift,
}

impl Standing {
    /// The word in lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Expired => "expired",
            Self::Lifted => "lifted",
            Self::Lift => "lift",
        }
    }
}

/// All entries, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restrictions {
    #[serde(default)]
    entry: Vec<Entry>,
}

impl Restrictions {
    /// Reads the text of a restrictions.toml. `file` is only for messages.
    ///
    /// # Errors
    /// [`FileError`] with line and key.
    pub fn parse(file: &str, text: &str) -> Result<Self, FileError> {
        let mut read: Self = parse_toml(file, text)?;
        for (number, entry) in (1_usize..).zip(&mut read.entry) {
            if let Err((needle, message)) = entry.check() {
                let message = format!("entry {number}: {message}");
                return Err(FileError::at(file, text, &needle, message));
            }
        }
        Ok(read)
    }

    /// The text of the file with one more entry at its end; everything before it stays to the byte.
    ///
    /// # Errors
    /// [`FileError`] if the text is wrong, or has a form to which no entry can be added.
    pub fn append(file: &str, text: &str, entry: &Entry) -> Result<String, FileError> {
        let before = Self::parse(file, text)?;
        let one = Self {
            entry: vec![entry.clone()],
        };
        let one = toml::to_string_pretty(&one).map_err(|error| {
            FileError::at(
                file,
                "",
                "",
                format!("the entry can not be written: {error}"),
            )
        })?;
        let old = if text.is_empty() { HEADER } else { text };
        let end = if old.ends_with('\n') { "" } else { "\n" };
        let after = format!("{old}{end}\n{one}");
        let is_added = Self::parse(file, &after).is_ok_and(|after| {
            after
                .entry
                .split_last()
                .is_some_and(|(last, others)| last == entry && others == before.entry.as_slice())
        });
        if is_added {
            Ok(after)
        } else {
            let message = "no entry can be added at the end; write entries as [[entry]]";
            Err(FileError::at(file, text, "entry", message))
        }
    }

    /// The entries, in the order of the file.
    pub fn entries(&self) -> &[Entry] {
        &self.entry
    }

    /// Every entry with what has become of it at `now`, in the order of the file.
    pub fn standing(&self, now: DateTime<Utc>) -> Vec<(&Entry, Standing)> {
        let mut lifted = BTreeSet::new();
        let judge = |entry: &'_ Entry| match entry.action {
            Action::Lift => {
                lifted.insert(entry.key.clone());
                Standing::Lift
            }
            Action::Restrict if lifted.contains(&entry.key) => Standing::Lifted,
            Action::Restrict if entry.hides_at(now) => Standing::InForce,
            Action::Restrict => Standing::Expired,
        };
        let newest_first = self.entry.iter().rev();
        let mut standing: Vec<_> = newest_first
            .map(judge)
            .zip(self.entry.iter().rev())
            .collect();
        standing.reverse();
        standing
            .into_iter()
            .map(|(standing, entry)| (entry, standing))
            .collect()
    }

    /// What is withheld at `now`.
    pub fn withheld(&self, now: DateTime<Utc>) -> Withheld {
        let mut by_key: BTreeMap<ArticleKey, Vec<Entry>> = BTreeMap::new();
        for (entry, standing) in self.standing(now) {
            if standing == Standing::InForce {
                let entries = by_key.entry(entry.key.clone()).or_default();
                entries.push(entry.clone());
            }
        }
        Withheld::new(by_key)
    }
}

impl Entry {
    /// An entry of now.
    pub fn new(
        action: Action,
        key: ArticleKey,
        reason: &str,
        authority: &str,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            action,
            key,
            urls: Vec::new(),
            reason: reason.to_owned(),
            authority: authority.to_owned(),
            since: now.trunc_subsecs(0),
            until: None,
            who: None,
        }
    }

    /// True unless its last day is over at `now`.
    pub fn hides_at(&self, now: DateTime<Utc>) -> bool {
        self.until.is_none_or(|until| local_day(now) <= until)
    }

    /// What its types do not promise; the error is what to look for in the file, and what is wrong.
    /// Addresses are put as the WHATWG parser writes them, so that they can be compared.
    fn check(&mut self) -> Result<(), (String, String)> {
        let key = self.key.as_str();
        let mut parts = key.splitn(3, ':');
        if (0..3).any(|_| parts.next().is_none_or(str::is_empty)) {
            let message = format!("`{key}` is no key, such as \"moh:portal:167411\"");
            return Err((key.to_owned(), message));
        }
        for (name, text) in [("reason", &self.reason), ("authority", &self.authority)] {
            if text.trim().is_empty() {
                return Err((key.to_owned(), format!("`{name}` of `{key}` is empty")));
            }
        }
        if self.action == Action::Lift && self.until.is_some() {
            let message = format!("a lift has no `until`, but that of `{key}` has");
            return Err((key.to_owned(), message));
        }
        for url in &mut self.urls {
            match address(url) {
                Some(parsed) => *url = parsed,
                None => return Err((url.clone(), format!("`{url}` is no http(s) URL"))),
            }
        }
        Ok(())
    }
}

/// An http(s) URL without fragment, as the WHATWG parser writes it.
pub(super) fn address(text: &str) -> Option<String> {
    let mut url = Url::parse(text).ok()?;
    url.set_fragment(None);
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}

/// The day in Vietnam.
fn local_day(now: DateTime<Utc>) -> NaiveDate {
    match FixedOffset::east_opt(VIETNAM_SECONDS_EAST) {
        Some(zone) => now.with_timezone(&zone).date_naive(),
        None => now.date_naive(),
    }
}

#[cfg(test)]
#[path = "entry/tests.rs"]
mod tests;

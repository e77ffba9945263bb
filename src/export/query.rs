//! ExportQuery: which articles an export holds. The export applies it itself, so that what the
//! manifest says is true whatever was left out before.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::ExportError;
use super::changes::changes;
use super::fill::published_day;
use crate::model::{Article, RunId, SectionId, Sequence, SiteId, State};
use crate::search::TextQuery;

/// Which articles are wanted: those that meet every condition given. The default wants all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ExportQuery {
    /// Of this ministry.
    pub site: Option<SiteId>,
    /// Shown by this section.
    pub section: Option<SectionId>,
    /// Published on this day or later, Vietnam's time.
    pub since: Option<NaiveDate>,
    /// Published on this day or earlier, Vietnam's time.
    pub until: Option<NaiveDate>,
    /// In this state.
    pub state: Option<State>,
    /// Meant by this text, in the language of `khotin search`.
    pub query: Option<TextQuery>,
    /// Changed since then.
    pub changed_since: Option<ChangedSince>,
}

/// Since when something must have changed. It is one place in the order of captures, because clocks lie
/// (design, decision 10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedSince {
    /// As it was asked for: a run, a day, a time.
    pub asked: String,
    /// The run that was meant: what changed after it.
    pub run: Option<RunId>,
    /// The moment that was meant, UTC: what changed from then on.
    pub time: Option<String>,
    /// What it was resolved to: only captures behind this one show a change. 0 is before all.
    pub after_sequence: Sequence,
    /// The same for imported captures, whose numbers are made of their times: this one and those behind
    /// it show a change; null: all do.
    pub first_imported: Option<Sequence>,
}

impl ChangedSince {
    /// True if what this capture shows counts as changed since then.
    pub fn includes(&self, capture: Sequence) -> bool {
        if capture.is_imported() {
            return self.first_imported.is_none_or(|first| capture >= first);
        }
        capture > self.after_sequence
    }
}

/// What a query says of one article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It belongs in.
    In,
    /// It does not.
    Out,
    /// It would, but days are asked for and it has no date. Left out, and counted.
    Undated,
    /// It is withheld, and days are asked for, which a tombstone does not tell. Left out, and counted.
    Withheld,
}

impl ExportQuery {
    /// Refuses a query that nothing can meet.
    ///
    /// # Errors
    /// [`ExportError::Days`] if the last day comes before the first.
    pub fn check(&self) -> Result<(), ExportError> {
        match (self.since, self.until) {
            (Some(since), Some(until)) if until < since => Err(ExportError::Days { since, until }),
            _ => Ok(()),
        }
    }

    /// Whether an article belongs in.
    pub fn verdict(&self, article: &Article) -> Verdict {
        let is_meant = self.site.as_ref().is_none_or(|site| *site == article.site)
            && self.state.is_none_or(|state| state == article.state);
        if !is_meant {
            return Verdict::Out;
        }
        if article.state == State::Withheld {
            // Since when it is withheld no capture shows: whoever follows the changes learns of it each
            // time. Sections and words are not even counted: the number would answer the question.
            let days = self.since.or(self.until);
            return match (&self.section, &self.query, days) {
                (None, None, None) => Verdict::In,
                (None, None, Some(_)) => Verdict::Withheld,
                _ => Verdict::Out,
            };
        }
        let is_of_section = |section: &SectionId| {
            let mut sections = article.sections.iter();
            sections.any(|known| known == section.as_str())
        };
        let has_changed = |since: &ChangedSince| {
            let changes = changes(article);
            changes.iter().any(|change| since.includes(change.capture))
        };
        let is_met = self.section.as_ref().is_none_or(is_of_section)
            && self
                .query
                .as_ref()
                .is_none_or(|query| query.matches(article))
            && self.changed_since.as_ref().is_none_or(has_changed);
        if !is_met {
            return Verdict::Out;
        }
        if self.since.is_none() && self.until.is_none() {
            return Verdict::In;
        }
        match article.published.as_ref().and_then(published_day) {
            None => Verdict::Undated,
            Some(day)
                if self.since.is_none_or(|since| since <= day)
                    && self.until.is_none_or(|until| day <= until) =>
            {
                Verdict::In
            }
            Some(_) => Verdict::Out,
        }
    }
}

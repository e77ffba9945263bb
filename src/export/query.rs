//! ExportQuery: which articles an export holds. The export applies it itself, so that what the
//! manifest says is true whatever was left out before.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::ExportError;
use super::row::published_day;
use crate::model::{Article, SectionId, SiteId, State};

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
        let is_of_section = |section: &SectionId| {
            let mut sections = article.sections.iter();
            sections.any(|known| known == section.as_str())
        };
        let is_met = self.site.as_ref().is_none_or(|site| *site == article.site)
            && self.section.as_ref().is_none_or(is_of_section)
            && self.state.is_none_or(|state| state == article.state);
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

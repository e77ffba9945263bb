//! RunReport: what a run did, counted. Printed as a table at the end and kept as JSON in
//! `output/reports/`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{ArticleKey, Evidence, Observation, RunId, SectionId, Sighting, SiteId};

/// What a run did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// Version of khotin.
    pub khotin: String,
    /// The run.
    pub run: RunId,
    /// RFC 3339, UTC.
    pub started: String,
    /// RFC 3339, UTC.
    pub ended: String,
    /// Seconds from start to end, on the monotonic clock.
    pub seconds: f64,
    /// The exit code and why, weightiest first; empty when complete.
    pub exit_code: u8,
    /// The causes of the exit code, in words.
    pub causes: Vec<String>,
    /// One a site.
    pub sites: BTreeMap<SiteId, SiteReport>,
}

/// What a run did at one site.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SiteReport {
    /// Requests sent, robots.txt, redirects and retries included.
    pub requests: u64,
    /// Bytes of bodies received.
    pub bytes: u64,
    /// Articles seen for the first time.
    pub new: Vec<ArticleKey>,
    /// Articles whose content digest changed.
    pub changed: Vec<ArticleKey>,
    /// Articles looked at again and found the same.
    pub unchanged: u64,
    /// Articles that are gone since this run.
    pub gone: Vec<ArticleKey>,
    /// Articles that came back in this run.
    pub back: Vec<ArticleKey>,
    /// Requests that failed in this run, by cause.
    pub failed: BTreeMap<String, u64>,
    /// Requests that scope or robots.txt refused, by rule.
    pub refused: BTreeMap<String, u64>,
    /// Requests given up after failing in several runs; they are retried weekly.
    pub given_up: u64,
    /// Requests still due when the run ended.
    pub left: u64,
    /// Pages on which the site refused us, by rule.
    pub blocked: BTreeMap<String, u64>,
    /// Pages that no layout could read, by reason.
    pub unread: BTreeMap<String, u64>,
    /// How often each field was found, by the first selector, by a fallback, or not.
    pub fields: BTreeMap<String, FieldHits>,
    /// One a section that was read.
    pub sections: BTreeMap<SectionId, SectionReport>,
    /// Signs that the site changed, in words.
    pub drift: Vec<String>,
}

/// How often a field was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FieldHits {
    /// By the first selector.
    pub hit: u64,
    /// By a later one.
    pub fallback: u64,
    /// Not at all.
    pub miss: u64,
}

impl FieldHits {
    /// The share found, 0 to 1; `None` if nothing was looked at.
    pub fn rate(self) -> Option<f64> {
        let all = self.hit + self.fallback + self.miss;
        (all > 0).then(|| (self.hit + self.fallback) as f64 / all as f64)
    }
}

/// What a run read of one section.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SectionReport {
    /// Listing pages.
    pub pages: u64,
    /// Items on them.
    pub items: u64,
    /// Why the listing was not read further.
    pub end: Option<String>,
    /// True when nothing of the listing is missing.
    pub complete: bool,
}

impl SiteReport {
    /// Counts how the fields of an article were found.
    pub fn count_fields(&mut self, observations: &[Observation]) {
        for observation in observations {
            let Sighting::Article { evidence, .. } = &observation.sighting else { continue };
            for (field, found) in evidence {
                let hits = self.fields.entry(field.clone()).or_default();
                match found {
                    Ok(Evidence { alternative: 0, .. }) => hits.hit += 1,
                    Ok(_) => hits.fallback += 1,
                    Err(_) => hits.miss += 1,
                }
            }
        }
    }

    /// All failures together.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }
}

/// Adds one to a counter of words.
pub(crate) fn count(counter: &mut BTreeMap<String, u64>, word: &str) {
    *counter.entry(word.to_owned()).or_default() += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_needs_something_to_look_at() {
        assert_eq!(FieldHits::default().rate(), None);
        assert_eq!(FieldHits { hit: 2, fallback: 1, miss: 1 }.rate(), Some(0.75));
    }
}

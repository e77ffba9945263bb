//! RunReport: what a run did, counted. Printed as a table at the end and kept as JSON in
//! `output/reports/`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::durable;
use crate::model::{ArticleKey, FieldEvidence, Observation, RunId, SectionId, Sighting, SiteId};
use crate::store::{RequestState, SqliteStore, Store};

use super::CrawlError;
use super::keeper::KeptSite;
use super::worker::Ended;
use crate::frontier::walk::WalkEnd;
use crate::outcome::Outcome;

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
    /// The most memory that the process ever held, in bytes (`VmHWM`); `null` where the system does
    /// not tell (only Linux does).
    pub peak_memory_bytes: Option<u64>,
    /// The exit code and why, weightiest first; empty when complete.
    pub exit_code: u8,
    /// The causes of the exit code, in words.
    pub causes: Vec<String>,
    /// The budget that was spent, in words: "500 requests as --max-requests says".
    #[serde(default)]
    pub stopped: Option<String>,
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
    /// Requests that failed in this run, by cause; without those that an earlier run gave up.
    pub failed: BTreeMap<String, u64>,
    /// Requests that scope or robots.txt refused, by rule.
    pub refused: BTreeMap<String, u64>,
    /// Requests given up after failing in several runs; they are retried weekly.
    pub given_up: u64,
    /// Requests still due when the run ended.
    pub left: u64,
    /// Why the site's run ended early: the site wishes to be left alone for longer than a run waits.
    pub held: Option<String>,
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

/// The most memory that this process ever held, in bytes, as Linux tells it.
pub(super) fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

impl SiteReport {
    /// Counts how the fields of an article were found.
    pub fn count_fields(&mut self, observations: &[Observation]) {
        for observation in observations {
            let Sighting::Article {
                evidence, content, ..
            } = &observation.sighting
            else {
                continue;
            };
            // The body has evidence only where it is missing: it has no single raw text.
            if !content.blocks.is_empty() {
                self.fields.entry("blocks".to_owned()).or_default().hit += 1;
            }
            for (field, found) in evidence {
                let hits = self.fields.entry(field.clone()).or_default();
                match found {
                    FieldEvidence::Found(found) if found.alternative == 0 => hits.hit += 1,
                    FieldEvidence::Found(_) => hits.fallback += 1,
                    FieldEvidence::Missing { .. } => hits.miss += 1,
                }
            }
        }
    }

    /// All failures together.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }
}

/// A field that fewer than this share of articles have, where most of a run's articles lack it, is
/// drift (our choice).
const LOWEST_TITLE_RATE: f64 = 0.5;
/// Articles that must have been read before rates say anything (our choice).
const FEWEST_ARTICLES: u64 = 5;

/// Fills in what is known at the end of a run.
pub(super) fn closing(
    store: &SqliteStore,
    site: &KeptSite,
    ended: &[Ended],
    now: DateTime<Utc>,
) -> Result<SiteReport, CrawlError> {
    let mut report = site.report.clone();
    let id = &site.profile.id;
    let counts = store.counts(id)?;
    let given_up = counts.requests.get(&RequestState::GivenUp);
    report.given_up = given_up.copied().unwrap_or_default();
    report.left = store.due(&site.want, now)?;
    for how in ended {
        if let Ended::Held(why) = how {
            report.held.get_or_insert_with(|| why.clone());
        }
    }
    for (section, read) in &mut report.sections {
        if let Some(walk) = store.walk(id, section)? {
            read.complete = walk.finished.as_ref().is_some_and(WalkEnd::is_complete);
            read.end = walk.finished.map(|end| end.to_string());
        }
    }
    let ever = |section: &SectionId| {
        let known = counts.sections.get(section);
        known.is_some_and(|known| known.articles > 0)
    };
    report.drift = drift(&report, ever);
    Ok(report)
}

/// Signs that the site changed. A section that never showed an item (`has_shown`) has not changed: that
/// it was not read whole is said by its end. (Comparing with earlier runs is a later work.)
fn drift(report: &SiteReport, has_shown: impl Fn(&SectionId) -> bool) -> Vec<String> {
    let mut signs = Vec::new();
    for (section, read) in &report.sections {
        if read.pages > 0 && read.items == 0 && has_shown(section) {
            signs.push(format!("the listing of {section} shows no items any more"));
        }
    }
    for field in ["title", "blocks"] {
        let Some(hits) = report.fields.get(field) else {
            continue;
        };
        let looked = hits.hit + hits.fallback + hits.miss;
        if let Some(rate) = hits.rate().filter(|rate| *rate < LOWEST_TITLE_RATE)
            && looked >= FEWEST_ARTICLES
        {
            signs.push(format!(
                "{field} was found in {:.0} % of {looked} articles",
                rate * 100.0
            ));
        }
    }
    let unread: u64 = report.unread.values().sum();
    let read = (report.new.len() + report.changed.len()) as u64 + report.unchanged;
    if unread >= FEWEST_ARTICLES && unread > read {
        signs.push(format!(
            "no layout fits {unread} pages, against {read} that were read"
        ));
    }
    signs
}

impl RunReport {
    /// Finds the exit code and its causes (design, decision 8). `failed` is the error that the run
    /// ended by.
    pub(super) fn judge(&mut self, failed: Option<&CrawlError>) {
        let mut outcome = failed.map_or(Outcome::Complete, CrawlError::outcome);
        let mut causes: Vec<String> = failed.map(words).into_iter().collect();
        for (id, site) in &self.sites {
            let mut cause = |weight: Outcome, text: String| {
                outcome = outcome.and(weight);
                causes.push(format!("{id}: {text}"));
            };
            if !site.blocked.is_empty() {
                let pages: u64 = site.blocked.values().sum();
                cause(
                    Outcome::Blocked,
                    format!("the site refuses us on {pages} pages"),
                );
            }
            for sign in &site.drift {
                cause(Outcome::Drift, format!("the site changed: {sign}"));
            }
            if site.failures() > 0 {
                cause(
                    Outcome::Incomplete,
                    format!("{} requests failed", site.failures()),
                );
            }
            if !site.refused.is_empty() {
                let refused: u64 = site.refused.values().sum();
                cause(
                    Outcome::Incomplete,
                    format!("{refused} requests were not allowed by scope or robots.txt"),
                );
            }
            if let Some(why) = &site.held {
                cause(Outcome::Incomplete, why.clone());
            }
            // A spent budget says it for all sites together.
            if site.left > 0 && self.stopped.is_none() {
                cause(
                    Outcome::Incomplete,
                    format!("{} requests are left for the next run", site.left),
                );
            }
            for (section, read) in &site.sections {
                if let (false, Some(end)) = (read.complete, &read.end) {
                    cause(
                        Outcome::Incomplete,
                        format!("the listing of {section} was not read whole: {end}"),
                    );
                }
            }
        }
        let left: u64 = self.sites.values().map(|site| site.left).sum();
        if let Some(spent) = self.stopped.as_ref().filter(|_| left > 0) {
            outcome = outcome.and(Outcome::Incomplete);
            causes.push(format!(
                "stopped after {spent}; {left} left, go on with the same command"
            ));
        }
        self.exit_code = outcome.code();
        self.causes = causes;
    }
}

/// An error with what it comes from.
fn words(error: &CrawlError) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

/// Keeps a report as `reports/<name>.json`: written beside, fsynced, renamed.
pub(super) fn write(folder: &Path, name: &str, report: &impl Serialize) -> Result<(), CrawlError> {
    let text = serde_json::to_string_pretty(report).map_err(CrawlError::Report)?;
    let keep = || -> std::io::Result<()> {
        durable::make_folder(folder)?;
        let temporary = folder.join(format!("{name}.json.tmp"));
        let mut file = File::create(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, folder.join(format!("{name}.json")))?;
        durable::sync_folder(folder)
    };
    keep().map_err(|source| CrawlError::Folder {
        path: folder.to_owned(),
        source,
    })
}

/// Different words that a counter has at most (our choice): a site could make up a new one for each
/// request.
const MOST_WORDS: usize = 50;
/// What all further words are counted under.
const OTHER_WORDS: &str = "other causes";

/// Adds one to a counter of words.
pub(crate) fn count(counter: &mut BTreeMap<String, u64>, word: &str) {
    let is_new = !counter.contains_key(word);
    let word = if is_new && counter.len() >= MOST_WORDS {
        OTHER_WORDS
    } else {
        word
    };
    *counter.entry(word.to_owned()).or_default() += 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Block, CaptureRef, CaptureUse, Content, ProfileRef, Sequence, Via};

    #[test]
    fn a_counter_of_words_is_bounded_and_loses_no_number() {
        let mut counter = BTreeMap::new();
        for number in 0..200 {
            count(&mut counter, &format!("redirect to /{}", number % 100));
        }
        assert_eq!(counter.len(), MOST_WORDS + 1);
        assert_eq!(counter.values().sum::<u64>(), 200);
        assert_eq!(counter.get("redirect to /0"), Some(&2));
        assert_eq!(counter.get(OTHER_WORDS), Some(&100));
    }

    #[test]
    fn a_rate_needs_something_to_look_at() {
        assert_eq!(FieldHits::default().rate(), None);
        assert_eq!(
            FieldHits {
                hit: 2,
                fallback: 1,
                miss: 1
            }
            .rate(),
            Some(0.75)
        );
    }

    /// What an article without text is to the counters; `blocks` 0 or 1.
    fn seen(blocks: usize) -> Observation {
        let paragraph = Block::Paragraph {
            text: "a".to_owned(),
        };
        let missing = FieldEvidence::Missing {
            missing: "the page has no text".to_owned(),
        };
        let evidence = (blocks == 0).then(|| ("blocks".to_owned(), missing));
        Observation {
            key: ArticleKey::new("demo:liferay:a"),
            site: SiteId::new("demo"),
            platform: "liferay".to_owned(),
            sequence: Sequence(1),
            position: 0,
            public_url: String::new(),
            seen_url: None,
            capture: CaptureRef {
                sequence: Sequence(1),
                used_as: CaptureUse::Article,
                request_url: String::new(),
                time: String::new(),
                status: 200,
                via: Via::Direct,
                payload_sha1: String::new(),
                payload_sha256: String::new(),
                warc_file: String::new(),
                warc_offset: 0,
                warc_record_id: String::new(),
            },
            sighting: Sighting::Article {
                content: Box::new(Content {
                    blocks: vec![paragraph; blocks],
                    ..Content::default()
                }),
                content_digest: String::new(),
                categories: Vec::new(),
                evidence: evidence.into_iter().collect(),
                warnings: Vec::new(),
            },
            profile: ProfileRef {
                site: "demo".to_owned(),
                layout: None,
                digest: String::new(),
            },
            synthetic: true,
        }
    }

    #[test]
    fn a_few_articles_without_text_are_no_drift_and_most_are() {
        let table = [
            // what, articles with text, without, drift
            ("six videos among many", 20, 6, 0),
            ("most have no text any more", 4, 6, 1),
            ("too few to say", 0, 4, 0),
        ];
        for (what, with, without, expected) in table {
            let mut report = SiteReport::default();
            let articles = [vec![seen(1); with], vec![seen(0); without]].concat();
            report.count_fields(&articles);
            assert_eq!(drift(&report, |_| true).len(), expected, "{what}");
        }
    }

    #[test]
    fn an_empty_listing_is_drift_only_where_it_showed_items_before() {
        let mut report = SiteReport::default();
        let read = SectionReport {
            pages: 1,
            ..SectionReport::default()
        };
        report.sections.insert(SectionId::new("a"), read);
        assert_eq!(
            drift(&report, |_| true),
            ["the listing of a shows no items any more"]
        );
        assert!(drift(&report, |_| false).is_empty());
    }
}

//! RunReport: what a run did, counted. Printed as a table at the end and kept as JSON in
//! `output/reports/`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::CrawlError;
use crate::config::Assets;
use crate::drift::{Seen, Sign, Weight};
use crate::durable;
use crate::lang::counted;
use crate::model::{ArticleKey, Purpose, RunId, SectionId, SiteId};
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
    /// The budget that was spent, in words, or an interrupt: "500 requests as --max-requests says".
    #[serde(default)]
    pub stopped: Option<String>,
    /// The error that the run ended by, in words, with what it comes from.
    #[serde(default)]
    pub error: Option<String>,
    /// One a site.
    pub sites: BTreeMap<SiteId, SiteReport>,
}

/// What a run did at one site.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SiteReport {
    /// Requests sent, robots.txt, redirects, retries and files of articles included.
    pub requests: u64,
    /// Bytes of bodies received, those of files included.
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
    /// Requests for pages that failed in this run, by cause; without those that an earlier run gave up.
    pub failed: BTreeMap<String, u64>,
    /// Requests for pages that scope or robots.txt refused, by rule.
    pub refused: BTreeMap<String, u64>,
    /// Requests given up after failing in several runs; they are retried weekly.
    pub given_up: u64,
    /// Requests for pages still due when the run ended.
    pub left: u64,
    /// Files of articles.
    #[serde(default)]
    pub assets: AssetReport,
    /// Why the site's run ended early: the site wishes to be left alone for longer than a run waits.
    pub held: Option<String>,
    /// Pages on which the site refused us, by rule.
    pub blocked: BTreeMap<String, u64>,
    /// Pages that no layout could read, by reason.
    pub unread: BTreeMap<String, u64>,
    /// One a section that was read.
    pub sections: BTreeMap<SectionId, SectionReport>,
    /// What was found, and by which selector: what later runs are compared with.
    pub seen: Seen,
    /// Signs that the site changed, and warnings that it may have; drift first.
    pub drift: Vec<Sign>,
}

/// What a run did for the files of articles.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AssetReport {
    /// Which files were wanted.
    pub wanted: Assets,
    /// Requests sent for files, redirects and retries included.
    pub requests: u64,
    /// Bytes received of them.
    pub bytes: u64,
    /// Whole files.
    pub archived: u64,
    /// Files that are not there: answered 404 or 410.
    pub gone: u64,
    /// Files that are longer than `asset_max_bytes`.
    pub too_long: u64,
    /// Requests that failed, by cause; without those that an earlier run gave up.
    pub failed: BTreeMap<String, u64>,
    /// Requests that were not sent, by rule: scope, robots.txt, or a host that is left alone for this run.
    pub refused: BTreeMap<String, u64>,
    /// Requests still due when the run ended.
    pub left: u64,
    /// Why no more files were asked for, in words, if a cap of the run was reached.
    pub spent: Option<String>,
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
    /// The counter of refusals that a request belongs to.
    pub(super) fn refused_of(&mut self, purpose: Purpose) -> &mut BTreeMap<String, u64> {
        match purpose {
            Purpose::Asset => &mut self.assets.refused,
            Purpose::Robots | Purpose::Listing | Purpose::Article => &mut self.refused,
        }
    }

    /// The counter of failures that a request belongs to.
    pub(super) fn failed_of(&mut self, purpose: Purpose) -> &mut BTreeMap<String, u64> {
        match purpose {
            Purpose::Asset => &mut self.assets.failed,
            Purpose::Robots | Purpose::Listing | Purpose::Article => &mut self.failed,
        }
    }

    /// All failures of pages together.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }
}

impl RunReport {
    /// Finds the exit code and its causes (design, decision 8). `failed` is the error that the run
    /// ended by.
    pub(super) fn judge(&mut self, failed: Option<&CrawlError>) {
        let mut outcome = failed.map_or(Outcome::Complete, CrawlError::outcome);
        self.error = failed.map(words);
        let mut causes: Vec<String> = self.error.clone().into_iter().collect();
        for (id, site) in &self.sites {
            let mut cause = |weight: Outcome, text: String| {
                outcome = outcome.and(weight);
                causes.push(format!("{id}: {text}"));
            };
            if !site.blocked.is_empty() {
                let pages: u64 = site.blocked.values().sum();
                cause(
                    Outcome::Blocked,
                    format!("the site refuses us on {}", counted(pages, "page", "pages")),
                );
            }
            let is_drift = |sign: &&Sign| sign.weight == Weight::Drift;
            for sign in site.drift.iter().filter(is_drift) {
                cause(Outcome::Drift, format!("the site changed: {sign}"));
            }
            if site.failures() > 0 {
                cause(
                    Outcome::Incomplete,
                    counted(site.failures(), "request failed", "requests failed"),
                );
            }
            if !site.refused.is_empty() {
                let refused: u64 = site.refused.values().sum();
                cause(
                    Outcome::Incomplete,
                    format!(
                        "{} not allowed by scope or robots.txt",
                        counted(refused, "request was", "requests were")
                    ),
                );
            }
            // Files fail a run as pages do, but what robots.txt keeps out of a file's host is no fault of a night.
            let files: u64 = site.assets.failed.values().sum();
            if files > 0 {
                cause(
                    Outcome::Incomplete,
                    counted(
                        files,
                        "file of an article failed",
                        "files of articles failed",
                    ),
                );
            }
            if let Some(why) = &site.held {
                cause(Outcome::Incomplete, why.clone());
            }
            // A spent budget and an interrupt say it for all sites together.
            if site.left > 0 && self.stopped.is_none() {
                cause(
                    Outcome::Incomplete,
                    format!(
                        "{} left for the next run",
                        counted(site.left, "request is", "requests are")
                    ),
                );
            }
            if site.assets.left > 0 && self.stopped.is_none() {
                let why = site.assets.spent.as_ref();
                let why = why.map_or(String::new(), |why| format!(" after {why}"));
                cause(
                    Outcome::Incomplete,
                    format!(
                        "{} left for the next run{why}",
                        counted(site.assets.left, "file is", "files are")
                    ),
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
        let sites = self.sites.values();
        let left: u64 = sites.map(|site| site.left + site.assets.left).sum();
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
}

//! Metrics: a night as a textfile for Prometheus' node_exporter (exposition format 0.0.4).
//!
//! In: the report of a night and what the store and the disk say; out: the text. Pure but for
//! [`Facts::gather`]. Always holds: each family has HELP and TYPE, and its samples stand together; base
//! units, no `_total` but on counters, of which there are none: everything is of the last night, so it is
//! a gauge. No sample has a time of its own, because node_exporter refuses such a file. What is not known
//! is left out, never 0.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;

use super::NightReport;
use crate::config::Config;
use crate::drift::Weight;
use crate::model::{SectionId, SiteId};
use crate::pipeline::{SiteReport, archive_folder, database, free_bytes};
use crate::store::{SqliteStore, Store};

/// What is known beside the report.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// Sections of the sites of the settings.
    pub sections: Vec<SectionAge>,
    /// Bytes of all files of the archive.
    pub archive_bytes: Option<u64>,
    /// Bytes that may still be written to the disk of the output folder.
    pub free_bytes: Option<u64>,
}

/// How old a section's newest article is.
#[derive(Debug, Clone, PartialEq)]
pub struct SectionAge {
    /// The ministry.
    pub site: SiteId,
    /// The section.
    pub section: SectionId,
    /// The newest day of publication in it.
    pub newest: Option<NaiveDate>,
    /// When its listing last showed something new.
    pub last_new: Option<DateTime<Utc>>,
}

impl Facts {
    /// What the store and the disk say now. What can not be had is left out: the report says why.
    pub(super) fn gather(config: &Config, now: DateTime<Utc>) -> Self {
        let output = &config.paths.output;
        let mut facts = Self {
            archive_bytes: folder_bytes(&archive_folder(output)),
            free_bytes: free_bytes(output),
            ..Self::default()
        };
        let path = database(output);
        let store = path.is_file().then(|| SqliteStore::open_reader(&path));
        let Some(Ok(store)) = store else {
            return facts;
        };
        for site in &config.crawl.sites {
            let Ok(counts) = store.counts(site) else {
                continue;
            };
            let section = |(section, count): (SectionId, crate::store::SectionCount)| SectionAge {
                site: site.clone(),
                section,
                newest: count.newest,
                // A clock that was wrong: a stored time in the future counts as now.
                last_new: count.last_new.map(|at| at.min(now)),
            };
            facts
                .sections
                .extend(counts.sections.into_iter().map(section));
        }
        facts
    }
}

fn folder_bytes(folder: &Path) -> Option<u64> {
    let entries = fs::read_dir(folder).ok()?;
    let sizes = entries.filter_map(|entry| entry.ok()?.metadata().ok());
    Some(sizes.filter(|one| one.is_file()).map(|one| one.len()).sum())
}

/// The text of the file.
pub fn render(report: &NightReport, facts: &Facts, now: DateTime<Utc>) -> String {
    let mut text = Text::default();
    of_the_night(&mut text, report, now);
    of_the_crawl(&mut text, report);
    of_sections(&mut text, facts, now);
    text.family(
        "khotin_archive_bytes",
        "Size of all files in the archive folder.",
        facts.archive_bytes.map(Sample::plain),
    );
    text.family(
        "khotin_disk_free_bytes",
        "Bytes that khotin may still write to the disk of its output folder.",
        facts.free_bytes.map(Sample::plain),
    );
    text.0
}

fn of_the_night(text: &mut Text, report: &NightReport, now: DateTime<Utc>) {
    text.family(
        "khotin_build_info",
        "Version of khotin that wrote this file; always 1.",
        [Sample::of([("version", report.khotin.as_str())], 1_u32)],
    );
    text.family(
        "khotin_nightly_last_run_timestamp_seconds",
        "When the last night ended, however it ended, in seconds since 1970.",
        [Sample::plain(now.timestamp())],
    );
    text.family(
        "khotin_nightly_last_success_timestamp_seconds",
        "When a night last ended with exit code 0, in seconds since 1970.",
        report.last_success.map(|at| Sample::plain(at.timestamp())),
    );
    text.family(
        "khotin_nightly_exit_code",
        "Exit code of the last night: 0 complete, 1 alarm, 2 usage, 3 damaged, 4 drift, 5 blocked, \
         75 still running, 130 interrupted.",
        report.exit_code.map(Sample::plain),
    );
    text.family(
        "khotin_nightly_duration_seconds",
        "How long the last night took.",
        [Sample::plain(report.seconds)],
    );
    text.family(
        "khotin_nightly_missed_nights",
        "Nights without a dump before the last one.",
        (report.number > 0).then(|| Sample::plain(report.missed)),
    );
    text.family(
        "khotin_nightly_failing_requests",
        "Pages, listings and sites that fail, by the number of nights in a row.",
        by_nights(report)
            .iter()
            .map(|(nights, number)| Sample::of([("nights", nights.as_str())], *number)),
    );
    let dump = report.dump.as_ref();
    text.family(
        "khotin_nightly_dump_bytes",
        "Size of the dump of the last night, without its manifest.",
        dump.and_then(|dump| dump.bytes).map(Sample::plain),
    );
    text.family(
        "khotin_nightly_dump_articles",
        "Articles in the dump of the last night.",
        dump.and_then(|dump| dump.articles).map(Sample::plain),
    );
    text.family(
        "khotin_nightly_dumps",
        "Dumps that stand.",
        report
            .rotation
            .as_ref()
            .map(|rotation| Sample::plain(rotation.kept.len())),
    );
}

fn by_nights(report: &NightReport) -> BTreeMap<String, u64> {
    let mut numbers = BTreeMap::new();
    for nights in report.failing.values() {
        *numbers.entry(nights.to_string()).or_default() += 1;
    }
    numbers
}

fn of_the_crawl(text: &mut Text, report: &NightReport) {
    let Some(run) = &report.crawl else {
        return;
    };
    let sites: Vec<(&str, &SiteReport)> = run
        .sites
        .iter()
        .map(|(id, site)| (id.as_str(), site))
        .collect();
    text.family(
        "khotin_nightly_requests",
        "Requests that the last night sent, with robots.txt, redirects and retries.",
        per_site(&sites, |site| site.requests),
    );
    text.family(
        "khotin_nightly_received_bytes",
        "Bytes of bodies that the last night received.",
        per_site(&sites, |site| site.bytes),
    );
    text.family(
        "khotin_nightly_new_articles",
        "Articles that the last night saw for the first time.",
        per_site(&sites, |site| site.new.len() as u64),
    );
    text.family(
        "khotin_nightly_left_requests",
        "Requests that the last night left for the next.",
        per_site(&sites, |site| site.left),
    );
    text.family(
        "khotin_nightly_pages",
        "Pages of the last night by what came of them.",
        sites.iter().flat_map(|(id, site)| {
            outcomes(site)
                .map(|(outcome, number)| Sample::of([("site", *id), ("outcome", outcome)], number))
        }),
    );
    text.family(
        "khotin_nightly_drift_signs",
        "Signs of the last night that a site changed (drift) or may have changed (warning).",
        sites.iter().flat_map(|(id, site)| {
            [("drift", Weight::Drift), ("warning", Weight::Warning)].map(|(word, weight)| {
                let signs = site.drift.iter().filter(|sign| sign.weight == weight);
                Sample::of([("site", *id), ("weight", word)], signs.count())
            })
        }),
    );
}

fn per_site<'a>(
    sites: &'a [(&'a str, &'a SiteReport)],
    number: fn(&SiteReport) -> u64,
) -> impl Iterator<Item = Sample> + 'a {
    let sample = move |(id, site): &(&str, &SiteReport)| Sample::of([("site", *id)], number(site));
    sites.iter().map(sample)
}

fn outcomes(site: &SiteReport) -> [(&'static str, u64); 10] {
    let sum = |counter: &BTreeMap<String, u64>| counter.values().sum();
    [
        ("new", site.new.len() as u64),
        ("changed", site.changed.len() as u64),
        ("unchanged", site.unchanged),
        ("gone", site.gone.len() as u64),
        ("back", site.back.len() as u64),
        ("failed", site.failures()),
        ("given_up", site.given_up),
        ("refused", sum(&site.refused)),
        ("blocked", sum(&site.blocked)),
        ("unread", sum(&site.unread)),
    ]
}

fn of_sections(text: &mut Text, facts: &Facts, now: DateTime<Utc>) {
    let of = |one: &SectionAge, seconds: i64| {
        let labels = [
            ("site", one.site.as_str()),
            ("section", one.section.as_str()),
        ];
        Sample::of(labels, seconds)
    };
    let age = |one: &SectionAge| {
        let midnight = one.newest?.and_time(NaiveTime::MIN);
        let midnight = midnight.and_local_timezone(Ho_Chi_Minh).earliest()?;
        Some(of(one, (now - midnight.to_utc()).num_seconds().max(0)))
    };
    text.family(
        "khotin_section_newest_age_seconds",
        "Age of the newest article of a section when this file was written, counted from the beginning \
         of its day in Vietnam.",
        facts.sections.iter().filter_map(age),
    );
    text.family(
        "khotin_section_last_new_timestamp_seconds",
        "When the listing of a section last showed an article that it had never shown before, in seconds \
         since 1970.",
        facts
            .sections
            .iter()
            .filter_map(|one| Some(of(one, one.last_new?.timestamp()))),
    );
}

/// One line of a family.
struct Sample {
    labels: String,
    value: String,
}

impl Sample {
    fn plain(value: impl ToString) -> Self {
        Self::of([], value)
    }

    fn of<const N: usize>(labels: [(&str, &str); N], value: impl ToString) -> Self {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
            .collect();
        Self {
            labels: match labels.is_empty() {
                true => String::new(),
                false => format!("{{{}}}", labels.join(",")),
            },
            value: value.to_string(),
        }
    }
}

/// A label's value: backslash, quote and line feed are escaped (exposition format); other control
/// characters become spaces.
fn escaped(value: &str) -> String {
    let mut text = String::new();
    for char in value.chars() {
        match char {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            char if char.is_control() => text.push(' '),
            char => text.push(char),
        }
    }
    text
}

#[derive(Default)]
struct Text(String);

impl Text {
    /// A family of gauges; nothing if it has no sample.
    fn family(&mut self, name: &str, help: &str, samples: impl IntoIterator<Item = Sample>) {
        let mut samples = samples.into_iter().peekable();
        if samples.peek().is_none() {
            return;
        }
        // Writing into a String does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge");
        for sample in samples {
            let _ = writeln!(self.0, "{name}{} {}", sample.labels, sample.value);
        }
    }
}

#[cfg(test)]
mod tests;

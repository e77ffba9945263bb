//! Closing: what is known of a site only at the end of a run: what is left, how its listings ended, and
//! whether it changed against earlier runs.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::CrawlError;
use super::keeper::KeptSite;
use super::report::SiteReport;
use super::worker::Ended;
use crate::config::Assets;
use crate::drift::{self, Case, News, PAST_RUNS, Past, Sign, Weight, rhythm_of};
use crate::frontier::walk::WalkEnd;
use crate::model::{SectionId, SiteId};
use crate::store::{Counts, RequestState, SqliteStore, Store, Want};

/// New and changed articles whose dates are compared with their listings' (our choice): as many as a
/// sample keeps, with some that have no date.
const MOST_DATES: usize = 400;

/// The site's report, with what is known at the end of a run. `reports` is the folder of earlier ones.
pub(super) fn closing(
    store: &SqliteStore,
    site: &KeptSite,
    ended: &[Ended],
    now: DateTime<Utc>,
    reports: &Path,
) -> Result<SiteReport, CrawlError> {
    let mut report = site.report.clone();
    let id = &site.profile.id;
    let counts = store.counts(id)?;
    let given_up = counts.requests.get(&RequestState::GivenUp);
    report.given_up = given_up.copied().unwrap_or_default();
    let pages = Want {
        assets: Assets::None,
        ..site.want.clone()
    };
    report.left = store.due(&pages, now)?;
    report.assets.left = store.due(&site.want, now)?.saturating_sub(report.left);
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
    report.seen.profile.clone_from(&site.profile.digest);
    for key in report.new.iter().chain(&report.changed).take(MOST_DATES) {
        if let Some(article) = store.article(key.as_str())? {
            report.seen.look_at_dates(&article);
        }
    }
    report.drift = signs(store, site, &report, &counts, now, reports)?;
    Ok(report)
}

fn signs(
    store: &SqliteStore,
    site: &KeptSite,
    report: &SiteReport,
    counts: &Counts,
    now: DateTime<Utc>,
    reports: &Path,
) -> Result<Vec<Sign>, CrawlError> {
    let id = &site.profile.id;
    let mut past = store.reports(id, PAST_RUNS)?;
    if past.len() < PAST_RUNS {
        // The database may have been made again since.
        let kept = kept_reports(reports, id);
        if kept.len() > past.len() {
            past = kept;
        }
    }
    let past: Vec<Past> = past.into_iter().filter_map(past_run).collect();
    let case = Case {
        site: id,
        limits: &site.profile.drift,
        now,
        past: &past,
    };
    let has_shown = |section: &SectionId| {
        let known = counts.sections.get(section);
        known.is_some_and(|known| known.articles > 0)
    };
    let mut signs = drift::judge(&report.seen, case, has_shown);
    signs.extend(silences(site, report, counts, now));
    signs.sort_by_key(|sign| std::cmp::Reverse(sign.weight == Weight::Drift));
    Ok(signs)
}

/// Only a section whose listing was read in this run and shows something can be silent.
fn silences(
    site: &KeptSite,
    report: &SiteReport,
    counts: &Counts,
    now: DateTime<Utc>,
) -> Vec<Sign> {
    let sections = report
        .seen
        .sections
        .iter()
        .filter(|(_, seen)| seen.items > 0);
    let silence = |(section, seen): (&SectionId, &drift::SectionSeen)| {
        let known = counts.sections.get(section)?;
        let mut profiles = site.profile.sections.iter();
        let stated = profiles.find(|one| one.id == *section)?.rhythm;
        let news = News {
            site: &site.profile.id,
            section,
            rhythm: rhythm_of(stated.map(|period| period.0), &known.days)?,
            last_new: known.last_new?,
            example: seen.example.as_ref(),
        };
        drift::silence(news, now)
    };
    sections.filter_map(silence).collect()
}

/// A report of an older khotin has another shape, and nothing to compare with.
fn past_run(report: Value) -> Option<Past> {
    let part = |name: &str| report.get(name).cloned();
    Some(Past {
        seen: serde_json::from_value(part("seen")?).ok()?,
        signs: serde_json::from_value(part("drift")?).ok()?,
    })
}

/// A site's part of the newest reports that were kept as files: what is left of earlier runs when the
/// database was made again. A file that can not be read tells nothing.
fn kept_reports(folder: &Path, site: &SiteId) -> Vec<Value> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    paths.sort_unstable_by(|one, other| other.cmp(one));
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).ok()?;
        let report: Value = serde_json::from_str(&text).ok()?;
        report.get("sites")?.get(site.as_str()).cloned()
    };
    paths.iter().filter_map(read).take(PAST_RUNS).collect()
}

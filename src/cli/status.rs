//! `khotin status`: one screen of what is there.

use std::io::Write;

use anyhow::bail;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::json::write_json;
use super::problem::UsageError;
use super::report::{one_line, write_signs};
use super::table::write_table;
use super::{Context, Outcome};
use crate::config::SiteProfile;
use crate::drift::{Sign, rhythm_of};
use crate::model::{SectionId, SiteId};
use crate::pipeline::database;
use crate::store::{Counts, RequestState, RunRow, SectionCount, SqliteStore, Store};

/// Show the last run, articles by state, sections, what changed, and requests that failed
///
/// Example: khotin status --json
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let config = context.config()?;
    let path = database(&config.paths.output);
    if !path.is_file() {
        bail!(UsageError::new(
            format!("nothing yet: there is no {}", path.display()),
            "run `khotin crawl` first, or `khotin rebuild` if the archive is there",
        ));
    }
    let store = SqliteStore::open_reader(&path)?;
    let run = store.last_run()?;
    let profiles = context.sites()?;
    let mut sites = Vec::new();
    for site in profiles.iter() {
        let counts = store.counts(&site.profile.id)?;
        if counts.exchanges > 0 {
            let signs = signs_of(run.as_ref(), &site.profile.id);
            sites.push(Known {
                profile: &site.profile,
                counts,
                signs,
            });
        }
    }
    if context.json {
        write_json(out, &as_json(run.as_ref(), &sites))?;
        return Ok(Outcome::Complete);
    }
    match &run {
        None => writeln!(out, "no run yet")?,
        Some(run) => writeln!(out, "last run  {}, {}", run.run, how_it_ended(run))?,
    }
    for site in &sites {
        let (id, counts) = (&site.profile.id, &site.counts);
        writeln!(
            out,
            "\n{id}  {} exchanges, {} bytes of bodies",
            counts.exchanges, counts.bytes
        )?;
        write_counts(out, site)?;
        if !site.signs.is_empty() {
            writeln!(out, "  what changed, by the last run:")?;
            write_signs(out, &site.signs)?;
        }
        for row in store.failures(id)? {
            let cause = row.cause.unwrap_or_default();
            writeln!(
                out,
                "  {} {}: {} ({} runs)",
                row.state.as_str().replace('_', " "),
                one_line(row.request.url.as_str()),
                one_line(&cause),
                row.failed_runs
            )?;
        }
    }
    Ok(Outcome::Complete)
}

fn how_it_ended(run: &RunRow) -> String {
    let Some(at) = run.finished_at else {
        return "not ended: it runs, or was killed; `khotin crawl` goes on there".to_owned();
    };
    let at = at.format("%Y-%m-%d %H:%M:%S UTC");
    let report = run.report.as_ref();
    match report.and_then(|report| report.get("exit_code")?.as_u64()) {
        Some(code) => format!("ended {at} with exit code {code}"),
        None => format!("ended {at}; its exit code is not known"),
    }
}

/// What is known of a site.
struct Known<'a> {
    profile: &'a SiteProfile,
    counts: Counts,
    /// What the last run said that changed.
    signs: Vec<Sign>,
}

impl Known<'_> {
    /// In about what time a section shows something new.
    fn rhythm(&self, section: &SectionId, count: &SectionCount) -> Option<TimeDelta> {
        let mut sections = self.profile.sections.iter();
        let stated = sections.find(|known| known.id == *section)?.rhythm;
        rhythm_of(stated.map(|period| period.0), &count.days)
    }
}

/// A report of an older khotin tells nothing.
fn signs_of(run: Option<&RunRow>, site: &SiteId) -> Vec<Sign> {
    let signs = run.and_then(|run| {
        let report = run.report.as_ref()?;
        let signs = report.get("sites")?.get(site.as_str())?.get("drift")?;
        serde_json::from_value(signs.clone()).ok()
    });
    signs.unwrap_or_default()
}

fn write_counts(out: &mut dyn Write, site: &Known<'_>) -> std::io::Result<()> {
    let counts = &site.counts;
    let articles: Vec<Vec<String>> = counts
        .articles
        .iter()
        .map(|(state, number)| vec![state.as_str().to_owned(), number.to_string()])
        .collect();
    write_table(out, &["articles", "number"], &articles)?;
    writeln!(out)?;
    let sections: Vec<Vec<String>> = counts
        .sections
        .iter()
        .map(|(id, section)| {
            let newest = section
                .newest
                .map_or_else(String::new, |day| day.to_string());
            let end = section
                .walk
                .as_ref()
                .map(|walk| {
                    walk.finished
                        .as_ref()
                        .map_or("unfinished".into(), ToString::to_string)
                })
                .unwrap_or_default();
            let minute = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M").to_string();
            let rhythm = site.rhythm(id, section).map_or_else(String::new, in_days);
            vec![
                id.to_string(),
                section.articles.to_string(),
                newest,
                section.last_new.map_or_else(String::new, minute),
                rhythm,
                section.listed_at.map_or_else(String::new, minute),
                end,
            ]
        })
        .collect();
    write_table(
        out,
        &[
            "section",
            "articles",
            "newest",
            "last new (UTC)",
            "rhythm",
            "last read (UTC)",
            "read until",
        ],
        &sections,
    )?;
    for state in [
        RequestState::Pending,
        RequestState::Retry,
        RequestState::Failed,
        RequestState::GivenUp,
        RequestState::Refused,
    ] {
        if let Some(number) = counts.requests.get(&state).filter(|number| **number > 0) {
            writeln!(
                out,
                "  {number} requests {}",
                state.as_str().replace('_', " ")
            )?;
        }
    }
    if counts.unreadable > 0 {
        writeln!(
            out,
            "  {} captures kept and not read; `khotin rebuild --retry` reads them again",
            counts.unreadable
        )?;
    }
    Ok(())
}

fn in_days(rhythm: TimeDelta) -> String {
    match (rhythm.num_days(), rhythm.num_hours()) {
        (0, hours) => format!("{hours} h"),
        (1, _) => "1 day".to_owned(),
        (days, _) => format!("{days} days"),
    }
}

fn as_json(run: Option<&RunRow>, sites: &[Known<'_>]) -> Value {
    let sites: serde_json::Map<String, Value> = sites
        .iter()
        .map(|site| {
            let (id, counts) = (&site.profile.id, &site.counts);
            let articles: serde_json::Map<String, Value> = counts
                .articles
                .iter()
                .map(|(state, number)| (state.as_str().to_owned(), json!(number)))
                .collect();
            let requests: serde_json::Map<String, Value> = counts
                .requests
                .iter()
                .map(|(state, number)| (state.as_str().to_owned(), json!(number)))
                .collect();
            let sections: serde_json::Map<String, Value> = counts
                .sections
                .iter()
                .map(|(section, counts)| {
                    let rhythm = site.rhythm(section, counts);
                    let value = json!({
                        "articles": counts.articles,
                        "newest": counts.newest,
                        "last_new": counts.last_new,
                        "rhythm_hours": rhythm.map(|rhythm| rhythm.num_hours()),
                        "last_read": counts.listed_at,
                        "walk": counts.walk,
                    });
                    (section.to_string(), value)
                })
                .collect();
            let value = json!({
                "exchanges": counts.exchanges,
                "bytes": counts.bytes,
                "unreadable": counts.unreadable,
                "articles": articles,
                "requests": requests,
                "sections": sections,
                "drift": site.signs,
            });
            (id.to_string(), value)
        })
        .collect();
    json!({
        "last_run": run.map(|run| json!({
            "run": run.run,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "report": run.report,
        })),
        "sites": sites,
    })
}

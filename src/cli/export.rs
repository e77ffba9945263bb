//! `khotin export`: the records as tables.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::bail;
use chrono::NaiveDate;
use serde_json::json;

use super::cite::names;
use super::context::known_site;
use super::interrupt::Interrupts;
use super::json::write_json;
use super::problem::UsageError;
use super::{Context, Outcome};
use crate::Lang;
use crate::config::{Config, Sites, nearest};
use crate::export::{ExportOptions, ExportQuery, ExportReport, Format, export};
use crate::fetch::{Clock, SystemClock};
use crate::model::{SectionId, SiteId, State};
use crate::pipeline::database;
use crate::store::{ArticleFilter, SqliteStore, Store};

/// Write the records to CSV (canonical and for spreadsheets), JSON lines and a manifest
///
/// Every export is a new folder in output/exports; `latest` points to the newest.
///
/// Example: khotin export --site moh --since 2026-01-01
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Only this site
    #[arg(long, value_parser = |text: &str| Ok::<_, String>(SiteId::new(text)))]
    site: Option<SiteId>,

    /// Only this section
    #[arg(long, value_name = "ID", value_parser = |text: &str| Ok::<_, String>(SectionId::new(text)))]
    section: Option<SectionId>,

    /// Only published on this local day or later
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<NaiveDate>,

    /// Only published on this local day or earlier
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<NaiveDate>,

    /// Only in this state: listed, live, gone, soft_gone, back
    #[arg(long, value_parser = state)]
    state: Option<State>,

    /// In what it is written: csv, excel-comma, excel-semicolon, jsonl, atom, csl-json [default: csv,excel-semicolon,jsonl]
    #[arg(long = "format", value_name = "FORMAT", value_delimiter = ',')]
    formats: Vec<Format>,

    /// Another folder for exports [default: exports/ in the output folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn state(text: &str) -> Result<State, String> {
    [
        State::Listed,
        State::Live,
        State::Gone,
        State::SoftGone,
        State::Back,
    ]
    .into_iter()
    .find(|state| state.as_str() == text)
    .ok_or_else(|| "it is one of listed, live, gone, soft_gone, back".to_owned())
}

/// A section that no site has, and days the wrong way round, would export nothing.
fn known_section(sites: &Sites, args: &Args) -> anyhow::Result<()> {
    if let (Some(since), Some(until)) = (args.since, args.until)
        && until < since
    {
        bail!(UsageError::new(
            format!("--until {until} is before --since {since}"),
            "give the earlier day to --since".to_owned(),
        ));
    }
    let Some(section) = &args.section else {
        return Ok(());
    };
    let wanted = sites
        .iter()
        .filter(|site| args.site.as_ref().is_none_or(|id| *id == site.profile.id));
    let known: Vec<&str> = wanted
        .flat_map(|site| &site.profile.sections)
        .map(|section| section.id.as_str())
        .collect();
    if known.contains(&section.as_str()) {
        return Ok(());
    }
    let advice = match nearest(section.as_str(), &known) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`khotin sites list` names the sections of every site".to_owned(),
    };
    bail!(UsageError::new(format!("no section `{section}`"), advice))
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let config = context.config()?;
    let sites = context.sites()?;
    if let Some(site) = &args.site {
        known_site(&sites, site)?;
    }
    known_section(&sites, args)?;
    let query = ExportQuery {
        site: args.site.clone(),
        section: args.section.clone(),
        since: args.since,
        until: args.until,
        state: args.state,
    };
    let wanted = Wanted {
        query,
        formats: args.formats.clone(),
        folder: args.out.clone(),
        lang: context.lang(&config),
    };
    let interrupts = Interrupts::listen()?;
    let report = export_to(&config, wanted, &interrupts)?;
    if context.json {
        let answer = json!({ "folder": report.folder, "manifest": report.manifest });
        write_json(out, &answer)?;
    } else {
        writeln!(
            out,
            "{} articles in {}",
            report.manifest.articles,
            report.folder.display()
        )?;
        for file in &report.manifest.files {
            writeln!(
                out,
                "  {:<22} {:>8} rows  {:>11} bytes",
                file.name, file.rows, file.bytes
            )?;
        }
    }
    Ok(Outcome::Complete)
}

/// What a command wants of an export.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Which articles.
    pub(crate) query: ExportQuery,
    /// The formats; empty for the usual ones.
    pub(crate) formats: Vec<Format>,
    /// The folder of exports, if not that of the settings.
    pub(crate) folder: Option<PathBuf>,
    /// The language of labels.
    pub(crate) lang: Lang,
}

/// Exports what the query asks for into a new folder named by the time. An interrupt before it stands
/// ends it, and leaves nothing.
pub(crate) fn export_to(
    config: &Config,
    wanted: Wanted,
    interrupts: &Interrupts,
) -> anyhow::Result<ExportReport> {
    let path = database(&config.paths.output);
    if !path.is_file() {
        bail!(UsageError::new(
            format!("no articles yet: there is no {}", path.display()),
            "run `khotin crawl` first, or `khotin rebuild` if the archive is there",
        ));
    }
    let Wanted {
        query,
        formats,
        folder,
        lang,
    } = wanted;
    let store = SqliteStore::open_reader(&path)?;
    let filter = ArticleFilter {
        site: query.site.clone(),
        section: query.section.clone(),
        state: query.state,
        ..ArticleFilter::default()
    };
    let now = SystemClock.now_utc();
    let folder = folder.unwrap_or_else(|| config.paths.output.join("exports"));
    let name = free_name(&folder, &now.format("%Y%m%dT%H%M%SZ").to_string());
    let mut options = ExportOptions::new(folder, name);
    options.lang = lang;
    options.names = names(config, &Sites::load(Some(&config.paths.sites))?);
    if !formats.is_empty() {
        options.formats = formats.into_iter().collect();
    }
    let articles = store.articles(&filter).map(|article| {
        interrupts.check()?;
        Ok::<_, anyhow::Error>(article?)
    });
    let at_the_end = std::iter::once_with(|| interrupts.check().err());
    let articles = articles.chain(
        at_the_end
            .flatten()
            .map(|interrupted| Err(interrupted.into())),
    );
    let exported = export(articles, query, &options, now);
    if exported.is_err() {
        interrupts.check()?;
    }
    Ok(exported?)
}

/// The time as a name, with a number behind it if an export of the same second stands there.
fn free_name(folder: &Path, time: &str) -> String {
    let numbered = (2_u32..).map(|number| format!("{time}-{number}"));
    std::iter::once(time.to_owned())
        .chain(numbered)
        .find(|name| !folder.join(name).exists())
        .unwrap_or_else(|| time.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_exports_in_one_second_have_two_names() {
        let folder = tempfile::tempdir().unwrap();
        for expected in [
            "20261122T010203Z",
            "20261122T010203Z-2",
            "20261122T010203Z-3",
        ] {
            let name = free_name(folder.path(), "20261122T010203Z");
            assert_eq!(name, expected);
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
    }
}

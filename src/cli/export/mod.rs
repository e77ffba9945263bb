//! `khotin export`: the records as tables.

mod changed_since;
mod read_back;
mod wanted;

use std::io::Write;
use std::path::PathBuf;

use chrono::NaiveDate;
use serde_json::json;

use super::interrupt::Interrupts;
use super::json::write_json;
use super::search::text_query;
use super::{Context, Outcome};
use crate::export::{ExportReport, Format, Headers, Partition};
use crate::model::{SectionId, SiteId, State};
use changed_since::Since;
pub(crate) use wanted::{Wanted, check, export_to};

/// Write the records to CSV (canonical and for spreadsheets), JSON lines and a manifest
///
/// Every export is a new folder in output/exports; `latest` points to the newest. What no flag says,
/// [export] of config.toml says.
///
/// Example: khotin export --site moh --since 2026-01-01
/// Example: khotin export --changed-since 2026-11-22 --format csv,json
/// Example: khotin export --read-back output/exports/latest/articles-excel-semicolon.csv
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

    /// Only in this state: listed, live, gone, soft_gone, back, withheld
    #[arg(long, value_parser = state)]
    state: Option<State>,

    /// Only what these words mean, as `khotin search` reads them
    #[arg(long, value_name = "TEXT")]
    query: Option<String>,

    /// Only what was seen to change after this run (by its name), or from this day or time on
    #[arg(long, value_name = "RUN|DATE")]
    changed_since: Option<Since>,

    /// In what it is written: csv, excel-comma, excel-semicolon, jsonl, json, parquet, atom, csl-json, xlsx [default: csv,excel-semicolon,jsonl,xlsx]
    #[arg(long = "format", value_name = "FORMAT", value_delimiter = ',')]
    formats: Vec<Format>,

    /// Names of columns where people read them: label, code [default: label]; CSV has code names
    #[arg(long, value_name = "NAMES")]
    headers: Option<Headers>,

    /// Parquet as one file or by site and year: none, site-year [default: none]
    #[arg(long, value_name = "WAY")]
    partition: Option<Partition>,

    /// Another folder for exports [default: exports/ in the output folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Export nothing: prove that a CSV file of an export says what the files beside it say
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "site", "section", "since", "until", "state", "query", "changed_since", "formats", "headers",
        "out",
    ])]
    read_back: Option<PathBuf>,
}

/// A state by its word.
pub(crate) fn state(text: &str) -> Result<State, String> {
    let mut all = State::ALL.into_iter();
    all.find(|state| state.as_str() == text)
        .ok_or_else(|| format!("it is one of {}", State::ALL.map(State::as_str).join(", ")))
}

impl Args {
    /// What the flags say goes before what the settings say.
    fn over(&self, mut wanted: Wanted) -> anyhow::Result<Wanted> {
        fn set<T: Clone>(place: &mut Option<T>, flag: &Option<T>) {
            if flag.is_some() {
                place.clone_from(flag);
            }
        }
        set(&mut wanted.query.site, &self.site);
        set(&mut wanted.query.section, &self.section);
        set(&mut wanted.query.since, &self.since);
        set(&mut wanted.query.until, &self.until);
        set(&mut wanted.query.state, &self.state);
        let query = self.query.as_deref().map(text_query).transpose()?;
        set(&mut wanted.query.query, &query);
        set(&mut wanted.changed_since, &self.changed_since);
        set(&mut wanted.folder, &self.out);
        if !self.formats.is_empty() {
            wanted.formats.clone_from(&self.formats);
        }
        wanted.headers = self.headers.unwrap_or(wanted.headers);
        wanted.partition = self.partition.unwrap_or(wanted.partition);
        Ok(wanted)
    }
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    if let Some(file) = &args.read_back {
        return read_back::run(file, context.json, out);
    }
    let config = context.config()?;
    let wanted = args.over(Wanted::of_settings(&config, context.lang(&config)))?;
    wanted.check(&context.sites()?)?;
    let interrupts = Interrupts::listen()?;
    let report = export_to(&config, wanted, &interrupts)?;
    if context.json {
        let answer = json!({ "folder": report.folder, "manifest": report.manifest });
        write_json(out, &answer)?;
    } else {
        write_report(out, &report)?;
    }
    Ok(Outcome::Complete)
}

fn write_report(out: &mut dyn Write, report: &ExportReport) -> std::io::Result<()> {
    let manifest = &report.manifest;
    writeln!(
        out,
        "{} articles in {}",
        manifest.articles,
        report.folder.display()
    )?;
    if let Some(since) = &manifest.query.changed_since {
        let changes = manifest.tables.get("changes").copied().unwrap_or_default();
        writeln!(
            out,
            "  {changes} changes, seen by captures after number {}",
            since.after_sequence.0
        )?;
    }
    // The paths of partitions are long.
    let names = manifest.files.iter().map(|file| file.name.len());
    let width = names.max().unwrap_or_default().max(22);
    for file in &manifest.files {
        writeln!(
            out,
            "  {:<width$} {:>8} rows  {:>11} bytes",
            file.name, file.rows, file.bytes
        )?;
    }
    Ok(())
}

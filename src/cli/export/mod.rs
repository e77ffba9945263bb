//! `khotin export`: the records as tables.

mod changed_since;
mod read_back;
mod wanted;

use std::io::Write;
use std::path::{Component, Path, PathBuf};

use anyhow::bail;
use chrono::NaiveDate;
use serde_json::json;

use super::interrupt::Interrupts;
use super::json::write_json;
use super::problem::UsageError;
use super::search::text_query;
use super::{Context, Outcome};
use crate::Lang;
use crate::export::{ExportReport, Format, Headers, Partition};
use crate::lang::{Words, counted, words};
use crate::model::{SectionId, SiteId, State};
use crate::nightly::dumps_folder;
use crate::pipeline::archive_folder;
use changed_since::Since;
pub(crate) use wanted::{Wanted, check, export_to};

/// Write the records to CSV (canonical and for spreadsheets), JSON lines and a manifest
///
/// Every export is a new folder in output/exports; `latest` points to the newest of those that no flag
/// made a part. What no flag says, [export] of config.toml says.
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

    /// Let `latest` point to it also if flags make it a part: --site, --section, --since, ...
    #[arg(long)]
    latest: bool,

    /// Export nothing: prove that a CSV file of an export says what the files beside it say
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "site", "section", "since", "until", "state", "query", "changed_since", "formats", "headers",
        "out", "latest",
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
        wanted.leads_latest = self.latest || !self.is_part();
        Ok(wanted)
    }

    /// True if flags leave articles out that the settings would take.
    fn is_part(&self) -> bool {
        self.site.is_some()
            || self.section.is_some()
            || self.since.is_some()
            || self.until.is_some()
            || self.state.is_some()
            || self.query.is_some()
            || self.changed_since.is_some()
    }
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    if let Some(file) = &args.read_back {
        let lang = context.lang_if_settings();
        return read_back::run(file, context.json, lang, out);
    }
    let config = context.config()?;
    let wanted = args.over(Wanted::of_settings(&config, context.lang(&config)))?;
    wanted.check(&context.sites()?)?;
    if let Some(folder) = &wanted.folder {
        check_folder(&config.paths.output, folder)?;
    }
    let (lang, leads_latest) = (wanted.lang, wanted.leads_latest);
    let interrupts = Interrupts::listen()?;
    let report = export_to(&config, wanted, &interrupts)?;
    if context.json {
        let answer = json!({
            "folder": report.folder,
            "manifest": report.manifest,
            "is_latest": leads_latest,
        });
        write_json(out, &answer)?;
    } else {
        write_report(out, &report, lang)?;
        if !leads_latest {
            writeln!(out, "  {}", lang.of(NOT_LATEST))?;
        }
    }
    Ok(Outcome::Complete)
}

const NOT_LATEST: Words = words(
    "a part of the articles: `latest` stays where it was (--latest moves it)",
    "chỉ là một phần các bài: `latest` vẫn như cũ (muốn chuyển thì thêm --latest)",
);

/// Refuses a folder in which khotin keeps something else: exports beside the WARC files would be taken for a
/// part of the archive, and `latest` there for a file of it.
fn check_folder(output: &Path, folder: &Path) -> anyhow::Result<()> {
    let (output, wanted) = (resolved(output), resolved(folder));
    let ours = [
        archive_folder(&output),
        dumps_folder(&output),
        output.join("reports"),
    ];
    if wanted == output || ours.iter().any(|place| wanted.starts_with(place)) {
        bail!(UsageError::new(
            format!(
                "{} is a folder of khotin's own, not one for exports",
                folder.display()
            ),
            "leave --out (or `out` of [export]) away for output/exports, or name a folder outside the archive",
        ));
    }
    Ok(())
}

/// Where a path leads, as far as it is there; what is not there yet is taken as it is written.
fn resolved(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for known in whole.ancestors() {
        if let (Ok(real), Ok(rest)) = (known.canonicalize(), whole.strip_prefix(known)) {
            return rest.components().fold(real, |mut path, part| {
                match part {
                    Component::ParentDir => {
                        path.pop();
                    }
                    Component::CurDir => {}
                    part => path.push(part),
                }
                path
            });
        }
    }
    whole
}

fn write_report(out: &mut dyn Write, report: &ExportReport, lang: Lang) -> std::io::Result<()> {
    let manifest = &report.manifest;
    let folder = report.folder.display();
    match lang {
        Lang::En => {
            let articles = counted(manifest.articles, "article", "articles");
            writeln!(out, "{articles} in {folder}")?;
        }
        Lang::Vi => writeln!(out, "{} bài trong {folder}", manifest.articles)?,
    }
    if let Some(since) = &manifest.query.changed_since {
        let changes = manifest.tables.get("changes").copied().unwrap_or_default();
        let number = since.after_sequence.0;
        match lang {
            Lang::En => {
                let changes = counted(changes, "change", "changes");
                writeln!(out, "  {changes}, seen by captures after number {number}")?;
            }
            Lang::Vi => writeln!(
                out,
                "  {changes} thay đổi, thấy ở các lần thu sau số {number}"
            )?,
        }
    }
    // The paths of partitions are long.
    let names = manifest.files.iter().map(|file| file.name.len());
    let width = names.max().unwrap_or_default().max(22);
    for file in &manifest.files {
        let rows = match (lang, file.rows) {
            (Lang::Vi, _) => "dòng",
            (Lang::En, 1) => "row ",
            (Lang::En, _) => "rows",
        };
        let bytes = lang.of(words("bytes", "byte"));
        writeln!(
            out,
            "  {:<width$} {:>8} {rows}  {:>11} {bytes}",
            file.name, file.rows, file.bytes
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_export_goes_where_khotin_keeps_something_else() {
        let base = tempfile::tempdir().unwrap();
        let output = base.path().join("output");
        std::fs::create_dir_all(output.join("archive")).unwrap();
        std::os::unix::fs::symlink(output.join("archive"), base.path().join("link")).unwrap();
        let table = [
            ("the usual one", "output/exports", true),
            ("below it", "output/exports/monthly", true),
            (
                "another of the output folder",
                "output/for-the-office",
                true,
            ),
            ("elsewhere", "elsewhere/exports", true),
            ("its name only begins alike", "output/archive-2", true),
            ("the archive", "output/archive", false),
            ("below the archive", "output/archive/exports", false),
            ("the dumps of the nights", "output/dumps", false),
            ("reports", "output/reports/x", false),
            ("the output folder itself", "output", false),
            ("by a detour", "output/exports/../archive", false),
            ("by a link", "link/exports", false),
        ];
        for (what, folder, is_taken) in table {
            let checked = check_folder(&output, &base.path().join(folder));
            assert_eq!(checked.is_ok(), is_taken, "{what}");
        }
    }

    #[test]
    fn one_article_is_no_plural_and_both_languages_are_spoken() {
        let file = json!({
            "name": "articles.csv", "rows": 1, "bytes": 9, "sha256": "", "cells_cleaned": 0,
            "cells_cut": 0, "links_left_out": 0,
        });
        let manifest = json!({
            "khotin": "", "created": "", "query": {
                "site": null, "section": null, "since": null, "until": null, "state": null,
                "query": null, "changed_since": null,
            },
            "articles": 1, "undated_left_out": 0, "synthetic_articles": 0, "states": {}, "sites": {},
            "profiles": {}, "tables": {}, "files": [file],
        });
        let report = ExportReport {
            folder: "x".into(),
            manifest: serde_json::from_value(manifest).unwrap(),
        };
        let said = |lang| {
            let mut out = Vec::new();
            write_report(&mut out, &report, lang).unwrap();
            String::from_utf8(out).unwrap()
        };
        let en = "1 article in x\n  articles.csv                  1 row             9 bytes\n";
        assert_eq!(said(Lang::En), en);
        let vi = "1 bài trong x\n  articles.csv                  1 dòng            9 byte\n";
        assert_eq!(said(Lang::Vi), vi);
    }
}

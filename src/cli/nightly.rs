//! `khotin nightly`: one night, for a scheduler. The work is [`crate::nightly`]'s; here are its crawl and
//! export, and what is printed.

use std::io::{self, Write};
use std::path::Path;

use serde_json::json;

use super::crawl::{by_settings, crawl};
use super::export::{Wanted, export_to};
use super::interrupt::Interrupts;
use super::json::write_json;
use super::problem::Problem;
use super::report::one_line;
use super::{Context, Outcome};
use crate::Lang;
use crate::config::Config;
use crate::export::ExportReport;
use crate::fetch::SystemClock;
use crate::lang::{Words, words};
use crate::model::SiteId;
use crate::nightly::{Cause, Ended, Failure, Job, Told, Work, dumps_folder, night};
use crate::pipeline::{RunReport, SiteReport};

/// Do a night's work: crawl, write a dated dump, remove old dumps, tell what is wrong
///
/// For cron or a systemd timer, once a day; docs/operating.md tells how. Crawls as
/// config.toml says, goes on with a night that was cut off, and leaves one alone that is
/// done. A spent budget or a page that fails is the usual course: exit code 0. 1 is for
/// what [alert] of config.toml names; 75 means that the last night still runs.
///
/// Example: khotin nightly
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Do a night that is done already once more; its dump gets a number
    #[arg(long)]
    again: bool,
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let config = context.config()?;
    let interrupts = Interrupts::listen()?;
    let job = Job {
        config: &config,
        clock: &SystemClock,
        again: args.again,
    };
    let mut work = Commands {
        config: &config,
        context,
        interrupts: &interrupts,
    };
    let lang = context.lang(&config);
    match night(job, &mut work) {
        Told::AlreadyDone { night, report } => {
            if context.json {
                write_json(
                    out,
                    &json!({ "night": night, "already_done": true, "report": report }),
                )?;
            } else {
                let said = lang.of(ALREADY_DONE);
                writeln!(out, "{night}: {said} ({})", report.display())?;
            }
            Ok(Outcome::Complete)
        }
        Told::Ended(ended) => {
            if context.json {
                write_json(out, &ended.report)?;
            } else {
                write_night(out, &ended, &config, lang)?;
            }
            Ok(ended.judgement.outcome)
        }
    }
}

/// The crawl and the export of this program.
struct Commands<'a> {
    config: &'a Config,
    context: &'a Context,
    interrupts: &'a Interrupts,
}

impl Work for Commands<'_> {
    fn crawl(&mut self) -> Result<RunReport, Failure> {
        let settings = self.context.config_path();
        let crawled = || {
            let sites = self.context.sites()?;
            let options = by_settings(self.config, &sites)?;
            let lang = self.context.lang(self.config);
            crawl(
                self.config,
                &sites,
                options,
                &settings,
                lang,
                self.interrupts,
            )
        };
        crawled().map_err(failure)
    }

    fn dump(&mut self, folder: &Path, name: &str) -> Result<ExportReport, Failure> {
        let settings = Wanted::of_settings(self.config, self.context.lang(self.config));
        let wanted = Wanted {
            folder: Some(folder.to_owned()),
            name: Some(name.to_owned()),
            ..settings
        };
        export_to(self.config, wanted, self.interrupts).map_err(failure)
    }

    fn is_interrupted(&self) -> bool {
        self.interrupts.check().is_err()
    }
}

fn failure(error: anyhow::Error) -> Failure {
    Problem::from_error(&error).into_failure()
}

const ALREADY_DONE: Words = words(
    "this night is done already; `khotin nightly --again` does it once more",
    "đêm này đã làm xong; `khotin nightly --again` sẽ làm lại",
);
const NIGHT: Words = words("night", "đêm");
const COMPLETE: Words = words("complete", "hoàn tất");
const INTERRUPTED: Words = words(
    "interrupted; the same command goes on where it was",
    "bị ngắt; chạy lại lệnh này để làm tiếp từ chỗ dở",
);
const EXIT_CODE: Words = words("exit code", "mã thoát");
const WHAT_TO_DO: Words = words("what to do", "cần làm");
const DUMP: Words = words("dump", "bản kết xuất");
const ARTICLES: Words = words("articles", "bài");
const BYTES: Words = words("bytes", "byte");
const REMOVED: Words = words(
    "removed (manifest and digests stay in removed/)",
    "đã xóa (bản kê và mã băm được giữ trong removed/)",
);
const REPORT: Words = words("report", "báo cáo");
const TO_NOTE: Words = words("to note", "lưu ý");
/// A number of a site's report.
type Number = fn(&SiteReport) -> u64;

const COUNTS: [(Words, Number); 7] = [
    (words("new", "mới"), |site| site.new.len() as u64),
    (words("changed", "thay đổi"), |site| {
        site.changed.len() as u64
    }),
    (words("gone", "đã gỡ"), |site| site.gone.len() as u64),
    (words("back", "trở lại"), |site| site.back.len() as u64),
    (words("failed", "lỗi"), SiteReport::failures),
    (words("requests", "yêu cầu"), |site| site.requests),
    (words("left", "còn lại"), |site| site.left),
];

/// A few lines a person reads in the morning.
fn write_night(
    out: &mut dyn Write,
    ended: &Ended,
    config: &Config,
    lang: Lang,
) -> anyhow::Result<()> {
    let (report, judgement) = (&ended.report, &ended.judgement);
    let outcome = match judgement.outcome {
        Outcome::Complete => lang.of(COMPLETE).to_owned(),
        Outcome::Interrupted => lang.of(INTERRUPTED).to_owned(),
        outcome => format!("{} {}", lang.of(EXIT_CODE), outcome.code()),
    };
    writeln!(out, "{} {}: {outcome}", lang.of(NIGHT), report.night)?;
    for cause in &judgement.causes {
        writeln!(out, "  {}", one_line(&cause.words(lang)))?;
        if let Cause::Error(Failure {
            advice: Some(advice),
            ..
        }) = cause
        {
            writeln!(out, "    {}: {advice}", lang.of(WHAT_TO_DO))?;
        }
    }
    let sites = report.crawl.iter().flat_map(|run| &run.sites);
    for (id, site) in sites {
        write_counts(out, id, site, lang)?;
    }
    if let Some(dump) = &report.dump
        && let (Some(articles), Some(bytes)) = (dump.articles, dump.bytes)
    {
        let path = dumps_folder(&config.paths.output).join(&dump.name);
        writeln!(
            out,
            "  {}: {}, {articles} {}, {bytes} {}",
            lang.of(DUMP),
            path.display(),
            lang.of(ARTICLES),
            lang.of(BYTES)
        )?;
    }
    let removed = report.rotation.iter().flat_map(|one| &one.removed);
    let removed: Vec<&str> = removed.map(String::as_str).collect();
    if !removed.is_empty() {
        writeln!(out, "  {}: {}", lang.of(REMOVED), removed.join(", "))?;
    }
    if let Some(path) = &ended.path {
        writeln!(out, "  {}: {}", lang.of(REPORT), path.display())?;
    }
    if let Some(told) = &report.on_failure {
        writeln!(out, "  on_failure: {}", one_line(told))?;
    }
    for note in &judgement.notes {
        writeln!(
            out,
            "  {}: {}",
            lang.of(TO_NOTE),
            one_line(&note.words(lang))
        )?;
    }
    Ok(())
}

fn write_counts(out: &mut dyn Write, id: &SiteId, site: &SiteReport, lang: Lang) -> io::Result<()> {
    let counts: Vec<String> = COUNTS
        .iter()
        .map(|(words, number)| format!("{} {}", number(site), lang.of(*words)))
        .collect();
    writeln!(out, "  {id}: {}", counts.join(", "))
}

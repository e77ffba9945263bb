//! `khotin import`: somebody else's web archive in, captures and records out.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::bail;

use super::alone::ChildTrial;
use super::counter::Counter;
use super::interrupt::Interrupts;
use super::json::write_json;
use super::problem::UsageError;
use super::report::one_line;
use super::{Context, Outcome};
use crate::Lang;
use crate::fetch::{OwnRanges, SystemClock};
use crate::import::report::ImportReport;
use crate::lang::{Words, words};
use crate::pipeline::{Base, ImportWishes, Importing, Input, Opening, RangeSource, import};

/// Troubles that people are shown one by one (our choice); --json names more.
const SHOWN_TROUBLES: usize = 20;

/// Take captures out of web archives that others made: WARC, WACZ, saved pages
///
/// HTTP answers of every known site become captures with their own time, and records with the rest;
/// what a site's profile does not name is passed over and counted. Importing twice changes nothing,
/// nor does the order. Files are named with their digests in output/archive/imports.jsonl and read
/// again by `khotin rebuild`; --keep copies them into the archive. Nothing is asked of any server.
///
/// A folder gives the archives in it; with an index.jsonl it is one of saved pages: docs/import.md.
///
/// Example: khotin import crawl-2016.warc.gz saved.wacz
/// Example: khotin import old-archives --dry-run
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// WARC or WACZ files, folders of them, or - for standard input, which is always copied
    #[arg(value_name = "FILE|DIR|-", required_unless_present = "cdxj")]
    inputs: Vec<PathBuf>,

    /// Take the records that this CDXJ index names, out of the files of --base; they are always copied
    #[arg(long, value_name = "INDEX", requires = "base")]
    cdxj: Option<PathBuf>,

    /// Where the files of the index are: a folder, or an http address of this machine
    #[arg(long, value_name = "DIR|URL", requires = "cdxj")]
    base: Option<String>,

    /// Copy the files into the archive, so that `rebuild` finds them whatever becomes of the originals
    #[arg(long)]
    keep: bool,

    /// Stop at the first place that is not as it should be; without it such places are counted and the
    /// rest is read
    #[arg(long)]
    strict: bool,

    /// Only count what would become of it
    #[arg(long)]
    dry_run: bool,
}

impl RangeSource for Option<OwnRanges> {
    fn range(&self, url: &url::Url, offset: u64, length: u64) -> Result<Vec<u8>, String> {
        match self {
            Some(ranges) => ranges.range(url, offset, length),
            None => Err("no server is to be asked".to_owned()),
        }
    }
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let config = context.config()?;
    let sites = context.sites()?;
    let lang = context.lang(&config);
    let inputs = inputs(args)?;
    let asks_this_machine = inputs.iter().any(|input| {
        matches!(
            input,
            Input::Ranges {
                base: Base::Address(_),
                ..
            }
        )
    });
    let ranges = match asks_this_machine {
        true => Some(OwnRanges::new().map_err(anyhow::Error::msg)?),
        false => None,
    };
    let interrupts = Interrupts::listen()?;
    let opening = Opening {
        config: &config,
        sites: &sites,
        clock: &SystemClock,
        trial: &ChildTrial::new(&context.config_path(), interrupts.stop())?,
        stop: &interrupts.stop(),
    };
    let wishes = ImportWishes {
        keep: args.keep || config.import.keep,
        strict: args.strict || config.import.strict,
        dry_run: args.dry_run,
    };
    let mut counter = Counter::start(READ, lang, None);
    let importing = Importing {
        opening,
        wishes,
        stdin: &mut io::stdin().lock(),
        ranges: &ranges,
        told: &mut |progress| counter.show_bytes(progress.records, progress.bytes, progress.of),
    };
    let report = import(importing, &inputs);
    counter.end();
    let report = report?;
    if context.json {
        write_json(out, &report)?;
    } else {
        write_report(out, &report, lang)?;
    }
    Ok(report.outcome())
}

/// What is counted.
const READ: Words = words("records read", "bản ghi đã được đọc");

fn inputs(args: &Args) -> anyhow::Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for path in &args.inputs {
        if path.as_os_str() != "-" {
            inputs.push(Input::Path(path.clone()));
        } else if inputs.contains(&Input::Stdin) {
            bail!(UsageError::new(
                "standard input is named twice",
                "name `-` once: it can be read once",
            ));
        } else {
            inputs.push(Input::Stdin);
        }
    }
    if let (Some(index), Some(base)) = (&args.cdxj, &args.base) {
        inputs.push(Input::Ranges {
            index: index.clone(),
            base: Base::read(base).map_err(crate::pipeline::CrawlError::from)?,
        });
    }
    Ok(inputs)
}

fn write_report(out: &mut dyn Write, report: &ImportReport, lang: Lang) -> io::Result<()> {
    for file in &report.files {
        let name = one_line(&file.name);
        match &file.kept {
            Some(kept) => writeln!(out, "{name} -> archive/{}", one_line(kept))?,
            None => writeln!(out, "{name}")?,
        }
    }
    let mut line = |number: u64, what: Words| match number {
        0 => Ok(()),
        number => writeln!(out, "{number:>9}  {}", lang.of(what)),
    };
    line(
        report.records.values().sum(),
        words("records read", "bản ghi đã đọc"),
    )?;
    line(report.new, words("new captures", "lần thu mới"))?;
    line(
        report.known,
        words("captures that were known", "lần thu đã có"),
    )?;
    line(
        report.resolved,
        words(
            "revisits that found their originals",
            "bản ghi lặp lại đã tìm được bản gốc",
        ),
    )?;
    line(
        report.waiting,
        words(
            "revisits whose originals are in no file imported so far",
            "bản ghi lặp lại chưa có bản gốc trong tệp nào đã nhập",
        ),
    )?;
    line(
        report.new_articles,
        words("articles read for the first time", "bài đọc được lần đầu"),
    )?;
    line(
        report.changed_articles,
        words(
            "articles with another version than before",
            "bài có thêm phiên bản",
        ),
    )?;
    line(
        report.listed_articles,
        words(
            "articles that only a listing shows",
            "bài mới thấy trong danh sách",
        ),
    )?;
    if !report.passed.is_empty() {
        writeln!(out, "{}", lang.of(words("passed over:", "bỏ qua:")))?;
        for (reason, number) in &report.passed {
            writeln!(out, "{number:>9}  {}", lang.of(reason.words()))?;
        }
    }
    write_troubles(out, report, lang)?;
    if report.dry_run {
        let words = words(
            "nothing was kept: this was a dry run",
            "không lưu gì cả: đây chỉ là chạy thử",
        );
        writeln!(out, "{}", lang.of(words))?;
    }
    if report.new > 0 && !report.dry_run && !report.interrupted {
        let then = words("then: khotin export", "tiếp theo: khotin export");
        writeln!(out, "{}", lang.of(then))?;
    }
    if report.interrupted {
        let words = words(
            "interrupted: what was taken stays, and the same command goes on",
            "bị ngắt: phần đã nhập được giữ lại, chạy lại lệnh này để nhập tiếp",
        );
        writeln!(out, "{}", lang.of(words))?;
    }
    Ok(())
}

fn write_troubles(out: &mut dyn Write, report: &ImportReport, lang: Lang) -> io::Result<()> {
    let count = report.trouble_count();
    if count == 0 {
        return Ok(());
    }
    let places = match count {
        1 => words(
            "place that is not as it should be; the rest was read:",
            "chỗ không đúng quy cách; phần còn lại vẫn được đọc:",
        ),
        _ => words(
            "places that are not as they should be; the rest was read:",
            "chỗ không đúng quy cách; phần còn lại vẫn được đọc:",
        ),
    };
    writeln!(out, "{count} {}", lang.of(places))?;
    for trouble in report.trouble_examples.iter().take(SHOWN_TROUBLES) {
        let (file, what) = (one_line(&trouble.file), one_line(&trouble.what));
        let record = match &trouble.record_id {
            Some(id) => format!(" {}", one_line(id)),
            None => String::new(),
        };
        writeln!(out, "  {file} byte {}{record}: {what}", trouble.offset)?;
    }
    let shown = report.trouble_examples.len().min(SHOWN_TROUBLES) as u64;
    if count > shown {
        for (kind, number) in &report.troubles {
            writeln!(out, "{number:>9}  {kind}")?;
        }
    }
    if report.losses > 0 {
        let lost = words(
            "of them lose bytes, or give bytes that can not be trusted; they stand first",
            "trong số đó làm mất dữ liệu hoặc dữ liệu không còn đáng tin; chúng đứng đầu",
        );
        writeln!(out, "{} {}", report.losses, lang.of(lost))?;
    }
    Ok(())
}

//! `khotin rebuild`: the store made again from the WARC files alone, and how it differs from the old
//! one.

mod words;

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::bail;

use super::alone::ChildTrial;
use super::counter::Counter;
use super::interrupt::Interrupts;
use super::json::write_json;
use super::problem::UsageError;
use super::{Context, Outcome};
use crate::fetch::SystemClock;
use crate::lang::{Words, words as in_both};
use crate::pipeline::{self, Opening, RebuildOptions, archive_folder, database};
use crate::store::{SqliteStore, Store};

/// Make the database again from the archive alone, with the profiles of today
///
/// Records, versions, states, first and last seen come out the same; with a changed profile or
/// program a report says which records and fields differ. It is printed and kept in output/reports.
///
/// The old database stands untouched until the new one is whole, and stays if the new one would know
/// less: exchanges that the archive does not give any more (damaged, or a file is not there), or
/// pages of a site that has no profile any more. Foreign files are imported again by their ledger,
/// archive/imports.jsonl; captures of a file that is gone or changed count as lost. Damage does not
/// stop the reading, is named place by place, and ends with exit code 3.
///
/// Taken over from the old database, if it can be read: runs and their reports, how long each pace
/// group rests, copies of robots.txt, which captures can not be read. Not rebuilt: due times as they
/// stood (they are counted anew by the schedule of today, and back-off within a run is forgotten),
/// which requests scope or robots.txt refused, locks, how much of a run's budget was used.
///
/// Example: khotin rebuild --dry-run
/// Example: khotin rebuild && khotin export
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Read again what could not be read, because reading it ended the process
    #[arg(long)]
    retry: bool,

    /// Make and compare the new database, but leave the old one in place
    #[arg(long)]
    dry_run: bool,

    /// Put the new database in place even if it knows less than the old one
    #[arg(long)]
    accept_loss: bool,

    /// Read so many captures at the same time [default: as many as the machine has cores]
    #[arg(long, value_name = "NUMBER")]
    jobs: Option<NonZeroUsize>,
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let mut config = context.config()?;
    config.reading.jobs = args.jobs.or(config.reading.jobs);
    let sites = context.sites()?;
    let options = RebuildOptions {
        retry: args.retry,
        accept_loss: args.accept_loss,
        dry_run: args.dry_run,
        batch: None,
    };
    let output = &config.paths.output;
    let folder = archive_folder(output);
    if holds_nothing(&folder) && !database(output).exists() {
        bail!(UsageError::new(
            format!(
                "nothing to rebuild from: there is no archive in {}",
                folder.display()
            ),
            "put the archive there, mend `output` in config.toml, or run `khotin crawl` first",
        ));
    }
    let interrupts = Interrupts::listen()?;
    let opening = Opening {
        config: &config,
        sites: &sites,
        clock: &SystemClock,
        trial: &ChildTrial::new(&context.config_path(), interrupts.stop())?,
        stop: &interrupts.stop(),
    };
    let known = known_exchanges(&database(&config.paths.output));
    let mut counter = Counter::start(READ_AGAIN, context.lang(&config), known);
    let rebuilt = pipeline::rebuild(opening, options, &mut |taken| counter.show(taken));
    counter.end();
    let rebuilt = rebuilt?;
    if context.json {
        write_json(out, &rebuilt)?;
    } else {
        words::write_rebuilt(out, &rebuilt, context.lang(&config))?;
    }
    Ok(rebuilt.outcome())
}

/// True of a folder that is empty or not there. One that can not be read is not known to be.
fn holds_nothing(folder: &Path) -> bool {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// What is counted.
const READ_AGAIN: Words = in_both("exchanges read again", "lượt hỏi đáp đã được đọc lại");

/// How many exchanges the old database knows, if it can tell: only to say how many are left. Numbers that
/// were given and never kept count too.
pub(super) fn known_exchanges(database: &Path) -> Option<u64> {
    if !database.is_file() {
        return None;
    }
    let store = SqliteStore::open_reader(database).ok()?;
    store.last_sequence().ok()?.map(|last| last.0)
}

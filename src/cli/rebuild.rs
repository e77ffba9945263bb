//! `khotin rebuild`: the store made again from the WARC files alone, and how it differs from the old
//! one.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::Path;

use super::alone::ChildTrial;
use super::counter::Counter;
use super::interrupt::Interrupts;
use super::json::write_json;
use super::report::one_line;
use super::table::write_table;
use super::{Context, Outcome};
use crate::fetch::SystemClock;
use crate::lang::{Words, words};
use crate::pipeline::{
    self, Differences, ExchangesCompared, ForeignState, ImportedAgain, Keys, Old, Opening,
    RebuildOptions, Rebuilt, database,
};
use crate::store::{SqliteStore, Store};

/// Make the database again from the archive alone, with the profiles of today
///
/// Records, versions, states, first and last seen come out the same; with a changed profile or
/// program a report says which records and fields differ. It is printed and kept in output/reports.
///
/// The old database stands untouched until the new one is whole, and stays if the new one would know
/// less: exchanges that the archive does not give any more (damaged, or a file is not there), or
/// pages of a site that has no profile any more. Foreign files are imported again by their ledger,
/// archive/imports.jsonl; captures of a file that is gone or changed count as lost. Damage does not stop the reading, is named place by
/// place, and ends with exit code 3.
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
        write_rebuilt(out, &rebuilt)?;
    }
    Ok(rebuilt.outcome())
}

/// What is counted.
const READ_AGAIN: Words = words("exchanges read again", "lượt hỏi đáp đã được đọc lại");

/// How many exchanges the old database knows, if it can tell: only to say how many are left. Numbers that
/// were given and never kept count too.
pub(super) fn known_exchanges(database: &Path) -> Option<u64> {
    if !database.is_file() {
        return None;
    }
    let store = SqliteStore::open_reader(database).ok()?;
    store.last_sequence().ok()?.map(|last| last.0)
}

fn write_rebuilt(out: &mut dyn Write, rebuilt: &Rebuilt) -> io::Result<()> {
    if rebuilt.was_interrupted {
        writeln!(
            out,
            "an earlier rebuild did not end and had changed nothing; this one began anew"
        )?;
    }
    write_read(out, rebuilt)?;
    write_imported(out, &rebuilt.imported)?;
    match &rebuilt.old {
        Old::Missing => writeln!(out, "there was no database: nothing to compare with")?,
        Old::Compared => {}
        Old::Damaged { problem } => writeln!(
            out,
            "the old database can not be read, nothing to compare with: {}",
            one_line(problem)
        )?,
        Old::Newer { schema } => writeln!(
            out,
            "the old database has schema {schema} of a newer khotin, nothing to compare with"
        )?,
    }
    if let Some(compared) = &rebuilt.exchanges_compared {
        write_exchanges(out, compared)?;
    }
    if let Some(differences) = &rebuilt.differences {
        write_differences(out, differences)?;
    }
    write_end(out, rebuilt)
}

/// What was read, and what could not be.
fn write_read(out: &mut dyn Write, rebuilt: &Rebuilt) -> io::Result<()> {
    let replayed = &rebuilt.replayed;
    writeln!(out, "{} exchanges read again", replayed.exchanges)?;
    if replayed.unreadable > 0 {
        writeln!(
            out,
            "{} of them are kept and not read, because reading them did not come to an end; \
             `khotin rebuild --retry` tries again",
            replayed.unreadable
        )?;
    }
    for (site, number) in &replayed.without_profile {
        let site = one_line(site.as_str());
        writeln!(
            out,
            "{number} of them are of {site} and were not read, because it has no profile any more; \
             put {site}.toml back and rebuild again"
        )?;
    }
    if replayed.missing > 0 {
        writeln!(
            out,
            "{} exchanges between them are not in the archive: lost before they were durable, \
             damaged, or in a file that is not there",
            replayed.missing
        )?;
    }
    for place in &rebuilt.damage {
        let record = place.record_id.as_deref().unwrap_or("record unknown");
        let (file, record) = (one_line(&place.file), one_line(record));
        let problem = one_line(&place.problem);
        writeln!(
            out,
            "DAMAGED {file} byte {}, {record}: {problem}",
            place.offset
        )?;
    }
    if rebuilt.damaged > 0 {
        let number = rebuilt.damaged;
        writeln!(
            out,
            "{number} damaged places; every whole exchange of the closed files was read"
        )?;
    }
    Ok(())
}

/// What the foreign files of the ledger gave.
fn write_imported(out: &mut dyn Write, imported: &ImportedAgain) -> io::Result<()> {
    if imported.files > 0 {
        let (files, captures) = (imported.files, imported.captures);
        writeln!(
            out,
            "{captures} captures imported again from {files} foreign files"
        )?;
    }
    for missing in &imported.missing {
        let (name, sha256) = (one_line(&missing.name), one_line(&missing.sha256));
        let how = match missing.state {
            ForeignState::Changed => "is another file now",
            ForeignState::Missing | ForeignState::Sound => "is not where it was",
        };
        writeln!(out, "MISSING foreign file {name} {how} (SHA-256 {sha256})")?;
    }
    Ok(())
}

fn write_exchanges(out: &mut dyn Write, compared: &ExchangesCompared) -> io::Result<()> {
    for lost in &compared.lost_examples {
        let place = match (&lost.file, lost.offset) {
            (Some(file), Some(offset)) => format!("{} byte {offset}", one_line(file)),
            _ => "no answer".to_owned(),
        };
        let (sequence, url) = (lost.sequence, one_line(&lost.url));
        writeln!(out, "LOST exchange {sequence}, {place}: {url}")?;
    }
    if compared.lost > 0 {
        writeln!(
            out,
            "{} exchanges of the old database are not given by the archive any more",
            compared.lost
        )?;
    }
    for (change, number) in &compared.pages {
        writeln!(out, "{number} pages are read otherwise: {change}")?;
    }
    Ok(())
}

fn write_differences(out: &mut dyn Write, differences: &Differences) -> io::Result<()> {
    writeln!(
        out,
        "records: {} before, {} now, {} the same",
        differences.old_articles, differences.new_articles, differences.same
    )?;
    if differences.is_empty() {
        return Ok(());
    }
    let kinds = [
        ("appeared", &differences.appeared),
        ("vanished", &differences.vanished),
        ("changed", &differences.changed),
    ];
    let rows: Vec<_> = kinds.map(|(kind, keys)| row(kind, keys)).into();
    writeln!(out)?;
    write_table(out, &["records", "number", "for example"], &rows)?;
    let rows: Vec<_> = differences
        .fields
        .iter()
        .map(|(field, keys)| row(field, keys))
        .collect();
    writeln!(out)?;
    write_table(out, &["field", "differs in", "for example"], &rows)?;
    writeln!(out)
}

fn row(name: &str, keys: &Keys) -> Vec<String> {
    let examples: Vec<String> = keys
        .examples
        .iter()
        .map(|key| one_line(key.as_str()))
        .collect();
    vec![one_line(name), keys.number.to_string(), examples.join(" ")]
}

/// Which database is in place now, and why.
fn write_end(out: &mut dyn Write, rebuilt: &Rebuilt) -> io::Result<()> {
    if !rebuilt.carried.is_empty() {
        let carried = rebuilt.carried.join("; ");
        writeln!(out, "taken over from the old database: {carried}")?;
    }
    writeln!(out, "not rebuilt: {}", rebuilt.not_rebuilt.join("; "))?;
    if let Some(aside) = &rebuilt.put_aside {
        let aside = one_line(&aside.display().to_string());
        writeln!(out, "the old database is kept as {aside}")?;
    }
    if rebuilt.replaces {
        return writeln!(out, "the new database is in place");
    }
    for reason in &rebuilt.kept_because {
        writeln!(out, "the old database stays: {}", one_line(reason))?;
    }
    if rebuilt.dry_run {
        writeln!(out, "nothing was replaced: this was a dry run")
    } else {
        writeln!(
            out,
            "nothing was replaced: put back what is missing (a copy of the file, the profile), or \
             accept the loss with `khotin rebuild --accept-loss`"
        )
    }
}

//! Import: foreign web archives in, captures and records in the store out. The road: find the files, take
//! their digests, write them into the ledger, read their records, judge each by the profiles, read what is
//! a capture of ours as the crawl reads its own, commit in batches; at the end revisits meet their
//! originals, whichever file these stood in.
//!
//! Always holds: what the store then knows is a function of the set of foreign captures; a file stands in
//! the ledger before anything of it is stored; an interruption leaves whole batches, and the same command
//! goes on. Nothing is asked of anybody, and nothing follows from an imported capture but its observations.

mod again;
mod bodies;
mod files;
mod pages;
mod ranges;
mod records;
mod revisits;
mod taker;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::SecondsFormat;

use super::CrawlError;
use super::open::{Opening, archive_folder, database, open};
use crate::archive::Archive;
use crate::import::ImportError;
use crate::import::find::{ForeignPath, find};
use crate::import::keep::{Digested, digest, keep};
use crate::import::ledger::{Entry, ForeignKind, Ledger};
use crate::import::report::ImportReport;
use crate::store::SqliteStore;

pub(super) use again::import_again;
pub use again::{ForeignCheck, ForeignState, ImportedAgain, MissingForeign, check_foreign};
pub use bodies::ForeignFiles;
use files::{Source, pages_digest};
pub use ranges::{Base, RangeSource};
use taker::Taker;

/// What to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file, or a folder of them.
    Path(PathBuf),
    /// One WARC or WACZ file on standard input. It is copied into the archive: it can not be read again.
    Stdin,
    /// The records that an index names, out of the files of a base. They are copied into the archive.
    Ranges {
        /// The CDXJ file.
        index: PathBuf,
        /// Where its files are.
        base: Base,
    },
}

/// How to import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportWishes {
    /// Copy the foreign files into the archive.
    pub keep: bool,
    /// Stop at the first trouble.
    pub strict: bool,
    /// Only count.
    pub dry_run: bool,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportProgress {
    /// Records read.
    pub records: u64,
    /// Bytes of files that are done with, or read past.
    pub bytes: u64,
    /// Bytes of all files.
    pub of: u64,
}

/// What an import needs from outside.
pub struct Importing<'a> {
    /// Settings, profiles, clock, and when to stop.
    pub opening: Opening<'a>,
    /// How to import.
    pub wishes: ImportWishes,
    /// Standard input.
    pub stdin: &'a mut dyn Read,
    /// Gives the ranges of an index.
    pub ranges: &'a dyn RangeSource,
    /// Hears how far it is.
    pub told: &'a mut dyn FnMut(ImportProgress),
}

/// Imports foreign files.
///
/// # Errors
/// [`CrawlError`] if it can not begin or go on; what was committed before stays. Trouble inside a file is
/// none, unless strictness was asked for. An interrupt is none either: the report says so.
pub fn import(importing: Importing<'_>, inputs: &[Input]) -> Result<ImportReport, CrawlError> {
    let Importing {
        opening,
        wishes,
        stdin,
        ranges,
        told,
    } = importing;
    let output = &opening.config.paths.output;
    let mut store = match wishes.dry_run {
        false => Some(open(opening)?.store),
        true if database(output).is_file() => Some(SqliteStore::open_reader(&database(output))?),
        true => None,
    };
    let mut ledger = Ledger::read(&archive_folder(output))?;
    let stop = opening.stop;
    let mut going_on = || !*stop.borrow();
    let mut report = ImportReport {
        dry_run: wishes.dry_run,
        ..ImportReport::default()
    };
    let sources = gather(
        inputs,
        wishes,
        opening,
        stdin,
        ranges,
        &mut report,
        &mut going_on,
    );
    let sources = match sources {
        Err(CrawlError::Import(ImportError::Io { source, .. }))
            if source.kind() == std::io::ErrorKind::Interrupted =>
        {
            report.interrupted = true;
            return Ok(report);
        }
        sources => sources?,
    };
    let of = sources.iter().map(|source| source.bytes).sum();
    let mut taker = Taker::new(opening, store.as_mut(), wishes, report, told, of)?;
    for mut source in sources {
        let mut told_again = None;
        if !wishes.dry_run {
            let mut going_on = || !*stop.borrow();
            match note(&mut source, &mut ledger, wishes, opening, &mut going_on) {
                Err(ImportError::Io { source, .. })
                    if source.kind() == std::io::ErrorKind::Interrupted =>
                {
                    taker.report.interrupted = true;
                    break;
                }
                noted => told_again = noted?,
            }
        }
        taker.take_source(&source)?;
        if taker.report.interrupted {
            break;
        }
        if let Some(entry) = told_again {
            ledger.note(entry)?;
        }
    }
    if !taker.report.interrupted && !wishes.dry_run {
        let archive = Archive::new(archive_folder(output));
        revisits::resolve(&mut taker, &ForeignFiles::new(ledger), &archive)?;
    }
    let report = taker.end()?;
    if let (Some(store), false) = (store, wishes.dry_run) {
        store.close()?;
    }
    Ok(report)
}

/// The foreign files that are meant, in the order of the command line. What comes only once is copied.
fn gather(
    inputs: &[Input],
    wishes: ImportWishes,
    opening: Opening<'_>,
    stdin: &mut dyn Read,
    ranges: &dyn RangeSource,
    report: &mut ImportReport,
    going_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<Source>, CrawlError> {
    let archive = archive_folder(&opening.config.paths.output);
    let mut sources = Vec::new();
    for input in inputs {
        match input {
            Input::Path(path) => {
                for found in find(path)? {
                    let source = Source::of_path(found)?;
                    source.check_is_archive()?;
                    sources.push(source);
                }
            }
            Input::Stdin if wishes.dry_run => return Err(ImportError::DryStdin.into()),
            Input::Stdin => {
                let copied = keep(&archive, &mut *stdin, &mut |_| going_on())?;
                let source = Source::of_copy(copied, "standard input".to_owned());
                if let Err(error) = source.check_is_archive() {
                    std::fs::remove_file(&source.path)
                        .map_err(ImportError::io("remove", &source.path))?;
                    return Err(error.into());
                }
                sources.push(source);
            }
            Input::Ranges { index, base } => {
                let wanted = ranges::wanted(index, opening.sites, wishes.strict, report)?;
                if wishes.dry_run {
                    continue;
                }
                let strict = wishes.strict;
                let copied =
                    ranges::copy(&wanted, base, ranges, &archive, strict, report, going_on)?;
                if let Some(copied) = copied {
                    let name = index.file_name().unwrap_or_default().to_string_lossy();
                    sources.push(Source::of_copy(copied, format!("{name}.warc.gz")));
                }
            }
        }
    }
    Ok(sources)
}

/// Takes the digest of a foreign file, copies it if that is wished for, and writes it into the ledger. What
/// the ledger says of a file that it knows is given back: it is written when the whole file was read, because
/// another name or place may become that of captures, and the ledger must not say so before the store does.
fn note(
    source: &mut Source,
    ledger: &mut Ledger,
    wishes: ImportWishes,
    opening: Opening<'_>,
    going_on: &mut dyn FnMut() -> bool,
) -> Result<Option<Entry>, ImportError> {
    let digested = match (&source.digested, source.kind) {
        (Some(known), _) => known.clone(),
        (None, ForeignKind::Pages) => pages_digest(&source.path)?,
        (None, _) if wishes.keep => {
            let file = File::open(&source.path).map_err(ImportError::io("open", &source.path))?;
            let copied = keep(ledger.folder(), file, &mut |_| going_on())?;
            source.kept = Some(copied.name);
            copied.digested
        }
        (None, _) => digest_file(&source.path, going_on)?,
    };
    source.digested = Some(digested.clone());
    let entry = Entry {
        sha256: digested.sha256,
        bytes: digested.bytes,
        name: source.name.clone(),
        path: source.told.clone(),
        kind: source.kind,
        kept: source.kept.clone(),
        imported_at: opening
            .clock
            .now_utc()
            .to_rfc3339_opts(SecondsFormat::Secs, true),
        khotin: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let known = ledger.files();
    let known = known
        .get(entry.sha256.as_str())
        .and_then(|lines| lines.first());
    source.imported_at = known.map_or_else(|| entry.time(), |first| first.time());
    if known.is_some() {
        return Ok(Some(entry));
    }
    ledger.note(entry)?;
    Ok(None)
}

fn digest_file(path: &Path, going_on: &mut dyn FnMut() -> bool) -> Result<Digested, ImportError> {
    File::open(path)
        .and_then(|file| digest(file, &mut |_| going_on()))
        .map_err(ImportError::io("read", path))
}

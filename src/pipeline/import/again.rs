//! Again: the foreign files of the ledger, read again by a rebuild, and looked at by `khotin verify`.

use std::fs::{self, File};
use std::path::Path;

use serde::Serialize;

use super::bodies::{ForeignFiles, places};
use super::files::{Source, kind_of, pages_digest};
use super::taker::Taker;
use super::{ImportProgress, ImportWishes, Opening, revisits};
use crate::archive::Archive;
use crate::import::ImportError;
use crate::import::keep::{Digested, digest};
use crate::import::ledger::{Entry, ForeignKind, Ledger};
use crate::import::report::ImportReport;
use crate::pipeline::CrawlError;
use crate::store::SqliteStore;

/// How a foreign file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ForeignState {
    /// It is there, with the bytes that were imported.
    Sound,
    /// Something is there, with other bytes.
    Changed,
    /// It is not there.
    Missing,
}

/// One foreign file of the ledger, looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForeignCheck {
    /// Its name.
    pub name: String,
    /// SHA-256 of what was imported.
    pub sha256: String,
    /// What it is.
    pub kind: ForeignKind,
    /// How it is.
    pub state: ForeignState,
    /// Where it was looked for; where it is sound, the one place.
    pub places: Vec<String>,
}

/// A foreign file that a rebuild did not find, or found changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingForeign {
    /// Its name.
    pub name: String,
    /// SHA-256 of what was imported.
    pub sha256: String,
    /// How it is.
    pub state: ForeignState,
}

/// What a rebuild took out of foreign files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ImportedAgain {
    /// Files read again.
    pub files: u64,
    /// Captures taken.
    pub captures: u64,
    /// Revisits whose originals are not known.
    pub waiting: u64,
    /// Files that are not there any more, or are others.
    pub missing: Vec<MissingForeign>,
}

/// Looks at every foreign file of the ledger, and reads it to its end. `told` hears how many bytes were
/// read of the file at hand; it says whether to go on.
///
/// # Errors
/// [`ImportError`] if the ledger can not be read, or if `told` ends it.
pub fn check_foreign(
    archive: &Path,
    told: &mut dyn FnMut(u64) -> bool,
) -> Result<Vec<ForeignCheck>, ImportError> {
    let ledger = Ledger::read(archive)?;
    let mut checks = Vec::new();
    for (sha256, entries) in ledger.files() {
        let (state, source) = look(&ledger, &entries, told)?;
        let Some(entry) = named(&entries) else {
            continue;
        };
        let looked = entries.iter().flat_map(|entry| places(&ledger, entry));
        let found = source.map(|source| source.path);
        let places = found.map_or_else(|| looked.collect(), |path| vec![path]);
        let mut places: Vec<String> = places
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        places.sort();
        places.dedup();
        checks.push(ForeignCheck {
            name: entry.name.clone(),
            sha256: sha256.to_owned(),
            kind: entry.kind,
            state,
            places,
        });
    }
    Ok(checks)
}

/// The line by whose name a file is called: whichever name came first must not matter.
fn named<'a>(entries: &[&'a Entry]) -> Option<&'a Entry> {
    entries
        .iter()
        .copied()
        .min_by(|one, other| one.name.cmp(&other.name))
}

/// Looks for a file in all its places, until one has the bytes that were imported.
fn look(
    ledger: &Ledger,
    entries: &[&Entry],
    told: &mut dyn FnMut(u64) -> bool,
) -> Result<(ForeignState, Option<Source>), ImportError> {
    let mut state = ForeignState::Missing;
    for entry in entries {
        for path in places(ledger, entry) {
            if !path.exists() {
                continue;
            }
            let digested = match digest_of(&path, entry.kind, told) {
                Err(ImportError::Io { source, .. })
                    if source.kind() != std::io::ErrorKind::Interrupted =>
                {
                    None
                }
                Err(error) if !matches!(error, ImportError::Io { .. }) => None,
                digested => Some(digested?),
            };
            let is_it = digested
                .as_ref()
                .is_some_and(|found| found.sha256 == entry.sha256);
            if !is_it {
                state = ForeignState::Changed;
                continue;
            }
            let name = named(entries).map_or_else(String::new, |entry| entry.name.clone());
            let source = Source {
                told: None,
                name,
                kind: kind_of(&path, entry.kind)?,
                imported_at: entries.first().and_then(|first| first.time()),
                bytes: entry.bytes,
                digested,
                kept: None,
                path,
            };
            return Ok((ForeignState::Sound, Some(source)));
        }
    }
    Ok((state, None))
}

fn digest_of(
    path: &Path,
    kind: ForeignKind,
    told: &mut dyn FnMut(u64) -> bool,
) -> Result<Digested, ImportError> {
    if kind == ForeignKind::Pages {
        return pages_digest(path);
    }
    let about = fs::metadata(path).map_err(ImportError::io("look at", path))?;
    if !about.is_file() {
        return Err(ImportError::NoFile {
            path: path.to_owned(),
        });
    }
    File::open(path)
        .and_then(|file| digest(file, told))
        .map_err(ImportError::io("read", path))
}

/// Imports every file of the ledger into a store that is being made again.
///
/// # Errors
/// [`CrawlError`] if the ledger is damaged or the store fails; [`CrawlError::Interrupted`].
pub(in crate::pipeline) fn import_again(
    store: &mut SqliteStore,
    opening: Opening<'_>,
    archive: &Archive,
    told: &mut dyn FnMut(ImportProgress),
) -> Result<ImportedAgain, CrawlError> {
    let ledger = Ledger::read(archive.dir())?;
    let files = ledger.files();
    let of = files.values().filter_map(|entries| named(entries));
    let of = of.map(|entry| entry.bytes).sum();
    let mut again = ImportedAgain::default();
    let report = ImportReport::default();
    let mut taker = Taker::new(
        opening,
        Some(store),
        ImportWishes::default(),
        report,
        told,
        of,
    )?;
    for (sha256, entries) in &files {
        let (state, source) = look(&ledger, entries, &mut |_| !*opening.stop.borrow())?;
        match source {
            Some(source) => {
                taker.take_source(&source)?;
                again.files += 1;
            }
            None => again.missing.push(MissingForeign {
                name: named(entries).map_or_else(String::new, |entry| entry.name.clone()),
                sha256: (*sha256).to_owned(),
                state,
            }),
        }
        if taker.report.interrupted {
            let taken = taker.report.new;
            return Err(CrawlError::Interrupted { taken });
        }
    }
    revisits::resolve(&mut taker, &ForeignFiles::new(ledger.clone()), archive)?;
    let report = taker.end()?;
    again.captures = report.new;
    again.waiting = report.waiting;
    Ok(again)
}

//! Rebuild: a new store from the archive alone, beside the old one, which stands untouched until the
//! new one is whole, compared and durable; then one rename puts it in place.
//!
//! The rule: **the new store takes the old one's place only if it knows all that the old one knew of
//! the exchanges**. An exchange that the archive does not give any more (damaged, or its file is not
//! there), or one that was read and whose site has no profile any more, keeps the old one in place,
//! unless the user accepts the loss. Records may change, appear and vanish: that is what a rebuild
//! with other rules is for, and the report says how. An old database that can not be read is kept
//! under another name.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};

use super::CrawlError;
use super::differences::differences;
use super::import::import_again;
use super::lost::{compare_exchanges, lost_imports};
use super::open::{Opening, database, holder, make_archive_folder, replay_options};
use super::readers::jobs;
use super::rebuilt::{Old, Rebuilt};
use super::replay::{BATCH, Rules, replay};
use crate::archive::{self, Archive};
use crate::durable;
use crate::model::Sequence;
use crate::store::{
    ArticleFilter, Batch, Carried, Position, SqliteStore, Store, StoreError, StoreLock, marks_of,
};

/// What the user asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RebuildOptions {
    /// Captures that could not be read, because reading them ended a process, are read again.
    pub retry: bool,
    /// The new store is put in place even if it knows less than the old one.
    pub accept_loss: bool,
    /// All is done but putting the new store in place.
    pub dry_run: bool,
    /// How many exchanges are one transaction at most; `None` is 64. The result is the same.
    pub batch: Option<NonZeroUsize>,
}

/// Where the databases are.
struct Paths {
    /// The one in use.
    old: PathBuf,
    /// The one that is being made.
    new: PathBuf,
}

/// Makes the store again from the archive alone. `taken` hears how many exchanges were read, after
/// each.
///
/// # Errors
/// [`CrawlError::Rebuild`] with the cause if it did not come to its end: then the database is as it was
/// before. [`CrawlError::Store`] if another process has it.
pub fn rebuild(
    opening: Opening<'_>,
    options: RebuildOptions,
    taken: &mut dyn FnMut(u64),
) -> Result<Rebuilt, CrawlError> {
    let output = &opening.config.paths.output;
    let folder = make_archive_folder(output)?;
    let old = database(output);
    // A rebuild takes over the marks that an interrupted one left; one that is to read them again, only
    // those of its own kind.
    let [plain, retry] = ["db.new", "db.retry"].map(|end| old.with_extension(end));
    let (new, other) = if options.retry {
        (retry, plain)
    } else {
        (plain, retry)
    };
    let paths = Paths { new, old };
    let _lock = StoreLock::take(&output.join("khotin.lock"), holder(opening.clock))?;
    let build = Build {
        opening,
        archive: Archive::new(folder),
        paths: &paths,
        options,
        now: opening.clock.now_utc(),
    };
    let made = build.make(taken).and_then(|mut rebuilt| {
        rebuilt.decide(options);
        if rebuilt.replaces {
            swap(&paths, &mut rebuilt)?;
        }
        Ok(rebuilt)
    });
    remove_made(&paths.new);
    remove_made(&other);
    let rebuilt = made.map_err(|source| CrawlError::Rebuild {
        source: Box::new(source),
    })?;
    rebuilt.keep(&output.join("reports"))?;
    Ok(rebuilt)
}

struct Build<'a> {
    opening: Opening<'a>,
    archive: Archive,
    paths: &'a Paths,
    options: RebuildOptions,
    now: DateTime<Utc>,
}

impl Build<'_> {
    /// Makes the new store and compares it with the old one.
    fn make(&self, taken: &mut dyn FnMut(u64)) -> Result<Rebuilt, CrawlError> {
        let mut rebuilt = Rebuilt {
            khotin: env!("CARGO_PKG_VERSION").to_owned(),
            at: self.now.to_rfc3339_opts(SecondsFormat::Secs, true),
            dry_run: self.options.dry_run,
            ..Rebuilt::default()
        };
        let mut old = OldStore::open(&self.paths.old)?;
        let mut new = self.start(&mut rebuilt)?;
        old.ask(|old| self.carry(old, &mut new))?;
        let known = old.ask(|old| Ok(old.positions()?))?.unwrap_or_default();
        self.fill(&mut new, &known, &mut rebuilt, taken)?;
        let opening = self.opening;
        rebuilt.imported = import_again(&mut new, opening, &self.archive, &mut |_| {})?;
        reserve(&mut new, &self.archive, &known, &rebuilt.damaged_files)?;
        let all = ArticleFilter::default();
        let compared = old.ask(|old| {
            let exchanges = compare_exchanges(old, &new)?;
            let differences = differences(old.articles(&all), new.articles(&all))?;
            Ok((exchanges, differences, lost_imports(old, &new)?))
        })?;
        rebuilt.old = old.state;
        if let Some((exchanges, differences, imports)) = compared {
            rebuilt.imports_lost = imports;
            rebuilt.compared_with(exchanges, differences);
        }
        new.into_one_file()?;
        Ok(rebuilt)
    }

    /// An empty store, with the marks that an interrupted rebuild left.
    fn start(&self, rebuilt: &mut Rebuilt) -> Result<SqliteStore, CrawlError> {
        let path = &self.paths.new;
        let (left, marks) = (beside(path, ".left"), marks_of(path));
        if left.exists() {
            // A rebuild died before it had taken those marks: it has none to add.
        } else if marks.exists() {
            move_database(&marks, &left)?;
        } else if path.exists() {
            // Of an earlier khotin, whose marks stood in the database itself.
            move_database(path, &left)?;
        }
        remove_made(path);
        rebuilt.was_interrupted = left.exists();
        let mut new = SqliteStore::create(path)?;
        if let Ok(left) = SqliteStore::open_reader(&left) {
            // It may have died before it had any.
            if let Err(error) = new.carry(&left, Carried::Marks) {
                tracing::debug!(event = "no_marks", "{error}");
            }
        }
        remove(&left);
        Ok(new)
    }

    /// Takes over what no archive tells.
    fn carry(&self, old: &SqliteStore, new: &mut SqliteStore) -> Result<(), CrawlError> {
        new.carry(old, Carried::Records)?;
        if !self.options.retry {
            new.carry(old, Carried::Marks)?;
        }
        Ok(())
    }

    /// Reads the archive into the new store. Damage is noted, and reading goes on behind it.
    fn fill(
        &self,
        new: &mut SqliteStore,
        known: &[Position],
        rebuilt: &mut Rebuilt,
        taken: &mut dyn FnMut(u64),
    ) -> Result<(), CrawlError> {
        // What the old database has read is never cut.
        let known = known.iter();
        let known = known.map(|position| (position.file.clone(), position.end_offset));
        match archive::recover_behind(self.archive.dir(), &known.collect()) {
            Err(error) => rebuilt.note_damage(error)?,
            Ok(recovered) => tracing::debug!(
                event = "recovered",
                files = recovered.len(),
                "{} files were closed",
                recovered.len()
            ),
        }
        let options = replay_options(self.opening.config, self.opening.sites);
        let rules = Rules {
            sites: self.opening.sites,
            options: &options,
            jobs: jobs(self.opening.config.reading.jobs),
            batch: self.options.batch.unwrap_or(BATCH),
            trial: self.opening.trial,
            stop: self.opening.stop,
            taken,
            damaged: &mut |error| rebuilt.note_damage(error),
        };
        rebuilt.replayed = replay(new, &self.archive, rules)?;
        Ok(())
    }
}

/// The old store, as long as it can be read.
struct OldStore {
    store: Option<SqliteStore>,
    state: Old,
}

impl OldStore {
    /// Opens it with all of it in its one file, so that it can be replaced.
    fn open(path: &Path) -> Result<Self, CrawlError> {
        let mut old = Self {
            store: None,
            state: Old::Missing,
        };
        if !path.exists() {
            return Ok(old);
        }
        let opened = SqliteStore::open_held(path)
            .and_then(SqliteStore::into_one_file)
            .and_then(|()| SqliteStore::open_reader(path));
        match opened {
            Ok(store) => {
                old.store = Some(store);
                old.state = Old::Compared;
            }
            Err(StoreError::Newer { found, .. }) => old.state = Old::Newer { schema: found },
            Err(error) => old.found(error)?,
        }
        Ok(old)
    }

    /// Asks it something; `None` if it is not there, or if it turns out that it can not be read.
    fn ask<T>(
        &mut self,
        question: impl FnOnce(&SqliteStore) -> Result<T, CrawlError>,
    ) -> Result<Option<T>, CrawlError> {
        match self.store.as_ref().map(question).transpose() {
            Err(CrawlError::Store(error)) => self.found(error).map(|()| None),
            answer => answer,
        }
    }

    /// A damaged database is asked nothing more; any other error ends the rebuild.
    fn found(&mut self, error: StoreError) -> Result<(), CrawlError> {
        // A failed fsync says nothing about what can be read.
        if !error.is_damage() || matches!(error, StoreError::SyncFailed { .. }) {
            return Err(error.into());
        }
        self.store = None;
        self.state = Old::Damaged {
            problem: error.to_string(),
        };
        Ok(())
    }
}

/// Notes in the new store how far the archive goes: a damaged file counts as read to its end, so that
/// the next start does not meet the damage again, and no number that the old store knew is given to
/// another exchange, though the archive does not give that one any more.
fn reserve(
    new: &mut SqliteStore,
    archive: &Archive,
    known: &[Position],
    damaged: &BTreeSet<String>,
) -> Result<(), CrawlError> {
    let last = new.last_sequence()?.unwrap_or(Sequence(0));
    let read = new.positions()?;
    let of = |positions: &[Position], file: &str| {
        let found = positions.iter().find(|position| position.file == file);
        found.map(|position| (position.end_offset, position.sequence))
    };
    let known_files = known.iter().map(|position| &position.file);
    let files: BTreeSet<&String> = damaged.iter().chain(known_files).collect();
    let mut positions = Vec::new();
    for file in files {
        let (read, known) = (of(&read, file), of(known, file));
        // Of a file that is not closed nothing was read.
        let length = fs::metadata(archive.dir().join(file)).map_or(0, |about| about.len());
        let sequence = read.into_iter().chain(known).map(|(_, sequence)| sequence);
        positions.push(Position {
            file: file.clone(),
            end_offset: match read {
                Some((end, _)) if !damaged.contains(file) => end,
                _ => length,
            },
            sequence: sequence.max().unwrap_or(last),
        });
    }
    let entries = Vec::new();
    new.commit(&Batch { entries, positions })?;
    Ok(())
}

/// Puts the new store in the old one's place. An old one that can not be read is kept beside it.
fn swap(paths: &Paths, rebuilt: &mut Rebuilt) -> Result<(), CrawlError> {
    let failed = |source| CrawlError::Folder {
        path: paths.new.clone(),
        source,
    };
    File::open(&paths.new)
        .and_then(|file| file.sync_all())
        .map_err(failed)?;
    let aside = match &rebuilt.old {
        Old::Missing | Old::Compared => None,
        Old::Damaged { .. } => Some(paths.old.with_extension("db.damaged")),
        Old::Newer { schema } => Some(paths.old.with_extension(format!("db.schema-{schema}"))),
    };
    match &aside {
        Some(aside) => {
            move_database(&paths.old, aside)?;
            rebuilt.put_aside = Some(aside.clone());
        }
        // A log whose database somebody removed would be read as the new one's.
        None => remove_beside(&paths.old)?,
    }
    if let Err(error) = rename(&paths.new, &paths.old) {
        if let Some(aside) = &aside {
            move_database(aside, &paths.old)?;
        }
        return Err(error);
    }
    let folder = paths.old.parent().unwrap_or(Path::new("."));
    // Whichever of the two a loss of power leaves is whole.
    if let Err(error) = durable::sync_folder(folder) {
        tracing::warn!(
            event = "name_not_durable",
            "can not make the new database's name durable: {error}"
        );
    }
    Ok(())
}

/// Files that SQLite keeps beside a database; they belong to no other.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The path of a file that SQLite keeps beside a database.
fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// Renames a database with what stands beside it.
fn move_database(from: &Path, to: &Path) -> Result<(), CrawlError> {
    remove(to);
    for ending in BESIDE {
        let log = beside(from, ending);
        if log.exists() {
            rename(&log, &beside(to, ending))?;
        }
    }
    rename(from, to)
}

/// Removes a database that is being made, and its marks.
fn remove_made(database: &Path) {
    remove(database);
    remove(&marks_of(database));
}

/// Removes a database with what stands beside it. What stays is removed by the next rebuild.
fn remove(database: &Path) {
    let removed = remove_beside(database).and_then(|()| remove_file(database));
    if let Err(error) = removed {
        tracing::warn!(event = "not_removed", "{error}: {}", database.display());
    }
}

fn remove_beside(database: &Path) -> Result<(), CrawlError> {
    BESIDE
        .iter()
        .try_for_each(|ending| remove_file(&beside(database, ending)))
}

/// That it is not there is no error.
fn remove_file(path: &Path) -> Result<(), CrawlError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(CrawlError::Folder {
            path: path.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), CrawlError> {
    fs::rename(from, to).map_err(|source| CrawlError::Folder {
        path: from.to_owned(),
        source,
    })
}

//! Recovery: what a crash left becomes closed files. Every whole exchange stays, the torn end behind
//! it is cut, the file is closed for ever: no byte is ever added to it, so an offset never names two
//! records. Doing it again changes nothing. Not here: telling the store what it has not seen
//! ([`super::Archive::exchanges`] does, from the ends that the store knows).

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::path::Path;

use super::close::{
    CLOSED, OPEN, TEMPORARY, cdxj_name, close, complete, open_path, read_sums, sync_dir,
};
use super::collection::file_names;
use super::locked::Locked;
use super::metadata::{DURABLE_TO, Fields};
use super::reader::{next_exchange, next_whole_record};
use super::{ArchiveError, Problem, Record, RecordReader};
use crate::model::Sequence;

/// What recovery did with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Name without folder and without `.open`.
    pub file: String,
    /// What became of it.
    pub done: RecoveredAs,
    /// Whole exchanges in it.
    pub exchanges: u64,
    /// The last of them.
    pub last: Option<Sequence>,
    /// Length now, in bytes.
    pub kept_bytes: u64,
    /// Bytes cut from its end.
    pub cut_bytes: u64,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecoveredAs {
    /// An open file is closed now.
    Closed,
    /// An open file without any whole exchange is removed.
    Removed,
    /// A closed file had no index or no line in `SHA256SUMS`, and has both now.
    Completed,
}

/// Closes every `.open` file in the archive folder `dir`, and finishes what a crash interrupted while
/// a file was closed. Must not run while a writer is at work in `dir`.
///
/// # Errors
/// [`ArchiveError::InUse`] if a file is being written, [`ArchiveError::DamagedInside`] if a file is
/// broken where it was durable: cutting there would lose whole exchanges, so a person has to look.
/// Otherwise what the disk says. A damaged file is left alone and told at the end; the others are done.
pub fn recover(dir: &Path) -> Result<Vec<Recovered>, ArchiveError> {
    recover_behind(dir, &BTreeMap::new())
}

/// As [`recover`], and cuts nothing that is `known`: per file name the byte up to which somebody read it.
///
/// # Errors
/// As [`recover`], and [`ArchiveError::Damaged`] if a file does not reach as far as it is known.
pub fn recover_behind(
    dir: &Path,
    known: &BTreeMap<String, u64>,
) -> Result<Vec<Recovered>, ArchiveError> {
    let mut done = Vec::new();
    if dir.exists() {
        // Whoever renamed a file here may have been killed before the name was durable.
        sync_dir(dir)?;
    }
    for name in file_names(dir, TEMPORARY)? {
        let path = dir.join(name);
        fs::remove_file(&path).map_err(ArchiveError::io("remove", &path))?;
    }
    let sums = read_sums(dir)?;
    for file in file_names(dir, CLOSED)? {
        if !sums.contains_key(&file) || !dir.join(cdxj_name(&file)).exists() {
            let found = scan(&dir.join(&file), &file)?;
            complete(dir, &file)?;
            done.push(found.into_recovered(file, RecoveredAs::Completed, 0));
        }
    }
    let mut damaged = None;
    for name in file_names(dir, OPEN)? {
        let file = name.strip_suffix(".open").unwrap_or(&name);
        let known = known.get(file).copied().unwrap_or_default();
        match close_open(dir, file, known) {
            Ok(recovered) => done.push(recovered),
            // The files of other sites are none the worse for it.
            Err(error @ (ArchiveError::Damaged { .. } | ArchiveError::DamagedInside { .. })) => {
                damaged.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    damaged.map_or(Ok(done), Err)
}

/// Cuts, fsyncs and closes one open file, or removes it.
///
/// Whatever ended its writer, also a failed fsync: what is kept is what the disk gives, not what memory
/// remembers of it. After a failed fsync the system may call lost pages clean.
fn close_open(dir: &Path, file: &str, known: u64) -> Result<Recovered, ArchiveError> {
    let path = open_path(dir, file);
    let opened = OpenOptions::new()
        .write(true)
        .open(&path)
        .map_err(ArchiveError::io("open", &path))?;
    let opened = Locked::take(opened, &path)?;
    let length = opened
        .metadata()
        .map_err(ArchiveError::io("read the length of", &path))?
        .len();
    let sync = || opened.sync_all().map_err(ArchiveError::sync_failed(&path));
    sync()?;
    forget_cached(&opened);
    let found = scan(&path, file)?;
    if let Some((offset, problem)) = &found.damage {
        check_torn(&path, file, *offset, problem)?;
    }
    if found.end < known {
        let torn = (found.end, Problem::Torn);
        let (offset, problem) = found.damage.unwrap_or(torn);
        return Err(ArchiveError::Damaged {
            file: file.to_owned(),
            offset,
            problem,
        });
    }
    let cut_bytes = length - found.end;
    if found.exchanges == 0 {
        fs::remove_file(&path).map_err(ArchiveError::io("remove", &path))?;
        sync_dir(dir)?;
        return Ok(found.into_recovered(file.to_owned(), RecoveredAs::Removed, length));
    }
    if cut_bytes > 0 {
        opened
            .set_len(found.end)
            .map_err(ArchiveError::io("cut", &path))?;
        sync()?;
    }
    close(dir, file)?;
    Ok(found.into_recovered(file.to_owned(), RecoveredAs::Closed, cut_bytes))
}

/// What a file holds.
#[derive(Debug, Default)]
struct Found {
    exchanges: u64,
    last: Option<Sequence>,
    /// First byte behind the last whole exchange.
    end: u64,
    /// Where reading stopped before the end of the file, and why.
    damage: Option<(u64, Problem)>,
}

impl Found {
    fn into_recovered(self, file: String, done: RecoveredAs, cut_bytes: u64) -> Recovered {
        let kept_bytes = match done {
            RecoveredAs::Removed => 0,
            RecoveredAs::Closed | RecoveredAs::Completed => self.end,
        };
        Recovered {
            file,
            done,
            exchanges: self.exchanges,
            last: self.last,
            kept_bytes,
            cut_bytes,
        }
    }
}

fn scan(path: &Path, file: &str) -> Result<Found, ArchiveError> {
    let mut records = RecordReader::open(path, file, 0)?;
    let mut found = Found::default();
    loop {
        match next_exchange(&mut records) {
            Ok(None) => return Ok(found),
            Ok(Some(exchange)) => {
                found.exchanges += 1;
                found.end = records.position();
                let metadata = exchange
                    .last()
                    .map(|record| Fields::of_block(&record.block));
                found.last = metadata.and_then(|fields| fields.sequence());
            }
            Err(ArchiveError::Damaged {
                offset, problem, ..
            }) => {
                found.damage = Some((offset, problem));
                return Ok(found);
            }
            Err(error) => return Err(error),
        }
    }
}

/// Lets the system read a file anew from the disk. That it does not is no error: most files were left by
/// a writer that died, not by a disk that failed.
fn forget_cached(file: &File) {
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
}

/// Only what a crash may leave is cut: no exchange behind the damage says that the damaged place was
/// durable before it, and the disk gave no error that may pass.
///
/// A power cut may keep the pages of an un-fsynced end in any order, so whole records behind a hole are
/// no sign of another damage by themselves.
fn check_torn(path: &Path, file: &str, offset: u64, problem: &Problem) -> Result<(), ArchiveError> {
    match problem {
        // All records are whole, the last exchange is not.
        Problem::Exchange(_) => return Ok(()),
        Problem::Unreadable(_) => {
            return Err(ArchiveError::Damaged {
                file: file.to_owned(),
                offset,
                problem: problem.clone(),
            });
        }
        _ => {}
    }
    let mut next = next_whole_record(path, offset.saturating_add(1))?;
    while let Some(start) = next.take() {
        for record in RecordReader::open(path, file, start)? {
            match record {
                Ok(record) if was_durable_before(&record, offset) => {
                    return Err(ArchiveError::DamagedInside {
                        file: file.to_owned(),
                        offset,
                        problem: problem.clone(),
                        follows: record.offset,
                    });
                }
                Ok(_) => {}
                Err(ArchiveError::Damaged { offset, .. }) => {
                    next = next_whole_record(path, offset.saturating_add(1))?;
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// Whether this is an exchange's metadata record that says that byte `offset` was fsynced when it was
/// written. One that does not say how far is believed to mean everything.
fn was_durable_before(record: &Record, offset: u64) -> bool {
    if record.kind() != "metadata" {
        return false;
    }
    let fields = Fields::of_block(&record.block);
    let durable_to = fields.parsed(DURABLE_TO).unwrap_or(u64::MAX);
    fields.sequence().is_some() && durable_to > offset
}

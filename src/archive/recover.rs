//! Recovery: what a crash left becomes closed files. Every whole exchange stays, the torn end behind
//! it is cut, the file is closed for ever: no byte is ever added to it, so an offset never names two
//! records. Doing it again changes nothing. Not here: telling the store what it has not seen
//! ([`super::Archive::exchanges`] does, from the ends that the store knows).

use std::fs::{self, OpenOptions};
use std::path::Path;

use super::close::{
    CLOSED, OPEN, TEMPORARY, cdxj_name, close, complete, open_path, read_sums, sync_dir,
};
use super::collection::file_names;
use super::metadata::Fields;
use super::open_file::lock;
use super::reader::{next_exchange, next_whole_record};
use super::{ArchiveError, Problem, RecordReader};
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
/// broken before its end: cutting there would lose whole exchanges, so a person has to look.
/// Otherwise what the disk says. Files that came before in name order are done.
pub fn recover(dir: &Path) -> Result<Vec<Recovered>, ArchiveError> {
    let mut done = Vec::new();
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
    for name in file_names(dir, OPEN)? {
        let file = name.strip_suffix(".open").unwrap_or(&name);
        done.push(close_open(dir, file)?);
    }
    Ok(done)
}

/// Cuts, fsyncs and closes one open file, or removes it.
fn close_open(dir: &Path, file: &str) -> Result<Recovered, ArchiveError> {
    let path = open_path(dir, file);
    let opened = OpenOptions::new()
        .write(true)
        .open(&path)
        .map_err(ArchiveError::io("open", &path))?;
    lock(&opened, &path)?;
    let length = opened
        .metadata()
        .map_err(ArchiveError::io("read the length of", &path))?
        .len();
    let found = scan(&path, file)?;
    if let Some((offset, problem)) = &found.damage {
        check_torn(&path, file, *offset, problem)?;
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
    }
    opened
        .sync_all()
        .map_err(|source| ArchiveError::SyncFailed {
            path: path.clone(),
            source,
        })?;
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

/// Only an end may be cut: nothing whole behind it, and no disk error that may pass.
fn check_torn(path: &Path, file: &str, offset: u64, problem: &Problem) -> Result<(), ArchiveError> {
    let whole_records = match problem {
        // All records are whole, the last exchange is not.
        Problem::Exchange(_) => return Ok(()),
        Problem::Unreadable(_) => None,
        _ => next_whole_record(path, offset.saturating_add(1))?,
    };
    match (whole_records, problem) {
        (Some(follows), _) => Err(ArchiveError::DamagedInside {
            file: file.to_owned(),
            offset,
            problem: problem.clone(),
            follows,
        }),
        (None, Problem::Unreadable(_)) => Err(ArchiveError::Damaged {
            file: file.to_owned(),
            offset,
            problem: problem.clone(),
        }),
        (None, _) => Ok(()),
    }
}

//! The lock: one process writes to a store. The operating system takes it back when the process
//! ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};

use super::StoreError;

/// Who holds a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// The right to write; given up when dropped.
#[derive(Debug)]
pub struct StoreLock {
    /// The locked file, kept open.
    file: File,
}

/// The most bytes of a lock file that are read.
const HOLDER_BYTES: u64 = 200;

impl StoreLock {
    /// Takes the lock in the file at `path`, and writes `holder` into it for others to see.
    ///
    /// # Errors
    /// [`StoreError::Locked`] with the holder if another process has it; [`StoreError::Lock`] if the
    /// file can not be used.
    pub fn take(path: &Path, holder: Holder) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Lock {
            path: path.to_owned(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(path.to_owned(), &mut file)),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let since = holder.since.to_rfc3339_opts(SecondsFormat::Secs, true);
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{} {since}", holder.pid))
            .and_then(|()| file.flush())
            .map_err(failed)?;
        Ok(Self { file })
    }
}

impl Drop for StoreLock {
    /// By name: a child that is just being started has the file open too, and closing ours would leave
    /// the lock to it (flock(2)).
    fn drop(&mut self) {
        // It ends with the process in any case.
        let _ = self.file.unlock();
    }
}

/// Who writes to the store at `database` now; none if nobody does, or if the system does not tell (only
/// Linux does). The lock itself is not tried: for a moment that would keep a crawl from it.
pub fn holder_of(database: &Path) -> Option<Holder> {
    let mut file = File::open(database.with_file_name("khotin.lock")).ok()?;
    let inode = file.metadata().ok()?.ino();
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    is_locked(&locks, inode).then(|| named(&mut file)).flatten()
}

/// Whether a line of `/proc/locks` (proc(5)) locks the whole file of this inode:
/// `1: FLOCK  ADVISORY  WRITE 4711 fe:00:131 0 EOF`.
fn is_locked(locks: &str, inode: u64) -> bool {
    locks.lines().any(|line| {
        let mut words = line.split_whitespace().skip(1);
        let is_flock = words.next() == Some("FLOCK");
        let place = words.nth(3).and_then(|place| place.rsplit_once(':'));
        is_flock && place.is_some_and(|(_, found)| found.parse() == Ok(inode))
    })
}

/// Whom a lock file names.
fn named(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.take(HOLDER_BYTES).read_to_string(&mut text).ok()?;
    let (pid, since) = text.trim().split_once(' ')?;
    Some(Holder {
        pid: pid.parse().ok()?,
        since: since.parse().ok()?,
    })
}

/// The error that names who holds the lock.
fn held(path: PathBuf, file: &mut File) -> StoreError {
    match named(file) {
        Some(holder) => StoreError::Locked { path, holder },
        None => StoreError::LockedByUnknown { path },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_goes_with_its_value_though_a_child_has_the_file_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("khotin.lock");
        let holder = Holder {
            pid: 1,
            since: DateTime::UNIX_EPOCH,
        };
        let lock = StoreLock::take(&path, holder).unwrap();
        let of_child = lock.file.try_clone().unwrap();
        assert!(StoreLock::take(&path, holder).unwrap_err().is_locked());
        drop(lock);
        StoreLock::take(&path, holder).unwrap();
        drop(of_child);
    }

    #[test]
    fn a_lock_is_known_from_its_line() {
        let locks = "1: FLOCK  ADVISORY  WRITE 4711 fe:00:131 0 EOF\n\
                     2: POSIX  ADVISORY  READ 5 fe:00:132 128 128\n\
                     2: -> FLOCK  ADVISORY  WRITE 6 fe:00:133 0 EOF\n";
        let table = [(131, true), (132, false), (133, false), (31, false)];
        for (inode, expected) in table {
            assert_eq!(is_locked(locks, inode), expected, "{inode}");
        }
    }

    #[test]
    fn the_second_is_told_who_was_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("khotin.lock");
        let first = Holder {
            pid: 4711,
            since: "2026-11-22T01:02:03Z".parse().unwrap(),
        };
        let second = Holder { pid: 4712, ..first };
        let lock = StoreLock::take(&path, first).unwrap();
        let error = StoreLock::take(&path, second).unwrap_err();
        assert!(error.is_locked());
        assert!(
            error
                .to_string()
                .ends_with("khotin.lock is in use by process 4711 since 2026-11-22 01:02:03 UTC"),
            "{error}"
        );
        let database = folder.path().join("khotin.db");
        assert_eq!(holder_of(&database), Some(first), "also without trying");
        std::fs::write(&path, "").unwrap();
        let error = StoreLock::take(&path, second).unwrap_err();
        assert!(matches!(error, StoreError::LockedByUnknown { .. }));
        drop(lock);
        assert_eq!(holder_of(&database), None);
        StoreLock::take(&path, second).unwrap();
        let error = StoreLock::take(&folder.path().join("none/x.lock"), first).unwrap_err();
        assert!(matches!(error, StoreError::Lock { .. }));
    }
}

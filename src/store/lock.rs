//! The lock: one process writes to a store. The operating system takes it back when the process
//! ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
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
    /// The locked file, kept open: closing it gives up the lock.
    _file: File,
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
        Ok(Self { _file: file })
    }
}

/// The error that names who holds the lock.
fn held(path: PathBuf, file: &mut File) -> StoreError {
    let mut text = String::new();
    let read = file.take(HOLDER_BYTES).read_to_string(&mut text);
    let holder = read.ok().and_then(|_| {
        let (pid, since) = text.trim().split_once(' ')?;
        Some(Holder {
            pid: pid.parse().ok()?,
            since: since.parse().ok()?,
        })
    });
    match holder {
        Some(holder) => StoreError::Locked { path, holder },
        None => StoreError::LockedByUnknown { path },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        std::fs::write(&path, "").unwrap();
        let error = StoreLock::take(&path, second).unwrap_err();
        assert!(matches!(error, StoreError::LockedByUnknown { .. }));
        drop(lock);
        StoreLock::take(&path, second).unwrap();
        let error = StoreLock::take(&folder.path().join("none/x.lock"), first).unwrap_err();
        assert!(matches!(error, StoreError::Lock { .. }));
    }
}

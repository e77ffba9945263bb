//! Locked: a file that this process alone works on, until the value is dropped or the process ends.
//!
//! The lock is given up by name, not by closing the file: it belongs to the open file, and a child process
//! that is just being started holds that open too, for the moment until it becomes another program. So a
//! closed file could stay locked for nobody (flock(2)).

use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::ops::Deref;
use std::path::Path;

use super::ArchiveError;
use super::open_file::Disk;

/// A locked file.
#[derive(Debug)]
pub(super) struct Locked(File);

impl Locked {
    /// Locks a file. A file system without locks is no error: then the caller's own lock is all there is.
    ///
    /// # Errors
    /// [`ArchiveError::InUse`] if another has it.
    pub(super) fn take(file: File, path: &Path) -> Result<Self, ArchiveError> {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(ArchiveError::InUse {
                path: path.to_owned(),
            }),
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Self(file)),
        }
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Where there are no locks there is none to give up.
        let _ = self.0.unlock();
    }
}

impl Deref for Locked {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl Disk for Locked {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_goes_with_its_value_though_a_child_has_the_file_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let open = || {
            File::options()
                .append(true)
                .create(true)
                .open(&path)
                .unwrap()
        };
        let file = open();
        // What a child has between fork and exec: the same open file.
        let of_child = file.try_clone().unwrap();
        let locked = Locked::take(file, &path).unwrap();
        let error = Locked::take(open(), &path).unwrap_err();
        assert!(matches!(error, ArchiveError::InUse { .. }), "{error}");
        drop(locked);
        Locked::take(open(), &path).unwrap();
        drop(of_child);
    }
}

//! Sink: a new file that is counted and hashed while it is written, and on the disk when it is done.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::ExportError;

/// A file being written. It has no buffer: writers above it have one.
pub(super) struct Sink {
    path: PathBuf,
    file: File,
    hash: Sha256,
    bytes: u64,
}

/// What was written.
pub(super) struct Sealed {
    pub(super) bytes: u64,
    /// SHA-256 of the file, lower-case hex.
    pub(super) sha256: String,
}

impl Sink {
    /// Makes a new file; one that exists is an error.
    pub(super) fn create(path: &Path) -> Result<Self, ExportError> {
        let file = File::create_new(path).map_err(ExportError::io("make", path))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            hash: Sha256::new(),
            bytes: 0,
        })
    }

    /// Waits until the disk has the file.
    pub(super) fn seal(self) -> Result<Sealed, ExportError> {
        let synced = self.file.sync_all();
        synced.map_err(ExportError::io("sync", &self.path))?;
        Ok(Sealed {
            bytes: self.bytes,
            sha256: HEXLOWER.encode(&self.hash.finalize()),
        })
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.bytes = self.bytes.saturating_add(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

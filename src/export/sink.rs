//! Sink: a new file that is counted and hashed while it is written, and on the disk when it is done.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::ExportError;
use super::manifest::ExportedFile;

/// A file being written. It has no buffer: writers above it have one.
pub(super) struct Sink {
    path: PathBuf,
    file: File,
    hash: Sha256,
    bytes: u64,
}

/// What happened to rows and cells on their way into a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    /// Rows without the header, or lines.
    pub(super) rows: u64,
    /// Cells whose control characters were replaced or whose line breaks became LF.
    pub(super) cells_cleaned: u64,
    /// Cells that were cut to the limit of a spreadsheet.
    pub(super) cells_cut: u64,
    /// Addresses that are plain text where they could be links.
    pub(super) links_left_out: u64,
}

impl Tally {
    /// Counts `more` in.
    pub(super) fn add(&mut self, more: Self) {
        self.rows = self.rows.saturating_add(more.rows);
        self.cells_cleaned = self.cells_cleaned.saturating_add(more.cells_cleaned);
        self.cells_cut = self.cells_cut.saturating_add(more.cells_cut);
        self.links_left_out = self.links_left_out.saturating_add(more.links_left_out);
    }

    /// Nothing but rows.
    pub(super) fn of_rows(rows: u64) -> Self {
        Self {
            rows,
            ..Self::default()
        }
    }
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

    /// Waits until the disk has the file, and tells of it.
    pub(super) fn seal(self, tally: Tally) -> Result<ExportedFile, ExportError> {
        let synced = self.file.sync_all();
        synced.map_err(ExportError::io("sync", &self.path))?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        Ok(ExportedFile {
            name: name.into_owned(),
            rows: tally.rows,
            bytes: self.bytes,
            sha256: HEXLOWER.encode(&self.hash.finalize()),
            cells_cleaned: tally.cells_cleaned,
            cells_cut: tally.cells_cut,
            links_left_out: tally.links_left_out,
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

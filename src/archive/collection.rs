//! The archive as a whole: a folder of files, and single records and exchanges found by file name
//! and offset. All exchanges in order: [`super::exchanges`].

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::cdxj;
use super::close::{CLOSED, OPEN, open_path, read_sums};
use super::reader::next_exchange;
use super::targets::Targets;
use super::{ArchiveError, Exchanges, Problem, Record, RecordReader, StoredExchange};

/// A folder of WARC files. Making one opens nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    dir: PathBuf,
}

impl Archive {
    /// The archive in this folder.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Names of the closed files, sorted. A file that is being written is not among them. No folder
    /// is no files.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] if the folder cannot be read.
    pub fn files(&self) -> Result<Vec<String>, ArchiveError> {
        file_names(&self.dir, CLOSED)
    }

    /// Names of the files that are being written, or that a crash left, without `.open`, sorted.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] if the folder cannot be read.
    pub fn open_files(&self) -> Result<Vec<String>, ArchiveError> {
        let names = file_names(&self.dir, OPEN)?;
        Ok(names
            .iter()
            .filter_map(|name| name.strip_suffix(".open"))
            .map(str::to_owned)
            .collect())
    }

    /// One record. A file that is still being written is read too.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] if there is no such file, [`ArchiveError::Damaged`] if no record begins
    /// at `offset`.
    pub fn read_record(&self, file: &str, offset: u64) -> Result<Record, ArchiveError> {
        self.records(file, offset)?
            .next()
            .unwrap_or_else(|| Err(nothing_at(file, offset)))
    }

    /// The exchange one of whose records, but not the last, begins at `offset`: a
    /// [`crate::model::Location`] does. Where that is not its first record, `sent_head` is empty.
    /// The payload of a revisit is looked up.
    ///
    /// # Errors
    /// As [`read_record`](Self::read_record).
    pub fn read_exchange(&self, file: &str, offset: u64) -> Result<StoredExchange, ArchiveError> {
        let records = next_exchange(&mut self.records(file, offset)?)?
            .ok_or_else(|| nothing_at(file, offset))?;
        let mut exchange = StoredExchange::of_records(file, records)?;
        Targets::new(self).resolve(&mut exchange)?;
        Ok(exchange)
    }

    /// All exchanges of the closed files in the order of their sequence numbers. `known` says per
    /// file name up to which byte it is known already: reading begins there, at an exchange's first
    /// record ([`super::Position::end`], [`StoredExchange::end`]). An empty map reads everything.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] if the folder or a file cannot be opened, [`ArchiveError::Damaged`] if a
    /// file is shorter than what is known of it.
    pub fn exchanges(&self, known: &BTreeMap<String, u64>) -> Result<Exchanges, ArchiveError> {
        Exchanges::new(self, known, self.files()?)
    }

    /// All exchanges, also of files that are being written or that a crash left open. Such a file may
    /// end in the middle of an exchange, which is an error at that place.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] if the folder or a file cannot be opened.
    pub fn exchanges_with_open(&self) -> Result<Exchanges, ArchiveError> {
        // A file that is closed meanwhile is in both lists.
        let mut files = self.open_files()?;
        files.extend(self.files()?);
        files.sort();
        files.dedup();
        Exchanges::new(self, &BTreeMap::new(), files)
    }

    /// What `SHA256SUMS` says: the digest of each closed file, lower-case hex, by its name.
    ///
    /// # Errors
    /// [`ArchiveError::Damaged`] if a line of it is none, [`ArchiveError::Io`] if it cannot be read.
    pub fn sums(&self) -> Result<BTreeMap<String, String>, ArchiveError> {
        read_sums(&self.dir)
    }

    /// Hands on the lines of a file's index, made from its records, in their order: not sorted.
    ///
    /// # Errors
    /// [`ArchiveError::Damaged`] if a record cannot be read, and what `taken` gives.
    pub fn index_lines<E: From<ArchiveError>>(
        &self,
        file: &str,
        taken: &mut dyn FnMut(String) -> Result<(), E>,
    ) -> Result<(), E> {
        cdxj::each_line(&self.path_of(file), file, taken)
    }

    /// The length of a file, closed or not, in bytes; `None` if it is not there.
    pub fn length(&self, file: &str) -> Option<u64> {
        let about = fs::metadata(self.path_of(file)).ok()?;
        Some(about.len())
    }

    pub(super) fn records(&self, file: &str, offset: u64) -> Result<RecordReader, ArchiveError> {
        RecordReader::open(&self.path_of(file), file, offset)
    }

    /// The path of a file, also while it is open.
    pub(super) fn path_of(&self, file: &str) -> PathBuf {
        let closed = self.dir.join(file);
        let open = open_path(&self.dir, file);
        if !closed.exists() && open.exists() {
            return open;
        }
        closed
    }
}

/// The file ends where a record should begin.
fn nothing_at(file: &str, offset: u64) -> ArchiveError {
    ArchiveError::Damaged {
        file: file.to_owned(),
        offset,
        problem: Problem::Torn,
    }
}

/// File names in `dir` that end in `suffix`, sorted.
pub(super) fn file_names(dir: &Path, suffix: &str) -> Result<Vec<String>, ArchiveError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ArchiveError::io("read", dir)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(ArchiveError::io("read", dir))?;
        if let Ok(name) = entry.file_name().into_string()
            && name.ends_with(suffix)
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

//! Ledger: which foreign files were imported, `output/archive/imports.jsonl`. It is truth beside the
//! archive: `rebuild` reads the files again that it names. One JSON object a line, appended and fsynced
//! before anything of the file is stored; no line is ever changed. What an append that was cut off left
//! behind the last whole line is cut away by the next one.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ImportError;
use crate::durable;

/// The ledger's name in the archive's folder.
pub const LEDGER: &str = "imports.jsonl";

/// What a foreign file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForeignKind {
    /// A WARC file, however it is packed.
    Warc,
    /// A WACZ package: a zip of WARC files.
    Wacz,
    /// A folder of saved pages with its index.
    Pages,
}

/// One import of one foreign file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// SHA-256 of the whole file, lower-case hex; of a folder of saved pages that of its list
    /// ([`super::pages`]).
    pub sha256: String,
    /// Its length in bytes; of a folder the sum.
    pub bytes: u64,
    /// Its name, for people and for provenance; never used as a path.
    pub name: String,
    /// Where it was, absolute; null where it came on standard input or was put together by khotin.
    pub path: Option<PathBuf>,
    /// What it is.
    pub kind: ForeignKind,
    /// Our copy of it, relative to the archive's folder; null if there is none.
    pub kept: Option<String>,
    /// When the import began, RFC 3339, UTC. It orders nothing; captures much later than the first line of
    /// a file are none.
    pub imported_at: String,
    /// The khotin that did it.
    pub khotin: String,
}

impl Entry {
    /// When the import began; `None` if the line does not say it as it should.
    pub fn time(&self) -> Option<DateTime<Utc>> {
        let time = DateTime::parse_from_rfc3339(&self.imported_at).ok()?;
        Some(time.with_timezone(&Utc))
    }

    /// True if the other tells of the same file at the same places.
    fn says_the_same(&self, other: &Self) -> bool {
        (&self.sha256, &self.path, &self.kept, self.kind)
            == (&other.sha256, &other.path, &other.kept, other.kind)
    }
}

/// The ledger of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    folder: PathBuf,
    entries: Vec<Entry>,
    /// The byte behind the last whole line.
    end: u64,
}

impl Ledger {
    /// Reads the ledger of the archive in `folder`; one that is not there is empty.
    ///
    /// # Errors
    /// [`ImportError::Io`] if it can not be read, [`ImportError::Ledger`] if a line is none of ours.
    pub fn read(folder: &Path) -> Result<Self, ImportError> {
        let path = folder.join(LEDGER);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(ImportError::io("read", &path))?,
        };
        let whole = whole_lines(&text);
        let mut entries = Vec::new();
        for (line, number) in whole.split(|byte| *byte == b'\n').zip(1..) {
            if line.is_empty() {
                continue;
            }
            let entry = serde_json::from_slice(line).map_err(|error| ImportError::Ledger {
                path: path.clone(),
                line: number,
                problem: error.to_string(),
            })?;
            entries.push(entry);
        }
        Ok(Self {
            folder: folder.to_owned(),
            entries,
            end: whole.len() as u64,
        })
    }

    /// Every line, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The folder of the archive.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Each foreign file once, in the order of the digests, with every line about it.
    pub fn files(&self) -> BTreeMap<&str, Vec<&Entry>> {
        let mut files: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for entry in &self.entries {
            files.entry(&entry.sha256).or_default().push(entry);
        }
        files
    }

    /// Appends a line and makes it durable; what the ledger says already is not said again. Only who holds
    /// the store's lock may do so.
    ///
    /// # Errors
    /// [`ImportError::Io`]; then nothing may be stored of the file.
    pub fn note(&mut self, entry: Entry) -> Result<(), ImportError> {
        if self.entries.iter().any(|known| known.says_the_same(&entry)) {
            return Ok(());
        }
        let path = self.folder.join(LEDGER);
        self.end = append(&path, self.end, &entry).map_err(ImportError::io("write", &path))?;
        self.entries.push(entry);
        Ok(())
    }
}

/// All up to the last line end, and that.
fn whole_lines(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| *byte == b'\n');
    text.get(..end.map_or(0, |end| end + 1)).unwrap_or_default()
}

/// Appends behind byte `end`; gives the new end.
fn append(path: &Path, end: u64, entry: &Entry) -> io::Result<u64> {
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    let mut file: File = OpenOptions::new().create(true).append(true).open(path)?;
    file.set_len(end)?;
    file.write_all(&line)?;
    file.sync_all()?;
    durable::sync_folder(path.parent().unwrap_or(Path::new(".")))?;
    Ok(end + line.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(sha256: &str, path: Option<&str>) -> Entry {
        Entry {
            sha256: sha256.to_owned(),
            bytes: 7,
            name: "a.warc.gz".to_owned(),
            path: path.map(PathBuf::from),
            kind: ForeignKind::Warc,
            kept: None,
            imported_at: "2026-11-28T07:00:00Z".to_owned(),
            khotin: "0.1.0".to_owned(),
        }
    }

    #[test]
    fn what_was_noted_is_read_again_and_said_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::read(folder.path()).unwrap();
        assert_eq!(ledger.entries(), []);
        ledger.note(entry("b", Some("/x/a.warc.gz"))).unwrap();
        ledger.note(entry("a", None)).unwrap();
        let later = Entry {
            imported_at: "2027-01-01T00:00:00Z".to_owned(),
            ..entry("b", Some("/x/a.warc.gz"))
        };
        ledger.note(later).unwrap();
        ledger.note(entry("b", Some("/y/a.warc.gz"))).unwrap();
        let again = Ledger::read(folder.path()).unwrap();
        assert_eq!(again, ledger);
        assert_eq!(again.entries().len(), 3, "another place is another line");
        let files: Vec<_> = again
            .files()
            .iter()
            .map(|(sha256, lines)| (sha256.to_string(), lines.len()))
            .collect();
        assert_eq!(files, [("a".to_owned(), 1), ("b".to_owned(), 2)]);
    }

    #[test]
    fn a_torn_end_is_cut_and_a_damaged_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LEDGER);
        let mut ledger = Ledger::read(folder.path()).unwrap();
        ledger.note(entry("a", None)).unwrap();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, [&whole, &b"{\"sha256\":\"b"[..]].concat()).unwrap();
        let mut ledger = Ledger::read(folder.path()).unwrap();
        assert_eq!(ledger.entries().len(), 1);
        ledger.note(entry("c", None)).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.starts_with(std::str::from_utf8(&whole).unwrap()));
        fs::write(&path, format!("{text}not ours\n")).unwrap();
        let error = Ledger::read(folder.path()).unwrap_err();
        assert!(error.to_string().contains("line 3"), "{error}");
        assert!(error.is_damage());
    }
}

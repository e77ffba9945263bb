//! Why an import can not begin or go on. Trouble inside a foreign file is none of these: it is counted
//! ([`crate::import::report`]), unless the user asked for `--strict`.

use std::io;
use std::path::{Path, PathBuf};

/// The message says what happened, [`advice`](Self::advice) what to do.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The operating system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Its answer.
        source: io::Error,
    },
    /// A line of the ledger is none.
    #[error("line {line} of {} is not as it was written: {problem}", path.display())]
    Ledger {
        /// The ledger.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// A folder holds nothing that can be imported.
    #[error("there is no web archive in {}, and no {} beside its pages", path.display(), super::pages::INDEX)]
    NothingThere {
        /// The folder.
        path: PathBuf,
    },
    /// It is neither file nor folder.
    #[error("{} is neither a file nor a folder", path.display())]
    NoFile {
        /// What was named.
        path: PathBuf,
    },
    /// The index of a folder of pages is wrong.
    #[error("line {line} of {}: {problem}", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// A WACZ package can not be opened.
    #[error("{} can not be opened as a WACZ package: {problem}", path.display())]
    Package {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Standard input in a dry run.
    #[error("standard input can be read once, and a dry run keeps nothing of it")]
    DryStdin,
    /// A base that leads elsewhere than to this machine.
    #[error("`{base}` is not a folder and not an http address of this machine")]
    Base {
        /// As it was given.
        base: String,
    },
    /// No line of it is one of a CDXJ index.
    #[error("{} is no CDXJ index: none of its lines is `surt timestamp {{json}}`", path.display())]
    NoIndex {
        /// What was named.
        path: PathBuf,
    },
    /// Nothing in its beginning looks like a web archive, or it is empty.
    #[error(
        "{name} is no web archive: there is neither a WARC record nor a packed file in its beginning"
    )]
    NoArchive {
        /// What was named.
        name: String,
    },
    /// Trouble in a foreign file, and `--strict` was asked for.
    #[error("{file} byte {offset}: {what}")]
    Strict {
        /// The file, and its member.
        file: String,
        /// Where.
        offset: u64,
        /// What is wrong.
        what: String,
    },
}

impl ImportError {
    /// What to do.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Io { .. } => {
                "check the path, the rights and the disk, then run the same command again: what was imported is \
                 not imported twice"
            }
            Self::Ledger { .. } => {
                "put archive/imports.jsonl back from a copy; without one, take that line out and import its file again"
            }
            Self::NothingThere { .. } => {
                "name WARC or WACZ files; saved pages need an index.jsonl that says which address each page had, and when: \
                 docs/import.md"
            }
            Self::NoFile { .. } => "name a WARC or WACZ file, a folder, or `-` for standard input",
            Self::Index { .. } => "mend that line; docs/import.md tells what stands in it",
            Self::Package { .. } => {
                "check that the download is whole; a WARC file that was taken out of it can be imported alone"
            }
            Self::DryStdin => "write it into a file first, or leave `--dry-run` away",
            Self::Base { .. } => {
                "fetch the ranges with another program and name the folder, or serve them on 127.0.0.1: \
                 `import` asks no other machine"
            }
            Self::NoIndex { .. } => {
                "name a CDXJ index, plain or packed with gzip; the older CDX with its eleven columns is not read"
            }
            Self::NoArchive { .. } => {
                "check that the file is the one you mean and came whole; what ends in nothing on standard input \
                 has failed before"
            }
            Self::Strict { .. } => {
                "mend the file (`khotin warc mend`), or leave `--strict` away: then the rest is read"
            }
        }
    }

    /// True if what we keep is damaged: exit code 3.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Ledger { .. })
    }

    /// True if the user has to name something else: exit code 2.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::NothingThere { .. }
                | Self::NoFile { .. }
                | Self::Index { .. }
                | Self::Package { .. }
                | Self::Base { .. }
                | Self::NoIndex { .. }
                | Self::NoArchive { .. }
                | Self::DryStdin
        )
    }

    /// For `map_err`: an I/O error with what was tried and on what.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}

//! PackageError: why there is no package, and what to do.

use std::io;
use std::path::{Path, PathBuf};

use crate::archive::ArchiveError;

/// Why there is no package. Nothing is left of it.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// Something stands there already.
    #[error("{} is there already", path.display())]
    Exists {
        /// What was to be written.
        path: PathBuf,
    },
    /// The path has no last part.
    #[error("{} names no file", path.display())]
    NoName {
        /// What was to be written.
        path: PathBuf,
    },
    /// A part of a package that did not become whole.
    #[error("{} is left of a package that did not become whole", path.display())]
    Left {
        /// The folder.
        path: PathBuf,
    },
    /// There is nothing to hand on.
    #[error("no closed WARC file in {}", folder.display())]
    Nothing {
        /// The archive.
        folder: PathBuf,
    },
    /// A closed file that `SHA256SUMS` does not know: a crash came while it was closed.
    #[error("{file} has no line in SHA256SUMS")]
    NoSum {
        /// Its name.
        file: String,
    },
    /// A file is not what it was when it was closed.
    #[error("{file} is damaged: SHA256SUMS says {said}, its bytes give {found}")]
    Damaged {
        /// Its name.
        file: String,
        /// Lower-case hex.
        said: String,
        /// Lower-case hex.
        found: String,
    },
    /// A name that a manifest can not hold.
    #[error("the name of {} is not UTF-8", path.display())]
    Name {
        /// The file.
        path: PathBuf,
    },
    /// The archive can not be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The operating system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// Its answer.
        source: io::Error,
    },
}

impl PackageError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Exists { .. } | Self::NoName { .. } => {
                "name another place: nothing that stands there is ever replaced"
            }
            Self::Left { .. } => "remove it, then run the same command again",
            Self::Nothing { .. } => {
                "run `khotin crawl` first; a file that is being written is taken when it is closed, and of imported files hand on the originals"
            }
            Self::NoSum { .. } => "run `khotin crawl` or `khotin rebuild`, which finish closing it",
            Self::Damaged { .. } => {
                "run `khotin verify`, and put the file back from a copy: a package of damaged files is not made"
            }
            Self::Name { .. } => "move it out of the archive folder, or give it another name",
            Self::Archive(error) => error.advice(),
            Self::Io { .. } => {
                "check the path, the rights and the room on the disk, then run it again"
            }
        }
    }

    /// True when bytes of the archive are lost or may be.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } => true,
            Self::Archive(error) => error.is_damage(),
            _ => false,
        }
    }

    /// True when the user asked for something that can not be.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Exists { .. } | Self::NoName { .. })
    }

    /// For `map_err`: an I/O error with what was tried and where.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}

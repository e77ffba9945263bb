//! RestrictError: why it is not known what is withheld, or why that could not be changed.

use std::io;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::config::FileError;

/// Why nothing is shown, or nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RestrictError {
    /// restrictions.toml is wrong.
    #[error(transparent)]
    File(#[from] FileError),
    /// restrictions.toml can not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The access list stands, so there were restrictions; the file that says which is not there.
    #[error("{} is missing, though {} was made from it", path.display(), beside.display())]
    Lost {
        /// The file that is missing.
        path: PathBuf,
        /// The file that was made from it.
        beside: PathBuf,
    },
    /// What is withheld is not what it was when the work began.
    #[error("{} changed meanwhile", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A file or folder could not be made, locked, written.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl RestrictError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::File(_) => {
                "mend the named line or put the copy of restrictions.toml back: until then nothing is \
                 exported, shown or searched, because it is not known what is withheld"
            }
            Self::Read { .. } => {
                "see that the file may be read, or put the copy of restrictions.toml back: until then nothing is \
                 exported, shown or searched, because it is not known what is withheld"
            }
            Self::Lost { .. } => {
                "put the copy of restrictions.toml back; if nothing is to be withheld any more, make an \
                 empty file of that name"
            }
            Self::Changed { .. } => "run the command again: it will go by what holds now",
            Self::Io { .. } => {
                "see that the disk has room and that the folder may be written, then run it again"
            }
        }
    }

    /// How a command ends that meets it: a file that is wrong is wrong configuration.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::File(_) | Self::Read { .. } | Self::Lost { .. } => Outcome::Usage,
            Self::Changed { .. } | Self::Io { .. } => Outcome::Incomplete,
        }
    }

    /// For `map_err`: an error of the system while `doing` something with `path`.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}

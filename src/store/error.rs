//! Why the store can not do what it was asked.

use std::path::PathBuf;

use super::Holder;
use crate::model::{RunId, Sequence};

/// The message says what happened, [`advice`](Self::advice) what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process writes to this store.
    #[error("{} is in use by process {} since {}", path.display(), holder.pid, holder.since.format("%Y-%m-%d %H:%M:%S UTC"))]
    Locked {
        /// The lock's file.
        path: PathBuf,
        /// Who holds it.
        holder: Holder,
    },
    /// Another process writes to this store and its name can not be read.
    #[error("{} is in use by another process", path.display())]
    LockedByUnknown {
        /// The lock's file.
        path: PathBuf,
    },
    /// Another process reads this store, so its file can not be replaced.
    #[error("{} is being read by another process", path.display())]
    BeingRead {
        /// The database.
        path: PathBuf,
    },
    /// The lock's file can not be used.
    #[error("cannot use lock file {}", path.display())]
    Lock {
        /// The lock's file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no store.
    #[error("there is no store at {}", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// A newer khotin made this store.
    #[error("store {} has schema {found}, this khotin knows up to {known}", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema that we know.
        known: u32,
    },
    /// An older khotin made this store, and it is opened for reading only.
    #[error("store {} has schema {found}, this khotin needs {known}", path.display())]
    Older {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The schema that we need.
        known: u32,
    },
    /// The database is damaged.
    #[error("the store is damaged: {what}")]
    Damaged {
        /// What was found.
        what: String,
    },
    /// An exchange out of order.
    #[error("exchange {found} came where {expected} was expected")]
    Order {
        /// The next of the store.
        expected: Sequence,
        /// What came.
        found: Sequence,
    },
    /// More imported captures of one second than there are numbers for them.
    #[error(
        "more than {} imported captures say that they were made in second {second} since 1970",
        crate::import::number::SLOTS
    )]
    SecondFull {
        /// The second.
        second: u64,
    },
    /// A run with this name is known.
    #[error("run {run} was started before")]
    RunKnown {
        /// Its name.
        run: RunId,
    },
    /// No room left.
    #[error(
        "no space left on the disk of the store: what was archived and not stored yet is read from the archive at the next start"
    )]
    Full,
    /// What was written may not be on the disk. It is never tried again: after a failed fsync the
    /// system may call lost pages clean.
    #[error("an fsync of the store failed")]
    SyncFailed {
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The database failed.
    #[error("the store's database failed")]
    Database {
        /// Why.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// What to do.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Locked { .. } | Self::LockedByUnknown { .. } => {
                "wait until it is done, or stop it; the lock goes with the process"
            }
            Self::BeingRead { .. } => {
                "wait until that export or status is done, then run the same command again"
            }
            Self::Lock { .. } => "make the output folder writable for this user",
            Self::Missing { .. } => {
                "run `khotin crawl` first, or `khotin rebuild` if there are WARC files"
            }
            Self::Newer { .. } => {
                "use a newer khotin, or make the store again with `khotin rebuild`"
            }
            Self::Older { .. } => {
                "run `khotin crawl` or `khotin rebuild`, which bring it up to date"
            }
            Self::Damaged { .. } | Self::Order { .. } => {
                "make the store again from the archive with `khotin rebuild`; `khotin verify` checks the archive"
            }
            Self::SecondFull { .. } => {
                "give the pages their own times: a capture's time is told to the second (docs/import.md)"
            }
            Self::RunKnown { .. } => "start again; the clock may have been set back",
            Self::Full => {
                "make room on the disk, then run the same command again: it goes on where it was"
            }
            Self::SyncFailed { .. } => {
                "check the disk and the system log; the next start checks the store, and `khotin rebuild` makes it again from the archive"
            }
            Self::Database { .. } => {
                "look at the disk and its permissions; `khotin rebuild` makes the store again from the archive"
            }
        }
    }

    /// True if the store is damaged or does not fit the archive: exit code 3.
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Damaged { .. } | Self::Order { .. } | Self::SyncFailed { .. }
        )
    }

    /// True if another process holds the store: exit code 75.
    pub fn is_locked(&self) -> bool {
        matches!(
            self,
            Self::Locked { .. } | Self::LockedByUnknown { .. } | Self::BeingRead { .. }
        )
    }

    /// A value in the database that is not what it should be.
    pub(super) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(source: rusqlite::Error) -> Self {
        use rusqlite::{ErrorCode, ffi};
        let extended = source.sqlite_error().map(|error| error.extended_code);
        if let Some(ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC) = extended {
            return Self::SyncFailed { source };
        }
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::damaged(source.to_string())
            }
            Some(ErrorCode::DiskFull) => Self::Full,
            _ => match source {
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::InvalidColumnType(..) => Self::damaged(source.to_string()),
                source => Self::Database { source },
            },
        }
    }
}

//! ExportError: why there is no export, and what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why there is no export. Nothing is left behind, except after [`ExportError::Latest`].
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The folder's name could lead elsewhere, or is taken by khotin itself.
    #[error(
        "'{name}' is no name for an export: 1 to 64 letters, digits, '-' or '_', and not 'latest'"
    )]
    Name {
        /// The name given.
        name: String,
    },
    /// No format was asked for.
    #[error("an export of no format")]
    NoFormat,
    /// A limit that Excel does not have, or that leaves no room.
    #[error(
        "a cell limit of {limit} is not within 2 to {}",
        super::EXCEL_CELL_LIMIT
    )]
    CellLimit {
        /// The limit given, UTF-16 code units.
        limit: usize,
    },
    /// A feed of nothing, or of more than is held in memory.
    #[error(
        "a feed of {entries} entries is not within 1 to {}",
        super::MOST_FEED_ENTRIES
    )]
    FeedEntries {
        /// The number given.
        entries: usize,
    },
    /// Limits of a sheet that Excel does not have, or that leave no room.
    #[error(
        "{rows} rows and {links} links a sheet are not within 1 to {} and 0 to {}",
        super::MOST_ROWS,
        super::MOST_LINKS
    )]
    SheetLimits {
        /// Rows below the header.
        rows: u32,
        /// Links.
        links: u32,
    },
    /// The last day comes before the first.
    #[error("until {until} is before since {since}")]
    Days {
        /// First day.
        since: chrono::NaiveDate,
        /// Last day.
        until: chrono::NaiveDate,
    },
    /// There is an export of that name; it is never replaced.
    #[error("an export stands already in {}", path.display())]
    Exists {
        /// Its folder.
        path: PathBuf,
    },
    /// Somebody put a file or folder where the link to the newest export belongs.
    #[error("{} is not a link of khotin's", path.display())]
    LatestTaken {
        /// What is in the way.
        path: PathBuf,
    },
    /// Another process exports into the same folder.
    #[error("another export is being written in {}", path.display())]
    Busy {
        /// The folder of all exports.
        path: PathBuf,
    },
    /// An article could not be had.
    #[error("after {articles} articles the next could not be read")]
    Article {
        /// Articles read before it.
        articles: u64,
        /// What happened.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file or folder could not be made, written, synced, renamed.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The export stands whole, but the link to the newest export still leads to an older one.
    #[error("the export in {} is whole, but 'latest' does not lead to it", path.display())]
    Latest {
        /// The export's folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl ExportError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Name { .. } => "take a name like 20261122T010203Z",
            Self::NoFormat => "ask for at least one format, such as csv or excel-semicolon",
            Self::CellLimit { .. } | Self::SheetLimits { .. } => {
                "leave the limit out to have Excel's own"
            }
            Self::FeedEntries { .. } => {
                "set `feed_entries` in [export] of config.toml; 100 is usual"
            }
            Self::Days { .. } => "swap the two days",
            Self::Exists { .. } => "run the command again: each export has a name of its own",
            Self::LatestTaken { .. } => "move it elsewhere and run the command again",
            Self::Busy { .. } => "wait until the other export is done",
            Self::Article { .. } => "run `khotin verify`; `khotin rebuild` makes the store anew",
            Self::Io { .. } => {
                "see that the disk has room and that the folder may be written, then run it again"
            }
            Self::Latest { .. } => {
                "use the export by its own name; `latest` needs a file system with symbolic links"
            }
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

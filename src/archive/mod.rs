//! Archive: exchanges in, WARC files out, and back again. The archive is the truth of khotin:
//! everything else can be made again from it (design, decisions 1, 2 and 6).
//!
//! Shape: WARC/1.1, one gzip member a record. A file begins with `warcinfo` and `resource` records;
//! then come exchanges, each a run of adjacent records that ends in its `metadata` record:
//! `request`, `response` or `revisit`, `metadata`. A record is found again by file name and the
//! offset of its gzip member, and an offset never names two records: a file is only appended to,
//! by one writer, under the name `….warc.gz.open`; when it is closed it gets its name, a sorted
//! index (`.cdxj`) and a line in `SHA256SUMS`, and never changes again.
//!
//! What always holds: a cut file loses no whole exchange ([`recover()`]); what was written can be
//! read ([`MAX_RECORD_BYTES`] binds both sides); no byte of the web becomes a file name. Not here:
//! sequence numbers and the search for an earlier capture of the same payload
//! ([`crate::archive::RevisitTarget`] comes from the caller), and what the bytes mean.

mod asked;
mod beside;
mod cdxj;
mod close;
mod collection;
mod encode;
mod exchange;
mod exchanges;
mod http;
mod locked;
mod members;
mod metadata;
mod newest;
mod open_file;
mod reader;
mod record;
mod recover;
mod report;
mod stored;
mod surt;
mod targets;
mod verify;
mod writer;

use std::io;
use std::path::PathBuf;

use url::Url;

use crate::model::Sequence;

pub use asked::replay_url;
pub use close::{ClosedFile, SUMS_FILE};
pub use collection::Archive;
pub use exchange::{Appended, AppendedAnswer, Revisit, RevisitKind, RevisitTarget};
pub use exchanges::Exchanges;
pub use newest::{QuickLook, quick_look};
pub use open_file::{FileContext, Resource};
pub use reader::RecordReader;
pub use record::{Record, payload_sha1, payload_sha256};
pub use recover::{Recovered, RecoveredAs, recover, recover_behind};
pub use report::{Answer, Check, Counts, FileReport, Finding, Report};
pub use stored::{Outcome, StoredAnswer, StoredExchange};
pub use surt::surt;
pub use verify::{Checked, verify, verify_file, verify_telling};
pub use writer::{ArchiveWriter, Position};

/// The longest block of a record, in bytes (our choice). The writer refuses what is longer, and the
/// reader refuses to unpack more, so that a damaged or hostile file cannot fill the memory.
pub const MAX_RECORD_BYTES: u64 = 64 * 1024 * 1024;

/// Why the archive cannot be written or read. The message says what happened,
/// [`advice`](Self::advice) what to do.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The operating system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried: `open`, `rename`, ….
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// Its answer.
        source: io::Error,
    },
    /// The disk or the quota is full. The file ends after its last whole exchange.
    #[error(
        "no space left on the disk of {}: the answer of {url} is not kept and will be asked for again; \
         what was kept before stays, up to byte {end}", path.display()
    )]
    NoSpace {
        /// The open file.
        path: PathBuf,
        /// Its length now.
        end: u64,
        /// Whose exchange did not fit.
        url: Url,
    },
    /// What was written may not be on the disk. It is never tried again: after a failed fsync the
    /// system may call lost pages clean.
    #[error("fsync of {} failed: {source}", path.display())]
    SyncFailed {
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The writer refuses, because an earlier failure left its file in an unknown state.
    #[error("{} is not written to any more after an earlier failure", path.display())]
    Unusable {
        /// The open file.
        path: PathBuf,
    },
    /// A file of that name is there already; nothing is ever overwritten.
    #[error("{} is there already", path.display())]
    Exists {
        /// That file.
        path: PathBuf,
    },
    /// Another process writes this file.
    #[error("{} is being written by another process", path.display())]
    InUse {
        /// The open file.
        path: PathBuf,
    },
    /// A message too long for a record.
    #[error(
        "the {what} of {url} has {bytes} bytes, more than the {MAX_RECORD_BYTES} of one record"
    )]
    TooLong {
        /// `request` or `answer`.
        what: &'static str,
        /// Whose.
        url: Url,
        /// Its length.
        bytes: u64,
    },
    /// Sequence numbers must rise within a file.
    #[error("sequence {sequence} cannot be archived after sequence {last}")]
    OutOfOrder {
        /// The number given.
        sequence: Sequence,
        /// The number before.
        last: Sequence,
    },
    /// A file cannot be read at this place.
    #[error("{file} is damaged at byte {offset}: {problem}")]
    Damaged {
        /// File name without folder.
        file: String,
        /// First byte of the gzip member.
        offset: u64,
        /// What is wrong there.
        problem: Problem,
    },
    /// An open file is damaged, but not at its end: cutting there would lose whole exchanges.
    #[error(
        "{file} is damaged at byte {offset} ({problem}), and whole records follow at byte {follows}: this is no torn end, nothing was cut"
    )]
    DamagedInside {
        /// File name without folder.
        file: String,
        /// First damaged byte.
        offset: u64,
        /// What is wrong there.
        problem: Problem,
        /// Where the next whole record begins.
        follows: u64,
    },
}

impl ArchiveError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Io { source, .. } if is_full(source) => MAKE_ROOM,
            Self::Io { .. } => {
                "check the path, the rights and the disk, then run the same command again"
            }
            Self::NoSpace { .. } => MAKE_ROOM,
            Self::SyncFailed { .. } => {
                "check the disk and the system log, then run `khotin verify`; the next start reads this file again"
            }
            Self::Unusable { .. } => "read the first error, then run the same command again",
            Self::Exists { .. } => {
                "check the clock and that no other khotin writes into this folder, then run the same command again"
            }
            Self::InUse { .. } => "wait for the other khotin to end, or stop it",
            Self::TooLong { .. } => "lower the cap on body size in config.toml",
            Self::OutOfOrder { .. } => "this is a fault in khotin; please report it with the log",
            Self::Damaged {
                problem: Problem::Sums(_),
                ..
            } => {
                "put SHA256SUMS back from a copy; without one, run `khotin verify`, then move it out of the archive folder: the next start makes it anew"
            }
            Self::Damaged { .. } => {
                "run `khotin verify`, then put the file back from a copy; without one, `khotin rebuild` goes on with what is left"
            }
            Self::DamagedInside { .. } => {
                "put the file back from a copy, or move it out of the archive folder (keep it), then run the same command again"
            }
        }
    }

    /// True when bytes of the archive are lost or may be: exit code 3 (design, decision 8).
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::SyncFailed { .. }
                | Self::Unusable { .. }
                | Self::Damaged { .. }
                | Self::DamagedInside { .. }
        )
    }

    /// For `map_err`: an fsync that failed, and of what.
    fn sync_failed(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::SyncFailed { path, source }
    }

    /// For `map_err`: an I/O error with what was tried and where.
    fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}

/// What to do about a full disk.
const MAKE_ROOM: &str =
    "make room on the disk, then run the same command again: it goes on after the last exchange";

/// True when the system says that the disk or the quota is full.
fn is_full(error: &io::Error) -> bool {
    let kind = error.kind();
    matches!(
        kind,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// What is wrong with a record or an exchange.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file ends inside a gzip member.
    #[error("the file ends inside a record")]
    Torn,
    /// Not gzip, or the packed data or its check sum is wrong.
    #[error("the gzip member cannot be unpacked ({0})")]
    Gzip(String),
    /// The disk gave an error; the bytes may be sound.
    #[error("the disk cannot be read ({0})")]
    Unreadable(String),
    /// Over the cap.
    #[error("the record is longer than {MAX_RECORD_BYTES} bytes")]
    TooLong,
    /// The WARC header cannot be read.
    #[error("the record has no sound header ({0})")]
    Header(String),
    /// `Content-Length` is wrong, or the member holds more than one record.
    #[error("the record says it has {said} bytes, but {found} are there")]
    Length {
        /// `Content-Length`.
        said: u64,
        /// Bytes found before the closing empty lines.
        found: u64,
    },
    /// The records do not make an exchange.
    #[error("the exchange is not whole ({0})")]
    Exchange(String),
    /// A line of `SHA256SUMS` is none.
    #[error("the line is not as it was written ({0})")]
    Sums(String),
    /// The record that a revisit refers to is not there, or has another payload.
    #[error("the payload of a revisit cannot be found ({0})")]
    Revisit(String),
    /// An exchange of this number was read before.
    #[error("sequence {0} stands in the archive twice")]
    Twice(Sequence),
}

//! The words of the log: exchanges as they are committed, and what a commit changed.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Planned, Settle};
use crate::frontier::walk::Walk;
use crate::model::{
    ArticleKey, FailureKind, Location, Observation, Page, Request, RunId, Sequence, Truncation, Via,
};

/// Exchanges to commit, with how far the archive's files then reach.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// In sequence order, without a gap.
    pub entries: Vec<Committed>,
    /// After the last entry.
    pub positions: Vec<Position>,
}

/// An exchange of a batch whose entries are made one after the other.
#[derive(Debug, Clone)]
pub struct Turn {
    /// The exchange with all that follows from it.
    pub entry: Committed,
    /// How far its file then reaches.
    pub position: Position,
    /// The archive holds nothing between the exchange before and this one, its own number
    /// ([`super::Store::skip_to`]).
    pub skip_to: Option<Sequence>,
}

/// How far a file of the archive is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// File name.
    pub file: String,
    /// The byte after its last whole exchange.
    pub end_offset: u64,
    /// That exchange.
    pub sequence: Sequence,
}

/// One exchange with all that follows from it.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The exchange.
    pub exchange: ExchangeRow,
    /// The article that was asked for.
    pub article: Option<ArticleKey>,
    /// What was read.
    pub observations: Vec<Observation>,
    /// The requests that follow.
    pub plan: Vec<Planned>,
    /// What becomes of the request.
    pub settle: Settle,
    /// The walk that it belongs to, as it now stands.
    pub walk: Option<Walk>,
    /// What it says of a file of an article, if it asked for one.
    pub asset: Option<AssetFound>,
    /// A new copy of an origin's robots.txt: origin, copy.
    pub robots: Option<(String, Value)>,
}

/// What an exchange says of a file of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssetFound {
    /// The whole file.
    Whole {
        /// `Content-Type`, if it was sent as text.
        content_type: Option<String>,
    },
    /// It is elsewhere.
    Led {
        /// Where a redirect leads.
        target: url::Url,
    },
    /// No file.
    Missing {
        /// Why, in words.
        why: String,
        /// What an answer over the cap said of its length, in bytes.
        size: Option<u64>,
    },
}

/// An exchange without its bytes, and where the archive keeps them.
#[derive(Debug, Clone, PartialEq)]
pub struct ExchangeRow {
    /// Its number.
    pub sequence: Sequence,
    /// The run that asked.
    pub run: RunId,
    /// What was asked.
    pub request: Request,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// How long it took; stored in microseconds.
    pub elapsed: Duration,
    /// How the origin was reached.
    pub via: Via,
    /// What came.
    pub outcome: Outcome,
    /// SHA-256 of the profile, lower-case hex.
    pub profile_digest: String,
    /// What the page is.
    pub page: PageKind,
    /// The layout that read it.
    pub layout: Option<String>,
}

/// What came of an exchange.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// An answer.
    Answered(StoredAnswer),
    /// None.
    Failed {
        /// The kind of failure.
        kind: FailureKind,
        /// What happened, in words.
        message: String,
    },
}

/// An answer without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Status code.
    pub status: u16,
    /// Length of the stored body.
    pub bytes: u64,
    /// Set when the body is not whole.
    pub truncated: Option<Truncation>,
    /// Where the response or revisit record stands.
    pub location: Location,
    /// SHA-1 of the stored body, base32.
    pub payload_sha1: String,
    /// SHA-256 of the stored body, lower-case hex.
    pub payload_sha256: String,
    /// True if the record is a revisit.
    pub is_revisit: bool,
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
}

/// What a page is, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PageKind {
    /// A listing.
    Listing,
    /// An article.
    Article,
    /// The site refuses us.
    Blocked,
    /// Status 404 or 410.
    Gone,
    /// Status 200, but nothing there.
    SoftGone,
    /// 304.
    NotModified,
    /// A redirect.
    Redirect,
    /// Nothing that can be used.
    Other,
    /// robots.txt.
    Robots,
    /// A file of an article.
    Asset,
    /// Kept and not read: reading it ends a process, or never ends.
    Unreadable,
    /// Not read: its site has no profile any more.
    NoProfile,
    /// There was no answer.
    Nothing,
}

impl PageKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Listing,
        Self::Article,
        Self::Blocked,
        Self::Gone,
        Self::SoftGone,
        Self::NotModified,
        Self::Redirect,
        Self::Other,
        Self::Robots,
        Self::Asset,
        Self::Unreadable,
        Self::NoProfile,
        Self::Nothing,
    ];

    /// The kind of a page that was read.
    pub fn of(page: &Page) -> Self {
        match page {
            Page::Listing(_) => Self::Listing,
            Page::Article { .. } => Self::Article,
            Page::Asset => Self::Asset,
            Page::Blocked { .. } => Self::Blocked,
            Page::Gone => Self::Gone,
            Page::SoftGone { .. } => Self::SoftGone,
            Page::NotModified => Self::NotModified,
            Page::Redirect { .. } => Self::Redirect,
            Page::Other { .. } => Self::Other,
        }
    }

    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Listing => "listing",
            Self::Article => "article",
            Self::Blocked => "blocked",
            Self::Gone => "gone",
            Self::SoftGone => "soft_gone",
            Self::NotModified => "not_modified",
            Self::Redirect => "redirect",
            Self::Other => "other",
            Self::Robots => "robots",
            Self::Asset => "asset",
            Self::Unreadable => "unreadable",
            Self::NoProfile => "no_profile",
            Self::Nothing => "nothing",
        }
    }
}

/// A record that a revisit record may refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The URL that was asked.
    pub url: url::Url,
    /// When (`WARC-Date`).
    pub asked_at: DateTime<Utc>,
    /// `WARC-Record-ID`, without angle brackets.
    pub record_id: String,
}

/// What a commit changed. A key stands in the first list that fits: gone, back, new, changed,
/// unchanged, listed; a key that was only listed once more stands in none. Sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommitReport {
    /// Read for the first time.
    pub new: Vec<ArticleKey>,
    /// Another version.
    pub changed: Vec<ArticleKey>,
    /// Read again, the same.
    pub unchanged: Vec<ArticleKey>,
    /// Gone or soft-gone now, not before.
    pub gone: Vec<ArticleKey>,
    /// There again.
    pub back: Vec<ArticleKey>,
    /// Known from a listing now, and not before.
    pub listed: Vec<ArticleKey>,
}

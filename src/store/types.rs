//! The words of the queue, of questions to the store, and of its numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use crate::config::Assets;
use crate::frontier::walk::Walk;
use crate::model::{ArticleKey, Request, RunId, SectionId, Sequence, SiteId, State};
use crate::search::TextQuery;

/// One start of `khotin crawl`.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    /// Its name.
    pub run: RunId,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// What it was told, for people.
    pub options: Value,
    /// When it ended; `None` while it runs, or if it was killed.
    pub finished_at: Option<DateTime<Utc>>,
    /// Its report.
    pub report: Option<Value>,
}

/// A request to put into the queue.
///
/// A request for a listing, robots.txt or a redirect hop waits again whenever it is planned; a hop
/// for an article that was asked in the same run does not. An article's request is planned once:
/// an article has one primary request, another spelling of it is an alias. A file of an article is planned
/// once, whatever time stamp its address has, and an answered one never waits again.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// What to ask.
    pub request: Request,
    /// The article that it is for.
    pub article: Option<ArticleKey>,
    /// Its place in the queue.
    pub priority: Priority,
    /// How many redirects led here.
    pub hops: u8,
    /// The day of the listing's stamp, at the site's zone, for `--since`.
    pub listed_on: Option<NaiveDate>,
}

/// The order of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// robots.txt: nothing else is asked before it.
    Robots,
    /// The target of a redirect.
    Hop,
    /// A page of a listing.
    Listing,
    /// An article that was never asked for.
    NewArticle,
    /// Another look at an article.
    Revisit,
    /// A picture of an article. Files come behind all pages.
    Image,
    /// A file that an article offers.
    Attachment,
}

/// Which requests a run wants.
#[derive(Debug, Clone)]
pub struct Want {
    /// The run.
    pub run: RunId,
    /// The site.
    pub site: SiteId,
    /// Only what these sections led to; empty for all.
    pub sections: Vec<SectionId>,
    /// Articles whose listing date is known and older are left for another run.
    pub since: Option<NaiveDate>,
    /// Which files of articles.
    pub assets: Assets,
}

/// How far the files of stored articles were planned, and for which wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetsPlanned {
    /// [`Assets`], as a word.
    pub wanted: String,
    /// SHA-256 of the profile, whose hosts decide what is planned.
    pub profile_digest: String,
    /// All articles that were read up to this exchange.
    pub through: Sequence,
}

/// Numbers of the files of one site's articles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AssetCounts {
    /// Files that the archive has.
    pub kept: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were asked for and are not there.
    pub missing: u64,
    /// Requests for files that are in the queue, failed, given up or refused.
    pub waiting: u64,
}

/// What the queue says.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// Ask this.
    Work(Box<Work>),
    /// Nothing now, but claimed requests are not committed yet: commit them, then claim again.
    Busy,
    /// Nothing before this time, when a failed request is tried again.
    WaitUntil(DateTime<Utc>),
    /// Nothing more in this run.
    Finished,
}

/// A claimed request.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// What to ask.
    pub request: Request,
    /// The article that it is for.
    pub article: Option<ArticleKey>,
    /// Which attempt of this run it is, from 1.
    pub attempt: u32,
    /// How many redirects led here.
    pub hops: u8,
    /// For a conditional GET; only articles have them.
    pub validators: Option<Validators>,
    /// True if the article was looked at before.
    pub is_revisit: bool,
}

/// Validators of the last whole answer (RFC 9110 section 8.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Settle {
    /// Answered; asked again when planned again.
    Done,
    /// An article was looked at; its primary request is asked again by this schedule.
    Looked {
        /// See [`crate::frontier::revisit::due_after`].
        schedule: Vec<Duration>,
    },
    /// Tried again in this run.
    Retry {
        /// Not before.
        at: DateTime<Utc>,
    },
    /// Failed for this run.
    Failed {
        /// Why, in words.
        cause: String,
        /// After so many runs with a failure it is given up.
        give_up_after: u32,
    },
    /// Not to be asked, by a rule.
    Refused {
        /// The rule.
        rule: String,
    },
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequestState {
    /// In the queue; also while a run works at it.
    Pending,
    /// To be tried again in this run.
    Retry,
    /// Answered.
    Done,
    /// Failed in the newest run.
    Failed,
    /// Failed in so many runs that it is only tried weekly.
    GivenUp,
    /// Not to be asked, by a rule.
    Refused,
}

impl RequestState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Retry,
        Self::Done,
        Self::Failed,
        Self::GivenUp,
        Self::Refused,
    ];

    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Retry => "retry",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
            Self::Refused => "refused",
        }
    }
}

/// What is known of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestRow {
    /// The request.
    pub request: Request,
    /// The article that it is for.
    pub article: Option<ArticleKey>,
    /// True for the one request by which its article is looked at again.
    pub is_primary: bool,
    /// How many redirects led here.
    pub hops: u8,
    /// Where it stands.
    pub state: RequestState,
    /// When it is due again, for [`RequestState::Retry`], [`RequestState::Done`] and
    /// [`RequestState::GivenUp`].
    pub due: Option<DateTime<Utc>>,
    /// The run that asked last.
    pub run: Option<RunId>,
    /// Attempts in that run.
    pub attempts: u32,
    /// Runs in a row in which it failed.
    pub failed_runs: u32,
    /// Why it failed or was refused.
    pub cause: Option<String>,
    /// How often the article was looked at.
    pub looks: u32,
}

/// Which articles are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArticleFilter {
    /// Of this site.
    pub site: Option<SiteId>,
    /// Of this section.
    pub section: Option<SectionId>,
    /// Published on this day or later, at the site's zone. An article without a date is left out.
    pub since: Option<NaiveDate>,
    /// Published on this day or earlier, likewise.
    pub until: Option<NaiveDate>,
    /// In this state.
    pub state: Option<State>,
    /// Meant by this query.
    pub query: Option<TextQuery>,
    /// Never these, whatever else is said.
    pub without: BTreeSet<ArticleKey>,
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// How many articles.
    pub number: u64,
    /// The best of them, best first.
    pub keys: Vec<ArticleKey>,
}

/// Numbers of one site.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts {
    /// Exchanges.
    pub exchanges: u64,
    /// Bytes of stored bodies, revisits not counted.
    pub bytes: u64,
    /// Requests for pages and robots.txt by state.
    pub requests: BTreeMap<RequestState, u64>,
    /// Articles by state.
    pub articles: BTreeMap<State, u64>,
    /// Captures that are kept but not read.
    pub unreadable: u64,
    /// Files of articles.
    pub assets: AssetCounts,
    /// By section.
    pub sections: BTreeMap<SectionId, SectionCount>,
}

/// Numbers of one section.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SectionCount {
    /// Articles that its listing showed.
    pub articles: u64,
    /// The newest day of publication among them.
    pub newest: Option<NaiveDate>,
    /// Their newest days of publication, each once, newest first, at most
    /// [`RHYTHM_DAYS`](crate::drift::RHYTHM_DAYS).
    pub days: Vec<NaiveDate>,
    /// When its listing last showed an article that it had never shown before.
    pub last_new: Option<DateTime<Utc>>,
    /// When its listing was last read.
    pub listed_at: Option<DateTime<Utc>>,
    /// The newest walk.
    pub walk: Option<Walk>,
}

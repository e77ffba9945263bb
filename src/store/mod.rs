//! Store: what khotin knows, in domain types: the queue of requests, the exchanges and their place
//! in the archive, the observations and the articles folded from them.
//!
//! In: committed exchanges, in sequence order ([`Store::commit`]); out: the next request
//! ([`Store::claim`]) and the records. The store is always a prefix of the archive, and all in it
//! but due times, pace and runs can be made again from the archive: crawl, recovery after a crash
//! and rebuild take the same road. One process writes ([`StoreLock`]). No SQL leaves this folder, so
//! that another database can stand behind the trait. Not here: what follows from a page
//! ([`crate::frontier`]).

mod articles;
mod assets;
mod candidates;
mod carry;
mod claims;
mod error;
mod exchange;
mod features;
pub mod fold;
mod imports;
mod lock;
mod log;
mod past;
mod queue;
mod runs;
mod schema;
mod search;
mod settle;
mod sqlite;
mod types;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::fetch::PaceNote;
use crate::frontier::walk::{Sightings, Walk};
use crate::model::{
    Article, ArticleKey, Observation, Request, RequestKey, RunId, SectionId, Sequence, SiteId, Via,
};
use crate::same::{Feature, Features};

pub use carry::Carried;
pub use error::StoreError;
pub use exchange::{
    AssetFound, Batch, CommitReport, Committed, ExchangeRow, Outcome, PageKind, Payload, Position,
    StoredAnswer, Turn,
};
pub use imports::{ImportCommit, ImportedCapture, ImportedRow, Imports, WaitingRevisit};
pub use lock::{Holder, StoreLock, holder_of};
pub use past::{Growth, PastRun};
pub use sqlite::{SqliteStore, marks_of};
pub use types::{
    ArticleFilter, AssetCounts, AssetsPlanned, Claim, Counts, Found, Planned, Priority, RequestRow,
    RequestState, RunRow, SectionCount, Settle, Validators, Want, Work,
};

/// A request that fails in so many runs is given up, unless the settings say otherwise (our choice).
pub const RUNS_UNTIL_GIVEN_UP: u32 = 5;

/// A given-up request is tried again after so many days (our choice).
pub const GIVEN_UP_REST_DAYS: i64 = 7;

/// What khotin knows. Every method fails with [`StoreError`] if the database does, beside the errors
/// that it names.
pub trait Store {
    /// Notes that a run begins, and puts back into the queue what an earlier run did not finish, what
    /// failed in it, and what was refused.
    ///
    /// # Errors
    /// If a run of this name is known.
    fn start_run(&mut self, run: &RunRow) -> Result<(), StoreError>;

    /// Notes that a run ended, with its report.
    ///
    /// # Errors
    /// If the database fails.
    fn finish_run(
        &mut self,
        run: &RunId,
        at: DateTime<Utc>,
        report: &Value,
    ) -> Result<(), StoreError>;

    /// The run that began last.
    ///
    /// # Errors
    /// If the database fails.
    fn last_run(&self) -> Result<Option<RunRow>, StoreError>;

    /// The names of the newest `most` runs, newest first.
    ///
    /// # Errors
    /// If the database fails.
    fn run_names(&self, most: usize) -> Result<Vec<RunId>, StoreError>;

    /// The newest exchange of a run; of a run that asked nothing, the newest of the runs before it, 0 if
    /// there is none. `None` if the run is not known.
    ///
    /// # Errors
    /// If the database fails.
    fn end_of_run(&self, run: &RunId) -> Result<Option<Sequence>, StoreError>;

    /// The first exchange, in sequence order, that was asked at `time` or later. Behind it may be ones
    /// whose clock says an earlier time; before it there are only such.
    ///
    /// # Errors
    /// If the database fails.
    fn first_asked_from(&self, time: DateTime<Utc>) -> Result<Option<Sequence>, StoreError>;

    /// The newest `most` runs, newest first; also those of which only exchanges are known.
    ///
    /// # Errors
    /// If the database fails.
    fn runs(&self, most: usize) -> Result<Vec<PastRun>, StoreError>;

    /// How much was kept since `since`; none while nothing was asked.
    ///
    /// # Errors
    /// If the database fails.
    fn growth(&self, since: DateTime<Utc>) -> Result<Option<Growth>, StoreError>;

    /// When the first request of a site that is not due at `now` will be; none if no time is known.
    ///
    /// # Errors
    /// If the database fails.
    fn next_due(
        &self,
        site: &SiteId,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError>;

    /// The latest time that the store holds: of an exchange, a run or a noted pace. One in the future
    /// says that a clock lied.
    ///
    /// # Errors
    /// If the database fails.
    fn newest_time(&self) -> Result<Option<DateTime<Utc>>, StoreError>;

    /// What the newest `most` runs that told of a site reported of it, newest first: `seen` and
    /// `drift` of its report.
    ///
    /// # Errors
    /// If the database fails.
    fn reports(&self, site: &SiteId, most: usize) -> Result<Vec<Value>, StoreError>;

    /// Puts requests into the queue, by the rules of [`Planned`]; says how many are new or waiting
    /// again.
    ///
    /// # Errors
    /// If the database fails.
    fn plan(&mut self, planned: &[Planned]) -> Result<u64, StoreError>;

    /// Takes the next request out of the queue, for this run of this process. Nothing is written: a claim
    /// that was not committed when the process ends stands in the queue of the next run as before.
    ///
    /// Order: robots.txt, redirect hops, listings, new articles, revisits, pictures, attachments; among equals the one
    /// planned first. A revisit is not claimed twice in one run.
    ///
    /// # Errors
    /// If the database fails.
    fn claim(&mut self, want: &Want, now: DateTime<Utc>) -> Result<Claim, StoreError>;

    /// What [`Store::claim`] would give, at most `most` requests, without taking them.
    ///
    /// # Errors
    /// If the database fails.
    fn queue(&self, want: &Want, now: DateTime<Utc>, most: usize) -> Result<Vec<Work>, StoreError>;

    /// How many requests [`Store::claim`] would give, one after the other, if nothing new came.
    ///
    /// # Errors
    /// If the database fails.
    fn due(&self, want: &Want, now: DateTime<Utc>) -> Result<u64, StoreError>;

    /// Puts a claimed request back: it was not sent.
    ///
    /// # Errors
    /// If the database fails.
    fn release(&mut self, request: &Request) -> Result<(), StoreError>;

    /// Notes that scope or robots.txt refused a claimed request, so that nothing was sent, with the
    /// walk as [`crate::frontier::Frontier::refused`] left it. The next run asks the rules again.
    ///
    /// # Errors
    /// If the database fails.
    fn refuse(
        &mut self,
        request: &Request,
        rule: &str,
        walk: Option<&Walk>,
    ) -> Result<(), StoreError>;

    /// What is known of a request: of the same method, URL, body and purpose.
    ///
    /// # Errors
    /// If the database fails.
    fn request(&self, request: &Request) -> Result<Option<RequestRow>, StoreError>;

    /// Requests for pages and robots.txt that are failed, given up or refused, in the order of their keys.
    ///
    /// # Errors
    /// If the database fails.
    fn failures(&self, site: &SiteId) -> Result<Vec<RequestRow>, StoreError>;

    /// The requests whose redirects led to this one, first one first; empty if it is no hop.
    ///
    /// # Errors
    /// If the database fails.
    fn chain(&self, request: &Request) -> Result<Vec<Request>, StoreError>;

    /// How far the files of a site's articles were planned.
    ///
    /// # Errors
    /// If the database fails.
    fn assets_planned(&self, site: &SiteId) -> Result<Option<AssetsPlanned>, StoreError>;

    /// Notes how far they were planned.
    ///
    /// # Errors
    /// If the database fails.
    fn set_assets_planned(
        &mut self,
        site: &SiteId,
        planned: &AssetsPlanned,
    ) -> Result<(), StoreError>;

    /// The articles of a site that own exchanges after `after` asked for, in sequence order, at most `most`
    /// of them; one that was asked for several times stands there as often. Imported captures are left out.
    ///
    /// # Errors
    /// If the database fails.
    fn keys_read(
        &self,
        site: &SiteId,
        after: Sequence,
        most: usize,
    ) -> Result<Vec<(Sequence, ArticleKey)>, StoreError>;

    /// The content digest of the newest own capture of an article that was read; none if none was.
    ///
    /// # Errors
    /// If the database fails.
    fn newest_digest(&self, key: &ArticleKey) -> Result<Option<String>, StoreError>;

    /// Puts files back into the queue that were longer than an earlier cap and are not known to be longer
    /// than `cap` bytes; says how many.
    ///
    /// # Errors
    /// If the database fails.
    fn reopen_assets(&mut self, site: &SiteId, cap: u64) -> Result<u64, StoreError>;

    /// The length in bytes that an answer over the cap said of a file; none if nothing is known.
    ///
    /// # Errors
    /// If the database fails.
    fn said_size(&self, file: &Request) -> Result<Option<u64>, StoreError>;

    /// The newest walk down a section.
    ///
    /// # Errors
    /// If the database fails.
    fn walk(&self, site: &SiteId, section: &SectionId) -> Result<Option<Walk>, StoreError>;

    /// When a section's listing showed these articles; keys that it never showed are left out.
    ///
    /// # Errors
    /// If the database fails.
    fn sightings(
        &self,
        section: &SectionId,
        keys: &[ArticleKey],
    ) -> Result<BTreeMap<ArticleKey, Sightings>, StoreError>;

    /// How long nothing may be asked of a pace group, as noted last.
    ///
    /// # Errors
    /// If the database fails.
    fn pace(&self, group: &str) -> Result<Option<PaceNote>, StoreError>;

    /// Stores how long nothing may be asked of a pace group; done before sending.
    ///
    /// # Errors
    /// If the database fails.
    fn set_pace(&mut self, group: &str, note: PaceNote) -> Result<(), StoreError>;

    /// The copy of an origin's robots.txt, as last committed.
    ///
    /// # Errors
    /// If the database fails.
    fn robots(&self, origin: &str) -> Result<Option<Value>, StoreError>;

    /// Takes a batch of exchanges whole or not at all, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Order`] if its first exchange is not the next of the store, or one is missing
    /// ([`Store::skip_to`] allows a gap before the first).
    fn commit(&mut self, batch: &Batch) -> Result<CommitReport, StoreError>;

    /// Takes a batch whole or not at all, in one transaction, whose entries `next` makes one after the
    /// other, each with the store as it is after the one before, until it gives `None`. Articles are
    /// folded at the end: what [`Store::articles`] and [`Store::article`] tell in between is older. For
    /// exchanges that are taken again from an archive: none of their requests is claimed.
    ///
    /// # Errors
    /// That of `next`, and as [`commit`](Self::commit); then nothing of the batch is taken.
    fn commit_in_turn<E: From<StoreError>>(
        &mut self,
        next: &mut dyn FnMut(&Self) -> Result<Option<Turn>, E>,
    ) -> Result<CommitReport, E>
    where
        Self: Sized;

    /// Notes that the archive holds nothing between the newest exchange and `next`: what stood there
    /// was lost before it was durable, or its file is not there. The next commit may begin at `next`.
    fn skip_to(&mut self, next: Sequence);

    /// The newest exchange.
    ///
    /// # Errors
    /// If the database fails.
    fn last_sequence(&self) -> Result<Option<Sequence>, StoreError>;

    /// How far the archive's files are known, by file name.
    ///
    /// # Errors
    /// If the database fails.
    fn positions(&self) -> Result<Vec<Position>, StoreError>;

    /// Marks captures that are about to be read. Committing them takes the mark away.
    ///
    /// # Errors
    /// If the database fails.
    fn attempting(&mut self, sequences: &[Sequence]) -> Result<(), StoreError>;

    /// Takes the marks away again: reading these captures ended, and something else kept them from
    /// being committed.
    ///
    /// # Errors
    /// If the database fails.
    fn spare(&mut self, sequences: &[Sequence]) -> Result<(), StoreError>;

    /// The captures that are marked and were never committed, in sequence order. At a start these
    /// are the ones at whose reading a process ended: by the capture's fault, or killed from outside.
    ///
    /// # Errors
    /// If the database fails.
    fn suspects(&self) -> Result<Vec<Sequence>, StoreError>;

    /// Notes that this answer to this request can not be read, and why. From then on it is kept and
    /// not read, however often the same answer comes.
    ///
    /// # Errors
    /// If the database fails.
    fn set_unreadable(
        &mut self,
        request: &RequestKey,
        payload_sha256: &str,
        cause: &str,
    ) -> Result<(), StoreError>;

    /// Why this answer to this request can not be read; `None` if it may be read.
    ///
    /// # Errors
    /// If the database fails.
    fn unreadable(
        &self,
        request: &RequestKey,
        payload_sha256: &str,
    ) -> Result<Option<String>, StoreError>;

    /// The first record of a site with this payload that a revisit record may refer to: a whole
    /// response with a body to a GET, itself no revisit.
    ///
    /// # Errors
    /// If the database fails.
    fn find_payload(
        &self,
        site: &SiteId,
        payload_sha256: &str,
    ) -> Result<Option<Payload>, StoreError>;

    /// How the origins of this archive were reached; `None` while nothing was answered. An archive
    /// never mixes both.
    ///
    /// # Errors
    /// If the database fails.
    fn via(&self) -> Result<Option<Via>, StoreError>;

    /// Up to `most` exchanges after `after`, in sequence order; `None` begins at the first.
    ///
    /// # Errors
    /// If the database fails.
    fn exchanges(
        &self,
        after: Option<Sequence>,
        most: usize,
    ) -> Result<Vec<ExchangeRow>, StoreError>;

    /// The exchanges that observed an article, in sequence order.
    ///
    /// # Errors
    /// If the database fails.
    fn captures(&self, key: &ArticleKey) -> Result<Vec<ExchangeRow>, StoreError>;

    /// Articles in the order of their keys, read piece by piece.
    fn articles<'a>(
        &'a self,
        filter: &ArticleFilter,
    ) -> Box<dyn Iterator<Item = Result<Article, StoreError>> + 'a>;

    /// How many articles [`Store::articles`] gives; `None` if the filter has a query.
    ///
    /// # Errors
    /// If the database fails.
    fn article_count(&self, filter: &ArticleFilter) -> Result<Option<u64>, StoreError>;

    /// An article by its key, or by any URL under which it was seen.
    ///
    /// # Errors
    /// If the database fails.
    fn article(&self, key_or_url: &str) -> Result<Option<Article>, StoreError>;

    /// The articles that the query of `filter` means, best first, at most `most`; a filter without
    /// query finds nothing. Best is what says it often for its length, in the title above all; among
    /// equals the newest, then by key.
    ///
    /// # Errors
    /// If the database fails.
    fn search(&self, filter: &ArticleFilter, most: usize) -> Result<Found, StoreError>;

    /// The features of an article, by which it is compared with others; none if it has none or is not known.
    ///
    /// # Errors
    /// If the database fails.
    fn features(&self, key: &ArticleKey) -> Result<Features, StoreError>;

    /// The articles that have a feature, but none that `without` says, in the order of their keys, at most `most`.
    ///
    /// # Errors
    /// If the database fails.
    fn having(
        &self,
        feature: &Feature,
        without: &dyn Fn(&ArticleKey) -> bool,
        most: usize,
    ) -> Result<Vec<ArticleKey>, StoreError>;

    /// All observations of an article, in the order of their numbers, which is that of time among our own
    /// captures and among imported ones.
    ///
    /// # Errors
    /// If the database fails.
    fn observations(&self, key: &ArticleKey) -> Result<Vec<Observation>, StoreError>;

    /// Numbers for `status`.
    ///
    /// # Errors
    /// If the database fails.
    fn counts(&self, site: &SiteId) -> Result<Counts, StoreError>;
}

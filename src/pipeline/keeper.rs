//! Keeper: the one thread that owns the store and the WARC writers. Workers hand it exchanges; it
//! takes all that wait as one batch: append all, fsync, read, one transaction (design, decision 2).
//! Then it answers. What it can not keep ends the run: nothing is asked that could not be archived.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};

use super::batch::{self, Incoming};
use super::budget::{Budgets, RunTime};
use super::report::{SiteReport, count};
use super::{CrawlError, Progress};
use crate::archive::{ArchiveWriter, FileContext};
use crate::config::{Assets, SiteProfile};
use crate::fetch::{Backoff, Clock, LedgerError, PaceLedger, PaceNote, RobotsCopy};
use crate::frontier::{Frontier, FrontierError, FrontierOptions};
use crate::model::{Exchange, Request, SiteId};
use crate::store::{Claim, SqliteStore, Store, Want, Work};

/// What the keeper knows of one site.
pub(super) struct KeptSite {
    pub(super) profile: SiteProfile,
    pub(super) options: FrontierOptions,
    pub(super) want: Want,
    pub(super) files: FileContext,
    pub(super) first_serial: u32,
    pub(super) writer: Option<ArchiveWriter>,
    pub(super) report: SiteReport,
}

/// How requests are tried again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tries {
    pub(super) most: u32,
    pub(super) backoff: Backoff,
}

/// Everything that the thread owns.
pub(super) struct Keeper {
    pub(super) store: SqliteStore,
    pub(super) sites: BTreeMap<SiteId, KeptSite>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) progress: Arc<Progress>,
    pub(super) tries: Tries,
    /// How many captures of a batch are read at the same time.
    pub(super) jobs: NonZeroUsize,
    pub(super) budgets: Budgets,
    /// Says when the disk has too little room.
    pub(super) watch_disk: Box<dyn Fn() -> Option<CrawlError> + Send>,
    /// The disk has too little room: nothing more is asked.
    pub(super) low_disk: Option<CrawlError>,
    /// Requests that were allowed to be sent.
    pub(super) sent: u64,
    /// The time within this run, whatever the wall clock does meanwhile.
    pub(super) time: RunTime,
    pub(super) commits: watch::Sender<u64>,
    /// When the requests that are left are counted again.
    pub(super) count_again: Option<Instant>,
    /// What could not be kept. From then on nothing is done any more: sequence numbers and files
    /// would no longer fit each other.
    pub(super) failed: Option<CrawlError>,
}

/// What a worker hands over.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) exchange: Exchange,
    /// The claim that it answers; none for robots.txt.
    pub(super) work: Option<Work>,
    /// What a robots.txt answer means.
    pub(super) robots: Option<RobotsCopy>,
    /// It failed because its host is down.
    pub(super) host_is_down: bool,
}

/// What a worker does next.
pub(super) enum Next {
    /// Ask this.
    Work(Box<Work>),
    /// Wait until another worker's claim is settled, then ask again.
    Busy,
    /// Nothing for so long.
    Wait(Duration),
    /// Nothing more.
    Finished,
    /// A budget is spent, or the disk has too little room.
    Limit,
}

type Reply<T> = oneshot::Sender<Result<T, CrawlError>>;

enum Order {
    Claim(SiteId, Reply<Next>),
    Keep(Box<Outcome>, Reply<()>),
    PutBack(Box<Work>, Reply<()>),
    Refuse(Box<Work>, String, Reply<()>),
    Robots(String, Reply<Option<RobotsCopy>>),
    MaySend(Reply<bool>),
    PaceOf(
        String,
        std::sync::mpsc::SyncSender<Result<Option<PaceNote>, CrawlError>>,
    ),
    SetPace(
        String,
        PaceNote,
        std::sync::mpsc::SyncSender<Result<(), CrawlError>>,
    ),
}

/// The way to the keeper; cheap to clone.
#[derive(Clone)]
pub(super) struct KeeperHandle {
    orders: mpsc::UnboundedSender<Order>,
    commits: watch::Receiver<u64>,
}

/// Starts the thread. It ends when every handle is dropped, and gives the keeper back.
pub(super) fn start(keeper: Keeper) -> (KeeperHandle, JoinHandle<Keeper>) {
    let (orders, inbox) = mpsc::unbounded_channel();
    let commits = keeper.commits.subscribe();
    let thread = std::thread::spawn(move || keeper.serve(inbox));
    (KeeperHandle { orders, commits }, thread)
}

impl KeeperHandle {
    async fn order<T>(&self, order: impl FnOnce(Reply<T>) -> Order) -> Result<T, CrawlError> {
        let (reply, answer) = oneshot::channel();
        self.orders
            .send(order(reply))
            .map_err(|_| CrawlError::KeeperGone)?;
        answer.await.map_err(|_| CrawlError::KeeperGone)?
    }

    /// The next request of a site.
    pub(super) async fn claim(&self, site: &SiteId) -> Result<Next, CrawlError> {
        self.order(|reply| Order::Claim(site.clone(), reply)).await
    }

    /// Archives and commits an exchange; returns when it is durable.
    pub(super) async fn keep(&self, outcome: Outcome) -> Result<(), CrawlError> {
        self.order(|reply| Order::Keep(Box::new(outcome), reply))
            .await
    }

    /// Gives back a claim that was not sent.
    pub(super) async fn put_back(&self, work: Work) -> Result<(), CrawlError> {
        self.order(|reply| Order::PutBack(Box::new(work), reply))
            .await
    }

    /// Settles a claim that the gate refused.
    pub(super) async fn refuse(&self, work: Work, rule: String) -> Result<(), CrawlError> {
        self.order(|reply| Order::Refuse(Box::new(work), rule, reply))
            .await
    }

    /// The stored copy of an origin's robots.txt.
    pub(super) async fn robots(&self, origin: &str) -> Result<Option<RobotsCopy>, CrawlError> {
        self.order(|reply| Order::Robots(origin.to_owned(), reply))
            .await
    }

    /// Counts one more request, robots.txt included, right before it is sent; false when a
    /// budget is spent.
    pub(super) async fn may_send(&self) -> Result<bool, CrawlError> {
        self.order(Order::MaySend).await
    }

    /// A counter that changes whenever a claim is settled: committed, put back or refused.
    pub(super) fn commits(&self) -> watch::Receiver<u64> {
        self.commits.clone()
    }
}

impl PaceLedger for KeeperHandle {
    fn note_of(&self, group: &str) -> Result<Option<PaceNote>, LedgerError> {
        let (reply, answer) = std::sync::mpsc::sync_channel(1);
        self.orders
            .send(Order::PaceOf(group.to_owned(), reply))
            .map_err(|_| CrawlError::KeeperGone)?;
        Ok(answer.recv().map_err(|_| CrawlError::KeeperGone)??)
    }

    fn keep_note(&self, group: &str, note: PaceNote) -> Result<(), LedgerError> {
        let (reply, answer) = std::sync::mpsc::sync_channel(1);
        self.orders
            .send(Order::SetPace(group.to_owned(), note, reply))
            .map_err(|_| CrawlError::KeeperGone)?;
        Ok(answer.recv().map_err(|_| CrawlError::KeeperGone)??)
    }
}

impl Keeper {
    fn serve(mut self, mut inbox: mpsc::UnboundedReceiver<Order>) -> Self {
        while let Some(order) = inbox.blocking_recv() {
            match order {
                Order::Keep(outcome, reply) => self.keep(*outcome, reply, &mut inbox),
                other => self.answer(other),
            }
        }
        self
    }

    /// Keeps this exchange and all that wait behind it. Whoever wants something else meanwhile is answered
    /// first, which takes a moment only: so others can ask while this batch is kept. That comes to an end,
    /// because each worker waits for its answer.
    fn keep(
        &mut self,
        outcome: Outcome,
        reply: Reply<()>,
        inbox: &mut mpsc::UnboundedReceiver<Order>,
    ) {
        let mut outcomes = vec![outcome];
        let mut replies = vec![reply];
        while let Ok(order) = inbox.try_recv() {
            match order {
                Order::Keep(outcome, reply) => {
                    outcomes.push(*outcome);
                    replies.push(reply);
                }
                other => self.answer(other),
            }
        }
        let incoming = outcomes.into_iter().map(Incoming::from).collect();
        let is_kept = self.unless_failed(|keeper| batch::keep(keeper, incoming));
        self.low_disk = self.low_disk.take().or_else(|| (self.watch_disk)());
        self.settled();
        for reply in replies {
            let answer = is_kept.as_ref().map_err(|_| CrawlError::KeeperGone);
            // A worker that was stopped does not wait for its answer.
            let _ = reply.send(answer.copied());
        }
    }

    fn answer(&mut self, order: Order) {
        // Whoever asked may have been stopped meanwhile; then nobody waits for the answer.
        match order {
            Order::Claim(site, reply) => {
                drop(reply.send(self.unless_failed(|keeper| keeper.claim(&site))));
            }
            Order::PutBack(work, reply) => {
                drop(reply.send(self.unless_failed(|keeper| keeper.release(&work.request))));
                self.settled();
            }
            Order::Refuse(work, rule, reply) => {
                drop(reply.send(self.unless_failed(|keeper| keeper.refuse(&work, &rule))));
                self.settled();
            }
            Order::Robots(origin, reply) => {
                drop(reply.send(self.unless_failed(|keeper| keeper.robots(&origin))));
            }
            Order::MaySend(reply) => {
                drop(reply.send(self.unless_failed(|keeper| Ok(keeper.may_send()))));
            }
            Order::PaceOf(group, reply) => {
                drop(reply.send(self.unless_failed(|keeper| Ok(keeper.store.pace(&group)?))));
            }
            Order::SetPace(group, note, reply) => {
                let set = |keeper: &mut Self| Ok(keeper.store.set_pace(&group, note)?);
                drop(reply.send(self.unless_failed(set)));
            }
            Order::Keep(..) => {}
        }
    }

    /// Does `work`, unless something failed before. The error stays here, in its own words; whoever
    /// asked hears that nothing is kept any more.
    fn unless_failed<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, CrawlError>,
    ) -> Result<T, CrawlError> {
        if self.failed.is_none() {
            match work(self) {
                Ok(done) => return Ok(done),
                Err(error) => self.failed = Some(error),
            }
        }
        Err(CrawlError::KeeperGone)
    }

    /// Wakes the workers that wait for another's claim to be settled.
    fn settled(&self) {
        self.commits.send_modify(|commits| *commits += 1);
    }

    fn claim(&mut self, site: &SiteId) -> Result<Next, CrawlError> {
        if self.is_at_limit() {
            return Ok(Next::Limit);
        }
        let files_spent = self.files_spent();
        let known = self.site(site)?;
        let mut want = known.want.clone();
        if files_spent.is_some() && want.assets != Assets::None {
            want.assets = Assets::None;
            known.report.assets.spent = files_spent;
        }
        Ok(match self.store.claim(&want, self.time.now_utc())? {
            Claim::Work(work) => Next::Work(work),
            Claim::Busy => Next::Busy,
            Claim::WaitUntil(due) => {
                Next::Wait((due - self.time.now_utc()).to_std().unwrap_or_default())
            }
            Claim::Finished => Next::Finished,
        })
    }

    /// Nothing more may be asked: a budget is spent, or the disk has too little room.
    fn is_at_limit(&self) -> bool {
        self.low_disk.is_some() || self.spent().is_some()
    }

    /// The budget that is spent, if one is, in words.
    pub(super) fn spent(&self) -> Option<String> {
        let bytes = self.sites.values().map(|site| site.report.bytes).sum();
        self.budgets.spent(self.sent, bytes, self.time.elapsed())
    }

    /// That no more files may be asked for, in words.
    fn files_spent(&self) -> Option<String> {
        let sites = self.sites.values();
        self.budgets
            .files_spent(sites.map(|site| site.report.assets.bytes).sum())
    }

    fn may_send(&mut self) -> bool {
        let may_send = !self.is_at_limit();
        self.sent += u64::from(may_send);
        may_send
    }

    fn release(&mut self, request: &Request) -> Result<(), CrawlError> {
        Ok(self.store.release(request)?)
    }

    fn refuse(&mut self, work: &Work, rule: &str) -> Result<(), CrawlError> {
        let site = work.request.site.clone();
        let known = self
            .sites
            .get_mut(&site)
            .ok_or(CrawlError::UnknownSite { site })?;
        let frontier = Frontier {
            profile: &known.profile,
            options: &known.options,
        };
        let walk = match frontier.refused(&self.store, &work.request, rule) {
            Err(FrontierError::Store(error)) => return Err(error.into()),
            // Its section was taken out of the profile: no walk waits for it.
            Err(_) => None,
            Ok(walk) => walk,
        };
        self.store.refuse(&work.request, rule, walk.as_ref())?;
        count(known.report.refused_of(work.request.purpose), rule);
        Ok(())
    }

    fn robots(&self, origin: &str) -> Result<Option<RobotsCopy>, CrawlError> {
        // A copy of an older shape is no copy: robots.txt is asked for again.
        Ok(self
            .store
            .robots(origin)?
            .and_then(|copy| serde_json::from_value(copy).ok()))
    }

    pub(super) fn site(&mut self, site: &SiteId) -> Result<&mut KeptSite, CrawlError> {
        self.sites
            .get_mut(site)
            .ok_or_else(|| CrawlError::UnknownSite { site: site.clone() })
    }

    /// Sites whose writers have something to sync.
    pub(super) fn writing(&self) -> BTreeSet<SiteId> {
        let open = self.sites.iter().filter(|(_, site)| site.writer.is_some());
        open.map(|(id, _)| id.clone()).collect()
    }
}

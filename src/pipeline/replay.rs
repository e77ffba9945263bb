//! Replay: exchanges that stand in the archive and not in the store are taken into it, by the same
//! road as fresh ones. After a crash these are the last few; for `rebuild` they are all. They are unpacked
//! ahead, read side by side ([`super::readers`]) and taken in order, many in one transaction. An exchange
//! at whose reading a process ended is tried in another process first.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::thread;

use serde::Serialize;
use tokio::sync::watch;

use super::CrawlError;
use super::batch::spare;
use super::ingest::{Circumstances, Kept, Known, ingest, unreadable, without_profile};
use super::readers::{Readers, Unread, WindowSize, ahead};
use super::reading::{Reading, Suspect, Trial, Verdict};
use crate::archive::{Archive, ArchiveError, Outcome, Problem, StoredExchange};
use crate::config::{Site, SiteProfile, Sites};
use crate::frontier::{Frontier, FrontierOptions};
use crate::model::{Capture, Sequence, SiteId};
use crate::store::{PageKind, Position, Store, Turn};

/// So many exchanges are one transaction (our choice: with more, what a transaction costs is no more seen).
pub(super) const BATCH: NonZeroUsize = NonZeroUsize::MIN.saturating_add(63);

/// A transaction ends behind the exchange with which the stored bodies reach so many bytes (our choice:
/// 64 pages as they are sent have 1 or 2 MB).
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// What was replayed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Replayed {
    /// Exchanges taken into the store.
    pub exchanges: u64,
    /// Of them, kept and not read, because reading them ends a process or never ends.
    pub unreadable: u64,
    /// Of them, kept and not read, because their site has no profile any more.
    pub without_profile: BTreeMap<SiteId, u64>,
    /// Exchanges that the archive does not hold between those that it holds: lost before they were
    /// durable, damaged, or in a file that is not there.
    pub missing: u64,
}

/// What the exchanges are read with, and who hears of it.
pub(super) struct Rules<'a> {
    /// The profiles of today.
    pub(super) sites: &'a Sites,
    /// What the frontier of each site is told.
    pub(super) options: &'a BTreeMap<SiteId, FrontierOptions>,
    /// How many captures are read at the same time.
    pub(super) jobs: NonZeroUsize,
    /// How many exchanges are one transaction at most.
    pub(super) batch: NonZeroUsize,
    /// Tries what a process ended at.
    pub(super) trial: &'a dyn Trial,
    /// Becomes true when replay is to end.
    pub(super) stop: &'a watch::Receiver<bool>,
    /// Hears how many exchanges were taken, after each batch.
    pub(super) taken: &'a mut dyn FnMut(u64),
    /// Decides about a place of the archive that can not be read: an error stops the replay.
    pub(super) damaged: &'a mut dyn FnMut(ArchiveError) -> Result<(), CrawlError>,
}

/// Takes what the store lacks out of the archive's closed files.
///
/// # Errors
/// [`CrawlError`] if a file can not be read or the store fails; [`CrawlError::Interrupted`] when `stop`
/// says so. What came before stays taken.
pub(super) fn replay<'a, S: Store>(
    store: &'a mut S,
    archive: &Archive,
    rules: Rules<'a>,
) -> Result<Replayed, CrawlError> {
    let known: BTreeMap<String, u64> = store
        .positions()?
        .into_iter()
        .map(|position| (position.file, position.end_offset))
        .collect();
    let stop = rules.stop.clone();
    let exchanges = archive.exchanges(&known)?;
    let exchanges = exchanges.take_while(move |_| !*stop.borrow());
    let window = WindowSize {
        things: rules.batch,
        bytes: BATCH_BYTES,
    };
    let jobs = rules.jobs;
    let mut replay = Replay {
        is_new: known.is_empty(),
        suspects: store.suspects()?.into_iter().collect(),
        last: store.last_sequence()?,
        marked: BTreeSet::new(),
        replayed: Replayed::default(),
        store,
        rules,
    };
    let done = thread::scope(|scope| {
        let windows = ahead(scope, exchanges, window, stored_bytes)?;
        let mut readers = Readers::start(scope, jobs)?;
        replay.run(windows, &mut readers)
    });
    if done.is_err() {
        // No reader works any more: none of these ended the process.
        let marked: Vec<Sequence> = replay.marked.iter().copied().collect();
        spare(replay.store, &marked);
    }
    done.map(|()| replay.replayed)
}

/// How much memory an exchange takes, as far as that may be much.
fn stored_bytes(exchange: &Result<StoredExchange, ArchiveError>) -> usize {
    match exchange.as_ref().map(|exchange| &exchange.outcome) {
        Ok(Outcome::Answered(answer)) => answer.body.len(),
        _ => 0,
    }
}

/// An exchange on its way from the archive into the store.
struct Underway<'a> {
    kept: Kept,
    position: Position,
    /// Its own number, if exchanges before it are missing.
    skip_to: Option<Sequence>,
    site: Option<&'a Site>,
    /// Why it can not be read.
    unreadable: Option<String>,
}

impl Unread for Underway<'_> {
    fn unread(&self) -> Option<(&SiteProfile, &Capture)> {
        // Without a profile nobody reads it.
        let site = self.site.filter(|_| self.unreadable.is_none())?;
        Some((&site.profile, self.kept.readable()?))
    }
}

/// What of a window was given to the readers.
struct Given {
    /// So many exchanges.
    number: usize,
    /// Why there are no more. What came before is taken all the same.
    ended_by: Option<CrawlError>,
}

/// A replay at work.
struct Replay<'a, S> {
    store: &'a mut S,
    rules: Rules<'a>,
    /// The store knew nothing of the archive.
    is_new: bool,
    suspects: BTreeSet<Sequence>,
    /// The newest exchange of the store, or underway to it.
    last: Option<Sequence>,
    /// Captures that are marked and not committed.
    marked: BTreeSet<Sequence>,
    replayed: Replayed,
}

impl<'a, S: Store> Replay<'a, S> {
    /// Takes all windows. While one is committed the next one is read.
    fn run(
        &mut self,
        windows: impl Iterator<Item = Vec<Result<StoredExchange, ArchiveError>>>,
        readers: &mut Readers<Underway<'a>>,
    ) -> Result<(), CrawlError> {
        let mut before = 0;
        for window in windows {
            let given = self.give(window, readers)?;
            self.commit(before, readers)?;
            if let Some(error) = given.ended_by {
                self.commit(given.number, readers)?;
                return Err(error);
            }
            before = given.number;
        }
        self.check_stop()?;
        self.commit(before, readers)
    }

    fn check_stop(&self) -> Result<(), CrawlError> {
        match *self.rules.stop.borrow() {
            true => Err(CrawlError::Interrupted {
                taken: self.replayed.exchanges,
            }),
            false => Ok(()),
        }
    }

    /// Marks what is to be read in a window and gives it to the readers.
    fn give(
        &mut self,
        window: Vec<Result<StoredExchange, ArchiveError>>,
        readers: &mut Readers<Underway<'a>>,
    ) -> Result<Given, CrawlError> {
        let mut wanted = Vec::with_capacity(window.len());
        let mut ended_by = None;
        for exchange in window {
            self.check_stop()?;
            let prepared = match exchange {
                Ok(exchange) => self.prepare(exchange),
                Err(error) => (self.rules.damaged)(error).map(|()| None),
            };
            match prepared {
                Ok(one) => wanted.extend(one),
                Err(error) => {
                    ended_by = Some(error);
                    break;
                }
            }
        }
        let to_read = wanted.iter().filter(|one| one.unread().is_some());
        let marked: Vec<Sequence> = to_read.map(|one| one.kept.sequence).collect();
        self.store.attempting(&marked)?;
        self.marked.extend(marked);
        let number = wanted.len();
        wanted.into_iter().for_each(|one| readers.give(one));
        Ok(Given { number, ended_by })
    }

    /// Finds out whether an exchange is to be taken and may be read; `None` for one that is known.
    fn prepare(&mut self, exchange: StoredExchange) -> Result<Option<Underway<'a>>, CrawlError> {
        let sequence = exchange.sequence;
        if self.last.is_some_and(|last| sequence <= last) {
            if self.is_new {
                (self.rules.damaged)(twice(&exchange))?;
            }
            return Ok(None);
        }
        let next = self.last.map_or(Sequence(1), Sequence::next);
        let skip_to = (sequence > next).then_some(sequence);
        if skip_to.is_some() {
            let missing = sequence.0 - next.0;
            tracing::warn!(
                event = "archive_gap",
                exchanges = missing,
                sequence = next.0,
                "{missing} exchanges from {next} on are not in the archive"
            );
            self.replayed.missing += missing;
        }
        self.last = Some(sequence);
        let site = self.rules.sites.get(&exchange.request.site);
        // Without a profile nobody reads it, here or in a process of its own.
        if site.is_some() && self.suspects.contains(&sequence) {
            let taken = self.replayed.exchanges;
            try_alone(self.store, self.rules.trial, &exchange, taken)?;
        }
        let position = Position {
            file: exchange.file.clone(),
            end_offset: exchange.end,
            sequence,
        };
        let kept = Kept::from(exchange);
        let unreadable = match kept.readable() {
            Some(capture) => unreadable(self.store, &kept, capture)?,
            None => None,
        };
        Ok(Some(Underway {
            kept,
            position,
            skip_to,
            site,
            unreadable,
        }))
    }

    /// Takes so many of the exchanges that were given, in one transaction.
    fn commit(
        &mut self,
        number: usize,
        readers: &mut Readers<Underway<'a>>,
    ) -> Result<(), CrawlError> {
        if number == 0 {
            return Ok(());
        }
        let mut left = number;
        let mut taken = Vec::with_capacity(number);
        let (rules, before) = (&self.rules, self.replayed.exchanges);
        self.store.commit_in_turn(&mut |store| {
            if *rules.stop.borrow() {
                return Err(CrawlError::Interrupted { taken: before });
            }
            if left == 0 {
                return Ok(None);
            }
            left -= 1;
            let Some((underway, reading)) = readers.next() else {
                return Ok(None);
            };
            let turn = follow(store, rules.options, underway, reading)?;
            let exchange = &turn.entry.exchange;
            taken.push((
                exchange.sequence,
                exchange.request.site.clone(),
                exchange.page,
            ));
            Ok(Some(turn))
        })?;
        for (sequence, site, page) in taken {
            self.marked.remove(&sequence);
            self.replayed.exchanges += 1;
            match page {
                PageKind::Unreadable => self.replayed.unreadable += 1,
                PageKind::NoProfile => *self.replayed.without_profile.entry(site).or_default() += 1,
                _ => {}
            }
        }
        (self.rules.taken)(self.replayed.exchanges);
        Ok(())
    }
}

/// What follows from an exchange, with the store as it is after the one before.
fn follow<S: Store>(
    store: &S,
    options: &BTreeMap<SiteId, FrontierOptions>,
    underway: Underway<'_>,
    reading: Option<Reading>,
) -> Result<Turn, CrawlError> {
    let Underway {
        kept,
        position,
        skip_to,
        site,
        unreadable,
    } = underway;
    let entry = match site {
        None => without_profile(kept),
        Some(site) => {
            let default = FrontierOptions::default();
            let frontier = Frontier {
                profile: &site.profile,
                options: options.get(&site.profile.id).unwrap_or(&default),
            };
            let known = Known::of(reading, unreadable);
            ingest(frontier, store, kept, known, Circumstances::default())?.0
        }
    };
    Ok(Turn {
        entry,
        position,
        skip_to,
    })
}

/// Only the first of two exchanges with one number can be taken.
fn twice(exchange: &StoredExchange) -> ArchiveError {
    ArchiveError::Damaged {
        file: exchange.file.clone(),
        offset: exchange.start,
        problem: Problem::Twice(exchange.sequence),
    }
}

/// Finds out whether the suspect was at fault. If it was, the store knows that from now on.
fn try_alone<S: Store>(
    store: &mut S,
    trial: &dyn Trial,
    exchange: &StoredExchange,
    taken: u64,
) -> Result<(), CrawlError> {
    let Outcome::Answered(answer) = &exchange.outcome else {
        return Ok(());
    };
    let (request, sequence) = (exchange.request.key(), exchange.sequence);
    if store
        .unreadable(&request, &answer.payload_sha256)?
        .is_some()
    {
        return Ok(());
    }
    let suspect = Suspect {
        site: exchange.request.site.clone(),
        file: exchange.file.clone(),
        offset: exchange.start,
    };
    match trial.read_alone(&suspect) {
        Verdict::Innocent => {}
        Verdict::Unreadable(cause) => {
            tracing::warn!(
                event = "not_read",
                sequence = sequence.0,
                cause,
                "exchange {sequence} is kept and not read: {cause}"
            );
            store.set_unreadable(&request, &answer.payload_sha256, &cause)?;
        }
        Verdict::Interrupted => return Err(CrawlError::Interrupted { taken }),
    }
    Ok(())
}

//! Replay: exchanges that stand in the archive and not in the store are taken into it, by the same
//! road as fresh ones. After a crash these are the last few; for `rebuild` they are all. An exchange
//! at whose reading a process ended is tried in another process first.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tokio::sync::watch;

use super::CrawlError;
use super::batch::spare;
use super::ingest::{Circumstances, Kept, ingest, without_profile};
use super::reading::{Suspect, Trial, Verdict};
use crate::archive::{Archive, ArchiveError, Outcome, Problem, StoredExchange};
use crate::config::Sites;
use crate::frontier::{Frontier, FrontierOptions};
use crate::model::{Sequence, SiteId};
use crate::store::{Batch, PageKind, Position, Store};

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
    /// Tries what a process ended at.
    pub(super) trial: &'a dyn Trial,
    /// Becomes true when replay is to end.
    pub(super) stop: &'a watch::Receiver<bool>,
    /// Hears how many exchanges were taken, after each.
    pub(super) taken: &'a mut dyn FnMut(u64),
    /// Decides about a place of the archive that can not be read: an error stops the replay.
    pub(super) damaged: &'a mut dyn FnMut(ArchiveError) -> Result<(), CrawlError>,
}

/// Takes what the store lacks out of the archive's closed files.
///
/// # Errors
/// [`CrawlError`] if a file can not be read or the store fails; [`CrawlError::Interrupted`] when `stop`
/// says so. What came before stays taken.
pub(super) fn replay<S: Store>(
    store: &mut S,
    archive: &Archive,
    rules: Rules<'_>,
) -> Result<Replayed, CrawlError> {
    let known: BTreeMap<String, u64> = store
        .positions()?
        .into_iter()
        .map(|position| (position.file, position.end_offset))
        .collect();
    let is_new = known.is_empty();
    let suspects: BTreeSet<Sequence> = store.suspects()?.into_iter().collect();
    let mut last = store.last_sequence()?;
    let mut replayed = Replayed::default();
    for exchange in archive.exchanges(&known)? {
        let exchange = match exchange {
            Ok(exchange) => exchange,
            Err(error) => {
                (rules.damaged)(error)?;
                continue;
            }
        };
        if *rules.stop.borrow() {
            let taken = replayed.exchanges;
            return Err(CrawlError::Interrupted { taken });
        }
        let sequence = exchange.sequence;
        if last.is_some_and(|last| sequence <= last) {
            if is_new {
                (rules.damaged)(twice(&exchange))?;
            }
            continue;
        }
        let next = last.map_or(Sequence(1), Sequence::next);
        if sequence > next {
            let missing = sequence.0 - next.0;
            tracing::warn!(
                event = "archive_gap",
                exchanges = missing,
                sequence = next.0,
                "{missing} exchanges from {next} on are not in the archive"
            );
            replayed.missing += missing;
            store.skip_to(sequence);
        }
        last = Some(sequence);
        // Without a profile nobody reads it, here or in a process of its own.
        let has_profile = rules.sites.get(&exchange.request.site).is_some();
        if has_profile && suspects.contains(&sequence) {
            try_alone(store, rules.trial, &exchange, replayed.exchanges)?;
        }
        let site = exchange.request.site.clone();
        match take(store, &rules, exchange)? {
            PageKind::Unreadable => replayed.unreadable += 1,
            PageKind::NoProfile => *replayed.without_profile.entry(site).or_default() += 1,
            _ => {}
        }
        replayed.exchanges += 1;
        (rules.taken)(replayed.exchanges);
    }
    Ok(replayed)
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

/// Takes one exchange, with the store as it was after the one before.
fn take<S: Store>(
    store: &mut S,
    rules: &Rules<'_>,
    exchange: StoredExchange,
) -> Result<PageKind, CrawlError> {
    let default = FrontierOptions::default();
    let sequence = exchange.sequence;
    let site = exchange.request.site.clone();
    let position = Position {
        file: exchange.file.clone(),
        end_offset: exchange.end,
        sequence,
    };
    let Some(known) = rules.sites.get(&site) else {
        let entry = without_profile(Kept::from(exchange));
        let page = entry.exchange.page;
        let (entries, positions) = (vec![entry], vec![position]);
        store.commit(&Batch { entries, positions })?;
        return Ok(page);
    };
    let frontier = Frontier {
        profile: &known.profile,
        options: rules.options.get(&site).unwrap_or(&default),
    };
    store.attempting(&[sequence])?;
    let (kept, circumstances) = (Kept::from(exchange), Circumstances::default());
    let read = ingest(frontier, store, kept, circumstances);
    let committed = read.map_err(CrawlError::from).and_then(|(entry, _)| {
        let page = entry.exchange.page;
        let (entries, positions) = (vec![entry], vec![position]);
        store.commit(&Batch { entries, positions })?;
        Ok(page)
    });
    if committed.is_err() {
        spare(store, &[sequence]);
    }
    committed
}

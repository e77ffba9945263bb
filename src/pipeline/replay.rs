//! Replay: exchanges that stand in the archive and not in the store are taken into it, by the same
//! road as fresh ones. After a crash these are the last few; for `rebuild` they are all.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::CrawlError;
use super::batch::spare;
use super::ingest::{Circumstances, Kept, ingest, without_profile};
use crate::archive::{Archive, ArchiveError, Problem, StoredExchange};
use crate::config::Sites;
use crate::frontier::{Frontier, FrontierOptions};
use crate::model::{Sequence, SiteId};
use crate::store::{Batch, PageKind, Position, Store};

/// What was replayed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Replayed {
    /// Exchanges taken into the store.
    pub exchanges: u64,
    /// Of them, kept and not read, because reading them killed the process before.
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
    /// Hears how many exchanges were taken, after each.
    pub(super) taken: &'a mut dyn FnMut(u64),
    /// Decides about a place of the archive that can not be read: an error stops the replay.
    pub(super) damaged: &'a mut dyn FnMut(ArchiveError) -> Result<(), CrawlError>,
}

/// Takes what the store lacks out of the archive's closed files.
///
/// # Errors
/// [`CrawlError`] if a file can not be read or the store fails. What came before stays taken.
pub fn replay<S: Store>(
    store: &mut S,
    archive: &Archive,
    sites: &Sites,
    options: &BTreeMap<SiteId, FrontierOptions>,
) -> Result<Replayed, CrawlError> {
    let rules = Rules {
        sites,
        options,
        taken: &mut |_| {},
        damaged: &mut |error| Err(error.into()),
    };
    let replayed = replay_with(store, archive, rules)?;
    for (site, number) in &replayed.without_profile {
        tracing::warn!(
            "{number} exchanges of {site} are kept and not read: it has no profile any more; put \
             {site}.toml back and run `khotin rebuild`"
        );
    }
    Ok(replayed)
}

/// As [`replay`], by other rules.
pub(super) fn replay_with<S: Store>(
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
    let poisoned: BTreeSet<Sequence> = store.poisoned()?.into_iter().collect();
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
            tracing::warn!("{missing} exchanges from {next} on are not in the archive");
            replayed.missing += missing;
            store.skip_to(sequence);
        }
        last = Some(sequence);
        let is_poisoned = poisoned.contains(&sequence);
        let site = exchange.request.site.clone();
        if take(store, &rules, is_poisoned, exchange)? {
            replayed.unreadable += u64::from(is_poisoned);
        } else {
            *replayed.without_profile.entry(site).or_default() += 1;
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

/// Takes one exchange, with the store as it was after the one before. False if its answer is not read
/// because its site has no profile.
fn take<S: Store>(
    store: &mut S,
    rules: &Rules<'_>,
    is_poisoned: bool,
    exchange: StoredExchange,
) -> Result<bool, CrawlError> {
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
        let is_read = entry.exchange.page != PageKind::NoProfile;
        let (entries, positions) = (vec![entry], vec![position]);
        store.commit(&Batch { entries, positions })?;
        return Ok(is_read);
    };
    let frontier = Frontier {
        profile: &known.profile,
        options: rules.options.get(&site).unwrap_or(&default),
    };
    if !is_poisoned {
        store.attempting(&[sequence])?;
    }
    let circumstances = Circumstances {
        is_poisoned,
        ..Circumstances::default()
    };
    let read = ingest(frontier, store, Kept::from(exchange), circumstances);
    let committed = read.map_err(CrawlError::from).and_then(|(entry, _)| {
        let (entries, positions) = (vec![entry], vec![position]);
        Ok(store.commit(&Batch { entries, positions })?)
    });
    if committed.is_err() && !is_poisoned {
        spare(store, &[sequence]);
    }
    committed.map(|_| true)
}

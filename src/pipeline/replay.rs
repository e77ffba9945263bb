//! Replay: exchanges that stand in the archive and not in the store are taken into it, by the same
//! road as fresh ones. After a crash these are the last few; for `rebuild` they are all.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::CrawlError;
use super::batch::spare;
use super::ingest::{Circumstances, Kept, ingest};
use crate::archive::{Archive, StoredExchange};
use crate::config::Sites;
use crate::frontier::{Frontier, FrontierOptions};
use crate::model::{Sequence, SiteId};
use crate::store::{Batch, Position, Store};

/// What was replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Replayed {
    /// Exchanges taken into the store.
    pub exchanges: u64,
    /// Of them, kept and not read, because reading them killed the process before.
    pub unreadable: u64,
    /// Exchanges that the archive does not hold between those that it holds: lost before they were
    /// durable, or in a file that is not there.
    pub missing: u64,
}

/// Takes what the store lacks out of the archive's closed files.
///
/// # Errors
/// [`CrawlError`] if a file can not be read, an exchange's site is not known, or the store fails. What
/// came before stays taken.
pub fn replay<S: Store>(
    store: &mut S,
    archive: &Archive,
    sites: &Sites,
    options: &BTreeMap<SiteId, FrontierOptions>,
) -> Result<Replayed, CrawlError> {
    let known: BTreeMap<String, u64> = store
        .positions()?
        .into_iter()
        .map(|position| (position.file, position.end_offset))
        .collect();
    let poisoned: BTreeSet<Sequence> = store.poisoned()?.into_iter().collect();
    let mut last = store.last_sequence()?;
    let mut replayed = Replayed::default();
    for exchange in archive.exchanges(&known)? {
        let exchange = exchange?;
        let sequence = exchange.sequence;
        if last.is_some_and(|last| sequence <= last) {
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
        take(store, sites, options, is_poisoned, exchange)?;
        replayed.exchanges += 1;
        replayed.unreadable += u64::from(is_poisoned);
    }
    Ok(replayed)
}

/// Takes one exchange, with the store as it was after the one before.
fn take<S: Store>(
    store: &mut S,
    sites: &Sites,
    options: &BTreeMap<SiteId, FrontierOptions>,
    is_poisoned: bool,
    exchange: StoredExchange,
) -> Result<(), CrawlError> {
    let default = FrontierOptions::default();
    let sequence = exchange.sequence;
    let site = exchange.request.site.clone();
    let position = Position {
        file: exchange.file.clone(),
        end_offset: exchange.end,
        sequence,
    };
    let Some(known) = sites.get(&site) else {
        return Err(CrawlError::UnknownSite { site });
    };
    let frontier = Frontier {
        profile: &known.profile,
        options: options.get(&site).unwrap_or(&default),
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
    committed.map(|_| ())
}

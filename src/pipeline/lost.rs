//! Lost: what an old store knows of the exchanges and a new one does not. Decides whether the new
//! one may take the old one's place. Both are read piece by piece in sequence order.

use std::collections::BTreeMap;

use serde::Serialize;

use super::CrawlError;
use super::compare::Rows;
use crate::import::identity::Identity;
use crate::model::{Sequence, SiteId};
use crate::store::{ExchangeRow, Imports, Outcome, PageKind, Store};

/// Identities read from a store at once.
const PIECE: usize = 1_000;

/// Exchanges that are named one by one (our choice); all are counted.
pub(super) const NAMED_EXCHANGES: usize = 20;

/// How two stores differ in their exchanges.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ExchangesCompared {
    /// Exchanges of the old store.
    pub old: u64,
    /// Exchanges of the new store.
    pub new: u64,
    /// Exchanges of the old store that the new one lacks: the archive does not give them any more.
    pub lost: u64,
    /// The first of them.
    pub lost_examples: Vec<LostExchange>,
    /// Per site, exchanges that the old store had read and the new one keeps unread, because there is
    /// no profile.
    pub unread: BTreeMap<SiteId, u64>,
    /// Pages that are read as another kind now: `other -> article` and how many.
    pub pages: BTreeMap<String, u64>,
}

impl ExchangesCompared {
    /// True if the new store knows all that the old one did.
    pub fn loses_nothing(&self) -> bool {
        self.lost == 0 && self.unread.is_empty()
    }
}

/// An exchange that the archive does not give any more, as the old store knew it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LostExchange {
    /// Its number.
    pub sequence: Sequence,
    /// What was asked.
    pub url: String,
    /// The WARC file; none if there was no answer.
    pub file: Option<String>,
    /// First byte of the answer's record.
    pub offset: Option<u64>,
    /// `WARC-Record-ID` of the answer.
    pub record_id: Option<String>,
}

impl From<&ExchangeRow> for LostExchange {
    fn from(row: &ExchangeRow) -> Self {
        let location = match &row.outcome {
            Outcome::Answered(answer) => Some(&answer.location),
            Outcome::Failed { .. } => None,
        };
        Self {
            sequence: row.sequence,
            url: row.request.url.to_string(),
            file: location.map(|location| location.file.clone()),
            offset: location.map(|location| location.offset),
            record_id: location.map(|location| location.record_id.clone()),
        }
    }
}

/// Compares the exchanges of two stores.
///
/// # Errors
/// [`CrawlError`] if a store fails.
pub(super) fn compare_exchanges<S: Store>(
    old: &S,
    new: &S,
) -> Result<ExchangesCompared, CrawlError> {
    let mut found = ExchangesCompared::default();
    let (mut old_rows, mut new_rows) = (Rows::of(old), Rows::of(new));
    let mut after = new_rows.next()?;
    while let Some(before) = old_rows.next()? {
        found.old += 1;
        while after
            .take_if(|after| after.sequence < before.sequence)
            .is_some()
        {
            found.new += 1;
            after = new_rows.next()?;
        }
        match after.take_if(|after| after.sequence == before.sequence) {
            Some(same) => {
                found.new += 1;
                found.page(&before, &same);
                after = new_rows.next()?;
            }
            None => found.lose(&before),
        }
    }
    while after.is_some() {
        found.new += 1;
        after = new_rows.next()?;
    }
    Ok(found)
}

/// How many imported captures of the old store the new one lacks: whichever file gives a capture, it is
/// the same one.
///
/// # Errors
/// [`CrawlError`] if a store fails.
pub(super) fn lost_imports<S: Imports>(old: &S, new: &S) -> Result<u64, CrawlError> {
    let (mut old_ones, mut new_ones) = (Identities::of(old), Identities::of(new));
    let mut lost = 0;
    let mut after = new_ones.next()?;
    while let Some(before) = old_ones.next()? {
        while after.is_some_and(|after| after < before) {
            after = new_ones.next()?;
        }
        lost += u64::from(after != Some(before));
    }
    Ok(lost)
}

/// The identities of a store's imported captures, in order, piece by piece.
struct Identities<'a, S> {
    store: &'a S,
    /// Last first, so that the next is popped.
    waiting: Vec<Identity>,
    last: Option<Identity>,
}

impl<'a, S: Imports> Identities<'a, S> {
    fn of(store: &'a S) -> Self {
        Self {
            store,
            waiting: Vec::new(),
            last: None,
        }
    }

    fn next(&mut self) -> Result<Option<Identity>, CrawlError> {
        if self.waiting.is_empty() {
            let piece = self.store.import_identities(self.last.as_ref(), PIECE)?;
            self.waiting = piece.into_iter().map(|(identity, _)| identity).collect();
            self.last = self.waiting.last().copied().or(self.last);
            self.waiting.reverse();
        }
        Ok(self.waiting.pop())
    }
}

impl ExchangesCompared {
    fn page(&mut self, before: &ExchangeRow, after: &ExchangeRow) {
        if before.page == after.page {
            return;
        }
        let change = format!("{} -> {}", before.page.as_str(), after.page.as_str());
        *self.pages.entry(change).or_default() += 1;
        if after.page == PageKind::NoProfile {
            let site = after.request.site.clone();
            *self.unread.entry(site).or_default() += 1;
        }
    }

    fn lose(&mut self, row: &ExchangeRow) {
        self.lost += 1;
        if self.lost_examples.len() < NAMED_EXCHANGES {
            self.lost_examples.push(row.into());
        }
    }
}

//! Compare: does the store hold exactly the exchanges of the archive's closed files?

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::CrawlError;
use crate::archive::{self, Archive, StoredExchange};
use crate::model::Sequence;
use crate::store::{ExchangeRow, Outcome, Store};

/// Exchanges read from the store at once.
const PIECE: usize = 1000;

/// What differs between store and archive.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Comparison {
    /// Exchanges that are the same in both.
    pub equal: u64,
    /// In the archive, not in the store: the next start takes them.
    pub only_archive: Vec<Sequence>,
    /// In the store, not in the archive's closed files.
    pub only_store: Vec<Sequence>,
    /// In both, but not the same.
    pub different: Vec<Sequence>,
    /// Exchanges of the archive that can not be read.
    pub unreadable: Vec<String>,
}

impl Comparison {
    /// True if nothing differs.
    pub fn is_equal(&self) -> bool {
        self.only_archive.is_empty()
            && self.only_store.is_empty()
            && self.different.is_empty()
            && self.unreadable.is_empty()
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, sequences) in [
            ("is in the archive and not in the store", &self.only_archive),
            ("is in the store and not in the archive", &self.only_store),
            ("is not the same in store and archive", &self.different),
        ] {
            for sequence in sequences {
                writeln!(f, "exchange {sequence} {what}")?;
            }
        }
        for error in &self.unreadable {
            writeln!(f, "{error}")?;
        }
        writeln!(
            f,
            "store against archive: {} exchanges are the same",
            self.equal
        )
    }
}

/// Reads both in sequence order.
///
/// # Errors
/// [`CrawlError`] if a file can not be opened or the store fails. A damaged exchange is no error but
/// part of the answer.
pub fn compare<S: Store>(store: &S, archive: &Archive) -> Result<Comparison, CrawlError> {
    let mut comparison = Comparison::default();
    let mut rows = Rows::of(store);
    let mut row = rows.next()?;
    for exchange in archive.exchanges(&BTreeMap::new())? {
        let exchange = match exchange {
            Ok(exchange) => exchange,
            Err(error) => {
                comparison.unreadable.push(error.to_string());
                continue;
            }
        };
        while let Some(known) = row.take_if(|known| known.sequence < exchange.sequence) {
            comparison.only_store.push(known.sequence);
            row = rows.next()?;
        }
        match row.take_if(|known| known.sequence == exchange.sequence) {
            None => comparison.only_archive.push(exchange.sequence),
            Some(known) => {
                if is_same(&known, &exchange) {
                    comparison.equal += 1;
                } else {
                    comparison.different.push(exchange.sequence);
                }
                row = rows.next()?;
            }
        }
    }
    while let Some(known) = row {
        comparison.only_store.push(known.sequence);
        row = rows.next()?;
    }
    Ok(comparison)
}

/// Place, digest and question.
fn is_same(row: &ExchangeRow, exchange: &StoredExchange) -> bool {
    row.request.key() == exchange.request.key()
        && match (&row.outcome, &exchange.outcome) {
            (Outcome::Answered(known), archive::Outcome::Answered(stored)) => {
                known.location == stored.location && known.payload_sha256 == stored.payload_sha256
            }
            (Outcome::Failed { kind, .. }, archive::Outcome::Failed(failure)) => {
                *kind == failure.kind
            }
            _ => false,
        }
}

/// The store's exchanges, piece by piece.
pub(super) struct Rows<'a, S> {
    store: &'a S,
    /// Newest first, so that the next is popped.
    waiting: Vec<ExchangeRow>,
    last: Option<Sequence>,
}

impl<'a, S: Store> Rows<'a, S> {
    /// From the first on.
    pub(super) fn of(store: &'a S) -> Self {
        Self {
            store,
            waiting: Vec::new(),
            last: None,
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<ExchangeRow>, CrawlError> {
        if self.waiting.is_empty() {
            self.waiting = self.store.exchanges(self.last, PIECE)?;
            self.last = self.waiting.last().map(|row| row.sequence).or(self.last);
            self.waiting.reverse();
        }
        Ok(self.waiting.pop())
    }
}

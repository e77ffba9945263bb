//! Claims: the requests that this process took out of the queue and did not settle yet.
//!
//! They live in memory alone: in the database a claimed request stands where it stood, so when the process
//! is gone, its claims are gone too and the next run finds them in the queue. So asking for the next request
//! writes nothing. A run has as many claims as connections.

use std::collections::BTreeMap;

use super::queue::row_key;
use crate::model::{Request, SiteId};

/// What is claimed, by the key of its row.
#[derive(Debug, Default)]
pub(super) struct Claims(BTreeMap<String, Claimed>);

#[derive(Debug)]
struct Claimed {
    id: i64,
    site: SiteId,
}

impl Claims {
    /// Takes a request out of the queue; `id` is its row's.
    pub(super) fn take(&mut self, id: i64, request: &Request) {
        let site = request.site.clone();
        self.0.insert(row_key(request), Claimed { id, site });
    }

    /// It is settled, or put back.
    pub(super) fn end(&mut self, request: &Request) {
        self.0.remove(&row_key(request));
    }

    /// A run begins: nobody works at what an earlier one claimed.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// Whether a row is claimed.
    pub(super) fn has(&self, id: i64) -> bool {
        self.0.values().any(|claimed| claimed.id == id)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// How many there are of a site.
    pub(super) fn of(&self, site: &SiteId) -> usize {
        self.0.values().filter(|one| one.site == *site).count()
    }
}

//! Where the pace keeps, across runs, the time before which a group may not be asked.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

/// Why a ledger cannot be read or written: an error of the store.
pub type LedgerError = Box<dyn std::error::Error + Send + Sync>;

/// What is kept of a pace group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaceNote {
    /// When it was noted, on the wall clock.
    pub noted_at: DateTime<Utc>,
    /// Nothing may be sent for so long after it.
    pub wait: Duration,
    /// Failures in a row.
    pub failures: u32,
}

impl PaceNote {
    /// How much of the wait is left at `now`, never more than was noted and never less than `gap`.
    ///
    /// The wall clock may have been set since. Set back, it would make the wait longer than it was:
    /// nobody is starved. Set forward, it would end the wait at once: a gap is kept all the same.
    pub(super) fn left(&self, now: DateTime<Utc>, gap: Duration) -> Duration {
        let noted = self.wait.min(super::super::MAX_RETRY_AFTER.max(gap));
        // A note from the future: nobody knows how long ago it was.
        let passed = (now - self.noted_at).to_std().unwrap_or(Duration::ZERO);
        noted.saturating_sub(passed).max(gap)
    }
}

/// Keeps the time before which a pace group may not be asked. The store is one.
pub trait PaceLedger: Send + Sync {
    /// What was noted last for `group`, if anything.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    fn note_of(&self, group: &str) -> Result<Option<PaceNote>, LedgerError>;

    /// Keeps `note` for `group`. On return it survives a crash of the process.
    ///
    /// # Errors
    /// Whatever keeps it from being stored.
    fn keep_note(&self, group: &str, note: PaceNote) -> Result<(), LedgerError>;
}

/// A ledger that forgets with the process: for tests and for commands that ask one page.
#[derive(Debug, Default)]
pub struct MemoryLedger(Mutex<HashMap<String, PaceNote>>);

impl PaceLedger for MemoryLedger {
    fn note_of(&self, group: &str) -> Result<Option<PaceNote>, LedgerError> {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(notes.get(group).copied())
    }

    fn keep_note(&self, group: &str, note: PaceNote) -> Result<(), LedgerError> {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.insert(group.to_owned(), note);
        Ok(())
    }
}

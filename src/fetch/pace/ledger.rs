//! Where the pace keeps, across runs, the time before which a group may not be asked.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

/// Why a ledger cannot be read or written: an error of the store.
pub type LedgerError = Box<dyn std::error::Error + Send + Sync>;

/// Keeps the time before which a pace group may not be asked. The store is one.
pub trait PaceLedger: Send + Sync {
    /// The time kept for `group`, if any.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    fn not_before(&self, group: &str) -> Result<Option<DateTime<Utc>>, LedgerError>;

    /// Keeps `at` for `group`. On return it survives a crash of the process.
    ///
    /// # Errors
    /// Whatever keeps it from being stored.
    fn set_not_before(&self, group: &str, at: DateTime<Utc>) -> Result<(), LedgerError>;
}

/// A ledger that forgets with the process: for tests and for commands that ask one page.
#[derive(Debug, Default)]
pub struct MemoryLedger(Mutex<HashMap<String, DateTime<Utc>>>);

impl PaceLedger for MemoryLedger {
    fn not_before(&self, group: &str) -> Result<Option<DateTime<Utc>>, LedgerError> {
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(times.get(group).copied())
    }

    fn set_not_before(&self, group: &str, at: DateTime<Utc>) -> Result<(), LedgerError> {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.insert(group.to_owned(), at);
        Ok(())
    }
}

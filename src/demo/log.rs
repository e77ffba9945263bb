//! The access log: every request that reached the demo ministry, byte for byte.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

/// Older entries are dropped beyond so many.
const MOST_ENTRIES: usize = 100_000;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessEntry {
    /// Place in the log, from 1.
    pub number: u64,
    /// When the last byte of the request came, on tokio's clock.
    pub at: Instant,
    /// The same on the wall clock.
    pub time: DateTime<Utc>,
    /// Number of the connection, from 1.
    pub connection: u64,
    /// Method as sent.
    pub method: String,
    /// Host that was asked for, without port.
    pub host: String,
    /// Target as sent: path and query.
    pub target: String,
    /// Every byte of the request, head and body.
    pub raw_request: Vec<u8>,
    /// Status answered; none while the answer is due and when there never was one.
    pub status: Option<u16>,
    /// When the answer's first byte was about to be sent.
    pub answered_at: Option<Instant>,
    /// Connections open when the request came, this one included.
    pub open_connections: usize,
    /// Requests that had come and were not answered, this one included.
    pub in_flight: usize,
}

/// The entries in the order in which the requests came.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: VecDeque<AccessEntry>,
    last_number: u64,
    in_flight: usize,
}

impl Log {
    /// Writes down a request; `number` and `in_flight` are the log's to set. Returns its number.
    pub(super) fn begin(&mut self, mut entry: AccessEntry) -> u64 {
        self.last_number += 1;
        self.in_flight += 1;
        entry.number = self.last_number;
        entry.in_flight = self.in_flight;
        if self.entries.len() >= MOST_ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.last_number
    }

    /// Notes that the answer to a request goes out now.
    pub(super) fn answered(&mut self, number: u64, status: u16, at: Instant) {
        let entry = self
            .entries
            .iter_mut()
            .rev()
            .find(|entry| entry.number == number);
        if let Some(entry) = entry {
            entry.status = Some(status);
            entry.answered_at = Some(at);
        }
    }

    /// Notes that nothing more happens to a request.
    pub(super) fn end(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    pub(super) fn entries(&self) -> Vec<AccessEntry> {
        self.entries.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(target: &str) -> AccessEntry {
        AccessEntry {
            number: 0,
            at: Instant::now(),
            time: DateTime::UNIX_EPOCH,
            connection: 1,
            method: "GET".to_owned(),
            host: "demo.khotin.test".to_owned(),
            target: target.to_owned(),
            raw_request: Vec::new(),
            status: None,
            answered_at: None,
            open_connections: 1,
            in_flight: 0,
        }
    }

    #[test]
    fn requests_in_flight_are_counted() {
        let mut log = Log::default();
        let first = log.begin(entry("/a"));
        log.begin(entry("/b"));
        log.answered(first, 200, Instant::now());
        log.end();
        log.begin(entry("/c"));
        let seen: Vec<_> = log
            .entries()
            .iter()
            .map(|entry| (entry.number, entry.in_flight, entry.status))
            .collect();
        assert_eq!(seen, [(1, 1, Some(200)), (2, 2, None), (3, 2, None)]);
    }
}

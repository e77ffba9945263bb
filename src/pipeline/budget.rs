//! Budgets: how much a run may ask, receive and last, and the time within a run. Pure but for
//! [`RunTime`], which reads the monotonic clock.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

/// What a run may spend; `None` is no limit.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Budgets {
    /// Requests, robots.txt, redirects and retries included.
    pub(super) requests: Option<u64>,
    /// Bytes of bodies, as sent.
    pub(super) bytes: Option<u64>,
    /// From the start of the run to its last request.
    pub(super) time: Option<Duration>,
    /// Bytes of files of articles, as sent. It ends no run: pages are asked for all the same.
    pub(super) asset_bytes: u64,
}

impl Budgets {
    /// The first budget that is spent, in words: "500 requests as --max-requests says".
    pub(super) fn spent(&self, requests: u64, bytes: u64, time: Duration) -> Option<String> {
        if self.requests.is_some_and(|most| requests >= most) {
            return Some(format!("{requests} requests as --max-requests says"));
        }
        if let Some(most) = self.bytes.filter(|most| bytes >= *most) {
            return Some(format!("{bytes} bytes, --max-bytes is {most}"));
        }
        let most = self.time.filter(|most| time >= *most)?;
        let most = humantime::format_duration(most);
        Some(format!("{most} as --max-time says"))
    }

    /// That no more files are asked for, in words: "1000123 bytes of files, asset_max_bytes_per_run is 1000000".
    pub(super) fn files_spent(&self, bytes: u64) -> Option<String> {
        let most = self.asset_bytes;
        (bytes >= most)
            .then(|| format!("{bytes} bytes of files, asset_max_bytes_per_run is {most}"))
    }
}

/// The time within a run: the wall clock's at its start, the monotonic clock's since. So a clock that is
/// set while the run goes on brings no retry nearer and puts none off.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunTime {
    started: DateTime<Utc>,
    begun: Instant,
}

impl RunTime {
    /// A run that begins now, at `started` by the wall clock.
    pub(super) fn start(started: DateTime<Utc>) -> Self {
        let begun = Instant::now();
        Self { started, begun }
    }

    /// Now.
    pub(super) fn now_utc(&self) -> DateTime<Utc> {
        self.started + self.elapsed()
    }

    /// Since the start.
    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_spent_when_it_is_reached() {
        let budgets = Budgets {
            requests: Some(500),
            bytes: Some(1_000_000),
            time: Some(Duration::from_secs(90)),
            asset_bytes: 2_000,
        };
        let table = [
            // what, requests, bytes, seconds, words
            ("nothing yet", 0, 0, 0, None),
            ("almost all", 499, 999_999, 89, None),
            (
                "requests",
                500,
                0,
                0,
                Some("500 requests as --max-requests says"),
            ),
            (
                "bytes",
                1,
                1_200_000,
                0,
                Some("1200000 bytes, --max-bytes is 1000000"),
            ),
            ("time", 1, 1, 91, Some("1m 30s as --max-time says")),
            (
                "all",
                501,
                2_000_000,
                99,
                Some("501 requests as --max-requests says"),
            ),
        ];
        for (what, requests, bytes, seconds, words) in table {
            let spent = budgets.spent(requests, bytes, Duration::from_secs(seconds));
            assert_eq!(spent.as_deref(), words, "{what}");
        }
        assert_eq!(budgets.files_spent(1_999), None);
        assert_eq!(
            budgets.files_spent(2_500).as_deref(),
            Some("2500 bytes of files, asset_max_bytes_per_run is 2000")
        );
        let none = Budgets::default().spent(u64::MAX, u64::MAX, Duration::MAX);
        assert_eq!(none, None);
        let nothing = Budgets {
            requests: Some(0),
            ..Budgets::default()
        };
        assert!(nothing.spent(0, 0, Duration::ZERO).is_some());
    }
}

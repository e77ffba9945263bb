//! Progress: counters of a run that others may look at while it goes on. Written by the pipeline,
//! drawn by `cli::progress`, which has the words.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::fetch::Waiting;

/// Counters of all sites of a run together.
#[derive(Debug)]
pub struct Progress {
    started: Instant,
    asked: AtomicU64,
    left: AtomicU64,
    new: AtomicU64,
    changed: AtomicU64,
    failed: AtomicU64,
    bytes: AtomicU64,
    draining: AtomicBool,
    waiting: Mutex<Option<Wait>>,
}

/// The counters at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// Since the start.
    pub elapsed: Duration,
    /// Requests answered or failed.
    pub asked: u64,
    /// Requests due now.
    pub left: u64,
    /// Articles seen for the first time.
    pub new: u64,
    /// Articles that changed.
    pub changed: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Bytes of bodies.
    pub bytes: u64,
    /// An interrupt came: what is in flight is finished, nothing new is asked.
    pub draining: bool,
    /// What the run waits for.
    pub waiting: Option<Wait>,
}

/// What a run waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The usual gap between two requests.
    Pace,
    /// The next try of a request that failed.
    Retry,
    /// A longer pause, after a failure or at the site's wish.
    Pause {
        /// Until its end.
        seconds: u64,
    },
    /// A site that does not answer.
    Probe {
        /// Failures in a row.
        failures: u32,
        /// Until it is asked again.
        seconds: u64,
    },
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            asked: AtomicU64::default(),
            left: AtomicU64::default(),
            new: AtomicU64::default(),
            changed: AtomicU64::default(),
            failed: AtomicU64::default(),
            bytes: AtomicU64::default(),
            draining: AtomicBool::default(),
            waiting: Mutex::default(),
        }
    }
}

impl Progress {
    /// One exchange is kept.
    pub(crate) fn kept(&self, bytes: u64, failed: bool) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.failed.fetch_add(u64::from(failed), Ordering::Relaxed);
        // Until they are counted again; robots.txt was never among them.
        let less = |left: u64| left.checked_sub(1);
        let _ = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// What a commit found.
    pub(crate) fn found(&self, new: usize, changed: usize) {
        self.new.fetch_add(new as u64, Ordering::Relaxed);
        self.changed.fetch_add(changed as u64, Ordering::Relaxed);
    }

    /// How many requests are due now.
    pub(crate) fn left(&self, left: u64) {
        self.left.store(left, Ordering::Relaxed);
    }

    /// An interrupt came.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// What the run waits for, or nothing.
    pub(crate) fn waits_for(&self, what: Option<Wait>) {
        if let Ok(mut waiting) = self.waiting.lock() {
            *waiting = what;
        }
    }

    /// The counters now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            elapsed: self.started.elapsed(),
            asked: self.asked.load(Ordering::Relaxed),
            left: self.left.load(Ordering::Relaxed),
            new: self.new.load(Ordering::Relaxed),
            changed: self.changed.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            draining: self.draining.load(Ordering::Relaxed),
            waiting: self.waiting.lock().ok().and_then(|waiting| *waiting),
        }
    }
}

impl Snapshot {
    /// Requests a second since the start.
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 {
            self.asked as f64 / seconds
        } else {
            0.0
        }
    }

    /// How long the requests due now will take at the rate so far; `None` before the first.
    pub fn time_left(&self) -> Option<Duration> {
        (self.asked > 0).then(|| self.elapsed.mul_f64(self.left as f64 / self.asked as f64))
    }
}

/// Tells the progress bar what the pace makes us wait for, until the pace is dropped.
pub(super) async fn tell_waits(
    mut waiting: watch::Receiver<BTreeMap<String, Waiting>>,
    progress: Arc<Progress>,
) {
    while waiting.changed().await.is_ok() {
        let longest = waiting
            .borrow_and_update()
            .values()
            .max_by_key(|one| one.until)
            .copied();
        progress.waits_for(longest.map(|one| {
            let left = one
                .until
                .saturating_duration_since(tokio::time::Instant::now());
            let seconds = left.as_secs();
            match (one.probe_after, one.is_held) {
                (Some(failures), _) => Wait::Probe { failures, seconds },
                (None, false) => Wait::Pace,
                (None, true) => Wait::Pause { seconds },
            }
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_no_longer_left() {
        let progress = Progress::default();
        progress.kept(10, false);
        assert_eq!(progress.snapshot().left, 0);
        progress.left(5);
        progress.kept(10, true);
        let now = progress.snapshot();
        assert_eq!((now.asked, now.left, now.failed), (2, 4, 1));
    }

    #[test]
    fn the_time_left_is_what_is_due_at_the_rate_so_far() {
        let snapshot = Snapshot {
            elapsed: Duration::from_secs(20),
            asked: 10,
            left: 30,
            ..Snapshot::default()
        };
        assert_eq!(snapshot.time_left(), Some(Duration::from_secs(60)));
        assert_eq!(Snapshot::default().time_left(), None);
        assert!((snapshot.rate() - 0.5).abs() < 1e-9);
    }
}

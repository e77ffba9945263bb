//! Progress: counters of a run that others may look at while it goes on. Written by the pipeline,
//! drawn by `cli::progress`.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::fetch::Waiting;

/// What the pace groups wait for, by their names.
type Waits = watch::Receiver<BTreeMap<String, Waiting>>;

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
    waiting: Mutex<Option<String>>,
    pace: Mutex<Option<Waits>>,
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
    /// What the run waits for, in words.
    pub waiting: Option<String>,
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
            pace: Mutex::default(),
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
    pub(crate) fn waits_for(&self, what: Option<String>) {
        if let Ok(mut waiting) = self.waiting.lock() {
            *waiting = what;
        }
    }

    /// Where the waits for the pace are shown.
    pub(crate) fn pace(&self, waits: Waits) {
        if let Ok(mut pace) = self.pace.lock() {
            *pace = Some(waits);
        }
    }

    /// What the run waits for, in words.
    fn waiting(&self) -> Option<String> {
        let told = self.waiting.lock().ok().and_then(|told| told.clone());
        told.or_else(|| {
            let pace = self.pace.lock().ok()?;
            let waits = pace.as_ref()?.borrow();
            let wait = waits.values().max_by_key(|wait| wait.until)?;
            let left = wait
                .until
                .saturating_duration_since(tokio::time::Instant::now());
            Some(if wait.is_held {
                let left = humantime::format_duration(Duration::from_secs(left.as_secs()));
                format!("{left}, which the site needs")
            } else {
                "pace".to_owned()
            })
        })
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
            waiting: self.waiting(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_tells_for_what_the_pace_waits() {
        let progress = Progress::default();
        assert_eq!(progress.snapshot().waiting, None);
        let (shown, waits) = watch::channel(BTreeMap::new());
        progress.pace(waits);
        assert_eq!(progress.snapshot().waiting, None);
        let long = tokio::time::Instant::now() + Duration::from_millis(3_600_900);
        let show = |until, is_held| {
            shown.send_modify(|shown| {
                shown.insert("a".to_owned(), Waiting { until, is_held });
            });
            progress.snapshot().waiting
        };
        assert_eq!(show(long, false).unwrap(), "pace");
        assert_eq!(show(long, true).unwrap(), "1h, which the site needs");
    }

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

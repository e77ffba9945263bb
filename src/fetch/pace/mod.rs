//! The pace: the program waits here and nowhere else.
//!
//! Hosts that must be asked one after the other form a pace group (by default all hosts of a site).
//! A group gives one turn at a time. The next turn comes a gap after the previous answer's first
//! byte or failure; jitter only adds; a governor limiter is the ceiling beside it. The time before
//! which nothing may be sent is stored *before* sending, so that a crash or a restart is no excuse.
//! A host that answers slowly gets a longer gap, one that fails again and again a longer pause each
//! time and then a circuit breaker.
//!
//! Waits use tokio's monotonic clock. Only the stored value is wall-clock time, and clocks lie: a wait
//! is never longer after a restart than it was noted, and never shorter than a gap. Not here: how large
//! the gap is (the site's profile and robots.txt, joined by [`super::Gate`]).

mod breaker;
mod group;
mod ledger;
mod slow;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

use super::retry::Aftermath;
use super::{Backoff, Clock, FetchError};
use group::Group;
pub use ledger::{LedgerError, MemoryLedger, PaceLedger, PaceNote};

/// The shortest gap with which the public may be asked (design, decision 7).
const SHORTEST_PUBLIC_GAP: Duration = Duration::from_millis(200);

/// How a pace group is asked, as configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaceSettings {
    /// From the previous answer's first byte, or failure, to the next request.
    pub gap: Duration,
    /// At most this is added to a gap, by chance.
    pub jitter: Duration,
    /// Requests in flight at a time.
    pub connections: usize,
    /// Pauses after failures. Its ceiling is also the longest wait for a turn within a run.
    pub backoff: Backoff,
}

impl Default for PaceSettings {
    /// 2 s, up to 500 ms more, one connection (our choice).
    fn default() -> Self {
        Self {
            gap: Duration::from_secs(2),
            jitter: Duration::from_millis(500),
            connections: 1,
            backoff: Backoff::default(),
        }
    }
}

/// Settings that were found polite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaceRules(PaceSettings);

impl PaceRules {
    /// Checks `settings`. `own_machine` says that the configuration names a loopback address or a
    /// `resolve` line for every origin of the group, so that any pace is a matter of the operator.
    ///
    /// # Errors
    /// [`FetchError::TooFast`] for less than 200 ms or more than one connection elsewhere, and for
    /// no connection at all.
    pub fn new(settings: PaceSettings, own_machine: bool) -> Result<Self, FetchError> {
        let is_slow = settings.gap >= SHORTEST_PUBLIC_GAP && settings.connections == 1;
        if settings.connections == 0 || !(is_slow || own_machine) {
            return Err(FetchError::TooFast {
                gap_ms: settings.gap.as_millis(),
                connections: settings.connections,
            });
        }
        Ok(Self(settings))
    }

    /// The settings.
    pub fn settings(&self) -> PaceSettings {
        self.0
    }
}

/// A pace group that is being waited for, for the progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// The earliest end of the wait.
    pub until: Instant,
    /// True when the server made us wait longer than the usual gap.
    pub is_held: bool,
    /// Failures in a row, if the next request is to find out whether the host works again.
    pub probe_after: Option<u32>,
}

/// All pace groups of a process.
pub struct Pace {
    shared: Arc<Shared>,
    random: Box<dyn Fn() -> f64 + Send + Sync>,
    groups: Mutex<HashMap<String, Arc<Group>>>,
    waiting: watch::Sender<BTreeMap<String, Waiting>>,
}

/// What a turn needs of the pace after it was given.
struct Shared {
    ledger: Arc<dyn PaceLedger>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pace").finish_non_exhaustive()
    }
}

impl Pace {
    /// `random` gives numbers from 0 up to 1, for the jitter.
    pub fn new(
        ledger: Arc<dyn PaceLedger>,
        clock: Arc<dyn Clock>,
        random: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Self {
        Self {
            shared: Arc::new(Shared { ledger, clock }),
            random: Box::new(random),
            groups: Mutex::default(),
            waiting: watch::Sender::default(),
        }
    }

    /// The groups that are waited for now, by name.
    pub fn waiting(&self) -> watch::Receiver<BTreeMap<String, Waiting>> {
        self.waiting.subscribe()
    }

    /// Waits until group `name` may be asked again, and takes its turn. `gap` is the group's gap,
    /// already joined with the robots Crawl-delay. The group's connections are those of the first
    /// call. Dropping the future gives up the place in the queue.
    ///
    /// # Errors
    /// [`FetchError::Held`] if that time is further away than the backoff's ceiling;
    /// [`FetchError::Down`] if the host was down for longer than that; [`FetchError::Ledger`] if the
    /// time cannot be read or stored.
    pub(super) async fn turn(
        &self,
        name: &str,
        rules: &PaceRules,
        gap: Duration,
    ) -> Result<Turn, FetchError> {
        let PaceRules(settings) = rules;
        let group = self.group(name, settings.connections, gap)?;
        let place = Arc::clone(&group.places)
            .acquire_owned()
            .await
            .map_err(|error| FetchError::Ledger {
                group: name.to_owned(),
                source: error.into(),
            })?;
        let jitter = settings.jitter.mul_f64((self.random)().clamp(0.0, 1.0));
        let ceiling = settings.backoff.ceiling.max(gap);
        if group.breaker().is_over() {
            return Err(self.shared.down(&group));
        }
        while let Err(until) = group.try_take(gap, jitter) {
            let wait = until.saturating_duration_since(Instant::now());
            // A pause as long as the ceiling is waited for, with its jitter, and so is a slow host.
            if wait > ceiling.max(group.rest(gap)).saturating_add(jitter) {
                return Err(FetchError::Held {
                    group: name.to_owned(),
                    wait,
                    ceiling,
                });
            }
            let is_held = wait > group.rest(gap).saturating_add(jitter);
            let breaker = group.breaker();
            let probe_after = breaker.is_open().then(|| breaker.failures());
            let waiting = Waiting {
                until,
                is_held,
                probe_after,
            };
            let _shown = Shown::new(&self.waiting, name, waiting);
            tokio::time::sleep_until(until).await;
            if group.breaker().is_over() {
                return Err(self.shared.down(&group));
            }
        }
        self.shared.store(&group)?;
        Ok(Turn {
            shared: Arc::clone(&self.shared),
            group,
            gap,
            backoff: settings.backoff,
            taken: Instant::now(),
            is_answered: false,
            _place: place,
        })
    }

    /// Nothing is sent to group `name` for `pause` from now: the caller knows a reason.
    ///
    /// # Errors
    /// [`FetchError::Ledger`] if that cannot be stored; the hold stands in this process all the same.
    pub fn hold(&self, name: &str, rules: &PaceRules, pause: Duration) -> Result<(), FetchError> {
        let PaceRules(settings) = rules;
        let group = self.group(name, settings.connections, settings.gap)?;
        group.not_before(pause);
        self.shared.store(&group)
    }

    /// True while the host of group `name` counts as down.
    pub(super) fn is_down(&self, name: &str) -> bool {
        let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        groups
            .get(name)
            .is_some_and(|group| group.breaker().is_open())
    }

    /// The group, made from the ledger at first use.
    fn group(
        &self,
        name: &str,
        connections: usize,
        gap: Duration,
    ) -> Result<Arc<Group>, FetchError> {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(group) = groups.get(name) {
            return Ok(Arc::clone(group));
        }
        let (wait, failures) = self.shared.left_by_others(name, gap)?;
        let group = Arc::new(Group::new(name, connections, wait, failures));
        groups.insert(name.to_owned(), Arc::clone(&group));
        Ok(group)
    }
}

impl Shared {
    /// How long an earlier process makes us wait, and the failures in a row that it saw. Without a gap
    /// the breaker is lifted too.
    fn left_by_others(&self, name: &str, gap: Duration) -> Result<(Duration, u32), FetchError> {
        let note = self.ledger.note_of(name);
        let note = note.map_err(|source| FetchError::Ledger {
            group: name.to_owned(),
            source,
        })?;
        let wait = note.map(|note| note.left(self.clock.now_utc(), gap));
        let failures = note.filter(|_| !gap.is_zero()).map(|note| note.failures);
        Ok((wait.unwrap_or_default(), failures.unwrap_or_default()))
    }

    /// Stores how long the group may not be asked. A group without a gap, which only the operator's
    /// own machine may have, is not stored: there is nothing to keep.
    fn store(&self, group: &Group) -> Result<(), FetchError> {
        let Some(wait) = group.wait() else {
            return Ok(());
        };
        let note = PaceNote {
            noted_at: self.clock.now_utc(),
            wait,
            failures: group.breaker().failures(),
        };
        self.ledger
            .keep_note(&group.name, note)
            .map_err(|source| FetchError::Ledger {
                group: group.name.clone(),
                source,
            })
    }

    /// The host was down for longer than a run waits.
    fn down(&self, group: &Group) -> FetchError {
        FetchError::Down {
            failures: group.breaker().failures(),
            next_probe: self.clock.now_utc() + group.wait().unwrap_or_default(),
        }
    }

    /// Stores after an answer. If that fails, what was stored before sending still stands.
    fn store_or_warn(&self, group: &Group) {
        if let Err(error) = self.store(group) {
            tracing::warn!(
                event = "pace_not_stored",
                "{error}: the time stored before the request stands"
            );
        }
    }
}

/// The right to one request in a pace group. While it lives, no other request of the group is in
/// flight (unless it has more connections).
pub(super) struct Turn {
    shared: Arc<Shared>,
    group: Arc<Group>,
    gap: Duration,
    backoff: Backoff,
    taken: Instant,
    is_answered: bool,
    _place: OwnedSemaphorePermit,
}

impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Turn")
            .field("group", &self.group.name)
            .finish_non_exhaustive()
    }
}

impl Turn {
    /// The answer began, or it is clear that none comes: the gap counts from now.
    pub(super) fn answered(&mut self) {
        let took = self.taken.elapsed();
        self.answered_after(Some(took));
    }

    fn answered_after(&mut self, took: Option<Duration>) {
        if !self.is_answered {
            self.is_answered = true;
            self.group.answered(self.gap, took);
            self.shared.store_or_warn(&self.group);
        }
    }

    /// The exchange is over. Trouble holds the group: as long as the server wishes, or for the
    /// backoff's pause, and at last opens the breaker. A group without a gap has none.
    pub(super) fn finish(mut self, aftermath: &Aftermath) {
        self.answered();
        let name = &self.group.name;
        match aftermath {
            Aftermath::Fine => {
                if let Some(failures) = self.group.works() {
                    tracing::info!(
                        event = "site_answers_again",
                        pace_group = name,
                        failures,
                        "the site answers again after {failures} failures in a row"
                    );
                    self.shared.store_or_warn(&self.group);
                }
            }
            Aftermath::Trouble { wish } => {
                let pause = self.group.fails(&self.backoff, *wish, !self.gap.is_zero());
                let (failures, wait_s) = (self.group.breaker().failures(), pause.wait.as_secs());
                if pause.is_long_wish {
                    let (wish, ceiling) = (pause.wait, self.backoff.ceiling);
                    let error = FetchError::LongPause { wish, ceiling };
                    tracing::warn!(event = "long_pause", pace_group = name, wait_s, "{error}");
                } else if self.group.breaker().is_open() {
                    tracing::warn!(
                        event = "site_is_down",
                        pace_group = name,
                        failures,
                        wait_s,
                        "{failures} failures in a row: nothing is asked for {wait_s} s, then one probe"
                    );
                }
                self.shared.store_or_warn(&self.group);
            }
        }
    }
}

impl Drop for Turn {
    /// A turn that is dropped half-way, by a stop for example, counts as asked.
    fn drop(&mut self) {
        self.answered_after(None);
    }
}

/// Shows a wait as long as it lives, also when the waiting future is dropped.
struct Shown<'a> {
    waiting: &'a watch::Sender<BTreeMap<String, Waiting>>,
    name: &'a str,
}

impl<'a> Shown<'a> {
    fn new(
        waiting: &'a watch::Sender<BTreeMap<String, Waiting>>,
        name: &'a str,
        wait: Waiting,
    ) -> Self {
        waiting.send_modify(|shown| {
            shown.insert(name.to_owned(), wait);
        });
        Self { waiting, name }
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.waiting.send_modify(|shown| {
            shown.remove(self.name);
        });
    }
}

#[cfg(test)]
mod tests;

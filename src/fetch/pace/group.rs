//! One pace group: its places, its next time, its failures in a row.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// One request a gap, counted from the moments of sending.
type Ceiling = RateLimiter<NotKeyed, InMemoryState, MonotonicClock, NoOpMiddleware<Duration>>;

/// What is known of a pace group.
pub(super) struct Group {
    pub(super) name: String,
    /// One place for each connection.
    pub(super) places: Arc<Semaphore>,
    state: Mutex<State>,
}

struct State {
    not_before: Instant,
    /// When the last answer began; none before the first.
    answered: Option<Instant>,
    failures: u32,
    /// The limiter with the gap that it was made for; none for a gap of zero.
    ceiling: Option<(Duration, Ceiling)>,
}

impl Group {
    /// A group that may be asked after `wait`.
    pub(super) fn new(name: &str, connections: usize, wait: Duration) -> Self {
        Self {
            name: name.to_owned(),
            places: Arc::new(Semaphore::new(connections)),
            state: Mutex::new(State {
                not_before: Instant::now() + wait,
                answered: None,
                failures: 0,
                ceiling: None,
            }),
        }
    }

    /// Takes the turn: from now on the next one is a gap away. If it is too early, gives the time to
    /// come again. The gap is the one of this turn: robots.txt may just have asked for a longer one
    /// than the last turn kept, and another site of the group may have one of its own.
    pub(super) fn try_take(&self, gap: Duration, jitter: Duration) -> Result<(), Instant> {
        let mut state = self.state();
        let now = Instant::now();
        let after_answer = state.answered.map(|answered| answered + gap);
        let due = after_answer.map_or(state.not_before, |at| at.max(state.not_before)) + jitter;
        if now < due {
            return Err(due);
        }
        if state
            .ceiling
            .as_ref()
            .is_none_or(|(made_for, _)| *made_for != gap)
        {
            // A gap of zero has no quota, so no ceiling.
            state.ceiling = Quota::with_period(gap).map(|quota| {
                let clock = MonotonicClock { start: now };
                (gap, Ceiling::direct_with_clock(quota, clock))
            });
        }
        if let Some((_, ceiling)) = &state.ceiling
            && let Err(too_early) = ceiling.check()
        {
            let wait = too_early.wait_time_from(now.duration_since(ceiling.clock().start));
            // At least a tick, so that rounding never makes a busy loop.
            return Err(now + wait.max(Duration::from_millis(1)));
        }
        state.not_before = now + gap;
        Ok(())
    }

    /// An answer began, or it is clear that none comes: the next turn is a gap away from now.
    pub(super) fn answered(&self, gap: Duration) {
        self.state().answered = Some(Instant::now());
        self.not_before(gap);
    }

    /// Nothing before `pause` from now. It never brings a time nearer.
    pub(super) fn not_before(&self, pause: Duration) {
        let mut state = self.state();
        state.not_before = state.not_before.max(Instant::now() + pause);
    }

    /// How long nothing may be sent; none if something may.
    pub(super) fn wait(&self) -> Option<Duration> {
        let wait = self
            .state()
            .not_before
            .checked_duration_since(Instant::now())?;
        (!wait.is_zero()).then_some(wait)
    }

    /// One more failure in a row; gives their number.
    pub(super) fn count_failure(&self) -> u32 {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        state.failures
    }

    pub(super) fn reset_failures(&self) {
        self.state().failures = 0;
    }

    /// Breaks the rule that the ceiling stands beside, to show that the ceiling holds alone.
    #[cfg(test)]
    pub(super) fn forget_next_time(&self) {
        let mut state = self.state();
        (state.not_before, state.answered) = (Instant::now(), None);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tokio's clock for governor, so that both wait by the same one, in tests too.
#[derive(Debug, Clone)]
struct MonotonicClock {
    start: Instant,
}

impl governor::clock::Clock for MonotonicClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

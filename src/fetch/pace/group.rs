//! One pace group: its places, its next time, whether its host works and how quickly.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::breaker::{Breaker, Pause};
use super::slow::Slowness;
use crate::fetch::Backoff;

/// How soon a request looks again that waits for the end of a probe. Only the operator's own machine
/// has connections beside the one that probes.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

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
    breaker: Breaker,
    slowness: Slowness,
    /// The limiter with the gap that it was made for; none for a gap of zero.
    ceiling: Option<(Duration, Ceiling)>,
}

impl Group {
    /// A group that may be asked after `wait`, with so many failures in a row behind it.
    pub(super) fn new(name: &str, connections: usize, wait: Duration, failures: u32) -> Self {
        let not_before = Instant::now() + wait;
        Self {
            name: name.to_owned(),
            places: Arc::new(Semaphore::new(connections)),
            state: Mutex::new(State {
                not_before,
                answered: None,
                breaker: Breaker::restored(failures, not_before),
                slowness: Slowness::default(),
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
        let rest = state.slowness.gap(gap);
        let after_answer = state.answered.map(|answered| answered + rest);
        let due = after_answer.map_or(state.not_before, |at| at.max(state.not_before)) + jitter;
        if now < due {
            return Err(due);
        }
        if !state.breaker.may_send() {
            return Err(now + LOOK_AGAIN);
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
        state.breaker.sent();
        state.not_before = now + rest;
        Ok(())
    }

    /// An answer began, or it is clear that none comes: the next turn is a gap away from now. It came
    /// `took` after the turn was given; none if nobody waited for it to the end.
    pub(super) fn answered(&self, gap: Duration, took: Option<Duration>) {
        let rest = {
            let mut state = self.state();
            state.answered = Some(Instant::now());
            match took {
                Some(took) => state.slowness.note(took),
                None => state.breaker.unknown(),
            }
            state.slowness.gap(gap)
        };
        self.not_before(rest);
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

    /// The host cannot or does not want to serve us now.
    pub(super) fn fails(&self, backoff: &Backoff, wish: Option<Duration>, may_open: bool) -> Pause {
        let mut state = self.state();
        let now = Instant::now();
        let pause = state.breaker.fails(now, backoff, wish, may_open);
        state.not_before = state.not_before.max(now + pause.wait);
        pause
    }

    /// The host works. Gives the failures in a row that this ends, if the breaker was open.
    pub(super) fn works(&self) -> Option<u32> {
        self.state().breaker.works()
    }

    /// The gap that is kept where a quick host would have `gap`.
    pub(super) fn rest(&self, gap: Duration) -> Duration {
        self.state().slowness.gap(gap)
    }

    /// The breaker as it stands.
    pub(super) fn breaker(&self) -> Breaker {
        self.state().breaker
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

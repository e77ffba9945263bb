//! The circuit breaker of a pace group: after failures in a row the host is left alone, then one
//! request finds out whether it works again.
//!
//! ```text
//!            5 failures in a row              pause is over
//!   closed ───────────────────────> open ──────────────────────> half-open: one probe
//!     ^                              ^                              │          │
//!     │                              └── it fails: a longer pause ──┘          │
//!     └───────────────────────── it is answered ──────────────────────────────┘
//! ```
//!
//! In: what became of the requests of the group, and the time; out: how long nothing may be sent, and
//! whether this run has waited long enough. Pure: the time is passed in. Not here: the waiting
//! ([`super::group`]), and which answer is a failure of the host ([`crate::fetch::retry`]).

use std::time::Duration;

use tokio::time::Instant;

use crate::fetch::Backoff;

/// Failures in a row after which a host is down (our choice).
pub(super) const OPENS_AFTER: u32 = 5;

/// What a failure leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pause {
    /// Nothing may be sent for so long.
    pub(super) wait: Duration,
    /// The server wishes for more than a run waits.
    pub(super) is_long_wish: bool,
}

/// Whether the host of a group works.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Breaker {
    failures: u32,
    /// When it opened in this process; none while it is closed.
    opened: Option<Instant>,
    /// A probe is on its way.
    is_probing: bool,
    /// The host was down for longer than a run waits.
    is_over: bool,
}

impl Breaker {
    /// A breaker as an earlier process left it. One that was open stays so: the first request, from
    /// `due` on, is a probe.
    pub(super) fn restored(failures: u32, due: Instant) -> Self {
        Self {
            failures,
            opened: (failures >= OPENS_AFTER).then_some(due),
            ..Self::default()
        }
    }

    /// Failures in a row.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// True from the failure that opens it until a probe is answered.
    pub(super) fn is_open(&self) -> bool {
        self.opened.is_some()
    }

    /// True when no more probes are sent in this run.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether a request may leave, its pause being over: not beside a probe.
    pub(super) fn may_send(&self) -> bool {
        !self.is_probing
    }

    /// A request leaves; a probe, if the breaker is open.
    pub(super) fn sent(&mut self) {
        self.is_probing = self.is_open();
    }

    /// The request that left was given up before anything is known: a later one is the probe.
    pub(super) fn unknown(&mut self) {
        self.is_probing = false;
    }

    /// The host works. Gives the failures in a row that this ends, if it was open.
    pub(super) fn works(&mut self) -> Option<u32> {
        let ended = self.opened.map(|_| self.failures);
        *self = Self::default();
        ended
    }

    /// One more failure of the host. The server's own `wish` wins while the breaker is closed; once it
    /// is open, a wish only lengthens the pause. A breaker that may not open only counts.
    pub(super) fn fails(
        &mut self,
        now: Instant,
        backoff: &Backoff,
        wish: Option<Duration>,
        may_open: bool,
    ) -> Pause {
        self.failures = self.failures.saturating_add(1);
        self.is_probing = false;
        let own = backoff.pause(self.failures);
        if self.failures < OPENS_AFTER || !may_open {
            return Pause {
                wait: wish.unwrap_or(own),
                is_long_wish: wish.is_some_and(|wish| wish > backoff.ceiling),
            };
        }
        let opened = *self.opened.get_or_insert(now);
        let wait = own.max(wish.unwrap_or(Duration::ZERO));
        self.is_over = now.duration_since(opened).saturating_add(wait) > backoff.ceiling;
        Pause {
            wait,
            is_long_wish: wait > backoff.ceiling,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_secs(5),
        ceiling: Duration::from_secs(600),
    };

    /// What happens to a group.
    enum Event {
        Fails(Option<u64>),
        Works,
    }
    use Event::{Fails, Works};

    #[test]
    fn it_opens_probes_and_closes() {
        // What, event, the time then and the pause after it in seconds, open, over. Each probe comes
        // when its pause is over.
        let table = [
            ("first", Fails(None), 0, 5, false, false),
            ("doubled", Fails(None), 5, 10, false, false),
            (
                "the server's wish wins",
                Fails(Some(1)),
                15,
                1,
                false,
                false,
            ),
            ("fourth", Fails(None), 16, 40, false, false),
            ("an answer: all is forgotten", Works, 56, 0, false, false),
            ("first again", Fails(None), 58, 5, false, false),
            ("second", Fails(None), 63, 10, false, false),
            ("third", Fails(None), 73, 20, false, false),
            ("fourth", Fails(None), 93, 40, false, false),
            ("the fifth opens it", Fails(None), 133, 80, true, false),
            ("a probe fails: longer", Fails(None), 213, 160, true, false),
            (
                "a short wish does not shorten",
                Fails(Some(1)),
                373,
                320,
                true,
                false,
            ),
            ("a probe is answered: closed", Works, 693, 0, false, false),
            ("first once more", Fails(None), 695, 5, false, false),
        ];
        let start = Instant::now();
        let mut breaker = Breaker::default();
        for (what, event, at, pause, is_open, is_over) in table {
            assert!(breaker.may_send(), "{what}");
            breaker.sent();
            let now = start + Duration::from_secs(at);
            let wait = match event {
                Works => {
                    breaker.works();
                    Duration::ZERO
                }
                Fails(wish) => {
                    let wish = wish.map(Duration::from_secs);
                    breaker.fails(now, &BACKOFF, wish, true).wait
                }
            };
            assert_eq!(wait, Duration::from_secs(pause), "{what}");
            assert_eq!(breaker.is_open(), is_open, "{what}");
            assert_eq!(breaker.is_over(), is_over, "{what}");
        }
    }

    #[test]
    fn a_run_waits_for_a_host_as_long_as_its_longest_pause() {
        let start = Instant::now();
        let mut breaker = Breaker::default();
        let mut at = Duration::ZERO;
        let mut probes = Vec::new();
        while !breaker.is_over() {
            breaker.sent();
            let pause = breaker.fails(start + at, &BACKOFF, None, true);
            assert!(pause.wait <= BACKOFF.ceiling, "the open time is bounded");
            probes.push(at.as_secs());
            at += pause.wait;
        }
        // 5 + 10 + 20 + 40 s, then 80, 160, 320 s; the next probe would come 10 minutes later still.
        assert_eq!(probes, [0, 5, 15, 35, 75, 155, 315, 635]);
    }

    #[test]
    fn a_probe_is_alone() {
        let now = Instant::now();
        let mut breaker = Breaker::restored(OPENS_AFTER, now);
        assert!(breaker.is_open() && breaker.may_send());
        breaker.sent();
        assert!(!breaker.may_send(), "beside a probe");
        breaker.unknown();
        assert!(
            breaker.may_send() && breaker.is_open(),
            "the probe was given up"
        );
        breaker.sent();
        assert_eq!(breaker.works(), Some(OPENS_AFTER));
        breaker.sent();
        assert!(breaker.may_send(), "closed: other connections go on");
    }

    #[test]
    fn a_restart_is_no_excuse() {
        let now = Instant::now();
        let table = [
            // what, failures kept, open at the start, pause after one more failure in seconds
            ("none", 0, false, 5),
            ("some", 4, false, 80),
            ("open", 5, true, 160),
            ("open for long", 40, true, 600),
            ("absurd", u32::MAX, true, 600),
        ];
        for (what, failures, is_open, pause) in table {
            let mut breaker = Breaker::restored(failures, now);
            assert_eq!(breaker.is_open(), is_open, "{what}");
            let wait = breaker.fails(now, &BACKOFF, None, true).wait;
            assert_eq!(wait, Duration::from_secs(pause), "{what}");
            assert_eq!(breaker.is_open(), failures >= 4, "{what}");
        }
    }

    #[test]
    fn a_wish_longer_than_a_run_waits_is_said() {
        let now = Instant::now();
        let long = Some(Duration::from_secs(3600));
        for failures in [0, OPENS_AFTER] {
            let pause = Breaker::restored(failures, now).fails(now, &BACKOFF, long, true);
            let expected = Pause {
                wait: Duration::from_secs(3600),
                is_long_wish: true,
            };
            assert_eq!(pause, expected, "{failures}");
        }
    }
}

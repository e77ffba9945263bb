//! The pace under tokio's paused clock: waits are exact to the millisecond and take no time.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

use super::*;

mod host;

/// A wall clock that runs with tokio's, plus a lie in seconds.
struct TestClock {
    start: Instant,
    lie: AtomicI64,
}

impl TestClock {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            lie: AtomicI64::new(0),
        })
    }
}

impl Clock for TestClock {
    fn now_utc(&self) -> DateTime<Utc> {
        let lie = TimeDelta::seconds(self.lie.load(Ordering::Relaxed));
        DateTime::UNIX_EPOCH + self.start.elapsed() + lie
    }
}

const GAP: Duration = Duration::from_secs(2);

fn rules(settings: PaceSettings) -> PaceRules {
    PaceRules::new(settings, true).expect("any pace is allowed on one's own machine")
}

/// 2 s, no jitter, pauses of 5 s to 60 s.
fn plain() -> PaceSettings {
    PaceSettings {
        gap: GAP,
        jitter: Duration::ZERO,
        connections: 1,
        backoff: Backoff {
            first: Duration::from_secs(5),
            ceiling: Duration::from_secs(60),
        },
    }
}

fn pace(ledger: &Arc<MemoryLedger>, clock: &Arc<TestClock>, random: f64) -> Pace {
    let ledger = Arc::clone(ledger) as Arc<dyn PaceLedger>;
    Pace::new(ledger, Arc::clone(clock) as Arc<dyn Clock>, move || random)
}

/// Seconds that the next turn of group `a` is waited for.
async fn wait_of(pace: &Pace, settings: PaceSettings) -> (f64, Turn) {
    let start = Instant::now();
    let turn = pace
        .turn("a", &rules(settings), settings.gap)
        .await
        .expect("a turn");
    // Sleeps end on whole milliseconds, at most one late.
    let wait = (start.elapsed().as_secs_f64() * 100.0).round() / 100.0;
    (wait, turn)
}

#[tokio::test(start_paused = true)]
async fn the_gap_counts_from_the_first_byte_and_the_exchange_must_be_over() {
    let pace = pace(&Arc::default(), &TestClock::new(), 0.0);
    let (wait, mut turn) = wait_of(&pace, plain()).await;
    assert_eq!(wait, 0.0, "the first turn is free");
    tokio::time::advance(Duration::from_secs(1)).await;
    turn.answered();
    tokio::time::advance(Duration::from_millis(500)).await;
    turn.finish(&Aftermath::Fine);
    let (wait, turn) = wait_of(&pace, plain()).await;
    assert_eq!(
        wait, 1.5,
        "2 s from the first byte, of which 0.5 s are over"
    );

    let rules = rules(plain());
    let next = pace.turn("a", &rules, GAP);
    tokio::pin!(next);
    tokio::select! {
        _ = &mut next => panic!("two exchanges of a group at a time"),
        () = tokio::time::sleep(Duration::from_secs(30)) => {}
    }
    drop(turn);
    assert!(next.await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_dropped_counts_as_asked() {
    let pace = pace(&Arc::default(), &TestClock::new(), 0.0);
    let (_, turn) = wait_of(&pace, plain()).await;
    tokio::time::advance(Duration::from_secs(1)).await;
    drop(turn);
    assert_eq!(wait_of(&pace, plain()).await.0, 2.0);
}

#[tokio::test(start_paused = true)]
async fn a_turn_keeps_its_own_gap_from_the_answer_before() {
    let pace = pace(&Arc::default(), &TestClock::new(), 0.0);
    let slow = PaceSettings {
        gap: Duration::from_secs(10),
        ..plain()
    };
    // robots.txt with the profile's gap, then what its Crawl-delay asks for; or two sites.
    drop(wait_of(&pace, plain()).await);
    assert_eq!(wait_of(&pace, slow).await.0, 10.0);
    assert_eq!(wait_of(&pace, plain()).await.0, 10.0, "never nearer");
    assert_eq!(wait_of(&pace, plain()).await.0, 2.0);
}

#[tokio::test(start_paused = true)]
async fn groups_do_not_wait_for_each_other() {
    let pace = pace(&Arc::default(), &TestClock::new(), 0.0);
    let (_, _turn) = wait_of(&pace, plain()).await;
    let start = Instant::now();
    assert!(pace.turn("b", &rules(plain()), GAP).await.is_ok());
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn jitter_only_adds() {
    let settings = PaceSettings {
        jitter: Duration::from_secs(1),
        ..plain()
    };
    for (random, expected) in [(0.0, 2.0), (0.5, 2.5), (1.0, 3.0), (-9.0, 2.0), (9.0, 3.0)] {
        let pace = pace(&Arc::default(), &TestClock::new(), random);
        drop(wait_of(&pace, settings).await);
        assert_eq!(wait_of(&pace, settings).await.0, expected, "{random}");
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_holds_the_group_longer_and_longer_until_all_is_fine() {
    let pace = pace(&Arc::default(), &TestClock::new(), 0.0);
    let wish = |seconds: u64| Aftermath::Trouble {
        wish: Some(Duration::from_secs(seconds)),
    };
    let unasked = Aftermath::Trouble { wish: None };
    let table = [
        // what came before, pause until the next turn
        (unasked.clone(), 5.0),
        (unasked.clone(), 10.0),
        (unasked.clone(), 20.0),
        (wish(30), 30.0),
        (wish(0), 60.0), // the fifth in a row: the host counts as down, a wish only lengthens
        (Aftermath::Fine, 2.0),
        (unasked, 5.0),
    ];
    let (_, mut turn) = wait_of(&pace, plain()).await;
    for (aftermath, expected) in table {
        turn.finish(&aftermath);
        let (wait, next) = wait_of(&pace, plain()).await;
        assert_eq!(wait, expected, "{aftermath:?}");
        turn = next;
    }
}

#[tokio::test(start_paused = true)]
async fn a_wish_beyond_the_ceiling_ends_the_run_for_the_group_also_after_a_restart() {
    let (ledger, clock) = (Arc::default(), TestClock::new());
    let first = pace(&ledger, &clock, 0.0);
    let (_, turn) = wait_of(&first, plain()).await;
    turn.finish(&Aftermath::Trouble {
        wish: Some(Duration::from_secs(3600)),
    });
    for pace in [&first, &pace(&ledger, &clock, 0.0)] {
        let held = pace.turn("a", &rules(plain()), GAP).await;
        let FetchError::Held { wait, ceiling, .. } = held.expect_err("held for an hour") else {
            panic!("held for another reason");
        };
        assert_eq!((wait.as_secs(), ceiling.as_secs()), (3600, 60));
    }
    tokio::time::advance(Duration::from_secs(3550)).await;
    assert_eq!(wait_of(&pace(&ledger, &clock, 0.0), plain()).await.0, 50.0);
}

#[tokio::test(start_paused = true)]
async fn a_pause_of_the_ceiling_is_waited_for_jitter_and_all() {
    let pace = pace(&Arc::default(), &TestClock::new(), 1.0);
    let settings = PaceSettings {
        jitter: Duration::from_secs(1),
        ..plain()
    };
    let (_, turn) = wait_of(&pace, settings).await;
    turn.finish(&Aftermath::Trouble {
        wish: Some(Duration::from_secs(60)),
    });
    assert_eq!(wait_of(&pace, settings).await.0, 61.0);
}

#[tokio::test(start_paused = true)]
async fn the_time_is_stored_before_sending_and_a_crash_is_no_excuse() {
    let (ledger, clock) = (Arc::default(), TestClock::new());
    let crashed = pace(&ledger, &clock, 0.0);
    let (_, turn) = wait_of(&crashed, plain()).await;
    let stored = ledger.note_of("a").expect("memory never fails");
    let note = PaceNote {
        noted_at: DateTime::UNIX_EPOCH,
        wait: GAP,
        failures: 0,
    };
    assert_eq!(stored, Some(note), "before anything was answered");
    // The process dies with the request in flight: nothing of the turn's end is run.
    std::mem::forget(turn);
    tokio::time::advance(Duration::from_millis(500)).await;
    // A whole gap: the clock may have been set meanwhile.
    assert_eq!(wait_of(&pace(&ledger, &clock, 0.0), plain()).await.0, 2.0);
}

/// A note of an earlier process, read by a clock that was set meanwhile: never less than a gap, never
/// more than was noted.
#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_brings_nobody_early_and_starves_nobody() {
    let year = 365 * 24 * 3600;
    let table = [
        // what, pause noted, seconds over, seconds that the clock was set by, seconds to wait
        ("a gap, as it should", 2, 1, 0, 2.0),
        ("a gap, a day later", 2, 86_400, 0, 2.0),
        ("a gap, an hour back", 2, 1, -3600, 2.0),
        ("a gap, a year forward", 2, 1, year, 2.0),
        ("a gap, a year back", 2, 1, -year, 2.0),
        ("a pause, as it should", 60, 20, 0, 40.0),
        ("a pause, over", 60, 70, 0, 2.0),
        ("a pause, an hour back", 60, 20, -3600, 60.0),
        ("a pause, a year back", 60, 20, -year, 60.0),
        // Nobody can know: the note itself is a year old then.
        ("a pause, a year forward", 60, 20, year, 2.0),
    ];
    for (what, pause, over, lie, expected) in table {
        let (ledger, clock) = (Arc::default(), TestClock::new());
        let first = pace(&ledger, &clock, 0.0);
        let held = first.hold("a", &rules(plain()), Duration::from_secs(pause));
        held.expect("memory never fails");
        tokio::time::advance(Duration::from_secs(over)).await;
        clock.lie.store(lie, Ordering::Relaxed);
        let next = pace_after_restart(&ledger, &clock);
        assert_eq!(wait_of(&next, plain()).await.0, expected, "{what}");
    }
}

/// As [`pace`]: the ledger alone is left of the process before.
fn pace_after_restart(ledger: &Arc<MemoryLedger>, clock: &Arc<TestClock>) -> Pace {
    pace(ledger, clock, 0.0)
}

/// In one process the wall clock has no say.
#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_in_mid_crawl_changes_nothing() {
    let clock = TestClock::new();
    let pace = pace(&Arc::default(), &clock, 0.0);
    drop(wait_of(&pace, plain()).await);
    for lie in [-3600, 365 * 24 * 3600, 0] {
        clock.lie.store(lie, Ordering::Relaxed);
        assert_eq!(wait_of(&pace, plain()).await.0, 2.0, "{lie}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_fails_lets_nothing_be_sent() {
    struct Broken;
    impl PaceLedger for Broken {
        fn note_of(&self, _: &str) -> Result<Option<PaceNote>, LedgerError> {
            Ok(None)
        }
        fn keep_note(&self, _: &str, _: PaceNote) -> Result<(), LedgerError> {
            Err("the disk is full".into())
        }
    }
    let pace = Pace::new(Arc::new(Broken), TestClock::new(), || 0.0);
    let refused = pace.turn("a", &rules(plain()), GAP).await;
    assert!(matches!(refused, Err(FetchError::Ledger { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_hold_while_waiting_is_seen_and_waits_are_shown() {
    let pace = Arc::new(pace(&Arc::default(), &TestClock::new(), 0.0));
    let shown = pace.waiting();
    drop(wait_of(&pace, plain()).await);
    let start = Instant::now();
    let waiter = Arc::clone(&pace);
    let task = tokio::spawn(async move { wait_of(&waiter, plain()).await.0 });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let until =
        |shown: &watch::Receiver<BTreeMap<String, Waiting>>| shown.borrow().get("a").copied();
    let first = until(&shown).expect("the wait is shown");
    assert_eq!((first.until - start, first.is_held), (GAP, false));
    pace.hold("a", &rules(plain()), Duration::from_secs(10))
        .expect("memory never fails");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(until(&shown).expect("the wait is shown").is_held);
    assert_eq!(task.await.expect("no panic"), 11.0);
    assert_eq!(until(&shown), None);
}

#[tokio::test(start_paused = true)]
async fn a_given_up_wait_leaves_no_trace() {
    let pace = pace(&Arc::default(), &TestClock::new(), 0.0);
    drop(wait_of(&pace, plain()).await);
    let given_up = tokio::time::timeout(Duration::from_secs(1), wait_of(&pace, plain())).await;
    assert!(given_up.is_err());
    assert!(pace.waiting().borrow().is_empty());
    assert_eq!(wait_of(&pace, plain()).await.0, 1.0);
}

#[tokio::test(start_paused = true)]
async fn the_governor_is_a_ceiling_even_if_the_next_time_is_wrong() {
    let group = Group::new("a", 1, Duration::ZERO, 0);
    assert_eq!(group.try_take(GAP, Duration::ZERO), Ok(()));
    group.forget_next_time();
    let due = group
        .try_take(GAP, Duration::ZERO)
        .expect_err("the ceiling holds");
    assert_eq!(due - Instant::now(), GAP);
}

#[test]
fn only_on_ones_own_machine_may_the_pace_be_fast() {
    let settings = |gap_ms, connections| PaceSettings {
        gap: Duration::from_millis(gap_ms),
        connections,
        ..plain()
    };
    let table = [
        // what, settings, in public, on one's own machine
        ("usual", settings(2000, 1), true, true),
        ("shortest", settings(200, 1), true, true),
        ("too fast", settings(199, 1), false, true),
        ("two at a time", settings(2000, 2), false, true),
        ("no connection", settings(2000, 0), false, false),
    ];
    for (what, settings, public, own) in table {
        assert_eq!(PaceRules::new(settings, false).is_ok(), public, "{what}");
        assert_eq!(PaceRules::new(settings, true).is_ok(), own, "{what}");
    }
}

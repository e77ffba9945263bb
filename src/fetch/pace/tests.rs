//! The pace under tokio's paused clock: waits are exact to the millisecond and take no time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

use super::*;

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

/// What each of the next turns of group `a` becomes, one after the other: their waits in seconds.
async fn waits_of(pace: &Pace, becomes: &[Aftermath]) -> Vec<f64> {
    let mut waits = Vec::new();
    for aftermath in becomes {
        let (wait, turn) = wait_of(pace, plain()).await;
        turn.finish(aftermath);
        waits.push(wait);
    }
    waits
}

const DOWN: Aftermath = Aftermath::Trouble { wish: None };

#[tokio::test(start_paused = true)]
async fn a_host_that_is_down_is_probed_and_when_it_works_again_all_goes_on() {
    let pace = pace(&Arc::default(), &TestClock::new(), 0.0);
    let becomes = [
        DOWN,
        DOWN,
        DOWN,
        DOWN,
        DOWN,
        Aftermath::Fine,
        Aftermath::Fine,
    ];
    let waits = waits_of(&pace, &becomes).await;
    assert_eq!(waits, [0.0, 5.0, 10.0, 20.0, 40.0, 60.0, 2.0]);
    assert!(!pace.is_down("a"));
}

#[tokio::test(start_paused = true)]
async fn a_host_that_stays_down_ends_the_run_with_words() {
    let (ledger, clock) = (Arc::default(), TestClock::new());
    let first = pace(&ledger, &clock, 0.0);
    // Open at the fifth; the probe a minute later fails, and the next one would be later than a run
    // waits.
    waits_of(&first, &[DOWN, DOWN, DOWN, DOWN, DOWN, DOWN]).await;
    assert!(first.is_down("a"));
    let ended = first.turn("a", &rules(plain()), GAP).await;
    let words = ended.expect_err("no more probes").to_string();
    assert_eq!(
        words,
        "the site does not answer: 6 failures in a row, next probe at 1970-01-01T00:03:15Z"
    );
    // A new process waits for that time too, sends one probe, and another as long as a run waits.
    let next = pace(&ledger, &clock, 0.0);
    assert_eq!(waits_of(&next, &[DOWN, DOWN]).await, [60.0, 60.0]);
    let ended = next.turn("a", &rules(plain()), GAP).await;
    assert!(matches!(ended, Err(FetchError::Down { failures: 8, .. })));
    let last = pace(&ledger, &clock, 0.0);
    let waits = waits_of(&last, &[Aftermath::Fine, Aftermath::Fine]).await;
    assert_eq!(waits, [60.0, 2.0]);
}

#[tokio::test(start_paused = true)]
async fn a_probe_is_alone_on_several_connections() {
    let pace = pace(&Arc::default(), &TestClock::new(), 0.0);
    let settings = PaceSettings {
        connections: 4,
        ..plain()
    };
    for _ in 0..5 {
        wait_of(&pace, settings).await.1.finish(&DOWN);
    }
    let (_, probe) = wait_of(&pace, settings).await;
    let rules = rules(settings);
    let beside = pace.turn("a", &rules, GAP);
    tokio::pin!(beside);
    tokio::select! {
        _ = &mut beside => panic!("a second probe"),
        () = tokio::time::sleep(Duration::from_secs(50)) => {}
    }
    probe.finish(&Aftermath::Fine);
    assert!(beside.await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_lifted_pace_has_no_breaker() {
    let pace = pace(&Arc::default(), &TestClock::new(), 0.0);
    let settings = PaceSettings {
        gap: Duration::ZERO,
        ..plain()
    };
    for _ in 0..20 {
        wait_of(&pace, settings).await.1.finish(&DOWN);
    }
    assert!(!pace.is_down("a"));
}

#[tokio::test(start_paused = true)]
async fn a_slow_host_gets_longer_gaps_and_a_restart_knows_the_last_one() {
    let (ledger, clock) = (Arc::default(), TestClock::new());
    let first = pace(&ledger, &clock, 0.0);
    let (_, turn) = wait_of(&first, plain()).await;
    tokio::time::advance(Duration::from_secs(4)).await;
    turn.finish(&Aftermath::Fine);
    assert_eq!(wait_of(&pace(&ledger, &clock, 0.0), plain()).await.0, 8.0);
}

/// Numbers that look like chance and are the same each time (Knuth's constants).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Thousands of requests of one group, with answers quick and slow, troubles, Crawl-delays, kills with
/// and without a clock that was set meanwhile: no request is closer to the one before, nor to its first
/// byte, than the gap; and where nothing is wrong no time is lost.
#[tokio::test(start_paused = true)]
async fn over_thousands_of_requests_no_gap_is_short_and_no_time_is_lost() {
    for gap_ms in [200, 2000] {
        let gap = Duration::from_millis(gap_ms);
        let jitter = gap.min(Duration::from_millis(500));
        let settings = PaceSettings {
            gap,
            jitter,
            ..plain()
        };
        let (ledger, clock) = (Arc::default(), TestClock::new());
        let new = || {
            let dice = Mutex::new(Dice(7));
            let ledger: Arc<MemoryLedger> = Arc::clone(&ledger);
            Pace::new(ledger, Arc::clone(&clock) as Arc<dyn Clock>, move || {
                let mut dice = dice.lock().expect("nobody panics");
                dice.below(1_000_001) as f64 / 1e6
            })
        };
        let mut pace = new();
        let mut dice = Dice(gap_ms);
        let (mut before, mut kills, mut held) = (None, 0, 0);
        let (mut plain_pairs, mut lasted, mut ideal) = (0, Duration::ZERO, Duration::ZERO);
        for number in 0..5000 {
            // Now and then a robots.txt asks for more.
            let own_gap = match dice.below(200) {
                0 => gap * 3,
                _ => gap,
            };
            let mut turn = match pace.turn("a", &rules(settings), own_gap).await {
                Ok(turn) => turn,
                Err(error) => panic!("request {number}: {error}"),
            };
            let sent = Instant::now();
            if let Some((last_sent, last_byte, is_plain)) = before {
                assert!(sent - last_sent >= own_gap.min(gap), "request {number}");
                let first_byte: Option<Instant> = last_byte;
                let waited = first_byte.map(|at| sent - at);
                assert!(
                    waited.is_none_or(|waited| waited >= gap),
                    "request {number}"
                );
                if is_plain && own_gap == gap {
                    plain_pairs += 1;
                    lasted += sent - last_sent;
                    ideal += gap + jitter / 2;
                    ideal += first_byte.map_or(Duration::ZERO, |at| at - last_sent);
                }
            }
            tokio::time::sleep(gap.mul_f64(dice.below(250) as f64 / 1000.0)).await;
            if dice.below(100) == 0 {
                kills += 1;
                std::mem::forget(turn);
                tokio::time::sleep(Duration::from_millis(dice.below(3000))).await;
                let lies = [0, -3600, 0, 365 * 24 * 3600];
                let lie = lies[kills % lies.len()];
                clock.lie.store(lie, Ordering::Relaxed);
                pace = new();
                before = Some((sent, None, false));
                continue;
            }
            turn.answered();
            let byte = Instant::now();
            tokio::time::sleep(Duration::from_millis(dice.below(50))).await;
            let aftermath = match dice.below(60) {
                0 => DOWN,
                1 => Aftermath::Trouble {
                    wish: Some(Duration::from_secs(dice.below(10))),
                },
                _ => Aftermath::Fine,
            };
            let is_plain = aftermath == Aftermath::Fine;
            held += usize::from(!is_plain);
            turn.finish(&aftermath);
            before = Some((sent, Some(byte), is_plain));
        }
        assert!(kills > 30 && held > 100 && plain_pairs > 4500);
        let rate = ideal.as_secs_f64() / lasted.as_secs_f64();
        assert!(rate >= 0.97, "{gap_ms} ms: {rate}");
    }
}

//! Hosts that are slow or down, and thousands of requests of one group under the paused clock.

use std::sync::Mutex;

use super::*;

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

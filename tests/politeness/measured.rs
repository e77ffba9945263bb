//! The pace as the demo ministry's own log has it: the real program in real time, over sections, redirects,
//! refusals, robots.txt, kills and restarts. `tests/reliability/pace.sh` runs this for minutes and asks for
//! the rate too; here a short run shows that no gap is too short.

use std::fs;
use std::time::{Duration, Instant};

use khotin::demo::{AccessEntry, Answer, Fault};

use crate::program::World;

/// What the environment asks for, or what a short run needs.
fn asked(name: &str, usual: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(usual, |text| text.parse().expect("a number"))
}

/// The text of config.toml, with this gap.
fn configure(world: &World, gap: Duration) {
    let text = world.config("");
    let own = format!("gap = \"{}ms\"", gap.as_millis());
    let text = text.replace("gap = \"1ms\"", &own);
    assert!(text.contains(&own));
    fs::write(world.path("config.toml"), text).unwrap();
}

/// Every fifth article once redirects, every fiftieth once refuses with a wish for a second.
fn misbehave(world: &World) {
    let expected = world.control().expected();
    let urls = expected.iter().map(|one| one.url.as_str());
    let paths = urls.filter_map(|url| {
        let (_, path) = url.split_once("://")?.1.split_once('/')?;
        path.contains("/content/").then(|| format!("/{path}"))
    });
    for (number, path) in paths.enumerate() {
        let fault = match number {
            _ if number % 50 == 1 => Fault::Status {
                code: if number % 100 == 1 { 429 } else { 503 },
                retry_after: Some("1".to_owned()),
            },
            _ if number % 5 == 0 => {
                let moved = Answer::new(302, "text/html", "<p>moved</p>");
                Fault::Instead(moved.with("Location", format!("/vi{path}")))
            }
            _ => continue,
        };
        world.control().plan_fault(&path, 1, fault);
    }
}

/// What one run of the measurement saw.
#[derive(Debug)]
struct Measured {
    requests: usize,
    kills: usize,
    shortest_gap: Duration,
    /// Requests a second against 1/(gap + mean jitter + time to first byte), where nothing was wrong.
    rate: f64,
    /// From an answer to the next request where nothing was wrong, the median in milliseconds.
    median_rest_ms: f64,
}

/// Waits until the ministry saw so many requests, however slow the machine is.
fn wait_for(world: &World, requests: usize) {
    let (mut seen, mut since) = (0, Instant::now());
    while seen < requests {
        assert!(
            since.elapsed() < Duration::from_secs(120),
            "{seen} requests, and no more"
        );
        std::thread::sleep(Duration::from_millis(20));
        let now = world.log().len();
        if now > seen {
            (seen, since) = (now, Instant::now());
        }
    }
}

/// Crawls until the ministry saw so many requests, killed now and then and started again.
fn crawl(world: &World, requests: usize, kills: usize) -> Vec<Instant> {
    let mut killed = Vec::new();
    let every = requests / (kills + 1);
    for kill in 1..=kills {
        let running = world.start(&["crawl"]);
        wait_for(world, kill * every);
        assert!(running.kill(), "the crawl was still going on");
        killed.push(Instant::now());
    }
    let running = world.start(&["crawl"]);
    wait_for(world, requests);
    running.interrupt();
    running.end();
    killed
}

fn measure(log: &[AccessEntry], killed: &[Instant], gap: Duration) -> Measured {
    let jitter = gap.min(Duration::from_millis(500));
    let (mut lasted, mut ideal) = (Duration::ZERO, Duration::ZERO);
    let mut shortest_gap = Duration::MAX;
    let mut rests = Vec::new();
    for entry in log {
        assert_eq!(entry.in_flight, 1, "two at once: {entry:?}");
        assert_eq!(entry.open_connections, 1, "two connections: {entry:?}");
    }
    for pair in log.windows(2) {
        let (before, next) = (&pair[0], &pair[1]);
        let apart = next.at.duration_since(before.at);
        shortest_gap = shortest_gap.min(apart);
        assert!(
            apart >= gap,
            "{apart:?} from {} to {}",
            before.target,
            next.target
        );
        let is_between = |at: &Instant| before.at.into_std() < *at && *at < next.at.into_std();
        let answered = before
            .answered_at
            .filter(|_| !killed.iter().any(is_between));
        let Some(answered) = answered else { continue };
        let waited = next.at.duration_since(answered);
        assert!(
            waited >= gap,
            "{waited:?} after the answer to {}",
            before.target
        );
        if before.status.is_some_and(|status| status < 400) {
            rests.push(waited.as_secs_f64() * 1e3);
            lasted += apart;
            ideal += gap + jitter / 2 + answered.duration_since(before.at);
        }
    }
    rests.sort_by(f64::total_cmp);
    Measured {
        median_rest_ms: rests.get(rests.len() / 2).copied().unwrap_or_default(),
        requests: log.len(),
        kills: killed.len(),
        shortest_gap,
        rate: ideal.as_secs_f64() / lasted.as_secs_f64(),
    }
}

#[test]
fn no_gap_is_short_over_redirects_refusals_and_kills() {
    let gap = Duration::from_millis(asked("KHOTIN_PACE_GAP_MS", 200));
    let requests = asked("KHOTIN_PACE_REQUESTS", 40) as usize;
    let kills = asked("KHOTIN_PACE_KILLS", 2) as usize;
    let world = World::new((requests * 3 / 4).max(30));
    configure(&world, gap);
    misbehave(&world);
    let killed = crawl(&world, requests, kills);
    let log = world.log();
    let statuses = |status| log.iter().filter(|one| one.status == Some(status)).count();
    assert!(statuses(302) > 0 && statuses(200) > 0);
    assert!(log.iter().any(|one| one.target == "/robots.txt"));
    let measured = measure(&log, &killed, gap);
    eprintln!(
        "gap {} ms: {} requests ({} redirects, {} refusals), {} kills, shortest gap {:.1} ms, median rest {:.1} ms, rate {:.1} %",
        gap.as_millis(),
        measured.requests,
        statuses(302),
        statuses(429) + statuses(503),
        measured.kills,
        measured.shortest_gap.as_secs_f64() * 1e3,
        measured.median_rest_ms,
        measured.rate * 100.0
    );
    if let Ok(least) = std::env::var("KHOTIN_PACE_RATE_PERCENT") {
        let least: f64 = least.parse().expect("a number");
        assert!(measured.rate * 100.0 >= least, "{measured:?}");
    }
}

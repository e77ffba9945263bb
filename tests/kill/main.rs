//! A crawl that is killed (SIGKILL) again and again ends with the same records as one that was left
//! alone, asks for nothing twice that it has, and its archive is sound after every restart.
//!
//! A round has several passes over a demo ministry with both platforms. Between two passes the
//! ministry edits ([`script`]), and every article is due again. In every pass the crawl is killed at
//! random instants of its life ([`instant`]); after every kill the next start is checked ([`checks`]);
//! after every pass the exports are compared with those of a crawl that nobody kills, of a ministry
//! with the same edits ([`exports`]).
//!
//! `KHOTIN_KILLS` says how many kills (25), in rounds of 25; `KHOTIN_KILL_SEED` with which seed
//! (random): a failed round prints its own. `tests/reliability/kill.sh` makes 500.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is test code: a panic is a failed test"
)]

mod checks;
#[path = "../support/exported.rs"]
mod exported;
mod exports;
mod instant;
#[path = "../support/program.rs"]
mod program;
mod script;

use std::time::{Duration, Instant};

use program::World;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::checks::{check_requests, check_restart, check_store_against_archive, left};
use crate::exports::{compare, whole_exports};
use crate::instant::Strike;

/// Kills of one round.
const ROUND: usize = 25;
/// A pass that was killed so often may go on to its end.
const KILLS_OF_A_PASS: usize = 8;
/// A round has at least so many passes.
const PASSES: usize = 3;

/// What was done and measured.
#[derive(Debug, Default)]
struct Figures {
    rounds: usize,
    passes: usize,
    /// Of crawls.
    kills: usize,
    /// Of them, of a start that only recovers.
    in_recovery: usize,
    /// Of exports.
    export_kills: usize,
    /// Starts after a kill that were checked.
    restarts: usize,
    requests: usize,
    /// Requests of which the archive has no exchange.
    extra: usize,
}

/// Prints the seed of a round that fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            say(&format!(
                "the seed of this round: KHOTIN_KILL_SEED={}",
                self.0
            ));
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "figures and seed are for whoever runs it"
)]
fn say(line: &str) {
    eprintln!("{line}");
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable}={text} is no number")),
    )
}

#[test]
fn killed_crawls_end_like_one_left_alone() {
    let kills = number("KHOTIN_KILLS").map_or(ROUND, |kills| kills as usize);
    let first = number("KHOTIN_KILL_SEED").unwrap_or_else(rand::random);
    let start = Instant::now();
    let mut figures = Figures::default();
    for seed in (0..).map(|round| first.wrapping_add(round)) {
        let left = kills.saturating_sub(figures.kills);
        if left == 0 {
            break;
        }
        round(seed, left.min(ROUND), &mut figures);
        let seconds = start.elapsed().as_secs();
        say(&format!("{figures:?}, {seconds} s"));
    }
}

fn round(seed: u64, kills: usize, figures: &mut Figures) {
    let _seed = Seed(seed);
    let mut random = StdRng::seed_from_u64(seed);
    let (world, alone) = (script::world(), script::world());
    let goal = figures.kills + kills;
    let begun = figures.kills;
    let mut exchanges = 0;
    figures.rounds += 1;
    for pass in 0.. {
        if pass > 0 {
            for world in [&world, &alone] {
                script::edit(world, seed, pass);
                script::make_due(world);
            }
        }
        let logged = world.log().len();
        kill_through_a_pass(&world, goal, &mut random, figures);
        kill_export(&world, &mut random, figures);
        figures.passes += 1;

        let log = world.log();
        check_requests(&log[logged..]);
        exchanges = check_store_against_archive(&world);
        alone
            .run(&["crawl"])
            .expect("the crawl that is left alone", 0);
        compare(&world, &alone);
        if figures.kills >= goal && pass + 1 >= PASSES {
            break;
        }
    }
    let files = alone.warc_files().len();
    assert!(files > PASSES, "files are closed within a run: {files}");
    let (requests, kills) = (world.log().len(), figures.kills - begun);
    let extra = requests - exchanges;
    assert!(
        extra <= kills,
        "{extra} requests without an exchange, {kills} kills"
    );
    figures.requests += requests;
    figures.extra += extra;
}

/// Kills the crawl of one pass again and again, and leaves it when it is done.
fn kill_through_a_pass(world: &World, goal: usize, random: &mut StdRng, figures: &mut Figures) {
    for _ in 0..KILLS_OF_A_PASS {
        if figures.kills >= goal {
            break;
        }
        let strike = Strike::random(random);
        if !strike.kill(world) {
            break; // it was done before
        }
        figures.kills += 1;
        recover(world, goal, random, figures);
        check_restart(world);
        figures.restarts += 1;
    }
    let done = world
        .run(&["crawl", "--json"])
        .expect("the end of a pass", 0);
    assert_eq!(left(&done.json()), 0, "nothing is left to be asked");
}

/// A start that asks for nothing: it takes what the kill left. Now and then it is killed too.
fn recover(world: &World, goal: usize, random: &mut StdRng, figures: &mut Figures) {
    const RECOVER: [&str; 3] = ["crawl", "--max-requests", "0"];
    if figures.kills < goal && random.random_bool(0.2) {
        let recovery = world.start(&RECOVER);
        std::thread::sleep(Duration::from_micros(random.random_range(0..80_000)));
        if recovery.kill() {
            figures.kills += 1;
            figures.in_recovery += 1;
        }
    }
    let recovered = world.run(&RECOVER);
    // Incomplete while something is left to be asked.
    assert!(matches!(recovered.code, Some(0 | 1)), "{recovered:?}");
}

/// Kills an export: what stands in the folder of exports is whole.
fn kill_export(world: &World, random: &mut StdRng, figures: &mut Figures) {
    let export = world.start(&["export"]);
    std::thread::sleep(Duration::from_micros(random.random_range(0..150_000)));
    figures.export_kills += usize::from(export.kill());
    whole_exports(world);
}

//! When a crawl is killed: at any instant of its life, drawn at random. Its log of requests, which the
//! ministry keeps, and its report tell how far it is; what follows within milliseconds (sending,
//! archiving, fsync, reading, commit, rotation) is hit by waiting some microseconds more.

use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

use crate::program::{World, wait_until};

/// From which event on time is counted.
#[derive(Debug)]
enum From {
    /// The start of the process: loading, opening the store, recovery.
    Start,
    /// So many requests that the ministry has got from it.
    Requests(usize),
    /// Its report is written: the run ends.
    Report,
}

/// One instant.
#[derive(Debug)]
pub(crate) struct Strike {
    from: From,
    after: Duration,
}

impl Strike {
    pub(crate) fn random(random: &mut StdRng) -> Self {
        let (from, micros) = match random.random_range(0..10) {
            0 | 1 => (From::Start, 120_000),
            2..9 => (From::Requests(random.random_range(1..=12)), 20_000),
            _ => (From::Report, 3_000),
        };
        Self {
            from,
            after: Duration::from_micros(random.random_range(0..micros)),
        }
    }

    /// Starts a crawl and kills it; false if it was done before.
    pub(crate) fn kill(self, world: &World) -> bool {
        let (log, reports) = (world.log().len(), reports(world));
        let mut crawl = world.start(&["crawl"]);
        match self.from {
            From::Start => {}
            From::Requests(number) => wait_until("requests", || {
                world.log().len() >= log + number || !crawl.is_running()
            }),
            From::Report => wait_until("a report", || {
                self::reports(world) > reports || !crawl.is_running()
            }),
        }
        std::thread::sleep(self.after);
        if crawl.is_running() {
            return crawl.kill();
        }
        crawl.end().expect("a crawl that nobody killed", 0);
        false
    }
}

fn reports(world: &World) -> usize {
    std::fs::read_dir(world.path("output/reports")).map_or(0, Iterator::count)
}

//! The power goes: at any operation on the disk, whatever of the un-fsynced rest is lost or half there, the
//! same command goes on and ends like a crawl that was left alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::exported::{Record, assert_equal, records_of};
use crate::layer::{logged, scratch, settings};
use crate::log::{Log, Op};
use crate::model::Disk;
use crate::program::{self, Running, World};
use crate::records::{check_archive, check_export, records};

/// Cuts unless `KHOTIN_POWER_CUTS` says another number.
const CUTS: usize = 33;
/// Articles of the ministry.
const ARTICLES: usize = 30;

/// What is cut, by the name that the test says.
const KINDS: [&str; 11] = [
    "a record",
    "fsync of a WARC file",
    "a new or closed WARC file",
    "CDXJ",
    "SHA256SUMS",
    "the store's log",
    "the store",
    "a report",
    "an export",
    "a folder",
    "the lock",
];

fn kind_of(op: &Op, path: &str) -> usize {
    let is_warc = path.contains(".warc.gz");
    match op {
        Op::Write { .. } if is_warc => 0,
        Op::Sync { .. } if is_warc => 1,
        _ if is_warc => 2,
        _ if path.contains(".cdxj") => 3,
        _ if path.contains("SHA256SUMS") => 4,
        _ if path.ends_with("-wal") => 5,
        _ if path.contains("khotin.db") => 6,
        _ if path.contains("reports/") => 7,
        _ if path.contains("exports/") => 8,
        _ if path.ends_with("khotin.lock") => 10,
        _ => 9,
    }
}

/// Commands of a user, and what they did to the disk.
struct History {
    world: World,
    log: Log,
    /// How many operations had been done when a command had ended well.
    ended: Vec<(usize, &'static str)>,
    undisturbed: BTreeMap<String, Record>,
}

impl History {
    /// A crawl that ends in the middle, an export of that, the rest, and another export.
    fn record() -> Self {
        let world = World::new(ARTICLES);
        fs::write(world.path("config.toml"), settings(&world)).unwrap();
        let alone = scratch();
        fs::copy(world.path("config.toml"), alone.path().join("config.toml")).unwrap();
        program::run(alone.path(), &["crawl"]).expect("the crawl that is left alone", 0);
        let undisturbed = records(alone.path());

        let place = scratch();
        let file = place.path().join("log");
        let mut ended = Vec::new();
        let commands: [(&[&str], i32); 4] = [
            (&["crawl", "--max-requests", "20"], 1),
            (&["export"], 0),
            (&["crawl"], 0),
            (&["export"], 0),
        ];
        for (args, code) in commands {
            Running::start(logged(world.folder(), args, &file))
                .end()
                .expect(args[0], code);
            ended.push((Log::read(&file).ops.len(), args[0]));
        }
        let log = Log::read(&file);
        let found = records_of(&world.path("output/exports/latest"));
        assert_equal("the history itself", &found, &undisturbed);
        Self {
            world,
            log,
            ended,
            undisturbed,
        }
    }

    /// A place for the `number`-th cut: an operation of one kind, right before or behind it.
    fn choose(&self, number: usize, random: &mut StdRng) -> usize {
        let wanted = number % KINDS.len();
        let places: Vec<usize> = (0..self.log.ops.len())
            .filter(|at| kind_of(&self.log.ops[*at], &self.log.paths[*at]) == wanted)
            .collect();
        assert!(!places.is_empty(), "nothing was done to {}", KINDS[wanted]);
        places[random.random_range(0..places.len())] + random.random_range(0..2)
    }

    /// Cuts the power and goes on.
    fn cut(&self, at: usize, luck: Option<&mut StdRng>) {
        let mut disk = Disk::new();
        for op in &self.log.ops[..at] {
            disk.apply(op);
        }
        let last = at.checked_sub(1).map(|last| &self.log.paths[last]);
        let how = if luck.is_some() {
            "in parts"
        } else {
            "nothing"
        };
        let what = format!("cut behind {at}, {last:?}, of the un-fsynced rest {how}");
        let place = scratch();
        disk.cut(place.path(), luck);
        fs::copy(
            self.world.path("config.toml"),
            place.path().join("config.toml"),
        )
        .unwrap();

        program::run(place.path(), &["crawl"]).expect(&what, 0);
        check_archive(&what, place.path());
        for (file, bytes) in disk.promised_warcs() {
            let closed = fs::read(place.path().join("output/archive").join(&file))
                .unwrap_or_else(|error| panic!("{what}: {file}: {error}"));
            assert!(
                closed.starts_with(&bytes),
                "{what}: {file} lost what was fsynced: {} bytes of {}",
                closed.len(),
                bytes.len()
            );
        }
        self.check_what_had_ended(&what, at, place.path());
        assert_equal(&what, &records(place.path()), &self.undisturbed);
    }

    /// Reports and exports of commands that had ended are there, whole, and `latest` leads to a whole one.
    fn check_what_had_ended(&self, what: &str, at: usize, place: &Path) {
        let had_ended = |command: &str| {
            let all = self.ended.iter();
            all.filter(|(end, name)| *end <= at && *name == command)
                .count()
        };
        let names = |folder: &str| -> Vec<PathBuf> {
            let entries = fs::read_dir(place.join(folder)).into_iter().flatten();
            let paths = entries.map(|entry| entry.unwrap().path());
            let is_own = |path: &PathBuf| {
                let name = path.file_name().unwrap().to_string_lossy();
                name != "latest" && !name.starts_with('.')
            };
            paths.filter(is_own).collect()
        };
        let exports = names("output/exports");
        assert!(exports.len() >= had_ended("export"), "{what}: {exports:?}");
        for export in &exports {
            check_export(what, export);
        }
        let latest = place.join("output/exports/latest");
        if had_ended("export") > 0 || latest.is_symlink() {
            check_export(what, &latest);
        }
        // The run that went on has one too.
        let mut reports = names("output/reports");
        reports.retain(|path| path.extension().is_some_and(|end| end == "json"));
        assert!(reports.len() > had_ended("crawl"), "{what}: {reports:?}");
    }
}

fn cuts() -> usize {
    let wanted = std::env::var("KHOTIN_POWER_CUTS").ok();
    wanted.map_or(CUTS, |wanted| wanted.parse().unwrap())
}

/// Half of the cuts keep nothing that was not fsynced, the others parts of it.
#[test]
fn after_a_power_cut_the_same_command_goes_on_and_nothing_that_was_kept_is_lost() {
    let history = History::record();
    let next = AtomicUsize::new(0);
    let cuts = cuts();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= cuts {
                        return;
                    }
                    let mut random = StdRng::seed_from_u64(number as u64);
                    let at = history.choose(number, &mut random);
                    // The kinds are an odd number, so each comes in both ways.
                    let luck = (number % 2 == 1).then_some(&mut random);
                    history.cut(at, luck);
                }
            });
        }
    });
}

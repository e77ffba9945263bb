//! Nightly: one night of an unattended archive. Crawl, dump, rotation of dumps, metrics, and a word to the
//! operator when something is wrong.
//!
//! In: the settings, a clock, and the [`Work`] that asks and writes (the command's crawl and export); out: a
//! [`NightReport`] and an exit code made for a scheduler. Always holds: one process does this at a time;
//! each phase is noted durable before the next begins, so that a night that was killed goes on where it was
//! by the same command; a dump is removed only after a newer one stands; every end is told, also that of a
//! night that could not begin. Not here: how a crawl is judged when a person started it
//! ([`crate::pipeline::RunReport`]), what an export holds ([`crate::export`]).

mod calendar;
mod course;
mod hook;
mod judge;
mod metrics;
mod removal;
mod report;
mod rotation;
mod telling;
mod words;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::{DateTime, NaiveDate, Utc};

pub use calendar::{Beginning, KnownNight, NightState, Start, night_of, start};
pub use judge::{Case, Counted, Failing, Judgement, count_nights, judge};
pub use metrics::{Facts, SectionAge, render};
pub use report::{
    DumpReport, Journal, NightReport, PastDump, PastNight, Phase, RotationReport, ToldError,
};
pub use rotation::{Dump, Keep, Plan, plan};
pub use words::{Cause, Note};

use crate::config::Config;
use crate::durable;
use crate::export::ExportReport;
use crate::fetch::Clock;
use crate::outcome::Outcome;
use crate::pipeline::{CrawlError, RunReport};
use crate::store::{Holder, StoreError, StoreLock};

use self::course::Night;

/// The lock of the whole night, beside the store's own, which only lasts as long as the crawl.
const LOCK_FILE: &str = "khotin-nightly.lock";

/// Why a night, or a part of its work, ended by an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What happened.
    pub message: String,
    /// What to do.
    pub advice: Option<String>,
    /// The exit code that it has.
    pub outcome: Outcome,
}

impl Failure {
    fn io(doing: &str, path: &Path, error: &io::Error) -> Self {
        Self {
            message: format!("cannot {doing} {}: {error}", path.display()),
            advice: Some("check the path, the rights and the disk".to_owned()),
            outcome: Outcome::Incomplete,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let error = CrawlError::from(error);
        Self {
            message: error.to_string(),
            advice: Some(error.advice().to_owned()),
            outcome: error.outcome(),
        }
    }
}

/// What a night asks others to do.
pub trait Work {
    /// One crawl, as the settings say.
    ///
    /// # Errors
    /// Why it could not begin or go on.
    fn crawl(&mut self) -> Result<RunReport, Failure>;

    /// Writes everything into a new folder `name` in `folder`, and lets `latest` there lead to it.
    ///
    /// # Errors
    /// Why there is no dump.
    fn dump(&mut self, folder: &Path, name: &str) -> Result<ExportReport, Failure>;

    /// Whether the operator or the system wishes this process to end.
    fn is_interrupted(&self) -> bool;
}

/// What a night needs from outside.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The operator's settings.
    pub config: &'a Config,
    /// The clock.
    pub clock: &'a dyn Clock,
    /// Do a night that is done once more.
    pub again: bool,
}

/// What came of a start.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// This night is done already; nothing was done.
    AlreadyDone {
        /// Its day.
        night: NaiveDate,
        /// Its report.
        report: PathBuf,
    },
    /// It came to an end.
    Ended(Box<Ended>),
}

/// A night at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// What it did.
    pub report: NightReport,
    /// Why it ended as it did.
    pub judgement: Judgement,
    /// The report's file, if it could be kept.
    pub path: Option<PathBuf>,
}

/// Where dumps stand in an output folder.
pub fn dumps_folder(output: &Path) -> PathBuf {
    output.join("dumps")
}

/// Does a night, or goes on with one, and tells of it. Errors are part of what is told.
pub fn night(job: Job<'_>, work: &mut dyn Work) -> Told {
    let began = Instant::now();
    let now = job.clock.now_utc();
    let journal = Journal::of(&job.config.paths.output);
    // Held to the very end: also while the operator is told.
    let lock = take_lock(job, now);
    let begun = lock.as_ref().map_err(Clone::clone).and_then(|_| {
        let failed = |error| Failure::io("read", &journal.path(0, night_of(now)), &error);
        begin(job, &journal, now).map_err(failed)
    });
    let mut night = match begun {
        Ok(Begun::Done { number, night }) => {
            return Told::AlreadyDone {
                night,
                report: journal.path(number, night),
            };
        }
        Ok(Begun::Goes(night)) => *night,
        Err(failure) => Night::that_can_not_begin(job, &journal, now, failure),
    };
    if night.failure.is_none() {
        night.failure = night.phases(work).err();
    }
    let is_interrupted = work.is_interrupted() && night.report.phase < Phase::Tell;
    Told::Ended(Box::new(night.tell(began, is_interrupted)))
}

fn take_lock(job: Job<'_>, now: DateTime<Utc>) -> Result<StoreLock, Failure> {
    let output = &job.config.paths.output;
    durable::make_folder(output).map_err(|error| Failure::io("make", output, &error))?;
    let holder = Holder {
        pid: std::process::id(),
        since: now,
    };
    Ok(StoreLock::take(&output.join(LOCK_FILE), holder)?)
}

/// What a start found.
enum Begun<'a> {
    Done { number: u32, night: NaiveDate },
    Goes(Box<Night<'a>>),
}

fn begin<'a>(job: Job<'a>, journal: &'a Journal, now: DateTime<Utc>) -> io::Result<Begun<'a>> {
    let known = journal.known()?;
    let day_of = |number: u32| {
        let mut known = known.iter();
        known
            .find(|known| known.number == number)
            .map_or(night_of(now), |known| known.night)
    };
    let last = journal.last()?;
    Ok(match start(&known, now, job.again) {
        Start::Done { number } => Begun::Done {
            number,
            night: day_of(number),
        },
        Start::GoOn { number } => {
            let night = day_of(number);
            let report = journal.read(number, night);
            let mut report = report.unwrap_or_else(|| {
                // Of another version: it begins anew under its number.
                let mut report = NightReport::begin(number, night, now);
                remember(&mut report, last);
                report
            });
            if report.phase == Phase::Tell && report.dump.is_some() && report.rotation.is_none() {
                // Why old dumps could not be removed is found out again.
                report.phase = Phase::Rotate;
            }
            let mut night = Night::new(job, journal, report);
            night.notes.push(Note::WentOn);
            Begun::Goes(Box::new(night))
        }
        Start::Begin(beginning) => {
            let mut report = NightReport::begin(beginning.number, night_of(now), now);
            report.missed = beginning.missed;
            remember(&mut report, last);
            let mut night = Night::new(job, journal, report);
            if beginning.missed > 0 {
                let nights = beginning.missed;
                night.notes.push(Note::Missed { nights });
            }
            if let Some(night_of_last) = beginning.dated_later {
                night.notes.push(Note::DatedLater {
                    night: night_of_last,
                });
            }
            Begun::Goes(Box::new(night))
        }
    })
}

/// What a night takes over from the one before.
fn remember(report: &mut NightReport, last: Option<PastNight>) {
    if let Some(last) = last {
        report.failing = last.failing;
        report.last_success = last.last_success;
    }
}

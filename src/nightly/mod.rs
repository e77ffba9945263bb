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
mod hook;
mod judge;
mod metrics;
mod removal;
mod report;
mod rotation;
mod words;

use std::collections::{BTreeMap, BTreeSet};
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
use crate::export::{ExportReport, lead_latest_to};
use crate::fetch::Clock;
use crate::model::Purpose;
use crate::outcome::Outcome;
use crate::pipeline::{CrawlError, RunReport, database};
use crate::store::{Holder, RequestState, SqliteStore, Store, StoreError, StoreLock};

use self::removal::DumpManifest;

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

/// A dump that stood when the process before ended; `latest` may not have led to it yet.
fn standing_dump(folder: &Path, name: &str) -> Result<DumpReport, Failure> {
    let path = folder.join(name).join("manifest.json");
    let read = |path: &Path| Ok(serde_json::from_slice(&std::fs::read(path)?)?);
    let manifest: DumpManifest = read(&path).map_err(|error| Failure::io("read", &path, &error))?;
    let latest = lead_latest_to(folder, name);
    latest.map_err(|error| Failure::io("lead `latest` to", &folder.join(name), &error))?;
    Ok(dump_report(
        name.to_owned(),
        manifest.articles,
        manifest.bytes(),
    ))
}

fn dump_report(name: String, articles: u64, bytes: u64) -> DumpReport {
    tracing::info!(
        event = "dump_written",
        dump = name,
        articles,
        dump_bytes = bytes,
        "dump {name} stands"
    );
    DumpReport {
        name,
        articles: Some(articles),
        bytes: Some(bytes),
    }
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
            let report = report.unwrap_or_else(|| {
                // Of another version: it begins anew under its number.
                let mut report = NightReport::begin(number, night, now);
                remember(&mut report, last);
                report
            });
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

/// A night while it goes on.
struct Night<'a> {
    job: Job<'a>,
    journal: &'a Journal,
    report: NightReport,
    counted: Counted,
    notes: Vec<Note>,
    /// What went wrong beside the crawl.
    causes: Vec<Cause>,
    failure: Option<Failure>,
    /// The report has a place in the journal.
    is_kept: bool,
}

impl<'a> Night<'a> {
    fn new(job: Job<'a>, journal: &'a Journal, report: NightReport) -> Self {
        let counted = Counted {
            nights: report.failing.clone(),
            tonight: BTreeSet::new(),
        };
        Self {
            job,
            journal,
            report,
            counted,
            notes: Vec::new(),
            causes: Vec::new(),
            failure: None,
            is_kept: true,
        }
    }

    /// It has no number and no file, but what is told of it knows the last success.
    fn that_can_not_begin(
        job: Job<'a>,
        journal: &'a Journal,
        now: DateTime<Utc>,
        failure: Failure,
    ) -> Self {
        let mut report = NightReport::begin(0, night_of(now), now);
        remember(&mut report, journal.last().ok().flatten());
        Self {
            failure: Some(failure),
            is_kept: false,
            ..Self::new(job, journal, report)
        }
    }

    fn keep(&self) -> Result<(), Failure> {
        if !self.is_kept {
            return Ok(());
        }
        let path = self.journal.path(self.report.number, self.report.night);
        let kept = self.journal.keep(&self.report);
        kept.map_err(|error| Failure::io("write", &path, &error))
    }

    fn enter(&mut self, phase: Phase) -> Result<(), Failure> {
        self.report.phase = phase;
        self.keep()
    }

    /// The work of the night, from the phase on where it stands. Ends early, without an error, when it is
    /// interrupted.
    fn phases(&mut self, work: &mut dyn Work) -> Result<(), Failure> {
        self.keep()?;
        if self.report.phase == Phase::Crawl {
            let run = work.crawl()?;
            tracing::info!(
                event = "crawl_ended",
                run = %run.run,
                exit_code = run.exit_code,
                elapsed_ms = (run.seconds * 1000.0) as u64,
                "the crawl of the night ended"
            );
            self.count_failing(&run)?;
            self.report.crawl = Some(run);
            if work.is_interrupted() {
                return self.keep();
            }
            self.enter(Phase::Dump)?;
        }
        if self.report.phase == Phase::Dump {
            if self.job.config.nightly.dump {
                self.dump(work)?;
            }
            self.enter(Phase::Rotate)?;
        }
        if self.report.phase == Phase::Rotate {
            if self.report.dump.is_some() {
                self.rotate();
            }
            self.enter(Phase::Tell)?;
        }
        Ok(())
    }

    /// Counts in how many nights in a row things fail.
    fn count_failing(&mut self, run: &RunReport) -> Result<(), Failure> {
        let give_up_after = self.job.config.crawl.give_up_after;
        let store = SqliteStore::open_reader(&database(&self.job.config.paths.output))?;
        let mut failing = Failing::default();
        for site in run.sites.keys() {
            for row in store.failures(site)? {
                let what = row.request.key().to_string();
                let is_of_run = row.run.as_ref() == Some(&run.run);
                let is_refused_listing =
                    row.state == RequestState::Refused && row.request.purpose == Purpose::Listing;
                let has_failed = matches!(row.state, RequestState::Failed | RequestState::GivenUp)
                    // One that was given up before fails on and is no news.
                    && row.failed_runs <= give_up_after;
                if is_of_run && (has_failed || is_refused_listing) {
                    failing.tonight.insert(what);
                } else if row.failed_runs > 0 && row.state != RequestState::GivenUp {
                    failing.not_asked.insert(what);
                }
            }
        }
        let before = std::mem::take(&mut self.counted.nights);
        let is_same_night = self.is_done_again();
        self.counted = count_nights(&before, is_same_night, run, failing);
        self.report.failing.clone_from(&self.counted.nights);
        Ok(())
    }

    /// Whether the report before this one is of the same day.
    fn is_done_again(&self) -> bool {
        let listed = self.journal.list().unwrap_or_default();
        let before = listed
            .iter()
            .rev()
            .find(|(number, _)| *number < self.report.number);
        before.is_some_and(|(_, night)| *night == self.report.night)
    }

    /// Writes the dump, unless it stands already because the process ended behind that.
    fn dump(&mut self, work: &mut dyn Work) -> Result<(), Failure> {
        let folder = dumps_folder(&self.job.config.paths.output);
        let noted = self.report.dump.take().map(|dump| dump.name);
        if let Some(name) = &noted
            && folder.join(name).is_dir()
        {
            // Its name was noted before it was written, and a dump stands whole or not at all.
            self.report.dump = Some(standing_dump(&folder, name)?);
            return Ok(());
        }
        let name = noted.unwrap_or_else(|| removal::free_name(&folder, self.report.night));
        self.report.dump = Some(DumpReport {
            name: name.clone(),
            articles: None,
            bytes: None,
        });
        self.keep()?;
        let dumped = work.dump(&folder, &name).inspect_err(|_| {
            self.report.dump = None;
        })?;
        let bytes = dumped.manifest.files.iter().map(|file| file.bytes).sum();
        self.report.dump = Some(dump_report(name, dumped.manifest.articles, bytes));
        Ok(())
    }

    /// Removes old dumps. An error leaves them for the next night.
    fn rotate(&mut self) {
        let folder = dumps_folder(&self.job.config.paths.output);
        let settings = &self.job.config.nightly;
        let keep = Keep {
            daily: settings.keep_daily,
            monthly: settings.keep_monthly,
        };
        match removal::rotate(&folder, &self.dumps_made(), keep) {
            Ok(rotated) => {
                for name in &rotated.removed {
                    tracing::info!(
                        event = "dump_removed",
                        dump = name,
                        "dump {name} was removed"
                    );
                }
                let not_ours = rotated.not_ours.iter();
                self.notes
                    .extend(not_ours.map(|name| Note::NotOurs { name: name.clone() }));
                self.report.rotation = Some(rotated);
            }
            Err(error) => {
                let source = std::error::Error::source(&error);
                let why = match source {
                    Some(source) => format!("{error}: {source}"),
                    None => error.to_string(),
                };
                self.causes.push(Cause::NotRotated { why });
            }
        }
    }

    /// The dumps that reports of nights name, with the number of their night.
    fn dumps_made(&self) -> BTreeMap<String, u32> {
        let nights = self.journal.list().unwrap_or_default();
        let mut made = BTreeMap::new();
        for (number, night) in nights {
            let past = self.journal.past(number, night);
            let dump = past.and_then(|past| past.dump);
            made.extend(dump.map(|dump| (dump.name, number)));
        }
        let dump = self.report.dump.as_ref();
        made.extend(dump.map(|dump| (dump.name.clone(), self.report.number)));
        made
    }

    /// Judges the night and tells of it: report, metrics, program of the operator.
    fn tell(mut self, began: Instant, is_interrupted: bool) -> Ended {
        let mut judgement = judge(Case {
            alert: &self.job.config.alert,
            run: self.report.crawl.as_ref(),
            failing: &self.counted,
            failure: self.failure.as_ref(),
        });
        judgement.causes.append(&mut self.causes);
        let mut notes = std::mem::take(&mut self.notes);
        notes.append(&mut judgement.notes);
        judgement.notes = notes;
        judgement.settle();
        if is_interrupted {
            judgement.outcome = Outcome::Interrupted;
        }
        let now = self.job.clock.now_utc();
        self.report.error = self.failure.as_ref().map(|failure| ToldError {
            message: failure.message.clone(),
            advice: failure.advice.clone(),
        });
        self.report.seconds = began.elapsed().as_secs_f64();
        self.report.ended = (!is_interrupted).then_some(now);
        if judgement.outcome == Outcome::Complete {
            self.report.last_success = Some(now);
        }
        if !is_interrupted {
            self.report.phase = Phase::Tell;
        }
        self.note(&judgement);
        self.log_end(&judgement);
        self.keep_or_say();
        self.write_metrics(&mut judgement, now);
        if !matches!(judgement.outcome, Outcome::Complete | Outcome::Interrupted) {
            self.call_hook();
        }
        if !is_interrupted {
            self.report.phase = Phase::Over;
            self.keep_or_say();
        }
        let path = self.journal.path(self.report.number, self.report.night);
        Ended {
            path: self.is_kept.then_some(path),
            report: self.report,
            judgement,
        }
    }

    fn note(&mut self, judgement: &Judgement) {
        let english = crate::Lang::En;
        let causes = judgement.causes.iter();
        self.report.causes = causes.map(|cause| cause.words(english)).collect();
        let notes = judgement.notes.iter();
        self.report.notes = notes.map(|note| note.words(english)).collect();
        self.report.exit_code = Some(judgement.outcome.code());
    }

    fn log_end(&self, judgement: &Judgement) {
        let (night, exit_code) = (self.report.night, judgement.outcome.code());
        let elapsed_ms = (self.report.seconds * 1000.0) as u64;
        match self.report.causes.first() {
            None => tracing::info!(
                event = "night_ended",
                %night,
                exit_code,
                elapsed_ms,
                "the night of {night} ended with exit code {exit_code}"
            ),
            Some(cause) => tracing::error!(
                event = "night_ended",
                %night,
                exit_code,
                elapsed_ms,
                cause,
                "the night of {night} ended with exit code {exit_code}: {cause}"
            ),
        }
    }

    /// The night is over, whether its report can be kept or not; what is told goes on.
    fn keep_or_say(&mut self) {
        if let Err(failure) = self.keep() {
            tracing::error!(event = "report_not_kept", "{}", failure.message);
            self.is_kept = false;
        }
    }

    fn write_metrics(&mut self, judgement: &mut Judgement, now: DateTime<Utc>) {
        let Some(path) = &self.job.config.nightly.metrics else {
            return;
        };
        let facts = Facts::gather(self.job.config, now);
        let text = render(&self.report, &facts, now);
        if let Err(error) = durable::write_file_with(path, text.as_bytes(), Some(0o644)) {
            let why = format!("cannot write {}: {error}", path.display());
            judgement.causes.push(Cause::NoMetrics { why });
            judgement.settle();
            self.note(judgement);
            self.keep_or_say();
        }
    }

    fn call_hook(&mut self) {
        let settings = &self.job.config.nightly;
        let Some((program, args)) = settings.on_failure.split_first() else {
            return;
        };
        let told = hook::call(hook::Call {
            program,
            args,
            report: &self.report,
            limit: settings.on_failure_time.0,
        });
        let words = match told {
            Ok(()) => "done".to_owned(),
            Err(error) => {
                tracing::error!(event = "on_failure_failed", "{error}");
                error.to_string()
            }
        };
        self.report.on_failure = Some(words);
    }
}

//! The course of one night: crawl, dump, rotation, each noted in the journal before it begins. Telling of
//! it is [`super::telling`]'s.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, Utc};

use super::removal::{self, DumpManifest};
use super::{
    Cause, Counted, DumpReport, Failing, Failure, Job, Journal, Keep, NightReport, Note, Phase,
    Work, count_nights, dumps_folder, night_of, remember,
};
use crate::export::lead_latest_to;
use crate::model::Purpose;
use crate::pipeline::{RunReport, database};
use crate::store::{RequestState, SqliteStore, Store};

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

/// A night while it goes on.
pub(super) struct Night<'a> {
    pub(super) job: Job<'a>,
    pub(super) journal: &'a Journal,
    pub(super) report: NightReport,
    pub(super) counted: Counted,
    pub(super) notes: Vec<Note>,
    /// What went wrong beside the crawl.
    pub(super) causes: Vec<Cause>,
    pub(super) failure: Option<Failure>,
    /// The report has a place in the journal.
    pub(super) is_kept: bool,
}

impl<'a> Night<'a> {
    pub(super) fn new(job: Job<'a>, journal: &'a Journal, report: NightReport) -> Self {
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
    pub(super) fn that_can_not_begin(
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

    pub(super) fn keep(&self) -> Result<(), Failure> {
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
    pub(super) fn phases(&mut self, work: &mut dyn Work) -> Result<(), Failure> {
        self.keep()?;
        if let Some(run) = self
            .report
            .crawl
            .clone()
            .filter(|_| self.report.phase > Phase::Crawl)
        {
            // What failed tonight is in no report; the process that counted it is gone.
            self.count_failing(&run)?;
        }
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
        // A crawl of this night was counted before it was cut off.
        let is_same_night = self.report.crawl.is_some() || self.is_done_again();
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
            // A dump to which `latest` could not lead stands all the same.
            if !folder.join(&name).is_dir() {
                self.report.dump = None;
            }
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
}

//! Facts: all that `status` shows, asked of store and disk once. Nothing is changed, and a crawl may run.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use super::forecast::{Disk, Forecast, WINDOW_DAYS, foretell};
use crate::config::{Assets, Config, SiteProfile, Sites};
use crate::drift::{Sign, rhythm_of};
use crate::model::{SectionId, SiteId};
use crate::pipeline::{RunReport, archive_folder, database, free_bytes, run_name};
use crate::store::{
    Counts, PastRun, RequestRow, RunRow, SectionCount, SqliteStore, Store, StoreError, Want,
};

/// Runs that are shown (our choice: a working week).
const RUNS: usize = 5;

/// What is there.
pub(super) struct Facts<'a> {
    /// When it was asked.
    pub(super) now: DateTime<Utc>,
    /// The newest runs, newest first.
    pub(super) runs: Vec<KnownRun>,
    /// Files on the disk.
    pub(super) files: Files,
    /// What is free and what has to stay so.
    pub(super) disk: Disk,
    /// How it goes on.
    pub(super) forecast: Forecast,
    /// Sites of which something was asked.
    pub(super) sites: Vec<KnownSite<'a>>,
}

/// A run, with its report where that can be read.
pub(super) struct KnownRun {
    pub(super) past: PastRun,
    pub(super) report: Option<RunReport>,
}

impl KnownRun {
    /// When it ended; none while it goes on, or if it was killed. Of a run that is known from the
    /// archive alone, when it last asked.
    pub(super) fn ended_at(&self) -> Option<DateTime<Utc>> {
        match &self.past {
            PastRun::Noted(row) => row.finished_at,
            PastRun::Seen { last, .. } => Some(*last),
        }
    }

    /// How long it took, on the clock that its report trusts, else by wall clock.
    pub(super) fn took(&self) -> Option<TimeDelta> {
        match &self.report {
            Some(report) => TimeDelta::try_milliseconds((report.seconds * 1000.0) as i64),
            None => Some(self.ended_at()? - self.past.started_at()),
        }
    }

    /// A number of its report, over all sites.
    pub(super) fn sum(&self, of: impl Fn(&crate::pipeline::SiteReport) -> u64) -> Option<u64> {
        Some(self.report.as_ref()?.sites.values().map(of).sum())
    }
}

/// What lies on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Files {
    /// WARC files, closed and open.
    pub(super) warcs: u64,
    /// Bytes of the archive's folder.
    pub(super) archive: u64,
    /// Bytes of the database with its log.
    pub(super) database: u64,
}

/// What is known of a site.
pub(super) struct KnownSite<'a> {
    pub(super) profile: &'a SiteProfile,
    pub(super) counts: Counts,
    /// What the newest run that told of it said that changed.
    pub(super) signs: Vec<Sign>,
    /// Requests that are failed, given up or refused.
    pub(super) failures: Vec<RequestRow>,
    /// Pages of its newest run on which it refused us.
    pub(super) blocked: u64,
    /// Requests that are due now.
    pub(super) due: u64,
    /// When the next one will be.
    pub(super) next_due: Option<DateTime<Utc>>,
}

impl KnownSite<'_> {
    /// In about what time a section shows something new.
    pub(super) fn rhythm(&self, section: &SectionId, count: &SectionCount) -> Option<TimeDelta> {
        let mut sections = self.profile.sections.iter();
        let stated = sections.find(|known| known.id == *section)?.rhythm;
        rhythm_of(stated.map(|period| period.0), &count.days)
    }
}

/// Asks store and disk.
pub(super) fn gather<'a>(
    config: &Config,
    sites: &'a Sites,
    store: &SqliteStore,
    now: DateTime<Utc>,
) -> Result<Facts<'a>, StoreError> {
    let runs: Vec<KnownRun> = store.runs(RUNS)?.into_iter().map(known_run).collect();
    let files = files(&config.paths.output);
    let disk = Disk {
        kept: files.archive.saturating_add(files.database),
        free: free_bytes(&config.paths.output),
        min_free: config.archive.min_free_bytes,
    };
    let growth = store.growth(now - TimeDelta::days(WINDOW_DAYS))?;
    let mut known = Vec::new();
    for site in sites.iter() {
        let counts = store.counts(&site.profile.id)?;
        if counts.exchanges > 0 {
            known.push(known_site(store, &site.profile, counts, &runs, now)?);
        }
    }
    Ok(Facts {
        now,
        forecast: foretell(growth, disk, now),
        runs,
        files,
        disk,
        sites: known,
    })
}

fn known_run(past: PastRun) -> KnownRun {
    // A report of an older khotin may lack a key: then its numbers are not known.
    let report = match &past {
        PastRun::Noted(RunRow {
            report: Some(report),
            ..
        }) => serde_json::from_value(report.clone()).ok(),
        _ => None,
    };
    KnownRun { past, report }
}

fn known_site<'a>(
    store: &SqliteStore,
    profile: &'a SiteProfile,
    counts: Counts,
    runs: &[KnownRun],
    now: DateTime<Utc>,
) -> Result<KnownSite<'a>, StoreError> {
    let id: &SiteId = &profile.id;
    let newest = runs
        .iter()
        .find_map(|run| run.report.as_ref()?.sites.get(id));
    let want = Want {
        run: run_name(now, 0),
        site: id.clone(),
        sections: Vec::new(),
        since: None,
        assets: Assets::None,
    };
    Ok(KnownSite {
        profile,
        counts,
        signs: newest.map(|site| site.drift.clone()).unwrap_or_default(),
        failures: store.failures(id)?,
        blocked: newest.map_or(0, |site| site.blocked.values().sum()),
        due: store.due(&want, now)?,
        next_due: store.next_due(id, now)?,
    })
}

/// Sizes on the disk. What can not be looked at counts as nothing: `doctor` tells of it.
pub(super) fn files(output: &Path) -> Files {
    let mut files = Files::default();
    let entries = std::fs::read_dir(archive_folder(output))
        .into_iter()
        .flatten();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let bytes = entry.metadata().map_or(0, |file| file.len());
        files.archive = files.archive.saturating_add(bytes);
        if name.ends_with(".warc.gz") || name.ends_with(".warc.gz.open") {
            files.warcs = files.warcs.saturating_add(1);
        }
    }
    let path = database(output);
    for end in ["", "-wal", "-shm"] {
        let mut name = path.clone().into_os_string();
        name.push(end);
        let bytes = std::fs::metadata(name).map_or(0, |file| file.len());
        files.database = files.database.saturating_add(bytes);
    }
    files
}

//! Taker: answers of foreign archives in, whole batches of captures in the store out. Holds one batch in
//! memory, whatever the files are; counts everything. Not here: how a foreign file is read (`records`,
//! `pages`).

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};

use super::files::Source;
use super::{ImportProgress, ImportWishes, Opening};
use crate::archive::{payload_sha1, payload_sha256};
use crate::config::SiteProfile;
use crate::foreign::Trouble;
use crate::import::ImportError;
use crate::import::identity::Identity;
use crate::import::judge::{Asked, Passed, judge};
use crate::import::number;
use crate::import::report::{ImportReport, LocatedTrouble};
use crate::model::{
    Capture, ForeignFile, Location, Page, Request, Sequence, SiteId, Truncation, Via, plain,
};
use crate::pipeline::CrawlError;
use crate::pipeline::readers::{Readers, Unread, jobs};
use crate::pipeline::reading::Reading;
use crate::store::{
    ImportedCapture, ImportedRow, Imports, PageKind, SqliteStore, Store, WaitingRevisit,
};

/// Captures that are committed together (our choice).
const BATCH: usize = 256;
/// Bytes of bodies that are held together, beside one capture (our choice).
const BATCH_BYTES: usize = 16 * 1024 * 1024;

/// Why a capture is kept and not read.
const DIED: &str = "the process ended while it was read alone";

/// Takes records into the store.
pub(super) struct Taker<'a> {
    opening: Opening<'a>,
    /// `None` in a dry run where there is no store yet.
    pub(super) store: Option<&'a mut SqliteStore>,
    wishes: ImportWishes,
    /// Captures read at the same time.
    jobs: NonZeroUsize,
    pub(super) report: ImportReport,
    told: &'a mut dyn FnMut(ImportProgress),
    progress: ImportProgress,
    batch: Vec<Candidate<'a>>,
    batch_bytes: usize,
    waiting: Vec<WaitingRevisit>,
    /// Marks of captures at whose reading an earlier process ended.
    suspects: BTreeSet<Sequence>,
    /// No capture of the file at hand is later.
    latest: DateTime<Utc>,
    /// What a dry run has counted as new.
    counted: BTreeSet<Identity>,
}

/// A capture that is to be read.
struct Candidate<'a> {
    row: ImportedRow,
    capture: Capture,
    /// `None` if it is known that it can not be read.
    profile: Option<&'a SiteProfile>,
}

impl Candidate<'_> {
    /// What it is marked by while it is read: the number that it has if no other is in its way.
    fn mark(&self) -> Sequence {
        number::home_of(self.row.captured_at, &self.row.identity)
    }
}

impl Unread for Candidate<'_> {
    fn unread(&self) -> Option<(&SiteProfile, &Capture)> {
        Some((self.profile?, &self.capture))
    }
}

/// An answer of a foreign archive, whatever it stood in.
pub(super) struct Answer {
    pub(super) request: Request,
    pub(super) captured_at: DateTime<Utc>,
    pub(super) status: u16,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
    pub(super) truncated: Option<Truncation>,
    pub(super) said_digest: Option<String>,
    pub(super) is_revisit: bool,
    pub(super) source: ForeignFile,
    pub(super) location: Location,
}

impl<'a> Taker<'a> {
    pub(super) fn new(
        opening: Opening<'a>,
        store: Option<&'a mut SqliteStore>,
        wishes: ImportWishes,
        report: ImportReport,
        told: &'a mut dyn FnMut(ImportProgress),
        of: u64,
    ) -> Result<Self, CrawlError> {
        let marked = match &store {
            Some(store) => store.suspects()?,
            None => Vec::new(),
        };
        let suspects = marked
            .into_iter()
            .filter(|mark| mark.is_imported())
            .collect();
        Ok(Self {
            opening,
            store,
            wishes,
            jobs: jobs(opening.config.reading.jobs),
            report,
            told,
            progress: ImportProgress {
                of,
                ..ImportProgress::default()
            },
            batch: Vec::new(),
            batch_bytes: 0,
            waiting: Vec::new(),
            suspects,
            latest: opening.clock.now_utc(),
            counted: BTreeSet::new(),
        })
    }

    /// The profile of a site that is known.
    pub(super) fn profile(&self, site: &SiteId) -> Option<&'a SiteProfile> {
        Some(&self.opening.sites.get(site)?.profile)
    }

    /// What a record is for us.
    pub(super) fn judge(&self, asked: Asked<'_>) -> Result<Request, Passed> {
        judge(self.opening.sites.iter().map(|site| &site.profile), asked)
    }

    /// A file is begun: its captures are no later than a day after it was first imported (our choice: clocks
    /// and zones differ). A rebuild judges as the import did.
    pub(super) fn begin_file(&mut self, imported_at: Option<DateTime<Utc>>) {
        let imported_at = imported_at.unwrap_or_else(|| self.opening.clock.now_utc());
        let latest = imported_at.checked_add_signed(TimeDelta::days(1));
        self.latest = latest.unwrap_or(imported_at);
    }

    /// True for a time that a capture of the file at hand may be of.
    pub(super) fn is_time(&self, time: DateTime<Utc>) -> bool {
        number::second_of(time).is_some() && time <= self.latest
    }

    /// True if it was interrupted.
    pub(super) fn is_stopped(&mut self) -> bool {
        self.report.interrupted |= *self.opening.stop.borrow();
        self.report.interrupted
    }

    /// One more record was read; `bytes` of the file at hand are behind.
    pub(super) fn read_past(&mut self, bytes: u64) {
        self.progress.records += 1;
        let mut progress = self.progress;
        progress.bytes += bytes;
        (self.told)(progress);
    }

    /// A file is done with.
    pub(super) fn file_done(&mut self, bytes: u64) {
        self.progress.bytes += bytes;
    }

    /// A revisit waits until all files are read: its original may stand behind it, or in another one.
    pub(super) fn wait(&mut self, revisit: WaitingRevisit) -> Result<(), CrawlError> {
        self.waiting.push(revisit);
        match self.waiting.len() >= BATCH {
            true => self.flush(),
            false => Ok(()),
        }
    }

    /// An answer of a configured site.
    pub(super) fn take(&mut self, answer: Answer) -> Result<(), CrawlError> {
        let (sha1, sha256) = (payload_sha1(&answer.body), payload_sha256(&answer.body));
        let record_id = answer.location.record_id.clone();
        let identity = Identity::of(&record_id, &answer.request, answer.captured_at, &sha256);
        if let Some(store) = &self.store {
            if store.is_own_record(&answer.request.site, &record_id, &sha256)? {
                self.report.pass(Passed::Own);
                return Ok(());
            }
            // A dry run takes no digests: whichever file it is, the capture is known or not.
            let place = Some((&answer.source, &answer.location));
            if store.knows_import(&identity, place.filter(|_| !self.wishes.dry_run))? {
                self.report.known += 1;
                return Ok(());
            }
        }
        let Some(profile) = self.profile(&answer.request.site) else {
            self.report.pass(Passed::OtherHost);
            return Ok(());
        };
        let row = ImportedRow {
            // The store gives the number.
            sequence: Sequence::FIRST_IMPORTED,
            identity,
            source: answer.source,
            location: answer.location.clone(),
            request: answer.request.clone(),
            captured_at: answer.captured_at,
            status: answer.status,
            bytes: answer.body.len() as u64,
            truncated: answer.truncated,
            said_digest: answer.said_digest.or_else(|| Some(format!("sha1:{sha1}"))),
            payload_sha1: sha1.clone(),
            payload_sha256: sha256.clone(),
            is_revisit: answer.is_revisit,
            profile_digest: profile.digest.clone(),
            page: PageKind::Nothing,
            layout: None,
        };
        let capture = Capture {
            sequence: Sequence::FIRST_IMPORTED,
            request: answer.request,
            captured_at: answer.captured_at,
            via: Via::Import,
            status: answer.status,
            headers: as_packed(answer.headers, &answer.body),
            body: answer.body,
            truncated: answer.truncated,
            payload_sha1: sha1,
            payload_sha256: sha256,
            location: answer.location,
        };
        self.batch_bytes += capture.body.len();
        let unreadable = match &self.store {
            Some(store) => store.unreadable(&row.request.key(), &row.payload_sha256)?,
            None => None,
        };
        self.batch.push(Candidate {
            row,
            capture,
            profile: Some(profile).filter(|_| unreadable.is_none()),
        });
        if self.batch.len() >= BATCH || self.batch_bytes >= BATCH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Reads and commits what is held.
    pub(super) fn flush(&mut self) -> Result<(), CrawlError> {
        let batch = std::mem::take(&mut self.batch);
        let waiting = std::mem::take(&mut self.waiting);
        self.batch_bytes = 0;
        if self.wishes.dry_run {
            for candidate in batch {
                match self.counted.insert(candidate.row.identity) {
                    true => self.report.new += 1,
                    false => self.report.known += 1,
                }
            }
            self.report.waiting += waiting.len() as u64;
            return Ok(());
        }
        let mut captures = Vec::with_capacity(batch.len());
        for (candidate, reading) in self.read_batch(batch)? {
            match self.read(candidate, reading) {
                Some(capture) => captures.push(capture),
                None => self.report.pass(Passed::Redirect),
            }
        }
        let Some(store) = &mut self.store else {
            return Ok(());
        };
        if !captures.is_empty() {
            let committed = store.commit_imported(&captures)?;
            self.report.new += committed.new;
            self.report.known += committed.known;
            self.report.changes(&committed.changes);
        }
        if !waiting.is_empty() {
            store.keep_waiting(&waiting)?;
        }
        Ok(())
    }

    /// Reads captures, each marked while it is read: reading may take the process with it. Those that were
    /// marked when this process began are read one by one, and one that was marked alone is not read.
    fn read_batch(
        &mut self,
        batch: Vec<Candidate<'a>>,
    ) -> Result<Vec<(Candidate<'a>, Option<Reading>)>, CrawlError> {
        let Some(store) = &mut self.store else {
            return Ok(Vec::new());
        };
        let suspects = &self.suspects;
        let is_suspect = |one: &Candidate<'_>| suspects.contains(&one.mark());
        let (suspicious, others): (Vec<_>, Vec<_>) = batch.into_iter().partition(is_suspect);
        let marks: Vec<Sequence> = others.iter().map(Candidate::mark).collect();
        store.attempting(&marks)?;
        let mut read = read_side_by_side(others, self.jobs)?;
        store.spare(&marks)?;
        for mut candidate in suspicious {
            let mark = candidate.mark();
            if suspects.len() == 1 {
                let (key, payload) = (candidate.row.request.key(), &candidate.row.payload_sha256);
                store.set_unreadable(&key, payload, DIED)?;
                candidate.profile = None;
            }
            // From here on the mark is about this one alone.
            let all: Vec<Sequence> = suspects.iter().copied().collect();
            store.spare(&all)?;
            store.attempting(&[mark])?;
            read.extend(read_side_by_side(vec![candidate], self.jobs)?);
            store.spare(&[mark])?;
        }
        Ok(read)
    }

    fn count_page(&mut self, page: PageKind) {
        let pages = &mut self.report.pages;
        *pages.entry(page.as_str().to_owned()).or_default() += 1;
    }

    /// What reading gave of a capture; `None` for a redirect that leads on.
    fn read(
        &mut self,
        candidate: Candidate<'a>,
        reading: Option<Reading>,
    ) -> Option<ImportedCapture> {
        let mut row = candidate.row;
        let Some(Reading {
            read,
            mut observations,
        }) = reading
        else {
            row.page = PageKind::Unreadable;
            self.count_page(row.page);
            return Some(ImportedCapture {
                row,
                observations: Vec::new(),
            });
        };
        if matches!(read.page, Page::Redirect { .. }) {
            return None;
        }
        row.page = PageKind::of(&read.page);
        row.layout = read.profile.layout;
        for observation in &mut observations {
            observation.capture.foreign = Some(row.source.clone());
        }
        self.count_page(row.page);
        Some(ImportedCapture { row, observations })
    }

    /// Counts a trouble of a file.
    ///
    /// # Errors
    /// [`ImportError::Strict`] if it is to be the end.
    pub(super) fn trouble(
        &mut self,
        source: &Source,
        member: Option<&str>,
        trouble: &Trouble,
    ) -> Result<(), CrawlError> {
        let file = match member {
            Some(member) => format!("{} {member}", source.name),
            None => source.name.clone(),
        };
        let what = match trouble.inside {
            Some(inside) => format!("unpacked byte {inside}: {}", trouble.words),
            None => trouble.words.clone(),
        };
        self.located(
            LocatedTrouble {
                file: plain(&file),
                offset: trouble.offset,
                record_id: trouble.record_id.as_deref().map(plain),
                kind: trouble.kind.as_str().to_owned(),
                what: plain(&what),
            },
            trouble.kind.is_loss(),
        )
    }

    /// As [`trouble`](Self::trouble), of a place that is known by its words.
    pub(super) fn located(
        &mut self,
        trouble: LocatedTrouble,
        is_loss: bool,
    ) -> Result<(), CrawlError> {
        let strict = self.wishes.strict.then(|| ImportError::Strict {
            file: trouble.file.clone(),
            offset: trouble.offset,
            what: trouble.what.clone(),
        });
        self.report.trouble(trouble, is_loss);
        strict.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Commits what is left.
    pub(super) fn end(mut self) -> Result<ImportReport, CrawlError> {
        self.flush()?;
        if let Some(store) = self.store.filter(|_| !self.wishes.dry_run) {
            self.report.waiting = store.waiting_count()?;
        }
        Ok(self.report)
    }
}

/// Reads captures on all cores; they come back in order.
fn read_side_by_side(
    batch: Vec<Candidate<'_>>,
    jobs: NonZeroUsize,
) -> Result<Vec<(Candidate<'_>, Option<Reading>)>, CrawlError> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    thread::scope(|scope| {
        let mut readers = Readers::start(scope, jobs)?;
        for candidate in batch {
            readers.give(candidate);
        }
        Ok(std::iter::from_fn(|| readers.next()).collect())
    })
    .map_err(CrawlError::NoThread)
}

impl Source {
    /// The digest; empty in a dry run, which reckons none.
    pub(super) fn sha256(&self) -> String {
        let known = self.digested.as_ref();
        known.map_or_else(String::new, |known| known.sha256.clone())
    }
}

/// Headers that are true of the body: some archives keep a body that they unpacked beside a header that
/// says it is packed. A gzip body begins with its magic number (RFC 1952).
pub(super) fn as_packed(
    mut headers: Vec<(String, Vec<u8>)>,
    body: &[u8],
) -> Vec<(String, Vec<u8>)> {
    if !body.is_empty() && !body.starts_with(&[0x1f, 0x8b]) {
        headers.retain(|(name, value)| {
            let value = value.to_ascii_lowercase();
            name != "content-encoding" || !matches!(value.as_slice(), b"gzip" | b"x-gzip")
        });
    }
    headers
}

//! Compare: does the store hold exactly the exchanges of the archive, and does the archive hold what
//! the store says where it says? Both are read in sequence order, one exchange at a time. Nothing is
//! changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::CrawlError;
use crate::archive::{self, Answer, Archive, ArchiveError, Counts, StoredExchange};
use crate::model::{Location, Sequence, plain};
use crate::store::{ExchangeRow, Outcome, Store};

/// Exchanges read from the store at once.
const PIECE: usize = 1000;

/// Differences that are named one by one (our choice); all are counted.
const NAMED_FINDINGS: usize = 1000;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreCheck {
    /// Every exchange of the store has its bytes where it says: file, offset, length, record, digests.
    StoreInArchive,
    /// Every exchange of the archive is in the store.
    ArchiveInStore,
    /// Every file reaches as far as the store knows it.
    Positions,
}

impl StoreCheck {
    /// Every check.
    pub const ALL: [Self; 3] = [Self::StoreInArchive, Self::ArchiveInStore, Self::Positions];

    /// The words in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StoreInArchive => "store in archive",
            Self::ArchiveInStore => "archive in store",
            Self::Positions => "known ends of files",
        }
    }
}

/// What differs between store and archive.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Comparison {
    /// Exchanges that are the same in both.
    pub equal: u64,
    /// Exchanges of a file that is not closed, which the store does not know yet: a crawl is running,
    /// or the next start takes them.
    pub waiting: u64,
    /// Results per check.
    pub checks: BTreeMap<StoreCheck, Counts>,
    /// The first thousand differences, in the order in which they were met.
    pub findings: Vec<StoreFinding>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreFinding {
    /// What failed.
    pub check: StoreCheck,
    /// The exchange, if one is meant.
    pub sequence: Option<Sequence>,
    /// File name without folder, if it is known.
    pub file: Option<String>,
    /// First byte of the record, if it is known.
    pub offset: Option<u64>,
    /// `WARC-Record-ID`, if it is known.
    pub record_id: Option<String>,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for StoreFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file} ")?;
        }
        if let Some(offset) = self.offset {
            write!(f, "byte {offset} ")?;
        }
        if let Some(id) = &self.record_id {
            write!(f, "{id} ")?;
        }
        if let Some(sequence) = self.sequence {
            write!(f, "exchange {sequence}: ")?;
        }
        write!(f, "{} failed: {}", self.check.as_str(), self.problem)
    }
}

impl Comparison {
    /// True if nothing differs.
    pub fn is_equal(&self) -> bool {
        self.answer() != Answer::Fail
    }

    /// All checks in one.
    pub fn answer(&self) -> Answer {
        let mut sum = Counts::default();
        self.checks.values().for_each(|counts| sum.add(*counts));
        sum.answer()
    }

    fn add(&mut self, check: StoreCheck, result: Result<bool, StoreFinding>) {
        let counts = self.checks.entry(check).or_default();
        match result {
            Ok(true) => counts.passed += 1,
            Ok(false) => counts.nothing_to_check += 1,
            Err(finding) => {
                counts.failed += 1;
                if self.findings.len() < NAMED_FINDINGS {
                    self.findings.push(finding);
                }
            }
        }
    }

    fn only_store(&mut self, row: &ExchangeRow) {
        let problem = "the archive does not give it".to_owned();
        let place = location(row);
        let finding = finding(StoreCheck::StoreInArchive, row.sequence, place, problem);
        self.add(StoreCheck::StoreInArchive, Err(finding));
    }

    fn only_archive(&mut self, exchange: &StoredExchange, may_wait: bool) {
        if may_wait {
            self.waiting += 1;
            self.add(StoreCheck::ArchiveInStore, Ok(false));
            return;
        }
        let problem = "it is not in the store; the next start or `khotin rebuild` takes it";
        let finding = StoreFinding {
            check: StoreCheck::ArchiveInStore,
            sequence: Some(exchange.sequence),
            file: Some(exchange.file.clone()),
            offset: Some(exchange.start),
            record_id: None,
            problem: problem.to_owned(),
        };
        self.add(StoreCheck::ArchiveInStore, Err(finding));
    }

    fn both(&mut self, row: &ExchangeRow, exchange: &StoredExchange) {
        self.add(StoreCheck::ArchiveInStore, Ok(true));
        let check = StoreCheck::StoreInArchive;
        let result = match difference(row, exchange) {
            None => {
                self.equal += 1;
                Ok(true)
            }
            Some(problem) => Err(finding(check, row.sequence, location(row), problem)),
        };
        self.add(check, result);
    }

    /// A place of the archive that can not be read: what an open file ends with is no damage.
    fn unreadable(&mut self, error: &ArchiveError, open: &BTreeSet<String>) {
        let (file, offset) = match error {
            ArchiveError::Damaged { file, offset, .. } => (Some(file.clone()), Some(*offset)),
            _ => (None, None),
        };
        if file.as_ref().is_some_and(|file| open.contains(file)) {
            self.add(StoreCheck::ArchiveInStore, Ok(false));
            return;
        }
        let problem = match error {
            ArchiveError::Damaged { problem, .. } => problem.to_string(),
            other => other.to_string(),
        };
        let finding = StoreFinding {
            check: StoreCheck::ArchiveInStore,
            sequence: None,
            file,
            offset,
            record_id: None,
            problem: plain(&problem),
        };
        self.add(StoreCheck::ArchiveInStore, Err(finding));
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        for check in StoreCheck::ALL {
            let counts = self.checks.get(&check).copied().unwrap_or_default();
            writeln!(f, "{}: {counts}", check.as_str())?;
        }
        if self.waiting > 0 {
            let waiting = self.waiting;
            writeln!(
                f,
                "{waiting} exchanges of files that are not closed are not in the store yet"
            )?;
        }
        let equal = self.equal;
        writeln!(f, "store against archive: {equal} exchanges are the same")
    }
}

/// Reads both in sequence order.
///
/// # Errors
/// [`CrawlError`] if the archive's folder can not be read or the store fails. A damaged exchange is no
/// error but part of the answer.
pub fn compare<S: Store>(store: &S, archive: &Archive) -> Result<Comparison, CrawlError> {
    compare_telling(store, archive, &mut |_| {})
}

/// As [`compare`]; `compared` hears how many exchanges of the archive were compared, after each.
///
/// # Errors
/// As [`compare`].
pub fn compare_telling<S: Store>(
    store: &S,
    archive: &Archive,
    compared: &mut dyn FnMut(u64),
) -> Result<Comparison, CrawlError> {
    let mut comparison = Comparison::default();
    // The store is asked first: then the archive, which a crawl may be writing to, has all of it.
    let mut rows = Rows::of(store);
    let mut row = rows.next()?;
    let newest = store.last_sequence()?;
    let open: BTreeSet<String> = archive.open_files()?.into_iter().collect();
    check_positions(&mut comparison, store, archive)?;
    for (exchange, number) in archive.exchanges_with_open()?.zip(1..) {
        compared(number);
        let exchange = match exchange {
            Ok(exchange) => exchange,
            Err(error) => {
                comparison.unreadable(&error, &open);
                continue;
            }
        };
        while let Some(known) = row.take_if(|known| known.sequence < exchange.sequence) {
            comparison.only_store(&known);
            row = rows.next()?;
        }
        match row.take_if(|known| known.sequence == exchange.sequence) {
            None => {
                let is_newer = newest.is_none_or(|newest| exchange.sequence > newest);
                comparison.only_archive(&exchange, is_newer && !open.is_empty());
            }
            Some(known) => {
                comparison.both(&known, &exchange);
                row = rows.next()?;
            }
        }
    }
    while let Some(known) = row {
        comparison.only_store(&known);
        row = rows.next()?;
    }
    Ok(comparison)
}

/// A file that is gone by the user's leave is known up to byte 0.
fn check_positions<S: Store>(
    comparison: &mut Comparison,
    store: &S,
    archive: &Archive,
) -> Result<(), CrawlError> {
    let check = StoreCheck::Positions;
    for position in store.positions()? {
        let length = archive.length(&position.file);
        let result = match length {
            _ if position.end_offset == 0 => Ok(false),
            Some(length) if length >= position.end_offset => Ok(true),
            length => {
                let end = position.end_offset;
                let problem = match length {
                    Some(length) => format!("the store knows {end} bytes, and {length} are there"),
                    None => format!("the store knows {end} bytes, and the file is not there"),
                };
                Err(StoreFinding {
                    check,
                    sequence: None,
                    file: Some(position.file),
                    offset: None,
                    record_id: None,
                    problem,
                })
            }
        };
        comparison.add(check, result);
    }
    Ok(())
}

fn location(row: &ExchangeRow) -> Option<&Location> {
    match &row.outcome {
        Outcome::Answered(answer) => Some(&answer.location),
        Outcome::Failed { .. } => None,
    }
}

fn finding(
    check: StoreCheck,
    sequence: Sequence,
    place: Option<&Location>,
    problem: String,
) -> StoreFinding {
    StoreFinding {
        check,
        sequence: Some(sequence),
        file: place.map(|place| place.file.clone()),
        offset: place.map(|place| place.offset),
        record_id: place.map(|place| place.record_id.clone()),
        problem,
    }
}

/// What the store says otherwise than the archive: question, time, place, digests.
fn difference(row: &ExchangeRow, exchange: &StoredExchange) -> Option<String> {
    let differs = |what: &str, store: &dyn fmt::Display, archive: &dyn fmt::Display| {
        Some(plain(&format!(
            "the store says {what} {store}, the archive {archive}"
        )))
    };
    let (asked, kept) = (row.request.key(), exchange.request.key());
    if asked != kept {
        return differs("request", &asked, &kept);
    }
    if row.asked_at != exchange.asked_at {
        return differs("time", &row.asked_at, &exchange.asked_at);
    }
    if row.run != exchange.run {
        return differs("run", &row.run, &exchange.run);
    }
    let (known, stored) = match (&row.outcome, &exchange.outcome) {
        (Outcome::Answered(known), archive::Outcome::Answered(stored)) => (known, stored),
        (Outcome::Failed { kind, .. }, archive::Outcome::Failed(failure)) => {
            return (*kind != failure.kind)
                .then(|| differs("failure", &kind.as_str(), &failure.kind.as_str()))?;
        }
        _ => return Some("one of them has an answer, the other a failure".to_owned()),
    };
    let (at, is) = (&known.location, &stored.location);
    if at.file != is.file {
        return differs("file", &at.file, &is.file);
    }
    if at.record_id != is.record_id {
        return differs("record", &at.record_id, &is.record_id);
    }
    for (what, store, archive) in [
        ("offset", at.offset, is.offset),
        ("length", at.length, is.length),
        ("status", known.status.into(), stored.status.into()),
    ] {
        if store != archive {
            return differs(what, &store, &archive);
        }
    }
    for (what, store, archive) in [
        ("SHA-1", &known.payload_sha1, &stored.payload_sha1),
        ("SHA-256", &known.payload_sha256, &stored.payload_sha256),
    ] {
        if store != archive {
            return differs(what, store, archive);
        }
    }
    None
}

/// The store's exchanges, piece by piece.
pub(super) struct Rows<'a, S> {
    store: &'a S,
    /// Newest first, so that the next is popped.
    waiting: Vec<ExchangeRow>,
    last: Option<Sequence>,
}

impl<'a, S: Store> Rows<'a, S> {
    /// From the first on.
    pub(super) fn of(store: &'a S) -> Self {
        Self {
            store,
            waiting: Vec::new(),
            last: None,
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<ExchangeRow>, CrawlError> {
        if self.waiting.is_empty() {
            self.waiting = self.store.exchanges(self.last, PIECE)?;
            self.last = self.waiting.last().map(|row| row.sequence).or(self.last);
            self.waiting.reverse();
        }
        Ok(self.waiting.pop())
    }
}

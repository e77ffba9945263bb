//! Verify: every stored digest made again from the bytes on the disk and compared. Each check of each
//! record and file passes, fails, or has nothing to check, and all three are counted; a failure names
//! file, byte and record. Nothing is changed or mended. A damaged record does not stop the reading:
//! it goes on at the next whole one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::asked::Asked;
use super::beside::{IndexLine, check_beside, compare_lines, take_earlier};
use super::close::{cdxj_name, scan_sums, sha256_of};
use super::exchange::{Revisit, RevisitKind};
use super::metadata::Fields;
use super::reader::next_whole_record;
use super::record::{payload_sha1, payload_sha256};
use super::stored::Outcome;
use super::targets::Targets;
use super::{
    Archive, ArchiveError, Check, FileReport, Record, RecordReader, Report, StoredExchange, cdxj,
};
use crate::model::Sequence;

/// Checks all closed files.
///
/// # Errors
/// [`ArchiveError::Io`] if the folder or `SHA256SUMS` cannot be read. Damage is no error: it is in the
/// report.
pub fn verify(archive: &Archive) -> Result<Report, ArchiveError> {
    verify_telling(archive, &mut |_| {})
}

/// How far a check of the archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checked {
    /// Records checked.
    pub records: u64,
    /// Bytes of the files before the last of them.
    pub bytes: u64,
}

/// As [`verify`]; `checked` hears how far it is, after each record.
///
/// # Errors
/// As [`verify`].
pub fn verify_telling(
    archive: &Archive,
    checked: &mut dyn FnMut(Checked),
) -> Result<Report, ArchiveError> {
    let sums = scan_sums(archive.dir())?;
    let mut reports = check_beside(archive, &sums)?;
    let mut files = archive.files()?;
    files.extend(sums.digests.keys().cloned());
    files.sort();
    files.dedup();
    let mut verifier = Verifier::new(archive, sums.digests);
    let mut before = Checked::default();
    for file in &files {
        let report = verifier.file(file, &mut |within| {
            checked(Checked {
                records: before.records + within.records,
                bytes: before.bytes + within.bytes,
            });
        })?;
        before.records += report.records;
        before.bytes += archive.length(file).unwrap_or(0);
        reports.push(report);
    }
    Ok(Report {
        files: reports,
        open_files: archive.open_files()?,
    })
}

/// Checks one closed file.
///
/// # Errors
/// As [`verify`].
pub fn verify_file(archive: &Archive, file: &str) -> Result<FileReport, ArchiveError> {
    Verifier::new(archive, scan_sums(archive.dir())?.digests).file(file, &mut |_| {})
}

struct Verifier<'a> {
    archive: &'a Archive,
    sums: BTreeMap<String, String>,
    targets: Targets,
    sequences: Sequences,
}

/// What is known while a file is read.
struct FileState {
    report: FileReport,
    index: Vec<IndexLine>,
    /// What the record before asked with a body.
    asked: Option<Asked>,
    exchange: Vec<Record>,
    first: Option<Sequence>,
    last: Option<Sequence>,
}

impl<'a> Verifier<'a> {
    fn new(archive: &'a Archive, sums: BTreeMap<String, String>) -> Self {
        Self {
            archive,
            sums,
            targets: Targets::new(archive),
            sequences: Sequences::default(),
        }
    }

    /// A file that the system does not let us read has failed; the others are checked.
    fn file(
        &mut self,
        file: &str,
        checked: &mut dyn FnMut(Checked),
    ) -> Result<FileReport, ArchiveError> {
        let mut state = FileState::new(file);
        let path = self.archive.dir().join(file);
        if !path.exists() {
            let missing = "SHA256SUMS names it, but it is not there".to_owned();
            state.report.add(Check::Sha256Sums, Err(missing), None);
            return Ok(state.report);
        }
        match self.read(&mut state, &path, checked) {
            Err(error @ ArchiveError::Io { .. }) => {
                let problem = error.to_string();
                state.report.add(Check::Record, Err(problem), None);
            }
            read => read?,
        }
        self.sequences.end_file(&state);
        Ok(state.report)
    }

    fn read(
        &mut self,
        state: &mut FileState,
        path: &Path,
        checked: &mut dyn FnMut(Checked),
    ) -> Result<(), ArchiveError> {
        let file = state.report.file.clone();
        let mut next = Some(0);
        let mut bytes = 0;
        while let Some(start) = next.take() {
            for record in RecordReader::open(path, &file, start)? {
                match record {
                    Ok(record) => {
                        bytes = record.offset;
                        self.record(state, record);
                    }
                    Err(ArchiveError::Damaged {
                        offset, problem, ..
                    }) => {
                        let place = (offset, "");
                        let problem = problem.to_string();
                        state.report.add(Check::Record, Err(problem), Some(place));
                        state.exchange.clear();
                        next = next_whole_record(path, offset.saturating_add(1))?;
                    }
                    Err(error) => return Err(error),
                }
                checked(Checked {
                    records: state.report.records,
                    bytes,
                });
            }
        }
        state.end_exchange("the file ends");
        self.check_sum(&mut state.report, &file)?;
        self.check_index(state, &file)
    }

    fn record(&mut self, state: &mut FileState, record: Record) {
        let id = record.id().to_owned();
        let place = Some((record.offset, id.as_str()));
        state.report.records += 1;
        state.report.add(Check::Record, Ok(true), place);
        let block = compare(record.field("WARC-Block-Digest"), &record.block);
        state.report.add(Check::BlockDigest, block, place);
        // A revisit has no payload of its own: its digest is compared in its exchange.
        if record.kind() != "revisit" {
            let payload = compare(record.field("WARC-Payload-Digest"), record.payload());
            state.report.add(Check::PayloadDigest, payload, place);
        }
        let file = &state.report.file;
        let asked = state.asked.take();
        if let Some(line) = cdxj::line(&record, asked.as_ref(), file) {
            let earlier = asked.and_then(|_| cdxj::line(&record, None, file));
            state.index.push(IndexLine { line, earlier });
        }
        state.asked = Asked::of(&record);
        match record.kind() {
            "request" | "response" | "revisit" => {
                if record.kind() == "response" {
                    self.targets
                        .note_record(record.id(), &state.report.file, record.offset);
                }
                state.exchange.push(record);
            }
            "metadata" if Fields::of_block(&record.block).sequence().is_some() => {
                let mut records = std::mem::take(&mut state.exchange);
                records.push(record);
                self.exchange(state, records);
            }
            _ => state.end_exchange("another record follows"),
        }
    }

    fn exchange(&mut self, state: &mut FileState, records: Vec<Record>) {
        let ids: Vec<String> = records
            .iter()
            .map(|record| record.id().to_owned())
            .collect();
        let start = records.first().map_or(0, |record| record.offset);
        let place = Some((start, ids.first().map_or("", String::as_str)));
        let linked = check_links(&records);
        let mut exchange = match StoredExchange::of_records(&state.report.file, records) {
            Ok(exchange) => exchange,
            Err(error) => {
                state.report.add(Check::Exchange, Err(words(error)), place);
                return;
            }
        };
        let sequence = self.sequences.check(exchange.sequence, state);
        state.report.add(Check::Sequence, sequence, place);
        if let Outcome::Answered(answer) = &exchange.outcome
            && let Some(revisit) = answer.revisit.clone()
        {
            let location = answer.location.clone();
            let place = Some((location.offset, location.record_id.as_str()));
            let result = self.revisit(&mut exchange, &revisit);
            state.report.add(Check::PayloadDigest, result, place);
        }
        let result = linked.and_then(|()| match &exchange.outcome {
            Outcome::Answered(answer) if answer.revisit.is_none() => {
                let found = payload_sha256(&answer.body);
                equal("payload-sha256", &answer.payload_sha256, &found)
            }
            _ => Ok(true),
        });
        state.report.add(Check::Exchange, result, place);
    }

    /// The record that a revisit refers to is there, and has the payload that both records name.
    fn revisit(
        &mut self,
        exchange: &mut StoredExchange,
        revisit: &Revisit,
    ) -> Result<bool, String> {
        if revisit.kind == RevisitKind::NotModified {
            // Nothing is said of the payload, but the record must be there.
            let target = self.targets.find(revisit).map_err(words)?;
            return match target {
                Some(_) => Ok(true),
                None => Err(format!("no record {}", revisit.target_id)),
            };
        }
        self.targets.resolve(exchange).map_err(words)?;
        let Outcome::Answered(answer) = &exchange.outcome else {
            return Ok(false);
        };
        let found = payload_sha1(&answer.body);
        equal("WARC-Payload-Digest", &answer.payload_sha1, &found)
    }

    fn check_sum(&self, report: &mut FileReport, file: &str) -> Result<(), ArchiveError> {
        let result = match self.sums.get(file) {
            None => Ok(false),
            Some(said) => {
                let (_, found) = sha256_of(&self.archive.dir().join(file))?;
                equal("SHA-256", said, &found)
            }
        };
        report.add(Check::Sha256Sums, result, None);
        Ok(())
    }

    fn check_index(&self, state: &mut FileState, file: &str) -> Result<(), ArchiveError> {
        let path = self.archive.dir().join(cdxj_name(file));
        match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                state.report.add(Check::Cdxj, Ok(false), None);
            }
            Err(error) => return Err(ArchiveError::io("read", path)(error)),
            Ok(found) => {
                let found = String::from_utf8_lossy(&found);
                let (expected, earlier) = take_earlier(std::mem::take(&mut state.index), &found);
                state.report.earlier_index_lines = earlier;
                for result in compare_lines(&cdxj_name(file), expected, &found) {
                    state.report.add(Check::Cdxj, result, None);
                }
            }
        }
        Ok(())
    }
}

impl FileState {
    fn new(file: &str) -> Self {
        Self {
            report: FileReport::new(file),
            index: Vec::new(),
            asked: None,
            exchange: Vec::new(),
            first: None,
            last: None,
        }
    }

    /// Records of an exchange whose metadata record did not come are told.
    fn end_exchange(&mut self, why: &str) {
        if let Some(first) = std::mem::take(&mut self.exchange).first() {
            let problem = format!("no metadata record before {why}");
            let place = Some((first.offset, first.id()));
            self.report.add(Check::Exchange, Err(problem), place);
        }
    }
}

/// Every sequence number that was seen, one bit each, and from where to where each file goes.
#[derive(Debug, Default)]
struct Sequences {
    /// Sixty-four numbers a word.
    seen: BTreeMap<u64, u64>,
    files: Vec<(String, Sequence, Sequence)>,
}

impl Sequences {
    fn check(&mut self, sequence: Sequence, state: &mut FileState) -> Result<bool, String> {
        let last = state.last.replace(sequence);
        state.first.get_or_insert(sequence);
        let word = self.seen.entry(sequence.0 / 64).or_default();
        let bit = 1 << (sequence.0 % 64);
        if *word & bit != 0 {
            let others = self
                .files
                .iter()
                .filter(|(_, first, last)| (first..=last).contains(&&sequence));
            let others: Vec<&str> = others.map(|(file, ..)| file.as_str()).collect();
            if !others.is_empty() {
                let others = others.join(" or ");
                return Err(format!("sequence {sequence} stands in {others} too"));
            }
        }
        *word |= bit;
        match last.filter(|last| *last >= sequence) {
            Some(last) => Err(format!("sequence {sequence} follows sequence {last}")),
            None => Ok(true),
        }
    }

    fn end_file(&mut self, state: &FileState) {
        if let (Some(first), Some(last)) = (state.first, state.last) {
            self.files
                .push((state.report.file.clone(), first.min(last), first.max(last)));
        }
    }
}

/// Every record of an exchange names the others in `WARC-Concurrent-To`.
fn check_links(records: &[Record]) -> Result<(), String> {
    for record in records {
        let mut others = records.iter().filter(|other| other.id() != record.id());
        let named: Vec<&str> = record
            .fields
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("WARC-Concurrent-To"))
            .map(|(_, id)| super::record::bare(id))
            .collect();
        if let Some(other) = others.find(|other| !named.contains(&other.id())) {
            return Err(format!("{} does not name {}", record.id(), other.id()));
        }
    }
    Ok(())
}

/// A digest field against bytes. Only `sha1:` in base32 and `sha256:` in hex are known.
fn compare(said: Option<&str>, bytes: &[u8]) -> Result<bool, String> {
    let Some(said) = said else {
        return Ok(false);
    };
    match said.split_once(':') {
        Some(("sha1", digest)) => equal("sha1", digest, &payload_sha1(bytes)),
        Some(("sha256", digest)) => equal("sha256", digest, &payload_sha256(bytes)),
        _ => Ok(false),
    }
}

fn equal(what: &str, said: &str, found: &str) -> Result<bool, String> {
    if said == found {
        return Ok(true);
    }
    Err(format!("{what} is said to be {said}, but is {found}"))
}

/// The problem alone: file and byte stand in the finding already.
fn words(error: ArchiveError) -> String {
    match error {
        ArchiveError::Damaged { problem, .. } => problem.to_string(),
        other => other.to_string(),
    }
}

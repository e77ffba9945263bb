//! Verify: every stored digest made again from the bytes on the disk and compared. Each check of each
//! record and file passes, fails, or has nothing to check, and all three are counted; a failure names
//! file, byte and record. Nothing is changed or mended. A damaged record does not stop the reading:
//! it goes on at the next whole one.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::sync::Arc;

use super::close::{SUMS_FILE, cdxj_name, scan_sums, sha256_of};
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
/// [`ArchiveError::Io`] if a file cannot be read at all. Damage is no error: it is in the report.
pub fn verify(archive: &Archive) -> Result<Report, ArchiveError> {
    let sums = scan_sums(archive.dir())?;
    let mut files = archive.files()?;
    files.extend(sums.digests.keys().cloned());
    files.sort();
    files.dedup();
    let mut verifier = Verifier::new(archive, sums.digests);
    let reports: Result<Vec<_>, _> = files.iter().map(|file| verifier.file(file)).collect();
    let mut reports = reports?;
    if !sums.problems.is_empty() {
        let mut report = FileReport::new(SUMS_FILE);
        for (offset, problem) in sums.problems {
            let place = Some((offset, ""));
            report.add(Check::Sha256Sums, Err(problem), place);
        }
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
    Verifier::new(archive, scan_sums(archive.dir())?.digests).file(file)
}

struct Verifier<'a> {
    archive: &'a Archive,
    sums: BTreeMap<String, String>,
    targets: Targets,
    /// Where each sequence number was seen.
    sequences: HashMap<Sequence, Arc<str>>,
}

/// What is known while a file is read.
struct FileState {
    /// Shared by all its sequence numbers.
    name: Arc<str>,
    report: FileReport,
    index: Vec<String>,
    exchange: Vec<Record>,
    last: Option<Sequence>,
}

impl<'a> Verifier<'a> {
    fn new(archive: &'a Archive, sums: BTreeMap<String, String>) -> Self {
        Self {
            archive,
            sums,
            targets: Targets::new(archive),
            sequences: HashMap::new(),
        }
    }

    fn file(&mut self, file: &str) -> Result<FileReport, ArchiveError> {
        let mut state = FileState::new(file);
        let path = self.archive.dir().join(file);
        if !path.exists() {
            let missing = "SHA256SUMS names it, but it is not there".to_owned();
            state.report.add(Check::Sha256Sums, Err(missing), None);
            return Ok(state.report);
        }
        let mut next = Some(0);
        while let Some(start) = next.take() {
            for record in RecordReader::open(&path, file, start)? {
                match record {
                    Ok(record) => self.record(&mut state, record),
                    Err(ArchiveError::Damaged {
                        offset, problem, ..
                    }) => {
                        let place = (offset, "");
                        let problem = problem.to_string();
                        state.report.add(Check::Record, Err(problem), Some(place));
                        state.exchange.clear();
                        next = next_whole_record(&path, offset.saturating_add(1))?;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        state.end_exchange("the file ends");
        self.check_sum(&mut state.report, file)?;
        self.check_index(&mut state, file)?;
        Ok(state.report)
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
        state.index.extend(cdxj::line(&record, &state.report.file));
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
        let sequence = self.sequence(exchange.sequence, state);
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

    fn sequence(&mut self, sequence: Sequence, state: &mut FileState) -> Result<bool, String> {
        let last = state.last.replace(sequence);
        let name = Arc::clone(&state.name);
        if let Some(other) = self.sequences.insert(sequence, name) {
            return Err(format!("sequence {sequence} stands in {other} too"));
        }
        match last.filter(|last| *last >= sequence) {
            Some(last) => Err(format!("sequence {sequence} follows sequence {last}")),
            None => Ok(true),
        }
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
        let result = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => return Err(ArchiveError::io("read", path)(error)),
            Ok(found) => {
                let expected = cdxj::sorted(std::mem::take(&mut state.index));
                compare_index(&cdxj_name(file), expected.as_bytes(), &found)
            }
        };
        state.report.add(Check::Cdxj, result, None);
        Ok(())
    }
}

impl FileState {
    fn new(file: &str) -> Self {
        Self {
            name: Arc::from(file),
            report: FileReport::new(file),
            index: Vec::new(),
            exchange: Vec::new(),
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

/// An index against what the records give, with the first byte and line that differ.
fn compare_index(name: &str, expected: &[u8], found: &[u8]) -> Result<bool, String> {
    if expected == found {
        return Ok(true);
    }
    let mut bytes = expected.iter().zip(found);
    let equal = bytes.by_ref().take_while(|(a, b)| a == b);
    let (mut line, mut byte) = (1, 0);
    for (same, _) in equal {
        line += u64::from(*same == b'\n');
        byte += 1;
    }
    let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
    Err(format!(
        "{name} byte {byte} (line {line}) is not what the records give ({} lines there, {} expected)",
        lines(found),
        lines(expected)
    ))
}

/// The problem alone: file and byte stand in the finding already.
fn words(error: ArchiveError) -> String {
    match error {
        ArchiveError::Damaged { problem, .. } => problem.to_string(),
        other => other.to_string(),
    }
}

//! Targets: the records that revisits refer to, and the payload that a revisit takes from there.
//! While all exchanges are read in order, each target was passed before its revisits and its place is
//! remembered. When reading begins in the middle, the index files tell the place, and where one is
//! missing, the WARC file itself.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use uuid::Uuid;

use super::cdxj;
use super::exchange::{Revisit, RevisitKind};
use super::record::warc_date;
use super::stored::Outcome;
use super::{Archive, ArchiveError, Problem, Record, StoredExchange, payload_sha256};

/// Finds `response` records by id, or by URL and time.
#[derive(Debug)]
pub(super) struct Targets {
    archive: Archive,
    files: Vec<String>,
    passed: HashMap<Uuid, Place>,
    index: Option<HashMap<u64, Vec<Place>>>,
}

/// A record: index in the list of files, and offset.
type Place = (usize, u64);

impl Targets {
    /// Knows nothing yet.
    pub(super) fn new(archive: &Archive) -> Self {
        Self {
            archive: archive.clone(),
            files: Vec::new(),
            passed: HashMap::new(),
            index: None,
        }
    }

    /// Remembers an exchange whose answer may be a target.
    pub(super) fn note(&mut self, exchange: &StoredExchange) {
        if let Outcome::Answered(answer) = &exchange.outcome
            && answer.revisit.is_none()
        {
            self.note_record(
                &answer.location.record_id,
                &exchange.file,
                answer.location.offset,
            );
        }
    }

    /// Remembers where a `response` record stands.
    pub(super) fn note_record(&mut self, id: &str, file: &str, offset: u64) {
        if let Ok(id) = Uuid::parse_str(id) {
            let place = (self.file_number(file), offset);
            self.passed.insert(id, place);
        }
    }

    /// Gives a revisit of an identical payload the body of its target; anything else stays as it is.
    ///
    /// # Errors
    /// [`ArchiveError::Damaged`] with [`Problem::Revisit`], naming the revisit, if the target is not
    /// there or its payload is another one.
    pub(super) fn resolve(&mut self, exchange: &mut StoredExchange) -> Result<(), ArchiveError> {
        let Outcome::Answered(answer) = &mut exchange.outcome else {
            return Ok(());
        };
        let Some(revisit) = &answer.revisit else {
            return Ok(());
        };
        if revisit.kind == RevisitKind::NotModified {
            return Ok(());
        }
        let broken = |what: String| ArchiveError::Damaged {
            file: answer.location.file.clone(),
            offset: answer.location.offset,
            problem: Problem::Revisit(what),
        };
        let record = self
            .find(revisit)?
            .ok_or_else(|| broken(format!("no record {}", revisit.target_id)))?;
        let body = record.payload();
        if payload_sha256(body) != answer.payload_sha256 {
            return Err(broken(format!(
                "record {} has another payload",
                revisit.target_id
            )));
        }
        answer.body = body.to_vec();
        Ok(())
    }

    /// The record that a revisit refers to.
    pub(super) fn find(&mut self, revisit: &Revisit) -> Result<Option<Record>, ArchiveError> {
        let passed = Uuid::parse_str(&revisit.target_id)
            .ok()
            .and_then(|id| self.passed.get(&id).copied());
        if let Some(place) = passed {
            return self.read(place).map(Some);
        }
        if self.index.is_none() {
            let index = self.read_index()?;
            self.index = Some(index);
        }
        let key = hash_of(revisit.target_uri.as_str(), &warc_date(revisit.target_date));
        let places = self.index.as_ref().and_then(|index| index.get(&key));
        for place in places.cloned().unwrap_or_default() {
            let record = self.read(place)?;
            if is_target(&record, revisit) {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    fn read(&self, (file, offset): Place) -> Result<Record, ArchiveError> {
        let file = self.files.get(file).map(String::as_str).unwrap_or_default();
        self.archive.read_record(file, offset)
    }

    /// Every capture of every file, from its index if that is there.
    fn read_index(&mut self) -> Result<HashMap<u64, Vec<Place>>, ArchiveError> {
        let mut index: HashMap<u64, Vec<Place>> = HashMap::new();
        let files = [self.archive.files()?, self.archive.open_files()?].concat();
        for file in files {
            let number = self.file_number(&file);
            for entry in cdxj::entries(&self.archive, &file)? {
                let key = hash_of(&entry.url, &entry.timestamp);
                index.entry(key).or_default().push((number, entry.offset));
            }
        }
        Ok(index)
    }

    fn file_number(&mut self, file: &str) -> usize {
        // From the end: it is nearly always the last one.
        if let Some(number) = self.files.iter().rposition(|known| known == file) {
            return number;
        }
        self.files.push(file.to_owned());
        self.files.len() - 1
    }
}

fn is_target(record: &Record, revisit: &Revisit) -> bool {
    record.kind() == "response"
        && (record.id() == revisit.target_id
            || (record.target_uri() == Some(revisit.target_uri.as_str())
                && record.date() == Some(revisit.target_date)))
}

/// A short key for a URL and a time to the second; equal keys are told apart by the records.
fn hash_of(url: &str, date: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    url.hash(&mut hasher);
    cdxj::timestamp(date).hash(&mut hasher);
    hasher.finish()
}

//! All exchanges of all closed files in the order of their sequence numbers. Several sites write
//! several files at once, so files are merged. A file is open only from its first exchange to its
//! last, and one exchange of each open file is in memory: the archive may be of any size.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::reader::{next_exchange, next_whole_record};
use super::targets::Targets;
use super::{Archive, ArchiveError, Problem, RecordReader, StoredExchange};
use crate::model::Sequence;

/// Iterates over stored exchanges; made by [`Archive::exchanges`].
///
/// A damaged place is an `Err` that names it; the next call goes on behind it, so the caller decides
/// whether to stop. The other records of a damaged exchange may give an error of their own.
#[derive(Debug)]
pub struct Exchanges {
    /// Files not opened yet with the number of their first exchange, the lowest last.
    waiting: Vec<(Sequence, FileStart)>,
    active: Vec<Active>,
    targets: Targets,
    archive: Archive,
}

/// Where reading a file begins.
#[derive(Debug)]
struct FileStart {
    file: String,
    offset: u64,
}

/// An open file and what was read ahead of it.
#[derive(Debug)]
struct Active {
    next: Result<StoredExchange, ArchiveError>,
    rest: FileExchanges,
}

impl Active {
    fn sequence(&self) -> Sequence {
        sequence_of(&self.next)
    }
}

impl Exchanges {
    pub(super) fn new(
        archive: &Archive,
        known: &BTreeMap<String, u64>,
        files: Vec<String>,
    ) -> Result<Self, ArchiveError> {
        let mut waiting = Vec::new();
        for file in files {
            let start = FileStart {
                offset: known.get(&file).copied().unwrap_or(0),
                file,
            };
            check_reaches(archive, &start)?;
            if let Some(first) = FileExchanges::open(archive, &start)?.next() {
                waiting.push((sequence_of(&first), start));
            }
        }
        waiting.sort_by(|(one, a), (other, b)| (other, &b.file).cmp(&(one, &a.file)));
        Ok(Self {
            waiting,
            active: Vec::new(),
            targets: Targets::new(archive),
            archive: archive.clone(),
        })
    }

    /// Opens every file whose first exchange comes before all that was read ahead.
    fn open_due(&mut self) -> Result<(), ArchiveError> {
        let ahead = self.active.iter().map(Active::sequence).min();
        let is_due = |first: &Sequence| ahead.is_none_or(|ahead| *first <= ahead);
        while let Some((_, start)) = self.waiting.pop_if(|(first, _)| is_due(first)) {
            let mut rest = FileExchanges::open(&self.archive, &start)?;
            if let Some(next) = rest.next() {
                self.active.push(Active { next, rest });
                return self.open_due();
            }
        }
        Ok(())
    }

    /// Takes the lowest exchange that was read ahead.
    fn take_lowest(&mut self) -> Option<Result<StoredExchange, ArchiveError>> {
        let places = self.active.iter().enumerate();
        let (place, _) = places.min_by_key(|(_, active)| active.sequence())?;
        let mut active = self.active.swap_remove(place);
        if let Some(next) = active.rest.next() {
            let rest = active.rest;
            self.active.push(Active { next, rest });
        }
        Some(active.next)
    }
}

impl Iterator for Exchanges {
    type Item = Result<StoredExchange, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.open_due() {
            return Some(Err(error));
        }
        let mut exchange = match self.take_lowest()? {
            Ok(exchange) => exchange,
            Err(error) => return Some(Err(error)),
        };
        self.targets.note(&exchange);
        Some(self.targets.resolve(&mut exchange).map(|()| exchange))
    }
}

/// A file that ends before what is known of it has lost exchanges.
fn check_reaches(archive: &Archive, start: &FileStart) -> Result<(), ArchiveError> {
    let path = archive.path_of(&start.file);
    let about = fs::metadata(&path).map_err(ArchiveError::io("look at", &path))?;
    if about.len() >= start.offset {
        return Ok(());
    }
    Err(ArchiveError::Damaged {
        file: start.file.clone(),
        offset: about.len(),
        problem: Problem::Torn,
    })
}

/// Damage comes first, so that it is told before its file is left.
fn sequence_of(next: &Result<StoredExchange, ArchiveError>) -> Sequence {
    next.as_ref()
        .map_or(Sequence(0), |exchange| exchange.sequence)
}

/// The exchanges of one file.
#[derive(Debug)]
struct FileExchanges {
    path: PathBuf,
    file: String,
    records: RecordReader,
}

impl FileExchanges {
    fn open(archive: &Archive, start: &FileStart) -> Result<Self, ArchiveError> {
        let path = archive.path_of(&start.file);
        Ok(Self {
            records: RecordReader::open(&path, &start.file, start.offset)?,
            file: start.file.clone(),
            path,
        })
    }

    fn read(&mut self) -> Result<Option<StoredExchange>, ArchiveError> {
        match next_exchange(&mut self.records)? {
            Some(records) => StoredExchange::of_records(&self.file, records).map(Some),
            None => Ok(None),
        }
    }

    /// Moves behind a record that cannot be unpacked. Without a place to go on, the file is at its
    /// end: the reader gives nothing after an error.
    fn skip_damage(&mut self, offset: u64) -> Result<(), ArchiveError> {
        if self.records.has_failed()
            && let Some(start) = next_whole_record(&self.path, offset.saturating_add(1))?
        {
            self.records = RecordReader::open(&self.path, &self.file, start)?;
        }
        Ok(())
    }
}

impl Iterator for FileExchanges {
    type Item = Result<StoredExchange, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        let result = self.read();
        if let Err(ArchiveError::Damaged { offset, .. }) = &result
            && let Err(error) = self.skip_damage(*offset)
        {
            return Some(Err(error));
        }
        result.transpose()
    }
}

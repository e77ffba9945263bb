//! Reader: a WARC file in, records out, one gzip member at a time and from any member on. A file
//! that is broken gives an error that names the byte, and then ends; [`next_whole_record`] finds
//! where reading can go on.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::members::{MEMBER_START, Members};
use super::metadata::Fields;
use super::{ArchiveError, MAX_RECORD_BYTES, Problem, Record};

/// Reads records one after the other. After an error there are no more.
#[derive(Debug)]
pub struct RecordReader<R = File> {
    members: Members<R>,
    file: String,
    failed: bool,
}

impl RecordReader {
    /// Opens a file at the first byte of a gzip member. `file` is its name in errors.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] if it cannot be opened.
    pub fn open(path: &Path, file: &str, offset: u64) -> Result<Self, ArchiveError> {
        let mut input = File::open(path).map_err(ArchiveError::io("open", path))?;
        input
            .seek(SeekFrom::Start(offset))
            .map_err(ArchiveError::io("seek in", path))?;
        Ok(Self::new(input, file, offset))
    }
}

impl<R: Read> RecordReader<R> {
    /// Reads from `input`, whose first byte is byte `offset` of the file. It needs no buffer of its own.
    pub fn new(input: R, file: &str, offset: u64) -> Self {
        Self {
            members: Members::new(input, offset),
            file: file.to_owned(),
            failed: false,
        }
    }

    /// Where the next record begins.
    pub fn position(&self) -> u64 {
        self.members.position()
    }

    /// True after an error: there are no more records.
    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    fn read(&mut self) -> Result<Option<Record>, Problem> {
        let start = self.members.position();
        let Some(bytes) = self.members.next()? else {
            return Ok(None);
        };
        let record = Record::parse(bytes, start, self.members.position() - start)?;
        if record.block.len() as u64 > MAX_RECORD_BYTES {
            return Err(Problem::TooLong);
        }
        Ok(Some(record))
    }
}

impl<R: Read> Iterator for RecordReader<R> {
    type Item = Result<Record, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let offset = self.members.position();
        let result = self.read();
        self.failed = result.is_err();
        result
            .map_err(|problem| ArchiveError::Damaged {
                file: self.file.clone(),
                offset,
                problem,
            })
            .transpose()
    }
}

/// The records of the next exchange, its metadata record last; none at the end of the file.
/// Records that belong to no exchange (`warcinfo`, `resource`) are passed over.
///
/// # Errors
/// [`ArchiveError::Damaged`] if the file is broken or ends inside an exchange.
pub(super) fn next_exchange<R: Read>(
    records: &mut RecordReader<R>,
) -> Result<Option<Vec<Record>>, ArchiveError> {
    let mut exchange: Vec<Record> = Vec::with_capacity(3);
    for record in records.by_ref() {
        let record = record?;
        match record.kind() {
            "metadata" if Fields::of_block(&record.block).sequence().is_some() => {
                exchange.push(record);
                return Ok(Some(exchange));
            }
            "request" | "response" | "revisit" => exchange.push(record),
            _ => {}
        }
    }
    match exchange.first() {
        None => Ok(None),
        Some(first) => Err(ArchiveError::Damaged {
            file: records.file.clone(),
            offset: first.offset,
            problem: Problem::Exchange("no metadata record".to_owned()),
        }),
    }
}

/// The first byte from `from` on at which a whole record begins; none if there is no such place.
/// Used behind a damaged place, where the length of the damaged record says nothing.
pub(super) fn next_whole_record(path: &Path, from: u64) -> Result<Option<u64>, ArchiveError> {
    let mut input = BufReader::new(File::open(path).map_err(ArchiveError::io("open", path))?);
    input
        .seek(SeekFrom::Start(from))
        .map_err(ArchiveError::io("seek in", path))?;
    let mut last = [0; 3];
    for (position, byte) in (from..).zip(input.bytes()) {
        let byte = byte.map_err(ArchiveError::io("read", path))?;
        last = [last[1], last[2], byte];
        if last != MEMBER_START {
            continue;
        }
        let start = position.saturating_sub(2);
        let first = RecordReader::open(path, "", start)?.next();
        if matches!(first, Some(Ok(_))) {
            return Ok(Some(start));
        }
    }
    Ok(None)
}

//! Reader: a WARC file in, records out, one gzip member at a time and from any member on. A file
//! that is broken gives an error that names the byte, and then ends; [`next_whole_record`] finds
//! where reading can go on.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::bufread::GzDecoder;

use super::metadata::Fields;
use super::{ArchiveError, MAX_RECORD_BYTES, Problem, Record};

/// More than this is never unpacked of one member: a block and its header.
const MAX_MEMBER_BYTES: u64 = MAX_RECORD_BYTES + 1024 * 1024;
/// How a gzip member begins (RFC 1952): two magic bytes and the deflate method.
const MEMBER_START: [u8; 3] = [0x1f, 0x8b, 8];

/// Reads records one after the other. After an error there are no more.
#[derive(Debug)]
pub struct RecordReader<R = BufReader<File>> {
    input: Counted<R>,
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
        Ok(Self::new(
            BufReader::with_capacity(64 * 1024, input),
            file,
            offset,
        ))
    }
}

impl<R: BufRead> RecordReader<R> {
    /// Reads from `input`, whose first byte is byte `offset` of the file.
    pub fn new(input: R, file: &str, offset: u64) -> Self {
        Self {
            input: Counted {
                inner: input,
                position: offset,
            },
            file: file.to_owned(),
            failed: false,
        }
    }

    /// Where the next record begins.
    pub fn position(&self) -> u64 {
        self.input.position
    }

    /// True after an error: there are no more records.
    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    fn read(&mut self) -> Result<Option<Record>, Problem> {
        let start = self.input.position;
        if self.input.fill_buf().map_err(problem)?.is_empty() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        GzDecoder::new(&mut self.input)
            .take(MAX_MEMBER_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(problem)?;
        if bytes.len() as u64 > MAX_MEMBER_BYTES {
            return Err(Problem::TooLong);
        }
        let record = Record::parse(bytes, start, self.input.position - start)?;
        if record.block.len() as u64 > MAX_RECORD_BYTES {
            return Err(Problem::TooLong);
        }
        Ok(Some(record))
    }
}

impl<R: BufRead> Iterator for RecordReader<R> {
    type Item = Result<Record, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let offset = self.input.position;
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
pub(super) fn next_exchange<R: BufRead>(
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

/// What an error of the decoder means: the decoder itself has only the first three kinds.
fn problem(error: io::Error) -> Problem {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Problem::Torn,
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            Problem::Gzip(error.to_string())
        }
        _ => Problem::Unreadable(error.to_string()),
    }
}

/// Counts the bytes taken, so that each member's place is known.
#[derive(Debug)]
struct Counted<R> {
    inner: R,
    position: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
        self.position += amount as u64;
    }
}

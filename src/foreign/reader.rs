//! Reader: bytes in, records and troubles out, one after the other until the end of the file.

use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::ending::{BlockEnd, Head, find_end, line_ends};
use super::header::{Header, header_end};
use super::record::bare;
use super::search::{RECORD_START_BYTES, begins_record, find_record};
use super::stream::{Arrival, Stream};
use super::trouble::quoted;
use super::{
    ForeignRecord, LabelledDigest, MAX_HEADER_BYTES, Place, Trouble, TroubleKind, Wholeness,
    read_date,
};
use crate::archive::ArchiveError;

/// Bytes of a header that are looked at first.
const FIRST_HEADER_BYTES: usize = 2048;
/// Bytes of a packed member that are looked at when they are no record.
const GARBAGE_BYTES: usize = 64 * 1024;

/// What reading finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A record. Its troubles came before it.
    Record(ForeignRecord),
    /// A place that is not as it should be.
    Trouble(Trouble),
}

/// Reads a file to its end, whatever is in it.
pub struct ForeignReader<R> {
    stream: Stream<R>,
    ready: VecDeque<Found>,
    checks_digests: bool,
    is_over: bool,
}

impl ForeignReader<File> {
    /// Opens a file.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] if it can not be opened.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        Self::open_at(path, 0)
    }

    /// Opens a file at a byte at which a record or a packed member begins: [`Place::Member`]'s offset.
    /// A zstd dictionary at the beginning of the file is used.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_at(path: &Path, offset: u64) -> Result<Self, ArchiveError> {
        let io = |doing| {
            move |source| ArchiveError::Io {
                doing,
                path: path.to_owned(),
                source,
            }
        };
        let mut file = File::open(path).map_err(io("open"))?;
        let about = file.metadata().map_err(io("look at"))?;
        let length = about.is_file().then_some(about.len());
        let mut dictionary = Vec::new();
        if offset > 0 {
            let mut start = Stream::new(&file, 0, length);
            start.look(1);
            dictionary = start.dictionary().to_vec();
            file.seek(SeekFrom::Start(offset)).map_err(io("seek in"))?;
        }
        let mut reader = Self::of_stream(Stream::new(file, offset, length));
        reader.stream.set_dictionary(dictionary);
        Ok(reader)
    }
}

impl<R: Read> ForeignReader<R> {
    /// Reads bytes from the beginning of a file.
    pub fn new(input: R) -> Self {
        Self::new_at(input, 0)
    }

    /// Reads bytes of which the first is byte `offset` of a file.
    pub fn new_at(input: R, offset: u64) -> Self {
        Self::of_stream(Stream::new(input, offset, None))
    }

    fn of_stream(stream: Stream<R>) -> Self {
        Self {
            stream,
            ready: VecDeque::new(),
            checks_digests: true,
            is_over: false,
        }
    }

    /// Leaves the digests to [`ForeignRecord::digest_troubles`], for a reader who takes few records of
    /// many.
    #[must_use]
    pub fn without_digests(mut self) -> Self {
        self.checks_digests = false;
        self
    }

    /// Holds no block that is longer than this, at most [`super::MAX_RECORD_BYTES`].
    #[must_use]
    pub fn with_max_block(mut self, bytes: u64) -> Self {
        self.stream.set_max_block(bytes);
        self
    }

    /// Bytes of the file that were read past: for progress.
    pub fn position(&self) -> u64 {
        self.stream.file_position()
    }

    /// Length of the file in bytes, if it is known.
    pub fn file_length(&self) -> Option<u64> {
        self.stream.file_length()
    }

    /// Reads until something is ready, or the file is over.
    fn step(&mut self) {
        let bytes = self.stream.look(RECORD_START_BYTES);
        if begins_record(bytes) {
            self.record();
        } else if bytes.is_empty() || self.stream.is_plain() {
            self.arrive();
        } else {
            self.garbage();
        }
    }

    /// Goes on to what begins next in the file.
    fn arrive(&mut self) {
        self.tell_fault();
        match self.stream.arrive() {
            Arrival::Ready => {}
            Arrival::Skipped {
                offset,
                bytes,
                zeros,
            } => {
                let (kind, words) = skipped(bytes, zeros);
                self.tell(Trouble {
                    offset,
                    inside: None,
                    record_id: None,
                    kind,
                    words,
                });
            }
            Arrival::End => {
                self.is_over = true;
                if let Some(error) = self.stream.take_failure() {
                    self.tell(Trouble {
                        offset: self.stream.file_position(),
                        inside: None,
                        record_id: None,
                        kind: TroubleKind::Unreadable,
                        words: format!("the file can not be read on ({error})"),
                    });
                }
            }
        }
    }

    /// Passes over what is no record in a packed member.
    fn garbage(&mut self) {
        let (offset, inside) = self.stream.place();
        let (mut passed, mut zeros) = (0_u64, true);
        loop {
            let bytes = self.stream.look(GARBAGE_BYTES);
            let found = find_record(bytes, 0);
            let length = bytes.len();
            let is_last = length < GARBAGE_BYTES;
            let here = match found {
                Some(at) => at,
                None if is_last => length,
                None => length - RECORD_START_BYTES,
            };
            zeros &= bytes.iter().take(here).all(|byte| *byte == 0);
            self.stream.consume(here);
            passed += here as u64;
            if found.is_some() || is_last {
                break;
            }
            if passed > self.stream.max_block() {
                let words = format!("the member holds no record in {passed} bytes and is left");
                self.stream.abandon(TroubleKind::Garbage, words);
                return;
            }
        }
        let (kind, words) = skipped(passed, zeros);
        self.tell(Trouble {
            offset,
            inside,
            record_id: None,
            kind,
            words,
        });
    }

    /// Reads the record that begins here.
    fn record(&mut self) {
        let (offset, inside) = self.stream.place();
        let is_second = self.stream.note_record();
        let mut place = Place::Unpacked {
            member: offset,
            offset: inside.unwrap_or(0),
        };
        let Some(bytes) = self.header_bytes() else {
            self.headless(offset, inside);
            return;
        };
        let head = self.stream.look(bytes).get(..bytes);
        let head = head.unwrap_or_default().to_vec();
        let header = Header::read(&head);
        let digest = header.field("WARC-Block-Digest");
        let digest = digest.and_then(|text| LabelledDigest::read(text).ok().flatten());
        let end = find_end(
            &mut self.stream,
            &Head {
                bytes,
                lengths: &header.lengths(),
                uses_lf: header.uses_lf,
                digest,
            },
        );
        let mut troubles = header.troubles;
        if is_second {
            let words = "the packed member holds more than one record".to_owned();
            troubles.insert(0, (TroubleKind::Shared, words));
        }
        let mut record = ForeignRecord {
            place,
            version: header.version,
            fields: header.fields,
            header: head,
            block: Vec::new(),
            wholeness: Wholeness::Whole,
            is_gzip_member: false,
            troubles: Vec::new(),
        };
        troubles.extend(date_trouble(&record));
        match end {
            BlockEnd::Found {
                block,
                ending,
                is_whole,
                trouble,
            } => {
                troubles.extend(trouble);
                let held = self.stream.look(bytes + block);
                record.block = held.get(bytes..bytes + block).unwrap_or_default().to_vec();
                let whole = bytes + block + ending;
                if let Some(length) = self.stream.span(whole) {
                    place = Place::Member { offset, length };
                    record.is_gzip_member = self.stream.is_gzip_member(whole);
                }
                let is_last = self.stream.touch_damage(whole);
                self.stream.consume(whole);
                if is_last {
                    self.tell_fault();
                }
                if (!is_whole || is_last) && !record.is_proven() {
                    record.wholeness = Wholeness::Damaged;
                }
            }
            BlockEnd::TooLong { said } => {
                record.wholeness = Wholeness::LeftOut;
                troubles.push((
                    TroubleKind::TooLong,
                    too_long(said, self.stream.max_block()),
                ));
                if let Some(length) = self.pass_over(offset, inside, bytes, said) {
                    place = Place::Member { offset, length };
                }
            }
        }
        record.place = place;
        let troubles = troubles.into_iter();
        let mut troubles: Vec<Trouble> = troubles
            .map(|(kind, words)| record.trouble(kind, words))
            .collect();
        if self.checks_digests {
            troubles.extend(record.digest_troubles());
        }
        record.troubles = troubles.iter().map(|trouble| trouble.kind).collect();
        self.ready.extend(troubles.into_iter().map(Found::Trouble));
        self.ready.push_back(Found::Record(record));
    }

    /// How long the header is that begins here; none if it has no end.
    fn header_bytes(&mut self) -> Option<usize> {
        let mut wanted = FIRST_HEADER_BYTES;
        loop {
            let bytes = self.stream.look(wanted);
            let held = bytes.len();
            let end = header_end(bytes.get(..held.min(MAX_HEADER_BYTES)).unwrap_or_default());
            if end.is_some() || held < wanted || wanted >= MAX_HEADER_BYTES {
                return end;
            }
            wanted = (4 * wanted).min(MAX_HEADER_BYTES);
        }
    }

    /// Passes over a version line whose header has no end.
    fn headless(&mut self, offset: u64, inside: Option<u64>) {
        let held = self.stream.look(MAX_HEADER_BYTES).len();
        let is_torn = held < MAX_HEADER_BYTES;
        // The version line is left, so that what follows is looked at as what it is.
        self.stream
            .consume(if is_torn { held } else { b"WARC/".len() });
        if is_torn && self.stream.fault().is_some() {
            return;
        }
        let (kind, words) = match is_torn {
            true => (
                TroubleKind::Torn,
                format!("the file ends inside the header of a record, after {held} bytes"),
            ),
            false => (
                TroubleKind::Header,
                format!("the header does not end within {MAX_HEADER_BYTES} bytes"),
            ),
        };
        self.tell(Trouble {
            offset,
            inside,
            record_id: None,
            kind,
            words,
        });
    }

    /// Passes over a record that is too long to be held; says how many bytes of the file hold it, if
    /// they hold nothing else.
    fn pass_over(
        &mut self,
        offset: u64,
        inside: Option<u64>,
        head: usize,
        said: Option<u64>,
    ) -> Option<u64> {
        self.stream.consume(head);
        let Some(said) = said else {
            // What follows is looked through, and told, as what belongs to no record.
            return None;
        };
        let is_whole = self.stream.skip(said) == said;
        let ending = line_ends(&mut self.stream, 0);
        self.stream.consume(ending);
        let end = self.stream.file_end_here()?;
        (is_whole && inside.is_none()).then(|| end.saturating_sub(offset))
    }

    fn tell_fault(&mut self) {
        if let Some(fault) = self.stream.fault_to_tell() {
            self.tell(Trouble {
                offset: fault.offset,
                inside: None,
                record_id: None,
                kind: fault.kind,
                words: fault.words,
            });
        }
    }

    fn tell(&mut self, trouble: Trouble) {
        self.ready.push_back(Found::Trouble(trouble));
    }
}

impl<R: Read> Iterator for ForeignReader<R> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            if let Some(found) = self.ready.pop_front() {
                return Some(found);
            }
            if self.is_over {
                return None;
            }
            self.step();
        }
    }
}

impl<R> fmt::Debug for ForeignReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForeignReader")
            .field("ready", &self.ready.len())
            .field("is_over", &self.is_over)
            .finish_non_exhaustive()
    }
}

fn skipped(bytes: u64, zeros: bool) -> (TroubleKind, String) {
    match zeros {
        true => (TroubleKind::Padding, format!("{bytes} bytes are zero")),
        false => (
            TroubleKind::Garbage,
            format!("{bytes} bytes belong to no record"),
        ),
    }
}

fn too_long(said: Option<u64>, most: u64) -> String {
    match said {
        Some(said) => format!(
            "the block has {said} bytes, more than the {most} that are read, and is passed over"
        ),
        None => format!(
            "the block has no right length and does not end within {most} bytes; it is passed over"
        ),
    }
}

fn date_trouble(record: &ForeignRecord) -> Option<(TroubleKind, String)> {
    let text = bare(record.field("WARC-Date")?);
    let odd = match read_date(text) {
        Ok((_, odd)) => odd?,
        Err(words) => words,
    };
    Some((
        TroubleKind::Date,
        format!("WARC-Date {} {odd}", quoted(text)),
    ))
}

#[cfg(test)]
mod tests;

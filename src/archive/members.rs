//! Members: the bytes of a file in, one unpacked gzip member after the other out, each with its place.
//!
//! A member is unpacked **whole** where that is possible: its end is found by the next one's beginning, its
//! length stands in its last bytes, and a decoder that sees all of it at once is about twice as fast.
//! Everything else goes the **plain** way, through a decoder that is fed piece by piece and alone says what
//! is wrong: a member with optional header fields, a long one, one with other bytes behind it, any damage.
//! Without the fast way (`whole`) the result is the same. Not here: what a member holds ([`super::record`]).

use std::fmt;
use std::io::{self, BufRead, Read};
use std::ops::Range;

use flate2::bufread::GzDecoder;
use libdeflater::Decompressor;
use memchr::memmem;

use super::{MAX_RECORD_BYTES, Problem};

/// More than this is never unpacked of one member: a block and its header.
const MAX_MEMBER_BYTES: u64 = MAX_RECORD_BYTES + 1024 * 1024;
/// How a gzip member begins (RFC 1952): two magic bytes and the deflate method.
pub(super) const MEMBER_START: [u8; 3] = [0x1f, 0x8b, 8];
/// The same of a header of [`HEADER_BYTES`], without optional fields.
const PLAIN_START: [u8; 4] = [0x1f, 0x8b, 8, 0];
/// Length of a header without optional fields (RFC 1952, section 2.3).
const HEADER_BYTES: usize = 10;
/// Check sum and length at the end, four bytes each, least significant first.
const TRAILER_BYTES: usize = 8;
/// Deflate never packs harder than this (a match of 258 bytes in two bits): a length that says so is wrong.
const MOST_PACKED: usize = 1032;
/// What is read from the file at once, in bytes.
const READ_BYTES: usize = 64 * 1024;
/// A packed member of more bytes goes the plain way (our choice: such are films and papers, not pages).
const MOST_WHOLE: usize = 4 * 1024 * 1024;
/// So many beginnings are tried as the end of a member. The first is the right one but for chance, or for
/// a file that was made to cost time.
const MOST_TRIES: usize = 3;

/// Unpacks gzip members one after the other.
pub(super) struct Members<R> {
    input: R,
    buffer: Vec<u8>,
    /// What of the buffer was read from the input and not taken yet.
    filled: Range<usize>,
    /// The place of its first byte in the file.
    position: u64,
    decoder: Decompressor,
}

impl<R: Read> Members<R> {
    /// Reads from `input`, whose first byte is byte `position` of the file.
    pub(super) fn new(input: R, position: u64) -> Self {
        Self {
            input,
            buffer: vec![0; READ_BYTES],
            filled: 0..0,
            position,
            decoder: Decompressor::new(),
        }
    }

    /// Where the next member begins.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The next member, unpacked; none at the end of the file.
    ///
    /// # Errors
    /// What is wrong with it; then the position says nothing any more.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        if self.fill_buf().map_err(problem)?.is_empty() {
            return Ok(None);
        }
        match self.whole() {
            Some(bytes) => Ok(Some(bytes)),
            None => self.plain().map(Some),
        }
    }

    /// The plain way, which is right for every member.
    fn plain(&mut self) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        GzDecoder::new(self)
            .take(MAX_MEMBER_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(problem)?;
        if bytes.len() as u64 > MAX_MEMBER_BYTES {
            return Err(Problem::TooLong);
        }
        Ok(bytes)
    }

    /// The fast way; none if the plain one has to be gone, and then nothing was taken.
    fn whole(&mut self) -> Option<Vec<u8>> {
        let mut looked = HEADER_BYTES + TRAILER_BYTES;
        let mut tries = 0;
        loop {
            let buffered = self.buffer.get(self.filled.clone())?;
            let start = buffered.get(..PLAIN_START.len());
            if start.is_some_and(|start| start != PLAIN_START) {
                return None;
            }
            let behind = buffered.get(looked..).unwrap_or_default();
            if let Some(place) = memmem::find(behind, &MEMBER_START) {
                let end = looked + place;
                if let Some(bytes) = unpack(&mut self.decoder, buffered.get(..end)?) {
                    self.consume(end);
                    return Some(bytes);
                }
                tries += 1;
                if tries == MOST_TRIES {
                    return None;
                }
                looked = end + 1;
                continue;
            }
            let end = buffered.len();
            if end >= MOST_WHOLE {
                return None;
            }
            // A beginning may lie across what is buffered and what is not.
            looked = looked.max(end.saturating_sub(MEMBER_START.len() - 1));
            // What the disk says is heard when the bytes are needed.
            if self.read_more().ok()? == 0 {
                let last = self.buffer.get(self.filled.clone())?;
                let bytes = unpack(&mut self.decoder, last)?;
                self.consume(end);
                return Some(bytes);
            }
        }
    }

    /// Reads more behind what is buffered, in a larger buffer if need be; how much, 0 at the end of the
    /// file.
    fn read_more(&mut self) -> io::Result<usize> {
        if self.filled.end == self.buffer.len() {
            self.buffer.copy_within(self.filled.clone(), 0);
            self.filled = 0..self.filled.len();
        }
        if self.filled.end == self.buffer.len() {
            self.buffer.resize(2 * self.buffer.len(), 0);
        }
        let room = self.buffer.get_mut(self.filled.end..).unwrap_or_default();
        let read = loop {
            match self.input.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.filled.end += read;
        Ok(read)
    }
}

/// The plain decoder is fed through these.
impl<R: Read> Read for Members<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for Members<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.filled.is_empty() {
            self.filled = 0..0;
            self.read_more()?;
        }
        Ok(self.buffer.get(self.filled.clone()).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.filled.start += amount;
        self.position += amount as u64;
    }
}

impl<R> fmt::Debug for Members<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Members")
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

/// Unpacks bytes that are one whole member without optional header fields; none if they are not, or are
/// damaged.
fn unpack(decoder: &mut Decompressor, member: &[u8]) -> Option<Vec<u8>> {
    let packed = member.get(HEADER_BYTES..)?;
    let (packed, trailer) = packed.split_at_checked(packed.len().checked_sub(TRAILER_BYTES)?)?;
    let (sum, length) = trailer.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length.first_chunk()?)).ok()?;
    if length as u64 > MAX_MEMBER_BYTES || length > packed.len().saturating_mul(MOST_PACKED) {
        return None;
    }
    let mut bytes = vec![0; length];
    let found = decoder.deflate_decompress(packed, &mut bytes).ok()?;
    let is_sound = found == length && libdeflater::crc32(&bytes) == u32::from_le_bytes(*sum);
    is_sound.then_some(bytes)
}

/// What an error of the plain decoder means: the decoder itself has only the first three kinds.
fn problem(error: io::Error) -> Problem {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Problem::Torn,
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            Problem::Gzip(error.to_string())
        }
        _ => Problem::Unreadable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, GzBuilder};
    use proptest::prelude::*;

    use super::*;

    /// Everything that can be told of a file: each member with its place and length, then what is wrong.
    type Told = (Vec<(u64, u64, Vec<u8>)>, Option<Problem>);

    /// A way to the next member.
    type Next = fn(&mut Members<&[u8]>) -> Result<Option<Vec<u8>>, Problem>;

    fn told(file: &[u8], next: Next) -> Told {
        let mut members = Members::new(file, 0);
        let mut found = Vec::new();
        loop {
            let start = members.position();
            match next(&mut members) {
                Ok(Some(bytes)) => found.push((start, members.position() - start, bytes)),
                Ok(None) => return (found, None),
                Err(problem) => return (found, Some(problem)),
            }
        }
    }

    fn plainly(members: &mut Members<&[u8]>) -> Result<Option<Vec<u8>>, Problem> {
        if members.fill_buf().map_err(problem)?.is_empty() {
            return Ok(None);
        }
        members.plain().map(Some)
    }

    fn pack(bytes: &[u8], level: u32) -> Vec<u8> {
        let mut member = GzBuilder::new().write(Vec::new(), Compression::new(level));
        member.write_all(bytes).unwrap();
        member.finish().unwrap()
    }

    /// Bytes that do not pack, the same each time: a simple generator (Knuth, MMIX).
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let next = |_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        (0..length).map(next).collect()
    }

    #[test]
    fn the_fast_way_is_gone_where_it_can_be() {
        let named = {
            let mut member = GzBuilder::new()
                .filename("a.html")
                .write(Vec::new(), Compression::fast());
            member.write_all(b"text").unwrap();
            member.finish().unwrap()
        };
        let lying = {
            // A stored block that holds the beginning of a member.
            let mut bytes = noise(1000);
            bytes.splice(500..503, MEMBER_START);
            pack(&bytes, 0)
        };
        let table = [
            ("the last one of a file", pack(b"text", 6), true),
            (
                "with another behind it",
                [pack(b"text", 6), pack(b"", 1)].concat(),
                true,
            ),
            ("nothing in it", pack(b"", 6), true),
            (
                "longer than what is read at once",
                pack(&noise(200_000), 1),
                true,
            ),
            ("packed as hard as can be", pack(&vec![0; 1 << 20], 9), true),
            ("a beginning inside it", lying, true),
            ("with a name", named, false),
            (
                "with bytes behind it",
                [pack(b"text", 6), b"\n".to_vec()].concat(),
                false,
            ),
            ("torn", pack(b"text", 6)[..20].to_vec(), false),
            ("too long for it", pack(&noise(MOST_WHOLE), 1), false),
        ];
        for (what, file, expected) in table {
            let mut members = Members::new(file.as_slice(), 0);
            members.fill_buf().unwrap();
            let bytes = members.whole();
            assert_eq!(bytes.is_some(), expected, "{what}");
            if !expected {
                assert_eq!(members.position(), 0, "{what}: nothing was taken");
            }
            let next = |members: &mut Members<&[u8]>| members.next();
            assert!(told(&file, next) == told(&file, plainly), "{what}");
        }
    }

    #[test]
    fn a_file_made_to_cost_time_is_soon_given_to_the_plain_way() {
        let file = pack(&MEMBER_START.repeat(300_000), 0);
        let mut members = Members::new(file.as_slice(), 0);
        members.fill_buf().unwrap();
        assert!(members.whole().is_none());
        assert!(members.buffer.len() <= READ_BYTES, "it looked no further");
        assert_eq!(members.next().unwrap().unwrap().len(), 900_000);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Both ways tell the same of files that are sound, torn, flipped, or have something between.
        #[test]
        fn both_ways_tell_the_same(
            blocks in prop::collection::vec((0..20_000_usize, 0..10_u32, any::<bool>()), 1..6),
            flipped in prop::option::of((any::<prop::sample::Index>(), 0..8_u32)),
            cut in prop::option::of(any::<prop::sample::Index>()),
            between in prop::option::of((any::<prop::sample::Index>(), 1..5_usize)),
        ) {
            let noise = noise(20_000);
            let mut file: Vec<u8> = blocks
                .iter()
                .flat_map(|(length, level, is_noise)| match is_noise {
                    true => pack(&noise[..*length], *level),
                    false => pack(&vec![b'a'; *length], *level),
                })
                .collect();
            if let Some((place, bit)) = flipped {
                let place = place.index(file.len());
                file[place] ^= 1 << bit;
            }
            if let Some((place, length)) = between {
                let place = place.index(file.len());
                file.splice(place..place, vec![0; length]);
            }
            if let Some(length) = cut {
                file.truncate(length.index(file.len()));
            }
            let next = |members: &mut Members<&[u8]>| members.next();
            prop_assert!(told(&file, next) == told(&file, plainly));
        }
    }
}

//! Inflate: packed bytes in, unpacked bytes out, step by step, for gzip members and zstd frames; and
//! gzip members at once, which is nearly twice as fast. The caller gives both buffers, so nothing here
//! grows with the file.

use flate2::{Decompress, FlushDecompress, Status};
use libdeflater::{Crc, Decompressor};
use zstd::stream::raw::{DParameter, Decoder, Operation};

use super::search::Packing;

/// The largest zstd window that is unpacked, as a power of two: 128 MiB, what `zstd --ultra` and
/// `--long` make at most without being asked for more.
const ZSTD_WINDOW_LOG: u32 = 27;
/// The longest gzip header: extra field and two names (our choice for the names).
const MAX_GZIP_HEADER: usize = 128 * 1024;

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// So many bytes were read and written. Neither: more input is needed.
    Went { read: usize, written: usize },
    /// So many bytes were read and written, and the member is whole and its check sum right.
    Ended { read: usize, written: usize },
}

/// Unpacks one member.
pub(super) enum Unpacker {
    Gzip(Box<Gunzip>),
    Zstd(Decoder<'static>),
}

impl Unpacker {
    /// For a member that is packed like this; `dictionary` is zstd's, empty for none.
    pub(super) fn new(packing: Packing, dictionary: &[u8]) -> Result<Self, String> {
        match packing {
            Packing::Gzip => Ok(Self::Gzip(Box::default())),
            Packing::Zstd | Packing::Skippable => {
                let decoder = Decoder::with_dictionary(dictionary).and_then(|mut decoder| {
                    decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG))?;
                    Ok(decoder)
                });
                decoder.map(Self::Zstd).map_err(|error| error.to_string())
            }
        }
    }

    /// Makes ready for the next member of the same packing and dictionary.
    pub(super) fn begin_again(&mut self) -> Result<(), String> {
        match self {
            Self::Gzip(gunzip) => {
                gunzip.begin_again();
                Ok(())
            }
            Self::Zstd(decoder) => decoder.reinit().map_err(|error| error.to_string()),
        }
    }

    /// Unpacks some of `input` into `output`.
    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, String> {
        match self {
            Self::Gzip(gunzip) => gunzip.step(input, output),
            Self::Zstd(decoder) => {
                let done = decoder
                    .run_on_buffers(input, output)
                    .map_err(|error| format!("zstd: {error}"))?;
                let (read, written) = (done.bytes_read, done.bytes_written);
                // Nothing read and nothing written is no end: the decoder waits for a frame.
                if done.remaining == 0 && read + written > 0 {
                    return Ok(Step::Ended { read, written });
                }
                Ok(Step::Went { read, written })
            }
        }
    }
}

/// Where in a gzip member the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Header,
    Body,
    Trailer,
}

/// One gzip member (RFC 1952).
pub(super) struct Gunzip {
    part: Part,
    inflate: Decompress,
    sum: Crc,
    bytes: u32,
}

impl Default for Gunzip {
    fn default() -> Self {
        Self {
            part: Part::Header,
            inflate: Decompress::new(false),
            sum: Crc::new(),
            bytes: 0,
        }
    }
}

impl Gunzip {
    fn begin_again(&mut self) {
        self.part = Part::Header;
        self.inflate.reset(false);
        self.sum = Crc::new();
        self.bytes = 0;
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, String> {
        match self.part {
            Part::Header => {
                let read = gzip_header(input)?.unwrap_or(0);
                if read > 0 {
                    self.part = Part::Body;
                }
                Ok(Step::Went { read, written: 0 })
            }
            Part::Body => self.body(input, output),
            Part::Trailer => match input.first_chunk::<8>() {
                None => Ok(Step::Went {
                    read: 0,
                    written: 0,
                }),
                Some(trailer) if *trailer == trailer_of(self.sum.sum(), self.bytes) => {
                    Ok(Step::Ended {
                        read: 8,
                        written: 0,
                    })
                }
                Some(_) => Err("the check sum of the gzip member is wrong".to_owned()),
            },
        }
    }

    fn body(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, String> {
        let before = (self.inflate.total_in(), self.inflate.total_out());
        let status = self
            .inflate
            .decompress(input, output, FlushDecompress::None);
        let read = (self.inflate.total_in() - before.0) as usize;
        let written = (self.inflate.total_out() - before.1) as usize;
        self.sum.update(output.get(..written).unwrap_or_default());
        self.bytes = self.bytes.wrapping_add(written as u32);
        match status {
            Ok(Status::StreamEnd) => self.part = Part::Trailer,
            Ok(_) => {}
            // What was unpacked before the damage counts; the next step meets the damage again.
            Err(_) if written > 0 => {}
            Err(error) => return Err(format!("gzip: {error}")),
        }
        Ok(Step::Went { read, written })
    }
}

/// Check sum and length as they end a member.
fn trailer_of(sum: u32, bytes: u32) -> [u8; 8] {
    let ([a, b, c, d], [e, f, g, h]) = (sum.to_le_bytes(), bytes.to_le_bytes());
    [a, b, c, d, e, f, g, h]
}

/// How long the header of a gzip member is; none if more bytes are needed to say.
fn gzip_header(input: &[u8]) -> Result<Option<usize>, String> {
    let length = gzip_header_length(input);
    if length.is_none() && input.len() > MAX_GZIP_HEADER {
        return Err("the header of the gzip member does not end".to_owned());
    }
    Ok(length)
}

fn gzip_header_length(input: &[u8]) -> Option<usize> {
    let flags = *input.get(3)?;
    let mut length = 10;
    if flags & 4 != 0 {
        let (low, high) = (*input.get(length)?, *input.get(length + 1)?);
        length += 2 + usize::from(u16::from_le_bytes([low, high]));
    }
    for name in [8, 16] {
        if flags & name != 0 {
            length += memchr::memchr(0, input.get(length..)?)? + 1;
        }
    }
    if flags & 2 != 0 {
        length += 2;
    }
    (input.len() >= length).then_some(length)
}

/// The shortest gzip member: header, an empty deflate block, trailer.
const SHORTEST_MEMBER: usize = 20;
/// Places that only look like the next member are passed over so often.
const MOST_TRIES: usize = 4;

/// Unpacks a gzip member at once behind the first `filled` bytes of `output`, if its end is among
/// `input`; says how long it is, packed and unpacked. `input` begins with a member.
///
/// The end is where the next member begins, or where the file does (`is_last`); the eight bytes before
/// have to be the check sum and length of what was unpacked, so a wrong guess is never believed. None:
/// unpack it step by step.
pub(super) fn unpack_whole(
    decompressor: &mut Decompressor,
    input: &[u8],
    is_last: bool,
    output: &mut Vec<u8>,
    filled: usize,
    most: usize,
) -> Option<(usize, usize)> {
    let behind = input.get(SHORTEST_MEMBER..)?;
    let next = memchr::memmem::find_iter(behind, &[0x1f, 0x8b, 8]).map(|at| at + SHORTEST_MEMBER);
    let last = is_last.then_some(input.len());
    for end in next.chain(last).take(MOST_TRIES) {
        let member = input.get(..end)?;
        let (_, trailer) = member.split_last_chunk::<8>()?;
        let [.., a, b, c, d] = *trailer;
        let bytes = u32::from_le_bytes([a, b, c, d]) as usize;
        if bytes > most {
            continue;
        }
        if output.len() < filled + bytes {
            output.resize(filled + bytes, 0);
        }
        let space = output.get_mut(filled..filled + bytes)?;
        if decompressor.gzip_decompress(member, space) != Ok(bytes) {
            continue;
        }
        if trailer_of(libdeflater::crc32(space), bytes as u32) == *trailer {
            return Some((end, bytes));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, GzBuilder};

    use super::*;

    fn member(bytes: &[u8]) -> Vec<u8> {
        let names = GzBuilder::new()
            .filename("a.warc")
            .comment("c")
            .extra(vec![1; 300]);
        let mut member = names.write(Vec::new(), Compression::new(6));
        member.write_all(bytes).unwrap();
        member.finish().unwrap()
    }

    fn slowly(unpacker: &mut Unpacker, input: &[u8]) -> Result<(Vec<u8>, usize), String> {
        let (mut all, mut at, mut shown) = (Vec::new(), 0, 1);
        loop {
            let mut output = [0; 7];
            let input = &input[at..(at + shown).min(input.len())];
            match unpacker.step(input, &mut output)? {
                Step::Ended { read, written } => {
                    all.extend(&output[..written]);
                    return Ok((all, at + read));
                }
                Step::Went { read, written } => {
                    all.extend(&output[..written]);
                    at += read;
                    shown = if read == 0 { shown + 1 } else { 1 };
                    if shown > 10_000 {
                        return Err("no end".to_owned());
                    }
                }
            }
        }
    }

    #[test]
    fn a_member_is_unpacked_a_byte_at_a_time_and_its_end_is_found() {
        let text = "Bộ Y tế thông báo. ".repeat(50);
        let mut packed = member(text.as_bytes());
        let length = packed.len();
        packed.extend(b"what follows");
        let mut unpacker = Unpacker::new(Packing::Gzip, &[]).unwrap();
        for _ in 0..2 {
            let (all, end) = slowly(&mut unpacker, &packed).unwrap();
            assert_eq!((all.as_slice(), end), (text.as_bytes(), length));
            unpacker.begin_again().unwrap();
        }
        packed[length - 6] ^= 1;
        let error = slowly(&mut unpacker, &packed).unwrap_err();
        assert_eq!(error, "the check sum of the gzip member is wrong");
    }

    #[test]
    fn a_zstd_frame_is_unpacked_a_byte_at_a_time_and_its_end_is_found() {
        let text = "Bộ Y tế thông báo. ".repeat(50);
        let mut packed = zstd::bulk::compress(text.as_bytes(), 3).unwrap();
        let length = packed.len();
        packed.extend(b"what follows");
        let mut unpacker = Unpacker::new(Packing::Zstd, &[]).unwrap();
        for _ in 0..2 {
            let (all, end) = slowly(&mut unpacker, &packed).unwrap();
            assert_eq!((all.as_slice(), end), (text.as_bytes(), length));
            unpacker.begin_again().unwrap();
        }
    }

    #[test]
    fn a_whole_member_ends_where_its_check_sum_says() {
        let mut decompressor = Decompressor::new();
        let mut output = vec![9; 2];
        let mut whole = |input: &[u8], is_last| {
            unpack_whole(&mut decompressor, input, is_last, &mut output, 2, 1000)
                .map(|(length, bytes)| (length, output[2..2 + bytes].to_vec()))
        };
        // Stored bytes that look like a member stand inside.
        let text = b"a\x1f\x8b\x08b\x1f\x8b\x08c";
        let mut stored = GzBuilder::new().write(Vec::new(), Compression::none());
        stored.write_all(text).unwrap();
        let first = stored.finish().unwrap();
        let both = [first.clone(), member(b"second")].concat();
        assert_eq!(whole(&both, false), Some((first.len(), text.to_vec())));
        assert_eq!(whole(&first, false), None, "its end is not seen");
        assert_eq!(whole(&first, true), Some((first.len(), text.to_vec())));
        let damaged = [&first[..first.len() - 1], &[0xff]].concat();
        assert_eq!(whole(&damaged, true), None);
        let long = member(&[b'x'; 1001]);
        assert_eq!(whole(&long, true), None, "longer than may be");
        let padded = [first, vec![0; 20]].concat();
        assert_eq!(whole(&padded, true), None, "something follows");
    }
}

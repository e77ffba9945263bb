//! Search: where a record or a packed member begins. Pure functions over bytes; a mark is believed
//! only if what follows looks like a record, because any three bytes stand somewhere in a picture.

use memchr::memmem;

use super::inflate::{Step, Unpacker};

/// How a gzip member begins (RFC 1952): magic, deflate, and no reserved flag.
fn begins_gzip(bytes: &[u8]) -> bool {
    matches!(bytes, [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0)
}

/// How a zstd frame begins (RFC 8878, section 3.1.1).
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// What packs the bytes that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
    /// A zstd frame that holds no content but perhaps a dictionary (RFC 8878, section 3.1.2).
    Skippable,
}

/// What packs the bytes that follow, if anything does. Looks at 4 bytes.
pub(super) fn packing(bytes: &[u8]) -> Option<Packing> {
    match bytes {
        _ if begins_gzip(bytes) => Some(Packing::Gzip),
        _ if bytes.starts_with(&ZSTD) => Some(Packing::Zstd),
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Packing::Skippable),
        _ => None,
    }
}

/// Bytes to look at for [`begins_record`].
pub(super) const RECORD_START_BYTES: usize = 32;

/// True if the bytes begin with the version line of a record and the first letter of a field.
pub(super) fn begins_record(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"WARC/") else {
        return false;
    };
    let Some(rest) = digits(rest).and_then(|rest| rest.strip_prefix(b".")) else {
        return false;
    };
    let Some(mut rest) = digits(rest) else {
        return false;
    };
    while let [b' ' | b'\t', behind @ ..] = rest {
        rest = behind;
    }
    let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
    match rest.strip_prefix(b"\n") {
        Some(rest) => rest.first().is_none_or(u8::is_ascii_alphabetic),
        None => false,
    }
}

/// What follows one to three digits.
fn digits(bytes: &[u8]) -> Option<&[u8]> {
    let count = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    (1..=3).contains(&count).then(|| bytes.get(count..))?
}

/// The first place from `from` on at which a record begins.
pub(super) fn find_record(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    memmem::find_iter(rest, b"WARC/")
        .find(|at| rest.get(*at..).is_some_and(begins_record))
        .map(|at| from + at)
}

/// How much may be read and unpacked to see whether members hold records. It grows with the file that is
/// passed, so the work of all searches is in proportion to its length, whatever is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Credit {
    left: u64,
    /// The byte of the file up to which it has grown.
    position: u64,
}

impl Credit {
    /// Bytes for each byte of the file (our choice).
    const TIMES: u64 = 64;
    /// It never is more (our choice: [`Self::TIMES`] the MiB that is looked through at once).
    const MOST: u64 = 64 * 1024 * 1024;
    /// A candidate costs no less: making ready for it is work too.
    const LEAST: u64 = 4096;

    /// For a file that is read from byte `position` on.
    pub(super) fn new(position: u64) -> Self {
        Self {
            left: Self::MOST,
            position,
        }
    }

    /// What it is at byte `position`.
    pub(super) fn at(self, position: u64) -> Self {
        let passed = position.saturating_sub(self.position);
        let more = passed.saturating_mul(Self::TIMES);
        Self {
            left: self.left.saturating_add(more).min(Self::MOST),
            position: self.position.max(position),
        }
    }
}

/// The first place from `from` on at which a record begins, or a packed member that holds one.
/// `dictionary` is that of zstd frames. Without `credit` only records that are not packed are found.
pub(super) fn find_member(
    bytes: &[u8],
    from: usize,
    dictionary: &[u8],
    credit: &mut Credit,
) -> Option<usize> {
    let rest = bytes.get(from..)?;
    memchr::memchr3_iter(b'W', 0x1f, 0x28, rest)
        .find(|at| {
            let here = rest.get(*at..).unwrap_or_default();
            match packing(here) {
                Some(_) if credit.left == 0 => false,
                Some(packing) => holds_record(here, packing, dictionary, credit),
                None => begins_record(here),
            }
        })
        .map(|at| from + at)
}

/// True if the member begins with a record, or is short and sound to its end. `bytes` may end inside it.
fn holds_record(bytes: &[u8], packing: Packing, dictionary: &[u8], credit: &mut Credit) -> bool {
    let (holds, work) = judge_member(bytes, packing, dictionary);
    let work = (work + dictionary.len() as u64).max(Credit::LEAST);
    credit.left = credit.left.saturating_sub(work);
    holds
}

/// The same, and how many bytes were read and written for it.
fn judge_member(bytes: &[u8], packing: Packing, dictionary: &[u8]) -> (bool, u64) {
    /// A member without the beginning of a record is unpacked this far.
    const MOST: u64 = 64 * 1024;
    /// And read this far: the longest gzip header, and what can not be packed.
    const MOST_PACKED: usize = 256 * 1024;
    let bytes = bytes.get(..MOST_PACKED).unwrap_or(bytes);
    let Ok(mut unpacker) = Unpacker::new(packing, dictionary) else {
        return (false, 0);
    };
    let mut output = [0; 4096];
    let (mut read, mut written) = (0, 0_u64);
    loop {
        let work = read as u64 + written;
        let input = bytes.get(read..).unwrap_or_default();
        let (more, new, is_end) = match unpacker.step(input, &mut output) {
            Ok(Step::Went { read, written }) => (read, written, false),
            Ok(Step::Ended { read, written }) => (read, written, true),
            Err(_) => return (false, work),
        };
        let text = output.get(..new).unwrap_or_default();
        if written == 0 && begins_record(text.trim_ascii_start()) {
            return (true, work + more as u64 + new as u64);
        }
        read += more;
        written += new as u64;
        if is_end {
            return (written > 0, read as u64 + written);
        }
        if more == 0 && new == 0 || written > MOST {
            return (false, read as u64 + written);
        }
    }
}

/// What a member unpacks to, up to where it is damaged, or a few megabytes.
pub(super) fn unpack_some(packed: &[u8], packing: Packing, dictionary: &[u8]) -> Vec<u8> {
    const MOST: usize = 8 * 1024 * 1024;
    let (mut read, mut text) = (0, Vec::new());
    let Ok(mut unpacker) = Unpacker::new(packing, dictionary) else {
        return text;
    };
    let mut output = vec![0; 64 * 1024];
    loop {
        let input = packed.get(read..).unwrap_or_default();
        let (more, new, is_end) = match unpacker.step(input, &mut output) {
            Ok(Step::Went { read, written }) => (read, written, false),
            Ok(Step::Ended { read, written }) => (read, written, true),
            Err(_) => return text,
        };
        text.extend_from_slice(output.get(..new).unwrap_or_default());
        read += more;
        if is_end || more == 0 && new == 0 || text.len() > MOST {
            return text;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn a_record_begins_with_a_version_line_and_a_field() {
        let table: [(&[u8], bool, &str); 9] = [
            (b"WARC/1.0\r\nWARC-Type: x", true, "as it should be"),
            (b"WARC/1.1\nWARC-Type: x", true, "LF"),
            (
                b"WARC/0.18\r\nWARC-Type: x",
                true,
                "an old one, of the same shape",
            ),
            (b"WARC/1.0 \t\r\nw", true, "blanks behind the version"),
            (b"WARC/1.0\r\n", true, "nothing more is known"),
            (b"WARC/1.0\r\n\r\n", false, "no field"),
            (b"WARC/1.0 is a format\r\n", false, "a sentence"),
            (b"WARC/1\r\nW", false, "no version"),
            (b"warc/1.0\r\nW", false, "lower case"),
        ];
        for (bytes, expected, what) in table {
            assert_eq!(begins_record(bytes), expected, "{what}");
        }
        let text = b"see WARC/1.0 and\r\nWARC/1.0\r\n\r\nWARC/1.1\r\nA: b";
        assert_eq!(find_record(text, 0), Some(30));
        assert_eq!(find_record(text, 31), None);
    }

    #[test]
    fn a_mark_of_three_bytes_is_no_member() {
        let mut bytes = b"xx\x1f\x8b\x08\x00 no member \x28\xb5\x2f\xfd nor this ".to_vec();
        assert_eq!(find_member(&bytes, 0, &[], &mut Credit::new(0)), None);
        let sound = bytes.len();
        bytes.extend(zstd::bulk::compress(b"WARC/1.0\r\nA: b\r\n\r\n", 3).unwrap());
        assert_eq!(
            find_member(&bytes, 0, &[], &mut Credit::new(0)),
            Some(sound)
        );
    }

    #[test]
    fn members_in_members_are_looked_at_while_there_is_credit() {
        // Every header begins a member that unpacks to all the headers behind it.
        let nested = b"\x1f\x8b\x08\0\0\0\0\0\0\0\x00\x0a\x00\xf5\xff".repeat(64 * 1024);
        let mut packed = Vec::new();
        let mut encoder = GzEncoder::new(&mut packed, Compression::fast());
        encoder.write_all(b"WARC/1.0\r\nA: b\r\n\r\n").unwrap();
        encoder.finish().unwrap();
        let (plain, end) = (b"WARC/1.0\r\nA: b\r\n\r\n", nested.len());
        let mut credit = Credit::new(0);
        let bytes = [&nested, &packed[..], plain].concat();
        let found = find_member(&bytes, 0, &[], &mut credit);
        assert_eq!(found, Some(end + packed.len()), "only WARC/ is believed");
        assert_eq!(credit.left, 0);
        let mut credit = credit.at(1000);
        assert_eq!(credit.left, 64_000, "it grows again");
        let found = find_member(&bytes, end, &[], &mut credit);
        assert_eq!(found, Some(end));
        assert_eq!(credit.left, 64_000 - Credit::LEAST);
    }

    #[test]
    fn a_member_without_a_record_is_believed_if_it_is_short_and_sound() {
        let table = [(1, true), (60 * 1024, true), (200 * 1024, false)];
        for (bytes, expected) in table {
            let member = zstd::bulk::compress(&vec![b'x'; bytes], 3).unwrap();
            let found = find_member(&member, 0, &[], &mut Credit::new(0));
            assert_eq!(found == Some(0), expected, "{bytes}");
            let torn = &member[..member.len() - 1];
            let found = find_member(torn, 0, &[], &mut Credit::new(0));
            assert_eq!(found, None, "{bytes}, torn");
        }
    }
}

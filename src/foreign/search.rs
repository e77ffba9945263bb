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

/// The first place from `from` on at which a record begins, or a packed member that holds one.
/// `dictionary` is that of zstd frames.
pub(super) fn find_member(bytes: &[u8], from: usize, dictionary: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    memchr::memchr3_iter(b'W', 0x1f, 0x28, rest)
        .find(|at| {
            let here = rest.get(*at..).unwrap_or_default();
            match packing(here) {
                Some(packing) => holds_record(here, packing, dictionary),
                None => begins_record(here),
            }
        })
        .map(|at| from + at)
}

/// True if the member begins with a record, or is sound to its end. `bytes` may end inside it.
fn holds_record(bytes: &[u8], packing: Packing, dictionary: &[u8]) -> bool {
    /// A member without the beginning of a record is looked at this far.
    const MOST: u64 = 8 * 1024 * 1024;
    let Ok(mut unpacker) = Unpacker::new(packing, dictionary) else {
        return false;
    };
    let mut output = vec![0; 64 * 1024];
    let (mut read, mut written) = (0, 0_u64);
    loop {
        let input = bytes.get(read..).unwrap_or_default();
        let (more, new, is_end) = match unpacker.step(input, &mut output) {
            Ok(Step::Went { read, written }) => (read, written, false),
            Ok(Step::Ended { read, written }) => (read, written, true),
            Err(_) => return false,
        };
        let text = output.get(..new).unwrap_or_default();
        if written == 0 && begins_record(text.trim_ascii_start()) {
            return true;
        }
        read += more;
        written += new as u64;
        if is_end {
            return written > 0;
        }
        if more == 0 && new == 0 || written > MOST {
            return false;
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
        assert_eq!(find_member(&bytes, 0, &[]), None);
        let sound = bytes.len();
        bytes.extend(zstd::bulk::compress(b"WARC/1.0\r\nA: b\r\n\r\n", 3).unwrap());
        assert_eq!(find_member(&bytes, 0, &[]), Some(sound));
    }
}

//! The chunked transfer coding (RFC 9112, section 7.1), taken off a body that was archived with it,
//! and found missing from one that was archived without it although its header still says so.

/// How a body stands in the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// As it was sent, or as the server's header describes it.
    Plain,
    /// In chunks, which are taken off.
    Chunked,
    /// Without chunks, though the header says that it has them.
    SaysChunked,
}

/// A body without its chunks.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unchunked {
    pub(super) payload: Vec<u8>,
    /// Why it is not whole, or what is odd behind it.
    pub(super) trouble: Option<String>,
    pub(super) is_whole: bool,
}

/// The longest line of a chunk's size that is read (our choice).
const MAX_SIZE_LINE: usize = 4096;

/// Takes the chunks off; none if the body does not begin with a whole first chunk, or the part of one
/// that could be the first.
pub(super) fn unchunk(body: &[u8]) -> Option<Unchunked> {
    let mut payload = Vec::with_capacity(body.len());
    let mut rest = body;
    let broken = |payload, words: String| {
        Some(Unchunked {
            payload,
            trouble: Some(words),
            is_whole: false,
        })
    };
    let mut number = 0_u64;
    loop {
        number += 1;
        let Some((size, behind)) = size_line(rest) else {
            return match (number, rest.is_empty()) {
                (1, _) => None,
                (_, true) => broken(payload, "the body ends before its last chunk".to_owned()),
                (_, false) => broken(payload, format!("chunk {number} has no size")),
            };
        };
        if size == 0 {
            let left = trailer_end(behind).and_then(|end| behind.get(end..));
            let (trouble, is_whole) = match left {
                None => (Some("the last chunk has no end".to_owned()), true),
                Some([]) => (None, true),
                Some(left) => (
                    Some(format!("{} bytes follow the last chunk", left.len())),
                    true,
                ),
            };
            return Some(Unchunked {
                payload,
                trouble,
                is_whole,
            });
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let Some((chunk, behind)) = behind.split_at_checked(size) else {
            payload.extend_from_slice(behind);
            let words = format!(
                "the body ends inside chunk {number}, which has {size} bytes of which {} are there",
                behind.len()
            );
            return broken(payload, words);
        };
        let ended = behind
            .strip_prefix(b"\r\n")
            .or_else(|| behind.strip_prefix(b"\n"));
        match ended {
            Some(behind) => {
                payload.extend_from_slice(chunk);
                rest = behind;
            }
            None if behind.len() < 2 => {
                payload.extend_from_slice(chunk);
                return broken(payload, "the body ends before its last chunk".to_owned());
            }
            None if number == 1 => return None,
            None => return broken(payload, format!("chunk {number} is longer than it says")),
        }
    }
}

/// The size in the line at the beginning, and what follows the line.
fn size_line(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let head = bytes.get(..bytes.len().min(MAX_SIZE_LINE))?;
    let end = memchr::memchr(b'\n', head)?;
    let line = std::str::from_utf8(head.get(..end)?).ok()?;
    // What follows a semicolon is an extension.
    let digits = line.split(';').next()?.trim();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let size = u64::from_str_radix(digits, 16).ok()?;
    Some((size, bytes.get(end + 1..)?))
}

/// Where the trailer fields behind the last chunk end.
fn trailer_end(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'\r', b'\n', ..] => Some(2),
        [b'\n', ..] => Some(1),
        _ => super::header::header_end(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_taken_off_and_what_has_none_is_left() {
        type Expected<'a> = Option<(&'a [u8], bool, bool)>;
        let table: [(&str, &[u8], Expected<'_>); 16] = [
            // what, given, payload, whole, trouble
            (
                "two chunks",
                b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n",
                Some((b"abcd", true, false)),
            ),
            ("no bytes", b"0\r\n\r\n", Some((b"", true, false))),
            (
                "extension, blanks, zeros",
                b"0003 ;x=y\r\nabc\r\n0\r\n\r\n",
                Some((b"abc", true, false)),
            ),
            (
                "a trailer",
                b"3\r\nabc\r\n0\r\nX: y\r\n\r\n",
                Some((b"abc", true, false)),
            ),
            ("LF", b"3\nabc\n0\n\n", Some((b"abc", true, false))),
            (
                "no end line",
                b"3\r\nabc\r\n0\r\n",
                Some((b"abc", true, true)),
            ),
            (
                "more behind",
                b"3\r\nabc\r\n0\r\n\r\nxy",
                Some((b"abc", true, true)),
            ),
            (
                "no last chunk",
                b"3\r\nabc\r\n",
                Some((b"abc", false, true)),
            ),
            (
                "cut behind a chunk",
                b"3\r\nabc",
                Some((b"abc", false, true)),
            ),
            (
                "cut in the first",
                b"ff\r\nabc",
                Some((b"abc", false, true)),
            ),
            (
                "cut in the second",
                b"3\r\nabc\r\n5\r\nde",
                Some((b"abcde", false, true)),
            ),
            ("no size", b"3\r\nabc\r\nxyz", Some((b"abc", false, true))),
            (
                "second too long",
                b"1\r\na\r\n1\r\nbcd\r\n0\r\n\r\n",
                Some((b"a", false, true)),
            ),
            ("a page", b"<html>\r\n</html>", None),
            ("a page that begins with a number", b"2\r\nabcdefg", None),
            ("nothing", b"", None),
        ];
        for (what, given, expected) in table {
            let found = unchunk(given);
            let found = found.as_ref().map(|found| {
                (
                    found.payload.as_slice(),
                    found.is_whole,
                    found.trouble.is_some(),
                )
            });
            assert_eq!(found, expected, "{what}");
        }
    }
}

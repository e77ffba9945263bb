//! Tag: one start tag or end tag, read as the tokenizer reads it outside of raw text (WHATWG HTML,
//! section 13.2.5.6 and the states after it).

use super::looked_at::LookedAt;

/// A longer tag is not plain: it may have more attributes than [`super::super::tree`] allows, where
/// each takes two bytes or more.
const MAX_PLAIN_BYTES: usize = 1_500;
const _: () = assert!(MAX_PLAIN_BYTES / 2 < super::super::tree::MAX_ATTRIBUTES);

/// A tag of the page.
pub(super) struct Tag<'t> {
    /// As written.
    pub(super) name: &'t [u8],
    /// Right behind its `>`.
    pub(super) end: usize,
    /// Its attributes are written without anything odd.
    pub(super) is_plain: bool,
    /// There is neither `<` nor `>` in it, apart from its own.
    pub(super) has_no_angles: bool,
    /// One of its attributes is looked at.
    pub(super) is_marked: bool,
}

/// Reads the tag whose name begins at `start`, or `None` if the page ends in it.
pub(super) fn read<'t>(text: &'t [u8], start: usize, looked_at: &LookedAt<'_>) -> Option<Tag<'t>> {
    let mut cursor = Cursor { text, at: start };
    let name = cursor.take_until(|byte| is_blank(byte) || matches!(byte, b'/' | b'>'))?;
    let mut tag = Tag {
        name,
        end: start,
        is_plain: true,
        has_no_angles: true,
        is_marked: false,
    };
    loop {
        match cursor.byte()? {
            b'>' => break,
            byte if is_blank(byte) || byte == b'/' => cursor.at += 1,
            _ => attribute(&mut cursor, &mut tag, looked_at)?,
        }
    }
    tag.end = cursor.at + 1;
    tag.is_plain &= tag.end - start < MAX_PLAIN_BYTES;
    Some(tag)
}

fn attribute(cursor: &mut Cursor<'_>, tag: &mut Tag<'_>, looked_at: &LookedAt<'_>) -> Option<()> {
    // The first sign belongs to the name, even if it is `=`.
    let start = cursor.at;
    tag.is_plain &= cursor.byte()? != b'=';
    cursor.at += 1;
    cursor.take_until(|byte| is_blank(byte) || matches!(byte, b'/' | b'>' | b'='))?;
    let name = cursor.text.get(start..cursor.at)?;
    let is_odd = |byte: &u8| matches!(byte, b'"' | b'\'' | b'<');
    if name.iter().any(is_odd) {
        tag.is_plain = false;
        tag.has_no_angles = false;
    }
    cursor.skip_blanks()?;
    let value = if cursor.byte()? == b'=' {
        cursor.at += 1;
        cursor.skip_blanks()?;
        match cursor.byte()? {
            quote @ (b'"' | b'\'') => {
                cursor.at += 1;
                let value = quoted(cursor, quote, tag)?;
                let next = cursor.byte()?;
                tag.is_plain &= is_blank(next) || matches!(next, b'/' | b'>');
                value
            }
            _ => {
                let value = cursor.take_until(|byte| is_blank(byte) || byte == b'>')?;
                let is_odd = |byte: &u8| matches!(byte, b'"' | b'\'' | b'<' | b'=' | b'`');
                if value.is_empty() || value.iter().any(is_odd) {
                    tag.is_plain = false;
                    tag.has_no_angles = false;
                }
                value
            }
        }
    } else {
        &[]
    };
    tag.is_marked |= looked_at.has_attribute(name, value);
    Some(())
}

/// A value up to its closing quote, which is passed.
fn quoted<'t>(cursor: &mut Cursor<'t>, quote: u8, tag: &mut Tag<'_>) -> Option<&'t [u8]> {
    let rest = cursor.text.get(cursor.at..)?;
    let mut length = memchr::memchr3(quote, b'<', b'>', rest)?;
    if rest.get(length) != Some(&quote) {
        tag.has_no_angles = false;
        length = memchr::memchr(quote, rest)?;
    }
    cursor.at += length + 1;
    rest.get(..length)
}

/// White space between the parts of a tag.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | b'\x0c')
}

struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Cursor<'t> {
    fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// The bytes before the first that `ends`; `None` if there is none.
    fn take_until(&mut self, ends: impl Fn(u8) -> bool) -> Option<&'t [u8]> {
        let rest = self.text.get(self.at..)?;
        let length = rest.iter().position(|byte| ends(*byte))?;
        self.at += length;
        rest.get(..length)
    }

    fn skip_blanks(&mut self) -> Option<()> {
        self.take_until(|byte| !is_blank(byte)).map(|_| ())
    }
}

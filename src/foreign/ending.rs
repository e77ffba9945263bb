//! Where the block of a record ends. `Content-Length` is believed only if what follows agrees: empty
//! lines, then the next record, the end of the member or that of the file. If it does not, the next
//! record or the end of a sound member shows where the block ends; if nothing shows it, the record is
//! damaged.

use std::io::Read;

use super::search::{RECORD_START_BYTES, begins_record, find_member, find_record};
use super::stream::Stream;
use super::{LabelledDigest, MAX_HEADER_BYTES, TroubleKind};

/// Empty lines behind a block are passed over up to so many bytes (our choice).
const MAX_LINE_ENDS: usize = 64 * 1024;
/// Bytes among which the next record is looked for at first.
const FIRST_SEARCH_BYTES: usize = 64 * 1024;

/// What is known of a record before its block is read.
#[derive(Debug)]
pub(super) struct Head<'a> {
    /// Length of its header.
    pub(super) bytes: usize,
    /// Every length that it names.
    pub(super) lengths: &'a [u64],
    /// True if its lines end in LF.
    pub(super) uses_lf: bool,
    /// `WARC-Block-Digest`.
    pub(super) digest: Option<LabelledDigest>,
}

/// Where a block ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BlockEnd {
    /// It has so many bytes, and so many end it.
    Found {
        block: usize,
        ending: usize,
        is_whole: bool,
        trouble: Option<(TroubleKind, String)>,
    },
    /// It is longer than may be held; by what its header says, or nobody knows how long.
    TooLong { said: Option<u64> },
}

/// Finds the end of the block of the record that begins here.
pub(super) fn find_end<R: Read>(stream: &mut Stream<R>, head: &Head<'_>) -> BlockEnd {
    let mut too_long = None;
    for said in head.lengths {
        if *said > stream.max_block() {
            too_long = too_long.or(Some(*said));
            continue;
        }
        let at = head.bytes + *said as usize;
        if stream.look(at).len() < at {
            continue;
        }
        if let Some((ending, words)) = ending_at(stream, at, head.uses_lf) {
            let trouble = match head.lengths.first() {
                Some(first) if first != said => Some((TroubleKind::Length, wrong(*first, *said))),
                _ => words.map(|words| (TroubleKind::Ending, words)),
            };
            return BlockEnd::Found {
                block: *said as usize,
                ending,
                is_whole: true,
                trouble,
            };
        }
    }
    if let Some(said) = too_long
        && may_be(stream, head.bytes, said)
    {
        return BlockEnd::TooLong { said: Some(said) };
    }
    search(stream, head)
}

fn wrong(said: u64, found: u64) -> String {
    format!("Content-Length is {said}, but the block has {found} bytes")
}

/// False if the file is known to be shorter.
fn may_be<R: Read>(stream: &Stream<R>, head: usize, said: u64) -> bool {
    match stream.file_length() {
        Some(length) if stream.is_plain() => {
            let end = stream
                .file_position()
                .saturating_add(head as u64)
                .saturating_add(said);
            end <= length
        }
        _ => true,
    }
}

/// The bytes that end a block whose last byte is before `at`, and what is odd about them; none if no
/// block ends there.
fn ending_at<R: Read>(
    stream: &mut Stream<R>,
    at: usize,
    uses_lf: bool,
) -> Option<(usize, Option<String>)> {
    let tail = stream.look(at + 4);
    let usual = match tail.get(at..).unwrap_or_default() {
        [b'\r', b'\n', b'\r', b'\n', ..] => Some(4),
        [b'\n', b'\n', ..] if uses_lf => Some(2),
        _ => None,
    };
    if let Some(usual) = usual
        && stream.ends_after(at + usual)
    {
        return Some((usual, None));
    }
    let run = line_ends(stream, at);
    let behind = stream.look(at + run + RECORD_START_BYTES);
    let behind = behind.get(at + run..).unwrap_or_default();
    let (is_last, is_record) = (behind.is_empty(), begins_record(behind));
    let is_at_damage = is_last && stream.fault().is_some();
    let is_end = is_at_damage
        || is_record
        || stream.ends_after(at + run)
        || stream.packing_follows(at + run);
    match (usual, is_end) {
        (Some(usual), true) if run == usual => Some((run, None)),
        (None, true) if is_at_damage => Some((run, None)),
        (_, true) => {
            let words = format!("{run} bytes of empty lines follow the block, not two empty lines");
            Some((run, Some(words)))
        }
        // What follows is no record, and is told in its place.
        (Some(usual), false) => Some((usual, None)),
        (None, false) => None,
    }
}

/// How many bytes of CR and LF follow the next `at`.
pub(super) fn line_ends<R: Read>(stream: &mut Stream<R>, at: usize) -> usize {
    let mut run = 0;
    loop {
        let bytes = stream.look(at + run + 64);
        let bytes = bytes.get(at + run..).unwrap_or_default();
        let here = bytes
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let (here, held) = (here.count(), bytes.len());
        run += here;
        if here < held || held == 0 || run >= MAX_LINE_ENDS {
            return run;
        }
    }
}

/// Looks for the next record, because no length that is said is the length.
fn search<R: Read>(stream: &mut Stream<R>, head: &Head<'_>) -> BlockEnd {
    let most = stream.max_block() as usize + MAX_HEADER_BYTES;
    let (mut from, mut wanted) = (head.bytes, head.bytes + FIRST_SEARCH_BYTES);
    let mut credit = stream.credit();
    let end = loop {
        let is_plain = stream.is_plain();
        let bytes = stream.look(wanted);
        let found = if is_plain {
            // No dictionary: a file that has one is not plain.
            find_member(bytes, from, &[], &mut credit)
        } else {
            find_record(bytes, from)
        };
        if let Some(found) = found {
            let end = before_record(bytes, head, found);
            stream.set_credit(credit);
            return end;
        }
        let held = bytes.len();
        if held < wanted {
            break held;
        }
        if held >= most {
            stream.set_credit(credit);
            return BlockEnd::TooLong { said: None };
        }
        from = from.max(held.saturating_sub(RECORD_START_BYTES));
        wanted = (2 * wanted).min(most);
    };
    stream.set_credit(credit);
    at_end(stream, head, end)
}

/// The next record, which begins at `found`, shows where the block ends.
fn before_record(bytes: &[u8], head: &Head<'_>, found: usize) -> BlockEnd {
    let block = bytes.get(head.bytes..found).unwrap_or_default();
    let ending = trailing(block, head.uses_lf);
    let length = block.len() - ending;
    BlockEnd::Found {
        block: length,
        ending,
        is_whole: true,
        trouble: length_trouble(head, length),
    }
}

/// Nothing that can be joined follows byte `end`.
fn at_end<R: Read>(stream: &mut Stream<R>, head: &Head<'_>, end: usize) -> BlockEnd {
    let is_damaged = stream.fault().is_some();
    // The end of a sound member is an end; that of a plain file may be anywhere.
    let is_sound = !is_damaged && !stream.is_plain();
    let bytes = stream.look(end);
    let block = bytes.get(head.bytes..end).unwrap_or_default();
    let proven = head.lengths.iter().find_map(|said| {
        let block = block.get(..usize::try_from(*said).ok()?)?;
        head.digest.as_ref()?.matches(block).then_some(block.len())
    });
    if let Some(block) = proven {
        let words = "something else than two empty lines follows the block".to_owned();
        return BlockEnd::Found {
            block,
            ending: 0,
            is_whole: true,
            trouble: Some((TroubleKind::Ending, words)),
        };
    }
    let ending = trailing(block, head.uses_lf);
    let said = head.lengths.first().copied();
    let is_longer = said.is_some_and(|said| said <= (block.len() - ending) as u64);
    if !is_damaged && ending > 0 && (is_sound || is_longer) {
        let length = block.len() - ending;
        return BlockEnd::Found {
            block: length,
            ending,
            is_whole: true,
            trouble: length_trouble(head, length),
        };
    }
    let length = block.len();
    let trouble = match said {
        _ if is_damaged => None,
        Some(said) if said > length as u64 => {
            let what = if is_sound { "member" } else { "file" };
            let words = format!(
                "the {what} ends {} bytes before the block does",
                said - length as u64
            );
            Some((TroubleKind::Torn, words))
        }
        Some(_) => length_trouble(head, length),
        None => {
            let words = "nothing shows where the block ends; it is taken to the end".to_owned();
            Some((TroubleKind::Torn, words))
        }
    };
    BlockEnd::Found {
        block: length,
        ending: 0,
        is_whole: false,
        trouble,
    }
}

/// That the length is missing was told with the header.
fn length_trouble(head: &Head<'_>, found: usize) -> Option<(TroubleKind, String)> {
    let said = head.lengths.first()?;
    Some((TroubleKind::Length, wrong(*said, found as u64)))
}

/// How many bytes at the end of a block are the two empty lines behind it, as far as they are there.
fn trailing(block: &[u8], uses_lf: bool) -> usize {
    let ends: &[&[u8]] = if uses_lf {
        &[b"\n\n", b"\n"]
    } else {
        &[b"\r\n\r\n", b"\r\n"]
    };
    ends.iter()
        .find(|end| block.ends_with(end))
        .map_or(0, |end| end.len())
}

//! Stream: the file in, unpacked bytes out, with the place of each packed member. A record may begin
//! and end anywhere in it: one record a member, many records in one, and one record in several are
//! all read by the same few questions. Bytes are held only between being looked at and consumed.
//!
//! After damage nothing is joined: [`Stream::look`] ends there, and [`Stream::arrive`] finds where
//! reading can go on.

use std::collections::VecDeque;
use std::io::{self, Read};

use libdeflater::Decompressor;

use super::header::header_end;
use super::inflate::{Step, Unpacker, unpack_whole};
use super::search::{self, Credit, Packing, RECORD_START_BYTES};
use super::window::Window;
use super::{MAX_HEADER_BYTES, MAX_RECORD_BYTES, TroubleKind};

/// Packed bytes among which the end of a member is looked for, to unpack it at once.
const WHOLE_BYTES: usize = 1024 * 1024;
/// Unpacked bytes made at once, when a member is unpacked step by step.
const STEP_BYTES: usize = 256 * 1024;
/// A member may unpack to so many times its packed bytes, beside [`MAX_RECORD_BYTES`] (our choice;
/// gzip can not do more than 1,032).
const MOST_TIMES: u64 = 1_100;
/// A dictionary for zstd is no longer than this (our choice; they have about 100 KiB).
const MAX_DICTIONARY_BYTES: usize = 16 * 1024 * 1024;
/// Members of which bytes are held at once (our choice: 64 MiB of records, which have more than 64 bytes
/// each, may be held in a member a record).
const MAX_MEMBERS: usize = 1024 * 1024;
/// Bytes looked at when something is looked for in the file.
const SEARCH_BYTES: usize = 1024 * 1024;

/// What the next byte belongs to.
enum Mode {
    /// Not known yet: the next byte of the file begins something.
    Between,
    /// To a record that is not packed.
    Plain,
    /// To the member that is being unpacked.
    Packed(Packing),
    /// To a member that could not be unpacked to its end.
    Broken,
}

/// A packed member.
#[derive(Debug, Clone, Copy)]
struct Member {
    /// Its first byte in the file, and the first one behind it once that is known.
    file: (u64, Option<u64>),
    /// The same in the unpacked stream.
    stream: (u64, Option<u64>),
    /// Records that began in it.
    records: u64,
    packing: Packing,
}

/// Why a member could not be unpacked to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The member's first byte in the file.
    pub(super) offset: u64,
    pub(super) kind: TroubleKind,
    pub(super) words: String,
}

/// A member that broke, while what follows it is looked for.
struct Damaged {
    /// The byte of the file up to which it was read.
    until: u64,
    /// What it unpacks to; none if its beginning is not kept any more.
    text: Option<Vec<u8>>,
}

impl Damaged {
    /// True if what begins with `bytes` at `place` is a record of the damaged member itself, which was
    /// put into it without being made shorter.
    fn holds(&self, place: u64, bytes: &[u8]) -> bool {
        /// More than the first two lines of a header, so that the id is among them; a record of which
        /// fewer bytes were unpacked was not found before.
        const COMPARED_BYTES: std::ops::Range<usize> = 40..300;
        if place >= self.until || search::packing(bytes).is_some() {
            return false;
        }
        let inside = usize::try_from(self.until - place).unwrap_or(usize::MAX);
        let header = header_end(
            bytes
                .get(..MAX_HEADER_BYTES.min(bytes.len()))
                .unwrap_or_default(),
        );
        let compared = header
            .unwrap_or(bytes.len())
            .min(COMPARED_BYTES.end)
            .min(inside);
        let compared = bytes.get(..compared).unwrap_or_default();
        if compared.len() < COMPARED_BYTES.start {
            return false;
        }
        self.text
            .as_ref()
            .is_none_or(|text| memchr::memmem::find(text, compared).is_some())
    }
}

/// What [`Stream::arrive`] found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// Look again: something begins here.
    Ready,
    /// Bytes of the file from `offset` on that begin nothing; what follows is not known yet.
    Skipped {
        offset: u64,
        bytes: u64,
        zeros: bool,
    },
    /// The file ends.
    End,
}

pub(super) struct Stream<R> {
    window: Window<R>,
    mode: Mode,
    /// `out[taken..filled]` was unpacked and not consumed.
    out: Vec<u8>,
    taken: usize,
    filled: usize,
    /// Place in the unpacked stream of `out[taken]`.
    position: u64,
    /// Those that hold bytes from `position` on; the last one is being read or was.
    /// None of them is known to be empty.
    members: VecDeque<Member>,
    max_members: usize,
    /// What may be unpacked in searches.
    credit: Credit,
    unpackers: [Option<Unpacker>; 2],
    dictionary: Vec<u8>,
    whole: Decompressor,
    fault: Option<Fault>,
    is_fault_told: bool,
    /// Length of the file if it is known.
    length: Option<u64>,
    /// The longest block that is held.
    max_block: u64,
}

impl<R: Read> Stream<R> {
    /// The first byte of `input` is byte `offset` of a file that is `length` bytes long.
    pub(super) fn new(input: R, offset: u64, length: Option<u64>) -> Self {
        Self {
            window: Window::new(input, offset),
            mode: Mode::Between,
            out: Vec::new(),
            taken: 0,
            filled: 0,
            position: 0,
            members: VecDeque::new(),
            max_members: MAX_MEMBERS,
            credit: Credit::new(offset),
            unpackers: [None, None],
            dictionary: Vec::new(),
            whole: Decompressor::new(),
            fault: None,
            is_fault_told: false,
            length,
            max_block: MAX_RECORD_BYTES,
        }
    }

    /// Holds no longer blocks than this.
    pub(super) fn set_max_block(&mut self, bytes: u64) {
        self.max_block = bytes.min(MAX_RECORD_BYTES);
    }

    /// What may be unpacked in a search from here on; what is left of it is given back.
    pub(super) fn credit(&self) -> Credit {
        self.credit.at(self.window.position())
    }

    /// Gives back what is left of [`Self::credit`].
    pub(super) fn set_credit(&mut self, credit: Credit) {
        self.credit = credit;
    }

    /// The longest block that is held, in bytes.
    pub(super) fn max_block(&self) -> u64 {
        self.max_block
    }

    /// Uses this zstd dictionary for what follows.
    pub(super) fn set_dictionary(&mut self, dictionary: Vec<u8>) {
        self.dictionary = dictionary;
        self.unpackers = [None, None];
    }

    /// The zstd dictionary in use, empty for none.
    pub(super) fn dictionary(&self) -> &[u8] {
        &self.dictionary
    }

    /// Bytes of the file that were read past.
    pub(super) fn file_position(&self) -> u64 {
        self.window.position()
    }

    /// Length of the file, if it is known.
    pub(super) fn file_length(&self) -> Option<u64> {
        self.length
    }

    /// True while what is read is not packed.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.mode, Mode::Plain)
    }

    /// Why the member could not be unpacked on, if that is so.
    pub(super) fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// The same, once for each member.
    pub(super) fn fault_to_tell(&mut self) -> Option<Fault> {
        let fault = self.fault.clone().filter(|_| !self.is_fault_told);
        self.is_fault_told = true;
        fault
    }

    /// Why the file could not be read on, once.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.window.take_failure()
    }

    /// What is held: unpacked, or plain.
    fn held(&self) -> &[u8] {
        match self.mode {
            Mode::Plain => self.window.held(),
            _ => self.out.get(self.taken..self.filled).unwrap_or_default(),
        }
    }

    /// At least `wanted` bytes from here on; fewer only where what can be joined ends: at damage, at
    /// another packing, at the end of the file.
    pub(super) fn look(&mut self, wanted: usize) -> &[u8] {
        if self.is_plain() {
            return self.window.look(wanted);
        }
        while self.filled - self.taken < wanted && self.more() {}
        self.held()
    }

    /// Goes on by `bytes`, at most by what is held.
    pub(super) fn consume(&mut self, bytes: usize) {
        if self.is_plain() {
            self.window.consume(bytes);
            return;
        }
        let bytes = bytes.min(self.filled - self.taken);
        self.taken += bytes;
        self.position += bytes as u64;
        let position = self.position;
        let is_over = |member: &Member| member.stream.1.is_some_and(|end| end <= position);
        while self.members.front().is_some_and(is_over) {
            self.members.pop_front();
        }
    }

    /// True if nothing follows the next `bytes` in their member, or, where nothing is packed, in the
    /// file. Never true at damage.
    pub(super) fn ends_after(&mut self, bytes: usize) -> bool {
        if self.is_plain() {
            return self.window.look(bytes + 1).len() == bytes;
        }
        while self.filled - self.taken <= bytes
            && matches!(self.mode, Mode::Packed(_))
            && self.more()
        {}
        let place = self.position + bytes as u64;
        let is_before = |member: &Member| member.stream.1.is_some_and(|end| end < place);
        let member = self.members.get(self.members.partition_point(is_before));
        member.is_some_and(|member| member.stream.1 == Some(place))
    }

    /// Where a record begins that begins here: byte of the file, and byte in the unpacked member if it
    /// is not the member's first.
    pub(super) fn place(&self) -> (u64, Option<u64>) {
        if self.is_plain() {
            return (self.window.position(), None);
        }
        match self.here().and_then(|here| self.members.get(here)) {
            Some(member) => {
                let inside = self.position - member.stream.0;
                (member.file.0, (inside > 0).then_some(inside))
            }
            None => (self.window.position(), None),
        }
    }

    /// Which member the next byte is in.
    fn here(&self) -> Option<usize> {
        let is_begun = |member: &Member| member.stream.0 <= self.position;
        self.members.partition_point(is_begun).checked_sub(1)
    }

    /// True if the next `bytes` are not to be trusted: they are all that is left before the tear of a
    /// member, or end in a member of which it is known that it does not unpack. Damage is noticed late.
    pub(super) fn touch_damage(&mut self, bytes: usize) -> bool {
        let is_last = self.look(bytes + 1).len() <= bytes;
        let Some(fault) = &self.fault else {
            return false;
        };
        let end = self.position + bytes as u64;
        let is_inside = self
            .members
            .back()
            .is_some_and(|member| member.stream.0 < end);
        is_inside && (is_last || fault.kind == TroubleKind::Packing)
    }

    /// How many bytes of the file hold exactly the next `bytes`; none if they share them with others.
    pub(super) fn span(&mut self, bytes: usize) -> Option<u64> {
        if self.is_plain() {
            return Some(bytes as u64);
        }
        if !self.ends_after(bytes) {
            return None;
        }
        let (start, end) = (self.position, self.position + bytes as u64);
        let mut members = self.members.iter();
        let first = members.find(|member| member.stream.0 == start)?;
        let mut members = self.members.iter();
        let last = members.find(|member| member.stream.1 == Some(end))?;
        Some(last.file.1?.saturating_sub(first.file.0))
    }

    /// True if the next `bytes` are one gzip member.
    pub(super) fn is_gzip_member(&self, bytes: usize) -> bool {
        let whole = (self.position, Some(self.position + bytes as u64));
        let mut members = self.members.iter();
        !self.is_plain()
            && members.any(|member| member.stream == whole && member.packing == Packing::Gzip)
    }

    /// Notes that a record begins here; true if it is the second one of its member.
    pub(super) fn note_record(&mut self) -> bool {
        match self.here().and_then(|here| self.members.get_mut(here)) {
            Some(member) => {
                member.records += 1;
                member.records == 2
            }
            None => false,
        }
    }

    /// Goes on by `bytes`, however many they are, and says by how many it went: it stops where reading
    /// does, and at a packed member that begins with a record, because then the number is wrong.
    pub(super) fn skip(&mut self, bytes: u64) -> u64 {
        let mut left = bytes;
        while left > 0 {
            let position = self.position;
            let is_member = self
                .members
                .iter()
                .any(|member| member.stream.0 == position);
            if !self.is_plain()
                && is_member
                && left < bytes
                && search::begins_record(self.look(RECORD_START_BYTES))
            {
                break;
            }
            let held = self.look(1).len();
            let mut starts = self.members.iter().map(|member| member.stream.0);
            let next = starts.find(|start| *start > position);
            let next = next.map_or(u64::MAX, |next| next - position);
            let here = (held as u64).min(left).min(next);
            if here == 0 {
                break;
            }
            self.consume(here as usize);
            left -= here;
        }
        bytes - left
    }

    /// The byte of the file that is next, if what is next begins there: a plain file anywhere, a packed
    /// one between two members.
    pub(super) fn file_end_here(&mut self) -> Option<u64> {
        if self.is_plain() {
            return Some(self.window.position());
        }
        while self.held().is_empty() && matches!(self.mode, Mode::Packed(_)) && self.more() {}
        if self.held().is_empty() {
            return matches!(self.mode, Mode::Between).then(|| self.window.position());
        }
        let mut members = self.members.iter();
        let next = members.find(|member| member.stream.0 == self.position)?;
        Some(next.file.0)
    }

    /// True if something packed follows the next `bytes` of a plain file.
    pub(super) fn packing_follows(&mut self, bytes: usize) -> bool {
        if !self.is_plain() {
            return false;
        }
        let here = self.window.look(bytes + 4);
        let here = here.get(bytes..).unwrap_or_default();
        matches!(search::packing(here), Some(Packing::Gzip | Packing::Zstd))
    }

    /// Leaves the member: what follows of it is not read.
    pub(super) fn abandon(&mut self, kind: TroubleKind, words: String) {
        if matches!(self.mode, Mode::Packed(_)) {
            self.break_off(kind, words);
        }
        self.taken = self.filled;
    }

    /// Finds what comes next in the file. To be asked when nothing is held, or when what is held of a
    /// plain file is no record. The fault of a broken member has to be read before.
    pub(super) fn arrive(&mut self) -> Arrival {
        if matches!(self.mode, Mode::Broken) {
            self.fault = None;
            let damaged = self.damaged();
            self.forget();
            self.search(damaged.as_ref());
            return Arrival::Ready;
        }
        if !self.is_plain() {
            self.forget();
        }
        let here = self.window.look(RECORD_START_BYTES);
        if here.is_empty() {
            return Arrival::End;
        }
        if search::packing(here).is_some() {
            self.mode = Mode::Between;
            return Arrival::Ready;
        }
        if search::begins_record(here) {
            self.mode = Mode::Plain;
            return Arrival::Ready;
        }
        let offset = self.window.position();
        let zeros = self.search(None);
        Arrival::Skipped {
            offset,
            bytes: self.window.position() - offset,
            zeros,
        }
    }

    /// Goes back to the beginning of the member that broke, because the next one may have been taken for
    /// its end, and unpacks it again, so that what was read of it is known.
    fn damaged(&mut self) -> Option<Damaged> {
        let member = self.members.pop_back()?;
        let until = self.window.position();
        self.window.go_back_to(member.file.0);
        let mut text = None;
        if self.window.position() == member.file.0 {
            let packed = self.window.held();
            let packed = packed.get(..(until - member.file.0) as usize);
            text = Some(search::unpack_some(
                packed.unwrap_or_default(),
                member.packing,
                &self.dictionary,
            ));
            self.window.consume(1);
        }
        Some(Damaged { until, text })
    }

    /// Goes on in the file to where something begins; true if all bytes before it are zero.
    fn search(&mut self, damaged: Option<&Damaged>) -> bool {
        self.mode = Mode::Between;
        let mut zeros = true;
        loop {
            let mut credit = self.credit();
            let here = self.window.look(SEARCH_BYTES);
            let length = here.len();
            let found = search::find_member(here, 0, &self.dictionary, &mut credit);
            self.credit = credit;
            // What begins near the end of what is held is looked at again with more behind it.
            let passed = match found {
                Some(at) => at,
                None if self.window.is_last() => length,
                None => length.saturating_sub(RECORD_START_BYTES),
            };
            let (position, here) = (self.window.position(), self.window.held());
            let before = here.get(..passed).unwrap_or_default();
            zeros = zeros && before.iter().all(|byte| *byte == 0);
            let behind = here.get(passed..).unwrap_or_default();
            let is_known = found.is_some()
                && damaged.is_some_and(|damaged| damaged.holds(position + passed as u64, behind));
            self.window.consume(passed + usize::from(is_known));
            if found.is_some() && !is_known || passed == length {
                return zeros;
            }
        }
    }

    fn forget(&mut self) {
        self.taken = self.filled;
        self.members.clear();
    }

    /// Unpacks some more; false if what can be joined ends.
    fn more(&mut self) -> bool {
        match self.mode {
            Mode::Between => self.open_member(),
            Mode::Packed(packing) => {
                self.unpack(packing);
                true
            }
            Mode::Plain | Mode::Broken => false,
        }
    }

    /// Begins the next member, if there is one.
    fn open_member(&mut self) -> bool {
        let here = self.window.look(8);
        let Some(packing) = search::packing(here) else {
            return false;
        };
        if packing == Packing::Skippable {
            return self.skip_frame();
        }
        self.compact();
        let start = self.window.position();
        let mut member = Member {
            file: (start, None),
            stream: (self.position + (self.filled - self.taken) as u64, None),
            records: 0,
            packing,
        };
        if self.members.len() >= self.max_members {
            let words = format!(
                "what is read here goes through more than {} packed members",
                self.max_members
            );
            self.members.push_back(member);
            self.break_off(TroubleKind::Packing, words);
            return true;
        }
        if packing == Packing::Gzip
            && let Some((packed, bytes)) = self.whole_member()
        {
            self.filled += bytes;
            self.window.consume(packed);
            if bytes == 0 {
                return true;
            }
            member.file.1 = Some(start + packed as u64);
            member.stream.1 = Some(member.stream.0 + bytes as u64);
            self.members.push_back(member);
            return true;
        }
        self.members.push_back(member);
        self.mode = Mode::Packed(packing);
        let slot = slot(packing);
        let unpacker = match self.unpackers.get_mut(slot) {
            Some(Some(unpacker)) => unpacker.begin_again(),
            Some(empty) => Unpacker::new(packing, &self.dictionary).map(|new| *empty = Some(new)),
            None => Ok(()),
        };
        if let Err(words) = unpacker {
            self.break_off(TroubleKind::Packing, words);
        }
        true
    }

    fn whole_member(&mut self) -> Option<(usize, usize)> {
        for wanted in [1, WHOLE_BYTES] {
            let input = self.window.look(wanted);
            let length = input.len();
            let most = (self.max_block as usize + MAX_HEADER_BYTES)
                .min(length.saturating_mul(MOST_TIMES as usize));
            let is_last = self.window.is_last();
            let found = unpack_whole(
                &mut self.whole,
                self.window.held(),
                is_last,
                &mut self.out,
                self.filled,
                most,
            );
            if found.is_some() || is_last || length >= WHOLE_BYTES {
                return found;
            }
        }
        None
    }

    /// Passes over a frame without content; what it holds may be the dictionary of those that follow.
    fn skip_frame(&mut self) -> bool {
        let head = self.window.look(8);
        let [magic, _, _, _, a, b, c, d] = head
            .get(..8)
            .and_then(|head| head.try_into().ok())
            .unwrap_or([0; 8]);
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        if magic == 0x5d && length <= MAX_DICTIONARY_BYTES {
            let frame = self.window.look(8 + length);
            let dictionary = frame.get(8..8 + length).and_then(dictionary);
            if let Some(dictionary) = dictionary {
                self.set_dictionary(dictionary);
            }
        }
        let mut left = 8 + length;
        while left > 0 {
            let here = self.window.look(1).len().min(left);
            if here == 0 {
                break;
            }
            self.window.consume(here);
            left -= here;
        }
        true
    }

    /// One step in the member that is open.
    fn unpack(&mut self, packing: Packing) {
        self.compact();
        if self.out.len() - self.filled < STEP_BYTES {
            // Doubled as it fills, so that a long block is not moved often.
            let larger = self.filled + self.filled.max(STEP_BYTES);
            if self.out.is_empty() {
                self.out = vec![0; larger];
            } else {
                self.out.resize(larger, 0);
            }
        }
        let mut wanted = 1;
        loop {
            let input = self.window.look(wanted);
            let length = input.len();
            let space = self.out.get_mut(self.filled..).unwrap_or_default();
            let Some(Some(unpacker)) = self.unpackers.get_mut(slot(packing)) else {
                return self.break_off(TroubleKind::Packing, "no unpacker".to_owned());
            };
            match unpacker.step(self.window.held(), space) {
                Ok(Step::Went {
                    read: 0,
                    written: 0,
                }) if length < wanted || self.window.is_last() => {
                    let words = match length {
                        0 => "the file ends inside a packed member".to_owned(),
                        _ => format!(
                            "the file ends inside a packed member, {length} bytes before its end could be read"
                        ),
                    };
                    return self.break_off(TroubleKind::Torn, words);
                }
                Ok(Step::Went {
                    read: 0,
                    written: 0,
                }) => wanted = length + 1,
                Ok(Step::Went { read, written }) => {
                    self.filled += written;
                    self.window.consume(read);
                    return self.check_ratio();
                }
                Ok(Step::Ended { read, written }) => {
                    self.filled += written;
                    self.window.consume(read);
                    let end = self.position + (self.filled - self.taken) as u64;
                    if let Some(member) = self.members.back_mut() {
                        member.file.1 = Some(self.window.position());
                        member.stream.1 = Some(end);
                    }
                    let is_empty = |member: &mut Member| member.stream.0 == end;
                    let _ = self.members.pop_back_if(is_empty);
                    self.mode = Mode::Between;
                    return;
                }
                Err(words) => return self.break_off(TroubleKind::Packing, words),
            }
        }
    }

    fn check_ratio(&mut self) {
        let Some(member) = self.members.back() else {
            return;
        };
        let packed = self.window.position() - member.file.0;
        let end = self.position + (self.filled - self.taken) as u64;
        let unpacked = end - member.stream.0;
        if unpacked > self.max_block + packed.saturating_mul(MOST_TIMES) {
            let words = format!(
                "the member unpacks to more than {MOST_TIMES} times its bytes and is not read on after {unpacked}"
            );
            self.break_off(TroubleKind::Packing, words);
        }
    }

    fn break_off(&mut self, kind: TroubleKind, words: String) {
        self.mode = Mode::Broken;
        self.is_fault_told = false;
        self.fault = Some(Fault {
            offset: self.members.back().map_or(0, |member| member.file.0),
            kind,
            words,
        });
    }

    /// Makes room behind what is held.
    fn compact(&mut self) {
        if self.taken == self.filled {
            self.taken = 0;
            self.filled = 0;
        } else if self.taken > self.filled - self.taken {
            self.out.copy_within(self.taken..self.filled, 0);
            self.filled -= self.taken;
            self.taken = 0;
        }
    }
}

fn slot(packing: Packing) -> usize {
    match packing {
        Packing::Gzip => 0,
        Packing::Zstd | Packing::Skippable => 1,
    }
}

/// The dictionary in a frame without content: as it is, or packed by zstd itself (the convention of
/// `.warc.zst` files).
fn dictionary(content: &[u8]) -> Option<Vec<u8>> {
    const DICTIONARY: [u8; 4] = [0x37, 0xa4, 0x30, 0xec];
    let is_one = |bytes: &[u8]| bytes.starts_with(&DICTIONARY);
    if is_one(content) {
        return Some(content.to_vec());
    }
    if search::packing(content) != Some(Packing::Zstd) {
        return None;
    }
    let unpacked = zstd::bulk::decompress(content, MAX_DICTIONARY_BYTES).ok()?;
    is_one(&unpacked).then_some(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A gzip member that holds nothing.
    const EMPTY: [u8; 20] = [
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    /// A gzip member that holds `a`.
    const A: [u8; 21] = [
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 4, 0, 0x43, 0xbe, 0xb7, 0xe8, 1, 0, 0, 0,
    ];

    #[test]
    fn empty_members_are_not_kept() {
        let empty_frame = zstd::bulk::compress(b"", 3).unwrap();
        let table = [
            ("gzip, at once", EMPTY.to_vec()),
            // Its header is followed by what looks like four more members, so it is read in steps.
            ("gzip, in steps", {
                let mut member = EMPTY.to_vec();
                let extra = [[0x1f, 0x8b, 8].as_slice(); 9].concat();
                member[3] = 4;
                member.splice(10..10, [&[27, 0], &extra[..]].concat());
                member
            }),
            ("zstd", empty_frame),
        ];
        for (what, empty) in table {
            let file = [empty.repeat(1000), A.to_vec()].concat();
            let mut stream = Stream::new(&file[..], 0, None);
            assert_eq!(stream.look(2), b"a", "{what}");
            assert_eq!(stream.members.len(), 1, "{what}");
            let place = (1000 * empty.len()) as u64;
            assert_eq!(stream.place(), (place, None), "{what}");
            assert_eq!(stream.span(1), Some(21), "{what}");
        }
    }

    #[test]
    fn reading_breaks_off_where_too_many_members_would_be_held() {
        let file = A.repeat(12);
        let mut stream = Stream::new(&file[..], 0, None);
        stream.max_members = 10;
        assert_eq!(stream.look(12), b"aaaaaaaaaa");
        let fault = stream.fault().unwrap();
        assert_eq!((fault.offset, fault.kind), (210, TroubleKind::Packing));
        stream.consume(10);
        assert_eq!(stream.arrive(), Arrival::Ready);
        assert_eq!(stream.look(2), b"a", "the twelfth");
        assert_eq!(stream.place(), (231, None));
    }
}

//! Scan: a page's text in, the parts of it that may be left out, in page order and never one in
//! another. One pass over the tags, without a tree; only what [`super`] calls simple is ever named.
//!
//! The scan may lose its place in a page that is odd enough: where it takes for a tag what stands in
//! a comment, or for open what is closed. So a part is only a proposal; [`super::stand`] decides.

use super::looked_at::LookedAt;
use super::names::{Sort, sort_of};
use super::tag::{self, Tag, is_blank};

/// Shorter contents are not worth a look at the parser. Our choice.
const MIN_BYTES: usize = 64;
/// End tags without a start tag, or of an element that is not the last one opened, after which the
/// scan ends: each looks through all that is open. Our choice.
const MAX_STRAY_TAGS: usize = 1_000;
/// Open elements after which the scan ends: the depth that a page may have.
const MAX_OPEN: usize = super::super::tree::MAX_DEPTH;

/// The content of one element.
#[derive(Debug)]
pub(super) struct Part<'t> {
    /// The element's name, as written.
    pub(super) name: &'t [u8],
    /// Where its start tag begins.
    pub(super) tag_start: usize,
    /// Right behind its start tag.
    pub(super) start: usize,
    /// Where the next tag begins that is not content: its end tag, or one that ends it.
    pub(super) end: usize,
    /// It is the text of a script or a style.
    pub(super) is_raw: bool,
    /// How deep the elements in it stand, from 1.
    pub(super) depth: usize,
    /// How many tags there are in it.
    pub(super) tags: usize,
    /// There is a form in it.
    pub(super) has_form: bool,
}

/// The parts of a page that may be left out, if the parser stands where it seems to.
pub(super) fn parts<'t>(text: &'t str, looked_at: &LookedAt<'_>) -> Vec<Part<'t>> {
    let mut scan = Scan {
        text: text.as_bytes(),
        looked_at,
        open: Vec::new(),
        parts: Vec::new(),
        kept: 0,
        paragraphs: 0,
        anchors: 0,
        buttons: 0,
        forms: 0,
        selects: 0,
        tags: 0,
        stray_tags: 0,
    };
    // Wherever the scan ends, what it has found holds.
    let _ = scan.run();
    scan.parts
}

/// An element that is open.
struct Open<'t> {
    name: &'t [u8],
    sort: Sort,
    tag_start: usize,
    start: usize,
    /// Its start tag can be recognized with certainty.
    has_no_angles: bool,
    /// It is looked at.
    is_kept: bool,
    /// There is something in it that is looked at or not simple.
    holds_other: bool,
    has_form: bool,
    depth: usize,
    tags_before: usize,
    parts_before: usize,
}

struct Scan<'t, 'p> {
    text: &'t [u8],
    looked_at: &'p LookedAt<'p>,
    open: Vec<Open<'t>>,
    parts: Vec<Part<'t>>,
    /// How many of the open elements are looked at.
    kept: usize,
    paragraphs: usize,
    anchors: usize,
    buttons: usize,
    forms: usize,
    selects: usize,
    tags: usize,
    stray_tags: usize,
}

impl<'t> Scan<'t, '_> {
    /// Ends with `None`, at the end of the page or where it can not go on.
    fn run(&mut self) -> Option<()> {
        let mut at = 0;
        loop {
            at += memchr::memchr(b'<', self.text.get(at..)?)?;
            at = match self.text.get(at + 1)? {
                b'a'..=b'z' | b'A'..=b'Z' => self.start_tag(at)?,
                b'/' => self.end_tag(at)?,
                b'!' => self.comment(at)?,
                b'?' => self.until_angle(at)?,
                // A sign like any other.
                _ => at + 1,
            };
        }
    }

    /// There is something here of which it can not be said what the parser makes of it.
    fn is_odd(&mut self) {
        if let Some(last) = self.open.last_mut() {
            last.holds_other = true;
        }
    }

    /// What looks like a comment to the parser: up to the next `>`.
    fn until_angle(&mut self, at: usize) -> Option<usize> {
        self.is_odd();
        Some(at + memchr::memchr(b'>', self.text.get(at..)?)? + 1)
    }

    fn comment(&mut self, at: usize) -> Option<usize> {
        let inside = at + 4;
        if self.text.get(at..inside)? != b"<!--" {
            return self.until_angle(at);
        }
        let mut from = inside;
        loop {
            let end = from + memchr::memchr(b'>', self.text.get(from..)?)?;
            let before = self.text.get(at + 2..end)?;
            let is_oddly_ended = before.ends_with(b"--!") && end >= inside + 3;
            if before.ends_with(b"--") || is_oddly_ended {
                if is_oddly_ended || end < inside + 2 {
                    self.is_odd();
                }
                return Some(end + 1);
            }
            from = end + 1;
        }
    }

    fn start_tag(&mut self, at: usize) -> Option<usize> {
        let tag = tag::read(self.text, at + 1, self.looked_at)?;
        self.tags += 1;
        let sort = sort_of(tag.name);
        self.end_what_it_ends(sort, at);
        let is_marked = tag.is_marked || self.looked_at.has_name(tag.name);
        if is_marked || !tag.is_plain || !self.is_simple_here(sort) {
            self.is_odd();
        }
        match sort {
            Sort::Plaintext => None,
            Sort::Void | Sort::Rule | Sort::OtherVoid => {
                self.holds_depth(1);
                Some(tag.end)
            }
            Sort::Raw | Sort::OtherRaw => self.raw(at, &tag, sort, is_marked),
            _ => {
                let end = tag.end;
                self.opens(at, &tag, sort, is_marked)?;
                Some(end)
            }
        }
    }

    fn opens(&mut self, at: usize, tag: &Tag<'t>, sort: Sort, is_kept: bool) -> Option<()> {
        if self.open.len() >= MAX_OPEN {
            return None;
        }
        self.kept += usize::from(is_kept);
        if let Some(count) = self.count_of(sort) {
            *count += 1;
        }
        self.open.push(Open {
            name: tag.name,
            sort,
            tag_start: at,
            start: tag.end,
            has_no_angles: tag.is_plain && tag.has_no_angles,
            is_kept,
            holds_other: false,
            has_form: false,
            depth: 0,
            tags_before: self.tags,
            parts_before: self.parts.len(),
        });
        Some(())
    }

    fn count_of(&mut self, sort: Sort) -> Option<&mut usize> {
        match sort {
            Sort::Paragraph => Some(&mut self.paragraphs),
            Sort::Anchor => Some(&mut self.anchors),
            Sort::Button => Some(&mut self.buttons),
            Sort::Form => Some(&mut self.forms),
            Sort::Select => Some(&mut self.selects),
            _ => None,
        }
    }

    fn last_sort(&self) -> Option<Sort> {
        self.open.last().map(|open| open.sort)
    }

    /// Closes the element that the parser closes for a start tag, where it is the last one opened.
    fn end_what_it_ends(&mut self, sort: Sort, at: usize) {
        if sort.ends_paragraph() && self.last_sort() == Some(Sort::Paragraph) {
            self.close(at);
        }
        if matches!(sort, Sort::Item | Sort::Choice) && self.last_sort() == Some(sort) {
            self.close(at);
        }
    }

    /// True if the start tag of such an element does nothing here but open it.
    fn is_simple_here(&self, sort: Sort) -> bool {
        if self.selects > 0 && sort != Sort::Choice {
            return false;
        }
        let parent = self.last_sort();
        if sort.ends_paragraph() && self.paragraphs > 0 {
            return false;
        }
        match sort {
            Sort::Block | Sort::List | Sort::Paragraph | Sort::Rule => true,
            Sort::Item => parent == Some(Sort::List),
            Sort::Heading => parent != Some(Sort::Heading),
            Sort::Form => self.forms == 0,
            Sort::Inline | Sort::Formatting | Sort::Void | Sort::Raw | Sort::Select => true,
            Sort::Anchor => self.anchors == 0,
            Sort::Button => self.buttons == 0,
            Sort::Choice => parent == Some(Sort::Select),
            Sort::OtherRaw | Sort::OtherVoid | Sort::Plaintext | Sort::Other => false,
        }
    }

    fn holds_depth(&mut self, depth: usize) {
        if let Some(last) = self.open.last_mut() {
            last.depth = last.depth.max(depth);
        }
    }

    /// Passes the text of a raw element and its end tag.
    fn raw(&mut self, at: usize, tag: &Tag<'t>, sort: Sort, is_kept: bool) -> Option<usize> {
        self.holds_depth(1);
        let end = raw_end(self.text, tag.end, tag.name)?;
        let inside = self.text.get(tag.end..end)?;
        let is_script = tag.name.eq_ignore_ascii_case(b"script");
        // In a script, `<!--` may change what ends it.
        let may_nest = is_script && memchr::memmem::find(inside, b"<!--").is_some();
        if may_nest {
            self.is_odd();
            if contains_name(inside, b"script") {
                return None;
            }
        } else if sort == Sort::Raw
            && (is_script || tag.name.eq_ignore_ascii_case(b"style"))
            && !is_kept
            && self.kept == 0
            && tag.is_plain
            && tag.has_no_angles
            && inside.len() >= MIN_BYTES
        {
            self.parts.push(Part {
                name: tag.name,
                tag_start: at,
                start: tag.end,
                end,
                is_raw: true,
                depth: 0,
                tags: 0,
                has_form: false,
            });
        }
        let end_tag = tag::read(self.text, end + 2, self.looked_at)?;
        if !end_tag.is_plain {
            self.is_odd();
        }
        Some(end_tag.end)
    }

    fn end_tag(&mut self, at: usize) -> Option<usize> {
        if !self.text.get(at + 2)?.is_ascii_alphabetic() {
            return self.until_angle(at);
        }
        let tag = tag::read(self.text, at + 2, self.looked_at)?;
        self.tags += 1;
        if !tag.is_plain {
            self.is_odd();
        }
        let ends_others = matches!(
            sort_of(tag.name),
            Sort::Block | Sort::List | Sort::Item | Sort::Form | Sort::Select
        );
        let is_it = |open: &Open<'_>| open.name.eq_ignore_ascii_case(tag.name);
        let is_ended_too = |open: &Open<'_>| {
            ends_others && matches!(open.sort, Sort::Paragraph | Sort::Item | Sort::Choice)
        };
        for (above, open) in self.open.iter().rev().enumerate() {
            if is_it(open) {
                for _ in 0..=above {
                    self.close(at);
                }
                return Some(tag.end);
            }
            if !is_ended_too(open) {
                break;
            }
        }
        self.stray_tags += 1;
        if self.stray_tags > MAX_STRAY_TAGS {
            return None;
        }
        match self.open.iter().rposition(is_it) {
            None => self.is_odd(),
            Some(place) => {
                while self.open.len() > place {
                    self.is_odd();
                    self.close(at);
                }
            }
        }
        Some(tag.end)
    }

    /// Closes the last element, whose content ends here.
    fn close(&mut self, at: usize) {
        let Some(open) = self.open.pop() else {
            return;
        };
        if let Some(count) = self.count_of(open.sort) {
            *count = count.saturating_sub(1);
        }
        self.kept -= usize::from(open.is_kept);
        if let Some(last) = self.open.last_mut() {
            last.holds_other |= open.holds_other;
            last.has_form |= open.has_form || open.sort == Sort::Form;
            last.depth = last.depth.max(open.depth + 1);
        }
        let may_go = self.kept == 0
            && !open.is_kept
            && !open.holds_other
            && open.has_no_angles
            && open.sort.is_container();
        if may_go && at.saturating_sub(open.start) >= MIN_BYTES {
            self.parts.truncate(open.parts_before);
            self.parts.push(Part {
                name: open.name,
                tag_start: open.tag_start,
                start: open.start,
                end: at,
                is_raw: false,
                depth: open.depth,
                tags: self.tags.saturating_sub(open.tags_before),
                has_form: open.has_form,
            });
        }
    }
}

/// Where the end tag of a raw element begins (WHATWG HTML, section 13.2.5.11 and the like).
fn raw_end(text: &[u8], from: usize, name: &[u8]) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr(b'<', text.get(at..)?)?;
        let after = text.get(at + 1..)?.strip_prefix(b"/");
        if let Some((named, rest)) = after.and_then(|after| after.split_at_checked(name.len())) {
            let ends = |byte: &u8| is_blank(*byte) || matches!(byte, b'/' | b'>');
            if named.eq_ignore_ascii_case(name) && rest.first().is_some_and(ends) {
                return Some(at);
            }
        }
        at += 1;
    }
}

/// True if there is a `<` with this name behind it.
fn contains_name(text: &[u8], name: &[u8]) -> bool {
    memchr::memchr_iter(b'<', text).any(|at| {
        let after = text.get(at + 1..).unwrap_or_default();
        after
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
    })
}

//! Cut: the short way to a page's tree. Most of a page is menus, scripts and boxes in which no rule of
//! the profile can find anything; building their elements is most of the work of reading. Here the
//! content of such elements is left out, and the element itself stays, empty.
//!
//! In: a page's text and a profile. Out: a tree that reads the same as [`super::tree`]'s, by every
//! rule of the profile. Where that is not sure, it *is* [`super::tree`]'s. This module can be deleted,
//! with its one call in [`super`], and no result changes.
//!
//! # Why it reads the same
//!
//! Left out is always the whole content of one element S, from right behind its start tag up to the
//! tag that ends it. [`scan`] proposes such parts by the text alone; html5ever then reads the page up
//! to and with the start tag of S, and [`stand`] looks at the state that html5ever is in. If both
//! agree, the content is passed over, and html5ever goes on with the tag that ends S.
//!
//! **The parser comes out as it would have.** What it does next depends on the tokenizer's state and
//! on the tree builder's: insertion mode, open elements, active formatting elements, head, form, and
//! a few flags (WHATWG HTML, sections 13.2.4 and 13.2.5).
//! 1. *Before the content.* The start tag of S has no `<` or `>` inside, and reading it made an
//!    element of S's name, the last of the open ones. An element of such a name is only made of a start
//!    tag, and a tag is only complete at a `>`, which is the last sign read. So the tokenizer is in its
//!    data state. Open are `html`, `body`, then only elements that the parser's rules pass by (`div`,
//!    `ul`, `li`, `span`, …), or a table's cell whose table is the innermost. So the insertion mode is
//!    "in body" or "in cell", which are the same for all that the content has. No formatting element is
//!    active. There is no `p`, `a`, `button`, `select`, `template`, heading, or foreign element open.
//! 2. *The content* is text, comments, and elements of some thirty names, each ended by its own end
//!    tag in the right order (`li`, `p` and `option` also by what ends them in plain sight). Each start
//!    tag only opens its element: no `p` is open where it would be ended, `li` stands in a list, and
//!    there is no heading in a heading, no `a` below an `a`, no form below a form or while the parser
//!    holds one, nothing but `option` in `select`. So each end tag finds its element as the last that
//!    is open and takes away just that, from the open elements and, for `b` and the like, from the
//!    active formatting elements. `script`, `style`, `noscript` and `iframe` are text up to their own
//!    end tag; a script in which `<!--` stands is left alone. Tables, `template`, `svg`, `math`,
//!    `textarea`, `object`, `pre`, definition lists and all other names are never left out.
//! 3. *Behind it* the open elements, the (empty) list of active formatting elements, the form and the
//!    insertion mode are what they were. What may differ is whether a `<frameset>` would still be
//!    taken for one: if a page has one that is, it is read as a whole.
//! 4. *Text of a script or style*: reading its start tag made the element, and these names make the
//!    tokenizer look for the end tag and for nothing else, wherever they stand. So the text may go
//!    whatever is open; only that no formatting element is active holds here too.
//!
//! **The rules come out as they would have.** The profile says by which marks its rules find
//! anything in a page ([`crate::config::Marks`]). Neither S, nor an element above it, nor one in its
//! content has a mark. So nothing that a rule finds is left out, and nothing in it either; what stays
//! has the elements above and beside it that it had, since an element goes only together with all of
//! its siblings; and whatever `:has` looks for has a mark. Elements move to other parents only where
//! formatting elements are open, and none was; `<html>` and `<body>` may get attributes late: then the
//! page is read as a whole. Nothing else of a page is read but the `base` in its head, and of a head
//! only the text of scripts and styles goes.
//!
//! **The caps come out as they would have.** What is left out has at most one node for each byte, a
//! known depth and a bounded number of steps, and no tag with too many attributes. If a page could
//! pass a cap with them, or passes one without, it is read as a whole.

mod looked_at;
mod names;
mod scan;
mod stand;
mod tag;
#[cfg(test)]
mod tests;

use scraper::Html;

use super::tree::{self, Building, MAX_NODES, MAX_STEPS, TreeError};
use crate::config::SiteProfile;
use looked_at::LookedAt;
use scan::Part;
use stand::Stand;

/// A page's tree, and how many bytes of its text were left out.
pub(super) struct Cut {
    pub(super) html: Html,
    pub(super) bytes: usize,
}

/// Builds the tree of a page as far as the rules of a profile can look at it.
///
/// # Errors
/// [`TreeError`] if the whole page passes a cap.
pub(super) fn parse(profile: &SiteProfile, text: &str) -> Result<Cut, TreeError> {
    match shorter(profile, text) {
        Some(cut) => Ok(cut),
        None => tree::parse(text).map(|html| Cut { html, bytes: 0 }),
    }
}

/// The tree without what may be left out; `None` if that may be nothing, or if it is not sure.
fn shorter(profile: &SiteProfile, text: &str) -> Option<Cut> {
    let looked_at = LookedAt::of(profile)?;
    let parts = scan::parts(text, &looked_at);
    if parts.is_empty() {
        return None;
    }
    let mut stand = Stand::new(&looked_at);
    let mut left_out = LeftOut::default();
    let mut building = Building::new(text);
    let mut at = 0;
    for part in &parts {
        building.feed(text.get(at..part.tag_start)?).ok()?;
        let before = building.sink().last_element();
        building.feed(text.get(part.tag_start..part.start)?).ok()?;
        at = part.start;
        if let Some(open) = stand.allows(&building, part, before) {
            building.skip(part.end.checked_sub(part.start)?)?;
            left_out.add(part, open);
            at = part.end;
        }
    }
    building.feed(text.get(at..)?).ok()?;
    let sink = building.sink();
    let is_sure = !sink.has_frameset()
        && sink.late_attributes() == 0
        && sink.nodes().saturating_add(left_out.bytes) <= MAX_NODES
        && sink.steps().saturating_add(left_out.steps) <= MAX_STEPS;
    is_sure.then(|| Cut {
        html: building.finish(),
        bytes: left_out.bytes,
    })
}

/// What the parts that were left out could have taken, at most.
#[derive(Debug, Default)]
struct LeftOut {
    bytes: usize,
    steps: u64,
}

impl LeftOut {
    /// Each sign of text takes up to 8 looks at an open element; each tag a few for itself, and looks
    /// through all that is open up to 8 times. Our estimate, well above what is counted (tested).
    fn add(&mut self, part: &Part<'_>, open: usize) {
        let bytes = part.end.saturating_sub(part.start);
        let of_a_tag = 64 + 8 * (open + part.depth);
        let steps = bytes.saturating_mul(8) + part.tags.saturating_mul(of_a_tag);
        self.bytes = self.bytes.saturating_add(bytes);
        self.steps = self.steps.saturating_add(steps as u64);
    }
}

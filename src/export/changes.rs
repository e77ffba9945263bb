//! Changes: what happened to an article, one [`Change`] after the other. In: the record with its
//! versions and states, and what each version changed. Pure.
//!
//! - `new`: the article itself was read for the first time; while only listings know it, the first
//!   listing that showed it. Once an article.
//! - `changed`: a version that is not the first began.
//! - `gone`: it answered 404 or 410, or 200 with nothing there. Once until it is back.
//! - `back`: it was seen again.
//!
//! Changes are ordered as the record's captures are: by sequence, because clocks lie (design, decision
//! 10), and imported ones among them by their time; the capture's time stands beside it. Not here: what a version is
//! ([`crate::store::fold`]), and which fields two versions differ in ([`crate::normalize::parts`]).

use crate::model::{Article, CaptureRef, CaptureUse, Sequence, State, Version};

/// An article with what its versions changed: what an export writes.
#[derive(Debug, Clone, PartialEq)]
pub struct ArticleWithEdits {
    /// The record.
    pub article: Article,
    /// For each version after the first the fields in which it differs from the one before
    /// ([`crate::normalize::parts::changed`]); empty while that is not known.
    pub edits: Vec<Vec<&'static str>>,
}

impl ArticleWithEdits {
    /// The fields in which a version differs from the one before; `None` for the first, and where it
    /// is not known.
    pub(super) fn edit(&self, version: &Version) -> Option<&[&'static str]> {
        let fields = self.edits.get(version.number.checked_sub(2)?)?;
        Some(fields)
    }
}

impl From<Article> for ArticleWithEdits {
    /// What its versions changed is not known.
    fn from(article: Article) -> Self {
        Self {
            article,
            edits: Vec::new(),
        }
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// First seen.
    New,
    /// Other contents than before.
    Changed,
    /// No longer there.
    Gone,
    /// There again.
    Back,
}

impl ChangeKind {
    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::Back => "back",
        }
    }
}

/// One thing that happened to an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change<'a> {
    /// What.
    pub kind: ChangeKind,
    /// The version that began with it.
    pub version: Option<&'a Version>,
    /// When the capture was asked that showed it, UTC.
    pub at: &'a str,
    /// The capture that showed it.
    pub capture: Sequence,
}

/// All that happened to an article, in capture order; what one capture showed in the order of
/// [`ChangeKind`].
pub fn changes(article: &Article) -> Vec<Change<'_>> {
    let mut changes: Vec<Change<'_>> = article.versions.iter().map(of_version).collect();
    for (change, version) in changes.iter_mut().zip(&article.versions) {
        change.capture = beginning(article, version);
    }
    if article.versions.is_empty() {
        changes.extend(first_sighting(article));
    }
    let mut was_gone = false;
    for span in &article.states {
        let is_gone = matches!(span.state, State::Gone | State::SoftGone);
        let kind = match (was_gone, is_gone) {
            (false, true) => Some(ChangeKind::Gone),
            (true, false) => Some(ChangeKind::Back),
            _ => None,
        };
        was_gone = is_gone;
        changes.extend(kind.zip(span.capture).map(|(kind, capture)| Change {
            kind,
            version: None,
            at: &span.since,
            capture,
        }));
    }
    changes.sort_by_key(|change| (place(article, change.capture), change.kind));
    changes
}

fn of_version(version: &Version) -> Change<'_> {
    let kind = match version.number {
        1 => ChangeKind::New,
        _ => ChangeKind::Changed,
    };
    Change {
        kind,
        version: Some(version),
        at: &version.first_seen,
        capture: version.capture,
    }
}

/// The capture with which a version began: the one that its fields were read from, or a later 304 that
/// brought an earlier text back.
fn beginning(article: &Article, version: &Version) -> Sequence {
    let read = place(article, version.capture).unwrap_or_default();
    let mut captures = article.captures.iter().skip(read);
    let began = captures.find(|capture| capture.time == version.first_seen);
    began.map_or(version.capture, |capture| capture.sequence)
}

/// The place of a capture among those of the article, in capture order.
pub(super) fn place(article: &Article, capture: Sequence) -> Option<usize> {
    let mut captures = article.captures.iter();
    captures.position(|known| known.sequence == capture)
}

/// The first capture that showed an article which was never read: a listing, or a 304 alone.
fn first_sighting(article: &Article) -> Option<Change<'_>> {
    let of_listing = |capture: &&CaptureRef| capture.used_as == CaptureUse::Listing;
    let listing = article.captures.iter().find(of_listing);
    let listing = listing.map(|capture| (capture.sequence, capture.time.as_str()));
    let is_there = |state: State| matches!(state, State::Listed | State::Live | State::Back);
    let mut states = article.states.iter();
    let state = states.find(|span| is_there(span.state));
    let state = state.and_then(|span| Some((span.capture?, span.since.as_str())));
    let first = listing.into_iter().chain(state);
    let (capture, at) = first.min_by_key(|(capture, _)| place(article, *capture))?;
    Some(Change {
        kind: ChangeKind::New,
        version: None,
        at,
        capture,
    })
}

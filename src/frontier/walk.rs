//! Walk: one way down a section's listing, page by page, until a stop rule, as data. The steps stand
//! in [`super::step`], the requests in [`super::way`].
//!
//! A listing moves while it is read. An item put in on top only shows an item twice; an item taken
//! out lets another slip past between two pages. Therefore a walk of more than one page is walked
//! again from the first page, at most [`WALKS_PER_RUN`] times a run, until it is **confirmed**: it
//! saw the same keys in the same order as the walk before it, none on two pages. Then whatever stood
//! in the listing all the time was seen: to let it slip past, an item above it that was there when
//! its page was read must have gone before the next page was, but the second walk saw them all
//! again. A listing that shows an item on several pages for ever (pinned items, a server that
//! repeats its last page) is believed after three equal walks. A listing that is asked for from the
//! top each time (`grow`) needs no second walk.
//!
//! What a confirmed walk has seen is trusted ([`Trust`]): a later walk ends at the first page whose
//! last item is trusted, because all below it is known. An item put in further down later is found
//! by a full walk only.

use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::model::{ArticleKey, Request, RunId, SectionId, Sequence, SiteId};

/// The most walks of one section in one run (our choice).
pub const WALKS_PER_RUN: u32 = 3;

/// A walk as it stands after its newest page. The store keeps the newest of each section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// Site.
    pub site: SiteId,
    /// Section.
    pub section: SectionId,
    /// The run that asked for the first page.
    pub begun_by: RunId,
    /// The run that asked for the newest page.
    pub run: RunId,
    /// Which walk of that run it is, from 1.
    pub round: u32,
    /// The first page's exchange.
    pub started: Sequence,
    /// The newest page's exchange.
    pub newest: Sequence,
    /// Pages read.
    pub pages: u64,
    /// The pager's `{page}`, `{offset}` or `{size}` of the newest page; 0 where it has none.
    pub value: u64,
    /// Keys that no walk of this section had seen before.
    pub new_keys: u64,
    /// SHA-256 over the keys in order, lower-case hex: what two walks are compared by.
    pub trail: String,
    /// A key stood on two pages: the listing moved, has pinned items, or repeats its last page.
    pub repeats: bool,
    /// Pages that failed and were left out.
    pub skipped: u64,
    /// Pages in a row that failed or had no item with a key.
    pub blank: u64,
    /// The walk before this one in the same series, if it can be compared.
    pub before: Option<Trail>,
    /// What earlier walks allow to trust.
    pub trust: Option<Trust>,
    /// The page that comes next; after the end the page that would have.
    pub next: Option<Queued>,
    /// The next page is the first one of another walk.
    pub again: bool,
    /// How it ended.
    pub finished: Option<WalkEnd>,
}

/// A page that comes next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    /// Its request.
    pub request: Request,
    /// The pager's value in it.
    pub value: u64,
}

/// What one walk saw, to compare the next one with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// SHA-256 over the keys in order, lower-case hex.
    pub digest: String,
    /// How many walks in a row had this digest.
    pub equal: u32,
    /// One of them saw a key on two pages.
    pub repeats: bool,
}

/// Every item below a trusted item is known, down to the floor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// An item first seen up to this exchange is trusted.
    pub until: Sequence,
    /// How far down.
    pub floor: Floor,
}

/// How far down a section is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Floor {
    /// To the end of the listing.
    End,
    /// To a listing date (`--since`).
    Since(NaiveDate),
    /// To the pager's `cap`, in items.
    Cap(u64),
    /// To the pager's `max_pages`.
    MaxPages(u64),
}

/// Why a walk ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum WalkEnd {
    /// The last item of a page was trusted.
    Overlap {
        /// How far down the section is known.
        floor: Floor,
    },
    /// A page after the first had no items, or was not there.
    NoItems,
    /// A page showed only what this walk had seen: a server that repeats its last page.
    NothingNew,
    /// The page said that it is the last, or had no link to a next one.
    LastPage,
    /// The listing has one page only.
    OnePage,
    /// Fewer items than asked for.
    FewerThanAsked,
    /// The last item of a page is older than `--since`.
    Since {
        /// The date of `--since`.
        date: NaiveDate,
    },
    /// The pager's cap was reached.
    Cap {
        /// In items.
        size: u64,
    },
    /// The pager's most pages were reached.
    MaxPages {
        /// In pages.
        pages: u64,
    },
    /// The first page had no items.
    EmptyFirstPage,
    /// Two pages in a row had items, but none that an identity rule knows.
    NoKeys,
    /// The link to the next page leads out of scope.
    OutOfScope {
        /// The rule.
        rule: String,
    },
    /// Pages failed and were left out.
    Skipped {
        /// How many.
        pages: u64,
    },
    /// A page failed and the way on is not known without it.
    Failed {
        /// Why.
        cause: String,
    },
    /// The listing moved during every walk of the run.
    Moved {
        /// How many walks.
        walks: u32,
    },
}

impl WalkEnd {
    /// True if all that was asked for was seen; false is exit code 1.
    pub fn is_complete(&self) -> bool {
        match self {
            Self::Overlap { floor } => matches!(floor, Floor::End | Floor::Since(_)),
            Self::NoItems
            | Self::NothingNew
            | Self::LastPage
            | Self::OnePage
            | Self::FewerThanAsked
            | Self::Since { .. } => true,
            Self::Cap { .. }
            | Self::MaxPages { .. }
            | Self::EmptyFirstPage
            | Self::NoKeys
            | Self::OutOfScope { .. }
            | Self::Skipped { .. }
            | Self::Failed { .. }
            | Self::Moved { .. } => false,
        }
    }

    /// How far down the listing was walked, if all above that was seen.
    pub(super) fn floor(&self) -> Option<Floor> {
        match self {
            Self::Overlap { floor } => Some(*floor),
            Self::NoItems
            | Self::NothingNew
            | Self::LastPage
            | Self::OnePage
            | Self::FewerThanAsked => Some(Floor::End),
            Self::Since { date } => Some(Floor::Since(*date)),
            Self::Cap { size } => Some(Floor::Cap(*size)),
            Self::MaxPages { pages } => Some(Floor::MaxPages(*pages)),
            Self::EmptyFirstPage
            | Self::NoKeys
            | Self::OutOfScope { .. }
            | Self::Skipped { .. }
            | Self::Failed { .. }
            | Self::Moved { .. } => None,
        }
    }
}

impl fmt::Display for WalkEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overlap {
                floor: Floor::Cap(size),
            } => {
                write!(f, "all below is known, down to the cap of {size} items")
            }
            Self::Overlap {
                floor: Floor::MaxPages(pages),
            } => {
                write!(f, "all below is known, down to the limit of {pages} pages")
            }
            Self::Overlap { .. } => f.write_str("all below is known"),
            Self::NoItems => f.write_str("the page after the last has no items"),
            Self::NothingNew => f.write_str("the page repeats what was seen"),
            Self::LastPage => f.write_str("the last page"),
            Self::OnePage => f.write_str("the listing has one page"),
            Self::FewerThanAsked => f.write_str("fewer items than asked for"),
            Self::Since { date } => write!(f, "the items below are older than {date}"),
            Self::Cap { size } => write!(
                f,
                "the cap of {size} items was reached, the items below it are not known"
            ),
            Self::MaxPages { pages } => write!(
                f,
                "the limit of {pages} pages was reached, the pages below it are not known"
            ),
            Self::EmptyFirstPage => f.write_str("the first page has no items"),
            Self::NoKeys => {
                f.write_str("two pages in a row had no item that an identity rule knows")
            }
            Self::OutOfScope { rule } => write!(f, "the next page is out of scope: {rule}"),
            Self::Skipped { pages } => write!(f, "{pages} pages failed and were left out"),
            Self::Failed { cause } => write!(f, "a page failed: {cause}"),
            Self::Moved { walks } => write!(
                f,
                "the listing moved during each of {walks} walks, the next run walks it again"
            ),
        }
    }
}

/// A page of a listing as a walk sees it.
#[derive(Debug, Clone)]
pub struct ListingSeen<'a> {
    /// Its exchange.
    pub sequence: Sequence,
    /// The run that asked for it.
    pub run: &'a RunId,
    /// The request.
    pub request: &'a Request,
    /// How many items it shows, with and without a key.
    pub items: usize,
    /// The items' keys in page order, each once.
    pub keys: Vec<ArticleKey>,
    /// The link to the next page.
    pub next: Option<&'a Url>,
    /// The page says that it is the last.
    pub is_last: bool,
    /// The listing date of the last item, at the site's zone.
    pub last_date: Option<NaiveDate>,
}

/// When a section showed an article, as the store knows it before the page at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sightings {
    /// First.
    pub first: Sequence,
    /// Last.
    pub last: Sequence,
}

/// What the run was told.
#[derive(Debug, Clone, Default)]
pub struct WalkOptions {
    /// Every listing to its end (`--full`).
    pub full: bool,
    /// Down to this listing date, at the site's zone (`--since`).
    pub since: Option<NaiveDate>,
    /// `host:port` of the configuration's `resolve` lines, see [`super::scope::decide`].
    pub resolve: BTreeSet<String>,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalkStep {
    /// The next page.
    Next(Request),
    /// The first page, for another walk.
    Again(Request),
    /// Nothing; [`Walk::finished`] says why.
    End,
}

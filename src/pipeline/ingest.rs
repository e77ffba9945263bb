//! Ingest: one archived exchange in, everything that follows from it out, ready to be committed. The
//! one road of crawl, recovery and rebuild. Reads no clock and does no I/O but questions to the
//! store.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::assets;
use super::reading::Reading;
use crate::archive::{self, StoredExchange};
use crate::fetch::RobotsCopy;
use crate::frontier::{Asked, Follow, Frontier, FrontierError};
use crate::model::{
    Capture, Failure, Observation, Page, PageRead, Purpose, Request, RunId, Sequence, Truncation,
    Via, plain,
};
use crate::store::{
    AssetFound, Committed, ExchangeRow, Outcome, PageKind, Settle, Store, StoreError, StoredAnswer,
};

/// An exchange as it stands in the archive.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) sequence: Sequence,
    pub(super) run: RunId,
    pub(super) request: Request,
    pub(super) asked_at: DateTime<Utc>,
    pub(super) elapsed: Duration,
    pub(super) via: Via,
    pub(super) profile_digest: String,
    pub(super) outcome: Result<KeptAnswer, Failure>,
}

/// An answer as it stands in the archive.
#[derive(Debug)]
pub(super) struct KeptAnswer {
    pub(super) capture: Capture,
    pub(super) is_revisit: bool,
}

impl From<StoredExchange> for Kept {
    fn from(stored: StoredExchange) -> Self {
        let is_revisit = matches!(
            &stored.outcome,
            archive::Outcome::Answered(answer) if answer.revisit.is_some()
        );
        let failure = match &stored.outcome {
            archive::Outcome::Failed(failure) => Some(failure.clone()),
            archive::Outcome::Answered(_) => None,
        };
        Self {
            sequence: stored.sequence,
            run: stored.run.clone(),
            request: stored.request.clone(),
            asked_at: stored.asked_at,
            elapsed: stored.elapsed,
            via: stored.via,
            profile_digest: stored.profile_digest.clone(),
            outcome: match (failure, stored.into_capture()) {
                (None, Some(capture)) => Ok(KeptAnswer {
                    capture,
                    is_revisit,
                }),
                (failure, _) => Err(failure.unwrap_or_else(Failure::no_answer)),
            },
        }
    }
}

/// What the archive itself does not say about an exchange.
#[derive(Debug, Default)]
pub(super) struct Circumstances {
    /// The failure is transient, and the request is tried again at this time.
    pub(super) retry_at: Option<DateTime<Utc>>,
    /// What a robots.txt answer means.
    pub(super) robots: Option<RobotsCopy>,
}

/// What reading gave, for the report.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The rule by which the site refuses us.
    pub(super) blocked: Option<String>,
    /// Why the page could not be used.
    pub(super) unread: Option<String>,
    /// Items, if it was a listing.
    pub(super) items: Option<usize>,
    /// All of it, if it was read.
    pub(super) read: Option<PageRead>,
}

/// What is known of an exchange when what follows from it is asked.
#[derive(Debug)]
pub(super) enum Known {
    /// It has nothing to read ([`Kept::readable`]).
    Nothing,
    /// Its answer can not be read, because of this.
    Unreadable(String),
    /// This was read.
    Read(Box<Reading>),
}

impl Known {
    /// `reading` is what was read; without it, `unreadable` may say why nothing was.
    pub(super) fn of(reading: Option<Reading>, unreadable: Option<String>) -> Self {
        match (reading, unreadable) {
            (Some(reading), _) => Self::Read(Box::new(reading)),
            (None, Some(cause)) => Self::Unreadable(cause),
            (None, None) => Self::Nothing,
        }
    }
}

impl Kept {
    /// The capture, if there is something to read in it: robots.txt is read elsewhere, and a 304 that
    /// nobody asked for says "as before" where nothing was said before.
    pub(super) fn readable(&self) -> Option<&Capture> {
        let answer = self.outcome.as_ref().ok()?;
        let is_stray = answer.capture.status == 304 && !answer.is_revisit;
        let is_page = self.request.purpose != Purpose::Robots && !is_stray;
        is_page.then_some(&answer.capture)
    }
}

/// Why the capture of an exchange can not be read; `None` if it may be read.
pub(super) fn unreadable<S: Store + ?Sized>(
    store: &S,
    kept: &Kept,
    capture: &Capture,
) -> Result<Option<String>, StoreError> {
    store.unreadable(&kept.request.key(), &capture.payload_sha256)
}

/// Finds everything that follows from an exchange that was read already, or has nothing to read.
///
/// # Errors
/// [`FrontierError`] if the store fails.
pub(super) fn ingest<S: Store + ?Sized>(
    frontier: Frontier<'_>,
    store: &S,
    kept: Kept,
    known: Known,
    circumstances: Circumstances,
) -> Result<(Committed, Told), FrontierError> {
    let asked = Asked {
        sequence: kept.sequence,
        run: &kept.run,
        request: &kept.request,
    };
    let mut told = Told::default();
    let mut observations = Vec::new();
    let mut asset = None;
    let (follow, page, layout) = match (&kept.outcome, known) {
        (Ok(_), _) if kept.request.purpose == Purpose::Robots => {
            (nothing_follows(Settle::Done), PageKind::Robots, None)
        }
        (Err(failure), _) => {
            let cause = failure.kind.as_str();
            asset = Some(no_file(cause));
            let follow = or_nowhere(frontier.fail(store, asked, cause))?;
            (follow, PageKind::Nothing, None)
        }
        (Ok(_), Known::Nothing) => {
            let cause = "status 304 without an earlier answer";
            asset = Some(no_file(cause));
            let follow = or_nowhere(frontier.fail(store, asked, cause))?;
            (follow, PageKind::Other, None)
        }
        (Ok(_), Known::Unreadable(cause)) => {
            let cause = format!("unreadable: {cause}");
            asset = Some(no_file(&cause));
            let follow = or_nowhere(frontier.fail(store, asked, &cause))?;
            (follow, PageKind::Unreadable, None)
        }
        (Ok(KeptAnswer { capture, .. }), Known::Read(reading)) => {
            let read = reading.read;
            observations = reading.observations;
            asset = Some(assets::found(capture, &read.page));
            let follow = follow(frontier, store, asked, capture, &read, &observations);
            let (page, layout) = (PageKind::of(&read.page), read.profile.layout.clone());
            told = tell(read);
            (or_nowhere(follow)?, page, layout)
        }
    };
    let follow = match circumstances.retry_at {
        Some(at) => frontier.retry(store, asked, at)?,
        None => follow,
    };
    let committed = Committed {
        article: follow.article,
        observations,
        plan: follow.plan,
        settle: follow.settle,
        walk: follow.walk,
        asset: asset.filter(|_| kept.request.purpose == Purpose::Asset),
        robots: circumstances
            .robots
            .and_then(|copy| Some((copy.origin.clone(), serde_json::to_value(copy).ok()?))),
        exchange: row(kept, page, layout),
    };
    Ok((committed, told))
}

fn no_file(why: &str) -> AssetFound {
    AssetFound::Missing {
        why: why.to_owned(),
        size: None,
    }
}

/// A body that is not whole is a failure, whatever was read from it; but a file over the cap is settled.
fn follow<S: Store + ?Sized>(
    frontier: Frontier<'_>,
    store: &S,
    asked: Asked<'_>,
    capture: &Capture,
    read: &PageRead,
    observations: &[Observation],
) -> Result<Follow, FrontierError> {
    match capture.truncated {
        Some(Truncation::Length) if asked.request.purpose == Purpose::Asset => {
            frontier.too_long(store, asked)
        }
        Some(truncation) => {
            frontier.fail(store, asked, &format!("truncated: {}", truncation.as_str()))
        }
        None => frontier.follow(store, asked, &read.page, observations),
    }
}

/// A request that does not fit the site's profile any more (its section was removed) leads nowhere;
/// what was read of its answer is kept like any other.
fn or_nowhere(follow: Result<Follow, FrontierError>) -> Result<Follow, FrontierError> {
    match follow {
        Ok(follow) => Ok(follow),
        Err(FrontierError::Store(error)) => Err(error.into()),
        Err(cause) => {
            tracing::debug!(event = "leads_nowhere", "{cause}");
            Ok(nothing_follows(Settle::Done))
        }
    }
}

/// An exchange of a site that has no profile any more: it is kept, and not read. Its request counts
/// as refused, so that it is asked again if the profile comes back.
pub(super) fn without_profile(kept: Kept) -> Committed {
    let rule = "its site has no profile; put it back and run `khotin rebuild`".to_owned();
    let (page, settle) = match &kept.outcome {
        Ok(_) if kept.request.purpose == Purpose::Robots => (PageKind::Robots, Settle::Done),
        Ok(_) => (PageKind::NoProfile, Settle::Refused { rule }),
        Err(_) => (PageKind::Nothing, Settle::Refused { rule }),
    };
    Committed {
        article: None,
        observations: Vec::new(),
        plan: Vec::new(),
        settle,
        walk: None,
        asset: None,
        robots: None,
        exchange: row(kept, page, None),
    }
}

fn nothing_follows(settle: Settle) -> Follow {
    Follow {
        article: None,
        plan: Vec::new(),
        settle,
        walk: None,
    }
}

fn tell(read: PageRead) -> Told {
    let mut told = Told::default();
    match &read.page {
        Page::Blocked { rule } => told.blocked = Some(rule.clone()),
        Page::Other { reason } => told.unread = Some(plain(reason)),
        Page::Listing(listing) => told.items = Some(listing.items.len()),
        _ => {}
    }
    told.read = Some(read);
    told
}

fn row(kept: Kept, page: PageKind, layout: Option<String>) -> ExchangeRow {
    ExchangeRow {
        sequence: kept.sequence,
        run: kept.run,
        request: kept.request,
        asked_at: kept.asked_at,
        elapsed: kept.elapsed,
        via: kept.via,
        outcome: match kept.outcome {
            Err(failure) => Outcome::Failed {
                kind: failure.kind,
                message: failure.message,
            },
            Ok(KeptAnswer {
                capture,
                is_revisit,
            }) => Outcome::Answered(StoredAnswer {
                status: capture.status,
                bytes: capture.body.len() as u64,
                truncated: capture.truncated,
                etag: capture.header("etag").map(str::to_owned),
                last_modified: capture.header("last-modified").map(str::to_owned),
                location: capture.location,
                payload_sha1: capture.payload_sha1,
                payload_sha256: capture.payload_sha256,
                is_revisit,
            }),
        },
        profile_digest: kept.profile_digest,
        page,
        layout,
    }
}

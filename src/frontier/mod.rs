//! Frontier: which request is next. It survives a restart, because all that it knows stands in the
//! store, and all but due times, back-off and budgets can be made again from the archive.
//!
//! In: an exchange with the page that was read from it. Out: the requests that follow, what becomes
//! of the request that was asked, and the walk down its section as it now stands ([`Follow`], all of
//! which [`crate::store::Store::commit`] takes). The rules stand in [`scope`] (in or out),
//! [`discover`] (a listing's items as requests), [`assets`] (an article's files as requests), [`walk`] (how far down a listing), [`way`] (the
//! requests down a listing) and [`revisit`]
//! (when an article is looked at again). Not here: robots.txt, pace and retries
//! ([`crate::fetch`]), and the queue itself ([`crate::store`]).

pub mod assets;
pub mod discover;
mod redirects;
pub mod revisit;
pub mod scope;
mod step;
pub mod walk;
pub mod way;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::config::{Assets, MissingVar, SiteProfile};
use crate::model::{
    ArticleKey, Listing, Observation, Page, Purpose, Request, RunId, SectionId, Sequence, Sighting,
    SiteId, plain,
};
use crate::store::{
    Planned, Priority, RUNS_UNTIL_GIVEN_UP, RequestState, Settle, Store, StoreError,
};
pub use redirects::MOST_HOPS;
use walk::{ListingSeen, Sightings, Walk, WalkOptions, WalkStep};
use way::Way;

/// Why the frontier does not know what follows.
#[derive(Debug, thiserror::Error)]
pub enum FrontierError {
    /// A section without profile.
    #[error("site {site} has no section {section}, or no platform for it")]
    UnknownSection {
        /// The site.
        site: SiteId,
        /// The section.
        section: SectionId,
    },
    /// A section that can not be asked for.
    #[error(
        "section {section} of {site} can not be asked for: platform {platform} has no ask_listing"
    )]
    NoListing {
        /// The site.
        site: SiteId,
        /// The section.
        section: SectionId,
        /// Its platform.
        platform: String,
    },
    /// A request needs a variable that nothing gives.
    #[error(transparent)]
    Template(#[from] MissingVar),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FrontierError {
    /// What to do.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::UnknownSection { .. } => {
                "run `khotin sites list` to see the sections of the site"
            }
            Self::NoListing { .. } => "add `ask_listing` to the platform in the site's profile",
            Self::Template(_) => "add the variable to `vars` of the section in the site's profile",
            Self::Store(error) => error.advice(),
        }
    }
}

/// What the run and the configuration say.
#[derive(Debug, Clone)]
pub struct FrontierOptions {
    /// How far down the listings.
    pub walk: WalkOptions,
    /// When articles are looked at again, see [`revisit::due_after`].
    pub revisit: Vec<Duration>,
    /// Which files of articles are asked for.
    pub assets: Assets,
    /// A request that fails in so many runs is given up: from then on it is tried weekly.
    pub give_up_after: u32,
}

impl Default for FrontierOptions {
    fn default() -> Self {
        Self {
            walk: WalkOptions::default(),
            revisit: Vec::new(),
            assets: Assets::None,
            give_up_after: RUNS_UNTIL_GIVEN_UP,
        }
    }
}

/// An exchange as the frontier sees it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Its number.
    pub sequence: Sequence,
    /// The run that asked.
    pub run: &'a RunId,
    /// What was asked.
    pub request: &'a Request,
}

/// What follows from an exchange.
#[derive(Debug, Clone, PartialEq)]
pub struct Follow {
    /// The article that was asked for, if it was one.
    pub article: Option<ArticleKey>,
    /// The requests that follow.
    pub plan: Vec<Planned>,
    /// What becomes of the request.
    pub settle: Settle,
    /// The walk that it belongs to, as it now stands.
    pub walk: Option<Walk>,
}

/// The frontier of one site.
#[derive(Debug, Clone, Copy)]
pub struct Frontier<'a> {
    /// The site.
    pub profile: &'a SiteProfile,
    /// What the run and the configuration say.
    pub options: &'a FrontierOptions,
}

impl Frontier<'_> {
    /// What a run asks first: for each section the queued page of a walk that was interrupted, else
    /// the first page. A first page that is given up and not due is left out.
    ///
    /// # Errors
    /// If a section is unknown or can not be asked for, or the store fails.
    pub fn seeds<S: Store + ?Sized>(
        &self,
        store: &S,
        sections: &[SectionId],
        now: DateTime<Utc>,
    ) -> Result<Vec<Planned>, FrontierError> {
        let mut plan = Vec::new();
        for section in sections {
            let first = Way::new(self.profile, section)?.first_request()?;
            let walk = store.walk(&self.profile.id, section)?;
            let open = walk
                .filter(|walk| walk.finished.is_none())
                .and_then(|walk| walk.next)
                .map(|next| next.request);
            let request = open.unwrap_or(first);
            let row = store.request(&request)?;
            let resting = row.is_some_and(|row| {
                row.state == RequestState::GivenUp && row.due.is_some_and(|due| due > now)
            });
            if !resting {
                plan.push(planned_listing(request, 0));
            }
        }
        Ok(plan)
    }

    /// What follows from an answer.
    ///
    /// `observations` are those of this exchange, not yet committed. What was asked before it of the
    /// same section, or of the same article, must be committed.
    ///
    /// # Errors
    /// If its section is unknown or can not be asked for, or the store fails.
    pub fn follow<S: Store + ?Sized>(
        &self,
        store: &S,
        asked: Asked<'_>,
        page: &Page,
        observations: &[Observation],
    ) -> Result<Follow, FrontierError> {
        match page {
            Page::Redirect {
                target,
                keeps_method,
            } => return self.redirect(store, asked, target, *keeps_method),
            Page::Blocked { rule } => {
                return self.fail(store, asked, &format!("blocked: {rule}"));
            }
            Page::Other { reason } => return self.fail(store, asked, reason),
            _ => {}
        }
        let mut follow = self.begin(store, asked, observations)?;
        follow.plan = discover::discover(self.profile, observations);
        match (asked.request.purpose, page) {
            (Purpose::Robots, _) => follow.settle = Settle::Done,
            (Purpose::Article, Page::Listing(_)) => {
                follow.settle = Settle::Failed {
                    cause: "the answer is not an article".to_owned(),
                    give_up_after: self.options.give_up_after,
                };
            }
            (Purpose::Article, _) => {
                let files = self.files_of_new_version(store, asked, observations)?;
                follow.plan.extend(files);
            }
            // What was answered is settled, also that there is nothing: a file is asked for once.
            (Purpose::Asset, _) => follow.settle = Settle::Done,
            (Purpose::Listing, Page::Listing(listing)) => {
                follow.settle = Settle::Done;
                self.walk_on(store, asked, Some(listing), observations, &mut follow)?;
            }
            (Purpose::Listing, Page::Gone | Page::SoftGone { .. })
                if self.is_deep(store, asked)? =>
            {
                follow.settle = Settle::Done;
                self.walk_on(store, asked, None, observations, &mut follow)?;
            }
            (Purpose::Listing, _) => {
                return self.fail(store, asked, "the answer is not a listing");
            }
        }
        Ok(follow)
    }

    /// What follows from a request that failed for this run, or whose answer can not be used.
    ///
    /// # Errors
    /// As [`Frontier::follow`].
    pub fn fail<S: Store + ?Sized>(
        &self,
        store: &S,
        asked: Asked<'_>,
        cause: &str,
    ) -> Result<Follow, FrontierError> {
        let cause = plain(cause);
        let mut follow = self.begin(store, asked, &[])?;
        follow.settle = Settle::Failed {
            cause: cause.clone(),
            give_up_after: match asked.request.purpose {
                // Without it nothing else may be asked.
                Purpose::Robots => u32::MAX,
                Purpose::Listing | Purpose::Article | Purpose::Asset => self.options.give_up_after,
            },
        };
        if let Some((way, walk)) = self.way(store, asked.request)? {
            let (sequence, run) = (asked.sequence, asked.run);
            let step = way.step_failed(walk.as_ref(), sequence, run, asked.request, &cause)?;
            take_step(step, &mut follow);
        }
        Ok(follow)
    }

    /// What follows from a file that is longer than the cap: it would be as long the next time. It is
    /// asked again when the cap is raised ([`Store::reopen_assets`]).
    ///
    /// # Errors
    /// If the store fails.
    pub fn too_long<S: Store + ?Sized>(
        &self,
        store: &S,
        asked: Asked<'_>,
    ) -> Result<Follow, FrontierError> {
        let mut follow = self.begin(store, asked, &[])?;
        follow.settle = Settle::Done;
        Ok(follow)
    }

    /// What follows from a request that failed for now and is tried again in this run.
    ///
    /// # Errors
    /// If the store fails.
    pub fn retry<S: Store + ?Sized>(
        &self,
        store: &S,
        asked: Asked<'_>,
        at: DateTime<Utc>,
    ) -> Result<Follow, FrontierError> {
        let mut follow = self.begin(store, asked, &[])?;
        follow.settle = Settle::Retry { at };
        Ok(follow)
    }

    /// What follows from a request that scope or robots.txt refused, so that nothing was asked:
    /// nothing, but the walk that waits for it must end. Hand the result to
    /// [`Store::refuse`].
    ///
    /// # Errors
    /// If the store fails.
    pub fn refused<S: Store + ?Sized>(
        &self,
        store: &S,
        request: &Request,
        rule: &str,
    ) -> Result<Option<Walk>, FrontierError> {
        let Some((_, Some(mut walk))) = self.way(store, request)? else {
            return Ok(None);
        };
        let waits = walk
            .next
            .as_ref()
            .is_some_and(|next| next.request.key() == request.key());
        if walk.finished.is_some() || !waits {
            return Ok(None);
        }
        walk.finished = Some(walk::WalkEnd::Failed {
            cause: format!("refused: {rule}"),
        });
        Ok(Some(walk))
    }

    /// The files of an article that was just read, unless it says the same as when it was read before: what
    /// makes no version, as a thumbnail's host, asks for no file again.
    fn files_of_new_version<S: Store + ?Sized>(
        &self,
        store: &S,
        asked: Asked<'_>,
        observations: &[Observation],
    ) -> Result<Vec<Planned>, FrontierError> {
        let section = asked.request.section.as_ref();
        let files = assets::of_observations(self.profile, self.options, section, observations);
        let read = observations.iter().find(|seen| seen.position == 0);
        let (false, Some(read)) = (files.is_empty(), read) else {
            return Ok(files);
        };
        let known = store.newest_digest(&read.key)?;
        let is_known = match &read.sighting {
            Sighting::Article { content_digest, .. } => known.as_ref() == Some(content_digest),
            _ => false,
        };
        Ok(if is_known { Vec::new() } else { files })
    }

    /// A follow without consequences for an article, to be filled in.
    fn begin<S: Store + ?Sized>(
        &self,
        store: &S,
        asked: Asked<'_>,
        observations: &[Observation],
    ) -> Result<Follow, FrontierError> {
        let known = store.request(asked.request)?.and_then(|row| row.article);
        let read = || observations.iter().find(|seen| seen.position == 0);
        Ok(Follow {
            article: known.or_else(|| read().map(|seen| seen.key.clone())),
            plan: Vec::new(),
            settle: Settle::Looked {
                schedule: self.options.revisit.clone(),
            },
            walk: None,
        })
    }

    /// Lets the walk take its next step; without a `listing` the page has no items.
    fn walk_on<S: Store + ?Sized>(
        &self,
        store: &S,
        asked: Asked<'_>,
        listing: Option<&Listing>,
        observations: &[Observation],
        follow: &mut Follow,
    ) -> Result<(), FrontierError> {
        let Some((way, walk)) = self.way(store, asked.request)? else {
            return Ok(());
        };
        let items: Vec<_> = observations
            .iter()
            .filter_map(|seen| Some((&seen.key, discover::listed_item(seen)?)))
            .collect();
        let mut met = BTreeSet::new();
        let keys: Vec<ArticleKey> = items
            .iter()
            .filter(|(key, _)| met.insert(*key))
            .map(|(key, _)| (*key).clone())
            .collect();
        let section = asked.request.section.as_ref();
        let known = match section {
            Some(section) => store.sightings(section, &keys)?,
            None => std::collections::BTreeMap::new(),
        };
        let seen = ListingSeen {
            sequence: asked.sequence,
            run: asked.run,
            request: asked.request,
            items: listing.map_or(0, |listing| listing.items.len()),
            last_date: items.last().and_then(|(_, item)| discover::listed_on(item)),
            keys,
            next: listing.and_then(|listing| listing.next.as_ref()),
            is_last: listing.is_none_or(|listing| listing.is_last),
        };
        let sightings = |key: &ArticleKey| -> Option<Sightings> { known.get(key).copied() };
        let step = way.step(walk.as_ref(), &seen, sightings, &self.options.walk)?;
        take_step(step, follow);
        Ok(())
    }

    /// True for a page below the first one of its walk: there an answer 404 is the end of the
    /// listing, on the first page it is a failure.
    fn is_deep<S: Store + ?Sized>(
        &self,
        store: &S,
        asked: Asked<'_>,
    ) -> Result<bool, FrontierError> {
        let Some((_, walk)) = self.way(store, asked.request)? else {
            return Ok(false);
        };
        let key = asked.request.key();
        Ok(walk.is_some_and(|walk| {
            let queued = walk.next.as_ref();
            walk.pages > 0 && !walk.again && queued.is_some_and(|next| next.request.key() == key)
        }))
    }

    /// The way and the walk that a listing request belongs to.
    fn way<S: Store + ?Sized>(
        &self,
        store: &S,
        request: &Request,
    ) -> Result<Option<(Way<'_>, Option<Walk>)>, FrontierError> {
        let Some(section) = request
            .section
            .as_ref()
            .filter(|_| request.purpose == Purpose::Listing)
        else {
            return Ok(None);
        };
        let way = Way::new(self.profile, section)?;
        Ok(Some((way, store.walk(&self.profile.id, section)?)))
    }
}

/// Puts a step's walk and request into what follows.
fn take_step(step: Option<(Walk, WalkStep)>, follow: &mut Follow) {
    let Some((walk, step)) = step else { return };
    follow.walk = Some(walk);
    match step {
        WalkStep::Next(request) | WalkStep::Again(request) => {
            follow.plan.insert(0, planned_listing(request, 0));
        }
        WalkStep::End => {}
    }
}

fn planned_listing(request: Request, hops: u8) -> Planned {
    Planned {
        request,
        article: None,
        priority: Priority::Listing,
        hops,
        listed_on: None,
    }
}

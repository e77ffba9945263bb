//! ReadBatch: the exchanges of a batch, archived, durable and marked, in; what is known of each out, in the
//! same order. Several are read side by side ([`super::readers`]); one, which is all that a polite pace ever
//! gives, is read here and now.

use std::num::NonZeroUsize;
use std::thread;

use super::CrawlError;
use super::ingest::{Circumstances, Kept, Known, unreadable};
use super::keeper::Keeper;
use super::readers::{Readers, Unread};
use super::reading::{self, Reading};
use crate::config::SiteProfile;
use crate::model::Capture;

/// An exchange of a batch.
struct Durable<'a> {
    kept: Kept,
    circumstances: Circumstances,
    profile: &'a SiteProfile,
    /// Why it can not be read.
    unreadable: Option<String>,
}

impl Unread for Durable<'_> {
    fn unread(&self) -> Option<(&SiteProfile, &Capture)> {
        let capture = self.kept.readable()?;
        self.unreadable.is_none().then_some((self.profile, capture))
    }
}

/// Reads a batch.
///
/// # Errors
/// [`CrawlError::UnknownSite`] if an exchange is of none of this run; if the store fails, or the system gives
/// no thread.
pub(super) fn read_batch(
    keeper: &Keeper,
    archived: Vec<(Kept, Circumstances)>,
) -> Result<Vec<(Kept, Circumstances, Known)>, CrawlError> {
    let batch: Vec<Durable<'_>> = archived
        .into_iter()
        .map(|(kept, circumstances)| durable(keeper, kept, circumstances))
        .collect::<Result<_, _>>()?;
    let jobs = NonZeroUsize::new(batch.len()).map_or(keeper.jobs, |most| most.min(keeper.jobs));
    if jobs == NonZeroUsize::MIN {
        return Ok(batch.into_iter().map(read_one).collect());
    }
    thread::scope(|scope| {
        let mut readers = Readers::start(scope, jobs)?;
        batch.into_iter().for_each(|one| readers.give(one));
        let read = std::iter::from_fn(|| readers.next());
        Ok(read.map(|(one, reading)| known(one, reading)).collect())
    })
}

fn durable(
    keeper: &Keeper,
    kept: Kept,
    circumstances: Circumstances,
) -> Result<Durable<'_>, CrawlError> {
    let id = &kept.request.site;
    let site = keeper.sites.get(id);
    let site = site.ok_or_else(|| CrawlError::UnknownSite { site: id.clone() })?;
    let unreadable = match kept.readable() {
        Some(capture) => unreadable(&keeper.store, &kept, capture)?,
        None => None,
    };
    Ok(Durable {
        kept,
        circumstances,
        profile: &site.profile,
        unreadable,
    })
}

fn read_one(one: Durable<'_>) -> (Kept, Circumstances, Known) {
    let reading = one
        .unread()
        .map(|(profile, capture)| reading::read(profile, capture));
    known(one, reading)
}

fn known(one: Durable<'_>, reading: Option<Reading>) -> (Kept, Circumstances, Known) {
    let known = Known::of(reading, one.unreadable);
    (one.kept, one.circumstances, known)
}

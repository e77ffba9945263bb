//! Discover: the items of a listing as requests. Pure; it does not select: what is known already,
//! and which request is an article's primary one, is decided by [`crate::store`], and what a run
//! with `--since` leaves for later by [`crate::store::Want`].

use std::collections::BTreeSet;

use chrono::NaiveDate;
use url::Url;

use crate::config::SiteProfile;
use crate::model::{ListedItem, Observation, Sighting};
use crate::normalize::identity::{article_request, identify};
use crate::store::{Planned, Priority};

/// One request for each article that `observations` show as a listing item, in page order.
///
/// An item whose link the identity rules do not know gives none: without a key nothing could be
/// kept of its page.
pub fn discover(profile: &SiteProfile, observations: &[Observation]) -> Vec<Planned> {
    let mut planned = BTreeSet::new();
    observations
        .iter()
        .filter_map(|observation| Some((observation, listed_item(observation)?)))
        .filter(|(observation, _)| planned.insert(&observation.key))
        .filter_map(|(observation, item)| {
            let seen = observation.seen_url.as_deref();
            let link = Url::parse(seen.unwrap_or(&observation.public_url)).ok()?;
            let identity = identify(profile, &link)?;
            let mut request = article_request(profile, &identity, Some(&link))?;
            request.section = item.section.clone();
            Some(Planned {
                request,
                article: Some(observation.key.clone()),
                priority: Priority::NewArticle,
                hops: 0,
                listed_on: listed_on(item),
            })
        })
        .collect()
}

/// The listing's line, if the observation is one.
pub(super) fn listed_item(observation: &Observation) -> Option<&ListedItem> {
    match &observation.sighting {
        Sighting::Listed(item) => Some(item),
        _ => None,
    }
}

/// The day of the item's stamp, at the site's zone.
pub(super) fn listed_on(item: &ListedItem) -> Option<NaiveDate> {
    let at = &item.published.as_ref()?.at;
    at.get(..10)?.parse().ok()
}

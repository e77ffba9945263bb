//! Normalize: what a page says -> observations. In: a capture and what [`crate::extract`] read from
//! it. Out: one [`Observation`] for each article that the capture shows, named by the profile's
//! identity rules, texts in one spelling, dates as points in time, every null with its reason.
//!
//! A pure function of its arguments: no I/O, no clock. An article that no identity rule names is no
//! observation but a warning ([`warnings`]). Not here: what all observations of an article make
//! together ([`crate::store::fold`]).

pub mod date;
pub mod digest;
pub mod fold;
pub mod identity;
pub mod parts;
pub mod text;

mod article;
mod evidence;
mod listing;
#[cfg(test)]
mod tests;

use chrono::SecondsFormat;

use crate::config::SiteProfile;
use crate::model::{
    ArticleDraft, Capture, CaptureRef, CaptureUse, Listing, ListingItem, Observation, Page,
    PageRead, ProfileRef, Purpose, Request, Sighting, Warning,
};
use identity::{Identity, identify_item, identify_request, identify_vars};

/// What a capture shows of articles: the article itself first, then the lines of its listing in page
/// order.
///
/// The article's key comes from the request, and from the page's own variables only where the
/// request does not tell it. Gone, soft-gone and unchanged (304) are sightings of the article that
/// was asked for. A blocked page, a redirect or a page of no use shows nothing.
pub fn observations(profile: &SiteProfile, capture: &Capture, read: &PageRead) -> Vec<Observation> {
    if capture.request.purpose == Purpose::Asset {
        // Its address may look like an article's; whether a file is there says nothing of an article.
        return Vec::new();
    }
    let sighted = |sighting| {
        let identity = identify_request(profile, &capture.request);
        let observation =
            |identity| article_observation(profile, capture, read, identity, sighting);
        identity.map(observation).into_iter().collect::<Vec<_>>()
    };
    match &read.page {
        Page::Listing(listing) => listed(profile, capture, read, listing),
        Page::Article { draft, listing } => {
            let mut observations = Vec::new();
            if let Some(identity) = name_draft(profile, &capture.request, draft) {
                let sighting = article::sighting(profile, read, draft);
                observations.push(article_observation(
                    profile, capture, read, identity, sighting,
                ));
            }
            if let Some(listing) = listing {
                observations.extend(listed(profile, capture, read, listing));
            }
            observations
        }
        Page::Gone => sighted(Sighting::Gone {
            status: capture.status,
        }),
        Page::SoftGone { rule } => sighted(Sighting::SoftGone { rule: rule.clone() }),
        Page::NotModified => sighted(Sighting::Unchanged),
        Page::Asset | Page::Blocked { .. } | Page::Redirect { .. } | Page::Other { .. } => {
            Vec::new()
        }
    }
}

/// What was odd about a page: the reader's warnings, and `article_without_key` or `item_without_key`
/// for what no identity rule names, so that it is in no observation.
pub fn warnings(profile: &SiteProfile, request: &Request, read: &PageRead) -> Vec<Warning> {
    let mut warnings = read.warnings.clone();
    let listing = match &read.page {
        Page::Listing(listing) => Some(listing),
        Page::Article { draft, listing } => {
            if name_draft(profile, request, draft).is_none() {
                let detail = format!("no identity rule of {} names {}", profile.id, request.url);
                warnings.push(Warning::new("article_without_key", detail));
            }
            listing.as_ref()
        }
        _ => None,
    };
    for item in listing.iter().flat_map(|listing| &listing.items) {
        let platform = listing
            .map(|listing| listing.platform.as_str())
            .unwrap_or_default();
        if identify_item(profile, platform, item.url.as_ref(), &item.vars).is_none() {
            let link = item
                .url
                .as_ref()
                .map_or("an item without link", |url| url.as_str());
            let detail = format!("item {}: no identity rule names {link}", item.position);
            warnings.push(Warning::new("item_without_key", detail));
        }
    }
    warnings
}

fn name_draft(profile: &SiteProfile, request: &Request, draft: &ArticleDraft) -> Option<Identity> {
    identify_request(profile, request)
        .or_else(|| identify_vars(profile, &draft.platform, &draft.vars))
}

fn article_observation(
    profile: &SiteProfile,
    capture: &Capture,
    read: &PageRead,
    identity: Identity,
    sighting: Sighting,
) -> Observation {
    // A POST's URL is the interface's, the same for every article.
    let is_get = capture.request.body.is_none();
    Observation {
        key: identity.key,
        site: profile.id.clone(),
        platform: identity.platform,
        sequence: capture.sequence,
        position: 0,
        public_url: identity.public_url,
        seen_url: is_get.then(|| capture.request.url.to_string()),
        capture: capture_ref(capture, CaptureUse::Article),
        sighting,
        profile: read.profile.clone(),
        synthetic: profile.synthetic,
    }
}

fn listed(
    profile: &SiteProfile,
    capture: &Capture,
    read: &PageRead,
    listing: &Listing,
) -> Vec<Observation> {
    let layout = profile
        .listings
        .iter()
        .find(|layout| layout.id == listing.layout);
    let observation = |item: &ListingItem| {
        let identity = identify_item(profile, &listing.platform, item.url.as_ref(), &item.vars)?;
        Some(Observation {
            key: identity.key,
            site: profile.id.clone(),
            platform: identity.platform,
            sequence: capture.sequence,
            position: item.position,
            public_url: identity.public_url,
            seen_url: item.url.as_ref().map(ToString::to_string),
            capture: capture_ref(capture, CaptureUse::Listing),
            sighting: Sighting::Listed(Box::new(listing::listed_item(
                profile, listing, layout, item,
            ))),
            profile: ProfileRef {
                layout: Some(listing.layout.clone()),
                ..read.profile.clone()
            },
            synthetic: profile.synthetic,
        })
    };
    listing.items.iter().filter_map(observation).collect()
}

fn capture_ref(capture: &Capture, used_as: CaptureUse) -> CaptureRef {
    CaptureRef {
        sequence: capture.sequence,
        used_as,
        request_url: capture.request.url.to_string(),
        time: capture
            .captured_at
            .to_rfc3339_opts(SecondsFormat::Micros, true),
        status: capture.status,
        via: capture.via,
        payload_sha1: capture.payload_sha1.clone(),
        payload_sha256: capture.payload_sha256.clone(),
        warc_file: capture.location.file.clone(),
        warc_offset: capture.location.offset,
        warc_record_id: capture.location.record_id.clone(),
        // Who imports a capture adds it: a capture of our own has none.
        foreign: None,
    }
}

//! Extract: what a capture's bytes say, by the rules of a profile. [`read`] is a pure function: no
//! I/O, no clock, and the same bytes with the same profile always give the same [`PageRead`].
//!
//! The way of a capture: its status decides first; then the body is decoded (`decode`) and built
//! into a tree or a JSON value, once (`tree`); the refusals are asked (`selectors`); then the first
//! listing layout and the first article layout that fit read it (`listing`, `article`). An
//! article's text is read in three steps: the tree becomes pieces (`body`, with `boxes`, `grid` and
//! `objects`), some pieces are taken out or noted by their words (`lines`), and the rest is parted
//! into text and captions (`captions`).
//!
//! The web is hostile: every step is bounded (design, decision 9). A bad page gives a [`Page`] with
//! warnings, never an error and never a panic. Texts stay as found; [`crate::normalize`] cleans them.

mod article;
mod body;
mod boxes;
mod captions;
mod decode;
mod grid;
mod lines;
mod listing;
mod objects;
mod piece;
mod selectors;
mod sink;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod text;
mod tree;

pub use decode::DecodeError;
pub use tree::TreeError;

use scraper::Html;
use url::Url;

use crate::config::{SiteProfile, Validity};
use crate::model::{
    ArticleDraft, Capture, Listing, Page, PageRead, ProfileRef, Purpose, Truncation, Warning,
};
use decode::Kind;
use selectors::{Scope, base_of, resolve, rule_that_fits};

/// Reads one capture by the rules of its site's profile.
///
/// # Examples
/// ```
/// # use khotin::config::SiteProfile;
/// # use khotin::extract::read;
/// # use khotin::model::Page;
/// # fn try_it(profile: &SiteProfile, capture: &khotin::model::Capture) {
/// let read = read(profile, capture);
/// if let Page::Article { draft, .. } = &read.page {
///     assert!(draft.title.is_some() || !read.warnings.is_empty());
/// }
/// # }
/// ```
pub fn read(profile: &SiteProfile, capture: &Capture) -> PageRead {
    let mut reading = Reading {
        profile,
        capture,
        layout: None,
        warnings: Vec::new(),
    };
    let page = reading.page();
    PageRead {
        page,
        profile: ProfileRef {
            site: profile.id.to_string(),
            layout: reading.layout,
            digest: profile.digest.clone(),
        },
        warnings: reading.warnings,
    }
}

/// One reading: what it works on and what it notes beside the page.
struct Reading<'a> {
    profile: &'a SiteProfile,
    capture: &'a Capture,
    layout: Option<String>,
    warnings: Vec<Warning>,
}

fn other(reason: impl Into<String>) -> Page {
    Page::Other {
        reason: reason.into(),
    }
}

impl Reading<'_> {
    fn page(&mut self) -> Page {
        let capture = self.capture;
        if capture.request.purpose == Purpose::Robots {
            return other("robots.txt is no page");
        }
        match capture.status {
            304 => return Page::NotModified,
            300..=399 => return redirect(capture),
            404 | 410 => return Page::Gone,
            _ => {}
        }
        if let Some(truncated) = capture.truncated {
            return other(format!("body is cut short ({})", cause(truncated)));
        }
        let decoded = match decode::decode(capture) {
            Ok(decoded) => decoded,
            Err(error) => return self.unreadable(&error.to_string()),
        };
        let warnings = decoded.warnings;
        let page = match decoded.kind {
            Kind::Html => match tree::parse(&decoded.text) {
                Ok(html) => self.html(&html),
                Err(error) => return self.unreadable(&error.to_string()),
            },
            Kind::Json => match serde_json::from_str(&decoded.text) {
                Ok(value) => self.readable(Scope::json(&value), &capture.request.url),
                Err(error) => return self.unreadable(&format!("body is not JSON: {error}")),
            },
        };
        if matches!(page, Page::Article { .. } | Page::Listing(_)) {
            self.warnings.splice(0..0, warnings);
        }
        page
    }

    /// A body that can not be read; for a status that is no success the status says more.
    fn unreadable(&self, reason: &str) -> Page {
        if is_readable(self.capture.status) {
            other(reason)
        } else {
            other(format!("status {}", self.capture.status))
        }
    }

    fn html(&mut self, html: &Html) -> Page {
        let base = base_of(html, &self.capture.request.url);
        self.readable(Scope::page(html), &base)
    }

    fn readable(&mut self, scope: Scope<'_>, base: &Url) -> Page {
        let refusals = &self.profile.refusals;
        if let Some(rule) = rule_that_fits(&refusals.blocked, scope) {
            return Page::Blocked {
                rule: rule.to_owned(),
            };
        }
        if !is_readable(self.capture.status) {
            return other(format!("status {}", self.capture.status));
        }
        if let Some(rule) = rule_that_fits(&refusals.soft_gone, scope) {
            return Page::SoftGone {
                rule: rule.to_owned(),
            };
        }
        let listing = self.listing(scope, base);
        if self.capture.request.purpose == Purpose::Listing {
            return match listing {
                Some(listing) => self.is_listing(listing),
                None => other(format!(
                    "no listing layout of `{}` is for this page",
                    self.profile.id
                )),
            };
        }
        let listing = listing.filter(|listing| !listing.items.is_empty());
        match (self.article(scope, base), listing) {
            (Some(draft), listing) => Page::Article {
                draft: Box::new(draft),
                listing,
            },
            (None, Some(listing)) => self.is_listing(listing),
            (None, None) => other(format!("no layout of `{}` fits this page", self.profile.id)),
        }
    }

    fn is_listing(&mut self, listing: Listing) -> Page {
        self.layout = Some(listing.layout.clone());
        if listing.items.is_empty() {
            self.warnings.push(Warning::new(
                "listing_without_items",
                format!("layout `{}` finds no item", listing.layout),
            ));
        }
        Page::Listing(listing)
    }

    /// By the first valid layout with items, else the first valid layout without.
    fn listing(&self, scope: Scope<'_>, base: &Url) -> Option<Listing> {
        let request = &self.capture.request;
        let section = match request.purpose {
            Purpose::Listing => request.section.clone(),
            Purpose::Article | Purpose::Robots => None,
        };
        let mut empty = None;
        for layout in &self.profile.listings {
            if !self.is_valid(&layout.valid) || !listing::is_for(layout, scope) {
                continue;
            }
            let platform = self
                .profile
                .platforms
                .iter()
                .find(|platform| platform.id == layout.platform);
            let found = listing::read(layout, platform, section.clone(), scope, base);
            if !found.items.is_empty() {
                return Some(found);
            }
            empty.get_or_insert(found);
        }
        empty
    }

    fn article(&mut self, scope: Scope<'_>, base: &Url) -> Option<ArticleDraft> {
        let profile = self.profile;
        for layout in &profile.articles {
            if !self.is_valid(&layout.valid) {
                continue;
            }
            if let Some((draft, warnings)) = article::read(layout, scope, base) {
                self.layout = Some(layout.id.clone());
                self.warnings.extend(warnings);
                return Some(draft);
            }
        }
        None
    }

    fn is_valid(&self, validity: &Validity) -> bool {
        let date = self.capture.captured_at.date_naive();
        let url = self.capture.request.url.as_str();
        validity
            .url
            .as_ref()
            .is_none_or(|pattern| pattern.regex().is_match(url))
            && validity.from.is_none_or(|from| from <= date)
            && validity.until.is_none_or(|until| date <= until)
    }
}

/// Only a whole success can be an article: 206 is a part, 204 and 205 have no body (RFC 9110).
fn is_readable(status: u16) -> bool {
    matches!(status, 200..=203)
}

fn redirect(capture: &Capture) -> Page {
    let url = &capture.request.url;
    match capture.header("location") {
        None => other(format!("status {} without location", capture.status)),
        Some(location) => match resolve(url, location) {
            Some(target) => Page::Redirect { target },
            None => other(format!("status {} leads to no http(s) URL", capture.status)),
        },
    }
}

fn cause(truncation: Truncation) -> &'static str {
    truncation.as_str()
}

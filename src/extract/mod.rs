//! Extract: what a capture's bytes say, by the rules of a profile. [`read`] is a pure function: no
//! I/O, no clock, and the same bytes with the same profile always give the same [`PageRead`].
//!
//! The way of a capture: a file of an article is only looked at from outside ([`Page::Asset`]). Of a page
//! its status decides first; then the body is decoded (`decode`) and built
//! into a tree or a JSON value, once (`tree`, of a page only what the profile can look at: `cut`); the refusals are asked (`selectors`); then the first
//! listing layout and the first article layout that fit read it (`listing`, `article`). An
//! article's text is read in three steps: the tree becomes pieces (`body`, with `boxes`, `grid` and
//! `objects`), some pieces are taken out or noted by their words (`lines`), and the rest is parted
//! into text and captions (`captions`). `trace` tells the same reading rule
//! by rule, for people who write a profile.
//!
//! The web is hostile: every step is bounded (design, decision 9). A bad page gives a [`Page`] with
//! warnings, never an error and never a panic. Texts stay as found; [`crate::normalize`] cleans them.

mod article;
mod body;
mod boxes;
mod captions;
mod cut;
mod decode;
mod fit;
mod grid;
mod json;
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
mod trace;
mod tree;
mod tried;

pub use decode::DecodeError;
pub use fit::Misfit;
pub use trace::{Trace, trace};
pub use tree::TreeError;
pub use tried::{TriedField, TriedLayout, TriedRule};

use scraper::Html;
use serde_json::Value;
use url::Url;

use crate::config::SiteProfile;
use crate::model::{
    ArticleDraft, Capture, Listing, Page, PageRead, ProfileRef, Purpose, Truncation, Warning,
};
use cut::Cut;
use decode::Kind;
use listing::TooManyItems;
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
    read_opened(profile, capture, open(profile, capture))
}

/// The same by the plain way, which builds the tree of the whole page: the measure of [`read`], for
/// tests and benches. [`trace`] goes this way too.
pub fn read_whole(profile: &SiteProfile, capture: &Capture) -> PageRead {
    read_opened(profile, capture, open_whole(capture))
}

/// How many bytes of a page's text [`read`] passes over without building a tree of them, for tests and
/// benches; 0 where it has to look at all of it.
pub fn bytes_passed_over(profile: &SiteProfile, capture: &Capture) -> usize {
    open(profile, capture).map_or(0, |opened| opened.bytes_passed_over)
}

fn read_opened(
    profile: &SiteProfile,
    capture: &Capture,
    opened: Result<Opened, Box<Page>>,
) -> PageRead {
    let mut reading = Reading {
        profile,
        capture,
        layout: None,
        warnings: Vec::new(),
    };
    let page = match opened {
        Ok(opened) => reading.page(opened),
        Err(page) => *page,
    };
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
    fn page(&mut self, opened: Opened) -> Page {
        let page = self.readable(opened.scope(), &opened.base);
        if matches!(page, Page::Article { .. } | Page::Listing(_)) {
            self.warnings.splice(0..0, opened.warnings);
        }
        page
    }

    fn readable(&mut self, scope: Scope<'_>, base: &Url) -> Page {
        if let Some(page) = refusal(self.profile, self.capture, scope) {
            return page;
        }
        let listing = self.listing(scope, base);
        if self.capture.request.purpose == Purpose::Listing {
            return match listing {
                Err(error) => other(error.to_string()),
                Ok(Some(listing)) => self.is_listing(listing),
                Ok(None) => other(format!(
                    "no listing layout of `{}` is for this page",
                    self.profile.id
                )),
            };
        }
        let listing = listing.unwrap_or_else(|error| {
            let warning = Warning::new("listing_unreadable", error.to_string());
            self.warnings.push(warning);
            None
        });
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
    fn listing(&self, scope: Scope<'_>, base: &Url) -> Result<Option<Listing>, TooManyItems> {
        let request = &self.capture.request;
        let section = match request.purpose {
            Purpose::Listing => request.section.clone(),
            Purpose::Article | Purpose::Robots | Purpose::Asset => None,
        };
        let mut empty = None;
        for layout in &self.profile.listings {
            if fit::misfit_of_listing(layout, self.capture, scope).is_some() {
                continue;
            }
            let platform = self.profile.platform(&layout.platform);
            let found = listing::read(layout, platform, section.clone(), scope, base)?;
            if !found.items.is_empty() {
                return Ok(Some(found));
            }
            empty.get_or_insert(found);
        }
        Ok(empty)
    }

    fn article(&mut self, scope: Scope<'_>, base: &Url) -> Option<ArticleDraft> {
        let profile = self.profile;
        for layout in &profile.articles {
            if fit::misfit(&layout.valid, self.capture).is_some() {
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
}

/// A body as the rules look at it.
struct Opened {
    content: Content,
    /// Against which links are resolved.
    base: Url,
    /// What was odd about its charset.
    warnings: Vec<Warning>,
    /// What of its text is not in the tree.
    bytes_passed_over: usize,
}

enum Content {
    Html(Html),
    Json(Value),
}

impl Opened {
    fn scope(&self) -> Scope<'_> {
        match &self.content {
            Content::Html(html) => Scope::page(html),
            Content::Json(value) => Scope::json(value),
        }
    }
}

/// Decodes and parses the body, once, as far as the profile can look at it; or says what the capture
/// is without a look at its body, or why there is nothing to look at.
fn open(profile: &SiteProfile, capture: &Capture) -> Result<Opened, Box<Page>> {
    open_by(capture, |text| cut::parse(profile, text))
}

/// The same, the whole page.
fn open_whole(capture: &Capture) -> Result<Opened, Box<Page>> {
    open_by(capture, |text| {
        tree::parse(text).map(|html| Cut { html, bytes: 0 })
    })
}

fn open_by(
    capture: &Capture,
    parse: impl FnOnce(&str) -> Result<Cut, TreeError>,
) -> Result<Opened, Box<Page>> {
    if capture.request.purpose == Purpose::Asset {
        return Err(Box::new(asset(capture)));
    }
    if capture.request.purpose == Purpose::Robots {
        return Err(Box::new(other("robots.txt is no page")));
    }
    match capture.status {
        304 => return Err(Box::new(Page::NotModified)),
        300..=399 => return Err(Box::new(redirect(capture))),
        404 | 410 => return Err(Box::new(Page::Gone)),
        _ => {}
    }
    if let Some(truncated) = capture.truncated {
        let reason = format!("body is cut short ({})", cause(truncated));
        return Err(Box::new(other(reason)));
    }
    let decoded =
        decode::decode(capture).map_err(|error| unreadable(capture, error.to_string()))?;
    let url = &capture.request.url;
    let mut warnings = decoded.warnings;
    let mut bytes_passed_over = 0;
    let (content, base) = match decoded.kind {
        Kind::Html => {
            let Cut { html, bytes } =
                parse(&decoded.text).map_err(|error| unreadable(capture, error.to_string()))?;
            bytes_passed_over = bytes;
            let base = base_of(&html, url);
            (Content::Html(html), base)
        }
        Kind::Json => {
            let (value, is_mended) = json::parse(&decoded.text)
                .map_err(|error| unreadable(capture, error.to_string()))?;
            if is_mended {
                let detail = "some escapes are halves of characters";
                warnings.push(Warning::new("charset_replaced", detail));
            }
            (Content::Json(value), url.clone())
        }
    };
    Ok(Opened {
        content,
        base,
        warnings,
        bytes_passed_over,
    })
}

/// What a file's answer is, by its status alone: nothing looks into the file.
fn asset(capture: &Capture) -> Page {
    match capture.status {
        304 => Page::NotModified,
        300..=399 => redirect(capture),
        404 | 410 => Page::Gone,
        status if !is_readable(status) => other(format!("status {status}")),
        _ => match capture.truncated {
            Some(truncated) => other(format!("body is cut short ({})", cause(truncated))),
            None => Page::Asset,
        },
    }
}

/// A body that can not be read; for a status that is no success the status says more.
fn unreadable(capture: &Capture, reason: String) -> Box<Page> {
    Box::new(if is_readable(capture.status) {
        other(reason)
    } else {
        other(format!("status {}", capture.status))
    })
}

/// What a page says that is no page of the site; no layout is asked then.
fn refusal(profile: &SiteProfile, capture: &Capture, scope: Scope<'_>) -> Option<Page> {
    let refusals = &profile.refusals;
    let owned = |rule: &str| rule.to_owned();
    if let Some(rule) = rule_that_fits(&refusals.blocked, scope).map(owned) {
        return Some(Page::Blocked { rule });
    }
    if !is_readable(capture.status) {
        return Some(other(format!("status {}", capture.status)));
    }
    let rule = rule_that_fits(&refusals.soft_gone, scope).map(owned)?;
    Some(Page::SoftGone { rule })
}

/// Only a whole success can be an article: 206 is a part, 204 and 205 have no body (RFC 9110).
fn is_readable(status: u16) -> bool {
    matches!(status, 200..=203)
}

/// True for a redirect from a page to the front page of its own host: the polite way of many servers
/// to say that there is nothing. Only the scheme may differ.
fn leads_to_front_page(from: &Url, to: &Url) -> bool {
    let is_front = |url: &Url| url.path() == "/" && url.query().is_none();
    let is_named_alike = from.host_str() == to.host_str()
        && from.port() == to.port()
        && from.username() == to.username()
        && from.password() == to.password();
    is_named_alike && is_front(to) && !is_front(from)
}

fn redirect(capture: &Capture) -> Page {
    let url = &capture.request.url;
    match capture.header("location") {
        None => other(format!("status {} without location", capture.status)),
        Some(location) => match resolve(url, location) {
            Some(target)
                if matches!(capture.request.purpose, Purpose::Article | Purpose::Asset)
                    && leads_to_front_page(url, &target) =>
            {
                Page::SoftGone {
                    rule: "redirect to the front page".to_owned(),
                }
            }
            Some(target) => Page::Redirect {
                target,
                keeps_method: matches!(capture.status, 307 | 308),
            },
            None => other(format!("status {} leads to no http(s) URL", capture.status)),
        },
    }
}

fn cause(truncation: Truncation) -> &'static str {
    truncation.as_str()
}

//! Extract: what a capture's bytes say, by the rules of a profile. [`read`] is a pure function: no
//! I/O, no clock, and the same bytes with the same profile always give the same [`PageRead`].
//!
//! The way of a capture: its status decides first; then the body is decoded ([`decode`]) and built
//! into a tree or a JSON value, once ([`tree`]); the refusals are asked ([`selectors`]); then the
//! first listing layout and the first article layout that fit read it ([`listing`], [`article`]).
//! An article's text is read in three steps: the tree becomes pieces ([`body`], [`grid`]), some
//! pieces are taken out or noted by their words ([`lines`]), and the rest is parted into text and
//! captions ([`captions`]). [`trace`] tells the same reading rule by rule, for people who write a
//! profile.
//!
//! The web is hostile: every step is bounded (design, decision 9). A bad page gives a [`Page`] with
//! warnings, never an error and never a panic. Texts stay as found; [`crate::normalize`] cleans them.

mod article;
mod body;
mod captions;
mod decode;
mod fit;
mod grid;
mod lines;
mod listing;
mod piece;
mod selectors;
mod sink;
#[cfg(test)]
pub(crate) mod testing;
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
        let opened = match open(self.capture) {
            Ok(opened) => opened,
            Err(page) => return *page,
        };
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
            if fit::misfit_of_listing(layout, self.capture, scope).is_some() {
                continue;
            }
            let platform = self.profile.platform(&layout.platform);
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

/// Decodes and parses the body, once; or says what the capture is without a look at its body, or
/// why there is nothing to look at.
fn open(capture: &Capture) -> Result<Opened, Box<Page>> {
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
    let (content, base) = match decoded.kind {
        Kind::Html => {
            let html = tree::parse(&decoded.text)
                .map_err(|error| unreadable(capture, error.to_string()))?;
            let base = base_of(&html, url);
            (Content::Html(html), base)
        }
        Kind::Json => {
            let value = serde_json::from_str(&decoded.text)
                .map_err(|error| unreadable(capture, format!("body is not JSON: {error}")))?;
            (Content::Json(value), url.clone())
        }
    };
    Ok(Opened {
        content,
        base,
        warnings: decoded.warnings,
    })
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

#[cfg(test)]
mod tests {
    use super::testing::{capture, profile, read_page};
    use super::*;
    use crate::model::Purpose;

    const LAYOUTS: &str = r##"
[refusals]
blocked = { css = "title", match = "^Từ chối" }
soft_gone = [{ css = "title", match = "/404$" }, { json = "$.d", match = "^null$" }]
[[listing]]
id = "list"
platform = "one"
items = ".item"
title = "b"
[[article]]
id = "old"
platform = "one"
valid = { until = "2020-12-31" }
root = "#a"
title = "h1"
body.root = ".t"
[[article]]
id = "part"
platform = "one"
valid = { url = "/part/" }
root = "#a"
title = "h1"
body.root = ".t"
[[article]]
id = "new"
platform = "one"
valid = { from = "2021-01-01" }
root = "#a"
title = "h1"
body.root = ".t"
"##;
    const ARTICLE: &str = "<div id=a><h1>T</h1><div class=t><p>x</p></div></div>";

    /// The page's name in the words of its serialized form.
    fn name(page: &Page) -> String {
        match serde_json::to_value(page).unwrap() {
            serde_json::Value::String(name) => name,
            value => value.as_object().unwrap().keys().next().unwrap().clone(),
        }
    }

    #[test]
    fn the_status_decides_first() {
        let table = [
            (200, "", ARTICLE, "article"),
            (203, "", ARTICLE, "article"),
            (206, "", ARTICLE, "other"),
            (304, "", "", "not_modified"),
            (301, "/b", ARTICLE, "redirect"),
            (302, "javascript:x", "", "other"),
            (307, "", "", "other"),
            (404, "", ARTICLE, "gone"),
            (410, "", "", "gone"),
            (500, "", ARTICLE, "other"),
            (503, "", "", "other"),
            (403, "", "<title>Từ chối</title>", "blocked"),
            (200, "", "<title>Từ chối</title>", "blocked"),
            (200, "", "<title>x/404</title>", "soft_gone"),
            (500, "", "<title>x/404</title>", "other"),
            (200, "", r#"{"d":null}"#, "soft_gone"),
            (200, "", "{", "other"),
            (200, "", "", "other"),
        ];
        for (status, location, body, expected) in table {
            let mut capture = capture("https://a.vn/x/1", body.as_bytes());
            capture.status = status;
            if !location.is_empty() {
                capture.headers = vec![("location".to_owned(), location.as_bytes().to_vec())];
            }
            let page = read(&profile(LAYOUTS), &capture).page;
            assert_eq!(
                name(&page),
                expected,
                "{status} {location} {body}: {page:?}"
            );
        }
    }

    #[test]
    fn a_body_cut_short_is_never_an_article() {
        let mut capture = capture("https://a.vn/x/1", ARTICLE.as_bytes());
        capture.truncated = Some(Truncation::Disconnect);
        let page = read(&profile(LAYOUTS), &capture).page;
        let reason = "body is cut short (disconnect)".to_owned();
        assert_eq!(page, Page::Other { reason });
    }

    #[test]
    fn a_layout_is_for_its_urls_and_dates() {
        let table = [
            ("by date", "https://a.vn/x/1", "2020-12-31T23:59:59Z", "old"),
            (
                "the day after",
                "https://a.vn/x/1",
                "2021-01-01T00:00:00Z",
                "new",
            ),
            (
                "by URL",
                "https://a.vn/part/1",
                "2021-01-01T00:00:00Z",
                "part",
            ),
        ];
        for (what, url, time, layout) in table {
            let mut capture = capture(url, ARTICLE.as_bytes());
            capture.captured_at = time.parse().unwrap();
            let read = read(&profile(LAYOUTS), &capture);
            assert_eq!(read.profile.layout.as_deref(), Some(layout), "{what}");
        }
    }

    #[test]
    fn a_foreign_page_is_an_article_and_a_listing() {
        let page = format!("<div class=item><b>i</b></div>{ARTICLE}");
        let Page::Article { draft, listing } = read_page(&profile(LAYOUTS), &page).page else {
            panic!("not an article");
        };
        assert_eq!(draft.title.unwrap().text, "T");
        let items = listing.unwrap().items;
        assert_eq!(items[0].title.as_ref().unwrap().text, "i");
        let mut capture = capture("https://a.vn/l", page.as_bytes());
        capture.request.purpose = Purpose::Listing;
        let page = read(&profile(LAYOUTS), &capture).page;
        assert_eq!(
            name(&page),
            "listing",
            "a listing request never gives an article"
        );
    }

    #[test]
    fn hostile_bodies_give_a_page_and_never_a_panic() {
        let all = |inner: &str| format!("<div id=a><h1>T</h1><div class=t>{inner}</div></div>");
        let table: Vec<(&str, Vec<u8>)> = vec![
            ("deep", "<div>".repeat(100_000).into_bytes()),
            ("deep inside", all(&"<ul><li>".repeat(200)).into_bytes()),
            ("deep tables", all(&"<table><tr><td>".repeat(120)).into_bytes()),
            ("deep figures", all(&"<figure>".repeat(450)).into_bytes()),
            ("deep quotations", all(&"<blockquote>x".repeat(450)).into_bytes()),
            ("many br", all(&"<br>".repeat(50_000)).into_bytes()),
            ("many lines", all(&"x<br>".repeat(20_000)).into_bytes()),
            ("many pictures in a table", all(&format!("<table>{}</table>", "<tr><td><img src=x><td>y".repeat(5_000))).into_bytes()),
            ("many captions", all(&"<figcaption>x</figcaption><img src=x>".repeat(5_000)).into_bytes()),
            ("unclosed", b"<div id=a><h1>T<div class=t><p><b><i><a href=x><table><tr><li><figure><img src='".to_vec()),
            ("crossed", all("<b><p><i></b></p></i><table><p>x<tr>y<td>z</table></table></div></p>").into_bytes()),
            ("NUL", all("<p>a\0b</p><img src=\"\0\">").into_bytes()),
            ("not UTF-8", [all("<p>").into_bytes(), vec![0xff, 0xfe, 0xc0, 0x80]].concat()),
            ("a huge attribute", all(&format!("<p style='{0}'>a<img alt='{0}' src='{0}'>", "x ".repeat(50_000))).into_bytes()),
            ("a huge address", all(&format!("<a href='/{}'>a</a>", "x".repeat(100_000))).into_bytes()),
            ("odd addresses", all("<a href='http://[::'>a</a><a href='//'>b</a><a href='\\\\x'>c</a><img src='http://a:99999/'>").into_bytes()),
            ("entities", all(&"&#x110000;&#xD800;&nosuch;&".repeat(1_000)).into_bytes()),
            ("only brackets", "<".repeat(100_000).into_bytes()),
            ("deep JSON", "[".repeat(100_000).into_bytes()),
            ("wide JSON", format!("[{}1]", "1,".repeat(100_000)).into_bytes()),
            ("UTF-16", "\u{feff}<p>".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ];
        for (what, body) in table {
            for purpose in [Purpose::Article, Purpose::Listing] {
                let mut capture = capture("https://a.vn/x/1", &body);
                capture.request.purpose = purpose;
                let page = read(&profile(LAYOUTS), &capture).page;
                let is_known = ["article", "listing", "other"].contains(&name(&page).as_str());
                assert!(is_known, "{what}: {page:?}");
            }
        }
    }

    #[test]
    fn the_same_bytes_give_the_same_page() {
        let profile = profile(LAYOUTS);
        assert_eq!(read_page(&profile, ARTICLE), read_page(&profile, ARTICLE));
    }
}

//! Page: what reading one capture gives, in the page's own words. Nothing here is normalized yet.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{Attachment, Block, Embed, Image, Link, SectionId};

/// What one capture is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Page {
    /// A page of a section's listing.
    Listing(Listing),
    /// An article. A foreign-instance page holds a listing beside it (dossier, section 2).
    Article {
        /// The article's fields as found.
        draft: Box<ArticleDraft>,
        /// The listing that the same page prints, if any.
        listing: Option<Listing>,
    },
    /// A file of an article: kept as it is, and not read.
    Asset,
    /// The site refuses us: a block page, a captcha, a login.
    Blocked {
        /// The profile's rule that said so.
        rule: String,
    },
    /// Status 404 or 410.
    Gone,
    /// Status 200, but the page says that there is nothing.
    SoftGone {
        /// The rule that said so.
        rule: String,
    },
    /// 304: the same as last time.
    NotModified,
    /// A redirect.
    Redirect {
        /// Where to, resolved against the request's URL.
        target: Url,
        /// Status 307 or 308: the same method and body are sent there (RFC 9110, section 15.4).
        keeps_method: bool,
    },
    /// Nothing that can be used.
    Other {
        /// Why, in words.
        reason: String,
    },
}

/// A page with the circumstances of its reading.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PageRead {
    /// What it is.
    pub page: Page,
    /// The profile and layouts that read it.
    pub profile: ProfileRef,
    /// What was odd, for people.
    pub warnings: Vec<Warning>,
}

/// Which rules read a capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ProfileRef {
    /// Site id.
    pub site: String,
    /// Layout id, or null when none fitted.
    pub layout: Option<String>,
    /// SHA-256 of the profile file, lower-case hex.
    pub digest: String,
}

/// Something odd that a person may want to know; it never stops the reading.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Warning {
    /// A stable word: `caption_suspected`, `attachment_without_link`, ….
    pub code: String,
    /// What it is about, in words.
    pub detail: String,
}

impl Warning {
    /// A warning with its stable word and what it is about.
    pub fn new(code: &str, detail: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            detail: detail.into(),
        }
    }
}

/// Where in the page a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Evidence {
    /// The text as found, before any clean-up.
    pub raw: String,
    /// The selector alternative that won, as written in the profile.
    pub selector: String,
    /// Its place among the alternatives, from 0. Above 0 is a fallback.
    pub alternative: usize,
}

/// A value as found, with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The text between the found element's tags, white space as in the page.
    pub text: String,
    /// Where it comes from.
    pub evidence: Evidence,
}

/// A listing as found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listing {
    /// The listing layout that read it.
    pub layout: String,
    /// The platform of its items.
    pub platform: String,
    /// The section that was asked for, where the request says so.
    pub section: Option<SectionId>,
    /// Items in page order.
    pub items: Vec<ListingItem>,
    /// The next page's URL, if the page has a usable link to it.
    pub next: Option<Url>,
    /// The page itself says that it is the last (a disabled pager link).
    pub is_last: bool,
}

/// One line of a listing as found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListingItem {
    /// Place in the listing, from 1.
    pub position: usize,
    /// The link, resolved and without fragment; for an item without a link, the URL that the
    /// platform's template builds from its variables.
    pub url: Option<Url>,
    /// Which alternative of the layout's `link` gave the URL, from 0; none for a built one.
    pub link_alternative: Option<usize>,
    /// Values for the platform's templates: `aid`, `cid`, `slug`, ….
    pub vars: std::collections::BTreeMap<String, String>,
    /// Title as found.
    pub title: Option<Field>,
    /// Date stamp as found, perhaps with text glued to it.
    pub stamp: Option<Field>,
    /// Abstract as found.
    pub summary: Option<Field>,
}

/// An article's fields as found in a page.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ArticleDraft {
    /// The platform of the layout that read it.
    pub platform: String,
    /// Which alternative of the layout's `root` found the article, from 0.
    pub root_alternative: usize,
    /// Which alternative of `body.root` found the text, from 0.
    pub body_alternative: Option<usize>,
    /// Values for the platform's templates, where the page itself tells them.
    pub vars: std::collections::BTreeMap<String, String>,
    /// Headline.
    pub title: Option<Field>,
    /// Date stamp.
    pub published: Option<Field>,
    /// Lead paragraph (sapo).
    pub lead: Option<Field>,
    /// Author line.
    pub author: Option<Field>,
    /// Source line: `Theo: Suckhoedoisong.vn`.
    pub source: Option<Field>,
    /// Link of the source line.
    pub source_url: Option<Url>,
    /// Names of categories that the page prints.
    pub categories: Option<Field>,
    /// Paragraphs and so on, in page order.
    pub blocks: Vec<Block>,
    /// Pictures, in page order.
    pub images: Vec<Image>,
    /// Titles under "Tin liên quan", dash included.
    pub related: Vec<RelatedDraft>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// Links in the body.
    pub links: Vec<Link>,
    /// Players and frames in the body.
    pub embeds: Vec<Embed>,
}

/// One line under "Tin liên quan" as found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelatedDraft {
    /// The line as found.
    pub title: String,
    /// Its link, resolved.
    pub url: Option<Url>,
}

//! SiteProfile: everything that khotin knows of one ministry, as data (`sites/<id>.toml`).
//!
//! A profile has five parts, in the order in which a person would tell them: who it is (hosts, zone,
//! pace), its **platforms** (how a link is recognised, what names an article, how listings and
//! articles are asked for), its **sections**, its **layouts** (selectors for listing and article,
//! each valid for some URLs and some capture dates), and the **refusals** (how a block page or an
//! empty page is recognised). docs/new-site.md tells how to write one. What the rules find is
//! [`crate::extract`]'s work; what a link means is [`crate::normalize::identity`]'s.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono_tz::Tz;
use serde::Deserialize;

use super::layout::{ArticleLayout, ListingLayout};
use super::{DriftLimits, Pattern, Period, RequestTemplate, Rules, Template, UrlTemplate, Vars};
use crate::model::{SectionId, SiteId};

/// One ministry.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteProfile {
    /// Short name, the stem of the file.
    pub id: SiteId,
    /// Name for people.
    pub name: Name,
    /// Hosts whose pages belong to the site, lower case, without port. The first is the main one.
    pub hosts: Vec<String>,
    /// Hosts beside these that files of its articles come from, as of a content delivery network. Nothing
    /// but files is asked of them, each with its own robots.txt and pace.
    #[serde(default)]
    pub asset_hosts: Vec<String>,
    /// The site's time zone, an IANA name.
    pub zone: Tz,
    /// BCP 47 language of its texts.
    pub language: String,
    /// True for the demo ministry alone: its articles are marked in every record.
    #[serde(default)]
    pub synthetic: bool,
    /// How fast the site may be asked.
    #[serde(default)]
    pub pace: Pace,
    /// URLs of the hosts that are never asked for, as patterns on path and query.
    #[serde(default)]
    pub deny: Vec<Pattern>,
    /// How pages that are no pages are recognised.
    #[serde(default)]
    pub refusals: Refusals,
    /// From when on a change of what is found means that the site changed.
    #[serde(default)]
    pub drift: DriftLimits,
    /// The ways in which the ministry publishes.
    #[serde(rename = "platform", default)]
    pub platforms: Vec<Platform>,
    /// The listings to read.
    #[serde(rename = "section", default)]
    pub sections: Vec<Section>,
    /// Selectors for listings.
    #[serde(rename = "listing", default)]
    pub listings: Vec<ListingLayout>,
    /// Selectors for articles.
    #[serde(rename = "article", default)]
    pub articles: Vec<ArticleLayout>,
    /// SHA-256 of the file, lower-case hex; set by the reader of the file.
    #[serde(skip)]
    pub digest: String,
}

/// A name in both languages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// How fast a site may be asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pace {
    /// From the previous answer's first byte, or failure, to the next request. Default 2 s.
    #[serde(deserialize_with = "super::duration")]
    pub gap: Duration,
    /// Sites with the same group share one pace. Default: the site's id.
    pub group: Option<String>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            gap: Duration::from_secs(2),
            group: None,
        }
    }
}

/// How pages that are no pages are recognised: a rule that finds something says so.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Refusals {
    /// The site refuses us: block page, captcha, login.
    pub blocked: Rules,
    /// Status 200, but the page says that there is nothing.
    pub soft_gone: Rules,
}

/// One way in which the ministry publishes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// Short name, part of every key: `liferay`.
    pub id: String,
    /// The forms of a link to an article; the first that fits gives the variables.
    #[serde(rename = "link", default)]
    pub links: Vec<LinkForm>,
    /// What names an article: `{slug}`. The key is `{site}:{platform}:` and this.
    pub key: Template,
    /// The public URL of an article, for people. Without it the link as first seen.
    #[serde(default)]
    pub url: Option<UrlTemplate>,
    /// How an article is asked for, if not by GET of its link.
    #[serde(rename = "ask_article", default)]
    pub ask_article: Option<RequestTemplate>,
    /// How a listing is asked for, with the section's variables and the pager's `{page}`,
    /// `{offset}` or `{size}`.
    #[serde(rename = "ask_listing", default)]
    pub ask_listing: Option<RequestTemplate>,
    /// How a listing goes on.
    #[serde(default)]
    pub pager: Pager,
}

/// One form of a link to an article. Named groups `(?<slug>…)` become variables.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkForm {
    /// Hosts; default: the site's.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// The whole path, as a regular expression (anchored at both ends for you).
    pub path: Whole,
    /// Query parameters that must be there; their values as regular expressions on the whole
    /// value. Every other parameter is dropped from the key.
    #[serde(default)]
    pub query: BTreeMap<String, Whole>,
    /// The whole query without `?`, for sites whose query is a bare number.
    #[serde(default)]
    pub bare_query: Option<Whole>,
}

/// A regular expression that must match the whole text.
#[derive(Debug, Clone)]
pub struct Whole(regex::Regex);

impl Whole {
    /// The named groups of `text`, or `None` if it does not match as a whole.
    pub fn take(&self, text: &str) -> Option<Vars> {
        let found = self.0.captures(text)?;
        Some(
            self.0
                .capture_names()
                .flatten()
                .filter_map(|name| Some((name.to_owned(), found.name(name)?.as_str().to_owned())))
                .collect(),
        )
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        regex::Regex::new(&format!("^(?:{text})$"))
            .map(Self)
            .map_err(|error| {
                serde::de::Error::custom(format!("`{text}` is not a regular expression: {error}"))
            })
    }
}

/// How a listing goes on after its first page.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pager {
    /// The kind.
    #[serde(default)]
    pub kind: PagerKind,
    /// `page`: the first number. Default 1.
    #[serde(default = "one")]
    pub first: u64,
    /// `page`: from one to the next. Default 1.
    #[serde(default = "one")]
    pub step: u64,
    /// `offset` and `grow`: items asked for at once; `page`: items that a full page shows.
    #[serde(default)]
    pub size: Option<u64>,
    /// `grow`: the largest size ever asked for. Reaching it is incomplete, and said so.
    #[serde(default)]
    pub cap: Option<u64>,
    /// The most pages of one walk, against endless pagination. Default 1,000.
    #[serde(default = "thousand")]
    pub max_pages: u64,
}

fn one() -> u64 {
    1
}

fn thousand() -> u64 {
    1000
}

impl Default for Pager {
    fn default() -> Self {
        Self {
            kind: PagerKind::None,
            first: 1,
            step: 1,
            size: None,
            cap: None,
            max_pages: 1000,
        }
    }
}

/// The kinds of pager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PagerKind {
    /// One page only.
    #[default]
    None,
    /// `{page}` counts up, wherever it stands: query, path or body.
    Page,
    /// `{offset}` counts up by `size`.
    Offset,
    /// The page's own link to the next (the layout's `next`).
    NextLink,
    /// Always from the top, `{size}` = size, 2 x size, … until overlap or `cap`.
    Grow,
}

/// A listing to read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Short name.
    pub id: SectionId,
    /// Name for people.
    pub name: Name,
    /// The platform whose `ask_listing` asks for it.
    pub platform: String,
    /// Variables for `ask_listing`.
    #[serde(default)]
    pub vars: Vars,
    /// In about what time something new comes, where the section's own history does not tell it
    /// right. Default: from its newest days of publication ([`crate::drift::rhythm_of`]).
    #[serde(default)]
    pub rhythm: Option<Period>,
    /// False: read only when named on the command line or in config.toml.
    #[serde(default = "yes")]
    pub active: bool,
}

fn yes() -> bool {
    true
}

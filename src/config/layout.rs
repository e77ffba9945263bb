//! Layouts: the selectors of a profile for listings and articles, each valid for some URLs and some
//! capture dates. A ministry that changes its pages gets a new layout beside the old one, so that old
//! captures go on being read by the rules of their time.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Deserialize;

use super::{Css, DateFormat, Pattern, Rules};

/// Which captures a layout is for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Validity {
    /// A pattern on the capture's URL; default: any.
    pub url: Option<Pattern>,
    /// First capture date (UTC), inclusive, as `"2026-04-30"`.
    pub from: Option<NaiveDate>,
    /// Last capture date (UTC), inclusive.
    pub until: Option<NaiveDate>,
}

impl Validity {
    /// True for captures of this URL on this day (UTC).
    pub fn admits(&self, url: &str, day: NaiveDate) -> bool {
        let is_for_url = |pattern: &Pattern| pattern.regex().is_match(url);
        self.url.as_ref().is_none_or(is_for_url)
            && self.from.is_none_or(|from| from <= day)
            && self.until.is_none_or(|until| day <= until)
    }
}

/// Selectors for a listing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListingLayout {
    /// Short name, in evidence and reports.
    pub id: String,
    /// The platform of its items.
    pub platform: String,
    /// Which captures it is for.
    #[serde(default)]
    pub valid: Validity,
    /// The items: elements, or JSON objects. All alternatives' finds in page order.
    pub items: Rules,
    /// In an item: the link.
    #[serde(default)]
    pub link: Rules,
    /// In an item: values for the platform's templates, where there is no usable link.
    #[serde(default)]
    pub vars: BTreeMap<String, Rules>,
    /// In an item: the title.
    #[serde(default)]
    pub title: Rules,
    /// In an item: the date stamp.
    #[serde(default)]
    pub stamp: DateField,
    /// In an item: the abstract.
    #[serde(default)]
    pub summary: Rules,
    /// In the page: the link to the next page.
    #[serde(default)]
    pub next: Rules,
    /// In the page: what says that there is no next page.
    #[serde(default)]
    pub last: Rules,
}

/// Where a date stands and how it is read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DateField {
    /// The text that begins with the date.
    pub select: Rules,
    /// Its shapes, the first that fits wins.
    pub formats: Vec<DateFormat>,
    /// What AM and PM mean.
    pub marker: MarkerPolicy,
    /// The zone of the printed numbers, an IANA name; default: the site's. A zone in the text wins.
    pub zone: Option<Tz>,
    /// The zone of the printed weekday, where it is not that of the numbers (dossier, section 5).
    pub weekday_zone: Option<Tz>,
    /// `rule`: there is evidence for the zone; `assumed`: there is none.
    pub zone_is: ZoneBasis,
}

/// What AM and PM mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkerPolicy {
    /// The hour is 0-23; a marker says nothing (moh.gov.vn, Liferay).
    #[default]
    Ignore,
    /// The hour is 1-12 and the marker counts; above 12 it is as printed, with a flag.
    TwelveHour,
}

/// How well a zone is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneBasis {
    /// There is evidence.
    Rule,
    /// There is none.
    #[default]
    Assumed,
}

/// Selectors for an article.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArticleLayout {
    /// Short name, in evidence and reports.
    pub id: String,
    /// Its platform.
    pub platform: String,
    /// Which captures it is for.
    #[serde(default)]
    pub valid: Validity,
    /// The article's container: an element, or a JSON object. Nothing outside is looked at, but by
    /// rules with `within = "page"` and by `related`.
    pub root: Rules,
    /// Values for the platform's templates, where the request does not tell them.
    #[serde(default)]
    pub vars: BTreeMap<String, Rules>,
    /// Headline.
    pub title: Rules,
    /// Titles that are never an article's: portlet names.
    #[serde(default)]
    pub not_title: Option<Pattern>,
    /// Date stamp.
    #[serde(default)]
    pub published: DateField,
    /// Lead paragraph.
    #[serde(default)]
    pub lead: Rules,
    /// Author line.
    #[serde(default)]
    pub author: Rules,
    /// Category names that the page prints.
    #[serde(default)]
    pub categories: Rules,
    /// What stands between two category names.
    #[serde(default)]
    pub categories_split: Option<Pattern>,
    /// The text.
    pub body: BodyRules,
    /// Pictures and their captions.
    #[serde(default)]
    pub captions: CaptionRules,
    /// The source line.
    #[serde(default)]
    pub source: SourceRules,
    /// "Tin liên quan".
    #[serde(default)]
    pub related: RelatedRules,
    /// Files.
    #[serde(default)]
    pub attachments: AttachmentRules,
}

impl ListingLayout {
    /// The rules of a key of this layout that finds one value in each item, as in the profile.
    pub fn rules(&self, key: &str) -> Option<&Rules> {
        match key {
            "items" => Some(&self.items),
            "link" => Some(&self.link),
            "title" => Some(&self.title),
            "stamp.select" => Some(&self.stamp.select),
            "summary" => Some(&self.summary),
            other => self.vars.get(other.strip_prefix("vars.")?),
        }
    }
}

impl ArticleLayout {
    /// The rules of a key of this layout that finds one value in each article, as in the profile.
    pub fn rules(&self, key: &str) -> Option<&Rules> {
        match key {
            "root" => Some(&self.root),
            "title" => Some(&self.title),
            "published.select" => Some(&self.published.select),
            "lead" => Some(&self.lead),
            "author" => Some(&self.author),
            "categories" => Some(&self.categories),
            "source.select" => Some(&self.source.select),
            "body.root" => Some(&self.body.root),
            _ => None,
        }
    }
}

/// The text of an article.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyRules {
    /// The element that holds the text, in the article's root; or the JSON value that is HTML.
    pub root: Rules,
    /// Elements in it that are not text: share bars, boxes of other news.
    #[serde(default)]
    pub drop: Vec<Css>,
    /// A paragraph that is bold as a whole is a heading of unknown level.
    #[serde(default)]
    pub bold_is_heading: bool,
}

/// Pictures and their captions.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CaptionRules {
    /// Elements that hold pictures and their caption together.
    pub boxes: Vec<Css>,
    /// Elements that are a caption: of the picture in their box, else of the picture before them.
    pub caption: Vec<Css>,
    /// A line that is a picture's alternative text: its group `title` must be the headline, its
    /// group `number` counts the pictures.
    pub alt_line: Option<Pattern>,
    /// The credit in a caption line, as group `credit`; the match is cut off the caption.
    pub credit: Option<Pattern>,
    /// Take a short line without sentence end right after a picture for its caption, with a warning.
    pub suspect: bool,
    /// A picture's `title` attribute is its caption where it has no other.
    pub title_is_caption: bool,
    /// Attributes that hold a picture's address, best first; `src` is the last.
    pub address: Vec<String>,
    /// From a thumbnail to its original.
    pub original: Vec<Replace>,
}

/// A replacement in a URL.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replace {
    /// What to find.
    pub find: Pattern,
    /// What to put there (`$1` for a group).
    pub put: String,
}

/// The source line.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourceRules {
    /// Where it stands, if it has an element of its own.
    pub select: Rules,
    /// A body line that is a source line, with group `name`; it is taken out of the text.
    pub line: Option<Pattern>,
    /// Names that are the site itself: no reprint.
    pub own: Option<Pattern>,
}

/// "Tin liên quan".
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RelatedRules {
    /// The lines, anywhere in the page.
    pub items: Rules,
    /// In a line: the link; default `a@href`.
    pub link: Rules,
    /// What is cut off a line's beginning: the dash.
    pub bullet: Option<Pattern>,
    /// A body line that begins the list where it stands in the text: it and the lines with a
    /// bullet, or the list, after it are no text.
    pub heading: Option<Pattern>,
}

/// Files.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttachmentRules {
    /// A link whose URL fits is a file.
    pub link: Option<Pattern>,
    /// A body line that promises a file; without a link in it, the file's url is null.
    pub line: Option<Pattern>,
    /// Elements outside the body that list files.
    pub items: Rules,
}

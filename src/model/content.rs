//! The parts of an article: blocks, pictures, links, dates. In a page draft the texts are as found;
//! in an [`super::Observation`] they are normalized (NFC, single spaces, words untouched).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Archived;

/// What one capture of an article says, normalized. Unknown is `None`; the reason stands in the
/// record's evidence.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Content {
    /// Headline.
    pub title: Option<String>,
    /// Lead paragraph (sapo).
    pub lead: Option<String>,
    /// When the article was published.
    pub published: Option<Published>,
    /// Body, in page order.
    pub blocks: Vec<Block>,
    /// Pictures, in page order.
    pub images: Vec<Image>,
    /// Titles under "Tin liên quan".
    pub related: Vec<Related>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// Links in the body.
    pub links: Vec<Link>,
    /// Players and frames in the body.
    pub embeds: Vec<Embed>,
    /// Source line.
    pub source: Option<Source>,
    /// Author line.
    pub author: Option<String>,
    /// BCP 47 language of the text, from the profile.
    pub language: Option<String>,
}

/// One block of an article's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// A paragraph; a line break inside is `\n`.
    Paragraph {
        /// Its text.
        text: String,
    },
    /// A heading.
    Heading {
        /// Its text.
        text: String,
        /// 1-6, or null for a line that only looks like a heading (bold).
        level: Option<u8>,
    },
    /// A list.
    List {
        /// Numbered or not.
        ordered: bool,
        /// One text an item.
        items: Vec<String>,
    },
    /// A table.
    Table {
        /// Rows of cells, header rows included.
        rows: Vec<Vec<String>>,
    },
    /// A quotation.
    Quote {
        /// Its text.
        text: String,
    },
    /// The place of a picture.
    Image {
        /// Its position in `images`, from 1.
        position: usize,
    },
    /// The place of a player or frame.
    Embed {
        /// Its position in `embeds`, from 1.
        position: usize,
    },
}

/// A picture, or a caption whose picture is missing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Image {
    /// Place in the article, from 1.
    pub position: usize,
    /// The address in the page, resolved; null when only a caption is there.
    pub url: Option<String>,
    /// The address of the original where the profile knows how to get from a thumbnail to it.
    pub original_url: Option<String>,
    /// Alternative text, `TITLE - Ảnh N.` lines included.
    pub alt: Option<String>,
    /// Caption without credit.
    pub caption: Option<String>,
    /// Credit without the word before it: `K.V`.
    pub credit: Option<String>,
    /// The caption line as in the page.
    pub caption_raw: Option<String>,
    /// Number of blocks other than pictures before it; 0 at the very beginning.
    pub after_block: usize,
    /// True when no markup ties this caption to a picture, or no picture to the caption.
    pub inferred: bool,
    /// Where the archive keeps what stands at `url`, or why not. Every record says it; an observation
    /// never does, because a file is asked for later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<Archived>,
    /// The same of `original_url`, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_archived: Option<Archived>,
}

/// A title under "Tin liên quan".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Related {
    /// Place in the list, from 1.
    pub position: usize,
    /// The title, leading dash dropped.
    pub title: String,
    /// Its link.
    pub url: Option<String>,
    /// Its article key, where the identity rules know the link.
    pub key: Option<String>,
}

/// A file that the article offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attachment {
    /// Its address; null when the page promises a file but the link is lost.
    pub url: Option<String>,
    /// The words of the link, or the line that promises it.
    pub label: String,
    /// Media type guessed from the file name's ending; null when it has none we know.
    pub media_type: Option<String>,
    /// Where the archive keeps the file, or why not. Every record says it; an observation never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<Archived>,
}

/// A link in the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// Where to, resolved.
    pub url: String,
    /// The words of the link.
    pub text: String,
}

/// A player or frame in the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Embed {
    /// Place in the article, from 1.
    pub position: usize,
    /// `iframe`, `video`, `audio`, `object`, `embed`.
    pub kind: String,
    /// Its address, resolved; null when it has none.
    pub url: Option<String>,
}

/// The source line of an article taken over from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// The name alone: `Suckhoedoisong.vn`.
    pub name: String,
    /// Its link, if it has one.
    pub url: Option<String>,
    /// The line as in the page: `Theo: Suckhoedoisong.vn`.
    pub raw: String,
    /// True when the source is not the site itself.
    pub is_reprint: bool,
}

/// A point in time as published, with all that is known of how sure it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Published {
    /// RFC 3339 at the site's zone: `2023-06-17T21:00:00+07:00`.
    pub at: String,
    /// RFC 3339 in UTC: `2023-06-17T14:00:00Z`.
    pub utc: String,
    /// The text as in the page.
    pub raw: String,
    /// How fine the text is.
    pub precision: Precision,
    /// Where the zone comes from.
    pub zone: DateZone,
    /// Where the text comes from.
    pub from: DateFrom,
    /// What is odd about it.
    pub flags: Vec<DateFlag>,
}

/// How fine a date is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Only the day is given; `at` is its first minute.
    Day,
    /// Hours and minutes are given.
    Minute,
    /// Seconds are given.
    Second,
}

/// Where the zone of a date comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateZone {
    /// The text says it.
    Stated,
    /// The profile says it, with evidence in the dossier.
    Rule,
    /// Nobody says it; the profile's guess.
    Assumed,
}

/// Which text a date was read from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DateFrom {
    /// The article page.
    Article,
    /// A JSON interface's article.
    Api,
    /// A listing.
    Listing,
}

/// What is odd about a date.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DateFlag {
    /// AM or PM beside a 24-hour clock that says the same (`21:00 PM`).
    MarkerRedundant,
    /// AM or PM that contradicts the hour.
    MarkerConflict,
    /// The printed weekday is not the day's.
    WeekdayConflict,
}

impl DateFlag {
    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MarkerRedundant => "marker_redundant",
            Self::MarkerConflict => "marker_conflict",
            Self::WeekdayConflict => "weekday_conflict",
        }
    }
}

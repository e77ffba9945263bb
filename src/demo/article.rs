//! An article of the demo ministry, before any platform has dressed it. Data only.
//!
//! The same [`DemoArticle`] is rendered by both halves and is the truth that tests compare records
//! with ([`super::Expected`]).

use chrono::{DateTime, NaiveDateTime, Utc};

/// One of the two halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// The legacy portal: HTML pages.
    Liferay,
    /// The portal of 2026: JSON over POST.
    Portal,
}

impl Platform {
    /// The half that a key such as `demo:portal:160002` belongs to.
    pub(super) fn of_key(key: &str) -> Self {
        if key.starts_with("demo:portal:") {
            Self::Portal
        } else {
            Self::Liferay
        }
    }

    /// The word in keys and profiles.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Liferay => "liferay",
            Self::Portal => "portal",
        }
    }
}

/// An article, whatever half shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct DemoArticle {
    /// Its name inside the demo ministry; never printed.
    pub number: u64,
    /// Headline.
    pub title: String,
    /// Lead; some articles have none.
    pub lead: Option<String>,
    /// When it was published, on Vietnam's wall clock, to the minute.
    pub published: NaiveDateTime,
    /// Body, in page order.
    pub pieces: Vec<Piece>,
    /// Source line as printed: `Theo: Suckhoedoisong.vn`.
    pub source: Option<String>,
    /// Titles under "Tin liên quan" that never move and have no link. Where there are none, the
    /// Liferay half prints five other articles of the section.
    pub related: Vec<String>,
    /// Where the Liferay half shows it.
    pub liferay: Option<LiferayPlace>,
    /// Where the portal half shows it.
    pub portal: Option<PortalPlace>,
    /// Time of the last edit, `Last-Modified` of its page.
    pub changed: DateTime<Utc>,
    /// How its page is missing, if it is.
    pub gone: Option<Gone>,
}

/// Where the Liferay half shows an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiferayPlace {
    /// Last path segment, the article's identity.
    pub slug: String,
    /// Pages of the sections that list it; the first is its home.
    pub pages: Vec<String>,
    /// Listings link to it through a foreign instance, so that its page prints a listing first.
    pub foreign_links: bool,
}

/// Where the portal half shows an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalPlace {
    /// The article's identity.
    pub aid: u64,
    /// Categories that list it; the first is its home.
    pub categories: Vec<u32>,
}

/// How a page is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// 404; on the portal half the detail answer is `{"d":null}`.
    NotFound,
    /// 410; on the portal half the detail answer is `{"d":null}`.
    Removed,
    /// 200 with a page that says that there is nothing.
    Soft,
}

/// One part of a body.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// A paragraph.
    Paragraph(Vec<Run>),
    /// A heading, level 2-4.
    Heading {
        /// Its level.
        level: u8,
        /// Its text.
        text: String,
    },
    /// A paragraph that is all bold and so looks like a heading.
    BoldLine(String),
    /// A list.
    List {
        /// Numbered or not.
        ordered: bool,
        /// One text an item.
        items: Vec<String>,
    },
    /// A table; the first row is its head.
    Table(Vec<Vec<String>>),
    /// A quotation.
    Quote(String),
    /// A picture.
    Photo(Photo),
    /// A box that promotes another article inside the body; it belongs to no field.
    RelatedBox(String),
    /// A line that offers a file.
    Attachment(FileLine),
    /// A player in a frame, by its address.
    Frame(String),
}

/// A part of a paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// Plain text.
    Text(String),
    /// Bold text.
    Strong(String),
    /// A link.
    Link {
        /// Where to.
        url: String,
        /// Its words.
        text: String,
    },
}

/// A picture with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// How it is marked up.
    pub style: PhotoStyle,
    /// File name without ending, ASCII.
    pub name: String,
    /// UUID of the file.
    pub uuid: String,
    /// Caption without credit.
    pub caption: Option<String>,
    /// Credit without the word before it.
    pub credit: Option<String>,
}

impl Photo {
    /// The caption line as printed: `Caption. Ảnh: NAME`.
    pub fn line(&self) -> Option<String> {
        match (&self.caption, &self.credit) {
            (Some(caption), Some(credit)) => Some(format!("{caption} Ảnh: {credit}")),
            (Some(caption), None) => Some(caption.clone()),
            (None, Some(credit)) => Some(format!("Ảnh: {credit}")),
            (None, None) => None,
        }
    }
}

/// How a picture is marked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoStyle {
    /// The ministry's own: `p > img`, then `p > em`.
    Own,
    /// The block of a newspaper's editor, with the number in `TITLE - Ảnh N.`; without a number
    /// the picture has no alternative text.
    Editor(Option<u32>),
}

/// A line that offers a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLine {
    /// Words of the line.
    pub label: String,
    /// File name and UUID; none when the page has lost the link.
    pub file: Option<(String, String)>,
}

//! Piece: what stands in an article's body, in page order, before it is decided what is text, caption
//! or source. [`super::body`] makes pieces of a tree, [`super::lines`] and [`super::captions`] change
//! them, [`super::article`] makes blocks of them.

use crate::model::Link;
use crate::normalize::text::clean;

/// The longest line that is taken for a caption where only its place says so, in characters. Our
/// choice: the longest caption of the seeds has 190, a paragraph of news has rarely under 300.
pub(super) const MAX_CAPTION_CHARS: usize = 300;

/// One piece of a body, with the links in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// What it is.
    pub(super) what: What,
    /// Links in it, in page order.
    pub(super) links: Vec<Link>,
}

/// What a piece is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// A paragraph, heading, or anything else with lines of its own.
    Line(Line),
    /// A list.
    List { ordered: bool, items: Vec<String> },
    /// A table of values.
    Table { rows: Vec<Vec<String>> },
    /// A quotation.
    Quote(String),
    /// A picture, perhaps only its caption.
    Picture(Picture),
    /// An element that is a caption, outside any box.
    Caption(String),
    /// A player or frame.
    Embed { kind: String, url: Option<String> },
}

/// A paragraph or heading; a line break inside is `\n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Its text as found.
    pub(super) text: String,
    /// The same, cleaned: what patterns are asked of.
    pub(super) words: String,
    /// How it looks.
    pub(super) look: Look,
    /// In italics as a whole.
    pub(super) slanted: bool,
}

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// As text.
    Plain,
    /// Bold as a whole.
    Bold,
    /// A heading, 1-6.
    Heading(u8),
}

/// A picture as it stands in the page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Picture {
    /// Its address, resolved.
    pub(super) url: Option<String>,
    /// Its alternative text.
    pub(super) alt: Option<String>,
    /// Its `title` attribute.
    pub(super) title: Option<String>,
    /// Its caption line as found, credit included.
    pub(super) caption: Option<String>,
    /// No markup ties the caption to the picture, or there is no picture.
    pub(super) inferred: bool,
}

impl Piece {
    /// A piece without links.
    pub(super) fn new(what: What) -> Self {
        Self {
            what,
            links: Vec::new(),
        }
    }

    /// The line, if it is one.
    pub(super) fn line(&self) -> Option<&Line> {
        match &self.what {
            What::Line(line) => Some(line),
            _ => None,
        }
    }

    /// The picture, if it is one that still has no caption.
    pub(super) fn picture_without_caption(&mut self) -> Option<&mut Picture> {
        match &mut self.what {
            What::Picture(picture) if picture.caption.is_none() => Some(picture),
            _ => None,
        }
    }
}

impl Line {
    /// A line of this text, as found.
    pub(super) fn new(text: String, look: Look, slanted: bool) -> Self {
        Self {
            words: clean(&text),
            text,
            look,
            slanted,
        }
    }
}

impl Picture {
    /// A caption whose picture is missing.
    pub(super) fn only_caption(caption: String) -> Self {
        Self {
            caption: Some(caption),
            inferred: true,
            ..Self::default()
        }
    }
}

/// True if a text has nothing to read: white space, what prints nothing, or the lone `|` that
/// moh.gov.vn leaves between date and lead (dossier, section 4). Looks no further than the first
/// character that can be read.
pub(super) fn is_blank(text: &str) -> bool {
    let prints_nothing = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(
                c,
                '|' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
            )
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().all(prints_nothing)
}

/// True if the text ends like a sentence, closing quotes and brackets left aside.
pub(super) fn ends_sentence(text: &str) -> bool {
    clean(text)
        .trim_end_matches(['"', '\'', '”', '’', '»', ')', ']'])
        .ends_with(['.', '!', '?', '…', ':', ';', ','])
}

/// True if the text has at most `limit` characters when cleaned. A text of which more than nine in
/// ten bytes would be cleaned away counts as longer.
pub(super) fn is_at_most(text: &str, limit: usize) -> bool {
    text.len() <= limit.saturating_mul(40) && clean(text).chars().nth(limit).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_with_a_mark() {
        let table = [
            ("full stop", "Bộ Y tế.", true),
            ("in quotes", "“Bộ Y tế.”", true),
            ("three dots", "Bộ Y tế...", true),
            ("a promise", "Link tải:", true),
            ("none", "Đại diện hai đơn vị bên chiếc xe mới", false),
            ("none in brackets", "Bộ Y tế (cơ sở 2)", false),
            ("white space after it", "Bộ Y tế.\u{a0}\n", true),
        ];
        for (what, text, expected) in table {
            assert_eq!(ends_sentence(text), expected, "{what}");
        }
    }

    #[test]
    fn nothing_to_read_is_blank() {
        for text in ["", " \u{a0}\n", "\u{200b}", " | "] {
            assert!(is_blank(text), "{text:?}");
        }
        assert!(!is_blank("a | b"));
        assert!(is_at_most("ếế ", 2) && !is_at_most("ếếế", 2));
    }
}

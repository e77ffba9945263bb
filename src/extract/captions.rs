//! Captions: which lines of a body belong to pictures. What boxes, `figure`s and tables tie together
//! is tied already; here it is the order of pieces that speaks. Never a caption in the text, no
//! text in a caption: a line is taken only where a rule says so, and a guess is said to be one
//! (`inferred`, warning `caption_suspected`).
//!
//! Editors of the VCCorp family give every picture the alternative text `TITLE - Ảnh N.`; copied
//! pages show it as a line, and a missing N tells of a picture of which only the caption is left
//! (dossier, section 6).

use super::piece::{
    Line, Look, MAX_CAPTION_CHARS, Picture, Piece, What, ends_sentence, is_at_most,
};
use crate::config::{CaptionRules, Pattern};
use crate::model::{Image, Warning};
use crate::normalize::text::{clean, clean_lines};

/// The longest line without sentence end that is suspected to be a caption, in characters. Our
/// choice.
const MAX_SUSPECT_CHARS: usize = 150;

/// The profile's pattern for alternative texts, with the headline of the page.
pub(super) struct AltLines<'p> {
    pattern: Option<&'p Pattern>,
    headline: Option<String>,
}

impl<'p> AltLines<'p> {
    /// `headline` as found.
    pub(super) fn new(rules: &'p CaptionRules, headline: Option<&str>) -> Self {
        Self {
            pattern: rules.alt_line.as_ref(),
            headline: headline.map(clean),
        }
    }

    /// The picture's number, if a line of the body is an alternative text of this page.
    pub(super) fn number_of_line(&self, text: &str) -> Option<u32> {
        self.number_of_words(&clean(text))
    }

    /// The same of a line that is cleaned already.
    pub(super) fn number_of_words(&self, words: &str) -> Option<u32> {
        let found = self.pattern?.regex().captures(words)?;
        let title = found.name("title")?.as_str().trim();
        (self.headline.as_deref() == Some(title))
            .then(|| found.name("number")?.as_str().parse().ok())?
    }

    /// The picture's number in its `alt`, whatever title stands before it.
    fn number_of_alt(&self, alt: Option<&str>) -> Option<u32> {
        let text = clean(alt?);
        let found = self.pattern?.regex().captures(&text)?;
        found.name("number")?.as_str().parse().ok()
    }
}

/// Gives lines to pictures and makes pictures of captions whose picture is missing.
pub(super) fn settle(
    pieces: Vec<Piece>,
    rules: &CaptionRules,
    alt_lines: &AltLines<'_>,
    warnings: &mut Vec<Warning>,
) -> Vec<Piece> {
    let mut settled = Settled {
        pieces: Vec::with_capacity(pieces.len()),
        last_number: 0,
        awaits_caption: false,
        rules,
        warnings,
    };
    for piece in pieces {
        match &piece.what {
            What::Line(line) => match alt_lines.number_of_words(&line.words) {
                Some(number) => settled.alt_line(line.text.clone(), number),
                None => settled.line(piece),
            },
            What::Picture(picture) => {
                let number = alt_lines.number_of_alt(picture.alt.as_deref());
                settled.picture(piece, number);
            }
            What::Caption(text) => settled.caption(text.clone(), piece),
            What::List { .. } | What::Table { .. } | What::Quote(_) | What::Embed { .. } => {
                settled.push(piece);
            }
        }
    }
    settled.pieces
}

struct Settled<'r> {
    pieces: Vec<Piece>,
    /// The number of the last picture, counted or read.
    last_number: u32,
    /// The last picture is known by a line of text, so the next line is its caption.
    awaits_caption: bool,
    rules: &'r CaptionRules,
    warnings: &'r mut Vec<Warning>,
}

impl Settled<'_> {
    fn push(&mut self, piece: Piece) {
        self.awaits_caption = false;
        self.pieces.push(piece);
    }

    fn open_picture(&mut self) -> Option<&mut Picture> {
        self.pieces.last_mut()?.picture_without_caption()
    }

    /// An alternative text that stands as a line: of the picture right before it, else of one that
    /// is missing.
    fn alt_line(&mut self, text: String, number: u32) {
        let same = |picture: &&mut Picture| {
            picture
                .alt
                .as_ref()
                .is_none_or(|alt| clean(alt) == clean(&text))
        };
        if let Some(picture) = self.open_picture().filter(same) {
            picture.alt.get_or_insert(text);
        } else {
            self.missing_before(number);
            self.pieces.push(Piece::new(What::Picture(Picture {
                alt: Some(text),
                inferred: true,
                ..Picture::default()
            })));
        }
        self.last_number = number;
        self.awaits_caption = true;
    }

    fn picture(&mut self, piece: Piece, number: Option<u32>) {
        match number {
            Some(number) => {
                self.missing_before(number);
                self.last_number = number;
            }
            None => self.last_number = self.last_number.saturating_add(1),
        }
        self.push(piece);
    }

    /// If a number is left out before `number`, the plain line without sentence end right before is
    /// the caption of the picture that is missing.
    fn missing_before(&mut self, number: u32) {
        if number <= self.last_number.saturating_add(1) {
            return;
        }
        let is_caption = |piece: &Piece| {
            piece.links.is_empty()
                && piece.line().is_some_and(|line| {
                    line.look == Look::Plain
                        && !ends_sentence(&line.text)
                        && is_at_most(&line.text, MAX_CAPTION_CHARS)
                })
        };
        let Some(piece) = self.pieces.pop_if(|piece| is_caption(piece)) else {
            return;
        };
        if let What::Line(line) = piece.what {
            self.suspect(&line.text, "no picture has the number before this one's");
            self.pieces
                .push(Piece::new(What::Picture(Picture::only_caption(line.text))));
        }
    }

    fn caption(&mut self, text: String, piece: Piece) {
        if let Some(picture) = self.open_picture() {
            picture.caption = Some(text);
            self.keep_links(piece);
        } else {
            self.last_number = self.last_number.saturating_add(1);
            self.push(Piece {
                what: What::Picture(Picture::only_caption(text)),
                links: piece.links,
            });
        }
    }

    fn line(&mut self, piece: Piece) {
        let awaits = self.awaits_caption;
        let rules = self.rules;
        let (Some(line), Some(picture)) = (piece.line(), self.open_picture()) else {
            self.push(piece);
            return;
        };
        let may_suspect = rules.suspect && piece.links.is_empty();
        let has_credit = || {
            let credit = rules.credit.as_ref();
            credit.is_some_and(|credit| credit.regex().is_match(&line.words))
        };
        let is_text = line.look == Look::Plain;
        let is_short = is_at_most(&line.text, MAX_CAPTION_CHARS);
        if awaits && is_text && is_short {
            picture.caption = Some(line.text.clone());
            picture.inferred = true;
        } else if line.slanted && is_short {
            picture.caption = Some(line.text.clone());
        } else if may_suspect && is_text && is_short && (has_credit() || looks_like_caption(line)) {
            picture.caption = Some(line.text.clone());
            picture.inferred = true;
            self.suspect(&line.text, "only its place after a picture says so");
        } else {
            self.push(piece);
            return;
        }
        self.keep_links(piece);
    }

    /// Links of a line that became a caption go with the picture.
    fn keep_links(&mut self, piece: Piece) {
        self.awaits_caption = false;
        if let Some(last) = self.pieces.last_mut() {
            last.links.extend(piece.links);
        }
    }

    fn suspect(&mut self, text: &str, why: &str) {
        self.warnings.push(Warning::new(
            "caption_suspected",
            format!("`{}` is taken for a caption: {why}", clean(text)),
        ));
    }
}

fn looks_like_caption(line: &Line) -> bool {
    !ends_sentence(&line.text) && is_at_most(&line.text, MAX_SUSPECT_CHARS)
}

/// The picture as it stands in the record: credit split off, original address worked out. `None` if
/// nothing is known of it.
pub(super) fn image(
    picture: &Picture,
    position: usize,
    after_block: usize,
    rules: &CaptionRules,
    alt_lines: &AltLines<'_>,
) -> Option<Image> {
    let title = picture.title.as_ref().filter(|title| {
        rules.title_is_caption
            && picture.alt.as_ref() != Some(title)
            && alt_lines.number_of_alt(Some(title)).is_none()
    });
    let caption_raw = picture.caption.as_ref().or(title).cloned();
    if picture.url.is_none() && picture.alt.is_none() && caption_raw.is_none() {
        return None;
    }
    let (caption, credit) = caption_raw
        .as_deref()
        .map(|raw| split_credit(raw, rules.credit.as_ref()))
        .unwrap_or_default();
    Some(Image {
        position,
        original_url: picture.url.as_deref().and_then(|url| original(url, rules)),
        url: picture.url.clone(),
        alt: picture.alt.clone(),
        caption,
        credit,
        caption_raw,
        after_block,
        inferred: picture.inferred,
        archived: None,
        original_archived: None,
    })
}

/// Caption and credit of a caption line.
fn split_credit(raw: &str, credit: Option<&Pattern>) -> (Option<String>, Option<String>) {
    let text = clean_lines(raw);
    let not_empty = |text: &str| {
        let text = clean_lines(text);
        (!text.is_empty()).then_some(text)
    };
    let found = credit.and_then(|credit| credit.regex().captures(&text));
    match found.and_then(|found| Some((found.get(0)?.range(), found.name("credit")?.as_str()))) {
        None => (not_empty(&text), None),
        Some((range, name)) => {
            let before = text.get(..range.start).unwrap_or_default();
            let after = text.get(range.end..).unwrap_or_default();
            (not_empty(&format!("{before}{after}")), not_empty(name))
        }
    }
}

/// The address of the original of a thumbnail, if a rule of the profile changes the address.
fn original(url: &str, rules: &CaptionRules) -> Option<String> {
    let changed = rules.original.iter().fold(url.to_owned(), |url, replace| {
        replace
            .find
            .regex()
            .replace(&url, replace.put.as_str())
            .into_owned()
    });
    let is_url =
        url::Url::parse(&changed).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    (changed != url && is_url).then_some(changed)
}

#[cfg(test)]
mod tests;

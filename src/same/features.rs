//! Features: what two articles are compared by. In: an article. Out: a title with a day, a text, each in the
//! one form of all its spellings, and their digests.
//!
//! - **Title and day.** The title's words as search reads them with their marks
//!   ([`crate::normalize::fold::written`]): capitals, Unicode, spaces and the place of a tone do not
//!   matter, nor do quotes, dashes and dots, which editors mend; diacritics do (*ấn* is not *án*). A title
//!   of fewer than [`FEWEST_TITLE_WORDS`] is none. The day is that of `published` at the site's zone.
//! - **Text.** Its words in lower case: line breaks, tables, lists and signs are what two platforms set
//!   differently. A text of fewer than [`FEWEST_TEXT_WORDS`] is none.
//!
//! **Dates in doubt.** Without a date there is no title and day. Nor with one whose weekday or whose AM and
//! PM contradict it (`weekday_conflict`, `marker_conflict`): nobody knows what day was meant. A redundant
//! marker (`21:00 PM`) contradicts nothing. An *assumed* zone is taken, since it moves the day of few stamps
//! and then hides a partner rather than inventing one; the portal of 2026 has no other (dossier, section 5).
//!
//! A record with the flag `key_collision` is two articles under one key, so it has no features. A change
//! of these rules needs a new migration of the store.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::model::{Article, DateFlag, Published, TextDigest, TitleDate};
use crate::normalize::fold::{words, written};

/// A title of fewer words names a kind of article (`Thông báo`, `Tin vắn`), not one article. Our choice.
pub const FEWEST_TITLE_WORDS: usize = 4;

/// A text of fewer words (about two paragraphs) is often a form that many articles share: "see the file
/// attached", a list of names. Our choice; such an article is still found by title and day.
pub const FEWEST_TEXT_WORDS: usize = 100;

/// Bytes of a feature's digest: 128 bits, so no two features of an archive share them, in half the room.
const DIGEST_BYTES: usize = 16;

/// One thing that two articles may have equal: the first 128 bits of a SHA-256 over its kind, the site and
/// what is compared. Features of two sites or two kinds are never equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Feature([u8; DIGEST_BYTES]);

impl Feature {
    /// The feature of these bytes, as [`Self::bytes`] gave them; `None` if they are not as many.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn of(parts: [&str; 4]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part.as_bytes());
            digest.update([0]);
        }
        let whole = digest.finalize();
        let mut first = [0; DIGEST_BYTES];
        for (byte, of_digest) in first.iter_mut().zip(whole) {
            *byte = of_digest;
        }
        Self(first)
    }
}

/// The features of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Features {
    /// Of its title and day.
    pub title_date: Option<Feature>,
    /// Of its text.
    pub text: Option<Feature>,
}

impl Features {
    /// Both features.
    pub fn of(article: &Article) -> Self {
        Self {
            title_date: Self::title_date(article),
            text: Self::text(article),
        }
    }

    /// That of title and day.
    pub fn title_date(article: &Article) -> Option<Feature> {
        let TitleDate { title, date } = title_date(article)?;
        let words: Vec<String> = words(&title).map(|word| written(word.text)).collect();
        let site = article.site.as_str();
        Some(Feature::of(["title_date", site, &date, &words.join(" ")]))
    }

    /// That of the text.
    pub fn text(article: &Article) -> Option<Feature> {
        let TextDigest { sha256, .. } = text_digest(article)?;
        Some(Feature::of(["text", article.site.as_str(), &sha256, ""]))
    }
}

/// The title and day of an article as they are compared, but for the place of tones, which stays as people
/// write it; `None` where the rule has none.
pub fn title_date(article: &Article) -> Option<TitleDate> {
    if is_two(article) {
        return None;
    }
    let date = day(article.published.as_ref()?)?;
    let title = words(article.title.as_deref()?).map(|word| word.text.to_lowercase());
    let title: Vec<String> = title.collect();
    (title.len() >= FEWEST_TITLE_WORDS).then(|| TitleDate {
        title: title.join(" "),
        date,
    })
}

/// The text of an article as it is compared; `None` where the rule has none.
pub fn text_digest(article: &Article) -> Option<TextDigest> {
    if is_two(article) {
        return None;
    }
    let text = article.text.as_deref()?;
    let mut compared = String::with_capacity(text.len());
    let mut number: usize = 0;
    for word in words(text) {
        if number > 0 {
            compared.push(' ');
        }
        compared.extend(word.text.chars().flat_map(char::to_lowercase));
        number += 1;
    }
    (number >= FEWEST_TEXT_WORDS).then(|| TextDigest {
        sha256: HEXLOWER.encode(&Sha256::digest(compared.as_bytes())),
        words: number,
    })
}

/// Two articles under one key: what it says is one of them.
fn is_two(article: &Article) -> bool {
    article.flags.iter().any(|flag| flag == "key_collision")
}

/// The day at the site's zone, unless it is in doubt.
fn day(published: &Published) -> Option<String> {
    let is_doubted = published.flags.iter().any(|flag| match flag {
        DateFlag::WeekdayConflict | DateFlag::MarkerConflict => true,
        DateFlag::MarkerRedundant => false,
    });
    let at = chrono::DateTime::parse_from_rfc3339(&published.at).ok()?;
    (!is_doubted).then(|| at.date_naive().to_string())
}

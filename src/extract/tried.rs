//! Tried: what one rule after the other found, counted. [`super::trace`] decides where rules look and
//! which find is taken.

use scraper::ElementRef;
use serde::Serialize;

use super::Misfit;
use super::selectors::{Found, Place, Scope, find, places};
use super::text::text_of;
use crate::config::{Css, Rule, Rules};
use crate::normalize::text::clean;

/// The most characters of a find that are told. Our choice: a line of a terminal.
const FIND_CHARS: usize = 80;

/// One layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TriedLayout {
    /// `listing` or `article`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// Its platform.
    pub platform: String,
    /// The page was read with it.
    pub is_used: bool,
    /// Why it does not fit. A listing that was asked for is read also when its layout finds no item.
    pub misfit: Option<Misfit>,
    /// What its rules found; none if it is not for such a capture at all.
    pub fields: Vec<TriedField>,
}

/// One key of a layout that holds rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TriedField {
    /// The key in the profile: `title`, `published.select`, `vars.aid`.
    pub key: String,
    /// Its alternatives, best first.
    pub alternatives: Vec<TriedRule>,
}

/// One alternative.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct TriedRule {
    /// As written in the profile.
    pub selector: String,
    /// Elements or values that it points at; in a listing, in all items together.
    pub places: usize,
    /// Of them, those that hold something, after `match`.
    pub finds: usize,
    /// Of them, those that the page is read with.
    pub taken: usize,
    /// The first find on one line, cut to 80 characters.
    pub first: Option<String>,
}

impl TriedField {
    pub(super) fn new(key: &str, rules: &Rules) -> Self {
        let tried = |rule: &Rule| TriedRule {
            selector: rule.source().to_owned(),
            ..TriedRule::default()
        };
        Self {
            key: key.to_owned(),
            alternatives: rules.iter().map(tried).collect(),
        }
    }

    /// Selectors of elements that are all used.
    pub(super) fn of_css(key: &str, selectors: &[Css], inside: ElementRef<'_>) -> Self {
        let tried = |css: &Css| {
            let found: Vec<_> = inside.select(css.selector()).collect();
            TriedRule {
                selector: css.source().to_owned(),
                places: found.len(),
                finds: found.len(),
                taken: found.len(),
                first: found.first().map(|element| cut(&text_of(*element))),
            }
        };
        Self {
            key: key.to_owned(),
            alternatives: selectors.iter().map(tried).collect(),
        }
    }

    pub(super) fn has_rules(&self) -> bool {
        !self.alternatives.is_empty()
    }

    /// Counts what the rules find as values in one scope, and which of it is taken.
    pub(super) fn look(&mut self, rules: &Rules, scope: Scope<'_>, winner: Option<Found<'_>>) {
        for (tried, rule) in self.alternatives.iter_mut().zip(rules.iter()) {
            tried.places += places(rule, scope).count();
        }
        for found in find(rules, scope) {
            if let Some(tried) = self.alternatives.get_mut(found.field.evidence.alternative) {
                tried.finds += 1;
                tried.first.get_or_insert_with(|| cut(&found.field.text));
            }
        }
        if let Some(winner) = winner {
            self.take(winner.field.evidence.alternative);
        }
    }

    /// Counts the places that the rules point at.
    pub(super) fn point(&mut self, rules: &Rules, scope: Scope<'_>) {
        for (tried, rule) in self.alternatives.iter_mut().zip(rules.iter()) {
            let found: Vec<_> = places(rule, scope).collect();
            tried.places = found.len();
            tried.finds = found.len();
            tried.first = found.first().map(|place| match place {
                Place::Element(element) => cut(&text_of(*element)),
                Place::Value(value) => match value.as_str() {
                    Some(text) => cut(text),
                    None => cut(&value.to_string()),
                },
            });
        }
    }

    pub(super) fn take(&mut self, alternative: usize) {
        if let Some(tried) = self.alternatives.get_mut(alternative) {
            tried.taken += 1;
        }
    }

    pub(super) fn take_all(&mut self) {
        for tried in &mut self.alternatives {
            tried.taken = tried.finds;
        }
    }
}

/// A find on one line, without what a terminal would obey.
fn cut(text: &str) -> String {
    let line = clean(text);
    match line.char_indices().nth(FIND_CHARS) {
        None => line,
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
    }
}

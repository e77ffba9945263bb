//! Cells: how each field of a page was found, by the first selector, by a later one, or not. Values
//! come from the reading itself; where the container and the body stand comes from its trace.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::config::{ArticleLayout, ListingLayout, SiteProfile};
use crate::extract::{Trace, TriedField};
use crate::model::{
    ArticleDraft, Field, FieldEvidence, Listing, Observation, Page, Sighting, Warning,
};

/// How often a field was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(super) struct FieldHits {
    /// By the first selector.
    pub(super) hit: u64,
    /// By a later one.
    pub(super) fallback: u64,
    /// Not at all.
    pub(super) miss: u64,
}

impl FieldHits {
    /// The share found, 0 to 1; `None` if nothing was looked at.
    pub(super) fn rate(self) -> Option<f64> {
        let all = self.hit + self.fallback + self.miss;
        (all > 0).then(|| (self.hit + self.fallback) as f64 / all as f64)
    }
}

/// The fields of an article, in the order of the table.
pub(super) const ARTICLE: [&str; 11] = [
    "key",
    "root",
    "title",
    "published",
    "lead",
    "author",
    "categories",
    "source",
    "body",
    "related",
    "attachments",
];
/// The fields of a listing's item.
pub(super) const LISTING: [&str; 4] = ["key", "title", "stamp", "summary"];

/// Field by field; a field for which the profile has no rule, and that was not found, is absent.
pub(super) type Cells = BTreeMap<&'static str, FieldHits>;

/// How a field was found: `Some(alternative)`, or `None` for not.
fn hits(alternative: Option<usize>) -> FieldHits {
    match alternative {
        Some(0) => FieldHits {
            hit: 1,
            ..FieldHits::default()
        },
        Some(_) => FieldHits {
            fallback: 1,
            ..FieldHits::default()
        },
        None => FieldHits {
            miss: 1,
            ..FieldHits::default()
        },
    }
}

/// Adds up.
pub(super) fn add(sum: &mut FieldHits, more: FieldHits) {
    sum.hit += more.hit;
    sum.fallback += more.fallback;
    sum.miss += more.miss;
}

/// `hit`; or with numbers where there are several: `hit 18, miss 2`.
pub(super) fn words(hits: FieldHits) -> String {
    let counted = [
        ("hit", hits.hit),
        ("fallback", hits.fallback),
        ("miss", hits.miss),
    ];
    let there: Vec<_> = counted
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .collect();
    match there.as_slice() {
        [(word, 1)] => (*word).to_owned(),
        several => {
            let words = several
                .iter()
                .map(|(word, number)| format!("{word} {number}"));
            words.collect::<Vec<_>>().join(", ")
        }
    }
}

/// The fields of the article in a page, if it is one.
pub(super) fn of_article(
    profile: &SiteProfile,
    trace: &Trace,
    observations: &[Observation],
) -> Option<Cells> {
    let Page::Article { draft, .. } = &trace.read.page else {
        return None;
    };
    let used = trace
        .layouts
        .iter()
        .find(|layout| layout.kind == "article" && layout.is_used)?;
    let layout = profile
        .articles
        .iter()
        .find(|layout| layout.id == used.id)?;
    let own = observations
        .iter()
        .find(|observation| observation.position == 0);
    let taken = |key: &str| {
        let field = used.fields.iter().find(|field| field.key == key)?;
        taken_of(field)
    };
    let has_text = !draft.blocks.is_empty() || !draft.images.is_empty() || !draft.embeds.is_empty();
    let mut cells = Cells::new();
    cells.insert("key", hits(own.map(|_| 0)));
    cells.insert("root", hits(taken("root")));
    cells.insert("body", hits(taken("body.root").filter(|_| has_text)));
    for (name, field, has_rule) in fields_of(draft, layout) {
        let is_read = name != "published" || own.is_none_or(has_date);
        let alternative = field
            .as_ref()
            .filter(|_| is_read)
            .map(|field| field.evidence.alternative);
        if has_rule || alternative.is_some() {
            cells.insert(name, hits(alternative));
        }
    }
    let related = &layout.related;
    if !related.items.is_empty() || related.heading.is_some() {
        // In the text, below a heading, is a way of its own, after the selectors.
        let way = taken("related.items").unwrap_or(related.items.len());
        cells.insert("related", hits((!draft.related.is_empty()).then_some(way)));
    }
    let files = &layout.attachments;
    if files.link.is_some() || files.line.is_some() || !files.items.is_empty() {
        cells.insert(
            "attachments",
            hits((!draft.attachments.is_empty()).then_some(0)),
        );
    }
    Some(cells)
}

fn fields_of<'a>(
    draft: &'a ArticleDraft,
    layout: &ArticleLayout,
) -> [(&'static str, &'a Option<Field>, bool); 6] {
    let source = &layout.source;
    [
        ("title", &draft.title, true),
        (
            "published",
            &draft.published,
            !layout.published.select.is_empty(),
        ),
        ("lead", &draft.lead, !layout.lead.is_empty()),
        ("author", &draft.author, !layout.author.is_empty()),
        (
            "categories",
            &draft.categories,
            !layout.categories.is_empty(),
        ),
        (
            "source",
            &draft.source,
            !source.select.is_empty() || source.line.is_some(),
        ),
    ]
}

/// A stamp that can not be read as a date is no date.
fn has_date(own: &Observation) -> bool {
    match &own.sighting {
        Sighting::Article { content, .. } => content.published.is_some(),
        _ => false,
    }
}

fn taken_of(field: &TriedField) -> Option<usize> {
    field.alternatives.iter().position(|rule| rule.taken > 0)
}

/// The listing in a page, with or without an article beside it.
pub(super) fn listing_of(page: &Page) -> Option<&Listing> {
    match page {
        Page::Listing(listing) => Some(listing),
        Page::Article { listing, .. } => listing.as_ref(),
        _ => None,
    }
}

/// The fields of all items of a listing together.
pub(super) fn of_listing(
    profile: &SiteProfile,
    listing: &Listing,
    observations: &[Observation],
) -> Cells {
    let mut cells = Cells::new();
    let layout = profile
        .listings
        .iter()
        .find(|layout| layout.id == listing.layout);
    let fields: Vec<_> = layout.map(rules_of).unwrap_or_default();
    for item in &listing.items {
        let own = observations
            .iter()
            .find(|observation| observation.position == item.position);
        add(cells.entry("key").or_default(), hits(own.map(|_| 0)));
        let Some(Sighting::Listed(listed)) = own.map(|own| &own.sighting) else {
            continue;
        };
        for (name, in_record) in &fields {
            let alternative = match listed.evidence.get(*in_record) {
                Some(FieldEvidence::Found(found)) => Some(found.alternative),
                _ => None,
            };
            add(cells.entry(name).or_default(), hits(alternative));
        }
    }
    cells
}

/// The fields for which a layout has rules: name in the profile, name in the record.
fn rules_of(layout: &ListingLayout) -> Vec<(&'static str, &'static str)> {
    let all = [
        ("title", "title", layout.title.is_empty()),
        ("stamp", "published", layout.stamp.select.is_empty()),
        ("summary", "summary", layout.summary.is_empty()),
    ];
    let with_rules = all.into_iter().filter(|(_, _, is_empty)| !is_empty);
    with_rules
        .map(|(name, in_record, _)| (name, in_record))
        .collect()
}

/// What was odd in a page, each once: in reading it, in naming its articles, in its dates.
pub(super) fn warnings(
    profile: &SiteProfile,
    capture: &crate::model::Capture,
    trace: &Trace,
    observations: &[Observation],
) -> Vec<Warning> {
    let mut all = crate::normalize::warnings(profile, &capture.request, &trace.read);
    for observation in observations {
        all.extend_from_slice(match &observation.sighting {
            Sighting::Article { warnings, .. } => warnings,
            Sighting::Listed(item) => &item.warnings,
            _ => &[],
        });
    }
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_word_or_words_with_numbers() {
        let table = [
            ((1, 0, 0), "hit"),
            ((0, 1, 0), "fallback"),
            ((0, 0, 1), "miss"),
            ((20, 0, 0), "hit 20"),
            ((18, 1, 1), "hit 18, fallback 1, miss 1"),
            ((0, 0, 0), ""),
        ];
        for ((hit, fallback, miss), expected) in table {
            assert_eq!(
                words(FieldHits {
                    hit,
                    fallback,
                    miss
                }),
                expected
            );
        }
    }
}

//! A listing's line -> what it says about its article.

use super::evidence::{EvidenceMap, note_found, note_missing, take_date, take_text};
use super::text::clean;
use crate::config::{ListingLayout, SiteProfile};
use crate::model::{DateFrom, FieldEvidence, ListedItem, Listing, ListingItem};

/// Normalizes one line. Some pages glue the abstract to the stamp: it begins where the stamp ends,
/// and stays as written, also when it repeats the title.
pub(super) fn listed_item(
    profile: &SiteProfile,
    listing: &Listing,
    layout: Option<&ListingLayout>,
    item: &ListingItem,
) -> ListedItem {
    let mut evidence = EvidenceMap::new();
    let mut warnings = Vec::new();
    let title_rules = layout.map(|layout| &layout.title);
    let title = take_text(&mut evidence, "title", title_rules, item.title.as_ref());
    let stamp = take_date(
        &mut evidence,
        &mut warnings,
        layout.map(|layout| &layout.stamp),
        profile.zone,
        item.stamp.as_ref(),
        DateFrom::Listing,
    );
    let summary_rules = layout.map(|layout| &layout.summary);
    let found = take_text(
        &mut evidence,
        "summary",
        summary_rules,
        item.summary.as_ref(),
    );
    let read_stamp = stamp
        .published
        .as_ref()
        .map(|published| published.raw.as_str());
    let summary = match found {
        Some(text) => Some(without_stamp(&text, read_stamp)),
        None => {
            if let (Some(_), Some(field)) = (&stamp.glued, &item.stamp) {
                note_found(&mut evidence, "summary", field);
            }
            stamp.glued
        }
    };
    let summary = summary.filter(|text| !text.is_empty());
    if summary.is_none() && matches!(evidence.get("summary"), Some(FieldEvidence::Found(_))) {
        note_missing(&mut evidence, "summary", "there is nothing but the stamp");
    }
    ListedItem {
        section: listing.section.clone(),
        position: item.position,
        title,
        published: stamp.published,
        stamp_raw: stamp.raw,
        summary_cut: summary.as_deref().is_some_and(is_cut),
        summary,
        evidence,
        warnings,
    }
}

/// An abstract without the stamp that stands before it in the same element.
fn without_stamp(summary: &str, stamp: Option<&str>) -> String {
    clean(
        stamp
            .and_then(|stamp| summary.strip_prefix(stamp))
            .unwrap_or(summary),
    )
}

/// True for a text that the site cut and ended with dots.
fn is_cut(text: &str) -> bool {
    text.ends_with("...") || text.ends_with('…')
}

//! Listing: a page and a layout in, its items out, in page order, with the way to the next page.
//!
//! A listing without items is still a listing when it was asked for as one: the walk needs to know
//! that it has come to the end.

use std::collections::HashSet;

use serde_json::Value;
use url::Url;

use super::article::{begins_with_date, find_stamp};
use super::selectors::{Found, Place, Scope, find, first, first_address, places, rule_that_fits};
use crate::config::{ListingLayout, Platform, Rules, Select};
use crate::model::{Listing, ListingItem, SectionId};
use crate::normalize::text::clean;

/// Reads the listing of a page by one layout. Its items may be none.
pub(super) fn read(
    layout: &ListingLayout,
    platform: Option<&Platform>,
    section: Option<SectionId>,
    page: Scope<'_>,
    base: &Url,
) -> Listing {
    let mut items: Vec<ListingItem> = Vec::new();
    for place in all_places(&layout.items, page) {
        let mut item = read_item(layout, page.at(place), base);
        if item.url.is_none() {
            let template = platform.and_then(|platform| platform.url.as_ref());
            item.url = template.and_then(|template| template.fill(&item.vars).ok());
        }
        if item.url.is_none() && item.title.is_none() {
            continue;
        }
        item.position = items.len() + 1;
        items.push(item);
    }
    Listing {
        layout: layout.id.clone(),
        platform: layout.platform.clone(),
        section,
        items,
        next: first_address(&layout.next, page, base).map(|(_, url)| without_fragment(url)),
        is_last: rule_that_fits(&layout.last, page).is_some(),
    }
}

/// True if the layout's items are looked for in pages of this kind.
pub(super) fn is_for(layout: &ListingLayout, page: Scope<'_>) -> bool {
    layout.items.iter().any(|rule| match rule.select() {
        Select::Css { .. } => page.page.is_some(),
        Select::Json(_) => page.json.is_some(),
    })
}

/// What all alternatives find, each place once: in HTML in page order, in JSON one alternative
/// after the other.
pub(super) fn all_places<'a>(rules: &Rules, page: Scope<'a>) -> Vec<Place<'a>> {
    let mut elements = HashSet::new();
    let mut values: Vec<&'a Value> = Vec::new();
    let mut known_values: HashSet<*const Value> = HashSet::new();
    for place in rules.iter().flat_map(|rule| places(rule, page)) {
        match place {
            Place::Element(element) => {
                elements.insert(element.id());
            }
            Place::Value(value) => {
                if known_values.insert(std::ptr::from_ref(value)) {
                    values.push(value);
                }
            }
        }
    }
    let in_page_order = page.page.into_iter().flat_map(|html| {
        html.tree
            .root()
            .descendants()
            .filter(|node| elements.contains(&node.id()))
            .filter_map(scraper::ElementRef::wrap)
            .map(Place::Element)
    });
    in_page_order
        .chain(values.into_iter().map(Place::Value))
        .collect()
}

fn read_item(layout: &ListingLayout, item: Scope<'_>, base: &Url) -> ListingItem {
    let stamp = find_stamp(&layout.stamp, item).map(|found| found.field);
    let summary = find_summary(layout, item).map(|found| found.field);
    ListingItem {
        position: 0,
        url: first_address(&layout.link, item, base).map(|(_, url)| without_fragment(url)),
        vars: layout
            .vars
            .iter()
            .filter_map(|(name, rules)| {
                Some((name.clone(), clean(&first(rules, item)?.field.text)))
            })
            .collect(),
        title: first(&layout.title, item).map(|found| found.field),
        stamp,
        summary,
    }
}

/// An item's abstract. It may be glued to the stamp in one element: it is the stamp's rest then.
pub(super) fn find_summary<'a>(layout: &'a ListingLayout, item: Scope<'a>) -> Option<Found<'a>> {
    find(&layout.summary, item).find(|found| !begins_with_date(&layout.stamp, &found.field.text))
}

fn without_fragment(mut url: Url) -> Url {
    url.set_fragment(None);
    url
}

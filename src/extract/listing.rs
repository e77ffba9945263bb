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

/// The most items of one listing page. Our choice: a page of 8 MiB, or an answer of 16 MiB, holds
/// that many only if they are shorter than any real one, and each costs a row of the store.
pub(super) const MAX_ITEMS: usize = 20_000;

/// A listing that shows too much. It is refused as a whole: half a listing would look like a shorter
/// one, and what stands below would be thought known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("listing has more than {MAX_ITEMS} items")]
pub(super) struct TooManyItems;

/// Reads the listing of a page by one layout. Its items may be none.
///
/// # Errors
/// [`TooManyItems`].
pub(super) fn read(
    layout: &ListingLayout,
    platform: Option<&Platform>,
    section: Option<SectionId>,
    page: Scope<'_>,
    base: &Url,
) -> Result<Listing, TooManyItems> {
    let places = all_places(&layout.items, page);
    if places.len() > MAX_ITEMS {
        return Err(TooManyItems);
    }
    let mut items: Vec<ListingItem> = Vec::new();
    for place in places {
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
    Ok(Listing {
        layout: layout.id.clone(),
        platform: layout.platform.clone(),
        section,
        items,
        next: first_address(&layout.next, page, base).map(|(_, url)| without_fragment(url)),
        is_last: rule_that_fits(&layout.last, page).is_some(),
    })
}

/// True if the layout's items are looked for in pages of this kind.
pub(super) fn is_for(layout: &ListingLayout, page: Scope<'_>) -> bool {
    layout.items.iter().any(|rule| match rule.select() {
        Select::Css { .. } => page.page.is_some(),
        Select::Json(_) => page.json.is_some(),
    })
}

/// What all alternatives find, each place once: in HTML in page order and never an item inside
/// another, in JSON one alternative after the other.
pub(super) fn all_places<'a>(rules: &'a Rules, page: Scope<'a>) -> Vec<Place<'a>> {
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
            .filter(|node| !node.ancestors().any(|above| elements.contains(&above.id())))
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
    let (link_alternative, url) = first_address(&layout.link, item, base)
        .map(|(found, url)| (found.field.evidence.alternative, without_fragment(url)))
        .unzip();
    ListingItem {
        position: 0,
        url,
        link_alternative,
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

#[cfg(test)]
mod tests {
    use crate::extract::testing::{capture, profile};
    use crate::model::{Listing, Page, Purpose, SectionId};

    const LAYOUT: &str = r##"
[[listing]]
id = "html"
platform = "one"
items = [".item", "li.more"]
link = ["h3 a@href", "a@href", { css = "a", attr = "onclick", match = "href='([^']+)'" }]
vars = { slug = ":scope@data-id" }
title = ["h3"]
summary = ["p"]
next = ".next@href"
last = ".next.off"
[listing.stamp]
select = ["i", "p"]
formats = ["DD/MM/YYYY HH:mm"]
[[listing]]
id = "json"
platform = "one"
items = ["$[*].ITEMS[*]", "$.d[*]"]
vars = { slug = "$.MA" }
title = "$.T"
stamp.select = "$.S"
"##;

    fn read(body: &str, purpose: Purpose) -> Page {
        let mut capture = capture("https://a.vn/list", body.as_bytes());
        capture.request.purpose = purpose;
        capture.request.section = Some(SectionId::new("s"));
        crate::extract::read(&profile(LAYOUT), &capture).page
    }

    fn listing(body: &str) -> Listing {
        match read(body, Purpose::Listing) {
            Page::Listing(listing) => listing,
            page => panic!("not a listing: {page:?}"),
        }
    }

    #[test]
    fn an_item_is_known_by_its_link_or_its_variables() {
        let table = [
            ("href", "<a href=/x/1#top>t</a>", Some("https://a.vn/x/1")),
            (
                "the title's link first",
                "<a href=/img>i</a><h3><a href=/x/1>t</a></h3>",
                Some("https://a.vn/x/1"),
            ),
            (
                "onclick",
                "<a href='javascript:;' onclick=\"location.href='/x/1'\">t</a>",
                Some("https://a.vn/x/1"),
            ),
            ("no link", "<h3>t</h3>", None),
        ];
        for (what, item, expected) in table {
            let listing = listing(&format!("<div class=item>{item}<h3>t</h3></div>"));
            let url = listing.items[0].url.as_ref().map(url::Url::as_str);
            assert_eq!(url, expected, "{what}");
        }
        let listing = listing("<div class=item data-id=s1><h3>t</h3></div>");
        assert_eq!(
            listing.items[0].url.as_ref().map(url::Url::as_str),
            Some("https://a.vn/x/s1")
        );
    }

    #[test]
    fn stamp_and_abstract_may_be_glued_or_apart() {
        // what, item, stamp, abstract
        let table = [
            (
                "apart",
                "<i>29/04/2025 09:07</i><p>a</p>",
                Some("29/04/2025 09:07"),
                Some("a"),
            ),
            (
                "glued",
                "<p>29/04/2025 09:07Sáng nay</p>",
                Some("29/04/2025 09:07Sáng nay"),
                None,
            ),
            (
                "glued, and one more",
                "<p>29/04/2025 09:07</p><p>a</p>",
                Some("29/04/2025 09:07"),
                Some("a"),
            ),
            (
                "the stamp's own place without a date",
                "<i>mới</i><p>a</p>",
                Some("mới"),
                Some("a"),
            ),
            ("no date", "<p>năm 2025</p>", None, Some("năm 2025")),
        ];
        for (what, item, stamp, summary) in table {
            let listing = listing(&format!("<div class=item><h3>t</h3>{item}</div>"));
            let text = |field: &Option<crate::model::Field>| {
                field.as_ref().map(|field| field.text.clone())
            };
            assert_eq!(text(&listing.items[0].stamp).as_deref(), stamp, "{what}");
            assert_eq!(
                text(&listing.items[0].summary).as_deref(),
                summary,
                "{what}"
            );
        }
    }

    #[test]
    fn items_stand_in_page_order_each_once() {
        let listing = listing(
            "<ul><li class=more><h3>a</h3><li class='item more'><h3>b</h3></ul><div class=item></div><div class=item><h3>c</h3><div class=item><h3>d</h3></div></div>",
        );
        let titles: Vec<_> = listing
            .items
            .iter()
            .map(|item| (item.position, item.title.as_ref().unwrap().text.as_str()))
            .collect();
        assert_eq!(titles, [(1, "a"), (2, "b"), (3, "c")]);
        assert_eq!(listing.section, Some(SectionId::new("s")));
    }

    #[test]
    fn the_way_on_is_a_usable_link_or_none() {
        let table = [
            (
                "a link",
                "<a class=next href='?p=2'>",
                Some("https://a.vn/list?p=2"),
                false,
            ),
            (
                "disabled",
                "<a class='next off' href='javascript:;'>",
                None,
                true,
            ),
            ("no pager", "", None, false),
        ];
        for (what, pager, next, is_last) in table {
            let listing = listing(&format!("<div class=item><h3>t</h3></div>{pager}"));
            assert_eq!(listing.next.as_ref().map(url::Url::as_str), next, "{what}");
            assert_eq!(listing.is_last, is_last, "{what}");
        }
    }

    #[test]
    fn json_groups_are_one_listing() {
        let listing = listing(
            r#"[{"ITEMS": [{"MA": 7, "T": "a", "S": "x"}, {"MA": "8", "T": "b"}]}, {"ITEMS": [{"MA": 9}]}]"#,
        );
        assert_eq!(listing.layout, "json");
        let urls: Vec<_> = listing
            .items
            .iter()
            .map(|item| item.url.as_ref().unwrap().path())
            .collect();
        assert_eq!(urls, ["/x/7", "/x/8", "/x/9"]);
        assert_eq!(listing.items[0].vars["slug"], "7");
        assert_eq!(listing.items[1].position, 2);
    }

    #[test]
    fn an_empty_listing_is_one_only_when_asked_for() {
        for body in ["<p>nothing", "[]", r#"{"d": []}"#] {
            assert!(listing(body).items.is_empty(), "{body}");
            let page = read(body, Purpose::Article);
            assert!(matches!(page, Page::Other { .. }), "{body}: {page:?}");
        }
        let page = read("<div class=item><h3>t</h3></div>", Purpose::Article);
        assert!(matches!(page, Page::Listing(Listing { section: None, .. })));
    }
}

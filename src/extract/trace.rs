//! Trace: what each alternative of each rule found in one capture, for the person who writes a
//! profile. The record is not made here: [`super::read`] makes it, and the winners named here come
//! from the very functions that it is made with.
//!
//! Only rules that select are told (CSS, JSONPath). What the patterns on lines of the text do
//! (`source.line`, `captions.credit`, …) is seen in the record.

use serde::Serialize;
use url::Url;

use super::selectors::{Found, Place, Scope, first, first_address, first_elements, rule_that_fits};
use super::{
    Misfit, TriedField, TriedLayout, article, fit, listing, open_whole, read_whole, refusal,
};
use crate::config::{ArticleLayout, ListingLayout, Rules, SiteProfile};
use crate::model::{Capture, Page, PageRead, Purpose};

/// What the rules of a profile found in a capture.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trace {
    /// What [`super::read`] gives.
    pub read: PageRead,
    /// `refusals.blocked` and `refusals.soft_gone`; none if the body was not looked at.
    pub refusals: Vec<TriedField>,
    /// Listing layouts, then article layouts, in the profile's order; none if the status, the body
    /// or a refusal decides before them.
    pub layouts: Vec<TriedLayout>,
}

/// Tells what every rule finds in a capture. A pure function, as [`super::read`] is.
///
/// # Examples
/// ```
/// # use khotin::extract::trace;
/// # fn try_it(profile: &khotin::config::SiteProfile, capture: &khotin::model::Capture) {
/// let trace = trace(profile, capture);
/// assert_eq!(trace.read, khotin::extract::read(profile, capture));
/// # }
/// ```
pub fn trace(profile: &SiteProfile, capture: &Capture) -> Trace {
    let mut trace = Trace {
        read: read_whole(profile, capture),
        refusals: Vec::new(),
        layouts: Vec::new(),
    };
    let Ok(opened) = open_whole(capture) else {
        return trace;
    };
    let page = opened.scope();
    let refusals = &profile.refusals;
    trace.refusals = vec![
        whole_page("refusals.blocked", &refusals.blocked, page),
        whole_page("refusals.soft_gone", &refusals.soft_gone, page),
    ];
    trace.refusals.retain(TriedField::has_rules);
    if refusal(profile, capture, page).is_some() {
        return trace;
    }
    let trier = Trier {
        profile,
        capture,
        page,
        base: &opened.base,
        read: &trace.read.page,
        used_article: trace.read.profile.layout.as_deref(),
    };
    let listings = profile.listings.iter().map(|layout| trier.listing(layout));
    let articles = profile.articles.iter().map(|layout| trier.article(layout));
    trace.layouts = listings.chain(articles).collect();
    trace
}

/// What layouts are tried on.
struct Trier<'a> {
    profile: &'a SiteProfile,
    capture: &'a Capture,
    page: Scope<'a>,
    base: &'a Url,
    read: &'a Page,
    used_article: Option<&'a str>,
}

impl Trier<'_> {
    fn listing(&self, layout: &ListingLayout) -> TriedLayout {
        let used = match self.read {
            Page::Listing(listing) => Some(listing),
            Page::Article { listing, .. } => listing.as_ref(),
            _ => None,
        };
        let mut tried = TriedLayout {
            kind: "listing",
            id: layout.id.clone(),
            platform: layout.platform.clone(),
            is_used: used.is_some_and(|listing| listing.layout == layout.id),
            misfit: fit::misfit_of_listing(layout, self.capture, self.page),
            fields: Vec::new(),
        };
        if tried.misfit.is_none() {
            let platform = self.profile.platform(&layout.platform);
            tried.misfit = match listing::read(layout, platform, None, self.page, self.base) {
                Err(_) => Some(Misfit::TooManyItems),
                Ok(listing) => listing.items.is_empty().then_some(Misfit::NoItems),
            };
            if tried.misfit != Some(Misfit::TooManyItems) {
                tried.fields = self.listing_fields(layout);
            }
        }
        tried
    }

    fn listing_fields(&self, layout: &ListingLayout) -> Vec<TriedField> {
        let mut items = TriedField::new("items", &layout.items);
        items.point(&layout.items, self.page);
        items.take_all();
        let mut fields = vec![items];
        let places = listing::all_places(&layout.items, self.page);
        if !places.is_empty() {
            fields.extend(self.item_fields(layout, &places));
        }
        let mut next = TriedField::new("next", &layout.next);
        let found = first_address(&layout.next, self.page, self.base).map(|(found, _)| found);
        next.look(&layout.next, self.page, found);
        fields.push(next);
        fields.push(whole_page("last", &layout.last, self.page));
        fields.retain(TriedField::has_rules);
        fields
    }

    /// What the rules find in all items together.
    fn item_fields(&self, layout: &ListingLayout, items: &[Place<'_>]) -> Vec<TriedField> {
        let mut link = TriedField::new("link", &layout.link);
        let mut vars: Vec<_> = layout
            .vars
            .iter()
            .map(|(name, rules)| (TriedField::new(&format!("vars.{name}"), rules), rules))
            .collect();
        let mut title = TriedField::new("title", &layout.title);
        let mut stamp = TriedField::new("stamp.select", &layout.stamp.select);
        let mut summary = TriedField::new("summary", &layout.summary);
        for place in items {
            let item = self.page.at(*place);
            let address = first_address(&layout.link, item, self.base).map(|(found, _)| found);
            link.look(&layout.link, item, address);
            for (field, rules) in &mut vars {
                field.look(rules, item, first(rules, item));
            }
            title.look(&layout.title, item, first(&layout.title, item));
            let found = article::find_stamp(&layout.stamp, item);
            stamp.look(&layout.stamp.select, item, found);
            let found = listing::find_summary(layout, item);
            summary.look(&layout.summary, item, found);
        }
        let mut fields = vec![link];
        fields.extend(vars.into_iter().map(|(field, _)| field));
        fields.extend([title, stamp, summary]);
        fields
    }

    fn article(&self, layout: &ArticleLayout) -> TriedLayout {
        let is_article = matches!(self.read, Page::Article { .. });
        let mut tried = TriedLayout {
            kind: "article",
            id: layout.id.clone(),
            platform: layout.platform.clone(),
            is_used: is_article && self.used_article == Some(layout.id.as_str()),
            misfit: fit::misfit(&layout.valid, self.capture),
            fields: Vec::new(),
        };
        if self.capture.request.purpose == Purpose::Listing {
            tried.misfit.get_or_insert(Misfit::ListingRequest);
        }
        if tried.misfit.is_some() {
            return tried;
        }
        let mut root = TriedField::new("root", &layout.root);
        root.point(&layout.root, self.page);
        let roots: Vec<_> = article::roots(layout, self.page).collect();
        let with_article = roots
            .iter()
            .find(|(_, place)| article::read_root(layout, self.page, *place, self.base).is_some());
        match with_article {
            Some((alternative, _)) => root.take(*alternative),
            None if roots.is_empty() => tried.misfit = Some(Misfit::NoRoot),
            None => tried.misfit = Some(Misfit::EmptyRoot { roots: roots.len() }),
        }
        tried.fields.push(root);
        // Where no container holds an article, the first shows what is wrong.
        if let Some((_, place)) = with_article.or(roots.first()) {
            let fields = article::visit_root(layout, self.page, *place, |inside| {
                article_fields(layout, self.page.at(*place), &inside, self.base)
            });
            tried.fields.extend(fields);
        }
        tried.fields.retain(TriedField::has_rules);
        tried
    }
}

/// `root`: the container as the page has it, in which `body.root` is looked for.
fn article_fields(
    layout: &ArticleLayout,
    root: Scope<'_>,
    inside: &article::Inside<'_>,
    base: &Url,
) -> Vec<TriedField> {
    let scope = inside.scope;
    let looked = |key: &str, rules: &Rules, winner: Option<Found<'_>>| {
        let mut field = TriedField::new(key, rules);
        field.look(rules, scope, winner);
        field
    };
    let by_first = |key: &str, rules: &Rules| looked(key, rules, first(rules, scope));
    let mut fields: Vec<_> = layout
        .vars
        .iter()
        .map(|(name, rules)| by_first(&format!("vars.{name}"), rules))
        .collect();
    let stamp = article::find_stamp(&layout.published, scope);
    fields.extend([
        looked("title", &layout.title, article::find_title(layout, scope)),
        looked("published.select", &layout.published.select, stamp),
        by_first("lead", &layout.lead),
        by_first("author", &layout.author),
        by_first("categories", &layout.categories),
        by_first("source.select", &layout.source.select),
    ]);
    let mut body = TriedField::new("body.root", &layout.body.root);
    body.point(&layout.body.root, root);
    if let Some((alternative, holder)) = inside.holder {
        body.take(alternative);
        fields.push(body);
        fields.push(TriedField::of_css("body.drop", &layout.body.drop, holder));
        let captions = &layout.captions;
        fields.push(TriedField::of_css(
            "captions.boxes",
            &captions.boxes,
            holder,
        ));
        fields.push(TriedField::of_css(
            "captions.caption",
            &captions.caption,
            holder,
        ));
    } else {
        fields.push(body);
    }
    let whole = scope.whole_page();
    let related = &layout.related;
    fields.push(listed_elements("related.items", &related.items, whole));
    let mut link = TriedField::new("related.link", &related.link);
    for line in first_elements(&related.items, whole).1 {
        let line = whole.at(Place::Element(line));
        let address = first_address(&related.link, line, base).map(|(found, _)| found);
        link.look(&related.link, line, address);
    }
    fields.push(link);
    let files = &layout.attachments.items;
    fields.push(listed_elements("attachments.items", files, scope));
    fields
}

/// A field whose first alternative with any element gives all its elements.
fn listed_elements(key: &str, rules: &Rules, scope: Scope<'_>) -> TriedField {
    let mut field = TriedField::new(key, rules);
    field.point(rules, scope);
    let (winner, elements) = first_elements(rules, scope);
    if let Some(rule) = field.alternatives.get_mut(winner) {
        rule.taken = elements.len();
    }
    field
}

/// Rules that say something about the page as a whole.
fn whole_page(key: &str, rules: &Rules, page: Scope<'_>) -> TriedField {
    let mut field = TriedField::new(key, rules);
    field.look(rules, page, None);
    let winner = rule_that_fits(rules, page);
    let rule = field
        .alternatives
        .iter_mut()
        .find(|rule| Some(rule.selector.as_str()) == winner);
    if let Some(rule) = rule {
        // An element without words, or an empty JSON value, counts here and is a find nowhere else.
        rule.finds = rule.finds.max(1);
        rule.taken = 1;
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::testing::{capture, profile};

    const LAYOUTS: &str = r##"
[refusals]
blocked = [{ css = "title", match = "^Từ chối" }]
soft_gone = [{ json = "$.d", match = "^null$" }]
[[listing]]
id = "list"
platform = "one"
items = [".item", "li.more"]
link = ["h3 a@href", "a@href"]
vars = { slug = "a@data-id" }
title = ["h3", "a"]
stamp = { select = ["i", "p"], formats = ["DD/MM/YYYY"] }
summary = "p"
next = ".next@href"
last = ".off"
[[article]]
id = "past"
platform = "one"
valid = { until = "2020-12-31" }
root = "#a"
title = "h1"
body.root = ".t"
[[article]]
id = "html"
platform = "one"
root = ["#none", "#a"]
title = ["h1", "h3"]
not_title = "^Portlet"
published = { select = ["b", "p"], formats = ["DD/MM/YYYY"] }
lead = [".sapo", ".lead"]
body = { root = [".empty", ".t"], drop = [".share"] }
captions.caption = ["figcaption"]
related = { items = [".no li", ".rel li"], link = ["a@data-x", "a@href"] }
attachments.items = ".files li"
[[article]]
id = "json"
platform = "one"
root = ["$.d[0]", "$.d"]
title = "$.t"
lead = ".lead"
body.root = ["$.x", "$.h"]
"##;

    fn traced(body: &str) -> Trace {
        trace(
            &profile(LAYOUTS),
            &capture("https://a.vn/p/q", body.as_bytes()),
        )
    }

    fn layout<'a>(trace: &'a Trace, id: &str) -> &'a TriedLayout {
        trace.layouts.iter().find(|layout| layout.id == id).unwrap()
    }

    /// finds and taken of each alternative of a field.
    fn numbers(layout: &TriedLayout, key: &str) -> Vec<(usize, usize)> {
        let field = layout.fields.iter().find(|field| field.key == key).unwrap();
        let rules = field.alternatives.iter();
        rules.map(|rule| (rule.finds, rule.taken)).collect()
    }

    #[test]
    fn each_alternative_of_an_article_is_told() {
        let trace = traced(
            "<h1>Outside</h1><div id=a><h3>Portlet A</h3><h3>T</h3><p>x</p><p>17/06/2023</p>
             <div class=lead>L</div><div class=empty> </div>
             <div class=t><p>a</p><i class=share>s</i><figure><img src=/i><figcaption>c</figcaption></figure></div></div>
             <ul class=rel><li><a href=/r>R</a><li><a href=/s>S</a></ul>",
        );
        let html = layout(&trace, "html");
        assert!(html.is_used && html.misfit.is_none());
        let table = [
            ("root", vec![(0, 0), (1, 1)]),
            ("title", vec![(0, 0), (2, 1)]),
            ("published.select", vec![(0, 0), (3, 1)]),
            ("lead", vec![(0, 0), (1, 1)]),
            ("body.root", vec![(1, 0), (1, 1)]),
            ("body.drop", vec![(1, 1)]),
            ("captions.caption", vec![(1, 1)]),
            ("related.items", vec![(0, 0), (2, 2)]),
            ("related.link", vec![(0, 0), (2, 2)]),
            ("attachments.items", vec![(0, 0)]),
        ];
        for (key, expected) in table {
            assert_eq!(numbers(html, key), expected, "{key}");
        }
        let past = layout(&trace, "past");
        assert!(matches!(past.misfit, Some(Misfit::TooLate { .. })) && past.fields.is_empty());
        assert_eq!(layout(&trace, "json").misfit, Some(Misfit::NoRoot));
        assert_eq!(layout(&trace, "list").misfit, Some(Misfit::NoItems));
    }

    #[test]
    fn the_winner_is_the_alternative_in_the_evidence() {
        let trace =
            traced("<div id=a><h3>T</h3><p class=lead>L<p>17/06/2023<div class=t>x</div></div>");
        let Page::Article { draft, .. } = &trace.read.page else {
            panic!("not an article: {:?}", trace.read.page);
        };
        let html = layout(&trace, "html");
        let fields = [
            ("title", &draft.title),
            ("lead", &draft.lead),
            ("published.select", &draft.published),
        ];
        for (key, field) in fields {
            let winner = numbers(html, key).iter().position(|(_, taken)| *taken > 0);
            let evidence = field.as_ref().map(|field| field.evidence.alternative);
            assert_eq!(winner, evidence, "{key}");
            assert!(evidence.is_some(), "{key}");
        }
    }

    #[test]
    fn a_listing_is_counted_over_all_its_items() {
        let mut capture = capture(
            "https://a.vn/list",
            "<div class=item><h3><a href=/1>A</a></h3><p>01/02/2023</p><p>s</p></div>
             <div class=item><a href=/2>B</a><i>02/02/2023</i></div>
             <ul><li class=more><a href='javascript:;' data-id=3>C</a></ul><b class=off>end</b>"
                .as_bytes(),
        );
        capture.request.purpose = Purpose::Listing;
        let trace = trace(&profile(LAYOUTS), &capture);
        let list = layout(&trace, "list");
        assert!(list.is_used && list.misfit.is_none());
        let table = [
            ("items", vec![(2, 2), (1, 1)]),
            ("link", vec![(1, 1), (3, 1)]),
            ("vars.slug", vec![(1, 1)]),
            ("title", vec![(1, 1), (3, 2)]),
            ("stamp.select", vec![(1, 1), (2, 1)]),
            ("summary", vec![(2, 1)]),
            ("next", vec![(0, 0)]),
            ("last", vec![(1, 1)]),
        ];
        for (key, expected) in table {
            assert_eq!(numbers(list, key), expected, "{key}");
        }
        assert_eq!(layout(&trace, "html").misfit, Some(Misfit::ListingRequest));
    }

    #[test]
    fn json_and_the_html_inside_it_are_told_together() {
        let trace = traced(r#"{"d":{"t":"T","h":"<p class=lead>L</p><p>x</p>"}}"#);
        let json = layout(&trace, "json");
        assert!(json.is_used);
        assert_eq!(numbers(json, "root"), [(0, 0), (1, 1)]);
        assert_eq!(numbers(json, "body.root"), [(0, 0), (1, 1)]);
        assert_eq!(numbers(json, "lead"), [(1, 1)]);
        assert_eq!(layout(&trace, "list").misfit, Some(Misfit::OtherKind));
    }

    #[test]
    fn a_container_without_an_article_shows_what_is_wrong_in_it() {
        let trace = traced("<div id=a><h4>T</h4><p>x</p></div>");
        let html = layout(&trace, "html");
        assert_eq!(html.misfit, Some(Misfit::EmptyRoot { roots: 1 }));
        assert_eq!(numbers(html, "root"), [(0, 0), (1, 0)]);
        assert_eq!(numbers(html, "title"), [(0, 0), (0, 0)]);
    }

    #[test]
    fn what_decides_before_the_layouts_is_told_alone() {
        // what, body, status, refusals told, layouts told
        let table = [
            ("blocked", "<title>Từ chối</title>", 200, 2, 0),
            ("soft gone", r#"{"d":null}"#, 200, 2, 0),
            ("gone", "<p>x", 404, 0, 0),
            ("a failure", "<p>x", 500, 2, 0),
            ("empty", "", 200, 0, 0),
            ("nothing fits", "<p>x", 200, 2, 4),
        ];
        for (what, body, status, refusals, layouts) in table {
            let mut capture = capture("https://a.vn/p/q", body.as_bytes());
            capture.status = status;
            let trace = trace(&profile(LAYOUTS), &capture);
            assert_eq!(trace.refusals.len(), refusals, "{what}");
            assert_eq!(trace.layouts.len(), layouts, "{what}");
        }
        let blocked = traced("<title>Từ chối</title>");
        assert_eq!(blocked.refusals[0].alternatives[0].taken, 1);
        let gone = traced(r#"{"d":null}"#);
        assert_eq!(gone.refusals[1].alternatives[0].taken, 1);
    }

    #[test]
    fn a_find_is_one_line_of_eighty_characters() {
        let long = "ạ".repeat(81);
        let trace = traced(&format!(
            "<div id=a><h1>a\u{1b}[31m\n b</h1><p class=lead>{long}</div>"
        ));
        let html = layout(&trace, "html");
        let first = |key: &str, alternative: usize| {
            let field = html.fields.iter().find(|field| field.key == key).unwrap();
            field.alternatives[alternative].first.clone().unwrap()
        };
        assert_eq!(first("title", 0), "a[31m b");
        assert_eq!(first("lead", 1), format!("{}…", "ạ".repeat(80)));
    }
}

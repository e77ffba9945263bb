//! Article: a page and a layout in, an [`ArticleDraft`] out, with every field's evidence. The same
//! for HTML and JSON: in a JSON answer the fields come by JSONPath, and the HTML inside it is the
//! body.

use std::collections::HashSet;

use ego_tree::NodeId;
use scraper::{ElementRef, Html};
use url::Url;

use super::captions::{self, AltLines};
use super::piece::{Look, Piece, What, is_blank};
use super::selectors::{
    Found, Place, Scope, elements, find, first, first_address, first_string, places, resolve,
};
use super::text::text_of;
use super::tree::{self, TreeError};
use super::{body, lines};
use crate::config::{ArticleLayout, DateField, Rules};
use crate::model::{ArticleDraft, Attachment, Block, Embed, Field, Link, RelatedDraft, Warning};
use crate::normalize::text::clean;

/// The most containers of one layout that are tried. Our choice; a page has one article.
const MAX_ROOTS: usize = 8;
/// Where a stamp at the beginning of a text has ended, in bytes. Our choice; the longest of the
/// dossier, section 5, has 50.
const MAX_STAMP_BYTES: usize = 500;

/// Reads the article of a page by one layout; `None` if the page has none of that layout.
pub(super) fn read(
    layout: &ArticleLayout,
    page: Scope<'_>,
    base: &Url,
) -> Option<(ArticleDraft, Vec<Warning>)> {
    roots(layout, page).find_map(|(_, root)| read_root(layout, page, root, base))
}

/// The containers that are tried, each with its alternative, from 0.
pub(super) fn roots<'a>(
    layout: &'a ArticleLayout,
    page: Scope<'a>,
) -> impl Iterator<Item = (usize, Place<'a>)> {
    let rules = layout.root.iter().enumerate();
    rules
        .flat_map(move |(alternative, rule)| {
            let places = places(rule, page).into_iter();
            places.map(move |place| (alternative, place))
        })
        .take(MAX_ROOTS)
}

/// Reads the article in one container; `None` if neither a title nor any content is in it.
pub(super) fn read_root(
    layout: &ArticleLayout,
    page: Scope<'_>,
    root: Place<'_>,
    base: &Url,
) -> Option<(ArticleDraft, Vec<Warning>)> {
    let (draft, warnings) = visit_root(layout, page, root, |inside| {
        let holder = inside.holder.map(|(_, element)| element);
        let (draft, mut warnings) = Reader::new(layout, inside.scope, base).draft(holder);
        let unreadable = inside.problem.map(|error| error.to_string());
        warnings.extend(unreadable.map(|error| Warning::new("body_unreadable", error)));
        (draft, warnings)
    });
    let is_article = draft.title.is_some()
        || !draft.blocks.is_empty()
        || !draft.images.is_empty()
        || !draft.embeds.is_empty();
    is_article.then_some((draft, warnings))
}

/// A container from within.
pub(super) struct Inside<'a> {
    /// Where the article's rules look.
    pub(super) scope: Scope<'a>,
    /// The element that holds the text, with the alternative of `body.root` that found it.
    pub(super) holder: Option<(usize, ElementRef<'a>)>,
    /// Why the HTML inside a JSON string can not be read.
    problem: Option<TreeError>,
}

/// Lets `visit` look into a container. The HTML inside a JSON string becomes a tree that stands only
/// as long as the visit.
pub(super) fn visit_root<R>(
    layout: &ArticleLayout,
    page: Scope<'_>,
    root: Place<'_>,
    visit: impl FnOnce(Inside<'_>) -> R,
) -> R {
    let scope = page.at(root);
    let without_text = Inside {
        scope,
        holder: None,
        problem: None,
    };
    if matches!(root, Place::Element(_)) {
        return visit(Inside {
            holder: holder(&layout.body.root, scope),
            ..without_text
        });
    }
    let Some((alternative, html)) = first_string(&layout.body.root, scope) else {
        return visit(without_text);
    };
    let parsed = if html.contains('<') {
        tree::parse(&html)
    } else {
        tree::parse(&html.replace('\n', "<br>"))
    };
    match parsed {
        Err(error) => visit(Inside {
            problem: Some(error),
            ..without_text
        }),
        Ok(html) => {
            let holder = body_of(&html);
            visit(Inside {
                scope: Scope {
                    page: Some(&html),
                    root: holder,
                    ..scope
                },
                holder: holder.map(|element| (alternative, element)),
                problem: None,
            })
        }
    }
}

/// The first element with content that the rules point at.
fn holder<'a>(rules: &Rules, scope: Scope<'a>) -> Option<(usize, ElementRef<'a>)> {
    let rules = rules.iter().enumerate();
    let mut found = rules.flat_map(|(alternative, rule)| {
        let places = places(rule, scope).into_iter();
        places.map(move |place| (alternative, place))
    });
    found.find_map(|(alternative, place)| match place {
        Place::Element(element) => body::has_content(element).then_some((alternative, element)),
        Place::Value(_) => None,
    })
}

/// The `body` of a document; HTML inside JSON always gets one from the parser.
fn body_of(html: &Html) -> Option<ElementRef<'_>> {
    html.tree
        .root()
        .children()
        .find_map(ElementRef::wrap)?
        .child_elements()
        .find(|child| child.value().name() == "body")
}

/// Reads the fields of one article. Elements whose text became a field are noted in `taken`, so
/// that they are no text of the body.
struct Reader<'a> {
    layout: &'a ArticleLayout,
    scope: Scope<'a>,
    base: &'a Url,
    taken: HashSet<NodeId>,
    warnings: Vec<Warning>,
}

impl<'a> Reader<'a> {
    fn new(layout: &'a ArticleLayout, scope: Scope<'a>, base: &'a Url) -> Self {
        Self {
            layout,
            scope,
            base,
            taken: HashSet::new(),
            warnings: Vec::new(),
        }
    }

    fn draft(mut self, holder: Option<ElementRef<'_>>) -> (ArticleDraft, Vec<Warning>) {
        let layout = self.layout;
        let mut draft = ArticleDraft {
            platform: layout.platform.clone(),
            ..ArticleDraft::default()
        };
        for (name, rules) in &layout.vars {
            if let Some(found) = first(rules, self.scope) {
                draft.vars.insert(name.clone(), clean(&found.field.text));
            }
        }
        let title = find_title(layout, self.scope);
        draft.title = self.take(title);
        draft.published = self.published(&layout.published);
        draft.lead = self.take(first(&layout.lead, self.scope));
        draft.author = self.take(first(&layout.author, self.scope));
        draft.categories = self.take(first(&layout.categories, self.scope));
        let source = first(&layout.source.select, self.scope);
        draft.source_url = source
            .as_ref()
            .and_then(|found| self.link_in(found.element?));
        draft.source = self.take(source);
        draft.related = self.related();
        let files = self.files();
        match holder {
            None => self.warnings.push(Warning::new(
                "body_missing",
                format!("no rule of layout `{}` finds the text", layout.id),
            )),
            Some(holder) => self.body(holder, &mut draft),
        }
        draft.attachments.extend(files);
        (draft, self.warnings)
    }

    /// The field of a find; its element is taken out of the body.
    fn take(&mut self, found: Option<Found<'_>>) -> Option<Field> {
        let found = found?;
        self.taken.extend(found.element.map(|element| element.id()));
        Some(found.field)
    }

    /// The date stamp. An element with more than the date in it stays in the body.
    fn published(&mut self, rules: &DateField) -> Option<Field> {
        let found = find_stamp(rules, self.scope)?;
        let text = clean(&found.field.text);
        let rest = rules
            .formats
            .iter()
            .find_map(|format| format.read(&text))
            .and_then(|parts| text.get(parts.length..));
        if rest.is_some_and(|rest| !rest.chars().any(char::is_alphanumeric)) {
            self.take(Some(found))
        } else {
            Some(found.field)
        }
    }

    fn link_in(&self, element: ElementRef<'_>) -> Option<Url> {
        element
            .descendent_elements()
            .filter(|child| child.value().name() == "a")
            .find_map(|link| resolve(self.base, link.attr("href")?))
    }

    fn related(&mut self) -> Vec<RelatedDraft> {
        let rules = &self.layout.related;
        let page = self.scope.whole_page();
        let mut related = Vec::new();
        for line in elements(&rules.items, page) {
            self.taken.insert(line.id());
            let title = text_of(line);
            if is_blank(&title) {
                continue;
            }
            let in_line = page.at(Place::Element(line));
            let by_rule = first_address(&rules.link, in_line, self.base).map(|(_, url)| url);
            related.push(RelatedDraft {
                title,
                url: by_rule.or_else(|| self.link_in(line)),
            });
        }
        related
    }

    /// Files listed outside the body.
    fn files(&mut self) -> Vec<Attachment> {
        let items = elements(&self.layout.attachments.items, self.scope);
        let mut files = Vec::new();
        for item in items {
            self.taken.insert(item.id());
            files.extend(self.link_in(item).map(|url| {
                lines::attachment(&Link {
                    url: url.into(),
                    text: text_of(item),
                })
            }));
        }
        files
    }

    fn body(&mut self, holder: ElementRef<'_>, draft: &mut ArticleDraft) {
        let layout = self.layout;
        let headline = draft.title.as_ref().map(|title| title.text.as_str());
        let alt_lines = AltLines::new(&layout.captions, headline);
        let taken = std::mem::take(&mut self.taken);
        let pieces = body::pieces(holder, layout, self.base, &alt_lines, taken);
        let mut pieces = lines::part(pieces, layout, &alt_lines);
        if draft.source.is_none() {
            let after_rules = layout.source.select.len();
            let found = lines::take_source(&mut pieces, layout.source.line.as_ref(), after_rules);
            if let Some((field, url)) = found {
                draft.source = Some(field);
                draft.source_url = url;
            }
        }
        let in_text = lines::take_related(&mut pieces, &layout.related);
        if draft.related.is_empty() {
            draft.related = in_text;
        }
        if let Some(lead) = &draft.lead {
            lines::take_repeated_lead(&mut pieces, &lead.text);
        }
        lines::link_bare_addresses(&mut pieces, self.base);
        let pieces = captions::settle(pieces, &layout.captions, &alt_lines, &mut self.warnings);
        let targets = lines::targets(&pieces, layout, &mut self.warnings);
        draft.links = targets.links;
        draft.attachments = targets.attachments;
        put_blocks(pieces, layout, &alt_lines, draft);
    }
}

/// The first find that is no portlet's name.
pub(super) fn find_title<'a>(layout: &'a ArticleLayout, scope: Scope<'a>) -> Option<Found<'a>> {
    let is_never = |text: &str| {
        let never = layout.not_title.as_ref();
        never.is_some_and(|never| never.regex().is_match(text))
    };
    find(&layout.title, scope).find(|found| !is_never(&clean(&found.field.text)))
}

/// The first find that begins with a date of the field's shapes; else what the first alternative
/// finds, so that the record can say what stands at the date's own place. Further alternatives may
/// be as wide as `p`, because without a date they find nothing.
pub(super) fn find_stamp<'a>(rules: &'a DateField, scope: Scope<'a>) -> Option<Found<'a>> {
    find(&rules.select, scope)
        .find(|found| begins_with_date(rules, &found.field.text))
        .or_else(|| first(&rules.select, scope).filter(is_from_first_alternative))
}

fn is_from_first_alternative(found: &Found<'_>) -> bool {
    found.field.evidence.alternative == 0
}

/// True if a text begins with a date of one of the field's shapes.
pub(super) fn begins_with_date(rules: &DateField, text: &str) -> bool {
    let beginning = text.trim_start();
    let end = beginning.floor_char_boundary(MAX_STAMP_BYTES);
    let text = clean(beginning.get(..end).unwrap_or_default());
    rules
        .formats
        .iter()
        .any(|format| format.read(&text).is_some())
}

/// Makes blocks, pictures and players of the settled pieces.
fn put_blocks(
    pieces: Vec<Piece>,
    layout: &ArticleLayout,
    alt_lines: &AltLines<'_>,
    draft: &mut ArticleDraft,
) {
    let mut others = 0;
    for piece in pieces {
        let block = match piece.what {
            What::Picture(picture) => {
                let position = draft.images.len() + 1;
                let rules = &layout.captions;
                let image = captions::image(&picture, position, others, rules, alt_lines);
                if let Some(image) = image {
                    draft.images.push(image);
                    draft.blocks.push(Block::Image { position });
                }
                continue;
            }
            What::Embed { kind, url } => {
                let position = draft.embeds.len() + 1;
                draft.embeds.push(Embed {
                    position,
                    kind,
                    url,
                });
                Block::Embed { position }
            }
            What::Line(line) => match line.look {
                Look::Heading(level) => Block::Heading {
                    text: line.text,
                    level: Some(level),
                },
                Look::Bold if layout.body.bold_is_heading => Block::Heading {
                    text: line.text,
                    level: None,
                },
                Look::Bold | Look::Plain => Block::Paragraph { text: line.text },
            },
            What::List { ordered, items } => Block::List { ordered, items },
            What::Table { rows } => Block::Table { rows },
            What::Quote(text) => Block::Quote { text },
            // Every caption was given to a picture; one that was not is text like any other.
            What::Caption(text) => Block::Paragraph { text },
        };
        others += 1;
        draft.blocks.push(block);
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::{blocks_of, profile, read_article, read_page};
    use crate::model::{ArticleDraft, Field, Page};

    const LAYOUT: &str = r##"
[[article]]
id = "html"
platform = "one"
root = ["#a", ".b"]
vars = { id = ":scope@data-id" }
title = ["h1", "h3"]
not_title = '^Portlet'
lead = [".lead"]
author = ".author"
categories = ".cat"
published = { select = [".date", "p"], formats = ["DD/MM/YYYY | HH:mm"] }
body.root = [".t", ".u"]
source.select = ".source"
related.items = ".rel li"
attachments.items = ".files li"
[[article]]
id = "json"
platform = "one"
root = ["$.d[0]", "$.d"]
title = "$.t"
body.root = "$.h"
related.items = ".rel"
"##;

    fn read(html: &str) -> (ArticleDraft, Vec<String>) {
        read_article(&profile(LAYOUT), html)
    }

    fn text(field: &Option<Field>) -> Option<&str> {
        field.as_ref().map(|field| field.text.as_str())
    }

    #[test]
    fn nothing_outside_the_container_enters_the_record() {
        let (draft, codes) = read(
            "<h1>Menu</h1><p class=date>01/01/2020 | 10:00</p><div class=lead>out</div>
             <div id=a data-id=7><h3>Portlet A</h3><h3>T</h3><p class=date>17/06/2023 | 21:00</p>
             <div class=lead>L</div><div class=author>A</div><div class=cat>C</div>
             <div class=t><p>a</p></div><div class=source>Theo: <a href=/s>X</a></div></div><p>out</p>
             <ul class=rel><li>- <a href=/r>R</a><li>- S</ul>",
        );
        assert_eq!(text(&draft.title), Some("T"));
        assert_eq!(text(&draft.published), Some("17/06/2023 | 21:00"));
        assert_eq!(text(&draft.lead), Some("L"));
        assert_eq!(text(&draft.author), Some("A"));
        assert_eq!(text(&draft.categories), Some("C"));
        assert_eq!(text(&draft.source), Some("Theo: X"));
        assert_eq!(
            draft.source_url.as_ref().map(url::Url::as_str),
            Some("https://a.vn/s")
        );
        assert_eq!(draft.vars["id"], "7");
        assert_eq!(blocks_of(&draft), ["p: a"]);
        let related: Vec<_> = draft
            .related
            .iter()
            .map(|line| line.title.as_str())
            .collect();
        assert_eq!(related, ["- R", "- S"]);
        assert_eq!(
            draft.related[0].url.as_ref().map(url::Url::as_str),
            Some("https://a.vn/r")
        );
        assert!(codes.is_empty(), "{codes:?}");
        let evidence = &draft.title.as_ref().unwrap().evidence;
        assert_eq!(
            (evidence.selector.as_str(), evidence.alternative),
            ("h3", 1)
        );
    }

    #[test]
    fn what_became_a_field_is_no_text() {
        let (draft, _) = read(
            "<div id=a><div class=t><h1>T</h1><p class=date>17/06/2023 | 21:00</p><p class=lead>L</p><p>a</p>
             <p class=author>A</p><p class=source>Theo: X</p><ul class=files><li><a href=/x.pdf>F</a></ul>
             <ul class=rel><li>R</ul></div></div>",
        );
        assert_eq!(blocks_of(&draft), ["p: a"]);
        assert_eq!(
            draft.attachments[0].url.as_deref(),
            Some("https://a.vn/x.pdf")
        );
        let (draft, _) = read(
            "<div id=a><h1>T</h1><div class=t><p>17/06/2023 | 21:00 tại Hà Nội</p></div></div>",
        );
        assert_eq!(
            blocks_of(&draft),
            ["p: 17/06/2023 | 21:00 tại Hà Nội"],
            "more than a date"
        );
    }

    #[test]
    fn a_date_is_at_its_place_or_begins_a_text() {
        let table = [
            (
                "its place",
                "<p class=date>17/06/2023 | 21:00</p>",
                Some("17/06/2023 | 21:00"),
            ),
            (
                "another place",
                "<p>x</p><p>17/06/2023 | 21:00</p>",
                Some("17/06/2023 | 21:00"),
            ),
            (
                "its place without a date",
                "<p class=date>hôm qua</p><p>x</p>",
                Some("hôm qua"),
            ),
            ("no place, no date", "<p>năm 2025</p>", None),
        ];
        for (what, html, expected) in table {
            let (draft, _) = read(&format!("<div id=a><h1>T</h1>{html}</div>"));
            assert_eq!(text(&draft.published), expected, "{what}");
        }
    }

    #[test]
    fn the_first_container_with_something_is_the_article() {
        let table = [
            (
                "an empty one before",
                "<div id=a></div><div class=b><h1>T</h1></div>",
                Some("T"),
            ),
            (
                "a title is enough",
                "<div class=b><h1>T</h1></div>",
                Some("T"),
            ),
            (
                "a picture is enough",
                "<div class=b><div class=u><img src=/1.jpg></div></div>",
                None,
            ),
        ];
        for (what, html, title) in table {
            assert_eq!(text(&read(html).0.title), title, "{what}");
        }
        let page = read_page(&profile(LAYOUT), "<div id=a><p class=date>x</p></div>").page;
        assert!(matches!(page, Page::Other { .. }), "{page:?}");
        let (draft, codes) = read("<div id=a><h1>T</h1></div>");
        assert!(draft.blocks.is_empty());
        assert_eq!(codes, ["body_missing"]);
        let (draft, _) = read("<div id=a><h1>T</h1><div class=t> </div><div class=u>a</div></div>");
        assert_eq!(
            blocks_of(&draft),
            ["p: a"],
            "an empty body gives way to the next"
        );
    }

    #[test]
    fn html_inside_json_is_a_body() {
        let table = [
            (
                "a fragment",
                r#"{"d":{"t":"T","h":"<p>a</p><p>b</p>"}}"#,
                vec!["p: a", "p: b"],
            ),
            (
                "a document",
                r#"{"d":[{"t":"T","h":"<html><head><title>x</title><body><p>a"}]}"#,
                vec!["p: a"],
            ),
            (
                "plain text",
                r#"{"d":{"t":"T","h":"a\nb\n\nc"}}"#,
                vec!["p: a/b", "p: c"],
            ),
            (
                "related boxes",
                r#"{"d":{"t":"T","h":"<p>a</p><p class=rel>r</p>"}}"#,
                vec!["p: a"],
            ),
            ("none", r#"{"d":{"t":"T","h":null}}"#, vec![]),
        ];
        for (what, json, expected) in table {
            let (draft, _) = read(json);
            assert_eq!(text(&draft.title), Some("T"), "{what}");
            assert_eq!(blocks_of(&draft), expected, "{what}");
        }
        let deep = format!(r#"{{"d":{{"t":"T","h":"{}"}}}}"#, "<div>".repeat(2_000));
        assert_eq!(read(&deep).1, ["body_missing", "body_unreadable"]);
    }
}

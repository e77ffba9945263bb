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
    Found, Place, Scope, elements, find, first, first_address, first_string, is_cut, places,
    resolve,
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
    roots(layout, page).find_map(|(alternative, root)| {
        let (mut draft, warnings) = read_root(layout, page, root, base)?;
        draft.root_alternative = alternative;
        Some((draft, warnings))
    })
}

/// The containers that are tried, each with its alternative, from 0.
pub(super) fn roots<'a>(
    layout: &'a ArticleLayout,
    page: Scope<'a>,
) -> impl Iterator<Item = (usize, Place<'a>)> {
    let rules = layout.root.iter().enumerate();
    rules
        .flat_map(move |(alternative, rule)| {
            let places = places(rule, page);
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
        let (body_alternative, holder) = inside.holder.unzip();
        let (mut draft, mut warnings) = Reader::new(layout, inside.scope, base).draft(holder);
        draft.body_alternative = body_alternative;
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
fn holder<'a>(rules: &'a Rules, scope: Scope<'a>) -> Option<(usize, ElementRef<'a>)> {
    let rules = rules.iter().enumerate();
    let mut found = rules.flat_map(|(alternative, rule)| {
        let places = places(rule, scope);
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
        let evidence = &found.field.evidence;
        if is_cut(&evidence.raw) {
            let detail = format!(
                "what `{}` finds is longer than a field may be",
                evidence.selector
            );
            self.warnings.push(Warning::new("field_cut", detail));
        }
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
mod tests;

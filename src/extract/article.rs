//! Article: a page and a layout in, an [`ArticleDraft`] out, with every field's evidence. The same
//! for HTML and JSON: in a JSON answer the fields come by JSONPath, and the HTML inside it is the
//! body.

use std::collections::HashSet;

use ego_tree::NodeId;
use scraper::{ElementRef, Html};
use url::Url;

use super::captions::{self, AltLines};
use super::piece::{Look, Piece, What, is_blank};
use super::selectors::{Found, Place, Scope, elements, find, first, first_string, places, resolve};
use super::text::text_of;
use super::{body, lines, tree};
use crate::config::{ArticleLayout, DateField};
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
    layout
        .root
        .iter()
        .flat_map(|rule| places(rule, page))
        .take(MAX_ROOTS)
        .map(|root| match root {
            Place::Element(_) => from_html(layout, page.at(root), base),
            Place::Value(_) => from_json(layout, page.at(root), base),
        })
        .find(|(draft, _)| {
            draft.title.is_some()
                || !draft.blocks.is_empty()
                || !draft.images.is_empty()
                || !draft.embeds.is_empty()
        })
}

fn from_html(layout: &ArticleLayout, scope: Scope<'_>, base: &Url) -> (ArticleDraft, Vec<Warning>) {
    let holder = layout
        .body
        .root
        .iter()
        .flat_map(|rule| places(rule, scope))
        .find_map(|place| match place {
            Place::Element(element) => body::has_content(element).then_some(element),
            Place::Value(_) => None,
        });
    Reader::new(layout, scope, base).draft(holder)
}

fn from_json(layout: &ArticleLayout, scope: Scope<'_>, base: &Url) -> (ArticleDraft, Vec<Warning>) {
    let inner = first_string(&layout.body.root, scope).map(|html| {
        if html.contains('<') {
            tree::parse(&html)
        } else {
            tree::parse(&html.replace('\n', "<br>"))
        }
    });
    match inner {
        None => Reader::new(layout, scope, base).draft(None),
        Some(Err(error)) => {
            let (draft, mut warnings) = Reader::new(layout, scope, base).draft(None);
            warnings.push(Warning::new("body_unreadable", error.to_string()));
            (draft, warnings)
        }
        Some(Ok(html)) => {
            let holder = body_of(&html);
            let scope = Scope {
                page: Some(&html),
                root: holder,
                ..scope
            };
            Reader::new(layout, scope, base).draft(holder)
        }
    }
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
        let title = find(&layout.title, self.scope).find(|found| self.may_be_title(found));
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

    fn may_be_title(&self, found: &Found<'_>) -> bool {
        let text = clean(&found.field.text);
        !self
            .layout
            .not_title
            .as_ref()
            .is_some_and(|never| never.regex().is_match(&text))
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
            let by_rule = find(&rules.link, page.at(Place::Element(line)))
                .find_map(|found| resolve(self.base, &found.field.text));
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

//! Body: the element that holds an article's text in, its [`Piece`]s out, in page order.
//!
//! Editors nest anything in anything: div soup, `p` in `strong` in `p`, text without an element. So
//! the tree is walked once and a line is whatever stands between two edges of blocks or two `br`.
//! Lists, tables and quotations are read as wholes ([`super::grid`]); pictures in them come after
//! them. Decisions that need more than the markup are made later, see [`super::lines`] and
//! [`super::captions`].

use std::collections::HashSet;

use ego_tree::NodeId;
use scraper::{ElementRef, Node};
use url::Url;

use super::boxes::boxes;
use super::captions::AltLines;
use super::objects::is_object;
use super::piece::{Line, Look, Piece, What, is_blank};
use super::text::{Role, role, text_of};
use crate::config::{ArticleLayout, Css};
use crate::model::Link;

/// The pieces of a body. `taken`: elements in it that are title, lead, date and so on.
pub(super) fn pieces(
    body: ElementRef<'_>,
    layout: &ArticleLayout,
    base: &Url,
    alt_lines: &AltLines<'_>,
    taken: HashSet<NodeId>,
) -> Vec<Piece> {
    let mut unseen = taken;
    unseen.extend(chosen(body, &layout.body.drop));
    let mut walker = Walker {
        base,
        addresses: &layout.captions.address,
        alt_lines,
        unseen,
        boxes: boxes(body, &layout.captions.boxes),
        captions: chosen(body, &layout.captions.caption),
        pieces: Vec::new(),
        line: OpenLine::default(),
        heading: None,
    };
    walker.walk(body, Style::default());
    walker.end_line();
    walker.pieces
}

/// True if there is anything in an element that a body is made of.
pub(super) fn has_content(element: ElementRef<'_>) -> bool {
    !is_blank(&text_of(element))
        || element
            .descendent_elements()
            .any(|child| is_object(child.value().name()))
}

/// The elements of a body that any of the selectors chooses.
pub(super) fn chosen(body: ElementRef<'_>, selectors: &[Css]) -> HashSet<NodeId> {
    selectors
        .iter()
        .flat_map(|css| body.select(css.selector()).map(|element| element.id()))
        .collect()
}

/// Walks a body.
pub(super) struct Walker<'p> {
    pub(super) base: &'p Url,
    pub(super) addresses: &'p [String],
    pub(super) alt_lines: &'p AltLines<'p>,
    pub(super) unseen: HashSet<NodeId>,
    pub(super) boxes: HashSet<NodeId>,
    pub(super) captions: HashSet<NodeId>,
    pub(super) pieces: Vec<Piece>,
    line: OpenLine,
    heading: Option<u8>,
}

/// The line that is being read.
#[derive(Default)]
struct OpenLine {
    text: String,
    /// There is something to read in it.
    has_words: bool,
    /// There is something to read since its last `br`.
    last_has_words: bool,
    /// It has a `br`.
    has_break: bool,
    letters: usize,
    bold: usize,
    slanted: usize,
    links: Vec<Link>,
    /// Pictures and players amid the line: they come after it.
    waiting: Vec<Piece>,
}

/// How text looks at some place of the tree.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Style {
    bold: bool,
    slanted: bool,
    keeps_lines: bool,
}

impl Style {
    fn inside(self, element: ElementRef<'_>) -> Self {
        let name = element.value().name();
        let css: String = element
            .attr("style")
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect();
        let is_bold = css.contains("font-weight:bold") || css.contains("font-weight:700");
        Self {
            bold: self.bold || is_bold || matches!(name, "b" | "strong"),
            slanted: self.slanted
                || css.contains("font-style:italic")
                || matches!(name, "i" | "em"),
            keeps_lines: self.keeps_lines || name == "pre",
        }
    }
}

impl Walker<'_> {
    /// Walks the children of an element. Depth of the recursion: that of the tree, which has a cap.
    pub(super) fn walk(&mut self, element: ElementRef<'_>, style: Style) {
        for node in element.children() {
            match node.value() {
                Node::Text(words) => self.words(words, style),
                Node::Element(_) => {
                    if let Some(child) = ElementRef::wrap(node) {
                        self.element(child, style);
                    }
                }
                _ => {}
            }
        }
    }

    pub(super) fn element(&mut self, element: ElementRef<'_>, style: Style) {
        let name = element.value().name();
        if self.unseen.contains(&element.id()) {
            return;
        }
        if self.is_box(element) {
            self.end_line();
            self.boxed(element);
            return;
        }
        if self.captions.contains(&element.id()) {
            self.end_line();
            self.caption(element);
            return;
        }
        if is_object(name) {
            let piece = self.object(element);
            self.place(piece);
            return;
        }
        let style = style.inside(element);
        match (name, role(name)) {
            ("ul" | "ol" | "menu", _) => {
                self.end_line();
                self.list(element);
            }
            ("table", _) => {
                self.end_line();
                self.table(element);
            }
            ("blockquote", _) => {
                self.end_line();
                self.quote(element);
            }
            ("a", _) => {
                self.line.links.extend(self.link(element));
                self.walk(element, style);
            }
            (_, Role::Unseen) => {}
            (_, Role::Break) => self.line_break(),
            (_, Role::Inline) => self.walk(element, style),
            (_, Role::Block) => {
                self.end_line();
                let outer = self.heading;
                self.heading = heading_level(name).or(outer);
                self.block(element, style);
                self.heading = outer;
            }
        }
    }

    fn block(&mut self, element: ElementRef<'_>, style: Style) {
        self.walk(element, style);
        self.end_line();
    }

    /// Walks an element as if it were a `div`.
    pub(super) fn as_block(&mut self, element: ElementRef<'_>) {
        self.block(element, Style::default());
    }

    fn words(&mut self, words: &str, style: Style) {
        let letters = words.chars().filter(|c| !c.is_whitespace()).count();
        if !is_blank(words) {
            self.line.has_words = true;
            self.line.last_has_words = true;
        }
        self.line.letters += letters;
        if style.bold {
            self.line.bold += letters;
        }
        if style.slanted {
            self.line.slanted += letters;
        }
        let is_line_end = |byte: u8| matches!(byte, b'\n' | b'\r' | b'\t');
        if style.keeps_lines || !words.bytes().any(is_line_end) {
            self.line.text.push_str(words);
        } else {
            // A line end in the source is a space; `\n` is kept for `br`.
            let spaced = words.chars().map(|c| match c {
                '\n' | '\r' | '\t' => ' ',
                other => other,
            });
            self.line.text.extend(spaced);
        }
    }

    /// `br`: a line end, and the second in a row ends the paragraph.
    fn line_break(&mut self) {
        let line = &mut self.line;
        let is_second = line.has_break && !line.last_has_words;
        if is_second || !line.waiting.is_empty() {
            self.end_line();
        } else if line.has_words {
            line.text.push('\n');
            line.has_break = true;
            line.last_has_words = false;
        }
    }

    /// Puts a picture or player at its place: on its own line here, amid a line after that line.
    fn place(&mut self, mut piece: Piece) {
        if self.line.last_has_words {
            self.line.waiting.push(piece);
            return;
        }
        if !self.line.has_words {
            piece.links = std::mem::take(&mut self.line.links);
        }
        self.end_line();
        self.pieces.push(piece);
    }

    pub(super) fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let mut waiting = line.waiting;
        if !line.has_words {
            if let Some(piece) = waiting.first_mut() {
                piece.links.extend(line.links);
            }
        } else {
            let all = line.letters > 0;
            let look = match self.heading {
                Some(level) => Look::Heading(level),
                None if all && line.bold == line.letters => Look::Bold,
                None => Look::Plain,
            };
            self.pieces.push(Piece {
                what: What::Line(Line::new(
                    line.text,
                    look,
                    all && line.slanted == line.letters,
                )),
                links: line.links,
            });
        }
        self.pieces.append(&mut waiting);
    }
}

fn heading_level(name: &str) -> Option<u8> {
    match name.as_bytes() {
        [b'h', digit @ b'1'..=b'6'] => Some(digit - b'0'),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

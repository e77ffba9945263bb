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

use super::captions::AltLines;
use super::piece::{Line, Look, Picture, Piece, What, is_blank};
use super::selectors::resolve;
use super::text::{Role, role, text_of, text_without};
use crate::config::{ArticleLayout, Css};
use crate::model::Link;
use crate::normalize::text::clean;

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

fn chosen(body: ElementRef<'_>, selectors: &[Css]) -> HashSet<NodeId> {
    selectors
        .iter()
        .flat_map(|css| body.select(css.selector()).map(|element| element.id()))
        .collect()
}

/// Boxes of the profile, and every `figure` that holds a picture, or nothing but a caption
/// (CKEditor also puts tables and players into a `figure`).
fn boxes(body: ElementRef<'_>, selectors: &[Css]) -> HashSet<NodeId> {
    let mut boxes = chosen(body, selectors);
    let mut with_picture = HashSet::new();
    let mut with_other = HashSet::new();
    let mut figures = Vec::new();
    for element in body.descendent_elements() {
        let name = element.value().name();
        let owners = match name {
            "figure" => {
                figures.push(element.id());
                continue;
            }
            "img" => &mut with_picture,
            "table" | "ul" | "ol" | "blockquote" => &mut with_other,
            _ if is_embed(name) => &mut with_other,
            _ => continue,
        };
        owners.extend(
            element
                .ancestors()
                .filter_map(ElementRef::wrap)
                .filter(|above| above.value().name() == "figure")
                .map(|above| above.id()),
        );
    }
    boxes.extend(
        figures
            .into_iter()
            .filter(|id| with_picture.contains(id) || !with_other.contains(id)),
    );
    boxes
}

/// Elements that are seen but are no text.
pub(super) fn is_object(name: &str) -> bool {
    name == "img" || is_embed(name)
}

/// Players and frames (`oembed` is CKEditor's).
pub(super) fn is_embed(name: &str) -> bool {
    matches!(
        name,
        "iframe" | "video" | "audio" | "object" | "embed" | "oembed"
    )
}

/// Walks a body.
pub(super) struct Walker<'p> {
    base: &'p Url,
    addresses: &'p [String],
    alt_lines: &'p AltLines<'p>,
    unseen: HashSet<NodeId>,
    boxes: HashSet<NodeId>,
    captions: HashSet<NodeId>,
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
struct Style {
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
    fn walk(&mut self, element: ElementRef<'_>, style: Style) {
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

    fn element(&mut self, element: ElementRef<'_>, style: Style) {
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
        if style.keeps_lines {
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

    fn end_line(&mut self) {
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
                what: What::Line(Line {
                    text: line.text,
                    look,
                    slanted: all && line.slanted == line.letters,
                }),
                links: line.links,
            });
        }
        self.pieces.append(&mut waiting);
    }

    fn object(&self, element: ElementRef<'_>) -> Piece {
        let name = element.value().name();
        Piece::new(if name == "img" {
            What::Picture(self.picture(element))
        } else {
            What::Embed {
                kind: if name == "oembed" { "embed" } else { name }.to_owned(),
                url: self.embed_address(element),
            }
        })
    }

    fn picture(&self, element: ElementRef<'_>) -> Picture {
        let words = |name: &str| {
            element
                .attr(name)
                .filter(|text| !clean(text).is_empty())
                .map(str::to_owned)
        };
        let address = |name: &str| resolve(self.base, element.attr(name)?);
        let url = self
            .addresses
            .iter()
            .find_map(|name| address(name))
            .or_else(|| address("src"));
        Picture {
            url: url.map(String::from),
            alt: words("alt"),
            title: words("title"),
            ..Picture::default()
        }
    }

    fn embed_address(&self, element: ElementRef<'_>) -> Option<String> {
        let of = |element: ElementRef<'_>| {
            ["src", "data-src", "data", "url"]
                .into_iter()
                .find_map(|name| resolve(self.base, element.attr(name)?))
        };
        of(element)
            .or_else(|| {
                element
                    .descendent_elements()
                    .skip(1)
                    .filter(|child| matches!(child.value().name(), "source" | "embed"))
                    .find_map(of)
            })
            .map(String::from)
    }

    /// The link of an `a`, if it leads somewhere. A link around a picture has its alternative text.
    fn link(&self, element: ElementRef<'_>) -> Option<Link> {
        let url = resolve(self.base, element.attr("href")?)?;
        let text = match text_of(element) {
            text if is_blank(&text) => element
                .descendent_elements()
                .find_map(|child| child.attr("alt"))
                .unwrap_or_default()
                .to_owned(),
            text => text,
        };
        Some(Link {
            url: url.into(),
            text,
        })
    }

    /// The links in an element that is read as a whole.
    pub(super) fn links_in(&self, element: ElementRef<'_>) -> Vec<Link> {
        element
            .descendent_elements()
            .filter(|child| child.value().name() == "a" && !self.is_apart(*child, element))
            .filter_map(|child| self.link(child))
            .collect()
    }

    /// The text of an element that is read as a whole, without what is put after it.
    pub(super) fn whole_text(&self, element: ElementRef<'_>) -> String {
        text_without(element, &|child| self.leaves_line(child))
    }

    /// Puts the pictures, players, boxes and captions of an element at the end.
    pub(super) fn objects(&mut self, element: ElementRef<'_>) {
        for child in element.child_elements() {
            if self.leaves_line(child) {
                self.element(child, Style::default());
                self.end_line();
            } else if role(child.value().name()) != Role::Unseen {
                self.objects(child);
            }
        }
    }

    fn leaves_line(&self, element: ElementRef<'_>) -> bool {
        self.unseen.contains(&element.id())
            || self.captions.contains(&element.id())
            || self.is_box(element)
            || is_object(element.value().name())
    }

    fn is_apart(&self, element: ElementRef<'_>, root: ElementRef<'_>) -> bool {
        element
            .ancestors()
            .take_while(|node| node.id() != root.id())
            .filter_map(ElementRef::wrap)
            .chain([element])
            .any(|above| self.leaves_line(above))
    }

    fn is_box(&self, element: ElementRef<'_>) -> bool {
        self.boxes.contains(&element.id())
    }

    /// True if an element is dropped, or was taken for another field.
    pub(super) fn is_unseen(&self, element: ElementRef<'_>) -> bool {
        self.unseen.contains(&element.id())
    }

    fn caption(&mut self, element: ElementRef<'_>) {
        let text = self.whole_text(element);
        if !is_blank(&text) {
            self.pieces.push(Piece {
                what: What::Caption(text),
                links: self.links_in(element),
            });
        }
        self.objects(element);
    }

    /// A box: every text in it is a caption, of the picture before it or else after it.
    pub(super) fn boxed(&mut self, element: ElementRef<'_>) {
        let outer = std::mem::take(&mut self.pieces);
        self.walk(element, Style::default());
        self.end_line();
        let inner = std::mem::replace(&mut self.pieces, outer);
        let has_picture = inner
            .iter()
            .any(|piece| matches!(piece.what, What::Picture(_)));
        let has_other = inner
            .iter()
            .any(|piece| matches!(piece.what, What::Embed { .. } | What::Table { .. }));
        if has_other && !has_picture {
            self.pieces.extend(inner);
            return;
        }
        self.pieces.extend(self.paired(inner));
    }

    /// Gives the texts among some pieces to the pictures among them.
    fn paired(&self, inner: Vec<Piece>) -> Vec<Piece> {
        let mut paired: Vec<Piece> = Vec::new();
        let mut last_picture = None;
        let mut early = None;
        let mut early_links = Vec::new();
        for piece in inner {
            let text = match &piece.what {
                What::Line(line) => line.text.clone(),
                What::Caption(text) | What::Quote(text) => text.clone(),
                What::List { items, .. } => items.join("\n"),
                What::Picture(_) => {
                    last_picture = Some(paired.len());
                    paired.push(piece);
                    continue;
                }
                What::Embed { .. } | What::Table { .. } => {
                    paired.push(piece);
                    continue;
                }
            };
            let before = last_picture.and_then(|place: usize| paired.get_mut(place));
            match before.map(|known| (&mut known.what, &mut known.links)) {
                Some((What::Picture(picture), links)) => {
                    if self.alt_lines.number_of_line(&text).is_some() {
                        picture.alt.get_or_insert(text);
                    } else {
                        add_line(&mut picture.caption, &text);
                    }
                    links.extend(piece.links);
                }
                _ => {
                    add_line(&mut early, &text);
                    early_links.extend(piece.links);
                }
            }
        }
        let Some(text) = early else {
            return paired;
        };
        match paired.iter_mut().find_map(Piece::picture_without_caption) {
            Some(picture) => picture.caption = Some(text),
            None => paired.insert(
                0,
                Piece {
                    what: What::Picture(Picture::only_caption(text)),
                    links: early_links,
                },
            ),
        }
        paired
    }
}

fn add_line(caption: &mut Option<String>, text: &str) {
    match caption {
        None => *caption = Some(text.to_owned()),
        Some(known) => {
            known.push('\n');
            known.push_str(text);
        }
    }
}

fn heading_level(name: &str) -> Option<u8> {
    match name.as_bytes() {
        [b'h', digit @ b'1'..=b'6'] => Some(digit - b'0'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::{blocks_of, profile, read_article};

    const LAYOUT: &str = r##"
[[article]]
id = "a"
platform = "one"
root = "#a"
title = "h1"
body.root = ".t"
body.drop = [".ad"]
body.bold_is_heading = true
"##;

    /// The blocks of a body, one line a block, as `kind: text`.
    fn blocks(body: &str) -> Vec<String> {
        let page = format!("<div id=a><h1>T</h1><div class=t>{body}</div></div>");
        blocks_of(&read_article(&profile(LAYOUT), &page).0)
    }

    #[test]
    fn a_body_is_read_in_page_order_from_any_nesting() {
        let table: &[(&str, &str, &[&str])] = &[
            ("paragraphs", "<p>a</p><p>b</p>", &["p: a", "p: b"]),
            (
                "div soup",
                "<div><div>a<div>b</div>c</div></div>d",
                &["p: a", "p: b", "p: c", "p: d"],
            ),
            (
                "p in strong in p",
                "<p><strong><p>a</p></strong></p><p>b",
                &["h: a", "p: b"],
            ),
            (
                "text without an element",
                "a<p>b</p>c",
                &["p: a", "p: b", "p: c"],
            ),
            (
                "inline elements",
                "<p>a <b>b</b><i>c</i> <u>d</u></p>",
                &["p: a bc d"],
            ),
            (
                "a line end in the source is a space",
                "<p>a\nb</p>",
                &["p: a b"],
            ),
            ("but not in pre", "<pre>a\nb</pre>", &["p: a/b"]),
            ("one br", "<p>a<br>b</p>", &["p: a/b"]),
            ("two br", "<p>a<br>&nbsp;<br>b</p>", &["p: a", "p: b"]),
            (
                "many br",
                "<br><br><br>a<br><br><br><br>b<br><br>",
                &["p: a", "p: b"],
            ),
            (
                "empty paragraphs",
                "<p>&nbsp;</p><p> </p><p>\u{200b}</p><p>a</p>",
                &["p: a"],
            ),
            ("a lone bar", "<p>a</p> | <p>b</p>", &["p: a", "p: b"]),
            (
                "headings",
                "<h2>a</h2><h6><span>b</span></h6>",
                &["h2: a", "h6: b"],
            ),
            (
                "bold as a whole",
                "<p><b>a</b> <strong>b</strong></p>",
                &["h: a b"],
            ),
            (
                "bold by style",
                "<p style='font-weight: bold'>a</p>",
                &["h: a"],
            ),
            ("bold in part", "<p><b>a</b> b</p>", &["p: a b"]),
            ("dropped", "<div class=ad><p>x</p></div><p>a</p>", &["p: a"]),
            (
                "never text",
                "<script>x</script><style>x</style><!--x--><noscript>x</noscript><template>x</template><p>a</p>",
                &["p: a"],
            ),
            (
                "unclosed",
                "<p>a<p>b<div>c<p><b>d",
                &["p: a", "p: b", "p: c", "h: d"],
            ),
            (
                "a player",
                "<p>a</p><iframe src='//y.vn/1'></iframe><p>b",
                &["p: a", "embed: iframe https://y.vn/1", "p: b"],
            ),
            (
                "a player by its source",
                "<video><source src=/v.mp4></video><audio></audio><oembed url='https://y.vn/2'></oembed>",
                &[
                    "embed: video https://a.vn/v.mp4",
                    "embed: audio -",
                    "embed: embed https://y.vn/2",
                ],
            ),
            (
                "a table in a figure is no picture",
                "<figure class=table><table><tr><td>1<td>2</table></figure>",
                &["table: 1|2"],
            ),
            (
                "a quotation",
                "<blockquote><p>a</p><p>b</p></blockquote>",
                &["quote: a/b"],
            ),
        ];
        for (what, body, expected) in table {
            assert_eq!(blocks(body), *expected, "{what}");
        }
    }

    #[test]
    fn a_picture_stands_where_it_is_seen() {
        let table: &[(&str, &str, &[&str])] = &[
            (
                "alone",
                "<p>a.</p><p><img src=1.jpg></p><p>b.</p>",
                &["p: a.", "image: 1", "p: b."],
            ),
            (
                "before the words",
                "<p><img src=1.jpg>a.</p>",
                &["image: 1", "p: a."],
            ),
            (
                "after the words",
                "<p>a.<img src=1.jpg></p>",
                &["p: a.", "image: 1"],
            ),
            (
                "amid a line: after it",
                "<p>a <img src=1.jpg> b.</p>",
                &["p: a b.", "image: 1"],
            ),
            (
                "between br",
                "<p>a.<br><img src=1.jpg><br>b.</p>",
                &["p: a.", "image: 1", "p: b."],
            ),
            (
                "in a heading",
                "<h2>a<img src=1.jpg></h2>",
                &["h2: a", "image: 1"],
            ),
            (
                "without address, alt and caption it is nothing",
                "<p><img></p><p>a.",
                &["p: a."],
            ),
        ];
        for (what, body, expected) in table {
            assert_eq!(blocks(body), *expected, "{what}");
        }
    }

    #[test]
    fn addresses_are_resolved_and_only_http_counts() {
        let page = |head: &str, body: &str| {
            format!(
                "<head>{head}</head><div id=a><h1>T</h1><div class=t><p>{body} a.</p></div></div>"
            )
        };
        let table: &[(&str, &str, &str, &[&str])] = &[
            ("relative", "", "<a href=x>l</a>", &["https://a.vn/p/x"]),
            (
                "without scheme",
                "",
                "<a href=//b.vn/x>l</a>",
                &["https://b.vn/x"],
            ),
            (
                "base",
                "<base href='https://c.vn/d/'>",
                "<a href=x>l</a>",
                &["https://c.vn/d/x"],
            ),
            (
                "base of another scheme",
                "<base href='ftp://c.vn/'>",
                "<a href=x>l</a>",
                &["https://a.vn/p/x"],
            ),
            (
                "base in the body",
                "",
                "<base href='https://c.vn/'><a href=x>l</a>",
                &["https://a.vn/p/x"],
            ),
            (
                "no address",
                "",
                "<a href='javascript:;'>l</a><a href=mailto:a@b.vn>l</a><a href='data:text/html,x'>l</a><a href=#x>l</a><a href='http://'>l</a><a>l</a>",
                &[],
            ),
            (
                "white space around it",
                "",
                "<a href=' /x\n'>l</a>",
                &["https://a.vn/x"],
            ),
        ];
        for (what, head, body, expected) in table {
            let draft = read_article(&profile(LAYOUT), &page(head, body)).0;
            let urls: Vec<_> = draft.links.iter().map(|link| &link.url).collect();
            assert_eq!(urls, *expected, "{what}");
        }
    }
}

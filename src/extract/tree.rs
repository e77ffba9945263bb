//! Tree: text of a page in, element tree out, or the cap that it passes. Bounded in time and memory
//! whatever the page is (design, decision 9).
//!
//! html5ever's work per tag grows with the depth of the tree and with the number of attributes of
//! the tag, so both have caps, and the page is fed in pieces of at most [`PIECE`] bytes: after each
//! the counts of [`super::sink`] are looked at. A page over a cap is refused as a whole, because
//! half a tree would look like a shorter article.

use ego_tree::NodeId;
use html5ever::driver::{ParseOpts, Parser, parse_document};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::TreeBuilder;
use scraper::Html;

use super::sink::CountingSink;

/// The deepest nesting of elements (design, decision 9).
pub(super) const MAX_DEPTH: usize = 512;
/// The most nodes of a page (design, decision 9).
pub(super) const MAX_NODES: usize = 500_000;
/// The most attributes of one tag. Our choice: html5ever compares each with all before it.
pub(super) const MAX_ATTRIBUTES: usize = 1_000;
/// The most looks at open elements while a page is built. Our choice: a real page of 60 KB takes
/// 10,000, so one of 8 MiB takes some 1,500,000 at ordinary depth.
pub(super) const MAX_STEPS: u64 = 20_000_000;
/// Bytes fed at once. Our choice: small, so that a cap is noticed before much is built over it.
const PIECE: usize = 1_024;
// An attribute takes two bytes or more, so no piece alone can pass the cap.
const _: () = assert!(PIECE / 2 < MAX_ATTRIBUTES);

/// Why a page is not built into a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// Nested too deep.
    #[error("page is nested deeper than {MAX_DEPTH} elements")]
    TooDeep,
    /// Too many nodes.
    #[error("page has more than {MAX_NODES} nodes")]
    TooManyNodes,
    /// A tag has too many attributes.
    #[error("a tag of the page has more than {MAX_ATTRIBUTES} attributes")]
    TooManyAttributes,
    /// Too much work: many tags at great depth.
    #[error("page takes more than {MAX_STEPS} steps to build")]
    TooMuchWork,
}

impl TreeError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        "look at the archived body: no article of a ministry is built like this"
    }
}

/// Builds the tree of a page.
///
/// # Errors
/// [`TreeError`] if the page passes a cap.
pub(super) fn parse(text: &str) -> Result<Html, TreeError> {
    let mut building = Building::new(text);
    building.feed(text)?;
    Ok(building.finish())
}

/// A tree that is being built, from the text of one page.
pub(super) struct Building<'t> {
    parser: Parser<CountingSink>,
    tag: OpenTag<'t>,
    calls_before: Option<u64>,
    /// What is neither fed nor skipped: one copy of the page, which the pieces and the text nodes
    /// share.
    rest: StrTendril,
}

impl<'t> Building<'t> {
    /// Of a page of which nothing is read yet.
    pub(super) fn new(text: &str) -> Self {
        Self {
            parser: parse_document(CountingSink::new(), ParseOpts::default()),
            tag: OpenTag::default(),
            calls_before: None,
            rest: StrTendril::from(text),
        }
    }

    /// Reads on. `text` is what comes next in the page, or its beginning.
    ///
    /// # Errors
    /// [`TreeError`] if the page passes a cap with it.
    pub(super) fn feed(&mut self, text: &'t str) -> Result<(), TreeError> {
        for piece in pieces(text) {
            let calls = self.sink().calls();
            self.tag
                .goes_on_with(piece, self.calls_before != Some(calls));
            self.calls_before = Some(calls);
            if self.tag.attributes > MAX_ATTRIBUTES {
                return Err(TreeError::TooManyAttributes);
            }
            self.parser.process(cut_off(&mut self.rest, piece));
            let sink = self.sink();
            if sink.depth() > MAX_DEPTH {
                return Err(TreeError::TooDeep);
            }
            if sink.nodes() > MAX_NODES {
                return Err(TreeError::TooManyNodes);
            }
            if sink.steps() > MAX_STEPS {
                return Err(TreeError::TooMuchWork);
            }
            if sink.late_attributes() > MAX_ATTRIBUTES {
                return Err(TreeError::TooManyAttributes);
            }
        }
        Ok(())
    }

    /// Passes over the next `bytes` of the page; `None` if they are not there.
    pub(super) fn skip(&mut self, bytes: usize) -> Option<()> {
        self.rest.try_pop_front(u32::try_from(bytes).ok()?).ok()
    }

    /// What is built and counted so far.
    pub(super) fn sink(&self) -> &CountingSink {
        &self.builder().sink
    }

    /// html5ever's own state.
    pub(super) fn builder(&self) -> &TreeBuilder<NodeId, CountingSink> {
        &self.parser.tokenizer.sink
    }

    /// The tree, after the end of the page.
    pub(super) fn finish(self) -> Html {
        self.parser.finish()
    }
}

/// Takes `piece` from the front of `rest`, without a copy of its bytes.
fn cut_off(rest: &mut StrTendril, piece: &str) -> StrTendril {
    let taken = u32::try_from(piece.len()).ok().and_then(|length| {
        let taken = rest.try_subtendril(0, length).ok()?;
        rest.try_pop_front(length).ok()?;
        Some(taken)
    });
    taken.unwrap_or_else(|| StrTendril::from(piece))
}

/// Cuts a text before each `<` and after each [`PIECE`] bytes.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let next_tag = rest
            .get(first..)
            .and_then(|after| after.get(..after.floor_char_boundary(PIECE)))
            .and_then(|near| near.find('<'))
            .map_or(PIECE, |at| at + first);
        let (piece, after) = rest.split_at_checked(cut_at(rest, next_tag))?;
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// The last character boundary up to `wished`, but never 0 for a text that is not empty.
fn cut_at(text: &str, wished: usize) -> usize {
    match text.floor_char_boundary(wished) {
        0 => text.chars().next().map_or(0, char::len_utf8),
        boundary => boundary,
    }
}

/// Where a piece of the page stands within a tag (WHATWG HTML, section 13.2.5, tag states only).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In text, as far as can be told.
    #[default]
    Outside,
    /// In a comment; its end makes a node, so the tree builder tells.
    Comment,
    Name,
    BeforeAttribute,
    Attribute,
    BeforeValue,
    Quoted(char),
    Unquoted,
}

/// Counts the attributes of a tag that is still open, over all the pieces that it takes. Nearly all
/// tags end in their first piece, which is therefore only looked at when the second comes.
#[derive(Debug, Default)]
struct OpenTag<'a> {
    first: Option<&'a str>,
    place: Place,
    attributes: usize,
}

impl<'a> OpenTag<'a> {
    /// Takes the next piece. `closed`: the tree builder did something since the piece before, so
    /// whatever was open is closed.
    fn goes_on_with(&mut self, piece: &'a str, closed: bool) {
        if closed {
            *self = Self {
                first: Some(piece),
                ..Self::default()
            };
            return;
        }
        if let Some(first) = self.first.take() {
            self.count(first);
        }
        self.count(piece);
    }

    fn count(&mut self, piece: &str) {
        let mut rest = piece;
        if self.place == Place::Outside {
            *self = Self::default();
            let Some(after) = piece.strip_prefix('<') else {
                return;
            };
            if after.starts_with("!--") {
                self.place = Place::Comment;
            } else if after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') {
                self.place = Place::Name;
            }
            rest = after;
        }
        for c in rest.chars() {
            if matches!(self.place, Place::Outside | Place::Comment) {
                return;
            }
            self.step(c);
        }
    }

    fn step(&mut self, c: char) {
        let parts = c.is_ascii_whitespace() || c == '/';
        self.place = match (self.place, c) {
            (Place::Quoted(quote), _) if c == quote => Place::BeforeAttribute,
            (Place::Quoted(quote), _) => Place::Quoted(quote),
            (Place::BeforeValue, '"' | '\'') => Place::Quoted(c),
            (_, '>') => Place::Outside,
            (Place::BeforeValue, _) if c.is_ascii_whitespace() => Place::BeforeValue,
            (Place::BeforeValue, _) => Place::Unquoted,
            (Place::Unquoted, _) if c.is_ascii_whitespace() => Place::BeforeAttribute,
            (Place::Attribute | Place::BeforeAttribute, '=') if self.attributes > 0 => {
                Place::BeforeValue
            }
            (Place::Name | Place::Attribute | Place::BeforeAttribute, _) if parts => {
                Place::BeforeAttribute
            }
            (Place::BeforeAttribute, _) => {
                self.attributes += 1;
                Place::Attribute
            }
            (place, _) => place,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_the_whole_text() {
        let long = "ế".repeat(3_000);
        let long_then_tag = format!("{long}<b>{long}</b>");
        for text in ["", "<", "a<b>c</b>", "ế<ế", "<<<", &long, &long_then_tag] {
            assert_eq!(pieces(text).collect::<String>(), text);
            assert!(pieces(text).all(|piece| piece.len() <= PIECE + 3));
            assert!(pieces(text).all(|piece| piece.rfind('<').unwrap_or_default() == 0));
        }
    }

    #[test]
    fn feeding_in_pieces_changes_nothing() {
        let table = [
            ("nothing", String::new()),
            (
                "a page",
                "<!doctype html><title>a</title><p>Bộ &amp; Y tế<p title='a>b'>x".to_owned(),
            ),
            (
                "a long text",
                format!("<p>{}</p>", "Bộ Y tế ".repeat(1_000)),
            ),
            (
                "a long attribute",
                format!("<img src=\"data:{}\"><p>b", "A/b+ ".repeat(20_000)),
            ),
            (
                "a long comment",
                format!("<!-- {} --><p>b", "a b <i c=d> ".repeat(5_000)),
            ),
            (
                "a long script",
                format!(
                    "<script>{}</script><p>b",
                    "if (a<b) x = 'y'; ".repeat(5_000)
                ),
            ),
            (
                "a surrogate of a tag",
                "a < b <3 <> </> <!x> <?y> &lt".to_owned(),
            ),
        ];
        for (what, text) in table {
            let whole = Html::parse_document(&text);
            assert_eq!(parse(&text).unwrap().html(), whole.html(), "{what}");
        }
    }

    #[test]
    fn a_page_over_a_cap_is_refused() {
        let attributes: String = (0..3_000).map(|n| format!(" a{n}")).collect();
        let slashes: String = (0..3_000).map(|n| format!("/a{n}")).collect();
        let glued: String = (0..3_000).map(|n| format!("a{n}=''")).collect();
        let late: String = (0..3_000).map(|n| format!("<html a{n}>")).collect();
        let formats: String = (0..3_000).map(|n| format!("<p><b a{n}>x</p>")).collect();
        let table = [
            ("deep", "<div>".repeat(200_000), TreeError::TooDeep),
            (
                "deep inline",
                "<b><a><i>x".repeat(50_000),
                TreeError::TooDeep,
            ),
            ("reopened formats", formats, TreeError::TooDeep),
            ("wide", "<br>".repeat(600_000), TreeError::TooManyNodes),
            (
                "many tags at great depth",
                format!("{}{}", "<div>".repeat(500), "</x></p>".repeat(60_000)),
                TreeError::TooMuchWork,
            ),
            (
                "attributes",
                format!("<p{attributes}>"),
                TreeError::TooManyAttributes,
            ),
            (
                "attributes by slashes",
                format!("x<p{slashes}"),
                TreeError::TooManyAttributes,
            ),
            (
                "attributes after a letter of several bytes",
                format!("ế<p{slashes}"),
                TreeError::TooManyAttributes,
            ),
            (
                "attributes without blanks",
                format!("<p {glued}>"),
                TreeError::TooManyAttributes,
            ),
            (
                "attributes after what looks like a comment",
                format!("<p x=\"<!--\" {attributes}>"),
                TreeError::TooManyAttributes,
            ),
            (
                "attributes of an end tag",
                format!("</p{attributes}>"),
                TreeError::TooManyAttributes,
            ),
            (
                "attributes after what is ignored",
                format!("\n</x>\n<html{attributes}>"),
                TreeError::TooManyAttributes,
            ),
            ("late attributes", late, TreeError::TooManyAttributes),
        ];
        for (what, text, expected) in table {
            assert_eq!(parse(&text).unwrap_err(), expected, "{what}");
        }
    }

    #[test]
    fn what_a_real_page_may_have_is_no_cap() {
        let table = [
            ("deep enough", "<div>".repeat(500)),
            ("many attributes", format!("<p{}>", " data-x=1".repeat(400))),
            (
                "a huge style attribute",
                format!("<p style='{}'>", "a: b; ".repeat(100_000)),
            ),
            (
                "a huge comment",
                format!("<!--{}-->", "a b='c' ".repeat(100_000)),
            ),
            (
                "a tag with many words in a comment",
                format!("</x><!-- <p {} -->", "a b='c' ".repeat(2_000)),
            ),
            ("open at the end", "<p><b><!-- x ".to_owned()),
        ];
        for (what, text) in table {
            assert!(parse(&text).is_ok(), "{what}");
        }
    }
}

//! Text: an element in, what a reader sees of it out, white space as in the page. Scripts, styles,
//! templates and comments are no text. A line break is `\n`, and so is the edge of a block, so that
//! two paragraphs never become one word.

use scraper::{ElementRef, Node};

/// What an element means for the text around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Never text.
    Unseen,
    /// `br`.
    Break,
    /// Begins and ends a line.
    Block,
    /// Runs in the line.
    Inline,
}

/// The role of an element by its name (WHATWG HTML, section 15.3).
pub(super) fn role(name: &str) -> Role {
    match name {
        "script" | "style" | "template" | "noscript" | "head" | "title" | "select" | "option"
        | "textarea" | "button" | "input" | "svg" | "math" | "datalist" => Role::Unseen,
        "br" => Role::Break,
        "address" | "article" | "aside" | "blockquote" | "body" | "caption" | "center" | "dd"
        | "details" | "dialog" | "div" | "dl" | "dt" | "fieldset" | "figcaption" | "figure"
        | "footer" | "form" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "header" | "hgroup"
        | "hr" | "html" | "legend" | "li" | "main" | "menu" | "nav" | "ol" | "p" | "pre"
        | "section" | "summary" | "table" | "tbody" | "td" | "tfoot" | "th" | "thead" | "tr"
        | "ul" => Role::Block,
        _ => Role::Inline,
    }
}

/// The text of an element.
pub(super) fn text_of(element: ElementRef<'_>) -> String {
    text_without(element, &|_| false)
}

/// The beginning of an element's text, at least `bytes` long where the whole is. So a rule as wide
/// as `div` costs no more on a page of nested `div`s.
pub(super) fn beginning_of(element: ElementRef<'_>, bytes: usize) -> String {
    let mut text = String::new();
    gather(element, &|_| false, bytes, &mut text);
    text
}

/// The text of an element without the parts that `leave_out` names.
pub(super) fn text_without(
    element: ElementRef<'_>,
    leave_out: &dyn Fn(ElementRef<'_>) -> bool,
) -> String {
    let mut text = String::new();
    gather(element, leave_out, usize::MAX, &mut text);
    text
}

/// Depth of the recursion: that of the tree, which has a cap.
fn gather(
    element: ElementRef<'_>,
    leave_out: &dyn Fn(ElementRef<'_>) -> bool,
    enough: usize,
    text: &mut String,
) {
    for node in element.children() {
        if text.len() >= enough {
            return;
        }
        match node.value() {
            Node::Text(words) => text.push_str(words),
            Node::Element(_) => {
                let Some(child) = ElementRef::wrap(node).filter(|child| !leave_out(*child)) else {
                    continue;
                };
                match role(child.value().name()) {
                    Role::Unseen => {}
                    Role::Break => text.push('\n'),
                    Role::Inline => gather(child, leave_out, enough, text),
                    Role::Block => {
                        line_end(text);
                        gather(child, leave_out, enough, text);
                        line_end(text);
                    }
                }
            }
            _ => {}
        }
    }
}

fn line_end(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::text::{clean, clean_lines};
    use scraper::Html;

    #[test]
    fn what_a_reader_sees() {
        let table = [
            ("inline", "<p>Bộ <b>Y</b><i> tế</i>", "Bộ Y tế"),
            ("blocks are lines", "<div>a<p>b</p>c</div>", "a\nb\nc"),
            ("break", "a<br>b<br><br>c", "a\nb\nc"),
            (
                "no scripts, styles, templates, comments",
                "a<script>x</script><style>y</style><template>z</template><noscript>n</noscript><!-- c -->b",
                "ab",
            ),
            ("entities", "a &amp; b&nbsp;&lt;c&gt;", "a & b <c>"),
            (
                "a form's choices",
                "a<select><option>x</select><button>y</button>",
                "a",
            ),
            ("cells", "<table><tr><td>a<td>b</table>", "a\nb"),
        ];
        for (what, html, expected) in table {
            let page = Html::parse_document(html);
            assert_eq!(
                clean_lines(&text_of(page.root_element())),
                expected,
                "{what}"
            );
        }
    }

    #[test]
    fn white_space_stays_as_in_the_page() {
        let page = Html::parse_document("<p> a \u{a0}\n b </p>");
        let text = text_of(page.root_element());
        assert!(text.contains(" a \u{a0}\n b "), "{text:?}");
        assert_eq!(clean(&text), "a b");
    }
}

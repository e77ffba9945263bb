//! Grid: lists, quotations and tables of a body, each read as a whole. A table is one of three: a
//! frame for one text, a picture with its caption (a row with an image, a row with text), or values
//! in rows. Pictures and players inside come after the list, quotation or table.

use scraper::{ElementRef, Node};

use super::body::Walker;
use super::piece::{Line, Look, MAX_CAPTION_CHARS, Picture, Piece, What, is_at_most, is_blank};
use crate::normalize::text::clean;

/// The most cells of a table that is taken for pictures with captions. Our choice; one picture has
/// two cells.
const MAX_PICTURE_CELLS: usize = 200;

impl Walker<'_> {
    /// A list: one text an item, lists inside an item are lines of it.
    pub(super) fn list(&mut self, element: ElementRef<'_>) {
        let mut items: Vec<String> = Vec::new();
        for node in element.children() {
            let text = match node.value() {
                Node::Text(words) => words.to_string(),
                _ => ElementRef::wrap(node).map_or_else(String::new, |child| {
                    if self.is_unseen(child) {
                        String::new()
                    } else {
                        self.whole_text(child)
                    }
                }),
            };
            if is_blank(&text) {
                continue;
            }
            let is_inner_list = ElementRef::wrap(node)
                .is_some_and(|child| matches!(child.value().name(), "ul" | "ol"));
            match items.last_mut().filter(|_| is_inner_list) {
                Some(item) => {
                    item.push('\n');
                    item.push_str(&text);
                }
                None => items.push(text),
            }
        }
        if !items.is_empty() {
            self.pieces.push(Piece {
                what: What::List {
                    ordered: element.value().name() == "ol",
                    items,
                },
                links: self.links_in(element),
            });
        }
        self.objects(element);
    }

    /// A quotation.
    pub(super) fn quote(&mut self, element: ElementRef<'_>) {
        let text = self.whole_text(element);
        if !is_blank(&text) {
            self.pieces.push(Piece {
                what: What::Quote(text),
                links: self.links_in(element),
            });
        }
        self.objects(element);
    }

    /// A table of any sort.
    pub(super) fn table(&mut self, element: ElementRef<'_>) {
        let rows = rows_of(element);
        let cells: Vec<ElementRef<'_>> = rows.iter().flatten().copied().collect();
        let is_frame = cells.len() == 1
            || cells.iter().any(|cell| {
                cell.descendent_elements()
                    .any(|child| child.value().name() == "table")
            });
        if self.holds_captioned_pictures(&rows) {
            self.picture_table(&rows);
        } else if is_frame {
            for cell in cells {
                self.as_block(cell);
            }
        } else {
            self.value_table(element, &rows);
        }
    }

    /// Pictures, and not more texts than pictures, each short and not before the first picture.
    fn holds_captioned_pictures(&self, rows: &[Vec<ElementRef<'_>>]) -> bool {
        if rows.iter().map(Vec::len).sum::<usize>() > MAX_PICTURE_CELLS {
            return false;
        }
        let mut pictures = 0;
        let mut texts = 0;
        for cell in rows.iter().flatten() {
            let inside = count_pictures(*cell);
            let text = self.whole_text(*cell);
            let has_text = !is_blank(&text);
            pictures += inside;
            texts += usize::from(has_text);
            if has_text && (pictures == 0 || !is_at_most(&text, MAX_CAPTION_CHARS)) {
                return false;
            }
        }
        pictures > 0 && texts <= pictures
    }

    /// Each text is the caption of the picture in its cell, else of the one above it, else of the
    /// last before it.
    fn picture_table(&mut self, rows: &[Vec<ElementRef<'_>>]) {
        let mut above: Vec<(usize, usize)> = Vec::new();
        for row in rows {
            let mut here = Vec::new();
            for (column, cell) in row.iter().enumerate() {
                let start = self.pieces.len();
                if count_pictures(*cell) > 0 {
                    self.boxed(*cell);
                    here.push((column, start));
                    continue;
                }
                let text = self.whole_text(*cell);
                if is_blank(&text) {
                    continue;
                }
                let links = self.links_in(*cell);
                let place = above
                    .iter()
                    .find(|(known, _)| *known == column)
                    .or(above.last())
                    .map(|(_, place)| *place);
                let picture = place
                    .and_then(|place| self.pieces.get_mut(place..))
                    .and_then(|pieces| pieces.iter_mut().find_map(Piece::picture_without_caption));
                match picture {
                    Some(picture) => picture.caption = Some(text),
                    None => self.pieces.push(Piece {
                        what: What::Picture(Picture::only_caption(text)),
                        links,
                    }),
                }
            }
            if !here.is_empty() {
                above = here;
            }
        }
    }

    fn value_table(&mut self, element: ElementRef<'_>, rows: &[Vec<ElementRef<'_>>]) {
        let caption = element
            .child_elements()
            .find(|child| child.value().name() == "caption");
        if let Some(caption) = caption {
            let text = self.whole_text(caption);
            if !is_blank(&text) {
                let line = Line::new(text, Look::Plain, false);
                self.pieces.push(Piece::new(What::Line(line)));
            }
        }
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| self.whole_text(*cell)).collect())
            .filter(|row: &Vec<String>| row.iter().any(|cell| !clean(cell).is_empty()))
            .collect();
        if !rows.is_empty() {
            self.pieces.push(Piece {
                what: What::Table { rows },
                links: self.links_in(element),
            });
        }
        self.objects(element);
    }
}

fn count_pictures(cell: ElementRef<'_>) -> usize {
    cell.descendent_elements()
        .filter(|child| child.value().name() == "img")
        .count()
}

/// The cells of a table's own rows, not of tables inside it.
fn rows_of(table: ElementRef<'_>) -> Vec<Vec<ElementRef<'_>>> {
    let is_part =
        |element: &ElementRef<'_>| matches!(element.value().name(), "thead" | "tbody" | "tfoot");
    table
        .child_elements()
        .filter(is_part)
        .flat_map(|part| part.child_elements())
        .filter(|row| row.value().name() == "tr")
        .map(|row| {
            row.child_elements()
                .filter(|cell| matches!(cell.value().name(), "td" | "th"))
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::{blocks_of, images_of, profile, read_article};
    use crate::model::ArticleDraft;

    fn read(body: &str) -> ArticleDraft {
        let profile = profile(
            r##"
[[article]]
id = "a"
platform = "one"
root = "#a"
title = "h1"
body.root = ".t"
"##,
        );
        let page = format!("<div id=a><h1>T</h1><div class=t>{body}</div></div>");
        read_article(&profile, &page).0
    }

    #[test]
    fn lists_tables_and_quotations_are_blocks() {
        let table: &[(&str, &str, &[&str])] = &[
            (
                "a list",
                "<ul><li>a</li><li> </li><li>b</li></ul>",
                &["ul: a|b"],
            ),
            ("numbered", "<ol><li>a<li>b</ol>", &["ol: a|b"]),
            (
                "a list in a list",
                "<ul><li>a<ul><li>b<li>c</ul><li>d</ul>",
                &["ul: a/b/c|d"],
            ),
            (
                "a list in a list, wrongly",
                "<ul><li>a</li><ul><li>b</li></ul></ul>",
                &["ul: a/b"],
            ),
            ("an empty list", "<ul><li> </li></ul><p>a", &["p: a"]),
            (
                "a picture in a list comes after it",
                "<ul><li>a<img src=1.jpg><li>b</ul>",
                &["ul: a|b", "image: 1"],
            ),
            (
                "a table",
                "<table><thead><tr><th>a<th>b</thead><tr><td>1<td></table>",
                &["table: a|b / 1|"],
            ),
            (
                "empty rows",
                "<table><tr><td> <td> <tr><td>1<td>2</table>",
                &["table: 1|2"],
            ),
            (
                "its title",
                "<table><caption>t</caption><tr><td>1<td>2</table>",
                &["p: t", "table: 1|2"],
            ),
            (
                "a frame",
                "<table><tr><td><p>a</p><p>b</p></table>",
                &["p: a", "p: b"],
            ),
            (
                "a table in a frame",
                "<table><tr><td>a<table><tr><td>1<td>2</table></table>",
                &["p: a", "table: 1|2"],
            ),
            (
                "a quotation with a picture",
                "<blockquote>a<img src=1.jpg></blockquote>",
                &["quote: a", "image: 1"],
            ),
        ];
        for (what, body, expected) in table {
            assert_eq!(blocks_of(&read(body)), *expected, "{what}");
        }
    }

    #[test]
    fn a_table_of_pictures_is_pictures_with_captions() {
        let long = "một hai ba bốn ".repeat(30);
        let values = format!("<table><tr><td><img src=1.jpg><td>{long}</table>");
        let table: &[(&str, &str, &[&str])] = &[
            (
                "picture over caption",
                "<table><tr><td><img src=1.jpg><tr><td>a.</table>",
                &["1.jpg = a."],
            ),
            (
                "in one cell",
                "<table><tr><td><img src=1.jpg><br>a</table>",
                &["1.jpg = a"],
            ),
            (
                "two beside each other",
                "<table><tr><td><img src=1.jpg><td><img src=2.jpg><tr><td>a<td>b</table>",
                &["1.jpg = a", "2.jpg = b"],
            ),
            (
                "one caption under two",
                "<table><tr><td><img src=1.jpg><td><img src=2.jpg><tr><td colspan=2>a</table>",
                &["1.jpg = a", "2.jpg = -"],
            ),
            (
                "two under each other",
                "<table><tr><td><img src=1.jpg><tr><td>a<tr><td><img src=2.jpg><tr><td>b</table>",
                &["1.jpg = a", "2.jpg = b"],
            ),
            ("a long text is no caption", &values, &["1.jpg = -"]),
        ];
        for (what, body, expected) in table {
            assert_eq!(images_of(&read(body)), *expected, "{what}");
        }
        assert!(blocks_of(&read(&values))[0].starts_with("table: "));
    }
}

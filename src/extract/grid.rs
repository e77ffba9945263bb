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
                self.pieces.push(Piece::new(What::Line(Line {
                    text,
                    look: Look::Plain,
                    slanted: false,
                })));
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

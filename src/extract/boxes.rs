//! Boxes: elements that hold pictures and their captions together. Every text in a box is a caption,
//! of the picture before it or else of the one after it.

use std::collections::HashSet;

use ego_tree::NodeId;
use scraper::ElementRef;

use super::body::{Style, Walker, chosen};
use super::objects::is_embed;
use super::piece::{Picture, Piece, What, is_blank};
use crate::config::Css;

/// Boxes of the profile, and every `figure` that holds a picture, or nothing but a caption
/// (CKEditor also puts tables and players into a `figure`).
pub(super) fn boxes(body: ElementRef<'_>, selectors: &[Css]) -> HashSet<NodeId> {
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

impl Walker<'_> {
    pub(super) fn caption(&mut self, element: ElementRef<'_>) {
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

//! Objects: what is seen in a body but is no text (pictures, players, links), and elements that are
//! read as wholes, whose objects come after them.

use scraper::ElementRef;

use super::body::{Style, Walker};
use super::piece::{Picture, Piece, What, is_blank};
use super::selectors::resolve;
use super::text::{Role, role, text_of, text_without};
use crate::model::Link;
use crate::normalize::text::clean;

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

impl Walker<'_> {
    pub(super) fn object(&self, element: ElementRef<'_>) -> Piece {
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
    pub(super) fn link(&self, element: ElementRef<'_>) -> Option<Link> {
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

    pub(super) fn leaves_line(&self, element: ElementRef<'_>) -> bool {
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

    pub(super) fn is_box(&self, element: ElementRef<'_>) -> bool {
        self.boxes.contains(&element.id())
    }

    /// True if an element is dropped, or was taken for another field.
    pub(super) fn is_unseen(&self, element: ElementRef<'_>) -> bool {
        self.unseen.contains(&element.id())
    }
}

//! Stand: whether the parser, right behind the start tag of a part, stands so that the part may be
//! left out. The parser itself is asked, so that whatever came before needs no argument.

use std::cell::RefCell;
use std::collections::HashMap;

use ego_tree::NodeId;
use html5ever::ns;
use html5ever::tree_builder::Tracer;
use scraper::{Html, Node};

use super::looked_at::LookedAt;
use super::names::{Sort, sort_of};
use super::scan::Part;
use crate::extract::tree::{Building, MAX_DEPTH};

/// Asks the parser of one page.
pub(super) struct Stand<'p> {
    looked_at: &'p LookedAt<'p>,
    /// Of the elements asked about so far, and those above them: whether neither they nor anything
    /// above is looked at. So each is looked through once.
    known: HashMap<NodeId, bool>,
}

impl<'p> Stand<'p> {
    pub(super) fn new(looked_at: &'p LookedAt<'p>) -> Self {
        Self {
            looked_at,
            known: HashMap::new(),
        }
    }

    /// How many elements are open, if the part may be left out. `before`: the element that was made
    /// last before the start tag was read.
    pub(super) fn allows(
        &mut self,
        building: &Building<'_>,
        part: &Part<'_>,
        before: Option<NodeId>,
    ) -> Option<usize> {
        let sink = building.sink();
        let made = sink
            .last_element()
            .filter(|_| sink.last_element() != before)?;
        let html = sink.html();
        let name = name_of(&html, made)?;
        if !name.as_bytes().eq_ignore_ascii_case(part.name) {
            return None;
        }
        let handles = handles(building);
        let last = handles.iter().position(|handle| *handle == made)?;
        let (open, behind) = handles.split_at_checked(last + 1)?;
        // Behind what is open come active formatting elements: there are none, because the head comes
        // first, and no formatting element has its name.
        let (head, form) = behind.split_first()?;
        if name_of(&html, *head) != Some("head") || (part.has_form && !form.is_empty()) {
            return None;
        }
        let open = if part.is_raw {
            0
        } else {
            simple_place(&html, open)?
        };
        (self.is_free(&html, made) && open + part.depth + 2 < MAX_DEPTH).then_some(open)
    }

    /// True if neither the element nor one above it is looked at.
    fn is_free(&mut self, html: &Html, element: NodeId) -> bool {
        let Some(node) = html.tree.get(element) else {
            return false;
        };
        let mut path = Vec::new();
        let mut is_free = true;
        for node in std::iter::once(node).chain(node.ancestors()) {
            let Node::Element(element) = node.value() else {
                continue;
            };
            if let Some(known) = self.known.get(&node.id()) {
                is_free = *known;
                break;
            }
            path.push(node.id());
            let looked_at = self.looked_at;
            let has_mark = |(name, value): (&str, &str)| {
                looked_at.has_attribute(name.as_bytes(), value.as_bytes())
            };
            if looked_at.has_name(element.name().as_bytes()) || element.attrs().any(has_mark) {
                is_free = false;
                break;
            }
        }
        self.known.extend(path.into_iter().map(|id| (id, is_free)));
        is_free
    }
}

/// The name of an element of HTML; `None` for one of another language.
fn name_of(html: &Html, element: NodeId) -> Option<&str> {
    let element = html.tree.get(element)?.value().as_element()?;
    (element.name.ns == ns!(html)).then(|| element.name())
}

/// How many elements are open, if all of them are simple. `open`: the document, then what is open.
fn simple_place(html: &Html, open: &[NodeId]) -> Option<usize> {
    let [_, root, body, others @ ..] = open else {
        return None;
    };
    if name_of(html, *root) != Some("html") || name_of(html, *body) != Some("body") {
        return None;
    }
    let mut is_in_cell = None;
    for element in others.iter().rev() {
        match name_of(html, *element)? {
            "td" | "th" => {
                is_in_cell.get_or_insert(true);
            }
            "table" | "tbody" | "thead" | "tfoot" | "tr" if is_in_cell == Some(true) => {}
            name if sort_of(name.as_bytes()).is_container() => {}
            name if sort_of(name.as_bytes()) == Sort::Inline => {}
            _ => return None,
        }
    }
    Some(open.len())
}

/// What the tree builder holds, in its order: the document, all open elements, all active formatting
/// elements, the head, the form.
fn handles(building: &Building<'_>) -> Vec<NodeId> {
    struct Collect(RefCell<Vec<NodeId>>);
    impl Tracer for Collect {
        type Handle = NodeId;
        fn trace_handle(&self, node: &NodeId) {
            self.0.borrow_mut().push(*node);
        }
    }
    let collect = Collect(RefCell::new(Vec::with_capacity(32)));
    building.builder().trace_handles(&collect);
    collect.0.into_inner()
}

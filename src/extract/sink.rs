//! Sink: scraper's tree sink with a count of what is built. html5ever itself has no caps, and its
//! work per tag grows with the depth of the tree, so the reader in [`super::tree`] looks here after
//! each small piece of the page whether a cap is passed, and stops feeding.
//!
//! In: calls of html5ever's tree builder. Out: the same calls to [`HtmlTreeSink`], counted.

use std::borrow::Cow;
use std::cell::{Cell, Ref};

use ego_tree::NodeId;
use html5ever::tendril::StrTendril;
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, QualName, local_name};
use scraper::{Html, HtmlTreeSink};

/// scraper's sink with counters.
pub(super) struct CountingSink {
    inner: HtmlTreeSink,
    nodes: Cell<usize>,
    depth: Cell<usize>,
    late_attributes: Cell<usize>,
    calls: Cell<u64>,
    steps: Cell<u64>,
    last_element: Cell<Option<NodeId>>,
    has_frameset: Cell<bool>,
}

impl CountingSink {
    /// A sink for a whole document.
    pub(super) fn new() -> Self {
        Self {
            inner: HtmlTreeSink::new(Html::new_document()),
            nodes: Cell::new(0),
            depth: Cell::new(0),
            late_attributes: Cell::new(0),
            calls: Cell::new(0),
            steps: Cell::new(0),
            last_element: Cell::new(None),
            has_frameset: Cell::new(false),
        }
    }

    /// How many nodes were made.
    pub(super) fn nodes(&self) -> usize {
        self.nodes.get()
    }

    /// The deepest place at which an element was put.
    pub(super) fn depth(&self) -> usize {
        self.depth.get()
    }

    /// How many attributes came late, by a second `<html>` or `<body>` tag.
    pub(super) fn late_attributes(&self) -> usize {
        self.late_attributes.get()
    }

    /// How often the tree builder did something: it did nothing while a tag or comment is open.
    pub(super) fn calls(&self) -> u64 {
        self.calls.get()
    }

    /// How many open elements the tree builder looked at: its work, tag by tag.
    pub(super) fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// The element that was made last.
    pub(super) fn last_element(&self) -> Option<NodeId> {
        self.last_element.get()
    }

    /// True if a `<frameset>` was taken for one: then there is no body.
    pub(super) fn has_frameset(&self) -> bool {
        self.has_frameset.get()
    }

    /// The tree as it stands.
    pub(super) fn html(&self) -> Ref<'_, Html> {
        self.inner.0.borrow()
    }

    fn called(&self) {
        self.calls.set(self.calls.get().saturating_add(1));
    }

    fn made_node(&self) {
        self.called();
        self.nodes.set(self.nodes.get().saturating_add(1));
    }

    /// Notes the depth of an element that was just put somewhere.
    fn placed(&self, child: NodeId) {
        let html = self.inner.0.borrow();
        let depth = html
            .tree
            .get(child)
            .map_or(0, |node| node.ancestors().count());
        self.depth.set(self.depth.get().max(depth));
    }
}

/// The element among what is put into the tree, if it is one.
fn element(child: &NodeOrText<NodeId>) -> Option<NodeId> {
    match child {
        NodeOrText::AppendNode(id) => Some(*id),
        NodeOrText::AppendText(_) => None,
    }
}

impl TreeSink for CountingSink {
    type Handle = NodeId;
    type Output = Html;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Html {
        self.inner.finish()
    }

    fn parse_error(&self, _message: Cow<'static, str>) {
        // Every page has some. They are not kept: a hostile page could have millions.
    }

    fn get_document(&self) -> NodeId {
        self.inner.get_document()
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Ref<'a, QualName> {
        self.steps.set(self.steps.get().saturating_add(1));
        self.inner.elem_name(target)
    }

    fn create_element(
        &self,
        name: QualName,
        attributes: Vec<Attribute>,
        flags: ElementFlags,
    ) -> NodeId {
        self.made_node();
        if name.local == local_name!("frameset") {
            self.has_frameset.set(true);
        }
        let made = self.inner.create_element(name, attributes, flags);
        self.last_element.set(Some(made));
        made
    }

    fn create_comment(&self, text: StrTendril) -> NodeId {
        self.made_node();
        self.inner.create_comment(text)
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> NodeId {
        self.made_node();
        self.inner.create_pi(target, data)
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        self.called();
        let placed = element(&child);
        if placed.is_none() {
            self.made_node();
        }
        self.inner.append(parent, child);
        if let Some(id) = placed {
            self.placed(id);
        }
    }

    fn append_based_on_parent_node(
        &self,
        element_id: &NodeId,
        previous: &NodeId,
        child: NodeOrText<NodeId>,
    ) {
        self.made_node();
        let placed = element(&child);
        self.inner
            .append_based_on_parent_node(element_id, previous, child);
        if let Some(id) = placed {
            self.placed(id);
        }
    }

    fn append_doctype_to_document(
        &self,
        name: StrTendril,
        public_id: StrTendril,
        system_id: StrTendril,
    ) {
        self.made_node();
        self.inner
            .append_doctype_to_document(name, public_id, system_id);
    }

    fn pop(&self, node: &NodeId) {
        self.called();
        self.inner.pop(node);
    }

    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        self.inner.get_template_contents(target)
    }

    fn same_node(&self, one: &NodeId, other: &NodeId) -> bool {
        one == other
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.called();
        self.inner.set_quirks_mode(mode);
    }

    fn append_before_sibling(&self, sibling: &NodeId, child: NodeOrText<NodeId>) {
        self.made_node();
        let placed = element(&child);
        self.inner.append_before_sibling(sibling, child);
        if let Some(id) = placed {
            self.placed(id);
        }
    }

    fn add_attrs_if_missing(&self, target: &NodeId, attributes: Vec<Attribute>) {
        self.called();
        self.late_attributes
            .set(self.late_attributes.get().saturating_add(attributes.len()));
        self.inner.add_attrs_if_missing(target, attributes);
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.called();
        self.inner.remove_from_parent(target);
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        self.called();
        self.inner.reparent_children(node, new_parent);
    }
}

//! Looked at: a profile in, the marks of all its rules out, and whether an element has one of them.
//! What stands at or below such an element is never left out.

use crate::config::{
    ArticleLayout, Css, ListingLayout, Mark, Marks, Rule, Rules, Select, SiteProfile, Within,
};

/// Where the rules of a profile may find something, in a page as a whole.
pub(super) struct LookedAt<'p> {
    names: Vec<&'p str>,
    ids: Vec<&'p str>,
    classes: Vec<&'p str>,
    /// The bytes of the shortest of them.
    shortest_class: usize,
    attributes: Vec<(&'p str, Option<&'p str>)>,
}

impl<'p> LookedAt<'p> {
    /// `None` if a rule may look anywhere. Only CSS rules count: a JSONPath finds nothing in a page.
    pub(super) fn of(profile: &'p SiteProfile) -> Option<Self> {
        let mut looked_at = Self {
            names: Vec::new(),
            ids: Vec::new(),
            classes: Vec::new(),
            shortest_class: usize::MAX,
            attributes: Vec::new(),
        };
        let refusals = &profile.refusals;
        looked_at.in_page(&refusals.blocked)?;
        looked_at.in_page(&refusals.soft_gone)?;
        for layout in &profile.listings {
            looked_at.listing(layout)?;
        }
        for layout in &profile.articles {
            looked_at.article(layout)?;
        }
        Some(looked_at)
    }

    /// True if an element of this name is looked at, whatever its attributes.
    pub(super) fn has_name(&self, name: &[u8]) -> bool {
        self.names
            .iter()
            .any(|known| known.as_bytes().eq_ignore_ascii_case(name))
    }

    /// True if an element with this attribute is looked at. A value that holds `&` may stand for any.
    pub(super) fn has_attribute(&self, name: &[u8], value: &[u8]) -> bool {
        let is = |known: &str, text: &[u8]| known.as_bytes().eq_ignore_ascii_case(text);
        let is_any = |values: &[&str], text: &[u8]| values.iter().any(|known| is(known, text));
        let may_be_any = || memchr::memchr(b'&', value).is_some();
        let is_named = match name.len() {
            2 if name.eq_ignore_ascii_case(b"id") => is_any(&self.ids, value) || may_be_any(),
            5 if name.eq_ignore_ascii_case(b"class") => {
                let mut words = value.split(u8::is_ascii_whitespace);
                may_be_any()
                    || (value.len() >= self.shortest_class
                        && words.any(|word| is_any(&self.classes, word)))
            }
            _ => false,
        };
        // A selector may also write `[class]`.
        is_named
            || self.attributes.iter().any(|(known, wanted)| {
                is(known, name) && wanted.is_none_or(|wanted| is(wanted, value) || may_be_any())
            })
    }

    /// Rules that are asked of the whole page.
    fn in_page(&mut self, rules: &'p Rules) -> Option<()> {
        rules.iter().try_for_each(|rule| self.rule(rule, true))
    }

    /// Rules that are asked inside an element that another rule has found, unless they say otherwise.
    fn in_root(&mut self, rules: &'p Rules) -> Option<()> {
        rules.iter().try_for_each(|rule| self.rule(rule, false))
    }

    fn rule(&mut self, rule: &'p Rule, of_page: bool) -> Option<()> {
        match rule.select() {
            Select::Json(_) => Some(()),
            Select::Css { marks, within, .. } => {
                self.add(marks, of_page || *within == Within::Page)
            }
        }
    }

    fn listing(&mut self, layout: &'p ListingLayout) -> Option<()> {
        for rules in [&layout.items, &layout.next, &layout.last] {
            self.in_page(rules)?;
        }
        let fields = [
            &layout.link,
            &layout.title,
            &layout.stamp.select,
            &layout.summary,
        ];
        for rules in fields.into_iter().chain(layout.vars.values()) {
            self.in_root(rules)?;
        }
        Some(())
    }

    fn article(&mut self, layout: &'p ArticleLayout) -> Option<()> {
        for rules in [&layout.root, &layout.related.items] {
            self.in_page(rules)?;
        }
        let fields = [
            &layout.title,
            &layout.published.select,
            &layout.lead,
            &layout.author,
            &layout.categories,
            &layout.body.root,
            &layout.source.select,
            &layout.related.link,
            &layout.attachments.items,
        ];
        for rules in fields.into_iter().chain(layout.vars.values()) {
            self.in_root(rules)?;
        }
        let captions = &layout.captions;
        let chosen = [&layout.body.drop, &captions.boxes, &captions.caption];
        chosen
            .into_iter()
            .flatten()
            .try_for_each(|css: &Css| self.add(css.marks(), false))
    }

    fn add(&mut self, marks: &'p Marks, of_page: bool) -> Option<()> {
        let marks = if of_page {
            &marks.in_page
        } else {
            &marks.in_root
        };
        for mark in marks.as_ref()? {
            match mark {
                Mark::Name(name) => put(&mut self.names, name.as_str()),
                Mark::Id(id) => put(&mut self.ids, id.as_str()),
                Mark::Class(class) => {
                    put(&mut self.classes, class.as_str());
                    self.shortest_class = self.shortest_class.min(class.len());
                }
                Mark::Attribute(name, value) => {
                    put(&mut self.attributes, (name.as_str(), value.as_deref()));
                }
            }
        }
        Some(())
    }
}

fn put<T: PartialEq>(known: &mut Vec<T>, one: T) {
    if !known.contains(&one) {
        known.push(one);
    }
}

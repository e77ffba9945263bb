//! A feed as XML: elements in the order in which people read them.
//!
//! Text of the web is text here, never markup: everything is escaped. XML 1.0 can not hold most control
//! characters, not even escaped (section 2.2); they become U+FFFD, as in CSV, and are counted.

use std::borrow::Cow;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::super::guard::clean;
use super::super::names::RIGHTS;
use super::super::names::SYNTHETIC;
use super::entry::Entry;
use crate::lang::Lang;

const NAMESPACE: &str = "http://www.w3.org/2005/Atom";
/// Says of a category that it is a state of the article and no section.
const STATE_SCHEME: &str = "urn:x-khotin:state";
/// Says of a category that the article is made up.
const SYNTHETIC_SCHEME: &str = "urn:x-khotin:synthetic";

/// What stands before the entries.
#[derive(Debug, Clone)]
pub(super) struct Feed {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) updated: String,
    pub(super) holds_synthetic: bool,
    pub(super) lang: Lang,
}

/// A feed being written.
pub(super) struct FeedXml<W: Write> {
    xml: Writer<W>,
    cleaned: u64,
}

impl<W: Write> FeedXml<W> {
    pub(super) fn begin(out: W, feed: &Feed) -> io::Result<Self> {
        let mut this = Self {
            xml: Writer::new_with_indent(out, b' ', 2),
            cleaned: 0,
        };
        let declaration = BytesDecl::new("1.0", Some("UTF-8"), None);
        this.xml.write_event(Event::Decl(declaration))?;
        let root = BytesStart::new("feed")
            .with_attributes([("xmlns", NAMESPACE), ("xml:lang", feed.lang.as_str())]);
        this.xml.write_event(Event::Start(root))?;
        this.element("id", &[], &feed.id)?;
        this.element("title", &[], &feed.title)?;
        if feed.holds_synthetic {
            this.element("subtitle", &[], SYNTHETIC)?;
        }
        this.element("updated", &[], &feed.updated)?;
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        this.element("generator", &version, "khotin")?;
        this.element("rights", &[], feed.lang.of(RIGHTS))?;
        Ok(this)
    }

    pub(super) fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        let mut start = BytesStart::new("entry");
        let language = entry
            .language
            .as_deref()
            .map(|language| self.clean(language));
        if let Some(language) = &language {
            start.push_attribute(("xml:lang", language.as_ref()));
        }
        self.xml.write_event(Event::Start(start))?;
        self.element("id", &[], &entry.id)?;
        self.element("title", &[], &entry.title)?;
        self.element("published", &[], &entry.published)?;
        self.element("updated", &[], &entry.updated)?;
        self.xml
            .write_event(Event::Start(BytesStart::new("author")))?;
        self.element("name", &[], &entry.author)?;
        self.xml.write_event(Event::End(BytesEnd::new("author")))?;
        self.empty("link", &[("rel", "alternate"), ("href", &entry.url)])?;
        for section in &entry.sections {
            self.empty("category", &[("term", section)])?;
        }
        if let Some(state) = entry.state {
            self.empty("category", &[("term", state), ("scheme", STATE_SCHEME)])?;
        }
        if entry.synthetic {
            let made_up = [
                ("term", "synthetic"),
                ("scheme", SYNTHETIC_SCHEME),
                ("label", SYNTHETIC),
            ];
            self.empty("category", &made_up)?;
        }
        if let Some(lead) = &entry.lead {
            self.element("summary", &[("type", "text")], lead)?;
        }
        if let Some(text) = &entry.text {
            self.element("content", &[("type", "text")], text)?;
        }
        self.xml.write_event(Event::End(BytesEnd::new("entry")))
    }

    /// Ends the feed and says how many texts had characters that XML can not hold.
    pub(super) fn end(mut self) -> io::Result<u64> {
        self.xml.write_event(Event::End(BytesEnd::new("feed")))?;
        self.xml.get_mut().write_all(b"\n")?;
        Ok(self.cleaned)
    }

    fn element(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) -> io::Result<()> {
        let text = self.clean(text);
        let element = self.xml.create_element(name);
        let element = element.with_attributes(attributes.iter().copied());
        element.write_text_content(BytesText::new(&text))?;
        Ok(())
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        let mut start = BytesStart::new(name);
        for (attribute, value) in attributes {
            let value = self.clean(value);
            start.push_attribute((*attribute, value.as_ref()));
        }
        self.xml.write_event(Event::Empty(start))
    }

    fn clean<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        let clean = fit_for_xml(text);
        self.cleaned = self.cleaned.saturating_add(u64::from(clean != text));
        clean
    }
}

/// [`clean`], and the two characters outside `Cc` that XML 1.0 forbids.
fn fit_for_xml(text: &str) -> Cow<'_, str> {
    const NO_CHARACTERS: [char; 2] = ['\u{fffe}', '\u{ffff}'];
    let clean = clean(text);
    if !clean.contains(NO_CHARACTERS) {
        return clean;
    }
    Cow::Owned(clean.replace(NO_CHARACTERS, "\u{fffd}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_can_not_hold_is_replaced() {
        let table = [
            ("words stay", "Bộ Y tế – “a” 😷", "Bộ Y tế – “a” 😷"),
            ("line breaks and tabs stay", "a\n\tb", "a\n\tb"),
            ("a reader would drop it", "a\r\nb", "a\nb"),
            ("NUL", "a\0b", "a\u{fffd}b"),
            ("terminal colour", "\u{1b}[31m", "\u{fffd}[31m"),
            ("no characters", "\u{fffe}a\u{ffff}", "\u{fffd}a\u{fffd}"),
        ];
        for (what, given, expected) in table {
            assert_eq!(fit_for_xml(given), expected, "{what}");
        }
    }
}

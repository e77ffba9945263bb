//! Marks: a CSS selector as text in, out what an element must have so that the selector may find
//! something at it or below it. [`crate::extract`] leaves out the parts of a page in which nothing
//! has any mark of the profile, before it builds the tree; it is all that depends on this module.
//!
//! What always holds, for a selector that is asked of a whole page: every element that it finds has
//! one of the marks, or stands below an element that has one; and whether it finds an element is not
//! changed by taking the children of other elements away, as long as none of these children has a
//! mark. `None` means that this can not be said, and then nothing may be left out. Too many marks
//! cost time, one too few would be a wrong record.
//!
//! An element is found by its own name and attributes, those of the elements above it, and those of
//! the elements beside it (`+`, `~`, `:nth-child`). All of these stay where children of others go. Only
//! `:has` looks down, so that what it looks for has marks too, and only `:empty` sees that children are
//! gone, so that it has no marks at all.

/// Something that the start tag of an element shows. Everything is compared without regard to the
/// case of ASCII letters, so that what CSS tells apart may have one mark too many.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Its `id`.
    Id(String),
    /// A word of its `class`.
    Class(String),
    /// Another attribute, with its value where the selector asks for just that value.
    Attribute(String, Option<String>),
    /// Its name.
    Name(String),
}

impl Mark {
    /// How many elements of a page have such a mark: the fewer, the lower.
    fn rank(&self) -> u8 {
        match self {
            Self::Id(_) => 0,
            Self::Class(_) => 1,
            Self::Attribute(_, Some(_)) => 2,
            Self::Attribute(_, None) => 3,
            Self::Name(_) => 4,
        }
    }
}

/// The marks of one selector (a list with commas is one selector).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    /// Those of a selector that is asked of a whole page.
    pub in_page: Option<Vec<Mark>>,
    /// Those of a selector that is only asked inside an element of which nothing is left out: what
    /// `:has` looks for elsewhere.
    pub in_root: Option<Vec<Mark>>,
}

impl Marks {
    /// The marks of a selector that is known to be sound CSS.
    ///
    /// # Examples
    /// ```
    /// # use khotin::config::{Mark, Marks};
    /// let marks = Marks::of("ul.pager > li:last-child > a");
    /// assert_eq!(marks.in_page, Some(vec![Mark::Class("pager".to_owned())]));
    /// assert_eq!(Marks::of("div :empty").in_page, None);
    /// ```
    pub fn of(css: &str) -> Self {
        let Some(list) = Reader::new(css).whole() else {
            return Self {
                in_page: None,
                in_root: None,
            };
        };
        Self {
            in_page: marks_in_page(&list),
            in_root: list
                .iter()
                .map(|chain| looked_for_below(chain, None))
                .collect::<Option<Vec<_>>>()
                .map(|marks| marks.into_iter().flatten().collect()),
        }
    }
}

fn marks_in_page(list: &[Chain]) -> Option<Vec<Mark>> {
    let mut marks = Vec::new();
    for chain in list {
        let (place, mark) = best_mark(chain)?;
        marks.push(mark.clone());
        marks.extend(looked_for_below(chain, Some(place))?);
    }
    Some(marks)
}

/// The rarest mark that what a chain finds, or an element above it, must have, with its place in the
/// chain. Of marks that are as rare, the one nearest to what is found.
fn best_mark(chain: &Chain) -> Option<(usize, &Mark)> {
    let last = chain.len().checked_sub(1)?;
    chain
        .iter()
        .enumerate()
        .rev()
        .filter(|(place, part)| *place == last || part.next == Some(Step::Down))
        .flat_map(|(place, part)| part.marks.iter().map(move |mark| (place, mark)))
        .min_by_key(|(_, mark)| mark.rank())
}

/// The marks of all that `:has` looks for. `kept`: the place in the chain of an element of which
/// nothing is left out, so that a `:has` at it or below it needs no marks.
fn looked_for_below(chain: &Chain, kept: Option<usize>) -> Option<Vec<Mark>> {
    let mut marks = Vec::new();
    for (place, part) in chain.iter().enumerate() {
        for inner in &part.has {
            let looks_down = inner.iter().all(|chain| {
                let first = chain.first();
                first.is_none_or(|first| first.before != Some(Step::Beside))
            });
            let is_inside = kept.is_some_and(|kept| kept < place || (kept == place && looks_down));
            if !is_inside {
                marks.extend(marks_in_page(inner)?);
            }
        }
        for chain in part.nested.iter().flatten() {
            marks.extend(looked_for_below(chain, None)?);
        }
    }
    Some(marks)
}

/// Compound selectors from left to right; the last is what is found.
type Chain = Vec<Part>;

/// One compound selector.
#[derive(Debug, Default)]
struct Part {
    /// How it follows the one before it, or the element that `:has` belongs to.
    before: Option<Step>,
    /// How the next one follows.
    next: Option<Step>,
    marks: Vec<Mark>,
    /// The lists of its `:has`.
    has: Vec<Vec<Chain>>,
    /// The lists of its `:not`, `:is` and `:where`.
    nested: Vec<Vec<Chain>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// To something below: a blank, or `>`.
    Down,
    /// To something beside: `+`, `~`.
    Beside,
}

/// Reads the selectors that profiles are written with; `None` for all others.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn new(css: &'a str) -> Self {
        Self { rest: css }
    }

    fn whole(mut self) -> Option<Vec<Chain>> {
        let list = self.list()?;
        self.rest.is_empty().then_some(list)
    }

    fn takes(&mut self, sign: char) -> bool {
        let after = self.rest.strip_prefix(sign);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn skip_blanks(&mut self) -> bool {
        let before = self.rest.len();
        self.rest = self
            .rest
            .trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        self.rest.len() < before
    }

    /// Letters, digits, `-`, `_` and what is not ASCII. An escape is not read, and neither is U+FFFD,
    /// which a page may write in another way.
    fn word(&mut self) -> Option<&'a str> {
        let is_part = |c: char| {
            c.is_ascii_alphanumeric()
                || matches!(c, '-' | '_')
                || (!c.is_ascii() && c != '\u{fffd}')
        };
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at_checked(end)?;
        self.rest = after;
        (!word.is_empty() && !after.starts_with('\\')).then_some(word)
    }

    fn list(&mut self) -> Option<Vec<Chain>> {
        let mut list = Vec::new();
        loop {
            self.skip_blanks();
            list.push(self.chain()?);
            if !self.takes(',') {
                return Some(list);
            }
        }
    }

    fn chain(&mut self) -> Option<Chain> {
        let mut chain: Chain = Vec::new();
        let mut before = self.sign();
        loop {
            self.skip_blanks();
            let mut part = self.part()?;
            part.before = before;
            if let Some(last) = chain.last_mut() {
                last.next = before;
            }
            chain.push(part);
            let blank = self.skip_blanks();
            before = self.sign().or(blank.then_some(Step::Down));
            if self.rest.is_empty() || self.rest.starts_with([',', ')']) {
                return Some(chain);
            }
            before?;
        }
    }

    fn sign(&mut self) -> Option<Step> {
        if self.takes('>') {
            Some(Step::Down)
        } else if self.takes('+') || self.takes('~') {
            Some(Step::Beside)
        } else {
            None
        }
    }

    fn part(&mut self) -> Option<Part> {
        let mut part = Part::default();
        let before = self.rest;
        if !self.takes('*') && !self.rest.starts_with(['#', '.', '[', ':']) {
            part.marks.push(Mark::Name(self.word()?.to_owned()));
        }
        loop {
            if self.takes('#') {
                part.marks.push(Mark::Id(self.word()?.to_owned()));
            } else if self.takes('.') {
                part.marks.push(Mark::Class(self.word()?.to_owned()));
            } else if self.takes('[') {
                part.marks.push(self.attribute()?);
            } else if self.takes(':') {
                self.pseudo_class(&mut part)?;
            } else {
                break;
            }
        }
        (self.rest.len() < before.len()).then_some(part)
    }

    fn attribute(&mut self) -> Option<Mark> {
        self.skip_blanks();
        let name = self.word()?.to_owned();
        self.skip_blanks();
        if self.takes(']') {
            return Some(Mark::Attribute(name, None));
        }
        let operator = self.rest.trim_start_matches(['~', '|', '^', '$', '*']);
        let is_equal = operator.len() == self.rest.len();
        self.rest = operator.strip_prefix('=')?;
        self.skip_blanks();
        let value = match ['"', '\''].into_iter().find(|quote| self.takes(*quote)) {
            None => self.word()?,
            Some(quote) => {
                let (value, after) = self.rest.split_once(quote)?;
                self.rest = after;
                value
            }
        };
        if value.contains(['\\', '\n', '\r', '\u{fffd}']) {
            return None;
        }
        self.skip_blanks();
        // `i` or `s`: whether case counts.
        if !self.rest.starts_with(']') {
            self.word()?;
            self.skip_blanks();
        }
        self.takes(']').then_some(())?;
        Some(Mark::Attribute(name, is_equal.then(|| value.to_owned())))
    }

    fn pseudo_class(&mut self, part: &mut Part) -> Option<()> {
        let name = self.word()?;
        match name {
            "root" | "scope" | "first-child" | "last-child" | "only-child" | "first-of-type"
            | "last-of-type" | "only-of-type" => Some(()),
            "nth-child" | "nth-last-child" | "nth-of-type" | "nth-last-of-type" => {
                let (count, after) = self.rest.strip_prefix('(')?.split_once(')')?;
                self.rest = after;
                let is_count = |c: char| c.is_ascii_digit() || "+- nevod".contains(c);
                // Not `of …`: that is a list of selectors.
                let is_plain = count.chars().all(is_count) && !count.contains("of");
                is_plain.then_some(())
            }
            "has" | "not" | "is" | "where" => {
                self.takes('(').then_some(())?;
                let list = self.list()?;
                self.takes(')').then_some(())?;
                let lists = if name == "has" {
                    &mut part.has
                } else {
                    &mut part.nested
                };
                lists.push(list);
                Some(())
            }
            // `:empty` sees what is gone, and the others are not known.
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(marks: Option<Vec<Mark>>) -> String {
        let Some(marks) = marks else {
            return "?".to_owned();
        };
        let told = marks.iter().map(|mark| match mark {
            Mark::Id(id) => format!("#{id}"),
            Mark::Class(class) => format!(".{class}"),
            Mark::Attribute(name, None) => format!("[{name}]"),
            Mark::Attribute(name, Some(value)) => format!("[{name}={value}]"),
            Mark::Name(name) => name.clone(),
        });
        told.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_selector_has_the_rarest_mark_on_the_way_down() {
        // what, selector, marks in a page, marks in a root
        let table = [
            ("a name", "title", "title", ""),
            ("a list", "h1, h2,h3", "h1 h2 h3", ""),
            ("a class is rarer than a name", "div.a", ".a", ""),
            ("an id is rarer than a class", ".a #b.c", "#b", ""),
            ("an element above", "ul.a > li > a", ".a", ""),
            ("the nearest of equal ones", ".a .b", ".b", ""),
            ("not one beside", ".a ~ p", "p", ""),
            ("but one above one beside", ".a p + i", ".a", ""),
            ("a value", "input[type=password]", "[type=password]", ""),
            ("a value in quotes", "a[ href = 'x y' i ]", "[href=x y]", ""),
            ("a part of a value", "a[href^='/x']", "[href]", ""),
            ("a place", "p:nth-child(2n+1):last-child", "p", ""),
            ("letters beyond ASCII", ".tin-tức", ".tin-tức", ""),
        ];
        for (what, css, in_page, in_root) in table {
            assert!(scraper::Selector::parse(css).is_ok(), "{what}");
            let marks = Marks::of(css);
            assert_eq!(told(marks.in_page), in_page, "{what}");
            assert_eq!(told(marks.in_root), in_root, "{what}");
        }
    }

    #[test]
    fn what_has_looks_for_has_marks_too_unless_it_is_inside() {
        let table = [
            ("beside the chain", "html:has(.x) p", "p .x", ".x"),
            ("inside what is kept", ".a:has(.x)", ".a", ".x"),
            ("below what is kept", ".a div:has(> a > h2)", ".a", "h2"),
            ("beside what is kept", ".a:has(+ .x)", ".a .x", ".x"),
            (
                "beside, but below what is kept",
                ".a p:has(~ .x)",
                ".a",
                ".x",
            ),
            ("in a negation", "p:not(:has(.x))", "p .x", ".x"),
            ("in each other", "p:has(i:has(.x))", "p", "i"),
            (
                "elsewhere in each other",
                "html:has(i:has(.x)) p",
                "p i",
                "i",
            ),
        ];
        for (what, css, in_page, in_root) in table {
            let marks = Marks::of(css);
            assert_eq!(told(marks.in_page), in_page, "{what}");
            assert_eq!(told(marks.in_root), in_root, "{what}");
        }
    }

    #[test]
    fn what_can_not_be_said_has_no_marks() {
        let table = [
            ("everything", "*", ""),
            ("everything but", ":not(.a)", ""),
            ("the page itself", ":root", ""),
            ("one of a list", "p, *", ""),
            ("anything below", "html:has(*) p", "?"),
            ("what is empty", ".a:empty", "?"),
            ("a list in a count", ".a:nth-child(2 of .b)", "?"),
            ("an escape", ".a\\.b", "?"),
            ("an escape in a value", "[a='\\62']", "?"),
            ("a sign that stands for others", ".a\u{fffd}", "?"),
            ("the same in a value", "[a='\u{fffd}']", "?"),
            ("a namespace", "*|a", "?"),
            ("a comment", ".a/**/.b", "?"),
        ];
        for (what, css, in_root) in table {
            let marks = Marks::of(css);
            assert_eq!(marks.in_page, None, "{what}");
            assert_eq!(told(marks.in_root), in_root, "{what}");
        }
    }
}

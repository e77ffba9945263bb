//! Selectors: the rules of a profile asked of one page. In: [`Rules`] and a [`Scope`]. Out: what
//! they find, in order of alternatives and then of the page, each with its evidence.
//!
//! A rule that finds only white space finds nothing, so that the next alternative gets its turn. A
//! CSS rule looks at HTML only and a JSONPath at JSON only; in an article that came as JSON both
//! work, CSS on the HTML inside it.

use scraper::{ElementRef, Html};
use serde_json::Value;
use url::Url;

use super::piece::is_blank;
use super::text::{beginning_of, text_of};
use super::tree;
use crate::config::{Rule, Rules, Select, Within};
use crate::model::{Evidence, Field};

/// The longest address taken from a page, in bytes. Our choice; servers stop at about 8,000.
const MAX_URL_BYTES: usize = 8_192;
/// The most bytes of a field: title, lead, a listing's abstract. Our choice; a lead of the seeds has
/// 400. What is longer is cut there.
const FIELD_BYTES: usize = 64 * 1_024;

/// Where rules look.
#[derive(Clone, Copy, Default)]
pub(super) struct Scope<'a> {
    /// The whole page: for `within = "page"`, and where there is no root.
    pub(super) page: Option<&'a Html>,
    /// The element in which CSS rules look.
    pub(super) root: Option<ElementRef<'a>>,
    /// The value in which JSONPath rules look: their `$`.
    pub(super) json: Option<&'a Value>,
}

impl<'a> Scope<'a> {
    /// A whole HTML page.
    pub(super) fn page(page: &'a Html) -> Self {
        Self {
            page: Some(page),
            ..Self::default()
        }
    }

    /// A JSON value.
    pub(super) fn json(value: &'a Value) -> Self {
        Self {
            json: Some(value),
            ..Self::default()
        }
    }

    /// The same page, looked at as a whole.
    pub(super) fn whole_page(self) -> Self {
        Self { root: None, ..self }
    }

    /// The place that a rule found, as a scope of its own.
    pub(super) fn at(self, place: Place<'a>) -> Self {
        match place {
            Place::Element(element) => Self {
                root: Some(element),
                ..self
            },
            Place::Value(value) => Self {
                json: Some(value),
                ..self
            },
        }
    }
}

/// What a rule points at.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// An element of the page.
    Element(ElementRef<'a>),
    /// A value of a JSON answer.
    Value(&'a Value),
}

/// The places that one rule points at, in page order.
pub(super) fn places<'a>(
    rule: &'a Rule,
    scope: Scope<'a>,
) -> Box<dyn Iterator<Item = Place<'a>> + 'a> {
    let (selector, within) = match rule.select() {
        Select::Json(path) => {
            let values = scope.json.map(|value| path.query(value).all());
            return Box::new(values.into_iter().flatten().map(Place::Value));
        }
        Select::Css {
            selector, within, ..
        } => (selector, within),
    };
    match (within, scope.root, scope.page) {
        (Within::Root, Some(root), _) => {
            // `:scope` is the root itself, which a search below it does not meet.
            let is_itself =
                rule.source().contains(":scope") && selector.matches_with_scope(&root, Some(root));
            let itself = is_itself.then_some(root).into_iter();
            Box::new(itself.chain(root.select(selector)).map(Place::Element))
        }
        (_, _, Some(page)) => Box::new(page.select(selector).map(Place::Element)),
        _ => Box::new(std::iter::empty()),
    }
}

/// The elements among the places that the first alternative with any element points at.
pub(super) fn elements<'a>(rules: &'a Rules, scope: Scope<'a>) -> Vec<ElementRef<'a>> {
    first_elements(rules, scope).1
}

/// The same, with the alternative's place in the list, from 0.
pub(super) fn first_elements<'a>(
    rules: &'a Rules,
    scope: Scope<'a>,
) -> (usize, Vec<ElementRef<'a>>) {
    let elements_of = |rule: &'a Rule| {
        let places = places(rule, scope);
        let elements = places.filter_map(|place| match place {
            Place::Element(element) => Some(element),
            Place::Value(_) => None,
        });
        elements.collect::<Vec<_>>()
    };
    let found = rules.iter().map(elements_of).enumerate();
    let mut found = found.skip_while(|(_, elements)| elements.is_empty());
    found.next().unwrap_or_default()
}

/// One value that a rule found.
pub(super) struct Found<'a> {
    /// What counts of it.
    pub(super) field: Field,
    /// The element whose text it is; `None` for an attribute or a JSON value.
    pub(super) element: Option<ElementRef<'a>>,
}

/// Everything that the rules find: alternative by alternative, in page order, never blank.
pub(super) fn find<'a>(rules: &'a Rules, scope: Scope<'a>) -> impl Iterator<Item = Found<'a>> {
    rules
        .iter()
        .enumerate()
        .flat_map(move |(alternative, rule)| {
            places(rule, scope).filter_map(move |place| value_at(rule, alternative, place))
        })
}

/// The first value that the rules find.
pub(super) fn first<'a>(rules: &'a Rules, scope: Scope<'a>) -> Option<Found<'a>> {
    find(rules, scope).next()
}

fn value_at<'a>(rule: &Rule, alternative: usize, place: Place<'a>) -> Option<Found<'a>> {
    let (raw, element) = match place {
        Place::Element(element) => {
            let is_text = matches!(rule.select(), Select::Css { attr: None, .. });
            (words_at(rule, element)?, is_text.then_some(element))
        }
        Place::Value(value) => (beginning(scalar(value)?), None),
    };
    let readable = match place {
        Place::Value(_) => without_tags(&raw),
        Place::Element(_) => None,
    };
    let text = rule.cut(readable.as_deref().unwrap_or(&raw))?.to_owned();
    if is_blank(&text) {
        return None;
    }
    Some(Found {
        field: Field {
            text,
            evidence: Evidence {
                raw,
                selector: rule.source().to_owned(),
                alternative,
            },
        },
        element,
    })
}

/// True if a field was as long as it may be, so that there is perhaps more of it in the page.
pub(super) fn is_cut(raw: &str) -> bool {
    // A letter that would have passed the end is left out as a whole.
    raw.len() + 4 > FIELD_BYTES
}

/// No more than what is enough for a field.
fn beginning(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(FIELD_BYTES));
    text
}

/// What a rule reads of an element: an attribute if it names one, else the text.
fn words_at(rule: &Rule, element: ElementRef<'_>) -> Option<String> {
    match rule.select() {
        Select::Css {
            attr: Some(attr), ..
        } => element.attr(attr).map(|text| beginning(text.to_owned())),
        _ => Some(beginning(beginning_of(element, FIELD_BYTES))),
    }
}

/// The first find that is an address ([`resolve`]).
pub(super) fn first_address<'a>(
    rules: &'a Rules,
    scope: Scope<'a>,
    base: &Url,
) -> Option<(Found<'a>, Url)> {
    find(rules, scope).find_map(|found| {
        let url = resolve(base, &found.field.text)?;
        Some((found, url))
    })
}

/// The first JSON string that the rules find, as it stands (HTML stays HTML), with its alternative.
pub(super) fn first_string<'a>(rules: &'a Rules, scope: Scope<'a>) -> Option<(usize, String)> {
    rules.iter().enumerate().find_map(|(alternative, rule)| {
        places(rule, scope).find_map(|place| {
            let Place::Value(value) = place else {
                return None;
            };
            let raw = scalar(value)?;
            let text = rule.cut(&raw)?;
            (!is_blank(text)).then(|| (alternative, text.to_owned()))
        })
    })
}

/// The first rule that fits the page, as written: an element is enough, words are not needed. In
/// JSON, `null` and empty lists and objects count here, as `null`, `[]` and `{}`.
pub(super) fn rule_that_fits<'a>(rules: &'a Rules, scope: Scope<'a>) -> Option<&'a str> {
    rules
        .iter()
        .find(|rule| {
            places(rule, scope).any(|place| {
                let text = match place {
                    Place::Element(element) => words_at(rule, element),
                    Place::Value(value) => scalar(value).or_else(|| emptiness(value)),
                };
                text.is_some_and(|text| rule.cut(&text).is_some())
            })
        })
        .map(Rule::source)
}

/// A JSON string, number or truth value as text.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn emptiness(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("null".to_owned()),
        Value::Array(items) if items.is_empty() => Some("[]".to_owned()),
        Value::Object(fields) if fields.is_empty() => Some("{}".to_owned()),
        _ => None,
    }
}

/// The text of a JSON string that holds HTML (dossier, section 7: `moTa` may); `None` for one that
/// is plain text.
fn without_tags(text: &str) -> Option<String> {
    let has_markup = |mark: char, next: fn(char) -> bool| {
        text.split(mark)
            .skip(1)
            .any(|after| after.starts_with(next))
    };
    let is_html = has_markup('<', |c| c.is_ascii_alphabetic() || c == '/' || c == '!')
        || has_markup('&', |c| c.is_ascii_alphabetic() || c == '#');
    let html = if is_html {
        tree::parse(text).ok()?
    } else {
        return None;
    };
    let root = html.tree.root().children().find_map(ElementRef::wrap)?;
    Some(text_of(root))
}

/// An address of the page as a URL that can be asked for: resolved, http or https, with a host.
/// `None` for `javascript:`, `data:`, `mailto:`, a bare fragment, or what is no address.
pub(super) fn resolve(base: &Url, address: &str) -> Option<Url> {
    let address = address.trim();
    if address.is_empty() || address.starts_with('#') || address.len() > MAX_URL_BYTES {
        return None;
    }
    let url = base.join(address).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// The address against which a page's links are resolved: its `<base href>` in the head if that is
/// http or https, else its own.
pub(super) fn base_of(page: &Html, url: &Url) -> Url {
    page.tree
        .root()
        .children()
        .find_map(ElementRef::wrap)
        .and_then(|html| {
            html.child_elements()
                .find(|child| child.value().name() == "head")
        })
        .and_then(|head| {
            head.child_elements()
                .find(|child| child.value().name() == "base" && child.attr("href").is_some())
        })
        .and_then(|base| resolve(url, base.attr("href").unwrap_or_default()))
        .unwrap_or_else(|| url.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    fn rules(text: &str) -> Rules {
        #[derive(Deserialize)]
        struct Holder {
            rules: Rules,
        }
        toml::from_str::<Holder>(&format!("rules = {text}"))
            .unwrap()
            .rules
    }

    #[test]
    fn the_first_alternative_with_words_wins() {
        let page = Html::parse_document(
            "<body><div id=r class=x title=R><p> \u{a0}</p><p>a <b>b</b></p><i onclick=\"go('/u')\"> </i></div><p>out</p>",
        );
        let root = page.select(&scraper::Selector::parse("#r").unwrap()).next();
        let scope = Scope {
            root,
            ..Scope::page(&page)
        };
        // what, rules, text, raw, alternative
        type Row<'a> = (&'a str, &'a str, Option<(&'a str, &'a str, usize)>);
        let table: &[Row<'_>] = &[
            (
                "blank ones are passed over",
                r#""p""#,
                Some(("a b", "a b", 0)),
            ),
            (
                "the next alternative",
                r#"["h1", "i", "b"]"#,
                Some(("b", "b", 2)),
            ),
            ("an attribute", r#""[title]@title""#, None),
            ("the root itself", r#"":scope@title""#, Some(("R", "R", 0))),
            (
                "a child of the root",
                r#"":scope > p""#,
                Some(("a b", "a b", 0)),
            ),
            (
                "match cuts",
                r#"{ css = "i", attr = "onclick", match = "'(.+)'" }"#,
                Some(("/u", "go('/u')", 0)),
            ),
            ("match refuses", r#"{ css = "p", match = "zzz" }"#, None),
            (
                "in the whole page",
                r#"{ css = "body > p", within = "page" }"#,
                Some(("out", "out", 0)),
            ),
            ("not outside the root", r#""body > p""#, None),
            ("JSONPath finds nothing in HTML", r#""$.x""#, None),
        ];
        for (what, text, expected) in table {
            let rules = rules(text);
            let found = first(&rules, scope).map(|found| found.field);
            let found = found.as_ref().map(|field| {
                let evidence = &field.evidence;
                (
                    field.text.as_str(),
                    evidence.raw.as_str(),
                    evidence.alternative,
                )
            });
            assert_eq!(found, *expected, "{what}");
        }
    }

    #[test]
    fn json_values_are_read_as_text() {
        let value = json!({"a": "x", "n": 12, "t": true, "z": null, "e": " ", "l": ["p", "q"],
            "h": "<p>Bộ&nbsp;Y tế</p>", "lt": "a < b & c", "o": {"k": 1}});
        let table = [
            ("a string", r#""$.a""#, Some("x")),
            ("a number", r#""$.n""#, Some("12")),
            ("a truth value", r#""$.t""#, Some("true")),
            ("null is nothing", r#"["$.z", "$.a"]"#, Some("x")),
            ("blank is nothing", r#"["$.e", "$.a"]"#, Some("x")),
            ("an object is nothing", r#""$.o""#, None),
            ("the first of many", r#""$.l[*]""#, Some("p")),
            ("HTML loses its tags", r#""$.h""#, Some("Bộ\u{a0}Y tế")),
            (
                "signs that are no HTML stay",
                r#""$.lt""#,
                Some("a < b & c"),
            ),
            ("match", r#"{ json = "$.a", match = "y" }"#, None),
        ];
        for (what, text, expected) in table {
            let rules = rules(text);
            let found = first(&rules, Scope::json(&value)).map(|found| found.field.text);
            let found = found.as_deref().map(|text| text.trim_end_matches('\n'));
            assert_eq!(found, expected, "{what}");
        }
        let html = rules(r#""$.h""#);
        let raw = first_string(&html, Scope::json(&value));
        assert_eq!(raw, Some((0, "<p>Bộ&nbsp;Y tế</p>".to_owned())));
    }

    #[test]
    fn a_rule_can_ask_for_emptiness() {
        let table = [
            ("null", json!({"d": null}), true),
            ("an empty list", json!({"d": []}), true),
            ("an empty object", json!({"d": {}}), true),
            ("something", json!({"d": {"a": 1}}), false),
            ("another thing", json!({"e": null}), false),
        ];
        let rules = rules(r#"{ json = "$.d", match = '^(?:null|\[\]|\{\})$' }"#);
        for (what, value, expected) in table {
            let found = rule_that_fits(&rules, Scope::json(&value));
            assert_eq!(found.is_some(), expected, "{what}");
        }
    }
}

//! Rule: one way to find a value in a page, as a profile writes it.
//!
//! Short form, a string: `h3 > a` (text of the element), `h3 > a@href` (its attribute), `$.d.tieuDe`
//! (JSONPath, RFC 9535). Long form, a table: `{ css = "a", attr = "onclick", match = "href='([^']+)'",
//! within = "page" }`. A field takes one rule or an ordered list; the first that finds something
//! wins. Everything is compiled when the profile is read, so an error points to its line.

use std::fmt;

use regex::Regex;
use scraper::Selector;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json_path::JsonPath;

use super::Marks;

/// Where a CSS rule looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// In the layout's root (an article's container, a listing's item).
    #[default]
    Root,
    /// In the whole page.
    Page,
}

/// What a rule selects with.
#[derive(Debug, Clone)]
pub enum Select {
    /// A CSS selector over the HTML tree.
    Css {
        /// The compiled selector.
        selector: Selector,
        /// What an element must have that it may find something at.
        marks: Marks,
        /// The attribute to read; the element's text if none.
        attr: Option<String>,
        /// Where it looks.
        within: Within,
    },
    /// A JSONPath over a JSON answer.
    Json(JsonPath),
}

/// One selector alternative.
#[derive(Debug, Clone)]
pub struct Rule {
    source: String,
    select: Select,
    pattern: Option<Regex>,
}

impl Rule {
    /// Reads the short form.
    ///
    /// # Errors
    /// In words, if it is neither a CSS selector nor, with a leading `$`, a JSONPath.
    ///
    /// # Examples
    /// ```
    /// # use khotin::config::Rule;
    /// assert!(Rule::parse("h3 > a@href").is_ok());
    /// assert!(Rule::parse("$.d.tieuDe").is_ok());
    /// assert!(Rule::parse("h3 >> a").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let select = if text.starts_with('$') {
            Select::Json(json_path(text)?)
        } else {
            let (css, attr) = split_attribute(text);
            Select::Css {
                selector: css_selector(css)?,
                marks: Marks::of(css),
                attr,
                within: Within::Root,
            }
        };
        Ok(Self {
            source: text.to_owned(),
            select,
            pattern: None,
        })
    }

    /// The rule as written in the profile, for evidence and reports.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it selects with.
    pub fn select(&self) -> &Select {
        &self.select
    }

    /// The part of the found text that counts: the first group of `match` if it has one, else the
    /// whole match; the text itself without `match`; `None` if `match` does not match.
    pub fn cut<'a>(&self, text: &'a str) -> Option<&'a str> {
        match &self.pattern {
            None => Some(text),
            Some(pattern) => {
                let found = pattern.captures(text)?;
                found
                    .get(1)
                    .or_else(|| found.get(0))
                    .map(|part| part.as_str())
            }
        }
    }
}

/// Splits `css@attr`. An `@` inside brackets or quotes belongs to the selector.
fn split_attribute(text: &str) -> (&str, Option<String>) {
    match text.rsplit_once('@') {
        Some((css, attr))
            if !attr.is_empty() && attr.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') =>
        {
            (css, Some(attr.to_owned()))
        }
        _ => (text, None),
    }
}

fn css_selector(css: &str) -> Result<Selector, String> {
    Selector::parse(css).map_err(|error| format!("`{css}` is not a CSS selector: {error}"))
}

fn json_path(path: &str) -> Result<JsonPath, String> {
    JsonPath::parse(path).map_err(|error| format!("`{path}` is not a JSONPath: {error}"))
}

/// The long form of a rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleTable {
    css: Option<String>,
    json: Option<String>,
    attr: Option<String>,
    #[serde(default)]
    within: Within,
    #[serde(rename = "match")]
    pattern: Option<Pattern>,
}

impl TryFrom<RuleTable> for Rule {
    type Error = String;

    fn try_from(table: RuleTable) -> Result<Self, String> {
        let (mut source, select) = match (table.css, table.json) {
            (Some(css), None) => {
                let selector = css_selector(&css)?;
                let marks = Marks::of(&css);
                let source = match &table.attr {
                    Some(attr) => format!("{css}@{attr}"),
                    None => css,
                };
                (
                    source,
                    Select::Css {
                        selector,
                        marks,
                        attr: table.attr,
                        within: table.within,
                    },
                )
            }
            (None, Some(path)) => {
                let select = Select::Json(json_path(&path)?);
                (path, select)
            }
            _ => return Err("a rule needs either `css` or `json`".to_owned()),
        };
        if let Some(pattern) = &table.pattern {
            source = format!("{source} ~ {}", pattern.as_str());
        }
        Ok(Self {
            source,
            select,
            pattern: table.pattern.map(|pattern| pattern.0),
        })
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RuleVisitor;
        impl<'de> Visitor<'de> for RuleVisitor {
            type Value = Rule;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a selector like \"h3 > a@href\" or a table like { css = \"…\" }")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Rule, E> {
                Rule::parse(text).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Rule, A::Error> {
                let table = RuleTable::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Rule::try_from(table).map_err(de::Error::custom)
            }
        }
        deserializer.deserialize_any(RuleVisitor)
    }
}

/// The ordered alternatives of a field. Empty means that the profile has no rule for it.
#[derive(Debug, Clone, Default)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// The alternatives, best first.
    pub fn iter(&self) -> std::slice::Iter<'_, Rule> {
        self.0.iter()
    }

    /// True if the profile has no rule for this field.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many alternatives there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<'de> Deserialize<'de> for Rules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RulesVisitor;
        impl<'de> Visitor<'de> for RulesVisitor {
            type Value = Rules;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a rule or a list of rules, best first")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Rules, E> {
                Ok(Rules(vec![Rule::parse(text).map_err(E::custom)?]))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Rules, A::Error> {
                let rule = Rule::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Rules(vec![rule]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Rules, A::Error> {
                let mut rules = Vec::new();
                while let Some(rule) = seq.next_element()? {
                    rules.push(rule);
                }
                Ok(Rules(rules))
            }
        }
        deserializer.deserialize_any(RulesVisitor)
    }
}

/// A regular expression of a profile. Rust's `regex` needs linear time, whatever the page.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// The compiled expression.
    pub fn regex(&self) -> &Regex {
        &self.0
    }

    /// The expression as written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let regex = Regex::new(&text)
            .map_err(|error| de::Error::custom(format!("not a regular expression: {error}")))?;
        Ok(Self(regex))
    }
}

/// A CSS selector of a profile where only elements are wanted, not a value.
#[derive(Debug, Clone)]
pub struct Css {
    source: String,
    selector: Selector,
    marks: Marks,
}

impl Css {
    /// The compiled selector.
    pub fn selector(&self) -> &Selector {
        &self.selector
    }

    /// The selector as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What an element must have that it may find something at.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }
}

impl<'de> Deserialize<'de> for Css {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let source = String::deserialize(deserializer)?;
        let selector = css_selector(&source).map_err(de::Error::custom)?;
        let marks = Marks::of(&source);
        Ok(Self {
            source,
            selector,
            marks,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Holder {
        rules: Rules,
    }

    fn rules(text: &str) -> Result<Rules, String> {
        toml::from_str::<Holder>(&format!("rules = {text}"))
            .map(|holder| holder.rules)
            .map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_field_takes_one_rule_or_a_list_in_both_forms() {
        let table = [
            ("one string", r#""h3 > a""#, vec!["h3 > a"]),
            ("attribute", r#""h3 > a@href""#, vec!["h3 > a@href"]),
            (
                "an @ in an attribute selector",
                r#""a[title='x@y']""#,
                vec!["a[title='x@y']"],
            ),
            ("JSONPath", r#""$.d[0].ma""#, vec!["$.d[0].ma"]),
            (
                "long form",
                r#"{ css = "a", attr = "onclick", match = "'(.+)'" }"#,
                vec!["a@onclick ~ '(.+)'"],
            ),
            ("list", r#"["h1", { json = "$.x" }]"#, vec!["h1", "$.x"]),
        ];
        for (what, text, expected) in table {
            let found = rules(text).unwrap();
            assert_eq!(
                found.iter().map(Rule::source).collect::<Vec<_>>(),
                expected,
                "{what}"
            );
        }
    }

    #[test]
    fn an_error_names_what_is_wrong() {
        let table = [
            ("not CSS", r#""h3 >> a""#, "`h3 >> a` is not a CSS selector"),
            ("not a path", r#""$[""#, "`$[` is not a JSONPath"),
            (
                "neither",
                "{ attr = \"href\" }",
                "a rule needs either `css` or `json`",
            ),
            (
                "not a regular expression",
                r#"{ css = "a", match = "(" }"#,
                "not a regular expression",
            ),
            ("unknown key", r#"{ ccs = "a" }"#, "unknown field `ccs`"),
        ];
        for (what, text, expected) in table {
            let error = rules(text).unwrap_err();
            assert!(error.contains(expected), "{what}: {error}");
        }
    }

    #[test]
    fn match_cuts_the_first_group_or_the_whole_match() {
        let with =
            |pattern: &str| rules(&format!("{{ css = 'a', match = '''{pattern}''' }}")).unwrap();
        let cut = |rules: &Rules, text: &'static str| rules.iter().next().unwrap().cut(text);
        assert_eq!(
            cut(&with("href='([^']+)'"), "location.href='/x'"),
            Some("/x")
        );
        assert_eq!(cut(&with("x(y)"), "nothing"), None);
        assert_eq!(cut(&with(r"(\d+)-"), "ab 12-3"), Some("12"));
        assert_eq!(cut(&with(r"\d+-"), "ab 12-3"), Some("12-"));
    }
}

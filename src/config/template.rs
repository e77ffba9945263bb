//! Templates: how a request or a URL is built from variables, and how the same template takes the
//! variables out of a request again. One line of a profile serves both ways, so that an archived
//! request tells which article was asked for.
//!
//! A placeholder is `{name}`; in a JSON body `"{name:number}"` stands for a number. A value from
//! the web can not leave its place: `#`, `?`, space and control characters, and `&` in a
//! query, are percent-encoded in URLs, and JSON bodies are built as values, never as text.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{self, Deserializer};
use serde_json::Value;
use url::Url;

use crate::model::{Method, Purpose, Request, SectionId, SiteId};

/// Values for templates, by name: `slug`, `aid`, `page`, ….
pub type Vars = BTreeMap<String, String>;

/// A text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Var(String),
}

/// A template's variable has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template `{template}` needs a value for `{{{name}}}`")]
pub struct MissingVar {
    /// The template as written.
    pub template: String,
    /// The variable's name.
    pub name: String,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// In words, if a brace is not closed or a name is not `[a-z_]+`.
    pub fn parse(source: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some((text, after)) = rest.split_once('{') {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| format!("template `{source}` has a `{{` without `}}`"))?;
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
                return Err(format!(
                    "template `{source}`: `{{{name}}}` is not a name of a-z and _"
                ));
            }
            if !text.is_empty() {
                parts.push(Part::Text(text.to_owned()));
            }
            parts.push(Part::Var(name.to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self {
            source: source.to_owned(),
            parts,
        })
    }

    /// The template as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The names of its variables, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Var(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text with every variable filled in as it is.
    ///
    /// # Errors
    /// [`MissingVar`] for the first variable without a value.
    pub fn fill(&self, vars: &Vars) -> Result<String, MissingVar> {
        self.fill_with(vars, |_, value| value.to_owned())
    }

    /// `encode` is given the text before a value, and the value.
    fn fill_with(
        &self,
        vars: &Vars,
        encode: impl Fn(&str, &str) -> String,
    ) -> Result<String, MissingVar> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(fixed) => text.push_str(fixed),
                Part::Var(name) => {
                    let value = vars.get(name).ok_or_else(|| MissingVar {
                        template: self.source.clone(),
                        name: name.clone(),
                    })?;
                    let value = encode(&text, value);
                    text.push_str(&value);
                }
            }
        }
        Ok(text)
    }

    /// The variables that make this template equal to `text`; each takes as little as it can, but
    /// at least one character. `None` if none do.
    pub fn take(&self, text: &str) -> Option<Vars> {
        let mut vars = Vars::new();
        let mut rest = text;
        let mut parts = self.parts.iter().peekable();
        while let Some(part) = parts.next() {
            match part {
                Part::Text(fixed) => rest = rest.strip_prefix(fixed.as_str())?,
                Part::Var(name) => {
                    let (value, after) = match parts.peek() {
                        Some(Part::Text(fixed)) => {
                            rest.split_at_checked(rest.find(fixed.as_str())?)?
                        }
                        _ => (rest, ""),
                    };
                    if value.is_empty() {
                        return None;
                    }
                    vars.insert(name.clone(), value.to_owned());
                    rest = after;
                }
            }
        }
        rest.is_empty().then_some(vars)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A URL with placeholders. With placeholders filled by a sample it must be a URL of http or https.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlTemplate(Template);

impl UrlTemplate {
    /// The template as written.
    pub fn source(&self) -> &str {
        self.0.source()
    }

    /// The names of its variables, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.names()
    }

    /// Builds the URL.
    ///
    /// # Errors
    /// [`MissingVar`] if a variable has no value. A value can not break the URL, see the module's head.
    pub fn fill(&self, vars: &Vars) -> Result<Url, MissingVar> {
        let text = self.0.fill_with(vars, |before, value| {
            encode_for_url(value, before.contains('?'))
        })?;
        Url::parse(&text).map_err(|_| MissingVar {
            template: text,
            name: "a URL".to_owned(),
        })
    }

    /// The variables that make this template equal to `url`.
    pub fn take(&self, url: &Url) -> Option<Vars> {
        let vars = self.0.take(url.as_str())?;
        // A value that reaches beyond its place would be encoded there.
        (self.fill(&vars).ok()? == *url).then_some(vars)
    }
}

/// Percent-encodes what would end the value's place in a URL; `&` ends only one in the query.
fn encode_for_url(value: &str, is_in_query: bool) -> String {
    let mut text = String::new();
    for c in value.chars() {
        if c.is_control()
            || c.is_whitespace()
            || matches!(c, '#' | '?' | '\\')
            || (c == '&' && is_in_query)
        {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                text.push_str(&format!("%{byte:02X}"));
            }
        } else {
            text.push(c);
        }
    }
    text
}

impl<'de> Deserialize<'de> for UrlTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let template = Template::deserialize(deserializer)?;
        let sample: Vars = template
            .names()
            .map(|name| (name.to_owned(), "1".to_owned()))
            .collect();
        let text = template.fill(&sample).map_err(de::Error::custom)?;
        match Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                Ok(Self(template))
            }
            Ok(_) => Err(de::Error::custom(format!(
                "`{}` is not an http(s) URL",
                template.source()
            ))),
            Err(error) => Err(de::Error::custom(format!(
                "`{}`: {error}",
                template.source()
            ))),
        }
    }
}

/// A request with placeholders, as in a platform's `article` or `listing` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestTemplate {
    /// GET unless stated.
    #[serde(default = "get")]
    pub method: Method,
    /// The URL.
    pub url: UrlTemplate,
    /// Headers beside the crawler's own.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The JSON body of a POST.
    #[serde(default)]
    pub json: Option<Value>,
}

fn get() -> Method {
    Method::Get
}

impl RequestTemplate {
    /// Builds the request.
    ///
    /// # Errors
    /// [`MissingVar`] if a variable has no value.
    pub fn build(
        &self,
        site: &SiteId,
        purpose: Purpose,
        section: Option<&SectionId>,
        vars: &Vars,
    ) -> Result<Request, MissingVar> {
        let mut request = Request::get(site.clone(), self.url.fill(vars)?, purpose);
        request.method = self.method;
        request.section = section.cloned();
        request.headers = self
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if let Some(json) = &self.json {
            request.body = Some(fill_json(json, vars)?.to_string());
            if !self
                .headers
                .keys()
                .any(|name| name.eq_ignore_ascii_case("content-type"))
            {
                request
                    .headers
                    .push(("content-type".to_owned(), "application/json".to_owned()));
            }
        }
        Ok(request)
    }

    /// The variables of a request that this template built, or `None` if it did not.
    pub fn take(&self, request: &Request) -> Option<Vars> {
        if request.method != self.method {
            return None;
        }
        let mut vars = self.url.take(&request.url)?;
        match (&self.json, &request.body) {
            (None, None) => Some(vars),
            (Some(template), Some(body)) => {
                let value: Value = serde_json::from_str(body).ok()?;
                take_json(template, &value, &mut vars)?;
                Some(vars)
            }
            _ => None,
        }
    }
}

/// `"{name}"` or `"{name:number}"`: the whole string is one placeholder.
fn placeholder(text: &str) -> Option<(&str, bool)> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    match inner.strip_suffix(":number") {
        Some(name) => Some((name, true)),
        None => Some((inner, false)),
    }
}

fn fill_json(template: &Value, vars: &Vars) -> Result<Value, MissingVar> {
    Ok(match template {
        Value::String(text) => match placeholder(text) {
            None => template.clone(),
            Some((name, is_number)) => {
                let missing = || MissingVar {
                    template: text.clone(),
                    name: name.to_owned(),
                };
                let value = vars.get(name).ok_or_else(missing)?;
                if is_number {
                    Value::from(value.parse::<i64>().map_err(|_| missing())?)
                } else {
                    Value::from(value.as_str())
                }
            }
        },
        Value::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| fill_json(item, vars))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, field)| Ok((name.clone(), fill_json(field, vars)?)))
                .collect::<Result<_, MissingVar>>()?,
        ),
        other => other.clone(),
    })
}

fn take_json(template: &Value, value: &Value, vars: &mut Vars) -> Option<()> {
    match (template, value) {
        (Value::String(text), _) if placeholder(text).is_some() => {
            let (name, _) = placeholder(text)?;
            let found = match value {
                Value::String(found) => found.clone(),
                Value::Number(found) => found.to_string(),
                _ => return None,
            };
            vars.insert(name.to_owned(), found);
            Some(())
        }
        (Value::Object(fields), Value::Object(found)) if fields.len() == found.len() => fields
            .iter()
            .try_for_each(|(name, field)| take_json(field, found.get(name)?, vars)),
        (Value::Array(items), Value::Array(found)) if items.len() == found.len() => items
            .iter()
            .zip(found)
            .try_for_each(|(item, found)| take_json(item, found, vars)),
        _ => (template == value).then_some(()),
    }
}

#[cfg(test)]
mod tests;

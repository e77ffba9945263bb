//! Asked: how the index names the answer to a POST, so that replay finds it again by the request's body.
//! In: the `request` record that stands before an answer. Out: the query that the index key gets, after
//! pywb's convention: `…&__wb_method=POST&maBaiViet=7` of a JSON body, `…&__wb_method=POST&__wb_post_data=…`
//! (base64) of any other. The words are those of the `cdxj-indexer` tool with `--post-append`, which
//! tests/interop compares line by line; like the tool it names a `response` so and no `revisit`, which
//! khotin does not write for a POST ([`super::exchange`] tells why). Pure.
//!
//! Not here: forms (`multipart/…`, `x-www-form-urlencoded`), which khotin does not send.

use data_encoding::BASE64;
use serde_json::{Map, Value};

use super::{Record, http};
use crate::model::{Method, Request};

/// No more of a query goes into a key (the convention's own limit, in characters).
const MAX_QUERY: usize = 4096;

/// A request with a body, as the index names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// `WARC-Record-ID` of the request, as written.
    id: String,
    /// Its `WARC-Target-URI`.
    uri: String,
    /// `POST` or `PUT`.
    pub(super) method: String,
    /// The body as a query; empty if there is nothing in it to name.
    pub(super) query: String,
}

impl Asked {
    /// What a record asked; none if it is no `request` with the method POST or PUT.
    pub(super) fn of(record: &Record) -> Option<Self> {
        if record.kind() != "request" {
            return None;
        }
        let message = http::parse(&record.block)?;
        let line = http::text(message.start_line);
        let method = line.split(' ').next().unwrap_or_default();
        if !["POST", "PUT"].contains(&method) {
            return None;
        }
        let header = |wanted: &str| {
            let mut headers = message.headers.iter();
            let (_, value) = headers.find(|(name, _)| name == wanted)?;
            Some(http::text(value))
        };
        let length = header("content-length").and_then(|text| text.parse::<usize>().ok());
        let body = length.and_then(|length| message.body.get(..length));
        let media_type = header("content-type").unwrap_or_default();
        Some(Self {
            id: record.field("WARC-Record-ID")?.to_owned(),
            uri: record.target_uri()?.to_owned(),
            method: method.to_owned(),
            query: query(&media_type, body.unwrap_or(message.body)),
        })
    }

    /// True if `answer`, the next record, says that it answers this.
    pub(super) fn is_answered_by(&self, answer: &Record) -> bool {
        answer.kind() == "response"
            && answer.target_uri() == Some(&self.uri)
            && answer.field("WARC-Concurrent-To") == Some(&self.id)
    }

    /// The address with method and body in its query.
    pub(super) fn url(&self) -> String {
        with_query(&self.uri, &self.method, &self.query)
    }
}

/// The address under which a replay gives the answer to a request: its own for a GET, for a POST that
/// with method and body in the query.
///
/// # Examples
/// ```
/// use khotin::archive::replay_url;
/// use khotin::model::{Method, Purpose, Request, SiteId};
///
/// let url = "https://moh.gov.vn/bridge?url=/portal/api/x".parse()?;
/// let mut request = Request::get(SiteId::new("moh"), url, Purpose::Article);
/// request.method = Method::Post;
/// request.body = Some("{\"maBaiViet\":\"7\"}".to_owned());
/// assert_eq!(
///     replay_url(&request),
///     "https://moh.gov.vn/bridge?url=/portal/api/x&__wb_method=POST&maBaiViet=7"
/// );
/// # Ok::<(), url::ParseError>(())
/// ```
pub fn replay_url(request: &Request) -> String {
    if request.method == Method::Get {
        return request.url.to_string();
    }
    let is_type = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("content-type");
    let media_type = request.headers.iter().find(is_type);
    // What fetch sends where the profile says nothing.
    let media_type = media_type.map_or("application/json", |(_, value)| value);
    let body = request.body.as_deref().unwrap_or_default();
    let query = query(media_type, body.as_bytes());
    with_query(request.url.as_str(), request.method.as_str(), &query)
}

fn with_query(uri: &str, method: &str, query: &str) -> String {
    let mark = if uri.contains('?') { '&' } else { '?' };
    match query {
        "" => format!("{uri}{mark}__wb_method={method}"),
        query => format!("{uri}{mark}__wb_method={method}&{query}"),
    }
}

/// A body as a query.
fn query(media_type: &str, body: &[u8]) -> String {
    let fields = serde_json::from_slice(body).map(|json| fields(&json));
    let query = match (media_type, fields) {
        (kind, fields) if kind.starts_with("application/json") => fields.unwrap_or_default(),
        (kind, Ok(fields)) if kind.starts_with("text/plain") => fields,
        _ => format!("__wb_post_data={}", BASE64.encode(body)),
    };
    query.chars().take(MAX_QUERY).collect()
}

/// The named values of a JSON text, wherever they stand, as `name=value&…`.
fn fields(json: &Value) -> String {
    let mut found = Map::new();
    gather(json, "", &mut found);
    let pairs = found.iter().map(|(name, value)| {
        let value = value.as_str().unwrap_or_default();
        format!("{}={}", escaped(name), escaped(value))
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Values of an array have the array's name; what is inside an object has the inner name alone.
fn gather(json: &Value, name: &str, found: &mut Map<String, Value>) {
    let text = match json {
        Value::Object(members) => {
            for (name, value) in members {
                gather(value, name, found);
            }
            return;
        }
        Value::Array(values) => {
            for value in values {
                gather(value, name, found);
            }
            return;
        }
        // Python's words, because the tool is written in it.
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
    };
    if !name.is_empty() {
        let name = free_name(name, found);
        found.insert(name, Value::String(text));
    }
}

/// The name, or the first of `name.2_`, `name.3_`, … that is free.
fn free_name(name: &str, found: &Map<String, Value>) -> String {
    if !found.contains_key(name) {
        return name.to_owned();
    }
    let mut numbered = (2_u64..).map(|number| format!("{name}.{number}_"));
    let free = numbered.find(|name| !found.contains_key(name));
    free.unwrap_or_else(|| name.to_owned())
}

/// As forms are written: a space is `+`, and of ASCII only letters, digits and `_.-~` stay.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_named_as_other_tools_name_it() {
        let json = "application/json; charset=utf-8";
        let table = [
            (
                "text",
                json,
                r#"{"maBaiViet":"7","maDanhMuc":""}"#,
                "maBaiViet=7&maDanhMuc=",
            ),
            (
                "numbers and words",
                json,
                r#"{"a":1,"b":true,"c":null,"d":1.5}"#,
                "a=1&b=True&c=None&d=1.5",
            ),
            (
                "the order of the body stays",
                json,
                r#"{"b":1,"a":2}"#,
                "b=1&a=2",
            ),
            (
                "inner names stand alone",
                json,
                r#"{"a":{"b":"1"},"c":[{"d":2}]}"#,
                "b=1&d=2",
            ),
            (
                "a name again is numbered",
                json,
                r#"{"a":[1,2,3],"b":{"a":4}}"#,
                "a=1&a.2_=2&a.3_=3&a.4_=4",
            ),
            ("values without a name are left out", json, "[1,\"x\"]", ""),
            (
                "escapes",
                json,
                r#"{"t":"a b+c~*/é&"}"#,
                "t=a+b%2Bc~%2A%2F%C3%A9%26",
            ),
            ("no JSON", json, "{", ""),
            ("JSON called text", "text/plain", r#"{"a":1}"#, "a=1"),
            ("text", "text/plain", "xin", "__wb_post_data=eGlu"),
            (
                "anything else",
                "application/octet-stream",
                r#"{"a":1}"#,
                "__wb_post_data=eyJhIjoxfQ==",
            ),
            ("no type", "", "", "__wb_post_data="),
        ];
        for (what, media_type, body, expected) in table {
            assert_eq!(query(media_type, body.as_bytes()), expected, "{what}");
        }
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(5000));
        assert_eq!(
            query(json, long.as_bytes()).len(),
            4096,
            "a key has a limit"
        );
    }
}

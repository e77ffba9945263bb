//! Access list: what a replay of the archive must not show, in the form of pywb's access control files
//! (`.aclj`): a line a key, `SURT### - {"access": "exclude", "url": …}`, in descending order.
//!
//! `###` makes a rule exact: without it `…/a-b` would hide `…/a-b-1` too. `exclude` hides the capture from
//! the index of pywb as well, whose addresses tell the headline. All answers to a POST share one address;
//! pywb tells them apart by a key that holds method and body, where the index was made so
//! (`cdxj-indexer -p`). Ours, like that of `cdxj-indexer` alone, has the bare address, so that is hidden
//! too, and with it the answers about other articles: a reader of the archive loses an answer to a script,
//! and no page. Pure; which requests there were, the store knows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use url::form_urlencoded;

use crate::archive::surt;
use crate::model::{Method, Request};

/// What pywb puts behind a key that is meant as a whole.
const EXACT: &str = "###";

/// As much of a body as pywb puts into a key, in bytes.
const LONGEST_QUERY: usize = 4096;

/// The access list that hides addresses and what requests brought.
pub fn access_list<'a>(
    urls: impl IntoIterator<Item = &'a str>,
    requests: impl IntoIterator<Item = &'a Request>,
) -> String {
    let mut hidden: BTreeSet<String> = urls.into_iter().map(str::to_owned).collect();
    for request in requests {
        hidden.insert(request.url.to_string());
        if let Some(body) = &request.body {
            hidden.insert(with_body(request, body));
        }
    }
    // One line a key: spellings that are one for pywb are hidden by one line.
    let lines: BTreeMap<String, String> = hidden
        .into_iter()
        .map(|url| {
            let key = format!("{}{EXACT}", surt(&url));
            let rule = json!({ "access": "exclude", "url": url });
            (format!("{key} - "), format!("{rule}\n"))
        })
        .collect();
    lines
        .into_iter()
        .rev()
        .map(|(key, rule)| key + &rule)
        .collect()
}

/// The address under which pywb looks for the answer to a request with a body.
fn with_body(request: &Request, body: &str) -> String {
    let url = request.url.as_str();
    let joint = if url.contains('?') { '&' } else { '?' };
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
    };
    let mut query: String = serde_json::from_str(body)
        .map(|body| query_of(&body))
        .unwrap_or_default();
    // The query is ASCII, so this is a boundary.
    query.truncate(LONGEST_QUERY);
    let separator = if query.is_empty() { "" } else { "&" };
    format!("{url}{joint}__wb_method={method}{separator}{query}")
}

/// A JSON body as the pairs of a query, as pywb makes them: objects and lists are opened, values stand
/// under the innermost name, the second of a name as `name.2_`.
fn query_of(body: &Value) -> String {
    let mut pairs = Vec::new();
    open("", body, &mut pairs);
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        let seen = times.entry(name.clone()).or_default();
        *seen += 1;
        match *seen {
            1 => query.append_pair(&name, &value),
            number => query.append_pair(&format!("{name}.{number}_"), &value),
        };
    }
    query.finish()
}

fn open(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    let text = match value {
        Value::Object(members) => {
            for (name, value) in members {
                open(name, value, pairs);
            }
            return;
        }
        Value::Array(items) => {
            for item in items {
                open(name, item, pairs);
            }
            return;
        }
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        // A whole number is written without its fraction.
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => float.to_string(),
            None => number.to_string(),
        },
        Value::String(text) => text.clone(),
    };
    if !name.is_empty() {
        pairs.push((name.to_owned(), text));
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::model::{Purpose, SiteId};

    fn post(url: &str, body: &str) -> Request {
        let url = Url::parse(url).unwrap();
        let mut request = Request::get(SiteId::new("moh"), url, Purpose::Article);
        request.method = Method::Post;
        request.body = Some(body.to_owned());
        request
    }

    #[test]
    fn every_spelling_has_one_exact_line_and_the_greatest_key_comes_first() {
        let urls = [
            "https://moh.gov.vn/tin/-/content/a-b",
            "http://www.moh.gov.vn/tin/-/content/a-b/",
            "https://moh.gov.vn/tin/-/content/a-b?fbclid=x",
            "https://moh.gov.vn/en_US/tin/-/content/a-b",
        ];
        let list = access_list(urls, []);
        let keys: Vec<&str> = list
            .lines()
            .map(|line| line.split(' ').next().unwrap())
            .collect();
        assert_eq!(
            keys,
            [
                "vn,gov,moh)/tin/-/content/a-b?fbclid=x###",
                "vn,gov,moh)/tin/-/content/a-b###",
                "vn,gov,moh)/en_us/tin/-/content/a-b###",
            ]
        );
        let first = list.lines().next().unwrap();
        assert!(
            first.ends_with(
                r#" - {"access":"exclude","url":"https://moh.gov.vn/tin/-/content/a-b?fbclid=x"}"#
            ),
            "{first}"
        );
        assert_eq!(access_list([], []), "");
    }

    #[test]
    fn a_post_is_hidden_under_its_bare_address_and_under_its_body() {
        let body = r#"{"maBaiViet": "7", "a": [1, true, null, 1.5, 2.0], "b": {"a": "x yư"}}"#;
        let request = post("https://moh.gov.vn/bridge?url=/portal/api/x", body);
        let list = access_list([], [&request]);
        let lines: Vec<&str> = list.lines().collect();
        // By hand from pywb's rules (json_parse of inputrequest.py), names sorted and in lower case as in
        // every SURT. tests/interop/access.sh asks pywb itself.
        let expected = "vn,gov,moh)/bridge?__wb_method=post&a=1&a.2_=true&a.3_=null&a.4_=1.5&a.5_=2\
                        &a.6_=x+y%c6%b0&mabaiviet=7&url=/portal/api/x### - ";
        assert_eq!(lines.len(), 2, "{list}");
        assert!(
            lines.iter().any(|line| line.starts_with(expected)),
            "{list}"
        );
        let bare = "vn,gov,moh)/bridge?url=/portal/api/x### - ";
        assert!(lines.iter().any(|line| line.starts_with(bare)), "{list}");
    }
}

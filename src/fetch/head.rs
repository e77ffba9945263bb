//! The head of a request: every field is set by us, in a fixed order, so that the archive can keep
//! exactly the bytes that were sent.
//!
//! Order: host, user-agent, from, accept, accept-language, accept-encoding, the request's own
//! fields, if-none-match, if-modified-since, content-length, content-type.

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, FROM, HOST, HeaderMap,
    HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, USER_AGENT,
};
use url::Url;

use super::Conditional;
use crate::model::{Method, Purpose, Request};

/// Fields that a request may not bring itself: who we are, how a connection is used, and what would
/// make us somebody else.
const RESERVED: [&str; 19] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "from",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "range",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// The fields that are the same in every request.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) user_agent: HeaderValue,
    pub(super) from: Option<HeaderValue>,
    pub(super) accept_language: Option<HeaderValue>,
}

/// Says what is wrong with the fields or the body that `request` brings itself.
pub(super) fn check_own(request: &Request) -> Result<(), String> {
    if request.method == Method::Get && request.body.is_some() {
        return Err("a GET has a body".to_owned());
    }
    for (name, value) in &request.headers {
        let lower = name.to_ascii_lowercase();
        if RESERVED.contains(&lower.as_str()) || lower.starts_with("proxy-") {
            return Err(format!("header field {name:?} is set by khotin alone"));
        }
        if HeaderName::from_bytes(name.as_bytes()).is_err() || HeaderValue::from_str(value).is_err()
        {
            return Err(format!("header field {name:?} is not valid HTTP"));
        }
    }
    Ok(())
}

/// The fields of `request` in order. Fields that [`check_own`] would refuse are left out.
pub(super) fn fields(
    identity: &Identity,
    request: &Request,
    conditional: &Conditional,
) -> HeaderMap {
    let mut own: Vec<(HeaderName, HeaderValue)> = request
        .headers
        .iter()
        .filter_map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            Some((name, HeaderValue::from_str(value).ok()?))
        })
        .filter(|(name, _)| !RESERVED.contains(&name.as_str()))
        .collect();

    let accept = default_accept(request.purpose);
    let mut fields = HeaderMap::with_capacity(12);
    if let Ok(host) = HeaderValue::from_str(&host_field(&request.url)) {
        fields.append(HOST, host);
    }
    fields.append(USER_AGENT, identity.user_agent.clone());
    if let Some(from) = &identity.from {
        fields.append(FROM, from.clone());
    }
    fields.append(ACCEPT, take(&mut own, &ACCEPT).unwrap_or(accept));
    let language = take(&mut own, &ACCEPT_LANGUAGE).or_else(|| identity.accept_language.clone());
    if let Some(language) = language {
        fields.append(ACCEPT_LANGUAGE, language);
    }
    fields.append(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    let content_type = take(&mut own, &CONTENT_TYPE);
    for (name, value) in own {
        fields.append(name, value);
    }
    if request.method == Method::Get {
        let validators = [
            (IF_NONE_MATCH, &conditional.etag),
            (IF_MODIFIED_SINCE, &conditional.last_modified),
        ];
        for (name, validator) in validators {
            // A validator that is no valid field came from the server; without it we ask for all.
            let value = validator
                .as_ref()
                .and_then(|text| HeaderValue::from_str(text).ok());
            if let Some(value) = value {
                fields.append(name, value);
            }
        }
    }
    if request.method == Method::Post {
        let length = request.body.as_ref().map_or(0, String::len);
        let json = HeaderValue::from_static("application/json");
        fields.append(CONTENT_LENGTH, HeaderValue::from(length));
        fields.append(CONTENT_TYPE, content_type.unwrap_or(json));
    }
    fields
}

/// Request line and fields as they go over the wire: to an origin server in origin form, to a proxy
/// for plain http in absolute form (RFC 9112, section 3.2). A password for the proxy, which the
/// client adds by itself, is not shown.
pub(super) fn render(request: &Request, fields: &HeaderMap, is_absolute_form: bool) -> Vec<u8> {
    let target = if is_absolute_form {
        let mut url = request.url.clone();
        url.set_fragment(None);
        url.into()
    } else {
        path_and_query(&request.url)
    };
    let mut head = format!("{} {target} HTTP/1.1\r\n", request.method).into_bytes();
    for (name, value) in fields {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// The part of `url` that an origin server is asked for, and that robots.txt speaks of.
pub(super) fn path_and_query(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// Host, and port where it is not the scheme's own (RFC 9110, section 7.2).
fn host_field(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn default_accept(purpose: Purpose) -> HeaderValue {
    HeaderValue::from_static(match purpose {
        Purpose::Asset => "*/*",
        Purpose::Robots => "text/plain,*/*;q=0.5",
        Purpose::Listing | Purpose::Article => {
            "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.5"
        }
    })
}

/// Takes the first field `name` out of `own`.
fn take(own: &mut Vec<(HeaderName, HeaderValue)>, name: &HeaderName) -> Option<HeaderValue> {
    let place = own.iter().position(|(known, _)| known == name)?;
    Some(own.remove(place).1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SiteId;

    fn request(url: &str, headers: &[(&str, &str)], body: Option<&str>) -> Request {
        let url = Url::parse(url).expect("a test URL");
        let mut request = Request::get(SiteId::new("moh"), url, Purpose::Article);
        for (name, value) in headers {
            request
                .headers
                .push(((*name).to_owned(), (*value).to_owned()));
        }
        if let Some(body) = body {
            request.method = Method::Post;
            request.body = Some(body.to_owned());
        }
        request
    }

    fn identity() -> Identity {
        Identity {
            user_agent: HeaderValue::from_static("khotin/0"),
            from: Some(HeaderValue::from_static("a@b.vn")),
            accept_language: Some(HeaderValue::from_static("vi")),
        }
    }

    #[test]
    fn the_fields_stand_in_a_fixed_order() {
        let usual = "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.5";
        let start = "user-agent: khotin/0|from: a@b.vn|accept: ";
        let etag = Conditional {
            etag: Some("\"1\"".to_owned()),
            last_modified: Some("Sun, 22 Nov 2026 08:00:00 GMT".to_owned()),
        };
        let bad = Conditional {
            etag: Some("\"a\nb\"".to_owned()),
            last_modified: None,
        };
        let none = Conditional::default();
        let table = [
            (
                "GET",
                request("https://moh.gov.vn/a?b#c", &[], None),
                &none,
                format!(
                    "GET /a?b HTTP/1.1|host: moh.gov.vn|{start}{usual}|accept-language: vi|accept-encoding: gzip"
                ),
            ),
            (
                "own fields",
                request(
                    "http://moh.gov.vn:8080",
                    &[("X-B", "2"), ("Accept", "*/*"), ("x-a", "1")],
                    None,
                ),
                &none,
                format!(
                    "GET / HTTP/1.1|host: moh.gov.vn:8080|{start}*/*|accept-language: vi|accept-encoding: gzip|x-b: 2|x-a: 1"
                ),
            ),
            (
                "conditional",
                request("http://[::1]:80/?", &[], None),
                &etag,
                format!(
                    "GET /? HTTP/1.1|host: [::1]|{start}{usual}|accept-language: vi|accept-encoding: gzip|if-none-match: \"1\"|if-modified-since: Sun, 22 Nov 2026 08:00:00 GMT"
                ),
            ),
            (
                "a validator that would add a line",
                request("http://a.vn/", &[], None),
                &bad,
                format!(
                    "GET / HTTP/1.1|host: a.vn|{start}{usual}|accept-language: vi|accept-encoding: gzip"
                ),
            ),
            (
                "POST",
                request(
                    "https://a.vn/bridge?url=/p",
                    &[
                        ("content-type", "application/json; charset=utf-8"),
                        ("accept-language", "en"),
                    ],
                    Some("{\"a\":\"á\"}"),
                ),
                &etag,
                format!(
                    "POST /bridge?url=/p HTTP/1.1|host: a.vn|{start}{usual}|accept-language: en|accept-encoding: gzip|content-length: 10|content-type: application/json; charset=utf-8"
                ),
            ),
        ];
        for (what, request, conditional, expected) in table {
            let head = render(&request, &fields(&identity(), &request, conditional), false);
            let head = String::from_utf8(head).expect("ASCII");
            let lines = head
                .strip_suffix("\r\n\r\n")
                .expect("an empty line at the end");
            assert_eq!(lines.replace("\r\n", "|"), expected, "{what}");
        }
    }

    #[test]
    fn a_request_cannot_pretend() {
        let table = [
            // what, request, allowed
            (
                "usual",
                request("http://a.vn", &[("accept", "*/*"), ("x-a", "b")], None),
                true,
            ),
            (
                "a browser's name",
                request("http://a.vn", &[("User-Agent", "Mozilla/5.0")], None),
                false,
            ),
            (
                "another host",
                request("http://a.vn", &[("HOST", "b.vn")], None),
                false,
            ),
            (
                "a cookie",
                request("http://a.vn", &[("cookie", "a=b")], None),
                false,
            ),
            (
                "a password for the proxy",
                request("http://a.vn", &[("Proxy-Authorization", "x")], None),
                false,
            ),
            (
                "another coding",
                request("http://a.vn", &[("accept-encoding", "br")], None),
                false,
            ),
            (
                "a line break",
                request("http://a.vn", &[("x-a", "b\r\nhost: c")], None),
                false,
            ),
            (
                "no name",
                request("http://a.vn", &[("x a", "b")], None),
                false,
            ),
        ];
        for (what, request, allowed) in table {
            assert_eq!(check_own(&request).is_ok(), allowed, "{what}");
        }
        let mut body = request("http://a.vn", &[], Some("{}"));
        body.method = Method::Get;
        assert_eq!(check_own(&body), Err("a GET has a body".to_owned()));
    }
}

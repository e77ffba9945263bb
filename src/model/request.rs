//! Request and RequestKey: what is asked, and when two asks are the same.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::{SectionId, SiteId};

/// The request methods that khotin uses (RFC 9110, section 9.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Asks for a representation.
    Get,
    /// Asks a JSON interface; khotin sends nothing that changes the server.
    Post,
}

impl Method {
    /// The method as it stands in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a request is for. It decides who reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// robots.txt of an origin (RFC 9309).
    Robots,
    /// A page of a section's listing.
    Listing,
    /// An article.
    Article,
    /// A file of an article: a picture or an attachment.
    Asset,
}

impl Purpose {
    /// The word in WARC metadata, logs and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Robots => "robots",
            Self::Listing => "listing",
            Self::Article => "article",
            Self::Asset => "asset",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One ask: everything that decides the bytes sent, apart from the crawler's own fixed headers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The site whose profile it comes from.
    pub site: SiteId,
    /// GET or POST.
    pub method: Method,
    /// As WHATWG-parsed from the link, without fragment and with nothing else changed.
    pub url: Url,
    /// Headers of this request beside the crawler's own, in order: `accept`, `content-type`, ….
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// The body of a POST, UTF-8 JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Who reads the answer.
    pub purpose: Purpose,
    /// The section whose listing this is, or whose listing led here first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<SectionId>,
}

impl Request {
    /// A plain GET. The fragment of `url` is dropped: it is never sent.
    pub fn get(site: SiteId, mut url: Url, purpose: Purpose) -> Self {
        url.set_fragment(None);
        Self {
            site,
            method: Method::Get,
            url,
            headers: Vec::new(),
            body: None,
            purpose,
            section: None,
        }
    }

    /// A GET for a file of an article.
    pub fn asset(site: SiteId, url: Url) -> Self {
        Self::get(site, url, Purpose::Asset)
    }

    /// When two requests have the same key they ask for the same thing (design, decision 4).
    pub fn key(&self) -> RequestKey {
        let body = match &self.body {
            None => String::new(),
            Some(body) => format!(" {}", HEXLOWER.encode(&Sha256::digest(body.as_bytes()))),
        };
        RequestKey(format!("{} {}{body}", self.method, self.url))
    }
}

/// Method + URL + SHA-256 of the body: `POST https://…/bridge?url=… 9f86d0…`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestKey(String);

impl RequestKey {
    /// The text, as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str, body: Option<&str>) -> Request {
        let mut request = Request::get(
            SiteId::new("moh"),
            Url::parse(url).expect("a test URL"),
            Purpose::Article,
        );
        if let Some(body) = body {
            request.method = Method::Post;
            request.body = Some(body.to_owned());
        }
        request
    }

    #[test]
    fn two_requests_are_the_same_when_method_url_and_body_are() {
        let table = [
            (
                "the fragment is not sent",
                request("https://a.vn/x#1", None),
                request("https://a.vn/x", None),
                true,
            ),
            (
                "the query is sent",
                request("https://a.vn/x?1", None),
                request("https://a.vn/x", None),
                false,
            ),
            (
                "the body counts",
                request("https://a.vn/x", Some("{}")),
                request("https://a.vn/x", Some("[]")),
                false,
            ),
            (
                "the method counts",
                request("https://a.vn/x", Some("")),
                request("https://a.vn/x", None),
                false,
            ),
        ];
        for (what, one, other, same) in table {
            assert_eq!(one.key() == other.key(), same, "{what}");
        }
    }
}

//! What the tests of this stage share: a capture and a profile made by hand.

use chrono::DateTime;
use url::Url;

use crate::config::SiteProfile;
use crate::model::{Capture, Location, Page, PageRead, Purpose, Request, Sequence, SiteId, Via};

/// A capture of a page, answered 200 without any header.
pub(crate) fn capture(url: &str, body: &[u8]) -> Capture {
    let url = Url::parse(url).expect("a test URL");
    Capture {
        sequence: Sequence(1),
        request: Request::get(SiteId::new("test"), url, Purpose::Article),
        captured_at: DateTime::from_timestamp(1_700_000_000, 0).expect("a test time"),
        via: Via::Direct,
        status: 200,
        headers: Vec::new(),
        body: body.to_vec(),
        truncated: None,
        payload_sha1: String::new(),
        payload_sha256: String::new(),
        location: Location {
            file: "test.warc.gz".to_owned(),
            offset: 0,
            length: 0,
            record_id: "urn:uuid:0".to_owned(),
        },
    }
}

/// A profile of one platform with these layouts.
pub(crate) fn profile(layouts: &str) -> SiteProfile {
    let text = format!(
        r#"
id = "test"
name = {{ vi = "Thử", en = "Test" }}
hosts = ["a.vn"]
zone = "Asia/Ho_Chi_Minh"
language = "vi"
[[platform]]
id = "one"
key = "{{slug}}"
url = "https://a.vn/x/{{slug}}"
{layouts}
"#
    );
    toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"))
}

/// Reads a page as an article request's answer.
pub(crate) fn read_page(profile: &SiteProfile, html: &str) -> PageRead {
    super::read(profile, &capture("https://a.vn/p/q", html.as_bytes()))
}

/// Reads a page that must be an article.
pub(crate) fn read_article(
    profile: &SiteProfile,
    html: &str,
) -> (crate::model::ArticleDraft, Vec<String>) {
    let read = read_page(profile, html);
    let codes = read.warnings.iter().map(|warning| warning.code.clone());
    let codes = codes.collect();
    match read.page {
        Page::Article { draft, .. } => (*draft, codes),
        page => panic!("not an article: {page:?}"),
    }
}

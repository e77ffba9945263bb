//! Judge: what a record of a foreign archive is for us. In: what was asked, as the record says it. Out: the
//! request of a configured site that it is, with its purpose and section by the site's profile; or why it
//! is passed over. Pure.

use std::collections::BTreeSet;

use serde::Serialize;
use url::Url;

use crate::config::{Section, SiteProfile};
use crate::frontier::scope;
use crate::lang::{Words, words};
use crate::model::{Method, Purpose, Request};
use crate::normalize::identity::identify_request;

/// What was asked, in the words of a foreign record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The method of the request record; `None` if the archive has none, which is a GET.
    pub method: Option<&'a str>,
    /// `WARC-Target-URI`, without angle brackets.
    pub uri: &'a str,
    /// The body of the request record.
    pub body: Option<&'a [u8]>,
}

/// Why a record becomes no capture. Each is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Passed {
    /// A request, metadata, conversion or other record that is no answer.
    NoAnswer,
    /// An answer of another protocol: dns, ftp, a `resource` of some program.
    NotHttp,
    /// Its host is none of a configured site.
    OtherHost,
    /// Its host is, but the profile denies its path, or its port is another.
    OutOfScope,
    /// robots.txt.
    Robots,
    /// No rule of the profile names it: it is neither a section's listing nor an article. Images, style
    /// sheets, front pages.
    NoRule,
    /// Asked by another method than GET and POST.
    Method,
    /// A POST whose body the archive does not have: it does not tell what was asked.
    NoBody,
    /// A status that says nothing of an article.
    Status,
    /// A redirect that leads on: the page that it leads to speaks for itself.
    Redirect,
    /// Its time can not be that of a web page.
    Time,
    /// The record is one of this archive's own.
    Own,
}

impl Passed {
    /// Every reason.
    pub const ALL: [Self; 12] = [
        Self::NoAnswer,
        Self::NotHttp,
        Self::OtherHost,
        Self::OutOfScope,
        Self::Robots,
        Self::NoRule,
        Self::Method,
        Self::NoBody,
        Self::Status,
        Self::Redirect,
        Self::Time,
        Self::Own,
    ];

    /// What people are told.
    pub fn words(self) -> Words {
        match self {
            Self::NoAnswer => words(
                "no answers: requests, metadata and the like",
                "không phải câu trả lời: yêu cầu, siêu dữ liệu và tương tự",
            ),
            Self::NotHttp => words("not HTTP", "không phải HTTP"),
            Self::OtherHost => words(
                "of hosts that no known site names",
                "thuộc máy chủ không nằm trong trang nào đã cấu hình",
            ),
            Self::OutOfScope => words(
                "out of the site's scope (path, port)",
                "ngoài phạm vi của trang (đường dẫn, cổng)",
            ),
            Self::Robots => words("robots.txt", "robots.txt"),
            Self::NoRule => words(
                "neither listing nor article by the profile",
                "theo hồ sơ trang không phải danh sách cũng không phải bài",
            ),
            Self::Method => words(
                "asked by a method other than GET and POST",
                "hỏi bằng phương thức khác GET và POST",
            ),
            Self::NoBody => words(
                "POST whose body is not there",
                "POST mà không còn phần thân yêu cầu",
            ),
            Self::Status => words(
                "with a status of no use",
                "có mã trạng thái không dùng được",
            ),
            Self::Redirect => words("redirects", "chuyển hướng"),
            Self::Time => words("with an impossible time", "có thời điểm không thể có thật"),
            Self::Own => words(
                "already in this archive as its own",
                "đã có sẵn trong kho này do chính kho thu",
            ),
        }
    }
}

/// The request that a record answers, as the first site that it belongs to asks it.
///
/// # Errors
/// [`Passed`] if it belongs to none, or no rule of that site's profile names it.
pub fn judge<'a>(
    sites: impl IntoIterator<Item = &'a SiteProfile>,
    asked: Asked<'_>,
) -> Result<Request, Passed> {
    let url = Url::parse(asked.uri).map_err(|_| Passed::NotHttp)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Passed::NotHttp);
    }
    let host = url.host_str().unwrap_or_default();
    let mut passed = Passed::OtherHost;
    for profile in sites {
        let is_ours = |known: &String| known.eq_ignore_ascii_case(host);
        if !profile.hosts.iter().any(is_ours) {
            continue;
        }
        match of_site(profile, &url, asked) {
            Ok(request) => return Ok(request),
            Err(reason) => passed = reason,
        }
    }
    Err(passed)
}

fn of_site(profile: &SiteProfile, url: &Url, asked: Asked<'_>) -> Result<Request, Passed> {
    if scope::decide(profile, &BTreeSet::new(), url).is_err() {
        return Err(Passed::OutOfScope);
    }
    if url.path() == "/robots.txt" {
        return Err(Passed::Robots);
    }
    let mut request = Request::get(profile.id.clone(), url.clone(), Purpose::Article);
    match asked.method {
        None | Some("GET") => {}
        Some("POST") => {
            let body = asked.body.and_then(|body| std::str::from_utf8(body).ok());
            request.method = Method::Post;
            request.body = Some(body.ok_or(Passed::NoBody)?.to_owned());
        }
        Some(_) => return Err(Passed::Method),
    }
    if let Some(section) = section_of(profile, &request) {
        request.purpose = Purpose::Listing;
        request.section = Some(section.id.clone());
        return Ok(request);
    }
    match identify_request(profile, &request) {
        Some(_) => Ok(request),
        None => Err(Passed::NoRule),
    }
}

/// The section whose listing a request asks for: its platform's template takes the request, and what it
/// takes out of it are the section's own variables.
fn section_of<'a>(profile: &'a SiteProfile, request: &Request) -> Option<&'a Section> {
    profile.sections.iter().find(|section| {
        let platform = profile.platform(&section.platform);
        let template = platform.and_then(|platform| platform.ask_listing.as_ref());
        let Some(taken) = template.and_then(|template| template.take(request)) else {
            return false;
        };
        let mut vars = section.vars.iter();
        vars.all(|(name, value)| taken.get(name).is_none_or(|found| found == value))
    })
}

/// True for a status that may say something of an article: it is there, it moved, it is gone.
pub fn is_of_use(status: u16) -> bool {
    matches!(status, 200..=203 | 301 | 302 | 303 | 307 | 308 | 404 | 410)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::config::Sites;

    static SITES: LazyLock<Sites> = LazyLock::new(|| Sites::load(None).unwrap());

    fn get(uri: &str) -> Asked<'_> {
        Asked {
            method: None,
            uri,
            body: None,
        }
    }

    fn judged(asked: Asked<'_>) -> Result<Request, Passed> {
        judge(SITES.iter().map(|site| &site.profile), asked)
    }

    #[test]
    fn a_record_is_passed_over_for_the_first_reason() {
        #[rustfmt::skip]
        let table = [
            ("dns", "dns:moh.gov.vn", Passed::NotHttp),
            ("no address", "moh.gov.vn", Passed::NotHttp),
            ("a program's own", "urn:khotin:config", Passed::NotHttp),
            ("another host", "https://vnexpress.net/a", Passed::OtherHost),
            ("a host that ends alike", "https://xmoh.gov.vn/", Passed::OtherHost),
            ("another port", "https://moh.gov.vn:8443/", Passed::OutOfScope),
            ("a login", "https://moh.gov.vn/c/portal/login", Passed::OutOfScope),
            ("robots", "https://moh.gov.vn/robots.txt", Passed::Robots),
            ("a picture", "https://moh.gov.vn/documents/1/2/a.jpg", Passed::NoRule),
            ("the front page", "https://moh.gov.vn/", Passed::NoRule),
        ];
        for (what, uri, expected) in table {
            assert_eq!(judged(get(uri)), Err(expected), "{what}");
        }
        let article = "https://moh.gov.vn/tin/-/asset_publisher/3Yst7YhbkA5j/content/a-b";
        let by = |method| Asked {
            method: Some(method),
            ..get(article)
        };
        assert_eq!(judged(by("HEAD")), Err(Passed::Method));
        assert_eq!(judged(by("POST")), Err(Passed::NoBody));
        assert!(judged(by("GET")).is_ok());
        let words = Passed::ALL.map(|passed| passed.words().en);
        assert_eq!(BTreeSet::from(words).len(), Passed::ALL.len());
    }

    #[test]
    fn the_profile_says_what_a_record_is() {
        let article =
            "http://www.moh.gov.vn:80/en/tin/-/asset_publisher/3Yst7YhbkA5j/content/a-b#top";
        let request = judged(get(article)).unwrap();
        assert_eq!(
            (request.site.as_str(), request.purpose, request.section),
            ("moh", Purpose::Article, None)
        );
        assert_eq!(
            request.url.as_str(),
            "http://www.moh.gov.vn/en/tin/-/asset_publisher/3Yst7YhbkA5j/content/a-b"
        );
        let posted = |uri, body: &'static str| Asked {
            method: Some("POST"),
            uri,
            body: Some(body.as_bytes()),
        };
        let list = "https://moh.gov.vn/bridge?url=/portal/api/lay_bai_viet_theo_danh_muc";
        let body = r#"{"CHUYEN_TRANG":"BO_YTE","NGON_NGU":"TIENG_VIET","MA_DANH_MUC":"8351","TYPE":1,"PAGE_SIZE":25,"ISEXTEND":1}"#;
        let request = judged(posted(list, body)).unwrap();
        assert_eq!(request.purpose, Purpose::Listing);
        assert_eq!(
            request.section.unwrap().as_str(),
            "hoat-dong-cua-lanh-dao-bo",
            "of all sections the one with this category"
        );
        assert_eq!(request.body.as_deref(), Some(body), "as it was sent");
        let unknown = r#"{"CHUYEN_TRANG":"BO_YTE","NGON_NGU":"TIENG_VIET","MA_DANH_MUC":"1","TYPE":1,"PAGE_SIZE":25,"ISEXTEND":1}"#;
        assert_eq!(judged(posted(list, unknown)), Err(Passed::NoRule));
        let detail = "https://moh.gov.vn/bridge?url=/portal/api/layChiTietBaiViet";
        let request = judged(posted(
            detail,
            r#"{"maBaiViet":"167411","maDanhMuc":"8358"}"#,
        ))
        .unwrap();
        assert_eq!(
            (request.purpose, request.method),
            (Purpose::Article, Method::Post)
        );
        assert_eq!(
            judged(get(detail)),
            Err(Passed::NoRule),
            "a GET asks for nothing there"
        );
    }

    #[test]
    fn a_status_is_of_use_if_it_tells_of_an_article() {
        for status in [200, 203, 301, 308, 404, 410] {
            assert!(is_of_use(status), "{status}");
        }
        for status in [100, 204, 206, 300, 304, 400, 403, 429, 500, 503] {
            assert!(!is_of_use(status), "{status}");
        }
    }
}

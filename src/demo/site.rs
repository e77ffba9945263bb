//! From a request to the right answer: which page of which half is asked for.
//!
//! Pure: the state in, an answer out. What goes wrong on purpose is in [`super::fault`].

use std::ops::Range;

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use super::answer::{Answer, Asked};
use super::article::{DemoArticle, Gone};
use super::files;
use super::liferay::{self, View};
use super::ministry::Ministry;
use super::places::{self, BASE, Section};
use super::portal;

const HTML: &str = "text/html;charset=UTF-8";
const JSON: &str = "application/json; charset=utf-8";
/// Locales that may stand before a page name.
const LOCALES: [&str; 4] = ["en", "en_US", "vi", "vi_VN"];
/// Letters and digits of an instance id.
const INSTANCE_CHARS: usize = 12;

/// How the server dresses its answers; set once.
#[derive(Debug, Clone)]
pub(super) struct Dress {
    /// Liferay pages carry `ETag` and `Last-Modified` and answer 304.
    pub(super) etag: bool,
    /// Size of article pages, reached with menu entries.
    pub(super) page_bytes: Option<Range<usize>>,
}

/// The right answer to a request; `restyled` is the last to touch a listing or an article.
pub(super) fn answer(
    ministry: &Ministry,
    robots: &str,
    dress: &Dress,
    restyled: &dyn Fn(String) -> String,
    asked: &Asked,
) -> Answer {
    let Ok(url) = Url::parse(&format!("{BASE}{}", path_of(&asked.target))) else {
        return Answer::new(400, "text/plain", "no target of ours\n");
    };
    let is_read = matches!(asked.method.as_str(), "GET" | "HEAD");
    let path = url.path().split(';').next().unwrap_or("");
    let is_bridge = path == "/bridge";
    if is_bridge != (asked.method == "POST") || !(is_read || is_bridge) {
        let allowed = if is_bridge { "POST" } else { "GET, HEAD" };
        return Answer::new(405, "text/plain", "method not allowed\n").with("Allow", allowed);
    }
    if is_read && asked.is_for_a_picture_host() {
        return picture_host(robots, path);
    }
    match path {
        "/robots.txt" => Answer::new(200, "text/plain; charset=utf-8", robots),
        "/" => Answer::new(200, HTML, liferay::front_page(ministry)),
        "/bridge" => bridge(ministry, restyled, &url, asked),
        "/index.jsp" => Answer::new(200, HTML, portal::shell()),
        _ if path.starts_with("/documents/") || path.starts_with("/resource/") => {
            let (media_type, bytes) = files::file(path);
            Answer::new(200, media_type, bytes)
        }
        _ => liferay(ministry, dress, restyled, &url, path, asked),
    }
}

/// A host of pictures has nothing else.
fn picture_host(robots: &str, path: &str) -> Answer {
    if path == "/robots.txt" {
        return Answer::new(200, "text/plain; charset=utf-8", robots);
    }
    if !path.ends_with(".jpg") {
        return Answer::new(404, "text/plain", "no such picture\n");
    }
    let (media_type, bytes) = files::file(path);
    Answer::new(200, media_type, bytes)
}

/// The target without scheme and host, which a client may send to a proxy.
fn path_of(target: &str) -> &str {
    let rest = target
        .strip_prefix("http://")
        .or_else(|| target.strip_prefix("https://"));
    match rest {
        Some(rest) => rest
            .find('/')
            .and_then(|slash| rest.get(slash..))
            .unwrap_or("/"),
        None => target,
    }
}

fn bridge(
    ministry: &Ministry,
    restyled: &dyn Fn(String) -> String,
    url: &Url,
    asked: &Asked,
) -> Answer {
    let endpoint = url
        .query_pairs()
        .find(|(name, _)| name == "url")
        .map(|(_, value)| value);
    let Ok(given) = serde_json::from_slice::<Value>(&asked.body) else {
        return Answer::new(400, JSON, "{\"error\":\"no JSON\"}");
    };
    let said = match endpoint.as_deref() {
        Some(portal::LISTING_ENDPOINT) => portal::listing(ministry, &given),
        Some(portal::DETAIL_ENDPOINT) => portal::detail(ministry, &given),
        _ => return Answer::new(404, JSON, "{\"error\":\"no such endpoint\"}"),
    };
    halved(Answer::new(200, JSON, restyled(said.to_string())))
}

fn liferay(
    ministry: &Ministry,
    dress: &Dress,
    restyled: &dyn Fn(String) -> String,
    url: &Url,
    path: &str,
    asked: &Asked,
) -> Answer {
    let missing = |status| Answer::new(status, HTML, liferay::missing_page(ministry));
    let Some(place) = read_path(path) else {
        return missing(404);
    };
    let mut view = View {
        prefix: place.prefix,
        fill_to: 0,
    };
    let Some((instance, slug)) = place.article else {
        let name = format!("_101_INSTANCE_{}_cur", place.section.instance);
        let number = url.query_pairs().find(|(given, _)| *given == name);
        let number = number
            .and_then(|(_, value)| value.parse().ok())
            .unwrap_or(1_usize)
            .max(1);
        let html = liferay::listing_page(ministry, place.section, number, view);
        let newest = ministry
            .in_section(place.section.page)
            .map(|article| article.changed)
            .max();
        return finished(restyled(html), dress, asked, newest.unwrap_or_default());
    };
    let Some(article) = ministry.by_slug(slug) else {
        return missing(404);
    };
    let Some(liferay_place) = &article.liferay else {
        return missing(404);
    };
    match article.gone {
        Some(Gone::NotFound) => return missing(404),
        Some(Gone::Removed) => return missing(410),
        Some(Gone::Soft) => return missing(200),
        None => {}
    }
    view.fill_to = fill_of(article, dress);
    let html = liferay::article_page(
        ministry,
        article,
        liferay_place,
        place.section,
        instance,
        view,
    );
    finished(restyled(html), dress, asked, article.changed)
}

fn finished(html: String, dress: &Dress, asked: &Asked, changed: DateTime<Utc>) -> Answer {
    let answer = halved(Answer::new(200, HTML, html));
    if dress.etag {
        answer.with_validators(asked, changed)
    } else {
        answer
    }
}

/// Sends about half of all answers in chunks.
fn halved(mut answer: Answer) -> Answer {
    answer.chunked = answer.body.len() % 2 == 1;
    answer
}

/// The size that an article's page is filled up to, different from article to article.
fn fill_of(article: &DemoArticle, dress: &Dress) -> usize {
    let Some(bytes) = &dress.page_bytes else {
        return 0;
    };
    let spread = bytes.end.saturating_sub(bytes.start).max(1);
    let step = usize::try_from(article.number.wrapping_mul(7919)).unwrap_or(0);
    bytes.start + step % spread
}

/// A Liferay path, read.
struct LiferayPath<'a> {
    /// Empty, or a locale with its slash.
    prefix: &'a str,
    section: &'static Section,
    /// Instance id and slug.
    article: Option<(&'a str, &'a str)>,
}

/// Reads `[/LOCALE][/web/guest]/PAGE[/-/asset_publisher/INST/content/SLUG]`.
fn read_path(path: &str) -> Option<LiferayPath<'_>> {
    let mut rest = path;
    let mut prefix = "";
    let first = path.get(1..)?.split('/').next()?;
    if LOCALES.contains(&first) {
        (prefix, rest) = path.split_at_checked(first.len() + 1)?;
    }
    rest = rest.strip_prefix("/web/guest").unwrap_or(rest);
    let parts: Vec<&str> = rest.split('/').collect();
    let (page, article) = match parts.as_slice() {
        ["", page] => (page, None),
        ["", page, "-", "asset_publisher", instance, "content", slug] => {
            let is_id = instance.len() == INSTANCE_CHARS
                && instance
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric());
            (page, Some(is_id.then_some((*instance, *slug))?))
        }
        _ => return None,
    };
    Some(LiferayPath {
        prefix,
        section: places::section(page)?,
        article,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_liferay_reads_them() {
        let table = [
            // what, path, expected: prefix, page, article
            ("section", "/tin-tong-hop", Some(("", "tin-tong-hop", None))),
            (
                "locale",
                "/en/tin-tong-hop",
                Some(("/en", "tin-tong-hop", None)),
            ),
            (
                "guest",
                "/vi_VN/web/guest/tin-noi-bat",
                Some(("/vi_VN", "tin-noi-bat", None)),
            ),
            (
                "article",
                "/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/-a-",
                Some(("", "tin-noi-bat", Some(("3Yst7YhbkA5j", "-a-")))),
            ),
            (
                "short id",
                "/tin-noi-bat/-/asset_publisher/3Ys/content/a",
                None,
            ),
            ("unknown section", "/tin-la", None),
            (
                "more behind",
                "/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a/b",
                None,
            ),
            ("empty", "", None),
        ];
        for (what, path, expected) in table {
            let read = read_path(path).map(|read| (read.prefix, read.section.page, read.article));
            assert_eq!(read, expected, "{what}");
        }
    }

    #[test]
    fn a_target_may_hold_the_host() {
        assert_eq!(path_of("http://demo.khotin.test/a?b"), "/a?b");
        assert_eq!(path_of("http://demo.khotin.test"), "/");
        assert_eq!(path_of("/a"), "/a");
    }
}

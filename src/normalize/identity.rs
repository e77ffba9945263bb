//! Identity: which article a link or a request is about. In: a profile's platforms and a URL, some
//! variables or a request. Out: the article's key, its public URL and the variables that rebuild its
//! request, or nothing. Everything comes from the profile; no rule of any ministry is written here.
//!
//! What is never identity: scheme, default port, upper case in the host, fragment, `;jsessionid=…`,
//! and every query parameter that the link form does not name. What always is: every character that
//! the key template takes in, percent-encoding as it stands.

use url::Url;

use crate::config::{LinkForm, Platform, SiteProfile, Vars};
use crate::model::{ArticleKey, Method, Purpose, Request};

/// What is known of an article from its link alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The platform whose rule fitted.
    pub platform: String,
    /// `{site}:{platform}:` and the platform's key template.
    pub key: ArticleKey,
    /// The values that the link gave, for templates.
    pub vars: Vars,
    /// For people: by the platform's URL template, else the link without its fragment.
    pub public_url: String,
}

/// The article that a link leads to, or `None` if no platform knows such a link.
///
/// The link forms of all platforms are tried in the profile's order, then the public URL templates
/// of platforms without link forms, so that a public URL leads back to its key.
///
/// # Examples
/// ```
/// # use khotin::{config::SiteProfile, normalize::identity::identify};
/// let profile: SiteProfile = toml::from_str(r#"
///     id = "moh"
///     name = { vi = "Bộ Y tế", en = "Ministry of Health" }
///     hosts = ["moh.gov.vn"]
///     zone = "Asia/Ho_Chi_Minh"
///     language = "vi"
///     [[platform]]
///     id = "liferay"
///     key = "{slug}"
///     link = [{ path = '/.+/content/(?<slug>[a-z0-9-]+)' }]
/// "#).expect("a profile");
/// let link = "https://moh.gov.vn/tin/-/asset_publisher/3Yst7YhbkA5j/content/a-b-1?fbclid=x";
/// let identity = identify(&profile, &link.parse().expect("a URL")).expect("an article");
/// assert_eq!(identity.key.as_str(), "moh:liferay:a-b-1");
/// ```
pub fn identify(profile: &SiteProfile, url: &Url) -> Option<Identity> {
    let by_link = profile.platforms.iter().find_map(|platform| {
        platform.links.iter().find_map(|form| {
            name_article(
                profile,
                platform,
                &take_link(profile, form, url)?,
                Some(url),
            )
        })
    });
    by_link.or_else(|| {
        let mut without_links = profile
            .platforms
            .iter()
            .filter(|platform| platform.links.is_empty());
        without_links.find_map(|platform| {
            let vars = platform.url.as_ref()?.take(url)?;
            name_article(profile, platform, &vars, Some(url))
        })
    })
}

/// The article that a platform's variables name, or `None` if they do not fill the key, or if
/// nothing gives it a URL (neither the platform's `url` nor an `ask_article` by GET).
pub fn identify_vars(profile: &SiteProfile, platform: &str, vars: &Vars) -> Option<Identity> {
    name_article(profile, find_platform(profile, platform)?, vars, None)
}

/// The article that a request asks for: by the platforms' `ask_article`, else by its URL.
pub fn identify_request(profile: &SiteProfile, request: &Request) -> Option<Identity> {
    let link = (request.method == Method::Get).then_some(&request.url);
    let by_template = profile.platforms.iter().find_map(|platform| {
        let vars = platform.ask_article.as_ref()?.take(request)?;
        name_article(profile, platform, &vars, link)
    });
    by_template.or_else(|| identify(profile, link?))
}

/// The request that gets the article: by its platform's `ask_article`, else a GET of `link`, else of
/// the public URL. `None` if the template needs a value that the link did not give.
pub fn article_request(
    profile: &SiteProfile,
    identity: &Identity,
    link: Option<&Url>,
) -> Option<Request> {
    let platform = find_platform(profile, &identity.platform)?;
    match &platform.ask_article {
        Some(template) => template
            .build(&profile.id, Purpose::Article, None, &identity.vars)
            .ok(),
        None => {
            let url = link
                .cloned()
                .or_else(|| Url::parse(&identity.public_url).ok())?;
            Some(Request::get(profile.id.clone(), url, Purpose::Article))
        }
    }
}

/// The article of a listing's line or another link that comes with variables: by the link, else by
/// the variables.
pub(crate) fn identify_item(
    profile: &SiteProfile,
    platform: &str,
    url: Option<&Url>,
    vars: &Vars,
) -> Option<Identity> {
    url.and_then(|url| identify(profile, url))
        .or_else(|| name_article(profile, find_platform(profile, platform)?, vars, url))
}

fn find_platform<'a>(profile: &'a SiteProfile, id: &str) -> Option<&'a Platform> {
    profile.platforms.iter().find(|platform| platform.id == id)
}

fn name_article(
    profile: &SiteProfile,
    platform: &Platform,
    vars: &Vars,
    link: Option<&Url>,
) -> Option<Identity> {
    let name = platform.key.fill(vars).ok()?;
    let by_template = platform
        .url
        .as_ref()
        .and_then(|template| template.fill(vars).ok());
    let by_link = || {
        let mut url = link?.clone();
        url.set_fragment(None);
        Some(url)
    };
    let by_request = || {
        let ask = platform.ask_article.as_ref()?;
        (ask.method == Method::Get)
            .then_some(ask)?
            .url
            .fill(vars)
            .ok()
    };
    let public_url = by_template.or_else(by_link).or_else(by_request)?;
    Some(Identity {
        platform: platform.id.clone(),
        key: ArticleKey::new(format!("{}:{}:{name}", profile.id, platform.id)),
        vars: vars.clone(),
        public_url: public_url.into(),
    })
}

/// The variables of a link that has this form.
fn take_link(profile: &SiteProfile, form: &LinkForm, url: &Url) -> Option<Vars> {
    let hosts = if form.hosts.is_empty() {
        &profile.hosts
    } else {
        &form.hosts
    };
    let host = url.host_str()?.trim_end_matches('.');
    let is_ours = hosts.iter().any(|known| known.eq_ignore_ascii_case(host));
    let is_web =
        matches!(url.scheme(), "http" | "https") && matches!(url.port(), None | Some(80 | 443));
    if !is_ours || !is_web {
        return None;
    }
    let path = without_session(url.path());
    if path.split('/').any(leads_elsewhere) {
        return None;
    }
    let mut vars = form.path.take(&path)?;
    let query = url.query().unwrap_or_default();
    for (name, value) in &form.query {
        let printed = query.split('&').find_map(|pair| {
            let (known, printed) = pair.split_once('=').unwrap_or((pair, ""));
            (known == name).then_some(printed)
        })?;
        vars.extend(value.take(printed)?);
    }
    if let Some(whole) = &form.bare_query {
        // A tracker may have been appended to the bare number.
        let first = query.split('&').next().unwrap_or_default();
        vars.extend(whole.take(query).or_else(|| whole.take(first))?);
    }
    Some(vars)
}

/// The path without Java's `;jsessionid=…` (Servlet 3.1, section 7.1.3), whatever segment it is in.
fn without_session(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        let parts = segment.split(';');
        let kept = parts.filter(|part| {
            let name = part.split('=').next().unwrap_or_default();
            !name.eq_ignore_ascii_case("jsessionid")
        });
        kept.collect::<Vec<_>>().join(";")
    });
    segments.collect::<Vec<_>>().join("/")
}

/// True for `.` and `..` in any spelling (WHATWG URL, section 4.1). A parsed URL has none, but
/// `..;jsessionid=…` becomes one; as part of a name it would lead to another page.
fn leads_elsewhere(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    matches!(plain.as_str(), "." | "..")
}

#[cfg(test)]
mod tests;

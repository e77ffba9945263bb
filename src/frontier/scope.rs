//! Scope: may this URL be asked for at all? In or out, always with the rule that decided.
//!
//! Pure: the profile's hosts and deny patterns and the configuration's `resolve` lines decide.
//! robots.txt and the pace are asked later, in [`crate::fetch`].

use std::collections::BTreeSet;

use url::Url;

use crate::config::SiteProfile;

/// A URL is out of scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url} is out of scope: {rule}")]
pub struct OutOfScope {
    /// The URL.
    pub url: String,
    /// The rule that decided, in words.
    pub rule: String,
}

/// Decides whether `url` belongs to the site, and says by which rule.
///
/// `resolve` holds the origins that the configuration names, as `host:port`: only there a port other
/// than the scheme's own is in scope.
///
/// # Errors
/// [`OutOfScope`] with the rule: scheme, user name in the URL, host, port, or deny pattern.
pub fn decide(
    profile: &SiteProfile,
    resolve: &BTreeSet<String>,
    url: &Url,
) -> Result<String, OutOfScope> {
    let out = |rule: String| OutOfScope {
        url: url.to_string(),
        rule,
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(out(format!("scheme {} is not http or https", url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(out("it holds a user name".to_owned()));
    }
    let host = url.host_str().unwrap_or_default();
    if !profile
        .hosts
        .iter()
        .any(|known| known.eq_ignore_ascii_case(host))
    {
        return Err(out(format!("host {host} is not a host of {}", profile.id)));
    }
    if let Some(port) = url.port()
        && !resolve.contains(&format!("{host}:{port}"))
    {
        return Err(out(format!(
            "port {port} is not the port of {} and no `resolve` line names {host}:{port}",
            url.scheme()
        )));
    }
    let asked = match url.query() {
        None => url.path().to_owned(),
        Some(query) => format!("{}?{query}", url.path()),
    };
    match profile
        .deny
        .iter()
        .find(|pattern| pattern.regex().is_match(&asked))
    {
        Some(pattern) => Err(out(format!("deny pattern {}", pattern.as_str()))),
        None => Ok(format!("host {host} of {}", profile.id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_always_names_its_rule() {
        let profile: SiteProfile = toml::from_str(
            r#"
            id = "moh"
            name = { vi = "Bộ Y tế", en = "Ministry of Health" }
            hosts = ["moh.gov.vn", "www.moh.gov.vn"]
            zone = "Asia/Ho_Chi_Minh"
            language = "vi"
            deny = ["^/web/guest/login", "[?&]p_p_lifecycle=1"]
            platform = []
            "#,
        )
        .unwrap();
        let resolve = BTreeSet::from(["moh.gov.vn:8443".to_owned()]);
        let table = [
            (
                "its host",
                "https://moh.gov.vn/a",
                Ok("host moh.gov.vn of moh"),
            ),
            (
                "capitals are the same host",
                "https://WWW.MOH.GOV.VN/a",
                Ok("host www.moh.gov.vn of moh"),
            ),
            (
                "the scheme's own port",
                "https://moh.gov.vn:443/a",
                Ok("host moh.gov.vn of moh"),
            ),
            (
                "a port of a resolve line",
                "https://moh.gov.vn:8443/a",
                Ok("host moh.gov.vn of moh"),
            ),
            (
                "another port",
                "https://moh.gov.vn:22/a",
                Err("port 22 is not the port of https and no `resolve` line names moh.gov.vn:22"),
            ),
            (
                "another host",
                "https://evil.vn/moh.gov.vn",
                Err("host evil.vn is not a host of moh"),
            ),
            (
                "a host that ends alike",
                "https://xmoh.gov.vn/",
                Err("host xmoh.gov.vn is not a host of moh"),
            ),
            (
                "a user name that looks like the host",
                "https://moh.gov.vn@evil.vn/",
                Err("it holds a user name"),
            ),
            (
                "another scheme",
                "ftp://moh.gov.vn/a",
                Err("scheme ftp is not http or https"),
            ),
            (
                "a denied path",
                "https://moh.gov.vn/web/guest/login?x=1",
                Err("deny pattern ^/web/guest/login"),
            ),
            (
                "a denied query",
                "https://moh.gov.vn/a?x=1&p_p_lifecycle=1",
                Err("deny pattern [?&]p_p_lifecycle=1"),
            ),
        ];
        for (what, url, expected) in table {
            let decided = decide(&profile, &resolve, &Url::parse(url).unwrap());
            let decided = decided.map_err(|out| out.rule);
            assert_eq!(
                decided,
                expected.map(str::to_owned).map_err(str::to_owned),
                "{what}"
            );
        }
    }
}

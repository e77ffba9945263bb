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

/// Decides whether `url` belongs to the site as a page, and says by which rule.
///
/// `resolve` holds the origins that the configuration sends elsewhere, as `host:port`. A port other
/// than the scheme's own is in scope only there. If it names any origin of the site, only those that
/// it names are in scope: else a link with another scheme or host would lead from a mirror, or from
/// one's own machine, to the ministry itself, and the archive would mix both.
///
/// # Errors
/// [`OutOfScope`] with the rule: scheme, user name in the URL, host, port, override, or deny pattern.
pub fn decide(
    profile: &SiteProfile,
    resolve: &BTreeSet<String>,
    url: &Url,
) -> Result<String, OutOfScope> {
    decide_among(profile, &[], resolve, url)
}

/// Decides whether `url` may be asked for as a file of an article, or as the robots.txt before one: on the
/// site's own hosts, by the same rules, and on the hosts that its profile names in `asset_hosts`. Those are
/// sent elsewhere by `resolve` only together with the site.
///
/// # Errors
/// As [`decide`].
pub fn decide_asset(
    profile: &SiteProfile,
    resolve: &BTreeSet<String>,
    url: &Url,
) -> Result<String, OutOfScope> {
    decide_among(profile, &profile.asset_hosts, resolve, url)
}

fn decide_among(
    profile: &SiteProfile,
    asset_hosts: &[String],
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
    let is_among = |hosts: &[String]| hosts.iter().any(|known| known.eq_ignore_ascii_case(host));
    let is_asset_host = is_among(asset_hosts);
    if !is_asset_host && !is_among(&profile.hosts) {
        return Err(out(format!("host {host} is not a host of {}", profile.id)));
    }
    let port = url.port_or_known_default().unwrap_or_default();
    let is_named = names(resolve, host, |named| named == port.to_string());
    if url.port().is_some() && !is_named {
        return Err(out(format!(
            "port {port} is not the port of {} and no `resolve` line names {host}:{port}",
            url.scheme()
        )));
    }
    let is_sent_elsewhere = |host: &String| names(resolve, host, |_| true);
    let is_site_elsewhere = profile.hosts.iter().any(is_sent_elsewhere);
    if is_asset_host && is_named && !is_site_elsewhere {
        return Err(out(format!(
            "a `resolve` line sends {host}:{port} elsewhere, and no origin of {}",
            profile.id
        )));
    }
    if !is_named && is_site_elsewhere {
        return Err(out(format!(
            "no `resolve` line names {host}:{port}, and other origins of {} are sent elsewhere",
            profile.id
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
        None if is_asset_host => Ok(format!("asset host {host} of {}", profile.id)),
        None => Ok(format!("host {host} of {}", profile.id)),
    }
}

/// True if a `resolve` line names this host with a port that fits.
fn names(resolve: &BTreeSet<String>, host: &str, port_fits: impl Fn(&str) -> bool) -> bool {
    resolve.iter().any(|origin| {
        origin
            .rsplit_once(':')
            .is_some_and(|(name, port)| name.eq_ignore_ascii_case(host) && port_fits(port))
    })
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
        let nowhere = BTreeSet::new();
        let mirror = ["MOH.gov.vn:8443", "moh.gov.vn:443"];
        let mirror = BTreeSet::from(mirror.map(str::to_owned));
        let mirrored = [
            (
                "its port",
                "https://moh.gov.vn/a",
                Ok("host moh.gov.vn of moh"),
            ),
            (
                "another port of a resolve line",
                "https://moh.gov.vn:8443/a",
                Ok("host moh.gov.vn of moh"),
            ),
            (
                "a port of none",
                "https://moh.gov.vn:22/a",
                Err("port 22 is not the port of https and no `resolve` line names moh.gov.vn:22"),
            ),
            (
                "another scheme would leave the mirror",
                "http://moh.gov.vn/a",
                Err(
                    "no `resolve` line names moh.gov.vn:80, and other origins of moh are sent elsewhere",
                ),
            ),
            (
                "so would another host",
                "https://www.moh.gov.vn/a",
                Err(
                    "no `resolve` line names www.moh.gov.vn:443, and other origins of moh are sent elsewhere",
                ),
            ),
        ];
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
        let direct = table.map(|row| (&nowhere, row));
        let mirrored = mirrored.map(|row| (&mirror, row));
        for (resolve, (what, url, expected)) in direct.into_iter().chain(mirrored) {
            let decided = decide(&profile, resolve, &Url::parse(url).unwrap());
            let decided = decided.map_err(|out| out.rule);
            assert_eq!(
                decided,
                expected.map(str::to_owned).map_err(str::to_owned),
                "{what}"
            );
        }
    }

    #[test]
    fn a_file_may_come_from_the_hosts_that_the_profile_names_for_files() {
        let profile: SiteProfile = toml::from_str(
            r#"
            id = "moh"
            name = { vi = "Bộ Y tế", en = "Ministry of Health" }
            hosts = ["moh.gov.vn"]
            asset_hosts = ["cdn.vn"]
            zone = "Asia/Ho_Chi_Minh"
            language = "vi"
            deny = ["^/c/portal/"]
            platform = []
            "#,
        )
        .unwrap();
        let lines = |names: &[&str]| -> BTreeSet<String> {
            names.iter().map(|name| (*name).to_owned()).collect()
        };
        let (nowhere, site) = (lines(&[]), lines(&["moh.gov.vn:443"]));
        let both = lines(&["moh.gov.vn:443", "cdn.vn:8443"]);
        let cdn = lines(&["cdn.vn:443"]);
        let table = [
            // what, resolve lines, url, expected of a file
            (
                "own host",
                &nowhere,
                "https://moh.gov.vn/a.jpg",
                Ok("host moh.gov.vn of moh"),
            ),
            (
                "named host",
                &nowhere,
                "http://cdn.vn/a.jpg",
                Ok("asset host cdn.vn of moh"),
            ),
            (
                "another host",
                &nowhere,
                "https://x.cdn.vn/a.jpg",
                Err("host x.cdn.vn is not a host of moh"),
            ),
            (
                "a pattern that denies, whatever the host",
                &nowhere,
                "https://cdn.vn/c/portal/x.jpg",
                Err("deny pattern ^/c/portal/"),
            ),
            (
                "the site is sent elsewhere, the host is not",
                &site,
                "https://cdn.vn/a.jpg",
                Err(
                    "no `resolve` line names cdn.vn:443, and other origins of moh are sent elsewhere",
                ),
            ),
            (
                "both are sent elsewhere",
                &both,
                "https://cdn.vn:8443/a.jpg",
                Ok("asset host cdn.vn of moh"),
            ),
            (
                "the host is sent elsewhere, the site is not",
                &cdn,
                "https://cdn.vn/a.jpg",
                Err("a `resolve` line sends cdn.vn:443 elsewhere, and no origin of moh"),
            ),
        ];
        for (what, resolve, url, expected) in table {
            let url = Url::parse(url).unwrap();
            let decided = decide_asset(&profile, resolve, &url).map_err(|out| out.rule);
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(decided, expected, "{what}");
            let is_page = decide(&profile, resolve, &url).is_ok();
            assert_eq!(
                is_page,
                what == "own host",
                "{what}: no page comes from there"
            );
        }
    }
}

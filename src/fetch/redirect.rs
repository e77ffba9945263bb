//! Where a redirect leads. Following it is the caller's work: each hop is a new request that goes
//! through the gate again and is archived.

use url::Url;

use crate::model::Exchange;

/// Why a redirect cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// The status says redirect, but there is no `Location`.
    #[error("status {status} without a location that is text")]
    NoLocation {
        /// The status.
        status: u16,
    },
    /// The `Location` is no URL.
    #[error("location {location:?} is no URL: {source}")]
    NotUrl {
        /// The field, cut to 200 characters.
        location: String,
        /// Why.
        source: url::ParseError,
    },
    /// Neither http nor https, or with a user name in it.
    #[error("location {url} is not a plain http or https URL")]
    NotPlain {
        /// The target.
        url: Url,
    },
}

impl RedirectError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        "open the page in a browser; if the site moved, give the new address in its profile"
    }
}

/// The target of a redirect (301, 302, 303, 307, 308; RFC 9110, section 15.4), resolved against the
/// request's URL and without fragment; none if the exchange is no redirect.
///
/// # Errors
/// [`RedirectError`] if the exchange is a redirect that cannot be followed.
pub fn redirect_target(exchange: &Exchange) -> Result<Option<Url>, RedirectError> {
    let Ok(answer) = &exchange.result else {
        return Ok(None);
    };
    if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = answer
        .header("location")
        .ok_or(RedirectError::NoLocation {
            status: answer.status,
        })?
        .trim();
    let mut url = exchange
        .request
        .url
        .join(location)
        .map_err(|source| RedirectError::NotUrl {
            location: location.chars().take(200).collect(),
            source,
        })?;
    url.set_fragment(None);
    if is_plain(&url) {
        Ok(Some(url))
    } else {
        Err(RedirectError::NotPlain { url })
    }
}

/// True for http and https URLs with a host and without a user name: all that is ever asked.
pub(super) fn is_plain(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::testing::exchange;

    #[test]
    fn a_redirect_leads_to_a_plain_url_or_nowhere() {
        let base = "https://moh.gov.vn/vi_VN/tin?x=1";
        let table = [
            // what, status, location, expected
            ("no redirect", 200, Some("/a"), Ok(None)),
            ("not modified", 304, Some("/a"), Ok(None)),
            ("path", 301, Some("/a#b"), Ok(Some("https://moh.gov.vn/a"))),
            (
                "relative",
                302,
                Some("a"),
                Ok(Some("https://moh.gov.vn/vi_VN/a")),
            ),
            (
                "other scheme",
                307,
                Some("//b.vn/"),
                Ok(Some("https://b.vn/")),
            ),
            (
                "spaces around",
                308,
                Some(" /a "),
                Ok(Some("https://moh.gov.vn/a")),
            ),
            (
                "letters beyond ASCII",
                303,
                Some("/đ"),
                Ok(Some("https://moh.gov.vn/%C4%91")),
            ),
            ("no location", 301, None, Err("NoLocation")),
            ("no URL", 301, Some("http://[::"), Err("NotUrl")),
            ("a file", 301, Some("file:///etc/passwd"), Err("NotPlain")),
            (
                "a script",
                301,
                Some("javascript:alert(1)"),
                Err("NotPlain"),
            ),
            (
                "a user name",
                301,
                Some("https://a:b@c.vn/"),
                Err("NotPlain"),
            ),
        ];
        for (what, status, location, expected) in table {
            let headers: Vec<_> = location
                .map(|value| ("location", value))
                .into_iter()
                .collect();
            let found = redirect_target(&exchange(base, status, &headers, b""));
            match expected {
                Ok(target) => assert_eq!(
                    found.as_ref().map(|url| url.as_ref().map(Url::as_str)),
                    Ok(target),
                    "{what}"
                ),
                Err(name) => {
                    let error = format!("{:?}", found.expect_err(what));
                    assert!(error.starts_with(name), "{what}: {error}");
                }
            }
        }
    }
}

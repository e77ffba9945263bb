//! Contact: what may stand in `contact` of config.toml. Pure; used by `init` and `doctor`.

use url::Url;

/// True for an e-mail address (`name@host.tld`) or an http or https URL with a host. It is no proof that
/// somebody reads there: only a person knows.
pub(super) fn is_contact(text: &str) -> bool {
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control();
    if !text.chars().all(is_plain) {
        return false;
    }
    if let Ok(url) = Url::parse(text)
        && matches!(url.scheme(), "http" | "https")
    {
        return url.host().is_some();
    }
    let Some((name, host)) = text.rsplit_once('@') else {
        return false;
    };
    let is_label = |label: &str| {
        let is_letter = |c: char| c.is_alphanumeric() || c == '-';
        !label.is_empty() && label.chars().all(is_letter)
    };
    let is_name = !name.is_empty() && !name.contains(['@', '<', '>', '(', ')', ',', ';', ':', '"']);
    is_name && host.contains('.') && host.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_an_address_at_which_somebody_may_be_reached() {
        let table = [
            ("archive@example.org", true),
            ("a.b+c@mail.example.vn", true),
            ("https://example.org/about", true),
            ("http://example.org", true),
            ("", false),
            ("me", false),
            ("me@", false),
            ("@example.org", false),
            ("me@localhost", false),
            ("me@example.", false),
            ("me you@example.org", false),
            ("Me <me@example.org>", false),
            ("me@example.org\r\nX: y", false),
            ("ftp://example.org", false),
            ("mailto:me@example.org", false),
            ("a@b@example.org", false),
        ];
        for (text, expected) in table {
            assert_eq!(is_contact(text), expected, "{text:?}");
        }
    }
}

//! Fit: whether a layout is for a capture, or why it is not. The same answer decides what [`super`]
//! reads and what [`super::trace`] tells.

use std::fmt;

use chrono::NaiveDate;
use serde::Serialize;

use super::listing;
use super::selectors::Scope;
use crate::config::{ListingLayout, Validity};
use crate::model::Capture;

/// Why a layout does not fit a capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Misfit {
    /// `valid.url` does not match the capture's URL.
    Url {
        /// The pattern as written.
        pattern: String,
    },
    /// Captured before `valid.from`.
    TooEarly {
        /// The day of the capture, UTC.
        captured: NaiveDate,
        /// The layout's first day.
        from: NaiveDate,
    },
    /// Captured after `valid.until`.
    TooLate {
        /// The day of the capture, UTC.
        captured: NaiveDate,
        /// The layout's last day.
        until: NaiveDate,
    },
    /// CSS rules and a JSON answer, or JSONPaths and a page.
    OtherKind,
    /// The request is for a listing, so no article is looked for.
    ListingRequest,
    /// `items` finds nothing that has a link or a title.
    NoItems,
    /// `items` finds more than a listing may have.
    TooManyItems,
    /// `root` finds nothing.
    NoRoot,
    /// `root` finds something, but neither a title nor any content in it.
    EmptyRoot {
        /// How many containers were looked into.
        roots: usize,
    },
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url { pattern } => write!(f, "its `valid.url` `{pattern}` is not in the URL"),
            Self::TooEarly { captured, from } => {
                write!(f, "captured on {captured}, and it is valid from {from}")
            }
            Self::TooLate { captured, until } => {
                write!(f, "captured on {captured}, and it is valid until {until}")
            }
            Self::OtherKind => f.write_str("its `items` are not for this kind of answer"),
            Self::ListingRequest => f.write_str("the request is for a listing"),
            Self::NoItems => f.write_str("its `items` find nothing with a link or a title"),
            Self::TooManyItems => write!(f, "{}", listing::TooManyItems),
            Self::NoRoot => f.write_str("its `root` finds nothing"),
            Self::EmptyRoot { roots } => write!(
                f,
                "its `root` finds {roots}, but neither a title nor any text in it"
            ),
        }
    }
}

/// What speaks against a layout before a look into the page. The dates are those of the capture,
/// UTC, both ends inclusive.
pub(super) fn misfit(valid: &Validity, capture: &Capture) -> Option<Misfit> {
    let url = capture.request.url.as_str();
    if let Some(pattern) = valid
        .url
        .as_ref()
        .filter(|url_is| !url_is.regex().is_match(url))
    {
        let pattern = pattern.as_str().to_owned();
        return Some(Misfit::Url { pattern });
    }
    let captured = capture.captured_at.date_naive();
    match (valid.from, valid.until) {
        (Some(from), _) if captured < from => Some(Misfit::TooEarly { captured, from }),
        (_, Some(until)) if until < captured => Some(Misfit::TooLate { captured, until }),
        _ => None,
    }
}

/// The same of a listing layout, which must also be for this kind of answer.
pub(super) fn misfit_of_listing(
    layout: &ListingLayout,
    capture: &Capture,
    page: Scope<'_>,
) -> Option<Misfit> {
    let other_kind = || (!listing::is_for(layout, page)).then_some(Misfit::OtherKind);
    misfit(&layout.valid, capture).or_else(other_kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::testing::capture;

    #[test]
    fn a_layout_is_for_its_urls_and_its_days() {
        let table = [
            ("anything", "", "2021-05-24T16:00:00Z", None),
            ("its URL", "url = '/p/'", "2021-05-24T16:00:00Z", None),
            (
                "another URL",
                "url = '/x/'",
                "2021-05-24T16:00:00Z",
                Some("its `valid.url` `/x/` is not in the URL"),
            ),
            (
                "first day",
                "from = '2021-05-24'",
                "2021-05-24T00:00:00Z",
                None,
            ),
            (
                "day before",
                "from = '2021-05-24'",
                "2021-05-23T23:59:59Z",
                Some("captured on 2021-05-23, and it is valid from 2021-05-24"),
            ),
            (
                "last day",
                "until = '2021-05-24'",
                "2021-05-24T23:59:59Z",
                None,
            ),
            (
                "day after",
                "until = '2021-05-24'",
                "2021-05-25T00:00:00Z",
                Some("captured on 2021-05-25, and it is valid until 2021-05-24"),
            ),
        ];
        for (what, valid, time, expected) in table {
            let valid: Validity = toml::from_str(valid).unwrap();
            let mut capture = capture("https://a.vn/p/q", b"");
            capture.captured_at = time.parse().unwrap();
            let found = misfit(&valid, &capture).map(|misfit| misfit.to_string());
            assert_eq!(found.as_deref(), expected, "{what}");
        }
    }
}

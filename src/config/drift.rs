//! Drift limits: from when on a change of what a run finds means that the site changed. Every number
//! is our choice, and a profile may state another where its ministry is known to be different.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// The keys of layouts that may have a least share.
const KEYS: [&str; 12] = [
    "root",
    "title",
    "published.select",
    "lead",
    "author",
    "categories",
    "source.select",
    "body.root",
    "items",
    "link",
    "stamp.select",
    "summary",
];

/// `[drift]` of a profile. A share is a number from 0 to 1; 0 switches its rule off.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DriftLimits {
    /// So many articles or items must have been looked at before anything is said of their fields.
    /// Runs that saw fewer are taken together with those before. Default 5.
    #[serde(deserialize_with = "fewest")]
    pub fewest: u64,
    /// Below this part of the share of earlier runs a field is no longer found: drift. Default 0.6.
    #[serde(deserialize_with = "share")]
    pub found: f64,
    /// The least share by key, whatever earlier runs found: below it is drift. Default 0.5 for `root`,
    /// `title` and `body.root`; a key that is named here takes the place of its default.
    #[serde(deserialize_with = "least")]
    pub least: BTreeMap<String, f64>,
    /// Above this share of finds by another selector than the first, where earlier runs had less:
    /// a warning. Default 0.5.
    #[serde(deserialize_with = "share")]
    pub fallback: f64,
    /// Below this part of the usual number of items on a section's first page: drift. Default 0.6.
    #[serde(deserialize_with = "share")]
    pub items: f64,
    /// Below this part of the usual length, in characters and in paragraphs, texts are cut: drift.
    /// Default 0.25, because lengths differ much from night to night.
    #[serde(deserialize_with = "share")]
    pub text: f64,
    /// An article's date that lies further than this from where it usually lies to its listing's
    /// date has jumped. Default 6 h: less than the 7 h of UTC and the 12 h of a lost PM.
    #[serde(deserialize_with = "super::duration")]
    pub lag: Duration,
}

impl Default for DriftLimits {
    fn default() -> Self {
        Self {
            fewest: 5,
            found: 0.6,
            least: default_least(),
            fallback: 0.5,
            items: 0.6,
            text: 0.25,
            lag: Duration::from_secs(6 * 3_600),
        }
    }
}

fn default_least() -> BTreeMap<String, f64> {
    ["root", "title", "body.root"]
        .map(|key| (key.to_owned(), 0.5))
        .into()
}

fn is_share(number: f64) -> Result<f64, String> {
    (0.0..=1.0)
        .contains(&number)
        .then_some(number)
        .ok_or_else(|| format!("{number} is no share: a number from 0 to 1"))
}

fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    is_share(f64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

fn fewest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = u64::deserialize(deserializer)?;
    if number == 0 {
        return Err(serde::de::Error::custom("`fewest` must be at least 1"));
    }
    Ok(number)
}

fn least<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, f64>, D::Error> {
    let mut least = default_least();
    for (key, number) in BTreeMap::<String, f64>::deserialize(deserializer)? {
        if !KEYS.contains(&key.as_str()) {
            let nearest = super::nearest(&key, &KEYS)
                .map(|name| format!("; did you mean `{name}`?"))
                .unwrap_or_default();
            let message = format!("`{key}` is no key that has a share{nearest}");
            return Err(serde::de::Error::custom(message));
        }
        least.insert(key, is_share(number).map_err(serde::de::Error::custom)?);
    }
    Ok(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<DriftLimits, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn what_is_not_stated_has_its_default() {
        assert_eq!(read(""), Ok(DriftLimits::default()));
        let limits =
            read("fewest = 8\nlag = \"90min\"\nleast = { lead = 0.2, title = 0 }").unwrap();
        assert_eq!((limits.fewest, limits.found), (8, 0.6));
        assert_eq!(limits.lag, Duration::from_secs(5_400));
        let least: Vec<(&str, f64)> = limits.least.iter().map(|(k, v)| (k.as_str(), *v)).collect();
        let expected = [
            ("body.root", 0.5),
            ("lead", 0.2),
            ("root", 0.5),
            ("title", 0.0),
        ];
        assert_eq!(least, expected);
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_words() {
        let table = [
            // what, text, words of the error
            (
                "over 1",
                "found = 1.5",
                "1.5 is no share: a number from 0 to 1",
            ),
            (
                "below 0",
                "text = -0.1",
                "-0.1 is no share: a number from 0 to 1",
            ),
            (
                "no number",
                "items = nan",
                "NaN is no share: a number from 0 to 1",
            ),
            (
                "in the map",
                "least = { title = 2 }",
                "2 is no share: a number from 0 to 1",
            ),
            ("none", "fewest = 0", "`fewest` must be at least 1"),
            ("no time", "lag = \"soon\"", "`soon` is not a time"),
            ("misspelt", "least = { titel = 1 }", "did you mean `title`?"),
            ("unknown key", "lags = \"1h\"", "unknown field `lags`"),
        ];
        for (what, text, words) in table {
            let error = read(text).unwrap_err();
            assert!(error.contains(words), "{what}: {error}");
        }
    }
}

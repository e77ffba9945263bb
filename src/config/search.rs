//! Settings of `khotin search`.

use serde::{Deserialize, Deserializer, Serialize};

/// `[search]` of config.toml.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Search {
    /// The most articles that are shown, at least 1.
    #[serde(deserialize_with = "at_least_one")]
    pub limit: usize,
}

impl Default for Search {
    fn default() -> Self {
        Self { limit: 20 }
    }
}

fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    match usize::deserialize(deserializer)? {
        0 => Err(serde::de::Error::custom("`limit` must be at least 1")),
        limit => Ok(limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_at_least_one() {
        let read = |text: &str| toml::from_str::<Search>(text);
        assert_eq!(read("").unwrap(), Search { limit: 20 });
        assert_eq!(read("limit = 1").unwrap(), Search { limit: 1 });
        let error = read("limit = 0").unwrap_err();
        assert_eq!(error.message(), "`limit` must be at least 1");
        assert!(read("limit = -1").is_err());
    }
}

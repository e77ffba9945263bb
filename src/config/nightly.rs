//! Settings of the nightly job: what it writes and keeps, and from when on it is an alarm. Every number
//! is our choice.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use super::Period;

/// `[nightly]`: what `khotin nightly` does beside the crawl.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Nightly {
    /// Write a dump each night.
    pub dump: bool,
    /// The dumps of so many nights are kept, counted from the newest; at least 1.
    #[serde(deserialize_with = "at_least_one")]
    pub keep_daily: u32,
    /// The first dump of so many months is kept, counted from the newest; none: of every month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_monthly: Option<u32>,
    /// A program with its arguments, started after a night that ends with another exit code than 0; it
    /// gets the night's report as JSON on standard input. Empty: none. Never a shell.
    #[serde(deserialize_with = "program")]
    pub on_failure: Vec<String>,
    /// After so long that program is killed.
    pub on_failure_time: Period,
    /// The Prometheus textfile; none: none is written.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "metrics_file"
    )]
    pub metrics: Option<PathBuf>,
}

impl Default for Nightly {
    fn default() -> Self {
        Self {
            dump: true,
            keep_daily: 14,
            keep_monthly: None,
            on_failure: Vec::new(),
            on_failure_time: Period(Duration::from_secs(60)),
            metrics: None,
        }
    }
}

/// `[alert]`: what ends a night with exit code 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alert {
    /// Above this part of the requests of a night that failed, from 0 to 1.
    #[serde(deserialize_with = "share")]
    pub failed_share: f64,
    /// When the same page, listing or site failed in so many nights in a row; at least 1.
    #[serde(deserialize_with = "at_least_one")]
    pub failed_nights: u32,
}

impl Default for Alert {
    fn default() -> Self {
        Self {
            failed_share: 0.02,
            failed_nights: 3,
        }
    }
}

fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let number = f64::deserialize(deserializer)?;
    match (0.0..=1.0).contains(&number) {
        true => Ok(number),
        false => Err(serde::de::Error::custom(format!(
            "{number} is no share: a number from 0 to 1"
        ))),
    }
}

fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        0 => Err(serde::de::Error::custom("it must be at least 1")),
        number => Ok(number),
    }
}

/// A job that cron starts has another PATH and folder than a shell, so the whole path is asked for.
fn program<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let argv = Vec::<String>::deserialize(deserializer)?;
    match argv.first() {
        Some(program) if !Path::new(program).is_absolute() => {
            Err(serde::de::Error::custom(format!(
                "`{program}` is no whole path of a program, such as \"/usr/local/bin/tell-me\""
            )))
        }
        _ => Ok(argv),
    }
}

/// The exporter of Prometheus reads every `*.prom` of its folder, and nothing else.
fn metrics_file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    let path = PathBuf::deserialize(deserializer)?;
    match path.extension().is_some_and(|ending| ending == "prom") {
        true => Ok(Some(path)),
        false => Err(serde::de::Error::custom(format!(
            "`{}` does not end in .prom",
            path.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn what_makes_no_sense_is_refused_in_words() {
        let table = [
            // what, text, words of the error
            (
                "over 1",
                "[alert]\nfailed_share = 2",
                "2 is no share: a number from 0 to 1",
            ),
            (
                "no number",
                "[alert]\nfailed_share = nan",
                "NaN is no share: a number from 0 to 1",
            ),
            (
                "never",
                "[alert]\nfailed_nights = 0",
                "it must be at least 1",
            ),
            (
                "no dump is kept",
                "[nightly]\nkeep_daily = 0",
                "config.toml:2: it must be at least 1",
            ),
            (
                "found by PATH",
                "[nightly]\non_failure = [\"mail\", \"root\"]",
                "`mail` is no whole path of a program",
            ),
            (
                "no file of the exporter",
                "[nightly]\nmetrics = \"/var/khotin.txt\"",
                "`/var/khotin.txt` does not end in .prom",
            ),
            (
                "misspelt",
                "[nightly]\nkeep_dayly = 3",
                "did you mean `keep_daily`?",
            ),
        ];
        for (what, text, words) in table {
            let error = Config::parse("config.toml", text).unwrap_err().to_string();
            assert!(error.contains(words), "{what}: {error}");
        }
    }

    #[test]
    fn every_key_can_be_set() {
        let text = "[nightly]\ndump = false\nkeep_daily = 7\nkeep_monthly = 24\n\
                    on_failure = [\"/bin/tell\", \"me\"]\non_failure_time = \"5s\"\n\
                    metrics = \"/x/k.prom\"\n[alert]\nfailed_share = 0.5\nfailed_nights = 1\n";
        let config = Config::parse("config.toml", text).unwrap();
        let nightly = &config.nightly;
        assert_eq!((nightly.keep_daily, nightly.keep_monthly), (7, Some(24)));
        assert_eq!(nightly.on_failure, ["/bin/tell", "me"]);
        assert_eq!(nightly.on_failure_time.0.as_secs(), 5);
        assert!(!nightly.dump);
        assert_eq!(
            (config.alert.failed_share, config.alert.failed_nights),
            (0.5, 1)
        );
    }
}

//! Partition: into which files the rows are parted, and what these are called.

use std::fmt::Write as _;
use std::str::FromStr;

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use super::super::fill::published_day;
use crate::model::Article;

/// What Hive calls the partition of rows that have no value; DuckDB, pandas and Spark read it as null.
const NO_YEAR: &str = "__HIVE_DEFAULT_PARTITION__";

/// Into which files a Parquet table is parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Partition {
    /// One file.
    #[default]
    None,
    /// A folder a site, in it one a year of publication by Vietnam's clock.
    SiteYear,
}

impl Partition {
    /// All ways.
    pub const ALL: [Self; 2] = [Self::None, Self::SiteYear];

    /// The word on the command line and in config.toml.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SiteYear => "site-year",
        }
    }

    /// Where an article belongs.
    pub(super) fn place(self, article: &Article) -> Place {
        let day = article.published.as_ref().and_then(published_day);
        match self {
            Self::None => Place::Whole,
            Self::SiteYear => Place::SiteYear {
                site: article.site.as_str().to_owned(),
                year: day.map(|day| day.year()),
            },
        }
    }
}

impl FromStr for Partition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        all.find(|partition| partition.as_str() == text)
            .ok_or_else(|| "it is one of none, site-year".to_owned())
    }
}

/// One partition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// All of the table.
    Whole,
    /// A site's articles of one year, or without a date.
    SiteYear {
        /// The site's id.
        site: String,
        /// Year of publication.
        year: Option<i32>,
    },
}

impl Place {
    /// The path of its part `number`, relative to the export's folder.
    pub(super) fn file_name(&self, table: &str, number: u32) -> String {
        match self {
            Self::Whole => table.to_owned(),
            Self::SiteYear { site, year } => {
                let site = escaped(site);
                let year = year.map_or_else(|| NO_YEAR.to_owned(), |year| year.to_string());
                format!("{table}/site={site}/year={year}/part-{number}.parquet")
            }
        }
    }
}

/// What is no letter, digit, `-` or `_` as `%` and two hex digits, as Hive escapes the values in paths.
fn escaped(value: &str) -> String {
    let mut escaped = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_path_below_the_export_and_nowhere_else() {
        let name = |site: &str, year, number| {
            let site = site.to_owned();
            Place::SiteYear { site, year }.file_name("t", number)
        };
        let table = [
            (
                "a site and a year",
                name("moh", Some(2023), 0),
                "t/site=moh/year=2023/part-0.parquet",
            ),
            (
                "no date",
                name("moh", None, 1),
                "t/site=moh/year=__HIVE_DEFAULT_PARTITION__/part-1.parquet",
            ),
            (
                "a way up",
                name("../a", Some(1), 0),
                "t/site=%2E%2E%2Fa/year=1/part-0.parquet",
            ),
            (
                "not ASCII",
                name("bộ", Some(1), 0),
                "t/site=b%E1%BB%99/year=1/part-0.parquet",
            ),
            ("one file", Place::Whole.file_name("t", 0), "t"),
        ];
        for (what, found, expected) in table {
            assert_eq!(found, expected, "{what}");
        }
    }

    #[test]
    fn a_way_of_parting_is_read_from_its_word_and_no_other() {
        for partition in Partition::ALL {
            assert_eq!(partition.as_str().parse(), Ok(partition));
            let word = serde_json::to_value(partition).unwrap();
            assert_eq!(word, partition.as_str(), "in config.toml");
        }
        assert!("year".parse::<Partition>().is_err());
    }
}

//! Settings of exports: what `khotin export` and the nightly dump write unless a flag says otherwise.

use std::path::PathBuf;

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize};

use crate::export::{FEED_ENTRIES, Format, Headers, MOST_FEED_ENTRIES, Partition};
use crate::model::{SectionId, SiteId, State};
use crate::search::TextQuery;

/// `[export]` of config.toml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Export {
    /// In what an export is written, at least one.
    #[serde(deserialize_with = "at_least_one")]
    pub formats: Vec<Format>,
    /// Only this site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// Only this section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<SectionId>,
    /// Only in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Only published on this day (Vietnam's) or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<NaiveDate>,
    /// Only published on this day (Vietnam's) or earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// Only what these words mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<TextQuery>,
    /// How columns are named in formats that people read.
    pub headers: Headers,
    /// Into which files Parquet is parted.
    pub partition: Partition,
    /// Entries of a feed, at most [`MOST_FEED_ENTRIES`].
    #[serde(deserialize_with = "feed_entries")]
    pub feed_entries: usize,
    /// The folder of exports; none: `exports` in the output folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out: Option<PathBuf>,
}

impl Default for Export {
    fn default() -> Self {
        Self {
            formats: Format::DEFAULT.into(),
            site: None,
            section: None,
            state: None,
            since: None,
            until: None,
            query: None,
            headers: Headers::default(),
            partition: Partition::default(),
            feed_entries: FEED_ENTRIES,
            out: None,
        }
    }
}

impl Export {
    /// What is wrong with it as a whole, with the text of the line that shows it.
    pub(super) fn fault(&self) -> Option<(&'static str, String)> {
        match (self.since, self.until) {
            (Some(since), Some(until)) if until < since => Some((
                "until =",
                format!("`until` {until} is before `since` {since}"),
            )),
            _ => None,
        }
    }
}

fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Format>, D::Error> {
    let formats = Vec::deserialize(deserializer)?;
    if formats.is_empty() {
        let message = "`formats` must name at least one format, such as \"csv\"";
        return Err(serde::de::Error::custom(message));
    }
    Ok(formats)
}

fn feed_entries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let entries = usize::deserialize(deserializer)?;
    if !(1..=MOST_FEED_ENTRIES).contains(&entries) {
        let message = format!("`feed_entries` must be from 1 to {MOST_FEED_ENTRIES}");
        return Err(serde::de::Error::custom(message));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn read(text: &str) -> Result<Export, String> {
        let config = Config::parse("config.toml", &format!("[export]\n{text}\n"));
        config
            .map(|config| config.export)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_stated_has_its_default() {
        assert_eq!(read(""), Ok(Export::default()));
        let export = read("formats = [\"json\", \"excel-comma\"]\nstate = \"soft_gone\"").unwrap();
        assert_eq!(export.formats, [Format::Json, Format::ExcelComma]);
        assert_eq!(export.state, Some(State::SoftGone));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_line() {
        let table = [
            // what, text, words of the error
            (
                "a format that is near",
                "formats = [\"csv\", \"exel-comma\"]",
                "config.toml:2: unknown value `exel-comma`; did you mean `excel-comma`?",
            ),
            (
                "a format like none: the known words",
                "formats = [\"qqq\"]",
                "config.toml:2: unknown value `qqq`; known here: csv, excel-comma, excel-semicolon, jsonl",
            ),
            (
                "none at all",
                "formats = []",
                "config.toml:2: `formats` must name at least one format",
            ),
            (
                "no state",
                "state = \"dead\"",
                "config.toml:2: unknown value `dead`",
            ),
            ("no day", "since = \"2026-02-30\"", "config.toml:2: "),
            (
                "days the wrong way round",
                "since = \"2026-02-02\"\nuntil = \"2026-02-01\"",
                "config.toml:3: `until` 2026-02-01 is before `since` 2026-02-02",
            ),
            (
                "misspelt",
                "format = [\"csv\"]",
                "unknown key `format`; did you mean `formats`?",
            ),
            (
                "another naming of columns",
                "headers = \"vi\"",
                "config.toml:2: unknown value `vi`; known here: label, code",
            ),
            (
                "another way of parting",
                "partition = \"year\"",
                "config.toml:2: unknown value `year`; known here: none, site-year",
            ),
            (
                "a feed of nothing",
                "feed_entries = 0",
                "config.toml:2: `feed_entries` must be from 1 to 10000",
            ),
            (
                "a feed of more than memory holds",
                "feed_entries = 10001",
                "config.toml:2: `feed_entries` must be from 1 to 10000",
            ),
        ];
        for (what, text, words) in table {
            let error = read(text).unwrap_err();
            assert!(error.contains(words), "{what}: {error}");
        }
    }
}

//! Manifest: what an export holds, from which query, and the digest of each of its files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fill::profile_name;
use super::query::ExportQuery;
use super::row::{Row, Table};
use crate::model::Article;

/// The contents of manifest.json. Counts are of what is in the export, not of what the store holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of khotin that wrote it.
    pub khotin: String,
    /// When the export was made, UTC, RFC 3339 with seconds.
    pub created: String,
    /// Which articles were wanted; null means no condition.
    pub query: ExportQuery,
    /// Number of articles.
    pub articles: u64,
    /// Articles left out because days were asked for and they have no date.
    pub undated_left_out: u64,
    /// Articles left out because they are withheld and days were asked for, which a tombstone does not
    /// tell. Where sections or words are asked for they are not counted. Tombstones that are in the export are counted in `states`.
    #[serde(default)]
    pub withheld_left_out: u64,
    /// Number of articles made up by the demo ministry. Above 0, this export is not all news.
    pub synthetic_articles: u64,
    /// Number of articles per state.
    pub states: BTreeMap<String, u64>,
    /// Number of articles per ministry.
    pub sites: BTreeMap<String, u64>,
    /// Number of articles per set of rules that read them, named as in the `profile` column.
    pub profiles: BTreeMap<String, u64>,
    /// Number of rows per table.
    pub tables: BTreeMap<String, u64>,
    /// The other files of the folder.
    pub files: Vec<ExportedFile>,
}

/// One file of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedFile {
    /// File name, or the path of a partition's file relative to the export's folder.
    pub name: String,
    /// Rows without header, or lines; those of all sheets together.
    pub rows: u64,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// Cells whose control characters were replaced or whose line breaks became LF.
    pub cells_cleaned: u64,
    /// Cells cut to what a spreadsheet holds; their rows name them in `cut_cells`.
    pub cells_cut: u64,
    /// Addresses that are no links in articles.xlsx: beyond what a sheet holds, too long, not of the web.
    pub links_left_out: u64,
}

impl Manifest {
    /// An export with nothing in it yet.
    pub(super) fn new(query: ExportQuery, created: String) -> Self {
        let tables = Table::ALL.map(|table| (table.as_str().to_owned(), 0));
        Self {
            khotin: env!("CARGO_PKG_VERSION").to_owned(),
            created,
            query,
            articles: 0,
            undated_left_out: 0,
            withheld_left_out: 0,
            synthetic_articles: 0,
            states: BTreeMap::new(),
            sites: BTreeMap::new(),
            profiles: BTreeMap::new(),
            tables: BTreeMap::from(tables),
            files: Vec::new(),
        }
    }

    pub(super) fn count_article(&mut self, article: &Article) {
        add(&mut self.articles, 1);
        add(&mut self.synthetic_articles, u64::from(article.synthetic));
        count(&mut self.states, article.state.as_str(), 1);
        count(&mut self.sites, article.site.as_str(), 1);
        count(&mut self.profiles, &profile_name(&article.profile), 1);
    }

    pub(super) fn count_undated(&mut self) {
        add(&mut self.undated_left_out, 1);
    }

    pub(super) fn count_withheld(&mut self) {
        add(&mut self.withheld_left_out, 1);
    }

    pub(super) fn count_rows(&mut self, table: Table, rows: &[Row<'_>]) {
        let rows = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        count(&mut self.tables, table.as_str(), rows);
    }
}

fn add(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}

fn count(sums: &mut BTreeMap<String, u64>, name: &str, more: u64) {
    match sums.get_mut(name) {
        Some(sum) => add(sum, more),
        None => {
            sums.insert(name.to_owned(), more);
        }
    }
}

//! Atom: articles.atom, a feed (RFC 4287) of the articles that were published last.
//!
//! In come all articles, in any order; out goes the newest by time of publication, newest first, equal
//! times by key. Memory holds as many entries as the feed has. An article without a date has no place in
//! an order by dates and is left out. The same articles give the same bytes in any order of arrival,
//! whenever the feed is made. Not here: how an entry looks in XML ([`xml`]).

mod entry;
mod ids;
mod xml;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use self::entry::Entry;
use self::xml::{Feed, FeedXml};
use super::format::{ArticleRows, FormatWriter};
use super::manifest::{ExportedFile, Manifest};
use super::names::Names;
use super::sink::{Sink, Tally};
use super::{ExportError, ExportOptions};
use crate::lang::{Lang, words};
use crate::model::{Article, SiteId};

const FILE: &str = "articles.atom";

/// The most entries of a feed: they are held in memory, with their texts. Our choice.
pub const MOST_FEED_ENTRIES: usize = 10_000;

/// Entries of a feed unless something else is asked for. Our choice: at ten articles a day, ten days.
pub const FEED_ENTRIES: usize = 100;

/// The newest articles, until all have been seen.
pub(super) struct AtomFeed {
    path: PathBuf,
    out: BufWriter<Sink>,
    names: Names,
    lang: Lang,
    most: usize,
    newest: BTreeMap<Age, Entry>,
}

/// The order of the feed: the greatest is its first entry.
type Age = (DateTime<Utc>, Reverse<String>);

impl AtomFeed {
    pub(super) fn create(folder: &Path, options: &ExportOptions) -> Result<Self, ExportError> {
        let path = folder.join(FILE);
        Ok(Self {
            out: BufWriter::new(Sink::create(&path)?),
            path,
            names: options.names.clone(),
            lang: options.lang,
            most: options.feed_entries,
            newest: BTreeMap::new(),
        })
    }

    fn offer(&mut self, article: &Article) {
        let Some(published) = entry::published(article) else {
            return;
        };
        let age = (
            published.with_timezone(&Utc),
            Reverse(article.key.as_str().to_owned()),
        );
        let is_full = self.newest.len() >= self.most;
        let is_too_old = self
            .newest
            .first_key_value()
            .is_some_and(|(oldest, _)| age < *oldest);
        if is_full && is_too_old {
            return;
        }
        let entry = Entry::of(article, published, &self.names);
        self.newest.insert(age, entry);
        if self.newest.len() > self.most {
            self.newest.pop_first();
        }
    }

    /// What the feed is called: by the sites whose articles the export holds, or was to hold.
    fn title(&self, manifest: &Manifest) -> String {
        let site_name = |id: &SiteId| {
            let names = self.names.sites.get(id);
            names.map_or_else(
                || id.to_string(),
                |names| names.in_lang(self.lang).to_owned(),
            )
        };
        let sites: Vec<String> = match &manifest.query.site {
            Some(site) => vec![site_name(site)],
            None => {
                let ids = manifest.sites.keys().map(|id| SiteId::new(id.as_str()));
                ids.map(|id| site_name(&id)).collect()
            }
        };
        let newest = self.lang.of(words("Newest articles", "Tin mới nhất"));
        if sites.is_empty() {
            return newest.to_owned();
        }
        format!("{newest}: {}", sites.join(", "))
    }
}

impl FormatWriter for AtomFeed {
    fn article(&mut self, article: &Article, _: &ArticleRows<'_>) -> Result<(), ExportError> {
        self.offer(article);
        Ok(())
    }

    fn finish(mut self: Box<Self>, manifest: &Manifest) -> Result<Vec<ExportedFile>, ExportError> {
        let entries = std::mem::take(&mut self.newest);
        let newest_change = entries.values().map(|entry| entry.updated.as_str()).max();
        let feed = Feed {
            id: ids::feed(&manifest.query, self.names.operator.as_deref()),
            title: self.title(manifest),
            // An empty feed was changed when it was made: nothing else is known.
            updated: newest_change.unwrap_or(&manifest.created).to_owned(),
            holds_synthetic: entries.values().any(|entry| entry.synthetic),
            lang: self.lang,
        };
        let write = |out: &mut BufWriter<Sink>| -> io::Result<u64> {
            let mut xml = FeedXml::begin(out, &feed)?;
            for entry in entries.values().rev() {
                xml.entry(entry)?;
            }
            xml.end()
        };
        let path = &self.path;
        let cells_cleaned = write(&mut self.out).map_err(ExportError::io("write", path))?;
        let sink = self.out.into_inner();
        let sink = sink.map_err(|error| ExportError::io("write", path)(error.into_error()))?;
        let rows = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        Ok(vec![sink.seal(Tally {
            cells_cleaned,
            ..Tally::of_rows(rows)
        })?])
    }
}

//! Wanted: what a command wants of an export, and the one way to it. `khotin export`, the demo and the
//! nightly dump come this way.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::super::cite::names;
use super::super::context::known_site;
use super::super::counter::Counter;
use super::super::interrupt::Interrupts;
use super::super::problem::UsageError;
use super::super::same::compared;
use super::super::versions::versions;
use super::super::withheld::{known, refresh_access_list};
use super::changed_since::{Since, resolve};
use crate::Lang;
use crate::config::{Config, Sites, nearest};
use crate::export::{
    ArticleWithEdits, ExportOptions, ExportQuery, ExportReport, Format, Headers, Partition, export,
};
use crate::fetch::{Clock, SystemClock};
use crate::lang::{Words, words};
use crate::model::{Article, State};
use crate::normalize::parts::changed;
use crate::pipeline::database;
use crate::restrict::{RestrictError, keep};
use crate::store::{ArticleFilter, SqliteStore, Store};

/// What a command wants of an export.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Which articles. Its `changed_since` is what `changed_since` below is resolved to.
    pub(crate) query: ExportQuery,
    /// Only what changed since then.
    pub(crate) changed_since: Option<Since>,
    /// The formats, at least one.
    pub(crate) formats: Vec<Format>,
    /// The folder of exports, if not the one in the output folder.
    pub(crate) folder: Option<PathBuf>,
    /// The export's own name, if not the time.
    pub(crate) name: Option<String>,
    /// The language of labels.
    pub(crate) lang: Lang,
    /// How columns are named where people read them.
    pub(crate) headers: Headers,
    /// Into which files Parquet is parted.
    pub(crate) partition: Partition,
    /// Entries of a feed.
    pub(crate) feed_entries: usize,
    /// Whether `latest` leads to it.
    pub(crate) leads_latest: bool,
}

impl Wanted {
    /// What the settings say: the nightly dump.
    pub(crate) fn of_settings(config: &Config, lang: Lang) -> Self {
        let settings = config.export.clone();
        Self {
            query: ExportQuery {
                site: settings.site,
                section: settings.section,
                since: settings.since,
                until: settings.until,
                state: settings.state,
                query: settings.query,
                changed_since: None,
            },
            changed_since: None,
            formats: settings.formats,
            folder: settings.out,
            name: None,
            lang,
            headers: settings.headers,
            partition: settings.partition,
            feed_entries: settings.feed_entries,
            leads_latest: true,
        }
    }

    /// Refuses what would export nothing.
    ///
    /// # Errors
    /// As [`check`].
    pub(crate) fn check(&self, sites: &Sites) -> anyhow::Result<()> {
        check(&self.query, sites)
    }
}

/// Refuses what nothing can meet: a site or section that is not known, days the wrong way round.
///
/// # Errors
/// [`UsageError`]
pub(crate) fn check(query: &ExportQuery, sites: &Sites) -> anyhow::Result<()> {
    if let Some(site) = &query.site {
        known_site(sites, site)?;
    }
    if let (Some(since), Some(until)) = (query.since, query.until)
        && until < since
    {
        bail!(UsageError::new(
            format!("--until {until} is before --since {since}"),
            "give the earlier day to --since; [export] of config.toml may hold the other",
        ));
    }
    let Some(section) = &query.section else {
        return Ok(());
    };
    let wanted = sites
        .iter()
        .filter(|site| query.site.as_ref().is_none_or(|id| *id == site.profile.id));
    let known: Vec<&str> = wanted
        .flat_map(|site| &site.profile.sections)
        .map(|section| section.id.as_str())
        .collect();
    if known.contains(&section.as_str()) {
        return Ok(());
    }
    let advice = match nearest(section.as_str(), &known) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`khotin sites list` names the sections of every site".to_owned(),
    };
    bail!(UsageError::new(format!("no section `{section}`"), advice))
}

/// What is counted.
const WRITTEN: Words = words("articles read for the export", "bài đã được đọc để xuất");

/// Exports what the query asks for into a new folder, named by the time unless it has a name. An interrupt before it stands
/// ends it, and leaves nothing.
pub(crate) fn export_to(
    config: &Config,
    wanted: Wanted,
    interrupts: &Interrupts,
) -> anyhow::Result<ExportReport> {
    let path = database(&config.paths.output);
    if !path.is_file() {
        bail!(UsageError::new(
            format!("no articles yet: there is no {}", path.display()),
            "run `khotin crawl` first, or `khotin rebuild` if the archive is there",
        ));
    }
    let store = SqliteStore::open_reader(&path)?;
    let mut query = wanted.query;
    query.changed_since = match &wanted.changed_since {
        Some(since) => Some(resolve(since, &store)?),
        None => None,
    };
    let filter = ArticleFilter {
        site: query.site.clone(),
        section: query.section.clone(),
        // The store knows no state `withheld`: the export itself looks for it.
        state: query.state.filter(|state| *state != State::Withheld),
        query: query.query.clone(),
        ..ArticleFilter::default()
    };
    let now = SystemClock.now_utc();
    let output = &config.paths.output;
    let restrictions = keep::read(output)?;
    refresh_access_list(config, Some(&store), now)?;
    let folder = wanted
        .folder
        .unwrap_or_else(|| config.paths.output.join("exports"));
    let by_time = || free_name(&folder, &now.format("%Y%m%dT%H%M%SZ").to_string());
    let name = wanted.name.unwrap_or_else(by_time);
    let mut options = ExportOptions::new(folder, name);
    options.lang = wanted.lang;
    options.withheld = known(config, &store, &restrictions, now)?;
    options.headers = wanted.headers;
    options.partition = wanted.partition;
    options.feed_entries = wanted.feed_entries;
    options.leads_latest = wanted.leads_latest;
    options.names = names(config, &Sites::load(Some(&config.paths.sites))?);
    options.formats = wanted.formats.into_iter().collect();
    let mut counter = Counter::start(WRITTEN, wanted.lang, store.article_count(&filter)?);
    let mut done = 0;
    let withheld = options.withheld.clone();
    let articles = store.articles(&filter).map(|article| {
        interrupts.check()?;
        counter.show(done);
        done += 1;
        with_edits(&store, compared(&store, &withheld, article?)?)
    });
    // What was restricted while this was written must not stand in it.
    let unchanged = || match keep::read(output)? {
        now if now == restrictions => Ok(()),
        _ => Err(RestrictError::Changed {
            path: keep::path(output),
        }),
    };
    let at_the_end = std::iter::once_with(|| {
        interrupts.check()?;
        Ok::<_, anyhow::Error>(unchanged()?)
    });
    let articles = articles.chain(at_the_end.filter_map(|ended| ended.err().map(Err)));
    let exported = export(articles, query, &options, now);
    counter.end();
    if exported.is_err() {
        interrupts.check()?;
        unchanged()?;
    }
    Ok(exported?)
}

/// The article with what each of its versions changed.
fn with_edits(store: &SqliteStore, article: Article) -> anyhow::Result<ArticleWithEdits> {
    if article.versions.len() < 2 {
        return Ok(article.into());
    }
    let read = versions(store, &article)?;
    let pairs = read.iter().zip(read.iter().skip(1));
    let edits = pairs
        .map(|(before, after)| changed(&before.content, &after.content))
        .collect();
    Ok(ArticleWithEdits { article, edits })
}

/// The time as a name, with a number behind it if an export of the same second stands there.
fn free_name(folder: &Path, time: &str) -> String {
    let numbered = (2_u32..).map(|number| format!("{time}-{number}"));
    std::iter::once(time.to_owned())
        .chain(numbered)
        .find(|name| !folder.join(name).exists())
        .unwrap_or_else(|| time.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_exports_in_one_second_have_two_names() {
        let folder = tempfile::tempdir().unwrap();
        for expected in [
            "20261122T010203Z",
            "20261122T010203Z-2",
            "20261122T010203Z-3",
        ] {
            let name = free_name(folder.path(), "20261122T010203Z");
            assert_eq!(name, expected);
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
    }
}

//! Archived: one record, or the newest capture of a URL, out of the operator's own archive. A page that is not there
//! is not fetched: only `crawl` asks a ministry, through robots.txt and the pace, and keeps what it
//! gets.

use anyhow::bail;
use url::Url;

use crate::archive::Archive;
use crate::cli::Context;
use crate::cli::problem::UsageError;
use crate::cli::report::one_line;
use crate::model::{Capture, CaptureUse, Location, Sequence, SiteId};
use crate::pipeline::{archive_folder, database};
use crate::store::{ExchangeRow, Outcome, SqliteStore, Store};

/// Exchanges read from the store at once.
const PIECE: usize = 1_000;

/// The newest capture of this URL that a site has, as it stands in the archive. A 304 has no body
/// and is passed over.
///
/// # Errors
/// [`UsageError`] if there is no archive here, or nothing of this URL in it.
pub(super) fn newest_capture(
    context: &Context,
    site: &SiteId,
    url: &Url,
) -> anyhow::Result<Capture> {
    let config = match context.config() {
        Err(error) if error.is::<UsageError>() => bail!(not_there("no config.toml", site, url)),
        config => config?,
    };
    let path = database(&config.paths.output);
    if !path.is_file() {
        let problem = format!("no store at {}", path.display());
        bail!(not_there(&problem, site, url));
    }
    let store = SqliteStore::open_reader(&path)?;
    let mut asked = url.clone();
    asked.set_fragment(None);
    let location = match of_article(&store, site, &asked)? {
        Some(location) => Some(location),
        None => newest_answer(&store, |row| {
            row.request.url == asked && row.request.site == *site
        })?,
    };
    let Some(location) = location else {
        bail!(not_there("no capture of it in the archive", site, url));
    };
    let archive = Archive::new(archive_folder(&config.paths.output));
    let exchange = archive.read_exchange(&location.file, location.offset)?;
    match exchange.into_capture() {
        Some(capture) => Ok(capture),
        None => bail!(not_there("no answer to it in the archive", site, url)),
    }
}

fn not_there(problem: &str, site: &SiteId, url: &Url) -> UsageError {
    UsageError::new(
        format!("{problem}, so {url} can not be looked at"),
        format!(
            "save the page with a browser, then `khotin sites try FILE --url '{url}' --site {site}`; \
             this command asks no server: only `khotin crawl` does, through robots.txt and the \
             pace, and archives what it gets"
        ),
    )
}

/// The place of the newest capture of the article that has this URL, under whatever address it was
/// asked for.
fn of_article(store: &SqliteStore, site: &SiteId, url: &Url) -> anyhow::Result<Option<Location>> {
    let Some(article) = store.article(url.as_str())? else {
        return Ok(None);
    };
    if article.site != *site {
        return Ok(None);
    }
    let captures = article.captures.into_iter();
    let newest = captures
        .filter(|capture| capture.used_as == CaptureUse::Article && capture.status != 304)
        .max_by_key(|capture| capture.sequence);
    Ok(newest.map(|capture| Location {
        file: capture.warc_file,
        offset: capture.warc_offset,
        length: 0,
        record_id: capture.warc_record_id,
    }))
}

/// The capture whose answer is this WARC record.
///
/// # Errors
/// [`UsageError`] if the archive of config.toml has no such answer of the site.
pub(super) fn recorded_capture(
    context: &Context,
    site: &SiteId,
    record_id: &str,
) -> anyhow::Result<Capture> {
    let config = context.config()?;
    let missing = || {
        UsageError::new(
            format!(
                "{site} has no answer with the record id `{}`",
                one_line(record_id)
            ),
            "the column `warc_record_id` of the exports and the reports of `khotin crawl` name them",
        )
    };
    let path = database(&config.paths.output);
    if !path.is_file() {
        bail!(missing());
    }
    let store = SqliteStore::open_reader(&path)?;
    let is_it = |row: &ExchangeRow| match &row.outcome {
        Outcome::Answered(answer) => {
            row.request.site == *site && answer.location.record_id == record_id
        }
        Outcome::Failed { .. } => false,
    };
    let location = newest_answer(&store, is_it)?.ok_or_else(missing)?;
    let archive = Archive::new(archive_folder(&config.paths.output));
    let exchange = archive.read_exchange(&location.file, location.offset)?;
    Ok(exchange.into_capture().ok_or_else(missing)?)
}

/// The place of the newest answer to such a request: a listing, a redirect, an interface.
fn newest_answer(
    store: &SqliteStore,
    is_it: impl Fn(&ExchangeRow) -> bool,
) -> anyhow::Result<Option<Location>> {
    let mut newest = None;
    let mut after: Option<Sequence> = None;
    loop {
        let rows = store.exchanges(after, PIECE)?;
        let Some(last) = rows.last() else {
            return Ok(newest);
        };
        after = Some(last.sequence);
        let locations = rows.into_iter().filter(|row| is_it(row)).filter_map(answer);
        newest = locations.fold(newest, |_, later| Some(later));
    }
}

fn answer(row: ExchangeRow) -> Option<Location> {
    match row.outcome {
        Outcome::Answered(answer) if answer.status != 304 => Some(answer.location),
        _ => None,
    }
}

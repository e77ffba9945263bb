//! Archived: one record, or the newest capture of a URL, out of the operator's own archive or out of a
//! foreign file that was imported. A page that is not there
//! is not fetched: only `crawl` asks a ministry, through robots.txt and the pace, and keeps what it
//! gets.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::bail;
use url::Url;

use crate::archive::Archive;
use crate::cli::Context;
use crate::cli::problem::UsageError;
use crate::cli::report::one_line;
use crate::import::ledger::Ledger;
use crate::model::{Capture, CaptureUse, Location, Sequence, SiteId, Via};
use crate::pipeline::{CrawlError, ForeignFiles, archive_folder, database};
use crate::store::{ExchangeRow, ImportedRow, Imports, Outcome, SqliteStore, Store};

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
    let place = match of_article(&store, site, &asked)? {
        Some(place) => Some(place),
        None => newest_answer(&store, |row| {
            row.request.url == asked && row.request.site == *site
        })?
        .map(Place::Own),
    };
    let place = match place {
        Some(place) => Some(place),
        None => newest_import(&store, site, asked.as_str())?,
    };
    let archive = archive_folder(&config.paths.output);
    let location = match place {
        None => bail!(not_there("no capture of it in the archive", site, url)),
        Some(Place::Imported(row)) => return imported_capture(&store, &archive, &row),
        Some(Place::Own(location)) => location,
    };
    let archive = Archive::new(archive);
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

/// Where a capture stands.
enum Place {
    /// In our own archive.
    Own(Location),
    /// In a foreign file.
    Imported(Box<ImportedRow>),
}

/// The newest import of an address or a record, with a body.
fn newest_import(
    store: &SqliteStore,
    site: &SiteId,
    record_or_url: &str,
) -> anyhow::Result<Option<Place>> {
    let rows = store.imported_of(site, record_or_url)?;
    let newest = rows.into_iter().rfind(|row| row.status != 304);
    Ok(newest.map(|row| Place::Imported(Box::new(row))))
}

/// An imported capture, read from its foreign file; a revisit with what its original holds.
fn imported_capture(
    store: &SqliteStore,
    archive: &Path,
    row: &ImportedRow,
) -> anyhow::Result<Capture> {
    let original = match row.is_revisit {
        true => store.import_with_payload(&row.payload_sha256)?,
        false => None,
    };
    if let (true, None) = (row.is_revisit, &original) {
        return own_payload(store, archive, row);
    }
    let ledger = Ledger::read(archive).map_err(CrawlError::from)?;
    let read = ForeignFiles::new(ledger).capture(original.as_ref().unwrap_or(row));
    let read = read.map(|capture| as_row(capture, row));
    read.map_err(|problem| {
        UsageError::new(
            format!(
                "an imported capture can not be read: {}",
                one_line(&problem)
            ),
            "put the foreign file back where it was, or import it again from where it is",
        )
        .into()
    })
}

/// A revisit of which our own archive has the payload.
fn own_payload(store: &SqliteStore, archive: &Path, row: &ImportedRow) -> anyhow::Result<Capture> {
    let wanted = BTreeSet::from([row.payload_sha1.clone()]);
    let places = store.own_payloads(&wanted)?;
    let capture = match places.get(&row.payload_sha1) {
        None => None,
        Some(place) => Archive::new(archive)
            .read_exchange(&place.file, place.offset)?
            .into_capture(),
    };
    match capture {
        Some(capture) => Ok(as_row(capture, row)),
        None => bail!(UsageError::new(
            "the payload of an imported revisit is not known any more",
            "import the file again that holds its original",
        )),
    }
}

/// What was read, as the capture of this row.
fn as_row(read: Capture, row: &ImportedRow) -> Capture {
    Capture {
        sequence: row.sequence,
        request: row.request.clone(),
        captured_at: row.captured_at,
        via: Via::Import,
        status: row.status,
        location: row.location.clone(),
        ..read
    }
}

/// The place of the newest capture of the article that has this URL, under whatever address it was
/// asked for.
fn of_article(store: &SqliteStore, site: &SiteId, url: &Url) -> anyhow::Result<Option<Place>> {
    let Some(article) = store.article(url.as_str())? else {
        return Ok(None);
    };
    if article.site != *site {
        return Ok(None);
    }
    let mut captures = article.captures.into_iter();
    let newest =
        captures.rfind(|capture| capture.used_as == CaptureUse::Article && capture.status != 304);
    let Some(capture) = newest else {
        return Ok(None);
    };
    if capture.sequence.is_imported() {
        let row = store.imported(capture.sequence)?;
        return Ok(row.map(|row| Place::Imported(Box::new(row))));
    }
    Ok(Some(Place::Own(Location {
        file: capture.warc_file,
        offset: capture.warc_offset,
        length: 0,
        record_id: capture.warc_record_id,
    })))
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
    let archive = archive_folder(&config.paths.output);
    let Some(location) = newest_answer(&store, is_it)? else {
        return match newest_import(&store, site, record_id)? {
            Some(Place::Imported(row)) => imported_capture(&store, &archive, &row),
            _ => bail!(missing()),
        };
    };
    let archive = Archive::new(archive);
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

//! Files of articles: which capture holds each, by the file's name; how far they were planned; and the
//! places that records are given out with.
//!
//! The table is a function of the archive's exchanges in sequence order, so a rebuild makes the same. A
//! whole answer stands before anything else that came of the file. Records are not folded again when a
//! file comes: the places are put in when a record is given out ([`attach`]).

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::queue::row_key;
use super::{AssetCounts, AssetFound, AssetsPlanned, Committed, RequestState, StoreError};
use crate::frontier::MOST_HOPS;
use crate::frontier::assets::name_of;
use crate::model::{
    Archived, ArchivedFile, Article, ArticleKey, Observation, Purpose, Request, Sequence, Sighting,
    SiteId,
};

/// What was found of each file, and how far the files of stored articles were planned.
pub(super) const TABLES: &str = "
CREATE TABLE assets (
    name TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    content_type TEXT,
    target TEXT,
    missing TEXT,
    size INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE assets_planned (
    site TEXT PRIMARY KEY,
    wanted TEXT NOT NULL,
    profile_digest TEXT NOT NULL,
    through INTEGER NOT NULL
) STRICT;
";

/// The most letters of a `Content-Type` that are kept.
const MOST_TYPE_CHARS: usize = 100;

/// Why no capture is named.
const NOT_ASKED: &str = "not asked for";
const NO_ADDRESS: &str = "no address in the page";
const LEADS_NOWHERE: &str = "redirect to an address that was not asked for";
const TOO_MANY_HOPS: &str = "too many redirects one after another";

/// Notes what an exchange says of a file.
pub(super) fn note(db: &Connection, entry: &Committed) -> Result<(), StoreError> {
    let exchange = &entry.exchange;
    let Some(found) = entry
        .asset
        .as_ref()
        .filter(|_| exchange.request.purpose == Purpose::Asset)
    else {
        return Ok(());
    };
    let (mut content_type, mut target, mut missing, mut size) = (None, None, None, None);
    match found {
        AssetFound::Whole { content_type: sent } => {
            let cut = |sent: &String| sent.chars().take(MOST_TYPE_CHARS).collect::<String>();
            content_type = sent.as_ref().map(cut);
        }
        AssetFound::Led { target: url } => target = Some(name_of(url.as_str())),
        AssetFound::Missing { why, size: said } => {
            missing = Some(why);
            size = said.and_then(|said| i64::try_from(said).ok());
        }
    }
    db.prepare_cached(
        "INSERT INTO assets (name, sequence, content_type, target, missing, size)
         VALUES (:name, :sequence, :content_type, :target, :missing, :size)
         ON CONFLICT (name) DO UPDATE SET
             sequence = excluded.sequence, content_type = excluded.content_type,
             target = excluded.target, missing = excluded.missing, size = excluded.size
         WHERE excluded.missing IS NULL OR missing IS NOT NULL",
    )?
    .execute(named_params! {
        ":name": name_of(exchange.request.url.as_str()),
        ":sequence": exchange.sequence.0,
        ":content_type": content_type,
        ":target": target,
        ":missing": missing,
        ":size": size,
    })?;
    Ok(())
}

/// Says of each file of a record where the archive keeps it, or why not.
pub(super) fn attach(db: &Connection, article: &mut Article) -> Result<(), StoreError> {
    for image in &mut article.images {
        image.archived = Some(archived(db, image.url.as_deref())?);
        if let Some(original) = &image.original_url {
            image.original_archived = Some(archived(db, Some(original))?);
        }
    }
    for file in &mut article.attachments {
        file.archived = Some(archived(db, file.url.as_deref())?);
    }
    Ok(())
}

/// A name of a file, followed over its redirects.
fn archived(db: &Connection, url: Option<&str>) -> Result<Archived, StoreError> {
    let Some(url) = url else {
        return Ok(Archived::missing(NO_ADDRESS));
    };
    let mut statement = db.prepare_cached(
        "SELECT assets.content_type, assets.target, assets.missing, assets.sequence, request,
                asked_at, status, bytes, payload_sha1, payload_sha256, file, file_offset, record_id
         FROM assets JOIN exchanges USING (sequence) WHERE name = ?1",
    )?;
    let mut name = name_of(url);
    for hop in 0..=MOST_HOPS {
        let mut rows = statement.query(params![name])?;
        let Some(row) = rows.next()? else {
            let why = if hop == 0 { NOT_ASKED } else { LEADS_NOWHERE };
            return Ok(Archived::missing(why));
        };
        if let Some(missing) = row.get::<_, Option<String>>("missing")? {
            return Ok(Archived::Missing { missing });
        }
        match row.get::<_, Option<String>>("target")? {
            Some(target) => name = target,
            None => return Ok(Archived::Kept(file(row)?)),
        }
    }
    Ok(Archived::missing(TOO_MANY_HOPS))
}

fn file(row: &Row<'_>) -> Result<ArchivedFile, StoreError> {
    let request: Request = super::sqlite::read_json(&row.get::<_, String>("request")?)?;
    Ok(ArchivedFile {
        sequence: Sequence(row.get("sequence")?),
        request_url: request.url.to_string(),
        time: row.get("asked_at")?,
        status: row.get("status")?,
        content_type: row.get("content_type")?,
        bytes: row.get("bytes")?,
        payload_sha1: row.get("payload_sha1")?,
        payload_sha256: row.get("payload_sha256")?,
        warc_file: row.get("file")?,
        warc_offset: row.get("file_offset")?,
        warc_record_id: row.get("record_id")?,
    })
}

/// What was said of a file's size by an answer that was over the cap; none if nothing was.
pub(super) fn said_size(db: &Connection, request: &Request) -> Result<Option<u64>, StoreError> {
    let said: Option<Option<u64>> = db
        .prepare_cached("SELECT size FROM assets WHERE name = ?1")?
        .query_row(params![name_of(request.url.as_str())], |row| row.get(0))
        .optional()?;
    Ok(said.flatten())
}

/// Puts back into the queue what was over an earlier cap and is not known to be over this one.
pub(super) fn reopen(db: &Connection, site: &SiteId, cap: u64) -> Result<u64, StoreError> {
    let mut statement = db.prepare(
        "SELECT request FROM assets JOIN exchanges USING (sequence)
         WHERE site = ?1 AND purpose = 'asset' AND truncated = 'length'
           AND (size <= ?2 OR (size IS NULL AND bytes < ?2))",
    )?;
    let cap = i64::try_from(cap).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![site.as_str(), cap])?;
    let mut reopened = 0;
    while let Some(row) = rows.next()? {
        let request: Request = super::sqlite::read_json(&row.get::<_, String>(0)?)?;
        let changed = db
            .prepare_cached(
                "UPDATE requests SET state = 'pending', due_at = NULL
                 WHERE key = ?1 AND state = 'done'",
            )?
            .execute(params![row_key(&request)])?;
        reopened += changed as u64;
    }
    Ok(reopened)
}

pub(super) fn planned(db: &Connection, site: &SiteId) -> Result<Option<AssetsPlanned>, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT wanted, profile_digest, through FROM assets_planned WHERE site = ?1",
        )?
        .query_row(params![site.as_str()], |row| {
            Ok(AssetsPlanned {
                wanted: row.get(0)?,
                profile_digest: row.get(1)?,
                through: Sequence(row.get(2)?),
            })
        })
        .optional()?)
}

pub(super) fn set_planned(
    db: &Connection,
    site: &SiteId,
    planned: &AssetsPlanned,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO assets_planned (site, wanted, profile_digest, through)
         VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![
        site.as_str(),
        planned.wanted,
        planned.profile_digest,
        planned.through.0
    ])?;
    Ok(())
}

/// Own exchanges stand before all imported captures, which plan nothing. A key of a site begins with its name and `:`, behind which `;` comes next.
pub(super) fn keys_read(
    db: &Connection,
    site: &SiteId,
    after: Sequence,
    most: usize,
) -> Result<Vec<(Sequence, ArticleKey)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT sequence, key FROM observations
         WHERE sequence > ?1 AND sequence < ?2 AND position = 0
           AND key >= ?3 || ':' AND key < ?3 || ';'
         ORDER BY sequence LIMIT ?4",
    )?;
    let values = params![after.0, Sequence::FIRST_IMPORTED.0, site.as_str(), most];
    let rows = statement.query_map(values, |row| {
        let key: String = row.get(1)?;
        Ok((Sequence(row.get(0)?), ArticleKey::new(key)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest look at an article is mostly a reading of it; a 404 or 304 after it is passed over.
pub(super) fn newest_digest(
    db: &Connection,
    key: &ArticleKey,
) -> Result<Option<String>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT body FROM observations
         WHERE key = ?1 AND sequence < ?2 AND position = 0 ORDER BY sequence DESC",
    )?;
    let mut rows = statement.query(params![key.as_str(), Sequence::FIRST_IMPORTED.0])?;
    while let Some(row) = rows.next()? {
        let seen: Observation = super::sqlite::read_json(&row.get::<_, String>(0)?)?;
        if let Sighting::Article { content_digest, .. } = seen.sighting {
            return Ok(Some(content_digest));
        }
    }
    Ok(None)
}

pub(super) fn counts(db: &Connection, site: &SiteId) -> Result<AssetCounts, StoreError> {
    let (kept, bytes, missing) = db.query_row(
        "SELECT count(*) FILTER (WHERE missing IS NULL AND target IS NULL),
                coalesce(sum(bytes) FILTER (WHERE missing IS NULL AND target IS NULL), 0),
                count(*) FILTER (WHERE missing IS NOT NULL)
         FROM assets JOIN exchanges USING (sequence) WHERE site = ?1",
        params![site.as_str()],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let waiting = db.query_row(
        "SELECT count(*) FROM requests
         WHERE site = ?1 AND purpose = 'asset' AND state <> ?2",
        params![site.as_str(), RequestState::Done.as_str()],
        |row| row.get(0),
    )?;
    Ok(AssetCounts {
        kept,
        bytes,
        missing,
        waiting,
    })
}

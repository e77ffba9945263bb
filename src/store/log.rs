//! The log of exchanges: commit, places in the archive, marks of captures that are being read.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::sqlite::{json_text, read_json, read_time, read_word, time_text};
use super::{
    Batch, CommitReport, Committed, ExchangeRow, Outcome, PageKind, Payload, Position, StoreError,
    StoredAnswer, Turn, articles, assets, queue, runs, settle,
};
use crate::model::{
    ArticleKey, FailureKind, Location, Observation, Request, RequestKey, RunId, Sequence, SiteId,
    Truncation, Via,
};

/// Writes a batch. It begins right behind the newest exchange, or at `skip_to`.
pub(super) fn commit(
    db: &Connection,
    batch: &Batch,
    skip_to: Option<Sequence>,
) -> Result<CommitReport, StoreError> {
    let mut taking = Taking::begin(db)?;
    taking.skip_to(skip_to);
    for entry in &batch.entries {
        taking.take(entry)?;
        taking.observed(entry.observations.iter().map(Cow::Borrowed));
    }
    for position in &batch.positions {
        set_position(db, position)?;
    }
    taking.end()
}

/// Writes a batch whose entries `next` makes, each when the one before is written.
pub(super) fn commit_in_turn<E: From<StoreError>>(
    db: &Connection,
    next: &mut dyn FnMut() -> Result<Option<Turn>, E>,
) -> Result<CommitReport, E> {
    let mut taking = Taking::begin(db)?;
    let mut positions = BTreeMap::new();
    while let Some(turn) = next()? {
        taking.skip_to(turn.skip_to);
        taking.take(&turn.entry)?;
        taking.observed(turn.entry.observations.into_iter().map(Cow::Owned));
        positions.insert(turn.position.file.clone(), turn.position);
    }
    for position in positions.values() {
        set_position(db, position)?;
    }
    Ok(taking.end()?)
}

/// A batch that is being written: exchanges, observations, queue and walks one by one; the articles that
/// they touch are folded once, at the end.
struct Taking<'a> {
    db: &'a Connection,
    /// The number that the next exchange must have.
    expected: Sequence,
    /// The numbers of the first and the newest exchange.
    first: Option<Sequence>,
    last: Option<Sequence>,
    touched: articles::Touched<'a>,
}

impl<'a> Taking<'a> {
    fn begin(db: &'a Connection) -> Result<Self, StoreError> {
        Ok(Self {
            db,
            expected: next_sequence(db)?,
            first: None,
            last: None,
            touched: articles::Touched::default(),
        })
    }

    fn skip_to(&mut self, next: Option<Sequence>) {
        self.expected = next.map_or(self.expected, |next| next.max(self.expected));
    }

    fn take(&mut self, entry: &Committed) -> Result<(), StoreError> {
        let (expected, found) = (self.expected, entry.exchange.sequence);
        if found != expected {
            return Err(StoreError::Order { expected, found });
        }
        self.expected = found.next();
        self.first.get_or_insert(found);
        self.last = Some(found);
        commit_one(self.db, entry)
    }

    fn observed(&mut self, observations: impl Iterator<Item = Cow<'a, Observation>>) {
        self.touched.extend(observations);
    }

    fn end(self) -> Result<CommitReport, StoreError> {
        let mut report = CommitReport::default();
        if let Some((first, last)) = self.first.zip(self.last) {
            self.touched
                .refresh(self.db, &(first..=last), &mut report)?;
        }
        Ok(report)
    }
}

fn set_position(db: &Connection, position: &Position) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO positions (file, end_offset, sequence) VALUES (?1, ?2, ?3)
         ON CONFLICT (file) DO UPDATE SET
             end_offset = excluded.end_offset, sequence = excluded.sequence",
    )?
    .execute(params![
        position.file,
        position.end_offset,
        position.sequence.0
    ])?;
    Ok(())
}

fn commit_one(db: &Connection, entry: &Committed) -> Result<(), StoreError> {
    let exchange = &entry.exchange;
    insert(db, exchange)?;
    spare(db, &[exchange.sequence])?;
    for observation in &entry.observations {
        articles::insert(db, observation, exchange.request.purpose)?;
    }
    assets::note(db, entry)?;
    settle::settle(db, entry)?;
    for planned in &entry.plan {
        let waits = queue::plan(db, planned, Some(&exchange.run))?;
        if waits && planned.hops > 0 {
            queue::led_from(db, &planned.request, &exchange.request)?;
        } else if planned.hops > 0 {
            settle::led_to_known(db, &exchange.request, &planned.request)?;
        }
    }
    if let Some(walk) = &entry.walk {
        runs::set_walk(db, walk)?;
        queue::drop_other_pages(db, walk)?;
    }
    if let Some((origin, copy)) = &entry.robots {
        runs::set_robots(db, origin, copy)?;
    }
    Ok(())
}

fn insert(db: &Connection, exchange: &ExchangeRow) -> Result<(), StoreError> {
    let (answer, failure) = match &exchange.outcome {
        Outcome::Answered(answer) => (Some(answer), None),
        Outcome::Failed { kind, message } => (None, Some((kind, message))),
    };
    let micros = u64::try_from(exchange.elapsed.as_micros()).unwrap_or(u64::MAX);
    db.prepare_cached(
        "INSERT INTO exchanges (sequence, run, site, purpose, section, request, asked_at,
             elapsed_us, via, profile_digest, page, layout, failure, message, status, bytes,
             truncated, file, file_offset, file_length, record_id, payload_sha1, payload_sha256,
             is_revisit, etag, last_modified)
         VALUES (:sequence, :run, :site, :purpose, :section, :request, :asked_at, :elapsed_us, :via,
             :profile_digest, :page, :layout, :failure, :message, :status, :bytes, :truncated,
             :file, :file_offset, :file_length, :record_id, :payload_sha1, :payload_sha256,
             :is_revisit, :etag, :last_modified)",
    )?
    .execute(named_params! {
        ":sequence": exchange.sequence.0,
        ":run": exchange.run.as_str(),
        ":site": exchange.request.site.as_str(),
        ":purpose": exchange.request.purpose.as_str(),
        ":section": exchange.request.section.as_ref().map(|section| section.as_str()),
        ":request": json_text(&exchange.request)?,
        ":asked_at": time_text(exchange.asked_at),
        ":elapsed_us": i64::try_from(micros).unwrap_or(i64::MAX),
        ":via": exchange.via.as_str(),
        ":profile_digest": exchange.profile_digest,
        ":page": exchange.page.as_str(),
        ":layout": exchange.layout,
        ":failure": failure.map(|(kind, _)| kind.as_str()),
        ":message": failure.map(|(_, message)| message),
        ":status": answer.map(|answer| answer.status),
        ":bytes": answer.map(|answer| answer.bytes),
        ":truncated": answer.and_then(|answer| answer.truncated).map(Truncation::as_str),
        ":file": answer.map(|answer| &answer.location.file),
        ":file_offset": answer.map(|answer| answer.location.offset),
        ":file_length": answer.map(|answer| answer.location.length),
        ":record_id": answer.map(|answer| &answer.location.record_id),
        ":payload_sha1": answer.map(|answer| &answer.payload_sha1),
        ":payload_sha256": answer.map(|answer| &answer.payload_sha256),
        ":is_revisit": answer.map(|answer| answer.is_revisit),
        ":etag": answer.and_then(|answer| answer.etag.as_ref()),
        ":last_modified": answer.and_then(|answer| answer.last_modified.as_ref()),
    })?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<ExchangeRow, StoreError> {
    let outcome = match row.get::<_, Option<String>>("failure")? {
        Some(word) => Outcome::Failed {
            kind: read_word(&FAILURES, &word, FailureKind::as_str)?,
            message: row.get("message")?,
        },
        None => Outcome::Answered(read_answer(row)?),
    };
    Ok(ExchangeRow {
        sequence: Sequence(row.get("sequence")?),
        run: RunId::new(row.get::<_, String>("run")?),
        request: read_json(&row.get::<_, String>("request")?)?,
        asked_at: read_time(&row.get::<_, String>("asked_at")?)?,
        elapsed: Duration::from_micros(row.get("elapsed_us")?),
        via: read_word(&VIAS, &row.get::<_, String>("via")?, Via::as_str)?,
        outcome,
        profile_digest: row.get("profile_digest")?,
        page: read_word(
            &PageKind::ALL,
            &row.get::<_, String>("page")?,
            PageKind::as_str,
        )?,
        layout: row.get("layout")?,
    })
}

fn read_answer(row: &Row<'_>) -> Result<StoredAnswer, StoreError> {
    let truncated: Option<String> = row.get("truncated")?;
    Ok(StoredAnswer {
        status: row.get("status")?,
        bytes: row.get("bytes")?,
        truncated: truncated
            .map(|word| read_word(&TRUNCATIONS, &word, Truncation::as_str))
            .transpose()?,
        location: Location {
            file: row.get("file")?,
            offset: row.get("file_offset")?,
            length: row.get("file_length")?,
            record_id: row.get("record_id")?,
        },
        payload_sha1: row.get("payload_sha1")?,
        payload_sha256: row.get("payload_sha256")?,
        is_revisit: row.get("is_revisit")?,
        etag: row.get("etag")?,
        last_modified: row.get("last_modified")?,
    })
}

const VIAS: [Via; 2] = [Via::Direct, Via::Override];

pub(super) const TRUNCATIONS: [Truncation; 4] = [
    Truncation::Length,
    Truncation::Time,
    Truncation::Disconnect,
    Truncation::Unspecified,
];

const FAILURES: [FailureKind; 7] = [
    FailureKind::Dns,
    FailureKind::ForbiddenAddress,
    FailureKind::Connect,
    FailureKind::Tls,
    FailureKind::Timeout,
    FailureKind::Disconnect,
    FailureKind::Protocol,
];

/// A number that a file of the archive is known to hold is never given again, even if that file is
/// damaged or gone.
pub(super) fn last_sequence(db: &Connection) -> Result<Option<Sequence>, StoreError> {
    let last: Option<u64> = db
        .prepare_cached(
            "SELECT max(last) FROM (SELECT max(sequence) AS last FROM exchanges
                                    UNION ALL SELECT max(sequence) FROM positions)",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(last.map(Sequence))
}

fn next_sequence(db: &Connection) -> Result<Sequence, StoreError> {
    Ok(last_sequence(db)?.unwrap_or(Sequence(0)).next())
}

pub(super) fn positions(db: &Connection) -> Result<Vec<Position>, StoreError> {
    let mut statement =
        db.prepare("SELECT file, end_offset, sequence FROM positions ORDER BY file")?;
    let rows = statement.query_map([], |row| {
        Ok(Position {
            file: row.get(0)?,
            end_offset: row.get(1)?,
            sequence: Sequence(row.get(2)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn attempting(db: &Connection, sequences: &[Sequence]) -> Result<(), StoreError> {
    let mut statement =
        db.prepare_cached("INSERT OR IGNORE INTO attempting (sequence) VALUES (?1)")?;
    for sequence in sequences {
        statement.execute(params![sequence.0])?;
    }
    Ok(())
}

pub(super) fn spare(db: &Connection, sequences: &[Sequence]) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached("DELETE FROM attempting WHERE sequence = ?1")?;
    for sequence in sequences {
        statement.execute(params![sequence.0])?;
    }
    Ok(())
}

pub(super) fn suspects(db: &Connection) -> Result<Vec<Sequence>, StoreError> {
    let mut statement = db.prepare("SELECT sequence FROM attempting ORDER BY sequence")?;
    let rows = statement.query_map([], |row| Ok(Sequence(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn set_unreadable(
    db: &Connection,
    request: &RequestKey,
    payload_sha256: &str,
    cause: &str,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO unreadable (request, payload_sha256, cause) VALUES (?1, ?2, ?3)
         ON CONFLICT (request, payload_sha256) DO UPDATE SET cause = excluded.cause",
    )?
    .execute(params![request.as_str(), payload_sha256, cause])?;
    Ok(())
}

pub(super) fn unreadable(
    db: &Connection,
    request: &RequestKey,
    payload_sha256: &str,
) -> Result<Option<String>, StoreError> {
    Ok(db
        .prepare_cached("SELECT cause FROM unreadable WHERE request = ?1 AND payload_sha256 = ?2")?
        .query_row(params![request.as_str(), payload_sha256], |row| row.get(0))
        .optional()?)
}

pub(super) fn find_payload(
    db: &Connection,
    site: &SiteId,
    payload_sha256: &str,
) -> Result<Option<Payload>, StoreError> {
    let found = db
        .prepare_cached(
            "SELECT request, asked_at, record_id FROM exchanges
             WHERE payload_sha256 = ?1 AND site = ?2 AND is_revisit = 0 AND bytes > 0
               AND truncated IS NULL AND json_extract(request, '$.method') = 'GET'
             ORDER BY sequence LIMIT 1",
        )?
        .query_row(params![payload_sha256, site.as_str()], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
            ))
        })
        .optional()?;
    let Some((request, asked_at, record_id)) = found else {
        return Ok(None);
    };
    Ok(Some(Payload {
        url: read_json::<Request>(&request)?.url,
        asked_at: read_time(&asked_at)?,
        record_id,
    }))
}

pub(super) fn via(db: &Connection) -> Result<Option<Via>, StoreError> {
    let word: Option<String> = db
        .prepare_cached(
            "SELECT via FROM exchanges WHERE failure IS NULL ORDER BY sequence LIMIT 1",
        )?
        .query_row([], |row| row.get(0))
        .optional()?;
    word.map(|word| read_word(&VIAS, &word, Via::as_str))
        .transpose()
}

pub(super) fn exchanges(
    db: &Connection,
    after: Option<Sequence>,
    most: usize,
) -> Result<Vec<ExchangeRow>, StoreError> {
    let mut statement = db
        .prepare_cached("SELECT * FROM exchanges WHERE sequence > ?1 ORDER BY sequence LIMIT ?2")?;
    let after = after.unwrap_or(Sequence(0)).0;
    rows(statement.query(params![after, i64::try_from(most).unwrap_or(i64::MAX)])?)
}

pub(super) fn first_asked_from(
    db: &Connection,
    time: DateTime<Utc>,
) -> Result<Option<Sequence>, StoreError> {
    let first: Option<u64> = db.query_row(
        "SELECT min(sequence) FROM exchanges WHERE asked_at >= ?1",
        params![time_text(time)],
        |row| row.get(0),
    )?;
    Ok(first.map(Sequence))
}

pub(super) fn captures(db: &Connection, key: &ArticleKey) -> Result<Vec<ExchangeRow>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT * FROM exchanges
         WHERE sequence IN (SELECT sequence FROM observations WHERE key = ?1) ORDER BY sequence",
    )?;
    rows(statement.query(params![key.as_str()])?)
}

fn rows(mut rows: rusqlite::Rows<'_>) -> Result<Vec<ExchangeRow>, StoreError> {
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

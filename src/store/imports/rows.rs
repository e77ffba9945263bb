//! Rows: the SQL of imported captures: where each goes, what moves for it, and how it is found again.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::super::log::TRUNCATIONS;
use super::super::sqlite::{json_text, read_json, read_time, read_word, time_text};
use super::super::{PageKind, StoreError, articles};
use super::{ImportCommit, ImportedCapture, ImportedRow, WaitingRevisit, place};
use crate::import::identity::Identity;
use crate::import::number::{self, SLOTS};
use crate::model::{
    ArticleKey, ForeignFile, Location, Observation, Sequence, Sighting, Truncation,
};

pub(super) fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

pub(super) fn identity(bytes: [u8; 32]) -> Identity {
    Identity::from_bytes(bytes)
}

pub(super) fn commit(
    db: &Connection,
    batch: &[ImportedCapture],
) -> Result<ImportCommit, StoreError> {
    let mut report = ImportCommit::default();
    let mut touched = BTreeMap::new();
    for capture in batch {
        match by_identity(db, &capture.row.identity)? {
            Some(known) => {
                report.known += 1;
                if capture.row.place() < known.place() {
                    remove(db, known.sequence, &mut touched)?;
                    insert(db, capture, known.sequence, &mut touched)?;
                }
            }
            None => {
                let sequence = make_room(db, &capture.row, &mut touched)?;
                insert(db, capture, sequence, &mut touched)?;
                report.new += 1;
            }
        }
    }
    for (key, was_read) in touched {
        articles::refresh(db, &key, was_read, &mut report.changes)?;
    }
    Ok(report)
}

/// Keys whose records have to be folded again, with whether the article itself was read.
type Touched = BTreeMap<ArticleKey, bool>;

fn note(touched: &mut Touched, observation: &Observation) {
    let is_read = matches!(
        observation.sighting,
        Sighting::Article { .. } | Sighting::Unchanged
    );
    *touched.entry(observation.key.clone()).or_default() |= is_read;
}

/// The number of a new capture, free; those that it moves have moved.
fn make_room(
    db: &Connection,
    row: &ImportedRow,
    touched: &mut Touched,
) -> Result<Sequence, StoreError> {
    let second = number::second_of(row.captured_at)
        .ok_or_else(|| StoreError::damaged(format!("no capture is of {}", row.captured_at)))?;
    let mut occupant = db.prepare_cached("SELECT identity FROM imported WHERE sequence = ?1")?;
    let moves = number::place(row.identity, SLOTS, |slot| {
        let found: Option<[u8; 32]> = occupant
            .query_row(params![number::sequence_of(second, slot).0], |row| {
                row.get(0)
            })
            .optional()?;
        Ok::<_, StoreError>(found.map(identity))
    })?;
    let moves = moves.ok_or(StoreError::SecondFull { second })?;
    // The last one goes to a free slot, the one before it to the slot that this one left.
    for (moved, slot) in moves.iter().skip(1).rev() {
        let from: u64 = db
            .prepare_cached("SELECT sequence FROM imported WHERE identity = ?1")?
            .query_row(params![moved.as_bytes()], |row| row.get(0))?;
        renumber(
            db,
            Sequence(from),
            number::sequence_of(second, *slot),
            touched,
        )?;
    }
    let slot = moves.first().map_or(0, |(_, slot)| *slot);
    Ok(number::sequence_of(second, slot))
}

/// Gives a capture another number, with its observations.
fn renumber(
    db: &Connection,
    from: Sequence,
    to: Sequence,
    touched: &mut Touched,
) -> Result<(), StoreError> {
    let observations = remove_observations(db, from, touched)?;
    db.prepare_cached("UPDATE imported SET sequence = ?2 WHERE sequence = ?1")?
        .execute(params![from.0, to.0])?;
    insert_observations(db, &observations, to, touched)
}

fn remove(db: &Connection, sequence: Sequence, touched: &mut Touched) -> Result<(), StoreError> {
    remove_observations(db, sequence, touched)?;
    db.prepare_cached("DELETE FROM imported WHERE sequence = ?1")?
        .execute(params![sequence.0])?;
    Ok(())
}

fn remove_observations(
    db: &Connection,
    sequence: Sequence,
    touched: &mut Touched,
) -> Result<Vec<Observation>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT body FROM observations WHERE sequence = ?1 ORDER BY position")?;
    let mut rows = statement.query(params![sequence.0])?;
    let mut observations: Vec<Observation> = Vec::new();
    while let Some(row) = rows.next()? {
        observations.push(read_json(&row.get::<_, String>(0)?)?);
    }
    for observation in &observations {
        note(touched, observation);
    }
    db.prepare_cached("DELETE FROM observations WHERE sequence = ?1")?
        .execute(params![sequence.0])?;
    Ok(observations)
}

fn insert_observations(
    db: &Connection,
    observations: &[Observation],
    sequence: Sequence,
    touched: &mut Touched,
) -> Result<(), StoreError> {
    for observation in observations {
        let mut observation = observation.clone();
        observation.sequence = sequence;
        observation.capture.sequence = sequence;
        articles::insert_imported(db, &observation)?;
        note(touched, &observation);
    }
    Ok(())
}

fn insert(
    db: &Connection,
    capture: &ImportedCapture,
    sequence: Sequence,
    touched: &mut Touched,
) -> Result<(), StoreError> {
    let row = &capture.row;
    db.prepare_cached(
        "INSERT INTO imported (sequence, identity, source, member, file, file_offset, file_length,
             record_id, site, url, request, captured_at, status, bytes, truncated, payload_sha1,
             payload_sha256, said_digest, is_revisit, profile_digest, page, layout)
         VALUES (:sequence, :identity, :source, :member, :file, :file_offset, :file_length,
             :record_id, :site, :url, :request, :captured_at, :status, :bytes, :truncated,
             :payload_sha1, :payload_sha256, :said_digest, :is_revisit, :profile_digest, :page,
             :layout)",
    )?
    .execute(named_params! {
        ":sequence": sequence.0,
        ":identity": row.identity.as_bytes(),
        ":source": row.source.sha256,
        ":member": row.source.member,
        ":file": row.location.file,
        ":file_offset": row.location.offset,
        ":file_length": row.location.length,
        ":record_id": row.location.record_id,
        ":site": row.request.site.as_str(),
        ":url": row.request.url.as_str(),
        ":request": json_text(&row.request)?,
        ":captured_at": time_text(row.captured_at),
        ":status": row.status,
        ":bytes": row.bytes,
        ":truncated": row.truncated.map(Truncation::as_str),
        ":payload_sha1": row.payload_sha1,
        ":payload_sha256": row.payload_sha256,
        ":said_digest": row.said_digest,
        ":is_revisit": row.is_revisit,
        ":profile_digest": row.profile_digest,
        ":page": row.page.as_str(),
        ":layout": row.layout,
    })?;
    insert_observations(db, &capture.observations, sequence, touched)
}

/// Of the same revisit in two files the smaller place is kept.
pub(super) fn keep_waiting(db: &Connection, revisit: &WaitingRevisit) -> Result<(), StoreError> {
    let identity = revisit.identity();
    let known: Option<String> = db
        .prepare_cached("SELECT body FROM waiting_revisits WHERE identity = ?1")?
        .query_row(params![identity.as_bytes()], |row| row.get(0))
        .optional()?;
    if let Some(known) = known {
        let known: WaitingRevisit = read_json(&known)?;
        if place(&known.source, &known.location) <= place(&revisit.source, &revisit.location) {
            return Ok(());
        }
    }
    db.prepare_cached("INSERT OR REPLACE INTO waiting_revisits (identity, body) VALUES (?1, ?2)")?
        .execute(params![identity.as_bytes(), json_text(revisit)?])?;
    Ok(())
}

/// What may be a revisit's original.
pub(super) const IS_ORIGINAL: &str = "is_revisit = 0 AND bytes > 0 AND truncated IS NULL";

pub(super) fn original_of(
    db: &Connection,
    revisit: &WaitingRevisit,
) -> Result<Option<ImportedRow>, StoreError> {
    if let Some(digest) = &revisit.digest {
        // Whichever is taken has the same bytes; the order makes the choice the same every time.
        let sql = format!(
            "SELECT * FROM imported WHERE said_digest = ?1 AND {IS_ORIGINAL}
             ORDER BY payload_sha256, captured_at, identity LIMIT 1"
        );
        let mut statement = db.prepare_cached(&sql)?;
        let mut rows = statement.query(params![digest])?;
        if let Some(row) = rows.next()? {
            return read(row).map(Some);
        }
    }
    if let Some(record_id) = &revisit.record_id {
        match the_only_one(db, revisit, "record_id = :first", record_id, "")? {
            Named::Nobody => {}
            Named::One(found) => return Ok(Some(*found)),
            Named::Several => return Ok(None),
        }
    }
    let (Some(uri), Some(date)) = (&revisit.uri, revisit.date) else {
        return Ok(None);
    };
    let condition = "url = :first AND captured_at = :second";
    match the_only_one(db, revisit, condition, uri, &time_text(date))? {
        Named::One(found) => Ok(Some(*found)),
        Named::Nobody | Named::Several => Ok(None),
    }
}

/// Whom a revisit's words name.
enum Named {
    Nobody,
    One(Box<ImportedRow>),
    /// Records with different payloads.
    Several,
}

/// The original that is named by its id, or by its address and time, unless the revisit's digest says that
/// the payload is another one. An id is not always unique, and one address may be asked twice in a second.
fn the_only_one(
    db: &Connection,
    revisit: &WaitingRevisit,
    condition: &str,
    first: &str,
    second: &str,
) -> Result<Named, StoreError> {
    let digest = revisit.digest.as_deref().unwrap_or_default();
    let sql = format!(
        "SELECT * FROM imported WHERE {condition} AND :second IS NOT NULL AND {IS_ORIGINAL}
             AND (:sha1 IS NULL OR payload_sha1 = :sha1)
             AND (:sha256 IS NULL OR payload_sha256 = :sha256)
         ORDER BY payload_sha256, captured_at, identity"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(named_params! {
        ":first": first,
        ":second": second,
        ":sha1": digest.strip_prefix("sha1:"),
        ":sha256": digest.strip_prefix("sha256:"),
    })?;
    let Some(row) = rows.next()? else {
        return Ok(Named::Nobody);
    };
    let found = read(row)?;
    while let Some(row) = rows.next()? {
        if row.get::<_, String>("payload_sha256")? != found.payload_sha256 {
            return Ok(Named::Several);
        }
    }
    Ok(Named::One(Box::new(found)))
}

pub(super) fn by_identity(
    db: &Connection,
    identity: &Identity,
) -> Result<Option<ImportedRow>, StoreError> {
    let mut statement = db.prepare_cached("SELECT * FROM imported WHERE identity = ?1")?;
    let mut rows = statement.query(params![identity.as_bytes()])?;
    rows.next()?.map(read).transpose()
}

pub(super) fn by_sequence(
    db: &Connection,
    sequence: Sequence,
) -> Result<Option<ImportedRow>, StoreError> {
    let mut statement = db.prepare_cached("SELECT * FROM imported WHERE sequence = ?1")?;
    let mut rows = statement.query(params![sequence.0])?;
    rows.next()?.map(read).transpose()
}

pub(super) fn read(row: &Row<'_>) -> Result<ImportedRow, StoreError> {
    let truncated: Option<String> = row.get("truncated")?;
    Ok(ImportedRow {
        sequence: Sequence(row.get("sequence")?),
        identity: identity(row.get("identity")?),
        source: ForeignFile {
            sha256: row.get("source")?,
            member: row.get("member")?,
        },
        location: Location {
            file: row.get("file")?,
            offset: row.get("file_offset")?,
            length: row.get("file_length")?,
            record_id: row.get("record_id")?,
        },
        request: read_json(&row.get::<_, String>("request")?)?,
        captured_at: read_time(&row.get::<_, String>("captured_at")?)?,
        status: row.get("status")?,
        bytes: row.get("bytes")?,
        truncated: truncated
            .map(|word| read_word(&TRUNCATIONS, &word, Truncation::as_str))
            .transpose()?,
        payload_sha1: row.get("payload_sha1")?,
        payload_sha256: row.get("payload_sha256")?,
        said_digest: row.get("said_digest")?,
        is_revisit: row.get("is_revisit")?,
        profile_digest: row.get("profile_digest")?,
        page: read_word(
            &PageKind::ALL,
            &row.get::<_, String>("page")?,
            PageKind::as_str,
        )?,
        layout: row.get("layout")?,
    })
}

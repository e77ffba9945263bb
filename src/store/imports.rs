//! Imports: what the store knows of captures out of foreign archives. They stand in a table of their own:
//! nothing that is told of a crawl, a walk or a run looks at it, and their observations name no section,
//! so that no listing of theirs counts as a sighting. The rows are a function of the set of captures that
//! were committed, never of their order: a number may move when another capture of its second comes
//! ([`crate::import::number`]), and of one capture in two files the place with the smaller digest and
//! offset is kept, with what was read there.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use serde::{Deserialize, Serialize};

use super::log::TRUNCATIONS;
use super::sqlite::{json_text, read_json, read_time, read_word, time_text};
use super::{CommitReport, PageKind, SqliteStore, StoreError, articles};
use crate::import::identity::Identity;
use crate::import::number::{self, SLOTS};
use crate::model::{ForeignFile, Location, Observation, Request, Sequence, SiteId, Truncation};

/// The tables.
pub(super) const TABLES: &str = "
CREATE TABLE imported (
    sequence INTEGER PRIMARY KEY,
    identity BLOB NOT NULL UNIQUE,
    source TEXT NOT NULL,
    member TEXT,
    file TEXT NOT NULL,
    file_offset INTEGER NOT NULL,
    file_length INTEGER NOT NULL,
    record_id TEXT NOT NULL,
    site TEXT NOT NULL,
    url TEXT NOT NULL,
    request TEXT NOT NULL,
    captured_at TEXT NOT NULL,
    status INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    truncated TEXT,
    payload_sha1 TEXT NOT NULL,
    payload_sha256 TEXT NOT NULL,
    said_digest TEXT,
    is_revisit INTEGER NOT NULL,
    profile_digest TEXT NOT NULL,
    page TEXT NOT NULL,
    layout TEXT
) STRICT;
CREATE INDEX imported_by_digest ON imported (said_digest);
CREATE INDEX imported_by_record ON imported (record_id);
CREATE INDEX imported_by_url ON imported (url, sequence);

CREATE TABLE waiting_revisits (
    identity BLOB PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

/// An imported capture without its bytes, and where they are.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedRow {
    /// Its number; what it says before it is committed does not matter.
    pub sequence: Sequence,
    /// What makes it this capture.
    pub identity: Identity,
    /// The foreign file.
    pub source: ForeignFile,
    /// The place in it; a length of 0 is not known.
    pub location: Location,
    /// What was asked, as the profile says it.
    pub request: Request,
    /// When it was asked.
    pub captured_at: DateTime<Utc>,
    /// Status code.
    pub status: u16,
    /// Length of the body.
    pub bytes: u64,
    /// Set when the body is not whole.
    pub truncated: Option<Truncation>,
    /// SHA-1 of the body, base32.
    pub payload_sha1: String,
    /// SHA-256 of the body, lower-case hex.
    pub payload_sha256: String,
    /// `WARC-Payload-Digest` as the foreign record says it, where it is true: revisits name it.
    pub said_digest: Option<String>,
    /// True if the record is a revisit.
    pub is_revisit: bool,
    /// SHA-256 of the profile that read it, lower-case hex.
    pub profile_digest: String,
    /// What the page is.
    pub page: PageKind,
    /// The layout that read it.
    pub layout: Option<String>,
}

impl ImportedRow {
    /// What decides between two places of one capture: the smaller is kept.
    fn place(&self) -> (&ForeignFile, u64) {
        (&self.source, self.location.offset)
    }
}

/// An imported capture with what was read of it. The numbers in the observations are set by the store.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedCapture {
    /// The capture.
    pub row: ImportedRow,
    /// What was read.
    pub observations: Vec<Observation>,
}

/// A revisit record whose payload stands in another record that is not known yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingRevisit {
    /// The foreign file.
    pub source: ForeignFile,
    /// The place in it.
    pub location: Location,
    /// What was asked.
    pub request: Request,
    /// When.
    pub captured_at: DateTime<Utc>,
    /// Status code.
    pub status: u16,
    /// Response header fields, names in lower case, values as Latin-1.
    pub headers: Vec<(String, String)>,
    /// `WARC-Payload-Digest`, as written.
    pub digest: Option<String>,
    /// `WARC-Refers-To`, without angle brackets.
    pub record_id: Option<String>,
    /// `WARC-Refers-To-Target-URI`.
    pub uri: Option<String>,
    /// `WARC-Refers-To-Date`.
    pub date: Option<DateTime<Utc>>,
    /// The server said "not modified": the payload is that of the original, and none was sent.
    pub is_not_modified: bool,
}

impl WaitingRevisit {
    /// What makes it this record: its payload is not known, its place in time and its record are.
    pub fn identity(&self) -> Identity {
        let said = self.digest.as_deref().unwrap_or_default();
        Identity::of(
            &self.location.record_id,
            &self.request,
            self.captured_at,
            said,
        )
    }
}

/// What a commit of imported captures changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportCommit {
    /// Captures that the store did not have.
    pub new: u64,
    /// Captures that it had.
    pub known: u64,
    /// What that changed of the articles.
    pub changes: CommitReport,
}

/// What the store knows of foreign archives. Every method fails with [`StoreError`] if the database does.
pub trait Imports {
    /// Takes imported captures whole or not at all, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::SecondFull`] if a second has more captures than numbers.
    fn commit_imported(&mut self, batch: &[ImportedCapture]) -> Result<ImportCommit, StoreError>;

    /// True if this capture is known, from this place or a smaller one: to commit it again changes nothing.
    ///
    /// # Errors
    /// If the database fails.
    fn knows_import(
        &self,
        identity: &Identity,
        source: &ForeignFile,
        offset: u64,
    ) -> Result<bool, StoreError>;

    /// True if an exchange of our own has this record.
    ///
    /// # Errors
    /// If the database fails.
    fn is_own_record(
        &self,
        site: &SiteId,
        record_id: &str,
        payload_sha256: &str,
    ) -> Result<bool, StoreError>;

    /// Keeps revisits until their originals come.
    ///
    /// # Errors
    /// If the database fails.
    fn keep_waiting(&mut self, revisits: &[WaitingRevisit]) -> Result<(), StoreError>;

    /// Up to `most` waiting revisits behind this one, in the order of their identities.
    ///
    /// # Errors
    /// If the database fails.
    fn waiting(
        &self,
        after: Option<&Identity>,
        most: usize,
    ) -> Result<Vec<(Identity, WaitingRevisit)>, StoreError>;

    /// How many revisits wait.
    ///
    /// # Errors
    /// If the database fails.
    fn waiting_count(&self) -> Result<u64, StoreError>;

    /// A revisit waits no more.
    ///
    /// # Errors
    /// If the database fails.
    fn end_waiting(&mut self, identities: &[Identity]) -> Result<(), StoreError>;

    /// The imported capture that a revisit refers to: by its digest, else by its record, else by address
    /// and time. It is no revisit itself, and whole.
    ///
    /// # Errors
    /// If the database fails.
    fn original_of(&self, revisit: &WaitingRevisit) -> Result<Option<ImportedRow>, StoreError>;

    /// Where our own archive has a whole payload with one of these SHA-1 (base32). Looks at every
    /// exchange, once.
    ///
    /// # Errors
    /// If the database fails.
    fn own_payloads(
        &self,
        sha1: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Location>, StoreError>;

    /// Imported captures of a site with this record id, or of this address, newest last.
    ///
    /// # Errors
    /// If the database fails.
    fn imported_of(
        &self,
        site: &SiteId,
        record_or_url: &str,
    ) -> Result<Vec<ImportedRow>, StoreError>;

    /// An imported capture by its number.
    ///
    /// # Errors
    /// If the database fails.
    fn imported(&self, sequence: Sequence) -> Result<Option<ImportedRow>, StoreError>;

    /// Up to `most` identities behind this one, in order: what a rebuild compares.
    ///
    /// # Errors
    /// If the database fails.
    fn import_identities(
        &self,
        after: Option<&Identity>,
        most: usize,
    ) -> Result<Vec<(Identity, ForeignFile)>, StoreError>;

    /// How many captures are kept from each foreign file, by its SHA-256.
    ///
    /// # Errors
    /// If the database fails.
    fn import_counts(&self) -> Result<BTreeMap<String, u64>, StoreError>;
}

impl Imports for SqliteStore {
    fn commit_imported(&mut self, batch: &[ImportedCapture]) -> Result<ImportCommit, StoreError> {
        self.change(|tx| commit(tx, batch))
    }

    fn knows_import(
        &self,
        identity: &Identity,
        source: &ForeignFile,
        offset: u64,
    ) -> Result<bool, StoreError> {
        let known = by_identity(self.connection(), identity)?;
        Ok(known.is_some_and(|known| known.place() <= (source, offset)))
    }

    fn is_own_record(
        &self,
        site: &SiteId,
        record_id: &str,
        payload_sha256: &str,
    ) -> Result<bool, StoreError> {
        let found: Option<u64> = self
            .connection()
            .prepare_cached(
                "SELECT sequence FROM exchanges
                 WHERE payload_sha256 = ?1 AND site = ?2 AND record_id = ?3 LIMIT 1",
            )?
            .query_row(params![payload_sha256, site.as_str(), record_id], |row| {
                row.get(0)
            })
            .optional()?;
        Ok(found.is_some())
    }

    fn keep_waiting(&mut self, revisits: &[WaitingRevisit]) -> Result<(), StoreError> {
        self.change(|tx| revisits.iter().try_for_each(|one| keep_waiting(tx, one)))
    }

    fn waiting(
        &self,
        after: Option<&Identity>,
        most: usize,
    ) -> Result<Vec<(Identity, WaitingRevisit)>, StoreError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT identity, body FROM waiting_revisits WHERE identity > ?1
             ORDER BY identity LIMIT ?2",
        )?;
        let after = after.map_or(Vec::new(), |after| after.as_bytes().to_vec());
        let mut rows = statement.query(params![after, limit(most)])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let body: String = row.get(1)?;
            found.push((identity(row.get(0)?), read_json(&body)?));
        }
        Ok(found)
    }

    fn waiting_count(&self) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM waiting_revisits";
        Ok(self.connection().query_row(sql, [], |row| row.get(0))?)
    }

    fn end_waiting(&mut self, identities: &[Identity]) -> Result<(), StoreError> {
        self.change(|tx| {
            let mut statement =
                tx.prepare_cached("DELETE FROM waiting_revisits WHERE identity = ?1")?;
            for identity in identities {
                statement.execute(params![identity.as_bytes()])?;
            }
            Ok(())
        })
    }

    fn original_of(&self, revisit: &WaitingRevisit) -> Result<Option<ImportedRow>, StoreError> {
        original_of(self.connection(), revisit)
    }

    fn own_payloads(
        &self,
        sha1: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Location>, StoreError> {
        let mut found = BTreeMap::new();
        if sha1.is_empty() {
            return Ok(found);
        }
        let mut statement = self.connection().prepare(
            "SELECT payload_sha1, file, file_offset, file_length, record_id FROM exchanges
             WHERE is_revisit = 0 AND bytes > 0 AND truncated IS NULL ORDER BY sequence",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let digest: String = row.get(0)?;
            if sha1.contains(&digest) && !found.contains_key(&digest) {
                let location = Location {
                    file: row.get(1)?,
                    offset: row.get(2)?,
                    length: row.get(3)?,
                    record_id: row.get(4)?,
                };
                found.insert(digest, location);
            }
        }
        Ok(found)
    }

    fn imported_of(
        &self,
        site: &SiteId,
        record_or_url: &str,
    ) -> Result<Vec<ImportedRow>, StoreError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT * FROM imported WHERE site = ?1 AND (record_id = ?2 OR url = ?2)
             ORDER BY captured_at, sequence",
        )?;
        let mut rows = statement.query(params![site.as_str(), record_or_url])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    fn imported(&self, sequence: Sequence) -> Result<Option<ImportedRow>, StoreError> {
        by_sequence(self.connection(), sequence)
    }

    fn import_identities(
        &self,
        after: Option<&Identity>,
        most: usize,
    ) -> Result<Vec<(Identity, ForeignFile)>, StoreError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT identity, source, member FROM imported WHERE identity > ?1
             ORDER BY identity LIMIT ?2",
        )?;
        let after = after.map_or(Vec::new(), |after| after.as_bytes().to_vec());
        let rows = statement.query_map(params![after, limit(most)], |row| {
            let source = ForeignFile {
                sha256: row.get(1)?,
                member: row.get(2)?,
            };
            Ok((identity(row.get(0)?), source))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn import_counts(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let sql = "SELECT source, count(*) FROM imported GROUP BY source";
        let mut statement = self.connection().prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

fn identity(bytes: [u8; 32]) -> Identity {
    Identity::from_bytes(bytes)
}

fn commit(db: &Connection, batch: &[ImportedCapture]) -> Result<ImportCommit, StoreError> {
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
type Touched = BTreeMap<crate::model::ArticleKey, bool>;

fn note(touched: &mut Touched, observation: &Observation) {
    use crate::model::Sighting;
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
fn keep_waiting(db: &Connection, revisit: &WaitingRevisit) -> Result<(), StoreError> {
    let identity = revisit.identity();
    let known: Option<String> = db
        .prepare_cached("SELECT body FROM waiting_revisits WHERE identity = ?1")?
        .query_row(params![identity.as_bytes()], |row| row.get(0))
        .optional()?;
    if let Some(known) = known {
        let known: WaitingRevisit = read_json(&known)?;
        let place = |one: &WaitingRevisit| (one.source.clone(), one.location.offset);
        if place(&known) <= place(revisit) {
            return Ok(());
        }
    }
    db.prepare_cached("INSERT OR REPLACE INTO waiting_revisits (identity, body) VALUES (?1, ?2)")?
        .execute(params![identity.as_bytes(), json_text(revisit)?])?;
    Ok(())
}

/// What may be a revisit's original.
const IS_ORIGINAL: &str = "is_revisit = 0 AND bytes > 0 AND truncated IS NULL";

fn original_of(
    db: &Connection,
    revisit: &WaitingRevisit,
) -> Result<Option<ImportedRow>, StoreError> {
    let one = |condition: &str, value: &str| -> Result<Option<ImportedRow>, StoreError> {
        // Whichever is taken has the same bytes; the order makes the choice the same every time.
        let sql = format!(
            "SELECT * FROM imported WHERE {condition} AND {IS_ORIGINAL}
             ORDER BY payload_sha256, captured_at, identity LIMIT 1"
        );
        let mut statement = db.prepare_cached(&sql)?;
        let mut rows = statement.query(params![value])?;
        rows.next()?.map(read).transpose()
    };
    if let Some(digest) = &revisit.digest
        && let Some(found) = one("said_digest = ?1", digest)?
    {
        return Ok(Some(found));
    }
    if let Some(record_id) = &revisit.record_id
        && let Some(found) = one("record_id = ?1", record_id)?
    {
        return Ok(Some(found));
    }
    let (Some(uri), Some(date)) = (&revisit.uri, revisit.date) else {
        return Ok(None);
    };
    let sql = format!(
        "SELECT * FROM imported WHERE url = ?1 AND captured_at = ?2 AND {IS_ORIGINAL}
         ORDER BY payload_sha256, identity LIMIT 1"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![uri, time_text(date)])?;
    rows.next()?.map(read).transpose()
}

fn by_identity(db: &Connection, identity: &Identity) -> Result<Option<ImportedRow>, StoreError> {
    let mut statement = db.prepare_cached("SELECT * FROM imported WHERE identity = ?1")?;
    let mut rows = statement.query(params![identity.as_bytes()])?;
    rows.next()?.map(read).transpose()
}

fn by_sequence(db: &Connection, sequence: Sequence) -> Result<Option<ImportedRow>, StoreError> {
    let mut statement = db.prepare_cached("SELECT * FROM imported WHERE sequence = ?1")?;
    let mut rows = statement.query(params![sequence.0])?;
    rows.next()?.map(read).transpose()
}

fn read(row: &Row<'_>) -> Result<ImportedRow, StoreError> {
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

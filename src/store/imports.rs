//! Imports: what the store knows of captures out of foreign archives. They stand in a table of their own:
//! nothing that is told of a crawl, a walk or a run looks at it, and their observations name no section,
//! so that no listing of theirs counts as a sighting. The rows are a function of the set of captures that
//! were committed, never of their order: a number may move when another capture of its second comes
//! ([`crate::import::number`]), and of one capture in two files the place with the smaller digest and
//! offset is kept, with what was read there.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::sqlite::read_json;
use super::{CommitReport, PageKind, SqliteStore, StoreError};
use crate::import::identity::Identity;
use crate::model::{ForeignFile, Location, Observation, Request, Sequence, SiteId, Truncation};
use rows::{
    IS_ORIGINAL, by_identity, by_sequence, commit, identity, keep_waiting, limit, original_of, read,
};

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
    fn place(&self) -> (&ForeignFile, u64, &str) {
        place(&self.source, &self.location)
    }
}

/// The name counts too: one file may have two.
fn place<'a>(source: &'a ForeignFile, location: &'a Location) -> (&'a ForeignFile, u64, &'a str) {
    (source, location.offset, &location.file)
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
    /// Status code and response header fields (names in lower case, values as Latin-1), if the record has
    /// any: without them they are the original's.
    pub head: Option<(u16, Vec<(String, String)>)>,
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

    /// True if this capture is known; with a place, from this one or a smaller one: then to commit it again
    /// changes nothing.
    ///
    /// # Errors
    /// If the database fails.
    fn knows_import(
        &self,
        identity: &Identity,
        place: Option<(&ForeignFile, &Location)>,
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

    /// An imported capture, itself no revisit, with this payload (SHA-256, lower-case hex). Looks at all of
    /// them.
    ///
    /// # Errors
    /// If the database fails.
    fn import_with_payload(&self, payload_sha256: &str) -> Result<Option<ImportedRow>, StoreError>;

    /// Where our own archive has a whole payload with one of these SHA-1 (base32). Looks at every
    /// exchange, once.
    ///
    /// # Errors
    /// If the database fails.
    fn own_payloads(
        &self,
        sha1: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Location>, StoreError>;

    /// Which of these record ids are those of our own exchanges. Looks at every exchange, once.
    ///
    /// # Errors
    /// If the database fails.
    fn own_records(&self, ids: &BTreeSet<String>) -> Result<BTreeSet<String>, StoreError>;

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
        from: Option<(&ForeignFile, &Location)>,
    ) -> Result<bool, StoreError> {
        let known = by_identity(self.connection(), identity)?;
        let is_smaller = |known: &ImportedRow| {
            from.is_none_or(|(source, location)| known.place() <= place(source, location))
        };
        Ok(known.as_ref().is_some_and(is_smaller))
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

    fn import_with_payload(&self, payload_sha256: &str) -> Result<Option<ImportedRow>, StoreError> {
        let sql = format!(
            "SELECT * FROM imported WHERE payload_sha256 = ?1 AND {IS_ORIGINAL}
             ORDER BY captured_at, identity LIMIT 1"
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut rows = statement.query(params![payload_sha256])?;
        rows.next()?.map(read).transpose()
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

    fn own_records(&self, ids: &BTreeSet<String>) -> Result<BTreeSet<String>, StoreError> {
        let mut found = BTreeSet::new();
        let sql = "SELECT record_id FROM exchanges WHERE record_id IS NOT NULL";
        let mut statement = self.connection().prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id = row.get_ref(0)?.as_str().unwrap_or_default();
            if ids.contains(id) {
                found.insert(id.to_owned());
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

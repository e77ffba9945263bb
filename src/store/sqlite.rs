//! SqliteStore: the store in one SQLite file (WAL, `synchronous = NORMAL`: what a loss of power takes
//! from it is replayed from the archive; a killed process loses nothing). One connection writes; a
//! reader sees the store as it was at its first question.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    ArticleFilter, Batch, Carried, Claim, CommitReport, Counts, ExchangeRow, Holder, Payload,
    Planned, Position, RequestRow, RunRow, Store, StoreError, StoreLock, Want, Work, articles,
    carry, log, queue, runs, schema,
};
use crate::fetch::PaceNote;
use crate::frontier::walk::{Sightings, Walk};
use crate::model::{
    Article, ArticleKey, Observation, Request, RequestKey, RunId, SectionId, Sequence, SiteId, Via,
};

/// How long a reader waits for a writer's moment of exclusive access.
const BUSY: Duration = Duration::from_secs(10);
/// How often it is tried again where SQLite does not wait by itself.
const WAIT: Duration = Duration::from_millis(100);

/// The store in an SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
    /// Where the next commit may begin, if not right behind the newest exchange.
    skip_to: Option<Sequence>,
    /// Transactions since SQLite's log was written back.
    changes: u32,
    /// An fsync failed: none is tried any more.
    sync_failed: bool,
    _lock: Option<StoreLock>,
}

impl SqliteStore {
    /// Opens the store at `path` for writing, makes it if there is none, and brings its schema up
    /// to date. The lock's file is `khotin.lock` in the same folder.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if another process writes to it, [`StoreError::Newer`] if a newer
    /// khotin made it, [`StoreError::Damaged`] if it is no database.
    pub fn open(path: &Path, holder: Holder) -> Result<Self, StoreError> {
        let lock = StoreLock::take(&path.with_file_name("khotin.lock"), holder)?;
        let connection = Self::connect(path, "NORMAL")?;
        Ok(Self::on(connection, Some(lock)))
    }

    /// Writes SQLite's log back into the database and closes it. Dropped without this the store is as
    /// durable as its archive, but nobody hears of a failed fsync.
    ///
    /// # Errors
    /// [`StoreError::SyncFailed`] or another failure; the log stays, and the next start reads it.
    pub fn close(mut self) -> Result<(), StoreError> {
        let written = self.write_back();
        self.heard(written)
    }

    /// Writes SQLite's log back into the database, as far as no reader is in the way.
    fn write_back(&mut self) -> Result<(), StoreError> {
        self.changes = 0;
        if self.sync_failed {
            return Ok(());
        }
        let write_back = "PRAGMA wal_checkpoint(PASSIVE)";
        Ok(self.connection.query_row(write_back, [], |_| Ok(()))?)
    }

    /// As [`open`](Self::open), for a caller who holds the lock already.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_held(path: &Path) -> Result<Self, StoreError> {
        Ok(Self::on(Self::connect(path, "NORMAL")?, None))
    }

    /// Makes a store at `path` that nobody sees until it is whole, for a caller who holds the lock of
    /// its folder. Nothing is durable before [`into_one_file`](Self::into_one_file), so writing
    /// waits for no disk.
    ///
    /// # Errors
    /// If the database fails.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        Ok(Self::on(Self::connect(path, "OFF")?, None))
    }

    fn on(connection: Connection, lock: Option<StoreLock>) -> Self {
        Self {
            connection,
            skip_to: None,
            changes: 0,
            sync_failed: false,
            _lock: lock,
        }
    }

    fn connect(path: &Path, synchronous: &str) -> Result<Connection, StoreError> {
        let was_cut_off = was_cut_off(path);
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", synchronous)?;
        // SQLite's own way to write the log back passes over a failed fsync and tries it again.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        if was_cut_off {
            check(&connection)?;
        }
        schema::migrate(&mut connection, path)?;
        Ok(connection)
    }

    /// Closes the store, with all of it in its one file: no log of SQLite stands beside it any more,
    /// so that the file can be renamed. The caller makes it durable.
    ///
    /// # Errors
    /// [`StoreError::BeingRead`] if another process has it open; nothing is lost by that.
    pub fn into_one_file(self) -> Result<(), StoreError> {
        // SQLite does not wait here by itself for readers.
        for _ in 0..BUSY.as_millis() / WAIT.as_millis() {
            if self.leave_wal()? {
                return self.connection.close().map_err(|(_, error)| error.into());
            }
            std::thread::sleep(WAIT);
        }
        Err(StoreError::BeingRead {
            path: self.connection.path().unwrap_or_default().into(),
        })
    }

    /// False while another process has the database open.
    fn leave_wal(&self) -> Result<bool, StoreError> {
        let mode: Result<String, _> =
            self.connection
                .query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0));
        match mode {
            Ok(mode) => Ok(mode == "delete"),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes over from another store what no archive tells: see [`Carried`].
    ///
    /// # Errors
    /// If one of the databases fails.
    pub fn carry(&mut self, from: &Self, what: Carried) -> Result<(), StoreError> {
        self.change(|tx| carry::carry(&from.connection, tx, what))
    }

    /// Opens the store at `path` for reading, also while another process writes to it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none; [`StoreError::Older`] or [`StoreError::Newer`] if
    /// its schema is another one than ours.
    pub fn open_reader(path: &Path) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::Missing {
                path: path.to_owned(),
            });
        }
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(BUSY)?;
        let (found, known) = (schema::version(&connection)?, schema::newest());
        let path = path.to_owned();
        match found.cmp(&known) {
            std::cmp::Ordering::Less => return Err(StoreError::Older { path, found, known }),
            std::cmp::Ordering::Greater => return Err(StoreError::Newer { path, found, known }),
            std::cmp::Ordering::Equal => {}
        }
        connection.execute_batch("BEGIN DEFERRED")?;
        Ok(Self::on(connection, None))
    }

    fn change<T>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let changed = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)
            .and_then(|transaction| {
                let value = change(&transaction)?;
                transaction.commit()?;
                Ok(value)
            });
        self.changes += 1;
        let written = match self.changes {
            CHANGES_IN_LOG.. => self.write_back(),
            _ => Ok(()),
        };
        self.heard(changed.and_then(|value| written.map(|()| value)))
    }

    /// After a failed fsync SQLite must not write its log back when the store is closed: that would
    /// be another try.
    fn heard<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::SyncFailed { .. }) = &result {
            self.sync_failed = true;
            let no_more = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
            self.connection.set_db_config(no_more, true)?;
        }
        result
    }
}

/// After so many transactions the log is written back: about 25 requests, 1000 pages, which is SQLite's own
/// measure.
const CHANGES_IN_LOG: u32 = 100;

/// Whether the process before ended without closing the store: its log is still there.
fn was_cut_off(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).is_ok_and(|log| log.len() > 0)
}

/// Reads every page: what an fsync lost shows.
fn check(connection: &Connection) -> Result<(), StoreError> {
    let answer: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if answer == "ok" {
        return Ok(());
    }
    Err(StoreError::damaged(answer))
}

impl Store for SqliteStore {
    fn start_run(&mut self, run: &RunRow) -> Result<(), StoreError> {
        self.change(|tx| {
            runs::insert(tx, run)?;
            queue::wake(tx)
        })
    }

    fn finish_run(
        &mut self,
        run: &RunId,
        at: DateTime<Utc>,
        report: &Value,
    ) -> Result<(), StoreError> {
        self.change(|tx| runs::finish(tx, run, at, report))
    }

    fn last_run(&self) -> Result<Option<RunRow>, StoreError> {
        runs::last(&self.connection)
    }

    fn reports(&self, site: &SiteId, most: usize) -> Result<Vec<Value>, StoreError> {
        runs::reports(&self.connection, site, most)
    }

    fn plan(&mut self, planned: &[Planned]) -> Result<u64, StoreError> {
        self.change(|tx| {
            let mut count = 0;
            for planned in planned {
                count += u64::from(queue::plan(tx, planned, None)?);
            }
            Ok(count)
        })
    }

    fn claim(&mut self, want: &Want, now: DateTime<Utc>) -> Result<Claim, StoreError> {
        self.change(|tx| queue::claim(tx, want, now))
    }

    fn queue(&self, want: &Want, now: DateTime<Utc>, most: usize) -> Result<Vec<Work>, StoreError> {
        queue::peek(&self.connection, want, now, most)
    }

    fn due(&self, want: &Want, now: DateTime<Utc>) -> Result<u64, StoreError> {
        queue::due(&self.connection, want, now)
    }

    fn release(&mut self, request: &Request) -> Result<(), StoreError> {
        self.change(|tx| queue::release(tx, request))
    }

    fn refuse(
        &mut self,
        request: &Request,
        rule: &str,
        walk: Option<&Walk>,
    ) -> Result<(), StoreError> {
        self.change(|tx| {
            queue::refuse(tx, request, rule)?;
            walk.map_or(Ok(()), |walk| runs::set_walk(tx, walk))
        })
    }

    fn request(&self, request: &Request) -> Result<Option<RequestRow>, StoreError> {
        queue::request(&self.connection, request)
    }

    fn failures(&self, site: &SiteId) -> Result<Vec<RequestRow>, StoreError> {
        queue::failures(&self.connection, site)
    }

    fn chain(&self, request: &Request) -> Result<Vec<Request>, StoreError> {
        queue::chain(&self.connection, request)
    }

    fn walk(&self, site: &SiteId, section: &SectionId) -> Result<Option<Walk>, StoreError> {
        runs::walk(&self.connection, site, section)
    }

    fn sightings(
        &self,
        section: &SectionId,
        keys: &[ArticleKey],
    ) -> Result<BTreeMap<ArticleKey, Sightings>, StoreError> {
        articles::sightings(&self.connection, section, keys)
    }

    fn pace(&self, group: &str) -> Result<Option<PaceNote>, StoreError> {
        runs::pace(&self.connection, group)
    }

    fn set_pace(&mut self, group: &str, note: PaceNote) -> Result<(), StoreError> {
        self.change(|tx| runs::set_pace(tx, group, note))
    }

    fn robots(&self, origin: &str) -> Result<Option<Value>, StoreError> {
        runs::robots(&self.connection, origin)
    }

    fn commit(&mut self, batch: &Batch) -> Result<CommitReport, StoreError> {
        let skip_to = self.skip_to.take();
        self.change(|tx| log::commit(tx, batch, skip_to))
    }

    fn skip_to(&mut self, next: Sequence) {
        self.skip_to = Some(next);
    }

    fn last_sequence(&self) -> Result<Option<Sequence>, StoreError> {
        log::last_sequence(&self.connection)
    }

    fn positions(&self) -> Result<Vec<Position>, StoreError> {
        log::positions(&self.connection)
    }

    fn attempting(&mut self, sequences: &[Sequence]) -> Result<(), StoreError> {
        self.change(|tx| log::attempting(tx, sequences))
    }

    fn spare(&mut self, sequences: &[Sequence]) -> Result<(), StoreError> {
        self.change(|tx| log::spare(tx, sequences))
    }

    fn suspects(&self) -> Result<Vec<Sequence>, StoreError> {
        log::suspects(&self.connection)
    }

    fn set_unreadable(
        &mut self,
        request: &RequestKey,
        payload_sha256: &str,
        cause: &str,
    ) -> Result<(), StoreError> {
        log::set_unreadable(&self.connection, request, payload_sha256, cause)
    }

    fn unreadable(
        &self,
        request: &RequestKey,
        payload_sha256: &str,
    ) -> Result<Option<String>, StoreError> {
        log::unreadable(&self.connection, request, payload_sha256)
    }

    fn find_payload(
        &self,
        site: &SiteId,
        payload_sha256: &str,
    ) -> Result<Option<Payload>, StoreError> {
        log::find_payload(&self.connection, site, payload_sha256)
    }

    fn via(&self) -> Result<Option<Via>, StoreError> {
        log::via(&self.connection)
    }

    fn exchanges(
        &self,
        after: Option<Sequence>,
        most: usize,
    ) -> Result<Vec<ExchangeRow>, StoreError> {
        log::exchanges(&self.connection, after, most)
    }

    fn captures(&self, key: &ArticleKey) -> Result<Vec<ExchangeRow>, StoreError> {
        log::captures(&self.connection, key)
    }

    fn articles<'a>(
        &'a self,
        filter: &ArticleFilter,
    ) -> Box<dyn Iterator<Item = Result<Article, StoreError>> + 'a> {
        Box::new(articles::Articles::new(&self.connection, filter.clone()))
    }

    fn article(&self, key_or_url: &str) -> Result<Option<Article>, StoreError> {
        articles::find(&self.connection, key_or_url)
    }

    fn observations(&self, key: &ArticleKey) -> Result<Vec<Observation>, StoreError> {
        articles::observations(&self.connection, key)
    }

    fn counts(&self, site: &SiteId) -> Result<Counts, StoreError> {
        runs::counts(&self.connection, site)
    }
}

/// A time as it is stored.
pub(super) fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A stored time.
pub(super) fn read_time(text: &str) -> Result<DateTime<Utc>, StoreError> {
    text.parse()
        .map_err(|_| StoreError::damaged(format!("`{text}` is not a time")))
}

/// A stored time that may be missing.
pub(super) fn read_optional_time(
    text: Option<String>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    text.map(|text| read_time(&text)).transpose()
}

/// A stored day.
pub(super) fn read_day(text: &str) -> Result<NaiveDate, StoreError> {
    text.parse()
        .map_err(|_| StoreError::damaged(format!("`{text}` is not a day")))
}

/// A value as it is stored in one column.
pub(super) fn json_text<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::damaged(format!("a value cannot be stored: {error}")))
}

/// A stored value.
pub(super) fn read_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::damaged(format!("a stored value cannot be read: {error}")))
}

/// The value whose word is `word`.
pub(super) fn read_word<T: Copy>(
    all: &[T],
    word: &str,
    name: impl Fn(T) -> &'static str,
) -> Result<T, StoreError> {
    all.iter()
        .copied()
        .find(|value| name(*value) == word)
        .ok_or_else(|| StoreError::damaged(format!("`{word}` is not a known word")))
}

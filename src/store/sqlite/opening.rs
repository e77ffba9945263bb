//! Opening: how the database of an [`SqliteStore`] is opened, written back, closed and made one file, and
//! what a failed fsync means for it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use super::super::claims::Claims;
use super::super::{Carried, Holder, StoreError, StoreLock, carry, log, schema};
use super::SqliteStore;
use crate::model::Sequence;

/// How long a reader waits for a writer's moment of exclusive access.
const BUSY: Duration = Duration::from_secs(10);
/// How often it is tried again where SQLite does not wait by itself.
const WAIT: Duration = Duration::from_millis(100);
/// Statements that stay compiled: more than this folder has, so that a crawl compiles each once.
const STATEMENTS: usize = 128;

/// The memory for pages of a store that is being made, in KiB (our choice: the inner pages of all indexes of
/// 100,000 articles fit).
const MADE_CACHE_KIB: i32 = 16 * 1024;

/// What a database is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// For years.
    Lasting,
    /// To become such a one when it is whole.
    Made,
    /// For the marks while that one is made.
    Marks,
}

/// The database that holds the marks while a store is made at `path`.
pub fn marks_of(path: &Path) -> PathBuf {
    let mut marks = path.as_os_str().to_owned();
    marks.push("-marks");
    marks.into()
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
        let connection = Self::connect(path, Kind::Lasting)?;
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
        Ok(Self::on(Self::connect(path, Kind::Lasting)?, None))
    }

    /// Makes a store at `path` that nobody sees until it is whole, for a caller who holds the lock of
    /// its folder. Nothing is durable before [`into_one_file`](Self::into_one_file), so writing waits for
    /// no disk and keeps no log: after the death of the process the file is worth nothing.
    ///
    /// What must outlive the process stands in a store of its own beside it, [`marks_of`]: the marks of
    /// captures that are being read, and what can not be read.
    ///
    /// # Errors
    /// If the database fails.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let marks = Self::connect(&marks_of(path), Kind::Marks)?;
        let mut store = Self::on(Self::connect(path, Kind::Made)?, None);
        store.marks = Some(Box::new(Self::on(marks, None)));
        Ok(store)
    }

    /// Where the marks of captures stand.
    pub(super) fn marks(&self) -> &Connection {
        let marks = self.marks.as_ref();
        marks.map_or(&self.connection, |marks| &marks.connection)
    }

    /// The store in which marks are changed.
    pub(super) fn with_marks(&mut self) -> &mut Self {
        match self.marks {
            Some(ref mut marks) => marks,
            None => self,
        }
    }

    /// These exchanges are committed. Where marks stand elsewhere, that did not take them away.
    pub(super) fn taken(&mut self, sequences: Vec<Sequence>) -> Result<(), StoreError> {
        match &mut self.marks {
            Some(marks) => marks.change(|tx| log::spare(tx, &sequences)),
            None => Ok(()),
        }
    }

    fn on(connection: Connection, lock: Option<StoreLock>) -> Self {
        Self {
            connection,
            claims: Claims::default(),
            skip_to: None,
            changes: 0,
            sync_failed: false,
            marks: None,
            _lock: lock,
        }
    }

    fn connect(path: &Path, kind: Kind) -> Result<Connection, StoreError> {
        let was_cut_off = was_cut_off(path);
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        let (journal, synchronous) = match kind {
            Kind::Lasting => ("WAL", "NORMAL"),
            // A killed process loses nothing of what it wrote.
            Kind::Marks => ("WAL", "OFF"),
            Kind::Made => ("MEMORY", "OFF"),
        };
        connection.pragma_update(None, "journal_mode", journal)?;
        connection.pragma_update(None, "synchronous", synchronous)?;
        if kind == Kind::Made {
            connection.pragma_update(None, "cache_size", -MADE_CACHE_KIB)?;
        }
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
    pub fn into_one_file(mut self) -> Result<(), StoreError> {
        if let Some(marks) = self.marks.take() {
            self.carry(&marks, Carried::Marks)?;
        }
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
        let into = match what {
            Carried::Marks => self.with_marks(),
            Carried::Records => self,
        };
        into.change(|tx| carry::carry(&from.connection, tx, what))
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
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
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

    /// Reads every page of the database, which takes as long as reading its file.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the first thing that is wrong.
    pub fn quick_check(&self) -> Result<(), StoreError> {
        check(&self.connection)
    }

    pub(in crate::store) fn change<T>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let changed = self.change_by(|_, transaction| Ok((change(transaction)?, 1)));
        self.heard(changed)
    }

    /// As [`change`](Self::change), for a change that asks the store meanwhile. It says for how many
    /// transactions it counts.
    pub(super) fn change_by<T, E: From<StoreError>>(
        &mut self,
        change: impl FnOnce(&Self, &Transaction<'_>) -> Result<(T, u32), E>,
    ) -> Result<T, E> {
        // Unchecked: that no other is open is seen from `&mut self`.
        let begun = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate);
        let transaction = begun.map_err(StoreError::from)?;
        let (value, counts) = change(self, &transaction)?;
        let committed = transaction.commit().map_err(StoreError::from);
        self.changes = self.changes.saturating_add(counts);
        let written = match self.changes {
            CHANGES_IN_LOG.. => self.write_back(),
            _ => Ok(()),
        };
        self.heard(committed.and(written))?;
        Ok(value)
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

/// After so many transactions the log is written back: about 25 requests or 64 exchanges that are replayed, a
/// thousand pages or two. SQLite's own measure is a thousand.
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

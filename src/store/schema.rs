//! Schema: the tables, as numbered migrations. `PRAGMA user_version` says which have run. A
//! migration that was released is never changed; a change is a new one at the end.
//!
//! Times are RFC 3339 in UTC with microseconds, so that their text sorts; days are `YYYY-MM-DD`.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::{StoreError, assets, features, imports, search};

/// A step from one schema to the next.
struct Migration {
    tables: &'static str,
    /// What the new tables are filled with, in the same transaction.
    fill: Option<Fill>,
}

type Fill = fn(&Connection) -> Result<(), StoreError>;

/// The migrations; the first leads from an empty database to schema 1. The third makes the index for
/// search, the next one the tables of imported captures, the one behind it what articles of two platforms
/// are compared by; then an index for what fails, and what was found of the files of articles.
const MIGRATIONS: [Migration; 7] = [
    tables(SCHEMA_1),
    tables(SCHEMA_2),
    Migration {
        tables: search::TABLES,
        fill: Some(search::fill),
    },
    tables(imports::TABLES),
    Migration {
        tables: features::TABLES,
        fill: Some(features::fill),
    },
    tables(FAILING),
    tables(assets::TABLES),
];

const fn tables(tables: &'static str) -> Migration {
    Migration { tables, fill: None }
}

const SCHEMA_1: &str = "
CREATE TABLE runs (
    run TEXT PRIMARY KEY,
    started_at TEXT NOT NULL,
    options TEXT NOT NULL,
    finished_at TEXT,
    report TEXT
) STRICT;

CREATE TABLE exchanges (
    sequence INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    site TEXT NOT NULL,
    purpose TEXT NOT NULL,
    section TEXT,
    request TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    elapsed_us INTEGER NOT NULL,
    via TEXT NOT NULL,
    profile_digest TEXT NOT NULL,
    page TEXT NOT NULL,
    layout TEXT,
    failure TEXT,
    message TEXT,
    status INTEGER,
    bytes INTEGER,
    truncated TEXT,
    file TEXT,
    file_offset INTEGER,
    file_length INTEGER,
    record_id TEXT,
    payload_sha1 TEXT,
    payload_sha256 TEXT,
    is_revisit INTEGER,
    etag TEXT,
    last_modified TEXT
) STRICT;
CREATE INDEX exchanges_by_payload ON exchanges (payload_sha256, site, sequence);
CREATE INDEX exchanges_by_site ON exchanges (site, section, sequence);

CREATE TABLE positions (
    file TEXT PRIMARY KEY,
    end_offset INTEGER NOT NULL,
    sequence INTEGER NOT NULL
) STRICT;

CREATE TABLE attempting (
    sequence INTEGER PRIMARY KEY,
    times INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE observations (
    sequence INTEGER NOT NULL,
    position INTEGER NOT NULL,
    key TEXT NOT NULL,
    section TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (sequence, position)
) STRICT;
CREATE INDEX observations_by_key ON observations (key, sequence, position);
CREATE INDEX observations_by_section ON observations (section, key, sequence)
    WHERE section IS NOT NULL;

CREATE TABLE articles (
    key TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    state TEXT NOT NULL,
    published_on TEXT,
    versions INTEGER NOT NULL,
    sections TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX articles_by_site ON articles (site, key);

CREATE TABLE urls (
    url TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (url, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE requests (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    site TEXT NOT NULL,
    purpose TEXT NOT NULL,
    section TEXT,
    request TEXT NOT NULL,
    article TEXT,
    is_primary INTEGER NOT NULL,
    hops INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    listed_on TEXT,
    state TEXT NOT NULL,
    due_at TEXT,
    run TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    failed_run TEXT,
    failed_runs INTEGER NOT NULL DEFAULT 0,
    cause TEXT,
    looks INTEGER NOT NULL DEFAULT 0,
    first_look_at TEXT,
    etag TEXT,
    last_modified TEXT
) STRICT;
CREATE UNIQUE INDEX requests_primary ON requests (article) WHERE is_primary = 1;
CREATE INDEX requests_queue ON requests (site, state, priority, id);
CREATE INDEX requests_due ON requests (site, state, due_at);
CREATE INDEX requests_listing ON requests (site, section, state) WHERE purpose = 'listing';

CREATE TABLE walks (
    site TEXT NOT NULL,
    section TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (site, section)
) STRICT;

CREATE TABLE robots (
    origin TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE pace (
    pace_group TEXT PRIMARY KEY,
    not_before TEXT NOT NULL
) STRICT;
";

/// Which answers can not be read, and why: an answer is one payload to one request (its key). When a
/// pace was noted and for how long, so that a clock that was set starves nobody; failures of a host in
/// a row; which request's redirect led to a hop.
const SCHEMA_2: &str = "
ALTER TABLE attempting DROP COLUMN times;

CREATE TABLE unreadable (
    request TEXT NOT NULL,
    payload_sha256 TEXT NOT NULL,
    cause TEXT NOT NULL,
    PRIMARY KEY (request, payload_sha256)
) STRICT;

ALTER TABLE pace ADD COLUMN noted_at TEXT;
ALTER TABLE pace ADD COLUMN wait_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pace ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN led_from TEXT;
";

/// What fails is found without reading the whole queue. Claims live in memory now (`claims.rs`): what a run
/// of an older khotin claimed and did not settle waits again.
const FAILING: &str = "
UPDATE requests SET state = 'pending', due_at = NULL WHERE state = 'claimed';
CREATE INDEX requests_failing ON requests (site, key)
    WHERE state IN ('failed', 'given_up', 'refused') OR failed_runs > 0;
";

/// The newest schema that we know.
pub(super) fn newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// The schema of a database; 0 for an empty one.
pub(super) fn version(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Brings the database at `path` to the newest schema, one migration a transaction.
///
/// # Errors
/// [`StoreError::Newer`] if a newer khotin made it.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let found = version(connection)?;
    let known = newest();
    if found > known {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    for (number, migration) in (1..=known).zip(MIGRATIONS).skip(found as usize) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(migration.tables)?;
        if let Some(fill) = migration.fill {
            fill(&transaction)?;
        }
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_lead_from_nothing_to_the_newest_and_no_further() {
        let mut connection = Connection::open_in_memory().unwrap();
        let path = Path::new("x.db");
        assert_eq!(version(&connection).unwrap(), 0);
        migrate(&mut connection, path).unwrap();
        assert_eq!(version(&connection).unwrap(), newest());
        connection
            .execute("INSERT INTO attempting (sequence) VALUES (7)", [])
            .unwrap();
        migrate(&mut connection, path).unwrap();
        let kept: u64 = connection
            .query_row("SELECT sequence FROM attempting", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, 7, "a second migration changes nothing");
        connection
            .pragma_update(None, "user_version", newest() + 1)
            .unwrap();
        let error = migrate(&mut connection, path).unwrap_err();
        let (found, known) = (newest() + 1, newest());
        assert_eq!(
            error.to_string(),
            format!("store x.db has schema {found}, this khotin knows up to {known}")
        );
        assert!(error.advice().contains("newer khotin"));
    }

    #[test]
    fn what_an_older_khotin_claimed_waits_again() {
        let mut connection = Connection::open_in_memory().unwrap();
        let path = Path::new("x.db");
        migrate(&mut connection, path).unwrap();
        connection
            .execute_batch(
                "DROP INDEX requests_failing;
                 INSERT INTO requests (key, site, purpose, request, is_primary, hops, priority, state)
                 VALUES ('a', 'moh', 'article', '{}', 1, 0, 3, 'claimed'),
                        ('b', 'moh', 'article', '{}', 1, 0, 3, 'done');",
            )
            .unwrap();
        connection.execute_batch(FAILING).unwrap();
        let states: Vec<String> = connection
            .prepare("SELECT state FROM requests ORDER BY key")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(states, ["pending", "done"]);
    }
}

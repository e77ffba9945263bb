//! Past: the runs that were, how fast the archive grows, and when something is due: what `status` asks.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};
use serde_json::Value;

use super::sqlite::{read_json, read_optional_time, read_time, time_text};
use super::{RunRow, StoreError};
use crate::model::{RunId, SiteId};

/// A run as the store knows it.
#[derive(Debug, Clone, PartialEq)]
pub enum PastRun {
    /// It noted itself.
    Noted(RunRow),
    /// Only its exchanges are known: they were read from the archive, which tells nothing of runs.
    Seen {
        /// Its name.
        run: RunId,
        /// When the first of its exchanges was asked.
        first: DateTime<Utc>,
        /// When the last one was.
        last: DateTime<Utc>,
        /// How many there are.
        exchanges: u64,
    },
}

impl PastRun {
    /// Its name.
    pub fn run(&self) -> &RunId {
        match self {
            Self::Noted(row) => &row.run,
            Self::Seen { run, .. } => run,
        }
    }

    /// When it began, as far as known.
    pub fn started_at(&self) -> DateTime<Utc> {
        match self {
            Self::Noted(row) => row.started_at,
            Self::Seen { first, .. } => *first,
        }
    }
}

/// How much was kept of late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Growth {
    /// When the window begins: the time asked for, or the first exchange of all if that is later.
    pub since: DateTime<Utc>,
    /// Different days (UTC) in the window on which something was asked.
    pub days: u64,
    /// Exchanges in the window.
    pub exchanges: u64,
    /// Packed bytes of the answers in the window.
    pub bytes: u64,
    /// Packed bytes of all answers.
    pub all_bytes: u64,
}

/// The newest `most` runs, newest first.
pub(super) fn runs(db: &Connection, most: usize) -> Result<Vec<PastRun>, StoreError> {
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let mut runs = Vec::new();
    let mut statement = db.prepare(
        "SELECT run, started_at, options, finished_at, report FROM runs
         ORDER BY rowid DESC LIMIT ?1",
    )?;
    let mut rows = statement.query(params![limit])?;
    while let Some(row) = rows.next()? {
        let report = row.get::<_, Option<String>>(4)?;
        runs.push(PastRun::Noted(RunRow {
            run: RunId::new(row.get::<_, String>(0)?),
            started_at: read_time(&row.get::<_, String>(1)?)?,
            options: read_json(&row.get::<_, String>(2)?)?,
            finished_at: read_optional_time(row.get(3)?)?,
            report: report.map(|text| read_json::<Value>(&text)).transpose()?,
        }));
    }
    // Runs that left only exchanges are older than all that noted themselves: a rebuild that has the
    // old database takes its runs over.
    if runs.len() < most {
        runs.extend(seen(db, most.saturating_sub(runs.len()))?);
    }
    Ok(runs)
}

fn seen(db: &Connection, most: usize) -> Result<Vec<PastRun>, StoreError> {
    let mut statement = db.prepare(
        "SELECT run, min(asked_at), max(asked_at), count(*) FROM exchanges
         WHERE run NOT IN (SELECT run FROM runs)
         GROUP BY run ORDER BY max(sequence) DESC LIMIT ?1",
    )?;
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![limit])?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(PastRun::Seen {
            run: RunId::new(row.get::<_, String>(0)?),
            first: read_time(&row.get::<_, String>(1)?)?,
            last: read_time(&row.get::<_, String>(2)?)?,
            exchanges: row.get(3)?,
        });
    }
    Ok(runs)
}

/// What was kept since `since`; none while nothing was asked.
pub(super) fn growth(db: &Connection, since: DateTime<Utc>) -> Result<Option<Growth>, StoreError> {
    let (first, days, exchanges, bytes, all_bytes) = db.query_row(
        "SELECT min(asked_at),
                count(DISTINCT substr(asked_at, 1, 10)) FILTER (WHERE asked_at >= ?1),
                count(*) FILTER (WHERE asked_at >= ?1),
                coalesce(sum(file_length) FILTER (WHERE asked_at >= ?1), 0),
                coalesce(sum(file_length), 0)
         FROM exchanges",
        params![time_text(since)],
        |row| {
            Ok((
                row.get::<_, Option<String>>(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        },
    )?;
    let Some(first) = read_optional_time(first)? else {
        return Ok(None);
    };
    Ok(Some(Growth {
        since: first.max(since),
        days,
        exchanges,
        bytes,
        all_bytes,
    }))
}

/// One step down an index for each state that has a time.
pub(super) const NEXT_DUE: &str = "
    SELECT min(due) FROM (
        SELECT min(due_at) AS due FROM requests
        WHERE site = ?1 AND state = 'done' AND due_at > ?2
        UNION ALL
        SELECT min(due_at) FROM requests WHERE site = ?1 AND state = 'retry' AND due_at > ?2
        UNION ALL
        SELECT min(due_at) FROM requests WHERE site = ?1 AND state = 'given_up' AND due_at > ?2)";

/// When the first request of a site that is not due at `now` will be; none if no such time is known.
pub(super) fn next_due(
    db: &Connection,
    site: &SiteId,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let due = db.query_row(NEXT_DUE, params![site.as_str(), time_text(now)], |row| {
        row.get(0)
    })?;
    read_optional_time(due)
}

/// The latest time that the store holds: of an exchange, a run or a pace that was noted.
pub(super) fn newest_time(db: &Connection) -> Result<Option<DateTime<Utc>>, StoreError> {
    let newest: Option<String> = db.query_row(
        "SELECT max(at) FROM (
             SELECT max(asked_at) AS at FROM exchanges
             UNION ALL SELECT max(started_at) FROM runs
             UNION ALL SELECT max(finished_at) FROM runs
             UNION ALL SELECT max(noted_at) FROM pace)",
        [],
        |row| row.get(0),
    )?;
    read_optional_time(newest)
}

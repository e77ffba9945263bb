//! Runs, walks, robots.txt copies, pace and counts: the small tables.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use serde_json::Value;

use super::sqlite::{
    json_text, read_day, read_json, read_optional_time, read_time, read_word, time_text,
};
use super::{Counts, PageKind, RequestState, RunRow, SectionCount, StoreError};
use crate::drift::RHYTHM_DAYS;
use crate::fetch::PaceNote;
use crate::frontier::walk::Walk;
use crate::model::{Purpose, RunId, SectionId, Sequence, SiteId, State};

pub(super) fn insert(db: &Connection, run: &RunRow) -> Result<(), StoreError> {
    let inserted = db.execute(
        "INSERT INTO runs (run, started_at, options) VALUES (?1, ?2, ?3)",
        params![
            run.run.as_str(),
            time_text(run.started_at),
            json_text(&run.options)?
        ],
    );
    match inserted {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Err(StoreError::RunKnown {
                run: run.run.clone(),
            })
        }
        other => Ok(other.map(|_| ())?),
    }
}

pub(super) fn finish(
    db: &Connection,
    run: &RunId,
    at: DateTime<Utc>,
    report: &Value,
) -> Result<(), StoreError> {
    db.execute(
        "UPDATE runs SET finished_at = ?2, report = ?3 WHERE run = ?1",
        params![run.as_str(), time_text(at), json_text(report)?],
    )?;
    Ok(())
}

pub(super) fn last(db: &Connection) -> Result<Option<RunRow>, StoreError> {
    let row = db
        .query_row(
            "SELECT run, started_at, options, finished_at, report FROM runs
             ORDER BY rowid DESC LIMIT 1",
            [],
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, Option<String>>(3)?,
                    row.get::<_, Option<String>>(4)?,
                ))
            },
        )
        .optional()?;
    let Some((run, started_at, options, finished_at, report)) = row else {
        return Ok(None);
    };
    Ok(Some(RunRow {
        run: RunId::new(run),
        started_at: read_time(&started_at)?,
        options: read_json(&options)?,
        finished_at: read_optional_time(finished_at)?,
        report: report.map(|text| read_json(&text)).transpose()?,
    }))
}

pub(super) fn names(db: &Connection, most: usize) -> Result<Vec<RunId>, StoreError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut statement = db.prepare("SELECT run FROM runs ORDER BY rowid DESC LIMIT ?1")?;
    let names = statement.query_map(params![most], |row| {
        Ok(RunId::new(row.get::<_, String>(0)?))
    })?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// A run whose row is lost is known by its exchanges.
pub(super) fn end(db: &Connection, run: &RunId) -> Result<Option<Sequence>, StoreError> {
    let newest: Option<u64> = db.query_row(
        "SELECT max(sequence) FROM exchanges WHERE run = ?1",
        params![run.as_str()],
        |row| row.get(0),
    )?;
    if newest.is_some() {
        return Ok(newest.map(Sequence));
    }
    let before: Option<Option<u64>> = db
        .query_row(
            "SELECT (SELECT max(sequence) FROM exchanges WHERE run IN (
                         SELECT run FROM runs AS earlier WHERE earlier.rowid < runs.rowid))
             FROM runs WHERE run = ?1",
            params![run.as_str()],
            |row| row.get(0),
        )
        .optional()?;
    Ok(before.map(|newest| Sequence(newest.unwrap_or(0))))
}

/// A site's part of the newest reports, newest first, without what only people want to know.
pub(super) fn reports(
    db: &Connection,
    site: &SiteId,
    most: usize,
) -> Result<Vec<Value>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT json_object('seen', json_extract(report, ?1 || '.seen'),
                            'drift', json_extract(report, ?1 || '.drift'))
         FROM runs WHERE json_extract(report, ?1 || '.seen') IS NOT NULL
         ORDER BY rowid DESC LIMIT ?2",
    )?;
    let path = format!("$.sites.\"{site}\"");
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![path, most], |row| row.get::<_, String>(0))?;
    let texts: Vec<String> = rows.collect::<Result<_, _>>()?;
    texts.iter().map(|text| read_json(text)).collect()
}

pub(super) fn walk(
    db: &Connection,
    site: &SiteId,
    section: &SectionId,
) -> Result<Option<Walk>, StoreError> {
    one_text(
        db,
        "SELECT body FROM walks WHERE site = ?1 AND section = ?2",
        params![site.as_str(), section.as_str()],
    )?
    .map(|text| read_json(&text))
    .transpose()
}

pub(super) fn set_walk(db: &Connection, walk: &Walk) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO walks (site, section, body) VALUES (?1, ?2, ?3)
         ON CONFLICT (site, section) DO UPDATE SET body = excluded.body",
    )?
    .execute(params![
        walk.site.as_str(),
        walk.section.as_str(),
        json_text(walk)?
    ])?;
    Ok(())
}

pub(super) fn pace(db: &Connection, group: &str) -> Result<Option<PaceNote>, StoreError> {
    // A row of schema 1 has no time of noting; what it says is no wait then, but for a gap.
    let row = db
        .prepare_cached(
            "SELECT coalesce(noted_at, not_before), wait_ms, failures FROM pace
             WHERE pace_group = ?1",
        )?
        .query_row(params![group], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    row.map(|(noted_at, wait_ms, failures)| {
        Ok(PaceNote {
            noted_at: read_time(&noted_at)?,
            wait: Duration::from_millis(wait_ms),
            failures,
        })
    })
    .transpose()
}

pub(super) fn set_pace(db: &Connection, group: &str, note: PaceNote) -> Result<(), StoreError> {
    // Rounded up: never a moment too early.
    let wait_ms = u64::try_from(note.wait.as_millis()).unwrap_or(u64::MAX);
    let wait_ms = wait_ms.saturating_add(1).min(u64::from(u32::MAX));
    let not_before = note.noted_at + Duration::from_millis(wait_ms);
    db.prepare_cached(
        "INSERT INTO pace (pace_group, not_before, noted_at, wait_ms, failures)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (pace_group) DO UPDATE SET
             not_before = excluded.not_before, noted_at = excluded.noted_at,
             wait_ms = excluded.wait_ms, failures = excluded.failures",
    )?
    .execute(params![
        group,
        time_text(not_before),
        time_text(note.noted_at),
        wait_ms,
        note.failures
    ])?;
    Ok(())
}

pub(super) fn robots(db: &Connection, origin: &str) -> Result<Option<Value>, StoreError> {
    one_text(
        db,
        "SELECT body FROM robots WHERE origin = ?1",
        params![origin],
    )?
    .map(|text| read_json(&text))
    .transpose()
}

pub(super) fn set_robots(db: &Connection, origin: &str, copy: &Value) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO robots (origin, body) VALUES (?1, ?2)
         ON CONFLICT (origin) DO UPDATE SET body = excluded.body",
        params![origin, json_text(copy)?],
    )?;
    Ok(())
}

pub(super) fn counts(db: &Connection, id: &SiteId) -> Result<Counts, StoreError> {
    let site = id.as_str();
    let (exchanges, bytes, unreadable) = db.query_row(
        "SELECT count(*), coalesce(sum(bytes) FILTER (WHERE is_revisit = 0), 0),
                count(*) FILTER (WHERE page = ?2)
         FROM exchanges WHERE site = ?1",
        params![site, PageKind::Unreadable.as_str()],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let mut counts = Counts {
        exchanges,
        bytes,
        unreadable,
        ..Counts::default()
    };
    for (word, count) in by_word(
        db,
        "SELECT state, count(*) FROM requests WHERE site = ?1 AND purpose <> 'asset' GROUP BY state",
        site,
    )? {
        let state = read_word(&RequestState::ALL, &word, RequestState::as_str)?;
        counts.requests.insert(state, count);
    }
    for (word, count) in by_word(
        db,
        "SELECT state, count(*) FROM articles WHERE site = ?1 GROUP BY state",
        site,
    )? {
        let state = read_word(&super::articles::STATES, &word, State::as_str)?;
        counts.articles.insert(state, count);
    }
    counts.sections = sections(db, site)?;
    counts.assets = super::assets::counts(db, id)?;
    Ok(counts)
}

fn sections(db: &Connection, site: &str) -> Result<BTreeMap<SectionId, SectionCount>, StoreError> {
    let mut sections: BTreeMap<SectionId, SectionCount> = BTreeMap::new();
    let mut statement = db.prepare(
        "SELECT section, max(asked_at) FROM exchanges
         WHERE site = ?1 AND purpose = ?2 AND page = ?3 AND section IS NOT NULL GROUP BY section",
    )?;
    let words = params![site, Purpose::Listing.as_str(), PageKind::Listing.as_str()];
    let mut rows = statement.query(words)?;
    while let Some(row) = rows.next()? {
        let count = sections.entry(SectionId::new(row.get::<_, String>(0)?));
        count.or_default().listed_at = Some(read_time(&row.get::<_, String>(1)?)?);
    }
    let mut statement = db.prepare("SELECT section, body FROM walks WHERE site = ?1")?;
    let mut rows = statement.query(params![site])?;
    while let Some(row) = rows.next()? {
        let count = sections.entry(SectionId::new(row.get::<_, String>(0)?));
        count.or_default().walk = Some(read_json(&row.get::<_, String>(1)?)?);
    }
    let mut statement = db.prepare(
        "SELECT name.value, count(*), max(published_on)
         FROM articles, json_each(articles.sections) AS name WHERE site = ?1 GROUP BY name.value",
    )?;
    let mut rows = statement.query(params![site])?;
    while let Some(row) = rows.next()? {
        let newest = row.get::<_, Option<String>>(2)?;
        if let Some(count) = sections.get_mut(&SectionId::new(row.get::<_, String>(0)?)) {
            count.articles = row.get(1)?;
            count.newest = newest.map(|day| read_day(&day)).transpose()?;
        }
    }
    add_days(db, site, &mut sections)?;
    add_last_new(db, site, &mut sections)?;
    Ok(sections)
}

fn add_days(
    db: &Connection,
    site: &str,
    sections: &mut BTreeMap<SectionId, SectionCount>,
) -> Result<(), StoreError> {
    let mut statement = db.prepare(
        "SELECT section, day FROM (
             SELECT section, day,
                    row_number() OVER (PARTITION BY section ORDER BY day DESC) AS place
             FROM (SELECT DISTINCT name.value AS section, published_on AS day
                   FROM articles, json_each(articles.sections) AS name
                   WHERE site = ?1 AND published_on IS NOT NULL))
         WHERE place <= ?2 ORDER BY section, day DESC",
    )?;
    let mut rows = statement.query(params![site, RHYTHM_DAYS])?;
    while let Some(row) = rows.next()? {
        if let Some(count) = sections.get_mut(&SectionId::new(row.get::<_, String>(0)?)) {
            count.days.push(read_day(&row.get::<_, String>(1)?)?);
        }
    }
    Ok(())
}

/// A key of a site begins with its name and `:`, behind which `;` comes next.
fn add_last_new(
    db: &Connection,
    site: &str,
    sections: &mut BTreeMap<SectionId, SectionCount>,
) -> Result<(), StoreError> {
    let mut statement = db.prepare(
        "SELECT newest.section, exchanges.asked_at
         FROM (SELECT section, max(first) AS sequence
               FROM (SELECT section, min(sequence) AS first FROM observations
                     WHERE section IS NOT NULL AND key >= ?1 || ':' AND key < ?1 || ';'
                     GROUP BY section, key)
               GROUP BY section) AS newest
         JOIN exchanges ON exchanges.sequence = newest.sequence",
    )?;
    let mut rows = statement.query(params![site])?;
    while let Some(row) = rows.next()? {
        if let Some(count) = sections.get_mut(&SectionId::new(row.get::<_, String>(0)?)) {
            count.last_new = Some(read_time(&row.get::<_, String>(1)?)?);
        }
    }
    Ok(())
}

fn by_word(db: &Connection, sql: &str, site: &str) -> Result<Vec<(String, u64)>, StoreError> {
    let mut statement = db.prepare(sql)?;
    let rows = statement.query_map(params![site], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn one_text(
    db: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<Option<String>, StoreError> {
    Ok(db
        .prepare_cached(sql)?
        .query_row(values, |row| row.get(0))
        .optional()?)
}

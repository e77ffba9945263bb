//! The queue of requests: plan and claim. What becomes of them stands in [`super::settle`].

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::sqlite::{json_text, read_json, read_optional_time, read_word, time_text};
use super::{
    Claim, Planned, Priority, RequestRow, RequestState, StoreError, Validators, Want, Work,
};
use crate::frontier::walk::Walk;
use crate::model::{ArticleKey, Purpose, Request, RunId, SectionId, SiteId};

/// A row of the table.
pub(super) struct Stored {
    pub(super) id: i64,
    pub(super) row: RequestRow,
    pub(super) failed_run: Option<RunId>,
    pub(super) first_look_at: Option<DateTime<Utc>>,
    pub(super) validators: Validators,
}

const COLUMNS: &str = "id, request, article, is_primary, hops, state, due_at, run, attempts,
    failed_runs, cause, looks, failed_run, first_look_at, etag, last_modified";

/// Puts back what an earlier run left: claimed and waiting requests, and articles that failed or
/// were refused. A listing that failed waits for its walk.
pub(super) fn wake(db: &Connection) -> Result<(), StoreError> {
    db.execute(
        "UPDATE requests SET state = 'pending', due_at = NULL
         WHERE state IN ('claimed', 'retry')
            OR (state IN ('failed', 'refused') AND purpose = 'article')",
        [],
    )?;
    Ok(())
}

/// Plans one request; true if it waits now and did not before. `run` is the run at hand, where a hop
/// to an article that was just answered is not asked again.
pub(super) fn plan(
    db: &Connection,
    planned: &Planned,
    run: Option<&RunId>,
) -> Result<bool, StoreError> {
    let article = planned.request.purpose == Purpose::Article;
    if article && planned.hops == 0 {
        return plan_article(db, planned);
    }
    if let (true, Some(known), Some(run)) = (article, request(db, &planned.request)?, run)
        && known.state != RequestState::Retry
        && known.run.as_ref() == Some(run)
    {
        return Ok(false);
    }
    let changed = db
        .prepare_cached(
            "INSERT INTO requests (key, site, purpose, section, request, article, is_primary, hops,
                                   priority, listed_on, state)
             VALUES (:key, :site, :purpose, :section, :request, :article, 0, :hops, :priority,
                     :listed_on, 'pending')
             ON CONFLICT (key) DO UPDATE SET
                 state = 'pending', due_at = NULL, priority = excluded.priority,
                 hops = excluded.hops, request = excluded.request
             WHERE state NOT IN ('claimed', 'pending') OR hops <> excluded.hops",
        )?
        .execute(named_params! {
            ":key": row_key(&planned.request),
            ":site": planned.request.site.as_str(),
            ":purpose": planned.request.purpose.as_str(),
            ":section": planned.request.section.as_ref().map(|section| section.as_str()),
            ":request": json_text(&planned.request)?,
            ":article": planned.article.as_ref().map(ArticleKey::as_str),
            ":hops": planned.hops,
            ":priority": rank(planned.priority),
            ":listed_on": planned.listed_on.map(|day| day.to_string()),
        })?;
    Ok(changed > 0)
}

/// An article has one primary request: the first one that is planned.
fn plan_article(db: &Connection, planned: &Planned) -> Result<bool, StoreError> {
    let listed_on = planned.listed_on.map(|day| day.to_string());
    let article = planned.article.as_ref().map(ArticleKey::as_str);
    let section = planned.request.section.as_ref().map(SectionId::as_str);
    let known = db
        .prepare_cached(
            "UPDATE requests SET listed_on = coalesce(?2, listed_on), section = coalesce(section, ?3)
             WHERE article = ?1 AND is_primary = 1",
        )?
        .execute(params![article, listed_on, section])?;
    if known > 0 {
        return Ok(false);
    }
    let changed = db
        .prepare_cached(
            "INSERT INTO requests (key, site, purpose, section, request, article, is_primary, hops,
                                   priority, listed_on, state)
             VALUES (:key, :site, :purpose, :section, :request, :article, :article IS NOT NULL, 0,
                     :priority, :listed_on, 'pending')
             ON CONFLICT (key) DO UPDATE SET
                 article = excluded.article, is_primary = excluded.is_primary,
                 section = excluded.section, listed_on = excluded.listed_on, hops = 0,
                 state = 'pending', due_at = NULL, priority = excluded.priority
             WHERE is_primary = 0 AND excluded.is_primary = 1",
        )?
        .execute(named_params! {
            ":key": row_key(&planned.request),
            ":site": planned.request.site.as_str(),
            ":purpose": planned.request.purpose.as_str(),
            ":section": section,
            ":request": json_text(&planned.request)?,
            ":article": article,
            ":priority": rank(planned.priority),
            ":listed_on": listed_on,
        })?;
    Ok(changed > 0)
}

/// Notes whose redirect led to a hop that waits now.
pub(super) fn led_from(db: &Connection, hop: &Request, from: &Request) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE requests SET led_from = ?2 WHERE key = ?1")?
        .execute(params![row_key(hop), row_key(from)])?;
    Ok(())
}

/// The requests whose redirects led to this one, first one first.
pub(super) fn chain(db: &Connection, request: &Request) -> Result<Vec<Request>, StoreError> {
    let ids = chain_ids(db, &row_key(request))?;
    let requests = ids.into_iter().map(|id| Ok(by_id(db, id)?.row.request));
    requests.collect()
}

/// Their rows, as many as the hops of this one: what led to an earlier one before is another chain.
pub(super) fn chain_ids(db: &Connection, key: &str) -> Result<Vec<i64>, StoreError> {
    let mut ids = Vec::new();
    let mut statement = db.prepare_cached("SELECT hops, led_from FROM requests WHERE key = ?1")?;
    let row = |row: &Row<'_>| Ok((row.get::<_, u8>(0)?, row.get::<_, Option<String>>(1)?));
    let Some((hops, mut from)) = statement.query_row(params![key], row).optional()? else {
        return Ok(ids);
    };
    let mut earlier = db.prepare_cached("SELECT id, led_from FROM requests WHERE key = ?1")?;
    for _ in 0..hops {
        let Some(key) = from else { break };
        let found = earlier.query_row(params![key], |row| Ok((row.get(0)?, row.get(1)?)));
        let Some((id, before)) = found.optional()? else {
            break;
        };
        ids.push(id);
        from = before;
    }
    ids.reverse();
    Ok(ids)
}

/// A section waits for one page at most: the next one of its walk.
pub(super) fn drop_other_pages(db: &Connection, walk: &Walk) -> Result<(), StoreError> {
    let next = walk.next.as_ref().filter(|_| walk.finished.is_none());
    db.prepare_cached(
        "UPDATE requests SET state = 'done'
         WHERE site = ?1 AND section = ?2 AND purpose = 'listing' AND state = 'pending'
           AND key IS NOT ?3",
    )?
    .execute(params![
        walk.site.as_str(),
        walk.section.as_str(),
        next.map(|next| row_key(&next.request))
    ])?;
    Ok(())
}

/// The priority as it is stored.
pub(super) fn rank(priority: Priority) -> i64 {
    match priority {
        Priority::Robots => 0,
        Priority::Hop => 1,
        Priority::Listing => 2,
        Priority::NewArticle => 3,
        Priority::Revisit => 4,
    }
}

/// What a run may ask now, best first. Each part is one walk down an index.
const CANDIDATES: &str = "
    SELECT id, rank FROM (
        SELECT * FROM (
            SELECT id, priority AS rank, '' AS due, site, purpose, section, listed_on
            FROM requests WHERE site = :site AND state = 'pending' AND (
                purpose = 'robots' OR (
                    (:sections IS NULL OR section IN (SELECT value FROM json_each(:sections)))
                    AND (purpose <> 'article' OR :since IS NULL OR listed_on IS NULL
                         OR listed_on >= :since)))
            ORDER BY priority, id LIMIT :most)
        UNION ALL SELECT * FROM (
            SELECT id, priority AS rank, due_at AS due, site, purpose, section, listed_on
            FROM requests WHERE site = :site AND state = 'retry' AND due_at <= :now AND (
                purpose = 'robots' OR (
                    (:sections IS NULL OR section IN (SELECT value FROM json_each(:sections)))
                    AND (purpose <> 'article' OR :since IS NULL OR listed_on IS NULL
                         OR listed_on >= :since)))
            ORDER BY priority, due_at, id LIMIT :most)
        UNION ALL SELECT * FROM (
            SELECT id, 4 AS rank, due_at AS due, site, purpose, section, listed_on
            FROM requests WHERE site = :site AND state = 'done' AND due_at <= :now
                AND run IS NOT :run
                AND (:sections IS NULL OR section IN (SELECT value FROM json_each(:sections)))
                AND (:since IS NULL OR listed_on IS NULL OR listed_on >= :since)
            ORDER BY due_at, id LIMIT :most)
        UNION ALL SELECT * FROM (
            SELECT id, 4 AS rank, due_at AS due, site, purpose, section, listed_on
            FROM requests WHERE site = :site AND state = 'given_up' AND due_at <= :now
                AND run IS NOT :run AND purpose = 'article'
                AND (:sections IS NULL OR section IN (SELECT value FROM json_each(:sections)))
                AND (:since IS NULL OR listed_on IS NULL OR listed_on >= :since)
            ORDER BY due_at, id LIMIT :most))
    ORDER BY rank, due, id LIMIT :most";

fn candidates(
    db: &Connection,
    want: &Want,
    now: DateTime<Utc>,
    most: usize,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let sections = (!want.sections.is_empty())
        .then(|| json_text(&want.sections))
        .transpose()?;
    let mut statement = db.prepare_cached(CANDIDATES)?;
    let rows = statement.query_map(
        named_params! {
            ":site": want.site.as_str(),
            ":run": want.run.as_str(),
            ":now": time_text(now),
            ":sections": sections,
            ":since": want.since.map(|day| day.to_string()),
            ":most": i64::try_from(most).unwrap_or(i64::MAX),
        },
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn claim(db: &Connection, want: &Want, now: DateTime<Utc>) -> Result<Claim, StoreError> {
    if let Some((id, rank)) = candidates(db, want, now, 1)?.first() {
        let work = work(by_id(db, *id)?, want);
        db.prepare_cached(
            "UPDATE requests SET state = 'claimed', due_at = NULL, priority = ?2 WHERE id = ?1",
        )?
        .execute(params![id, rank])?;
        return Ok(Claim::Work(Box::new(work)));
    }
    let site = want.site.as_str();
    let claimed: bool = db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM requests WHERE site = ?1 AND state = 'claimed')",
        )?
        .query_row(params![site], |row| row.get(0))?;
    if claimed {
        return Ok(Claim::Busy);
    }
    // One that is due and yet no candidate, because it does not fit the wish any more, is no reason to
    // wait.
    let wait: Option<String> = db
        .prepare_cached(
            "SELECT min(due_at) FROM requests
             WHERE site = ?1 AND state = 'retry' AND due_at > ?2",
        )?
        .query_row(params![site, time_text(now)], |row| row.get(0))?;
    Ok(match read_optional_time(wait)? {
        Some(at) => Claim::WaitUntil(at),
        None => Claim::Finished,
    })
}

pub(super) fn peek(
    db: &Connection,
    want: &Want,
    now: DateTime<Utc>,
    most: usize,
) -> Result<Vec<Work>, StoreError> {
    candidates(db, want, now, most)?
        .into_iter()
        .map(|(id, _)| Ok(work(by_id(db, id)?, want)))
        .collect()
}

pub(super) fn due(db: &Connection, want: &Want, now: DateTime<Utc>) -> Result<u64, StoreError> {
    // What waits for a later try of this run is left too.
    let waiting: u64 = db
        .prepare_cached(
            "SELECT count(*) FROM requests WHERE site = ?1 AND state = ?2 AND due_at > ?3",
        )?
        .query_row(
            params![
                want.site.as_str(),
                RequestState::Retry.as_str(),
                time_text(now)
            ],
            |row| row.get(0),
        )?;
    Ok(candidates(db, want, now, usize::MAX)?.len() as u64 + waiting)
}

fn work(stored: Stored, want: &Want) -> Work {
    let row = stored.row;
    let same_run = row.run.as_ref() == Some(&want.run);
    let has_validators =
        stored.validators.etag.is_some() || stored.validators.last_modified.is_some();
    Work {
        attempt: if same_run { row.attempts } else { 0 }.saturating_add(1),
        request: row.request,
        article: row.article,
        hops: row.hops,
        validators: has_validators.then_some(stored.validators),
        is_revisit: row.looks > 0,
    }
}

pub(super) fn release(db: &Connection, request: &Request) -> Result<(), StoreError> {
    db.execute(
        "UPDATE requests SET state = 'pending' WHERE key = ?1 AND state = 'claimed'",
        params![row_key(request)],
    )?;
    Ok(())
}

pub(super) fn refuse(db: &Connection, request: &Request, rule: &str) -> Result<(), StoreError> {
    db.execute(
        "UPDATE requests SET state = 'refused', cause = ?2 WHERE key = ?1",
        params![row_key(request), rule],
    )?;
    Ok(())
}

pub(super) fn request(
    db: &Connection,
    request: &Request,
) -> Result<Option<RequestRow>, StoreError> {
    Ok(by_request(db, request)?.map(|stored| stored.row))
}

/// One row for each purpose: an article may redirect to a page that is also a listing.
pub(super) fn row_key(request: &Request) -> String {
    format!("{} {}", request.purpose, request.key())
}

pub(super) fn failures(db: &Connection, site: &SiteId) -> Result<Vec<RequestRow>, StoreError> {
    let mut statement = db.prepare(&format!(
        "SELECT {COLUMNS} FROM requests
         WHERE site = ?1 AND (state IN ('failed', 'given_up', 'refused') OR failed_runs > 0)
         ORDER BY key"
    ))?;
    let mut rows = statement.query(params![site.as_str()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?.row);
    }
    Ok(found)
}

pub(super) fn by_request(db: &Connection, request: &Request) -> Result<Option<Stored>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM requests WHERE key = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    statement
        .query_row(params![row_key(request)], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

pub(super) fn by_id(db: &Connection, id: i64) -> Result<Stored, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM requests WHERE id = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    statement.query_row(params![id], |row| Ok(read(row)))?
}

fn read(row: &Row<'_>) -> Result<Stored, StoreError> {
    let state: String = row.get("state")?;
    let run = |name: &str| -> Result<Option<RunId>, StoreError> {
        Ok(row.get::<_, Option<String>>(name)?.map(RunId::new))
    };
    Ok(Stored {
        id: row.get("id")?,
        row: RequestRow {
            request: read_json(&row.get::<_, String>("request")?)?,
            article: row
                .get::<_, Option<String>>("article")?
                .map(ArticleKey::new),
            is_primary: row.get("is_primary")?,
            hops: row.get("hops")?,
            state: read_word(&RequestState::ALL, &state, RequestState::as_str)?,
            due: read_optional_time(row.get("due_at")?)?,
            run: run("run")?,
            attempts: row.get("attempts")?,
            failed_runs: row.get("failed_runs")?,
            cause: row.get("cause")?,
            looks: row.get("looks")?,
        },
        failed_run: run("failed_run")?,
        first_look_at: read_optional_time(row.get("first_look_at")?)?,
        validators: Validators {
            etag: row.get("etag")?,
            last_modified: row.get("last_modified")?,
        },
    })
}

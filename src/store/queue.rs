//! The queue of requests: plan and claim. What may be asked now is found by [`super::candidates`]; what becomes
//! of a request stands in [`super::settle`].

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::candidates::candidates;
use super::claims::Claims;
use super::sqlite::{json_text, read_json, read_optional_time, read_word, time_text};
use super::{
    Claim, Planned, Priority, RequestRow, RequestState, StoreError, Validators, Want, Work,
};
use crate::config::Assets;
use crate::frontier::assets::name_of;
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

/// Every site of which requests are known: one step down an index for each.
pub(super) const SITES: &str = "
    WITH RECURSIVE sites (site) AS (
        SELECT min(site) FROM requests
        UNION ALL
        SELECT (SELECT min(site) FROM requests WHERE site > sites.site) FROM sites
        WHERE sites.site IS NOT NULL)
    SELECT site FROM sites WHERE site IS NOT NULL";

pub(super) const WAKE_RETRIES: &str =
    "UPDATE requests SET state = 'pending', due_at = NULL WHERE site = ?1 AND state = 'retry'";

pub(super) const WAKE_FAILED: &str = "
    UPDATE requests SET state = 'pending', due_at = NULL
    WHERE site = ?1 AND state IN ('failed', 'refused') AND purpose IN ('article', 'asset')";

/// Puts back what an earlier run left: waiting requests, and articles and files that failed or were refused.
/// A listing that failed waits for its walk.
pub(super) fn wake(db: &Connection) -> Result<(), StoreError> {
    let mut statement = db.prepare(SITES)?;
    let sites = statement.query_map([], |row| row.get::<_, String>(0))?;
    let sites: Vec<String> = sites.collect::<Result<_, _>>()?;
    for site in sites {
        db.execute(WAKE_RETRIES, params![site])?;
        db.execute(WAKE_FAILED, params![site])?;
    }
    Ok(())
}

/// Plans one request; true if it waits now and did not before. `run` is the run at hand, where a hop
/// to an article that was just answered is not asked again.
pub(super) fn plan(
    db: &Connection,
    planned: &Planned,
    run: Option<&RunId>,
) -> Result<bool, StoreError> {
    if planned.request.purpose == Purpose::Asset {
        return plan_asset(db, planned);
    }
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
             WHERE state <> 'pending' OR hops <> excluded.hops",
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
            "SELECT id, listed_on, section FROM requests WHERE article = ?1 AND is_primary = 1",
        )?
        .query_row(params![article], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, Option<String>>(1)?,
                row.get::<_, Option<String>>(2)?,
            ))
        })
        .optional()?;
    if let Some((id, day_before, section_before)) = known {
        // Most say what is known: a listing of every night writes nothing.
        let is_news = listed_on.is_some() && listed_on != day_before
            || section.is_some() && section_before.is_none();
        if is_news {
            db.prepare_cached(
                "UPDATE requests SET listed_on = coalesce(?2, listed_on),
                     section = coalesce(section, ?3)
                 WHERE id = ?1",
            )?
            .execute(params![id, listed_on, section])?;
        }
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

/// A file is asked for once; only a hop that was not answered waits again.
fn plan_asset(db: &Connection, planned: &Planned) -> Result<bool, StoreError> {
    let changed = db
        .prepare_cached(
            "INSERT INTO requests (key, site, purpose, section, request, article, is_primary, hops,
                                   priority, listed_on, state)
             VALUES (:key, :site, :purpose, :section, :request, NULL, 0, :hops, :priority,
                     :listed_on, 'pending')
             ON CONFLICT (key) DO UPDATE SET
                 state = 'pending', due_at = NULL, priority = excluded.priority,
                 hops = excluded.hops, request = excluded.request
             WHERE excluded.hops > 0 AND state NOT IN ('pending', 'done')",
        )?
        .execute(named_params! {
            ":key": row_key(&planned.request),
            ":site": planned.request.site.as_str(),
            ":purpose": planned.request.purpose.as_str(),
            ":section": planned.request.section.as_ref().map(SectionId::as_str),
            ":request": json_text(&planned.request)?,
            ":hops": planned.hops,
            ":priority": rank(planned.priority),
            ":listed_on": planned.listed_on.map(|day| day.to_string()),
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
        Priority::Image => 5,
        Priority::Attachment => 6,
    }
}

/// The last rank that a run wants.
pub(super) fn last_rank(assets: Assets) -> i64 {
    rank(match assets {
        Assets::None => Priority::Revisit,
        Assets::Images => Priority::Image,
        Assets::All => Priority::Attachment,
    })
}

pub(super) fn claim(
    db: &Connection,
    claims: &mut Claims,
    want: &Want,
    now: DateTime<Utc>,
) -> Result<Claim, StoreError> {
    if let Some(id) = candidates(db, claims, want, now, 1)?.first() {
        let work = work(by_id(db, *id)?, want);
        claims.take(*id, &work.request);
        return Ok(Claim::Work(Box::new(work)));
    }
    if claims.of(&want.site) > 0 {
        return Ok(Claim::Busy);
    }
    // One that is due and yet no candidate, because it does not fit the wish any more, is no reason to
    // wait.
    let wait: Option<String> = db
        .prepare_cached(
            "SELECT min(due_at) FROM requests
             WHERE site = ?1 AND state = 'retry' AND due_at > ?2
               AND priority <= ?3",
        )?
        .query_row(
            params![want.site.as_str(), time_text(now), last_rank(want.assets)],
            |row| row.get(0),
        )?;
    Ok(match read_optional_time(wait)? {
        Some(at) => Claim::WaitUntil(at),
        None => Claim::Finished,
    })
}

pub(super) fn peek(
    db: &Connection,
    claims: &Claims,
    want: &Want,
    now: DateTime<Utc>,
    most: usize,
) -> Result<Vec<Work>, StoreError> {
    candidates(db, claims, want, now, most)?
        .into_iter()
        .map(|id| Ok(work(by_id(db, id)?, want)))
        .collect()
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

pub(super) fn refuse(db: &Connection, request: &Request, rule: &str) -> Result<(), StoreError> {
    let stored = by_request(db, request)?;
    if let Some(stored) = stored.filter(is_another_look) {
        comes_after_new(db, stored.id)?;
    }
    db.prepare_cached(
        "UPDATE requests SET state = 'refused', cause = ?2, due_at = NULL WHERE key = ?1",
    )?
    .execute(params![row_key(request), rule])?;
    Ok(())
}

/// Whether a request that is claimed or settled now was asked before: then it stood among the revisits.
pub(super) fn is_another_look(stored: &Stored) -> bool {
    let row = &stored.row;
    let was_asked = matches!(row.state, RequestState::Done | RequestState::GivenUp);
    was_asked && row.request.purpose == Purpose::Article
}

/// Wherever it stands next, another look at an article never comes before a new one.
pub(super) fn comes_after_new(db: &Connection, id: i64) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE requests SET priority = ?2 WHERE id = ?1 AND priority <> ?2")?
        .execute(params![id, rank(Priority::Revisit)])?;
    Ok(())
}

pub(super) fn request(
    db: &Connection,
    request: &Request,
) -> Result<Option<RequestRow>, StoreError> {
    Ok(by_request(db, request)?.map(|stored| stored.row))
}

/// One row for each purpose: an article may redirect to a page that is also a listing. A file has one row
/// for all time stamps in its address.
pub(super) fn row_key(request: &Request) -> String {
    if request.purpose == Purpose::Asset {
        let name = name_of(request.url.as_str());
        return format!("{} {} {name}", request.purpose, request.method);
    }
    format!("{} {}", request.purpose, request.key())
}

pub(super) fn failures(db: &Connection, site: &SiteId) -> Result<Vec<RequestRow>, StoreError> {
    let mut statement = db.prepare(&failing())?;
    let mut rows = statement.query(params![site.as_str()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?.row);
    }
    Ok(found)
}

/// The question for what fails, files left out. Its condition is that of the index `requests_failing`, word
/// for word.
pub(super) fn failing() -> String {
    format!(
        "SELECT {COLUMNS} FROM requests
         WHERE site = ?1 AND (state IN ('failed', 'given_up', 'refused') OR failed_runs > 0)
           AND purpose <> 'asset'
         ORDER BY key"
    )
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

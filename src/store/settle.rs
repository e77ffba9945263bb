//! Settle: what becomes of the request of a committed exchange.

use chrono::TimeDelta;
use rusqlite::{Connection, named_params};

use super::queue::{
    Stored, by_id, by_request, chain_ids, comes_after_new, is_another_look, rank, row_key,
};
use super::sqlite::{json_text, time_text};
use super::{
    Committed, ExchangeRow, GIVEN_UP_REST_DAYS, Outcome, PageKind, Priority, RequestRow,
    RequestState, Settle, StoreError, Validators,
};
use crate::frontier::revisit::due_after;
use crate::model::{ArticleKey, Purpose, Request, RunId};

/// Notes what became of the request of a committed exchange. A request that was never planned
/// (replay, import) is made known first.
pub(super) fn settle(db: &Connection, committed: &Committed) -> Result<(), StoreError> {
    let exchange = &committed.exchange;
    let stored = match by_request(db, &exchange.request)? {
        Some(stored) => stored,
        None => {
            insert_unplanned(db, &exchange.request, committed.article.as_ref())?;
            let inserted = by_request(db, &exchange.request)?;
            inserted.ok_or_else(|| StoreError::damaged("a request is not kept"))?
        }
    };
    let chain = chain_ids(db, &row_key(&exchange.request))?;
    if is_another_look(&stored) {
        comes_after_new(db, stored.id)?;
    }
    let known = &stored.row;
    let run = &exchange.run;
    let same_run = known.run.as_ref() == Some(run);
    let mut row = Stored {
        id: stored.id,
        row: RequestRow {
            run: Some(run.clone()),
            attempts: if same_run { known.attempts } else { 0 }.saturating_add(1),
            ..known.clone()
        },
        ..stored
    };
    apply(&mut row, &committed.settle, exchange);
    if let (PageKind::Article, Outcome::Answered(answer)) = (exchange.page, &exchange.outcome)
        && answer.status == 200
        && answer.truncated.is_none()
    {
        row.validators = Validators {
            etag: answer.etag.clone(),
            last_modified: answer.last_modified.clone(),
        };
    }
    if !chain.is_empty() && matches!(committed.settle, Settle::Failed { .. }) {
        // Its first request failed, is asked again and leads here: this one has no fate of its own.
        apply(&mut row, &Settle::Done, exchange);
        (row.row.failed_runs, row.failed_run) = (0, None);
    }
    update(db, &row)?;
    settle_chain(db, &chain, &committed.settle, exchange)
}

/// What became of the last request of a chain of redirects became of the first one, which none of them
/// gave its page. While it is not known, a redirect settles nothing.
fn settle_chain(
    db: &Connection,
    chain: &[i64],
    settle: &Settle,
    exchange: &ExchangeRow,
) -> Result<(), StoreError> {
    let Some(first) = chain.first() else {
        return Ok(());
    };
    let mut first = by_id(db, *first)?;
    match settle {
        Settle::Failed { .. } => apply(&mut first, settle, exchange),
        Settle::Done | Settle::Looked { .. } if exchange.page != PageKind::Redirect => {
            (first.row.failed_runs, first.failed_run) = (0, None);
        }
        _ => return Ok(()),
    }
    update(db, &first)
}

/// A redirect led to a request that was asked in this run already, and is not asked again: if that one
/// gave its page, so did the redirect.
pub(super) fn led_to_known(
    db: &Connection,
    from: &Request,
    to: &Request,
) -> Result<(), StoreError> {
    let is_done = by_request(db, to)?.is_some_and(|to| to.row.state == RequestState::Done);
    if let (true, Some(mut from)) = (is_done, by_request(db, from)?) {
        (from.row.failed_runs, from.failed_run) = (0, None);
        update(db, &from)?;
    }
    Ok(())
}

/// The rules of [`Settle`].
fn apply(stored: &mut Stored, settle: &Settle, exchange: &ExchangeRow) {
    let row = &mut stored.row;
    row.due = None;
    match settle {
        Settle::Done | Settle::Looked { .. } => {
            row.state = RequestState::Done;
            row.cause = None;
            if exchange.page != PageKind::Redirect {
                row.failed_runs = 0;
                stored.failed_run = None;
            }
            row.hops = 0;
            if let Settle::Looked { schedule } = settle {
                let first = *stored.first_look_at.get_or_insert(exchange.asked_at);
                row.looks = row.looks.saturating_add(1);
                if row.is_primary {
                    row.due = due_after(schedule, row.looks, first, exchange.asked_at);
                }
            }
        }
        Settle::Retry { at } => {
            row.state = RequestState::Retry;
            row.due = Some(*at);
        }
        Settle::Failed {
            cause,
            give_up_after,
        } => {
            if stored.failed_run.as_ref() != Some(&exchange.run) {
                row.failed_runs = row.failed_runs.saturating_add(1);
                stored.failed_run = Some(exchange.run.clone());
            }
            row.cause = Some(cause.clone());
            row.state = RequestState::Failed;
            if row.failed_runs >= *give_up_after {
                row.state = RequestState::GivenUp;
                row.due = Some(exchange.asked_at + TimeDelta::days(GIVEN_UP_REST_DAYS));
            }
        }
        Settle::Refused { rule } => {
            row.state = RequestState::Refused;
            row.cause = Some(rule.clone());
        }
    }
}

fn insert_unplanned(
    db: &Connection,
    request: &Request,
    article: Option<&ArticleKey>,
) -> Result<(), StoreError> {
    let article = article.filter(|_| request.purpose == Purpose::Article);
    db.prepare_cached(
        "INSERT INTO requests (key, site, purpose, section, request, article, is_primary, hops,
                               priority, state)
         VALUES (:key, :site, :purpose, :section, :request, :article,
                 :article IS NOT NULL AND NOT EXISTS (
                     SELECT 1 FROM requests WHERE article = :article AND is_primary = 1),
                 0, :priority, 'pending')",
    )?
    .execute(named_params! {
        ":key": row_key(request),
        ":site": request.site.as_str(),
        ":purpose": request.purpose.as_str(),
        ":section": request.section.as_ref().map(|section| section.as_str()),
        ":request": json_text(request)?,
        ":article": article.map(ArticleKey::as_str),
        ":priority": rank(match request.purpose {
            Purpose::Robots => Priority::Robots,
            Purpose::Listing => Priority::Listing,
            Purpose::Article => Priority::NewArticle,
            Purpose::Asset => Priority::Image,
        }),
    })?;
    Ok(())
}

fn update(db: &Connection, stored: &Stored) -> Result<(), StoreError> {
    let row = &stored.row;
    db.prepare_cached(
        "UPDATE requests SET state = :state, due_at = :due_at, run = :run, attempts = :attempts,
             hops = :hops, failed_run = :failed_run, failed_runs = :failed_runs, cause = :cause,
             looks = :looks, first_look_at = :first_look_at, etag = :etag,
             last_modified = :last_modified
         WHERE id = :id",
    )?
    .execute(named_params! {
        ":id": stored.id,
        ":state": row.state.as_str(),
        ":due_at": row.due.map(time_text),
        ":run": row.run.as_ref().map(RunId::as_str),
        ":attempts": row.attempts,
        ":hops": row.hops,
        ":failed_run": stored.failed_run.as_ref().map(RunId::as_str),
        ":failed_runs": row.failed_runs,
        ":cause": row.cause,
        ":looks": row.looks,
        ":first_look_at": stored.first_look_at.map(time_text),
        ":etag": stored.validators.etag,
        ":last_modified": stored.validators.last_modified,
    })?;
    Ok(())
}

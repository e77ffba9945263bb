//! Batch: the exchanges that wait are appended, made durable, read and committed together.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::CrawlError;
use super::ingest::{Circumstances, Kept, KeptAnswer, Told, ingest};
use super::keeper::{Keeper, KeptSite, Outcome};
use super::read_batch::read_batch;
use super::report::{AssetReport, SiteReport, count};
use crate::archive::{Appended, ArchiveError, ArchiveWriter, RevisitTarget};
use crate::drift::Looked;
use crate::fetch::{self, RobotsCopy, retry_after};
use crate::frontier::Frontier;
use crate::model::{
    ArticleKey, Exchange, Failure, Method, Purpose, Request, SectionId, Sequence, SiteId,
    Truncation,
};
use crate::store::{
    self, AssetFound, Batch, CommitReport, Committed, ExchangeRow, PageKind, Position, SqliteStore,
    Store, Work,
};

/// How often the requests that are left are counted at most.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// Counting takes no more than one part in so many of the time: a queue of millions is counted less often.
const COUNT_SHARE: u32 = 100;

/// An exchange that a worker handed over.
pub(super) struct Incoming {
    exchange: Exchange,
    work: Option<Work>,
    robots: Option<RobotsCopy>,
    host_is_down: bool,
}

impl From<Outcome> for Incoming {
    fn from(outcome: Outcome) -> Self {
        Self {
            exchange: outcome.exchange,
            work: outcome.work,
            robots: outcome.robots,
            host_is_down: outcome.host_is_down,
        }
    }
}

/// Archives and commits exchanges in the order given.
///
/// # Errors
/// [`CrawlError`]; then nothing of this batch is in the store. What is whole in the archive is taken
/// at the next start.
pub(super) fn keep(keeper: &mut Keeper, incoming: Vec<Incoming>) -> Result<(), CrawlError> {
    let mut next = keeper
        .store
        .last_sequence()?
        .map_or(Sequence(1), Sequence::next);
    let mut archived = Vec::with_capacity(incoming.len());
    let mut targets = BTreeMap::new();
    for one in incoming {
        archived.push(archive(keeper, next, one, &mut targets)?);
        next = next.next();
    }
    let positions = sync(keeper)?;
    let sequences: Vec<Sequence> = archived.iter().map(|(kept, _)| kept.sequence).collect();
    keeper.store.attempting(&sequences)?;
    let read = read_and_commit(keeper, archived, positions);
    if read.is_err() {
        spare(&mut keeper.store, &sequences);
    }
    read
}

/// Takes the marks of captures away that killed nobody. It is tried once: what is left marked is
/// kept and asked again.
pub(super) fn spare<S: Store>(store: &mut S, sequences: &[Sequence]) {
    if let Err(error) = store.spare(sequences) {
        tracing::warn!(
            event = "marks_left",
            "{error}: captures that were not at fault are tried alone at the next start"
        );
    }
}

/// Reads what is durable, and commits it.
fn read_and_commit(
    keeper: &mut Keeper,
    archived: Vec<(Kept, Circumstances)>,
    positions: Vec<Position>,
) -> Result<(), CrawlError> {
    let mut entries = Vec::with_capacity(archived.len());
    for (kept, circumstances, known) in read_batch(keeper, archived)? {
        let id = &kept.request.site;
        let site = keeper
            .sites
            .get(id)
            .ok_or_else(|| CrawlError::UnknownSite { site: id.clone() })?;
        let frontier = Frontier {
            profile: &site.profile,
            options: &site.options,
        };
        let (entry, told) = ingest(frontier, &keeper.store, kept, known, circumstances)?;
        tell(keeper, &entry, told)?;
        entries.push(entry);
    }
    let changes = keeper.store.commit(&Batch { entries, positions })?;
    count_changes(keeper, changes);
    count_what_is_left(keeper)
}

/// For the progress bar, now and then: counting a long queue takes its time.
fn count_what_is_left(keeper: &mut Keeper) -> Result<(), CrawlError> {
    let begun = Instant::now();
    if keeper.count_again.is_some_and(|at| begun < at) {
        return Ok(());
    }
    let now = keeper.time.now_utc();
    let mut left = 0;
    for site in keeper.sites.values() {
        left += keeper.store.due(&site.want, now)?;
    }
    keeper.progress.left(left);
    let pause = COUNT_EVERY.max(begun.elapsed().saturating_mul(COUNT_SHARE));
    keeper.count_again = Some(Instant::now() + pause);
    Ok(())
}

/// Names in the report what the commit changed.
fn count_changes(keeper: &mut Keeper, changes: CommitReport) {
    keeper
        .progress
        .found(changes.new.len(), changes.changed.len());
    let sites = &mut keeper.sites;
    list(sites, changes.new, |report| &mut report.new);
    list(sites, changes.changed, |report| &mut report.changed);
    list(sites, changes.gone, |report| &mut report.gone);
    list(sites, changes.back, |report| &mut report.back);
    for key in changes.unchanged {
        if let Some(site) = sites.get_mut(&key.site()) {
            site.report.unchanged += 1;
        }
    }
}

fn list(
    sites: &mut BTreeMap<SiteId, KeptSite>,
    keys: Vec<ArticleKey>,
    of: fn(&mut SiteReport) -> &mut Vec<ArticleKey>,
) {
    for key in keys {
        if let Some(site) = sites.get_mut(&key.site()) {
            of(&mut site.report).push(key);
        }
    }
}

/// Appends one exchange to its site's file.
fn archive(
    keeper: &mut Keeper,
    sequence: Sequence,
    incoming: Incoming,
    targets: &mut BTreeMap<(SiteId, String), RevisitTarget>,
) -> Result<(Kept, Circumstances), CrawlError> {
    let Incoming {
        exchange,
        work,
        robots,
        host_is_down,
    } = incoming;
    let now = keeper.clock.now_utc();
    let retry_at = work.as_ref().and_then(|work| {
        // Its host is to blame, not the request: it waits for the next probe, or for the next run.
        match host_is_down {
            true => Some(keeper.time.now_utc()),
            false => retry_at(keeper, &exchange, work),
        }
    });
    let revisit = revisit_target(&keeper.store, &exchange, work.as_ref(), targets)?;
    let site = keeper.site(&exchange.request.site.clone())?;
    let digest = site.profile.digest.clone();
    let appended = append(site, sequence, &exchange, &digest, revisit.as_ref(), now)?;
    if let Some(target) = target_of(&exchange, &appended) {
        let payload = appended
            .answer
            .as_ref()
            .map(|answer| answer.payload_sha256.clone());
        targets.insert(
            (exchange.request.site.clone(), payload.unwrap_or_default()),
            target,
        );
    }
    Ok((
        kept(sequence, digest, exchange, appended),
        Circumstances { retry_at, robots },
    ))
}

fn append(
    site: &mut KeptSite,
    sequence: Sequence,
    exchange: &Exchange,
    digest: &str,
    revisit: Option<&RevisitTarget>,
    now: DateTime<Utc>,
) -> Result<Appended, ArchiveError> {
    let writer = match &mut site.writer {
        Some(writer) => writer,
        none => none.insert(ArchiveWriter::create(
            site.files.clone(),
            Box::new(Uuid::new_v4),
            now,
            site.first_serial,
        )?),
    };
    writer.append(sequence, exchange, digest, revisit, now)
}

fn kept(
    sequence: Sequence,
    profile_digest: String,
    exchange: Exchange,
    appended: Appended,
) -> Kept {
    let is_revisit = appended
        .answer
        .as_ref()
        .is_some_and(|answer| answer.revisit.is_some());
    let failure = exchange.result.as_ref().err().cloned();
    let (run, request) = (exchange.run.clone(), exchange.request.clone());
    let (asked_at, elapsed, via) = (exchange.asked_at, exchange.elapsed, exchange.via);
    let outcome = match (failure, appended.into_capture(sequence, exchange)) {
        (None, Some(capture)) => Ok(KeptAnswer {
            capture,
            is_revisit,
        }),
        (failure, _) => Err(failure.unwrap_or_else(Failure::no_answer)),
    };
    Kept {
        sequence,
        run,
        request,
        asked_at,
        elapsed,
        via,
        profile_digest,
        outcome,
    }
}

/// The record that a revisit record would refer to: for a 304 the answer whose validators were sent,
/// otherwise an earlier one with the same payload, in the store or in this batch.
fn revisit_target(
    store: &SqliteStore,
    exchange: &Exchange,
    work: Option<&Work>,
    targets: &BTreeMap<(SiteId, String), RevisitTarget>,
) -> Result<Option<RevisitTarget>, CrawlError> {
    let Ok(answer) = &exchange.result else {
        return Ok(None);
    };
    if exchange.request.method != Method::Get {
        return Ok(None);
    }
    let site = &exchange.request.site;
    let payload_sha256 = match (answer.status, work.and_then(|work| work.article.as_ref())) {
        (304, Some(article)) => {
            let captures = store.captures(article)?;
            match captures
                .iter()
                .rev()
                .find_map(|row| whole_payload(row, exchange))
            {
                Some(payload) => payload,
                None => return Ok(None),
            }
        }
        (304, None) => return Ok(None),
        _ if answer.body.is_empty() || answer.truncated.is_some() => return Ok(None),
        _ => crate::archive::payload_sha256(&answer.body),
    };
    if let Some(payload) = store.find_payload(site, &payload_sha256)? {
        return Ok(Some(RevisitTarget {
            uri: payload.url,
            date: payload.asked_at,
            record_id: payload.record_id,
            payload_sha256,
        }));
    }
    Ok(targets.get(&(site.clone(), payload_sha256)).cloned())
}

/// The payload of a whole 200 answer to the same request.
fn whole_payload(row: &ExchangeRow, exchange: &Exchange) -> Option<String> {
    match &row.outcome {
        store::Outcome::Answered(answer)
            if answer.status == 200
                && answer.truncated.is_none()
                && row.request.key() == exchange.request.key() =>
        {
            Some(answer.payload_sha256.clone())
        }
        _ => None,
    }
}

/// This exchange as a target for later ones, if it may be one.
fn target_of(exchange: &Exchange, appended: &Appended) -> Option<RevisitTarget> {
    let (answer, stored) = (exchange.result.as_ref().ok()?, appended.answer.as_ref()?);
    let is_whole = !answer.body.is_empty() && answer.truncated.is_none();
    let is_get = exchange.request.method == Method::Get;
    (is_whole && is_get && stored.revisit.is_none()).then(|| RevisitTarget {
        uri: exchange.request.url.clone(),
        date: exchange.asked_at,
        record_id: stored.location.record_id.clone(),
        payload_sha256: stored.payload_sha256.clone(),
    })
}

/// When a request that failed for a passing reason is tried again in this run.
fn retry_at(keeper: &Keeper, exchange: &Exchange, work: &Work) -> Option<DateTime<Utc>> {
    let tries = keeper.tries;
    if work.attempt >= tries.most || !fetch::Outcome::of(exchange).is_transient() {
        return None;
    }
    let now = keeper.clock.now_utc();
    let wish = exchange.result.as_ref().ok().and_then(|answer| {
        retry_after(answer.header("retry-after")?, answer.header("date"), now).wait
    });
    let pause = tries.backoff.pause_after(work.attempt, wish).ok()?;
    Some(keeper.time.now_utc() + chrono::TimeDelta::from_std(pause).ok()?)
}

/// Makes every file durable and says how far each reaches.
fn sync(keeper: &mut Keeper) -> Result<Vec<Position>, CrawlError> {
    let mut positions = Vec::new();
    let writing: BTreeSet<SiteId> = keeper.writing();
    for site in writing {
        let Some(writer) = &mut keeper.site(&site)?.writer else {
            continue;
        };
        let position = writer.sync()?;
        if let Some(sequence) = position.sequence {
            positions.push(Position {
                file: position.file,
                end_offset: position.end,
                sequence,
            });
        }
    }
    Ok(positions)
}

/// Counts an exchange for a file of an article.
fn count_file(report: &mut AssetReport, row: &ExchangeRow, found: &AssetFound, bytes: u64) {
    report.requests += 1;
    report.bytes += bytes;
    let truncated = match &row.outcome {
        store::Outcome::Answered(answer) => answer.truncated,
        store::Outcome::Failed { .. } => None,
    };
    match found {
        AssetFound::Whole { .. } => report.archived += 1,
        AssetFound::Led { .. } => {}
        AssetFound::Missing { .. } if truncated == Some(Truncation::Length) => report.too_long += 1,
        AssetFound::Missing { .. } => report.gone += u64::from(row.page == PageKind::Gone),
    }
}

/// Counts an exchange for the report, the progress and the log.
fn tell(keeper: &mut Keeper, entry: &Committed, told: Told) -> Result<(), CrawlError> {
    let row = &entry.exchange;
    let (word, bytes, failed) = match &row.outcome {
        store::Outcome::Failed { kind, .. } => (kind.as_str().to_owned(), 0, true),
        store::Outcome::Answered(answer) => (
            answer.status.to_string(),
            answer.bytes,
            answer.truncated.is_some(),
        ),
    };
    let cause = match &entry.settle {
        store::Settle::Failed { cause, .. } => Some(cause.clone()),
        _ => None,
    };
    let is_told = cause.is_some() && !was_given_up(keeper, &row.request)?;
    let purpose = row.request.purpose;
    let site = keeper.site(&row.request.site.clone())?;
    let report = &mut site.report;
    report.requests += 1;
    report.bytes += bytes;
    if let Some(found) = &entry.asset {
        count_file(&mut report.assets, row, found, bytes);
    }
    if let (Some(read), store::Outcome::Answered(answer), false) =
        (&told.read, &row.outcome, purpose == Purpose::Asset)
    {
        report.seen.look(Looked {
            profile: &site.profile,
            request: &row.request,
            day: row.asked_at.date_naive(),
            is_whole: matches!(answer.status, 200..=203) && answer.truncated.is_none(),
            record_id: &answer.location.record_id,
            read,
            observations: &entry.observations,
        });
    }
    if purpose == Purpose::Asset {
        // A failed file has its cause below; it is no page that could not be read.
    } else if let Some(rule) = &told.blocked {
        count(&mut report.blocked, rule);
    } else if let Some(reason) = &told.unread {
        count(&mut report.unread, reason);
    }
    if let Some(cause) = cause.as_ref().filter(|_| is_told) {
        count(report.failed_of(purpose), cause);
    }
    if let (Some(items), Some(section)) = (told.items, &row.request.section) {
        let section = report.sections.entry(section.clone()).or_default();
        section.pages += 1;
        section.items += items as u64;
    }
    keeper.progress.kept(bytes, failed || cause.is_some());
    let status = match &row.outcome {
        store::Outcome::Answered(answer) => Some(answer.status),
        store::Outcome::Failed { .. } => None,
    };
    tracing::info!(
        event = "page",
        site = %row.request.site,
        section = row.request.section.as_ref().map(SectionId::as_str),
        purpose = row.request.purpose.as_str(),
        url = %row.request.url,
        status,
        page = row.page.as_str(),
        cause,
        sequence = row.sequence.0,
        body_bytes = bytes,
        elapsed_ms = row.elapsed.as_millis() as u64,
        "{} {}: {word}, {}",
        row.request.purpose,
        row.request.url,
        row.page.as_str(),
    );
    Ok(())
}

/// Given up in an earlier run and retried: the report has it under that word already. A chain of redirects
/// fails as its first request.
fn was_given_up(keeper: &Keeper, request: &Request) -> Result<bool, CrawlError> {
    let id = &request.site;
    let site = keeper.sites.get(id);
    let site = site.ok_or_else(|| CrawlError::UnknownSite { site: id.clone() })?;
    let chain = keeper.store.chain(request)?;
    let first = keeper.store.request(chain.first().unwrap_or(request))?;
    Ok(first.is_some_and(|known| known.failed_runs >= site.options.give_up_after))
}

//! SqliteStore: the store in one SQLite file (WAL, `synchronous = NORMAL`: what a loss of power takes
//! from it is replayed from the archive; a killed process loses nothing). One connection writes; a
//! reader sees the store as it was at its first question.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

mod opening;

pub use opening::marks_of;

use super::claims::Claims;
use super::{
    ArticleFilter, AssetsPlanned, Batch, Claim, CommitReport, Counts, ExchangeRow, Found, Growth,
    PastRun, Payload, Planned, Position, RequestRow, RunRow, Store, StoreError, StoreLock, Turn,
    Want, Work, articles, assets, candidates, features, log, past, queue, runs, search,
};
use crate::fetch::PaceNote;
use crate::frontier::walk::{Sightings, Walk};
use crate::model::{
    Article, ArticleKey, Observation, Request, RequestKey, RunId, SectionId, Sequence, SiteId, Via,
};
use crate::same::{Feature, Features};

/// The store in an SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
    /// What is claimed and not settled.
    claims: Claims,
    /// Where the next commit may begin, if not right behind the newest exchange.
    skip_to: Option<Sequence>,
    /// Transactions since SQLite's log was written back; one of several exchanges counts for each.
    changes: u32,
    /// An fsync failed: none is tried any more.
    sync_failed: bool,
    /// Where marks of captures stand while a store is made of which nothing is durable yet.
    marks: Option<Box<Self>>,
    _lock: Option<StoreLock>,
}

impl SqliteStore {
    /// The database, to ask it something.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl Store for SqliteStore {
    fn start_run(&mut self, run: &RunRow) -> Result<(), StoreError> {
        self.claims.forget();
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

    fn run_names(&self, most: usize) -> Result<Vec<RunId>, StoreError> {
        runs::names(&self.connection, most)
    }

    fn end_of_run(&self, run: &RunId) -> Result<Option<Sequence>, StoreError> {
        runs::end(&self.connection, run)
    }

    fn first_asked_from(&self, time: DateTime<Utc>) -> Result<Option<Sequence>, StoreError> {
        log::first_asked_from(&self.connection, time)
    }

    fn runs(&self, most: usize) -> Result<Vec<PastRun>, StoreError> {
        past::runs(&self.connection, most)
    }

    fn growth(&self, since: DateTime<Utc>) -> Result<Option<Growth>, StoreError> {
        past::growth(&self.connection, since)
    }

    fn next_due(
        &self,
        site: &SiteId,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        past::next_due(&self.connection, site, now)
    }

    fn newest_time(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        past::newest_time(&self.connection)
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
        queue::claim(&self.connection, &mut self.claims, want, now)
    }

    fn queue(&self, want: &Want, now: DateTime<Utc>, most: usize) -> Result<Vec<Work>, StoreError> {
        queue::peek(&self.connection, &self.claims, want, now, most)
    }

    fn due(&self, want: &Want, now: DateTime<Utc>) -> Result<u64, StoreError> {
        candidates::count(&self.connection, &self.claims, want, now)
    }

    fn release(&mut self, request: &Request) -> Result<(), StoreError> {
        self.claims.end(request);
        Ok(())
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
        })?;
        self.claims.end(request);
        Ok(())
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

    fn assets_planned(&self, site: &SiteId) -> Result<Option<AssetsPlanned>, StoreError> {
        assets::planned(&self.connection, site)
    }

    fn set_assets_planned(
        &mut self,
        site: &SiteId,
        planned: &AssetsPlanned,
    ) -> Result<(), StoreError> {
        self.change(|tx| assets::set_planned(tx, site, planned))
    }

    fn keys_read(
        &self,
        site: &SiteId,
        after: Sequence,
        most: usize,
    ) -> Result<Vec<(Sequence, ArticleKey)>, StoreError> {
        assets::keys_read(&self.connection, site, after, most)
    }

    fn newest_digest(&self, key: &ArticleKey) -> Result<Option<String>, StoreError> {
        assets::newest_digest(&self.connection, key)
    }

    fn reopen_assets(&mut self, site: &SiteId, cap: u64) -> Result<u64, StoreError> {
        self.change(|tx| assets::reopen(tx, site, cap))
    }

    fn said_size(&self, file: &Request) -> Result<Option<u64>, StoreError> {
        assets::said_size(&self.connection, file)
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
        let report = self.change(|tx| log::commit(tx, batch, skip_to))?;
        for entry in &batch.entries {
            self.claims.end(&entry.exchange.request);
        }
        let sequences = batch.entries.iter().map(|entry| entry.exchange.sequence);
        self.taken(sequences.collect())?;
        Ok(report)
    }

    fn commit_in_turn<E: From<StoreError>>(
        &mut self,
        next: &mut dyn FnMut(&Self) -> Result<Option<Turn>, E>,
    ) -> Result<CommitReport, E> {
        let mut taken = Vec::new();
        let report = self.change_by::<_, E>(|store, tx| {
            let report = log::commit_in_turn::<E>(tx, &mut || {
                let turn = next(store)?;
                taken.extend(turn.as_ref().map(|turn| turn.entry.exchange.sequence));
                Ok(turn)
            })?;
            let number = u32::try_from(taken.len()).unwrap_or(u32::MAX);
            Ok((report, number))
        })?;
        self.taken(taken)?;
        Ok(report)
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
        self.with_marks()
            .change(|tx| log::attempting(tx, sequences))
    }

    fn spare(&mut self, sequences: &[Sequence]) -> Result<(), StoreError> {
        self.with_marks().change(|tx| log::spare(tx, sequences))
    }

    fn suspects(&self) -> Result<Vec<Sequence>, StoreError> {
        log::suspects(self.marks())
    }

    fn set_unreadable(
        &mut self,
        request: &RequestKey,
        payload_sha256: &str,
        cause: &str,
    ) -> Result<(), StoreError> {
        log::set_unreadable(self.marks(), request, payload_sha256, cause)
    }

    fn unreadable(
        &self,
        request: &RequestKey,
        payload_sha256: &str,
    ) -> Result<Option<String>, StoreError> {
        log::unreadable(self.marks(), request, payload_sha256)
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

    fn article_count(&self, filter: &ArticleFilter) -> Result<Option<u64>, StoreError> {
        articles::count(&self.connection, filter)
    }

    fn article(&self, key_or_url: &str) -> Result<Option<Article>, StoreError> {
        articles::find(&self.connection, key_or_url)
    }

    fn search(&self, filter: &ArticleFilter, most: usize) -> Result<Found, StoreError> {
        match &filter.query {
            Some(query) => search::find(&self.connection, query, filter, most),
            None => Ok(Found::default()),
        }
    }

    fn features(&self, key: &ArticleKey) -> Result<Features, StoreError> {
        features::of(&self.connection, key)
    }

    fn having(
        &self,
        feature: &Feature,
        without: &dyn Fn(&ArticleKey) -> bool,
        most: usize,
    ) -> Result<Vec<ArticleKey>, StoreError> {
        features::having(&self.connection, feature, without, most)
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

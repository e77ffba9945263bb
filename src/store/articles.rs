//! Observations and the articles folded from them.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, named_params, params};
use url::Url;

use super::fold::{fold, fold_all};
use super::sqlite::{json_text, read_json, read_word};
use super::{ArticleFilter, CommitReport, StoreError, assets, features, search};
use crate::frontier::walk::Sightings;
use crate::model::{
    Article, ArticleKey, Observation, Purpose, SectionId, Sequence, Sighting, State,
};

/// Every state.
pub(super) const STATES: [State; 5] = [
    State::Listed,
    State::Live,
    State::Gone,
    State::SoftGone,
    State::Back,
];

/// How many articles are read at once.
const PIECE: usize = 64;

/// What a filter asks of a row of `articles`; [`conditions`] are its values.
pub(super) const CONDITIONS: &str = "(:site IS NULL OR site = :site)
    AND (:state IS NULL OR state = :state)
    AND (:since IS NULL OR published_on >= :since)
    AND (:until IS NULL OR published_on <= :until)
    AND (:section IS NULL OR EXISTS (
        SELECT 1 FROM json_each(articles.sections) WHERE value = :section))";

/// The values of [`CONDITIONS`].
pub(super) fn conditions(filter: &ArticleFilter) -> [(&'static str, Option<String>); 5] {
    [
        (":site", filter.site.as_ref().map(ToString::to_string)),
        (
            ":state",
            filter.state.map(|state| state.as_str().to_owned()),
        ),
        (":since", filter.since.map(|day| day.to_string())),
        (":until", filter.until.map(|day| day.to_string())),
        (":section", filter.section.as_ref().map(ToString::to_string)),
    ]
}

/// Only a listing that was asked for as such counts as a sighting of its section.
pub(super) fn insert(
    db: &Connection,
    observation: &Observation,
    purpose: Purpose,
) -> Result<(), StoreError> {
    let section = match &observation.sighting {
        Sighting::Listed(item) if purpose == Purpose::Listing => item.section.as_ref(),
        _ => None,
    };
    db.prepare_cached(
        "INSERT INTO observations (sequence, position, key, section, body)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        observation.sequence.0,
        observation.position,
        observation.key.as_str(),
        section.map(SectionId::as_str),
        json_text(observation)?
    ])?;
    Ok(())
}

/// An observation of an imported capture: no listing of it is a sighting of ours.
pub(super) fn insert_imported(
    db: &Connection,
    observation: &Observation,
) -> Result<(), StoreError> {
    insert(db, observation, Purpose::Article)
}

/// The observations of a batch, by the article that they touch.
#[derive(Default)]
pub(super) struct Touched<'a>(BTreeMap<ArticleKey, Vec<Cow<'a, Observation>>>);

impl<'a> Touched<'a> {
    /// Adds observations, in capture order.
    pub(super) fn extend(&mut self, observations: impl Iterator<Item = Cow<'a, Observation>>) {
        for observation in observations {
            match self.0.get_mut(&observation.key) {
                Some(known) => known.push(observation),
                None => {
                    self.0.insert(observation.key.clone(), vec![observation]);
                }
            }
        }
    }

    /// Folds every article that was touched again, each once, and notes in `report` what changed. The
    /// batch has the exchanges `batch`: what was observed in others stands in the database alone.
    pub(super) fn refresh(
        self,
        db: &Connection,
        batch: &RangeInclusive<Sequence>,
        report: &mut CommitReport,
    ) -> Result<(), StoreError> {
        for (key, new) in self.0 {
            let known = observations_beside(db, &key, Some(batch))?;
            let was_read = new.iter().any(|observation| {
                matches!(
                    observation.sighting,
                    Sighting::Article { .. } | Sighting::Unchanged
                )
            });
            let all = known.iter().chain(new.iter().map(Cow::as_ref));
            keep(db, fold_all(all.collect()), was_read, report)?;
        }
        Ok(())
    }
}

/// Folds an article again after new observations, and notes in `report` what changed. `was_read`:
/// one of them is of the article itself.
pub(super) fn refresh(
    db: &Connection,
    key: &ArticleKey,
    was_read: bool,
    report: &mut CommitReport,
) -> Result<(), StoreError> {
    keep(db, fold(&observations(db, key)?), was_read, report)
}

/// Writes what a fold gave, and notes in `report` what changed.
fn keep(
    db: &Connection,
    folded: Option<Article>,
    was_read: bool,
    report: &mut CommitReport,
) -> Result<(), StoreError> {
    let Some(article) = folded else {
        return Ok(());
    };
    note_change(db, &article, was_read, report)?;
    write(db, &article)
}

/// Notes in `report` what a fold changed. `was_read`: one of the new observations is of the article
/// itself.
fn note_change(
    db: &Connection,
    article: &Article,
    was_read: bool,
    report: &mut CommitReport,
) -> Result<(), StoreError> {
    let before = db
        .prepare_cached("SELECT state, versions FROM articles WHERE key = ?1")?
        .query_row(params![article.key.as_str()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, usize>(1)?))
        })
        .optional()?;
    let before = match before {
        None => None,
        Some((word, versions)) => Some((read_word(&STATES, &word, State::as_str)?, versions)),
    };
    let is_gone = |state| matches!(state, State::Gone | State::SoftGone);
    let was_gone = before.is_some_and(|(state, _)| is_gone(state));
    let versions_before = before.map_or(0, |(_, versions)| versions);
    let list = if is_gone(article.state) && !was_gone {
        Some(&mut report.gone)
    } else if was_gone && !is_gone(article.state) {
        Some(&mut report.back)
    } else if versions_before == 0 && !article.versions.is_empty() {
        Some(&mut report.new)
    } else if article.versions.len() > versions_before {
        Some(&mut report.changed)
    } else if was_read {
        Some(&mut report.unchanged)
    } else if before.is_none() {
        Some(&mut report.listed)
    } else {
        None
    };
    if let Some(list) = list {
        list.push(article.key.clone());
    }
    Ok(())
}

pub(super) fn observations(
    db: &Connection,
    key: &ArticleKey,
) -> Result<Vec<Observation>, StoreError> {
    observations_beside(db, key, None)
}

/// All but those of the exchanges `without`.
fn observations_beside(
    db: &Connection,
    key: &ArticleKey,
    without: Option<&RangeInclusive<Sequence>>,
) -> Result<Vec<Observation>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT body FROM observations
         WHERE key = ?1 AND (?2 IS NULL OR sequence NOT BETWEEN ?2 AND ?3)
         ORDER BY sequence, position",
    )?;
    let (first, last) = (
        without.map(|range| range.start().0),
        without.map(|range| range.end().0),
    );
    let mut rows = statement.query(params![key.as_str(), first, last])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read_json(row.get_ref(0)?.as_str().map_err(damaged_text)?)?);
    }
    Ok(found)
}

fn damaged_text(error: rusqlite::types::FromSqlError) -> StoreError {
    StoreError::damaged(error.to_string())
}

fn write(db: &Connection, article: &Article) -> Result<(), StoreError> {
    let published_on = article
        .published
        .as_ref()
        .and_then(|published| published.at.get(..10));
    db.prepare_cached(
        "INSERT INTO articles (key, site, state, published_on, versions, sections, body)
         VALUES (:key, :site, :state, :published_on, :versions, :sections, :body)
         ON CONFLICT (key) DO UPDATE SET
             site = excluded.site, state = excluded.state, published_on = excluded.published_on,
             versions = excluded.versions, sections = excluded.sections, body = excluded.body",
    )?
    .execute(named_params! {
        ":key": article.key.as_str(),
        ":site": article.site.as_str(),
        ":state": article.state.as_str(),
        ":published_on": published_on,
        ":versions": article.versions.len(),
        ":sections": json_text(&article.sections)?,
        ":body": json_text(article)?,
    })?;
    let mut statement =
        db.prepare_cached("INSERT OR IGNORE INTO urls (url, key) VALUES (?1, ?2)")?;
    for url in std::iter::once(&article.url).chain(&article.aliases) {
        statement.execute(params![url, article.key.as_str()])?;
    }
    features::keep(db, article)?;
    search::keep(db, article)
}

pub(super) fn sightings(
    db: &Connection,
    section: &SectionId,
    keys: &[ArticleKey],
) -> Result<BTreeMap<ArticleKey, Sightings>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT min(sequence), max(sequence) FROM observations WHERE section = ?1 AND key = ?2",
    )?;
    let mut found = BTreeMap::new();
    for key in keys {
        let range: (Option<u64>, Option<u64>) = statement
            .query_row(params![section.as_str(), key.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        if let (Some(first), Some(last)) = range {
            let sightings = Sightings {
                first: Sequence(first),
                last: Sequence(last),
            };
            found.insert(key.clone(), sightings);
        }
    }
    Ok(found)
}

pub(super) fn find(db: &Connection, key_or_url: &str) -> Result<Option<Article>, StoreError> {
    let url = Url::parse(key_or_url).ok().map(|mut url| {
        url.set_fragment(None);
        url.to_string()
    });
    let body: Option<String> = db
        .prepare_cached(
            "SELECT body FROM articles WHERE key = ?1
             UNION ALL
             SELECT * FROM (SELECT body FROM articles JOIN urls USING (key)
                            WHERE url IN (?1, ?2) ORDER BY key LIMIT 1)
             LIMIT 1",
        )?
        .query_row(params![key_or_url, url], |row| row.get(0))
        .optional()?;
    body.map(|body| given_out(db, &body)).transpose()
}

/// A record as it leaves the store: with the places of its files.
fn given_out(db: &Connection, body: &str) -> Result<Article, StoreError> {
    let mut article = read_json(body)?;
    assets::attach(db, &mut article)?;
    Ok(article)
}

/// How many rows a filter gives; `None` with a query, which would have to be asked for that.
pub(super) fn count(db: &Connection, filter: &ArticleFilter) -> Result<Option<u64>, StoreError> {
    if filter.query.is_some() {
        return Ok(None);
    }
    let conditions = conditions(filter);
    let named: Vec<(&str, &dyn ToSql)> = conditions
        .iter()
        .map(|(name, value)| (*name, value as &dyn ToSql))
        .collect();
    let count = db
        .prepare_cached(&format!("SELECT count(*) FROM articles WHERE {CONDITIONS}"))?
        .query_row(named.as_slice(), |row| row.get(0))?;
    Ok(Some(count))
}

/// Articles in the order of their keys, read in pieces, so that neither they nor a statement stand
/// in memory while a caller works on one.
pub(super) struct Articles<'a> {
    db: &'a Connection,
    filter: ArticleFilter,
    /// The temporary table of the keys that meet the filter's query, once it is made.
    gathered: Option<String>,
    piece: VecDeque<(String, String)>,
    after: String,
    is_done: bool,
}

/// Numbers of temporary tables: a connection may be read by several at once.
static GATHERED: AtomicU64 = AtomicU64::new(0);

impl<'a> Articles<'a> {
    pub(super) fn new(db: &'a Connection, filter: ArticleFilter) -> Self {
        Self {
            db,
            filter,
            gathered: None,
            piece: VecDeque::new(),
            after: String::new(),
            is_done: false,
        }
    }

    fn read_piece(&mut self) -> Result<(), StoreError> {
        if let (Some(query), None) = (&self.filter.query, &self.gathered) {
            let number = GATHERED.fetch_add(1, Ordering::Relaxed);
            let name = format!("gathered_{number}");
            search::gather(self.db, query, &name)?;
            self.gathered = Some(name);
        }
        let source = match &self.gathered {
            Some(name) => format!("temp.{name} JOIN articles USING (key)"),
            None => "articles".to_owned(),
        };
        let mut statement = self.db.prepare_cached(&format!(
            "SELECT key, body FROM {source} WHERE key > :after AND {CONDITIONS}
             ORDER BY key LIMIT :most"
        ))?;
        let conditions = conditions(&self.filter);
        let mut named: Vec<(&str, &dyn ToSql)> = vec![(":after", &self.after), (":most", &PIECE)];
        named.extend(
            conditions
                .iter()
                .map(|(name, value)| (*name, value as &dyn ToSql)),
        );
        let rows = statement.query_map(named.as_slice(), |row| Ok((row.get(0)?, row.get(1)?)))?;
        self.piece = rows.collect::<Result<_, _>>()?;
        self.is_done = self.piece.len() < PIECE;
        Ok(())
    }
}

impl Drop for Articles<'_> {
    /// What is left over goes with the connection.
    fn drop(&mut self) {
        if let Some(name) = &self.gathered {
            let _ = self.db.execute_batch(&format!("DROP TABLE temp.{name}"));
        }
    }
}

impl Iterator for Articles<'_> {
    type Item = Result<Article, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.piece.is_empty()
                && !self.is_done
                && let Err(error) = self.read_piece()
            {
                self.is_done = true;
                return Some(Err(error));
            }
            let (key, body) = self.piece.pop_front()?;
            let is_wanted = !self.filter.without.contains(&ArticleKey::new(key.as_str()));
            self.after = key;
            if is_wanted {
                return Some(given_out(self.db, &body));
            }
        }
    }
}

//! The search index: SQLite FTS5 over title, lead, text and captions, twice: as written and without marks
//! ([`Reading`]). In: an article as it is folded; a query. Out: keys of articles, best first.
//!
//! Both tables are contentless: they hold where words stand, and no text (the text is in `articles`).
//! What goes in are forms of words made by [`crate::normalize::fold`] with blanks between, so SQLite's
//! `ascii` tokenizer only parts at blanks, and the index is the same under every version of SQLite. A
//! query's words pass the same way and hold letters, digits and marks alone: no sign of FTS5's own
//! language can come through.
//!
//! Always holds: an article and its index are written in one transaction; an article whose words did not
//! change costs one look at a digest. Not here: what a query means ([`crate::search`]).

use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, named_params, params};
use sha2::{Digest, Sha256};

use super::articles::{CONDITIONS, conditions};
use super::sqlite::read_json;
use super::{ArticleFilter, Found, StoreError};
use crate::model::{Article, ArticleKey};
use crate::normalize::fold::{unmarked, words, written};
use crate::search::{Field, Reading, Term, TextQuery};

/// Between two pieces of a field, so that no phrase goes over the end of one. It is no letter, so nobody
/// finds it.
const PIECE_END: &str = "¶";

/// What a find counts in title, lead, text and captions (our choice: who looks for a word wants first
/// what is about it).
const WEIGHTS: &str = "10.0, 4.0, 1.0, 2.0";

/// After so many articles a migration tells how far it is.
const TOLD_EVERY: u64 = 20_000;

/// The tables of schema 3. `search_articles` gives each article the number of its rows in the index:
/// that of `articles` itself may change when the file is vacuumed. `digest` is of what was indexed.
pub(super) const TABLES: &str = "
CREATE TABLE search_articles (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    digest BLOB NOT NULL
) STRICT;
CREATE VIRTUAL TABLE search_written USING fts5(
    title, lead, text, captions, content = '', contentless_delete = 1, tokenize = 'ascii');
CREATE VIRTUAL TABLE search_unmarked USING fts5(
    title, lead, text, captions, content = '', contentless_delete = 1, tokenize = 'ascii');
";

fn table(reading: Reading) -> &'static str {
    match reading {
        Reading::Written => "search_written",
        Reading::Unmarked => "search_unmarked",
    }
}

/// Brings the index of an article up to date.
pub(super) fn keep(db: &Connection, article: &Article) -> Result<(), StoreError> {
    let key = article.key.as_str();
    let digest = digest(article);
    let known = db
        .prepare_cached("SELECT id, digest FROM search_articles WHERE key = ?1")?
        .query_row(params![key], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))
        })
        .optional()?;
    let id = match known {
        Some((_, known)) if known == digest => return Ok(()),
        Some((id, _)) => {
            db.prepare_cached("UPDATE search_articles SET digest = ?2 WHERE id = ?1")?
                .execute(params![id, digest])?;
            for table in [Reading::Written, Reading::Unmarked].map(table) {
                db.prepare_cached(&format!("DELETE FROM {table} WHERE rowid = ?1"))?
                    .execute(params![id])?;
            }
            id
        }
        None => {
            db.prepare_cached("INSERT INTO search_articles (key, digest) VALUES (?1, ?2)")?
                .execute(params![key, digest])?;
            db.last_insert_rowid()
        }
    };
    let fields = Field::ALL.map(|field| Forms::of(&field.pieces(article)));
    for (reading, form) in [
        (
            Reading::Written,
            (|forms| &forms.written) as fn(&Forms) -> &String,
        ),
        (Reading::Unmarked, |forms| &forms.unmarked),
    ] {
        let [title, lead, text, captions] = fields.each_ref().map(form);
        let table = table(reading);
        db.prepare_cached(&format!(
            "INSERT INTO {table} (rowid, title, lead, text, captions) VALUES (?1, ?2, ?3, ?4, ?5)"
        ))?
        .execute(params![id, title, lead, text, captions])?;
    }
    Ok(())
}

/// What a field is in the index: forms of words with blanks between.
#[derive(Default)]
struct Forms {
    written: String,
    unmarked: String,
}

impl Forms {
    fn of(pieces: &[&str]) -> Self {
        let mut forms = Self::default();
        for (number, piece) in pieces.iter().enumerate() {
            if number > 0 {
                forms.push(PIECE_END, PIECE_END);
            }
            for word in words(piece) {
                forms.push(&written(word.text), &unmarked(word.text));
            }
        }
        forms
    }

    fn push(&mut self, written: &str, unmarked: &str) {
        for (text, word) in [(&mut self.written, written), (&mut self.unmarked, unmarked)] {
            text.push_str(word);
            text.push(' ');
        }
    }
}

/// SHA-256 of all that is indexed of an article, as it stands in it.
fn digest(article: &Article) -> Vec<u8> {
    let mut digest = Sha256::new();
    for field in Field::ALL {
        for piece in field.pieces(article) {
            digest.update(piece.as_bytes());
            digest.update([0]);
        }
        digest.update([1]);
    }
    digest.finalize().to_vec()
}

/// Makes the index of a database that has none: of every article, one after the other.
pub(super) fn fill(db: &Connection) -> Result<(), StoreError> {
    let all: u64 = db.query_row("SELECT count(*) FROM articles", [], |row| row.get(0))?;
    let mut statement = db.prepare("SELECT body FROM articles ORDER BY rowid")?;
    let mut rows = statement.query([])?;
    let mut done: u64 = 0;
    while let Some(row) = rows.next()? {
        let article: Article = read_json(&row.get::<_, String>(0)?)?;
        keep(db, &article)?;
        done += 1;
        if done.is_multiple_of(TOLD_EVERY) {
            tracing::warn!(
                event = "search_index",
                done,
                all,
                "making the search index: {done} of {all} articles"
            );
        }
    }
    Ok(())
}

/// The articles that meet a query and a filter, best first, at most `most`, and how many there are.
///
/// Best is by BM25 (Robertson and Zaragoza 2009, as FTS5 computes it) with [`WEIGHTS`]; among equals the
/// day of publication, newest first, then the key.
pub(super) fn find(
    db: &Connection,
    query: &TextQuery,
    filter: &ArticleFilter,
    most: usize,
) -> Result<Found, StoreError> {
    let index = table(query.reading());
    let mut statement = db.prepare_cached(&format!(
        "SELECT key, bm25({index}, {WEIGHTS}) AS score
         FROM {index}
         JOIN search_articles ON search_articles.id = {index}.rowid
         JOIN articles USING (key)
         WHERE {index} MATCH :match AND {CONDITIONS}
         ORDER BY score, published_on DESC, key"
    ))?;
    let expression = expression(query);
    let conditions = conditions(filter);
    let mut named: Vec<(&str, &dyn ToSql)> = vec![(":match", &expression)];
    named.extend(
        conditions
            .iter()
            .map(|(name, value)| (*name, value as &dyn ToSql)),
    );
    let mut rows = statement.query(named.as_slice())?;
    let mut found = Found::default();
    while let Some(row) = rows.next()? {
        let key = ArticleKey::new(row.get::<_, String>(0)?);
        if filter.without.contains(&key) {
            continue;
        }
        found.number += 1;
        if found.keys.len() < most {
            found.keys.push(key);
        }
    }
    Ok(found)
}

/// A table of the keys that meet a query, for a reader who goes through them in their order: made once,
/// in a temporary database of its own.
pub(super) fn gather(db: &Connection, query: &TextQuery, name: &str) -> Result<(), StoreError> {
    let index = table(query.reading());
    db.execute_batch(&format!(
        "CREATE TEMP TABLE {name} (key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID"
    ))?;
    db.prepare(&format!(
        "INSERT INTO temp.{name}
         SELECT key FROM {index} JOIN search_articles ON search_articles.id = {index}.rowid
         WHERE {index} MATCH :match"
    ))?
    .execute(named_params! { ":match": expression(query) })?;
    Ok(())
}

/// A query in the language of FTS5.
///
/// Words that were typed side by side may stand side by side: a Vietnamese word is often two of them
/// (*sức khỏe*), and an article that has it so comes first. So `a b` becomes `("a b" OR "a") AND "b"`,
/// which means the same and gives BM25 one phrase more to count.
fn expression(query: &TextQuery) -> String {
    let wanted = query.wanted();
    let next = wanted.iter().skip(1).map(Some).chain(std::iter::once(None));
    let terms: Vec<String> = wanted
        .iter()
        .zip(next)
        .map(|(term, next)| match next {
            Some(next) if is_plain(term) && next.words.len() == 1 => {
                let words = [term.words.as_slice(), next.words.as_slice()].concat();
                let both = phrase(&words, next.is_prefix);
                format!("({both} OR {})", phrase(&term.words, false))
            }
            _ => phrase(&term.words, term.is_prefix),
        })
        .collect();
    let wanted = terms.join(" AND ");
    let unwanted: Vec<String> = query
        .unwanted()
        .iter()
        .map(|term| phrase(&term.words, term.is_prefix))
        .collect();
    if unwanted.is_empty() {
        wanted
    } else {
        format!("({wanted}) NOT ({})", unwanted.join(" OR "))
    }
}

fn is_plain(term: &Term) -> bool {
    term.words.len() == 1 && !term.is_prefix
}

fn phrase(words: &[String], is_prefix: bool) -> String {
    let star = if is_prefix { " *" } else { "" };
    format!("\"{}\"{star}", words.join(" "))
}

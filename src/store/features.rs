//! Features of articles, by which two of them are found to be one work ([`crate::same`]). In: an article as
//! it is folded; a feature. Out: the articles that have it.
//!
//! Always holds: an article and its features are written in one transaction, so they are a function of the
//! set of articles. An article that did not change costs one look; its text is read again only when its
//! version is another one. An article without features has no row.

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::sqlite::read_json;
use crate::model::{Article, ArticleKey};
use crate::same::{Feature, Features};

/// The table of features. `version` is the beginning of the content digest whose text has the feature.
/// Both indexes hold the key too, so a question reads nothing else.
pub(super) const TABLES: &str = "
CREATE TABLE features (
    key TEXT PRIMARY KEY,
    version TEXT,
    title_date BLOB,
    text BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX features_by_title_date ON features (title_date) WHERE title_date IS NOT NULL;
CREATE INDEX features_by_text ON features (text) WHERE text IS NOT NULL;
";

/// Digits of a content digest that tell one version of an article from the next.
const VERSION_DIGITS: usize = 16;

/// After so many articles a migration tells how far it is.
const TOLD_EVERY: u64 = 20_000;

/// Brings the features of an article up to date.
pub(super) fn keep(db: &Connection, article: &Article) -> Result<(), StoreError> {
    let key = article.key.as_str();
    let version = version_of(article);
    let known = db
        .prepare_cached("SELECT version, title_date, text FROM features WHERE key = ?1")?
        .query_row(params![key], |row| {
            Ok((row.get::<_, Option<String>>(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let known = match known {
        None => None,
        Some((version, title_date, text)) => {
            let features = Features {
                title_date: feature(title_date)?,
                text: feature(text)?,
            };
            Some((version, features))
        }
    };
    let text = match &known {
        Some((known, features)) if known.is_some() && known.as_deref() == version => features.text,
        _ => Features::text(article),
    };
    let features = Features {
        title_date: Features::title_date(article),
        text,
    };
    // Only a text that has the feature need not be read again.
    let version = text.and(version).map(str::to_owned);
    let is_none = features == Features::default();
    match known {
        None if is_none => Ok(()),
        Some(known) if known == (version.clone(), features) => Ok(()),
        _ if is_none => {
            db.prepare_cached("DELETE FROM features WHERE key = ?1")?
                .execute(params![key])?;
            Ok(())
        }
        _ => {
            db.prepare_cached(
                "INSERT OR REPLACE INTO features (key, version, title_date, text)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                key,
                version,
                features.title_date.as_ref().map(Feature::bytes),
                features.text.as_ref().map(Feature::bytes),
            ])?;
            Ok(())
        }
    }
}

/// None for two articles under one key: their text has no feature, whatever its digest.
fn version_of(article: &Article) -> Option<&str> {
    let is_two = article.flags.iter().any(|flag| flag == "key_collision");
    let digest = article.content_digest.as_deref().filter(|_| !is_two)?;
    digest.get(..VERSION_DIGITS)
}

fn feature(bytes: Option<Vec<u8>>) -> Result<Option<Feature>, StoreError> {
    let read = |bytes: Vec<u8>| {
        Feature::of_bytes(&bytes)
            .ok_or_else(|| StoreError::damaged(format!("a feature of {} bytes", bytes.len())))
    };
    bytes.map(read).transpose()
}

/// The features of an article; none if it has none or is not known.
pub(super) fn of(db: &Connection, key: &ArticleKey) -> Result<Features, StoreError> {
    let row = db
        .prepare_cached("SELECT title_date, text FROM features WHERE key = ?1")?
        .query_row(params![key.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((title_date, text)) = row else {
        return Ok(Features::default());
    };
    Ok(Features {
        title_date: feature(title_date)?,
        text: feature(text)?,
    })
}

/// The articles that have a feature, but none that `without` says, in the order of their keys, at most `most`.
pub(super) fn having(
    db: &Connection,
    feature: &Feature,
    without: &dyn Fn(&ArticleKey) -> bool,
    most: usize,
) -> Result<Vec<ArticleKey>, StoreError> {
    // A feature is of one kind: at most one half gives rows.
    let mut statement = db.prepare_cached(
        "SELECT key FROM features WHERE title_date = ?1
         UNION ALL SELECT key FROM features WHERE text = ?1 ORDER BY key",
    )?;
    let mut rows = statement.query(params![feature.bytes()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let key = ArticleKey::new(row.get::<_, String>(0)?);
        if !without(&key) {
            found.push(key);
        }
        if found.len() >= most {
            break;
        }
    }
    Ok(found)
}

/// Writes the features of a database that has none: of every article, one after the other.
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
                event = "features",
                done,
                all,
                "comparing titles and texts of the platforms: {done} of {all} articles"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn article(key: &str, digest: &str, text: &str) -> Article {
        serde_json::from_value(json!({
            "key": key, "site": "moh", "platform": "liferay", "url": "https://moh.gov.vn/a", "aliases": [],
            "sections": [], "title": null, "lead": null, "published": null, "listed": [], "blocks": [],
            "text": text, "images": [], "related": [], "attachments": [], "links": [], "embeds": [],
            "source": null, "author": null, "language": null, "content_digest": digest, "versions": [],
            "state": "live", "states": [], "first_seen": "", "last_seen": "", "captures": [],
            "profile": { "site": "moh", "layout": null, "digest": "" }, "evidence": {}, "flags": [],
            "warnings": [], "synthetic": false,
        }))
        .unwrap()
    }

    fn rows(db: &Connection) -> u64 {
        db.query_row("SELECT count(*) FROM features", [], |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn features_follow_the_article_and_an_article_without_any_has_no_row() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(TABLES).unwrap();
        let long = "chữ ".repeat(100);
        let first = article("moh:liferay:a", &"1".repeat(64), &long);
        let feature = Features::text(&first).unwrap();
        let having = |without: &[&str], most| {
            let is_out = |key: &ArticleKey| without.contains(&key.as_str());
            let found = having(&db, &feature, &is_out, most).unwrap();
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        keep(&db, &first).unwrap();
        keep(&db, &first).unwrap();
        keep(&db, &article("moh:portal:1", &"2".repeat(64), &long)).unwrap();
        assert_eq!(having(&[], 3), ["moh:liferay:a", "moh:portal:1"]);
        assert_eq!(having(&[], 1), ["moh:liferay:a"]);
        assert_eq!(having(&["moh:liferay:a"], 1), ["moh:portal:1"]);
        assert_eq!(of(&db, &first.key).unwrap(), Features::of(&first));

        // A new version of another text, then one that is too short.
        let other = article("moh:liferay:a", &"3".repeat(64), &"khác ".repeat(100));
        keep(&db, &other).unwrap();
        assert_eq!(having(&[], 3), ["moh:portal:1"]);
        assert_eq!(of(&db, &other.key).unwrap(), Features::of(&other));
        keep(&db, &article("moh:liferay:a", &"4".repeat(64), "ngắn")).unwrap();
        assert_eq!(of(&db, &other.key).unwrap(), Features::default());
        assert_eq!(rows(&db), 1);

        let mut two = article("moh:portal:1", &"2".repeat(64), &long);
        two.flags.push("key_collision".to_owned());
        keep(&db, &two).unwrap();
        assert_eq!(rows(&db), 0, "the same version, but two articles now");
        keep(&db, &first).unwrap();
        assert_eq!(having(&[], 3), ["moh:liferay:a"]);
    }

    #[test]
    fn a_question_is_answered_by_an_index_alone() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(TABLES).unwrap();
        for column in ["title_date", "text"] {
            let plan: String = db
                .query_row(
                    &format!("EXPLAIN QUERY PLAN SELECT key FROM features WHERE {column} = x'00'"),
                    [],
                    |row| row.get(3),
                )
                .unwrap();
            assert!(
                plan.contains(&format!("COVERING INDEX features_by_{column}")),
                "{plan}"
            );
        }
    }
}

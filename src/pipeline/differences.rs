//! Differences: the records of two stores compared key by key. Both come in the order of their keys
//! and one record of each is in memory, so the stores may be of any size. Which records only one of
//! them has, and per field in how many records it differs, with a few keys each. Pure: no I/O but the
//! iterators, no clock.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::CrawlError;
use crate::model::{Article, ArticleKey};
use crate::store::StoreError;

/// Keys that are named of each kind (our choice); all are counted.
pub const NAMED_KEYS: usize = 5;

/// The one field in which every record differs when a profile's file was touched at all. A record
/// that differs in nothing else counts as the same.
const PROFILE: &str = "profile";

/// Some records, counted, and the first of them by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Keys {
    /// How many.
    pub number: u64,
    /// The first [`NAMED_KEYS`], in the order of their keys.
    pub examples: Vec<ArticleKey>,
}

impl Keys {
    fn add(&mut self, key: &ArticleKey) {
        self.number += 1;
        if self.examples.len() < NAMED_KEYS {
            self.examples.push(key.clone());
        }
    }
}

/// `12 (moh:portal:1, moh:portal:2, …)`.
impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.examples.iter().map(ArticleKey::as_str).collect();
        let more = if self.number > names.len() as u64 {
            ", …"
        } else {
            ""
        };
        match names.is_empty() {
            true => write!(f, "{}", self.number),
            false => write!(f, "{} ({}{more})", self.number, names.join(", ")),
        }
    }
}

/// What differs between the records of two stores.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Differences {
    /// Records of the old store.
    pub old_articles: u64,
    /// Records of the new store.
    pub new_articles: u64,
    /// Records that are the same in both, or were only read by another profile.
    pub same: u64,
    /// Records that only the new store has.
    pub appeared: Keys,
    /// Records that only the old store has.
    pub vanished: Keys,
    /// Records of both stores that differ in anything but the profile.
    pub changed: Keys,
    /// Per field, the records of both stores that differ in it. The fields are those of a record's
    /// JSON, with two exceptions: `captions` are taken out of `images`, and `content_digest` stands for
    /// the digests of all versions, which `versions` leaves out with their titles.
    pub fields: BTreeMap<String, Keys>,
}

impl Differences {
    /// True if every record of one store is the same in the other, whatever profile read it.
    pub fn is_empty(&self) -> bool {
        self.appeared.number == 0 && self.vanished.number == 0 && self.changed.number == 0
    }
}

/// Compares the records of two stores.
///
/// # Errors
/// [`CrawlError`] if a store fails.
pub fn differences(
    old: impl Iterator<Item = Result<Article, StoreError>>,
    new: impl Iterator<Item = Result<Article, StoreError>>,
) -> Result<Differences, CrawlError> {
    let (mut old, mut new) = (old, new);
    let mut found = Differences::default();
    let (mut left, mut right) = (old.next().transpose()?, new.next().transpose()?);
    loop {
        let order = match (&left, &right) {
            (None, None) => return Ok(found),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => left.key.cmp(&right.key),
        };
        let before = left.take_if(|_| order != Ordering::Greater);
        let after = right.take_if(|_| order != Ordering::Less);
        found.old_articles += u64::from(before.is_some());
        found.new_articles += u64::from(after.is_some());
        match (&before, &after) {
            (Some(before), Some(after)) => found.both(before, after)?,
            (Some(before), None) => found.vanished.add(&before.key),
            (None, Some(after)) => found.appeared.add(&after.key),
            (None, None) => {}
        }
        if before.is_some() {
            left = old.next().transpose()?;
        }
        if after.is_some() {
            right = new.next().transpose()?;
        }
    }
}

impl Differences {
    fn both(&mut self, before: &Article, after: &Article) -> Result<(), CrawlError> {
        let differing = differing(before, after)?;
        if differing.iter().all(|name| name == PROFILE) {
            self.same += 1;
        } else {
            self.changed.add(&after.key);
        }
        for name in differing {
            self.fields.entry(name).or_default().add(&after.key);
        }
        Ok(())
    }
}

/// The names of the fields in which two records differ.
fn differing(before: &Article, after: &Article) -> Result<BTreeSet<String>, CrawlError> {
    if before == after {
        return Ok(BTreeSet::new());
    }
    let (before, after) = (fields(before)?, fields(after)?);
    let names = before.keys().chain(after.keys());
    Ok(names
        .filter(|name| before.get(*name) != after.get(*name))
        .cloned()
        .collect())
}

/// A record's fields, in the parts that are reported.
fn fields(article: &Article) -> Result<Map<String, Value>, CrawlError> {
    let Value::Object(mut fields) = serde_json::to_value(article).map_err(CrawlError::Report)?
    else {
        return Ok(Map::new());
    };
    let captions = take_out(&mut fields, "images", &["caption", "credit", "caption_raw"]);
    fields.insert("captions".to_owned(), captions);
    take_out(&mut fields, "versions", &["content_digest", "title"]);
    let digests: Vec<&str> = article
        .versions
        .iter()
        .map(|version| version.content_digest.as_str())
        .collect();
    let digest = json!([article.content_digest, digests]);
    fields.insert("content_digest".to_owned(), digest);
    Ok(fields)
}

/// Takes members out of each object of a list; gives what was taken.
fn take_out(fields: &mut Map<String, Value>, list: &str, names: &[&str]) -> Value {
    let items = fields.get_mut(list).and_then(Value::as_array_mut);
    let objects = items.into_iter().flatten().filter_map(Value::as_object_mut);
    objects
        .map(|object| {
            names
                .iter()
                .map(|name| object.remove(*name))
                .collect::<Value>()
        })
        .collect()
}

#[cfg(test)]
mod tests;

//! Same: which two articles of a site, each on a platform of its own, are one work: the portal of 2026 took
//! over what the old one had published (dossier, sections 1 and 7), and no table says what became what. In:
//! the features of an article, and who else has them. Out: a proposal with its reasons ([`SameAs`]), or none.
//!
//! The rule (our choice; the dossier has no better one than "match by title + date"):
//! - A **feature** is the title with the day of publication, or the text (`features`). It speaks for two
//!   articles if they have it equal, are on different platforms, and no third article of the site has it.
//!   Three are ambiguous, whichever platforms they are on: then the feature speaks for nobody.
//! - Two articles are proposed if a feature speaks for them and none speaks for one of them and another.
//! - What is compared is the newest version of each, because that is what the record says. An article that
//!   is gone counts as it was last seen: taking it over is a reason to take it down.
//!
//! Always holds: the proposal is a function of the set of articles, whatever came first; it is the same
//! from both sides; no two keys of one platform are joined; an article has at most one partner. Pure. Not
//! here: who has which features (`store/features.rs`), and what may be told ([`crate::restrict`]).

mod features;
#[cfg(test)]
mod tests;

pub use features::{
    FEWEST_TEXT_WORDS, FEWEST_TITLE_WORDS, Feature, Features, text_digest, title_date,
};

use crate::model::{Article, ArticleKey, SameAs, SameEvidence, Strength};

/// Who has which features, of one set of articles.
pub trait Known {
    /// Why that can not be told.
    type Error;

    /// The features of an article; none if it is not known.
    ///
    /// # Errors
    /// If it can not be told.
    fn features(&self, key: &ArticleKey) -> Result<Features, Self::Error>;

    /// The articles that have a feature; of more than three any three.
    ///
    /// # Errors
    /// If it can not be told.
    fn having(&self, feature: &Feature) -> Result<Vec<ArticleKey>, Self::Error>;
}

/// The article of another platform that seems to be the same work as `article`.
///
/// # Errors
/// If `known` can not tell.
pub fn same_as<K: Known>(article: &Article, known: &K) -> Result<Option<SameAs>, K::Error> {
    let (by_title_date, by_text) = others(&article.key, known)?;
    let Some(key) = only(by_title_date.as_ref(), by_text.as_ref()).cloned() else {
        return Ok(None);
    };
    let (back_by_title_date, back_by_text) = others(&key, known)?;
    if only(back_by_title_date.as_ref(), back_by_text.as_ref()) != Some(&article.key) {
        return Ok(None);
    }
    let evidence = SameEvidence {
        title_date: by_title_date.and_then(|_| title_date(article)),
        text: by_text.and_then(|_| text_digest(article)),
    };
    let strength = match (&evidence.title_date, &evidence.text) {
        (Some(_), Some(_)) => Strength::Both,
        (None, Some(_)) => Strength::Text,
        (Some(_), None) => Strength::TitleDate,
        // The features were not those of this article: nothing can be shown for it.
        (None, None) => return Ok(None),
    };
    Ok(Some(SameAs {
        key,
        strength,
        evidence,
    }))
}

/// For each feature the article that it speaks for beside `key`.
type Others = (Option<ArticleKey>, Option<ArticleKey>);

fn others<K: Known>(key: &ArticleKey, known: &K) -> Result<Others, K::Error> {
    let features = known.features(key)?;
    let other = |feature: Option<Feature>| match feature {
        Some(feature) => Ok(other(key, known.having(&feature)?)),
        None => Ok(None),
    };
    Ok((other(features.title_date)?, other(features.text)?))
}

/// The one other article that has a feature, if it is of another platform.
fn other(key: &ArticleKey, having: Vec<ArticleKey>) -> Option<ArticleKey> {
    let mut others = having.into_iter().filter(|other| other != key);
    let (other, third) = (others.next()?, others.next());
    let is_alone = third.is_none() && other.platform() != key.platform();
    is_alone.then_some(other)
}

/// The one article that is meant by what speaks; none if two are.
fn only<'k>(one: Option<&'k ArticleKey>, other: Option<&'k ArticleKey>) -> Option<&'k ArticleKey> {
    match (one, other) {
        (Some(one), Some(other)) => (one == other).then_some(one),
        (one, other) => one.or(other),
    }
}

/// The article as one that was compared with the others: with its partner, and the name of its work.
pub fn with_partner(article: Article, partner: Option<SameAs>) -> Article {
    let of_partner = partner.as_ref().map(|partner| &partner.key);
    let work = of_partner.map_or(&article.key, |key| key.min(&article.key));
    Article {
        work: Some(work.clone()),
        same_as: partner,
        ..article
    }
}

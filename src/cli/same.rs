//! Same: how every command that shows articles learns which of them are one work. The rule is
//! [`crate::same`]; what is withheld is no article for it, so that nobody learns of it by a partner that is
//! missing or by one that is there.

use crate::model::{Article, ArticleKey};
use crate::restrict::Withheld;
use crate::same::{Feature, Features, Known, same_as, with_partner};
use crate::store::{SqliteStore, Store, StoreError};

/// The rule tells one from two; more are as two.
const MOST: usize = 3;

/// The article with its partner and the name of its work.
///
/// # Errors
/// If the database fails.
pub(crate) fn compared(
    store: &SqliteStore,
    withheld: &Withheld,
    article: Article,
) -> Result<Article, StoreError> {
    let partner = same_as(&article, &Shown { store, withheld })?;
    // An article may be hidden by an address of its own under a key that nobody named.
    let partner = match partner {
        Some(partner) if !withheld.is_empty() => {
            let other = store.article(partner.key.as_str())?;
            Some(partner).filter(|_| other.is_some_and(|other| !withheld.hides(&other)))
        }
        partner => partner,
    };
    Ok(with_partner(article, partner))
}

/// The articles that may be shown.
struct Shown<'a> {
    store: &'a SqliteStore,
    withheld: &'a Withheld,
}

impl Known for Shown<'_> {
    type Error = StoreError;

    fn features(&self, key: &ArticleKey) -> Result<Features, StoreError> {
        self.store.features(key)
    }

    fn having(&self, feature: &Feature) -> Result<Vec<ArticleKey>, StoreError> {
        let is_hidden = |key: &ArticleKey| self.withheld.entries_of_key(key).is_some();
        self.store.having(feature, &is_hidden, MOST)
    }
}

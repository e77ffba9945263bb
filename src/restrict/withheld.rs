//! Withheld: the predicate. Which articles are hidden at one moment, by their key or by any of their
//! addresses, and which links and titles in other records name them.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use super::Entry;
use super::entry::address;
use super::tombstone::{tombstone, unnamed};
use crate::config::{SiteProfile, Sites};
use crate::model::{Article, ArticleKey};
use crate::normalize::identity::identify;
use crate::same::with_partner;

/// What is withheld at one moment. The default withholds nothing.
#[derive(Debug, Clone, Default)]
pub struct Withheld {
    /// The entries in force of each key, oldest first.
    by_key: BTreeMap<ArticleKey, Vec<Entry>>,
    /// Every known spelling of the addresses of those articles.
    urls: BTreeMap<String, ArticleKey>,
    /// Their headlines, as far as they were learnt.
    titles: BTreeSet<String>,
    /// The rules that know an address in a spelling that was never seen.
    profiles: Vec<SiteProfile>,
}

impl Withheld {
    /// Entries by key; those of a key are all in force.
    pub(super) fn new(by_key: BTreeMap<ArticleKey, Vec<Entry>>) -> Self {
        let mut withheld = Self {
            by_key,
            ..Self::default()
        };
        let entries = withheld.by_key.values().flatten();
        let spellings = entries.flat_map(|entry| {
            let urls = entry.urls.iter();
            urls.map(|url| (url.clone(), entry.key.clone()))
        });
        withheld.urls = spellings.collect();
        withheld
    }

    /// True if nothing is withheld.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// The keys that are withheld, in their order.
    pub fn keys(&self) -> impl Iterator<Item = &ArticleKey> {
        self.by_key.keys()
    }

    /// The known spellings of the addresses of what is withheld.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.urls.keys().map(String::as_str)
    }

    /// Takes the identity rules, by which other spellings of an address are known.
    pub fn know_sites(&mut self, sites: &Sites) {
        let ids: BTreeSet<_> = self.keys().map(ArticleKey::site).collect();
        let known = ids.iter().filter_map(|id| sites.get(id));
        self.profiles = known.map(|site| site.profile.clone()).collect();
    }

    /// Takes the addresses and headlines of an article that is withheld, so that what names it in other
    /// records is found. Of any other article nothing is taken.
    pub fn learn(&mut self, article: &Article) {
        let Some(entries) = self.entries(article).map(<[Entry]>::to_vec) else {
            return;
        };
        // An address may be restricted whose key is another one by the rules of today.
        self.by_key.entry(article.key.clone()).or_insert(entries);
        for url in std::iter::once(&article.url).chain(&article.aliases) {
            self.urls.insert(url.clone(), article.key.clone());
        }
        let of_versions = article.versions.iter().map(|version| &version.title);
        let of_listings = article.listed.iter().map(|listed| &listed.item.title);
        let titles = std::iter::once(&article.title)
            .chain(of_versions)
            .chain(of_listings);
        self.titles.extend(titles.flatten().cloned());
    }

    /// The entries that hide an article, oldest first; `None` if it may be shown.
    pub fn entries(&self, article: &Article) -> Option<&[Entry]> {
        let by_url = || {
            let mut urls = std::iter::once(&article.url).chain(&article.aliases);
            urls.find_map(|url| self.by_key.get(self.urls.get(url)?))
        };
        let found = self.by_key.get(&article.key).or_else(by_url)?;
        Some(found.as_slice())
    }

    /// The entries in force of a key, whether or not there is such an article; oldest first.
    pub fn entries_of_key(&self, key: &ArticleKey) -> Option<&[Entry]> {
        self.by_key.get(key).map(Vec::as_slice)
    }

    /// True if an article is withheld.
    pub fn hides(&self, article: &Article) -> bool {
        self.entries(article).is_some()
    }

    /// What may be shown of an article: its tombstone if it is withheld, else the article without what
    /// names one that is. One whose partner ([`crate::same`]) is withheld is as if it had none, without a
    /// flag: that would tell that there is one.
    pub fn shown(&self, article: Article) -> Article {
        if self.is_empty() {
            return article;
        }
        match self.entries(&article) {
            Some(entries) => tombstone(&article, entries),
            None => unnamed(self.without_partner(article), self),
        }
    }

    fn without_partner(&self, article: Article) -> Article {
        let partner = article.same_as.as_ref();
        if partner.is_some_and(|partner| self.by_key.contains_key(&partner.key)) {
            return with_partner(article, None);
        }
        article
    }

    /// True if a link leads to an article that is withheld.
    pub(super) fn is_named_by_url(&self, url: &str) -> bool {
        let Some(plain) = address(url) else {
            return false;
        };
        let is_known = |url: &Url| {
            let identities = self.profiles.iter().filter_map(|one| identify(one, url));
            identities
                .into_iter()
                .any(|identity| self.by_key.contains_key(&identity.key))
        };
        self.urls.contains_key(&plain)
            || self.urls.contains_key(url)
            || Url::parse(&plain).is_ok_and(|url| is_known(&url))
    }

    /// True if a title with this link and key names an article that is withheld. A headline alone names
    /// one only where no key tells which article is meant.
    pub(super) fn is_named(&self, title: &str, url: Option<&str>, key: Option<&str>) -> bool {
        let by_key = key.map(|key| self.by_key.contains_key(&ArticleKey::new(key)));
        by_key.unwrap_or_else(|| self.titles.contains(title))
            || url.is_some_and(|url| self.is_named_by_url(url))
    }

    /// True if words hold an address or a headline of an article that is withheld.
    pub(super) fn is_told_in(&self, words: &str) -> bool {
        let told = |part: &String| !part.is_empty() && words.contains(part.as_str());
        self.urls.keys().any(told) || self.titles.iter().any(told)
    }
}

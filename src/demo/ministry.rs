//! The state of the demo ministry: its articles and their order.
//!
//! Pure: no socket, no clock. The renderers ([`super::liferay`], [`super::portal`]) read it,
//! [`super::edit`] changes it, [`super::expected`] tells its truth.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, Utc};

use super::article::{DemoArticle, Platform};
use super::{generate, seeds, text};

/// All articles with their order in sections and categories.
#[derive(Debug, Clone)]
pub struct Ministry {
    seed: u64,
    articles: BTreeMap<u64, DemoArticle>,
    slugs: HashMap<String, u64>,
    aids: HashMap<u64, u64>,
    pages: HashMap<String, Vec<u64>>,
    categories: HashMap<u32, Vec<u64>>,
    noise: u64,
}

impl Ministry {
    /// `count` generated articles of `seed`, and the two seed pages beside them.
    pub fn new(seed: u64, count: usize) -> Self {
        let mut ministry = Self {
            seed,
            articles: BTreeMap::new(),
            slugs: HashMap::new(),
            aids: HashMap::new(),
            pages: HashMap::new(),
            categories: HashMap::new(),
            noise: 0,
        };
        let count = u64::try_from(count).unwrap_or(0);
        for article in seeds::articles(count + 1) {
            ministry.insert(article);
        }
        // Oldest first: of two equal titles the later article gets the numbered slug.
        for number in (1..=count).rev() {
            ministry.insert(generate::article(seed, number, newest_published()));
        }
        ministry.reorder();
        ministry
    }

    /// Changes what is no content: the `t=` of files, the hosts of thumbnails, the links under
    /// "Tin liên quan" and the visitor counter.
    pub fn touch_noise(&mut self) {
        self.noise += 1;
    }

    /// How often [`Self::touch_noise`] was called.
    pub fn noise(&self) -> u64 {
        self.noise
    }

    /// The article of a key such as `demo:liferay:SLUG` or `demo:portal:AID`, missing ones
    /// included.
    pub fn article(&self, key: &str) -> Option<&DemoArticle> {
        self.articles.get(&self.number_of(key)?)
    }

    /// The article of a slug, missing ones included.
    pub(super) fn by_slug(&self, slug: &str) -> Option<&DemoArticle> {
        self.articles.get(self.slugs.get(slug)?)
    }

    /// The article of a portal id, missing ones included.
    pub(super) fn by_aid(&self, aid: u64) -> Option<&DemoArticle> {
        self.articles.get(self.aids.get(&aid)?)
    }

    /// What a section lists, newest first.
    pub(super) fn in_section(&self, page: &str) -> impl Iterator<Item = &DemoArticle> {
        self.listed(self.pages.get(page))
    }

    /// How many articles a section lists.
    pub(super) fn section_len(&self, page: &str) -> usize {
        self.pages.get(page).map_or(0, Vec::len)
    }

    /// What a category lists, newest first.
    pub(super) fn in_category(&self, id: u32) -> impl Iterator<Item = &DemoArticle> {
        self.listed(self.categories.get(&id))
    }

    /// All articles that are not missing.
    pub(super) fn present(&self) -> impl Iterator<Item = &DemoArticle> {
        self.articles
            .values()
            .filter(|article| article.gone.is_none())
    }

    fn listed(&self, numbers: Option<&Vec<u64>>) -> impl Iterator<Item = &DemoArticle> {
        numbers
            .into_iter()
            .flatten()
            .filter_map(|number| self.articles.get(number))
    }

    /// The article's number inside the ministry, missing ones included.
    pub(super) fn number_of(&self, key: &str) -> Option<u64> {
        let number = if let Some(slug) = key.strip_prefix("demo:liferay:") {
            self.slugs.get(slug)
        } else {
            let aid = key.strip_prefix("demo:portal:")?;
            self.aids.get(&aid.parse().ok()?)
        };
        number.copied()
    }

    pub(super) fn by_number(&self, number: u64) -> Option<&DemoArticle> {
        self.articles.get(&number)
    }

    /// For a change; [`Self::reorder`] must follow.
    pub(super) fn by_number_mut(&mut self, number: u64) -> Option<&mut DemoArticle> {
        self.articles.get_mut(&number)
    }

    /// The article that the generator makes of the next free number.
    pub(super) fn next_generated(&self) -> DemoArticle {
        generate::article(self.seed, self.next_number(), newest_published())
    }

    /// A number that no article has.
    pub(super) fn next_number(&self) -> u64 {
        self.articles.keys().next_back().map_or(1, |last| last + 1)
    }

    /// The time of a new article: now, or a minute after the newest, whichever is later.
    pub(super) fn next_published(&self, now: DateTime<Utc>) -> NaiveDateTime {
        let newest = self
            .articles
            .values()
            .map(|article| article.published)
            .max();
        let after = newest.map(|newest| newest + Duration::minutes(1));
        let now = text::to_local(now.naive_utc());
        after.map_or(now, |after| after.max(now))
    }

    /// The slug, or the slug with the first number that no other article has.
    pub(super) fn free_slug(&self, slug: &str) -> String {
        if !self.slugs.contains_key(slug) {
            return slug.to_owned();
        }
        (1_u64..)
            .map(|number| format!("{slug}-{number}"))
            .find(|numbered| !self.slugs.contains_key(numbered))
            .unwrap_or_default()
    }

    /// Takes an article in and sees that its slug is free; [`Self::reorder`] must follow.
    pub(super) fn insert(&mut self, mut article: DemoArticle) {
        if let Some(place) = &mut article.liferay {
            place.slug = self.free_slug(&place.slug);
            self.slugs.insert(place.slug.clone(), article.number);
        }
        self.articles.insert(article.number, article);
    }

    /// Makes all look-up tables again.
    pub(super) fn reorder(&mut self) {
        self.slugs.clear();
        self.aids.clear();
        self.pages.clear();
        self.categories.clear();
        let mut newest_first: Vec<&DemoArticle> = self.articles.values().collect();
        newest_first.sort_by_key(|article| std::cmp::Reverse((article.published, article.number)));
        for article in newest_first {
            if let Some(place) = &article.liferay {
                self.slugs.insert(place.slug.clone(), article.number);
                for page in place.pages.iter().filter(|_| article.gone.is_none()) {
                    self.pages
                        .entry(page.clone())
                        .or_default()
                        .push(article.number);
                }
            }
            if let Some(place) = &article.portal {
                self.aids.insert(place.aid, article.number);
                for id in place.categories.iter().filter(|_| article.gone.is_none()) {
                    self.categories.entry(*id).or_default().push(article.number);
                }
            }
        }
    }
}

/// The key under which the archive knows the article on that half.
pub(super) fn key_of(article: &DemoArticle, platform: Platform) -> Option<String> {
    match platform {
        Platform::Liferay => article
            .liferay
            .as_ref()
            .map(|place| format!("demo:liferay:{}", place.slug)),
        Platform::Portal => article
            .portal
            .as_ref()
            .map(|place| format!("demo:portal:{}", place.aid)),
    }
}

/// When the newest generated article was published. A fixed day, so that the same seed gives the
/// same bytes on every day.
fn newest_published() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2026, 11, 20)
        .and_then(|day| day.and_hms_opt(16, 0, 0))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    #[test]
    fn sections_are_newest_first_and_complete() {
        let ministry = Ministry::new(1, 100);
        let listed: usize = places::SECTIONS
            .iter()
            .filter(|section| section.page != places::HIGHLIGHTS)
            .map(|section| ministry.section_len(section.page))
            .sum();
        assert_eq!(listed, 54, "52 generated and two seeds");
        let dates: Vec<_> = ministry
            .in_section("tin-tong-hop")
            .map(|article| article.published)
            .collect();
        assert!(dates.windows(2).all(|pair| pair[0] > pair[1]), "{dates:?}");
    }

    #[test]
    fn equal_titles_get_numbered_slugs() {
        // Articles 45 and 135 have the title that comes again and are on the Liferay half.
        let ministry = Ministry::new(1, 140);
        assert!(
            ministry
                .by_slug("thong-bao-lich-tiep-cong-dan-gia-lap-")
                .is_some()
        );
        assert!(
            ministry
                .by_slug("thong-bao-lich-tiep-cong-dan-gia-lap--1")
                .is_some()
        );
    }
}

//! The state of the demo ministry: its articles, and what an editor may do to them.
//!
//! Pure: no socket, and the time comes in with every edit. The renderers ([`super::liferay`],
//! [`super::portal`]) read it, [`super::Control`] changes it, [`super::expected`] tells its truth.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, Utc};

use super::article::{DemoArticle, Gone, LiferayPlace, Piece, Platform, PortalPlace, Run};
use super::{generate, places, seeds, text};

/// What an editor asked for and the ministry can not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// No article has this key.
    #[error("the demo ministry has no article {key}")]
    UnknownKey {
        /// The key asked for.
        key: String,
    },
    /// No section or category has this name.
    #[error("the {platform} half of the demo ministry has no section {section}")]
    UnknownSection {
        /// The half.
        platform: &'static str,
        /// The name asked for.
        section: String,
    },
}

impl EditError {
    /// What to do.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::UnknownKey { .. } => {
                "take a key from expected(), such as demo:liferay:SLUG or demo:portal:AID"
            }
            Self::UnknownSection { .. } => {
                "take a page name from SECTIONS or a category id from CATEGORIES"
            }
        }
    }
}

/// An article to add.
#[derive(Debug, Clone, PartialEq)]
pub struct NewArticle {
    /// The half that shows it.
    pub platform: Platform,
    /// Page name of a Liferay section, or id of a portal category.
    pub section: String,
    /// Headline.
    pub title: String,
    /// Lead.
    pub lead: Option<String>,
    /// Body.
    pub pieces: Vec<Piece>,
}

impl NewArticle {
    /// An article of plain paragraphs without a lead.
    pub fn plain(platform: Platform, section: &str, title: &str, paragraphs: &[&str]) -> Self {
        let paragraph = |text: &&str| Piece::Paragraph(vec![Run::Text((*text).to_owned())]);
        Self {
            platform,
            section: section.to_owned(),
            title: title.to_owned(),
            lead: None,
            pieces: paragraphs.iter().map(paragraph).collect(),
        }
    }
}

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

    /// Adds an article, published now or a minute after the newest, whichever is later. Returns
    /// its key.
    ///
    /// # Errors
    /// [`EditError::UnknownSection`].
    pub fn add(&mut self, new: NewArticle, now: DateTime<Utc>) -> Result<String, EditError> {
        let number = self.next_number();
        let unknown = || EditError::UnknownSection {
            platform: new.platform.as_str(),
            section: new.section.clone(),
        };
        let mut article = DemoArticle {
            number,
            title: new.title.clone(),
            lead: new.lead.clone(),
            published: self.next_published(now),
            pieces: new.pieces.clone(),
            source: None,
            related: Vec::new(),
            liferay: None,
            portal: None,
            changed: now,
            gone: None,
        };
        match new.platform {
            Platform::Liferay => {
                let section = places::section(&new.section).ok_or_else(unknown)?;
                article.liferay = Some(LiferayPlace {
                    slug: text::slug_of(&new.title),
                    pages: vec![section.page.to_owned()],
                    foreign_links: false,
                });
            }
            Platform::Portal => {
                let id = new.section.parse().map_err(|_| unknown())?;
                let category = places::category(id).ok_or_else(unknown)?;
                article.portal = Some(PortalPlace {
                    aid: generate::aid_of(number),
                    categories: vec![category.id],
                });
            }
        }
        self.insert(article);
        self.reorder();
        let article = self.articles.get(&number);
        Ok(article
            .and_then(|article| key_of(article, new.platform))
            .unwrap_or_default())
    }

    /// Changes an article in any way and marks it as changed now.
    ///
    /// # Errors
    /// [`EditError::UnknownKey`].
    pub fn edit(
        &mut self,
        key: &str,
        now: DateTime<Utc>,
        change: impl FnOnce(&mut DemoArticle),
    ) -> Result<(), EditError> {
        let number = self.number_of(key)?;
        if let Some(article) = self.articles.get_mut(&number) {
            change(article);
            article.changed = now;
        }
        self.reorder();
        Ok(())
    }

    /// Takes an article off all listings; its page then is missing in the way of `gone`.
    ///
    /// # Errors
    /// [`EditError::UnknownKey`].
    pub fn delete(&mut self, key: &str, gone: Gone, now: DateTime<Utc>) -> Result<(), EditError> {
        self.edit(key, now, |article| article.gone = Some(gone))
    }

    /// Brings a deleted article back.
    ///
    /// # Errors
    /// [`EditError::UnknownKey`].
    pub fn restore(&mut self, key: &str, now: DateTime<Utc>) -> Result<(), EditError> {
        self.edit(key, now, |article| article.gone = None)
    }

    /// Gives an article a new title. On the Liferay half it gets the new title's slug too, and the
    /// old address answers 404 from now on. Returns the key that it has now.
    ///
    /// # Errors
    /// [`EditError::UnknownKey`].
    pub fn rename(
        &mut self,
        key: &str,
        title: &str,
        now: DateTime<Utc>,
    ) -> Result<String, EditError> {
        let number = self.number_of(key)?;
        let slug = self.free_slug(&text::slug_of(title));
        self.edit(key, now, |article| {
            article.title = title.to_owned();
            if let Some(place) = &mut article.liferay {
                place.slug = slug;
            }
        })?;
        let platform = if key.starts_with("demo:portal:") {
            Platform::Portal
        } else {
            Platform::Liferay
        };
        let article = self.articles.get(&number);
        Ok(article
            .and_then(|article| key_of(article, platform))
            .unwrap_or_default())
    }

    /// Puts `count` generated articles on top of a section, so that every other item moves down
    /// (page drift). Returns their keys, oldest first.
    ///
    /// # Errors
    /// [`EditError::UnknownSection`].
    pub fn shift(
        &mut self,
        platform: Platform,
        section: &str,
        count: usize,
        now: DateTime<Utc>,
    ) -> Result<Vec<String>, EditError> {
        let mut keys = Vec::new();
        for _ in 0..count {
            let model = generate::article(self.seed, self.next_number(), newest_published());
            keys.push(self.add(
                NewArticle {
                    platform,
                    section: section.to_owned(),
                    title: model.title,
                    lead: model.lead,
                    pieces: model.pieces,
                },
                now,
            )?);
        }
        Ok(keys)
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
        self.articles.get(&self.number_of(key).ok()?)
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

    fn number_of(&self, key: &str) -> Result<u64, EditError> {
        let number = if let Some(slug) = key.strip_prefix("demo:liferay:") {
            self.slugs.get(slug)
        } else if let Some(aid) = key.strip_prefix("demo:portal:") {
            aid.parse().ok().and_then(|aid: u64| self.aids.get(&aid))
        } else {
            None
        };
        number.copied().ok_or_else(|| EditError::UnknownKey {
            key: key.to_owned(),
        })
    }

    fn next_number(&self) -> u64 {
        self.articles.keys().next_back().map_or(1, |last| last + 1)
    }

    fn next_published(&self, now: DateTime<Utc>) -> NaiveDateTime {
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
    fn free_slug(&self, slug: &str) -> String {
        if !self.slugs.contains_key(slug) {
            return slug.to_owned();
        }
        (1_u64..)
            .map(|number| format!("{slug}-{number}"))
            .find(|numbered| !self.slugs.contains_key(numbered))
            .unwrap_or_default()
    }

    fn insert(&mut self, mut article: DemoArticle) {
        if let Some(place) = &mut article.liferay {
            place.slug = self.free_slug(&place.slug);
            self.slugs.insert(place.slug.clone(), article.number);
        }
        self.articles.insert(article.number, article);
    }

    /// Makes all look-up tables again.
    fn reorder(&mut self) {
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
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-22T01:02:03Z".parse().unwrap()
    }

    fn keys(ministry: &Ministry) -> Vec<String> {
        let listed = ministry.in_section("tin-tong-hop");
        listed
            .filter_map(|article| key_of(article, Platform::Liferay))
            .collect()
    }

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

    #[test]
    fn an_added_article_is_on_top() {
        let mut ministry = Ministry::new(1, 10);
        let new = NewArticle::plain(
            Platform::Liferay,
            "tin-tong-hop",
            "Tin mới (giả lập)",
            &["a"],
        );
        let key = ministry.add(new, now()).unwrap();
        assert_eq!(key, "demo:liferay:tin-moi-gia-lap-");
        assert_eq!(keys(&ministry)[0], key);
        let nowhere = NewArticle::plain(Platform::Portal, "1", "x", &[]);
        assert_eq!(
            ministry.add(nowhere, now()).unwrap_err().to_string(),
            "the portal half of the demo ministry has no section 1"
        );
    }

    #[test]
    fn a_renamed_article_has_a_new_slug_and_no_old_one() {
        let mut ministry = Ministry::new(1, 10);
        let old = keys(&ministry)[0].clone();
        let new = ministry.rename(&old, "Đổi tên (giả lập)", now()).unwrap();
        assert_eq!(new, "demo:liferay:oi-ten-gia-lap-");
        assert!(ministry.article(&old).is_none());
        assert_eq!(ministry.article(&new).unwrap().title, "Đổi tên (giả lập)");
        assert!(ministry.rename(&old, "x", now()).is_err());
    }

    #[test]
    fn a_deleted_article_leaves_its_listing_and_may_come_back() {
        let mut ministry = Ministry::new(1, 10);
        let before = keys(&ministry);
        let key = before[0].clone();
        ministry.delete(&key, Gone::NotFound, now()).unwrap();
        assert_eq!(keys(&ministry), before[1..]);
        assert_eq!(ministry.article(&key).unwrap().gone, Some(Gone::NotFound));
        ministry.restore(&key, now()).unwrap();
        assert_eq!(keys(&ministry), before);
    }

    #[test]
    fn shifting_moves_every_item_down() {
        let mut ministry = Ministry::new(1, 10);
        let before = keys(&ministry);
        let added = ministry
            .shift(Platform::Liferay, "tin-tong-hop", 3, now())
            .unwrap();
        let after = keys(&ministry);
        assert_eq!(after[3..], before);
        assert!(after[..3].iter().rev().eq(&added));
    }
}

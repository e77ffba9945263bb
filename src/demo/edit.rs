//! What an editor may do to the demo ministry. Pure: the time comes in with every edit.

use chrono::{DateTime, Utc};

use super::article::{DemoArticle, Gone, LiferayPlace, Piece, Platform, PortalPlace, Run};
use super::ministry::{Ministry, key_of};
use super::{generate, places, text};

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

impl Ministry {
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
        let article = self.by_number(number);
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
        let number = self.known(key)?;
        if let Some(article) = self.by_number_mut(number) {
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
        let number = self.known(key)?;
        let slug = self.free_slug(&text::slug_of(title));
        self.edit(key, now, |article| {
            article.title = title.to_owned();
            if let Some(place) = &mut article.liferay {
                place.slug = slug;
            }
        })?;
        let article = self.by_number(number);
        Ok(article
            .and_then(|article| key_of(article, Platform::of_key(key)))
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
            let model = self.next_generated();
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

    fn known(&self, key: &str) -> Result<u64, EditError> {
        self.number_of(key).ok_or_else(|| EditError::UnknownKey {
            key: key.to_owned(),
        })
    }
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

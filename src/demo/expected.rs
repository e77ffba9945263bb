//! The truth about the demo ministry in the words of records, for tests to compare with.
//!
//! It is made from the articles alone and has never been through HTML, so that it can not share a
//! mistake with the extractor.

use chrono::NaiveDateTime;

use crate::model::Block;

use super::article::{DemoArticle, Piece, Platform, Run};
use super::ministry::{Ministry, key_of};
use super::{body, places, text};

/// What a record of one article on one half should say.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// `demo:liferay:{slug}` or `demo:portal:{aid}`.
    pub key: String,
    /// Half.
    pub platform: Platform,
    /// Its address on its home section's page with that page's own instance; on the portal half
    /// the shell page with its home category.
    pub url: String,
    /// Page names or category ids of the listings that show it, sorted.
    pub sections: Vec<String>,
    /// Headline.
    pub title: String,
    /// Lead.
    pub lead: Option<String>,
    /// Vietnam's wall clock.
    pub published: NaiveDateTime,
    /// The stamp as its page (or the detail answer) prints it.
    pub published_raw: String,
    /// The stamp as its listing prints it, without the abstract glued to it.
    pub listing_raw: String,
    /// The abstract of its listing.
    pub summary: String,
    /// The abstract ends in three dots that are not the lead's.
    pub summary_cut: bool,
    /// Body without the places of pictures. Bold lines are headings without a level.
    pub blocks: Vec<Block>,
    /// Pictures in page order.
    pub images: Vec<ExpectedImage>,
    /// Lines that offer a file: address (none where the link is lost) and words. Each is a
    /// paragraph of `blocks` too.
    pub attachments: Vec<(Option<String>, String)>,
    /// Links inside paragraphs: address and words.
    pub links: Vec<(String, String)>,
    /// Titles under "Tin liên quan", dash dropped.
    pub related: Vec<String>,
    /// The source line as printed. It is no block.
    pub source: Option<String>,
}

/// What a record should say of one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedImage {
    /// Absolute address as printed.
    pub url: String,
    /// Alternative text; an empty one is none.
    pub alt: Option<String>,
    /// Caption without credit.
    pub caption: Option<String>,
    /// Credit without the word before it.
    pub credit: Option<String>,
    /// The caption line as printed.
    pub caption_raw: Option<String>,
    /// Blocks other than pictures before it.
    pub after_block: usize,
}

impl Expected {
    /// The texts of all paragraphs.
    pub fn paragraphs(&self) -> Vec<&str> {
        self.blocks
            .iter()
            .filter_map(|block| match block {
                Block::Paragraph { text } => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }
}

impl Ministry {
    /// What records should say, one for each half that shows an article, in the order of keys.
    /// Deleted articles are left out.
    pub fn expected(&self) -> Vec<Expected> {
        let mut all: Vec<Expected> = self
            .present()
            .flat_map(|article| {
                [Platform::Liferay, Platform::Portal]
                    .into_iter()
                    .filter_map(|platform| self.expect(article, platform))
            })
            .collect();
        all.sort_by(|one, other| one.key.cmp(&other.key));
        all
    }

    /// What the record of that key should say; none for unknown keys and deleted articles.
    pub fn expected_of(&self, key: &str) -> Option<Expected> {
        let article = self.article(key).filter(|article| article.gone.is_none())?;
        self.expect(article, Platform::of_key(key))
    }

    fn expect(&self, article: &DemoArticle, platform: Platform) -> Option<Expected> {
        let key = key_of(article, platform)?;
        let (url, mut sections) = place_of(article, platform)?;
        sections.sort();
        let (summary, summary_cut) = summary_of(article, platform);
        let mut expected = Expected {
            key,
            platform,
            url,
            sections,
            title: article.title.clone(),
            lead: article.lead.clone(),
            published: article.published,
            published_raw: match platform {
                Platform::Liferay => text::article_stamp(article.published),
                Platform::Portal => text::portal_stamp(article.published),
            },
            listing_raw: match platform {
                Platform::Liferay => text::listing_stamp(article.published),
                Platform::Portal => text::portal_stamp(article.published),
            },
            summary,
            summary_cut,
            blocks: Vec::new(),
            images: Vec::new(),
            attachments: Vec::new(),
            links: Vec::new(),
            related: match platform {
                Platform::Liferay => self.related_titles(article),
                Platform::Portal => Vec::new(),
            },
            source: article.source.clone(),
        };
        for piece in &article.pieces {
            add_piece(&mut expected, piece, self.noise());
        }
        Some(expected)
    }

    /// The titles under "Tin liên quan" of an article's Liferay page.
    pub(super) fn related_titles(&self, article: &DemoArticle) -> Vec<String> {
        if article.related.is_empty() {
            self.related(article)
                .into_iter()
                .map(|other| other.title.clone())
                .collect()
        } else {
            article.related.clone()
        }
    }

    /// Five other articles of the home section, which move with the noise. The platform takes the
    /// newest, however old the article is.
    pub(super) fn related<'a>(&'a self, article: &DemoArticle) -> Vec<&'a DemoArticle> {
        let home = article
            .liferay
            .as_ref()
            .and_then(|place| place.pages.first());
        let start = usize::try_from(self.noise()).unwrap_or(0);
        self.in_section(home.map_or("", String::as_str))
            .filter(|other| other.number != article.number)
            .skip(start % 7)
            .take(5)
            .collect()
    }
}

/// What a listing prints of an article: its lead, else its first paragraph, cut by Liferay.
pub(super) fn summary_of(article: &DemoArticle, platform: Platform) -> (String, bool) {
    let first = article.pieces.iter().find_map(|piece| match piece {
        Piece::Paragraph(runs) => Some(words_of(runs)),
        _ => None,
    });
    match (platform, &article.lead) {
        (Platform::Liferay, lead) => text::abstract_of(&lead.clone().or(first).unwrap_or_default()),
        (Platform::Portal, lead) => (lead.clone().unwrap_or_default(), false),
    }
}

fn place_of(article: &DemoArticle, platform: Platform) -> Option<(String, Vec<String>)> {
    match platform {
        Platform::Liferay => {
            let place = article.liferay.as_ref()?;
            let home = places::section(place.pages.first()?)?;
            let url = places::liferay_url("", home.page, home.instance, &place.slug);
            Some((url, place.pages.clone()))
        }
        Platform::Portal => {
            let place = article.portal.as_ref()?;
            let url = places::portal_url(place.aid, *place.categories.first()?);
            Some((url, place.categories.iter().map(u32::to_string).collect()))
        }
    }
}

fn words_of(runs: &[Run]) -> String {
    runs.iter()
        .map(|run| match run {
            Run::Text(text) | Run::Strong(text) | Run::Link { text, .. } => text.as_str(),
        })
        .collect()
}

fn add_piece(expected: &mut Expected, piece: &Piece, noise: u64) {
    let block = match piece {
        Piece::Paragraph(runs) => {
            for run in runs {
                if let Run::Link { url, text } = run {
                    expected.links.push((url.clone(), text.clone()));
                }
            }
            Block::Paragraph {
                text: words_of(runs),
            }
        }
        Piece::Heading { level, text } => Block::Heading {
            text: text.clone(),
            level: Some(*level),
        },
        Piece::BoldLine(text) => Block::Heading {
            text: text.clone(),
            level: None,
        },
        Piece::List { ordered, items } => Block::List {
            ordered: *ordered,
            items: items.clone(),
        },
        Piece::Table(rows) => Block::Table { rows: rows.clone() },
        Piece::Quote(text) => Block::Quote { text: text.clone() },
        Piece::Attachment(line) => {
            let href = body::file_href(line, expected.platform, noise);
            let url = href.map(|href| body::absolute(&href));
            expected.attachments.push((url, line.label.clone()));
            Block::Paragraph {
                text: line.label.clone(),
            }
        }
        Piece::Frame(_) => Block::Embed {
            position: 1 + embeds_in(&expected.blocks),
        },
        Piece::Photo(photo) => {
            let src = body::photo_src(photo, expected.platform, noise);
            expected.images.push(ExpectedImage {
                url: body::absolute(&src),
                alt: body::alt_of(photo, &expected.title).filter(|alt| !alt.is_empty()),
                caption: photo.caption.clone(),
                credit: photo.credit.clone(),
                caption_raw: photo.line(),
                after_block: expected.blocks.len(),
            });
            return;
        }
        Piece::RelatedBox(_) => return,
    };
    expected.blocks.push(block);
}

fn embeds_in(blocks: &[Block]) -> usize {
    blocks
        .iter()
        .filter(|block| matches!(block, Block::Embed { .. }))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_of_2023_is_told_by_hand() {
        let ministry = Ministry::new(1, 4);
        let seed = ministry
            .expected()
            .into_iter()
            .find(|expected| expected.published_raw == "17/06/2023 | 21:00 PM")
            .unwrap();
        assert_eq!(
            seed.key,
            "demo:liferay:hoi-nghi-huong-dan-cong-tac-truyen-thong-cung-cap-thong-tin-y-te-va-trien\
             -khai-quy-che-phat-ngon-cua-bo-y-te"
        );
        assert_eq!(seed.listing_raw, "Thứ Bẩy, ngày 17/06/2023 14:00");
        assert_eq!(seed.paragraphs().len(), 6);
        assert_eq!(seed.images.len(), 4);
        let third = &seed.images[2];
        assert_eq!(
            (
                third.alt.as_deref(),
                third.credit.as_deref(),
                third.after_block
            ),
            (None, None, 5)
        );
        assert!(
            seed.images[3]
                .alt
                .as_deref()
                .unwrap()
                .ends_with(" - Ảnh 4.")
        );
        assert_eq!(
            seed.images[0].caption_raw.as_deref(),
            Some("Thứ trưởng Lê Đức Luận phát biểu tại Hội nghị. Ảnh: K.V")
        );
        assert_eq!(seed.source.as_deref(), Some("Theo: Suckhoedoisong.vn"));
    }

    #[test]
    fn the_seed_of_2022_keeps_its_related_titles_and_its_lost_link() {
        let mut ministry = Ministry::new(1, 40);
        let seed = |ministry: &Ministry| {
            let mut all = ministry.expected().into_iter();
            all.find(|expected| expected.published_raw == "18/11/2022 | 10:30 AM")
                .unwrap()
        };
        let before = seed(&ministry);
        assert_eq!(before.related.len(), 7);
        assert_eq!(before.attachments.len(), 1);
        assert_eq!(before.attachments[0].0, None);
        assert_eq!(before.links.len(), 1);
        ministry.touch_noise();
        assert_eq!(seed(&ministry), before);
    }

    #[test]
    fn noise_moves_related_titles_and_addresses_only() {
        let mut ministry = Ministry::new(1, 60);
        let before = ministry.expected();
        ministry.touch_noise();
        let after = ministry.expected();
        assert_ne!(before, after);
        for (mut one, mut other) in before.into_iter().zip(after) {
            for expected in [&mut one, &mut other] {
                expected.related.clear();
                expected
                    .images
                    .iter_mut()
                    .for_each(|image| image.url.clear());
                expected
                    .attachments
                    .iter_mut()
                    .for_each(|(url, _)| *url = None);
            }
            assert_eq!(one, other);
        }
    }
}

//! Articles from a seed number and an article number: the same two numbers, the same article.
//!
//! Every title says that it is no news ("giả lập"), and nobody in it lives.

use chrono::{Duration, NaiveDateTime, TimeZone, Utc};

use super::article::{
    DemoArticle, FileLine, LiferayPlace, Photo, PhotoStyle, Piece, PortalPlace, Run,
};
use super::places::{CATEGORIES, HIGHLIGHTS, PORTAL_HIGHLIGHTS, SECTIONS};
use super::random::Random;
use super::{text, words};

/// Minutes between two generated articles, so that every hour of the day occurs.
const STEP_MINUTES: i64 = 313;
/// At most this many minutes earlier, less than a step so that the order stays.
const JITTER_MINUTES: usize = 200;
/// Identity numbers of the portal half begin above this.
const FIRST_AID: u64 = 160_000;
/// One article in so many is on both halves.
const BOTH_EVERY: u64 = 25;
/// One title in so many is the one that comes again and again.
const SAME_TITLE_EVERY: u64 = 45;

/// Article `number` (from 1, the newest) of the ministry of `seed`. Odd numbers live on the
/// Liferay half, even ones on the portal half, every 25th on both.
pub(super) fn article(seed: u64, number: u64, newest: NaiveDateTime) -> DemoArticle {
    let mut random = Random::new(seed.wrapping_mul(0x1_0000_0001).wrapping_add(number));
    let steps = i64::try_from(number.saturating_sub(1)).unwrap_or(0);
    let jitter = i64::try_from(random.below(JITTER_MINUTES)).unwrap_or(0);
    let published = newest
        .checked_sub_signed(Duration::minutes(
            steps.saturating_mul(STEP_MINUTES) + jitter,
        ))
        .unwrap_or(newest);
    let on_both = number.is_multiple_of(BOTH_EVERY);
    let on_portal = number.is_multiple_of(2);
    let facts = Facts::new(&mut random);
    let title = if number.is_multiple_of(SAME_TITLE_EVERY) {
        "Thông báo lịch tiếp công dân (giả lập)".to_owned()
    } else {
        facts.fill(random.pick(&words::TITLES))
    };
    let lead = (!random.once_in(12)).then(|| facts.fill(random.pick(&words::LEADS)));
    let source = random
        .once_in(5)
        .then(|| random.pick(&words::SOURCES).to_owned());
    DemoArticle {
        number,
        lead,
        published,
        pieces: pieces(&mut random, source.is_some()),
        source,
        related: Vec::new(),
        liferay: (on_both || !on_portal).then(|| liferay_place(&title, &mut random)),
        portal: (on_both || on_portal).then(|| portal_place(number, &mut random)),
        changed: Utc.from_utc_datetime(&text::to_utc(published)),
        gone: None,
        title,
    }
}

fn liferay_place(title: &str, random: &mut Random) -> LiferayPlace {
    let homes: Vec<&'static str> = SECTIONS
        .iter()
        .map(|section| section.page)
        .filter(|page| *page != HIGHLIGHTS)
        .collect();
    let mut pages = vec![random.pick(&homes).to_owned()];
    if random.once_in(6) {
        pages.push(HIGHLIGHTS.to_owned());
    }
    LiferayPlace {
        slug: text::slug_of(title),
        pages,
        foreign_links: random.once_in(12),
    }
}

fn portal_place(number: u64, random: &mut Random) -> PortalPlace {
    let homes: Vec<u32> = CATEGORIES
        .iter()
        .map(|category| category.id)
        .filter(|id| *id != PORTAL_HIGHLIGHTS)
        .collect();
    let home = homes.get(random.below(homes.len())).copied();
    let mut categories = vec![home.unwrap_or(PORTAL_HIGHLIGHTS)];
    if random.once_in(6) {
        categories.push(PORTAL_HIGHLIGHTS);
    }
    PortalPlace {
        aid: aid_of(number),
        categories,
    }
}

/// The portal half's identity number of an article.
pub(super) fn aid_of(number: u64) -> u64 {
    FIRST_AID + number
}

/// The body: paragraphs, and at every third or so place something else.
fn pieces(random: &mut Random, is_reprint: bool) -> Vec<Piece> {
    let mut pieces = vec![paragraph(random)];
    let mut photos = 0;
    for _ in 0..3 + random.below(5) {
        match random.below(13) {
            0 => pieces.push(Piece::Heading {
                level: 2 + u8::from(random.once_in(3)),
                text: filled(random, &words::HEADINGS),
            }),
            1 => pieces.push(Piece::BoldLine(filled(random, &words::HEADINGS))),
            2 => pieces.push(Piece::List {
                ordered: random.once_in(2),
                items: (0..3).map(|_| filled(random, &words::SENTENCES)).collect(),
            }),
            3 => pieces.push(table(random)),
            4 => pieces.push(Piece::Quote(filled(random, &words::SENTENCES))),
            5..=8 => {
                photos += 1;
                pieces.push(Piece::Photo(photo(random, is_reprint.then_some(photos))));
            }
            9 if is_reprint => pieces.push(Piece::RelatedBox(filled(random, &words::TITLES))),
            10 => pieces.push(file(random)),
            11 => pieces.push(Piece::Frame(format!(
                "https://video.khotin.test/embed/{}",
                random.uuid()
            ))),
            12 => pieces.push(linked_paragraph(random)),
            _ => {}
        }
        pieces.push(paragraph(random));
    }
    pieces
}

fn paragraph(random: &mut Random) -> Piece {
    let sentences: Vec<String> = (0..2 + random.below(4))
        .map(|_| filled(random, &words::SENTENCES))
        .collect();
    let text = sentences.join(" ");
    if random.once_in(9) {
        let house = random.pick(&words::HOUSES);
        return Piece::Paragraph(vec![
            Run::Strong(format!("{house}:")),
            Run::Text(format!(" {text}")),
        ]);
    }
    Piece::Paragraph(vec![Run::Text(text)])
}

fn linked_paragraph(random: &mut Random) -> Piece {
    Piece::Paragraph(vec![
        Run::Text("Xem thêm tại ".to_owned()),
        Run::Link {
            url: format!(
                "https://tailieu.khotin.test/?id={}&lang=vi",
                random.below(9_000)
            ),
            text: random.pick(&words::HOUSES).to_owned(),
        },
        Run::Text(".".to_owned()),
    ])
}

fn table(random: &mut Random) -> Piece {
    let mut rows = vec![vec![
        "Đơn vị".to_owned(),
        "Số lượng".to_owned(),
        "Tỷ lệ".to_owned(),
    ]];
    for place in words::PLACES.iter().take(2 + random.below(4)) {
        let count = 100 + random.below(9_000);
        rows.push(vec![
            (*place).to_owned(),
            count.to_string(),
            format!("{}%", count % 100),
        ]);
    }
    Piece::Table(rows)
}

fn photo(random: &mut Random, number: Option<u32>) -> Photo {
    let caption = (!random.once_in(5)).then(|| filled(random, &words::CAPTIONS));
    let credit = (caption.is_some() && random.once_in(2)).then(|| random.pick(&words::CREDITS));
    Photo {
        style: number.map_or(PhotoStyle::Own, |number| PhotoStyle::Editor(Some(number))),
        name: format!("16.6.2026+Anh+{}", random.below(10_000)),
        uuid: random.uuid(),
        caption,
        credit: credit.map(str::to_owned),
    }
}

fn file(random: &mut Random) -> Piece {
    let number = 100 + random.below(900);
    Piece::Attachment(FileLine {
        label: format!("Tải về Công văn số {number}/GL-VD (bản giả lập)"),
        file: Some((format!("CV+{number}+GL-VD.pdf"), random.uuid())),
    })
}

/// One of the patterns with facts of its own.
fn filled(random: &mut Random, patterns: &[&'static str]) -> String {
    let facts = Facts::new(random);
    facts.fill(random.pick(patterns))
}

/// What stands in a pattern's gaps.
struct Facts {
    gaps: [(&'static str, String); 7],
}

impl Facts {
    fn new(random: &mut Random) -> Self {
        Self {
            gaps: [
                ("{topic}", random.pick(&words::TOPICS).to_owned()),
                ("{place}", random.pick(&words::PLACES).to_owned()),
                ("{house}", random.pick(&words::HOUSES).to_owned()),
                ("{unit}", random.pick(&words::UNITS).to_owned()),
                ("{count}", (120 + random.below(9_000)).to_string()),
                ("{percent}", (31 + random.below(68)).to_string()),
                (
                    "{day}",
                    format!("{:02}/{:02}", 1 + random.below(28), 1 + random.below(12)),
                ),
            ],
        }
    }

    /// The pattern filled in, its first letter made a capital.
    fn fill(&self, pattern: &str) -> String {
        let mut text = pattern.to_owned();
        for (gap, word) in &self.gaps {
            text = text.replace(gap, word);
        }
        let mut letters = text.chars();
        match letters.next() {
            Some(first) => first.to_uppercase().chain(letters).collect(),
            None => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn newest() -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, 11, 20)
            .unwrap()
            .and_hms_opt(16, 0, 0)
            .unwrap()
    }

    #[test]
    fn the_same_numbers_give_the_same_article() {
        assert_eq!(article(1, 7, newest()), article(1, 7, newest()));
        assert_ne!(
            article(1, 7, newest()).pieces,
            article(2, 7, newest()).pieces
        );
        assert_ne!(
            article(1, 7, newest()).pieces,
            article(1, 8, newest()).pieces
        );
    }

    #[test]
    fn no_title_can_be_taken_for_news() {
        for number in 1..500 {
            let article = article(3, number, newest());
            assert!(
                article.title.to_lowercase().contains("giả lập"),
                "{}",
                article.title
            );
            assert!(!article.title.contains('{'), "{}", article.title);
        }
    }

    #[test]
    fn articles_grow_older_with_their_number() {
        let dates: Vec<_> = (1..300)
            .map(|n| article(1, n, newest()).published)
            .collect();
        assert!(dates.windows(2).all(|pair| pair[0] > pair[1]));
    }

    #[test]
    fn both_halves_are_full_and_some_articles_are_on_both() {
        let articles: Vec<_> = (1..=100).map(|n| article(1, n, newest())).collect();
        let liferay = articles
            .iter()
            .filter(|article| article.liferay.is_some())
            .count();
        let portal = articles
            .iter()
            .filter(|article| article.portal.is_some())
            .count();
        // 50 odd + 50 and 100; 50 even + 25 and 75
        assert_eq!((liferay, portal), (52, 52));
    }

    #[test]
    fn every_kind_of_piece_occurs() {
        let kinds: std::collections::HashSet<_> = (1..=300)
            .flat_map(|n| article(1, n, newest()).pieces)
            .map(|piece| std::mem::discriminant(&piece))
            .collect();
        assert_eq!(kinds.len(), 10);
    }
}

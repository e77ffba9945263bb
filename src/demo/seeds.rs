//! The two real articles that live in the demo ministry, from `seeds/*.txt`.
//!
//! Their words were captured as plain text from moh.gov.vn; markup and addresses are ours. One line
//! is one piece: its first word says what it is, the rest is its text.

use chrono::{NaiveDateTime, TimeZone, Utc};

use super::article::{DemoArticle, FileLine, LiferayPlace, Photo, PhotoStyle, Piece, Run};
use super::random::Random;
use super::text;

const SEEDS: [&str; 2] = [
    include_str!("seeds/2022-11-18.txt"),
    include_str!("seeds/2023-06-17.txt"),
];

/// Both seed articles, numbered from `first_number`. Listings link to them through a foreign
/// instance, as the captured pages were reached.
pub(super) fn articles(first_number: u64) -> Vec<DemoArticle> {
    SEEDS
        .iter()
        .zip(first_number..)
        .map(|(seed, number)| article(seed, number))
        .collect()
}

fn article(seed: &str, number: u64) -> DemoArticle {
    let mut random = Random::new(number);
    let mut article = DemoArticle {
        number,
        title: String::new(),
        lead: None,
        published: NaiveDateTime::default(),
        pieces: Vec::new(),
        source: None,
        related: Vec::new(),
        liferay: None,
        portal: None,
        changed: chrono::DateTime::UNIX_EPOCH,
        gone: None,
    };
    for line in seed.lines() {
        let (kind, rest) = line.split_once(' ').unwrap_or(("p", line));
        let rest = rest.to_owned();
        match kind {
            "title" => article.title = rest,
            "published" => {
                article.published =
                    NaiveDateTime::parse_from_str(&rest, "%d/%m/%Y | %H:%M").unwrap_or_default();
            }
            "lead" => article.lead = Some(rest),
            "bold" => article.pieces.push(Piece::BoldLine(rest)),
            "link" => article.pieces.push(Piece::Paragraph(vec![Run::Link {
                url: rest.clone(),
                text: rest,
            }])),
            "lost" => article.pieces.push(Piece::Attachment(FileLine {
                label: rest,
                file: None,
            })),
            "photo" => article.pieces.push(Piece::Photo(photo(&rest, &mut random))),
            "related" => article.related.push(rest),
            "source" => article.source = Some(rest),
            _ => article.pieces.push(Piece::Paragraph(vec![Run::Text(rest)])),
        }
    }
    article.changed = Utc.from_utc_datetime(&text::to_utc(article.published));
    article.liferay = Some(LiferayPlace {
        slug: text::slug_of(&article.title),
        pages: vec!["hoat-dong-cua-lanh-dao-bo".to_owned()],
        foreign_links: true,
    });
    article
}

/// `NUMBER CAPTION[ Ảnh: CREDIT]`, with `-` for a picture whose `TITLE - Ảnh N.` line is missing.
fn photo(line: &str, random: &mut Random) -> Photo {
    let (number, line) = line.split_once(' ').unwrap_or(("-", line));
    let (caption, credit) = match line.split_once(" Ảnh: ") {
        Some((caption, credit)) => (caption, Some(credit.to_owned())),
        None => (line, None),
    };
    Photo {
        style: PhotoStyle::Editor(number.parse().ok()),
        name: format!("hoi-nghi-{}", random.below(10_000)),
        uuid: random.uuid(),
        caption: Some(caption.to_owned()),
        credit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_seeds_are_whole() {
        let seeds = articles(1);
        let [campaign, conference] = seeds.as_slice() else {
            panic!("two seeds")
        };
        assert_eq!(
            campaign.title,
            "Tổng kết Chiến dịch truyền thông “Vì một Việt Nam vững vàng và khỏe mạnh”"
        );
        assert_eq!(campaign.published.to_string(), "2022-11-18 10:30:00");
        assert_eq!(campaign.related.len(), 7);
        assert_eq!(campaign.pieces.len(), 14);
        let bold = campaign
            .pieces
            .iter()
            .filter(|piece| matches!(piece, Piece::BoldLine(_)));
        assert_eq!(bold.count(), 2);

        assert_eq!(conference.published.to_string(), "2023-06-17 21:00:00");
        assert_eq!(
            conference.source.as_deref(),
            Some("Theo: Suckhoedoisong.vn")
        );
        let photos: Vec<_> = conference
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Photo(photo) => Some((photo.style, photo.credit.as_deref())),
                _ => None,
            })
            .collect();
        assert_eq!(
            photos,
            [
                (PhotoStyle::Editor(Some(1)), Some("K.V")),
                (PhotoStyle::Editor(Some(2)), Some("K.V")),
                (PhotoStyle::Editor(None), None),
                (PhotoStyle::Editor(Some(4)), None),
            ]
        );
    }
}

//! The fields of an article page.

use super::*;
use crate::model::{
    Attachment, Block, Content, DateFrom, FieldEvidence, Image, Link, RelatedDraft,
};

/// The content, categories, evidence and warnings of an article page read at [`LINK`].
fn article(draft: ArticleDraft) -> (Content, Vec<String>, evidence::EvidenceMap, Vec<Warning>) {
    let page = Page::Article {
        draft: Box::new(draft),
        listing: None,
    };
    let mut found = observations(&profile(), &capture(LINK), &read(page));
    assert_eq!(found.len(), 1);
    match found.remove(0).sighting {
        Sighting::Article {
            content,
            categories,
            evidence,
            warnings,
            ..
        } => (*content, categories, evidence, warnings),
        other => panic!("{other:?}"),
    }
}

fn missing(reason: &str) -> FieldEvidence {
    FieldEvidence::Missing {
        missing: reason.to_owned(),
    }
}

#[test]
fn fields_are_cleaned_and_every_null_has_its_reason() {
    let (content, _, evidence, warnings) = article(draft());
    assert_eq!(content.title.as_deref(), Some("Hội nghị"));
    let published = content.published.unwrap();
    assert_eq!(published.at, "2023-06-17T21:00:00+07:00");
    assert_eq!(
        (published.raw.as_str(), published.from),
        ("17/06/2023 | 21:00 PM", DateFrom::Article)
    );
    assert_eq!(
        evidence["title"],
        FieldEvidence::Found(field(" Hội\u{a0}nghị\n", "h3").unwrap().evidence)
    );
    let reasons: Vec<_> = evidence
        .iter()
        .filter_map(|(name, found)| match found {
            FieldEvidence::Missing { missing } => Some((name.as_str(), missing.as_str())),
            FieldEvidence::Found(_) => None,
        })
        .collect();
    assert_eq!(
        reasons,
        [
            ("author", "the profile has no rule for it"),
            ("blocks", "the page has no text"),
            ("categories", "its selector found nothing"),
            ("lead", "its selector found nothing"),
            ("source", "no line of the text is a source line"),
        ]
    );
    assert_eq!(warnings.len(), 1, "the reader's");
    assert_eq!(content.language.as_deref(), Some("vi"));

    let (content, _, evidence, warnings) = article(ArticleDraft {
        title: field("\u{200b}", "h3"),
        published: field("năm 2025", "p"),
        ..draft()
    });
    assert_eq!((content.title, content.published), (None, None));
    assert_eq!(evidence["title"], missing("`h3` found no text"));
    let reason = "`năm 2025` has none of the date shapes `DD/MM/YYYY | HH:mm AM`";
    assert_eq!(evidence["published"], missing(reason));
    assert_eq!(warnings[1], Warning::new("date_unread", reason));
}

#[test]
fn the_body_is_cleaned_block_by_block() {
    let text = || " a\u{a0} b \n c ".to_owned();
    let (content, ..) = article(ArticleDraft {
        blocks: vec![
            Block::Paragraph { text: text() },
            Block::Heading {
                text: text(),
                level: None,
            },
            Block::Quote { text: text() },
            Block::List {
                ordered: true,
                items: vec![text()],
            },
            Block::Table {
                rows: vec![vec![text(), String::new()]],
            },
            Block::Image { position: 1 },
        ],
        images: vec![Image {
            position: 1,
            alt: Some(" ".to_owned()),
            caption: Some(text()),
            credit: Some(" K.V".to_owned()),
            after_block: 5,
            ..Image::default()
        }],
        links: vec![Link {
            url: "https://a.vn/".to_owned(),
            text: text(),
        }],
        ..draft()
    });
    assert_eq!(
        content.blocks,
        [
            Block::Paragraph {
                text: "a b\nc".to_owned()
            },
            Block::Heading {
                text: "a b c".to_owned(),
                level: None
            },
            Block::Quote {
                text: "a b\nc".to_owned()
            },
            Block::List {
                ordered: true,
                items: vec!["a b c".to_owned()]
            },
            Block::Table {
                rows: vec![vec!["a b c".to_owned(), String::new()]]
            },
            Block::Image { position: 1 },
        ]
    );
    let image = &content.images[0];
    assert_eq!(
        (image.alt.as_deref(), image.caption.as_deref()),
        (None, Some("a b c"))
    );
    assert_eq!(
        (image.credit.as_deref(), image.after_block),
        (Some("K.V"), 5)
    );
    assert_eq!(content.links[0].text, "a b c");
}

#[test]
fn a_source_line_gives_a_name() {
    #[rustfmt::skip]
    let table = [
        // what, text, raw, name, is_reprint
        ("a line", "Theo: Suckhoedoisong.vn ", "Theo: Suckhoedoisong.vn", "Suckhoedoisong.vn", true),
        ("glued", "Nguồn:Suckhoedoisong.vn", "Nguồn:Suckhoedoisong.vn", "Suckhoedoisong.vn", true),
        ("the site itself", "Nguồn: MOH.gov.vn", "Nguồn: MOH.gov.vn", "MOH.gov.vn", false),
        ("a bare name", "Báo Mẫu", "Báo Mẫu", "Báo Mẫu", true),
    ];
    for (what, text, raw, name, is_reprint) in table {
        let (content, ..) = article(ArticleDraft {
            source: field(text, "p"),
            ..draft()
        });
        let source = content.source.expect(what);
        assert_eq!(
            (source.raw.as_str(), source.name.as_str()),
            (raw, name),
            "{what}"
        );
        assert_eq!(source.is_reprint, is_reprint, "{what}");
    }
    let mut cut = field("Báo Mẫu", "p a").unwrap();
    cut.evidence.raw = "Nguồn: Báo Mẫu".to_owned();
    let (content, ..) = article(ArticleDraft {
        source: Some(cut),
        ..draft()
    });
    let source = content.source.unwrap();
    assert_eq!(
        (source.raw.as_str(), source.name.as_str()),
        ("Nguồn: Báo Mẫu", "Báo Mẫu")
    );
}

#[test]
fn related_titles_lose_their_dash_and_get_their_key() {
    let line = |title: &str, url: Option<&str>| RelatedDraft {
        title: title.to_owned(),
        url: url.map(|url| Url::parse(url).unwrap()),
    };
    let (content, ..) = article(ArticleDraft {
        related: vec![
            line(" -\u{a0}Một - hai", Some(LINK)),
            line(" - ", None),
            line("Không gạch", Some("https://example.org/")),
        ],
        ..draft()
    });
    let found: Vec<_> = content
        .related
        .iter()
        .map(|r| {
            (
                r.position,
                r.title.as_str(),
                r.url.as_deref(),
                r.key.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (1, "Một - hai", Some(LINK), Some("moh:liferay:a-b")),
            (2, "Không gạch", Some("https://example.org/"), None),
        ]
    );
}

#[test]
fn a_file_has_the_media_type_of_its_ending() {
    #[rustfmt::skip]
    let table = [
        ("plain", Some("https://a.vn/x.pdf"), Some("application/pdf")),
        ("Liferay's id behind it", Some("https://a.vn/documents/1/0/Ke+hoach.PDF/0e1f-2a?t=1"), Some("application/pdf")),
        ("picture", Some("https://a.vn/x.JPEG"), Some("image/jpeg")),
        ("unknown", Some("https://a.vn/x.exe"), None),
        ("in the query only", Some("https://a.vn/x?f=y.pdf"), None),
        ("no ending", Some("https://1drv.ms/v/s"), None),
        ("lost", None, None),
    ];
    for (what, url, expected) in table {
        let (content, ..) = article(ArticleDraft {
            attachments: vec![Attachment {
                url: url.map(str::to_owned),
                label: " Tải ".to_owned(),
                media_type: None,
                archived: None,
            }],
            ..draft()
        });
        let file = &content.attachments[0];
        assert_eq!(
            (file.media_type.as_deref(), file.label.as_str()),
            (expected, "Tải"),
            "{what}"
        );
    }
}

#[test]
fn categories_are_split_and_each_once() {
    let (_, categories, ..) = article(ArticleDraft {
        categories: field(
            "Tin nổi bật (Tin tức);  Hoạt động ; Tin nổi bật (Tin tức);",
            ".cat",
        ),
        ..draft()
    });
    assert_eq!(categories, ["Tin nổi bật (Tin tức)", "Hoạt động"]);
}

//! Parts: what makes a version, in pieces that people compare. In: the [`Content`] of a version; out:
//! its parts, always the same ones in the same order, and the names of those that differ from
//! another's. Pure.

use super::digest::{members, without_time_stamp};
use crate::model::{Block, Content, Image};

/// The members of the digested object ([`super::digest`]) and the parts that show them.
const MEMBERS: [(&str, &str); 7] = [
    ("title", "title"),
    ("lead", "lead"),
    ("published", "published"),
    ("blocks", "text"),
    ("captions", "captions"),
    ("source", "source"),
    ("attachments", "attachments"),
];

/// One part of what makes a version, in pieces that can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// As in the record: `title`, `text`, `captions`.
    pub field: &'static str,
    /// Paragraphs, captions, files, one each.
    pub pieces: Vec<String>,
}

/// What makes a version, part by part, always the same parts in the same order.
pub fn parts(content: &Content) -> Vec<Part> {
    let part = |field, pieces| Part { field, pieces };
    let one = |text: &Option<String>| text.iter().cloned().collect();
    let published = content
        .published
        .iter()
        .map(|published| published.at.clone());
    let source = content.source.iter().map(|source| match &source.url {
        Some(url) => format!("{} ({url})", source.raw),
        None => source.raw.clone(),
    });
    let files = content.attachments.iter().map(|file| match &file.url {
        Some(url) => format!("{} ({})", file.label, without_time_stamp(url)),
        None => file.label.clone(),
    });
    vec![
        part("title", one(&content.title)),
        part("lead", one(&content.lead)),
        part("published", published.collect()),
        part("text", content.blocks.iter().map(block).collect()),
        part("captions", content.images.iter().map(caption).collect()),
        part("source", source.collect()),
        part("attachments", files.collect()),
    ]
}

fn block(block: &Block) -> String {
    match block {
        Block::Paragraph { text } => text.clone(),
        Block::Heading { text, level } => {
            let marks = level.map_or(String::new(), |level| level.to_string());
            format!("#{marks} {text}")
        }
        Block::Quote { text } => format!("> {text}"),
        Block::List { ordered, items } => {
            let mark = if *ordered { "+" } else { "-" };
            let lines: Vec<String> = items.iter().map(|item| format!("{mark} {item}")).collect();
            lines.join("\n")
        }
        Block::Table { rows } => {
            let lines: Vec<String> = rows.iter().map(|row| row.join(" | ")).collect();
            lines.join("\n")
        }
        Block::Image { position } => format!("[image {position}]"),
        Block::Embed { position } => format!("[embed {position}]"),
    }
}

fn caption(image: &Image) -> String {
    let credit = image.credit.iter().map(|credit| format!("[{credit}]"));
    let words: Vec<String> = image.caption.iter().cloned().chain(credit).collect();
    words.join(" ")
}

/// The parts that are not the same, by their names in [`parts`]: none exactly if the content digests are
/// equal.
pub fn changed(before: &Content, after: &Content) -> Vec<&'static str> {
    let (before, after) = (members(before), members(after));
    let differing = MEMBERS
        .iter()
        .filter(|(member, _)| before.get(member) != after.get(member));
    differing.map(|(_, field)| *field).collect()
}

#[cfg(test)]
mod tests {
    use super::super::digest::content_digest;
    use super::*;
    use crate::model::{Attachment, Source};

    fn content() -> Content {
        Content {
            title: Some("Hội nghị".to_owned()),
            blocks: vec![
                Block::Heading {
                    text: "Mục".to_owned(),
                    level: Some(2),
                },
                Block::List {
                    ordered: true,
                    items: vec!["một".to_owned(), "hai".to_owned()],
                },
                Block::Image { position: 1 },
            ],
            images: vec![Image {
                position: 1,
                caption: Some("Thứ trưởng".to_owned()),
                credit: Some("K.V".to_owned()),
                ..Image::default()
            }],
            attachments: vec![Attachment {
                url: Some("https://a.vn/x.pdf?t=1".to_owned()),
                label: "Tệp".to_owned(),
                media_type: None,
                archived: None,
            }],
            ..Content::default()
        }
    }

    #[test]
    fn parts_are_lines_for_people() {
        let parts = parts(&content());
        let text = |field: &str| {
            let part = parts.iter().find(|part| part.field == field).unwrap();
            part.pieces.clone()
        };
        assert_eq!(text("title"), ["Hội nghị"]);
        assert_eq!(text("lead"), [""; 0]);
        assert_eq!(text("text"), ["#2 Mục", "+ một\n+ hai", "[image 1]"]);
        assert_eq!(text("captions"), ["Thứ trưởng [K.V]"]);
        assert_eq!(text("attachments"), ["Tệp (https://a.vn/x.pdf)"]);
    }

    #[test]
    fn what_changed_is_named() {
        type Edit = fn(&mut Content);
        let table: [(&str, Edit, &[&str]); 7] = [
            ("nothing", |_| {}, &[]),
            (
                "a time stamp of a file",
                |c| {
                    c.attachments[0].url = Some("https://a.vn/x.pdf?t=2".to_owned());
                },
                &[],
            ),
            (
                "title and lead",
                |c| {
                    c.lead = c.title.take();
                },
                &["title", "lead"],
            ),
            (
                "a heading's level",
                |c| {
                    c.blocks[0] = Block::Heading {
                        text: "Mục".to_owned(),
                        level: None,
                    };
                },
                &["text"],
            ),
            (
                "words that look the same to people: a line that begins as a heading is shown",
                |c| {
                    c.blocks[0] = Block::Paragraph {
                        text: "#2 Mục".to_owned(),
                    };
                },
                &["text"],
            ),
            ("a credit", |c| c.images[0].credit = None, &["captions"]),
            (
                "a source",
                |c| {
                    c.source = Some(Source {
                        name: "A".to_owned(),
                        url: None,
                        raw: "Theo: A".to_owned(),
                        is_reprint: true,
                    });
                },
                &["source"],
            ),
        ];
        for (what, edit, expected) in table {
            let mut after = content();
            edit(&mut after);
            assert_eq!(changed(&content(), &after), expected, "{what}");
            let same_digest = content_digest(&content()) == content_digest(&after);
            assert_eq!(same_digest, expected.is_empty(), "{what}");
        }
    }

    #[test]
    fn every_member_of_the_digest_is_a_part() {
        let digested = members(&content());
        let names: Vec<&String> = digested.as_object().unwrap().keys().collect();
        assert_eq!(names, MEMBERS.map(|(member, _)| member));
        let shown: Vec<&str> = parts(&content()).iter().map(|part| part.field).collect();
        assert_eq!(shown, MEMBERS.map(|(_, field)| field));
    }
}

//! Versions: what an article said before, read from the store's observations: the content of a version
//! is that of the capture which the version names.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anyhow::bail;
use serde_json::json;

use super::json::write_json;
use super::problem::UsageError;
use super::report::one_line;
use super::table::write_table;
use crate::model::{Article, Block, Content, Image, Sighting, Version};
use crate::normalize::digest::without_time_stamp;
use crate::store::{SqliteStore, Store};

/// Characters of a digest in a table: enough to tell versions of one article apart.
const DIGEST_CHARS: usize = 12;

/// A version with what it says.
#[derive(Debug, Clone)]
pub(crate) struct VersionRead {
    pub(crate) version: Version,
    pub(crate) content: Content,
}

/// One part of what makes a version, in pieces that can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// As in the record: `title`, `text`, `captions`.
    pub(crate) field: &'static str,
    /// Paragraphs, captions, files, one each.
    pub(crate) pieces: Vec<String>,
}

/// All versions of an article, oldest first.
///
/// # Errors
/// [`UsageError`] if the article itself was never read; the store's error if it is damaged.
pub(crate) fn versions(store: &SqliteStore, article: &Article) -> anyhow::Result<Vec<VersionRead>> {
    if article.versions.is_empty() {
        bail!(UsageError::new(
            format!("`{}` has no version: only listings showed it", article.key),
            "`khotin status` tells which requests failed; `khotin crawl` tries them again",
        ));
    }
    let observations = store.observations(&article.key)?;
    let read = |version: &Version| {
        let mut of_capture = observations
            .iter()
            .filter(|one| one.sequence == version.capture);
        let content = of_capture.find_map(|one| match &one.sighting {
            Sighting::Article { content, .. } => Some(content.as_ref().clone()),
            _ => None,
        });
        let Some(content) = content else {
            bail!(
                "the store has no content of version {} of {}",
                version.number,
                article.key
            );
        };
        Ok(VersionRead {
            version: version.clone(),
            content,
        })
    };
    article.versions.iter().map(read).collect()
}

/// What makes a version, part by part, always the same parts in the same order.
pub(crate) fn parts(content: &Content) -> Vec<Part> {
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

/// The parts that are not the same.
pub(crate) fn changed(before: &Content, after: &Content) -> Vec<&'static str> {
    let pairs = parts(before).into_iter().zip(parts(after));
    let differing = pairs.filter(|(before, after)| before != after);
    differing.map(|(part, _)| part.field).collect()
}

/// One row a version.
pub(crate) fn write_versions(
    out: &mut dyn Write,
    article: &Article,
    versions: &[VersionRead],
    as_json: bool,
) -> anyhow::Result<()> {
    let earlier = std::iter::once(None).chain(versions.iter().map(Some));
    let rows: Vec<(&VersionRead, Vec<&str>)> = versions
        .iter()
        .zip(earlier)
        .map(|(version, earlier)| {
            let fields = earlier.map(|earlier| changed(&earlier.content, &version.content));
            (version, fields.unwrap_or_default())
        })
        .collect();
    if as_json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(read, fields)| json!({ "version": read.version, "changed": fields }))
            .collect();
        return write_json(out, &json!({ "key": article.key, "versions": rows }));
    }
    writeln!(out, "{}\n", one_line(article.key.as_str()))?;
    Ok(write_rows(out, &rows)?)
}

fn write_rows(out: &mut dyn Write, rows: &[(&VersionRead, Vec<&str>)]) -> io::Result<()> {
    let mut known = BTreeSet::new();
    let row = |(read, fields): &(&VersionRead, Vec<&str>)| {
        let version = &read.version;
        let digest: String = version.content_digest.chars().take(DIGEST_CHARS).collect();
        let what = match (version.number, known.insert(version.content_digest.clone())) {
            (1, _) => "first seen so".to_owned(),
            (_, true) => fields.join(", "),
            (_, false) => format!("{} (as it was before)", fields.join(", ")),
        };
        vec![
            version.number.to_string(),
            second(&version.first_seen),
            second(&version.last_seen),
            digest,
            what,
        ]
    };
    let rows: Vec<Vec<String>> = rows.iter().map(row).collect();
    write_table(
        out,
        &["version", "first seen", "last seen", "digest", "changed"],
        &rows,
    )
}

/// A time without what is below a second.
fn second(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => time.to_owned(),
    }
}

#[cfg(test)]
mod tests {
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
        let table: [(&str, Edit, &[&str]); 6] = [
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
        }
    }
}

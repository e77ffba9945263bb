//! Content digest: when two readings of an article say the same. Two captures with equal digests are
//! one version, whatever else differs between their bytes.
//!
//! The digest is the SHA-256, in lower-case hex, of the UTF-8 bytes of a JSON object in the canonical
//! form of RFC 8785 (members sorted by name, no white space). The object has these members:
//! - `title`, `lead`: the text or null;
//! - `published`: the point in time in UTC or null;
//! - `blocks`: as in the exported record;
//! - `captions`: for each picture in page order `[caption, credit]`, each a text or null;
//! - `source`: null or `{"raw": line as in the page, "url": link or null}`;
//! - `attachments`: for each file in page order `{"label": …, "url": …}`, the URL without its
//!   parameter `t`, which is a time stamp that Liferay renews (dossier, section 6).
//!
//! Left out, because they change without anybody editing the article: related links, everything that
//! a listing says, addresses of pictures (thumbnail hosts), counters, evidence. Left out too: what
//! khotin derives from the rest, such as media types and whether the source is a reprint.

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::model::Content;

/// The content digest of an article: SHA-256 in lower-case hex, as described in the module's head.
pub fn content_digest(content: &Content) -> String {
    let mut canonical = members(content);
    canonical.sort_all_objects();
    HEXLOWER.encode(&Sha256::digest(canonical.to_string().as_bytes()))
}

/// The object that is digested, its members not sorted yet.
pub(super) fn members(content: &Content) -> Value {
    let captions = content
        .images
        .iter()
        .map(|image| json!([image.caption, image.credit]));
    let attachments = content.attachments.iter().map(
        |file| json!({ "label": file.label, "url": file.url.as_deref().map(without_time_stamp) }),
    );
    let source = content
        .source
        .as_ref()
        .map(|source| json!({ "raw": source.raw, "url": source.url }));
    json!({
        "title": content.title,
        "lead": content.lead,
        "published": content.published.as_ref().map(|published| &published.utc),
        "blocks": content.blocks,
        "captions": captions.collect::<Vec<Value>>(),
        "source": source,
        "attachments": attachments.collect::<Vec<Value>>(),
    })
}

/// A URL without its query parameter `t`; everything else as it stands.
pub(crate) fn without_time_stamp(url: &str) -> String {
    let Some((address, query)) = url.split_once('?') else {
        return url.to_owned();
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| *pair != "t" && !pair.starts_with("t="))
        .collect();
    if kept.is_empty() {
        return address.to_owned();
    }
    format!("{address}?{}", kept.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Attachment, Block, DateFrom, DateZone, Image, Link, Precision, Published, Related, Source,
    };

    fn published(utc: &str) -> Published {
        Published {
            at: String::new(),
            utc: utc.to_owned(),
            raw: "17/06/2023 | 21:00 PM".to_owned(),
            precision: Precision::Minute,
            zone: DateZone::Rule,
            from: DateFrom::Article,
            flags: Vec::new(),
        }
    }

    fn content() -> Content {
        Content {
            title: Some("Hội nghị".to_owned()),
            lead: Some("Ngày 16/6".to_owned()),
            published: Some(published("2023-06-17T14:00:00Z")),
            blocks: vec![
                Block::Paragraph {
                    text: "Tham dự \"hội nghị\"\ncó".to_owned(),
                },
                Block::Heading {
                    text: "Mục".to_owned(),
                    level: None,
                },
                Block::Image { position: 1 },
            ],
            images: vec![Image {
                position: 1,
                url: Some("https://a.vn/thumb_w/640/1.jpg".to_owned()),
                caption: Some("Thứ trưởng".to_owned()),
                credit: Some("K.V".to_owned()),
                ..Image::default()
            }],
            related: vec![Related {
                position: 1,
                title: "Khác".to_owned(),
                url: None,
                key: None,
            }],
            attachments: vec![Attachment {
                url: Some("https://a.vn/documents/1/x.pdf/u-u?t=1705023000000".to_owned()),
                label: "Tải".to_owned(),
                media_type: Some("application/pdf".to_owned()),
                archived: None,
            }],
            links: Vec::new(),
            embeds: Vec::new(),
            source: Some(Source {
                name: "Suckhoedoisong.vn".to_owned(),
                url: None,
                raw: "Theo: Suckhoedoisong.vn".to_owned(),
                is_reprint: true,
            }),
            author: None,
            language: Some("vi".to_owned()),
        }
    }

    #[test]
    fn the_serialization_is_the_one_written_down() {
        // The text is written by hand; the second digest is what `sha256sum` prints.
        let canonical = concat!(
            r#"{"attachments":[{"label":"Tải","url":"https://a.vn/documents/1/x.pdf/u-u"}],"#,
            r#""blocks":[{"text":"Tham dự \"hội nghị\"\ncó","type":"paragraph"},"#,
            r#"{"level":null,"text":"Mục","type":"heading"},{"position":1,"type":"image"}],"#,
            r#""captions":[["Thứ trưởng","K.V"]],"lead":"Ngày 16/6","#,
            r#""published":"2023-06-17T14:00:00Z","#,
            r#""source":{"raw":"Theo: Suckhoedoisong.vn","url":null},"title":"Hội nghị"}"#,
        );
        let expected = HEXLOWER.encode(&Sha256::digest(canonical.as_bytes()));
        assert_eq!(content_digest(&content()), expected);
        assert_eq!(
            content_digest(&Content::default()),
            "2915417cc46abf0c59f0d241c151d320cf68114a9ac62dbfc42df288a382f6f7",
            "nothing known at all"
        );
    }

    #[test]
    fn what_changes_by_itself_makes_no_version() {
        type Change = fn(&mut Content);

        let table: [(&str, Change); 8] = [
            ("related", |c| c.related.clear()),
            ("thumbnail host", |c| {
                c.images[0].url = Some("https://b.vn/zoom/1.jpg".to_owned())
            }),
            ("original", |c| {
                c.images[0].original_url = Some("https://b.vn/1.jpg".to_owned())
            }),
            ("t=", |c| {
                c.attachments[0].url = Some("https://a.vn/documents/1/x.pdf/u-u?t=9".to_owned())
            }),
            ("no t=", |c| {
                c.attachments[0].url = Some("https://a.vn/documents/1/x.pdf/u-u".to_owned())
            }),
            ("media type", |c| c.attachments[0].media_type = None),
            ("how the date was read", |c| {
                c.published.as_mut().unwrap().zone = DateZone::Assumed;
                c.published.as_mut().unwrap().raw = "21:00 17/06/2023".to_owned();
            }),
            ("links of the body", |c| {
                c.links.push(Link {
                    url: "https://a.vn/".to_owned(),
                    text: "x".to_owned(),
                });
            }),
        ];
        let before = content_digest(&content());
        for (what, change) in table {
            let mut changed = content();
            change(&mut changed);
            assert_ne!(changed, content(), "{what}");
            assert_eq!(content_digest(&changed), before, "{what}");
        }
    }

    #[test]
    fn what_somebody_edits_makes_a_version() {
        type Change = fn(&mut Content);

        let table: [(&str, Change); 13] = [
            ("title", |c| c.title = Some("Hội nghị.".to_owned())),
            ("no title", |c| c.title = None),
            ("lead", |c| c.lead = None),
            ("lead becomes title", |c| {
                c.lead = c.title.take();
            }),
            ("date", |c| {
                c.published = Some(published("2023-06-17T14:01:00Z"))
            }),
            ("no date", |c| c.published = None),
            ("a word", |c| {
                c.blocks[0] = Block::Paragraph {
                    text: "Tham dự".to_owned(),
                }
            }),
            ("block order", |c| c.blocks.swap(0, 1)),
            ("heading level", |c| {
                c.blocks[1] = Block::Heading {
                    text: "Mục".to_owned(),
                    level: Some(2),
                }
            }),
            ("caption", |c| c.images[0].caption = None),
            ("credit", |c| c.images[0].credit = Some("K.W".to_owned())),
            ("source", |c| c.source = None),
            ("file", |c| {
                c.attachments[0].url = Some("https://a.vn/documents/1/x.pdf/u-u?v=1&t=2".to_owned())
            }),
        ];
        let before = content_digest(&content());
        for (what, change) in table {
            let mut changed = content();
            change(&mut changed);
            assert_ne!(content_digest(&changed), before, "{what}");
        }
    }

    #[test]
    fn only_the_time_stamp_leaves_a_url() {
        #[rustfmt::skip]
        let table = [
            ("alone", "https://a.vn/x?t=1", "https://a.vn/x"),
            ("without value", "https://a.vn/x?t", "https://a.vn/x"),
            ("among others", "https://a.vn/x?a=1&t=1&b=2", "https://a.vn/x?a=1&b=2"),
            ("another name", "https://a.vn/x?at=1&T=1", "https://a.vn/x?at=1&T=1"),
            ("no query", "https://a.vn/t=1", "https://a.vn/t=1"),
        ];
        for (what, given, expected) in table {
            assert_eq!(without_time_stamp(given), expected, "{what}");
        }
    }
}

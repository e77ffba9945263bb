//! Ids of feeds and entries: `urn:uuid:` with a name-based UUID (RFC 9562, version 5), so that anyone can
//! make them again: `uuid5(NAMESPACE_URL, "khotin:" + key)`.
//!
//! RFC 4287 wants an id that never changes, whatever address the feed has. A tag URI (RFC 4151) would name
//! an authority: the ministry's domain is not ours to name things in, and an operator's domain may pass to
//! another. An article's key never changes, and it is the same in every archive, as the article is.

use std::fmt::Write as _;

use sha1::{Digest, Sha1};
use uuid::{Builder, Uuid};

use super::super::ExportQuery;
use crate::model::ArticleKey;

/// The id of an article's entry.
pub(super) fn article(key: &ArticleKey) -> String {
    urn(&format!("khotin:{key}"))
}

/// The id of a feed: of what it is about and who makes it. Days and other bounds that move from night to
/// night are no part of it, so the feed of a nightly dump is the same feed.
pub(super) fn feed(query: &ExportQuery, operator: Option<&str>) -> String {
    let ExportQuery {
        site,
        section,
        since: _,
        until: _,
        state,
        query,
        changed_since: _,
    } = query;
    let mut name = "khotin-feed:".to_owned();
    let parts = [
        ("operator", operator),
        ("site", site.as_ref().map(|site| site.as_str())),
        ("section", section.as_ref().map(|section| section.as_str())),
        ("state", state.map(|state| state.as_str())),
        ("query", query.as_ref().map(|query| query.typed())),
    ];
    for (part, value) in parts {
        if let Some(value) = value {
            // The length keeps two different lists of parts from reading the same.
            let _ = write!(name, "{part}={}:{value};", value.len());
        }
    }
    urn(&name)
}

fn urn(name: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(Uuid::NAMESPACE_URL.as_bytes());
    hash.update(name.as_bytes());
    let digest: [u8; 20] = hash.finalize().into();
    let [first @ .., _, _, _, _] = digest;
    let id = Builder::from_sha1_bytes(first).into_uuid();
    format!("urn:uuid:{id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{SectionId, SiteId};

    /// Expected: Python's `uuid.uuid5(uuid.NAMESPACE_URL, "khotin:moh:liferay:dau-mua-khi")`.
    #[test]
    fn an_entry_has_the_id_that_others_compute_from_the_key() {
        assert_eq!(
            article(&ArticleKey::new("moh:liferay:dau-mua-khi")),
            "urn:uuid:d0de8259-c395-526f-948a-a20a79354ec5"
        );
    }

    #[test]
    fn a_feed_is_the_same_every_night_and_another_for_another_subject() {
        let query = |text: serde_json::Value| serde_json::from_value::<ExportQuery>(text).unwrap();
        let of_site = query(serde_json::json!({"site": "moh"}));
        let of_tonight = query(serde_json::json!({"site": "moh", "since": "2026-11-22"}));
        assert_eq!(feed(&of_site, None), feed(&of_tonight, None));
        let others = [
            feed(&ExportQuery::default(), None),
            feed(&of_site, Some("Thư viện")),
            feed(&query(serde_json::json!({"site": "ncov"})), None),
            feed(&query(serde_json::json!({"section": "moh"})), None),
            feed(&query(serde_json::json!({"query": "moh"})), None),
        ];
        for other in others {
            assert_ne!(feed(&of_site, None), other);
        }
        // A name that looks like two parts is still one.
        let sly = ExportQuery {
            site: Some(SiteId::new("a;section=1:b")),
            ..ExportQuery::default()
        };
        let plain = ExportQuery {
            site: Some(SiteId::new("a")),
            section: Some(SectionId::new("b")),
            ..ExportQuery::default()
        };
        assert_ne!(feed(&sly, None), feed(&plain, None));
    }
}

//! Tombstone: what is left of an article that is withheld: its key, site and platform, when the archive
//! saw it, since when it is withheld, and for every field that it had the reason why it is empty. And
//! the records of other articles without what names it.

use std::collections::BTreeMap;

use chrono::SecondsFormat;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::{Entry, Withheld};
use crate::model::{
    Archived, Article, ArticleKey, EvidenceRef, Related, State, StateSpan, Warning,
};

/// Why a field of a tombstone is null, and the flag of one.
pub const REASON: &str = "withheld";

/// The flag of a record that named an article which is withheld.
const NAMES_WITHHELD: &str = "names_withheld";

/// Hex digits of a digest that stand for a name: 64 bits, so no two articles of an archive share them,
/// and short enough to read. Our choice.
const DIGEST_DIGITS: usize = 16;

/// The key under which an article that is withheld is shown. A number tells nothing and stays
/// (`moh:portal:167411`); any other name is made of the headline's words, so the first 16 hex digits of
/// the SHA-256 of the whole key stand for it: who has the key finds the row (`printf %s KEY |
/// sha256sum`), who has not learns nothing.
///
/// # Examples
/// ```
/// use khotin::{model::ArticleKey, restrict::shown_key};
/// let shown = |key: &str| shown_key(&ArticleKey::new(key)).to_string();
/// assert_eq!(shown("moh:portal:167411"), "moh:portal:167411");
/// // printf %s moh:liferay:dau-mua-khi | sha256sum
/// assert_eq!(shown("moh:liferay:dau-mua-khi"), "moh:liferay:withheld-2359907a61310017");
/// ```
pub fn shown_key(key: &ArticleKey) -> ArticleKey {
    let mut parts = key.as_str().splitn(3, ':');
    let [site, platform, name] = [(); 3].map(|()| parts.next().unwrap_or_default());
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
        return key.clone();
    }
    let digest = HEXLOWER.encode(&Sha256::digest(key.as_str().as_bytes()));
    let digest = digest.get(..DIGEST_DIGITS).unwrap_or_default();
    ArticleKey::new(format!("{site}:{platform}:{REASON}-{digest}"))
}

/// What is shown of an article that `entries` hide.
pub(super) fn tombstone(article: &Article, entries: &[Entry]) -> Article {
    let since = entries.iter().map(|entry| entry.since).min();
    let since = since.map(|since| since.to_rfc3339_opts(SecondsFormat::Secs, true));
    let mut flags = vec![REASON.to_owned()];
    if article.synthetic {
        flags.insert(0, "synthetic".to_owned());
    }
    Article {
        key: shown_key(&article.key),
        site: article.site.clone(),
        platform: article.platform.clone(),
        // Its partner would tell its headline, and so would the work of a partner.
        work: Some(shown_key(&article.key)),
        same_as: None,
        url: String::new(),
        aliases: Vec::new(),
        sections: Vec::new(),
        title: None,
        lead: None,
        published: None,
        listed: Vec::new(),
        blocks: Vec::new(),
        text: None,
        images: Vec::new(),
        related: Vec::new(),
        attachments: Vec::new(),
        links: Vec::new(),
        embeds: Vec::new(),
        source: None,
        author: None,
        language: None,
        content_digest: None,
        versions: Vec::new(),
        state: State::Withheld,
        states: vec![StateSpan {
            state: State::Withheld,
            since: since.unwrap_or_default(),
            capture: None,
        }],
        first_seen: article.first_seen.clone(),
        last_seen: article.last_seen.clone(),
        captures: Vec::new(),
        profile: article.profile.clone(),
        evidence: reasons(article),
        flags,
        warnings: Vec::new(),
        synthetic: article.synthetic,
    }
}

/// For each field the reason, and the capture that was looked at.
fn reasons(article: &Article) -> BTreeMap<String, EvidenceRef> {
    let evidence = article.evidence.iter();
    let reason = |found: &EvidenceRef| match found {
        EvidenceRef::Found { capture, .. } | EvidenceRef::Missing { capture, .. } => {
            EvidenceRef::Missing {
                missing: REASON.to_owned(),
                capture: *capture,
            }
        }
    };
    evidence
        .map(|(field, found)| (field.clone(), reason(found)))
        .collect()
}

/// A file's place without an address that names what is withheld.
fn unnamed_place(archived: &mut Option<Archived>, withheld: &Withheld) {
    if let Some(Archived::Kept(file)) = archived
        && withheld.is_named_by_url(&file.request_url)
    {
        *archived = Some(Archived::missing(REASON));
    }
}

/// An article without what names one that is withheld: titles, links and addresses. Words of its own text
/// stay as they are, whatever they are about.
pub(super) fn unnamed(article: Article, withheld: &Withheld) -> Article {
    let mut shown = article.clone();
    let is_named = |url: &Option<String>| {
        url.as_deref()
            .is_some_and(|url| withheld.is_named_by_url(url))
    };
    for related in &mut shown.related {
        if withheld.is_named(
            &related.title,
            related.url.as_deref(),
            related.key.as_deref(),
        ) {
            *related = Related {
                position: related.position,
                title: String::new(),
                url: None,
                key: None,
            };
        }
    }
    shown
        .links
        .retain(|link| !withheld.is_named_by_url(&link.url));
    shown.aliases.retain(|url| !withheld.is_named_by_url(url));
    for file in &mut shown.attachments {
        if is_named(&file.url) {
            file.url = None;
            file.label.clear();
        }
        unnamed_place(&mut file.archived, withheld);
    }
    for image in &mut shown.images {
        for url in [&mut image.url, &mut image.original_url] {
            url.take_if(|url| withheld.is_named_by_url(url));
        }
        unnamed_place(&mut image.archived, withheld);
        unnamed_place(&mut image.original_archived, withheld);
    }
    for embed in &mut shown.embeds {
        embed.url.take_if(|url| withheld.is_named_by_url(url));
    }
    if let Some(source) = &mut shown.source {
        source.url.take_if(|url| withheld.is_named_by_url(url));
    }
    for capture in &mut shown.captures {
        if withheld.is_named_by_url(&capture.request_url) {
            capture.request_url.clear();
        }
    }
    let listed = shown.listed.iter_mut();
    let of_listings = listed.flat_map(|listed| &mut listed.item.warnings);
    for warning in shown.warnings.iter_mut().chain(of_listings) {
        if withheld.is_told_in(&warning.detail) {
            *warning = Warning::new(&warning.code, REASON);
        }
    }
    if shown != article {
        shown.flags.push(NAMES_WITHHELD.to_owned());
        shown.flags.sort();
    }
    shown
}

#[cfg(test)]
#[path = "tombstone/tests.rs"]
mod tests;

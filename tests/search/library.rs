//! A store with the demo ministry's articles, put in without a crawl; for tests and for benches/search.rs.

#![allow(dead_code, reason = "the bench uses a part of it")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use khotin::demo::{Expected, Ministry};
use khotin::model::{
    ArticleKey, CaptureRef, CaptureUse, Content, DateFrom, DateZone, Image, Location, Observation,
    Precision, ProfileRef, Published, Purpose, Request, RunId, Sequence, Sighting, SiteId, Via,
};
use khotin::normalize::digest::content_digest;
use khotin::search::TextQuery;
use khotin::store::{
    ArticleFilter, Batch, Committed, ExchangeRow, Holder, Outcome, PageKind, Settle, SqliteStore,
    Store, StoredAnswer,
};
use url::Url;

/// Opens the store of a folder for writing.
pub(crate) fn open(folder: &Path) -> SqliteStore {
    let holder = Holder {
        pid: 1,
        since: DateTime::UNIX_EPOCH,
    };
    SqliteStore::open(&folder.join("khotin.db"), holder).unwrap()
}

/// The two seeds and `count` generated articles, in the order of their keys.
pub(crate) fn demo(count: usize) -> Vec<(String, Content)> {
    let expected = Ministry::new(1, count).expected();
    expected
        .iter()
        .map(|one| (one.key.clone(), content(one)))
        .collect()
}

/// An article of its own: a title, a day, and paragraphs.
pub(crate) fn article(name: &str, day: &str, title: &str, text: &[&str]) -> (String, Content) {
    let paragraph = |text: &&str| khotin::model::Block::Paragraph {
        text: (*text).to_owned(),
    };
    let content = Content {
        title: Some(title.to_owned()),
        published: Some(published(day, "08:00:00")),
        blocks: text.iter().map(paragraph).collect(),
        ..Content::default()
    };
    (format!("demo:portal:{name}"), content)
}

fn content(expected: &Expected) -> Content {
    let time = expected.published.format("%H:%M:%S").to_string();
    let images = expected
        .images
        .iter()
        .zip(1..)
        .map(|(image, position)| Image {
            position,
            url: Some(image.url.clone()),
            caption: image.caption.clone(),
            credit: image.credit.clone(),
            caption_raw: image.caption_raw.clone(),
            ..Image::default()
        });
    Content {
        title: Some(expected.title.clone()),
        lead: expected.lead.clone(),
        published: Some(published(&expected.published.date().to_string(), &time)),
        blocks: expected.blocks.clone(),
        images: images.collect(),
        ..Content::default()
    }
}

fn published(day: &str, time: &str) -> Published {
    let at = format!("{day}T{time}+07:00");
    let utc: DateTime<Utc> = at.parse().unwrap();
    Published {
        utc: utc.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        raw: at.clone(),
        at,
        precision: Precision::Minute,
        zone: DateZone::Rule,
        from: DateFrom::Article,
        flags: Vec::new(),
    }
}

/// Commits what articles say now, each in a capture of its own.
pub(crate) fn commit(store: &mut SqliteStore, articles: &[(String, Content)]) {
    let first = store.last_sequence().unwrap().map_or(1, |last| last.0 + 1);
    let entries = articles.iter().zip(first..);
    let entries = entries
        .map(|((key, content), sequence)| entry(sequence, key, content))
        .collect();
    let positions = Vec::new();
    store.commit(&Batch { entries, positions }).unwrap();
}

fn entry(sequence: u64, key: &str, content: &Content) -> Committed {
    let url = format!("http://demo.khotin.test/{key}");
    let site = SiteId::new("demo");
    let request = Request::get(site.clone(), Url::parse(&url).unwrap(), Purpose::Article);
    let sighting = Sighting::Article {
        content_digest: content_digest(content),
        content: Box::new(content.clone()),
        categories: Vec::new(),
        evidence: BTreeMap::new(),
        warnings: Vec::new(),
    };
    let key = ArticleKey::new(key);
    Committed {
        observations: vec![Observation {
            key: key.clone(),
            site,
            platform: "portal".to_owned(),
            sequence: Sequence(sequence),
            position: 0,
            public_url: url.clone(),
            seen_url: None,
            capture: capture(sequence, &url),
            sighting,
            profile: ProfileRef {
                site: "demo".to_owned(),
                layout: None,
                digest: "d".to_owned(),
            },
            synthetic: true,
        }],
        exchange: exchange(sequence, request),
        settle: Settle::Looked {
            schedule: Vec::new(),
        },
        article: Some(key),
        plan: Vec::new(),
        walk: None,
        asset: None,
        robots: None,
    }
}

fn capture(sequence: u64, url: &str) -> CaptureRef {
    CaptureRef {
        sequence: Sequence(sequence),
        used_as: CaptureUse::Article,
        request_url: url.to_owned(),
        time: "2026-11-22T01:00:00.000000Z".to_owned(),
        status: 200,
        via: Via::Direct,
        payload_sha1: "A".to_owned(),
        payload_sha256: "a".to_owned(),
        warc_file: "a.warc.gz".to_owned(),
        warc_offset: sequence * 100,
        warc_record_id: format!("urn:uuid:{sequence}"),
        foreign: None,
    }
}

fn exchange(sequence: u64, request: Request) -> ExchangeRow {
    ExchangeRow {
        sequence: Sequence(sequence),
        run: RunId::new("r1"),
        request,
        asked_at: DateTime::UNIX_EPOCH,
        elapsed: Duration::from_millis(12),
        via: Via::Direct,
        outcome: Outcome::Answered(StoredAnswer {
            status: 200,
            bytes: 5,
            truncated: None,
            location: Location {
                file: "a.warc.gz".to_owned(),
                offset: sequence * 100,
                length: 100,
                record_id: format!("urn:uuid:{sequence}"),
            },
            payload_sha1: format!("SHA1-{sequence}"),
            payload_sha256: format!("sha256-{sequence}"),
            is_revisit: false,
            etag: None,
            last_modified: None,
        }),
        profile_digest: "d".to_owned(),
        page: PageKind::Article,
        layout: None,
    }
}

/// A filter with nothing but a query.
pub(crate) fn asking(typed: &str) -> ArticleFilter {
    ArticleFilter {
        query: Some(TextQuery::parse(typed).unwrap()),
        ..ArticleFilter::default()
    }
}

/// The keys that a query finds, best first.
pub(crate) fn found(store: &SqliteStore, typed: &str) -> Vec<String> {
    let found = store.search(&asking(typed), usize::MAX).unwrap();
    assert_eq!(found.number, found.keys.len() as u64);
    found.keys.iter().map(ToString::to_string).collect()
}

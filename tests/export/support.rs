//! Articles by hand, and how the tests of exports read what was written.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may end a test"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use khotin::export::{
    ArticleWithEdits, ExportError, ExportOptions, ExportQuery, ExportReport, export,
};
use khotin::model::*;
use sha2::Digest;

pub(crate) fn now() -> DateTime<Utc> {
    "2026-11-22T01:02:03Z".parse().unwrap()
}

pub(crate) fn export_all<const N: usize>(
    dir: &Path,
    name: &str,
    articles: [Article; N],
) -> ExportReport {
    let options = ExportOptions::new(dir, name);
    export_of(articles, ExportQuery::default(), &options).unwrap()
}

pub(crate) fn export_of<const N: usize>(
    articles: [Article; N],
    query: ExportQuery,
    options: &ExportOptions,
) -> Result<ExportReport, ExportError> {
    export(articles.map(Ok::<_, String>), query, options, now())
}

/// Exports one article whose edits are known into a folder of its own.
pub(crate) fn export_known(
    known: ArticleWithEdits,
    query: ExportQuery,
) -> (tempfile::TempDir, ExportReport) {
    let exports = tempfile::tempdir().unwrap();
    let options = ExportOptions::new(exports.path(), "one");
    let report = export([known].map(Ok::<_, String>), query, &options, now()).unwrap();
    (exports, report)
}

/// All rows of a file, the header first. A byte order mark is dropped.
pub(crate) fn read_csv(path: &Path, delimiter: u8) -> Vec<Vec<String>> {
    let rows = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .from_path(path)
        .unwrap()
        .into_records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect());
    rows.collect()
}

/// The cell of the first row under `column`.
pub(crate) fn cell<'a>(rows: &'a [Vec<String>], column: &str) -> &'a str {
    let index = rows[0].iter().position(|name| name == column).unwrap();
    &rows[1][index]
}

pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    let digest = sha2::Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn published() -> Published {
    Published {
        at: "2023-06-17T21:00:00+07:00".to_owned(),
        utc: "2023-06-17T14:00:00Z".to_owned(),
        raw: "17/06/2023 | 21:00 PM".to_owned(),
        precision: Precision::Minute,
        zone: DateZone::Rule,
        from: DateFrom::Article,
        flags: vec![DateFlag::MarkerRedundant],
    }
}

/// Seen by two listings (captures 1 and 2), then itself (2, beside the listing; and 3, changed).
pub(crate) fn article() -> Article {
    let capture_times = [
        "2026-11-20T01:00:00.000001Z",
        "2026-11-21T02:00:00.000002Z",
        "2026-11-22T03:00:00.000003Z",
    ];
    Article {
        key: ArticleKey::new("moh:liferay:dau-mua-khi"),
        site: SiteId::new("moh"),
        platform: "liferay".to_owned(),
        work: Some(ArticleKey::new("moh:liferay:dau-mua-khi")),
        same_as: Some(same_as()),
        url: "https://moh.gov.vn/tin-tong-hop/-/asset_publisher/k206Q9qkZOqn/content/dau-mua-khi"
            .to_owned(),
        aliases: Vec::new(),
        sections: vec![
            "hoat-dong-cua-lanh-dao-bo".to_owned(),
            "tin-tong-hop".to_owned(),
        ],
        title: Some("Đậu mùa khỉ, bệnh \"mới\"".to_owned()),
        lead: Some("SKĐS - Bộ Y tế ra thông báo.".to_owned()),
        published: Some(published()),
        listed: listed(),
        blocks: vec![Block::Paragraph {
            text: "Đậu mùa khỉ lây qua tiếp xúc.".to_owned(),
        }],
        text: Some("Đậu mùa khỉ lây qua tiếp xúc.\n\nPhòng bệnh – ngay!".to_owned()),
        images: images(),
        related: vec![Related {
            position: 1,
            title: "Bài khác".to_owned(),
            url: Some("https://moh.gov.vn/x".to_owned()),
            key: Some("moh:liferay:bai-khac".to_owned()),
        }],
        attachments: vec![Attachment {
            url: None,
            label: "Link tải Báo cáo".to_owned(),
            media_type: None,
            archived: Some(Archived::missing("no address in the page")),
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
        content_digest: Some("digest of 3".to_owned()),
        versions: vec![
            version(1, 2, capture_times[1]),
            version(2, 3, capture_times[2]),
        ],
        state: State::Live,
        states: Vec::new(),
        first_seen: capture_times[0].to_owned(),
        last_seen: capture_times[2].to_owned(),
        captures: vec![
            capture(1, CaptureUse::Listing, capture_times[0]),
            capture(2, CaptureUse::Listing, capture_times[1]),
            capture(3, CaptureUse::Article, capture_times[2]),
        ],
        profile: ProfileRef {
            site: "moh".to_owned(),
            layout: Some("article".to_owned()),
            digest: "0123456789abcdef".repeat(4),
        },
        evidence: BTreeMap::new(),
        flags: vec!["marker_redundant".to_owned(), "listing_date_gap".to_owned()],
        warnings: Vec::new(),
        synthetic: false,
    }
}

/// The portal's copy of the same article, by title and day.
pub(crate) fn same_as() -> SameAs {
    SameAs {
        key: ArticleKey::new("moh:portal:7"),
        strength: Strength::TitleDate,
        evidence: SameEvidence {
            title_date: Some(TitleDate {
                title: "đậu mùa khỉ bệnh mới".to_owned(),
                date: "2023-06-17".to_owned(),
            }),
            text: None,
        },
    }
}

/// The same article while only its two listings are known.
pub(crate) fn listed_article() -> Article {
    Article {
        same_as: None,
        title: Some("Đậu mùa khỉ".to_owned()),
        lead: None,
        blocks: Vec::new(),
        text: None,
        images: Vec::new(),
        related: Vec::new(),
        attachments: Vec::new(),
        source: None,
        content_digest: None,
        versions: Vec::new(),
        state: State::Listed,
        profile: ProfileRef {
            layout: None,
            ..article().profile
        },
        flags: Vec::new(),
        ..article()
    }
}

/// A picture that the archive has.
pub(crate) fn archived_file() -> ArchivedFile {
    ArchivedFile {
        sequence: Sequence(77),
        request_url: "https://a.vn/thumb_w/640/1.jpg".to_owned(),
        time: "2026-11-22T01:00:07.000005Z".to_owned(),
        status: 200,
        content_type: Some("image/jpeg".to_owned()),
        bytes: 48_123,
        payload_sha1: "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ".to_owned(),
        payload_sha256: "a9".repeat(32),
        warc_file: "khotin-moh-20261122T010000Z-00001.warc.gz".to_owned(),
        warc_offset: 9_870,
        warc_record_id: "urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e".to_owned(),
    }
}

fn images() -> Vec<Image> {
    vec![
        Image {
            position: 1,
            url: Some("https://a.vn/thumb_w/640/1.jpg".to_owned()),
            original_url: Some("https://a.vn/1.jpg".to_owned()),
            alt: Some("Đậu mùa khỉ - Ảnh 1.".to_owned()),
            caption: Some("Họp báo".to_owned()),
            credit: Some("K.V".to_owned()),
            caption_raw: Some("Họp báo. Ảnh: K.V".to_owned()),
            after_block: 0,
            inferred: false,
            archived: Some(Archived::Kept(archived_file())),
            original_archived: Some(Archived::missing("status 404")),
        },
        Image {
            position: 2,
            caption: Some("TS.BS phát nhôn".to_owned()),
            caption_raw: Some("TS.BS phát nhôn".to_owned()),
            after_block: 1,
            inferred: true,
            archived: Some(Archived::missing("no address in the page")),
            ..Image::default()
        },
    ]
}

fn listed() -> Vec<Listed> {
    let item = ListedItem {
        section: None,
        position: 4,
        title: Some("Đậu mùa khỉ".to_owned()),
        published: None,
        stamp_raw: None,
        summary: None,
        summary_cut: false,
        evidence: BTreeMap::new(),
        warnings: Vec::new(),
    };
    let stamp = "Thứ Ba, ngày 16/02/2026 18:11";
    let of_section = ListedItem {
        section: Some(SectionId::new("tin-tong-hop")),
        position: 7,
        published: Some(Published {
            at: "2026-02-17T01:11:00+07:00".to_owned(),
            utc: "2026-02-16T18:11:00Z".to_owned(),
            raw: stamp.to_owned(),
            from: DateFrom::Listing,
            ..published()
        }),
        stamp_raw: Some(stamp.to_owned()),
        summary: Some("Sáng nay...".to_owned()),
        summary_cut: true,
        ..item.clone()
    };
    let listed = |item, sequence| Listed {
        item,
        capture: Sequence(sequence),
    };
    vec![listed(item, 1), listed(of_section, 2)]
}

pub(crate) fn version(number: usize, sequence: u64, time: &str) -> Version {
    Version {
        number,
        content_digest: format!("digest of {sequence}"),
        title: None,
        first_seen: time.to_owned(),
        last_seen: time.to_owned(),
        capture: Sequence(sequence),
    }
}

pub(crate) fn capture(sequence: u64, used_as: CaptureUse, time: &str) -> CaptureRef {
    CaptureRef {
        sequence: Sequence(sequence),
        used_as,
        request_url: "https://moh.gov.vn/tin-tong-hop".to_owned(),
        time: time.to_owned(),
        status: 200,
        via: Via::Direct,
        payload_sha1: format!("sha1 of {sequence}"),
        payload_sha256: format!("sha256 of {sequence}"),
        warc_file: "khotin-moh-20261122T010203Z-00001.warc.gz".to_owned(),
        warc_offset: sequence * 1000,
        warc_record_id: format!("urn:uuid:00000000-0000-4000-8000-{sequence:012}"),
        foreign: None,
    }
}

//! What the rows of each table hold, and that docs/exports.md says the same.

use std::fs;

use khotin::export::*;
use khotin::model::*;

use super::support::*;

#[test]
fn an_article_fills_the_columns_of_the_issue() {
    let exports = tempfile::tempdir().unwrap();
    let report = export_all(exports.path(), "one", [article()]);
    let rows = read_csv(&report.folder.join("articles.csv"), b',');
    let expected = [
        ("key", "moh:liferay:dau-mua-khi"),
        ("site", "moh"),
        ("state", "live"),
        ("synthetic", "false"),
        ("title", "Đậu mùa khỉ, bệnh \"mới\""),
        ("lead", "SKĐS - Bộ Y tế ra thông báo."),
        ("published_at", "2023-06-17T21:00:00+07:00"),
        ("published_utc", "2023-06-17T14:00:00Z"),
        ("published_date", "2023-06-17"),
        ("published_time", "21:00:00"),
        ("published_raw", "17/06/2023 | 21:00 PM"),
        ("published_from", "article"),
        ("published_zone", "rule"),
        ("flags", "marker_redundant; listing_date_gap"),
        ("sections", "hoat-dong-cua-lanh-dao-bo; tin-tong-hop"),
        ("source_name", "Suckhoedoisong.vn"),
        ("source_raw", "Theo: Suckhoedoisong.vn"),
        ("is_reprint", "true"),
        ("author", ""),
        ("language", "vi"),
        ("words", "10"),
        ("images", "2"),
        ("attachments", "1"),
        ("related", "1"),
        ("versions", "2"),
        ("work", "moh:liferay:dau-mua-khi"),
        ("work_strength", "title_date"),
        (
            "url",
            "https://moh.gov.vn/tin-tong-hop/-/asset_publisher/k206Q9qkZOqn/content/dau-mua-khi",
        ),
        ("first_seen_utc", "2026-11-20T01:00:00.000001Z"),
        ("last_seen_utc", "2026-11-22T03:00:00.000003Z"),
        ("captured_utc", "2026-11-22T03:00:00.000003Z"),
        ("capture_via", "direct"),
        ("warc_file", "khotin-moh-20261122T010203Z-00001.warc.gz"),
        ("warc_offset", "3000"),
        (
            "warc_record_id",
            "urn:uuid:00000000-0000-4000-8000-000000000003",
        ),
        ("payload_sha256", "sha256 of 3"),
        ("profile", "moh/article@0123456789ab"),
        (
            "text",
            "Đậu mùa khỉ lây qua tiếp xúc.\n\nPhòng bệnh – ngay!",
        ),
    ];
    assert_eq!(rows[0], expected.map(|(name, _)| name), "header");
    assert_eq!(rows.len(), 2);
    for ((name, expected), found) in expected.into_iter().zip(&rows[1]) {
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn the_other_tables_have_one_row_a_thing() {
    let exports = tempfile::tempdir().unwrap();
    let report = export_all(exports.path(), "one", [article()]);
    let table = [
        (
            "images.csv",
            "key | position | url | original_url | alt | caption | credit | caption_raw \
             | after_block | inferred | archived | archived_type | archived_bytes \
             | archived_sha256 | not_archived | original_archived | original_not_archived
             moh:liferay:dau-mua-khi | 1 | https://a.vn/thumb_w/640/1.jpg | https://a.vn/1.jpg \
             | Đậu mùa khỉ - Ảnh 1. | Họp báo | K.V | Họp báo. Ảnh: K.V | 0 | false \
             | khotin-moh-20261122T010000Z-00001.warc.gz#9870 | image/jpeg | 48123 \
             | a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9 |  |  \
             | status 404
             moh:liferay:dau-mua-khi | 2 |  |  |  | TS.BS phát nhôn |  | TS.BS phát nhôn \
             | 1 | true |  |  |  |  | no address in the page |  | ",
        ),
        (
            "related.csv",
            "key | position | title | url | related_key
             moh:liferay:dau-mua-khi | 1 | Bài khác | https://moh.gov.vn/x \
             | moh:liferay:bai-khac",
        ),
        (
            "attachments.csv",
            "key | position | label | url | media_type | archived | archived_type \
             | archived_bytes | archived_sha256 | not_archived
             moh:liferay:dau-mua-khi | 1 | Link tải Báo cáo |  |  |  |  |  |  \
             | no address in the page",
        ),
        (
            "listings.csv",
            "key | section | position | title | stamp_raw | published_utc | published_at \
             | abstract | abstract_cut | capture
             moh:liferay:dau-mua-khi |  | 4 | Đậu mùa khỉ |  |  |  |  |  \
             | khotin-moh-20261122T010203Z-00001.warc.gz#1000
             moh:liferay:dau-mua-khi | tin-tong-hop | 7 | Đậu mùa khỉ \
             | Thứ Ba, ngày 16/02/2026 18:11 | 2026-02-16T18:11:00Z | 2026-02-17T01:11:00+07:00 \
             | Sáng nay... | true | khotin-moh-20261122T010203Z-00001.warc.gz#2000",
        ),
    ];
    for (file, expected) in table {
        let rows = read_csv(&report.folder.join(file), b',');
        let rows: Vec<_> = rows.iter().map(|row| row.join(" | ")).collect();
        let expected: Vec<_> = expected.lines().map(str::trim_start).collect();
        assert_eq!(rows, expected, "{file}");
    }
}

#[test]
fn what_only_a_listing_knows_has_no_counts() {
    let exports = tempfile::tempdir().unwrap();
    let report = export_all(exports.path(), "one", [listed_article()]);
    let rows = read_csv(&report.folder.join("articles.csv"), b',');
    let table = [
        ("state", "listed"),
        ("title", "Đậu mùa khỉ"),
        ("words", ""),
        ("images", ""),
        ("attachments", ""),
        ("related", ""),
        ("versions", "0"),
        ("work", "moh:liferay:dau-mua-khi"), // its own key: it has no partner
        ("work_strength", ""),
        ("is_reprint", ""),
        ("flags", ""),
        ("warc_offset", "2000"), // the newer of the two listings
        ("captured_utc", "2026-11-21T02:00:00.000002Z"),
        ("profile", "moh@0123456789ab"),
        ("text", ""),
    ];
    for (column, expected) in table {
        assert_eq!(cell(&rows, column), expected, "{column}");
    }
}

#[test]
fn every_column_of_times_has_one_offset() {
    let published = |at: &str, utc: &str, precision| Published {
        at: at.to_owned(),
        utc: utc.to_owned(),
        precision,
        ..published()
    };
    let table = [
        (
            "at +07:00",
            Some(published(
                "2023-06-17T21:00:00+07:00",
                "2023-06-17T14:00:00Z",
                Precision::Minute,
            )),
            [
                "2023-06-17T21:00:00+07:00",
                "2023-06-17T14:00:00Z",
                "2023-06-17",
                "21:00:00",
            ],
        ),
        (
            "another offset is put to +07:00, the day with it",
            Some(published(
                "2026-02-16T18:11:05+00:00",
                "2026-02-16T18:11:05+00:00",
                Precision::Second,
            )),
            [
                "2026-02-17T01:11:05+07:00",
                "2026-02-16T18:11:05Z",
                "2026-02-17",
                "01:11:05",
            ],
        ),
        (
            "a day has no time of day",
            Some(published(
                "2023-06-17T00:00:00+07:00",
                "2023-06-16T17:00:00Z",
                Precision::Day,
            )),
            [
                "2023-06-17T00:00:00+07:00",
                "2023-06-16T17:00:00Z",
                "2023-06-17",
                "",
            ],
        ),
        (
            "what is no time is left out",
            Some(published("tomorrow", "=now()", Precision::Minute)),
            ["", "", "", ""],
        ),
        ("unknown", None, ["", "", "", ""]),
    ];
    for (what, published, expected) in table {
        let exports = tempfile::tempdir().unwrap();
        let given = Article {
            published,
            ..article()
        };
        let report = export_all(exports.path(), "one", [given]);
        let rows = read_csv(&report.folder.join("articles.csv"), b',');
        let columns = [
            "published_at",
            "published_utc",
            "published_date",
            "published_time",
        ];
        assert_eq!(
            columns.map(|column| cell(&rows, column)),
            expected,
            "{what}"
        );
    }
}

#[test]
fn every_cell_is_of_its_columns_kind() {
    for article in [article(), listed_article()] {
        let known = ArticleWithEdits::from(article);
        for table in Table::ALL {
            for row in table.rows(&known, None) {
                assert_eq!(row.cells.len(), table.columns().len());
                for (cell, column) in row.cells.iter().zip(table.columns()) {
                    let text = cell.text();
                    let fits = match (cell, column.kind) {
                        (Cell::Empty, _)
                        | (Cell::Text(_), Kind::Text)
                        | (Cell::Number(_), Kind::Number)
                        | (Cell::Boolean(_), Kind::Boolean) => true,
                        (Cell::Text(_), Kind::TimeUtc) => text.ends_with('Z'),
                        (Cell::Text(_), Kind::TimeVietnam) => text.ends_with("+07:00"),
                        (Cell::Text(_), Kind::Date) => text.len() == 10,
                        (Cell::Text(_), Kind::TimeOfDay) => text.len() == 8,
                        _ => false,
                    };
                    assert!(fits, "{} of {}: {cell:?}", column.name, table.as_str());
                }
            }
        }
    }
}

#[test]
fn the_data_dictionary_says_what_the_columns_are() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/exports.md")).unwrap();
    let section = |heading: &str| -> Vec<Vec<String>> {
        let heading = format!("## {heading}\n");
        let (_, text) = text.split_once(heading.as_str()).unwrap();
        let section = text.split("\n## ").next().unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| "));
        let cells = |row: &str| {
            row.trim_matches('|')
                .split(" | ")
                .map(|cell| cell.trim().to_owned())
                .collect()
        };
        rows.skip(1).map(cells).collect() // without the header
    };
    let tables = Table::ALL.map(|table| (format!("{}.csv", table.as_str()), table.columns()));
    let spreadsheet = (
        "articles-excel-semicolon.csv".to_owned(),
        &[CUT_CELLS_COLUMN][..],
    );
    for (file, columns) in tables.into_iter().chain([spreadsheet]) {
        let rows = section(&file);
        let expected: Vec<_> = columns
            .iter()
            .map(|column| {
                [
                    column.name,
                    column.kind.as_str(),
                    column.about.en,
                    column.about.vi,
                ]
            })
            .collect();
        let found: Vec<_> = rows
            .iter()
            .map(|row| {
                [
                    row[0].as_str(),
                    row[1].as_str(),
                    row[2].as_str(),
                    row[3].as_str(),
                ]
            })
            .collect();
        assert_eq!(found, expected, "{file}");
    }
    let exports = tempfile::tempdir().unwrap();
    let manifest = export_all(exports.path(), "one", []).manifest;
    let keys = serde_json::to_value(manifest).unwrap();
    let mut expected: Vec<_> = keys.as_object().unwrap().keys().cloned().collect();
    let mut found: Vec<_> = section("manifest.json")
        .iter()
        .flat_map(|row| row[0].split(", ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "manifest.json");
}

//! The Parquet table, read back with the reader of the parquet crate. What pandas, pyarrow and DuckDB
//! make of it is the work of tests/interop/formats.sh.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may end a test"
)]

use std::fs::{self, File};
use std::path::Path;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta};
use khotin::export::*;
use khotin::model::*;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use parquet::schema::printer::print_schema;

use super::support::*;

fn options(dir: &Path, name: &str, partition: Partition) -> ExportOptions {
    let mut options = ExportOptions::new(dir, name);
    options.formats = [Format::Parquet].into();
    options.partition = partition;
    options
}

/// The rows of a file and what it says of itself.
fn read(path: &Path) -> (Vec<Row>, SerializedFileReader<File>) {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap().map(Result::unwrap);
    (rows.collect(), reader)
}

fn rows_of<const N: usize>(articles: [Article; N]) -> Vec<Row> {
    let exports = tempfile::tempdir().unwrap();
    let options = options(exports.path(), "one", Partition::None);
    let report = export_of(articles, ExportQuery::default(), &options).unwrap();
    read(&report.folder.join("articles.parquet")).0
}

/// A value as a person writes it down.
fn written(field: &Field) -> String {
    match field {
        Field::Null => "null".to_owned(),
        Field::Bool(value) => value.to_string(),
        Field::Long(number) => number.to_string(),
        Field::Str(text) => format!("{text:?}"),
        Field::TimestampMicros(micros) => {
            format!("{:?}", DateTime::from_timestamp_micros(*micros).unwrap())
        }
        Field::Date(days) => {
            let day = NaiveDate::default() + TimeDelta::days(i64::from(*days));
            day.to_string()
        }
        Field::TimeMicros(micros) => {
            let time = NaiveTime::MIN + TimeDelta::microseconds(*micros);
            time.to_string()
        }
        Field::ListInternal(list) => {
            let elements: Vec<_> = list.elements().iter().map(written).collect();
            format!("[{}]", elements.join(", "))
        }
        Field::Group(row) => {
            let fields = row.get_column_iter();
            let fields = fields.map(|(name, field)| format!("{name} {}", written(field)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        other => panic!("{other:?}"),
    }
}

fn lines(row: &Row) -> Vec<String> {
    let columns = row.get_column_iter();
    columns
        .map(|(name, field)| format!("{name} {}", written(field)))
        .collect()
}

fn value(row: &Row, column: &str) -> String {
    let mut columns = row.get_column_iter();
    let (_, field) = columns.find(|(name, _)| *name == column).unwrap();
    written(field)
}

#[test]
fn an_article_is_one_typed_row_with_its_lists() {
    let rows = rows_of([article()]);
    let expected = [
        r#"key "moh:liferay:dau-mua-khi""#,
        r#"site "moh""#,
        r#"state "live""#,
        "synthetic false",
        r#"title "Đậu mùa khỉ, bệnh \"mới\"""#,
        r#"lead "SKĐS - Bộ Y tế ra thông báo.""#,
        "published_at 2023-06-17T14:00:00Z",
        "published_utc 2023-06-17T14:00:00Z",
        "published_date 2023-06-17",
        "published_time 21:00:00",
        r#"published_raw "17/06/2023 | 21:00 PM""#,
        r#"published_from "article""#,
        r#"published_zone "rule""#,
        r#"flags ["marker_redundant", "listing_date_gap"]"#,
        r#"sections ["hoat-dong-cua-lanh-dao-bo", "tin-tong-hop"]"#,
        r#"source_name "Suckhoedoisong.vn""#,
        r#"source_raw "Theo: Suckhoedoisong.vn""#,
        "is_reprint true",
        "author null",
        r#"language "vi""#,
        "words 10",
        r#"images [{position 1, url "https://a.vn/thumb_w/640/1.jpg", original_url "https://a.vn/1.jpg", alt "Đậu mùa khỉ - Ảnh 1.", caption "Họp báo", credit "K.V", caption_raw "Họp báo. Ảnh: K.V", after_block 0, inferred false, archived "khotin-moh-20261122T010000Z-00001.warc.gz#9870", archived_type "image/jpeg", archived_bytes 48123, archived_sha256 "a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9", not_archived null, original_archived null, original_not_archived "status 404"}, {position 2, url null, original_url null, alt null, caption "TS.BS phát nhôn", credit null, caption_raw "TS.BS phát nhôn", after_block 1, inferred true, archived null, archived_type null, archived_bytes null, archived_sha256 null, not_archived "no address in the page", original_archived null, original_not_archived null}]"#,
        r#"attachments [{position 1, label "Link tải Báo cáo", url null, media_type null, archived null, archived_type null, archived_bytes null, archived_sha256 null, not_archived "no address in the page"}]"#,
        r#"related [{position 1, title "Bài khác", url "https://moh.gov.vn/x", related_key "moh:liferay:bai-khac"}]"#,
        "versions 2",
        r#"work "moh:liferay:dau-mua-khi""#,
        r#"work_strength "title_date""#,
        r#"url "https://moh.gov.vn/tin-tong-hop/-/asset_publisher/k206Q9qkZOqn/content/dau-mua-khi""#,
        "first_seen_utc 2026-11-20T01:00:00.000001Z",
        "last_seen_utc 2026-11-22T03:00:00.000003Z",
        "captured_utc 2026-11-22T03:00:00.000003Z",
        r#"capture_via "direct""#,
        r#"warc_file "khotin-moh-20261122T010203Z-00001.warc.gz""#,
        "warc_offset 3000",
        r#"warc_record_id "urn:uuid:00000000-0000-4000-8000-000000000003""#,
        r#"payload_sha256 "sha256 of 3""#,
        r#"profile "moh/article@0123456789ab""#,
        r#"text "Đậu mùa khỉ lây qua tiếp xúc.\n\nPhòng bệnh – ngay!""#,
        r#"listings [{section null, position 4, title "Đậu mùa khỉ", stamp_raw null, published_utc null, published_at null, abstract null, abstract_cut null, capture "khotin-moh-20261122T010203Z-00001.warc.gz#1000"}, {section "tin-tong-hop", position 7, title "Đậu mùa khỉ", stamp_raw "Thứ Ba, ngày 16/02/2026 18:11", published_utc 2026-02-16T18:11:00Z, published_at 2026-02-16T18:11:00Z, abstract "Sáng nay...", abstract_cut true, capture "khotin-moh-20261122T010203Z-00001.warc.gz#2000"}]"#,
    ];
    assert_eq!(lines(&rows[0]), expected);
    assert_eq!(rows.len(), 1);
}

#[test]
fn null_an_empty_list_and_a_list_are_three_things() {
    let without = Article {
        images: Vec::new(),
        related: Vec::new(),
        attachments: Vec::new(),
        flags: Vec::new(),
        sections: Vec::new(),
        listed: Vec::new(),
        ..article()
    };
    let rows = rows_of([listed_article(), without, article()]);
    let table = [
        // column, only listed, read and without, read
        ("related", "null", "[]", "[{position"),
        ("images", "null", "[]", "[{position"),
        ("attachments", "null", "[]", "[{position"),
        ("flags", "[]", "[]", "[\"marker"),
        ("sections", "[\"hoat", "[]", "[\"hoat"),
        ("listings", "[{section", "[]", "[{section"),
        ("text", "null", "\"Đậu", "\"Đậu"),
        ("published_time", "21:00:00", "21:00:00", "21:00:00"),
    ];
    for (column, listed, without, read) in table {
        for (row, expected) in rows.iter().zip([listed, without, read]) {
            let found = value(row, column);
            assert!(found.starts_with(expected), "{column}: {found}");
            assert!(expected.len() > 2 || found == expected, "{column}: {found}");
        }
    }
}

#[test]
fn a_text_is_as_it_was() {
    let odd = Article {
        title: Some("a\0b\r\n=1+1 \u{1b}[2J".to_owned()),
        lead: Some(String::new()),
        text: Some("ế".repeat(40_000)),
        ..article()
    };
    let rows = rows_of([odd]);
    assert_eq!(value(&rows[0], "title"), r#""a\0b\r\n=1+1 \u{1b}[2J""#);
    assert_eq!(value(&rows[0], "lead"), r#""""#);
    assert_eq!(rows[0].get_column_iter().count(), 39);
    assert_eq!(value(&rows[0], "text").chars().count(), 40_002);
}

#[test]
fn types_and_descriptions_stand_in_the_file() {
    let exports = tempfile::tempdir().unwrap();
    let options = options(exports.path(), "one", Partition::None);
    let query = ExportQuery {
        site: Some(SiteId::new("moh")),
        ..ExportQuery::default()
    };
    let made_up = Article {
        synthetic: true,
        ..article()
    };
    let report = export_of([made_up, article()], query, &options).unwrap();
    let (_, reader) = read(&report.folder.join("articles.parquet"));
    let metadata = reader.metadata().file_metadata();
    let mut schema = Vec::new();
    print_schema(&mut schema, metadata.schema());
    let schema = String::from_utf8(schema).unwrap();
    let expected = [
        "OPTIONAL BYTE_ARRAY title (STRING);",
        "OPTIONAL INT64 published_at (TIMESTAMP(MICROS,true));",
        "OPTIONAL INT64 captured_utc (TIMESTAMP(MICROS,true));",
        "OPTIONAL INT32 published_date (DATE);",
        "OPTIONAL INT64 published_time (TIME(MICROS,false));",
        "OPTIONAL BOOLEAN is_reprint;",
        "OPTIONAL INT64 words;",
        "OPTIONAL group flags (LIST) {",
        "OPTIONAL group images (LIST) {",
    ];
    for line in expected {
        assert!(
            schema.lines().any(|found| found.trim() == line),
            "{line}\n{schema}"
        );
    }
    let said = metadata.key_value_metadata().unwrap();
    let said = |key: &str| {
        let mut pairs = said.iter();
        let pair = pairs.find(|pair| pair.key == key).unwrap();
        pair.value.clone().unwrap()
    };
    assert_eq!(said("khotin.version"), env!("CARGO_PKG_VERSION"));
    assert_eq!(said("khotin.synthetic_articles"), "1");
    let query: serde_json::Value = serde_json::from_str(&said("khotin.query")).unwrap();
    assert_eq!(query["site"], "moh");
    let columns: serde_json::Value = serde_json::from_str(&said("khotin.columns")).unwrap();
    assert_eq!(columns["title"]["vi"]["label"], "Tiêu đề");
    assert_eq!(columns["images.credit"]["vi"]["label"], "Nguồn ảnh");
    assert_eq!(
        columns["flags"]["en"]["about"],
        "what is odd, as stable words"
    );
    let compressions = reader.metadata().row_group(0).columns();
    for column in compressions {
        assert!(
            column.compression().to_string().contains("ZSTD"),
            "{column:?}"
        );
    }
}

#[test]
fn an_export_of_nothing_is_a_table_without_rows() {
    let exports = tempfile::tempdir().unwrap();
    let report = export_of(
        [],
        ExportQuery::default(),
        &options(exports.path(), "one", Partition::None),
    )
    .unwrap();
    assert!(read(&report.folder.join("articles.parquet")).0.is_empty());
    let parted = export_of(
        [],
        ExportQuery::default(),
        &options(exports.path(), "two", Partition::SiteYear),
    )
    .unwrap();
    assert!(names_in(&parted.folder.join("articles.parquet")).is_empty());
    assert_eq!(parted.manifest.files, []);
}

#[test]
fn partitions_are_by_site_and_year_of_vietnams_clock() {
    let of = |key: &str, site: &str, at: Option<&str>| Article {
        key: ArticleKey::new(key),
        site: SiteId::new(site),
        published: at.map(|at| Published {
            at: at.to_owned(),
            ..published()
        }),
        ..article()
    };
    let articles = [
        of("a", "moh", Some("2022-12-31T18:00:00Z")), // 2023 in Vietnam
        of("b", "ncov", Some("2023-05-05T00:00:00+07:00")),
        of("c", "moh", None),
        of("d", "moh", Some("2022-05-05T00:00:00+07:00")),
        of("e", "moh", Some("2023-05-05T00:00:00+07:00")),
    ];
    let exports = tempfile::tempdir().unwrap();
    let options = options(exports.path(), "one", Partition::SiteYear);
    let report = export_of(articles, ExportQuery::default(), &options).unwrap();
    let expected = [
        (
            "articles.parquet/site=moh/year=2022/part-0.parquet",
            vec!["\"d\""],
        ),
        (
            "articles.parquet/site=moh/year=2023/part-0.parquet",
            vec!["\"a\"", "\"e\""],
        ),
        (
            "articles.parquet/site=moh/year=__HIVE_DEFAULT_PARTITION__/part-0.parquet",
            vec!["\"c\""],
        ),
        (
            "articles.parquet/site=ncov/year=2023/part-0.parquet",
            vec!["\"b\""],
        ),
    ];
    assert_eq!(report.manifest.files.len(), expected.len());
    for (file, (name, keys)) in report.manifest.files.iter().zip(expected) {
        assert_eq!(file.name, name);
        let path = report.folder.join(name);
        let bytes = fs::read(&path).unwrap();
        assert_eq!(
            (file.bytes, &file.sha256),
            (bytes.len() as u64, &sha256(&bytes))
        );
        let (rows, _) = read(&path);
        let found: Vec<_> = rows.iter().map(|row| value(row, "key")).collect();
        assert_eq!(found, keys, "{name}");
        assert_eq!(file.rows, keys.len() as u64);
        let has_site = rows[0]
            .get_column_iter()
            .any(|(column, _)| column == "site");
        assert!(!has_site, "readers take it from the path");
    }
}

#[test]
fn the_same_articles_give_the_same_bytes() {
    let exports = tempfile::tempdir().unwrap();
    let digest = |name: &str| {
        let options = options(exports.path(), name, Partition::None);
        let articles = [article(), listed_article()];
        let report = export_of(articles, ExportQuery::default(), &options).unwrap();
        report.manifest.files[0].sha256.clone()
    };
    assert_eq!(digest("one"), digest("two"));
}

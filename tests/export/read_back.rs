//! A CSV file of an export is undone and says what the files beside it say; one that does not is found.
#![expect(clippy::unwrap_used, reason = "helpers of tests may end a test")]

use std::fs;
use std::path::{Path, PathBuf};

use khotin::export::*;
use khotin::model::*;

use super::support::*;

/// Two articles with cells of every nasty kind, in every CSV format; cells hold 150 units.
fn exported(exports: &Path) -> PathBuf {
    let mut options = ExportOptions::new(exports, "one");
    options.formats = [
        Format::Csv,
        Format::ExcelComma,
        Format::ExcelSemicolon,
        Format::Jsonl,
    ]
    .into();
    options.cell_limit = 150;
    let nasty = Article {
        title: Some("=1+1;\"a\",\r\nb".to_owned()),
        lead: Some("+84 24 6273 2273".to_owned()),
        author: Some("'tis".to_owned()),
        text: Some(format!("-{}e\u{302}", "y".repeat(148))),
        sections: vec!["a\0b".to_owned()],
        ..article()
    };
    let articles = [nasty, listed_article()];
    export_of(articles, ExportQuery::default(), &options)
        .unwrap()
        .folder
}

#[test]
fn what_was_exported_is_read_back_whole() {
    let exports = tempfile::tempdir().unwrap();
    let folder = exported(exports.path());
    for (file, separator) in [
        ("articles-excel-comma.csv", ','),
        ("articles-excel-semicolon.csv", ';'),
    ] {
        let report = read_back(&folder.join(file)).unwrap();
        assert_eq!(report.first, [], "{file}");
        assert_eq!(report.differences, 0, "{file}");
        assert_eq!(report.separator, separator);
        assert_eq!(report.compared_with, folder.join("articles.csv"));
        assert_eq!((report.rows, report.cells), (2, 76), "38 columns, {file}");
        // title, lead, author and text of the first
        assert_eq!((report.guards_undone, report.cut), (4, 1), "{file}");
    }
    for (file, rows, columns) in [
        ("articles.csv", 2, 38),
        ("images.csv", 2, 17),
        ("related.csv", 1, 5),
        ("attachments.csv", 1, 10),
        ("listings.csv", 4, 10),
    ] {
        let report = read_back(&folder.join(file)).unwrap();
        assert_eq!(report.first, [], "{file}");
        let counts = (report.rows, report.cells, report.guards_undone, report.cut);
        assert_eq!(counts, (rows, rows * columns, 0, 0), "{file}");
        assert_eq!(report.compared_with, folder.join("articles.jsonl"));
    }
}

#[test]
fn what_does_not_reverse_is_told_with_its_place() {
    const FILE: &str = "articles-excel-semicolon.csv";
    type Case<'a> = (&'a str, &'a str, &'a str, u64, Option<&'a str>, &'a str);
    let lost_row = "moh:liferay:dau-mua-khi;moh;listed";
    let table: [Case<'_>; 6] = [
        // what, text in the file, what it becomes, row, column, words
        (
            "another word",
            ";Suckhoedoisong.vn;",
            ";Suckhoedoisong;",
            1,
            Some("source_name"),
            "it is not the same",
        ),
        (
            "no guard",
            ";'+84 24 6273 2273;",
            ";+84 24 6273 2273;",
            1,
            Some("lead"),
            "the guard is missing",
        ),
        (
            "not the beginning",
            "yyyy;text",
            "yyyz;text",
            1,
            Some("text"),
            "is not the beginning",
        ),
        (
            "not said to be cut",
            "yyyy;text\r\n",
            "yyyy;\r\n",
            1,
            Some("text"),
            "it is not the same",
        ),
        (
            "a cut column that there is not",
            ";text\r\n",
            ";\"text; body\"\r\n",
            1,
            Some("cut_cells"),
            "it names no column",
        ),
        (
            "a cell less",
            ";text\r\n",
            "\r\n",
            1,
            None,
            "another number of cells",
        ),
    ];
    for (what, from, to, row, column, words) in table {
        let exports = tempfile::tempdir().unwrap();
        let file = exported(exports.path()).join(FILE);
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{what}: {text}");
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
        let report = read_back(&file).unwrap();
        assert_eq!(report.differences, 1, "{what}: {:?}", report.first);
        let first = &report.first[0];
        assert_eq!((first.row, first.column), (row, column), "{what}");
        assert!(first.what.contains(words), "{what}: {first:?}");
    }

    let exports = tempfile::tempdir().unwrap();
    let file = exported(exports.path()).join(FILE);
    let text = fs::read_to_string(&file).unwrap();
    let (before, after) = text.split_once(lost_row).unwrap();
    fs::write(&file, before).unwrap();
    let report = read_back(&file).unwrap();
    assert_eq!((report.rows, report.first[0].row), (1, 2));
    assert_eq!(report.first[0].what, "a row is missing");
    fs::write(&file, format!("{text}{lost_row}{after}")).unwrap();
    let report = read_back(&file).unwrap();
    assert_eq!((report.rows, report.first[0].row), (2, 3));
    assert_eq!(report.first[0].what, "a row too many");
}

#[test]
fn a_table_that_differs_from_the_records_is_found() {
    let exports = tempfile::tempdir().unwrap();
    let file = exported(exports.path()).join("images.csv");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen(",K.V,", ",K.W,", 1)).unwrap();
    let report = read_back(&file).unwrap();
    let first = &report.first[0];
    assert_eq!(
        (report.differences, first.row, first.column),
        (1, 1, Some("credit"))
    );
    assert_eq!(
        (first.found.as_str(), first.expected.as_str()),
        ("K.W", "K.V")
    );
}

#[test]
fn what_can_not_be_compared_is_said() {
    let exports = tempfile::tempdir().unwrap();
    let folder = exported(exports.path());
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
    write("mine.csv", b"key,site\r\n");
    let canonical = fs::read(folder.join("articles.csv")).unwrap();
    let header = canonical.split(|byte| *byte == b'\n').next().unwrap();
    write("bytes.csv", &[header, b"\n\xFF\xFE,a\r\n"].concat());
    let table = [
        ("not there", "none.csv", true, "cannot read "),
        (
            "another table",
            "mine.csv",
            true,
            "is of no table of an export",
        ),
        (
            "no records hold it",
            "versions.csv",
            true,
            "versions.csv says more than the records do",
        ),
        (
            "no text",
            "bytes.csv",
            false,
            "bytes.csv is broken: it is not UTF-8",
        ),
    ];
    for (what, file, is_usage, words) in table {
        let error = read_back(&folder.join(file)).unwrap_err();
        assert!(error.to_string().contains(words), "{what}: {error}");
        assert_eq!(error.is_usage(), is_usage, "{what}");
        assert!(!error.advice().is_empty());
    }
    fs::remove_file(folder.join("articles.csv")).unwrap();
    let error = read_back(&folder.join("articles-excel-comma.csv")).unwrap_err();
    assert!(
        error.to_string().contains("articles.csv to compare with"),
        "{error}"
    );
    write("articles.jsonl", b"{}\n");
    let error = read_back(&folder.join("images.csv")).unwrap_err();
    assert!(error.to_string().contains("line 1 is no record"), "{error}");
}

//! How the files look to a program and to a spreadsheet, whatever text a ministry serves.

use std::fs;

use khotin::export::*;
use khotin::model::*;

use super::support::*;

#[test]
fn hostile_text_is_read_back_whole_and_harmless() {
    let million = "ế ".repeat(500_000);
    let table = [
        ("formula", "=cmd|' /C calc'!A0"),
        ("formula behind a tab", "\t=1+1"),
        ("formula behind a carriage return", "\r=1+1"),
        ("looks guarded", "'=1+1"),
        ("quotes and commas", "a \"quoted\", \"\"twice\"\"; and more"),
        ("line breaks", "one\r\ntwo\rthree\nfour"),
        (
            "NUL and other control characters",
            "a\0b\u{1b}[31mc\u{9b}d\u{7f}",
        ),
        ("byte order mark", "\u{FEFF}=1+1"),
        (
            "right to left, joiners, line separator",
            "\u{202e}abc\u{200d}\u{2028}d",
        ),
        ("a row of its own", "\r\n\"moh:liferay:forged\",moh"),
        ("white space", " "),
        ("a million characters", million.as_str()),
    ];
    for (what, hostile) in table {
        let exports = tempfile::tempdir().unwrap();
        let mut given = article();
        given.title = Some(hostile.to_owned());
        given.sections = vec![hostile.to_owned()];
        given.images[0].caption = Some(hostile.to_owned());
        given.related[0].title = hostile.to_owned();
        given.attachments[0].label = hostile.to_owned();
        given.listed[0].item.summary = Some(hostile.to_owned());
        let report = export_all(exports.path(), "one", [given.clone()]);
        let clean = clean(hostile);
        assert!(!clean.contains(|char: char| char.is_control() && !"\t\n".contains(char)));

        for (file, column) in [
            ("articles.csv", "title"),
            ("articles.csv", "sections"),
            ("images.csv", "caption"),
            ("related.csv", "title"),
            ("attachments.csv", "label"),
            ("listings.csv", "abstract"),
        ] {
            let rows = read_csv(&report.folder.join(file), b',');
            assert_eq!(cell(&rows, column), clean, "{what}: {file}");
        }
        let rows = read_csv(&report.folder.join("articles-excel-semicolon.csv"), b';');
        let found = cell(&rows, "title");
        assert!(
            !found.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']),
            "{what}"
        );
        assert!(clean.starts_with(unguard(found)), "{what}");
        let is_cut = found.encode_utf16().count() == EXCEL_CELL_LIMIT;
        assert_eq!(unguard(found) == clean, !is_cut, "{what}");
        assert_eq!(
            cell(&rows, "cut_cells"),
            if is_cut { "title; sections" } else { "" },
            "{what}"
        );
        let lines = fs::read_to_string(report.folder.join("articles.jsonl")).unwrap();
        let articles: Vec<Article> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(articles, [given], "{what}");
    }
}

#[test]
fn one_array_holds_what_the_lines_hold() {
    let hostile = Article {
        title: Some("a\u{9b}2J\u{202e}\r\n\0\"".to_owned()),
        ..article()
    };
    let table: [(&str, Vec<Article>); 3] = [
        ("none", Vec::new()),
        ("one", vec![hostile.clone()]),
        ("more", vec![article(), hostile, listed_article()]),
    ];
    for (name, given) in table {
        let exports = tempfile::tempdir().unwrap();
        let mut options = ExportOptions::new(exports.path(), name);
        options.formats = [Format::Json, Format::Jsonl].into();
        let articles = given.iter().cloned().map(Ok::<_, String>);
        let report = export(articles, ExportQuery::default(), &options, now()).unwrap();
        let text = fs::read_to_string(report.folder.join("articles.json")).unwrap();
        let read: Vec<Article> = serde_json::from_str(&text).unwrap();
        assert_eq!(read, given, "{name}");
        let harmful = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(harmful), "{name}");

        let lines = fs::read_to_string(report.folder.join("articles.jsonl")).unwrap();
        let mut inside: Vec<&str> = text.lines().collect();
        inside.retain(|line| !matches!(*line, "[" | "]" | "[]"));
        let inside = inside.iter().map(|line| line.trim_end_matches(','));
        assert!(inside.eq(lines.lines()), "{name}: each record on a line");
        let rows = report.manifest.files.iter().map(|file| file.rows);
        assert!(rows.eq([given.len() as u64; 2]), "{name}");
    }
}

#[test]
fn the_bytes_are_as_each_reader_wants_them() {
    let exports = tempfile::tempdir().unwrap();
    let report = export_all(exports.path(), "one", [article()]);
    let canonical = fs::read_to_string(report.folder.join("articles.csv")).unwrap();
    assert!(canonical.starts_with("key,site,state,"));
    assert!(canonical.contains(",\"Đậu mùa khỉ, bệnh \"\"mới\"\"\","));
    assert!(canonical.ends_with("tiếp xúc.\n\nPhòng bệnh – ngay!\"\r\n"));
    assert_eq!(canonical.matches('\r').count(), 2, "one a row");

    let spreadsheet =
        fs::read_to_string(report.folder.join("articles-excel-semicolon.csv")).unwrap();
    assert!(spreadsheet.starts_with("\u{FEFF}key;site;state;"));
    assert!(spreadsheet.contains(";payload_sha256;profile;text;cut_cells\r\n"));
    assert_eq!(
        report.spreadsheet(),
        Some(report.folder.join("articles.xlsx"))
    );
}

#[test]
fn cells_are_cut_to_the_limit_and_named() {
    let exports = tempfile::tempdir().unwrap();
    let mut options = ExportOptions::new(exports.path(), "one");
    options.cell_limit = 40;
    let given = Article {
        title: Some("=".repeat(40)),
        text: Some("y".repeat(39) + "e\u{302}"),
        lead: Some("y".repeat(40)),
        ..article()
    };
    let report = export_of([given], ExportQuery::default(), &options).unwrap();
    let rows = read_csv(&report.folder.join("articles-excel-semicolon.csv"), b';');
    assert_eq!(cell(&rows, "title"), "'".to_owned() + &"=".repeat(39));
    assert_eq!(cell(&rows, "text"), "y".repeat(39));
    assert_eq!(cell(&rows, "lead"), "y".repeat(40));
    let cut = cell(&rows, "cut_cells");
    assert!(
        cut.starts_with("title; ") && cut.ends_with("; text"),
        "{cut}"
    );
    let cut_count = cut.split("; ").count() as u64;
    for file in &report.manifest.files {
        let expected = match file.name.as_str() {
            "articles-excel-semicolon.csv" => cut_count,
            // Its cells have no guard, and all its tables have cells of more than 40 characters.
            "articles.xlsx" => file.cells_cut.max(cut_count),
            _ => 0,
        };
        assert_eq!(file.cells_cut, expected, "{}", file.name);
    }
    let rows = read_csv(&report.folder.join("articles.csv"), b',');
    assert_eq!(cell(&rows, "title"), "=".repeat(40));
}

#[test]
fn the_manifest_counts_and_its_digests_are_the_files() {
    let exports = tempfile::tempdir().unwrap();
    let mut generated = listed_article();
    generated.site = SiteId::new("demo");
    generated.synthetic = true;
    generated.title = Some("a\0b".to_owned());
    let report = export_all(
        exports.path(),
        "one",
        [article(), listed_article(), generated],
    );

    let text = fs::read_to_string(report.folder.join("manifest.json")).unwrap();
    let manifest: Manifest = serde_json::from_str(&text).unwrap();
    assert_eq!(manifest, report.manifest);
    assert_eq!(manifest.khotin, env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest.created, "2026-11-22T01:02:03Z");
    assert_eq!(manifest.query, ExportQuery::default());
    assert_eq!((manifest.articles, manifest.synthetic_articles), (3, 1));
    let counts = |counts: &std::collections::BTreeMap<String, u64>| {
        let counts = counts.iter().map(|(name, count)| format!("{name} {count}"));
        counts.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(counts(&manifest.states), "listed 2, live 1");
    assert_eq!(counts(&manifest.sites), "demo 1, moh 2");
    assert_eq!(
        counts(&manifest.profiles),
        "moh/article@0123456789ab 1, moh@0123456789ab 2"
    );
    assert_eq!(
        counts(&manifest.tables),
        "articles 3, attachments 1, changes 4, images 2, listings 6, related 1, versions 2"
    );
    let files: Vec<_> = manifest
        .files
        .iter()
        .map(|file| (file.name.as_str(), file.rows, file.cells_cleaned))
        .collect();
    assert_eq!(
        files,
        [
            ("articles.csv", 3, 1),
            ("images.csv", 2, 0),
            ("related.csv", 1, 0),
            ("attachments.csv", 1, 0),
            ("listings.csv", 6, 0),
            ("versions.csv", 2, 0),
            ("changes.csv", 4, 0),
            ("datapackage.json", 7, 0),
            ("articles-excel-semicolon.csv", 3, 1),
            ("articles.jsonl", 3, 0),
            ("articles.xlsx", 19, 1),
        ]
    );
    for file in &manifest.files {
        let bytes = fs::read(report.folder.join(&file.name)).unwrap();
        assert_eq!(
            (file.bytes, &file.sha256),
            (bytes.len() as u64, &sha256(&bytes)),
            "{}",
            file.name
        );
    }
    assert_eq!(
        names_in(&report.folder).len(),
        manifest.files.len() + 2,
        "and the manifest and the sums"
    );
}

#[test]
fn only_the_formats_asked_for_are_written() {
    let exports = tempfile::tempdir().unwrap();
    let table: [(&str, &[Format], &[&str]); 5] = [
        (
            "csv",
            &[Format::Csv],
            &[
                "SHA256SUMS",
                "articles.csv",
                "attachments.csv",
                "changes.csv",
                "datapackage.json",
                "images.csv",
                "listings.csv",
                "manifest.json",
                "related.csv",
                "versions.csv",
            ],
        ),
        (
            "excel-semicolon",
            &[Format::ExcelSemicolon],
            &[
                "SHA256SUMS",
                "articles-excel-semicolon.csv",
                "manifest.json",
            ],
        ),
        (
            "jsonl",
            &[Format::Jsonl, Format::Jsonl],
            &["SHA256SUMS", "articles.jsonl", "manifest.json"],
        ),
        (
            "json",
            &[Format::Json],
            &["SHA256SUMS", "articles.json", "manifest.json"],
        ),
        (
            "xlsx",
            &[Format::Xlsx],
            &["SHA256SUMS", "articles.xlsx", "manifest.json"],
        ),
    ];
    for (name, formats, expected) in table {
        let mut options = ExportOptions::new(exports.path(), name);
        options.formats = formats.iter().copied().collect();
        let report = export_of([article()], ExportQuery::default(), &options).unwrap();
        assert_eq!(names_in(&report.folder), expected, "{name}");
        let double_click = ["excel-semicolon", "xlsx"].contains(&name);
        assert_eq!(report.spreadsheet().is_some(), double_click, "{name}");
    }
}

#[test]
fn articles_go_to_the_disk_one_by_one() {
    let exports = tempfile::tempdir().unwrap();
    let articles = (0..4).map(|number| {
        let written = exports.path().join(".khotin-one.partial/articles.csv");
        let on_disk = fs::metadata(written).unwrap().len();
        // All but the last article and the writer's small buffer are out of memory already.
        assert!(
            on_disk + 8192 >= number * 1_000_000,
            "{on_disk} bytes before article {number}"
        );
        Ok::<_, String>(Article {
            text: Some("y".repeat(1_000_000)),
            ..article()
        })
    });
    let options = ExportOptions::new(exports.path(), "one");
    let report = export(articles, ExportQuery::default(), &options, now()).unwrap();
    assert_eq!(report.manifest.articles, 4);
}

//! What stands in the folder of exports after success and after failure.

use std::fs;

use khotin::export::*;

use super::support::*;

#[test]
fn latest_leads_to_the_newest_and_the_same_articles_give_the_same_bytes() {
    let exports = tempfile::tempdir().unwrap();
    let one = export_all(
        exports.path(),
        "20261122T010203Z",
        [article(), listed_article()],
    );
    let latest = exports.path().join("latest");
    assert_eq!(
        fs::read_link(&latest).unwrap().to_str(),
        Some("20261122T010203Z")
    );
    let two = export_all(
        exports.path(),
        "20261123T010203Z",
        [article(), listed_article()],
    );
    assert_eq!(
        fs::read_link(&latest).unwrap().to_str(),
        Some("20261123T010203Z")
    );
    assert_eq!(
        names_in(exports.path()),
        ["20261122T010203Z", "20261123T010203Z", "latest"]
    );
    assert_eq!(one.manifest.files, two.manifest.files);
    assert_eq!(
        fs::read(latest.join("articles.csv")).unwrap(),
        fs::read(one.folder.join("articles.csv")).unwrap()
    );
}

#[test]
fn an_error_leaves_nothing_behind_and_changes_nothing() {
    let exports = tempfile::tempdir().unwrap();
    let sound = export_all(exports.path(), "sound", [article()]);
    let bytes = fs::read(sound.folder.join("manifest.json")).unwrap();
    let options = |name: &str| ExportOptions::new(exports.path(), name);
    let no_format = ExportOptions {
        formats: Default::default(),
        ..options("new")
    };
    let every_format = ExportOptions {
        formats: Format::ALL.into(),
        ..options("new")
    };
    let limit = |cell_limit| ExportOptions {
        cell_limit,
        ..options("new")
    };
    let backwards = ExportQuery {
        since: Some("2023-06-18".parse().unwrap()),
        until: Some("2023-06-17".parse().unwrap()),
        ..ExportQuery::default()
    };
    let all = ExportQuery::default;
    let table = [
        (
            "an article cannot be read",
            options("new"),
            all(),
            "after 1 articles the next could not be read",
        ),
        (
            "the same in every format",
            every_format,
            all(),
            "after 1 articles the next could not be read",
        ),
        (
            "name taken",
            options("sound"),
            all(),
            "an export stands already in ",
        ),
        (
            "name leads elsewhere",
            options("../new"),
            all(),
            "'../new' is no name for an export",
        ),
        ("no format", no_format, all(), "an export of no format"),
        (
            "no room in a cell",
            limit(1),
            all(),
            "a cell limit of 1 is not within 2 to 32767",
        ),
        (
            "more than Excel holds",
            limit(32_768),
            all(),
            "a cell limit of 32768",
        ),
        (
            "days swapped",
            options("new"),
            backwards,
            "until 2023-06-17 is before since 2023-06-18",
        ),
    ];
    for (what, options, query, expected) in table {
        let articles = [Ok(article()), Err("disk on fire")];
        let error = export(articles, query, &options, now()).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{what}: {error}");
        assert!(!error.advice().is_empty());
        assert_eq!(names_in(exports.path()), ["latest", "sound"], "{what}");
        assert_eq!(
            fs::read_link(exports.path().join("latest"))
                .unwrap()
                .to_str(),
            Some("sound")
        );
        assert_eq!(
            fs::read(sound.folder.join("manifest.json")).unwrap(),
            bytes,
            "{what}"
        );
    }
}

#[test]
fn what_stands_where_latest_belongs_is_not_touched() {
    let exports = tempfile::tempdir().unwrap();
    fs::write(exports.path().join("latest"), "mine").unwrap();
    let options = ExportOptions::new(exports.path(), "new");
    let error = export_of([article()], ExportQuery::default(), &options).unwrap_err();
    assert!(matches!(error, ExportError::LatestTaken { .. }), "{error}");
    assert_eq!(names_in(exports.path()), ["latest"]);
    assert_eq!(fs::read(exports.path().join("latest")).unwrap(), b"mine");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let exports = tempfile::tempdir().unwrap();
    let file = exports.path().join("a-file");
    fs::write(&file, "").unwrap();
    let options = ExportOptions::new(file.join("exports"), "new");
    let error = export_of([article()], ExportQuery::default(), &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot make {}", file.join("exports").display())
    );
}

//! Which articles an export holds.

use khotin::export::*;
use khotin::model::*;
use serde_json::json;

use super::support::*;

#[test]
fn a_query_takes_what_meets_all_of_it() {
    let table = [
        ("no condition", json!({}), Verdict::In),
        ("its site", json!({"site": "moh"}), Verdict::In),
        ("another site", json!({"site": "mof"}), Verdict::Out),
        (
            "its section",
            json!({"section": "tin-tong-hop"}),
            Verdict::In,
        ),
        ("another section", json!({"section": "tin"}), Verdict::Out),
        ("its state", json!({"state": "live"}), Verdict::In),
        ("another state", json!({"state": "gone"}), Verdict::Out),
        ("since its day", json!({"since": "2023-06-17"}), Verdict::In),
        (
            "since a day later",
            json!({"since": "2023-06-18"}),
            Verdict::Out,
        ),
        ("until its day", json!({"until": "2023-06-17"}), Verdict::In),
        (
            "until a day before",
            json!({"until": "2023-06-16"}),
            Verdict::Out,
        ),
        (
            "day right, state wrong",
            json!({"since": "2023-06-17", "state": "gone"}),
            Verdict::Out,
        ),
    ];
    let query = |query| -> ExportQuery { serde_json::from_value(query).unwrap() };
    for (what, given, expected) in table {
        assert_eq!(query(given).verdict(&article()), expected, "{what}");
    }
    let undated = Article {
        published: None,
        ..article()
    };
    let since = query(json!({"since": "2023-06-17"}));
    assert_eq!(since.verdict(&undated), Verdict::Undated);
    assert_eq!(query(json!({})).verdict(&undated), Verdict::In);

    let exports = tempfile::tempdir().unwrap();
    let options = ExportOptions::new(exports.path(), "one");
    let report = export_of([article(), undated], since.clone(), &options).unwrap();
    assert_eq!(
        (report.manifest.articles, report.manifest.undated_left_out),
        (1, 1)
    );
    assert_eq!(report.manifest.query, since);
    assert_eq!(read_csv(&report.folder.join("articles.csv"), b',').len(), 2);
}

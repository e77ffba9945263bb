//! What versions.csv and changes.csv say happened to an article.

use khotin::export::*;
use khotin::model::*;

use super::support::*;

/// The article of the other tests, its second version with another title and text.
fn edited() -> ArticleWithEdits {
    ArticleWithEdits {
        article: article(),
        edits: vec![vec!["title", "text"]],
    }
}

fn export_edited(query: ExportQuery) -> (tempfile::TempDir, ExportReport) {
    export_known(edited(), query)
}

fn rows_of(report: &ExportReport, file: &str) -> Vec<String> {
    let rows = read_csv(&report.folder.join(file), b',');
    rows.iter().map(|row| row.join(" | ")).collect()
}

#[test]
fn a_version_and_a_change_is_a_row_with_its_capture() {
    let (_exports, report) = export_edited(ExportQuery::default());
    let versions = [
        "key | number | title | first_seen_utc | last_seen_utc | content_digest | fields | sequence \
         | warc_file | warc_offset | warc_record_id",
        "moh:liferay:dau-mua-khi | 1 |  | 2026-11-21T02:00:00.000002Z | 2026-11-21T02:00:00.000002Z \
         | digest of 2 |  | 2 | khotin-moh-20261122T010203Z-00001.warc.gz | 2000 \
         | urn:uuid:00000000-0000-4000-8000-000000000002",
        "moh:liferay:dau-mua-khi | 2 |  | 2026-11-22T03:00:00.000003Z | 2026-11-22T03:00:00.000003Z \
         | digest of 3 | title; text | 3 | khotin-moh-20261122T010203Z-00001.warc.gz | 3000 \
         | urn:uuid:00000000-0000-4000-8000-000000000003",
    ];
    assert_eq!(rows_of(&report, "versions.csv"), versions);
    let changes = [
        "key | change | fields | version | seen_utc | sequence | warc_file | warc_offset \
         | warc_record_id",
        "moh:liferay:dau-mua-khi | new |  | 1 | 2026-11-21T02:00:00.000002Z | 2 \
         | khotin-moh-20261122T010203Z-00001.warc.gz | 2000 \
         | urn:uuid:00000000-0000-4000-8000-000000000002",
        "moh:liferay:dau-mua-khi | changed | title; text | 2 | 2026-11-22T03:00:00.000003Z | 3 \
         | khotin-moh-20261122T010203Z-00001.warc.gz | 3000 \
         | urn:uuid:00000000-0000-4000-8000-000000000003",
    ];
    assert_eq!(rows_of(&report, "changes.csv"), changes);
}

#[test]
fn what_a_version_changed_is_empty_where_it_is_not_known() {
    let known = ArticleWithEdits::from(article());
    for row in Table::Versions.rows(&known, None) {
        let fields = VERSION_COLUMNS
            .iter()
            .position(|column| column.name == "fields");
        assert_eq!(row.cells[fields.unwrap()], Cell::Empty);
    }
}

#[test]
fn only_what_changed_since_then_is_in_an_export() {
    let since = |after| ExportQuery {
        changed_since: Some(ChangedSince {
            asked: "a run".to_owned(),
            run: Some(RunId::new("a run")),
            time: None,
            after_sequence: Sequence(after),
            first_imported: None,
        }),
        ..ExportQuery::default()
    };
    let table: [(&str, u64, u64, &[&str]); 4] = [
        // what, after, articles, changes
        ("before all", 0, 1, &["new", "changed"]),
        ("a listing is no change", 1, 1, &["new", "changed"]),
        ("after the first version", 2, 1, &["changed"]),
        ("after the last", 3, 0, &[]),
    ];
    for (what, after, articles, expected) in table {
        let (_exports, report) = export_edited(since(after));
        assert_eq!(report.manifest.articles, articles, "{what}");
        assert_eq!(report.manifest.query, since(after), "{what}");
        let rows = read_csv(&report.folder.join("changes.csv"), b',');
        let found: Vec<&str> = rows[1..].iter().map(|row| row[1].as_str()).collect();
        assert_eq!(found, expected, "{what}");
        let versions = read_csv(&report.folder.join("versions.csv"), b',').len() - 1;
        assert_eq!(
            versions as u64,
            2 * articles,
            "{what}: all versions of what changed"
        );
    }
}

#[test]
fn what_happened_follows_from_versions_and_states() {
    use State::*;

    type Case<'a> = (
        &'a str,
        &'a [(u64, u64)],   // versions: the capture read, and the one that began it
        &'a [(State, u64)], // states: from which capture
        &'a [u64],          // captures that are listings
        &'a [(ChangeKind, u64)], // expected: by which capture
    );
    let (new, changed) = (ChangeKind::New, ChangeKind::Changed);
    let (gone, back) = (ChangeKind::Gone, ChangeKind::Back);
    let table: [Case<'_>; 9] = [
        (
            "listed only: the first listing",
            &[],
            &[(Listed, 1)],
            &[1, 2],
            &[(new, 1)],
        ),
        (
            "listed, then read: the reading",
            &[(2, 2)],
            &[(Listed, 1), (Live, 2)],
            &[1],
            &[(new, 2)],
        ),
        (
            "edited twice",
            &[(1, 1), (3, 3), (4, 4)],
            &[(Live, 1)],
            &[],
            &[(new, 1), (changed, 3), (changed, 4)],
        ),
        (
            "an old text that a 304 brought back is dated by the 304",
            &[(1, 1), (2, 2), (1, 5)],
            &[(Live, 1)],
            &[],
            &[(new, 1), (changed, 2), (changed, 5)],
        ),
        (
            "gone in two ways is gone once",
            &[(1, 1)],
            &[(Live, 1), (Gone, 2), (SoftGone, 3), (Back, 5), (Gone, 6)],
            &[],
            &[(new, 1), (gone, 2), (back, 5), (gone, 6)],
        ),
        (
            "back with another text",
            &[(1, 1), (4, 4)],
            &[(Live, 1), (Gone, 3), (Back, 4)],
            &[],
            &[(new, 1), (gone, 3), (changed, 4), (back, 4)],
        ),
        (
            "gone before it was read",
            &[(5, 5)],
            &[(Listed, 1), (Gone, 2), (Back, 5)],
            &[1],
            &[(gone, 2), (new, 5), (back, 5)],
        ),
        (
            "gone and never read",
            &[],
            &[(Listed, 1), (Gone, 2)],
            &[1],
            &[(new, 1), (gone, 2)],
        ),
        ("never there", &[], &[(Gone, 1)], &[], &[(gone, 1)]),
    ];
    let time = |sequence: u64| format!("2026-11-2{sequence}T00:00:00.000000Z");
    for (what, versions, states, listings, expected) in table {
        let versions = versions
            .iter()
            .zip(1..)
            .map(|((read, began), number)| Version {
                first_seen: time(*began),
                ..version(number, *read, "")
            });
        let states = states.iter().map(|(state, sequence)| StateSpan {
            state: *state,
            since: time(*sequence),
            capture: Some(Sequence(*sequence)),
        });
        let captures = (1..=6).map(|sequence| {
            let used_as = if listings.contains(&sequence) {
                CaptureUse::Listing
            } else {
                CaptureUse::Article
            };
            capture(sequence, used_as, &time(sequence))
        });
        let given = Article {
            versions: versions.collect(),
            states: states.collect(),
            captures: captures.collect(),
            ..article()
        };
        let found = changes(&given);
        let short: Vec<_> = found
            .iter()
            .map(|change| (change.kind, change.capture.0))
            .collect();
        assert_eq!(short, expected, "{what}");
        for change in found {
            assert_eq!(change.at, time(change.capture.0), "{what}");
            let begins = matches!(change.kind, ChangeKind::New | ChangeKind::Changed);
            let has_version = begins && !given.versions.is_empty();
            assert_eq!(change.version.is_some(), has_version, "{what}");
        }
    }
}

//! History: the rows of versions and of changes.

use super::ChangedSince;
use super::changes::{ArticleWithEdits, changes};
use super::columns::{CHANGE_COLUMNS, VERSION_COLUMNS};
use super::fill::{capture_of, utc};
use super::row::{Cell, Row};
use crate::model::{Sequence, Version};

/// One row a version, oldest first.
pub(super) fn version_rows(known: &ArticleWithEdits) -> Vec<Row<'_>> {
    let article = &known.article;
    let rows = article.versions.iter().map(|version| {
        let Version {
            number,
            content_digest,
            title,
            first_seen,
            last_seen,
            capture,
        } = version;
        let [file, offset, record] = place(known, *capture);
        let cells: [Cell<'_>; VERSION_COLUMNS.len()] = [
            article.key.as_str().into(),
            Cell::count(*number),
            title.as_ref().into(),
            utc(first_seen),
            utc(last_seen),
            content_digest.into(),
            fields(known, Some(version)),
            Cell::Number(capture.0),
            file,
            offset,
            record,
        ];
        Row::new(cells)
    });
    rows.collect()
}

/// One row a change that a capture since then showed, in capture order.
pub(super) fn change_rows<'a>(
    known: &'a ArticleWithEdits,
    since: Option<&ChangedSince>,
) -> Vec<Row<'a>> {
    let changes = changes(&known.article).into_iter();
    let wanted = changes.filter(|change| since.is_none_or(|since| since.includes(change.capture)));
    let rows = wanted.map(|change| {
        let [file, offset, record] = place(known, change.capture);
        let cells: [Cell<'_>; CHANGE_COLUMNS.len()] = [
            known.article.key.as_str().into(),
            change.kind.as_str().into(),
            fields(known, change.version),
            change
                .version
                .map(|version| Cell::count(version.number))
                .into(),
            utc(change.at),
            Cell::Number(change.capture.0),
            file,
            offset,
            record,
        ];
        Row::new(cells)
    });
    rows.collect()
}

/// What a version changed.
fn fields(known: &ArticleWithEdits, version: Option<&Version>) -> Cell<'static> {
    let fields = version.and_then(|version| known.edit(version));
    Cell::joined(fields.unwrap_or_default())
}

/// File, offset and record id of a capture.
fn place(known: &ArticleWithEdits, sequence: Sequence) -> [Cell<'_>; 3] {
    let capture = capture_of(&known.article, sequence);
    [
        capture.map(|capture| &capture.warc_file).into(),
        capture
            .map(|capture| Cell::Number(capture.warc_offset))
            .into(),
        capture.map(|capture| &capture.warc_record_id).into(),
    ]
}

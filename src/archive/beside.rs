//! Beside: what stands beside the WARC files, checked for [`super::verify()`]: the lines of an index
//! against those that the records give, and lines or files that belong to no WARC file. Nothing is
//! changed.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::close::{SUMS_FILE, Sums, cdxj_name};
use super::collection::file_names;
use super::{Archive, ArchiveError, Check, FileReport};
use crate::model::plain;

/// How an index ends.
const INDEX: &str = ".cdxj";

/// The line that a record gives an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IndexLine {
    /// As it is written today.
    pub(super) line: String,
    /// As khotin wrote it before answers to a POST stood under their body; none where that is the same.
    pub(super) earlier: Option<String>,
}

/// The lines that an index should have: today's, or the earlier one where that is what stands there; and
/// how many those are. The earlier ones are true, but replay finds the answer by its address alone.
pub(super) fn take_earlier(lines: Vec<IndexLine>, found: &str) -> (Vec<String>, u64) {
    let found: BTreeSet<&str> = found.split_inclusive('\n').collect();
    let mut count = 0;
    let mut today_or_earlier = |IndexLine { line, earlier }| {
        if found.contains(line.as_str()) {
            return line;
        }
        match earlier.filter(|earlier| found.contains(earlier.as_str())) {
            Some(earlier) => {
                count += 1;
                earlier
            }
            None => line,
        }
    };
    let lines = lines.into_iter().map(&mut today_or_earlier).collect();
    (lines, count)
}

/// The lines of the index `name` against those that the records give, both ways: one result a line.
pub(super) fn compare_lines(
    name: &str,
    mut expected: Vec<String>,
    found: &str,
) -> Vec<Result<bool, String>> {
    expected.sort();
    let mut lines: Vec<(&str, u64)> = found.split_inclusive('\n').zip(1..).collect();
    let mut results = Vec::new();
    let mut pairs = lines.iter().zip(lines.iter().skip(1));
    if let Some((_, (_, number))) = pairs.find(|(first, next)| first.0 > next.0) {
        results.push(Err(format!("{name} line {number} is not in its order")));
        lines.sort_unstable();
    }
    let (mut expected, mut lines) = (expected.iter().peekable(), lines.into_iter().peekable());
    loop {
        let order = match (expected.peek(), lines.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(record), Some((line, _))) => record.as_str().cmp(line),
        };
        let record = expected.next_if(|_| order != Ordering::Greater);
        let line = lines.next_if(|_| order != Ordering::Less);
        results.push(match (record, line) {
            (Some(_), Some(_)) => Ok(true),
            (Some(record), None) => Err(format!(
                "{name} lacks the line of a record: {}",
                plain(record)
            )),
            (None, line) => {
                let (line, number) = line.unwrap_or_default();
                Err(format!(
                    "{name} line {number} is given by no record: {}",
                    plain(line)
                ))
            }
        });
    }
    if results.is_empty() {
        // No record belongs into the index, and none is there.
        results.push(Ok(true));
    }
    results
}

/// What stands beside the WARC files: lines of `SHA256SUMS` that name no file, and indexes without a
/// file. One report for each that is wrong, so that nothing is passed over in silence.
pub(super) fn check_beside(
    archive: &Archive,
    sums: &Sums,
) -> Result<Vec<FileReport>, ArchiveError> {
    let dir = archive.dir();
    let mut reports = Vec::new();
    if !sums.problems.is_empty() {
        let mut report = FileReport::new(SUMS_FILE);
        for (offset, problem) in &sums.problems {
            let place = Some((*offset, ""));
            report.add(Check::Sha256Sums, Err(problem.clone()), place);
        }
        reports.push(report);
    }
    let (closed, open) = (archive.files()?, archive.open_files()?);
    let of_files: BTreeSet<String> = closed
        .iter()
        .chain(&open)
        .map(|file| cdxj_name(file))
        .collect();
    for name in file_names(dir, INDEX)? {
        if !of_files.contains(&name) {
            let mut report = FileReport::new(&name);
            let problem = "there is no WARC file beside this index".to_owned();
            report.add(Check::Cdxj, Err(problem), None);
            reports.push(report);
        }
    }
    Ok(reports)
}

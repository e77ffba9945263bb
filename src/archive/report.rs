//! Report: the results of [`super::verify()`] as counts and findings, for people and as JSON. Only
//! failures are kept one by one, so a report of a sound archive is small, however large that is.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The gzip member unpacks, its check sum is right, and it holds one whole record.
    Record,
    /// `WARC-Block-Digest` against the block.
    BlockDigest,
    /// `WARC-Payload-Digest` against the payload; for a revisit, against the record referred to.
    PayloadDigest,
    /// The records of an exchange belong together; the metadata record's SHA-256 against the payload.
    Exchange,
    /// Sequence numbers rise within a file, and none stands twice in the archive.
    Sequence,
    /// The line of `SHA256SUMS` against the file.
    Sha256Sums,
    /// The `.cdxj` file against the records.
    Cdxj,
}

impl Check {
    /// The words in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::BlockDigest => "block digest",
            Self::PayloadDigest => "payload digest",
            Self::Exchange => "exchange",
            Self::Sequence => "sequence",
            Self::Sha256Sums => "SHA256SUMS",
            Self::Cdxj => "cdxj",
        }
    }
}

/// How often a check had which result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Compared and equal.
    pub passed: u64,
    /// Compared and not equal, or not readable.
    pub failed: u64,
    /// There is nothing to compare with.
    pub nothing_to_check: u64,
}

/// One failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// File name without folder.
    pub file: String,
    /// First byte of the record; none if the whole file is meant.
    pub offset: Option<u64>,
    /// `WARC-Record-ID`, if it could be read.
    pub record_id: Option<String>,
    /// What failed.
    pub check: Check,
    /// What is wrong, with expected and found.
    pub problem: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(offset) = self.offset {
            write!(f, " byte {offset}")?;
        }
        if let Some(id) = &self.record_id {
            write!(f, " {id}")?;
        }
        write!(f, ": {} failed: {}", self.check.as_str(), self.problem)
    }
}

/// What one file gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// File name without folder.
    pub file: String,
    /// Records read.
    pub records: u64,
    /// Results per check.
    pub checks: BTreeMap<Check, Counts>,
    /// Every failure, in file order.
    pub findings: Vec<Finding>,
}

impl FileReport {
    pub(super) fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            records: 0,
            checks: BTreeMap::new(),
            findings: Vec::new(),
        }
    }

    /// Counts a result: `Ok(true)` passed, `Ok(false)` had nothing to check, `Err` failed.
    pub(super) fn add(
        &mut self,
        check: Check,
        result: Result<bool, String>,
        place: Option<(u64, &str)>,
    ) {
        let counts = self.checks.entry(check).or_default();
        match result {
            Ok(true) => counts.passed += 1,
            Ok(false) => counts.nothing_to_check += 1,
            Err(problem) => {
                counts.failed += 1;
                self.findings.push(Finding {
                    file: self.file.clone(),
                    offset: place.map(|(offset, _)| offset),
                    record_id: place
                        .map(|(_, id)| id.to_owned())
                        .filter(|id| !id.is_empty()),
                    check,
                    problem,
                });
            }
        }
    }
}

/// What the archive gave.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// One per closed file, and per file that `SHA256SUMS` names.
    pub files: Vec<FileReport>,
    /// Files that are still open: a crawl is running or was cut off; they are not checked.
    pub open_files: Vec<String>,
}

impl Report {
    /// True when nothing failed.
    pub fn is_sound(&self) -> bool {
        self.findings().next().is_none()
    }

    /// All failures.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.files.iter().flat_map(|file| &file.findings)
    }
}

/// A line per failure, a line per open file, a line per check, and one for the whole.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in self.findings() {
            writeln!(f, "{finding}")?;
        }
        for file in &self.open_files {
            writeln!(f, "{file}: not checked, it is not closed")?;
        }
        let mut sums: BTreeMap<Check, Counts> = BTreeMap::new();
        for (check, counts) in self.files.iter().flat_map(|file| &file.checks) {
            let sum = sums.entry(*check).or_default();
            sum.passed += counts.passed;
            sum.failed += counts.failed;
            sum.nothing_to_check += counts.nothing_to_check;
        }
        for (check, sum) in sums {
            writeln!(
                f,
                "{}: {} passed, {} failed, {} with nothing to check",
                check.as_str(),
                sum.passed,
                sum.failed,
                sum.nothing_to_check
            )?;
        }
        let records: u64 = self.files.iter().map(|file| file.records).sum();
        let verdict = if self.is_sound() { "sound" } else { "DAMAGED" };
        writeln!(
            f,
            "{verdict}: {records} records in {} files",
            self.files.len()
        )
    }
}

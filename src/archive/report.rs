//! Report: the results of [`super::verify()`] as counts and findings, for people and as JSON. Only
//! failures are kept one by one, so a report of a sound archive is small, however large that is.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Failures of one file that are named one by one (our choice); all are counted.
const NAMED_FINDINGS: usize = 1000;

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
    /// Each line of the `.cdxj` file against the records, and each record against the lines.
    Cdxj,
}

impl Check {
    /// Every check.
    pub const ALL: [Self; 7] = [
        Self::Record,
        Self::BlockDigest,
        Self::PayloadDigest,
        Self::Exchange,
        Self::Sequence,
        Self::Sha256Sums,
        Self::Cdxj,
    ];

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

impl Counts {
    /// The three answers in one.
    pub fn answer(self) -> Answer {
        if self.failed > 0 {
            Answer::Fail
        } else if self.passed > 0 {
            Answer::Pass
        } else {
            Answer::NothingToCheck
        }
    }

    /// These and others.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.nothing_to_check += other.nothing_to_check;
    }
}

/// `pass (10 passed, 8 with nothing to check)`; `nothing to check`.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = [
            (self.passed, "passed"),
            (self.failed, "failed"),
            (self.nothing_to_check, "with nothing to check"),
        ]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
        match self.answer() {
            Answer::NothingToCheck => write!(f, "nothing to check"),
            answer => write!(f, "{} ({})", answer.as_str(), words.join(", ")),
        }
    }
}

/// What a check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// All that was compared is equal.
    Pass,
    /// Something is not.
    Fail,
    /// There was nothing to compare.
    NothingToCheck,
}

impl Answer {
    /// The words in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "FAIL",
            Self::NothingToCheck => "nothing to check",
        }
    }
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
    /// The first thousand failures, in file order.
    pub findings: Vec<Finding>,
    /// Lines of the index that name the answer to a POST by its address alone, as khotin wrote them
    /// before the body counted. They passed; replay does not tell such answers apart.
    pub earlier_index_lines: u64,
}

impl FileReport {
    pub(super) fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            records: 0,
            checks: BTreeMap::new(),
            findings: Vec::new(),
            earlier_index_lines: 0,
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
                if self.findings.len() >= NAMED_FINDINGS {
                    return;
                }
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
    /// One per closed file, per file that `SHA256SUMS` names, and per file beside them that is wrong.
    pub files: Vec<FileReport>,
    /// Files that are still open: a crawl is running or was cut off; they are not checked.
    pub open_files: Vec<String>,
}

impl Report {
    /// True when nothing failed.
    pub fn is_sound(&self) -> bool {
        self.answer() != Answer::Fail
    }

    /// All checks in one.
    pub fn answer(&self) -> Answer {
        let mut sum = Counts::default();
        self.totals()
            .into_values()
            .for_each(|counts| sum.add(counts));
        sum.answer()
    }

    /// Results per check over all files; every check is there.
    pub fn totals(&self) -> BTreeMap<Check, Counts> {
        let mut sums: BTreeMap<Check, Counts> = BTreeMap::new();
        for check in Check::ALL {
            sums.insert(check, Counts::default());
        }
        for (check, counts) in self.files.iter().flat_map(|file| &file.checks) {
            sums.entry(*check).or_default().add(*counts);
        }
        sums
    }

    /// All failures that are named.
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
        let totals = self.totals();
        for (check, counts) in &totals {
            writeln!(f, "{}: {counts}", check.as_str())?;
        }
        let of_files = self.files.iter().map(|file| file.earlier_index_lines);
        let earlier: u64 = of_files.sum();
        if earlier > 0 {
            writeln!(
                f,
                "{earlier} answers to a POST stand in their index without the body that asked for them: remove \
                 the .cdxj files, and the next crawl or rebuild makes them again"
            )?;
        }
        let failed: u64 = totals.values().map(|counts| counts.failed).sum();
        let named = self.findings().count() as u64;
        if failed > named {
            writeln!(
                f,
                "{} more failures are counted and not named",
                failed - named
            )?;
        }
        let records: u64 = self.files.iter().map(|file| file.records).sum();
        match self.answer() {
            Answer::NothingToCheck => writeln!(f, "nothing to check: no file is closed"),
            answer => {
                let verdict = if answer == Answer::Pass {
                    "sound"
                } else {
                    "DAMAGED"
                };
                writeln!(
                    f,
                    "{verdict}: {records} records in {} files",
                    self.files.len()
                )
            }
        }
    }
}

//! Report: what an import found, counted. Printed by `khotin import`, as JSON and for people.

use std::collections::BTreeMap;

use serde::Serialize;

use super::judge::Passed;
use super::ledger::ForeignKind;
use crate::model::ArticleKey;
use crate::outcome::Outcome;

/// Troubles that are named one by one (our choice); all are counted.
const NAMED_TROUBLES: usize = 1_000;

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ImportReport {
    /// Nothing was kept or stored.
    pub dry_run: bool,
    /// It was interrupted: what was taken stays, and the same command goes on.
    pub interrupted: bool,
    /// The foreign files, in the order in which they were read.
    pub files: Vec<ReadFile>,
    /// Records by their `WARC-Type`, saved pages as `page`.
    pub records: BTreeMap<String, u64>,
    /// Captures of configured sites that the store did not have.
    pub new: u64,
    /// Captures that it had, from these files or others.
    pub known: u64,
    /// New captures by what the page is.
    pub pages: BTreeMap<String, u64>,
    /// Records that become no capture, by reason.
    pub passed: BTreeMap<Passed, u64>,
    /// Revisits whose originals came.
    pub resolved: u64,
    /// Revisits that still wait for their originals, from this import and those before.
    pub waiting: u64,
    /// Articles that were read for the first time.
    pub new_articles: u64,
    /// Articles that have another version than before.
    pub changed_articles: u64,
    /// Articles that only a listing shows, and nothing showed before.
    pub listed_articles: u64,
    /// Troubles by which bytes are lost, or not to be trusted.
    pub losses: u64,
    /// Places of the files that are not as they should be, by kind.
    pub troubles: BTreeMap<String, u64>,
    /// Some of them, those that lose bytes first.
    pub trouble_examples: Vec<LocatedTrouble>,
}

/// A foreign file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReadFile {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ForeignKind,
    /// SHA-256 of the whole file; null in a dry run.
    pub sha256: Option<String>,
    /// Its length.
    pub bytes: u64,
    /// Our copy, relative to the archive's folder; null if there is none.
    pub kept: Option<String>,
}

/// A place of a foreign file that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LocatedTrouble {
    /// The file, with its member.
    pub file: String,
    /// The byte at which the record, or its packed member, begins.
    pub offset: u64,
    /// `WARC-Record-ID`, if it is known.
    pub record_id: Option<String>,
    /// For counting.
    pub kind: String,
    /// What is wrong.
    pub what: String,
}

impl ImportReport {
    /// Counts a record of this type.
    pub fn record(&mut self, kind: &str) {
        let kind = match kind {
            "" => "without_type".to_owned(),
            kind => kind
                .chars()
                .take(40)
                .collect::<String>()
                .to_ascii_lowercase(),
        };
        // Types are eight words; a hostile file may invent any number.
        if self.records.len() < 64 || self.records.contains_key(&kind) {
            *self.records.entry(kind).or_default() += 1;
        } else {
            *self.records.entry("others".to_owned()).or_default() += 1;
        }
    }

    /// Counts a record that becomes no capture.
    pub fn pass(&mut self, reason: Passed) {
        *self.passed.entry(reason).or_default() += 1;
    }

    /// Counts a trouble. One that loses bytes is named before those that do not.
    pub fn trouble(&mut self, trouble: LocatedTrouble, is_loss: bool) {
        *self.troubles.entry(trouble.kind.clone()).or_default() += 1;
        let examples = &mut self.trouble_examples;
        let place = match is_loss {
            true => usize::try_from(self.losses).unwrap_or(usize::MAX),
            false => examples.len(),
        };
        self.losses += u64::from(is_loss);
        if place < NAMED_TROUBLES {
            examples.insert(place.min(examples.len()), trouble);
            examples.truncate(NAMED_TROUBLES);
        }
    }

    /// Counts what a commit changed of the articles.
    pub fn changes(&mut self, changes: &crate::store::CommitReport) {
        let number = |keys: &[ArticleKey]| keys.len() as u64;
        self.new_articles += number(&changes.new);
        self.changed_articles += number(&changes.changed);
        self.listed_articles += number(&changes.listed);
    }

    /// How the command ends: incomplete if something could not be read.
    pub fn outcome(&self) -> Outcome {
        match (self.interrupted, self.losses) {
            (true, _) => Outcome::Interrupted,
            (false, 0) => Outcome::Complete,
            (false, _) => Outcome::Incomplete,
        }
    }

    /// How many troubles there were.
    pub fn trouble_count(&self) -> u64 {
        self.troubles.values().sum()
    }
}

//! Problem: an error as a person reads it, with what to do and the exit code.

use std::fmt;

use super::Outcome;
use super::interrupt::Interrupted;
use super::report::one_line;
use crate::archive::ArchiveError;
use crate::config::FileError;
use crate::export::{ExportError, ReadBackError};
use crate::nightly::Failure;
use crate::package::PackageError;
use crate::pipeline::CrawlError;
use crate::restrict::RestrictError;
use crate::store::StoreError;

/// Wrong usage: found before anything was done.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct UsageError {
    message: String,
    advice: String,
}

impl UsageError {
    pub(crate) fn new(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            advice: advice.into(),
        }
    }
}

/// What is printed when a command fails.
#[derive(Debug)]
pub(crate) struct Problem {
    message: String,
    advice: Option<String>,
    /// The exit code.
    pub(crate) outcome: Outcome,
}

impl Problem {
    /// Finds the error of ours in the chain that knows what to do.
    pub(crate) fn from_error(error: &anyhow::Error) -> Self {
        let mut message = String::new();
        for cause in error.chain() {
            let words = cause.to_string();
            // Some errors tell their cause themselves.
            if !message.ends_with(&words) {
                let colon = if message.is_empty() { "" } else { ": " };
                message.push_str(colon);
                message.push_str(&words);
            }
        }
        let mut problem = Self {
            message,
            advice: None,
            outcome: Outcome::Incomplete,
        };
        for cause in error.chain() {
            if let Some(usage) = cause.downcast_ref::<UsageError>() {
                problem.set(&usage.advice, Outcome::Usage);
            } else if let Some(interrupted) = cause.downcast_ref::<Interrupted>() {
                problem.set(interrupted.advice(), Outcome::Interrupted);
            } else if let Some(file) = cause.downcast_ref::<FileError>() {
                problem.set(file.advice(), Outcome::Usage);
            } else if let Some(restrict) = cause.downcast_ref::<RestrictError>() {
                problem.set(restrict.advice(), restrict.outcome());
            } else if let Some(crawl) = cause.downcast_ref::<CrawlError>() {
                problem.set(crawl.advice(), crawl.outcome());
            } else if let Some(store) = cause.downcast_ref::<StoreError>() {
                problem.set(store.advice(), outcome_of_store(store));
            } else if let Some(archive) = cause.downcast_ref::<ArchiveError>() {
                problem.set(archive.advice(), outcome_of_archive(archive));
            } else if let Some(export) = cause.downcast_ref::<ExportError>() {
                problem.set(export.advice(), Outcome::Incomplete);
            } else if let Some(file) = cause.downcast_ref::<ReadBackError>() {
                problem.set(file.advice(), Outcome::Incomplete);
            } else if let Some(package) = cause.downcast_ref::<PackageError>() {
                problem.set(package.advice(), outcome_of_package(package));
            }
        }
        problem
    }

    /// As the nightly job tells of it.
    pub(crate) fn into_failure(self) -> Failure {
        Failure {
            message: self.message,
            advice: self.advice,
            outcome: self.outcome,
        }
    }

    /// What happened.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What to do; empty if no error of ours knows.
    pub(crate) fn advice(&self) -> &str {
        self.advice.as_deref().unwrap_or_default()
    }

    fn set(&mut self, advice: &str, outcome: Outcome) {
        self.advice.get_or_insert_with(|| advice.to_owned());
        self.outcome = self.outcome.and(outcome);
    }
}

fn outcome_of_store(error: &StoreError) -> Outcome {
    if error.is_locked() {
        Outcome::Busy
    } else if error.is_damage() {
        Outcome::Damaged
    } else {
        Outcome::Incomplete
    }
}

fn outcome_of_archive(error: &ArchiveError) -> Outcome {
    if error.is_damage() {
        Outcome::Damaged
    } else {
        Outcome::Incomplete
    }
}

fn outcome_of_package(error: &PackageError) -> Outcome {
    if error.is_damage() {
        Outcome::Damaged
    } else if error.is_usage() {
        Outcome::Usage
    } else {
        Outcome::Incomplete
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.message.lines().enumerate() {
            let start = if index == 0 { "error: " } else { "\n" };
            // A message may name what a page or a file holds.
            write!(f, "{start}{}", one_line(line))?;
        }
        match &self.advice {
            Some(advice) => write!(f, "\n  what to do: {advice}"),
            None => Ok(()),
        }
    }
}

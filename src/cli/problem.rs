//! Problem: an error as a person reads it, with what to do and the exit code.

use std::fmt;

use super::Outcome;
use crate::config::FileError;

/// Wrong usage: found before anything was done.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct UsageError {
    message: String,
    advice: String,
}

impl UsageError {
    pub(crate) fn new(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { message: message.into(), advice: advice.into() }
    }
}

/// What is printed when a command fails.
#[derive(Debug)]
pub(crate) struct Problem {
    message: String,
    advice: Option<String>,
    /// The exit code.
    pub(crate) outcome: Outcome,
    /// The reader of our output went away (`khotin … | head`): nothing to complain about.
    pub(crate) is_closed_pipe: bool,
}

impl Problem {
    /// Finds the error of ours in the chain that knows what to do.
    pub(crate) fn from_error(error: &anyhow::Error) -> Self {
        let message = error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ");
        let mut problem =
            Self { message, advice: None, outcome: Outcome::Incomplete, is_closed_pipe: false };
        for cause in error.chain() {
            if let Some(usage) = cause.downcast_ref::<UsageError>() {
                problem.set(&usage.advice, Outcome::Usage);
            } else if let Some(file) = cause.downcast_ref::<FileError>() {
                problem.set(file.advice(), Outcome::Usage);
            } else if let Some(io) = cause.downcast_ref::<std::io::Error>() {
                problem.is_closed_pipe = io.kind() == std::io::ErrorKind::BrokenPipe;
            }
        }
        problem
    }

    fn set(&mut self, advice: &str, outcome: Outcome) {
        self.advice.get_or_insert_with(|| advice.to_owned());
        self.outcome = self.outcome.and(outcome);
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        match &self.advice {
            Some(advice) => write!(f, "\n  what to do: {advice}"),
            None => Ok(()),
        }
    }
}

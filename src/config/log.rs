//! Settings of logs.

use serde::{Deserialize, Serialize};

/// `[log]`: what is written to standard error beside a command's answer (docs/logging.md).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// From which weight on; none: `info` for `khotin nightly` without a terminal, `warn` for the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<LogLevel>,
}

/// The weight of a line: each level holds those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Someone must act.
    Error,
    /// It goes on, but worse.
    Warn,
    /// One line a page.
    Info,
    /// Everything of khotin.
    Debug,
}

impl LogLevel {
    /// The word in settings and filters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

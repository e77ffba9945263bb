//! Settings of reading what the archive holds: in a crawl, by `rebuild`, and what a start takes after a crash.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

/// `[reading]` of config.toml.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reading {
    /// How many captures are read at the same time, at least 1; none: as many as the machine has cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jobs: Option<NonZeroUsize>,
}

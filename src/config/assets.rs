//! Assets: which files of articles are archived beside their pages, by setting or flag.

use serde::{Deserialize, Serialize};

/// Which files of articles are asked for. Each holds what stands before it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Assets {
    /// No file, only pages.
    #[default]
    None,
    /// Pictures.
    Images,
    /// Pictures and attachments.
    All,
}

impl Assets {
    /// The word in settings and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Images => "images",
            Self::All => "all",
        }
    }
}

/// The largest file that is kept unless the settings say otherwise: 20 MiB, longer than the attachments
/// that ministries have (our choice).
pub(super) const MAX_BYTES: u64 = 20 * 1024 * 1024;

/// What one run receives of files unless the settings say otherwise: 1 GB (our choice).
pub(super) const MAX_BYTES_PER_RUN: u64 = 1_000_000_000;

//! Settings of `khotin import`.

use serde::{Deserialize, Serialize};

/// `[import]` of config.toml.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Import {
    /// Copy foreign archives into our own.
    pub keep: bool,
    /// Stop at the first trouble in a foreign file.
    pub strict: bool,
}

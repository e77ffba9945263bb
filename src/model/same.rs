//! SameAs: that two articles of a site, each on a platform of its own, seem to be one work. The rule is
//! [`crate::same`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ArticleKey;

/// The article of another platform that seems to be the same work. A proposal with its reasons: keys never
/// merge, and both records stay what they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SameAs {
    /// The other article. An export may hold it or not.
    pub key: ArticleKey,
    /// How much speaks for it.
    pub strength: Strength,
    /// What is equal.
    pub evidence: SameEvidence,
}

/// How much speaks for two articles being one work, least first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Title and day of publication are equal; the texts differ, or one was not read or is short.
    TitleDate,
    /// The texts are equal; title or day differ, or are not known.
    Text,
    /// Title, day and text are equal.
    Both,
}

impl Strength {
    /// Every strength, least first.
    pub const ALL: [Self; 3] = [Self::TitleDate, Self::Text, Self::Both];

    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TitleDate => "title_date",
            Self::Text => "text",
            Self::Both => "both",
        }
    }
}

/// What is equal in two articles: one of both at least. The same whichever of the two is asked, but for the
/// place of tones in the title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SameEvidence {
    /// Title and day of publication, if both are equal and no third article has them.
    pub title_date: Option<TitleDate>,
    /// The text, if it is equal and no third article has it.
    pub text: Option<TextDigest>,
}

/// A title and a day, as they are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TitleDate {
    /// The title's words in lower case, one blank between.
    pub title: String,
    /// Day of publication at the site's zone, `YYYY-MM-DD`.
    pub date: String,
}

/// A text, as it is compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextDigest {
    /// SHA-256 of its words in lower case, one blank between; lower-case hex.
    pub sha256: String,
    /// How many words.
    pub words: usize,
}

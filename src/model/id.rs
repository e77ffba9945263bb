//! Names of things. Each is a string or a number that must not be mixed up with another.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A ministry's short name, the stem of its file in `sites/`: `moh`.
    SiteId
}
text_id! {
    /// A section of a site, as its profile names it: `hoat-dong-cua-lanh-dao-bo`.
    SectionId
}
text_id! {
    /// One start of `khotin crawl`: `20261122T010203Z-4f2a`.
    RunId
}
text_id! {
    /// The name under which the archive knows an article, whatever URL led to it:
    /// `{site}:{platform}:{id}`, for example `moh:liferay:{slug}` or `moh:portal:{aid}`.
    ///
    /// Built by the site's identity rules alone (`sites/moh.toml`). Hosts, locales, instance ids
    /// and trackers are not identity; a leading, trailing or numbered `-` in a slug is (dossier,
    /// section 2). Keys never merge.
    ArticleKey
}

impl ArticleKey {
    /// The site that the key begins with.
    pub fn site(&self) -> SiteId {
        SiteId::new(self.0.split(':').next().unwrap_or_default())
    }

    /// The platform, the key's second part; empty if it has none.
    pub fn platform(&self) -> &str {
        self.0.split(':').nth(1).unwrap_or_default()
    }
}

/// The store-wide number of an exchange, from 1, in the order in which exchanges were archived.
///
/// It orders khotin's own captures, because clocks lie (design, decision 10). A capture that was imported
/// from somebody else's archive has a number of another space, made of its time
/// ([`crate::import::number`]) and so the same whatever was imported before it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Sequence(pub u64);

impl Sequence {
    /// The number after this one.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The least number of an imported capture: far above every number of khotin's own, which counts
    /// exchanges one by one.
    pub const FIRST_IMPORTED: Self = Self(1_000_000_000_000);

    /// True for the number of an imported capture.
    pub fn is_imported(self) -> bool {
        self >= Self::FIRST_IMPORTED
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

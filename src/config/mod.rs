//! Configuration: the operator's `config.toml` ([`Config`]) and one profile a ministry
//! ([`SiteProfile`]), both strict: an unknown key is an error with its line and the nearest name.
//!
//! Everything that can be wrong is found when a file is read: selectors, JSONPaths, regular
//! expressions, date shapes and templates are compiled here, so what holds a profile may trust it.

mod assets;
mod date_format;
mod drift;
mod export;
mod import;
mod layout;
mod log;
mod marks;
mod nightly;
mod reading;
mod rule;
mod search;
mod settings;
mod site;
mod sites;
mod template;
mod toml_file;

use std::time::Duration;

pub use assets::Assets;
pub use date_format::{DateFormat, DateParts, Marker};
pub use drift::DriftLimits;
pub use export::Export;
pub use import::Import;
pub use layout::{
    ArticleLayout, AttachmentRules, BodyRules, CaptionRules, DateField, ListingLayout,
    MarkerPolicy, RelatedRules, Replace, SourceRules, Validity, ZoneBasis,
};
pub use log::{Log, LogLevel};
pub use marks::{Mark, Marks};
pub use nightly::{Alert, Nightly};
pub use reading::Reading;
pub use rule::{Css, Pattern, Rule, Rules, Select, Within};
pub use search::Search;
use serde::{Deserialize, Deserializer};
pub use settings::{
    Archive, Config, Crawl, Display, Fetch, Operator, Paths, Period, Permission, SiteSettings,
    TlsLibrary,
};
pub use site::{
    LinkForm, Name, Pace, Pager, PagerKind, Platform, Refusals, Section, SiteProfile, Whole,
};
pub use sites::{Site, Sites, read_site_file};
pub use template::{MissingVar, RequestTemplate, Template, UrlTemplate, Vars};
pub use toml_file::FileError;
pub(crate) use toml_file::{nearest, parse as parse_toml};

/// Reads a time with its unit into a plain [`Duration`].
fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    Period::deserialize(deserializer).map(|period| period.0)
}

//! Configuration.
mod date_format;
mod rule;
mod site;
mod template;
pub use date_format::{DateFormat, DateParts, Marker};
pub use rule::{Css, Pattern, Rule, Rules, Select, Within};
pub use site::{
    ArticleLayout, AttachmentRules, BodyRules, CaptionRules, DateField, LinkForm, ListingLayout,
    MarkerPolicy, Name, Pace, Pager, PagerKind, Platform, Refusals, RelatedRules, Replace, Section,
    SiteProfile, SourceRules, Validity, Whole, ZoneBasis,
};
pub use template::{MissingVar, RequestTemplate, Template, UrlTemplate, Vars};

use serde::Deserialize;
use std::time::Duration;

/// Reads a duration with its unit: `2s`, `500ms`, `24h`, `30days`.
fn duration<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text).map_err(|error| {
        serde::de::Error::custom(format!(
            "`{text}` is not a duration such as \"2s\": {error}"
        ))
    })
}

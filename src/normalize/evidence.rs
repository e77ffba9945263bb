//! Evidence: for each field of a page either what was found and by which selector, or why it is
//! null.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::date::read_date;
use super::text::clean;
use crate::config::{DateField, Rules};
use crate::model::{DateFrom, Field, FieldEvidence, Published, Warning};

/// Evidence by the field's name in the record.
pub(super) type EvidenceMap = BTreeMap<String, FieldEvidence>;

/// Notes why a field is null.
pub(super) fn note_missing(evidence: &mut EvidenceMap, name: &str, reason: impl Into<String>) {
    let missing = reason.into();
    evidence.insert(name.to_owned(), FieldEvidence::Missing { missing });
}

/// Notes where a field was found.
pub(super) fn note_found(evidence: &mut EvidenceMap, name: &str, field: &Field) {
    let found = FieldEvidence::Found(field.evidence.clone());
    evidence.insert(name.to_owned(), found);
}

/// A field's text on one line, with its evidence; `rules` are the profile's for it.
pub(super) fn take_text(
    evidence: &mut EvidenceMap,
    name: &str,
    rules: Option<&Rules>,
    field: Option<&Field>,
) -> Option<String> {
    let Some(field) = field else {
        note_missing(evidence, name, not_found(rules));
        return None;
    };
    let text = clean(&field.text);
    if text.is_empty() {
        let reason = format!("`{}` found no text", field.evidence.selector);
        note_missing(evidence, name, reason);
        return None;
    }
    note_found(evidence, name, field);
    Some(text)
}

/// Reads a date field's text. A text that is no date is a warning `date_unread`, and the reason why
/// `published` is null. Also returns the stamp as in the page, and the text glued to it.
pub(super) fn take_date(
    evidence: &mut EvidenceMap,
    warnings: &mut Vec<Warning>,
    rules: Option<&DateField>,
    zone: Tz,
    field: Option<&Field>,
    from: DateFrom,
) -> Stamp {
    let select = rules.map(|rules| &rules.select);
    let Some(text) = take_text(evidence, "published", select, field) else {
        return Stamp::default();
    };
    let no_rules = DateField::default();
    match read_date(rules.unwrap_or(&no_rules), zone, &text, from) {
        Ok((published, rest)) => Stamp {
            glued: text
                .get(rest..)
                .map(str::trim)
                .filter(|rest| !rest.is_empty())
                .map(str::to_owned),
            raw: Some(published.raw.clone()),
            published: Some(published),
        },
        Err(problem) => {
            warnings.push(Warning::new("date_unread", problem.to_string()));
            note_missing(evidence, "published", problem.to_string());
            Stamp {
                published: None,
                raw: Some(text),
                glued: None,
            }
        }
    }
}

/// A date stamp and what is glued to it.
#[derive(Debug, Default)]
pub(super) struct Stamp {
    /// The point in time, if the stamp could be read.
    pub(super) published: Option<Published>,
    /// The stamp alone; the whole text where it could not be read.
    pub(super) raw: Option<String>,
    /// What follows the stamp.
    pub(super) glued: Option<String>,
}

/// Why a field that the reader did not find is null.
fn not_found(rules: Option<&Rules>) -> String {
    match rules.map(Rules::len) {
        None => "the profile has no layout for this page".to_owned(),
        Some(0) => "the profile has no rule for it".to_owned(),
        Some(1) => "its selector found nothing".to_owned(),
        Some(alternatives) => format!("none of its {alternatives} selectors found anything"),
    }
}

//! Order: the observations of one key as they follow each other in time. In: observations in any order,
//! perhaps some of them twice. Out: each once, in the order in which the article was seen so.
//!
//! Khotin's own captures follow each other by number, because clocks lie (design, decision 10). An
//! imported capture has nothing but its time: it is put among the own ones behind all that were asked
//! until then. Where in time an own capture stands is the latest time of it and of those before it, so
//! that one whose clock was set back does not pull an import forward. The order is a function of the set
//! of observations: it never matters who came first.

use chrono::{DateTime, FixedOffset};

use crate::model::{Observation, Sequence};

/// Sorted as the captures follow each other, within one by place. Two observations that claim the same
/// place are sorted by their text, so that the choice does not depend on who came first.
pub(super) fn in_order(observations: Vec<&Observation>) -> Vec<&Observation> {
    let (imported, own): (Vec<&Observation>, Vec<&Observation>) = observations
        .into_iter()
        .partition(|observation| observation.sequence.is_imported());
    let own = each_once(own, |_| ());
    if imported.is_empty() {
        return own;
    }
    let imported = each_once(imported, time);
    merge(own, imported)
}

/// When a capture was asked; one whose time can not be read stands before all others.
fn time(observation: &Observation) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(&observation.capture.time).ok()
}

fn place(observation: &Observation) -> (Sequence, usize) {
    (observation.sequence, observation.position)
}

/// Sorted by what `first` says, then by number and place, each place once.
fn each_once<T: Ord>(
    mut observations: Vec<&Observation>,
    first: impl Fn(&Observation) -> T,
) -> Vec<&Observation> {
    let text = |observation: &Observation| serde_json::to_string(observation).unwrap_or_default();
    observations.sort_by(|one, other| {
        first(one)
            .cmp(&first(other))
            .then_with(|| place(one).cmp(&place(other)))
            .then_with(|| text(one).cmp(&text(other)))
    });
    observations.dedup_by_key(|observation| place(observation));
    observations
}

/// Both in their own order; an imported one behind every own one that was asked until then.
fn merge<'a>(own: Vec<&'a Observation>, imported: Vec<&'a Observation>) -> Vec<&'a Observation> {
    let mut merged = Vec::with_capacity(own.len() + imported.len());
    let mut imported = imported.into_iter().peekable();
    let mut latest = None;
    for observation in own {
        latest = latest.max(time(observation));
        while let Some(earlier) = imported.next_if(|imported| time(imported) < latest) {
            merged.push(earlier);
        }
        merged.push(observation);
    }
    merged.extend(imported);
    merged
}

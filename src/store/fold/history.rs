//! History: what an article was, one capture after the other: readings, runs of equal digests, and
//! states. In: observations in capture order.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Content, FieldEvidence, Observation, Sighting, State, StateSpan, Version, Warning,
};

/// One reading of the article itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    /// The observation that read it.
    pub(super) observation: &'a Observation,
    /// What it says.
    pub(super) content: &'a Content,
    /// Its content digest.
    pub(super) digest: &'a str,
    /// Category names that the page prints.
    pub(super) categories: &'a [String],
    /// Evidence per field.
    pub(super) evidence: &'a BTreeMap<String, FieldEvidence>,
    /// What was odd.
    pub(super) warnings: &'a [Warning],
}

/// A maximal run of equal content digests.
#[derive(Debug, Clone)]
pub(super) struct Run<'a> {
    /// The reading that the version's fields are taken from: the first of the run.
    pub(super) reading: Reading<'a>,
    /// The observation that began the run: the reading's, or a 304 that brought it back.
    first: &'a Observation,
    last: &'a Observation,
    /// URLs asked for in this run.
    asked: BTreeSet<&'a str>,
}

fn reading(observation: &Observation) -> Option<Reading<'_>> {
    match &observation.sighting {
        Sighting::Article {
            content,
            content_digest,
            categories,
            evidence,
            warnings,
        } => Some(Reading {
            observation,
            content,
            digest: content_digest,
            categories,
            evidence,
            warnings,
        }),
        _ => None,
    }
}

/// The runs among observations in capture order. A 304 repeats the last reading of the same URL, or
/// the last reading at all if that URL has none.
pub(super) fn runs<'a>(observations: &[&'a Observation]) -> Vec<Run<'a>> {
    let mut runs: Vec<Run<'a>> = Vec::new();
    let mut last_of_url: BTreeMap<&str, Reading<'a>> = BTreeMap::new();
    for observation in observations.iter().copied() {
        let asked = observation.capture.request_url.as_str();
        let reading = match &observation.sighting {
            Sighting::Article { .. } => reading(observation),
            Sighting::Unchanged => last_of_url
                .get(asked)
                .copied()
                .or_else(|| Some(runs.last()?.reading)),
            _ => None,
        };
        let Some(reading) = reading else { continue };
        last_of_url.insert(asked, reading);
        match runs.last_mut() {
            Some(run) if run.reading.digest == reading.digest => {
                run.last = observation;
                run.asked.insert(asked);
            }
            _ => runs.push(Run {
                reading,
                first: observation,
                last: observation,
                asked: BTreeSet::from([asked]),
            }),
        }
    }
    runs
}

/// The versions that runs are, numbered from 1.
pub(super) fn versions(runs: &[Run<'_>]) -> Vec<Version> {
    let versions = runs.iter().zip(1..).map(|(run, number)| Version {
        number,
        content_digest: run.reading.digest.to_owned(),
        title: run.reading.content.title.clone(),
        first_seen: run.first.capture.time.clone(),
        last_seen: run.last.capture.time.clone(),
        capture: run.reading.observation.sequence,
    });
    versions.collect()
}

/// True if two texts with different titles take turns (A, B, A, B) and no URL showed both: then two
/// articles share the key, and the record is not to be trusted as one.
pub(super) fn alternates(runs: &[Run<'_>]) -> bool {
    runs.windows(4).any(|runs| {
        let [a, b, again_a, again_b] = runs else {
            return false;
        };
        let take_turns = a.reading.digest == again_a.reading.digest
            && b.reading.digest == again_b.reading.digest;
        let asked_a: BTreeSet<_> = a.asked.union(&again_a.asked).collect();
        let asked_b: BTreeSet<_> = b.asked.union(&again_b.asked).collect();
        take_turns
            && a.reading.content.title != b.reading.content.title
            && asked_a.is_disjoint(&asked_b)
    })
}

/// Every change of state, oldest first.
pub(super) fn states(observations: &[&Observation]) -> Vec<StateSpan> {
    let mut states: Vec<StateSpan> = Vec::new();
    for observation in observations {
        let known = states.last().map(|span| span.state);
        let state = match (&observation.sighting, known) {
            (Sighting::Gone { .. }, _) => State::Gone,
            (Sighting::SoftGone { .. }, _) => State::SoftGone,
            (Sighting::Listed(_), known) => known.unwrap_or(State::Listed),
            (_, Some(State::Gone | State::SoftGone | State::Back)) => State::Back,
            (_, None | Some(State::Listed | State::Live)) => State::Live,
        };
        if Some(state) != known {
            states.push(StateSpan {
                state,
                since: observation.capture.time.clone(),
                capture: observation.sequence,
            });
        }
    }
    states
}

//! History: what an article was, one capture after the other: readings, runs of equal digests, and
//! states. In: observations in capture order.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Block, Content, FieldEvidence, Observation, Sighting, State, StateSpan, Version, Warning,
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

/// True if two texts take turns in a way that no editor's work explains: then two articles share the
/// key, and the record is not to be trusted as one.
///
/// - A, B, A, B, each by URLs of its own, with different titles; or
/// - A, B, A, each by URLs of its own, without one block of text in common; or
/// - A, B, A, B by whatever URLs, without one block of text in common and with different titles.
///
/// What can not be known: a text that was put in another's place once (A, B) may be an edit; two
/// texts that take turns at one URL and share a title or a paragraph may be an edit taken back, or
/// two servers of which one is behind. Both stay versions.
pub(super) fn alternates(runs: &[Run<'_>]) -> bool {
    (0..runs.len()).any(|from| match runs.get(from..).unwrap_or_default() {
        [a, b, again_a, rest @ ..] if a.reading.digest == again_a.reading.digest => {
            let takes_turns = rest
                .first()
                .is_some_and(|again_b| again_b.reading.digest == b.reading.digest);
            let again_b = rest.first().filter(|_| takes_turns);
            let asked_a: BTreeSet<_> = a.asked.union(&again_a.asked).collect();
            let asked_b: BTreeSet<_> = again_b
                .map_or(&b.asked, |again_b| &again_b.asked)
                .union(&b.asked)
                .collect();
            let apart = asked_a.is_disjoint(&asked_b);
            let other_title = a.reading.content.title != b.reading.content.title;
            let other_text = have_nothing_in_common(a.reading.content, b.reading.content);
            (takes_turns && apart && other_title)
                || (apart && other_text)
                || (takes_turns && other_title && other_text)
        }
        _ => false,
    })
}

/// True if both have text and no block of it is in both.
fn have_nothing_in_common(one: &Content, other: &Content) -> bool {
    let texts = |content: &Content| -> BTreeSet<String> {
        let blocks = content.blocks.iter();
        let texts =
            blocks.filter(|block| !matches!(block, Block::Image { .. } | Block::Embed { .. }));
        // Every kind of block as one line; two blocks are equal if these are.
        texts
            .filter_map(|block| serde_json::to_string(block).ok())
            .collect()
    };
    let (one, other) = (texts(one), texts(other));
    !one.is_empty() && !other.is_empty() && one.is_disjoint(&other)
}

/// True if one listing page shows two articles under this key: lines with other titles and other
/// dates. (A page that prints an item twice prints the same twice; lines of several captures may
/// stand before and after an edit.)
pub(super) fn is_listed_as_two(observations: &[&Observation]) -> bool {
    let lines = observations.iter().filter_map(|seen| match &seen.sighting {
        Sighting::Listed(item) => {
            let title = item.title.as_deref()?;
            Some((
                seen.sequence,
                (title, item.published.as_ref()?.utc.as_str()),
            ))
        }
        _ => None,
    });
    // The lines of one capture stand together.
    let mut first_of_capture = None;
    for (sequence, (title, date)) in lines {
        match first_of_capture {
            Some((known, (first_title, first_date))) if known == sequence => {
                if title != first_title && date != first_date {
                    return true;
                }
            }
            _ => first_of_capture = Some((sequence, (title, date))),
        }
    }
    false
}

/// The runs of texts that take turns, each text once, in the order of first appearance: what two
/// articles say in turns is no history of one.
pub(super) fn without_turns(runs: Vec<Run<'_>>) -> Vec<Run<'_>> {
    let mut once: Vec<Run<'_>> = Vec::new();
    for run in runs {
        match once
            .iter_mut()
            .find(|known| known.reading.digest == run.reading.digest)
        {
            Some(known) => known.last = run.last,
            None => once.push(run),
        }
    }
    once
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
            (_, None | Some(State::Listed | State::Live | State::Withheld)) => State::Live,
        };
        if Some(state) != known {
            states.push(StateSpan {
                state,
                since: observation.capture.time.clone(),
                capture: Some(observation.sequence),
            });
        }
    }
    states
}

//! Fold: all observations of one key -> the [`Article`]. A pure function: the slice's order and
//! duplicates never matter, because observations are sorted by capture and place in it (`order`).
//!
//! - **Versions** are maximal runs of equal content digests among the article sightings; a 304
//!   extends the run of what its URL showed last. The article being gone in between ends no run.
//!   Two texts that take turns (`key_collision`) are two articles under one key: each is one version,
//!   so that the record does not change with every look.
//! - **Fields** are those of the first capture of the current version: that is the capture which the
//!   version names, so one capture proves them all. Only a listing known: title and date from its
//!   newest line. A date that the article does not print comes from the newest listing line.
//! - **State**: `listed` until the article itself was seen, then `live`; `gone` and `soft_gone` by
//!   its own answer alone, a listing that still shows it changes nothing; `back` when it is seen
//!   again. A listing counts as seen (`last_seen`), a gone answer does not.
//!
//! Reading and naming are done before ([`crate::normalize`]).

mod history;
mod order;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta};

use crate::model::{
    Article, Block, CaptureRef, Content, DateFrom, EvidenceRef, FieldEvidence, Listed, ListedItem,
    Observation, Precision, Published, Sequence, Sighting, Warning,
};
use history::{Reading, Run};

/// Article stamp and listing stamp of the same article may lie this many hours apart; above, the
/// record has the flag `listing_date_gap`. Our choice: half a day is more than any wrong reading of
/// UTC as Vietnam time makes (7 h), and less than a stamp of another day.
pub const LISTING_GAP_HOURS: i64 = 12;

/// A day without time of day may be this many hours later than its first minute.
const DAY_HOURS: i64 = 24;

/// Folds the observations of one key; `None` if there are none.
pub fn fold(observations: &[Observation]) -> Option<Article> {
    fold_all(observations.iter().collect())
}

/// As [`fold`], of observations that do not stand side by side.
pub(super) fn fold_all(observations: Vec<&Observation>) -> Option<Article> {
    let observations = order::in_order(observations);
    let first = *observations.first()?;
    let newest = *observations.last()?;
    let mut runs = history::runs(&observations);
    let takes_turns = history::alternates(&runs);
    if takes_turns {
        runs = history::without_turns(runs);
    }
    let is_two = takes_turns || history::is_listed_as_two(&observations);
    let current = runs.last();
    let listed = newest_lines(&observations);
    let newest_line = newest_first(&listed).first().copied();
    let shown: Vec<&Observation> = observations
        .iter()
        .copied()
        .filter(|observation| is_shown(observation))
        .collect();
    let content = current.map_or_else(Content::default, |run| run.reading.content.clone());
    let mut evidence =
        current.map_or_else(|| only_listed(newest), |run| article_evidence(&run.reading));
    let title = match (content.title, current) {
        (None, None) => from_line(&listed, "title", &mut evidence, |item| item.title.clone()),
        (title, _) => title,
    };
    let published = content.published.or_else(|| {
        from_line(&listed, "published", &mut evidence, |item| {
            item.published.clone()
        })
    });
    let url = first.public_url.clone();
    let states = history::states(&observations);
    Some(Article {
        key: first.key.clone(),
        site: first.site.clone(),
        platform: first.platform.clone(),
        // One key alone can not tell.
        work: None,
        same_as: None,
        aliases: aliases(&observations, &url),
        url,
        sections: sections(&listed, current),
        title,
        lead: content.lead,
        flags: flags(published.as_ref(), &listed, is_two, &observations),
        published,
        text: current.map(|_| text_of(&content.blocks)),
        blocks: content.blocks,
        images: content.images,
        related: content.related,
        attachments: content.attachments,
        links: content.links,
        embeds: content.embeds,
        source: content.source,
        author: content.author,
        language: content.language,
        content_digest: current.map(|run| run.reading.digest.to_owned()),
        versions: history::versions(&runs),
        state: states.last()?.state,
        states,
        first_seen: shown.first().unwrap_or(&first).capture.time.clone(),
        last_seen: shown.last().unwrap_or(&newest).capture.time.clone(),
        captures: captures(&observations),
        profile: match (current, newest_line) {
            (Some(run), _) => run.reading.observation.profile.clone(),
            (None, Some(line)) => line.observation.profile.clone(),
            (None, None) => newest.profile.clone(),
        },
        evidence,
        warnings: match (current, newest_line) {
            (Some(run), _) => run.reading.warnings.to_vec(),
            (None, line) => {
                line.map_or_else(Vec::<Warning>::new, |line| line.item.warnings.clone())
            }
        },
        synthetic: observations.iter().any(|observation| observation.synthetic),
        listed: listed
            .into_iter()
            .map(|line| Listed {
                item: line.item.clone(),
                capture: line.observation.sequence,
            })
            .collect(),
    })
}

fn is_shown(observation: &Observation) -> bool {
    match observation.sighting {
        Sighting::Article { .. } | Sighting::Listed(_) | Sighting::Unchanged => true,
        Sighting::Gone { .. } | Sighting::SoftGone { .. } => false,
    }
}

/// A line of a listing, with its capture's place in the order of captures.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    place: usize,
    observation: &'a Observation,
    item: &'a ListedItem,
}

/// The newest line of each section, of a capture the upper one; lines without section first, then by
/// section.
fn newest_lines<'a>(observations: &[&'a Observation]) -> Vec<Line<'a>> {
    let mut lines: BTreeMap<_, Line<'a>> = BTreeMap::new();
    for (place, observation) in observations.iter().copied().enumerate() {
        let Sighting::Listed(item) = &observation.sighting else {
            continue;
        };
        let line = Line {
            place,
            observation,
            item,
        };
        let known = lines.entry(&item.section).or_insert(line);
        if known.observation.sequence != observation.sequence {
            *known = line;
        }
    }
    lines.into_values().collect()
}

/// Of several captures the newest first; of one the upper line.
fn newest_first<'a>(listed: &[Line<'a>]) -> Vec<Line<'a>> {
    let mut lines = listed.to_vec();
    lines.sort_by_key(|line| std::cmp::Reverse(line.place));
    for of_capture in
        lines.chunk_by_mut(|one, other| one.observation.sequence == other.observation.sequence)
    {
        of_capture.reverse();
    }
    lines
}

/// A value of the newest line that has it, with its evidence.
fn from_line<T>(
    listed: &[Line<'_>],
    name: &str,
    evidence: &mut BTreeMap<String, EvidenceRef>,
    value: impl Fn(&ListedItem) -> Option<T>,
) -> Option<T> {
    let lines = newest_first(listed);
    let (line, found) = lines
        .iter()
        .find_map(|line| Some((line, value(line.item)?)))?;
    if let Some(known) = line.item.evidence.get(name) {
        evidence.insert(name.to_owned(), reference(known, line.observation.sequence));
    }
    Some(found)
}

/// Evidence with the capture that it comes from.
fn reference(found: &FieldEvidence, capture: Sequence) -> EvidenceRef {
    match found.clone() {
        FieldEvidence::Found(evidence) => EvidenceRef::Found { evidence, capture },
        FieldEvidence::Missing { missing } => EvidenceRef::Missing { missing, capture },
    }
}

fn article_evidence(reading: &Reading<'_>) -> BTreeMap<String, EvidenceRef> {
    let capture = reading.observation.sequence;
    let evidence = reading.evidence.iter();
    evidence
        .map(|(name, found)| (name.clone(), reference(found, capture)))
        .collect()
}

/// Why there is nothing of the article itself; the newest observation is what was looked at.
fn only_listed(newest: &Observation) -> BTreeMap<String, EvidenceRef> {
    let missing = EvidenceRef::Missing {
        missing: "the article itself was never read".to_owned(),
        capture: newest.sequence,
    };
    ["title", "lead", "published", "blocks", "author", "source"]
        .into_iter()
        .map(|name| (name.to_owned(), missing.clone()))
        .collect()
}

/// Every URL but the public one, sorted.
fn aliases(observations: &[&Observation], url: &str) -> Vec<String> {
    let urls = observations.iter().flat_map(|observation| {
        let seen = observation.seen_url.as_ref();
        std::iter::once(&observation.public_url).chain(seen)
    });
    let others: BTreeSet<&String> = urls.filter(|other| *other != url).collect();
    others.into_iter().cloned().collect()
}

/// Sections whose listings showed it, sorted, then the current version's categories as printed.
fn sections(listed: &[Line<'_>], current: Option<&Run<'_>>) -> Vec<String> {
    let ids = listed
        .iter()
        .filter_map(|line| Some(line.item.section.as_ref()?.to_string()));
    let mut sections: Vec<String> = ids.collect();
    for category in current.iter().flat_map(|run| run.reading.categories) {
        if !sections.contains(category) {
            sections.push(category.clone());
        }
    }
    sections
}

/// One for each capture and use, in capture order.
fn captures(observations: &[&Observation]) -> Vec<CaptureRef> {
    let mut captures: Vec<CaptureRef> = Vec::new();
    for observation in observations {
        let capture = &observation.capture;
        let is_known =
            captures.iter().rev().take(2).any(|known| {
                known.sequence == capture.sequence && known.used_as == capture.used_as
            });
        if !is_known {
            captures.push(capture.clone());
        }
    }
    captures
}

/// Stable words, sorted, each once.
fn flags(
    published: Option<&Published>,
    listed: &[Line<'_>],
    is_two: bool,
    observations: &[&Observation],
) -> Vec<String> {
    let dates = published.iter().flat_map(|published| &published.flags);
    let mut flags: BTreeSet<&str> = dates.map(|flag| flag.as_str()).collect();
    let printed = published.filter(|published| published.from != DateFrom::Listing);
    let mut stamps = listed
        .iter()
        .filter_map(|line| line.item.published.as_ref());
    if printed.is_some_and(|printed| stamps.any(|stamp| is_far(printed, stamp))) {
        flags.insert("listing_date_gap");
    }
    if is_two {
        flags.insert("key_collision");
    }
    if observations.iter().any(|observation| observation.synthetic) {
        flags.insert("synthetic");
    }
    flags.into_iter().map(str::to_owned).collect()
}

/// True if two stamps are further apart than [`LISTING_GAP_HOURS`], what a day leaves open allowed.
fn is_far(one: &Published, other: &Published) -> bool {
    let instant = |stamp: &Published| DateTime::parse_from_rfc3339(&stamp.utc).ok();
    let (Some(first), Some(second)) = (instant(one), instant(other)) else {
        return false;
    };
    let is_day = [one, other]
        .into_iter()
        .any(|stamp| stamp.precision == Precision::Day);
    let hours = if is_day {
        LISTING_GAP_HOURS + DAY_HOURS
    } else {
        LISTING_GAP_HOURS
    };
    (first - second).abs() > TimeDelta::hours(hours)
}

/// Text blocks joined by an empty line: items and rows are lines, cells are parted by a tab.
/// Pictures, players and captions are no text.
fn text_of(blocks: &[Block]) -> String {
    let texts = blocks.iter().map(|block| match block {
        Block::Paragraph { text } | Block::Heading { text, .. } | Block::Quote { text } => {
            text.clone()
        }
        Block::List { items, .. } => items.join("\n"),
        Block::Table { rows } => rows
            .iter()
            .map(|row| row.join("\t"))
            .collect::<Vec<_>>()
            .join("\n"),
        Block::Image { .. } | Block::Embed { .. } => String::new(),
    });
    texts
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n")
}

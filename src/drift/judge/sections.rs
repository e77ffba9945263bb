//! What a section's listing says: how many items its first page shows, and its newest date.

use chrono::{DateTime, TimeDelta, Utc};

use super::Judge;
use crate::drift::seen::{Example, SectionSeen, Seen};
use crate::drift::share::{RUNS, median};
use crate::drift::sign::{Change, Figure, Sign, Subject, Weight};
use crate::model::SectionId;

/// A newest date may lie so far ahead: events are announced. Our choice.
const AHEAD: TimeDelta = TimeDelta::days(2);
/// A newest date may fall back so far: the newest article was taken off. Our choice.
const BACK: TimeDelta = TimeDelta::days(30);

impl<'a> Judge<'a> {
    /// A listing that shows fewer items, or none.
    pub(super) fn items(
        &self,
        section: &SectionId,
        now: &SectionSeen,
        has_shown: bool,
    ) -> Option<Sign> {
        let limits = self.case.limits;
        let subject = Subject {
            change: Change::Items,
            layout: Some(now.layout.clone()),
            section: Some(section.clone()),
            field: "items".to_owned(),
        };
        let of = |seen: &'a Seen| seen.sections.get(section).map(|seen| seen.items as i64);
        let measures = self
            .earlier(&subject, |seen| of(seen).map(Some))
            .filter(|run| !run.was_signed);
        let sizes: Vec<i64> = measures.filter_map(|run| run.value).take(RUNS).collect();
        let usual = median(&sizes);
        let is_shorter = usual.is_some_and(|usual| {
            usual >= i64::try_from(limits.fewest).unwrap_or(i64::MAX)
                && (now.items as f64) < limits.items * usual as f64
        });
        let is_empty = now.items == 0 && (has_shown || usual.is_some_and(|usual| usual > 0));
        if !is_shorter && !is_empty {
            return None;
        }
        let how_many = match (now.items, usual) {
            (0, None) => "shows no items any more".to_owned(),
            (0, Some(usual)) => format!("shows no items any more, before {usual}"),
            (items, usual) => format!(
                "shows {items} items on its first page, before {}",
                usual.unwrap_or_default()
            ),
        };
        let before = usual.map(|usual| Figure {
            value: usual as f64,
            of: sizes.len() as u64,
        });
        let now_is = Figure {
            value: now.items as f64,
            of: 1,
        };
        let mut sign = self.sign(Weight::Drift, subject, now_is, before);
        sign.selector = Some(now.selector.clone());
        let words = format!(
            "the listing of {section} {how_many} (layout {}, `items`, selector `{}`)",
            now.layout, now.selector
        );
        let examples: Vec<Example> = now.example.iter().cloned().collect();
        Some(self.told(sign, &examples, words))
    }

    /// A newest date that lies in the future, or far behind what was seen before.
    pub(super) fn newest(&self, section: &SectionId, now: &SectionSeen) -> Option<Sign> {
        let subject = Subject {
            change: Change::Newest,
            layout: Some(now.layout.clone()),
            section: Some(section.clone()),
            field: "stamp.select".to_owned(),
        };
        let time = |seen: &SectionSeen| seen.newest.as_deref()?.parse::<DateTime<Utc>>().ok();
        let newest = time(now)?;
        let of = |seen: &'a Seen| seen.sections.get(section).and_then(time);
        let before = self
            .earlier(&subject, |seen| of(seen).map(Some))
            .filter(|run| !run.was_signed)
            .find_map(|run| run.value);
        let what = if newest > self.case.now + AHEAD {
            "lies in the future".to_owned()
        } else {
            let before = before.filter(|before| *before - newest > BACK)?;
            format!("fell back from {}", before.format("%Y-%m-%d"))
        };
        let days = |time: DateTime<Utc>| Figure {
            value: (time.timestamp() / 86_400) as f64,
            of: now.items,
        };
        let sign = self.sign(Weight::Warning, subject, days(newest), before.map(days));
        let words = format!(
            "the listing of {section}: its newest date, {}, {what} (layout {}, `stamp.select`)",
            newest.format("%Y-%m-%d"),
            now.layout
        );
        let examples: Vec<Example> = now.example.iter().cloned().collect();
        Some(self.told(sign, &examples, words))
    }
}

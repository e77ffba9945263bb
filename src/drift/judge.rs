//! Judge: what a run saw, against earlier runs and the profile's limits -> signs. Pure; every rule
//! needs a least number of looks, and what chance explains is no sign (`share`).

mod sections;

use chrono::{DateTime, Utc};

use super::seen::{Example, FieldSeen, LayoutSeen, Seen};
use super::share::{Earlier, RUNS, Share, compare, compare_medians, median};
use super::sign::{Change, Figure, Sign, Subject, Weight};
use crate::config::DriftLimits;
use crate::model::{SectionId, SiteId};

/// The least share of dates that lie where they usually do. Our choice: a lost PM moves those of
/// the afternoon alone, about half of them.
const LEAST_IN_PLACE: f64 = 0.75;
/// Texts shorter than so many characters have no length to lose (our choice).
const LEAST_CHARACTERS: i64 = 200;
/// Texts of fewer blocks have no parts to lose (our choice).
const LEAST_PARAGRAPHS: i64 = 4;
/// An earlier run of the same site.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Past {
    /// What it saw.
    pub seen: Seen,
    /// What it was told of.
    pub signs: Vec<Sign>,
}

/// What a judge knows beside the numbers.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The site.
    pub site: &'a SiteId,
    /// The profile's limits.
    pub limits: &'a DriftLimits,
    /// When the run ended.
    pub now: DateTime<Utc>,
    /// Earlier runs, newest first.
    pub past: &'a [Past],
}

/// The signs of a run. `has_shown` tells whether a section's listing ever showed an item.
pub fn judge(seen: &Seen, case: Case<'_>, has_shown: impl Fn(&SectionId) -> bool) -> Vec<Sign> {
    let judge = Judge { seen, case };
    let mut signs = Vec::new();
    for (section, now) in &seen.sections {
        signs.extend(judge.items(section, now, has_shown(section)));
        signs.extend(judge.newest(section, now));
    }
    for (kind, layouts) in [
        (Kind::Listing, &seen.listings),
        (Kind::Article, &seen.articles),
    ] {
        for (layout, now) in layouts {
            for (field, found) in &now.fields {
                let place = Place {
                    kind,
                    layout,
                    field,
                };
                signs.extend(judge.found(place, found));
                signs.extend(judge.fallback(place, found));
            }
            if kind == Kind::Article {
                signs.extend(judge.lengths(layout, now));
                signs.extend(judge.lag(layout, now));
            }
        }
    }
    signs.sort_by_key(|sign| std::cmp::Reverse(sign.weight == Weight::Drift));
    signs
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Listing,
    Article,
}

impl Kind {
    fn of<'a>(self, seen: &'a Seen, layout: &str) -> Option<&'a LayoutSeen> {
        match self {
            Self::Listing => seen.listings.get(layout),
            Self::Article => seen.articles.get(layout),
        }
    }
}

/// A key of a layout.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    kind: Kind,
    layout: &'a str,
    field: &'a str,
}

impl Place<'_> {
    fn subject(self, change: Change) -> Subject {
        Subject {
            change,
            layout: Some(self.layout.to_owned()),
            section: None,
            field: self.field.to_owned(),
        }
    }

    fn of(self, seen: &Seen) -> Option<&FieldSeen> {
        self.kind.of(seen, self.layout)?.fields.get(self.field)
    }
}

struct Judge<'a> {
    seen: &'a Seen,
    case: Case<'a>,
}

impl<'a> Judge<'a> {
    /// What earlier runs say of a subject, newest first; `T::default()` where they did not look.
    fn earlier<T: Default>(
        &self,
        subject: &Subject,
        value: impl Fn(&'a Seen) -> Option<T>,
    ) -> impl Iterator<Item = Earlier<T>> {
        let profile = &self.seen.profile;
        self.case.past.iter().map(move |run| Earlier {
            value: value(&run.seen).unwrap_or_default(),
            was_signed: run.signs.iter().any(|sign| sign.subject == *subject),
            is_same_profile: run.seen.profile == *profile,
        })
    }

    fn sign(&self, weight: Weight, subject: Subject, now: Figure, before: Option<Figure>) -> Sign {
        Sign {
            weight,
            site: self.case.site.clone(),
            subject,
            selector: None,
            now,
            before,
            words: String::new(),
            examples: Vec::new(),
            try_it: String::new(),
        }
    }

    fn told(&self, mut sign: Sign, examples: &[Example], words: String) -> Sign {
        sign.words = words;
        sign.examples = examples.to_vec();
        sign.try_it = Sign::command(self.case.site, examples);
        sign
    }

    /// A field that is found less often than before, or than it must be.
    fn found(&self, place: Place<'_>, now: &FieldSeen) -> Option<Sign> {
        let limits = self.case.limits;
        let share = |field: &FieldSeen| Share {
            good: field.finds(),
            all: field.looks(),
        };
        let subject = place.subject(Change::Found);
        let earlier = self.earlier(&subject, |seen| place.of(seen).map(share));
        let (recent, before) = compare(share(now), earlier, limits.fewest)?;
        let least = limits.least.get(place.field).copied().unwrap_or_default();
        let has_fallen = before.is_some_and(|before| {
            recent.rate() < limits.found * before.rate() && recent.is_below(before)
        });
        if now.misses == 0 || !(has_fallen || recent.rate() < least) {
            return None;
        }
        let (selector, lost) = self.lost(place, now);
        let words = format!(
            "layout {}: `{}` finds {}{}{lost}",
            place.layout,
            place.field,
            in_words(recent),
            before.map_or_else(String::new, |before| format!(
                ", before {}",
                in_words(before)
            )),
        );
        let mut sign = self.sign(Weight::Drift, subject, figure(recent), before.map(figure));
        sign.selector = selector;
        Some(self.told(sign, &now.missed_in, words))
    }

    /// The selector that found most in earlier runs, and what it finds now.
    fn lost(&self, place: Place<'_>, now: &FieldSeen) -> (Option<String>, String) {
        let past = self.case.past.iter().take(RUNS);
        let fields: Vec<&FieldSeen> = past.filter_map(|run| place.of(&run.seen)).collect();
        let before = |selector: &str| {
            fields
                .iter()
                .map(|field| field.taken(selector))
                .sum::<u64>()
        };
        let mut best: Option<(&str, u64)> = None;
        for rule in &now.selectors {
            let taken = before(&rule.selector);
            if best.is_none_or(|(_, most)| taken > most) {
                best = Some((&rule.selector, taken));
            }
        }
        match best {
            None => (None, String::new()),
            Some((selector, taken)) => (
                Some(selector.to_owned()),
                format!(
                    "; its selector `{selector}` found {taken} in earlier runs and {} now",
                    now.taken(selector)
                ),
            ),
        }
    }

    /// Another selector than the first does the work.
    fn fallback(&self, place: Place<'_>, now: &FieldSeen) -> Option<Sign> {
        let limits = self.case.limits;
        let first_hits = |field: &FieldSeen| Share {
            good: field.hits(),
            all: field.finds(),
        };
        let subject = place.subject(Change::Fallback);
        let earlier = self.earlier(&subject, |seen| place.of(seen).map(first_hits));
        let (recent, before) = compare(first_hits(now), earlier, limits.fewest)?;
        let before = before?;
        let share = 1.0 - recent.rate();
        if limits.fallback == 0.0 || share <= limits.fallback || !recent.is_below(before) {
            return None;
        }
        let first = now.selectors.first().map(|rule| rule.selector.clone());
        let words = format!(
            "layout {}: `{}` is found by a fallback in {:.0} % of {}, before in {:.0} %; the first \
             selector `{}` finds {} now",
            place.layout,
            place.field,
            share * 100.0,
            recent.all,
            (1.0 - before.rate()) * 100.0,
            first.as_deref().unwrap_or_default(),
            now.hits(),
        );
        let mut sign = self.sign(
            Weight::Warning,
            subject,
            Figure {
                value: share,
                of: recent.all,
            },
            Some(Figure {
                value: 1.0 - before.rate(),
                of: before.all,
            }),
        );
        sign.selector = first;
        Some(self.told(sign, &now.fallback_in, words))
    }

    /// Texts that are much shorter than before.
    fn lengths(&self, layout: &str, now: &LayoutSeen) -> Vec<Sign> {
        type Of = fn(&LayoutSeen) -> &[i64];
        let kinds: [(&str, Of, i64); 2] = [
            (
                "characters",
                |seen| seen.characters.values(),
                LEAST_CHARACTERS,
            ),
            ("blocks", |seen| seen.paragraphs.values(), LEAST_PARAGRAPHS),
        ];
        let sign = |(what, of, least): (&str, Of, i64)| {
            let subject = Subject {
                change: Change::Length,
                layout: Some(layout.to_owned()),
                section: None,
                field: format!("body.root ({what})"),
            };
            let earlier = self.earlier(&subject, |seen| seen.articles.get(layout).map(of));
            let (recent, before) = compare_medians(of(now), earlier, self.case.limits.fewest)?;
            let (middle, usual) = (median(&recent)?, median(&before)?);
            if usual < least || middle as f64 >= self.case.limits.text * usual as f64 {
                return None;
            }
            let words = format!(
                "layout {layout}: texts have {middle} {what} in the middle of {}, before {usual} of {}",
                recent.len(),
                before.len()
            );
            let of = |value: i64, values: &[i64]| Figure {
                value: value as f64,
                of: values.len() as u64,
            };
            let (now_is, before) = (of(middle, &recent), of(usual, &before));
            let mut sign = self.sign(Weight::Drift, subject, now_is, Some(before));
            let rules = now.fields.get("body.root").map(|field| &field.selectors);
            sign.selector = rules.and_then(|rules| {
                let most = rules.iter().max_by_key(|rule| rule.taken)?;
                Some(most.selector.clone())
            });
            Some(self.told(sign, &now.examples, words))
        };
        kinds.into_iter().filter_map(sign).collect()
    }

    /// Articles' dates that lie elsewhere to their listings' than they used to.
    fn lag(&self, layout: &str, now: &LayoutSeen) -> Option<Sign> {
        let limits = self.case.limits;
        let subject = Subject {
            change: Change::Lag,
            layout: Some(layout.to_owned()),
            section: None,
            field: "published.select".to_owned(),
        };
        let of = |seen: &'a Seen| Some(seen.articles.get(layout)?.lag_minutes.values());
        let measures = self.earlier(&subject, of).filter(|run| !run.was_signed);
        let usual: Vec<i64> = measures
            .take(RUNS)
            .flat_map(|run| run.value.to_vec())
            .collect();
        let usual = median(&usual)?;
        let most = i64::try_from(limits.lag.as_secs() / 60).unwrap_or(i64::MAX);
        let in_place = |values: &[i64]| Share {
            good: values
                .iter()
                .filter(|value| (**value - usual).abs() <= most)
                .count() as u64,
            all: values.len() as u64,
        };
        let earlier = self.earlier(&subject, |seen| of(seen).map(in_place));
        let values = now.lag_minutes.values();
        let (recent, before) = compare(in_place(values), earlier, limits.fewest)?;
        let before = before?;
        if recent.rate() >= LEAST_IN_PLACE || !recent.is_below(before) {
            return None;
        }
        let jumped: Vec<i64> = values
            .iter()
            .copied()
            .filter(|value| (value - usual).abs() > most)
            .collect();
        let words = format!(
            "layout {layout}: `published.select` lies as far from the listing's date as usual ({:.1} h) in \
             {} articles, before in {}; the others lie {:.1} h from it",
            usual as f64 / 60.0,
            in_words(recent),
            in_words(before),
            median(&jumped).unwrap_or_default() as f64 / 60.0,
        );
        let mut sign = self.sign(Weight::Drift, subject, figure(recent), Some(figure(before)));
        let rules = now.fields.get("published.select");
        sign.selector = rules.and_then(|field| {
            let most = field.selectors.iter().max_by_key(|rule| rule.taken)?;
            Some(most.selector.clone())
        });
        Some(self.told(sign, &now.examples, words))
    }
}

fn figure(share: Share) -> Figure {
    Figure {
        value: share.rate(),
        of: share.all,
    }
}

fn in_words(share: Share) -> String {
    format!("{} of {}", share.good, share.all)
}

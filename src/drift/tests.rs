//! Histories made up by hand: nights that must cry, and nights that must not.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::share::RUNS;
use super::*;
use crate::config::DriftLimits;
use crate::model::{SectionId, SiteId};

const LAYOUT: &str = "article";
const SELECTORS: [&str; 2] = ["h1.title", "h1"];

fn now() -> DateTime<Utc> {
    "2026-11-22T01:02:03Z".parse().unwrap()
}

fn example() -> Example {
    Example {
        url: "https://a.vn/1".to_owned(),
        record_id: "urn:uuid:1".to_owned(),
    }
}

/// What was told in short.
type Told = (Change, Weight);
/// What, the runs before, the run, what must be told.
type Row<'a> = (&'a str, Vec<Past>, Seen, &'a [Told]);

/// A night that found `key` by the first selector, by the second, or not.
fn night(key: &str, hit: u64, fallback: u64, misses: u64) -> Seen {
    let selector = |(selector, taken): (&&str, u64)| SelectorSeen {
        selector: (*selector).to_owned(),
        taken,
    };
    let field = FieldSeen {
        selectors: SELECTORS
            .iter()
            .zip([hit, fallback])
            .map(selector)
            .collect(),
        misses,
        missed_in: vec![example(); usize::from(misses > 0)],
        fallback_in: vec![example(); usize::from(fallback > 0)],
    };
    let layout = LayoutSeen {
        fields: BTreeMap::from([(key.to_owned(), field)]),
        ..LayoutSeen::default()
    };
    Seen {
        articles: BTreeMap::from([(LAYOUT.to_owned(), layout)]),
        ..Seen::default()
    }
}

/// A night with articles of these lengths and lags.
fn texts(characters: &[i64], blocks: &[i64], lags: &[i64]) -> Seen {
    let mut layout = LayoutSeen::default();
    characters
        .iter()
        .for_each(|value| layout.characters.take(*value));
    blocks
        .iter()
        .for_each(|value| layout.paragraphs.take(*value));
    lags.iter()
        .for_each(|value| layout.lag_minutes.take(*value));
    Seen {
        articles: BTreeMap::from([(LAYOUT.to_owned(), layout)]),
        ..Seen::default()
    }
}

/// A night whose listing showed so many items on its first page.
fn listing(items: u64, newest: &str) -> Seen {
    let section = SectionSeen {
        layout: "listing".to_owned(),
        selector: "li".to_owned(),
        items,
        newest: (!newest.is_empty()).then(|| newest.to_owned()),
        example: Some(example()),
    };
    Seen {
        sections: BTreeMap::from([(SectionId::new("tin"), section)]),
        ..Seen::default()
    }
}

fn past(nights: impl IntoIterator<Item = Seen>) -> Vec<Past> {
    let run = |seen| Past {
        seen,
        signs: Vec::new(),
    };
    nights.into_iter().map(run).collect()
}

fn signs(limits: &DriftLimits, past: &[Past], seen: &Seen) -> Vec<Sign> {
    let site = SiteId::new("abc");
    let case = Case {
        site: &site,
        limits,
        now: now(),
        past,
    };
    judge(seen, case, |_| false)
}

/// Change and weight of every sign.
fn told(past: &[Past], seen: &Seen) -> Vec<Told> {
    let signs = signs(&DriftLimits::default(), past, seen);
    signs
        .iter()
        .map(|sign| (sign.subject.change, sign.weight))
        .collect()
}

#[test]
fn a_field_that_is_no_longer_found_is_told_and_chance_is_not() {
    let always = || past(vec![night("title", 10, 0, 0); RUNS]);
    let often = || past(vec![night("lead", 9, 0, 1); RUNS]);
    let seldom = || past(vec![night("author", 2, 0, 8); RUNS]);
    let drift = vec![(Change::Found, Weight::Drift)];
    #[rustfmt::skip]
    let table: Vec<Row<'_>> = vec![
        ("none of ten, always before", always(), night("title", 0, 0, 10), &drift),
        ("none of five", always(), night("title", 0, 0, 5), &drift),
        ("half of ten", always(), night("title", 5, 0, 5), &drift),
        ("seven of ten", always(), night("title", 7, 0, 3), &[]),
        ("all", always(), night("title", 10, 0, 0), &[]),
        ("a night without articles", always(), night("title", 0, 0, 0), &[]),
        ("a run that did not look", always(), Seen::default(), &[]),
        ("one miss, taken together with the night before", always(), night("title", 0, 0, 1), &[]),
        ("four misses, taken together with the night before", always(), night("lead", 0, 0, 4), &[]),
        ("nine of ten before, four of ten now", often(), night("lead", 4, 0, 6), &drift),
        ("nine of ten before, two of five now", often(), night("lead", 2, 0, 3), &[]),
        ("nine of ten before, none of five now", often(), night("lead", 0, 0, 5), &drift),
        ("two of ten before, none of ten now", seldom(), night("author", 0, 0, 10), &[]),
        ("two of ten before, none of sixty now", seldom(), night("author", 0, 0, 60), &drift),
        ("one run before", past([night("lead", 40, 0, 0)]), night("lead", 0, 0, 8), &drift),
        ("one small run before", past([night("lead", 4, 0, 0)]), night("lead", 0, 0, 8), &[]),
        ("nothing before, and must be there", past([]), night("title", 4, 0, 6), &drift),
        ("nothing before, and mostly there", past([]), night("title", 20, 0, 6), &[]),
        ("nothing before, too few to say", past([]), night("title", 0, 0, 4), &[]),
        ("nothing before, and need not be there", past([]), night("lead", 0, 0, 50), &[]),
        ("found elsewhere counts as found", always(), night("title", 0, 10, 0), &[(Change::Fallback, Weight::Warning)]),
    ];
    for (what, past, seen, expected) in table {
        assert_eq!(told(&past, &seen), expected, "{what}");
    }
}

#[test]
fn few_articles_a_night_are_told_after_some_nights() {
    let mut nights = past(vec![night("lead", 2, 0, 0); RUNS]);
    let broken = night("lead", 0, 0, 2);
    assert_eq!(told(&nights, &broken), [], "two of the last six lack it");
    nights.insert(0, past([broken.clone()]).remove(0));
    assert_eq!(
        told(&nights, &broken),
        [(Change::Found, Weight::Drift)],
        "four of the last six"
    );
}

#[test]
fn a_sign_stays_as_long_as_its_cause() {
    let limits = DriftLimits::default();
    let broken = night("lead", 0, 0, 6);
    let mut nights = past(vec![night("lead", 6, 0, 0); RUNS]);
    for number in 0..PAST_RUNS - 1 {
        let signs = signs(&limits, &nights, &broken);
        assert_eq!(signs.len(), 1, "night {number}");
        nights.insert(
            0,
            Past {
                seen: broken.clone(),
                signs,
            },
        );
        nights.truncate(PAST_RUNS);
    }
}

#[test]
fn a_fallback_is_told_only_where_it_is_new() {
    let warning = vec![(Change::Fallback, Weight::Warning)];
    #[rustfmt::skip]
    let table: Vec<Row<'_>> = vec![
        ("carries now", past([night("lead", 30, 0, 0)]), night("lead", 1, 7, 0), &warning),
        ("helps as before", past([night("lead", 10, 20, 0)]), night("lead", 2, 6, 0), &[]),
        ("always carried", past([night("lead", 0, 30, 0)]), night("lead", 0, 8, 0), &[]),
        ("helps a little", past([night("lead", 30, 0, 0)]), night("lead", 6, 4, 0), &[]),
        ("nothing to compare with", past([]), night("lead", 0, 8, 0), &[]),
    ];
    for (what, past, seen, expected) in table {
        assert_eq!(told(&past, &seen), expected, "{what}");
    }
}

#[test]
fn texts_that_are_cut_are_told_and_short_ones_are_not() {
    let usual = || {
        past(vec![
            texts(&[900, 3000, 2500, 4000], &[6, 12, 10, 20], &[]);
            5
        ])
    };
    let drift = (Change::Length, Weight::Drift);
    let (one, both) = ([drift], [drift, drift]);
    #[rustfmt::skip]
    let table: Vec<Row<'_>> = vec![
        ("the lead is all that is left", usual(), texts(&[150; 6], &[1; 6], &[]), &both),
        ("one block, of the same length", usual(), texts(&[2500; 6], &[1; 6], &[]), &one),
        ("a night of short news", usual(), texts(&[900; 6], &[5; 6], &[]), &[]),
        ("one picture story", usual(), texts(&[100], &[1], &[]), &[]),
        ("four of them among six", usual(), texts(&[100, 100, 100, 100, 2500, 3000], &[10; 6], &[]), &one),
        ("never had much text", past(vec![texts(&[150; 5], &[2; 5], &[]); 5]), texts(&[20; 6], &[1; 6], &[]), &[]),
        ("nothing before", past([]), texts(&[10; 6], &[1; 6], &[]), &[]),
    ];
    for (what, past, seen, expected) in table {
        assert_eq!(told(&past, &seen), expected, "{what}");
    }
}

#[test]
fn dates_that_leave_their_listings_are_told() {
    let lags = |values: &[i64]| texts(&[], &[], values);
    let usual = || past([vec![lags(&[0, 0, 3, -2, 5]); 7], vec![lags(&[0, 600, 0])]].concat());
    let hours = |values: [i64; 6]| lags(&values.map(|value| value * 60));
    let drift = vec![(Change::Lag, Weight::Drift)];
    #[rustfmt::skip]
    let table: Vec<Row<'_>> = vec![
        ("PM lost: the afternoon jumps", usual(), hours([0, -12, -12, 0, -12, -12]), &drift),
        ("UTC taken for local time", usual(), hours([7, 7, 7, 7, 7, 7]), &drift),
        ("within six hours", usual(), hours([5, -5, 5, 0, 5, 0]), &[]),
        ("two edited late, as ever", usual(), hours([0, 0, 30, 0, 0, 0]), &[]),
        ("always seven hours apart", past(vec![hours([7, 7, 7, 7, 7, 7]); 5]), hours([7, 7, 7, 7, 7, 7]), &[]),
        ("nothing to compare with", past([]), hours([-12, -12, -12, -12, -12, -12]), &[]),
        ("too few", usual(), lags(&[-720]), &[]),
    ];
    for (what, past, seen, expected) in table {
        assert_eq!(told(&past, &seen), expected, "{what}");
    }
}

#[test]
fn a_listing_that_shrinks_or_is_empty_is_told() {
    let drift = vec![(Change::Items, Weight::Drift)];
    let sizes = |sizes: &[u64]| past(sizes.iter().map(|size| listing(*size, "")));
    #[rustfmt::skip]
    let table: Vec<Row<'_>> = vec![
        ("empty", sizes(&[20, 20]), listing(0, ""), &drift),
        ("half", sizes(&[20, 20, 20]), listing(10, ""), &drift),
        ("a little less", sizes(&[20, 20, 20]), listing(15, ""), &[]),
        ("a small section, one was deleted", sizes(&[3, 3]), listing(1, ""), &[]),
        ("a small section is empty", sizes(&[3, 3]), listing(0, ""), &drift),
        ("one odd night before", sizes(&[20, 100, 20]), listing(20, ""), &[]),
        ("empty for the first time, and never known to show", sizes(&[]), listing(0, ""), &[]),
        ("more than ever", sizes(&[20]), listing(60, ""), &[]),
    ];
    for (what, past, seen, expected) in table {
        assert_eq!(told(&past, &seen), expected, "{what}");
    }
    let site = SiteId::new("abc");
    let limits = DriftLimits::default();
    let case = Case {
        site: &site,
        limits: &limits,
        now: now(),
        past: &[],
    };
    let signs = judge(&listing(0, ""), case, |_| true);
    assert_eq!(signs.len(), 1, "it showed items before reports were kept");
    assert_eq!(
        signs[0].words,
        "the listing of tin shows no items any more (layout listing, `items`, selector `li`)"
    );
}

#[test]
fn a_newest_date_that_makes_no_sense_is_a_warning() {
    let warning = vec![(Change::Newest, Weight::Warning)];
    let before = || past([listing(20, "2026-11-20T02:00:00Z")]);
    #[rustfmt::skip]
    let table: Vec<(&str, Seen, &[Told])> = vec![
        ("newer", listing(20, "2026-11-21T02:00:00Z"), &[]),
        ("tomorrow", listing(20, "2026-11-23T02:00:00Z"), &[]),
        ("day and month change places", listing(20, "2026-12-11T02:00:00Z"), &warning),
        ("the newest was taken off", listing(20, "2026-11-02T02:00:00Z"), &[]),
        ("a month back", listing(20, "2026-09-20T02:00:00Z"), &warning),
        ("no date could be read", listing(20, ""), &[]),
    ];
    for (what, seen, expected) in table {
        assert_eq!(told(&before(), &seen), expected, "{what}");
    }
}

#[test]
fn a_sign_names_all_that_a_person_needs() {
    let nights = past(vec![night("title", 20, 1, 0); 3]);
    let sign = signs(&DriftLimits::default(), &nights, &night("title", 0, 1, 7)).remove(0);
    assert_eq!(sign.site.as_str(), "abc");
    assert_eq!(sign.subject.layout.as_deref(), Some(LAYOUT));
    assert_eq!(sign.selector.as_deref(), Some("h1.title"));
    assert_eq!((sign.now.value, sign.now.of), (0.125, 8));
    assert_eq!(
        (sign.before.unwrap().value, sign.before.unwrap().of),
        (1.0, 63)
    );
    assert_eq!(
        sign.words,
        "layout article: `title` finds 1 of 8, before 63 of 63; its selector `h1.title` found 60 in \
         earlier runs and 0 now"
    );
    assert_eq!(sign.examples, [example()]);
    assert_eq!(sign.try_it, "khotin sites try urn:uuid:1 --site abc");
    let text = serde_json::to_string(&sign).unwrap();
    assert_eq!(
        serde_json::from_str::<Sign>(&text).unwrap(),
        sign,
        "it survives the report"
    );
}

#[test]
fn a_profile_may_state_other_limits() {
    let nights = past(vec![night("lead", 10, 0, 0); RUNS]);
    let now = night("lead", 7, 0, 3);
    let count = |limits: DriftLimits| signs(&limits, &nights, &now).len();
    let default = DriftLimits::default;
    assert_eq!(count(default()), 0);
    assert_eq!(
        count(DriftLimits {
            found: 0.8,
            ..default()
        }),
        1
    );
    assert_eq!(
        count(DriftLimits {
            fewest: 50,
            found: 0.8,
            ..default()
        }),
        0
    );
    let least = BTreeMap::from([("lead".to_owned(), 0.75)]);
    assert_eq!(count(DriftLimits { least, ..default() }), 1);
}

#[test]
fn silence_is_measured_by_the_sections_own_rhythm() {
    let site = SiteId::new("abc");
    let section = SectionId::new("tin");
    let days = |gaps: &[i64]| {
        let mut day = now().date_naive();
        let mut days = vec![day];
        for gap in gaps {
            day -= TimeDelta::days(*gap);
            days.push(day);
        }
        days
    };
    let weekdays = days(&[1, 1, 1, 1, 3].repeat(6));
    let daily = days(&[1; 30]);
    let weekly = days(&[7; 10]);
    let bursts = days(&[1, 1, 20, 1, 1, 25, 1, 1, 30, 1, 1, 20]);
    let few = days(&[1; 4]);
    let warning = Some(Weight::Warning);
    let drift = Some(Weight::Drift);
    #[rustfmt::skip]
    let table = [
        // what, days of publication, stated by the profile, days of silence, sign
        ("daily, a long weekend", &daily, None, 3, None),
        ("daily, four days", &daily, None, 4, warning),
        ("daily, Tết", &daily, None, 10, warning),
        ("daily, longer than Tết", &daily, None, 11, drift),
        ("weekdays, Monday is a holiday too", &weekdays, None, 4, None),
        ("weekdays, Tết with both weekends", &weekdays, None, 10, warning),
        ("weekdays, more than two weeks", &weekdays, None, 16, drift),
        ("weekly, ten days", &weekly, None, 10, None),
        ("weekly, three weeks", &weekly, None, 21, warning),
        ("weekly, six weeks", &weekly, None, 42, drift),
        ("in bursts, a month", &bursts, None, 31, None),
        ("in bursts, a year", &bursts, None, 365, drift),
        ("too few days to have a rhythm", &few, None, 365, None),
        ("the profile knows better", &daily, Some(30), 59, None),
        ("the profile knows better, and it is over", &daily, Some(30), 151, drift),
        ("stated where there are too few", &few, Some(2), 5, warning),
    ];
    for (what, days, stated, silent, expected) in table {
        let stated = stated.map(|days| std::time::Duration::from_secs(days * 86_400));
        let weight = rhythm_of(stated, days).and_then(|rhythm| {
            let news = News {
                site: &site,
                section: &section,
                rhythm,
                last_new: now() - TimeDelta::days(silent),
                example: Some(&example()),
            };
            silence(news, now())
        });
        assert_eq!(weight.map(|sign| sign.weight), expected, "{what}");
    }
}

//! Silence: a section that shows nothing new for longer than its rhythm.
//!
//! The rhythm is the section's own: in nine of ten cases the next day with something new came within
//! so many days. Silence is counted from when khotin last saw something new, so a section that was
//! dead before the first crawl is not blamed for its past, and dates that can not be read do not
//! matter. All numbers are our choice. The floors are made for Viet Nam's calendar: a weekend with a
//! public holiday is three days, Tết is up to nine days without office hours.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::seen::Example;
use super::sign::{Change, Figure, Sign, Subject, Weight};
use crate::model::{SectionId, SiteId};

/// Days of publication that the rhythm is taken from: the newest.
pub const RHYTHM_DAYS: usize = 31;
/// With fewer a section has no rhythm: of ten gaps the longest does not count.
const FEWEST_DAYS: usize = 11;
/// So many rhythms without anything new are a warning, but never less than [`WARN_DAYS`].
const WARN_RHYTHMS: i32 = 2;
/// Fewer days than this are never worth a word.
const WARN_DAYS: i64 = 3;
/// So many rhythms without anything new are drift, but never less than [`DRIFT_DAYS`].
const DRIFT_RHYTHMS: i32 = 5;
/// Fewer days than this are never drift.
const DRIFT_DAYS: i64 = 10;

/// In about what time something new comes: within it nine of ten of the gaps between `days` ended.
/// `days` are distinct days of publication at the site's zone, newest first. `stated` is the profile's
/// and wins. None if there are too few days to tell.
///
/// # Examples
/// ```
/// # use std::time::Duration;
/// # use chrono::{NaiveDate, TimeDelta};
/// let newest: NaiveDate = "2026-11-20".parse().unwrap();
/// // Two weeks of working days, and one news of half a year before.
/// let days: Vec<NaiveDate> = [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 180]
///     .map(|ago| newest - TimeDelta::days(ago))
///     .into();
/// let rhythm = khotin::drift::rhythm_of(None, &days);
/// assert_eq!(rhythm, Some(TimeDelta::days(3)), "the weekend is a part of it, the odd one is not");
/// ```
pub fn rhythm_of(stated: Option<Duration>, days: &[NaiveDate]) -> Option<TimeDelta> {
    if let Some(stated) = stated {
        return TimeDelta::from_std(stated).ok();
    }
    let newest = days.get(..days.len().min(RHYTHM_DAYS))?;
    if newest.len() < FEWEST_DAYS {
        return None;
    }
    let mut gaps: Vec<TimeDelta> = newest
        .iter()
        .zip(newest.iter().skip(1))
        .map(|(later, earlier)| *later - *earlier)
        .collect();
    gaps.sort_unstable();
    let place = (gaps.len() * 9).div_ceil(10).saturating_sub(1);
    gaps.get(place).map(|gap| (*gap).max(TimeDelta::days(1)))
}

/// How much a silence weighs; none if it is not worth a word.
///
/// # Examples
/// ```
/// # use chrono::TimeDelta;
/// # use khotin::drift::{Weight, weight_of_silence};
/// let daily = TimeDelta::days(1);
/// assert_eq!(weight_of_silence(TimeDelta::days(3), daily), None);
/// assert_eq!(weight_of_silence(TimeDelta::days(9), daily), Some(Weight::Warning), "Tết");
/// assert_eq!(weight_of_silence(TimeDelta::days(11), daily), Some(Weight::Drift));
/// ```
pub fn weight_of_silence(silence: TimeDelta, rhythm: TimeDelta) -> Option<Weight> {
    if silence > (rhythm * DRIFT_RHYTHMS).max(TimeDelta::days(DRIFT_DAYS)) {
        Some(Weight::Drift)
    } else if silence > (rhythm * WARN_RHYTHMS).max(TimeDelta::days(WARN_DAYS)) {
        Some(Weight::Warning)
    } else {
        None
    }
}

/// What is known of a section's news.
#[derive(Debug, Clone, Copy)]
pub struct News<'a> {
    /// The site.
    pub site: &'a SiteId,
    /// The section.
    pub section: &'a SectionId,
    /// Its rhythm.
    pub rhythm: TimeDelta,
    /// When its listing last showed an article that it had never shown before.
    pub last_new: DateTime<Utc>,
    /// The first page of its listing in this run.
    pub example: Option<&'a Example>,
}

/// The sign of a section's silence, if there is one. `now` is when its listing was read.
pub fn silence(news: News<'_>, now: DateTime<Utc>) -> Option<Sign> {
    let silence = now - news.last_new;
    let weight = weight_of_silence(silence, news.rhythm)?;
    let days = |time: TimeDelta| time.num_hours() as f64 / 24.0;
    let examples: Vec<Example> = news.example.into_iter().cloned().collect();
    let figure = |time| Figure {
        value: days(time),
        of: 1,
    };
    Some(Sign {
        weight,
        site: news.site.clone(),
        subject: Subject {
            change: Change::Silence,
            layout: None,
            section: Some(news.section.clone()),
            field: "items".to_owned(),
        },
        selector: None,
        now: figure(silence),
        before: Some(figure(news.rhythm)),
        words: format!(
            "the listing of {} shows nothing new for {:.0} days (since {}); something new usually comes within \
             {:.0}",
            news.section,
            days(silence).floor(),
            news.last_new.format("%Y-%m-%d"),
            days(news.rhythm).ceil(),
        ),
        try_it: Sign::command(news.site, &examples),
        examples,
    })
}

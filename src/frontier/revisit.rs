//! Revisit: when an article is looked at again. A schedule and what is known of the looks so far go
//! in, a time comes out. Pure: no clock, no store.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// When an article is due again after its `looks`-th look (1 for the first capture).
///
/// `schedule` holds the times from the first capture (`first`) to each later look: by default 1, 3,
/// 7 and 30 days (our choice: a ministry corrects a text within days or never). Looks that were
/// missed while nobody crawled are not made up for: what lies before the last look (`last`) is
/// skipped. After the schedule's end an article is never due again. A gone article keeps its
/// schedule, so that it can come back.
///
/// # Examples
/// ```
/// # use std::time::Duration;
/// # use chrono::{DateTime, TimeDelta, Utc};
/// # use khotin::frontier::revisit::due_after;
/// let day = Duration::from_secs(86_400);
/// let first: DateTime<Utc> = "2026-11-22T01:00:00Z".parse()?;
/// let late = first + TimeDelta::days(10);
/// assert_eq!(due_after(&[day, day * 3, day * 30], 2, first, late), Some(first + TimeDelta::days(30)));
/// # Ok::<(), chrono::ParseError>(())
/// ```
pub fn due_after(
    schedule: &[Duration],
    looks: u32,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let done = usize::try_from(looks.saturating_sub(1)).ok()?;
    schedule
        .iter()
        .skip(done)
        .filter_map(|after| first.checked_add_signed(TimeDelta::from_std(*after).ok()?))
        .find(|due| *due >= last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn an_article_is_due_by_its_schedule() {
        let schedule = [DAY, DAY * 3, DAY * 7, DAY * 30];
        let table = [
            // what, schedule, looks, day of the last look, day when due
            ("after the first capture", &schedule[..], 1, 0, Some(1)),
            ("after the second look", &schedule[..], 2, 1, Some(3)),
            ("after the third look", &schedule[..], 3, 3, Some(7)),
            ("after the fourth look", &schedule[..], 4, 7, Some(30)),
            ("past the end", &schedule[..], 5, 30, None),
            (
                "nobody crawled for ten days",
                &schedule[..],
                2,
                10,
                Some(30),
            ),
            ("nobody crawled for a year", &schedule[..], 2, 365, None),
            ("no schedule", &[], 1, 0, None),
            ("at once, one time", &[Duration::ZERO], 1, 0, Some(0)),
            ("at once, was done", &[Duration::ZERO], 2, 0, None),
            ("never looked at", &schedule[..], 0, 0, Some(1)),
            ("out of the calendar", &[Duration::MAX], 1, 0, None),
        ];
        let first: DateTime<Utc> = "2026-11-22T01:02:03Z".parse().unwrap();
        for (what, schedule, looks, last, due) in table {
            assert_eq!(
                due_after(schedule, looks, first, first + TimeDelta::days(last)),
                due.map(|day| first + TimeDelta::days(day)),
                "{what}"
            );
        }
    }
}

//! Changed since: the word behind `--changed-since`, and the place in the order of captures that it
//! means. A run means all that was seen after its last exchange, whatever the clock said; a day or a
//! time means all from the first exchange on that was asked then or later.

use std::convert::Infallible;
use std::str::FromStr;

use anyhow::bail;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, SecondsFormat, Utc};

use super::super::problem::UsageError;
use super::super::report::one_line;
use crate::config::nearest;
use crate::export::ChangedSince;
use crate::import::number::first_of_second;
use crate::model::{RunId, Sequence};
use crate::store::Store;

/// Vietnam's offset from UTC: a day without a zone is one of Vietnam, as everywhere in an export.
const VIETNAM_SECONDS_EAST: i32 = 7 * 3600;
/// So many runs are looked through for a name like the one given (our choice).
const RUNS_LOOKED_AT: usize = 1000;
/// So many runs are named as advice (our choice).
const RUNS_NAMED: usize = 3;

/// The word behind `--changed-since`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Since {
    /// The first moment of this day in Vietnam.
    Day(NaiveDate),
    /// This moment, and how it was written.
    Time(DateTime<Utc>, String),
    /// The end of this run.
    Run(RunId),
}

impl FromStr for Since {
    type Err = Infallible;

    /// What is neither a day nor an RFC 3339 time is the name of a run.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        if let Ok(day) = text.parse() {
            return Ok(Self::Day(day));
        }
        Ok(match DateTime::parse_from_rfc3339(text) {
            Ok(time) => Self::Time(time.to_utc(), text.to_owned()),
            Err(_) => Self::Run(RunId::new(text)),
        })
    }
}

/// The place in the order of captures that is meant.
///
/// # Errors
/// [`UsageError`] if there is no such run; the store's error if it fails.
pub(super) fn resolve(since: &Since, store: &impl Store) -> anyhow::Result<ChangedSince> {
    match since {
        Since::Day(day) => from_moment(first_moment(*day), day.to_string(), store),
        Since::Time(time, asked) => from_moment(*time, asked.clone(), store),
        Since::Run(run) => match store.end_of_run(run)? {
            Some(after_sequence) => Ok(ChangedSince {
                asked: run.to_string(),
                run: Some(run.clone()),
                time: None,
                first_imported: asked_at(after_sequence, store)?.map(first_of_second),
                after_sequence,
            }),
            None => bail!(unknown_run(run, &store.run_names(RUNS_LOOKED_AT)?)),
        },
    }
}

fn from_moment(
    time: DateTime<Utc>,
    asked: String,
    store: &impl Store,
) -> anyhow::Result<ChangedSince> {
    let after_sequence = match store.first_asked_from(time)? {
        Some(first) => Sequence(first.0.saturating_sub(1)),
        None => store.last_sequence()?.unwrap_or(Sequence(0)),
    };
    Ok(ChangedSince {
        asked,
        run: None,
        time: Some(time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        first_imported: Some(first_of_second(time)),
        after_sequence,
    })
}

/// When an exchange was asked; `None` if it is not known, as before the first.
fn asked_at(sequence: Sequence, store: &impl Store) -> anyhow::Result<Option<DateTime<Utc>>> {
    let before = Sequence(sequence.0.saturating_sub(1));
    let found = store.exchanges(Some(before), 1)?;
    let exchange = found.first().filter(|found| found.sequence == sequence);
    Ok(exchange.map(|exchange| exchange.asked_at))
}

fn first_moment(day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    let zone = FixedOffset::east_opt(VIETNAM_SECONDS_EAST);
    let local = zone.and_then(|zone| midnight.and_local_timezone(zone).single());
    local.map_or_else(|| midnight.and_utc(), |local| local.to_utc())
}

fn unknown_run(run: &RunId, known: &[RunId]) -> UsageError {
    let names: Vec<&str> = known.iter().map(RunId::as_str).collect();
    let like = nearest(run.as_str(), &names);
    let like = like.map_or_else(String::new, |name| format!("did you mean `{name}`? "));
    let last = names.get(..RUNS_NAMED).unwrap_or(&names);
    let advice = match last {
        [] => "no run is known yet: give a day (2026-11-22) or a time (2026-11-22T01:00:00Z)"
            .to_owned(),
        last => format!(
            "{like}the last runs are {}; or give a day (2026-11-22) or a time (2026-11-22T01:00:00Z)",
            last.join(", ")
        ),
    };
    UsageError::new(format!("no run `{}`", one_line(run.as_str())), advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_day_a_time_or_a_run() {
        let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let table = [
            (
                "a day",
                "2026-11-22",
                Since::Day("2026-11-22".parse().unwrap()),
            ),
            (
                "a time of any offset",
                "2026-11-22T08:00:00+07:00",
                Since::Time(
                    time("2026-11-22T01:00:00Z"),
                    "2026-11-22T08:00:00+07:00".to_owned(),
                ),
            ),
            (
                "a run",
                "20261122T010203Z-00ab",
                Since::Run(RunId::new("20261122T010203Z-00ab")),
            ),
            ("no day", "2026-02-30", Since::Run(RunId::new("2026-02-30"))),
        ];
        for (what, text, expected) in table {
            assert_eq!(text.parse::<Since>(), Ok(expected), "{what}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight_in_vietnam() {
        let moment = first_moment("2026-11-22".parse().unwrap());
        assert_eq!(moment.to_rfc3339(), "2026-11-21T17:00:00+00:00");
    }

    #[test]
    fn advice_names_the_run_that_was_meant_and_the_last_ones() {
        let known = ["d", "c", "b", "20261122T010203Z-00ab"].map(RunId::new);
        let error = unknown_run(&RunId::new("20261122T010203Z-00ac"), &known);
        let problem = format!("{error:?}");
        assert!(
            problem.contains("did you mean `20261122T010203Z-00ab`? the last runs are d, c, b;")
        );
        assert_eq!(error.to_string(), "no run `20261122T010203Z-00ac`");
        let none = format!("{:?}", unknown_run(&RunId::new("x"), &[]));
        assert!(none.contains("no run is known yet"), "{none}");
    }
}

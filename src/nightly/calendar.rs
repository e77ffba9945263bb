//! Calendar: which night it is, and whether there is something to do. Pure: the time and what is known
//! of earlier nights come in, a decision comes out.
//!
//! A night is the day of Vietnam's calendar on which the job begins. Nights are known in the order in
//! which they were (their number), never by their dates alone: a clock that was wrong once can not make
//! the job skip nights afterwards.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;

/// The night that begins at this time.
///
/// # Examples
/// ```
/// # use khotin::nightly::night_of;
/// let at = "2026-11-27T18:30:00Z".parse().unwrap(); // half past one in Hanoi
/// assert_eq!(night_of(at).to_string(), "2026-11-28");
/// ```
pub fn night_of(now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&Ho_Chi_Minh).date_naive()
}

/// An earlier night.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownNight {
    /// Its number: later nights have a larger one.
    pub number: u32,
    /// Its day.
    pub night: NaiveDate,
    /// When it began, by the clock of then.
    pub started: DateTime<Utc>,
    /// How far it came.
    pub state: NightState,
}

/// How far a night came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NightState {
    /// The crawl was told of and the dump stands, whatever the exit code.
    Done,
    /// An error ended it.
    Failed,
    /// It was killed or interrupted.
    CutOff,
}

/// What a start of the job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Nothing: this night is done.
    Done {
        /// Its number.
        number: u32,
    },
    /// Goes on with this night, which was cut off.
    GoOn {
        /// Its number.
        number: u32,
    },
    /// Begins a night.
    Begin(Beginning),
}

/// A night that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beginning {
    /// Its number.
    pub number: u32,
    /// Nights since the last one that was done, without this one.
    pub missed: u32,
    /// The last night that was done is dated later than this one, so a clock was set.
    pub dated_later: Option<NaiveDate>,
}

/// Decides what to do now. `known` are earlier nights by their numbers, at least from the last one on
/// that was done. `again` does a night that is done once more.
pub fn start(known: &[KnownNight], now: DateTime<Utc>, again: bool) -> Start {
    let night = night_of(now);
    let last = known.iter().max_by_key(|known| known.number);
    let done = known.iter().filter(|known| known.state == NightState::Done);
    let done = done.max_by_key(|known| known.number);
    if let Some(last) = last
        && (last.state, last.night) == (NightState::CutOff, night)
    {
        return Start::GoOn {
            number: last.number,
        };
    }
    if let Some(done) = done
        // One that began later than now: the clock was set back.
        && (done.night == night && done.started <= now && !again)
    {
        return Start::Done {
            number: done.number,
        };
    }
    let days = done.map_or(0, |done| (night - done.night).num_days());
    Start::Begin(Beginning {
        number: last.map_or(1, |last| last.number.saturating_add(1)),
        missed: u32::try_from(days.saturating_sub(1)).unwrap_or(0),
        dated_later: done.filter(|_| days < 0).map(|done| done.night),
    })
}

#[cfg(test)]
mod tests {
    use super::NightState::{CutOff, Done, Failed};
    use super::*;

    /// Half past one of a day, in Hanoi.
    fn at(day: &str) -> DateTime<Utc> {
        format!("{day}T01:30:00+07:00").parse().unwrap()
    }

    fn known(nights: &[(&str, NightState)]) -> Vec<KnownNight> {
        let known = |(number, (day, state)): (u32, &(&str, NightState))| KnownNight {
            number,
            night: day.parse().unwrap(),
            started: at(day),
            state: *state,
        };
        (1..).zip(nights).map(known).collect()
    }

    fn begin(number: u32, missed: u32, dated_later: Option<&str>) -> Start {
        Start::Begin(Beginning {
            number,
            missed,
            dated_later: dated_later.map(|day| day.parse().unwrap()),
        })
    }

    #[test]
    fn every_start_does_what_is_left_of_the_night() {
        #[rustfmt::skip]
        let table = [
            // what, earlier nights, today, again, expected
            ("the first", vec![], "2026-11-28", false, begin(1, 0, None)),
            ("the next", vec![("2026-11-27", Done)], "2026-11-28", false, begin(2, 0, None)),
            ("the same night", vec![("2026-11-28", Done)], "2026-11-28", false, Start::Done { number: 1 }),
            ("the same, wished", vec![("2026-11-28", Done)], "2026-11-28", true, begin(2, 0, None)),
            ("two nights were missed", vec![("2026-11-25", Done)], "2026-11-28", false, begin(2, 2, None)),
            ("it was killed", vec![("2026-11-28", CutOff)], "2026-11-28", false, Start::GoOn { number: 1 }),
            ("killed and wished again", vec![("2026-11-28", CutOff)], "2026-11-28", true, Start::GoOn { number: 1 }),
            ("killed while done again", vec![("2026-11-28", Done), ("2026-11-28", CutOff)], "2026-11-28", false,
                Start::GoOn { number: 2 }),
            ("killed yesterday", vec![("2026-11-26", Done), ("2026-11-27", CutOff)], "2026-11-28", false,
                begin(3, 1, None)),
            ("an error ended it", vec![("2026-11-28", Failed)], "2026-11-28", false, begin(2, 0, None)),
            ("errors for two nights", vec![("2026-11-25", Done), ("2026-11-26", Failed), ("2026-11-27", Failed)],
                "2026-11-28", false, begin(4, 2, None)),
        ];
        for (what, nights, today, again, expected) in table {
            assert_eq!(start(&known(&nights), at(today), again), expected, "{what}");
        }
    }

    #[test]
    fn a_wrong_clock_makes_no_night_be_skipped_afterwards() {
        let later = Some("2036-01-01");
        #[rustfmt::skip]
        let table = [
            // what, earlier nights, today, expected
            ("the clock was ten years ahead once", vec![("2026-11-27", Done), ("2036-01-01", Done)], "2026-11-28",
                begin(3, 0, later)),
            ("and right again since", vec![("2036-01-01", Done), ("2026-11-28", Done)], "2026-11-29",
                begin(3, 0, None)),
            ("it jumps ahead", vec![("2026-11-28", Done)], "2026-12-08", begin(2, 9, None)),
            ("the day of a wrong clock comes in truth", vec![("2026-12-05", Done), ("2026-12-04", Done)], "2026-12-05",
                begin(3, 0, None)),
            ("it stands at the beginning of time", vec![("2026-11-28", Done)], "1970-01-01",
                begin(2, 0, Some("2026-11-28"))),
        ];
        for (what, nights, today, expected) in table {
            assert_eq!(start(&known(&nights), at(today), false), expected, "{what}");
        }
        // A clock that begins at the same moment with every boot.
        let done = known(&[("1970-01-01", Done)]);
        let earlier = at("1970-01-01") - chrono::TimeDelta::seconds(1);
        assert_eq!(start(&done, earlier, false), begin(2, 0, None));
    }

    #[test]
    fn a_night_is_a_day_of_vietnam() {
        let table = [
            ("the last second", "2026-11-28T16:59:59Z", "2026-11-28"),
            ("midnight in Hanoi", "2026-11-28T17:00:00Z", "2026-11-29"),
            ("a new year", "2026-12-31T17:00:00Z", "2027-01-01"),
        ];
        for (what, at, expected) in table {
            assert_eq!(
                night_of(at.parse().unwrap()).to_string(),
                expected,
                "{what}"
            );
        }
    }
}

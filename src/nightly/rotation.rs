//! Rotation: which dumps stay and which go. Pure: the dumps of the job come in, a plan comes out;
//! [`super::removal`] carries it out.
//!
//! What stays: every dump of the newest nights, and of each month (Vietnam's days) the newest dump of
//! its first night. The first, because then it is known at once which one it is and never changes. Nights
//! are ordered by their numbers, so a wrong clock removes nothing; age plays no part.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

/// A dump that the job made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dump {
    /// Its name: the day, with a number behind it if the night was done again.
    pub name: String,
    /// The night that made it.
    pub night: NaiveDate,
    /// The number of that night.
    pub number: u32,
}

/// How many dumps stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Of so many of the newest nights.
    pub daily: u32,
    /// Of so many of the newest months; `None` of all.
    pub monthly: Option<u32>,
}

/// What stays and what goes, each in the order of the nights.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// These stay.
    pub keep: Vec<String>,
    /// These go.
    pub remove: Vec<String>,
}

/// Plans. `latest` is where the link of that name leads; that one and the newest always stay.
pub fn plan(dumps: &[Dump], keep: Keep, latest: Option<&str>) -> Plan {
    let mut dumps: Vec<&Dump> = dumps.iter().collect();
    dumps.sort_by_key(|dump| (dump.number, &dump.name));
    let mut staying: BTreeSet<&str> = latest.into_iter().collect();
    staying.extend(dumps.last().map(|newest| newest.name.as_str()));

    let mut nights: Vec<NaiveDate> = Vec::new();
    for dump in dumps.iter().rev() {
        if !nights.contains(&dump.night) {
            nights.push(dump.night);
        }
    }
    let newest: BTreeSet<NaiveDate> = nights.iter().copied().take(keep.daily as usize).collect();
    let of_newest = dumps.iter().filter(|dump| newest.contains(&dump.night));
    staying.extend(of_newest.map(|dump| dump.name.as_str()));

    staying.extend(monthly(&dumps, keep.monthly));
    let (keep, remove) = dumps
        .into_iter()
        .map(|dump| dump.name.clone())
        .partition(|name| staying.contains(name.as_str()));
    Plan { keep, remove }
}

/// Of each month, newest months first, the newest dump of its first night. Months later than the newest night
/// are of a clock that was wrong: they take nobody's place, and stay.
fn monthly<'a>(dumps: &[&'a Dump], most: Option<u32>) -> Vec<&'a str> {
    let mut first: BTreeMap<(i32, u32), &Dump> = BTreeMap::new();
    for dump in dumps.iter().copied() {
        let month = (dump.night.year(), dump.night.month());
        match first.get_mut(&month) {
            // Dumps come by their numbers: this one is newer.
            Some(known) if known.night == dump.night => *known = dump,
            Some(_) => {}
            None => {
                first.insert(month, dump);
            }
        }
    }
    let most = most.map_or(usize::MAX, |most| most as usize);
    let newest = dumps
        .last()
        .map(|dump| (dump.night.year(), dump.night.month()));
    let (later, passed): (Vec<_>, Vec<_>) = first
        .into_iter()
        .rev()
        .partition(|(month, _)| newest.is_some_and(|newest| *month > newest));
    let staying = later.into_iter().chain(passed.into_iter().take(most));
    staying.map(|(_, dump)| dump.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dumps with the numbers 1, 2, 3, ...; `2026-11-28-2` is the second of its night.
    fn dumps(names: &[&str]) -> Vec<Dump> {
        let dump = |(number, name): (u32, &&str)| Dump {
            name: (*name).to_owned(),
            night: name.split_at(10).0.parse().unwrap(),
            number,
        };
        (1..).zip(names).map(dump).collect()
    }

    const FEW: Keep = Keep {
        daily: 2,
        monthly: None,
    };

    #[test]
    fn the_newest_nights_and_the_first_of_each_month_stay() {
        type Row<'a> = (&'a str, Keep, &'a [&'a str], Option<&'a str>, &'a [&'a str]);
        #[rustfmt::skip]
        let table: [Row<'_>; 14] = [
            // what, keep, dumps by number, latest, removed
            ("none", FEW, &[], None, &[]),
            ("as many as stay", FEW, &["2026-11-02", "2026-11-03"], None, &[]),
            ("one more, not the first of its month", FEW,
                &["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04"], None, &["2026-11-02"]),
            ("a month that began late", FEW, &["2026-10-30", "2026-10-31", "2026-11-03", "2026-11-04", "2026-11-05"],
                None, &["2026-10-31"]),
            ("all months stay", FEW, &["2024-01-01", "2025-02-01", "2026-03-01", "2026-11-04", "2026-11-05"], None, &[]),
            ("one month stays", Keep { daily: 1, monthly: Some(1) },
                &["2026-09-01", "2026-10-01", "2026-11-01", "2026-11-02"], None, &["2026-09-01", "2026-10-01"]),
            ("months of a wrong clock take no place", Keep { daily: 1, monthly: Some(1) },
                &["2026-10-01", "2099-01-01", "2099-02-01", "2026-11-01", "2026-11-02"], None, &["2026-10-01"]),
            ("no month stays", Keep { daily: 1, monthly: Some(0) }, &["2026-11-01", "2026-11-02"], None, &["2026-11-01"]),
            ("nights with a hole count as nights", FEW, &["2026-11-01", "2026-11-05", "2026-11-20", "2026-11-28"], None,
                &["2026-11-05"]),
            ("both dumps of a night stay with it", FEW,
                &["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04", "2026-11-04-2"], None, &["2026-11-02"]),
            ("of the month's first night the newest stays", FEW,
                &["2026-11-01", "2026-11-01-2", "2026-11-02", "2026-11-03"], None, &["2026-11-01"]),
            ("where latest leads", FEW, &["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04"], Some("2026-11-02"), &[]),
            ("a clock ten years ahead, then right: the newest nights are the last made", FEW,
                &["2026-11-01", "2026-11-26", "2036-01-05", "2026-11-27", "2026-11-28"], None, &["2026-11-26"]),
            ("a clock at the beginning of time: what it makes is new", FEW,
                &["2026-11-01", "2026-11-26", "2026-11-27", "1970-01-01"], None, &["2026-11-26"]),
        ];
        for (what, keep, names, latest, expected) in table {
            let plan = plan(&dumps(names), keep, latest);
            assert_eq!(plan.remove, expected, "{what}");
            assert_eq!(plan.keep.len() + plan.remove.len(), names.len(), "{what}");
        }
    }

    #[test]
    fn a_year_of_nights_leaves_fourteen_and_twelve_months() {
        let keep = Keep {
            daily: 14,
            monthly: None,
        };
        let first: NaiveDate = "2026-01-01".parse().unwrap();
        let mut there: Vec<Dump> = Vec::new();
        for (number, night) in (1..).zip(first.iter_days().take(365)) {
            there.push(Dump {
                name: night.to_string(),
                night,
                number,
            });
            let plan = plan(&there, keep, Some(&night.to_string()));
            // A plan whose removals were done leaves nothing to do: a crash changes nothing.
            there.retain(|dump| plan.keep.contains(&dump.name));
            assert_eq!(super::plan(&there, keep, None).remove, [""; 0]);
        }
        let names: Vec<&str> = there.iter().map(|dump| dump.name.as_str()).collect();
        let months = (1..=12).map(|month| format!("2026-{month:02}-01"));
        let days = (18..=31).map(|day| format!("2026-12-{day}"));
        assert_eq!(names, months.chain(days).collect::<Vec<_>>());
    }
}

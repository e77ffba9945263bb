//! Forecast: when the disk will be full, at the pace of the last 30 days. Pure.
//!
//! In: what the store kept of late, what lies on the disk and what is free. Out: bytes a day and days, or
//! why neither is known. Exports are no part of it: how many of them stay is the operator's choice.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::lang::{Words, words};
use crate::store::Growth;

/// The time that is looked back on, in days (our choice): a month has its weekends and its revisits.
pub(crate) const WINDOW_DAYS: i64 = 30;
/// On fewer days nothing is foretold (our choice).
const FEWEST_DAYS: u64 = 3;
/// A rate of less than a day of crawling says nothing about the next ones (our choice).
const SHORTEST: TimeDelta = TimeDelta::days(3);
/// Beyond so many days a forecast is no more than "long" (our choice: 100 years).
const MOST_DAYS: u64 = 36_525;

/// What is foretold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Forecast {
    /// Bytes by which archive and database grow in a day; none if that is not known.
    pub(crate) bytes_a_day: Option<u64>,
    /// Days until no more than `min_free_bytes` is free, at that rate; none if that is not known, or
    /// so far off that it means nothing.
    pub(crate) days_left: Option<u64>,
    /// Why one of them is not known.
    pub(crate) unknown: Option<Unknown>,
}

/// Why something is not foretold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unknown {
    /// Nothing was kept yet.
    Nothing,
    /// Too few days with answers.
    TooFewDays,
    /// Nothing was kept in the window, so the disk does not fill.
    NoGrowth,
    /// The system does not tell how much is free.
    FreeSpace,
    /// More than 100 years.
    VeryLong,
}

impl Unknown {
    /// For people.
    pub(crate) fn words(self) -> Words {
        match self {
            Self::Nothing => words("nothing is kept yet", "chưa lưu gì"),
            Self::TooFewDays => words(
                "answers on fewer than 3 days",
                "mới có dữ liệu của chưa đủ 3 ngày",
            ),
            Self::NoGrowth => words(
                "nothing was kept in the last 30 days",
                "30 ngày qua không lưu thêm gì",
            ),
            Self::FreeSpace => words(
                "the system does not tell how much is free",
                "hệ thống không cho biết còn trống bao nhiêu",
            ),
            Self::VeryLong => words("more than 100 years", "hơn 100 năm"),
        }
    }
}

/// What lies on the disk, and what is free there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Disk {
    /// Bytes of archive and database.
    pub(crate) kept: u64,
    /// Free bytes; none if the system does not tell.
    pub(crate) free: Option<u64>,
    /// `min_free_bytes`.
    pub(crate) min_free: u64,
}

/// Foretells at `now`. The database grows as the archive does.
pub(crate) fn foretell(growth: Option<Growth>, disk: Disk, now: DateTime<Utc>) -> Forecast {
    let unknown = |bytes_a_day, why| Forecast {
        bytes_a_day,
        days_left: None,
        unknown: Some(why),
    };
    let Some(growth) = growth.filter(|growth| growth.all_bytes > 0) else {
        return unknown(None, Unknown::Nothing);
    };
    if growth.exchanges == 0 {
        return unknown(Some(0), Unknown::NoGrowth);
    }
    let time = now - growth.since;
    if growth.days < FEWEST_DAYS || time < SHORTEST {
        return unknown(None, Unknown::TooFewDays);
    }
    let share = growth.bytes as f64 / growth.all_bytes as f64;
    let days = time.as_seconds_f64() / 86_400.0;
    let a_day = share * disk.kept as f64 / days;
    let bytes_a_day = a_day.round() as u64;
    let Some(free) = disk.free else {
        return unknown(Some(bytes_a_day), Unknown::FreeSpace);
    };
    if bytes_a_day == 0 {
        return unknown(Some(0), Unknown::NoGrowth);
    }
    let days_left = free.saturating_sub(disk.min_free) / bytes_a_day;
    if days_left > MOST_DAYS {
        return unknown(Some(bytes_a_day), Unknown::VeryLong);
    }
    Forecast {
        bytes_a_day: Some(bytes_a_day),
        days_left: Some(days_left),
        unknown: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_forecast_is_made_of_enough_days_or_says_why_there_is_none() {
        let now = at("2026-11-28T00:00:00Z");
        let month = Growth {
            since: at("2026-10-29T00:00:00Z"),
            days: 30,
            exchanges: 900,
            bytes: 300,
            all_bytes: 1000,
        };
        let disk = Disk {
            kept: 2_000_000,
            free: Some(1_500_000),
            min_free: 500_000,
        };
        // 0.3 of 2,000,000 bytes in 30 days are 20,000 a day; 1,000,000 bytes are left for it.
        let table = [
            ("a month", Some(month), disk, Some(20_000), Some(50), None),
            ("never", None, disk, None, None, Some(Unknown::Nothing)),
            (
                "only failures",
                Some(Growth {
                    bytes: 0,
                    all_bytes: 0,
                    ..month
                }),
                disk,
                None,
                None,
                Some(Unknown::Nothing),
            ),
            (
                "two days in a month",
                Some(Growth { days: 2, ..month }),
                disk,
                None,
                None,
                Some(Unknown::TooFewDays),
            ),
            (
                "three dates within two days and a half",
                Some(Growth {
                    since: at("2026-11-25T12:00:00Z"),
                    days: 3,
                    ..month
                }),
                disk,
                None,
                None,
                Some(Unknown::TooFewDays),
            ),
            (
                "an archive that sleeps",
                Some(Growth {
                    exchanges: 0,
                    days: 0,
                    bytes: 0,
                    ..month
                }),
                disk,
                Some(0),
                None,
                Some(Unknown::NoGrowth),
            ),
            (
                "a disk that says nothing",
                Some(month),
                Disk { free: None, ..disk },
                Some(20_000),
                None,
                Some(Unknown::FreeSpace),
            ),
            (
                "less is free than is to stay free",
                Some(month),
                Disk {
                    free: Some(1),
                    ..disk
                },
                Some(20_000),
                Some(0),
                None,
            ),
            (
                "a very large disk",
                Some(month),
                Disk {
                    free: Some(u64::MAX),
                    ..disk
                },
                Some(20_000),
                None,
                Some(Unknown::VeryLong),
            ),
        ];
        for (what, growth, disk, bytes_a_day, days_left, unknown) in table {
            let expected = Forecast {
                bytes_a_day,
                days_left,
                unknown,
            };
            assert_eq!(foretell(growth, disk, now), expected, "{what}");
        }
    }
}

//! Day: when an article was published, as people write it: `Thứ Bảy, 17/06/2023, 21:00`,
//! `Saturday 17 June 2023, 21:00`. Always the site's own time, which is Vietnam's.

use chrono::{DateTime, Datelike, FixedOffset, Weekday};

use super::labels;
use crate::Lang;
use crate::lang::{Words, words};
use crate::model::{Precision, Published};

/// The day, and the time if the page prints one.
pub(in crate::cli) fn day_and_time(published: &Published, lang: Lang) -> String {
    let Ok(at) = DateTime::parse_from_rfc3339(&published.at) else {
        return published.at.clone();
    };
    let day = day(&at, lang);
    match published.precision {
        Precision::Day => day,
        Precision::Minute => format!("{day}, {}", at.format("%H:%M")),
        Precision::Second => format!("{day}, {}", at.format("%H:%M:%S")),
    }
}

/// The same with its zone, what the page prints, and what is odd about it.
pub(super) fn published_line(published: Option<&Published>, lang: Lang) -> String {
    let Some(published) = published else {
        return lang.of(labels::NO_DATE).to_owned();
    };
    let zone = match DateTime::parse_from_rfc3339(&published.at) {
        Ok(at) if published.precision != Precision::Day => format!(" ({})", at.offset()),
        _ => String::new(),
    };
    let flags = published
        .flags
        .iter()
        .map(|flag| format!(" {}", flag.as_str()));
    format!(
        "{}{zone}; {} {}{}",
        day_and_time(published, lang),
        lang.of(labels::ON_PAGE),
        published.raw,
        flags.collect::<String>()
    )
}

fn day(at: &DateTime<FixedOffset>, lang: Lang) -> String {
    let weekday = lang.of(weekday(at.weekday()));
    match lang {
        Lang::Vi => format!("{weekday}, {}", at.format("%d/%m/%Y")),
        Lang::En => format!("{weekday} {}", at.format("%-d %B %Y")),
    }
}

fn weekday(day: Weekday) -> Words {
    match day {
        Weekday::Mon => words("Monday", "Thứ Hai"),
        Weekday::Tue => words("Tuesday", "Thứ Ba"),
        Weekday::Wed => words("Wednesday", "Thứ Tư"),
        Weekday::Thu => words("Thursday", "Thứ Năm"),
        Weekday::Fri => words("Friday", "Thứ Sáu"),
        Weekday::Sat => words("Saturday", "Thứ Bảy"),
        Weekday::Sun => words("Sunday", "Chủ Nhật"),
    }
}

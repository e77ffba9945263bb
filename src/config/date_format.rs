//! DateFormat: the shape of a date stamp in words that can be read aloud, `WEEKDAY, ngày DD/MM/YYYY
//! HH:mm`, and the parts that a text of that shape holds. What the parts mean (zone, AM and PM,
//! weekday check) is [`crate::normalize::date`]'s work.
//!
//! Words: `YYYY` year, `MM` month, `DD` day, `HH` hour, `mm` minute, `ss` second (all numbers; month,
//! day and hour may have one digit), `AM` an AM or PM marker, `WEEKDAY` a weekday in Vietnamese or
//! English, `ZONE` an offset such as `GMT+7` or `+07:00`. A space stands for any white space or
//! none; everything else stands for itself.

use chrono::Weekday;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use serde::de::{self, Deserializer};

/// A compiled date shape.
#[derive(Debug, Clone)]
pub struct DateFormat {
    source: String,
    regex: Regex,
}

/// What a stamp says, number by number; nothing is checked against the calendar yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateParts {
    /// Four digits.
    pub year: i32,
    /// As printed.
    pub month: u32,
    /// As printed.
    pub day: u32,
    /// Hour and minute, if the shape has them.
    pub time: Option<(u32, u32)>,
    /// Second, if the shape has it.
    pub second: Option<u32>,
    /// The marker, if printed.
    pub marker: Option<Marker>,
    /// The weekday, if printed.
    pub weekday: Option<Weekday>,
    /// The offset from UTC in minutes, if printed.
    pub offset_minutes: Option<i32>,
    /// Length in bytes of the stamp at the beginning of the text; what follows is glued to it.
    pub length: usize,
}

/// AM or PM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// Before noon.
    Am,
    /// After noon.
    Pm,
}

const WORDS: [(&str, &str); 9] = [
    ("YYYY", r"(?<year>\d{4})"),
    ("MM", r"(?<month>\d{1,2})"),
    ("DD", r"(?<day>\d{1,2})"),
    ("HH", r"(?<hour>\d{1,2})"),
    ("mm", r"(?<minute>\d{2})"),
    ("ss", r"(?<second>\d{2})"),
    ("AM", r"(?<marker>[AP]M|SA|CH)"),
    ("WEEKDAY", r"(?<weekday>(?:thứ\s+)?\p{L}+(?:\s+nhật)?)"),
    (
        "ZONE",
        r"(?<zone>(?:GMT|UTC)?[+-]\d{1,2}(?::?\d{2})?|GMT|UTC|Z)",
    ),
];

impl DateFormat {
    /// Compiles a shape.
    ///
    /// # Errors
    /// In words, if year, month or day is missing, or a word stands twice.
    ///
    /// # Examples
    /// ```
    /// # use khotin::config::DateFormat;
    /// let format = DateFormat::parse("WEEKDAY, ngày DD/MM/YYYY HH:mm")?;
    /// let parts = format.read("Thứ Ba, ngày 29/04/2025 09:07Sáng nay").expect("a stamp");
    /// assert_eq!((parts.day, parts.time), (29, Some((9, 7))));
    /// # Ok::<(), String>(())
    /// ```
    pub fn parse(source: &str) -> Result<Self, String> {
        let mut pattern = String::from(r"^\s*");
        let mut rest = source;
        'shape: while let Some(next) = rest.chars().next() {
            for (word, expression) in WORDS {
                if let Some(after) = rest.strip_prefix(word) {
                    pattern.push_str(expression);
                    rest = after;
                    continue 'shape;
                }
            }
            if next.is_whitespace() {
                pattern.push_str(r"\s*");
            } else {
                pattern.push_str(&regex::escape(next.encode_utf8(&mut [0; 4])));
            }
            rest = rest.strip_prefix(next).unwrap_or_default();
        }
        let regex = RegexBuilder::new(&pattern)
            .case_insensitive(true)
            .build()
            .map_err(|_| format!("date shape `{source}` has a word twice"))?;
        for needed in ["year", "month", "day"] {
            if !regex.capture_names().flatten().any(|name| name == needed) {
                return Err(format!(
                    "date shape `{source}` has no {needed} (YYYY, MM and DD are needed)"
                ));
            }
        }
        Ok(Self {
            source: source.to_owned(),
            regex,
        })
    }

    /// The shape as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The parts of a stamp at the beginning of `text`, or `None` if it has another shape.
    pub fn read(&self, text: &str) -> Option<DateParts> {
        let found = self.regex.captures(text)?;
        let whole = found.get(0)?;
        let after = text.get(whole.end()..).unwrap_or_default();
        let time_end = found
            .name("second")
            .or(found.name("minute"))
            .map(|part| part.end());
        let ends_in_digit = whole.as_str().ends_with(|c: char| c.is_ascii_digit());
        // Minutes and seconds are two digits, so a digit after them belongs to glued text.
        let is_cut = ends_in_digit && time_end != Some(whole.end());
        if is_cut && after.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let number = |name: &str| found.name(name).and_then(|part| part.as_str().parse().ok());
        let weekday = match found.name("weekday") {
            None => None,
            Some(name) => Some(weekday(name.as_str())?),
        };
        let offset_minutes = match found.name("zone") {
            None => None,
            Some(zone) => Some(offset_minutes(zone.as_str())?),
        };
        Some(DateParts {
            year: found.name("year")?.as_str().parse().ok()?,
            month: number("month")?,
            day: number("day")?,
            time: number("hour").zip(number("minute").or(Some(0))),
            second: number("second"),
            marker: found.name("marker").map(|word| marker(word.as_str())),
            weekday,
            offset_minutes,
            length: whole.end(),
        })
    }
}

/// `SA` (sáng) and `CH` (chiều) are the Vietnamese AM and PM.
fn marker(word: &str) -> Marker {
    match word.to_uppercase().as_str() {
        "PM" | "CH" => Marker::Pm,
        _ => Marker::Am,
    }
}

/// A weekday in Vietnamese (with both spellings of Saturday, dossier section 5) or English.
fn weekday(name: &str) -> Option<Weekday> {
    let name = name
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    Some(match name.as_str() {
        "thứ hai" | "monday" | "mon" => Weekday::Mon,
        "thứ ba" | "tuesday" | "tue" => Weekday::Tue,
        "thứ tư" | "wednesday" | "wed" => Weekday::Wed,
        "thứ năm" | "thursday" | "thu" => Weekday::Thu,
        "thứ sáu" | "friday" | "fri" => Weekday::Fri,
        "thứ bảy" | "thứ bẩy" | "saturday" | "sat" => Weekday::Sat,
        "chủ nhật" | "sunday" | "sun" => Weekday::Sun,
        _ => return None,
    })
}

/// `GMT+7`, `+07:00`, `+0700`, `Z` as minutes from UTC; at most 14 hours (ISO 8601 practice).
fn offset_minutes(zone: &str) -> Option<i32> {
    let zone = zone.to_uppercase();
    let zone = zone.trim_start_matches("GMT").trim_start_matches("UTC");
    if zone.is_empty() || zone == "Z" {
        return Some(0);
    }
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    let number: i32 = digits.parse().ok()?;
    let (hours, minutes) = if digits.len() > 2 {
        (number / 100, number % 100)
    } else {
        (number, 0)
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

impl<'de> Deserialize<'de> for DateFormat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_by_its_shape() {
        let table = [
            // what, shape, text, (y, m, d), time, weekday, marker, offset, rest
            (
                "listing, glued",
                "WEEKDAY, ngày DD/MM/YYYY HH:mm",
                "Thứ Ba, ngày 29/04/2025 09:07Sáng nay (29/4)",
                (2025, 4, 29),
                Some((9, 7)),
                Some(Weekday::Tue),
                None,
                None,
                "Sáng nay (29/4)",
            ),
            (
                "other Saturday",
                "WEEKDAY, ngày DD/MM/YYYY HH:mm",
                "Thứ Bẩy, ngày 26/04/2025 03:05Đoàn",
                (2025, 4, 26),
                Some((3, 5)),
                Some(Weekday::Sat),
                None,
                None,
                "Đoàn",
            ),
            (
                "Sunday",
                "WEEKDAY, ngày DD/MM/YYYY HH:mm",
                "Chủ Nhật, ngày 27/04/2025 08:13",
                (2025, 4, 27),
                Some((8, 13)),
                Some(Weekday::Sun),
                None,
                None,
                "",
            ),
            (
                "English listing",
                "WEEKDAY YYYY-MM-DD HH:mm",
                "Friday 2025-07-18 08:43",
                (2025, 7, 18),
                Some((8, 43)),
                Some(Weekday::Fri),
                None,
                None,
                "",
            ),
            (
                "article",
                "DD/MM/YYYY | HH:mm AM",
                "17/06/2023 | 21:00 PM",
                (2023, 6, 17),
                Some((21, 0)),
                None,
                Some(Marker::Pm),
                None,
                "",
            ),
            (
                "ncov article",
                "(WEEKDAY, DD/MM/YYYY HH:mm)",
                "(Thứ bảy, 22/05/2021 11:38)",
                (2021, 5, 22),
                Some((11, 38)),
                Some(Weekday::Sat),
                None,
                None,
                "",
            ),
            (
                "ncov listing",
                "WEEKDAY, DD/MM/YYYY, HH:mm",
                "Monday, 24/05/2021, 22:38",
                (2021, 5, 24),
                Some((22, 38)),
                Some(Weekday::Mon),
                None,
                None,
                "",
            ),
            (
                "stated zone",
                "DD-MM-YYYY, HH:mm (ZONE)",
                "05-02-2024, 14:30 (GMT+7)",
                (2024, 2, 5),
                Some((14, 30)),
                None,
                None,
                Some(420),
                "",
            ),
            (
                "day only",
                "DD/MM/YYYY",
                "5/2/2024",
                (2024, 2, 5),
                None,
                None,
                None,
                None,
                "",
            ),
        ];
        for (what, shape, text, ymd, time, weekday, marker, offset, rest) in table {
            let parts = DateFormat::parse(shape).unwrap().read(text).expect(what);
            assert_eq!((parts.year, parts.month, parts.day), ymd, "{what}");
            assert_eq!((parts.time, parts.weekday), (time, weekday), "{what}");
            assert_eq!(
                (parts.marker, parts.offset_minutes),
                (marker, offset),
                "{what}"
            );
            assert_eq!(text.get(parts.length..), Some(rest), "{what}");
        }
    }

    #[test]
    fn another_shape_is_no_date() {
        let table = [
            ("prose", "DD/MM/YYYY", "năm 2025"),
            ("two-digit year", "DD/MM/YYYY", "17/06/23"),
            ("empty", "DD/MM/YYYY", ""),
            ("a longer number", "DD/MM/YYYY", "17/06/20231"),
            (
                "unknown weekday",
                "WEEKDAY, DD/MM/YYYY",
                "Thứ Chín, 17/06/2023",
            ),
        ];
        for (what, shape, text) in table {
            assert_eq!(DateFormat::parse(shape).unwrap().read(text), None, "{what}");
        }
    }

    #[test]
    fn a_shape_needs_a_whole_date() {
        assert!(
            DateFormat::parse("DD/MM HH:mm")
                .unwrap_err()
                .contains("no year")
        );
        assert!(
            DateFormat::parse("DD/DD/YYYY MM")
                .unwrap_err()
                .contains("twice")
        );
    }
}

//! Date: a printed stamp -> a point in time at the site's zone and in UTC, with all that is known of
//! how sure it is. In: cleaned text that begins with the stamp, and the profile's date rules. Out:
//! [`Published`], or why there is none; a date is never guessed and never taken out of prose.
//!
//! The shapes are [`crate::config::DateFormat`]'s work; here is what their parts mean: the zone
//! (stated, ruled or assumed), AM and PM, the weekday as a check. Evidence for moh.gov.vn's rules is
//! in the site dossier, section 5: its article stamps are Vietnam time on a 24-hour clock beside an
//! idle marker, its listing stamps are UTC beside Vietnam's weekday.

use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, Offset, SecondsFormat, TimeZone, Utc,
};
use chrono_tz::Tz;

use crate::config::{DateField, DateParts, Marker, MarkerPolicy, ZoneBasis};
use crate::model::{DateFlag, DateFrom, DateZone, Precision, Published};

/// No ministry had a news site before this year (our choice): what is older is a default of the
/// software, such as `01/01/0001`.
pub const FIRST_YEAR: i32 = 1990;

/// Why a text is no date. The messages are evidence: they stand in the record beside the null.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DateProblem {
    /// Nothing is printed.
    #[error("the date text is empty")]
    Empty,
    /// The profile has no shape to read it by.
    #[error("the profile has no date shape for `{text}`")]
    NoShape {
        /// The text's beginning.
        text: String,
    },
    /// None of the shapes fits: another shape, or prose.
    #[error("`{text}` has none of the date shapes {shapes}")]
    OtherShape {
        /// The text's beginning.
        text: String,
        /// The shapes of the profile.
        shapes: String,
    },
    /// Day, month and two digits: the century would be a guess.
    #[error("the year in `{text}` has two digits only")]
    TwoDigitYear {
        /// The text's beginning.
        text: String,
    },
    /// The numbers are no day of the calendar.
    #[error("`{stamp}` is no day: there is no day {day} of month {month} in {year}")]
    NoSuchDay {
        /// The stamp.
        stamp: String,
        /// Year as printed.
        year: i32,
        /// Month as printed.
        month: u32,
        /// Day as printed.
        day: u32,
    },
    /// The numbers are no time of day.
    #[error("`{stamp}` is no time of day: hours are 0-23, minutes and seconds 0-59")]
    NoSuchTime {
        /// The stamp.
        stamp: String,
    },
    /// Before [`FIRST_YEAR`].
    #[error("`{stamp}` is before {FIRST_YEAR}, so it is a default and no date")]
    TooOld {
        /// The stamp.
        stamp: String,
    },
    /// The zone's clock showed this time never, or twice.
    #[error("the clock of {zone} showed `{stamp}` never or twice")]
    NotOnce {
        /// The stamp.
        stamp: String,
        /// The zone.
        zone: String,
    },
}

impl DateProblem {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NoShape { .. } | Self::OtherShape { .. } => {
                "add the shape to the date's `formats` in the site's profile"
            }
            Self::NotOnce { .. } => "check the date's `zone` in the site's profile",
            Self::Empty
            | Self::TwoDigitYear { .. }
            | Self::NoSuchDay { .. }
            | Self::NoSuchTime { .. }
            | Self::TooOld { .. } => "nothing: the page does not tell the date; the text is kept",
        }
    }
}

/// Reads the stamp at the beginning of `text`, which must be cleaned ([`super::text::clean`]).
///
/// `site_zone` is the zone of `at` and, if neither the text nor the field names one, of the printed
/// numbers. Also returns where in `text` the rest begins: some pages glue the abstract to the stamp.
/// [`Published::raw`] is the stamp alone. The first shape that fits decides, also when its numbers
/// turn out to be impossible: trying on would be guessing.
///
/// # Errors
/// [`DateProblem`], with the reason in words.
pub fn read_date(
    field: &DateField,
    site_zone: Tz,
    text: &str,
    from: DateFrom,
) -> Result<(Published, usize), DateProblem> {
    if text.is_empty() {
        return Err(DateProblem::Empty);
    }
    let parts = field.formats.iter().find_map(|format| format.read(text));
    let Some(parts) = parts else {
        return Err(unread(field, text));
    };
    let stamp = text.get(..parts.length).unwrap_or(text).trim().to_owned();
    let mut flags = Vec::new();
    let local = local_time(&parts, field.marker, &stamp, &mut flags)?;
    let (instant, zone) = place(field, site_zone, &parts, local, &stamp)?;
    if let Some(printed) = parts.weekday {
        let day = match field.weekday_zone {
            Some(zone) => instant.with_timezone(&zone).weekday(),
            None => local.weekday(),
        };
        if day != printed {
            flags.push(DateFlag::WeekdayConflict);
        }
    }
    let utc = instant.with_timezone(&Utc);
    let published = Published {
        at: utc
            .with_timezone(&site_zone)
            .to_rfc3339_opts(SecondsFormat::Secs, false),
        utc: utc.to_rfc3339_opts(SecondsFormat::Secs, true),
        raw: stamp,
        precision: match (parts.time, parts.second) {
            (None, _) => Precision::Day,
            (Some(_), None) => Precision::Minute,
            (Some(_), Some(_)) => Precision::Second,
        },
        zone,
        from,
        flags,
    };
    Ok((published, parts.length))
}

/// The printed numbers as calendar day and time of day, AM and PM applied.
fn local_time(
    parts: &DateParts,
    policy: MarkerPolicy,
    stamp: &str,
    flags: &mut Vec<DateFlag>,
) -> Result<NaiveDateTime, DateProblem> {
    let day = NaiveDate::from_ymd_opt(parts.year, parts.month, parts.day).ok_or_else(|| {
        DateProblem::NoSuchDay {
            stamp: stamp.to_owned(),
            year: parts.year,
            month: parts.month,
            day: parts.day,
        }
    })?;
    if parts.year < FIRST_YEAR {
        return Err(DateProblem::TooOld {
            stamp: stamp.to_owned(),
        });
    }
    let (hour, minute) = parts.time.unwrap_or((0, 0));
    let hour = match parts.marker {
        None => hour,
        Some(marker) => {
            let (hour, flag) = hour_of_day(hour, marker, policy);
            flags.extend(flag);
            hour
        }
    };
    day.and_hms_opt(hour, minute, parts.second.unwrap_or(0))
        .ok_or_else(|| DateProblem::NoSuchTime {
            stamp: stamp.to_owned(),
        })
}

/// The hour 0-23 that a printed hour and its marker mean, and what is odd about the two.
///
/// On a 24-hour clock the hour counts as printed: PM beside 13-23 says nothing new, PM beside 0-11
/// and AM beside 12-23 contradict it. On a 12-hour clock (12 AM is midnight, 12 PM noon) an hour
/// that such a clock does not show counts as printed.
fn hour_of_day(hour: u32, marker: Marker, policy: MarkerPolicy) -> (u32, Option<DateFlag>) {
    let conflict = Some(DateFlag::MarkerConflict);
    match (policy, marker, hour) {
        (MarkerPolicy::Ignore, Marker::Pm, 13..) => (hour, Some(DateFlag::MarkerRedundant)),
        (MarkerPolicy::Ignore, Marker::Pm, 12) | (MarkerPolicy::Ignore, Marker::Am, 0..12) => {
            (hour, None)
        }
        (MarkerPolicy::Ignore, _, _) => (hour, conflict),
        (MarkerPolicy::TwelveHour, Marker::Am, 12) => (0, None),
        (MarkerPolicy::TwelveHour, Marker::Am, 1..12)
        | (MarkerPolicy::TwelveHour, Marker::Pm, 12) => (hour, None),
        (MarkerPolicy::TwelveHour, Marker::Pm, 1..12) => (hour + 12, None),
        (MarkerPolicy::TwelveHour, _, _) => (hour, conflict),
    }
}

/// The instant of a printed time: the text's own offset wins over the field's zone, that over the
/// site's.
fn place(
    field: &DateField,
    site_zone: Tz,
    parts: &DateParts,
    local: NaiveDateTime,
    stamp: &str,
) -> Result<(DateTime<FixedOffset>, DateZone), DateProblem> {
    let stated = parts
        .offset_minutes
        .and_then(|minutes| FixedOffset::east_opt(minutes.saturating_mul(60)));
    let (instant, zone, name) = match stated {
        Some(offset) => (
            offset.from_local_datetime(&local).single(),
            DateZone::Stated,
            offset.to_string(),
        ),
        None => {
            let zone = field.zone.unwrap_or(site_zone);
            let instant = zone.from_local_datetime(&local).single();
            let basis = match field.zone_is {
                ZoneBasis::Rule => DateZone::Rule,
                ZoneBasis::Assumed => DateZone::Assumed,
            };
            (
                instant.map(|at| at.with_timezone(&at.offset().fix())),
                basis,
                zone.name().to_owned(),
            )
        }
    };
    let instant = instant.ok_or_else(|| DateProblem::NotOnce {
        stamp: stamp.to_owned(),
        zone: name,
    })?;
    Ok((instant, zone))
}

/// Why no shape fits.
fn unread(field: &DateField, text: &str) -> DateProblem {
    let beginning = beginning(text);
    if field.formats.is_empty() {
        return DateProblem::NoShape { text: beginning };
    }
    if has_two_digit_year(text) {
        return DateProblem::TwoDigitYear { text: beginning };
    }
    let shapes = field
        .formats
        .iter()
        .map(|format| format!("`{}`", format.source()));
    DateProblem::OtherShape {
        text: beginning,
        shapes: shapes.collect::<Vec<_>>().join(", "),
    }
}

/// True for `17/06/23`, anywhere in the text: three runs of one or two digits with the same `/`,
/// `-` or `.` between them.
fn has_two_digit_year(text: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '|'))
        .any(|word| {
            ['/', '-', '.'].into_iter().any(|mark| {
                let mut numbers = 0;
                word.split(mark).all(|number| {
                    numbers += 1;
                    matches!(number.len(), 1..=2) && number.bytes().all(|b| b.is_ascii_digit())
                }) && numbers == 3
            })
        })
}

/// The first 60 characters, so that a message stays a line.
fn beginning(text: &str) -> String {
    let mut beginning: String = text.chars().take(60).collect();
    if beginning.len() < text.len() {
        beginning.push('…');
    }
    beginning
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Article stamps of moh.gov.vn's Liferay (dossier, section 5).
    const MOH_ARTICLE: &str = r#"
        formats = ["DD/MM/YYYY | HH:mm AM"]
        zone_is = "rule"
    "#;
    /// Stamps of the portal of 2026.
    const PORTAL: &str = r#"
        formats = ["DD/MM/YYYY HH:mm AM"]
        marker = "twelve_hour"
    "#;
    /// Listing stamps of moh.gov.vn's Liferay.
    const MOH_LISTING: &str = r#"
        formats = ["WEEKDAY, ngày DD/MM/YYYY HH:mm", "WEEKDAY YYYY-MM-DD HH:mm"]
        zone = "UTC"
        weekday_zone = "Asia/Ho_Chi_Minh"
        zone_is = "rule"
    "#;
    /// ncov.moh.gov.vn, articles and listings.
    const NCOV: &str = r#"
        formats = ["(WEEKDAY, DD/MM/YYYY HH:mm)", "WEEKDAY, DD/MM/YYYY, HH:mm", "HH:mm DD/MM/YYYY"]
        zone_is = "rule"
    "#;
    /// A site that prints its zone, down to the second.
    const STATED: &str = r#"
        formats = ["DD-MM-YYYY, HH:mm (ZONE)", "YYYY-MM-DD HH:mm:ss ZONE", "DD/MM/YYYY"]
    "#;

    fn read(rules: &str, text: &str) -> Result<(Published, usize), DateProblem> {
        let field: DateField = toml::from_str(rules).unwrap();
        read_date(
            &field,
            chrono_tz::Asia::Ho_Chi_Minh,
            text,
            DateFrom::Article,
        )
    }

    #[test]
    fn a_stamp_becomes_a_point_in_time() {
        type Row<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, &'a [DateFlag]);
        use DateFlag::{MarkerConflict, MarkerRedundant, WeekdayConflict};
        #[rustfmt::skip]
        let table: &[Row] = &[
            // what, rules, text, at, utc, flags
            ("S0", MOH_ARTICLE, "17/06/2023 | 21:00 PM", "2023-06-17T21:00:00+07:00", "2023-06-17T14:00:00Z", &[MarkerRedundant]),
            ("P3", MOH_ARTICLE, "25/03/2025 | 19:36 PM", "2025-03-25T19:36:00+07:00", "2025-03-25T12:36:00Z", &[MarkerRedundant]),
            ("S2", MOH_ARTICLE, "18/11/2022 | 10:30 AM", "2022-11-18T10:30:00+07:00", "2022-11-18T03:30:00Z", &[]),
            ("after midnight", MOH_ARTICLE, "18/11/2022 | 00:10 AM", "2022-11-18T00:10:00+07:00", "2022-11-17T17:10:00Z", &[]),
            ("noon", MOH_ARTICLE, "18/11/2022 | 12:05 PM", "2022-11-18T12:05:00+07:00", "2022-11-18T05:05:00Z", &[]),
            ("noon with AM", MOH_ARTICLE, "18/11/2022 | 12:05 AM", "2022-11-18T12:05:00+07:00", "2022-11-18T05:05:00Z", &[MarkerConflict]),
            ("evening with AM", MOH_ARTICLE, "18/11/2022 | 21:00 AM", "2022-11-18T21:00:00+07:00", "2022-11-18T14:00:00Z", &[MarkerConflict]),
            ("morning with PM", MOH_ARTICLE, "18/11/2022 | 09:00 PM", "2022-11-18T09:00:00+07:00", "2022-11-18T02:00:00Z", &[MarkerConflict]),
            ("one digit", MOH_ARTICLE, "8/1/2022 | 9:05 AM", "2022-01-08T09:05:00+07:00", "2022-01-08T02:05:00Z", &[]),
            ("twelve hours: midnight", PORTAL, "05/06/2026 12:05 AM", "2026-06-05T00:05:00+07:00", "2026-06-04T17:05:00Z", &[]),
            ("twelve hours: noon", PORTAL, "05/06/2026 12:05 PM", "2026-06-05T12:05:00+07:00", "2026-06-05T05:05:00Z", &[]),
            ("twelve hours: afternoon", PORTAL, "05/06/2026 01:30 PM", "2026-06-05T13:30:00+07:00", "2026-06-05T06:30:00Z", &[]),
            ("twelve hours: morning", PORTAL, "05/06/2026 01:30 AM", "2026-06-05T01:30:00+07:00", "2026-06-04T18:30:00Z", &[]),
            ("twelve hours: 21 PM", PORTAL, "05/06/2026 21:00 PM", "2026-06-05T21:00:00+07:00", "2026-06-05T14:00:00Z", &[MarkerConflict]),
            ("twelve hours: 0 AM", PORTAL, "05/06/2026 00:10 AM", "2026-06-05T00:10:00+07:00", "2026-06-04T17:10:00Z", &[MarkerConflict]),
            ("listing", MOH_LISTING, "Thứ Ba, ngày 29/04/2025 09:07", "2025-04-29T16:07:00+07:00", "2025-04-29T09:07:00Z", &[]),
            ("weekday of the next day", MOH_LISTING, "Thứ Ba, ngày 16/02/2026 18:11", "2026-02-17T01:11:00+07:00", "2026-02-16T18:11:00Z", &[]),
            ("the other deciding stamp", MOH_LISTING, "Thứ Tư, ngày 28/01/2025 18:32", "2025-01-29T01:32:00+07:00", "2025-01-28T18:32:00Z", &[]),
            ("other Saturday", MOH_LISTING, "Thứ Bẩy, ngày 26/04/2025 03:05", "2025-04-26T10:05:00+07:00", "2025-04-26T03:05:00Z", &[]),
            ("Sunday", MOH_LISTING, "Chủ Nhật, ngày 27/04/2025 08:13", "2025-04-27T15:13:00+07:00", "2025-04-27T08:13:00Z", &[]),
            ("English listing", MOH_LISTING, "Friday 2025-07-18 08:43", "2025-07-18T15:43:00+07:00", "2025-07-18T08:43:00Z", &[]),
            ("weekday as if it were UTC's", MOH_LISTING, "Thứ Hai, ngày 16/02/2026 18:11", "2026-02-17T01:11:00+07:00", "2026-02-16T18:11:00Z", &[WeekdayConflict]),
            ("ncov article", NCOV, "(Thứ bảy, 22/05/2021 11:38)", "2021-05-22T11:38:00+07:00", "2021-05-22T04:38:00Z", &[]),
            ("ncov listing", NCOV, "Monday, 24/05/2021, 22:38", "2021-05-24T22:38:00+07:00", "2021-05-24T15:38:00Z", &[]),
            ("ncov, time first", NCOV, "22:38 24/05/2021", "2021-05-24T22:38:00+07:00", "2021-05-24T15:38:00Z", &[]),
            ("ncov, wrong weekday", NCOV, "(Thứ sáu, 22/05/2021 11:38)", "2021-05-22T11:38:00+07:00", "2021-05-22T04:38:00Z", &[WeekdayConflict]),
            ("stated zone", STATED, "05-02-2024, 14:30 (GMT+7)", "2024-02-05T14:30:00+07:00", "2024-02-05T07:30:00Z", &[]),
            ("another stated zone", STATED, "2024-02-05 23:30:05 Z", "2024-02-06T06:30:05+07:00", "2024-02-05T23:30:05Z", &[]),
            ("day only", STATED, "29/02/2024", "2024-02-29T00:00:00+07:00", "2024-02-28T17:00:00Z", &[]),
        ];
        for (what, rules, text, at, utc, flags) in table {
            let (published, rest) = read(rules, text).expect(what);
            assert_eq!(
                (published.at.as_str(), published.utc.as_str()),
                (*at, *utc),
                "{what}"
            );
            assert_eq!(published.flags, *flags, "{what}");
            assert_eq!(
                (published.raw.as_str(), rest),
                (*text, text.len()),
                "{what}"
            );
        }
    }

    #[test]
    fn how_sure_it_is_is_said() {
        #[rustfmt::skip]
        let table = [
            ("ruled", MOH_ARTICLE, "17/06/2023 | 21:00 PM", DateZone::Rule, Precision::Minute),
            ("assumed", PORTAL, "05/06/2026 01:30 PM", DateZone::Assumed, Precision::Minute),
            ("stated", STATED, "05-02-2024, 14:30 (GMT+7)", DateZone::Stated, Precision::Minute),
            ("seconds", STATED, "2024-02-05 23:30:05 Z", DateZone::Stated, Precision::Second),
            ("a day", STATED, "5/2/2024", DateZone::Assumed, Precision::Day),
        ];
        for (what, rules, text, zone, precision) in table {
            let (published, _) = read(rules, text).expect(what);
            assert_eq!(
                (published.zone, published.precision),
                (zone, precision),
                "{what}"
            );
        }
    }

    #[test]
    fn glued_text_is_left_over() {
        #[rustfmt::skip]
        let table = [
            ("a word", "Thứ Ba, ngày 29/04/2025 09:07Sáng nay (29/4)", "Sáng nay (29/4)"),
            ("a space", "Thứ Ba, ngày 29/04/2025 09:07 Sáng nay", " Sáng nay"),
            ("a number", "Thứ Hai, ngày 17/03/2025 09:20500.000 liều", "500.000 liều"),
            ("English", "Friday 2025-07-18 08:43Sáng 17/7", "Sáng 17/7"),
        ];
        for (what, text, expected) in table {
            let (published, rest) = read(MOH_LISTING, text).expect(what);
            assert_eq!(text.get(rest..), Some(expected), "{what}");
            assert!(text.starts_with(&published.raw), "{what}");
            assert_eq!(published.raw, published.raw.trim(), "{what}");
        }
    }

    #[test]
    fn what_is_no_date_says_why() {
        #[rustfmt::skip]
        let table = [
            ("empty", MOH_ARTICLE, "", "the date text is empty"),
            ("prose", MOH_ARTICLE, "năm 2025", "`năm 2025` has none of the date shapes `DD/MM/YYYY | HH:mm AM`"),
            ("prose with a day", STATED, "Sáng 29/4/2025, tại Hà Nội", "`Sáng 29/4/2025, tại Hà Nội` has none of the date shapes"),
            ("two-digit year", MOH_ARTICLE, "17/06/23 | 21:00 PM", "the year in `17/06/23 | 21:00 PM` has two digits only"),
            ("31 April", MOH_ARTICLE, "31/04/2025 | 09:00 AM", "`31/04/2025 | 09:00 AM` is no day: there is no day 31 of month 4 in 2025"),
            ("29 February", STATED, "29/02/2023", "there is no day 29 of month 2 in 2023"),
            ("month 13", MOH_ARTICLE, "01/13/2025 | 09:00 AM", "there is no day 1 of month 13 in 2025"),
            ("day 0", MOH_ARTICLE, "00/01/2025 | 09:00 AM", "there is no day 0 of month 1"),
            ("hour 24", MOH_ARTICLE, "01/01/2025 | 24:00 PM", "`01/01/2025 | 24:00 PM` is no time of day"),
            ("minute 60", MOH_ARTICLE, "01/01/2025 | 09:60 AM", "is no time of day"),
            ("hour 99 on 12 hours", PORTAL, "01/01/2025 99:00 PM", "is no time of day"),
            ("a default", STATED, "01/01/0001", "`01/01/0001` is before 1990"),
            ("no shape", "", "17/06/2023", "the profile has no date shape for `17/06/2023`"),
            ("a longer year", STATED, "17/06/20231", "has none of the date shapes"),
        ];
        for (what, rules, text, expected) in table {
            let problem = read(rules, text).unwrap_err();
            assert!(problem.to_string().contains(expected), "{what}: {problem}");
            assert!(!problem.advice().is_empty(), "{what}");
        }
    }

    #[test]
    fn a_clock_that_is_put_back_is_not_guessed() {
        let field: DateField =
            toml::from_str("formats = [\"DD/MM/YYYY HH:mm\"]\nzone = \"Europe/Paris\"").unwrap();
        let zone = chrono_tz::Asia::Ho_Chi_Minh;
        for text in ["26/10/2025 02:30", "30/03/2025 02:30"] {
            let problem = read_date(&field, zone, text, DateFrom::Listing).unwrap_err();
            assert_eq!(
                problem.to_string(),
                format!("the clock of Europe/Paris showed `{text}` never or twice")
            );
        }
    }

    #[test]
    fn a_long_text_makes_a_short_message() {
        let problem = read(MOH_ARTICLE, &"dài ".repeat(10_000)).unwrap_err();
        assert!(problem.to_string().chars().count() < 200);
    }
}

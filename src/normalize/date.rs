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
mod tests;

//! What a cell of a table is in a sheet: typed, cleaned, cut. Pure.
//!
//! A value that a spreadsheet cannot hold as a number or time (a day before March 1900, a number of
//! more than 15 digits) stays the text that it is in CSV.

use std::borrow::Cow;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use url::Url;

use crate::export::columns::Kind;
use crate::export::guard::{clean, cut};
use crate::export::row::Cell;
use crate::export::sink::Tally;

/// The longest address that is a link (Excel's limit is 2,079 characters).
const LONGEST_LINK: usize = 2_079;
/// Numbers of at most 15 digits are kept whole by a spreadsheet.
const LARGEST_NUMBER: u64 = 999_999_999_999_999;
const SECONDS_A_DAY: f64 = 86_400.0;

/// A cell of a sheet.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum SheetCell<'a> {
    /// Nothing.
    Blank,
    /// A string.
    Text(Cow<'a, str>),
    /// A number; days since 1899-12-30 for dates and times.
    Number(f64),
    /// A truth value.
    Boolean(bool),
}

/// A cell of a table for a sheet, and whether it was cut to `limit` UTF-16 code units. What was
/// cleaned and cut is counted.
pub(super) fn sheet_cell<'a>(
    cell: &'a Cell<'_>,
    kind: Kind,
    limit: usize,
    tally: &mut Tally,
) -> (SheetCell<'a>, bool) {
    let text = match cell {
        Cell::Empty => return (SheetCell::Blank, false),
        Cell::Boolean(value) => return (SheetCell::Boolean(*value), false),
        #[expect(clippy::cast_precision_loss, reason = "15 digits fit")]
        Cell::Number(number) if *number <= LARGEST_NUMBER => {
            return (SheetCell::Number(*number as f64), false);
        }
        Cell::Number(number) => return (SheetCell::Text(number.to_string().into()), false),
        Cell::Text(text) => text.as_ref(),
    };
    if let Some(number) = time_number(text, kind) {
        return (SheetCell::Number(number), false);
    }
    let cleaned = without_noncharacters(clean(text));
    if matches!(cleaned, Cow::Owned(_)) {
        tally.cells_cleaned = tally.cells_cleaned.saturating_add(1);
    }
    let whole = cleaned.len();
    let fits = match cleaned {
        Cow::Borrowed(text) => Cow::Borrowed(cut(text, limit)),
        Cow::Owned(text) => Cow::Owned(cut(&text, limit).to_owned()),
    };
    let is_cut = fits.len() < whole;
    if is_cut {
        tally.cells_cut = tally.cells_cut.saturating_add(1);
    }
    match fits.as_ref() {
        "" => (SheetCell::Blank, is_cut),
        _ => (SheetCell::Text(fits), is_cut),
    }
}

/// U+FFFE and U+FFFF are no characters of XML (XML 1.0, section 2.2).
fn without_noncharacters(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_none = |char| matches!(char, '\u{FFFE}' | '\u{FFFF}');
    match text.contains(is_none) {
        true => Cow::Owned(text.replace(is_none, "\u{FFFD}")),
        false => text,
    }
}

/// A date or time as a spreadsheet counts it, in the column's own offset; whole seconds.
fn time_number(text: &str, kind: Kind) -> Option<f64> {
    match kind {
        Kind::Date => day_number(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?),
        Kind::TimeOfDay => Some(day_share(NaiveTime::parse_from_str(text, "%H:%M:%S").ok()?)),
        Kind::TimeUtc => moment_number(local_time(text, 0)?),
        Kind::TimeVietnam => moment_number(local_time(text, 7 * 3600)?),
        Kind::Text | Kind::Number | Kind::Boolean => None,
    }
}

/// A time in RFC 3339 as a clock shows it that many seconds east.
pub(super) fn local_time(text: &str, seconds_east: i32) -> Option<NaiveDateTime> {
    let zone = FixedOffset::east_opt(seconds_east)?;
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(time.with_timezone(&zone).naive_local())
}

/// Days since 1899-12-30 with the share of the day that has passed.
pub(super) fn moment_number(time: NaiveDateTime) -> Option<f64> {
    Some(day_number(time.date())? + day_share(time.time()))
}

/// From March 1900 to the year 9999: before it Excel counts a 29th of February that never was.
fn day_number(day: NaiveDate) -> Option<f64> {
    let zero = NaiveDate::from_ymd_opt(1899, 12, 30)?;
    let first = NaiveDate::from_ymd_opt(1900, 3, 1)?;
    let last = NaiveDate::from_ymd_opt(9999, 12, 31)?;
    let days = i32::try_from((day - zero).num_days()).ok()?;
    (first..=last).contains(&day).then(|| f64::from(days))
}

fn day_share(time: NaiveTime) -> f64 {
    f64::from(time.num_seconds_from_midnight()) / SECONDS_A_DAY
}

/// The host of an address.
pub(super) fn host(address: &str) -> Option<String> {
    Some(Url::parse(address).ok()?.host_str()?.to_owned())
}

/// What a link for this text leads to: only http and https, and only what a spreadsheet keeps as it
/// is. `None` for everything else, which stays text.
///
/// The library takes a `%` for a bare one unless the address holds one of a few escapes that it
/// knows, and would escape it again. So escapes of letters beyond ASCII are undone, which is the same
/// address (RFC 3987, section 3.1), and an address where other escapes are left gets no link.
pub(super) fn link(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let address = url.as_str();
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    // Credentials in an address are how one site is made to look like another.
    let is_plain = url.username().is_empty() && url.password().is_none();
    if !is_web || !is_plain || address.encode_utf16().count() > LONGEST_LINK {
        return None;
    }
    let (before, fragment) = match address.split_once('#') {
        Some((before, fragment)) => (before, Some(fragment)),
        None => (address, None),
    };
    if !before.contains('%') || is_known_as_escaped(before) {
        return has_only_escapes(before).then(|| address.to_owned());
    }
    let readable = letters_unescaped(before);
    match (readable.contains('%'), fragment) {
        (true, _) => None,
        (false, None) => Some(readable),
        (false, Some(fragment)) => Some(format!("{readable}#{fragment}")),
    }
}

/// The escapes by which the library knows that an address is escaped already.
fn is_known_as_escaped(address: &str) -> bool {
    const KNOWN: [&str; 10] = [
        "%20", "%22", "%25", "%3c", "%3e", "%5b", "%5d", "%5e", "%60", "%7b",
    ];
    let address = address.to_ascii_lowercase();
    KNOWN.iter().any(|escape| address.contains(escape))
}

fn has_only_escapes(address: &str) -> bool {
    let mut parts = address.split('%').skip(1).map(str::as_bytes);
    parts.all(|part| match part {
        [high, low, ..] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        _ => false,
    })
}

/// Percent escapes that make up letters, marks or digits beyond ASCII become those; others stay.
fn letters_unescaped(address: &str) -> String {
    let mut readable = String::with_capacity(address.len());
    let mut rest = address;
    while let Some(start) = rest.find('%') {
        let (before, escaped) = rest.split_at(start);
        readable.push_str(before);
        match first_letter(escaped) {
            Some((letter, length)) => {
                readable.push(letter);
                rest = escaped.get(length..).unwrap_or_default();
            }
            None => {
                readable.push('%');
                rest = escaped.get(1..).unwrap_or_default();
            }
        }
    }
    readable.push_str(rest);
    readable
}

/// The letter beyond ASCII that the escapes at the beginning make up, and their length.
fn first_letter(escaped: &str) -> Option<(char, usize)> {
    let byte = |number: usize| {
        let start = number.checked_mul(3)?;
        let digits = escaped
            .get(start..start.checked_add(3)?)?
            .strip_prefix('%')?;
        u8::from_str_radix(digits, 16).ok()
    };
    let length = match byte(0)? {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    let bytes: Vec<u8> = (0..length).map_while(byte).collect();
    let letter = str::from_utf8(&bytes).ok()?.chars().next()?;
    let is_mark = matches!(letter, '\u{300}'..='\u{36F}');
    (letter.is_alphanumeric() || is_mark).then_some((letter, length.checked_mul(3)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(cell: &Cell<'_>, kind: Kind) -> SheetCell<'static> {
        match sheet_cell(cell, kind, 32_767, &mut Tally::default()).0 {
            SheetCell::Text(text) => SheetCell::Text(Cow::Owned(text.into_owned())),
            SheetCell::Number(number) => SheetCell::Number(number),
            SheetCell::Boolean(value) => SheetCell::Boolean(value),
            SheetCell::Blank => SheetCell::Blank,
        }
    }

    #[test]
    fn a_cell_has_the_type_of_its_column() {
        let text = |text: &'static str| SheetCell::Text(Cow::Borrowed(text));
        let number = SheetCell::Number;
        let table = [
            // 45,000 days after 1899-12-30 is 2023-03-15, which a spreadsheet shows for 45000.
            (
                "a day",
                Cell::from("2023-03-15"),
                Kind::Date,
                number(45_000.0),
            ),
            (
                "the first day that is right",
                Cell::from("1900-03-01"),
                Kind::Date,
                number(61.0),
            ),
            (
                "a day before",
                Cell::from("1900-02-28"),
                Kind::Date,
                text("1900-02-28"),
            ),
            (
                "no day",
                Cell::from("2023-02-30"),
                Kind::Date,
                text("2023-02-30"),
            ),
            ("noon", Cell::from("12:00:00"), Kind::TimeOfDay, number(0.5)),
            (
                "a moment",
                Cell::from("2023-03-15T06:00:00Z"),
                Kind::TimeUtc,
                number(45_000.25),
            ),
            (
                "its fractions of a second",
                Cell::from("2023-03-15T06:00:00.999999Z"),
                Kind::TimeUtc,
                number(45_000.25),
            ),
            (
                "a moment in Vietnam",
                Cell::from("2023-03-15T06:00:00+07:00"),
                Kind::TimeVietnam,
                number(45_000.25),
            ),
            (
                "the column's offset, not the text's",
                Cell::from("2023-03-14T23:00:00Z"),
                Kind::TimeVietnam,
                number(45_000.25),
            ),
            (
                "a number",
                Cell::Number(1_234),
                Kind::Number,
                number(1_234.0),
            ),
            (
                "15 digits",
                Cell::Number(999_999_999_999_999),
                Kind::Number,
                number(999_999_999_999_999.0),
            ),
            (
                "16 digits",
                Cell::Number(1_000_000_000_000_001),
                Kind::Number,
                text("1000000000000001"),
            ),
            (
                "a truth value",
                Cell::Boolean(false),
                Kind::Boolean,
                SheetCell::Boolean(false),
            ),
            ("unknown", Cell::Empty, Kind::Number, SheetCell::Blank),
            ("empty text", Cell::from(""), Kind::Text, SheetCell::Blank),
            (
                "a date in words stays words",
                Cell::from("1/2"),
                Kind::Text,
                text("1/2"),
            ),
            ("leading zeros", Cell::from("007"), Kind::Text, text("007")),
            (
                "a formula stays words",
                Cell::from("=1+1"),
                Kind::Text,
                text("=1+1"),
            ),
            (
                "no character of XML",
                Cell::from("a\u{FFFE}\u{FFFF}\0b"),
                Kind::Text,
                text("a\u{FFFD}\u{FFFD}\u{FFFD}b"),
            ),
        ];
        for (what, cell, kind, expected) in table {
            assert_eq!(typed(&cell, kind), expected, "{what}");
        }
    }

    #[test]
    fn what_is_cut_or_cleaned_is_counted() {
        let mut tally = Tally::default();
        let cell = Cell::from("a\0\u{FFFE}bye\u{302}"); // cleaned once, cut before the e
        let (found, is_cut) = sheet_cell(&cell, Kind::Text, 6, &mut tally);
        assert_eq!(found, SheetCell::Text(Cow::Borrowed("a\u{FFFD}\u{FFFD}by")));
        assert!(is_cut);
        assert_eq!((tally.cells_cleaned, tally.cells_cut), (1, 1));
    }

    #[test]
    fn only_addresses_of_the_web_are_links() {
        let long = |length: usize| format!("https://a.vn/{}", "y".repeat(length - 13));
        let (longest, too_long) = (long(2_079), long(2_080));
        let same = "the same";
        let table = [
            ("plain", "https://moh.gov.vn/a?b=1&c=2#d", same),
            ("http", "http://a.vn/", same),
            ("the longest", longest.as_str(), same),
            ("one longer", too_long.as_str(), ""),
            ("script", "javascript:alert(1)", ""),
            ("file", "file:///etc/passwd", ""),
            ("of the workbook", "internal:Sheet!A1", ""),
            ("mail", "mailto:a@b.vn", ""),
            ("no address", "moh.gov.vn", ""),
            ("formula", "=HYPERLINK(\"https://a.vn\")", ""),
            ("looks like another site", "https://moh.gov.vn@b.vn/", ""),
            (
                "letters as they are",
                "https://a.vn/đề-án",
                "https://a.vn/đề-án",
            ),
            (
                "escaped letters",
                "https://a.vn/%C4%91%E1%BB%81",
                "https://a.vn/đề",
            ),
            (
                "escaped letters and a space",
                "https://a.vn/%C4%91%20x",
                same,
            ),
            ("an escape with a meaning", "https://a.vn/?to=a%2Fb", ""),
            (
                "escaped letters, a mark in the fragment",
                "https://a.vn/%C4%91#%2F",
                "https://a.vn/đ#%2F",
            ),
            (
                "a direction mark stays escaped",
                "https://a.vn/%E2%80%AE",
                "",
            ),
            ("a bare percent sign", "https://a.vn/100%", ""),
            ("a bare one beside an escape", "https://a.vn/100%/%20", ""),
            ("half a letter", "https://a.vn/%C4", ""),
        ];
        for (what, given, expected) in table {
            let expected = match expected {
                "" => None,
                "the same" => Some(given),
                other => Some(other),
            };
            assert_eq!(link(given).as_deref(), expected, "{what}");
        }
    }
}

//! Dates of WARC fields, as they should be and as they are. What does not say the second is no moment
//! and gives none: WARC 1.1 allows `2016-11`, but when within that month is not known.

use chrono::{DateTime, NaiveDateTime, Utc};

/// Reads a date; the words say what is odd about it, if anything is.
///
/// As it should be (WARC 1.1, section 5.4): UTC to the second or finer, `2016-11-22T01:02:03.5Z`. Odd
/// and read: another zone, which is reckoned to UTC; no zone, which is UTC as the standard asks for;
/// 14 digits; a blank for the `T`; the date of an HTTP header.
///
/// # Errors
/// Words that say why it gives no moment.
pub fn read_date(text: &str) -> Result<(DateTime<Utc>, Option<&'static str>), &'static str> {
    let text = text.trim();
    if let Ok(date) = DateTime::parse_from_rfc3339(text) {
        let is_usual = text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T');
        let odd = match (is_usual, date.offset().local_minus_utc()) {
            (true, _) => None,
            (false, 0) => Some("is UTC, but not written with T and Z"),
            (false, _) => Some("has another zone than UTC"),
        };
        return Ok((date.to_utc(), odd));
    }
    for (format, odd) in [
        ("%Y-%m-%dT%H:%M:%S%.f", "has no zone; read as UTC"),
        ("%Y-%m-%d %H:%M:%S%.f", "has no zone; read as UTC"),
        ("%Y-%m-%d %H:%M:%S%.fZ", "has a blank for the T"),
        (
            "%a, %d %b %Y %H:%M:%S GMT",
            "is written as in an HTTP header",
        ),
    ] {
        if let Ok(date) = NaiveDateTime::parse_from_str(text, format) {
            return Ok((date.and_utc(), Some(odd)));
        }
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f%z"] {
        if let Ok(date) = DateTime::parse_from_str(text, format) {
            return Ok((date.to_utc(), Some("has a zone, but not as Z")));
        }
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let parts = text.split_at_checked(14);
        let date = parts.and_then(|(seconds, fraction)| {
            let date = NaiveDateTime::parse_from_str(seconds, "%Y%m%d%H%M%S").ok()?;
            let millis: i64 = match fraction.len() {
                0 => 0,
                3 => fraction.parse().ok()?,
                _ => return None,
            };
            date.checked_add_signed(chrono::TimeDelta::milliseconds(millis))
        });
        if let Some(date) = date {
            return Ok((date.and_utc(), Some("is written as digits alone")));
        }
    }
    Err("is no moment to the second")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_as_it_is_and_what_is_odd_is_told() {
        let table = [
            // given, expected in UTC, odd
            ("2016-11-22T01:02:03Z", "2016-11-22T01:02:03Z", false),
            (
                "2016-11-22T01:02:03.123456789Z",
                "2016-11-22T01:02:03.123456789Z",
                false,
            ),
            (" 2016-11-22T01:02:03Z\t", "2016-11-22T01:02:03Z", false),
            ("2016-11-22T08:02:03+07:00", "2016-11-22T01:02:03Z", true),
            ("2016-11-22T01:02:03+00:00", "2016-11-22T01:02:03Z", true),
            ("2016-11-22T01:02:03+0000", "2016-11-22T01:02:03Z", true),
            ("2016-11-22T08:02:03.5+0700", "2016-11-22T01:02:03.5Z", true),
            ("2016-11-22T01:02:03", "2016-11-22T01:02:03Z", true),
            ("2016-11-22 01:02:03", "2016-11-22T01:02:03Z", true),
            ("2016-11-22 01:02:03Z", "2016-11-22T01:02:03Z", true),
            ("20161122010203", "2016-11-22T01:02:03Z", true),
            ("20161122010203004", "2016-11-22T01:02:03.004Z", true),
            (
                "Tue, 22 Nov 2016 01:02:03 GMT",
                "2016-11-22T01:02:03Z",
                true,
            ),
        ];
        for (given, expected, is_odd) in table {
            let (date, odd) = read_date(given).unwrap();
            let expected: DateTime<Utc> = expected.parse().unwrap();
            assert_eq!((date, odd.is_some()), (expected, is_odd), "{given}");
        }
        let none = [
            "",
            "2016",
            "2016-11",
            "2016-11-22",
            "2016-11-22T01:02Z",
            "201611220102",
            "20161322010203",
            "2016-02-30T01:02:03Z",
            "2016-11-22T25:02:03Z",
            "yesterday",
            "201611220102030",
            "ngày 22",
        ];
        for given in none {
            assert!(read_date(given).is_err(), "{given}");
        }
    }
}

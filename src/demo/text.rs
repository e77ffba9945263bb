//! Small pure functions on words and times: slugs, abstracts, stamps, escapes.
//!
//! They do what the two platforms do, oddities included (dossier, sections 2, 4, 5 and 7).

use chrono::{Datelike, Duration, NaiveDateTime, Timelike, Weekday};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest slug; Liferay cuts inside a word.
const SLUG_CHARS: usize = 150;
/// Longest abstract of a listing.
const ABSTRACT_CHARS: usize = 200;
/// Vietnam is seven hours before UTC, all year.
const VIETNAM_HOURS: i64 = 7;

/// The slug that Liferay makes of a title: accents removed, `đ` dropped (not `d`), everything else
/// one `-`, which may stand at either end.
pub(super) fn slug_of(title: &str) -> String {
    let mut slug = String::new();
    for letter in title.to_lowercase().nfd() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !is_combining_mark(letter) && letter != 'đ' && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.chars().take(SLUG_CHARS).collect()
}

/// What a listing prints of a lead, and whether it was cut: at most 200 characters, cut at a blank
/// and followed by three dots.
pub(super) fn abstract_of(lead: &str) -> (String, bool) {
    if lead.chars().count() <= ABSTRACT_CHARS {
        return (lead.to_owned(), false);
    }
    let head: String = lead.chars().take(ABSTRACT_CHARS).collect();
    let words = head
        .rsplit_once(' ')
        .map_or(head.as_str(), |(words, _)| words);
    (format!("{words}..."), true)
}

/// The time that Liferay listings print: UTC.
pub(super) fn to_utc(local: NaiveDateTime) -> NaiveDateTime {
    local - Duration::hours(VIETNAM_HOURS)
}

/// Vietnam's wall clock at a point in UTC.
pub(super) fn to_local(utc: NaiveDateTime) -> NaiveDateTime {
    utc + Duration::hours(VIETNAM_HOURS)
}

/// Stamp of a Vietnamese listing: the day and time in UTC behind Vietnam's weekday.
pub(super) fn listing_stamp(local: NaiveDateTime) -> String {
    let weekday = match local.weekday() {
        Weekday::Mon => "Thứ Hai",
        Weekday::Tue => "Thứ Ba",
        Weekday::Wed => "Thứ Tư",
        Weekday::Thu => "Thứ Năm",
        Weekday::Fri => "Thứ Sáu",
        Weekday::Sat => "Thứ Bẩy",
        Weekday::Sun => "Chủ Nhật",
    };
    let day = to_utc(local).format("%d/%m/%Y %H:%M");
    format!("{weekday}, ngày {day}")
}

/// Stamp of an English listing: as the Vietnamese one, in another dress.
pub(super) fn english_stamp(local: NaiveDateTime) -> String {
    format!(
        "{} {}",
        local.format("%A"),
        to_utc(local).format("%Y-%m-%d %H:%M")
    )
}

/// Stamp of a Liferay article: local time, 24 hours and a redundant marker (`21:00 PM`).
pub(super) fn article_stamp(local: NaiveDateTime) -> String {
    let marker = if local.hour() < 12 { "AM" } else { "PM" };
    format!("{} {marker}", local.format("%d/%m/%Y | %H:%M"))
}

/// Stamp of the portal: local time, 12 hours (`01:30 PM`).
pub(super) fn portal_stamp(local: NaiveDateTime) -> String {
    local.format("%d/%m/%Y %I:%M %p").to_string()
}

/// Text for HTML, between tags and in attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn at(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(year, month, day)
            .unwrap()
            .and_hms_opt(hour, minute, 0)
            .unwrap()
    }

    #[test]
    fn slugs_are_liferays() {
        let table = [
            // what, title, slug
            ("đ is dropped", "Quy định tối đa", "quy-inh-toi-a"),
            ("accents go", "Lê Đức Luận", "le-uc-luan"),
            ("end may be a dash", "Tin (giả lập)", "tin-gia-lap-"),
            ("start may be a dash", "“Vì” sức khỏe", "-vi-suc-khoe"),
            ("runs are one dash", "A - B,  C", "a-b-c"),
        ];
        for (what, title, slug) in table {
            assert_eq!(slug_of(title), slug, "{what}");
        }
        assert_eq!(slug_of(&"ab ".repeat(99)).len(), 150);
    }

    #[test]
    fn abstracts_are_cut_at_a_blank() {
        assert_eq!(abstract_of("ngắn"), ("ngắn".to_owned(), false));
        let (cut, was_cut) = abstract_of(&"chín chữ ".repeat(30));
        assert!(was_cut);
        assert!(cut.ends_with("chín chữ..."), "{cut}");
        assert!(cut.chars().count() <= 203);
    }

    #[test]
    fn stamps_are_the_sites() {
        let table = [
            // what, given, expected
            (
                "utc under vietnam's weekday",
                listing_stamp(at(2026, 2, 17, 1, 11)),
                "Thứ Ba, ngày 16/02/2026 18:11",
            ),
            (
                "saturday as the site spells it",
                listing_stamp(at(2025, 4, 26, 10, 5)),
                "Thứ Bẩy, ngày 26/04/2025 03:05",
            ),
            (
                "english",
                english_stamp(at(2025, 3, 21, 17, 36)),
                "Friday 2025-03-21 10:36",
            ),
            (
                "24 hours and a marker",
                article_stamp(at(2023, 6, 17, 21, 0)),
                "17/06/2023 | 21:00 PM",
            ),
            (
                "midnight keeps its zero",
                article_stamp(at(2023, 6, 17, 0, 10)),
                "17/06/2023 | 00:10 AM",
            ),
            (
                "portal has 12 hours",
                portal_stamp(at(2026, 7, 24, 0, 5)),
                "24/07/2026 12:05 AM",
            ),
        ];
        for (what, given, expected) in table {
            assert_eq!(given, expected, "{what}");
        }
    }

    #[test]
    fn markup_is_escaped() {
        assert_eq!(escape("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;");
    }
}

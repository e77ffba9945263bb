//! What is done to the text of a cell before it is written, and how a reader undoes it. Pure.
//!
//! [`clean`] is for every table: control characters crash old CSV readers (NUL) and steer terminals
//! (ESC), so they become U+FFFD; articles.jsonl has them as they were. [`guard`] and [`cut`] are for
//! the spreadsheet alone: a guarded cell is never run as a formula, a cut one is never refused.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

/// Stands before a cell that a spreadsheet could run as a formula.
pub const GUARD: char = '\'';
/// What Excel holds in a cell, in UTF-16 code units, which is how it counts characters (Microsoft,
/// "Excel specifications and limits": 32,767 characters; `LEN` of a character outside the BMP is 2).
pub const EXCEL_CELL_LIMIT: usize = 32_767;

/// Line breaks become LF, other control characters except TAB become U+FFFD.
///
/// Control characters are Unicode's `Cc`: C0, DEL and C1.
///
/// # Examples
/// ```
/// # use khotin::export::clean;
/// assert_eq!(clean("a\r\nb\rc\0"), "a\nb\nc\u{FFFD}");
/// ```
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unclean) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\r' => {
                chars.next_if_eq(&'\n');
                clean.push('\n');
            }
            char if is_unclean(char) => clean.push(char::REPLACEMENT_CHARACTER),
            char => clean.push(char),
        }
    }
    Cow::Owned(clean)
}

fn is_unclean(char: char) -> bool {
    char.is_control() && !matches!(char, '\t' | '\n')
}

/// Puts [`GUARD`] before a cell that starts with one of `= + - @` (or their full-width forms), TAB,
/// CR or LF, so that no spreadsheet runs it (OWASP, "CSV Injection"); also before one that starts
/// with the guard itself, so that [`unguard`] always gives back what was there.
///
/// # Examples
/// ```
/// # use khotin::export::{guard, unguard};
/// assert_eq!(guard("=1+1"), "'=1+1");
/// assert_eq!(guard("1+1"), "1+1");
/// assert_eq!(unguard(&guard("'tis")), "'tis");
/// ```
pub fn guard(text: &str) -> Cow<'_, str> {
    match text.chars().next() {
        Some(GUARD | '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\t' | '\r' | '\n') => {
            Cow::Owned(format!("{GUARD}{text}"))
        }
        _ => Cow::Borrowed(text),
    }
}

/// Takes one leading [`GUARD`] away: the inverse of [`guard`].
pub fn unguard(text: &str) -> &str {
    text.strip_prefix(GUARD).unwrap_or(text)
}

/// The longest beginning of `text` that has at most `limit` UTF-16 code units and ends between two
/// grapheme clusters (UAX #29), so that no letter loses its mark. Where a single cluster at the
/// beginning is longer than `limit`, it ends between two characters.
///
/// # Examples
/// ```
/// # use khotin::export::cut;
/// assert_eq!(cut("Ye\u{302}n", 2), "Y"); // "Yên" with the mark as a character of its own
/// assert_eq!(cut("Yên", 2), "Yê");
/// ```
pub fn cut(text: &str, limit: usize) -> &str {
    // A UTF-8 byte never holds more than one UTF-16 code unit.
    if text.len() <= limit {
        return text;
    }
    match beginning(text, text.graphemes(true), limit) {
        "" => {
            let chars = text.char_indices().map(|(start, char)| {
                let end = start.saturating_add(char.len_utf8());
                text.get(start..end).unwrap_or_default()
            });
            beginning(text, chars, limit)
        }
        whole_clusters => whole_clusters,
    }
}

/// As many of `parts`, of which `text` consists, as fit into `limit` UTF-16 code units.
fn beginning<'a>(text: &'a str, parts: impl Iterator<Item = &'a str>, limit: usize) -> &'a str {
    let (mut units, mut bytes) = (0_usize, 0_usize);
    for part in parts {
        units = units.saturating_add(part.encode_utf16().count());
        if units > limit {
            break;
        }
        bytes = bytes.saturating_add(part.len());
    }
    text.get(..bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_characters_are_made_harmless() {
        let table = [
            ("plain text stays", "Bộ Y tế", "Bộ Y tế"),
            ("tab and line feed stay", "a\tb\nc", "a\tb\nc"),
            ("carriage returns", "a\r\nb\rc\r\n", "a\nb\nc\n"),
            ("two carriage returns", "a\r\r\nb", "a\n\nb"),
            ("NUL", "a\0b", "a\u{FFFD}b"),
            ("terminal colour", "\u{1b}[31mred", "\u{FFFD}[31mred"),
            ("C1 control sequence", "\u{9b}31m", "\u{FFFD}31m"),
            ("DEL and NEL", "\u{7f}\u{85}", "\u{FFFD}\u{FFFD}"),
        ];
        for (what, given, expected) in table {
            assert_eq!(clean(given), expected, "{what}");
        }
    }

    #[test]
    fn what_could_be_a_formula_is_guarded() {
        let table = [
            ("formula", "=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("plus", "+84 24 6273 2273", "'+84 24 6273 2273"),
            ("minus", "-1", "'-1"),
            ("at", "@SUM(1)", "'@SUM(1)"),
            ("tab", "\t=1", "'\t=1"),
            ("carriage return", "\r=1", "'\r=1"),
            ("line feed", "\n=1", "'\n=1"),
            ("full-width", "＝1", "'＝1"),
            ("the guard itself", "'=1", "''=1"),
            ("inside it is no formula", "a=1", "a=1"),
            ("empty", "", ""),
        ];
        for (what, given, expected) in table {
            assert_eq!(guard(given), expected, "{what}");
            assert_eq!(unguard(expected), given, "{what}");
        }
    }

    #[test]
    fn a_cut_counts_utf16_and_keeps_letters_whole() {
        let family = "👨\u{200d}👩\u{200d}👧"; // 8 code units, 1 cluster
        let zalgo = format!("a{}", "\u{301}".repeat(9));
        let table = [
            ("fits", "Bộ Y tế", 7, "Bộ Y tế"),
            ("one over", "Bộ Y tế", 6, "Bộ Y t"),
            ("a pair of units", "ab😷", 3, "ab"),
            ("a pair of units fits", "ab😷", 4, "ab😷"),
            ("a mark of its own", "ye\u{302}\u{301}n", 3, "y"),
            ("a family is one letter", family, 7, "👨\u{200d}👩\u{200d}"),
            (
                "a family behind a letter",
                "x👨\u{200d}👩\u{200d}👧",
                8,
                "x",
            ),
            (
                "one endless letter",
                zalgo.as_str(),
                4,
                "a\u{301}\u{301}\u{301}",
            ),
            ("nothing fits", "😷", 1, ""),
        ];
        for (what, given, limit, expected) in table {
            assert_eq!(cut(given, limit), expected, "{what}");
        }
        let million = "ế".repeat(1_000_000);
        assert_eq!(cut(&million, EXCEL_CELL_LIMIT).chars().count(), 32_767);
    }

    proptest! {
        #[test]
        fn a_guard_is_always_undone(text in "(?s)[=+@'\t\r\n-]{0,3}.{0,8}") {
            let guarded = guard(&text);
            prop_assert_eq!(unguard(&guarded), text.as_str());
        }

        #[test]
        fn cleaning_twice_is_cleaning_once(text in "(?s)[\\x00-\\x9f]{0,12}") {
            let once = clean(&text).into_owned();
            prop_assert_eq!(clean(&once), once.as_str());
        }

        #[test]
        fn a_cut_is_a_beginning_within_the_limit(text in "(?s).{0,40}", limit in 0_usize..50) {
            let cut = cut(&text, limit);
            prop_assert!(text.starts_with(cut));
            prop_assert!(cut.encode_utf16().count() <= limit);
        }
    }
}

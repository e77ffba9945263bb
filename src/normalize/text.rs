//! Text: what a person reads, in one spelling. In: text between tags, entities already decoded. Out:
//! Unicode NFC, every run of white space one space, nothing invisible, nothing at the ends. Words,
//! typos, quotes, dashes and capitals stay as written; cleaning twice changes nothing more.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// One line of text: NFC, white space runs (NBSP and line ends included) one space, invisible
/// characters removed, trimmed.
///
/// Removed are soft hyphen, zero-width space, word joiner, byte order mark, the marks and controls
/// of the bidirectional algorithm (UAX #9) and every control character that is no white space. The
/// joiners U+200C and U+200D stay: they are spelling in some scripts.
///
/// # Examples
/// ```
/// # use khotin::normalize::text::clean;
/// assert_eq!(clean(" Bo\u{302}\u{323} \u{a0}Y\u{200b} tế\n"), "Bộ Y tế");
/// ```
pub fn clean(text: &str) -> String {
    let text = text.trim();
    // Nearly all text takes the first way or the second; composing it again, time after time, would
    // be most of the work of reading a page.
    if is_clean(text) {
        return text.to_owned();
    }
    match is_nfc_quick(visible(text)) {
        IsNormalized::Yes => with_single_spaces(visible(text), text.len()),
        IsNormalized::No | IsNormalized::Maybe => {
            with_single_spaces(visible(text).nfc(), text.len())
        }
    }
}

/// True if a trimmed text is surely clean as it stands: plain characters and single spaces.
fn is_clean(text: &str) -> bool {
    let mut after_space = false;
    text.chars().all(|c| {
        let is_second_space = c == ' ' && after_space;
        after_space = c == ' ';
        !is_second_space && (c == ' ' || is_plain(c))
    })
}

/// Characters that stand for themselves wherever they are: composed, visible, no white space. Not
/// all of them, but what Vietnamese is written with.
fn is_plain(c: char) -> bool {
    matches!(c, '!'..='~' | '\u{ae}'..='\u{2ff}' | '\u{1ea0}'..='\u{1ef9}' | '\u{2010}'..='\u{2027}')
}

fn visible(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !is_invisible(*c))
}

fn with_single_spaces(text: impl Iterator<Item = char>, bytes: usize) -> String {
    let mut spaced = String::with_capacity(bytes);
    let mut gap = false;
    for c in text {
        if c.is_whitespace() {
            gap = true;
            continue;
        }
        if gap && !spaced.is_empty() {
            spaced.push(' ');
        }
        gap = false;
        spaced.push(c);
    }
    spaced
}

/// Several lines of text: each line as by [`clean`], empty lines dropped, one `\n` between lines.
///
/// # Examples
/// ```
/// # use khotin::normalize::text::clean_lines;
/// assert_eq!(clean_lines("Kính gửi: \r\n\r\n  Sở Y tế"), "Kính gửi:\nSở Y tế");
/// ```
pub fn clean_lines(text: &str) -> String {
    text.split(['\n', '\r', '\u{2028}', '\u{2029}'])
        .map(clean)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// How many words a text has: runs without white space that hold a letter or a digit. In Vietnamese
/// these are syllables; that is our choice, as a count that anybody can repeat.
pub fn words(text: &str) -> usize {
    text.split_whitespace()
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .count()
}

/// Characters that print nothing and part no words.
fn is_invisible(c: char) -> bool {
    let is_bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_zero_width = matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}');
    is_bidi || is_zero_width || (c.is_control() && !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_line_is_cleaned() {
        let table = [
            ("nothing to do", "Bộ Y tế", "Bộ Y tế"),
            ("empty", "", ""),
            ("only white space", " \u{a0}\n\t ", ""),
            (
                "decomposed",
                "Bo\u{302}\u{323} Y te\u{302}\u{301}",
                "Bộ Y tế",
            ),
            ("marks in another order", "bo\u{323}\u{302}", "bộ"),
            (
                "NBSP and runs",
                "\u{a0}Bộ \u{a0} Y\t\r\n tế\u{3000}",
                "Bộ Y tế",
            ),
            (
                "zero-width space parts nothing",
                "Bộ Y\u{200b} t\u{200b}ế",
                "Bộ Y tế",
            ),
            ("soft hyphen", "phát\u{ad} nhôn", "phát nhôn"),
            ("soft hyphen before a mark", "te\u{ad}\u{302}\u{301}", "tế"),
            ("byte order mark", "\u{feff}Bộ", "Bộ"),
            ("bidi marks", "\u{200e}Bộ\u{202c} Y\u{2069}", "Bộ Y"),
            ("controls", "Bộ\u{0}\u{1b}[31m Y", "Bộ[31m Y"),
            ("joiner stays", "👩\u{200d}⚕", "👩\u{200d}⚕"),
            (
                "words, typos, dashes, dots and quotes stay",
                "“Quy chế  phát nhôn” – Ảnh...…",
                "“Quy chế phát nhôn” – Ảnh...…",
            ),
            ("no compatibility forms", "ﬁ ½ Ⅳ m²", "ﬁ ½ Ⅳ m²"),
        ];
        for (what, given, expected) in table {
            assert_eq!(clean(given), expected, "{what}");
        }
    }

    #[test]
    fn lines_stay_apart() {
        let table = [
            ("one line", "  a  b ", "a b"),
            ("two lines", "a \n b", "a\nb"),
            ("DOS and old Mac", "a\r\nb\rc", "a\nb\nc"),
            ("empty lines go", "\n\na\n \u{a0}\n\nb\n", "a\nb"),
            ("Unicode line ends", "a\u{2028}b\u{2029}c", "a\nb\nc"),
        ];
        for (what, given, expected) in table {
            assert_eq!(clean_lines(given), expected, "{what}");
        }
    }

    #[test]
    fn words_hold_a_letter_or_a_digit() {
        let table = [
            ("", 0),
            ("Bộ Y tế", 3),
            ("Việt Nam – Trung Quốc", 4),
            ("Ảnh: K.V", 2),
            ("29/4 ... \n 500.000 liều", 3),
        ];
        for (given, expected) in table {
            assert_eq!(words(given), expected, "{given}");
        }
    }

    #[test]
    fn plain_characters_stand_for_themselves() {
        let plain: Vec<char> = ('\0'..=char::MAX).filter(|c| is_plain(*c)).collect();
        assert_eq!(plain.len(), 94 + 594 + 90 + 24);
        for c in plain {
            assert!(!c.is_whitespace() && !is_invisible(c), "{c:?}");
            // Alone, and behind what could compose with it or change places.
            for text in [
                c.to_string(),
                format!("o\u{302}{c}"),
                format!("\u{323}{c}{c}"),
            ] {
                assert_eq!(clean(&text), text.nfc().collect::<String>(), "{text:?}");
            }
            assert_eq!(c.nfd().nfc().collect::<String>(), c.to_string());
        }
    }

    proptest! {
        /// Marks, spaces and letters that compose, decompose and change places.
        #[test]
        fn cleaned_text_is_composed_however_it_came(
            text in "[ a\u{a0}|oôộ\u{302}\u{323}\u{200b}\u{2000}\u{212b}\u{1100}\u{1161}\u{ad}]{0,12}"
        ) {
            let cleaned = clean(&text);
            let composed: String = text.chars().filter(|c| !is_invisible(*c)).nfc().collect();
            let words: Vec<&str> = composed.split_whitespace().collect();
            prop_assert_eq!(words.join(" "), cleaned);
        }

        #[test]
        fn cleaning_twice_changes_nothing_more(text in any::<String>()) {
            let once = clean(&text);
            prop_assert_eq!(clean(&once), once.clone());
            let lines = clean_lines(&text);
            prop_assert_eq!(clean_lines(&lines), lines.clone());
        }
    }
}

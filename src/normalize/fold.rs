//! Fold: the words of a text as they are looked for, in two forms. In: text as a person reads it or as
//! a user types it. Out: its words, each with its place in the text.
//!
//! - **As written** ([`written`]): lower case, marks kept, and the tone of a syllable always at one
//!   place. Vietnamese is spelt with the tone on either vowel (*khỏe* and *khoẻ*, *hòa* and *hoà*,
//!   *thủy* and *thuỷ*), and both stand in one article. So the tone marks of a word (grave, acute, hook,
//!   tilde, dot below) are taken out and put behind its first vowel: no table of syllables is needed,
//!   and no two Vietnamese words differ in the tone's place alone. What a vowel is (â, ê, ô, ă, ơ, ư) and
//!   đ stay as they are.
//! - **Without marks** ([`unmarked`]): the same without any mark, and đ is d: *khỏe* = *khoẻ* = *khoe*.
//!
//! Always holds: both are the same for every spelling of a text in Unicode (NFC, NFD), and for capitals;
//! a form holds letters, digits and marks only, so it can stand in a query of a database. The rule is
//! ours and knows no version of a database; a change of it needs a new index (`store/search.rs`). Not
//! here: what a query means ([`crate::search`]).

use std::ops::Range;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A word of a text: a letter or a digit, and the letters, digits, marks and joiners (U+200C, U+200D)
/// behind it. Everything else parts words: `COVID-19` is two, `TP.HCM` is two, `2K+` is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word as it stands in the text.
    pub text: &'a str,
    /// Its bytes in the text.
    pub place: Range<usize>,
}

/// The words of a text, in its order.
///
/// # Examples
/// ```
/// # use khotin::normalize::fold::words;
/// let found: Vec<&str> = words("“Khỏe mạnh”: COVID-19").map(|word| word.text).collect();
/// assert_eq!(found, ["Khỏe", "mạnh", "COVID", "19"]);
/// ```
pub fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = text.get(from..)?;
        let start = from + rest.find(begins_word)?;
        let behind = text.get(start..)?;
        let length = behind.find(|c| !goes_on(c)).unwrap_or(behind.len());
        from = start + length;
        Some(Word {
            text: text.get(start..from)?,
            place: start..from,
        })
    })
}

fn begins_word(c: char) -> bool {
    letter(c).is_some() || begins_any_word(c)
}

/// The rule, for any character.
fn begins_any_word(c: char) -> bool {
    c.is_alphanumeric() && !is_combining_mark(c)
}

fn goes_on(c: char) -> bool {
    letter(c).is_some() || c.is_alphanumeric() || is_combining_mark(c) || is_joiner(c)
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// A word as written, in the one form of all its spellings.
///
/// Lower case; đ also where somebody typed the letter eth, which looks the same as a capital (Ð, ð).
///
/// # Examples
/// ```
/// # use khotin::normalize::fold::written;
/// assert_eq!(written("KHỎE"), written("khoẻ"));
/// assert_ne!(written("khỏe"), written("khoe"));
/// ```
pub fn written(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    written_letters(word).unwrap_or_else(|| written_any(word))
}

/// The rule, for a word of any characters.
fn written_any(word: &str) -> String {
    let mut letters = String::with_capacity(word.len());
    let mut tones = String::new();
    let decomposed = word.nfd().filter(|c| !is_joiner(*c));
    for c in decomposed.flat_map(char::to_lowercase) {
        match c {
            'ð' => letters.push('đ'),
            _ if is_tone(c) => tones.push(c),
            _ => letters.push(c),
        }
    }
    let (before, behind) = letters.split_at(behind_first_vowel(&letters));
    before
        .nfc()
        .chain(tones.nfd())
        .chain(behind.nfc())
        .collect()
}

/// The five tones that Vietnamese writes: grave, acute, tilde, hook above, dot below.
fn is_tone(c: char) -> bool {
    matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}')
}

/// Where the first vowel of decomposed letters ends, its marks included; the end if there is none.
fn behind_first_vowel(letters: &str) -> usize {
    let mut rest = letters.char_indices();
    rest.find(|(_, c)| is_vowel(*c));
    rest.find(|(_, c)| !is_combining_mark(*c))
        .map_or(letters.len(), |(place, _)| place)
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// A word without marks: every combining mark of its decomposition (NFD) is gone, đ is d, lower case.
///
/// # Examples
/// ```
/// # use khotin::normalize::fold::unmarked;
/// assert_eq!(unmarked("Điều"), "dieu");
/// ```
pub fn unmarked(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let letters: Option<String> = word.chars().map(|c| Some(letter(c)?.unmarked)).collect();
    letters.unwrap_or_else(|| unmarked_any(word))
}

/// The rule, for a word of any characters.
fn unmarked_any(word: &str) -> String {
    let letters = word.nfd().filter(|c| !is_joiner(*c));
    letters
        .flat_map(char::to_lowercase)
        .filter(|c| !is_combining_mark(*c))
        .map(|c| if matches!(c, 'đ' | 'ð') { 'd' } else { c })
        .collect()
}

/// A character that is a Latin letter or digit with its marks, as nearly all of Vietnamese is: what the
/// rules make of it, since no neighbour changes that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Letter {
    /// In lower case, without tone.
    written: char,
    tone: Option<char>,
    is_vowel: bool,
    unmarked: char,
}

/// The last letter of Vietnamese in Unicode's order.
const LAST_LETTER: char = 'ỹ';

static LETTERS: LazyLock<Vec<Option<Letter>>> =
    LazyLock::new(|| ('\0'..=LAST_LETTER).map(letter_by_rule).collect());

fn letter(c: char) -> Option<Letter> {
    *LETTERS.get(u32::from(c) as usize)?
}

/// None for a character on which a neighbour may act, or that is more than one letter.
fn letter_by_rule(c: char) -> Option<Letter> {
    let decomposed = || c.nfd().flat_map(char::to_lowercase);
    let tones: Vec<char> = decomposed().filter(|c| is_tone(*c)).collect();
    let letters: String = decomposed().filter(|c| !is_tone(*c)).collect();
    let first = letters.chars().next()?;
    let is_latin = first.is_ascii_alphanumeric() || matches!(first, 'đ' | 'ð');
    let only = |text: String| -> Option<char> {
        let mut characters = text.chars();
        characters.next().filter(|_| characters.next().is_none())
    };
    let letter = Letter {
        written: only(written_any(&letters).nfc().collect())?,
        tone: tones.first().copied(),
        is_vowel: is_vowel(first),
        unmarked: only(unmarked_any(&letters))?,
    };
    (is_latin && tones.len() <= 1).then_some(letter)
}

/// [`written_any`] of a word of such letters with at most one tone.
fn written_letters(word: &str) -> Option<String> {
    let mut form = String::with_capacity(word.len() + 2);
    let (mut tone, mut behind_vowel) = (None, None);
    for c in word.chars() {
        let letter = letter(c)?;
        form.push(letter.written);
        if letter.is_vowel {
            behind_vowel.get_or_insert(form.len());
        }
        if letter.tone.is_some() && tone.replace(letter.tone?).is_some() {
            return None;
        }
    }
    if let Some(tone) = tone {
        form.insert(behind_vowel.unwrap_or(form.len()), tone);
    }
    Some(form)
}

/// True if marks tell this word from others: its two forms differ.
pub fn is_marked(word: &str) -> bool {
    !word.is_ascii() && written(word) != unmarked(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(text: &str) -> Vec<&str> {
        words(text).map(|word| word.text).collect()
    }

    #[test]
    fn words_are_letters_digits_and_their_marks() {
        let table: [(&str, &str, &[&str]); 10] = [
            ("nothing", "", &[]),
            ("only signs", " – “…” (+) \u{301}", &[]),
            ("plain", "Bộ Y tế", &["Bộ", "Y", "tế"]),
            (
                "signs part",
                "COVID-19,TP.HCM",
                &["COVID", "19", "TP", "HCM"],
            ),
            (
                "a number's dot parts too",
                "1.000 liều",
                &["1", "000", "liều"],
            ),
            (
                "a sign behind is no part",
                "2K+ #Vudieu2K+",
                &["2K", "Vudieu2K"],
            ),
            (
                "decomposed marks stay with their letter",
                "te\u{302}\u{301} a",
                &["te\u{302}\u{301}", "a"],
            ),
            ("a mark alone is no word", "\u{301}a", &["a"]),
            ("a joiner is inside", "a\u{200d}b", &["a\u{200d}b"]),
            ("an apostrophe parts", "D'Andrea", &["D", "Andrea"]),
        ];
        for (what, text, expected) in table {
            assert_eq!(texts(text), expected, "{what}");
        }
        let places: Vec<Range<usize>> = words("ế a").map(|word| word.place).collect();
        assert_eq!(places, [0..3, 4..5], "bytes, not letters");
    }

    #[test]
    fn spellings_of_one_word_are_one_word() {
        let table = [
            // why, one spelling, another
            ("old and new place of the tone, oe", "khỏe", "khoẻ"),
            ("the same, oa", "hòa", "hoà"),
            ("the same, uy", "thủy", "thuỷ"),
            ("the same behind qu, where one is a mistake", "quý", "qúy"),
            ("the same behind gi", "già", "gìa"),
            ("a slip of a typist in a closed syllable", "toàn", "tòan"),
            ("NFC and NFD", "tế", "te\u{302}\u{301}"),
            ("marks in another order", "bệ", "be\u{323}\u{302}"),
            ("half composed", "ưở", "ư\u{309}ơ"),
            ("capitals", "ĐƯỜNG", "đường"),
            ("eth for a capital Đ", "Ðà", "đà"),
            ("a letter and a joiner", "k\u{200d}hỏe", "khoẻ"),
            ("a word without vowel", "M\u{300}", "m\u{300}"),
        ];
        for (what, one, other) in table {
            assert_eq!(written(one), written(other), "{what}");
            assert_eq!(unmarked(one), unmarked(other), "{what}");
        }
    }

    #[test]
    fn words_that_only_look_alike_are_two_as_written_and_one_without_marks() {
        let table = [
            ("a tone or none", "khỏe", "khoe"),
            ("another tone", "hoá", "hoạ"),
            ("another vowel", "tê", "te"),
            ("horn", "tư", "tu"),
            ("breve and circumflex", "tăn", "tân"),
            ("đ", "đao", "dao"),
            ("tone and vowel", "bệnh", "bénh"),
        ];
        for (what, one, other) in table {
            assert_ne!(written(one), written(other), "{what}");
            assert_eq!(unmarked(one), unmarked(other), "{what}");
        }
        assert_eq!(unmarked("Khoẻ"), "khoe");
        assert_eq!(unmarked("ĐƯỜNG"), "duong");
        assert_eq!(unmarked("Nguyễn"), "nguyen");
    }

    #[test]
    fn a_beginning_of_a_word_is_a_beginning_of_its_form() {
        let table = [
            // why, what somebody typed so far, the word
            ("the tone is typed with its vowel", "khỏ", "khỏe"),
            ("the other place", "khỏ", "khoẻ"),
            ("a closed syllable", "bệ", "bệnh"),
            ("two vowels with marks", "trưở", "trưởng"),
            ("before the tone", "tr", "trưởng"),
            ("the first of two vowels, no tone yet", "trư", "trưởng"),
            ("uy", "thủ", "thủy"),
            ("đ alone", "đ", "được"),
        ];
        for (what, begun, word) in table {
            assert!(written(word).starts_with(&written(begun)), "{what}");
        }
    }

    #[test]
    fn a_word_is_marked_if_marks_tell_it_from_others() {
        for (word, expected) in [
            ("khoe", false),
            ("khỏe", true),
            ("đao", true),
            ("中", false),
            ("2K", false),
        ] {
            assert_eq!(is_marked(word), expected, "{word}");
        }
    }

    #[test]
    fn the_letters_of_vietnamese_are_in_the_table() {
        let vowels = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵ";
        let all = format!("{vowels}{}đĐðÐbcdghklmnpqrstvx0159", vowels.to_uppercase());
        for c in all.chars() {
            assert!(letter(c).is_some(), "{c}");
        }
        for c in [
            '\u{301}', '\u{302}', '\u{200d}', 'ß', 'й', '中', 'ﬁ', '\u{1e9e}',
        ] {
            assert_eq!(letter(c), None, "{c:?}: a mark, two letters, or not Latin");
        }
        assert_eq!(
            letter('Ế'),
            Some(Letter {
                written: 'ê',
                tone: Some('\u{301}'),
                is_vowel: true,
                unmarked: 'e',
            })
        );
    }

    #[test]
    fn every_character_with_every_neighbour_is_folded_as_by_the_rule() {
        for c in '\0'..='\u{2fff}' {
            assert!(letter(c).is_none() || begins_any_word(c), "{c:?}");
            for word in [
                format!("{c}"),
                format!("t{c}n"),
                format!("ế{c}"),
                format!("{c}ờ"),
            ] {
                assert_eq!(written(&word), written_any(&word), "{word:?}");
                assert_eq!(unmarked(&word), unmarked_any(&word), "{word:?}");
            }
        }
    }

    /// Words of letters, tones and vowels of Vietnamese, and a few others.
    const WORD: &str = "[a-eghikl-vxyA-EĐđÐăâêôơưĂƠƯàáảãạệộửỹ\u{300}\u{301}\u{303}\u{309}\u{323}\u{302}\u{306}\u{31b}0-9éßΣЙ]{1,8}";

    proptest! {
        #[test]
        fn no_form_depends_on_composition(text in any::<String>(), word in WORD) {
            for text in [text, word] {
                let composed: String = text.nfc().collect();
                let decomposed: String = text.nfd().collect();
                let form = |text: &str, of: fn(&str) -> String| -> Vec<String> {
                    words(text).map(|word| of(word.text)).collect()
                };
                prop_assert_eq!(form(&composed, written), form(&decomposed, written));
                prop_assert_eq!(form(&composed, unmarked), form(&decomposed, unmarked));
            }
        }

        #[test]
        fn letters_in_a_table_are_folded_as_by_the_rule(text in any::<String>(), word in WORD) {
            for text in [text, word] {
                for word in words(&text) {
                    prop_assert_eq!(written(word.text), written_any(word.text));
                    prop_assert_eq!(unmarked(word.text), unmarked_any(word.text));
                }
            }
        }

        #[test]
        fn folding_again_changes_nothing_more(word in WORD) {
            for word in words(&word) {
                let (once, bare) = (written(word.text), unmarked(word.text));
                prop_assert_eq!(written(&once), once.clone());
                prop_assert_eq!(unmarked(&bare), bare.clone());
                prop_assert_eq!(unmarked(&once), bare);
            }
        }

        #[test]
        fn a_form_is_a_word_that_no_database_takes_for_anything_else(text in any::<String>()) {
            for word in words(&text) {
                for form in [written(word.text), unmarked(word.text)] {
                    prop_assert!(!form.is_empty());
                    prop_assert!(form.chars().all(|c| c.is_alphanumeric() || is_combining_mark(c)), "{:?}", form);
                }
            }
        }

        #[test]
        fn words_stand_where_they_say(text in any::<String>()) {
            let mut end = 0;
            for word in words(&text) {
                prop_assert_eq!(text.get(word.place.clone()), Some(word.text));
                prop_assert!(word.place.start >= end && word.place.end > word.place.start);
                end = word.place.end;
            }
        }
    }
}

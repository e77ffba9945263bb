//! Query: what a user types. Words that must all be there, in any order; a `"phrase"`, whose words
//! stand side by side; `begin*`, the beginning of a word; `-word` or `-"phrase"`, which must not be there.
//!
//! A query in which a mark tells a word from others (*khỏe*, *đao*) is compared with the text as written;
//! one without any (*khoe*) is compared without marks. It is the whole query that decides: who types marks
//! means *an toàn* and not *ấn* or *ận*. Capitals never matter. A word that holds signs is a phrase:
//! `COVID-19` is `"COVID 19"`. Every text is a query or a [`QueryError`]; there is nothing to escape.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Field, Reading};
use crate::model::Article;
use crate::normalize::fold::{is_marked, words};
use crate::normalize::text::clean;

/// The most words of a query (our choice: more is a text pasted by mistake).
pub const MOST_WORDS: usize = 64;

/// A query that can be asked.
///
/// # Examples
/// ```
/// # use khotin::search::{Reading, TextQuery};
/// let query = TextQuery::parse("\"sức khoẻ\" người* -COVID").unwrap();
/// assert_eq!((query.wanted().len(), query.unwanted().len()), (2, 1));
/// assert_eq!(query.reading(), Reading::Written);
/// assert_eq!(TextQuery::parse("suc khoe").unwrap().reading(), Reading::Unmarked);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TextQuery {
    typed: String,
    reading: Reading,
    wanted: Vec<Term>,
    unwanted: Vec<Term>,
}

/// A word, or words side by side, in the form of the query's [`Reading`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// At least one.
    pub words: Vec<String>,
    /// The last of them is only the beginning of a word.
    pub is_prefix: bool,
}

/// Why a text is no query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// No letter and no digit.
    #[error("there is no word in `{typed}`")]
    Empty {
        /// What was typed, cleaned.
        typed: String,
    },
    /// Only words that must not be there.
    #[error("`{typed}` only says what is not wanted")]
    OnlyUnwanted {
        /// What was typed, cleaned.
        typed: String,
    },
    /// More than [`MOST_WORDS`].
    #[error("{words} words are looked for, {MOST_WORDS} are the most")]
    TooLong {
        /// How many.
        words: usize,
    },
}

impl QueryError {
    /// What to do.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Empty { .. } => {
                "give a word, a \"phrase\", begin* for the beginning of a word, -word for what must not be there"
            }
            Self::OnlyUnwanted { .. } => "give a word that must be there too",
            Self::TooLong { .. } => "look for a sentence of it",
        }
    }
}

impl TextQuery {
    /// Reads what a user typed.
    ///
    /// # Errors
    /// [`QueryError`] if it holds no word that is wanted, or more than [`MOST_WORDS`].
    pub fn parse(typed: &str) -> Result<Self, QueryError> {
        let typed = clean(typed);
        let parts = parts(&typed);
        let all_words = || parts.iter().flat_map(|part| words(part.text));
        let number = all_words().count();
        if number > MOST_WORDS {
            return Err(QueryError::TooLong { words: number });
        }
        let reading = if all_words().any(|word| is_marked(word.text)) {
            Reading::Written
        } else {
            Reading::Unmarked
        };
        let terms = |is_wanted: bool| -> Vec<Term> {
            let parts = parts.iter().filter(|part| part.is_wanted == is_wanted);
            parts.filter_map(|part| part.term(reading)).collect()
        };
        let (wanted, unwanted) = (terms(true), terms(false));
        match (wanted.is_empty(), unwanted.is_empty()) {
            (true, true) => Err(QueryError::Empty { typed }),
            (true, false) => Err(QueryError::OnlyUnwanted { typed }),
            (false, _) => Ok(Self {
                typed,
                reading,
                wanted,
                unwanted,
            }),
        }
    }

    /// What was typed, in Unicode's composed form and without what can not be seen.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// In which form words are compared.
    pub fn reading(&self) -> Reading {
        self.reading
    }

    /// What must be there, at least one.
    pub fn wanted(&self) -> &[Term] {
        &self.wanted
    }

    /// What must not be there.
    pub fn unwanted(&self) -> &[Term] {
        &self.unwanted
    }

    /// The same query without marks; `None` if it has none.
    pub fn without_marks(&self) -> Option<Self> {
        if self.reading == Reading::Unmarked {
            return None;
        }
        let mut typed = String::with_capacity(self.typed.len());
        let mut end = 0;
        for word in words(&self.typed) {
            typed.push_str(self.typed.get(end..word.place.start).unwrap_or_default());
            typed.push_str(&Reading::Unmarked.form(word.text));
            end = word.place.end;
        }
        typed.push_str(self.typed.get(end..).unwrap_or_default());
        Self::parse(&typed).ok()
    }

    /// Whether an article is meant: all that is wanted stands in it, each in one piece of one field, and
    /// nothing that is not wanted.
    pub fn matches(&self, article: &Article) -> bool {
        let pieces: Vec<Vec<String>> = Field::ALL
            .into_iter()
            .flat_map(|field| field.pieces(article))
            .map(|piece| self.reading.forms(piece))
            .collect();
        let is_there = |term: &Term| {
            pieces
                .iter()
                .any(|forms| term.finds(forms).next().is_some())
        };
        self.wanted.iter().all(is_there) && !self.unwanted.iter().any(is_there)
    }
}

impl Term {
    /// The numbers of the words at which it begins.
    pub(super) fn finds<'a, T: AsRef<str>>(
        &'a self,
        forms: &'a [T],
    ) -> impl Iterator<Item = usize> + 'a {
        let windows = forms.windows(self.words.len()).enumerate();
        windows
            .filter(|(_, window)| self.is_at(window))
            .map(|(start, _)| start)
    }

    fn is_at<T: AsRef<str>>(&self, window: &[T]) -> bool {
        let last = self.words.len() - 1;
        let mut pairs = self.words.iter().zip(window).enumerate();
        pairs.all(|(number, (wanted, form))| {
            if self.is_prefix && number == last {
                form.as_ref().starts_with(wanted.as_str())
            } else {
                form.as_ref() == wanted
            }
        })
    }
}

impl fmt::Display for TextQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}

impl From<TextQuery> for String {
    fn from(query: TextQuery) -> Self {
        query.typed
    }
}

impl TryFrom<String> for TextQuery {
    type Error = QueryError;

    fn try_from(typed: String) -> Result<Self, QueryError> {
        Self::parse(&typed)
    }
}

/// A part of what was typed: what stands between spaces, or between quotes.
struct Part<'a> {
    text: &'a str,
    is_wanted: bool,
    /// An asterisk stands right behind its last word.
    is_prefix: bool,
}

impl Part<'_> {
    fn term(&self, reading: Reading) -> Option<Term> {
        let words = reading.forms(self.text);
        (!words.is_empty()).then_some(Term {
            words,
            is_prefix: self.is_prefix,
        })
    }
}

/// Quotes of keyboards, and of texts from which somebody copies. Any of them ends what another began.
fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '＂')
}

fn parts(typed: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = typed.trim_start();
    while !rest.is_empty() {
        let behind = rest.strip_prefix('-');
        // A dash alone is a dash.
        let behind = behind.filter(|behind| !behind.starts_with(char::is_whitespace));
        let is_wanted = behind.is_none();
        rest = behind.unwrap_or(rest);
        let (text, behind) = match rest.strip_prefix(is_quote) {
            Some(quoted) => {
                let end = quoted.find(is_quote).unwrap_or(quoted.len());
                let (text, behind) = quoted.split_at(end);
                (text, behind.strip_prefix(is_quote).unwrap_or(behind))
            }
            None => {
                let is_end = |c: char| c.is_whitespace() || is_quote(c);
                rest.split_at(rest.find(is_end).unwrap_or(rest.len()))
            }
        };
        let is_prefix = ends_with_prefix(text) || !text.is_empty() && behind.starts_with('*');
        parts.push(Part {
            text,
            is_wanted,
            is_prefix,
        });
        rest = behind.trim_start_matches(['*', ' ']);
    }
    parts
}

/// `begin*`: an asterisk right behind the last word, and nothing after it.
fn ends_with_prefix(text: &str) -> bool {
    let begun = text.trim_end_matches('*');
    let last = words(begun).last();
    begun.len() < text.len() && last.is_some_and(|word| word.place.end == begun.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `a b* "c d" -e`, with words in their forms.
    fn shown(typed: &str) -> String {
        let query = TextQuery::parse(typed).unwrap();
        let term = |sign: &str, term: &Term| {
            let words = term.words.join(" ");
            let quote = if term.words.len() > 1 { "\"" } else { "" };
            let star = if term.is_prefix { "*" } else { "" };
            format!("{sign}{quote}{words}{quote}{star}")
        };
        let wanted = query.wanted.iter().map(|one| term("", one));
        let unwanted = query.unwanted.iter().map(|one| term("-", one));
        wanted.chain(unwanted).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_typed_is_read_as_told() {
        let table = [
            ("words", "chuyen doi so", "chuyen doi so"),
            ("capitals", "BO Y TE", "bo y te"),
            ("a phrase", "\"bo y te\"", "\"bo y te\""),
            ("a phrase of one word is a word", "\"bo\"", "bo"),
            (
                "quotes of a text",
                "“bo y te” «so y te»",
                "\"bo y te\" \"so y te\"",
            ),
            ("a quote that nobody ends", "a \"bo y te", "a \"bo y te\""),
            ("a quote in a word", "bo\"y te\"so", "bo \"y te\" so"),
            ("a beginning", "benh*", "benh*"),
            (
                "a beginning in a phrase",
                "\"cham soc s*\"",
                "\"cham soc s\"*",
            ),
            (
                "an asterisk behind a phrase",
                "\"cham soc s\"* a",
                "\"cham soc s\"* a",
            ),
            ("two asterisks", "benh**", "benh*"),
            ("an asterisk alone", "* benh *", "benh"),
            ("an asterisk inside parts", "be*nh", "\"be nh\""),
            ("an asterisk in front", "*benh", "benh"),
            ("not", "benh -covid", "benh -covid"),
            ("no phrase", "benh -\"covid 19\"", "benh -\"covid 19\""),
            ("no beginning", "benh -co*", "benh -co*"),
            ("a dash between", "benh - covid", "benh covid"),
            ("a dash inside", "covid-19", "\"covid 19\""),
            ("two dashes", "benh --covid", "benh -covid"),
            ("a long dash", "benh –covid", "benh covid"),
            (
                "words of another language of queries",
                "a OR b NEAR(c, 2) title:d",
                "a or b \"near c\" 2 \"title d\"",
            ),
            ("braces and signs", "{a} : ^b + (c)", "a b c"),
            (
                "what can not be seen",
                "be\u{200b}nh\u{0}\u{1b} vien",
                "benh vien",
            ),
            ("an apostrophe", "d'andrea", "\"d andrea\""),
        ];
        for (what, typed, expected) in table {
            assert_eq!(shown(typed), expected, "{what}");
        }
    }

    #[test]
    fn one_mark_decides_how_the_whole_query_is_read() {
        let table = [
            ("no mark", "suc khoe", Reading::Unmarked),
            ("a tone", "sức khoe", Reading::Written),
            ("đ", "đao", Reading::Written),
            ("NFD", "khoe\u{309}", Reading::Written),
            ("capitals", "SỨC KHỎE", Reading::Written),
            (
                "a mark in what is not wanted",
                "suc -khỏe",
                Reading::Written,
            ),
            ("no letter of Vietnamese", "中文 2K", Reading::Unmarked),
        ];
        for (what, typed, expected) in table {
            assert_eq!(
                TextQuery::parse(typed).unwrap().reading(),
                expected,
                "{what}"
            );
        }
        assert_eq!(
            TextQuery::parse("Sức  khoẻ").unwrap().wanted,
            TextQuery::parse("SỨC KHỎE").unwrap().wanted
        );
    }

    #[test]
    fn what_holds_no_wanted_word_is_no_query() {
        for typed in ["", " ", "\"\"", "()", "* - :", "\u{0}", "\u{301}"] {
            let error = TextQuery::parse(typed).unwrap_err();
            assert!(matches!(error, QueryError::Empty { .. }), "{typed:?}");
        }
        let error = TextQuery::parse("-a -\"b c\"").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`-a -\"b c\"` only says what is not wanted"
        );
        let long = "a ".repeat(MOST_WORDS + 1);
        let error = TextQuery::parse(&long).unwrap_err();
        assert_eq!(
            error.to_string(),
            "65 words are looked for, 64 are the most"
        );
        assert!(TextQuery::parse(&"a ".repeat(MOST_WORDS)).is_ok());
    }

    #[test]
    fn a_query_can_be_asked_again_without_marks() {
        let query = TextQuery::parse("“Sức khỏe” ngườ* -Đảng").unwrap();
        let without = query.without_marks().unwrap();
        assert_eq!(without.typed(), "“suc khoe” nguo* -dang");
        assert_eq!(without.reading(), Reading::Unmarked);
        assert_eq!(without.without_marks(), None);
    }

    #[test]
    fn a_query_is_text_in_a_manifest() {
        let query = TextQuery::parse(" \"Sức  khỏe\" ").unwrap();
        let text = serde_json::to_string(&query).unwrap();
        assert_eq!(text, "\"\\\"Sức khỏe\\\"\"");
        assert_eq!(serde_json::from_str::<TextQuery>(&text).unwrap(), query);
        assert!(serde_json::from_str::<TextQuery>("\"-\"").is_err());
    }

    proptest! {
        #[test]
        fn every_text_is_a_query_or_an_error_in_words(typed in any::<String>(), signs in "[-\"*“ aé():]{0,12}") {
            for typed in [typed, signs] {
                match TextQuery::parse(&typed) {
                    Ok(query) => {
                        prop_assert!(!query.wanted().is_empty());
                        let again = TextQuery::parse(query.typed());
                        prop_assert_eq!(again, Ok(query));
                    }
                    Err(error) => prop_assert!(!error.advice().is_empty()),
                }
            }
        }
    }
}

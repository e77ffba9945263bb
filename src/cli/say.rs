//! Say: a sentence in both languages, with values in it, and numbers as people read them.
//!
//! In: [`Words`] with places such as `{free}`, and what stands there. Out: one line of text. A value is
//! put in as it is, so that one which looks like a place stays one; control characters of it become
//! spaces. Not here: what machines read, which is English or no sentence at all.

use std::fmt::Display;

use chrono::{DateTime, TimeDelta, Utc};

use super::report::one_line;
pub(crate) use crate::lang::counted;
use crate::lang::{Lang, Words};

/// A sentence whose language is not chosen yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    words: Words,
    values: Vec<(&'static str, String)>,
}

/// A sentence. Its values follow: `say(words("{n} left", "còn {n}")).with("n", 3)`.
pub(crate) fn say(words: Words) -> Said {
    Said {
        words,
        values: Vec::new(),
    }
}

impl Said {
    /// What stands at the place `{name}`.
    pub(crate) fn with(mut self, name: &'static str, value: impl Display) -> Self {
        self.values.push((name, one_line(&value.to_string())));
        self
    }

    /// The sentence in this language.
    pub(crate) fn in_lang(&self, lang: Lang) -> String {
        let mut text = String::new();
        let mut rest = lang.of(self.words);
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let place = after.split_once('}').and_then(|(name, behind)| {
                let mut values = self.values.iter();
                let value = values.find(|(known, _)| *known == name)?;
                Some((value.1.as_str(), behind))
            });
            match place {
                Some((value, behind)) => {
                    text.push_str(value);
                    rest = behind;
                }
                None => {
                    text.push('{');
                    rest = after;
                }
            }
        }
        text + rest
    }
}

/// Bytes with the largest unit that leaves a digit before the point: `999 B`, `1.2 MB`. Units of 1000,
/// as on the label of a disk.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64;
    let mut unit = "B";
    for larger in UNITS {
        // 999.96 would be printed as 1000.0.
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = larger;
    }
    format!("{value:.1} {unit}")
}

/// A moment to the minute; the column or the sentence says that it is UTC.
pub(crate) fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// A span of time to its largest unit: `12 days`, `3 h`, `20 min`, `5 s`.
pub(crate) fn span(time: TimeDelta, lang: Lang) -> String {
    let (number, one, many, vi) = if time.num_days() > 0 {
        (time.num_days(), "day", "days", "ngày")
    } else if time.num_hours() > 0 {
        (time.num_hours(), "h", "h", "giờ")
    } else if time.num_minutes() > 0 {
        (time.num_minutes(), "min", "min", "phút")
    } else {
        (time.num_seconds().max(0), "s", "s", "giây")
    };
    match lang {
        Lang::En => counted(number.unsigned_abs(), one, many),
        Lang::Vi => format!("{number} {vi}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::words;

    #[test]
    fn a_sentence_has_its_values_in_both_languages_and_a_value_is_no_place() {
        let said = say(words("{a} of {b}{", "{b} có {a}"))
            .with("a", "{b}\u{1b}[2J")
            .with("b", 7);
        assert_eq!(said.in_lang(Lang::En), "{b} [2J of 7{");
        assert_eq!(said.in_lang(Lang::Vi), "7 có {b} [2J");
    }

    #[test]
    fn a_size_has_a_unit_of_a_thousand() {
        let table = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (999_949, "999.9 kB"),
            (999_960, "1.0 MB"),
            (1_234_567_890, "1.2 GB"),
            (u64::MAX, "18446744.1 TB"),
        ];
        for (bytes, expected) in table {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn a_span_is_told_in_its_largest_unit_and_one_is_no_plural() {
        let table = [
            (-5, "0 s", "0 giây"),
            (59, "59 s", "59 giây"),
            (60, "1 min", "1 phút"),
            (7200, "2 h", "2 giờ"),
            (86_400, "1 day", "1 ngày"),
            (3 * 86_400, "3 days", "3 ngày"),
        ];
        for (seconds, en, vi) in table {
            let time = TimeDelta::seconds(seconds);
            assert_eq!(span(time, Lang::En), en);
            assert_eq!(span(time, Lang::Vi), vi);
        }
        assert_eq!(counted(1, "page", "pages"), "1 page");
        assert_eq!(counted(0, "page", "pages"), "0 pages");
    }
}

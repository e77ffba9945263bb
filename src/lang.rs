//! Lang: the two languages in which khotin speaks to those who read its answers. Names for machines
//! (columns, keys, states, JSON) are the same in both.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A language of tables, pages and reports. Our choice: English unless the operator says otherwise;
/// the environment is never asked, so that a cron job and a terminal give the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Vietnamese.
    Vi,
}

impl Lang {
    /// Both.
    pub const ALL: [Self; 2] = [Self::En, Self::Vi];

    /// Its BCP 47 tag, which is also the word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Vi => "vi",
        }
    }

    /// The words in this language.
    pub fn of(self, words: Words) -> &'static str {
        match self {
            Self::En => words.en,
            Self::Vi => words.vi,
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Lang {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        all.find(|lang| lang.as_str() == text)
            .ok_or_else(|| "it is one of en, vi".to_owned())
    }
}

/// The same thing said in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// English.
    pub en: &'static str,
    /// Vietnamese.
    pub vi: &'static str,
}

/// [`Words`] from English and Vietnamese.
pub const fn words(en: &'static str, vi: &'static str) -> Words {
    Words { en, vi }
}

/// `1 request`, `2 requests`: English, which machines and causes speak.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_read_from_its_tag_and_no_other() {
        assert_eq!("vi".parse(), Ok(Lang::Vi));
        assert_eq!(Lang::Vi.of(words("title", "tiêu đề")), "tiêu đề");
        for wrong in ["VI", "vn", "", "en_US"] {
            assert!(wrong.parse::<Lang>().is_err(), "{wrong}");
        }
    }
}

//! Wrap: text as lines of a width. Widths are those of a terminal's columns (UAX 11), so that Vietnamese
//! stands as it should however it is composed. Text of the web is made harmless here ([`one_line`]).

use std::io::{self, Write};
use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::report::one_line;
use super::terminal::{Style, Terminal};

/// A word as it is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Printed {
    text: String,
    /// Columns that it takes.
    width: usize,
}

impl Printed {
    /// The words of a text, all in one style.
    pub(crate) fn words(text: &str, style: Style, terminal: Terminal) -> Vec<Self> {
        let words = one_line(text);
        let words = words.split_whitespace();
        words
            .map(|word| Self {
                text: terminal.dress(style, word),
                width: word.width(),
            })
            .collect()
    }

    /// The words of a text in which places (in bytes, in order) are marked: bold on a terminal that may,
    /// else between « and ».
    pub(crate) fn marked(text: &str, marks: &[Range<usize>], terminal: Terminal) -> Vec<Self> {
        let mut line = Line::default();
        let mut end = 0;
        for mark in marks {
            line.push(
                text.get(end..mark.start).unwrap_or_default(),
                Style::Plain,
                terminal,
            );
            let marked = text.get(mark.clone()).unwrap_or_default();
            if terminal.is_styled {
                line.push(marked, Style::Bold, terminal);
            } else {
                line.push(&format!("«{marked}»"), Style::Plain, terminal);
            }
            end = mark.end;
        }
        line.push(text.get(end..).unwrap_or_default(), Style::Plain, terminal);
        line.words
    }
}

/// Words of several styles, one after the other.
#[derive(Default)]
struct Line {
    words: Vec<Printed>,
    /// No white space stood behind the last word.
    is_open: bool,
}

impl Line {
    fn push(&mut self, text: &str, style: Style, terminal: Terminal) {
        let text = one_line(text);
        let begins_open = self.is_open && !text.starts_with(char::is_whitespace);
        for (number, word) in Printed::words(&text, style, terminal)
            .into_iter()
            .enumerate()
        {
            match self.words.last_mut() {
                Some(last) if number == 0 && begins_open => {
                    last.text.push_str(&word.text);
                    last.width += word.width;
                }
                _ => self.words.push(word),
            }
        }
        if !text.is_empty() {
            self.is_open = !text.ends_with(char::is_whitespace);
        }
    }
}

/// Writes words as lines: the first begins with `first`, the others with `rest`. A word that is wider
/// than a line stands on one of its own. No words are no line.
pub(crate) fn write_words(
    out: &mut dyn Write,
    words: &[Printed],
    terminal: Terminal,
    first: &str,
    rest: &str,
) -> io::Result<()> {
    let mut line = String::new();
    let mut width = 0;
    for (number, word) in words.iter().enumerate() {
        let is_over = |most| width + 1 + word.width > most;
        if number == 0 {
            line = format!("{first}{}", word.text);
            width = first.width() + word.width;
        } else if terminal.width.is_some_and(is_over) {
            writeln!(out, "{line}")?;
            line = format!("{rest}{}", word.text);
            width = rest.width() + word.width;
        } else {
            line.push(' ');
            line.push_str(&word.text);
            width += 1 + word.width;
        }
    }
    if words.is_empty() {
        return Ok(());
    }
    writeln!(out, "{line}")
}

/// Writes a text in one style as lines.
pub(crate) fn write_text(
    out: &mut dyn Write,
    text: &str,
    style: Style,
    terminal: Terminal,
    first: &str,
    rest: &str,
) -> io::Result<()> {
    let words = Printed::words(text, style, terminal);
    write_words(out, &words, terminal, first, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLED: Terminal = Terminal {
        width: Some(20),
        is_styled: true,
    };

    fn wrapped(text: &str, width: Option<usize>) -> String {
        let terminal = Terminal {
            width,
            is_styled: false,
        };
        let mut out = Vec::new();
        write_text(&mut out, text, Style::Bold, terminal, "- ", "  ").unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_as_wide_as_told() {
        let table = [
            ("fits", "Bộ Y tế", Some(9), "- Bộ Y tế\n"),
            ("does not", "Bộ Y tế", Some(8), "- Bộ Y\n  tế\n"),
            (
                "decomposed is no wider",
                "Bo\u{302}\u{323} Y te\u{302}\u{301}",
                Some(9),
                "- Bo\u{302}\u{323} Y te\u{302}\u{301}\n",
            ),
            ("wide letters", "中文 中文", Some(10), "- 中文\n  中文\n"),
            (
                "a word that is too long",
                "a https://moh.gov.vn b",
                Some(8),
                "- a\n  https://moh.gov.vn\n  b\n",
            ),
            ("a pipe has one line", "a\nb c", None, "- a b c\n"),
            ("nothing", " \n", Some(8), ""),
            ("terminal codes", "a\u{1b}[2J b", None, "- a [2J b\n"),
        ];
        for (what, text, width, expected) in table {
            assert_eq!(wrapped(text, width), expected, "{what}");
        }
    }

    #[test]
    fn marks_are_bold_on_a_terminal_and_signs_on_a_pipe() {
        let text = "Lo (sức khỏe)!";
        let mark = 4..16;
        assert_eq!(text.get(mark.clone()), Some("sức khỏe"));
        let line = |terminal| {
            let words = Printed::marked(text, std::slice::from_ref(&mark), terminal);
            let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
            (
                texts.join(" "),
                words.iter().map(|word| word.width).collect::<Vec<_>>(),
            )
        };
        assert_eq!(
            line(Terminal::PIPE),
            ("Lo («sức khỏe»)!".to_owned(), vec![2, 5, 7])
        );
        let bold = "Lo (\u{1b}[1msức\u{1b}[0m \u{1b}[1mkhỏe\u{1b}[0m)!".to_owned();
        assert_eq!(line(STYLED), (bold, vec![2, 4, 6]), "codes take no columns");
    }
}

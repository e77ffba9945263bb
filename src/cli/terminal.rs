//! Terminal: how an answer may look: how wide it is, and whether words may be bold.
//!
//! A terminal gets lines of its own width, at most [`WIDEST`] columns; a pipe gets one line a paragraph,
//! so that `grep` finds a phrase and a pager wraps as it likes. Bold, dim and colour are for terminals
//! alone, and for those who want them: not with `NO_COLOR` (no-color.org) or `TERM=dumb`.

use std::io::{self, IsTerminal};

use rustix::termios::tcgetwinsize;

/// Longer lines are hard to read (our choice).
const WIDEST: usize = 100;
/// Of a terminal that does not say how wide it is.
const USUAL: usize = 80;
/// Narrower is not tried.
const NARROWEST: usize = 20;

/// How an answer may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terminal {
    /// Columns of a line; `None`: a paragraph is one line.
    pub(crate) width: Option<usize>,
    /// Words may be bold, dim and coloured.
    pub(crate) is_styled: bool,
}

/// How words stand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// As everything else.
    Plain,
    /// What is read first.
    Bold,
    /// What is only looked up.
    Dim,
}

impl Terminal {
    /// A pipe or a file.
    pub(crate) const PIPE: Self = Self {
        width: None,
        is_styled: false,
    };

    /// Standard output.
    pub(crate) fn of_stdout() -> Self {
        let stdout = io::stdout();
        if !stdout.is_terminal() {
            return Self::PIPE;
        }
        let columns = tcgetwinsize(&stdout).map_or(0, |size| usize::from(size.ws_col));
        let variable =
            |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Self::of(
            columns,
            variable("NO_COLOR").as_deref(),
            variable("TERM").as_deref(),
        )
    }

    /// A terminal of so many columns (0: it does not say), by these variables of the environment.
    fn of(columns: usize, no_color: Option<&str>, term: Option<&str>) -> Self {
        let columns = if columns == 0 { USUAL } else { columns };
        Self {
            width: Some(columns.clamp(NARROWEST, WIDEST)),
            is_styled: no_color.is_none_or(str::is_empty) && term != Some("dumb"),
        }
    }

    /// Words in a style, if they may have one.
    pub(crate) fn dress(self, style: Style, text: &str) -> String {
        match style {
            Style::Bold if self.is_styled => format!("\u{1b}[1m{text}\u{1b}[0m"),
            Style::Dim if self.is_styled => format!("\u{1b}[2m{text}\u{1b}[0m"),
            _ => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_has_its_width_and_a_style_unless_somebody_does_not_want_it() {
        let table = [
            // what, columns, NO_COLOR, TERM, width, style
            ("usual", 80, None, Some("xterm"), 80, true),
            ("wide", 300, None, Some("xterm"), 100, true),
            ("narrow", 3, None, Some("xterm"), 20, true),
            ("it does not say", 0, None, None, 80, true),
            ("no colour", 80, Some("1"), Some("xterm"), 80, false),
            (
                "an empty variable is none",
                80,
                Some(""),
                Some("xterm"),
                80,
                true,
            ),
            ("dumb", 80, None, Some("dumb"), 80, false),
        ];
        for (what, columns, no_color, term, width, is_styled) in table {
            let expected = Terminal {
                width: Some(width),
                is_styled,
            };
            assert_eq!(Terminal::of(columns, no_color, term), expected, "{what}");
        }
    }

    #[test]
    fn a_pipe_gets_words_alone() {
        assert_eq!(Terminal::PIPE.dress(Style::Bold, "a"), "a");
        let terminal = Terminal::of(80, None, None);
        assert_eq!(terminal.dress(Style::Bold, "a"), "\u{1b}[1ma\u{1b}[0m");
        assert_eq!(terminal.dress(Style::Plain, "a"), "a");
    }
}

//! Status line: the one line at the foot of a terminal that says how far a command is. Log lines go above
//! it, and whoever ends the command takes it away.
//!
//! What always holds: one change is one write, and a line that did not change is not written, so nothing
//! flickers; the line never reaches the right edge, so it never wraps; it has no colour. After a terminal
//! has become narrower, the rows into which it folded the line are taken back. Where a terminal can not go
//! back in its line ([`can_draw`]), there is none, and log lines are passed on as they are.
//!
//! A process has one standard error, so there is one line a process.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns left free at the right edge: the `^C` that a terminal writes there must not wrap either.
const FREE: usize = 3;
/// The width of a terminal that does not say how wide it is.
const USUAL_COLUMNS: usize = 80;

static SCREEN: Mutex<Screen> = Mutex::new(Screen::new());

/// Whether standard error is a terminal that can rewrite a line. `TERM=dumb`, an empty and a missing TERM
/// say that it can not.
pub(crate) fn can_draw() -> bool {
    let term = std::env::var_os("TERM").unwrap_or_default();
    std::io::stderr().is_terminal() && !term.is_empty() && term != "dumb"
}

/// Whether log lines may have colours: on such a terminal, unless NO_COLOR is set to anything
/// (no-color.org).
pub(crate) fn has_colours() -> bool {
    can_draw() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Shows this in place of what was shown before.
pub(crate) fn show(text: &str) {
    let mut screen = screen();
    write(&screen.show(text, columns()));
}

/// Leaves the terminal clean.
pub(crate) fn clear() {
    let mut screen = screen();
    write(&screen.clear(columns()));
}

/// What standard error says besides, above the line.
#[derive(Debug)]
pub(crate) struct Above;

impl Write for Above {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut screen = screen();
        if screen.shown.is_empty() {
            return io::stderr().write(bytes);
        }
        let text = screen.above(&String::from_utf8_lossy(bytes), columns());
        io::stderr().write_all(text.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Whoever held it and panicked has written whole lines or nothing.
fn screen() -> MutexGuard<'static, Screen> {
    SCREEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write(text: &str) {
    if !text.is_empty() {
        // A terminal that went away must not end the command.
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

fn columns() -> usize {
    rustix::termios::tcgetwinsize(io::stderr())
        .map(|size| usize::from(size.ws_col))
        .ok()
        .filter(|columns| *columns > 0)
        .unwrap_or(USUAL_COLUMNS)
}

/// What stands in the line, and the terminal's width when it was written.
#[derive(Debug)]
struct Screen {
    shown: String,
    columns: usize,
}

impl Screen {
    const fn new() -> Self {
        Self {
            shown: String::new(),
            columns: 0,
        }
    }

    /// What is to be written so that `text` stands there, as much of it as there is room for.
    fn show(&mut self, text: &str, columns: usize) -> String {
        let text = cut(text, columns.saturating_sub(FREE));
        if text == self.shown && columns == self.columns {
            return String::new();
        }
        // To the start, over what stands there, then away with the rest: no moment without a line.
        let written = format!("{}\r{text}\x1b[K", self.back(columns));
        self.shown = text;
        self.columns = columns;
        written
    }

    fn clear(&mut self, columns: usize) -> String {
        if self.shown.is_empty() {
            return String::new();
        }
        let written = format!("{}\r\x1b[K", self.back(columns));
        self.shown.clear();
        written
    }

    /// What is to be written so that `text` stands above the line.
    fn above(&mut self, text: &str, columns: usize) -> String {
        let shown = self.shown.clone();
        let mut written = self.clear(columns);
        written.push_str(text);
        // A line that is not at its end yet would be written over.
        if text.ends_with('\n') {
            written.push_str(&self.show(&shown, columns));
        }
        written
    }

    /// To the first of the rows into which a terminal that became narrower has folded the line, and all of
    /// them away.
    fn back(&self, columns: usize) -> String {
        let rows = self.shown.width().saturating_sub(1) / columns.max(1);
        match rows {
            0 => String::new(),
            rows => format!("\x1b[{rows}A\r\x1b[J"),
        }
    }
}

/// As much of a text as fits into so many columns; `…` says that there is more.
fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        // One for the mark.
        if used + 1 > columns {
            break;
        }
        cut.push(c);
    }
    if columns > 0 {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_written_over_in_one_go_and_not_at_all_when_nothing_changed() {
        let mut screen = Screen::new();
        assert_eq!(screen.show("1 done", 80), "\r1 done\x1b[K");
        assert_eq!(screen.show("1 done", 80), "");
        assert_eq!(screen.show("2 done", 80), "\r2 done\x1b[K");
        assert_eq!(screen.clear(80), "\r\x1b[K");
        assert_eq!(screen.clear(80), "", "nothing to take away");
    }

    #[test]
    fn a_log_line_goes_above_and_the_line_stands_again() {
        let mut screen = Screen::new();
        screen.show("1 done", 80);
        let expected = "\r\x1b[KWARN slow\n\r1 done\x1b[K";
        assert_eq!(screen.above("WARN slow\n", 80), expected);
        assert_eq!(
            screen.above("half", 80),
            "\r\x1b[Khalf",
            "the next show comes back"
        );
        assert_eq!(screen.above(" a line\n", 80), " a line\n");
    }

    #[test]
    fn a_terminal_that_became_narrower_gets_all_rows_of_the_line_back() {
        let mut screen = Screen::new();
        screen.show("0123456789", 80);
        // Folded into "01234" and "56789"; the cursor stands in the second.
        let expected = "\x1b[1A\r\x1b[J\r0…\x1b[K";
        assert_eq!(screen.show("0123456789", 5), expected);
        // Made wider, the same text has room again.
        assert_eq!(screen.show("0123456789", 80), "\r0123456789\x1b[K");
    }

    #[test]
    fn a_line_never_reaches_the_edge() {
        let table = [
            ("room enough", "đã hỏi 12", 12, "đã hỏi 12"),
            ("one too narrow", "đã hỏi 12", 11, "đã hỏi …"),
            ("marks take no column", "đã hỏi", 9, "đã hỏi"),
            ("wide letters", "漢字漢字", 9, "漢字…"),
            ("a sliver", "done", 4, "…"),
            ("no room", "done", 3, ""),
            ("no terminal at all", "done", 0, ""),
        ];
        for (what, text, columns, expected) in table {
            let mut screen = Screen::new();
            screen.show(text, columns);
            assert_eq!(screen.shown, expected, "{what}");
        }
    }
}

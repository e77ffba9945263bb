//! Counter: how far a long reading is. On a terminal a line that counts up, elsewhere a line of the log every
//! ten seconds; a command that is shorter says nothing.

use std::time::{Duration, Instant};

use super::progress::{PLAIN_LINE, REDRAW, duration_words, per_second};
use super::status_line;
use crate::Lang;
use crate::lang::Words;
use crate::telemetry;

/// A number on standard error that counts up, until it is ended or dropped.
#[derive(Debug)]
pub(crate) struct Counter {
    what: Words,
    lang: Lang,
    whole: Option<u64>,
    can_draw: bool,
    started: Instant,
    /// When something was last written, since the start.
    last: Duration,
}

impl Counter {
    /// Begins at 0; `what` is counted, up to `whole` if that is known.
    pub(crate) fn start(what: Words, lang: Lang, whole: Option<u64>) -> Self {
        Self {
            what,
            lang,
            whole,
            can_draw: status_line::can_draw(),
            started: Instant::now(),
            last: Duration::ZERO,
        }
    }

    /// Shows this number; most calls write nothing, so it may be called for each.
    pub(crate) fn show(&mut self, done: u64) {
        let left = self.whole.map(|whole| Left::Number {
            done,
            of: whole.max(done),
        });
        self.draw(done, left);
    }

    /// Shows this number where only the share of bytes says how far it is.
    pub(crate) fn show_bytes(&mut self, done: u64, bytes: u64, of: u64) {
        self.draw(done, Some(Left::Bytes { bytes, of }));
    }

    fn draw(&mut self, done: u64, left: Option<Left>) {
        let elapsed = self.started.elapsed();
        let pause = if self.can_draw { REDRAW } else { PLAIN_LINE };
        if elapsed.saturating_sub(self.last) < pause {
            return;
        }
        self.last = elapsed;
        let text = line(self.what, self.lang, done, left, elapsed);
        if self.can_draw {
            status_line::show(&text);
        } else {
            let elapsed_ms = elapsed.as_millis() as u64;
            tracing::info!(target: telemetry::PROGRESS, event = "counted", done, elapsed_ms, "{text}");
        }
    }

    /// Leaves the terminal clean.
    pub(crate) fn end(self) {}
}

impl Drop for Counter {
    fn drop(&mut self) {
        if self.can_draw {
            status_line::clear();
        }
    }
}

/// How much is still to do.
#[derive(Debug, Clone, Copy)]
enum Left {
    Number { done: u64, of: u64 },
    Bytes { bytes: u64, of: u64 },
}

/// `4120 records checked, 380.0/s, 45 %, ETA 12s`.
fn line(what: Words, lang: Lang, done: u64, left: Option<Left>, elapsed: Duration) -> String {
    let rate = done as f64 / elapsed.as_secs_f64().max(0.001);
    let mut line = format!("{done} {}, {}", lang.of(what), per_second(rate, lang));
    let (part, of) = match left {
        None => return line,
        Some(Left::Number { done, of }) => {
            let left = of - done;
            line.push_str(&match lang {
                Lang::En => format!(", {left} left"),
                Lang::Vi => format!(", còn {left}"),
            });
            (done, of)
        }
        Some(Left::Bytes { bytes, of }) => {
            let percent = bytes.saturating_mul(100) / of.max(1);
            line.push_str(&format!(", {percent} %"));
            (bytes, of)
        }
    };
    // Of less than a hundredth nothing can be foretold: the first things take the longest.
    if of > part && part.saturating_mul(100) >= of {
        let left = elapsed.mul_f64((of - part) as f64 / part as f64);
        line.push_str(&duration_words(left, lang));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::words;

    const RECORDS: Words = words("records checked", "bản ghi đã kiểm tra");

    #[test]
    fn a_line_says_done_rate_left_and_how_long_it_will_take() {
        let number = |done, of| Some(Left::Number { done, of });
        let bytes = |bytes, of| Some(Left::Bytes { bytes, of });
        let table = [
            // what, lang, left, expected; 200 in 10 seconds
            (
                "the whole is not known",
                Lang::En,
                None,
                "200 records checked, 20.0/s",
            ),
            (
                "a number",
                Lang::En,
                number(200, 600),
                "200 records checked, 20.0/s, 400 left, ETA 20s",
            ),
            (
                "bytes",
                Lang::En,
                bytes(1, 13),
                "200 records checked, 20.0/s, 7 %, ETA 2m",
            ),
            (
                "less than a hundredth: nobody knows",
                Lang::En,
                bytes(9, 1_000),
                "200 records checked, 20.0/s, 0 %",
            ),
            (
                "all of it",
                Lang::En,
                number(200, 200),
                "200 records checked, 20.0/s, 0 left",
            ),
            (
                "nothing yet, nothing at all",
                Lang::En,
                bytes(0, 0),
                "200 records checked, 20.0/s, 0 %",
            ),
            (
                "Vietnamese",
                Lang::Vi,
                number(200, 1_500),
                "200 bản ghi đã kiểm tra, 20,0/giây, còn 1300, khoảng 1 phút 5 giây nữa",
            ),
        ];
        for (what, lang, left, expected) in table {
            let text = line(RECORDS, lang, 200, left, Duration::from_secs(10));
            assert_eq!(text, expected, "{what}");
        }
    }
}

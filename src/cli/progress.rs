//! Draws a run's progress: a bar on a terminal, a plain line every few seconds otherwise.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::pipeline::{Progress, Snapshot};

/// How often a terminal is redrawn, and the counters are looked at.
const REDRAW: Duration = Duration::from_millis(200);
/// How often a plain line is written.
const PLAIN_LINE: Duration = Duration::from_secs(10);

/// A drawer in a thread of its own, until [`Drawer::end`].
pub(crate) struct Drawer {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Drawer {
    /// Begins to draw on standard error.
    pub(crate) fn start(progress: Arc<Progress>) -> Self {
        let (stop, stopped) = channel();
        let on_terminal = std::io::stderr().is_terminal();
        let thread = std::thread::spawn(move || {
            let bar = on_terminal.then(new_bar);
            let mut plain = PlainLines::default();
            while stopped.recv_timeout(REDRAW) == Err(RecvTimeoutError::Timeout) {
                let now = progress.snapshot();
                match &bar {
                    Some(bar) => draw(bar, &now),
                    None if plain.is_due(&now) => {
                        // A closed standard error must not end the crawl.
                        drop(writeln!(std::io::stderr(), "{}", plain_line(&now)));
                    }
                    None => {}
                }
            }
            let last = progress.snapshot();
            match bar {
                Some(bar) => bar.finish_and_clear(),
                // The run may have drained before it was looked at again.
                None if last.draining && !plain.was_draining => {
                    drop(writeln!(std::io::stderr(), "{}", plain_line(&last)));
                }
                None => {}
            }
        });
        Self { stop, thread }
    }

    /// Ends the drawing and leaves the terminal clean.
    pub(crate) fn end(self) {
        drop(self.stop);
        // A drawer that panicked has nothing left to clean.
        let _ = self.thread.join();
    }
}

/// When a plain line is written: every [`PLAIN_LINE`], and at once when an interrupt came.
#[derive(Debug, Default)]
struct PlainLines {
    last: Duration,
    was_draining: bool,
}

impl PlainLines {
    fn is_due(&mut self, now: &Snapshot) -> bool {
        let is_due = now.elapsed.saturating_sub(self.last) >= PLAIN_LINE
            || now.draining && !self.was_draining;
        if is_due {
            self.last = now.elapsed;
            self.was_draining = now.draining;
        }
        is_due
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:10} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

fn draw(bar: &ProgressBar, now: &Snapshot) {
    bar.set_length(now.asked + now.left);
    bar.set_position(now.asked);
    bar.set_message(plain_line(now));
}

/// `412 done, 88 queued, 1.9/s, 300 new, 2 failed, ETA 46s, waits for pace`.
fn plain_line(now: &Snapshot) -> String {
    format!("{} done, {} queued, {}", now.asked, now.left, words(now))
}

fn words(now: &Snapshot) -> String {
    if now.draining {
        return "finishing what is in flight, interrupt again to stop".to_owned();
    }
    let mut words = format!(
        "{:.1}/s, {} new, {} failed",
        now.rate(),
        now.new,
        now.failed
    );
    if let Some(left) = now.time_left().filter(|_| now.left > 0) {
        let left = Duration::from_secs(left.as_secs());
        words.push_str(&format!(", ETA {}", humantime::format_duration(left)));
    }
    if let Some(what) = &now.waiting {
        words.push_str(&format!(", waits for {what}"));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_line_is_due_every_ten_seconds_and_when_an_interrupt_came() {
        let table = [
            ("too early", 9, false, false),
            ("ten seconds", 10, false, true),
            ("just written", 11, false, false),
            ("an interrupt", 12, true, true),
            ("said already", 13, true, false),
            ("ten seconds later", 22, true, true),
        ];
        let mut plain = PlainLines::default();
        for (what, seconds, draining, expected) in table {
            let now = Snapshot {
                elapsed: Duration::from_secs(seconds),
                draining,
                ..Snapshot::default()
            };
            assert_eq!(plain.is_due(&now), expected, "{what}");
        }
    }

    #[test]
    fn a_plain_line_says_rate_done_left_and_what_it_waits_for() {
        let now = Snapshot {
            elapsed: Duration::from_secs(10),
            asked: 20,
            left: 40,
            new: 7,
            failed: 1,
            waiting: Some("pace".to_owned()),
            ..Snapshot::default()
        };
        let expected = "20 done, 40 queued, 2.0/s, 7 new, 1 failed, ETA 20s, waits for pace";
        assert_eq!(plain_line(&now), expected);
    }
}

//! Draws a run's progress: a line with a bar at the foot of a terminal, a line of the log every few seconds
//! otherwise. How a terminal is written to: [`super::status_line`].

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::status_line;
use crate::Lang;
use crate::pipeline::{Progress, Snapshot, Wait};
use crate::telemetry;

/// How often a terminal is redrawn, and the counters are looked at.
pub(super) const REDRAW: Duration = Duration::from_millis(200);
/// How often a plain line is written.
pub(super) const PLAIN_LINE: Duration = Duration::from_secs(10);
/// Cells of the bar.
const BAR: u64 = 10;

/// A drawer in a thread of its own, until [`Drawer::end`].
pub(crate) struct Drawer {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Drawer {
    /// Begins to draw on standard error.
    pub(crate) fn start(progress: Arc<Progress>, lang: Lang) -> Self {
        let (stop, stopped) = channel();
        let can_draw = status_line::can_draw();
        let thread = std::thread::spawn(move || {
            let mut plain = PlainLines::default();
            while stopped.recv_timeout(REDRAW) == Err(RecvTimeoutError::Timeout) {
                let now = progress.snapshot();
                if can_draw {
                    status_line::show(&format!("{} {}", bar(&now), plain_line(&now, lang)));
                } else if plain.is_due(&now) {
                    log(&now, lang);
                }
            }
            let last = progress.snapshot();
            if can_draw {
                status_line::clear();
            } else if last.draining && !plain.was_draining {
                // The run may have drained before it was looked at again.
                log(&last, lang);
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

fn log(now: &Snapshot, lang: Lang) {
    tracing::info!(
        target: telemetry::PROGRESS,
        event = "progress",
        asked = now.asked,
        left = now.left,
        new = now.new,
        failed = now.failed,
        elapsed_ms = now.elapsed.as_millis() as u64,
        "{}",
        plain_line(now, lang)
    );
}

/// What of the requests known now is done; empty before the first is known.
fn bar(now: &Snapshot) -> String {
    let all = now.asked + now.left;
    let full = (now.asked * BAR).checked_div(all).unwrap_or(0);
    (0..BAR)
        .map(|cell| if cell < full { '█' } else { '░' })
        .collect()
}

/// `412 done, 88 queued, 1.9/s, 300 new, 2 failed, ETA 46s, waits for pace`.
fn plain_line(now: &Snapshot, lang: Lang) -> String {
    let Snapshot {
        asked,
        left,
        new,
        failed,
        ..
    } = now;
    let rate = per_second(now.rate(), lang);
    let mut words = match (lang, now.draining) {
        (Lang::En, true) => {
            return format!(
                "{asked} done, {left} queued, finishing what is in flight, interrupt again to stop"
            );
        }
        (Lang::Vi, true) => {
            return format!(
                "đã hỏi {asked}, còn {left}, đang làm nốt việc dở, ngắt lần nữa để dừng hẳn"
            );
        }
        (Lang::En, false) => {
            format!("{asked} done, {left} queued, {rate}, {new} new, {failed} failed")
        }
        (Lang::Vi, false) => {
            format!("đã hỏi {asked}, còn {left}, {rate}, {new} bài mới, {failed} lỗi")
        }
    };
    // While a site rests or is down the rate says nothing of what is to come, and the estimate would grow.
    let is_held = matches!(now.waiting, Some(Wait::Pause { .. } | Wait::Probe { .. }));
    if let Some(left) = now.time_left().filter(|_| now.left > 0 && !is_held) {
        words.push_str(&duration_words(left, lang));
    }
    if let Some(wait) = now.waiting {
        words.push_str(&wait_words(wait, lang));
    }
    words
}

/// `1.9/s`.
pub(super) fn per_second(rate: f64, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{rate:.1}/s"),
        Lang::Vi => format!("{rate:.1}/giây").replace('.', ","),
    }
}

/// `, ETA 1m 20s`.
pub(super) fn duration_words(left: Duration, lang: Lang) -> String {
    let seconds = left.as_secs();
    if lang == Lang::En {
        let left = humantime::format_duration(Duration::from_secs(seconds));
        return format!(", ETA {left}");
    }
    let units = [
        (seconds / 86_400, "ngày"),
        (seconds / 3_600 % 24, "giờ"),
        (seconds / 60 % 60, "phút"),
        (seconds % 60, "giây"),
    ];
    let words: Vec<String> = units
        .iter()
        .filter(|(number, unit)| *number > 0 || seconds == 0 && *unit == "giây")
        .map(|(number, unit)| format!("{number} {unit}"))
        .collect();
    format!(", khoảng {} nữa", words.join(" "))
}

fn wait_words(wait: Wait, lang: Lang) -> String {
    match (lang, wait) {
        (Lang::En, Wait::Pace) => ", waits for pace".to_owned(),
        (Lang::Vi, Wait::Pace) => ", đang giữ nhịp".to_owned(),
        (Lang::En, Wait::Retry) => ", waits for a retry".to_owned(),
        (Lang::Vi, Wait::Retry) => ", đang chờ thử lại".to_owned(),
        (Lang::En, Wait::Pause { seconds }) => {
            format!(", waits for a pause of {seconds} s, after a failure or at the site's wish")
        }
        (Lang::Vi, Wait::Pause { seconds }) => {
            format!(", đang nghỉ {seconds} giây, sau một lỗi hoặc theo yêu cầu của trang")
        }
        (Lang::En, Wait::Probe { failures, seconds }) => format!(
            ", waits for the site to work again: {failures} failures in a row, next probe in {seconds} s"
        ),
        (Lang::Vi, Wait::Probe { failures, seconds }) => format!(
            ", đang chờ trang hoạt động lại: {failures} lỗi liên tiếp, {seconds} giây nữa thử lại"
        ),
    }
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
        let now = |waiting| Snapshot {
            elapsed: Duration::from_secs(10),
            asked: 20,
            left: 140,
            new: 7,
            failed: 1,
            waiting,
            ..Snapshot::default()
        };
        let (pause, probe) = (
            Wait::Pause { seconds: 8 },
            Wait::Probe {
                failures: 5,
                seconds: 40,
            },
        );
        let en = "20 done, 140 queued, 2.0/s, 7 new, 1 failed, ETA 1m 10s";
        let vi = "đã hỏi 20, còn 140, 2,0/giây, 7 bài mới, 1 lỗi, khoảng 1 phút 10 giây nữa";
        let table = [
            (Lang::En, None, String::new()),
            (Lang::Vi, None, String::new()),
            (Lang::En, Some(Wait::Pace), ", waits for pace".to_owned()),
            (Lang::Vi, Some(Wait::Pace), ", đang giữ nhịp".to_owned()),
            (
                Lang::En,
                Some(Wait::Retry),
                ", waits for a retry".to_owned(),
            ),
            (
                Lang::Vi,
                Some(pause),
                ", đang nghỉ 8 giây, sau một lỗi hoặc theo yêu cầu của trang".to_owned(),
            ),
            (
                Lang::En,
                Some(probe),
                ", waits for the site to work again: 5 failures in a row, next probe in 40 s"
                    .to_owned(),
            ),
        ];
        for (lang, waiting, expected) in table {
            let start = if lang == Lang::En { en } else { vi };
            // No estimate while nothing is asked: it would grow with every second.
            let start = match waiting {
                Some(Wait::Pause { .. } | Wait::Probe { .. }) => {
                    let (counts, _) = start.rsplit_once(", ").unwrap();
                    counts
                }
                _ => start,
            };
            let expected = format!("{start}{expected}");
            assert_eq!(plain_line(&now(waiting), lang), expected);
        }
    }

    #[test]
    fn an_interrupt_is_told_in_the_place_of_everything_else() {
        let now = Snapshot {
            asked: 3,
            left: 4,
            draining: true,
            waiting: Some(Wait::Pace),
            ..Snapshot::default()
        };
        let expected = "3 done, 4 queued, finishing what is in flight, interrupt again to stop";
        assert_eq!(plain_line(&now, Lang::En), expected);
        let expected = "đã hỏi 3, còn 4, đang làm nốt việc dở, ngắt lần nữa để dừng hẳn";
        assert_eq!(plain_line(&now, Lang::Vi), expected);
    }

    #[test]
    fn a_bar_is_full_only_when_nothing_is_left() {
        let table = [
            (0, 0, "░░░░░░░░░░"),
            (0, 5, "░░░░░░░░░░"),
            (3, 1, "███████░░░"),
            (999, 1, "█████████░"),
            (5, 0, "██████████"),
        ];
        for (asked, left, expected) in table {
            let now = Snapshot {
                asked,
                left,
                ..Snapshot::default()
            };
            assert_eq!(bar(&now), expected, "{asked} of {}", asked + left);
        }
    }

    #[test]
    fn a_time_in_vietnamese_has_its_units() {
        let table = [
            (0, ", khoảng 0 giây nữa"),
            (60, ", khoảng 1 phút nữa"),
            (3_605, ", khoảng 1 giờ 5 giây nữa"),
            (90_000, ", khoảng 1 ngày 1 giờ nữa"),
        ];
        for (seconds, expected) in table {
            let words = duration_words(Duration::from_secs(seconds), Lang::Vi);
            assert_eq!(words, expected);
        }
    }
}

//! Counter: how far a long reading is, on a terminal; nothing where nobody looks.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

/// A number on standard error that counts up, until it is ended or dropped.
#[derive(Debug)]
pub(crate) struct Counter {
    bar: Option<ProgressBar>,
}

impl Counter {
    /// Begins at 0; `what` is counted.
    pub(crate) fn start(what: &'static str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            let template = format!("{{spinner}} {{human_pos}} {what}, {{per_sec}}");
            if let Ok(style) = ProgressStyle::with_template(&template) {
                bar.set_style(style);
            }
            bar
        });
        Self { bar }
    }

    /// Shows this number; drawing is cheap and bounded, so it may be called for each.
    pub(crate) fn show(&self, number: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(number);
        }
    }

    /// Leaves the terminal clean.
    pub(crate) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

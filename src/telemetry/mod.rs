//! Logs: set-up. What is told and by which names is listed in docs/logging.md, which a test compares with
//! what a crawl logs.
//!
//! A line's message reads alone; its fields can be searched and carry their unit in the name. On a terminal
//! a line is its message, for people; otherwise it is JSON, one object a line. Everything goes to standard
//! error, so that standard output stays a command's answer. Always holds: no line has a control character
//! of the web, and a line is one write.

mod line;

use std::io::{IsTerminal, Write};

use chrono::Utc;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use self::line::Fields;
use crate::config::LogLevel;

/// What the progress of a run is logged under where no terminal shows it; at the level of the rest, or at
/// least at `info`.
pub(crate) const PROGRESS: &str = "khotin::progress";

/// Starts logging at a level. The variable `KHOTIN_LOG` (a filter as in `RUST_LOG`) wins. `writer` leads to
/// standard error, past whatever else stands on a terminal.
pub fn start<W>(level: LogLevel, has_colours: bool, writer: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let directives = format!("khotin={},{PROGRESS}=info", level.as_str());
    let filter = EnvFilter::try_from_env("KHOTIN_LOG");
    let filter = filter.unwrap_or_else(|_| EnvFilter::new(directives));
    let lines = Lines {
        for_people: std::io::stderr().is_terminal(),
        has_colours,
        writer,
    };
    // A second start in one process (tests) keeps the first logger.
    let _ = tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init();
}

/// Writes each event as a line to standard error.
struct Lines<W> {
    for_people: bool,
    has_colours: bool,
    writer: W,
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let (now, about) = (Utc::now(), event.metadata());
        let line = match self.for_people {
            true => line::for_people(now, *about.level(), &fields, self.has_colours),
            false => line::json(now, *about.level(), about.target(), fields),
        };
        // A closed standard error must not end the work.
        drop(self.writer.make_writer().write_all(line.as_bytes()));
    }
}

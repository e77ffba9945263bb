//! Logs: set-up, and the names of all fields.
//!
//! A line's message reads alone; its fields can be searched and carry their unit in the name:
//! `site`, `section`, `url`, `status`, `body_bytes`, `wait_ms`, `elapsed_ms`, `sequence`, `cause`.
//! On a terminal lines are for people; otherwise they are JSON, one object a line. Everything goes
//! to standard error, so that standard output stays a command's answer.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Starts logging. `verbose` 0: warnings; 1: one line a page; 2 and more: everything of khotin.
/// The variable `KHOTIN_LOG` (a filter as in `RUST_LOG`) wins. `writer` leads to standard error, past
/// whatever else stands on a terminal.
pub fn start<W>(verbose: u8, has_colours: bool, writer: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let level = match verbose {
        0 => "khotin=warn",
        1 => "khotin=info",
        _ => "khotin=debug",
    };
    let filter = EnvFilter::try_from_env("KHOTIN_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(has_colours)
        .with_writer(writer);
    // A second start in one process (tests) keeps the first logger.
    let _ = if std::io::stderr().is_terminal() {
        logs.with_target(false).compact().try_init().is_ok()
    } else {
        logs.json().try_init().is_ok()
    };
}

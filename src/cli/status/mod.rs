//! `khotin status`: one screen of what is there. It reads beside a crawl that runs, and changes nothing.
//!
//! [`facts`] asks store and disk, [`forecast`] is the one thing that is worked out, [`screen`] and
//! [`machine`] say it to people and to machines.

mod facts;
mod forecast;
mod machine;
mod screen;

use std::io::Write;
use std::path::Path;

use anyhow::bail;

use super::json::write_json;
use super::problem::UsageError;
use super::{Context, Outcome};
use crate::fetch::{Clock, SystemClock};
use crate::pipeline::database;
use crate::store::SqliteStore;

pub(crate) use forecast::{Disk, Forecast, WINDOW_DAYS, foretell};

/// Show the last runs, what is due, sections with their newest, the disk, drift and failures
///
/// Reads beside a crawl that runs. --json has all that the screen has no room for.
///
/// Example: khotin status --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let config = context.config()?;
    let path = database(&config.paths.output);
    if !path.is_file() {
        bail!(UsageError::new(
            format!("nothing yet: there is no {}", path.display()),
            "run `khotin crawl` first, or `khotin rebuild` if the archive is there",
        ));
    }
    let store = SqliteStore::open_reader(&path)?;
    let sites = context.sites()?;
    let facts = facts::gather(&config, &sites, &store, SystemClock.now_utc())?;
    if context.json {
        write_json(out, &machine::as_json(&facts))?;
    } else {
        screen::write(out, &facts, context.lang(&config))?;
    }
    Ok(Outcome::Complete)
}

/// Bytes of archive and database on the disk.
pub(crate) fn kept_bytes(output: &Path) -> u64 {
    let files = facts::files(output);
    files.archive.saturating_add(files.database)
}

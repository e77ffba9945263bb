//! `khotin rebuild`: the store made again from the WARC files alone.

use std::io::Write;

use super::json::write_json;
use super::{Context, Outcome};
use crate::fetch::SystemClock;
use crate::pipeline;

/// Make the database again from the archive alone, with the profiles of today
///
/// Records, versions, states and times come out the same. Not rebuilt: when a failed request is due
/// again, the reports of earlier runs, the stored copies of robots.txt.
///
/// Example: khotin rebuild && khotin export
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Read again what killed the process when it was read
    #[arg(long)]
    retry: bool,
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let config = context.config()?;
    let sites = context.sites()?;
    let replayed = pipeline::rebuild(&config, &sites, &SystemClock, args.retry)?;
    if context.json {
        write_json(out, &replayed)?;
    } else {
        writeln!(out, "{} exchanges read again", replayed.exchanges)?;
        if replayed.unreadable > 0 {
            writeln!(
                out,
                "{} of them were not read, because reading them killed the process before; \
                 `khotin rebuild --retry` tries again",
                replayed.unreadable
            )?;
        }
        if replayed.missing > 0 {
            writeln!(
                out,
                "{} exchanges between them are not in the archive: lost before they were durable, \
                 or in a file that is not there",
                replayed.missing
            )?;
        }
    }
    Ok(if replayed.unreadable > 0 || replayed.missing > 0 {
        Outcome::Incomplete
    } else {
        Outcome::Complete
    })
}

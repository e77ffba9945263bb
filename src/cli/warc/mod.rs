//! `khotin warc`: the everyday tools on one WARC file, whoever wrote it. None needs settings or an
//! archive, none changes the file that it reads.

mod cat;
mod extract;
mod filter;
mod line;
mod ls;
mod mend;
mod names;
mod tally;

use std::io::Write;

use clap::Subcommand;

use super::{Context, Outcome};
use crate::Lang;

/// List, show, unpack and mend the records of one WARC file, whoever wrote it
///
/// Reads WARC 1.0 and 1.1, plain, gzip a record, one gzip for all, zstd. What is odd or damaged is told
/// with its place, and the rest is read: docs/warc-tools.md.
///
/// Example: khotin warc ls FILE.warc.gz
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Ls(ls::Args),
    Cat(cat::Args),
    Extract(extract::Args),
    Mend(mend::Args),
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    match &args.command {
        Command::Ls(args) => ls::run(args, context, out),
        Command::Cat(args) => cat::run(args, context, out),
        Command::Extract(args) => extract::run(args, context, out),
        Command::Mend(args) => mend::run(args, context, out),
    }
}

/// The language of answers. These commands work without settings, and with settings that are wrong,
/// which other commands tell.
fn lang(context: &Context) -> Lang {
    match context.config() {
        Ok(config) => context.lang(&config),
        Err(_) => context.lang_without_settings(),
    }
}

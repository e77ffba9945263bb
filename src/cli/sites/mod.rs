//! `khotin sites`: what a person asks who writes or mends the profile of a ministry. All three
//! commands look and change nothing; none asks a ministry for anything.

mod archived;
mod cells;
mod check;
mod fixture;
mod list;
mod summary;
mod try_page;

use std::io::Write;

use clap::Subcommand;

use super::{Context, Outcome};

/// Known ministries, a profile against its saved pages, and what each selector finds
///
/// Example: khotin sites check moh
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Args),
    Check(check::Args),
    Try(try_page::Args),
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    match &args.command {
        Command::List(args) => list::run(args, context, out),
        Command::Check(args) => check::run(args, context, out),
        Command::Try(args) => try_page::run(args, context, out),
    }
}

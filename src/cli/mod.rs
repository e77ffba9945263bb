//! The command line: arguments in, text and an exit code out. One file a command, each with its
//! `Args` and its `run`; only this folder and `main.rs` print.

mod context;
mod crawl;
mod demo;
mod export;
mod init;
mod problem;
mod progress;
mod read;
mod rebuild;
mod report;
mod show;
mod sites;
mod status;
mod table;
mod verify;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

pub use crate::outcome::Outcome;
use clap::{Parser, Subcommand};

use self::context::Context;
use self::problem::Problem;

const EXIT_CODES: &str = "\
Exit codes, the weightiest cause wins:
  0  complete
  1  incomplete: a page failed, or a limit was reached
  2  wrong usage or configuration; nothing was done
  3  archive or store damaged
  4  drift: the site changed (hit rates, listing sizes or dates say so)
  5  blocked: the site refuses us
 75  another crawl holds the store
130  ended by a second interrupt";

/// Archives the news of Vietnamese ministries: crawls politely, keeps every answer in WARC files,
/// and writes records to CSV and JSON
#[derive(Debug, Parser)]
#[command(name = "khotin", version, after_help = EXIT_CODES, propagate_version = true)]
struct Cli {
    /// Settings [default: config.toml in this folder]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Print JSON for machines instead of text
    #[arg(long, global = true)]
    json: bool,

    /// Log more; twice: everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Crawl(crawl::Args),
    Demo(demo::Args),
    Export(export::Args),
    Show(show::Args),
    Status(status::Args),
    Sites(sites::Args),
    Read(read::Args),
    Rebuild(rebuild::Args),
    Verify(verify::Args),
}

/// Runs the program: arguments from the environment, text to standard output, errors with advice to
/// standard error.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() {
                Outcome::Usage
            } else {
                Outcome::Complete
            };
            // Nothing is left to tell if even this text can not be printed.
            let _ = error.print();
            return ExitCode::from(code.code());
        }
    };
    crate::telemetry::start(cli.verbose);
    let mut out = std::io::stdout().lock();
    let result = run(cli, &mut out).and_then(|outcome| {
        out.flush()?;
        Ok(outcome)
    });
    match result {
        Ok(outcome) => ExitCode::from(outcome.code()),
        Err(error) => {
            let problem = Problem::from_error(&error);
            if problem.is_closed_pipe {
                return ExitCode::from(Outcome::Complete.code());
            }
            // As above: the exit code still tells.
            let _ = writeln!(std::io::stderr(), "{problem}");
            ExitCode::from(problem.outcome.code())
        }
    }
}

fn run(cli: Cli, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let context = Context::new(cli.config, cli.json);
    match cli.command {
        Command::Init(args) => init::run(&args, out),
        Command::Crawl(args) => crawl::run(&args, &context, out),
        Command::Demo(args) => demo::run(&args, &context, out),
        Command::Export(args) => export::run(&args, &context, out),
        Command::Show(args) => show::run(&args, &context, out),
        Command::Status(args) => status::run(&args, &context, out),
        Command::Sites(args) => sites::run(&args, &context, out),
        Command::Read(args) => read::run(&args, &context, out),
        Command::Rebuild(args) => rebuild::run(&args, &context, out),
        Command::Verify(args) => verify::run(&args, &context, out),
    }
}

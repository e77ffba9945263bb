//! The command line: arguments in, text and an exit code out. One file a command, each with its
//! `Args` and its `run`; only this folder and `main.rs` print.

mod alone;
mod bag;
mod bytes;
mod cite;
mod completions;
mod contact;
mod context;
mod counter;
mod crawl;
mod demo;
mod diff;
mod doctor;
mod export;
mod import;
mod init;
mod interrupt;
mod json;
mod man;
mod nightly;
mod output;
mod page;
mod problem;
mod progress;
mod read;
mod rebuild;
mod report;
mod restrict;
mod same;
mod say;
mod search;
mod show;
mod sites;
mod status;
mod status_line;
mod table;
mod terminal;
mod verify;
mod versions;
mod wacz;
mod warc;
mod withheld;
mod wrap;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::Lang;
use crate::config::{Config, LogLevel};
pub use crate::outcome::Outcome;
use clap::{CommandFactory, Parser, Subcommand};

use self::context::Context;
use self::output::Output;
use self::problem::Problem;

/// Heading of the options that every command has.
const GLOBAL: &str = "Options of every command";

/// The end of `khotin --help`.
fn exit_codes() -> String {
    let mut text = "Exit codes, the weightiest cause wins:".to_owned();
    for outcome in Outcome::ALL {
        text.push_str(&format!("\n{:>3}  {}", outcome.code(), outcome.meaning()));
    }
    text
}

/// Archives the news of Vietnamese ministries: crawls politely, keeps every answer in WARC files,
/// and writes records to CSV and JSON
#[derive(Debug, Parser)]
#[command(name = "khotin", version, after_help = exit_codes(), propagate_version = true, max_term_width = 100)]
struct Cli {
    /// Settings [default: config.toml in this folder]
    #[arg(long, global = true, value_name = "FILE", help_heading = GLOBAL)]
    config: Option<PathBuf>,

    /// Language of labels and pages: en, vi [default: `lang` of config.toml]
    #[arg(long, global = true, value_name = "LANG", help_heading = GLOBAL)]
    lang: Option<Lang>,

    /// Print JSON for machines instead of text
    #[arg(long, global = true, help_heading = GLOBAL)]
    json: bool,

    /// Log more; twice: everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = GLOBAL)]
    verbose: u8,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Crawl(crawl::Args),
    Nightly(nightly::Args),
    Demo(demo::Args),
    Import(import::Args),
    Export(export::Args),
    Wacz(wacz::Args),
    Bag(bag::Args),
    Search(search::Args),
    Show(show::Args),
    Restrict(restrict::Args),
    Status(status::Args),
    Doctor(doctor::Args),
    Sites(sites::Args),
    Read(read::Args),
    Rebuild(rebuild::Args),
    ReadAlone(alone::Args),
    Verify(verify::Args),
    Warc(warc::Args),
    Completions(completions::Args),
    Man(man::Args),
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
    crate::telemetry::start(log_level(&cli), status_line::has_colours(), || {
        status_line::Above
    });
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // One that comes back as an error is told as an error.
        if !crate::export::panic_is_caught() {
            usual(panic);
        }
    }));
    let mut out = Output::new(std::io::stdout().lock());
    let result = run(cli, &mut out).and_then(|outcome| {
        out.flush()?;
        Ok(outcome)
    });
    match result {
        Ok(outcome) => ExitCode::from(outcome.code()),
        Err(error) => {
            let problem = Problem::from_error(&error);
            // As above: the exit code still tells.
            let _ = writeln!(std::io::stderr(), "{problem}");
            ExitCode::from(problem.outcome.code())
        }
    }
}

/// What `-v` says, else the settings, else what suits the command. Settings that can not be read are told by
/// the command itself.
fn log_level(cli: &Cli) -> LogLevel {
    let settings = || {
        let path = cli.config.clone().unwrap_or_else(|| "config.toml".into());
        Config::read(&path).ok()?.log.level
    };
    match cli.verbose {
        0 => settings().unwrap_or_else(|| by_command(&cli.command)),
        1 => LogLevel::Info,
        _ => LogLevel::Debug,
    }
}

/// A scheduler's log has a line a page; on a terminal the bar shows how it goes.
fn by_command(command: &Command) -> LogLevel {
    match command {
        Command::Nightly(_) if !std::io::stderr().is_terminal() => LogLevel::Info,
        _ => LogLevel::Warn,
    }
}

fn run(cli: Cli, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let context = Context::new(cli.config, cli.lang, cli.json);
    match cli.command {
        Command::Init(args) => init::run(&args, &context, out),
        Command::Crawl(args) => crawl::run(&args, &context, out),
        Command::Nightly(args) => nightly::run(&args, &context, out),
        Command::Demo(args) => demo::run(&args, &context, out),
        Command::Import(args) => import::run(&args, &context, out),
        Command::Export(args) => export::run(&args, &context, out),
        Command::Wacz(args) => wacz::run(&args, &context, out),
        Command::Bag(args) => bag::run(&args, &context, out),
        Command::Search(args) => search::run(&args, &context, out),
        Command::Show(args) => show::run(&args, &context, out),
        Command::Restrict(args) => restrict::run(&args, &context, out),
        Command::Status(args) => status::run(&args, &context, out),
        Command::Doctor(args) => doctor::run(&args, &context, out),
        Command::Sites(args) => sites::run(&args, &context, out),
        Command::Read(args) => read::run(&args, &context, out),
        Command::Rebuild(args) => rebuild::run(&args, &context, out),
        Command::ReadAlone(args) => alone::run(&args, &context),
        Command::Verify(args) => verify::run(&args, &context, out),
        Command::Warc(args) => warc::run(&args, &context, out),
        Command::Completions(args) => completions::run(&args, &context, out),
        Command::Man(args) => man::run(&args, &context, out),
    }
}

/// The commands and options that a person may use: all but those that khotin starts itself.
fn visible() -> clap::Command {
    let all = Cli::command();
    let below = all.get_subcommands().filter(|below| !below.is_hide_set());
    clap::Command::new("khotin")
        .version(env!("CARGO_PKG_VERSION"))
        .propagate_version(true)
        .about(all.get_about().cloned().unwrap_or_default())
        .args(all.get_arguments())
        .subcommands(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command below `command`, with the words that lead to it.
    fn commands(command: &clap::Command) -> Vec<clap::Command> {
        let below = command.get_subcommands().flat_map(commands);
        std::iter::once(command.clone()).chain(below).collect()
    }

    /// What a shell would make of a line without quotes: `a && b` is two commands.
    fn examples(help: &str) -> Vec<Vec<String>> {
        let lines = help
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Example: "));
        lines
            .flat_map(|line| line.split(" && "))
            .map(|line| line.split(' ').map(str::to_owned).collect())
            .collect()
    }

    #[test]
    fn the_example_of_every_command_parses() {
        let mut cli = Cli::command();
        cli.build();
        for command in commands(&cli) {
            let is_leaf = command.get_subcommands().next().is_none();
            let name = command.get_bin_name().unwrap_or_default().to_owned();
            if !is_leaf || name.contains(" help") {
                continue;
            }
            let about = command
                .get_long_about()
                .or(command.get_about())
                .map(ToString::to_string);
            let examples = examples(&about.unwrap_or_default());
            assert!(!examples.is_empty(), "{name} has no example");
            for example in examples {
                assert!(
                    example.join(" ").starts_with("khotin "),
                    "{name}: {example:?}"
                );
                if let Err(error) = Cli::try_parse_from(&example) {
                    panic!("{name}: {example:?}: {error}");
                }
            }
        }
    }
}

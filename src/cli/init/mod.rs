//! `khotin init`: a folder with a commented config.toml, from flags or from answers on a terminal.
//!
//! [`ask`] asks and [`answers`] says what may be answered; [`fill`] puts the answers into the reference of
//! all settings. Without a terminal, with `--yes` or `--json` nothing is asked. A config.toml that is there
//! is never overwritten, and a new one is put in place whole.

mod answers;
mod ask;
mod fill;

use std::fs::{self, File};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::bail;
use serde_json::json;

use self::answers::Answers;
use super::json::write_json;
use super::problem::UsageError;
use super::say::say;
use super::{Context, Outcome};
use crate::config::Sites;
use crate::durable;
use crate::export::Format;
use crate::lang::words;
use crate::model::SiteId;
use crate::pipeline::user_agent;

/// Make a folder for an archive: a commented config.toml and sites/
///
/// Asks on a terminal for what no flag says; --yes asks nothing. Never overwrites a config.toml. With
/// --lang vi it asks in Vietnamese, and what it filled in has a comment in Vietnamese too.
///
/// Example: khotin init /srv/moh --contact archive@example.org
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The folder
    #[arg(default_value = ".")]
    dir: PathBuf,

    /// An e-mail address or URL at which a ministry's webmaster reaches you; a part of the user agent
    #[arg(long, value_name = "ADDRESS")]
    contact: Option<String>,

    /// Who runs this archive
    #[arg(long)]
    name: Option<String>,

    /// A site to crawl; may be given several times [default: moh]
    #[arg(long = "site", value_name = "ID", value_parser = |text: &str| Ok::<_, String>(SiteId::new(text)))]
    sites: Vec<SiteId>,

    /// The folder of archive, database and exports [default: output]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// In what exports and nightly dumps are written: csv, excel-semicolon, jsonl, …; with commas
    #[arg(long = "format", value_name = "FORMAT", value_delimiter = ',')]
    formats: Vec<Format>,

    /// The dumps of so many nights are kept [default: 14]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep_daily: Option<u32>,

    /// The first dump of so many months is kept [default: of every month]
    #[arg(long, value_name = "N")]
    keep_monthly: Option<u32>,

    /// Ask nothing
    #[arg(short, long)]
    yes: bool,
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let path = args.dir.join("config.toml");
    // A link to nowhere is something that is there, too.
    if fs::symlink_metadata(&path).is_ok() {
        bail!(is_there(&path));
    }
    let own = args.dir.join("sites");
    let sites = Sites::load(own.is_dir().then_some(own.as_path()))?;
    let given = Answers {
        lang: context.lang_without_settings(),
        contact: args.contact.clone(),
        name: args.name.clone(),
        sites: args.sites.clone(),
        output: args.output.clone(),
        formats: args.formats.clone(),
        keep_daily: args.keep_daily,
        keep_monthly: args.keep_monthly,
    };
    given.check(&sites)?;
    let on_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let answers = if on_terminal && !args.yes && !context.json {
        let asks_lang = !context.names_lang();
        ask::ask(given, &sites, asks_lang, &mut io::stdin().lock(), out)?
    } else {
        given
    };
    let text = fill::filled(&answers)?;
    put(&args.dir, &path, &text)?;
    if context.json {
        write_json(out, &json!({ "made": path }))?;
        return Ok(Outcome::Complete);
    }
    write_advice(out, &answers, &path)?;
    Ok(Outcome::Complete)
}

fn is_there(path: &Path) -> UsageError {
    UsageError::new(
        format!("{} is already there", path.display()),
        "edit it, or name another folder: it is never overwritten",
    )
}

/// Makes the folders, and the file under another name first: it is there whole or not at all.
fn put(dir: &Path, path: &Path, text: &str) -> anyhow::Result<()> {
    let failed = |doing: &str, what: &Path, error: io::Error| {
        UsageError::new(
            format!("can not {doing} {}: {error}", what.display()),
            "check the path, the rights and the disk, or name another folder",
        )
    };
    let sites = dir.join("sites");
    durable::make_folder(&sites).map_err(|error| failed("make the folder", &sites, error))?;
    let temporary = dir.join(format!(".config.toml.{}.tmp", std::process::id()));
    let write = || -> io::Result<()> {
        let mut file = File::create(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        // Unlike a rename a link never takes the place of a file that came meanwhile.
        match fs::hard_link(&temporary, path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                fs::rename(&temporary, path)?;
            }
            linked => linked?,
        }
        Ok(())
    };
    let written = write();
    // After a rename there is none any more.
    let _ = fs::remove_file(&temporary);
    match written {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!(is_there(path)),
        Err(error) => bail!(failed("write", path, error)),
        Ok(()) => {}
    }
    durable::sync_folder(dir).map_err(|error| failed("write", path, error))?;
    Ok(())
}

/// What was made, and what comes next.
fn write_advice(out: &mut dyn Write, answers: &Answers, path: &Path) -> io::Result<()> {
    let lang = answers.lang;
    let made = say(words("made {path}", "đã tạo {path}")).with("path", path.display());
    writeln!(out, "{}", made.in_lang(lang))?;
    let contact = answers.contact.as_deref().unwrap_or_default();
    if contact.is_empty() {
        let next = words(
            "next: set `contact` in it, so that a webmaster can reach you",
            "tiếp theo: điền `contact` trong tệp đó để quản trị trang liên hệ được với bạn",
        );
        writeln!(out, "{}", lang.of(next))?;
    } else {
        let agent = say(words(
            "every request will say who asks: {agent}",
            "mọi yêu cầu sẽ nói rõ ai hỏi: {agent}",
        ));
        let agent = agent.with("agent", user_agent(contact));
        writeln!(out, "{}", agent.in_lang(lang))?;
    }
    let then = say(words(
        "then: khotin doctor --config {path}",
        "sau đó: khotin doctor --config {path}",
    ));
    writeln!(out, "{}", then.with("path", path.display()).in_lang(lang))?;
    let last = say(words(
        "and:  khotin crawl --config {path} --max-requests 100",
        "rồi:    khotin crawl --config {path} --max-requests 100",
    ));
    writeln!(out, "{}", last.with("path", path.display()).in_lang(lang))
}

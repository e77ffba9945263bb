//! `khotin demo`: the whole way on this machine, without the internet.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::crawl::crawl;
use super::export::{Wanted, export_to};
use super::interrupt::Interrupts;
use super::json::write_json;
use super::problem::UsageError;
use super::report::write_report;
use super::{Context, Outcome};
use crate::config::{Assets, Config, Period, Sites};
use crate::demo::{Control, DemoMinistry, DemoOptions, HOST, PICTURE_HOSTS, Platform};
use crate::lang::{Words, words};
use crate::model::SiteId;
use crate::pipeline::{CrawlOptions, database};

/// Start a made-up ministry on 127.0.0.1, crawl it and write its news to CSV and JSON
///
/// Makes a folder of its own and goes on there when run again. Nothing leaves this machine.
///
/// Example: khotin demo --articles 1000
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The folder
    #[arg(default_value = "khotin-demo")]
    dir: PathBuf,

    /// How many articles the ministry has, beside its two real ones
    #[arg(long, default_value_t = 300, value_name = "N", value_parser = articles)]
    articles: usize,

    /// Only serve, until interrupted: for `khotin crawl` in the folder, from another terminal
    #[arg(long)]
    serve: bool,

    /// Crawl, let an editor change one article, remove one and add two, and crawl again: into a new folder
    #[arg(long, conflicts_with = "serve")]
    edit: bool,

    /// Archive these files of articles too
    #[arg(long, value_name = "WHICH")]
    assets: Option<Assets>,

    /// Fill the article pages to 60-120 KB, as large as real ones; for measuring
    #[arg(long)]
    large_pages: bool,
}

const LISTENS: Words = words("the demo ministry listens on", "bộ giả lập lắng nghe tại");
const MADE_UP: Words = words(
    "articles, all of them made up",
    "bài, tất cả đều là giả lập",
);
const DOUBLE_CLICK: Words = words("double-click", "nhấp đúp");
const LOOK_AROUND: Words = words("look around", "xem quanh");

const FROM_ANOTHER: Words = words(
    "crawl it from another terminal:",
    "thu thập từ một cửa sổ dòng lệnh khác:",
);
const TO_STOP: Words = words("interrupt to stop it", "ngắt (Ctrl-C) để dừng");

/// With so many every section has some; an empty one would be reported as drift.
const FEWEST_ARTICLES: usize = 30;
/// All of them are held in memory.
const MOST_ARTICLES: usize = 100_000;

fn articles(text: &str) -> Result<usize, String> {
    let number = text.parse().ok();
    number
        .filter(|number| (FEWEST_ARTICLES..=MOST_ARTICLES).contains(number))
        .ok_or_else(|| format!("it is a number from {FEWEST_ARTICLES} to {MOST_ARTICLES}"))
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let interrupts = Interrupts::listen()?;
    std::fs::create_dir_all(&args.dir)
        .with_context(|| format!("can not make the folder {}", args.dir.display()))?;
    let path = args.dir.join("config.toml");
    let known = path.is_file().then(|| Config::read(&path)).transpose()?;
    if known
        .as_ref()
        .is_some_and(|config| config.crawl.sites != [SiteId::new("demo")])
    {
        bail!(UsageError::new(
            format!("{} holds an archive of real sites", args.dir.display()),
            "name another folder: the demo makes one, and what it archives can not be taken out again",
        ));
    }
    if let Some(config) = known.as_ref().filter(|_| args.edit)
        && database(&config.paths.output).exists()
    {
        bail!(UsageError::new(
            format!("{} was crawled before", args.dir.display()),
            "name a new folder for --edit: it shows what changes between two crawls",
        ));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("can not start the threads of the demo ministry")?;
    let ministry = runtime.block_on(start(args, known.as_ref()))?;
    if !args.large_pages {
        ministry.control().take_over();
    }
    if known.is_none() {
        std::fs::write(&path, settings(ministry.address()))
            .with_context(|| format!("can not write {}", path.display()))?;
    }
    let mut config = Config::read(&path)?;
    config
        .fetch
        .resolve
        .insert(format!("{HOST}:80"), ministry.address());
    for host in PICTURE_HOSTS {
        let origin = format!("{host}:80");
        config.fetch.resolve.insert(origin, ministry.address());
    }
    if !context.json {
        let said = context.lang(&config).of(LISTENS);
        writeln!(out, "{said} http://{}", ministry.address())?;
        out.flush()?;
    }
    if args.serve {
        let address = format!("http://{}", ministry.address());
        if context.json {
            write_json(out, &json!({ "dir": args.dir, "address": address }))?;
        } else {
            let lang = context.lang(&config);
            writeln!(
                out,
                "{} cd {} && {} crawl",
                lang.of(FROM_ANOTHER),
                shell_word(&args.dir.display().to_string()),
                called_as()
            )?;
            writeln!(out, "{}", lang.of(TO_STOP))?;
        }
        out.flush()?;
        runtime.block_on(interrupts.first());
        return Ok(Outcome::Complete);
    }
    if args.edit {
        // In a second run everything is looked at again; by the usual schedule that would be tomorrow.
        config.crawl.revisit.insert(0, Period(Duration::ZERO));
    }
    let editor = args.edit.then(|| ministry.control());
    let options = CrawlOptions {
        sites: vec![SiteId::new("demo")],
        assets: args.assets,
        ..CrawlOptions::default()
    };
    let outcome = crawl_and_export(
        &config,
        context,
        &interrupts,
        &args.dir,
        options,
        editor,
        out,
    );
    runtime.block_on(ministry.stop());
    outcome
}

/// The program as the user called it, for a line to copy: by its name where the shell found it, else by its
/// whole path, which is right in every folder.
fn called_as() -> String {
    let name = std::env::args().next().unwrap_or_default();
    if !name.contains('/') {
        return "khotin".to_owned();
    }
    let path = std::path::absolute(&name).unwrap_or_else(|_| name.into());
    shell_word(&path.display().to_string())
}

/// A text as one word of a shell; quoted only where it must be.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+' | '@');
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// On the port of the folder's settings if that is free, else on any.
async fn start(args: &Args, known: Option<&Config>) -> anyhow::Result<DemoMinistry> {
    let options = DemoOptions {
        articles: args.articles,
        page_bytes: args.large_pages.then_some(60_000..120_000),
        port: known
            .and_then(|config| config.fetch.resolve.get(&format!("{HOST}:80")))
            .map(SocketAddr::port),
        ..DemoOptions::default()
    };
    match DemoMinistry::start(options.clone()).await {
        Err(_) if options.port.is_some() && !args.serve => Ok(DemoMinistry::start(DemoOptions {
            port: None,
            ..options
        })
        .await?),
        started => Ok(started?),
    }
}

/// The folder's config.toml. A gap this short is only allowed on loopback.
fn settings(address: SocketAddr) -> String {
    let pictures: String = PICTURE_HOSTS
        .iter()
        .map(|host| format!(", \"{host}:80\" = \"{address}\""))
        .collect();
    format!(
        "# Settings of the demo ministry, made by `khotin demo`. The reference of all keys is the\n\
         # config.toml that `khotin init` makes.\n\
         [crawl]\n\
         sites = [\"demo\"]\n\n\
         [fetch]\n\
         # The name exists nowhere; this line leads to the server on this machine.\n\
         resolve = {{ \"{HOST}:80\" = \"{address}\"{pictures} }}\n\n\
         [site.demo]\n\
         # A gap this short is only allowed on loopback.\n\
         gap = \"20ms\"\n"
    )
}

/// What an editor may do in a night, so that the next crawl finds something new, changed and gone.
fn edit(control: &Control) -> anyhow::Result<()> {
    let known = control.expected();
    let mut articles = known
        .iter()
        .filter(|article| article.platform == Platform::Liferay && !article.title.is_empty());
    let (Some(changed), Some(gone)) = (articles.next(), articles.next()) else {
        bail!("the demo ministry has no two articles to edit");
    };
    let title = format!("{} (cập nhật)", changed.title);
    control.edit(&changed.key, |article| article.title = title)?;
    control.delete(&gone.key)?;
    control.shift(Platform::Liferay, "tin-tong-hop", 2)?;
    Ok(())
}

fn crawl_and_export(
    config: &Config,
    context: &Context,
    interrupts: &Interrupts,
    dir: &Path,
    options: CrawlOptions,
    editor: Option<&Control>,
    out: &mut dyn Write,
) -> anyhow::Result<Outcome> {
    let (json, lang) = (context.json, context.lang(config));
    let sites = Sites::load(Some(&config.paths.sites))?;
    let settings = dir.join("config.toml");
    let run = |options| crawl(config, &sites, options, &settings, lang, interrupts);
    let mut report = run(options.clone())?;
    if let Some(control) = editor.filter(|_| interrupts.check().is_ok()) {
        if !json {
            write_report(out, &report, false, lang)?;
            let told = words(
                "the editor changes one article, removes one and adds two; then it is crawled again",
                "biên tập viên sửa một bài, gỡ một bài và đăng thêm hai bài; rồi thu thập lại",
            );
            writeln!(out, "\n{}", lang.of(told))?;
        }
        edit(control)?;
        report = run(options)?;
    }
    if !json {
        write_report(out, &report, false, lang)?;
    }
    if interrupts.check().is_err() {
        if json {
            write_json(
                out,
                &json!({ "dir": dir, "report": report, "export": null }),
            )?;
        }
        return Ok(Outcome::of_code(report.exit_code));
    }
    let wanted = Wanted::of_settings(config, lang);
    let exported = export_to(config, wanted, interrupts)?;
    if json {
        let answer = json!({
            "dir": dir,
            "report": report,
            "export": { "folder": exported.folder, "manifest": exported.manifest },
        });
        write_json(out, &answer)?;
    } else {
        writeln!(out, "\n{} {}", exported.manifest.articles, lang.of(MADE_UP))?;
        if let Some(file) = exported.spreadsheet() {
            writeln!(out, "{:<15}{}", lang.of(DOUBLE_CLICK), file.display())?;
        }
        writeln!(
            out,
            "{:<15}cd {} && {} status",
            lang.of(LOOK_AROUND),
            shell_word(&dir.display().to_string()),
            called_as()
        )?;
    }
    Ok(Outcome::of_code(report.exit_code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_to_copy_is_one_word_for_a_shell() {
        let table = [
            ("plain", "khotin-demo/a.b_c", "khotin-demo/a.b_c"),
            ("letters of any language", "thử", "thử"),
            ("a blank", "kho tin", "'kho tin'"),
            ("a quote", "it's", r"'it'\''s'"),
            ("what a shell would run", "a;b$(c)", "'a;b$(c)'"),
            ("nothing", "", "''"),
        ];
        for (what, given, expected) in table {
            assert_eq!(shell_word(given), expected, "{what}");
        }
    }
}

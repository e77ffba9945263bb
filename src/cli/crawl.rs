//! `khotin crawl`: one run.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::watch;

use super::alone::ChildTrial;
use super::bytes::read_size;
use super::context::known_site;
use super::interrupt::Interrupts;
use super::json::write_json;
use super::problem::UsageError;
use super::progress::Drawer;
use super::report::write_report;
use super::say::say;
use super::{Context, Outcome};
use crate::Lang;
use crate::config::{Assets, Config, Sites, nearest};
use crate::fetch::{Clock, SystemClock};
use crate::frontier::Frontier;
use crate::frontier::way::Way;
use crate::lang::words;
use crate::model::{Request, SectionId, SiteId};
use crate::pipeline::{
    self, AssetForecast, Crawl, CrawlError, CrawlOptions, Progress, RunReport, SitePlan, database,
    run_name,
};
use crate::store::{SqliteStore, Store, Want};

/// Ask the sites for what is new, archive every answer and read it
///
/// Goes on where the last run was, however that ended. Asks robots.txt first and keeps the site's
/// pace; interrupt once to finish what is in flight, twice to stop at once.
///
/// Example: khotin crawl moh --since 2026-01-01 --max-requests 500
#[derive(Debug, Default, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Sites [default: `sites` of config.toml]
    #[arg(value_parser = |text: &str| Ok::<_, String>(SiteId::new(text)))]
    sites: Vec<SiteId>,

    /// Leave articles that a listing dates before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<NaiveDate>,

    /// Only this section; may be given several times
    #[arg(long = "section", value_name = "ID", value_parser = |text: &str| Ok::<_, String>(SectionId::new(text)))]
    sections: Vec<SectionId>,

    /// Stop after so many requests; the next run goes on there
    #[arg(long, value_name = "N")]
    max_requests: Option<u64>,

    /// Stop after so many bytes of answers, as in 5000000, 5MB or 500MiB
    #[arg(long, value_name = "SIZE", value_parser = read_size)]
    max_bytes: Option<u64>,

    /// Stop after so long, as in 30m or 2h
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    max_time: Option<Duration>,

    /// Read every listing to its end, not only until known articles
    #[arg(long)]
    full: bool,

    /// Archive these files of articles too [default: as config.toml says, else none]
    #[arg(long, value_name = "WHICH")]
    assets: Option<Assets>,

    /// Print what would be asked; ask nothing
    #[arg(long)]
    dry_run: bool,
}

fn read_time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "a time with its unit, such as 30m, 2h or 1day".to_owned())
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let config = context.config()?;
    let sites = context.sites()?;
    let options = joined(args, &config);
    known_names(&sites, &options)?;
    if args.dry_run {
        let lang = context.lang(&config);
        return dry_run(&config, &sites, &options, context.json, lang, out);
    }
    let interrupts = Interrupts::listen()?;
    let report = crawl(
        &config,
        &sites,
        options,
        &context.config_path(),
        context.lang(&config),
        &interrupts,
    )?;
    write_report(out, &report, context.json, context.lang(&config))?;
    Ok(Outcome::of_code(report.exit_code))
}

/// What the settings alone ask for.
pub(crate) fn by_settings(config: &Config, sites: &Sites) -> anyhow::Result<CrawlOptions> {
    let options = joined(&Args::default(), config);
    known_names(sites, &options)?;
    Ok(options)
}

/// Flags win over settings.
fn joined(args: &Args, config: &Config) -> CrawlOptions {
    let settings = &config.crawl;
    let or = |flags: &[SectionId]| match flags {
        [] => settings.sections.clone(),
        flags => flags.to_vec(),
    };
    CrawlOptions {
        sites: if args.sites.is_empty() {
            settings.sites.clone()
        } else {
            args.sites.clone()
        },
        sections: or(&args.sections),
        since: args.since.or(settings.since),
        max_requests: args.max_requests.or(settings.max_requests),
        max_bytes: args.max_bytes.or(settings.max_bytes),
        max_time: args.max_time.or(settings.max_time.map(|time| time.0)),
        full: args.full || settings.full,
        assets: args.assets,
    }
}

/// Checks names that a user may misspell.
fn known_names(sites: &Sites, options: &CrawlOptions) -> anyhow::Result<()> {
    if options.sites.is_empty() {
        bail!(UsageError::new(
            "no site is named, so nothing would be asked",
            "name one, as in `khotin crawl moh`, or in `sites` of [crawl] in config.toml; `khotin sites list` shows all",
        ));
    }
    let mut known = Vec::new();
    for name in &options.sites {
        let site = known_site(sites, name)?;
        known.extend(site.profile.sections.iter().map(|section| &section.id));
    }
    let Some(unknown) = options.sections.iter().find(|id| !known.contains(id)) else {
        return Ok(());
    };
    let names: Vec<&str> = known.iter().map(|id| id.as_str()).collect();
    let sites: Vec<&str> = options.sites.iter().map(SiteId::as_str).collect();
    let advice = match nearest(unknown.as_str(), &names) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("known here: {}", names.join(", ")),
    };
    bail!(UsageError::new(
        format!("no section `{unknown}` in {}", sites.join(", ")),
        advice,
    ))
}

/// One run with progress and interrupts; for `demo` too. `settings` is the file of `config`, and `lang` the
/// language of the progress.
pub(crate) fn crawl(
    config: &Config,
    sites: &Sites,
    options: CrawlOptions,
    settings: &Path,
    lang: Lang,
    interrupts: &Interrupts,
) -> anyhow::Result<RunReport> {
    let trial = Arc::new(ChildTrial::new(settings, interrupts.stop())?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("can not start the threads of the crawl")?;
    let progress = Arc::new(Progress::default());
    let drawer = Drawer::start(Arc::clone(&progress), lang);
    let result = runtime.block_on(async {
        tokio::spawn(drain(interrupts.stop(), Arc::clone(&progress)));
        pipeline::crawl(Crawl {
            config,
            sites,
            options,
            run: run_name(SystemClock.now_utc(), rand::random()),
            clock: Arc::new(SystemClock),
            random: rand::random,
            progress: Arc::clone(&progress),
            trial,
            stop: interrupts.stop(),
        })
        .await
    });
    if interrupts.check().is_err() {
        progress.drain();
    }
    drawer.end();
    Ok(result?)
}

/// Shows the first interrupt, from which on nothing more is asked.
async fn drain(mut stop: watch::Receiver<bool>, progress: Arc<Progress>) {
    if stop.wait_for(|stop| *stop).await.is_ok() {
        progress.drain();
    }
}

/// What a run would ask for first, with nothing asked and nothing changed.
fn dry_run(
    config: &Config,
    sites: &Sites,
    options: &CrawlOptions,
    json: bool,
    lang: Lang,
    out: &mut dyn Write,
) -> anyhow::Result<Outcome> {
    let plans = pipeline::plan(config, sites, options)?;
    let path = database(&config.paths.output);
    let store = path
        .is_file()
        .then(|| SqliteStore::open_reader(&path))
        .transpose()?;
    let mut asked = Vec::new();
    for plan in &plans {
        let requests = would_ask(plan, options, store.as_ref())?;
        let files = would_ask_files(config, plan, options, store.as_ref())?;
        asked.push((plan, requests, files));
    }
    if json {
        let sites: Vec<_> = asked
            .iter()
            .map(|(plan, requests, files)| {
                serde_json::json!({
                    "site": plan.profile.id,
                    "gap_ms": plan.rules.settings().gap.as_millis() as u64,
                    "requests": requests.iter().map(|request| serde_json::json!({
                        "purpose": request.purpose, "method": request.method,
                        "url": request.url, "body": request.body, "section": request.section,
                    })).collect::<Vec<_>>(),
                    "assets": plan.frontier.assets,
                    "files": files,
                })
            })
            .collect();
        write_json(out, &sites)?;
        return Ok(Outcome::Complete);
    }
    for (plan, requests, files) in asked {
        let gap = humantime::format_duration(plan.rules.settings().gap);
        writeln!(
            out,
            "{}: one request every {gap}, after robots.txt",
            plan.profile.id
        )?;
        for request in &requests {
            let body = request.body.as_deref().unwrap_or_default();
            writeln!(
                out,
                "  {} {} {} {body}",
                request.purpose, request.method, request.url
            )?;
        }
        writeln!(
            out,
            "  {} requests are known now; listings may add more",
            requests.len()
        )?;
        if let Some(files) = files {
            write_files(out, plan.frontier.assets, &files, lang)?;
        }
    }
    Ok(Outcome::Complete)
}

/// How many files a run would ask for, and how large they are.
fn write_files(
    out: &mut dyn Write,
    wanted: Assets,
    files: &AssetForecast,
    lang: Lang,
) -> anyhow::Result<()> {
    let number = say(words(
        "  files (assets = {wanted}): {images} images and {attachments} attachments of known articles; new articles add more",
        "  tệp (assets = {wanted}): {images} ảnh và {attachments} tệp đính kèm của các bài đã biết; bài mới sẽ thêm nữa",
    ))
    .with("wanted", wanted.as_str())
    .with("images", files.images)
    .with("attachments", files.attachments);
    writeln!(out, "{}", number.in_lang(lang))?;
    let size = say(words(
        "  size: {bytes} bytes of {known}; not known of {unknown}; by the caps at most {most} bytes",
        "  dung lượng: {bytes} byte của {known} tệp; {unknown} tệp chưa rõ; theo giới hạn nhiều nhất {most} byte",
    ))
    .with("bytes", files.known_bytes)
    .with("known", files.known_sizes)
    .with("unknown", files.unknown_sizes)
    .with("most", files.at_most_bytes);
    writeln!(out, "{}", size.in_lang(lang))?;
    for (host, number) in &files.hosts_not_named {
        let host = say(words(
            "  not asked: {number} on {host}, which the profile does not name (asset_hosts)",
            "  không yêu cầu: {number} tệp ở {host}, hồ sơ không nêu tên máy chủ này (asset_hosts)",
        ))
        .with("number", number)
        .with("host", host);
        writeln!(out, "{}", host.in_lang(lang))?;
    }
    Ok(())
}

/// None where no files are wanted.
fn would_ask_files(
    config: &Config,
    plan: &SitePlan,
    options: &CrawlOptions,
    store: Option<&SqliteStore>,
) -> Result<Option<AssetForecast>, CrawlError> {
    if plan.frontier.assets == Assets::None {
        return Ok(None);
    }
    let Some(store) = store else {
        return Ok(Some(AssetForecast::default()));
    };
    let now = SystemClock.now_utc();
    let want = Want {
        assets: plan.frontier.assets,
        ..want_pages(plan, options, now)
    };
    pipeline::forecast_assets(config, plan, options, store, &want, now).map(Some)
}

fn want_pages(plan: &SitePlan, options: &CrawlOptions, now: DateTime<Utc>) -> Want {
    Want {
        run: run_name(now, 0),
        site: plan.profile.id.clone(),
        sections: options.sections.clone(),
        since: options.since,
        assets: Assets::None,
    }
}

fn would_ask(
    plan: &SitePlan,
    options: &CrawlOptions,
    store: Option<&SqliteStore>,
) -> Result<Vec<Request>, CrawlError> {
    let Some(store) = store else {
        let first = |section| Ok(Way::new(&plan.profile, section)?.first_request()?);
        return plan.sections.iter().map(first).collect();
    };
    let now = SystemClock.now_utc();
    let frontier = Frontier {
        profile: &plan.profile,
        options: &plan.frontier,
    };
    let seeds = frontier.seeds(store, &plan.sections, now)?;
    let mut requests: Vec<Request> = seeds.into_iter().map(|planned| planned.request).collect();
    let want = want_pages(plan, options, now);
    for work in store.queue(&want, now, usize::MAX)? {
        if !requests
            .iter()
            .any(|known| known.key() == work.request.key())
        {
            requests.push(work.request);
        }
    }
    Ok(requests)
}

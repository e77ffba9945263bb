//! Pipeline: wires the stages. [`crawl`] is one run: recovery, workers and keeper, report; [`open()`] takes
//! what the archive has and the store lacks, and [`rebuild()`] all of it.
//!
//! In: settings, profiles and what the user asked for; out: a [`RunReport`]. Always holds: an exchange
//! is archived and durable before it is read, and read before anything follows from it; what can not
//! be archived ends the run. Not here: what follows from a page ([`crate::frontier`]), how a request
//! is sent ([`crate::fetch`]).

mod assets;
mod batch;
mod budget;
mod closing;
mod compare;
mod differences;
mod error;
mod forecast;
mod import;
mod ingest;
mod keeper;
mod lost;
mod open;
mod plan;
mod probe;
mod progress;
mod read_batch;
mod readers;
mod reading;
mod rebuild;
mod rebuilt;
mod replay;
mod report;
mod space;
mod worker;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{SecondsFormat, Utc};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use compare::{Comparison, StoreCheck, StoreFinding, compare, compare_telling};
pub use differences::{Differences, Keys, NAMED_KEYS, differences};
pub use error::CrawlError;
pub use forecast::{AssetForecast, forecast_assets};
pub use import::{
    Base, ForeignCheck, ForeignFiles, ForeignState, ImportProgress, ImportWishes, ImportedAgain,
    Importing, Input, MissingForeign, RangeSource, check_foreign, import,
};
pub use lost::{ExchangesCompared, LostExchange};
pub use open::{Opened, Opening, open};
pub(crate) use open::{archive_folder, database};
pub(crate) use plan::user_agent;
pub use plan::{CrawlOptions, SitePlan, own_machine, plan};
pub use probe::{NotAsked, Probe, Probing, Session, probe};
pub use progress::{Progress, Snapshot, Wait};
pub use reading::{Suspect, Trial, Verdict, read_alone};
pub use rebuild::{RebuildOptions, rebuild};
pub use rebuilt::{CARRIED, Damage, NOT_REBUILT, Old, Rebuilt};
pub use replay::Replayed;
pub use report::{AssetReport, RunReport, SectionReport, SiteReport};
pub(crate) use space::free_bytes;

use self::keeper::{KeeperHandle, Tries};
use self::worker::{Ended, Worker};
use crate::config::{Assets, Config, Sites};
use crate::fetch::{Clock, FetchOptions, Fetcher, Gate, GateSettings, Lane, Pace};
use crate::frontier::{Frontier, scope};
use crate::model::{Purpose, Request, RunId, SiteId};
use crate::store::{RunRow, Store};

/// Everything that a run needs from outside.
pub struct Crawl<'a> {
    /// The operator's settings.
    pub config: &'a Config,
    /// All known sites.
    pub sites: &'a Sites,
    /// What the user asked for.
    pub options: CrawlOptions,
    /// This run's name.
    pub run: RunId,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Numbers from 0 up to 1, for the jitter.
    pub random: fn() -> f64,
    /// Counters for others to look at.
    pub progress: Arc<Progress>,
    /// Tries the captures at whose reading a process ended.
    pub trial: Arc<dyn Trial>,
    /// Becomes true when nothing new may be asked.
    pub stop: watch::Receiver<bool>,
}

/// Runs one crawl to its end.
///
/// # Errors
/// [`CrawlError`] if it can not begin, or if something can not be archived or stored. What was
/// committed stays, and the same command goes on there.
pub async fn crawl(crawl: Crawl<'_>) -> Result<RunReport, CrawlError> {
    let plans = plan(crawl.config, crawl.sites, &crawl.options)?;
    let fetcher = Arc::new(fetcher(
        crawl.config,
        &plans,
        &crawl.run,
        Arc::clone(&crawl.clock),
    )?);
    if let Some(low_disk) = space::low_disk(crawl.config) {
        return Err(low_disk);
    }
    let started = crawl.clock.now_utc();
    let begun = tokio::time::Instant::now();
    let mut opened = open(Opening {
        config: crawl.config,
        sites: crawl.sites,
        clock: &*crawl.clock,
        trial: &*crawl.trial,
        stop: &crawl.stop,
    })?;
    refuse_mixed_captures(&opened, &plans)?;
    let options = serde_json::to_value(&crawl.options).map_err(CrawlError::Report)?;
    let mut seeds = Vec::new();
    for site in &plans {
        let frontier = Frontier {
            profile: &site.profile,
            options: &site.frontier,
        };
        seeds.extend(frontier.seeds(&opened.store, &site.sections, started)?);
    }
    opened.store.start_run(&RunRow {
        run: crawl.run.clone(),
        started_at: started,
        options,
        finished_at: None,
        report: None,
    })?;
    opened.store.plan(&seeds)?;
    for plan in &plans {
        let cap = crawl.config.crawl.asset_max_bytes;
        assets::plan_known(&mut opened.store, plan, cap, &crawl.stop)?;
    }
    let tries = Tries {
        most: crawl.config.crawl.tries,
        backoff: plan::backoff(crawl.config),
    };
    let keeper = opened.into_keeper(&crawl, &plans, tries, started)?;
    let (handle, thread) = keeper::start(keeper);
    let worked = work(&crawl, &plans, fetcher, handle).await;
    let keeper = thread.join().map_err(|_| CrawlError::KeeperGone)?;
    finish(
        &crawl,
        keeper,
        worked,
        started.to_rfc3339_opts(SecondsFormat::Secs, true),
        begun.elapsed(),
    )
}

/// An archive never mixes direct captures with those of an override (design, decision 6).
fn refuse_mixed_captures(opened: &Opened, plans: &[SitePlan]) -> Result<(), CrawlError> {
    let mut known = opened.store.via()?;
    for plan in plans {
        match known {
            Some(via) if via != plan.via => {
                return Err(CrawlError::MixedCaptures {
                    site: plan.profile.id.clone(),
                    known: via,
                    wanted: plan.via,
                });
            }
            _ => known = Some(plan.via),
        }
    }
    Ok(())
}

/// Lets all workers work; gives how each site ended.
async fn work(
    crawl: &Crawl<'_>,
    plans: &[SitePlan],
    fetcher: Arc<Fetcher>,
    keeper: KeeperHandle,
) -> Result<BTreeMap<SiteId, Vec<Ended>>, CrawlError> {
    let pace = Arc::new(Pace::new(
        Arc::new(keeper.clone()),
        Arc::clone(&crawl.clock),
        crawl.random,
    ));
    let mut workers = JoinSet::new();
    let stop = stop_at(crawl.stop.clone(), crawl.options.max_time);
    for plan in plans {
        let gate = Arc::new(gate(plan, &fetcher, &pace));
        for _ in 0..plan.rules.settings().connections {
            let worker = Worker {
                site: plan.profile.id.clone(),
                keeper: keeper.clone(),
                gate: Arc::clone(&gate),
                fetcher: Arc::clone(&fetcher),
                clock: Arc::clone(&crawl.clock),
                progress: Arc::clone(&crawl.progress),
                stop: stop.clone(),
                last_failure: None,
                left_alone: BTreeMap::new(),
            };
            let site = plan.profile.id.clone();
            workers.spawn(async move { worker.run().await.map(|ended| (site, ended)) });
        }
    }
    drop(keeper);
    tokio::spawn(progress::tell_waits(
        pace.waiting(),
        Arc::clone(&crawl.progress),
    ));
    let mut ended: BTreeMap<SiteId, Vec<Ended>> = BTreeMap::new();
    while let Some(worker) = workers.join_next().await {
        // The first error ends the run; dropping the set stops the other workers.
        let (site, how) = worker.map_err(|_| CrawlError::WorkerGone)??;
        ended.entry(site).or_default().push(how);
    }
    Ok(ended)
}

/// The gate of a site.
fn gate(plan: &SitePlan, fetcher: &Fetcher, pace: &Arc<Pace>) -> Gate {
    let (profile, resolve) = (plan.profile.clone(), plan.frontier.walk.resolve.clone());
    let asks_files = plan.frontier.assets != Assets::None;
    let scope = move |request: &Request| {
        let decide = match request.purpose {
            Purpose::Listing | Purpose::Article => scope::decide,
            Purpose::Robots if !asks_files => scope::decide,
            Purpose::Robots | Purpose::Asset => scope::decide_asset,
        };
        decide(&profile, &resolve, &request.url)
            .map(|_| ())
            .map_err(|out| out.rule)
    };
    let settings = GateSettings {
        scope: Arc::new(scope),
        permissions: plan.permissions.clone(),
        own: Lane {
            group: plan.profile.pace_group().to_owned(),
            rules: plan.rules,
        },
        others: plan.asset_lanes.clone(),
        pace: Arc::clone(pace),
    };
    Gate::new(fetcher, settings)
}

/// Becomes true with `stop`, and when the run has lasted as long as it may.
fn stop_at(mut stop: watch::Receiver<bool>, time: Option<Duration>) -> watch::Receiver<bool> {
    let Some(time) = time else { return stop };
    let (halt, halted) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            // Nobody may be there any more to stop the run; its time ends all the same.
            Ok(_) = stop.wait_for(|stop| *stop) => {}
            () = tokio::time::sleep(time) => {}
        }
        halt.send_replace(true);
    });
    halted
}

fn fetcher(
    config: &Config,
    plans: &[SitePlan],
    run: &RunId,
    clock: Arc<dyn Clock>,
) -> Result<Fetcher, CrawlError> {
    let fetch = &config.fetch;
    let contact = config.operator.contact.trim();
    let options = FetchOptions {
        user_agent: plan::user_agent(contact),
        from: contact.contains('@').then(|| contact.to_owned()),
        connect_timeout: fetch.connect_timeout.0,
        header_timeout: fetch.header_timeout.0,
        total_timeout: fetch.total_timeout.0,
        max_body_bytes: usize::try_from(fetch.max_body_bytes).unwrap_or(usize::MAX),
        max_asset_bytes: usize::try_from(config.crawl.asset_max_bytes).unwrap_or(usize::MAX),
        resolve: fetch.resolve.clone(),
        extra_ca_pem: read_pem(&fetch.extra_ca)?,
        extra_intermediates_pem: read_pem(&fetch.extra_intermediates)?,
        system_tls: plan::system_tls(config, plans),
        addresses: plan::addresses(plans),
        proxy: fetch.proxy.clone(),
        ..FetchOptions::default()
    };
    Ok(Fetcher::new(options, run.clone(), clock)?)
}

fn read_pem(files: &[PathBuf]) -> Result<Vec<Vec<u8>>, CrawlError> {
    let read = |path: &PathBuf| {
        std::fs::read(path).map_err(|source| CrawlError::CaFile {
            path: path.clone(),
            source,
        })
    };
    files.iter().map(read).collect()
}

/// Closes the WARC files, fills in the report and keeps it.
///
/// A run that ends by an error has a report too. The keeper's own error comes first: a worker only
/// hears that nothing is kept any more.
fn finish(
    crawl: &Crawl<'_>,
    mut keeper: keeper::Keeper,
    worked: Result<BTreeMap<SiteId, Vec<Ended>>, CrawlError>,
    started: String,
    took: Duration,
) -> Result<RunReport, CrawlError> {
    let mut closed = Ok(());
    for site in keeper.sites.values_mut() {
        if let Some(writer) = site.writer.take() {
            closed = closed.and(writer.close().map(|_| ()));
        }
    }
    let (ended, worked) = match worked {
        Ok(ended) => (ended, None),
        Err(error) => (BTreeMap::new(), Some(error)),
    };
    let kept = keeper.failed.take();
    let failed = kept.or(worked).or(closed.err().map(CrawlError::from));
    let mut report = RunReport {
        khotin: env!("CARGO_PKG_VERSION").to_owned(),
        run: crawl.run.clone(),
        started,
        ended: String::new(),
        seconds: took.as_secs_f64(),
        peak_memory_bytes: report::peak_memory_bytes(),
        exit_code: 0,
        causes: Vec::new(),
        stopped: (*crawl.stop.borrow())
            .then(|| "an interrupt".to_owned())
            .or_else(|| keeper.spent()),
        error: None,
        sites: BTreeMap::new(),
    };
    let mut told = tell(crawl, &mut keeper, &ended, failed.as_ref(), &mut report);
    if let Err(error) = keeper.store.close().map_err(CrawlError::from) {
        // The report is kept already: it is told again in this light.
        report.judge(failed.as_ref().or(Some(&error)));
        let folder = crawl.config.paths.output.join("reports");
        told = told
            .and(report::write(&folder, report.run.as_str(), &report))
            .and(Err(error));
    }
    match (failed, told) {
        (None, told) => told.map(|()| report),
        (Some(error), told) => {
            if let Err(second) = told {
                tracing::warn!(event = "no_run_report", "{second}: the run has no report");
            }
            Err(error)
        }
    }
}

/// Fills in what is known at the end of a run, and keeps it in the store and as a file.
fn tell(
    crawl: &Crawl<'_>,
    keeper: &mut keeper::Keeper,
    ended: &BTreeMap<SiteId, Vec<Ended>>,
    failed: Option<&CrawlError>,
    report: &mut RunReport,
) -> Result<(), CrawlError> {
    let now = crawl.clock.now_utc();
    let reports = crawl.config.paths.output.join("reports");
    report.ended = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    for (id, site) in &keeper.sites {
        let ended = ended.get(id).map(Vec::as_slice).unwrap_or_default();
        let closing = closing::closing(&keeper.store, site, ended, now, &reports)?;
        report.sites.insert(id.clone(), closing);
    }
    report.judge(failed.or(keeper.low_disk.as_ref()));
    let value = serde_json::to_value(&*report).map_err(CrawlError::Report)?;
    keeper.store.finish_run(&crawl.run, now, &value)?;
    report::write(&reports, report.run.as_str(), report)
}

/// A name for a run: `20261122T010203Z-4f2a`; the last part keeps two starts in one second apart.
pub fn run_name(now: chrono::DateTime<Utc>, random: u16) -> RunId {
    RunId::new(format!("{}-{random:04x}", now.format("%Y%m%dT%H%M%SZ")))
}

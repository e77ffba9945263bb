//! Open: the output folder as a run finds it. Opens the store, which locks it, closes what a crash left open, and takes
//! what the archive has and the store lacks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use tokio::sync::watch;

use super::budget::{Budgets, RunTime};
use super::keeper::{Keeper, KeptSite, Tries};
use super::plan::frontier_options;
use super::readers::jobs;
use super::reading::Trial;
use super::replay::{BATCH, Replayed, Rules, replay};
use super::report::{AssetReport, SiteReport};
use super::space::low_disk;
use super::{Crawl, CrawlError, CrawlOptions, SitePlan};
use crate::archive::{self, Archive, FileContext, Recovered, Resource};
use crate::config::{Config, Sites};
use crate::durable;
use crate::fetch::Clock;
use crate::model::{RunId, SiteId};
use crate::store::{Holder, SqliteStore, Store, Want};

/// What opening an output folder needs from outside.
#[derive(Clone, Copy)]
pub struct Opening<'a> {
    /// The operator's settings.
    pub config: &'a Config,
    /// All known sites.
    pub sites: &'a Sites,
    /// The clock.
    pub clock: &'a dyn Clock,
    /// Tries the captures at whose reading a process ended.
    pub trial: &'a dyn Trial,
    /// Becomes true when nothing more is to be taken out of the archive.
    pub stop: &'a watch::Receiver<bool>,
}

/// The output folder, ours alone until this is dropped.
#[derive(Debug)]
pub struct Opened {
    /// The store, as far as the archive.
    pub store: SqliteStore,
    /// The archive.
    pub archive: Archive,
    /// What recovery did.
    pub recovered: Vec<Recovered>,
    /// What the store lacked.
    pub replayed: Replayed,
}

/// The database of an output folder.
pub(crate) fn database(output: &Path) -> PathBuf {
    output.join("khotin.db")
}

/// The archive of an output folder.
pub(crate) fn archive_folder(output: &Path) -> PathBuf {
    output.join("archive")
}

/// Opens the output folder of `config`; makes it if it is not there.
///
/// # Errors
/// [`CrawlError::Store`] with the holder if another run has it; otherwise what recovery or the disk
/// says.
pub fn open(opening: Opening<'_>) -> Result<Opened, CrawlError> {
    let output = &opening.config.paths.output;
    let folder = make_archive_folder(output)?;
    let mut store = SqliteStore::open(&database(output), holder(opening.clock))?;
    let known = store
        .positions()?
        .into_iter()
        .map(|position| (position.file, position.end_offset))
        .collect();
    let recovered = archive::recover_behind(&folder, &known)?;
    let archive = Archive::new(folder);
    let options = replay_options(opening.config, opening.sites);
    let rules = Rules {
        sites: opening.sites,
        options: &options,
        jobs: jobs(opening.config.reading.jobs),
        batch: BATCH,
        trial: opening.trial,
        stop: opening.stop,
        taken: &mut |_| {},
        damaged: &mut |error| Err(error.into()),
    };
    let replayed = replay(&mut store, &archive, rules)?;
    for (site, number) in &replayed.without_profile {
        tracing::warn!(
            event = "no_profile",
            %site,
            exchanges = number,
            "{number} exchanges of {site} are kept and not read: it has no profile any more; put \
             {site}.toml back and run `khotin rebuild`"
        );
    }
    Ok(Opened {
        store,
        archive,
        recovered,
        replayed,
    })
}

/// Makes the archive's folder, and the output folder around it, if they are not there.
pub(super) fn make_archive_folder(output: &Path) -> Result<PathBuf, CrawlError> {
    let folder = archive_folder(output);
    for path in [output, &folder] {
        durable::make_folder(path).map_err(|source| CrawlError::Folder {
            path: path.to_owned(),
            source,
        })?;
    }
    Ok(folder)
}

/// This process, as others are told who holds the lock.
pub(super) fn holder(clock: &dyn Clock) -> Holder {
    Holder {
        pid: std::process::id(),
        since: clock.now_utc(),
    }
}

/// What the frontier of each known site is told when old exchanges are taken again.
pub(super) fn replay_options(
    config: &Config,
    sites: &Sites,
) -> BTreeMap<SiteId, crate::frontier::FrontierOptions> {
    let options = CrawlOptions::default();
    let of_site = |id: &SiteId| frontier_options(config, &options, id);
    let ids = sites.iter().map(|site| &site.profile.id);
    ids.map(|id| (id.clone(), of_site(id))).collect()
}

impl Opened {
    /// Hands store and lock to a keeper.
    ///
    /// # Errors
    /// [`CrawlError::Archive`] if the archive's folder can not be read.
    pub(super) fn into_keeper(
        self,
        crawl: &Crawl<'_>,
        plans: &[SitePlan],
        tries: Tries,
        started: DateTime<Utc>,
    ) -> Result<Keeper, CrawlError> {
        let first_serial = self.archive.files()?.len() as u32 + 1;
        let sites = plans.iter().map(|plan| {
            let id = plan.profile.id.clone();
            let kept = KeptSite {
                profile: plan.profile.clone(),
                options: plan.frontier.clone(),
                want: Want {
                    run: crawl.run.clone(),
                    site: id.clone(),
                    sections: crawl.options.sections.clone(),
                    since: crawl.options.since,
                    assets: plan.frontier.assets,
                },
                files: file_context(crawl, plan, self.archive.dir(), started),
                first_serial,
                writer: None,
                report: SiteReport {
                    assets: AssetReport {
                        wanted: plan.frontier.assets,
                        ..AssetReport::default()
                    },
                    ..SiteReport::default()
                },
            };
            (id, kept)
        });
        Ok(Keeper {
            sites: sites.collect(),
            store: self.store,
            clock: Arc::clone(&crawl.clock),
            progress: Arc::clone(&crawl.progress),
            tries,
            jobs: jobs(crawl.config.reading.jobs),
            budgets: Budgets {
                requests: crawl.options.max_requests,
                bytes: crawl.options.max_bytes,
                time: crawl.options.max_time,
                asset_bytes: crawl.config.crawl.asset_max_bytes_per_run,
            },
            watch_disk: {
                let config = crawl.config.clone();
                Box::new(move || low_disk(&config))
            },
            low_disk: None,
            sent: 0,
            time: RunTime::start(started),
            commits: watch::Sender::new(0),
            count_again: None,
            failed: None,
        })
    }
}

/// What every WARC file of a site begins with (design, decision 6).
fn file_context(
    crawl: &Crawl<'_>,
    plan: &SitePlan,
    dir: &Path,
    started: DateTime<Utc>,
) -> FileContext {
    let id = &plan.profile.id;
    let operator = &crawl.config.operator;
    let mut resources = Vec::new();
    if let Some(site) = crawl.sites.get(id) {
        resources.push(resource(&format!("urn:khotin:site:{id}"), &site.text));
    }
    resources.push(resource(
        "urn:khotin:config",
        &crawl.config.without_secrets(),
    ));
    FileContext {
        dir: dir.to_owned(),
        prefix: format!("khotin-{id}"),
        max_bytes: crawl.config.archive.max_file_bytes,
        warcinfo: warcinfo(
            crawl,
            plan,
            &operator.name,
            &operator.contact,
            &crawl.run,
            started,
        ),
        resources,
    }
}

fn resource(uri: &str, text: &str) -> Resource {
    Resource {
        uri: uri.to_owned(),
        content_type: "application/toml".to_owned(),
        body: text.as_bytes().to_vec(),
    }
}

fn warcinfo(
    crawl: &Crawl<'_>,
    plan: &SitePlan,
    name: &str,
    contact: &str,
    run: &RunId,
    started: DateTime<Utc>,
) -> Vec<(String, String)> {
    let mut lines = vec![
        (
            "software",
            concat!("khotin/", env!("CARGO_PKG_VERSION")).to_owned(),
        ),
        ("operator", name.to_owned()),
        ("contact", contact.to_owned()),
        (
            "http-header-user-agent",
            super::plan::user_agent(contact.trim()),
        ),
        ("robots", "obeyed, RFC 9309".to_owned()),
        ("run", run.to_string()),
        (
            "run-started",
            started.to_rfc3339_opts(SecondsFormat::Secs, true),
        ),
        ("site", plan.profile.id.to_string()),
        ("profile-digest", format!("sha256:{}", plan.profile.digest)),
        ("via", plan.via.as_str().to_owned()),
    ];
    for (origin, address) in &crawl.config.fetch.resolve {
        lines.push(("override", format!("{origin} = {address}")));
    }
    for permission in &plan.permissions {
        let paths = permission.paths.join(" ");
        lines.push((
            "robots-permission",
            format!("{} on {}: {paths}", permission.by, permission.on),
        ));
    }
    lines
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

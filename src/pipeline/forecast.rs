//! Forecast: how many files of articles a run would ask for, and how large they are, before it begins. In:
//! the store as it stands, and what the run wants; out: counts. Nothing is asked and nothing is changed. No
//! size is invented: one that nobody said is counted as not known.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};
use url::Url;

use super::{CrawlError, CrawlOptions, SitePlan};
use crate::config::{Assets, Config};
use crate::frontier::assets::{addresses, name_of, size_in_words};
use crate::frontier::scope::decide_asset;
use crate::model::{Article, Purpose, Request};
use crate::store::{ArticleFilter, Priority, RequestState, Store, Want};

/// Hosts that are named at most (our choice): a site could name as many as it likes.
const MOST_HOSTS: usize = 50;

/// The files of one site's known articles that a run would ask for. Articles that it finds add more.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct AssetForecast {
    /// Pictures.
    pub images: u64,
    /// Attachments.
    pub attachments: u64,
    /// Of both, those whose size is known: by an earlier answer, or by the page's own words.
    pub known_sizes: u64,
    /// Their bytes together.
    pub known_bytes: u64,
    /// Those whose size nobody said.
    pub unknown_sizes: u64,
    /// What the run receives of them at most, by the caps for a file and for a run.
    pub at_most_bytes: u64,
    /// Files that are not asked for because the profile does not name their host, by host.
    pub hosts_not_named: BTreeMap<String, u64>,
}

/// Counts what a run would ask for. Memory grows by a digest for each file.
///
/// # Errors
/// If the store fails.
pub fn forecast_assets<S: Store>(
    config: &Config,
    plan: &SitePlan,
    options: &CrawlOptions,
    store: &S,
    want: &Want,
    now: DateTime<Utc>,
) -> Result<AssetForecast, CrawlError> {
    let mut counting = Counting {
        plan,
        cap: config.crawl.asset_max_bytes,
        now,
        met: BTreeSet::new(),
        forecast: AssetForecast::default(),
    };
    if plan.frontier.assets == Assets::None {
        return Ok(counting.forecast);
    }
    let filter = ArticleFilter {
        site: Some(plan.profile.id.clone()),
        ..ArticleFilter::default()
    };
    for article in store.articles(&filter) {
        let article = article?;
        if is_wanted(&article, options) {
            counting.article(store, &article)?;
        }
    }
    // What an earlier version of an article named waits too.
    for work in store.queue(want, now, usize::MAX)? {
        if work.request.purpose == Purpose::Asset && counting.is_new(&work.request.url) {
            counting.count(store.said_size(&work.request)?, Priority::Image);
        }
    }
    let mut forecast = counting.forecast;
    let unknown = forecast.unknown_sizes.saturating_mul(counting.cap);
    let all = forecast.known_bytes.saturating_add(unknown);
    // The file that reaches the run's cap is kept.
    let run = config.crawl.asset_max_bytes_per_run;
    forecast.at_most_bytes = all.min(run.saturating_add(counting.cap));
    Ok(forecast)
}

/// What `--section` and `--since` leave.
fn is_wanted(article: &Article, options: &CrawlOptions) -> bool {
    let in_section = |name: &String| options.sections.iter().any(|one| one.as_str() == name);
    let published = article.published.as_ref();
    let day = published.and_then(|one| one.at.get(..10)?.parse::<NaiveDate>().ok());
    let is_old = options
        .since
        .zip(day)
        .is_some_and(|(since, day)| day < since);
    !is_old && (options.sections.is_empty() || article.sections.iter().any(in_section))
}

struct Counting<'a> {
    plan: &'a SitePlan,
    cap: u64,
    now: DateTime<Utc>,
    met: BTreeSet<Vec<u8>>,
    forecast: AssetForecast,
}

impl Counting<'_> {
    fn article<S: Store>(&mut self, store: &S, article: &Article) -> Result<(), CrawlError> {
        let (profile, options) = (&self.plan.profile, &self.plan.frontier);
        let wanted = addresses(&article.images, &article.attachments, options.assets);
        for (address, priority) in wanted {
            let Ok(url) = Url::parse(address) else {
                continue;
            };
            if !matches!(url.scheme(), "http" | "https") || !self.is_new(&url) {
                continue;
            }
            if decide_asset(profile, &options.walk.resolve, &url).is_err() {
                self.not_named(&url);
                continue;
            }
            let request = Request::asset(profile.id.clone(), url);
            let said = store.said_size(&request)?;
            let waits = match store.request(&request)? {
                None => true,
                Some(row) => match row.state {
                    RequestState::Done => said.is_some_and(|said| said <= self.cap),
                    RequestState::GivenUp => row.due.is_some_and(|due| due <= self.now),
                    _ => true,
                },
            };
            if waits {
                let mut files = article.attachments.iter();
                let file = files.find(|file| file.url.as_deref() == Some(address));
                let in_words = file.and_then(|file| size_in_words(&file.label));
                self.count(said.or(in_words), priority);
            }
        }
        Ok(())
    }

    /// True once for each file.
    fn is_new(&mut self, url: &Url) -> bool {
        let name = name_of(url.as_str());
        let digest = Sha256::digest(name.as_bytes());
        self.met.insert(digest.iter().take(16).copied().collect())
    }

    fn count(&mut self, size: Option<u64>, priority: Priority) {
        let forecast = &mut self.forecast;
        match priority {
            Priority::Attachment => forecast.attachments += 1,
            _ => forecast.images += 1,
        }
        match size {
            Some(size) => {
                forecast.known_sizes += 1;
                let kept = size.min(self.cap);
                forecast.known_bytes = forecast.known_bytes.saturating_add(kept);
            }
            None => forecast.unknown_sizes += 1,
        }
    }

    fn not_named(&mut self, url: &Url) {
        let host = url.host_str().unwrap_or_default();
        let profile = &self.plan.profile;
        let mut known = profile.hosts.iter().chain(&profile.asset_hosts);
        if known.any(|one| one == host) {
            return;
        }
        let hosts = &mut self.forecast.hosts_not_named;
        if hosts.len() < MOST_HOSTS || hosts.contains_key(host) {
            *hosts.entry(host.to_owned()).or_default() += 1;
        }
    }
}

//! A desk: a demo ministry, a folder, settings and a clock that tests may set forward. Every crawl is the
//! library's own, in this process, over real sockets on 127.0.0.1.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use khotin::archive::{Archive, StoredExchange};
use khotin::config::{Config, Period, SiteSettings, Sites};
use khotin::demo::{AccessEntry, Control, DemoMinistry, DemoOptions, HOST, PICTURE_HOSTS};
use khotin::export::{ExportOptions, ExportQuery, export};
use khotin::fetch::Clock;
use khotin::model::{Article, ArticleKey, SectionId, SiteId};
use khotin::pipeline::{
    Crawl, CrawlError, CrawlOptions, Progress, RunReport, SiteReport, Suspect, Verdict, crawl,
};
use khotin::pipeline::{Opening, RebuildOptions, rebuild, run_name};
use khotin::store::{ArticleFilter, SqliteStore, Store};
use tempfile::TempDir;
use tokio::sync::watch;

/// The machine's clock, set forward by as much as a test wants.
#[derive(Default)]
pub struct DeskClock {
    ahead_seconds: AtomicI64,
}

impl Clock for DeskClock {
    fn now_utc(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::seconds(self.ahead_seconds.load(Ordering::Relaxed))
    }
}

/// A demo ministry with everything that crawls it.
pub struct Desk {
    pub ministry: DemoMinistry,
    pub config: Config,
    pub sites: Sites,
    folder: TempDir,
    clock: Arc<DeskClock>,
    runs: Mutex<u16>,
    stop: watch::Sender<bool>,
}

impl Desk {
    /// A ministry of `articles` generated articles, without a gap between requests and with pauses of
    /// at most 20 ms after trouble.
    pub async fn open(articles: usize) -> Self {
        let options = DemoOptions {
            articles,
            ..DemoOptions::default()
        };
        Self::open_with(options).await
    }

    /// As [`Self::open`].
    pub async fn open_with(options: DemoOptions) -> Self {
        let ministry = DemoMinistry::start(options).await.unwrap();
        let folder = TempDir::new().unwrap();
        let mut config = Config::default();
        config.paths.output = folder.path().join("output");
        config.fetch.jitter = Period(Duration::ZERO);
        config.fetch.longest_pause = Period(Duration::from_millis(20));
        for host in [HOST].into_iter().chain(PICTURE_HOSTS) {
            let name = format!("{host}:80");
            config.fetch.resolve.insert(name, ministry.address());
        }
        let settings = SiteSettings {
            gap: Some(Period(Duration::ZERO)),
            ..SiteSettings::default()
        };
        config.site.insert(SiteId::new("demo"), settings);
        Self {
            ministry,
            config,
            sites: Sites::load(None).unwrap(),
            folder,
            clock: Arc::default(),
            runs: Mutex::default(),
            stop: watch::Sender::new(false),
        }
    }

    pub fn control(&self) -> &Control {
        self.ministry.control()
    }

    /// Sets the crawler's clock forward.
    pub fn later(&self, time: TimeDelta) {
        let seconds = time.num_seconds();
        self.clock
            .ahead_seconds
            .fetch_add(seconds, Ordering::Relaxed);
    }

    /// A hand that sets the crawler's clock, also in mid-crawl.
    pub fn clock_hand(&self) -> impl Fn(TimeDelta) + Send + Sync + 'static + use<> {
        let clock = Arc::clone(&self.clock);
        move |time| {
            let seconds = time.num_seconds();
            clock.ahead_seconds.fetch_add(seconds, Ordering::Relaxed);
        }
    }

    /// A gap between requests, and the longest pause, in milliseconds.
    pub fn keep_pace(&mut self, gap: u64, longest_pause: u64) {
        let settings = SiteSettings {
            gap: Some(Period(Duration::from_millis(gap))),
            ..SiteSettings::default()
        };
        self.config.site.insert(SiteId::new("demo"), settings);
        self.config.fetch.longest_pause = Period(Duration::from_millis(longest_pause));
    }

    /// When articles are looked at again, in seconds after the first capture.
    pub fn revisit_after(&mut self, seconds: &[u64]) {
        let periods = seconds.iter().map(|one| Period(Duration::from_secs(*one)));
        self.config.crawl.revisit = periods.collect();
    }

    pub fn output(&self) -> PathBuf {
        self.folder.path().join("output")
    }

    /// One run; the ministry's log begins with it.
    pub async fn crawl(&self) -> RunReport {
        self.crawl_with(CrawlOptions::default()).await
    }

    /// As [`Self::crawl`], with what the user asks for.
    pub async fn crawl_with(&self, options: CrawlOptions) -> RunReport {
        self.try_crawl(options).await.unwrap()
    }

    /// As [`Self::crawl_with`], for runs that can not begin.
    pub async fn try_crawl(&self, mut options: CrawlOptions) -> Result<RunReport, CrawlError> {
        if options.sites.is_empty() {
            options.sites.push(SiteId::new("demo"));
        }
        let number = {
            let mut runs = self.runs.lock().unwrap();
            *runs += 1;
            *runs
        };
        self.control().clear_log();
        self.stop.send_replace(false);
        crawl(Crawl {
            config: &self.config,
            sites: &self.sites,
            options,
            run: run_name(self.clock.now_utc(), number),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            random: || 0.5,
            progress: Arc::new(Progress::default()),
            trial: Arc::new(|_: &Suspect| Verdict::Innocent),
            stop: self.stop.subscribe(),
        })
        .await
    }

    /// What an interrupt sets to true.
    pub fn interrupt(&self) -> watch::Sender<bool> {
        self.stop.clone()
    }

    /// Every record, by key.
    pub fn articles(&self) -> BTreeMap<String, Article> {
        let store = self.store();
        let articles = store.articles(&ArticleFilter::default());
        articles
            .map(|article| article.unwrap())
            .map(|article| (article.key.as_str().to_owned(), article))
            .collect()
    }

    pub fn article(&self, key: &str) -> Article {
        self.store().article(key).unwrap().unwrap()
    }

    pub fn store(&self) -> SqliteStore {
        SqliteStore::open_reader(&self.output().join("khotin.db")).unwrap()
    }

    pub fn archive(&self) -> Archive {
        Archive::new(self.output().join("archive"))
    }

    /// Every archived exchange, in order.
    pub fn exchanges(&self) -> Vec<StoredExchange> {
        let exchanges = self.archive().exchanges(&BTreeMap::new()).unwrap();
        exchanges.map(|exchange| exchange.unwrap()).collect()
    }

    /// Removes the database and makes it again from the archive.
    #[allow(dead_code, reason = "tests/rebuild shares this file")]
    pub fn rebuild(&self) -> u64 {
        self.rebuild_by(&self.config, RebuildOptions::default())
    }

    /// As [`rebuild`](Self::rebuild), by these settings.
    pub fn rebuild_by(&self, config: &Config, options: RebuildOptions) -> u64 {
        for name in ["khotin.db", "khotin.db-wal", "khotin.db-shm"] {
            match std::fs::remove_file(self.output().join(name)) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                removed => removed.unwrap(),
            }
        }
        let opening = Opening {
            config,
            sites: &self.sites,
            clock: &*self.clock,
            trial: &|_: &Suspect| Verdict::Innocent,
            stop: &watch::channel(false).1,
        };
        let rebuilt = rebuild(opening, options, &mut |_| {}).unwrap();
        rebuilt.replayed.exchanges
    }

    /// Every exported file with its bytes. `name` is the export's folder.
    pub fn export(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let store = self.store();
        let articles = store.articles(&ArticleFilter::default());
        let options = ExportOptions::new(self.output().join("exports"), name);
        let now = "2026-11-22T01:02:03Z".parse().unwrap();
        let report = export(articles, ExportQuery::default(), &options, now).unwrap();
        let files = std::fs::read_dir(report.folder).unwrap();
        files
            .map(|entry| entry.unwrap())
            .map(|entry| {
                let name = entry.file_name().into_string().unwrap();
                (name, std::fs::read(entry.path()).unwrap())
            })
            .collect()
    }

    /// What the ministry was asked since the last run began, in order, in words.
    pub fn asked(&self) -> Vec<String> {
        self.ministry.log().iter().map(asked).collect()
    }

    /// [`Self::asked`], of requests that the test wants.
    pub fn asked_for(&self, word: &str) -> Vec<String> {
        let mut asked = self.asked();
        asked.retain(|asked| asked.starts_with(word));
        asked
    }
}

/// The demo site's part of a report.
pub fn demo(report: &RunReport) -> &SiteReport {
    &report.sites[&SiteId::new("demo")]
}

/// `robots`, `listing SECTION PAGE`, `listing CATEGORY SIZE`, `article KEY`, else the target.
fn asked(entry: &AccessEntry) -> String {
    let target = entry.target.as_str();
    let after = |mark: &str| target.split_once(mark).map(|(_, rest)| rest.to_owned());
    if target == "/robots.txt" {
        return "robots".to_owned();
    }
    if let Some(slug) = after("/content/") {
        return format!("article demo:liferay:{slug}");
    }
    if let Some(page) = after("_cur=") {
        let path = target.split('?').next().unwrap_or_default();
        return format!("listing {} {page}", path.trim_start_matches('/'));
    }
    if target.starts_with("/bridge") {
        let text = String::from_utf8_lossy(&entry.raw_request);
        let body = text.split_once("\r\n\r\n").unwrap().1;
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        let word = |name: &str| body[name].to_string().replace('"', "");
        return match body.get("maBaiViet") {
            Some(_) => format!("article demo:portal:{}", word("maBaiViet")),
            None => format!("listing {} {}", word("MA_DANH_MUC"), word("PAGE_SIZE")),
        };
    }
    target.to_owned()
}

/// Keys in order, for comparing with a report's.
pub fn keys<'a>(keys: impl IntoIterator<Item = &'a ArticleKey>) -> BTreeSet<String> {
    let keys = keys.into_iter();
    keys.map(|key| key.as_str().to_owned()).collect()
}

/// `--section ID`.
pub fn only(section: &str) -> CrawlOptions {
    CrawlOptions {
        sections: vec![SectionId::new(section)],
        ..CrawlOptions::default()
    }
}

/// The section of [`an_article`], with few others.
pub const SECTION: &str = "tin-tong-hop";

/// An article that only that section lists, through its own instance: its key and its slug.
pub fn an_article(desk: &Desk) -> (String, String) {
    let expected = desk.control().expected();
    let is_plain = |key: &str| {
        let look = |ministry: &khotin::demo::Ministry| {
            let article = ministry.article(key).unwrap();
            let place = article.liferay.as_ref();
            place.is_some_and(|place| !place.foreign_links && place.pages == [SECTION])
        };
        key.starts_with("demo:liferay:") && desk.control().read(look)
    };
    let key = expected
        .into_iter()
        .map(|expected| expected.key)
        .find(|key| is_plain(key))
        .unwrap();
    let slug = key.trim_start_matches("demo:liferay:").to_owned();
    (key, slug)
}

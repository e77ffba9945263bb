//! A ministry of one listing page on 127.0.0.1, and runs of it in a folder of their own.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use khotin::config::{Config, Sites};
use khotin::fetch::{Clock, SystemClock};
use khotin::model::{RunId, SiteId};
use khotin::pipeline::{
    Crawl, CrawlError, CrawlOptions, Progress, RunReport, Suspect, Verdict, crawl,
};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::raw_server::{RawServer, Reply, Seen, answer};

/// How long a run of a few requests may take before it counts as hanging.
const HANGING: Duration = Duration::from_secs(60);

/// A profile with one section of one page; articles are `/a/1`, `/a/2`, ….
pub(crate) fn profile(id: &str) -> String {
    format!(
        r#"
id = "{id}"
name = {{ vi = "{id}", en = "{id}" }}
hosts = ["{id}.test"]
zone = "Asia/Ho_Chi_Minh"
language = "vi"
[[platform]]
id = "web"
key = "{{id}}"
url = "http://{id}.test/a/{{id}}"
link = [{{ path = '/a/(?<id>\d+)' }}]
ask_listing = {{ url = "http://{id}.test/list" }}
pager = {{ kind = "none" }}
[[section]]
id = "{id}-news"
name = {{ vi = "Tin", en = "News" }}
platform = "web"
[[listing]]
id = "list"
platform = "web"
items = "li"
link = "a@href"
title = "a"
[[article]]
id = "article"
platform = "web"
root = "main"
title = "h1"
body = {{ root = "div" }}
"#
    )
}

/// The listing page with links to these articles.
pub(crate) fn listing(articles: &[u32]) -> Reply {
    let items: String = articles
        .iter()
        .map(|number| format!("<li><a href=\"/a/{number}\">No {number}</a></li>"))
        .collect();
    html(&format!("<ul>{items}</ul>"))
}

/// An article page.
pub(crate) fn article(title: &str) -> Reply {
    html(&format!(
        "<main><h1>{title}</h1><div><p>Text</p></div></main>"
    ))
}

fn html(body: &str) -> Reply {
    answer(
        "200 OK",
        &["content-type: text/html; charset=utf-8"],
        &format!("<!DOCTYPE html><html><body>{body}</body></html>"),
    )
}

/// No robots.txt, a listing of these articles, and the articles.
pub(crate) fn plain(articles: &'static [u32]) -> impl Fn(&Seen) -> Reply + Send + Sync {
    move |seen| match seen.target().as_str() {
        "/list" => listing(articles),
        "/robots.txt" => answer("404 Not Found", &[], ""),
        path => article(path),
    }
}

/// The settings and the output of an operator.
pub(crate) struct Operator {
    folder: TempDir,
    config: String,
    sites: Vec<String>,
}

impl Operator {
    /// An operator who sends the sites to servers on this machine, with that many connections.
    pub(crate) fn of(sites: &[(&str, &RawServer)], connections: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sites")).unwrap();
        let mut lines = String::new();
        let mut settings = String::new();
        for (id, server) in sites {
            let path = folder.path().join(format!("sites/{id}.toml"));
            std::fs::write(path, profile(id)).unwrap();
            lines.push_str(&format!("\"{id}.test:80\" = \"{}\"\n", server.address));
            settings.push_str(&format!(
                "[site.{id}]\ngap = \"0s\"\nconnections = {connections}\n"
            ));
        }
        Self {
            config: format!("[fetch]\njitter = \"0s\"\n[fetch.resolve]\n{lines}{settings}"),
            sites: sites.iter().map(|(id, _)| (*id).to_owned()).collect(),
            folder,
        }
    }

    /// One more line for the settings of `[fetch]`.
    pub(crate) fn set_fetch(&mut self, line: &str) {
        self.config = self
            .config
            .replacen("[fetch]\n", &format!("[fetch]\n{line}\n"), 1);
    }

    /// The output folder.
    pub(crate) fn output(&self) -> PathBuf {
        self.folder.path().join("output")
    }

    /// The database, for a look or for trouble.
    pub(crate) fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.output().join("khotin.db")).unwrap()
    }

    /// One run with the settings as they are.
    pub(crate) async fn crawl(&self, run: &str) -> Result<RunReport, CrawlError> {
        self.crawl_with(run, |_| {}).await
    }

    /// One run with other wishes.
    pub(crate) async fn crawl_with(
        &self,
        run: &str,
        wish: impl FnOnce(&mut CrawlOptions),
    ) -> Result<RunReport, CrawlError> {
        let (stop, stopped) = watch::channel(false);
        let report = self.crawl_until(stopped, run, wish).await;
        drop(stop);
        report
    }

    /// One run that `stop` may end.
    pub(crate) async fn crawl_until(
        &self,
        stop: watch::Receiver<bool>,
        run: &str,
        wish: impl FnOnce(&mut CrawlOptions),
    ) -> Result<RunReport, CrawlError> {
        let path = self.folder.path().join("config.toml");
        std::fs::write(&path, &self.config).unwrap();
        let config = Config::read(&path).unwrap();
        let sites = Sites::load(Some(&config.paths.sites)).unwrap();
        let mut options = CrawlOptions {
            sites: self.sites.iter().map(SiteId::new).collect(),
            ..CrawlOptions::default()
        };
        wish(&mut options);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let running = crawl(Crawl {
            config: &config,
            sites: &sites,
            options,
            run: RunId::new(run),
            clock,
            random: || 0.0,
            progress: Arc::new(Progress::default()),
            trial: Arc::new(|_: &Suspect| Verdict::Innocent),
            stop,
        });
        tokio::time::timeout(HANGING, running)
            .await
            .expect("the run hangs")
    }
}

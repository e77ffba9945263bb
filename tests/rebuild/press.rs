//! A press office: a site of one listing page on 127.0.0.1 whose pages a test sets by hand, and the real
//! program in a folder beside it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use khotin::archive::{Archive, StoredExchange};
use khotin::model::{Article, RunId};
use khotin::store::{ArticleFilter, SqliteStore, Store};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{self, Ran};
use crate::raw_server::{RawServer, Reply, answer};

/// The profile of site `one`, as most tests want it.
pub const PROFILE: &str = r#"
id = "one"
name = { vi = "Một", en = "One" }
hosts = ["one.test"]
zone = "Asia/Ho_Chi_Minh"
language = "vi"
[[platform]]
id = "web"
key = "{id}"
url = "http://one.test/a/{id}"
link = [{ path = '(?:/en)?/a/(?<id>\d+)' }]
ask_listing = { url = "http://one.test/list" }
pager = { kind = "none" }
[[section]]
id = "news"
name = { vi = "Tin", en = "News" }
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
body = { root = "div" }
"#;

/// A page: its answer, whole.
#[derive(Clone)]
enum Page {
    Html(String),
    Redirect(String),
}

/// The site, and the operator's folder.
pub struct Press {
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
    _server: RawServer,
    _runtime: tokio::runtime::Runtime,
    folder: TempDir,
}

impl Press {
    /// An office without a page, and a folder with settings and [`PROFILE`].
    pub fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let pages: Arc<Mutex<BTreeMap<String, Page>>> = Arc::default();
        let shown = Arc::clone(&pages);
        let server = runtime.block_on(RawServer::start(move |seen| {
            let page = shown.lock().unwrap().get(&seen.target()).cloned();
            reply(page)
        }));
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "[crawl]\nsites = [\"one\"]\n\
             [fetch]\njitter = \"0s\"\nresolve = {{ \"one.test:80\" = \"{}\" }}\n\
             [site.one]\ngap = \"1ms\"\n",
            server.address
        );
        fs::write(folder.path().join("config.toml"), config).unwrap();
        fs::create_dir(folder.path().join("sites")).unwrap();
        let press = Self {
            pages,
            _server: server,
            _runtime: runtime,
            folder,
        };
        press.profile(PROFILE);
        press
    }

    /// As [`open`](Self::open), with articles of these numbers, crawled once.
    pub fn crawled(numbers: &[u32]) -> Self {
        let press = Self::open();
        for number in numbers {
            press.article(*number, &format!("No {number}"), "");
        }
        press.list(numbers);
        press.run(&["crawl"]).expect("crawl", 0);
        press
    }

    /// Writes the site's profile.
    pub fn profile(&self, text: &str) {
        fs::write(self.path("sites/one.toml"), text).unwrap();
    }

    /// The page of `target`.
    pub fn html(&self, target: &str, body: &str) {
        let page = format!("<!DOCTYPE html><html><body>{body}</body></html>");
        self.pages
            .lock()
            .unwrap()
            .insert(target.to_owned(), Page::Html(page));
    }

    /// `target` leads to another address.
    pub fn redirect(&self, target: &str, to: &str) {
        let page = Page::Redirect(to.to_owned());
        self.pages.lock().unwrap().insert(target.to_owned(), page);
    }

    /// An article page; `more` stands between title and body.
    pub fn article(&self, number: u32, title: &str, more: &str) {
        let body = format!("<main><h1>{title}</h1>{more}<div><p>Text</p></div></main>");
        self.html(&format!("/a/{number}"), &body);
    }

    /// The listing, with links to articles of these numbers.
    pub fn list(&self, numbers: &[u32]) {
        let targets: Vec<String> = numbers
            .iter()
            .map(|number| format!("/a/{number}"))
            .collect();
        self.list_of(&targets);
    }

    /// The listing, with these links.
    pub fn list_of(&self, targets: &[String]) {
        let items: String = targets
            .iter()
            .map(|target| format!("<li><a href=\"{target}\">{target}</a></li>"))
            .collect();
        self.html("/list", &format!("<ul>{items}</ul>"));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        program::run(self.folder.path(), args)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn archive(&self) -> Archive {
        Archive::new(self.path("output/archive"))
    }

    pub fn store(&self) -> SqliteStore {
        SqliteStore::open_reader(&self.path("output/khotin.db")).unwrap()
    }

    /// Every record, in the order of its key.
    pub fn articles(&self) -> Vec<Article> {
        let store = self.store();
        let articles = store.articles(&ArticleFilter::default());
        articles.map(|article| article.unwrap()).collect()
    }

    /// The keys of all records.
    pub fn keys(&self) -> Vec<String> {
        let articles = self.articles().into_iter();
        articles.map(|article| article.key.to_string()).collect()
    }

    /// The newest run that the store knows.
    pub fn last_run(&self) -> Option<RunId> {
        self.store().last_run().unwrap().map(|run| run.run)
    }

    /// Every exchange of the archive, in order.
    pub fn exchanges(&self) -> Vec<StoredExchange> {
        let exchanges = self.archive().exchanges(&BTreeMap::new()).unwrap();
        exchanges.map(|exchange| exchange.unwrap()).collect()
    }

    /// The first answer that the archive holds for a target.
    pub fn exchange(&self, target: &str) -> StoredExchange {
        let mut exchanges = self.exchanges().into_iter();
        exchanges
            .find(|exchange| exchange.request.url.path() == target)
            .unwrap()
    }

    /// Flips a byte in the middle of the packed answer for a target; gives its file and offset.
    pub fn damage(&self, target: &str) -> (String, u64) {
        let place = self.exchange(target).into_capture().unwrap().location;
        let path = self.path("output/archive").join(&place.file);
        let mut bytes = fs::read(&path).unwrap();
        bytes[(place.offset + place.length / 2) as usize] ^= 1;
        fs::write(&path, bytes).unwrap();
        (place.file, place.offset)
    }

    /// Lets the next crawl look at every article again.
    pub fn make_due(&self) {
        let database = rusqlite::Connection::open(self.path("output/khotin.db")).unwrap();
        let due = "UPDATE requests SET due_at = '2026-01-01T00:00:00.000000Z' WHERE is_primary = 1";
        database.execute(due, []).unwrap();
    }

    pub fn remove_database(&self) {
        for name in ["khotin.db", "khotin.db-wal", "khotin.db-shm"] {
            let _ = fs::remove_file(self.path("output").join(name));
        }
    }

    /// Reports of rebuilds in `output/reports`, oldest first.
    pub fn kept_reports(&self) -> Vec<Value> {
        let names = fs::read_dir(self.path("output/reports")).unwrap();
        let mut paths: Vec<PathBuf> = names.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("rebuild-")
        });
        // `…Z.json` before `…Z-2.json`.
        paths.sort_by_key(|path| path.with_extension(""));
        let texts = paths.iter().map(|path| fs::read_to_string(path).unwrap());
        texts
            .map(|text| serde_json::from_str(&text).unwrap())
            .collect()
    }
}

/// What a page answers; a page that is not there answers 404.
fn reply(page: Option<Page>) -> Reply {
    match page {
        Some(Page::Html(html)) => {
            answer("200 OK", &["content-type: text/html; charset=utf-8"], &html)
        }
        Some(Page::Redirect(to)) => answer("302 Found", &[&format!("location: {to}")], ""),
        None => answer("404 Not Found", &[], ""),
    }
}

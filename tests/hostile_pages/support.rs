//! A table of bad answers, one article URL each, in one crawl of the real program; and what must be
//! true of every such crawl: one exchange a row, a sound archive, little memory, and good articles
//! that are the same as in a crawl without the bad ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use khotin::demo::{Answer, Fault, HOST, NewArticle, Platform};
use khotin::model::{Article, ArticleKey};
use khotin::store::{ExchangeRow, PageKind, SqliteStore, Store};
use serde_json::Value;

use crate::program::{Ran, World, run};
use crate::raw_server::{RawServer, Reply, Seen, answer};

/// The most memory that a run may take.
pub(crate) const MOST_MEMORY: u64 = 300 * 1000 * 1000;
/// Articles without any fault, beside the two seeds that every demo ministry has.
const GOOD: usize = 3;

/// The one outcome of a row.
pub(crate) enum Outcome {
    /// An article; the function looks at its record.
    Article(fn(&Article)),
    /// A refusal, kept and flagged.
    Blocked,
    /// Status 200 or a redirect, and nothing there.
    SoftGone,
    /// Kept, and not read; the request's cause begins with these words.
    Unread(&'static str),
}

/// One bad answer.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) fault: Fault,
    pub(crate) outcome: Outcome,
}

pub(crate) fn row(what: &'static str, answer: Answer, outcome: Outcome) -> Row {
    Row {
        what,
        fault: Fault::Instead(answer),
        outcome,
    }
}

/// A page as HTML in UTF-8.
pub(crate) fn html(body: impl Into<Vec<u8>>) -> Answer {
    Answer::new(200, "text/html;charset=UTF-8", body)
}

/// An article page of the Liferay half.
pub(crate) fn page(title: &str, body: &str) -> String {
    page_with(title, "<p>29/04/2025 | 09:07 AM</p>", "Tóm tắt.", body)
}

pub(crate) fn page_with(title: &str, stamp: &str, lead: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html><html><head><meta charset=\"UTF-8\"><title>Bộ</title></head><body>\
         <div class=\"contentDetail\"><div><h3>{title}</h3></div><div><div>{stamp}</div></div>\
         <div class=\"sapo\"><strong>{lead}</strong></div>\
         <div class=\"journal-content-article\">{body}</div></div></body></html>"
    )
}

/// What a crawl left behind.
pub(crate) struct Crawled {
    pub(crate) world: World,
    pub(crate) ran: Ran,
    pub(crate) store: SqliteStore,
}

impl Crawled {
    /// Looks at what a crawl left, and at what is true of every crawl.
    pub(crate) fn of(world: World, ran: Ran) -> Self {
        let memory = ran.json()["peak_memory_bytes"].as_u64();
        assert!(
            memory.is_some_and(|bytes| bytes < MOST_MEMORY),
            "{memory:?}"
        );
        world.run(&["verify"]).expect("a sound archive", 0);
        let store = SqliteStore::open_reader(&world.path("output/khotin.db")).unwrap();
        Self { world, ran, store }
    }

    pub(crate) fn article(&self, key: &str) -> Option<Article> {
        self.store.article(key).unwrap()
    }

    pub(crate) fn exchanges(&self) -> Vec<ExchangeRow> {
        self.store.exchanges(None, 100_000).unwrap()
    }

    /// The exchanges of one article's own request, each with its cause of failure if it has one.
    fn answers(&self, key: &str) -> Vec<(PageKind, String)> {
        let asked = |row: &ExchangeRow| {
            let known = self.store.request(&row.request).unwrap();
            known.filter(|known| {
                known.is_primary
                    && known
                        .article
                        .as_ref()
                        .is_some_and(|name| name.as_str() == key)
            })
        };
        let rows = self.exchanges();
        rows.iter()
            .filter_map(|row| Some((row.page, asked(row)?.cause.unwrap_or_default())))
            .collect()
    }
}

/// The section whose listing shows what [`add`] adds.
fn section_of(platform: Platform) -> &'static str {
    match platform {
        Platform::Liferay => "tin-tong-hop",
        Platform::Portal => "danh-muc-8356",
    }
}

/// The key of a new article of one half; the number makes its slug unlike any other.
pub(crate) fn add(world: &World, platform: Platform, number: usize) -> String {
    let title = format!("Trang thử {number:03} giả lập");
    let text = format!("Đoạn văn của trang {number:03}.");
    let article = NewArticle::plain(
        platform,
        section_of(platform).trim_start_matches("danh-muc-"),
        &title,
        &[&text],
    );
    world.control().add(article).unwrap()
}

/// config.toml for one section, without waiting: the server is ours.
pub(crate) fn config(world: &World, section: &str) -> String {
    let config = world.config(&format!("tries = 1\nsections = [\"{section}\"]"));
    config.replace("[fetch]\n", "[fetch]\njitter = \"0s\"\n")
}

/// Crawls a ministry in which each row is the answer to one article of that half, and asserts
/// everything. The exit code is what the weightiest row makes it.
pub(crate) fn crawl_rows(platform: Platform, rows: Vec<Row>, exit_code: i32) -> Crawled {
    let world = World::new(0);
    fs::write(
        world.path("config.toml"),
        config(&world, section_of(platform)),
    )
    .unwrap();
    let keys: Vec<String> = (0..rows.len() + GOOD)
        .map(|number| add(&world, platform, number))
        .collect();
    let without = records_without_faults(&world, platform);
    world.control().clear_log();
    for (row, key) in rows.iter().zip(&keys) {
        // Both answers to one POST address: there the faults are used up in the order of requests.
        let target = match platform {
            Platform::Liferay => key.trim_start_matches("demo:liferay:"),
            Platform::Portal => "layChiTietBaiViet",
        };
        world.control().plan_fault(target, 1, row.fault.clone());
    }
    let ran = world.run(&["crawl", "--json"]);
    assert_eq!(ran.code, Some(exit_code), "{ran:#?}");
    let hit = match platform {
        Platform::Liferay => keys.clone(),
        Platform::Portal => asked_of_portal(&world),
    };
    let crawled = Crawled::of(world, ran);
    for (row, key) in rows.iter().zip(&hit) {
        let answers = crawled.answers(key);
        assert_eq!(answers.len(), 1, "{}: one exchange: {answers:?}", row.what);
        let (kind, cause) = &answers[0];
        let article = crawled.article(key).expect("listed at least");
        let is_read = article.content_digest.is_some();
        match &row.outcome {
            Outcome::Article(look) => {
                assert_eq!(*kind, PageKind::Article, "{}: {cause}", row.what);
                look(&article);
            }
            Outcome::Blocked => {
                assert_eq!((*kind, is_read), (PageKind::Blocked, false), "{}", row.what)
            }
            Outcome::SoftGone => assert_eq!(
                (*kind, is_read),
                (PageKind::SoftGone, false),
                "{}",
                row.what
            ),
            Outcome::Unread(words) => {
                assert_eq!((*kind, is_read), (PageKind::Other, false), "{}", row.what);
                assert!(cause.starts_with(words), "{}: {cause}", row.what);
            }
        }
    }
    let bad: Vec<&String> = hit.iter().take(rows.len()).collect();
    let good: Vec<&ArticleKey> = without
        .keys()
        .filter(|key| !bad.iter().any(|bad| *bad == key.as_str()))
        .collect();
    assert!(good.len() >= GOOD);
    for key in good {
        let article = crawled.article(key.as_str()).expect("a good article");
        assert_eq!(timeless(&article), without[key], "{key}");
    }
    crawled
}

/// The keys of the portal's articles, in the order in which they were asked for.
fn asked_of_portal(world: &World) -> Vec<String> {
    let log = world.log();
    let details = log
        .iter()
        .filter(|entry| entry.target.contains("layChiTietBaiViet"));
    let key = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let json = text.split("\r\n\r\n").nth(1).unwrap().to_owned();
        let asked: Value = serde_json::from_str(&json).unwrap();
        format!("demo:portal:{}", asked["maBaiViet"].as_str().unwrap())
    };
    details.map(|entry| key(&entry.raw_request)).collect()
}

/// Every record of a crawl of the same ministry before anything is wrong with it.
fn records_without_faults(world: &World, platform: Platform) -> BTreeMap<ArticleKey, Value> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("config.toml"),
        config(world, section_of(platform)),
    )
    .unwrap();
    run(folder.path(), &["crawl"]).expect("without faults", 0);
    let store = SqliteStore::open_reader(&folder.path().join("output/khotin.db")).unwrap();
    let articles = store.articles(&khotin::store::ArticleFilter::default());
    let records = articles.map(|article| {
        let article = article.unwrap();
        (article.key.clone(), timeless(&article))
    });
    records.collect()
}

/// A record without what differs from crawl to crawl: times, and places in the archive.
pub(crate) fn timeless(article: &Article) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for name in ["capture", "captures", "first_seen", "last_seen", "since"] {
                    fields.remove(name);
                }
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(article).unwrap();
    strip(&mut value);
    value
}

/// A site whose pages a function makes: path and query in, body out. Everything is HTML.
pub(crate) struct Site {
    server: RawServer,
    /// The server ends with it.
    _runtime: tokio::runtime::Runtime,
    folder: tempfile::TempDir,
}

impl Site {
    pub(crate) fn new(pages: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let fields = ["content-type: text/html;charset=UTF-8"];
        Self::answering(move |asked| answer("200 OK", &fields, &pages(&asked.target())))
    }

    pub(crate) fn answering(answers: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let server = runtime.block_on(RawServer::start(answers));
        let site = Self {
            server,
            _runtime: runtime,
            folder: tempfile::tempdir().unwrap(),
        };
        site.configure("");
        site
    }

    /// Writes config.toml; `crawl` are more lines of its [crawl] part.
    pub(crate) fn configure(&self, crawl: &str) {
        self.write_config(&["tin-tong-hop"], crawl);
    }

    /// Writes config.toml with other sections.
    pub(crate) fn configure_sections(&self, sections: &[&str]) {
        self.write_config(sections, "");
    }

    fn write_config(&self, sections: &[&str], crawl: &str) {
        let address = self.server.address;
        let config = format!(
            "[crawl]\nsites = [\"demo\"]\nsections = {sections:?}\ntries = 1\n{crawl}\n\
             [fetch]\njitter = \"0s\"\nresolve = {{ \"{HOST}:80\" = \"{address}\" }}\n\
             [site.demo]\ngap = \"1ms\"\n"
        );
        fs::write(self.path("config.toml"), config).unwrap();
    }

    /// Lets another pager ask for the listings of the Liferay half.
    pub(crate) fn set_pager(&self, pager: &str) {
        let profile = include_str!("../../sites/demo.toml");
        let known = "pager = { kind = \"page\", first = 1, size = 20 }";
        assert!(profile.contains(known));
        fs::create_dir_all(self.path("sites")).unwrap();
        let mut profile = profile.replacen(known, pager, 1);
        if pager.contains("next_link") {
            profile = profile.replacen("_cur={page}", "_cur=1", 1);
        }
        fs::write(self.path("sites/demo.toml"), profile).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        run(self.folder.path(), args)
    }

    /// Crawls, and looks at what is true of every crawl.
    pub(crate) fn crawl(&self, exit_code: i32) -> Value {
        let ran = self.run(&["crawl", "--json"]).expect("crawl", exit_code);
        let memory = ran.json()["peak_memory_bytes"].as_u64();
        assert!(
            memory.is_some_and(|bytes| bytes < MOST_MEMORY),
            "{memory:?}"
        );
        self.run(&["verify"]).expect("a sound archive", 0);
        ran.json()["sites"]["demo"].clone()
    }

    pub(crate) fn store(&self) -> SqliteStore {
        SqliteStore::open_reader(&self.path("output/khotin.db")).unwrap()
    }

    /// Every record, in the order of the keys.
    pub(crate) fn articles(&self) -> Vec<Article> {
        let store = self.store();
        let articles = store.articles(&khotin::store::ArticleFilter::default());
        articles.map(Result::unwrap).collect()
    }

    /// Requests so far whose target contains this.
    pub(crate) fn asked(&self, words: &str) -> usize {
        let seen = self.server.seen();
        seen.iter()
            .filter(|seen| seen.target().contains(words))
            .count()
    }
}

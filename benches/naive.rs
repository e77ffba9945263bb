//! The peer of benches/whole.sh: the crawler that a quick script is. It takes the demo ministry's
//! Liferay half with reqwest and scraper, 16 connections, and writes title, date, lead and text as
//! JSON lines. No archive, no queue that survives, no robots.txt, no evidence: what is left is the
//! price of fetching and parsing. Never part of khotin.
//!
//! `naive ADDRESS OUT [--gzip]`; prints the number of pages on standard output.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench stops at the first thing that is wrong"
)]

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use khotin::demo::{BASE, HOST, SECTIONS};
use scraper::{Html, Selector};
use tokio::task::JoinSet;

/// Connections, and so requests at once.
const CONNECTIONS: usize = 16;

/// The selectors, compiled once.
struct Css {
    links: Selector,
    title: Selector,
    date: Selector,
    lead: Selector,
    body: Selector,
}

struct Naive {
    client: reqwest::Client,
    gzip: bool,
    css: Css,
    queue: Mutex<VecDeque<String>>,
    out: Mutex<BufWriter<File>>,
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` runs it without arguments: then there is nothing to do.
    let [address, out, rest @ ..] = arguments.as_slice() else {
        return;
    };
    let address: SocketAddr = address.parse().expect("an address such as 127.0.0.1:8080");
    assert!(address.ip().is_loopback(), "only this machine is asked");
    rustls::crypto::ring::default_provider()
        .install_default()
        .expect("the first provider");
    let client = reqwest::Client::builder()
        .no_proxy()
        .resolve(HOST, address)
        .build()
        .expect("a client");
    let css = |text: &str| Selector::parse(text).expect("a selector");
    let naive = Arc::new(Naive {
        client,
        gzip: rest.iter().any(|argument| argument == "--gzip"),
        css: Css {
            links: css("div.page-list-news h3 > a"),
            title: css(".contentDetail h3"),
            date: css(".contentDetail > div:nth-child(2) p"),
            lead: css(".contentDetail .sapo"),
            body: css(".contentDetail .journal-content-article"),
        },
        queue: Mutex::default(),
        out: Mutex::new(BufWriter::new(File::create(out).expect("a file"))),
    });
    let mut listings = JoinSet::new();
    for section in &SECTIONS {
        let naive = Arc::clone(&naive);
        listings.spawn(async move { naive.links_of(section.page, section.instance).await });
    }
    let mut pages = 0;
    let mut links = BTreeSet::new();
    while let Some(listing) = listings.join_next().await {
        let (read, found) = listing.expect("a listing");
        pages += read;
        links.extend(found);
    }
    pages += links.len();
    naive.queue.lock().expect("the queue").extend(links);
    let mut workers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        workers.spawn(Arc::clone(&naive).work());
    }
    while let Some(worker) = workers.join_next().await {
        worker.expect("a worker");
    }
    naive
        .out
        .lock()
        .expect("the file")
        .flush()
        .expect("written");
    println!("{pages}");
}

impl Naive {
    async fn get(&self, url: &str) -> String {
        let mut request = self.client.get(url);
        if self.gzip {
            request = request.header("accept-encoding", "gzip");
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "{url}");
        let packed = answer.headers().contains_key("content-encoding");
        let body = answer.bytes().await.expect("a body");
        let mut text = String::new();
        if packed {
            flate2::read::GzDecoder::new(&body[..])
                .read_to_string(&mut text)
                .expect("a packed page");
        } else {
            text.push_str(std::str::from_utf8(&body).expect("UTF-8"));
        }
        text
    }

    /// All article links of a section, and how many pages it has.
    async fn links_of(&self, page: &str, instance: &str) -> (usize, BTreeSet<String>) {
        let mut links = BTreeSet::new();
        for number in 1.. {
            let url = format!(
                "{BASE}/{page}?p_p_id=101_INSTANCE_{instance}&_101_INSTANCE_{instance}_cur={number}"
            );
            let html = Html::parse_document(&self.get(&url).await);
            let found = html
                .select(&self.css.links)
                .filter_map(|link| link.attr("href"))
                .map(str::to_owned);
            let before = links.len();
            links.extend(found);
            if links.len() == before {
                return (number, links);
            }
        }
        (0, links)
    }

    async fn work(self: Arc<Self>) {
        loop {
            let Some(url) = self.queue.lock().expect("the queue").pop_front() else {
                return;
            };
            let record = self.read(&url, &self.get(&url).await);
            let mut out = self.out.lock().expect("the file");
            writeln!(out, "{record}").expect("written");
        }
    }

    fn read(&self, url: &str, page: &str) -> serde_json::Value {
        let html = Html::parse_document(page);
        let text = |selector: &Selector| {
            let found = html.select(selector).next();
            found.map(|element| element.text().collect::<String>().trim().to_owned())
        };
        serde_json::json!({
            "url": url,
            "title": text(&self.css.title),
            "date": text(&self.css.date),
            "lead": text(&self.css.lead),
            "text": text(&self.css.body),
        })
    }
}

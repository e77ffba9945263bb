//! A peer of benches/peers.sh: the demo ministry's Liferay half, crawled by the spider crate, read with
//! scraper, written as JSON lines; with a third argument spider keeps its (uncompressed) WARC too.
//!
//! `spider-peer ADDRESS OUT [WARC]`; prints the number of pages on standard output. The server is asked as
//! an HTTP proxy, so that no name is looked up.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::net::SocketAddr;

use scraper::{Html, Selector};
use spider::utils::warc::WarcConfig;
use spider::website::Website;

const BASE: &str = "http://demo.khotin.test";

/// The pages that benches/naive.rs takes: four listings, page by page, and the articles they name.
const WANTED: [&str; 2] = [
    r"^http://demo\.khotin\.test/(hoat-dong-cua-lanh-dao-bo|tin-tong-hop|tin-noi-bat|hoat-dong-cua-dia-phuong)(\?.*)?$",
    r"/-/asset_publisher/[^/]+/content/[^/]+$",
];

/// Pages that may wait for the reader: enough that none is lost.
const RING: usize = 4096;

struct Css {
    title: Selector,
    date: Selector,
    lead: Selector,
    body: Selector,
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, out, rest @ ..] = arguments.as_slice() else {
        panic!("spider-peer ADDRESS OUT [WARC]");
    };
    let address: SocketAddr = address.parse().expect("an address such as 127.0.0.1:8080");
    assert!(address.ip().is_loopback(), "only this machine is asked");

    let mut website = Website::new(&format!("{BASE}/"));
    website
        .with_proxies(Some(vec![format!("http://{address}")]))
        .with_whitelist_url(Some(WANTED.iter().map(|&one| one.into()).collect()))
        .with_concurrency_limit(Some(16))
        .with_user_agent(Some("spider-peer"))
        .with_respect_robots_txt(true);
    if let Some(warc) = rest.first() {
        website.configuration.with_warc(WarcConfig {
            path: warc.clone(),
            ..WarcConfig::default()
        });
    }
    let css = |text: &str| Selector::parse(text).expect("a selector");
    let css = Css {
        title: css(".contentDetail h3"),
        date: css(".contentDetail > div:nth-child(2) p"),
        lead: css(".contentDetail .sapo"),
        body: css(".contentDetail .journal-content-article"),
    };
    let mut file = BufWriter::new(File::create(out).expect("a file"));
    let mut pages = website.subscribe(RING);
    let reader = tokio::spawn(async move {
        let mut read = 0;
        loop {
            match pages.recv().await {
                Ok(page) => {
                    read += 1;
                    if page.get_url().contains("/content/") {
                        let record = record(&css, page.get_url(), &page.get_html());
                        writeln!(file, "{record}").expect("written");
                    }
                }
                Err(spider::tokio::sync::broadcast::error::RecvError::Lagged(lost)) => {
                    panic!("{lost} pages were lost")
                }
                Err(spider::tokio::sync::broadcast::error::RecvError::Closed) => break,
            }
        }
        file.flush().expect("written");
        read
    });
    website.crawl().await;
    website.unsubscribe();
    drop(website);
    println!("{}", reader.await.expect("read"));
}

fn record(css: &Css, url: &str, page: &str) -> serde_json::Value {
    let html = Html::parse_document(page);
    let text = |selector: &Selector| {
        let found = html.select(selector).next();
        found.map(|element| element.text().collect::<String>().trim().to_owned())
    };
    serde_json::json!({
        "url": url,
        "title": text(&css.title),
        "date": text(&css.date),
        "lead": text(&css.lead),
        "text": text(&css.body),
    })
}

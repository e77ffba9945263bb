//! One article of the demo ministry has moved to an https address.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use khotin::archive::{Outcome, StoredExchange, verify};
use khotin::config::TlsLibrary;
use khotin::demo::{Answer, DemoMinistry, Fault, HOST};
use khotin::model::{SiteId, State};
use khotin::pipeline::RunReport;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Desk, SECTION, an_article, only};

/// A run, what moved, and what became of it.
pub struct Moved {
    pub desk: Desk,
    pub key: String,
    /// The page as the ministry sends it at the new address.
    pub page: Vec<u8>,
}

/// What a run over https did.
pub struct Ran {
    pub report: RunReport,
    /// What was asked over https, in order.
    pub asked: Vec<StoredExchange>,
}

impl Moved {
    /// The ministry redirects the article once; nobody answers at the new address
    /// yet.
    pub async fn open(library: TlsLibrary) -> Self {
        let mut desk = Desk::open(24).await;
        let settings = desk.config.site.get_mut(&SiteId::new("demo")).unwrap();
        settings.tls = Some(library);
        let (key, slug) = an_article(&desk);
        let path = format!("/en/{SECTION}/-/asset_publisher/DmTongHopTin/content/{slug}");
        let page = page(&desk.ministry, &path).await;
        let answer = Answer::new(302, "text/html", "<p>moved</p>")
            .with("Location", format!("https://{HOST}{path}"));
        let own = desk.control().expected_of(&key).unwrap().url;
        let own = own.trim_start_matches(khotin::demo::BASE).to_owned();
        desk.control().plan_fault(&own, 1, Fault::Instead(answer));
        Self { desk, key, page }
    }

    /// Writes a PEM file for the configuration.
    pub fn pem(&self, name: &str, pem: &[u8]) -> std::path::PathBuf {
        std::fs::create_dir_all(self.desk.output()).unwrap();
        let path = self.desk.output().join(name);
        std::fs::write(&path, pem).unwrap();
        path
    }

    /// One run with the https address at `server`. It ends in bounded time, its archive is sound, and
    /// every other article of the section is read.
    pub async fn crawl(&mut self, what: &str, server: SocketAddr) -> Ran {
        let name = format!("{HOST}:443");
        self.desk.config.fetch.resolve.insert(name, server);
        let report = bounded(what, self.desk.crawl_with(only(SECTION))).await;
        let damage = verify(&self.desk.archive()).unwrap();
        assert!(damage.is_sound(), "{what}: {damage}");
        let mut asked = self.desk.exchanges();
        asked.retain(|exchange| exchange.request.url.scheme() == "https");
        let articles = self.desk.articles();
        let others = articles.iter().filter(|(key, _)| **key != self.key);
        let live = others.filter(|(_, article)| article.state == State::Live);
        assert_eq!(
            live.count() + 1,
            articles.len(),
            "{what}: the crawl goes on"
        );
        assert!(articles.len() > 3, "{what}");
        let memory = report.peak_memory_bytes.unwrap_or_default();
        assert!(memory < 300_000_000, "{what}: {memory} bytes");
        Ran { report, asked }
    }

    /// How the record of the moved article stands.
    pub fn state(&self) -> State {
        self.desk.article(&self.key).state
    }
}

/// Far more time than any row needs: a row that hangs is a failed test, a slow machine is not.
async fn bounded<T>(what: &str, run: impl Future<Output = T>) -> T {
    let ended = tokio::time::timeout(Duration::from_secs(120), run).await;
    ended.unwrap_or_else(|_| panic!("{what}: the run does not end"))
}

async fn page(ministry: &DemoMinistry, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(ministry.address()).await.unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nhost: {HOST}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let body = answer.split_off(head.unwrap() + 4);
    let head = String::from_utf8(answer).unwrap().to_lowercase();
    assert!(
        head.contains(" 200 ") && !head.contains("chunked"),
        "{head}"
    );
    body
}

/// `200`, `200 disconnect` or `tls`.
pub fn outcome(exchange: &StoredExchange) -> String {
    match &exchange.outcome {
        Outcome::Failed(failure) => failure.kind.as_str().to_owned(),
        Outcome::Answered(answer) => match answer.truncated {
            Some(cut) => format!("{} {}", answer.status, cut.as_str()),
            None => answer.status.to_string(),
        },
    }
}

/// The words of a failure.
pub fn words(exchange: &StoredExchange) -> String {
    match &exchange.outcome {
        Outcome::Failed(failure) => failure.message.clone(),
        Outcome::Answered(answer) => panic!("answered {}", answer.status),
    }
}

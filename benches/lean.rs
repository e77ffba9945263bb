//! A peer of benches/peers.sh made of khotin's own parts: fetch, read, normalize and JSON lines, as a program
//! that only wants records would use the library. No archive, no store, no second walk down the listings. It
//! says what those parts cost beside benches/naive.rs, which does the same job with reqwest and scraper alone
//! and fewer fields. robots.txt and pace are khotin's own: there is no way to a socket around them.
//!
//! `lean ADDRESS OUT`; prints the number of pages on standard output.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench stops at the first thing that is wrong"
)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use khotin::config::SiteProfile;
use khotin::demo::HOST;
use khotin::fetch::{
    AddressPolicy, Ask, Conditional, FetchOptions, Fetcher, Gate, GateSettings, Lane, MemoryLedger,
    Pace, PaceRules, PaceSettings, RobotsAsk, RobotsCopy, RobotsStep, SystemClock,
};
use khotin::frontier::discover::discover;
use khotin::frontier::scope;
use khotin::frontier::way::Way;
use khotin::model::{
    ArticleKey, Capture, Location, Observation, Request, RunId, SectionId, Sequence, Sighting,
};
use khotin::{extract, normalize};
use tokio::task::JoinSet;
use url::Url;

/// Connections, and so requests at once.
const CONNECTIONS: usize = 16;

struct Lean {
    profile: SiteProfile,
    fetcher: Fetcher,
    gate: Gate,
    robots: RobotsCopy,
    queue: Mutex<VecDeque<Request>>,
    out: Mutex<BufWriter<File>>,
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` runs it without arguments: then there is nothing to do.
    let [address, out] = arguments.as_slice() else {
        return;
    };
    let address: SocketAddr = address.parse().expect("an address such as 127.0.0.1:8080");
    assert!(address.ip().is_loopback(), "only this machine is asked");
    let lean = Arc::new(Lean::start(address, out).await);
    let sections: Vec<SectionId> = lean
        .profile
        .sections
        .iter()
        .filter(|section| section.platform == "liferay")
        .map(|section| section.id.clone())
        .collect();
    let mut listings = JoinSet::new();
    for section in sections {
        let lean = Arc::clone(&lean);
        listings.spawn(async move { lean.articles_of(&section).await });
    }
    let mut pages = 1;
    let mut articles = BTreeMap::new();
    while let Some(listing) = listings.join_next().await {
        let (read, found) = listing.expect("a listing");
        pages += read;
        articles.extend(found);
    }
    pages += articles.len();
    let requests = articles.into_values();
    lean.queue.lock().expect("the queue").extend(requests);
    let mut workers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        workers.spawn(Arc::clone(&lean).work());
    }
    while let Some(worker) = workers.join_next().await {
        worker.expect("a worker");
    }
    lean.out.lock().expect("the file").flush().expect("written");
    println!("{pages}");
}

impl Lean {
    /// Everything that is made once, and the robots.txt.
    async fn start(address: SocketAddr, out: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sites/demo.toml");
        let text = std::fs::read_to_string(path).expect("a profile");
        let profile: SiteProfile = toml::from_str(&text).expect("a sound profile");
        let options = FetchOptions {
            user_agent: "khotin-lean/0 (bench)".to_owned(),
            resolve: BTreeMap::from([(format!("{HOST}:80"), address)]),
            addresses: AddressPolicy::LoopbackOnly,
            ..FetchOptions::default()
        };
        let resolve: BTreeSet<String> = options.resolve.keys().cloned().collect();
        let clock = Arc::new(SystemClock);
        let fetcher =
            Fetcher::new(options, RunId::new("lean"), clock.clone()).expect("sound options");
        let settings = PaceSettings {
            gap: Duration::ZERO,
            jitter: Duration::ZERO,
            connections: CONNECTIONS,
            ..PaceSettings::default()
        };
        let in_scope = {
            let profile = profile.clone();
            move |request: &Request| {
                scope::decide(&profile, &resolve, &request.url)
                    .map(|_| ())
                    .map_err(|out| out.rule)
            }
        };
        let gate = Gate::new(
            &fetcher,
            GateSettings {
                scope: Arc::new(in_scope),
                permissions: Vec::new(),
                own: Lane {
                    group: profile.pace_group().to_owned(),
                    rules: PaceRules::new(settings, true).expect("our own machine"),
                },
                others: BTreeMap::new(),
                pace: Arc::new(Pace::new(Arc::<MemoryLedger>::default(), clock, || 0.5)),
            },
        );
        let url = Url::parse(&format!("http://{HOST}/")).expect("a URL");
        let ask = RobotsAsk::new(profile.id.clone(), &url);
        let permit = gate.admit_robots(&ask).await.expect("allowed");
        let RobotsStep::Done(robots) = ask.conclude(&fetcher.fetch(permit).await, None) else {
            panic!("the demo ministry redirects no robots.txt");
        };
        Self {
            profile,
            fetcher,
            gate,
            robots,
            queue: Mutex::default(),
            out: Mutex::new(BufWriter::new(File::create(out).expect("a file"))),
        }
    }

    /// Asks and reads.
    async fn observations(&self, request: Request) -> Vec<Observation> {
        let conditional = Conditional::default();
        let ask = Ask {
            request,
            conditional,
        };
        let permit = self.gate.admit(ask, &self.robots).await.expect("allowed");
        let exchange = self.fetcher.fetch(permit).await;
        let answer = exchange.result.expect("an answer");
        assert_eq!(answer.status, 200, "{}", exchange.request.url);
        let capture = Capture {
            sequence: Sequence(1),
            request: exchange.request,
            captured_at: exchange.asked_at,
            via: exchange.via,
            status: answer.status,
            headers: answer.headers,
            body: answer.body,
            truncated: answer.truncated,
            payload_sha1: String::new(),
            payload_sha256: String::new(),
            location: Location {
                file: String::new(),
                offset: 0,
                length: 0,
                record_id: String::new(),
            },
        };
        let read = extract::read(&self.profile, &capture);
        normalize::observations(&self.profile, &capture, &read)
    }

    /// The articles that a section names, and how many pages its listing has.
    async fn articles_of(&self, section: &SectionId) -> (usize, BTreeMap<ArticleKey, Request>) {
        let way = Way::new(&self.profile, section).expect("a section");
        let first = way.first_request().expect("a first page");
        let mut found = BTreeMap::new();
        let mut known = BTreeSet::new();
        for number in 1.. {
            let mut request = first.clone();
            let url = first
                .url
                .as_str()
                .replace("_cur=1", &format!("_cur={number}"));
            request.url = Url::parse(&url).expect("a URL");
            let observations = self.observations(request).await;
            let before = known.len();
            for planned in discover(&self.profile, &observations) {
                let key = planned.article.expect("a key");
                known.insert(key.clone());
                found.insert(key, planned.request);
            }
            if known.len() == before {
                return (number, found);
            }
        }
        (0, found)
    }

    async fn work(self: Arc<Self>) {
        loop {
            let Some(request) = self.queue.lock().expect("the queue").pop_front() else {
                return;
            };
            for observation in self.observations(request).await {
                if let Sighting::Article { content, .. } = &observation.sighting {
                    let record = serde_json::json!({
                        "key": observation.key,
                        "url": observation.public_url,
                        "content": content,
                    });
                    let mut out = self.out.lock().expect("the file");
                    writeln!(out, "{record}").expect("written");
                }
            }
        }
    }
}

//! The rows, crawled by the real program: one run for those whose outcome comes at once, one for those
//! that wait for the end of patience. Between two rows stands a sound article.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use khotin::archive::{Archive, Outcome, StoredExchange};
use khotin::demo::{BASE, Fault, HOST, NewArticle, Platform};
use khotin::model::{Article, State};
use khotin::store::{SqliteStore, Store};
use serde_json::Value;

use crate::bytes::moved;
use crate::hosts::{self, NAMES};
use crate::program::World;
use crate::table::{From, HEADER_TIMEOUT, MOST_BODY_BYTES, Pace, Row, TOTAL_TIMEOUT, rows};

const SECTION: &str = "tin-tong-hop";
/// No process may hold more (issue: peak under 300 MB).
const MOST_MEMORY_BYTES: u64 = 300_000_000;
/// Beyond this an exchange hangs: far more than any patience here, so that a slow machine does not count.
const HANGING: Duration = Duration::from_secs(50);
/// The most requests that a chain of redirects may cost.
const MOST_HOPS: usize = 12;
/// Patience of the run of quick rows.
const LONG: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(40));

#[test]
fn every_fault_has_its_outcome_and_the_crawl_goes_on() {
    let trap = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    trap.set_nonblocking(true).unwrap();
    let port = trap.local_addr().unwrap().port();
    let of = |pace: Pace| {
        let mut rows = rows(port);
        rows.retain(|row| row.pace == pace);
        rows
    };
    let slow = std::thread::spawn({
        let rows = of(Pace::Slow);
        move || play(rows, (HEADER_TIMEOUT, TOTAL_TIMEOUT))
    });
    play(of(Pace::Quick), LONG);
    slow.join().unwrap();
    let caught = trap.accept();
    assert!(caught.is_err(), "somebody fell into the trap: {caught:?}");
}

/// One row with its articles.
struct Played {
    row: Row,
    slug: String,
    /// Key and title of the sound article that follows.
    sound: (String, String),
}

impl Played {
    fn key(&self) -> String {
        format!("demo:liferay:{}", self.slug)
    }
}

/// Crawls these rows in one run, and looks at everything.
fn play(rows: Vec<Row>, patience: (Duration, Duration)) {
    let world = World::new(0);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let hosts = runtime.block_on(hosts::start());
    configure(&world, &hosts, patience);
    let played: Vec<Played> = rows
        .into_iter()
        .enumerate()
        .map(|(number, row)| prepare(&world, number, row))
        .collect();
    let args = ["crawl", "--section", SECTION, "--json"];
    let ran = world.run(&args).expect("the crawl goes on", 1);
    world.run(&["verify"]).expect("the archive is sound", 0);

    let report = ran.json();
    let memory = report["peak_memory_bytes"].as_u64();
    assert!(memory.is_some() || !cfg!(target_os = "linux"));
    assert!(
        memory < Some(MOST_MEMORY_BYTES),
        "{memory:?} bytes of memory"
    );
    let archive = Archive::new(world.path("output/archive"));
    let exchanges = archive.exchanges(&BTreeMap::new()).unwrap();
    let exchanges: Vec<StoredExchange> = exchanges.map(Result::unwrap).collect();
    nothing_left_the_machine(&exchanges);
    nothing_broken_is_referred_to(&exchanges);
    let store = SqliteStore::open_reader(&world.path("output/khotin.db")).unwrap();
    let wrong: Vec<String> = played
        .iter()
        .filter_map(|one| {
            let why = look_at(one, &exchanges, &store).err()?;
            Some(format!("{}: {why}", one.row.what))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");

    let site = &report["sites"]["demo"];
    let failed: u64 = counted(&site["failed"]).values().sum();
    let expected = played.iter().filter(|one| one.row.cause.is_some()).count();
    assert_eq!(failed, expected as u64, "{:#}", site["failed"]);
    assert_eq!(counted(&site["refused"]).len(), 0, "{:#}", site["refused"]);
    let slowest = exchanges.iter().map(|one| one.elapsed).max().unwrap();
    assert!(slowest < HANGING, "an exchange took {slowest:?}");
    println!(
        "{} rows: {memory:?} bytes of memory, the slowest exchange took {slowest:?}, all {} s",
        played.len(),
        report["seconds"]
    );
}

/// Settings that lead to the ministry and the hosts, and a profile that knows the hosts.
fn configure(world: &World, hosts: &[(&str, SocketAddr)], patience: (Duration, Duration)) {
    let lines: String = hosts
        .iter()
        .map(|(name, address)| format!("\"{name}:80\" = \"{address}\", "))
        .collect();
    let (header, total) = patience;
    let connect = header - Duration::from_millis(200);
    let fetch = format!(
        "jitter = \"0s\"\nmax_body_bytes = {MOST_BODY_BYTES}\nlongest_pause = \"5ms\"\n\
         connect_timeout = \"{}ms\"\n\
         header_timeout = \"{}ms\"\ntotal_timeout = \"{}ms\"\nresolve = {{ {lines}",
        connect.as_millis(),
        header.as_millis(),
        total.as_millis()
    );
    // A pace of no gap has no breaker: each row fails by itself.
    let config = world
        .config("tries = 1")
        .replace("gap = \"1ms\"", "gap = \"0s\"")
        .replace("resolve = { ", &fetch);
    fs::write(world.path("config.toml"), config).unwrap();
    let known = NAMES.map(|name| format!("\"{name}\"")).join(", ");
    let profile = include_str!("../../sites/demo.toml");
    let changed = profile.replace(
        &format!("hosts = [\"{HOST}\"]"),
        &format!("hosts = [\"{HOST}\", {known}]"),
    );
    assert_ne!(changed, profile);
    fs::create_dir_all(world.path("sites")).unwrap();
    fs::write(world.path("sites/demo.toml"), changed).unwrap();
}

/// Adds the row's article and a sound one that stands behind it in the listing, and plans the fault.
fn prepare(world: &World, number: usize, row: Row) -> Played {
    let control = world.control();
    let add = |title: &str| {
        let article = NewArticle::plain(Platform::Liferay, SECTION, title, &["Một dòng."]);
        control.add(article).unwrap()
    };
    let sound = format!("Lành {number:03}");
    let sound = (add(&sound), sound);
    let key = add(&format!("Sai {number:03}: {}", row.what));
    let slug = key.trim_start_matches("demo:liferay:").to_owned();
    let path = control.expected_of(&key).unwrap().url.replace(BASE, "");
    match row.from {
        From::Itself => control.plan_fault(&path, 100, row.fault.clone()),
        From::Host(host) => {
            let there = moved(&format!("http://{host}{path}"));
            control.plan_fault(&path, 100, Fault::Raw(there));
        }
        From::Circle(addresses) => {
            let name = |place: usize| match place % addresses {
                0 => path.clone(),
                place => format!("{path}?hop={place:02}"),
            };
            // The longer ones first: a plan fits every target that contains its text.
            for place in (0..addresses).rev() {
                let next = Fault::Raw(moved(&name(place + 1)));
                control.plan_fault(&name(place), 100, next);
            }
        }
    }
    Played { row, slug, sound }
}

/// Numbers by word.
fn counted(value: &Value) -> BTreeMap<String, u64> {
    serde_json::from_value(value.clone()).unwrap()
}

/// Only the site's hosts are asked, and only on 127.0.0.1.
fn nothing_left_the_machine(exchanges: &[StoredExchange]) {
    for exchange in exchanges {
        let url = &exchange.request.url;
        let host = url.host_str().unwrap();
        assert!(host == HOST || NAMES.contains(&host), "{url} was asked");
        assert_eq!(url.port(), None, "{url} was asked");
        let address = exchange.address.map(|address| address.ip());
        assert!(
            address.is_none_or(|address| address == Ipv4Addr::LOCALHOST),
            "{url} was asked at {address:?}"
        );
    }
}

/// A revisit refers to a whole answer.
fn nothing_broken_is_referred_to(exchanges: &[StoredExchange]) {
    let answers = exchanges
        .iter()
        .filter_map(|exchange| match &exchange.outcome {
            Outcome::Answered(answer) => Some(answer),
            Outcome::Failed(_) => None,
        });
    let (mut whole, mut referred) = (BTreeSet::new(), BTreeSet::new());
    for answer in answers {
        match &answer.revisit {
            Some(revisit) => {
                assert_eq!(answer.truncated, None);
                referred.insert(revisit.target_id.clone());
            }
            None if answer.truncated.is_none() => {
                whole.insert(answer.location.record_id.clone());
            }
            None => {}
        }
    }
    assert!(referred.is_subset(&whole), "{referred:?}");
}

/// How an exchange stands in the archive.
fn stands(exchange: &StoredExchange) -> String {
    match &exchange.outcome {
        Outcome::Failed(failure) => format!("failed {}", failure.kind.as_str()),
        Outcome::Answered(answer) => match answer.truncated {
            None => answer.status.to_string(),
            Some(cut) => format!("{} truncated {}", answer.status, cut.as_str()),
        },
    }
}

/// What is wrong with a row.
fn look_at(one: &Played, exchanges: &[StoredExchange], store: &SqliteStore) -> Result<(), String> {
    let Played { row, slug, sound } = one;
    let asked: Vec<(usize, &StoredExchange)> = exchanges
        .iter()
        .enumerate()
        .filter(|(_, exchange)| exchange.request.url.path().ends_with(slug.as_str()))
        .collect();
    let allowed = match row.from {
        From::Itself => 1..=1,
        From::Host(_) => 2..=2,
        From::Circle(addresses) => 1..=addresses.min(MOST_HOPS),
    };
    ensure(allowed.contains(&asked.len()), || {
        format!("{} requests", asked.len())
    })?;
    let (place, last) = *asked.last().unwrap();
    if let From::Host(host) = row.from {
        let url = &last.request.url;
        ensure(url.host_str() == Some(host), || format!("{url} was last"))?;
    }
    ensure(stands(last) == row.stands, || stood(last))?;
    if let (Some(kept), Outcome::Answered(answer)) = (&row.kept, &last.outcome) {
        ensure(answer.body == *kept, || {
            format!("{} bytes are kept, not {}", answer.body.len(), kept.len())
        })?;
    }
    let article = store.article(&one.key()).unwrap().unwrap();
    match row.cause {
        None => is_read(&article, &row.title)?,
        Some(expected) => {
            let is_unread = article.state == State::Listed && article.versions.is_empty();
            ensure(is_unread, || "it was read as an article".to_owned())?;
            // A chain of redirects fails as its first request.
            let first = &asked[0].1.request;
            let cause = store.request(first).unwrap().unwrap().cause;
            let cause = cause.unwrap_or_default();
            ensure(cause.starts_with(expected), || format!("cause: {cause}"))?;
        }
    }
    // The very next request is answered, and with what belongs to it.
    let (key, title) = sound;
    let next = exchanges
        .iter()
        .skip(place + 1)
        .find(|exchange| exchange.request.url.path() != "/robots.txt")
        .ok_or("nothing was asked afterwards")?;
    ensure(key.ends_with(&slug_of(next)), || {
        format!("{} is next", next.request.url)
    })?;
    ensure(stands(next) == "200", || format!("then {}", stood(next)))?;
    is_read(&store.article(key).unwrap().unwrap(), title).map_err(|why| format!("then {why}"))
}

/// The article is there, and has this title.
fn is_read(article: &Article, title: &str) -> Result<(), String> {
    let is_right = article.state == State::Live && article.title.as_deref() == Some(title);
    ensure(is_right, || {
        format!("{:?} {:?}", article.state, article.title)
    })
}

fn ensure(is_so: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(otherwise()) }
}

/// [`stands`], with the message of a failure.
fn stood(exchange: &StoredExchange) -> String {
    match &exchange.outcome {
        Outcome::Failed(failure) => format!("{}: {}", stands(exchange), failure.message),
        Outcome::Answered(_) => stands(exchange),
    }
}

fn slug_of(exchange: &StoredExchange) -> String {
    let path = exchange.request.url.path();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

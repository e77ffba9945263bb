//! The guards of addresses, under the policy of the public internet: what they refuse is refused before
//! anything is asked of the network. The network here has no resolver but a table, reaches nothing at
//! all, and writes down what it was asked for; sockets are bound to loopback beside that.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use khotin::archive::{Archive, ArchiveWriter, FileContext, Outcome, verify};
use khotin::fetch::{AddressPolicy, FetchOptions, LookUp, Network};
use khotin::model::{Exchange, FailureKind, Sequence};
use url::Url;
use uuid::Uuid;

use crate::site::{fetch, fetcher, options, request};

/// A network that leads nowhere and remembers every wish.
#[derive(Debug, Default)]
struct Recorder {
    /// Answers for names, one after the other; the last one stays.
    names: Mutex<BTreeMap<&'static str, Vec<Vec<IpAddr>>>>,
    asked: Mutex<Vec<String>>,
}

impl Recorder {
    fn new(names: &[(&'static str, &[&str])]) -> Self {
        let recorder = Self::default();
        for (name, answer) in names {
            let answer = answer.iter().map(|address| address.parse().unwrap());
            let mut names = recorder.names.lock().unwrap();
            names.entry(name).or_default().push(answer.collect());
        }
        recorder
    }

    /// What was asked since the last call.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn note(&self, wish: String) {
        self.asked.lock().unwrap().push(wish);
    }
}

impl Network for Recorder {
    fn look_up(&self, host: &str) -> LookUp {
        self.note(format!("name {host}"));
        let mut names = self.names.lock().unwrap();
        let answer = match names.get_mut(host) {
            None => Err(io::Error::other("no such host")),
            Some(answers) if answers.len() > 1 => Ok(answers.remove(0)),
            Some(answers) => Ok(answers[0].clone()),
        };
        Box::pin(async move { answer })
    }

    fn way_to(&self, target: SocketAddr) -> io::Result<()> {
        self.note(format!("way to {target}"));
        Err(io::Error::other("this network leads nowhere"))
    }

    fn is_loopback_only(&self) -> bool {
        true
    }
}

const NAMES: &[(&str, &[&str])] = &[
    ("intranet.khotin.test", &["10.0.0.1"]),
    ("localhost", &["127.0.0.1", "::1"]),
    ("cloud.khotin.test", &["169.254.169.254"]),
    ("nat64.khotin.test", &["64:ff9b::7f00:1"]),
    ("mapped.khotin.test", &["::ffff:192.168.1.1"]),
    (
        "mixed.khotin.test",
        &["10.0.0.1", "203.162.10.1", "fd00::1"],
    ),
    ("empty.khotin.test", &[]),
    // A name that changes between two questions.
    ("rebinds.khotin.test", &["203.162.10.1"]),
    ("rebinds.khotin.test", &["127.0.0.1"]),
];

use FailureKind::{Connect, Dns, ForbiddenAddress as Forbidden};

/// What, URL, kind of failure, what the network was asked.
type Row = (
    &'static str,
    &'static str,
    FailureKind,
    &'static [&'static str],
);

const TABLE: &[Row] = &[
    ("loopback", "http://127.0.0.1:22/", Forbidden, &[]),
    ("far loopback", "http://127.255.255.254/", Forbidden, &[]),
    ("decimal", "http://2130706433/", Forbidden, &[]),
    ("octal", "http://0177.0.0.1/", Forbidden, &[]),
    (
        "octal in one number",
        "http://017700000001/",
        Forbidden,
        &[],
    ),
    ("hex", "http://0x7f000001/", Forbidden, &[]),
    ("mixed radix", "http://0x7f.0.01/", Forbidden, &[]),
    ("short", "http://127.1/", Forbidden, &[]),
    ("dot at the end", "http://127.0.0.1./", Forbidden, &[]),
    ("percent signs", "http://%31%32%37.0.0.1/", Forbidden, &[]),
    (
        "letters that look alike",
        "http://①②⑦。⓪。⓪。①/",
        Forbidden,
        &[],
    ),
    ("zero", "http://0/", Forbidden, &[]),
    ("all of this machine", "http://0.0.0.0/", Forbidden, &[]),
    (
        "a cloud's metadata",
        "http://169.254.169.254/latest/",
        Forbidden,
        &[],
    ),
    ("metadata in hex", "http://0xa9fea9fe/", Forbidden, &[]),
    ("private 10", "http://10.1.2.3/", Forbidden, &[]),
    ("private 172", "http://172.16.0.1/", Forbidden, &[]),
    ("private 192", "https://192.168.0.1/", Forbidden, &[]),
    ("a carrier's", "http://100.64.0.1/", Forbidden, &[]),
    ("everybody", "http://255.255.255.255/", Forbidden, &[]),
    ("multicast", "http://239.1.1.1/", Forbidden, &[]),
    ("loopback of IPv6", "http://[::1]/", Forbidden, &[]),
    ("unspecified of IPv6", "http://[::]/", Forbidden, &[]),
    ("mapped", "http://[::ffff:127.0.0.1]/", Forbidden, &[]),
    ("mapped in hex", "http://[::ffff:7f00:1]/", Forbidden, &[]),
    ("compatible", "http://[::127.0.0.1]/", Forbidden, &[]),
    ("translated", "http://[::ffff:0:127.0.0.1]/", Forbidden, &[]),
    ("NAT64", "http://[64:ff9b::7f00:1]/", Forbidden, &[]),
    (
        "NAT64 of a private one",
        "http://[64:ff9b::10.0.0.1]/",
        Forbidden,
        &[],
    ),
    ("local NAT64", "http://[64:ff9b:1::7f00:1]/", Forbidden, &[]),
    ("6to4", "http://[2002:7f00:1::]/", Forbidden, &[]),
    ("Teredo", "http://[2001:0:7f00:1::]/", Forbidden, &[]),
    ("link-local of IPv6", "http://[fe80::1]/", Forbidden, &[]),
    ("private of IPv6", "http://[fd00::1]/", Forbidden, &[]),
    (
        "private name",
        "http://intranet.khotin.test/",
        Forbidden,
        &["name intranet.khotin.test"],
    ),
    (
        "localhost",
        "http://localhost/",
        Forbidden,
        &["name localhost"],
    ),
    (
        "name of a cloud's metadata",
        "https://cloud.khotin.test/",
        Forbidden,
        &["name cloud.khotin.test"],
    ),
    (
        "name with a NAT64 address",
        "http://nat64.khotin.test/",
        Forbidden,
        &["name nat64.khotin.test"],
    ),
    (
        "name with a mapped address",
        "http://mapped.khotin.test/",
        Forbidden,
        &["name mapped.khotin.test"],
    ),
    (
        "name with a public one among them",
        "http://mixed.khotin.test/",
        Connect,
        &["name mixed.khotin.test", "way to 203.162.10.1:0"],
    ),
    (
        "name that does not resolve",
        "http://nobody.khotin.test/",
        Dns,
        &["name nobody.khotin.test"],
    ),
    (
        "name without address",
        "http://empty.khotin.test/",
        Dns,
        &["name empty.khotin.test"],
    ),
    (
        "name that is public at first",
        "http://rebinds.khotin.test/",
        Connect,
        &["name rebinds.khotin.test", "way to 203.162.10.1:0"],
    ),
    (
        "and then is not",
        "http://rebinds.khotin.test/",
        Forbidden,
        &["name rebinds.khotin.test"],
    ),
    // What a guard that failed would look like.
    (
        "public",
        "http://203.162.10.1/",
        Connect,
        &["way to 203.162.10.1:80"],
    ),
    (
        "public, its port",
        "http://203.162.10.1:8080/",
        Connect,
        &["way to 203.162.10.1:8080"],
    ),
    (
        "public of IPv6",
        "http://[2405:4800::1]/",
        Connect,
        &["way to [2405:4800::1]:80"],
    ),
];

#[tokio::test]
async fn nothing_is_asked_of_the_network_that_a_guard_refuses() {
    let recorder = Arc::new(Recorder::new(NAMES));
    let fetcher = fetcher(FetchOptions {
        addresses: AddressPolicy::Public,
        network: Arc::clone(&recorder) as Arc<dyn Network>,
        ..options()
    });
    let mut exchanges = Vec::new();
    for (what, url, kind, asked) in TABLE {
        let exchange = fetch(&fetcher, request(url)).await;
        let failure = exchange.result.as_ref().expect_err(what);
        assert_eq!(failure.kind, *kind, "{what}: {}", failure.message);
        assert_eq!(recorder.asked(), *asked, "{what}");
        assert_eq!(exchange.sent_head, b"", "{what}");
        assert_eq!(exchange.address, None, "{what}");
        exchanges.push(exchange);
    }
    let forbidden = TABLE.iter().filter(|(_, _, kind, _)| *kind == Forbidden);
    // Of the mixed answers two addresses are refused, of localhost two.
    let refused = forbidden.count() + 3;
    assert_eq!(fetcher.refused_addresses().len(), refused);
    stand_in_an_archive(&exchanges);
}

/// With loopback alone allowed, names are not even looked up.
#[tokio::test]
async fn with_loopback_only_nothing_else_is_asked_of_the_network() {
    let recorder = Arc::new(Recorder::new(NAMES));
    let fetcher = fetcher(FetchOptions {
        addresses: AddressPolicy::LoopbackOnly,
        network: Arc::clone(&recorder) as Arc<dyn Network>,
        ..options()
    });
    for (what, url, ..) in TABLE {
        let is_loopback = match Url::parse(url).unwrap().host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            _ => false,
        };
        let exchange = fetch(&fetcher, request(url)).await;
        let failure = exchange.result.as_ref().expect_err(what);
        let expected = if is_loopback { Connect } else { Forbidden };
        assert_eq!(failure.kind, expected, "{what}: {}", failure.message);
        let asked = recorder.asked();
        assert_eq!(asked.len(), usize::from(is_loopback), "{what}: {asked:?}");
    }
}

/// Every failure is one valid exchange.
fn stand_in_an_archive(exchanges: &[Exchange]) {
    let folder = tempfile::tempdir().unwrap();
    let files = FileContext {
        dir: folder.path().to_owned(),
        prefix: "khotin-test".to_owned(),
        max_bytes: 1 << 30,
        warcinfo: Vec::new(),
        resources: Vec::new(),
    };
    let now = exchanges[0].asked_at;
    let mut writer = ArchiveWriter::create(files, Box::new(Uuid::new_v4), now, 1).unwrap();
    for (number, exchange) in (1..).zip(exchanges) {
        let appended = writer.append(Sequence(number), exchange, "00", None, now);
        appended.unwrap();
    }
    writer.close().unwrap();
    let archive = Archive::new(folder.path().to_owned());
    let report = verify(&archive).unwrap();
    assert!(report.is_sound(), "{report}");
    let stored = archive.exchanges(&BTreeMap::new()).unwrap();
    let kinds = stored.map(|stored| match stored.unwrap().outcome {
        Outcome::Failed(failure) => failure.kind,
        Outcome::Answered(answer) => panic!("status {}", answer.status),
    });
    let expected = TABLE.iter().map(|(_, _, kind, _)| *kind);
    assert_eq!(kinds.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    let longest = exchanges.iter().map(|exchange| exchange.elapsed).max();
    assert!(longest < Some(Duration::from_secs(30)), "{longest:?}");
}

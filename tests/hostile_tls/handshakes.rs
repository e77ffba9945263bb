//! No TLS session: each fault is named, says what to do, and costs one exchange. The first that is
//! asked of the new address is its robots.txt; without it nothing else is asked there.

use std::time::Duration;

use khotin::config::{Period, TlsLibrary};
use khotin::model::State;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{self, RootCertStore};

use crate::certificates::{Authority, HOST, Shown};
use crate::moved::{Moved, outcome, words};
use crate::server::{self, Hello, Server};
use crate::support::demo;

/// What a server does wrong, and what is to come of it.
pub struct Row {
    pub what: &'static str,
    pub server: Server,
    /// Configured as an intermediate.
    pub intermediate: Option<Vec<u8>>,
    /// A short limit for connecting.
    pub hurry: bool,
    pub outcome: &'static str,
    /// All of these stand in the failure's message.
    pub words: &'static [&'static str],
}

impl Row {
    pub fn tls(what: &'static str, server: Server, words: &'static [&'static str]) -> Self {
        Self {
            what,
            server,
            intermediate: None,
            hurry: false,
            outcome: "tls",
            words,
        }
    }
}

const OLD_TLS: &[&str] = &[
    "tls = \"system\"",
    "OPENSSL_CONF=contrib/openssl-legacy.cnf",
    "docs/old-tls.md",
];

/// Runs each row; `root` is believed.
pub async fn check(library: TlsLibrary, root: &Authority, rows: Vec<Row>) {
    for row in rows {
        let what = row.what;
        let mut moved = Moved::open(library).await;
        moved.desk.config.fetch.extra_ca = vec![moved.pem("root.pem", &root.pem)];
        if let Some(pem) = &row.intermediate {
            let file = moved.pem("intermediate.pem", pem);
            moved.desk.config.fetch.extra_intermediates = vec![file];
        }
        if row.hurry {
            moved.desk.config.fetch.connect_timeout = Period(Duration::from_secs(3));
        }
        let ran = moved.crawl(what, row.server.address).await;
        let [exchange] = ran.asked.as_slice() else {
            panic!("{what}: {} exchanges", ran.asked.len());
        };
        assert_eq!(exchange.request.url.path(), "/robots.txt", "{what}");
        assert_eq!(outcome(exchange), row.outcome, "{what}: {exchange:?}");
        let said = words(exchange);
        for part in row.words {
            assert!(said.contains(part), "{what}: no {part:?} in {said}");
        }
        assert!(said.chars().count() < 400, "{what}: cut off: {said}");
        assert!(
            exchange.address.is_none() && exchange.sent_head.is_empty(),
            "{what}"
        );
        assert_eq!(ran.report.exit_code, 1, "{what}: {:?}", ran.report.causes);
        let site = demo(&ran.report);
        let failed: Vec<_> = site.failed.iter().collect();
        assert_eq!(failed, [(&row.outcome.to_owned(), &1)], "{what}");
        let refused: Vec<_> = site.refused.keys().collect();
        assert_eq!(
            refused,
            [&format!("robots.txt cannot be reached: {said}")],
            "{what}: the report says it too"
        );
        assert_eq!(moved.state(), State::Listed, "{what}");
    }
}

#[tokio::test]
async fn a_certificate_that_can_not_be_believed_says_why() {
    let root = Authority::root("Khotin Test Root");
    let middle = root.intermediate("Khotin Test Intermediate");
    let other = Authority::root("Khotin Other Root");
    let other_middle = other.intermediate("Khotin Other Intermediate");
    let nowhere = "127.0.0.1:1".parse().unwrap();
    let before = async |shown| Server::before(nowhere, shown).await;
    let rows = vec![
        Row::tls(
            "expired",
            before(root.leaf_between(HOST, (2019, 2020))).await,
            &[
                "ended 2020-01-02 00:00 UTC",
                "only the site's owner can renew it",
            ],
        ),
        Row::tls(
            "not yet valid",
            before(root.leaf_between(HOST, (2098, 2099))).await,
            &["begins 2098-01-02 00:00 UTC", "check the clock"],
        ),
        Row::tls(
            "wrong name",
            before(root.leaf("elsewhere.test")).await,
            &[
                "is for elsewhere.test and not for demo.khotin.test",
                "`resolve`",
            ],
        ),
        Row::tls(
            "self-signed",
            before(Shown::self_signed(HOST)).await,
            &["signed by itself", "tell the site's owner"],
        ),
        Row::tls(
            "unknown CA, sent",
            before(other.leaf(HOST).and(&other)).await,
            &["ends at \"Khotin Other Root\"", "`extra_ca`"],
        ),
        Row::tls(
            "unknown CA, not sent",
            before(other.leaf(HOST)).await,
            &["certificate of \"Khotin Other Root\"", "`extra_ca`"],
        ),
        Row::tls(
            "incomplete chain",
            before(middle.leaf(HOST)).await,
            &[
                "not complete",
                "did not send the certificate of \"Khotin Test Intermediate\"",
                "`extra_intermediates` of config.toml",
            ],
        ),
        Row {
            intermediate: Some(other_middle.pem.clone()),
            ..Row::tls(
                "a configured intermediate is not believed by itself",
                before(other_middle.leaf(HOST)).await,
                &["did not send the certificate of \"Khotin Other Root\""],
            )
        },
        Row {
            intermediate: Some(middle.pem.clone()),
            ..Row::tls(
                "a configured intermediate mends nothing but the chain",
                before(middle.leaf_between(HOST, (2019, 2020))).await,
                &["ended 2020-01-02 00:00 UTC"],
            )
        },
        Row {
            intermediate: Some(middle.pem.clone()),
            ..Row::tls(
                "nor the name",
                before(middle.leaf("elsewhere.test")).await,
                &["and not for demo.khotin.test"],
            )
        },
    ];
    check(TlsLibrary::Rustls, &root, rows).await;
}

#[tokio::test]
async fn a_handshake_that_does_not_come_about_says_how_it_ended() {
    let root = Authority::root("Khotin Test Root");
    let plain = b"HTTP/1.1 400 Bad Request\r\n\r\nThis is no TLS".to_vec();
    let mut only_http2 = server::config(root.leaf(HOST));
    only_http2.alpn_protocols = vec![b"h2".to_vec()];
    let rows = vec![
        Row {
            hurry: true,
            outcome: "timeout",
            ..Row::tls("no answer", Server::stalls(Vec::new()).await, &["in time"])
        },
        Row {
            hurry: true,
            outcome: "timeout",
            ..Row::tls(
                "half an answer",
                Server::stalls(server::hello_of_tls_1_0()[..20].to_vec()).await,
                &["in time"],
            )
        },
        Row::tls(
            "plain http",
            Server::answers(plain).await,
            &["no TLS", "plain http on this port"],
        ),
        Row::tls(
            "garbage",
            Server::answers(vec![0xff; 300]).await,
            &["no TLS"],
        ),
        Row::tls(
            "garbage in a record of the right kind",
            Server::answers([&[22, 3, 3, 0, 100][..], &[0xff; 100]].concat()).await,
            &["no TLS"],
        ),
        Row::tls(
            "a record that never ends",
            Server::answers(vec![22, 3, 3, 0x40, 0, 2, 0, 0]).await,
            &["hung up in the TLS handshake", "docs/old-tls.md"],
        ),
        Row::tls(
            "hangs up",
            Server::answers(Vec::new()).await,
            &["hung up in the TLS handshake", "docs/old-tls.md"],
        ),
        Row::tls(
            "resets",
            Server::raw(|stream| async move {
                stream.readable().await.unwrap();
                stream.set_zero_linger().unwrap();
            })
            .await,
            &["reset the connection in the TLS handshake"],
        ),
        Row::tls(
            "knows no such name",
            Server::answers(server::alert(112)).await,
            &["does not know this name", "`resolve`"],
        ),
        Row::tls(
            "speaks HTTP/2 only",
            Server::tls(only_http2, |_| async {}).await,
            &["speaks no HTTP/1.1 (NoApplicationProtocol)"],
        ),
    ];
    check(TlsLibrary::Rustls, &root, rows).await;
}

#[cfg(not(feature = "system-tls"))]
#[tokio::test]
async fn old_tls_says_how_to_build_and_what_to_configure() {
    let root = Authority::root("Khotin Test Root");
    let build: &'static [&'static str] = &["build khotin with `--features system-tls`"];
    let words: &'static [&'static str] = [build, OLD_TLS].concat().leak();
    let rows = vec![
        Row::tls(
            "TLS 1.0 only",
            Server::answers(server::hello_of_tls_1_0()).await,
            words,
        ),
        Row::tls(
            "refuses the protocol",
            Server::answers(server::alert(70)).await,
            words,
        ),
        Row::tls(
            "has no suite in common: DHE only",
            Server::answers(server::alert(40)).await,
            words,
        ),
        Row::tls(
            "wants more security",
            Server::answers(server::alert(71)).await,
            words,
        ),
    ];
    check(TlsLibrary::Rustls, &root, rows).await;
}

#[tokio::test]
async fn a_server_that_wants_our_certificate_is_a_named_failure() {
    let root = Authority::root("Khotin Test Root");
    let mut clients = RootCertStore::empty();
    clients.add(root.der.clone()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(clients.into(), provider.clone());
    let shown = root.leaf(HOST);
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(shown.chain, shown.key)
        .unwrap();
    let server = Server::tls(config, |_| async {}).await;
    let row = Row::tls(
        "wants our certificate",
        server,
        &["wants a certificate of ours"],
    );
    check(TlsLibrary::Rustls, &root, vec![row]).await;
}

#[tokio::test]
async fn a_configured_intermediate_mends_an_incomplete_chain() {
    let root = Authority::root("Khotin Test Root");
    let middle = root.intermediate("Khotin Test Intermediate");
    let unused = Authority::root("Khotin Other Root").intermediate("Khotin Other Intermediate");
    let table = [
        ("configured", middle.leaf(HOST), vec![&unused, &middle]),
        ("sent", middle.leaf(HOST).and(&middle), vec![]),
        ("both", middle.leaf(HOST).and(&middle), vec![&middle]),
    ];
    for (what, shown, intermediates) in table {
        let mut moved = Moved::open(TlsLibrary::Rustls).await;
        moved.desk.config.fetch.extra_ca = vec![moved.pem("root.pem", &root.pem)];
        for (number, one) in intermediates.into_iter().enumerate() {
            let file = moved.pem(&format!("{number}.pem"), &one.pem);
            moved.desk.config.fetch.extra_intermediates.push(file);
        }
        let server = Server::before(moved.desk.ministry.address(), shown).await;
        let ran = moved.crawl(what, server.address).await;
        assert_eq!(ran.report.exit_code, 0, "{what}: {:?}", ran.report.causes);
        let outcomes: Vec<String> = ran.asked.iter().map(outcome).collect();
        assert_eq!(outcomes, ["200", "200"], "{what}");
        assert_eq!(moved.state(), State::Live, "{what}");
        for exchange in &ran.asked {
            let tls = exchange.tls.clone().unwrap();
            assert_eq!(tls.protocol.as_deref(), Some("TLSv1.3"), "{what}");
            assert_eq!(tls.library.as_deref(), Some("rustls (ring)"), "{what}");
            assert!(tls.not_known.unwrap().starts_with("cipher suite"), "{what}");
            assert_eq!(exchange.address, Some(server.address), "{what}");
        }
        let greeted = Hello {
            name: Some(HOST.to_owned()),
            alpn: vec!["http/1.1".to_owned()],
        };
        assert_eq!(server.hellos(), [greeted], "{what}: one connection");
    }
}

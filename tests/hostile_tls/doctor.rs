//! What `khotin doctor` tells of a site's TLS and clock: the real program against servers on 127.0.0.1.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::rustls;

use crate::certificates::{Authority, HOST, Shown};
use crate::program::run;
use crate::server::{self, Server};

/// A folder whose demo ministry speaks https at `server`, and what the doctor says there.
async fn doctor(what: &str, root: &Authority, server: SocketAddr, code: i32) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let profile = include_str!("../../sites/demo.toml").replace("http://", "https://");
    std::fs::create_dir(folder.path().join("sites")).unwrap();
    std::fs::write(folder.path().join("sites/demo.toml"), profile).unwrap();
    std::fs::write(folder.path().join("root.pem"), &root.pem).unwrap();
    let config = format!(
        "[crawl]\nsites = [\"demo\"]\n\
         [fetch]\nconnect_timeout = \"5s\"\nextra_ca = [\"root.pem\"]\n\
         resolve = {{ \"{HOST}:443\" = \"{server}\" }}\n\
         [site.demo]\ngap = \"1ms\"\n"
    );
    std::fs::write(folder.path().join("config.toml"), config).unwrap();
    let ran = tokio::task::spawn_blocking(move || run(folder.path(), &["doctor", "--json"]));
    ran.await.unwrap().expect(what, code).json()
}

fn line<'a>(answer: &'a Value, check: &str) -> Option<(&'a str, &'a str)> {
    let mut all = answer["findings"].as_array().unwrap().iter();
    let found = all.find(|one| one["check"] == check)?;
    Some((
        found["level"].as_str().unwrap(),
        found["message"].as_str().unwrap(),
    ))
}

/// Answers everything with an empty robots.txt and this `Date`.
async fn answering(
    shown: Shown,
    versions: &[&'static rustls::SupportedProtocolVersion],
    date: &str,
) -> Server {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(shown.chain, shown.key)
        .unwrap();
    let answer = format!("HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n");
    Server::tls(config, move |mut session| {
        let answer = answer.clone();
        async move {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match session.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => return,
                }
            }
            let _ = session.write_all(answer.as_bytes()).await;
            let _ = session.shutdown().await;
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn protocol_suite_and_chain_of_a_session_are_told() {
    let root = Authority::root("Khotin Test Root");
    let middle = root.intermediate("Khotin Test Intermediate");
    let date = chrono::Utc::now()
        .format("%a, %d %b %Y %H:%M:%S GMT")
        .to_string();
    let table = [
        ("1.3", &rustls::version::TLS13, "TLSv1_3, TLS13_AES_"),
        (
            "1.2",
            &rustls::version::TLS12,
            "TLSv1_2, TLS_ECDHE_ECDSA_WITH_AES_",
        ),
    ];
    for (what, version, words) in table {
        let shown = middle.leaf(HOST).and(&middle);
        let server = answering(shown, &[version], &date).await;
        let answer = doctor(what, &root, server.address, 0).await;
        let (level, message) = line(&answer, "tls").unwrap();
        assert_eq!(level, "ok", "{what}: {message}");
        for part in [
            words,
            "< \"Khotin Test Intermediate\", signed by \"Khotin Test Root\"; valid until ",
        ] {
            assert!(message.contains(part), "{what}: no {part:?} in {message}");
        }
        let (level, message) = line(&answer, "dns").unwrap();
        assert_eq!(level, "ok");
        assert!(message.contains(&server.address.to_string()), "{message}");
        assert_eq!(line(&answer, "robots").unwrap().0, "ok", "{answer}");
        assert_eq!(line(&answer, "clock").unwrap().0, "ok", "{answer}");
        // One handshake alone, one for robots.txt.
        assert_eq!(server.hellos().len(), 2, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_does_not_come_about_is_a_fail_and_ends_the_asking() {
    let root = Authority::root("Khotin Test Root");
    let other = Authority::root("Khotin Other Root");
    let nowhere = "127.0.0.1:1".parse().unwrap();
    let rows = [
        (
            "expired",
            Server::before(nowhere, root.leaf_between(HOST, (2019, 2020))).await,
            "ended 2020-01-02 00:00 UTC",
        ),
        (
            "another name",
            Server::before(nowhere, root.leaf("elsewhere.test")).await,
            "and not for demo.khotin.test",
        ),
        (
            "a stranger's root",
            Server::before(nowhere, other.leaf(HOST).and(&other)).await,
            "ends at \"Khotin Other Root\"",
        ),
        (
            "plain http",
            Server::answers(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()).await,
            "plain http on this port",
        ),
        (
            "hangs up",
            Server::answers(Vec::new()).await,
            "hung up in the TLS handshake",
        ),
        (
            "old",
            Server::answers(server::hello_of_tls_1_0()).await,
            "docs/old-tls.md",
        ),
        ("silent", Server::stalls(Vec::new()).await, "in time"),
    ];
    for (what, server, words) in rows {
        let answer = doctor(what, &root, server.address, 1).await;
        let (level, message) = line(&answer, "tls").unwrap();
        assert_eq!(level, "fail", "{what}: {message}");
        assert!(message.contains(words), "{what}: no {words:?} in {message}");
        assert_eq!(
            line(&answer, "robots"),
            None,
            "{what}: nothing more is asked"
        );
        assert!(server.hellos().len() <= 1, "{what}");
    }
    let answer = doctor("nobody listens", &root, nowhere, 1).await;
    let (level, message) = line(&answer, "tls").unwrap();
    assert_eq!(level, "fail");
    assert!(message.contains("no connection for"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_differs_from_the_sites_is_told() {
    let root = Authority::root("Khotin Test Root");
    let versions = [&rustls::version::TLS13];
    let old = "Sat, 01 Jan 2000 00:00:00 GMT";
    let ten_minutes = chrono::Utc::now() + chrono::TimeDelta::minutes(10);
    let soon = ten_minutes.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let table = [
        ("another century", old, "fail", "ahead of the site's", 1),
        (
            "some minutes",
            soon.as_str(),
            "warn",
            "min behind the site's",
            0,
        ),
        ("no date", "tomorrow", "ok", "Date is none", 0),
    ];
    for (what, date, level, words, code) in table {
        let server = answering(root.leaf(HOST), &versions, date).await;
        let answer = doctor(what, &root, server.address, code).await;
        let (found, message) = line(&answer, "clock").unwrap();
        assert_eq!(found, level, "{what}: {message}");
        assert!(message.contains(words), "{what}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_ends_soon_is_a_warning() {
    let root = Authority::root("Khotin Test Root");
    let soon = chrono::Utc::now() + chrono::TimeDelta::days(5);
    let (year, month, day) = {
        use chrono::Datelike;
        (soon.year(), soon.month() as u8, soon.day() as u8)
    };
    let shown = root.leaf_until(HOST, (year, month, day));
    let date = chrono::Utc::now()
        .format("%a, %d %b %Y %H:%M:%S GMT")
        .to_string();
    let server = answering(shown, &[&rustls::version::TLS13], &date).await;
    let answer = doctor("soon", &root, server.address, 0).await;
    assert_eq!(line(&answer, "tls").unwrap().0, "warn", "{answer}");
}

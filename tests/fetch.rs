//! What is sent, what is kept of the answer, and how failures are named: against a server on
//! 127.0.0.1 that records bytes.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "support/raw_server.rs"]
mod raw_server;
#[path = "support/site.rs"]
mod site;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use khotin::fetch::{AddressPolicy, Ask, Conditional, FetchOptions, Outcome, redirect_target};
use khotin::model::{Exchange, FailureKind, HttpVersion, Method, Truncation, Via};
use raw_server::{RawServer, Reply, answer};
use site::{fetch, fetcher, options, request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use url::Url;

fn failure(exchange: &Exchange) -> (FailureKind, String) {
    let failure = exchange.result.as_ref().expect_err("no answer");
    (failure.kind, failure.message.clone())
}

#[tokio::test]
async fn what_is_archived_is_what_was_sent() {
    let server = RawServer::start(|_| answer("200 OK", &[], "ok")).await;
    let mut post = request(&server.url("/bridge?url=/portal/api"));
    post.method = Method::Post;
    post.body = Some("{\"MA\":\"á\"}".to_owned());
    post.headers = vec![
        ("accept".to_owned(), "application/json, */*".to_owned()),
        ("x-requested".to_owned(), "1".to_owned()),
    ];
    let conditional = Ask {
        request: request(&server.url("/a")),
        conditional: Conditional {
            etag: Some("W/\"1\"".to_owned()),
            last_modified: Some("Sun, 22 Nov 2026 08:00:00 GMT".to_owned()),
        },
    };
    let host = server.address;
    let who = "user-agent: khotin/0.1 (+https://example.org)|from: operator@example.org";
    let usual = "accept: text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.5";
    let table = [
        (
            "GET",
            Ask::from(request(&server.url("/a b/%2f?q=|#f"))),
            format!(
                "GET /a%20b/%2f?q=| HTTP/1.1|host: {host}|{who}|{usual}|accept-encoding: gzip||"
            ),
        ),
        (
            "an empty query stays",
            Ask::from(request(&server.url("?"))),
            format!("GET /? HTTP/1.1|host: {host}|{who}|{usual}|accept-encoding: gzip||"),
        ),
        (
            "conditional GET",
            conditional,
            format!(
                "GET /a HTTP/1.1|host: {host}|{who}|{usual}|accept-encoding: gzip|if-none-match: W/\"1\"|if-modified-since: Sun, 22 Nov 2026 08:00:00 GMT||"
            ),
        ),
        (
            "POST",
            Ask::from(post),
            format!(
                "POST /bridge?url=/portal/api HTTP/1.1|host: {host}|{who}|accept: application/json, */*|accept-encoding: gzip|x-requested: 1|content-length: 11|content-type: application/json||{{\"MA\":\"á\"}}"
            ),
        ),
    ];
    let fetcher = fetcher(options());
    for (number, (what, ask, expected)) in table.into_iter().enumerate() {
        let exchange = fetch(&fetcher, ask).await;
        assert_eq!(Outcome::of(&exchange), Outcome::Answered(200), "{what}");
        let seen = &server.seen()[number];
        let text = String::from_utf8(seen.bytes.clone()).expect("UTF-8");
        assert_eq!(text.replace("\r\n", "|"), expected, "{what}");
        let mut sent = exchange.sent_head;
        sent.extend(exchange.request.body.unwrap_or_default().into_bytes());
        assert_eq!(sent, seen.bytes, "{what}");
        assert_eq!(seen.connection, 0, "{what}: the connection is kept");
    }
}

#[tokio::test]
async fn the_answer_is_kept_as_it_came() {
    let chunked = "HTTP/1.1 404 Khong co\r\nDate: x\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\
                   Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n\
                   3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    let server = RawServer::start(move |_| Reply::Bytes(chunked.as_bytes().to_vec())).await;
    let fetcher = fetcher(options());
    let exchange = fetch(&fetcher, request(&server.url("/"))).await;
    let answer = exchange.result.expect("an answer");
    assert_eq!((answer.status, answer.reason.as_str()), (404, "Khong co"));
    assert_eq!(answer.version, HttpVersion::Http11);
    let fields: Vec<String> = answer
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
        .collect();
    assert_eq!(
        fields,
        [
            "date: x",
            "set-cookie: a=1",
            "set-cookie: b=2",
            "content-encoding: gzip",
            "transfer-encoding: chunked"
        ]
    );
    assert_eq!(
        answer.body, b"abcde",
        "transfer coding removed, content coding as sent"
    );
    assert_eq!(answer.truncated, None);
    assert_eq!(exchange.address, Some(server.address));
    assert_eq!((exchange.via, exchange.tls), (Via::Direct, None));
    assert_eq!(exchange.run.as_str(), "run-1");

    fetch(&fetcher, request(&server.url("/"))).await;
    let second = String::from_utf8(server.seen()[1].bytes.clone()).expect("ASCII");
    assert!(
        !second.contains("cookie") && !second.contains("referer"),
        "{second}"
    );
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let server = RawServer::start(|_| answer("302 Found", &["location: /b"], "")).await;
    let exchange = fetch(&fetcher(options()), request(&server.url("/a"))).await;
    let target = redirect_target(&exchange)
        .expect("a good location")
        .expect("a redirect");
    assert_eq!(target.as_str(), server.url("/b"));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_body_that_is_not_whole_is_kept_and_said() {
    let server = RawServer::start(|seen| {
        let body = |length: usize, start: &str| {
            format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{start}").into_bytes()
        };
        match seen.target().as_str() {
            "/whole" => Reply::Bytes(body(10, "0123456789")),
            "/long" => Reply::Bytes(body(11, "0123456789a")),
            "/endless" => Reply::Close(b"HTTP/1.0 200 OK\r\n\r\n0123456789abcdef".to_vec()),
            "/short" => Reply::Close(body(10, "01234")),
            "/bad-chunk" => Reply::Close(
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n".to_vec(),
            ),
            _ => Reply::Stall(body(10, "0123")),
        }
    })
    .await;
    let fetcher = fetcher(FetchOptions {
        max_body_bytes: 10,
        connect_timeout: Duration::from_millis(900),
        header_timeout: Duration::from_millis(1000),
        total_timeout: Duration::from_millis(1000),
        ..options()
    });
    let table = [
        ("/whole", "0123456789", None),
        ("/long", "0123456789", Some(Truncation::Length)),
        ("/endless", "0123456789", Some(Truncation::Length)),
        ("/short", "01234", Some(Truncation::Disconnect)),
        ("/bad-chunk", "abc", Some(Truncation::Unspecified)),
        ("/stalls", "0123", Some(Truncation::Time)),
    ];
    for (path, body, truncated) in table {
        let exchange = fetch(&fetcher, request(&server.url(path))).await;
        let answer = exchange.result.expect(path);
        assert_eq!(String::from_utf8_lossy(&answer.body), body, "{path}");
        assert_eq!(answer.truncated, truncated, "{path}");
    }
}

#[tokio::test]
async fn a_failure_has_a_kind_and_says_whether_anything_was_sent() {
    let server = RawServer::start(|seen| match seen.target().as_str() {
        "/closes" => Reply::Close(Vec::new()),
        "/closes-in-header" => Reply::Close(b"HTTP/1.1 200 OK\r\ndate: ".to_vec()),
        "/no-http" => Reply::Close(b"220 ready for mail\r\n\r\n".to_vec()),
        "/fat" => answer("200 OK", &[&format!("x: {}", "y".repeat(2000))], ""),
        "/many" => answer("200 OK", &["x: y"; 300], ""),
        _ => Reply::Stall(Vec::new()),
    })
    .await;
    let plain = says_and_hangs_up(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let silent = says_and_hangs_up(b"").await;
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("bound")
    };
    let fetcher = fetcher(FetchOptions {
        max_header_bytes: 1000,
        connect_timeout: Duration::from_millis(400),
        header_timeout: Duration::from_millis(500),
        ..options()
    });
    let table = [
        // what, URL, kind, was it sent
        (
            "nobody there",
            format!("http://{nobody}/"),
            FailureKind::Connect,
            false,
        ),
        (
            "closes",
            server.url("/closes"),
            FailureKind::Disconnect,
            true,
        ),
        (
            "closes in the header",
            server.url("/closes-in-header"),
            FailureKind::Disconnect,
            true,
        ),
        (
            "no HTTP",
            server.url("/no-http"),
            FailureKind::Protocol,
            true,
        ),
        (
            "a header over the cap",
            server.url("/fat"),
            FailureKind::Protocol,
            true,
        ),
        (
            "too many fields",
            server.url("/many"),
            FailureKind::Protocol,
            true,
        ),
        (
            "says nothing",
            server.url("/stalls"),
            FailureKind::Timeout,
            true,
        ),
        (
            "plain HTTP where TLS should be",
            format!("https://{plain}/"),
            FailureKind::Tls,
            false,
        ),
        (
            "hangs up on a TLS greeting",
            format!("https://{silent}/"),
            FailureKind::Tls,
            false,
        ),
        (
            "never answers a TLS greeting",
            format!("https://{}/", server.address),
            FailureKind::Timeout,
            false,
        ),
        (
            "a name",
            "http://moh.gov.vn/".to_owned(),
            FailureKind::ForbiddenAddress,
            false,
        ),
        (
            "a public address",
            "http://203.162.10.1/".to_owned(),
            FailureKind::ForbiddenAddress,
            false,
        ),
    ];
    for (what, url, kind, was_sent) in table {
        let exchange = fetch(&fetcher, request(&url)).await;
        assert_eq!(
            failure(&exchange).0,
            kind,
            "{what}: {}",
            failure(&exchange).1
        );
        assert_eq!(!exchange.sent_head.is_empty(), was_sent, "{what}");
        assert!(!failure(&exchange).1.ends_with('.'), "{what}");
    }
    assert_eq!(fetcher.refused_addresses(), ["moh.gov.vn", "203.162.10.1"]);
}

#[tokio::test]
async fn ones_own_network_is_out_of_reach_unless_the_configuration_names_it() {
    let server = RawServer::start(|_| answer("200 OK", &[], "")).await;
    let public = |named: BTreeSet<_>| {
        fetcher(FetchOptions {
            addresses: AddressPolicy::Public,
            named_addresses: named,
            ..options()
        })
    };
    let by_name = format!("http://localhost:{}/", server.address.port());
    let table = [
        ("address", server.url("/"), BTreeSet::new(), false),
        (
            "name that leads there",
            by_name.clone(),
            BTreeSet::new(),
            false,
        ),
        (
            "named address",
            server.url("/"),
            BTreeSet::from([server.address]),
            true,
        ),
        (
            "name, though the address is named",
            by_name,
            BTreeSet::from([server.address]),
            false,
        ),
    ];
    for (what, url, named, answered) in table {
        let exchange = fetch(&public(named), request(&url)).await;
        match &exchange.result {
            Ok(_) => assert!(answered, "{what}"),
            Err(failure) => {
                assert!(!answered, "{what}: {}", failure.message);
                assert_eq!(failure.kind, FailureKind::ForbiddenAddress, "{what}");
            }
        }
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn an_override_sends_an_origin_elsewhere_and_keeps_its_name() {
    let server = RawServer::start(|_| answer("200 OK", &[], "")).await;
    let resolve = [
        ("moh.gov.vn:80", server.address),
        ("MOH.gov.vn:8080", server.address),
    ];
    let fetcher = fetcher(FetchOptions {
        resolve: resolve
            .map(|(origin, target)| (origin.to_owned(), target))
            .into(),
        ..options()
    });
    for (number, (url, host)) in [
        ("http://moh.gov.vn/a", "host: moh.gov.vn\r\n"),
        ("http://moh.gov.vn:8080/a", "host: moh.gov.vn:8080\r\n"),
    ]
    .into_iter()
    .enumerate()
    {
        let exchange = fetch(&fetcher, request(url)).await;
        assert_eq!(
            Outcome::of(&exchange),
            Outcome::Answered(200),
            "{url}: {:?}",
            exchange.result
        );
        assert_eq!(
            (exchange.via, exchange.address),
            (Via::Override, Some(server.address))
        );
        assert_eq!(exchange.request.url.as_str(), url);
        let seen = &server.seen()[number];
        assert_eq!(exchange.sent_head, seen.bytes, "{url}");
        assert!(String::from_utf8_lossy(&seen.bytes).contains(host), "{url}");
    }
    let other = fetch(&fetcher, request("http://moh.gov.vn:81/a")).await;
    assert_eq!(failure(&other).0, FailureKind::ForbiddenAddress);
}

/// Accepts connections, waits for the first byte, says `words` and hangs up.
async fn says_and_hangs_up(words: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            if stream.read_u8().await.is_ok() {
                // The client may have gone already.
                let _ = stream.write_all(words).await;
            }
        }
    });
    address
}

/// A CA, and a server's side of TLS for `name` signed by it.
fn ca_and_acceptor(name: &str) -> (Vec<u8>, TlsAcceptor) {
    let ca_key = rcgen::KeyPair::generate().expect("randomness");
    let mut ca = rcgen::CertificateParams::new(Vec::new()).expect("no names");
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).expect("a CA").pem();
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let key = rcgen::KeyPair::generate().expect("randomness");
    let certificate = rcgen::CertificateParams::new(vec![name.to_owned()])
        .and_then(|params| params.signed_by(&key, &issuer))
        .expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone()], key)
        })
        .expect("a server's TLS");
    (ca_pem.into_bytes(), TlsAcceptor::from(Arc::new(config)))
}

#[tokio::test]
async fn an_https_origin_can_be_overridden_with_a_ca_of_ones_own() {
    let (ca, acceptor) = ca_and_acceptor("moh.gov.vn");
    let (other_ca, _) = ca_and_acceptor("moh.gov.vn");
    let server = RawServer::start_tls(acceptor, |_| answer("200 OK", &[], "ok")).await;
    let resolve = ["moh.gov.vn:443", "moh.gov.vn:8443", "other.vn:443"];
    let resolve: BTreeMap<_, _> = resolve.map(|name| (name.to_owned(), server.address)).into();
    let with_ca = |ca: &[Vec<u8>]| {
        fetcher(FetchOptions {
            resolve: resolve.clone(),
            extra_ca_pem: ca.to_vec(),
            ..options()
        })
    };
    let good = with_ca(&[other_ca.clone(), ca]);
    for (number, url) in ["https://moh.gov.vn/a?b", "https://moh.gov.vn:8443/a?b"]
        .into_iter()
        .enumerate()
    {
        let exchange = fetch(&good, request(url)).await;
        assert_eq!(
            Outcome::of(&exchange),
            Outcome::Answered(200),
            "{url}: {:?}",
            exchange.result
        );
        assert_eq!(
            (exchange.via, exchange.address),
            (Via::Override, Some(server.address))
        );
        let tls = exchange.tls.expect(url);
        assert_eq!(tls.protocol.as_deref(), Some("TLSv1.3"), "{url}");
        assert_eq!(tls.library.as_deref(), Some("rustls (ring)"), "{url}");
        assert_eq!(exchange.request.url.as_str(), url);
        let seen = &server.seen()[number];
        assert_eq!(seen.sni.as_deref(), Some("moh.gov.vn"), "{url}");
        assert_eq!(seen.bytes, exchange.sent_head, "{url}");
    }
    let table = [
        (
            "a CA that did not sign it",
            with_ca(&[other_ca]),
            "https://moh.gov.vn/",
        ),
        ("a certificate for another name", good, "https://other.vn/"),
    ];
    for (what, fetcher, url) in table {
        let exchange = fetch(&fetcher, request(url)).await;
        assert_eq!(
            failure(&exchange).0,
            FailureKind::Tls,
            "{what}: {}",
            failure(&exchange).1
        );
        assert!(exchange.sent_head.is_empty(), "{what}");
    }
    assert_eq!(server.seen().len(), 2);
}

/// The same test runs once more as a process of its own, on a machine without CA certificates as
/// far as it can see.
#[tokio::test]
async fn a_machine_without_ca_certificates_can_crawl_plain_http() {
    const INSIDE: &str = "KHOTIN_TEST_WITHOUT_CA";
    if std::env::var_os(INSIDE).is_none() {
        let name = "a_machine_without_ca_certificates_can_crawl_plain_http";
        let output = std::process::Command::new(std::env::current_exe().expect("a test binary"))
            .args([name, "--exact"])
            .env(INSIDE, "1")
            .env("SSL_CERT_FILE", "/dev/null")
            .env_remove("SSL_CERT_DIR")
            .output()
            .expect("a process");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}"
        );
        return;
    }
    let server = RawServer::start(|_| answer("200 OK", &[], "")).await;
    let fetcher = fetcher(options());
    let plain = fetch(&fetcher, request(&server.url("/"))).await;
    assert_eq!(Outcome::of(&plain), Outcome::Answered(200));
    let tls = fetch(&fetcher, request(&format!("https://{}/", server.address))).await;
    let (kind, message) = failure(&tls);
    assert_eq!(kind, FailureKind::Tls);
    assert!(message.contains("no CA certificates"), "{message}");
}

#[tokio::test]
async fn a_proxy_is_asked_in_its_own_form() {
    let proxy = RawServer::start(|_| answer("200 OK", &[], "")).await;
    let fetcher = fetcher(FetchOptions {
        addresses: AddressPolicy::Public,
        proxy: Some(Url::parse(&proxy.url("/")).expect("a test URL")),
        ..options()
    });
    let exchange = fetch(&fetcher, request("http://a.example:81/b?c")).await;
    assert_eq!(
        Outcome::of(&exchange),
        Outcome::Answered(200),
        "{:?}",
        exchange.result
    );
    assert_eq!(proxy.seen()[0].target(), "http://a.example:81/b?c");
    assert_eq!(proxy.seen()[0].bytes, exchange.sent_head);
    let inside = fetch(&fetcher, request("http://10.0.0.1/")).await;
    assert_eq!(failure(&inside).0, FailureKind::ForbiddenAddress);
}

//! `tls = "system"`: through the system's OpenSSL in a build with the feature, else an error before
//! anything is asked. Servers with really old TLS: tests/interop/old-tls.sh.

#[cfg(not(feature = "system-tls"))]
#[tokio::test]
async fn without_the_feature_the_error_says_how_to_build() {
    use khotin::config::TlsLibrary;
    use khotin::model::SiteId;

    use crate::support::Desk;

    let mut desk = Desk::open(24).await;
    let site = SiteId::new("demo");
    desk.config.site.get_mut(&site).unwrap().tls = Some(TlsLibrary::System);
    let error = desk.try_crawl(Default::default()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "fetch option `tls` cannot be used: \"system\" for the site `demo`: this khotin has no \
         OpenSSL; build it with `cargo build --release --features system-tls` and start it with \
         OPENSSL_CONF=contrib/openssl-legacy.cnf (docs/old-tls.md)"
    );
    assert_eq!(error.outcome().code(), 2);
    assert_eq!(desk.asked(), Vec::<String>::new());
}

#[cfg(feature = "system-tls")]
mod with_the_feature {
    use khotin::config::TlsLibrary::System;
    use khotin::model::{FailureKind, State};

    use crate::certificates::{Authority, HOST, Shown};
    use crate::handshakes::{Row, check};
    use crate::moved::{Moved, outcome};
    use crate::server::{self, Hello, Server};
    use crate::site;

    #[tokio::test]
    async fn a_certificate_that_can_not_be_believed_says_why() {
        let root = Authority::root("Khotin Test Root");
        let middle = root.intermediate("Khotin Test Intermediate");
        let other = Authority::root("Khotin Other Root");
        let other_middle = other.intermediate("Khotin Other Intermediate");
        let nowhere = "127.0.0.1:1".parse().unwrap();
        let before = async |shown| Server::before(nowhere, shown).await;
        let not_complete: &[&str] = &[
            "(unable to get local issuer certificate)",
            "its chain is not complete, or its CA is not believed",
            "`extra_intermediates` of config.toml",
        ];
        let rows = vec![
            Row::tls(
                "expired",
                before(root.leaf_between(HOST, (2019, 2020))).await,
                &["(certificate has expired): tell the site's owner"],
            ),
            Row::tls(
                "not yet valid",
                before(root.leaf_between(HOST, (2098, 2099))).await,
                &["(certificate is not yet valid): check this machine's clock"],
            ),
            Row::tls(
                "wrong name",
                before(root.leaf("elsewhere.test")).await,
                &["ostname mismatch): check the host in the URL"],
            ),
            Row::tls(
                "self-signed",
                before(Shown::self_signed(HOST)).await,
                &["(self-signed certificate): no CA vouches for it"],
            ),
            Row::tls(
                "unknown CA, sent",
                before(other.leaf(HOST).and(&other)).await,
                &[
                    "(self-signed certificate in certificate chain)",
                    "`extra_ca`",
                ],
            ),
            Row::tls(
                "unknown CA, not sent",
                before(other.leaf(HOST)).await,
                not_complete,
            ),
            Row::tls(
                "incomplete chain",
                before(middle.leaf(HOST)).await,
                not_complete,
            ),
            Row {
                intermediate: Some(other_middle.pem.clone()),
                ..Row::tls(
                    "a configured intermediate is not believed by itself",
                    before(other_middle.leaf(HOST)).await,
                    &["(unable to get issuer certificate)"],
                )
            },
        ];
        check(System, &root, rows).await;
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
            Row::tls(
                "plain http",
                Server::answers(plain).await,
                &["no TLS", "plain http on this port"],
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
                "refuses the protocol",
                Server::answers(server::alert(70)).await,
                &[
                    "alert protocol version",
                    "OPENSSL_CONF=contrib/openssl-legacy.cnf",
                ],
            ),
            Row::tls(
                "has no suite in common",
                Server::answers(server::alert(40)).await,
                &[
                    "alert handshake failure",
                    "OPENSSL_CONF=contrib/openssl-legacy.cnf",
                ],
            ),
            Row::tls(
                "speaks HTTP/2 only",
                Server::tls(only_http2, |_| async {}).await,
                &["no application protocol"],
            ),
        ];
        check(System, &root, rows).await;
    }

    #[tokio::test]
    async fn a_good_server_is_asked_as_on_the_other_road() {
        let root = Authority::root("Khotin Test Root");
        let middle = root.intermediate("Khotin Test Intermediate");
        let table = [
            ("whole chain", middle.leaf(HOST).and(&middle), None),
            ("configured intermediate", middle.leaf(HOST), Some(&middle)),
        ];
        for (what, shown, intermediate) in table {
            let mut moved = Moved::open(System).await;
            moved.desk.config.fetch.extra_ca = vec![moved.pem("root.pem", &root.pem)];
            if let Some(one) = intermediate {
                let file = moved.pem("intermediate.pem", &one.pem);
                moved.desk.config.fetch.extra_intermediates = vec![file];
            }
            let server = Server::before(moved.desk.ministry.address(), shown).await;
            let ran = moved.crawl(what, server.address).await;
            assert_eq!(ran.report.exit_code, 0, "{what}: {:?}", ran.report.causes);
            let outcomes: Vec<String> = ran.asked.iter().map(outcome).collect();
            assert_eq!(outcomes, ["200", "200"], "{what}");
            assert_eq!(moved.state(), State::Live, "{what}");
            for exchange in &ran.asked {
                let tls = exchange.tls.clone().unwrap();
                assert_eq!(tls.protocol, None, "{what}");
                assert!(tls.library.unwrap().starts_with("OpenSSL 3."), "{what}");
                assert_eq!(
                    tls.not_known.as_deref(),
                    Some("protocol, cipher suite: not shown by native-tls"),
                    "{what}"
                );
                assert_eq!(exchange.address, Some(server.address), "{what}");
            }
            let greeted = Hello {
                name: Some(HOST.to_owned()),
                alpn: vec!["http/1.1".to_owned()],
            };
            assert_eq!(server.hellos(), [greeted], "{what}: one connection");
        }
    }

    #[tokio::test]
    async fn no_name_is_looked_up_and_nothing_but_loopback_is_reached() {
        let options = khotin::fetch::FetchOptions {
            system_tls: [khotin::model::SiteId::new("test")].into(),
            ..site::options()
        };
        let fetcher = site::fetcher(options);
        for url in ["https://moh.gov.vn/", "https://203.162.10.1/"] {
            let exchange = site::fetch(&fetcher, site::request(url)).await;
            let failure = exchange.result.unwrap_err();
            assert_eq!(failure.kind, FailureKind::ForbiddenAddress, "{failure:?}");
        }
        assert_eq!(fetcher.refused_addresses(), ["moh.gov.vn", "203.162.10.1"]);
    }
}

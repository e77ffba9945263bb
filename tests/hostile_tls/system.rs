//! `tls = "system"`: through the system's OpenSSL in a build with the feature, else an error before
//! anything is asked.

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

//! Several connections of one site.

use crate::ministry::{Operator, listing};
use crate::raw_server::{RawServer, answer};

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_waits_for_another_hears_that_its_request_was_refused() {
    let server = RawServer::start(|seen| match seen.target().as_str() {
        "/list" => listing(&[1]),
        "/robots.txt" => answer("200 OK", &[], "User-agent: *\nDisallow: /a/"),
        _ => answer("500 Internal Server Error", &[], ""),
    })
    .await;
    let report = Operator::of(&[("one", &server)], 4)
        .crawl("run-1")
        .await
        .unwrap();
    let refused: u64 = report.sites.values().next().unwrap().refused.values().sum();
    assert_eq!((refused, report.exit_code), (1, 1));
}

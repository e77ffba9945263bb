//! Several connections of one site.

use tokio::sync::watch;

use crate::ministry::{Operator, listing, plain};
use crate::raw_server::{RawServer, Seen, answer};

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

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_of_requests_counts_robots_txt_and_what_is_in_flight() {
    static MANY: [u32; 20] = [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
    ];
    for most in [1, 2, 3, 7] {
        let server = RawServer::start(plain(&MANY)).await;
        let operator = Operator::of(&[("one", &server)], 4);
        let run = operator
            .crawl_with("run-1", |options| options.max_requests = Some(most))
            .await;
        assert_eq!(run.unwrap().exit_code, 1, "{most}: something is left");
        assert_eq!(server.seen().len() as u64, most);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_interrupt_nothing_new_is_asked() {
    let table: [(&str, &str, &[&str]); 2] = [
        // what, asked when the interrupt comes, all that was asked
        ("while robots.txt is asked", "/robots.txt", &["/robots.txt"]),
        (
            "while a listing is asked",
            "/list",
            &["/robots.txt", "/list"],
        ),
    ];
    for (what, moment, expected) in table {
        let (stop, stopped) = watch::channel(false);
        let answers = plain(&[1, 2, 3]);
        let server = RawServer::start(move |seen| {
            if seen.target() == moment {
                stop.send_replace(true);
            }
            answers(seen)
        })
        .await;
        let operator = Operator::of(&[("one", &server)], 2);
        let report = operator.crawl_until(stopped, "run-1", |_| {}).await;
        let targets: Vec<String> = server.seen().iter().map(Seen::target).collect();
        assert_eq!(targets, expected, "{what}");
        assert_eq!(report.unwrap().exit_code, 1, "{what}: something is left");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_nobody_can_interrupt_goes_to_its_end() {
    let server = RawServer::start(plain(&[1, 2, 3])).await;
    let operator = Operator::of(&[("one", &server)], 2);
    let (stop, stopped) = watch::channel(false);
    drop(stop);
    let report = operator.crawl_until(stopped, "run-1", |_| {}).await;
    assert_eq!(report.unwrap().exit_code, 0);
}

//! What a report says of the web: by cause, bounded, and without a code for the terminal.

use std::collections::BTreeMap;

use crate::ministry::{Operator, listing};
use crate::raw_server::{RawServer, answer};

#[tokio::test(flavor = "multi_thread")]
async fn what_robots_txt_refuses_is_counted_by_its_rule() {
    let server = RawServer::start(|seen| match seen.target().as_str() {
        "/list" => listing(&[1, 2, 3]),
        _ => answer("200 OK", &[], "User-agent: *\nDisallow: /a/"),
    })
    .await;
    let operator = Operator::of(&[("one", &server)], 1);
    let report = operator.crawl("run-1").await.unwrap();
    let expected = BTreeMap::from([("disallowed by robots.txt: disallow: /a/".to_owned(), 3)]);
    assert_eq!(report.sites.values().next().unwrap().refused, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_control_character_of_a_server_reaches_a_cause() {
    let long = "x".repeat(2000);
    let field = format!("content-type: text/\u{9b}2J\u{202e}{long}");
    let server = RawServer::start(move |seen| match seen.target().as_str() {
        "/list" => answer("200 OK", &[&field], "words"),
        _ => answer("404 Not Found", &[], ""),
    })
    .await;
    let operator = Operator::of(&[("one", &server)], 1);
    let report = operator.crawl("run-1").await.unwrap();
    let site = report.sites.values().next().unwrap();
    let ends = site
        .sections
        .values()
        .filter_map(|section| section.end.as_ref());
    let words: Vec<&String> = report
        .causes
        .iter()
        .chain(site.failed.keys())
        .chain(site.unread.keys())
        .chain(ends)
        .collect();
    assert_eq!(words.len(), 3, "{words:?}");
    for word in words {
        assert!(!word.contains(char::is_control), "{word:?}");
        assert!(!word.contains('\u{202e}'), "{word:?}");
        assert!(word.chars().count() < 600, "{word:?}");
    }
}

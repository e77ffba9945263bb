//! What the servers of a ministry see of us: one request at a time, with a gap, and nothing that
//! scope or robots.txt keep out. Gaps are measured by the server; each bound is a lower one, so a
//! slow machine cannot break it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::raw_server::{RawServer, Seen, answer};
use crate::site::{fetcher, gate, gate_with, no_file, options, pace, request, robots, settings};
use khotin::fetch::{
    FetchError, MemoryLedger, Outcome, Permission, Refusal, RobotsAsk, RobotsCopy, RobotsKind,
    RobotsStep,
};
use khotin::model::{Request, SiteId};
use url::Url;

/// Shortest time between two requests that the servers saw.
fn shortest_gap(seen: impl IntoIterator<Item = Seen>) -> Duration {
    let mut times: Vec<Instant> = seen.into_iter().map(|seen| seen.at).collect();
    times.sort();
    times
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .min()
        .expect("two requests")
}

#[tokio::test]
async fn a_pace_group_is_asked_one_at_a_time_with_a_gap_over_all_its_hosts() {
    let one = RawServer::start(|_| answer("200 OK", &[], "")).await;
    let two = RawServer::start(|_| answer("404 Not Found", &[], "")).await;
    let fetcher = Arc::new(fetcher(options()));
    let gate = Arc::new(gate(&fetcher, &pace(&Arc::default()), settings(200)));
    let tasks: Vec<_> = [one.url("/a"), two.url("/a"), one.url("/b"), two.url("/b")]
        .into_iter()
        .map(|url| {
            let (fetcher, gate) = (Arc::clone(&fetcher), Arc::clone(&gate));
            tokio::spawn(async move {
                let permit = gate.admit(request(&url).into(), &no_file(&url)).await;
                fetcher.fetch(permit.expect("allowed")).await
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    let seen = [one.seen(), two.seen()].concat();
    assert_eq!(seen.len(), 4);
    assert!(seen.iter().all(|seen| seen.in_flight == 1));
    assert!(shortest_gap(seen) >= Duration::from_millis(200));
}

#[tokio::test]
async fn more_connections_are_used_where_they_are_allowed() {
    let server = RawServer::start(|_| answer("200 OK", &[], "")).await;
    let fetcher = Arc::new(fetcher(options()));
    let mut settings = settings(0);
    settings.connections = 4;
    let gate = gate(&fetcher, &pace(&Arc::default()), settings);
    let robots = no_file(&server.url("/"));
    // All four turns are given before the first request is sent.
    let mut permits = Vec::new();
    for _ in 0..4 {
        permits.push(
            gate.admit(request(&server.url("/")).into(), &robots)
                .await
                .expect("allowed"),
        );
    }
    let mut tasks = Vec::new();
    for permit in permits {
        let fetcher = Arc::clone(&fetcher);
        tasks.push(tokio::spawn(async move { fetcher.fetch(permit).await }));
    }
    for task in tasks {
        assert_eq!(
            Outcome::of(&task.await.expect("no panic")),
            Outcome::Answered(200)
        );
    }
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn the_crawl_delay_counts_where_it_is_longer() {
    let server = RawServer::start(|_| answer("200 OK", &[], "")).await;
    let fetcher = fetcher(options());
    let gate = gate(&fetcher, &pace(&Arc::default()), settings(10));
    let url = server.url("/");
    let with_delay = |text: &str| {
        let text = format!("User-agent: *\nCrawl-delay: {text}");
        robots(&url, RobotsKind::Rules { text })
    };
    let table = [
        // what, delay, gap in milliseconds (none: too long for a run)
        ("longer", "0.3", Some(300)),
        ("shorter", "0", Some(10)),
        ("longest", "5", Some(5000)),
        ("too long", "5.1", None),
    ];
    for (what, delay, gap) in table {
        let checked = gate.check(&request(&url), &with_delay(delay));
        match gap {
            Some(gap) => assert_eq!(checked.expect(what), Duration::from_millis(gap), "{what}"),
            None => assert!(matches!(checked, Err(Refusal::CrawlDelay { .. })), "{what}"),
        }
    }
    for _ in 0..2 {
        let permit = gate.admit(request(&url).into(), &with_delay("0.3")).await;
        fetcher.fetch(permit.expect("allowed")).await;
    }
    assert!(shortest_gap(server.seen()) >= Duration::from_millis(300));
}

/// A process that is killed after it read robots.txt and before it kept the copy.
#[tokio::test]
async fn a_crawl_delay_is_kept_by_a_process_that_never_read_it() {
    let server = RawServer::start(|_| answer("200 OK", &[], "")).await;
    let fetcher = fetcher(options());
    let ledger = Arc::new(MemoryLedger::default());
    let text = "User-agent: *\nCrawl-delay: 0.6".to_owned();
    let copy = robots(&server.url("/"), RobotsKind::Rules { text });
    let base = Url::parse(&server.url("/")).expect("a test URL");
    let ask = RobotsAsk::new(SiteId::new("test"), &base);
    let killed = gate(&fetcher, &pace(&ledger), settings(10));
    let permit = killed.admit_robots(&ask).await.expect("in scope");
    fetcher.fetch(permit).await;
    killed.heed(&copy).expect("memory never fails");
    let next = gate(&fetcher, &pace(&ledger), settings(10));
    let permit = next.admit_robots(&ask).await.expect("in scope");
    fetcher.fetch(permit).await;
    assert!(shortest_gap(server.seen()) >= Duration::from_millis(600));
    // A delay that no run waits for holds nothing: what it is for is refused.
    let text = "User-agent: *\nCrawl-delay: 86400".to_owned();
    let copy = robots(&server.url("/"), RobotsKind::Rules { text });
    next.heed(&copy).expect("memory never fails");
    assert!(next.admit_robots(&ask).await.is_ok());
}

#[tokio::test]
async fn a_server_that_asks_for_time_gets_it() {
    let server = RawServer::start(|seen| match seen.target().as_str() {
        "/busy" => answer("503 Service Unavailable", &["retry-after: 1"], ""),
        "/closed" => answer("429 Too Many Requests", &["retry-after: 3600"], ""),
        _ => answer("200 OK", &[], ""),
    })
    .await;
    let fetcher = fetcher(options());
    let ledger = Arc::new(MemoryLedger::default());
    let gate_of = |ledger| gate(&fetcher, &pace(ledger), settings(10));
    let first = gate_of(&ledger);
    let robots = no_file(&server.url("/"));
    for path in ["/busy", "/a", "/closed"] {
        let permit = first
            .admit(request(&server.url(path)).into(), &robots)
            .await;
        fetcher.fetch(permit.expect("allowed")).await;
    }
    let seen = server.seen();
    assert!(seen[1].at - seen[0].at >= Duration::from_secs(1));
    // An hour is longer than a run waits, and a new run knows of it.
    for gate in [first, gate_of(&ledger)] {
        let refused = gate.admit(request(&server.url("/b")).into(), &robots).await;
        assert!(
            matches!(refused, Err(Refusal::Pace(FetchError::Held { .. }))),
            "{refused:?}"
        );
    }
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn what_is_refused_is_never_sent_and_scope_comes_before_robots() {
    let server = RawServer::start(|_| answer("200 OK", &[], "")).await;
    let fetcher = fetcher(options());
    let scope = |request: &Request| {
        if request.url.path().starts_with("/out") {
            Err("path starts with /out".to_owned())
        } else {
            Ok(())
        }
    };
    let given = Permission {
        by: "the office".to_owned(),
        on: "2026-11-01".to_owned(),
        paths: vec!["/bridge".to_owned()],
    };
    let pace = pace(&Arc::default());
    let gate = gate_with(&fetcher, &pace, settings(10), Arc::new(scope), vec![given]);
    let base = server.url("/");
    let text =
        "User-agent: khotin\nDisallow: /private\nDisallow: /out\nDisallow: /bridge".to_owned();
    let rules = robots(&base, RobotsKind::Rules { text });
    let reason = "status 503".to_owned();
    let unreachable = robots(&base, RobotsKind::Unreachable { reason });
    let elsewhere = no_file("http://127.0.0.1:1/");
    let mut old = no_file(&base);
    old.fetched_at -= chrono::TimeDelta::hours(25);
    let mut browser = request(&server.url("/a"));
    browser
        .headers
        .push(("User-Agent".to_owned(), "Mozilla/5.0".to_owned()));
    let table: [(&str, Request, &RobotsCopy, &str); 9] = [
        (
            "out of scope and disallowed",
            request(&server.url("/out")),
            &rules,
            "OutOfScope",
        ),
        (
            "disallowed",
            request(&server.url("/private/a")),
            &rules,
            "Disallowed",
        ),
        (
            "robots.txt of another origin",
            request(&server.url("/a")),
            &elsewhere,
            "RobotsNeeded",
        ),
        (
            "robots.txt of yesterday",
            request(&server.url("/a")),
            &old,
            "RobotsNeeded",
        ),
        (
            "robots.txt not reached",
            request(&server.url("/a")),
            &unreachable,
            "RobotsUnreachable",
        ),
        ("a browser's name", browser, &rules, "Shape"),
        (
            "a user name",
            request("http://a:b@127.0.0.1/"),
            &rules,
            "Shape",
        ),
        ("a file", request("file:///etc/passwd"), &rules, "Shape"),
        (
            "permitted in writing",
            request(&server.url("/bridge?url=x")),
            &rules,
            "-",
        ),
    ];
    for (what, request, robots, expected) in table {
        let found = match gate.admit(request.into(), robots).await {
            Ok(_unused) => "-".to_owned(),
            Err(refusal) => {
                assert!(!refusal.advice().is_empty());
                format!("{refusal:?}")
            }
        };
        assert!(found.starts_with(expected), "{what}: {found}");
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn robots_txt_is_asked_through_the_gate_over_redirects() {
    let server = RawServer::start(|seen| match seen.target().as_str() {
        "/robots.txt" => answer("301 Moved", &["location: /files/robots"], ""),
        _ => answer("200 OK", &[], "User-agent: *\nDisallow: /private"),
    })
    .await;
    let fetcher = fetcher(options());
    let pace = pace(&Arc::default());
    let gate = gate(&fetcher, &pace, settings(50));
    let base = Url::parse(&server.url("/a?b")).expect("a test URL");
    let mut ask = RobotsAsk::new(SiteId::new("test"), &base);
    let copy = loop {
        let permit = gate.admit_robots(&ask).await.expect("in scope");
        match ask.conclude(&fetcher.fetch(permit).await, None) {
            RobotsStep::Follow(next) => ask = next,
            RobotsStep::Done(copy) => break copy,
        }
    };
    let seen = server.seen();
    let targets: Vec<String> = seen.iter().map(Seen::target).collect();
    assert_eq!(targets, ["/robots.txt", "/files/robots"]);
    assert!(shortest_gap(seen) >= Duration::from_millis(50));
    assert!(gate.check(&request(&server.url("/a")), &copy).is_ok());
    let private = gate.check(&request(&server.url("/private")), &copy);
    assert!(matches!(private, Err(Refusal::Disallowed { .. })));
}

//! The promise: whatever stands in a listing while it is read is found, however the listing moves,
//! and a listing that is known is asked for once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests: a failure is a failed test"
)]

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use khotin::config::SiteProfile;
use khotin::frontier::walk::{Floor, ListingSeen, Sightings, Walk, WalkEnd, WalkOptions, WalkStep};
use khotin::frontier::way::Way;
use khotin::model::{ArticleKey, Request, RunId, SectionId, Sequence};
use proptest::prelude::*;
use url::Url;

/// A listing on a server: articles by number, the newest on top.
#[derive(Debug, Clone)]
struct Server {
    items: Vec<u32>,
    size: usize,
    past_the_end: PastTheEnd,
    /// Shown on top of every page, beside the others.
    pinned: Option<u32>,
    /// What the last page says of itself.
    last: Last,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum PastTheEnd {
    Empty,
    RepeatsTheLast,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Last {
    SaysNothing,
    SaysSo,
    /// Its link to the next page leads to another host.
    LeadsAway,
    /// Its link to the next page leads to the first.
    LeadsToTheFirst,
}

struct Shown {
    items: Vec<u32>,
    next: Option<Url>,
    is_last: bool,
}

impl Server {
    fn new(count: u32, size: usize) -> Self {
        Self {
            items: (1..=count).rev().collect(),
            size,
            past_the_end: PastTheEnd::Empty,
            pinned: None,
            last: Last::SaysNothing,
        }
    }

    fn answer(&self, request: &Request) -> Shown {
        let number = |name: &str| {
            let mut pairs = request.url.query_pairs();
            let found = pairs.find(|(known, _)| known == name)?;
            found.1.parse::<usize>().ok()
        };
        if let Some(size) = number("size").filter(|_| number("offset").is_none()) {
            let items = self.items.iter().take(size).copied().collect();
            return Shown {
                items,
                next: None,
                is_last: false,
            };
        }
        let pages = self.items.len().div_ceil(self.size).max(1);
        let asked = match (number("page"), number("offset")) {
            (Some(page), _) => page,
            (None, Some(offset)) => offset / self.size + 1,
            (None, None) => 1,
        };
        let page = match self.past_the_end {
            PastTheEnd::RepeatsTheLast => asked.min(pages),
            PastTheEnd::Empty => asked,
        };
        let from = page.saturating_sub(1) * self.size;
        let here = self.items.iter().skip(from).take(self.size).copied();
        let items: Vec<u32> = self.pinned.into_iter().chain(here).collect();
        let url = |text: &str| Some(Url::parse(text).unwrap());
        let next = match self.last {
            _ if page < pages => url(&format!("https://moh.gov.vn/tin?page={}", page + 1)),
            Last::LeadsAway => url("https://evil.vn/tin?page=2"),
            Last::LeadsToTheFirst => url("https://moh.gov.vn/tin"),
            Last::SaysNothing | Last::SaysSo => None,
        };
        let is_last = self.last == Last::SaysSo && page >= pages;
        Shown {
            items,
            next,
            is_last,
        }
    }
}

/// What the store would remember.
#[derive(Debug, Clone, Default)]
struct Memory {
    sightings: BTreeMap<ArticleKey, Sightings>,
    sequence: u64,
    walk: Option<Walk>,
}

/// One run's requests, as path and query, and how it ended; `None` if it was interrupted.
struct Log {
    asked: Vec<String>,
    end: Option<WalkEnd>,
}

fn profile(pager: &str) -> SiteProfile {
    let query = match pager {
        _ if pager.contains("\"page\"") => "?page={page}",
        _ if pager.contains("\"offset\"") => "?offset={offset}&size={size}",
        _ if pager.contains("\"grow\"") => "?size={size}",
        _ => "",
    };
    toml::from_str(&format!(
        r#"
        id = "moh"
        name = {{ vi = "Bộ Y tế", en = "Ministry of Health" }}
        hosts = ["moh.gov.vn"]
        zone = "Asia/Ho_Chi_Minh"
        language = "vi"
        [[platform]]
        id = "p"
        key = "{{n}}"
        ask_listing = {{ url = "https://moh.gov.vn/tin{query}" }}
        pager = {{ {pager} }}
        [[section]]
        id = "tin"
        name = {{ vi = "Tin", en = "News" }}
        platform = "p"
        "#
    ))
    .unwrap()
}

fn key(number: u32) -> ArticleKey {
    ArticleKey::new(format!("moh:p:{number}"))
}

/// Article `number` was listed so many days after the last day of 2019.
fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2019, 12, 31).unwrap() + Days::new(u64::from(number))
}

impl Memory {
    /// Walks as a run does: from the open walk's page or the first one, until the end or `most`
    /// requests. `between` sees the server before each request but the first.
    fn run(
        &mut self,
        name: &str,
        profile: &SiteProfile,
        server: &mut Server,
        options: &WalkOptions,
        most: usize,
        mut between: impl FnMut(&mut Server, usize),
    ) -> Log {
        let run = RunId::new(name);
        let way = Way::new(profile, &SectionId::new("tin")).unwrap();
        let open = self.walk.as_ref().filter(|walk| walk.finished.is_none());
        let queued = open.and_then(|walk| walk.next.clone());
        let mut request = match queued {
            Some(queued) => queued.request,
            None => way.first_request().unwrap(),
        };
        let mut asked = Vec::new();
        while asked.len() < most {
            if !asked.is_empty() {
                between(server, asked.len());
            }
            let shown = server.answer(&request);
            asked.push(request.url[url::Position::BeforePath..].to_owned());
            self.sequence += 1;
            let seen = ListingSeen {
                sequence: Sequence(self.sequence),
                run: &run,
                request: &request,
                items: shown.items.len(),
                keys: shown.items.iter().map(|number| key(*number)).collect(),
                next: shown.next.as_ref(),
                is_last: shown.is_last,
                last_date: shown.items.last().map(|number| day(*number)),
            };
            let known = |key: &ArticleKey| self.sightings.get(key).copied();
            let step = way.step(self.walk.as_ref(), &seen, known, options).unwrap();
            let (walk, step) = step.expect("the page of the walk");
            let end = walk.finished.clone();
            self.walk = Some(walk);
            for number in shown.items {
                self.note(key(number));
            }
            match step {
                WalkStep::Next(next) | WalkStep::Again(next) => request = next,
                WalkStep::End => return Log { asked, end },
            }
        }
        Log { asked, end: None }
    }

    fn note(&mut self, key: ArticleKey) {
        let now = Sequence(self.sequence);
        self.sightings
            .entry(key)
            .and_modify(|at| at.last = now)
            .or_insert(Sightings {
                first: now,
                last: now,
            });
    }

    fn knows(&self, number: u32) -> bool {
        self.sightings.contains_key(&key(number))
    }
}

fn undisturbed(_: &mut Server, _: usize) {}

fn crawl(memory: &mut Memory, name: &str, profile: &SiteProfile, server: &mut Server) -> Log {
    memory.run(
        name,
        profile,
        server,
        &WalkOptions::default(),
        100,
        undisturbed,
    )
}

#[test]
fn a_walk_ends_by_its_pagers_rules() {
    let plain = Server::new(5, 2);
    let repeats = Server {
        past_the_end: PastTheEnd::RepeatsTheLast,
        ..plain.clone()
    };
    let says_so = Server {
        last: Last::SaysSo,
        ..plain.clone()
    };
    let leads_away = Server {
        last: Last::LeadsAway,
        ..plain.clone()
    };
    let round_trip = Server {
        last: Last::LeadsToTheFirst,
        ..plain.clone()
    };
    let table: [(&str, &str, &Server, &[&str], WalkEnd); 14] = [
        (
            "one page only",
            r#"kind = "none""#,
            &plain,
            &["/tin"],
            WalkEnd::OnePage,
        ),
        (
            "an empty page; walked twice, because the listing may have moved",
            r#"kind = "page""#,
            &plain,
            &[
                "/tin?page=1",
                "/tin?page=2",
                "/tin?page=3",
                "/tin?page=4",
                "/tin?page=1",
                "/tin?page=2",
                "/tin?page=3",
                "/tin?page=4",
            ],
            WalkEnd::NoItems,
        ),
        (
            "a server that repeats its last page; believed after three equal walks",
            r#"kind = "page""#,
            &repeats,
            &[
                "/tin?page=1",
                "/tin?page=2",
                "/tin?page=3",
                "/tin?page=4",
                "/tin?page=1",
                "/tin?page=2",
                "/tin?page=3",
                "/tin?page=4",
                "/tin?page=1",
                "/tin?page=2",
                "/tin?page=3",
                "/tin?page=4",
            ],
            WalkEnd::NothingNew,
        ),
        (
            "a page that says that it is the last",
            r#"kind = "page""#,
            &says_so,
            &[
                "/tin?page=1",
                "/tin?page=2",
                "/tin?page=3",
                "/tin?page=1",
                "/tin?page=2",
                "/tin?page=3",
            ],
            WalkEnd::LastPage,
        ),
        (
            "numbers that count from 0 by 10",
            r#"kind = "page", first = 0, step = 10, max_pages = 2"#,
            &Server::new(99, 2),
            &["/tin?page=0", "/tin?page=10", "/tin?page=0", "/tin?page=10"],
            WalkEnd::MaxPages { pages: 2 },
        ),
        (
            "offsets",
            r#"kind = "offset", size = 2"#,
            &says_so,
            &[
                "/tin?offset=0&size=2",
                "/tin?offset=2&size=2",
                "/tin?offset=4&size=2",
                "/tin?offset=0&size=2",
                "/tin?offset=2&size=2",
                "/tin?offset=4&size=2",
            ],
            WalkEnd::LastPage,
        ),
        (
            "no link to a next page",
            r#"kind = "next_link""#,
            &plain,
            &[
                "/tin",
                "/tin?page=2",
                "/tin?page=3",
                "/tin",
                "/tin?page=2",
                "/tin?page=3",
            ],
            WalkEnd::LastPage,
        ),
        (
            "a disabled link",
            r#"kind = "next_link""#,
            &says_so,
            &[
                "/tin",
                "/tin?page=2",
                "/tin?page=3",
                "/tin",
                "/tin?page=2",
                "/tin?page=3",
            ],
            WalkEnd::LastPage,
        ),
        (
            "a last page that links to the first",
            r#"kind = "next_link""#,
            &round_trip,
            &[
                "/tin",
                "/tin?page=2",
                "/tin?page=3",
                "/tin",
                "/tin?page=2",
                "/tin?page=3",
            ],
            WalkEnd::LastPage,
        ),
        (
            "a link to another host",
            r#"kind = "next_link""#,
            &leads_away,
            &["/tin", "/tin?page=2", "/tin?page=3"],
            WalkEnd::OutOfScope {
                rule: "host evil.vn is not a host of moh".to_owned(),
            },
        ),
        (
            "fewer items than asked for; each answer begins at the top, so it is asked once",
            r#"kind = "grow", size = 2, cap = 100"#,
            &plain,
            &["/tin?size=2", "/tin?size=4", "/tin?size=8"],
            WalkEnd::FewerThanAsked,
        ),
        (
            "the cap",
            r#"kind = "grow", size = 2, cap = 5"#,
            &Server::new(9, 2),
            &["/tin?size=2", "/tin?size=4", "/tin?size=5"],
            WalkEnd::Cap { size: 5 },
        ),
        (
            "nothing at all",
            r#"kind = "page""#,
            &Server::new(0, 2),
            &["/tin?page=1"],
            WalkEnd::EmptyFirstPage,
        ),
        (
            "one page and nothing after it",
            r#"kind = "page""#,
            &Server::new(2, 2),
            &["/tin?page=1", "/tin?page=2", "/tin?page=1", "/tin?page=2"],
            WalkEnd::NoItems,
        ),
    ];
    for (what, pager, server, asked, end) in table {
        let mut memory = Memory::default();
        let log = crawl(&mut memory, "r1", &profile(pager), &mut server.clone());
        assert_eq!(log.asked, asked, "{what}");
        assert_eq!(log.end, Some(end), "{what}");
    }
}

#[test]
fn only_what_was_wanted_and_seen_is_complete() {
    let since = day(7);
    let table = [
        (WalkEnd::Overlap { floor: Floor::End }, true),
        (
            WalkEnd::Overlap {
                floor: Floor::Since(since),
            },
            true,
        ),
        (
            WalkEnd::Overlap {
                floor: Floor::Cap(5),
            },
            false,
        ),
        (
            WalkEnd::Overlap {
                floor: Floor::MaxPages(5),
            },
            false,
        ),
        (WalkEnd::NoItems, true),
        (WalkEnd::NothingNew, true),
        (WalkEnd::LastPage, true),
        (WalkEnd::OnePage, true),
        (WalkEnd::FewerThanAsked, true),
        (WalkEnd::Since { date: since }, true),
        (WalkEnd::Cap { size: 5 }, false),
        (WalkEnd::MaxPages { pages: 5 }, false),
        (WalkEnd::EmptyFirstPage, false),
        (WalkEnd::NoKeys, false),
        (
            WalkEnd::OutOfScope {
                rule: "x".to_owned(),
            },
            false,
        ),
        (WalkEnd::Skipped { pages: 1 }, false),
        (
            WalkEnd::Failed {
                cause: "x".to_owned(),
            },
            false,
        ),
        (WalkEnd::Moved { walks: 3 }, false),
    ];
    for (end, complete) in table {
        assert_eq!(end.is_complete(), complete, "{end}");
    }
    assert_eq!(
        WalkEnd::Cap { size: 134 }.to_string(),
        "the cap of 134 items was reached, the items below it are not known"
    );
}

#[test]
fn a_known_listing_is_asked_for_once() {
    let pagers = [
        r#"kind = "none""#,
        r#"kind = "page""#,
        r#"kind = "offset", size = 2"#,
        r#"kind = "next_link""#,
        r#"kind = "grow", size = 2, cap = 100"#,
        r#"kind = "grow", size = 2, cap = 4"#,
        r#"kind = "page", max_pages = 2"#,
    ];
    for pager in pagers {
        let (mut memory, profile) = (Memory::default(), profile(pager));
        let mut server = Server::new(7, 2);
        crawl(&mut memory, "r1", &profile, &mut server);
        let log = crawl(&mut memory, "r2", &profile, &mut server);
        assert_eq!(log.asked.len(), 1, "{pager}: {:?}", log.asked);
    }
}

#[test]
fn a_cap_stays_a_cap_until_it_is_raised() {
    let (mut memory, mut server) = (Memory::default(), Server::new(9, 2));
    let small = profile(r#"kind = "grow", size = 2, cap = 4"#);
    crawl(&mut memory, "r1", &small, &mut server);
    let log = crawl(&mut memory, "r2", &small, &mut server);
    assert_eq!(
        log.end,
        Some(WalkEnd::Overlap {
            floor: Floor::Cap(4)
        })
    );
    let large = profile(r#"kind = "grow", size = 2, cap = 100"#);
    let log = crawl(&mut memory, "r3", &large, &mut server);
    assert_eq!(
        log.asked,
        ["/tin?size=2", "/tin?size=4", "/tin?size=8", "/tin?size=16"]
    );
    assert_eq!(log.end, Some(WalkEnd::FewerThanAsked));
    assert!(memory.knows(1));
}

#[test]
fn new_items_are_followed_down_to_the_known_ones() {
    let (mut memory, profile) = (Memory::default(), profile(r#"kind = "page""#));
    let mut server = Server::new(9, 2);
    crawl(&mut memory, "r1", &profile, &mut server);
    server.items.splice(0..0, [12, 11, 10]);
    let log = crawl(&mut memory, "r2", &profile, &mut server);
    assert_eq!(
        log.asked,
        ["/tin?page=1", "/tin?page=2", "/tin?page=1", "/tin?page=2"],
        "page 2 ends with item 9, which is known; then once more"
    );
    assert_eq!(log.end, Some(WalkEnd::Overlap { floor: Floor::End }));
    assert!(memory.knows(10) && memory.knows(11) && memory.knows(12));
}

#[test]
fn full_goes_to_the_end_and_finds_what_was_put_in_below() {
    let (mut memory, profile) = (Memory::default(), profile(r#"kind = "page""#));
    let mut server = Server::new(6, 2);
    crawl(&mut memory, "r1", &profile, &mut server);
    server.items.push(100);
    crawl(&mut memory, "r2", &profile, &mut server);
    assert!(!memory.knows(100), "below what is known");
    let full = WalkOptions {
        full: true,
        ..WalkOptions::default()
    };
    let log = memory.run("r3", &profile, &mut server, &full, 100, undisturbed);
    assert_eq!(
        log.asked.len(),
        10,
        "four pages and an empty one, two times"
    );
    assert!(memory.knows(100));
}

#[test]
fn since_ends_at_its_date_and_does_not_hide_what_is_older() {
    let (mut memory, profile) = (Memory::default(), profile(r#"kind = "page""#));
    let mut server = Server::new(9, 2);
    let since = |number| WalkOptions {
        since: Some(day(number)),
        ..WalkOptions::default()
    };
    let log = memory.run("r1", &profile, &mut server, &since(7), 100, undisturbed);
    assert_eq!(log.end, Some(WalkEnd::Since { date: day(7) }));
    assert_eq!(
        log.asked.len(),
        4,
        "pages 1 and 2 end with items 8 and 6, two times"
    );
    let log = memory.run("r2", &profile, &mut server, &since(8), 100, undisturbed);
    assert_eq!(log.asked.len(), 1, "a later date is known");
    let log = memory.run("r3", &profile, &mut server, &since(4), 100, undisturbed);
    assert!(
        log.asked.len() > 1 && memory.knows(4),
        "an earlier date is not"
    );
    let log = crawl(&mut memory, "r4", &profile, &mut server);
    assert_eq!(log.end, Some(WalkEnd::NoItems));
    assert!(memory.knows(1), "and without a date all is asked for");
    server.items.splice(0..0, [13, 12, 11, 10]);
    memory.run("r5", &profile, &mut server, &since(13), 100, undisturbed);
    assert!(
        !memory.knows(11),
        "page 1 ends with item 12, which is too old"
    );
    crawl(&mut memory, "r6", &profile, &mut server);
    assert!(memory.knows(11) && memory.knows(10));
}

#[test]
fn an_interrupted_walk_goes_on_and_then_looks_at_the_top() {
    let (mut memory, profile) = (Memory::default(), profile(r#"kind = "page""#));
    let mut server = Server::new(5, 2);
    let options = WalkOptions::default();
    let log = memory.run("r1", &profile, &mut server, &options, 2, undisturbed);
    assert_eq!((log.asked.len(), log.end), (2, None));
    server.items.insert(0, 6);
    let log = crawl(&mut memory, "r2", &profile, &mut server);
    assert_eq!(
        log.asked,
        [
            "/tin?page=3",
            "/tin?page=4",
            "/tin?page=1",
            "/tin?page=2",
            "/tin?page=3",
            "/tin?page=4",
            "/tin?page=1",
            "/tin?page=2",
            "/tin?page=3",
            "/tin?page=4",
        ]
    );
    assert_eq!(log.end, Some(WalkEnd::NoItems));
    assert!(memory.knows(6));
}

#[test]
fn a_confirming_walk_that_was_interrupted_still_looks_at_the_top() {
    let (mut memory, profile) = (Memory::default(), profile(r#"kind = "page""#));
    let mut server = Server::new(3, 2);
    let options = WalkOptions::default();
    memory.run("r1", &profile, &mut server, &options, 5, undisturbed);
    server.items.insert(0, 4);
    let log = crawl(&mut memory, "r2", &profile, &mut server);
    assert!(memory.knows(4), "{:?}", log.asked);
}

#[test]
fn an_item_that_slips_past_between_two_pages_is_found() {
    let (mut memory, profile) = (Memory::default(), profile(r#"kind = "page""#));
    let mut server = Server::new(6, 2);
    let log = memory.run(
        "r1",
        &profile,
        &mut server,
        &WalkOptions::default(),
        100,
        |server, asked| {
            if asked == 1 {
                server.items.retain(|number| *number != 6); // 4 moves up to page 1
            }
        },
    );
    assert!(memory.knows(4));
    assert!(log.end.unwrap().is_complete());
}

#[test]
fn a_listing_that_moves_all_the_time_is_incomplete_and_walked_whole_in_the_next_run() {
    let (mut memory, profile) = (Memory::default(), profile(r#"kind = "page""#));
    let mut server = Server::new(6, 2);
    let mut newest = 100;
    let log = memory.run(
        "r1",
        &profile,
        &mut server,
        &WalkOptions::default(),
        100,
        |server, _| {
            newest += 1;
            server.items.insert(0, newest);
            server.items.pop();
        },
    );
    assert_eq!(log.end, Some(WalkEnd::Moved { walks: 3 }));
    let log = crawl(&mut memory, "r2", &profile, &mut server);
    assert_eq!(log.end, Some(WalkEnd::NoItems));
    assert_eq!(
        log.asked.len(),
        8,
        "three pages and an empty one, two times"
    );
}

#[test]
fn an_item_pinned_on_every_page_is_believed_after_three_equal_walks() {
    let (mut memory, profile) = (Memory::default(), profile(r#"kind = "next_link""#));
    let mut server = Server {
        pinned: Some(200),
        ..Server::new(5, 2)
    };
    let log = crawl(&mut memory, "r1", &profile, &mut server);
    assert_eq!((log.asked.len(), log.end), (9, Some(WalkEnd::LastPage)));
    let log = crawl(&mut memory, "r2", &profile, &mut server);
    assert_eq!(log.asked.len(), 1);
}

#[test]
fn a_failed_page_is_left_out_where_the_pager_counts() {
    let options = WalkOptions::default();
    let run = RunId::new("r1");
    let table = [
        ("page", r#"kind = "page""#, Some("/tin?page=3")),
        ("next link", r#"kind = "next_link""#, None),
    ];
    for (what, pager, after) in table {
        let (mut memory, profile) = (Memory::default(), profile(pager));
        let mut server = Server::new(7, 2);
        let way = Way::new(&profile, &SectionId::new("tin")).unwrap();
        memory.run("r1", &profile, &mut server, &options, 1, undisturbed);
        let second = memory.walk.clone().unwrap().next.unwrap().request;
        let failed = way.step_failed(memory.walk.as_ref(), Sequence(2), &run, &second, "HTTP 500");
        let (walk, step) = failed.unwrap().expect("the page of the walk");
        memory.sequence = 2;
        memory.walk = Some(walk.clone());
        match (step, after) {
            (WalkStep::Next(next), Some(after)) => {
                assert_eq!(&next.url[url::Position::BeforePath..], after, "{what}");
                let log = crawl(&mut memory, "r1", &profile, &mut server);
                assert_eq!(log.end, Some(WalkEnd::Skipped { pages: 1 }), "{what}");
                assert!(memory.knows(1) && !memory.knows(4), "{what}");
            }
            (WalkStep::End, None) => {
                let cause = "HTTP 500".to_owned();
                assert_eq!(walk.finished, Some(WalkEnd::Failed { cause }), "{what}");
            }
            (step, _) => panic!("{what}: {step:?}"),
        }
        let log = crawl(&mut memory, "r2", &profile, &mut server);
        assert!(log.end.unwrap().is_complete() && memory.knows(4), "{what}");
    }
}

#[test]
fn a_stray_page_changes_no_walk() {
    let (mut memory, profile) = (Memory::default(), profile(r#"kind = "page""#));
    crawl(&mut memory, "r1", &profile, &mut Server::new(5, 2));
    let way = Way::new(&profile, &SectionId::new("tin")).unwrap();
    let mut request = way.first_request().unwrap();
    request.url = Url::parse("https://moh.gov.vn/tin?page=77").unwrap();
    let run = RunId::new("r2");
    let failed = way.step_failed(memory.walk.as_ref(), Sequence(99), &run, &request, "x");
    assert_eq!(failed.unwrap(), None);
}

/// What happens to the listing before a request.
#[derive(Debug, Clone)]
enum Event {
    /// A new article on top.
    Add,
    /// The article at this place, modulo the length, is deleted.
    Delete(usize),
}

fn events() -> impl Strategy<Value = Vec<Vec<Event>>> {
    let event = prop_oneof![
        1 => Just(Event::Add),
        2 => (0..40usize).prop_map(Event::Delete),
    ];
    let quiet_or_not = prop_oneof![
        3 => Just(Vec::new()),
        2 => proptest::collection::vec(event, 1..4),
    ];
    proptest::collection::vec(quiet_or_not, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Five runs over a listing that moves before any request. A run that calls itself complete
    /// knows every item that stood there all through it (but for a listing that showed the same
    /// items on several pages in three walks, which is believed); and a run in quiet is complete.
    #[test]
    fn nothing_slips_past(
        count in 0..14u32,
        size in 1..4usize,
        pager in prop_oneof![Just("page"), Just("offset"), Just("next_link")],
        says_so in any::<bool>(),
        stops in proptest::collection::vec(prop_oneof![3 => Just(100usize), 1 => 1..6usize], 5),
        events in events(),
    ) {
        let profile = profile(&format!("kind = \"{pager}\", size = {size}"));
        let mut server = Server::new(count, size);
        if says_so {
            server.last = Last::SaysSo;
        }
        let mut memory = Memory::default();
        let mut events = events.into_iter();
        let mut newest = 1_000;
        for (number, most) in stops.into_iter().enumerate() {
            let mut stood: BTreeSet<u32> = server.items.iter().copied().collect();
            let log = memory.run(
                &format!("r{number}"),
                &profile,
                &mut server,
                &WalkOptions::default(),
                most,
                |server, _| {
                    for event in events.next().unwrap_or_default() {
                        match event {
                            Event::Add => {
                                newest += 1;
                                server.items.insert(0, newest);
                            }
                            Event::Delete(_) if server.items.is_empty() => {}
                            Event::Delete(place) => {
                                let place = place % server.items.len();
                                stood.remove(&server.items.remove(place));
                            }
                        }
                    }
                },
            );
            let believed = memory.walk.as_ref().is_some_and(|walk| {
                walk.repeats || walk.before.as_ref().is_some_and(|before| before.repeats)
            });
            if log.end.is_some_and(|end| end.is_complete()) && !believed {
                for number in stood {
                    prop_assert!(memory.knows(number), "{number} slipped past");
                }
            }
        }
        let log = crawl(&mut memory, "quiet", &profile, &mut server);
        let end = log.end.unwrap();
        let empty = server.items.is_empty();
        prop_assert!(end.is_complete() || (empty && end == WalkEnd::EmptyFirstPage), "{end}");
        for number in &server.items {
            prop_assert!(memory.knows(*number), "{number} is not known after a quiet run");
        }
    }
}

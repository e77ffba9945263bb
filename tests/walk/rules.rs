//! The stop rules, one by one.

use khotin::frontier::walk::{Floor, WalkEnd, WalkOptions, WalkStep};
use khotin::frontier::way::Way;
use khotin::model::{RunId, SectionId, Sequence};
use url::Url;

use crate::listing::*;

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

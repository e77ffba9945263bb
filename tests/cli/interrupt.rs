//! Ctrl-C once and twice.

use std::collections::BTreeMap;

use khotin::demo::Fault;

use crate::program::{World, wait_until};

const ARTICLE: &str = "/content/";
const DRAINING: &str = "finishing what is in flight, interrupt again to stop";

/// How often each article of the Liferay half was answered whole.
fn asked(world: &World) -> BTreeMap<String, usize> {
    let mut asked = BTreeMap::new();
    for entry in world.log() {
        if entry.target.contains(ARTICLE) {
            *asked.entry(entry.target).or_default() += 1;
        }
    }
    asked
}

#[test]
fn one_interrupt_drains_and_the_next_run_goes_on() {
    let world = World::new(60);
    let delay = std::time::Duration::from_millis(1_000);
    world
        .control()
        .plan_fault(ARTICLE, 1, Fault::Slow { delay });
    let crawl = world.start(&["crawl", "--section", "tin-tong-hop", "--json"]);
    wait_until("an article", || !asked(&world).is_empty());
    crawl.interrupt();
    crawl.wait_for_words(DRAINING);
    let ran = crawl.end().expect("drained", 1);
    let report = ran.json();
    let causes = report["causes"].to_string();
    assert!(causes.contains("are left for the next run"), "{causes}");
    let first = &report["sites"]["demo"];
    assert!(first["left"].as_u64().unwrap() > 0);
    assert_eq!(first["failed"].as_object().unwrap().len(), 0);
    assert_eq!(asked(&world).len(), 1, "nothing new was asked");
    let articles = first["new"].as_array().unwrap().len();
    world.run(&["verify"]).expect("verify", 0);

    let next = world.run(&["crawl", "--section", "tin-tong-hop", "--json"]);
    let next = next.expect("next", 0).json();
    let again = next["sites"]["demo"]["new"].as_array().unwrap().len();
    assert!(articles > 0 || again > 0);
    let twice: Vec<_> = asked(&world)
        .into_iter()
        .filter(|(_, times)| *times > 1)
        .collect();
    assert_eq!(twice, [], "asked twice");
    assert!(asked(&world).len() > 5);
}

#[test]
fn the_second_interrupt_stops_at_once_and_what_was_kept_stays() {
    let world = World::new(30);
    let crawl = world.start(&["crawl", "--section", "tin-tong-hop", "--max-requests", "6"]);
    crawl.end().expect("the beginning", 1);
    let kept = asked(&world);
    assert!(!kept.is_empty());
    world.control().plan_fault(ARTICLE, 1, Fault::Stall);
    let crawl = world.start(&["crawl", "--section", "tin-tong-hop"]);
    wait_until("the article that gets no whole answer", || {
        asked(&world).len() > kept.len()
    });
    crawl.interrupt();
    crawl.wait_for_words(DRAINING);
    crawl.interrupt();
    crawl.end().expect("stopped", 130);

    world
        .run(&["crawl", "--section", "tin-tong-hop"])
        .expect("next", 0);
    let all = asked(&world);
    for target in kept.keys() {
        assert_eq!(all[target], 1, "{target} was kept and asked again");
    }
    // Only the one without an answer was asked again.
    assert_eq!(all.values().filter(|times| **times == 2).count(), 1);
    world.run(&["verify"]).expect("verify", 0);
}

//! Whole crawls over a ministry in memory: what is asked, what is reported, and that a killed crawl
//! and a rebuild arrive at the same store as an undisturbed one.

use std::collections::BTreeSet;

use khotin::frontier::{Asked, Frontier, MOST_HOPS};
use khotin::model::{Article, ArticleKey, Page, Purpose, RunId, SectionId, Sequence};
use khotin::store::{ArticleFilter, RequestState, Settle, SqliteStore, Store};
use tempfile::TempDir;

use crate::world::*;

fn open(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(&folder.path().join("khotin.db"), holder()).unwrap()
}

fn fresh() -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    (folder, store)
}

fn articles(store: &SqliteStore) -> Vec<Article> {
    let found = store.articles(&ArticleFilter::default());
    found.collect::<Result<_, _>>().unwrap()
}

fn listing(name: &str, page: usize) -> String {
    format!("https://moh.gov.vn/{name}?cur={page}")
}

fn of_listings(asked: &[String]) -> usize {
    asked.iter().filter(|url| url.contains("?cur=")).count()
}

#[test]
fn a_second_crawl_asks_one_page_a_section() {
    let (_folder, mut store) = fresh();
    let mut world = World::new(8);
    world.add("dp", "b-1");
    let first = world.crawl(&mut store, "r1", usize::MAX);
    assert_eq!(
        of_listings(&first.asked),
        2 * 4 + 2 * 2,
        "tin 3 + 1 pages, dp 1 + 1, two times"
    );
    assert_eq!(first.asked.len(), 12 + 9);
    assert_eq!(first.changes.new.len(), 9);
    let second = world.crawl(&mut store, "r2", usize::MAX);
    assert_eq!(second.asked, [listing("tin", 1), listing("dp", 1)]);
    assert_eq!(second.changes, Default::default());
}

#[test]
fn a_listing_is_read_to_its_end_before_its_articles() {
    let (_folder, mut store) = fresh();
    let asked = World::new(4).crawl(&mut store, "r1", usize::MAX).asked;
    let first_article = asked
        .iter()
        .position(|url| url.contains("/content/"))
        .unwrap();
    assert_eq!(of_listings(&asked), first_article);
    assert_eq!(asked[first_article], link("a-4"), "the newest first");
}

#[test]
fn no_article_is_asked_for_twice() {
    let (_folder, mut store) = fresh();
    let mut world = World::new(5);
    let other = "https://www.moh.gov.vn/en/tin/-/asset_publisher/k206Q9qkZOqn/content/a-3";
    world.sections.get_mut("dp").unwrap().push(other.to_owned());
    let asked = world.crawl(&mut store, "r1", usize::MAX).asked;
    let mut pages: Vec<&String> = asked
        .iter()
        .filter(|url| url.contains("/content/"))
        .collect();
    assert_eq!(pages.len(), 5);
    pages.dedup();
    assert_eq!(pages.len(), 5);
    let article = store
        .article(other)
        .unwrap()
        .expect("found by its other spelling");
    assert_eq!((article.key, article.sections.len()), (key("a-3"), 2));
    assert_eq!(store.article("moh:liferay:a-3#").unwrap(), None);
    assert!(
        store
            .article(&format!("{}#top", link("a-3")))
            .unwrap()
            .is_some()
    );
}

#[test]
fn the_next_crawl_reports_exactly_what_changed() {
    let (_folder, mut store) = fresh();
    let mut world = World::new(6);
    world.crawl(&mut store, "r1", usize::MAX);
    world.now += 86_400;
    world.add("tin", "added");
    world
        .titles
        .insert("a-1".to_owned(), "Tin a-1 (sửa)".to_owned());
    world.titles.remove("a-2");
    let renamed = world.titles.remove("a-5").unwrap();
    world.titles.insert("a-5-moi".to_owned(), renamed);
    for links in world.sections.values_mut() {
        links.retain(|known| *known != link("a-2"));
        for known in links.iter_mut().filter(|known| **known == link("a-5")) {
            *known = link("a-5-moi");
        }
    }
    let changes = world.crawl(&mut store, "r2", usize::MAX).changes;
    assert_eq!(changes.changed, [key("a-1")]);
    let sorted = |keys: &[ArticleKey]| keys.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(
        sorted(&changes.gone),
        BTreeSet::from([key("a-2"), key("a-5")])
    );
    assert_eq!(
        sorted(&changes.new),
        BTreeSet::from([key("added"), key("a-5-moi")])
    );
    assert_eq!(
        sorted(&changes.unchanged),
        BTreeSet::from([key("a-3"), key("a-4"), key("a-6")])
    );
    assert!(changes.back.is_empty());
    world.now += 3 * 86_400;
    world.titles.insert("a-2".to_owned(), "Tin a-2".to_owned());
    assert_eq!(
        world.crawl(&mut store, "r3", usize::MAX).changes.back,
        [key("a-2")]
    );
}

#[test]
fn a_rebuild_from_the_archive_gives_the_same_store() {
    let (_folder, mut store) = fresh();
    let mut world = World::new(7);
    world.redirects.insert(link("a-5"), link("a-5-moi"));
    world
        .titles
        .insert("a-5-moi".to_owned(), "Tin a-5".to_owned());
    world.broken.push(link("a-6"));
    world.crawl(&mut store, "r1", usize::MAX);
    world.now += 86_400;
    world.add("tin", "a-8");
    world.titles.remove("a-1");
    world.crawl(&mut store, "r2", 4);
    let (_other, mut again) = fresh();
    world.replay(&mut again);
    let state = |store: &SqliteStore| {
        let walks: Vec<_> = ["tin", "dia-phuong"]
            .map(|section| store.walk(&site(), &SectionId::new(section)).unwrap())
            .into();
        let exchanges = store.exchanges(None, usize::MAX).unwrap();
        (articles(store), walks, exchanges)
    };
    assert_eq!(state(&again), state(&store));
    let mut other_world = world.clone();
    let asked = world.crawl(&mut store, "r3", usize::MAX).asked;
    let asked_again = other_world.crawl(&mut again, "r3", usize::MAX).asked;
    let sorted = |asked: Vec<String>| asked.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(sorted(asked_again), sorted(asked), "and both go on alike");
}

#[test]
fn a_crawl_that_is_killed_at_any_request_ends_with_the_same_records() {
    let (_folder, mut undisturbed) = fresh();
    World::new(4).crawl(&mut undisturbed, "r1", usize::MAX);
    let expected: Vec<_> = titles(&undisturbed);
    for killed_at in 0..12 {
        let folder = tempfile::tempdir().unwrap();
        let mut world = World::new(4);
        let mut store = open(&folder);
        world.crawl(&mut store, "r1", killed_at);
        drop(store);
        let mut store = open(&folder);
        let ran = world.crawl(&mut store, "r2", usize::MAX);
        assert_eq!(titles(&store), expected, "killed at request {killed_at}");
        let pages: Vec<_> = world
            .archive
            .iter()
            .filter(|known| known.request.purpose == Purpose::Article)
            .collect();
        assert_eq!(
            pages.len(),
            4,
            "killed at request {killed_at}: {:?}",
            ran.asked
        );
        let asked = world.crawl(&mut store, "r3", usize::MAX).asked;
        assert_eq!(asked.len(), 2, "killed at request {killed_at}: {asked:?}");
    }
}

fn titles(store: &SqliteStore) -> Vec<(String, Option<String>)> {
    let articles = articles(store).into_iter();
    articles
        .map(|article| (article.key.to_string(), article.title))
        .collect()
}

#[test]
fn redirects_are_followed_inside_the_site_and_not_for_ever() {
    let (_folder, mut store) = fresh();
    let mut world = World::new(4);
    let moved = "https://www.moh.gov.vn/tin/-/asset_publisher/3Yst7YhbkA5j/content/a-1".to_owned();
    world.redirects.insert(link("a-1"), moved.clone());
    world.redirects.insert(link("a-2"), link("a-2-x"));
    world.redirects.insert(link("a-2-x"), link("a-2"));
    world
        .redirects
        .insert(link("a-3"), "https://evil.vn/content/a-3".to_owned());
    world.titles.remove("a-4");
    let home = link("a-4-x");
    world.redirects.insert(link("a-4"), home.clone());
    let asked = world.crawl(&mut store, "r1", usize::MAX).asked;
    let count = |text: &str| asked.iter().filter(|url| *url == text).count();
    assert_eq!((count(&link("a-1")), count(&moved)), (1, 1));
    assert_eq!(
        (count(&link("a-2")), count(&link("a-2-x"))),
        (1, 1),
        "a loop ends"
    );
    assert!(!asked.iter().any(|url| url.contains("evil")));
    let failures = store.failures(&site()).unwrap();
    let mut causes: Vec<_> = failures
        .iter()
        .filter_map(|row| row.cause.clone())
        .collect();
    causes.sort();
    assert_eq!(
        causes,
        [
            "redirect to https://evil.vn/content/a-3 is out of scope: host evil.vn is not a host of moh"
                .to_owned(),
            format!(
                "redirect to {0} leads in a circle: {0}, {1}",
                link("a-2"),
                link("a-2-x")
            ),
        ],
        "a loop is no silence"
    );
    world.now += 86_400;
    let asked = world.crawl(&mut store, "r2", usize::MAX).asked;
    assert!(
        asked.contains(&link("a-1")) && asked.contains(&moved),
        "asked anew from its link"
    );
}

#[test]
fn articles_that_redirect_to_a_listing_do_not_disturb_its_walk() {
    let (_folder, mut store) = fresh();
    let mut world = World::new(5);
    world.crawl(&mut store, "r1", usize::MAX);
    world.now += 86_400;
    world.add("tin", "a-6");
    for slug in ["a-1", "a-2", "a-3"] {
        world.redirects.insert(link(slug), listing("tin", 1));
    }
    let ran = world.crawl(&mut store, "r2", usize::MAX);
    let count = ran
        .asked
        .iter()
        .filter(|url| **url == listing("tin", 1))
        .count();
    assert_eq!(
        count, 2,
        "as a listing, and one time as the target: {:?}",
        ran.asked
    );
    assert_eq!(ran.changes.new, [key("a-6")]);
    let causes: Vec<_> = store.failures(&site()).unwrap().into_iter().collect();
    assert_eq!(causes.len(), 1);
    assert_eq!(
        causes[0].cause.as_deref(),
        Some("the answer is not an article")
    );
    let walk = store
        .walk(&site(), &SectionId::new("tin"))
        .unwrap()
        .unwrap();
    assert!(walk.finished.unwrap().is_complete());
}

#[test]
fn a_redirect_chain_ends_after_its_limit() {
    let (_folder, mut store) = fresh();
    let mut world = World::new(1);
    world.redirects.insert(link("a-1"), link("h-1"));
    for hop in 1..20 {
        world
            .redirects
            .insert(link(&format!("h-{hop}")), link(&format!("h-{}", hop + 1)));
    }
    let asked = world.crawl(&mut store, "r1", usize::MAX).asked;
    let hops = asked
        .iter()
        .filter(|url| url.contains("/content/h-"))
        .count();
    assert_eq!(hops, usize::from(MOST_HOPS));
    let failures = store.failures(&site()).unwrap();
    let cause = failures[0].cause.as_deref().unwrap();
    let words = format!("more than 5 redirects one after another: {}, ", link("a-1"));
    assert!(cause.starts_with(&words), "{cause}");
}

#[test]
fn a_circle_over_two_addresses_is_one_failure_that_is_given_up() {
    let (_folder, mut store) = fresh();
    let mut world = World::new(1);
    world.redirects.insert(link("a-1"), link("h-1"));
    world.redirects.insert(link("h-1"), link("a-1"));
    let state_of = |store: &SqliteStore, url: &str| {
        let row = store.request(&get(Purpose::Article, url)).unwrap().unwrap();
        (row.state, row.failed_runs)
    };
    for run in 1..=5 {
        let asked = world
            .crawl(&mut store, &format!("r{run}"), usize::MAX)
            .asked;
        let count = asked.iter().filter(|url| url.contains("/content/")).count();
        assert_eq!(count, 2, "run {run}: {asked:?}");
        let first = match run {
            5 => RequestState::GivenUp,
            _ => RequestState::Failed,
        };
        assert_eq!(state_of(&store, &link("a-1")), (first, run));
        // The hop has no fate of its own.
        assert_eq!(state_of(&store, &link("h-1")), (RequestState::Done, 0));
        let failures = store.failures(&site()).unwrap();
        let words = format!("leads in a circle: {}, {}", link("a-1"), link("h-1"));
        assert_eq!(failures.len(), 1);
        let cause = failures[0].cause.clone().unwrap();
        assert!(cause.ends_with(&words), "{cause}");
    }
    let asked = world.crawl(&mut store, "r6", usize::MAX).asked;
    assert!(!asked.iter().any(|url| url.contains("/content/")));
    // The site mends it: the first look after the rest finds the article, and all is forgiven.
    world.redirects.remove(&link("h-1"));
    world.now += 8 * 24 * 3600;
    world.crawl(&mut store, "r7", usize::MAX);
    for url in [link("a-1"), link("h-1")] {
        assert_eq!(state_of(&store, &url), (RequestState::Done, 0), "{url}");
    }
}

#[test]
fn a_redirected_listing_page_is_the_page() {
    let (_folder, mut store) = fresh();
    let mut world = World::new(5);
    let elsewhere = "https://www.moh.gov.vn/tin?cur=1".to_owned();
    world.redirects.insert(listing("tin", 1), elsewhere.clone());
    world.redirects.insert(listing("tin", 3), listing("tin", 1));
    let ran = world.crawl(&mut store, "r1", usize::MAX);
    assert_eq!(ran.changes.new.len(), 5);
    let end = store
        .walk(&site(), &SectionId::new("tin"))
        .unwrap()
        .unwrap()
        .finished
        .unwrap();
    assert!(
        end.is_complete(),
        "a redirect to the first page is the end: {end}"
    );
    let asked = world.crawl(&mut store, "r2", usize::MAX).asked;
    assert_eq!(asked, [listing("tin", 1), elsewhere, listing("dp", 1)]);
}

#[test]
fn a_listing_that_fails_is_incomplete_and_asked_in_the_next_run() {
    let (_folder, mut store) = fresh();
    let mut world = World::new(8);
    world.broken.push(listing("tin", 1));
    let ran = world.crawl(&mut store, "r1", usize::MAX);
    assert_eq!(of_listings(&ran.asked), 2);
    let walk = store
        .walk(&site(), &SectionId::new("tin"))
        .unwrap()
        .unwrap();
    assert_eq!(
        walk.finished.unwrap().to_string(),
        "a page failed: HTTP 500"
    );
    world.broken = vec![listing("tin", 2)];
    let ran = world.crawl(&mut store, "r2", usize::MAX);
    assert!(
        ran.asked.contains(&listing("tin", 3)),
        "the page after it is asked for"
    );
    assert_eq!(ran.changes.new.len(), 5);
    world.broken.clear();
    let ran = world.crawl(&mut store, "r3", usize::MAX);
    assert_eq!(ran.changes.new.len(), 3);
    assert_eq!(world.crawl(&mut store, "r4", usize::MAX).asked.len(), 2);
}

#[test]
fn a_listing_given_up_is_asked_weekly() {
    let (_folder, mut store) = fresh();
    let mut world = World::new(2);
    world.broken.push(listing("tin", 1));
    for number in 1..=5 {
        let asked = world
            .crawl(&mut store, &format!("r{number}"), usize::MAX)
            .asked;
        assert!(asked.contains(&listing("tin", 1)), "run {number}");
    }
    let row = store.failures(&site()).unwrap().remove(0);
    assert_eq!(row.state, RequestState::GivenUp);
    assert_eq!(
        world.crawl(&mut store, "r6", usize::MAX).asked,
        [listing("dp", 1)]
    );
    world.now += 7 * 86_400;
    world.broken.clear();
    let ran = world.crawl(&mut store, "r7", usize::MAX);
    assert_eq!(ran.changes.new.len(), 2);
}

#[test]
fn a_refused_page_ends_its_walk() {
    let (_folder, mut store) = fresh();
    let mut world = World::new(8);
    world.crawl(&mut store, "r1", 2); // interrupted: the queued page is the second of tin
    let (profile, options) = (profile(), options());
    let frontier = Frontier {
        profile: &profile,
        options: &options,
    };
    let section = SectionId::new("tin");
    let queued = store
        .walk(&site(), &section)
        .unwrap()
        .unwrap()
        .next
        .unwrap();
    let walk = frontier
        .refused(&store, &queued.request, "robots.txt: /tin?cur=2")
        .unwrap();
    store
        .refuse(&queued.request, "robots.txt: /tin?cur=2", walk.as_ref())
        .unwrap();
    let ended = store
        .walk(&site(), &section)
        .unwrap()
        .unwrap()
        .finished
        .unwrap();
    assert_eq!(
        ended.to_string(),
        "a page failed: refused: robots.txt: /tin?cur=2"
    );
    let seeds = frontier.seeds(&store, &[section], at(99)).unwrap();
    assert_eq!(
        seeds[0].request.url.as_str(),
        listing("tin", 1),
        "the next run begins at the top"
    );
}

#[test]
fn a_page_of_the_wrong_kind_is_a_failure() {
    let (_folder, store) = fresh();
    let (profile, options) = (profile(), options());
    let frontier = Frontier {
        profile: &profile,
        options: &options,
    };
    let run = RunId::new("r1");
    let mut first = get(Purpose::Listing, &listing("tin", 1));
    first.section = Some(SectionId::new("tin"));
    let article = get(Purpose::Article, &link("a"));
    let no_listing = Page::Article {
        draft: Box::default(),
        listing: None,
    };
    let blocked = Page::Blocked {
        rule: "div.captcha".to_owned(),
    };
    let table = [
        (
            "an article for a listing",
            &first,
            &no_listing,
            "the answer is not a listing",
        ),
        (
            "no first page",
            &first,
            &Page::Gone,
            "the answer is not a listing",
        ),
        (
            "a listing that is refused",
            &first,
            &blocked,
            "blocked: div.captcha",
        ),
        (
            "an article that is refused",
            &article,
            &blocked,
            "blocked: div.captcha",
        ),
    ];
    for (what, request, page, cause) in table {
        let asked = Asked {
            sequence: Sequence(1),
            run: &run,
            request,
        };
        let follow = frontier.follow(&store, asked, page, &[]).unwrap();
        assert_eq!(
            follow.settle,
            Settle::Failed {
                cause: cause.to_owned(),
                give_up_after: 5,
            },
            "{what}"
        );
        assert!(follow.plan.is_empty(), "{what}");
        let ended = follow.walk.is_some_and(|walk| walk.finished.is_some());
        assert_eq!(ended, request.purpose == Purpose::Listing, "{what}");
    }
}

#[test]
fn a_section_that_can_not_be_asked_for_is_an_error_in_words() {
    let (_folder, store) = fresh();
    let (profile, options) = (profile(), options());
    let frontier = Frontier {
        profile: &profile,
        options: &options,
    };
    let error = frontier
        .seeds(&store, &[SectionId::new("tinn")], at(0))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "site moh has no section tinn, or no platform for it"
    );
    let text = PROFILE
        .replace("ask_listing", "ask_article")
        .replace("{page}", "{slug}");
    let other = toml::from_str(&text).unwrap();
    let frontier = Frontier {
        profile: &other,
        options: &options,
    };
    let error = frontier
        .seeds(&store, &[SectionId::new("tin")], at(0))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "section tin of moh can not be asked for: platform liferay has no ask_listing"
    );
    assert!(error.advice().contains("ask_listing"));
    let text = PROFILE.replacen("vars = { name = \"tin\" }", "", 1);
    let other = toml::from_str(&text).unwrap();
    let frontier = Frontier {
        profile: &other,
        options: &options,
    };
    let error = frontier
        .seeds(&store, &[SectionId::new("tin")], at(0))
        .unwrap_err();
    assert!(
        error.to_string().contains("needs a value for `{name}`"),
        "{error}"
    );
}

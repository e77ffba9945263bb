//! Listings that go on for ever, say things twice, or lead nowhere: the walk ends by a rule that the
//! report names, and each article is asked for once.

use std::sync::atomic::{AtomicUsize, Ordering};

use khotin::model::Article;

use crate::support::{Site, page, page_with};

/// One line of a listing; the link is a whole attribute or more.
fn item(link: &str, title: &str, stamp: &str) -> String {
    format!(
        "<div class=\"page-list-news\"><div><h3><a {link}>{title}</a></h3>\
         <p>{stamp}Tóm tắt</p></div></div>"
    )
}

/// A page of the listing; without `pager` it is the last.
fn listing(items: &str, pager: &str) -> String {
    let class = if pager.is_empty() { "disabled" } else { "" };
    format!(
        "<html><head><title>Bộ</title></head><body>{items}\
         <ul class=\"lfr-pagination-buttons pager\"><li class=\"{class}\"><a href=\"{pager}\">Tiếp theo</a></li></ul>\
         </body></html>"
    )
}

const STAMP: &str = "Thứ Ba, ngày 29/04/2025 02:07";

fn href(slug: &str) -> String {
    format!("href=\"/tin-tong-hop/-/asset_publisher/DmTongHopTin/content/{slug}\"")
}

fn plain(slug: &str) -> String {
    item(&href(slug), &format!("Tin {slug}"), STAMP)
}

/// The number of a query's page or month; 1 without one.
fn number(target: &str, name: &str) -> usize {
    let value = target.split(&format!("{name}=")).nth(1);
    value.map_or(1, |value| value.parse().unwrap())
}

/// `listing_page` for the listing, an article for every other target.
fn site(listing_page: impl Fn(&str) -> String + Send + Sync + 'static) -> Site {
    Site::new(move |target| {
        if target == "/robots.txt" {
            String::new()
        } else if target.contains("/content/") {
            page("Tin", "<p>Một</p>")
        } else {
            listing_page(target)
        }
    })
}

fn end(report: &serde_json::Value) -> &str {
    report["sections"]["tin-tong-hop"]["end"].as_str().unwrap()
}

fn keys(articles: &[Article]) -> Vec<&str> {
    articles
        .iter()
        .map(|article| article.key.as_str())
        .collect()
}

#[test]
fn a_listing_without_end_is_walked_to_the_pagers_limit_which_is_said() {
    let site = site(|target| {
        let number = number(target, "_cur");
        listing(
            &(plain(&format!("a-{number}")) + &plain(&format!("b-{number}"))),
            "?",
        )
    });
    site.set_pager("pager = { kind = \"page\", first = 1, size = 20, max_pages = 6 }");
    let report = site.crawl(1);
    assert_eq!(
        end(&report),
        "the limit of 6 pages was reached, the pages below it are not known"
    );
    assert_eq!(site.articles().len(), 12, "what it showed so far");
    assert_eq!(site.asked("_cur="), 12, "two walks that agree");
    assert_eq!(site.asked("/content/"), 12);
    // The next night asks for one page more, not for all again.
    site.crawl(1);
    assert_eq!(site.asked("_cur="), 13);
}

#[test]
fn a_calendar_that_leads_to_every_month_ends_where_it_shows_nothing_new() {
    let table = [
        // what, items of a month, where the walk ends, the most pages asked for
        (
            "the same items every month",
            plain("a"),
            "the page repeats what was seen",
            6,
        ),
        (
            "links to days only",
            item("href=\"/lich?ngay=1\"", "Ngày 1", ""),
            "two pages in a row had no item that an identity rule knows",
            2,
        ),
        ("no items", String::new(), "the first page has no items", 1),
    ];
    for (what, items, expected, most) in table {
        let site = site(move |target| {
            let next = number(target, "thang") + 1;
            listing(&items, &format!("/tin-tong-hop?thang={next}"))
        });
        site.set_pager("pager = { kind = \"next_link\" }");
        let report = site.crawl(i32::from(most < 6));
        assert_eq!(end(&report), expected, "{what}");
        let pages = site.asked("_cur=") + site.asked("thang=");
        assert!(pages <= most, "{what}: {pages}");
        assert_eq!(site.asked("/lich"), 0, "{what}");
    }
}

#[test]
fn session_ids_in_links_make_no_new_articles() {
    let visits = AtomicUsize::new(0);
    let site = site(move |_| {
        let visit = visits.fetch_add(1, Ordering::Relaxed);
        let items: String = ["a", "b", "c"]
            .map(|slug| {
                plain(&format!(
                    "{slug};jsessionid=0F{visit}?sid={visit}&PHPSESSID={visit}"
                ))
            })
            .concat();
        listing(&items, "")
    });
    for run in 0..3 {
        site.crawl(0);
        let articles = site.articles();
        let expected = ["demo:liferay:a", "demo:liferay:b", "demo:liferay:c"];
        assert_eq!(keys(&articles), expected, "run {run}");
        assert_eq!(
            articles[0].url,
            "http://demo.khotin.test/tin-tong-hop/-/asset_publisher/DmTongHopTin/content/a"
        );
    }
    assert_eq!(
        site.asked("/content/"),
        3,
        "once each, whatever the session"
    );
}

#[test]
fn an_empty_listing_is_not_complete() {
    let site = site(|_| listing("", ""));
    let report = site.crawl(1);
    assert_eq!(end(&report), "the first page has no items");
    assert!(site.articles().is_empty());
}

#[test]
fn each_item_counts_once_and_links_that_lead_nowhere_are_not_followed() {
    let odd = [
        item("href=\"javascript:void(0)\"", "Mã", STAMP),
        item("href=\"mailto:a@khotin.test\"", "Thư", STAMP),
        item("href=\"data:text/html,x\"", "Dữ liệu", STAMP),
        item("href=\"#\"", "Neo", STAMP),
        item("href=\"http://ke-khac.test/-/asset_publisher/DmTongHopTin/content/la\"", "Lạ", STAMP),
        item("href=\"file:///etc/passwd\"", "Tệp", STAMP),
        item("href=\"http://127.0.0.1:22/tin/-/asset_publisher/DmTongHopTin/content/x\"", "Cổng", STAMP),
        item("", "Không", STAMP),
        item("href=\"javascript:;\" onclick=\"location.href='/tin-tong-hop/-/asset_publisher/DmTongHopTin/content/c'\"", "Tin c", STAMP),
    ]
    .concat();
    let site = site(move |_| {
        listing(
            &(plain("a") + &plain("a") + &odd + &plain("b") + &plain("a")),
            "",
        )
    });
    let report = site.crawl(0);
    assert_eq!(report["sections"]["tin-tong-hop"]["items"], 13);
    let articles = site.articles();
    assert_eq!(
        keys(&articles),
        ["demo:liferay:a", "demo:liferay:b", "demo:liferay:c"]
    );
    assert!(
        articles
            .iter()
            .all(|article| article.flags == ["synthetic"]),
        "an item said twice is no collision"
    );
    let pages = site.asked("");
    assert_eq!(
        (pages, site.asked("/content/")),
        (5, 3),
        "robots.txt, the listing, three articles"
    );
}

#[test]
fn a_listing_with_too_many_items_is_refused_as_a_whole() {
    let items: String = (0..25_000)
        .map(|n| {
            format!(
                "<div class=\"page-list-news\"><a {}>x</a></div>",
                href(&n.to_string())
            )
        })
        .collect();
    let site = site(move |_| listing(&items, ""));
    let report = site.crawl(1);
    let why = "listing has more than 20000 items";
    assert_eq!(
        (&report["failed"][why], &report["unread"][why]),
        (&1.into(), &1.into())
    );
    assert_eq!(site.asked("/content/"), 0);
}

#[test]
fn huge_titles_in_a_listing_are_cut() {
    let items: String = ["a", "b", "c"]
        .map(|slug| item(&href(slug), &"Bộ Y tế ".repeat(40_000), STAMP))
        .concat();
    let site = Site::new(move |target| match target {
        "/robots.txt" => String::new(),
        _ if target.contains("/content/") => "<p>nothing</p>".to_owned(),
        _ => listing(&items, ""),
    });
    site.crawl(1);
    for article in site.articles() {
        let title = article.title.unwrap();
        assert!((65_000..=65_536).contains(&title.len()), "{}", title.len());
    }
    site.run(&["export"]).expect("export", 0);
}

#[test]
fn two_articles_of_one_page_under_one_slug_are_said_to_be_two() {
    let site = site(|_| {
        let other = item(
            "href=\"/tin-noi-bat/-/asset_publisher/DmNoiBatTin1/content/a\"",
            "Tin khác",
            "Thứ Hai, ngày 03/03/2025 02:07",
        );
        listing(&(plain("a") + &other + &plain("b")), "")
    });
    site.crawl(0);
    let flags: Vec<_> = site
        .articles()
        .into_iter()
        .map(|article| article.flags)
        .collect();
    assert_eq!(flags[0], ["key_collision", "synthetic"]);
    assert_eq!(flags[1], ["synthetic"]);
    assert_eq!(site.asked("/content/a"), 1, "one address a key");
}

#[test]
fn two_articles_that_take_turns_at_one_address_are_a_version_each() {
    let looks = AtomicUsize::new(0);
    let site = Site::new(move |target| match target {
        "/robots.txt" => String::new(),
        _ if target.contains("/content/") => {
            let (title, text) =
                [("Tin", "Một"), ("Tin khác", "Hai")][looks.fetch_add(1, Ordering::Relaxed) % 2];
            page_with(
                title,
                "<p>29/04/2025 | 09:07 AM</p>",
                "",
                &format!("<p>{text}</p>"),
            )
        }
        _ => listing(&plain("a"), ""),
    });
    // Due again whenever a crawl comes.
    let soon = (1..2_000)
        .map(|n| n * 10)
        .chain((20..900).map(|n| n * 1_000));
    let periods: Vec<String> = soon.map(|wait| format!("\"{wait}ms\"")).collect();
    site.configure(&format!("revisit = [{}]", periods.join(", ")));
    for look in 1..=6 {
        site.crawl(0);
        assert_eq!(site.asked("/content/a"), look);
        let article = &site.articles()[0];
        // Until B came back, an edit that was taken back is as likely.
        let versions = [1, 2, 3, 2, 2, 2][look - 1];
        assert_eq!(article.versions.len(), versions, "{look}");
        assert_eq!(
            article.flags.contains(&"key_collision".to_owned()),
            look > 3,
            "{look}"
        );
    }
}

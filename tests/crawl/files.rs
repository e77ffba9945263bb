//! Files of articles: what is asked, when, how often, and what the records say of it.

use std::collections::{BTreeMap, BTreeSet};

use khotin::archive::{Outcome, StoredExchange, payload_sha256};
use khotin::config::Assets;
use khotin::demo::{Answer, Expected, Fault, PICTURE_HOSTS};
use khotin::frontier::assets::name_of;
use khotin::model::{Archived, Article, Purpose, RequestKey, Truncation};
use khotin::pipeline::CrawlOptions;

use crate::support::{Desk, SECTION, demo, only};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

async fn desk_with(articles: usize, assets: Assets) -> Desk {
    let mut desk = Desk::open(articles).await;
    desk.config.crawl.assets = assets;
    desk
}

/// The ministry's truth of one section's articles, which most tests crawl alone.
fn expected(desk: &Desk) -> Vec<Expected> {
    let mut expected = desk.control().expected();
    expected.retain(|article| article.sections.iter().any(|section| section == SECTION));
    expected
}

/// The names of all pictures by the ministry's own truth, originals of thumbnails included.
fn pictures_of(expected: &[Expected]) -> BTreeSet<String> {
    let images = expected.iter().flat_map(|article| &article.images);
    let urls =
        images.flat_map(|image| [image.url.clone(), image.url.replace("/thumb_w/640/", "/")]);
    urls.map(|url| name_of(&url)).collect()
}

/// The names of all attachments that are linked.
fn attachments_of(expected: &[Expected]) -> BTreeSet<String> {
    let files = expected.iter().flat_map(|article| &article.attachments);
    files
        .filter_map(|(url, _)| Some(name_of(url.as_deref()?)))
        .collect()
}

fn pictures(desk: &Desk) -> BTreeSet<String> {
    pictures_of(&expected(desk))
}

fn attachments(desk: &Desk) -> BTreeSet<String> {
    attachments_of(&expected(desk))
}

/// The addresses of files that the ministry was asked for in the newest run, by name, in order.
fn asked_files(desk: &Desk) -> Vec<String> {
    let log = desk.ministry.log();
    let is_file = |target: &str| target.contains(".jpg") || target.contains(".pdf");
    log.iter()
        .filter(|entry| is_file(&entry.target))
        .map(|entry| name_of(&format!("http://{}{}", entry.host, entry.target)))
        .collect()
}

/// Every file that a record names, with what it says of the archive.
fn named_by(article: &Article) -> Vec<(String, Archived)> {
    let mut named = Vec::new();
    for image in &article.images {
        let url = image.url.clone().unwrap_or_default();
        named.push((url, image.archived.clone().unwrap()));
        if let Some(url) = &image.original_url {
            named.push((url.clone(), image.original_archived.clone().unwrap()));
        }
    }
    for file in &article.attachments {
        let url = file.url.clone().unwrap_or_default();
        named.push((url, file.archived.clone().unwrap()));
    }
    named
}

fn all_named(desk: &Desk) -> BTreeMap<String, Archived> {
    let articles = desk.articles();
    articles.values().flat_map(named_by).collect()
}

fn by_sequence(desk: &Desk) -> BTreeMap<u64, StoredExchange> {
    let exchanges = desk.exchanges().into_iter();
    exchanges.map(|one| (one.sequence.0, one)).collect()
}

#[tokio::test]
async fn every_file_is_archived_once_behind_all_pages_and_named_in_its_record() {
    let desk = desk_with(30, Assets::All).await;
    let report = desk.crawl().await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));

    let truth = desk.control().expected();
    let (pictures, attachments) = (pictures_of(&truth), attachments_of(&truth));
    assert!(
        pictures.len() > 30 && attachments.len() > 1,
        "{pictures:?} {attachments:?}"
    );
    let expected: BTreeSet<String> = pictures.union(&attachments).cloned().collect();
    let asked = asked_files(&desk);
    assert_eq!(asked.iter().cloned().collect::<BTreeSet<_>>(), expected);
    assert_eq!(asked.len(), expected.len(), "each once");
    let first_attachment = asked.iter().position(|url| attachments.contains(url));
    assert_eq!(first_attachment, Some(pictures.len()), "pictures first");
    let targets: Vec<String> = desk.asked();
    let is_page = |asked: &String| asked.starts_with("listing") || asked.starts_with("article");
    let last_page = targets.iter().rposition(is_page).unwrap();
    let files_before = &desk.ministry.log()[..last_page];
    assert!(
        files_before
            .iter()
            .all(|entry| !entry.target.contains(".jpg")),
        "pages first"
    );

    let exchanges = by_sequence(&desk);
    let named = all_named(&desk);
    for (url, archived) in &named {
        if url.is_empty() {
            assert_eq!(archived.why_missing(), Some("no address in the page"));
            continue;
        }
        let file = archived
            .file()
            .unwrap_or_else(|| panic!("{url}: {archived:?}"));
        assert_eq!(name_of(&file.request_url), name_of(url));
        let exchange = &exchanges[&file.sequence.0];
        assert_eq!(exchange.request.purpose, Purpose::Asset);
        let (kind, begin): (&str, &[u8]) = match url.contains(".pdf") {
            true => ("application/pdf", b"%PDF-1.4\n"),
            false => ("image/png", PNG),
        };
        assert_eq!(
            (file.status, file.content_type.as_deref()),
            (200, Some(kind)),
            "{url}"
        );
        let capture = exchange.clone().into_capture().unwrap();
        assert!(capture.body.starts_with(begin), "{url}");
        assert_eq!(file.bytes, capture.body.len() as u64, "{url}");
        assert_eq!(file.payload_sha256, payload_sha256(&capture.body), "{url}");
        let record = desk
            .archive()
            .read_record(&file.warc_file, file.warc_offset)
            .unwrap();
        let id = record.field("WARC-Record-ID").unwrap();
        assert_eq!(id.trim_matches(['<', '>']), file.warc_record_id);
    }
    // By hand: the page of 2023 shows four reprinted pictures, each a thumbnail that has an original; that of
    // 2022 promises one file whose link is lost.
    let articles = desk.articles();
    let of_seed = |raw: &str| {
        let is_meant = |article: &&Article| {
            let published = article.published.as_ref();
            published.is_some_and(|published| published.raw == raw)
        };
        named_by(articles.values().find(is_meant).unwrap())
    };
    let four = of_seed("17/06/2023 | 21:00 PM");
    assert_eq!(four.len(), 8);
    assert!(four.iter().all(|(_, archived)| archived.file().is_some()));
    let lost: Vec<_> = of_seed("18/11/2022 | 10:30 AM")
        .into_iter()
        .filter(|(url, _)| url.is_empty())
        .collect();
    assert_eq!(lost.len(), 1);

    let files = &demo(&report).assets;
    assert_eq!(files.wanted, Assets::All);
    let number = expected.len() as u64;
    assert_eq!(
        (files.requests, files.archived, files.left),
        (number, number, 0)
    );
    assert_eq!(demo(&report).left, 0);

    let again = desk.crawl().await;
    assert_eq!(
        (again.exit_code, asked_files(&desk)),
        (0, Vec::new()),
        "never again"
    );
}

#[tokio::test]
async fn nothing_but_pages_is_asked_unless_somebody_wants_files() {
    let desk = Desk::open(30).await;
    desk.crawl_with(only(SECTION)).await;
    assert_eq!(asked_files(&desk), Vec::<String>::new());
    let hosts: BTreeSet<String> = desk
        .ministry
        .log()
        .into_iter()
        .map(|one| one.host)
        .collect();
    assert_eq!(hosts, BTreeSet::from(["demo.khotin.test".to_owned()]));
    let reasons: BTreeSet<Option<String>> = all_named(&desk)
        .into_iter()
        .filter(|(url, _)| !url.is_empty())
        .map(|(_, archived)| archived.why_missing().map(str::to_owned))
        .collect();
    assert_eq!(reasons, BTreeSet::from([Some("not asked for".to_owned())]));
}

#[tokio::test]
async fn a_wish_that_comes_later_finds_the_files_of_articles_that_are_there() {
    let mut desk = Desk::open(30).await;
    desk.crawl_with(only(SECTION)).await;
    desk.config.crawl.assets = Assets::Images;
    let report = desk.crawl_with(only(SECTION)).await;
    assert_eq!(report.exit_code, 0);
    let asked: BTreeSet<String> = asked_files(&desk).into_iter().collect();
    assert_eq!(asked, pictures(&desk));
    assert_eq!(
        desk.asked_for("article"),
        [""; 0],
        "no article is asked again"
    );
    // A flag wins over the settings, for this run.
    let options = CrawlOptions {
        assets: Some(Assets::All),
        ..only(SECTION)
    };
    desk.crawl_with(options).await;
    let asked: BTreeSet<String> = asked_files(&desk).into_iter().collect();
    assert_eq!(
        asked,
        attachments(&desk),
        "what is archived is not asked again"
    );
}

#[tokio::test]
async fn the_setting_of_a_site_wins_over_that_of_all_sites() {
    let mut desk = desk_with(30, Assets::All).await;
    let site = desk.config.site.values_mut().next().unwrap();
    site.assets = Some(Assets::Images);
    desk.crawl_with(only(SECTION)).await;
    let asked: BTreeSet<String> = asked_files(&desk).into_iter().collect();
    assert_eq!(asked, pictures(&desk));
}

#[tokio::test]
async fn files_that_wait_are_left_alone_when_the_wish_is_withdrawn() {
    let mut desk = desk_with(30, Assets::All).await;
    desk.config.crawl.asset_max_bytes_per_run = 1;
    let report = desk.crawl_with(only(SECTION)).await;
    assert_eq!(
        asked_files(&desk).len(),
        1,
        "the file that reaches the cap is kept"
    );
    let files = &demo(&report).assets;
    assert_eq!(
        files.left,
        (pictures(&desk).len() + attachments(&desk).len() - 1) as u64
    );
    desk.config.crawl.assets = Assets::None;
    let report = desk.crawl_with(only(SECTION)).await;
    assert_eq!((report.exit_code, asked_files(&desk)), (0, Vec::new()));
}

#[tokio::test]
async fn a_run_ends_its_files_at_its_cap_with_words_and_the_next_goes_on() {
    let mut desk = desk_with(30, Assets::All).await;
    desk.config.crawl.asset_max_bytes_per_run = 40_000;
    let wanted = pictures(&desk).len() + attachments(&desk).len();
    let mut asked = Vec::new();
    let mut runs = 0;
    loop {
        let report = desk.crawl_with(only(SECTION)).await;
        asked.extend(asked_files(&desk));
        let files = &demo(&report).assets;
        runs += 1;
        if files.left == 0 {
            assert_eq!((report.exit_code, &files.spent), (0, &None));
            break;
        }
        assert_eq!(report.exit_code, 1);
        let words = format!(
            "{} bytes of files, asset_max_bytes_per_run is 40000",
            files.bytes
        );
        assert_eq!(files.spent.as_deref(), Some(words.as_str()));
        let cause = format!(
            "demo: {} files are left for the next run after {words}",
            files.left
        );
        assert_eq!(report.causes, [cause]);
        assert!(
            (40_000..43_000).contains(&files.bytes),
            "one picture more at most"
        );
    }
    assert!(runs > 1);
    assert_eq!(asked.len(), wanted, "each once over all runs");
}

#[tokio::test]
async fn of_a_file_over_the_cap_only_the_header_is_kept_until_the_cap_is_raised() {
    let mut desk = desk_with(30, Assets::Images).await;
    // A thumbnail is a PNG of 16 x 12 dots and below it, a picture of 32 x 24 above.
    desk.config.crawl.asset_max_bytes = 1024;
    let report = desk.crawl().await;
    assert_eq!(report.exit_code, 0, "as long the next time: no failure");
    let files = &demo(&report).assets;
    let (too_long, small): (Vec<String>, Vec<String>) = pictures_of(&desk.control().expected())
        .into_iter()
        .partition(|url| !url.contains("/thumb_w/"));
    assert_eq!(files.too_long, too_long.len() as u64);
    assert_eq!(files.archived, small.len() as u64);
    let exchanges = by_sequence(&desk);
    let cut: Vec<&StoredExchange> = exchanges
        .values()
        .filter(|one| one.request.purpose == Purpose::Asset)
        .filter(
            |one| matches!(&one.outcome, Outcome::Answered(answer) if answer.truncated.is_some()),
        )
        .collect();
    assert_eq!(cut.len(), too_long.len());
    for exchange in cut {
        let capture = exchange.clone().into_capture().unwrap();
        assert_eq!(capture.truncated, Some(Truncation::Length));
        assert_eq!(capture.body, b"", "nothing of the body was read");
        // 8 + 25 + 12 + 11 + 24 * 97 + 12: what a PNG of 32 x 24 dots takes.
        assert_eq!(
            capture.header("x-archive-orig-content-length"),
            Some("2396")
        );
    }
    let missing = all_named(&desk);
    let missing = missing.values().filter_map(Archived::why_missing);
    let reasons: BTreeSet<&str> = missing.filter(|why| *why != "not asked for").collect();
    assert_eq!(
        reasons,
        BTreeSet::from(["body is cut short (length)", "no address in the page"])
    );
    desk.crawl().await;
    assert_eq!(
        asked_files(&desk),
        Vec::<String>::new(),
        "not asked again for nothing"
    );
    desk.config.crawl.asset_max_bytes = 2395;
    desk.crawl().await;
    assert_eq!(
        asked_files(&desk),
        Vec::<String>::new(),
        "its length is known"
    );
    desk.config.crawl.asset_max_bytes = 2396;
    let report = desk.crawl().await;
    assert_eq!(demo(&report).assets.archived, too_long.len() as u64);
}

#[tokio::test]
async fn a_file_that_does_not_say_its_length_is_kept_up_to_the_cap() {
    let mut desk = desk_with(30, Assets::Images).await;
    desk.config.crawl.asset_max_bytes = 1024;
    let mut body =
        b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"
            .to_vec();
    body.extend(b"1000\r\n");
    body.extend([b'x'; 0x1000]);
    body.extend(b"\r\n0\r\n\r\n");
    desk.control()
        .plan_fault("/documents/174521/", 1, Fault::Raw(body));
    let report = desk.crawl_with(only(SECTION)).await;
    let cut = desk.exchanges().into_iter().filter_map(|one| {
        let capture = one.into_capture()?;
        (capture.truncated.is_some() && !capture.body.is_empty()).then_some(capture)
    });
    let cut: Vec<_> = cut.collect();
    assert_eq!(cut.len(), 1);
    assert_eq!(
        (cut[0].truncated, cut[0].body.len()),
        (Some(Truncation::Length), 1024)
    );
    assert_eq!(report.exit_code, 0);
}

#[tokio::test]
async fn what_becomes_of_a_file_stands_in_its_record_and_in_the_report() {
    let desk = desk_with(30, Assets::Images).await;
    let is_own = |url: &&String| url.contains("/documents/");
    let own: Vec<String> = pictures(&desk)
        .iter()
        .filter(is_own)
        .take(5)
        .cloned()
        .collect();
    let path = |url: &str| url.trim_start_matches("http://demo.khotin.test").to_owned();
    let to = |location: &str| {
        let answer = Answer::new(302, "text/html", "").with("Location", location);
        Fault::Instead(answer)
    };
    let [missing, moved, out, front, broken] = own.as_slice() else {
        panic!("five pictures of the ministry's own")
    };
    let elsewhere = "http://demo.khotin.test/documents/1/0/moved.jpg";
    for (url, count, fault) in [
        (missing, 9, Fault::status(404)),
        (moved, 9, to("/documents/1/0/moved.jpg?t=5")),
        (out, 9, to("http://evil.test/x.jpg")),
        (front, 9, to("/")),
        (broken, 3, Fault::status(500)),
    ] {
        desk.control().plan_fault(&path(url), count, fault);
    }
    let report = desk.crawl_with(only(SECTION)).await;
    assert_eq!(report.exit_code, 1, "as when a page fails");
    let files = &demo(&report).assets;
    let out_of_scope =
        "redirect to http://evil.test/x.jpg is out of scope: host evil.test is not a host of demo";
    let failed: Vec<(&str, u64)> = files
        .failed
        .iter()
        .map(|(why, n)| (why.as_str(), *n))
        .collect();
    assert_eq!(failed, [(out_of_scope, 1), ("status 500", 1)]);
    assert_eq!(report.causes, ["demo: 2 files of articles failed"]);
    assert!(demo(&report).failed.is_empty() && demo(&report).unread.is_empty());
    assert_eq!(files.gone, 1);
    let hosts: BTreeSet<String> = desk
        .ministry
        .log()
        .into_iter()
        .map(|one| one.host)
        .collect();
    assert!(!hosts.contains("evil.test"));

    let of = |url: &str| -> Archived {
        let named = all_named(&desk);
        let found = named.iter().find(|(address, _)| name_of(address) == url);
        found.unwrap().1.clone()
    };
    for (url, why) in [
        (missing, "status 404"),
        (out, "redirect to an address that was not asked for"),
        (front, "redirect to the front page"),
        (broken, "status 500"),
    ] {
        assert_eq!(of(url).why_missing(), Some(why), "{url}");
    }
    let file = of(moved).file().unwrap().clone();
    assert_eq!(
        name_of(&file.request_url),
        elsewhere,
        "followed over the redirect"
    );

    // What was answered is settled; what failed is asked again.
    let report = desk.crawl_with(only(SECTION)).await;
    let asked = asked_files(&desk);
    let expected = BTreeSet::from([broken.clone(), out.clone()]);
    assert_eq!(asked.into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(demo(&report).assets.archived, 1);
    assert!(of(broken).file().is_some());
}

#[tokio::test]
async fn files_with_equal_bytes_are_kept_once() {
    let desk = desk_with(50, Assets::All).await;
    desk.crawl().await;
    let mut payloads: BTreeMap<String, Vec<(bool, RequestKey)>> = BTreeMap::new();
    for exchange in desk.exchanges() {
        if let (Purpose::Asset, Outcome::Answered(answer)) =
            (exchange.request.purpose, &exchange.outcome)
        {
            let copies = payloads.entry(answer.payload_sha256.clone()).or_default();
            copies.push((answer.revisit.is_some(), exchange.request.key()));
        }
    }
    let twice = payloads.values().filter(|copies| copies.len() > 1);
    assert!(
        twice.count() > 0,
        "two articles stand on both halves, with the same files"
    );
    for copies in payloads.values() {
        assert!(!copies[0].0, "the first is whole");
        assert!(
            copies[1..].iter().all(|(is_revisit, _)| *is_revisit),
            "{copies:?}"
        );
    }
}

#[tokio::test]
async fn noise_of_an_unchanged_article_asks_for_no_file_again() {
    let mut desk = desk_with(30, Assets::All).await;
    desk.revisit_after(&[0]);
    desk.crawl().await;
    // Time stamps move, and thumbnails come from another host.
    desk.control().touch_noise();
    let report = desk.crawl().await;
    assert!(demo(&report).unchanged > 10, "they were looked at again");
    assert_eq!(asked_files(&desk), Vec::<String>::new());
    let named = all_named(&desk);
    let missing = named.values().filter_map(Archived::why_missing);
    assert_eq!(
        missing
            .filter(|why| *why != "no address in the page")
            .count(),
        0
    );
}

#[tokio::test]
async fn a_changed_article_brings_its_new_files() {
    let mut desk = desk_with(30, Assets::All).await;
    desk.revisit_after(&[0]);
    desk.crawl_with(only(SECTION)).await;
    let before = pictures(&desk);
    let expected = expected(&desk);
    let with_picture = expected.iter().find(|one| one.images.len() == 1).unwrap();
    let title = format!("{} (cập nhật)", with_picture.title);
    let uuid = "5f0c2f7e-8f0a-4f6b-9a53-0d2c2f1f7a11";
    desk.control()
        .edit(&with_picture.key, |article| {
            article.title = title;
            for piece in &mut article.pieces {
                if let khotin::demo::Piece::Photo(photo) = piece {
                    photo.uuid = uuid.to_owned();
                }
            }
        })
        .unwrap();
    desk.crawl_with(only(SECTION)).await;
    let asked: BTreeSet<String> = asked_files(&desk).into_iter().collect();
    let new: BTreeSet<String> = pictures(&desk).difference(&before).cloned().collect();
    assert!(!new.is_empty());
    assert_eq!(asked, new);
}

#[tokio::test]
async fn a_rebuild_gives_the_same_places() {
    let desk = desk_with(40, Assets::All).await;
    let own = pictures(&desk)
        .into_iter()
        .find(|url| url.contains("/documents/"));
    let path = own
        .unwrap()
        .trim_start_matches("http://demo.khotin.test")
        .to_owned();
    desk.control().plan_fault(&path, 9, Fault::status(404));
    desk.crawl_with(only(SECTION)).await;
    let before = desk.articles();
    desk.rebuild();
    assert_eq!(desk.articles(), before);
    let report = desk.crawl_with(only(SECTION)).await;
    assert_eq!(
        (report.exit_code, asked_files(&desk)),
        (0, Vec::new()),
        "nothing is asked again"
    );
    // Who wants no files any more gets the same places too.
    let mut desk = desk;
    let before = desk.articles();
    desk.config.crawl.assets = Assets::None;
    desk.rebuild();
    assert_eq!(desk.articles(), before);
}

#[tokio::test]
async fn hosts_of_pictures_are_asked_only_where_the_profile_names_them() {
    let mut desk = Desk::open(30).await;
    desk.config.crawl.assets = Assets::All;
    let text = include_str!("../../sites/demo.toml");
    let line = text
        .lines()
        .find(|line| line.starts_with("asset_hosts"))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("demo.toml"), text.replace(line, "")).unwrap();
    desk.sites = khotin::config::Sites::load(Some(folder.path())).unwrap();
    let report = desk.crawl().await;
    assert_eq!(report.exit_code, 0);
    let hosts: BTreeSet<String> = desk
        .ministry
        .log()
        .into_iter()
        .map(|one| one.host)
        .collect();
    assert_eq!(hosts, BTreeSet::from(["demo.khotin.test".to_owned()]));
    assert!(!asked_files(&desk).is_empty(), "own files need no line");
    // A profile that names them later finds them.
    desk.sites = khotin::config::Sites::load(None).unwrap();
    desk.crawl().await;
    let hosts: BTreeSet<String> = desk
        .ministry
        .log()
        .into_iter()
        .map(|one| one.host)
        .collect();
    assert!(hosts.contains(PICTURE_HOSTS[0]), "{hosts:?}");
}

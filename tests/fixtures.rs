//! Promise: every saved page is read as a person would read it. The expectations beside the pages
//! are written by hand (fixtures/README.md); each page goes through its site's real profile, and
//! every field is compared. A new fixture, or a new site's folder, is a new test without a line of code
//! here.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail by panic, in its helpers too"
)]

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use khotin::config::{SiteProfile, read_site_file};
use khotin::extract::{bytes_passed_over, read, read_whole};
use khotin::model::{
    Capture, Listing, Location, Method, Page, PageRead, Purpose, Request, SectionId, Sequence,
    Sighting, SiteId, Via,
};
use khotin::normalize::observations;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

#[path = "support/mutated.rs"]
mod mutated;

use mutated::{Random, dressed, mutated};

/// `<case>.toml`, as far as reading needs it.
#[derive(Deserialize)]
struct Case {
    url: Url,
    method: Method,
    request_body: Option<String>,
    captured_at: DateTime<Utc>,
    content_type: String,
    file: Option<PathBuf>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The profile of a site: part of the program, or, of a made-up ministry, among its pages.
fn profile(site: &str) -> SiteProfile {
    let name = format!("{site}.toml");
    let of_the_program = root().join("sites").join(&name);
    let path = if of_the_program.is_file() {
        of_the_program
    } else {
        root().join("fixtures/sites").join(site).join(&name)
    };
    let site = read_site_file(&path).unwrap_or_else(|error| panic!("{error}"));
    site.profile
}

/// The files under `folder` that end in `.expected.json`, sorted.
fn expectations(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".expected.json"))
        .collect();
    found.sort();
    found
}

fn capture(site: &str, case: &Case, body: Vec<u8>, is_listing: bool) -> Capture {
    let purpose = if is_listing {
        Purpose::Listing
    } else {
        Purpose::Article
    };
    let mut request = Request::get(SiteId::new(site), case.url.clone(), purpose);
    request.method = case.method;
    request.body.clone_from(&case.request_body);
    request.section = is_listing.then(|| SectionId::new("section"));
    Capture {
        sequence: Sequence(1),
        request,
        captured_at: case.captured_at,
        via: Via::Direct,
        status: 200,
        headers: vec![(
            "content-type".to_owned(),
            case.content_type.clone().into_bytes(),
        )],
        body,
        truncated: None,
        payload_sha1: String::new(),
        payload_sha256: String::new(),
        location: Location {
            file: "fixture.warc.gz".to_owned(),
            offset: 0,
            length: 0,
            record_id: "urn:uuid:0".to_owned(),
        },
    }
}

/// What came out, in the form of `<case>.expected.json`.
fn outcome(profile: &SiteProfile, capture: &Capture) -> Value {
    let page = read(profile, capture);
    assert_eq!(
        page,
        read_whole(profile, capture),
        "the tree of the whole page reads the same"
    );
    let mut outcome = serde_json::Map::new();
    let name = match &page.page {
        Page::Article { .. } | Page::Listing(_) => None,
        Page::Blocked { .. } => Some("blocked"),
        Page::SoftGone { .. } => Some("soft_gone"),
        Page::Other { .. } => Some("other"),
        other => panic!("a page with status 200 is read as {other:?}"),
    };
    if let Some(name) = name {
        outcome.insert("page".to_owned(), json!(name));
        return Value::Object(outcome);
    }
    let mut items = Vec::new();
    for observation in observations(profile, capture, &page) {
        let key = observation.key.as_str().to_owned();
        match observation.sighting {
            Sighting::Article {
                content,
                categories,
                mut warnings,
                ..
            } => {
                let mut article = serde_json::to_value(content).unwrap();
                warnings.sort();
                let mut codes: Vec<String> = warnings.into_iter().map(|known| known.code).collect();
                codes.dedup();
                article["key"] = json!(key);
                article["public_url"] = json!(observation.public_url);
                article["warnings"] = json!(codes);
                article["categories"] = json!(categories);
                outcome.insert("article".to_owned(), article);
            }
            Sighting::Listed(item) => items.push(json!({
                "position": item.position,
                "key": key,
                "title": item.title,
                "stamp_raw": item.stamp_raw,
                "published_at": item.published.map(|published| published.at),
                "summary": item.summary,
                "summary_cut": item.summary_cut,
            })),
            other => panic!("an observation of a page is {other:?}"),
        }
    }
    if let Some(listing) = listing_of(&page) {
        let listing = json!({
            "layout": listing.layout,
            "items": items,
            "is_last": listing.is_last,
            "next": listing.next,
        });
        outcome.insert("listing".to_owned(), listing);
    }
    Value::Object(outcome)
}

fn listing_of(read: &PageRead) -> Option<&Listing> {
    match &read.page {
        Page::Listing(listing) => Some(listing),
        Page::Article { listing, .. } => listing.as_ref(),
        _ => None,
    }
}

/// Every place where `found` is not what is expected. Where only first and last words are expected
/// (`starts`, `ends`), only they are compared.
fn differences(place: &str, expected: &Value, found: &Value, out: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(wanted), _) if wanted.contains_key("starts") => {
            let text = found.as_str().or(found["text"].as_str()).unwrap_or("");
            let starts = wanted["starts"].as_str().unwrap();
            let ends = wanted["ends"].as_str().unwrap();
            if !text.starts_with(starts) || !text.ends_with(ends) {
                out.push(format!(
                    "{place}: expected `{starts} … {ends}`, found `{text}`"
                ));
            }
            for (name, value) in wanted {
                if name != "starts" && name != "ends" {
                    differences(&format!("{place}.{name}"), value, &found[name], out);
                }
            }
        }
        (Value::Object(wanted), Value::Object(fields)) => {
            for (name, value) in wanted {
                let found = fields.get(name).unwrap_or(&Value::Null);
                differences(&format!("{place}.{name}"), value, found, out);
            }
            let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
            for (name, value) in fields {
                if !wanted.contains_key(name) && !is_empty(value) {
                    out.push(format!("{place}.{name}: not expected, found {value}"));
                }
            }
        }
        (Value::Array(wanted), Value::Array(items)) => {
            for (index, (wanted, item)) in wanted.iter().zip(items).enumerate() {
                differences(&format!("{place}[{index}]"), wanted, item, out);
            }
            if wanted.len() != items.len() {
                out.push(format!(
                    "{place}: expected {} items, found {}: {found}",
                    wanted.len(),
                    items.len()
                ));
            }
        }
        _ if expected == found => {}
        _ => out.push(format!("{place}: expected {expected}, found {found}")),
    }
}

fn expected(expectation: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(expectation).unwrap()).unwrap()
}

/// The page of a case; `None` if it is not there.
fn saved(site: &str, expectation: &Path) -> Option<Capture> {
    let name = expectation.to_string_lossy().replace(".expected.json", "");
    let case: Case = toml::from_str(&fs::read_to_string(format!("{name}.toml")).unwrap()).unwrap();
    let body = match &case.file {
        Some(file) => fs::read(root().join(file)).ok()?,
        None => ["html", "json"]
            .into_iter()
            .find_map(|ending| fs::read(format!("{name}.{ending}")).ok())
            .unwrap_or_else(|| panic!("{name} has no page")),
    };
    let expected = expected(expectation);
    let is_listing = expected.get("listing").is_some() && expected.get("article").is_none();
    Some(capture(site, &case, body, is_listing))
}

/// Reads one case and says what differs; `None` if its page is not there.
fn compare(site: &str, profile: &SiteProfile, expectation: &Path) -> Option<Vec<String>> {
    let name = expectation.to_string_lossy().replace(".expected.json", "");
    let capture = saved(site, expectation)?;
    let mut expected = expected(expectation);
    let mut found = outcome(profile, &capture);
    with_facts(&mut expected, &mut found);
    let mut out = Vec::new();
    differences("", &expected, &found, &mut out);
    let case = Path::new(&name).file_name().unwrap().to_string_lossy();
    Some(
        out.into_iter()
            .map(|line| format!("{site}/{case} {line}"))
            .collect(),
    )
}

/// Makes of the record what the facts about real pages are compared with (fixtures/README.md).
fn with_facts(expected: &mut Value, found: &mut Value) {
    let Some(article) = expected.get("article") else {
        return;
    };
    let wants = |name: &str| article.get(name).is_some();
    let (wants_count, wants_links) = (wants("block_count"), wants("link_urls"));
    let found = &mut found["article"];
    if wants_count {
        found["block_count"] = json!(found["blocks"].as_array().map(Vec::len));
    }
    if wants_links {
        let urls: Vec<Value> = ["links", "attachments"]
            .into_iter()
            .flat_map(|name| found[name].as_array().cloned().unwrap_or_default())
            .map(|link| link["url"].clone())
            .collect();
        found["link_urls"] = json!(urls);
        for name in ["links", "attachments"] {
            found.as_object_mut().unwrap().remove(name);
        }
    }
}

fn compare_all(site: &str, folder: &Path) -> usize {
    let profile = profile(site);
    let cases = expectations(folder);
    let compared: Vec<Vec<String>> = cases
        .iter()
        .filter_map(|expectation| compare(site, &profile, expectation))
        .collect();
    let differences: Vec<String> = compared.iter().flatten().cloned().collect();
    assert!(
        differences.is_empty(),
        "{} differences\n{}",
        differences.len(),
        differences.join("\n")
    );
    compared.len()
}

#[test]
fn pages_of_moh_are_read_as_expected() {
    assert!(compare_all("moh", &root().join("fixtures/sites/moh")) >= 30);
}

#[test]
fn pages_of_ncov_are_read_as_expected() {
    assert!(compare_all("ncov", &root().join("fixtures/sites/ncov")) >= 3);
}

/// Among them `bomau`, whose profile was written by following docs/new-site.md.
#[test]
fn pages_of_every_other_site_are_read_as_expected() {
    let folders = fs::read_dir(root().join("fixtures/sites")).unwrap();
    let names = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let others: Vec<String> = names
        .filter(|name| !["moh", "ncov"].contains(&name.as_str()))
        .collect();
    assert!(others.iter().any(|site| site == "bomau"));
    for site in others {
        let folder = root().join("fixtures/sites").join(&site);
        assert!(compare_all(&site, &folder) >= 3, "{site}");
    }
}

/// The real pages belong to others and stand beside the repository, where they are at all.
#[test]
fn real_pages_of_ncov_are_read_as_expected() {
    let there = root().join("../shared/real/ncov").is_dir();
    let compared = compare_all("ncov", &root().join("fixtures/sites/ncov/real"));
    assert_eq!(compared, if there { 3 } else { 0 });
}

/// Much of a real page is read by no rule, and the short way must not give up on it unseen.
#[test]
fn much_of_a_real_page_is_passed_over() {
    let folder = root().join("fixtures/sites/ncov/real");
    let profile = profile("ncov");
    let there = root().join("../shared/real/ncov").is_dir();
    let pages: Vec<Capture> = expectations(&folder)
        .iter()
        .filter_map(|expectation| saved("ncov", expectation))
        .collect();
    assert_eq!(pages.len(), if there { 3 } else { 0 });
    if !there {
        eprintln!("../shared/real/ncov is not there: no real page is read");
    }
    for page in pages {
        let bytes = bytes_passed_over(&profile, &page);
        assert!(
            bytes * 3 > page.body.len(),
            "{}: {bytes} of {} bytes",
            page.request.url,
            page.body.len()
        );
    }
}

/// Every saved page, with a menu around it, and with things wrong in it: the short way reads what the
/// tree of the whole page gives. `KHOTIN_CUT_PAGES` says how many of each page are read, here 5.
#[test]
fn pages_with_something_wrong_are_read_as_their_whole_tree_is() {
    let wished = std::env::var("KHOTIN_CUT_PAGES").ok();
    let wished: u64 = wished.map_or(5, |count| count.parse().unwrap());
    let (mut read_short, mut all) = (0, 0);
    for (site, folder) in [
        ("moh", "moh"),
        ("ncov", "ncov"),
        ("ncov", "ncov/real"),
        ("bomau", "bomau"),
    ] {
        let profile = profile(site);
        for expectation in expectations(&root().join("fixtures/sites").join(folder)) {
            let Some(mut page) = saved(site, &expectation) else {
                continue;
            };
            // Long ones are slow here and no richer.
            if page.request.method != Method::Get || page.body.len() > 80_000 {
                continue;
            }
            let text = dressed(&String::from_utf8(page.body.clone()).unwrap());
            for seed in 0..wished {
                page.body = match seed {
                    0 => text.clone(),
                    _ => mutated(&text, &mut Random(seed)),
                }
                .into_bytes();
                all += 1;
                read_short += usize::from(bytes_passed_over(&profile, &page) > 0);
                let (short, whole) = (read(&profile, &page), read_whole(&profile, &page));
                assert_eq!(
                    short,
                    whole,
                    "{}, seed {seed}\n{}",
                    expectation.display(),
                    String::from_utf8_lossy(&page.body)
                );
            }
        }
    }
    assert!(read_short * 10 > all * 6, "{read_short} of {all}");
}

#[test]
fn every_section_can_be_asked_for() {
    for site in ["moh", "ncov", "bomau"] {
        let profile = profile(site);
        assert!(!profile.sections.is_empty());
        for section in &profile.sections {
            let platform = profile
                .platforms
                .iter()
                .find(|platform| platform.id == section.platform)
                .unwrap_or_else(|| panic!("{}: no platform {}", section.id, section.platform));
            let mut vars = section.vars.clone();
            for (name, value) in [("page", "1"), ("size", "100")] {
                vars.insert(name.to_owned(), value.to_owned());
            }
            let template = platform.ask_listing.as_ref().unwrap();
            let request = template
                .build(&profile.id, Purpose::Listing, Some(&section.id), &vars)
                .unwrap_or_else(|error| panic!("{}: {error}", section.id));
            let host = request.url.host_str().unwrap();
            assert!(profile.hosts.iter().any(|known| known == host), "{host}");
        }
    }
}

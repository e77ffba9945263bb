//! Promise: `khotin sites` tells the writer of a profile what is wrong and where, and asks no server
//! for anything.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests: a failure is a failed test"
)]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// A made-up ministry whose title stands in an `h2` on newer pages.
const PROFILE: &str = r#"
id = "abc"
name = { vi = "Bộ ABC", en = "Ministry of ABC" }
hosts = ["abc.test"]
zone = "Asia/Ho_Chi_Minh"
language = "vi"
pace = { gap = "3s" }
[refusals]
blocked = { css = "title", match = "^Từ chối" }
[[platform]]
id = "web"
link = [{ path = '/tin/(?<list>[a-z-]+)\.aspx', query = { ItemID = '(?<id>\d+)' } }]
key = "{id}"
url = "https://abc.test/tin/{list}.aspx?ItemID={id}"
ask_listing = { url = "https://abc.test/tin/{list}.aspx?Page={page}" }
pager = { kind = "page" }
[[section]]
id = "su-kien"
name = { vi = "Sự kiện", en = "Events" }
platform = "web"
vars = { list = "su-kien" }
[[section]]
id = "cu"
name = { vi = "Tin cũ", en = "Old news" }
platform = "web"
vars = { list = "cu" }
active = false
[[listing]]
id = "web-listing"
platform = "web"
items = "ul.news > li"
link = "a@href"
title = "a"
stamp = { select = "span.date", formats = ["DD-MM-YYYY"], zone_is = "rule" }
[[article]]
id = "web-article"
platform = "web"
root = "div.article"
title = ["h1", "h2"]
published = { select = "span.date", formats = ["DD-MM-YYYY"], zone_is = "rule" }
lead = "p.sapo"
body.root = "div.content"
"#;

const ARTICLE: &str = "<div class=article><h2>Bài mẫu</h2><span class=date>15-07-2026</span>\
                       <div class=content><p>Một đoạn.</p></div></div>";
const LISTING: &str =
    "<ul class=news><li><a href='?ItemID=7'>Bài mẫu</a><span class=date>15-07-2026</span></ul>";
const ARTICLE_URL: &str = "https://abc.test/tin/su-kien.aspx?ItemID=7";

/// A folder with the profile and some saved pages; no config.toml.
fn folder(pages: &[(&str, &str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sites")).unwrap();
    fs::write(folder.path().join("sites/abc.toml"), PROFILE).unwrap();
    let fixtures = folder.path().join("fixtures/sites/abc");
    fs::create_dir_all(&fixtures).unwrap();
    for (case, body, expected) in pages {
        let facts = format!(
            "url = '{ARTICLE_URL}'\nmethod = 'GET'\ncaptured_at = '2026-07-16T00:00:00Z'\n\
             content_type = 'text/html; charset=utf-8'\n"
        );
        fs::write(fixtures.join(format!("{case}.html")), body).unwrap();
        fs::write(fixtures.join(format!("{case}.toml")), facts).unwrap();
        if !expected.is_empty() {
            fs::write(fixtures.join(format!("{case}.expected.json")), expected).unwrap();
        }
    }
    folder
}

/// Runs `khotin sites …` in a folder: exit code, standard output, standard error.
fn sites(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("khotin").unwrap();
    let output = command
        .current_dir(folder)
        .arg("sites")
        .args(args)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn sites_json(folder: &Path, args: &[&str]) -> Value {
    let (_, out, error) = sites(folder, &[args, &["--json"]].concat());
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("no JSON: {out}{error}"))
}

/// The line that begins with a word, its cells parted by two spaces.
fn row<'a>(text: &'a str, first: &str) -> Vec<&'a str> {
    let is_row = |line: &&str| line.split_whitespace().next() == Some(first);
    let line = text
        .lines()
        .find(is_row)
        .unwrap_or_else(|| panic!("no {first} in\n{text}"));
    line.split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect()
}

#[test]
fn list_shows_the_sites_of_the_program_and_of_the_folder() {
    let folder = folder(&[]);
    let (code, out, _) = sites(folder.path(), &["list"]);
    assert_eq!(code, 0);
    let expected = [
        "abc",
        "Bộ ABC",
        "Ministry of ABC",
        "abc.test",
        "web",
        "1 of 2",
        "3s",
        "sites/abc.toml",
    ];
    assert_eq!(row(&out, "abc"), expected);
    assert_eq!(
        row(&out, "moh").last(),
        Some(&"sites/moh.toml (part of the program)")
    );
    let json = sites_json(folder.path(), &["list"]);
    assert_eq!(json[0]["site"], "abc");
    assert_eq!(json[0]["sections_active"], 1);
}

#[test]
fn list_of_a_site_shows_its_sections() {
    let folder = folder(&[]);
    let (code, out, _) = sites(folder.path(), &["list", "abc"]);
    assert_eq!(code, 0);
    assert_eq!(
        row(&out, "su-kien"),
        ["su-kien", "Sự kiện", "Events", "web", "yes"]
    );
    assert_eq!(row(&out, "cu"), ["cu", "Tin cũ", "Old news", "web", "no"]);
}

#[test]
fn a_profile_of_one_table_is_listed_at_once() {
    let folder = folder(&[]);
    let beginning = PROFILE.split("pace =").next().unwrap();
    fs::write(folder.path().join("sites/abc.toml"), beginning).unwrap();
    let (code, out, error) = sites(folder.path(), &["list"]);
    assert_eq!(code, 0, "{error}");
    assert!(row(&out, "abc").contains(&"0 of 0"), "{out}");
}

#[test]
fn wrong_usage_is_exit_code_2_with_advice() {
    let folder = folder(&[("a", ARTICLE, "")]);
    let page = "fixtures/sites/abc/a.html";
    let table: &[(&str, &[&str], &[&str])] = &[
        (
            "unknown site",
            &["list", "abd"],
            &["no site `abd`", "did you mean `abc`?"],
        ),
        (
            "no such site at all",
            &["check", "zzzzzz"],
            &["no site `zzzzzz`", "khotin sites list"],
        ),
        (
            "no saved pages",
            &["check", "moh"],
            &[
                "there is no fixtures/sites/moh",
                "save pages of moh with a browser",
            ],
        ),
        (
            "no such folder",
            &["check", "--fixtures", "none"],
            &["no known site has a folder in none", "--fixtures"],
        ),
        (
            "no URL",
            &["try", page, "--site", "abc"],
            &[
                "the URL of `fixtures/sites/abc/a.html` is not known",
                "add --url",
            ],
        ),
        (
            "no file",
            &["try", "none.html", "--url", ARTICLE_URL, "--site", "abc"],
            &["there is no file `none.html`"],
        ),
        (
            "a URL without an archive",
            &["try", ARTICLE_URL, "--site", "abc"],
            &[
                "no config.toml",
                "save the page with a browser",
                "only `khotin crawl` does, through robots.txt and the pace",
            ],
        ),
        (
            "unknown site to try",
            &["try", page, "--url", ARTICLE_URL, "--site", "abd"],
            &["did you mean `abc`?"],
        ),
    ];
    for (what, args, expected) in table {
        let (code, out, error) = sites(folder.path(), args);
        assert_eq!(code, 2, "{what}: {out}{error}");
        assert_eq!(out, "", "{what}");
        assert!(error.contains("what to do: "), "{what}: {error}");
        for words in *expected {
            assert!(error.contains(words), "{what}: {error}");
        }
    }
}

#[test]
fn a_broken_profile_is_named_with_line_and_nearest_key() {
    let folder = folder(&[("a", ARTICLE, "")]);
    let path = folder.path().join("sites/abc.toml");
    // what, right, wrong, message
    let table = [
        (
            "misspelt key",
            "title = [\"h1\"",
            "titel = [\"h1\"",
            "unknown key `titel`; did you mean `title`?",
        ),
        (
            "no CSS",
            "lead = \"p.sapo\"",
            "lead = \"p..sapo\"",
            "`p..sapo` is not a CSS selector",
        ),
        (
            "no regular expression",
            "match = \"^Từ chối\"",
            "match = \"(\"",
            "not a regular expression",
        ),
        (
            "no such platform",
            "platform = \"web\"\nroot",
            "platform = \"wep\"\nroot",
            "did you mean `web`?",
        ),
    ];
    for (what, right, wrong, message) in table {
        let text = PROFILE.replacen(right, wrong, 1);
        assert_ne!(text, PROFILE, "{what}");
        let place = text
            .lines()
            .zip(PROFILE.lines())
            .position(|(one, other)| one != other);
        let line = place.unwrap() + 1;
        fs::write(&path, &text).unwrap();
        for args in [vec!["list"], vec!["check", "abc"]] {
            let (code, _, error) = sites(folder.path(), &args);
            assert_eq!(code, 2, "{what}: {error}");
            assert!(
                error.contains(&format!("sites/abc.toml:{line}: ")),
                "{what}, line {line}: {error}"
            );
            assert!(error.contains(message), "{what}: {error}");
        }
    }
}

#[test]
fn check_tells_hit_fallback_and_miss() {
    let folder = folder(&[
        ("newer", ARTICLE, r#"{"article": {}}"#),
        ("older", &ARTICLE.replace("h2", "h1"), r#"{"article": {}}"#),
        (
            "no-date",
            &ARTICLE.replace("15-07-2026", "hôm qua"),
            r#"{"article": {}}"#,
        ),
        ("listing", LISTING, r#"{"listing": {}}"#),
        (
            "refused",
            "<title>Từ chối truy cập</title>",
            r#"{"page": "blocked"}"#,
        ),
    ]);
    let (code, out, error) = sites(folder.path(), &["check", "abc"]);
    assert_eq!(code, 0, "{out}{error}");
    // article, layout, key, root, title, published, lead, body
    let found = |case: &str| row(&out, case)[2..].to_vec();
    assert_eq!(
        found("newer"),
        ["hit", "hit", "fallback", "hit", "miss", "hit"]
    );
    assert_eq!(found("older"), ["hit", "hit", "hit", "hit", "miss", "hit"]);
    assert_eq!(
        found("no-date"),
        ["hit", "hit", "fallback", "miss", "miss", "hit"]
    );
    assert_eq!(
        row(&out, "article.title"),
        ["article.title", "1", "2", "0", "100 %"]
    );
    assert_eq!(
        row(&out, "listing.stamp"),
        ["listing.stamp", "1", "0", "0", "100 %"]
    );
    assert!(
        out.contains("5 of 5 pages are read as what they are"),
        "{out}"
    );
    assert!(out.contains("date_unread"), "{out}");
    let json = sites_json(folder.path(), &["check"]);
    assert_eq!(json[0]["site"], "abc");
    let newer = &json[0]["pages"][1];
    assert_eq!(
        (&newer["case"], &newer["fields"]["title"]["fallback"]),
        (&"newer".into(), &1.into())
    );
}

#[test]
fn check_is_incomplete_when_a_page_is_not_read_as_what_it_is() {
    // what, page, expectation, line
    let table = [
        (
            "no layout fits",
            "<p>x",
            r#"{"article": {}}"#,
            "a: article expected, other found",
        ),
        (
            "nothing written down",
            "<p>x",
            "",
            "a: article or listing expected, other found",
        ),
        (
            "not refused",
            ARTICLE,
            r#"{"page": "blocked"}"#,
            "a: blocked expected, article found",
        ),
        ("other is other", "<p>x", r#"{"page": "other"}"#, ""),
    ];
    for (what, body, expectation, line) in table {
        let folder = folder(&[("a", body, expectation)]);
        let (code, out, error) = sites(folder.path(), &["check", "abc"]);
        assert_eq!(code, i32::from(!line.is_empty()), "{what}: {out}{error}");
        assert!(out.contains(line), "{what}: {out}");
    }
}

#[test]
fn try_shows_what_each_alternative_finds_and_the_record() {
    let folder = folder(&[("a", ARTICLE, "")]);
    let args = [
        "try",
        "fixtures/sites/abc/a.html",
        "--url",
        ARTICLE_URL,
        "--site",
        "abc",
    ];
    let (code, out, error) = sites(folder.path(), &args);
    assert_eq!(code, 0, "{out}{error}");
    assert!(
        out.contains("article layout web-article (platform web): fits, the page is read with it"),
        "{out}"
    );
    assert!(
        out.contains(
            "listing layout web-listing (platform web): does not fit: its `items` find nothing"
        ),
        "{out}"
    );
    // The first alternative finds nothing, the second wins.
    let article = out.split("article layout").nth(1).unwrap();
    let lines: Vec<Vec<&str>> = article
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let title = lines
        .iter()
        .position(|line| line.first() == Some(&"title"))
        .unwrap();
    assert_eq!(lines[title], ["title", "1", "0", "h1"]);
    assert_eq!(lines[title + 1], ["2", "1", "1", "Bài", "mẫu", "h2"]);
    let record = out.split("record ").nth(1).unwrap();
    assert!(out.contains("\nkey  abc:web:7\n"), "{out}");
    assert_eq!(row(record, "title"), ["title", "Bài mẫu", "by h2"]);
    assert_eq!(
        row(record, "published"),
        ["published", "2026-07-15T00:00:00+07:00", "by span.date"]
    );
    let json = sites_json(folder.path(), &args);
    assert_eq!(
        json["trace"]["layouts"][1]["fields"][1]["alternatives"][1]["taken"],
        1
    );
    assert_eq!(json["observations"][0]["key"], "abc:web:7");
}

#[test]
fn try_says_when_no_link_rule_knows_the_page() {
    let folder = folder(&[("a", ARTICLE, "")]);
    let url = "https://abc.test/khac/7";
    let (code, out, _) = sites(
        folder.path(),
        &[
            "try",
            "fixtures/sites/abc/a.html",
            "--url",
            url,
            "--site",
            "abc",
        ],
    );
    assert_eq!(code, 0, "{out}");
    assert!(
        out.contains("no `link` of a platform names its URL"),
        "{out}"
    );
}

#[test]
fn try_of_a_url_looks_into_the_archive_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Command::cargo_bin("khotin").unwrap();
    demo.current_dir(folder.path())
        .args(["demo", "d", "--articles", "30"]);
    assert!(demo.output().unwrap().status.success());
    let folder = folder.path().join("d");
    let csv = fs::read_to_string(folder.join("output/exports/latest/articles.jsonl")).unwrap();
    let article: Value = serde_json::from_str(csv.lines().next().unwrap()).unwrap();
    let (url, key) = (
        article["url"].as_str().unwrap(),
        article["key"].as_str().unwrap(),
    );
    let (code, out, error) = sites(&folder, &["try", url, "--site", "demo"]);
    assert_eq!(code, 0, "{out}{error}");
    assert!(out.contains(&format!("\nkey  {key}\n")), "{out}");
    let listing = article["captures"].as_array().unwrap().iter();
    let mut listing = listing.map(|capture| capture["request_url"].as_str().unwrap());
    // A page of a foreign instance is used as listing too, and asked for as article.
    let listing = listing.find(|url| url.contains("_cur=")).unwrap();
    let (code, out, error) = sites(&folder, &["try", listing, "--site", "demo"]);
    assert_eq!(code, 0, "{out}{error}");
    assert!(out.contains("asked for as listing"), "{out}");
    let (code, _, error) = sites(
        &folder,
        &["try", "https://demo.khotin.test/none", "--site", "demo"],
    );
    assert_eq!(code, 2);
    assert!(error.contains("no capture of it in the archive"), "{error}");
}

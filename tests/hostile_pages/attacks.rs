//! Injection: titles, leads, captions, names and headers that attack a spreadsheet, a database, a
//! terminal, a log, a shell, a template, a file system. Whatever they are, they are text in a field.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use khotin::demo::BASE;
use khotin::export::{GUARD, unguard};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::program::files_below;
use crate::raw_server::{Reply, Seen, answer};
use crate::support::Site;

/// What they attack, and the text. Each stands in every field of an article of its own.
const ATTACKS: [(&str, &str); 34] = [
    ("spreadsheet", "=cmd|' /C calc'!A0"),
    ("spreadsheet", "=HYPERLINK(\"http://ke.test/?\"&A1;\"x\")"),
    ("spreadsheet", "+84 24 6273 2273"),
    ("spreadsheet", "-1+1"),
    ("spreadsheet", "@SUM(1+1)*cmd|' /C calc'!A0"),
    ("spreadsheet", "\t=1+1"),
    ("spreadsheet", "\r=1+1"),
    ("spreadsheet", "\u{ff1d}1+1"),
    ("spreadsheet", "\u{200b}=1+1"),
    ("spreadsheet", "\u{feff}=1+1"),
    ("spreadsheet", "'=1+1"),
    ("CSV", "a\",\"b\"\r\n=1+1;\"c"),
    ("CSV", "\";=1+1;\""),
    ("database", "\"; DROP TABLE articles;--"),
    ("database", "' OR 1=1 --"),
    ("database", "'); DELETE FROM observations; --"),
    ("terminal", "a\u{1b}[2J\u{1b}[31mb"),
    ("terminal", "a\u{9b}2Jb\u{9d}0;c\u{9c}"),
    ("terminal", "\u{1b}]8;;http://ke.test\u{7}x\u{1b}]8;;\u{7}"),
    ("terminal", "\u{1b}]52;c;cm0gLXJm\u{7}\u{8}\u{7f}"),
    ("log", "a\r\n{\"level\":\"ERROR\",\"message\":\"FORGED\"}"),
    ("log", "a\nERROR FORGED\n"),
    ("log", "a\u{2028}FORGED\u{2029}FORGED\u{85}FORGED"),
    ("reader", "a\u{202e}fdp.exe\u{202c}\u{2066}b\u{2069}"),
    ("reader", "a\u{200b}b\u{200d}c\u{ad}d"),
    ("file system", "../../../../etc/passwd"),
    ("file system", "CON"),
    ("file system", "a\u{0}b/c\\d"),
    ("file system", "~/.ssh/id_rsa"),
    (
        "page",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
    ),
    ("template", "{{7*7}}${7*7}<%= 7 %>{slug}%s%n"),
    (
        "shell",
        "$(touch khotin-was-here)`touch khotin-was-here`;touch khotin-was-here|x&",
    ),
    ("links", "javascript:alert(1)"),
    ("length", "x"), // repeated, see `text_of`
];

fn text_of(number: usize) -> String {
    match ATTACKS[number] {
        ("length", letter) => letter.repeat(40_000),
        (_, text) => text.to_owned(),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The attack as a slug: what a URL can not hold is percent-encoded, the rest stands as it is. The
/// number makes it unlike any other.
fn slug_of(number: usize) -> String {
    let text = text_of(number).chars().take(200).collect::<String>();
    let mut slug = format!("{number}");
    for byte in text.bytes() {
        match byte {
            b'/' | b';' | b'?' | b'#' | b'%' | b'\\' | b'"' | b'<' | b'>' => {
                slug.push_str(&format!("%{byte:02X}"))
            }
            0x21..=0x7e => slug.push(char::from(byte)),
            _ => slug.push_str(&format!("%{byte:02x}")),
        }
    }
    slug
}

fn article(number: usize) -> String {
    let text = escape(&text_of(number));
    format!(
        "<html><head><title>{text}</title></head><body><div class=\"contentDetail\">\
         <div><h3>{text}</h3></div><div><div><p>29/04/2025 | 09:07 AM</p></div></div>\
         <div class=\"sapo\">{text}</div><div class=\"journal-content-article\"><p>Một {number}</p>\
         <div class=\"VCSortableInPreviewMode\" type=\"Photo\"><img src=\"/documents/{number}.jpg\" alt=\"{text}\" \
         title=\"{text}\"><div class=\"PhotoCMS_Caption\">{text}</div></div><p>{text}</p>\
         <table><tr><td>{text}</td><td>{text}</td></tr></table><ul><li>{text}</li></ul>\
         <p><a href=\"/documents/{slug}.pdf\">{text}</a></p><p>Theo: {text}</p></div>\
         <div class=\"taglib-asset-links\"><ul class=\"asset-links-list\"><li>- <a href=\"{link}\">{text}</a></li></ul></div>\
         </div></body></html>",
        slug = escape(&slug_of(number)),
        link = text,
    )
}

fn listing() -> String {
    let items: String = (0..ATTACKS.len())
        .map(|number| {
            let (text, slug) = (escape(&text_of(number)), escape(&slug_of(number)));
            format!(
                "<div class=\"page-list-news\"><div><h3><a href=\"/tin-tong-hop/-/asset_publisher/DmTongHopTin/content/{slug}\">\
                 {text}</a></h3><p>Thứ Ba, ngày 29/04/2025 02:07{text}</p></div></div>"
            )
        })
        .collect();
    format!(
        "<html><body>{items}<ul class=\"lfr-pagination-buttons\"><li class=\"disabled\">x</li></ul></body></html>"
    )
}

/// The same texts as JSON; control characters stand in it as JSON allows, U+0080 to U+009F as they are.
fn bridge(asked: &Seen) -> String {
    let text = String::from_utf8_lossy(&asked.bytes).into_owned();
    let given: Value = serde_json::from_str(text.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let Some(aid) = given["maBaiViet"].as_str() else {
        let items: Vec<Value> = (0..ATTACKS.len())
            .map(|number| json!({"MA": 1_000 + number, "MA_DANH_MUC": "8356", "TIEU_DE": text_of(number), "MO_TA": text_of(number), "THOI_GIAN_XUAT_BAN": "29/04/2025 09:07 AM"}))
            .collect();
        return json!([{ "ITEMS": items }]).to_string();
    };
    let text = text_of(aid.parse::<usize>().unwrap() - 1_000);
    json!({"d": {"ma": aid, "tieuDe": text, "moTa": text, "noiDung": format!("<p>Một</p><p>{}</p>", escape(&text)), "tenDanhMuc": text, "thoiGianXuatBan": "29/04/2025 09:07 AM"}}).to_string()
}

const ROBOTS: &str = "User-agent: \x1b[2J\r\nDisallow: /\x1b]0;x\x07\r\nUser-agent: *\nCrawl-delay: \x1b[31m\nDisallow: /=cmd\u{202e}\nSitemap: file:///etc/passwd\n";

fn answers(asked: &Seen) -> Reply {
    let target = asked.target();
    // What a parser lets through of a header: every byte but controls, and bytes above ASCII.
    let odd = [
        "x-attack: =cmd|' /C calc'!A0",
        "server: <script>\u{202e}'; DROP TABLE articles;--",
        "content-language: ../../x",
    ];
    let fields = |kind: &'static str| [vec![kind], odd.to_vec()].concat();
    if target == "/robots.txt" {
        return answer(
            "200 OK",
            &fields("content-type: text/plain; charset=\"=cmd\u{85}\""),
            ROBOTS,
        );
    }
    if target.starts_with("/bridge") {
        return answer(
            "200 OK",
            &fields("content-type: application/json"),
            &bridge(asked),
        );
    }
    let Some(slug) = target.split("/content/").nth(1) else {
        return answer(
            "200 =1+1 \u{9b}2J",
            &fields("content-type: text/html;charset=utf-8"),
            &listing(),
        );
    };
    // The browser's URL parser may have escaped more; the number stays.
    let digits: String = slug.chars().take_while(char::is_ascii_digit).collect();
    let number: usize = digits.parse().unwrap();
    answer(
        "200 OK",
        &fields("content-type: text/html;charset=utf-8"),
        &article(number),
    )
}

/// Neither control nor mark of direction nor a line end of Unicode: nothing that is obeyed.
#[track_caller]
fn is_harmless(what: &str, text: &str) {
    let harmful = |c: &char| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    assert_eq!(text.chars().find(harmful), None, "{what}: {text:.2000?}");
}

/// Every line of a log is ours: a line that the web made would begin with its words.
#[track_caller]
fn is_unforged(what: &str, log: &str) {
    is_harmless(what, log);
    for line in log.lines().filter(|line| line.contains("FORGED")) {
        let ours: Value = serde_json::from_str(line).expect(line);
        assert!(
            ours["event"].is_string() && ours["level"] != "ERROR",
            "{what}: {line}"
        );
    }
}

/// RFC 4180, strictly: every quote is where it may be, every row ends with CRLF and is as wide as
/// the first.
fn read_strictly(what: &str, text: &str, comma: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    let mut was_quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if quoted => (quoted, was_quoted) = (false, true),
            '"' => {
                assert!(
                    cell.is_empty() && !was_quoted,
                    "{what}: a bare quote in {cell:?}"
                );
                quoted = true;
            }
            c if quoted => cell.push(c),
            c if c == comma => {
                row.push(std::mem::take(&mut cell));
                was_quoted = false;
            }
            '\r' => {
                assert_eq!(chars.next(), Some('\n'), "{what}: a bare CR");
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
                was_quoted = false;
            }
            '\n' => panic!("{what}: a bare LF"),
            c => {
                assert!(!was_quoted, "{what}: {c:?} after a closing quote");
                cell.push(c);
            }
        }
    }
    assert!(
        !quoted && row.is_empty() && cell.is_empty(),
        "{what}: no end"
    );
    let width = rows.first().map_or(0, Vec::len);
    assert!(
        rows.iter().all(|row: &Vec<String>| row.len() == width),
        "{what}: a row of another width"
    );
    rows
}

fn check_exports(folder: &Path) {
    for (path, bytes) in files_below(folder) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".xlsx") {
            continue; // tests/export/xlsx.rs looks into it
        }
        let text = String::from_utf8(bytes).unwrap();
        if name.ends_with(".csv") {
            let is_excel = name.contains("excel");
            let text = text
                .strip_prefix('\u{feff}')
                .filter(|_| is_excel)
                .unwrap_or(&text);
            for row in read_strictly(&name, text, if is_excel { ';' } else { ',' }) {
                for cell in row {
                    is_harmless(&name, &cell.replace('\t', ""));
                    let first = cell.chars().next();
                    let runs = matches!(
                        first,
                        Some(
                            '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'
                        )
                    );
                    assert!(!(is_excel && runs), "{name}: {cell:?}");
                }
            }
        } else {
            is_harmless(&name, &text);
        }
    }
    // Canonical tables are for programs: what the page says, without a guard. Both say the same.
    let read = |name: &str, comma| {
        read_strictly(
            name,
            fs::read_to_string(folder.join(name))
                .unwrap()
                .trim_start_matches('\u{feff}'),
            comma,
        )
    };
    let (canonical, excel) = (
        read("articles.csv", ','),
        read("articles-excel-semicolon.csv", ';'),
    );
    assert_eq!(canonical.len(), 1 + 2 * ATTACKS.len());
    let title = canonical[0]
        .iter()
        .position(|name| name == "title")
        .unwrap();
    assert!(
        canonical
            .iter()
            .any(|row| row[title] == "=cmd|' /C calc'!A0")
    );
    assert!(
        excel
            .iter()
            .any(|row| row[title] == format!("{GUARD}=cmd|' /C calc'!A0"))
    );
    for (plain, guarded) in canonical.iter().zip(&excel) {
        for (plain, guarded) in plain.iter().zip(guarded) {
            let is_cut = plain.len() > 30_000;
            assert!(is_cut || unguard(guarded) == plain, "{plain:?} {guarded:?}");
        }
    }
    let lines = fs::read_to_string(folder.join("articles.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 2 * ATTACKS.len());
    for line in lines.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        assert!(record["title"].is_string() || record["evidence"]["title"]["missing"].is_string());
    }
}

/// The database whole, and every table with as many rows as there should be.
fn check_database(path: &Path) {
    let database = Connection::open(path).unwrap();
    let check: String = database
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
    let count = |sql: &str| -> usize { database.query_row(sql, [], |row| row.get(0)).unwrap() };
    let articles = 2 * ATTACKS.len();
    let table = [
        ("SELECT count(*) FROM articles", articles),
        (
            "SELECT count(*) FROM articles WHERE versions = 1 AND state = 'live'",
            articles,
        ),
        ("SELECT count(*) FROM observations", 2 * articles),
        // robots.txt, two listings of one page each; the portal's listing has fewer items than asked for
        ("SELECT count(*) FROM exchanges", articles + 3),
        (
            "SELECT count(*) FROM requests WHERE purpose = 'article' AND state = 'done'",
            articles,
        ),
        ("SELECT count(*) FROM attempting", 0),
    ];
    for (sql, expected) in table {
        assert_eq!(count(sql), expected, "{sql}");
    }
}

/// Nothing below a folder has a name that a page could have made.
fn check_names(folder: &Path) {
    let ours = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let mut endings = BTreeSet::new();
    for (path, _) in files_below(folder) {
        for part in path.strip_prefix(folder).unwrap().iter() {
            let name = part.to_str().unwrap();
            assert!(name.chars().all(ours), "{name:?}");
        }
        endings.insert(
            path.extension()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        );
        assert!(!path.to_string_lossy().contains("was-here"), "{path:?}");
    }
    let known = [
        "", "aclj", "cdxj", "csv", "db", "gz", "json", "jsonl", "lock", "db-shm", "db-wal", "open",
        "toml", "xlsx",
    ];
    assert!(
        endings
            .iter()
            .all(|ending| known.contains(&ending.as_str())),
        "{endings:?}"
    );
}

#[test]
fn no_text_of_the_web_is_obeyed_by_anything() {
    let site = Site::answering(answers);
    site.configure_sections(&["tin-tong-hop", "danh-muc-8356"]);
    let crawl = site.run(&["crawl", "-vv"]).expect("crawl", 0);
    is_harmless("stdout of crawl", &crawl.stdout);
    is_unforged("stderr of crawl", &crawl.stderr);
    let logged = crawl.stderr.lines().filter(|line| line.starts_with('{'));
    for line in logged {
        let line: Value = serde_json::from_str(line).expect(line);
        assert!(line["level"] != "ERROR", "{line}");
    }
    check_database(&site.path("output/khotin.db"));
    for article in site.articles() {
        let key = article.key.as_str();
        is_harmless("show", &site.run(&["show", key]).expect(key, 0).stdout);
        let ran = site.run(&["show", key, "--json"]).expect(key, 0);
        is_harmless("show --json", &ran.stdout);
        assert_eq!(ran.json()["key"], key);
    }
    let last = slug_of(ATTACKS.len() - 2);
    for args in [
        vec!["status"],
        vec!["status", "--json"],
        vec!["export", "-vv"],
        vec!["verify", "-vv"],
        vec!["verify", "--json"],
        vec!["sites", "list"],
        vec!["rebuild", "-vv"],
        vec!["crawl", "--json"],
    ] {
        let ran = site.run(&args).expect(args[0], 0);
        is_harmless(&args.join(" "), &ran.stdout);
        is_unforged(&args.join(" "), &ran.stderr);
    }
    // What a user types is text as well.
    for words in [
        "' OR 1=1 --",
        "\u{1b}[2J",
        &format!("{BASE}/content/{last}"),
    ] {
        let ran = site.run(&["show", words]).expect(words, 2);
        is_harmless("show", &ran.stderr);
    }
    check_exports(&site.path("output/exports/latest"));
    check_names(&site.path(""));
}

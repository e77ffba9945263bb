//! `nasty DIR`: exports articles that spreadsheets get wrong, as CSV for spreadsheets, as a workbook, and
//! as the canonical tables to compare with. tests/interop/spreadsheets.sh runs it and lets other programs
//! read what it wrote.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program of the tests: it prints where it wrote, and ends when something is wrong"
)]

use std::collections::BTreeSet;

use khotin::Lang;
use khotin::export::{ExportOptions, ExportQuery, Format, Headers, export};
use khotin::model::{Article, ArticleKey, Image, SiteId};
use support::{article, now};

#[expect(
    dead_code,
    reason = "made for tests; only the article and the clock are needed here"
)]
#[path = "../export/support.rs"]
mod support;

/// Each is the title, lead, caption, related title and attachment of an article of its own.
const NASTY: [&str; 46] = [
    "Bộ Y tế: đề án chăm sóc sức khỏe nhân dân",
    "Bo\u{302}\u{323} Y te\u{302}\u{301} (NFD)",
    "dòng một\ndòng hai\n\ndòng bốn",
    "dòng một\r\ndòng hai\rdòng ba",
    "=1+1",
    "=cmd|' /C calc'!A0",
    "=HYPERLINK(\"http://127.0.0.1/\",\"a\")",
    "+84 24 6273 2273",
    "+1+1",
    "-1",
    "-1+1",
    "@SUM(1+1)",
    "＝1+1",
    "\t=1+1",
    "\n=1+1",
    "'=1+1",
    "'007",
    "''",
    "007",
    "0084912345678",
    "12345678901234567890",
    "1.234.567,89",
    "1,234,567.89",
    "1E5",
    "1/2",
    "01/02/2024",
    "2024-02-01",
    "14:30",
    "TRUE",
    "#REF!",
    "50%",
    "$5",
    "a \"quoted\" 'word'; and, more",
    "\"",
    "\"\"\"=1\"",
    "a\tb\tc",
    "NUL \0 ESC \u{1b}[31m CSI \u{9b} DEL \u{7f}",
    "😷👨\u{200d}👩\u{200d}👧 \u{1F1FB}\u{1F1F3}",
    "\u{FEFF}=1+1",
    "\u{202e}đảo chiều\u{202c} \u{2028} \u{2029}",
    "_x0041_ và _x000D_",
    "<r><t>x</t></r> & <b>đậm</b> ]]>",
    "hai  dấu  cách",
    "https://moh.gov.vn/tin?a=1&b=2",
    "sep=,",
    "\u{FFFE}\u{FFFF}",
];
/// Longer than a spreadsheet's cell.
const LONG: usize = 40_000;

fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let plain = NASTY.iter().map(|text| (*text).to_owned());
    let long = ["y", "ế", "e\u{302}", "😷", "="].map(|letter| letter.repeat(LONG));
    let articles: Vec<Article> = plain.chain(long).zip(1..).map(nasty).collect();
    for (name, lang, headers) in [
        ("codes", Lang::En, Headers::Code),
        ("labels", Lang::Vi, Headers::Label),
    ] {
        let mut options = ExportOptions::new(&dir, name);
        options.formats = BTreeSet::from(Format::ALL);
        options.lang = lang;
        options.headers = headers;
        let articles = articles.iter().cloned().map(Ok::<_, String>);
        let report = export(articles, ExportQuery::default(), &options, now()).unwrap();
        println!("{}", report.folder.display());
    }
}

/// Every second one is made up, so that both looks of a row are there.
fn nasty((text, number): (String, usize)) -> Article {
    let like = article();
    let synthetic = number.is_multiple_of(2);
    let site = if synthetic { "demo" } else { "moh" };
    Article {
        key: ArticleKey::new(format!("{site}:liferay:nasty-{number:02}")),
        site: SiteId::new(site),
        synthetic,
        url: format!("https://moh.gov.vn/%C4%91%E1%BB%81-{number}?a=1&b=%C3%A1#c"),
        title: Some(text.clone()),
        lead: Some(text.clone()),
        sections: vec![text.clone(), "tin-tong-hop".to_owned()],
        author: Some(text.clone()),
        text: Some(text.clone()),
        images: vec![Image {
            position: 1,
            url: Some("https://moh.gov.vn/a b.jpg".to_owned()),
            caption: Some(text.clone()),
            alt: Some(text.clone()),
            ..Image::default()
        }],
        related: like
            .related
            .iter()
            .cloned()
            .map(|related| khotin::model::Related {
                title: text.clone(),
                url: Some("javascript:alert(1)".to_owned()),
                ..related
            })
            .collect(),
        attachments: like
            .attachments
            .iter()
            .cloned()
            .map(|file| khotin::model::Attachment {
                label: text.clone(),
                url: Some(format!("https://moh.gov.vn/tep?to=a%2Fb&n={number}")),
                ..file
            })
            .collect(),
        ..like
    }
}

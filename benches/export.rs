//! How much memory an export takes, however many articles: `export NUMBER FORMATS FOLDER`.
//!
//! Writes NUMBER made-up articles (site `demo`, 1.3 KB of text, two versions each) in FORMATS (joined by
//! commas) into FOLDER, and prints one line: articles, formats, seconds, bytes written, and the most memory
//! that this process ever held (VmHWM of /proc/self/status, KiB). Run by benches/export.sh, each size in a
//! process of its own.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench prints, and ends when something is wrong"
)]

use std::fs;
use std::time::Instant;

use khotin::export::{ArticleWithEdits, ExportOptions, ExportQuery, Format, export};
use khotin::model::{Article, ArticleKey, Block, SiteId};
use support::{article, now};

#[expect(
    dead_code,
    reason = "made for tests; only the article and the clock are needed here"
)]
#[path = "../tests/export/support.rs"]
mod support;

/// One paragraph of 130 bytes; an article has ten.
const PARAGRAPH: &str = "Đây là một đoạn văn giả lập, dài như một đoạn của bài thật, để đo bộ nhớ; không phải tin tức, số ";
const PARAGRAPHS: usize = 10;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.len() != 3 {
        // `cargo bench` starts every bench without arguments of ours.
        println!("usage: benches/export.sh");
        return;
    }
    let number: u64 = args[0].parse().unwrap();
    let formats = args[1]
        .split(',')
        .map(|word| word.parse::<Format>().unwrap());
    let mut options = ExportOptions::new(&args[2], format!("bench-{number}"));
    options.formats = formats.collect();
    let like = article();
    let articles = (0..number).map(|number| Ok::<_, String>(made_up(&like, number)));
    let start = Instant::now();
    let report = export(articles, ExportQuery::default(), &options, now()).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(report.manifest.articles, number);
    let bytes: u64 = report.manifest.files.iter().map(|file| file.bytes).sum();
    let peak = peak_kib();
    println!("{number} {} {seconds:.1} {bytes} {peak}", args[1]);
}

/// An article like another, with a text of its own.
fn made_up(like: &Article, number: u64) -> ArticleWithEdits {
    let paragraphs: Vec<String> = (0..PARAGRAPHS)
        .map(|place| format!("{PARAGRAPH}{number}.{place}."))
        .collect();
    let text = paragraphs.join("\n\n");
    let blocks = paragraphs.into_iter().map(|text| Block::Paragraph { text });
    ArticleWithEdits {
        article: Article {
            key: ArticleKey::new(format!("demo:liferay:gia-lap-{number:09}")),
            site: SiteId::new("demo"),
            blocks: blocks.collect(),
            text: Some(text),
            synthetic: true,
            ..like.clone()
        },
        edits: vec![vec!["text"]],
    }
}

fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.unwrap().trim().trim_end_matches(" kB");
    peak.parse().unwrap()
}

//! An export with a cell of every nasty kind: `cargo run --example nasty_export -- FOLDER`.
//!
//! Writes FOLDER/nasty in every format, for programs that we did not write to read (tests/interop). The
//! text is what a ministry could serve, no more news than the demo's: formulas, quotes, separators, line
//! breaks, control characters, what looks like a number, a date or nothing, and 40,000 letters.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of tests may end a test"
)]

use khotin::export::{ArticleWithEdits, ExportOptions, ExportQuery, Format, export};
use khotin::model::{Article, ArticleKey, State, StateSpan};
use support::{article, listed_article, now};

#[expect(
    dead_code,
    reason = "made for tests; only articles and the clock are needed here"
)]
#[path = "../tests/export/support.rs"]
mod support;

/// Text of a cell, and why it is nasty.
const CELLS: [(&str, &str); 26] = [
    ("a formula", "=1+1"),
    ("a formula that starts a program", "=cmd|' /C calc'!A0"),
    ("a telephone number", "+84 24 6273 2273"),
    ("a minus", "-1"),
    ("an at sign", "@SUM(1)"),
    ("a full-width equals sign", "＝1+1"),
    ("a guard already", "'=1"),
    ("a tab first", "\t=1"),
    ("line breaks of three kinds", "một\r\nhai\rba\nbốn"),
    ("quotes, commas, semicolons", "\"a\", \"\"b\"\"; c,;\""),
    ("a row of its own", "\r\n\"moh:liferay:forged\",moh"),
    ("control characters", "a\0b\u{1b}[31mc\u{9b}d\u{7f}"),
    ("a byte order mark", "\u{FEFF}=1"),
    (
        "right to left, joiners, separators",
        "\u{202e}abc\u{200d}\u{2028}d",
    ),
    ("marks of their own", "Ye\u{302}n Ba\u{301}i"),
    ("outside the basic plane", "😷👨\u{200d}👩\u{200d}👧"),
    ("white space alone", " "),
    ("white space around", "  a  "),
    ("a number with zeros before it", "007"),
    ("a number that is too long", "12345678901234567890"),
    ("a date", "2026-01-02"),
    ("what Excel takes for a date", "1/2"),
    ("a word for nothing", "NA"),
    ("another word for nothing", "null"),
    ("a word for true", "TRUE"),
    ("a comment", "# no comment"),
];

fn main() {
    let folder = std::env::args().nth(1).unwrap();
    let mut options = ExportOptions::new(folder, "nasty");
    options.formats = Format::ALL.into();
    let nasty = CELLS
        .iter()
        .zip(1..)
        .map(|((_, text), number)| nasty(text, number));
    let long = Article {
        key: ArticleKey::new("moh:liferay:long"),
        text: Some("ế".repeat(39_999) + "e\u{302}"),
        ..article()
    };
    let listed = Article {
        key: ArticleKey::new("moh:liferay:listed"),
        ..listed_article()
    };
    let articles = nasty.chain([long, listed].map(ArticleWithEdits::from));
    let report = export(
        articles.map(Ok::<_, String>),
        ExportQuery::default(),
        &options,
        now(),
    );
    println!("{}", report.unwrap().folder.display());
}

/// An article with this text in every part, gone and back again.
fn nasty(text: &str, number: usize) -> ArticleWithEdits {
    let mut article = article();
    article.key = ArticleKey::new(format!("moh:liferay:nasty-{number:02}"));
    let nasty = || Some(text.to_owned());
    (article.title, article.lead, article.text, article.author) =
        (nasty(), nasty(), nasty(), nasty());
    article.sections = vec![text.to_owned(), "tin".to_owned()];
    article.images[0].caption = nasty();
    article.images[1].caption_raw = nasty();
    article.related[0].title = text.to_owned();
    article.attachments[0].label = text.to_owned();
    article.listed[0].item.title = nasty();
    article.listed[1].item.summary = nasty();
    let states = [(State::Live, 1), (State::Gone, 1), (State::Back, 2)];
    let span = |(state, capture): (State, usize)| StateSpan {
        state,
        since: article.captures[capture].time.clone(),
        capture: Some(article.captures[capture].sequence),
    };
    article.states = states.map(span).into();
    article.state = State::Back;
    ArticleWithEdits {
        article,
        edits: vec![vec!["title", "text"]],
    }
}

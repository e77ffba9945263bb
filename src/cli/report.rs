//! The table at the end of a run.

use std::io::{self, Write};

use super::json::write_json;
use super::say::say;
use super::table::write_table;
use crate::config::Assets;
use crate::drift::{Seen, Sign, Weight};
use crate::lang::{Lang, Words, words};
use crate::model::ArticleKey;
use crate::pipeline::{RunReport, SiteReport};

/// Keys that are named one by one in the table; the report's file has all.
const NAMED: usize = 10;

/// What may happen to an article in a run.
const NEW: Words = words("new", "mới");
const CHANGED: Words = words("changed", "đã sửa");
const GONE: Words = words("gone", "đã gỡ");
const BACK: Words = words("back", "có lại");

/// How many looks the selectors of a key had, and how they ended.
const FIELD_COLUMNS: [Words; 6] = [
    words("layout", "bố cục"),
    words("key", "khóa"),
    words("hit", "trúng"),
    words("fallback", "dự phòng"),
    words("miss", "trượt"),
    words("found", "tỷ lệ"),
];

/// Prints what a run did, as a table or as JSON. Causes are words of the report, which is English.
pub(crate) fn write_report(
    out: &mut dyn Write,
    report: &RunReport,
    json: bool,
    lang: Lang,
) -> anyhow::Result<()> {
    if json {
        write_json(out, report)?;
        return Ok(());
    }
    for (id, site) in &report.sites {
        let head = say(words(
            "{site}  run {run}, {seconds} s",
            "{site}  lượt chạy {run}, {seconds} giây",
        ))
        .with("site", id)
        .with("run", &report.run)
        .with("seconds", format!("{:.1}", report.seconds));
        writeln!(out, "\n{}", head.in_lang(lang))?;
        write_counts(out, site, lang)?;
        if site.new.len() <= NAMED {
            write_keys(out, NEW, &site.new, lang)?;
        }
        write_keys(out, CHANGED, &site.changed, lang)?;
        write_keys(out, GONE, &site.gone, lang)?;
        write_keys(out, BACK, &site.back, lang)?;
        write_fields(out, &site.seen, lang)?;
        if !site.drift.is_empty() {
            let head = say(words(
                "{site}: what changed",
                "{site}: trang nguồn có thay đổi",
            ));
            writeln!(out, "\n{}", head.with("site", id).in_lang(lang))?;
            write_signs(out, &site.drift, lang)?;
        }
    }
    if report.causes.is_empty() {
        let complete = words("complete", "đã xong trọn vẹn");
        writeln!(out, "\n{}", lang.of(complete))?;
    } else {
        let head = say(words(
            "not complete (exit code {code}):",
            "chưa trọn vẹn (mã kết thúc {code}):",
        ));
        writeln!(
            out,
            "\n{}",
            head.with("code", report.exit_code).in_lang(lang)
        )?;
        for cause in &report.causes {
            writeln!(out, "  {}", one_line(cause))?;
        }
    }
    Ok(())
}

fn write_counts(out: &mut dyn Write, site: &SiteReport, lang: Lang) -> io::Result<()> {
    let mut rows: Vec<Vec<String>> = [
        (NEW, site.new.len() as u64),
        (CHANGED, site.changed.len() as u64),
        (words("unchanged", "không đổi"), site.unchanged),
        (GONE, site.gone.len() as u64),
        (BACK, site.back.len() as u64),
        (words("given up", "tạm bỏ"), site.given_up),
        (words("left", "còn lại"), site.left),
        (words("requests", "yêu cầu"), site.requests),
        (words("bytes", "byte"), site.bytes),
    ]
    .into_iter()
    .chain(file_counts(site))
    .map(|(name, number)| vec![lang.of(name).to_owned(), number.to_string()])
    .collect();
    for (kind, counter) in [
        (words("failed", "lỗi"), &site.failed),
        (words("refused", "bị quy tắc từ chối"), &site.refused),
        (words("blocked", "bị trang nguồn từ chối"), &site.blocked),
        (words("file failed", "tệp lỗi"), &site.assets.failed),
        (
            words("file refused", "tệp bị quy tắc từ chối"),
            &site.assets.refused,
        ),
    ] {
        for (cause, number) in counter {
            rows.push(vec![
                format!("{}: {}", lang.of(kind), one_line(cause)),
                number.to_string(),
            ]);
        }
    }
    let header = [
        words("articles and requests", "bài và yêu cầu"),
        words("number", "số lượng"),
    ];
    write_table(out, &header.map(|column| lang.of(column)), &rows)
}

/// What became of the files of articles; nothing where none were wanted.
fn file_counts(site: &SiteReport) -> Vec<(Words, u64)> {
    let files = &site.assets;
    if files.wanted == Assets::None {
        return Vec::new();
    }
    vec![
        (words("files archived", "tệp đã lưu"), files.archived),
        (words("files gone", "tệp không còn"), files.gone),
        (words("files too long", "tệp quá lớn"), files.too_long),
        (words("files left", "tệp còn lại"), files.left),
        (words("bytes of files", "byte của tệp"), files.bytes),
    ]
}

fn write_keys(out: &mut dyn Write, what: Words, keys: &[ArticleKey], lang: Lang) -> io::Result<()> {
    let what = lang.of(what);
    for key in keys.iter().take(NAMED) {
        writeln!(out, "  {what}: {}", one_line(key.as_str()))?;
    }
    if keys.len() > NAMED {
        let more = say(words(
            "  {what}: {more} more, see the report's file",
            "  {what}: còn {more} bài nữa, xem tệp báo cáo",
        ))
        .with("what", what)
        .with("more", keys.len() - NAMED);
        writeln!(out, "{}", more.in_lang(lang))?;
    }
    Ok(())
}

/// One row a key of a layout: which selectors found it.
fn write_fields(out: &mut dyn Write, seen: &Seen, lang: Lang) -> io::Result<()> {
    let mut rows = Vec::new();
    for (layout, found) in seen.listings.iter().chain(&seen.articles) {
        for (key, field) in &found.fields {
            let rate = match field.looks() {
                0 => String::new(),
                looks => format!("{:.0} %", field.finds() as f64 / looks as f64 * 100.0),
            };
            let numbers = [field.hits(), field.fallbacks(), field.misses];
            let names = [one_line(layout), one_line(key)].into_iter();
            rows.push(
                names
                    .chain(numbers.map(|number| number.to_string()))
                    .chain([rate])
                    .collect(),
            );
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    write_table(out, &FIELD_COLUMNS.map(|column| lang.of(column)), &rows)
}

/// What says that a site changed, with where to look and what to try.
pub(crate) fn write_signs(out: &mut dyn Write, signs: &[Sign], lang: Lang) -> io::Result<()> {
    for sign in signs {
        let weight = lang.of(match sign.weight {
            Weight::Drift => words("drift", "thay đổi"),
            Weight::Warning => words("warning", "cảnh báo"),
        });
        writeln!(out, "  {weight}: {}", one_line(&sign.words))?;
        for example in &sign.examples {
            let place = say(words("    in {url} ({record})", "    ở {url} ({record})"))
                .with("url", &example.url)
                .with("record", &example.record_id);
            writeln!(out, "{}", place.in_lang(lang))?;
        }
        if !sign.try_it.is_empty() {
            let trial = say(words("    try: {command}", "    thử: {command}"));
            writeln!(out, "{}", trial.with("command", &sign.try_it).in_lang(lang))?;
        }
    }
    Ok(())
}

/// Text of the web on a terminal: control characters, which could be terminal codes, become spaces.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_terminal_code_of_the_web_reaches_the_terminal() {
        assert_eq!(one_line("a\u{1b}[31mb\r\nc\u{9b}2J"), "a [31mb  c 2J");
    }
}

//! The table at the end of a run.

use std::io::{self, Write};

use super::json::write_json;
use super::table::write_table;
use crate::drift::{Seen, Sign, Weight};
use crate::model::ArticleKey;
use crate::pipeline::{RunReport, SiteReport};

/// Keys that are named one by one in the table; the report's file has all.
const NAMED: usize = 10;

/// Prints what a run did, as a table or as JSON.
pub(crate) fn write_report(
    out: &mut dyn Write,
    report: &RunReport,
    json: bool,
) -> anyhow::Result<()> {
    if json {
        write_json(out, report)?;
        return Ok(());
    }
    for (id, site) in &report.sites {
        writeln!(out, "\n{id}  run {}, {:.1} s", report.run, report.seconds)?;
        write_counts(out, site)?;
        if site.new.len() <= NAMED {
            write_keys(out, "new", &site.new)?;
        }
        write_keys(out, "changed", &site.changed)?;
        write_keys(out, "gone", &site.gone)?;
        write_keys(out, "back", &site.back)?;
        write_fields(out, &site.seen)?;
        if !site.drift.is_empty() {
            writeln!(out, "\n{id}: what changed")?;
            write_signs(out, &site.drift)?;
        }
    }
    if report.causes.is_empty() {
        writeln!(out, "\ncomplete")?;
    } else {
        writeln!(out, "\nnot complete (exit code {}):", report.exit_code)?;
        for cause in &report.causes {
            writeln!(out, "  {cause}")?;
        }
    }
    Ok(())
}

fn write_counts(out: &mut dyn Write, site: &SiteReport) -> io::Result<()> {
    let mut rows: Vec<Vec<String>> = [
        ("new", site.new.len() as u64),
        ("changed", site.changed.len() as u64),
        ("unchanged", site.unchanged),
        ("gone", site.gone.len() as u64),
        ("back", site.back.len() as u64),
        ("given up", site.given_up),
        ("left", site.left),
        ("requests", site.requests),
        ("bytes", site.bytes),
    ]
    .into_iter()
    .map(|(name, number)| vec![name.to_owned(), number.to_string()])
    .collect();
    for (kind, counter) in [
        ("failed", &site.failed),
        ("refused", &site.refused),
        ("blocked", &site.blocked),
    ] {
        for (cause, number) in counter {
            rows.push(vec![
                format!("{kind}: {}", one_line(cause)),
                number.to_string(),
            ]);
        }
    }
    write_table(out, &["articles and requests", "number"], &rows)
}

fn write_keys(out: &mut dyn Write, what: &str, keys: &[ArticleKey]) -> io::Result<()> {
    for key in keys.iter().take(NAMED) {
        writeln!(out, "  {what}: {}", one_line(key.as_str()))?;
    }
    if keys.len() > NAMED {
        writeln!(
            out,
            "  {what}: {} more, see the report's file",
            keys.len() - NAMED
        )?;
    }
    Ok(())
}

/// One row a key of a layout: which selectors found it.
fn write_fields(out: &mut dyn Write, seen: &Seen) -> io::Result<()> {
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
    write_table(
        out,
        &["layout", "key", "hit", "fallback", "miss", "found"],
        &rows,
    )
}

/// What says that a site changed, with where to look and what to try.
pub(crate) fn write_signs(out: &mut dyn Write, signs: &[Sign]) -> io::Result<()> {
    for sign in signs {
        let weight = match sign.weight {
            Weight::Drift => "drift",
            Weight::Warning => "warning",
        };
        writeln!(out, "  {weight}: {}", one_line(&sign.words))?;
        for example in &sign.examples {
            writeln!(
                out,
                "    in {} ({})",
                one_line(&example.url),
                one_line(&example.record_id)
            )?;
        }
        if !sign.try_it.is_empty() {
            writeln!(out, "    try: {}", one_line(&sign.try_it))?;
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

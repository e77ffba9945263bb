//! `khotin export --read-back FILE`: proves that a CSV file says what the export says.

use std::io::{self, Write};
use std::path::Path;

use anyhow::bail;

use super::super::Outcome;
use super::super::json::write_json;
use super::super::problem::UsageError;
use super::super::report::one_line;
use super::super::say::say;
use crate::Lang;
use crate::export::{Difference, ReadBack, read_back};
use crate::lang::{counted, words};

/// Complete if every cell is as it should be, else incomplete, with the first differences.
pub(super) fn run(
    file: &Path,
    as_json: bool,
    lang: Lang,
    out: &mut dyn Write,
) -> anyhow::Result<Outcome> {
    if file.extension().is_none_or(|ending| ending != "csv") {
        bail!(UsageError::new(
            format!("{} is no CSV file", file.display()),
            "name a .csv file of an export; `sha256sum -c SHA256SUMS` in its folder proves the others",
        ));
    }
    let report = read_back(file).map_err(|error| {
        let (advice, is_usage) = (error.advice(), error.is_usage());
        if is_usage {
            // The system's words are part of the message.
            let message = format!("{:#}", anyhow::Error::from(error));
            anyhow::Error::from(UsageError::new(message, advice))
        } else {
            anyhow::Error::from(error)
        }
    })?;
    if as_json {
        write_json(out, &report)?;
    } else {
        write_report(out, &report, lang)?;
    }
    Ok(match report.differences {
        0 => Outcome::Complete,
        _ => Outcome::Incomplete,
    })
}

fn write_report(out: &mut dyn Write, report: &ReadBack, lang: Lang) -> io::Result<()> {
    let counts = |number, one, many, vi: &str| match lang {
        Lang::En => counted(number, one, many),
        Lang::Vi => format!("{number} {vi}"),
    };
    let against = say(words(
        "{file} against {other}: {rows}, {cells}, separated by `{separator}`",
        "{file} so với {other}: {rows}, {cells}, ngăn cách bằng `{separator}`",
    ))
    .with("file", report.file.display())
    .with("other", report.compared_with.display())
    .with("rows", counts(report.rows, "row", "rows", "dòng"))
    .with("cells", counts(report.cells, "cell", "cells", "ô"))
    .with("separator", report.separator);
    writeln!(out, "{}", against.in_lang(lang))?;
    let undone = say(words(
        "  {guards} undone, {cut} cut as they say",
        "  {guards} đã bỏ, {cut} bị cắt đúng như đã ghi",
    ))
    .with(
        "guards",
        counts(report.guards_undone, "guard", "guards", "dấu `'`"),
    )
    .with("cut", counts(report.cut, "cell", "cells", "ô"));
    writeln!(out, "{}", undone.in_lang(lang))?;
    if report.differences == 0 {
        let same = words("every cell says the same", "mọi ô đều khớp");
        return writeln!(out, "  {}", lang.of(same));
    }
    let differences = say(words(
        "  {differences}; the first:",
        "  {differences}; những chỗ đầu tiên:",
    ))
    .with(
        "differences",
        counts(report.differences, "difference", "differences", "chỗ khác"),
    );
    writeln!(out, "{}", differences.in_lang(lang))?;
    for difference in &report.first {
        write_difference(out, difference, lang)?;
    }
    Ok(())
}

fn write_difference(out: &mut dyn Write, difference: &Difference, lang: Lang) -> io::Result<()> {
    let column = difference
        .column
        .map_or_else(String::new, |column| format!(", {column}"));
    let row = lang.of(words("row", "dòng"));
    writeln!(
        out,
        "  {row} {}{column}: {}",
        difference.row, difference.what
    )?;
    let lines = [
        (words("found    ", "đọc được"), &difference.found),
        (words("should be", "phải là "), &difference.expected),
    ];
    for (label, text) in lines {
        writeln!(out, "    {} {}", lang.of(label), one_line(text))?;
    }
    Ok(())
}

//! `khotin export --read-back FILE`: proves that a CSV file says what the export says.

use std::io::{self, Write};
use std::path::Path;

use anyhow::bail;

use super::super::Outcome;
use super::super::json::write_json;
use super::super::problem::UsageError;
use super::super::report::one_line;
use crate::export::{Difference, ReadBack, read_back};

/// Complete if every cell is as it should be, else incomplete, with the first differences.
pub(super) fn run(file: &Path, as_json: bool, out: &mut dyn Write) -> anyhow::Result<Outcome> {
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
        write_report(out, &report)?;
    }
    Ok(match report.differences {
        0 => Outcome::Complete,
        _ => Outcome::Incomplete,
    })
}

fn write_report(out: &mut dyn Write, report: &ReadBack) -> io::Result<()> {
    writeln!(
        out,
        "{} against {}: {} rows, {} cells, separated by `{}`",
        report.file.display(),
        report.compared_with.display(),
        report.rows,
        report.cells,
        report.separator
    )?;
    writeln!(
        out,
        "  {} guards undone, {} cells cut as they say",
        report.guards_undone, report.cut
    )?;
    if report.differences == 0 {
        return writeln!(out, "  every cell says the same");
    }
    writeln!(out, "  {} differences; the first:", report.differences)?;
    for difference in &report.first {
        write_difference(out, difference)?;
    }
    Ok(())
}

fn write_difference(out: &mut dyn Write, difference: &Difference) -> io::Result<()> {
    let column = difference
        .column
        .map_or_else(String::new, |column| format!(", {column}"));
    writeln!(out, "  row {}{column}: {}", difference.row, difference.what)?;
    writeln!(out, "    found     {}", one_line(&difference.found))?;
    writeln!(out, "    should be {}", one_line(&difference.expected))
}

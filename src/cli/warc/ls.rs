//! `khotin warc ls`: one line a record, and what is wrong with the file.

use std::io::Write;
use std::path::PathBuf;

use serde_json::json;

use super::filter::Filter;
use super::line::{Line, answer_of};
use super::tally::Tally;
use crate::cli::json::write_json_line;
use crate::cli::{Context, Outcome};
use crate::foreign::{ForeignReader, Found};

/// One line a record: offset, length, type, date, status, media type, URL
///
/// A line that begins with `!` tells a trouble before the record that it belongs to. Digests are
/// compared. `--json` prints a document a line: records, those with `trouble`, and a `summary` at the
/// end. Exit code 3 if bytes are lost or not to be trusted, 0 if the file is only odd.
///
/// Example: khotin warc ls --type response --status 4xx FILE.warc.gz
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// A WARC file
    file: PathBuf,

    #[command(flatten)]
    filter: Filter,
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let mut tally = Tally::default();
    for found in ForeignReader::open(&args.file)? {
        let record = match found {
            Found::Trouble(trouble) => {
                tally.tell(out, context.json, &trouble)?;
                continue;
            }
            Found::Record(record) => record,
        };
        tally.records += 1;
        let (answer, troubles) = answer_of(&record);
        for trouble in troubles {
            tally.tell(out, context.json, &trouble)?;
        }
        let line = Line::of(&record, answer.as_ref());
        if !args.filter.takes(&line) {
            continue;
        }
        if context.json {
            write_json_line(out, &line)?;
        } else {
            writeln!(out, "{}", line.text())?;
        }
    }
    if context.json {
        write_json_line(out, &json!({ "summary": tally.json() }))?;
    } else {
        tally.write(out, super::lang(context))?;
    }
    Ok(tally.outcome())
}

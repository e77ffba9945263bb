//! `khotin warc cat`: one record as it is, its headers alone, or its payload.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use anyhow::bail;
use serde_json::{Value, json};

use super::line::{Line, answer_of, place_text, read_place};
use super::tally::trouble_text;
use crate::cli::json::write_json;
use crate::cli::problem::UsageError;
use crate::cli::report::one_line;
use crate::cli::{Context, Outcome};
use crate::foreign::{ForeignReader, ForeignRecord, Found, Place, Trouble, Wholeness};

/// One record: header and block as they are, byte by byte
///
/// OFFSET is the first word of a line of `khotin warc ls`. On a terminal control characters become
/// blanks; into a file or a pipe go the bytes. `--json` prints header fields without the block.
///
/// Example: khotin warc cat --payload FILE.warc.gz 553
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// A WARC file
    file: PathBuf,

    /// Where the record begins: 553, or 0/1204 in a member that several records share
    #[arg(value_parser = read_place)]
    offset: (u64, Option<u64>),

    /// Only the payload: without HTTP headers, chunks and content coding
    #[arg(long)]
    payload: bool,

    /// Only the headers: those of the record, and those of the HTTP message
    #[arg(long, conflicts_with = "payload")]
    headers: bool,
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let (record, troubles) = find(args)?;
    for trouble in &troubles {
        // If nobody reads this, the exit code still tells of damage.
        let _ = writeln!(std::io::stderr(), "{}", trouble_text(trouble));
    }
    if context.json {
        write_json(out, &document(&record))?;
    } else if args.headers {
        write_bytes(out, &headers(&record))?;
    } else if record.wholeness == Wholeness::LeftOut {
        bail!(
            "the block at byte {} is longer than is read, and is not printed",
            args.offset.0
        );
    } else if args.payload {
        write_bytes(out, &payload(&record)?)?;
    } else {
        write_bytes(out, &record.header)?;
        write_bytes(out, &record.block)?;
        if !std::io::stdout().is_terminal() {
            out.write_all(b"\r\n\r\n")?;
        }
    }
    Ok(match record.wholeness {
        Wholeness::Damaged => Outcome::Damaged,
        Wholeness::Whole | Wholeness::LeftOut => Outcome::Complete,
    })
}

/// The record at the place, with what was told of it.
fn find(args: &Args) -> anyhow::Result<(ForeignRecord, Vec<Trouble>)> {
    let (offset, inside) = args.offset;
    let mut troubles = Vec::new();
    for found in ForeignReader::open_at(&args.file, offset)? {
        match found {
            Found::Trouble(trouble) => troubles.push(trouble),
            Found::Record(record) => {
                let is_it = match record.place {
                    Place::Member { offset: found, .. } => {
                        found == offset && inside.unwrap_or(0) == 0
                    }
                    Place::Unpacked {
                        member,
                        offset: found,
                    } => member == offset && found == inside.unwrap_or(0),
                };
                if is_it {
                    return Ok((record, troubles));
                }
                let is_behind = match record.place {
                    Place::Member { offset: found, .. } => found >= offset,
                    Place::Unpacked {
                        member,
                        offset: found,
                    } => member > offset || found > inside.unwrap_or(0),
                };
                if is_behind {
                    break;
                }
                troubles.clear();
            }
        }
    }
    bail!(UsageError::new(
        format!(
            "no record begins at {} of {}",
            place_text(offset, inside),
            args.file.display()
        ),
        "`khotin warc ls` prints where they begin",
    ))
}

fn headers(record: &ForeignRecord) -> Vec<u8> {
    let mut headers = record.header.clone();
    if record.is_http() {
        headers.extend_from_slice(record.http_head());
    }
    headers
}

fn payload(record: &ForeignRecord) -> anyhow::Result<Cow<'_, [u8]>> {
    if !record.is_http() {
        return Ok(Cow::Borrowed(&record.block));
    }
    if record.kind() == "request" {
        return match record.request() {
            Ok(request) => Ok(request.body),
            Err(trouble) => bail!("{trouble}"),
        };
    }
    match record.response() {
        Ok(answer) => match answer.decoded() {
            Ok(decoded) => Ok(Cow::Owned(decoded.into_owned())),
            Err(words) => bail!("{words}; without --payload the record is printed as it is"),
        },
        Err(trouble) => bail!("{trouble}"),
    }
}

/// Bytes to a file or a pipe, harmless text to a terminal.
fn write_bytes(out: &mut dyn Write, bytes: &[u8]) -> anyhow::Result<()> {
    if !std::io::stdout().is_terminal() {
        out.write_all(bytes)?;
        return Ok(());
    }
    for line in String::from_utf8_lossy(bytes).lines() {
        writeln!(out, "{}", one_line(line))?;
    }
    Ok(())
}

fn document(record: &ForeignRecord) -> Value {
    let (answer, troubles) = answer_of(record);
    let fields: Vec<Value> = record
        .fields
        .iter()
        .map(|(name, value)| json!([name, value]))
        .collect();
    let http = answer.as_ref().map(|answer| {
        let headers: Vec<Value> = answer
            .headers
            .iter()
            .map(|(name, value)| json!([name, String::from_utf8_lossy(value)]))
            .collect();
        json!({
            "version": answer.version,
            "status": answer.status,
            "reason": answer.reason,
            "headers": headers,
            "payload_bytes": answer.payload.len(),
            "payload_sha256": answer.payload_sha256(),
            "truncated": answer.truncated,
        })
    });
    json!({
        "record": Line::of(record, answer.as_ref()),
        "version": record.version,
        "fields": fields,
        "http": http,
        "troubles": record.troubles.iter().copied().chain(troubles.iter().map(|trouble| trouble.kind)).collect::<Vec<_>>(),
    })
}

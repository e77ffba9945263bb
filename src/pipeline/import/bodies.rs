//! Bodies: one record of a foreign file read again: for a revisit's original, and for whoever looks at an
//! imported capture. The bytes are believed only if they have the digest that the store knows, so it does
//! not matter how old a file is or who moved it.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::files::{file_inside, kind_of, members};
use crate::archive::{MAX_RECORD_BYTES, payload_sha256};
use crate::foreign::{ForeignReader, Found};
use crate::import::ledger::{Entry, ForeignKind, Ledger};
use crate::model::{Capture, Via};
use crate::store::ImportedRow;

/// Foreign files as the ledger knows them.
#[derive(Debug, Clone)]
pub struct ForeignFiles {
    ledger: Ledger,
}

impl ForeignFiles {
    /// Those of a ledger.
    pub fn new(ledger: Ledger) -> Self {
        Self { ledger }
    }

    /// The capture of a row, read from its foreign file. For a revisit the row of its original tells where
    /// the payload is: it has the same digest.
    ///
    /// # Errors
    /// In words: the file is not there any more, or the record is not in it.
    pub fn capture(&self, row: &ImportedRow) -> Result<Capture, String> {
        let mut problem = "no line of imports.jsonl names its file".to_owned();
        for entry in self.ledger.entries() {
            if entry.sha256 != row.source.sha256 {
                continue;
            }
            for path in places(&self.ledger, entry) {
                let kind = kind_of(&path, entry.kind).map_err(|error| error.to_string());
                match kind.and_then(|kind| read(&path, kind, row)) {
                    Ok((headers, body)) => return Ok(capture(row, headers, body)),
                    Err(error) => problem = format!("{}: {error}", path.display()),
                }
            }
        }
        Err(problem)
    }
}

/// Where a foreign file may be: our copy first.
pub(super) fn places(ledger: &Ledger, entry: &Entry) -> Vec<PathBuf> {
    let kept = entry.kept.as_ref().map(|kept| ledger.folder().join(kept));
    kept.into_iter().chain(entry.path.clone()).collect()
}

type Headers = Vec<(String, Vec<u8>)>;

fn capture(row: &ImportedRow, headers: Headers, body: Vec<u8>) -> Capture {
    Capture {
        sequence: row.sequence,
        request: row.request.clone(),
        captured_at: row.captured_at,
        via: Via::Import,
        status: row.status,
        headers: super::taker::as_packed(headers, &body),
        body,
        truncated: row.truncated,
        payload_sha1: row.payload_sha1.clone(),
        payload_sha256: row.payload_sha256.clone(),
        location: row.location.clone(),
    }
}

fn read(path: &Path, kind: ForeignKind, row: &ImportedRow) -> Result<(Headers, Vec<u8>), String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    match (kind, row.source.member.as_deref()) {
        (ForeignKind::Warc, _) => {
            // A record that shares its packed member with others is found from the beginning on.
            let offset = if row.location.length > 0 {
                row.location.offset
            } else {
                0
            };
            let reader = ForeignReader::open_at(path, offset).map_err(|error| said(&error))?;
            find(reader, row)
        }
        (ForeignKind::Wacz, Some(member)) => {
            let (mut package, _) = members(path).map_err(|error| said(&error))?;
            let mut member = package.by_name(member).map_err(|error| said(&error))?;
            if row.location.length > 0 {
                let before = &mut (&mut member).take(row.location.offset);
                io::copy(before, &mut io::sink()).map_err(|error| said(&error))?;
            }
            find(ForeignReader::new(member), row)
        }
        (ForeignKind::Pages, Some(file)) => {
            let mut body = Vec::new();
            file_inside(path, file)
                .and_then(std::fs::File::open)
                .and_then(|page| page.take(MAX_RECORD_BYTES).read_to_end(&mut body))
                .map_err(|error| said(&error))?;
            let pages = super::files::pages(path).map_err(|error| said(&error))?;
            let page = pages.iter().find(|page| page.file == file);
            let page = page.ok_or("the index does not name it any more")?;
            let headers = vec![("content-type".to_owned(), page.media_type().into_bytes())];
            checked(headers, body, row)
        }
        (ForeignKind::Wacz | ForeignKind::Pages, None) => Err("its member is not known".to_owned()),
    }
}

/// The record of a row, which is the next one where a record stands alone.
fn find<R: Read>(
    reader: ForeignReader<R>,
    row: &ImportedRow,
) -> Result<(Headers, Vec<u8>), String> {
    let stands_alone = row.location.length > 0;
    for found in reader.without_digests() {
        let Found::Record(record) = found else {
            continue;
        };
        let is_it = record.id().unwrap_or_default() == row.location.record_id;
        if is_it
            && let Ok(response) = record.response()
            && let Ok(read) = checked(response.headers, response.payload.into_owned(), row)
        {
            return Ok(read);
        }
        if stands_alone {
            break;
        }
    }
    Err("the record is not where it was".to_owned())
}

fn checked(
    headers: Headers,
    body: Vec<u8>,
    row: &ImportedRow,
) -> Result<(Headers, Vec<u8>), String> {
    match payload_sha256(&body) == row.payload_sha256 {
        true => Ok((headers, body)),
        false => Err("its bytes are others than when it was imported".to_owned()),
    }
}

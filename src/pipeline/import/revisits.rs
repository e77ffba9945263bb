//! Revisits: records that say "the same as that other one". They wait until all files of an import are
//! read; then each takes the payload of its original, which may stand in any foreign file that was ever
//! imported or in our own archive. What finds none waits on, and is counted.

use std::collections::{BTreeMap, BTreeSet};

use super::bodies::ForeignFiles;
use super::taker::{Answer, Taker};
use crate::archive::Archive;
use crate::import::judge::Passed;
use crate::import::report::LocatedTrouble;
use crate::model::{Location, plain};
use crate::pipeline::CrawlError;
use crate::store::{Imports, WaitingRevisit};

/// Revisits looked at together (our choice).
const PIECE: usize = 256;

type Headers = Vec<(String, Vec<u8>)>;

/// What an original gives.
struct Original {
    status: u16,
    headers: Headers,
    body: Vec<u8>,
}

/// Brings the revisits that wait to their originals.
pub(super) fn resolve(
    taker: &mut Taker<'_>,
    files: &ForeignFiles,
    archive: &Archive,
) -> Result<(), CrawlError> {
    taker.flush()?;
    let mut after = None;
    loop {
        let Some(store) = &taker.store else {
            return Ok(());
        };
        let piece = store.waiting(after.as_ref(), PIECE)?;
        let Some((last, _)) = piece.last() else {
            return Ok(());
        };
        after = Some(*last);
        let of = |each: fn(&WaitingRevisit) -> Option<&str>| -> BTreeSet<String> {
            let texts = piece.iter().filter_map(|(_, revisit)| each(revisit));
            texts.map(str::to_owned).collect()
        };
        let own_records = store.own_records(&of(|revisit| Some(&revisit.location.record_id)))?;
        let own = store.own_payloads(&of(|revisit| {
            revisit.digest.as_deref()?.strip_prefix("sha1:")
        }))?;
        let mut done = Vec::new();
        for (identity, revisit) in piece {
            if own_records.contains(&revisit.location.record_id) {
                taker.report.pass(Passed::Own);
                done.push(identity);
                continue;
            }
            let Some(original) = original(taker, &revisit, files, archive, &own)? else {
                continue;
            };
            taker.report.resolved += 1;
            taker.take(answer(revisit, original))?;
            done.push(identity);
        }
        taker.flush()?;
        if let Some(store) = &mut taker.store {
            store.end_waiting(&done)?;
        }
    }
}

/// The original of a revisit; `None` if it is not known. One that is known and can not be read any more is
/// a trouble, and the revisit waits on.
fn original(
    taker: &mut Taker<'_>,
    revisit: &WaitingRevisit,
    files: &ForeignFiles,
    archive: &Archive,
    own: &BTreeMap<String, Location>,
) -> Result<Option<Original>, CrawlError> {
    if taker.profile(&revisit.request.site).is_none() {
        return Ok(None);
    }
    let row = match &taker.store {
        Some(store) => store.original_of(revisit)?,
        None => None,
    };
    if let Some(row) = row {
        return match files.capture(&row) {
            Ok(capture) => Ok(Some(Original {
                status: capture.status,
                headers: capture.headers,
                body: capture.body,
            })),
            Err(problem) => {
                let what = format!("the record that it refers to can not be read: {problem}");
                taker.located(
                    LocatedTrouble {
                        file: plain(&revisit.location.file),
                        offset: revisit.location.offset,
                        record_id: Some(plain(&revisit.location.record_id)),
                        kind: "revisit".to_owned(),
                        what: plain(&what),
                    },
                    true,
                )?;
                Ok(None)
            }
        };
    }
    let sha1 = revisit
        .digest
        .as_deref()
        .and_then(|digest| digest.strip_prefix("sha1:"));
    let Some(location) = sha1.and_then(|sha1| own.get(sha1)) else {
        return Ok(None);
    };
    let exchange = archive.read_exchange(&location.file, location.offset)?;
    Ok(exchange.into_capture().map(|capture| Original {
        status: capture.status,
        headers: capture.headers,
        body: capture.body,
    }))
}

/// The revisit with its original's payload; what its own record does not say is the original's.
fn answer(revisit: WaitingRevisit, original: Original) -> Answer {
    let head = revisit.head.map(|(status, headers)| {
        let bytes = |text: String| {
            text.chars()
                .map(|c| u8::try_from(c).unwrap_or(b'?'))
                .collect()
        };
        let headers = headers
            .into_iter()
            .map(|(name, value)| (name, bytes(value)));
        (status, headers.collect::<Headers>())
    });
    let (status, headers) = match head {
        Some((status, headers)) => (status, headers),
        None if revisit.is_not_modified => (304, Vec::new()),
        None => (original.status, original.headers),
    };
    let (status, body) = match revisit.is_not_modified {
        true => (304, Vec::new()),
        false => (status, original.body),
    };
    Answer {
        request: revisit.request,
        captured_at: revisit.captured_at,
        status,
        headers,
        body,
        truncated: None,
        said_digest: None,
        is_revisit: true,
        source: revisit.source,
        location: revisit.location,
    }
}

//! WARC files alone, without what is made of them; run by `benches/rebuild.sh`, which sets the figures beside
//! FastWARC's and warcio's. Prints JSON: pages, bytes of their bodies, CPU seconds of the work itself.
//!
//! * `read FILE`: every record of a file of ours, header fields and block.
//! * `write FILE FOLDER`: the answers of FILE again, bodies unpacked, as khotin archives them: three records
//!   each, with all digests, and an fsync at the end.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints, and stops at the first thing that is wrong"
)]

use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use flate2::read::GzDecoder;
use khotin::archive::{Archive, ArchiveWriter, FileContext, Outcome, RecordReader, StoredExchange};
use khotin::model::{Answer, Exchange, HttpVersion, Sequence};
use uuid::Uuid;

fn main() {
    // `cargo bench` adds a flag of its own.
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (pages, bytes, seconds) = match args.as_slice() {
        ["read", file] => read(Path::new(file)),
        ["write", file, folder] => write(Path::new(file), Path::new(folder)),
        // As a bench among all others it has nothing to do.
        _ => return,
    };
    println!(r#"{{"records": {pages}, "bytes": {bytes}, "cpu": {seconds:.6}}}"#);
}

/// CPU seconds of this thread so far, as the kernel counts them.
fn cpu() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanos: f64 = text.split(' ').next().unwrap().parse().unwrap();
    nanos / 1e9
}

fn read(file: &Path) -> (usize, usize, f64) {
    let begun = cpu();
    let (mut pages, mut bytes) = (0, 0);
    for record in RecordReader::open(file, "bench", 0).unwrap() {
        let record = record.unwrap();
        bytes += record.block.len();
        pages += usize::from(matches!(record.kind(), "response" | "revisit"));
    }
    (pages, bytes, cpu() - begun)
}

fn write(file: &Path, folder: &Path) -> (usize, usize, f64) {
    let archive = Archive::new(file.parent().unwrap());
    let exchanges = archive
        .exchanges(&std::collections::BTreeMap::new())
        .unwrap();
    let pages: Vec<Exchange> = exchanges.filter_map(|one| plain(one.unwrap())).collect();
    for old in fs::read_dir(folder).unwrap() {
        fs::remove_file(old.unwrap().path()).unwrap();
    }
    let bytes = pages
        .iter()
        .map(|page| page.result.as_ref().unwrap().body.len())
        .sum();
    let begun = cpu();
    let context = FileContext {
        dir: folder.to_owned(),
        prefix: "bench".to_owned(),
        max_bytes: u64::MAX,
        warcinfo: Vec::new(),
        resources: Vec::new(),
    };
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let mut writer = ArchiveWriter::create(context, Box::new(Uuid::new_v4), now, 1).unwrap();
    for (sequence, page) in (1..).zip(&pages) {
        writer
            .append(Sequence(sequence), page, "", None, now)
            .unwrap();
    }
    writer.sync().unwrap();
    let seconds = cpu() - begun;
    // The index and the sums, for which warcio has other tools.
    writer.close().unwrap();
    (pages.len(), bytes, seconds)
}

/// An exchange as it would be without a content coding; none if there was no answer.
fn plain(stored: StoredExchange) -> Option<Exchange> {
    let Outcome::Answered(answer) = stored.outcome else {
        return None;
    };
    let is_packed = answer
        .headers
        .iter()
        .any(|(name, value)| name == "content-encoding" && value == b"gzip");
    let body = match is_packed {
        true => {
            let mut body = Vec::new();
            GzDecoder::new(answer.body.as_slice())
                .read_to_end(&mut body)
                .unwrap();
            body
        }
        false => answer.body,
    };
    let headers = answer.headers.into_iter();
    Some(Exchange {
        run: stored.run,
        request: stored.request,
        sent_head: stored.sent_head,
        asked_at: stored.asked_at,
        elapsed: Duration::from_millis(1),
        address: stored.address,
        via: stored.via,
        tls: None,
        result: Ok(Answer {
            status: answer.status,
            reason: answer.reason,
            version: HttpVersion::Http11,
            headers: headers
                .filter(|(name, _)| name != "content-encoding")
                .collect(),
            body,
            truncated: None,
        }),
    })
}

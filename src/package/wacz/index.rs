//! Index: the CDXJ lines of all files in one order, in blocks that are packed one by one (`index.cdx.gz`),
//! and the first key of each block with its place (`index.idx`), so that a browser fetches the one block
//! that it needs. Unpacked, the first is what `cdxj-indexer --post-append --sort` makes of the files.

use std::io::Write;

use chrono::NaiveDateTime;
use data_encoding::HEXLOWER;
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};

use super::super::sorter::Sorter;
use super::super::{Holdings, PackageError, Packed};
use super::parts::{Packing, Parts};
use crate::archive::ArchiveError;

/// Lines of a block, as the tools of the format's authors make them.
const LINES_OF_A_BLOCK: usize = 1024;
const NAME: &str = "index.cdx.gz";

/// All lines, not yet in order.
#[derive(Debug)]
pub(super) struct Index {
    sorter: Sorter,
    last: Option<NaiveDateTime>,
}

/// An error on the way of a line: the archive's, or the caller's.
enum Stop<E> {
    Archive(ArchiveError),
    Caller(E),
}

impl<E> From<ArchiveError> for Stop<E> {
    fn from(error: ArchiveError) -> Self {
        Self::Archive(error)
    }
}

impl Index {
    /// Reads every record of every file.
    pub(super) fn of<E: From<PackageError>>(
        holdings: &Holdings,
        sorter: Sorter,
        so_far: &mut Packed,
        packed: &mut dyn FnMut(Packed) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut index = Self { sorter, last: None };
        for file in &holdings.files {
            let read = holdings.archive.index_lines(&file.name, &mut |line| {
                let time = line.split(' ').nth(1).and_then(time);
                index.last = index.last.max(time);
                let pushed = index.sorter.push(line);
                pushed.map_err(|error| Stop::Caller(spill_failed(error).into()))?;
                packed(*so_far).map_err(Stop::Caller)
            });
            read.map_err(|stop| match stop {
                Stop::Archive(error) => PackageError::from(error).into(),
                Stop::Caller(error) => error,
            })?;
            so_far.bytes += file.bytes;
        }
        Ok(index)
    }

    /// The time of the last capture, UTC.
    pub(super) fn last_capture(&self) -> Option<NaiveDateTime> {
        self.last
    }

    /// Writes both files and says how many lines there are.
    pub(super) fn write(self, parts: &mut Parts) -> Result<u64, PackageError> {
        let most_bytes = self.sorter.total_bytes();
        let mut sorted = self.sorter.into_sorted().map_err(spill_failed)?;
        let mut lines = 0;
        let mut places =
            format!("!meta 0 {{\"format\": \"cdxj-gzip-1.0\", \"filename\": \"{NAME}\"}}\n");
        let path = format!("indexes/{NAME}");
        parts.add(&path, Packing::Stored, most_bytes, |part| {
            loop {
                let block = sorted.by_ref().take(LINES_OF_A_BLOCK);
                let block: Vec<String> = block.collect::<Result<_, _>>().map_err(spill_failed)?;
                let Some(first) = block.first() else {
                    return Ok::<(), PackageError>(());
                };
                let packed = pack(&block.concat()).map_err(spill_failed)?;
                let (key, _) = first.split_once(" {").unwrap_or((first, ""));
                places.push_str(&format!(
                    "{key} {{\"offset\": {}, \"length\": {}, \"digest\": \"sha256:{}\"}}\n",
                    part.bytes(),
                    packed.len(),
                    HEXLOWER.encode(&Sha256::digest(&packed)),
                ));
                part.write_all(&packed).map_err(spill_failed)?;
                lines += block.len() as u64;
            }
        })?;
        parts.add("indexes/index.idx", Packing::Deflated, 0, |part| {
            part.write_all(places.as_bytes()).map_err(spill_failed)
        })?;
        Ok(lines)
    }
}

/// One gzip member, without a time.
fn pack(text: &str) -> std::io::Result<Vec<u8>> {
    let mut member = GzBuilder::new().write(Vec::new(), Compression::new(6));
    member.write_all(text.as_bytes())?;
    member.finish()
}

/// `20261122010203` as a time.
fn time(timestamp: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(timestamp, "%Y%m%d%H%M%S").ok()
}

fn spill_failed(error: std::io::Error) -> PackageError {
    PackageError::io("write the index of", std::path::Path::new("the package"))(error)
}

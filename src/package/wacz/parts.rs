//! Parts: the zip file as it grows, one part after the other, each with its digest.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use chrono::{Datelike, NaiveDateTime, Timelike};
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::super::PackageError;
use super::super::digests::Digesting;

/// A part of more bytes needs the larger fields of zip64; well below 4 GiB, so that no header that zip adds
/// reaches it.
const LARGE_BYTES: u64 = 4_000_000_000;

/// How a part stands in the zip file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// As it is: readers ask for ranges of it.
    Stored,
    /// Deflated.
    Deflated,
}

/// What is written into.
pub(super) type Part<'a> = Digesting<&'a mut ZipWriter<BufWriter<File>>>;

/// A zip file that grows.
pub(super) struct Parts {
    zip: ZipWriter<BufWriter<File>>,
    path: PathBuf,
    time: DateTime,
    resources: Vec<Value>,
}

impl Parts {
    /// Of an empty file; every part gets this time, in UTC as all times of the archive.
    pub(super) fn new(file: BufWriter<File>, path: &Path, time: Option<NaiveDateTime>) -> Self {
        Self {
            zip: ZipWriter::new(file),
            path: path.to_owned(),
            time: time.and_then(zip_time).unwrap_or_default(),
            resources: Vec::new(),
        }
    }

    /// Adds a part and gives its SHA-256 in lower-case hex. `most_bytes` is the most that it may have, 0
    /// for little.
    pub(super) fn add<E: From<PackageError>>(
        &mut self,
        name: &str,
        packing: Packing,
        most_bytes: u64,
        write: impl FnOnce(&mut Part<'_>) -> Result<(), E>,
    ) -> Result<String, E> {
        let method = match packing {
            Packing::Stored => CompressionMethod::Stored,
            Packing::Deflated => CompressionMethod::Deflated,
        };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(self.time)
            .unix_permissions(0o644)
            .large_file(most_bytes > LARGE_BYTES);
        self.zip
            .start_file(name, options)
            .map_err(|error| PackageError::io("write", &self.path)(error.into()))?;
        let mut part = Digesting::new(&mut self.zip);
        write(&mut part)?;
        let (_, passed) = part.finish();
        let (_, file) = name.rsplit_once('/').unwrap_or(("", name));
        self.resources.push(json!({
            "name": file.to_lowercase(),
            "path": name,
            "hash": format!("sha256:{}", passed.sha256),
            "bytes": passed.bytes,
        }));
        Ok(passed.sha256)
    }

    /// The parts so far, as the description lists them.
    pub(super) fn resources(&self) -> &[Value] {
        &self.resources
    }

    /// Ends the zip file.
    pub(super) fn finish(self) -> Result<File, PackageError> {
        let path = self.path;
        let file = self.zip.finish().map_err(io::Error::from);
        let file = file.and_then(|file| file.into_inner().map_err(io::IntoInnerError::into_error));
        file.map_err(PackageError::io("write", &path))
    }
}

/// Zip knows the years 1980 to 2107.
fn zip_time(time: NaiveDateTime) -> Option<DateTime> {
    let small = |number: u32| u8::try_from(number).ok();
    DateTime::from_date_and_time(
        u16::try_from(time.year()).ok()?,
        small(time.month())?,
        small(time.day())?,
        small(time.hour())?,
        small(time.minute())?,
        small(time.second())?,
    )
    .ok()
}

//! WACZ 1.1.1: one zip file with the WARC files, an index of all of them, the list of pages and the
//! digests of every part, which a browser replays without a server of its own
//! (<https://specs.webrecorder.net/wacz/1.1.1/>).
//!
//! Always holds: WARC files stand in it as they are, not packed again, so that a reader finds a record by
//! asking for a range of bytes. The index is made from the records, not copied from beside them. The same
//! archive and the same records give the same bytes: every time in it is the archive's own, and
//! `created`, which the specification leaves open, is not said.

mod index;
mod pages;
mod parts;

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;

use super::digests::{check, copy};
use super::sorter::Sorter;
use super::{Holdings, PackageError, Packed, beside, folder_of};
use crate::durable;
use index::Index;
pub use pages::{Page, pages_of};
use parts::{Packing, Parts};

/// The version of the format.
pub const WACZ_VERSION: &str = "1.1.1";

/// What the package says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// One line.
    pub title: String,
    /// Some sentences.
    pub description: String,
    /// What wrote it: `khotin 0.1.0`.
    pub software: String,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaczReport {
    /// The file.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// WARC files in it.
    pub warc_files: u64,
    /// Lines of the index.
    pub index_lines: u64,
    /// Pages listed.
    pub pages: u64,
    /// Names of WARC files that are not closed, and not in it.
    pub left_open: Vec<String>,
}

/// Writes the package to `out`. `packed` hears how far it is, and ends it with an error.
///
/// # Errors
/// [`PackageError`] if a file is damaged, `out` is taken or the disk refuses; what `pages` and `packed`
/// give. Then nothing is left.
pub fn write_wacz<E: From<PackageError>>(
    holdings: &Holdings,
    out: &Path,
    about: &About,
    pages: impl IntoIterator<Item = Result<Page, E>>,
    packed: &mut dyn FnMut(Packed) -> Result<(), E>,
) -> Result<WaczReport, E> {
    let temporary = beside(out)?;
    // One that a crash left.
    let _ = fs::remove_file(&temporary);
    let written = write(holdings, &temporary, about, pages, packed).and_then(|report| {
        // Whoever was faster is not overwritten.
        beside(out)?;
        fs::rename(&temporary, out).map_err(PackageError::io("rename", &temporary))?;
        let folder = folder_of(out);
        durable::sync_folder(folder).map_err(PackageError::io("fsync", folder))?;
        Ok(WaczReport {
            path: out.to_owned(),
            ..report
        })
    });
    if written.is_err() {
        // If it can not be removed, the next try begins with it.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write<E: From<PackageError>>(
    holdings: &Holdings,
    path: &Path,
    about: &About,
    pages: impl IntoIterator<Item = Result<Page, E>>,
    packed: &mut dyn FnMut(Packed) -> Result<(), E>,
) -> Result<WaczReport, E> {
    let mut so_far = Packed::default();
    let index = Index::of(holdings, Sorter::new(folder_of(path)), &mut so_far, packed)?;
    let file = OpenOptions::new()
        .write(true)
        .read(true)
        .create_new(true)
        .open(path)
        .map_err(PackageError::io("create", path))?;
    let mut parts = Parts::new(BufWriter::new(file), path, index.last_capture());
    for file in &holdings.files {
        let name = format!("archive/{}", file.name);
        let from = holdings.archive.dir().join(&file.name);
        let sha256 = parts.add(&name, Packing::Stored, file.bytes, |part| {
            copy(&from, part, &mut |bytes| {
                so_far.bytes += bytes;
                packed(so_far)
            })
        })?;
        check(file, &sha256)?;
        so_far.files += 1;
        packed(so_far)?;
    }
    let index_lines = index.write(&mut parts)?;
    let mut listed = 0;
    let io = |error| PackageError::io("write", path)(error);
    parts.add("pages/pages.jsonl", Packing::Deflated, 0, |part| {
        writeln!(part, "{}", pages::header()).map_err(io)?;
        for page in pages {
            writeln!(part, "{}", page?.to_line()).map_err(io)?;
            listed += 1;
        }
        Ok::<(), E>(())
    })?;
    let description = json!({
        "profile": "data-package",
        "wacz_version": WACZ_VERSION,
        "title": about.title,
        "description": about.description,
        "software": about.software,
        "resources": parts.resources(),
    });
    let description = format!("{description:#}\n");
    let digest = parts.add("datapackage.json", Packing::Deflated, 0, |part| {
        part.write_all(description.as_bytes()).map_err(io)
    })?;
    let digest = json!({ "path": "datapackage.json", "hash": format!("sha256:{digest}") });
    parts.add("datapackage-digest.json", Packing::Deflated, 0, |part| {
        writeln!(part, "{digest:#}").map_err(io)
    })?;
    let file: File = parts.finish()?;
    file.sync_all().map_err(PackageError::io("fsync", path))?;
    let about = file.metadata().map_err(PackageError::io("look at", path))?;
    Ok(WaczReport {
        path: path.to_owned(),
        bytes: about.len(),
        warc_files: holdings.files.len() as u64,
        index_lines,
        pages: listed,
        left_open: holdings.open.clone(),
    })
}

//! Bag: a BagIt 1.0 folder (RFC 8493) of the archive with all that is needed to use it again: settings,
//! profiles, restrictions, sums. A copy for keeping; the records are made from it by `khotin rebuild`.
//!
//! Always holds: every file is copied and digested in one reading, with SHA-256, which SHA256SUMS has too,
//! and SHA-512, which the RFC wishes for; a WARC file must have the digest that SHA256SUMS says. What the
//! bag says of itself are facts. Not here: what is in the settings, which is the caller's to know.

mod tags;

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::digests::{Digesting, Passed, check, copy};
use super::{HeldFile, Holdings, PackageError, Packed, beside, folder_of};
use crate::archive::SUMS_FILE;
use crate::durable;
use tags::Tags;

/// Where the archive stands in the bag.
const ARCHIVE: &str = "data/output/archive";

/// What goes into a bag beside the archive's files.
#[derive(Debug, Clone)]
pub struct Bag {
    /// The archive.
    pub holdings: Holdings,
    /// Settings, profiles, restrictions.
    pub payload: Vec<Payload>,
    /// Lines of `bag-info.txt`, in order; the sum of the payload is added.
    pub info: Vec<(&'static str, String)>,
}

/// A small file of the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// Its path below `data/`, with `/`.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BagReport {
    /// The folder.
    pub path: PathBuf,
    /// Files of the payload.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// WARC files among them.
    pub warc_files: u64,
    /// Names of WARC files that are not closed, and not in it.
    pub left_open: Vec<String>,
}

/// Writes the bag as the folder `out`. `packed` hears how far it is, and ends it with an error.
///
/// # Errors
/// [`PackageError`] if a file is damaged, `out` is taken or the disk refuses; what `packed` gives. Then
/// nothing is left.
pub fn write_bag<E: From<PackageError>>(
    bag: &Bag,
    out: &Path,
    packed: &mut dyn FnMut(Packed) -> Result<(), E>,
) -> Result<BagReport, E> {
    let temporary = beside(out)?;
    if temporary.symlink_metadata().is_ok() {
        return Err(PackageError::Left { path: temporary }.into());
    }
    durable::make_folder(&temporary).map_err(PackageError::io("make", &temporary))?;
    let written = write(bag, &temporary, packed).and_then(|report| {
        // Whoever was faster is not overwritten.
        beside(out)?;
        fs::rename(&temporary, out).map_err(PackageError::io("rename", &temporary))?;
        let folder = folder_of(out);
        durable::sync_folder(folder).map_err(PackageError::io("fsync", folder))?;
        Ok(BagReport {
            path: out.to_owned(),
            ..report
        })
    });
    if written.is_err() {
        // It is ours: it was not there a moment ago. What can not be removed is told by the next try.
        let _ = fs::remove_dir_all(&temporary);
    }
    written
}

fn write<E: From<PackageError>>(
    bag: &Bag,
    folder: &Path,
    packed: &mut dyn FnMut(Packed) -> Result<(), E>,
) -> Result<BagReport, E> {
    let mut tags = Tags::new(folder);
    let mut so_far = Packed::default();
    let held = &bag.holdings;
    for file in &held.files {
        let path = format!("{ARCHIVE}/{}", file.name);
        let from = held.archive.dir().join(&file.name);
        let passed = copy_in(folder, &path, &from, &mut |bytes| {
            so_far.bytes += bytes;
            packed(so_far)
        })?;
        check(file, &passed.sha256)?;
        tags.add(path, passed);
        so_far.files += 1;
        packed(so_far)?;
    }
    for path in beside_files(held)? {
        let name = path.strip_prefix(held.archive.dir()).unwrap_or(&path);
        let Some(name) = name.to_str() else {
            return Err(PackageError::Name { path }.into());
        };
        let name = format!("{ARCHIVE}/{name}");
        let passed = copy_in(folder, &name, &path, &mut |_| packed(so_far))?;
        tags.add(name, passed);
    }
    let sums = Payload {
        path: format!("output/archive/{SUMS_FILE}"),
        bytes: sums_of(&held.files).into_bytes(),
    };
    for Payload { path, bytes } in bag.payload.iter().chain([&sums]) {
        let path = format!("data/{path}");
        let passed = tags::write_file(folder, &path, bytes)?;
        tags.add(path, passed);
    }
    let (files, bytes) = tags.payload();
    tags.write(&bag.info)?;
    sync_all_folders(folder)?;
    Ok(BagReport {
        path: folder.to_owned(),
        files,
        bytes,
        warc_files: held.files.len() as u64,
        left_open: held.open.clone(),
    })
}

/// `SHA256SUMS` of these files: it may have grown since they were counted.
fn sums_of(files: &[HeldFile]) -> String {
    let line = |file: &HeldFile| format!("{}  {}\n", file.sha256, file.name);
    files.iter().map(line).collect()
}

/// What stands in the archive folder beside WARC files and their sums: the indexes of those that are taken,
/// and whatever else is kept there, also in folders. Not what is still written or half.
fn beside_files(held: &Holdings) -> Result<Vec<PathBuf>, PackageError> {
    let mut found = Vec::new();
    let mut folders = vec![held.archive.dir().to_owned()];
    while let Some(folder) = folders.pop() {
        let io = |error| PackageError::io("read", &folder)(error);
        for entry in fs::read_dir(&folder).map_err(io)? {
            let path = entry.map_err(io)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() && is_taken(&path, held) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_taken(path: &Path, held: &Holdings) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let in_the_archive = path.parent() == Some(held.archive.dir());
    if let Some(stem) = name.strip_suffix(".cdxj").filter(|_| in_the_archive) {
        return held.holds(&format!("{stem}.warc.gz"));
    }
    let is_counted = in_the_archive && (name.ends_with(".warc.gz") || name == SUMS_FILE);
    !is_counted && !name.ends_with(".open") && !name.ends_with(".tmp") && !name.starts_with('.')
}

/// Copies a file to its place in the bag, durable but for its name.
fn copy_in<E: From<PackageError>>(
    folder: &Path,
    path: &str,
    from: &Path,
    told: &mut dyn FnMut(u64) -> Result<(), E>,
) -> Result<Passed, E> {
    let to = folder.join(path);
    let file = create(&to)?;
    let mut digesting = Digesting::with_sha512(file);
    copy(from, &mut digesting, told)?;
    let (file, passed) = digesting.finish();
    file.sync_all().map_err(PackageError::io("fsync", &to))?;
    Ok(passed)
}

/// A new file and the folders above it.
fn create(path: &Path) -> Result<File, PackageError> {
    let folder = folder_of(path);
    fs::create_dir_all(folder).map_err(PackageError::io("make", folder))?;
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.map_err(PackageError::io("create", path))
}

/// Makes every name in a tree durable.
fn sync_all_folders(folder: &Path) -> Result<(), PackageError> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let io = |error| PackageError::io("read", &folder)(error);
        for entry in fs::read_dir(&folder).map_err(io)? {
            let path = entry.map_err(io)?.path();
            if path.is_dir() {
                folders.push(path);
            }
        }
        durable::sync_folder(&folder).map_err(PackageError::io("fsync", &folder))?;
    }
    Ok(())
}
